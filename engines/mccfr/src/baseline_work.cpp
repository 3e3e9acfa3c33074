#include "baseline_work.hpp"

#include <bit>
#include <limits>

namespace weir::mccfr {

Result<CountedArray<float>> zero_baselines(const TableShape& shape) {
  if (2 * shape.entries > std::numeric_limits<std::uint32_t>::max()) {
    return Error{"too_large",
                 std::to_string(shape.entries) +
                     " actions are too many for baselines, which take 2,147,483,647 at most",
                 "--baselines"};
  }
  return CountedArray<float>::zeros(shape.entries);
}

void apply_baselines(std::span<float> baselines, std::vector<BaselineLog>& logs, std::uint32_t part,
                     float largest, bool keep, std::vector<UndoEntry>& undo) {
  std::vector<LogBatch::Change> all;
  for (BaselineLog& log : logs) {
    const LogBatch::Changes& changes = log.part(part);
    all.insert(all.end(), changes.begin(), changes.end());
    log.part(part).clear();
  }
  // Whole numbers, so that those of one entry sum to the same in any order.
  std::sort(all.begin(), all.end(),
            [](const LogBatch::Change& a, const LogBatch::Change& b) { return a.entry < b.entry; });
  for (std::size_t first = 0, end = 0; first < all.size(); first = end) {
    std::int64_t total = 0;
    for (; end < all.size() && all[end].entry == all[first].entry; ++end) total += all[end].amount;
    const std::uint32_t entry = all[first].entry;
    float& baseline = baselines[entry];
    if (keep) {
      undo.push_back({static_cast<std::uint32_t>(baselines.size()) + entry, 0,
                      std::int64_t{std::bit_cast<std::uint32_t>(baseline)}, 0});
    }
    const auto count = static_cast<double>(end - first);
    const double kept = std::pow(1.0 - static_cast<double>(baseline_rate), count);
    const double mean = static_cast<double>(total) / count *
                        (static_cast<double>(largest) / static_cast<double>(BatchBaselines::steps));
    baseline += static_cast<float>((1 - kept) * mean);
  }
}

}  // namespace weir::mccfr
