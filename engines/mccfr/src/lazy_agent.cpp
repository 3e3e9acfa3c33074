#include <algorithm>
#include <cmath>
#include <numeric>
#include <optional>
#include <weir/mccfr/strategy.hpp>
#include <weir/mccfr/table_match.hpp>

#include "play_choices.hpp"

namespace weir::mccfr {
namespace {

/// Keeps the hand as its own menu of bets has it, beside the real one.
class LazyBlueprint final : public Agent {
 public:
  LazyBlueprint(const MultiwayGame& game, const LazyTable& table, const HandStrengths& strengths)
      : game_(game), table_(table), strengths_(strengths), state_(game.rules()) {}

  void begin(int seat, Hand hand) override {
    seat_ = seat;
    hand_ = hand;
    state_ = BettingState(game_.rules());
    node_ = 0;
    depth_ = 0;
    inside_ = true;
    chosen_.reset();
  }

  void saw(const BettingState& state, const BetAction& action, Random& random) override {
    inside_ = inside_ && state_.player() == state.player() && state_.round() == state.round();
    if (!inside_) return;
    const std::span<const BetAction> menu = actions();
    std::size_t index = 0;
    if (chosen_) {
      index = *chosen_;
    } else {
      const Translation read = read_action(state_, menu, state, action);
      const bool lower =
          read.lower == read.upper || random.unit() < static_cast<float>(read.p_lower);
      index = lower ? read.lower : read.upper;
    }
    chosen_.reset();
    const std::uint32_t first = node_ == nowhere ? 0 : table_.children(node_);
    node_ = first == 0 ? nowhere : first + static_cast<std::uint32_t>(index);
    state_.apply(menu[index]);
    ++depth_;
    inside_ = !state_.over();  // if the hand goes on, alone
  }

  BetAction act(const BettingState& state, std::span<const Card> board, Random& random) override {
    inside_ = inside_ && state_.player() == seat_ && state_.round() == state.round();
    if (!inside_) return by_strength(state, board);
    const std::span<const BetAction> menu = actions();
    const auto count = static_cast<int>(menu.size());
    const std::uint32_t row =
        node_ == nowhere ? 0 : table_.find(node_, game_.cards()->cards()->bucket(hand_, board));
    if (leans_on_strength(row, count, random)) {
      const BetAction action = by_strength(state, board);
      const auto same = std::find_if(menu.begin(), menu.end(),
                                     [&](const BetAction& a) { return a.letter == action.letter; });
      chosen_ = same != menu.end() ? static_cast<std::size_t>(same - menu.begin()) : 0;
      return action;
    }
    double strategy[actions_max];
    table_.strategy(row, count, strategy);
    chosen_ = static_cast<std::size_t>(draw_action(strategy, count, random.unit()));
    return real_action(state_, menu[*chosen_], state);
  }

 private:
  static constexpr std::uint32_t nowhere = ~std::uint32_t{0};
  static constexpr double prior_visits = 3;  // for which by_strength() stands in an average

  std::span<const BetAction> actions() noexcept {
    return std::span(list_).first(static_cast<std::size_t>(game_.actions(state_, depth_, list_)));
  }

  /// The less, the oftener the row was visited. Rows without sums do not count that: they are played as they are.
  bool leans_on_strength(std::uint32_t row, int count, Random& random) const noexcept {
    const auto unit = static_cast<double>(random.unit());
    if (row == 0) return true;
    if (!table_.key(row).summed) return false;
    const std::uint32_t* const sums = table_.sums(row, count);
    const double visits = std::accumulate(sums, sums + count, 0.0) / NarrowEntries::sum_units;
    return unit * (visits + prior_visits) >= visits;
  }
  /// Where little was learnt: a check, and against a bet a call with hands so strong that all who face it together
  /// give up no more often than it needs to pay with nothing.
  BetAction by_strength(const BettingState& state, std::span<const Card> board) const {
    const Chips call = state.to_call();
    if (call == 0) return {'c', 0};
    int opponents = 0;
    for (int p = 0; p < state.rules().players; ++p)
      opponents += p != seat_ && !state.folded(p) ? 1 : 0;
    const double price = std::min(1.0, static_cast<double>(call) / state.pot());
    const float strength =
        board.empty() ? strengths_.preflop_rank(hand_) : strengths_.of(hand_, board);
    return {strength < std::pow(price, 1.0 / opponents) ? 'f' : 'c', 0};
  }

  const MultiwayGame& game_;
  const LazyTable& table_;
  const HandStrengths& strengths_;
  BettingState state_;  // of the menu
  std::array<BetAction, actions_max> list_;
  std::uint32_t node_ = 0;
  int depth_ = 0;
  int seat_ = 0;
  Hand hand_ = 0;
  bool inside_ = true;  // false: the menu's hand has ended, or it is another's turn there
  std::optional<std::size_t> chosen_;
};

}  // namespace

std::unique_ptr<Agent> make_lazy_blueprint(const MultiwayGame& game, const LazyTable& table,
                                           const HandStrengths& strengths) {
  return std::make_unique<LazyBlueprint>(game, table, strengths);
}

}  // namespace weir::mccfr
