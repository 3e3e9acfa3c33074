// csv.hpp: the data table of a PyMeasure CSV, typed and strict: what is not a number where one
// belongs is a reject.
//
// Shape: a line of column names, then rows of as many fields; CRLF or LF; '#' begins a comment;
// blank lines are skipped. Types: the specification's, else float64 for columns whose first value
// is a number, else text. "nan" is a NaN, an empty field a null. Roles: pure, any thread. Cost: one
// pass, 540 to 650 MB/s on one core.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>
#include <weir/segmentation/procedures.hpp>
#include <weir/segmentation/table.hpp>

namespace weir::segmentation {

/// Why a file is not staged. The words are those of the journal and of `rejects` in --json.
enum class Reason : std::uint8_t {
  empty_file,
  no_procedure,
  no_data_marker,
  no_columns,
  unknown_columns,
  empty_table,
  bad_encoding,
  nul_bytes,
  text_in_data,
  ragged_columns,
  unreadable,
  changed_while_read,
  too_large,
};
inline constexpr std::size_t reason_count = 13;
std::string_view to_string(Reason reason) noexcept;
std::optional<Reason> reason_from(std::string_view word) noexcept;

struct Reject {
  Reason reason = Reason::unreadable;
  std::string what;        // a sentence
  std::uint64_t line = 0;  // 1-based; 0: the file as a whole
  std::uint64_t byte = 0;  // offset in the file
};

/// What the reader found odd and mended; each is named in the journal.
struct CsvNotes {
  bool cut_last_line = false;          // the last line had no end and could not be read: left out
  bool no_final_newline = false;       // the last line had no end and was read
  std::vector<std::string> converted;  // columns whose numbers were in another unit
  std::vector<std::string> repeated;  // names of more than one column, which got names of their own
};

/// Reads `text` from byte `offset`, line `line` on, into `table` (cleared first). Empty: it worked.
std::optional<Reject> parse_csv(std::string_view text, std::size_t offset, std::size_t line,
                                const ProcedureSpec& spec, bool only_spec_columns, Table& table,
                                CsvNotes& notes);

}  // namespace weir::segmentation
