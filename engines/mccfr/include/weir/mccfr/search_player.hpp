// search_player.hpp: Searcher, a blueprint that thinks again: a player of no-limit hold'em for two who solves the spot
// that he is in while he plays.
//
//   Searcher searcher(runtime, game, shape, sums, {.deadline_ms = 80});
//   auto agent = searcher.agent();                            // plays
//   auto known = searcher.known();                            // what it does with every hand, for AIVAT
//
// Before the flop it plays the blueprint. At each of its decisions from there on it solves what is left of the street
// or the hand for both players' whole ranges, from that decision on, and draws from the solution:
//   ranges  its own as it has played, by the solutions from the first one on; the other's by Bayes' rule from the
//           blueprint, which is thought to tremble a little. Hands below 1e-5 of a range's heaviest are left out. The
//           other is never thought to search, and his bet off the tree is read as the tree's bets on both sides of it,
//           each with its chance
//   bets    the blueprint's menu around the real pot. What was bet really is in the pot, which is not translated
//   flop    hand by hand to the end of the street. There both players choose among four ways of playing on: as the
//           blueprint, or with its folds, its calls or its raises five times as likely
//   river   to the end, hand by hand; turn: hand by hand, and rivers to their end with hands of about equal strength
//           as one
// Where that is not ready in time, or the spot does not fit, it plays the blueprint, and counts it. A search ends at
// most one step after its deadline: the making of a solver, the blueprint's worths for maxmargin, or an iteration.
//
//   unsafe     the other's range is as the blueprint has it
//   maxmargin  on turns and rivers, the other chooses his hands: what the worst of them loses against what the
//              blueprint gives it is made as large as can be, on turns with rivers in groups. None of his hands is left
//              out. What is solved to the end of a street is solved as with unsafe
//
// A spot is solved once for all who ask, by the betting and the board. By iterations the same is played for any number
// of workers and on any machine, by a deadline not.
//
// Roles:  any number of agents at once, each on one thread, inside and outside of tasks. What it reads outlives it, and
//         it its agents.
// Memory: program heap alone: up to 256 MiB for each search while it lasts, of which each worker and the caller may run
//         one; and the last solutions, 5,304 bytes for each action, together 64 MiB at most.
// Cost:   bench/README.md.
// Source: Ganzfried, Sandholm, AAMAS 2015 (endgames solved with both ranges); Moravcik, Schmid, Ha, Hladik,
//         Gaukrodger, AAAI 2016 (maxmargin); Brown, Sandholm, NIPS 2017 (bets put into the tree, nested solving);
//         Brown, Sandholm, Amos, NeurIPS 2018 (depth limits).
#pragma once

#include <cstdint>
#include <memory>
#include <weir/mccfr/known_player.hpp>
#include <weir/runtime.hpp>

namespace weir::mccfr {

struct SearchSettings {
  enum class Method : std::uint8_t { unsafe, maxmargin };
  Method method = Method::unsafe;
  static constexpr std::uint64_t deadline_ms_max = 3'600'000;
  std::uint64_t deadline_ms = 80;  // of one search, 0 to deadline_ms_max; more is as that
  std::uint64_t iterations = 0;    // so many, however long they take; 0: by the deadline
  int first_round = 1;             // that is solved: 1 flop, 2 turn, 3 river
  enum class Depth : std::uint8_t { end, street };
  Depth depth = Depth::end;  // of turns: to the end of the hand, or of the street, as flops are
};

struct SearchFigures {
  std::uint64_t searches = 0;    // spots that were solved
  std::uint64_t fallbacks = 0;   // spots that were not: the blueprint was played
  std::uint64_t iterations = 0;  // of all searches
  double ms = 0, ms_max = 0;     // of all searches and fallbacks; of the longest
};

class Searcher {
 public:
  /// No-limit hold'em whose cards are made.
  Searcher(Runtime& runtime, const HoldemGame& game, const TableShape& shape,
           const NarrowEntries::Sum* sums, const SearchSettings& settings);
  Searcher(const Searcher&) = delete;
  Searcher& operator=(const Searcher&) = delete;
  ~Searcher();

  std::unique_ptr<KnownPlayer> known() const;
  std::unique_ptr<Agent> agent() const;
  SearchFigures figures() const;

  struct State;  // what its players share

 private:
  std::unique_ptr<State> state_;
};

}  // namespace weir::mccfr
