// fuzz.hpp: what the fuzz targets share: properties that must hold, the memory that a call takes, bytes as choices.
// Roles: one thread, as libFuzzer calls a target.
#pragma once

#include <sanitizer/allocator_interface.h>
#include <sanitizer/common_interface_defs.h>

#include <algorithm>
#include <bit>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <string_view>
#include <weir/result.hpp>
#include <weir/segmentation/table.hpp>

namespace fuzz {

/// Ends the run with `what` when it does not hold: libFuzzer keeps the input.
inline void require(bool holds, const char* what) {
  if (holds) return;
  std::fprintf(stderr, "does not hold: %s\n", what);
  __sanitizer_print_stack_trace();
  std::abort();
}

inline void require_reason(const weir::Error& error) {
  require(!error.code.empty() && !error.what.empty(), "a refusal has a code and a sentence");
}

/// Whether it was read; where not, that it was refused with a reason.
template <class T>
bool read_or_reason(const weir::Result<T>& result) {
  if (!result) require_reason(result.error());
  return result.ok();
}

inline std::string_view text_of(const std::uint8_t* data, std::size_t size) {
  return {reinterpret_cast<const char*>(data), size};
}

/// The most bytes that this thread held at once since the meter was made, above what it held then.
class MemoryMeter {
 public:
  MemoryMeter() {
    static const bool installed =
        __sanitizer_install_malloc_and_free_hooks(&on_malloc, &on_free) != 0;
    require(installed, "the allocator takes hooks");
    held_ = most_ = 0;
  }
  std::uint64_t most() const { return static_cast<std::uint64_t>(most_); }
  void require_below(std::uint64_t bytes) const {
    if (most() > bytes)
      std::fprintf(stderr, "held %zu bytes, allowed are %zu\n", std::size_t{most()},
                   std::size_t{bytes});
    require(most() <= bytes, "the memory taken is within the limit");
  }

 private:
  static void on_malloc(const volatile void*, std::size_t size) {
    held_ += static_cast<std::int64_t>(size);
    most_ = std::max(most_, held_);
  }
  static void on_free(const volatile void* block) {
    held_ -= static_cast<std::int64_t>(__sanitizer_get_allocated_size(block));
  }
  static inline thread_local std::int64_t held_ = 0;
  static inline thread_local std::int64_t most_ = 0;
};

/// Bytes taken from the front of an input as choices; zeros when there are none left.
class Choices {
 public:
  explicit Choices(std::string_view bytes) : rest_(bytes) {}
  bool empty() const { return rest_.empty(); }
  std::size_t size() const { return rest_.size(); }
  std::uint8_t byte() { return number<std::uint8_t>(); }
  bool flag() { return (byte() & 1) != 0; }
  /// A number below `end`.
  std::size_t below(std::size_t end) {
    return end <= 256 ? byte() % end : number<std::uint32_t>() % end;
  }
  template <class T>
  T number() {
    T value{};
    const std::string_view bytes = take(sizeof(T));
    std::memcpy(&value, bytes.data(), bytes.size());
    return value;
  }
  /// At most `size` bytes.
  std::string_view take(std::size_t size) {
    const std::string_view bytes = rest_.substr(0, size);
    rest_.remove_prefix(bytes.size());
    return bytes;
  }

 private:
  std::string_view rest_;
};

/// Equal, a NaN to any NaN.
inline bool same_number(double a, double b) {
  return std::isnan(a) ? std::isnan(b)
                       : std::bit_cast<std::uint64_t>(a) == std::bit_cast<std::uint64_t>(b);
}

inline bool same_cell(const weir::segmentation::Column& a, std::size_t i,
                      const weir::segmentation::Column& b, std::size_t k) {
  using weir::segmentation::ColumnType;
  if (a.is_null(i) || b.is_null(k)) return a.is_null(i) && b.is_null(k);
  switch (a.type) {
    case ColumnType::float64:
      return same_number(a.number(i), b.number(k));
    case ColumnType::text:
      return a.text(i) == b.text(k);
    default:
      return a.integer(i) == b.integer(k);
  }
}

/// Requires that `b` has the columns of `a`, and its rows from `first` on.
inline void require_rows(const weir::segmentation::Table& a, const weir::segmentation::Table& b,
                         std::size_t first = 0) {
  require(a.size() == b.size(), "tables have the same number of columns");
  require(first + b.rows <= a.rows, "tables have the same rows");
  for (std::size_t c = 0; c < a.size(); ++c) {
    require(a[c].name == b[c].name && a[c].type == b[c].type,
            "columns have the same names and types");
    for (std::size_t row = 0; row < b.rows; ++row)
      require(same_cell(a[c], first + row, b[c], row), "cells have the same values");
  }
}
inline void require_same(const weir::segmentation::Table& a, const weir::segmentation::Table& b) {
  require(a.rows == b.rows, "tables have the same number of rows");
  require_rows(a, b);
}

}  // namespace fuzz
