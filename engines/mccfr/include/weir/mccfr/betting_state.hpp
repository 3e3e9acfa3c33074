// betting_state.hpp: BettingState, one hand being bet: who acts, what he may do, what it comes to.
//
//   BettingState state(rules);
//   while (!state.over()) state.apply(choose(state.player(), state.legal()));
//   const Settlement result = state.settle(ranks);
//
// Shape: a value of 128 bytes that points to its rules; copies are how trees and searches branch.
//        Totals ("raise to 300") are all that a player has put in this hand, antes included.
// Roles: a value: one thread at a time; the rules must be valid and outlive it.
// Errors: refusal() says why an action is not legal; apply() takes legal ones alone.
// Memory: none is allocated.
#pragma once

#include <array>
#include <cstdint>
#include <span>
#include <weir/mccfr/betting_rules.hpp>

namespace weir::mccfr {

/// What the player to act may do. Checking or calling is always legal.
struct LegalActions {
  bool fold = false;    // only when there is something to call
  bool raise = false;   // a bet or raise to any total of [raise_min, raise_max]
  Chips call = 0;       // chips that calling takes; 0: a check
  Chips raise_min = 0;  // below the least raise only when it is all-in; fixed limit: = raise_max
  Chips raise_max = 0;  // no limit: all-in
};

/// How a hand ended.
struct Settlement {
  std::array<double, players_max> net{};  // won or lost since the hand began
  double rake = 0;                        // the nets sum to minus this
};

class BettingState {
 public:
  /// Antes and blinds are posted, as far as the stacks go.
  explicit BettingState(const BettingRules& rules) noexcept;

  const BettingRules& rules() const noexcept { return *rules_; }
  bool over() const noexcept { return kind_ != NodeKind::decision; }
  NodeKind kind() const noexcept { return kind_; }
  int player() const noexcept { return player_; }
  int round() const noexcept { return round_; }
  /// Bets and raises of this round, blinds are none; 255 stands for more.
  int raises() const noexcept { return raises_; }
  /// The seat that bet or raised last in the round before this one; -1: nobody.
  int initiative() const noexcept { return initiative_; }
  Chips put(int player) const noexcept { return put_[at(player)]; }
  Chips behind(int player) const noexcept { return rules_->stacks[at(player)] - put_[at(player)]; }
  /// What a player has put in besides his ante.
  Chips bet(int player) const noexcept { return put_[at(player)] - ante_[at(player)]; }
  /// The bet that all have to match, since the hand began and without antes.
  Chips level() const noexcept { return level_; }
  /// level() when this round began: 0 before the first.
  Chips round_level() const noexcept { return round_level_; }
  Chips pot() const noexcept;
  bool folded(int player) const noexcept { return (folded_ >> player & 1u) != 0; }
  std::uint8_t folded_seats() const noexcept { return folded_; }
  /// Chips that the player to act lacks to the level, at most what he has.
  Chips to_call() const noexcept;

  LegalActions legal() const noexcept;
  /// Null: the action is legal now. Else a sentence.
  const char* refusal(const BetAction& action) const noexcept;
  /// The action must be legal (WEIR_ASSERT). A fixed-limit `r` needs no total.
  void apply(const BetAction& action) noexcept;

  /// The result of a hand that is over. `ranks`: one a seat, higher is better, those who folded do
  /// not matter; after a fold it may be empty.
  Settlement settle(std::span<const std::uint32_t> ranks) const noexcept;

 private:
  static std::size_t at(int player) noexcept { return static_cast<std::size_t>(player); }
  std::uint8_t playing() const noexcept;  // seats that have not folded
  std::uint8_t able() const noexcept;     // of those, seats with chips behind
  bool may_raise() const noexcept;
  void raise_to(Chips total) noexcept;
  void count_raise() noexcept;
  void begin_round(int round) noexcept;
  void move_on(int from) noexcept;

  const BettingRules* rules_;
  std::array<Chips, players_max> put_{};
  std::array<Chips, players_max> ante_{};   // posted
  std::array<Chips, players_max> faced_{};  // the level when a seat acted last in this round
  Chips level_ = 0;
  Chips round_level_ = 0;
  Chips full_level_ =
      0;  // the level that full bets and raises made: short all-ins are no part of it
  Chips last_raise_ = 0;   // the size of the last full bet or raise, the least for the next
  Chips least_total_ = 0;  // acpc: the least level of the next raise
  std::uint8_t folded_ = 0;
  std::uint8_t acted_ = 0;    // in this round
  std::uint8_t pending_ = 0;  // seats that still have to act in this round
  std::uint8_t raises_ = 0;
  std::int8_t raiser_ = -1;  // in this round
  std::int8_t initiative_ = -1;
  std::int8_t player_ = 0;
  std::uint8_t round_ = 0;
  NodeKind kind_ = NodeKind::decision;
};
static_assert(sizeof(BettingState) <= 128);

}  // namespace weir::mccfr
