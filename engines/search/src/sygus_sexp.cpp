#include "sygus_sexp.hpp"

#include <algorithm>
#include <map>

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
    if (text_.starts_with("\xef\xbb\xbf")) at_ = 3;
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

/// Puts what is bound where its names stand.
class LetReader {
 public:
  Result<Sexp> read(const Sexp& term) {
    Sexp made;
    if (!expand(term, {}, 1, made)) return error_;
    return made;
  }

 private:
  struct Scope {
    const Scope* outer = nullptr;
    std::map<std::string_view, Sexp> bound;

    const Sexp* find(std::string_view name) const {
      const auto at = bound.find(name);
      return at != bound.end() ? &at->second : outer != nullptr ? outer->find(name) : nullptr;
    }
  };

  bool fail(const Sexp& at, const char* what) {
    error_ = Error{"bad_sygus", what, at.where()};
    return false;
  }

  struct Size {
    std::size_t nodes = 1, depth = 1;
  };
  static Size size_of(const Sexp& term) {
    Size all;
    for (const Sexp& item : term.items) {
      const Size one = size_of(item);
      all.nodes += one.nodes;
      all.depth = std::max(all.depth, one.depth + 1);
    }
    return all;
  }

  bool expand(const Sexp& term, const Scope& scope, std::size_t depth, Sexp& made) {
    if (term.head() == "let") return expand_let(term, scope, depth, made);
    const Sexp* const bound = term.kind == Sexp::Kind::atom ? scope.find(term.atom) : nullptr;
    const Size size = bound == nullptr ? Size() : size_of(*bound);
    nodes_ += size.nodes;
    if (depth + size.depth > depth_max) return fail(term, "nested too deeply without its lets");
    if (nodes_ > nodes_max) return fail(term, "a term that is too large without its lets");
    if (bound != nullptr) {
      made = *bound;
      return true;
    }
    made.kind = term.kind, made.line = term.line, made.column = term.column, made.atom = term.atom;
    made.items.resize(term.items.size());
    for (std::size_t i = 0; i < made.items.size(); ++i) {
      const bool applied = i == 0 && term.items[0].kind == Sexp::Kind::atom;
      if (applied) {
        made.items[0] = term.items[0];
      } else if (!expand(term.items[i], scope, depth + 1, made.items[i])) {
        return false;
      }
    }
    return true;
  }

  bool expand_let(const Sexp& term, const Scope& scope, std::size_t depth, Sexp& made) {
    if (term.items.size() != 3 || !term.items[1].list())
      return fail(term, "(let ((NAME TERM)..) TERM)");
    Scope inner{&scope, {}};
    for (const Sexp& one : term.items[1].items) {
      if (!one.list() || one.items.size() != 2 || one.items[0].kind != Sexp::Kind::atom)
        return fail(one, "what a let binds is (NAME TERM)");
      Sexp value;
      if (!expand(one.items[1], scope, depth + 1, value)) return false;
      inner.bound[one.items[0].atom] = std::move(value);
    }
    return expand(term.items[2], inner, depth + 1, made);
  }

  static constexpr std::size_t nodes_max = 100'000;
  std::size_t nodes_ = 0;
  Error error_;
};

}  // namespace

std::string spelled(const Sexp& node) {
  constexpr std::size_t bytes_max = 60;
  std::string text(node.kind == Sexp::Kind::text ? "\"" : "");
  text += node.kind == Sexp::Kind::list ? "(" : std::string(node.atom);
  for (const Sexp& item : node.items) {
    if (text.size() > bytes_max) break;
    text += (text.size() > 1 ? " " : "") + spelled(item);
  }
  if (text.size() > bytes_max) {
    std::size_t end = bytes_max;
    while (end > 0 && (text[end] & 0xc0) == 0x80) --end;  // not within a character
    return text.substr(0, end) + "..";
  }
  return text + (node.kind == Sexp::Kind::list ? ")" : node.kind == Sexp::Kind::text ? "\"" : "");
}

bool has_let(const Sexp& term) {
  return term.head() == "let" || std::any_of(term.items.begin(), term.items.end(), has_let);
}

Result<Sexp> without_lets(const Sexp& term) { return LetReader().read(term); }

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
