#include "board_trainer.hpp"

#include <algorithm>
#include <new>
#include <weir/task.hpp>

#include "board_walk.hpp"
#include "counted_trainer.hpp"
#include "draw_cards.hpp"

namespace weir::mccfr {
namespace {

constexpr std::uint32_t boards_default = 8;
constexpr std::uint64_t purpose_of_boards = 44;  // 32 to 43: tables, responses, measures

std::size_t boards_of(const TrainRules& rules) noexcept {
  return rules.batch != 0 ? rules.batch : boards_default;
}

class BoardTrainer final : public CountedTrainer {
 public:
  BoardTrainer(Runtime& runtime, HoldemGame game, const TrainRules& rules, const TableShape& shape)
      : CountedTrainer(runtime, rules, shape), game_(std::move(game)) {}

  /// Errors: no_memory.
  Result<Done> take_memory() {
    for (CountedArray<float>* const array : {&regrets_, &sums_}) {
      auto taken = CountedArray<float>::zeros(shape_.entries);
      if (!taken) return taken.error();
      *array = std::move(taken).value();
    }
    return Done{};
  }

  Status advance(std::uint64_t iterations, void (*look)(void*), void* context) override;
  const BettingTree& tree() const noexcept override { return game_.tree(); }
  TableBytes table() noexcept override {
    return {std::as_writable_bytes(regrets_.span()), std::as_writable_bytes(sums_.span()),
            sizeof(float), sizeof(float), true};
  }
  void average(std::uint32_t entry, int actions, double* strategy) const noexcept override {
    average_strategy(sums_.data() + entry, actions, strategy);
  }
  double mean_regret() const noexcept override {
    double total = 0;
    for (const float regret : regrets_.span()) total += std::max(0.0, static_cast<double>(regret));
    return total / static_cast<double>(shape_.entries) /
           std::max<double>(1, static_cast<double>(state_.iterations));
  }
  std::size_t table_bytes() const noexcept override {
    return board_trainer_bytes(game_.tree(), shape_, rules_);
  }

 private:
  static constexpr std::size_t piece = 1 << 14;  // entries
  static constexpr std::uint64_t look_ns = 100'000'000;

  /// One board of a batch, and what it brings.
  struct Slot {
    Slot(const BettingTree& tree, const TableShape& shape) : walk(tree, shape) {}
    BoardWalk walk;
    Board board;
    CountedArray<float> changes;
    BoardWalk::Found found;
  };

  Result<Done> make_slots();
  void iterate();
  void walk_board(Slot& slot, std::size_t number, int player) noexcept;
  void change_regrets(std::uint64_t first, std::uint64_t end) noexcept;
  void change_sums(std::uint64_t first, std::uint64_t end) noexcept;
  void change_table(int player);
  /// f(first, end) on pieces of all regions of a player, by all workers.
  template <class F>
  void over_regions(int player, F&& f);
  float take_changes(std::uint64_t entry) noexcept;
  void discount();

