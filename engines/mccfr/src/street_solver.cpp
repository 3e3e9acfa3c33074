#include "street_solver.hpp"

#include <algorithm>
#include <new>
#include <weir/mccfr/strategy.hpp>
#include <weir/task.hpp>

#include "root_street.hpp"
#include "subgame_update.hpp"

namespace weir::mccfr::subgame {
namespace {

constexpr std::size_t board_pieces = 8;  // that the boards are cut into: the same for any workers

/// Nodes where the street ends: those who are all-in, and leaves.
struct StreetEnds {
  std::vector<std::uint32_t> all_ins, leaves;
  std::vector<EndValues> worth;  // [all-in]
  std::vector<float> put;        // [leaf]: of each player, since the hand began
  /// A decision of the street, and the blueprint's there: [action of the blueprint]: action of the node.
  struct Learnt {
    std::uint32_t node = 0, source = 0;
    std::vector<std::size_t> as;
  };
  std::vector<Learnt> learnt;
};

/// What one piece of the boards is walked with.
struct BoardRows {
  FloatBlock all_in_reach, all_in_values;  // [group][all-in]; one group more for what a board takes
  FloatBlock all_in_sums;                  // [hand of who walks][all-in]
  FloatBlock leaf_reach, leaf_values;      // [class][leaf, way]
  FloatBlock leaf_sums;                    // [hand of who walks][leaf, way]
  FloatBlock reach, values;                // of a leaf: [row or node][way][class]
};

/// Reach that comes to some end of the street.
struct Arrived {
  double all = 0;
  double luck = 0;  // the sum of reach times luck
};

}  // namespace

struct StreetSolver::State {
  State(Subgame of, Streets tree, Boards cards, const StreetSettings& with)
      : subgame(std::move(of)),
        streets(std::move(tree)),
        boards(std::move(cards)),
        settings(with),
        root(streets.streets[0], boards) {}
  State(const State&) = delete;

  bool find_ends(const Blueprint& blueprint, const StreetHand& hand);
  bool follow(const StreetHand& hand, std::uint32_t n, const BettingState& state,
              const TreePosition& position);
  std::uint64_t bytes() const noexcept;
  void take();
  void begin(const Blueprint& blueprint);
  void walk(std::size_t walker, const Update& update);
  void arrive();
  void play_boards();
  void play_all_ins(const SampledBoard& board, BoardRows& rows);
  void play_leaves(const SampledBoard& board, BoardRows& rows);
  void play_leaf(const SampledBoard& board, std::size_t leaf, BoardRows& rows);
  void value_all_ins();
  void value_leaves();
  void scale(const float* sums, std::size_t width, const SampledPart& boards_of, const float* met,
             const Arrived& arrived, const std::array<float, 3>& worth, float* value) const;

  const Street& street() const noexcept { return streets.streets[0]; }
  float* way_regrets_of(std::size_t p, std::size_t leaf) noexcept {
    return way_regrets[p].data() + leaf * ways * root.stride(p);
  }

