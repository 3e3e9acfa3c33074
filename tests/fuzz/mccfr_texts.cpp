// mccfr_texts.cpp: fuzzes what poker people write: ranges, reaches, bets, ACPC lines, PHH files, subgames. The first
// byte chooses; any text is refused with a reason, or read into what its rules allow.
#include <cmath>
#include <weir/mccfr/acpc.hpp>
#include <weir/mccfr/bet_menu.hpp>
#include <weir/mccfr/betting_rules.hpp>
#include <weir/mccfr/phh.hpp>
#include <weir/mccfr/range.hpp>
#include <weir/mccfr/subgame.hpp>

#include "fuzz.hpp"

namespace {

using namespace weir::mccfr;
using fuzz::read_or_reason;
using fuzz::require;

void read_hands(std::string_view text) {
  auto hand = parse_phh(text);
  if (!read_or_reason(hand)) return;
  (void)read_or_reason(replay_hand(hand.value()));
}

void read_range(std::string_view text) {
  auto range = parse_range(text);
  if (!read_or_reason(range)) return;
  for (const auto weight : range.value())
    require(weight >= 0 && weight <= 1, "a weight is a share");
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size == 0) return 0;
  const std::string_view text = fuzz::text_of(data + 1, size - 1);
  const BettingRules rules = no_limit_holdem_rules(2, 400, 1, 2);
  switch (data[0] % 8) {
    case 0:
      read_range(text);
      break;
    case 1:
      (void)read_or_reason(parse_reaches(text, "input"));
      break;
    case 2:
      (void)read_or_reason(parse_betting(rules, text));
      break;
    case 3:
      (void)read_or_reason(parse_match_state(rules, text));
      break;
    case 4:
      (void)read_or_reason(parse_logged_hand(rules, text));
      break;
    case 5:
      read_hands(text);
      break;
    case 6:
      (void)read_or_reason(parse_bet_sizes(text));
      break;
    default:
      (void)read_or_reason(parse_subgame(text, "input", "."));
  }
  return 0;
}
