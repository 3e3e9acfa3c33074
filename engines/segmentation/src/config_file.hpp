// config_file.hpp: --config FILE: YAML (JSON is a part of it) read into plain settings; private to
// the program.
//
// Shape: {section: {key: value}} or {key: value}; keys are the long options' names, with _ or -.
// A list of words becomes one text with commas between. Sections: staging (not for preprocess),
// intermediate (not for stage), pipeline, none of them for analyse; analysis, for analyse alone;
// plotting is passed over. Of one key in several sections the first counts.
#pragma once

#include <string>
#include <vector>
#include <weir/command_line/settings.hpp>
#include <weir/result.hpp>

namespace weir::segmentation {

using command_line::Setting;

/// Reads the settings that a file of at most 1 MiB holds. Errors: bad_config with FILE:LINE.
Result<std::vector<Setting>> load_settings(const std::string& path);
/// The same of such a file's text; `name` stands for it in errors.
Result<std::vector<Setting>> parse_settings(const std::string& text, const std::string& name);

}  // namespace weir::segmentation
