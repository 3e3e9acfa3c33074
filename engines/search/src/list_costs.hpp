// list_costs.hpp: what a line costs the search, by what guidance says of its call.
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

}  // namespace weir::search::lists
