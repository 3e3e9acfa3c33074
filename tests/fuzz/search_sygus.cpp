// search_sygus.cpp: fuzzes SyGuS files and answers to them: any text is refused with a place, or a problem whose search
// ends within its bounds and whose answers its own check calls right. A 0 byte ends the file and begins an answer.
#include <weir/search/sygus_check.hpp>
#include <weir/search/sygus_kernel.hpp>

#include "fuzz.hpp"

namespace {

using namespace weir::search;
using fuzz::require;

constexpr std::size_t search_bytes_max = std::size_t{24} << 20;
constexpr std::uint32_t simulations = 6;

void search(const sygus::Problem& problem) {
  KernelConfig config;
  config.memory_bytes_max = search_bytes_max;
  auto kernel = sygus::make_kernel(problem, config);
  if (!kernel) return fuzz::require_reason(kernel.error());
  (void)kernel.value()->turn(simulations);
  constexpr Language languages[] = {Language::sygus, Language::python, Language::cpp, Language::js};
  const Answer answer = kernel.value()->best(3, languages);
  require(answer.found == Found::nothing || !answer.programs.empty(), "what was found can be had");
  if (answer.found < Found::full) return;
  for (const Program& program : answer.programs) {
    require(!program.text.empty() && program.text[0].first == Language::sygus,
            "a program is written");
    auto checked = sygus::check(problem, program.text[0].second);
    require(checked.ok() && checked.value().right, "an answer is right");
    require(checked.value().size == program.size, "and as large as it says");
  }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view text = fuzz::text_of(data, size);
  const std::size_t end = text.find('\0');
  auto problem = sygus::read_problem(text.substr(0, end));
  if (!problem) {
    fuzz::require_reason(problem.error());
    require(!problem.error().where.empty() || problem.error().code == "infeasible",
            "a refusal has a place");
    return 0;
  }
  if (end != std::string_view::npos) {
    auto checked = sygus::check(problem.value(), text.substr(end + 1));
    if (!checked) fuzz::require_reason(checked.error());
    if (checked && !checked.value().right)
      require(!checked.value().why.empty(), "a wrong answer has a reason");
  }
  if (size < 2048) search(problem.value());
  return 0;
}
