// text_sheet.hpp: what a search looks at: the rows of a request, and the looks of texts.
//
// Shape:  rows [0, shown()) have outputs, the others are unlabelled. The look of a text is its classes of characters,
//         runs put together: "Aa9-" has upper-case, lower-case, digits, a dash. A number is one run of digits.
#pragma once

#include <vector>

#include "text_program.hpp"

namespace weir::search::text {

struct Sheet {
  std::vector<Row> rows;
  std::vector<Str> outs;
  std::vector<Row> blanks;  // rows of spaces alone that are shown to give nothing

  std::size_t shown() const noexcept { return outs.size(); }
  std::size_t inputs() const noexcept { return rows.empty() ? 0 : rows[0].size(); }
};

/// What a candidate on the shown rows costs: one a row, and one more for each 64 characters.
std::uint64_t weight_of(const Sheet& sheet) noexcept;

Str look_of(View text);
/// As look_of, digits and capitals kept one by one: "Aa99".
Str close_look_of(View text);

/// How far texts of unlabelled rows look unlike the shown ones: 0 where all look the same, 1 where none does.
class Looks {
 public:
  void show(View text);
  double strangeness(View text) const;

 private:
  std::vector<Str> coarse_, close_;
  int times_ = 0;
};

}  // namespace weir::search::text
