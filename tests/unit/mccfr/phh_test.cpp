#include <weir/mccfr/phh.hpp>

#include "betting_play.hpp"

using namespace betting_test;

namespace {

/// Three players; the button raises, the big blind folds, the small one is all-in on the turn.
const char* const three_players = R"(# a hand of three
variant = "NT"
antes = [500, 500, 500]
blinds_or_straddles = [1000, 2000, 0]
min_bet = 2_000
starting_stacks = [1125600, 2000000, 553500]
actions = [
  # before the flop
  "d dh p1 Ac2d",  # small blind
  'd dh p2 ????',
  "d dh p3 7h6h",
  "p3 cbr 7000", "p1 cbr 23000", "p2 f", "p3 cc # slowly",
  "d db Jc3d5c",
  "p1 cbr 35000",
  "p3 cc",
  "d db 4h",
  "p1 cbr 90000", "p3 cbr 232600", "p1 cbr 1067100", "p3 cc",
  "",
  "p1 sm Ac2d",
  "p3 sm 7h6h",
  "d db Jh",
]
players = ["A", "B", "C"]
time = 12:30:00
)";

std::string heads_up(const std::string& actions) {
  return "variant = \"NT\"\nantes = [0, 0]\nblinds_or_straddles = [0.5, 1]\nmin_bet = 1\n"
         "starting_stacks = [100, 80.25]\nactions = [" +
         actions + "]\n";
}

std::string phh_refused(const std::string& text) {
  const auto hand = parse_phh(text);
  if (!hand) return hand.error().code + " " + hand.error().where;
  const auto replayed = replay_hand(hand.value());
  return replayed ? "" : replayed.error().code + " " + replayed.error().where;
}

const std::string dealt = "\"d dh p1 AsKd\", \"d dh p2 QcQh\", ";

}  // namespace

TEST_CASE("phh: a hand is read, replayed and settled") {
  const auto hand = parse_phh(three_players);
  REQUIRE_MESSAGE(hand.ok(), (hand ? "" : hand.error().text()));
  CHECK(hand.value().rules.min_bet == 2000);
  CHECK(hand.value().rules.first[0] == 2);
  CHECK(hand.value().actions[6].remark == "slowly");
  const auto replayed = replay_hand(hand.value());
  REQUIRE_MESSAGE(replayed.ok(), (replayed ? "" : replayed.error().text()));
  const PhhReplay& result = replayed.value();
  CHECK(result.board == "Jc3d5c4hJh");
  CHECK(result.holes == std::vector<std::string>{"Ac2d", "????", "7h6h"});
  CHECK(result.state.kind() == NodeKind::showdown);
  CHECK(result.state.put(0) == 1125600);  // 500 + 23000 + 35000 + 1067100
  CHECK(result.state.put(2) == 553500);
  // The longer straight wins; 572,100 were never called.
  const Settlement settled = result.state.settle(std::vector<std::uint32_t>{5, 0, 6});
  CHECK(settled.net[0] == -553500);
  CHECK(settled.net[1] == -2500);
  CHECK(settled.net[2] == 556000);
}

TEST_CASE("phh: what was read is written, and read again it is the same") {
  const auto hand = parse_phh(three_players);
  REQUIRE(hand.ok());
  const std::string text = phh_text(hand.value());
  CHECK(text.find("time = 12:30:00\n") != std::string::npos);
  CHECK(text.find("players = [\"A\", \"B\", \"C\"]\n") != std::string::npos);
  CHECK(text.find("\"p3 cc # slowly\",") != std::string::npos);
  const auto again = parse_phh(text);
  REQUIRE_MESSAGE(again.ok(), (again ? "" : again.error().text()));
  CHECK(again.value() == hand.value());
  CHECK(phh_text(again.value()) == text);
}

