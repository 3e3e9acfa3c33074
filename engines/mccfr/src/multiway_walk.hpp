// multiway_walk.hpp: the traversals of sampling.hpp for any number of players, over rows that come with the first
// visit; private.
//
// Values are those of the rules' settlement, side pots and rake with it: nothing says that they sum to zero. Averages
// are not kept on others' turns, as two players may do it: with more, how often a row is met there depends on what all
// the others did in that iteration, and the mean over iterations would be weighed by that. Instead:
//
//   average    the player's own actions are drawn from his strategy, all others' by numbers that never change (a fold
//              1, a call 3, bets 2 together): a row is met as often as its player comes there by himself, times a
//              constant of the row. So its mean is the average strategy, for any number of players, since the row
//              was first learnt
//   chance     weighs by the player's own reach, and needs no such walk
//
// Hands that are all-in before the river are worth their mean over several boards: all_in_value.hpp.
// What has no room in the table is played uniformly from there on, and nothing is learnt of it.
//
// Roles:  one thread an object. Memory: up to 3 KiB of stack a level, multiway_depth_max and some levels.
// Source: Brown, Sandholm, "Superhuman AI for multiplayer poker", Science 365 (2019), whose walk for averages follows
//         all actions of the others, before the flop; see also sampling.hpp.
#pragma once

#include <algorithm>
#include <array>
#include <optional>
#include <span>
#include <weir/mccfr/lazy_table.hpp>
#include <weir/mccfr/multiway_game.hpp>
#include <weir/mccfr/sampling.hpp>
#include <weir/mccfr/trainer.hpp>
#include <weir/mccfr/updates.hpp>

#include "all_in_value.hpp"

namespace weir::mccfr {

/// Changes at once, by all threads.
template <Sharing sharing>
class LazySharedUpdates {
 public:
  explicit LazySharedUpdates(LazyTable& table) noexcept : table_(table) {}

  void regret(std::uint32_t row, int action, std::int32_t change) noexcept {
    constexpr std::int32_t most = NarrowEntries::regret_max;
    std::int32_t& entry = table_.regrets(row)[action];
    const std::int32_t old = load_entry(entry);
    if (change > 0 ? old > most : old < -most) return;
    add_shared<sharing>(entry, old, change);
  }
  void sum(std::uint32_t row, int actions, int action, std::uint32_t change) noexcept {
    std::uint32_t& entry = table_.sums(row, actions)[action];
    const std::uint32_t old = load_entry(entry);
    add_shared<sharing>(entry, old, change);
    if (old > std::numeric_limits<std::uint32_t>::max() / 2)
      halve_shared(table_.sums(row, actions), actions);
  }

 private:
  LazyTable& table_;
};

/// Changes as they come, kept for the end of a half: the entry is a word of the table.
class LazyLogUpdates {
 public:
  explicit LazyLogUpdates(LogBatch& batch) noexcept : batch_(batch) {}

  void regret(std::uint32_t row, int action, std::int32_t change) {
    batch_.regret(row + LazyTable::key_words + static_cast<std::uint32_t>(action), change);
  }
  void sum(std::uint32_t row, int actions, int action, std::uint32_t change) {
    batch_.sum(row + LazyTable::key_words + static_cast<std::uint32_t>(actions + action),
               static_cast<std::int32_t>(change));
  }

 private:
  LogBatch& batch_;
};

template <class Updates>
class MultiwayWalk {
 public:
  MultiwayWalk(const MultiwayGame& game, LazyTable& table, Updates& updates,
               const TrainRules& rules, std::size_t thread)
      : game_(game),
        table_(table),
        updates_(updates),
        rules_(rules.sampling),
        average_rounds_(rules.average_rounds),
        units_(static_cast<float>(rules_.units)),
        thread_(thread),
        root_(game.rules()) {}

