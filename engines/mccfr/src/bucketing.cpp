#include <algorithm>
#include <memory>
#include <weir/check.hpp>
#include <weir/mccfr/board_ranks.hpp>
#include <weir/mccfr/bucketing.hpp>

namespace weir::mccfr {
namespace {

constexpr HandRank above_all_ranks = 0xffff;

/// The 24 maps of suits, each with what it makes of every hand.
class HandMaps {
 public:
  HandMaps() {
    SuitMap map{0, 1, 2, 3};
    std::uint8_t number = 0;
    do {
      numbers_[code(map)] = number;
      for (Hand hand = 0; hand < hand_count; ++hand) rows_[number][hand] = mapped(hand, map);
      ++number;
    } while (std::next_permutation(map.begin(), map.end()));
  }
  std::uint8_t number(const SuitMap& map) const noexcept { return numbers_[code(map)]; }
  const std::array<Hand, hand_count>& row(std::uint8_t number) const noexcept {
    return rows_[number];
  }

 private:
  static std::size_t code(const SuitMap& map) noexcept {
    return static_cast<std::size_t>(map[0] << 4 | map[1] << 2 | map[2]);
  }
  std::array<std::uint8_t, 64> numbers_{};
  std::array<std::array<Hand, hand_count>, 24> rows_{};
};

/// A board with one card more is, mapped, board `next`.
struct BoardStep {
  std::uint32_t board = 0;
  std::uint32_t next = 0;
  std::uint8_t map = 0;
};

/// All cards that can follow each board of `cards` cards.
std::vector<BoardStep> board_steps(int cards, const HandMaps& maps) {
  const HandIndex& boards = board_index(cards);
  const HandIndex& next = board_index(cards + 1);
  std::vector<BoardStep> steps;
  steps.reserve(boards.size() * static_cast<std::size_t>(card_count - cards));
  for (std::uint32_t board = 0; board < boards.size(); ++board) {
    const SuitSet set = boards.unindex(board).board;
    for (Card card = 0; card < card_count; ++card) {
      if ((set & suit_set_of(card)) != 0) continue;
      SuitMap map{};
      const std::uint32_t after = next.index(0, set | suit_set_of(card), map);
      steps.push_back({board, after, maps.number(map)});
    }
  }
  return steps;
}

std::array<Card, 5> full_board(std::uint32_t index) noexcept {
  const SuitSet set = board_index(5).unindex(index).board;
  std::array<Card, 5> cards{};
  std::size_t n = 0;
  for (Card card = 0; card < card_count; ++card) {
    if ((set & suit_set_of(card)) != 0) cards[n++] = card;
  }
  return cards;
}

/// The bucket of hands of which `below` are weaker and up to `up_to` not stronger, of `all`.
Bucket part_of(std::size_t below, std::size_t up_to, std::size_t all, int buckets) noexcept {
  return static_cast<Bucket>(static_cast<std::size_t>(buckets) * (below + up_to) / (2 * all));
}

/// The ranks at which the next bucket begins, k - 1 of them.
void cut_river(const BoardRanks& board, int buckets, HandRank* cuts) noexcept {
  std::size_t bucket = 0;  // the last whose beginning is known
  for (std::size_t from = 0; from < board_hands;) {
    const HandRank rank = board.ranks[board.order[from]];
    std::size_t to = from;
    while (to < board_hands && board.ranks[board.order[to]] == rank) ++to;
    while (bucket < part_of(from, to, board_hands, buckets)) cuts[bucket++] = rank;
    from = to;
  }
  while (bucket + 1 < static_cast<std::size_t>(buckets)) cuts[bucket++] = above_all_ranks;
}

/// The buckets of hands by their sums on a board of `cards` cards. A sum of 0 is of a hand that shares a card
/// with the board: every other one wins or ties somewhere.
template <class Sum>
void cut(const Sum* sums, int cards, int buckets, Bucket* row) {
  std::array<std::pair<Sum, Hand>, hand_count> hands;
  std::size_t n = 0;
  for (Hand hand = 0; hand < hand_count; ++hand) {
    row[hand] = 0;
    if (sums[hand] != 0) hands[n++] = {sums[hand], hand};
  }
  const auto left = static_cast<std::size_t>(card_count - cards);
  WEIR_CHECK(n == left * (left - 1) / 2, "a hand that can be has no strength");
  std::sort(hands.begin(), hands.begin() + static_cast<std::ptrdiff_t>(n));
  for (std::size_t from = 0; from < n;) {
    std::size_t to = from;
    while (to < n && hands[to].first == hands[from].first) ++to;
    const Bucket bucket = part_of(from, to, n, buckets);
    for (; from < to; ++from) row[hands[from].second] = bucket;
  }
}

/// Cuts all river boards, and gives the sums of strengths over all rivers: [turn board * hand_count + hand].
std::vector<std::uint32_t> walk_rivers(const BucketConfig& config, const HandMaps& maps,
                                       std::vector<HandRank>& cuts) {
  std::vector<BoardStep> steps = board_steps(4, maps);
  std::sort(steps.begin(), steps.end(), [](const BoardStep& a, const BoardStep& b) {
    return a.next != b.next ? a.next < b.next : a.board < b.board;
  });
  const auto cuts_each = static_cast<std::size_t>(config.buckets[3] - 1);
  const std::uint32_t boards = board_index(5).size();
  cuts.resize(boards * cuts_each);
  std::vector<std::uint32_t> sums(board_index(4).size() * std::size_t{hand_count});
  auto board = std::make_unique<BoardRanks>();
  StrengthRow strength;
  std::array<std::uint32_t, hand_count> terms;
  std::size_t step = 0;
  for (std::uint32_t river = 0; river < boards; ++river) {
    board->set(full_board(river));
    cut_river(*board, config.buckets[3], cuts.data() + river * cuts_each);
    strengths(*board, strength);
    for (std::size_t hand = 0; hand < hand_count; ++hand) {
      const std::uint32_t once = strength[hand];
      terms[hand] = config.measure == StrengthMeasure::mean ? once : once * once;
    }
    for (; step < steps.size() && steps[step].next == river; ++step) {
      const auto& map = maps.row(steps[step].map);
      std::uint32_t* sum = sums.data() + steps[step].board * std::size_t{hand_count};
      for (std::size_t hand = 0; hand < hand_count; ++hand) sum[hand] += terms[map[hand]];
    }
  }
  return sums;
}

/// The sums over all turns of those sums: [flop board * hand_count + hand].
std::vector<std::uint64_t> walk_turns(const std::vector<std::uint32_t>& turn_sums,
                                      const HandMaps& maps) {
  std::vector<std::uint64_t> sums(board_index(3).size() * std::size_t{hand_count});
  for (const BoardStep& step : board_steps(3, maps)) {
    const auto& map = maps.row(step.map);
    std::uint64_t* sum = sums.data() + step.board * std::size_t{hand_count};
    const std::uint32_t* turn = turn_sums.data() + step.next * std::size_t{hand_count};
    for (std::size_t hand = 0; hand < hand_count; ++hand) sum[hand] += turn[map[hand]];
  }
  return sums;
}

/// And over all flops: [hand].
std::array<std::uint64_t, hand_count> walk_flops(const std::vector<std::uint64_t>& flop_sums,
                                                 const HandMaps& maps) {
  std::array<std::uint64_t, hand_count> sums{};
  for (Card a = 2; a < card_count; ++a) {
    for (Card b = 1; b < a; ++b) {
      for (Card c = 0; c < b; ++c) {
        SuitMap map{};
        const std::uint32_t flop = board_index(3).index(0, suit_set_of(std::array{a, b, c}), map);
        const auto& row = maps.row(maps.number(map));
        const std::uint64_t* sum = flop_sums.data() + flop * std::size_t{hand_count};
        for (std::size_t hand = 0; hand < hand_count; ++hand) sums[hand] += sum[row[hand]];
      }
    }
  }
  return sums;
}

template <class Sum>
std::vector<Bucket> cut_boards(const std::vector<Sum>& sums, int cards, int buckets) {
  std::vector<Bucket> rows(sums.size());
  for (std::size_t at = 0; at < sums.size(); at += hand_count) {
    cut(sums.data() + at, cards, buckets, rows.data() + at);
  }
  return rows;
}

}  // namespace

Result<CardBuckets> CardBuckets::make(const BucketConfig& config) {
  constexpr std::array<const char*, 4> streets{"preflop", "flop", "turn", "river"};
  for (std::size_t round = 0; round < 4; ++round) {
    const int most = round == 0 ? kind_count : 1000;
    if (config.buckets[round] < 1 || config.buckets[round] > most) {
      return Error{"bad_config", "1 to " + std::to_string(most) + " buckets", streets[round]};
    }
  }
  const auto maps = std::make_unique<HandMaps>();
  CardBuckets made;
  made.counts_ = config.buckets;
  std::vector<std::uint64_t> flop_sums;
  {
    const std::vector<std::uint32_t> turn_sums = walk_rivers(config, *maps, made.river_ranks_);
    made.turn_ = cut_boards(turn_sums, 4, config.buckets[2]);
    flop_sums = walk_turns(turn_sums, *maps);
  }
  made.flop_ = cut_boards(flop_sums, 3, config.buckets[1]);
  if (config.buckets[0] == kind_count) {
    for (Hand hand = 0; hand < hand_count; ++hand) {
      made.preflop_[hand] = static_cast<Bucket>(kind_of(hand));
    }
  } else {
    cut(walk_flops(flop_sums, *maps).data(), 0, config.buckets[0], made.preflop_.data());
  }
  return made;
}

std::size_t CardBuckets::bytes() const noexcept {
  return sizeof(*this) + (flop_.size() + turn_.size()) * sizeof(Bucket) +
         river_ranks_.size() * sizeof(HandRank);
}

// How many cuts are at most `rank`, without a branch that the processor could guess wrong.
Bucket CardBuckets::of_rank(std::uint32_t board, HandRank rank) const noexcept {
  const auto cuts_each = static_cast<std::size_t>(counts_[3] - 1);
  const HandRank* cuts = river_ranks_.data() + board * cuts_each;
  std::size_t from = 0;
  for (std::size_t left = cuts_each; left > 0;) {
    const std::size_t half = left - left / 2;
    from = cuts[from + half - 1] <= rank ? from + half : from;
    left /= 2;
  }
  return static_cast<Bucket>(from);
}

Bucket CardBuckets::bucket(Hand hand, std::span<const Card> board) const noexcept {
  if (board.size() < 3) return preflop_[hand];
  SuitMap map{};
  const int cards = static_cast<int>(board.size());
  const std::uint32_t index = board_index(cards).index(0, suit_set_of(board), map);
  if (cards == 5) return of_rank(index, hand_ranks()(PartialHand(board) + PartialHand(hand)));
  const std::vector<Bucket>& rows = cards == 3 ? flop_ : turn_;
  return rows[index * std::size_t{hand_count} + mapped(hand, map)];
}

// Rows that are far away are asked for as soon as their places are known, and read last.
void CardBuckets::see(const std::array<Hand, 2>& hands, std::span<const Card, 5> board,
                      SeenDeal& deal) const noexcept {
  const SuitSet flop_set = suit_set_of(board.first(3));
  const SuitSet turn_set = flop_set | suit_set_of(board[3]);
  const std::uint32_t river = board_index(5).index(0, turn_set | suit_set_of(board[4]));
  const auto cuts_each = static_cast<std::size_t>(counts_[3] - 1);
  const HandRank* cuts = river_ranks_.data() + river * cuts_each;
  // All of the row: a search would wait for one line after the other.
  for (std::size_t at = 0; at < cuts_each; at += 32) __builtin_prefetch(cuts + at);
  SuitMap map{};
  const std::size_t turn = board_index(4).index(0, turn_set, map);
  std::array<const Bucket*, 2> turn_places{};
  for (std::size_t player = 0; player < 2; ++player) {
    turn_places[player] = turn_.data() + turn * hand_count + mapped(hands[player], map);
    __builtin_prefetch(turn_places[player]);
  }
  const std::size_t flop = board_index(3).index(0, flop_set, map);
  const PartialHand part(board);
  for (std::size_t player = 0; player < 2; ++player) {
    deal.buckets[player][0] = preflop_[hands[player]];
    deal.buckets[player][1] = flop_[flop * hand_count + mapped(hands[player], map)];
    deal.ranks[player] = hand_ranks()(part + PartialHand(hands[player]));
  }
  for (std::size_t player = 0; player < 2; ++player) {
    deal.buckets[player][2] = *turn_places[player];
    deal.buckets[player][3] = of_rank(river, deal.ranks[player]);
  }
}

}  // namespace weir::mccfr
