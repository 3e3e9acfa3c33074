// csv_task.hpp: a task written as CSV; private to the program.
//
// Shape:  a header, then rows; the last column is the output: empty and unquoted it is unlabelled, `""` is an empty
//         text. Fields are quoted as RFC 4180 has it; lines end with LF or CRLF.
// Errors: "bad_csv" with line and column of the fault.
#pragma once

#include <string_view>
#include <weir/result.hpp>
#include <weir/search/task.hpp>

namespace weir::search::program {

Result<Task> read_csv_task(std::string_view text);

}  // namespace weir::search::program
