// subgame_solver.hpp: SubgameSolver, both players' whole ranges at once on all boards to come, by
// discounted CFR or CFR+.
//
//   auto solver = SubgameSolver::make(subgame).value();
//   runtime.run([&] { for (int i = 0; i < 100; ++i) solver.iterate(); });
//   solver.measure().exploitability_pct;
//
// An iteration walks the public tree once for each player, who changes his regrets against what the other plays now;
// the average strategy weighs an iteration by its square (dcfr) or by its number (cfr+). Nothing is sampled.
//
// Shape:  a float of regret and one of the average strategy for each hand, action, node and board that is told apart.
// Roles:  one thread at a time. Inside a task the boards of a street are walked in parallel; the same numbers come out
//         for any number of workers, with and without AVX2.
// Errors: too_large says what to cut; bad_config where a history is no place of the tree; no_memory.
// Memory: bytes(), taken by make() and, a scratch for each worker, by the first iteration.
// Cost:   the subgames of bench/README.md to 0.5 % of the pot.
// Source: Brown, Sandholm, AAAI 2019 (discounting); Tammelin 2014 (CFR+); Johanson, Waugh, Bowling,
//         Zinkevich, IJCAI 2011 (public chance, best responses, ends in linear time).
#pragma once

#include <array>
#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <vector>
#include <weir/mccfr/subgame.hpp>

namespace weir::mccfr {

struct SubgameSettings {
  enum class Method : std::uint8_t { dcfr, cfr_plus };
  Method method = Method::dcfr;
  double alpha = 1.5, beta = 0, gamma = 2;  // dcfr: of positive, negative regrets, of the average
  bool rename_suits = true;  // deal one of the cards that differ by names of suits alone
  bool wide = true;          // AVX2 where the machine has it
  std::uint64_t bytes_max = std::uint64_t{4} << 30;
  std::uint64_t nodes_max = 4'000'000;  // of the betting tree
  int workers = 1;                      // that scratch is announced for
};

/// Chips by dealt pair of hands. What a player gets of the pot less what he puts in after the root: without rake the
/// two sum to the pot.
struct SubgameValue {
  std::array<double, 2> value{};  // when both play their average strategies
  std::array<double, 2>
      best_response{};  // of each against the other's; where a strategy is given he keeps to it
  double exploitability_pct = 0;  // 100 * half the sum of best_response - value, over the pot
};

/// What a player does at one decision on one board, with each hand of his range.
struct SubgameDecision {
  std::string history;
  int player = 0;
  std::vector<std::string> actions;
  std::vector<Hand> hands;
  std::vector<float> weights;        // [hand]: of the range
  std::vector<float> probabilities;  // [hand][action]
};

class SubgameSolver {
 public:
  static Result<SubgameSolver> make(const Subgame& subgame, const SubgameSettings& settings = {});
  SubgameSolver(SubgameSolver&&) noexcept;
  SubgameSolver& operator=(SubgameSolver&&) noexcept;
  ~SubgameSolver();

  void iterate();
  std::uint64_t iterations() const noexcept;

  // For those who put something around a subgame: an iteration is learn(0), then learn(1).

  /// What the hands of `player` are worth against what the other plays now, from half of the pot, by the other's reach;
  /// valid until the next walk. [hands()]
  std::span<const float> learn(int player);
  /// The same when the other plays his average strategy, and `player` a best response or his own.
  std::span<const float> worth(int player, bool best);
  const std::vector<Hand>& hands(int player) const noexcept;
  std::vector<float> reach(int player) const;
  /// How often `player` comes to the root with each of hands(), in any unit, from the next walk on.
  void set_reach(int player, std::span<const float> reach);
  /// The average strategy of a decision on its board, until the next iteration. Its hands and actions are those of
  /// decision(). Errors: as decision().
  Result<Done> set_average(const SubgameDecision& decision);

  SubgameValue measure();
  /// That of measure(), in half the time where there is no rake.
  double exploitability_pct();

  std::size_t bytes() const noexcept;
  /// Boards that are told apart, of all streets; decisions on them, and on all boards.
  std::uint64_t boards() const noexcept;
  std::uint64_t decisions() const noexcept;
  std::uint64_t decisions_in_all() const noexcept;
  /// Walks over all decisions, on all boards: fills the next one. False: that was all; begins anew.
  bool next(SubgameDecision& decision);
  /// Errors: bad_config where the history leads nowhere, or names no card.
  Result<SubgameDecision> decision(const std::string& history) const;

 private:
  struct State;
  explicit SubgameSolver(std::unique_ptr<State> state) noexcept;
  std::unique_ptr<State> state_;
};

}  // namespace weir::mccfr
