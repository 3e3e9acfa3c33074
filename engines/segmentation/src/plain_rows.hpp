// plain_rows.hpp: rows of plain numbers, read without finding fields and lines first; private.
//
// Shape     a row is as many numbers as there are columns, commas between, LF or CRLF behind; a number is "nan" or
//           [-]digits[.digits][e[+-]digits]. A row that has anything else ends the reading in front of itself.
// Values    those of read_short_number().
// Roles     pure.
// Cost      reads eight digits at once, and at most plain_slack bytes beyond a field, so the last rows of a text are
//           left to others.
// Source    D. Lemire, Number parsing at a gigabyte per second, SPE 2021: eight digits by three multiplications.
#pragma once

#include <cstddef>
#include <span>

namespace weir::segmentation {

inline constexpr std::size_t plain_slack = 64;

struct PlainRows {
  const char* stop;      // the first byte of the first row that was not read
  std::size_t rows = 0;  // that were
};

/// Reads up to `rows_max` rows that begin at `at`; value k of row r goes to columns[k][r].
PlainRows read_plain_rows(const char* at, const char* end, std::span<double* const> columns,
                          std::size_t rows_max) noexcept;

}  // namespace weir::segmentation
