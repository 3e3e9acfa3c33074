// inspect and report, as the program tells them.
#include <doctest/doctest.h>

#include <filesystem>
#include <nlohmann/json.hpp>
#include <set>
#include <string>
#include <weir/segmentation/journal.hpp>
#include <weir/segmentation/parquet.hpp>

#include "parquet_file.hpp"
#include "program.hpp"

using namespace weir::segmentation;
namespace pq = parquet_file;

namespace {

/// A run of `rows` rows that rise by 0.1 V; `current` of each.
std::string a_run(const std::string& start, int rows, const std::string& current = "1e-9",
                  const std::string& procedure = "a.IV") {
  std::string text = "#Procedure: <" + procedure + ">\n#Metadata:\n";
  if (!start.empty()) text += "#\tStart time: " + start + "\n";
  text += "#Data:\nVsd (V),I (A),Plate T (degC)\n";
  for (int k = 0; k < rows; ++k)
    text += std::to_string(k) + "e-1," + (current.empty() ? std::to_string(k) + "e-9" : current) +
            ",nan\n";
  return text;
}

nlohmann::json report(const Scratch& scratch, const std::string& arguments) {
  const Answer answer = run(scratch.path(), "report --json --quiet " + arguments, false);
  CAPTURE(answer.out);
  REQUIRE(answer.exit == 0);
  return nlohmann::json::parse(answer.out);
}

nlohmann::json inspected(const Scratch& scratch, const std::string& arguments, int exit = 0) {
  const Answer answer = run(scratch.path(), "inspect --json " + arguments, false);
  CAPTURE(answer.out);
  REQUIRE(answer.exit == exit);
  return nlohmann::json::parse(answer.out);
}

std::string a_file(const Scratch& scratch, const std::string& folder) {
  std::string file;
  for (const auto& [name, bytes] : scratch.tree(folder)) {
    if (name.ends_with("part-000.parquet")) file = name;
  }
  REQUIRE(!file.empty());
  return file;
}

/// A schema root { a: list of x } that no flat reader takes, with a note in its metadata.
std::string nested_file() {
  pq::Struct root;
  root.text(4, "root").number(5, 2);
  pq::Struct list;
  list.number(3, 1).text(4, "a").number(5, 1).number(6, 3);
  pq::Struct repeated;
  repeated.number(3, 2).text(4, "list").number(5, 1);
  pq::Struct element;
  element.number(1, pq::float64).number(3, 1).text(4, "element");
  pq::Struct flat;
  flat.number(1, pq::byte_array).number(3, 0).text(4, "b").number(6, 0);
  pq::Struct pair;
  pair.text(1, "owner").text(2, "somebody else");
  pq::Struct footer;
  footer.number(1, 2).list(
      2, 12, {root.bytes(), list.bytes(), repeated.bytes(), element.bytes(), flat.bytes()});
  footer.wide(3, 7).list(4, 12, {}).list(5, 12, {pair.bytes()}).text(6, "a foreign writer");
  const std::string meta = footer.bytes();
  return "PAR1" + meta + pq::le(static_cast<std::uint32_t>(meta.size())) + "PAR1";
}

}  // namespace

