#include "sygus_graph.hpp"

#include <algorithm>

#include "stable_order.hpp"

namespace weir::search::sygus {
namespace {

constexpr std::size_t parts_max = 60'000;  // of all outputs
constexpr std::uint32_t cost_end = 1000;
constexpr std::size_t slice = 4096;  // of the bank, looked at between pauses
constexpr std::uint32_t no_state = 0xffffffff;

std::uint64_t hash_positions(const std::uint16_t* positions, std::size_t count) noexcept {
  std::uint64_t hash = 0;
  for (std::size_t i = 0; i < count; ++i) hash = fold(hash, positions[i]);
  return hash;
}

}  // namespace

ConcatGraph::ConcatGraph(Machine& machine, const Sample& sample)
    : machine_(machine), sample_(sample) {
  if (machine.rules().symbols()[Rules::start].sort != Sort::text) return;
  for (const RuleId id : machine.rules().every(Rules::start, Op::concat)) {
    const Rule& rule = machine.rules()[id];
    if (rule.arity != 2 || rule.arguments[1] != Rules::start) continue;
    rule_ = id;
    one_kind_ = rule.arguments[0] == Rules::start;
    if (one_kind_) break;  // both are the same
  }
  if (usable()) intern_outputs();
}

void ConcatGraph::intern_outputs() {
  Strings& strings = machine_.strings();
  parts_.resize(sample_.count);
  part_max_.resize(sample_.count);
  for (std::size_t e = 0; e < sample_.count; ++e) {
    const std::string output(strings.view(sample_.goal[e]));
    if (output.size() >= 0xffff) {
      rule_ = no_rule;
      return;
    }
    const std::size_t fair = parts_max / sample_.count / (output.size() + 1);
    part_max_[e] = std::min(output.size(), std::max<std::size_t>(fair, 1));
    parts_[e].assign((output.size() + 1) * (part_max_[e] + 1), 0);
    for (std::size_t at = 0; at <= output.size(); ++at) {
      for (std::size_t units = 0; units <= std::min(part_max_[e], output.size() - at); ++units) {
        const TextId part = strings.id(std::string_view(output).substr(at, units));
        parts_[e][at * (part_max_[e] + 1) + units] = part;
        if (part >= occurs_.size()) occurs_.resize(part + 1);
        occurs_[part] |= std::uint64_t{1} << e;
      }
    }
  }
}

void ConcatGraph::add_piece(TermId term, const std::uint32_t* values, const Request& request,
                            bool inner, bool last) {
  bool empty = true;
  for (const std::uint32_t e : request.examples) {
    if ((occurs(values[e]) >> e & 1U) == 0) return;
    empty = empty && values[e] == 0;
  }
  if (empty) return;
  const std::uint32_t size = machine_.size_of(term);
  if (inner) pieces_.push_back({term, size, values, false});
  if (last && !one_kind_) pieces_.push_back({term, size, values, true});
}

/// Those of a slice of the bank; the work done.
std::uint64_t ConcatGraph::collect(const Bank& bank, SymbolId symbol, std::size_t begin,
                                   std::size_t end, const Request& request) {
  const bool inner = symbol == machine_.rules()[rule_].arguments[0];
  for (std::size_t i = begin; i < end; ++i) {
    add_piece(bank.term(symbol, i), bank.values(symbol, i), request, inner, symbol == Rules::start);
  }
  return (end - begin) / 2 + 1;
}

std::uint64_t ConcatGraph::sort_pieces(const ExtraPieces& extra, const Request& request) {
  const SymbolId inner = machine_.rules()[rule_].arguments[0];
  for (std::size_t i = 0; i < extra.terms.size(); ++i) {
    const SymbolId symbol = machine_.rule_of(extra.terms[i]).symbol;
    add_piece(extra.terms[i], extra.values.data() + i * sample_.count, request, symbol == inner,
              symbol == Rules::start);
  }
  const std::uint32_t first = request.examples[0];
  bucket_.assign(occurs_.size() + 1, 0);
  for (const Piece& piece : pieces_) bucket_[piece.values[first] + 1] += 1;
  for (std::size_t i = 1; i < bucket_.size(); ++i) bucket_[i] += bucket_[i - 1];
  sort_stable(pieces_.begin(), pieces_.end(), [first](const Piece& a, const Piece& b) {
    return a.values[first] != b.values[first] ? a.values[first] < b.values[first] : a.size < b.size;
  });
  return pieces_.size() * 2 + extra.terms.size() / 2 + bucket_.size() / 16;
}

/// For one of the request's examples by itself, what it costs at least to get from a position to the end.
std::uint64_t ConcatGraph::find_bounds(const Request& request, std::size_t example) {
  const std::uint32_t e = request.examples[example];
  const std::size_t size = machine_.strings().size(sample_.goal[e]);
  text_cost_.assign(occurs_.size(), cost_end);
  for (const Piece& piece : pieces_) {
    std::uint32_t& cost = text_cost_[piece.values[e]];
    cost = std::min(cost, piece.size + 1);
  }
  std::vector<std::uint32_t>& left = left_cost_[example];
  left.assign(size + 1, cost_end);
  left[size] = 0;
  for (std::size_t at = size; at-- > 0;) {
    for (std::size_t units_of = 1; units_of <= std::min(part_max_[e], size - at); ++units_of) {
      const TextId part = parts_[e][at * (part_max_[e] + 1) + units_of];
      left[at] = std::min(left[at], text_cost_[part] + left[at + units_of]);
    }
  }
  return text_cost_.size() / 16 + pieces_.size() + size * part_max_[e] / 8;
}

std::uint32_t ConcatGraph::left_cost(const std::uint16_t* at) const noexcept {
  std::uint32_t most = 0;
  for (std::size_t i = 0; i < left_cost_.size(); ++i) most = std::max(most, left_cost_[i][at[i]]);
  return most;
}

void ConcatGraph::begin(const Request& request) {
  states_.clear();
  positions_.clear();
  slots_.assign(4096, 0);
  queue_.assign(cost_end, {});
  next_.assign(request.examples.size(), 0);
  reach(no_state, 0, 0, request);
}

/// A state that is new or reached at less cost than before goes into the queue.
void ConcatGraph::reach(std::uint32_t parent, std::uint32_t piece, std::uint32_t cost,
                        const Request& request) {
  const std::uint32_t whole = cost + left_cost(next_.data());
  if (whole > request.size_below || whole >= cost_end) return;
  const std::size_t width = next_.size();
  std::size_t last = slots_.size() - 1;
  std::size_t slot = hash_positions(next_.data(), width) & last;
  for (; slots_[slot] != 0; slot = (slot + 1) & last) {
    State& known = states_[slots_[slot] - 1];
    if (!std::equal(next_.begin(), next_.end(),
                    positions_.begin() + static_cast<std::ptrdiff_t>((slots_[slot] - 1) * width))) {
      continue;
    }
    if (cost < known.cost) {
      known = {cost, parent, piece};
      queue_[whole].push_back(slots_[slot] - 1);
    }
    return;
  }
  states_.push_back({cost, parent, piece});
  positions_.insert(positions_.end(), next_.begin(), next_.end());
  slots_[slot] = static_cast<std::uint32_t>(states_.size());
  queue_[whole].push_back(slots_[slot] - 1);
  if (states_.size() * 2 <= slots_.size()) return;
  slots_.assign(slots_.size() * 2, 0);
  last = slots_.size() - 1;
  for (std::size_t i = 0; i < states_.size(); ++i) {
    slot = hash_positions(positions_.data() + i * width, width) & last;
    while (slots_[slot] != 0) slot = (slot + 1) & last;
    slots_[slot] = static_cast<std::uint32_t>(i + 1);
  }
}

bool ConcatGraph::at_end(std::uint32_t state, const Request& request) const noexcept {
  const std::size_t width = request.examples.size();
  for (std::size_t i = 0; i < width; ++i) {
    if (positions_[state * width + i] < machine_.strings().size(sample_.goal[request.examples[i]]))
      return false;
  }
  return true;
}

/// Whether the piece stands where the state is; next_ is where it ends.
bool ConcatGraph::fits(const Piece& piece, const std::uint16_t* at, const Request& request) {
  const Strings& strings = machine_.strings();
  bool end = true;
  for (std::size_t i = 0; i < request.examples.size(); ++i) {
    const std::uint32_t e = request.examples[i];
    const TextId value = piece.values[e];
    const std::uint32_t units = strings.size(value);
    const std::uint32_t left = strings.size(sample_.goal[e]) - at[i];
    if (units > left || parts_[e][at[i] * (part_max_[e] + 1) + units] != value) return false;
    next_[i] = static_cast<std::uint16_t>(at[i] + units);
    end = end && units == left;
  }
  return one_kind_ || end == piece.last;
}

std::uint64_t ConcatGraph::expand(std::uint32_t state, const Request& request) {
  const std::size_t width = request.examples.size();
  const std::uint32_t first = request.examples[0];
  const std::vector<std::uint16_t> at(
      positions_.begin() + static_cast<std::ptrdiff_t>(state * width),
      positions_.begin() + static_cast<std::ptrdiff_t>((state + 1) * width));
  const std::uint32_t left = machine_.strings().size(sample_.goal[first]) - at[0];
  std::uint64_t tried = 1;
  for (std::size_t units = 0; units <= std::min<std::size_t>(left, part_max_[first]); ++units) {
    const TextId text = parts_[first][at[0] * (part_max_[first] + 1) + units];
    for (std::uint32_t i = bucket_[text]; i < bucket_[text + 1]; ++i) {
      const Piece& piece = pieces_[i];
      const std::uint32_t cost = states_[state].cost + piece.size + 1;
      if (cost > request.size_below || cost >= cost_end) break;  // the rest is not smaller
      tried += 1;
      if (fits(piece, at.data(), request)) reach(state, i, cost, request);
    }
  }
  return tried;
}

TermId ConcatGraph::build(std::uint32_t state) {
  TermId term = no_term;
  for (; states_[state].parent != no_state; state = states_[state].parent) {
    const TermId piece = pieces_[states_[state].piece].term;
    term = term == no_term ? piece : machine_.add(rule_, std::array{piece, term});
  }
  return term;
}

Steps ConcatGraph::run(Budget& budget, const Bank& bank, const ExtraPieces& extra,
                       const Request& request) {
  result_ = no_term;
  const std::uint64_t began = budget.spent();
  pieces_.clear();
  for (const SymbolId symbol : {machine_.rules()[rule_].arguments[0], Rules::start}) {
    for (std::size_t i = 0; i < bank.count(symbol); i += slice) {
      const std::size_t end = std::min(bank.count(symbol), i + slice);
      if (budget.spend(collect(bank, symbol, i, end, request))) co_await budget.pause();
    }
    if (one_kind_) break;  // both are the same
  }
  if (budget.spend(sort_pieces(extra, request))) co_await budget.pause();
  left_cost_.resize(request.examples.size());
  for (std::size_t i = 0; i < request.examples.size(); ++i) {
    if (budget.spend(find_bounds(request, i))) co_await budget.pause();
  }
  begin(request);
  const std::size_t width = request.examples.size();
  for (std::uint32_t whole = 0; whole < cost_end; ++whole) {
    for (std::size_t i = 0; i < queue_[whole].size(); ++i) {
      const std::uint32_t state = queue_[whole][i];
      const std::uint32_t cost = states_[state].cost;
      if (cost + left_cost(positions_.data() + state * width) != whole)
        continue;  // reached at less since
      if (at_end(state, request)) {
        if (cost != 0 && cost - 1 < request.size_below) result_ = build(state);
        co_return;
      }
      if (states_.size() > request.states_max || budget.spent() - began > request.units_max)
        co_return;
      if (budget.spend(expand(state, request))) co_await budget.pause();
    }
  }
}

}  // namespace weir::search::sygus
