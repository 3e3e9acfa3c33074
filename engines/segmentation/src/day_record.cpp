#include "day_record.hpp"

#include <weir/file.hpp>
#include <weir/segmentation/text.hpp>

#include "graph_run.hpp"
#include "numbers.hpp"

namespace weir::segmentation {
namespace {

constexpr std::string_view first_line = "weir.analysis.day/1";
constexpr std::string_view last_line = "end";
constexpr std::string_view rules = "1";  // changes when equal segments give other tables

/// Lines of words with tabs between.
class Lines {
 public:
  Lines& word(std::string_view text) {
    if (!out_.empty() && out_.back() != '\n') out_ += '\t';
    for (const char c : text) {
      if (c == '\\' || c == '\t' || c == '\n') out_ += '\\';
      out_ += c == '\t' ? 't' : c == '\n' ? 'n' : c;
    }
    return *this;
  }
  Lines& number(double value) { return word(python_repr(value)); }
  Lines& number(const std::optional<double>& value) { return number(value.value_or(quiet_nan)); }
  Lines& count(std::uint64_t value) { return word(std::to_string(value)); }
  Lines& peak(const std::optional<Peak>& peak) {
    return number(peak ? peak->v : quiet_nan).number(peak ? peak->value : quiet_nan);
  }
  void end() { out_ += '\n'; }
  std::string take() { return std::move(out_); }

 private:
  std::string out_;
};

void add_range(Lines& out, const RangeSummary& range) {
  out.word("range").number(range.v_max).count(range.runs);
  out.count(range.forward_voltages).count(range.return_voltages).count(range.points);
  out.count(range.unpaired_forward).count(range.unpaired_return);
  out.number(range.resistance_ohm).number(range.r_squared);
  out.number(range.area.net).number(range.area.absolute);
  out.number(range.coercive.forward).number(range.coercive.back);
  const LaserPower& laser = range.laser;
  out.number(laser.voltage).number(laser.wavelength_nm);
  out.number(laser.incident).number(laser.effective);
  out.word(laser.calibration_date).word(laser.calibration_run).end();
  for (const MethodSummary& method : range.methods) {
    const Spread& spread = method.hysteresis;
    out.word("method").count(static_cast<std::uint64_t>(method.order)).count(spread.n);
    out.number(spread.mean).number(spread.std).number(spread.max).number(spread.min);
    out.peak(method.peaks.maximum).peak(method.peaks.minimum).peak(method.peaks.absolute);
    out.peak(method.fields.positive).peak(method.fields.negative).end();
  }
}

/// The words of a line, one after the other. A word that is missing or is no number spoils it.
class Words {
 public:
  explicit Words(std::string_view line) : rest_(line), more_(true) {}

  std::string word() {
    std::string out;
    good_ = good_ && more_;
    std::size_t k = 0;
    for (; k < rest_.size() && rest_[k] != '\t'; ++k) {
      if (rest_[k] != '\\' || k + 1 == rest_.size()) {
        out += rest_[k];
        continue;
      }
      const char c = rest_[++k];
      out += c == 't' ? '\t' : c == 'n' ? '\n' : c;
    }
    more_ = k < rest_.size();
    rest_.remove_prefix(std::min(rest_.size(), k + 1));
    return out;
  }
  double number() {
    const auto value = parse_float(word());
    good_ = good_ && value.has_value();
    return value.value_or(quiet_nan);
  }
  std::optional<double> known() {
    const double value = number();
    return std::isfinite(value) ? std::optional<double>(value) : std::nullopt;
  }
  std::uint64_t count() {
    const auto value = parse_integer(word());
    good_ = good_ && value && *value >= 0;
    return good_ ? static_cast<std::uint64_t>(*value) : 0;
  }
  std::optional<Peak> peak() {
    const double v = number();
    const double value = number();
    return std::isfinite(value) ? std::optional<Peak>(Peak{v, value}) : std::nullopt;
  }
  bool good() const noexcept { return good_ && !more_; }

