// table_work.hpp: what a trainer does to its whole table: discounts, batches, counts; private.
//
// Roles: one thread a range or part of the table; nobody walks meanwhile.
#pragma once

#include <algorithm>
#include <limits>
#include <span>
#include <type_traits>
#include <vector>
#include <weir/mccfr/discount.hpp>
#include <weir/mccfr/trainer.hpp>
#include <weir/mccfr/updates.hpp>

#include "counted_trainer.hpp"

namespace weir::mccfr {

/// How a batch is applied.
struct Applying {
  bool keep = false;       // what entries were goes to the undo list
  std::uint64_t seed = 0;  // of rounding, for this half of this batch
};

template <class Entries>
struct TableWork {
  using Regret = typename Entries::Regret;
  using Sum = typename Entries::Sum;
  static constexpr bool sums_at_once = true;  // in a batch: RegretLogUpdates

  static Result<Table<Entries>> make(const TableShape& shape, const TrainRules& rules) {
    return Table<Entries>::zeros(shape, rules.average_rounds);
  }
  static std::size_t announced(const TableShape& shape, const TrainRules& rules) noexcept {
    return Table<Entries>::announced(shape, rules.average_rounds);
  }
  /// Entries that have sums: those of the first rounds.
  static std::size_t summed(const Table<Entries>& table) noexcept { return table.sums.size(); }
  static RegretView<Entries> regrets(const Table<Entries>& table) noexcept {
    return table.regrets.data();
  }
  static TableBytes bytes(Table<Entries>& table) noexcept {
    return {std::as_writable_bytes(table.regrets.span()), std::as_writable_bytes(table.sums.span()),
            sizeof(Regret), sizeof(Sum)};
  }
  static void average(const Table<Entries>& table, std::uint32_t row, int actions,
                      double* strategy) noexcept {
    if (row < summed(table)) return average_strategy(table.sums.data() + row, actions, strategy);
    typename Entries::Real current[actions_max];
    match_regrets<Entries>(table.regrets.data() + row, actions, current);
    std::copy_n(current, actions, strategy);
  }
  /// The sum of all positive regrets, units. While nobody trains.
  static double positive(const Table<Entries>& table) noexcept {
    // Of short ones in whole numbers, which cannot wrap: 2^32 entries of 2^30 at most.
    using Total = std::conditional_t<sizeof(Regret) == 4, std::int64_t, double>;
    Total total = 0;
    for (const Regret& regret : table.regrets.span())
      total += static_cast<Total>(std::max(regret, Regret{0}));
    return static_cast<double>(total);
  }

  /// No regret stays for ever that is worth less than one: rounded at random.
  static void discount(Table<Entries>& table, std::uint64_t first, std::uint64_t end,
                       const DiscountFactors& factors, Random& random) noexcept {
    Fractions<double> fractions(random);
    for (std::uint64_t e = first; e < end; ++e) {
      Regret& regret = table.regrets.data()[e];
      if (regret != 0) {
        const double factor = regret > 0 ? factors.positive : factors.negative;
        regret = round_unbiased<Regret>(static_cast<double>(regret) * factor, fractions.next());
      }
      if (e >= summed(table)) continue;
      Sum& sum = table.sums.data()[e];
      if (sum != 0)
        sum = round_unbiased<Sum>(static_cast<double>(sum) * factors.average, fractions.next());
    }
  }

  static void apply(Table<Entries>& table, std::vector<DenseBatch>& batches,
                    const Applying& applying, std::vector<UndoEntry>& undo) {
    for (std::uint64_t e = 0; e < table.regrets.size(); ++e) {
      std::int64_t regret = 0, sum = 0;
      for (DenseBatch& batch : batches) {
        regret += batch.regrets()[e];
        sum += batch.sums()[e];
        batch.regrets()[e] = batch.sums()[e] = 0;
      }
      if (regret == 0 && sum == 0) continue;
      Regret& to = table.regrets.data()[e];
      if (applying.keep) {
        undo.push_back(
            {static_cast<std::uint32_t>(e), 0, static_cast<std::int64_t>(to), sum_of(table, e)});
      }
      to = apply_regret<Entries>(to, regret);
      if (e >= summed(table)) continue;
      Sum& total = table.sums.data()[e];
      total = static_cast<Sum>(total + static_cast<Sum>(sum));
    }
    if (applying.keep) return;
    for (std::uint64_t e = 0; e < table.sums.size(); e += line_entries) halve_line(table, e);
  }

