// memory_peak.hpp: the most that platform allocation has had given out at a time, for those who said before how much
// it would be.
//
// Roles: any thread.
#pragma once

#include <cstddef>

namespace weir::detail {

/// The highest value of allocated_bytes() so far.
std::size_t allocated_bytes_peak() noexcept;

}  // namespace weir::detail
