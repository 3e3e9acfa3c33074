#include "sampled_boards.hpp"

#include <algorithm>
#include <weir/mccfr/board_ranks.hpp>
#include <weir/mccfr/random.hpp>
#include <weir/task.hpp>

namespace weir::mccfr::subgame {
namespace {

enum : std::uint64_t { deck_purpose = 48, stand_in_purpose = 49 };
constexpr std::uint64_t sample_seed = 1;
constexpr std::size_t class_groups = board_groups / 2;

std::vector<Card> cards_left(CardSet seen) {
  std::vector<Card> left;
  for (Card card = 0; card < card_count; ++card)
    if (!has(seen, card)) left.push_back(card);
  return left;
}

using FullBoard = std::array<Card, 5>;

std::vector<FullBoard> draw(const Board& root, std::size_t rounds) {
  std::vector<Card> deck = cards_left(root.cards);
  Random random = Random::keyed(sample_seed, root.cards, deck_purpose);
  for (std::size_t i = deck.size(); i > 1; --i)
    std::swap(deck[i - 1], deck[random.below(static_cast<std::uint32_t>(i))]);
  FullBoard board{};
  std::size_t shown = 0;
  for (CardSet set = root.cards; set != 0; set = without_lowest(set)) board[shown++] = lowest(set);
  std::vector<FullBoard> drawn;
  for (std::size_t round = 1; round <= rounds; ++round) {
    for (std::size_t i = 0; i < deck.size(); ++i) {
      board[shown] = deck[i];
      if (shown == 3) board[4] = deck[(i + round) % deck.size()];
      drawn.push_back(board);
    }
  }
  return drawn;
}

std::size_t rounds_of(const Boards& boards, std::size_t rounds) noexcept {
  const auto shown = static_cast<std::size_t>(count(boards.of_street(0)[0].cards));
  return std::min(rounds, shown == 3 ? card_count - shown - 1 : 1);
}

/// Each hand's strength on all full boards, of 1.
Range true_strengths(const Board& root) {
  constexpr std::size_t pieces = 16;
  const std::vector<Card> left = cards_left(root.cards);
  FullBoard cards{};
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

}  // namespace

/// Sorts hands into classes, and gives each its strategies.
class BoardMaker {
 public:
  BoardMaker(const Boards& boards, const Continuations& continuations, const SampleSizes& sizes)
      : boards_(boards),
        continuations_(continuations),
        drawn_(count(boards.of_street(0)[0].cards) == 3),
        all_ins_(draw(boards.of_street(0)[0], rounds_of(boards, sizes.rounds))),
        played_(draw(boards.of_street(0)[0], rounds_of(boards, sizes.played_rounds))) {
    if (drawn_) truth_ = true_strengths(boards.of_street(0)[0]);
    for (std::size_t p = 0; p < 2; ++p) {
      places_[p].fill(none);
      const PlayerHands& player = boards.player(static_cast<int>(p));
      for (std::size_t h = 0; h < player.hands.size(); ++h) {
        places_[p][player.hands[h]] = static_cast<std::uint16_t>(h);
        totals_[p] += static_cast<double>(player.weights[h]);
      }
    }
  }

  /// Part `number` of the boards that are played on, or that are not.
  void make(SampledPart& part, const std::vector<FullBoard>& boards, std::size_t number,
            std::size_t parts, bool played) const {
    const std::size_t first = number * boards.size() / parts;
    const std::size_t count = (number + 1) * boards.size() / parts - first;
    part.boards = std::vector<SampledBoard>(count);
    std::vector<StrengthRow> strength(count);
    parallel_for(0, count, 1, [&](std::size_t b) {
      part.boards[b].cards = boards[first + b];
      make_board(part.boards[b], first + b, played, strength[b]);
    });
    for (std::size_t p = 0; p < 2; ++p) weigh(part, p, strength);
  }

  const std::vector<FullBoard>& all_ins() const noexcept { return all_ins_; }
  const std::vector<FullBoard>& played() const noexcept { return played_; }

 private:
  static constexpr std::uint16_t none = 0xffff;

  void make_board(SampledBoard& board, std::uint64_t number, bool played,
                  StrengthRow& strength) const {
    BoardRanks ranks;
    ranks.set(board.cards);
    strengths(ranks, strength);
    if (!played) {
      group(board, ranks);
      leave(board);
      return;
    }
    std::array<Bucket, hand_count> before{};
    if (drawn_) continuations_.cards().row(std::span(board.cards).first<4>(), before);
    classify(board, ranks, before);
    leave(board);
    Random random = Random::keyed(sample_seed, number, stand_in_purpose);
    for (std::size_t p = 0; p < 2; ++p) take_strategies(board, p, before, random);
  }

