// snapshots.hpp: files of one kind in a folder: the newest has a name of its own, and the oldest go; private to the
// program.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <weir/result.hpp>

namespace weir::mccfr {

/// "checkpoint-000000000000500.weir"
std::string checkpoint_name(std::uint64_t iterations);
/// "snapshot_iter000000000000500_t60s.weir"
std::string snapshot_name(std::uint64_t iterations, double seconds);

/// Points `latest` at `name`, and removes files that begin with `prefix` before the last `kept` (0: none) by name.
/// Errors: unwritable.
Result<Done> publish(const std::string& folder, const std::string& name, std::string_view prefix,
                     std::uint64_t kept);

}  // namespace weir::mccfr
