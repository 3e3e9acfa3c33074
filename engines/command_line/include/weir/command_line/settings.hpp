// settings.hpp: --config FILE: YAML (JSON is a part of it) as plain settings, for programs.
//
// Shape   {key: value}. A key is a long option's name, with _ or -. A value is plain, or a list of plain ones, which
//         becomes one text with commas between.
// Errors  bad_config with FILE:LINE; those of read_file.
// Memory  as yaml_text.hpp bounds it.
#pragma once

#include <string>
#include <vector>
#include <weir/result.hpp>

namespace weir::command_line {

struct Setting {
  std::string key;           // "discount-interval"
  std::string value;         // scalar text; of a list, words with commas between
  std::string where;         // FILE:LINE
  std::string section = {};  // of a program whose files have some
  bool null = false;         // said to be not given
};

/// The settings in the order of the file; of one without contents none.
Result<std::vector<Setting>> read_settings(const std::string& path);

}  // namespace weir::command_line
