// bucket_features.hpp: what hands are told apart by, a board at a time; private.
//
//   histogram   of the strengths on all rivers to come: 64 bytes, the share above each of 64 edges
//   strength    of the river itself: 8 bytes, filled one after the other, so that rows differ as strengths do
//   opponents   the share of the pot against each of 8 clusters of hands (Johanson et al. 2013): 8 bytes
//   next        the buckets of the next street, one for each card that may come, ascending: 2 bytes each
// Against n opponents a strength counts as its n-th power.
//
// Roles:  const, any thread. Memory: 175 KB a call while it works.
// Cost:   a board (one core of a busy AMD EPYC, Zen 5, g++ 12 -O3): histogram 0.5 ms on the turn and 12 ms on the flop;
//         strength and opponents 10 to 20 us; next 50 ns a bucket.
#pragma once

#include <array>
#include <cstdint>
#include <memory>
#include <span>
#include <vector>
#include <weir/mccfr/board_ranks.hpp>
#include <weir/mccfr/bucket_table.hpp>
#include <weir/mccfr/bucket_watch.hpp>

#include "strength_sums.hpp"

namespace weir::mccfr::abstraction {

inline constexpr std::size_t histogram_width = 64, opponent_clusters = 8;

/// The hands of a board that differ by more than the names of suits, and how many deals each stands for.
class BoardHands {
 public:
  BoardHands(int cards, const HandMaps& maps) : cards_(cards), maps_(maps) {}
  void set(std::uint32_t board);

  SuitSet board() const noexcept { return board_; }
  CardSet board_cards() const noexcept { return board_cards_; }
  std::size_t size() const noexcept { return n_; }
  Hand hand(std::size_t i) const noexcept { return hands_[i]; }
  std::uint32_t weight(std::size_t i) const noexcept { return weights_[i]; }
  std::span<const Hand> hands() const noexcept { return {hands_.data(), n_}; }

 private:
  int cards_;
  const HandMaps& maps_;
  SuitSet board_ = 0;
  CardSet board_cards_ = 0;
  std::size_t n_ = 0;
  std::array<Hand, hand_count> hands_;
  std::array<std::uint8_t, hand_count> weights_;
};

class BoardFeatures {
 public:
  BoardFeatures() = default;
  BoardFeatures(const BoardFeatures&) = delete;
  BoardFeatures& operator=(const BoardFeatures&) = delete;
  virtual ~BoardFeatures() = default;
  virtual std::size_t row_bytes() const noexcept = 0;
  /// One row for each of `hands`, none of which shares a card with the board.
  virtual void rows(CardSet board, std::span<const Hand> hands, std::uint8_t* rows) const = 0;
};

std::unique_ptr<BoardFeatures> histogram_features(int players);
std::unique_ptr<BoardFeatures> strength_features(int players);
/// `clusters` [hand]: the cluster of an opponent's hand, below opponent_clusters.
std::unique_ptr<BoardFeatures> opponent_features(
    int players, const std::array<std::uint8_t, hand_count>& clusters);
/// `round`: whose hands are looked at, flop or turn; `next`: the table of the street after it.
std::unique_ptr<BoardFeatures> next_features(int round, BucketTable next);

/// [kind * histogram_width]: the histograms of the 169 kinds of hands over all boards. All workers help.
std::vector<std::uint8_t> kind_histograms(int players, const HandMaps& maps, Watch& watch);

/// A row of 8 bytes that stands for `value`, 0 .. 2,040.
void put_on_line(std::uint32_t value, std::uint8_t* row) noexcept;

}  // namespace weir::mccfr::abstraction
