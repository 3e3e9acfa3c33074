// measure_graph.hpp: the exact measure as a task graph: a task for what each player's strategy is worth, and one for
// his best response; private.
#pragma once

#include <string>
#include <weir/mccfr/one_card_solver.hpp>
#include <weir/runtime.hpp>
#include <weir/task.hpp>

namespace weir::mccfr {

/// `value`(player, best): what his strategy, or his best response, is worth against all others'. Called by several
/// workers at once; may spawn.
template <class Value>
Result<Exploitability> measure_as_graph(Runtime& runtime, int players, const Value& value) {
  Exploitability found;
  found.players = players;
  const Status status = runtime.run([&] {
    parallel_for(0, 2 * static_cast<std::size_t>(players), 1, [&](std::size_t part) {
      const std::size_t player = part / 2;
      const bool best = part % 2 == 1;
      (best ? found.best_response : found.value)[player] = value(static_cast<int>(player), best);
    });
  });
  if (status != Status::accepted) {
    return Error{status == Status::stalled ? "stalled" : "failed",
                 "the exact measure ended: " + std::string(to_string(status)), "measure"};
  }
  return found;
}

}  // namespace weir::mccfr
