// Menus of bets as texts: places, lists by raises, and where a mistake stands.
#include "menu_text.hpp"

#include <doctest/doctest.h>

namespace {

using namespace weir::mccfr;

BetMenu menu_of(std::string_view text, int players = 2) {
  const BettingRules rules = no_limit_holdem_rules(players, 400, 1, 2);
  auto menu = parse_menu(text, rules);
  CAPTURE(text);
  REQUIRE(menu);
  CHECK(validate(menu.value(), rules));
  return menu.value();
}

std::string lists_of(const BetMenu& menu, std::size_t round, std::size_t seat) {
  std::string text;
  for (const BetSizes& sizes : menu.sizes[round][seat])
    text += (text.empty() ? "" : "/") + to_string(sizes);
  return text;
}

std::string wrong(std::string_view text) {
  auto menu = parse_menu(text, no_limit_holdem_rules(2, 400, 1, 2));
  CAPTURE(text);
  REQUIRE(!menu);
  CHECK(menu.error().code == "bad_bet");
  return menu.error().where;
}

}  // namespace

TEST_CASE("menu_text: parts are of streets and seats, and lists go by raises") {
  const BetMenu all = menu_of("50%, 2x,a");
  for (std::size_t round = 0; round < rounds_max; ++round)
    for (std::size_t seat = 0; seat < 2; ++seat) CHECK(lists_of(all, round, seat) == "50%,2x,a");
  const BetMenu menu =
      menu_of("100%,a; preflop: 2.5x,a/a; turn+river@button:75%,a/; flop-donk:33%");
  CHECK(lists_of(menu, 0, 0) == "2.5x,a/a");
  CHECK(lists_of(menu, 0, 1) == "2.5x,a/a");
  CHECK(lists_of(menu, 1, 1) == "100%,a");
  CHECK(lists_of(menu, 2, 0) == "100%,a");
  CHECK(lists_of(menu, 3, 0) == "100%,a");
  REQUIRE(menu.sizes[3][1].size() == 2);
  CHECK(to_string(menu.sizes[3][1][0]) == "75%,a");
  CHECK(menu.sizes[3][1][1].empty());
  REQUIRE(menu.donks[1]);
  CHECK(to_string(*menu.donks[1]) == "33%");
  CHECK(!menu.donks[2]);
  // What no part speaks of is as always; a later part wins.
  const BetMenu some = menu_of("river@0:50%;river@0+5:25%", 6);
  CHECK(lists_of(some, 3, 0) == "25%");
  CHECK(lists_of(some, 3, 4) == "100%,a");
  CHECK(lists_of(some, 3, 5) == "25%");
  CHECK(lists_of(menu_of("rich;river:a"), 0, 1) == lists_of(menu_of("rich"), 0, 1));
  CHECK(lists_of(menu_of("rich;river:a"), 3, 1) == "a");
}

TEST_CASE("menu_text: a mistake has its column") {
  CHECK(wrong("50%,,a") == "column 5");
  CHECK(wrong("a;flop:50%;") == "column 12");
  CHECK(wrong("a;flop:50%/75y") == "column 14");
  CHECK(wrong("a; folp:50%") == "column 4");
  CHECK(wrong("preflop-donk:a") == "column 1");
  CHECK(wrong("flop@2:a") == "column 6");
  CHECK(wrong("flop@0@1:a") == "column 8");
  CHECK(wrong("flop-donk@0:a") == "column 11");
  CHECK(wrong("flop-donk:50%/a") == "column 11");
}
