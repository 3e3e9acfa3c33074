// Days of made-up segments whose answers are known: values, layouts, several days, what is done
// already, and what cannot be used.
#include <doctest/doctest.h>

#include <algorithm>
#include <cmath>
#include <csignal>
#include <filesystem>
#include <map>
#include <sstream>
#include <weir/segmentation/analysis.hpp>
#include <weir/segmentation/parquet.hpp>
#include <weir/segmentation/pipeline.hpp>
#include <weir/segmentation/text.hpp>

#include "real_data.hpp"
#include "scratch.hpp"

using namespace weir::segmentation;

namespace {

const std::string segments_root = "seg/iv_segments/proc=IV/date=";

struct MadeLeg {
  std::string type;
  std::vector<double> v, i;
};
struct MadeRun {
  std::string id;
  std::vector<MadeLeg> legs;
  double laser_v = 0, wavelength_nm = 0;
};

void add_rows(Table& table, const MadeRun& run, std::size_t leg, std::size_t first,
              std::size_t count) {
  if (table.size() == 0) {
    table.add("Vsd (V)", ColumnType::float64);
    table.add("I (A)", ColumnType::float64);
    table.add("run_id", ColumnType::text);
    table.add("laser_voltage_V", ColumnType::float64);
    table.add("wavelength_nm", ColumnType::float64);
    table.add("segment_id", ColumnType::int64);
    table.add("segment_type", ColumnType::text);
    table.add("flags", ColumnType::text);
  }
  for (std::size_t k = first; k < first + count; ++k) {
    table[0].add(run.legs[leg].v[k]);
    table[1].add(run.legs[leg].i[k]);
    table[2].add(std::string_view(run.id));
    table[3].add(run.laser_v);
    table[4].add(run.wavelength_nm);
    table[5].add(static_cast<std::int64_t>(leg));
    table[6].add(std::string_view(run.legs[leg].type));
    table[7].add(std::string_view());
    ++table.rows;
  }
}

std::string bytes_of(const Table& table) {
  ParquetWriter writer(Compression::zstd);
  return std::string(writer.encode(table, 0, table.rows));
}

void write_run(const Scratch& scratch, const std::string& date, const MadeRun& run) {
  for (std::size_t leg = 0; leg < run.legs.size(); ++leg) {
    Table table;
    add_rows(table, run, leg, 0, run.legs[leg].v.size());
    scratch.write(segments_root + date + "/run_id=" + run.id + "/segment=" + std::to_string(leg) +
                      "/part-000.parquet",
                  bytes_of(table));
  }
}

/// A file of runs, in row groups of `rows` rows: runs and segments go over their borders.
std::string partition_of(const std::vector<MadeRun>& runs, std::size_t rows) {
  ParquetWriter writer(Compression::zstd);
  Table table;
  std::string out;
  const auto flush = [&] {
    const auto bytes = writer.add_row_group(table, 0, table.rows);
    REQUIRE(bytes.ok());
    out += bytes.value();
    table.clear();
  };
  for (const MadeRun& run : runs) {
    for (std::size_t leg = 0; leg < run.legs.size(); ++leg) {
      for (std::size_t k = 0; k < run.legs[leg].v.size(); ++k) {
        add_rows(table, run, leg, k, 1);
        if (table.rows == rows) flush();
      }
    }
  }
  if (table.rows != 0) flush();
  return out + std::string(writer.finish());
}

/// 0 -> -V -> 0 -> V -> 0 in steps of a quarter: I = (v - shift) uA there, (v + shift) uA back.
MadeRun loop_run(const std::string& id, double v_max, double shift = 0.25, double bump = 0) {
  MadeRun run{id, {}};
  const auto leg = [&](const char* type, double from, double to, double sign) {
    MadeLeg made{type, {}, {}};
    const double step = to > from ? 0.25 : -0.25;
    for (double v = from; v != to + step; v += step) {
      made.v.push_back(v);
      made.i.push_back(1e-6 * (v + sign * shift) + (sign < 0 && v == v_max / 2 ? bump : 0));
    }
    run.legs.push_back(std::move(made));
  };
  leg("forward_negative", 0, -v_max, -1);
  leg("return_negative", -v_max, -0.25, 1);
  leg("forward_positive", 0, v_max, -1);
  leg("return_positive", v_max, 0, 1);
  return run;
}

struct DayBench {
  DayBench() : runtime(start(2)) {
    config.intermediate_root = scratch.path() + "/seg/iv_segments";
    config.output_root = scratch.path() + "/out";
    config.dates = {"all"};
    config.sync = SyncPolicy::none;
  }
  AnalyseReport run(const Watch& watch = {}) {
    auto report = analyse(*runtime, config, watch);
    REQUIRE_MESSAGE(report.ok(), report.error().text());
    return std::move(report).value();
  }
  /// The cells of a table by column, in the order of its rows.
  std::map<std::string, std::vector<std::string>> table(const std::string& name) const {
    std::map<std::string, std::vector<std::string>> out;
    std::istringstream stream(scratch.read("out/" + name));
    std::vector<std::string> names;
    for (std::string line; std::getline(stream, line);) {
      std::istringstream cells(line + (line.ends_with(',') ? ",," : ","));
      std::vector<std::string> row;
      for (std::string cell; std::getline(cells, cell, ',');) row.push_back(cell);
      if (names.empty()) {
        names = row;
        continue;
      }
      for (std::size_t k = 0; k < names.size(); ++k) out[names[k]].push_back(row[k]);
    }
    return out;
  }
  double number(const std::string& name, const std::string& column, std::size_t row = 0) const {
    const auto all = table(name);
    REQUIRE_MESSAGE(all.contains(column), name << ": " << column);
    REQUIRE(all.at(column).size() > row);
    return parse_float(all.at(column)[row]).value_or(std::nan(""));
  }

