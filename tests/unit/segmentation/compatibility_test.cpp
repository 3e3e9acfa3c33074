// What the original did, line by line, where no other test shows it: its options, names, zones, discovery, side files.
#include <doctest/doctest.h>
#include <sys/stat.h>

#include <array>
#include <cmath>
#include <cstdio>
#include <cstdlib>
#include <ctime>
#include <filesystem>
#include <fstream>
#include <nlohmann/json.hpp>
#include <set>
#include <support/tier.hpp>
#include <thread>
#include <weir/segmentation/instant.hpp>
#include <weir/segmentation/journal.hpp>
#include <weir/segmentation/parquet.hpp>
#include <weir/segmentation/pipeline.hpp>
#include <weir/segmentation/procedures.hpp>
#include <weir/segmentation/staging.hpp>

#include "program.hpp"

using namespace weir::segmentation;

namespace {

/// A sweep 0 -> -0.5 -> 0.5 -> 0 V, as PyMeasure writes it.
std::string sweep(const std::string& start, const std::string& procedure = "a.b.IV",
                  const std::string& columns = "Vsd (V),I (A),Plate T (degC)") {
  std::string text = "#Procedure: <" + procedure + ">\r\n#Parameters:\r\n#\tChip number: 7\r\n" +
                     "#\tLaser wavelength: 532 nm\r\n#\tLaser voltage: 1 V\r\n#Metadata:\r\n" +
                     "#\tStart time: " + start + "\r\n#Data:\r\n" + columns + "\r\n";
  const auto row = [&](int k) {
    char line[64];
    std::snprintf(line, sizeof(line), "%.2f,1e-9,nan\r\n", k * 0.05);
    text += line;
  };
  for (int k = 0; k > -10; --k) row(k);
  for (int k = -10; k < 10; ++k) row(k);
  for (int k = 10; k >= 0; --k) row(k);
  return text;
}

const std::string start_text = "1757018821.6358175";

nlohmann::json json_file(const Scratch& scratch, const std::string& folder,
                         const std::string& prefix) {
  nlohmann::json found;
  for (const auto& [name, bytes] : scratch.tree(folder)) {
    if (name.substr(name.rfind('/') + 1).starts_with(prefix)) found = nlohmann::json::parse(bytes);
  }
  REQUIRE_MESSAGE(!found.is_null(), prefix);
  return found;
}

std::string canonical(const std::string& raw, const char* procedure) {
  return canonical_columns({raw}, ProcedureTable::built_in().spec(procedure)).front();
}

}  // namespace

TEST_CASE("compatibility: each option of the original is accepted by the commands that had it") {
  if (program().empty()) return;
  const Scratch scratch;
  scratch.write("raw/a.csv", sweep(start_text));
  scratch.write("procedures.yml",
                "procedures:\n  IV:\n    Parameters: {Chip number: int}\n    Metadata: {Start "
                "time: datetime}\n"
                "    Data: {Vsd (V): float, I (A): float}\n");
  const std::string common = " --workers 2 --polars-threads 1 --force";
  const std::string brief = " -w 2 -t 16 -f";
  const std::string stage =
      " --raw-root raw --stage-root s --procedures-yaml procedures.yml --local-tz America/Santiago "
      "--only-yaml-data"
      " --rejects-dir r --events-dir e --manifest m/manifest.parquet";
  const std::string sweeps =
      " --stage-root s --output-root o --procedure IV --voltage-col 'Vsd (V)' --dv-threshold 0.001"
      " --min-segment-points 5";
  const auto good = [&](const std::string& arguments) {
    CAPTURE(arguments);
    const Answer answer = run(scratch.path(), arguments);
    CAPTURE(answer.out);
    CHECK(answer.exit == 0);
  };
  good("stage" + common + stage);
  good("stage" + brief + stage);
  good("preprocess" + common + sweeps);
  good("preprocess" + brief + " --stage-root s --output-root o -p IV");
  good("pipeline" + common + stage + sweeps.substr(sweeps.find(" --output-root")));
  good("pipeline" + brief + stage + " --output-root o -p IV");
  for (const char* command : {"stage", "preprocess", "pipeline"}) {
    const std::string bad = std::string(command) + " --raw-root raw --stage-root s -t 17";
    CHECK(run(scratch.path(), bad).exit == 2);
  }
  CHECK(run(scratch.path(), "preprocess --stage-root s --output-root o --procedure It").exit == 2);
  CHECK(weir::stat_file(scratch.path() + "/m/manifest.parquet").ok());
  CHECK(weir::stat_file(scratch.path() + "/o/iv_segments/_manifest/journal.jsonl").ok());
}