  void weigh(SampledPart& part, std::size_t p, const std::vector<StrengthRow>& strength) const {
    const PlayerHands& player = boards_.player(static_cast<int>(p));
    part.each[p].resize(player.stride);
    part.luck[p].resize(player.stride);
    for (std::size_t h = 0; h < player.hands.size(); ++h) {
      double count = 0, left = 0, sum = 0;
      for (std::size_t b = 0; b < part.boards.size(); ++b) {
        if (part.boards[b].groups[p][h] == board_groups) continue;
        ++count;
        left += static_cast<double>(part.boards[b].left[1 - p]);
        sum += strength[b][player.hands[h]];
      }
      if (!(left > 0)) continue;
      part.each[p][h] = static_cast<float>(1 / left);
      if (drawn_)
        part.luck[p][h] = static_cast<float>(sum / (count * strength_max) -
                                             static_cast<double>(truth_[player.hands[h]]));
    }
  }

  void leave(SampledBoard& board) const {
    for (std::size_t p = 0; p < 2; ++p) {
      const PlayerHands& player = boards_.player(static_cast<int>(p));
      double left = 0;
      for (std::size_t h = 0; h < player.hands.size(); ++h)
        if (board.groups[p][h] != board_groups) left += static_cast<double>(player.weights[h]);
      board.left[p] = static_cast<float>(left / totals_[p]);
    }
  }

  double mass(Hand hand) const noexcept {
    double sum = 0;
    for (std::size_t p = 0; p < 2; ++p)
      if (places_[p][hand] != none)
        sum += static_cast<double>(boards_.player(static_cast<int>(p)).weights[places_[p][hand]]) /
               (2 * totals_[p]);
    return sum;
  }

  /// f(hands of one rank, their place from 0 to 1), from the worst on.
  template <class F>
  void each_rank(const BoardRanks& ranks, F&& f) const {
    double below = 0;
    for (std::size_t i = 0; i < board_hands;) {
      const std::size_t first = i;
      const HandRank rank = ranks.ranks[ranks.order[i]];
      double here = 0;
      for (; i < board_hands && ranks.ranks[ranks.order[i]] == rank; ++i)
        here += mass(ranks.order[i]);
      f(std::span(ranks.order).subspan(first, i - first), below + here / 2);
      below += here;
    }
  }

  void group(SampledBoard& board, const BoardRanks& ranks) const {
    for (std::size_t p = 0; p < 2; ++p)
      board.groups[p].assign(boards_.player(static_cast<int>(p)).stride,
                             std::uint8_t{board_groups});
    each_rank(ranks, [&](std::span<const Hand> hands, double at) {
      const auto group = std::min(static_cast<std::size_t>(at * board_groups), board_groups - 1);
      for (const Hand hand : hands)
        for (std::size_t p = 0; p < 2; ++p)
          if (places_[p][hand] != none)
            board.groups[p][places_[p][hand]] = static_cast<std::uint8_t>(group);
    });
  }

  void classify(SampledBoard& board, const BoardRanks& ranks,
                const std::array<Bucket, hand_count>& before) const {
    std::array<std::uint8_t, hand_count> group_of{};
    std::array<double, class_groups> weight{}, sum{};
    each_rank(ranks, [&](std::span<const Hand> hands, double at) {
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
      board.groups[p].assign(player.stride, std::uint8_t{board_groups});
      for (std::size_t h = 0; h < player.hands.size(); ++h) {
        const Hand hand = player.hands[h];
        if (ranks.ranks[hand] == no_hand) continue;
        const std::size_t group = group_of[hand];
        const bool better = before[hand] * weight[group] > sum[group];
        board.groups[p][h] = static_cast<std::uint8_t>(2 * group + (better ? 1 : 0));
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
      const std::size_t in = board.groups[p][h];
      if (in == board_groups) continue;
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
  const bool drawn_;  // boards are a sample, not all
  const std::vector<FullBoard> all_ins_, played_;
  Range truth_{};  // strengths on all boards
};

SampledBoards::SampledBoards(const Boards& boards, const Continuations& continuations,
                             const SampleSizes& sizes)
    : maker_(std::make_unique<BoardMaker>(boards, continuations, sizes)),
      all_ins_(sizes.parts),
      played_(sizes.parts) {}
SampledBoards::~SampledBoards() = default;

void SampledBoards::prepare(std::size_t part) {
  if (!all_ins_[part].boards.empty()) return;
  maker_->make(all_ins_[part], maker_->all_ins(), part, all_ins_.size(), false);
  maker_->make(played_[part], maker_->played(), part, played_.size(), true);
}

std::uint64_t SampledBoards::bytes(const Boards& boards, const Continuations& continuations,
                                   const SampleSizes& sizes) noexcept {
  const auto left = static_cast<std::uint64_t>(card_count - count(boards.of_street(0)[0].cards));
  const std::uint64_t all_ins = rounds_of(boards, sizes.rounds) * left;
  const std::uint64_t played = rounds_of(boards, sizes.played_rounds) * left;
  std::uint64_t sum = (all_ins + played) * (sizeof(SampledBoard) + sizeof(StrengthRow));
  for (std::size_t p = 0; p < 2; ++p) {
    const std::uint64_t stride = boards.player(static_cast<int>(p)).stride;
    sum += (all_ins + played) * stride + 2 * sizes.parts * 2 * stride * sizeof(float);
    sum += played * continuations.rows(p) * play_lanes * sizeof(float);
  }
  return sum;
}

}  // namespace weir::mccfr::subgame
