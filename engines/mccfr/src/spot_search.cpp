#include "spot_search.hpp"

#include <algorithm>
#include <charconv>

#include "margin_solver.hpp"
#include "street_solver.hpp"
#include "turn_solver.hpp"

namespace weir::mccfr {
namespace {

// Of the betting tree: a spot with more is tried with fewer bets.
constexpr std::uint64_t spot_river_nodes = 1'000, spot_turn_nodes = 2'000;
constexpr std::uint64_t spot_bytes = std::uint64_t{256} << 20;
constexpr std::uint64_t spot_iterations_least = 6;  // with fewer by the deadline it is no solution
constexpr std::uint64_t street_iterations_least =
    20;                                     // up to a street's end, where few lose to the blueprint
constexpr float spot_least_weight = 1e-5F;  // of the largest: lighter hands are left out, or lifted

/// The blueprint's menu; then with a bet and a raise a street; then of the pot and all-in alone.
std::vector<BetMenu> menus_of(const BetMenu& blueprint, int round, int raises) {
  BetMenu menu = blueprint;
  for (int k = 0; k < rounds_max; ++k) {
    const auto from = static_cast<std::size_t>(std::min(round + k, rounds_max - 1));
    const auto to = static_cast<std::size_t>(k);
    menu.sizes[to] = blueprint.sizes[from];
    menu.donks[to] = blueprint.donks[from];
    menu.raises_max[to] = blueprint.raises_max[from];
  }
  BetMenu fewer = menu, least = pot_menu();
  fewer.raises_max.fill(2);
  fewer.raises_max[0] = raises + 2;
  least.raises_max.fill(1);
  least.raises_max[0] = raises + 1;
  return {menu, fewer, least};
}

/// Lighter hands are left out; with `all` they weigh that, and so do those whose weight no float holds.
void level_light(Range& range, bool all) {
  const float least = *std::max_element(range.begin(), range.end()) * spot_least_weight;
  for (float& weight : range)
    if (weight < least) weight = all ? least : 0;
}

/// Iterates until it is enough. False: the deadline comes too soon, as the first iteration tells.
template <class Solver>
bool iterate(Solver& solver, std::uint64_t iterations, Deadline end, std::uint64_t least) {
  Deadline longest = 0;
  for (std::uint64_t done = 0;;) {
    if (iterations != 0 && done == iterations) return true;
    const Deadline before = now_ns();
    if (before + longest >= end) return done >= least;
    solver.iterate();
    longest = std::max(longest, now_ns() - before);
    ++done;
    if (done == 1 && before + spot_iterations_least * longest > end) return false;
  }
}

/// Totals of this hand, from chips put in since the street began.
SolvedSpot answer_of(const SubgameDecision& decision, const SearchSpot& spot) {
  SolvedSpot solved;
  const std::size_t actions = decision.actions.size();
  solved.probabilities.resize(actions);
  for (std::size_t a = 0; a < actions; ++a) {
    const std::string& text = decision.actions[a];
    BetAction action{text[0], 0};
    if (action.letter == 'r') {
      std::from_chars(text.data() + 1, text.data() + text.size(), action.total);
      action.total += spot.put[static_cast<std::size_t>(decision.player)];
    }
    solved.actions.push_back(action);
    for (std::size_t h = 0; h < decision.hands.size(); ++h)
      solved.probabilities[a][decision.hands[h]] = decision.probabilities[h * actions + a];
  }
  return solved;
}

SubgameDecision root_of(const SubgameSolver& solver) { return solver.decision("").value(); }
template <class Solver>
SubgameDecision root_of(const Solver& solver) {
  return solver.root();
}
template <class Solver>
SubgameDecision root_of(const MarginSolver<Solver>& margin) {
  return root_of(margin.solver());
}

template <class Solver>
SolvedSpot solved_by(Solver&& solver, const SearchSpot& spot, const SearchSettings& settings,
                     Deadline end, std::uint64_t least) {
  if (!iterate(solver, settings.iterations, end, least)) return {};
  SolvedSpot solved = answer_of(root_of(solver), spot);
  solved.iterations = solver.iterations();
  return solved;
}

/// Flops, and turns where that is asked for.
bool to_street_end(std::size_t cards, const SearchSettings& settings) noexcept {
  return cards == 3 || (cards == 4 && settings.depth == SearchSettings::Depth::street);
}

bool by_margin(std::size_t cards, const SearchSettings& settings) noexcept {
  return settings.method == SearchSettings::Method::maxmargin && !to_street_end(cards, settings);
}

/// The spot in its hand and in the blueprint's tree; without a position where that has none.
subgame::StreetHand hand_of(const SearchSpot& spot) {
  const KnownPlayer* const blueprint =
      spot.blueprints[static_cast<std::size_t>(spot.state->player())];
  const bool there = blueprint != nullptr && spot.blueprint.game != nullptr;
  return {spot.state, spot.put, there ? blueprint->place() : nullptr};
}

/// One try at a spot, with one menu. Solved spots have no actions where it fails; `fewer` where it is worth a try with
/// fewer bets.
struct SpotTry {
  const SearchSpot& spot;
  const SearchSettings& settings;
  Deadline end = never;
  bool fewer = false;

