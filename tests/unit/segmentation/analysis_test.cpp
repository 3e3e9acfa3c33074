#include <doctest/doctest.h>

#include <algorithm>
#include <cmath>
#include <csignal>
#include <filesystem>
#include <map>
#include <nlohmann/json.hpp>
#include <sstream>
#include <weir/segmentation/analysis.hpp>
#include <weir/segmentation/segmenting.hpp>
#include <weir/segmentation/text.hpp>

#include "markup.hpp"
#include "scratch.hpp"

using namespace weir::segmentation;

namespace {

const std::string date = "2025-01-01";
const std::string folder_of_day = date + "_IV";
const std::string runs_folder = "seg/iv_segments/proc=IV/date=" + date;

/// A corpus, staged and segmented by the compat rule.
struct Day {
  explicit Day(std::size_t files = 120, const std::string& procedure = "IV") : runtime(start(2)) {
    REQUIRE(generate(*runtime, {files, CorpusKind::clean, 3}, scratch.path() + "/c", {}).ok());
    StageConfig first;
    first.raw_root = scratch.path() + "/c/raw";
    first.stage_root = scratch.path() + "/stage";
    const TimeZone zone = TimeZone::load("America/Santiago").value();
    first.zone = &zone;
    first.sync = SyncPolicy::none;
    REQUIRE(stage(*runtime, first, {}).ok());
    SegmentConfig second;
    second.stage_root = first.stage_root;
    second.output_root = scratch.path() + "/seg/" + std::string(segment_folder(procedure));
    second.procedure = procedure;
    second.sync = SyncPolicy::none;
    second.detector.rule = Rule::compat;
    REQUIRE(preprocess(*runtime, second, {}).ok());
    config.intermediate_root = second.output_root;
    config.output_root = scratch.path() + "/out";
    config.dates = {date};
    config.procedure = procedure;
    config.sync = SyncPolicy::none;
  }
  /// The report; days that failed are in it.
  AnalyseReport run(const Watch& watch = {}) {
    auto report = analyse(*runtime, config, watch);
    REQUIRE_MESSAGE(report.ok(), report.error().text());
    return std::move(report).value();
  }
  std::string refused() {
    const auto report = analyse(*runtime, config, {});
    REQUIRE(!report.ok());
    return report.error().code;
  }

