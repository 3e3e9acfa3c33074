#include <doctest/doctest.h>

#include <cmath>
#include <limits>
#include <random>
#include <vector>
#include <weir/segmentation/least_squares.hpp>

using namespace weir::segmentation;

namespace {

constexpr double not_a_number = std::numeric_limits<double>::quiet_NaN();

std::vector<double> grid(double from, double to, int points) {
  std::vector<double> x;
  for (int k = 0; k < points; ++k) x.push_back(from + (to - from) * k / (points - 1));
  return x;
}

double horner(const std::vector<double>& coefficients, double x) {
  double y = 0;
  for (std::size_t k = coefficients.size(); k-- > 0;) y = y * x + coefficients[k];
  return y;
}

std::vector<double> values(const std::vector<double>& coefficients, const std::vector<double>& x) {
  std::vector<double> y;
  for (const double at : x) y.push_back(horner(coefficients, at));
  return y;
}

/// A cubic with made-up noise.
constexpr double exact_x[] = {-8.0, -7.2, -6.4, -5.6, -4.8, -4.0, -3.2, -2.4, -1.6, -0.8, 0.0,
                              0.8,  1.6,  2.4,  3.2,  4.0,  4.8,  5.6,  6.4,  7.2,  8.0};
constexpr double exact_y[] = {
    -2.962e-06,   -2.542248e-06, -2.150144e-06, -1.883616e-06, -1.537592e-06, -1.311e-06,
    -9.98768e-07, -6.98824e-07,  -5.09096e-07,  -2.24512e-07,  -4.4e-08,      2.37512e-07,
    5.22096e-07,  7.11824e-07,   1.011768e-06,  1.223e-06,     1.550592e-06,  1.896616e-06,
    2.163144e-06, 2.555248e-06,  2.874e-06};

/// |a - b| <= tolerance * |b|
bool near(double a, double b, double tolerance) {
  return std::abs(a - b) <= tolerance * std::abs(b);
}

}  // namespace

TEST_CASE("least_squares: a line through hand-computed points has the textbook's errors") {
  // Sxx = 5, Sxy = 4, mean (1.5, 2): slope 0.8, intercept 0.8; residual 0.8, sigma^2 = 0.4.
  const std::vector<double> x = {0, 1, 2, 3};
  const std::vector<double> y = {1, 1, 3, 3};
  const PolynomialFit fit = fit_polynomial(x, y, 1);
  REQUIRE(fit.status == FitStatus::ok);
  CHECK(near(fit.coefficients[0], 0.8, 1e-14));
  CHECK(near(fit.coefficients[1], 0.8, 1e-14));
  CHECK(near(fit.r_squared, 0.8, 1e-14));
  CHECK(near(fit.rmse, std::sqrt(0.2), 1e-14));
  CHECK(near(fit.mae, 0.4, 1e-14));
  CHECK(near(fit.errors[1], std::sqrt(0.4 / 5), 1e-14));
  CHECK(near(fit.errors[0], std::sqrt(0.4 * (1.0 / 4 + 1.5 * 1.5 / 5)), 1e-14));
  CHECK(fit.rank == 2);
  CHECK(near(fit.evaluate(10), 8.8, 1e-14));
}

TEST_CASE("least_squares: exact polynomials come back to 1e-10 on [-8, 8] V") {
  const std::vector<double> truth = {3e-9, 2e-7, -5e-9, 1.5e-8, 7e-11, -3e-10, 2e-12, 4e-12};
  for (const int order : {1, 3, 5, 7}) {
    CAPTURE(order);
    const std::vector<double> c(truth.begin(), truth.begin() + order + 1);
    const std::vector<double> x = grid(-8, 8, 401);
    const PolynomialFit fit = fit_polynomial(x, values(c, x), order);
    REQUIRE(fit.status == FitStatus::ok);
    for (std::size_t k = 0; k < c.size(); ++k) CHECK(near(fit.coefficients[k], c[k], 1e-10));
    CHECK(near(fit.r_squared, 1, 1e-12));
    CHECK(fit.condition < 2000);  // the plain Vandermonde matrix of order 7 has millions
    CHECK(fit.condition >= order + 1);
  }
}