TEST_CASE("inspect: schema, pages, sizes, statistics and rows of a staged run") {
  if (program().empty()) return;
  const Scratch scratch;
  scratch.write("raw/a.csv", a_run("1757018821", 60, ""));
  REQUIRE(run(scratch.path(), "stage --raw-root raw --stage-root s").exit == 0);
  const std::string file = a_file(scratch, "s/proc=IV");
  const auto json = inspected(scratch, "--rows 2 " + file);
  CHECK(json.at("rows") == 60);
  CHECK(json.at("format_version") == 1);
  CHECK(json.at("first_rows").size() == 2);
  const auto& volts = json.at("columns").at(0);
  CHECK(volts.at("name") == "Vsd (V)");
  CHECK(volts.at("physical") == "DOUBLE");
  CHECK(volts.at("repetition") == "OPTIONAL");
  CHECK(volts.at("codec") == "ZSTD");
  CHECK(volts.at("min") == "-0.0");
  CHECK(volts.at("max") == "5.9");
  CHECK(volts.at("pages").size() == 1);
  CHECK(volts.at("pages").at(0).at("kind") == "data");
  CHECK(volts.at("pages").at(0).at("encoding") == "PLAIN");
  CHECK(volts.at("pages").at(0).at("values") == 60);
  CHECK(volts.at("pages").at(0).at("checksums") == 1);
  CHECK(volts.at("uncompressed_bytes").get<int>() > 480);
  CHECK(json.at("columns").at(2).at("row_groups").at(0).at("nan_count") == 60);
  const auto& id = json.at("columns").at(3);
  CHECK(id.at("name") == "run_id");
  CHECK(id.at("logical") == "STRING");
  CHECK(id.at("pages").at(0).at("kind") == "dictionary");
  const Answer text = run(scratch.path(), "inspect --rows 1 " + file);
  CHECK(text.exit == 0);
  for (const char* words :
       {"Vsd (V)", "DOUBLE", "OPTIONAL", "1 dictionary PLAIN, 1 data RLE_DICTIONARY",
        "BYTE_ARRAY STRING", "by weir", "2025-09-04T20:47:01"}) {
    CHECK_MESSAGE(says(text, words), words);
  }
  CHECK(inspected(scratch, "--rows 0 " + file).at("first_rows").empty());
  CHECK(inspected(scratch, "--rows 1000 " + file).at("first_rows").size() == 60);
  CHECK(inspected(scratch, "--all-rows " + file).at("data").size() == 60);
  CHECK(run(scratch.path(), "inspect --rows many " + file).exit == 2);
}

TEST_CASE("inspect: first rows come from as many row groups as they need") {
  if (program().empty()) return;
  const Scratch scratch;
  Table table;
  Column& column = table.add("x", ColumnType::int64);
  for (std::int64_t k = 0; k < 30; ++k) column.add(k);
  table.rows = 30;
  ParquetWriter writer(Compression::none);
  std::string file;
  for (std::size_t first = 0; first < 30; first += 10)
    file += writer.add_row_group(table, first, 10).value();
  file += writer.finish();
  scratch.write("f.parquet", file);
  const auto json = inspected(scratch, "--rows 15 f.parquet");
  REQUIRE(json.at("first_rows").size() == 15);
  CHECK(json.at("first_rows").at(14).at(0) == 14);
  CHECK(json.at("row_groups").size() == 3);
  CHECK(json.at("columns").at(0).at("row_groups").at(1).at("min") == "10");
  const Answer text = run(scratch.path(), "inspect f.parquet");
  CHECK(says(text, "row group"));
}

TEST_CASE("inspect: foreign encodings, codecs and kinds of page") {
  if (program().empty()) return;
  const Scratch scratch;
  pq::File file;
  file.type = pq::int64;
  file.optional = true;
  pq::Page page;
  page.v2 = true;
  page.encoding = pq::delta;
  page.count = 3;
  page.levels = pq::raw({0x03, 0x05});  // yes, no, yes
  page.body = pq::deltas({7, 9});
  file.groups = {{page}};
  scratch.write("delta.parquet", file.bytes());
  const auto json = inspected(scratch, "delta.parquet");
  CHECK(json.at("columns").at(0).at("pages").at(0).at("kind") == "data v2");
  CHECK(json.at("columns").at(0).at("pages").at(0).at("encoding") == "DELTA_BINARY_PACKED");
  CHECK(json.at("first_rows") == nlohmann::json::parse("[[7],[null],[9]]"));
  CHECK(json.at("created_by") == "by hand");
}

