// sygus_check.hpp: whether an answer is a term of the grammar and right on every example.
//
// Roles:  pure, any thread. Shares no evaluation with the search.
// Errors: bad_answer, where = "LINE:COLUMN": what is no (define-fun NAME ((ARG SORT)..) SORT TERM), or a list of one.
#pragma once

#include <string>
#include <string_view>
#include <weir/search/sygus_problem.hpp>

namespace weir::search::sygus {

struct CheckResult {
  bool right = false;
  std::uint32_t size = 0;    // operators, constants and variables
  std::uint32_t passed = 0;  // examples
  std::uint32_t line = 0;    // of the first constraint that fails
  std::string why;           // where not right: what is wrong, with line, inputs, expected and got
  std::string place;         // LINE:COLUMN of the answer, where its term is what is wrong
};

Result<CheckResult> check(const Problem& problem, std::string_view answer);

}  // namespace weir::search::sygus
