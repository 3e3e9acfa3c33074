#include "analysis_tables.hpp"

#include <algorithm>

#include "csv_text.hpp"
#include "numbers.hpp"

namespace weir::segmentation {
namespace {

std::string poly(std::string_view before, int order, std::string_view after = {}) {
  return std::string(before) + "poly" + std::to_string(order) + std::string(after);
}

/// "8p0" of 8.0
std::string range_text(double v_max) {
  std::string text = python_repr(v_max);
  std::replace(text.begin(), text.end(), '.', 'p');
  return text;
}

std::string folder(std::string_view kind, std::string_view date, const AnalyseConfig& config) {
  return std::string(kind) + "/" + std::string(date) + "_" + config.procedure;
}

void add_stats(CsvText& csv, const VoltageStat& stat) {
  csv.number(stat.v).number(stat.mean).number(stat.std).count(stat.n);
}

std::string stats_csv(const std::vector<VoltageStat>& branch) {
  CsvText csv({"V (V)", "I_mean", "I_std", "n_samples"});
  csv.end_row();
  for (const VoltageStat& stat : branch) {
    add_stats(csv, stat);
    csv.end_row();
  }
  return csv.take();
}

std::string return_with_fit_csv(const RangeResult& result, const AnalyseConfig& config) {
  CsvText csv({"V (V)", "I_mean", "I_std", "n_samples", "I_fit_linear"});
  for (const int order : config.orders) csv.text(poly("I_fit_", order));
  csv.end_row();
  for (const VoltageStat& stat : result.back) {
    add_stats(csv, stat);
    csv.number(result.linear.evaluate(stat.v));
    for (const PolynomialFit& fit : result.fits) csv.number(fit.evaluate(stat.v));
    csv.end_row();
  }
  return csv.take();
}

double term(const std::vector<double>& values, std::size_t index) {
  return index < values.size() ? values[index] : quiet_nan;
}

std::string fit_summary_csv(const std::vector<RangeResult>& results) {
  CsvText csv({"v_max", "slope", "slope_err", "intercept", "intercept_err", "r_squared",
               "resistance_ohm", "n_runs"});
  csv.end_row();
  for (const RangeResult& result : results) {
    const PolynomialFit& fit = result.linear;
    const RangeSummary& summary = result.summary;
    csv.number(summary.v_max).number(term(fit.coefficients, 1)).number(term(fit.errors, 1));
    csv.number(term(fit.coefficients, 0)).number(term(fit.errors, 0)).number(fit.r_squared);
    csv.number(summary.resistance_ohm).count(summary.runs);
    csv.end_row();
  }
  return csv.take();
}

std::string polynomial_summary_csv(const std::vector<RangeResult>& results,
                                   const AnalyseConfig& config) {
  CsvText csv({"v_max", "n_runs"});
  for (const int order : config.orders) {
    csv.text(poly("r2_", order));
    for (int power = 0; power <= order; ++power)
      csv.text(poly("", order, "_c" + std::to_string(power)));
  }
  for (const int order : config.orders) {
    for (const char* name : {"status_", "rank_", "condition_"}) csv.text(poly(name, order));
  }
  csv.end_row();
  for (const RangeResult& result : results) {
    csv.number(result.summary.v_max).count(result.summary.runs);
    for (std::size_t k = 0; k < config.orders.size(); ++k) {
      const PolynomialFit& fit = result.fits[k];
      csv.number(fit.r_squared);
      for (int power = 0; power <= config.orders[k]; ++power)
        csv.number(term(fit.coefficients, static_cast<std::size_t>(power)));
    }
    for (const PolynomialFit& fit : result.fits)
      csv.text(to_string(fit.status)).count(fit.rank).number(fit.condition);
    csv.end_row();
  }
  return csv.take();
}

std::string hysteresis_csv(const RangeResult& result, const AnalyseConfig& config) {
  CsvText csv({"V (V)", "I_hysteresis_raw", "I_hysteresis_std", "I_forward", "I_return",
               "I_forward_std", "I_return_std"});
  for (const int order : config.orders) csv.text(poly("I_hysteresis_", order));
  csv.text("V_return (V)");
  csv.end_row();
  for (std::size_t row = 0; row < result.loop.size(); ++row) {
    const LoopPoint& point = result.loop[row];
    csv.number(point.forward.v).number(result.raw[row]).number(point.hysteresis_std());
    csv.number(point.forward.mean).number(point.back.mean);
    csv.number(point.forward.std).number(point.back.std);
    for (const std::vector<double>& fitted : result.fitted) csv.number(fitted[row]);
    csv.number(point.back.v);
    csv.end_row();
  }
  return csv.take();
}

std::string hysteresis_summary_csv(const std::vector<RangeResult>& results,
                                   const AnalyseConfig& config) {
  CsvText csv({"v_max", "n_points"});
  const auto head = [&](const std::string& method) {
    for (const char* what : {"mean_", "std_", "max_", "min_"})
      csv.text("hyst_" + std::string(what) + method);
  };
  head("raw");
  for (const int order : config.orders) head(poly("", order));
  csv.text("n_unpaired_forward").text("n_unpaired_return");
  csv.end_row();
  for (const RangeResult& result : results) {
    const RangeSummary& summary = result.summary;
    csv.number(summary.v_max).count(summary.points);
    for (const MethodSummary& method : summary.methods) {
      const Spread& spread = method.hysteresis;
      csv.number(spread.mean).number(spread.std).number(spread.max).number(spread.min);
    }
    csv.count(summary.unpaired_forward).count(summary.unpaired_return);
    csv.end_row();
  }
  return csv.take();
}

std::string loop_summary_csv(const std::vector<RangeResult>& results, const AnalyseConfig& config) {
  CsvText csv({"v_max", "n_points", "area_net (V A)", "area_abs (V A)", "V_zero_forward (V)",
               "V_zero_return (V)", "V_coercive (V)", "V_offset (V)", "E_coercive (V/cm)"});
  csv.end_row();
  for (const RangeResult& result : results) {
    const RangeSummary& summary = result.summary;
    const CoerciveVoltage& zero = summary.coercive;
    csv.number(summary.v_max).count(summary.points);
    csv.number(summary.area.net).number(summary.area.absolute);
    csv.number(zero.forward).number(zero.back).number(zero.coercive()).number(zero.offset());
    csv.number(zero.coercive().value_or(quiet_nan) / channel_length_cm(config));
    csv.end_row();
  }
  return csv.take();
}

void add_peak(CsvText& csv, const std::optional<Peak>& peak, double factor = 1) {
  const Peak found = peak.value_or(Peak{quiet_nan, quiet_nan});
  csv.number(found.v).number(found.value * factor);
}

std::string peaks_csv(const std::vector<RangeResult>& results) {
  CsvText csv({"v_max", "method", "V_max_positive", "I_max_positive", "V_max_negative",
               "I_max_negative", "V_max_absolute", "I_max_absolute"});
  csv.end_row();
  for (const RangeResult& result : results) {
    const auto add = [&](const MethodSummary& method) {
      csv.number(result.summary.v_max).text(method.name());
      for (const auto* peak :
           {&method.peaks.maximum, &method.peaks.minimum, &method.peaks.absolute})
        add_peak(csv, *peak);
      csv.end_row();
    };
    const std::vector<MethodSummary>& methods = result.summary.methods;
    std::for_each(methods.begin() + 1, methods.end(), add);
    add(methods.front());  // raw behind: the original sorted by the method's name
  }
  return csv.take();
}

std::string peak_summary_csv(const std::vector<RangeResult>& results, const AnalyseConfig& config) {
  CsvText csv({"V_max", "raw_V", "raw_I"});
  for (const int order : config.orders) csv.text(poly("", order, "_V")).text(poly("", order, "_I"));
  csv.end_row();
  for (const RangeResult& result : results) {
    csv.number(result.summary.v_max);
    for (const MethodSummary& method : result.summary.methods)
      add_peak(csv, method.peaks.absolute, nano);
    csv.end_row();
  }
  return csv.take();
}

/// Forward and return without the return fit of the widest range; with fields and densities or
/// without.
std::string backward_sub_csv(const RangeResult& result, const AnalyseConfig& config, bool field) {
  CsvText csv({"V_rounded"});
  if (field) csv.text("E (V/cm)");
  for (const int order : config.orders) {
    csv.text(poly("I_forward_sub_", order)).text(poly("I_backward_sub_", order));
    if (!field) continue;
    csv.text(poly("J_forward_sub_", order, " (A/cm2)"));
    csv.text(poly("J_backward_sub_", order, " (A/cm2)"));
  }
  csv.end_row();
  const double area = channel_area_cm2(config);
  for (std::size_t row = 0; row < result.v.size(); ++row) {
    csv.number(result.v[row]);
    if (field) csv.number(result.v[row] / channel_length_cm(config));
    for (const std::vector<Subtracted>& branches : result.subtracted) {
      const Subtracted& at = branches[row];
      csv.number(at.forward).number(at.back);
      if (field) csv.number(at.forward / area).number(at.back / area);
    }
    csv.end_row();
  }
  return csv.take();
}

void add_coercive(CsvText& csv, const std::string& date, const RangeSummary& range,
                  const AnalyseConfig& config) {
  for (const MethodSummary& method : range.methods) {
    if (method.order == 0) continue;
    const Peak positive = method.fields.positive.value_or(Peak{quiet_nan, quiet_nan});
    const Peak negative = method.fields.negative.value_or(Peak{quiet_nan, quiet_nan});
    csv.text(date).number(range.v_max).number(range.v_max / channel_length_cm(config));
    csv.count(static_cast<std::uint64_t>(method.order));
    csv.number(positive.v).number(negative.v).number(positive.value).number(negative.value);
    csv.number(range.laser.voltage).number(range.laser.incident).number(range.laser.effective);
    csv.number(range.laser.wavelength_nm);
    csv.text(range.laser.calibration_date).text(range.laser.calibration_run);
    csv.end_row();
  }
}

DaySummary summary_of(const std::string& date, const std::vector<RangeResult>& results) {
  DaySummary day{date, {}};
  for (const RangeResult& result : results) day.ranges.push_back(result.summary);
  return day;
}

}  // namespace

std::vector<std::string> day_directories(std::string_view date, const AnalyseConfig& config) {
  std::vector<std::string> out;
  for (const char* kind : {"iv_stats", "plots"}) out.push_back(folder(kind, date, config));
  if (!config.hysteresis) return out;
  for (const char* kind :
       {"hysteresis", "backward_substracted", "backward_substracted_efield", "coercive_field"})
    out.push_back(folder(kind, date, config));
  if (config.peaks) out.push_back(folder("hysteresis_peaks", date, config));
  return out;
}

std::string fits_directory(std::string_view date, const AnalyseConfig& config) {
  return "iv_polynomial_fits/proc=" + config.procedure + "/date=" + std::string(date);
}

std::string comparison_directory(const AnalyseConfig& config) {
  return "comparison/" + config.procedure;
}

std::string coercive_csv(const std::vector<DaySummary>& days, const AnalyseConfig& config) {
  CsvText csv({"date", "V_max", "E_max", "poly_order", "E_coercive_pos", "E_coercive_neg",
               "J_max_pos", "J_max_neg", "laser_voltage_V", "incident_power_W", "effective_power_W",
               "wavelength_nm", "calibration_date", "calibration_run_id"});
  csv.end_row();
  for (const DaySummary& day : days) {
    for (const RangeSummary& range : day.ranges) add_coercive(csv, day.date, range, config);
  }
  return csv.take();
}

std::vector<OutputFile> make_tables(const std::vector<RangeResult>& results,
                                    const std::string& date, const AnalyseConfig& config) {
  std::vector<OutputFile> files;
  const auto add = [&](std::string_view kind, std::string name, std::string text) {
    files.push_back({folder(kind, date, config), std::move(name), std::move(text)});
  };
  for (const RangeResult& result : results) {
    const std::string range = "vmax" + range_text(result.summary.v_max) + "V.csv";
    add("iv_stats", "forward_" + range, stats_csv(result.forward));
    add("iv_stats", "return_" + range, stats_csv(result.back));
    add("iv_stats", "return_with_fit_" + range, return_with_fit_csv(result, config));
    if (!config.hysteresis) continue;
    add("hysteresis", "hysteresis_" + range, hysteresis_csv(result, config));
    add("backward_substracted", "backward_sub_" + range, backward_sub_csv(result, config, false));
    add("backward_substracted_efield", "backward_sub_" + range,
        backward_sub_csv(result, config, true));
  }
  add("iv_stats", "fit_summary.csv", fit_summary_csv(results));
  add("iv_stats", "polynomial_fits_summary.csv", polynomial_summary_csv(results, config));
  if (!config.hysteresis) return files;
  add("hysteresis", "hysteresis_summary.csv", hysteresis_summary_csv(results, config));
  add("hysteresis", "loop_summary.csv", loop_summary_csv(results, config));
  if (config.peaks) {
    add("hysteresis_peaks", "hysteresis_peaks.csv", peaks_csv(results));
    add("hysteresis_peaks", "peak_summary_table.csv", peak_summary_csv(results, config));
  }
  add("coercive_field", "coercive_field_" + date + ".csv",
      coercive_csv({summary_of(date, results)}, config));
  return files;
}

}  // namespace weir::segmentation
