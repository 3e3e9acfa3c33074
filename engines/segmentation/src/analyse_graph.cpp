// Analysis of days: which, whether they are done already, and how they compare.
#include <algorithm>
#include <filesystem>
#include <weir/clock.hpp>
#include <weir/segmentation/analysis.hpp>
#include <weir/segmentation/comparison_plot.hpp>
#include <weir/segmentation/text.hpp>

#include "day_analysis.hpp"
#include "day_record.hpp"
#include "graph_run.hpp"
#include "segment_source.hpp"

namespace weir::segmentation {
namespace {

constexpr std::size_t dates_named = 5;
constexpr std::size_t record_bytes_max = 1u << 26;
constexpr std::string_view range_mark = "..";

/// The two ends of "2025-09-04..2025-09-12".
struct DateRange {
  std::string_view first, last;
};
std::optional<DateRange> parse_date_range(std::string_view text) {
  const std::size_t mark = text.find(range_mark);
  if (mark == text.npos) return std::nullopt;
  const DateRange range{text.substr(0, mark), text.substr(mark + range_mark.size())};
  if (!is_date(range.first) || !is_date(range.last) || range.last < range.first)
    return std::nullopt;
  return range;
}

/// Removes the record of a day that is about to change: however the call ends, the next one must
/// not take the day for done.
Result<Done> forget_record(const std::string& path) {
  std::error_code error;
  std::filesystem::remove(path, error);
  if (!error) return Done{};
  return Error{"unwritable", "cannot be removed: " + error.message(), path};
}

class Analysis {
 public:
  Analysis(Runtime& runtime, const AnalyseConfig& config, const Journal& journal,
           const LaserCalibrations& calibrations, const Watch& watch, AnalyseReport& report)
      : runtime_(runtime),
        config_(config),
        records_(journal.sorted()),
        calibrations_(calibrations),
        input_{config, journal, calibrations, watch},
        report_(report),
        output_root_(clean_path(config.output_root)) {}

  /// The dates that were asked for and are there; nothing_found when there is none.
  Result<Done> choose();
  Result<Done> run();

 private:
  Error nothing_found(const std::string& date) const;
  Result<Done> run_day(const std::string& date);
  std::string record_path(const std::string& date) const;
  std::string inputs_of(const std::string& date) const;
  std::string outputs_of(const std::string& date) const;
  std::optional<DayRecord> done_before(const std::string& date, const std::string& fingerprint,
                                       const std::string& inputs) const;
  void add_up(const DayReport& day);
  Result<Done> compare();

