// A blueprint's strategies in the subgame of a river, whose bets may not be those of its tree.
#include <algorithm>
#include <charconv>

#include "play_choices.hpp"
#include "spot_search.hpp"

namespace weir::mccfr {
namespace {

class BlueprintWriter {
 public:
  BlueprintWriter(const SearchSpot& spot, SubgameSolver& solver, Deadline end)
      : spot_(spot), solver_(solver), end_(end) {}

  using Players = std::array<std::unique_ptr<KnownPlayer>, 2>;

  Result<Done> write(const BettingState& state, const std::string& history,
                     const Players& players) {
    if (now_ns() >= end_) return Error{"late", "the deadline is over", "blueprint"};
    const auto seat = static_cast<std::size_t>(state.player());
    auto decision = solver_.decision(history);
    if (!decision) return decision.error();
    SubgameDecision& here = decision.value();
    std::vector<BetAction> actions;
    for (const std::string& text : here.actions) {
      actions.push_back({text[0], 0});
      if (text[0] != 'r') continue;
      std::from_chars(text.data() + 1, text.data() + text.size(), actions.back().total);
      actions.back().total += spot_.put[seat];
    }
    fill(state, actions, *players[seat], here);
    if (auto set = solver_.set_average(here); !set) return set.error();
    for (std::size_t a = 0; a < actions.size(); ++a) {
      BettingState next = state;
      if (state.refusal(actions[a]) != nullptr) continue;
      next.apply(actions[a]);
      if (next.over()) continue;
      Players after{players[0]->copy(), players[1]->copy()};
      after[seat]->did(state, actions[a]);
      after[1 - seat]->saw(state, actions[a]);
      if (auto written = write(next, history + here.actions[a], after); !written) return written;
    }
    return Done{};
  }

 private:
  void fill(const BettingState& state, const std::vector<BetAction>& actions, KnownPlayer& player,
            SubgameDecision& here) {
    player.choices(state, choices_);
    Range all{};
    for (const KnownChoice& choice : choices_)
      for (std::size_t hand = 0; hand < hand_count; ++hand) all[hand] += choice.weights[hand];
    std::fill(here.probabilities.begin(), here.probabilities.end(), 0.0F);
    for (const KnownChoice& choice : choices_) {
      const std::size_t a = nearest_action(actions, choice.action);
      for (std::size_t h = 0; h < here.hands.size(); ++h) {
        const Hand hand = here.hands[h];
        if (all[hand] > 0)
          here.probabilities[h * actions.size() + a] += choice.weights[hand] / all[hand];
      }
    }
  }

  const SearchSpot& spot_;
  SubgameSolver& solver_;
  const Deadline end_;
  std::vector<KnownChoice> choices_;
};

}  // namespace

Result<Done> write_blueprint(const SearchSpot& spot, SubgameSolver& solver, Deadline end) {
  const BlueprintWriter::Players players{spot.blueprints[0]->copy(), spot.blueprints[1]->copy()};
  return BlueprintWriter(spot, solver, end).write(*spot.state, "", players);
}

}  // namespace weir::mccfr
