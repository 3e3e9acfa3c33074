#include <weir/mccfr/bet_menu.hpp>

#include "betting_play.hpp"

using namespace betting_test;

namespace {

BetMenu menu_of(const char* sizes) {
  BetMenu menu;
  const auto parsed = parse_bet_sizes(sizes);
  REQUIRE_MESSAGE(parsed.ok(), sizes);
  menu.set_all({parsed.value()});
  return menu;
}

/// The menu's actions, "f c r6 r400".
std::string actions_text(const BettingState& state, const BetMenu& menu) {
  std::array<BetAction, actions_max> actions;
  const int count = menu_actions(state, menu, actions);
  std::string text;
  for (int i = 0; i < count; ++i) {
    const BetAction& action = actions[static_cast<std::size_t>(i)];
    CHECK(state.refusal(action) == nullptr);
    text += std::string(i == 0 ? "" : " ") + action.letter;
    if (action.letter == 'r') text += std::to_string(action.total);
  }
  return text;
}

std::string bet_refused(std::string_view text) {
  const auto sizes = parse_bet_sizes(text);
  if (sizes) return "";
  CHECK(sizes.error().code == "bad_bet");
  return sizes.error().where;
}

}  // namespace

TEST_CASE("bet menu: sizes are read and written") {
  for (const char* text : {"50%", "33.3%", "7%", "2.5x", "100c", "e", "2e", "3e200%", "e150%", "a",
                           "min", "33%,75%,a", ""}) {
    const auto sizes = parse_bet_sizes(text);
    REQUIRE_MESSAGE(sizes.ok(), text);
    CHECK(to_string(sizes.value()) == text);
  }
  CHECK(to_string(parse_bet_sizes(" 50% , a ").value()) == "50%,a");
  CHECK(parse_bet_size("66%").value() == BetSize{BetSize::Kind::pot, 0.66, 0});
}

TEST_CASE("bet menu: what is no size has a column") {
  CHECK(bet_refused("50") == "column 3");
  CHECK(bet_refused("50%,") == "column 5");
  CHECK(bet_refused("50%,x") == "column 5");
  CHECK(bet_refused("0%") == "column 1");
  CHECK(bet_refused("-5%") == "column 1");
  CHECK(bet_refused("nan%") == "column 1");
  CHECK(bet_refused("1x") == "column 1");
  CHECK(bet_refused("1.5c") == "column 1");
  CHECK(bet_refused("2.5e") == "column 1");
  CHECK(bet_refused("2e150") == "column 6");
  CHECK(bet_refused("2ex") == "column 3");
  CHECK(bet_refused("50%%") == "column 3");
  CHECK(bet_refused("99999999999%") == "column 1");
}

TEST_CASE("bet menu: parts of the pot are counted after calling") {
  const BettingRules rules = no_limit_holdem_rules(2, 400, 1, 2);
  BettingState state(rules);
  CHECK(actions_text(state, menu_of("100%,a")) == "f c r6 r400");
  CHECK(actions_text(state, menu_of("50%,75%,100%")) == "f c r4 r5 r6");
  CHECK(actions_text(state, menu_of("25%,33%")) == "f c r4");  // both are below the least raise
  play(state, "r6");
  CHECK(actions_text(state, menu_of("100%")) == "f c r18");
  play(state, "c");
  CHECK(actions_text(state, menu_of("50%,100%")) == "c r12 r18");
  play(state, "r18");
  CHECK(actions_text(state, menu_of("100%,2.5x,30c,min,a")) == "f c r30 r36 r48 r54 r400");
}

TEST_CASE("bet menu: multiples need a bet, geometric sizes end all-in") {
  const BettingRules rules = no_limit_holdem_rules(2, 400, 1, 2);
  BettingState state(rules);
  CHECK(actions_text(state, menu_of("3x")) == "f c r6");
  play(state, "c");
  CHECK(actions_text(state, menu_of("3x")) == "c r6");
  play(state, "c");
  CHECK(actions_text(state, menu_of("3x")) == "c");
  // 398 behind each, 4 in the pot, three rounds: the pot grows by the cube root of 200, 5.848.
  CHECK(actions_text(state, menu_of("e")) == "c r12");
  CHECK(actions_text(state, menu_of("1e")) == "c r400");
  CHECK(actions_text(state, menu_of("2e,2e200%")) == "c r10 r28");
  const BettingRules exact = no_limit_holdem_rules(2, 54, 1, 2);  // 52 behind: 4 -> 12 -> 36 -> 108
  BettingState round(exact);
  play(round, "cc");
  for (const char* bet : {"c r6", "c r18", "c r54"}) {
    CHECK(actions_text(round, menu_of("e")) == bet);
    play(round, std::string(bet).substr(2) + "c");
  }
  CHECK(round.kind() == NodeKind::showdown);
}

