// Segmenting in layout partition.
#include <algorithm>

#include "partitioned.hpp"
#include "segmenter.hpp"

namespace weir::segmentation {
namespace {

class PartitionSegmenter final : public Partitioned<Segmenter, SegmentWork> {
 public:
  PartitionSegmenter(const SegmentConfig& config, Journal& journal, StageReport& report,
                     const Watch& watch)
      : Partitioned(config, journal, report, watch, clean_path(config.output_root),
                    config.kept_bytes_max) {}

  /// A root's partitions hold the segments of one stage root: of another one's they could not be written again.
  Result<Done> check_root() const {
    for (const Record& record : journal_.sorted()) {
      if (record.origin == stage_root_) continue;
      return Error{"other_root",
                   "its partitions have segments of another stage root, " + record.origin +
                       "; give that one, or another --output-root",
                   output_root_};
    }
    return Done{};
  }

  Result<Done> run_all(Runtime& runtime) {
    if (!has_input()) return run_without_inputs();
    return run_partitions(runtime, input_root(), {"preprocess", "runs", "detect"}, config_);
  }

 private:
  bool has_output(const Record& record) const override { return has_part(record); }

  void look(SegmentWork& work) override {
    PartitionPlace& place = work.place;
    if (has_room()) {  // it may be kept: all of it is done now
      digest(work);
    } else if (work.part_file != nullptr) {
      work.part_file->reader->read_schema(work.table);
    } else {
      load(work);
    }
    if (work.error) return;
    if (work.part_file != nullptr) {
      place.start_us = work.part_file->start_us[work.group];
    } else {
      const Staged* staged = known(work.key);
      const Column* start = work.table.find("start_dt");
      const bool has_start = start != nullptr && start->type == ColumnType::timestamp_us &&
                             work.table.rows != 0 && !start->is_null(0);
      place.start_us = staged != nullptr ? staged->start_us : has_start ? start->integer(0) : 0;
    }
    const std::size_t slash = work.key.rfind('/');
    place.partition = work.key.substr(0, slash);
    place.run_id = work.key.substr(work.key.find('=', slash) + 1);
    place.shape.clear();
    const auto ours = segment_columns(config_.detector.rule);
    for (std::size_t k = 0; k < work.table.size(); ++k) {
      if (std::find(ours.begin(), ours.end(), work.table[k].name) == ours.end())
        place.shape.push_back({work.table[k].name, work.table[k].type});
    }
    std::vector<const Column*> unused;
    segment_rows(Table(), {}, config_.detector.rule, work.kept, work.extra, unused);
    for (std::size_t k = 0; k < work.extra.size(); ++k)
      place.shape.push_back({work.extra[k].name, work.extra[k].type});
  }

  Token open_member(const Member& member, bool is_read) override {
    Token work = take();
    work->key = member.path;
    prepare(*work);
    work->forced = true;
    if (member.file.empty() || !is_read) return work;
    if (open_path_ != member.file) {
      open_part_.reset();
      open_path_ = member.file;
      auto opened = StagedPart::open(member.file);
      open_error_ = opened ? std::string() : opened.error().text();
      if (opened) open_part_ = std::move(opened).value();
    }
    work->file = member.file;
    work->group = member.group;
    if (open_part_ == nullptr) {
      work->refuse(open_error_);
    } else if (member.group >= open_part_->run_ids.size() ||
               !member.path.ends_with("/run_id=" + open_part_->run_ids[member.group])) {
      work->refuse_changed();
    } else {
      work->part_file = open_part_;
    }
    return work;
  }
  Member member_of(const SegmentWork& work) const override {
    Member member;
    member.path = work.key;
    member.file = work.file;
    member.group = work.group;
    member.bytes_in = work.bytes_in;
    return member;
  }
  const std::string& name_of(const SegmentWork& work) const override { return work.key; }
  bool is_at(const SegmentWork& /*work*/, const std::string& /*partition*/,
             const Member& /*member*/) const override {
    return true;  // its key says where it belongs
  }
  std::size_t columns_of(SegmentWork& work, std::vector<const Column*>& columns) override {
    return segment_rows(work.table, work.segments, config_.detector.rule, work.kept, work.extra,
                        columns);
  }
  void recall(SegmentWork& work, const Member& member, const Record& kept) const override {
    work.bytes_in = member.bytes_in;
    work.table.clear();
    work.table.rows = kept.rows;
    work.segments = kept.segments;
  }
  bool none_is_known() const override { return none_is_staged(); }
  bool may_pass(const SegmentWork& work) const override { return Segmenter::may_pass(work); }
  Result<Done> tell(const Record& record) override {
    return write_segment_event(config_.side, record, output_root_);
  }
  bool is_mine(const Record& record) const override { return record.proc == config_.procedure; }
  bool is_mine(const std::string& partition) const override {
    return procedure_of(partition) == "proc=" + config_.procedure;
  }

  std::string open_path_, open_error_;           // the source's
  std::shared_ptr<const StagedPart> open_part_;  // the part that its next members are in
};

}  // namespace

Result<Done> segment_partitions(Runtime& runtime, const SegmentConfig& config, Journal& journal,
                                const Journal& staged, StageReport& report, const Watch& watch) {
  PartitionSegmenter segmenter(config, journal, report, watch);
  if (auto checked = segmenter.check_root(); !checked) return checked;
  segmenter.knows(staged);
  return segmenter.run_all(runtime);
}

}  // namespace weir::segmentation
