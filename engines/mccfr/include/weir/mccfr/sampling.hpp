// sampling.hpp: the traversals of Monte Carlo counterfactual regret minimisation: external, outcome, chance sampling.
//
// A traversal belongs to one player. It adds to the regrets of that player's rows and to the average strategy of the
// opponent's (external and outcome sampling) or of its own (chance sampling). What is added goes through `Updates`, so
// that the same traversal changes a shared table at once, or collects what an epoch will add.
//
//   external   all actions of the player, one drawn action of the opponent
//   outcome    one action everywhere; the player's with probability `exploration` uniform. Regrets are divided by the
//              probability with which the player's own actions were drawn
//   chance     all actions of both; only cards are drawn
//
// Roles:  one thread an object; the table may be changed by others meanwhile.
// Memory: none of its own but the stack: about 200 bytes a level.
// Source: Lanctot, Waugh, Zinkevich, Bowling, "Monte Carlo sampling for regret minimization in extensive games", NIPS
//         2009; pruning: Brown, Sandholm, "Superhuman AI for multiplayer poker", Science 365 (2019).
#pragma once

#include <algorithm>
#include <cstdint>
#include <weir/atomic.hpp>
#include <weir/mccfr/baselines.hpp>
#include <weir/mccfr/deal.hpp>
#include <weir/mccfr/strategy.hpp>

namespace weir::mccfr {

/// A single change of a regret in a narrow table is at most so many units: 256 threads can add at once, and nothing
/// wraps. Outcome sampling meets it, and what baselines correct, in the rarest of their draws.
inline constexpr float narrow_change_max = 0x1p22F;

struct SamplingRules {
  double units = 0;          // of one chip in regrets; 0: as the table has them
  double exploration = 0.6;  // outcome sampling
  bool pruning = false;
  double prune_below = -3e8;  // chips; actions with less regret are skipped in most iterations
  double prune_probability = 0.95;  // of an iteration to prune
};

/// Draws an action with these probabilities.
struct RandomDraws {
  template <class Real>
  std::uint32_t draw(const Real* probabilities, int actions, Random& random) const noexcept {
    return static_cast<std::uint32_t>(draw_action(probabilities, actions, random.unit()));
  }
};

/// Updates: regrets(row, n, changes), strategy(row, n, strategy, weight, random) and prefetch(row, round) of a row
/// whose strategy comes; see updates.hpp. Baselines: see baselines.hpp; external and outcome sampling use them. Draws:
/// as RandomDraws.
template <class Entries, class Updates, class Baselines = NoBaselines, class Draws = RandomDraws>
class Traversal {
 public:
  using Regret = typename Entries::Regret;
  using Real = typename Entries::Real;

  Traversal(const BettingTree& tree, RegretView<Entries> regrets, Updates& updates,
            const SamplingRules& rules, Baselines baselines = {}, Draws draws = {}) noexcept
      : nodes_(tree.nodes.data()),
        ends_(tree.ends.data()),
        regrets_(regrets),
        others_(regrets),
        updates_(updates),
        rules_(rules),
        baselines_(baselines),
        draws_(draws),
        units_(rules.units > 0 ? static_cast<Real>(rules.units) : Entries::units),
        last_round_(static_cast<std::uint8_t>(tree.rounds - 1)) {}

  /// Where the opponent's regrets are read from then on: a copy of them may be behind.
  void read_others(RegretView<Entries> regrets) noexcept { others_ = regrets; }

  /// One traversal for `player`; the estimate of its value, chips.
  Real external(const Deal& deal, int player, Random random) noexcept {
    begin(deal, player, random);
    prune_ = rules_.pruning && random_.unit() < static_cast<float>(rules_.prune_probability);
    return walk_external(0);
  }
  Real outcome(const Deal& deal, int player, Random random) noexcept {
    begin(deal, player, random);
    return walk_outcome(0, 1);
  }
  Real chance(const Deal& deal, int player, Random random) noexcept {
    begin(deal, player, random);
    return walk_chance(0, 1, 1);
  }

  /// States entered: decisions, chance, ends.
  std::uint64_t nodes() const noexcept { return visited_; }

