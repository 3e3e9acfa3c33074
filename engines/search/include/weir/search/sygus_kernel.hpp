// sygus_kernel.hpp: string programs from examples, within the grammar of a SyGuS file.
//
// Goes:    a bank of terms by size, one for each vector of outputs; concatenations as shortest paths through the
//          outputs; substrings by deduction; case splits over what terms get right; replacements by their inverse. The
//          first answer comes within milliseconds; then it is made smaller until it is smallest or memory ends.
// Answers: each was checked by `check` before it counts.
// Errors:  unsupported: a grammar that is too large to compile.
#pragma once

#include <memory>
#include <weir/search/kernel.hpp>
#include <weir/search/sygus_problem.hpp>

namespace weir::search::sygus {

Result<std::unique_ptr<Kernel>> make_kernel(const Problem& problem, const KernelConfig& config);

}  // namespace weir::search::sygus
