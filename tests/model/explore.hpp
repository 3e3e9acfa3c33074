// explore.hpp: strategies over executions: depth first until all is seen, random, PCT; replay; faults by
// the dozen.
//
// A failing schedule is a list of choices, printed as NAME:c0.c1.c2; WEIR_MODEL_REPLAY=NAME:c0.c1.c2 runs
// it alone and prints each step. In long mode (WEIR_MODEL_LONG=1, and the long tiers of tests/run) each
// protocol draws a hundred million schedules.
#pragma once

#include "engine.hpp"

#include <cstdint>
#include <string>
#include <string_view>
#include <type_traits>
#include <utility>
#include <vector>

namespace model {

enum class Strategy {
  exhaust,  // depth first; a state that is known is not entered again
  random,   // uniform over threads, then over stores, newest preferred
  pct,  // priorities with a few change points (Burckhardt et al., "A randomized scheduler with probabilistic
        // guarantees of finding bugs", ASPLOS 2010)
};

struct Options {
  std::string_view name;  // unique: it names the schedule to replay
  Strategy strategy = Strategy::exhaust;
  std::uint64_t schedules_max = 2'000'000;  // exhaust: executions, whole or dropped
  int preemptions_max = -1;                 // exhaust: -1 no bound
  std::uint64_t seed = 1;
  int pct_depth = 4;
};

struct Report {
  std::uint64_t schedules = 0;  // executions, those dropped at a known state included
  std::uint64_t complete = 0;   // of them, those that ran to the end
  std::uint64_t states = 0;     // exhaust: different states
  bool exhausted = false;       // exhaust: every schedule within the bounds was seen
  bool failed = false;
  std::string message;   // of the failure
  std::string schedule;  // its NAME:choices
  std::string trace;     // its steps
};

using Build = Program* (*)(const void*);

/// Explores until a failure, the end or the budget. Prints one line of figures on stdout.
Report explore(const Options& options, Build build, const void* argument = nullptr);

/// Explores a program of class P, made from a copy of `arguments`.
template <class P, class... A>
Report check(const Options& options, A... arguments) {
  auto make = [&]() -> Program* { return new_program<P>(arguments...); };
  using Make = decltype(make);
  return explore(
      options, [](const void* self) { return (*static_cast<const Make*>(self))(); }, &make);
}

/// True with WEIR_MODEL_LONG=1, and in the long tiers of tests/run.
bool long_mode();

/// Schedules to draw: `quick`, or in long mode the `parts`-th part of the hundred million of a protocol.
std::uint64_t drawn(std::uint64_t quick, std::uint64_t parts);

/// One fault of a sweep and what became of it.
struct Fault {
  std::string name;  // "push_n fetch_add acq_rel#1->acquire": the first such in that function
  bool caught = false;
  std::string message;
  std::uint64_t schedules = 0;
};

/// The names of those not caught, in order, each on a line.
std::string survivors(const std::vector<Fault>& faults);

/// Puts one fault after the other into each operation of files whose name ends with `file`: every order
/// weakened by a step, every read-modify-write split in two; each explored as `options` say (with the name
/// of the fault added). Adds what became of them to `faults`; those that are caught there are left out.
void sweep(std::vector<Fault>& faults, const Options& options, std::string_view file, Build build,
           const void* argument = nullptr);

template <class P, class... A>
void sweep(std::vector<Fault>& faults, const Options& options, std::string_view file, A... arguments) {
  auto make = [&]() -> Program* { return new_program<P>(arguments...); };
  using Make = decltype(make);
  sweep(
      faults, options, file, [](const void* self) { return (*static_cast<const Make*>(self))(); }, &make);
}

}  // namespace model