TEST_CASE("compatibility: the original's JSON configuration drives all three commands") {
  if (program().empty()) return;
  const Scratch scratch;
  scratch.write("raw/a.csv", sweep(start_text));
  scratch.write("c.json", R"json({
    "staging": {"raw_root": "raw", "stage_root": "s", "workers": 2, "polars_threads": 1, "force": false,
                "only_yaml_data": false, "local_tz": "America/Santiago", "rejects_dir": "r", "events_dir": "e",
                "manifest": "s/_manifest/manifest.parquet"},
    "intermediate": {"stage_root": "s", "output_root": "o", "procedure": "IV", "voltage_col": "Vsd (V)",
                     "dv_threshold": 0.001, "min_segment_points": 5, "workers": 2, "polars_threads": 1,
                     "force": false},
    "analysis": {}, "plotting": {"dpi": 300},
    "run_staging": true, "run_intermediate": true, "run_analysis": false, "run_plotting": false
})json");
  for (const char* command : {"stage", "preprocess", "pipeline"}) {
    CAPTURE(command);
    const Answer answer = run(scratch.path(), std::string(command) + " -c c.json");
    CAPTURE(answer.out);
    CHECK(answer.exit == 0);
  }
  CHECK(weir::stat_file(scratch.path() + "/o/iv_segments/_manifest/manifest.parquet").ok());
}

TEST_CASE("compatibility: an output root that names its folder already gets no second one") {
  if (program().empty()) return;
  const Scratch scratch;
  scratch.write("raw/a.csv", sweep(start_text));
  scratch.write("raw/g.csv", sweep(start_text, "a.b.IVg", "Vg (V),I (A),Plate T (degC)"));
  REQUIRE(run(scratch.path(), "stage --raw-root raw --stage-root s").exit == 0);
  CHECK(run(scratch.path(), "preprocess --stage-root s --output-root o/iv_segments").exit == 0);
  CHECK(weir::stat_file(scratch.path() + "/o/iv_segments/_manifest/journal.jsonl").ok());
  CHECK(!weir::stat_file(scratch.path() + "/o/iv_segments/iv_segments").ok());
  CHECK(run(scratch.path(), "preprocess --stage-root s --output-root o -p IVg").exit == 0);
  CHECK(weir::stat_file(scratch.path() + "/o/ivg_segments/proc=IVg").ok());
}

TEST_CASE(
    "compatibility: what is found: *.csv below the root, but no tools' folders and no ._ files") {
  if (program().empty()) return;
  const Scratch scratch;
  scratch.write("raw/a.csv", sweep(start_text));
  scratch.write("raw/deep/er/b.csv", sweep("1757018822"));
  for (const char* name :
       {".git/c.csv", ".venv/x/c.csv", "deep/__pycache__/c.csv", ".ipynb_checkpoints/c.csv",
        "._a.csv", "deep/._b.csv", "c.CSV", "c.csv.bak", "c.txt"}) {
    scratch.write(std::string("raw/") + name, "no run");
  }
  const Answer answer = run(scratch.path(), "stage --raw-root raw --stage-root s --json", false);
  CHECK(answer.exit == 0);
  CHECK(nlohmann::json::parse(answer.out).at("files") == 2);
}

