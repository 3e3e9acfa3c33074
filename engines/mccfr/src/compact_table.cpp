#include <bit>
#include <weir/mccfr/compact_table.hpp>

#include "compact_work.hpp"

namespace weir::mccfr {
namespace compact {

using Changes = std::array<std::int64_t, group_entries>;

/// What a batch brings to four neighbouring entries.
struct GroupChanges {
  std::uint32_t group = 0;  // its first entry / group_entries
  Changes regrets{}, sums{};
};

/// Sums of changes by group: a list, and open addressing for places in it, at most half full.
class ChangesByGroup {
 public:
  explicit ChangesByGroup(std::size_t changes) : places_(std::bit_ceil(2 * changes + 2)) {}
  /// Of `maps` together, at most: places are rounded up, and lists double as they grow.
  static std::uint64_t bytes(std::uint64_t changes, std::uint64_t groups,
                             std::uint64_t maps) noexcept {
    return 2 * (2 * changes + 2 * maps) * sizeof(std::uint32_t) +
           2 * std::min(changes, groups) * sizeof(GroupChanges);
  }
  GroupChanges& of(std::uint32_t group) {
    const std::size_t last = places_.size() - 1;
    std::size_t at = scramble(group) & last;
    for (; places_[at] != 0; at = (at + 1) & last)
      if (list_[places_[at] - 1].group == group) return list_[places_[at] - 1];
    list_.emplace_back().group = group;
    places_[at] = static_cast<std::uint32_t>(list_.size());
    return list_.back();
  }
  const std::vector<GroupChanges>& list() const noexcept { return list_; }

