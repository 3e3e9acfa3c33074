// board_trainer.hpp: CFR and CFR+ for hold'em: boards are drawn, hands are not; private.
//
// An iteration draws a batch of boards, walks each with all hands for one player after the other, and then changes the
// table: by the mean over the boards. What each board brings is kept apart until then and added in the order of the
// boards, so that the table is the same for any number of workers.
//
// Errors: too_large, no_memory.
// Memory: board_trainer_bytes(): 8 bytes an entry, and 4 for each board of a batch.
#pragma once

#include <cstddef>
#include <memory>
#include <weir/mccfr/holdem_game.hpp>
#include <weir/mccfr/trainer.hpp>

namespace weir::mccfr {

/// For Algorithm::cfr and cfr_plus; the game's cards are made before it trains.
Result<std::unique_ptr<Trainer>> make_board_trainer(Runtime& runtime, HoldemGame game,
                                                    const TrainRules& rules);
/// Bytes that it takes from platform allocation; those of a batch when it begins to train. Any thread.
std::size_t board_trainer_bytes(const BettingTree& tree, const TableShape& shape,
                                const TrainRules& rules) noexcept;

}  // namespace weir::mccfr
