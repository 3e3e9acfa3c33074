// settings.hpp: --config FILE: YAML (JSON is a part of it) as plain settings; private to the program.
//
// Shape: {key: value} or {section: {key: value}}; the sections bucket, mccfr and train of the original's files are read
// as if they were not there, but that `buckets` passes over those that are of training. Keys are the long options'
// names with _ or -, or the original's; `rake: {percent, cap}` is rake-percent and rake-cap.
#pragma once

#include <string>
#include <vector>
#include <weir/result.hpp>

namespace weir::mccfr {

struct Setting {
  std::string key;           // "discount-interval"
  std::string value;         // scalar text; a list: words with commas between, of pairs "a:b"
  std::string where;         // FILE:LINE
  std::string section = {};  // "bucket", "mccfr", "train", or none
};

/// Errors: bad_config with FILE:LINE; not_found, unreadable.
Result<std::vector<Setting>> read_settings(const std::string& path);

}  // namespace weir::mccfr