TEST_CASE("inspect: what is not read is refused by name, with its schema") {
  if (program().empty()) return;
  const Scratch scratch;
  scratch.write("nested.parquet", nested_file());
  const auto json = inspected(scratch, "nested.parquet", 1);
  CHECK(json.at("ok") == false);
  CHECK(json.at("error").at("code") == "unsupported_parquet");
  CHECK(json.at("rows") == 7);
  CHECK(json.at("created_by") == "a foreign writer");
  CHECK(json.at("key_values").at(0).at("value") == "somebody else");
  const auto& nodes = json.at("schema_nodes");
  REQUIRE(nodes.size() == 4);
  CHECK(nodes.at(0).at("logical") == "LIST");
  CHECK(nodes.at(0).at("physical") == "");
  CHECK(nodes.at(1).at("repetition") == "REPEATED");
  CHECK(nodes.at(2).at("name") == "element");
  CHECK(nodes.at(2).at("depth") == 2);
  CHECK(nodes.at(3).at("depth") == 0);
  CHECK(nodes.at(3).at("logical") == "STRING");
  const Answer text = run(scratch.path(), "inspect nested.parquet");
  CHECK(text.exit == 1);
  CHECK(says(text, "nested data is not read"));
  CHECK(says(text, "owner = somebody else"));
  CHECK(says(text, "    element"));
  pq::File old;
  old.type = pq::int96;
  pq::Page page;
  page.count = 1;
  page.body = std::string(12, '\0');
  old.groups = {{page}};
  scratch.write("int96.parquet", old.bytes());
  const auto int96 = inspected(scratch, "int96.parquet", 1);
  CHECK(int96.at("error").at("what").get<std::string>().find("INT96") != std::string::npos);
  CHECK(int96.at("schema_nodes").at(0).at("physical") == "INT96");
  pq::File encrypted;
  encrypted.groups = {{}};
  encrypted.metadata_extra.emplace_back();
  scratch.write("encrypted.parquet", encrypted.bytes());
  const auto locked = inspected(scratch, "encrypted.parquet", 1);
  CHECK(locked.at("error").at("what") == "encrypted files are not read");
  CHECK(locked.at("schema_nodes").size() == 1);
  std::string pare = encrypted.bytes();
  pare.replace(pare.size() - 4, 4, "PARE");
  scratch.write("pare.parquet", pare);
  CHECK(!inspected(scratch, "pare.parquet", 1).contains("schema_nodes"));
  scratch.write("text.parquet", "no Parquet at all");
  CHECK(inspected(scratch, "text.parquet", 1).at("error").at("code") == "bad_parquet");
  CHECK(run(scratch.path(), "inspect none.parquet").exit == 1);
}

TEST_CASE(
    "inspect: of a damaged file all is shown that can be, and a terminal gets no control "
    "characters") {
  if (program().empty()) return;
  const Scratch scratch;
  Table table;
  table.add("a\x1b[31m\n", ColumnType::text).add(std::string_view("x\x1b]0;t\x07"));
  table.rows = 1;
  ParquetWriter writer(Compression::none);
  std::string file(writer.encode(table, 0, 1));
  scratch.write("odd.parquet", file);
  const Answer odd = run(scratch.path(), "inspect odd.parquet");
  CHECK(odd.exit == 0);
  CHECK(odd.out.find('\x1b') == std::string::npos);
  CHECK(says(odd, "a\\x1b[31m\\x0a"));
  file[file.find("x\x1b")] = 'y';  // the page's CRC says so
  scratch.write("damaged.parquet", file);
  const Answer damaged = run(scratch.path(), "inspect damaged.parquet");
  CHECK(damaged.exit == 1);
  CHECK(says(damaged, "wrong page CRC"));
  CHECK(says(damaged, "BYTE_ARRAY STRING"));
}

