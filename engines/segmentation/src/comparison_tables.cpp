// The tables that compare days: those of the original, and one of ours.
#include <algorithm>
#include <map>
#include <weir/segmentation/instant.hpp>

#include "analysis_tables.hpp"
#include "csv_text.hpp"
#include "numbers.hpp"

namespace weir::segmentation {
namespace {

constexpr double mohm = 1e-6;  // Mohm of an ohm

template <class Row>
void for_each_range(const std::vector<DaySummary>& days, CsvText& csv, Row&& row) {
  csv.end_row();
  for (const DaySummary& day : days) {
    for (const RangeSummary& range : day.ranges) {
      csv.text(day.date).number(range.v_max);
      row(range);
      csv.end_row();
    }
  }
}

std::string resistance_csv(const std::vector<DaySummary>& days) {
  CsvText csv({"Date", "V_max", "Resistance_M\xce\xa9", "R\xc2\xb2", "n_runs"});
  for_each_range(days, csv, [&](const RangeSummary& range) {
    csv.number(range.resistance_ohm * mohm).number(range.r_squared).count(range.runs);
  });
  return csv.take();
}

/// The orders that stand in front because the original has them, then the others.
std::vector<int> ordered(std::vector<int> first, const AnalyseConfig& config) {
  for (const int order : config.orders) {
    if (std::find(first.begin(), first.end(), order) == first.end()) first.push_back(order);
  }
  return first;
}

std::string hysteresis_csv(const std::vector<DaySummary>& days, const AnalyseConfig& config) {
  const std::vector<int> orders = ordered({3}, config);
  CsvText csv({"Date", "V_max"});
  for (const int order : orders) {
    for (const char* what : {"Mean", "Std", "Max", "Min"})
      csv.text(std::string(what) + "_Hyst_poly" + std::to_string(order) + "_nA");
    if (order == 3) csv.text("n_points");
  }
  for_each_range(days, csv, [&](const RangeSummary& range) {
    for (const int order : orders) {
      const MethodSummary* method = range.method(order);
      const Spread spread = method != nullptr
                                ? method->hysteresis
                                : Spread{0, quiet_nan, quiet_nan, quiet_nan, quiet_nan};
      csv.number(spread.mean * nano).number(spread.std * nano);
      csv.number(spread.max * nano).number(spread.min * nano);
      if (order == 3) csv.count(range.points);
    }
  });
  return csv.take();
}

std::string peaks_csv(const std::vector<DaySummary>& days, const AnalyseConfig& config) {
  const std::vector<int> orders = ordered({3, 7}, config);
  CsvText csv({"Date", "V_max"});
  for (const int order : orders) {
    csv.text("Peak_V_poly" + std::to_string(order));
    csv.text("Peak_I_poly" + std::to_string(order) + "_nA");
  }
  for_each_range(days, csv, [&](const RangeSummary& range) {
    for (const int order : orders) {
      const MethodSummary* method = range.method(order);
      const Peak peak = method == nullptr
                            ? Peak{quiet_nan, quiet_nan}
                            : method->peaks.absolute.value_or(Peak{quiet_nan, quiet_nan});
      csv.number(peak.v).number(peak.value * nano);
    }
  });
  return csv.take();
}

std::string coercive_summary_csv(const std::vector<DaySummary>& days) {
  CsvText csv({"date", "V_max", "E_coercive_pos", "E_coercive_neg", "J_max_pos", "J_max_neg",
               "laser_voltage_V", "effective_power_W"});
  for_each_range(days, csv, [&](const RangeSummary& range) {
    const MethodSummary* method = range.method(3);
    const FieldPeaks fields = method != nullptr ? method->fields : FieldPeaks{};
    const Peak positive = fields.positive.value_or(Peak{quiet_nan, quiet_nan});
    const Peak negative = fields.negative.value_or(Peak{quiet_nan, quiet_nan});
    csv.number(positive.v).number(negative.v).number(positive.value).number(negative.value);
    csv.number(range.laser.voltage).number(range.laser.effective);
  });
  return csv.take();
}

/// `value` over the first day's that has one, less one.
double change(std::map<double, double>& first, double range, double value) {
  if (!std::isfinite(value)) return quiet_nan;
  const double base = first.emplace(range, value).first->second;
  return base == 0 ? quiet_nan : value / base - 1;
}

std::string days_csv(const std::vector<DaySummary>& days) {
  CsvText csv({"Date", "V_max", "n_runs", "resistance_ohm", "resistance_change", "r_squared",
               "area_net (V A)", "area_abs (V A)", "area_abs_change", "V_coercive (V)",
               "V_offset (V)", "hyst_mean_raw", "hyst_std_raw", "V_peak_raw", "I_peak_raw",
               "laser_voltage_V", "wavelength_nm", "effective_power_W"});
  std::map<double, double> resistance, area;
  for_each_range(days, csv, [&](const RangeSummary& range) {
    csv.count(range.runs).number(range.resistance_ohm);
    csv.number(change(resistance, range.v_max, range.resistance_ohm)).number(range.r_squared);
    csv.number(range.area.net).number(range.area.absolute);
    csv.number(change(area, range.v_max, range.area.absolute));
    csv.number(range.coercive.coercive()).number(range.coercive.offset());
    const MethodSummary* raw = range.method(0);
    const Peak peak = raw->peaks.absolute.value_or(Peak{quiet_nan, quiet_nan});
    csv.number(raw->hysteresis.mean).number(raw->hysteresis.std);
    csv.number(peak.v).number(peak.value);
    csv.number(range.laser.voltage).number(range.laser.wavelength_nm);
    csv.number(range.laser.effective);
  });
  return csv.take();
}

}  // namespace

ComparisonPlot comparison_of(const std::vector<DaySummary>& days, const AnalyseConfig& config) {
  ComparisonPlot plot;
  plot.title = config.procedure + ": " + std::to_string(days.size()) + " days";
  if (days.empty()) return plot;
  plot.first_date = days.front().date;
  std::map<double, ComparisonSeries> series;
  const std::int64_t first = days_from_date(*date_in_path(plot.first_date));
  for (const DaySummary& day : days) {
    const std::int64_t at = days_from_date(*date_in_path(day.date)) - first;
    for (const RangeSummary& range : day.ranges) {
      ComparisonSeries& one = series[range.v_max];
      one.v_max = range.v_max;
      one.day.push_back(static_cast<double>(at));
      one.resistance.push_back(range.resistance_ohm);
      one.area.push_back(range.area.absolute);
      one.coercive.push_back(range.coercive.coercive().value_or(quiet_nan));
      const auto& peak = range.method(0)->peaks.absolute;
      one.peak.push_back(peak ? std::abs(peak->value) : quiet_nan);
    }
  }
  for (auto& [v_max, one] : series) plot.series.push_back(std::move(one));
  return plot;
}

std::vector<OutputFile> make_comparison(const std::vector<DaySummary>& days,
                                        const AnalyseConfig& config) {
  const std::string directory = comparison_directory(config);
  std::vector<OutputFile> files = {
      {directory, "resistance_comparison.csv", resistance_csv(days)},
      {directory, "day_comparison.csv", days_csv(days)},
  };
  if (!config.hysteresis) return files;
  files.push_back({directory, "hysteresis_comparison.csv", hysteresis_csv(days, config)});
  files.push_back({directory, "coercive_field_analysis.csv", coercive_csv(days, config)});
  files.push_back({directory, "coercive_field_summary_poly3.csv", coercive_summary_csv(days)});
  if (config.peaks) files.push_back({directory, "peak_comparison.csv", peaks_csv(days, config)});
  return files;
}

}  // namespace weir::segmentation
