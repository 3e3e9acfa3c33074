// Leduc's second rounds solved anew: the exact exploitability of what comes of it.
#include <doctest/doctest.h>

#include <algorithm>
#include <weir/mccfr/one_card_solver.hpp>
#include <weir/mccfr/resolve.hpp>

#include "support/tier.hpp"

using namespace weir;
using namespace weir::mccfr;

namespace {

constexpr double leduc_slack = 1e-3;

struct LeducBlueprint {
  OneCardGame game = OneCardGame::leduc();
  TableShape shape = TableShape::of(game.tree(), game.buckets()).value();
  std::vector<double> strategy;

  double exploitability(const std::vector<double>& of) const {
    return measure(game, shape, of).exploitability();
  }
};

LeducBlueprint leduc_blueprint(std::uint64_t seed, std::uint64_t iterations = 10'000) {
  Config config;
  config.workers = 1;
  const auto runtime = Runtime::start(config).value();
  LeducBlueprint made;
  const TrainRules rules{.mode = UpdateMode::deterministic, .seed = seed};
  auto trainer = make_sampling_trainer(*runtime, made.game, rules);
  REQUIRE(trainer);
  REQUIRE(trainer.value()->advance(
              iterations, [](void*) {}, nullptr) == Status::accepted);
  made.strategy = average_strategies(*trainer.value());
  return made;
}

enum class Alternatives : std::uint8_t { best_response, own_values, none };

struct ResolvedStates {
  double exploitability = 0;
  double gain = -1e9;  // the most that a hand's best response is worth more than before, by pair
};

/// Every second round of both players by maxmargin, state by state.
ResolvedStates resolve_states(const LeducBlueprint& b, Alternatives kind) {
  std::vector<double> resolved = b.strategy;
  ResolvedStates found;
  const auto& nodes = b.game.tree().nodes;
  for (std::uint32_t n = 0; n < nodes.size(); ++n) {
    if (nodes[n].kind != NodeKind::decision || nodes[n].deals == 0) continue;
    for (int board = 0; board < b.game.cards(); board += 2) {
      const PublicState state{n, board};
      const OneCardRanges reach = reaches(b.game, b.shape, b.strategy, state);
      for (const int player : {0, 1}) {
        const auto values = [&](const std::vector<double>& of, bool best) {
          return hand_values(b.game, b.shape, of, state, reach, 1 - player, best);
        };
        ResolveOptions options{.iterations = 1000};
        if (kind == Alternatives::own_values) options.alternatives = values(b.strategy, false);
        if (kind == Alternatives::none) options.alternatives = CardValues{};
        REQUIRE(resolve(b.game, b.shape, b.strategy, state, reach, player, options, resolved));
        const CardValues before = values(b.strategy, true), after = values(resolved, true);
        for (std::size_t card = 0; card < before.size(); ++card)
          found.gain = std::max(found.gain, after[card] - before[card]);
      }
    }
  }
  found.exploitability = b.exploitability(resolved);
  return found;
}

}  // namespace

TEST_CASE("resolve: maxmargin is never worth less than the blueprint") {
  for (std::uint64_t seed = 1; seed <= (weir::test::full() ? 10 : 3); ++seed) {
    const LeducBlueprint b = leduc_blueprint(seed);
    const double before = b.exploitability(b.strategy);
    auto safe = resolve_second_round(b.game, b.shape, b.strategy, {});
    REQUIRE(safe);
    MESSAGE("seed " << seed << ": blueprint " << before << ", maxmargin "
                    << b.exploitability(safe.value()));
    CHECK(b.exploitability(safe.value()) <= before + leduc_slack);
  }
}

TEST_CASE("resolve: no hand gains with best responses as alternatives, with others some do") {
  double own_gain = -1e9, none_worse = -1e9;
  for (std::uint64_t seed = 1; seed <= 2; ++seed) {
    const LeducBlueprint b = leduc_blueprint(seed);
    const double before = b.exploitability(b.strategy);
    const ResolvedStates best = resolve_states(b, Alternatives::best_response);
    const ResolvedStates own = resolve_states(b, Alternatives::own_values);
    const ResolvedStates none = resolve_states(b, Alternatives::none);
    MESSAGE("seed " << seed << ": a hand gains " << best.gain << ", own values " << own.gain
                    << ", none " << none.gain << "; exploitability " << before << " to "
                    << best.exploitability << ", " << own.exploitability << ", "
                    << none.exploitability);
    CHECK(best.gain <= 0.02);
    CHECK(best.exploitability <= before + leduc_slack);
    own_gain = std::max(own_gain, own.gain);
    none_worse = std::max(none_worse, none.exploitability - before);
  }
  CHECK(own_gain > 0.1);
  CHECK(none_worse > leduc_slack);
}

