// Litmus tests: quiet on what was learnt, loud on planted faults.
#include <doctest/doctest.h>

#include <algorithm>
#include <weir/mccfr/litmus.hpp>
#include <weir/mccfr/training_game.hpp>

#include "support/tier.hpp"

using namespace weir;
using namespace weir::mccfr;

namespace {

/// Rows that fold with `folds` of the visits and call else.
template <class F>
void plant_folds(const HoldemGame& game, const TableShape& shape, NarrowEntries::Sum* sums,
                 F&& folds) {
  for (const BettingNode& node : game.tree().nodes) {
    if (node.kind != NodeKind::decision || node.round != 0) continue;
    if (game.tree().actions[node.first].letter != 'f') continue;
    for (std::uint32_t b = 0; b < game.buckets()[0]; ++b) {
      auto* const row = sums + shape.region(0, node.player, b) + node.row;
      std::fill_n(row, node.actions, NarrowEntries::Sum{0});
      row[0] = static_cast<NarrowEntries::Sum>(100'000 * folds(b));
      row[1] = 100'000 - row[0];
    }
  }
}

}  // namespace

TEST_CASE("litmus: an empty table says nothing, planted faults are counted") {
  if (weir::test::sanitized && !weir::test::full()) {
    MESSAGE("SKIP: all boards are too many for a sanitizer outside the long tier");
    return;
  }
  HoldemConfig config;
  config.rules = no_limit_holdem_rules(2, 40, 1, 2);
  config.buckets.buckets = {20, 4, 4, 4};  // before the flop in parts by strength, 19 the strongest
  HoldemGame game = HoldemGame::make(config).value();
  REQUIRE(game.make_cards());
  const TableShape shape = TableShape::of(game.tree(), game.buckets()).value();
  std::vector<NarrowEntries::Sum> sums(shape.entries);

  const Litmus empty = litmus(game, shape, sums.data());
  CHECK(empty.aces_rows == 0);
  CHECK(empty.monotony_checked == 0);
  CHECK(empty.symmetry_checked > 1'000);
  CHECK(empty.symmetry_violations == 0);

  plant_folds(game, shape, sums.data(), [](std::uint32_t b) { return b < 10 ? 1.0 : 0.0; });
  const Litmus sound = litmus(game, shape, sums.data());
  CHECK(sound.aces_rows > 0);
  CHECK(sound.aces_violations == 0);
  CHECK(sound.aces_fold_max == 0);
  CHECK(sound.monotony_checked == 9 * sound.aces_rows);
  CHECK(sound.monotony_violations == 0);

  plant_folds(game, shape, sums.data(), [](std::uint32_t b) { return b == 19 ? 0.01 : 0.0; });
  const Litmus folds = litmus(game, shape, sums.data());
  CHECK(folds.aces_violations == folds.aces_rows);
  CHECK(folds.aces_fold_max == doctest::Approx(0.01));
  CHECK(folds.monotony_violations == 0);  // within what is allowed

  plant_folds(game, shape, sums.data(), [](std::uint32_t b) { return b == 10 ? 0.5 : 0.0; });
  CHECK(litmus(game, shape, sums.data()).monotony_violations == sound.aces_rows);
}

TEST_CASE("litmus: aces are not folded by who has learnt a little") {
  if (weir::test::sanitized && !weir::test::full()) {
    MESSAGE("SKIP: all boards are too many for a sanitizer outside the long tier");
    return;
  }
  auto game = make_game(R"({"name":"nolimit","stack":40,"buckets":[169,8,8,8]})").value();
  REQUIRE(game->prepare());
  Config config;
  config.workers = 2;
  const auto runtime = Runtime::start(config).value();
  auto trainer = game->make_trainer(*runtime, {.mode = UpdateMode::deterministic})
                     .value();  // the same strategy each time
  REQUIRE(trainer->advance(
              400'000, [](void*) {}, nullptr) == Status::accepted);
  const auto* const sums =
      reinterpret_cast<const NarrowEntries::Sum*>(trainer->table().sums.data());
  const Litmus found = litmus(*game->holdem(), trainer->shape(), sums);
  MESSAGE("aces fold " << found.aces_fold_max << " in " << found.aces_rows
                       << " rows; monotony broken " << found.monotony_violations << " of "
                       << found.monotony_checked);
  CHECK(found.aces_rows > 0);
  CHECK(found.aces_violations == 0);
  CHECK(found.monotony_violations * 2 < found.monotony_checked);
}
