// play_table.hpp: PlayTable, one person and a learnt strategy at a table, hand after hand; private to the program.
//
// Shape:  seat 0 is the big blind, seat 1 the button; Kuhn and Leduc: seat 0 acts first.
// Roles:  one thread; what it reads outlives it. The same seed deals the same cards.
#pragma once

#include <array>
#include <optional>
#include <string>
#include <string_view>
#include <vector>
#include <weir/mccfr/agent.hpp>
#include <weir/mccfr/random.hpp>

#include "loaded.hpp"
#include "play_choices.hpp"
#include "table_cards.hpp"

namespace weir::mccfr {

/// An action and how often the strategy takes it.
struct WeighedAction {
  BetAction action;
  double probability = 0;
};

class PlayTable {
 public:
  /// `loaded` with its cards made. `agent`: plays in its stead; null: nobody does.
  PlayTable(const Loaded& loaded, std::uint64_t seed, std::unique_ptr<Agent> agent = nullptr);

  /// Deals hand `number`; the person sits at `seat`.
  void begin(std::uint64_t number, int seat);
  const BettingState& state() const noexcept { return state_; }
  int seat() const noexcept { return seat_; }
  bool persons_turn() const noexcept { return !state_.over() && state_.player() == seat_; }

  /// The person's action, which must be legal.
  void act(const BetAction& action);
  /// The strategy's, drawn.
  BetAction answer();
  /// What the strategy does where the hand is now, with the cards of who acts; empty where its tree has ended: there
  /// it checks and calls.
  std::vector<WeighedAction> choices() const;

  /// Chips that the person has won in a hand that is over.
  double won() const noexcept;
  std::string hole_text(int seat) const;
  /// What is dealt of the board; empty: nothing.
  std::string board_text() const;
  Chips big_blind() const noexcept { return rules_.largest_blind(); }

 private:
  void deal(std::uint64_t number);
  std::uint32_t bucket() const;
  std::size_t read(const BetAction& action);
  void take(const BetAction& action, std::size_t index);

  const Loaded& loaded_;
  BettingRules rules_;
  std::uint64_t seed_;
  BettingState state_;
  TreePosition place_;
  Random random_;
  int seat_ = 0;
  std::unique_ptr<Agent> agent_;
  TableCards cards_;                // hold'em
  std::array<int, 2> holes_{0, 1};  // Kuhn, Leduc
  int board_ = 2;
};

/// What a person typed.
enum class Typed : std::uint8_t { action, hint, help, quit, wrong };
struct TypedLine {
  Typed kind = Typed::wrong;
  BetAction action;
  std::string reason;  // wrong: why
};
/// Reads f, c, r N and their words in full; amounts are totals of this hand, or "+N" above the call.
TypedLine read_typed(const BettingState& state, std::string_view text);
/// "fold (f), call 2 (c), raise to 4 .. 400 (r N; all-in: a)"
std::string legal_text(const BettingState& state);
/// "fold", "raise to 6"; before the state takes it.
std::string action_text(const BettingState& state, const BetAction& action);

}  // namespace weir::mccfr
