// latency_histogram.hpp: how long things took, as counts by length; private to the engine.
//
// Shape: 8 classes an octave, from 1 us to over an hour: a quantile is right within 9 %.
// Roles: add by any thread, wait-free; read by any, of no one instant.
#pragma once

#include <array>
#include <bit>
#include <cstdint>
#include <weir/atomic.hpp>

namespace weir::search {

class LatencyHistogram {
 public:
  static constexpr std::uint32_t octaves = 33, steps = 8;

  void add(std::uint64_t ns) noexcept {
    counts_[class_of(ns / 1000)].fetch_add(1, relaxed);  // relaxed: a count for people
    sum_ns_.fetch_add(ns, relaxed);                      // relaxed: as above
  }
  double sum_s() const noexcept {
    return static_cast<double>(sum_ns_.load(relaxed)) / 1e9;  // relaxed: as above
  }
  std::uint64_t count() const noexcept {
    std::uint64_t sum = 0;
    for (const auto& count : counts_) sum += count.load(relaxed);  // relaxed: as above
    return sum;
  }
  /// Milliseconds below which that share of them lies; 0 when there are none.
  double quantile_ms(double share) const noexcept {
    const std::uint64_t total = count();
    if (total == 0) return 0;
    const auto rank = static_cast<std::uint64_t>(share * static_cast<double>(total - 1));
    std::uint64_t below = 0;
    for (std::uint32_t i = 0; i < counts_.size(); ++i) {
      below += counts_[i].load(relaxed);  // relaxed: as above
      if (below > rank) return upper_us(i) / 1000;
    }
    return upper_us(octaves * steps - 1) / 1000;
  }

 private:
  static std::uint32_t class_of(std::uint64_t us) noexcept {
    if (us < steps) return static_cast<std::uint32_t>(us);
    const auto octave = static_cast<std::uint32_t>(std::bit_width(us)) - 4;
    const std::uint32_t index =
        (octave + 1) * steps + static_cast<std::uint32_t>(us >> octave & (steps - 1));
    return index < octaves * steps ? index : octaves * steps - 1;
  }
  static double upper_us(std::uint32_t index) noexcept {
    if (index < steps) return index + 1;
    const std::uint32_t octave = index / steps - 1;
    return static_cast<double>((std::uint64_t{steps} + index % steps + 1) << octave);
  }

  std::array<atomic<std::uint64_t>, octaves * steps> counts_{};
  atomic<std::uint64_t> sum_ns_{0};
};

}  // namespace weir::search
