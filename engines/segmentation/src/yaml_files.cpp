// The two kinds of YAML that the engine reads; the only file that knows yaml-cpp.
#include <yaml-cpp/yaml.h>

#include <algorithm>
#include <array>
#include <set>
#include <weir/segmentation/procedures.hpp>
#include <weir/segmentation/text.hpp>

#include "config_file.hpp"

namespace weir::segmentation {
namespace {

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
  } catch (const YAML::BadFile&) {
    return Error{code, "cannot be opened", path};
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
  for (const auto& entry : node) {
    const auto section = entry.first.as<std::string>();
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

/// The one document of a file; null when there is none.
YAML::Node load_document(const std::string& code, const std::string& path) {
  const std::vector<YAML::Node> documents = YAML::LoadAllFromFile(path);
  if (documents.size() > 1) refuse(code, "something follows the document", path, documents[1]);
  return documents.empty() ? YAML::Node() : documents[0];
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
    out.push_back({section, key, list ? joined(entry.second, key, path) : entry.second.Scalar(),
                   place(path, entry.first.Mark())});
  }
}

}  // namespace

Result<ProcedureTable> load_procedures(const std::string& path) {
  return guarded<ProcedureTable>("bad_procedures", path, [&]() -> Result<ProcedureTable> {
    const YAML::Node root = load_document("bad_procedures", path);
    if (!root.IsMap() || !root["procedures"])
      refuse("bad_procedures", "there is no map \"procedures\"", path, root);
    const YAML::Node procedures = root["procedures"];
    if (!procedures.IsMap())
      refuse("bad_procedures", "\"procedures\" must be a map", path, procedures);
    std::vector<ProcedureSpec> specs;
    for (const auto& entry : procedures) {
      const auto name = entry.first.as<std::string>();
      for (const ProcedureSpec& spec : specs) {
        if (spec.name == name)
          refuse("bad_procedures", "procedure " + name + " is there twice", path, entry.first);
      }
      specs.push_back(read_spec(name, entry.second, path));
    }
    return ProcedureTable(std::move(specs));
  });
}

Result<std::vector<Setting>> load_settings(const std::string& path) {
  return guarded<std::vector<Setting>>("bad_config", path, [&]() -> Result<std::vector<Setting>> {
    std::vector<Setting> settings;
    const YAML::Node root = load_document("bad_config", path);
    if (!root.IsNull()) read_settings(root, path, "", settings);
    return settings;
  });
}

}  // namespace weir::segmentation
