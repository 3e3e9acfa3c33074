#include "example_hands.hpp"

#include <algorithm>
#include <array>
#include <cctype>
#include <weir/mccfr/cards.hpp>

#include "draw_cards.hpp"
#include "table_cards.hpp"

namespace weir::mccfr {
namespace {

constexpr std::uint64_t example_purpose = 45, deals_a_bucket = 2'000;

Error cards_error(std::string what, std::string_view where) {
  return {"usage", std::move(what), std::string(where)};
}

/// "K:Q:", where a card is a rank.
Result<std::string> rank_part(int round, std::string_view hand, std::string_view board) {
  if (hand.empty() || hand.size() > 2) return cards_error("a hand is one card, as K", hand);
  const auto rank = [](std::string_view card) {
    return std::string(1, static_cast<char>(std::toupper(static_cast<unsigned char>(card[0]))));
  };
  if (round == 0) return rank(hand) + "::";
  if (board.empty() || board.size() > 2)
    return cards_error("--board must have one card after this betting, as Q", board);
  return rank(hand) + ":" + rank(board) + ":";
}

}  // namespace

const CardBuckets* card_buckets(const TrainingGame& game) {
  const HoldemGame* const holdem =
      game.multiway() != nullptr ? game.multiway()->cards() : game.holdem();
  return holdem == nullptr ? nullptr : holdem->cards();
}

Result<std::string> private_part(const TrainingGame& game, int round, std::string_view hand,
                                 std::string_view board) {
  const CardBuckets* const cards = card_buckets(game);
  if (cards == nullptr) return rank_part(round, hand, board);
  auto own = parse_hand(hand);
  if (!own) return cards_error(own.error().what, hand);
  auto shown = parse_cards(board);
  if (!shown) return cards_error(shown.error().what, board);
  const std::size_t needed = cards_shown(round);
  if (shown.value().size() < needed || shown.value().size() > 5) {
    return cards_error(
        "after this betting --board needs " + std::to_string(needed) + " cards, five at most",
        board);
  }
  const std::span<const Card> seen = std::span<const Card>(shown.value()).first(needed);
  for (const Card card : seen)
    if (has(cards_of(own.value()).set(), card))
      return cards_error(card_text(card) + " is in the hand and on the board", board);
  return "b" + std::to_string(cards->bucket(own.value(), seen)) + ":" +
         std::string(round_name(round)) + ":";
}

std::vector<std::optional<ExampleHand>> example_hands(const CardBuckets& cards, int round) {
  const auto count = static_cast<std::size_t>(cards.count(round));
  std::vector<std::optional<ExampleHand>> found(count);
  std::size_t missing = count;
  for (std::uint64_t number = 0; missing > 0 && number < count * deals_a_bucket; ++number) {
    Random random =
        Random::keyed(1, number, example_purpose + static_cast<std::uint64_t>(round) * 64);
    const auto dealt = draw_cards<7>(random);
    const Hand hand = hand_of(dealt[0], dealt[1]);
    const auto board = std::span<const Card>(dealt).subspan(2, cards_shown(round));
    auto& example = found[cards.bucket(hand, board)];
    if (example) continue;
    example = ExampleHand{hand_text(hand), cards_text(board)};
    --missing;
  }
  return found;
}

}  // namespace weir::mccfr
