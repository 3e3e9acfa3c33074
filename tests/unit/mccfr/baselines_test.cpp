// Baselines: whatever they are, the mean over all draws is exact; good ones make outcome sampling learn sooner.
#include <doctest/doctest.h>

#include <algorithm>
#include <cmath>
#include <vector>
#include <weir/mccfr/one_card_solver.hpp>

#include "training_support.hpp"

using namespace weir;
using namespace weir::mccfr;

namespace {

/// All sequences of draws, one after the other.
struct DrawScript {
  std::vector<std::uint32_t> choices;
  std::vector<std::uint32_t> counts;
  std::size_t at = 0;
  double probability = 1;

  void begin() noexcept {
    at = 0;
    probability = 1;
  }
  /// To the next sequence; false after the last.
  bool next() {
    choices.resize(at);
    counts.resize(at);
    while (!choices.empty() && choices.back() + 1 == counts.back()) {
      choices.pop_back();
      counts.pop_back();
    }
    if (choices.empty()) return false;
    ++choices.back();
    return true;
  }
};

struct ScriptedDraws {
  DrawScript* script;
  std::uint32_t draw(const double* probabilities, int actions, Random&) const {
    if (script->at == script->choices.size()) {
      script->choices.push_back(0);
      script->counts.push_back(static_cast<std::uint32_t>(actions));
    }
    const std::uint32_t taken = script->choices[script->at++];
    script->probability *= probabilities[taken];
    return taken;
  }
};

/// What changes come to, times the probability with which they come.
struct MeanUpdates {
  const DrawScript* script;
  std::vector<std::pair<std::uint32_t, double>> changes;
  void regrets(std::uint32_t row, int actions, const std::int64_t* added) {
    for (int a = 0; a < actions; ++a)
      changes.emplace_back(row + static_cast<std::uint32_t>(a), static_cast<double>(added[a]));
  }
  void strategy(std::uint32_t, int, const double*, double, Random&) noexcept {}
  void prefetch(std::uint32_t, int) const noexcept {}
};

struct FixedBaselines {
  static constexpr bool on = true;
  const std::vector<float>* values;
  float of(std::uint32_t entry) const noexcept { return (*values)[entry]; }
  void learn(std::uint32_t, float) noexcept {}
};

/// Units so fine that rounding a change plays no part in 1e-12.
constexpr double fine_units = 0x1p46;

struct KuhnMeans {
  double value = 0;
  std::vector<double> regrets;
};

class KuhnTraversals {
 public:
  KuhnTraversals() : shape_(TableShape::of(game_.tree(), game_.buckets()).value()) {
    rules_.units = fine_units;
    regrets_.resize(shape_.entries);
    baselines_.resize(shape_.entries);
    Random random(9);
    for (std::size_t e = 0; e < regrets_.size(); ++e) {
      regrets_[e] = static_cast<std::int64_t>(random.below(1000)) + 1;
      baselines_[e] = 20 * random.unit() - 10;
    }
  }

  /// Means over all draws, for one player and deal.
  template <class Walk>
  KuhnMeans means(Walk&& walk) {
    KuhnMeans found;
    found.regrets.resize(shape_.entries);
    DrawScript script;
    double total = 0;
    do {
      script.begin();
      MeanUpdates updates{&script, {}};
      Traversal<WideEntries, MeanUpdates, FixedBaselines, ScriptedDraws> traversal(
          game_.tree(), regrets_.data(), updates, rules_, {&baselines_}, {&script});
      const double value = walk(traversal);
      // A sequence with an action that is never drawn has no mean to add to.
      if (!(script.probability > 0)) continue;
      total += script.probability;
      found.value += script.probability * value;
      for (const auto& [entry, change] : updates.changes)
        found.regrets[entry] += script.probability * change / fine_units;
    } while (script.next());
    CHECK(total == doctest::Approx(1).epsilon(1e-12));
    return found;
  }

  const OneCardGame& game() const noexcept { return game_; }
  const TableShape& shape() const noexcept { return shape_; }

 private:
  OneCardGame game_ = OneCardGame::kuhn();
  TableShape shape_;
  SamplingRules rules_;
  std::vector<std::int64_t> regrets_;
  std::vector<float> baselines_;
};

/// Median exploitability on Leduc over five seeds.
double leduc_median(bool baselines, std::uint64_t iterations) {
  const OneCardGame game = OneCardGame::leduc();
  std::vector<double> found;
  for (std::uint64_t seed = 1; seed <= 5; ++seed) {
    TrainRules rules;
    rules.algorithm = Algorithm::outcome;
    rules.mode = UpdateMode::deterministic;
    rules.baselines = baselines;
    rules.seed = seed;
    const auto runtime = test::runtime_of(1);
    auto trainer = make_sampling_trainer(*runtime, game, rules).value();
    REQUIRE(trainer->advance(iterations, test::look_nowhere, nullptr) == Status::accepted);
    found.push_back(measure(game, trainer->shape(), average_strategies(*trainer)).exploitability());
  }
  std::sort(found.begin(), found.end());
  return found[2];
}

}  // namespace

TEST_CASE("baselines: on Kuhn the mean over all draws is exact, whatever they are") {
  KuhnTraversals kuhn;
  for (std::uint64_t key = 0; key < 12; ++key) {  // deals, most of the six
    Random cards(key);
    Deal deal;
    kuhn.game().deal(kuhn.shape(), cards, deal);
    for (const int player : {0, 1}) {
      // The whole tree without any draw is what means are held against.
      const KuhnMeans exact =
          kuhn.means([&](auto& traversal) { return traversal.chance(deal, player, Random(1)); });
      const KuhnMeans outcome =
          kuhn.means([&](auto& traversal) { return traversal.outcome(deal, player, Random(1)); });
      const KuhnMeans external =
          kuhn.means([&](auto& traversal) { return traversal.external(deal, player, Random(1)); });
      CHECK(std::abs(outcome.value - exact.value) < 1e-12);
      CHECK(std::abs(external.value - exact.value) < 1e-12);
      for (std::size_t e = 0; e < exact.regrets.size(); ++e) {
        CHECK(std::abs(outcome.regrets[e] - exact.regrets[e]) < 1e-12);
        CHECK(std::abs(external.regrets[e] - exact.regrets[e]) < 1e-12);
      }
    }
  }
}

TEST_CASE("baselines: outcome sampling of Leduc learns sooner with them") {
  const double without = leduc_median(false, 200'000), with = leduc_median(true, 200'000);
  MESSAGE("exploitability " << without << ", with baselines " << with);
  CHECK(with < 0.9 * without);
}
