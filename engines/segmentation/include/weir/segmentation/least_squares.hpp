// least_squares.hpp: polynomials through measured points.
//
// Shape:  x in V and y in A, or anything else; coefficients[p] is that of x^p, in the unit of y over
//         that of x to the p. Points of which x or y is not finite are left out.
// Method: Householder QR with column pivoting, of powers of t = (x - centre) / half_width, which lies
//         in [-1, 1], each column scaled to length 1; odd powers alone keep the centre at 0.
// Roles:  pure functions, any thread.
// Errors: a FitStatus; a fit that is not ok has no coefficients and evaluates to NaN.
// Memory: points x unknowns doubles while a fit runs.
// Source: Golub and Van Loan, Matrix Computations, 5.2 and 5.4.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string_view>
#include <vector>

namespace weir::segmentation {

inline constexpr int polynomial_order_max = 15;

enum class Powers : std::uint8_t {
  all,  // 1, x, x^2 ... x^order
  odd,  // x, x^3 ... x^order: f(-x) = -f(x), no intercept
};

enum class FitStatus : std::uint8_t {
  ok,
  too_few_points,  // fewer finite points than unknowns
  rank_deficient,  // fewer different x than unknowns, to the precision of double
};
std::string_view to_string(FitStatus status) noexcept;

struct PolynomialFit {
  FitStatus status = FitStatus::too_few_points;
  std::size_t points = 0;    // finite ones
  std::size_t unknowns = 0;  // coefficients that were asked for
  std::size_t rank = 0;      // of the scaled matrix; 0 when there are too few points
  double condition = 0;      // of the scaled matrix R: |R|_F |R^-1|_F, >= unknowns; NaN unless ok
  std::vector<double> coefficients;  // order + 1; those of even powers are 0 in an odd fit
  std::vector<double> errors;        // standard errors; empty when points == unknowns
  double r_squared = 0;              // 1 - residual / total; 0 when all y are the same
  double rmse = 0;                   // root of the mean squared residual, divided by points
  double mae = 0;                    // mean absolute residual

  /// The polynomial at x, in the centred form, which stays accurate where powers of x cancel.
  double evaluate(double x) const noexcept;

  double centre = 0;
  double half_width = 1;
  std::vector<double> scaled;  // coefficients of powers of t
};

/// Fits a polynomial of `order` (0 to polynomial_order_max, odd with Powers::odd) to the points
/// (x[k], y[k]); the spans are equally long.
PolynomialFit fit_polynomial(std::span<const double> x, std::span<const double> y, int order,
                             Powers powers = Powers::all);

}  // namespace weir::segmentation
