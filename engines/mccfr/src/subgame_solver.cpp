#include <fmt/format.h>

#include <weir/mccfr/subgame_solver.hpp>
#include <weir/terminal.hpp>

#include "subgame_state.hpp"
#include "subgame_update.hpp"

namespace weir::mccfr {
namespace {

using subgame::Purpose;

/// The street that takes most, and what to take from its menu.
Error too_large(const subgame::Streets& streets, const subgame::Boards& boards, std::uint64_t bytes,
                std::uint64_t bytes_max) {
  std::size_t most = 0;
  std::uint64_t most_bytes = 0;
  for (std::size_t s = 0; s < streets.streets.size(); ++s) {
    const std::uint64_t of = subgame::Tables::bytes_of(streets, boards, s);
    if (of < most_bytes) continue;
    most = s;
    most_bytes = of;
  }
  const auto text = [](std::uint64_t n) { return format_bytes(static_cast<double>(n)); };
  const char* const name = subgame::street_name(streets.streets.size(), most);
  return {"too_large",
          fmt::format(
              "{} are needed, {} are allowed; the {} takes {} ({} boards, {} nodes on each): "
              "take sizes from its bets and raises, bound raises_max, or have fewer hands",
              text(bytes), text(bytes_max), name, text(most_bytes),
              boards.of_street(static_cast<int>(most)).size(), streets.streets[most].nodes.size()),
          std::string("bets.") + name};
}

}  // namespace

SubgameSolver::SubgameSolver(std::unique_ptr<State> state) noexcept : state_(std::move(state)) {}
SubgameSolver::SubgameSolver(SubgameSolver&&) noexcept = default;
SubgameSolver& SubgameSolver::operator=(SubgameSolver&&) noexcept = default;
SubgameSolver::~SubgameSolver() = default;

Result<SubgameSolver> SubgameSolver::make(const Subgame& game, const SubgameSettings& settings) {
  if (auto valid = validate(game, ""); !valid) return valid.error();
  auto streets = subgame::Streets::make(game, settings.nodes_max);
  if (!streets) return streets.error();
  const bool rename = settings.rename_suits && subgame::locks_allow_renaming(game);
  auto state = std::make_unique<State>(game, settings, std::move(streets).value(),
                                       subgame::Boards::make(game, rename));
  if (state->boards.pairs() <= 0)
    return Error{"bad_config", "no hand of one range can meet a hand of the other on this board",
                 "ranges"};
  state->bytes = subgame::Tables::bytes(state->streets, state->boards) + state->streets.bytes() +
                 state->boards.bytes() +
                 subgame::Walker::bytes(state->streets, state->boards, settings.workers);
  if (state->bytes > settings.bytes_max)
    return too_large(state->streets, state->boards, state->bytes, settings.bytes_max);
  auto tables = subgame::Tables::make(state->subgame, state->streets, state->boards);
  if (!tables) return tables.error();
  state->tables = std::move(tables).value();
  state->walker = std::make_unique<subgame::Walker>(state->streets, state->boards, state->tables,
                                                    subgame::kernels(settings.wide));
  state->list_boards();
  return SubgameSolver(std::move(state));
}

void SubgameSolver::iterate() {
  for (const int player : {0, 1}) static_cast<void>(learn(player));
}

std::span<const float> SubgameSolver::learn(int player) {
  if (player == 0) ++state_->iterations;
  const subgame::Update update = subgame::update_of(state_->settings, state_->iterations);
  return {state_->walker->walk(player, Purpose::learn, update), hands(player).size()};
}

std::span<const float> SubgameSolver::worth(int player, bool best) {
  return {state_->walker->walk(player, best ? Purpose::respond : Purpose::value, {}),
          hands(player).size()};
}

const std::vector<Hand>& SubgameSolver::hands(int player) const noexcept {
  return state_->boards.player(player).hands;
}

std::vector<float> SubgameSolver::reach(int player) const {
  const float* const first = state_->walker->reach(player);
  return {first, first + hands(player).size()};
}

void SubgameSolver::set_reach(int player, std::span<const float> reach) {
  state_->walker->set_reach(player, reach);
}

std::uint64_t SubgameSolver::iterations() const noexcept { return state_->iterations; }
std::size_t SubgameSolver::bytes() const noexcept { return state_->bytes; }

double SubgameSolver::State::dot(int player, const float* values) const {
  const std::vector<float>& weights = boards.player(player).weights;
  double sum = 0;
  for (std::size_t h = 0; h < weights.size(); ++h)
    sum += static_cast<double>(weights[h]) * static_cast<double>(values[h]);
  return sum;
}

/// A walk counts from half of the pot.
double SubgameSolver::State::value(int player, Purpose purpose) {
  return subgame.pot / 2.0 + dot(player, walker->walk(player, purpose, {}));
}

SubgameValue SubgameSolver::measure() {
  SubgameValue found;
  double gain = 0;
  for (const int player : {0, 1}) {
    const auto p = static_cast<std::size_t>(player);
    found.value[p] = state_->value(player, Purpose::value);
    found.best_response[p] = state_->value(player, Purpose::respond);
    gain += found.best_response[p] - found.value[p];
  }
  found.exploitability_pct = 100 * gain / 2 / state_->subgame.pot;
  return found;
}

double SubgameSolver::exploitability_pct() {
  if (state_->subgame.rake_percent > 0) return measure().exploitability_pct;
  const double pot = state_->subgame.pot;
  double gain = -pot;
  for (const int player : {0, 1}) gain += state_->value(player, Purpose::respond);
  return 100 * gain / 2 / pot;
}

}  // namespace weir::mccfr
