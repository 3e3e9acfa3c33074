// The only file that knows yaml-cpp.
#include "settings.hpp"

#include <yaml-cpp/eventhandler.h>
#include <yaml-cpp/yaml.h>

#include <algorithm>
#include <array>
#include <optional>
#include <sstream>
#include <weir/file.hpp>

namespace weir::mccfr {
namespace {

constexpr std::size_t settings_bytes_max = 1 << 20;

/// Where something stands in a document, if anything does.
class Contents final : public YAML::EventHandler {
 public:
  const std::optional<YAML::Mark>& begin() const noexcept { return begin_; }

  void OnDocumentStart(const YAML::Mark&) override {}
  void OnDocumentEnd() override {}
  void OnNull(const YAML::Mark&, YAML::anchor_t) override {}
  void OnAlias(const YAML::Mark& mark, YAML::anchor_t) override { note(mark); }
  void OnScalar(const YAML::Mark& mark, const std::string&, YAML::anchor_t,
                const std::string&) override {
    note(mark);
  }
  void OnSequenceStart(const YAML::Mark& mark, const std::string&, YAML::anchor_t,
                       YAML::EmitterStyle::value) override {
    note(mark);
  }
  void OnSequenceEnd() override {}
  void OnMapStart(const YAML::Mark& mark, const std::string&, YAML::anchor_t,
                  YAML::EmitterStyle::value) override {
    note(mark);
  }
  void OnMapEnd() override {}

 private:
  void note(const YAML::Mark& mark) {
    if (!begin_) begin_ = mark;
  }
  std::optional<YAML::Mark> begin_;
};

class SettingsReader {
 public:
  explicit SettingsReader(std::string path) : path_(std::move(path)) {}

  Result<std::vector<Setting>> read(const std::string& text) {
    try {
      std::istringstream in(text);
      YAML::Parser parser(in);
      Contents first, second;
      // One after the other, and no third: yaml-cpp's LoadAll never ends where a "?" follows what is no map.
      if (!parser.HandleNextDocument(first)) return settings_;
      if (parser.HandleNextDocument(second) && second.begin()) {
        return Error{"bad_config", "begins a second document; settings are one",
                     path_ + ":" + std::to_string(second.begin()->line + 1)};
      }
      const YAML::Node root = YAML::Load(text);
      if (root.IsNull()) return settings_;
      if (!root.IsMap()) return error(root, "must be a map of keys and values");
      if (auto taken = take(root, "", true); !taken) return taken.error();
    } catch (const YAML::Exception& bad) {
      return Error{"bad_config", bad.msg, path_ + ":" + std::to_string(bad.mark.line + 1)};
    }
    return settings_;
  }

 private:
  Error error(const YAML::Node& node, std::string what) const {
    return {"bad_config", std::move(what), place(node)};
  }
  std::string place(const YAML::Node& node) const {
    return path_ + ":" + std::to_string(node.Mark().line + 1);
  }
  Result<Done> take(const YAML::Node& map, const std::string& section, bool top) {
    for (const auto& pair : map) {
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
      if (value.IsSequence()) {
        for (const YAML::Node& item : value) {
          text += text.empty() ? "" : ",";
          if (auto added = add_item(item, key, text); !added) return added;
        }
      } else if (value.IsScalar() || value.IsNull()) {
        text = value.IsNull() ? "" : value.Scalar();
      } else {
        return error(value, "\"" + key + "\" must be a plain value");
      }
      settings_.push_back({key, text, place(pair.first), section});
    }
    return Done{};
  }

  /// A plain value, or of a pair both with a colon between.
  Result<Done> add_item(const YAML::Node& item, const std::string& key, std::string& text) {
    const bool pair =
        item.IsSequence() && item.size() == 2 && item[0].IsScalar() && item[1].IsScalar();
    if (!item.IsScalar() && !pair)
      return error(item, "\"" + key + "\" must be a list of plain values");
    text += pair ? item[0].Scalar() + ":" + item[1].Scalar() : item.Scalar();
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

  std::string path_;
  std::vector<Setting> settings_;
};

}  // namespace

Result<std::vector<Setting>> read_settings(const std::string& path) {
  Buffer buffer;
  if (auto read = read_file(path, buffer, settings_bytes_max); !read) return read.error();
  return SettingsReader(path).read(std::string(buffer.view()));
}

}  // namespace weir::mccfr
