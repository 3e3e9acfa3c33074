#include "sygus_search.hpp"

#include <algorithm>
#include <bit>
#include <limits>
#include <utility>

#include "sygus_parts.hpp"
#include "sygus_seed.hpp"
#include "sygus_shrink.hpp"

namespace weir::search::sygus {
namespace {

constexpr std::size_t whole_sample_max = 16;  // examples that are all taken at once
constexpr std::size_t first_growth = 40;      // terms in the bank at the first try
constexpr std::size_t late_terms =
    3000;  // in the bank, where an answer is still missing: all means are tried
constexpr std::size_t text_margin = 6;
constexpr std::uint64_t others_units_max = 40 * units_per_simulation;
constexpr std::size_t others_max = 3;
constexpr std::size_t goals_at_once_max = 8;
constexpr std::uint64_t goal_units_max = 20'000;
constexpr std::uint64_t guided_units_max = 40 * units_per_simulation;
constexpr float often = 0.25F, seldom = 0.08F;    // shares of the answers that have an operator
constexpr std::size_t examples_at_once_max = 60;  // of a sample; sets of examples are 64 bits

std::size_t longest_text(const Problem& problem) {
  std::size_t longest = 0;
  const auto see = [&longest](const Value& value) {
    const auto* const text = std::get_if<std::string>(&value);
    longest = std::max(longest, text == nullptr ? 0 : text->size());
  };
  for (const Example& example : problem.examples) {
    for (const Value& value : example.in) see(value);
    see(*example.out);
  }
  return longest;
}

/// Candidates take longer where the bank and its texts are larger than the caches.
std::uint64_t units_of(std::size_t candidates, const Bank& bank, const Strings& strings) {
  const std::size_t kept = std::max<std::size_t>(bank.total(), strings.count());
  const auto far = static_cast<std::uint64_t>(std::bit_width(kept >> 13U));
  return candidates * (bank.sample().count + 2) * (1 + far) / 2;
}

}  // namespace

SygusSearch::SygusSearch(const Problem& problem, std::unique_ptr<Machine> machine,
                         const KernelConfig& config)
    : problem_(problem),
      machine_(std::move(machine)),
      config_(config),
      seeds_(config.hints != nullptr ? config.hints->recipes : std::vector<std::string>()),
      offers_(problem),
      steps_(go()) {
  if (config.hints != nullptr) {
    parts_ = config.hints->parts;
    operators_ = config.hints->operators;
  }
  config_.hints = nullptr;
}

/// Some of the first, the shortest and the longest output.
std::vector<std::uint32_t> SygusSearch::first_examples() const {
  std::vector<std::uint32_t> some;
  const auto count = static_cast<std::uint32_t>(problem_.examples.size());
  const auto add = [&some](std::uint32_t example) {
    if (std::find(some.begin(), some.end(), example) == some.end()) some.push_back(example);
  };
  for (std::uint32_t i = 0; i < std::min(count, count <= whole_sample_max ? count : 3); ++i) add(i);
  const auto units = [this](std::uint32_t example) {
    const auto* const text = std::get_if<std::string>(&*problem_.examples[example].out);
    return text == nullptr ? 0 : text->size();
  };
  std::uint32_t shortest = 0;
  std::uint32_t longest = 0;
  for (std::uint32_t i = 0; i < count; ++i) {
    if (units(i) < units(shortest)) shortest = i;
    if (units(i) > units(longest)) longest = i;
  }
  add(shortest);
  add(longest);
  return some;
}

/// False: no further example can be taken in.
bool SygusSearch::begin_round() {
  if (offers_.counterexample()) examples_.push_back(*offers_.counterexample());
  offers_.clear_counterexample();
  if (examples_.empty()) examples_ = first_examples();
  if (examples_.size() > examples_at_once_max) return false;
  if (round_) candidates_ += round_->bank.candidates();
  round_.reset();
  machine_ = Machine::make(problem_);
  sample_ = machine_->sample(examples_);
  round_ = std::make_unique<Round>(*machine_, sample_, limits());
  arms_.begin_bank();
  return true;
}

Bank::Limits SygusSearch::limits() const {
  Bank::Limits limits;
  limits.text_max = longest_text(problem_) + text_margin;
  limits.bytes_max = config_.memory_bytes_max / 2;
  if (!guided_) return limits;
  const Rules& rules = machine_->rules();
  if (operators_.size() == operators) {
    for (const Rule& rule : rules.all()) {
      const float share = rule.arity == 0 ? 1 : operators_[static_cast<std::size_t>(rule.op)];
      limits.costs.push_back(share >= often ? 1 : share >= seldom ? 2 : 3);
    }
  }
  for (const std::string& part : parts_) {
    for (std::size_t symbol = 0; symbol < rules.symbols().size(); ++symbol) {
      const TermId term = read_term(*machine_, part, static_cast<SymbolId>(symbol));
      if (term != no_term) limits.parts.emplace_back(static_cast<SymbolId>(symbol), term);
    }
  }
  return limits;
}

/// What they solve in part may be the partial answer; a sample grows by what the search itself finds.
void SygusSearch::try_seeds() {
  for (const std::string& seed : std::exchange(seeds_, {})) {
    ++candidates_;
    offer(read_term(*machine_, seed));
  }
  offers_.clear_counterexample();
}

/// Until one answer is there. What it has learnt of the sample stays; its bank goes, as it is not in order of size.
Steps SygusSearch::guided() {
  guided_ = true;
  guided_until_ = budget_.spent() + guided_units_max;
  while (!enough() && begin_round()) {
    if (round_->bank.total() == 0 && operators_.empty())
      break;  // the grammar has none of the parts
    co_await grow();
    if (!stop()) break;
  }
  guided_ = false;
}

Steps SygusSearch::go() {
  if (!seeds_.empty() && begin_round()) {
    try_seeds();
    if (budget_.spend(units_per_simulation)) co_await budget_.pause();
  }
  if (!offers_.found() && (!parts_.empty() || !operators_.empty())) co_await guided();
  while (begin_round()) {
    co_await grow();
    if (!stop()) co_await others();
    if (!stop()) co_await prove();
    if (!stop()) break;
  }
}

bool SygusSearch::enough() const noexcept {
  return guided_ ? offers_.found() || budget_.spent() >= guided_until_ : done_growing();
}

/// Nothing smaller than the best can be built from what the bank does not have yet.
bool SygusSearch::done_growing() const noexcept {
  return offers_.found() && round_->bank.size() + 1 >= offers_.size_below();
}

/// The best splits by cases, or there is none yet.
bool SygusSearch::needs_cases() const {
  if (!offers_.found()) return true;
  const std::vector<SygusTerm>& best = offers_.kept()[0].term;
  return std::any_of(best.begin(), best.end(), [this](const SygusTerm& term) {
    return machine_->rules()[term.rule].op == Op::ite;
  });
}

void SygusSearch::offer(TermId term) {
  if (term != no_term) offers_.offer(*machine_, sample_, term);
}

Steps SygusSearch::grow() {
  std::size_t next = first_growth;
  for (bool more = true; more && !stop() && !enough();) {
    const std::size_t looked = round_->bank.step();
    more = looked != 0;
    if (budget_.spend(units_of(looked, round_->bank, machine_->strings())))
      co_await budget_.pause();
    for (; round_->goal_terms_seen < round_->bank.goal_terms().size() && !stop();
         ++round_->goal_terms_seen) {
      offer(round_->bank.goal_terms()[round_->goal_terms_seen]);
    }
    if (stop() || (more && round_->bank.total() < next)) continue;
    next = round_->bank.total() + round_->bank.total() * 6 / 10;
    co_await strategies(!more);
  }
}

ConcatGraph::Request SygusSearch::request() const {
  ConcatGraph::Request request;
  for (std::uint32_t i = 0; i < sample_.count; ++i) request.examples.push_back(i);
  request.size_below = offers_.size_below();
  request.units_max = std::max<std::uint64_t>(60'000, budget_.spent() / 7);
  return request;
}

/// A case split, of what the bank and clusters have.
Steps SygusSearch::split() {
  Unifier& unifier = round_->unifier;
  std::uint64_t units = 0;
  for (bool more = true; more;) {
    more = unifier.refresh(round_->bank, units);
    if (budget_.spend(std::exchange(units, 0))) co_await budget_.pause();
  }
  co_await unifier.run(budget_, offers_.size_below());
  offer(unifier.result());
}

/// What an arm needs before it can do anything.
bool SygusSearch::can_run(Arm arm) const {
  const Round& round = *round_;
  const bool joins = round.graph.usable();
  switch (arm) {
    case Arm::concat:
      return joins;
    case Arm::landmarks:
      return !round.landmarks_done && round.bank.size() >= 4;
    case Arm::pieces:
      return joins && round.bank.size() >= 4;
    case Arm::case_pieces:
      return joins && round.bank.size() >= 4 && needs_cases();
    case Arm::goals:
      return joins && !offers_.found() && round.unifier.usable();
    case Arm::inverses:
      return offers_.found() || round.bank.total() > late_terms;
    case Arm::shrink:
      return offers_.found() && round.shrunk != offers_.size_below();
    default:
      return true;
  }
}

Steps SygusSearch::run(Arm arm) {
  Round& round = *round_;
  switch (arm) {
    case Arm::concat:
      co_await concat(round.none);
      break;
    case Arm::substring: {
      const Wanted goal{Rules::start, sample_.goal, offers_.size_below()};
      co_await round.deduction.any(budget_, goal);
      offer(round.deduction.result());
      break;
    }
    case Arm::landmarks:
      round.landmarks_done = true;
      co_await round.landmarks.run(budget_, round.extra, round.some);
      break;
    case Arm::split:
      co_await split();
      break;
    case Arm::pieces:
      co_await round.pieces.run(budget_, offers_.found() ? 9 : 7, round.extra);
      co_await concat(round.extra);
      break;
    case Arm::case_pieces:
      co_await round.cases.run(budget_, round.case_pieces);
      co_await concat(round.case_pieces);
      break;
    case Arm::goals:
      co_await goals();
      break;
    case Arm::inverses:
      co_await inverses();
      break;
    case Arm::shrink:
      co_await shrink();
  }
}

/// The arms whose turn it is, one after the other; all that can do anything where the bank has no more to come.
Steps SygusSearch::strategies(bool bank_ended) {
  for (const Arm arm : arms_.ordered()) {
    const std::size_t terms = round_->bank.total();
    if (!can_run(arm) || (!bank_ended && !arms_.is_due(arm, terms))) continue;
    const std::uint64_t spent = budget_.spent();
    const std::uint32_t before = offers_.size_below();
    const bool first = !offers_.found();
    co_await run(arm);
    const std::uint32_t saved = !offers_.found() ? 0
                                : first          ? Arms::first_answer
                                                 : before - offers_.size_below();
    arms_.ran(arm, terms, static_cast<double>(budget_.spent() - spent) / units_per_simulation,
              saved, offers_.found());
    if (stop()) co_return;
  }
  const TermId part = round_->unifier.of_start() ? round_->goals.most_covering() : no_term;
  if (!offers_.found() && part != no_term) offers_.offer_partial(*machine_, part);
}

/// All of the outputs as one concatenation.
Steps SygusSearch::concat(const ExtraPieces& extra) {
  const ConcatGraph::Request whole = request();
  co_await round_->graph.run(budget_, round_->bank, extra, whole);
  offer(round_->graph.result());
}

Steps SygusSearch::shrink() {
  Shrink shrink(*machine_, round_->bank, round_->deduction, offers_);
  co_await shrink.run(budget_);
  round_->shrunk = offers_.size_below();
}

Steps SygusSearch::inverses() {
  Round& round = *round_;
  const Sort sort = machine_->rules().symbols()[Rules::start].sort;
  if (sort == Sort::integer) {
    const Wanted goal{Rules::start, sample_.goal, offers_.size_below()};
    co_await round.deduction.sum_of_three(budget_, goal);
    offer(round.deduction.result());
  }
  if (sort != Sort::text || stop()) co_return;
  const Wanted goal{Rules::start, sample_.goal, offers_.size_below()};
  co_await round.deduction.replacement(budget_, goal);
  offer(round.deduction.result());
  if (stop()) co_return;
  ReplaceChains chains(*machine_, round.bank, round.deduction);
  co_await chains.run(budget_, offers_.size_below());
  offer(chains.result());
}

/// Goals of some examples each: sets that one concatenation can serve, then those that splits by cases lack.
Steps SygusSearch::goals() {
  co_await clusters();
  co_await split();
  std::vector<ExampleSet> splits;
  for (const Unifier::Predicate& predicate : round_->unifier.predicates())
    splits.push_back(predicate.holds);
  const std::size_t terms = round_->bank.total();
  const std::vector<ExampleSet> open = round_->goals.open(splits, goals_at_once_max, terms);
  if (stop() || offers_.found() || open.empty()) co_return;
  for (const ExampleSet examples : open) {
    co_await close_goal(examples);
    round_->goals.tried(examples, terms);
  }
  co_await split();
}

Steps SygusSearch::close_goal(ExampleSet examples) {
  Round& round = *round_;
  ConcatGraph::Request request;
  request.units_max = goal_units_max;
  for (std::uint32_t i = 0; i < sample_.count; ++i) {
    if ((examples >> i & 1U) != 0) request.examples.push_back(i);
  }
  co_await round.graph.run(budget_, round.bank, round.some, request);
  const TermId term = round.graph.result();
  Values values;
  if (term == no_term || !machine_->evaluate(term, sample_, values)) co_return;
  round.goals.close(term, machine_->size_of(term), Unifier::right_on(values.data(), sample_));
}

/// Terms for as many examples as one concatenation can serve, each with an example that none before serves.
Steps SygusSearch::clusters() {
  Round& round = *round_;
  for (std::uint32_t first = 0; first < sample_.count; ++first) {
    if ((round.goals.covered() >> first & 1U) != 0) continue;
    ConcatGraph::Request request;
    request.units_max = goal_units_max;
    request.examples = {first};
    co_await round.graph.run(budget_, round.bank, round.some, request);
    TermId term = round.graph.result();
    for (std::uint32_t other = 0; other < sample_.count && term != no_term; ++other) {
      if (other == first) continue;
      request.examples.push_back(other);
      co_await round.graph.run(budget_, round.bank, round.some, request);
      if (round.graph.result() == no_term) {
        request.examples.pop_back();
      } else {
        term = round.graph.result();
      }
    }
    Values values;
    if (term == no_term || !machine_->evaluate(term, sample_, values)) continue;
    round.goals.close(term, machine_->size_of(term), Unifier::right_on(values.data(), sample_));
  }
}

/// Programs of the best one's size and of one more, to have another to show and to ask about.
Steps SygusSearch::others() {
  Bank& bank = round_->bank;
  const std::uint64_t until = budget_.spent() + others_units_max;
  while (offers_.found() && !stop() && bank.size() < offers_.size_below() + 2 &&
         offers_.kept().size() < others_max && budget_.spent() < until) {
    const std::size_t looked = bank.step();
    if (looked == 0) co_return;
    if (budget_.spend(units_of(looked, bank, machine_->strings()))) co_await budget_.pause();
    for (; round_->goal_terms_seen < bank.goal_terms().size() && !stop();
         ++round_->goal_terms_seen) {
      offer(bank.goal_terms()[round_->goal_terms_seen]);
    }
  }
}

/// Looks at all terms that are smaller than the best; at all, where there is none.
Steps SygusSearch::prove() {
  while (!stop()) {
    Bank::Limits limits;
    limits.text_max = std::numeric_limits<std::uint16_t>::max();
    limits.concat_size_max = std::numeric_limits<std::uint32_t>::max();
    limits.ite = true;
    limits.bytes_max = config_.memory_bytes_max / 2 + machine_->value_bytes();
    limits.proof_size = offers_.found() ? offers_.size_below() - 1 : 0;
    if (offers_.found() && limits.proof_size == 0) {
      smallest_ = true;
      co_return;
    }
    Bank bank(*machine_, sample_, limits);
    std::size_t looked = 0;
    std::size_t seen = 0;
    do {
      looked = bank.step();
      for (; seen < bank.goal_terms().size() && !stop(); ++seen) offer(bank.goal_terms()[seen]);
      proof_bytes_ = bank.bytes();
      if (budget_.spend(units_of(looked, bank, machine_->strings()))) co_await budget_.pause();
    } while (looked != 0 && !stop() && offers_.size_below() > bank.size() &&
             offers_.found() == (limits.proof_size != 0));
    candidates_ += bank.candidates();
    proof_bytes_ = 0;
    if (stop()) co_return;
    if (offers_.found() && limits.proof_size == 0) continue;
    if (bank.full() || !bank.complete() || !offers_.found()) co_return;
    if (offers_.size_below() > limits.proof_size || offers_.size_below() <= bank.size()) {
      smallest_ = true;
      co_return;
    }
  }
}

std::size_t SygusSearch::bytes() const noexcept {
  std::size_t bytes = machine_->bytes() + offers_.bytes() + proof_bytes_;
  if (round_)
    bytes += round_->bank.bytes() + round_->extra.values.capacity() * sizeof(std::uint32_t);
  return bytes;
}

}  // namespace weir::search::sygus