  Scratch scratch;
  std::unique_ptr<weir::Runtime> runtime;
  AnalyseConfig config;
};

using Rows = std::vector<std::map<std::string, std::string>>;

std::vector<std::string> split(const std::string& line) {
  std::vector<std::string> cells;
  std::istringstream stream(line);
  for (std::string cell; std::getline(stream, cell, ',');) cells.push_back(cell);
  if (line.ends_with(',')) cells.emplace_back();
  return cells;
}

Rows read_csv(const std::string& text, std::string* header = nullptr) {
  std::istringstream stream(text);
  std::string line;
  REQUIRE(std::getline(stream, line));
  if (header != nullptr) *header = line;
  const std::vector<std::string> names = split(line);
  Rows rows;
  while (std::getline(stream, line)) {
    const std::vector<std::string> cells = split(line);
    REQUIRE(cells.size() == names.size());
    rows.emplace_back();
    for (std::size_t k = 0; k < names.size(); ++k) rows.back()[names[k]] = cells[k];
  }
  return rows;
}

double value(const std::map<std::string, std::string>& row, const std::string& name) {
  const auto found = row.find(name);
  REQUIRE_MESSAGE(found != row.end(), name);
  const auto parsed = parse_float(found->second);
  return parsed ? *parsed : std::nan("");
}

/// Equal to a relative 1e-9, or both missing.
void check_near(double a, double b) {
  if (std::isnan(b)) {
    CHECK(std::isnan(a));
  } else {
    CHECK(std::abs(a - b) <= 1e-9 * std::abs(b) + 1e-24);
  }
}

/// The points of a range by voltage, read from the segments' files alone.
struct Points {
  std::map<double, std::vector<double>> forward, back;
  std::size_t runs = 0;
};

std::map<double, Points> points_by_range(const Scratch& scratch, std::size_t& segments) {
  std::map<std::string, std::vector<Table>> runs;
  for (const auto& [name, bytes] : scratch.tree(runs_folder)) {
    const std::size_t begin = name.find("run_id=");
    Table& table = runs[name.substr(begin, name.find('/', begin) - begin)].emplace_back();
    REQUIRE(read_parquet(bytes, table).ok());
    ++segments;
  }
  std::map<double, Points> ranges;
  for (const auto& [run, tables] : runs) {
    double v_max = 0;
    for (const Table& table : tables) {
      if (!table.find("segment_type")->text(0).starts_with("forward")) continue;
      for (const double v : table.find("Vsd (V)")->floats) v_max = std::max(v_max, std::abs(v));
    }
    Points& points = ranges[std::round(v_max)];
    ++points.runs;
    for (const Table& table : tables) {
      const bool forward = table.find("segment_type")->text(0).starts_with("forward");
      for (std::size_t row = 0; row < table.rows; ++row)
        (forward ? points.forward : points.back)[table.find("Vsd (V)")->number(row)].push_back(
            table.find("I (A)")->number(row));
    }
  }
  return ranges;
}

double mean_of(const std::vector<double>& values) {
  long double sum = 0;
  for (const double x : values) sum += x;
  return static_cast<double>(sum / static_cast<long double>(values.size()));
}

double deviation_of(const std::vector<double>& values) {
  if (values.size() < 2) return std::nan("");
  const long double mean = mean_of(values);
  long double sum = 0;
  for (const double x : values) sum += (x - mean) * (x - mean);
  return static_cast<double>(std::sqrt(sum / static_cast<long double>(values.size() - 1)));
}

std::string range_name(double v_max) {
  std::string text = python_repr(v_max);
  std::replace(text.begin(), text.end(), '.', 'p');
  return "vmax" + text + "V.csv";
}

void check_branch(const Rows& rows, const std::map<double, std::vector<double>>& truth) {
  REQUIRE(rows.size() == truth.size());
  auto expected = truth.begin();
  for (const auto& row : rows) {
    CHECK(value(row, "V (V)") == expected->first);
    check_near(value(row, "I_mean"), mean_of(expected->second));
    const double std = deviation_of(expected->second);
    if (std::isnan(std) || std > 1e-12) check_near(value(row, "I_std"), std);
    CHECK(value(row, "n_samples") == static_cast<double>(expected->second.size()));
    ++expected;
  }
}

/// The line through the means, by the closed form.
void check_line(const std::map<std::string, std::string>& row, const Points& points) {
  long double n = 0, sv = 0, si = 0, svv = 0, svi = 0;
  for (const auto& [v, values] : points.back) {
    const long double i = mean_of(values);
    n += 1, sv += v, si += i, svv += static_cast<long double>(v) * v, svi += v * i;
  }
  const long double slope = (n * svi - sv * si) / (n * svv - sv * sv);
  check_near(value(row, "slope"), static_cast<double>(slope));
  CHECK(value(row, "intercept") ==
        doctest::Approx(static_cast<double>((si - slope * sv) / n)).epsilon(1e-7));
  check_near(value(row, "resistance_ohm"), static_cast<double>(1 / slope));
  long double residual = 0;
  for (const auto& [v, values] : points.back) {
    const long double rest = mean_of(values) - (slope * v + (si - slope * sv) / n);
    residual += rest * rest;
  }
  const long double error = std::sqrt(residual / (n - 2) / (svv - sv * sv / n));
  CHECK(value(row, "slope_err") == doctest::Approx(static_cast<double>(error)).epsilon(1e-7));
  CHECK(value(row, "n_runs") == static_cast<double>(points.runs));
}

/// Each row pairs a forward voltage with the nearest return one of the same hundredth.
void check_hysteresis(const Rows& rows, const Points& points) {
  std::size_t at = 0;
  double largest = 0;
  for (const auto& [v, values] : points.forward) {
    const std::vector<double>* partner = nullptr;
    double distance = 1;
    for (const auto& [w, others] : points.back) {
      if (std::lround(v * 100) != std::lround(w * 100) || std::abs(v - w) >= distance) continue;
      distance = std::abs(v - w);
      partner = &others;
    }
    if (partner == nullptr) continue;
    REQUIRE(at < rows.size());
    const auto& row = rows[at++];
    CHECK(value(row, "V (V)") == v);
    check_near(value(row, "I_forward"), mean_of(values));
    check_near(value(row, "I_return"), mean_of(*partner));
    const double raw = mean_of(values) - mean_of(*partner);
    CHECK(value(row, "I_hysteresis_raw") == doctest::Approx(raw).epsilon(1e-6));
    largest = std::max(largest, std::abs(raw));
  }
  CHECK(at == rows.size());
  CHECK(largest > 0);
}

}  // namespace

