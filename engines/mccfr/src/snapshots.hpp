// snapshots.hpp: files of one kind in a folder: the newest has a name of its own, and the oldest go; private to the
// program.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>
#include <weir/result.hpp>

namespace weir::mccfr {

/// "checkpoint-000000000000500.weir"
std::string checkpoint_name(std::uint64_t iterations);
/// "snapshot_iter000000000000500_t60s.weir"
std::string snapshot_name(std::uint64_t iterations, double seconds);

/// Names of the snapshots in `folder`, the oldest first.
std::vector<std::string> snapshots_in(const std::string& folder);

/// Removes what a killed run left in `folder`: files half written, links that are no `latest` yet. Who asks holds the
/// folder's lock, so that no living run has any. A folder that is not there has none. Errors: those of reading it.
Result<Done> clean(const std::string& folder);

/// Points `latest` at `name`, and removes files that begin with `prefix` but the last `kept` (0: none) by name. Names
/// beyond `name` are of a run that was killed and began again before them: they go first. Errors: unwritable.
Result<Done> publish(const std::string& folder, const std::string& name, std::string_view prefix,
                     std::uint64_t kept);

}  // namespace weir::mccfr
