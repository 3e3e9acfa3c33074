// known_player.hpp: KnownPlayer, what a player of known strategy does with each of the 1,326 hands, and so how likely
// each of them is once it has acted.
//
//   weights()   [hand]  how often it would have played as it has, holding that hand
//   choices()   its actions now, each with the weights after it: they add up to those before
//
// What others bet that its tree does not have it reads by chance (agent.hpp). That chance is no secret but its outcome
// is, so all outcomes are kept, each at its place in the tree with its own weights; places that meet are one again.
//
// Roles:  one thread at a time; what it reads is const, and outlives it.
// Memory: 5 KiB for each place in the tree, one where all bets are in the tree.
// Cost:   a deal 0.15 ms (the bucket of each hand), choices() 10 us a place.
#pragma once

#include <memory>
#include <span>
#include <string_view>
#include <vector>
#include <weir/mccfr/agent.hpp>
#include <weir/mccfr/betting_state.hpp>
#include <weir/mccfr/hand_strength.hpp>
#include <weir/mccfr/holdem_game.hpp>
#include <weir/mccfr/range.hpp>
#include <weir/mccfr/table.hpp>

namespace weir::mccfr {

/// An action, and the weights of its player's hands after it.
struct KnownChoice {
  BetAction action;
  Range weights{};
};

class TreePosition;

class KnownPlayer {
 public:
  KnownPlayer() = default;
  virtual ~KnownPlayer() = default;
  virtual std::unique_ptr<KnownPlayer> copy() const = 0;
  /// A copy for value functions, which may answer otherwise where the player himself takes long to think.
  virtual std::unique_ptr<KnownPlayer> guess() const { return copy(); }

  /// A hand begins: all weights are 1.
  virtual void begin(int seat) = 0;
  /// The board is 3, 4 or 5 cards now: hands that share one weigh nothing any more.
  virtual void deal(std::span<const Card> board) = 0;
  /// The other player's action, before `state` takes it.
  virtual void saw(const BettingState& state, const BetAction& action) = 0;
  /// What it may do now that it is its turn, no action twice.
  virtual void choices(const BettingState& state, std::vector<KnownChoice>& list) = 0;
  /// Its own action, before `state` takes it. One that it never takes leaves no weight.
  virtual void did(const BettingState& state, const BetAction& action) = 0;
  virtual void weights(Range& sum) const = 0;
  /// The likeliest of its places in its tree, valid until it is told more; null: it has no tree.
  virtual const TreePosition* place() const { return nullptr; }

 protected:
  KnownPlayer(const KnownPlayer&) = default;
  KnownPlayer& operator=(const KnownPlayer&) = default;
};

/// Of make_baseline(); null for other names.
std::unique_ptr<KnownPlayer> make_known_baseline(std::string_view name,
                                                 const HandStrengths& strengths);
/// Of make_blueprint(). With `tremble` above 0, what somebody thinks of a player who is not quite that: so often its
/// actions are taken at random, and what its tree does not have is read as others' bets are.
std::unique_ptr<KnownPlayer> make_known_blueprint(const HoldemGame& game, const TableShape& shape,
                                                  const NarrowEntries::Sum* sums,
                                                  double tremble = 0);

/// An agent that draws its actions from what is known of it.
std::unique_ptr<Agent> make_known_agent(std::unique_ptr<KnownPlayer> known);

}  // namespace weir::mccfr
