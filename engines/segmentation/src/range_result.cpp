#include "range_result.hpp"

#include <algorithm>
#include <cmath>
#include <weir/segmentation/text.hpp>

#include "numbers.hpp"

namespace weir::segmentation {
namespace {

constexpr double um_per_cm = 1e4;

std::string listed(const std::set<double>& values) {
  std::string text;
  for (const double value : values) text += (text.empty() ? "" : ", ") + python_repr(value);
  return text;
}

LaserPower laser_of(double v_max, const RangeData& data, const std::string& date,
                    const AnalyseConfig& config, const LaserCalibrations& calibrations,
                    std::vector<std::string>& warnings) {
  LaserPower laser;
  const std::string range = date + ", range of " + python_repr(v_max) + " V: ";
  if (data.laser_voltages.size() == 1) laser.voltage = *data.laser_voltages.begin();
  if (data.wavelengths.size() == 1) laser.wavelength_nm = *data.wavelengths.begin();
  if (data.laser_voltages.size() > 1) {
    warnings.push_back(range + "runs with the laser at " + listed(data.laser_voltages) +
                       " V are together in the means; --laser-voltage keeps them apart");
    return laser;
  }
  if (!laser.voltage) return laser;
  if (*laser.voltage == 0) {  // off, whatever its wavelength
    laser.incident = laser.effective = 0;
    return laser;
  }
  if (data.wavelengths.size() > 1) {
    warnings.push_back(range + "lasers of " + listed(data.wavelengths) + " nm: no power");
    return laser;
  }
  const LaserCalibration* found =
      laser.wavelength_nm ? calibrations.find(date, *laser.wavelength_nm) : nullptr;
  if (found == nullptr) {
    warnings.push_back(range + "no calibration of " +
                       (laser.wavelength_nm ? python_repr(*laser.wavelength_nm) + " nm" : "it") +
                       " on this day or before: no power of the laser at " +
                       python_repr(*laser.voltage) + " V");
    return laser;
  }
  laser.calibration_date = found->date;
  laser.calibration_run = found->run_id;
  laser.incident = found->power_at(*laser.voltage);
  if (!laser.incident) {
    warnings.push_back(range + "the laser at " + python_repr(*laser.voltage) +
                       " V is outside of its calibration of " + found->date + ": no power");
    return laser;
  }
  laser.effective = *laser.incident / config.beam_to_sample;
  return laser;
}

/// The largest |Jf - Jb| of the points with E >= 0, and of those below.
FieldPeaks field_peaks(const std::vector<double>& v, const std::vector<Subtracted>& branches,
                       const AnalyseConfig& config) {
  std::vector<double> field[2], density[2];
  for (std::size_t k = 0; k < v.size(); ++k) {
    const std::size_t side = v[k] >= 0 ? 0 : 1;
    const double current = branches[k].forward - branches[k].back;
    field[side].push_back(v[k] / channel_length_cm(config));
    density[side].push_back(std::abs(current) / channel_area_cm2(config));
  }
  return {find_peaks(field[0], density[0]).maximum, find_peaks(field[1], density[1]).maximum};
}

RangeResult solve_range(const RangeData& data, const AnalyseConfig& config) {
  RangeResult result;
  result.forward = data.forward.sorted();
  result.back = data.back.sorted();
  std::vector<double> v, i;
  for (const VoltageStat& stat : result.back) {
    v.push_back(stat.v);
    i.push_back(stat.mean);
  }
  result.linear = fit_polynomial(v, i, 1);
  for (const int order : config.orders) result.fits.push_back(fit_polynomial(v, i, order));
  result.loop = join_branches(result.forward, result.back, config.voltage_decimals);
  for (const LoopPoint& point : result.loop) {
    result.v.push_back(point.forward.v);
    result.raw.push_back(point.hysteresis());
  }
  for (const PolynomialFit& fit : result.fits) {
    std::vector<double>& fitted = result.fitted.emplace_back();
    for (const LoopPoint& point : result.loop)
      fitted.push_back(point.forward.mean - fit.evaluate(point.forward.v));
  }
  return result;
}

void subtract(RangeResult& result, const RangeResult& widest) {
  for (const PolynomialFit& fit : widest.fits) {
    std::vector<Subtracted>& branches = result.subtracted.emplace_back();
    for (const LoopPoint& point : result.loop) {
      branches.push_back({point.forward.mean - fit.evaluate(point.forward.v),
                          point.back.mean - fit.evaluate(point.back.v)});
    }
  }
}

std::uint64_t partners(const std::vector<LoopPoint>& loop) {
  std::set<double> voltages;
  for (const LoopPoint& point : loop) voltages.insert(point.back.v);
  return voltages.size();
}

void summarize(RangeResult& result, const AnalyseConfig& config) {
  RangeSummary& s = result.summary;
  s.forward_voltages = result.forward.size();
  s.return_voltages = result.back.size();
  s.points = result.loop.size();
  s.unpaired_forward = s.forward_voltages - s.points;
  s.unpaired_return = s.return_voltages - partners(result.loop);
  const bool fitted = result.linear.status == FitStatus::ok;
  const double slope = fitted ? result.linear.coefficients[1] : 0;
  s.resistance_ohm = slope == 0 ? quiet_nan : 1 / slope;
  s.r_squared = result.linear.r_squared;
  s.area = loop_area(result.loop);
  s.coercive = coercive_voltage(result.forward, result.back);
  std::vector<Subtracted> plain;
  for (const LoopPoint& point : result.loop) plain.push_back({point.forward.mean, point.back.mean});
  s.methods.push_back({0, spread_of(result.raw), find_peaks(result.v, result.raw),
                       field_peaks(result.v, plain, config)});
  for (std::size_t k = 0; k < config.orders.size(); ++k) {
    s.methods.push_back({config.orders[k], spread_of(result.fitted[k]),
                         find_peaks(result.v, result.fitted[k]),
                         field_peaks(result.v, result.subtracted[k], config)});
  }
}

}  // namespace

std::string MethodSummary::name() const {
  return order == 0 ? "raw" : "poly" + std::to_string(order);
}

const MethodSummary* RangeSummary::method(int order) const noexcept {
  for (const MethodSummary& method : methods) {
    if (method.order == order) return &method;
  }
  return nullptr;
}

double channel_length_cm(const AnalyseConfig& config) noexcept {
  return config.channel_length_um / um_per_cm;
}

double channel_area_cm2(const AnalyseConfig& config) noexcept {
  return config.channel_length_um * config.channel_width_um / (um_per_cm * um_per_cm);
}

std::vector<RangeResult> solve_ranges(const std::map<double, RangeData>& ranges,
                                      const std::string& date, const AnalyseConfig& config,
                                      const LaserCalibrations& calibrations,
                                      std::vector<std::string>& warnings) {
  std::vector<RangeResult> results;
  for (const auto& [v_max, data] : ranges) {
    if (data.forward.voltages() == 0 || data.back.voltages() == 0) {
      warnings.push_back(date + ", range of " + python_repr(v_max) +
                         " V: it has no return segment, and no tables");
      continue;
    }
    results.push_back(solve_range(data, config));
    RangeSummary& summary = results.back().summary;
    summary.v_max = v_max;
    summary.runs = data.runs;
    summary.laser = laser_of(v_max, data, date, config, calibrations, warnings);
  }
  for (RangeResult& result : results) {
    subtract(result, results.back());
    summarize(result, config);
  }
  return results;
}

RangeReport report_of(const std::string& date, const RangeSummary& summary) {
  RangeReport report;
  report.date = date;
  report.v_max = summary.v_max;
  report.runs = summary.runs;
  report.forward_voltages = summary.forward_voltages;
  report.return_voltages = summary.return_voltages;
  report.resistance_ohm = summary.resistance_ohm;
  report.r_squared = summary.r_squared;
  report.area_va = summary.area.absolute;
  report.coercive_v = summary.coercive.coercive().value_or(quiet_nan);
  return report;
}

}  // namespace weir::segmentation
