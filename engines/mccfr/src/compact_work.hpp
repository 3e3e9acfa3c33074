// compact_work.hpp: updates of a compact table, at once or by batches, and work on the whole of it; private.
//
// A batch's changes of an entry are summed before they are rounded, once, by a key of (seed, iteration, player, place):
// the table is the same for any number of workers, whatever order changes came in.
#pragma once

#include <weir/mccfr/compact_table.hpp>

#include "table_work.hpp"

namespace weir::mccfr {

template <Sharing sharing>
class SharedUpdates<CompactEntries, sharing> {
 public:
  using Regret = CompactEntries::Regret;

  SharedUpdates(Table<CompactEntries>& table, Random random) noexcept
      : table_(table), random_(random) {}

  void regrets(std::uint32_t row, int actions, const Regret* changes) noexcept {
    const int round = table_.layout.round_of(row);
    for (int a = 0; a < actions; ++a)
      add_regret(row + static_cast<std::uint32_t>(a), round, changes[a]);
  }
  void strategy(std::uint32_t row, int actions, const float* strategy, float weight,
                Random& random) noexcept {
    if (row >= table_.layout.summed) return;
    Fractions<float> fractions(random);
    const int round = table_.layout.round_of(row);
    const int bits = table_.layout.bits[static_cast<std::size_t>(round)];
    bool full = false;
    for (int a = 0; a < actions; ++a) {
      const std::uint32_t entry = row + static_cast<std::uint32_t>(a);
      const std::int64_t change = sum_change<CompactEntries>(strategy[a] * weight, fractions);
      if (bits == 16) {
        add<Sums16>(table_.sum_at<Sums16::Word>(entry, round), entry, change, random_);
      } else if (bits == 8) {
        add<Sums8>(table_.sum_at<Sums8::Word>(entry, round), entry, change, random_);
      } else {
        auto& sum = table_.sum_at<std::uint32_t>(entry, round);
        const std::uint32_t old = load_entry(sum);
        full = full || old > std::numeric_limits<std::uint32_t>::max() / 2;
        add_shared<sharing>(sum, old, static_cast<std::uint32_t>(change));
      }
    }
    if (full) halve_shared(&table_.sum_at<std::uint32_t>(row, round), actions);
  }
  void prefetch(std::uint32_t row, int round) const noexcept {
    if (row < table_.layout.summed)
      prefetch_to_write(table_.sums.data() + table_.layout.place(row, round));
  }

 private:
  void add_regret(std::uint32_t entry, int round, Regret change) noexcept {
    switch (table_.layout.bits[static_cast<std::size_t>(round)]) {
      case 16:
        add<Regrets16>(table_.regret_at<Regrets16::Word>(entry, round), entry, change, random_);
        return;
      case 8:
        add<Regrets8>(table_.regret_at<Regrets8::Word>(entry, round), entry, change, random_);
        return;
      default:
        break;
    }
    auto& whole = table_.regret_at<std::int32_t>(entry, round);
    const std::int32_t old = load_entry(whole);
    constexpr std::int32_t most = CompactEntries::regret_max;
    if (change > 0 ? old > most : old < -most) return;
    add_shared<sharing>(whole, old, change);
  }
  template <class G>
  static void add(typename G::Word& word, std::uint32_t entry, std::int64_t change,
                  Random& random) noexcept {
    if (change == 0) return;
    const std::uint32_t k = entry % group_entries;
    typename G::Word old = load_entry(word);
    while (true) {
      const typename G::Word now = G::add(old, k, change, random);
      if (now == old) return;
      if constexpr (sharing == Sharing::alone) {
        store_entry(word, now);
        return;
      } else {
        const std::atomic_ref<typename G::Word> shared(word);
        // relaxed: as in load_entry; where another was faster, `old` is his, and the change is added to that
        if (shared.compare_exchange_weak(old, now, relaxed, relaxed)) return;
      }
    }
  }

  Table<CompactEntries>& table_;
  Random random_;
};

template <>
struct TableWork<CompactEntries> {
  using Compact = Table<CompactEntries>;
  static constexpr bool sums_at_once = false;  // steps are rounded by what all of a batch come to

  static Result<Compact> make(const TableShape& shape, const TrainRules& rules) {
    return Compact::zeros(shape, rules.table_bits, rules.average_rounds);
  }
  static std::size_t announced(const TableShape& shape, const TrainRules& rules) noexcept {
    return Compact::announced(shape, rules.table_bits, rules.average_rounds);
  }
  /// Entries that have sums: those of the first rounds.
  static std::size_t summed(const Compact& table) noexcept { return table.layout.summed; }
  static RegretView<CompactEntries> regrets(const Compact& table) noexcept {
    return {table.layout, table.regrets.data()};
  }
  static TableBytes bytes(Compact& table) noexcept;
  static void average(const Compact& table, std::uint32_t row, int actions,
                      double* strategy) noexcept;
  static double positive(const Compact& table) noexcept;
  static void discount(Compact& table, std::uint64_t first, std::uint64_t end,
                       const DiscountFactors& factors, Random& random) noexcept;
  static void apply(Compact& table, std::vector<DenseBatch>& batches, const Applying& applying,
                    std::vector<UndoEntry>& undo);
  static void apply(Compact& table, std::span<LogBatch> logs, std::uint32_t part,
                    const Applying& applying, std::vector<UndoEntry>& undo);
  /// Of the program's heap, while so many threads apply so many changes by parts.
  static std::uint64_t apply_bytes(std::uint64_t changes, const TableShape& shape,
                                   std::size_t threads) noexcept;
  static void take_back(Compact& table, const UndoEntry& undo) noexcept;
};

/// Bytes of the table and the baselines of a sampling trainer with entries of `Whole`, or with short ones where the
/// rules have them.
template <class Whole>
std::size_t sampling_bytes(const TableShape& shape, const TrainRules& rules) noexcept {
  const std::size_t baselines = rules.baselines ? CountedArray<float>::bytes(shape.entries) : 0;
  return baselines + (compact_bits(rules.table_bits)
                          ? TableWork<CompactEntries>::announced(shape, rules)
                          : TableWork<Whole>::announced(shape, rules));
}

}  // namespace weir::mccfr
