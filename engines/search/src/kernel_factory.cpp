#include "kernel_factory.hpp"

namespace weir::search {

Result<std::unique_ptr<Kernel>> make_kernel(Request& request, const KernelConfig&) {
  if (auto* const kernel = std::get_if<std::unique_ptr<Kernel>>(&request.what))
    return std::move(*kernel);
  return Error{"bad_task", "no kernel", ""};
}

}  // namespace weir::search
