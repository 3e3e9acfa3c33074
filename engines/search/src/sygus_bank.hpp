// sygus_bank.hpp: terms by size, for each symbol one (a smallest) for each vector of values on a sample.
//
// Shape:  a shelf a symbol: terms in order of size, their values flat, an index by values.
// Cost:   about 150 ns a candidate on 6 examples; 24 bytes and 4 an example for each kept, and 12 for the index.
// Memory: stops at Limits::bytes_max.
#pragma once

#include <utility>
#include <vector>

#include "sygus_terms.hpp"

namespace weir::search::sygus {

class Bank {
 public:
  struct Limits {
    std::size_t text_max = 64;          // units
    std::uint32_t concat_size_max = 7;  // of terms whose root is concat
    bool ite = false;
    std::size_t bytes_max = std::size_t{64} << 20U;
    std::uint32_t proof_size =
        0;  // not 0: goes through all terms up to this size that can be or lead to the goal
    std::vector<std::uint8_t>
        costs{};  // of each rule; empty: 1. Then what is said of sizes is said of costs
    std::vector<std::pair<SymbolId, TermId>>
        parts{};  // there from the start, as if they were constants
  };

  Bank(Machine& machine, const Sample& sample, const Limits& limits);

  /// Looks at a hundred candidates or so; the number that it looked at, each on every example. 0: it has ended.
  std::size_t step();

  std::size_t count(SymbolId symbol) const noexcept { return shelves_[symbol].terms.size(); }
  TermId term(SymbolId symbol, std::size_t entry) const noexcept {
    return shelves_[symbol].terms[entry];
  }
  const std::uint32_t* values(SymbolId symbol, std::size_t entry) const noexcept {
    return shelves_[symbol].values[entry];
  }
  /// The smallest known term with these values; no_term: none.
  TermId find(SymbolId symbol, const std::uint32_t* values) const noexcept;
  /// Entries of terms of at most that size.
  std::size_t count_up_to(SymbolId symbol, std::uint32_t size) const noexcept;

  const Sample& sample() const noexcept { return sample_; }
  std::size_t total() const noexcept { return total_; }
  std::uint64_t candidates() const noexcept { return candidates_; }
  /// All terms of smaller sizes were looked at.
  std::uint32_t size() const noexcept { return size_; }
  /// The first terms found that yield the goal, of any size.
  const std::vector<TermId>& goal_terms() const noexcept { return goal_terms_; }
  /// Nothing that was looked at was left out: a term that is not there does not exist up to size() - 1.
  bool complete() const noexcept { return complete_; }
  bool full() const noexcept { return full_; }
  std::size_t bytes() const noexcept { return bytes_; }

 private:
  struct Shelf {
    explicit Shelf(std::size_t width) : values(width) {}
    std::vector<TermId> terms;
    Rows<std::uint32_t> values;
    HashIndex index;
    std::vector<std::size_t> level;  // [size]: its first entry
  };

  void begin_size();
  bool next_rule();
  bool first_split();
  bool next_split();
  bool begin_rows();
  bool next_row();
  bool allowed(const Rule& rule) const noexcept;
  bool depends_on_last(const Rule& rule) const noexcept;
  std::size_t run_row();
  void candidate();
  void keep(SymbolId symbol, const std::array<TermId, arity_max>& arguments);
  void put(SymbolId symbol, std::uint64_t hash, TermId term);
  void put_parts();
  bool is_goal(SymbolId symbol) const noexcept;
  std::uint32_t index_of(const Shelf& shelf, std::uint64_t hash,
                         const std::uint32_t* wanted) const noexcept;
  void find_needed_sizes();
  bool can_be_goal(const Rule& rule) const noexcept;
  std::size_t level_begin(SymbolId symbol, std::size_t size) const noexcept {
    return shelves_[symbol].level[size];
  }
  const Rule& rule() const noexcept { return machine_.rules()[rule_]; }
  /// What the rule costs without its arguments.
  std::uint32_t cost() const noexcept { return limits_.costs.empty() ? 1 : limits_.costs[rule_]; }

  Machine& machine_;
  const Sample sample_;
  const Limits limits_;
  std::vector<Shelf> shelves_;
  std::vector<std::uint32_t> needed_size_;  // of each symbol, with proof_size
  Values scratch_;
  std::size_t total_ = 0, bytes_ = 0;
  std::uint64_t candidates_ = 0;
  std::vector<TermId> goal_terms_;
  bool complete_ = true, full_ = false, ended_ = false, goal_is_number_ = true;

  // Where it stands: a rule, how its arguments share the size, an argument each; the last one runs along a row.
  std::uint32_t size_ = 0;
  RuleId rule_ = 0;
  std::array<std::size_t, arity_max> split_{}, entry_{}, end_{};
  bool in_rule_ = false;
};

}  // namespace weir::search::sygus
