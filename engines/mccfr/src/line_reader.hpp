// line_reader.hpp: lines out of bytes that come in pieces of any size; private to the program.
//
// Errors: bad_line for a line longer than `longest`; where: "line N", from 1.
// Memory: at most one line and one piece.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <weir/result.hpp>

namespace weir::mccfr {

class LineReader {
 public:
  static constexpr std::size_t longest = 1 << 16;  // bytes; a hand of hold'em has hundreds

  void add(std::string_view bytes) { text_.append(bytes); }
  /// The next whole line without its LF or CRLF; nothing while it has not come.
  Result<std::optional<std::string>> next() {
    const std::size_t end = text_.find('\n', at_);
    const std::size_t bytes = (end == std::string::npos ? text_.size() : end) - at_;
    if (bytes > longest)
      return Error{"bad_line", "is longer than 65,536 bytes", "line " + std::to_string(lines_ + 1)};
    if (end == std::string::npos) {
      text_.erase(0, at_);
      at_ = 0;
      return std::optional<std::string>();
    }
    std::string line = text_.substr(at_, bytes);
    at_ = end + 1;
    ++lines_;
    if (line.ends_with('\r')) line.pop_back();
    return std::optional<std::string>(std::move(line));
  }
  /// What came behind the last whole line.
  std::string_view rest() const noexcept { return std::string_view(text_).substr(at_); }
  std::uint64_t lines() const noexcept { return lines_; }

 private:
  std::string text_;
  std::size_t at_ = 0;
  std::uint64_t lines_ = 0;
};

}  // namespace weir::mccfr
