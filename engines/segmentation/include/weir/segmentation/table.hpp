// table.hpp: columns of values in memory, as the CSV reader fills them and Parquet stores them.
//
// Shape: a Column holds one entry a row, or one entry for all rows (`constant`); entries may be
// null. Roles: one thread at a time. Memory: clear() keeps the storage, so a reused table stops
// allocating.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

namespace weir::segmentation {

enum class ColumnType : std::uint8_t { float64, int64, int32, boolean, text, timestamp_us };
std::string_view to_string(ColumnType type) noexcept;

struct Column {
  std::string name;
  ColumnType type = ColumnType::float64;
  bool constant = false;       // one entry stands for every row
  std::vector<double> floats;  // float64
  std::vector<std::int64_t>
      integers;  // int64, int32, boolean (0, 1), timestamp_us (microseconds, UTC)
  std::vector<std::uint32_t> ends;  // text: where each entry ends in `bytes`
  std::string bytes;                // text, UTF-8
  std::vector<std::uint8_t> valid;  // empty: no nulls; else 1 or 0 an entry

  std::size_t entries() const noexcept;
  bool is_null(std::size_t row) const noexcept {
    return !valid.empty() && valid[constant ? 0 : row] == 0;
  }
  double number(std::size_t row) const noexcept;  // float64 as it is, integers converted; text: NaN
  std::int64_t integer(std::size_t row) const noexcept { return integers[constant ? 0 : row]; }
  std::string_view text(std::size_t row) const noexcept;

  void add(double value) {
    mark_valid();
    floats.push_back(value);
  }
  void add(std::int64_t value);
  void add(std::string_view value);
  void add_null();
  void clear(std::string_view new_name, ColumnType new_type, bool is_constant = false);

 private:
  void mark_valid() {
    if (!valid.empty()) valid.push_back(1);
  }
};

class Table {
 public:
  std::size_t rows = 0;

  std::size_t size() const noexcept { return used_; }
  Column& operator[](std::size_t index) noexcept { return *columns_[index]; }
  const Column& operator[](std::size_t index) const noexcept { return *columns_[index]; }
  /// Appends an empty column. References to columns stay good until they are removed or the table
  /// is cleared.
  Column& add(std::string_view name, ColumnType type, bool constant = false);
  /// The column of that name; null when there is none.
  const Column* find(std::string_view name) const noexcept;
  /// Takes the column out; false when there is none.
  bool remove(std::string_view name) noexcept;
  void clear() noexcept {
    used_ = 0;
    rows = 0;
  }

 private:
  std::vector<std::unique_ptr<Column>>
      columns_;  // the first used_ are in use; the others keep their storage
  std::size_t used_ = 0;
};

}  // namespace weir::segmentation
