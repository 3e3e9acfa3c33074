// settings.hpp: --config FILE: YAML (JSON is a part of it) as plain settings; private to the program.
//
// Shape: {key: value} or {section: {key: value}}; the sections bucket, mccfr and train of the original's files are read
// as if they were not there, but that `buckets` passes over those that are of training. Keys are the long options'
// names with _ or -, or the original's; `rake: {percent, cap}` is rake-percent and rake-cap, and of a list's pairs
// [a, b] come words "a:b".
#pragma once

#include <string>
#include <vector>
#include <weir/command_line/settings.hpp>
#include <weir/result.hpp>

namespace weir::mccfr {

using command_line::Setting;

/// Errors: bad_config with FILE:LINE; not_found, unreadable.
Result<std::vector<Setting>> read_settings(const std::string& path);

}  // namespace weir::mccfr
