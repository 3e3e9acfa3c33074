#include <algorithm>
#include <optional>
#include <weir/mccfr/agent.hpp>
#include <weir/mccfr/strategy.hpp>

#include "play_choices.hpp"

namespace weir::mccfr {
namespace {

class Baseline final : public Agent {
 public:
  Baseline(std::string_view name, const HandStrengths& strengths)
      : name_(name), strengths_(strengths) {}

  void begin(int, Hand hand) override { hand_ = hand; }
  void saw(const BettingState&, const BetAction&, Random&) override {}
  BetAction act(const BettingState& state, std::span<const Card> board, Random& random) override {
    const bool good =
        name_ == "tight" && (board.empty() ? strengths_.preflop_rank(hand_) >= good_before_flop
                                           : strengths_.of(hand_, board) >= good_after_flop);
    const PlayChoices choices = baseline_choices(name_, state, good);
    if (choices.count == 1) return choices.actions[0];
    const int drawn =
        draw_action(choices.probabilities.data(), static_cast<int>(choices.count), random.unit());
    return choices.actions[static_cast<std::size_t>(drawn)];
  }

 private:
  std::string_view name_;
  const HandStrengths& strengths_;
  Hand hand_ = 0;
};

class Blueprint final : public Agent {
 public:
  Blueprint(const HoldemGame& game, const TableShape& shape, const NarrowEntries::Sum* sums)
      : game_(game), shape_(shape), sums_(sums), place_(game) {}

  void begin(int seat, Hand hand) override {
    seat_ = seat;
    hand_ = hand;
    place_ = TreePosition(game_);
    chosen_.reset();
  }

  void saw(const BettingState& state, const BetAction& action, Random& random) override {
    if (!place_.inside()) return;
    std::size_t index = 0;
    if (chosen_) {
      index = *chosen_;
    } else {
      const Translation read = place_.read(state, action);
      const bool lower =
          read.lower == read.upper || random.unit() < static_cast<float>(read.p_lower);
      index = lower ? read.lower : read.upper;
    }
    chosen_.reset();
    place_.enter(index);
  }

  BetAction act(const BettingState& state, std::span<const Card> board, Random& random) override {
    place_.check_turn(state, seat_);
    if (!place_.inside()) return {'c', 0};
    const BettingNode& node = place_.node();
    const Bucket bucket = game_.cards()->bucket(hand_, board);
    double strategy[actions_max];
    average_strategy(sums_ + shape_.region(node.round, node.player, bucket) + node.row,
                     node.actions, strategy);
    chosen_ = static_cast<std::size_t>(draw_action(strategy, node.actions, random.unit()));
    return place_.real(state, *chosen_);
  }

 private:
  const HoldemGame& game_;
  const TableShape& shape_;
  const NarrowEntries::Sum* sums_;
  TreePosition place_;
  int seat_ = 0;
  Hand hand_ = 0;
  std::optional<std::size_t> chosen_;
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
