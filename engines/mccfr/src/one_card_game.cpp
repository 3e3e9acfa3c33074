#include <utility>
#include <weir/mccfr/one_card_game.hpp>

namespace weir::mccfr {
namespace {

constexpr char one_card_letters[] = "JQK";

/// Fixed bets, ante 1 each, player 0 first in every round.
class OneCardBetting {
 public:
  OneCardBetting(std::vector<int> bets, int raises_max, BettingTree& tree)
      : bets_(std::move(bets)), raises_max_(raises_max), tree_(tree) {}

  void build() {
    tree_.players = 2;
    tree_.rounds = static_cast<int>(bets_.size());
    tree_.fixed_bets = true;
    tree_.nodes.resize(1);
    tree_.actions.resize(1);
    tree_.parents.assign(1, 0);
    expand(0, {});
    tree_.place_rows();
  }

 private:
  struct State {
    std::array<int, 2> put{1, 1};
    int round = 0, player = 0, raises = 0, acted = 0;
  };

  void expand(std::uint32_t node, const State& state) {
    const bool facing = state.put[0] != state.put[1];
    std::string letters = facing ? "fc" : "c";
    if (state.raises < raises_max_) letters += 'r';
    const auto first = static_cast<std::uint32_t>(tree_.nodes.size());
    tree_.nodes[node] = {.first = first,
                         .kind = NodeKind::decision,
                         .player = static_cast<std::uint8_t>(state.player),
                         .round = static_cast<std::uint8_t>(state.round),
                         .actions = static_cast<std::uint8_t>(letters.size()),
                         .deals = tree_.nodes[node].deals};
    tree_.nodes.resize(first + letters.size());
    tree_.parents.resize(tree_.nodes.size(), node);
    for (const char letter : letters) tree_.actions.push_back({letter, 0});
    for (std::uint32_t a = 0; a < letters.size(); ++a) act(first + a, state, letters[a]);
  }

  void act(std::uint32_t node, State state, char letter) {
    const auto me = static_cast<std::size_t>(state.player);
    const std::size_t other = 1 - me;
    if (letter == 'f') return end(node, state, NodeKind::fold, static_cast<int>(other));
    state.put[me] = state.put[other];
    if (letter == 'r') {
      state.put[me] += bets_[static_cast<std::size_t>(state.round)];
      ++state.raises;
    } else if (state.acted > 0) {
      if (state.round + 1 == tree_.rounds) return end(node, state, NodeKind::showdown, -1);
      tree_.nodes[node].deals = 1;
      return expand(node, {.put = state.put, .round = state.round + 1});
    }
    ++state.acted;
    state.player = static_cast<int>(other);
    expand(node, state);
  }

  void end(std::uint32_t node, const State& state, NodeKind kind, int winner) {
    End end;
    for (std::size_t outcome = 0; outcome < 3; ++outcome) {
      const int sign =
          kind == NodeKind::fold ? (winner == 0 ? 1 : -1) : static_cast<int>(outcome) - 1;
      const int lost = sign == 0 ? 0 : state.put[sign > 0 ? 1 : 0];
      end.value[0][outcome] = static_cast<float>(sign * lost);
      end.value[1][outcome] = static_cast<float>(-sign * lost);
    }
    tree_.nodes[node] = {.first = static_cast<std::uint32_t>(tree_.ends.size()),
                         .kind = kind,
                         .round = static_cast<std::uint8_t>(state.round),
                         .deals = tree_.nodes[node].deals};
    tree_.ends.push_back(end);
  }

  std::vector<int> bets_;
  int raises_max_;
  BettingTree& tree_;
};

}  // namespace

OneCardGame::OneCardGame(std::string name, int suits, std::vector<int> bets, int raises_max)
    : name_(std::move(name)), suits_(suits) {
  OneCardBetting(std::move(bets), raises_max, tree_).build();
}

OneCardGame OneCardGame::kuhn() { return {"kuhn", 1, {1}, 1}; }
OneCardGame OneCardGame::leduc() { return {"leduc", 2, {2, 4}, 2}; }

std::array<std::uint32_t, rounds_max> OneCardGame::buckets() const noexcept {
  return {ranks, has_board() ? ranks * ranks : 0U, 0, 0};
}

std::uint32_t OneCardGame::bucket(int round, int card, int board) const noexcept {
  const int own = rank(card);
  return static_cast<std::uint32_t>(round == 0 ? own : own * ranks + rank(board));
}

std::uint32_t OneCardGame::outcome(int first, int second, int board) const noexcept {
  const auto strength = [&](int card) {
    return has_board() && rank(card) == rank(board) ? ranks : rank(card);
  };
  const int a = strength(first), b = strength(second);
  return a < b ? 0 : a == b ? 1 : 2;
}

void OneCardGame::deal(const TableShape& shape, Random& random, Deal& deal) const noexcept {
  const auto count = static_cast<std::uint32_t>(cards());
  const int first = static_cast<int>(random.below(count));
  int second = static_cast<int>(random.below(count - 1));
  second += second >= first ? 1 : 0;
  int board = 0;
  if (has_board()) {
    board = static_cast<int>(random.below(count - 2));
    const int low = first < second ? first : second, high = first < second ? second : first;
    board += board >= low ? 1 : 0;
    board += board >= high ? 1 : 0;
  }
  for (int r = 0; r < tree_.rounds; ++r) {
    deal.region[static_cast<std::size_t>(r)] = {shape.region(r, 0, bucket(r, first, board)),
                                                shape.region(r, 1, bucket(r, second, board))};
  }
  deal.outcome = outcome(first, second, board);
}

std::string OneCardGame::key(std::uint32_t node, std::uint32_t bucket) const {
  const bool second = tree_.nodes[node].round > 0;
  const std::uint32_t own = second ? bucket / ranks : bucket;
  std::string text(1, one_card_letters[own]);
  text += ':';
  if (second) text += one_card_letters[bucket % ranks];
  return text + ':' + tree_.betting(node);
}

}  // namespace weir::mccfr
