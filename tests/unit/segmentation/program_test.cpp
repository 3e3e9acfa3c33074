// The program weir-segment as people and scripts meet it: exit codes, messages, JSON,
// configuration.
#include "program.hpp"

#include <doctest/doctest.h>

#include <nlohmann/json.hpp>
#include <string>
#include <support/tier.hpp>

namespace {

const std::string one_sweep =
    "#Procedure: <a.IV>\r\n#Metadata:\r\n#\tStart time: 1757018821.6358175\r\n#Data:\r\nVsd (V),I "
    "(A)\r\n"
    "0.0,1e-9\r\n0.1,1e-9\r\n0.2,1e-9\r\n0.3,1e-9\r\n0.4,1e-9\r\n0.5,1e-9\r\n";

}  // namespace

TEST_CASE("program: mistakes on the command line are exit 2 and name the nearest word") {
  if (program().empty()) return;
  const Scratch scratch;
  const auto refused = [&](const std::string& arguments, const std::string& words) {
    CAPTURE(arguments);
    const Answer answer = run(scratch.path(), arguments);
    CHECK(answer.exit == 2);
    CAPTURE(answer.out);
    CHECK(says(answer, words));
  };
  refused("stage --raw-rot x", "the nearest is --raw-root");
  refused("stgae", "the nearest is stage");
  refused("preprocess --rule zigzg", "zigzag");
  refused("stage --layout day", "--layout");
  for (const char* slots : {"0", "4097", "-1", "x"})
    refused(std::string("stage --buffer ") + slots, "1 to 4096");
  refused("stage --concurrency raed=2", "the nearest is read");
  refused("stage --concurrency detect=2", "unknown node \"detect\"");
  refused("preprocess --concurrency read=1,detect=0", "whole number from 1 to 256");
  refused("stage --concurrency survey=2", "in layout run; the nearest is");
  refused("stage --layout partition --concurrency write=2", "of read, survey, parse, encode");
  refused("pipeline --layout partition --concurrency write-segments=2", "in layout partition");
  refused("analyse --date all --concurrency detect=2", "unknown node \"detect\"; the nearest is");
  refused("analyse --date all --buffer 0", "--buffer");
  refused("pipeline --concurrency read=257", "whole number from 1 to 256");
  refused("pipeline --concurrency read", "whole number from 1 to 256");
  refused("pipeline --concurrency read=1,read=1", "names read twice");
  refused("stage --workers 1000", "--workers");
  refused("preprocess --procedure It", "--procedure");
  for (const char* volts : {"-1", "nan", "inf", "1e400", "x"})
    refused(std::string("preprocess --dv-threshold ") + volts, "--dv-threshold");
  for (const char* count : {"-1", "1.5", "0x2", "abc", "99999999999999999999", "\"\""})
    refused(std::string("stage --seed ") + count, "--seed");
  refused("stage --workers 257", "0 to 256");
  refused("preprocess --min-segment-points 0", "--min-segment-points");
  refused("stage --raw-root raw --stage-root \"\"", "--stage-root: must not be empty");
  refused("analyze", "the nearest is analyse");
  refused("stage --compression lz77", "--compression");
  refused("generate", "OUT");
  refused("", "a command is missing");
  scratch.write("raw/a.csv", one_sweep);
  refused("stage --raw-root raw --stage-root s --local-tz Mars/Olympus", "Mars/Olympus");
  scratch.write("bad.yml", "procedures:\n  IV:\n    Data: {a: flot}\n");
  refused("stage --raw-root raw --stage-root s --procedures-yaml bad.yml", "bad.yml:3");
}

TEST_CASE("program: help has an example, version its parts") {
  if (program().empty()) return;
  const Scratch scratch;
  for (const char* arguments : {"--help", "stage --help", "pipeline --help", "inspect --help"}) {
    const Answer answer = run(scratch.path(), arguments);
    CHECK(answer.exit == 0);
    CHECK(says(answer, "Example:\n  weir-segment "));
  }
  const Answer version = run(scratch.path(), "--version");
  CHECK(version.exit == 0);
  CHECK(says(version, "weir 0."));
  CHECK(says(version, "malloc"));
}

