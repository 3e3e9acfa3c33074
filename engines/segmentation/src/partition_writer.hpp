// partition_writer.hpp: the files of one partition, proc=P/date=D/part-NNN.parquet, replaced as a whole; private.
//
// Shape     parts are built in ROOT/_manifest/building, one partition at a time. A partition of one part that had one
//           part or none is renamed into its place; else the two folders change places in one step (RENAME_EXCHANGE;
//           where the file system cannot do that, in two, and a reader may find nothing in between).
// Roles     one thread at a time.
// Errors    unwritable, no_space, other_schema: what stood there before still stands.
// Memory    a footer's part of each row group; at most part_runs_max of them.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>
#include <weir/file.hpp>
#include <weir/result.hpp>
#include <weir/segmentation/parquet.hpp>
#include <weir/segmentation/pipeline.hpp>

namespace weir::segmentation {

/// The parts of each partition below a root, and their bytes.
using Parts = std::map<std::string, std::map<int, std::uint64_t>>;
/// Looks them up. Errors: unreadable.
Result<Parts> find_parts(const std::string& root);
/// The number in "part-NNN.parquet"; -1 for another name.
int part_number(std::string_view name) noexcept;

class PartitionWriter {
 public:
  PartitionWriter(std::string root, Compression compression, SyncPolicy sync);
  PartitionWriter(const PartitionWriter&) = delete;
  PartitionWriter& operator=(const PartitionWriter&) = delete;
  ~PartitionWriter();

  /// Begins a partition; what a killed process, or an abandoned partition, left is removed.
  Result<Done> begin(const std::string& partition);
  /// Appends a run and returns the number of its part.
  Result<int> add(const RowGroup& group);
  /// Puts the parts in their place and returns their bytes. Without any run the partition is removed.
  Result<std::vector<std::uint64_t>> commit();
  /// Forgets a partition that was begun.
  void abandon() noexcept;

 private:
  Result<Done> write(std::string_view bytes);
  Result<Done> flush();
  Result<Done> finish_part();
  Result<Done> put_in_place(const std::string& place, bool alone);

  std::string root_, building_, partition_;
  SyncPolicy sync_;
  bool replaces_ = false;  // there is such a partition
  bool kept_ =
      false;  // building_ is there, empty: file systems take milliseconds to remove a folder
  ParquetWriter writer_;
  std::optional<AppendFile> file_;    // the part that is written
  std::string held_;                  // what it is to be given
  std::vector<std::uint64_t> bytes_;  // of the parts
  std::size_t runs_ = 0;              // of the part that is written
};

/// Makes `place` the folder `fresh`, and `fresh` what `place` was, in one step; without `exchange`, or where the file
/// system has none, in two, through `aside`.
Result<Done> swap_folders(const std::string& fresh, const std::string& place,
                          const std::string& aside, bool exchange = true);

}  // namespace weir::segmentation
