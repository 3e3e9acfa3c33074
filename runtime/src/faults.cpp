#include <weir/detail/faults.hpp>

#ifdef WEIR_FAULTS

#include <cstring>

#include "core.hpp"

namespace weir::detail {

namespace {

// One test thread plans and drives.
Fault planned = Fault::none;
std::uint32_t planned_one_in = 2;
Struck place;

}  // namespace

void plan_fault(Fault what, std::uint32_t one_in) noexcept {
  planned = what;
  planned_one_in = one_in;
  if (what != Fault::none) place = {};
}

const Struck& struck() noexcept { return place; }

bool strikes(Fault what, const char* from, const char* to) noexcept {
  // Calls from outside are spared: a caller that is lost is no fault of the runtime.
  if (planned != what || place.yet || this_worker == nullptr) return false;
  Core& core = this_worker->core();
  if (core.policy.choose(Choice::fault, planned_one_in, 1) != 0) return false;
  place.yet = true;
  std::strncpy(place.from, from, sizeof place.from - 1);
  std::strncpy(place.to, to, sizeof place.to - 1);
  return true;
}

}  // namespace weir::detail

#endif
