// net_matrix.hpp: products of matrices for training.
//
// Shape:  each number of the product is summed in one order, first to last, in float32 without fused operations: the
//         same bits with SSE2, AVX2 and AVX-512, whichever the processor has.
// Roles:  pure, any thread; a Panel is one thread's.
// Cost:   16, 35, 45 billion multiplications with additions a second (SSE2, AVX2, AVX-512) on one core at 2.6 GHz.
#pragma once

#include <cstddef>
#include <vector>

namespace weir::search::nets {

/// A matrix as it lies in memory: number (i, j) is at[i * row + j * column].
struct Matrix {
  const float* at = nullptr;
  std::size_t row = 0, column = 1;
};

using Panel = std::vector<float>;  // columns of the second factor, side by side

enum class Into : unsigned char { replace, add };

enum class Kernels : unsigned char { sse2, avx2, avx512 };
/// The widest that this processor has.
Kernels best_kernels() noexcept;

/// c (m x n, row after row) = or += a (m x k) times b (k x n).
void multiply(const Matrix& a, const Matrix& b, float* c, std::size_t m, std::size_t k,
              std::size_t n, Into into, Panel& panel, Kernels which = best_kernels());

}  // namespace weir::search::nets
