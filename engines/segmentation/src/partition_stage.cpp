// Staging in layout partition.
#include <algorithm>
#include <weir/segmentation/text.hpp>

#include "partitioned.hpp"
#include "stager.hpp"

namespace weir::segmentation {
namespace {

/// Whether `path` lies below `root`, both clean.
bool is_below(std::string_view path, std::string_view root) noexcept {
  if (root == ".") return !path.starts_with('/') && !path.starts_with("../");
  if (root == "/") return path.starts_with('/');
  return path.size() > root.size() && path.starts_with(root) && path[root.size()] == '/';
}

class PartitionStager final : public Partitioned<Stager, StageWork> {
 public:
  PartitionStager(const StageConfig& config, Journal& journal, StageReport& report,
                  const Watch& watch)
      : Partitioned(config, journal, report, watch, clean_path(config.stage_root),
                    config.kept_bytes_max) {}

  /// A root's partitions hold the runs of one raw root: of another one's they could not be written again.
  Result<Done> check_root() const {
    const std::string root = readable(raw_root_);
    for (const Record& record : journal_.sorted()) {
      if (is_below(record.path, root)) continue;
      return Error{"other_root",
                   "its partitions have runs of another raw root, as " + record.path +
                       "; give that one, or another --stage-root",
                   stage_root_};
    }
    return Done{};
  }

 private:
  bool has_output(const Record& record) const override { return has_part(record); }

  void look(StageWork& work) override {
    digest(work);
    if (work.reject) return;
    PartitionPlace& place = work.place;
    place.partition = partition_of(work);
    place.run_id = work.run.id;
    place.start_us = work.run.start.us;
    place.shape.clear();
    for (std::size_t k = 0; k < work.run.table.size(); ++k)
      place.shape.push_back({work.run.table[k].name, work.run.table[k].type});
    place.texts = texts_of(work);
  }

  void digest(StageWork& work) override {
    Stager::digest(work);
    if (work.reject) return;
    for (const std::string& name : texts_of(work))
      work.run.notes.push_back(std::string(text_column_note) + name);
  }

  static std::string partition_of(const StageWork& work) {
    return "proc=" + work.run.procedure + "/date=" + work.run.start.date.text();
  }

  /// Columns of text whose type the file alone decides.
  std::set<std::string> texts_of(const StageWork& work) const {
    const ProcedureTable& table =
        config_.procedures != nullptr ? *config_.procedures : ProcedureTable::built_in();
    const std::vector<TypedKey>& listed = table.spec(work.run.header.procedure).data;
    std::set<std::string> texts;
    for (std::size_t k = 0; k < work.run.table.size(); ++k) {
      const Column& column = work.run.table[k];
      if (column.constant || column.type != ColumnType::text) continue;
      const bool is_listed = std::any_of(listed.begin(), listed.end(), [&](const TypedKey& key) {
        return key.key == column.name;
      });
      if (!is_listed) texts.insert(column.name);
    }
    return texts;
  }

  Token open_member(const Member& member, bool /*is_read*/) override {
    Token work = take();
    begin(*work, member.path);
    work->forced = true;
    return work;
  }
  Member member_of(const StageWork& work) const override {
    Member member;
    member.path = work.path;
    return member;
  }
  const std::string& name_of(const StageWork& work) const override { return work.name; }
  bool is_at(const StageWork& work, const std::string& partition,
             const Member& member) const override {
    return work.run.id == member.run_id && work.run.start.us == member.start_us &&
           partition_of(work) == partition;
  }
  std::size_t columns_of(StageWork& work, std::vector<const Column*>& columns) override {
    columns.clear();
    for (std::size_t k = 0; k < work.run.table.size(); ++k) columns.push_back(&work.run.table[k]);
    work.rows = work.run.table.rows;
    return work.run.table.rows;
  }
  void recall(StageWork& work, const Member& /*member*/, const Record& kept) const override {
    work.stat.size = kept.input.size;
    work.rows = kept.rows;
  }
  bool may_pass(const StageWork& work) const override { return Stager::may_pass(work); }
  Result<Done> tell(const Record& record) override {
    return write_stage_event(config_.side, record, stage_root_ + "/" + record.file());
  }
  bool is_mine(const Record& /*record*/) const override { return true; }
  bool is_mine(const std::string& /*partition*/) const override { return true; }
  void note_skipped(StageWork& work) override { note_touched(work); }
};

}  // namespace

Result<Done> stage_partitions(Runtime& runtime, const StageConfig& config, Journal& journal,
                              StageReport& report, const Watch& watch) {
  PartitionStager stager(config, journal, report, watch);
  if (auto checked = stager.check_root(); !checked) return checked;
  return stager.run_partitions(runtime, stager.root(), {"stage", "files", "parse"}, config);
}

}  // namespace weir::segmentation
