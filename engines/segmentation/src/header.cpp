#include <cstring>
#include <weir/segmentation/header.hpp>
#include <weir/segmentation/text.hpp>

namespace weir::segmentation {
namespace {

const std::string* find(const std::vector<HeaderEntry>& entries, std::string_view key) noexcept {
  for (const HeaderEntry& entry : entries) {
    if (entry.key == key) return &entry.value;
  }
  return nullptr;
}

void put(std::vector<HeaderEntry>& entries, std::string_view key, std::string_view value) {
  for (HeaderEntry& entry : entries) {
    if (entry.key == key) {
      entry.value = value;
      return;
    }
  }
  entries.push_back({std::string(key), std::string(value)});
}

/// `rest` of a line "NAME\s*:rest", when the line (behind '#' and spaces) begins so; null data
/// otherwise.
std::string_view after_word(std::string_view line, std::string_view word) noexcept {
  if (line.size() < word.size() || !equals_ignore_case(line.substr(0, word.size()), word))
    return {};
  line.remove_prefix(word.size());
  while (!line.empty() && is_space(line.front())) line.remove_prefix(1);
  if (line.empty() || line.front() != ':') return {};
  return line.substr(1);
}

/// True for a block marker: "NAME\s*:\s*" and nothing else.
bool is_marker(std::string_view line, std::string_view word) noexcept {
  const std::string_view rest = after_word(line, word);
  return rest.data() != nullptr && trim(rest).empty();
}

/// The class name in "<...>" filling `value` whole; empty when there are no brackets.
std::string_view bracketed_name(std::string_view value) noexcept {
  if (value.size() < 3 || value.front() != '<' || value.back() != '>') return {};
  value = value.substr(1, value.size() - 2);
  return value.find('>') == std::string_view::npos ? value : std::string_view{};
}

bool is_identifier(std::string_view name) noexcept {
  for (const char c : name) {
    if (!is_digit(c) && !(to_lower(c) >= 'a' && to_lower(c) <= 'z') && c != '_' && c != '.')
      return false;
  }
  return !name.empty();
}

/// Takes a Procedure line; false when the line is none.
bool take_procedure(std::string_view line, Header& header) {
  const std::string_view rest = after_word(line, "Procedure");
  if (rest.data() == nullptr) return false;
  const std::string_view value = trim(rest);
  std::string_view name = bracketed_name(value);
  const bool bracketed = !name.empty();
  if (!bracketed && is_identifier(value)) name = value;
  if (name.empty()) return false;
  const std::size_t dot = name.rfind('.');
  header.procedure = trim(dot == std::string_view::npos ? name : name.substr(dot + 1));
  header.bracketed = bracketed;
  return true;
}

}  // namespace

const std::string* Header::parameter(std::string_view key) const noexcept {
  return find(parameters, key);
}
const std::string* Header::metadatum(std::string_view key) const noexcept {
  return find(metadata, key);
}

void Header::clear() {
  procedure.clear();
  parameters.clear();
  metadata.clear();
  bracketed = true;
  has_data_marker = escaped = too_many = false;
  data_offset = data_line = 0;
}

std::string_view next_line(std::string_view text, std::size_t& offset) noexcept {
  const std::size_t begin = offset;
  const void* end = std::memchr(text.data() + begin, '\n', text.size() - begin);
  const std::size_t stop =
      end == nullptr ? text.size()
                     : static_cast<std::size_t>(static_cast<const char*>(end) - text.data());
  offset = end == nullptr ? stop : stop + 1;
  std::string_view line = text.substr(begin, stop - begin);
  while (!line.empty() && line.back() == '\r') line.remove_suffix(1);
  return line;
}

void parse_header(std::string_view text, Header& header) {
  header.clear();
  std::vector<HeaderEntry>* block = nullptr;
  std::size_t offset = 0;
  for (std::size_t number = 1; offset < text.size() && !header.too_many; ++number) {
    std::string_view line = trim(next_line(text, offset));
    if (line.empty() || line.front() != '#') continue;
    line.remove_prefix(1);
    while (!line.empty() && is_space(line.front())) line.remove_prefix(1);
    if (take_procedure(line, header)) continue;
    if (is_marker(line, "Parameters")) {
      block = &header.parameters;
    } else if (is_marker(line, "Metadata")) {
      block = &header.metadata;
    } else if (is_marker(line, "Data")) {
      header.has_data_marker = true;
      header.data_offset = offset;
      header.data_line = number + 1;
      break;
    } else if (block != nullptr) {
      const std::size_t colon = line.find(':');
      if (colon == std::string_view::npos || colon == 0) continue;
      const std::string key = unescape(trim(line.substr(0, colon)), header.escaped);
      put(*block, key, unescape(trim(line.substr(colon + 1)), header.escaped));
      header.too_many = block->size() > header_entries_max;
    }
  }
  const std::string* start = header.parameter("Start time");
  if (start != nullptr && header.metadatum("Start time") == nullptr)
    put(header.metadata, "Start time", *start);
}

}  // namespace weir::segmentation
