#include <algorithm>
#include <cmath>
#include <map>
#include <tuple>
#include <weir/file.hpp>
#include <weir/segmentation/instant.hpp>
#include <weir/segmentation/laser_calibration.hpp>
#include <weir/segmentation/parquet.hpp>

#include "graph_run.hpp"

namespace weir::segmentation {
namespace {

constexpr std::size_t file_bytes_max = 1u << 28;
constexpr std::string_view folder = "proc=LaserCalibration";

const Column* of_type(const Table& table, std::string_view name, ColumnType type) noexcept {
  const Column* column = table.find(name);
  return column != nullptr && column->type == type ? column : nullptr;
}

/// "2025-09-04" of ".../date=2025-09-04/...": empty when there is none.
std::string_view date_of(std::string_view path) noexcept {
  constexpr std::string_view prefix = "/date=";
  const std::size_t begin = path.rfind(prefix);
  if (begin == path.npos) return {};
  const std::string_view rest = path.substr(begin + prefix.size());
  return rest.substr(0, rest.find('/'));
}

/// The calibrations of one file, whose runs stand behind each other.
void add_file(const std::string& path, std::vector<LaserCalibration>& all,
              std::vector<std::string>& warnings) {
  Buffer buffer;
  Table table;
  const auto warn = [&](const std::string& what) {
    warnings.push_back("calibration " + path + ": " + what);
  };
  if (const auto size = read_file(path, buffer, file_bytes_max); !size)
    return warn(size.error().text());
  if (const auto read = read_parquet(buffer.view(), table); !read) return warn(read.error().text());
  const Column* ids = of_type(table, "run_id", ColumnType::text);
  for (std::size_t first = 0; first < table.rows;) {
    std::size_t end = first + 1;
    while (end < table.rows && (ids == nullptr || ids->text(end) == ids->text(first))) ++end;
    CalibrationRead read = read_calibration(table, first, end - first, date_of(path));
    if (read.calibration) {
      all.push_back(std::move(*read.calibration));
    } else {
      warn(read.error);
    }
    first = end;
  }
}

}  // namespace

std::optional<double> LaserCalibration::power_at(double v) const noexcept {
  if (voltage.empty() || !(v >= voltage.front()) || !(v <= voltage.back())) return std::nullopt;
  const auto above = std::lower_bound(voltage.begin(), voltage.end(), v);
  const auto k = static_cast<std::size_t>(above - voltage.begin());
  if (voltage[k] == v) return power[k];
  const double share = (v - voltage[k - 1]) / (voltage[k] - voltage[k - 1]);
  return std::lerp(power[k - 1], power[k], share);
}

CalibrationRead read_calibration(const Table& table, std::size_t first, std::size_t count,
                                 std::string_view date) {
  const Column* volts = of_type(table, "VL (V)", ColumnType::float64);
  const Column* watts = of_type(table, "Power (W)", ColumnType::float64);
  if (volts == nullptr || watts == nullptr)
    return {std::nullopt, "there are no columns VL (V) and Power (W) of numbers"};
  LaserCalibration out;
  out.date = date;
  if (const Column* id = of_type(table, "run_id", ColumnType::text);
      id != nullptr && !id->is_null(first))
    out.run_id = id->text(first);
  if (const Column* start = of_type(table, "start_dt", ColumnType::timestamp_us);
      start != nullptr && !start->is_null(first))
    out.start_us = start->integer(first);
  if (const Column* nm = of_type(table, "wavelength_nm", ColumnType::float64);
      nm != nullptr && !nm->is_null(first) && std::isfinite(nm->number(first)))
    out.wavelength_nm = nm->number(first);
  std::map<double, std::vector<double>> points;
  for (std::size_t row = first; row < first + count; ++row) {
    if (volts->is_null(row) || watts->is_null(row)) continue;
    const double v = volts->number(row);
    if (std::isfinite(v) && std::isfinite(watts->number(row)))
      points[v + 0.0].push_back(watts->number(row));
  }
  if (points.empty()) return {std::nullopt, "no row has a voltage and a power"};
  for (const auto& [v, powers] : points) {
    double sum = 0;
    for (const double power : powers) sum += power;
    out.voltage.push_back(v);
    out.power.push_back(sum / static_cast<double>(powers.size()));
  }
  return {std::move(out), {}};
}

LaserCalibrations::LaserCalibrations(std::vector<LaserCalibration> all) : all_(std::move(all)) {
  std::sort(all_.begin(), all_.end(), [](const LaserCalibration& a, const LaserCalibration& b) {
    return std::tie(a.date, a.start_us, a.run_id) < std::tie(b.date, b.start_us, b.run_id);
  });
}

LaserCalibrations LaserCalibrations::load(const std::string& stage_root,
                                          std::vector<std::string>& warnings) {
  std::vector<LaserCalibration> all;
  std::string files;
  const std::string root = clean_path(stage_root) + "/" + std::string(folder);
  if (stage_root.empty() || !stat_file(root)) return LaserCalibrations();
  const auto walked = walk_files(
      root,
      [&](const std::string& path) {
        const std::string name = path.substr(path.rfind('/') + 1);
        if (!name.starts_with("part-") || !name.ends_with(".parquet")) return;
        if (const auto stat = stat_file(path)) {
          files += path.substr(root.size()) + " " + std::to_string(stat.value().size) + " " +
                   std::to_string(stat.value().mtime_ns) + "\n";
        }
        add_file(path, all, warnings);
      },
      [&](const Error& error) { warnings.push_back(error.text()); });
  if (!walked) warnings.push_back(walked.error().text());
  LaserCalibrations out(std::move(all));
  out.fingerprint_ = hash_text(files);
  return out;
}

const LaserCalibration* LaserCalibrations::find(std::string_view date,
                                                double wavelength_nm) const noexcept {
  const LaserCalibration* found = nullptr;
  for (const LaserCalibration& calibration : all_) {
    if (calibration.date > date) break;
    if (calibration.wavelength_nm &&
        std::abs(*calibration.wavelength_nm - wavelength_nm) <= same_wavelength_nm)
      found = &calibration;
  }
  return found;
}

}  // namespace weir::segmentation
