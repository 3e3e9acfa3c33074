#include <algorithm>
#include <cmath>
#include <string>
#include <weir/segmentation/detector.hpp>
#include <weir/segmentation/parquet.hpp>
#include <weir/segmentation/staging.hpp>
#include <weir/segmentation/text.hpp>

#include "real_data.hpp"

using namespace weir::segmentation;

namespace {

const TimeZone& santiago() {
  static const TimeZone zone = TimeZone::load("America/Santiago").value();
  return zone;
}

std::string iv(const std::string& parameters, const std::string& table) {
  return "#Procedure: <laser_setup.procedures.IV.IV>\r\n#Parameters:\r\n" + parameters +
         "#Metadata:\r\n#\tStart time: 1757018821.6358175\r\n#Data:\r\n" + table;
}

std::optional<Reject> stage(const std::string& bytes, StagedRun& run) {
  return stage_bytes(bytes, "raw/a.csv", 0, {nullptr, &santiago(), false}, run);
}

const std::string two_rows = "Vsd (V),I (A)\r\n0.0,1e-9\r\n0.1,nan\r\n";

bool has_note(const StagedRun& run, const std::string& note) {
  return std::find(run.notes.begin(), run.notes.end(), note) != run.notes.end();
}

void check_equal(const Column& ours, const Column& theirs, std::size_t rows) {
  for (std::size_t row = 0; row < rows; ++row) {
    if (theirs.is_null(row)) {
      CHECK(ours.is_null(row));
    } else if (theirs.type == ColumnType::text && theirs.text(row) == "nan") {
      CHECK(std::isnan(ours.number(row)));
    } else if (theirs.type == ColumnType::text) {
      CHECK(ours.text(row) == theirs.text(row));
    } else {
      CHECK(ours.number(row) == theirs.number(row));
    }
  }
}

}  // namespace

TEST_CASE(
    "staging: real files give the expected ids, instants, dates, rows, columns and segments") {
  const std::string root = real_data::root();
  if (root.empty()) return;
  const auto expected = nlohmann::json::parse(real_data::read(root + "/expected.json"));
  StagedRun run;
  std::vector<Segment> segments;
  for (const auto& [name, want] : expected.items()) {
    CAPTURE(name);
    const std::string path = "data/01_raw/" + name;
    const std::string bytes = real_data::read(root + "/" + path);
    const auto reject = stage_bytes(bytes, path, 0, {nullptr, &santiago(), false}, run);
    if (want.contains("expect")) {
      REQUIRE(reject.has_value());
      CHECK(reject->reason == Reason::empty_table);
      continue;
    }
    REQUIRE_MESSAGE(!reject.has_value(), reject->what);
    CHECK(run.id == want["run_id"].get<std::string>());
    CHECK(run.start.us == want["start_us"].get<std::int64_t>());
    CHECK(run.start.date.text() == want["date"].get<std::string>());
    CHECK(to_string(run.start.origin) == want["date_origin"].get<std::string>());
    CHECK(run.procedure == want["proc"].get<std::string>());
    CHECK(run.table.rows == want["rows"].get<std::size_t>());
    for (std::size_t k = 0; k < want["columns"].size(); ++k)
      CHECK(run.table[k].name == want["columns"][k].get<std::string>());
    CHECK(run.table[want["columns"].size()].name == "run_id");
    if (!want.contains("segments")) continue;
    const Column* voltage = run.table.find(want["voltage_col"].get<std::string>());
    REQUIRE(voltage != nullptr);
    detect(voltage->floats, {Rule::compat, 0.001, 5}, segments);
    REQUIRE(segments.size() == want["segments"].size());
    for (std::size_t k = 0; k < segments.size(); ++k) {
      const auto& segment = want["segments"][k];
      CHECK(segments[k].first == segment["start"].get<std::size_t>());
      CHECK(segments[k].last == segment["end"].get<std::size_t>());
      CHECK(to_string(segments[k].type) == segment["type"].get<std::string>());
      CHECK(to_string(segments[k].direction) == segment["dir"].get<std::string>());
      CHECK(segments[k].v_start == segment["v_start"].get<double>());
      CHECK(segments[k].v_end == segment["v_end"].get<double>());
    }
  }
}

