#include "sygus_landmarks.hpp"

#include <algorithm>
#include <array>
#include <bit>

namespace weir::search::sygus {
namespace {

constexpr std::size_t landmark_sources_max = 4;
constexpr std::size_t patterns_max = 6;
constexpr std::size_t bank_marks_max = 40;
constexpr std::uint32_t bank_mark_size_max = 4;
constexpr std::size_t marks_max = 120;
constexpr std::size_t landmark_parts_max = 4000;  // of either kind

std::uint64_t hash_of(const Values& values) noexcept {
  std::uint64_t hash = 0;
  for (const std::uint32_t value : values) hash = fold(hash, value);
  return hash;
}

}  // namespace

bool Landmarks::find_rules() {
  const Rules& rules = machine_.rules();
  const std::vector<RuleId> cuts = rules.every(Rules::start, Op::substr);
  const std::vector<RuleId> ats = rules.every(Rules::start, Op::at);
  if (!cuts.empty() && rules[cuts[0]].arguments[1] == rules[cuts[0]].arguments[2])
    substr_ = cuts[0];
  if (!ats.empty()) at_ = ats[0];
  if (substr_ == no_rule && at_ == no_rule) return false;
  const Rule& cut = rules[substr_ != no_rule ? substr_ : at_];
  text_ = cut.arguments[0];
  integer_ = cut.arguments[1];
  if (at_ != no_rule && (rules[at_].arguments[0] != text_ || rules[at_].arguments[1] != integer_)) {
    at_ = no_rule;
  }
  for (const RuleId id : rules.every(integer_, Op::index_of)) {
    if (rules[id].arguments[0] == text_ && rules[id].arguments[2] == integer_) index_ = id;
  }
  const std::array<SymbolId, 2> sides{integer_, integer_};
  plus_ = rules.find(integer_, Op::add, sides);
  minus_ = rules.find(integer_, Op::subtract, sides);
  zero_ = bank_.find(integer_, Values(bank_.sample().count, 0).data());
  return index_ != no_rule && zero_ != no_term;
}

/// Small texts to look for, and their lengths where an integer of the bank is that.
void Landmarks::find_patterns() {
  const SymbolId symbol = machine_.rules()[index_].arguments[1];
  for (std::size_t i = 0; i < bank_.count_up_to(symbol, 1) && patterns_.size() < patterns_max;
       ++i) {
    const std::uint32_t* const texts = bank_.values(symbol, i);
    Values units;
    for (std::size_t e = 0; e < bank_.sample().count; ++e)
      units.push_back(machine_.strings().size(texts[e]));
    if (std::find(units.begin(), units.end(), 0U) != units.end()) continue;
    patterns_.push_back({bank_.term(symbol, i), bank_.find(integer_, units.data())});
  }
}

void Landmarks::add_mark(TermId term, bool landmark) {
  Values values;
  if (marks_.size() >= marks_max || !machine_.evaluate(term, bank_.sample(), values) ||
      !known_marks_.insert(hash_of(values)).second) {
    return;
  }
  marks_.push_back({term, std::move(values), landmark});
}

/// The place of a pattern behind `from`, and what is right behind it, which goes to `out` too.
void Landmarks::add_found(TermId source, std::size_t pattern, TermId from,
                          std::vector<Found>& out) {
  const Pattern& what = patterns_[pattern];
  TermId at = machine_.add(index_, std::array{source, what.term, from});
  Values values;
  if (!machine_.evaluate(at, bank_.sample(), values)) return;
  const auto absent = std::count(values.begin(), values.end(), 0xffffffffU);
  if (absent == static_cast<std::ptrdiff_t>(values.size())) return;
  if (const TermId known = bank_.find(integer_, values.data()); known != no_term) at = known;
  add_mark(at, true);
  if (plus_ == no_rule || what.units == no_term) return;
  const TermId behind = machine_.add(plus_, std::array{at, what.units});
  add_mark(behind, true);
  out.push_back({behind, pattern});
}

Steps Landmarks::find_marks(Budget& budget, TermId source) {
  marks_.clear();
  known_marks_.clear();
  const std::uint64_t units = bank_.sample().count * 40;
  for (std::size_t i = 0;
       i < std::min(bank_.count_up_to(integer_, bank_mark_size_max), bank_marks_max); ++i)
    add_mark(bank_.term(integer_, i), false);
  std::vector<Found> firsts, seconds, thirds;
  for (std::size_t p = 0; p < patterns_.size(); ++p) {
    add_found(source, p, zero_, firsts);
    if (budget.spend(units)) co_await budget.pause();
  }
  for (const Found& first : firsts) {
    for (std::size_t p = 0; p < patterns_.size(); ++p) {
      add_found(source, p, first.term, seconds);
      if (budget.spend(units)) co_await budget.pause();
    }
  }
  for (const Found& second : seconds) {
    add_found(source, second.pattern, second.term, thirds);
    if (budget.spend(units)) co_await budget.pause();
  }
}

/// `to`: null, the character at `from`; else where it ends, or how long it is.
void Landmarks::take(const Values& texts, TermId source, const Mark& from, const Mark* to,
                     bool to_end, ExtraPieces& whole, ExtraPieces& some) {
  Strings& strings = machine_.strings();
  const Sample& sample = bank_.sample();
  ExampleSet right = 0, part = 0;
  bool empty = true;
  for (std::size_t e = 0; e < sample.count; ++e) {
    const std::string_view in = strings.view(texts[e]);
    const std::int64_t begin = machine_.integer(from.values[e]);
    const std::int64_t end = to == nullptr ? 1 : machine_.integer(to->values[e]);
    const bool inside = begin >= 0 && static_cast<std::size_t>(begin) < in.size() && end > 0;
    const std::int64_t units = inside && to_end ? end - begin : end;
    values_[e] = !inside || units <= 0 ? 0
                                       : strings.id(in.substr(static_cast<std::size_t>(begin),
                                                              static_cast<std::size_t>(units)));
    if (values_[e] == Strings::absent) continue;
    empty = empty && values_[e] == 0;
    right |= static_cast<ExampleSet>(values_[e] == sample.goal[e] ? 1 : 0) << e;
    part |= graph_.occurs(values_[e]) & ExampleSet{1} << e;
  }
  const bool is_part = graph_.usable() && std::popcount(part) > 1 && !empty;
  if ((right == 0 && !is_part) || !known_parts_.insert(hash_of(values_)).second) return;
  TermId term = no_term;
  if (to == nullptr) {
    term = machine_.add(at_, std::array{source, from.term});
  } else {
    const TermId units = to_end ? machine_.add(minus_, std::array{to->term, from.term}) : to->term;
    term = machine_.add(substr_, std::array{source, from.term, units});
  }
  if (right != 0) goals_.close(term, machine_.size_of(term), right);
  for (ExtraPieces* const out : {&some, &whole}) {
    if (!is_part || out->terms.size() >= landmark_parts_max) return;
    if (out == &whole && part != goals_.all()) return;
    out->terms.push_back(term);
    out->values.insert(out->values.end(), values_.begin(), values_.end());
  }
}

Steps Landmarks::cut(Budget& budget, const Values& texts, TermId source, ExtraPieces& whole,
                     ExtraPieces& some) {
  Strings& strings = machine_.strings();
  const std::uint64_t units = bank_.sample().count / 4 + 2;
  for (const bool to_end : {false, true}) {
    if (to_end && (substr_ == no_rule || minus_ == no_rule)) break;
    for (const Mark& from : marks_) {
      strings.freeze(true);
      if (at_ != no_rule && from.landmark && !to_end)
        take(texts, source, from, nullptr, false, whole, some);
      for (const Mark& to : marks_) {
        if (substr_ == no_rule || (!from.landmark && !to.landmark)) continue;
        take(texts, source, from, &to, to_end, whole, some);
      }
      strings.freeze(false);
      if (budget.spend(units * marks_.size())) co_await budget.pause();
    }
  }
}

Steps Landmarks::run(Budget& budget, ExtraPieces& whole, ExtraPieces& some) {
  if (machine_.rules().symbols()[Rules::start].sort != Sort::text || !find_rules()) co_return;
  find_patterns();
  values_.resize(bank_.sample().count);
  std::size_t sources = 0;
  for (std::size_t i = 0; i < bank_.count_up_to(text_, 1) && sources < landmark_sources_max; ++i) {
    const TermId source = bank_.term(text_, i);
    if (machine_.rule_of(source).op != Op::variable) continue;
    ++sources;
    const Values texts(bank_.values(text_, i), bank_.values(text_, i) + values_.size());
    co_await find_marks(budget, source);
    co_await cut(budget, texts, source, whole, some);
  }
}

}  // namespace weir::search::sygus
