// count_histogram.hpp: how large counts were, by powers of two; private to the engine.
//
// Roles: add by any thread, wait-free; read by any, of no one instant.
#pragma once

#include <algorithm>
#include <bit>
#include <weir/atomic.hpp>
#include <weir/search/engine.hpp>

namespace weir::search {

class CountHistogram {
 public:
  void add(std::uint64_t count) noexcept {
    const auto at = static_cast<std::size_t>(count == 0 ? 0 : std::bit_width(count - 1) + 1);
    counts_[std::min(at, counts_.size() - 1)].fetch_add(1, relaxed);  // relaxed: for people
    sum_.fetch_add(count, relaxed);                                   // relaxed: as above
  }
  Counts read() const noexcept {
    Counts counts;
    for (std::size_t i = 0; i < counts_.size(); ++i)
      counts.of[i] = counts_[i].load(relaxed);  // relaxed: as above
    counts.sum = sum_.load(relaxed);            // relaxed: as above
    return counts;
  }

 private:
  std::array<atomic<std::uint64_t>, Counts::classes> counts_{};
  atomic<std::uint64_t> sum_{0};
};

}  // namespace weir::search
