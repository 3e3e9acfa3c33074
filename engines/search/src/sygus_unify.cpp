#include "sygus_unify.hpp"

#include <algorithm>
#include <bit>

#include "stable_order.hpp"

namespace weir::search::sygus {
namespace {

constexpr std::uint32_t size_none = 0xffff;
constexpr std::uint64_t run_units_max = 400'000;
constexpr std::size_t predicates_max = 1500;
constexpr std::size_t refresh_max = 4096;  // entries of a call
constexpr std::size_t exact_examples_max = 8;
constexpr std::uint32_t depth_end = 14;

std::uint32_t count_of(ExampleSet examples) noexcept {
  return static_cast<std::uint32_t>(std::popcount(examples));
}

}  // namespace

Unifier::Unifier(Machine& machine, const Sample& sample, Goals& goals)
    : machine_(machine), sample_(sample), goals_(goals) {
  const Rules& rules = machine.rules();
  const auto find_ite = [&rules](SymbolId symbol) {
    for (const RuleId id : rules.every(symbol, Op::ite)) {
      if (rules[id].arguments[1] == symbol && rules[id].arguments[2] == symbol) return id;
    }
    return no_rule;
  };
  ite_ = find_ite(Rules::start);
  if (ite_ != no_rule || rules.symbols()[Rules::start].sort != Sort::boolean) return;
  for (const RuleId id : rules.every(Rules::start, Op::equal)) {
    const SymbolId side = rules[id].arguments[0];
    if (rules[id].arguments[1] != side || find_ite(side) == no_rule) continue;
    if (rules[rules.find(side, Op::ite)].arguments[0] != Rules::start) continue;
    ite_ = find_ite(side);
    equal_ = id;
    leaf_symbol_ = side;
    truth_ = true;
    return;
  }
}

ExampleSet Unifier::right_on(const std::uint32_t* values, const Sample& sample) noexcept {
  ExampleSet right = 0;
  for (std::size_t i = 0; i < sample.count; ++i) {
    right |= static_cast<ExampleSet>(values[i] == sample.goal[i] ? 1 : 0) << i;
  }
  return right;
}

void Unifier::add_predicate(TermId term, ExampleSet holds) {
  if (holds == 0 || holds == goals_.all()) return;
  const ExampleSet key =
      (holds & 1) != 0 ? ~holds & goals_.all() : holds;  // a predicate splits as its opposite does
  const auto [found, fresh] = known_predicates_.try_emplace(key, predicates_.size());
  if (fresh && predicates_.size() < predicates_max)
    predicates_.push_back({holds, term, machine_.size_of(term)});
}

/// Leaves of a Boolean goal: two constants, of which the tree gives one where the goal is true.
void Unifier::prepare_truth(const Bank& bank) {
  if (one_ != no_term || bank.count(leaf_symbol_) < 2) return;
  ExampleSet goal = 0;
  for (std::size_t i = 0; i < sample_.count; ++i)
    goal |= static_cast<ExampleSet>(sample_.goal[i]) << i;
  TermId zero = no_term;
  for (std::size_t i = 0; i < bank.count(leaf_symbol_) && zero == no_term; ++i) {
    if (machine_.rule_of(bank.term(leaf_symbol_, i)).op != Op::constant) continue;
    (one_ == no_term ? one_ : zero) = bank.term(leaf_symbol_, i);
  }
  if (zero == no_term) {
    one_ = no_term;
    return;
  }
  goals_.close(one_, machine_.size_of(one_), goal);
  goals_.close(zero, machine_.size_of(zero), ~goal & goals_.all());
}

bool Unifier::refresh(const Bank& bank, std::uint64_t& units) {
  std::size_t looked = 0;
  if (truth_) prepare_truth(bank);
  for (; !truth_ && seen_terms_ < bank.count(Rules::start) && looked < refresh_max;
       ++seen_terms_, ++looked) {
    const ExampleSet right = right_on(bank.values(Rules::start, seen_terms_), sample_);
    const TermId term = bank.term(Rules::start, seen_terms_);
    if (right != 0) goals_.close(term, machine_.size_of(term), right);
  }
  const SymbolId truth = usable() ? machine_.rules()[ite_].arguments[0] : Rules::start;
  for (; usable() && seen_predicates_ < bank.count(truth) && looked < refresh_max;
       ++seen_predicates_, ++looked) {
    const std::uint32_t* const values = bank.values(truth, seen_predicates_);
    ExampleSet holds = 0;
    for (std::size_t i = 0; i < sample_.count; ++i)
      holds |= static_cast<ExampleSet>(values[i]) << i;
    add_predicate(bank.term(truth, seen_predicates_), holds);
  }
  units += looked * sample_.count / 4 + 1;
  return looked >= refresh_max;
}

std::uint32_t Unifier::most_right(ExampleSet examples) const noexcept {
  std::uint32_t most = 0;
  for (const Goals::Closed& cover : by_count_) {
    if (count_of(cover.right) <= most) break;
    most = std::max(most, count_of(cover.right & examples));
  }
  return most;
}

/// The predicates after whose split single terms get most right, best first.
std::vector<std::uint32_t> Unifier::ranked(ExampleSet examples, std::size_t count) {
  struct Ranked {
    std::uint32_t score, size, predicate;
  };
  std::vector<Ranked> order;
  const bool judge = count < predicates_.size();
  for (std::uint32_t i = 0; i < predicates_.size(); ++i) {
    const ExampleSet yes = examples & predicates_[i].holds;
    const ExampleSet no = examples & ~predicates_[i].holds;
    if (yes == 0 || no == 0) continue;
    order.push_back({judge ? most_right(yes) + most_right(no) : 0, predicates_[i].size, i});
  }
  units_ += predicates_.size() + (judge ? order.size() * 4 : 0);
  sort_stable(order.begin(), order.end(), [](const Ranked& a, const Ranked& b) {
    return a.score != b.score ? a.score > b.score : a.size < b.size;
  });
  std::vector<std::uint32_t> best;
  for (std::size_t i = 0; i < std::min(order.size(), count); ++i)
    best.push_back(order[i].predicate);
  return best;
}

/// What is known of a set only gets better: each choice rests on those of its parts.
const Unifier::Choice& Unifier::keep(ExampleSet examples, const Choice& choice) {
  const auto [known, fresh] = choices_.try_emplace(examples, choice);
  if (!fresh && (choice.size < known->second.size || choice.exact)) known->second = choice;
  return known->second;
}

Steps Unifier::find_best(Budget& budget, ExampleSet examples, std::uint32_t depth,
                         std::uint32_t size_below, Choice& out) {
  constexpr std::array<std::size_t, 4> width{40, 12, 5, 2};
  const auto known = choices_.find(examples);
  if (known != choices_.end() && known->second.exact) {
    out = known->second;
    co_return;
  }
  const Goals::Closed* const leaf = goals_.by_one(examples);
  Choice choice{size_none, no_term, 0, true};
  if (leaf != nullptr) choice = {leaf->size, leaf->term, 0, true};
  if (depth < depth_end && size_below > 4 && choice.size > 4) {
    const std::size_t many =
        sample_.count <= exact_examples_max ? predicates_.size() : width[std::min(depth, 3U)];
    const std::uint64_t before = units_;
    const std::vector<std::uint32_t> order = ranked(examples, units_ > run_units_max ? 1 : many);
    if (budget.spend(units_ - before)) co_await budget.pause();
    for (const std::uint32_t i : order) {
      const ExampleSet holds = predicates_[i].holds;
      const std::uint32_t below = std::min(choice.size, size_below);
      const std::uint32_t own = predicates_[i].size + 1;
      if (own + 2 >= below) continue;
      Choice yes{};
      co_await find_best(budget, examples & holds, depth + 1, below - own - 1, yes);
      choice.exact = choice.exact && yes.exact;
      if (yes.size + own + 1 >= below) continue;
      Choice no{};
      co_await find_best(budget, examples & ~holds, depth + 1, below - own - yes.size, no);
      choice.exact = choice.exact && no.exact;
      if (yes.size + no.size + own < below)
        choice = {yes.size + no.size + own, no_term, i, choice.exact};
    }
  }
  if (choice.size >= size_below) choice.exact = false;
  units_ += 8;
  out = keep(examples, choice);
}

TermId Unifier::build(ExampleSet examples) {
  const Choice& choice = choices_.at(examples);
  if (choice.leaf != no_term) return choice.leaf;
  const Predicate& predicate = predicates_[choice.predicate];
  const TermId yes = build(examples & predicate.holds);
  const TermId no = build(examples & ~predicate.holds);
  return machine_.add(ite_, std::array{predicate.term, yes, no});
}

Steps Unifier::run(Budget& budget, std::uint32_t size_below) {
  units_ = 0;
  result_ = no_term;
  choices_.clear();
  by_count_ = goals_.closed();
  std::sort(by_count_.begin(), by_count_.end(), [](const Goals::Closed& a, const Goals::Closed& b) {
    return count_of(a.right) != count_of(b.right) ? count_of(a.right) > count_of(b.right)
                                                  : a.term < b.term;
  });
  if (!usable() || goals_.covered() != goals_.all() || size_below <= 2) co_return;
  const std::uint32_t wrap = truth_ ? 2 : 0;
  Choice choice{};
  co_await find_best(budget, goals_.all(), 0, size_below - wrap, choice);
  if (choice.size + wrap >= size_below) co_return;
  result_ = build(goals_.all());
  if (truth_) result_ = machine_.add(equal_, std::array{result_, one_});
}

}  // namespace weir::search::sygus
