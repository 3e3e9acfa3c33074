#include "phased_trainer.hpp"

#include <cmath>
#include <utility>

namespace weir::mccfr {

Give PhasedTrainer::give(Emit<Block>& out) {
  if (given_ == giving_.blocks()) {
    const std::uint32_t published = published_.load(acquire);  // (2) acquire pairs with (1): phase_
    if (published == seen_) return Give::idle;
    seen_ = published;
    giving_ = phase_;  // tally writes no other before it has seen all blocks of this one
    given_ = 0;
    if (giving_.work == Task::end) return Give::end;
  }
  const std::uint64_t first = giving_.first + given_++ * giving_.block;
  out(Block{giving_.work, giving_.player, first, std::min(first + giving_.block, giving_.end)});
  return Give::more;
}

void PhasedTrainer::next_phase() {
  phase_ = plan();
  tallied_ = 0;
  published_.store(published_.load(relaxed) + 1, release);  // (1) release pairs with (2): phase_
  running_->notify(source_);
}

void PhasedTrainer::tally(const Counts& counts) {
  state_.nodes += counts.nodes;
  state_.traversals += counts.traversals;
  // In whole parts of a chip, so that the order in which blocks end tells nothing.
  phase_value_ += std::llround(counts.value * value_parts);
  show_counts();
  if (++tallied_ < phase_.blocks()) return;
  state_.value_sum += static_cast<double>(std::exchange(phase_value_, 0)) / value_parts;
  end_of_phase();
  show_counts();
  if (runtime_.workers() == 0 && now_ns() >= look_due_) {  // the caller is busy here
    look_(look_context_);
    look_due_ = after_ms(look_ms);
  }
  next_phase();
}

Status PhasedTrainer::advance(std::uint64_t iterations, void (*look)(void*), void* context) {
  begin_advance();
  goal_ = iterations;
  if (state_.iterations >= goal_) return Status::accepted;
  StreamGraph graph(runtime_, "train");
  // A block that is lost would keep its phase from ending.
  constexpr auto cancel = OnError::cancel;
  source_ = graph.source<Block>("blocks", {.on_error = cancel},
                                [this](Emit<Block>& out) { return give(out); });
  auto counts = graph.map("walk", source_, {.on_error = cancel},
                          [this](Block&& block) { return walk(block); });
  graph.sink("tally", counts, {.mode = Mode::serial, .on_error = cancel},
             [this](Counts&& c) { tally(c); });
  WEIR_CHECK(graph.build(), "three nodes in a row cannot deadlock");
  running_ = &graph;
  look_ = look;
  look_context_ = context;
  look_due_ = after_ms(look_ms);
  giving_ = {};
  given_ = 0;
  phase_value_ = 0;
  seen_ = published_.load(relaxed);  // relaxed: nobody trains
  phase_ = {};
  phase_ = plan();
  tallied_ = 0;
  published_.store(seen_ + 1, relaxed);  // relaxed: start() publishes
  Status status = graph.start();
  if (status != Status::accepted) return status;
  if (runtime_.workers() == 0) {
    status = graph.wait_until(never);
  } else {
    while ((status = graph.wait_until(after_ms(look_ms))) == Status::timed_out) look(context);
  }
  count(graph);
  // Nothing throws but what asks for memory.
  if (status == Status::failed)
    failure_ = {"no_memory", "training ended: " + graph.first_error().what, "train"};
  return status;
}

void PhasedTrainer::count(const StreamGraph& graph) {
  graph_.ledger += graph.ledger();
  graph_.dot = graph.dot();
  graph_.json = graph.json();
  const std::vector<EdgeMetrics> edges = graph.edges();
  graph_.would_block.resize(edges.size());
  for (std::size_t k = 0; k < edges.size(); ++k) {
    graph_.would_block[k].first = std::string(edges[k].from) + " -> " + edges[k].to;
    graph_.would_block[k].second += edges[k].would_block;
  }
}

}  // namespace weir::mccfr