TEST_CASE("analysis: a generated day's files have the columns and values that they should") {
  Day bench;
  const AnalyseReport report = bench.run();
  std::size_t segments = 0;
  const auto ranges = points_by_range(bench.scratch, segments);
  REQUIRE(ranges.size() == 3);
  CHECK(report.days.at(0).ranges.size() == 3);
  CHECK(report.runs.done == report.runs.files);
  CHECK(report.runs.segments == segments);
  CHECK(report.runs.graph.ledger.in == report.runs.graph.ledger.out);
  const auto tree = bench.scratch.tree("out");
  CHECK(report.files_written + 12 * report.runs.files + 1 == tree.size());  // and the day's record

  const std::string polys = "I_fit_poly1,I_fit_poly3,I_fit_poly5,I_fit_poly7";
  std::map<std::string, std::string> headers = {
      {"iv_stats/" + folder_of_day + "/fit_summary.csv",
       "v_max,slope,slope_err,intercept,intercept_err,r_squared,resistance_ohm,n_runs"},
      {"hysteresis/" + folder_of_day + "/loop_summary.csv",
       "v_max,n_points,area_net (V A),area_abs (V A),V_zero_forward (V),V_zero_return (V),"
       "V_coercive (V),V_offset (V),E_coercive (V/cm)"},
      {"hysteresis_peaks/" + folder_of_day + "/peak_summary_table.csv",
       "V_max,raw_V,raw_I,poly1_V,poly1_I,poly3_V,poly3_I,poly5_V,poly5_I,poly7_V,poly7_I"},
      {"hysteresis_peaks/" + folder_of_day + "/hysteresis_peaks.csv",
       "v_max,method,V_max_positive,I_max_positive,V_max_negative,I_max_negative,V_max_absolute,"
       "I_max_absolute"},
      {"coercive_field/" + folder_of_day + "/coercive_field_" + date + ".csv",
       "date,V_max,E_max,poly_order,E_coercive_pos,E_coercive_neg,J_max_pos,J_max_neg,"
       "laser_voltage_V,incident_power_W,effective_power_W,wavelength_nm,calibration_date,"
       "calibration_run_id"}};
  for (const auto& [v_max, points] : ranges) {
    const std::string name = range_name(v_max);
    headers["iv_stats/" + folder_of_day + "/forward_" + name] = "V (V),I_mean,I_std,n_samples";
    headers["iv_stats/" + folder_of_day + "/return_" + name] = "V (V),I_mean,I_std,n_samples";
    headers["iv_stats/" + folder_of_day + "/return_with_fit_" + name] =
        "V (V),I_mean,I_std,n_samples,I_fit_linear," + polys;
    headers["hysteresis/" + folder_of_day + "/hysteresis_" + name] =
        "V (V),I_hysteresis_raw,I_hysteresis_std,I_forward,I_return,I_forward_std,I_return_std,"
        "I_hysteresis_poly1,I_hysteresis_poly3,I_hysteresis_poly5,I_hysteresis_poly7,V_return (V)";
    headers["backward_substracted/" + folder_of_day + "/backward_sub_" + name] =
        "V_rounded,I_forward_sub_poly1,I_backward_sub_poly1,I_forward_sub_poly3,"
        "I_backward_sub_poly3,I_forward_sub_poly5,I_backward_sub_poly5,I_forward_sub_poly7,"
        "I_backward_sub_poly7";
  }
  std::map<std::string, Rows> csv;
  for (const auto& [name, expected] : headers) {
    CAPTURE(name);
    REQUIRE(tree.contains("out/" + name));
    std::string header;
    csv[name] = read_csv(tree.at("out/" + name), &header);
    CHECK(header == expected);
  }
  std::size_t row = 0;
  for (const auto& [v_max, points] : ranges) {
    CAPTURE(v_max);
    const std::string name = range_name(v_max);
    check_branch(csv["iv_stats/" + folder_of_day + "/forward_" + name], points.forward);
    check_branch(csv["iv_stats/" + folder_of_day + "/return_" + name], points.back);
    check_branch(csv["iv_stats/" + folder_of_day + "/return_with_fit_" + name], points.back);
    check_line(csv["iv_stats/" + folder_of_day + "/fit_summary.csv"][row++], points);
    check_hysteresis(csv["hysteresis/" + folder_of_day + "/hysteresis_" + name], points);
  }
  const std::string svg = tree.at("out/plots/" + folder_of_day + "/sweeps.svg");
  const Markup markup(svg);
  CHECK(markup.count("polyline.sweep") == 2 * segments);
  CHECK(markup.count("polyline.tile") == 12 * 4);
  CHECK(markup.count("polyline.forward_negative") == 2 * report.runs.files + 12);
  CHECK(markup.count("polyline") == 2 * segments + 3 * ranges.size() + 12 * 4);
  CHECK(report.days.at(0).plot ==
        bench.config.output_root + "/plots/" + folder_of_day + "/sweeps.svg");
}

