// bucketing.hpp: few numbers for many hands: on each board the hands are ranked, and cut into parts of one size.
//
//   preflop  the 169 kinds, or parts of them by strength
//   flop     1,755 boards x 1,326 hands -> bucket      by strength over all turns and rivers
//   turn    16,432 boards x 1,326 hands -> bucket      by strength over all rivers
//   river  134,459 boards x (k - 1) ranks, at which the next bucket begins
// Boards are those of board_index(); a deal's suits are mapped to the board's own. Hands that only the names
// of suits tell apart, or that are as strong, have one bucket. Bucket 0 is the weakest, save where preflop
// has 169: there it is kind_of().
//
// Roles:  make() is pure and takes one thread; the rest const, any thread.
// Errors: Error{code "bad_config", what, where = the street}.
// Memory: 48 MB, and 269 KB for each bucket of the river: 61 MB in all with 50, 94 with 170, 169 with 450;
//         make() takes 102 MB more while it works. Platform allocation; bytes_of() says it to the byte.
// Cost:   see the functions (one core of a busy AMD EPYC, Zen 5, g++ 12 -O3).
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <vector>
#include <weir/mccfr/bucket_table.hpp>
#include <weir/mccfr/counted_vector.hpp>
#include <weir/mccfr/hand_index.hpp>
#include <weir/mccfr/hand_rank.hpp>

namespace weir::mccfr {

namespace abstraction {
class BucketFile;
}

/// What hands are ranked by before the river. A hand's strength on a full board is its share of the pot
/// against a random hand.
enum class StrengthMeasure : std::uint8_t {
  mean,             // of the strengths on all boards to come, E[HS]
  mean_of_squares,  // E[HS^2]: what may become very strong is worth more than what stays middling
};

struct BucketConfig {
  /// [round]: how many; preflop 1 to 169, then 1 to 1,000.
  std::array<int, 4> buckets{169, 170, 170, 170};
  StrengthMeasure measure = StrengthMeasure::mean_of_squares;
};

using Bucket = std::uint16_t;

/// What two players see of a deal, and how it ends.
struct SeenDeal {
  std::array<std::array<Bucket, 4>, 2> buckets{};  // [player][round]
  std::array<HandRank, 2> ranks{};                 // of all seven cards
};

class CardBuckets {
 public:
  /// Where the buckets of a deal are to be read; see seek().
  struct Sought {
    std::array<Hand, 2> hands{};
    std::array<HandRank, 2> ranks{};
    /// [player][round]: without a file, of flop and turn; with one, the number of the hand's class.
    std::array<std::array<std::uint32_t, 4>, 2> places{};
    std::uint32_t river = 0;  // the board's number
  };

  /// Sums the strengths of all hands on all 134,459 boards, exactly; inside of a task all workers help. Cost: 2 s of
  /// one core.
  static Result<CardBuckets> make(const BucketConfig& config);
  /// What make() will take, bytes: of what it gives, besides that while it works, and what it has given back before
  /// that is the most, which an allocator may still hold.
  struct Bytes {
    std::uint64_t kept = 0, making = 0, returned = 0;
  };
  static Bytes bytes_of(const BucketConfig& config) noexcept;
  /// Those of a file that has all streets: bucket_file.hpp. Cost of see(): 0.5 us.
  static CardBuckets of(std::shared_ptr<const abstraction::BucketFile> file);
  /// [hand]: what make() would give on one board of 3 to 5 cards, without all others; 0 where a hand shares a card with
  /// it. Cost: river 11 us, turn 0.13 ms, flop 3 ms. Errors: as make().
  static Result<std::vector<Bucket>> on_board(const BucketConfig& config,
                                              std::span<const Card> board);

  int count(int round) const noexcept { return counts_[static_cast<std::size_t>(round)]; }
  std::size_t bytes() const noexcept;

  /// Of a hand and 0, 3, 4 or 5 cards of the board that it does not hold, in any order. Cost: 0.1 us.
  Bucket bucket(Hand hand, std::span<const Card> board) const noexcept;
  /// The same of all hands; 0 where one shares a card with the board. Cost: 5 us, of a file 60 us.
  void row(std::span<const Card> board, std::array<Bucket, hand_count>& buckets) const noexcept;
  /// Both players, all rounds; the first three cards of the board are the flop. Cost: 0.45 us with 50
  /// buckets on the river, 0.6 with 170, 0.7 with 450: cache misses decide.
  void see(const std::array<Hand, 2>& hands, std::span<const Card, 5> board,
           SeenDeal& deal) const noexcept;
  /// The same in two steps: what is far away is asked for, and read when there was time for it to come.
  void seek(const std::array<Hand, 2>& hands, std::span<const Card, 5> board,
            Sought& sought) const noexcept;
  void take(const Sought& sought, SeenDeal& deal) const noexcept;

 private:
  CardBuckets() = default;
  Bucket of_rank(std::uint32_t board, HandRank rank) const noexcept;
  void seek_classes(const std::array<Hand, 2>& hands, std::span<const Card, 5> board,
                    Sought& sought) const noexcept;

  std::array<int, 4> counts_{};
  std::array<Bucket, hand_count> preflop_{};
  CountedVector<Bucket> flop_;           // [board * hand_count + hand]
  CountedVector<Bucket> turn_;           // as flop_
  CountedVector<HandRank> river_ranks_;  // [board * (k - 1) + i]: the least rank of bucket i + 1

  std::shared_ptr<const abstraction::BucketFile> file_;  // instead of all that
  std::array<abstraction::BucketTable, 4> classes_;  // its tables, by the number of a hand's class
};

}  // namespace weir::mccfr
