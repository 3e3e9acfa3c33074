// resolve.hpp: Kuhn and Leduc: one public state solved anew, while the rest is played as a strategy says.
//
// unsafe     both ranges stay as the strategy has them; nothing bounds what the opponent gains elsewhere
// maxmargin  the opponent chooses which hand he holds there, and what the worst of his hands loses against its
//            alternative is made as large as can be: where alternatives are best responses to the strategy he gains
//            nothing, whatever he does before
//
// Both leave the opponent's rows alone. resolve_first_round() stops where the second round begins. There both choose,
// by their cards, between four ways of playing on: as the strategy, or with its folds, calls or raises five times as
// likely.
//
// Shape:  strategies are probabilities by entry, as average_strategies() has them; values are chips.
// Roles:  pure, any thread.
// Errors: bad_config, where the state, the sizes or the numbers do not fit, and where the game has a rake: what one
//         loses is what the other wins. reaches() and hand_values() check nothing.
// Source: Moravcik, Schmid, Ha, Hladik, Gaukrodger, AAAI 2016 (maxmargin); Brown, Sandholm, NIPS 2017 (alternatives);
//         Brown, Sandholm, Amos, NeurIPS 2018 (depth limits).
#pragma once

#include <array>
#include <cstdint>
#include <functional>
#include <optional>
#include <span>
#include <vector>
#include <weir/mccfr/aivat.hpp>
#include <weir/mccfr/one_card_game.hpp>
#include <weir/mccfr/table.hpp>
#include <weir/result.hpp>

namespace weir::mccfr {

/// A decision that all can see, with the card on the board (-1: none yet).
struct PublicState {
  std::uint32_t node = 0;
  int board = -1;
};

/// [card]: chips that a hand is worth, by dealt pair; 0 where nothing meets it.
using CardValues = std::array<double, one_card_hands_max>;

struct ResolveOptions {
  enum class Method : std::uint8_t { unsafe, maxmargin };
  Method method = Method::maxmargin;
  int iterations = 2000;  // 1 to 1,000,000, of CFR+
  /// Of the opponent's hands, for maxmargin; none: best responses to the strategy.
  std::optional<CardValues> alternatives = {};
  /// Asked by resolve_second_round() before each state and player; false ends it with "stopped". None: goes on.
  std::function<bool()> go_on = {};
};

/// How often each player would have played to the state, by card.
OneCardRanges reaches(const OneCardGame& game, const TableShape& shape,
                      std::span<const double> strategy, const PublicState& state);

/// What the hands of `player` are worth from the state on against the other's strategy and reach: with a best response,
/// or as the strategy plays.
CardValues hand_values(const OneCardGame& game, const TableShape& shape,
                       std::span<const double> strategy, const PublicState& state,
                       const OneCardRanges& reach, int player, bool best);

/// Solves what follows the state, and writes the rows there of `player` to `resolved`, which may be `strategy`'s copy.
Result<Done> resolve(const OneCardGame& game, const TableShape& shape,
                     std::span<const double> strategy, const PublicState& state,
                     const OneCardRanges& reach, int player, const ResolveOptions& options,
                     std::span<double> resolved);

/// The strategy with every second round resolved, for both players.
Result<std::vector<double>> resolve_second_round(const OneCardGame& game, const TableShape& shape,
                                                 std::span<const double> strategy,
                                                 const ResolveOptions& options);

/// The strategy with the first round solved up to the second.
Result<std::vector<double>> resolve_first_round(const OneCardGame& game, const TableShape& shape,
                                                std::span<const double> strategy, int iterations);

}  // namespace weir::mccfr