TEST_CASE("analysis: what is derived agrees with the tables that it is derived from") {
  Day bench;
  bench.run();
  const auto table = [&](const std::string& name) {
    return read_csv(bench.scratch.read("out/" + name));
  };
  const Rows polynomials = table("iv_stats/" + folder_of_day + "/polynomial_fits_summary.csv");
  const Rows peaks = table("hysteresis_peaks/" + folder_of_day + "/hysteresis_peaks.csv");
  const Rows summary = table("hysteresis/" + folder_of_day + "/hysteresis_summary.csv");
  const Rows compact = table("hysteresis_peaks/" + folder_of_day + "/peak_summary_table.csv");
  const Rows fields = table("coercive_field/" + folder_of_day + "/coercive_field_" + date + ".csv");
  REQUIRE(peaks.size() == 5 * summary.size());
  REQUIRE(fields.size() == 4 * summary.size());
  for (std::size_t range = 0; range < summary.size(); ++range) {
    const std::string name = range_name(value(summary[range], "v_max"));
    CAPTURE(name);
    const Rows loop = table("hysteresis/" + folder_of_day + "/hysteresis_" + name);
    const Rows fitted = table("iv_stats/" + folder_of_day + "/return_with_fit_" + name);
    for (const auto& row : fitted) {  // the coefficients are those of the curve
      const double v = value(row, "V (V)");
      double i = 0;
      for (int power = 7; power >= 0; --power)
        i = i * v + value(polynomials[range], "poly7_c" + std::to_string(power));
      CHECK(std::abs(value(row, "I_fit_poly7") - i) <= 1e-9 * std::abs(i) + 1e-15);
      CHECK(value(row, "I_fit_linear") == value(row, "I_fit_poly1"));
    }
    CHECK(polynomials[range].at("status_poly7") == "ok");
    CHECK(value(polynomials[range], "condition_poly7") < 2000);
    std::size_t method = 0;
    for (const std::string column : {"poly1", "poly3", "poly5", "poly7", "raw"}) {
      CAPTURE(column);
      double high = -1, low = 1, sum = 0;
      for (const auto& row : loop) {
        const double x = value(row, "I_hysteresis_" + column);
        high = std::max(high, x);
        low = std::min(low, x);
        sum += x;
      }
      const auto& peak = peaks[5 * range + method++];
      CHECK(peak.at("method") == column);
      CHECK(value(peak, "I_max_positive") == high);
      CHECK(value(peak, "I_max_negative") == low);
      CHECK(value(peak, "I_max_absolute") == (high > -low ? high : low));
      CHECK(value(compact[range], column + "_V") == value(peak, "V_max_absolute"));
      CHECK(value(compact[range], column + "_I") ==
            doctest::Approx(1e9 * value(peak, "I_max_absolute")).epsilon(1e-12));
      CHECK(value(summary[range], "hyst_max_" + column) == high);
      CHECK(value(summary[range], "hyst_mean_" + column) ==
            doctest::Approx(sum / static_cast<double>(loop.size())).epsilon(1e-9));
    }
    double density = -1, field = 0;
    for (const auto& row :
         table("backward_substracted_efield/" + folder_of_day + "/backward_sub_" + name)) {
      const double j = std::abs(value(row, "J_forward_sub_poly1 (A/cm2)") -
                                value(row, "J_backward_sub_poly1 (A/cm2)"));
      if (value(row, "V_rounded") < 0 || j <= density) continue;
      density = j;
      field = value(row, "V_rounded") / 0.01;
    }
    CHECK(value(fields[4 * range], "E_coercive_pos") == doctest::Approx(field));
    CHECK(value(fields[4 * range], "J_max_pos") == doctest::Approx(density));
    const Rows subtracted =
        table("backward_substracted_efield/" + folder_of_day + "/backward_sub_" + name);
    REQUIRE(subtracted.size() == loop.size());
    for (std::size_t k = 0; k < loop.size(); ++k) {
      const double difference = value(subtracted[k], "I_forward_sub_poly3") -
                                value(subtracted[k], "I_backward_sub_poly3");
      // Each branch less the fit at its own voltage; the fit is that of the widest range.
      double drift = 0;
      for (int power = 3; power >= 1; --power) {
        drift += value(polynomials.back(), "poly3_c" + std::to_string(power)) *
                 (std::pow(value(loop[k], "V (V)"), power) -
                  std::pow(value(loop[k], "V_return (V)"), power));
      }
      CHECK(std::abs(difference - (value(loop[k], "I_hysteresis_raw") - drift)) < 1e-15);
      check_near(value(subtracted[k], "J_forward_sub_poly3 (A/cm2)"),
                 value(subtracted[k], "I_forward_sub_poly3") / 5e-5);
      check_near(value(subtracted[k], "E (V/cm)"), value(loop[k], "V (V)") / 0.01);
    }
  }
}

