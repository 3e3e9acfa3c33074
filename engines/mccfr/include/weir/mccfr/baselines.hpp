// baselines.hpp: what a traversal expects of each action, so that luck of the draw takes less part in what it learns.
//
// A baseline of a row's action is what it was worth to the row's player lately: an exponential average of sampled
// values. Where one action is drawn, with probability q, every action a of the node gets the value
//
//   baseline(a) + (a was drawn ? (sampled value - baseline(a)) / q : 0)
//
// whose mean over all draws is that of the sampled value, whatever the baselines are, as long as they do not depend
// on the draw. The closer they are, the less it scatters.
//
// Roles:  SharedBaselines: any number of threads; BatchBaselines: reads what all share, learns into one thread's log.
// Memory: 4 bytes an entry.
// Source: Schmid, Burch, Lanctot, Moravcik, Kadlec, Bowling, "Variance reduction in Monte Carlo counterfactual regret
//         minimization (VR-MCCFR) for extensive form games using baselines", AAAI 2019.
#pragma once

#include <algorithm>
#include <array>
#include <cmath>
#include <cstdint>
#include <vector>
#include <weir/mccfr/table.hpp>
#include <weir/mccfr/updates.hpp>

namespace weir::mccfr {

/// Of what is seen now in an average.
inline constexpr float baseline_rate = 0.1F;

struct NoBaselines {
  static constexpr bool on = false;
};

class SharedBaselines {
 public:
  static constexpr bool on = true;
  /// `largest`: what a hand can be worth at most, chips; nothing beyond it is learnt.
  SharedBaselines(float* values, float largest) noexcept : values_(values), largest_(largest) {}
  float of(std::uint32_t entry) const noexcept { return load_entry(values_[entry]); }
  void learn(std::uint32_t entry, float seen) noexcept {
    const float old = of(entry);
    const float now = old + baseline_rate * (std::clamp(seen, -largest_, largest_) - old);
    // relaxed: as in load_entry; of two at once one is lost, which makes no baseline wrong
    std::atomic_ref<float>(values_[entry]).store(now, relaxed);
  }

 private:
  float* values_;
  float largest_;
};

/// What one thread saw in a batch, by parts as LogBatch has them. Grows with the first batches, on the program's heap.
class BaselineLog {
 public:
  void add(std::uint32_t entry, std::int32_t amount) {
    changes_[LogBatch::part_of(entry)].add(entry, amount);
  }
  LogBatch::Changes& part(std::uint32_t part) noexcept { return changes_[part]; }
  std::size_t bytes() const noexcept {
    std::size_t total = 0;
    for (const LogBatch::Changes& changes : changes_) total += changes.bytes();
    return total;
  }

 private:
  std::array<LogBatch::Changes, LogBatch::parts> changes_;
};

class BatchBaselines {
 public:
  static constexpr bool on = true;
  static constexpr float steps = 0x1p20F;  // of the largest value, in what a log has
  BatchBaselines(const float* values, float largest, BaselineLog& log) noexcept
      : values_(values), largest_(largest), log_(log) {}
  float of(std::uint32_t entry) const noexcept { return values_[entry]; }
  void learn(std::uint32_t entry, float seen) {
    const float change = std::clamp(seen, -largest_, largest_) - values_[entry];
    log_.add(entry, static_cast<std::int32_t>(std::lround(change * (steps / largest_))));
  }

 private:
  const float* values_;
  float largest_;
  BaselineLog& log_;
};

/// Values of all actions after one was drawn with probability `drawn` and found worth `value`; their mean by
/// `strategy`.
template <class Real>
Real correct_values(const Real* strategy, const Real* baselines, int actions, std::uint32_t taken,
                    Real drawn, Real value, Real* values) noexcept {
  Real mean = 0;
  for (std::uint32_t a = 0; a < static_cast<std::uint32_t>(actions); ++a) {
    values[a] = baselines[a] + (a == taken ? (value - baselines[a]) / drawn : Real{0});
    mean += strategy[a] * values[a];
  }
  return mean;
}

}  // namespace weir::mccfr