 private:
  void begin(const Deal& deal, int player, Random random) noexcept {
    deal_ = &deal;
    player_ = static_cast<std::uint8_t>(player);
    random_ = random;
  }
  std::uint32_t row_of(const BettingNode& node) const noexcept {
    return deal_->region[node.round][node.player] + node.row;
  }
  const RegretView<Entries>& view_of(const BettingNode& node) const noexcept {
    return node.player == player_ ? regrets_ : others_;
  }
  Real end_value(const BettingNode& node) const noexcept {
    return static_cast<Real>(ends_[node.first].value[player_][deal_->outcome]);
  }
  /// What a walk on from there reads first.
  void fetch(const BettingNode& node) const noexcept {
    if (node.kind != NodeKind::decision) return prefetch_to_read(ends_ + node.first);
    const std::uint32_t row = row_of(node);
    prefetch_to_read(nodes_ + node.first);
    if (node.player == player_) return regrets_.prefetch(row, node.round);
    others_.prefetch(row, node.round);
    updates_.prefetch(row, node.round);
  }
  void fetch_children(const BettingNode& node) const noexcept {
    for (std::uint32_t a = 0; a < node.actions; ++a) fetch(nodes_[node.first + a]);
  }
  void update_row(std::uint32_t row, const Real* values, Real mean, Real weight,
                  std::uint32_t actions, std::uint32_t skipped) noexcept {
    Fractions<Real> fractions(random_);
    Regret changes[actions_max];
    for (std::uint32_t a = 0; a < actions; ++a) {
      Real change = (values[a] - mean) * weight * units_;
      if constexpr (sizeof(Regret) == 4)
        change = std::clamp(change, -narrow_change_max, narrow_change_max);
      changes[a] = (skipped >> a & 1) != 0 ? 0 : round_unbiased<Regret>(change, fractions.next());
    }
    updates_.regrets(row, static_cast<int>(actions), changes);
  }

  /// Adds the opponent's strategy to its average. A row is averaged on every walk that comes there, and learns only
  /// when its owner's opponent draws the way to it: where he hardly does, what was played before anything was learnt
  /// would be most of the average.
  void average(const BettingNode& node, std::uint32_t row, Real positive, const Real* strategy,
               Real weight) noexcept {
    if (positive > 0 || learnt(node, row))
      updates_.strategy(row, node.actions, strategy, weight, random_);
  }
  bool learnt(const BettingNode& node, std::uint32_t row) const noexcept {
    for (std::uint32_t a = 0; a < node.actions; ++a)
      if (others_.value(row + a, node.round) != 0) return true;
    return false;
  }

  /// The row's baselines as values for the traversing player: `sign` is -1 at the opponent's nodes.
  void fetch_baselines(std::uint32_t row, int actions, Real sign, Real* baselines) const noexcept {
    if constexpr (Baselines::on)
      for (int a = 0; a < actions; ++a)
        baselines[a] = sign * static_cast<Real>(baselines_.of(row + static_cast<std::uint32_t>(a)));
  }
  void learn_baseline(std::uint32_t entry, Real value) noexcept {
    if constexpr (Baselines::on) baselines_.learn(entry, static_cast<float>(value));
  }

  /// One of the opponent's actions, drawn from its strategy; the value of the node.
  template <class Walk>
  Real walk_drawn(const BettingNode& node, std::uint32_t row, const Real* strategy,
                  Walk&& walk) noexcept {
    const std::uint32_t taken = draws_.draw(strategy, node.actions, random_);
    if constexpr (!Baselines::on) {
      return walk(node.first + taken);
    } else {
      Real baselines[actions_max], values[actions_max];
      fetch_baselines(row, node.actions, Real{-1}, baselines);
      const Real value = walk(node.first + taken);
      learn_baseline(row + taken, -value);
      return correct_values(strategy, baselines, node.actions, taken, strategy[taken], value,
                            values);
    }
  }

  /// One step by the opponent, if it is his: where it leads.
  std::uint32_t step_external(std::uint32_t at) noexcept {
    const BettingNode& node = nodes_[at];
    if (node.kind != NodeKind::decision || node.player == player_) return at;
    visited_ += 1U + node.deals;
    const std::uint32_t row = row_of(node);
    Real strategy[actions_max];
    average(node, row, others_.match(row, node.round, node.actions, strategy), strategy, Real{1});
    const std::uint32_t next = node.first + draws_.draw(strategy, node.actions, random_);
    fetch(nodes_[next]);
    return next;
  }

  /// Below an action nothing is drawn that another's depends on. So the opponent answers all actions before any is
  /// walked further: rows that are far away are waited for together. (Baselines correct what was drawn as its value
  /// comes back: there the opponent's nodes are walked one by one.)
  Real walk_external(std::uint32_t at) noexcept {
    if constexpr (!Baselines::on)
      for (std::uint32_t next; (next = step_external(at)) != at;) at = next;
    const BettingNode& node = nodes_[at];
    visited_ += 1U + node.deals;
    if (node.kind != NodeKind::decision) return end_value(node);
    const std::uint32_t row = row_of(node);
    Real strategy[actions_max];
    if constexpr (Baselines::on) {
      if (node.player != player_) {
        average(node, row, others_.match(row, node.round, node.actions, strategy), strategy,
                Real{1});
        return walk_drawn(node, row, strategy,
                          [&](std::uint32_t child) { return walk_external(child); });
      }
    }
    fetch_children(node);
    const Real positive = regrets_.match(row, node.round, node.actions, strategy);
    const std::uint32_t skipped = prune_ && positive > 0 ? hopeless(node, row) : 0;
    std::uint32_t next[actions_max];
    for (std::uint32_t a = 0; a < node.actions; ++a) {
      next[a] = node.first + a;
      if constexpr (!Baselines::on)
        if ((skipped >> a & 1) == 0) next[a] = step_external(next[a]);
    }
    Real values[actions_max];
    Real mean = 0;
    for (std::uint32_t a = 0; a < node.actions; ++a) {
      values[a] = 0;
      if ((skipped >> a & 1) != 0) continue;
      const BettingNode& below = nodes_[next[a]];
      if (below.kind == NodeKind::decision) {
        values[a] = walk_external(next[a]);
      } else {
        visited_ += 1U + below.deals;
        values[a] = end_value(below);
      }
      mean += strategy[a] * values[a];
    }
    update_row(row, values, mean, Real{1}, node.actions, skipped);
    return mean;
  }