TEST_CASE("least_squares: far from zero the centred form stays accurate") {
  const std::vector<double> x = grid(1000, 1001, 101);
  std::vector<double> y;
  for (const double at : x) y.push_back(std::sin(at));
  const PolynomialFit fit = fit_polynomial(x, y, 7);
  REQUIRE(fit.status == FitStatus::ok);
  CHECK(fit.condition < 2000);
  for (const double at : x) CHECK(std::abs(fit.evaluate(at) - std::sin(at)) < 5e-9);
}

TEST_CASE("least_squares: an odd fit has no even powers and no intercept") {
  const std::vector<double> x = grid(-8, 8, 101);
  const std::vector<double> c = {0, 2e-6, 0, -3e-8, 0, 4e-10, 0, -1e-12};
  std::vector<double> y = values(c, x);
  const PolynomialFit exact = fit_polynomial(x, y, 7, Powers::odd);
  REQUIRE(exact.status == FitStatus::ok);
  CHECK(exact.unknowns == 4);
  for (std::size_t k = 0; k < c.size(); ++k) CHECK(near(exact.coefficients[k], c[k], 1e-10));
  // An even part is orthogonal to the odd powers on a symmetric grid: nothing changes.
  for (std::size_t k = 0; k < x.size(); ++k) y[k] += 1e-5 + 1e-6 * x[k] * x[k];
  const PolynomialFit mixed = fit_polynomial(x, y, 7, Powers::odd);
  for (std::size_t k = 1; k < c.size(); k += 2) CHECK(near(mixed.coefficients[k], c[k], 1e-9));
  CHECK(mixed.r_squared < 0.999);
  // Order 1: a1 = sum(x y) / sum(x x) by hand.
  const std::vector<double> three = {1, 2, 3};
  const std::vector<double> line = {2, 3, 7};
  CHECK(near(fit_polynomial(three, line, 1, Powers::odd).coefficients[1], 29.0 / 14, 1e-14));
}

TEST_CASE(
    "least_squares: fewer points than unknowns, or too few different x, are said, not fitted") {
  const std::vector<double> x = {1, 2, 3};
  const std::vector<double> y = {1, 4, 9};
  const PolynomialFit few = fit_polynomial(x, y, 3);
  CHECK(few.status == FitStatus::too_few_points);
  CHECK(to_string(few.status) == "too_few_points");
  CHECK(few.unknowns == 4);
  CHECK(few.points == 3);
  CHECK(few.coefficients.empty());
  CHECK(std::isnan(few.evaluate(1)));
  CHECK(std::isnan(few.r_squared));
  const PolynomialFit exact = fit_polynomial(x, y, 2);
  REQUIRE(exact.status == FitStatus::ok);
  CHECK(near(exact.coefficients[2], 1, 1e-12));
  CHECK(exact.errors.empty());  // no point is left to estimate them from
  const std::vector<double> twice = {1, 1, 2, 2, 3, 3};
  const PolynomialFit deficient = fit_polynomial(twice, twice, 3);
  CHECK(deficient.status == FitStatus::rank_deficient);
  CHECK(deficient.rank == 3);
  CHECK(deficient.coefficients.empty());
  CHECK(fit_polynomial(std::vector<double>{2.0, 2.0}, std::vector<double>{1.0, 3.0}, 1).rank == 1);
  CHECK(fit_polynomial(std::vector<double>{0.0, 0.0}, std::vector<double>{1.0, 3.0}, 1, Powers::odd)
            .status == FitStatus::rank_deficient);
  CHECK(fit_polynomial({}, {}, 0).status == FitStatus::too_few_points);
}

