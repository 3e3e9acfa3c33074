#include "sygus_bank.hpp"

#include <algorithm>

#include "sygus_ops.hpp"

namespace weir::search::sygus {
namespace {

constexpr std::size_t row_max = 64;  // candidates of a step
constexpr std::uint32_t size_end = 200;
constexpr std::size_t goal_terms_max = 8;

std::uint64_t hash_values(const std::uint32_t* values, std::size_t count) noexcept {
  std::uint64_t hash = count;
  for (std::size_t i = 0; i < count; ++i) {
    hash = (hash ^ values[i]) * 0x9e3779b97f4a7c15U;
    hash ^= hash >> 29U;
  }
  return hash * 0xff51afd7ed558ccdU;
}

}  // namespace

Bank::Bank(Machine& machine, const Sample& sample, const Limits& limits)
    : machine_(machine), sample_(sample), limits_(limits) {
  scratch_.resize(sample.count);
  for (std::size_t i = 0; i < machine.rules().symbols().size(); ++i)
    shelves_.emplace_back(sample.count);
  needed_size_.assign(shelves_.size(), size_end);
  if (machine.rules().symbols()[Rules::start].sort == Sort::text) {
    for (const std::uint32_t text : sample.goal) {
      const std::int64_t number = machine.strings().number(text);
      goal_is_number_ = goal_is_number_ && (machine.strings().size(text) == 0 || number >= 0);
    }
  }
  if (limits.proof_size != 0) find_needed_sizes();
  begin_size();
  put_parts();
}

void Bank::put_parts() {
  for (const auto& [symbol, term] : limits_.parts) {
    if (!machine_.evaluate(term, sample_, scratch_)) continue;
    const std::uint64_t hash = hash_values(scratch_.data(), sample_.count);
    if (index_of(shelves_[symbol], hash, scratch_.data()) == HashIndex::none)
      put(symbol, hash, term);
  }
}

/// How large a term of each symbol can be within a start term of proof_size.
void Bank::find_needed_sizes() {
  std::fill(needed_size_.begin(), needed_size_.end(), 0U);
  const auto need_arguments = [this](const Rule& rule, std::uint32_t size) {
    bool more = false;
    for (std::size_t k = 0; k < rule.arity && size > rule.arity; ++k) {
      std::uint32_t& needed = needed_size_[rule.arguments[k]];
      more = more || needed < size - rule.arity;
      needed = std::max(needed, size - rule.arity);
    }
    return more;
  };
  const std::span<const Rule> rules = machine_.rules().all();
  for (const Rule& rule : rules) {
    if (rule.symbol == Rules::start && can_be_goal(rule)) need_arguments(rule, limits_.proof_size);
  }
  for (bool again = true; again;) {
    again = false;
    for (const Rule& rule : rules) again = need_arguments(rule, needed_size_[rule.symbol]) || again;
  }
}

/// A numeral is the root only where all outputs are numerals.
bool Bank::can_be_goal(const Rule& rule) const noexcept {
  return rule.op != Op::from_int || goal_is_number_;
}

void Bank::begin_size() {
  for (Shelf& shelf : shelves_) {
    if (shelf.level.empty()) shelf.level.push_back(0);
    shelf.level.push_back(shelf.terms.size());
  }
  size_ += 1;
  rule_ = 0;
  in_rule_ = false;
  if (size_ >= size_end || (limits_.proof_size != 0 && size_ > limits_.proof_size)) ended_ = true;
}

bool Bank::allowed(const Rule& rule) const noexcept {
  if (limits_.proof_size == 0) return size_ <= limits_.concat_size_max || rule.op != Op::concat;
  return size_ <= needed_size_[rule.symbol] || (rule.symbol == Rules::start && can_be_goal(rule));
}

bool Bank::next_rule() {
  for (; rule_ < machine_.rules().all().size(); ++rule_) {
    if ((limits_.ite || rule().op != Op::ite) && allowed(rule()) && first_split()) return true;
  }
  return false;
}

bool Bank::first_split() {
  const std::size_t arity = rule().arity;
  if (arity == 0) return size_ == cost();
  if (size_ < arity + cost()) return false;
  std::fill(split_.begin(), split_.end(), 1);
  split_[arity - 1] = size_ - cost() - (arity - 1);
  return begin_rows() || next_split();
}

bool Bank::next_split() {
  const std::size_t arity = rule().arity;
  for (;;) {
    if (arity < 2) return false;
    std::size_t at = arity - 1;
    for (;;) {  // the last one that can grow at the cost of the last argument
      if (at == 0) return false;
      --at;
      std::size_t others = 0;
      for (std::size_t k = 0; k <= at; ++k) others += split_[k];
      if (others + 1 + (arity - 1 - at) <= size_ - cost()) break;
    }
    split_[at] += 1;
    std::size_t used = 0;
    for (std::size_t k = 0; k < arity - 1; ++k) {
      if (k > at) split_[k] = 1;
      used += split_[k];
    }
    split_[arity - 1] = size_ - cost() - used;
    if (begin_rows()) return true;
  }
}

bool Bank::begin_rows() {
  const Rule& now = rule();
  for (std::size_t k = 0; k < now.arity; ++k) {
    entry_[k] = level_begin(now.arguments[k], split_[k]);
    end_[k] = level_begin(now.arguments[k], split_[k] + 1);
    if (entry_[k] == end_[k]) return false;
  }
  return now.arity != 2 || now.arguments[0] != now.arguments[1] || !commutes(now.op) ||
         split_[0] <= split_[1];
}

bool Bank::next_row() {
  const Rule& now = rule();
  for (std::size_t k = now.arity - 1; k-- > 0;) {
    if (++entry_[k] < end_[k]) {
      for (std::size_t later = k + 1; later < now.arity; ++later) {
        entry_[later] = level_begin(now.arguments[later], split_[later]);
      }
      if (now.arity == 2 && now.arguments[0] == now.arguments[1] && commutes(now.op) &&
          split_[0] == split_[1]) {
        entry_[1] = entry_[0];
      }
      return true;
    }
  }
  return false;
}

/// Whether the last argument of three makes a difference, given the first two.
bool Bank::depends_on_last(const Rule& now) const noexcept {
  const std::uint32_t* const first = values(now.arguments[0], entry_[0]);
  const std::uint32_t* const second = values(now.arguments[1], entry_[1]);
  const Strings& strings = machine_.strings();
  for (std::size_t i = 0; i < sample_.count; ++i) {
    if (now.op == Op::substr) {
      const std::int64_t from = machine_.integer(second[i]);
      if (from >= 0 && from < std::int64_t{strings.size(first[i])}) return true;
    } else if (strings.view(first[i]).find(strings.view(second[i])) != std::string_view::npos) {
      return true;
    }
  }
  return false;
}

std::size_t Bank::run_row() {
  const Rule& now = rule();
  if (now.arity == 0) {
    candidate();
    return 1;
  }
  const std::size_t last = now.arity - 1U;
  const bool three = now.op == Op::replace || now.op == Op::substr || now.op == Op::index_of;
  std::size_t done = 0;
  if (three && entry_[2] == level_begin(now.arguments[2], split_[2]) && !depends_on_last(now)) {
    candidate();
    entry_[last] = end_[last];
    return 2;
  }
  for (; entry_[last] < end_[last] && done < row_max; ++entry_[last], ++done) candidate();
  return done;
}

std::size_t Bank::step() {
  std::size_t done = 0;
  while (done < row_max && !ended_ && !full_) {
    if (!in_rule_) {
      if (!next_rule()) {
        begin_size();
        done += 1;
        continue;
      }
      in_rule_ = true;
    }
    done += run_row();
    const std::size_t last = rule().arity == 0 ? 0 : rule().arity - 1U;
    if (rule().arity != 0 && entry_[last] < end_[last]) continue;
    if (rule().arity != 0 && (next_row() || next_split())) continue;
    rule_ += 1;
    in_rule_ = false;
  }
  return done;
}

void Bank::candidate() {
  const Rule& now = rule();
  std::array<const std::uint32_t*, arity_max> given{};
  std::array<TermId, arity_max> arguments{};
  for (std::size_t k = 0; k < now.arity; ++k) {
    given[k] = values(now.arguments[k], entry_[k]);
    arguments[k] = shelves_[now.arguments[k]].terms[entry_[k]];
  }
  candidates_ += 1;
  const bool only_goal = limits_.proof_size != 0 && size_ > needed_size_[now.symbol];
  if (only_goal) {  // the goal has values: a result that has none is not the goal
    machine_.freeze(true);
    const bool first = machine_.apply(now, given.data(), sample_, scratch_.data(), 1) &&
                       scratch_[0] == sample_.goal[0];
    const bool all = first &&
                     machine_.apply(now, given.data(), sample_, scratch_.data(), sample_.count) &&
                     std::equal(scratch_.begin(), scratch_.end(), sample_.goal.begin());
    machine_.freeze(false);
    if (all && goal_terms_.size() < goal_terms_max) {
      goal_terms_.push_back(machine_.add(rule_, std::span(arguments.data(), now.arity)));
    }
    return;
  }
  machine_.limit_text(limits_.text_max);
  if (!machine_.apply(now, given.data(), sample_, scratch_.data(), sample_.count)) {
    complete_ = false;
    return;
  }
  keep(now.symbol, arguments);
}

void Bank::keep(SymbolId symbol, const std::array<TermId, arity_max>& arguments) {
  Shelf& shelf = shelves_[symbol];
  const std::uint64_t hash = hash_values(scratch_.data(), sample_.count);
  const std::uint32_t known = index_of(shelf, hash, scratch_.data());
  if (known != HashIndex::none) {
    if (!goal_terms_.empty() && goal_terms_.size() < goal_terms_max && is_goal(symbol)) {
      goal_terms_.push_back(machine_.add(rule_, std::span(arguments.data(), rule().arity)));
    }
    return;
  }
  put(symbol, hash, machine_.add(rule_, std::span(arguments.data(), rule().arity)));
}

bool Bank::is_goal(SymbolId symbol) const noexcept {
  return symbol == Rules::start &&
         std::equal(scratch_.begin(), scratch_.end(), sample_.goal.begin());
}

/// A term whose values are in scratch_, and which are new there.
void Bank::put(SymbolId symbol, std::uint64_t hash, TermId term) {
  Shelf& shelf = shelves_[symbol];
  shelf.index.insert(hash, static_cast<std::uint32_t>(shelf.terms.size()));
  shelf.terms.push_back(term);
  std::copy(scratch_.begin(), scratch_.end(), shelf.values.push());
  total_ += 1;
  bytes_ += sizeof(SygusTerm) + sizeof(TermId) + 24 + 4 * sample_.count;
  if (bytes_ + machine_.value_bytes() > limits_.bytes_max) full_ = true;
  if (is_goal(symbol)) goal_terms_.push_back(term);
}

std::uint32_t Bank::index_of(const Shelf& shelf, std::uint64_t hash,
                             const std::uint32_t* wanted) const noexcept {
  return shelf.index.find(hash, [&](std::uint32_t entry) {
    return std::equal(wanted, wanted + sample_.count, shelf.values[entry]);
  });
}

TermId Bank::find(SymbolId symbol, const std::uint32_t* wanted) const noexcept {
  const Shelf& shelf = shelves_[symbol];
  const std::uint32_t entry = index_of(shelf, hash_values(wanted, sample_.count), wanted);
  return entry == HashIndex::none ? no_term : shelf.terms[entry];
}

std::size_t Bank::count_up_to(SymbolId symbol, std::uint32_t size) const noexcept {
  const Shelf& shelf = shelves_[symbol];
  return size + 1 < shelf.level.size() ? shelf.level[size + 1] : shelf.terms.size();
}

}  // namespace weir::search::sygus