  /// Actions that are left out: far below zero (so that the strategy never takes them: some other has a positive
  /// regret), not in the last round, and not those that end the hand.
  std::uint32_t hopeless(const BettingNode& node, std::uint32_t row) const noexcept {
    if (node.round == last_round_) return 0;
    std::uint32_t skipped = 0;
    const auto below = static_cast<Real>(rules_.prune_below) * units_;
    for (std::uint32_t a = 0; a < node.actions; ++a) {
      const bool ends = nodes_[node.first + a].kind != NodeKind::decision;
      if (!ends && static_cast<Real>(regrets_.value(row + a, node.round)) < below)
        skipped |= 1U << a;
    }
    return skipped;
  }

  /// `drawn`: the probability with which this player's actions so far were drawn. The value is an unbiased estimate of
  /// what the state is worth.
  Real walk_outcome(std::uint32_t at, Real drawn) noexcept {
    const BettingNode& node = nodes_[at];
    visited_ += 1U + node.deals;
    if (node.kind != NodeKind::decision) return end_value(node);
    const std::uint32_t row = row_of(node);
    Real strategy[actions_max];
    const Real positive = view_of(node).match(row, node.round, node.actions, strategy);
    if (node.player != player_) {
      // The opponent's actions are drawn from its strategy, so its reach over that of this state is 1 / drawn.
      average(node, row, positive, strategy, 1 / drawn);
      return walk_drawn(node, row, strategy,
                        [&](std::uint32_t child) { return walk_outcome(child, drawn); });
    }
    const auto explore = static_cast<Real>(rules_.exploration);
    Real draws[actions_max];
    for (int a = 0; a < node.actions; ++a)
      draws[a] = (1 - explore) * strategy[a] + explore / static_cast<Real>(node.actions);
    const std::uint32_t taken = draws_.draw(draws, node.actions, random_);
    Real baselines[actions_max] = {};
    fetch_baselines(row, node.actions, Real{1}, baselines);
    const Real value = walk_outcome(node.first + taken, drawn * draws[taken]);
    Real values[actions_max];
    const Real mean =
        correct_values(strategy, baselines, node.actions, taken, draws[taken], value, values);
    learn_baseline(row + taken, value);
    update_row(row, values, mean, 1 / drawn, node.actions, 0);
    return mean;
  }

  /// `own` and `other`: the two players' reach.
  Real walk_chance(std::uint32_t at, Real own, Real other) noexcept {
    const BettingNode& node = nodes_[at];
    visited_ += 1U + node.deals;
    if (node.kind != NodeKind::decision) return end_value(node);
    const std::uint32_t row = row_of(node);
    Real strategy[actions_max];
    fetch_children(node);
    view_of(node).match(row, node.round, node.actions, strategy);
    Real mean = 0;
    if (node.player != player_) {
      // Also below what the opponent never does: the player's average strategy counts there.
      for (std::uint32_t a = 0; a < node.actions; ++a)
        mean += strategy[a] * walk_chance(node.first + a, own, other * strategy[a]);
      return mean;
    }
    updates_.strategy(row, node.actions, strategy, own, random_);
    Real values[actions_max];
    for (std::uint32_t a = 0; a < node.actions; ++a) {
      values[a] = walk_chance(node.first + a, own * strategy[a], other);
      mean += strategy[a] * values[a];
    }
    update_row(row, values, mean, other, node.actions, 0);
    return mean;
  }

  const BettingNode* nodes_;
  const End* ends_;
  RegretView<Entries> regrets_, others_;  // of the player; of the opponent
  Updates& updates_;
  const SamplingRules& rules_;
  [[no_unique_address]] Baselines baselines_;
  [[no_unique_address]] Draws draws_;
  Real units_;
  const Deal* deal_ = nullptr;
  Random random_{0};
  std::uint64_t visited_ = 0;
  std::uint8_t player_ = 0;
  std::uint8_t last_round_;
  bool prune_ = false;
};

}  // namespace weir::mccfr