TEST_CASE("analysis: the fits of a run are those of its points") {
  Day bench;
  bench.run();
  const std::string folder = "out/iv_polynomial_fits/proc=IV/date=" + date;
  std::size_t runs = 0, rows = 0;
  for (const auto& [name, bytes] : bench.scratch.tree(folder)) {
    Table fits, segment;
    if (name.ends_with("fits.parquet") && name.find("run_id=") != name.npos) {
      REQUIRE(read_parquet(bytes, fits).ok());
      rows += fits.rows;
    }
    if (!name.ends_with("/individual_fits.parquet")) continue;
    const std::size_t begin = name.find("run_id=");
    const std::string run = name.substr(begin, name.find('/', begin) - begin);
    REQUIRE(fits.rows == 4 * 4);
    REQUIRE(
        read_parquet(bench.scratch.read(runs_folder + "/" + run + "/segment=1/part-000.parquet"),
                     segment)
            .ok());
    long double squares = 0, products = 0;
    for (std::size_t k = 0; k < segment.rows; ++k) {
      const long double v = segment.find("Vsd (V)")->number(k);
      squares += v * v;
      products += v * segment.find("I (A)")->number(k);
    }
    CHECK(fits.find("combination_key")->text(4) == "segment_1");
    CHECK(fits.find("order")->integer(4) == 1);
    const double slope = fits.find("a1")->number(4);
    check_near(slope, static_cast<double>(products / squares));
    CHECK(fits.find("run_id")->text(0) == run.substr(7));
    Table curves;
    REQUIRE(
        read_parquet(bench.scratch.read(folder + "/" + run + "/individual_curves.parquet"), curves)
            .ok());
    REQUIRE(curves.rows == 4 * curve_points);
    const std::size_t row = curve_points + 5;  // of segment_1
    check_near(curves.find("I_order_1")->number(row), slope * curves.find("V")->number(row));
    ++runs;
  }
  CHECK(runs == 29);
  CHECK(rows == runs * 9 * 4);
  Table summary;
  REQUIRE(
      read_parquet(bench.scratch.read(folder + "/_metadata/fit_summary.parquet"), summary).ok());
  CHECK(summary.rows == rows);
  const auto json =
      nlohmann::json::parse(bench.scratch.read(folder + "/_metadata/fit_results.json"));
  REQUIRE(json.size() == runs);
  CHECK(json.at(0).at("combinations").size() == 9);
}

