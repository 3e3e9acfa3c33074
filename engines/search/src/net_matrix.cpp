#include "net_matrix.hpp"

#include <algorithm>
#include <array>

namespace weir::search::nets {
namespace {

using Four [[gnu::vector_size(16), gnu::aligned(4), gnu::may_alias]] = float;
using Eight [[gnu::vector_size(32), gnu::aligned(4), gnu::may_alias]] = float;
using Sixteen [[gnu::vector_size(64), gnu::aligned(4), gnu::may_alias]] = float;

constexpr std::size_t tile_rows = 6, tile_columns_max = 32;

/// Some rows of `a` (each `row` behind the one before) times a panel of k rows, onto `sums`.
struct Tile {
  const float* a;
  std::size_t row, column;
  const float* panel;
  std::size_t k;
  float* sums;
};

// The body stands three times: g++ splits wide vectors by the target of the function whose source it reads, before it
// inlines that into another, so a shared one would be SSE2's in all of them.
template <std::size_t rows>
void tile_sse2(const Tile& t) {
  Four sum[rows][2];
  for (std::size_t r = 0; r < rows; ++r)
    for (std::size_t v = 0; v < 2; ++v)
      sum[r][v] = *reinterpret_cast<const Four*>(t.sums + r * 8 + v * 4);
  const float* b = t.panel;
  for (std::size_t p = 0; p < t.k; ++p, b += 8) {
    const Four b0 = *reinterpret_cast<const Four*>(b);
    const Four b1 = *reinterpret_cast<const Four*>(b + 4);
#pragma GCC unroll 6
    for (std::size_t r = 0; r < rows; ++r) {
      const float x = t.a[r * t.row + p * t.column];
      sum[r][0] += x * b0;
      sum[r][1] += x * b1;
    }
  }
  for (std::size_t r = 0; r < rows; ++r)
    for (std::size_t v = 0; v < 2; ++v)
      *reinterpret_cast<Four*>(t.sums + r * 8 + v * 4) = sum[r][v];
}

template <std::size_t rows>
[[gnu::target("avx2")]] void tile_avx2(const Tile& t) {
  Eight sum[rows][2];
  for (std::size_t r = 0; r < rows; ++r)
    for (std::size_t v = 0; v < 2; ++v)
      sum[r][v] = *reinterpret_cast<const Eight*>(t.sums + r * 16 + v * 8);
  const float* b = t.panel;
  for (std::size_t p = 0; p < t.k; ++p, b += 16) {
    const Eight b0 = *reinterpret_cast<const Eight*>(b);
    const Eight b1 = *reinterpret_cast<const Eight*>(b + 8);
#pragma GCC unroll 6
    for (std::size_t r = 0; r < rows; ++r) {
      const float x = t.a[r * t.row + p * t.column];
      sum[r][0] += x * b0;
      sum[r][1] += x * b1;
    }
  }
  for (std::size_t r = 0; r < rows; ++r)
    for (std::size_t v = 0; v < 2; ++v)
      *reinterpret_cast<Eight*>(t.sums + r * 16 + v * 8) = sum[r][v];
}

template <std::size_t rows>
[[gnu::target("avx512f")]] void tile_avx512(const Tile& t) {
  Sixteen sum[rows][2];
  for (std::size_t r = 0; r < rows; ++r)
    for (std::size_t v = 0; v < 2; ++v)
      sum[r][v] = *reinterpret_cast<const Sixteen*>(t.sums + r * 32 + v * 16);
  const float* b = t.panel;
  for (std::size_t p = 0; p < t.k; ++p, b += 32) {
    const Sixteen b0 = *reinterpret_cast<const Sixteen*>(b);
    const Sixteen b1 = *reinterpret_cast<const Sixteen*>(b + 16);
#pragma GCC unroll 6
    for (std::size_t r = 0; r < rows; ++r) {
      const float x = t.a[r * t.row + p * t.column];
      sum[r][0] += x * b0;
      sum[r][1] += x * b1;
    }
  }
  for (std::size_t r = 0; r < rows; ++r)
    for (std::size_t v = 0; v < 2; ++v)
      *reinterpret_cast<Sixteen*>(t.sums + r * 32 + v * 16) = sum[r][v];
}

using TileKernel = void (*)(const Tile&);

struct TileKernels {
  std::size_t columns;
  std::array<TileKernel, tile_rows> by_rows;  // of 1, 2, ... rows
};

constexpr TileKernels sse2_tiles = {
    8, {tile_sse2<1>, tile_sse2<2>, tile_sse2<3>, tile_sse2<4>, tile_sse2<5>, tile_sse2<6>}};
constexpr TileKernels avx2_tiles = {
    16, {tile_avx2<1>, tile_avx2<2>, tile_avx2<3>, tile_avx2<4>, tile_avx2<5>, tile_avx2<6>}};
constexpr TileKernels avx512_tiles = {32,
                                      {tile_avx512<1>, tile_avx512<2>, tile_avx512<3>,
                                       tile_avx512<4>, tile_avx512<5>, tile_avx512<6>}};

const TileKernels& tiles_of(Kernels which) noexcept {
  if (which == Kernels::sse2) return sse2_tiles;
  return which == Kernels::avx2 ? avx2_tiles : avx512_tiles;
}

}  // namespace

Kernels best_kernels() noexcept {
  if (__builtin_cpu_supports("avx512f")) return Kernels::avx512;
  return __builtin_cpu_supports("avx2") ? Kernels::avx2 : Kernels::sse2;
}

void multiply(const Matrix& a, const Matrix& b, float* c, std::size_t m, std::size_t k,
              std::size_t n, Into into, Panel& panel, Kernels which) {
  const TileKernels& tiles = tiles_of(which);
  const std::size_t wide = tiles.columns;
  std::array<float, tile_rows * tile_columns_max> sums;
  panel.resize(std::max(panel.size(), k * wide));
  for (std::size_t j = 0; j < n; j += wide) {
    const std::size_t columns = std::min(wide, n - j);
    for (std::size_t p = 0; p < k; ++p) {
      float* const to = panel.data() + p * wide;
      for (std::size_t q = 0; q < columns; ++q) to[q] = b.at[p * b.row + (j + q) * b.column];
      std::fill(to + columns, to + wide, 0.0F);
    }
    for (std::size_t i = 0; i < m; i += tile_rows) {
      const std::size_t rows = std::min(tile_rows, m - i);
      sums.fill(0.0F);
      for (std::size_t r = 0; into == Into::add && r < rows; ++r)
        std::copy_n(c + (i + r) * n + j, columns, sums.data() + r * wide);
      tiles.by_rows[rows - 1]({a.at + i * a.row, a.row, a.column, panel.data(), k, sums.data()});
      for (std::size_t r = 0; r < rows; ++r)
        std::copy_n(sums.data() + r * wide, columns, c + (i + r) * n + j);
    }
  }
}

}  // namespace weir::search::nets