  /// One traversal for `player`; the estimate of its value, chips.
  float external(MultiwayDeal& deal, int player, Random random) {
    begin(deal, player, random);
    prune_ = rules_.pruning && random_.unit() < static_cast<float>(rules_.prune_probability);
    Branch root{Place{root_, 0, 0}};
    go_on({&root, 1});
    return walk_external(root);
  }
  float outcome(MultiwayDeal& deal, int player, Random random) {
    begin(deal, player, random);
    return walk_outcome({root_, 0, 0}, 1);
  }
  float chance(MultiwayDeal& deal, int player, Random random) {
    begin(deal, player, random);
    return walk_chance({root_, 0, 0}, 1, 1);
  }
  /// Adds to the averages of rows that `player` comes to.
  void average(MultiwayDeal& deal, int player, Random random) {
    begin(deal, player, random);
    Place place{root_, 0, 0};
    while (!ended(place.state) && summed(place.state)) {
      ++visited_;
      const Menu menu = menu_of(place);
      if (menu.first == 0) return;
      float draws[actions_max];
      if (place.state.player() == player_) {
        const std::uint32_t row = find(place);
        current(row, menu.count, draws);
        if (row != 0 && learnt(row, menu.count)) add_sums(row, menu.count, draws, 1);
      } else {
        outside_draws(menu, draws);
      }
      place = child(place, menu, draw_action(draws, menu.count, random_.unit()));
    }
  }
  /// States entered.
  std::uint64_t nodes() const noexcept { return visited_; }

 private:
  struct Place {
    BettingState state;
    std::uint32_t node;
    int depth;
  };
  /// The actions of a node: children of the table, from `first` on. 0: there is no room for them.
  struct Menu {
    std::uint32_t first;
    int count;
  };

  void begin(MultiwayDeal& deal, int player, Random random) noexcept {
    deal_ = &deal;
    player_ = player;
    random_ = random;
  }
  std::uint32_t bucket(const BettingState& state) const noexcept {
    return deal_->bucket(state.round(), state.player());
  }
  bool summed(const BettingState& state) const noexcept { return state.round() < average_rounds_; }
  Menu menu_of(const Place& place) noexcept {
    std::uint32_t first = table_.children(place.node);
    if (first == 0) {
      std::array<BetAction, actions_max> list;
      const int count = game_.actions(place.state, place.depth, list);
      first = table_.expand(place.node, std::span(list).first(static_cast<std::size_t>(count)),
                            thread_);
      if (first == 0) return {0, 0};
    }
    return {first, table_.actions(first)};
  }
  Place child(const Place& place, const Menu& menu, int action) const noexcept {
    Place next{place.state, menu.first + static_cast<std::uint32_t>(action), place.depth + 1};
    next.state.apply(table_.action(next.node));
    return next;
  }
  std::uint32_t find(const Place& place) const noexcept {
    return table_.find(place.node, bucket(place.state));
  }
  std::uint32_t claim(const Place& place, const Menu& menu) noexcept {
    return table_.claim(place.node, bucket(place.state), menu.count, thread_, summed(place.state));
  }
  float current(std::uint32_t row, int count, float* strategy) const noexcept {
    if (row != 0) return match_regrets<NarrowEntries>(table_.regrets(row), count, strategy);
    for (int a = 0; a < count; ++a) strategy[a] = 1 / static_cast<float>(count);
    return 0;
  }
  bool learnt(std::uint32_t row, int count) const noexcept {
    const std::int32_t* const regrets = table_.regrets(row);
    return std::any_of(regrets, regrets + count,
                       [](const std::int32_t& r) { return load_entry(r) != 0; });
  }
  /// By what others draw on a walk for averages.
  void outside_draws(const Menu& menu, float* draws) const noexcept {
    constexpr float fold = 1, call = 3, bets = 2;
    int raises = 0;
    for (int a = 0; a < menu.count; ++a) raises += letter(menu, a) == 'r' ? 1 : 0;
    float total = 0;
    for (int a = 0; a < menu.count; ++a) {
      draws[a] = letter(menu, a) == 'f'   ? fold
                 : letter(menu, a) == 'c' ? call
                                          : bets / static_cast<float>(raises);
      total += draws[a];
    }
    for (int a = 0; a < menu.count; ++a) draws[a] /= total;
  }
  char letter(const Menu& menu, int action) const noexcept {
    return table_.action(menu.first + static_cast<std::uint32_t>(action)).letter;
  }
  /// For the player: how others go on after his fold is nothing to him.
  bool ended(const BettingState& state) const noexcept {
    return state.over() || state.folded(player_);
  }
  float end_value(const BettingState& state) noexcept {
    if (state.folded(player_)) return -static_cast<float>(state.put(player_));
    const bool shown = state.kind() == NodeKind::showdown;
    if (shown && game_.cards() != nullptr && state.round() + 1 < game_.rules().rounds)
      return all_in(state);
    const Settlement end = shown ? state.settle(deal_->ranks()) : state.settle({});
    return static_cast<float>(end.net[static_cast<std::size_t>(player_)]);
  }
  float all_in(const BettingState& state) noexcept {
    const int players = game_.rules().players;
    std::array<Hand, players_max> hands{};
    for (int p = 0; p < players; ++p) hands[static_cast<std::size_t>(p)] = deal_->hand(p);
    return static_cast<float>(
        all_in_value(state, player_, std::span(hands).first(static_cast<std::size_t>(players)),
                     deal_->board(), deal_->ranks(), random_));
  }
  /// Where there is no room: a hand that all play on uniformly.
  float played_out(BettingState state, int depth) noexcept {
    std::array<BetAction, actions_max> list;
    for (; !ended(state); ++depth) {
      ++visited_;
      const auto count = static_cast<std::uint32_t>(game_.actions(state, depth, list));
      state.apply(list[random_.below(count)]);
    }
    return end_value(state);
  }
  void update_row(std::uint32_t row, const float* values, float mean, float weight, int actions,
                  std::uint32_t skipped) {
    Fractions<float> fractions(random_);
    for (int a = 0; a < actions; ++a) {
      if ((skipped >> a & 1) != 0) continue;
      const float change =
          std::clamp((values[a] - mean) * weight * units_, -narrow_change_max, narrow_change_max);
      updates_.regret(row, a, round_unbiased<std::int32_t>(change, fractions.next()));
    }
  }
  void add_sums(std::uint32_t row, int actions, const float* strategy, float weight) {
    Fractions<float> fractions(random_);
    for (int a = 0; a < actions; ++a) {
      const auto change = sum_change<NarrowEntries>(strategy[a] * weight, fractions);
      if (change != 0) updates_.sum(row, actions, a, static_cast<std::uint32_t>(change));
    }
  }