TEST_CASE("analysis: bytes are the same again, and with other workers and capacities") {
  Day bench;
  bench.run();
  const auto before = bench.scratch.tree("out");
  bench.config.force = true;
  CHECK(bench.run().runs.removed == 0);
  CHECK(bench.scratch.tree("out") == before);
  bench.config.capacity = 1;
  bench.config.concurrency = {{"analyse", std::uint16_t{1}}};
  for (const int workers : {1, 2, 4}) {
    bench.runtime = start(workers);
    bench.run();
    CHECK(bench.scratch.tree("out") == before);
  }
}

TEST_CASE("analysis: runs that cannot be used are counted and named, the others go on") {
  Day bench;
  const std::uint64_t all = bench.run().runs.files;
  std::vector<std::string> runs;
  for (const auto& entry :
       std::filesystem::directory_iterator(bench.scratch.path() + "/" + runs_folder))
    runs.push_back(entry.path().filename().string());
  REQUIRE(runs.size() > 4);
  const auto file = [&](std::size_t run, int segment) {
    return runs_folder + "/" + runs[run] + "/segment=" + std::to_string(segment) +
           "/part-000.parquet";
  };
  bench.scratch.write(file(0, 2), "PAR1 no more");
  std::filesystem::remove(bench.scratch.path() + "/" + file(1, 3));
  std::filesystem::remove(bench.scratch.path() + "/" + file(2, 0));
  std::filesystem::create_symlink("nowhere", bench.scratch.path() + "/" + file(2, 0));
  bench.scratch.write(runs_folder + "/notes.txt", "not a run");
  const AnalyseReport report = bench.run();
  CHECK(report.runs.files == all);
  CHECK(report.runs.done == all - 3);
  CHECK(report.runs.rejects.at("unreadable") == 2);
  CHECK(report.runs.rejects.at("incomplete") == 1);
  CHECK(report.runs.removed == 3);  // their fits of before
  REQUIRE(report.runs.warnings.size() == 3);
  std::string words;
  for (const std::string& warning : report.runs.warnings) words += warning + "\n";
  CHECK(words.find(file(0, 2)) != words.npos);
  CHECK(words.find(file(2, 0)) != words.npos);
  CHECK(words.find("3 of 4 segments are there") != words.npos);
  bench.config.voltage = "Vg (V)";
  const AnalyseReport none = bench.run();
  CHECK(none.runs.done == 0);
  CHECK(none.runs.rejects.at("no_voltage_column") == all - 2);
  CHECK(none.files_written == 0);
  CHECK(none.days.at(0).error.code == "all_failed");
}

