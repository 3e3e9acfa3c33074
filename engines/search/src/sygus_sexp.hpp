// sygus_sexp.hpp: S-expressions with the places where they stand.
//
// Errors: bad_sygus, where = "LINE:COLUMN": brackets that do not match, text that is not UTF-8 or does not end, nesting
//         deeper than depth_max.
// Memory: nodes refer to the text that was read; it outlives them.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>
#include <weir/result.hpp>

namespace weir::search::sygus {

inline constexpr std::uint32_t depth_max = 600;

struct Sexp {
  enum class Kind : std::uint8_t { atom, text, list };

  Kind kind = Kind::atom;
  std::uint32_t line = 0, column = 0;
  std::string_view
      atom;  // of an atom as written; of text what stands between the quotes, as written
  std::vector<Sexp> items;

  bool is(std::string_view word) const noexcept { return kind == Kind::atom && atom == word; }
  bool list() const noexcept { return kind == Kind::list; }
  /// The word that a list begins with, or nothing.
  std::string_view head() const noexcept {
    return list() && !items.empty() && items[0].kind == Kind::atom ? items[0].atom
                                                                   : std::string_view();
  }
  std::string where() const { return std::to_string(line) + ":" + std::to_string(column); }
};

/// As it is written, but for its spaces, and cut short.
std::string spelled(const Sexp& node);

bool has_let(const Sexp& term);
/// The term with what `let` binds in it put where its names stand. bad_sygus: a let of another shape, more than
/// 100,000 nodes, or nesting deeper than depth_max.
Result<Sexp> without_lets(const Sexp& term);

/// All that stands in a text, in order; a byte order mark before it is passed over.
Result<std::vector<Sexp>> read_sexps(std::string_view text);

/// What a text literal stands for: doubled quotes are one.
std::string unquoted(std::string_view between);

}  // namespace weir::search::sygus
