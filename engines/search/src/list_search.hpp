// list_search.hpp: the search for programs of the list language: sets of lines by cost, the last two lines by need.
//
// A node is a set of values that lines made; each set is met on one path, however many programs lead to it. Nodes are
// taken depth first below a bound on the cost of their lines, bound after bound. Of each node the last two lines are
// asked of Goal: z = call(..) on the node's values, output = call(z) or call(z, y). No line is made twice on a path, no
// value is kept that stands on the path, and no node is entered whose lines could not all be used.
//
// Order:    with costs that are all equal: by number of calls. After set_costs() by cost, and judged by what the values
//           of its lines have in common with the outputs; what is complete stays so. Several orders take turns, a round
//           each, so that one that is wrong costs a few times what the best of them takes.
// Progress: run() returns between nodes, and goes on where it was.
// Memory:   one stack of values, Store; independent of how long it runs.
#pragma once

#include <array>
#include <cstdint>
#include <initializer_list>
#include <list_goal.hpp>
#include <list_store.hpp>
#include <list_worth.hpp>
#include <span>
#include <vector>
#include <weir/search/list_language.hpp>

#include "list_costs.hpp"

namespace weir::search::lists {

/// Labelled examples, distinct, of one shape; outputs are integers or lists as their inputs are.
using Examples = std::vector<Example>;

class Search {
 public:
  /// Outlives nothing: examples are copied. At least one example; at most inputs_max inputs.
  Search(Examples examples, std::size_t memory_bytes_max);
  Search(const Search&) = delete;
  Search& operator=(const Search&) = delete;

  /// Until that many programs were looked at in all, fewer where values are judged meanwhile, or nothing is left to
  /// search, or the first program is right. A node may go beyond it.
  void run(std::uint64_t nodes_until);
  /// Looks at a program that somebody thought of; kept where it is right on all examples.
  void propose(ListProgram program);
  /// Later nodes in these orders, of which the first joins at once; 1 to orders_max.
  void set_orders(std::initializer_list<Order> orders);
  void set_costs(const Costs& costs, Judged judged) { set_orders({{costs, judged, 0}}); }
  /// Only programs of at most that many calls; what is longer is left out.
  void set_calls_max(std::size_t calls_max);

  bool ended() const noexcept { return ended_; }
  std::uint64_t nodes() const noexcept { return nodes_; }
  std::size_t memory() const noexcept {
    return store_.memory() + sizeof *this + frames_.capacity() * sizeof(Frame);
  }
  /// Programs of at most that many calls have all been looked at, on the examples that are packed.
  std::size_t calls_done() const noexcept {
    return !started_ ? 0 : roots_asked_ < roots_ ? 1 : depth_done_ + 2;
  }
  /// Every example is packed and nothing was left out: calls_done() is exact.
  bool exact() const noexcept { return all_packed_ && !store_.overflowed(); }

  /// Right on all examples, fewest calls first, then those that take more of the inputs; no two alike.
  const std::vector<ListProgram>& solutions() const noexcept { return solutions_; }
  /// What was right on most examples, and on how many.
  const ListProgram& nearest() const noexcept { return nearest_; }
  std::uint32_t nearest_examples() const noexcept { return nearest_examples_; }

 private:
  static constexpr std::size_t slots_max = inputs_max + lines_max;
  static constexpr std::size_t solutions_max = 64;
  static constexpr std::size_t orders_max = 3;

  /// How far an order has come.
  struct Turns {
    Order order;
    std::uint32_t bound = 0, exceeded = 0;
    std::uint64_t work = 0;
  };
  struct Slot {
    Packed value;
    Line line;
    Needs needs;
  };
  struct Frame {
    std::uint32_t next = 0, end = 0;  // candidates to be taken
    std::uint32_t made = 0;           // candidates before its own: what is left when it ends
    std::uint32_t unused = 0;         // slots of lines that no line takes yet, as bits
    std::uint32_t cost = 0;
  };
  /// A node whose last two lines are asked: its newest slot, and where partners of that slot end.
  struct Leaf {
    std::uint8_t newest = 0;
    std::uint32_t others = 0;  // unused slots but the newest: the last two lines have to take them
    std::uint32_t inherited_from = 0;  // candidates that do not use the newest, up to
    std::uint32_t inherited_to = 0;
  };

