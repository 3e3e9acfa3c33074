// staged_input.hpp: what staging hands over to segmenting; private.
#pragma once

#include <cstdint>
#include <string>
#include <weir/segmentation/journal.hpp>
#include <weir/segmentation/table.hpp>

namespace weir::segmentation {

/// One staged run.
struct StagedInput {
  std::string key;  // "proc=P/date=D/run_id=ID"
  std::string proc;
  InputIdentity input;  // of the CSV
  Table* table =
      nullptr;  // what stands in the staged file, to be taken; null: it is to be read from there
  std::uint64_t bytes = 0;  // of the staged file, where there is a table
};

}  // namespace weir::segmentation
