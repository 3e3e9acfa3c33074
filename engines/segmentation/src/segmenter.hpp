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
#include "partition_plan.hpp"
#include "staged_input.hpp"
#include "staged_part.hpp"

namespace weir::segmentation {

struct SegmentWork {
  explicit SegmentWork(Compression compression) : writer(compression) {}

  std::string key;   // "proc=P/date=D/run_id=ID"
  std::string file;  // the part that holds the run among others; empty: its own
  std::shared_ptr<const StagedPart> part_file;  // that, opened
  std::size_t group = 0;                        // the run's row group there
  std::optional<Record> previous;               // of the segments' journal
  InputIdentity input;
  Buffer bytes;
  Table table;
  Table extra;
  std::vector<Segment> segments;
  std::vector<std::string> notes;
  std::optional<SegmentError> error;
  ParquetWriter writer;
  bool skipped = false;
  bool forced = false;   // to be done, whatever the journal says
  PartitionPlace place;  // of layout partition, as are the next five
  Member* member = nullptr;
  const std::string* key_of_member = nullptr;  // its partition
  int part = -1;
  Table kept;
  bool adopted = false;    // staged just now, or found to be staged, by the same graph
  bool has_table = false;  // it was handed over with its table
  std::uint64_t bytes_in = 0;
  std::uint64_t bytes_out = 0;

  bool decided() const noexcept { return skipped || error.has_value(); }
  void refuse_changed() {
    error = SegmentError{"unreadable", "it is another run than a moment ago"};
  }
  void release() noexcept { part_file.reset(); }
  void refuse(const std::string& what) { error = SegmentError{"unreadable", what}; }
  std::size_t kept_bytes() const noexcept {
    return std::max(bytes.capacity(), table.rows * table.size() * sizeof(double));
  }
};

class Segmenter : public FileGraph<SegmentWork> {
 public:
  Segmenter(const SegmentConfig& config, Journal& journal, StageReport& report, const Watch& watch);
  /// Knows what the staged runs were made of; before run().
  void knows(const Journal& staged);
  /// The whole graph over the staged runs, but those that were adopted. Without a folder of the procedure there are
  /// none, which the caller tells.
  Result<Done> run(Runtime& runtime);
  /// A token for a run of the same graph; null: it is of another procedure. Any worker.
  Token adopt(const StagedInput& staged);
  /// Removes the segments of runs that are staged no more.
  Result<Done> remove_orphans();

 protected:
  struct Staged {
    InputIdentity input;
    std::int64_t start_us = 0;
  };

  bool wants(const std::string& path) const override;
  bool opens(const std::string& path) override;
  Token another() override;
  std::uint64_t tokens_of(const std::string& path) const override;
  Token make() const override { return std::make_unique<SegmentWork>(config_.compression); }
  void begin(SegmentWork& work, const std::string& path) override;
  void read(SegmentWork& work) override;
  void digest(SegmentWork& work) override;
  void write(SegmentWork& work) override;
  void record(SegmentWork& work) override;
  /// Whether what the record speaks of is there.
  virtual bool has_output(const Record& record) const;
  void prepare(SegmentWork& work) const;
  /// The staged table of a run that was read.
  bool load(SegmentWork& work) const;
  bool is_current(const SegmentWork& work) const;
  /// Whether a run is refused for what may be over by now.
  static bool may_pass(const SegmentWork& work) noexcept {
    return work.error && work.error->reason == "unreadable";
  }
  bool is_run(const std::string& path, std::string& key) const;
  bool is_part(const std::string& path) const;
  void identify(SegmentWork& work) const;
  void count(const SegmentWork& work);
  Record make_record(const SegmentWork& work) const;
  /// Whether there is a folder of the procedure.
  bool has_input() const;
  /// Whether the stage's journal has runs, but none of the procedure: that there are none is no accident then.
  bool none_is_staged() const noexcept { return others_staged_ && inputs_.empty(); }
  /// "PROC_FOLDER" of the staged runs.
  std::string input_root() const { return stage_root_ + "/proc=" + config_.procedure; }
  const Staged* known(const std::string& key) const {
    const auto at = inputs_.find(key);
    return at == inputs_.end() ? nullptr : &at->second;
  }

  const SegmentConfig& config_;
  Journal& journal_;
  std::string stage_root_, output_root_, voltage_, fingerprint_;

 private:
  std::map<std::string, Staged>
      inputs_;  // of the runs that the stage's journal knows, by directory
  std::map<std::string, std::uint64_t> part_runs_;  // as it says, by the part's file
  std::string part_path_;                           // the part that the source gives out
  std::shared_ptr<const StagedPart> part_;          // that, opened
  std::size_t next_group_ = 0;
  bool others_staged_ = false;     // the stage's journal knows runs
  std::set<std::string> seen_;     // by the source, read after the run
  std::set<std::string> adopted_;  // by record, read after the graph that adopts
};

/// The whole of segmenting in layout partition. `staged`: what the stage's journal knows.
Result<Done> segment_partitions(Runtime& runtime, const SegmentConfig& config, Journal& journal,
                                const Journal& staged, StageReport& report, const Watch& watch);

/// Keeps what was done, whatever ended the run, and folds the manifest where it ended well; `ran` if it did not.
Result<Done> close_segments(Journal& journal, const SegmentConfig& config, const Result<Done>& ran);

}  // namespace weir::segmentation
