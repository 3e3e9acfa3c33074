// segment_source.hpp: the segmented runs of one date, one after the other, in either layout;
// private.
//
//   DATE/run_id=ID/segment=N/part-000.parquet   files of a run, sorted by run
//   DATE/part-NNN.parquet                       rows of many runs with run_id and segment_id; those
//                                               of a segment behind each other, and those of a run
//
// Roles:  one thread at a time; the tables that runs share are only read.
// Errors: what cannot be read is a run with an error, or a warning where no run can be named.
// Memory: one file of a partition, and its row groups as long as a run that is out has rows of them.
#pragma once

#include <deque>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <vector>
#include <weir/file.hpp>
#include <weir/segmentation/parquet.hpp>
#include <weir/segmentation/segmenting.hpp>
#include <weir/segmentation/table.hpp>

namespace weir::segmentation {

/// A segment's file, or some of a segment's rows.
struct SegmentPart {
  std::size_t id = 0;
  std::string path;
  std::shared_ptr<const Table> rows;  // null: all rows of the file at `path`
  std::size_t first = 0, count = 0;
};

struct StoredRun {
  std::string run_id;
  std::vector<SegmentPart> parts;     // by segment id
  std::optional<SegmentError> error;  // the run cannot be used
  std::size_t segments() const noexcept;
};

class SegmentSource {
 public:
  /// `root` is the date's folder and a directory.
  static Result<SegmentSource> open(const std::string& root);

  /// Fills `run`; false: there is none left.
  bool next(StoredRun& run);
  /// Folders of runs; 0 where the runs are rows.
  std::size_t folders() const noexcept { return folders_; }
  /// False: something could not be read. Not while next() runs, like the next two.
  bool saw_all() const noexcept { return saw_all_; }
  /// Of the first folder that could not be looked into; empty code: none.
  const Error& unread() const noexcept { return unread_; }
  const std::vector<std::string>& warnings() const noexcept { return warnings_; }

 private:
  SegmentSource(std::string root, FileWalk walk) : root_(std::move(root)), walk_(std::move(walk)) {}
  void open_partition(const std::string& path);
  void read_row_group();
  void split_rows(const std::shared_ptr<const Table>& table);
  void add_part(std::string_view run_id, SegmentPart part);
  void refuse(const std::string& reason, const std::string& what);
  void end_run();

  std::string root_;
  FileWalk walk_;
  std::size_t folders_ = 0;
  std::vector<std::string> warnings_;
  std::deque<StoredRun> ready_;
  std::optional<StoredRun> pending_;  // the run that is being collected
  std::set<std::string, std::less<>> seen_;
  bool at_end_ = false;
  bool saw_all_ = true;
  Error unread_;

  // of the partition that is being read
  std::string path_;
  std::unique_ptr<Buffer> bytes_;
  std::optional<ParquetReader> reader_;
  std::size_t row_group_ = 0;
};

/// The names of the folders in `root` that begin with `prefix`, without it, sorted; none where there is no
/// root. Errors: unreadable, where the root cannot be read.
Result<std::vector<std::string>> folders_with(const std::string& root, std::string_view prefix);

}  // namespace weir::segmentation
