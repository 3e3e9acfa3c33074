// trainer.hpp: what all ways of training have in common: iterations are done, a table is learnt, it can be kept.
//
// Roles:  built, asked and advanced by one thread; the work is done by the runtime's workers.
// Errors: advance() answers what the runtime says when it cannot go on (stalled, closed, failed); failure() says why it
//         failed, where that is known. A trainer that failed is neither advanced nor kept: its table may be half
//         changed.
#pragma once

#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>
#include <weir/clock.hpp>
#include <weir/mccfr/compact_table.hpp>
#include <weir/mccfr/discount.hpp>
#include <weir/mccfr/lazy_table.hpp>
#include <weir/mccfr/sampling.hpp>
#include <weir/mccfr/table.hpp>
#include <weir/result.hpp>
#include <weir/runtime.hpp>
#include <weir/stream_config.hpp>

namespace weir::mccfr {

class MultiwayGame;

enum class Algorithm : std::uint8_t {
  external,  // es
  outcome,   // os
  chance,    // cs
  cfr,       // the whole tree and all cards in each iteration
  cfr_plus,  // regrets never below zero, the average weighted by the iteration
};
std::string_view to_string(Algorithm algorithm) noexcept;

enum class UpdateMode : std::uint8_t {
  fast,  // additions at once; of two and more workers each may see the other player's some iterations later
  deterministic,  // batches: one half for each player, the same table for any number of workers. In tables of a middle
                  // size a player's batch sees the other as he was a few batches before
};

inline constexpr std::uint32_t batch_max = 1 << 24;

/// Whether any round of `bits` has short entries.
constexpr bool compact_bits(const TableBits& bits) noexcept { return bits != full_bits; }

struct TrainRules {
  Algorithm algorithm = Algorithm::external;
  UpdateMode mode = UpdateMode::fast;
  SamplingRules sampling = {};
  Discount discount = {};
  std::uint64_t discount_interval = 1000;  // iterations
  std::uint32_t batch = 0;                 // iterations, at most batch_max; 0: by the game
  std::uint64_t seed = 1;
  TableBits table_bits = full_bits;  // by round
  bool baselines = false;            // external and outcome sampling
  int average_rounds =
      rounds_max;       // the first ones, whose averages the table sums; fewer: es, os, cs
  LazySizes lazy = {};  // room for rows that come with the first visit; no part of what a run is
};

/// What training has come to; with the table all that a checkpoint keeps.
struct TrainState {
  std::uint64_t iterations = 0;
  std::uint64_t discounts = 0;   // steps taken
  std::uint64_t nodes = 0;       // states entered
  std::uint64_t traversals = 0;  // of player 0, of which `value_sum` is the sum
  double value_sum = 0;          // chips
};

/// What one entry was before the batch that an end cut short: training goes on from there. Of a word of short entries
/// all four, at the first; baselines follow all entries, with their bits as the regret.
struct UndoEntry {
  std::uint32_t entry = 0;
  std::uint32_t order = 0;  // among those that were kept at the same time
  std::int64_t regret = 0;
  std::int64_t sum = 0;
};

/// A run's table as bytes, for keeping and hashing.
struct TableBytes {
  std::span<std::byte> regrets, sums;  // sums: of the first rounds, where not all have them
  std::uint32_t regret_bytes = 0, sum_bytes = 0;  // of one entry
  bool real = false;                              // floating-point numbers
  const CompactLayout* layout =
      nullptr;                          // of short entries, where an entry has no bytes of its own
  std::span<std::byte> baselines = {};  // floats, where there are any
  int average_rounds = rounds_max;      // that have sums
};

/// What the graphs of all advance() calls came to.
struct TrainGraph {
  Ledger ledger;
  std::vector<std::pair<std::string, std::uint64_t>> would_block;  // by edge
  std::string dot, json;                                           // of one of them
};

class Trainer {
 public:
  Trainer() = default;
  Trainer(const Trainer&) = delete;
  Trainer& operator=(const Trainer&) = delete;
  virtual ~Trainer() = default;

  /// Trains until `iterations` are done in all, or request_stop(), and returns between two iterations (deterministic:
  /// between two batches, unless `iterations` itself lies inside one). accepted also when stopped. `look` is called
  /// by the calling thread about ten times a second.
  virtual Status advance(std::uint64_t iterations, void (*look)(void*), void* context) = 0;
  /// Any thread, and look(): advance() returns soon.
  virtual void request_stop() noexcept = 0;

  /// Iterations done so far; any thread, also while training.
  virtual std::uint64_t iterations_now() const noexcept = 0;
  /// States entered so far; any thread, also while training.
  virtual std::uint64_t nodes_now() const noexcept = 0;

  virtual const BettingTree& tree() const noexcept = 0;
  virtual const TableShape& shape() const noexcept = 0;
  virtual const TrainState& state() const noexcept = 0;
  virtual TableBytes table() noexcept = 0;
  /// Where rows come with the first visit: they are here; tree(), table() and the regions of shape() are empty, and
  /// average() takes a row. Else null.
  virtual LazyTable* lazy() noexcept { return nullptr; }
  virtual const MultiwayGame* multiway() const noexcept { return nullptr; }
  /// A lazy table had no room for a row that a deterministic run needs: advance() returns at once.
  virtual bool full() const noexcept { return false; }
  /// Why advance() failed, after it did: no_memory; an empty code where the trainer knows no more.
  virtual Error failure() const = 0;
  /// The average strategy of the row that begins at `entry`; the current one where it has no sums.
  virtual void average(std::uint32_t entry, int actions, double* strategy) const noexcept = 0;
  /// Mean size of the positive regrets over all entries, per iteration, chips.
  virtual double mean_regret() const noexcept = 0;
  /// Bytes taken from platform allocation for tables and what batches need.
  virtual std::size_t table_bytes() const noexcept = 0;
  /// Of a run that ended inside a batch; empty else.
  virtual std::span<const UndoEntry> undo() const noexcept = 0;
  /// Iterations done where undo() leads to; those of state() when there is none.
  virtual TrainState undone() const noexcept = 0;
  /// Takes up where a kept run ended, after table() was filled.
  virtual void restore(const TrainState& state) noexcept = 0;
  /// Puts entries back, the last of the list first.
  virtual void take_back(std::span<const UndoEntry> list) noexcept = 0;
  virtual const TrainGraph& graph() const noexcept = 0;
  /// The least number of iterations, `iterations` or more, at which training can rest and be measured without undoing
  /// anything when it goes on.
  virtual std::uint64_t resting_place(std::uint64_t iterations) const noexcept = 0;
};

/// All average strategies: [entry] is the probability of that action.
std::vector<double> average_strategies(const Trainer& trainer);

}  // namespace weir::mccfr
