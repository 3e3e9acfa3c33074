#include "sampled_boards.hpp"

#include <algorithm>
#include <weir/mccfr/board_ranks.hpp>
#include <weir/mccfr/random.hpp>
#include <weir/task.hpp>

namespace weir::mccfr::subgame {
namespace {

enum : std::uint64_t { deck_purpose = 48, stand_in_purpose = 49 };
constexpr std::uint64_t sample_seed = 1;
constexpr std::size_t class_groups = play_lanes / 2;

std::vector<Card> cards_left(CardSet seen) {
  std::vector<Card> left;
  for (Card card = 0; card < card_count; ++card)
    if (!has(seen, card)) left.push_back(card);
  return left;
}

std::vector<SampledBoard> draw(const Board& root, std::size_t rounds) {
  std::vector<Card> deck = cards_left(root.cards);
  Random random = Random::keyed(sample_seed, root.cards, deck_purpose);
  for (std::size_t i = deck.size(); i > 1; --i)
    std::swap(deck[i - 1], deck[random.below(static_cast<std::uint32_t>(i))]);
  SampledBoard board;
  std::size_t shown = 0;
  for (CardSet set = root.cards; set != 0; set = without_lowest(set))
    board.cards[shown++] = lowest(set);
  std::vector<SampledBoard> drawn;
  for (std::size_t round = 1; round <= rounds; ++round) {
    for (std::size_t i = 0; i < deck.size(); ++i) {
      board.cards[shown] = deck[i];
      if (shown == 3) board.cards[4] = deck[(i + round) % deck.size()];
      drawn.push_back({board.cards, {}, {}, {}, {}});
    }
  }
  return drawn;
}

std::size_t rounds_of(const Boards& boards, std::size_t rounds) noexcept {
  const auto shown = static_cast<std::size_t>(count(boards.of_street(0)[0].cards));
  return std::min(rounds, shown == 3 ? card_count - shown - 1 : 1);
}

/// Sorts hands into classes, and gives each its strategies.
class BoardMaker {
 public:
  BoardMaker(const Boards& boards, const Continuations& continuations)
      : boards_(boards), continuations_(continuations) {
    for (std::size_t p = 0; p < 2; ++p) {
      places_[p].fill(none);
      const PlayerHands& player = boards.player(static_cast<int>(p));
      for (std::size_t h = 0; h < player.hands.size(); ++h) {
        places_[p][player.hands[h]] = static_cast<std::uint16_t>(h);
        totals_[p] += static_cast<double>(player.weights[h]);
      }
    }
  }

  void make(SampledBoard& board, std::uint64_t number, bool played, StrengthRow& strength) const {
    BoardRanks ranks;
    ranks.set(board.cards);
    strengths(ranks, strength);
    group(board, ranks);
    if (!played) return;
    std::array<Bucket, hand_count> before{};
    const bool streets = count(boards_.of_street(0)[0].cards) == 3;
    if (streets) continuations_.cards().row(std::span(board.cards).first<4>(), before);
    classify(board, ranks, before);
    Random random = Random::keyed(sample_seed, number, stand_in_purpose);
    for (std::size_t p = 0; p < 2; ++p) take_strategies(board, p, before, random);
  }

 private:
  static constexpr std::uint16_t none = 0xffff;

  double mass(Hand hand) const noexcept {
    double sum = 0;
    for (std::size_t p = 0; p < 2; ++p)
      if (places_[p][hand] != none)
        sum += static_cast<double>(boards_.player(static_cast<int>(p)).weights[places_[p][hand]]) /
               (2 * totals_[p]);
    return sum;
  }

  /// f(hands of one rank, its place from 0 to 1), from the worst on.
  template <class F>
  void each_rank(const BoardRanks& ranks, F&& f) const {
    double below = 0;
    for (std::size_t i = 0; i < board_hands;) {
      const std::size_t first = i;
      const HandRank rank = ranks.ranks[ranks.order[i]];
      double here = 0;
      for (; i < board_hands && ranks.ranks[ranks.order[i]] == rank; ++i)
        here += mass(ranks.order[i]);
      f(std::span(ranks.order).subspan(first, i - first), below + here / 2, here);
      below += here;
    }
  }

