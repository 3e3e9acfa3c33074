// range_result.hpp: what the runs of one voltage range give: statistics, fits, hysteresis, laser
// power; private.
//
// Shape:  V, A, V/cm, A/cm2, W. Roles: pure functions, any thread. Errors: none; what does not
//         exist is an empty optional or NaN.
#pragma once

#include <map>
#include <set>
#include <string>
#include <vector>
#include <weir/segmentation/analysis.hpp>
#include <weir/segmentation/curves.hpp>
#include <weir/segmentation/laser_calibration.hpp>
#include <weir/segmentation/least_squares.hpp>

namespace weir::segmentation {

/// What is gathered of the runs of one range.
struct RangeData {
  std::uint64_t runs = 0;
  VoltageStatistics forward, back;
  std::set<double> laser_voltages, wavelengths;  // of the runs that tell
};

/// The light on a range's runs. Where they differ there is no one voltage, and no power.
struct LaserPower {
  std::optional<double> voltage, wavelength_nm;
  std::optional<double> incident, effective;  // W
  std::string calibration_date, calibration_run;
};

/// A point of both branches less the return fit of the widest range, each at its own voltage.
struct Subtracted {
  double forward = 0, back = 0;  // A
};

struct FieldPeaks {
  std::optional<Peak> positive, negative;  // V/cm and A/cm2: E >= 0, E < 0
};

/// The hysteresis by one method.
struct MethodSummary {
  int order = 0;  // of the return branch's polynomial; 0: raw
  Spread hysteresis;
  Peaks peaks;
  FieldPeaks fields;
  std::string name() const;  // "raw", "poly3"
};

struct RangeSummary {
  double v_max = 0;
  std::uint64_t runs = 0;
  std::uint64_t forward_voltages = 0, return_voltages = 0;
  std::uint64_t points = 0;                                 // pairs
  std::uint64_t unpaired_forward = 0, unpaired_return = 0;  // voltages without a partner
  double resistance_ohm = 0, r_squared = 0;                 // NaN where there is no fit
  LoopArea area;
  CoerciveVoltage coercive;
  LaserPower laser;
  std::vector<MethodSummary> methods;  // raw, then by order

  /// The one of that order; null when it was not fitted.
  const MethodSummary* method(int order) const noexcept;
};

struct RangeResult {
  std::vector<VoltageStat> forward, back;
  PolynomialFit linear;             // of the return branch, all powers
  std::vector<PolynomialFit> fits;  // likewise, by AnalyseConfig::orders
  std::vector<LoopPoint> loop;
  std::vector<double> v, raw;               // of the loop's points
  std::vector<std::vector<double>> fitted;  // forward mean less the fit at its voltage, by order
  std::vector<std::vector<Subtracted>> subtracted;  // by order
  RangeSummary summary;
};

/// The results of a day's ranges, by ascending v_max; ranges without a return point are left out
/// and named in `warnings`.
std::vector<RangeResult> solve_ranges(const std::map<double, RangeData>& ranges,
                                      const std::string& date, const AnalyseConfig& config,
                                      const LaserCalibrations& calibrations,
                                      std::vector<std::string>& warnings);

double channel_length_cm(const AnalyseConfig& config) noexcept;
double channel_area_cm2(const AnalyseConfig& config) noexcept;

RangeReport report_of(const std::string& date, const RangeSummary& summary);

}  // namespace weir::segmentation