TEST_CASE("least_squares: the smallest currents and the largest fit as well as those between") {
  std::vector<double> x, y;
  for (int k = -20; k <= 20; ++k) {
    x.push_back(0.1 * k);
    y.push_back(1 + 2 * x.back() - 3 * x.back() * x.back() + (k % 2 == 0 ? 0.01 : -0.01));
  }
  const PolynomialFit plain = fit_polynomial(x, y, 2);
  REQUIRE(plain.status == FitStatus::ok);
  for (const double unit : {0x1p-1000, 0x1p-600, 0x1p-40, 0x1p40, 0x1p600, 0x1p1000}) {
    CAPTURE(unit);
    std::vector<double> scaled;
    for (const double value : y) scaled.push_back(value * unit);
    const PolynomialFit fit = fit_polynomial(x, scaled, 2);
    REQUIRE(fit.status == FitStatus::ok);
    CHECK(fit.r_squared == plain.r_squared);
    CHECK(fit.rmse == plain.rmse * unit);
    CHECK(fit.mae == plain.mae * unit);
    CHECK(near(fit.coefficients[2] / unit, plain.coefficients[2], 1e-12));
    CHECK(near(fit.errors[1] / unit, plain.errors[1], 1e-12));
  }
}

TEST_CASE("least_squares: equal values explain nothing, whatever their mean is rounded to") {
  for (const double level : {0.0, 0.1, 1e-9, -7.3e5, 1e-300, 1e300}) {
    for (const std::size_t points : {2u, 7u, 49u, 1000u}) {
      CAPTURE(level);
      CAPTURE(points);
      std::vector<double> x;
      for (std::size_t k = 0; k < points; ++k) x.push_back(0.01 * static_cast<double>(k));
      const PolynomialFit fit = fit_polynomial(x, std::vector<double>(points, level), 1);
      REQUIRE(fit.status == FitStatus::ok);
      CHECK(fit.r_squared == 0);
      CHECK(fit.rmse <= 1e-12 * std::abs(level));
      CHECK(near(fit.coefficients[0], level, 1e-12));
    }
  }
}

TEST_CASE("least_squares: a small wave on a large offset of both, and hardly any width") {
  for (const double offset : {1e3, -1e6}) {
    for (const double width : {1e-6, 1.0, 1e3}) {
      CAPTURE(offset);
      CAPTURE(width);
      std::vector<double> x, y;
      for (int k = -10; k <= 10; ++k) {
        x.push_back(offset + width * k / 10);
        const double t = (x.back() - offset) / width;  // of the x that there is
        y.push_back(offset * 1e-3 + t * t * t);
      }
      const PolynomialFit fit = fit_polynomial(x, y, 3);
      REQUIRE(fit.status == FitStatus::ok);
      CHECK(fit.condition < 100);
      CHECK(fit.r_squared > 0.999999);
      CHECK(near(fit.evaluate(x[3]), y[3], 1e-8));
    }
  }
}

TEST_CASE("least_squares: points that are not finite are left out") {
  const double inf = std::numeric_limits<double>::infinity();
  const std::vector<double> x = {0, 1, not_a_number, 2, 3, inf, 4};
  const std::vector<double> y = {1, 3, 100, not_a_number, 7, 5, 9};
  const PolynomialFit fit = fit_polynomial(x, y, 1);
  REQUIRE(fit.status == FitStatus::ok);
  CHECK(fit.points == 4);
  CHECK(near(fit.coefficients[0], 1, 1e-13));
  CHECK(near(fit.coefficients[1], 2, 1e-13));
  CHECK(fit_polynomial(std::vector<double>{not_a_number, not_a_number},
                       std::vector<double>{1.0, 2.0}, 1)
            .points == 0);
}

