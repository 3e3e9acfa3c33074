// baseline_work.hpp: baselines made, and changed by what a batch saw; private.
#pragma once

#include <span>
#include <vector>
#include <weir/mccfr/baselines.hpp>
#include <weir/mccfr/trainer.hpp>

namespace weir::mccfr {

/// Errors: no_memory; too_large, where undo lists could not tell them from entries.
Result<CountedArray<float>> zero_baselines(const TableShape& shape);

/// One part of a batch: n sightings of an entry whose differences have the mean d move it by (1 - (1 - rate)^n) d, in
/// whatever order they came. Empties the logs. `keep`: what they were goes to `undo`.
void apply_baselines(std::span<float> baselines, std::vector<BaselineLog>& logs, std::uint32_t part,
                     float largest, bool keep, std::vector<UndoEntry>& undo);

}  // namespace weir::mccfr
