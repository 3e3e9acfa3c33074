// Three players and more: exact measures of Kuhn and Leduc, rake, the same bytes for any number of workers, tables.
#include <doctest/doctest.h>

#include <atomic>
#include <cmath>
#include <fstream>
#include <iterator>
#include <string>
#include <unit/platform/temporary_directory.hpp>
#include <weir/mccfr/checkpoint.hpp>
#include <weir/mccfr/table_match.hpp>
#include <weir/mccfr/training_game.hpp>

#include "all_in_value.hpp"
#include "support/tier.hpp"
#include "training_support.hpp"

using namespace weir;
using namespace weir::mccfr;

namespace {

std::unique_ptr<TrainingGame> game_of(const std::string& text) { return make_game(text).value(); }

TrainRules rules_of(Algorithm algorithm, UpdateMode mode = UpdateMode::fast) {
  TrainRules rules;
  rules.algorithm = algorithm;
  rules.mode = mode;
  rules.seed = 5;
  return rules;
}

Exploitability learnt(const std::string& text, const TrainRules& rules, std::uint64_t iterations) {
  const auto runtime = test::runtime_of(1);
  const auto game = game_of(text);
  const auto trainer = game->make_trainer(*runtime, rules).value();
  REQUIRE(trainer->advance(iterations, test::look_nowhere, nullptr) == Status::accepted);
  return game->exact(*runtime, *trainer).value();
}

double sum_of_values(const Exploitability& e) {
  double sum = 0;
  for (int p = 0; p < e.players; ++p) sum += e.value[static_cast<std::size_t>(p)];
  return sum;
}

std::string read_all(const std::string& path) {
  std::ifstream in(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(in), {}};
}

void write_all(const std::string& path, const std::string& bytes) {
  std::ofstream(path, std::ios::binary) << bytes;
}

constexpr const char* kuhn3 = R"({"name":"kuhn","players":3})";
constexpr const char* leduc3 = R"({"name":"leduc","players":3})";

TrainRules batches() {
  TrainRules rules = rules_of(Algorithm::external, UpdateMode::deterministic);
  rules.discount.kind = Discount::Kind::linear;
  rules.discount_interval = 256;
  rules.batch = 128;
  rules.lazy = LazySizes::within(4 << 20);
  return rules;
}

/// Checks and calls.
class Caller final : public Agent {
 public:
  void begin(int, Hand) override {}
  void saw(const BettingState&, const BetAction&, Random&) override {}
  BetAction act(const BettingState&, std::span<const Card>, Random&) override { return {'c', 0}; }
};
/// Raises as little as it may, once in two.
class Raiser final : public Agent {
 public:
  void begin(int, Hand) override {}
  void saw(const BettingState&, const BetAction&, Random&) override {}
  BetAction act(const BettingState& state, std::span<const Card>, Random& random) override {
    const LegalActions legal = state.legal();
    if (legal.raise && random.below(2) == 0) return {'r', legal.raise_min};
    return {'c', 0};
  }
};

}  // namespace

