#include <cctype>
#include <weir/mccfr/cards.hpp>

namespace weir::mccfr {
namespace {

Error bad_cards(std::string what, std::size_t offset) {
  return {"bad_cards", std::move(what), "column " + std::to_string(offset + 1)};
}

}  // namespace

int rank_from(char letter) noexcept {
  const int upper = std::toupper(static_cast<unsigned char>(letter));
  const std::size_t at = rank_letters.find(static_cast<char>(upper));
  return at == std::string_view::npos ? -1 : static_cast<int>(at);
}

int suit_from(char letter) noexcept {
  const int lower = std::tolower(static_cast<unsigned char>(letter));
  const std::size_t at = suit_letters.find(static_cast<char>(lower));
  return at == std::string_view::npos ? -1 : static_cast<int>(at);
}

std::string card_text(Card card) {
  return {rank_letters[static_cast<std::size_t>(rank_of(card))],
          suit_letters[static_cast<std::size_t>(suit_of(card))]};
}

std::string cards_text(std::span<const Card> cards) {
  std::string text;
  for (const Card card : cards) text += card_text(card);
  return text;
}

std::string hand_text(Hand hand) {
  return card_text(cards_of(hand).high) + card_text(cards_of(hand).low);
}

Result<Card> parse_card(std::string_view text) {
  const auto cards = parse_cards(text);
  if (!cards) return cards.error();
  if (cards.value().size() != 1) return bad_cards("one card is asked for, such as As", 0);
  return cards.value()[0];
}

Result<std::vector<Card>> parse_cards(std::string_view text) {
  std::vector<Card> cards;
  CardSet seen = 0;
  for (std::size_t at = 0; at < text.size();) {
    if (text[at] == ' ') {
      ++at;
      continue;
    }
    const std::string_view piece = text.substr(at, 2);
    const int rank = rank_from(piece[0]);
    const int suit = piece.size() == 2 ? suit_from(piece[1]) : -1;
    if (rank < 0 || suit < 0) {
      return bad_cards("`" + std::string(piece) + "` is no card (a rank of " +
                           std::string(rank_letters) + " and a suit of " +
                           std::string(suit_letters) + ")",
                       at);
    }
    const Card card = make_card(rank, suit);
    if (has(seen, card)) return bad_cards(card_text(card) + " is there twice", at);
    seen |= set_of(card);
    cards.push_back(card);
    at += 2;
  }
  return cards;
}

Result<Hand> parse_hand(std::string_view text) {
  const auto cards = parse_cards(text);
  if (!cards) return cards.error();
  if (cards.value().size() != 2) return bad_cards("a hand is two cards, such as AsKd", 0);
  return hand_of(cards.value()[0], cards.value()[1]);
}

}  // namespace weir::mccfr