  void group(SampledBoard& board, const BoardRanks& ranks) const {
    for (std::size_t p = 0; p < 2; ++p)
      board.groups[p].assign(boards_.player(static_cast<int>(p)).stride,
                             std::uint8_t{strength_groups});
    each_rank(ranks, [&](std::span<const Hand> hands, double at, double) {
      const auto group =
          std::min(static_cast<std::size_t>(at * strength_groups), strength_groups - 1);
      for (const Hand hand : hands)
        for (std::size_t p = 0; p < 2; ++p)
          if (places_[p][hand] != none)
            board.groups[p][places_[p][hand]] = static_cast<std::uint8_t>(group);
    });
    for (std::size_t p = 0; p < 2; ++p) {
      const PlayerHands& player = boards_.player(static_cast<int>(p));
      double left = 0;
      for (std::size_t h = 0; h < player.hands.size(); ++h)
        if (board.groups[p][h] != strength_groups) left += static_cast<double>(player.weights[h]);
      board.left[p] = static_cast<float>(left / totals_[p]);
    }
  }

  void classify(SampledBoard& board, const BoardRanks& ranks,
                const std::array<Bucket, hand_count>& before) const {
    std::array<std::uint8_t, hand_count> group_of{};
    std::array<double, class_groups> weight{}, sum{};
    each_rank(ranks, [&](std::span<const Hand> hands, double at, double) {
      const auto group = std::min(static_cast<std::size_t>(at * class_groups), class_groups - 1);
      for (const Hand hand : hands) {
        const double of = mass(hand);
        group_of[hand] = static_cast<std::uint8_t>(group);
        weight[group] += of;
        sum[group] += of * before[hand];
      }
    });
    for (std::size_t p = 0; p < 2; ++p) {
      const PlayerHands& player = boards_.player(static_cast<int>(p));
      board.classes[p].assign(player.stride, std::uint8_t{play_lanes});
      for (std::size_t h = 0; h < player.hands.size(); ++h) {
        if (board.groups[p][h] == strength_groups) continue;
        const Hand hand = player.hands[h];
        const std::size_t group = group_of[hand];
        const bool better = before[hand] * weight[group] > sum[group];
        board.classes[p][h] = static_cast<std::uint8_t>(2 * group + (better ? 1 : 0));
      }
    }
  }

  void take_strategies(SampledBoard& board, std::size_t p,
                       const std::array<Bucket, hand_count>& before, Random& random) const {
    const PlayerHands& player = boards_.player(static_cast<int>(p));
    std::array<double, play_lanes> weight{};
    std::array<std::array<Bucket, play_lanes>, 2> buckets{};  // turn, river
    std::array<Hand, play_lanes> stands{};
    for (std::size_t h = 0; h < player.hands.size(); ++h) {
      const std::size_t in = board.classes[p][h];
      if (in == play_lanes) continue;
      const auto of = static_cast<double>(player.weights[h]);
      weight[in] += of;
      if (static_cast<double>(random.unit()) * weight[in] < of) stands[in] = player.hands[h];
    }
    for (std::size_t c = 0; c < play_lanes; ++c) {
      if (!(weight[c] > 0)) continue;  // nobody is there
      buckets[0][c] = before[stands[c]];
      buckets[1][c] = continuations_.cards().bucket(stands[c], board.cards);
    }
    board.strategies[p] = FloatBlock(continuations_.rows(p) * play_lanes);
    for (const PlayNode& node : continuations_.nodes()) {
      if (node.step != Step::decision || node.player != p) continue;
      const float* const from = continuations_.strategies(node);
      const std::size_t count = continuations_.buckets(node.round);
      const auto& bucket = buckets[node.round == 3 ? 1 : 0];
      float* const to = board.strategies[p].data() + node.row * play_lanes;
      for (std::size_t a = 0; a < node.actions; ++a)
        for (std::size_t c = 0; c < play_lanes; ++c)
          to[a * play_lanes + c] = from[a * count + bucket[c]];
    }
  }