  /// One of the player's actions, and what others drew after it.
  struct Branch {
    std::optional<Place> place;  // where the player acts next; none: the branch has its value
    float value = 0;
  };

  /// Enters a branch's place. False: it has its value, or the player is to act.
  bool enter(Branch& branch) {
    ++visited_;
    const Place& place = *branch.place;
    if (ended(place.state)) {
      branch.value = end_value(place.state);
      branch.place.reset();
      return false;
    }
    table_.prefetch_slot(place.node, bucket(place.state));
    return place.state.player() != player_;
  }
  /// Another draws an action.
  bool draw_on(Branch& branch) {
    const Place& place = *branch.place;
    const Menu menu = menu_of(place);
    if (menu.first == 0) {
      branch.value = played_out(place.state, place.depth);
      branch.place.reset();
      return false;
    }
    float strategy[actions_max];
    current(find(place), menu.count, strategy);
    branch.place = child(place, menu, draw_action(strategy, menu.count, random_.unit()));
    return enter(branch);
  }
  /// Branches go on side by side to where the player acts: rows that are far away are waited for together.
  void go_on(std::span<Branch> branches) {
    std::array<Branch*, actions_max> going;
    std::size_t left = 0;
    for (Branch& branch : branches)
      if (branch.place && enter(branch)) going[left++] = &branch;
    while (left > 0) {
      for (std::size_t k = 0; k < left; ++k)
        table_.prefetch_row(going[k]->place->node, bucket(going[k]->place->state));
      std::size_t still = 0;
      for (std::size_t k = 0; k < left; ++k)
        if (draw_on(*going[k])) going[still++] = going[k];
      left = still;
    }
    for (const Branch& branch : branches)
      if (branch.place) table_.prefetch_row(branch.place->node, bucket(branch.place->state));
  }

