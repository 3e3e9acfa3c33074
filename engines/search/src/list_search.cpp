#include <algorithm>
#include <cmath>
#include <list_search.hpp>
#include <numbers>
#include <utility>

#include "stable_order.hpp"

namespace weir::search::lists {
namespace {

constexpr std::uint32_t no_bound = 0xffffffff;
constexpr std::uint32_t round_step = 16;  // some six times as many nodes a round
// Units that a value's worth takes off a line's cost or adds to it, and what is left of that at least.
constexpr std::uint64_t work_of_judging = 32;  // nodes that take as long
constexpr int worth_low = -14, worth_high = 16, judged_least = 16;
constexpr std::size_t groups_max = 4;

std::size_t longest_input(const Example& example) {
  std::size_t longest = 0;
  for (const Value& value : example.in) {
    if (const auto* list = std::get_if<List>(&value)) longest = std::max(longest, list->size());
  }
  return longest;
}

/// Longest first, as they tell most, but none of those that would make every row longer before all others.
std::vector<std::size_t> order_of(const Examples& examples) {
  constexpr std::size_t short_enough = 16;
  std::vector<std::size_t> order(examples.size());
  for (std::size_t i = 0; i < order.size(); ++i) order[i] = i;
  if (examples.size() <= lanes) return order;
  const auto rank = [&](std::size_t at) {
    const std::size_t longest = longest_input(examples[at]);
    return longest > short_enough ? longest : short_enough - longest;
  };
  sort_stable(order.begin(), order.end(),
              [&](std::size_t a, std::size_t b) { return rank(a) < rank(b); });
  order.resize(std::min(order.size(), groups_max * lanes));
  return order;
}

Shape shape_of(const Examples& examples, const std::vector<std::size_t>& order) {
  Shape shape;
  shape.examples = order.size();
  shape.groups = (order.size() + lanes - 1) / lanes;
  for (const std::size_t at : order) {
    shape.rows = std::max(shape.rows, longest_input(examples[at]));
    if (const auto* list = std::get_if<List>(&*examples[at].out))
      shape.rows = std::max(shape.rows, list->size());
  }
  return shape;
}

std::vector<const Value*> outputs_of(const Examples& examples,
                                     const std::vector<std::size_t>& order) {
  std::vector<const Value*> outputs;
  for (const std::size_t at : order) outputs.push_back(&*examples[at].out);
  return outputs;
}

}  // namespace

Search::Search(Examples examples, std::size_t memory_bytes_max)
    : examples_(std::move(examples)),
      packed_(order_of(examples_)),
      all_packed_(packed_.size() == examples_.size()),
      shape_(shape_of(examples_, packed_)),
      goal_(outputs_of(examples_, packed_), shape_),
      worth_goal_(goal_.value(), shape_),
      store_(shape_, memory_bytes_max),
      scratch_(2 * shape_.block_rows()) {
  Costs costs;
  costs.fill(uniform_cost);
  set_costs(costs, Judged::no);
}

void Search::set_orders(std::initializer_list<Order> orders) {
  orders_ = 0;
  for (const Order& order : orders) turns_[orders_++] = {order, 0, 0, 0};
  take_order(0);
  if (started_ && roots_asked_ == roots_ && !ended_) start_round();
}

/// The next round is of this order.
void Search::take_order(std::size_t at) {
  const Turns& turns = turns_[order_ = at];
  costs_ = least_ = turns.order.costs;
  cost_most_ = *std::max_element(costs_.begin(), costs_.end());
  worth_ = turns.order.judged == Judged::yes ? &default_worth() : nullptr;
  if (worth_ != nullptr) {
    for (std::uint16_t& least : least_)
      least = static_cast<std::uint16_t>(std::max(least + worth_low, judged_least));
    cost_most_ += worth_high;
  }
  cost_least_ = *std::min_element(least_.begin(), least_.end());
  bound_before_ = turns.bound;
  exceeded_ = turns.exceeded;
}

/// The one that has worked least, of those that take turns.
std::size_t Search::next_order() const noexcept {
  std::size_t next = 0;
  for (std::size_t i = 1; i < orders_; ++i) {
    if (turns_[i].order.joins <= work() && turns_[i].work < turns_[next].work) next = i;
  }
  return next;
}

std::uint64_t Search::work() const noexcept { return nodes_ + judged_ * work_of_judging; }

void Search::set_calls_max(std::size_t calls_max) {
  depth_max_ = std::min(calls_max > 2 ? calls_max - 2 : 0, lines_max - 2);
  if (started_ && roots_asked_ == roots_ && depth_done_ >= depth_max_) ended_ = true;
}

void Search::run(std::uint64_t nodes_until) {
  const bool first = solutions_.empty();
  if (!started_) start();
  // In work: what values are judged with has its part in how long a run takes.
  const std::uint64_t work_until = judged_ * work_of_judging + nodes_until;
  while (!ended_ && work() < work_until && !(first && !solutions_.empty())) {
    if (roots_asked_ < roots_) {
      start_with(roots_asked_);
    } else {
      step();
    }
  }
}

void Search::propose(ListProgram program) {
  if (!started_) start();
  ++nodes_;
  keep(std::move(program));
}

/// Programs without a line, and of one.
void Search::start() {
  started_ = true;
  inputs_ = static_cast<std::uint8_t>(examples_.front().in.size());
  for (const Value& value : examples_.front().in) kinds_.push_back(*kind_of(value));
  nearest_ = {kinds_, {}, 0};
  for (std::uint8_t input = 0; input < inputs_; ++input) {
    std::vector<const Value*> values;
    for (const std::size_t at : packed_) values.push_back(&examples_[at].in[input]);
    const Packed value = pack(values, shape_, store_.next_block());
    ++nodes_;
    const std::uint32_t equal = goal_.examples_equal(value);
    if (equal > nearest_examples_) {
      nearest_examples_ = equal;
      nearest_ = {kinds_, {}, input};
    }
    if (same(value, goal_.value(), shape_)) keep({kinds_, {}, input});
    if (!store_.push(value, {0, input, input}, 0, 0)) continue;
    set_slot(roots_++, value, {0, input, input});
  }
  one_call();
}

/// Programs of two lines, an input at a time.
void Search::start_with(std::uint8_t slot) {
  ask({slot, 0, 0, 0});
  roots_asked_ = static_cast<std::uint8_t>(slot + 1);
  if (roots_asked_ < roots_) return;
  if (depth_max_ == 0) {
    ended_ = true;
  } else {
    start_round();
  }
}

void Search::set_slot(std::size_t slot, const Packed& value, const Line& line) {
  slots_[slot].value = value;
  slots_[slot].line = line;
  slots_[slot].needs = goal_.needs(value);
  slots_used_ = static_cast<std::uint8_t>(slot + 1);
}

/// From the root, below the least bound that lets something new in.
void Search::start_round() {
  bound_ =
      std::max(bound_before_ + std::min(round_step, cost_least_), std::max(exceeded_, cost_least_));
  exceeded_ = no_bound;
  round_from_ = work();
  frames_.clear();
  store_.truncate(roots_);
  slots_used_ = roots_;
  for (std::uint8_t slot = 0; slot < roots_; ++slot)
    each_line(slot, [&](const Line& line) { offer(line); });
  const auto end = static_cast<std::uint32_t>(store_.size());
  frames_.push_back({roots_, end, roots_, 0, 0});
}

void Search::end_round() {
  depth_done_ = std::max(depth_done_, std::min<std::size_t>(bound_ / cost_most_, depth_max_));
  if (exceeded_ == no_bound || depth_done_ >= depth_max_) {
    ended_ = true;
    if (exceeded_ == no_bound) depth_done_ = depth_max_;
    return;
  }
  Turns& turns = turns_[order_];
  turns.bound = bound_;
  turns.exceeded = exceeded_;
  turns.work += work() - round_from_;
  take_order(next_order());
  start_round();
}

/// The next candidate of the node at hand.
void Search::step() {
  Frame& frame = frames_.back();
  if (frame.next == frame.end) {
    store_.truncate(frame.made);
    frames_.pop_back();
    slots_used_ = static_cast<std::uint8_t>(roots_ + frames_.size() - (frames_.empty() ? 0 : 1));
    if (frames_.empty()) end_round();
    return;
  }
  const std::uint32_t at = frame.next++;
  const Candidate& candidate = store_[at];
  const std::uint32_t cost = path_cost(frame.cost, at);
  if (cost > bound_) {
    exceeded_ = std::min(exceeded_, cost);
    return;
  }
  const std::size_t depth = frames_.size();
  const auto slot = static_cast<std::uint8_t>(roots_ + depth - 1);
  const std::uint32_t others = frame.unused & ~candidate.arguments;
  const std::uint32_t end = frame.end;
  const auto unused = static_cast<unsigned>(__builtin_popcount(others)) + 1;
  const bool deeper = depth < depth_max_;
  const std::uint32_t lines_left = deeper && cost < bound_ ? (bound_ - cost) / cost_least_ : 0;
  const bool asked = cost <= bound_before_ || depth <= depth_done_;
  if (deeper && cost + cost_least_ > bound_) exceeded_ = std::min(exceeded_, cost + cost_least_);
  if (unused > 3 + lines_left) {
    if (deeper) exceeded_ = std::min(exceeded_, cost + (lines_left + 1) * cost_least_);
    return;
  }
  if (asked && lines_left == 0) return;
  set_slot(slot, candidate.value, candidate.line);
  ++nodes_;
  if (!asked && unused <= 3) ask({slot, others, at + 1, end});
  if (lines_left > 0) {
    const auto made = static_cast<std::uint32_t>(store_.size());
    if (expand(slot, cost, at + 1)) {
      frames_.push_back(
          {at + 1, static_cast<std::uint32_t>(store_.size()), made, others | 1U << slot, cost});
      return;
    }
  }
  slots_used_ = slot;
}

/// Everything that one call makes of the slot and of those before it, what a path of that cost can take first. False,
/// and nothing of it is left, where the path can take none of that and none of the candidates from `inherited` on.
bool Search::expand(std::uint8_t newest, std::uint32_t cost, std::uint32_t inherited) {
  const auto made = static_cast<std::uint32_t>(store_.size());
  const auto lines = [&](bool within, auto take) {
    each_line(newest, [&](const Line& line) {
      if ((cost + least_[line.call] <= bound_) == within) take(line);
    });
  };
  lines(true, [&](const Line& line) { offer(line); });
  std::uint32_t least = no_bound;
  for (auto at = inherited; at < store_.size() && least > bound_; ++at)
    least = std::min(least, path_cost(cost, at));
  if (least <= bound_) {
    // No lines of the path, but the last two lines may be of them.
    lines(false, [&](const Line& line) { offer(line); });
    return true;
  }
  lines(false, [&](const Line& line) { least = std::min(least, cost + least_[line.call]); });
  exceeded_ = std::min(exceeded_, least);
  store_.truncate(made);
  return false;
}

/// Of a path of that cost and the candidate; where it is above the bound in any case, not more than that is known.
std::uint32_t Search::path_cost(std::uint32_t cost, std::uint32_t at) noexcept {
  const std::uint32_t least = cost + least_[store_[at].line.call];
  return least > bound_ ? least : cost + cost_of(store_[at]);
}

std::uint32_t Search::cost_of(Candidate& candidate) noexcept {
  const int cost = costs_[candidate.line.call];
  if (worth_ == nullptr) return static_cast<std::uint32_t>(cost);
  if (candidate.worth == not_judged) {
    ++judged_;
    const float odds = worth_->of(worth_goal_.features(candidate.value), candidate.line.call);
    const float units = -odds * static_cast<float>(units_per_bit) * std::numbers::log2e_v<float>;
    candidate.worth = static_cast<std::int8_t>(
        std::lround(std::clamp(units, float{worth_low}, float{worth_high})));
  }
  return static_cast<std::uint32_t>(std::max(cost + candidate.worth, judged_least));
}

void Search::offer(const Line& line) {
  Row* block = store_.next_block();
  Packed value;
  if (block == nullptr || !make(line, block, value)) return;
  ++nodes_;
  const std::uint32_t arguments = (1U << line.a | 1U << line.b) & ~((1U << roots_) - 1);
  if (!store_.push(value, line, arguments, goal_.tag_of_value(value))) return;
  const std::uint32_t equal = goal_.examples_equal(value);
  if (equal > nearest_examples_) {
    nearest_examples_ = equal;
    nearest_ = program_of({&line, 1});
  }
}

bool Search::make(const Line& line, Row* block, Packed& out) const {
  return apply(call_table[line.call], slots_[line.a].value, slots_[line.b].value, shape_, block,
               out);
}

/// Slots of the path, then those lines; slots are named as they are on the path.
ListProgram Search::program_of(std::span<const Line> more) const {
  ListProgram program{kinds_, {}, 0};
  const auto input_of = [&](std::uint8_t slot) {
    return slot < roots_ ? slots_[slot].line.a : static_cast<std::uint8_t>(slot - roots_ + inputs_);
  };
  const auto add = [&](const Line& line) {
    program.lines.push_back({line.call, input_of(line.a), input_of(line.b)});
  };
  for (std::size_t slot = roots_; slot < slots_used_; ++slot) add(slots_[slot].line);
  for (const Line& line : more) add(line);
  program.result = static_cast<std::uint8_t>(inputs_ + program.lines.size() - 1);
  return without_unused(program);
}

void Search::keep(ListProgram program) {
  const auto rank = [&](const ListProgram& of) {
    const std::uint32_t left_out = ~used_slots(of) & ((1U << inputs_) - 1);
    return of.lines.size() * (inputs_max + 1) +
           static_cast<std::size_t>(__builtin_popcount(left_out));
  };
  const auto longer = [&](const ListProgram& x, const ListProgram& y) { return rank(x) < rank(y); };
  if (solutions_.size() >= solutions_max && !longer(program, solutions_.back())) return;
  if (std::find(solutions_.begin(), solutions_.end(), program) != solutions_.end()) return;
  for (const Example& example : examples_) {
    if (evaluate(program, example.in) != example.out) return;
  }
  solutions_.insert(std::upper_bound(solutions_.begin(), solutions_.end(), program, longer),
                    std::move(program));
  if (solutions_.size() > solutions_max) solutions_.pop_back();
}

}  // namespace weir::search::lists
