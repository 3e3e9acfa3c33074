// list_kernel.hpp: the list domain's kernel: programs of the DeepCoder language, the likeliest lines first.
//
// Shape:  a simulation is a block of about 12,000 programs (of one node more at most); fewer where lists are long,
//         examples many, or many values judged. Up to 32 examples are searched with, and all of more checked:
//         `smallest` is then not said.
// Order:  sets of lines are taken in rounds of growing bounds on their bits: how likely a line is by what its value has
//         in common with the outputs, and after apply() by its call too (34 probabilities, functions of
//         list_language.hpp). A program so found is `full` until the shorter ones are excluded, then `smallest`. Not
//         `taught`: by number of calls, or with hints by their functions, until apply().
// Errors: bad_task (kinds, range, lengths, no labelled example; `where` the line of the row), infeasible (two rows of
//         the same inputs and other outputs; both lines are named).
// Memory: a few MiB; of long lists at most the config's.
// Cost:   30-120 million programs a second on one core of a 2.6 GHz server: the median of random tasks of 3, 4, 5 calls
//         (list_tasks.hpp) takes 0.07, 0.4, 4 ms, the worst of 200 takes 1, 7, 110 ms, without a prior.
#pragma once

#include <memory>
#include <weir/result.hpp>
#include <weir/search/kernel.hpp>

namespace weir::search::lists {

Result<std::unique_ptr<Kernel>> make_kernel(const Task& task, const KernelConfig& config);

}  // namespace weir::search::lists
