// Segmentation as a graph. A token is one staged run.
#include <algorithm>
#include <weir/clock.hpp>
#include <weir/segmentation/text.hpp>

#include "partition_writer.hpp"
#include "segmenter.hpp"

namespace weir::segmentation {
namespace {

constexpr std::size_t staged_bytes_max = 1u << 30;
constexpr std::string_view segment_version =
    "5";  // raise when the same input would give other bytes
constexpr std::string_view file_name = "/part-000.parquet";

/// The value of "NAME=" in a path of such parts.
std::string part(std::string_view path, std::string_view name) {
  while (!path.empty()) {
    const std::size_t slash = path.find('/');
    const std::string_view word = path.substr(0, slash);
    if (word.size() > name.size() && word.starts_with(name) && word[name.size()] == '=') {
      return std::string(word.substr(name.size() + 1));
    }
    path = slash == std::string_view::npos ? std::string_view{} : path.substr(slash + 1);
  }
  return {};
}

}  // namespace

Segmenter::Segmenter(const SegmentConfig& config, Journal& journal, StageReport& report,
                     const Watch& watch)
    : FileGraph(watch, report),
      config_(config),
      journal_(journal),
      stage_root_(clean_path(config.stage_root)),
      output_root_(clean_path(config.output_root)),
      voltage_(config.voltage.empty() ? voltage_column(config.procedure) : config.voltage) {
  fingerprint_ = hex_word(hash_text(std::string(segment_version) + '|' + voltage_ + '|' +
                                    std::string(to_string(config.detector.rule)) + '|' +
                                    python_repr(config.detector.dv_threshold) + '|' +
                                    std::to_string(config.detector.min_segment_points) + '|' +
                                    std::string(to_string(config.compression))));
}

void Segmenter::knows(const Journal& staged) {
  for (const Record& record : staged.sorted()) {
    others_staged_ = others_staged_ || record.ok();
    if (!record.ok() || record.proc != config_.procedure) continue;
    inputs_.insert_or_assign(record.directory(), Staged{record.input, record.start_us});
    if (record.part >= 0) ++part_runs_[record.file()];
  }
}

bool Segmenter::wants(const std::string& path) const {
  std::string key;
  return (is_run(path, key) && !adopted_.contains(key)) || is_part(path);
}

/// A part of a partition: STAGE/proc=P/date=D/part-NNN.parquet.
bool Segmenter::is_part(const std::string& path) const {
  if (path.size() <= stage_root_.size() + 1) return false;
  const std::string_view rest = std::string_view(path).substr(stage_root_.size() + 1);
  return std::count(rest.begin(), rest.end(), '/') == 2 && !part(rest, "date").empty() &&
         part_number(rest.substr(rest.rfind('/') + 1)) >= 0;
}

std::uint64_t Segmenter::tokens_of(const std::string& path) const {
  if (!is_part(path)) return 1;
  const auto runs = part_runs_.find(path.substr(stage_root_.size() + 1));
  return runs == part_runs_.end() ? 1 : runs->second;
}

bool Segmenter::opens(const std::string& path) {
  if (!is_part(path)) return false;
  auto opened = StagedPart::open(path);
  if (!opened) {
    overlook(opened.error());
    return true;
  }
  part_ = std::move(opened).value();
  part_path_ = path;
  next_group_ = 0;
  return true;
}

FileGraph<SegmentWork>::Token Segmenter::another() {
  const std::size_t folder = part_path_.rfind('/');
  while (part_ != nullptr && next_group_ < part_->run_ids.size()) {
    const std::size_t group = next_group_++;
    std::string key = part_path_.substr(stage_root_.size() + 1, folder - stage_root_.size() - 1) +
                      "/run_id=" + part_->run_ids[group];
    if (adopted_.contains(key)) continue;
    Token work = take();
    work->key = std::move(key);
    prepare(*work);
    work->file = part_path_;
    work->part_file = part_;
    work->group = group;
    seen_.insert(work->key);
    return work;
  }
  part_.reset();
  return nullptr;
}

bool Segmenter::is_run(const std::string& path, std::string& key) const {
  if (!path.ends_with(file_name) || path.size() <= stage_root_.size() + 1 + file_name.size())
    return false;
  key =
      path.substr(stage_root_.size() + 1, path.size() - stage_root_.size() - 1 - file_name.size());
  return std::count(key.begin(), key.end(), '/') == 2 && !part(key, "run_id").empty() &&
         !part(key, "date").empty();
}

void Segmenter::begin(SegmentWork& work, const std::string& path) {
  is_run(path, work.key);
  prepare(work);
  seen_.insert(work.key);
}

/// A token whose key is set.
void Segmenter::prepare(SegmentWork& work) const {
  work.previous = journal_.find(work.key);
  work.input = {};
  work.segments.clear();
  work.notes.clear();
  work.error.reset();
  work.file.clear();
  work.part_file.reset();
  work.forced = false;
  work.skipped = work.adopted = work.has_table = false;
  work.bytes_in = work.bytes_out = 0;
}

FileGraph<SegmentWork>::Token Segmenter::adopt(const StagedInput& staged) {
  if (staged.proc != config_.procedure) return nullptr;
  Token work = take();
  work->key = staged.key;
  prepare(*work);
  work->adopted = true;
  work->input = staged.input;
  if (staged.table != nullptr) {
    std::swap(work->table, *staged.table);
    work->has_table = true;
    work->bytes_in = staged.bytes;
  }
  return work;
}

/// What a run was made of: as it was handed over, or as the stage's journal says, else the staged file's own size
/// and time.
void Segmenter::identify(SegmentWork& work) const {
  if (const Staged* staged = known(work.key); !work.adopted && staged != nullptr) {
    work.input = staged->input;
  } else if (!work.adopted) {
    const auto stat = stat_file(
        work.file.empty() ? stage_root_ + "/" + work.key + std::string(file_name) : work.file);
    if (stat) work.input = {stat.value().size, stat.value().mtime_ns, "", ""};
  }
  if (!work.input.hash.empty()) work.input.mtime_ns = 0;  // the content counts
  work.input.config = fingerprint_ + "/" + work.input.config;
}

bool Segmenter::is_current(const SegmentWork& work) const {
  const std::optional<Record>& before = work.previous;
  if (config_.force || work.forced || !before || before->input != work.input) return false;
  // What is unreadable may be readable by now.
  return before->ok() ? has_output(*before) : before->reason != "unreadable";
}

bool Segmenter::has_output(const Record& record) const {
  std::uint64_t bytes = 0;
  for (std::size_t id = 0; id < record.segments.size(); ++id) {
    const auto segment = stat_file(output_root_ + "/" + record.path +
                                   "/segment=" + std::to_string(id) + std::string(file_name));
    if (!segment) return false;
    bytes += segment.value().size;
  }
  return bytes == record.bytes;
}

void Segmenter::read(SegmentWork& work) {
  identify(work);
  if (is_current(work)) {
    work.skipped = true;
    return;
  }
  if (work.has_table || work.part_file != nullptr) return;
  const std::string path = stage_root_ + "/" + work.key + std::string(file_name);
  if (const auto size = read_file(path, work.bytes, staged_bytes_max); !size) {
    work.error = SegmentError{"unreadable", size.error().text()};
  } else {
    work.bytes_in = work.bytes.size();
  }
}

bool Segmenter::load(SegmentWork& work) const {
  if (work.has_table) return true;
  const auto read = work.part_file != nullptr
                        ? work.part_file->reader->read_row_group(work.group, work.table)
                        : read_parquet(work.bytes.view(), work.table);
  if (!read) work.error = SegmentError{"unreadable", read.error().text()};
  return read.ok();
}

void Segmenter::digest(SegmentWork& work) {
  if (!load(work)) return;
  work.error = find_segments(work.table, voltage_, config_.detector, work.segments);
  for (const std::string_view name : segment_columns(config_.detector.rule)) {
    if (work.table.remove(name)) work.notes.push_back("column_replaced:" + std::string(name));
  }
  Flags flags = 0;
  for (const Segment& segment : work.segments) flags = static_cast<Flags>(flags | segment.flags);
  for (unsigned flag = 1; flag <= flags; flag <<= 1) {
    if ((flags & flag) != 0) work.notes.push_back(to_string(static_cast<Flags>(flag)));
  }
}

void Segmenter::write(SegmentWork& work) {
  const std::string run = output_root_ + "/" + work.key;
  for (std::size_t id = 0; id < work.segments.size(); ++id) {
    const std::string_view file = encode_segment(work.table, work.segments[id], id,
                                                 config_.detector.rule, work.writer, work.extra);
    const auto written = write_file_into(run + "/segment=" + std::to_string(id), part_name(0), file,
                                         file_sync(config_.sync));
    if (!written) {
      fatal_.set(written.error());
      return;
    }
    work.bytes_out += file.size();
  }
}

Record Segmenter::make_record(const SegmentWork& work) const {
  Record record;
  record.path = work.key;
  record.input = work.input;
  record.run_id = part(work.key, "run_id");
  record.proc = part(work.key, "proc");
  record.date = part(work.key, "date");
  record.origin = stage_root_;
  record.rows = work.table.rows;
  if (work.error) {
    record.status = "error";
    record.reason = work.error->reason;
    record.what = work.error->what;
    return record;
  }
  record.status = "ok";
  record.bytes = work.bytes_out;
  record.segments = work.segments;
  record.notes = work.notes;
  return record;
}

void Segmenter::count(const SegmentWork& work) {
  ++report_.files;
  if (work.skipped) {
    if (work.previous->ok()) {
      ++report_.skipped;
      report_.segments += work.previous->segments.size();
    } else {
      ++report_.rejected;
      ++report_.rejects[work.previous->reason];
    }
    return;
  }
  report_.bytes_in += work.bytes_in;
  if (work.error) {
    ++report_.rejected;
    ++report_.rejects[work.error->reason];
    return;
  }
  ++report_.done;
  report_.rows += work.table.rows;
  report_.segments += work.segments.size();
  report_.bytes_out += work.bytes_out;
}

void Segmenter::record(SegmentWork& work) {
  if (work.adopted) adopted_.insert(work.key);
  count(work);
  if (work.skipped) return;
  Record made = make_record(work);
  auto done = write_segment_event(config_.side, made, output_root_);
  // What cannot be read now is no reason to lose what was made of it before.
  const bool kept = may_pass(work) && work.previous && work.previous->ok();
  if (done && !kept) {
    const auto removed = remove_segments(output_root_ + "/" + work.key, made.segments.size());
    if (removed) report_.removed += removed.value();
    done = removed ? journal_.append(made) : Result<Done>(removed.error());
  }
  if (!done) fatal_.set(done.error());
}

Result<Done> Segmenter::remove_orphans() {
  // A folder that could not be read, or a disk that is not mounted, is no reason to remove
  // anything.
  const bool saw_none = seen_.empty() && adopted_.empty() && !none_is_staged();
  if (!saw_all() || report_.interrupted || saw_none) return Done{};
  std::vector<std::string> gone;
  for (const Record& record : journal_.sorted()) {
    if (record.origin == stage_root_ && record.proc == config_.procedure &&
        !seen_.contains(record.path) && !adopted_.contains(record.path)) {
      gone.push_back(record.path);
    }
  }
  for (const std::string& key : gone) {
    const auto removed = remove_segments(output_root_ + "/" + key, 0);
    if (!removed) return removed.error();
    report_.removed += removed.value();
    if (auto done = remove_output(output_root_, key, "part-000.parquet"); !done) return done;
    journal_.forget(key);
  }
  return Done{};
}

bool Segmenter::has_input() const {
  const auto there = stat_file(input_root());
  return there || there.error().code != "not_found";
}

Result<Done> Segmenter::run(Runtime& runtime) {
  if (!has_input()) return Done{};
  return run_over(input_root(), runtime, {"preprocess", "runs", "detect"}, config_);
}

Result<Done> close_segments(Journal& journal, const SegmentConfig& config,
                            const Result<Done>& ran) {
  auto kept = journal.compact();
  if (!ran) return ran;
  if (!kept) return kept;
  return write_segment_manifest(journal, journal.root() + "/_manifest/manifest.parquet",
                                end_sync(config.sync));
}

Result<StageReport> preprocess(Runtime& runtime, const SegmentConfig& config, const Watch& watch) {
  const Deadline begin = now_ns();
  StageReport report;
  const std::string root = clean_path(config.output_root);
  const NewRoot fresh(root);
  auto journal = open_output(config.stage_root, root, config.sync, config.layout, report);
  if (!journal) return journal.error();
  if (auto cleaned = clean_side_files(config.side); !cleaned) return cleaned.error();
  auto staged = Journal::read(clean_path(config.stage_root));
  if (!staged) return staged.error();
  Result<Done> ran = Done{};
  if (config.layout == Layout::partition) {
    ran = segment_partitions(runtime, config, journal.value(), staged.value(), report, watch);
  } else {
    Segmenter segmenter(config, journal.value(), report, watch);
    segmenter.knows(staged.value());
    ran = segmenter.run(runtime);
    journal.value().settle();
    if (ran) ran = segmenter.remove_orphans();
  }
  const bool nothing = ran && report.files == 0 && fresh.take_back();
  if (auto kept = nothing ? ran : close_segments(journal.value(), config, ran); !kept)
    return kept.error();
  report.elapsed_s = static_cast<double>(now_ns() - begin) / 1e9;
  return report;
}

}  // namespace weir::segmentation
