// text_written.hpp: numbers as the shown outputs write them.
//
// Shape:  what stands in the outputs, the formats that could have written it, and which values do.
#pragma once

#include <optional>
#include <vector>

#include "steps.hpp"
#include "text_rounding.hpp"

namespace weir::search::text {

inline constexpr double copied_number =
    1.2;  // a number that is the same in the output: slices come first

struct OutputLooks {
  std::vector<std::vector<Number>> numerals;  // of each shown output, in either style
  int decimals_max = 0, seen_decimals = 0;
  bool comma = false, plus = false, space = false, zeros = false, naked = false;
  int longest_head = 0;

  explicit OutputLooks(const Sheet& sheet);
};

struct CostedFormat {
  NumberFormat format;
  double cost = 0;
};

std::vector<CostedFormat> formats(const OutputLooks& looks, bool negative);

struct CostedSteps {
  NumberSteps steps;
  double cost = 0;
};

Number positive(Number x) noexcept;
/// Is one of them, whatever its sign.
bool has(const std::vector<Number>& all, Number x);
/// Every value, rounded as it will be written, stands in its output.
bool stands(const OutputLooks& looks, const std::vector<Number>& values, int decimals);

/// Of all rows.
std::vector<std::optional<Number>> values_of(const Sheet& sheet, const NumberSource& source);
/// Of the shown rows, which all have a value; nullopt: one has none after these steps.
std::optional<std::vector<Number>> after(const std::vector<std::optional<Number>>& values,
                                         std::size_t shown, const NumberSteps& steps);

/// Offers the number in all formats whose most decimals are ok.
Steps offer_written(Budget& budget, Pool& pool, const CostedNumber& number,
                    const CostedSteps& steps, const std::vector<CostedFormat>& all,
                    const std::vector<bool>& decimals_ok, std::uint64_t& looked_at);

}  // namespace weir::search::text