  SolvedSpot street(const Subgame& game) {
    const subgame::StreetHand hand = hand_of(spot);
    if (hand.position == nullptr) return {};
    auto solver = subgame::StreetSolver::make(game, spot.blueprint, hand, {});
    if (!made(solver)) return {};
    return solved_by(solver.value(), spot, settings, end, street_iterations_least);
  }

  SolvedSpot turn(const Subgame& game) {
    auto solver = subgame::TurnSolver::make(game, {spot_turn_nodes, spot_bytes});
    if (!made(solver)) return {};
    if (!by_margin(game.board.size(), settings))
      return solved_by(solver.value(), spot, settings, end, spot_iterations_least);
    const subgame::StreetHand hand = hand_of(spot);
    if (hand.position == nullptr) return {};
    const int player = spot.state->player();
    const std::vector<float> worths = solver.value().alternatives(spot.blueprint, hand, player);
    if (worths.empty()) return {};
    return solved_by(MarginSolver(solver.value(), player, worths), spot, settings, end,
                     spot_iterations_least);
  }

  SolvedSpot river(const Subgame& game) {
    SubgameSettings limits;
    limits.bytes_max = spot_bytes;
    limits.nodes_max = spot_river_nodes;
    auto solver = SubgameSolver::make(game, limits);
    if (!made(solver)) return {};
    if (!by_margin(game.board.size(), settings))
      return solved_by(solver.value(), spot, settings, end, spot_iterations_least);
    if (!write_blueprint(spot, solver.value(), end)) return {};
    const int player = spot.state->player();
    const std::span<const float> worths = solver.value().worth(1 - player, true);
    return solved_by(MarginSolver(solver.value(), player, worths), spot, settings, end,
                     spot_iterations_least);
  }

 private:
  template <class Solver>
  bool made(const Result<Solver>& solver) noexcept {
    fewer = solver || solver.error().code == "too_large";
    return static_cast<bool>(solver);
  }
};

}  // namespace

Subgame subgame_of(const SearchSpot& spot, const SearchSettings& settings) {
  Subgame game;
  const BettingRules& rules = *spot.rules;
  if (spot.put[0] != spot.put[1]) return game;
  game.board = spot.board;
  game.pot = spot.put[0] + spot.put[1];
  game.stack = std::min(rules.stacks[0] - spot.put[0], rules.stacks[1] - spot.put[1]);
  game.min_bet = rules.min_bet;
  game.rake_percent = rules.rake.percent;
  game.rake_cap = rules.rake.cap;
  game.ranges = spot.ranges;
  for (std::size_t seat = 0; seat < 2; ++seat) {
    const bool all =
        by_margin(spot.board.size(), settings) && static_cast<int>(seat) != spot.state->player();
    level_light(game.ranges[seat], all);
    game.ranges[seat] = without(game.ranges[seat], set_of(game.board));
  }
  const BettingRules street = game.rules();
  BettingState state(street);
  for (BetAction action : spot.done) {
    if (action.letter == 'r') {
      const int who = state.player();
      action.total += game.ante(who) - spot.put[static_cast<std::size_t>(who)];
      action.total = std::min(action.total, game.ante(who) + game.stack);
    }
    if (state.over() || state.refusal(action) != nullptr) return {};
    game.done.push_back(action);
    state.apply(action);
  }
  return game;
}

Deadline search_end(const SearchSettings& settings, Deadline begin) {
  if (settings.iterations != 0) return never;
  return begin + std::min(settings.deadline_ms, SearchSettings::deadline_ms_max) * 1'000'000;
}

SolvedSpot solve_spot(const SearchSpot& spot, const SearchSettings& settings) {
  const Deadline begin = now_ns(), end = search_end(settings, begin);
  SolvedSpot solved;
  int tries = 0;
  Subgame game = subgame_of(spot, settings);
  if (!game.board.empty()) {
    const auto raises = std::count_if(game.done.begin(), game.done.end(),
                                      [](const BetAction& action) { return action.letter == 'r'; });
    for (const BetMenu& menu : menus_of(*spot.menu, spot.round, static_cast<int>(raises))) {
      if (now_ns() >= end) break;
      SpotTry once{spot, settings, end};
      ++tries;
      game.menu = menu;
      solved = to_street_end(game.board.size(), settings) ? once.street(game)
               : game.board.size() == 4                   ? once.turn(game)
                                                          : once.river(game);
      if (!solved.actions.empty() || !once.fewer) break;
    }
  }
  solved.tries = tries;
  solved.ms = static_cast<double>(now_ns() - begin) / 1e6;
  return solved;
}

}  // namespace weir::mccfr