  void start();
  void start_with(std::uint8_t slot);
  void one_call();
  std::uint64_t work() const noexcept;
  void take_order(std::size_t at);
  std::size_t next_order() const noexcept;
  void start_round();
  void step();
  void end_round();
  void set_slot(std::size_t slot, const Packed& value, const Line& line);
  bool expand(std::uint8_t newest, std::uint32_t cost, std::uint32_t inherited);
  std::uint32_t path_cost(std::uint32_t cost, std::uint32_t at) noexcept;
  /// Of a candidate's line.
  std::uint32_t cost_of(Candidate& candidate) noexcept;
  void offer(const Line& line);
  template <class Take>
  void each_line(std::uint8_t newest, Take take) const;

  void ask(const Leaf& leaf);
  void ask_unary(const Leaf& leaf);
  void ask_filters(const Leaf& leaf);
  void ask_cuts(const Leaf& leaf, std::uint8_t number, std::uint8_t list);
  void ask_partners(const Leaf& leaf);
  void ask_number_line(const Leaf& leaf, const Line& line);
  void ask_integer_lines(const Leaf& leaf);
  void ask_inherited(const Leaf& leaf);
  void probe(const Leaf& leaf, const Line& line, Lanes row, bool exact, bool always);
  Lanes first_row(const Packed& value) const {
    return value.rows > 0 ? load(value.first(0, shape_)[0]) : zeros();
  }
  bool drop_could(Lanes lengths) const;
  bool integer_could(const Packed& number, const Packed& list) const;

  bool make(const Line& line, Row* block, Packed& out) const;
  void finish(const Line& line, std::uint32_t others);
  void finish_pair(const Packed& z, const Line& line, std::uint8_t slot);
  void try_last(const Line& last, const Packed& a, const Packed& b, const Line& line);
  ListProgram program_of(std::span<const Line> more) const;
  void keep(ListProgram program);

  Examples examples_;
  std::vector<Kind> kinds_;
  std::vector<std::size_t> packed_;  // examples in the order of their lanes
  bool all_packed_ = true;
  Shape shape_;
  Goal goal_;
  WorthGoal worth_goal_;
  Store store_;
  std::array<Slot, slots_max> slots_;
  std::uint8_t inputs_ = 0;
  std::uint8_t roots_ = 0;  // inputs that differ: the first slots; the line of one names its input
  std::uint8_t roots_asked_ = 0;
  std::uint8_t slots_used_ = 0;
  std::vector<Frame> frames_;
  std::vector<Row> scratch_;

  std::array<Turns, orders_max> turns_;
  std::size_t orders_ = 1, order_ = 0;  // how many; the one whose round it is
  std::uint64_t round_from_ = 0;        // work, when it began
  // Of that one.
  Costs costs_{};
  Costs least_{};                 // that a line of the call can cost
  const Worth* worth_ = nullptr;  // where values are judged
  std::uint32_t cost_least_ = 1, cost_most_ = 1;
  std::uint32_t bound_ = 0, bound_before_ = 0, exceeded_ = 0;
  std::size_t depth_done_ = 0, depth_max_ = lines_max - 2;
  bool started_ = false, ended_ = false;
  std::uint64_t nodes_ = 0, judged_ = 0;  // judged: values

  std::vector<ListProgram> solutions_;
  ListProgram nearest_;
  std::uint32_t nearest_examples_ = 0;
};

/// Every line that takes the slot and none behind it, once.
template <class Take>
void Search::each_line(std::uint8_t newest, Take take) const {
  const Kind kind = slots_[newest].value.kind;
  if (kind == Kind::list) {
    for (std::uint8_t call = 0; call < first_integer_list_call; ++call)
      take(Line{call, newest, newest});
  }
  for (std::uint8_t slot = 0; slot <= newest; ++slot) {
    if (slots_[slot].value.kind != kind) {
      const bool number = kind == Kind::integer;
      for (std::uint8_t call = first_integer_list_call; call < first_zip_call; ++call)
        take(Line{call, number ? newest : slot, number ? slot : newest});
    } else if (kind == Kind::list) {
      for (std::uint8_t call = first_zip_call; call < calls; ++call) {
        const bool difference = call_table[call].lambda == Lambda::subtract;
        if (slot != newest || difference) take(Line{call, newest, slot});
        if (slot != newest && difference) take(Line{call, slot, newest});
      }
    }
  }
}

}  // namespace weir::search::lists