TEST_CASE("compatibility: events and rejects have the original's names and members") {
  if (program().empty()) return;
  const Scratch scratch;
  scratch.write("raw/2025-10-14/a.csv", sweep(start_text));
  scratch.write("raw/short.csv", sweep(start_text).substr(0, sweep(start_text).find("-0.15,")));
  scratch.write("raw/bad.csv", "nothing");
  REQUIRE(run(scratch.path(), "stage --raw-root raw --stage-root s/stage --events files").exit ==
          0);
  const std::string id = run_id("raw/2025-10-14/a.csv", 1757018821635818);
  const auto event = json_file(scratch, "s/stage/_manifest/events", "event-" + id + ".json");
  CHECK(event.at("status") == "ok");
  CHECK(event.at("run_id") == id);
  CHECK(event.at("proc") == "IV");
  CHECK(event.at("rows") == 41);
  CHECK(event.at("path") == "s/stage/proc=IV/date=2025-09-04/run_id=" + id + "/part-000.parquet");
  CHECK(event.at("source_file") == "raw/2025-10-14/a.csv");
  CHECK(event.at("date_origin") == "meta");
  CHECK(event.at("ts").get<std::string>().starts_with("20"));
  const std::string reject_name = "bad-" + sha1_hex("raw/bad.csv").substr(0, 12) + ".reject.json";
  const auto reject = json_file(scratch, "s/_rejects", reject_name);
  CHECK(reject.at("source_file") == "raw/bad.csv");
  CHECK(reject.at("error").get<std::string>().starts_with("no_procedure"));
  CHECK(reject.contains("ts"));
  const std::string command =
      "preprocess --stage-root s/stage --output-root o --events files --rule compat";
  REQUIRE(run(scratch.path(), command).exit == 0);
  const auto segment =
      json_file(scratch, "o/iv_segments/_manifest/events", "segment-" + id + ".json");
  CHECK(segment.at("status") == "ok");
  CHECK(segment.at("run_id") == id);
  CHECK(segment.at("source_path") == "proc=IV/date=2025-09-04/run_id=" + id + "/part-000.parquet");
  CHECK(segment.at("segments_detected") == 4);
  CHECK(segment.at("segments_written") == 4);
  CHECK(segment.at("output_paths").size() == 4);
  CHECK(segment.at("output_paths").at(3) ==
        "o/iv_segments/proc=IV/date=2025-09-04/run_id=" + id + "/segment=3/part-000.parquet");
  const auto& one = segment.at("segment_details").at(0);
  CHECK(one.at("segment_id") == 0);
  CHECK(one.at("type") == "forward_negative");
  CHECK(one.at("v_range") == "0.000\xe2\x86\x92-0.500V");
  CHECK(one.at("points") == 11);
  const auto error = json_file(scratch, "o/iv_segments/_manifest/events", "segment-error-");
  CHECK(error.at("error").get<std::string>().starts_with("too_few_points"));
}

TEST_CASE("compatibility: the manifests have the original's columns, and refusals too") {
  if (program().empty()) return;
  const Scratch scratch;
  scratch.write("raw/a.csv", sweep(start_text));
  scratch.write("raw/bad.csv", "nothing");
  REQUIRE(run(scratch.path(), "pipeline --raw-root raw --stage-root s --output-root o").exit == 0);
  const auto columns = [&](const std::string& file) {
    Table table;
    REQUIRE(read_parquet(scratch.read(file), table).ok());
    std::set<std::string> names;
    for (std::size_t k = 0; k < table.size(); ++k) names.insert(table[k].name);
    return names;
  };
  const auto staged = columns("s/_manifest/manifest.parquet");
  for (const char* name :
       {"status", "run_id", "proc", "rows", "path", "source_file", "date_origin", "reason"})
    CHECK_MESSAGE(staged.contains(name), name);
  const auto cut = columns("o/iv_segments/_manifest/manifest.parquet");
  for (const char* name : {"status", "run_id", "source_path", "segments_detected",
                           "segments_written", "segment_details"})
    CHECK_MESSAGE(cut.contains(name), name);
  Table table;
  REQUIRE(read_parquet(scratch.read("s/_manifest/manifest.parquet"), table).ok());
  REQUIRE(table.rows == 2);
  CHECK(table.find("status")->text(1) == "reject");
}

TEST_CASE("compatibility: a run's id follows the spelling of its path, but for . and //") {
  if (program().empty()) return;
  const Scratch scratch;
  scratch.write("raw/a.csv", sweep(start_text));
  scratch.write("other/x", "");
  const auto id_of = [&](const std::string& root, const std::string& out) {
    REQUIRE(run(scratch.path(), "stage --raw-root " + root + " --stage-root " + out).exit == 0);
    const Journal journal = Journal::read(scratch.path() + "/" + out).value();
    REQUIRE(journal.sorted().size() == 1);
    return journal.sorted()[0].run_id;
  };
  const std::string plain = id_of("raw", "s1");
  CHECK(plain == run_id("raw/a.csv", 1757018821635818));
  CHECK(id_of("./raw//", "s2") == plain);
  CHECK(id_of("other/../raw", "s3") == run_id("other/../raw/a.csv", 1757018821635818));
  CHECK(id_of(scratch.path() + "/raw", "s4") ==
        run_id(scratch.path() + "/raw/a.csv", 1757018821635818));
}

