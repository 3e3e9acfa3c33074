#include <cstring>
#include <memory>
#include <weir/check.hpp>
#include <weir/mccfr/bucket_clustering.hpp>

#include "bucket_lloyd.hpp"

#if defined(__x86_64__)
#include <immintrin.h>
#endif

namespace weir::mccfr::abstraction {
namespace {

// Plain loops of a constant length: compilers make them sums of absolute differences of 16 or 32 bytes at a time.
template <std::size_t width>
[[gnu::always_inline]] inline std::uint32_t difference(const std::uint8_t* a,
                                                       const std::uint8_t* b) noexcept {
  std::uint32_t sum = 0;
  for (std::size_t k = 0; k < width; ++k) {
    const int d = static_cast<int>(a[k]) - static_cast<int>(b[k]);
    sum += static_cast<std::uint32_t>(d < 0 ? -d : d);
  }
  return sum;
}

template <std::size_t width>
[[gnu::always_inline]] inline Nearest nearest_row(const std::uint8_t* row,
                                                  const std::uint8_t* centres,
                                                  std::size_t count) noexcept {
  std::uint32_t best = ~std::uint32_t{0};
  std::size_t at = 0;
  for (std::size_t c = 0; c < count; ++c) {
    const std::uint32_t distance = difference<width>(row, centres + c * width);
    at = distance < best ? c : at;
    best = distance < best ? distance : best;
  }
  return {static_cast<std::uint16_t>(at), best};
}

template <std::size_t width>
Nearest nearest_plain(const std::uint8_t* row, const std::uint8_t* centres,
                      std::size_t count) noexcept {
  return nearest_row<width>(row, centres, count);
}

using Find = Nearest (*)(const std::uint8_t*, const std::uint8_t*, std::size_t) noexcept;

#if defined(__x86_64__)
[[gnu::target("avx2")]] Nearest nearest_wide(const std::uint8_t* row, const std::uint8_t* centres,
                                             std::size_t count) noexcept {
  return nearest_row<64>(row, centres, count);
}

// Four centres at a time. The least key is of the least distance, and of those of the lowest number.
[[gnu::target("avx2")]] Nearest nearest_narrow(const std::uint8_t* row, const std::uint8_t* centres,
                                               std::size_t count) noexcept {
  long long bytes = 0;
  std::memcpy(&bytes, row, sizeof(bytes));
  const __m256i point = _mm256_set1_epi64x(bytes), four = _mm256_set1_epi64x(4);
  __m256i number = _mm256_setr_epi64x(0, 1, 2, 3), least = _mm256_set1_epi64x(0xffffffff);
  std::size_t c = 0;
  for (; c + 4 <= count; c += 4) {
    const auto* const at = reinterpret_cast<const __m256i*>(centres + c * 8);
    const __m256i distances = _mm256_sad_epu8(point, _mm256_loadu_si256(at));
    least = _mm256_min_epu32(least, _mm256_or_si256(_mm256_slli_epi64(distances, 16), number));
    number = _mm256_add_epi64(number, four);
  }
  alignas(32) std::array<std::uint64_t, 4> keys;
  _mm256_store_si256(reinterpret_cast<__m256i*>(keys.data()), least);
  std::uint64_t best = *std::min_element(keys.begin(), keys.end());
  for (; c < count; ++c) {
    const std::uint64_t distance = difference<8>(row, centres + c * 8);
    best = std::min(best, distance << 16 | c);
  }
  return {static_cast<std::uint16_t>(best & 0xffff), static_cast<std::uint32_t>(best >> 16)};
}
#endif

template <std::size_t width>
Find chosen() noexcept {
#if defined(__x86_64__)
  if (__builtin_cpu_supports("avx2") != 0) return width == 8 ? nearest_narrow : nearest_wide;
#endif
  return nearest_plain<width>;
}

Find finder(std::size_t width) noexcept {
  static const Find narrow = chosen<8>(), wide = chosen<64>();
  return width == 8 ? narrow : wide;
}

/// Rows of bytes; a centre is the median of its points, byte by byte.
class RowSpace {
 public:
  using Centres = std::vector<std::uint8_t>;

