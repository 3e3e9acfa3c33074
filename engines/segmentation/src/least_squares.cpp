#include <algorithm>
#include <cmath>
#include <limits>
#include <utility>
#include <weir/check.hpp>
#include <weir/segmentation/least_squares.hpp>

#include "numbers.hpp"

namespace weir::segmentation {
namespace {

constexpr double epsilon = std::numeric_limits<double>::epsilon();

/// A dense matrix, column by column.
class Matrix {
 public:
  Matrix(std::size_t rows, std::size_t columns)
      : rows_(rows), columns_(columns), values_(rows * columns) {}
  std::size_t rows() const noexcept { return rows_; }
  std::size_t columns() const noexcept { return columns_; }
  double& at(std::size_t row, std::size_t column) noexcept { return values_[column * rows_ + row]; }
  double at(std::size_t row, std::size_t column) const noexcept {
    return values_[column * rows_ + row];
  }
  double* column(std::size_t index) noexcept { return values_.data() + index * rows_; }
  /// Length of a column from `row` on.
  double norm(std::size_t index, std::size_t row) const noexcept {
    double sum = 0;
    for (std::size_t k = row; k < rows_; ++k) sum += at(k, index) * at(k, index);
    return std::sqrt(sum);
  }

 private:
  std::size_t rows_, columns_;
  std::vector<double> values_;
};

/// The rest of `target` from `row` on, mirrored at the plane across `v`.
void reflect(const double* v, double v_squared, double* target, std::size_t row,
             std::size_t rows) noexcept {
  double product = 0;
  for (std::size_t k = row; k < rows; ++k) product += v[k] * target[k];
  const double factor = 2 * product / v_squared;
  for (std::size_t k = row; k < rows; ++k) target[k] -= factor * v[k];
}

/// Turns `a` into R (upper triangle) and `y` into Q^T y; order[k] is the column that stands at k
/// now. Returns the rank.
std::size_t factor(Matrix& a, std::vector<double>& y, std::vector<std::size_t>& order) {
  const double tolerance = static_cast<double>(a.rows()) * epsilon;
  double largest = 0;
  std::vector<double> v(a.rows());
  for (std::size_t k = 0; k < a.columns(); ++k) {
    std::size_t pivot = k;
    double length = a.norm(k, k);
    for (std::size_t j = k + 1; j < a.columns(); ++j) {
      if (const double other = a.norm(j, k); other > length) {
        length = other;
        pivot = j;
      }
    }
    if (k == 0) largest = length;
    if (length <= tolerance * largest) return k;
    std::swap_ranges(a.column(k), a.column(k) + a.rows(), a.column(pivot));
    std::swap(order[k], order[pivot]);
    const double diagonal = a.at(k, k);
    std::copy(a.column(k), a.column(k) + a.rows(), v.begin());
    v[k] = diagonal + std::copysign(length, diagonal);
    const double v_squared = 2 * length * (length + std::abs(diagonal));
    for (std::size_t j = k + 1; j < a.columns(); ++j)
      reflect(v.data(), v_squared, a.column(j), k, a.rows());
    reflect(v.data(), v_squared, y.data(), k, a.rows());
    a.at(k, k) = -std::copysign(length, diagonal);
  }
  return a.columns();
}

/// The inverse of the upper triangle of `r`.
Matrix invert(const Matrix& r) {
  const std::size_t n = r.columns();
  Matrix inverse(n, n);
  for (std::size_t column = 0; column < n; ++column) {
    inverse.at(column, column) = 1 / r.at(column, column);
    for (std::size_t row = column; row-- > 0;) {
      double sum = 0;
      for (std::size_t k = row + 1; k <= column; ++k) sum += r.at(row, k) * inverse.at(k, column);
      inverse.at(row, column) = -sum / r.at(row, row);
    }
  }
  return inverse;
}

double triangle_norm(const Matrix& r) noexcept {
  double sum = 0;
  for (std::size_t column = 0; column < r.columns(); ++column) {
    for (std::size_t row = 0; row <= column; ++row) sum += r.at(row, column) * r.at(row, column);
  }
  return std::sqrt(sum);
}

double binomial(int n, int k) noexcept {
  double value = 1;
  for (int j = 1; j <= k; ++j) value = value * (n - k + j) / j;
  return value;
}

/// What one unit of t^power adds to the coefficient of x^term.
double conversion(const PolynomialFit& fit, int power, int term) noexcept {
  if (term > power) return 0;
  const double shift = power == term ? 1 : std::pow(-fit.centre, power - term);
  return binomial(power, term) * shift / std::pow(fit.half_width, power);
}

constexpr int exponent_max = 1000;  // 2 to it and to its negative are plain doubles

/// The finite points, with x made t, and y divided by a power of two near its largest: squares of the smallest currents
/// and of the largest are then numbers, and all others come out with the same bits.
struct Points {
  std::vector<double> t, y;
  double unit = 1;  // what y was divided by
};

Points scale_points(std::span<const double> x, std::span<const double> y, Powers powers,
                    PolynomialFit& fit) {
  Points points;
  for (std::size_t k = 0; k < x.size(); ++k) {
    if (!std::isfinite(x[k]) || !std::isfinite(y[k])) continue;
    points.t.push_back(x[k]);
    points.y.push_back(y[k]);
  }
  fit.points = points.t.size();
  if (points.t.empty()) return points;
  const auto [low, high] = std::minmax_element(points.t.begin(), points.t.end());
  const double width =
      powers == Powers::odd ? std::max(std::abs(*low), std::abs(*high)) : *high / 2 - *low / 2;
  fit.centre = powers == Powers::odd ? 0 : *low / 2 + *high / 2;
  fit.half_width = width > 0 ? width : 1;
  for (double& t : points.t) t = (t - fit.centre) / fit.half_width;
  double largest = 0;
  for (const double value : points.y) largest = std::max(largest, std::abs(value));
  if (largest > 0)
    points.unit = std::scalbn(1.0, std::clamp(std::ilogb(largest), -exponent_max, exponent_max));
  for (double& value : points.y) value /= points.unit;
  return points;
}

/// The least-squares problem: scaled columns, which are swapped as they are factored.
struct System {
  Matrix a;
  std::vector<double> lengths;       // what each column was divided by
  std::vector<int> powers;           // of t, by column
  std::vector<std::size_t> columns;  // columns[k] stands at k
};

System make_system(std::span<const double> t, std::size_t unknowns, Powers powers) {
  System system{Matrix(t.size(), unknowns), {}, {}, {}};
  const int step = powers == Powers::odd ? 2 : 1;
  std::vector<double> value(t.size(), 1.0);
  if (powers == Powers::odd) value.assign(t.begin(), t.end());
  for (std::size_t j = 0; j < unknowns; ++j) {
    std::copy(value.begin(), value.end(), system.a.column(j));
    const double length = system.a.norm(j, 0);
    system.lengths.push_back(length > 0 ? length : 1);
    system.powers.push_back(step * static_cast<int>(j) + (powers == Powers::odd ? 1 : 0));
    system.columns.push_back(j);
    for (std::size_t k = 0; k < t.size(); ++k) {
      system.a.at(k, j) /= system.lengths[j];
      value[k] *= powers == Powers::odd ? t[k] * t[k] : t[k];
    }
  }
  return system;
}

/// `unit`: of y.
void solve(const System& system, std::span<const double> y, double unit, PolynomialFit& fit) {
  std::vector<double> solution(fit.unknowns);
  for (std::size_t k = fit.unknowns; k-- > 0;) {
    double rest = y[k];
    for (std::size_t j = k + 1; j < fit.unknowns; ++j) rest -= system.a.at(k, j) * solution[j];
    solution[k] = rest / system.a.at(k, k);
    const std::size_t column = system.columns[k];
    fit.scaled[static_cast<std::size_t>(system.powers[column])] =
        solution[k] / system.lengths[column] * unit;
  }
}

/// The errors of the coefficients of x: with C the conversion from t and D the scaling, the
/// covariance is sigma^2 B B^T where B = C D R^-1.
void estimate_errors(const System& system, const Matrix& inverse, PolynomialFit& fit) {
  const auto points = static_cast<double>(fit.points);
  const double sigma = fit.rmse * std::sqrt(points / (points - static_cast<double>(fit.unknowns)));
  fit.errors.assign(fit.coefficients.size(), 0.0);
  for (std::size_t term = 0; term < fit.errors.size(); ++term) {
    double squares = 0;
    for (std::size_t column = 0; column < fit.unknowns; ++column) {
      double sum = 0;
      for (std::size_t k = 0; k <= column; ++k) {
        const std::size_t from = system.columns[k];
        sum += conversion(fit, system.powers[from], static_cast<int>(term)) / system.lengths[from] *
               inverse.at(k, column);
      }
      squares += sum * sum;
    }
    fit.errors[term] = sigma * std::sqrt(squares);
  }
}

void measure_residuals(std::span<const double> x, std::span<const double> y, double unit,
                       PolynomialFit& fit) {
  double mean = 0;
  double low = std::numeric_limits<double>::infinity(), high = -low;
  for (std::size_t k = 0; k < x.size(); ++k) {
    if (!std::isfinite(x[k]) || !std::isfinite(y[k])) continue;
    mean += y[k] / unit;
    low = std::min(low, y[k]);
    high = std::max(high, y[k]);
  }
  const auto n = static_cast<double>(fit.points);
  mean /= n;
  double residual = 0;
  double total = 0;
  double absolute = 0;
  for (std::size_t k = 0; k < x.size(); ++k) {
    if (!std::isfinite(x[k]) || !std::isfinite(y[k])) continue;
    const double rest = (y[k] - fit.evaluate(x[k])) / unit;
    residual += rest * rest;
    absolute += std::abs(rest);
    total += (y[k] / unit - mean) * (y[k] / unit - mean);
  }
  // Of equal y the mean may be off by a rounding, and the total is then nothing but that.
  fit.r_squared = low < high && total > 0 ? 1 - residual / total : 0;
  fit.rmse = std::sqrt(residual / n) * unit;
  fit.mae = absolute / n * unit;
}

}  // namespace

std::string_view to_string(FitStatus status) noexcept {
  constexpr std::string_view names[] = {"ok", "too_few_points", "rank_deficient"};
  return names[static_cast<std::uint8_t>(status)];
}

double PolynomialFit::evaluate(double x) const noexcept {
  if (status != FitStatus::ok) return quiet_nan;
  const double t = (x - centre) / half_width;
  double value = 0;
  for (std::size_t k = scaled.size(); k-- > 0;) value = value * t + scaled[k];
  return value;
}

PolynomialFit fit_polynomial(std::span<const double> x, std::span<const double> y, int order,
                             Powers powers) {
  WEIR_CHECK(x.size() == y.size(), "as many y as x");
  WEIR_CHECK(order >= 0 && order <= polynomial_order_max, "the order is 0 to 15");
  WEIR_CHECK(powers == Powers::all || order % 2 == 1, "an odd polynomial has an odd order");
  PolynomialFit fit;
  fit.condition = fit.r_squared = fit.rmse = fit.mae = quiet_nan;
  fit.unknowns = static_cast<std::size_t>(powers == Powers::odd ? (order + 1) / 2 : order + 1);
  Points points = scale_points(x, y, powers, fit);
  if (fit.points < fit.unknowns) return fit;

  System system = make_system(points.t, fit.unknowns, powers);
  fit.rank = factor(system.a, points.y, system.columns);
  fit.status = fit.rank == fit.unknowns ? FitStatus::ok : FitStatus::rank_deficient;
  if (fit.status != FitStatus::ok) return fit;

  fit.scaled.assign(static_cast<std::size_t>(order) + 1, 0.0);
  solve(system, points.y, points.unit, fit);
  measure_residuals(x, y, points.unit, fit);
  const Matrix inverse = invert(system.a);
  fit.condition = triangle_norm(system.a) * triangle_norm(inverse);
  fit.coefficients.assign(fit.scaled.size(), 0.0);
  for (int term = 0; term <= order; ++term) {
    for (int power = term; power <= order; ++power) {
      fit.coefficients[static_cast<std::size_t>(term)] +=
          fit.scaled[static_cast<std::size_t>(power)] * conversion(fit, power, term);
    }
  }
  if (fit.points > fit.unknowns) estimate_errors(system, inverse, fit);
  return fit;
}

}  // namespace weir::segmentation
