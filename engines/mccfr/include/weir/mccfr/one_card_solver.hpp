// one_card_solver.hpp: Kuhn and Leduc without sampling: values, best responses, CFR and CFR+ over all cards at once.
//
// A node is visited with one number for each private card of each player, so an iteration touches every information set
// once; the board is enumerated. Information sets of a best response know suits too: the same value, as suits play no
// part.
//
// Roles:  const functions on any thread; a trainer as trainer.hpp says.
// Cost:   an iteration of Leduc about 40 us.
// Source: Zinkevich, Johanson, Bowling, Piccione, "Regret minimization in games with incomplete information", NIPS
//         2007; Tammelin, "Solving large imperfect information games using CFR+", 2014; DCFR: see discount.hpp.
#pragma once

#include <array>
#include <memory>
#include <span>
#include <weir/mccfr/one_card_game.hpp>
#include <weir/mccfr/trainer.hpp>

namespace weir::mccfr {

/// What strategies are worth, chips, and what each player could get against the others'.
struct Exploitability {
  int players = 2;
  std::array<double, players_max> value{};          // of all strategies, for each player
  std::array<double, players_max> best_response{};  // of each player against the others' strategies
  double nash_conv() const noexcept {
    double gains = 0;
    for (std::size_t p = 0; p < static_cast<std::size_t>(players); ++p)
      gains += best_response[p] - value[p];
    return gains;
  }
  /// nash_conv / players.
  double exploitability() const noexcept { return nash_conv() / players; }
};

/// `strategy`: the probability of each entry's action. Exact. On the caller's thread.
Exploitability measure(const OneCardGame& game, const TableShape& shape,
                       std::span<const double> strategy);
/// The same, to the last bit, as a task graph. Errors: stalled, failed (what the runtime refuses).
Result<Exploitability> measure(Runtime& runtime, const OneCardGame& game, const TableShape& shape,
                               std::span<const double> strategy);

/// A trainer for Algorithm::cfr and cfr_plus. Tables hold doubles, in chips.
Result<std::unique_ptr<Trainer>> make_vector_trainer(Runtime& runtime, OneCardGame game,
                                                     const TrainRules& rules);
/// A trainer for the sampling algorithms.
Result<std::unique_ptr<Trainer>> make_sampling_trainer(Runtime& runtime, OneCardGame game,
                                                       const TrainRules& rules);

}  // namespace weir::mccfr
