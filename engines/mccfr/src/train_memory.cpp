#include "train_memory.hpp"

#include <algorithm>
#include <array>
#include <filesystem>
#include <nlohmann/json.hpp>
#include <numeric>
#include <vector>
#include <weir/mccfr/deal.hpp>
#include <weir/mccfr/updates.hpp>
#include <weir/memory.hpp>

#include "batch_size.hpp"
#include "compact_work.hpp"
#include "epochs.hpp"
#include "frozen_sums.hpp"
#include "lazy_checkpoint.hpp"
#include "multiway_trainer.hpp"
#include "multiway_training.hpp"

namespace weir::mccfr {
namespace {

// Without a tree nobody knows how many entries a walk can change: more than any that was met.
constexpr double changes_without_tree = 2'048;
// Who has learnt folds less than who plays at random, so that walks are longer.
constexpr double strategies_margin = 2;

/// Entries that one traversal for one player changes where all others play at random: what a walk draws counts by the
/// mean of its branches.
double changes_expected(const BettingTree& tree, Algorithm algorithm) {
  double most = 0;
  std::vector<double> below(tree.nodes.size());
  for (int player = 0; player < tree.players; ++player) {
    for (std::size_t n = tree.nodes.size(); n-- > 0;) {
      const BettingNode& node = tree.nodes[n];
      below[n] = 0;
      if (node.kind != NodeKind::decision) continue;
      const auto children = std::span(below).subspan(node.first, node.actions);
      const double total = std::accumulate(children.begin(), children.end(), 0.0);
      const bool all = algorithm == Algorithm::chance ||
                       (algorithm == Algorithm::external && node.player == player);
      below[n] = (all ? total : total / node.actions) +
                 (algorithm == Algorithm::external ? 1 : 2) * node.actions;
    }
    most = std::max(most, below[0]);
  }
  return most;
}

void add_cards(const HoldemConfig& config, TrainMemory& memory) {
  if (config.buckets_file.empty()) {
    const CardBuckets::Bytes bytes = CardBuckets::bytes_of(config.buckets);
    memory.cards = bytes.kept;
    memory.cards_making = bytes.making;
    memory.cards_returned = bytes.returned;
    return;
  }
  std::error_code error;
  const std::uintmax_t size = std::filesystem::file_size(config.buckets_file, error);
  memory.cards_file = error ? 0 : size;
}

void add_batches(const TrainingGame& game, const TableShape& shape, const TrainRules& rules,
                 const Epochs& epochs, std::size_t threads, TrainMemory& memory) {
  const MultiwayGame* const visited = game.multiway();
  const bool compact = compact_bits(rules.table_bits);
  const bool narrow = compact || game.holdem() != nullptr;
  const std::uint64_t batch =
      visited != nullptr ? MultiwayTrainer::batch_iterations(*visited, rules)
                         : batch_iterations(rules, shape, largest_value(game.tree()), narrow);
  const bool dense = visited == nullptr && shape.entries <= dense_entries;
  // Of epochs their lanes have the deals.
  if (visited == nullptr && !epochs.there()) memory.batches = batch * sizeof(Deal);
  if (dense) memory.batches += threads * 2 * shape.entries * sizeof(std::int64_t);
  const double each = visited != nullptr
                          ? changes_without_tree
                          : strategies_margin * changes_expected(game.tree(), rules.algorithm);
  const auto changes = static_cast<std::uint64_t>(static_cast<double>(batch) * each);
  const std::uint64_t undone =
      visited != nullptr
          ? changes
          : std::min(changes * std::max<std::uint64_t>(epochs.batches, 1), shape.entries);
  memory.logs = undone * sizeof(UndoEntry);
  // Lists double as they grow.
  if (!dense) memory.logs += 2 * changes * sizeof(LogBatch::Change);
  // Whole batches list the regrets, half of all, by rows of two actions or more.
  if (!dense && !compact && visited == nullptr)
    memory.logs += 2 * changes / 4 * sizeof(LogBatch::Four);
  if (!dense && compact)
    memory.logs += TableWork<CompactEntries>::apply_bytes(changes, shape, threads);
  // Of each action drawn one more, in a list and in the copy that is sorted.
  if (rules.baselines)
    memory.logs += 4 * changes * sizeof(LogBatch::Change) + undone * sizeof(UndoEntry);
}

}  // namespace

std::uint64_t TrainMemory::platform_peak() const noexcept {
  return runtime + cards + std::max(cards_making, tables + batches + response + frozen);
}

std::uint64_t TrainMemory::peak() const noexcept {
  const std::uint64_t made = runtime + cards + cards_making + cards_returned;
  return std::max(made, platform_peak() + logs + copies) + tree + cards_file;
}

std::string TrainMemory::less_of(const TrainRules& rules, bool visited) const {
  const bool whole_tree = rules.algorithm >= Algorithm::cfr;
  const std::uint64_t most = std::max(
      {runtime, tables + frozen, logs + batches, response, cards + cards_making, cards_file, tree});
  if (most == runtime) return "--workers";
  if (most == tables + frozen)
    return visited      ? "--table-memory"
           : whole_tree ? "--batch-size, --buckets or --bets"
                        : "--buckets or --bets";
  if (most == tree) return "--bets";
  if (most == logs + batches) return "--batch-size, or train in --mode fast";
  if (most == response) return "--buckets or --bets, or take --response-deals 0";
  if (most == cards_file) return "a --buckets-file of fewer buckets";
  return "--buckets on the river";
}

nlohmann::ordered_json TrainMemory::json() const {
  return {{"runtime", runtime},
          {"tables", tables},
          {"batches", batches},
          {"response", response},
          {"logs", logs},
          {"cards", cards},
          {"cards_making", cards_making},
          {"cards_returned", cards_returned},
          {"cards_file", cards_file},
          {"tree", tree},
          {"frozen", frozen},
          {"copies", copies}};
}

Result<TrainMemory> train_memory(const TrainingGame& game, const TrainRules& rules,
                                 const Runtime& runtime, bool response) {
  TrainMemory memory;
  memory.runtime = allocated_bytes();
  auto tables = game.announce(rules);
  if (!tables) return tables.error();
  memory.tables = tables.value();
  const bool visited = game.multiway() != nullptr;
  const bool whole_tree = rules.algorithm >= Algorithm::cfr;
  TableShape shape;
  if (!visited) {
    auto found = TableShape::of(game.tree(), game.buckets());
    if (!found) return found.error();
    shape = found.value();
    memory.tree = game.tree().bytes();
  }
  const bool compact = compact_bits(rules.table_bits);
  Epochs epochs;
  if (!visited && !whole_tree && !compact) {
    epochs = epochs_of<NarrowEntries>(
        shape, rules, batch_iterations(rules, shape, largest_value(game.tree()), true));
  }
  if (rules.mode == UpdateMode::deterministic && !whole_tree)
    add_batches(game, shape, rules, epochs, runtime.metrics().contexts.size(), memory);
  if (!visited && !whole_tree) {
    const std::size_t lanes = lanes_of(runtime.workers(), rules, epochs);
    memory.batches += compact ? lanes_bytes<CompactEntries>(shape, lanes)
                              : lanes_bytes<NarrowEntries>(shape, lanes);
  }
  if (visited) {
    memory.copies = lazy_rows_bytes(lazy_sizes(*game.multiway(), rules),
                                    rules.mode == UpdateMode::deterministic);
  }
  const HoldemGame* const holdem = visited ? game.multiway()->cards() : game.holdem();
  if (holdem == nullptr) {
    // All strategies, as numbers of double precision.
    memory.copies += shape.entries * sizeof(double);
    return memory;
  }
  add_cards(holdem->config(), memory);
  if (visited) return memory;
  memory.frozen = FrozenSums::bytes_of(shape, rules);
  if (response) memory.response = CountedArray<std::int32_t>::bytes(shape.entries);
  return memory;
}

}  // namespace weir::mccfr