  float walk_external(const Branch& from) {
    if (!from.place) return from.value;
    const Place& place = *from.place;
    const Menu menu = menu_of(place);
    if (menu.first == 0) return played_out(place.state, place.depth);
    float strategy[actions_max];
    const std::uint32_t row = claim(place, menu);
    const float positive = current(row, menu.count, strategy);
    const bool prune = prune_ && positive > 0 && place.state.round() + 1 < game_.rules().rounds;
    const float below = static_cast<float>(rules_.prune_below) * units_;
    std::array<Branch, actions_max> branches;
    std::uint32_t skipped = 0;
    for (int a = 0; a < menu.count; ++a) {
      Place next = child(place, menu, a);
      // Never what ends the hand, and never in the last round; some other action has a positive regret.
      if (prune && !ended(next.state) &&
          static_cast<float>(load_entry(table_.regrets(row)[a])) < below) {
        skipped |= 1U << a;
        continue;
      }
      branches[static_cast<std::size_t>(a)].place = next;
    }
    go_on(std::span(branches).first(static_cast<std::size_t>(menu.count)));
    float values[actions_max];
    float mean = 0;
    for (int a = 0; a < menu.count; ++a) {
      if ((skipped >> a & 1) != 0) continue;
      values[a] = walk_external(branches[static_cast<std::size_t>(a)]);
      mean += strategy[a] * values[a];
    }
    if (row != 0) update_row(row, values, mean, 1, menu.count, skipped);
    return mean;
  }

  /// `drawn`: the probability with which this player's actions so far were drawn.
  float walk_outcome(const Place& place, float drawn) {
    ++visited_;
    if (ended(place.state)) return end_value(place.state);
    const Menu menu = menu_of(place);
    if (menu.first == 0) return played_out(place.state, place.depth);
    float strategy[actions_max];
    if (place.state.player() != player_) {
      current(find(place), menu.count, strategy);
      return walk_outcome(child(place, menu, draw_action(strategy, menu.count, random_.unit())),
                          drawn);
    }
    const std::uint32_t row = claim(place, menu);
    current(row, menu.count, strategy);
    const auto explore = static_cast<float>(rules_.exploration);
    float draws[actions_max];
    for (int a = 0; a < menu.count; ++a)
      draws[a] = (1 - explore) * strategy[a] + explore / static_cast<float>(menu.count);
    const int taken = draw_action(draws, menu.count, random_.unit());
    float values[actions_max] = {};
    values[taken] = walk_outcome(child(place, menu, taken), drawn * draws[taken]) / draws[taken];
    const float mean = strategy[taken] * values[taken];
    if (row != 0) update_row(row, values, mean, 1 / drawn, menu.count, 0);
    return mean;
  }

  /// `own`, `others`: the reach of this player, and of all the others together.
  float walk_chance(const Place& place, float own, float others) {
    ++visited_;
    if (ended(place.state)) return end_value(place.state);
    const Menu menu = menu_of(place);
    if (menu.first == 0) return played_out(place.state, place.depth);
    float strategy[actions_max];
    float mean = 0;
    if (place.state.player() != player_) {
      current(find(place), menu.count, strategy);
      // Also below what another never does: the player's average strategy counts there.
      for (int a = 0; a < menu.count; ++a)
        mean += strategy[a] * walk_chance(child(place, menu, a), own, others * strategy[a]);
      return mean;
    }
    const std::uint32_t row = claim(place, menu);
    current(row, menu.count, strategy);
    if (row != 0 && summed(place.state)) add_sums(row, menu.count, strategy, own);
    float values[actions_max];
    for (int a = 0; a < menu.count; ++a) {
      values[a] = walk_chance(child(place, menu, a), own * strategy[a], others);
      mean += strategy[a] * values[a];
    }
    if (row != 0) update_row(row, values, mean, others, menu.count, 0);
    return mean;
  }

  const MultiwayGame& game_;
  LazyTable& table_;
  Updates& updates_;
  const SamplingRules& rules_;
  int average_rounds_;  // the first ones, whose rows have sums
  float units_;
  std::size_t thread_;
  const BettingState root_;
  MultiwayDeal* deal_ = nullptr;
  Random random_{0};
  std::uint64_t visited_ = 0;
  int player_ = 0;
  bool prune_ = false;
};

}  // namespace weir::mccfr
