// journal.cpp: fuzzes the lines of a journal: any text is refused with a reason, or is a record that, written, reads
// the same; and a line that was written is refused once a byte of it is another.
#include <algorithm>
#include <string>
#include <string_view>
#include <weir/segmentation/journal.hpp>

#include "fuzz.hpp"

namespace {

using namespace weir::segmentation;
using fuzz::require;

/// Of the line without its end.
std::string_view body(const std::string& line) {
  return std::string_view(line).substr(0, line.size() - 1);
}

/// Written, it reads the same; stored, it comes back.
std::string check_record(const Record& record) {
  const std::string line = to_json_line(record);
  require(!line.empty() && line.find('\n') == line.size() - 1, "a record is one line");
  const auto again = from_json_line(body(line));
  require(again.ok(), "what was written is a record");
  require(to_json_line(again.value()) == line, "and the same one");
  RecordStore store;
  store.put(store.pack(again.value()));
  const auto found = store.find(again.value().path);
  require(found.has_value() && to_json_line(*found) == line, "the store gives it back");
  return line;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  fuzz::Choices choices(fuzz::text_of(data, size));
  const std::size_t at = choices.number<std::uint32_t>();
  const std::uint8_t bits = choices.byte();
  const std::string_view text = choices.take(choices.size());
  for (std::string_view rest = text; !rest.empty();) {
    const std::size_t end = std::min(rest.find('\n'), rest.size());
    const auto read = from_json_line(rest.substr(0, end));
    if (fuzz::read_or_reason(read)) {
      std::string line = check_record(read.value());
      line.pop_back();
      if (bits != 0) {
        line[at % line.size()] = static_cast<char>(line[at % line.size()] ^ bits);
        require(!from_json_line(line).ok(), "a line with another byte is no record");
      }
    }
    rest.remove_prefix(std::min(end + 1, rest.size()));
  }
  return 0;
}