  Scratch scratch;
  std::unique_ptr<weir::Runtime> runtime;
  AnalyseConfig config;
};

const std::string day = "2025-03-01";
const std::string other_day = "2025-03-04";

/// Tables and plots, without what lists runs in the order in which they came.
std::map<std::string, std::string> results(const Scratch& scratch) {
  auto tree = scratch.tree("out");
  std::erase_if(tree, [](const auto& file) {
    return file.first.find("_metadata") != std::string::npos ||
           file.first.find("_manifest") != std::string::npos;
  });
  return tree;
}

}  // namespace

TEST_CASE("analysis: a loop of known lines has its known resistance, area, fields and peaks") {
  DayBench bench;
  write_run(bench.scratch, day, loop_run("a", 4, 0.25, 3e-6));
  write_run(bench.scratch, day, loop_run("b", 4, 0.25, 3e-6));
  write_run(bench.scratch, day, loop_run("c", 8));
  const AnalyseReport report = bench.run();
  CHECK(report.runs.done == 3);
  REQUIRE(report.days.at(0).ranges.size() == 2);
  CHECK(report.days[0].ranges[0].runs == 2);
  const std::string in = day + "_IV/";
  CHECK(bench.number("iv_stats/" + in + "fit_summary.csv", "resistance_ohm", 1) ==
        doctest::Approx(1e6).epsilon(1e-12));
  CHECK(bench.number("iv_stats/" + in + "fit_summary.csv", "intercept", 1) ==
        doctest::Approx(0.25e-6).epsilon(1e-12));
  const std::string loop = "hysteresis/" + in + "loop_summary.csv";
  CHECK(bench.number(loop, "area_net (V A)", 1) == doctest::Approx(-0.5e-6 * 16));
  CHECK(bench.number(loop, "area_abs (V A)", 1) == doctest::Approx(0.5e-6 * 16));
  CHECK(bench.number(loop, "V_coercive (V)", 1) == doctest::Approx(0.25));
  CHECK(bench.number(loop, "V_offset (V)", 1) == doctest::Approx(0).epsilon(1e-12));
  CHECK(bench.number(loop, "E_coercive (V/cm)", 1) == doctest::Approx(25));
  const std::string peaks = "hysteresis_peaks/" + in + "hysteresis_peaks.csv";
  const auto all = bench.table(peaks);
  REQUIRE(all.at("method") == std::vector<std::string>{"poly1", "poly3", "poly5", "poly7", "raw",
                                                       "poly1", "poly3", "poly5", "poly7", "raw"});
  CHECK(bench.number(peaks, "V_max_positive", 4) == 2);  // the bump at half of 4 V
  CHECK(bench.number(peaks, "I_max_positive", 4) == doctest::Approx(2.5e-6));
  CHECK(bench.number(peaks, "I_max_negative", 4) == doctest::Approx(-0.5e-6));
  const std::string compact = "hysteresis_peaks/" + in + "peak_summary_table.csv";
  CHECK(bench.number(compact, "raw_I", 0) == doctest::Approx(2500));  // nA
  const std::string field = "coercive_field/" + in + "coercive_field_" + day + ".csv";
  CHECK(bench.number(field, "E_coercive_pos", 0) == doctest::Approx(200));
  CHECK(bench.number(field, "J_max_pos", 0) == doctest::Approx(2.5e-6 / 5e-5));
  CHECK(bench.number(field, "E_max", 0) == doctest::Approx(400));
  CHECK(bench.number(field, "incident_power_W", 0) == 0);  // the laser is off
  // Less the return fit of 8 V, the return branch is nothing.
  const std::string less = "backward_substracted/" + in + "backward_sub_vmax4p0V.csv";
  const auto nothing = bench.table(less);
  for (const auto& cell : nothing.at("I_backward_sub_poly3"))
    CHECK(std::abs(*parse_float(cell)) < 1e-18);
  CHECK(bench.number("hysteresis/" + in + "hysteresis_summary.csv", "n_unpaired_forward") == 0);
}