  RowSpace(const Points& points, std::size_t clusters)
      : points_(points),
        width_(points.width),
        clusters_(clusters),
        centres_(clusters * points.width),
        find_(finder(points.width)) {}

  std::size_t size() const noexcept { return points_.size(); }
  std::uint32_t weight(std::size_t i) const noexcept { return points_.weights[i]; }
  void place(std::size_t centre, std::size_t i) noexcept {
    std::memcpy(centres_.data() + centre * width_, row(i), width_);
  }
  std::uint32_t distance(std::size_t i, std::size_t centre, std::uint32_t) const noexcept {
    return row_distance(row(i), centres_.data() + centre * width_, width_);
  }
  Nearest find(std::size_t i, std::uint16_t) const noexcept {
    return find_(row(i), centres_.data(), clusters_);
  }
  void update(const ClusterLists& lists) {
    parallel_for(0, clusters_, 1, [&](std::size_t c) {
      if (!lists.of(c).empty()) set_median(lists.of(c), centres_.data() + c * width_);
    });
  }
  const Centres& centres() const noexcept { return centres_; }
  void set_centres(const Centres& centres) { centres_ = centres; }

 private:
  using Counts = std::array<std::array<std::uint64_t, 256>, 64>;

  const std::uint8_t* row(std::size_t i) const noexcept { return points_.rows.data() + i * width_; }

  void set_median(std::span<const std::uint32_t> members, std::uint8_t* centre) const {
    const auto counts = std::make_unique<Counts>();
    std::uint64_t all = 0;
    for (const std::uint32_t i : members) {
      const std::uint64_t weight = points_.weights[i];
      all += weight;
      for (std::size_t k = 0; k < width_; ++k) (*counts)[k][row(i)[k]] += weight;
    }
    for (std::size_t k = 0; k < width_; ++k) {
      std::uint64_t below = (*counts)[k][0];
      std::size_t value = 0;
      while (2 * below < all) below += (*counts)[k][++value];
      centre[k] = static_cast<std::uint8_t>(value);
    }
  }

  const Points& points_;
  std::size_t width_, clusters_;
  Centres centres_;
  Find find_;
};

}  // namespace

std::uint32_t row_distance(const std::uint8_t* a, const std::uint8_t* b,
                           std::size_t width) noexcept {
  return width == 8 ? difference<8>(a, b) : difference<64>(a, b);
}

Nearest Clusters::find(const std::uint8_t* row) const noexcept {
  return finder(width)(row, rows.data(), rows.size() / width);
}

Clusters cluster_rows(const Points& points, const ClusterRules& rules, Watch& watch) {
  WEIR_CHECK(points.width == 8 || points.width == 64, "rows have 8 or 64 bytes");
  WEIR_CHECK(points.size() > 0 && rules.clusters > 0 && rules.restarts > 0 && rules.iterations > 0,
             "points, clusters, restarts and iterations are at least one");
  RowSpace space(points, static_cast<std::size_t>(rules.clusters));
  Lloyd<RowSpace> lloyd(space, rules, watch);
  lloyd.run();
  Clusters made;
  made.width = points.width;
  made.fit = lloyd.take_fit();
  std::vector<std::uint64_t> keys(static_cast<std::size_t>(rules.clusters));
  for (std::size_t c = 0; c < keys.size(); ++c)
    for (std::size_t k = 0; k < made.width; ++k) keys[c] += space.centres()[c * made.width + k];
  const std::vector<std::uint16_t> ranks = ranks_of(keys);
  made.rows.resize(space.centres().size());
  for (std::size_t c = 0; c < keys.size(); ++c) {
    std::memcpy(made.rows.data() + ranks[c] * made.width, space.centres().data() + c * made.width,
                made.width);
  }
  for (std::uint16_t& n : made.fit.nearest) n = ranks[n];
  return made;
}

}  // namespace weir::mccfr::abstraction