TEST_CASE("phh: heads-up the second player posts the small blind; cents are chips") {
  const auto hand =
      parse_phh(heads_up(dealt + "\"p2 cbr 2.5\", \"p1 cc\", \"d db 2c3c4c\", \"p1 cc\""));
  REQUIRE_MESSAGE(hand.ok(), (hand ? "" : hand.error().text()));
  CHECK(hand.value().decimals == 2);
  CHECK(hand.value().rules.blinds[0] == 100);
  CHECK(hand.value().rules.blinds[1] == 50);
  CHECK(hand.value().rules.stacks[1] == 8025);
  const auto replayed = replay_hand(hand.value());
  REQUIRE_MESSAGE(replayed.ok(), (replayed ? "" : replayed.error().text()));
  CHECK(replayed.value().state.player() == 1);
  CHECK(replayed.value().state.pot() == 500);
  const std::string text = phh_text(hand.value());
  CHECK(text.find("blinds_or_straddles = [0.5, 1]") != std::string::npos);
  CHECK(text.find("starting_stacks = [100, 80.25]") != std::string::npos);
  CHECK(text.find("p2 cbr 2.5") != std::string::npos);
}

TEST_CASE("phh: straddles, big blind antes, endless stacks and fixed limit") {
  const auto straddle = parse_phh(
      "variant = 'NT'\nantes = [0, 2, 0, 0]\nblinds_or_straddles = [1, 2, 4, 0]\nmin_bet = 2\n"
      "starting_stacks = [inf, 400, 400, 400]\nactions = [\"d dh p1 ????\", \"d dh p2 ????\","
      "\"d dh p3 ????\", \"d dh p4 ????\", \"p4 cbr 8\", \"p1 f\", \"p2 cbr 30\"]");
  REQUIRE_MESSAGE(straddle.ok(), (straddle ? "" : straddle.error().text()));
  CHECK(straddle.value().rules.first[0] == 3);
  const auto replayed = replay_hand(straddle.value());
  REQUIRE_MESSAGE(replayed.ok(), (replayed ? "" : replayed.error().text()));
  CHECK(replayed.value().state.put(1) == 32);
  CHECK(phh_text(straddle.value()).find("starting_stacks = [inf, 400") != std::string::npos);

  const auto fixed = parse_phh(
      "variant = \"FT\"\nantes = [0, 0]\nblinds_or_straddles = [1, 2]\nsmall_bet = 2\nbig_bet = 4\n"
      "starting_stacks = [48, 48]\nactions = [" +
      dealt + "\"p2 cbr 4\", \"p1 cbr 6\", \"p2 cc\"]");
  REQUIRE_MESSAGE(fixed.ok(), (fixed ? "" : fixed.error().text()));
  CHECK(replay_hand(fixed.value()).ok());
}

