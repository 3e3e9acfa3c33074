// worker_bins.hpp: requests that can go on, by the worker that had them last; private to the engine.
//
// Shape:    a bin a worker, and one for what does not fit there. A worker takes its own first: a search's memory is
//           in that core's cache. Who has none of its own takes another's, and now and then so does everybody. Beside
//           them a count of the requests that are each worker's, wherever they are.
// Roles:    any thread.
// Progress: lock-free; a stopped thread holds up what is in the one bin that it is in.
// Order:    a bin is first in, first out.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <weir/atomic.hpp>
#include <weir/detail/core.hpp>
#include <weir/ring.hpp>

namespace weir::search {

/// Pushes to a ring that is larger than what can be in it: refusals are lost races, each of them another's success.
inline void push_surely(Ring<std::uint32_t>& ring, std::uint32_t value) noexcept {
  while (ring.push(std::uint32_t{value}) != Status::accepted) {
  }
}

class WorkerBins {
 public:
  static constexpr std::uint32_t none = ~0U;

  /// At most `all` are in all bins together.
  WorkerBins(std::uint32_t workers, std::size_t all)
      : workers_(workers), bins_(std::make_unique<Bin[]>(workers)), rest_(all) {}

  void push(std::uint32_t worker, std::uint32_t value) noexcept {
    if (bins_[worker].ring.push(std::uint32_t{value}) != Status::accepted)
      push_surely(rest_, value);
  }
  /// none: all are empty, or others are at them.
  std::uint32_t take(std::uint32_t worker) noexcept {
    // relaxed: an approximate count
    const std::uint32_t turn = bins_[worker].turns.fetch_add(1, relaxed) + 1;
    const std::uint32_t places = workers_ + 1;
    std::uint32_t at = worker + (turn % own_in_a_row == 0 ? 1 : 0);
    for (std::uint32_t i = 0; i < places; ++i, ++at) {
      const std::uint32_t place = at % places;
      std::uint32_t value = none;
      if ((place < workers_ ? bins_[place].ring : rest_).pop(value) == Status::accepted)
        return value;
    }
    return none;
  }

  /// Memory beside the bin for the rest, a worker.
  static std::size_t bytes_each() noexcept {
    return sizeof(Bin) + bin_slots() * 2 * sizeof(std::uint64_t);
  }

  /// Of one worker's requests; an estimate.
  std::uint32_t count(std::uint32_t worker) const noexcept {
    return bins_[worker].count.load(relaxed);  // relaxed: as said
  }
  void add(std::uint32_t worker) noexcept {
    bins_[worker].count.fetch_add(1, relaxed);  // relaxed: a count
  }
  void remove(std::uint32_t worker) noexcept {
    bins_[worker].count.fetch_sub(1, relaxed);  // relaxed: a count
  }

 private:
  static constexpr std::uint32_t own_in_a_row =
      32;  // so that none waits for a worker that is busy elsewhere
  static std::size_t bin_slots() noexcept { return detail::smallest_bounds() ? 1 : 64; }

  struct alignas(contended_bytes) Bin {
    Ring<std::uint32_t> ring{bin_slots()};
    atomic<std::uint32_t> turns{0}, count{0};
  };

  std::uint32_t workers_;
  std::unique_ptr<Bin[]> bins_;
  Ring<std::uint32_t> rest_;
};

}  // namespace weir::search
