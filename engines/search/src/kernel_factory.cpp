#include "kernel_factory.hpp"

#include <weir/search/list_kernel.hpp>
#include <weir/search/sygus_kernel.hpp>
#include <weir/search/text.hpp>

namespace weir::search {

namespace {

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
  if (const auto* const task = std::get_if<Task>(&request.what)) return of_task(*task, config);
  if (const auto* const sygus = std::get_if<SygusText>(&request.what))
    return of_sygus(*sygus, config);
  if (const auto* const move = std::get_if<games::MoveTask>(&request.what))
    return games::make_kernel(*move, config);
  auto& kernel = std::get<std::unique_ptr<Kernel>>(request.what);
  if (kernel == nullptr) return Error{"bad_task", "the request has no kernel", ""};
  return std::move(kernel);
}

}  // namespace weir::search