TEST_CASE("phh: files that are not hands are refused with a line") {
  CHECK(phh_refused("") == "bad_phh line 1");
  CHECK(phh_refused("variant = \"PO\"") == "unsupported line 1");
  CHECK(phh_refused("[1]\nvariant = \"NT\"") == "bad_toml line 1");
  CHECK(phh_refused("variant = \"NT\nantes = [0]") == "bad_toml line 1");
  CHECK(phh_refused("\nvariant \"NT\"") == "bad_toml line 2");
  CHECK(phh_refused("a = 1\na = 2") == "bad_toml line 2");
  CHECK(phh_refused("a = 1 b = 2") == "bad_toml line 1");
  CHECK(phh_refused("a = [1, 2") == "bad_toml line 1");
  CHECK(phh_refused("a = [1 2]") == "bad_toml line 1");
  CHECK(phh_refused("a = \"\\q\"") == "bad_toml line 1");
  CHECK(phh_refused("a = ") == "bad_toml line 1");
  CHECK(phh_refused("a = " + std::string(20, '[')) == "bad_toml line 1");
  CHECK(phh_refused("variant = \"NT\"\nantes = 3") == "bad_phh line 2");
  CHECK(phh_refused(heads_up("3")) == "bad_phh line 6");
  CHECK(phh_refused(heads_up("\"p3 f\"")) == "bad_phh line 6");
  CHECK(phh_refused(heads_up("\"p1 raises\"")) == "bad_phh line 6");
  CHECK(phh_refused(heads_up("\"p1 cbr x\"")) == "bad_phh line 6");
  CHECK(phh_refused(heads_up("\"p1 cbr 2 3\"")) == "bad_phh line 6");
  CHECK(phh_refused(heads_up("\"p1 cbr 1.23456\"")) == "bad_phh line 1");
  CHECK(phh_refused(heads_up("\"p1 cbr 99999999999\"")) == "bad_phh line 6");
  CHECK(phh_refused(heads_up("\"d xx\"")) == "bad_phh line 6");
  CHECK(phh_refused(heads_up("\"d db\"")) == "bad_phh line 6");
  CHECK(phh_refused("variant = \"NT\"\nantes = [0, 0]\nblinds_or_straddles = [0, 0]\nmin_bet = 1\n"
                    "starting_stacks = [1, 1]\nactions = []") == "bad_phh line 1");
  CHECK(phh_refused("variant = \"NT\"\nantes = [0, 0]\nblinds_or_straddles = [1]\nmin_bet = 1\n"
                    "starting_stacks = [1, 1]\nactions = []") == "bad_phh line 3");
}

TEST_CASE("phh: actions that are not legal are refused with their number") {
  CHECK(phh_refused(heads_up(dealt + "\"p2 f\"")) == "");
  CHECK(phh_refused(heads_up("\"d dh p1 AsKd\", \"p2 f\"")) == "illegal_action actions[1]");
  CHECK(phh_refused(heads_up("\"d dh p1 AsKd\", \"d dh p1 QcQh\"")) == "bad_cards actions[1]");
  CHECK(phh_refused(heads_up("\"d dh p1 AsKd\", \"d dh p2 QcAs\"")) == "bad_cards actions[1]");
  CHECK(phh_refused(heads_up("\"d dh p1 AsK\"")) == "bad_cards actions[0]");
  CHECK(phh_refused(heads_up(dealt + "\"p1 cc\"")) == "illegal_action actions[2]");
  CHECK(phh_refused(heads_up(dealt + "\"p2 cbr 1.5\"")) == "illegal_action actions[2]");
  CHECK(phh_refused(heads_up(dealt + "\"d db 2c3c4c\"")) == "bad_cards actions[2]");
  CHECK(phh_refused(heads_up(dealt + "\"p2 cc\", \"p1 cc\", \"p1 cc\"")) ==
        "illegal_action actions[4]");
  CHECK(phh_refused(heads_up(dealt + "\"p2 f\", \"p1 cc\"")) == "illegal_action actions[3]");
  CHECK(phh_refused(heads_up(dealt + "\"p2 f\", \"d db 2c3c4c\"")) == "bad_cards actions[3]");
  CHECK(phh_refused(heads_up(dealt + "\"p2 sm QcQh\"")) == "bad_cards actions[2]");
  CHECK(phh_refused(heads_up(dealt + "\"p2 cbr 80.25\", \"p1 cc\", \"p2 sm QcQd\"")) ==
        "bad_cards actions[4]");
}

TEST_CASE("phh: a file of many hands is split at its names, lines count through") {
  const std::string hand = heads_up(dealt + "\"p2 f\"");
  const std::string file = "# all hands\n[1]\n" + hand + "\n[hand-2] # the second\r\n" + hand +
                           "[3]\n" + heads_up("\n  3");
  const std::vector<PhhSection> hands = split_phhs(file);
  REQUIRE(hands.size() == 3);
  CHECK(hands[0].name == "1");
  CHECK(hands[0].line == 3);
  CHECK(hands[1].name == "hand-2");
  CHECK(hands[0].text == hand + "\n");
  CHECK(hands[1].text == hand);
  CHECK(parse_phh(hands[0].text, hands[0].line).ok());
  CHECK(parse_phh(hands[1].text, hands[1].line).ok());
  const auto wrong = parse_phh(hands[2].text, hands[2].line);
  REQUIRE(!wrong.ok());
  CHECK(wrong.error().where == "line " + std::to_string(hands[2].line + 6));
  const std::vector<PhhSection> one = split_phhs(three_players);
  REQUIRE(one.size() == 1);
  CHECK(one[0].name.empty());
  CHECK(one[0].text == three_players);
  CHECK(split_phhs("").size() == 1);
}