TEST_CASE("report: what was refused and why, what was mended, with places") {
  if (program().empty()) return;
  const Scratch scratch;
  scratch.write("raw/a.csv", "\xef\xbb\xbf" + a_run("1757018821", 8));
  scratch.write("raw/b.csv", a_run("1757018900", 8) + "oops,1,2\n");
  scratch.write("raw/c.csv", "");
  scratch.write("raw/d.csv", a_run("soon", 8));
  REQUIRE(run(scratch.path(), "stage --raw-root raw --stage-root s").exit == 0);
  const auto json = report(scratch, "s");
  CHECK(json.at("kind") == "stage");
  CHECK(json.at("done") == 2);
  CHECK(json.at("refused") == 2);
  CHECK(json.at("reasons").at("text_in_data") == 1);
  CHECK(json.at("reasons").at("empty_file") == 1);
  const auto& place = json.at("reason_examples").at("text_in_data").at(0);
  CHECK(place.at("path") == "raw/b.csv");
  CHECK(place.at("line") == 14);
  CHECK(place.at("byte").get<int>() == static_cast<int>(a_run("1757018900", 8).size()));
  CHECK(json.at("notes").at("bom") == 1);
  CHECK(json.at("notes").at("start_time") == 1);
  CHECK(json.at("note_examples").at("start_time").at(0).at("what") == "soon");
  CHECK(json.at("oddities").at("start_by_mtime") == 1);
  CHECK(json.at("procedures").at("IV").at("runs") == 2);
  const Answer text = run(scratch.path(), "report s");
  CHECK(text.exit == 0);
  for (const char* words :
       {"== refused", "raw/b.csv:14 (byte ", "== odd, and staged", "bom 1", "start_time 1",
        "== worth a look", "start_by_mtime 1: no start in header or path"}) {
    CHECK_MESSAGE(says(text, words), words);
  }
}

TEST_CASE("report: short runs, duplicates, clocks, partitions, columns, missing files") {
  if (program().empty()) return;
  const Scratch scratch;
  for (int k = 1; k <= 24; ++k) {  // four days of six runs, file 5 with the clock set back
    const int day = (k - 1) / 6;
    const int start = 1757000000 + day * 86400 + (k == 5 ? -5000 : k);
    scratch.write("raw/iv_" + std::to_string(k) + ".csv",
                  a_run(std::to_string(start), k == 7 ? 9 : 40, ""));
  }
  for (int k = 0; k < 12; ++k)  // the first day has many more
    scratch.write("raw/more/m" + std::to_string(100 - k) + "x.csv",
                  a_run(std::to_string(1757002000 - k), 40, ""));
  scratch.write("raw/copy.csv", a_run("1757000001", 40, ""));  // of iv_1
  scratch.write("raw/dead.csv", a_run("1757000700", 40, "0"));
  scratch.write("raw/2025-01-01/late.csv", a_run("1757000900", 40, ""));
  scratch.write("raw/old.csv", a_run("1000", 40, ""));
  std::string own = a_run("1757000800", 40, "");
  own.replace(own.find("Plate T (degC)"), 14, "Vacuum (mbar)");
  scratch.write("raw/own.csv", own);
  REQUIRE(run(scratch.path(), "stage --raw-root raw --stage-root s").exit == 0);
  const Journal journal = Journal::read(scratch.path() + "/s").value();
  std::string lost;
  for (const Record& record : journal.sorted()) {
    if (record.path == "raw/iv_3.csv") lost = record.file();
  }
  REQUIRE(std::filesystem::remove(scratch.path() + "/s/" + lost));
  const auto json = report(scratch, "s --examples 100");
  const auto& odd = json.at("oddities");
  const auto names = [&](const char* kind) {
    std::set<std::string> out;
    if (!json.at("oddity_examples").contains(kind)) return out;
    for (const auto& place : json.at("oddity_examples").at(kind)) out.insert(place.at("path"));
    return out;
  };
  using Names = std::set<std::string>;
  CHECK(names("short_run") == Names{"raw/iv_7.csv"});
  CHECK(names("duplicate") == Names{"raw/iv_1.csv"});  // the second by path
  CHECK(names("missing_file") == Names{"raw/iv_3.csv"});
  CHECK(names("start_unlikely") == Names{"raw/old.csv"});
  CHECK(names("other_date") == Names{"raw/2025-01-01/late.csv"});
  CHECK(names("constant_column") == Names{"raw/dead.csv"});
  CHECK(names("unknown_column") == Names{"raw/own.csv"});
  CHECK(names("start_backwards") == Names{"raw/iv_5.csv"});
  CHECK(!odd.contains("start_shared"));  // a copy has the same start, and is a duplicate
  CHECK(odd.at("small_partition").get<int>() == 1);  // 1969-12-31
  bool found = false;
  for (const auto& column : json.at("columns")) {
    if (column.at("name") != "Plate T (degC)") continue;
    found = true;
    CHECK(column.at("empty") == column.at("runs"));
    CHECK(column.at("known") == true);
  }
  CHECK(found);
  CHECK(json.at("oddity_examples").at("short_run").at(0).at("what") ==
        "9 rows; the median run of IV has 40");
  const auto brief = report(scratch, "s --journal-only --examples 0");
  CHECK(!brief.contains("columns"));
  CHECK(!brief.at("oddities").contains("missing_file"));
  CHECK(brief.at("oddities").at("short_run") == 1);
  CHECK(brief.at("oddity_examples").at("short_run").empty());
}