TEST_CASE("program: a result that cannot be written is an error, no output takes our messages") {
  if (program().empty()) return;
  const Scratch scratch;
  scratch.write("raw/a.csv", one_sweep);
  const Answer full =
      run(scratch.path(), "stage --raw-root raw --stage-root s --json 2>&1 >/dev/full #");
  CHECK(full.exit == 1);
  CHECK(says(full, "cannot write the result"));
  CHECK(run(scratch.path(), "--help >/dev/full #").exit == 1);
  const auto before = scratch.tree("s");
  CHECK(run(scratch.path(), "stage --raw-root raw --stage-root s --force >&- 2>&- <&- #").exit ==
        1);
  CHECK(scratch.tree("s") == before);
}

TEST_CASE("program: names with control characters do not reach the terminal as such") {
  if (program().empty()) return;
  const Scratch scratch;
  const Answer answer =
      run(scratch.path(), "stage --raw-root \"$(printf 'no\\033[31m\\nwhere')\" --stage-root s");
  CHECK(answer.exit == 1);
  CHECK(says(answer, "no\\x1b[31m\\x0awhere: "));
  CHECK(answer.out.find('\x1b') == std::string::npos);
}

TEST_CASE("program: a graph that was not built leaves the file of an earlier one") {
  if (program().empty()) return;
  const Scratch scratch;
  scratch.write("g.dot", "of an earlier run");
  CHECK(run(scratch.path(), "stage --raw-root none --stage-root s --graph g.dot").exit == 1);
  CHECK(run(scratch.path(), "generate c --files 2 --graph g.dot").exit == 0);
  CHECK(scratch.read("g.dot") == "of an earlier run");
}

TEST_CASE("program: options that change nothing are told, unless it is to be quiet") {
  if (program().empty()) return;
  const Scratch scratch;
  const std::string words = "preprocess --stage-root none --output-root o --dv-threshold 0.5";
  CHECK(says(run(scratch.path(), words), "--dv-threshold has no effect by --rule zigzag"));
  CHECK(!says(run(scratch.path(), words + " --quiet"), "no effect"));
  CHECK(!says(run(scratch.path(), words + " --rule compat"), "no effect"));
  CHECK(
      !says(run(scratch.path(), "preprocess --stage-root none --dv-threshold 0.001"), "no effect"));
  CHECK(says(run(scratch.path(), "report none --graph g.dot"), "--graph has no effect"));
  CHECK(says(run(scratch.path(), "report none --journal-only --procedures-yaml p.yml"),
             "--procedures-yaml has no effect"));
}

TEST_CASE("program: a manifest replaces a manifest and no measurement") {
  if (program().empty()) return;
  const Scratch scratch;
  REQUIRE(weir::make_directories(scratch.path() + "/raw").ok());
  scratch.write("raw/good.csv", one_sweep);
  const std::string words = "stage --raw-root raw --stage-root s --manifest ";
  const Answer refused = run(scratch.path(), words + "raw/good.csv");
  CHECK(refused.exit == 2);
  CHECK(says(refused, "raw/good.csv: holds something else than a manifest"));
  CHECK(scratch.read("raw/good.csv") == one_sweep);
  CHECK(!weir::stat_file(scratch.path() + "/s").ok());
  scratch.write("empty", "");
  for (const char* place : {"empty", "empty", "fresh", "/dev/null"})
    CHECK(run(scratch.path(), words + place).exit == 0);
}

TEST_CASE("program: nothing to do, and nothing good, are exit 1; all skipped is exit 0") {
  if (program().empty()) return;
  const Scratch scratch;
  REQUIRE(weir::make_directories(scratch.path() + "/raw").ok());
  CHECK(run(scratch.path(), "stage --raw-root raw --stage-root s").exit == 1);
  scratch.write("raw/bad.csv", "nothing");
  const Answer bad = run(scratch.path(), "stage --raw-root raw --stage-root s");
  CHECK(bad.exit == 1);
  CHECK(says(bad, "no_procedure"));
  CHECK(run(scratch.path(), "preprocess --stage-root s --output-root o").exit == 1);
  CHECK(!weir::stat_file(scratch.path() + "/o").ok());
  scratch.write("raw/good.csv", one_sweep);
  CHECK(run(scratch.path(), "stage --raw-root raw --stage-root s").exit == 0);
  CHECK(run(scratch.path(), "stage --raw-root raw --stage-root s").exit == 0);
  CHECK(run(scratch.path(), "stage --raw-root none --stage-root s").exit == 1);
  CHECK(run(scratch.path(), "inspect raw/good.csv").exit == 1);
  CHECK(run(scratch.path(), "report raw").exit == 1);
}

