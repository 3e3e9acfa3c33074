#include <algorithm>
#include <array>
#include <cctype>
#include <weir/segmentation/instant.hpp>
#include <weir/segmentation/procedures.hpp>
#include <weir/segmentation/text.hpp>

namespace weir::segmentation {
namespace {

using Keys = std::vector<TypedKey>;

Keys joined(Keys a, const Keys& more) {
  a.insert(a.end(), more.begin(), more.end());
  return a;
}

std::vector<ProcedureSpec> seven() {
  constexpr auto f = ValueType::float_unit;
  constexpr auto n = ValueType::float_no_unit;
  constexpr auto i = ValueType::integer;
  constexpr auto b = ValueType::boolean;
  constexpr auto s = ValueType::text;
  constexpr auto d = ValueType::datetime;
  const Keys start = {{"Start time", d}};
  const Keys chip = {{"Chip group name", s}, {"Chip number", s}, {"Sample", s}, {"Information", s}};
  const Keys meter = {{"Irange", f}, {"NPLC", i}, {"N_avg", i}};
  const Keys run = {{"Procedure version", s}, {"Chained execution", b}, {"Show more", b}};
  const Keys laser = {{"Laser toggle", b}, {"Laser voltage", f}, {"Laser wavelength", f}};
  const Keys sweep_time = {{"Burn-in time", f}, {"Step time", f}};
  const Keys gate = {{"VDS", f}, {"VG end", f}, {"VG start", f}, {"VG step", f}};
  const Keys light = {{"Laser ON+OFF period", f},
                      {"Laser voltage", f},
                      {"Laser wavelength", f},
                      {"Sampling time (excluding Keithley)", f},
                      {"VDS", f},
                      {"VG", f}};
  const Keys sensors = {{"Plate T (degC)", f}, {"Ambient T (degC)", f}, {"Clock (ms)", f}};
  const Keys common = joined(joined(meter, chip), run);
  const Keys sweep = joined(joined(common, laser), sweep_time);

  Keys gate_temperature = joined(sweep, gate);
  for (TypedKey& key : gate_temperature) {
    if (key.key == "Laser wavelength") key.type = n;
  }
  return {
      {"ITt", joined(joined(common, light), {{"Pulse time", f}}), start,
       joined({{"t (s)", f}, {"I (A)", f}, {"VL (V)", f}}, sensors)},
      {"IVg", joined(sweep, gate), start, {{"Vg (V)", f}, {"I (A)", f}}},
      {"IVgT", gate_temperature, start, joined({{"Vg (V)", f}, {"I (A)", f}}, sensors)},
      {"It",
       joined(joined(common, light),
              {{"T step start time", f}, {"Initial (current) T", f}, {"Target T", f}}),
       start,
       {{"t (s)", f}, {"I (A)", f}, {"VL (V)", f}}},
      {"LaserCalibration",
       {{"N_avg", i},
        {"Optical fiber", s},
        {"Chained execution", b},
        {"Laser wavelength", f},
        {"Procedure version", s},
        {"Step time", f},
        {"Laser voltage end", f},
        {"Laser voltage start", f},
        {"Laser voltage step", f}},
       {{"Start time", d}, {"Sensor model", s}},
       {{"VL (V)", f}, {"Power (W)", f}}},
      {"Tt",
       joined(joined(chip, run), {{"Initial (current) T", f},
                                  {"Target T", f},
                                  {"T start", f},
                                  {"T end", f},
                                  {"T step", f},
                                  {"Step time", f},
                                  {"Laser ON+OFF period", f},
                                  {"Sampling time (excluding Keithley)", f}}),
       start,
       {{"Time (s)", f},
        {"Plate Temperature (degC)", f},
        {"Ambient Temperature (degC)", f},
        {"Clock", f}}},
      {"IV",
       joined(sweep, {{"VG", f}, {"VSD end", f}, {"VSD start", f}, {"VSD step", f}}),
       start,
       {{"Vsd (V)", f}, {"I (A)", f}}},
  };
}

struct Synonyms {
  std::string_view canonical;
  std::array<std::string_view, 9>
      words;  // lower case, matched against the trimmed or the normalised name
};

constexpr std::array<Synonyms, 8> synonyms = {{
    {"I (A)", {"i", "i_a", "id", "id_a", "ids", "ids_a", "current", "current_a", ""}},
    {"Vsd (V)", {"vsd", "vsd_v", "vd", "vd_v", "vds", "vds_v", "vdv", "", ""}},
    {"Vg (V)", {"vg", "vg_v", "", "", "", "", "", "", ""}},
    {"VL (V)", {"vl", "vl_v", "vlv", "", "", "", "", "", ""}},
    {"t (s)", {"t", "t_s", "time", "time_s", "", "", "", "", ""}},
    {"Plate T (degC)",
     {"platet", "platetdegc", "platetemp", "platetempdegc", "plate_c", "", "", "", ""}},
    {"Ambient T (degC)",
     {"ambientt", "ambienttdegc", "ambienttemp", "ambienttempdegc", "ambient_c", "", "", "", ""}},
    {"Clock (ms)", {"clock", "clock_ms", "clockms", "", "", "", "", "", ""}},
}};

bool is_synonym(std::string_view raw, std::string_view canonical) {
  const std::string plain = lower(trim(raw));
  const std::string bare = normalised(raw);
  for (const Synonyms& entry : synonyms) {
    if (entry.canonical != canonical) continue;
    for (const std::string_view word : entry.words) {
      if (!word.empty() && (plain == word || bare == word)) return true;
    }
  }
  return false;
}

/// What stands in "(...)" or "[...]" behind a name.
std::string_view unit_of(std::string_view name) noexcept {
  const std::size_t open = name.find_first_of("([");
  if (open == std::string_view::npos) return {};
  const std::size_t close = name.find_first_of(")]", open);
  return close == std::string_view::npos ? std::string_view{}
                                         : trim(name.substr(open + 1, close - open - 1));
}

/// The letters in front of the unit, upper case: "Vsd (V)" and "VSD" are the same quantity.
std::string quantity(std::string_view name) {
  std::string out;
  for (const char c : name.substr(0, name.find_first_of("(["))) {
    if (!is_space(c)) out += static_cast<char>(std::toupper(static_cast<unsigned char>(c)));
  }
  return out;
}

}  // namespace

std::optional<ValueType> value_type(std::string_view name) noexcept {
  if (name == "float") return ValueType::float_unit;
  if (name == "float_no_unit") return ValueType::float_no_unit;
  if (name == "int") return ValueType::integer;
  if (name == "bool") return ValueType::boolean;
  if (name == "str") return ValueType::text;
  if (name == "datetime") return ValueType::datetime;
  return std::nullopt;
}

const ProcedureTable& ProcedureTable::built_in() {
  static const ProcedureTable table(seven());
  return table;
}

const ProcedureSpec& ProcedureTable::spec(std::string_view name) const noexcept {
  static const ProcedureSpec none;
  for (const ProcedureSpec& candidate : specs_) {
    if (candidate.name == name) return candidate;
  }
  return none;
}

std::uint64_t ProcedureTable::fingerprint() const noexcept {
  std::uint64_t hash = 1469598103934665603u;  // FNV-1a, 64 bits
  const auto mix = [&](std::string_view text, std::uint8_t tag) {
    for (const char c : text) hash = (hash ^ static_cast<unsigned char>(c)) * 1099511628211u;
    hash = (hash ^ (0x100u + tag)) * 1099511628211u;
  };
  for (const ProcedureSpec& spec : specs_) {
    mix(spec.name, 200);
    std::uint8_t section = 201;
    for (const auto* keys : {&spec.parameters, &spec.metadata, &spec.data}) {
      for (const TypedKey& key : *keys) mix(key.key, static_cast<std::uint8_t>(key.type));
      mix("", section++);
    }
  }
  return hash;
}

std::optional<double> number_with_unit(std::string_view text, std::string_view* unit) noexcept {
  text = trim(text);
  std::size_t at = 0;
  const auto digits = [&] {
    const std::size_t from = at;
    while (at < text.size() && is_digit(text[at])) ++at;
    return at > from;
  };
  if (at < text.size() && (text[at] == '-' || text[at] == '+')) ++at;
  if (!digits()) return std::nullopt;
  if (at + 1 < text.size() && text[at] == '.' && is_digit(text[at + 1])) {
    ++at;
    digits();
  }
  if (at < text.size() && to_lower(text[at]) == 'e') {
    const std::size_t mark = at++;
    if (at < text.size() && (text[at] == '-' || text[at] == '+')) ++at;
    if (!digits()) at = mark;
  }
  const std::string_view rest = trim(text.substr(at));
  if (std::any_of(rest.begin(), rest.end(), is_space)) return std::nullopt;
  if (unit != nullptr) *unit = rest;
  return parse_float(text.substr(0, at));
}

std::optional<double> unit_factor(std::string_view unit, std::string_view base) noexcept {
  if (unit.empty() || unit == base) return 1.0;
  if (base.empty() || !unit.ends_with(base)) {
    if (base == "nm") {  // wavelengths: the base has a prefix of its own
      if (unit == "m") return 1e9;
      if (unit == "um" || unit == "\xc2\xb5m" || unit == "\xce\xbcm") return 1e3;
      if (unit == "pm") return 1e-3;
    }
    return std::nullopt;
  }
  const std::string_view prefix = unit.substr(0, unit.size() - base.size());
  if (prefix == "k") return 1e3;
  if (prefix == "M") return 1e6;
  if (prefix == "m") return 1e-3;
  if (prefix == "u" || prefix == "\xc2\xb5" || prefix == "\xce\xbc") return 1e-6;
  if (prefix == "n") return 1e-9;
  if (prefix == "p") return 1e-12;
  return std::nullopt;
}

std::optional<double> column_factor(std::string_view raw, std::string_view canonical) {
  if (normalised(raw) == normalised(canonical)) return 1.0;
  const std::string_view given = unit_of(raw);
  const std::string_view wanted = unit_of(canonical);
  if (given.empty() || wanted.empty()) return 1.0;
  if (const auto factor = unit_factor(given, wanted)) return factor;
  // The wanted unit may have a prefix itself, as the milliseconds of a clock.
  for (std::size_t prefix = 1; prefix < wanted.size(); ++prefix) {
    const std::string_view base = wanted.substr(prefix);
    const auto above = unit_factor(given, base);
    const auto below = unit_factor(wanted, base);
    if (above && below) return *above / *below;
  }
  return std::nullopt;
}

HeaderValue cast_value(std::string_view text, ValueType type) {
  const std::string_view word = trim(text);
  switch (type) {
    case ValueType::float_unit: {
      const auto number = number_with_unit(word);
      if (number) return *number;
      if (const auto plain = parse_float(word)) return *plain;
      break;
    }
    case ValueType::float_no_unit:
      if (const auto plain = parse_float(word)) return *plain;
      break;
    case ValueType::integer: {
      const auto number = number_with_unit(word);
      const auto plain = number ? number : parse_float(word);
      if (plain && *plain > -9.0e18 && *plain < 9.0e18) return static_cast<std::int64_t>(*plain);
      break;
    }
    case ValueType::boolean: {
      const std::string small = lower(word);
      return small == "1" || small == "true" || small == "yes" || small == "on" || small == "y";
    }
    case ValueType::datetime:
      if (const auto us = parse_instant_us(word)) return *us;
      break;
    case ValueType::text:
      break;
  }
  return std::string(text);
}

std::string normalised(std::string_view name) {
  std::string out;
  for (std::size_t at = 0; at < name.size(); ++at) {
    const char c = name[at];
    if (name.substr(at).starts_with("\xc2\xb0")) {  // the degree sign
      out += "deg";
      ++at;
    } else if (!is_space(c) && c != '_' && c != '-' && c != '(' && c != ')' && c != '[' &&
               c != ']') {
      out += to_lower(c);
    }
  }
  return out;
}

std::vector<std::string> canonical_columns(const std::vector<std::string>& raw,
                                           const ProcedureSpec& spec) {
  std::vector<std::string> names = raw;
  std::vector<char> given(raw.size(), 0);
  const auto has = [&](std::string_view name) {
    return std::find(names.begin(), names.end(), name) != names.end();
  };
  const auto give = [&](const std::string& target, auto matches) {
    for (std::size_t at = 0; at < raw.size(); ++at) {
      if (given[at] != 0 || !matches(raw[at])) continue;
      names[at] = target;
      given[at] = 1;
      return true;
    }
    return false;
  };
  for (std::size_t at = 0; at < raw.size();
       ++at) {  // exact names first, so that a synonym cannot take their place
    for (const TypedKey& target : spec.data) {
      if (raw[at] == target.key) given[at] = 1;
    }
  }
  for (const TypedKey& target : spec.data) {
    if (has(target.key)) continue;
    const std::string bare = normalised(target.key);
    if (give(target.key, [&](const std::string& name) { return normalised(name) == bare; }))
      continue;
    if (give(target.key, [&](const std::string& name) { return is_synonym(name, target.key); }))
      continue;
    const std::string wanted = quantity(target.key);
    give(target.key, [&](const std::string& name) {
      if (quantity(name) != wanted) return false;
      const auto factor = column_factor(name, target.key);
      const bool floats =
          target.type == ValueType::float_unit || target.type == ValueType::float_no_unit;
      return factor && (floats || *factor == 1.0);
    });
  }
  return names;
}

}  // namespace weir::segmentation