  /// Nothing wraps: entries are within +-2^30, and a batch is so small that a half's changes of one entry are as well
  /// (batch_size.hpp).
  static void apply(Table<Entries>& table, std::span<LogBatch> logs, std::uint32_t part,
                    const Applying& applying, std::vector<UndoEntry>& undo) {
    if (applying.keep) {
      keep_entries(table, logs, part, undo);
      keep_first(undo);
    }
    Regret* const regrets = table.regrets.data();
    bool beyond = false, large = false;
    const auto is_beyond = [](Regret now) {
      return now > Entries::regret_max || now < -Entries::regret_max;
    };
    for (LogBatch& log : logs) {
      add_changes(regrets, log.regrets(part),
                  [&](Regret now) { beyond = beyond || is_beyond(now); });
      beyond = add_fours(regrets, log.fours(part), is_beyond) || beyond;
      add_changes(table.sums.data(), log.sums(part),
                  [&](Sum now) { large = large || now > sum_large<Sum>; });
    }
    for (LogBatch& log : logs) {
      if (large && !applying.keep)
        for (const LogBatch::Change& change : log.sums(part)) halve_line(table, change.entry);
      log.sums(part).clear();
    }
    // Each was summed up before it is cut off: the order of changes plays no part. What is beyond at the end was so
    // when its last change was added.
    const auto cut = [](Regret& regret) {
      regret = std::clamp<Regret>(regret, -Entries::regret_max, Entries::regret_max);
    };
    for (LogBatch& log : logs) {
      if (beyond) {
        for (const LogBatch::Change& change : log.regrets(part)) cut(regrets[change.entry]);
        for (const LogBatch::Four& four : log.fours(part))
          std::for_each_n(regrets + four.first, four.amounts.size(), cut);
      }
      log.regrets(part).clear();
      log.fours(part).clear();
    }
  }

  /// After a half whose sums were added at once.
  static void halve_large(Table<Entries>& table, std::span<LogBatch> logs) noexcept {
    for (LogBatch& log : logs) {
      for (const std::uint32_t entry : log.large()) halve_line(table, entry);
      log.large().clear();
    }
  }

  static void take_back(Table<Entries>& table, const UndoEntry& undo) noexcept {
    table.regrets.data()[undo.entry] = static_cast<Regret>(undo.regret);
    if (undo.entry < summed(table)) table.sums.data()[undo.entry] = static_cast<Sum>(undo.sum);
  }

 private:
  static constexpr std::uint64_t line_entries = LogBatch::line_entries;

  /// 0 where there is none.
  static std::int64_t sum_of(const Table<Entries>& table, std::uint64_t entry) noexcept {
    return entry < summed(table) ? static_cast<std::int64_t>(table.sums.data()[entry]) : 0;
  }

  /// Halves the sums of a line, in which whole rows lie, before one can wrap: proportions alone matter. In whole
  /// batches, which nobody takes back, and then at the same places whoever trains.
  static void halve_line(Table<Entries>& table, std::uint64_t entry) noexcept {
    if constexpr (sizeof(Sum) == sizeof(std::uint32_t)) {
      const std::uint64_t first = entry / line_entries * line_entries;
      Sum* const sums = table.sums.data() + first;
      const std::uint64_t end = std::min(line_entries, table.sums.size() - first);
      if (std::all_of(sums, sums + end, [](Sum sum) { return sum <= sum_large<Sum>; })) return;
      for (std::uint64_t e = 0; e < end; ++e) sums[e] /= 2;
    }
  }
  template <class T, class Look>
  static void add_changes(T* entries, const LogBatch::Changes& changes, Look&& look) noexcept {
    constexpr std::size_t ahead = 16;  // changes
    for (std::size_t k = 0; k < changes.size(); ++k) {
      if (k + ahead < changes.size()) prefetch_to_write(entries + changes[k + ahead].entry);
      T& entry = entries[changes[k].entry];
      entry = static_cast<T>(entry + static_cast<T>(changes[k].amount));
      look(entry);
    }
  }
  /// Whether any entry is then `beyond`.
  template <class Beyond>
  static bool add_fours(Regret* regrets, const LogBatch::Fours& fours, Beyond&& beyond) noexcept {
    constexpr std::size_t ahead = 8;
    bool found = false;
    for (std::size_t k = 0; k < fours.size(); ++k) {
      if (k + ahead < fours.size()) prefetch_to_write(regrets + fours[k + ahead].first);
      Regret* const row = regrets + fours[k].first;
      for (std::size_t a = 0; a < fours[k].amounts.size(); ++a) {
        row[a] = static_cast<Regret>(row[a] + fours[k].amounts[a]);
        found = found | beyond(row[a]);
      }
    }
    return found;
  }
  static void keep_entries(const Table<Entries>& table, std::span<LogBatch> logs,
                           std::uint32_t part, std::vector<UndoEntry>& undo) {
    for (LogBatch& log : logs) {
      for (const LogBatch::Changes* changes : {&log.regrets(part), &log.sums(part)}) {
        for (const LogBatch::Change& change : *changes) {
          undo.push_back({change.entry, static_cast<std::uint32_t>(undo.size()),
                          static_cast<std::int64_t>(table.regrets.data()[change.entry]),
                          sum_of(table, change.entry)});
        }
      }
    }
  }
};

}  // namespace weir::mccfr
