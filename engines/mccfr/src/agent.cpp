#include <algorithm>
#include <cmath>
#include <optional>
#include <weir/mccfr/agent.hpp>
#include <weir/mccfr/strategy.hpp>

namespace weir::mccfr {
namespace {

Chips pot_after_call(const BettingState& state) noexcept { return state.pot() + state.to_call(); }

/// The total that a bet of this part of the pot comes to, as far as it is legal.
BetAction bet_of(const BettingState& state, double pots) noexcept {
  const LegalActions legal = state.legal();
  if (!legal.raise) return {'c', 0};
  const int me = state.player();
  const double wished = state.put(me) + legal.call + pots * pot_after_call(state);
  const double total = std::clamp(std::round(wished), static_cast<double>(legal.raise_min),
                                  static_cast<double>(legal.raise_max));
  return {'r', static_cast<Chips>(total)};
}

/// A raise as a part of the pot.
double pots_of(const BettingState& state, Chips total) noexcept {
  const double more = total - state.put(state.player()) - state.to_call();
  return more / std::max<double>(1, pot_after_call(state));
}

BetAction check_or_fold(const BettingState& state) noexcept {
  return {state.legal().fold ? 'f' : 'c', 0};
}

class Baseline final : public Agent {
 public:
  Baseline(std::string_view name, const HandStrengths& strengths)
      : name_(name), strengths_(strengths) {}

  void begin(int, Hand hand) override { hand_ = hand; }
  void saw(const BettingState&, const BetAction&, Random&) override {}
  BetAction act(const BettingState& state, std::span<const Card> board, Random& random) override {
    if (name_ == "call") return {'c', 0};
    if (name_ == "fold") return check_or_fold(state);
    if (name_ == "random") return any(state, random);
    if (name_ == "aggressive") return random.unit() < 0.7F ? bet_of(state, 1) : BetAction{'c', 0};
    const bool good = board.empty() ? strengths_.preflop_rank(hand_) >= 0.8F
                                    : strengths_.of(hand_, board) >= 0.7F;
    if (!good) return check_or_fold(state);
    return state.raises() == 0 ? bet_of(state, 1) : BetAction{'c', 0};
  }

 private:
  static BetAction any(const BettingState& state, Random& random) noexcept {
    const LegalActions legal = state.legal();
    std::array<BetAction, 4> choices;
    std::uint32_t n = 0;
    if (legal.fold) choices[n++] = {'f', 0};
    choices[n++] = {'c', 0};
    if (legal.raise) choices[n++] = bet_of(state, 1);
    if (legal.raise && legal.raise_max != choices[n - 1].total)
      choices[n++] = {'r', legal.raise_max};
    return choices[random.below(n)];
  }

  std::string_view name_;
  const HandStrengths& strengths_;
  Hand hand_ = 0;
};

class Blueprint final : public Agent {
 public:
  Blueprint(const HoldemGame& game, const TableShape& shape, const NarrowEntries::Sum* sums)
      : tree_(game.tree()), game_(game), shape_(shape), sums_(sums) {}

  void begin(int seat, Hand hand) override {
    seat_ = seat;
    hand_ = hand;
    node_ = 0;
    inside_.emplace(game_.config().rules);
    chosen_.reset();
  }

  void saw(const BettingState& state, const BetAction& action, Random& random) override {
    if (!inside_) return;
    const std::uint32_t child = chosen_ ? *chosen_ : read(state, action, random);
    chosen_.reset();
    inside_->apply(tree_.actions[child]);
    node_ = child;
    if (tree_.nodes[node_].kind != NodeKind::decision)
      inside_.reset();  // if the hand goes on, alone
  }

  BetAction act(const BettingState& state, std::span<const Card> board, Random& random) override {
    if (!inside_ || inside_->player() != seat_ || inside_->round() != state.round()) {
      inside_.reset();
      return {'c', 0};
    }
    const BettingNode& node = tree_.nodes[node_];
    const Bucket bucket = game_.cards()->bucket(hand_, board);
    double strategy[actions_max];
    average_strategy(sums_ + shape_.region(node.round, node.player, bucket) + node.row,
                     node.actions, strategy);
    const auto a = static_cast<std::uint32_t>(draw_action(strategy, node.actions, random.unit()));
    chosen_ = node.first + a;
    const BetAction& action = tree_.actions[*chosen_];
    if (action.letter == 'f') return check_or_fold(state);
    if (action.letter == 'c') return {'c', 0};
    const LegalActions legal = state.legal();
    if (legal.raise && action.total == inside_->legal().raise_max) return {'r', legal.raise_max};
    return bet_of(state, pots_of(*inside_, action.total));
  }

 private:
  /// The child that stands for somebody's action.
  std::uint32_t read(const BettingState& state, const BetAction& action, Random& random) const {
    const BettingNode& node = tree_.nodes[node_];
    const std::span<const BetAction> here(tree_.actions.data() + node.first, node.actions);
    if (action.letter == 'r' && inside_->legal().raise) {
      const BetAction same = tree_.fixed_bets ? BetAction{'r', inside_->legal().raise_max}
                                              : bet_of(*inside_, pots_of(state, action.total));
      const Translation read = translate(*inside_, here, same.total);
      const bool lower =
          read.lower == read.upper || random.unit() < static_cast<float>(read.p_lower);
      return node.first + static_cast<std::uint32_t>(lower ? read.lower : read.upper);
    }
    const char letter = action.letter == 'f' ? 'f' : 'c';
    for (std::uint32_t a = 0; a < node.actions; ++a)
      if (here[a].letter == letter) return node.first + a;
    return node.first;  // a fold where the tree knows no bet: as good as a check
  }

  const BettingTree& tree_;
  const HoldemGame& game_;
  const TableShape& shape_;
  const NarrowEntries::Sum* sums_;
  int seat_ = 0;
  Hand hand_ = 0;
  std::uint32_t node_ = 0;
  std::optional<BettingState> inside_;  // of the tree; none: it has ended
  std::optional<std::uint32_t> chosen_;
};

}  // namespace

std::unique_ptr<Agent> make_baseline(std::string_view name, const HandStrengths& strengths) {
  const auto* const end = std::end(baseline_names);
  if (std::find(std::begin(baseline_names), end, name) == end) return nullptr;
  return std::make_unique<Baseline>(name, strengths);
}

std::unique_ptr<Agent> make_blueprint(const HoldemGame& game, const TableShape& shape,
                                      const NarrowEntries::Sum* sums) {
  return std::make_unique<Blueprint>(game, shape, sums);
}

}  // namespace weir::mccfr
