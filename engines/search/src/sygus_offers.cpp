#include "sygus_offers.hpp"

#include <algorithm>
#include <weir/search/sygus_check.hpp>

#include "sygus_print.hpp"

namespace weir::search::sygus {

bool Offers::offer(Machine& machine, const Sample& sample, TermId term) {
  const std::uint32_t size = machine.size_of(term);
  if (kept_.size() >= kept_max && size >= kept_.back().size) return false;
  Values values;
  if (!machine.evaluate(term, machine.everything(), values)) return false;
  const Values& goal = machine.everything().goal;
  const auto differs = std::mismatch(values.begin(), values.end(), goal.begin()).first;
  if (differs != values.end()) {
    Values own;
    if (machine.evaluate(term, sample, own) && own == sample.goal) {
      counterexample_ = static_cast<std::uint32_t>(differs - values.begin());
    }
    std::uint32_t passed = 0;
    for (std::size_t i = 0; i < values.size(); ++i) passed += values[i] == goal[i] ? 1U : 0U;
    keep_partial(machine, term, passed);
    return false;
  }
  Kept kept{machine.copy(term), {}, size, static_cast<std::uint32_t>(values.size())};
  kept.text = define_fun(problem_, machine.rules(), kept.term);
  const auto same = [&](const Kept& other) { return other.text == kept.text; };
  if (std::any_of(kept_.begin(), kept_.end(), same)) return false;
  const Result<CheckResult> checked = check(problem_, kept.text);
  if (!checked.ok() || !checked.value().right) return false;
  accepted_ += 1;
  const auto place = std::find_if(kept_.begin(), kept_.end(),
                                  [size](const Kept& other) { return other.size > size; });
  const bool best = place == kept_.begin() && size < size_below();
  kept_.insert(place, std::move(kept));
  if (kept_.size() > kept_max) kept_.pop_back();
  return best;
}

void Offers::offer_partial(Machine& machine, TermId term) {
  Values values;
  if (found() || !machine.evaluate(term, machine.everything(), values)) return;
  std::uint32_t passed = 0;
  for (std::size_t i = 0; i < values.size(); ++i)
    passed += values[i] == machine.everything().goal[i] ? 1U : 0U;
  keep_partial(machine, term, passed);
}

void Offers::keep_partial(Machine& machine, TermId term, std::uint32_t passed) {
  const std::uint32_t size = machine.size_of(term);
  if (passed == 0 || found()) return;
  if (partial_ &&
      (passed < partial_->passed || (passed == partial_->passed && size >= partial_->size)))
    return;
  Kept kept{machine.copy(term), {}, size, passed};
  kept.text = define_fun(problem_, machine.rules(), kept.term);
  const Result<CheckResult> checked = check(problem_, kept.text);
  if (checked.ok() && checked.value().passed == passed) partial_ = std::move(kept);
}

std::size_t Offers::bytes() const noexcept {
  std::size_t bytes = 0;
  for (const Kept& kept : kept_)
    bytes += sizeof(Kept) + kept.term.size() * sizeof(SygusTerm) + kept.text.size();
  return bytes;
}

}  // namespace weir::search::sygus
