// Analysis as a graph. A token is one segmented run.
#include <algorithm>
#include <charconv>
#include <cmath>
#include <filesystem>
#include <map>
#include <optional>
#include <set>
#include <weir/clock.hpp>
#include <weir/segmentation/analysis.hpp>
#include <weir/segmentation/journal.hpp>
#include <weir/segmentation/sweep_plot.hpp>
#include <weir/segmentation/text.hpp>

#include "analysis_tables.hpp"
#include "graph_run.hpp"

namespace weir::segmentation {
namespace {

constexpr std::size_t input_bytes_max = 1u << 30;  // of one segment's file
constexpr std::size_t kept_bytes_max = 1u << 20;   // a token with larger buffers is freed
constexpr std::size_t tokens_kept = 64;
constexpr std::size_t dates_named = 5;
constexpr std::uint64_t errors_named = 100;
constexpr std::string_view file_name = "part-000.parquet";
constexpr std::string_view run_prefix = "run_id=";

struct SegmentFile {
  std::size_t id = 0;
  std::string path;
};

struct Work {
  std::vector<SegmentFile> files;
  std::vector<Buffer> buffers;  // at least one a file
  Table table, fits;
  MeasuredSweep sweep;
  PlotSweep plot;
  std::optional<SegmentError> error;
  ParquetWriter writer{Compression::zstd};
  bool skipped = false;
  std::uint64_t bytes_in = 0, bytes_out = 0;

  bool decided() const noexcept { return skipped || error.has_value(); }
  void refuse(const std::string& what) { error = SegmentError{"unreadable", what}; }
  void begin(std::string_view run_id);
  std::size_t capacity() const noexcept;
};
using Token = std::unique_ptr<Work>;

void Work::begin(std::string_view run_id) {
  files.clear();
  sweep.clear();
  sweep.run_id = run_id;
  plot = {};
  error.reset();
  skipped = false;
  bytes_in = bytes_out = 0;
}

std::size_t Work::capacity() const noexcept {
  std::size_t bytes = 0;
  for (const Buffer& buffer : buffers) bytes += buffer.capacity();
  return bytes;
}

/// "run_id=ID/segment=N/part-000.parquet" taken apart.
struct SegmentPath {
  std::string_view run_id;
  std::size_t segment = 0;
};
std::optional<SegmentPath> parse_segment_path(std::string_view path) {
  constexpr std::string_view segment_prefix = "segment=";
  const std::size_t first = path.find('/');
  const std::size_t second = path.find('/', first + 1);
  if (first == path.npos || second == path.npos || path.substr(second + 1) != file_name)
    return std::nullopt;
  const std::string_view run = path.substr(0, first);
  const std::string_view segment = path.substr(first + 1, second - first - 1);
  if (!run.starts_with(run_prefix) || run.size() == run_prefix.size() ||
      !segment.starts_with(segment_prefix))
    return std::nullopt;
  SegmentPath out{run.substr(run_prefix.size()), 0};
  const char* const end = segment.data() + segment.size();
  const auto parsed = std::from_chars(segment.data() + segment_prefix.size(), end, out.segment);
  if (parsed.ec != std::errc{} || parsed.ptr != end) return std::nullopt;
  return out;
}

/// The names of the folders in `root` that begin with `prefix`, without it, sorted.
std::vector<std::string> folders_with(const std::string& root, std::string_view prefix) {
  std::vector<std::string> names;
  std::error_code error;
  for (std::filesystem::directory_iterator it(root, error), end; !error && it != end;
       it.increment(error)) {
    const std::string name = it->path().filename().string();
    if (name.starts_with(prefix)) names.push_back(name.substr(prefix.size()));
  }
  std::sort(names.begin(), names.end());
  return names;
}

class Analyser {
 public:
  Analyser(const AnalyseConfig& config, const Journal& journal, AnalyseReport& report,
           const Watch& watch)
      : config_(config),
        journal_(journal),
        report_(report),
        watch_(watch),
        procedure_root_(clean_path(config.intermediate_root) + "/proc=" + config.procedure),
        date_root_(procedure_root_ + "/date=" + config.date),
        output_root_(clean_path(config.output_root)),
        fits_folder_("iv_polynomial_fits/proc=" + config.procedure + "/date=" + config.date),
        voltage_(config.voltage.empty() ? voltage_column(config.procedure) : config.voltage),
        pool_(tokens_kept) {}

  /// nothing_found when the date has no folder.
  Result<Done> look() const;
  Result<Done> run(Runtime& runtime);

 private:
  Give discover(Emit<Token>& out);
  void read(Work& work);
  void analyse(Work& work);
  void write(Work& work);
  void gather(Token work);
  void count(const Work& work);
  void add_to_range(const Work& work);
  auto step(void (Analyser::*body)(Work&));
  Result<Done> write_day();
  Result<Done> remove_stale();
  Error nothing_found() const;