  const Boards& boards_;
  const Continuations& continuations_;
  std::array<std::array<std::uint16_t, hand_count>, 2> places_{};
  std::array<double, 2> totals_{};
};

/// Each hand's strength on all full boards, of 1.
Range true_strengths(const Board& root) {
  constexpr std::size_t pieces = 16;
  const std::vector<Card> left = cards_left(root.cards);
  std::array<Card, 5> cards{};
  std::size_t shown = 0;
  for (CardSet set = root.cards; set != 0; set = without_lowest(set)) cards[shown++] = lowest(set);
  std::vector<std::array<std::uint32_t, hand_count>> sums(pieces);
  parallel_for(0, pieces, 1, [&](std::size_t piece) {
    std::array<Card, 5> board = cards;
    BoardStrengths strength;
    for (std::size_t i = piece; i < left.size(); i += pieces) {
      board[3] = left[i];
      for (std::size_t k = i + 1; k < left.size(); ++k) {
        board[4] = left[k];
        strength.set(board);
        for (std::size_t hand = 0; hand < hand_count; ++hand)
          sums[piece][hand] += strength.row[hand];
      }
    }
  });
  constexpr double boards = 47 * 46 / 2;  // that a flop and a hand leave
  Range means{};
  for (std::size_t hand = 0; hand < hand_count; ++hand) {
    double sum = 0;
    for (const auto& piece : sums) sum += piece[hand];
    means[hand] = static_cast<float>(sum / (boards * strength_max));
  }
  return means;
}

/// `strength`: of the first boards; `truth`: null where those are all.
SampledHands sampled_hands(const PlayerHands& player, std::span<const SampledBoard> boards,
                           std::size_t p, std::span<const StrengthRow> strength,
                           const Range* truth) {
  SampledHands made;
  made.each.resize(player.stride);
  made.luck.resize(player.stride);
  for (std::size_t h = 0; h < player.hands.size(); ++h) {
    double count = 0, left = 0, sum = 0;
    for (std::size_t b = 0; b < boards.size(); ++b) {
      if (boards[b].groups[p][h] == strength_groups) continue;
      ++count;
      left += static_cast<double>(boards[b].left[1 - p]);
      sum += strength[b][player.hands[h]];
    }
    if (!(left > 0)) continue;
    made.each[h] = static_cast<float>(1 / left);
    if (truth != nullptr)
      made.luck[h] = static_cast<float>(sum / (count * strength_max) -
                                        static_cast<double>((*truth)[player.hands[h]]));
  }
  return made;
}

}  // namespace

SampledBoards SampledBoards::make(const Boards& boards, const Continuations& continuations,
                                  std::size_t rounds, std::size_t played_rounds,
                                  std::size_t parts) {
  const Board& root = boards.of_street(0)[0];
  rounds = rounds_of(boards, rounds);
  SampledBoards made;
  made.boards_ = draw(root, rounds);
  made.some_.resize(parts);
  made.played_parts_.resize(parts);
  made.played_ = made.boards_.size() / rounds * std::min(rounds, played_rounds);
  std::vector<StrengthRow> strength(made.boards_.size());
  const BoardMaker maker(boards, continuations);
  parallel_for(0, made.boards_.size(), 1, [&](std::size_t b) {
    maker.make(made.boards_[b], b, b < made.played_, strength[b]);
  });
  const bool drawn = count(root.cards) == 3;
  const Range truth = drawn ? true_strengths(root) : Range{};
  for (std::size_t p = 0; p < 2; ++p) {
    const PlayerHands& player = boards.player(static_cast<int>(p));
    const Range* const true_ones = drawn ? &truth : nullptr;
    const auto hands_of = [&](std::span<const SampledBoard> some) {
      const auto first = static_cast<std::size_t>(some.data() - made.boards_.data());
      return sampled_hands(player, some, p, std::span(strength).subspan(first, some.size()),
                           true_ones);
    };
    for (std::size_t part = 0; part < parts; ++part) {
      made.some_[part][p] = hands_of(made.some(part));
      made.played_parts_[part][p] = hands_of(made.played(part));
    }
  }
  return made;
}

std::uint64_t SampledBoards::bytes(const Boards& boards, const Continuations& continuations,
                                   std::size_t rounds, std::size_t played_rounds) noexcept {
  const auto left = static_cast<std::uint64_t>(card_count - count(boards.of_street(0)[0].cards));
  rounds = rounds_of(boards, rounds);
  std::uint64_t sum = 0;
  for (std::size_t p = 0; p < 2; ++p) {
    const std::uint64_t stride = boards.player(static_cast<int>(p)).stride;
    sum += rounds * left * (2 * stride + sizeof(SampledBoard));
    sum +=
        std::min(rounds, played_rounds) * left * continuations.rows(p) * play_lanes * sizeof(float);
  }
  return sum + rounds * left * sizeof(StrengthRow);
}

}  // namespace weir::mccfr::subgame
