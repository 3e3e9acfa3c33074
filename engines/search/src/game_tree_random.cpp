#include <cmath>
#include <weir/search/tree_random.hpp>

namespace weir::search::games {

namespace {

double draw_normal(Xorshift& random) {
  constexpr double two_pi = 6.283185307179586;
  return std::sqrt(-2.0 * std::log(random.unit())) * std::cos(two_pi * random.unit());
}

/// Shape `alpha`, scale 1.
double draw_gamma(Xorshift& random, double alpha) {
  if (alpha < 1.0) return draw_gamma(random, alpha + 1.0) * std::pow(random.unit(), 1.0 / alpha);
  const double d = alpha - 1.0 / 3.0;
  const double c = 1.0 / std::sqrt(9.0 * d);
  while (true) {
    const double x = draw_normal(random);
    const double v = (1.0 + c * x) * (1.0 + c * x) * (1.0 + c * x);
    if (v > 0.0 && std::log(random.unit()) < 0.5 * x * x + d - d * v + d * std::log(v))
      return d * v;
  }
}

}  // namespace

void draw_dirichlet(Xorshift& random, double alpha, std::span<double> shares) {
  double sum = 0.0;
  for (double& share : shares) sum += share = draw_gamma(random, alpha);
  for (double& share : shares)
    share = sum > 0.0 ? share / sum : 1.0 / static_cast<double>(shares.size());
}

double draw_gumbel(Xorshift& random) { return -std::log(-std::log(random.unit())); }

}  // namespace weir::search::games
