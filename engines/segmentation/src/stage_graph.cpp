// Staging as a graph. A token is one CSV; each step leaves its findings in it, and the sink gives
// it back to the pool.
#include <xxhash.h>

#include <algorithm>
#include <array>
#include <weir/clock.hpp>
#include <weir/segmentation/text.hpp>

#include "stager.hpp"

namespace weir::segmentation {
namespace {

constexpr std::size_t csv_bytes_max = 1u << 30;  // a CSV beyond it is `too_large`
constexpr int read_tries = 3;                    // of a file that changes while it is read
constexpr std::string_view stage_version = "5";  // raise when the same input would give other bytes

bool is_csv(std::string_view path, std::size_t root_size) noexcept {
  constexpr std::array<std::string_view, 4> excluded = {".git", ".venv", "__pycache__",
                                                        ".ipynb_checkpoints"};
  if (!path.ends_with(".csv")) return false;
  std::string_view rest = path.substr(std::min(root_size, path.size()));
  while (!rest.empty()) {
    const std::size_t slash = rest.find('/');
    const std::string_view part = rest.substr(0, slash);
    if (slash == std::string_view::npos) return !part.starts_with("._");
    if (std::find(excluded.begin(), excluded.end(), part) != excluded.end()) return false;
    rest.remove_prefix(slash + 1);
  }
  return false;
}

/// True for what may be over by now: a permission, a lack of descriptors, a writer.
bool passes(Reason reason) noexcept {
  return reason == Reason::unreadable || reason == Reason::changed_while_read;
}

}  // namespace

Stager::Stager(const StageConfig& config, Journal& journal, StageReport& report, const Watch& watch)
    : FileGraph(watch, report),
      config_(config),
      journal_(journal),
      raw_root_(clean_path(config.raw_root)),
      stage_root_(clean_path(config.stage_root)) {
  const ProcedureTable& table =
      config.procedures != nullptr ? *config.procedures : ProcedureTable::built_in();
  fingerprint_ =
      hex_word(hash_text(std::string(stage_version) + '|' + hex_word(table.fingerprint()) + '|' +
                         config.zone->name() + '|' + (config.only_spec_columns ? "spec" : "all") +
                         '|' + std::string(to_string(config.compression))));
}

bool Stager::wants(const std::string& path) const { return is_csv(path, raw_root_.size() + 1); }

void Stager::begin(StageWork& work, const std::string& path) {
  work.path = clean_path(path);
  work.name = readable(work.path);
  work.previous = journal_.find(work.name);
  work.stat = {};
  work.reject.reset();
  work.skipped = work.touched = work.forced = false;
  work.hash.clear();
  work.bytes_out = 0;
}

/// True when the journal says that this input, this configuration, gave what still lies there.
bool Stager::is_current(const StageWork& work, const InputIdentity& input) const {
  const std::optional<Record>& before = work.previous;
  if (config_.force || work.forced || !before || before->input != input) return false;
  if (before->ok()) return has_output(*before);
  const auto reason = reason_from(before->reason);
  return !reason || !passes(*reason);
}

bool Stager::has_output(const Record& record) const {
  const auto staged = stat_file(stage_root_ + "/" + record.file());
  return staged && staged.value().size == record.bytes;
}

/// True when only the time of the file has changed, and plays no part in what was made of it.
bool Stager::was_touched(const StageWork& work) const {
  const std::optional<Record>& before = work.previous;
  if (!before || before->origin == to_string(DateOrigin::mtime)) return false;
  return is_current(work, {work.stat.size, before->input.mtime_ns, fingerprint_, work.hash});
}

void Stager::read(StageWork& work) {
  const auto look = [&] {
    const auto stat = stat_file(work.path);
    if (stat) work.stat = stat.value();
    return stat.ok();
  };
  if (work.previous && !work.forced && look()) {
    const std::string& known = work.previous->input.hash;
    if (is_current(work, {work.stat.size, work.stat.mtime_ns, fingerprint_, known})) {
      work.skipped = true;
      return;
    }
  }
  for (int tries = 1;; ++tries) {
    const auto size = read_file(work.path, work.bytes, csv_bytes_max, &work.stat);
    if (size) {
      work.hash = hex_word(XXH3_64bits(work.bytes.view().data(), work.bytes.size()));
      work.skipped = work.touched = was_touched(work);
      return;
    }
    const Error& error = size.error();
    if (error.code == "changed_while_read" && tries < read_tries) continue;
    look();  // its record tells the size and time of what could not be read
    const auto reason = reason_from(error.code);
    work.reject = Reject{reason.value_or(Reason::unreadable), error.text(), 0, 0};
    return;
  }
}

void Stager::digest(StageWork& work) {
  work.reject = stage_bytes(work.bytes.view(), work.name, work.stat.mtime_ns, staging(), work.run);
  if (work.name != work.path) work.run.notes.emplace_back("path_bytes");
}

void Stager::write(StageWork& work) {
  const std::string_view file = work.writer.encode(work.run.table, 0, work.run.table.rows);
  const auto written =
      write_file_into(target(work.run.directory()), part_name(0), file, file_sync(config_.sync));
  if (!written) {
    fatal_.set(written.error());
    return;
  }
  work.rows = work.run.table.rows;
  work.bytes_out = file.size();
}

/// What an earlier run made of this input, and no longer holds, goes.
Result<Done> Stager::remove_previous(const StageWork& work) {
  if (!work.previous || !work.previous->ok()) return Done{};
  const std::string before = work.previous->directory();
  if (!work.reject && before == work.run.directory()) return Done{};
  ++report_.removed;
  return remove_output(stage_root_, before, "part-000.parquet");
}

Record Stager::make_record(const StageWork& work) const {
  Record record;
  record.path = work.name;
  record.input = {work.stat.size, work.stat.mtime_ns, fingerprint_, work.hash};
  if (work.reject) {
    record.status = "reject";
    record.reason = to_string(work.reject->reason);
    record.what = work.reject->what;
    record.line = work.reject->line;
    record.byte = work.reject->byte;
    return record;
  }
  record.status = "ok";
  record.run_id = work.run.id;
  record.proc = work.run.procedure;
  record.date = work.run.start.date.text();
  record.origin = to_string(work.run.start.origin);
  record.start_us = work.run.start.us;
  record.rows = work.rows;
  record.bytes = work.bytes_out;
  record.notes = work.run.notes;
  return record;
}

void Stager::count(const StageWork& work) {
  ++report_.files;
  if (!work.skipped) report_.bytes_in += work.stat.size;
  if (work.skipped) {
    const Record& before = *work.previous;
    if (before.ok()) {
      ++report_.skipped;
    } else {  // refused before, unchanged since: refused again
      ++report_.rejected;
      ++report_.rejects[before.reason];
    }
  } else if (work.reject) {
    ++report_.rejected;
    ++report_.rejects[std::string(to_string(work.reject->reason))];
  } else {
    ++report_.done;
    report_.rows += work.rows;
    report_.bytes_out += work.bytes_out;
  }
}

bool Stager::may_pass(const StageWork& work) noexcept {
  return work.reject && passes(work.reject->reason);
}

void Stager::note_touched(const StageWork& work) {
  if (!work.touched) return;
  Record again = *work.previous;
  again.input.mtime_ns = work.stat.mtime_ns;
  if (auto done = journal_.append(again); !done) fatal_.set(done.error());
}

void Stager::record(StageWork& work) {
  count(work);
  note_touched(work);
  if (work.skipped) return;
  Record made = make_record(work);
  auto done = write_stage_event(config_.side, made, target(made.directory()) + "/part-000.parquet");
  // What cannot be read now is no reason to lose what was made of it before.
  const bool kept = may_pass(work) && work.previous && work.previous->ok();
  if (done && !kept) done = remove_previous(work);
  if (done && !kept) done = journal_.append(made);
  if (!done) fatal_.set(done.error());
}

bool Stager::hand_over(StageWork& work, StagedInput& input) {
  if (fatal_.is_set() || work.reject) return false;
  if (work.skipped) {
    if (!work.previous->ok()) return false;
    input = {work.previous->directory(), work.previous->proc, work.previous->input, nullptr, 0};
    return true;
  }
  input = {work.run.directory(),
           work.run.procedure,
           {work.stat.size, work.stat.mtime_ns, fingerprint_, work.hash},
           &work.run.table,
           work.bytes_out};
  return true;
}

Result<Done> close_stage(Journal& journal, const StageConfig& config, const Result<Done>& ran) {
  auto kept = journal.compact();
  if (!ran) return ran;
  if (!kept) return kept;
  const std::string path =
      config.manifest.empty() ? journal.root() + "/_manifest/manifest.parquet" : config.manifest;
  return write_stage_manifest(journal, path, end_sync(config.sync));
}

Result<StageReport> stage(Runtime& runtime, const StageConfig& config, const Watch& watch) {
  const Deadline begin = now_ns();
  StageReport report;
  const std::string root = clean_path(config.stage_root);
  const NewRoot fresh(root);
  if (auto checked = check_manifest(config.manifest); !checked) return checked.error();
  auto journal = open_output(config.raw_root, root, config.sync, config.layout, report);
  if (!journal) return journal.error();
  if (auto cleaned = clean_side_files(config.side, config.manifest); !cleaned)
    return cleaned.error();
  Result<Done> ran = Done{};
  if (config.layout == Layout::partition) {
    ran = stage_partitions(runtime, config, journal.value(), report, watch);
  } else {
    Stager stager(config, journal.value(), report, watch);
    ran = stager.run_over(stager.root(), runtime, {"stage", "files", "parse"}, config);
  }
  const bool nothing = ran && report.files == 0 && fresh.take_back();
  if (auto kept = nothing ? ran : close_stage(journal.value(), config, ran); !kept)
    return kept.error();
  report.elapsed_s = static_cast<double>(now_ns() - begin) / 1e9;
  return report;
}

}  // namespace weir::segmentation
