// Kuhn and Leduc: what their trees are, and that every way of training finds their value.
#include <doctest/doctest.h>

#include <set>
#include <string>
#include <weir/mccfr/one_card_solver.hpp>

#include "training_support.hpp"

using namespace weir;
using namespace weir::mccfr;

namespace {

void nothing(void*) {}

std::set<std::string> keys(const OneCardGame& game) {
  std::set<std::string> all;
  const BettingTree& tree = game.tree();
  for (std::uint32_t n = 0; n < tree.nodes.size(); ++n) {
    if (tree.nodes[n].kind != NodeKind::decision) continue;
    for (std::uint32_t b = 0; b < game.buckets()[tree.nodes[n].round]; ++b)
      all.insert(game.key(n, b));
  }
  return all;
}

double exploitability_of(OneCardGame game, const TrainRules& rules, std::uint64_t iterations) {
  const auto runtime = test::runtime_of();
  const bool sampling = rules.algorithm < Algorithm::cfr;
  auto trainer = sampling ? make_sampling_trainer(*runtime, game, rules)
                          : make_vector_trainer(*runtime, game, rules);
  REQUIRE(trainer);
  Trainer& t = *trainer.value();
  REQUIRE(t.advance(iterations, nothing, nullptr) == Status::accepted);
  CHECK(t.state().iterations == iterations);
  const Exploitability found = measure(game, t.shape(), average_strategies(t));
  MESSAGE(game.name() << " " << to_string(rules.algorithm) << ": value " << found.value[0]
                      << ", exploitability " << found.exploitability() << ", nodes "
                      << t.state().nodes);
  const auto graph = measure(*runtime, game, t.shape(), average_strategies(t));
  REQUIRE(graph);
  CHECK(graph.value().value == found.value);
  CHECK(graph.value().best_response == found.best_response);
  return found.exploitability();
}

}  // namespace

TEST_CASE("one card: the information sets of Kuhn and Leduc") {
  const auto kuhn = keys(OneCardGame::kuhn());
  CHECK(kuhn.size() == 12);
  CHECK(kuhn.count("K::") == 1);
  CHECK(kuhn.count("K::cr") == 1);
  const auto leduc = keys(OneCardGame::leduc());
  CHECK(leduc.size() == 288);
  CHECK(leduc.count("K:Q:crc/") == 1);
  CHECK(leduc.count("K:Q:crc/r") == 1);
  CHECK(leduc.count("J::crr") == 1);
}

TEST_CASE("one card: CFR+ finds Kuhn's value") {
  CHECK(exploitability_of(OneCardGame::kuhn(), {.algorithm = Algorithm::cfr_plus}, 1000) < 2.5e-4);
}

TEST_CASE("one card: CFR+ solves Leduc") {
  CHECK(exploitability_of(OneCardGame::leduc(), {.algorithm = Algorithm::cfr_plus}, 1000) < 4e-4);
}

TEST_CASE("one card: sampling solves Leduc") {
  for (const Algorithm algorithm : {Algorithm::external, Algorithm::outcome, Algorithm::chance}) {
    for (const UpdateMode mode : {UpdateMode::fast, UpdateMode::deterministic}) {
      const double found =
          exploitability_of(OneCardGame::leduc(), {.algorithm = algorithm, .mode = mode}, 100'000);
      CHECK(found < (algorithm == Algorithm::outcome ? 0.5 : 0.08));
    }
  }
}
