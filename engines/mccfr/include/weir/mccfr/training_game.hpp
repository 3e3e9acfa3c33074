// training_game.hpp: a game as the program knows it: by its JSON, whatever it is underneath.
//
// Roles:  const, any thread. Errors: usage (unknown game), abstraction, players and those of what it needs.
#pragma once

#include <memory>
#include <optional>
#include <span>
#include <string>
#include <weir/mccfr/holdem_game.hpp>
#include <weir/mccfr/multiway_game.hpp>
#include <weir/mccfr/one_card_solver.hpp>
#include <weir/mccfr/response.hpp>
#include <weir/mccfr/trainer.hpp>

namespace weir::mccfr {

class TrainingGame {
 public:
  TrainingGame() = default;
  TrainingGame(const TrainingGame&) = delete;
  TrainingGame& operator=(const TrainingGame&) = delete;
  virtual ~TrainingGame() = default;

  /// "kuhn", "leduc", "limit", "nolimit".
  virtual std::string name() const = 0;
  /// JSON from which make_game() makes it again.
  virtual std::string json() const = 0;
  /// "chips", or "mbb/hand".
  virtual std::string unit() const = 0;
  /// Values in chips times this are in unit().
  virtual double unit_scale() const = 0;
  virtual const BettingTree& tree() const = 0;
  virtual std::array<std::uint32_t, rounds_max> buckets() const = 0;
  /// What a row is called in exports.
  virtual std::string key(std::uint32_t node, std::uint32_t bucket) const = 0;
  /// Bytes that a trainer's tables will take. Errors: too_large.
  virtual Result<std::size_t> announce(const TrainRules& rules) const = 0;
  /// What deals need, before a trainer trains; not for reading what was learnt. Cost: up to seconds.
  virtual Result<Done> prepare() = 0;
  virtual Result<std::unique_ptr<Trainer>> make_trainer(Runtime& runtime,
                                                        const TrainRules& rules) const = 0;
  /// What a trainer's average strategies are worth, exactly, as a task graph. Errors: too_large where the game is, and
  /// what the runtime refuses.
  virtual Result<Exploitability> exact(Runtime& runtime, Trainer& trainer) const = 0;
  /// What a learnt response wins from the average strategy, where there is no exact measure: after prepare(). Errors:
  /// usage where there is one, and what the runtime refuses.
  virtual Result<ResponseBound> lower_bound(Runtime& runtime, Trainer& trainer,
                                            const ResponseBudget& budget) const = 0;
  /// The game where it is hold'em, else null.
  virtual const HoldemGame* holdem() const { return nullptr; }
  /// The game where it is Kuhn's or Leduc, else null.
  virtual const OneCardGame* one_card() const { return nullptr; }
  /// The game where its rows come with the first visit, for any number of players; else null.
  virtual const MultiwayGame* multiway() const { return nullptr; }
};

/// Room that there is for a table of all rows, with entries of so many bits.
struct TableRoom {
  std::uint64_t bytes_max = ~std::uint64_t{0};
  TableBits bits = full_bits;
  int average_rounds = rounds_max;  // that have sums
};

/// `json`: {"name": "leduc"} and so on. A table for which there is no room is refused before the tree is built. Errors:
/// too_large for that; usage, and those of rules, menus, trees and files.
Result<std::unique_ptr<TrainingGame>> make_game(const std::string& json,
                                                const TableRoom& room = {});

}  // namespace weir::mccfr
