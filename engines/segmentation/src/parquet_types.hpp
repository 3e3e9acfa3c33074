// parquet_types.hpp: what a column's values mean: from the physical values that pages hold to those
// of a Table, and to text; private to the engine.
//
// Read: whole numbers, instants of milliseconds as microseconds, FLOAT16 as numbers; what a 64-bit
// integer or a double cannot hold as text: decimals, UINT_64, UUIDs. A logical type that is not
// known, or does not go with its column's type, is left aside.
// Roles: pure functions.
// Source: LogicalTypes.md of apache/parquet-format.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <weir/segmentation/table.hpp>

#include "parquet_codecs.hpp"
#include "parquet_footer.hpp"

namespace weir::segmentation::format {

/// The type of the values as pages hold them, and of the table's column.
ColumnType physical_type(const Leaf& leaf) noexcept;
ColumnType column_type(const Leaf& leaf) noexcept;
/// Whether convert() changes anything.
bool is_converted(const Leaf& leaf) noexcept;
/// An upper bound of the text that convert() makes of one value; 0 where it makes none.
std::size_t converted_text_max(const Leaf& leaf) noexcept;
/// Appends to `to`, a column of column_type(), what the values of `from` mean.
Fault convert(const Leaf& leaf, const Column& from, Column& to);

Temporal temporal(const Leaf& leaf) noexcept;
/// "STRING", "TIMESTAMP(us, UTC)", "DECIMAL(9, 2)"; empty: none.
std::string logical_text(const Leaf& leaf);

/// A value of a table's column as people write it: instants by the calendar, bytes that are no UTF-8
/// in hexadecimal.
std::string value_text(const Column& column, std::size_t row, Temporal temporal, bool utc);
/// A minimum or maximum of the statistics; empty where it is not one.
std::string bound_text(const Leaf& leaf, std::string_view stored);
/// Whether the bound `a` is less than `b`, in the order of the column's type.
bool bound_less(const Leaf& leaf, std::string_view a, std::string_view b);

}  // namespace weir::segmentation::format
