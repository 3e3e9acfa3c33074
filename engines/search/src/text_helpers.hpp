// text_helpers.hpp: helper functions that generated programs carry along: only those used, in order of need.
#pragma once

#include <set>
#include <span>
#include <string>
#include <string_view>

namespace weir::search::text {

/// `needs` names others, separated by spaces; they come earlier in the table.
struct Helper {
  std::string_view name, needs, code;
};

class Helpers {
 public:
  explicit Helpers(std::span<const Helper> table) : table_(table) {}

  /// Marks it and what it needs; returns the name.
  std::string use(std::string_view name);
  /// The code of all that were marked, each line after `indent`.
  std::string code(std::string_view indent) const;

 private:
  std::span<const Helper> table_;
  std::set<std::string_view> used_;
};

/// "text" with what the language cannot take in a literal written as \uXXXX or \UXXXXXXXX (`braces`: \u{X}).
std::string quoted(std::u32string_view text, bool braces);

}  // namespace weir::search::text
