// csv_text.hpp: a CSV table, cell by cell; private.
//
// Shape: numbers as Python prints them; an empty cell is a value that does not exist. Roles: one
// thread.
#pragma once

#include <cmath>
#include <cstdint>
#include <initializer_list>
#include <optional>
#include <string>
#include <string_view>
#include <weir/segmentation/text.hpp>

namespace weir::segmentation {

class CsvText {
 public:
  explicit CsvText(std::initializer_list<std::string_view> names) {
    for (const std::string_view name : names) text(name);
  }
  CsvText& text(std::string_view words) {
    if (!first_) out_ += ',';
    first_ = false;
    out_ += words;
    return *this;
  }
  CsvText& number(double value) { return text(std::isfinite(value) ? python_repr(value) : ""); }
  CsvText& number(const std::optional<double>& value) {
    return value ? number(*value) : text(std::string_view());
  }
  CsvText& count(std::uint64_t value) { return text(std::to_string(value)); }
  void end_row() {
    out_ += '\n';
    first_ = true;
  }
  std::string take() { return std::move(out_); }

 private:
  std::string out_;
  bool first_ = true;
};

}  // namespace weir::segmentation
