// kernel_factory.hpp: the kernel that a request needs; private to the engine.
//
// Errors: those of the domain's reader and maker: "infeasible" is a reply of its own, anything else is an error.
#pragma once

#include <memory>
#include <weir/result.hpp>
#include <weir/search/request.hpp>

namespace weir::search {

Result<std::unique_ptr<Kernel>> make_kernel(Request& request, const KernelConfig& config);

}  // namespace weir::search
