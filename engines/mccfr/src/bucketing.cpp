#include <algorithm>
#include <memory>
#include <utility>
#include <weir/atomic.hpp>
#include <weir/check.hpp>
#include <weir/detail/huge_pages.hpp>
#include <weir/mccfr/bucket_file.hpp>
#include <weir/mccfr/bucketing.hpp>
#include <weir/phase.hpp>

#include "strength_sums.hpp"

namespace weir::mccfr {
namespace {

constexpr HandRank above_all_ranks = 0xffff;

SuitSet suits_of(Hand hand) noexcept {
  return suit_set_of(cards_of(hand).low) | suit_set_of(cards_of(hand).high);
}

/// The bucket of hands of which `below` are weaker and up to `up_to` not stronger, of `all`.
Bucket part_of(std::size_t below, std::size_t up_to, std::size_t all, int buckets) noexcept {
  return static_cast<Bucket>(static_cast<std::size_t>(buckets) * (below + up_to) / (2 * all));
}

/// The ranks at which the next bucket begins, k - 1 of them.
void cut_river(const BoardStrengths& board, int buckets, HandRank* cuts) noexcept {
  std::size_t bucket = 0;  // the last whose beginning is known
  std::size_t from = 0;
  for (std::size_t k = 0; k < board.groups; ++k) {
    const std::size_t to = from + board.group[k].hands;
    while (bucket < part_of(from, to, board_hands, buckets)) cuts[bucket++] = board.group[k].rank;
    from = to;
  }
  while (bucket + 1 < static_cast<std::size_t>(buckets)) cuts[bucket++] = above_all_ranks;
}

/// By sum: a sort by counting for every eleven bits of the largest.
template <class Sum>
void sort_by_sum(std::array<std::pair<Sum, Hand>, hand_count>& hands, std::size_t n) noexcept {
  constexpr unsigned bits = 11;
  constexpr std::size_t digits = std::size_t{1} << bits;
  Sum most = 0;
  for (std::size_t i = 0; i < n; ++i) most = std::max(most, hands[i].first);
  std::array<std::pair<Sum, Hand>, hand_count> by_digit;
  for (unsigned shift = 0; shift == 0 || (shift < 8 * sizeof(Sum) && most >> shift != 0);
       shift += bits) {
    std::array<std::uint16_t, digits> places{};
    for (std::size_t i = 0; i < n; ++i) ++places[hands[i].first >> shift & (digits - 1)];
    int sum = 0;
    for (std::uint16_t& place : places)
      sum += std::exchange(place, static_cast<std::uint16_t>(sum));
    for (std::size_t i = 0; i < n; ++i)
      by_digit[places[hands[i].first >> shift & (digits - 1)]++] = hands[i];
    std::copy_n(by_digit.begin(), n, hands.begin());
  }
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
  sort_by_sum(hands, n);
  for (std::size_t from = 0; from < n;) {
    std::size_t to = from;
    while (to < n && hands[to].first == hands[from].first) ++to;
    const Bucket bucket = part_of(from, to, n, buckets);
    for (; from < to; ++from) row[hands[from].second] = bucket;
  }
}

/// Zeros in large pages.
template <class T>
CountedVector<T> looked_up_all_over(std::size_t size) {
  CountedVector<T> values;
  values.reserve(size);
  weir::detail::ask_for_huge_pages(values.data(), size * sizeof(T));
  values.resize(size);
  return values;
}

template <class Sum>
CountedVector<Bucket> cut_boards(const CountedVector<Sum>& sums, int cards, int buckets) {
  CountedVector<Bucket> rows = looked_up_all_over<Bucket>(sums.size());
  parallel_for(0, sums.size() / hand_count, 16, [&](std::size_t board) {
    cut(sums.data() + board * hand_count, cards, buckets, rows.data() + board * hand_count);
  });
  return rows;
}

Result<Done> check(const BucketConfig& config) {
  constexpr std::array<const char*, 4> streets{"preflop", "flop", "turn", "river"};
  for (std::size_t round = 0; round < 4; ++round) {
    const int most = round == 0 ? kind_count : 1000;
    if (config.buckets[round] < 1 || config.buckets[round] > most) {
      return Error{"bad_config", "1 to " + std::to_string(most) + " buckets", streets[round]};
    }
  }
  return Done{};
}

/// Adds the strengths on all full boards that `cards` begin, each board once.
void add_strengths(StrengthMeasure measure, std::array<Card, 5>& cards, std::size_t known,
                   Card below, std::span<std::uint64_t, hand_count> sums) {
  if (known < 5) {
    for (Card card = 0; card < below; ++card) {
      if (std::find(cards.begin(), cards.begin() + static_cast<std::ptrdiff_t>(known), card) !=
          cards.begin() + static_cast<std::ptrdiff_t>(known))
        continue;
      cards[known] = card;
      add_strengths(measure, cards, known + 1, card, sums);
    }
    return;
  }
  BoardStrengths board;
  board.set(cards);
  for (Hand hand = 0; hand < hand_count; ++hand) {
    const std::uint64_t once = board.row[hand];
    sums[hand] += measure == StrengthMeasure::mean ? once : once * once;
  }
}

}  // namespace

Result<CardBuckets> CardBuckets::make(const BucketConfig& config) {
  if (auto valid = check(config); !valid) return valid.error();
  const PhaseScope exempt(nullptr);  // set-up, by a worker of a runtime that runs
  const auto maps = std::make_unique<HandMaps>();
  CardBuckets made;
  made.counts_ = config.buckets;
  CountedVector<std::uint64_t> flop_sums;
  {
    const auto cuts_each = static_cast<std::size_t>(config.buckets[3] - 1);
    made.river_ranks_ = looked_up_all_over<HandRank>(board_index(5).size() * cuts_each);
    const CountedVector<std::uint32_t> turn_sums =
        sum_rivers(config.measure, *maps, [&](std::uint32_t river, const BoardStrengths& board) {
          cut_river(board, config.buckets[3], made.river_ranks_.data() + river * cuts_each);
        });
    made.turn_ = cut_boards(turn_sums, 4, config.buckets[2]);
    flop_sums = sum_turns(turn_sums, *maps);
  }
  made.flop_ = cut_boards(flop_sums, 3, config.buckets[1]);
  if (config.buckets[0] == kind_count) {
    for (Hand hand = 0; hand < hand_count; ++hand) {
      made.preflop_[hand] = static_cast<Bucket>(kind_of(hand));
    }
  } else {
    cut(sum_flops(flop_sums, *maps).data(), 0, config.buckets[0], made.preflop_.data());
  }
  return made;
}

// The most is taken while turns are summed up, with the flops' buckets still to come.
CardBuckets::Bytes CardBuckets::bytes_of(const BucketConfig& config) noexcept {
  const std::uint64_t flops = std::uint64_t{board_index(3).size()} * hand_count;
  const std::uint64_t turns = std::uint64_t{board_index(4).size()} * hand_count;
  const std::uint64_t cuts = std::uint64_t{board_index(5).size()} *
                             static_cast<std::uint64_t>(config.buckets[3] - 1) * sizeof(HandRank);
  const std::uint64_t sums = turns * sizeof(std::uint32_t) + flops * sizeof(std::uint64_t) +
                             board_index(3).size() * board_steps_each(3) * sizeof(BoardStep);
  const std::uint64_t steps = board_index(4).size() * board_steps_each(4) * sizeof(BoardStep);
  const std::uint64_t terms = std::uint64_t{rivers_at_once} * hand_count * sizeof(std::uint32_t);
  return {(flops + turns) * sizeof(Bucket) + cuts, sums - flops * sizeof(Bucket), steps + terms};
}

// On a river hands are told apart by rank, before by sums of strengths: of each board once, which are as the sums over
// all orders of its cards.
Result<std::vector<Bucket>> CardBuckets::on_board(const BucketConfig& config,
                                                  std::span<const Card> board) {
  if (auto valid = check(config); !valid) return valid.error();
  WEIR_CHECK(board.size() >= 3 && board.size() <= 5, "boards have 3 to 5 cards");
  std::vector<Bucket> row(hand_count);
  std::array<Card, 5> cards{};
  std::copy(board.begin(), board.end(), cards.begin());
  const int buckets = config.buckets[board.size() - 2];
  if (board.size() == 5) {
    BoardStrengths strengths;
    strengths.set(cards);
    std::vector<HandRank> cuts(static_cast<std::size_t>(buckets - 1));
    cut_river(strengths, buckets, cuts.data());
    HandRankRow ranks;
    rank_all(cards, ranks);
    for (Hand hand = 0; hand < hand_count; ++hand)
      row[hand] = static_cast<Bucket>(std::upper_bound(cuts.begin(), cuts.end(), ranks[hand]) -
                                      cuts.begin());
    return row;
  }
  std::array<std::uint64_t, hand_count> sums{};
  add_strengths(config.measure, cards, board.size(), card_count, sums);
  cut(sums.data(), static_cast<int>(board.size()), buckets, row.data());
  return row;
}

CardBuckets CardBuckets::of(std::shared_ptr<const abstraction::BucketFile> file) {
  CardBuckets made;
  for (int round = 0; round < 4; ++round) {
    made.counts_[static_cast<std::size_t>(round)] = file->count(round);
    made.classes_[static_cast<std::size_t>(round)] = file->table(round);
  }
  for (Hand hand = 0; hand < hand_count; ++hand)
    made.preflop_[hand] = made.classes_[0][hand_index(0).index(suits_of(hand), 0)];
  made.file_ = std::move(file);
  return made;
}

std::size_t CardBuckets::bytes() const noexcept {
  if (file_) return sizeof(*this) + file_->bytes();
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
  if (file_) {
    const std::size_t round = board.size() - 2;
    return classes_[round]
                   [hand_index(static_cast<int>(round)).index(suits_of(hand), suit_set_of(board))];
  }
  SuitMap map{};
  const int cards = static_cast<int>(board.size());
  const std::uint32_t index = board_index(cards).index(0, suit_set_of(board), map);
  if (cards == 5) return of_rank(index, hand_ranks()(PartialHand(board) + PartialHand(hand)));
  const CountedVector<Bucket>& rows = cards == 3 ? flop_ : turn_;
  return rows[index * std::size_t{hand_count} + mapped(hand, map)];
}

void CardBuckets::row(std::span<const Card> board,
                      std::array<Bucket, hand_count>& buckets) const noexcept {
  const CardSet shown = set_of(board);
  if (board.size() < 3 || file_) {
    for (Hand hand = 0; hand < hand_count; ++hand)
      buckets[hand] = (cards_of(hand).set() & shown) != 0 ? Bucket{0} : bucket(hand, board);
    return;
  }
  SuitMap map{};
  const int cards = static_cast<int>(board.size());
  const std::uint32_t index = board_index(cards).index(0, suit_set_of(board), map);
  if (cards == 5) {
    HandRankRow ranks;
    rank_all(board.first<5>(), ranks);
    for (std::size_t hand = 0; hand < hand_count; ++hand)
      buckets[hand] = ranks[hand] == no_hand ? Bucket{0} : of_rank(index, ranks[hand]);
    return;
  }
  const Bucket* const from = (cards == 3 ? flop_ : turn_).data() + index * std::size_t{hand_count};
  for (Hand hand = 0; hand < hand_count; ++hand)
    buckets[hand] = (cards_of(hand).set() & shown) != 0 ? Bucket{0} : from[mapped(hand, map)];
}

void CardBuckets::see(const std::array<Hand, 2>& hands, std::span<const Card, 5> board,
                      SeenDeal& deal) const noexcept {
  Sought sought;
  seek(hands, board, sought);
  take(sought, deal);
}

void CardBuckets::seek(const std::array<Hand, 2>& hands, std::span<const Card, 5> board,
                       Sought& sought) const noexcept {
  sought.hands = hands;
  if (file_) {
    seek_classes(hands, board, sought);
  } else {
    const SuitSet flop_set = suit_set_of(board.first(3));
    const SuitSet turn_set = flop_set | suit_set_of(board[3]);
    sought.river = board_index(5).index(0, turn_set | suit_set_of(board[4]));
    const auto cuts_each = static_cast<std::size_t>(counts_[3] - 1);
    const HandRank* cuts = river_ranks_.data() + sought.river * cuts_each;
    // All of the row: a search would wait for one line after the other.
    for (std::size_t at = 0; at < cuts_each; at += 32) prefetch_to_read(cuts + at);
    SuitMap map{};
    const std::uint32_t turn = board_index(4).index(0, turn_set, map);
    for (std::size_t player = 0; player < 2; ++player) {
      sought.places[player][2] = turn * hand_count + mapped(hands[player], map);
      prefetch_to_read(turn_.data() + sought.places[player][2]);
    }
    const std::uint32_t flop = board_index(3).index(0, flop_set, map);
    for (std::size_t player = 0; player < 2; ++player) {
      sought.places[player][1] = flop * hand_count + mapped(hands[player], map);
      prefetch_to_read(flop_.data() + sought.places[player][1]);
    }
  }
  const PartialHand part(board);
  for (std::size_t player = 0; player < 2; ++player)
    sought.ranks[player] = hand_ranks()(part + PartialHand(hands[player]));
}

// The river, whose table is largest, is asked for first.
void CardBuckets::seek_classes(const std::array<Hand, 2>& hands, std::span<const Card, 5> board,
                               Sought& sought) const noexcept {
  std::array<SuitSet, 4> sets{};
  sets[1] = suit_set_of(board.first(3));
  sets[2] = sets[1] | suit_set_of(board[3]);
  sets[3] = sets[2] | suit_set_of(board[4]);
  for (std::size_t round = 3; round > 0; --round) {
    const HandIndex& index = hand_index(static_cast<int>(round));
    for (std::size_t player = 0; player < 2; ++player) {
      sought.places[player][round] = index.index(suits_of(hands[player]), sets[round]);
      classes_[round].prefetch(sought.places[player][round]);
    }
  }
}

void CardBuckets::take(const Sought& sought, SeenDeal& deal) const noexcept {
  deal.ranks = sought.ranks;
  for (std::size_t player = 0; player < 2; ++player) {
    const auto& places = sought.places[player];
    auto& buckets = deal.buckets[player];
    buckets[0] = preflop_[sought.hands[player]];
    if (file_) {
      for (std::size_t round = 1; round < 4; ++round)
        buckets[round] = classes_[round][places[round]];
    } else {
      buckets[1] = flop_[places[1]];
      buckets[2] = turn_[places[2]];
      buckets[3] = of_rank(sought.river, sought.ranks[player]);
    }
  }
}

}  // namespace weir::mccfr
