#include <yaml-cpp/eventhandler.h>
#include <yaml-cpp/yaml.h>

#include <algorithm>
#include <optional>
#include <sstream>
#include <weir/command_line/settings.hpp>
#include <weir/file.hpp>

namespace weir::command_line {
namespace {

constexpr std::size_t settings_bytes_max = 1u << 20;
constexpr std::size_t values_max = 1u << 16;
constexpr std::size_t depth_max = 64;

/// A refusal on its way out of the reader below; none leaves this file.
struct Refusal {
  Error error;
};

std::string place(const std::string& path, const YAML::Mark& mark) {
  return mark.is_null() ? path : path + ":" + std::to_string(mark.line + 1);
}

[[noreturn]] void refuse(const std::string& path, const YAML::Mark& mark, std::string what) {
  throw Refusal{{"bad_config", std::move(what), place(path, mark)}};
}

/// Meets the parts of a document before nodes are made of them, and ends what grows without bounds.
class Contents final : public YAML::EventHandler {
 public:
  explicit Contents(const std::string& path) : path_(path) {}
  /// Where something stands, if anything does.
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
    enter(mark);
  }
  void OnSequenceEnd() override { --depth_; }
  void OnMapStart(const YAML::Mark& mark, const std::string&, YAML::anchor_t,
                  YAML::EmitterStyle::value) override {
    enter(mark);
  }
  void OnMapEnd() override { --depth_; }

 private:
  void note(const YAML::Mark& mark) {
    if (!begin_) begin_ = mark;
    if (++values_ > values_max)
      refuse(path_, mark, "more than " + std::to_string(values_max) + " values");
  }
  void enter(const YAML::Mark& mark) {
    note(mark);
    if (++depth_ > depth_max)
      refuse(path_, mark, "nested deeper than " + std::to_string(depth_max));
  }

  const std::string& path_;
  std::optional<YAML::Mark> begin_;
  std::size_t values_ = 0, depth_ = 0;
};

class Reader {
 public:
  explicit Reader(const std::string& path) : path_(path) {}

  std::vector<Setting> read(const std::string& text) {
    if (const std::size_t zero = text.find('\0'); zero != text.npos) {
      const auto line =
          std::count(text.begin(), text.begin() + static_cast<std::ptrdiff_t>(zero), '\n');
      throw Refusal{
          {"bad_config", "a zero byte inside the text", path_ + ":" + std::to_string(line + 1)}};
    }
    std::istringstream in(text);
    YAML::Parser parser(in);
    Contents first(path_), second(path_);
    // One after the other, and no third: yaml-cpp's LoadAll never ends where a "?" follows what is no map.
    if (!parser.HandleNextDocument(first)) return {};
    if (parser.HandleNextDocument(second) && second.begin())
      refuse(path_, *second.begin(), "begins a second document; settings are one");
    const YAML::Node root = YAML::Load(text);
    if (root.IsNull()) return {};
    if (!root.IsMap()) refuse(root, "must be a map of keys and values");
    take(root);
    return std::move(settings_);
  }

 private:
  [[noreturn]] void refuse(const YAML::Node& node, std::string what) const {
    command_line::refuse(path_, node.Mark(), std::move(what));
  }
  [[noreturn]] static void refuse(const std::string& path, const YAML::Mark& mark,
                                  std::string what) {
    command_line::refuse(path, mark, std::move(what));
  }
  /// Aliases say much in few bytes: what they repeat counts each time.
  void count(const YAML::Node& at) {
    if (++taken_ > values_max) refuse(at, "more than " + std::to_string(values_max) + " values");
  }
  void take(const YAML::Node& map) {
    for (const auto& pair : map) {
      if (!pair.first.IsScalar()) refuse(pair.first, "a key must be a word");
      std::string key = pair.first.Scalar();
      std::replace(key.begin(), key.end(), '_', '-');
      const YAML::Node& value = pair.second;
      std::string text;
      if (value.IsSequence()) {
        for (const YAML::Node& item : value) {
          count(item);
          if (!item.IsScalar()) refuse(item, "\"" + key + "\" must be a list of plain values");
          text += (text.empty() ? "" : ",") + item.Scalar();
        }
      } else if (value.IsScalar()) {
        text = value.Scalar();
      } else if (!value.IsNull()) {
        refuse(value, "\"" + key + "\" must be a plain value");
      }
      count(pair.first);
      settings_.push_back({std::move(key), std::move(text), place(path_, pair.first.Mark())});
    }
  }

  const std::string& path_;
  std::vector<Setting> settings_;
  std::size_t taken_ = 0;
};

}  // namespace

Result<std::vector<Setting>> read_settings(const std::string& path) {
  Buffer buffer;
  if (auto read = read_file(path, buffer, settings_bytes_max); !read) return read.error();
  try {
    return Reader(path).read(std::string(buffer.view()));
  } catch (const Refusal& refusal) {
    return refusal.error;
  } catch (const YAML::Exception& bad) {
    return Error{"bad_config", bad.msg, place(path, bad.mark)};
  }
}

}  // namespace weir::command_line
