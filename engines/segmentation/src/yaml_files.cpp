// The two kinds of YAML that the engine reads.
#include <algorithm>
#include <array>
#include <set>
#include <utility>
#include <weir/command_line/yaml_text.hpp>
#include <weir/file.hpp>
#include <weir/segmentation/header.hpp>
#include <weir/segmentation/procedures.hpp>
#include <weir/segmentation/text.hpp>
#include <weir/terminal.hpp>

#include "config_file.hpp"

namespace weir::segmentation {
namespace {

constexpr std::size_t keys_max = 1u << 16;  // of all procedures; aliases say much in few bytes

using command_line::Refusal;
using command_line::YamlText;

std::vector<TypedKey> read_keys(YamlText& yaml, const YAML::Node& node) {
  std::vector<TypedKey> keys;
  if (!node || node.IsNull()) return keys;
  if (!node.IsMap()) yaml.refuse(node, "a map of names to types belongs here");
  std::set<std::string> seen;
  for (const auto& entry : node) {
    const auto key = entry.first.as<std::string>();
    if (!seen.insert(key).second) yaml.refuse(entry.first, "\"" + key + "\" is there twice");
    if (!entry.second.IsScalar())
      yaml.refuse(entry.second, "the type of \"" + key + "\" must be one word");
    const auto type = value_type(entry.second.Scalar());
    if (!type) {
      yaml.refuse(entry.second,
                  "unknown type \"" + entry.second.Scalar() + "\" of \"" + key +
                      "\"; there are float, float_no_unit, int, bool, str and datetime");
    }
    keys.push_back({key, *type});
  }
  return keys;
}

ProcedureSpec read_spec(YamlText& yaml, const std::string& name, const YAML::Node& node) {
  ProcedureSpec spec;
  spec.name = name;
  if (node.IsNull()) return spec;
  if (!node.IsMap()) yaml.refuse(node, "procedure " + name + " must be a map");
  std::set<std::string> seen;
  for (const auto& entry : node) {
    const auto section = entry.first.as<std::string>();
    if (!seen.insert(section).second)
      yaml.refuse(entry.first, section + " of " + name + " is there twice");
    if (section == "Parameters") {
      spec.parameters = read_keys(yaml, entry.second);
    } else if (section == "Metadata") {
      spec.metadata = read_keys(yaml, entry.second);
    } else if (section == "Data") {
      spec.data = read_keys(yaml, entry.second);
    } else {
      yaml.refuse(entry.first,
                  "unknown section \"" + section + "\"; there are Parameters, Metadata and Data");
    }
  }
  return spec;
}

Result<std::string> read_text(const std::string& code, const std::string& path) {
  Buffer buffer;
  const auto size = read_file(path, buffer, command_line::yaml_bytes_max);
  if (!size) return Error{code, size.error().what, path};
  return std::string(buffer.view());
}

/// Keys that are no UTF-8 would equal none of a header's.
YAML::Node document(const YamlText& yaml, const std::string& text) {
  std::size_t offset = 0;
  for (std::size_t number = 1; offset < text.size(); ++number) {
    if (is_utf8(next_line(text, offset))) continue;
    throw Refusal{
        {yaml.code(), "the text is not UTF-8", yaml.path() + ":" + std::to_string(number)}};
  }
  return yaml.load(text);
}

/// Options that take several values.
bool takes_list(std::string_view key) noexcept {
  constexpr std::array<std::string_view, 7> keys = {
      "date", "dates", "v-max", "voltage-ranges", "exclude-ranges", "poly-orders", "combinations"};
  return std::find(keys.begin(), keys.end(), key) != keys.end();
}

std::string joined(YamlText& yaml, const YAML::Node& list, const std::string& key) {
  std::string text;
  for (const auto& entry : list) {
    yaml.count(entry);
    if (!entry.IsScalar()) yaml.refuse(entry, "\"" + key + "\" must be a list of words");
    text += (text.empty() ? "" : ",") + entry.Scalar();
  }
  if (text.empty()) yaml.refuse(list, "\"" + key + "\" must not be empty");
  return text;
}

void read_settings(YamlText& yaml, const YAML::Node& node, const std::string& section,
                   std::vector<Setting>& out) {
  constexpr std::array<std::string_view, 4> sections = {"staging", "intermediate", "pipeline",
                                                        "analysis"};
  constexpr std::array<std::string_view, 1> later = {"plotting"};
  if (!node.IsMap()) yaml.refuse(node, "a map of settings belongs here");
  const bool top = section.empty();
  std::set<std::string> seen;
  for (const auto& entry : node) {
    auto key = entry.first.as<std::string>();
    const auto is_one_of = [&](const auto& words) {
      return top && std::find(words.begin(), words.end(), key) != words.end();
    };
    const bool map = entry.second.IsMap();
    if (map && !is_one_of(sections) && !is_one_of(later)) {
      const std::vector<std::string> known(sections.begin(), sections.end());
      yaml.refuse(entry.first,
                  "unknown section \"" + key + "\"; the nearest is " + nearest_word(key, known));
    }
    if (!map && !entry.second.IsNull() && is_one_of(sections))
      yaml.refuse(entry.second, "section \"" + key + "\" must be a map of settings");
    if (is_one_of(later)) continue;
    if (map) {
      if (!seen.insert(key).second) yaml.refuse(entry.first, "\"" + key + "\" is there twice");
      read_settings(yaml, entry.second, key, out);
      continue;
    }
    if (top && key.starts_with("run_"))
      continue;  // run_staging and the like choose steps of the original's script
    if (entry.second.IsNull()) continue;
    std::replace(key.begin(), key.end(), '_', '-');
    const bool list = entry.second.IsSequence() && takes_list(key);
    if (!entry.second.IsScalar() && !list)
      yaml.refuse(entry.second, "\"" + key + "\" must have one value");
    if (!seen.insert(key).second) yaml.refuse(entry.first, "\"" + key + "\" is there twice");
    out.push_back({key, list ? joined(yaml, entry.second, key) : entry.second.Scalar(),
                   yaml.place(entry.first), section});
  }
}

}  // namespace

Result<ProcedureTable> parse_procedures(const std::string& text, const std::string& name) {
  YamlText yaml("bad_procedures", name, is_utf8);
  return command_line::guarded<ProcedureTable>(yaml, [&]() -> Result<ProcedureTable> {
    const YAML::Node root = document(yaml, text);
    if (!root.IsMap() || !root["procedures"]) yaml.refuse(root, "there is no map \"procedures\"");
    bool found = false;
    for (const auto& entry : root) {
      if (!entry.first.IsScalar() || entry.first.Scalar() != "procedures") continue;
      if (std::exchange(found, true)) yaml.refuse(entry.first, "\"procedures\" is there twice");
    }
    const YAML::Node procedures = root["procedures"];
    if (!procedures.IsMap()) yaml.refuse(procedures, "\"procedures\" must be a map");
    std::vector<ProcedureSpec> specs;
    std::set<std::string> seen;
    std::size_t keys = 0;
    for (const auto& entry : procedures) {
      const auto procedure = entry.first.as<std::string>();
      if (!seen.insert(procedure).second)
        yaml.refuse(entry.first, "procedure " + procedure + " is there twice");
      specs.push_back(read_spec(yaml, procedure, entry.second));
      const ProcedureSpec& spec = specs.back();
      keys += 1 + spec.parameters.size() + spec.metadata.size() + spec.data.size();
      if (keys > keys_max)
        yaml.refuse(entry.first, "more than " + std::to_string(keys_max) + " keys");
    }
    return ProcedureTable(std::move(specs));
  });
}

Result<ProcedureTable> load_procedures(const std::string& path) {
  const auto text = read_text("bad_procedures", path);
  return text ? parse_procedures(text.value(), path) : text.error();
}

Result<std::vector<Setting>> parse_settings(const std::string& text, const std::string& name) {
  YamlText yaml("bad_config", name, is_utf8);
  return command_line::guarded<std::vector<Setting>>(yaml, [&]() -> Result<std::vector<Setting>> {
    std::vector<Setting> settings;
    const YAML::Node root = document(yaml, text);
    if (!root.IsNull()) read_settings(yaml, root, "", settings);
    return settings;
  });
}

Result<std::vector<Setting>> load_settings(const std::string& path) {
  const auto text = read_text("bad_config", path);
  return text ? parse_settings(text.value(), path) : text.error();
}

}  // namespace weir::segmentation
