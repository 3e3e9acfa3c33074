// snapshot_average.hpp: the average of snapshots of the current strategy, for rounds without sums; private.
//
// The first rounds come from the newest file's sums, which are of all iterations. In every row of the others each file
// that has it counts the same: the mean of the current strategies, as Pluribus' blueprint has it after the flop.
//
// Of rows that came with the first visit see lazy_average.hpp.
//
// Roles:  one thread.
// Errors: usage, where files are of different runs, twice of one iteration, or have nothing to average; those of
//         reading and writing.
// Memory: of tables of all rows one region a file, and what stdio buffers: not the tables.
// Source: Brown, Sandholm, "Superhuman AI for multiplayer poker", Science 365 (2019), supplementary materials.
#pragma once

#include <functional>
#include <string>
#include <vector>
#include <weir/result.hpp>

namespace weir::mccfr {

struct SnapshotAverage {
  std::uint64_t iterations = 0;  // of the newest
  std::size_t files = 0;
  int first_round = 0;  // that is averaged
};

/// Writes a snapshot that has the average to `out`, whole or not at all. `paths`: two or more
/// snapshots or checkpoints of one run, in any order. `look` says whether to go on; where it does
/// not, nothing is written: stopped.
Result<SnapshotAverage> average_snapshots(const std::vector<std::string>& paths,
                                          const std::string& out,
                                          const std::function<bool()>& look);

}  // namespace weir::mccfr