TEST_CASE("compatibility: each synonym of the original finds its column, whatever its case") {
  struct Line {
    const char* procedure;
    const char* target;
    std::vector<const char*> words;
  };
  const Line lines[] = {
      {"IV",
       "I (A)",
       {"i", "I_A", "id", "Id_A", "ids", "IDS_A", "current", "Current_A", " I(A) ", "i [a]",
        "I-A"}},
      {"IV", "Vsd (V)", {"vsd", "VSD_V", "vd", "vd_v", "VDS", "vds_v", "vdv", "Vsd[V]", "vsd-(v)"}},
      {"IVg", "Vg (V)", {"vg", "VG_V", "Vg[V]", "v_g (V)"}},
      {"ITt", "VL (V)", {"vl", "vl_v", "VLV", "v_l(v)"}},
      {"ITt", "t (s)", {"t", "t_s", "TIME", "time_s", "T (S)"}},
      {"ITt",
       "Plate T (degC)",
       {"PlateT", "platet(degC)", "Plate Temp", "plate temp (degC)", "plate_c",
        "Plate T (\xc2\xb0"
        "C)"}},
      {"ITt",
       "Ambient T (degC)",
       {"ambientT", "ambient t(degc)", "AmbientTemp", "ambient_temp_degc", "Ambient_C"}},
      {"ITt", "Clock (ms)", {"clock", "CLOCK_ms", "Clock[ms]"}},
  };
  for (const Line& line : lines) {
    for (const char* word : line.words) {
      CAPTURE(word);
      CHECK(canonical(word, line.procedure) == line.target);
    }
  }
  CHECK(canonical("Vsd2", "IV") == "Vsd2");
  CHECK(canonical("Power (W)", "IV") == "Power (W)");
}

TEST_CASE(
    "compatibility: a column in another unit is converted, one of another quantity is not taken") {
  CHECK(column_factor("I (mA)", "I (A)").value() == 1e-3);
  CHECK(column_factor("i [uA]", "I (A)").value() == 1e-6);
  CHECK(column_factor("Clock (s)", "Clock (ms)").value() == 1000);
  CHECK(column_factor("t (ms)", "t (s)").value() == 1e-3);
  CHECK(column_factor("current", "I (A)").value() == 1);
  CHECK(scaled(1.5, 1e-9) == 1.5e-9);
  CHECK(scaled(1.5, 1 / 1e-9) == 1.5e9);
  CHECK(!column_factor("I (V)", "I (A)"));
  CHECK(!column_factor("T (K)", "T (degC)"));
  CHECK(canonical("I (mA)", "IV") == "I (A)");
  CHECK(canonical("I (V)", "IV") == "I (V)");
  StagedRun run;
  const TimeZone zone = TimeZone::load("UTC").value();
  const std::string text =
      "#Procedure: <a.IV>\n#Data:\nVSD (mV),I (nA),I (W)\n100,1.5,7\n-250,nan,8\n";
  REQUIRE(!stage_bytes(text, "2025-01-01/a.csv", 0, {nullptr, &zone, false}, run));
  CHECK(run.table.find("Vsd (V)")->floats == std::vector<double>{0.1, -0.25});
  CHECK(run.table.find("I (A)")->floats[0] == 1.5e-9);
  CHECK(std::isnan(run.table.find("I (A)")->floats[1]));
  CHECK(run.table.find("I (W)")->floats == std::vector<double>{7, 8});
  CHECK(run.notes == std::vector<std::string>{"prefix:Vsd (V)", "prefix:I (A)"});
}

TEST_CASE("compatibility: all zones agree with the C library from 1901 to 2200") {
  std::vector<std::string> names = {"America/Santiago",    "Europe/Dublin",  "Africa/Casablanca",
                                    "America/Nuuk",        "America/Havana", "Asia/Gaza",
                                    "Australia/Lord_Howe", "Asia/Kathmandu"};
  if (weir::test::full()) {
    std::ifstream list("/usr/share/zoneinfo/tzdata.zi");
    for (std::string line; std::getline(list, line);) {
      if (line.starts_with("Z ")) names.push_back(line.substr(2, line.find(' ', 2) - 2));
    }
  }
  const char* before = std::getenv("TZ");
  const std::string kept = before == nullptr ? "" : before;
  for (const std::string& name : names) {
    CAPTURE(name);
    const auto zone = TimeZone::load(name);
    REQUIRE_MESSAGE(zone.ok(), zone.error().text());
    ::setenv("TZ", name.c_str(), 1);
    ::tzset();
    for (std::time_t at = -2'177'452'800; at < 7'258'118'400; at += 1'727'311) {
      std::tm local{};
      REQUIRE(::localtime_r(&at, &local) != nullptr);
      if (zone.value().offset_at(at) != local.tm_gmtoff) {
        CAPTURE(at);
        CHECK(zone.value().offset_at(at) == local.tm_gmtoff);
        break;
      }
    }
  }
  if (before == nullptr) {
    ::unsetenv("TZ");
  } else {
    ::setenv("TZ", kept.c_str(), 1);
  }
  ::tzset();
}

