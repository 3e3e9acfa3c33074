// subgame_boards.hpp: the cards of a subgame: hands of both players, boards to come, hands by strength; private.
//
// Cards that differ by names of suits alone are dealt once, where board and ranges look the same under those names; the
// values of the others are the same rows with hands renamed.
//
// Roles:  const after make(), any thread.
// Memory: bytes(); 4 bytes a hand, player and full board.
#pragma once

#include <array>
#include <cstdint>
#include <span>
#include <vector>
#include <weir/mccfr/hand_index.hpp>
#include <weir/mccfr/subgame.hpp>

#include "subgame_kernels.hpp"

namespace weir::mccfr::subgame {

inline constexpr int streets_max = 3;

struct PlayerHands {
  std::vector<Hand> hands;          // weight above 0, not on the board; ascending
  std::size_t stride = 0;           // padded
  std::vector<float> weights;       // [stride]
  std::vector<SortedHand> cards;    // [stride]
  std::vector<std::uint16_t> same;  // [stride]: the place with the other player; none: his stride
  std::array<std::vector<std::uint16_t>, card_count> with;  // hands that hold a card

  /// The place of a hand; hands.size() when it is none of these.
  std::size_t find(Hand hand) const noexcept;
};

/// A card that stands for another one, with suits renamed by map `map`.
struct Image {
  Card card = 0;
  std::uint8_t map = 0;
};

struct Deal {
  Card card = 0;
  std::uint32_t board = 0;                    // of the next street
  std::uint32_t first_image = 0, images = 0;  // itself first
};

struct Board {
  CardSet cards = 0;
  std::array<Card, 2> dealt{};  // after the root, in order
  std::uint32_t first_deal = 0, deals = 0;
};

class Boards {
 public:
  /// `rename`: suits may be renamed.
  static Boards make(const Subgame& subgame, bool rename);

  /// The hands alone, and the root's board: nothing is dealt.
  static Boards without_deals(const Subgame& subgame);

  int streets() const noexcept { return streets_; }
  const PlayerHands& player(int p) const noexcept { return players_[static_cast<std::size_t>(p)]; }
  const std::vector<Board>& of_street(int street) const noexcept {
    return boards_[static_cast<std::size_t>(street)];
  }
  std::span<const Deal> deals(int street, const Board& board) const noexcept {
    return std::span(deals_[static_cast<std::size_t>(street)])
        .subspan(board.first_deal, board.deals);
  }
  std::span<const Image> images(const Deal& deal) const noexcept {
    return std::span(images_).subspan(deal.first_image, deal.images);
  }
  const SuitMap& map(std::uint8_t number) const noexcept { return maps_[number]; }
  /// [hand]: the hand that map `number` makes this one of. Map 0 renames nothing.
  const std::vector<std::uint16_t>& source(std::uint8_t number, int p) const noexcept {
    return sources_[number][static_cast<std::size_t>(p)];
  }
  /// Of a full board, as player `own` sees it.
  BoardOrder order(std::uint32_t board, int own) const noexcept;
  /// Chance that a certain card comes next, when two hands and the board of `street` are known.
  float card_chance(int street) const noexcept;
  /// The weight of all pairs of hands that share no card.
  double pairs() const noexcept { return pairs_; }
  std::size_t bytes() const noexcept;

 private:
  struct OrderPlace {
    std::uint32_t first = 0, count = 0, first_blocked = 0, blocked = 0;
  };
  void take_hands(const Subgame& subgame);
  void count_pairs();
  void find_maps(const Subgame& subgame, bool rename);
  void deal_all(int street);
  void sort_hands();
  void sort_board(const Board& board, const std::array<std::vector<std::uint16_t>, 2>& places);

  int streets_ = 1;
  std::array<PlayerHands, 2> players_;
  std::array<std::vector<Board>, streets_max> boards_;
  std::array<std::vector<Deal>, streets_max> deals_;
  std::vector<Image> images_;
  std::vector<SuitMap> maps_;
  std::vector<std::array<std::vector<std::uint16_t>, 2>> sources_;
  double pairs_ = 0;
  // Of full boards.
  std::array<std::vector<OrderPlace>, 2> places_;
  std::array<std::vector<SortedHand>, 2> sorted_;
  std::array<std::vector<std::uint16_t>, 2> blocked_;
  std::array<std::vector<RankGroup>, 2> groups_;            // as each player sees them
  std::vector<std::array<std::uint32_t, 2>> group_places_;  // [board]: first, count
};

}  // namespace weir::mccfr::subgame
