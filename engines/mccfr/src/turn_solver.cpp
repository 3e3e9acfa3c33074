#include "turn_solver.hpp"

#include <algorithm>
#include <new>
#include <weir/check.hpp>
#include <weir/task.hpp>

#include "river_groups.hpp"
#include "root_street.hpp"
#include "subgame_update.hpp"

namespace weir::mccfr::subgame {
namespace {

constexpr std::size_t river_pieces = 16;  // that the rivers are cut into: the same for any workers

/// What one piece of the rivers is walked with.
struct RiverRows {
  FloatBlock reach, values;  // rows of groups
  FloatBlock groups,
      worth;  // [group][root]: reach that comes, values that go; one more for what a card takes
  FloatBlock sums;  // [hand of who walks][root]
};

}  // namespace

struct TurnSolver::State {
  State(Subgame of, Streets tree, Boards cards)
      : subgame(std::move(of)),
        streets(std::move(tree)),
        boards(std::move(cards)),
        groups(RiverGroups::make(boards)),
        turn(streets.streets[0], boards),
        width_(padded(streets.streets[1].roots.size())) {}
  State(const State&) = delete;

  std::uint64_t bytes() const noexcept;
  void take();
  /// With `blueprint`: the walker's best response to it, which the other's regrets on rivers become.
  void walk(std::size_t walker, const Update& update, const TurnBlueprint* blueprint = nullptr);
  void deal(const TurnBlueprint* blueprint);
  void meet(std::size_t root, const float* from);
  void walk_river(const Deal& card, RiverRows& rows);
  void write_river(const Deal& card, const TurnBlueprint& blueprint);
  void add_groups(const Deal& card, RiverRows& rows);
  void enter(std::uint32_t root, RiverRows& rows) const;
  void river_down(std::uint32_t board, const Batch& batch, RiverRows& rows);
  void river_ends(const Batch& batch, RiverRows& rows) const;
  void river_up(std::uint32_t board, const Batch& batch, RiverRows& rows);
  void leave(const Batch& batch, std::uint32_t root, RiverRows& rows) const;
  void add_hands(const Deal& card, RiverRows& rows) const;

  const Street& river() const noexcept { return streets.streets[1]; }
  float* river_regrets(std::uint32_t board, const StreetNode& node) noexcept {
    const std::size_t rows = river().rows[node.player];
    return below[node.player].data() + (board * rows + node.row) * river_groups;
  }

