// connect4_kernel.hpp: a move in Connect Four as a request of the engine: the PUCT tree, whose leaves the engine's
// evaluator judges a batch at a time.
//
// Shape:  a simulation is a descent. Leaves whose value is known (over, proven, answered lately) are backed up at once;
//         up to `leaves` others are one question, and stay in the tree as visits that are lost until the answer is
//         applied where they are. Without a network leaves are judged by alert playouts. It ends when the outcome is
//         proven, or where that is asked for when no other move can come to be the most visited.
// Order:  batches are cut by the tree alone, so a move depends on task, seed, budget and network, never on turns.
// Memory: a tree on the program's heap, as large as the budget can make it; 64 MiB or config.memory_bytes_max at most.
// Errors: bad_task: stones that hang in the air or lie off the board, players whose numbers of stones do not fit, a
//         game that is over, leaves that are not 1 .. 64.
#pragma once

#include <cstdint>
#include <memory>
#include <weir/result.hpp>
#include <weir/search/connect4.hpp>
#include <weir/search/kernel.hpp>

namespace weir::search::games {

inline constexpr std::uint32_t leaves_max = 64;

struct MoveTask {
  Position position;
  std::uint32_t leaves = 8;  // of a question
  bool early_stop = false;   // only where the request has a budget of simulations
};

Result<std::unique_ptr<Kernel>> make_kernel(const MoveTask& task, const KernelConfig& config);

}  // namespace weir::search::games
