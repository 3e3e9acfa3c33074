// yaml.cpp: fuzzes the two kinds of YAML: any text is refused with a place, or a table of procedures, or settings, that
// written as YAML read the same.
#include <set>
#include <string>
#include <string_view>
#include <weir/segmentation/procedures.hpp>
#include <weir/segmentation/text.hpp>

#include "config_file.hpp"
#include "fuzz.hpp"

namespace {

using namespace weir::segmentation;
using fuzz::require;

const char* word(ValueType type) {
  switch (type) {
    case ValueType::float_unit:
      return "float";
    case ValueType::float_no_unit:
      return "float_no_unit";
    case ValueType::integer:
      return "int";
    case ValueType::boolean:
      return "bool";
    case ValueType::datetime:
      return "datetime";
    default:
      return "str";
  }
}

void append_keys(std::string& out, const char* section, const std::vector<TypedKey>& keys) {
  out += std::string("    ") + section + ": {";
  for (const TypedKey& key : keys) {
    out += &key == keys.data() ? "" : ", ";
    append_json(out, key.key);
    out += std::string(": ") + word(key.type);
  }
  out += "}\n";
}

std::string written(const ProcedureTable& table) {
  if (table.specs().empty()) return "procedures: {}\n";
  std::string out = "procedures:\n";
  for (const ProcedureSpec& spec : table.specs()) {
    out += "  ? ";  // a key of more than 1024 characters says that it is one
    append_json(out, spec.name);
    out += "\n  :\n";
    append_keys(out, "Parameters", spec.parameters);
    append_keys(out, "Metadata", spec.metadata);
    append_keys(out, "Data", spec.data);
  }
  return out;
}

bool same_keys(const std::vector<TypedKey>& a, const std::vector<TypedKey>& b) {
  return std::equal(
      a.begin(), a.end(), b.begin(), b.end(),
      [](const TypedKey& x, const TypedKey& y) { return x.key == y.key && x.type == y.type; });
}

/// Simple keys are of 1024 characters at most, wherever a YAML says them.
bool has_long_key(const ProcedureTable& table) {
  for (const ProcedureSpec& spec : table.specs()) {
    for (const auto* keys : {&spec.parameters, &spec.metadata, &spec.data}) {
      for (const TypedKey& key : *keys) {
        if (key.key.size() > 150) return true;
      }
    }
  }
  return false;
}

void check_procedures(const std::string& text) {
  const auto read = parse_procedures(text, "p.yml");
  if (!read) {
    fuzz::require_reason(read.error());
    require(read.error().code == "bad_procedures" && read.error().where.starts_with("p.yml"),
            "a refusal has a place");
    return;
  }
  std::set<std::string> names;
  std::size_t keys = 0;
  for (const ProcedureSpec& spec : read.value().specs()) {
    require(names.insert(spec.name).second, "a procedure is there once");
    require(is_utf8(spec.name), "names are UTF-8");
    for (const auto* section : {&spec.parameters, &spec.metadata, &spec.data}) {
      std::set<std::string> seen;
      for (const TypedKey& key : *section)
        require(seen.insert(key.key).second, "a key is there once");
      keys += section->size();
    }
  }
  require(keys <= 1u << 16, "there are no more keys than the limit");
  if (has_long_key(read.value())) return;
  const auto again = parse_procedures(written(read.value()), "again.yml");
  require(again.ok(), "what is written as YAML reads again");
  require(again.value().specs().size() == read.value().specs().size(), "with its procedures");
  for (std::size_t k = 0; k < read.value().specs().size(); ++k) {
    const ProcedureSpec& a = read.value().specs()[k];
    const ProcedureSpec& b = again.value().specs()[k];
    require(a.name == b.name && same_keys(a.parameters, b.parameters) &&
                same_keys(a.metadata, b.metadata) && same_keys(a.data, b.data),
            "with its keys and types");
  }
  require(again.value().fingerprint() == read.value().fingerprint(), "with its fingerprint");
}

void check_settings(const std::string& text) {
  const auto read = parse_settings(text, "c.yml");
  if (!read) {
    fuzz::require_reason(read.error());
    require(read.error().code == "bad_config" && read.error().where.starts_with("c.yml"),
            "a refusal has a place");
    return;
  }
  std::string plain;
  std::string open = "none";
  std::set<std::string> sections;
  for (const Setting& setting : read.value()) {
    require(setting.where.starts_with("c.yml:"), "a setting has a line");
    require(setting.key.find('_') == std::string::npos, "keys are spelt as options are");
    if (setting.key.size() > 150) return;
    if (setting.section != open) {
      // A section's settings stand together; those of none may stand anywhere.
      if (!setting.section.empty())
        require(sections.insert(setting.section).second, "a section is there once");
      open = setting.section;
      if (!open.empty()) plain += open + ":\n";
    }
    plain += open.empty() ? "" : "  ";
    append_json(plain, setting.key);
    plain += ": ";
    append_json(plain, setting.value);
    plain += "\n";
  }
  const auto again = parse_settings(plain, "again.yml");
  require(again.ok() && again.value().size() == read.value().size(),
          "settings written as YAML read again");
  for (std::size_t k = 0; k < read.value().size(); ++k) {
    const Setting& a = read.value()[k];
    const Setting& b = again.value()[k];
    require(a.section == b.section && a.key == b.key && a.value == b.value, "the same");
  }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string text(fuzz::text_of(data, size));
  check_procedures(text);
  check_settings(text);
  return 0;
}
