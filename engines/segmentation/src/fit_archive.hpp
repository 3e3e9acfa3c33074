// fit_archive.hpp: the fits of all runs of a day in two files, written as the runs come; private.
//
//   DIRECTORY/fit_summary.parquet   the rows of each run, in row groups of some thousand
//   DIRECTORY/fit_results.json      an array with an object a run
//
// Roles:  one thread at a time. Errors: unwritable, no_space; then nothing appears.
// Memory: the rows of one row group, whatever the number of runs.
#pragma once

#include <optional>
#include <string>
#include <weir/file.hpp>
#include <weir/segmentation/parquet.hpp>
#include <weir/segmentation/table.hpp>

namespace weir::segmentation {

class FitArchive {
 public:
  explicit FitArchive(std::string directory) : directory_(std::move(directory)) {}

  /// `object`: of the run, as JSON. Both files appear with the first run's columns.
  Result<Done> add(const Table& fits, const std::string& object);
  /// Gives the files their names; nothing where nothing was added.
  Result<Done> commit(Sync sync);
  std::uint64_t bytes() const noexcept { return bytes_; }

 private:
  Result<Done> open();
  Result<Done> flush();
  Result<Done> put(AtomicFile& file, std::string_view text);

  std::string directory_;
  std::optional<AtomicFile> summary_, results_;
  ParquetWriter writer_{Compression::zstd};
  Table rows_;
  std::uint64_t bytes_ = 0;
};

}  // namespace weir::segmentation
