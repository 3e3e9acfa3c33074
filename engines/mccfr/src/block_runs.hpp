// block_runs.hpp: many independent blocks on a runtime's workers, with somebody who looks on and may end it; private.
#pragma once

#include <algorithm>
#include <string>
#include <vector>
#include <weir/clock.hpp>
#include <weir/mccfr/match.hpp>
#include <weir/runtime.hpp>
#include <weir/task.hpp>

namespace weir::mccfr {

/// f(b, block) for all of `blocks`, in runs of about a tenth of a second; between them watch(blocks done) is asked
/// whether to go on. What they came to, added up in their order, whatever the runs were. Errors: what the runtime
/// refuses. Memory: the blocks of one run.
template <class Block, class F, class G>
Result<Block> run_blocks(Runtime& runtime, std::uint64_t blocks, F&& f, G&& watch,
                         const char* what) {
  constexpr Deadline run_ns = 100'000'000;
  constexpr std::uint64_t run_max = 1 << 14;
  Block all;
  std::vector<Block> here;
  std::uint64_t done = 0, run = static_cast<std::uint64_t>(runtime.workers()) + 1;
  while (done < blocks) {
    here.assign(static_cast<std::size_t>(std::min(run, blocks - done)), Block{});
    const Deadline begin = now_ns();
    const Status status = runtime.run(
        [&] { parallel_for(0, here.size(), 1, [&](std::size_t b) { f(done + b, here[b]); }); });
    if (status != Status::accepted)
      return Error{status == Status::stalled ? "stalled" : "failed",
                   std::string(what) + " ended: " + std::string(to_string(status)), what};
    for (const Block& block : here) all.add(block);
    done += here.size();
    if (!watch(done)) break;
    if (now_ns() - begin < run_ns / 2) run = std::min(run * 2, run_max);
  }
  return all;
}

}  // namespace weir::mccfr
