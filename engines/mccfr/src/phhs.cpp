#include <algorithm>
#include <weir/mccfr/phh.hpp>

namespace weir::mccfr {
namespace {

/// The name in a line `[NAME]`, with blanks or a remark behind it; empty: it is another line.
std::string_view section_name(std::string_view line) {
  const std::size_t close = line.find(']');
  if (!line.starts_with('[') || close == std::string_view::npos) return {};
  const std::string_view name = line.substr(1, close - 1);
  const std::size_t behind = line.find_first_not_of(" \t\r", close + 1);
  if (behind != std::string_view::npos && line[behind] != '#') return {};
  // Elements of an array have quotes or commas; a name has neither.
  return name.find_first_of("\"', \t[") == std::string_view::npos ? name : std::string_view{};
}

}  // namespace

std::vector<PhhSection> split_phhs(std::string_view text) {
  std::vector<PhhSection> sections{{{}, text, 1}};
  int line = 1;
  for (std::size_t begin = 0; begin < text.size(); ++line) {
    const std::size_t end = std::min(text.find('\n', begin), text.size());
    const std::size_t next = std::min(end + 1, text.size());
    const std::string_view name = section_name(text.substr(begin, end - begin));
    if (!name.empty()) {
      PhhSection& before = sections.back();
      before.text =
          before.text.substr(0, begin - static_cast<std::size_t>(before.text.data() - text.data()));
      sections.push_back({name, text.substr(next), line + 1});
    }
    begin = next;
  }
  // What stands before the first name is a hand only when there are no names.
  if (sections.size() > 1) sections.erase(sections.begin());
  return sections;
}

}  // namespace weir::mccfr
