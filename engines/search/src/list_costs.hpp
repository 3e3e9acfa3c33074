// list_costs.hpp: what a line costs the search, by what guidance says of its call, and the orders that follow.
#pragma once

#include <array>
#include <cstdint>
#include <span>
#include <weir/search/list_language.hpp>

namespace weir::search::lists {

inline constexpr double units_per_bit = 4;

/// Of each call, in units of 1/4 bit; at least 1.
using Costs = std::array<std::uint16_t, calls>;

/// Every call as likely as every other.
inline constexpr std::uint16_t uniform_cost = 21;  // units_per_bit log2(38)

/// Bits of a call: of its function's and its lambda's probabilities the lesser, among those of all calls. A line's own
/// bits, the same for all, stand for the arguments that it could take. `prior`: a probability for each function.
Costs costs_of(std::span<const float> prior);

enum class Judged : bool { no, yes };

/// In which nodes are taken: by these costs; judged: a line costs less or more by default_worth() of its value. It
/// takes turns with the others from when so much work was done in all (a node is 1, a value that is judged 32).
struct Order {
  Costs costs{};
  Judged judged = Judged::no;
  std::uint64_t joins = 0;
};

/// When other orders than the first join: what was learnt may be wrong of a task. Measured on tasks of five calls and
/// six: far beyond what most of them take.
inline constexpr std::uint64_t values_join = 2'000'000, plain_joins = 16'000'000;

/// By what values have in common with the outputs, all calls as likely.
Order by_values(std::uint64_t joins);
/// By number of calls.
Order plainly(std::uint64_t joins);

}  // namespace weir::search::lists
