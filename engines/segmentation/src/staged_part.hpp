// staged_part.hpp: a part of a staged partition, opened to read its runs one by one; private.
//
// Roles     open() by one thread; an open part is read by any.
// Errors    not_found, unreadable, bad_parquet, unsupported_parquet; not_a_part: a row group is no one run's.
// Memory    the file and its footer.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <vector>
#include <weir/file.hpp>
#include <weir/segmentation/parquet.hpp>

namespace weir::segmentation {

struct StagedPart {
  Buffer bytes;
  std::unique_ptr<ParquetReader> reader;
  std::vector<std::string> run_ids;    // by row group
  std::vector<std::int64_t> start_us;  // by row group

  static Result<std::shared_ptr<const StagedPart>> open(const std::string& path);
};

}  // namespace weir::segmentation