TEST_CASE("analysis: tables of ranges and fits of runs that are no more go") {
  Day bench;
  bench.run();
  const std::string wide = "out/iv_stats/" + folder_of_day + "/forward_vmax2p0V.csv";
  REQUIRE(bench.scratch.tree("out").contains(wide));
  std::vector<std::filesystem::path> gone;
  for (const auto& entry :
       std::filesystem::directory_iterator(bench.scratch.path() + "/" + runs_folder)) {
    Table table;
    REQUIRE(read_parquet(bench.scratch.read(runs_folder + "/" + entry.path().filename().string() +
                                            "/segment=0/part-000.parquet"),
                         table)
                .ok());
    if (table.find("segment_v_end")->number(0) == -2) gone.push_back(entry.path());
  }
  REQUIRE(!gone.empty());
  for (const auto& path : gone) std::filesystem::remove_all(path);
  CHECK(bench.run().runs.removed == 6 + gone.size());
  CHECK(!bench.scratch.tree("out").contains(wide));
  CHECK(bench.scratch.tree("out").contains("out/iv_stats/" + folder_of_day +
                                           "/forward_vmax1p0V.csv"));
}

TEST_CASE("analysis: only runs of a chip, and other procedures") {
  Day bench;
  bench.config.chip_number = "67";
  const AnalyseReport one = bench.run();
  CHECK(one.runs.done > 0);
  CHECK(one.runs.skipped > 0);
  CHECK(one.runs.done + one.runs.skipped == one.runs.files);
  Day gate(60, "IVg");
  const AnalyseReport report = gate.run();
  CHECK(report.runs.done == report.runs.files);
  CHECK(report.days.at(0).ranges.at(0).v_max >= 1);
  CHECK(gate.scratch.tree("out").contains("out/plots/" + date + "_IVg/sweeps.svg"));
}

TEST_CASE("analysis: what is missing is refused, and leaves no folder behind") {
  Day bench;
  const std::string root = bench.config.intermediate_root;
  for (const char* wrong : {"2025-1-1", "2025-02-30", "20250101", "", "2025-01-01/..", "today"}) {
    CHECK(!is_date(wrong));
    bench.config.dates = {wrong};
    CHECK(bench.refused() == "usage");
  }
  CHECK(is_date("2024-02-29"));
  bench.config.dates = {"2024-02-29"};
  const auto none = analyse(*bench.runtime, bench.config, {});
  REQUIRE(!none.ok());
  CHECK(none.error().code == "nothing_found");
  CHECK(none.error().what.find(date) != std::string::npos);
  bench.config.dates = {date};
  bench.config.intermediate_root = root + "/none";
  CHECK(bench.refused() == "not_found");
  bench.config.intermediate_root = bench.scratch.path() + "/c/truth.tsv";
  CHECK(bench.refused() == "not_a_directory");
  CHECK(!weir::stat_file(bench.config.output_root).ok());
  bench.config.intermediate_root = root;
  REQUIRE(weir::make_directories(bench.config.output_root).ok());
  const auto lock = weir::DirectoryLock::take(bench.config.output_root);
  REQUIRE(lock.ok());
  CHECK(bench.refused() == "in_use");
}

TEST_CASE("analysis: a signal leaves no tables and no plot, and the next run makes them") {
  Day bench;
  {
    const weir::StopSignals signals;
    REQUIRE(std::raise(SIGINT) == 0);
    const AnalyseReport report = bench.run({.stop = &signals});
    CHECK(report.runs.interrupted);
    CHECK(report.files_written == 0);
    CHECK(!weir::stat_file(bench.config.output_root + "/plots").ok());
  }
  CHECK(bench.run().files_written > 0);
}

TEST_CASE("analysis: an output that cannot be written is an error that names it") {
  Day bench;
  bench.scratch.write("out/iv_stats", "a file in the place of a folder");
  const auto report = analyse(*bench.runtime, bench.config, {});
  REQUIRE(!report.ok());
  CHECK(report.error().where.find("iv_stats") != std::string::npos);
}
