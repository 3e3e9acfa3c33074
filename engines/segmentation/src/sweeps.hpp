// sweeps.hpp: set-points of voltage sweeps for the generator, with what a detector should find;
// private to it.
//
// Shape: a Sweep has one text a row, as numpy and Python would have written it. Legs split where
//        the direction turns and where the sign changes; a row at zero begins the next leg; a
//        plateau belongs to the earlier leg, and so do fragments of fewer than five rows.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace weir::segmentation {

/// SplitMix64, keyed by (seed, index). Source: Steele, Lea, Flood 2014.
class Random {
 public:
  Random(std::uint64_t seed, std::uint64_t index) noexcept : state_(seed * 0x9e3779b97f4a7c15u) {
    state_ ^= next() + index * 0xd1342543de82ef95u;
  }
  std::uint64_t next() noexcept {
    std::uint64_t z = (state_ += 0x9e3779b97f4a7c15u);
    z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9u;
    z = (z ^ (z >> 27)) * 0x94d049bb133111ebu;
    return z ^ (z >> 31);
  }
  std::size_t below(std::size_t n) noexcept { return static_cast<std::size_t>(next() % n); }
  double unit() noexcept { return static_cast<double>(next() >> 11) * 0x1p-53; }  // [0, 1)
  double
  normal() noexcept {  // the sum of twelve: the same bits on every machine, tails to six sigma
    double sum = -6;
    for (int k = 0; k < 12; ++k) sum += unit();
    return sum;
  }

 private:
  std::uint64_t state_;
};

struct Leg {
  std::size_t first = 0;
  std::size_t last = 0;
  bool increasing = false;
  bool positive = false;
};

struct Sweep {
  double v_start = 0, v_end = 0;  // as the header has them: where it turns
  double step = 0;
  std::vector<double> set_points;
  std::vector<std::string> texts;  // what the file shows: set-points, or readings
  std::vector<Leg> legs;

  /// The truth of the first `rows` rows.
  std::string truth(std::size_t rows) const;
};

inline constexpr std::size_t plain_iv_count = 6;
inline constexpr std::size_t gate_sweep_count = 4;
/// 0 -> -V -> +V -> 0 as real IV runs are commanded, with one point past zero at the end.
const Sweep& plain_iv(std::size_t which);
/// 0 -> -V -> +V -> -V -> 0 as IVg runs.
const Sweep& gate_sweep(std::size_t which);

enum class DirtyKind : std::uint8_t {
  plain,
  noisy,      // the meter reads the voltage back
  plateaued,  // it waits at the turns
  noisy_plateaued,
  no_return,
  no_negative,
  positive_first,
  multi_cycle,
  offset,  // zero is not its middle, or not in it
  cut,
  nan_rows
};
std::string_view to_string(DirtyKind kind) noexcept;
inline constexpr std::size_t dirty_kind_count = 11;
Sweep dirty_iv(DirtyKind kind, Random& random);

}  // namespace weir::segmentation