TEST_CASE("phh: random hands are written, read and replayed to the same end") {
  weir::test::Random random(weir::test::seed(3));
  const std::uint64_t hands = weir::test::amount(300, 2'000, 50'000);
  for (std::uint64_t number = 0; number < hands; ++number) {
    PhhHand hand;
    hand.rules = random_rules(random);
    hand.rules.rake = {};
    hand.rules.reopen = Reopen::wsop;
    if (hand.rules.betting == Betting::fixed) {
      hand.rules.raises_max = {4, 4, 4, 4};
      hand.rules.min_bet = BettingRules{}.min_bet;
    } else {
      hand.rules.bets = {};
    }
    hand.decimals = static_cast<int>(random.below(3));
    for (int p = 0; p < hand.rules.players; ++p) {
      hand.actions.push_back({PhhAction::Kind::hole, p, 0, "????", "a \"note\""});
    }
    BettingState state(hand.rules);
    std::vector<BetAction> actions;
    int board = 0;
    while (!state.over() && actions.size() < 60) {
      const BetAction action = random_action(state, random);
      PhhAction written{PhhAction::Kind::call, state.player(), 0, "", ""};
      if (action.letter == 'f') written.kind = PhhAction::Kind::fold;
      if (action.letter == 'r') {
        const Chips ante = state.put(state.player()) - state.bet(state.player());
        written.kind = PhhAction::Kind::bet;
        written.amount = action.total - ante - state.round_level();
      }
      hand.actions.push_back(written);
      actions.push_back(action);
      state.apply(action);
      if (!state.over() && state.round() > board) {
        board = state.round();
        hand.actions.push_back({PhhAction::Kind::board, 0, 0, board == 1 ? "??????" : "??", ""});
      }
    }
    const std::string text = phh_text(hand);
    const auto parsed = parse_phh(text);
    REQUIRE_MESSAGE(parsed.ok(), (parsed ? "" : parsed.error().text()), text);
    const auto replayed = replay_hand(parsed.value());
    REQUIRE_MESSAGE(replayed.ok(), (replayed ? "" : replayed.error().text()), text);
    const BettingState& end = replayed.value().state;
    REQUIRE(replayed.value().actions.size() == actions.size());
    REQUIRE(end.over() == state.over());
    REQUIRE(end.round() == state.round());
    REQUIRE(phh_text(parsed.value()) == text);
  }
}

TEST_CASE("phh: damaged hands are refused, or are other hands that come back as they are") {
  weir::test::Random random(weir::test::seed(7));
  const std::uint64_t hands = weir::test::amount(1'000, 10'000, 500'000);
  std::uint64_t read = 0;
  for (std::uint64_t i = 0; i < hands; ++i) {
    const std::string text = damaged(three_players, random);
    const auto hand = parse_phh(text);
    if (!hand) {
      REQUIRE(!hand.error().code.empty());
      continue;
    }
    ++read;
    const std::string written = phh_text(hand.value());
    const auto again = parse_phh(written);
    REQUIRE_MESSAGE(again.ok(), (again ? "" : again.error().text()), written);
    REQUIRE(phh_text(again.value()) == written);
    const auto replayed = replay_hand(hand.value());
    REQUIRE(replayed.ok() == replay_hand(again.value()).ok());
    if (!replayed) REQUIRE(replayed.error().where.starts_with("actions["));
  }
  CHECK(read > hands / 50);
}