TEST_CASE("bet menu: nearly all chips are all of them, and no more than can be called") {
  BettingRules rules = no_limit_holdem_rules(2, 100, 1, 2);
  BettingState state(rules);
  BetMenu menu = menu_of("95c");
  CHECK(actions_text(state, menu) == "f c r97");  // 96 of 99 are 96.97 %
  CHECK(actions_text(state, menu_of("96c")) == "f c r100");
  menu.all_in_from = 0.9;
  CHECK(actions_text(state, menu) == "f c r100");
  rules.stacks = {30, 100};
  CHECK(actions_text(BettingState(rules), menu_of("a")) == "f c r30");
  rules.stacks = {3, 100};  // the least raise is 4 though only 3 can be called
  CHECK(actions_text(BettingState(rules), menu_of("a")) == "f c r4");
}

TEST_CASE("bet menu: close sizes are merged into the larger one") {
  const BettingRules rules = no_limit_holdem_rules(2, 4000, 10, 20);
  BettingState state(rules);
  play(state, "cc");
  BetMenu menu = menu_of("50%,55%,100%,110%");
  CHECK(actions_text(state, menu) == "c r40 r42 r60 r64");
  menu.merge = 0.1;
  CHECK(actions_text(state, menu) == "c r42 r64");
}

TEST_CASE("bet menu: lists by round, seat and number of raises; donk bets; caps") {
  const BettingRules rules = no_limit_holdem_rules(2, 4000, 10, 20);
  BetMenu menu;
  menu.sizes[0][1] = {parse_bet_sizes("100%").value(), {}, parse_bet_sizes("a").value()};
  menu.sizes[0][0] = {parse_bet_sizes("50%").value()};
  menu.sizes[1][0] = {parse_bet_sizes("33%,100%").value()};
  menu.sizes[1][1] = {parse_bet_sizes("75%").value()};
  menu.donks[1] = parse_bet_sizes("10%").value();
  BettingState state(rules);
  CHECK(actions_text(state, menu) == "f c r60");
  play(state, "r60");
  CHECK(actions_text(state, menu) == "f c r120");
  BettingState called = state;
  play(state, "r120");
  CHECK(actions_text(state, menu) == "f c r4000");
  play(called, "c");
  CHECK(called.initiative() == 1);
  CHECK(actions_text(called, menu) == "c r80");  // 10 % of 120 is below the least bet of 20
  play(called, "c");
  CHECK(actions_text(called, menu) == "c r150");
  BettingState limped(rules);
  play(limped, "cc");
  CHECK(limped.initiative() == -1);
  CHECK(actions_text(limped, menu) == "c r40 r60");
  menu.raises_max[1] = 1;
  play(limped, "r60");
  CHECK(actions_text(limped, menu) == "f c");
}

TEST_CASE("bet menu: the rich menu has ten and eight sizes before the flop") {
  const BettingRules rules = no_limit_holdem_rules(2, 100000, 100, 200);
  const BetMenu menu = rich_menu(rules);
  CHECK(validate(menu, rules).ok());
  BettingState state(rules);
  CHECK(to_string(menu.sizes[0][1][0]) == "25%,33%,50%,66%,75%,100%,150%,200%,250%,300%,a");
  CHECK(to_string(menu.sizes[0][0][0]) == "33%,50%,66%,75%,100%,150%,200%,250%,a");
  play(state, "r600");
  CHECK(actions_text(state, menu) == "f c r1000 r1200 r1392 r1500 r1800 r2400 r3000 r3600 r100000");
}

