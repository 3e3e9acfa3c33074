#include "kernel_factory.hpp"

#include <weir/search/list_kernel.hpp>
#include <weir/search/text.hpp>

namespace weir::search {

namespace {

Result<std::unique_ptr<Kernel>> of_task(const Task& task, const KernelConfig& config) {
  return task.domain == Domain::list ? lists::make_kernel(task, config)
                                     : text::make_kernel(task, config);
}

}  // namespace

Result<std::unique_ptr<Kernel>> make_kernel(Request& request, const KernelConfig& config) {
  if (auto* const kernel = std::get_if<std::unique_ptr<Kernel>>(&request.what))
    return std::move(*kernel);
  if (const auto* const task = std::get_if<Task>(&request.what)) return of_task(*task, config);
  return Error{"bad_task", "no kernel", ""};
}

}  // namespace weir::search
