// settings.hpp: --config FILE: YAML (JSON is a part of it) as plain settings, for programs.
//
// Shape   {key: value} or {section: {key: value}}. A key is a long option's name, with _ or -. A value is plain, or
//         a list of them, which becomes one text with commas between. Some keys may hold maps: {rake: {cap: 3}} is
//         rake-cap.
// Errors  bad_config with FILE:LINE; those of read_file.
// Memory  files of at most 1 MiB, 65,536 values and 64 levels, what aliases repeat counted each time.
#pragma once

#include <map>
#include <string>
#include <vector>
#include <weir/result.hpp>

namespace weir::command_line {

struct Setting {
  std::string key;      // "discount-interval"
  std::string value;    // scalar text; of a list, words with commas between
  std::string where;    // FILE:LINE
  std::string section;  // empty: none
};

/// What a program's files may hold beside keys with plain values.
struct SettingsShape {
  std::vector<std::string> sections;
  std::map<std::string, std::vector<std::string>>
      maps;            // by key: the keys of the map that it must be
  bool pairs = false;  // lists may hold pairs [a, b], which become "a:b"
};

/// The settings in the order of the file; of one without contents none.
Result<std::vector<Setting>> read_settings(const std::string& path, const SettingsShape& shape);

}  // namespace weir::command_line
