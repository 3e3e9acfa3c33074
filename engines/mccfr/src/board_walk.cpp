#include "board_walk.hpp"

#include <algorithm>

#include "subgame_kernels.hpp"

namespace weir::mccfr {
namespace {

constexpr float board_pairs = static_cast<float>(board_hands) * opponent_hands;

/// Reach in all, and of the hands that hold a card.
struct CardReach {
  float all = 0;
  std::array<float, card_count> with{};

  void add(float reach, std::uint8_t low, std::uint8_t high) noexcept {
    all += reach;
    with[low] += reach;
    with[high] += reach;
  }
  /// Of hands that hold neither card; one with both is taken off twice.
  float without(std::uint8_t low, std::uint8_t high) const noexcept {
    return all - with[low] - with[high];
  }
};

std::size_t deepest(const BettingTree& tree) {
  std::size_t most = 0;
  std::vector<std::uint16_t> depths(tree.nodes.size());
  for (std::size_t n = 1; n < tree.nodes.size(); ++n) {
    // Parents come before their children.
    depths[n] = static_cast<std::uint16_t>(depths[tree.parents[n]] + 1);
    most = std::max<std::size_t>(most, depths[n]);
  }
  return most + 1;
}

std::size_t widest_row(const BettingTree& tree, const TableShape& shape) noexcept {
  std::size_t most = 0;
  for (const BettingNode& node : tree.nodes)
    if (node.kind == NodeKind::decision)
      most = std::max<std::size_t>(most, std::size_t{shape.buckets[node.round]} * node.actions);
  return most;
}

}  // namespace

void Board::set(const CardBuckets& cards, std::span<const Card, 5> board) noexcept {
  BoardRanks ranks;
  ranks.set(board);
  groups = 0;
  for (std::size_t h = 0; h < board_hands; ++h) {
    const Hand hand = ranks.order[h];
    low[h] = cards_of(hand).low;
    high[h] = cards_of(hand).high;
    for (std::size_t r = 0; r < rounds_max; ++r)
      buckets[r][h] = cards.bucket(hand, board.first(r == 0 ? 0 : r + 2));
    const bool last = h + 1 == board_hands || ranks.ranks[ranks.order[h + 1]] != ranks.ranks[hand];
    if (last) group_ends[groups++] = static_cast<std::uint16_t>(h + 1);
  }
}

BoardWalk::BoardWalk(const BettingTree& tree, const TableShape& shape)
    : tree_(tree),
      shape_(shape),
      row_floats_(widest_row(tree, shape)),
      levels_(deepest(tree)),
      strategies_(levels_.size() * row_floats_),
      gains_(levels_.size() * row_floats_) {
  everyone_.fill(1);
}

std::size_t BoardWalk::bytes(const BettingTree& tree, const TableShape& shape) noexcept {
  return deepest(tree) * (sizeof(Level) + 2 * widest_row(tree, shape) * sizeof(float));
}

BoardWalk::Found BoardWalk::walk(const Board& board, const float* regrets, int player,
                                 float* changes) noexcept {
  const subgame::FlushTiny flush;
  board_ = &board;
  regrets_ = regrets;
  changes_ = changes;
  player_ = player;
  nodes_ = 0;
  Found found;
  Hands& value = levels_[0].value;
  visit(0, 1, everyone_, value);
  for (const float each : value) found.value += static_cast<double>(each);
  found.nodes = nodes_;
  return found;
}

void BoardWalk::visit(std::uint32_t at, std::size_t depth, const Hands& reach,
                      Hands& value) noexcept {
  const BettingNode& node = tree_.nodes[at];
  nodes_ += 1U + node.deals;
  if (node.kind == NodeKind::fold) return fold(node, reach, value);
  if (node.kind == NodeKind::showdown) return showdown(node, reach, value);
  if (node.player == player_) return own_node(node, depth, reach, value);
  other_node(node, depth, reach, value);
}

float* BoardWalk::strategies(const BettingNode& node, std::size_t depth) noexcept {
  float* const all = strategies_.data() + depth * row_floats_;
  const std::size_t actions = node.actions;
  const std::uint32_t width = shape_.width[node.round][node.player];
  const float* row = regrets_ + shape_.region(node.round, node.player, 0) + node.row;
  for (std::uint32_t b = 0; b < shape_.buckets[node.round]; ++b, row += width) {
    float* const strategy = all + b * actions;
    float total = 0;
    for (std::size_t a = 0; a < actions; ++a) total += strategy[a] = std::max(0.0F, row[a]);
    const float scale = total > 0 ? 1 / total : 0;
    const float even = total > 0 ? 0 : 1 / static_cast<float>(actions);
    for (std::size_t a = 0; a < actions; ++a) strategy[a] = strategy[a] * scale + even;
  }
  return all;
}

void BoardWalk::own_node(const BettingNode& node, std::size_t depth, const Hands& reach,
                         Hands& value) noexcept {
  const float* const strategy = strategies(node, depth);
  const std::size_t actions = node.actions;
  const std::uint32_t buckets = shape_.buckets[node.round];
  const auto& bucket = board_->buckets[node.round];
  float* const gains = gains_.data() + depth * row_floats_;
  std::fill_n(gains, buckets * actions, 0.0F);
  value.fill(0);
  Hands& part = levels_[depth].value;
  for (std::uint32_t a = 0; a < actions; ++a) {
    visit(node.first + a, depth + 1, reach, part);
    for (std::size_t h = 0; h < board_hands; ++h) {
      const std::size_t place = bucket[h] * actions + a;
      gains[place] += part[h];
      value[h] += strategy[place] * part[h];
    }
  }
  const std::uint32_t width = shape_.width[node.round][node.player];
  float* row = changes_ + shape_.region(node.round, node.player, 0) + node.row;
  for (std::size_t b = 0; b < buckets; ++b, row += width) {
    float mean = 0;
    for (std::size_t a = 0; a < actions; ++a)
      mean += strategy[b * actions + a] * gains[b * actions + a];
    for (std::size_t a = 0; a < actions; ++a) row[a] += gains[b * actions + a] - mean;
  }
}

void BoardWalk::other_node(const BettingNode& node, std::size_t depth, const Hands& reach,
                           Hands& value) noexcept {
  const float* const strategy = strategies(node, depth);
  const std::size_t actions = node.actions;
  const std::uint32_t buckets = shape_.buckets[node.round];
  const auto& bucket = board_->buckets[node.round];
  float* const reached = gains_.data() + depth * row_floats_;
  std::fill_n(reached, buckets, 0.0F);
  for (std::size_t h = 0; h < board_hands; ++h) reached[bucket[h]] += reach[h];
  const std::uint32_t width = shape_.width[node.round][node.player];
  float* row = changes_ + shape_.region(node.round, node.player, 0) + node.row;
  for (std::size_t b = 0; b < buckets; ++b, row += width)
    for (std::size_t a = 0; a < actions; ++a) row[a] += reached[b] * strategy[b * actions + a];
  value.fill(0);
  Hands& next = levels_[depth].reach;
  Hands& part = levels_[depth].value;
  for (std::uint32_t a = 0; a < actions; ++a) {
    bool any = false;
    for (std::size_t h = 0; h < board_hands; ++h) {
      next[h] = reach[h] * strategy[bucket[h] * actions + a];
      any |= next[h] > 0;
    }
    if (!any) continue;  // nobody comes here: no values, no shares
    visit(node.first + a, depth + 1, next, part);
    for (std::size_t h = 0; h < board_hands; ++h) value[h] += part[h];
  }
}

void BoardWalk::fold(const BettingNode& node, const Hands& reach, Hands& value) const noexcept {
  CardReach others;
  for (std::size_t h = 0; h < board_hands; ++h)
    others.add(reach[h], board_->low[h], board_->high[h]);
  const auto player = static_cast<std::size_t>(player_);
  const float gain = tree_.ends[node.first].value[player][1] / board_pairs;
  for (std::size_t h = 0; h < board_hands; ++h)
    value[h] = gain * (others.without(board_->low[h], board_->high[h]) + reach[h]);
}

void BoardWalk::showdown(const BettingNode& node, const Hands& reach, Hands& value) const noexcept {
  const auto& end = tree_.ends[node.first].value[static_cast<std::size_t>(player_)];
  const float win = end[player_ == 0 ? 2 : 0] / board_pairs;
  const float lose = end[player_ == 0 ? 0 : 2] / board_pairs;
  const float tie = end[1] / board_pairs;
  const auto &low = board_->low, &high = board_->high;
  CardReach others;
  // value = win * weaker + tie * equal + lose * stronger, of which the first is all below, the second all up to here
  // less those below.
  for (std::size_t g = 0, first = 0; g < board_->groups; ++g) {
    const std::size_t last = board_->group_ends[g];
    for (std::size_t h = first; h < last; ++h)
      value[h] = (win - tie) * others.without(low[h], high[h]);
    for (std::size_t h = first; h < last; ++h) others.add(reach[h], low[h], high[h]);
    for (std::size_t h = first; h < last; ++h)
      value[h] += (tie - lose) * (others.without(low[h], high[h]) + reach[h]);
    first = last;
  }
  for (std::size_t h = 0; h < board_hands; ++h)
    value[h] += lose * (others.without(low[h], high[h]) + reach[h]);
}

}  // namespace weir::mccfr