TEST_CASE("staging: every value equals the original's own staged Parquet, written and read back") {
  const std::string root = real_data::root();
  if (root.empty()) return;
  const auto expected = nlohmann::json::parse(real_data::read(root + "/expected.json"));
  StagedRun run;
  Table theirs;
  Table ours;
  std::size_t compared = 0;
  for (const auto& [name, want] : expected.items()) {
    if (want.contains("expect")) continue;
    CAPTURE(name);
    const std::string path = "data/01_raw/" + name;
    REQUIRE(!stage_bytes(real_data::read(root + "/" + path), path, 0, {nullptr, &santiago(), false},
                         run));
    const auto read = read_parquet(
        real_data::read(root + "/staged_by_polars/" + run.directory() + "/part-000.parquet"),
        theirs);
    REQUIRE_MESSAGE(read.ok(), read.error().text());
    for (const Compression compression :
         {Compression::none, Compression::snappy, Compression::zstd, Compression::zstd_split}) {
      ParquetWriter writer(compression);
      const std::string file(writer.encode(run.table, 0, run.table.rows));
      const auto back = read_parquet(file, ours);
      REQUIRE_MESSAGE(back.ok(), back.error().text());
      REQUIRE(ours.rows == theirs.rows);
      for (std::size_t k = 0; k < theirs.size(); ++k) {
        CAPTURE(theirs[k].name);
        const Column* mine = ours.find(theirs[k].name);
        if (mine == nullptr) {  // a later version of the original adds an empty "t (s)" to IV
          CHECK(theirs[k].name == "t (s)");
          CHECK(theirs[k].is_null(0));
          continue;
        }
        check_equal(*mine, theirs[k], theirs.rows);
        ++compared;
      }
    }
  }
  CHECK(compared > 700);
}

TEST_CASE("staging: what is no measurement is refused with its reason and place") {
  StagedRun run;
  const auto reason = [&](const std::string& bytes) {
    const auto reject = stage(bytes, run);
    REQUIRE(reject.has_value());
    return reject->reason;
  };
  CHECK(reason("") == Reason::empty_file);
  CHECK(reason("#Parameters:\n#\tVG: 0 V\n#Data:\n" + two_rows) == Reason::no_procedure);
  CHECK(reason("#Procedure: <a.IV>\n#Parameters:\n#\tVG: 0 V\n") == Reason::no_data_marker);
  CHECK(reason(iv("", "")) == Reason::no_columns);
  CHECK(reason(iv("", "0.0,1e-9\r\n0.1,2e-9\r\n")) == Reason::no_columns);
  CHECK(reason(iv("", "x,y\r\n0.0,1e-9\r\n")) == Reason::unknown_columns);
  CHECK(reason(iv("", "Vsd (V),I (A)\r\n")) == Reason::empty_table);
  CHECK(reason(std::string("\xff\xfe#\0P\0", 6)) == Reason::bad_encoding);
  CHECK(reason(std::string("#\0P\0r\0o\0c\0e\0d\0u\0", 16)) == Reason::bad_encoding);
  CHECK(reason(std::string("\x01\x02\0\x03garbage", 11)) == Reason::bad_encoding);
  CHECK(reason(iv("", two_rows) + std::string(100, '\0')) == Reason::nul_bytes);
  CHECK(reason(iv("", two_rows + "0.2\r\n")) == Reason::ragged_columns);
  CHECK(reason(iv("", two_rows + "0.2,1,2\r\n")) == Reason::ragged_columns);

  CHECK(reason("#Procedure: <a." + std::string(300, 'P') + ">\n#Data:\n" + two_rows) ==
        Reason::no_procedure);
  std::string many;
  for (int k = 0; k < 5000; ++k) many += "#\tk" + std::to_string(k) + ": 1\n";
  CHECK(reason(iv(many, two_rows)) == Reason::too_large);

  const std::string bad = iv("", two_rows + "Traceback (most recent call last):\r\n0.3,1e-9\r\n");
  const auto reject = stage(bad, run);
  REQUIRE(reject.has_value());
  CHECK(reject->reason == Reason::text_in_data);
  CHECK(reject->byte == bad.find("Traceback"));
  CHECK(reject->line == 9);

  std::string old_mac = iv("", two_rows);
  std::erase(old_mac, '\n');
  const auto lone = stage(old_mac, run);
  REQUIRE(lone.has_value());
  CHECK(lone->reason == Reason::no_procedure);
  CHECK(lone->what.find("CR alone") != std::string::npos);
}

TEST_CASE("staging: a column that comes twice is staged twice, and named") {
  StagedRun run;
  REQUIRE(!stage(iv("", "Vsd (V),I (A),I (A)\r\n0.0,1e-9,2e-9\r\n"), run));
  CHECK(has_note(run, "repeated_column:I (A)"));
  CHECK(run.table.find("I (A)")->number(0) == 1e-9);
  CHECK(run.table.find("I (A)_duplicated_0")->number(0) == 2e-9);
}

