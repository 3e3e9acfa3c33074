#include <doctest/doctest.h>

#include <cmath>
#include <string>
#include <vector>
#include <weir/segmentation/laser_calibration.hpp>
#include <weir/segmentation/parquet.hpp>

#include "real_data.hpp"
#include "scratch.hpp"

using namespace weir::segmentation;

namespace {

struct Run {
  std::string id;
  std::int64_t start_us = 0;
  double wavelength_nm = 0;
  std::vector<double> volts, watts;
};

/// A staged file of calibrations, one behind the other.
std::string file_of(const std::vector<Run>& runs) {
  Table table;
  Column& v = table.add("VL (V)", ColumnType::float64);
  Column& p = table.add("Power (W)", ColumnType::float64);
  Column& id = table.add("run_id", ColumnType::text);
  Column& start = table.add("start_dt", ColumnType::timestamp_us);
  Column& nm = table.add("wavelength_nm", ColumnType::float64);
  for (const Run& run : runs) {
    for (std::size_t k = 0; k < run.volts.size(); ++k) {
      v.add(run.volts[k]);
      p.add(run.watts[k]);
      id.add(std::string_view(run.id));
      start.add(run.start_us);
      nm.add(run.wavelength_nm);
      ++table.rows;
    }
  }
  ParquetWriter writer(Compression::zstd);
  return std::string(writer.encode(table, 0, table.rows));
}

}  // namespace

TEST_CASE("laser_calibration: power between points, not beyond them; voltages that repeat") {
  const LaserCalibration up{"2025-09-29", "a", 0, 455.0, {0, 1, 3}, {0, 2e-6, 8e-6}};
  CHECK(*up.power_at(0) == 0);
  CHECK(*up.power_at(1) == 2e-6);
  CHECK(*up.power_at(2) == doctest::Approx(5e-6).epsilon(1e-15));
  CHECK(*up.power_at(3) == 8e-6);
  CHECK(!up.power_at(3.01));
  CHECK(!up.power_at(-0.01));
  CHECK(!up.power_at(std::nan("")));
  CHECK(!LaserCalibration{}.power_at(0));
  Table table;
  REQUIRE(read_parquet(file_of({{"r", 5, 385, {1, 0, 1, std::nan("")}, {4e-6, 1e-6, 6e-6, 9.0}}}),
                       table)
              .ok());
  const CalibrationRead read = read_calibration(table, 0, table.rows, "2025-09-29");
  REQUIRE(read.calibration);
  CHECK(read.calibration->voltage == std::vector<double>{0, 1});
  CHECK(read.calibration->power[1] == doctest::Approx(5e-6));
  CHECK(read.calibration->run_id == "r");
  CHECK(read.calibration->start_us == 5);
  CHECK(*read.calibration->wavelength_nm == 385);
  CHECK(read_calibration(Table{}, 0, 0, "").error.find("VL (V)") != std::string::npos);
}

TEST_CASE("laser_calibration: the last of the day, else of a day before, of the same wavelength") {
  const Scratch scratch;
  const std::string root = "stage/proc=LaserCalibration/date=";
  scratch.write(root + "2025-09-29/run_id=b/part-000.parquet",
                file_of({{"b", 100, 455, {0, 1}, {0, 1}}}));
  scratch.write(root + "2025-09-29/run_id=a/part-000.parquet",
                file_of({{"a", 200, 455.2, {0, 1}, {0, 2}}}));
  scratch.write(root + "2025-10-02/part-000.parquet",  // the other layout
                file_of({{"c", 300, 385, {0, 1}, {0, 3}}, {"d", 400, 455, {0, 1}, {0, 4}}}));
  scratch.write(root + "2025-10-03/run_id=e/part-000.parquet", "no Parquet");
  std::vector<std::string> warnings;
  const auto all = LaserCalibrations::load(scratch.path() + "/stage", warnings);
  REQUIRE(warnings.size() == 1);
  CHECK(warnings[0].find("run_id=e") != std::string::npos);
  const auto found = [&](const char* date, double nm) {
    const LaserCalibration* calibration = all.find(date, nm);
    return calibration == nullptr ? std::string("none") : calibration->run_id;
  };
  CHECK(found("2025-09-28", 455) == "none");
  CHECK(found("2025-09-29", 455) == "a");
  CHECK(found("2025-10-01", 455) == "a");
  CHECK(found("2025-10-02", 455) == "d");
  CHECK(found("2025-10-02", 385) == "c");
  CHECK(found("2026-01-01", 385) == "c");
  CHECK(found("2025-10-02", 405) == "none");
  std::vector<std::string> none;
  CHECK(LaserCalibrations::load(scratch.path() + "/elsewhere", none).empty());
  CHECK(none.empty());
}

TEST_CASE("laser_calibration: a measured calibration, as Polars staged it") {
  const std::string root = real_data::root();
  if (root.empty()) return;
  std::vector<std::string> warnings;
  const auto all = LaserCalibrations::load(root + "/staged_by_polars", warnings);
  CHECK(warnings.empty());
  const LaserCalibration* found = all.find("2025-10-14", 385);
  REQUIRE(found != nullptr);
  CHECK(found->date == "2025-10-14");
  REQUIRE(found->voltage.size() == 51);
  CHECK(*found->power_at(0.1) == 3.050785865e-07);
  CHECK(*found->power_at(0.15) == doctest::Approx((3.050785865e-07 + 1.012897315e-06) / 2));
  CHECK(!found->power_at(5.5));
}
