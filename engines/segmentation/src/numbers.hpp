// numbers.hpp: constants of the analysis.
#pragma once
#include <limits>

namespace weir::segmentation {

inline constexpr double quiet_nan = std::numeric_limits<double>::quiet_NaN();
inline constexpr double nano = 1e9;  // nA of an A

}  // namespace weir::segmentation
