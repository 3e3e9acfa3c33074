// laser_calibration.hpp: the power of a laser at its control voltage, from staged calibration runs.
//
// Shape:  V and W; runs of procedure LaserCalibration below STAGE_ROOT, in either layout, with the
//         columns "VL (V)", "Power (W)", wavelength_nm and start_dt.
// Roles:  load() once; what it gives is only read, by any thread.
// Errors: a calibration that cannot be used is a warning.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>
#include <weir/segmentation/table.hpp>

namespace weir::segmentation {

inline constexpr double same_wavelength_nm = 0.5;

struct LaserCalibration {
  std::string date, run_id;
  std::int64_t start_us = 0;
  std::optional<double> wavelength_nm;
  std::vector<double> voltage, power;  // ascending, each voltage once: the mean of its powers

  /// Linear between neighbours; empty outside of what was measured.
  std::optional<double> power_at(double v) const noexcept;
};

/// From rows `first` to `first + count` of a staged table; the error is why not.
struct CalibrationRead {
  std::optional<LaserCalibration> calibration;
  std::string error;
};
CalibrationRead read_calibration(const Table& table, std::size_t first, std::size_t count,
                                 std::string_view date);

class LaserCalibrations {
 public:
  /// All below `stage_root`; none where there is no such folder.
  static LaserCalibrations load(const std::string& stage_root, std::vector<std::string>& warnings);
  explicit LaserCalibrations(std::vector<LaserCalibration> all = {});

  /// The one of that wavelength which started last on `date`, else on the nearest date before; null
  /// when there is none.
  const LaserCalibration* find(std::string_view date, double wavelength_nm) const noexcept;
  bool empty() const noexcept { return all_.empty(); }
  /// Of the names, sizes and times of the files that were read.
  std::uint64_t fingerprint() const noexcept { return fingerprint_; }

 private:
  std::vector<LaserCalibration> all_;  // by date, start and run id
  std::uint64_t fingerprint_ = 0;
};

}  // namespace weir::segmentation
