// The two kinds of YAML that the engine reads; the only file that knows yaml-cpp.
#include <yaml-cpp/eventhandler.h>
#include <yaml-cpp/yaml.h>

#include <algorithm>
#include <array>
#include <set>
#include <sstream>
#include <utility>
#include <weir/file.hpp>
#include <weir/segmentation/header.hpp>
#include <weir/segmentation/procedures.hpp>
#include <weir/segmentation/text.hpp>
#include <weir/terminal.hpp>

#include "config_file.hpp"

namespace weir::segmentation {
namespace {

constexpr std::size_t yaml_bytes_max = 1u << 20;  // the original's file has 5 KiB
constexpr std::size_t keys_max = 1u << 16;  // of all procedures; aliases say much in few bytes

std::string place(const std::string& path, const YAML::Mark& mark) {
  return mark.is_null() ? path : path + ":" + std::to_string(mark.line + 1);
}

/// A refusal on its way out of the readers below; none leaves this file.
struct Refusal {
  Error error;
};

[[noreturn]] void refuse(const std::string& code, const std::string& what, const std::string& path,
                         const YAML::Node& at) {
  throw Refusal{{code, what, place(path, at.Mark())}};
}

template <class T, class F>
Result<T> guarded(const std::string& code, const std::string& path, F&& body) {
  try {
    return body();
  } catch (const Refusal& refusal) {
    return refusal.error;
  } catch (const YAML::Exception& error) {
    return Error{code, error.msg, place(path, error.mark)};
  } catch (const std::exception& error) {
    return Error{code, error.what(), path};
  }
}

std::vector<TypedKey> read_keys(const YAML::Node& node, const std::string& path) {
  constexpr const char* code = "bad_procedures";
  std::vector<TypedKey> keys;
  if (!node || node.IsNull()) return keys;
  if (!node.IsMap()) refuse(code, "a map of names to types belongs here", path, node);
  std::set<std::string> seen;
  for (const auto& entry : node) {
    const auto key = entry.first.as<std::string>();
    if (!seen.insert(key).second) refuse(code, "\"" + key + "\" is there twice", path, entry.first);
    if (!entry.second.IsScalar())
      refuse(code, "the type of \"" + key + "\" must be one word", path, entry.second);
    const auto type = value_type(entry.second.Scalar());
    if (!type) {
      refuse(code,
             "unknown type \"" + entry.second.Scalar() + "\" of \"" + key +
                 "\"; there are float, float_no_unit, int, bool, str and datetime",
             path, entry.second);
    }
    keys.push_back({key, *type});
  }
  return keys;
}

ProcedureSpec read_spec(const std::string& name, const YAML::Node& node, const std::string& path) {
  constexpr const char* code = "bad_procedures";
  ProcedureSpec spec;
  spec.name = name;
  if (node.IsNull()) return spec;
  if (!node.IsMap()) refuse(code, "procedure " + name + " must be a map", path, node);
  std::set<std::string> seen;
  for (const auto& entry : node) {
    const auto section = entry.first.as<std::string>();
    if (!seen.insert(section).second)
      refuse(code, section + " of " + name + " is there twice", path, entry.first);
    if (section == "Parameters") {
      spec.parameters = read_keys(entry.second, path);
    } else if (section == "Metadata") {
      spec.metadata = read_keys(entry.second, path);
    } else if (section == "Data") {
      spec.data = read_keys(entry.second, path);
    } else {
      refuse(code, "unknown section \"" + section + "\"; there are Parameters, Metadata and Data",
             path, entry.first);
    }
  }
  return spec;
}

Result<std::string> read_text(const std::string& code, const std::string& path) {
  Buffer buffer;
  const auto size = read_file(path, buffer, yaml_bytes_max);
  if (!size) return Error{code, size.error().what, path};
  return std::string(buffer.view());
}

/// Keys that are no UTF-8 would equal none of a header's, and zeros make yaml-cpp guess at UTF-16.
void require_utf8(const std::string& code, const std::string& text, const std::string& path) {
  std::size_t offset = 0;
  for (std::size_t number = 1; offset < text.size(); ++number) {
    const std::string_view line = next_line(text, offset);
    const bool zero = line.find('\0') != std::string_view::npos;
    if (is_utf8(line) && !zero) continue;
    throw Refusal{{code, zero ? "a zero byte inside the text" : "the text is not UTF-8",
                   path + ":" + std::to_string(number)}};
  }
}

/// Meets the parts of a text before nodes are made of them, and ends what grows without bounds.
class Measure final : public YAML::EventHandler {
 public:
  Measure(std::string code, std::string path) : code_(std::move(code)), path_(std::move(path)) {}
  const YAML::Mark& begin() const noexcept { return begin_; }

