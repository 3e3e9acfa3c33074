// example_hands.hpp: which bucket real cards are in, and which cards a bucket has, for people; private to the program.
//
// Roles:  one thread, after the game's prepare(). The same cards for the same bucket, run after run.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>
#include <weir/mccfr/training_game.hpp>

namespace weir::mccfr {

/// Some cards of a bucket: "AsKd" and "2c7d9h"; of Kuhn and Leduc "K" and "Q".
struct ExampleHand {
  std::string hand, board;
};

/// The cards of hold'em, of whatever game; null elsewhere, and before prepare().
const CardBuckets* card_buckets(const TrainingGame& game);

/// What a row's name begins with, of real cards in a round: "b17:flop:", "K:Q:". `board` may have more cards than the
/// round shows. Cost: ms, seconds where preflop has buckets by strength, and of buckets in a file the reading of it.
/// Errors: usage, with what is wrong with the cards, and those of buckets.
Result<std::string> private_part(TrainingGame& game, int round, std::string_view hand,
                                 std::string_view board);

/// An example of each bucket of a round of hold'em; nothing where none was dealt in 2,000 deals a bucket. Cost: ms.
std::vector<std::optional<ExampleHand>> example_hands(const CardBuckets& cards, int round);
/// An example of one bucket of hold'em; nothing where none is found. Cost and errors: as private_part().
Result<std::optional<ExampleHand>> example_hand(TrainingGame& game, int round, Bucket bucket);

}  // namespace weir::mccfr