  const Subgame subgame;
  const Streets streets;
  const Boards boards;
  const StreetSettings settings;
  const Kernels& kernels_ = kernels();
  StreetEnds ends;
  std::unique_ptr<Continuations> continuations;
  std::unique_ptr<SampledBoards> sample;
  RootStreet root;
  std::array<FloatBlock, 2> way_regrets;
  FloatBlock all_in_arrivals, leaf_arrivals;  // [hand of the other][all-in or leaf, way]
  FloatBlock way_rows;                        // of one leaf: [way][hand], reach or values
  FloatBlock
      met;  // [all-in, then leaf][hand of who walks]: the part of the other's reach that it can meet
  std::vector<Arrived> arrived;                    // as met
  std::array<std::vector<float>, 3> all_in_worth;  // [worse, equal, better][all-in], of who walks
  std::array<std::vector<float>, 2> last_values;
  std::vector<BoardRows> pieces;
  std::size_t all_in_width = 0, leaf_width = 0;
  std::size_t part_ = 0;  // of the boards that are played on, now
  std::uint64_t iterations = 0;
};

/// False: the blueprint plays on by too many nodes, or the spot is not of the real hand.
bool StreetSolver::State::find_ends(const Blueprint& blueprint, const StreetHand& hand) {
  continuations = std::make_unique<Continuations>(blueprint);
  if (!follow(hand, 0, *hand.state, *hand.position)) return false;
  all_in_width = padded(ends.all_ins.size());
  leaf_width = padded(ends.leaves.size() * ways);
  continuations->read();
  return true;
}

bool StreetSolver::State::follow(const StreetHand& hand, std::uint32_t n, const BettingState& state,
                                 const TreePosition& position) {
  const StreetNode& node = street().nodes[n];
  if (node.step == Step::fold) return true;
  if (node.step == Step::deal) {
    const bool over = streets.tree.nodes[node.source].kind == NodeKind::showdown;
    if (over != state.over()) return false;
    if (over)
      ends.worth.push_back(end_values(state));
    else
      ends.put.push_back(static_cast<float>(state.put(0)));
    (over ? ends.all_ins : ends.leaves).push_back(n);
    return over || continuations->add(state, position, settings.limits.play_nodes_max);
  }
  if (state.over() || state.player() != node.player) return false;
  const std::vector<BetAction> actions = actions_in(streets, subgame, hand, node, state);
  if (actions.empty()) return false;
  TreePosition here = position;
  here.check_turn(state, node.player);
  if (here.inside()) ends.learnt.push_back({n, here.at(), actions_for(here, state, actions)});
  for (std::uint32_t a = 0; a < node.actions; ++a) {
    BettingState next = state;
    next.apply(actions[a]);
    if (!follow(hand, node.first + a, next, place_after(here, state, actions[a]))) return false;
  }
  return true;
}

std::uint64_t StreetSolver::State::bytes() const noexcept {
  const std::uint64_t wide = root.wide();
  const std::uint64_t ends_count = ends.all_ins.size() + ends.leaves.size();
  std::uint64_t floats = root.floats() + (ways + ends_count + all_in_width + leaf_width) * wide;
  for (std::size_t p = 0; p < 2; ++p) floats += ends.leaves.size() * ways * root.stride(p);
  const std::uint64_t piece =
      all_in_width * (2 * (board_groups + 1) + wide) + leaf_width * (2 * (play_lanes + 1) + wide) +
      (continuations->reach_rows_max() + continuations->nodes_max()) * ways * play_lanes;
  floats += board_pieces * piece;
  return floats * sizeof(float) + streets.bytes() + boards.bytes() + continuations->bytes() +
         SampledBoards::bytes(boards, *continuations, settings.boards);
}

void StreetSolver::State::take() {
  const std::size_t wide = root.wide();
  const std::size_t ends_count = ends.all_ins.size() + ends.leaves.size();
  root.take();
  for (std::size_t p = 0; p < 2; ++p) {
    way_regrets[p] = FloatBlock(ends.leaves.size() * ways * root.stride(p));
    last_values[p].resize(root.stride(p));
  }
  all_in_arrivals = FloatBlock(wide * all_in_width);
  leaf_arrivals = FloatBlock(wide * leaf_width);
  way_rows = FloatBlock(ways * wide);
  met = FloatBlock(ends_count * wide);
  arrived.resize(ends_count);
  for (auto& row : all_in_worth) row.resize(all_in_width);
  pieces.resize(board_pieces);
  for (BoardRows& piece : pieces) {
    piece.all_in_reach = FloatBlock((board_groups + 1) * all_in_width);
    piece.all_in_values = FloatBlock((board_groups + 1) * all_in_width);
    piece.all_in_sums = FloatBlock(wide * all_in_width);
    piece.leaf_reach = FloatBlock((play_lanes + 1) * leaf_width);
    piece.leaf_values = FloatBlock((play_lanes + 1) * leaf_width);
    piece.leaf_sums = FloatBlock(wide * leaf_width);
    piece.reach = FloatBlock(continuations->reach_rows_max() * ways * play_lanes);
    piece.values = FloatBlock(continuations->nodes_max() * ways * play_lanes);
  }
}

/// The blueprint's strategy as what was learnt so far.
void StreetSolver::State::begin(const Blueprint& blueprint) {
  std::array<Bucket, hand_count> buckets{};
  blueprint.game->cards()->row(subgame.board, buckets);
  const auto round = static_cast<int>(subgame.board.size()) - 2;
  for (const StreetEnds::Learnt& learnt : ends.learnt) {
    const StreetNode& node = street().nodes[learnt.node];
    const PlayerHands& player = boards.player(node.player);
    float* const to = root.regrets_of(node);
    double chances[actions_max];
    for (std::size_t h = 0; h < player.hands.size(); ++h) {
      const std::uint32_t region =
          blueprint.shape->region(round, node.player, buckets[player.hands[h]]);
      average_strategy(blueprint.sums + region + blueprint.game->tree().nodes[learnt.source].row,
                       static_cast<int>(learnt.as.size()), chances);
      for (std::size_t a = 0; a < learnt.as.size(); ++a)
        to[learnt.as[a] * player.stride + h] += static_cast<float>(chances[a]);
    }
  }
  for (std::size_t p = 0; p < 2; ++p)
    for (std::size_t i = 0; i < ends.leaves.size(); ++i)
      std::fill_n(way_regrets_of(p, i), root.stride(p), 1.0F);
  // Regrets are chips by the other's reach: with what comes to each node they are as large as those of an iteration.
  std::vector<std::pair<const StreetNode*, float>> scales;
  std::array<std::vector<float>, 2> way_scales;
  const double chips = settings.trust * static_cast<double>(subgame.pot);
  for (const std::size_t walker : {std::size_t{0}, std::size_t{1}}) {
    root.begin(walker, Purpose::learn, {});
    root.go_down();
    const auto come = [&](const StreetNode& node) {
      const float* const from = root.reach_of(node);
      double sum = 0;
      for (std::size_t h = 0; h < root.stride(root.other()); ++h)
        sum += static_cast<double>(from[h]);
      return static_cast<float>(sum * chips);
    };
    for (const StreetNode& node : street().nodes)
      if (node.step == Step::decision && node.player == walker)
        scales.emplace_back(&node, come(node));
    for (std::size_t i = 0; i < ends.leaves.size(); ++i)
      way_scales[walker].push_back(come(street().nodes[ends.leaves[i]]));
  }
  for (const auto& [node, scale] : scales)
    for (std::size_t i = 0; i < node->actions * root.stride(node->player); ++i)
      root.regrets_of(*node)[i] *= scale;
  for (std::size_t p = 0; p < 2; ++p)
    for (std::size_t i = 0; i < ends.leaves.size(); ++i)
      for (std::size_t k = 0; k < ways * root.stride(p); ++k)
        way_regrets_of(p, i)[k] *= way_scales[p][i];
  iterations = settings.begun;
}

void StreetSolver::State::walk(std::size_t walker, const Update& update) {
  const FlushTiny flush;
  root.begin(walker, Purpose::learn, update);
  root.go_down();
  root.value_folds();
  arrive();
  play_boards();
  value_all_ins();
  value_leaves();
  root.go_up();
  std::copy_n(root.value_of(0), root.stride(walker), last_values[walker].data());
}

/// Turns the reach of all-ins and leaves, of these by ways, and notes for each own hand which part of it shares no card
/// with it.
void StreetSolver::State::arrive() {
  const PlayerHands& theirs = boards.player(static_cast<int>(root.other()));
  const std::size_t hands = theirs.hands.size();
  const auto meet = [&](std::size_t end, const float* from, const SampledPart& part_of) {
    Arrived& sum = arrived[end] = {};
    for (std::size_t h = 0; h < hands; ++h)
      sum.luck += static_cast<double>(from[h] * part_of.luck[root.other()][h]);
    sum.all = static_cast<double>(root.meet(from, met.data() + end * root.stride(root.walker())));
  };
  std::size_t end = 0;
  for (std::size_t i = 0; i < ends.all_ins.size(); ++i, ++end) {
    const StreetNode& node = street().nodes[ends.all_ins[i]];
    const float* const from = root.reach_of(node);
    meet(end, from, sample->all_ins(part_));
    float* to = all_in_arrivals.data() + i;
    for (std::size_t h = 0; h < hands; ++h, to += all_in_width) *to = from[h];
  }
  for (std::size_t i = 0; i < ends.leaves.size(); ++i, ++end) {
    const float* const from = root.reach_of(street().nodes[ends.leaves[i]]);
    meet(end, from, sample->played(part_));
    if (settings.ways == 1) {
      std::copy_n(from, theirs.stride, way_rows.data());
    } else {
      Spread job;
      job.choice = {way_regrets_of(root.other(), i), ways, theirs.stride, {}};
      job.reach = from;
      job.children = way_rows.data();
      kernels_.spread(job);
    }
    for (std::size_t w = 0; w < settings.ways; ++w) {
      const float* const row = way_rows.data() + w * theirs.stride;
      float* to = leaf_arrivals.data() + i * ways + w;
      for (std::size_t h = 0; h < hands; ++h, to += leaf_width) *to = row[h];
    }
  }
}

void StreetSolver::State::play_boards() {
  for (std::size_t i = 0; i < ends.all_ins.size(); ++i)
    for (std::size_t outcome = 0; outcome < 3; ++outcome)
      all_in_worth[outcome][i] = ends.worth[i].of[root.walker()][outcome];
  const std::size_t hands = boards.player(static_cast<int>(root.walker())).hands.size();
  const std::size_t count = pieces.size();
  const std::vector<SampledBoard>& all_ins = sample->all_ins(part_).boards;
  const std::vector<SampledBoard>& played = sample->played(part_).boards;
  parallel_for(0, count, 1, [&](std::size_t p) {
    const FlushTiny flush;
    BoardRows& rows = pieces[p];
    if (all_in_width != 0) {
      std::fill_n(rows.all_in_sums.data(), hands * all_in_width, 0.0F);
      for (std::size_t b = p * all_ins.size() / count; b < (p + 1) * all_ins.size() / count; ++b)
        play_all_ins(all_ins[b], rows);
    }
    if (leaf_width != 0) {
      std::fill_n(rows.leaf_sums.data(), hands * leaf_width, 0.0F);
      for (std::size_t b = p * played.size() / count; b < (p + 1) * played.size() / count; ++b)
        play_leaves(played[b], rows);
    }
  });
  for (std::size_t p = 1; p < count; ++p) {
    for (std::size_t i = 0; i < hands * all_in_width; ++i)
      pieces[0].all_in_sums.data()[i] += pieces[p].all_in_sums.data()[i];
    for (std::size_t i = 0; i < hands * leaf_width; ++i)
      pieces[0].leaf_sums.data()[i] += pieces[p].leaf_sums.data()[i];
  }
}

void StreetSolver::State::play_all_ins(const SampledBoard& board, BoardRows& rows) {
  std::fill_n(rows.all_in_reach.data(), (board_groups + 1) * all_in_width, 0.0F);
  kernels_.into_groups({boards.player(static_cast<int>(root.other())).hands.size(), all_in_width,
                        board.groups[root.other()].data(), all_in_arrivals.data(),
                        rows.all_in_reach.data()});
  kernels_.all_ins({board_groups,
                    all_in_width,
                    rows.all_in_reach.data(),
                    rows.all_in_values.data(),
                    {all_in_worth[0].data(), all_in_worth[1].data(), all_in_worth[2].data()}});
  kernels_.out_of_groups({boards.player(static_cast<int>(root.walker())).hands.size(), all_in_width,
                          board.groups[root.walker()].data(), rows.all_in_sums.data(),
                          rows.all_in_values.data()});
}

void StreetSolver::State::play_leaves(const SampledBoard& board, BoardRows& rows) {
  std::fill_n(rows.leaf_reach.data(), (play_lanes + 1) * leaf_width, 0.0F);
  kernels_.into_groups({boards.player(static_cast<int>(root.other())).hands.size(), leaf_width,
                        board.groups[root.other()].data(), leaf_arrivals.data(),
                        rows.leaf_reach.data()});
  for (std::size_t leaf = 0; leaf < ends.leaves.size(); ++leaf) play_leaf(board, leaf, rows);
  kernels_.out_of_groups({boards.player(static_cast<int>(root.walker())).hands.size(), leaf_width,
                          board.groups[root.walker()].data(), rows.leaf_sums.data(),
                          rows.leaf_values.data()});
}

void StreetSolver::State::play_leaf(const SampledBoard& board, std::size_t leaf, BoardRows& rows) {
  constexpr std::size_t row = ways * play_lanes;
  const PlayLeaf& of = continuations->leaves()[leaf];
  const std::span<const PlayNode> nodes = continuations->nodes();
  const auto reach_row = [&](std::uint32_t n) {
    return rows.reach.data() + nodes[n].reach[root.walker()] * row;
  };
  const auto value_row = [&](std::uint32_t n) {
    return rows.values.data() + (n - of.first_node) * row;
  };
  const auto choice = [&](const PlayNode& node) {
    return PlayChoice{board.strategies[node.player].data() + node.row * play_lanes, node.actions,
                      node.folds};
  };
  for (std::size_t w = 0; w < ways; ++w)
    for (std::size_t c = 0; c < play_lanes; ++c)
      rows.reach.data()[w * play_lanes + c] =
          rows.leaf_reach.data()[c * leaf_width + leaf * ways + w];
  for (std::uint32_t n = of.first_node; n < of.last_node; ++n) {
    const PlayNode& node = nodes[n];
    if (node.step == Step::decision) {
      if (node.player != root.walker())
        kernels_.play_down({choice(node), reach_row(n), reach_row(node.first)});
      continue;
    }
    const std::array<float, 3>& worth = continuations->ends()[node.first].of[root.walker()];
    const PlayEnd end{reach_row(n), value_row(n), {worth[0], worth[1], worth[2]}};
    if (node.step == Step::fold)
      kernels_.play_fold(end);
    else
      kernels_.play_showdown(end);
  }
  for (std::uint32_t n = of.last_node; n-- > of.first_node;) {
    const PlayNode& node = nodes[n];
    if (node.step != Step::decision) continue;
    if (node.player == root.walker())
      kernels_.play_up({choice(node), value_row(node.first), value_row(n), node.flat});
    else
      kernels_.play_sum({value_row(node.first), node.actions, value_row(n), node.flat});
  }
  const bool flat = nodes[of.first_node].step != Step::decision;
  for (std::size_t c = 0; c < play_lanes; ++c)
    for (std::size_t w = 0; w < ways; ++w)
      rows.leaf_values.data()[c * leaf_width + leaf * ways + w] =
          value_row(of.first_node)[(flat ? 0 : w * play_lanes) + c];
}

/// Values of hands from their sums over boards: as if each hand could come on as many, and without its luck.
void StreetSolver::State::scale(const float* sums_of_hands, std::size_t width,
                                const SampledPart& boards_of, const float* part,
                                const Arrived& from, const std::array<float, 3>& worth,
                                float* value) const {
  const std::size_t count = boards.player(static_cast<int>(root.walker())).hands.size();
  const auto span = static_cast<double>(worth[2] - worth[0]);
  const auto all = static_cast<float>(span * from.all), luck = static_cast<float>(span * from.luck);
  for (std::size_t h = 0; h < count; ++h)
    value[h] = part[h] * (sums_of_hands[h * width] * boards_of.each[root.walker()][h] -
                          all * boards_of.luck[root.walker()][h] + luck);
}

void StreetSolver::State::value_all_ins() {
  for (std::size_t i = 0; i < ends.all_ins.size(); ++i)
    scale(pieces[0].all_in_sums.data() + i, all_in_width, sample->all_ins(part_),
          met.data() + i * root.stride(root.walker()), arrived[i],
          {all_in_worth[0][i], all_in_worth[1][i], all_in_worth[2][i]},
          root.value_of(ends.all_ins[i]));
}

void StreetSolver::State::value_leaves() {
  const std::size_t before = ends.all_ins.size();
  for (std::size_t i = 0; i < ends.leaves.size(); ++i) {
    const std::uint32_t n = ends.leaves[i];
    const float* const part = met.data() + (before + i) * root.stride(root.walker());
    // What both have put in so far is what luck is worth at least.
    const float half = ends.put[i];
    for (std::size_t w = 0; w < settings.ways; ++w)
      scale(
          pieces[0].leaf_sums.data() + i * ways + w, leaf_width, sample->played(part_), part,
          arrived[before + i], {-half, 0, half},
          settings.ways == 1 ? root.value_of(n) : way_rows.data() + w * root.stride(root.walker()));
    if (settings.ways == 1) continue;
    root.learn(way_regrets_of(root.walker(), i), ways, root.stride(root.walker()), way_rows.data(),
               root.value_of(n));
  }
}

StreetSolver::StreetSolver(std::unique_ptr<State> state) noexcept : state_(std::move(state)) {}
StreetSolver::StreetSolver(StreetSolver&&) noexcept = default;
StreetSolver& StreetSolver::operator=(StreetSolver&&) noexcept = default;
StreetSolver::~StreetSolver() = default;

Result<StreetSolver> StreetSolver::make(const Subgame& game, const Blueprint& blueprint,
                                        const StreetHand& hand, const StreetSettings& settings) {
  if (auto valid = validate(game, ""); !valid) return valid.error();
  if (game.board.size() == 5)
    return Error{"bad_config", "the river has no next card to stop at", "board"};
  if (!game.locks.empty()) return Error{"bad_config", "nothing can be locked here", "lock"};
  Subgame street = game;  // of later streets the betting is the blueprint's
  for (std::size_t k = 1; k < rounds_max; ++k) {
    street.menu.sizes[k].fill({});
    street.menu.donks[k].reset();
  }
  auto streets = Streets::make(street, settings.limits.nodes_max);
  if (!streets) return streets.error();
  auto state = std::make_unique<State>(std::move(street), std::move(streets).value(),
                                       Boards::without_deals(game), settings);
  if (state->boards.pairs() <= 0)
    return Error{"bad_config", "no hand of one range can meet a hand of the other", "ranges"};
  if (!state->find_ends(blueprint, hand))
    return Error{"too_large", "the blueprint cannot play on from all leaves", "bets"};
  if (state->bytes() > settings.limits.bytes_max)
    return Error{"too_large", std::to_string(state->bytes()) + " bytes are needed", "bets"};
  try {
    state->sample =
        std::make_unique<SampledBoards>(state->boards, *state->continuations, settings.boards);
    state->take();
    if (settings.begun != 0) state->begin(blueprint);
  } catch (const std::bad_alloc&) {
    return Error{"no_memory", "no memory for the tables of a street", "tables"};
  }
  return StreetSolver(std::move(state));
}

void StreetSolver::iterate() {
  State& state = *state_;
  const Update update = update_of({}, ++state.iterations);
  state.part_ = (state.iterations - 1) % state.settings.boards.parts;
  state.sample->prepare(state.part_);
  for (const std::size_t player : {std::size_t{0}, std::size_t{1}}) state.walk(player, update);
}

std::uint64_t StreetSolver::iterations() const noexcept {
  return state_->iterations - state_->settings.begun;
}

std::vector<float> StreetSolver::values(int player) const {
  const std::vector<float>& last = state_->last_values[static_cast<std::size_t>(player)];
  const std::size_t hands = state_->boards.player(player).hands.size();
  return {last.begin(), last.begin() + static_cast<std::ptrdiff_t>(hands)};
}

SubgameDecision StreetSolver::root() const {
  return state_->root.decision(state_->streets, state_->subgame);
}

}  // namespace weir::mccfr::subgame
