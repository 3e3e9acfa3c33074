// recorder.hpp: the flight recorder of one runtime: the contexts' rings, one for foreign threads, names.
//
// Roles    name: where graphs are built, any thread, under a lock. outside: any thread. The rest: also
//          in a signal handler.
// Errors   a name that finds no room is 0, "(unnamed)".
// Memory   16 bytes an event and context, and 48 KiB of names: taken at start, touched when used.
#pragma once

#include <cstdint>
#include <mutex>
#include <weir/atomic.hpp>
#include <weir/detail/flight.hpp>
#include <weir/limits.hpp>

namespace weir::detail {

class Recorder {
 public:
  Recorder() noexcept = default;
  Recorder(const Recorder&) = delete;
  Recorder& operator=(const Recorder&) = delete;
  ~Recorder();

  /// Takes the memory of `rings` rings of `events` events each (a power of two from 2 on; 0: none,
  /// nothing is recorded). False: no memory. `steps`: the clock of deterministic mode, else null.
  bool reserve(std::uint32_t rings, std::uint32_t events, const atomic<std::uint64_t>* steps) noexcept;
  bool on() const noexcept { return cells_ != nullptr; }
  std::uint32_t events() const noexcept { return events_; }
  std::size_t bytes() const noexcept;

  /// Gives `flight` the next of the rings.
  void attach(Flight& flight) noexcept;

  /// An event of a thread that is no context. One that meets another such thread here is left out:
  /// nobody waits.
  void outside(Note note, std::uint16_t id, std::uint32_t number) noexcept;
  const Flight& outside_flight() const noexcept { return outside_; }

  /// The number of "graph.part" (of "graph" without a part): the same for the same text. Characters
  /// that cannot stand in UTF-8 text become '?', and what is too long loses its end.
  std::uint16_t name(const char* graph, const char* part) noexcept;
  const char* name_of(std::uint16_t id) const noexcept;

  /// True: times are steps of the deterministic mode.
  bool stepped() const noexcept { return steps_ != nullptr; }
  /// Nanoseconds of one tick, by the clock since the start.
  double ns_per_tick() const noexcept;

 private:
  struct Name {
    char text[limits::trace_name_bytes];
  };
  static constexpr std::uint32_t buckets = 2 * (limits::trace_names_max + 1);

  FlightCell* cells_ = nullptr;
  std::uint32_t rings_ = 0, events_ = 0, attached_ = 0;
  std::uint64_t base_ticks_ = 0, base_ns_ = 0;
  const atomic<std::uint64_t>* steps_ = nullptr;

  Flight outside_;
  atomic<std::uint32_t> outside_taken_{0};

  std::mutex names_lock_;
  Name* names_ = nullptr;             // 1 .. names_count_
  std::uint16_t* bucket_ = nullptr;   // by hash: a name's number, 0: none
  atomic<std::uint32_t> names_count_{0};
};

}  // namespace weir::detail