  Runtime& runtime_;
  const AnalyseConfig& config_;
  const SortedRecords records_;
  const LaserCalibrations& calibrations_;
  AnalysisInput input_;
  AnalyseReport& report_;
  std::string output_root_;
  std::vector<std::string> available_;
  std::vector<std::string> chosen_;
  std::vector<DaySummary> summaries_;
};

Error Analysis::nothing_found(const std::string& date) const {
  std::string what = "there is no segmented run of procedure " + config_.procedure;
  if (!available_.empty()) what += "; there are runs of";
  for (std::size_t k = 0; k < std::min(available_.size(), dates_named); ++k)
    what += (k == 0 ? " " : ", ") + available_[k];
  if (available_.size() > dates_named)
    what += " and " + std::to_string(available_.size() - dates_named) + " more";
  return {"nothing_found", std::move(what), date_root(config_, date)};
}

Result<Done> Analysis::choose() {
  auto dates =
      folders_with(clean_path(config_.intermediate_root) + "/proc=" + config_.procedure, "date=");
  if (!dates) return dates.error();
  available_ = std::move(dates).value();
  const auto is_there = [&](std::string_view date) {
    return std::binary_search(available_.begin(), available_.end(), date);
  };
  std::vector<DayReport> missing;
  for (const std::string& choice : config_.dates) {
    const auto range = parse_date_range(choice);
    if (is_date(choice)) {
      if (is_there(choice)) {
        chosen_.push_back(choice);
      } else {
        missing.emplace_back();
        missing.back().date = choice;
        missing.back().error = nothing_found(choice);
      }
      continue;
    }
    for (const std::string& date : available_) {
      if (is_date(date) && (!range || (date >= range->first && date <= range->last)))
        chosen_.push_back(date);
    }
  }
  std::sort(chosen_.begin(), chosen_.end());
  chosen_.erase(std::unique(chosen_.begin(), chosen_.end()), chosen_.end());
  if (chosen_.empty())
    return missing.empty() ? nothing_found(config_.dates.front()) : missing.front().error;
  for (DayReport& day : missing) {
    report_.runs.warnings.push_back(day.date + ": " + day.error.text());
    report_.days.push_back(std::move(day));
  }
  return Done{};
}

std::string Analysis::record_path(const std::string& date) const {
  return output_root_ + "/_manifest/analysis/" + date + "_" + config_.procedure + ".tsv";
}

/// The segments' files, and how many the journal says there are.
std::string Analysis::inputs_of(const std::string& date) const {
  const std::string prefix = "proc=" + config_.procedure + "/date=" + date + "/";
  std::string segments;
  for (auto at = records_.from(prefix); at != records_.end(); ++at) {
    const Record record = *at;
    if (!record.path.starts_with(prefix)) break;
    segments += record.path + " " + std::to_string(record.segments.size()) + "\n";
  }
  return input_fingerprint(date_root(config_, date)) + "/" + hex_word(hash_text(segments));
}

std::string Analysis::outputs_of(const std::string& date) const {
  std::vector<std::string> folders = day_directories(date, config_);
  folders.push_back(fits_directory(date, config_));
  return output_fingerprint(output_root_, folders);
}

/// What an earlier call found out of the same segments, while what it wrote is there.
std::optional<DayRecord> Analysis::done_before(const std::string& date,
                                               const std::string& fingerprint,
                                               const std::string& inputs) const {
  Buffer buffer;
  if (config_.force || !read_file(record_path(date), buffer, record_bytes_max)) return std::nullopt;
  auto record = parse_day_record(buffer.view());
  if (!record || record->report.date != date || record->config != fingerprint ||
      record->inputs != inputs || record->outputs != outputs_of(date))
    return std::nullopt;
  return record;
}

void Analysis::add_up(const DayReport& day) {
  StageReport& all = report_.runs;
  const StageReport& one = day.runs;
  all.files += one.files;
  all.done += one.done;
  all.skipped += one.skipped;
  all.rejected += one.rejected;
  for (const auto& [reason, n] : one.rejects) all.rejects[reason] += n;
  all.rows += one.rows;
  all.segments += one.segments;
  all.bytes_in += one.bytes_in;
  all.bytes_out += one.bytes_out;
  all.removed += one.removed;
  all.interrupted = all.interrupted || one.interrupted;
  if (all.unread.code.empty()) all.unread = one.unread;
  all.warnings.insert(all.warnings.end(), one.warnings.begin(), one.warnings.end());
  GraphReport& graph = all.graph;
  graph.ledger += one.graph.ledger;
  if (one.graph.name.empty()) return;
  std::vector<std::pair<std::string, std::uint64_t>> before = std::move(graph.would_block);
  const Ledger ledger = graph.ledger;
  const std::size_t memory_bytes = std::max(graph.memory_bytes, one.graph.memory_bytes);
  graph = one.graph;
  graph.ledger = ledger;
  graph.memory_bytes = memory_bytes;
  for (std::size_t k = 0; k < std::min(before.size(), graph.would_block.size()); ++k)
    graph.would_block[k].second += before[k].second;
}

Result<Done> Analysis::run_day(const std::string& date) {
  const std::string fingerprint = config_fingerprint(config_, date, calibrations_);
  const std::string inputs = inputs_of(date);
  if (auto record = done_before(date, fingerprint, inputs)) {
    DayReport& day = record->report;
    day.up_to_date = true;
    day.plot = output_root_ + "/plots/" + date + "_" + config_.procedure + "/sweeps.svg";
    day.runs.skipped += day.runs.done;
    day.runs.done = day.runs.rows = day.runs.segments = 0;
    summaries_.push_back(std::move(record->summary));
    add_up(day);
    report_.days.push_back(std::move(day));
    return Done{};
  }
  DayRecord record{fingerprint, inputs, {}, {}, {}};
  if (auto removed = forget_record(record_path(date)); !removed) return removed;
  auto ran = analyse_day(runtime_, input_, date, record.report, record.summary);
  add_up(record.report);
  report_.files_written += record.report.files_written;
  if (!ran) return ran;
  DayReport& day = record.report;
  if (day.runs.interrupted) return Done{};
  if (day.error.code.empty()) summaries_.push_back(record.summary);
  // Of what could not be seen there is no record: the next call looks again, and says so again.
  if (day.error.code.empty() && day.runs.unread.code.empty()) {
    record.outputs = outputs_of(date);
    const OutputFile file{"_manifest/analysis", date + "_" + config_.procedure + ".tsv",
                          to_text(record)};
    if (auto written = write_output(config_, file); !written) return written;
  }
  report_.days.push_back(std::move(day));
  return Done{};
}

Result<Done> Analysis::compare() {
  std::erase_if(summaries_, [](const DaySummary& day) { return day.ranges.empty(); });
  if (summaries_.size() < 2) return Done{};
  std::vector<OutputFile> files = make_comparison(summaries_, config_);
  files.push_back({comparison_directory(config_), "comparison.svg",
                   render_comparison(comparison_of(summaries_, config_))});
  for (const OutputFile& file : files) {
    if (auto written = write_output(config_, file); !written) return written;
    ++report_.files_written;
    report_.runs.bytes_out += file.text.size();
  }
  report_.comparison = output_root_ + "/" + comparison_directory(config_) + "/comparison.svg";
  return Done{};
}

Result<Done> Analysis::run() {
  for (const std::string& date : chosen_) {
    if (auto ran = run_day(date); !ran) return ran;
    if (report_.runs.interrupted) return Done{};
  }
  std::sort(report_.days.begin(), report_.days.end(),
            [](const DayReport& a, const DayReport& b) { return a.date < b.date; });
  return compare();
}

}  // namespace

bool is_date(std::string_view text) {
  const auto date = date_in_path(text);
  return date && date->text() == text;
}

bool is_date_choice(std::string_view text) {
  return text == "all" || is_date(text) || parse_date_range(text).has_value();
}

Result<AnalyseReport> analyse(Runtime& runtime, const AnalyseConfig& config, const Watch& watch) {
  const Deadline begin = now_ns();
  AnalyseReport report;
  if (config.dates.empty()) return Error{"usage", "a date is missing", "date"};
  for (const std::string& choice : config.dates) {
    if (!is_date_choice(choice)) {
      return Error{"usage",
                   "\"" + choice +
                       "\" is no date YYYY-MM-DD, no two with .. between, "
                       "and not all",
                   "date"};
    }
  }
  const auto root = stat_file(config.intermediate_root);
  if (!root) return root.error();
  if (root.value().kind != FileKind::directory)
    return Error{"not_a_directory", "must be a directory", config.intermediate_root};
  auto journal = Journal::read(clean_path(config.intermediate_root));
  if (!journal) return journal.error();
  const LaserCalibrations calibrations =
      LaserCalibrations::load(config.stage_root, report.runs.warnings);
  Analysis analysis(runtime, config, journal.value(), calibrations, watch, report);
  if (auto chosen = analysis.choose(); !chosen) return chosen.error();
  const std::string output = clean_path(config.output_root);
  if (auto made = make_directories(output); !made) return made.error();
  auto lock = DirectoryLock::take(output);
  if (!lock) return lock.error();
  if (auto removed = remove_temporaries(output); !removed) return removed.error();
  if (auto ran = analysis.run(); !ran) return ran.error();
  report.runs.elapsed_s = static_cast<double>(now_ns() - begin) / 1e9;
  return report;
}

}  // namespace weir::segmentation