  const AnalyseConfig& config_;
  const Journal& journal_;  // of the segments; empty where they have none
  AnalyseReport& report_;
  const Watch& watch_;
  std::string procedure_root_, date_root_, output_root_, fits_folder_, voltage_;
  Pool<Work> pool_;
  Fatal fatal_;

  // of the source
  std::optional<FileWalk> walk_;
  Token pending_;  // the run whose files are being collected
  bool at_end_ = false;
  bool saw_all_ = true;

  // of gather, read after the run
  std::map<double, RangeData> ranges_;
  std::size_t voltages_ = 0;
  SweepSample sample_;
  std::set<std::string> fitted_;  // run ids that have fits
  std::set<std::string> written_;
};

/// Gives one run a call: files come sorted, those of a run behind each other.
Give Analyser::discover(Emit<Token>& out) {
  if (stop_requested(watch_)) {
    report_.runs.interrupted = true;
    return Give::end;
  }
  if (fatal_.is_set()) return Give::end;
  std::string path;
  Error error;
  while (!at_end_) {
    const FileWalk::Step found = walk_->next(path, error);
    if (found == FileWalk::Step::error) path = error.where;
    at_end_ = found == FileWalk::Step::end;
    if (at_end_) break;
    const auto part = path.size() > date_root_.size() + 1
                          ? parse_segment_path(std::string_view(path).substr(date_root_.size() + 1))
                          : std::nullopt;
    if (!part) {
      if (found == FileWalk::Step::error) {
        report_.runs.warnings.push_back(error.text());
        saw_all_ = false;
      }
      continue;
    }  // a broken link in the place of a file: to read it fails, and is an error of its run
    Token whole;
    if (pending_ != nullptr && pending_->sweep.run_id != part->run_id) whole = std::move(pending_);
    if (pending_ == nullptr) {
      pending_ = pool_.take([] { return std::make_unique<Work>(); });
      pending_->begin(part->run_id);
    }
    pending_->files.push_back({part->segment, path});
    if (whole == nullptr) continue;
    out(std::move(whole));
    return Give::more;
  }
  if (pending_ == nullptr) return Give::end;
  out(std::move(pending_));
  return Give::more;
}

void Analyser::read(Work& work) {
  const Record* record = journal_.find("proc=" + config_.procedure + "/date=" + config_.date + "/" +
                                       std::string(run_prefix) + work.sweep.run_id);
  if (record != nullptr && record->segments.size() != work.files.size()) {
    work.error = SegmentError{"incomplete", std::to_string(work.files.size()) + " of " +
                                                std::to_string(record->segments.size()) +
                                                " segments are there"};
    return;
  }
  std::sort(work.files.begin(), work.files.end(),
            [](const SegmentFile& a, const SegmentFile& b) { return a.id < b.id; });
  if (work.buffers.size() < work.files.size()) work.buffers.resize(work.files.size());
  for (std::size_t k = 0; k < work.files.size(); ++k) {
    const auto size = read_file(work.files[k].path, work.buffers[k], input_bytes_max);
    if (!size) return work.refuse(size.error().text());
    work.bytes_in += size.value();
  }
}

void Analyser::analyse(Work& work) {
  for (std::size_t k = 0; k < work.files.size(); ++k) {
    const SegmentFile& file = work.files[k];
    if (const auto parsed = read_parquet(work.buffers[k].view(), work.table); !parsed)
      return work.refuse(file.path + ": " + parsed.error().text());
    work.error = add_segment(work.table, voltage_, file.id, work.sweep);
    if (work.error) {
      work.error->what = file.path + ": " + work.error->what;
      return;
    }
  }
  if (!config_.chip_number.empty() && work.sweep.chip_number != config_.chip_number) {
    work.skipped = true;
    return;
  }
  if (std::isnan(work.sweep.v_max())) {
    work.error = SegmentError{"no_forward_points",
                              "no forward segment has a point with voltage and current"};
    return;
  }
  fit_sweep(work.sweep, config_.procedure, config_.date, work.fits);
  work.plot = thin_sweep(work.sweep);
}

void Analyser::write(Work& work) {
  const std::string directory =
      output_root_ + "/" + fits_folder_ + "/" + std::string(run_prefix) + work.sweep.run_id;
  const std::string_view bytes = work.writer.encode(work.fits, 0, work.fits.rows);
  auto written = make_directories(directory);
  if (written) {
    written = write_file_atomically(directory + "/" + std::string(file_name), bytes,
                                    file_sync(config_.sync));
  }
  if (!written) {
    fatal_.set(written.error());
    return;
  }
  work.bytes_out = bytes.size();
}

void Analyser::count(const Work& work) {
  StageReport& r = report_.runs;
  ++r.files;
  r.bytes_in += work.bytes_in;
  r.bytes_out += work.bytes_out;
  if (work.error) {
    ++r.rejected;
    ++r.rejects[work.error->reason];
    if (r.rejected <= errors_named) {
      r.warnings.push_back("run " + work.sweep.run_id + ": " + work.error->what + " [" +
                           work.error->reason + "]");
    }
    return;
  }
  if (work.skipped) {
    ++r.skipped;
    return;
  }
  ++r.done;
  r.rows += work.sweep.points();
  r.segments += work.sweep.segments.size();
}

void Analyser::add_to_range(const Work& work) {
  const MeasuredSweep& sweep = work.sweep;
  RangeData& range = ranges_[std::round(sweep.v_max())];
  voltages_ -= range.forward.voltages() + range.back.voltages();
  for (const MeasuredSegment& segment : sweep.segments) {
    VoltageStatistics* branch = segment.is_forward()  ? &range.forward
                                : segment.is_return() ? &range.back
                                                      : nullptr;
    if (branch == nullptr) continue;
    for (std::size_t k = 0; k < segment.v.size(); ++k) branch->add(segment.v[k], segment.i[k]);
  }
  voltages_ += range.forward.voltages() + range.back.voltages();
  ++range.runs;
  if (!range.laser_voltage) range.laser_voltage = sweep.laser_voltage;
  if (voltages_ > voltages_max) {
    fatal_.set({"too_large",
                "more than " + std::to_string(voltages_max) +
                    " different voltages: statistics by voltage need commanded ones",
                date_root_});
  }
}

void Analyser::gather(Token work) {
  if (!fatal_.is_set()) {
    count(*work);
    if (!work->decided()) {
      add_to_range(*work);
      sample_.add(std::move(work->plot));
      fitted_.insert(work->sweep.run_id);
    }
    if (watch_.progress != nullptr) watch_.progress->add();
  }
  if (work->capacity() <= kept_bytes_max) pool_.give(std::move(work));
}

/// Wraps a step: no exception leaves a body, and nothing is done to a run that is decided.
auto Analyser::step(void (Analyser::*body)(Work&)) {
  return [this, body](Token&& work) {
    if (!work->decided() && !fatal_.is_set()) {
      try {
        (this->*body)(*work);
      } catch (const std::exception& error) {
        work->refuse(error.what());
      }
    }
    return std::move(work);
  };
}

PlotLoop loop_of(const RangeResult& result) {
  PlotLoop loop;
  loop.v_max = result.v_max;
  for (const VoltageStat& stat : result.forward) {
    loop.forward_v.push_back(stat.v);
    loop.forward_i.push_back(stat.mean);
  }
  for (const VoltageStat& stat : result.back) {
    loop.return_v.push_back(stat.v);
    loop.return_i.push_back(stat.mean);
  }
  for (const LoopPoint& point : result.loop) {
    loop.difference_v.push_back(point.forward.v);
    loop.difference_i.push_back(point.hysteresis());
  }
  return loop;
}

/// Writes what speaks of the whole day.
Result<Done> Analyser::write_day() {
  std::vector<RangeResult> results;
  for (const auto& [v_max, data] : ranges_) {
    if (data.forward.voltages() == 0 || data.back.voltages() == 0) {
      report_.runs.warnings.push_back("the range of " + python_repr(v_max) +
                                      " V has no return segment, and no tables");
      continue;
    }
    results.push_back(solve_range(v_max, data));
    report_.ranges.push_back(report_of(results.back()));
  }
  std::vector<OutputFile> files;
  if (!results.empty()) files = make_tables(results, config_.date, config_.procedure);
  SweepPlot plot;
  const std::uint64_t all = sample_.seen();
  plot.sweeps = sample_.take();
  plot.title = config_.procedure + " " + config_.date + ": " + std::to_string(plot.sweeps.size()) +
               " of " + std::to_string(all) + " sweeps";
  for (const RangeResult& result : results) plot.loops.push_back(loop_of(result));
  files.push_back(
      {"plots/" + config_.date + "_" + config_.procedure, "sweeps.svg", render_svg(plot)});
  for (const OutputFile& file : files) {
    const std::string directory = output_root_ + "/" + file.directory;
    const std::string path = directory + "/" + file.name;
    auto written = make_directories(directory);
    if (written) written = write_file_atomically(path, file.text, end_sync(config_.sync));
    if (!written) return written;
    written_.insert(file.directory + "/" + file.name);
    ++report_.files_written;
    report_.runs.bytes_out += file.text.size();
    if (file.name.ends_with(".svg")) report_.plot = path;
  }
  return Done{};
}

/// Removes tables of ranges, and fits of runs, that an earlier analysis of this day wrote and this
/// one did not.
Result<Done> Analyser::remove_stale() {
  std::error_code error;
  for (const std::string& directory : table_directories(config_.date, config_.procedure)) {
    std::vector<std::string> stale;
    for (std::filesystem::directory_iterator it(output_root_ + "/" + directory, error), end;
         !error && it != end; it.increment(error)) {
      const std::string name = it->path().filename().string();
      if (name.find("_vmax") != name.npos && name.ends_with("V.csv") &&
          !written_.contains(directory + "/" + name))
        stale.push_back(name);
    }
    for (const std::string& name : stale) {
      if (auto gone = remove_output(output_root_, directory, name); !gone) return gone;
    }
    report_.runs.removed += stale.size();
  }
  // A folder that could not be read, or a filter, is no reason to remove anything.
  if (!saw_all_ || !config_.chip_number.empty()) return Done{};
  for (const std::string& id : folders_with(output_root_ + "/" + fits_folder_, run_prefix)) {
    if (fitted_.contains(id)) continue;
    auto gone = remove_output(output_root_, fits_folder_ + "/" + std::string(run_prefix) + id,
                              std::string(file_name));
    if (!gone) return gone;
    ++report_.runs.removed;
  }
  return Done{};
}

Error Analyser::nothing_found() const {
  std::string what = "there is no segmented run of procedure " + config_.procedure;
  const std::vector<std::string> dates = folders_with(procedure_root_, "date=");
  if (!dates.empty()) what += "; there are runs of";
  for (std::size_t k = 0; k < std::min(dates.size(), dates_named); ++k)
    what += (k == 0 ? " " : ", ") + dates[k];
  if (dates.size() > dates_named)
    what += " and " + std::to_string(dates.size() - dates_named) + " more";
  return {"nothing_found", std::move(what), date_root_};
}

Result<Done> Analyser::look() const {
  const auto there = stat_file(date_root_);
  if (there) return Done{};
  return there.error().code == "not_found" ? nothing_found() : there.error();
}

Result<Done> Analyser::run(Runtime& runtime) {
  auto walk = FileWalk::open(date_root_);
  if (!walk) return walk.error();
  walk_ = std::move(walk).value();
  if (watch_.progress != nullptr)
    watch_.progress->start("analyse", "runs", folders_with(date_root_, run_prefix).size());
  StreamGraph graph(runtime, "analyse");
  const NodeConfig middle{.capacity = config_.capacity};
  auto found =
      graph.source<Token>("discover", {}, [this](Emit<Token>& out) { return discover(out); });
  auto bytes = graph.map("read", found, middle, step(&Analyser::read));
  auto analysed = graph.map("analyse", bytes, middle, step(&Analyser::analyse));
  auto written = graph.map("write", analysed, middle, step(&Analyser::write));
  // Ordered: sums of floating-point numbers, and so the files, are the same each time.
  graph.sink("gather", written, {.mode = Mode::ordered, .capacity = config_.capacity},
             [this](Token&& work) { gather(std::move(work)); });
  auto ran = run_graph(graph, "analyse", watch_, report_.runs.graph);
  if (const Error* error = fatal_.get()) return *error;
  if (report_.runs.rejected > errors_named) {
    report_.runs.warnings.push_back(std::to_string(report_.runs.rejected - errors_named) +
                                    " more runs could not be used");
  }
  if (!ran || report_.runs.interrupted) return ran;
  if (report_.runs.files == 0) return nothing_found();
  if (report_.runs.done == 0) return Done{};
  if (auto day = write_day(); !day) return day;
  return remove_stale();
}

}  // namespace

bool is_date(std::string_view text) {
  const auto date = date_in_path(text);
  return date && date->text() == text;
}

Result<AnalyseReport> analyse(Runtime& runtime, const AnalyseConfig& config, const Watch& watch) {
  const Deadline begin = now_ns();
  AnalyseReport report;
  if (!is_date(config.date))
    return Error{"usage", "\"" + config.date + "\" is no date YYYY-MM-DD", "date"};
  const auto root = stat_file(config.intermediate_root);
  if (!root) return root.error();
  if (root.value().kind != FileKind::directory)
    return Error{"not_a_directory", "must be a directory", config.intermediate_root};
  auto journal = Journal::read(clean_path(config.intermediate_root));
  if (!journal) return journal.error();
  Analyser analyser(config, journal.value(), report, watch);
  if (auto there = analyser.look(); !there) return there.error();
  const std::string output = clean_path(config.output_root);
  if (auto made = make_directories(output); !made) return made.error();
  auto lock = DirectoryLock::take(output);
  if (!lock) return lock.error();
  if (auto removed = remove_temporaries(output); !removed) return removed.error();
  if (auto ran = analyser.run(runtime); !ran) return ran.error();
  report.runs.elapsed_s = static_cast<double>(now_ns() - begin) / 1e9;
  return report;
}

}  // namespace weir::segmentation
