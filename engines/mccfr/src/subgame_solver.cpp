#include <fmt/format.h>

#include <cmath>
#include <limits>
#include <weir/mccfr/subgame_solver.hpp>
#include <weir/terminal.hpp>

#include "subgame_state.hpp"

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

/// Of iteration t, counted from 1.
subgame::Update update_of(const SubgameSettings& settings, std::uint64_t t) {
  const double done = static_cast<double>(t - 1);
  const auto part = [](double power) { return static_cast<float>(power / (power + 1)); };
  subgame::Update update;
  if (settings.method == SubgameSettings::Method::cfr_plus) {
    update.least = 0;
    update.keep = static_cast<float>(done / (done + 1));
    return update;
  }
  update.positive = part(std::pow(done, settings.alpha));
  update.negative = part(std::pow(done, settings.beta));
  update.least = -std::numeric_limits<float>::max();
  update.keep = static_cast<float>(std::pow(done / (done + 1), settings.gamma));
  return update;
}

}  // namespace

SubgameSolver::SubgameSolver(std::unique_ptr<State> state) noexcept : state_(std::move(state)) {}
SubgameSolver::SubgameSolver(SubgameSolver&&) noexcept = default;
SubgameSolver& SubgameSolver::operator=(SubgameSolver&&) noexcept = default;
SubgameSolver::~SubgameSolver() = default;

Result<SubgameSolver> SubgameSolver::make(const Subgame& game, const SubgameSettings& settings) {
  if (auto valid = validate(game, ""); !valid) return valid.error();
  auto streets = subgame::Streets::make(game);
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
  const subgame::Update update = update_of(state_->settings, ++state_->iterations);
  for (const int player : {0, 1})
    static_cast<void>(state_->walker->walk(player, Purpose::learn, update));
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