 private:
  std::vector<std::uint32_t> places_;  // 1 + place in the list; 0: free
  std::vector<GroupChanges> list_;
};

template <class RegretGroup, class SumGroup>
void apply_short(Table<CompactEntries>& table, const GroupChanges& changes, int round,
                 Random random, const Applying& applying, std::vector<UndoEntry>& undo) {
  const std::uint32_t entry = changes.group * group_entries;
  auto& regrets = table.regret_at<typename RegretGroup::Word>(entry, round);
  auto* const sums =
      entry < table.layout.summed ? &table.sum_at<typename SumGroup::Word>(entry, round) : nullptr;
  if (applying.keep) {
    undo.push_back({entry, static_cast<std::uint32_t>(undo.size()),
                    static_cast<std::int64_t>(regrets),
                    sums != nullptr ? static_cast<std::int64_t>(*sums) : 0});
  }
  if (changes.regrets != Changes{}) regrets = RegretGroup::add(regrets, changes.regrets, random);
  if (changes.sums != Changes{}) *sums = SumGroup::add(*sums, changes.sums, random);
}

void apply_whole(Table<CompactEntries>& table, const GroupChanges& changes, int round,
                 const Applying& applying, std::vector<UndoEntry>& undo) {
  for (std::uint32_t k = 0; k < group_entries; ++k) {
    if (changes.regrets[k] == 0 && changes.sums[k] == 0) continue;
    const std::uint32_t entry = changes.group * group_entries + k;
    auto& regret = table.regret_at<std::int32_t>(entry, round);
    auto* const sum =
        entry < table.layout.summed ? &table.sum_at<std::uint32_t>(entry, round) : nullptr;
    if (applying.keep) {
      undo.push_back({entry, static_cast<std::uint32_t>(undo.size()),
                      static_cast<std::int64_t>(regret),
                      sum != nullptr ? static_cast<std::int64_t>(*sum) : 0});
    }
    regret = apply_regret<CompactEntries>(regret, changes.regrets[k]);
    if (sum != nullptr)
      *sum = static_cast<std::uint32_t>(*sum + static_cast<std::uint32_t>(changes.sums[k]));
  }
}

void apply_group(Table<CompactEntries>& table, const GroupChanges& changes,
                 const Applying& applying, std::vector<UndoEntry>& undo) {
  const int round = table.layout.round_of(std::uint64_t{changes.group} * group_entries);
  const Random random(scramble(applying.seed + changes.group));
  switch (table.layout.bits[static_cast<std::size_t>(round)]) {
    case 16:
      apply_short<Regrets16, Sums16>(table, changes, round, random, applying, undo);
      return;
    case 8:
      apply_short<Regrets8, Sums8>(table, changes, round, random, applying, undo);
      return;
    default:
      apply_whole(table, changes, round, applying, undo);
  }
}

template <class RegretGroup, class SumGroup>
void discount_group(Table<CompactEntries>& table, std::uint64_t entry, int round,
                    const DiscountFactors& factors, Random& random) noexcept {
  auto& regrets = table.regret_at<typename RegretGroup::Word>(entry, round);
  if (regrets != 0)
    regrets = RegretGroup::scaled(regrets, factors.positive, factors.negative, random);
  if (entry >= table.layout.summed) return;
  auto& sums = table.sum_at<typename SumGroup::Word>(entry, round);
  if (sums != 0) sums = SumGroup::scaled(sums, factors.average, factors.average, random);
}

void discount_whole(Table<CompactEntries>& table, std::uint64_t entry, int round,
                    const DiscountFactors& factors, Random& random) noexcept {
  Fractions<double> fractions(random);
  for (std::uint32_t k = 0; k < group_entries; ++k) {
    auto& regret = table.regret_at<std::int32_t>(entry + k, round);
    const double factor = regret > 0 ? factors.positive : factors.negative;
    regret = round_unbiased<std::int32_t>(static_cast<double>(regret) * factor, fractions.next());
    if (entry >= table.layout.summed) continue;
    auto& sum = table.sum_at<std::uint32_t>(entry + k, round);
    sum = static_cast<std::uint32_t>(
        round_unbiased<std::int64_t>(static_cast<double>(sum) * factors.average, fractions.next()));
  }
}

}  // namespace compact

CompactLayout CompactLayout::of(const TableShape& shape, const TableBits& bits,
                                int average_rounds) noexcept {
  CompactLayout layout;
  layout.entries = shape.entries;
  layout.summed = shape.entries_of_first(average_rounds);
  layout.first.fill(~std::uint64_t{0});
  for (std::size_t r = 0; r < static_cast<std::size_t>(shape.rounds); ++r) {
    const std::uint64_t end =
        r + 1 < static_cast<std::size_t>(shape.rounds) ? shape.base[r + 1][0] : shape.entries;
    const std::uint64_t first = shape.base[r][0], width = bits[r] / 8U;
    layout.first[r] = first;
    layout.bits[r] = bits[r];
    layout.bias[r] =
        static_cast<std::int64_t>(layout.bytes) - static_cast<std::int64_t>(first * width);
    layout.bytes += (end - first) * width;
    if (end <= layout.summed) layout.sum_bytes = layout.bytes;
  }
  return layout;
}

Result<Table<CompactEntries>> Table<CompactEntries>::zeros(const TableShape& shape,
                                                           const TableBits& bits,
                                                           int average_rounds) {
  Table table;
  table.layout = CompactLayout::of(shape, bits, average_rounds);
  auto regrets = CountedArray<std::byte>::zeros(table.layout.bytes);
  if (!regrets) return regrets.error();
  auto sums = CountedArray<std::byte>::zeros(table.layout.sum_bytes);
  if (!sums) return sums.error();
  table.regrets = std::move(regrets).value();
  table.sums = std::move(sums).value();
  return table;
}

TableBytes TableWork<CompactEntries>::bytes(Compact& table) noexcept {
  TableBytes bytes{table.regrets.span(), table.sums.span(), 0, 0};
  bytes.layout = &table.layout;
  return bytes;
}

void TableWork<CompactEntries>::average(const Compact& table, std::uint32_t row, int actions,
                                        double* strategy) noexcept {
  std::int64_t sums[actions_max] = {};  // or positive regrets: the current strategy
  const CompactSums view = table.sums_view();
  const CompactRegrets current(table.layout, table.regrets.data());
  const bool summed = row < table.layout.summed;
  const int round = table.layout.round_of(row);
  for (int a = 0; a < actions; ++a) {
    const std::uint32_t entry = row + static_cast<std::uint32_t>(a);
    sums[a] =
        summed ? view.value(entry, round) : std::max<std::int64_t>(current.value(entry, round), 0);
  }
  average_strategy(sums, actions, strategy);
}

double TableWork<CompactEntries>::positive(const Compact& table) noexcept {
  double total = 0;
  const RegretView<CompactEntries> view = regrets(table);
  for (std::uint64_t e = 0; e < table.layout.entries; ++e) {
    const std::int64_t value = view.value(static_cast<std::uint32_t>(e), table.layout.round_of(e));
    total += static_cast<double>(std::max<std::int64_t>(0, value));
  }
  return total;
}

void TableWork<CompactEntries>::discount(Compact& table, std::uint64_t first, std::uint64_t end,
                                         const DiscountFactors& factors, Random& random) noexcept {
  for (std::uint64_t e = first; e < end; e += group_entries) {
    const int round = table.layout.round_of(e);
    switch (table.layout.bits[static_cast<std::size_t>(round)]) {
      case 16:
        compact::discount_group<Regrets16, Sums16>(table, e, round, factors, random);
        break;
      case 8:
        compact::discount_group<Regrets8, Sums8>(table, e, round, factors, random);
        break;
      default:
        compact::discount_whole(table, e, round, factors, random);
    }
  }
}

void TableWork<CompactEntries>::apply(Compact& table, std::vector<DenseBatch>& batches,
                                      const Applying& applying, std::vector<UndoEntry>& undo) {
  for (std::uint64_t e = 0; e < table.layout.entries; e += group_entries) {
    compact::GroupChanges changes;
    changes.group = static_cast<std::uint32_t>(e / group_entries);
    for (DenseBatch& batch : batches) {
      for (std::uint32_t k = 0; k < group_entries; ++k) {
        changes.regrets[k] += batch.regrets()[e + k];
        changes.sums[k] += batch.sums()[e + k];
        batch.regrets()[e + k] = batch.sums()[e + k] = 0;
      }
    }
    if (changes.regrets != compact::Changes{} || changes.sums != compact::Changes{})
      compact::apply_group(table, changes, applying, undo);
  }
}

void TableWork<CompactEntries>::apply(Compact& table, std::span<LogBatch> logs, std::uint32_t part,
                                      const Applying& applying, std::vector<UndoEntry>& undo) {
  std::size_t size = 0;
  for (LogBatch& log : logs) size += log.regrets(part).size() + log.sums(part).size();
  compact::ChangesByGroup groups(size);
  for (LogBatch& log : logs) {
    for (const LogBatch::Change& change : log.regrets(part))
      groups.of(change.entry / group_entries).regrets[change.entry % group_entries] +=
          change.amount;
    for (const LogBatch::Change& change : log.sums(part))
      groups.of(change.entry / group_entries).sums[change.entry % group_entries] += change.amount;
    log.regrets(part).clear();
    log.sums(part).clear();
  }
  for (const compact::GroupChanges& changes : groups.list())
    compact::apply_group(table, changes, applying, undo);
  keep_first(undo);
}

std::uint64_t TableWork<CompactEntries>::apply_bytes(std::uint64_t changes, const TableShape& shape,
                                                     std::size_t threads) noexcept {
  const std::uint64_t parts = std::min<std::uint64_t>(threads, LogBatch::parts);
  const auto of_parts = [parts](std::uint64_t all) { return all * parts / LogBatch::parts; };
  return compact::ChangesByGroup::bytes(of_parts(changes), of_parts(shape.entries / group_entries),
                                        parts);
}

void TableWork<CompactEntries>::take_back(Compact& table, const UndoEntry& undo) noexcept {
  const int round = table.layout.round_of(undo.entry);
  const bool summed = undo.entry < table.layout.summed;
  switch (table.layout.bits[static_cast<std::size_t>(round)]) {
    case 16:
      table.regret_at<Regrets16::Word>(undo.entry, round) =
          static_cast<Regrets16::Word>(undo.regret);
      if (summed)
        table.sum_at<Sums16::Word>(undo.entry, round) = static_cast<Sums16::Word>(undo.sum);
      return;
    case 8:
      table.regret_at<Regrets8::Word>(undo.entry, round) = static_cast<Regrets8::Word>(undo.regret);
      if (summed) table.sum_at<Sums8::Word>(undo.entry, round) = static_cast<Sums8::Word>(undo.sum);
      return;
    default:
      table.regret_at<std::int32_t>(undo.entry, round) = static_cast<std::int32_t>(undo.regret);
      if (summed)
        table.sum_at<std::uint32_t>(undo.entry, round) = static_cast<std::uint32_t>(undo.sum);
  }
}

}  // namespace weir::mccfr
