// memory_allowed.hpp: how much memory a run may take when nobody says; private to the program.
#pragma once

#include <cstdint>

namespace weir::mccfr {

/// Bytes: three quarters of what this machine, or this group of processes, has. Any thread.
std::uint64_t memory_allowed();

}  // namespace weir::mccfr
