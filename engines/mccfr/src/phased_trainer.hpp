// phased_trainer.hpp: training as a stream graph, one phase after the other; private.
//
//   blocks ──> walk ──> tally
//     ^                   |
//     └──── next phase ───┘      (no edge: the source rests until tally has seen a phase's last block)
//
// A phase is a range: of iterations, of a batch's, or of the table's parts. Its blocks are walked by any workers at a
// time; tally, which is serial, counts them and decides what comes next when all are there. So between two phases
// nobody touches the table but tally, and a slow tally slows the source down.
//
// Roles:  walk() is any worker's, plan() and end_of_phase() are tally's: one at a time, and with no walk() meanwhile.
// Errors: no_memory: what a body throws ends the graph, and advance() answers failed. What it had begun is half done:
//         the trainer is not advanced again.
#pragma once

#include <algorithm>
#include <weir/stream_graph.hpp>

#include "counted_trainer.hpp"

namespace weir::mccfr {

class PhasedTrainer : public CountedTrainer {
 public:
  Status advance(std::uint64_t iterations, void (*look)(void*), void* context) override;

 protected:
  enum class Task : std::uint8_t { none, walk, half, apply, copy, epoch, discount, end };
  struct Phase {
    Task work = Task::none;
    std::uint8_t player = 0;           // of a half, and of what is applied
    std::uint64_t first = 0, end = 0;  // iterations, or parts of the table
    std::uint64_t block = 1;           // of them in a block
    std::uint64_t blocks() const noexcept { return (end - first + block - 1) / block; }
  };
  struct Block {
    Task work;
    std::uint8_t player;
    std::uint64_t first, end;
  };
  struct Counts {
    std::uint64_t nodes = 0, traversals = 0;
    double value = 0;  // chips
  };

  using CountedTrainer::CountedTrainer;

  /// Of the phase that is under way; `block.first` to `block.end` are the caller's alone.
  virtual Counts walk(const Block& block) = 0;
  /// What comes next; Task::end where the goal is reached or a stop was asked for.
  virtual Phase plan() = 0;
  /// All blocks of phase() are walked.
  virtual void end_of_phase() = 0;

  const Phase& phase() const noexcept { return phase_; }
  std::uint64_t goal() const noexcept { return goal_; }  // iterations

 private:
  static constexpr std::uint64_t look_ms = 100;
  static constexpr double value_parts = 1 << 20;  // of a chip

  Give give(Emit<Block>& out);
  void tally(const Counts& counts);
  void next_phase();
  void count(const StreamGraph& graph);

  // What tally writes, apart from what all read as they walk.
  alignas(contended_bytes) Phase phase_;  // for the source once published_ has grown
  std::uint64_t goal_ = 0;
  std::uint64_t tallied_ = 0;     // blocks of it
  std::int64_t phase_value_ = 0;  // its sum of values, 1/value_parts chips
  StreamGraph* running_ = nullptr;
  void (*look_)(void*) = nullptr;
  void* look_context_ = nullptr;
  Deadline look_due_ = 0;  // with no workers
  Port<Block> source_;
  alignas(contended_bytes) atomic<std::uint32_t> published_{0};  // phases

  alignas(contended_bytes) Phase giving_;  // of the source alone, down to here
  std::uint64_t given_ = 0;
  std::uint32_t seen_ = 0;
};

}  // namespace weir::mccfr
