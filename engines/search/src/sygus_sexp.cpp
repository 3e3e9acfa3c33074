#include "sygus_sexp.hpp"

namespace weir::search::sygus {
namespace {

/// Bytes of the code point that begins here; 0: not UTF-8.
std::size_t code_point_bytes(std::string_view text) noexcept {
  const auto byte = [&](std::size_t i) { return static_cast<unsigned char>(text[i]); };
  const unsigned char first = byte(0);
  if (first < 0x80) return 1;
  const std::size_t bytes = first >= 0xf0 && first <= 0xf4 ? 4
                            : first >= 0xe0                ? 3
                            : first >= 0xc2                ? 2
                                                           : 0;
  if (bytes == 0 || first > 0xf4 || text.size() < bytes) return 0;
  for (std::size_t i = 1; i < bytes; ++i) {
    if ((byte(i) & 0xc0) != 0x80) return 0;
  }
  if ((first == 0xe0 && byte(1) < 0xa0) || (first == 0xed && byte(1) > 0x9f)) return 0;
  if ((first == 0xf0 && byte(1) < 0x90) || (first == 0xf4 && byte(1) > 0x8f)) return 0;
  return bytes;
}

class SexpReader {
 public:
  explicit SexpReader(std::string_view text) : text_(text) {}

  Result<std::vector<Sexp>> read() {
    while (at_ < text_.size()) {
      if (!step()) return error_;
    }
    if (!open_.empty()) {
      return Error{"bad_sygus", "a bracket is not closed", open_.back().where()};
    }
    return std::move(done_);
  }

 private:
  bool fail(const char* what) {
    error_ = Error{"bad_sygus", what, std::to_string(line_) + ":" + std::to_string(column_)};
    return false;
  }

  /// Past one code point.
  bool advance() {
    const std::size_t bytes = code_point_bytes(text_.substr(at_));
    if (bytes == 0) return fail("this is not UTF-8");
    column_ += 1;
    if (text_[at_] == '\n') {
      line_ += 1;
      column_ = 1;
    }
    at_ += bytes;
    return true;
  }

  bool until(char end) {
    while (at_ < text_.size() && text_[at_] != end) {
      if (!advance()) return false;
    }
    return at_ < text_.size() || end == '\n' || fail("the file ends inside of a literal");
  }

  Sexp here(Sexp::Kind kind) const {
    Sexp node;
    node.kind = kind;
    node.line = line_;
    node.column = column_;
    return node;
  }

  void put(Sexp node) { (open_.empty() ? done_ : open_.back().items).push_back(std::move(node)); }

  bool step() {
    const char c = text_[at_];
    if (c == ' ' || c == '\t' || c == '\r' || c == '\n') return advance();
    if (c == ';') return until('\n');
    if (c == '(') {
      if (open_.size() >= depth_max) return fail("nested too deeply");
      open_.push_back(here(Sexp::Kind::list));
      return advance();
    }
    if (c == ')') {
      if (open_.empty()) return fail("a bracket closes that was not opened");
      Sexp closed = std::move(open_.back());
      open_.pop_back();
      put(std::move(closed));
      return advance();
    }
    if (c == '"') return quoted();
    if (c == '|') return symbol();
    return word();
  }

  bool quoted() {
    Sexp node = here(Sexp::Kind::text);
    const std::size_t begin = at_ + 1;
    do {
      if (!advance() || !until('"')) return false;
      node.atom = text_.substr(begin, at_ - begin);
      if (!advance()) return false;
    } while (at_ < text_.size() && text_[at_] == '"');
    put(std::move(node));
    return true;
  }

  bool symbol() {
    Sexp node = here(Sexp::Kind::atom);
    const std::size_t begin = at_ + 1;
    if (!advance() || !until('|')) return false;
    node.atom = text_.substr(begin, at_ - begin);
    put(std::move(node));
    return advance();
  }

  bool word() {
    Sexp node = here(Sexp::Kind::atom);
    const std::size_t begin = at_;
    while (at_ < text_.size() &&
           std::string_view(" \t\r\n();\"|").find(text_[at_]) == std::string_view::npos) {
      if (static_cast<unsigned char>(text_[at_]) < 0x20) return fail("a control character");
      if (!advance()) return false;
    }
    node.atom = text_.substr(begin, at_ - begin);
    put(std::move(node));
    return true;
  }

  std::string_view text_;
  std::size_t at_ = 0;
  std::uint32_t line_ = 1, column_ = 1;
  std::vector<Sexp> open_, done_;
  Error error_;
};

}  // namespace

Result<std::vector<Sexp>> read_sexps(std::string_view text) { return SexpReader(text).read(); }

std::string unquoted(std::string_view between) {
  std::string text;
  text.reserve(between.size());
  for (std::size_t i = 0; i < between.size(); ++i) {
    text += between[i];
    if (between[i] == '"') ++i;
  }
  return text;
}

}  // namespace weir::search::sygus