TEST_CASE("staging: a byte order mark, Latin-1, escapes and a cut last line are staged and named") {
  StagedRun run;
  REQUIRE(!stage("\xef\xbb\xbf" + iv("#\tVG: 0 V\r\n", two_rows), run));
  CHECK(has_note(run, "bom"));
  REQUIRE(!stage(iv("#\tSample: \xb5-chip\r\n", two_rows), run));
  CHECK(has_note(run, "latin1"));
  CHECK(run.table.find("sample")->text(0) == "\xc2\xb5-chip");
  REQUIRE(!stage(iv("#\tSample: \\xb5-chip\r\n", two_rows), run));
  CHECK(has_note(run, "escapes"));
  CHECK(run.table.find("sample")->text(0) == "\xc2\xb5-chip");
  REQUIRE(!stage(iv("", two_rows + "0.2,-2.7e-"), run));
  CHECK(has_note(run, "cut_last_line"));
  CHECK(run.table.rows == 2);
  REQUIRE(!stage(iv("", two_rows + "0.2,-2.7e-9"), run));
  CHECK(has_note(run, "no_final_newline"));
  CHECK(run.table.rows == 3);
}

TEST_CASE("staging: light is on when wavelength and a voltage other than zero are there") {
  StagedRun run;
  const auto light = [&](const std::string& parameters) {
    REQUIRE(!stage(iv(parameters, two_rows), run));
    return run.table.find("with_light")->integer(0) != 0;
  };
  CHECK(!light(""));
  CHECK(!light("#\tLaser wavelength: 455\r\n#\tLaser voltage: 0 V\r\n"));
  CHECK(light("#\tLaser wavelength: 455\r\n#\tLaser voltage: 1.2 V\r\n"));
  CHECK(!light("#\tLaser voltage: 1.2 V\r\n"));
}

TEST_CASE("staging: units are converted to the column's, others are named and left empty") {
  StagedRun run;
  REQUIRE(!stage(
      iv("#\tVG: 100 mV\r\n#\tLaser voltage: 3 degC\r\n#\tChip number: 7b\r\n", two_rows), run));
  CHECK(run.table.find("vg_fixed_v")->number(0) == 0.1);
  CHECK(run.table.find("laser_voltage_V")->is_null(0));
  CHECK(has_note(run, "prefix:VG"));
  CHECK(has_note(run, "unit:Laser voltage"));
  CHECK(run.table.find("chip_number")->is_null(0));
  CHECK(has_note(run, "chip_number:7b"));
}

TEST_CASE("staging: a start time that cannot be read is named") {
  StagedRun run;
  REQUIRE(!stage("#Procedure: <a.IV>\n#Metadata:\n#\tStart time: noon\n#Data:\n" + two_rows, run));
  CHECK(has_note(run, "start_time:noon"));
  REQUIRE(!stage("#Procedure: <a.IV>\n#Data:\n" + two_rows, run));
  CHECK(run.notes.empty());
}

TEST_CASE("staging: notes are short, and cut no character") {
  std::string wide;
  for (int k = 0; k < 200; ++k) wide += "\xe2\x82\xac";
  StagedRun run;
  const auto zone = weir::segmentation::TimeZone::load("UTC").value();
  const std::string text = "#Procedure: <a.IV>\n#Parameters:\n#\tChip number: a" + wide +
                           "\n#Metadata:\n#\tStart time: " + wide +
                           "\n#Data:\nVsd (V),I (A)\n0,1\n";
  REQUIRE(!stage_bytes(text, "a.csv", 0, {nullptr, &zone, false}, run));
  REQUIRE(run.notes.size() == 2);
  for (const std::string& note : run.notes) {
    CHECK(note.size() < 80);
    CHECK(is_utf8(note));
  }
}

TEST_CASE("staging: a procedure outside of the table is staged uncast") {
  StagedRun run;
  REQUIRE(
      !stage("#Procedure: <lab.New>\n#Metadata:\n#\tStart time: 10\n#Data:\na,b\n1,x\n2,y\n", run));
  CHECK(run.table[0].type == ColumnType::float64);
  CHECK(run.table[1].type == ColumnType::text);
  CHECK(has_note(run, "unknown_procedure"));
  CHECK(run.directory() == "proc=New/date=1969-12-31/run_id=" + run.id);
}
