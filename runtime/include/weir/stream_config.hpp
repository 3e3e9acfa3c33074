// stream_config.hpp: the small types of streaming graphs: configuration, what bodies answer, the
// ledger.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <utility>
#include <weir/check.hpp>
#include <weir/result.hpp>

namespace weir {

enum class Mode : std::uint8_t {
  parallel,  // any number of firings at a time, on any workers
  serial,    // one firing at a time on any worker; state is handed over by acquire and release
  ordered,   // serial, and in the order of the stream's sequence numbers
};

enum class OnError : std::uint8_t {
  tombstone,  // a throwing body turns its token into a tombstone; the graph goes on, a source ends
  cancel,     // and cancels the graph
  go_on,      // as tombstone, and a source is called again for its next number
};

struct NodeConfig {
  Mode mode = Mode::parallel;
  std::uint16_t concurrency_max = 0;  // firings of a parallel node at a time; 0: no limit
  std::uint32_t capacity = 16;        // slots of the node's input ring, >= 1
  std::uint8_t level = 1;             // priority among ready nodes: 0 the most urgent, 2 the least
  OnError on_error = OnError::tombstone;
  int worker = -1;  // >= 0: its firings run on that worker only
  std::uint32_t window =
      0;  // source, expand, merge: live tokens of the stream they start; 0: the graph's
};

struct BatchConfig {
  Mode mode = Mode::parallel;
  std::uint16_t concurrency_max = 0;
  std::uint32_t capacity = 64;
  std::uint8_t level = 1;
  OnError on_error = OnError::tombstone;
  int worker = -1;
  std::uint32_t max = 32;  // tokens that one firing takes at most, 1 to 64
};

struct StreamConfig {
  std::uint32_t window =
      0;  // live sequence numbers of a stream with stores; 0: 4 x workers, at least 4
};

/// What a source's body says after a call: more may come at once, nothing now (until notify()), or
/// never again.
enum class Give : std::uint8_t { more, idle, end };

/// A map's body may answer Maybe<U>: left empty it drops the token.
template <class T>
using Maybe = std::optional<T>;

/// What the last node of a loop's body answers: round again, or out.
template <class T>
struct Turn {
  bool again;
  T value;
};
template <class T>
struct Again {
  T value;
  operator Turn<T>() && { return {true, std::move(value)}; }
};
template <class T>
struct Leave {
  T value;
  operator Turn<T>() && { return {false, std::move(value)}; }
};
template <class T>
Again(T) -> Again<T>;
template <class T>
Leave(T) -> Leave<T>;

/// Where a body puts what it makes. Roles: the body that was given it, during that call only.
template <class T>
class Emit {
 public:
  Emit(T* storage, std::uint32_t room) noexcept : storage_(storage), room_(room) {}
  Emit(const Emit&) = delete;
  Emit& operator=(const Emit&) = delete;
  ~Emit() {
    for (std::uint32_t i = 0; i < count_; ++i) storage_[i].~T();
  }

  /// Emits one value. A WEIR_CHECK when there is no room: a source has room for one a call, an
  /// expand for its burst.
  void operator()(T value) {
    WEIR_CHECK(count_ < room_, "a body emitted more than its burst");
    ::new (static_cast<void*>(storage_ + count_)) T(std::move(value));
    ++count_;
  }
  std::uint32_t room() const noexcept { return room_ - count_; }
  std::uint32_t count() const noexcept { return count_; }
  T* begin() noexcept { return storage_; }

 private:
  T* storage_;
  std::uint32_t room_;
  std::uint32_t count_ = 0;
};

/// Where every token went. For a node: what it took alive and what became of it; for a graph: every
/// token that was ever made (by sources, pushes, requests, expansions, and copies of a fan-out).
/// When nothing is in flight, in = out + dropped + failed + cancelled + expired.
struct Ledger {
  std::uint64_t in = 0, out = 0, dropped = 0, failed = 0, cancelled = 0, expired = 0;

  std::uint64_t accounted() const noexcept { return out + dropped + failed + cancelled + expired; }
  Ledger& operator+=(const Ledger& other) noexcept {
    in += other.in, out += other.out, dropped += other.dropped, failed += other.failed;
    cancelled += other.cancelled, expired += other.expired;
    return *this;
  }
};

/// Counters of one edge since start(). Monotone but read one by one: sums fit only when the graph
/// is at rest.
struct EdgeMetrics {
  const char* from = "";
  const char* to = "";
  std::uint32_t capacity = 0;
  std::uint64_t pushed = 0, popped = 0;
  std::uint64_t would_block = 0;    // refused reservations
  std::uint64_t blocked_ns = 0;     // time its producer waited for it
  std::uint16_t culprit = no_node;  // node that held it up at the last refusal
};

/// Counters of one node since start().
struct NodeMetrics {
  const char* name = "";
  const char* kind = "";
  Ledger ledger;
  std::uint64_t firings = 0;
  std::uint64_t busy_ns = 0;  // in bodies, all workers together
};

}  // namespace weir
