#include "board_trainer.hpp"

#include <algorithm>
#include <new>

#include "board_walk.hpp"
#include "draw_cards.hpp"
#include "phased_trainer.hpp"

namespace weir::mccfr {
namespace {

constexpr std::uint32_t boards_default = 8;
constexpr std::uint64_t purpose_of_boards = 44;  // 32 to 43: tables, responses, measures

std::size_t boards_of(const TrainRules& rules) noexcept {
  return rules.batch != 0 ? rules.batch : boards_default;
}

class BoardTrainer final : public PhasedTrainer {
 public:
  BoardTrainer(Runtime& runtime, HoldemGame game, const TrainRules& rules, const TableShape& shape)
      : PhasedTrainer(runtime, rules, shape), game_(std::move(game)) {}

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

  /// One board of a batch, and what it brings.
  struct Slot {
    Slot(const BettingTree& tree, const TableShape& shape) : walk(tree, shape) {}
    BoardWalk walk;
    Board board;
    CountedArray<float> changes;
    BoardWalk::Found found;
  };

  /// Entries of one player's region, changed by one worker.
  struct Piece {
    std::uint64_t first, end;
    int player;
  };

  Result<Done> make_slots();
  /// The pieces of all regions of a player.
  void cut_regions();
  Counts walk(const Block& block) override;
  Phase plan() override;
  void end_of_phase() override;
  Counts walk_board(std::uint64_t number, int player) noexcept;
  void apply_piece(std::uint64_t number, int player) noexcept;
  void change_regrets(std::uint64_t first, std::uint64_t end) noexcept;
  void change_sums(std::uint64_t first, std::uint64_t end) noexcept;
  float take_changes(std::uint64_t entry) noexcept;
  void discount(std::uint64_t first, std::uint64_t end) noexcept;

  HoldemGame game_;
  CountedArray<float> regrets_, sums_;
  std::vector<std::unique_ptr<Slot>> slots_;
  std::vector<Piece> pieces_;
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

void BoardTrainer::cut_regions() {
  for (std::size_t r = 0; r < static_cast<std::size_t>(shape_.rounds); ++r) {
    for (std::size_t player = 0; player < 2; ++player) {
      const std::uint64_t base = shape_.base[r][player];
      const std::uint64_t end = base + std::uint64_t{shape_.buckets[r]} * shape_.width[r][player];
      for (std::uint64_t first = base; first < end; first += piece)
        pieces_.push_back({first, std::min(first + piece, end), static_cast<int>(player)});
    }
  }
}

Status BoardTrainer::advance(std::uint64_t iterations, void (*look)(void*), void* context) {
  if (state_.iterations < iterations) {
    if (auto made = make_slots(); !made) {
      failure_ = made.error();
      return Status::failed;
    }
    if (pieces_.empty()) cut_regions();
  }
  return PhasedTrainer::advance(iterations, look, context);
}

auto BoardTrainer::plan() -> Phase {
  const int player = phase().player;
  if (phase().work == Task::walk) return {Task::apply, phase().player, 0, pieces_.size(), 1};
  if (phase().work == Task::apply && player == 0) return {Task::walk, 1, 0, slots_.size(), 1};
  const std::uint64_t at = state_.iterations;
  if (at == discount_due()) return {Task::discount, 0, 0, shape_.entries, piece};
  if (at >= goal() || stop_asked()) return {Task::end, 0, 0, 0, 1};
  return {Task::walk, 0, 0, slots_.size(), 1};
}

auto BoardTrainer::walk(const Block& block) -> Counts {
  switch (block.work) {
    case Task::walk:
      return walk_board(block.first, block.player);
    case Task::apply:
      apply_piece(block.first, block.player);
      break;
    case Task::discount:
      discount(block.first, block.end);
      break;
    default:
      break;
  }
  return {};
}

auto BoardTrainer::walk_board(std::uint64_t number, int player) noexcept -> Counts {
  Slot& slot = *slots_[number];
  if (player == 0) {
    const std::uint64_t key = state_.iterations * slots_.size() + number;
    Random random = Random::keyed(rules_.seed, key, purpose_of_boards);
    const auto cards = draw_cards<5>(random);
    slot.board.set(*game_.cards(), std::span<const Card, 5>(cards));
  }
  slot.found = slot.walk.walk(slot.board, regrets_.data(), player, slot.changes.data());
  return {slot.found.nodes, player == 0 ? 1U : 0U, 0};
}

void BoardTrainer::end_of_phase() {
  if (phase().work == Task::discount) ++state_.discounts;
  // Kept apart by the walks and added in their order: values over all pairs of hands are large.
  if (phase().work == Task::walk && phase().player == 0)
    for (const auto& slot : slots_) state_.value_sum += slot->found.value;
  if (phase().work == Task::apply && phase().player == 1) ++state_.iterations;
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

void BoardTrainer::apply_piece(std::uint64_t number, int player) noexcept {
  const Piece& p = pieces_[number];
  if (p.player == player) {
    change_regrets(p.first, p.end);
  } else {
    change_sums(p.first, p.end);
  }
}

void BoardTrainer::discount(std::uint64_t first, std::uint64_t end) noexcept {
  const DiscountFactors factors = rules_.discount.factors(state_.discounts + 1);
  const auto positive = static_cast<float>(factors.positive);
  const auto negative = static_cast<float>(factors.negative);
  const auto average = static_cast<float>(factors.average);
  for (std::uint64_t e = first; e < end; ++e) {
    float& regret = regrets_.data()[e];
    regret *= regret > 0 ? positive : negative;
    sums_.data()[e] *= average;
  }
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
