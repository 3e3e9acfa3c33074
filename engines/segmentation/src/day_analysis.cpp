#include "day_analysis.hpp"

#include <algorithm>
#include <cmath>
#include <filesystem>
#include <map>
#include <set>
#include <weir/segmentation/sweep_plot.hpp>
#include <weir/segmentation/text.hpp>

#include "fit_archive.hpp"
#include "graph_run.hpp"
#include "segment_source.hpp"

namespace weir::segmentation {
namespace {

constexpr std::size_t segment_bytes_max = 1u << 30;  // of one segment's file
constexpr std::size_t kept_bytes_max = 1u << 20;     // a token with larger buffers is freed
constexpr std::size_t tokens_kept = 64;
constexpr std::uint64_t errors_named = 100;
constexpr double same_laser_v = 1e-9;
constexpr std::string_view run_prefix = "run_id=";

struct Work {
  StoredRun run;
  std::vector<Buffer> buffers;  // at least one a file
  Table table;
  MeasuredSweep sweep;
  SweepFits fits;
  std::string results;  // the fits as JSON
  PlotSweep plot;
  std::optional<SegmentError> error;
  ParquetWriter writer{Compression::zstd};
  bool skipped = false;
  std::uint64_t bytes_in = 0, bytes_out = 0;

  bool decided() const noexcept { return skipped || error.has_value(); }
  void refuse(const std::string& what) { error = SegmentError{"unreadable", what}; }
  void begin(StoredRun stored);
  std::size_t capacity() const noexcept;
};
using Token = std::unique_ptr<Work>;

void Work::begin(StoredRun stored) {
  run = std::move(stored);
  error = run.error;
  sweep.clear();
  sweep.run_id = run.run_id;
  results.clear();
  plot = {};
  skipped = false;
  bytes_in = bytes_out = 0;
}

std::size_t Work::capacity() const noexcept {
  std::size_t bytes = 0;
  for (const Buffer& buffer : buffers) bytes += buffer.capacity();
  return bytes;
}

class DayAnalysis {
 public:
  DayAnalysis(const AnalysisInput& input, const std::string& date, DayReport& report,
              DaySummary& summary)
      : config_(input.config),
        input_(input),
        date_(date),
        report_(report),
        summary_(summary),
        output_root_(clean_path(config_.output_root)),
        fits_folder_(fits_directory(date, config_)),
        voltage_(config_.voltage.empty() ? voltage_column(config_.procedure) : config_.voltage),
        pool_(tokens_kept),
        archive_(output_root_ + "/" + fits_folder_ + "/_metadata") {}

  Result<Done> run(Runtime& runtime);

 private:
  Give discover(Emit<Token>& out);
  void read(Work& work);
  void analyse(Work& work);
  void write(Work& work);
  void gather(Token work);
  void count(const Work& work);
  void add_to_range(const Work& work);
  auto step(void (DayAnalysis::*body)(Work&));
  double range_of(const MeasuredSweep& sweep) const noexcept;
  bool is_wanted(const MeasuredSweep& sweep) const noexcept;
  bool is_filtered() const noexcept;
  std::string nothing_wanted() const;
  bool write_file(const std::string& directory, const std::string& name, std::string_view bytes);
  Result<Done> remove_others(const std::string& run_id, const std::set<std::string>& names);
  void warn_of_points();
  Result<Done> write_day();
  Result<Done> remove_stale();

  const AnalyseConfig& config_;
  const AnalysisInput& input_;
  const std::string& date_;
  DayReport& report_;
  DaySummary& summary_;
  std::string output_root_, fits_folder_, voltage_;
  Pool<Work> pool_;
  Fatal fatal_;
  std::optional<SegmentSource> source_;

