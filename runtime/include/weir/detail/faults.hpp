// detail/faults.hpp: where tests break the runtime on purpose, to see that its oracle finds it.
//
// Only in a build of the sources with WEIR_FAULTS, which tests alone make; else nothing is compiled.
// There, in deterministic mode, a planned fault strikes at one of its opportunities, as the policy
// chooses, and then never again.
#pragma once

#include <cstdint>

#ifdef WEIR_WITHOUT_FAULT_PLACES
#error "a source with such places is one of weir_fault_sources in CMakeLists.txt"
#endif

namespace weir::detail {

enum class Fault : std::uint8_t {
  none,
  lost_unit,     // a reservation that is not used is not given back
  lost_wake_up,  // an idle node is not queued
};

#ifdef WEIR_FAULTS

/// Plans a fault of the process: at each opportunity it strikes once in `one_in` (>= 2). `none`:
/// no more, and struck() stays.
void plan_fault(Fault what, std::uint32_t one_in = 2) noexcept;
/// Where it struck: the producing and the consuming node, or the node twice.
struct Struck {
  bool yet = false;
  char from[32] = {}, to[32] = {};
};
const Struck& struck() noexcept;
/// An opportunity.
bool strikes(Fault what, const char* from, const char* to) noexcept;

#else

constexpr bool strikes(Fault, const char*, const char*) noexcept { return false; }

#endif

}  // namespace weir::detail
