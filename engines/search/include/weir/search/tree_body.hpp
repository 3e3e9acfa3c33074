// tree_body.hpp: the bodies of Tree<Game>; include tree.hpp.
#pragma once

#include <algorithm>
#include <bit>
#include <cmath>
#include <limits>
#include <new>
#include <weir/memory.hpp>
#include <weir/search/tree.hpp>

namespace weir::search::games {

inline constexpr float closed_prior = -std::numeric_limits<float>::infinity();

namespace detail {

/// Counts of atomics as numbers, for scans over vectors. One thread alone may look at them where they stand.
template <class T>
const T* plain(const atomic<T>* words) noexcept {
  static_assert(sizeof(atomic<T>) == sizeof(T));
  return reinterpret_cast<const T*>(words);
}

template <class T, std::size_t n>
void copy_relaxed(const atomic<T> (&from)[n], T (&to)[n]) noexcept {
  for (std::size_t i = 0; i < n; ++i)
    to[i] = from[i].load(relaxed);  // relaxed: statistics, each for itself
}

}  // namespace detail

// ---- values and words

template <class Game>
Proof Tree<Game>::flipped(Proof proof) noexcept {
  if (!Game::two_players || proof == Proof::none) return proof;
  return static_cast<Proof>(4 - static_cast<int>(proof));
}

template <class Game>
std::uint64_t Tree<Game>::exact(Proof proof) noexcept {
  return (static_cast<std::uint64_t>(proof) - 1) * (one / 2);
}

template <class Game>
std::uint64_t Tree<Game>::fixed(float value) noexcept {
  if (!(value > 0.0F)) return 0;
  return static_cast<std::uint64_t>(std::min(value, 1.0F) * static_cast<float>(one) + 0.5F);
}

template <class Game>
template <bool shared, class T>
void Tree<Game>::add(atomic<T>& word, T amount) noexcept {
  if constexpr (shared) {
    word.fetch_add(amount, relaxed);  // relaxed: a sum, in any order
  } else {
    word.store(word.load(relaxed) + amount, relaxed);  // relaxed: one thread
  }
}

template <class Game>
void Tree<Game>::even_priors(Node& node, std::uint64_t legal) noexcept {
  const float share = 1.0F / static_cast<float>(std::max(1, std::popcount(legal)));
  for (std::uint32_t i = 0; i < lane_count; ++i) {
    const bool is_legal = i < 64 && ((legal >> i) & 1) != 0;
    node.lanes.priors[i].store(is_legal ? share : closed_prior,
                               relaxed);  // relaxed: published by the key
  }
}

template <class Game>
void Tree<Game>::write_priors(Node& node, std::span<const float> priors, bool at_root) noexcept {
  const auto usable = [&](std::uint32_t i) {
    const float prior = i < priors.size() ? priors[i] : 0.0F;
    return prior > 0.0F && prior <= std::numeric_limits<float>::max() ? static_cast<double>(prior)
                                                                      : 0.0;
  };
  float now[lane_count];
  detail::copy_relaxed(node.lanes.priors, now);
  double sum = 0.0;
  std::uint32_t count = 0;
  for (std::uint32_t i = 0; i < actions_max; ++i) {
    if (now[i] == closed_prior) continue;
    sum += usable(i);
    ++count;
  }
  for (std::uint32_t i = 0; i < actions_max; ++i) {
    if (now[i] == closed_prior) continue;
    auto prior = static_cast<float>(sum > 0.0 ? usable(i) / sum : 1.0 / static_cast<double>(count));
    if (at_root && policy_.has_noise()) prior = policy_.with_noise(i, prior);
    // relaxed: where the move is proven lost at this moment, it is tried once more and closed again
    node.lanes.priors[i].store(prior, relaxed);
  }
}

// ---- the gate: whoever recycles nodes is alone in the tree

template <class Game>
bool Tree<Game>::enter(std::uint32_t worker) noexcept {
  atomic<std::uint32_t>& inside = workers_[worker].inside;
  // (1) seq_cst pairs with (4): either that sees this worker inside, or (2) sees the gate closed
  inside.store(1, seq_cst);
  // (2) seq_cst pairs with (3), (5): the list of free nodes and the nodes as they were left
  if (closing_.load(seq_cst) == 0) return true;
  // (6b) release pairs with (4): what this worker did when it was inside before; a plain store ends that chain
  inside.store(0, release);
  return false;
}

template <class Game>
void Tree<Game>::leave(std::uint32_t worker) noexcept {
  // (6) release pairs with (4): what this worker read and wrote in nodes
  workers_[worker].inside.store(0, release);
}

template <class Game>
template <bool shared>
std::uint32_t Tree<Game>::take(std::uint32_t worker) noexcept {
  std::uint32_t at = Arena::none;
  if constexpr (!shared) {
    if (arena_.template take<false>(&at, 1) == 0) {
      arena_.recycle(root_);
      arena_.template take<false>(&at, 1);
    }
  } else {
    Worker& self = workers_[worker];
    if (self.stashed == 0) self.stashed = arena_.template take<true>(self.stash, stash_max);
    if (self.stashed == 0 && alone(worker)) {
      arena_.recycle(root_);
      self.stashed = arena_.template take<true>(self.stash, stash_max);
      // (5) release pairs with (2): what was recycled
      closing_.store(0, release);
    }
    if (self.stashed != 0) at = self.stash[--self.stashed];
  }
  if (at != Arena::none) arena_.prepare(at);
  return at;
}

/// Closes the gate behind the other workers, for a moment only: false when another closed it, or one stays inside.
template <class Game>
bool Tree<Game>::alone(std::uint32_t worker) noexcept {
  constexpr int looks_max = 1000;
  std::uint32_t open = 0;
  // (3) seq_cst pairs with (2): closed before the others are looked at
  if (!closing_.compare_exchange_strong(open, 1, seq_cst, relaxed)) return false;
  for (std::uint32_t i = 0; i < options_.workers; ++i) {
    if (i == worker) continue;
    int looks = 0;
    // (4) seq_cst pairs with (1), (6): that worker is out, and what it did is seen
    while (workers_[i].inside.load(seq_cst) != 0 && ++looks < looks_max) cpu_relax();
    if (looks < looks_max) continue;
    // (5b) release pairs with (2): what was recycled before; a plain store ends that chain
    closing_.store(0, release);
    return false;
  }
  return true;
}

/// A node for a state, with even priors; none: no room.
template <class Game>
template <bool shared>
std::uint32_t Tree<Game>::grow(const State& state, std::uint64_t key,
                               std::uint32_t worker) noexcept {
  const std::uint32_t at = take<shared>(worker);
  if (at == Arena::none) return at;
  const std::uint64_t legal = Game::legal(state);
  arena_[at].open.store(legal, relaxed);  // relaxed: published by the key
  even_priors(arena_[at], legal);
  arena_.publish(at, key);
  return at;
}

// ---- a simulation

template <class Game>
template <bool shared>
std::uint32_t Tree<Game>::pick(const Node& node, float unvisited) const noexcept {
  std::uint32_t total = node.total.load(relaxed);  // relaxed: kept where one worker is inside
  if constexpr (shared) {
    total = 0;
    for (const auto& visits : node.lanes.visits)
      total += visits.load(relaxed);  // relaxed: statistics
  }
  if constexpr (shared && !scans_in_place) {
    alignas(64) std::uint32_t visits[lane_count];
    alignas(64) std::uint64_t values[lane_count];
    alignas(64) float priors[lane_count];
    detail::copy_relaxed(node.lanes.visits, visits);
    detail::copy_relaxed(node.lanes.values, values);
    detail::copy_relaxed(node.lanes.priors, priors);
    return pick_({visits, values, priors, lane_count, total}, options_.exploration, unvisited);
  } else {
    const Lanes lanes{detail::plain(node.lanes.visits), detail::plain(node.lanes.values),
                      detail::plain(node.lanes.priors), lane_count, total};
    return pick_(lanes, options_.exploration, unvisited);
  }
}

/// Each move was seen to lose.
template <class Game>
bool Tree<Game>::all_closed(const Node& node) noexcept {
  return std::all_of(std::begin(node.lanes.priors), std::end(node.lanes.priors),
                     [](const atomic<float>& prior) {
                       return prior.load(relaxed) == closed_prior;  // relaxed: as in descend
                     });
}

/// What a move with such statistics leads to is worth for the player to move there.
template <class Game>
float Tree<Game>::worth_below(std::uint32_t visits, std::uint64_t value, float above) noexcept {
  if (visits != 0)
    above = static_cast<float>(value) / (static_cast<float>(visits) * static_cast<float>(one));
  return Game::two_players ? 1.0F - above : above;
}

template <class Game>
typename Tree<Game>::Base Tree<Game>::at_root() const noexcept {
  return {state_, root(), root_value_.load(relaxed),
          root_visits_.load(relaxed)};  // relaxed: estimates
}

/// Takes the next move for as many of `wanted` simulations as may go together, counts them there and moves `base` on;
/// how many, or 0: the next one goes alone.
template <class Game>
template <bool shared>
std::uint32_t Tree<Game>::approach(Base& base, Ticket<Game>& ticket,
                                   std::uint32_t wanted) noexcept {
  Node& node = arena_[base.at.node];
  if (ticket.base + 1 >= Game::plies_max) return 0;
  if (node.proof.load(relaxed) != 0) return 0;  // relaxed: stands alone
  const std::uint32_t lane = pick<shared>(node, base.worth - options_.first_play_reduction);
  const std::uint32_t next = node.lanes.links[lane].load(relaxed);  // relaxed: holds() decides
  arena_.template prefetch<shared>(next);
  const std::uint32_t visits = node.lanes.visits[lane].load(relaxed);  // relaxed: statistics
  const std::uint64_t value = node.lanes.values[lane].load(relaxed);   // relaxed: statistics
  const std::uint32_t count = std::min(wanted, visits / together_move_part);
  if (count < 2 || next == Arena::none) return 0;
  State state = base.state;
  Game::play(state, lane);
  if (!arena_.holds(next, Game::key(state))) return 0;
  if (node.touched.load(relaxed) == 0)
    node.touched.store(1, relaxed);  // relaxed: a hint for recycling
  add<shared>(node.lanes.visits[lane], count);
  if constexpr (!shared) add<false>(node.total, count);
  ticket.path[ticket.base++] = {base.at, lane};
  // relaxed: fixed while inside
  base = {state,
          {next, arena_[next].generation.load(relaxed)},
          worth_below(visits, value, base.worth),
          visits};
  return count;
}

template <class Game>
template <bool shared>
Selected Tree<Game>::descend(const Base& base, Ticket<Game>& ticket,
                             std::uint32_t worker) noexcept {
  ticket.state = base.state;
  ticket.depth = ticket.base;
  ticket.created = {};
  std::uint32_t at = base.at.node;
  float worth = base.worth;
  while (true) {
    Node& node = arena_[at];
    if (node.touched.load(relaxed) == 0)
      node.touched.store(1, relaxed);  // relaxed: a hint for recycling
    const auto proof = static_cast<Proof>(node.proof.load(relaxed) & 3);  // relaxed: stands alone
    const auto end_as = [&](Proof known) {
      ticket.value = back_up<shared, false>(ticket, exact(known));
      prove(ticket, known);
      return Selected::done;
    };
    if (proof != Proof::none) return end_as(proof);
    std::uint32_t lane = 0;
    if (!shared && at == root_ && policy_.halving()) {
      lane = policy_.next(node.open.load(relaxed),
                          {detail::plain(node.lanes.visits), lane_count},  // relaxed: alone
                          {detail::plain(node.lanes.values), lane_count});
    } else {
      lane = pick<shared>(node, worth - options_.first_play_reduction);
    }
    if constexpr (shared) {
      // relaxed: a lost move loses whenever that was seen. One that is picked was closed meanwhile, or all are: then
      // who closed the last has yet to say so
      while (node.lanes.priors[lane].load(relaxed) == closed_prior) {
        if (all_closed(node)) return end_as(Proof::loss);
        lane = pick<shared>(node, worth - options_.first_play_reduction);
      }
    }
    std::uint32_t next = node.lanes.links[lane].load(relaxed);  // relaxed: holds() decides
    arena_.template prefetch<shared>(next);
    const std::uint32_t visits = node.lanes.visits[lane].load(relaxed);  // relaxed: statistics
    const std::uint64_t value = node.lanes.values[lane].load(relaxed);   // relaxed: statistics
    add<shared>(node.lanes.visits[lane], 1U);
    if constexpr (!shared) add<false>(node.total, 1U);
    ticket.path[ticket.depth++] = {{at, node.generation.load(relaxed)},
                                   lane};  // relaxed: fixed while inside
    worth = worth_below(visits, value, worth);

    Game::play(ticket.state, lane);
    const std::uint64_t key = Game::key(ticket.state);
    if (next == Arena::none || !arena_.holds(next, key)) {
      const float end = Game::known(ticket.state);
      if (end >= 0.0F) {
        ticket.value = back_up<shared, false>(ticket, fixed(end));
        const float doubled = 2.0F * end;
        if (doubled == 0.0F || doubled == 1.0F || doubled == 2.0F) {
          prove(ticket, static_cast<Proof>(1 + static_cast<int>(doubled)));
        }
        return Selected::done;
      }
      next = arena_.find(key);
      if (next == Arena::none) {
        if (visits == 0 || ticket.depth == Game::plies_max) return Selected::evaluate;
        next = grow<shared>(ticket.state, key, worker);
        if (next == Arena::none) return Selected::evaluate;
        ticket.created = {next,
                          arena_[next].generation.load(relaxed)};  // relaxed: fixed while inside
      }
      node.lanes.links[lane].store(next, relaxed);  // relaxed: whoever follows it looks at the key
    }
    at = next;
  }
}

/// `value` is the leaf's; answers that for who moves at the base. recheck: nodes may have been recycled since the
/// descent.
template <class Game>
template <bool shared, bool recheck>
std::uint64_t Tree<Game>::back_up(const Ticket<Game>& ticket, std::uint64_t value) noexcept {
  for (std::uint32_t i = ticket.depth; i-- > ticket.base;) {
    const auto& step = ticket.path[i];
    Node& node = arena_[step.at.node];
    value = flipped(value);
    if constexpr (recheck) {
      if (node.generation.load(relaxed) != step.at.generation)
        continue;  // relaxed: fixed while inside
    }
    add<shared>(node.lanes.values[step.lane], value);
  }
  return value;
}

/// The sum of simulations that took a step together goes to it, and visits of those that were sent and did not run are
/// taken back.
template <class Game>
template <bool shared>
void Tree<Game>::back_up_together(const typename Ticket<Game>::Step& step, std::uint32_t sent,
                                  const Sum& sum) noexcept {
  Node& node = arena_[step.at.node];
  if (node.generation.load(relaxed) != step.at.generation) return;  // relaxed: fixed while inside
  add<shared>(node.lanes.values[step.lane], sum.value);
  if (sum.done == sent) return;
  const std::uint32_t missing = sent - sum.done;
  add<shared>(node.lanes.visits[step.lane], ~missing + 1);
  if constexpr (!shared) add<false>(node.total, ~missing + 1);
}

/// The leaf's outcome is known; so may those above be.
template <class Game>
void Tree<Game>::prove(const Ticket<Game>& ticket, Proof proof) noexcept {
  for (std::uint32_t i = ticket.depth; i-- > 0;) {
    const auto& step = ticket.path[i];
    Node& node = arena_[step.at.node];
    proof = flipped(proof);
    if (node.generation.load(relaxed) != step.at.generation) return;  // relaxed: fixed while inside
    if (proof != Proof::win) {
      const std::uint64_t bit = std::uint64_t{1} << step.lane;
      if (proof == Proof::loss)
        node.lanes.priors[step.lane].store(closed_prior, relaxed);  // relaxed: a hint
      // (7) release pairs with (8): a draw is seen by whoever closes the last move
      if (proof == Proof::draw) node.drawn.fetch_or(bit, release);
      // (8) acq_rel pairs with (7), (8): draws that were found before the other moves closed
      if ((node.open.fetch_and(~bit, acq_rel) & ~bit) != 0) return;
      proof = node.drawn.load(relaxed) != 0 ? Proof::draw : Proof::loss;  // relaxed: seen by (8)
    }
    const auto word = static_cast<std::uint8_t>(static_cast<std::uint32_t>(proof) | step.lane << 2);
    node.proof.store(word, relaxed);  // relaxed: stands alone
  }
}

template <class Game>
Selected Tree<Game>::select(Ticket<Game>& ticket, std::uint32_t worker) noexcept {
  const bool shared = options_.workers > 1;
  if (shared && !enter(worker)) return Selected::busy;
  ticket.base = 0;
  const Selected selected =
      shared ? descend<true>(at_root(), ticket, worker) : descend<false>(at_root(), ticket, worker);
  if (selected == Selected::evaluate) add<false>(workers_[worker].out, 1U);
  if (shared) leave(worker);
  return selected;
}

template <class Game>
void Tree<Game>::finish(Ticket<Game>& ticket, float value, std::span<const float> priors,
                        std::uint32_t worker) noexcept {
  const bool shared = options_.workers > 1;
  while (shared && !enter(worker)) cpu_relax();
  if (shared) {
    back_up<true, true>(ticket, fixed(value));
  } else {
    back_up<false, true>(ticket, fixed(value));
  }
  if (!priors.empty()) {
    const auto& step = ticket.path[ticket.depth - 1];
    Node& parent = arena_[step.at.node];
    const bool there =
        parent.generation.load(relaxed) == step.at.generation;  // relaxed: fixed while inside
    const std::uint64_t key = Game::key(ticket.state);
    std::uint32_t at = Arena::none;
    if (there) at = parent.lanes.links[step.lane].load(relaxed);  // relaxed: holds() decides
    if (at == Arena::none || !arena_.holds(at, key)) at = arena_.find(key);
    if (at == Arena::none && there && ticket.depth < Game::plies_max) {
      at = shared ? grow<true>(ticket.state, key, worker) : grow<false>(ticket.state, key, worker);
    }
    if (at != Arena::none) {
      write_priors(arena_[at], priors, false);
      // A parent that grow() has just recycled may get a link that is no child's: links hold only where keys agree.
      if (there)
        parent.lanes.links[step.lane].store(
            at, relaxed);  // relaxed: whoever follows it looks at the key
    }
  }
  add<false>(workers_[worker].out, ~0U);
  if (shared) leave(worker);
}

template <class Game>
void Tree<Game>::abandon(Ticket<Game>& ticket, std::uint32_t worker) noexcept {
  const bool shared = options_.workers > 1;
  while (shared && !enter(worker)) cpu_relax();
  for (std::uint32_t i = 0; i < ticket.depth; ++i) {
    const auto& step = ticket.path[i];
    Node& node = arena_[step.at.node];
    if (node.generation.load(relaxed) != step.at.generation)
      continue;  // relaxed: fixed while inside
    if (shared) {
      add<true>(node.lanes.visits[step.lane], ~0U);
    } else {
      add<false>(node.lanes.visits[step.lane], ~0U);
      add<false>(node.total, ~0U);
    }
  }
  add<false>(workers_[worker].out, ~0U);
  if (shared) leave(worker);
}

template <class Game>
bool Tree<Game>::late_priors(NodeRef ref, std::span<const float> priors,
                             std::uint32_t worker) noexcept {
  if (ref.node == Arena::none) return false;
  const bool shared = options_.workers > 1;
  while (shared && !enter(worker)) cpu_relax();
  Node& node = arena_[ref.node];
  const bool there =
      node.generation.load(relaxed) == ref.generation;  // relaxed: fixed while inside
  if (there) write_priors(node, priors, ref.node == root_);
  if (shared) leave(worker);
  return there;
}

}  // namespace weir::search::games

#include <weir/search/tree_run.hpp>
