// Staging as a graph. A token is one CSV; each step leaves its findings in it, and the sink gives
// it back to the pool.
#include <algorithm>
#include <array>
#include <weir/clock.hpp>
#include <weir/segmentation/staging.hpp>
#include <weir/segmentation/text.hpp>

#include "graph_run.hpp"

namespace weir::segmentation {
namespace {

constexpr std::size_t input_bytes_max = 1u << 30;  // a CSV beyond it is `too_large`
constexpr std::size_t kept_bytes_max = 1u << 20;   // a pooled token with a larger buffer is freed
constexpr int read_tries = 3;                      // of a file that changes while it is read
constexpr std::string_view format_version =
    "2";  // raise when the same input would give other bytes

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

struct Work {
  explicit Work(Compression compression) : writer(compression) {}

  std::string path;
  const Record* previous = nullptr;  // what the journal knew
  FileStat stat;
  Buffer bytes;
  StagedRun run;
  std::optional<Reject> reject;
  ParquetWriter writer;
  bool skipped = false;
  std::uint64_t bytes_out = 0;

  void begin(std::string new_path, const Record* known) {
    path = std::move(new_path);
    previous = known;
    stat = {};
    reject.reset();
    skipped = false;
    bytes_out = 0;
  }
};
using Token = std::unique_ptr<Work>;

class Stager {
 public:
  Stager(const StageConfig& config, Journal& journal, StageReport& report, const Watch& watch)
      : config_(config),
        journal_(journal),
        report_(report),
        watch_(watch),
        raw_root_(clean_path(config.raw_root)),
        stage_root_(clean_path(config.stage_root)),
        pool_(64) {
    const ProcedureTable& table =
        config.procedures != nullptr ? *config.procedures : ProcedureTable::built_in();
    fingerprint_ =
        hex_word(hash_text(std::string(format_version) + '|' + hex_word(table.fingerprint()) + '|' +
                           config.zone->name() + '|' + (config.only_spec_columns ? "spec" : "all") +
                           '|' + std::string(to_string(config.compression))));
  }

  Result<Done> run(Runtime& runtime);

 private:
  Give discover(Emit<Token>& out);
  void read(Work& work);
  void parse(Work& work);
  void write(Work& work);
  void record(Token work);
  bool is_current(const Work& work) const;
  void remove_previous(const Work& work);
  void count(const Work& work);
  Record make_record(const Work& work) const;
  std::string target(const std::string& directory) const { return stage_root_ + "/" + directory; }
  /// Wraps a step: no exception leaves a body, and nothing is done to a token that is decided.
  auto step(void (Stager::*body)(Work&)) {
    return [this, body](Token&& work) {
      if (!work->skipped && !work->reject && !fatal_.is_set()) {
        try {
          (this->*body)(*work);
        } catch (const std::exception& error) {
          work->reject = Reject{Reason::unreadable, error.what(), 0, 0};
        }
      }
      return std::move(work);
    };
  }

