#include <algorithm>
#include <vector>
#include <weir/mccfr/aivat.hpp>

namespace weir::mccfr {

double expected_value(std::span<const AivatOutcome> outcomes) noexcept {
  double mass = 0, sum = 0;
  for (const AivatOutcome& outcome : outcomes) {
    mass += outcome.mass;
    sum += outcome.mass * outcome.value;
  }
  return mass > 0 ? sum / mass : 0;
}

namespace {

class OneCardAivat {
 public:
  OneCardAivat(const OneCardGame& game, const TableShape& shape,
               const std::array<std::span<const double>, 2>& strategies, const OneCardHand& hand,
               const OneCardValue& value)
      : game_(game), shape_(shape), strategies_(strategies), hand_(hand), value_(value) {
    for (std::uint32_t node = hand.end; node != 0; node = game.tree().parents[node])
      path_.push_back(node);
    std::reverse(path_.begin(), path_.end());
  }

  double run() {
    for (std::size_t p = 0; p < 2; ++p)
      for (int card = 0; card < game_.cards(); ++card) ranges_[p][at(card)] = 1;
    for (int p = 0; p < 2; ++p)
      if (!known(p)) deal_private(p);
    std::uint32_t node = 0;
    for (const std::uint32_t child : path_) {
      act(node, child);
      if (game_.tree().nodes[child].deals != 0) deal_board(child);
      node = child;
    }
    return sum_.estimate(end());
  }

 private:
  static std::size_t at(int card) noexcept { return static_cast<std::size_t>(card); }
  bool known(int player) const noexcept { return !strategies_[at(player)].empty(); }

  /// Of all pairs of cards that go together with the board.
  double mass(const OneCardRanges& ranges, int board) const noexcept {
    double sum = 0;
    for (int i = 0; i < game_.cards(); ++i)
      for (int j = 0; j < game_.cards(); ++j)
        if (i != j && i != board && j != board) sum += ranges[0][at(i)] * ranges[1][at(j)];
    return sum;
  }

  void deal_private(int player) {
    std::vector<AivatOutcome> outcomes;
    const OneCardRanges before = ranges_;
    for (int card = 0; card < game_.cards(); ++card) {
      OneCardRanges after = before;
      after[at(player)].fill(0);
      after[at(player)][at(card)] = before[at(player)][at(card)];
      outcomes.push_back({mass(after, -1), value_(0, -1, after)});
      if (card == hand_.cards[at(player)]) ranges_ = after;
    }
    sum_.add(expected_value(outcomes), outcomes[at(hand_.cards[at(player)])].value);
  }

  void act(std::uint32_t at_node, std::uint32_t taken) {
    const BettingNode& node = game_.tree().nodes[at_node];
    if (!known(node.player)) return;
    const int board = node.round > 0 ? hand_.board : -1;
    std::vector<AivatOutcome> outcomes;
    const OneCardRanges before = ranges_;
    for (std::uint32_t a = 0; a < node.actions; ++a) {
      OneCardRanges after = before;
      for (int card = 0; card < game_.cards(); ++card) {
        if (card == board) continue;
        const std::uint32_t row =
            shape_.region(node.round, node.player, game_.bucket(node.round, card, board)) +
            node.row;
        after[node.player][at(card)] *= strategies_[node.player][row + a];
      }
      outcomes.push_back({mass(after, board), value_(node.first + a, board, after)});
      if (node.first + a == taken) ranges_ = after;
    }
    sum_.add(expected_value(outcomes), outcomes[taken - node.first].value);
  }

  void deal_board(std::uint32_t node) {
    std::vector<AivatOutcome> outcomes;
    for (int board = 0; board < game_.cards(); ++board)
      outcomes.push_back({mass(ranges_, board), value_(node, board, ranges_)});
    sum_.add(expected_value(outcomes), outcomes[at(hand_.board)].value);
  }

  /// What the end is worth to the ranges.
  double end() const noexcept {
    const BettingNode& node = game_.tree().nodes[hand_.end];
    const auto& values = game_.tree().ends[node.first].value[0];
    std::vector<AivatOutcome> pairs;
    for (int i = 0; i < game_.cards(); ++i) {
      for (int j = 0; j < game_.cards(); ++j) {
        if (i == j || i == hand_.board || j == hand_.board) continue;
        // A fold before the board is the same for all outcomes.
        const std::uint32_t outcome =
            node.kind == NodeKind::showdown ? game_.outcome(i, j, hand_.board) : 1;
        pairs.push_back(
            {ranges_[0][at(i)] * ranges_[1][at(j)], static_cast<double>(values[outcome])});
      }
    }
    return expected_value(pairs);
  }

  const OneCardGame& game_;
  const TableShape& shape_;
  const std::array<std::span<const double>, 2>& strategies_;
  const OneCardHand& hand_;
  const OneCardValue& value_;
  std::vector<std::uint32_t> path_;
  OneCardRanges ranges_{};
  AivatSum sum_;
};

}  // namespace

double one_card_aivat(const OneCardGame& game, const TableShape& shape,
                      const std::array<std::span<const double>, 2>& strategies,
                      const OneCardHand& hand, const OneCardValue& value) {
  return OneCardAivat(game, shape, strategies, hand, value).run();
}

}  // namespace weir::mccfr