  void OnDocumentStart(const YAML::Mark& mark) override { begin_ = mark; }
  void OnDocumentEnd() override {}
  void OnNull(const YAML::Mark& mark, YAML::anchor_t) override { count(mark); }
  void OnAlias(const YAML::Mark& mark, YAML::anchor_t) override { count(mark); }
  void OnScalar(const YAML::Mark& mark, const std::string&, YAML::anchor_t,
                const std::string& value) override {
    count(mark);
    // yaml-cpp makes single bytes of these two.
    if (!is_utf8(value)) refuse(mark, R"(the escapes \_ and \N are not read)");
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
  void count(const YAML::Mark& mark) {
    if (++nodes_ > nodes_max) refuse(mark, "more than " + std::to_string(nodes_max) + " values");
  }
  void enter(const YAML::Mark& mark) {
    count(mark);
    if (++depth_ > depth_max) refuse(mark, "nested deeper than " + std::to_string(depth_max));
  }
  [[noreturn]] void refuse(const YAML::Mark& mark, const std::string& what) const {
    throw Refusal{{code_, what, place(path_, mark)}};
  }

  static constexpr std::size_t nodes_max = 2 * keys_max;
  static constexpr std::size_t depth_max = 64;
  std::string code_, path_;
  YAML::Mark begin_;
  std::size_t nodes_ = 0;
  std::size_t depth_ = 0;
};

/// The one document of a text; null when there is none.
YAML::Node load_document(const std::string& code, const std::string& text,
                         const std::string& path) {
  require_utf8(code, text, path);
  std::istringstream in(text);
  YAML::Parser parser(in);
  Measure measure(code, path);
  // One after the other, and no third: yaml-cpp's LoadAll never ends where a stray "..." stands.
  if (!parser.HandleNextDocument(measure)) return {};
  if (parser.HandleNextDocument(measure))
    throw Refusal{{code, "something follows the document", place(path, measure.begin())}};
  return YAML::Load(text);
}

/// Options that take several values.
bool takes_list(std::string_view key) noexcept {
  constexpr std::array<std::string_view, 7> keys = {
      "date", "dates", "v-max", "voltage-ranges", "exclude-ranges", "poly-orders", "combinations"};
  return std::find(keys.begin(), keys.end(), key) != keys.end();
}

std::string joined(const YAML::Node& list, const std::string& key, const std::string& path) {
  std::string text;
  for (const auto& entry : list) {
    if (!entry.IsScalar())
      refuse("bad_config", "\"" + key + "\" must be a list of words", path, entry);
    text += (text.empty() ? "" : ",") + entry.Scalar();
  }
  if (text.empty()) refuse("bad_config", "\"" + key + "\" must not be empty", path, list);
  return text;
}

void read_settings(const YAML::Node& node, const std::string& path, const std::string& section,
                   std::vector<Setting>& out) {
  constexpr const char* code = "bad_config";
  constexpr std::array<std::string_view, 4> sections = {"staging", "intermediate", "pipeline",
                                                        "analysis"};
  constexpr std::array<std::string_view, 1> later = {"plotting"};
  if (!node.IsMap()) refuse(code, "a map of settings belongs here", path, node);
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
      refuse(code, "unknown section \"" + key + "\"; the nearest is " + nearest_word(key, known),
             path, entry.first);
    }
    if (!map && !entry.second.IsNull() && is_one_of(sections))
      refuse(code, "section \"" + key + "\" must be a map of settings", path, entry.second);
    if (is_one_of(later)) continue;
    if (map) {
      if (!seen.insert(key).second)
        refuse(code, "\"" + key + "\" is there twice", path, entry.first);
      read_settings(entry.second, path, key, out);
      continue;
    }
    if (top && key.starts_with("run_"))
      continue;  // run_staging and the like choose steps of the original's script
    if (entry.second.IsNull()) continue;
    std::replace(key.begin(), key.end(), '_', '-');
    const bool list = entry.second.IsSequence() && takes_list(key);
    if (!entry.second.IsScalar() && !list)
      refuse(code, "\"" + key + "\" must have one value", path, entry.second);
    if (!seen.insert(key).second) refuse(code, "\"" + key + "\" is there twice", path, entry.first);
    out.push_back({key, list ? joined(entry.second, key, path) : entry.second.Scalar(),
                   place(path, entry.first.Mark()), section});
  }
}

}  // namespace

Result<ProcedureTable> parse_procedures(const std::string& text, const std::string& name) {
  return guarded<ProcedureTable>("bad_procedures", name, [&]() -> Result<ProcedureTable> {
    const YAML::Node root = load_document("bad_procedures", text, name);
    if (!root.IsMap() || !root["procedures"])
      refuse("bad_procedures", "there is no map \"procedures\"", name, root);
    bool found = false;
    for (const auto& entry : root) {
      if (!entry.first.IsScalar() || entry.first.Scalar() != "procedures") continue;
      if (std::exchange(found, true))
        refuse("bad_procedures", "\"procedures\" is there twice", name, entry.first);
    }
    const YAML::Node procedures = root["procedures"];
    if (!procedures.IsMap())
      refuse("bad_procedures", "\"procedures\" must be a map", name, procedures);
    std::vector<ProcedureSpec> specs;
    std::set<std::string> seen;
    std::size_t keys = 0;
    for (const auto& entry : procedures) {
      const auto procedure = entry.first.as<std::string>();
      if (!seen.insert(procedure).second)
        refuse("bad_procedures", "procedure " + procedure + " is there twice", name, entry.first);
      specs.push_back(read_spec(procedure, entry.second, name));
      const ProcedureSpec& spec = specs.back();
      keys += 1 + spec.parameters.size() + spec.metadata.size() + spec.data.size();
      if (keys > keys_max)
        refuse("bad_procedures", "more than " + std::to_string(keys_max) + " keys", name,
               entry.first);
    }
    return ProcedureTable(std::move(specs));
  });
}

Result<ProcedureTable> load_procedures(const std::string& path) {
  const auto text = read_text("bad_procedures", path);
  return text ? parse_procedures(text.value(), path) : text.error();
}

Result<std::vector<Setting>> parse_settings(const std::string& text, const std::string& name) {
  return guarded<std::vector<Setting>>("bad_config", name, [&]() -> Result<std::vector<Setting>> {
    std::vector<Setting> settings;
    const YAML::Node root = load_document("bad_config", text, name);
    if (!root.IsNull()) read_settings(root, name, "", settings);
    return settings;
  });
}

Result<std::vector<Setting>> load_settings(const std::string& path) {
  const auto text = read_text("bad_config", path);
  return text ? parse_settings(text.value(), path) : text.error();
}

}  // namespace weir::segmentation