TEST_CASE(
    "resolve: the first round up to a depth limit keeps the second, and is one of strategies") {
  const LeducBlueprint b = leduc_blueprint(1);
  auto first = resolve_first_round(b.game, b.shape, b.strategy, 300);
  REQUIRE(first);
  const auto& nodes = b.game.tree().nodes;
  std::size_t changed = 0;
  for (const BettingNode& node : nodes) {
    if (node.kind != NodeKind::decision) continue;
    for (std::uint32_t bucket = 0; bucket < b.shape.buckets[node.round]; ++bucket) {
      const std::uint32_t row = b.shape.region(node.round, node.player, bucket) + node.row;
      double sum = 0;
      for (std::uint32_t a = row; a < row + node.actions; ++a) {
        sum += first.value()[a];
        if (node.round == 1)
          CHECK(first.value()[a] == b.strategy[a]);
        else
          changed += first.value()[a] != b.strategy[a] ? 1 : 0;
      }
      CHECK(sum == doctest::Approx(1));
    }
  }
  CHECK(changed > 0);
}

TEST_CASE("resolve: from the root both ways solve the whole of Kuhn") {
  const OneCardGame game = OneCardGame::kuhn();
  const TableShape shape = TableShape::of(game.tree(), game.buckets()).value();
  std::vector<double> strategy(shape.entries, 0.5);
  const OneCardRanges reach = reaches(game, shape, strategy, {});
  const auto solved = [&](const std::vector<double>* known) {
    std::vector<double> resolved = strategy;
    for (const int player : {0, 1}) {
      ResolveOptions options{ResolveOptions::Method::unsafe};
      if (known != nullptr) {
        // No hand gains more than in equilibrium: then all of them together do not, and it is one.
        options.method = ResolveOptions::Method::maxmargin;
        options.alternatives = hand_values(game, shape, *known, {}, reach, 1 - player, true);
      }
      REQUIRE(resolve(game, shape, strategy, {}, reach, player, options, resolved));
    }
    return resolved;
  };
  CHECK(measure(game, shape, strategy).exploitability() > 0.1);
  const std::vector<double> unsafe = solved(nullptr), maxmargin = solved(&unsafe);
  CHECK(measure(game, shape, unsafe).exploitability() < 1e-3);
  CHECK(measure(game, shape, maxmargin).exploitability() < 2e-3);
}

TEST_CASE("resolve: what does not fit is refused") {
  const OneCardGame game = OneCardGame::leduc();
  const TableShape shape = TableShape::of(game.tree(), game.buckets()).value();
  std::vector<double> strategy(shape.entries, 0.5), out = strategy;
  OneCardRanges reach{};
  const auto refused = [&](const PublicState& state, const ResolveOptions& options) {
    const auto done = resolve(game, shape, strategy, state, reach, 0, options, out);
    return !done && done.error().code == "bad_config";
  };
  CHECK(refused({1'000'000, -1}, {}));
  CHECK(refused({0, 2}, {}));
  CHECK(refused({game.tree().find("cc/"), -1}, {}));
  CHECK(refused({game.tree().find("cc/"), 6}, {}));
  CHECK(refused({0, -1}, {.iterations = 0}));
  reach[1][2] = -1;
  CHECK(refused({0, -1}, {}));
}

TEST_CASE("resolve: ends between two states when it is told to") {
  const OneCardGame game = OneCardGame::leduc();
  const TableShape shape = TableShape::of(game.tree(), game.buckets()).value();
  const std::vector<double> strategy(shape.entries, 0.5);
  int asked = 0;
  ResolveOptions options{.iterations = 1};
  options.go_on = [&asked] { return ++asked < 4; };
  const auto ended = resolve_second_round(game, shape, strategy, options);
  REQUIRE(!ended);
  CHECK(ended.error().code == "stopped");
  CHECK(asked == 4);
}
