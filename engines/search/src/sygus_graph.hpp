// sygus_graph.hpp: a concatenation that yields the outputs, as a shortest path.
//
// Shape:  a state is a position in each output; an edge is a term whose values stand at those positions; it costs its
//         size and one for the concatenation.
// Memory: states_max states of 12 bytes and 2 an example.
// Bound:  what is left costs at least what it costs for the one example where that is most: A* by that.
// Source: FlashFill (Gulwani, POPL 2011) has the graph; here it is one for all examples.
#pragma once

#include <vector>

#include "steps.hpp"
#include "sygus_bank.hpp"

namespace weir::search::sygus {

/// Terms that the bank does not have, with values on its sample.
struct ExtraPieces {
  std::vector<TermId> terms;
  Values values;
};

class ConcatGraph {
 public:
  /// Interns what the outputs are made of: before anything else is.
  ConcatGraph(Machine& machine, const Sample& sample);

  /// There is a rule `++` of the start symbol that it can use.
  bool usable() const noexcept { return rule_ != no_rule; }

  struct Request {
    std::vector<std::uint32_t> examples;  // of the sample, at least one
    std::uint32_t size_below = 0xffff;
    std::uint32_t states_max = 60'000;
    std::uint64_t units_max = 2'000'000;
  };

  /// Leaves the smallest term in result(); no_term: none within the limits.
  Steps run(Budget& budget, const Bank& bank, const ExtraPieces& extra, const Request& request);
  TermId result() const noexcept { return result_; }

  /// The examples in whose outputs a text occurs, as bits; what is longer than the outputs in none.
  std::uint64_t occurs(TextId text) const noexcept {
    return text < occurs_.size() ? occurs_[text] : 0;
  }

 private:
  struct Piece {
    TermId term;
    std::uint32_t size;
    const std::uint32_t* values;
    bool last;  // of the last argument's symbol
  };
  struct State {
    std::uint32_t cost, parent, piece;
  };

  void intern_outputs();
  std::uint64_t collect(const Bank& bank, SymbolId symbol, std::size_t begin, std::size_t end,
                        const Request& request);
  std::uint64_t sort_pieces(const ExtraPieces& extra, const Request& request);
  void add_piece(TermId term, const std::uint32_t* values, const Request& request, bool inner,
                 bool last);
  void begin(const Request& request);
  std::uint64_t expand(std::uint32_t state, const Request& request);
  bool fits(const Piece& piece, const std::uint16_t* at, const Request& request);
  void reach(std::uint32_t parent, std::uint32_t piece, std::uint32_t cost, const Request& request);
  bool at_end(std::uint32_t state, const Request& request) const noexcept;
  std::uint64_t find_bounds(const Request& request, std::size_t example);
  std::uint32_t left_cost(const std::uint16_t* at) const noexcept;
  TermId build(std::uint32_t state);

  Machine& machine_;
  const Sample& sample_;
  RuleId rule_ = no_rule;
  bool one_kind_ = true;  // pieces and what ends them are of one symbol
  std::vector<std::uint64_t> occurs_;
  std::vector<std::vector<TextId>>
      parts_;  // [example][begin * (units + 1) + units of the part], absent where too long
  std::vector<std::size_t> part_max_;

  std::vector<Piece> pieces_;
  std::vector<std::uint32_t> bucket_;  // [text at the first example]: its first piece
  std::vector<State> states_;
  std::vector<std::uint16_t> positions_, next_;
  std::vector<std::uint32_t> slots_;
  std::vector<std::vector<std::uint32_t>> queue_;      // [cost and what is left at least]
  std::vector<std::vector<std::uint32_t>> left_cost_;  // [example of the request][position]
  std::vector<std::uint32_t> text_cost_;  // [text]: of the smallest piece, for one example
  TermId result_ = no_term;
};

}  // namespace weir::search::sygus
