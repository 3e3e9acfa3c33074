// segmenter.hpp: the steps of segmenting; private.
//
// Shape     a token is one staged run.
// Roles, errors, memory: file_graph.hpp.
#pragma once

#include <algorithm>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <vector>
#include <weir/segmentation/segmenting.hpp>

#include "file_graph.hpp"
#include "staged_input.hpp"

namespace weir::segmentation {

struct SegmentWork {
  explicit SegmentWork(Compression compression) : writer(compression) {}

  std::string key;                   // "proc=P/date=D/run_id=ID"
  const Record* previous = nullptr;  // of the segments' journal
  InputIdentity input;
  Buffer bytes;
  Table table;
  Table extra;
  std::vector<Segment> segments;
  std::vector<std::string> notes;
  std::optional<SegmentError> error;
  ParquetWriter writer;
  bool skipped = false;
  bool adopted = false;    // staged just now, or found to be staged, by the same graph
  bool has_table = false;  // it was handed over with its table
  std::uint64_t bytes_in = 0;
  std::uint64_t bytes_out = 0;

  bool decided() const noexcept { return skipped || error.has_value(); }
  void release() noexcept {}
  void refuse(const std::string& what) { error = SegmentError{"unreadable", what}; }
  std::size_t kept_bytes() const noexcept {
    return std::max(bytes.capacity(), table.rows * table.size() * sizeof(double));
  }
};

class Segmenter final : public FileGraph<SegmentWork> {
 public:
  Segmenter(const SegmentConfig& config, Journal& journal, StageReport& report, const Watch& watch);
  /// Knows what the staged runs were made of; before run().
  void knows(const Journal& staged);
  /// The whole graph over the staged runs, but those that were adopted.
  Result<Done> run(Runtime& runtime);
  /// A token for a run of the same graph; null: it is of another procedure. Any worker.
  Token adopt(const StagedInput& staged);
  /// Removes the segments of runs that are staged no more.
  Result<Done> remove_orphans();

 private:
  bool wants(const std::string& path) const override;
  Token make() const override { return std::make_unique<SegmentWork>(config_.compression); }
  void begin(SegmentWork& work, const std::string& path) override;
  void read(SegmentWork& work) override;
  void digest(SegmentWork& work) override;
  void write(SegmentWork& work) override;
  void record(SegmentWork& work) override;
  void prepare(SegmentWork& work) const;
  bool is_current(const SegmentWork& work) const;
  bool is_run(const std::string& path, std::string& key) const;
  void identify(SegmentWork& work) const;
  void count(const SegmentWork& work);
  Record make_record(const SegmentWork& work) const;

  const SegmentConfig& config_;
  Journal& journal_;
  std::string stage_root_, output_root_, voltage_, fingerprint_;
  std::map<std::string, InputIdentity>
      inputs_;                     // of the runs that the stage's journal knows, by directory
  std::set<std::string> seen_;     // by the source, read after the run
  std::set<std::string> adopted_;  // by record, read after the graph that adopts
};

/// Keeps what was done, whatever ended the run, and folds the manifest where it ended well; `ran` if it did not.
Result<Done> close_segments(Journal& journal, const SegmentConfig& config, const Result<Done>& ran);

}  // namespace weir::segmentation
