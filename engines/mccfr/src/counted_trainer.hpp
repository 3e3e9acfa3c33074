// counted_trainer.hpp: what the trainers do alike: what they came to, counts for people, early ends, batches; private.
//
// Roles: counts and request_stop() are any thread's; all else is the training thread's, or, while it trains, that of
//        the one that decides what comes next.
#pragma once

#include <algorithm>
#include <array>
#include <utility>
#include <vector>
#include <weir/atomic.hpp>
#include <weir/mccfr/trainer.hpp>

namespace weir::mccfr {

class CountedTrainer : public Trainer {
 public:
  void request_stop() noexcept override {
    stop_.store(1, relaxed);  // relaxed: only asks for an early end
  }
  std::uint64_t iterations_now() const noexcept override {
    return iterations_now_.load(relaxed);  // relaxed: a count for people
  }
  std::uint64_t nodes_now() const noexcept override {
    return nodes_now_.load(relaxed);  // relaxed: a count for people
  }
  const TableShape& shape() const noexcept override { return shape_; }
  const TrainState& state() const noexcept override { return state_; }
  std::span<const UndoEntry> undo() const noexcept override { return undo_; }
  TrainState undone() const noexcept override { return undo_.empty() ? state_ : undone_; }
  void restore(const TrainState& state) noexcept override {
    state_ = state;
    show_counts();
  }
  void take_back(std::span<const UndoEntry>) noexcept override {
  }  // of those that end between iterations
  const TrainGraph& graph() const noexcept override { return graph_; }
  std::uint64_t resting_place(std::uint64_t iterations) const noexcept override {
    const std::uint64_t batches = iterations / batch_ + (iterations % batch_ != 0 ? 1 : 0);
    return batches > never_due / batch_ ? never_due : batches * batch_;
  }
  Error failure() const override { return failure_; }

 protected:
  static constexpr std::uint64_t never_due = ~std::uint64_t{0};  // iterations

  CountedTrainer(Runtime& runtime, const TrainRules& rules, const TableShape& shape)
      : runtime_(runtime), rules_(rules), shape_(shape) {}

  /// To the beginning of the batch that an end cut short; an earlier request to stop is over.
  void begin_advance() noexcept {
    if (!undo_.empty()) {
      take_back(undo_);
      undo_.clear();
      restore(undone_);
    }
    stop_.store(0, relaxed);  // relaxed: nobody trains
  }
  bool stop_asked() const noexcept {
    return stop_.load(relaxed) != 0;  // relaxed: only asks whether to go on
  }
  void show_counts() noexcept {
    iterations_now_.store(state_.iterations, relaxed);  // relaxed: counts for people
    nodes_now_.store(state_.nodes, relaxed);            // relaxed: as above
  }
  /// Iterations after which the next discount is due, of so many steps: between two batches.
  std::uint64_t discount_due(std::uint64_t steps = 1) const noexcept {
    if (rules_.discount.kind == Discount::Kind::none) return never_due;
    const std::uint64_t step = resting_place(rules_.discount_interval);
    const std::uint64_t most = never_due / step;
    return steps > most || state_.discounts >= most - steps ? never_due
                                                            : (state_.discounts + steps) * step;
  }

  Runtime& runtime_;
  TrainRules rules_;
  TableShape shape_;
  std::uint32_t batch_ = 1;  // iterations that training rests between only
  // Apart from what all read as they walk: these change meanwhile.
  alignas(contended_bytes) TrainState state_;
  TrainState undone_;
  std::vector<UndoEntry> undo_;
  TrainGraph graph_;  // of those that train as one
  Error failure_;

 private:
  atomic<std::uint32_t> stop_{0};
  atomic<std::uint64_t> iterations_now_{0}, nodes_now_{0};
};

/// Of what was kept of an entry the first counts, also before what is kept later.
inline void keep_first(std::vector<UndoEntry>& undo) {
  std::sort(undo.begin(), undo.end(), [](const UndoEntry& a, const UndoEntry& b) {
    return a.entry != b.entry ? a.entry < b.entry : a.order < b.order;
  });
  undo.erase(std::unique(undo.begin(), undo.end(),
                         [](const UndoEntry& a, const UndoEntry& b) { return a.entry == b.entry; }),
             undo.end());
  for (UndoEntry& kept : undo) kept.order = 0;
}

}  // namespace weir::mccfr
