#include "example_hands.hpp"

#include <algorithm>
#include <array>
#include <cctype>
#include <weir/mccfr/cards.hpp>

#include "draw_cards.hpp"
#include "table_cards.hpp"

namespace weir::mccfr {
namespace {

constexpr std::uint64_t example_purpose = 45, deals_a_bucket = 2'000, boards_for_example = 100;

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

const HoldemGame* holdem_of(const TrainingGame& game) {
  return game.multiway() != nullptr ? game.multiway()->cards() : game.holdem();
}

/// Buckets by percentiles are found for one board at a time; all others are there only after prepare().
bool board_alone(const HoldemGame& holdem, std::size_t shown) {
  return holdem.cards() == nullptr && holdem.config().buckets_file.empty() && shown >= 3;
}

Result<Bucket> bucket_of(TrainingGame& game, Hand hand, std::span<const Card> seen) {
  const HoldemGame& holdem = *holdem_of(game);
  const BucketConfig& config = holdem.config().buckets;
  if (board_alone(holdem, seen.size())) {
    auto row = CardBuckets::on_board(config, seen);
    if (!row) return row.error();
    return row.value()[hand];
  }
  const bool kinds = seen.empty() && config.buckets[0] == kind_count;
  if (kinds && holdem.config().buckets_file.empty()) return static_cast<Bucket>(kind_of(hand));
  if (auto prepared = game.prepare(); !prepared) return prepared.error();
  return card_buckets(game)->bucket(hand, seen);
}

}  // namespace

const CardBuckets* card_buckets(const TrainingGame& game) {
  const HoldemGame* const holdem = holdem_of(game);
  return holdem == nullptr ? nullptr : holdem->cards();
}

Result<std::string> private_part(TrainingGame& game, int round, std::string_view hand,
                                 std::string_view board) {
  if (holdem_of(game) == nullptr) return rank_part(round, hand, board);
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
  auto bucket = bucket_of(game, own.value(), seen);
  if (!bucket) return bucket.error();
  return "b" + std::to_string(bucket.value()) + ":" + std::string(round_name(round)) + ":";
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

Result<std::optional<ExampleHand>> example_hand(TrainingGame& game, int round, Bucket bucket) {
  const HoldemGame& holdem = *holdem_of(game);
  const std::size_t shown = cards_shown(round);
  std::optional<ExampleHand> none;
  if (!board_alone(holdem, shown)) {
    const bool kinds = shown == 0 && holdem.config().buckets.buckets[0] == kind_count;
    if (kinds && holdem.config().buckets_file.empty()) {
      for (Hand hand = 0; hand < hand_count; ++hand)
        if (kind_of(hand) == bucket) return std::optional(ExampleHand{hand_text(hand), ""});
      return none;
    }
    if (auto prepared = game.prepare(); !prepared) return prepared.error();
    return example_hands(*card_buckets(game), round)[bucket];
  }
  // A board has hands of nearly all buckets.
  for (std::uint64_t number = 0; number < boards_for_example; ++number) {
    Random random =
        Random::keyed(1, number, example_purpose + static_cast<std::uint64_t>(round) * 64);
    const auto dealt = draw_cards<5>(random);
    const auto board = std::span<const Card>(dealt).first(shown);
    auto row = CardBuckets::on_board(holdem.config().buckets, board);
    if (!row) return row.error();
    const CardSet blocked = set_of(board);
    const std::uint32_t first = random.below(hand_count);
    for (std::uint32_t k = 0; k < hand_count; ++k) {
      const auto hand = static_cast<Hand>((first + k) % hand_count);
      if (row.value()[hand] != bucket || (cards_of(hand).set() & blocked) != 0) continue;
      return std::optional(ExampleHand{hand_text(hand), cards_text(board)});
    }
  }
  return none;
}

}  // namespace weir::mccfr
