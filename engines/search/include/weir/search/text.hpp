// text.hpp: programs over people's data from examples: names, addresses, dates, times, numbers, codes.
//
// Shape:  what is searched is a list of branches of pieces: slices of an input between positions, dates, times and
//         numbers read and written anew, rounded or as ranges, constants; in the end a table of what was shown. The
//         cheapest explanation wins; unlabelled rows say which of several.
// Roles:  as Kernel says. Errors: "bad_task" for a task that is none of text, "infeasible" where two examples with the
//         same input have different outputs; `where` names both lines.
// Cost:   three rows of a short slice: about a millisecond in all; the median of people's tasks: 5 ms.
#pragma once

#include <memory>
#include <weir/result.hpp>
#include <weir/search/kernel.hpp>

namespace weir::search::text {

Result<std::unique_ptr<Kernel>> make_kernel(const Task& task, const KernelConfig& config);

}  // namespace weir::search::text