  const StageConfig& config_;
  Journal& journal_;
  StageReport& report_;
  const Watch& watch_;
  std::string raw_root_, stage_root_, fingerprint_;
  Pool<Work> pool_;
  Fatal fatal_;
  std::optional<FileWalk> walk_;
};

Give Stager::discover(Emit<Token>& out) {
  if (stop_requested(watch_)) {
    report_.interrupted = true;
    return Give::end;
  }
  if (fatal_.is_set()) return Give::end;
  std::string path;
  Error error;
  for (;;) {
    switch (walk_->next(path, error)) {
      case FileWalk::Step::end:
        return Give::end;
      case FileWalk::Step::error:
        report_.warnings.push_back(error.text());
        continue;
      case FileWalk::Step::file:
        break;
    }
    if (!is_csv(path, raw_root_.size() + 1)) continue;
    Token work = pool_.take([&] { return std::make_unique<Work>(config_.compression); });
    path = clean_path(path);
    const Record* known = journal_.find(path);
    work->begin(std::move(path), known);
    out(std::move(work));
    return Give::more;
  }
}

/// True when the journal says that this input, this configuration, gave what still lies there.
bool Stager::is_current(const Work& work) const {
  const Record* before = work.previous;
  if (config_.force || before == nullptr) return false;
  if (before->input != InputIdentity{work.stat.size, work.stat.mtime_ns, fingerprint_})
    return false;
  return !before->ok() || stat_file(target(before->directory()) + "/part-000.parquet").ok();
}

void Stager::read(Work& work) {
  const auto stat = stat_file(work.path);
  if (stat) {
    work.stat = stat.value();
    if (is_current(work)) {
      work.skipped = true;
      return;
    }
  }
  for (int tries = 1;; ++tries) {
    const auto size = read_file(work.path, work.bytes, input_bytes_max, &work.stat);
    if (size) return;
    const Error& error = size.error();
    if (error.code == "changed_while_read" && tries < read_tries) continue;
    const auto reason = reason_from(error.code);
    work.reject = Reject{reason.value_or(Reason::unreadable), error.text(), 0, 0};
    return;
  }
}

void Stager::parse(Work& work) {
  const StagingConfig config{config_.procedures, config_.zone, config_.only_spec_columns};
  work.reject = stage_bytes(work.bytes.view(), work.path, work.stat.mtime_ns, config, work.run);
}

void Stager::write(Work& work) {
  const std::string_view file = work.writer.encode(work.run.table, 0, work.run.table.rows);
  const std::string directory = target(work.run.directory());
  auto written = make_directories(directory);
  if (written)
    written = write_file_atomically(directory + "/part-000.parquet", file, file_sync(config_.sync));
  if (!written) {
    fatal_.set(written.error());
    return;
  }
  work.bytes_out = file.size();
}

/// What an earlier run made of this input, and no longer holds, goes.
void Stager::remove_previous(const Work& work) {
  if (work.previous == nullptr || !work.previous->ok()) return;
  const std::string before = work.previous->directory();
  if (!work.reject && before == work.run.directory()) return;
  remove_output(stage_root_, before, "part-000.parquet");
  ++report_.removed;
}

Record Stager::make_record(const Work& work) const {
  Record record;
  record.path = work.path;
  record.input = {work.stat.size, work.stat.mtime_ns, fingerprint_};
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
  record.rows = work.run.table.rows;
  record.bytes = work.bytes_out;
  record.notes = work.run.notes;
  return record;
}

void Stager::count(const Work& work) {
  ++report_.files;
  report_.bytes_in += work.stat.size;
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
    report_.rows += work.run.table.rows;
    report_.bytes_out += work.bytes_out;
  }
}

void Stager::record(Token work) {
  if (!fatal_.is_set()) {
    count(*work);
    if (!work->skipped) {
      remove_previous(*work);
      Record made = make_record(*work);
      auto done =
          write_stage_event(config_.side, made, target(made.directory()) + "/part-000.parquet");
      if (done) done = journal_.append(std::move(made));
      if (!done) fatal_.set(done.error());
    }
    if (watch_.progress != nullptr) watch_.progress->add();
  }
  if (work->bytes.capacity() <= kept_bytes_max) pool_.give(std::move(work));
}

Result<Done> Stager::run(Runtime& runtime) {
  auto walk = FileWalk::open(raw_root_);
  if (!walk) return walk.error();
  walk_ = std::move(walk).value();
  if (watch_.progress != nullptr) {
    std::uint64_t total = 0;
    const auto counted = walk_files(
        raw_root_,
        [&](const std::string& path) { total += is_csv(path, raw_root_.size() + 1) ? 1 : 0; },
        [](const Error&) {});
    if (counted) watch_.progress->start("stage", "files", total);
  }
  StreamGraph graph(runtime, "stage");
  const NodeConfig middle{.capacity = config_.capacity};
  auto found =
      graph.source<Token>("discover", {}, [this](Emit<Token>& out) { return discover(out); });
  auto bytes = graph.map("read", found, middle, step(&Stager::read));
  auto parsed = graph.map("parse", bytes, middle, step(&Stager::parse));
  auto written = graph.map("write", parsed, middle, step(&Stager::write));
  graph.sink("record", written, {.mode = Mode::serial, .capacity = config_.capacity},
             [this](Token&& work) { record(std::move(work)); });
  auto ran = run_graph(graph, "stage", watch_, report_.graph);
  if (const Error* error = fatal_.get()) return *error;
  return ran;
}

}  // namespace

Result<StageReport> stage(Runtime& runtime, const StageConfig& config, const Watch& watch) {
  const Deadline begin = now_ns();
  StageReport report;
  const std::string root = clean_path(config.stage_root);
  const auto raw = stat_file(config.raw_root);
  if (!raw) return raw.error();
  if (raw.value().kind != FileKind::directory)
    return Error{"not_a_directory", "must be a directory", config.raw_root};
  if (auto removed = remove_temporaries(root); !removed) return removed.error();
  auto journal = Journal::open(root, config.sync);
  if (!journal) return journal.error();
  if (journal.value().unreadable_lines() != 0) {
    report.warnings.push_back(std::to_string(journal.value().unreadable_lines()) +
                              " journal lines could not be read");
  }
  auto ran = Stager(config, journal.value(), report, watch).run(runtime);
  // What was done is kept, whatever ended the run.
  auto kept = journal.value().compact();
  if (!ran) return ran.error();
  if (kept) {
    const std::string path =
        config.manifest.empty() ? root + "/_manifest/manifest.parquet" : config.manifest;
    kept = write_stage_manifest(journal.value(), path, end_sync(config.sync));
  }
  if (!kept) return kept.error();
  report.elapsed_s = static_cast<double>(now_ns() - begin) / 1e9;
  return report;
}

}  // namespace weir::segmentation