TEST_CASE(
    "compatibility: a local midnight that is skipped or comes twice counts by the offset before") {
  const TimeZone havana = TimeZone::load("America/Havana").value();
  CHECK(havana.midnight({2025, 3, 9}) == 1741496400);  // 00:00 becomes 01:00; by -5 it is 05:00 UTC
  CHECK(havana.midnight({2025, 11, 2}) == 1762056000);           // twice; the first is 04:00 UTC
  const TimeZone apia = TimeZone::load("Pacific/Apia").value();  // had no 2011-12-30
  CHECK(apia.local_date(1325239200 * std::int64_t{1'000'000}) == Date{2011, 12, 31});  // 10:00 UTC
  CHECK(apia.local_date(1325239199 * std::int64_t{1'000'000}) == Date{2011, 12, 29});
}

TEST_CASE("compatibility: a zone file of version 1 has its table, and its last offset for ever") {
  const auto be = [](std::int64_t value, int bytes) {
    std::string out;
    for (int k = bytes - 1; k >= 0; --k)
      out += static_cast<char>(static_cast<std::uint64_t>(value) >> (8 * k));
    return out;
  };
  std::string file = "TZif" + std::string(16, '\0');
  for (const int count : {0, 0, 0, 2, 2, 8}) file += be(count, 4);
  file += be(-1000, 4) + be(1'000'000, 4) + std::string("\x01\x00", 2);
  file += be(3600, 4) + std::string("\0\0", 2) + be(-7200, 4) + std::string("\1\4", 2) +
          std::string("ABC\0DEF\0", 8);
  const auto zone = TimeZone::parse(file, "old");
  REQUIRE_MESSAGE(zone.ok(), zone.error().text());
  CHECK(zone.value().offset_at(-5000) == 3600);
  CHECK(zone.value().offset_at(0) == -7200);
  CHECK(zone.value().offset_at(1'000'000) == 3600);
  CHECK(zone.value().offset_at(4'000'000'000) == 3600);
  CHECK(!TimeZone::parse(file.substr(0, file.size() - 1), "cut").ok());
}

TEST_CASE("compatibility: the type of a column does not depend on what a run's sensors say") {
  StagedRun run;
  const TimeZone zone = TimeZone::load("UTC").value();
  const auto type = [&](const std::string& cells, const char* name) {
    const std::string text = "#Procedure: <a.IV>\n#Data:\nVsd (V),I (A),Plate T (degC)\n" + cells;
    REQUIRE(!stage_bytes(text, "2025-01-01/a.csv", 0, {nullptr, &zone, false}, run));
    return run.table.find(name)->type;
  };
  for (const char* cells : {"0,1,nan\n", "0,1,\n", "0,1,25\n", "0,1,1e300\n", "0,1,inf\n"}) {
    CAPTURE(cells);
    CHECK(type(cells, "Plate T (degC)") == ColumnType::float64);
    CHECK(type(cells, "I (A)") == ColumnType::float64);
  }
}

TEST_CASE(
    "compatibility: a file that changes while it is read is read again, then refused and tried the "
    "next time") {
  if (program().empty()) return;
  const Scratch scratch;
  scratch.write("raw/good.csv", sweep(start_text));
  std::string large = sweep(start_text);
  while (large.size() < (1u << 24)) large += "0.0,1e-9,nan\r\n";
  scratch.write("raw/live.csv", large);
  std::jthread writer(
      [&](const std::stop_token& stop) {  // an instrument that never stops appending
        std::FILE* file = std::fopen((scratch.path() + "/raw/live.csv").c_str(), "ab");
        while (file != nullptr && !stop.stop_requested()) {
          std::fputs("0.0,1e-9,nan\r\n", file);
          std::fflush(file);
        }
        if (file != nullptr) std::fclose(file);
      });
  // On a busy machine the writer may sleep through a whole reading: then nothing changed.
  bool refused = false;
  for (int attempt = 0; attempt < 20 && !refused; ++attempt) {
    const Answer during = run(scratch.path(), "stage --raw-root raw --stage-root s --json", false);
    REQUIRE(during.exit == 0);
    const auto rejects = nlohmann::json::parse(during.out).at("rejects");
    refused = rejects.value("changed_while_read", 0) == 1;
    CHECK(rejects.size() == (refused ? 1u : 0u));
  }
  writer.request_stop();
  writer.join();
  CHECK(refused);
  const Answer after = run(scratch.path(), "stage --raw-root raw --stage-root s --json", false);
  CHECK(after.exit == 0);
  CHECK(nlohmann::json::parse(after.out).at("staged") == 1);
  CHECK(nlohmann::json::parse(after.out).at("rejected") == 0);
}
