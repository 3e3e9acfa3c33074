#include "settings.hpp"

#include <algorithm>
#include <array>
#include <weir/command_line/yaml_text.hpp>
#include <weir/file.hpp>

namespace weir::mccfr {
namespace {

class SettingsReader {
 public:
  explicit SettingsReader(std::string path) : yaml_("bad_config", std::move(path)) {}

  Result<std::vector<Setting>> read(const std::string& text) {
    return command_line::guarded<std::vector<Setting>>(
        yaml_, [&]() -> Result<std::vector<Setting>> {
          const YAML::Node root = yaml_.load(text);
          if (root.IsNull()) return settings_;
          if (!root.IsMap()) return error(root, "must be a map of keys and values");
          if (auto taken = take(root, "", true); !taken) return taken.error();
          return settings_;
        });
  }

 private:
  Error error(const YAML::Node& node, std::string what) const {
    return {"bad_config", std::move(what), place(node)};
  }
  std::string place(const YAML::Node& node) const { return yaml_.place(node); }
  Result<Done> take(const YAML::Node& map, const std::string& section, bool top) {
    for (const auto& pair : map) {
      yaml_.count(pair.first);
      if (!pair.first.IsScalar()) return error(pair.first, "a key must be a word");
      std::string key = pair.first.Scalar();
      std::replace(key.begin(), key.end(), '_', '-');
      const YAML::Node& value = pair.second;
      constexpr std::array sections = {"bucket", "mccfr", "train"};
      if (top && value.IsMap() &&
          std::find(sections.begin(), sections.end(), key) != sections.end()) {
        if (auto taken = take(value, key, false); !taken) return taken;
        continue;
      }
      if (key == "rake") {
        if (!value.IsMap()) return error(value, "\"rake\" must be a map of percent and cap");
        if (auto taken = take_rake(value, section); !taken) return taken;
        continue;
      }
      std::string text;
      if (key == "bets" && !value.IsScalar()) {
        if (auto added = add_menu(value, text); !added) return added;
      } else if (value.IsSequence()) {
        for (const YAML::Node& item : value) {
          text += text.empty() ? "" : ",";
          if (auto added = add_item(item, key, text); !added) return added;
        }
      } else if (value.IsScalar() || value.IsNull()) {
        text = value.IsNull() ? "" : value.Scalar();
      } else {
        return error(value, "\"" + key + "\" must be a plain value");
      }
      settings_.push_back({key, text, place(pair.first), section, value.IsNull()});
    }
    return Done{};
  }

  /// A plain value, or of a pair both with a colon between.
  Result<Done> add_item(const YAML::Node& item, const std::string& key, std::string& text) {
    yaml_.count(item);
    const bool pair =
        item.IsSequence() && item.size() == 2 && item[0].IsScalar() && item[1].IsScalar();
    if (!item.IsScalar() && !pair)
      return error(item, "\"" + key + "\" must be a list of plain values");
    text += pair ? item[0].Scalar() + ":" + item[1].Scalar() : item.Scalar();
    return Done{};
  }

  /// {preflop: [50%, a], turn: [[50%, a], [a]]}, or what stands for all streets: as --bets has it.
  Result<Done> add_menu(const YAML::Node& value, std::string& text) {
    if (!value.IsMap()) return add_lists(value, text);
    for (const auto& part : value) {
      if (!part.first.IsScalar()) return error(part.first, "\"bets\" is by names of streets");
      if (!text.empty()) text += ';';
      text += part.first.Scalar() + ':';
      if (auto added = add_lists(part.second, text); !added) return added;
    }
    return Done{};
  }

  /// Sizes, or a list of them for each number of raises before.
  Result<Done> add_lists(const YAML::Node& value, std::string& text) {
    if (!value.IsSequence() || value.size() == 0 || !value[0].IsSequence())
      return add_sizes(value, text);
    for (std::size_t k = 0; k < value.size(); ++k) {
      if (k > 0) text += '/';
      if (auto added = add_sizes(value[k], text); !added) return added;
    }
    return Done{};
  }

  Result<Done> add_sizes(const YAML::Node& value, std::string& text) {
    if (value.IsScalar()) text += value.Scalar();
    if (value.IsScalar() || value.IsNull()) return Done{};
    const auto refused = [&](const YAML::Node& at) {
      return error(at, "\"bets\" are sizes, lists of sizes, or a map of these by street");
    };
    if (!value.IsSequence()) return refused(value);
    for (std::size_t k = 0; k < value.size(); ++k) {
      yaml_.count(value[k]);
      if (!value[k].IsScalar()) return refused(value[k]);
      text += (k > 0 ? "," : "") + value[k].Scalar();
    }
    return Done{};
  }

  /// {percent, cap}: as rake-percent and rake-cap.
  Result<Done> take_rake(const YAML::Node& map, const std::string& section) {
    for (const auto& pair : map) {
      const std::string key = pair.first.Scalar();
      if (key != "percent" && key != "cap")
        return error(pair.first, "\"" + key + "\" is nothing of a rake: percent or cap");
      if (!pair.second.IsScalar()) return error(pair.second, "\"" + key + "\" must be a number");
      settings_.push_back({"rake-" + key, pair.second.Scalar(), place(pair.first), section});
    }
    return Done{};
  }

  command_line::YamlText yaml_;
  std::vector<Setting> settings_;
};

}  // namespace

Result<std::vector<Setting>> read_settings(const std::string& path) {
  Buffer buffer;
  if (auto read = read_file(path, buffer, command_line::yaml_bytes_max); !read) return read.error();
  return SettingsReader(path).read(std::string(buffer.view()));
}

}  // namespace weir::mccfr