TEST_CASE("least_squares: residuals are orthogonal to each power, whatever the data") {
  std::mt19937_64 random(7);
  std::uniform_real_distribution<double> unit(-1, 1);
  for (int round = 0; round < 200; ++round) {
    CAPTURE(round);
    const int order = 1 + 2 * (round % 4);
    const Powers powers = round % 2 == 0 ? Powers::all : Powers::odd;
    const double width = std::pow(10.0, round % 7 - 3);
    std::vector<double> x, y;
    for (int k = 0; k < 20 + round; ++k) {
      x.push_back(width * unit(random));
      y.push_back(1e-9 * unit(random));
    }
    const PolynomialFit fit = fit_polynomial(x, y, order, powers);
    REQUIRE(fit.status == FitStatus::ok);
    for (int power = powers == Powers::odd ? 1 : 0; power <= order;
         power += powers == Powers::odd ? 2 : 1) {
      double product = 0;
      double size = 0;
      for (std::size_t k = 0; k < x.size(); ++k) {
        const double basis = std::pow((x[k] - fit.centre) / fit.half_width, power);
        product += basis * (y[k] - fit.evaluate(x[k]));
        size += std::abs(basis * y[k]);
      }
      CHECK(std::abs(product) <= 1e-12 * size);
    }
    for (const double at : x) {  // both forms are the same polynomial
      CHECK(std::abs(horner(fit.coefficients, at) - fit.evaluate(at)) <= 1e-8 * 1e-9);
    }
    // A higher order never fits worse.
    if (order > 1 && powers == Powers::all)
      CHECK(fit.rmse <= fit_polynomial(x, y, order - 1).rmse * (1 + 1e-12));
  }
}

TEST_CASE(
    "least_squares: coefficients, errors and measures are those of exact rational arithmetic") {
  // Answers of the normal equations in Python's fractions, for these very doubles.
  const std::vector<double> x(std::begin(exact_x), std::end(exact_x));
  const std::vector<double> y(std::begin(exact_y), std::end(exact_y));
  struct Known {
    int order;
    Powers powers;
    std::vector<double> coefficients, errors;
    double r_squared, rmse;
  };
  const Known known[] = {{1,
                          Powers::all,
                          {-5.523809523809535e-09, 3.42862e-07},
                          {2.132436051816953e-08, 4.40200279593672e-09},
                          0.9968778234640964,
                          9.295073253432962e-08},
                         {3,
                          Powers::all,
                          {-2.0921869892121758e-11, 3.0071799709528543e-07, -2.344980534339807e-10,
                           1.0007599473953877e-09},
                          {1.0483158272200496e-08, 3.6289553030082524e-09, 3.334751731400604e-10,
                           7.909962224157526e-11},
                          0.9997010838959723,
                          2.8760653214605234e-08},
                         {7,
                          Powers::all,
                          {1.816395207968802e-09, 2.998325582235182e-07, -2.2705243370404942e-09,
                           1.1426940931053222e-09, 1.2389307836114817e-10, -5.077832591524077e-12,
                           -1.5486634795143515e-12, 4.900058470224333e-14},
                          {1.5924975992166203e-08, 1.0152697030703402e-08, 2.832213442246832e-09,
                           1.087480062388103e-09, 1.1324503843998982e-10, 3.3316717729218303e-11,
                           1.1869114644127375e-12, 2.989747872761125e-13},
                          0.9997562865390333,
                          2.59695155145555e-08},
                         {7,
                          Powers::odd,
                          {0, 2.998325582235182e-07, 0, 1.1426940931053222e-09, 0,
                           -5.077832591524077e-12, 0, 4.900058470224333e-14},
                          {0, 1.0142253051165421e-08, 0, 1.0863613823481889e-09, 0,
                           3.3282445149510236e-11, 0, 2.986672348542052e-13},
                          0.9996819531362329,
                          2.9666727855041653e-08}};
  for (const Known& answer : known) {
    CAPTURE(answer.order);
    const PolynomialFit fit = fit_polynomial(x, y, answer.order, answer.powers);
    REQUIRE(fit.status == FitStatus::ok);
    CHECK(near(fit.r_squared, answer.r_squared, 1e-14));
    CHECK(near(fit.rmse, answer.rmse, 1e-12));
    for (std::size_t k = 0; k < answer.coefficients.size(); ++k) {
      // Relative to the error of the coefficient: some are near zero by cancellation.
      CHECK(std::abs(fit.coefficients[k] - answer.coefficients[k]) <= 1e-11 * answer.errors[k]);
      CHECK(near(fit.errors[k], answer.errors[k], 1e-11));
    }
  }
}