TEST_CASE("bet menu: a menu that does not fit is refused") {
  const BettingRules rules = no_limit_holdem_rules(2, 400, 1, 2);
  BetMenu menu = pot_menu();
  CHECK(validate(menu, rules).ok());
  menu.all_in_from = 0;
  CHECK(validate(menu, rules).error().where == "all_in_from");
  menu = pot_menu();
  menu.merge = -1;
  CHECK(validate(menu, rules).error().where == "merge");
  menu = pot_menu();
  menu.raises_max[2] = -1;
  CHECK(validate(menu, rules).error().where == "raises_max[2]");
  menu = pot_menu();
  menu.sizes[1][1][0].resize(15);
  CHECK(validate(menu, rules).error().where == "sizes[1][1]");
  menu = pot_menu();
  menu.donks[3] = BetSizes(15);
  CHECK(validate(menu, rules).error().where == "donks[3]");
}

TEST_CASE("bet menu: pseudo-harmonic translation") {
  // The formula of the paper; between 0 and 1 pots, half of the time at a third of the pot.
  CHECK(pseudo_harmonic(0, 1, 1.0 / 3) == doctest::Approx(0.5));
  CHECK(pseudo_harmonic(0.5, 1, 0.75) == doctest::Approx(0.25 * 1.5 / (0.5 * 1.75)));
  CHECK(pseudo_harmonic(0.5, 1, 0.5) == 1);
  CHECK(pseudo_harmonic(0.5, 1, 1) == 0);
  double before = 1;
  for (double x = 0.5; x <= 1; x += 0.01) {
    const double p = pseudo_harmonic(0.5, 1, x);
    CHECK(p <= before);
    before = p;
  }

  const BettingRules rules = no_limit_holdem_rules(2, 4000, 10, 20);
  BettingState state(rules);
  play(state, "cc");
  std::array<BetAction, actions_max> actions;
  const auto count = static_cast<std::size_t>(menu_actions(state, menu_of("50%,100%"), actions));
  const std::span<const BetAction> menu(actions.data(), count);  // c r40 r60
  const Translation between = translate(state, menu, 50);        // a bet of 30 into 40
  CHECK(between.lower == 1);
  CHECK(between.upper == 2);
  CHECK(between.p_lower == doctest::Approx(pseudo_harmonic(0.5, 1, 0.75)));
  for (const auto& [total, index] : {std::pair{40, 1u}, {60, 2u}, {4000, 2u}, {30, 1u}}) {
    const Translation one = translate(state, menu, total);
    CHECK(one.lower == index);
    CHECK(one.upper == index);
    CHECK(one.p_lower == 1);
  }
  const Translation none = translate(state, menu.first(1), 50);
  CHECK(none.lower == 0);
  CHECK(none.p_lower == 1);
}

TEST_CASE("bet menu: actions of random menus in random hands are legal, ascending and different") {
  weir::test::Random random(weir::test::seed(4));
  const BetMenu menu = menu_of("25%,33%,75%,100%,250%,1.5x,3x,3c,40c,e,2e150%,min,a");
  const std::uint64_t hands = weir::test::amount(300, 3'000, 100'000);
  for (std::uint64_t hand = 0; hand < hands; ++hand) {
    const BettingRules rules = random_rules(random);
    BettingState state(rules);
    while (!state.over()) {
      std::array<BetAction, actions_max> actions;
      const int count = menu_actions(state, menu, actions);
      REQUIRE(count >= 1);
      Chips before = state.level();
      for (int i = 0; i < count; ++i) {
        const BetAction& action = actions[static_cast<std::size_t>(i)];
        REQUIRE(state.refusal(action) == nullptr);
        if (action.letter != 'r') continue;
        REQUIRE(action.total > before);
        before = action.total;
      }
      state.apply(actions[random.below(static_cast<std::uint32_t>(count))]);
    }
  }
}

TEST_CASE("bet menu: damaged sizes are refused, or are other sizes that come back as they are") {
  weir::test::Random random(weir::test::seed(8));
  const std::uint64_t texts = weir::test::amount(2'000, 20'000, 1'000'000);
  for (std::uint64_t i = 0; i < texts; ++i) {
    const auto sizes = parse_bet_sizes(damaged("33%, 2.5x, 100c, e, 2e150%, min, a", random));
    if (!sizes) continue;
    const std::string text = to_string(sizes.value());
    const auto again = parse_bet_sizes(text);
    REQUIRE_MESSAGE(again.ok(), text);
    REQUIRE(to_string(again.value()) == text);
  }
}
