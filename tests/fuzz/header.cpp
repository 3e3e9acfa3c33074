// header.cpp: fuzzes the header of a raw file and what its values mean: what is read, written down plainly, reads the
// same; numbers, instants and units come back as they were.
#include <algorithm>
#include <cmath>
#include <string>
#include <string_view>
#include <variant>
#include <weir/segmentation/header.hpp>
#include <weir/segmentation/instant.hpp>
#include <weir/segmentation/procedures.hpp>
#include <weir/segmentation/text.hpp>

#include "fuzz.hpp"

namespace {

using namespace weir::segmentation;
using fuzz::require;

std::string written(const Header& header) {
  std::string out = "#Procedure: <a." + header.procedure + ">\r\n";
  const auto block = [&](const char* name, const std::vector<HeaderEntry>& entries) {
    out += std::string("#") + name + ":\r\n";
    for (const HeaderEntry& entry : entries) out += "#\t" + entry.key + ": " + entry.value + "\r\n";
  };
  block("Parameters", header.parameters);
  block("Metadata", header.metadata);
  return out + "#Data:\r\nrest";
}

void require_entries(const std::vector<HeaderEntry>& entries) {
  require(entries.size() <= header_entries_max + 1, "there are no more entries than the limit");
  for (const HeaderEntry& entry : entries) {
    require(!entry.key.empty() && entry.key == trim(entry.key) && entry.value == trim(entry.value),
            "keys and values have no white space around");
    require(entry.key.find('\n') == entry.key.npos && entry.value.find('\n') == entry.value.npos,
            "an entry is of one line");
  }
}

bool same_entries(const std::vector<HeaderEntry>& a, const std::vector<HeaderEntry>& b) {
  return std::equal(a.begin(), a.end(), b.begin(), b.end(),
                    [](const HeaderEntry& x, const HeaderEntry& y) {
                      return x.key == y.key && x.value == y.value;
                    });
}

/// Whether a plain header can say it: the name of the class and the keys hold what the grammar gives a meaning.
bool can_be_written(const Header& header) {
  if (header.procedure.find('>') != std::string::npos) return false;
  bool said = false;
  return unescape(header.procedure, said) == header.procedure;
}

void check_value(const std::string& value) {
  for (const ValueType type : {ValueType::float_unit, ValueType::float_no_unit}) {
    const HeaderValue cast = cast_value(value, type);
    if (const double* number = std::get_if<double>(&cast)) {
      const HeaderValue again = cast_value(python_repr(*number), type);
      require(std::holds_alternative<double>(again) &&
                  fuzz::same_number(std::get<double>(again), *number),
              "a number prints as itself");
    } else {
      require(std::get<std::string>(cast) == value, "what is no number stays its text");
    }
  }
  const HeaderValue whole = cast_value(value, ValueType::integer);
  if (const auto* number = std::get_if<std::int64_t>(&whole))
    require(std::abs(static_cast<double>(*number)) <= 9.0e18, "a whole number is in its range");
  std::string_view unit;
  const auto number = number_with_unit(value, &unit);
  for (const char* base : {"V", "s", "nm"}) {
    const auto factor = unit_factor(unit, base);
    if (number && factor)
      require(*factor > 0 && std::isfinite(*factor), "a unit's factor is a positive number");
  }
  if (const auto us = parse_instant_us(value)) {
    const std::int64_t days = *us / 86'400'000'000 - (*us % 86'400'000'000 < 0 ? 1 : 0);
    const Date date = date_from_days(days);
    require(days_from_date(date) == days, "dates and days are each other's inverse");
    std::int64_t rest = *us - days * 86'400'000'000;
    char text[64];
    std::snprintf(text, sizeof(text), "T%02d:%02d:%02d.%06d+00:00",
                  static_cast<int>(rest / 3'600'000'000), static_cast<int>(rest / 60'000'000 % 60),
                  static_cast<int>(rest / 1'000'000 % 60), static_cast<int>(rest % 1'000'000));
    if (is_valid(date))
      require(parse_instant_us(date.text() + text) == us, "an instant prints as itself");
  }
  if (const auto date = date_in_path(value)) {
    require(is_valid(*date), "a date in a path exists");
    require(date_in_path("x/" + date->text() + "/y") == date, "and is found again");
  }
  const std::string path = clean_path(value);
  require(clean_path(path) == path, "a clean path stays as it is");
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  static Header header;
  static Header again;
  const std::string_view text = fuzz::text_of(data, size);
  {
    const fuzz::MemoryMeter memory;
    parse_header(text, header);
    memory.require_below(16 * size + header_entries_max * 512);
  }
  require_entries(header.parameters);
  require_entries(header.metadata);
  require(header.procedure.find('.') == std::string::npos,
          "a procedure is the last part of its class");
  if (header.has_data_marker) {
    require(header.data_offset > 0 && header.data_offset <= size, "the data begin in the file");
    const std::string_view before = text.substr(0, header.data_offset);
    const auto lines = static_cast<std::size_t>(std::count(before.begin(), before.end(), '\n'));
    require(header.data_line == lines + (before.back() == '\n' ? 1 : 2),
            "the data's line is behind those of the header");
    parse_header(before, again);
    require(again.procedure == header.procedure && again.data_offset == header.data_offset &&
                same_entries(again.parameters, header.parameters) &&
                same_entries(again.metadata, header.metadata),
            "nothing behind the marker is looked at");
  }
  for (const auto* entries : {&header.parameters, &header.metadata}) {
    for (const HeaderEntry& entry : *entries) check_value(entry.value);
  }
  if (header.too_many || header.procedure.empty() || !can_be_written(header)) return 0;
  const std::string plain = written(header);
  parse_header(plain, again);
  require(again.has_data_marker && plain.substr(again.data_offset) == "rest",
          "the data are found again");
  require(again.procedure == header.procedure && again.bracketed, "with their procedure");
  require(same_entries(again.parameters, header.parameters) &&
              same_entries(again.metadata, header.metadata),
          "and what is written down plainly reads the same");
  require(!again.escaped, "escapes are decoded once");
  return 0;
}
