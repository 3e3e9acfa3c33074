#include "list_costs.hpp"

#include <algorithm>
#include <cmath>
#include <vector>

namespace weir::search::lists {
namespace {

// Measured on tasks of five calls: less trust makes the median slower, more lets a wrong prior cost seconds.
constexpr double least_probability = 0.01, trust = 0.7, line_units = 20;

}  // namespace

Costs costs_of(std::span<const float> prior) {
  std::array<double, calls> probability{};
  double sum = 0;
  const auto at = [&](std::size_t function) {
    const auto p = static_cast<double>(prior[function]);
    return p >= least_probability ? std::min(p, 1.0)
                                  : least_probability;  // what is no number as well
  };
  for (std::size_t call = 0; call < calls; ++call) {
    const Call& kind = call_table[call];
    double p = at(static_cast<std::size_t>(kind.function));
    if (kind.lambda != Lambda::none)
      p = std::min(p, at(called_functions + static_cast<std::size_t>(kind.lambda)));
    probability[call] = p;
    sum += p;
  }
  Costs costs{};
  for (std::size_t call = 0; call < calls; ++call) {
    const double bits = -trust * std::log2(probability[call] / sum);
    costs[call] = static_cast<std::uint16_t>(line_units + std::round(units_per_bit * bits));
  }
  return costs;
}

Order by_values(std::uint64_t joins) {
  return {costs_of(std::vector<float>(functions, 0.5F)), Judged::yes, joins};
}

Order plainly(std::uint64_t joins) {
  Order order{{}, Judged::no, joins};
  order.costs.fill(uniform_cost);
  return order;
}

}  // namespace weir::search::lists
