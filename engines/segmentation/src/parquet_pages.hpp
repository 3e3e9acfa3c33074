// parquet_pages.hpp: what the bodies of a written page are made of; private to the writer.
//
// Shape: a Slice is the rows of one column in a row group, Facts what is known of all of them; the
// functions append to `out`.
// Roles: pure functions.
#pragma once

#include <bit>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <string>
#include <string_view>
#include <vector>
#include <weir/segmentation/table.hpp>

namespace weir::segmentation::format {

template <class T>
void append_le(std::string& out, T value) {
  static_assert(std::endian::native == std::endian::little,
                "the writer copies values as they lie in memory");
  char buffer[sizeof(T)];
  std::memcpy(buffer, &value, sizeof(T));
  out.append(buffer, sizeof(T));
}

/// Rows of one column to be written: rows first .. first+count-1.
struct Slice {
  const Column* column;
  std::size_t first;
  std::size_t count;
  std::size_t row(std::size_t k) const noexcept { return column->constant ? 0 : first + k; }
};

struct Facts {
  std::size_t nulls = 0;
  std::size_t nans = 0;
  std::size_t values = 0;  // that are no nulls
  std::size_t runs = 0;    // of equal values, nulls left out; where they are short at least so many
  bool runs_short = false;  // fewer than run_rows_min values a run
  bool has_range = false;   // the next two are known: of floats that are neither null nor NaN
  double low = 0, high = 0;
  bool single() const noexcept { return runs == 1 && nulls == 0; }
};

/// Whether two rows are the same value, floats by their bits.
bool same_entry(const Column& column, std::size_t a, std::size_t b) noexcept;
Facts facts_of(const Slice& slice);
/// Whether a dictionary says it shorter. Booleans have none.
bool wants_dictionary(const Slice& slice, const Facts& facts) noexcept;

/// Rows from `begin` on that mean the dictionary's entry `index`.
struct Run {
  std::size_t begin;
  std::uint32_t index;
};

/// Where the page that begins at `begin` ends, so that its values are a mebibyte or one value.
std::size_t page_end(const Slice& slice, std::size_t begin, bool dictionary);

/// One value, booleans as a byte, texts with their length before.
void append_value(std::string& out, const Column& column, std::size_t row);
/// The values of `slice`, a part of the rows of which `facts` speaks.
void append_plain(std::string& out, const Slice& slice, const Facts& facts);
/// `plain` (values of 8 bytes) as BYTE_STREAM_SPLIT has them: the first bytes of all values, then the second ones ...
void append_split(std::string& out, std::string_view plain);
/// Its definition levels as a v1 page has them: length, then runs of ones and zeros (bit width 1).
void append_levels(std::string& out, const Slice& slice, const Facts& facts);
/// The indices of the values of its rows begin .. end-1: width, then runs.
void append_indices(std::string& out, const Slice& slice, std::size_t begin, std::size_t end,
                    const std::vector<Run>& runs, std::uint32_t entries);

}  // namespace weir::segmentation::format