TEST_CASE("program: pipeline writes both trees, once, with the keys that scripts read") {
  if (program().empty()) return;
  const Scratch scratch;
  scratch.write("raw/2025-09-04/a.csv", one_sweep);
  scratch.write("raw/b.csv", "");
  const std::string command =
      "pipeline --raw-root ./raw/ --stage-root s --output-root o --workers 2 --json --graph g.json";
  const Answer answer = run(scratch.path(), command, false);
  REQUIRE(answer.exit == 0);
  const auto json = nlohmann::json::parse(answer.out);
  CHECK(json.at("schema") == "weir.segment.pipeline/1");
  CHECK(json.at("ok") == true);
  CHECK(json.at("error").is_null());
  CHECK(json.at("stage").at("files") == 2);
  CHECK(json.at("stage").at("rejects").at("empty_file") == 1);
  CHECK(json.at("preprocess").at("segments") == 1);
  CHECK(json.at("ledger").at("in") == json.at("ledger").at("out"));
  CHECK(json.at("runtime").at("barriers").size() == 1);
  for (const char* key : {"version", "commit", "exit", "elapsed_s", "config", "machine",
                          "peak_rss_bytes", "memory_bytes"}) {
    CHECK(json.contains(key));
  }
  const auto tree = scratch.tree("o");
  bool cut = false;
  for (const auto& [name, bytes] : tree) {
    cut = cut || (name.starts_with("o/iv_segments/proc=IV/date=2025-09-04/run_id=") &&
                  name.ends_with("/segment=0/part-000.parquet"));
  }
  CHECK(cut);
  CHECK(nlohmann::json::parse(scratch.read("g.json")).size() == 2);
  const Answer refused = run(scratch.path(), "stage --raw-root none --stage-root s --json", false);
  CHECK(refused.exit == 1);
  CHECK(nlohmann::json::parse(refused.out).at("error").at("code") == "not_found");
  const Answer usage = run(scratch.path(), "stage --no-such --json", false);
  CHECK(usage.exit == 2);
  CHECK(nlohmann::json::parse(usage.out).at("error").at("code") == "usage");
}

TEST_CASE(
    "program: a configuration is read, the command line wins, a wrong key is refused with its "
    "line") {
  if (program().empty()) return;
  const Scratch scratch;
  scratch.write("raw/a.csv", one_sweep);
  scratch.write("c.yml",
                "staging:\n  raw_root: raw\n  stage_root: from_file\n  workers: 1\nintermediate:\n "
                " dv_threshold: 0.5\n");
  CHECK(run(scratch.path(), "stage --config c.yml").exit == 0);
  CHECK(weir::stat_file(scratch.path() + "/from_file/_manifest/manifest.parquet").ok());
  CHECK(run(scratch.path(), "stage --config c.yml --stage-root from_line").exit == 0);
  CHECK(weir::stat_file(scratch.path() + "/from_line/_manifest/manifest.parquet").ok());
  scratch.write("c.json",
                "{\"staging\": {\"raw_root\": \"raw\", \"stage_root\": \"j\", \"force\": true}}");
  CHECK(run(scratch.path(), "stage --config c.json").exit == 0);
  scratch.write("bad.yml", "staging:\n  raw_root: raw\n  stage_rot: x\n");
  const Answer bad = run(scratch.path(), "stage --config bad.yml");
  CHECK(bad.exit == 2);
  CHECK(says(bad, "bad.yml:3"));
  CHECK(says(bad, "stage-root"));
  const auto refused = [&](const std::string& text, const std::string& words) {
    CAPTURE(text);
    scratch.write("no.yml", text);
    const Answer answer = run(scratch.path(), "stage --config no.yml");
    CAPTURE(answer.out);
    CHECK(answer.exit == 2);
    CHECK(says(answer, "no.yml:"));
    CHECK(says(answer, words));
  };
  refused("workers: many\n", "--workers");
  refused("workers: 1\n\nworkers: 2\n", "no.yml:3");
  refused("stagin:\n  workers: 1\n", "the nearest is staging");
  refused("staging: 5\n", "must be a map");
  refused("intermediate:\n  dv_threshold: many\n", "no.yml:2");  // of another command, and wrong
  refused("w: 1\n", "the nearest is");
  refused("help: true\n", "unknown key");
  refused("config: other.yml\n", "unknown key");
  refused("{\"workers\": 1} and more", "something follows");
  refused("workers: 1\n---\nworkers: 2\n", "something follows");
  refused("staging: {workers: 1}\nstaging: {force: true}\n", "\"staging\" is there twice");
  refused("staging:\n  raw_root: caf\xe9\n", "no.yml:2");
  refused(",,,,,,,,V:{\n    ....\nData: {a: b}\n", "no.yml:");
  scratch.write("two.yml",
                "intermediate: {workers: 2, rule: pelt}\nstaging: {workers: 1, raw_root: raw}\n");
  const Answer made = run(scratch.path(), "generate g --files 1 --seed 010 --json", false);
  CHECK(nlohmann::json::parse(made.out).at("config").at("seed") == 10);
  const Answer one = run(scratch.path(), "stage --config two.yml --stage-root two --json", false);
  REQUIRE(one.exit == 0);
  CHECK(nlohmann::json::parse(one.out).at("config").at("workers") == 1);
  CHECK(run(scratch.path(), "stage --config none.yml").exit == 2);
}

