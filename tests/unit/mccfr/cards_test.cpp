// Cards, hands and their text.
#include <doctest/doctest.h>

#include <set>
#include <weir/mccfr/cards.hpp>

using namespace weir::mccfr;

TEST_CASE("cards: numbers and letters agree, both ways") {
  CHECK(parse_card("2c").value() == 0);
  CHECK(parse_card("2s").value() == 3);
  CHECK(parse_card("3c").value() == 4);
  CHECK(parse_card("As").value() == 51);
  CHECK(parse_card("tH").value() == make_card(8, 2));
  for (Card card = 0; card < card_count; ++card) {
    CHECK(parse_card(card_text(card)).value() == card);
    CHECK(make_card(rank_of(card), suit_of(card)) == card);
  }
}

TEST_CASE("cards: a list is read in its order, spaces do not matter") {
  const std::vector<Card> cards = parse_cards("AsKdQh 7c").value();
  CHECK(cards_text(cards) == "AsKdQh7c");
  CHECK(count(set_of(cards)) == 4);
  CHECK(has(set_of(cards), parse_card("Kd").value()));
  CHECK_FALSE(has(set_of(cards), parse_card("Ks").value()));
  CHECK(parse_cards("").value().empty());
}

TEST_CASE("cards: what is no card is told with its column") {
  const auto error = [](std::string_view text) { return parse_cards(text).error().text(); };
  CHECK(error("AsXd").starts_with("column 3: `Xd` is no card"));
  CHECK(error("AsK").starts_with("column 3: `K` is no card"));
  CHECK(error("As1d").starts_with("column 3: `1d` is no card"));
  CHECK(error("AsKdAs").starts_with("column 5: As is there twice"));
  CHECK(parse_cards("AsKdAs").error().code == "bad_cards");
  CHECK(error("A\xff").starts_with("column 1"));
  CHECK_FALSE(parse_card("AsKd").ok());
  CHECK_FALSE(parse_card("").ok());
  CHECK_FALSE(parse_hand("As").ok());
  CHECK_FALSE(parse_hand("AsAs").ok());
  CHECK_FALSE(parse_hand("AsKdQh").ok());
}

TEST_CASE("cards: hands are numbered 0 to 1325, each once, both ways") {
  CHECK(hand_of(0, 1) == 0);
  CHECK(hand_of(50, 51) == 1325);
  std::set<Hand> seen;
  for (Card a = 0; a < card_count; ++a) {
    for (Card b = 0; b < a; ++b) {
      const Hand hand = hand_of(a, b);
      CHECK(hand == hand_of(b, a));
      CHECK(cards_of(hand) == HandCards{b, a});
      CHECK(parse_hand(hand_text(hand)).value() == hand);
      seen.insert(hand);
    }
  }
  CHECK(seen.size() == hand_count);
  CHECK(*seen.rbegin() == hand_count - 1);
}

TEST_CASE("cards: 169 kinds of hands: 6 of each pair, 4 of each suited, 12 of each offsuit") {
  std::array<int, kind_count> hands{};
  for (Hand hand = 0; hand < hand_count; ++hand) {
    ++hands[static_cast<std::size_t>(kind_of(hand))];
  }
  for (std::size_t kind = 0; kind < kind_count; ++kind) {
    CHECK(hands[kind] == (kind < 13 ? 6 : kind < 91 ? 4 : 12));
  }
  CHECK(kind_of(parse_hand("AsAd").value()) == 12);
  CHECK(kind_of(parse_hand("3d2d").value()) == 13);
  CHECK(kind_of(parse_hand("AdKc").value()) == 168);
}

TEST_CASE("cards: a suit set has each card in its own place") {
  SuitSet all = 0;
  for (Card card = 0; card < card_count; ++card) {
    CHECK((all & suit_set_of(card)) == 0);
    all |= suit_set_of(card);
  }
  CHECK(all == 0x1fff1fff1fff1fff);
}