TEST_CASE("multiway: three-player Kuhn comes near to where nobody gains by another strategy") {
  for (const auto& [algorithm, iterations, bound] :
       {std::tuple(Algorithm::external, 100'000, 0.012),
        std::tuple(Algorithm::outcome, 100'000, 0.02),
        std::tuple(Algorithm::chance, 20'000, 0.015)}) {
    const Exploitability e =
        learnt(kuhn3, rules_of(algorithm), static_cast<std::uint64_t>(iterations));
    CAPTURE(static_cast<int>(algorithm));
    CHECK(e.players == 3);
    CHECK(e.exploitability() >= 0);
    CHECK(e.exploitability() < bound);
    CHECK(std::abs(sum_of_values(e)) < 1e-9);
    // In all equilibria known the second player loses 1/48, and the first no less (Szafron et al. 2013).
    CHECK(e.value[1] == doctest::Approx(-1.0 / 48).epsilon(0.5));
    CHECK(e.value[2] > 0);
  }
}

TEST_CASE(
    "multiway: nothing learnt is far from there, and four and more players are measured as well") {
  const Exploitability none = learnt(kuhn3, rules_of(Algorithm::external), 1);
  CHECK(none.exploitability() > 0.1);
  const Exploitability four =
      learnt(R"({"name":"kuhn","players":4})", rules_of(Algorithm::external), 60'000);
  CHECK(four.players == 4);
  CHECK(std::abs(sum_of_values(four)) < 1e-9);
  CHECK(four.exploitability() < 0.03);
}

TEST_CASE("multiway: for two players it comes to what the tree of all rows does") {
  const Exploitability e =
      learnt(R"({"name":"kuhn","rows":"visited"})", rules_of(Algorithm::external), 100'000);
  CHECK(e.value[0] == doctest::Approx(-1.0 / 18).epsilon(0.05));
  CHECK(e.exploitability() < 0.01);
}

TEST_CASE(
    "multiway: the exact measure has the same bits for any number of workers, and refuses "
    "hold'em") {
  const auto game = game_of(leduc3);
  const auto trained = test::runtime_of(1);
  const auto trainer = game->make_trainer(*trained, rules_of(Algorithm::external)).value();
  REQUIRE(trainer->advance(2'000, test::look_nowhere, nullptr) == Status::accepted);
  const Exploitability alone = game->exact(*trained, *trainer).value();
  CHECK(alone.exploitability() > 0.01);
  for (const int workers : {0, 2, 3}) {
    const auto runtime = test::runtime_of(workers);
    const Exploitability found = game->exact(*runtime, *trainer).value();
    CAPTURE(workers);
    CHECK(found.value == alone.value);
    CHECK(found.best_response == alone.best_response);
  }
  const auto holdem = MultiwayGame::holdem({});
  REQUIRE(holdem);
  const auto none = measure(*trained, holdem.value(), *trainer->lazy());
  REQUIRE(!none);
  CHECK(none.error().code == "too_large");
}

TEST_CASE("multiway: the house's rake is what all players lose together") {
  for (const char* const text :
       {R"({"name":"kuhn","rake":{"percent":10,"cap":1}})",
        R"({"name":"kuhn","rows":"visited","rake":{"percent":10,"cap":1}})"}) {
    const auto runtime = test::runtime_of(1);
    const auto game = game_of(text);
    auto rules = rules_of(Algorithm::external);
    const auto trainer = game->make_trainer(*runtime, rules).value();
    REQUIRE(trainer->advance(50'000, test::look_nowhere, nullptr) == Status::accepted);
    const Exploitability e = game->exact(*runtime, *trainer).value();
    // A tenth of a pot of two to four.
    CHECK(sum_of_values(e) < -0.2);
    CHECK(sum_of_values(e) > -0.4);
    CHECK(e.exploitability() < 0.02);
  }
  const Exploitability three =
      learnt(R"({"name":"kuhn","players":3,"rake":{"percent":100,"cap":1}})",
             rules_of(Algorithm::external), 20'000);
  CHECK(sum_of_values(three) == doctest::Approx(-1));  // every pot is larger than the cap
  CHECK(!make_game(R"({"name":"kuhn","rake":{"percent":101}})"));
  CHECK(!make_game(R"({"name":"kuhn","rake":5})"));
}

TEST_CASE(
    "multiway: what is looked up late is what the cards say, of all players and of one alone") {
  HoldemConfig config;
  config.rules = no_limit_holdem_rules(3, 20, 1, 2);
  config.buckets.buckets = {169, 30, 20, 10};
  MultiwayGame game = MultiwayGame::holdem(config).value();
  REQUIRE(game.make_cards());
  const CardBuckets& cards = *game.cards()->cards();
  Random random(7);
  MultiwayDeal deal;
  const auto agrees = [&](int player) {
    const Hand hand = deal.hand(player);
    for (const int round : {3, 1, 2, 0, 3}) {
      const auto shown = static_cast<std::size_t>(round == 0 ? 0 : round + 2);
      if (deal.bucket(round, player) != cards.bucket(hand, deal.board().first(shown))) return false;
    }
    return true;
  };
  bool same = true, apart = true;
  for (int k = 0; k < 300; ++k) {
    game.deal(random, deal);
    CardSet taken = set_of(std::span<const Card>(deal.board()));
    for (int p = 0; p < 3; ++p) {
      const CardSet hand = cards_of(deal.hand(p)).set();
      apart = apart && (taken & hand) == 0;
      taken |= hand;
      same = same && agrees(p);
      same = same && deal.ranks()[static_cast<std::size_t>(p)] ==
                         hand_ranks()(PartialHand(deal.board()) + PartialHand(deal.hand(p)));
    }
    game.deal_to(k % 3, random, deal);
    apart = apart &&
            (set_of(std::span<const Card>(deal.board())) & cards_of(deal.hand(k % 3)).set()) == 0;
    same = same && agrees(k % 3);
  }
  CHECK(same);
  CHECK(apart);
}

TEST_CASE("multiway: steps of a discount come together, and reach rows that nobody visits") {
  TrainRules rules = rules_of(Algorithm::external);
  rules.discount.kind = Discount::Kind::linear;
  rules.discount_interval = 8;
  // What halves weights is taken step by step, and however many were taken an answer comes at once.
  CHECK(Discount::parse("dcfr:1.5,0,2").value().steps_at_once(1000) == 1);
  CHECK(Discount::parse("static:0.99,0.99").value().steps_at_once(1000) == 13);
  CHECK(rules.discount.steps_at_once(~std::uint64_t{0} / 2) == 65'536);

  const auto runtime = test::runtime_of(1);
  const auto game = game_of(kuhn3);
  const auto make = [&] { return game->make_trainer(*runtime, rules).value(); };
  {
    // Steps without effect are many at once: of 2^60 iterations each, none is ever due.
    rules.discount = Discount::parse("static:1,1").value();
    rules.discount_interval = std::uint64_t{1} << 60;
    const auto endless = make();
    REQUIRE(endless->advance(50, test::look_nowhere, nullptr) == Status::accepted);
    CHECK(endless->state().discounts == 0);
    const test::TemporaryDirectory folder;
    const std::string path = folder.path() + "/kept";
    REQUIRE(write_checkpoint(path, game->json(), rules, *endless));
    CHECK(read_checkpoint(path, *make(), Resume::yes));
    rules.discount = Discount::parse("linear").value();
    rules.discount_interval = 8;
  }
  const auto trainer = make();
  constexpr std::uint32_t nobody = 99;  // no card
  const std::uint32_t row = trainer->lazy()->claim(0, nobody, 2, 0);
  REQUIRE(row != 0);
  trainer->lazy()->regrets(row)[0] = 1'000'000;
  std::uint64_t steps = 0, passes = 0;
  for (; steps < 1000; ++passes) steps += rules.discount.steps_at_once(steps);
  CHECK(passes < 100);
  // Half way to the next.
  REQUIRE(trainer->advance(steps * 8 + 100, test::look_nowhere, nullptr) == Status::accepted);
  CHECK(trainer->state().discounts == steps);
  const double expected = 1e6 / static_cast<double>(steps + 1);
  CHECK(std::abs(trainer->lazy()->regrets(row)[0] - expected) <= 4);

  trainer->lazy()->regrets(row)[0] = 0;  // rows of zeros are not kept
  const test::TemporaryDirectory folder;
  const std::string path = folder.path() + "/kept";
  REQUIRE(write_checkpoint(path, game->json(), rules, *trainer));
  const auto again = make();
  REQUIRE(read_checkpoint(path, *again, Resume::yes));
  REQUIRE(again->advance(steps * 10, test::look_nowhere, nullptr) == Status::accepted);
  CHECK(again->state().discounts > steps);
}

// One thread plays here; the tables that it needs take half a minute under sanitizers.
TEST_CASE("multiway: who has learnt nothing checks, and faces bets by the strength of his hand" *
          doctest::skip(test::sanitized)) {
  HoldemConfig config;
  config.rules = no_limit_holdem_rules(3, 400, 1, 2);
  config.buckets.buckets = {169, 5, 5, 5};
  MultiwayGame game = MultiwayGame::holdem(config).value();
  REQUIRE(game.make_cards());
  const LazyTable table = LazyTable::make(LazySizes::of(8, 8, 64), 1).value();
  const HandStrengths strengths = HandStrengths::make();
  const auto agent = make_lazy_blueprint(game, table, strengths);
  Random random(3);
  // Of 13 hands from weak to strong, how many call; seat 0 is the small blind.
  const auto calls = [&](const std::vector<BetAction>& before, std::string_view cards) {
    const auto board = parse_cards(cards).value();
    int count = 0;
    for (const char* text : {"7c2d", "8c3d", "Tc4d", "Jc5d", "9c8d", "QcTd", "KcJd", "AcTd", "5c5d",
                             "AcQd", "9c9d", "QcQd", "AcAd"}) {
      const auto hand = parse_cards(text).value();
      BettingState state(game.rules());
      agent->begin(0, hand_of(hand[0], hand[1]));
      for (const BetAction& action : before) {
        agent->saw(state, action, random);
        state.apply(action);
      }
      REQUIRE(state.player() == 0);
      const BetAction action = agent->act(state, board, random);
      CHECK((action.letter == 'c' || action.letter == 'f'));
      count += action.letter == 'c' ? 1 : 0;
    }
    return count;
  };
  const BetAction call{'c', 0}, small{'r', 4}, all_in{'r', 400};
  CHECK(calls({call, call, call}, "Ks8h2s") == 13);  // nothing to pay
  const int facing_small = calls({small}, "");
  const int facing_all = calls({all_in}, "");
  CHECK(facing_small > facing_all);
  CHECK(facing_all >= 1);
  CHECK(facing_all <= 4);
}

TEST_CASE("multiway: hands of hold'em with rake pay out what was put in, less the rake") {
  for (int players = 2; players <= 6; ++players) {
    BettingRules rules = no_limit_holdem_rules(players, 100, 1, 2);
    rules.rake = {5, 3, false};
    rules.whole_chips = false;
    Random random(static_cast<std::uint64_t>(players));
    for (int hand = 0; hand < 400; ++hand) {
      BettingState state(rules);
      while (!state.over()) {
        std::array<BetAction, actions_max> menu;
        const int count = menu_actions(state, pot_menu(), menu);
        state.apply(menu[random.below(static_cast<std::uint32_t>(count))]);
      }
      std::array<std::uint32_t, players_max> ranks{};
      for (std::uint32_t& rank : ranks) rank = random.below(4);
      const Settlement result = state.settle(ranks);
      double sum = 0;
      for (const double net : result.net) sum += net;
      CHECK(sum == doctest::Approx(-result.rake));
      CHECK(result.rake <= 3 + 1e-9);
      CHECK(result.rake <= 0.05 * state.pot() + 1e-9);
      CHECK(result.rake > 0);
    }
  }
}

TEST_CASE(
    "multiway: the same seed makes the same bytes with any number of workers, also gone on with") {
  const test::TemporaryDirectory folder;
  for (const char* const text : {kuhn3, leduc3}) {
    const auto game = game_of(text);
    const TrainRules rules = batches();
    const auto run = [&](int workers, std::uint64_t stop, const std::string& name) {
      const auto runtime = test::runtime_of(workers);
      const std::string path = folder.path() + "/" + name;
      {
        const auto trainer = game->make_trainer(*runtime, rules).value();
        REQUIRE(trainer->advance(stop, test::look_nowhere, nullptr) == Status::accepted);
        REQUIRE(write_checkpoint(path, game->json(), rules, *trainer));
      }
      const auto further = game->make_trainer(*runtime, rules).value();
      REQUIRE(read_checkpoint(path, *further, Resume::yes));
      REQUIRE(further->advance(1'000, test::look_nowhere, nullptr) == Status::accepted);
      REQUIRE(write_checkpoint(path + "-end", game->json(), rules, *further));
      const auto read = game->make_trainer(*runtime, rules).value();
      REQUIRE(read_checkpoint(path + "-end", *read, Resume::no));
      CHECK(table_sha256(*read) == table_sha256(*further));
      CHECK(read->state().iterations == 1'000);
      return std::pair(read_all(path), read_all(path + "-end"));
    };
    const auto one = run(1, 300, "one");
    CHECK(run(2, 300, "two") == one);
    CHECK(run(4, 300, "four") == one);
    CHECK(run(2, 800, "later").second == one.second);
    CHECK(run(0, 1'000, "whole").second == one.second);
  }
}

TEST_CASE("multiway: every cut and every changed byte of a checkpoint is refused") {
  const test::TemporaryDirectory folder;
  const std::string path = folder.path() + "/kept";
  const auto runtime = test::runtime_of(1);
  const auto game = game_of(kuhn3);
  TrainRules rules = batches();
  rules.lazy = LazySizes::within(1 << 16);
  const auto trainer = game->make_trainer(*runtime, rules).value();
  REQUIRE(trainer->advance(300, test::look_nowhere, nullptr) == Status::accepted);
  CHECK(!trainer->undo().empty());
  REQUIRE(write_checkpoint(path, game->json(), rules, *trainer));
  const std::string good = read_all(path);
  const auto read = [&](const std::string& bytes) {
    write_all(path, bytes);
    const auto fresh = game->make_trainer(*runtime, rules).value();
    return read_checkpoint(path, *fresh, Resume::yes);
  };
  CHECK(read(good));
  for (std::size_t size = 0; size < good.size(); size += 61) {
    INFO("cut at " << size);
    CHECK(!read(good.substr(0, size)));
  }
  for (std::size_t at = 0; at < good.size(); at += 23) {
    std::string bad = good;
    bad[at] = static_cast<char>(bad[at] ^ 0x10);
    INFO("byte " << at);
    CHECK(!read(bad));
  }
  write_all(path, good);
  const auto other = game_of(leduc3)->make_trainer(*runtime, rules).value();
  CHECK(!read_checkpoint(path, *other, Resume::no));
  const auto dense = game_of(R"({"name":"kuhn"})")->make_trainer(*runtime, rules).value();
  CHECK(read_checkpoint(path, *dense, Resume::no).error().code == "abstraction");
  TrainRules small = rules;
  small.lazy = LazySizes::of(30, 20, 100);
  const auto narrow = game->make_trainer(*runtime, small).value();
  CHECK(read_checkpoint(path, *narrow, Resume::no).error().code == "table_full");
}

TEST_CASE("multiway: a full table goes on and counts, or ends a deterministic run as it was") {
  const auto runtime = test::runtime_of(2);
  const auto game = game_of(leduc3);
  TrainRules rules = rules_of(Algorithm::external);
  rules.lazy = LazySizes::of(300, 100, 900);
  const auto fast = game->make_trainer(*runtime, rules).value();
  REQUIRE(fast->advance(500, test::look_nowhere, nullptr) == Status::accepted);
  CHECK(fast->state().iterations == 500);
  CHECK(fast->lazy()->refused() > 0);
  CHECK(!fast->full());
  rules = batches();
  rules.lazy = LazySizes::of(300, 100, 900);
  const auto exact = game->make_trainer(*runtime, rules).value();
  REQUIRE(exact->advance(500, test::look_nowhere, nullptr) == Status::accepted);
  CHECK(exact->full());
  CHECK(exact->state().iterations == 0);
  CHECK(lazy_rows(*exact->lazy()).rows.empty());
}

TEST_CASE(
    "table match: seats in turn, what one wins the others lose, the same for any number of "
    "workers") {
  const auto caller = [] { return std::make_unique<Caller>(); };
  const auto raiser = [] { return std::make_unique<Raiser>(); };
  BettingRules rules = no_limit_holdem_rules(3, 100, 1, 2);
  const auto two = test::runtime_of(2), four = test::runtime_of(4);
  const auto equal = play_table(*two, rules, caller, caller, {600, true, 3}).value();
  CHECK(equal.all.hands == 600);
  CHECK(equal.all.chips_per_hand == doctest::Approx(0));
  const auto one = play_table(*two, rules, raiser, caller, {601, true, 3}).value();
  CHECK(one.all.hands == 603);
  CHECK(one.seats[2].hands == 201);
  double mean = 0;
  for (std::size_t s = 0; s < 3; ++s) mean += one.seats[s].chips_per_hand / 3;
  CHECK(mean == doctest::Approx(one.all.chips_per_hand));
  const auto same = play_table(*four, rules, raiser, caller, {601, true, 3}).value();
  CHECK(same.all.chips_per_hand == one.all.chips_per_hand);
  CHECK(same.all.ci95 == one.all.ci95);
  CHECK(play_table(*two, rules, raiser, caller, {600, false, 3}).value().seats[1].hands == 200);
  std::atomic<int> asked{0};
  const auto ended = play_table(*two, rules, raiser, caller, {3'000'000'000'000, true, 3},
                                [&] { return asked.fetch_add(1) < 50; });
  REQUIRE(ended);
  CHECK(ended.value().all.hands == 150);
  CHECK(ended.value().seats[0].hands == 50);
  rules.rake = {50, 1, false};
  rules.whole_chips = false;
  const auto raked = play_table(*two, rules, caller, caller, {600, true, 3}).value();
  CHECK(raked.all.chips_per_hand == doctest::Approx(-1.0 / 3));
}

TEST_CASE(
    "multiway: an all-in before the river is worth its mean over boards, which scatters less") {
  // Three players, 40 chips each, one folds on the flop, two are all-in there.
  BettingRules rules = no_limit_holdem_rules(3, 40, 1, 2);
  rules.whole_chips = false;
  BettingState state(rules);
  for (const BetAction action :
       {BetAction{'c', 0}, BetAction{'c', 0}, BetAction{'c', 0}, BetAction{'c', 0},
        BetAction{'r', 40}, BetAction{'f', 0}, BetAction{'c', 0}})
    state.apply(action);
  REQUIRE(state.kind() == NodeKind::showdown);
  REQUIRE(state.round() == 1);
  REQUIRE(state.folded(2));
  const std::vector<Card> own = parse_cards("AsKdQhQcAhTs").value();
  const std::vector<Hand> hands = {hand_of(own[0], own[1]), hand_of(own[2], own[3]),
                                   hand_of(own[4], own[5])};
  const std::vector<Card> flop = parse_cards("Ks9h2d").value();
  // Exactly, over all turns and rivers that the three hands leave.
  double exact = 0, square = 0, boards = 0;
  std::array<std::uint32_t, players_max> ranks{};
  const auto net_of = [&](Card turn, Card river) {
    PartialHand board{std::span<const Card>(flop)};
    board.add(turn);
    board.add(river);
    for (std::size_t p = 0; p < 3; ++p) ranks[p] = hand_ranks()(board + PartialHand(hands[p]));
    return state.settle(ranks).net[0];
  };
  std::uint64_t dealt = 0;
  for (const Card card : own) dealt |= std::uint64_t{1} << card;
  for (const Card card : flop) dealt |= std::uint64_t{1} << card;
  const auto left = [&](Card card) { return (dealt >> card & 1) == 0; };
  std::vector<std::array<Card, 2>> rest;
  for (Card turn = 0; turn < card_count; ++turn)
    for (Card river = 0; river < turn; ++river)
      if (left(turn) && left(river)) rest.push_back({turn, river});
  for (const auto& [turn, river] : rest) {
    const double net = net_of(turn, river);
    exact += net;
    square += net * net;
    ++boards;
  }
  exact /= boards;
  const double scatter = square / boards - exact * exact;
  Random random(11);
  double total = 0, squares = 0;
  constexpr int draws = 4000;
  for (int k = 0; k < draws; ++k) {
    const auto& [turn, river] = rest[random.below(static_cast<std::uint32_t>(rest.size()))];
    net_of(turn, river);
    const std::array<Card, 5> board = {flop[0], flop[1], flop[2], turn, river};
    const double net = all_in_value(state, 0, hands, board, ranks, random);
    total += net;
    squares += net * net;
  }
  const double mean = total / draws, spread = squares / draws - mean * mean;
  CHECK(std::abs(mean - exact) < 3 * std::sqrt(scatter / draws));
  CHECK(spread < 0.3 * scatter);  // one board's: scatter
}