TEST_CASE("program: analyse turns a pipeline's segments into tables and a plot") {
  if (program().empty()) return;
  const Scratch scratch;
  REQUIRE(run(scratch.path(), "generate c --files 40 --seed 5").exit == 0);
  REQUIRE(
      run(scratch.path(), "pipeline --raw-root c/raw --stage-root s --output-root o --rule compat")
          .exit == 0);
  const std::string command = "analyse --intermediate-root o --date 2025-01-01 --output-root a";
  const Answer answer = run(
      scratch.path(), command + " --json --graph g.json --buffer 7 --concurrency analyse=1", false);
  REQUIRE(answer.exit == 0);
  const auto json = nlohmann::json::parse(answer.out);
  CHECK(json.at("schema") == "weir.segment.analyse/1");
  CHECK(json.at("ok") == true);
  CHECK(json.at("analysed") == json.at("runs"));
  CHECK(json.at("errors") == 0);
  CHECK(json.at("ledger").at("in") == json.at("runs"));
  CHECK(json.at("runtime").at("barriers").size() == 1);
  CHECK(json.at("ranges").size() >= 1);
  CHECK(json.at("ranges").at(0).at("resistance_ohm").is_number());
  CHECK(json.at("plot") == "a/plots/2025-01-01_IV/sweeps.svg");
  CHECK(scratch.read("a/plots/2025-01-01_IV/sweeps.svg").ends_with("</svg>\n"));
  const auto graphs = nlohmann::json::parse(scratch.read("g.json"));
  REQUIRE(graphs.size() == 1);
  CHECK(graphs.at(0).at("edges").at(0).at("capacity") == (weir::test::smallest() ? 1 : 7));
  const auto tree = scratch.tree("a");
  CHECK(json.at("files_written").get<std::size_t>() + 12 * json.at("runs").get<std::size_t>() + 1 ==
        tree.size());
  CHECK(json.at("days").size() == 1);
  CHECK(json.at("days").at(0).at("up_to_date") == false);
  const Answer text = run(scratch.path(),
                          "analyse --intermediate-root o/iv_segments --date 2025-01-01 "
                          "--output-root a --workers 1");
  CHECK(text.exit == 0);
  CHECK(says(text, "analysed"));
  CHECK(says(text, "|V| max, V"));
  CHECK(scratch.tree("a") == tree);
}

