#include "kernel_factory.hpp"

#include <algorithm>
#include <optional>
#include <weir/search/list_kernel.hpp>
#include <weir/search/sygus_kernel.hpp>
#include <weir/search/text.hpp>

namespace weir::search {

namespace {

/// JavaScript's numbers end before integers of 64 bits do.
std::optional<Error> beyond_javascript(const Request& request, const Task& task) {
  constexpr std::int64_t most = (std::int64_t{1} << 53) - 1;
  const auto& asked = request.languages;
  if (task.domain != Domain::text ||
      std::find(asked.begin(), asked.end(), Language::js) == asked.end())
    return {};
  for (std::size_t i = 0; i < task.examples.size(); ++i) {
    const std::optional<Value>& out = task.examples[i].out;
    const auto* const integer = out ? std::get_if<std::int64_t>(&*out) : nullptr;
    if (integer == nullptr || (*integer <= most && *integer >= -most)) continue;
    return Error{"unsupported",
                 name_of_example(task.examples, i) +
                     ": integers of outputs are within 2^53 in js; give it as a string",
                 place_of_example(task.examples, i)};
  }
  return {};
}

Result<std::unique_ptr<Kernel>> of_task(const Task& task, const KernelConfig& config) {
  return task.domain == Domain::list ? lists::make_kernel(task, config)
                                     : text::make_kernel(task, config);
}

Result<std::unique_ptr<Kernel>> of_sygus(const SygusText& sygus, const KernelConfig& config) {
  auto problem = sygus::read_problem(sygus.text);
  if (!problem) return problem.error();
  return sygus::make_kernel(problem.value(), config);
}

}  // namespace

Result<std::unique_ptr<Kernel>> make_kernel(Request& request, const KernelConfig& config) {
  if (const auto* const task = std::get_if<Task>(&request.what)) {
    if (auto beyond = beyond_javascript(request, *task)) return *std::move(beyond);
    return of_task(*task, config);
  }
  if (const auto* const sygus = std::get_if<SygusText>(&request.what))
    return of_sygus(*sygus, config);
  if (const auto* const move = std::get_if<games::MoveTask>(&request.what))
    return games::make_kernel(*move, config);
  auto& kernel = std::get<std::unique_ptr<Kernel>>(request.what);
  if (kernel == nullptr) return Error{"bad_task", "the request has no kernel", ""};
  return std::move(kernel);
}

}  // namespace weir::search