  // of gather, read after the run
  std::map<double, RangeData> ranges_;
  std::size_t voltages_ = 0;
  std::uint64_t runs_left_out_ = 0;  // that have points left out
  SweepSample sample_;
  FitArchive archive_;
  std::set<std::string> fitted_;   // run ids that have fits
  std::set<std::string> written_;  // of the tables and plots
  bool saw_all_ = true;
};

Give DayAnalysis::discover(Emit<Token>& out) {
  if (stop_requested(input_.watch)) {
    report_.runs.interrupted = true;
    return Give::end;
  }
  StoredRun run;
  if (fatal_.is_set() || !source_->next(run)) return Give::end;
  Token work = pool_.take([] { return std::make_unique<Work>(); });
  work->begin(std::move(run));
  out(std::move(work));
  return Give::more;
}

void DayAnalysis::read(Work& work) {
  const std::optional<Record> record =
      input_.journal.find("proc=" + config_.procedure + "/date=" + date_ + "/" +
                          std::string(run_prefix) + work.sweep.run_id);
  if (record && record->segments.size() != work.run.segments()) {
    work.error = SegmentError{"incomplete", std::to_string(work.run.segments()) + " of " +
                                                std::to_string(record->segments.size()) +
                                                " segments are there"};
    return;
  }
  const std::vector<SegmentPart>& parts = work.run.parts;
  if (work.buffers.size() < parts.size()) work.buffers.resize(parts.size());
  for (std::size_t k = 0; k < parts.size(); ++k) {
    if (parts[k].rows != nullptr) continue;
    const auto size = read_file(parts[k].path, work.buffers[k], segment_bytes_max);
    if (!size) return work.refuse(size.error().text());
    work.bytes_in += size.value();
  }
}

void DayAnalysis::analyse(Work& work) {
  for (std::size_t k = 0; k < work.run.parts.size(); ++k) {
    const SegmentPart& part = work.run.parts[k];
    if (part.rows == nullptr) {
      if (const auto parsed = read_parquet(work.buffers[k].view(), work.table); !parsed)
        return work.refuse(part.path + ": " + parsed.error().text());
      work.error = add_segment(work.table, voltage_, part.id, work.sweep);
    } else {
      work.error = add_segment(*part.rows, voltage_, part.id, work.sweep, {part.first, part.count});
    }
    if (work.error) {
      work.error->what = part.path + ": " + work.error->what;
      return;
    }
  }
  work.run.parts.clear();  // a partition's rows are not held for longer
  if (!config_.chip_number.empty() && work.sweep.chip_number != config_.chip_number) {
    work.skipped = true;
    return;
  }
  if (std::isnan(work.sweep.v_max())) {
    work.error = SegmentError{"no_forward_points",
                              "no forward segment has a point with voltage and current"};
    return;
  }
  work.skipped = !is_wanted(work.sweep);
  if (work.skipped) return;
  fit_sweep(work.sweep, config_.procedure, date_, config_.orders, config_.strategies, work.fits);
  append_fit_results(work.sweep, work.fits,
                     date_root(config_, date_) + "/" + std::string(run_prefix) + work.sweep.run_id,
                     work.results);
  work.plot = thin_sweep(work.sweep);
}

/// The range that a run belongs to.
double DayAnalysis::range_of(const MeasuredSweep& sweep) const noexcept {
  const double unit = std::pow(10.0, config_.range_decimals);
  return std::round(sweep.v_max() * unit) / unit;
}

bool DayAnalysis::is_wanted(const MeasuredSweep& sweep) const noexcept {
  if (config_.laser_voltage &&
      !(sweep.laser_voltage &&
        std::abs(*sweep.laser_voltage - *config_.laser_voltage) <= same_laser_v))
    return false;
  const double range = range_of(sweep);
  const double near = 0.01 * std::pow(10.0, -config_.range_decimals);
  const auto is_range = [&](double other) { return std::abs(range - other) <= near; };
  for (const auto& [date, excluded] : config_.excluded) {
    if (date == date_ && is_range(excluded)) return false;
  }
  return config_.ranges.empty() ||
         std::any_of(config_.ranges.begin(), config_.ranges.end(), is_range);
}

std::string DayAnalysis::nothing_wanted() const {
  std::string what = "there is no run";
  if (!config_.chip_number.empty()) what += " of chip " + config_.chip_number;
  if (config_.laser_voltage)
    what += " with the laser at " + python_repr(*config_.laser_voltage) + " V";
  if (!config_.ranges.empty() || !config_.excluded.empty())
    what += " of a range that was asked for";
  return what;
}

bool DayAnalysis::is_filtered() const noexcept {
  return !config_.chip_number.empty() || config_.laser_voltage || !config_.ranges.empty() ||
         !config_.excluded.empty();
}

/// Where that fails the whole analysis does.
bool DayAnalysis::write_file(const std::string& directory, const std::string& name,
                             std::string_view bytes) {
  const auto written =
      write_file_atomically(directory + "/" + name, bytes, file_sync(config_.sync));
  if (!written) fatal_.set(written.error());
  return written.ok();
}

/// Removes the files of a run's fits but those of `names`: what another configuration left.
Result<Done> DayAnalysis::remove_others(const std::string& run_id,
                                        const std::set<std::string>& names) {
  const std::string directory = fits_folder_ + "/" + std::string(run_prefix) + run_id;
  std::error_code error;
  std::vector<std::string> others;
  for (std::filesystem::directory_iterator it(output_root_ + "/" + directory, error), end;
       !error && it != end; it.increment(error)) {
    const std::string name = it->path().filename().string();
    if (name.ends_with(".parquet") && !names.contains(name)) others.push_back(name);
  }
  if (error) return Error{"unreadable", error.message(), output_root_ + "/" + directory};
  for (const std::string& name : others) {
    if (auto gone = remove_output(output_root_, directory, name); !gone) return gone;
  }
  return Done{};
}

void DayAnalysis::write(Work& work) {
  const std::string directory =
      output_root_ + "/" + fits_folder_ + "/" + std::string(run_prefix) + work.sweep.run_id;
  if (auto made = make_directories(directory); !made) return fatal_.set(made.error());
  std::set<std::string> names;
  for (const FitGroup& group : work.fits.groups) {
    const std::string strategy(group.strategy);
    for (const auto& [table, rows, kind] :
         {std::tuple(&work.fits.fits, group.fits, "_fits.parquet"),
          std::tuple(&work.fits.curves, group.curves, "_curves.parquet")}) {
      if (table == &work.fits.curves && !config_.curves) continue;
      const std::string_view bytes = work.writer.encode(*table, rows.first, rows.count);
      if (!write_file(directory, strategy + kind, bytes)) return;
      work.bytes_out += bytes.size();
      names.insert(strategy + kind);
    }
  }
  if (auto gone = remove_others(work.sweep.run_id, names); !gone) fatal_.set(gone.error());
}

void DayAnalysis::count(const Work& work) {
  StageReport& r = report_.runs;
  ++r.files;
  r.bytes_in += work.bytes_in;
  r.bytes_out += work.bytes_out;
  if (work.error) {
    ++r.rejected;
    ++r.rejects[work.error->reason];
    if (r.rejected <= errors_named) {
      r.warnings.push_back((work.sweep.run_id.empty() ? "" : "run " + work.sweep.run_id + ": ") +
                           work.error->what + " [" + work.error->reason + "]");
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
  report_.left_out += work.sweep.left_out;
  runs_left_out_ += work.sweep.left_out != 0 ? 1 : 0;
  report_.flagged += work.sweep.flags.empty() ? 0 : 1;
}

void DayAnalysis::add_to_range(const Work& work) {
  const MeasuredSweep& sweep = work.sweep;
  RangeData& range = ranges_[range_of(sweep)];
  const double bin = config_.voltage_bin;
  voltages_ -= range.forward.voltages() + range.back.voltages();
  for (const MeasuredSegment& segment : sweep.segments) {
    VoltageStatistics* branch = segment.is_forward()  ? &range.forward
                                : segment.is_return() ? &range.back
                                                      : nullptr;
    if (branch == nullptr) continue;
    for (std::size_t k = 0; k < segment.v.size(); ++k) {
      const double v = bin > 0 ? std::round(segment.v[k] / bin) * bin : segment.v[k];
      branch->add(v, segment.i[k]);
    }
  }
  voltages_ += range.forward.voltages() + range.back.voltages();
  ++range.runs;
  if (sweep.laser_voltage) range.laser_voltages.insert(*sweep.laser_voltage + 0.0);
  if (sweep.wavelength_nm) range.wavelengths.insert(*sweep.wavelength_nm + 0.0);
  if (voltages_ > voltages_max) {
    fatal_.set({"too_large",
                "more than " + std::to_string(voltages_max) +
                    " different voltages: statistics by voltage need commanded ones, or "
                    "--voltage-bin",
                date_root(config_, date_)});
  }
}

void DayAnalysis::gather(Token work) {
  if (!fatal_.is_set()) {
    count(*work);
    if (!work->decided()) {
      add_to_range(*work);
      sample_.add(std::move(work->plot));
      fitted_.insert(work->sweep.run_id);
      if (auto added = archive_.add(work->fits.fits, work->results); !added)
        fatal_.set(added.error());
    }
    if (input_.watch.progress != nullptr) input_.watch.progress->add();
  }
  work->run = {};
  if (work->capacity() <= kept_bytes_max) pool_.give(std::move(work));
}

/// Wraps a step: no exception leaves a body, and nothing is done to a run that is decided.
auto DayAnalysis::step(void (DayAnalysis::*body)(Work&)) {
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
  loop.v_max = result.summary.v_max;
  for (const VoltageStat& stat : result.forward) {
    loop.forward_v.push_back(stat.v);
    loop.forward_i.push_back(stat.mean);
  }
  for (const VoltageStat& stat : result.back) {
    loop.return_v.push_back(stat.v);
    loop.return_i.push_back(stat.mean);
  }
  loop.difference_v = result.v;
  loop.difference_i = result.raw;
  return loop;
}

/// Writes what speaks of the whole day.
Result<Done> DayAnalysis::write_day() {
  const std::vector<RangeResult> results =
      solve_ranges(ranges_, date_, config_, input_.calibrations, report_.runs.warnings);
  for (const RangeResult& result : results) {
    report_.ranges.push_back(report_of(date_, result.summary));
    summary_.ranges.push_back(result.summary);
  }
  std::vector<OutputFile> files;
  if (!results.empty()) files = make_tables(results, date_, config_);
  SweepPlot plot;
  const std::uint64_t all = sample_.seen();
  plot.sweeps = sample_.take();
  plot.flagged = report_.flagged;
  plot.title = config_.procedure + " " + date_ + ": " + std::to_string(plot.sweeps.size()) +
               " of " + std::to_string(all) + " sweeps";
  for (const RangeResult& result : results) plot.loops.push_back(loop_of(result));
  const std::string plots = "plots/" + date_ + "_" + config_.procedure;
  files.push_back({plots, "sweeps.svg", render_svg(plot)});
  for (const OutputFile& file : files) {
    if (auto written = write_output(config_, file); !written) return written;
    written_.insert(file.directory + "/" + file.name);
    ++report_.files_written;
    report_.runs.bytes_out += file.text.size();
  }
  if (auto named = archive_.commit(end_sync(config_.sync)); !named) return named;
  report_.files_written += 2;
  report_.runs.bytes_out += archive_.bytes();
  report_.plot = output_root_ + "/" + plots + "/sweeps.svg";
  return Done{};
}

/// Removes tables of ranges, and fits of runs, that an earlier analysis of this day wrote and this
/// one did not.
Result<Done> DayAnalysis::remove_stale() {
  std::error_code error;
  for (const std::string& directory : day_directories(date_, config_)) {
    std::vector<std::string> stale;
    for (std::filesystem::directory_iterator it(output_root_ + "/" + directory, error), end;
         !error && it != end; it.increment(error)) {
      const std::string name = it->path().filename().string();
      if (name.find("_vmax") != name.npos && name.ends_with("V.csv") &&
          !written_.contains(directory + "/" + name))
        stale.push_back(name);
    }
    if (error && error != std::errc::no_such_file_or_directory)
      return Error{"unreadable", error.message(), output_root_ + "/" + directory};
    for (const std::string& name : stale) {
      if (auto gone = remove_output(output_root_, directory, name); !gone) return gone;
    }
    report_.runs.removed += stale.size();
  }
  // What could not be read, or a filter, is no reason to remove anything.
  if (!saw_all_ || is_filtered()) return Done{};
  const auto fitted = folders_with(output_root_ + "/" + fits_folder_, run_prefix);
  if (!fitted) return fitted.error();
  for (const std::string& id : fitted.value()) {
    if (fitted_.contains(id)) continue;
    if (auto gone = remove_others(id, {}); !gone) return gone;
    ++report_.runs.removed;
  }
  return Done{};
}

void DayAnalysis::warn_of_points() {
  StageReport& r = report_.runs;
  if (r.rejected > errors_named) {
    r.warnings.push_back(std::to_string(r.rejected - errors_named) +
                         " more runs could not be used");
  }
  if (report_.left_out == 0) return;
  r.warnings.push_back(date_ + ": " + std::to_string(report_.left_out) + " points of " +
                       std::to_string(runs_left_out_) +
                       " runs have no finite voltage, or no current of at most 10 kA, and are "
                       "left out");
}

Result<Done> DayAnalysis::run(Runtime& runtime) {
  const std::string root = date_root(config_, date_);
  auto source = SegmentSource::open(root);
  if (!source) return source.error();
  source_ = std::move(source).value();
  const Watch& watch = input_.watch;
  if (watch.progress != nullptr)
    watch.progress->start("analyse " + date_, "runs", source_->folders());
  StreamGraph graph(runtime, "analyse");
  auto found =
      graph.source<Token>("discover", {}, [this](Emit<Token>& out) { return discover(out); });
  auto bytes = graph.map("read", found, parallel_node(config_, "read"), step(&DayAnalysis::read));
  auto analysed =
      graph.map("analyse", bytes, parallel_node(config_, "analyse"), step(&DayAnalysis::analyse));
  auto written =
      graph.map("write", analysed, parallel_node(config_, "write"), step(&DayAnalysis::write));
  // Ordered: the warnings and the rows of all fits are in the same order each time.
  graph.sink("gather", written, {.mode = Mode::ordered, .capacity = config_.capacity},
             [this](Token&& work) { gather(std::move(work)); });
  auto ran = run_graph(graph, "analyse", watch, report_.runs.graph);
  if (const Error* error = fatal_.get()) return *error;
  for (const std::string& warning : source_->warnings()) report_.runs.warnings.push_back(warning);
  saw_all_ = source_->saw_all();
  report_.runs.unread = source_->unread();
  warn_of_points();
  if (!ran || report_.runs.interrupted) return ran;
  const StageReport& r = report_.runs;
  if (r.done == 0) {
    report_.error = r.files == 0      ? Error{"nothing_found", "there is no segmented run", root}
                    : r.rejected == 0 ? Error{"nothing_found", nothing_wanted(), root}
                                      : Error{"all_failed", "no run could be analysed", root};
    return Done{};
  }
  if (auto day = write_day(); !day) return day;
  return remove_stale();
}

}  // namespace

std::string date_root(const AnalyseConfig& config, const std::string& date) {
  return clean_path(config.intermediate_root) + "/proc=" + config.procedure + "/date=" + date;
}

Result<Done> write_output(const AnalyseConfig& config, const OutputFile& file) {
  const std::string directory = clean_path(config.output_root) + "/" + file.directory;
  if (auto made = make_directories(directory); !made) return made;
  return write_file_atomically(directory + "/" + file.name, file.text, end_sync(config.sync));
}

Result<Done> analyse_day(Runtime& runtime, const AnalysisInput& input, const std::string& date,
                         DayReport& report, DaySummary& summary) {
  report.date = summary.date = date;
  return DayAnalysis(input, date, report, summary).run(runtime);
}

}  // namespace weir::segmentation
