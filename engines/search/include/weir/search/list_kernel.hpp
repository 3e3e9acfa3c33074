// list_kernel.hpp: the list domain's kernel: programs of the DeepCoder language, fewest calls first.
//
// Shape:  a simulation is a block of about 12,000 programs (of one node more at most); fewer where lists are long or
//         examples many. Up to 32 examples are searched with, and all of more checked: `smallest` is then not said.
// Order:  without a prior by number of calls; found() is `smallest` once all shorter programs are excluded. apply(): 34
//         probabilities (functions of list_language.hpp), by which sets of lines are taken from then on, in rounds of
//         growing bounds on their bits; a program so found is `full` until the shorter ones are excluded.
// Errors: bad_task (kinds, range, lengths, no labelled example; `where` the line of the row), infeasible (two rows of
//         the same inputs and other outputs; both lines are named).
// Memory: a few MiB; of long lists at most the config's.
// Cost:   45-120 million programs a second on one core of a 2.6 GHz server: the median of random tasks of 3, 4, 5 calls
//         (list_tasks.hpp) takes 0.05, 0.3, 10 ms, the worst of 100 takes 0.5, 8, 360 ms, without a prior.
#pragma once

#include <memory>
#include <weir/result.hpp>
#include <weir/search/kernel.hpp>

namespace weir::search::lists {

Result<std::unique_ptr<Kernel>> make_kernel(const Task& task, const KernelConfig& config);

}  // namespace weir::search::lists
