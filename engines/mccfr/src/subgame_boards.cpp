#include "subgame_boards.hpp"

#include <algorithm>
#include <memory>
#include <numeric>
#include <weir/mccfr/board_ranks.hpp>

namespace weir::mccfr::subgame {
namespace {

constexpr std::size_t player_index(int p) noexcept { return static_cast<std::size_t>(p); }

bool keeps(const Range& range, const SuitMap& map) noexcept {
  for (Hand hand = 0; hand < hand_count; ++hand)
    if (range[hand] != range[mapped(hand, map)]) return false;
  return true;
}

CardSet mapped_set(CardSet cards, const SuitMap& map) noexcept {
  CardSet set = 0;
  for (; cards != 0; cards = without_lowest(cards)) set |= set_of(mapped(lowest(cards), map));
  return set;
}

}  // namespace

std::size_t PlayerHands::find(Hand hand) const noexcept {
  const auto place = std::lower_bound(hands.begin(), hands.end(), hand);
  return place != hands.end() && *place == hand ? static_cast<std::size_t>(place - hands.begin())
                                                : hands.size();
}

Boards Boards::make(const Subgame& subgame, bool rename) {
  Boards made;
  made.streets_ = subgame.streets();
  made.take_hands(subgame);
  made.count_pairs();
  made.find_maps(subgame, rename);
  made.boards_[0].push_back({set_of(subgame.board), {}, 0, 0});
  for (int street = 0; street + 1 < made.streets_; ++street) made.deal_all(street);
  made.sort_hands();
  return made;
}

Boards Boards::without_deals(const Subgame& subgame) {
  Boards made;
  made.take_hands(subgame);
  made.count_pairs();
  made.boards_[0].push_back({set_of(subgame.board), {}, 0, 0});
  return made;
}

void Boards::take_hands(const Subgame& subgame) {
  const CardSet board = set_of(subgame.board);
  for (std::size_t p = 0; p < 2; ++p) {
    PlayerHands& player = players_[p];
    // The largest weight counts as 1: what is played does not depend on the unit of reaches.
    float most = 0;
    const Range range = without(subgame.ranges[p], board);
    for (const float weight : range) most = std::max(most, weight);
    for (Hand hand = 0; hand < hand_count; ++hand) {
      if (range[hand] == 0 || range[hand] / most == 0) continue;
      const auto place = static_cast<std::uint16_t>(player.hands.size());
      const HandCards& cards = cards_of(hand);
      player.with[cards.low].push_back(place);
      player.with[cards.high].push_back(place);
      player.cards.push_back({place, cards.low, cards.high});
      player.hands.push_back(hand);
      player.weights.push_back(range[hand] / most);
    }
    player.stride = padded(player.hands.size());
    player.weights.resize(player.stride, 0.0F);
    for (std::size_t h = player.hands.size(); h < player.stride; ++h)
      player.cards.push_back({static_cast<std::uint16_t>(h), 0, 1});
  }
  for (std::size_t p = 0; p < 2; ++p) {
    const PlayerHands& other = players_[1 - p];
    const auto none = static_cast<std::uint16_t>(other.stride);
    players_[p].same.assign(players_[p].stride, none);
    for (std::size_t h = 0; h < players_[p].hands.size(); ++h) {
      const std::size_t place = other.find(players_[p].hands[h]);
      if (place < other.hands.size()) players_[p].same[h] = static_cast<std::uint16_t>(place);
    }
  }
}

void Boards::count_pairs() {
  std::array<double, card_count> with{};
  double all = 0;
  const PlayerHands& other = players_[1];
  for (std::size_t h = 0; h < other.hands.size(); ++h) {
    const double weight = static_cast<double>(other.weights[h]);
    all += weight;
    with[other.cards[h].low] += weight;
    with[other.cards[h].high] += weight;
  }
  pairs_ = 0;
  for (std::size_t h = 0; h < players_[0].hands.size(); ++h) {
    const SortedHand& cards = players_[0].cards[h];
    const std::uint16_t same = players_[0].same[h];
    const double twice = same < other.stride ? static_cast<double>(other.weights[same]) : 0;
    const double met = all - with[cards.low] - with[cards.high] + twice;
    pairs_ += static_cast<double>(players_[0].weights[h]) * std::max(met, 0.0);
  }
}

void Boards::find_maps(const Subgame& subgame, bool rename) {
  const CardSet board = set_of(subgame.board);
  SuitMap map{0, 1, 2, 3};
  do {
    const bool kept = mapped_set(board, map) == board &&
                      keeps(without(subgame.ranges[0], board), map) &&
                      keeps(without(subgame.ranges[1], board), map);
    if (kept) maps_.push_back(map);
  } while (rename && std::next_permutation(map.begin(), map.end()));
  for (const SuitMap& each : maps_) {
    auto& rows = sources_.emplace_back();
    for (std::size_t p = 0; p < 2; ++p) {
      const PlayerHands& player = players_[p];
      rows[p].resize(player.stride);
      std::iota(rows[p].begin(), rows[p].end(), std::uint16_t{0});
      for (std::size_t h = 0; h < player.hands.size(); ++h)
        rows[p][player.find(mapped(player.hands[h], each))] = static_cast<std::uint16_t>(h);
    }
  }
}

void Boards::deal_all(int street) {
  const auto s = static_cast<std::size_t>(street);
  const CardSet root = boards_[0][0].cards;
  for (Board& board : boards_[s]) {
    board.first_deal = static_cast<std::uint32_t>(deals_[s].size());
    const CardSet dealt = board.cards & ~root;
    CardSet seen = board.cards;
    for (Card card = 0; card < card_count; ++card) {
      if (has(seen, card)) continue;
      Deal deal{card, static_cast<std::uint32_t>(boards_[s + 1].size()),
                static_cast<std::uint32_t>(images_.size()), 0};
      for (std::size_t m = 0; m < maps_.size(); ++m) {
        const Card image = mapped(card, maps_[m]);
        const bool kept = dealt == 0 || mapped(lowest(dealt), maps_[m]) == lowest(dealt);
        if (!kept || has(seen, image)) continue;
        seen |= set_of(image);
        images_.push_back({image, static_cast<std::uint8_t>(m)});
        ++deal.images;
      }
      deals_[s].push_back(deal);
      Board next{board.cards | set_of(card), board.dealt, 0, 0};
      next.dealt[s] = card;
      boards_[s + 1].push_back(next);
    }
    board.deals = static_cast<std::uint32_t>(deals_[s].size()) - board.first_deal;
  }
}

void Boards::sort_hands() {
  std::array<std::vector<std::uint16_t>, 2> places;
  for (std::size_t p = 0; p < 2; ++p) {
    places[p].assign(hand_count, static_cast<std::uint16_t>(players_[p].stride));
    for (std::size_t h = 0; h < players_[p].hands.size(); ++h)
      places[p][players_[p].hands[h]] = static_cast<std::uint16_t>(h);
  }
  for (const Board& board : boards_[player_index(streets_ - 1)]) sort_board(board, places);
}

void Boards::sort_board(const Board& board,
                        const std::array<std::vector<std::uint16_t>, 2>& places) {
  std::array<Card, 5> cards{};
  std::size_t n = 0;
  for (CardSet left = board.cards; left != 0; left = without_lowest(left))
    cards[n++] = lowest(left);
  BoardRanks ranks;
  ranks.set(cards);
  std::array<OrderPlace, 2> place{};
  for (std::size_t p = 0; p < 2; ++p) {
    place[p].first = static_cast<std::uint32_t>(sorted_[p].size());
    place[p].first_blocked = static_cast<std::uint32_t>(blocked_[p].size());
  }
  const auto first_group = static_cast<std::uint32_t>(groups_[0].size());
  for (std::size_t i = 0; i < board_hands;) {
    const HandRank rank = ranks.ranks[ranks.order[i]];
    const auto before = place;
    for (; i < board_hands && ranks.ranks[ranks.order[i]] == rank; ++i) {
      const Hand hand = ranks.order[i];
      for (std::size_t p = 0; p < 2; ++p) {
        const std::uint16_t h = places[p][hand];
        if (h >= players_[p].stride) continue;
        sorted_[p].push_back(players_[p].cards[h]);
        ++place[p].count;
      }
    }
    if (place[0].count == before[0].count && place[1].count == before[1].count) continue;
    const RankGroup group{static_cast<std::uint16_t>(place[0].count),
                          static_cast<std::uint16_t>(place[1].count)};
    groups_[0].push_back(group);
    groups_[1].push_back({group.other, group.own});
  }
  for (std::size_t p = 0; p < 2; ++p) {
    for (std::size_t h = 0; h < players_[p].stride; ++h) {
      const bool hand = h < players_[p].hands.size();
      if (hand && (cards_of(players_[p].hands[h]).set() & board.cards) == 0) continue;
      blocked_[p].push_back(static_cast<std::uint16_t>(h));
      ++place[p].blocked;
    }
    places_[p].push_back(place[p]);
  }
  group_places_.push_back(
      {first_group, static_cast<std::uint32_t>(groups_[0].size()) - first_group});
}

BoardOrder Boards::order(std::uint32_t board, int own) const noexcept {
  const std::size_t p = player_index(own);
  const OrderPlace& mine = places_[p][board];
  const OrderPlace& theirs = places_[1 - p][board];
  const auto& groups = group_places_[board];
  return {std::span(sorted_[p]).subspan(mine.first, mine.count),
          std::span(sorted_[1 - p]).subspan(theirs.first, theirs.count),
          std::span(groups_[p]).subspan(groups[0], groups[1]),
          std::span(blocked_[p]).subspan(mine.first_blocked, mine.blocked)};
}

float Boards::card_chance(int street) const noexcept {
  const int board = count(boards_[0][0].cards) + street;
  return 1.0F / static_cast<float>(card_count - 4 - board);
}

std::size_t Boards::bytes() const noexcept {
  std::size_t sum =
      images_.size() * sizeof(Image) + group_places_.size() * sizeof(group_places_[0]);
  for (const auto& boards : boards_) sum += boards.size() * sizeof(Board);
  for (const auto& deals : deals_) sum += deals.size() * sizeof(Deal);
  for (std::size_t p = 0; p < 2; ++p) {
    sum += places_[p].size() * sizeof(OrderPlace) + sorted_[p].size() * sizeof(SortedHand) +
           blocked_[p].size() * sizeof(std::uint16_t) + groups_[p].size() * sizeof(RankGroup);
    sum += players_[p].stride * (sizeof(float) + sizeof(SortedHand) + 2 * sizeof(std::uint16_t));
  }
  return sum;
}

}  // namespace weir::mccfr::subgame