TEST_CASE("program: analyse refuses a wrong date with exit 2, and what is not there with exit 1") {
  if (program().empty()) return;
  const Scratch scratch;
  scratch.write("raw/2025-09-04/a.csv", one_sweep);
  REQUIRE(run(scratch.path(), "pipeline --raw-root raw --stage-root s --output-root o").exit == 0);
  const auto answers = [&](const std::string& arguments, int exit, const std::string& words) {
    CAPTURE(arguments);
    const Answer answer =
        run(scratch.path(), "analyse --intermediate-root o --output-root a " + arguments);
    CAPTURE(answer.out);
    CHECK(answer.exit == exit);
    CHECK(says(answer, words));
  };
  answers("", 2, "--date is required");
  answers("--date 2025-09-31", 2, "no date YYYY-MM-DD");
  answers("--date 2025-9-4", 2, "no date YYYY-MM-DD");
  answers("--date 2025-09-05", 1, "there are runs of 2025-09-04 [nothing_found]");
  answers("--date 2025-09-04 --procedure IVg", 1, "[not_found]");
  answers("--date 2025-09-04 --chip-number 1", 1, "there is no run of chip 1");
  answers("--date 2025-09-04 --voltage-col X", 1, "no_voltage_column");
  answers("--date 2025-09-04 --chip-numbr 1", 2, "the nearest is --chip-number");
  answers("--date 2025-09-04", 0, "has no return segment");  // one leg: a plot, no tables
  CHECK(scratch.tree("a").size() == 12);  // with eight files of its fits, two of all, the record
  answers("--date 2025-09-04 --poly-orders 1 4", 2, "\"4\" is no odd order from 1 to 15");
  answers("--date 2025-09-04 --poly-orders 17", 2, "no odd order");
  answers("--date 2025-09-04..2025-09-01", 2, "no two with .. between");
  answers("--date 2025-09-04 --exclude-ranges 2025-09-04", 2, "is no DATE:V");
  answers("--date 2025-09-04 --channel-width-um 0", 2, "is no width above 0");
  answers("--date all --combinations alone", 2, "--combinations");
  answers("--date 2025-09-01,2025-09-04 --poly-orders 5,1,5", 0, "2025-09-01: ");
  CHECK(scratch.read("a/_manifest/analysis/2025-09-04_IV.tsv").find("day/1") != std::string::npos);
  // Sections are of the other layers: their output root is not that of analyse.
  scratch.write("c.yml",
                "intermediate: {output_root: b}\ndate: 2025-09-04\nintermediate_root: o\n");
  CHECK(run(scratch.path(), "analyse --config c.yml").exit == 0);
  CHECK(!weir::stat_file(scratch.path() + "/b").ok());
  CHECK(scratch.tree("data/04_analysis").size() == 12);
}

TEST_CASE("program: the section analysis of a configuration of the original is taken, by analyse") {
  if (program().empty()) return;
  const Scratch scratch;
  REQUIRE(run(scratch.path(), "generate c --files 40 --seed 5").exit == 0);
  scratch.write("c.json", R"({
    "staging": {"raw_root": "c/raw", "stage_root": "s"},
    "intermediate": {"stage_root": "s", "output_root": "o", "procedure": "IV"},
    "analysis": {"stage_root": "s", "date": "2025-01-01", "output_base_dir": "a",
                 "procedure": "IV", "poly_orders": [1, 3, 9], "compute_hysteresis": true,
                 "analyze_peaks": false, "fit_backward": true, "use_segments": true,
                 "voltage_rounding_decimals": 3, "v_max": null, "chip_number": null,
                 "intermediate_root": "o/iv_segments"},
    "plotting": {"dpi": 300}, "run_analysis": true})");
  REQUIRE(run(scratch.path(), "pipeline --config c.json").exit == 0);
  REQUIRE(run(scratch.path(), "analyse --config c.json").exit == 0);
  const std::string polynomials =
      scratch.read("a/iv_stats/2025-01-01_IV/polynomial_fits_summary.csv");
  CHECK(polynomials.find("poly9_c9") != std::string::npos);
  CHECK(polynomials.find("poly7") == std::string::npos);
  CHECK(weir::stat_file(scratch.path() + "/a/hysteresis/2025-01-01_IV").ok());
  CHECK(!weir::stat_file(scratch.path() + "/a/hysteresis_peaks").ok());
  const auto refused = [&](const std::string& analysis, const std::string& words) {
    scratch.write("bad.json", "{\"analysis\": {\"date\": \"2025-01-01\", " + analysis + "}}");
    const Answer answer = run(scratch.path(), "analyse --config bad.json");
    CAPTURE(answer.out);
    CHECK(answer.exit == 2);
    CHECK(says(answer, words));
  };
  refused("\"poly_orders\": [1, 2]", "no odd order");
  refused("\"poly_orders\": []", "must not be empty");
  refused("\"poly_orders\": [[1]]", "must be a list of words");
  refused("\"chip_number\": [1, 2]", "must have one value");
  refused("\"v_mxa\": 1", "the nearest is v-max");
}
