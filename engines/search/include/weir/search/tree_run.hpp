// tree_run.hpp: Tree<Game> as a whole: whole searches, their answers, and moving the root; include tree.hpp.
#pragma once

#include <weir/search/tree_body.hpp>

namespace weir::search::games {

template <class Game>
Tree<Game>::Tree(const State& state, const TreeOptions& options)
    : options_(options),
      arena_(options.memory_bytes_max, options.transpositions, options.heap, options.workers == 1),
      pick_(best_pick_lane()),
      state_(state),
      policy_(options.seed, options.noise_fraction, options.noise_alpha),
      workers_block_(options.workers * sizeof(Worker), true) {
  WEIR_CHECK(options.workers >= 1 && options.exploration > 0.0F,
             "a tree needs a worker and an exploration above 0");
  WEIR_CHECK(options.workers == 1 || options.gumbel_actions == 0,
             "halving at the root is for one worker");
  workers_ = static_cast<Worker*>(workers_block_.take(options.workers * sizeof(Worker)));
  for (std::uint32_t i = 0; i < options.workers; ++i)
    ::new (static_cast<void*>(workers_ + i)) Worker();
  make_root();
}

/// A node for state_ unless root_ is one.
template <class Game>
void Tree<Game>::make_root() noexcept {
  // A round of the clock's hand frees what is not touched, four calls a round; nothing else is the root yet.
  for (int calls = 0; root_ == Arena::none && calls < 16; ++calls)
    root_ = grow<false>(state_, Game::key(state_), 0);
  WEIR_CHECK(root_ != Arena::none, "an arena without room for one node");
  policy_.begin_root(Game::legal(state_));
  if (policy_.has_noise()) {
    float priors[lane_count];
    detail::copy_relaxed(arena_[root_].lanes.priors, priors);
    write_priors(arena_[root_], std::span<const float>(priors, actions_max), true);
  }
  refresh();
}

template <class Game>
void Tree<Game>::refresh() noexcept {
  root_value_.store(static_cast<float>(value()), relaxed);  // relaxed: an estimate
  const std::uint64_t most = std::numeric_limits<std::uint32_t>::max();
  root_visits_.store(static_cast<std::uint32_t>(std::min(visits(), most)),
                     relaxed);  // relaxed: an estimate
}

template <class Game>
bool Tree<Game>::decided(std::uint64_t left) const noexcept {
  const Node& node = arena_[root_];
  std::uint64_t first = 0;
  std::uint64_t second = 0;
  bool found = false;
  for (std::uint32_t i = 0; i < actions_max; ++i) {
    if (node.lanes.priors[i].load(relaxed) == closed_prior) continue;  // relaxed: statistics
    const std::uint64_t visits = node.lanes.visits[i].load(relaxed);   // relaxed: statistics
    second = std::max(second, std::min(first, visits));
    first = std::max(first, visits);
    found = true;
  }
  return found && first - second > left;
}

/// At most `count` simulations from `base`, the path to which is the ticket's; at least one. They end when the base is
/// proven, or was recycled. Called inside; evaluations are outside.
template <class Game>
template <bool shared, class Evaluate>
typename Tree<Game>::Sum Tree<Game>::run_together(const Base& base, std::uint32_t count,
                                                  Ticket<Game>& ticket, Evaluate& evaluate,
                                                  std::uint32_t worker) {
  const std::uint32_t depth = ticket.base;
  Sum sum;
  while (sum.done < count) {
    Base next = base;
    const std::uint32_t wanted = std::min(count - sum.done, base.visits / together_node_part);
    const std::uint32_t sent = wanted < 2 ? 0 : approach<shared>(next, ticket, wanted);
    if (sent != 0) {
      Sum below = run_together<shared>(next, sent, ticket, evaluate, worker);
      ticket.base = depth;
      if (Game::two_players) below.value = below.done * one - below.value;
      back_up_together<shared>(ticket.path[depth], sent, below);
      sum.value += below.value;
      sum.done += below.done;
    } else {
      if (descend<shared>(base, ticket, worker) == Selected::evaluate) {
        if (shared) leave(worker);
        const std::uint64_t value = fixed(evaluate(ticket.state));
        while (shared && !enter(worker)) cpu_relax();
        sum.value += back_up<shared, shared>(ticket, value);
      } else {
        sum.value += ticket.value;
      }
      ++sum.done;
    }
    const Node& node = arena_[base.at.node];
    // relaxed: fixed while inside; the proof stands alone
    if (node.generation.load(relaxed) != base.at.generation || node.proof.load(relaxed) != 0) break;
  }
  return sum;
}

template <class Game>
template <bool shared, class Evaluate>
std::uint32_t Tree<Game>::run_as(const Budget& budget, Evaluate& evaluate, std::uint32_t worker) {
  Ticket<Game> ticket;
  std::uint32_t done = 0;
  std::uint32_t next_check = 0;
  while (done < budget.simulations && proof() == Proof::none) {
    if (done >= next_check) {
      next_check = done + check_interval;
      if (budget.deadline != never && now_ns() >= budget.deadline) break;
      // relaxed: what stops a search has nothing else to say
      if (budget.stop != nullptr && budget.stop->load(relaxed) != 0) break;
      const std::uint64_t left = std::uint64_t{budget.simulations - done} * options_.workers;
      if (budget.early_stop && !policy_.halving() && decided(left)) break;
      refresh();
    }
    const Base base = at_root();
    std::uint32_t count = 1;
    if (!policy_.halving() && base.visits >= together_root_visits_min)
      count = std::min({together_max, base.visits / together_node_part, budget.simulations - done});
    ticket.base = 0;
    while (shared && !enter(worker)) cpu_relax();
    done += run_together<shared>(base, count, ticket, evaluate, worker).done;
    if (shared) leave(worker);
  }
  refresh();
  return done;
}

template <class Game>
void Tree<Game>::plan(std::uint32_t simulations) noexcept {
  const Node& node = arena_[root_];
  const std::uint64_t open = node.open.load(relaxed);  // relaxed: statistics
  const bool planned = simulations != std::numeric_limits<std::uint32_t>::max();
  if (options_.gumbel_actions == 0 || !planned || open == 0) return;
  policy_.begin_halving(options_.gumbel_actions, options_.gumbel_scale, simulations, open,
                        {detail::plain(node.lanes.visits), lane_count},
                        {detail::plain(node.lanes.priors), lane_count});
}

template <class Game>
template <class Evaluate>
std::uint32_t Tree<Game>::run(const Budget& budget, Evaluate&& evaluate, std::uint32_t worker) {
  plan(budget.simulations);
  if (options_.workers > 1) return run_as<true>(budget, evaluate, worker);
  return run_as<false>(budget, evaluate, worker);
}

template <class Game>
Proof Tree<Game>::proof() const noexcept {
  return static_cast<Proof>(arena_[root_].proof.load(relaxed) & 3);  // relaxed: stands alone
}

template <class Game>
std::uint32_t Tree<Game>::moves(std::span<RootMove, actions_max> moves) const noexcept {
  const Node& node = arena_[root_];
  const std::uint64_t legal = Game::legal(state_);
  const std::uint64_t drawn =
      node.drawn.load(relaxed);  // relaxed: nobody else is inside, here and below
  const std::uint32_t proof = node.proof.load(relaxed);  // relaxed: as above
  std::uint32_t count = 0;
  for (std::uint32_t i = 0; i < actions_max; ++i) {
    if (((legal >> i) & 1) == 0) continue;
    RootMove& move = moves[count++];
    const std::uint64_t value = node.lanes.values[i].load(relaxed);          // relaxed: as above
    move = {i, node.lanes.visits[i].load(relaxed), 0.0, 0.0F, Proof::none};  // relaxed: as above
    if (move.visits != 0)
      move.value = static_cast<double>(value) / value_unit / static_cast<double>(move.visits);
    const float prior = node.lanes.priors[i].load(relaxed);  // relaxed: as above
    if (((drawn >> i) & 1) != 0) move.proof = Proof::draw;
    if (prior == closed_prior) {
      move.proof = Proof::loss;
    } else {
      move.prior = prior;
    }
    if (proof == (static_cast<std::uint32_t>(Proof::win) | i << 2)) move.proof = Proof::win;
  }
  return count;
}

template <class Game>
std::uint32_t Tree<Game>::best() const noexcept {
  const Node& node = arena_[root_];
  const std::uint64_t open =
      node.open.load(relaxed) | node.drawn.load(relaxed);  // relaxed: as in moves
  if (policy_.halving() && proof() == Proof::none && open != 0) {
    return policy_.choose(open, {detail::plain(node.lanes.visits), lane_count},
                          {detail::plain(node.lanes.values), lane_count});
  }
  RootMove list[actions_max];
  const std::uint32_t count = moves(list);
  const RootMove* best = list;
  const auto rank = [](const RootMove& move) {
    return move.proof == Proof::win ? 2 : move.proof != Proof::loss;
  };
  for (const RootMove* move = list + 1; move < list + count; ++move) {
    if (rank(*move) != rank(*best)) {
      if (rank(*move) > rank(*best)) best = move;
    } else if (move->visits != best->visits ? move->visits > best->visits
                                            : move->value > best->value) {
      best = move;
    }
  }
  return best->action;
}

template <class Game>
double Tree<Game>::value() const noexcept {
  const Node& node = arena_[root_];
  const auto word =
      static_cast<Proof>(node.proof.load(relaxed) & 3);  // relaxed: statistics, here and below
  if (word != Proof::none) return static_cast<double>(exact(word)) / value_unit;
  std::uint64_t sum = 0;
  std::uint64_t count = 0;
  for (std::uint32_t i = 0; i < actions_max; ++i) {
    sum += node.lanes.values[i].load(relaxed);    // relaxed: as above
    count += node.lanes.visits[i].load(relaxed);  // relaxed: as above
  }
  return count == 0 ? 0.5 : static_cast<double>(sum) / value_unit / static_cast<double>(count);
}

template <class Game>
std::uint64_t Tree<Game>::visits() const noexcept {
  std::uint64_t count = 0;
  for (const auto& visits : arena_[root_].lanes.visits)
    count += visits.load(relaxed);  // relaxed: statistics
  return count;
}

template <class Game>
NodeRef Tree<Game>::root() const noexcept {
  return {root_, arena_[root_].generation.load(relaxed)};  // relaxed: nobody else is inside
}

template <class Game>
void Tree<Game>::advance(std::uint32_t action) noexcept {
  Game::play(state_, action);
  const std::uint64_t key = Game::key(state_);
  const std::uint32_t next =
      arena_[root_].lanes.links[action].load(relaxed);  // relaxed: nobody else is inside
  root_ = next != Arena::none && arena_.holds(next, key) ? next : arena_.find(key);
  make_root();
}

template <class Game>
void Tree<Game>::reset(const State& state) noexcept {
  arena_.reset();
  for (std::uint32_t i = 0; i < options_.workers; ++i) workers_[i].stashed = 0;
  policy_ = RootPolicy(options_.seed, options_.noise_fraction, options_.noise_alpha);
  state_ = state;
  root_ = Arena::none;
  make_root();
}

template <class Game>
std::uint32_t Tree<Game>::in_flight() const noexcept {
  std::uint32_t sum = 0;
  for (std::uint32_t i = 0; i < options_.workers; ++i)
    sum += workers_[i].out.load(relaxed);  // relaxed: a figure
  return sum;
}

template <class Game>
std::size_t Tree<Game>::memory() const noexcept {
  return sizeof(*this) + arena_.memory() + workers_block_.bytes();
}

}  // namespace weir::search::games
