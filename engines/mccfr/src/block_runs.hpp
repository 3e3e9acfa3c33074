// block_runs.hpp: many independent blocks on a runtime's workers, with somebody who looks on and may end it; private.
#pragma once

#include <algorithm>
#include <string>
#include <weir/clock.hpp>
#include <weir/mccfr/match.hpp>
#include <weir/runtime.hpp>
#include <weir/task.hpp>

namespace weir::mccfr {

/// f(block) for all of `blocks`, in runs of about a tenth of a second; between them watch(blocks done) is asked whether
/// to go on. How many blocks were done: the first of them, whatever the runs were. Errors: what the runtime refuses.
template <class F, class G>
Result<std::size_t> run_blocks(Runtime& runtime, std::size_t blocks, F&& f, G&& watch,
                               const char* what) {
  constexpr Deadline run_ns = 100'000'000;
  std::size_t done = 0, run = static_cast<std::size_t>(runtime.workers()) + 1;
  while (done < blocks) {
    const std::size_t end = std::min(blocks, done + run);
    const Deadline begin = now_ns();
    const Status status = runtime.run([&] { parallel_for(done, end, 1, f); });
    if (status != Status::accepted)
      return Error{status == Status::stalled ? "stalled" : "failed",
                   std::string(what) + " ended: " + std::string(to_string(status)), what};
    done = end;
    if (!watch(done)) break;
    if (now_ns() - begin < run_ns / 2) run *= 2;
  }
  return done;
}

}  // namespace weir::mccfr
