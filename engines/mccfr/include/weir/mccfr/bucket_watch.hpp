// bucket_watch.hpp: a long computation of buckets as others see it: how far it is, and the word to stop.
//
// Roles:  the computing threads count; one other thread reads along, any thread stops.
// Memory: none beside itself.
#pragma once

#include <cstddef>
#include <cstdint>
#include <weir/atomic.hpp>
#include <weir/task.hpp>

namespace weir::mccfr::abstraction {

enum class Stage : std::uint8_t { idle, sample, cluster, assign };

class Watch {
 public:
  /// Begins a stage of `total` steps.
  void begin(int round, Stage stage, std::uint64_t total) noexcept {
    done_.store(0, relaxed);       // relaxed: for people
    total_.store(total, relaxed);  // relaxed: for people
    at_.store(static_cast<std::uint32_t>(round) << 8 | static_cast<std::uint32_t>(stage),
              relaxed);  // relaxed: for people
  }
  void add(std::uint64_t steps) noexcept {
    done_.fetch_add(steps, relaxed);
  }                                                        // relaxed: for people
  void stop() noexcept { stopped_.store(true, relaxed); }  // relaxed: a wish, nothing is published
  /// What is computed after this is true is thrown away.
  bool stopped() const noexcept { return stopped_.load(relaxed); }  // relaxed: as above

  int round() const noexcept { return static_cast<int>(place() >> 8); }
  Stage stage() const noexcept { return static_cast<Stage>(place() & 0xff); }
  std::uint32_t place() const noexcept { return at_.load(relaxed); }     // relaxed: for people
  std::uint64_t done() const noexcept { return done_.load(relaxed); }    // relaxed: for people
  std::uint64_t total() const noexcept { return total_.load(relaxed); }  // relaxed: for people

 private:
  atomic<std::uint32_t> at_{0};
  atomic<std::uint64_t> total_{0}, done_{0};
  atomic<bool> stopped_{false};
};

/// f(block, first, last) for all blocks of at most `size` of `n`, in parallel inside of a task; none begins after
/// stop().
template <class F>
void in_blocks(const Watch& watch, std::size_t n, std::size_t size, F&& f) {
  parallel_for(0, (n + size - 1) / size, 1, [&](std::size_t block) {
    if (watch.stopped()) return;
    const std::size_t first = block * size;
    f(block, first, first + size < n ? first + size : n);
  });
}

}  // namespace weir::mccfr::abstraction