  HoldemGame game_;
  CountedArray<float> regrets_, sums_;
  std::vector<std::unique_ptr<Slot>> slots_;
};

Result<Done> BoardTrainer::make_slots() {
  try {
    while (slots_.size() < boards_of(rules_)) {
      auto changes = CountedArray<float>::zeros(shape_.entries);
      if (!changes) return changes.error();
      slots_.push_back(std::make_unique<Slot>(game_.tree(), shape_));
      slots_.back()->changes = std::move(changes).value();
    }
  } catch (const std::bad_alloc&) {
    return Error{"no_memory", "no room for the boards of a batch; take a smaller --batch-size",
                 "train"};
  }
  return Done{};
}

Status BoardTrainer::advance(std::uint64_t iterations, void (*look)(void*), void* context) {
  begin_advance();
  if (state_.iterations >= iterations) return Status::accepted;
  if (auto made = make_slots(); !made) {
    failure_ = made.error();
    return Status::failed;
  }
  while (state_.iterations < iterations && !stop_asked()) {
    const Deadline begin = now_ns();
    const Status status = runtime_.run([&] {
      while (state_.iterations < iterations && now_ns() - begin < look_ns) iterate();
    });
    if (status != Status::accepted) return status;
    look(context);
  }
  return Status::accepted;
}

void BoardTrainer::walk_board(Slot& slot, std::size_t number, int player) noexcept {
  if (player == 0) {
    const std::uint64_t key = state_.iterations * slots_.size() + number;
    Random random = Random::keyed(rules_.seed, key, purpose_of_boards);
    const auto cards = draw_cards<5>(random);
    slot.board.set(*game_.cards(), std::span<const Card, 5>(cards));
  }
  slot.found = slot.walk.walk(slot.board, regrets_.data(), player, slot.changes.data());
}

void BoardTrainer::iterate() {
  for (int player = 0; player < 2; ++player) {
    parallel_for(0, slots_.size(), 1, [&](std::size_t s) { walk_board(*slots_[s], s, player); });
    for (const auto& slot : slots_) {
      state_.nodes += slot->found.nodes;
      if (player == 0) state_.value_sum += slot->found.value, ++state_.traversals;
    }
    change_table(player);
  }
  ++state_.iterations;
  if (state_.iterations == discount_due()) discount();
  show_counts();
}

/// The mean over the boards, which are added in their order.
float BoardTrainer::take_changes(std::uint64_t entry) noexcept {
  float total = 0;
  for (const auto& slot : slots_) {
    float& change = slot->changes.data()[entry];
    total += change;
    change = 0;
  }
  return total / static_cast<float>(slots_.size());
}

void BoardTrainer::change_regrets(std::uint64_t first, std::uint64_t end) noexcept {
  const float least = rules_.algorithm == Algorithm::cfr_plus ? 0.0F : -3e38F;
  for (std::uint64_t e = first; e < end; ++e) {
    float& regret = regrets_.data()[e];
    regret = std::max(least, regret + take_changes(e));
  }
}

void BoardTrainer::change_sums(std::uint64_t first, std::uint64_t end) noexcept {
  const float weight =
      rules_.algorithm == Algorithm::cfr_plus ? static_cast<float>(state_.iterations + 1) : 1.0F;
  for (std::uint64_t e = first; e < end; ++e) sums_.data()[e] += weight * take_changes(e);
}

template <class F>
void BoardTrainer::over_regions(int player, F&& f) {
  for (std::size_t r = 0; r < static_cast<std::size_t>(shape_.rounds); ++r) {
    const std::uint64_t base = shape_.base[r][static_cast<std::size_t>(player)];
    const std::uint64_t size =
        std::uint64_t{shape_.buckets[r]} * shape_.width[r][static_cast<std::size_t>(player)];
    parallel_for(0, (size + piece - 1) / piece, 1, [&](std::size_t p) {
      f(base + p * piece, base + std::min<std::uint64_t>((p + 1) * piece, size));
    });
  }
}

void BoardTrainer::change_table(int player) {
  over_regions(player, [&](std::uint64_t first, std::uint64_t end) { change_regrets(first, end); });
  over_regions(1 - player,
               [&](std::uint64_t first, std::uint64_t end) { change_sums(first, end); });
}

void BoardTrainer::discount() {
  const DiscountFactors factors = rules_.discount.factors(++state_.discounts);
  const auto positive = static_cast<float>(factors.positive);
  const auto negative = static_cast<float>(factors.negative);
  const auto average = static_cast<float>(factors.average);
  parallel_for(0, (shape_.entries + piece - 1) / piece, 1, [&](std::size_t p) {
    const std::uint64_t end = std::min<std::uint64_t>((p + 1) * piece, shape_.entries);
    for (std::uint64_t e = p * piece; e < end; ++e) {
      float& regret = regrets_.data()[e];
      regret *= regret > 0 ? positive : negative;
      sums_.data()[e] *= average;
    }
  });
}

}  // namespace

std::size_t board_trainer_bytes(const BettingTree& tree, const TableShape& shape,
                                const TrainRules& rules) noexcept {
  const std::size_t array = CountedArray<float>::bytes(shape.entries);
  return 2 * array + boards_of(rules) * (array + BoardWalk::bytes(tree, shape));
}

Result<std::unique_ptr<Trainer>> make_board_trainer(Runtime& runtime, HoldemGame game,
                                                    const TrainRules& rules) {
  auto shape = TableShape::of(game.tree(), game.buckets());
  if (!shape) return shape.error();
  auto trainer = std::make_unique<BoardTrainer>(runtime, std::move(game), rules, shape.value());
  if (auto taken = trainer->take_memory(); !taken) return taken.error();
  return std::unique_ptr<Trainer>(std::move(trainer));
}

}  // namespace weir::mccfr
