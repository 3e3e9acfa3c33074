#include "pot_shares.hpp"

#include <algorithm>
#include <string>
#include <weir/mccfr/board_ranks.hpp>
#include <weir/mccfr/random.hpp>
#include <weir/task.hpp>

namespace weir::mccfr {
namespace {

constexpr std::uint32_t kind_boards = 2'000;  // sampled for each kind
constexpr std::uint64_t kind_boards_purpose = 40;

using ShareCounts = std::array<std::uint16_t, hand_count>;

/// Adds 2 for each hand that `hand` beats on a full board, 1 for each that it ties.
void count_shares(Hand hand, std::span<const Card, 5> board, ShareCounts& counts) noexcept {
  HandRankRow ranks;
  rank_all(board, ranks);
  const HandRank mine = ranks[hand];
  for (std::size_t other = 0; other < hand_count; ++other) {
    const HandRank rank = ranks[other];
    const int points = (rank < mine ? 1 : 0) + (rank <= mine ? 1 : 0);
    counts[other] = static_cast<std::uint16_t>(counts[other] + (rank == no_hand ? 0 : points));
  }
}

void count_boards(Hand hand, std::array<Card, 5>& board, std::size_t cards, Card next,
                  CardSet taken, ShareCounts& counts) noexcept {
  if (cards == board.size()) return count_shares(hand, board, counts);
  for (Card card = next; card < card_count; ++card) {
    if (has(taken, card)) continue;
    board[cards] = card;
    count_boards(hand, board, cards + 1, static_cast<Card>(card + 1), taken, counts);
  }
}

Hand hand_of_kind(std::size_t kind) noexcept {
  Hand hand = 0;
  while (static_cast<std::size_t>(kind_of(hand)) != kind) ++hand;
  return hand;
}

}  // namespace

void pot_shares(Hand hand, std::span<const Card> board, Range& shares) noexcept {
  std::array<Card, 5> full{};
  std::copy(board.begin(), board.end(), full.begin());
  ShareCounts counts{};
  count_boards(hand, full, board.size(), 0, set_of(board) | cards_of(hand).set(), counts);
  // Boards that both hands leave: 1, 44 or 45 x 44 / 2.
  const float boards = board.size() == 5 ? 1.0F : board.size() == 4 ? 44.0F : 990.0F;
  for (std::size_t other = 0; other < hand_count; ++other)
    shares[other] = static_cast<float>(counts[other]) / (2 * boards);
}

Result<KindShares> KindShares::make(Runtime& runtime) {
  KindShares made;
  made.shares_.resize(std::size_t{kind_count} * kind_count);
  const Status status = runtime.run([&] {
    parallel_for(0, kind_count, 1, [&](std::size_t kind) {
      const Hand hand = hand_of_kind(kind);
      std::array<double, kind_count> won{}, met{};
      Random random = Random::keyed(0, kind, kind_boards_purpose);
      for (std::uint32_t b = 0; b < kind_boards; ++b) {
        std::array<Card, 5> board;
        CardSet taken = cards_of(hand).set();
        for (Card& card : board) {
          do card = static_cast<Card>(random.below(card_count));
          while (has(taken, card));
          taken |= set_of(card);
        }
        ShareCounts counts{};
        count_shares(hand, board, counts);
        for (Hand other = 0; other < hand_count; ++other) {
          if ((cards_of(other).set() & taken) != 0) continue;
          const auto of = static_cast<std::size_t>(kind_of(other));
          won[of] += counts[other];
          met[of] += 2;
        }
      }
      for (std::size_t of = 0; of < kind_count; ++of)
        made.shares_[kind * kind_count + of] =
            met[of] > 0 ? static_cast<float>(won[of] / met[of]) : 0.5F;
    });
  });
  if (status == Status::accepted) return made;
  return Error{status == Status::stalled ? "stalled" : "failed",
               "shares of the pot were not counted: " + std::string(to_string(status)), "lbr"};
}

void KindShares::of(Hand hand, Range& shares) const noexcept {
  const float* const row = shares_.data() + static_cast<std::size_t>(kind_of(hand)) * kind_count;
  for (Hand other = 0; other < hand_count; ++other)
    shares[other] = row[static_cast<std::size_t>(kind_of(other))];
}

}  // namespace weir::mccfr
