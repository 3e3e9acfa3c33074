// short_game.hpp: a small no-limit game and a strategy of it, for the tests of search while playing.
#pragma once

#include <doctest/doctest.h>

#include <memory>
#include <weir/mccfr/known_player.hpp>
#include <weir/mccfr/training_game.hpp>

#include "support/tier.hpp"
#include "training_support.hpp"

namespace weir::test {

inline bool search_too_slow_here() {
  if (!sanitized || full()) return false;
  MESSAGE("SKIP: all boards are too many for a sanitizer outside the long tier");
  return true;
}

/// Short stacks, few buckets, and a strategy that has learnt little.
class ShortGame {
 public:
  static const ShortGame& get() {
    static const ShortGame game;
    return game;
  }
  const mccfr::HoldemGame& holdem() const { return *game_->holdem(); }
  const mccfr::BettingRules& rules() const { return holdem().config().rules; }
  const mccfr::TableShape& shape() const { return trainer_->shape(); }
  const mccfr::NarrowEntries::Sum* sums() const {
    return reinterpret_cast<const mccfr::NarrowEntries::Sum*>(trainer_->table().sums.data());
  }
  std::unique_ptr<mccfr::KnownPlayer> known(double tremble) const {
    return mccfr::make_known_blueprint(holdem(), shape(), sums(), tremble);
  }

 private:
  ShortGame() {
    REQUIRE(game_->prepare());
    trainer_ = game_->make_trainer(*runtime_, {.mode = mccfr::UpdateMode::deterministic}).value();
    REQUIRE(trainer_->advance(10'000, &look_nowhere, nullptr) == Status::accepted);
  }
  std::unique_ptr<mccfr::TrainingGame> game_ =
      mccfr::make_game(R"({"name":"nolimit","stack":30,"buckets":[169,6,6,6]})").value();
  std::unique_ptr<Runtime> runtime_ = runtime_of();
  std::unique_ptr<mccfr::Trainer> trainer_;
};

}  // namespace weir::test
