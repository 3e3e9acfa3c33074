// stager.hpp: the steps of staging; private.
//
// Shape     a token is one CSV; each step leaves its findings in it.
// Roles, errors, memory: file_graph.hpp.
#pragma once

#include <optional>
#include <string>
#include <weir/segmentation/staging.hpp>

#include "file_graph.hpp"
#include "partition_plan.hpp"
#include "staged_input.hpp"

namespace weir::segmentation {

struct StageWork {
  explicit StageWork(Compression compression) : writer(compression) {}

  std::string path;
  std::string name;                // the path as UTF-8, which names it in all outputs
  std::optional<Record> previous;  // what the journal knew
  FileStat stat;
  Buffer bytes;
  std::string hash;  // of the bytes
  StagedRun run;
  std::optional<Reject> reject;
  ParquetWriter writer;
  bool skipped = false;
  bool forced = false;   // to be done, whatever the journal says
  PartitionPlace place;  // of layout partition, as are the next three
  Member* member = nullptr;
  const std::string* key_of_member = nullptr;  // its partition
  int part = -1;
  bool touched = false;  // skipped, with another time of the file than the journal knew
  std::uint64_t rows = 0;
  std::uint64_t bytes_out = 0;

  bool decided() const noexcept { return skipped || reject.has_value(); }
  void refuse(const std::string& what) { reject = Reject{Reason::unreadable, what, 0, 0}; }
  void refuse_changed() {
    reject = Reject{Reason::changed_while_read, "it is another run than a moment ago", 0, 0};
  }
  void release() noexcept {}
  std::size_t kept_bytes() const noexcept { return bytes.capacity(); }
};

class Stager : public FileGraph<StageWork> {
 public:
  Stager(const StageConfig& config, Journal& journal, StageReport& report, const Watch& watch);
  const std::string& root() const noexcept { return raw_root_; }
  /// True when `work`, once it was written, is a staged run.
  bool hand_over(StageWork& work, StagedInput& input);

 protected:
  bool wants(const std::string& path) const override;
  Token make() const override { return std::make_unique<StageWork>(config_.compression); }
  void begin(StageWork& work, const std::string& path) override;
  void read(StageWork& work) override;
  void digest(StageWork& work) override;
  void write(StageWork& work) override;
  void record(StageWork& work) override;
  /// Whether what the record speaks of is there.
  virtual bool has_output(const Record& record) const;
  void count(const StageWork& work);
  /// Whether a file is refused for what may be over by now: a permission, a lack of descriptors, a writer.
  static bool may_pass(const StageWork& work) noexcept;
  /// Notes the other time of a file whose content is what it was.
  void note_touched(const StageWork& work);
  Record make_record(const StageWork& work) const;
  StagingConfig staging() const {
    return {config_.procedures, config_.zone, config_.only_spec_columns};
  }

  const StageConfig& config_;
  Journal& journal_;
  std::string raw_root_, stage_root_, fingerprint_;

 private:
  bool is_current(const StageWork& work, const InputIdentity& input) const;
  bool was_touched(const StageWork& work) const;
  Result<Done> remove_previous(const StageWork& work);
  std::string target(const std::string& directory) const { return stage_root_ + "/" + directory; }
};

/// The whole of staging in layout partition. Errors: other_root besides.
Result<Done> stage_partitions(Runtime& runtime, const StageConfig& config, Journal& journal,
                              StageReport& report, const Watch& watch);

/// Keeps what was done, whatever ended the run, and folds the manifest where it ended well; `ran` if it did not.
Result<Done> close_stage(Journal& journal, const StageConfig& config, const Result<Done>& ran);

}  // namespace weir::segmentation