TEST_CASE("analysis: both layouts give the same tables and plots") {
  std::vector<MadeRun> runs;
  for (int k = 0; k < 40; ++k)
    runs.push_back(loop_run("run" + std::to_string(100 + k), 1 + k % 3, 0.01 * (k % 7), 1e-9 * k));
  DayBench files;
  for (const MadeRun& run : runs) write_run(files.scratch, day, run);
  const AnalyseReport one = files.run();
  const auto expected = results(files.scratch);
  std::rotate(runs.begin(), runs.begin() + 17, runs.end());  // by start, not by id
  for (const std::size_t rows : {std::size_t{7}, std::size_t{64}, std::size_t{100'000}}) {
    CAPTURE(rows);
    DayBench rows_bench;
    const std::vector<MadeRun> first(runs.begin(), runs.begin() + 20);
    const std::vector<MadeRun> second(runs.begin() + 20, runs.end());
    rows_bench.scratch.write(segments_root + day + "/part-000.parquet", partition_of(first, rows));
    rows_bench.scratch.write(segments_root + day + "/part-001.parquet", partition_of(second, rows));
    const AnalyseReport other = rows_bench.run();
    CHECK(other.runs.done == one.runs.done);
    CHECK(other.runs.segments == one.runs.segments);
    CHECK(other.runs.rows == one.runs.rows);
    CHECK(other.runs.warnings.empty());
    CHECK(results(rows_bench.scratch) == expected);
  }
}

TEST_CASE("analysis: of a corpus in either layout the tables and plots are the same") {
  DayBench bench;
  REQUIRE(generate(*bench.runtime, {60, CorpusKind::dirty, 3}, bench.scratch.path() + "/corpus", {})
              .ok());
  const TimeZone zone = TimeZone::load("UTC").value();
  std::map<std::string, std::string> expected;
  std::uint64_t done = 0;
  for (const Layout layout : {Layout::run, Layout::partition}) {
    const std::string root = bench.scratch.path() + (layout == Layout::run ? "/runs" : "/parts");
    StageConfig first;
    first.raw_root = bench.scratch.path() + "/corpus/raw";
    first.stage_root = root + "/stage";
    first.zone = &zone;
    first.layout = layout;
    first.sync = SyncPolicy::none;
    SegmentConfig second;
    second.stage_root = first.stage_root;
    second.output_root = root + "/iv_segments";
    second.layout = layout;
    second.sync = SyncPolicy::none;
    REQUIRE(pipeline(*bench.runtime, first, second, {}).ok());
    std::filesystem::remove_all(bench.scratch.path() + "/out");
    bench.config.intermediate_root = second.output_root;
    bench.config.range_decimals = 1;
    const AnalyseReport report = bench.run();
    std::map<std::string, std::string> made = results(bench.scratch);
    // The order of runs is that of their files here and of their starts there, and paths are of their layout.
    std::erase_if(
        made, [](const auto& file) { return file.first.find("/_metadata/") != std::string::npos; });
    if (layout == Layout::run) {
      expected = std::move(made);
      done = report.runs.done;
      CHECK(done > 20);
      continue;
    }
    CHECK(report.runs.done == done);
    CHECK(made.size() == expected.size());
    for (const auto& [name, bytes] : expected) CHECK_MESSAGE(made[name] == bytes, name);
    // The journal tells how many segments a run has, in this layout too.
    std::string part;
    for (const auto& entry : std::filesystem::recursive_directory_iterator(second.output_root)) {
      if (entry.path().filename() == "part-000.parquet") part = entry.path();
    }
    weir::Buffer bytes;
    REQUIRE(weir::read_file(part, bytes).ok());
    Table whole;
    REQUIRE(read_parquet(bytes.view(), whole).ok());
    ParquetWriter writer(Compression::none);
    // All rows but those of the last run's last segment.
    std::size_t rows = whole.rows;
    const Column& segment = *whole.find("segment_id");
    while (rows > 0 && segment.integer(rows - 1) == segment.integer(whole.rows - 1)) --rows;
    REQUIRE(rows > 0);
    REQUIRE(weir::write_file_atomically(part, writer.encode(whole, 0, rows)).ok());
    CHECK(bench.run().runs.rejects.at("incomplete") == 1);
  }
}

TEST_CASE("analysis: a partition that cannot be used is named, and what stands before it is used") {
  DayBench bench;
  const std::string whole = partition_of({loop_run("a", 1), loop_run("b", 1)}, 10'000);
  const std::string again = partition_of({loop_run("c", 1), loop_run("a", 1)}, 10'000);
  bench.scratch.write(segments_root + day + "/part-000.parquet", whole);
  bench.scratch.write(segments_root + day + "/part-001.parquet", again);
  bench.scratch.write(segments_root + day + "/part-002.parquet", whole.substr(0, whole.size() / 2));
  Table table;
  table.add("Vsd (V)", ColumnType::float64).add(1.0);
  table.rows = 1;
  bench.scratch.write(segments_root + day + "/part-003.parquet", bytes_of(table));
  bench.scratch.write(segments_root + day + "/notes.txt", "no part");
  const AnalyseReport report = bench.run();
  CHECK(report.runs.done == 3);
  CHECK(report.runs.rejects.at("scattered") == 1);
  CHECK(report.runs.rejects.at("unreadable") == 1);
  CHECK(report.runs.rejects.at("no_run_id") == 1);
  std::string words;
  for (const std::string& warning : report.runs.warnings) words += warning + "\n";
  CHECK(words.find("run a: ") != words.npos);
  CHECK(words.find("part-002.parquet") != words.npos);
  CHECK(words.find("part-003.parquet has no column run_id") != words.npos);
}

TEST_CASE("analysis: currents that are none and sweeps of a point are errors or rows, no crash") {
  DayBench bench;
  MadeRun dark = loop_run("dark", 2);
  for (MadeLeg& leg : dark.legs) std::fill(leg.i.begin(), leg.i.end(), std::nan(""));
  MadeRun overflow = loop_run("overflow", 2);
  overflow.legs[2].i[3] = 9.9e37;
  overflow.legs[3].i[3] = std::nan("");
  write_run(bench.scratch, day, dark);
  write_run(bench.scratch, day, overflow);
  write_run(bench.scratch, day,
            {"point", {{"forward_positive", {1}, {1e-6}}, {"return_positive", {1}, {2e-6}}}});
  write_run(bench.scratch, day, {"back", {{"return_positive", {1, 0}, {1e-6, 0}}}});
  const AnalyseReport report = bench.run();
  CHECK(report.runs.done == 2);
  CHECK(report.runs.rejects.at("no_forward_points") == 2);
  CHECK(report.days.at(0).left_out == 2);
  REQUIRE(report.days.at(0).ranges.size() == 2);
  CHECK(std::isnan(report.days[0].ranges[0].resistance_ohm));
  const std::string polynomials = "iv_stats/" + day + "_IV/polynomial_fits_summary.csv";
  CHECK(bench.table(polynomials).at("status_poly1").at(0) == "too_few_points");
  CHECK(bench.number("hysteresis/" + day + "_IV/hysteresis_summary.csv", "hyst_mean_raw") == -1e-6);
  const std::string overflowed = "iv_stats/" + day + "_IV/forward_vmax2p0V.csv";
  const auto means = bench.table(overflowed);
  for (const auto& cell : means.at("I_mean")) CHECK(*parse_float(cell) < 1);
  const std::string words = report.runs.warnings.back();
  CHECK(words.find("2 points of 1 runs") != words.npos);
}

TEST_CASE("analysis: several days are compared, one that is not there is named") {
  DayBench bench;
  write_run(bench.scratch, day, loop_run("a", 4));
  write_run(bench.scratch, other_day, loop_run("b", 4, 0.5));
  write_run(bench.scratch, "2025-04-01", loop_run("c", 4));
  std::filesystem::create_directories(bench.scratch.path() + "/" + segments_root + "2025-04-02");
  bench.config.dates = {"2025-03-01..2025-03-31", "2025-03-02"};
  const AnalyseReport report = bench.run();
  REQUIRE(report.days.size() == 3);
  CHECK(report.days[0].date == day);
  CHECK(report.days[1].error.code == "nothing_found");
  CHECK(report.days[1].date == "2025-03-02");
  CHECK(report.runs.done == 2);
  CHECK(report.comparison.ends_with("comparison/IV/comparison.svg"));
  const std::string in = "comparison/IV/";
  const auto days = bench.table(in + "day_comparison.csv");
  CHECK(days.at("Date") == std::vector<std::string>{day, other_day});
  CHECK(bench.number(in + "day_comparison.csv", "area_abs_change", 1) == doctest::Approx(1));
  CHECK(bench.number(in + "day_comparison.csv", "resistance_change", 0) == 0);
  CHECK(bench.number(in + "day_comparison.csv", "V_coercive (V)", 1) == doctest::Approx(0.5));
  CHECK(bench.number(in + "resistance_comparison.csv", "Resistance_M\xce\xa9", 1) ==
        doctest::Approx(1));
  CHECK(bench.number(in + "hysteresis_comparison.csv", "Mean_Hyst_poly3_nA", 1) ==
        doctest::Approx(-1000));
  CHECK(bench.table(in + "peak_comparison.csv").size() == 2 + 2 * 4);
  CHECK(bench.table(in + "coercive_field_analysis.csv").at("date").size() == 8);
  CHECK(bench.table(in + "coercive_field_summary_poly3.csv").at("V_max").size() == 2);
  bench.config.dates = {"all"};
  const AnalyseReport all = bench.run();
  CHECK(all.runs.done == 1);  // the others are done
  CHECK(all.days.size() == 4);
  CHECK(all.days[3].error.code == "nothing_found");
  CHECK(bench.table(in + "day_comparison.csv").at("Date").size() == 3);
  bench.config.dates = {"2025-05-01..2025-05-31"};
  CHECK(analyse(*bench.runtime, bench.config, {}).error().code == "nothing_found");
  bench.config.dates = {"2025-03-05..2025-03-01"};
  CHECK(analyse(*bench.runtime, bench.config, {}).error().code == "usage");
}

TEST_CASE("analysis: a folder of days that cannot be read is not taken for an empty one") {
  DayBench bench;
  bench.scratch.write("seg/iv_segments/proc=IV", "no folder");
  bench.config.dates = {"all"};
  const auto report = analyse(*bench.runtime, bench.config, {});
  CHECK(report.error().code == "unreadable");
  CHECK(report.error().where.ends_with("/proc=IV"));
}

TEST_CASE("analysis: a day is done again when its segments, its outputs or the question change") {
  DayBench bench;
  write_run(bench.scratch, day, loop_run("a", 4));
  write_run(bench.scratch, day, loop_run("b", 4, 0.5));
  MadeRun bad = loop_run("bad", 4);
  bad.legs.resize(1);
  bad.legs[0].type = "return_negative";
  write_run(bench.scratch, day, bad);
  const AnalyseReport first = bench.run();
  const auto tree = bench.scratch.tree("out");
  const auto is_redone = [&] {
    const AnalyseReport report = bench.run();
    REQUIRE(report.days.size() == 1);
    CHECK(report.runs.files == first.runs.files);
    CHECK(report.runs.rejects == first.runs.rejects);
    CHECK(report.runs.warnings == first.runs.warnings);
    CHECK(report.days[0].ranges.size() == first.days[0].ranges.size());
    CHECK(report.days[0].plot == first.days[0].plot);
    return !report.days[0].up_to_date;
  };
  CHECK(!is_redone());
  CHECK(bench.scratch.tree("out") == tree);
  const std::string record = "out/_manifest/analysis/" + day + "_IV.tsv";
  const std::string text = bench.scratch.read(record);
  for (std::size_t cut = 0; cut < text.size(); cut += 1 + text.size() / 40) {
    bench.scratch.write(record, text.substr(0, cut));
    CHECK(is_redone());
  }
  for (const char* name : {"iv_stats/fit_summary.csv", "plots/sweeps.svg"}) {
    std::string path = name;
    path.insert(path.find('/') + 1, day + "_IV/");
    REQUIRE(std::filesystem::remove(bench.scratch.path() + "/out/" + path));
    CHECK(is_redone());
  }
  CHECK(!is_redone());
  CHECK(bench.scratch.tree("out") == tree);
  write_run(bench.scratch, day, loop_run("b", 4, 0.5));  // equal bytes, a new time
  CHECK(is_redone());
  CHECK(!is_redone());
  bench.config.orders = {1, 9};
  CHECK(is_redone());
  CHECK(bench.table("iv_stats/" + day + "_IV/polynomial_fits_summary.csv").contains("poly9_c9"));
  bench.config.orders = {1, 3, 5, 7};
  bench.config.strategies = {"all"};
  CHECK(is_redone());
  CHECK(bench.scratch.tree("out/iv_polynomial_fits/proc=IV/date=" + day + "/run_id=a").size() == 2);
  bench.config.curves = false;
  CHECK(is_redone());
  CHECK(bench.scratch.tree("out/iv_polynomial_fits/proc=IV/date=" + day + "/run_id=a").size() == 1);
  bench.config.force = true;
  CHECK(is_redone());
}

TEST_CASE("analysis: a signal leaves the days before whole, and the next call goes on") {
  DayBench bench;
  for (const char* date : {"2025-03-01", "2025-03-02"})
    write_run(bench.scratch, date, loop_run("a", 4));
  bench.config.dates = {"2025-03-01"};
  bench.run();
  bench.config.dates = {"all"};
  {
    const weir::StopSignals stop;
    REQUIRE(std::raise(SIGINT) == 0);
    const AnalyseReport report = bench.run({.stop = &stop});
    CHECK(report.runs.interrupted);
    CHECK(report.days.size() == 1);
    CHECK(report.days[0].up_to_date);
    CHECK(report.comparison.empty());
  }
  for (const auto& [name, bytes] : bench.scratch.tree("out"))
    CHECK(name.find("2025-03-02") == name.npos);
  const AnalyseReport rest = bench.run();
  CHECK(rest.runs.done == 1);
  CHECK(!rest.comparison.empty());
}

TEST_CASE("analysis: the laser's power is that of its calibration, or said not to be known") {
  DayBench bench;
  bench.config.stage_root = bench.scratch.path() + "/stage";
  Table table;
  for (const char* name : {"VL (V)", "Power (W)", "wavelength_nm"})
    table.add(name, ColumnType::float64);
  for (const double v : {0.0, 2.0, 4.0}) {
    table[0].add(v);
    table[1].add(5.7e-6 * v);
    table[2].add(455.0);
    ++table.rows;
  }
  bench.scratch.write("stage/proc=LaserCalibration/date=2025-02-28/run_id=q/part-000.parquet",
                      bytes_of(table));
  const auto lit = [&](const char* id, double v_max, double volts, double nm) {
    MadeRun run = loop_run(id, v_max);
    run.laser_v = volts;
    run.wavelength_nm = nm;
    write_run(bench.scratch, day, run);
  };
  lit("a", 1, 3, 455);
  lit("b", 2, 5, 455);  // beyond what was calibrated
  lit("c", 3, 3, 385);  // another laser
  lit("d", 4, 3, 455);
  lit("e", 4, 1, 455);  // two powers in one range
  const AnalyseReport report = bench.run();
  const std::string name = "coercive_field/" + day + "_IV/coercive_field_" + day + ".csv";
  CHECK(bench.number(name, "laser_voltage_V", 0) == 3);
  CHECK(bench.number(name, "incident_power_W", 0) == doctest::Approx(17.1e-6));
  CHECK(bench.number(name, "effective_power_W", 0) == doctest::Approx(3e-6));
  const auto cells = bench.table(name);
  CHECK(cells.at("calibration_date")[0] == "2025-02-28");
  for (std::size_t range = 1; range <= 3; ++range) {
    CAPTURE(range);
    CHECK(cells.at("incident_power_W")[4 * range].empty());
    CHECK(cells.at("effective_power_W")[4 * range].empty());
  }
  CHECK(cells.at("laser_voltage_V")[12].empty());
  REQUIRE(report.runs.warnings.size() == 3);
  CHECK(report.runs.warnings[0].find("outside of its calibration") != std::string::npos);
  CHECK(report.runs.warnings[1].find("no calibration of 385.0 nm") != std::string::npos);
  CHECK(report.runs.warnings[2].find("1.0, 3.0 V are together") != std::string::npos);
  bench.config.laser_voltage = 1;
  const AnalyseReport one = bench.run();
  CHECK(one.runs.done == 1);
  CHECK(one.runs.skipped == 4);
  CHECK(bench.number(name, "effective_power_W", 0) == doctest::Approx(1e-6));
}

TEST_CASE("analysis: ranges are chosen, left out, finer than volts; voltages are put in bins") {
  DayBench bench;
  write_run(bench.scratch, day, loop_run("a", 1));
  write_run(bench.scratch, day, loop_run("b", 1.25));
  write_run(bench.scratch, day, loop_run("c", 2));
  CHECK(bench.run().days.at(0).ranges.size() == 2);
  bench.config.range_decimals = 2;
  const AnalyseReport fine = bench.run();
  REQUIRE(fine.days.at(0).ranges.size() == 3);
  CHECK(fine.days[0].ranges[1].v_max == 1.25);
  CHECK(bench.scratch.tree("out").contains("out/iv_stats/" + day + "_IV/forward_vmax1p25V.csv"));
  bench.config.ranges = {1.25, 2};
  CHECK(bench.run().runs.done == 2);
  bench.config.excluded = {{day, 2}, {other_day, 1.25}};
  CHECK(bench.run().runs.done == 1);
  bench.config.ranges = {17};
  CHECK(bench.run().days.at(0).error.what.find("of a range") != std::string::npos);
  bench.config.ranges.clear();
  bench.config.excluded.clear();
  bench.config.voltage_bin = 0.5;
  const AnalyseReport coarse = bench.run();
  CHECK(coarse.days.at(0).ranges.at(2).forward_voltages == 9);
  bench.config.hysteresis = false;
  std::filesystem::remove_all(bench.scratch.path() + "/out");
  bench.run();
  CHECK(!weir::stat_file(bench.scratch.path() + "/out/hysteresis").ok());
  CHECK(weir::stat_file(bench.scratch.path() + "/out/iv_stats").ok());
}

TEST_CASE("analysis: measured sweeps: the tables hold the currents of their CSVs") {
  const std::string root = real_data::root();
  if (root.empty()) return;
  DayBench bench;
  StageConfig first;
  first.raw_root = root + "/data/01_raw";
  first.stage_root = bench.scratch.path() + "/stage";
  const TimeZone zone = TimeZone::load("America/Santiago").value();
  first.zone = &zone;
  first.sync = SyncPolicy::none;
  SegmentConfig second;
  second.stage_root = first.stage_root;
  second.output_root = bench.config.intermediate_root;
  second.sync = SyncPolicy::none;
  REQUIRE(pipeline(*bench.runtime, first, second, {}).ok());
  bench.config.stage_root = first.stage_root;
  bench.config.range_decimals = 1;
  const AnalyseReport report = bench.run();
  CHECK(report.runs.done == 3);
  CHECK(report.runs.rejected == 0);
  CHECK(report.days.size() == 2);
  CHECK(!report.comparison.empty());
  // The only run of that day: each voltage that comes once on a branch has its row's current.
  std::istringstream csv(real_data::read(first.raw_root + "/Alisson_04_sept/IV2025-09-04_1.csv"));
  std::map<double, std::vector<double>> rows;
  bool data = false;
  double low = 0, high = 0;
  for (std::string line; std::getline(csv, line);) {
    const std::size_t comma = line.find(',');
    if (data && comma != line.npos) {
      const double v = *parse_float(line.substr(0, comma));
      rows[v].push_back(
          *parse_float(line.substr(comma + 1, line.find(',', comma + 1) - comma - 1)));
      low = std::min(low, v);
      high = std::max(high, v);
    }
    data = data || line.starts_with("Vsd (V),");
  }
  const std::string range = python_repr(std::round(10 * std::max(-low, high)) / 10);
  std::string name = range;
  name[name.find('.')] = 'p';
  std::size_t samples = 0;
  for (const std::string branch : {"forward", "return"}) {
    const auto table = bench.table("iv_stats/2025-09-04_IV/" + branch + "_vmax" + name + "V.csv");
    for (std::size_t k = 0; k < table.at("V (V)").size(); ++k) {
      const auto found = rows.find(*parse_float(table.at("V (V)")[k]));
      REQUIRE(found != rows.end());
      const double mean = *parse_float(table.at("I_mean")[k]);
      const auto n = static_cast<std::size_t>(*parse_integer(table.at("n_samples")[k]));
      samples += n;
      if (n == 1) {
        CHECK(std::find(found->second.begin(), found->second.end(), mean) != found->second.end());
      }
    }
  }
  std::size_t all = 0;
  for (const auto& [v, currents] : rows) all += currents.size();
  CHECK(samples == all);  // no row is lost
}