  const Subgame subgame;
  const Streets streets;
  const Boards boards;
  const RiverGroups groups;
  const Kernels& kernels_ = kernels();
  RootStreet turn;
  std::array<FloatBlock, 2> below;
  FloatBlock arrivals;  // [hand of the other][root]: reach before the card
  FloatBlock met;  // [root][hand of who walks]: the part of it that shares no card with the hand
  std::vector<RiverRows> pieces;
  std::size_t width_ = 0;  // the rivers' roots, padded
  std::uint64_t iterations = 0;
};

std::uint64_t TurnSolver::State::bytes() const noexcept {
  const std::uint64_t wide = turn.wide();
  std::uint64_t floats = turn.floats() + 2 * width_ * wide;
  for (std::size_t p = 0; p < 2; ++p)
    floats += boards.of_street(1).size() * river().rows[p] * river_groups;
  floats +=
      river_pieces *
      ((river().nodes_max + river().reach_rows_max + 2 * width_) * river_groups + width_ * wide);
  return floats * sizeof(float) + streets.bytes() + boards.bytes();
}

void TurnSolver::State::take() {
  const std::size_t wide = turn.wide();
  turn.take();
  for (std::size_t p = 0; p < 2; ++p)
    below[p] = FloatBlock(boards.of_street(1).size() * river().rows[p] * river_groups);
  pieces.resize(std::min(river_pieces, boards.deals(0, boards.of_street(0)[0]).size()));
  for (RiverRows& piece : pieces) {
    piece.reach = FloatBlock((river().reach_rows_max + 1) * river_groups);
    piece.values = FloatBlock(river().nodes_max * river_groups);
    piece.groups = FloatBlock((river_groups + 1) * width_);
    piece.worth = FloatBlock((river_groups + 1) * width_);
    piece.sums = FloatBlock(wide * width_);
  }
  arrivals = FloatBlock(wide * width_);
  met = FloatBlock(river().roots.size() * wide);
}

void TurnSolver::State::walk(std::size_t walker, const Update& update,
                             const TurnBlueprint* blueprint) {
  const FlushTiny flush;
  turn.begin(walker, blueprint != nullptr ? Purpose::respond : Purpose::learn, update);
  turn.go_down();
  turn.value_folds();
  deal(blueprint);
  turn.go_up();
}

/// Walks all rivers, and gives the nodes that lead there the sum of what they are worth.
void TurnSolver::State::deal(const TurnBlueprint* blueprint) {
  for (const StreetNode& node : streets.streets[0].nodes)
    if (node.step == Step::deal) meet(node.first, turn.reach_of(node));
  const std::span<const Deal> deals = boards.deals(0, boards.of_street(0)[0]);
  const std::size_t hands = boards.player(static_cast<int>(turn.walker())).hands.size();
  parallel_for(0, pieces.size(), 1, [&](std::size_t p) {
    const FlushTiny flush;
    RiverRows& rows = pieces[p];
    std::fill_n(rows.sums.data(), hands * width_, 0.0F);
    const std::size_t end = (p + 1) * deals.size() / pieces.size();
    for (std::size_t d = p * deals.size() / pieces.size(); d < end; ++d) {
      if (blueprint != nullptr) write_river(deals[d], *blueprint);
      walk_river(deals[d], rows);
    }
  });
  for (std::size_t p = 1; p < pieces.size(); ++p)
    for (std::size_t i = 0; i < hands * width_; ++i)
      pieces[0].sums.data()[i] += pieces[p].sums.data()[i];
  for (std::uint32_t n = 0; n < streets.streets[0].nodes.size(); ++n) {
    const StreetNode& node = streets.streets[0].nodes[n];
    if (node.step != Step::deal) continue;
    float* const value = turn.value_of(n);
    const float* const sum = pieces[0].sums.data() + node.first;
    const float* const part = met.data() + node.first * turn.stride(turn.walker());
    std::fill_n(value, turn.stride(turn.walker()), 0.0F);
    for (std::size_t h = 0; h < hands; ++h) value[h] = sum[h * width_] * part[h];
  }
}

/// Turns a root's reach, and notes for each own hand which part of it shares no card with it.
void TurnSolver::State::meet(std::size_t root, const float* from) {
  const std::size_t hands = boards.player(static_cast<int>(turn.other())).hands.size();
  for (std::size_t h = 0; h < hands; ++h) arrivals.data()[h * width_ + root] = from[h];
  turn.meet(from, met.data() + root * turn.stride(turn.walker()));
}

/// The other's regrets become the blueprint's strategy, by how his hands come to the river.
void TurnSolver::State::write_river(const Deal& card, const TurnBlueprint& blueprint) {
  const std::size_t other = turn.other();
  blueprint.river({card.board, groups.of(card.board, other), arrivals.data(), width_},
                  [&](const StreetNode& node, std::size_t a, std::uint8_t group, float weight) {
                    river_regrets(card.board, node)[a * river_groups + group] += weight;
                  });
}

void TurnSolver::State::walk_river(const Deal& card, RiverRows& rows) {
  add_groups(card, rows);
  for (const Batch& batch : river().batches) {
    for (std::uint32_t root = batch.first_root; root < batch.last_root; ++root) enter(root, rows);
    river_down(card.board, batch, rows);
    river_ends(batch, rows);
    river_up(card.board, batch, rows);
    for (std::uint32_t root = batch.first_root; root < batch.last_root; ++root)
      leave(batch, root, rows);
  }
  add_hands(card, rows);
}

/// Adds up the groups of the other, for all roots at once.
void TurnSolver::State::add_groups(const Deal& card, RiverRows& rows) {
  std::fill_n(rows.groups.data(), (river_groups + 1) * width_, 0.0F);
  kernels_.into_groups({boards.player(static_cast<int>(turn.other())).hands.size(), width_,
                        groups.of(card.board, turn.other()), arrivals.data(), rows.groups.data()});
}

void TurnSolver::State::enter(std::uint32_t root, RiverRows& rows) const {
  const float chance = boards.card_chance(0);
  float* const to =
      rows.reach.data() + river().nodes[river().roots[root]].reach[turn.walker()] * river_groups;
  for (std::size_t g = 0; g < river_groups; ++g)
    to[g] = rows.groups.data()[g * width_ + root] * chance;
}

void TurnSolver::State::river_down(std::uint32_t board, const Batch& batch, RiverRows& rows) {
  for (std::uint32_t n = batch.first_node; n < batch.last_node; ++n) {
    const StreetNode& node = river().nodes[n];
    if (node.step != Step::decision || node.player == turn.walker()) continue;
    Spread job;
    job.choice = {river_regrets(board, node), node.actions, river_groups, {}};
    job.reach = rows.reach.data() + node.reach[turn.walker()] * river_groups;
    job.children =
        rows.reach.data() + river().nodes[node.first].reach[turn.walker()] * river_groups;
    kernels_.spread(job);
  }
}

/// Hands of one group meet as equals.
void TurnSolver::State::river_ends(const Batch& batch, RiverRows& rows) const {
  for (std::uint32_t n = batch.first_node; n < batch.last_node; ++n) {
    const StreetNode& node = river().nodes[n];
    if (node.step == Step::decision) continue;
    const std::array<float, 3>& worth = river().ends[node.first].of[turn.walker()];
    const float* const there = rows.reach.data() + node.reach[turn.walker()] * river_groups;
    float* const value = rows.values.data() + (n - batch.first_node) * river_groups;
    float all = 0;
    for (std::size_t g = 0; g < river_groups; ++g) all += there[g];
    if (node.step == Step::fold) {
      std::fill_n(value, river_groups, worth[0] * all);
      continue;
    }
    float weaker = 0;
    for (std::size_t g = 0; g < river_groups; ++g) {
      const float stronger = all - weaker - there[g];
      value[g] = worth[0] * stronger + worth[1] * there[g] + worth[2] * weaker;
      weaker += there[g];
    }
  }
}

void TurnSolver::State::river_up(std::uint32_t board, const Batch& batch, RiverRows& rows) {
  const auto row = [&](std::uint32_t node) {
    return rows.values.data() + (node - batch.first_node) * river_groups;
  };
  for (std::uint32_t n = batch.last_node; n-- > batch.first_node;) {
    const StreetNode& node = river().nodes[n];
    if (node.step != Step::decision) continue;
    if (node.player != turn.walker()) {
      kernels_.add_rows(row(node.first), node.actions, river_groups, row(n));
      continue;
    }
    turn.learn(river_regrets(board, node), node.actions, river_groups, row(node.first), row(n));
  }
}

void TurnSolver::State::leave(const Batch& batch, std::uint32_t root, RiverRows& rows) const {
  const float* const from =
      rows.values.data() + (river().roots[root] - batch.first_node) * river_groups;
  for (std::size_t g = 0; g < river_groups; ++g) rows.worth.data()[g * width_ + root] = from[g];
}

/// Gives the groups' values to the hands, once for each card that this one stands for. Hands that the card takes have
/// the last group, which is worth nothing.
void TurnSolver::State::add_hands(const Deal& card, RiverRows& rows) const {
  const std::size_t hands = boards.player(static_cast<int>(turn.walker())).hands.size();
  const std::uint8_t* const group = groups.of(card.board, turn.walker());
  for (const Image& image : boards.images(card)) {
    const std::vector<std::uint16_t>& source =
        boards.source(image.map, static_cast<int>(turn.walker()));
    for (std::size_t first = 0; first < width_; first += lanes) {
      float* sum = rows.sums.data() + first;
      for (std::size_t h = 0; h < hands; ++h, sum += width_) {
        const float* const from = rows.worth.data() + group[source[h]] * width_ + first;
        for (std::size_t k = 0; k < lanes; ++k) sum[k] += from[k];
      }
    }
  }
}

TurnSolver::TurnSolver(std::unique_ptr<State> state) noexcept : state_(std::move(state)) {}
TurnSolver::TurnSolver(TurnSolver&&) noexcept = default;
TurnSolver& TurnSolver::operator=(TurnSolver&&) noexcept = default;
TurnSolver::~TurnSolver() = default;

Result<TurnSolver> TurnSolver::make(const Subgame& game, const TurnLimits& limits) {
  if (auto valid = validate(game, ""); !valid) return valid.error();
  if (game.board.size() != 4) return Error{"bad_config", "the turn has four cards", "board"};
  if (!game.locks.empty()) return Error{"bad_config", "nothing can be locked here", "lock"};
  auto streets = Streets::make(game, limits.nodes_max);
  if (!streets) return streets.error();
  auto state = std::make_unique<State>(game, std::move(streets).value(), Boards::make(game, true));
  if (state->boards.pairs() <= 0)
    return Error{"bad_config", "no hand of one range can meet a hand of the other", "ranges"};
  if (state->bytes() > limits.bytes_max)
    return Error{"too_large", std::to_string(state->bytes()) + " bytes are needed", "bets"};
  try {
    state->take();
  } catch (const std::bad_alloc&) {
    return Error{"no_memory", "no memory for the tables of a turn", "tables"};
  }
  return TurnSolver(std::move(state));
}

void TurnSolver::iterate() {
  for (const int player : {0, 1}) static_cast<void>(learn(player));
}

std::span<const float> TurnSolver::learn(int player) {
  State& state = *state_;
  if (player == 0) ++state.iterations;
  state.walk(static_cast<std::size_t>(player), update_of({}, state.iterations));
  return {state.turn.value_of(0), hands(player).size()};
}

std::vector<float> TurnSolver::alternatives(const Blueprint& blueprint, const StreetHand& hand,
                                            int player) {
  State& state = *state_;
  WEIR_ASSERT(state.iterations == 0, "TurnSolver::alternatives comes before what is learnt");
  const auto learnt =
      TurnBlueprint::make(state.streets, state.boards, state.subgame, blueprint, hand, player);
  if (!learnt) return {};
  const std::vector<StreetNode>& nodes = state.streets.streets[0].nodes;
  for (std::uint32_t n = 0; n < nodes.size(); ++n)
    if (nodes[n].step == Step::decision && nodes[n].player == player)
      learnt->turn(n, state.turn.regrets_of(nodes[n]));
  state.walk(static_cast<std::size_t>(1 - player), {}, &*learnt);
  const float* const values = state.turn.value_of(0);
  std::vector<float> found(values, values + hands(1 - player).size());
  state.turn.forget(static_cast<std::size_t>(player));
  state.below[static_cast<std::size_t>(player)].clear();
  return found;
}

const std::vector<Hand>& TurnSolver::hands(int player) const noexcept {
  return state_->boards.player(player).hands;
}

std::vector<float> TurnSolver::reach(int player) const {
  const std::span<const float> reach = state_->turn.reach(static_cast<std::size_t>(player));
  return {reach.begin(), reach.end()};
}

void TurnSolver::set_reach(int player, std::span<const float> reach) {
  state_->turn.set_reach(static_cast<std::size_t>(player), reach);
}

std::uint64_t TurnSolver::iterations() const noexcept { return state_->iterations; }

SubgameDecision TurnSolver::root() const {
  return state_->turn.decision(state_->streets, state_->subgame);
}

}  // namespace weir::mccfr::subgame
