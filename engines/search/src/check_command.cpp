// weir-search check: is an answer a term of the file's grammar, and right on every example?
#include <cstdio>
#include <weir/search/sygus_check.hpp>

#include "commands.hpp"

namespace weir::search::program {

namespace {

constexpr std::size_t file_bytes_max = std::size_t{64} << 20;

Error placed(Error error, const std::string& file) {
  error.where = error.where.empty() ? file : file + ":" + error.where;
  return error;
}

}  // namespace

void check_command(const Options& options, Findings& findings) {
  auto text = read_input(options.input, file_bytes_max);
  if (!text) return fail(findings, text.error());
  auto answer = read_input(options.answer, file_bytes_max);
  if (!answer) return fail(findings, answer.error());
  auto problem = sygus::read_problem(text.value());
  if (!problem) return fail(findings, placed(problem.error(), options.input));
  auto checked = sygus::check(problem.value(), answer.value());
  if (!checked) return fail(findings, placed(checked.error(), options.answer));
  const sygus::CheckResult& result = checked.value();
  findings.members["right"] = result.right;
  findings.members["size"] = result.size;
  findings.members["examples_passed"] = result.passed;
  findings.members["examples_total"] = problem.value().examples.size();
  if (!result.right) {
    if (!result.place.empty())
      return fail(findings, placed({"wrong", result.why, result.place}, options.answer));
    return fail(findings,
                placed({"wrong", result.why, std::to_string(result.line)}, options.input));
  }
  findings.text = "right: size " + std::to_string(result.size) + "\n";
}

}  // namespace weir::search::program