TEST_CASE("report: segments by type, runs by segments, flags, and what is not segmented") {
  if (program().empty()) return;
  for (const char* layout : {"run", "partition"}) {
    CAPTURE(layout);
    const Scratch scratch;
    for (int k = 1; k <= 6; ++k)
      scratch.write("raw/" + std::to_string(k) + ".csv", a_run(std::to_string(1757000000 + k), 40));
    scratch.write("raw/7.csv", a_run("1757000009", 3));
    const std::string options = std::string(" --layout ") + layout + " ";
    REQUIRE(run(scratch.path(),
                "pipeline --rule compat --raw-root raw --stage-root s --output-root o" + options)
                .exit == 0);
    scratch.write("raw/8.csv", a_run("1757000010", 40));
    REQUIRE(run(scratch.path(), "stage --raw-root raw --stage-root s" + options).exit == 0);
    const auto json = report(scratch, "o/iv_segments");
    CHECK(json.at("kind") == "segments");
    CHECK(json.at("done") == 6);
    CHECK(json.at("segments") == 6);
    CHECK(json.at("segments_by_type").at("forward_positive").at("segments") == 6);
    CHECK(json.at("segments_by_type").at("forward_positive").at("points") == 240);
    CHECK(json.at("segments_by_type").at("forward_positive").at("v_low") == 0.0);
    CHECK(json.at("segments_by_type").at("forward_positive").at("v_high") == 3.9);
    CHECK(json.at("runs_by_segments").at("1") == 6);
    CHECK(json.at("reasons").at("too_few_points") == 1);
    CHECK(json.at("oddities").at("not_segmented") == 1);
    CHECK(!json.at("oddities").contains("missing_file"));
    REQUIRE(run(scratch.path(), "preprocess --stage-root s --output-root o" + options).exit == 0);
    const auto flagged = report(scratch, "o/iv_segments");
    CHECK(flagged.at("notes").at("missing_return_positive") == 8);
    CHECK(!flagged.at("oddities").contains("not_segmented"));
    const auto stage = report(scratch, "s");
    CHECK(stage.at("done") == 8);
    CHECK(!stage.at("oddities").contains("missing_file"));
    for (const auto& column : stage.at("columns")) CHECK(column.at("runs") == 8);
    std::filesystem::remove_all(scratch.path() + "/o/iv_segments/proc=IV");
    CHECK(report(scratch, "o/iv_segments").at("oddities").at("missing_file") == 8);
    const Answer text = run(scratch.path(), "report o/iv_segments");
    for (const char* words :
         {"runs segmented", "== flagged", "missing_return_positive 8", "forward_positive"})
      CHECK_MESSAGE(says(text, words), words);
  }
}

TEST_CASE("report: a folder that is no root is an error that says what it is") {
  if (program().empty()) return;
  const Scratch scratch;
  scratch.write("raw/a.csv", a_run("1757000001", 40));
  REQUIRE(run(scratch.path(), "pipeline --raw-root raw --stage-root s --output-root o").exit == 0);
  const auto refused = [&](const std::string& arguments, int exit, const std::string& words) {
    const Answer answer = run(scratch.path(), "report " + arguments);
    CAPTURE(answer.out);
    CHECK(answer.exit == exit);
    CHECK(says(answer, words));
  };
  refused("raw", 1, "no stage root and no root of segments");
  refused("o", 1, "the segments are in iv_segments");
  refused("none", 1, "[not_found]");
  refused("raw/a.csv", 2, "a root is a folder");
  refused("s --procedures-yaml none.yml", 2, "none.yml");
  refused("s --examples -1", 2, "--examples");
}
