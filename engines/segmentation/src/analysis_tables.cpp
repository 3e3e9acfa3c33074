#include "analysis_tables.hpp"

#include <algorithm>
#include <cmath>
#include <limits>
#include <weir/segmentation/text.hpp>

namespace weir::segmentation {
namespace {

constexpr double nan = std::numeric_limits<double>::quiet_NaN();
constexpr std::size_t linear = 0;  // index of order 1 in fit_orders

/// Text of a CSV table, cell by cell.
class Csv {
 public:
  explicit Csv(std::initializer_list<std::string_view> names) {
    for (const std::string_view name : names) text(name);
  }
  Csv& text(std::string_view words) {
    if (!first_) out_ += ',';
    first_ = false;
    out_ += words;
    return *this;
  }
  Csv& number(double value) { return text(std::isfinite(value) ? python_repr(value) : ""); }
  Csv& number(const std::optional<double>& value) { return number(value.value_or(nan)); }
  Csv& count(std::uint64_t value) { return text(std::to_string(value)); }
  void end_row() {
    out_ += '\n';
    first_ = true;
  }
  std::string take() { return std::move(out_); }

 private:
  std::string out_;
  bool first_ = true;
};

std::string poly(std::string_view before, int order, std::string_view after = {}) {
  return std::string(before) + "poly" + std::to_string(order) + std::string(after);
}

/// "8p0" of 8.0
std::string range_text(double v_max) {
  std::string text = python_repr(v_max);
  std::replace(text.begin(), text.end(), '.', 'p');
  return text;
}

void add_stats(Csv& csv, const VoltageStat& stat) {
  csv.number(stat.v).number(stat.mean).number(stat.std).count(stat.n);
}

std::string stats_csv(const std::vector<VoltageStat>& branch) {
  Csv csv({"V (V)", "I_mean", "I_std", "n_samples"});
  csv.end_row();
  for (const VoltageStat& stat : branch) {
    add_stats(csv, stat);
    csv.end_row();
  }
  return csv.take();
}

std::string return_with_fit_csv(const RangeResult& result) {
  Csv csv({"V (V)", "I_mean", "I_std", "n_samples", "I_fit_linear"});
  for (const int order : fit_orders) csv.text(poly("I_fit_", order));
  csv.end_row();
  for (const VoltageStat& stat : result.back) {
    add_stats(csv, stat);
    csv.number(result.fits[linear].evaluate(stat.v));
    for (const PolynomialFit& fit : result.fits) csv.number(fit.evaluate(stat.v));
    csv.end_row();
  }
  return csv.take();
}

double term(const std::vector<double>& values, std::size_t index) {
  return index < values.size() ? values[index] : nan;
}

double resistance(const PolynomialFit& fit) {
  const double slope = term(fit.coefficients, 1);
  return slope == 0 ? nan : 1 / slope;
}

std::string fit_summary_csv(const std::vector<RangeResult>& results) {
  Csv csv({"v_max", "slope", "slope_err", "intercept", "intercept_err", "r_squared",
           "resistance_ohm", "n_runs"});
  csv.end_row();
  for (const RangeResult& result : results) {
    const PolynomialFit& fit = result.fits[linear];
    csv.number(result.v_max).number(term(fit.coefficients, 1)).number(term(fit.errors, 1));
    csv.number(term(fit.coefficients, 0)).number(term(fit.errors, 0)).number(fit.r_squared);
    csv.number(resistance(fit)).count(result.runs);
    csv.end_row();
  }
  return csv.take();
}

std::string polynomial_summary_csv(const std::vector<RangeResult>& results) {
  Csv csv({"v_max", "n_runs"});
  for (const int order : fit_orders) {
    csv.text(poly("r2_", order));
    for (int power = 0; power <= order; ++power)
      csv.text(poly("", order, "_c" + std::to_string(power)));
  }
  for (const int order : fit_orders) {
    for (const char* name : {"status_", "rank_", "condition_"}) csv.text(poly(name, order));
  }
  csv.end_row();
  for (const RangeResult& result : results) {
    csv.number(result.v_max).count(result.runs);
    for (std::size_t k = 0; k < fit_orders.size(); ++k) {
      const PolynomialFit& fit = result.fits[k];
      csv.number(fit.r_squared);
      for (int power = 0; power <= fit_orders[k]; ++power)
        csv.number(term(fit.coefficients, static_cast<std::size_t>(power)));
    }
    for (const PolynomialFit& fit : result.fits)
      csv.text(to_string(fit.status)).count(fit.rank).number(fit.condition);
    csv.end_row();
  }
  return csv.take();
}

/// The hysteresis of a range: raw, and by the fits of the return branch.
struct Hysteresis {
  std::vector<double> v, raw;
  std::array<std::vector<double>, fit_orders.size()> fitted;
};

Hysteresis hysteresis_of(const RangeResult& result) {
  Hysteresis h;
  for (const LoopPoint& point : result.loop) {
    h.v.push_back(point.forward.v);
    h.raw.push_back(point.hysteresis());
    for (std::size_t k = 0; k < fit_orders.size(); ++k)
      h.fitted[k].push_back(point.forward.mean - result.fits[k].evaluate(point.back.v));
  }
  return h;
}

std::string hysteresis_csv(const RangeResult& result) {
  Csv csv({"V (V)", "I_hysteresis_raw", "I_hysteresis_std", "I_forward", "I_return",
           "I_forward_std", "I_return_std"});
  for (const int order : fit_orders) csv.text(poly("I_hysteresis_", order));
  csv.end_row();
  const Hysteresis h = hysteresis_of(result);
  for (std::size_t row = 0; row < h.v.size(); ++row) {
    const LoopPoint& point = result.loop[row];
    csv.number(h.v[row]).number(h.raw[row]).number(point.hysteresis_std());
    csv.number(point.forward.mean).number(point.back.mean);
    csv.number(point.forward.std).number(point.back.std);
    for (const std::vector<double>& fitted : h.fitted) csv.number(fitted[row]);
    csv.end_row();
  }
  return csv.take();
}

std::string hysteresis_summary_csv(const std::vector<RangeResult>& results) {
  Csv csv({"v_max", "n_points"});
  const auto head = [&](const std::string& method) {
    for (const char* what : {"mean_", "std_", "max_", "min_"})
      csv.text("hyst_" + std::string(what) + method);
  };
  head("raw");
  for (const int order : fit_orders) head(poly("", order));
  csv.end_row();
  for (const RangeResult& result : results) {
    const Hysteresis h = hysteresis_of(result);
    csv.number(result.v_max).count(h.v.size());
    const auto add = [&](const std::vector<double>& values) {
      const Spread spread = spread_of(values);
      csv.number(spread.mean).number(spread.std).number(spread.max).number(spread.min);
    };
    add(h.raw);
    for (const std::vector<double>& fitted : h.fitted) add(fitted);
    csv.end_row();
  }
  return csv.take();
}

std::string loop_summary_csv(const std::vector<RangeResult>& results) {
  Csv csv({"v_max", "n_points", "area_net (V A)", "area_abs (V A)", "V_zero_forward (V)",
           "V_zero_return (V)", "V_coercive (V)", "V_offset (V)", "E_coercive (V/cm)"});
  csv.end_row();
  for (const RangeResult& result : results) {
    const CoerciveVoltage& zero = result.coercive;
    csv.number(result.v_max).count(result.loop.size());
    csv.number(result.area.net).number(result.area.absolute);
    csv.number(zero.forward).number(zero.back).number(zero.coercive()).number(zero.offset());
    csv.number(zero.coercive().value_or(nan) / channel_length_cm);
    csv.end_row();
  }
  return csv.take();
}

std::string peaks_csv(const std::vector<RangeResult>& results) {
  Csv csv({"v_max", "method", "V_max_positive", "I_max_positive", "V_max_negative",
           "I_max_negative", "V_max_absolute", "I_max_absolute"});
  csv.end_row();
  for (const RangeResult& result : results) {
    const Hysteresis h = hysteresis_of(result);
    const auto add = [&](const std::string& method, const std::vector<double>& values) {
      const Peaks peaks = find_peaks(h.v, values);
      csv.number(result.v_max).text(method);
      for (const auto* peak : {&peaks.maximum, &peaks.minimum, &peaks.absolute}) {
        const Peak found = peak->value_or(Peak{nan, nan});
        csv.number(found.v).number(found.value);
      }
      csv.end_row();
    };
    for (std::size_t k = 0; k < fit_orders.size(); ++k) add(poly("", fit_orders[k]), h.fitted[k]);
    add("raw", h.raw);  // behind: rows are sorted by method
  }
  return csv.take();
}

/// Forward and return without the return fit of the widest range.
std::string backward_sub_csv(const RangeResult& result, const RangeResult& widest) {
  Csv csv({"V_rounded", "E (V/cm)"});
  for (const int order : fit_orders) {
    csv.text(poly("I_forward_sub_", order)).text(poly("I_backward_sub_", order));
    csv.text(poly("J_forward_sub_", order, " (A/cm2)"));
    csv.text(poly("J_backward_sub_", order, " (A/cm2)"));
  }
  csv.end_row();
  for (const LoopPoint& point : result.loop) {
    csv.number(point.forward.v).number(point.forward.v / channel_length_cm);
    for (const PolynomialFit& fit : widest.fits) {
      const double base = fit.evaluate(point.forward.v);
      const double forward = point.forward.mean - base;
      const double back = point.back.mean - base;
      csv.number(forward).number(back);
      csv.number(forward / channel_area_cm2).number(back / channel_area_cm2);
    }
    csv.end_row();
  }
  return csv.take();
}

/// The largest |Jf - Jb| of the points with E >= 0, and of those below.
struct FieldPeaks {
  std::optional<Peak> positive, negative;
};

FieldPeaks field_peaks(const RangeResult& result) {
  std::array<std::vector<double>, 2> field, density;
  for (const LoopPoint& point : result.loop) {
    const std::size_t side = point.forward.v >= 0 ? 0 : 1;
    field[side].push_back(point.forward.v / channel_length_cm);
    density[side].push_back(std::abs(point.hysteresis()) / channel_area_cm2);
  }
  return {find_peaks(field[0], density[0]).maximum, find_peaks(field[1], density[1]).maximum};
}

std::string coercive_csv(const std::vector<RangeResult>& results, std::string_view date) {
  Csv csv({"date", "V_max", "E_max", "poly_order", "E_coercive_pos", "E_coercive_neg", "J_max_pos",
           "J_max_neg", "laser_voltage_V", "incident_power_W", "effective_power_W"});
  csv.end_row();
  for (const RangeResult& result : results) {
    const FieldPeaks peaks = field_peaks(result);
    const Peak positive = peaks.positive.value_or(Peak{nan, nan});
    const Peak negative = peaks.negative.value_or(Peak{nan, nan});
    // A laser that is off has no power; that of one that is on needs a calibration.
    const double power = result.laser_voltage == 0.0 ? 0 : nan;
    for (const int order : fit_orders) {
      csv.text(date).number(result.v_max).number(result.v_max / channel_length_cm);
      csv.count(static_cast<std::uint64_t>(order));
      csv.number(positive.v).number(negative.v).number(positive.value).number(negative.value);
      csv.number(result.laser_voltage).number(power).number(power);
      csv.end_row();
    }
  }
  return csv.take();
}

std::string folder(std::string_view kind, std::string_view date, std::string_view procedure) {
  return std::string(kind) + "/" + std::string(date) + "_" + std::string(procedure);
}

}  // namespace

RangeResult solve_range(double v_max, const RangeData& data) {
  RangeResult result;
  result.v_max = v_max;
  result.runs = data.runs;
  result.laser_voltage = data.laser_voltage;
  result.forward = data.forward.sorted();
  result.back = data.back.sorted();
  std::vector<double> v, i;
  for (const VoltageStat& stat : result.back) {
    v.push_back(stat.v);
    i.push_back(stat.mean);
  }
  for (std::size_t k = 0; k < fit_orders.size(); ++k)
    result.fits[k] = fit_polynomial(v, i, fit_orders[k]);
  result.loop = join_branches(result.forward, result.back, hysteresis_decimals);
  result.area = loop_area(result.loop);
  result.coercive = coercive_voltage(result.forward, result.back);
  return result;
}

RangeReport report_of(const RangeResult& result) {
  RangeReport report;
  report.v_max = result.v_max;
  report.runs = result.runs;
  report.forward_voltages = result.forward.size();
  report.return_voltages = result.back.size();
  report.resistance_ohm = resistance(result.fits[linear]);
  report.r_squared = result.fits[linear].r_squared;
  report.area_va = result.area.absolute;
  report.coercive_v = result.coercive.coercive().value_or(nan);
  return report;
}

std::vector<std::string> table_directories(std::string_view date, std::string_view procedure) {
  std::vector<std::string> out;
  for (const char* kind : {"iv_stats", "hysteresis", "backward_substracted"})
    out.push_back(folder(kind, date, procedure));
  return out;
}

std::vector<OutputFile> make_tables(const std::vector<RangeResult>& results, std::string_view date,
                                    std::string_view procedure) {
  std::vector<OutputFile> files;
  const auto add = [&](std::string_view kind, std::string name, std::string text) {
    files.push_back({folder(kind, date, procedure), std::move(name), std::move(text)});
  };
  for (const RangeResult& result : results) {
    const std::string range = "vmax" + range_text(result.v_max) + "V.csv";
    add("iv_stats", "forward_" + range, stats_csv(result.forward));
    add("iv_stats", "return_" + range, stats_csv(result.back));
    add("iv_stats", "return_with_fit_" + range, return_with_fit_csv(result));
    add("hysteresis", "hysteresis_" + range, hysteresis_csv(result));
    add("backward_substracted", "backward_sub_" + range, backward_sub_csv(result, results.back()));
  }
  add("iv_stats", "fit_summary.csv", fit_summary_csv(results));
  add("iv_stats", "polynomial_fits_summary.csv", polynomial_summary_csv(results));
  add("hysteresis", "hysteresis_summary.csv", hysteresis_summary_csv(results));
  add("hysteresis", "loop_summary.csv", loop_summary_csv(results));
  add("hysteresis_peaks", "hysteresis_peaks.csv", peaks_csv(results));
  add("coercive_field", "coercive_field_" + std::string(date) + ".csv",
      coercive_csv(results, date));
  return files;
}

}  // namespace weir::segmentation
