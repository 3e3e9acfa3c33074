// net_heads.hpp: what heads make of the last layer's numbers, row by row, and what teaching them costs.
//
// Shape: plain sums and products of doubles in a fixed order: the same bits on every machine.
#pragma once

#include <span>
#include <weir/search/mlp.hpp>

namespace weir::search::nets {

/// e^x to about 1e-15; 0 far below, infinity far above.
double exponential(double x) noexcept;
/// The same bits for each of them, in place.
void exponentials(std::span<double> numbers) noexcept;
/// ln(x), x > 0, to about 1e-14.
double logarithm(double x) noexcept;

/// One row of outputs(), in place.
void finish_row(std::span<const Head> heads, float* row) noexcept;

/// The loss of one row whose last layer gave `raw`, and by how much it grows with each of those numbers. `weights`: one
/// factor a head; none: 1.
double loss_row(std::span<const Head> heads, std::span<const float> weights, const float* raw,
                const float* target, float* gradient) noexcept;

}  // namespace weir::search::nets