 private:
  std::string_view rest_;
  bool more_;  // a word follows
  bool good_ = true;
};

void read_range(Words& words, RangeSummary& range) {
  range.v_max = words.number();
  range.runs = words.count();
  range.forward_voltages = words.count();
  range.return_voltages = words.count();
  range.points = words.count();
  range.unpaired_forward = words.count();
  range.unpaired_return = words.count();
  range.resistance_ohm = words.number();
  range.r_squared = words.number();
  range.area.net = words.number();
  range.area.absolute = words.number();
  range.coercive.forward = words.known();
  range.coercive.back = words.known();
  range.laser.voltage = words.known();
  range.laser.wavelength_nm = words.known();
  range.laser.incident = words.known();
  range.laser.effective = words.known();
  range.laser.calibration_date = words.word();
  range.laser.calibration_run = words.word();
}

void read_method(Words& words, MethodSummary& method) {
  method.order = static_cast<int>(words.count());
  method.hysteresis.n = words.count();
  method.hysteresis.mean = words.number();
  method.hysteresis.std = words.number();
  method.hysteresis.max = words.number();
  method.hysteresis.min = words.number();
  method.peaks.maximum = words.peak();
  method.peaks.minimum = words.peak();
  method.peaks.absolute = words.peak();
  method.fields.positive = words.peak();
  method.fields.negative = words.peak();
}

void read_counts(Words& words, DayReport& report) {
  report.runs.files = words.count();
  report.runs.done = words.count();
  report.runs.skipped = words.count();
  report.runs.rejected = words.count();
  report.runs.rows = words.count();
  report.runs.segments = words.count();
  report.left_out = words.count();
  report.flagged = words.count();
}

/// False: the line is not one of a record.
bool read_line(std::string_view line, DayRecord& record) {
  Words words(line);
  const std::string key = words.word();
  if (key == "config") {
    record.config = words.word();
  } else if (key == "inputs") {
    record.inputs = words.word();
  } else if (key == "outputs") {
    record.outputs = words.word();
  } else if (key == "date") {
    record.report.date = record.summary.date = words.word();
  } else if (key == "counts") {
    read_counts(words, record.report);
  } else if (key == "reject") {
    const std::string reason = words.word();
    record.report.runs.rejects[reason] = words.count();
  } else if (key == "warning") {
    record.report.runs.warnings.push_back(words.word());
  } else if (key == "range") {
    read_range(words, record.summary.ranges.emplace_back());
  } else if (key == "method" && !record.summary.ranges.empty()) {
    read_method(words, record.summary.ranges.back().methods.emplace_back());
  } else {
    return false;
  }
  return words.good();
}

}  // namespace

std::string to_text(const DayRecord& record) {
  Lines out;
  out.word(first_line).end();
  out.word("config").word(record.config).end();
  out.word("inputs").word(record.inputs).end();
  out.word("outputs").word(record.outputs).end();
  out.word("date").word(record.report.date).end();
  const StageReport& runs = record.report.runs;
  out.word("counts").count(runs.files).count(runs.done).count(runs.skipped);
  out.count(runs.rejected).count(runs.rows).count(runs.segments);
  out.count(record.report.left_out).count(record.report.flagged).end();
  for (const auto& [reason, n] : runs.rejects) out.word("reject").word(reason).count(n).end();
  for (const std::string& warning : runs.warnings) out.word("warning").word(warning).end();
  for (const RangeSummary& range : record.summary.ranges) add_range(out, range);
  out.word(last_line).end();
  return out.take();
}

std::optional<DayRecord> parse_day_record(std::string_view text) {
  DayRecord record;
  bool begun = false;
  while (!text.empty()) {
    const std::size_t end = text.find('\n');
    if (end == text.npos) return std::nullopt;
    const std::string_view line = text.substr(0, end);
    text.remove_prefix(end + 1);
    if (!begun) {
      if (line != first_line) return std::nullopt;
      begun = true;
    } else if (line == last_line) {
      for (const RangeSummary& range : record.summary.ranges) {
        if (range.methods.empty()) return std::nullopt;
        record.report.ranges.push_back(report_of(record.report.date, range));
      }
      return text.empty() ? std::optional<DayRecord>(std::move(record)) : std::nullopt;
    } else if (!read_line(line, record)) {
      return std::nullopt;
    }
  }
  return std::nullopt;
}

std::string config_fingerprint(const AnalyseConfig& config, const std::string& date,
                               const LaserCalibrations& calibrations) {
  Lines out;
  out.word(rules).word(date).word(config.procedure).word(config.voltage);
  out.word(config.chip_number).number(config.laser_voltage);
  for (const double range : config.ranges) out.word("range").number(range);
  for (const auto& [day, range] : config.excluded) {
    if (day == date) out.word("excluded").number(range);
  }
  for (const int order : config.orders) out.word("order").count(static_cast<std::uint64_t>(order));
  for (const std::string_view strategy : config.strategies) out.word(strategy);
  out.number(config.range_decimals).number(config.voltage_decimals).number(config.voltage_bin);
  out.word(config.hysteresis ? "hysteresis" : "").word(config.peaks ? "peaks" : "");
  out.word(config.curves ? "curves" : "");
  out.number(config.channel_length_um).number(config.channel_width_um);
  out.number(config.beam_to_sample).count(calibrations.fingerprint());
  return hex_word(hash_text(out.take()));
}

std::string input_fingerprint(const std::string& root) {
  Lines out;
  const auto seen = walk_files(
      root,
      [&](const std::string& path) {
        const auto stat = stat_file(path);
        out.word(std::string_view(path).substr(root.size()));
        if (stat) out.count(stat.value().size).word(std::to_string(stat.value().mtime_ns));
        out.end();
      },
      [&](const Error& error) { out.word(error.text()).end(); });
  if (!seen) out.word(seen.error().text());
  return hex_word(hash_text(out.take()));
}

std::string output_fingerprint(const std::string& root, const std::vector<std::string>& folders) {
  Lines out;
  for (const std::string& folder : folders) {
    const auto seen = walk_files(
        root + "/" + folder,
        [&](const std::string& path) {
          const auto stat = stat_file(path);
          out.word(std::string_view(path).substr(root.size()));
          if (stat) out.count(stat.value().size);
          out.end();
        },
        [&](const Error& error) { out.word(error.text()).end(); });
    if (!seen) out.word(folder).word("none").end();
  }
  return hex_word(hash_text(out.take()));
}

}  // namespace weir::segmentation
