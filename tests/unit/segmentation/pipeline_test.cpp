#include <doctest/doctest.h>
#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <cstdio>
#include <filesystem>
#include <support/tier.hpp>
#include <weir/segmentation/pipeline.hpp>
#include <weir/segmentation/segmenting.hpp>

#include "reports.hpp"
#include "scratch.hpp"

using namespace weir::segmentation;
using weir::test::sanitized;

namespace {

const TimeZone& santiago() {
  static const TimeZone zone = TimeZone::load("America/Santiago").value();
  return zone;
}

/// A corpus in a folder, and the two stages over it.
struct Bench {
  explicit Bench(std::size_t files, CorpusKind kind = CorpusKind::clean, int workers = 2)
      : runtime(start(workers)) {
    const auto made = generate(*runtime, {files, kind, 1}, scratch.path() + "/corpus", {});
    REQUIRE_MESSAGE(made.ok(), made.error().text());
    CHECK(made.value().files == files);
  }
  StageConfig stage_config(const std::string& out, bool force = false) const {
    StageConfig config;
    config.raw_root = scratch.path() + "/corpus/raw";
    config.stage_root = scratch.path() + "/" + out + "/stage";
    config.zone = &santiago();
    config.sync = SyncPolicy::none;
    config.force = force;
    config.side = side;
    config.capacity = capacity;
    return config;
  }
  StageReport stage_all(const std::string& out = "out", bool force = false) {
    auto report = stage(*runtime, stage_config(out, force), {});
    REQUIRE_MESSAGE(report.ok(), report.error().text());
    return std::move(report).value();
  }
  SegmentConfig segment_config(const std::string& out, const std::string& procedure = "IV",
                               std::size_t points = 5) const {
    SegmentConfig config;
    config.stage_root = scratch.path() + "/" + out + "/stage";
    config.output_root = scratch.path() + "/" + out + "/" + procedure;
    config.procedure = procedure;
    config.sync = SyncPolicy::none;
    config.side = side;
    config.capacity = capacity;
    config.detector.min_segment_points = points;
    config.detector.rule = rule;
    return config;
  }
  StageReport segment_all(const std::string& out = "out", const std::string& procedure = "IV",
                          std::size_t points = 5) {
    auto report = preprocess(*runtime, segment_config(out, procedure, points), {});
    REQUIRE_MESSAGE(report.ok(), report.error().text());
    return std::move(report).value();
  }
  PipelineReport both(const std::string& out, bool force = false) {
    SegmentConfig second = segment_config(out);
    second.force = force;
    auto report = pipeline(*runtime, stage_config(out, force), second, {});
    REQUIRE_MESSAGE(report.ok(), report.error().text());
    return std::move(report).value();
  }

  Scratch scratch;
  std::unique_ptr<weir::Runtime> runtime;
  SideFiles side;
  Rule rule = Rule::zigzag;
  std::uint32_t capacity = 4;
};

const std::string one_run =
    "#Procedure: <a.IV>\n#Metadata:\n#\tStart time: 1757018821.5\n#Data:\nVsd (V),segment_id\n"
    "0.0,7\n0.1,7\n0.2,7\n0.3,7\n0.4,7\n0.5,7\n";

std::string first_file(const std::map<std::string, std::string>& tree, const std::string& part) {
  for (const auto& [name, bytes] : tree) {
    if (name.find(part) != std::string::npos) return name;
  }
  FAIL("no file like " << part);
  return {};
}

}  // namespace

TEST_CASE("pipeline: a corpus is staged and segmented, nothing is lost in the graphs") {
  Bench bench(150);
  const StageReport staged = bench.stage_all();
  CHECK(staged.files == 150);
  CHECK(staged.done + staged.rejected == 150);
  CHECK(staged.rejected == 6);
  CHECK(staged.graph.ledger.in == 150);
  CHECK(staged.graph.ledger.out == 150);
  CHECK(bench.runtime->barrier().status == weir::Status::accepted);
  const StageReport cut = bench.segment_all();
  CHECK(cut.files == 36);
  CHECK(cut.segments == 4 * 36);
  CHECK(bench.segment_all("out", "IVg").segments > 0);
  const auto tree = bench.scratch.tree("out");
  CHECK(tree.contains("out/stage/_manifest/manifest.parquet"));
  CHECK(tree.contains("out/IV/_manifest/manifest.parquet"));
  for (const auto& [name, bytes] : tree) CHECK(name.find("weir-tmp") == std::string::npos);
}

namespace {

/// The files of a tree, named without its first folder; what names the tree itself in them is cut out.
std::map<std::string, std::string> below(const Bench& bench, const std::string& out) {
  std::map<std::string, std::string> tree;
  for (const auto& [name, bytes] : bench.scratch.tree(out)) {
    if (name.find("_manifest/journal") == name.npos) {
      tree[name.substr(out.size())] = bytes;
      continue;
    }
    std::string text = bytes;
    const std::string root = "/" + out + "/";
    for (std::size_t at = 0; (at = text.find(root, at)) != text.npos;)
      text.replace(at, root.size(), "/O/");
    // A record's checksum is of the tree's name too.
    const std::string sum = ",\"crc32\":\"";
    for (std::size_t at = 0; (at = text.find(sum, at)) != text.npos;)
      text.erase(at, sum.size() + 9);
    tree[name.substr(out.size())] = text;
  }
  return tree;
}

}  // namespace

TEST_CASE("pipeline: both stages in one graph do what they do apart") {
  for (const int workers : {1, 2, 4}) {
    if (sanitized && workers != 2) continue;
    Bench bench(sanitized ? 60 : 120, CorpusKind::dirty, workers);
    bench.capacity = workers == 2 ? 1 : 4;
    const auto compare = [&bench](bool force = false) {
      const PipelineReport one = bench.both("one", force);
      const StageReport staged = bench.stage_all("two", force);
      SegmentConfig second = bench.segment_config("two");
      second.force = force;
      const StageReport cut = preprocess(*bench.runtime, second, {}).value();
      check_alike(one.stage, staged);
      check_alike(one.preprocess, cut);
      CHECK(below(bench, "one") == below(bench, "two"));
      return one;
    };
    const auto all = [&bench](const std::string& part) {
      std::vector<std::string> names;
      for (const auto& [name, bytes] : bench.scratch.tree(part)) names.push_back(name);
      return names;
    };
    CHECK(compare().preprocess.done > 0);
    CHECK(compare().preprocess.done == 0);
    const std::vector<std::string> raw = all("corpus/raw");
    for (std::size_t i = 0; i < raw.size(); i += 9) {  // gone, and their runs stay
      std::filesystem::remove(bench.scratch.path() + "/" + raw[i]);
    }
    for (std::size_t i = 4; i < raw.size(); i += 9) {
      std::string bytes = bench.scratch.read(raw[i]);
      bytes.resize(bytes.size() * 3 / 4);
      bench.scratch.write(raw[i], bytes);
    }
    for (const std::string out : {"one", "two"}) {
      std::size_t number = 0;
      for (const std::string& name : all(out)) {  // outputs of either stage are missing
        if (name.find("part-000") != name.npos && number++ % 13 == 0)
          std::filesystem::remove(bench.scratch.path() + "/" + name);
      }
    }
    const PipelineReport mended = compare();
    CHECK(mended.stage.done > 0);
    CHECK(mended.preprocess.done > 0);
    CHECK(mended.preprocess.skipped > 0);
    CHECK(compare(true).preprocess.skipped == 0);
  }
}

TEST_CASE("pipeline: a second run parses nothing, and changes no byte") {
  Bench bench(60);
  bench.stage_all();
  bench.segment_all();
  const auto before = bench.scratch.tree("out");
  const StageReport staged = bench.stage_all();
  CHECK(staged.done == 0);
  CHECK(staged.rows == 0);
  CHECK(staged.skipped + staged.rejected == 60);
  const StageReport cut = bench.segment_all();
  CHECK(cut.done == 0);
  CHECK(cut.skipped == cut.files);
  CHECK(cut.segments == 4 * cut.files);
  CHECK(bench.scratch.tree("out") == before);
}

TEST_CASE("pipeline: force does everything again, with the same bytes") {
  Bench bench(40);
  bench.stage_all();
  const auto before = bench.scratch.tree("out");
  const StageReport again = bench.stage_all("out", true);
  CHECK(again.skipped == 0);
  CHECK(again.done > 0);
  CHECK(bench.scratch.tree("out") == before);
}

TEST_CASE("pipeline: the bytes depend neither on workers nor on the size of the rings") {
  Bench two(60, CorpusKind::dirty);
  two.stage_all();
  two.segment_all();
  const auto want = two.scratch.tree("out");
  for (const int workers : {0, 1, 4}) {
    two.runtime.reset();
    two.runtime = start(workers);
    two.capacity = workers == 4 ? 1 : 64;
    // The same paths, or the ids would differ: what is there is moved aside.
    std::filesystem::remove_all(two.scratch.path() + "/out");
    two.stage_all();
    two.segment_all();
    CHECK(two.scratch.tree("out") == want);
  }
}

TEST_CASE("pipeline: an output that is missing is made again, alone") {
  Bench bench(40);
  bench.stage_all();
  bench.segment_all();
  const auto before = bench.scratch.tree("out");
  const std::string staged = first_file(before, "stage/proc=IV/");
  const std::string segment = first_file(before, "segment=2");
  REQUIRE(std::remove((bench.scratch.path() + "/" + staged).c_str()) == 0);
  REQUIRE(std::remove((bench.scratch.path() + "/" + segment).c_str()) == 0);
  CHECK(bench.stage_all().done == 1);
  CHECK(bench.segment_all().done == 1);
  CHECK(bench.scratch.tree("out") == before);
}

TEST_CASE("pipeline: an output that was cut is made again, alone") {
  Bench bench(40);
  bench.stage_all();
  bench.segment_all();
  const auto before = bench.scratch.tree("out");
  for (const char* part : {"stage/proc=IV/", "segment=2"}) {
    const std::string name = first_file(before, part);
    bench.scratch.write(name, before.at(name).substr(0, 100));
  }
  CHECK(bench.stage_all().done == 1);
  CHECK(bench.segment_all().done == 1);
  CHECK(bench.scratch.tree("out") == before);
}

TEST_CASE("pipeline: what could not be read is tried again, what was refused is not read again") {
  Bench bench(40);
  const std::string link = bench.scratch.path() + "/corpus/raw/link.csv";
  REQUIRE(::symlink("target", link.c_str()) == 0);  // leads nowhere: a record, not a warning
  const StageReport staged = bench.stage_all();
  CHECK(staged.rejects.at("unreadable") == 1);
  CHECK(staged.warnings.empty());
  CHECK(staged.bytes_in > 0);
  bench.scratch.write("corpus/raw/target", one_run);
  const StageReport again = bench.stage_all();
  CHECK(again.done == 1);
  CHECK(again.rejected == staged.rejected - 1);
  CHECK(again.bytes_in == one_run.size());
  // The same for a staged file that is whole again, of the same input.
  const std::string name = first_file(bench.scratch.tree("out"), "stage/proc=IV/");
  const std::string bytes = bench.scratch.read(name);
  bench.scratch.write(name, "no parquet");
  CHECK(bench.segment_all().rejects.at("unreadable") == 1);
  bench.scratch.write(name, bytes);
  CHECK(bench.segment_all().rejected == 0);
}

TEST_CASE("pipeline: segments stay while their runs cannot be looked at") {
  Bench bench(60);
  bench.stage_all();
  bench.segment_all();
  const auto before = bench.scratch.tree("out/IV");
  const std::string staged = bench.scratch.path() + "/out/stage/proc=IV";
  std::string day;
  for (const auto& entry : std::filesystem::directory_iterator(staged)) day = entry.path();
  // As root everything can be read: a loop of links instead of a folder without permission.
  const std::string aside = bench.scratch.path() + "/aside";
  std::filesystem::rename(day, aside);
  std::filesystem::create_symlink(day, day);
  CHECK(bench.segment_all().warnings.size() == 1);
  CHECK(bench.scratch.tree("out/IV") == before);
  std::filesystem::remove(day);
  std::filesystem::rename(aside, day);
  std::filesystem::rename(staged, staged + "-not-mounted");
  CHECK(bench.segment_all().files == 0);
  CHECK(bench.scratch.tree("out/IV") == before);
}

TEST_CASE("pipeline: a name that is no UTF-8 is staged under one that is, and found again") {
  Bench bench(10);
  bench.scratch.write("corpus/raw/a\xff.csv", one_run);
  bench.scratch.write("corpus/raw/a\xfe.csv", one_run);
  const StageReport staged = bench.stage_all();
  CHECK(bench.stage_all().skipped == staged.done);
  const auto journal = bench.scratch.read("out/stage/_manifest/journal.jsonl");
  CHECK(journal.find("/a\\\\xff.csv") != std::string::npos);
  CHECK(journal.find("/a\\\\xfe.csv") != std::string::npos);
}

TEST_CASE("pipeline: what a damaged line may have made anew is done again, and nothing else") {
  Bench bench(10);
  const std::string journal = "out/stage/_manifest/journal.jsonl";
  const StageReport staged = bench.stage_all();
  // As a run with another configuration leaves it that was killed, its one line damaged; what it
  // made is as long as what was there.
  const std::string text = bench.scratch.read(journal);
  const std::string line = text.substr(0, text.find('\n'));
  const auto record = from_json_line(line);
  REQUIRE(record.ok());
  REQUIRE(record.value().ok());
  const std::string output = "out/stage/" + record.value().file();
  const std::string content = bench.scratch.read(output);
  bench.scratch.write(output, std::string(content.size(), 'x'));
  std::string damaged = line;
  damaged[damaged.find("\"config\":") + 12] ^= 1;
  bench.scratch.write(journal, text + damaged + "\n");
  const StageReport again = bench.stage_all();
  CHECK(again.warnings.size() == 1);
  CHECK(again.done == 1);
  CHECK(again.skipped == staged.done + staged.rejected - 1);
  CHECK(bench.scratch.read(output) == content);
  CHECK(bench.scratch.read(journal) == text);
}

TEST_CASE("pipeline: two processes do not work on one root") {
  Bench bench(10);
  const auto other = Journal::open(bench.scratch.path() + "/stage", SyncPolicy::none);
  REQUIRE(other.ok());
  StageConfig config;
  config.raw_root = bench.scratch.path() + "/corpus/raw";
  config.stage_root = bench.scratch.path() + "/stage";
  config.zone = &santiago();
  CHECK(stage(*bench.runtime, config, {}).error().code == "in_use");
}

TEST_CASE("pipeline: a changed input replaces its outputs, stale segments and all") {
  Bench bench(40);
  bench.stage_all();
  bench.segment_all();
  const auto corpus = bench.scratch.tree("corpus");
  const std::string first = first_file(bench.scratch.tree("out"), "stage/proc=IV/");
  std::string path;
  std::string bytes;
  for (const auto& [name, text] : corpus) {
    if (name.find("/IV2") == std::string::npos || text.find("#Metadata:") == std::string::npos)
      continue;
    if (text.find("#Data:\r\nVsd") == std::string::npos || text.find('\0') != std::string::npos)
      continue;
    if (text.find("Traceback") != std::string::npos || !text.starts_with("#Proc")) continue;
    path = name;
    bytes = text;
    break;
  }
  REQUIRE(!path.empty());
  const std::size_t half =
      bytes.find('\n', bytes.size() / 2) + 1;  // the sweep was stopped: fewer segments
  bench.scratch.write(path, bytes.substr(0, half));
  const StageReport staged = bench.stage_all();
  CHECK(staged.done == 1);
  CHECK(staged.removed == 0);  // the same id
  const StageReport cut = bench.segment_all();
  CHECK(cut.done == 1);
  CHECK(cut.removed >= 1);
  // Another start time is another id: the old run goes, from both trees.
  const std::size_t start = bytes.find("Start time: ") + 12;
  bench.scratch.write(
      path, bytes.substr(0, start) + "1700000000.5" + bytes.substr(bytes.find("\r\n", start)));
  const StageReport moved = bench.stage_all();
  CHECK(moved.done == 1);
  CHECK(moved.removed == 1);
  const StageReport again = bench.segment_all();
  CHECK(again.done == 1);
  CHECK(again.removed >= 1);
  // And one that can no longer be read leaves nothing.
  bench.scratch.write(path, "");
  CHECK(bench.stage_all().removed == 1);
  CHECK(bench.segment_all().files == again.files - 1);
}

TEST_CASE(
    "pipeline: a file that was only touched is done, unless its time is the start of its run") {
  Bench bench(20);
  std::string timeless = one_run;
  timeless.erase(timeless.find("#\tStart time"),
                 std::string("#\tStart time: 1757018821.5\n").size());
  bench.scratch.write("corpus/raw/timeless.csv", timeless);
  bench.scratch.write("corpus/raw/same_size.csv", one_run);
  const StageReport first = bench.stage_all();
  bench.segment_all();
  const auto before = bench.scratch.tree("out");
  const auto touch = [&bench] {
    std::vector<std::string> files;
    for (const auto& [name, bytes] : bench.scratch.tree("corpus/raw")) files.push_back(name);
    for (const std::string& name : files) {
      const std::string path = bench.scratch.path() + "/" + name;
      std::filesystem::last_write_time(
          path, std::filesystem::last_write_time(path) + std::chrono::hours(48));
    }
  };
  touch();
  const StageReport touched = bench.stage_all();
  CHECK(touched.done == 1);
  CHECK(touched.skipped == first.done - 1);
  CHECK(touched.rejects == first.rejects);
  CHECK(touched.bytes_in == timeless.size());
  CHECK(bench.segment_all().done == 1);
  std::size_t same = 0;
  for (const auto& [name, bytes] : bench.scratch.tree("out"))
    same += before.contains(name) && before.at(name) == bytes ? 1 : 0;
  CHECK(same + 8 >= before.size());  // but for the timeless run and what lists all of them
  // The journal has the new time: what is found by it need not be read.
  CHECK(bench.stage_all().skipped == first.done);

  std::string other = one_run;
  other.replace(other.find("0.3,7"), 5, "0.3,8");
  bench.scratch.write("corpus/raw/same_size.csv", other);
  touch();
  CHECK(bench.stage_all().done == 2);
}

TEST_CASE("pipeline: another rule or table does again what it touches") {
  Bench bench(30);
  bench.stage_all();
  bench.segment_all();
  CHECK(bench.segment_all("out", "IV", 6).done > 0);
  CHECK(bench.segment_all("out", "IV", 6).done == 0);
  const auto has_flags = [&] {
    Table table;
    const auto tree = bench.scratch.tree("out/IV/proc=IV");
    REQUIRE(read_parquet(tree.at(first_file(tree, "segment=3")), table).ok());
    return table.find("flags") != nullptr;
  };
  CHECK(has_flags());
  for (const Rule rule : {Rule::compat, Rule::pelt, Rule::zigzag}) {
    bench.rule = rule;
    const StageReport cut = bench.segment_all();
    CHECK(cut.done == cut.files);
    CHECK(cut.segments == 4 * cut.files);
    CHECK(has_flags() == (rule != Rule::compat));
  }
}

TEST_CASE("pipeline: a run that no detector can use is an error record, not the end") {
  Bench bench(40);
  bench.stage_all();
  std::string name = first_file(bench.scratch.tree("out"), "stage/proc=IV/");
  bench.scratch.write(name, "no parquet");
  const StageReport cut = bench.segment_all();
  CHECK(cut.rejected == 1);
  CHECK(cut.rejects.at("unreadable") == 1);
  CHECK(cut.done == cut.files - 1);
}

TEST_CASE("pipeline: side files are the original's") {
  Bench bench(40);
  bench.side.events = true;
  bench.side.events_dir = bench.scratch.path() + "/events";
  bench.side.rejects_dir = bench.scratch.path() + "/rejects";
  const StageReport staged = bench.stage_all();
  CHECK(bench.scratch.tree("events").size() == staged.done);
  const auto rejects = bench.scratch.tree("rejects");
  CHECK(rejects.size() == staged.rejected);
  CHECK(first_file(rejects, ".reject.json").size() > 20);
  const StageReport cut = bench.segment_all();
  CHECK(bench.scratch.tree("events").size() == staged.done + cut.done);
  CHECK(bench.scratch.read(first_file(bench.scratch.tree("events"), "/segment-")).find("v_range") !=
        std::string::npos);
}

TEST_CASE("pipeline: a staged column does not hide one of the segments'") {
  Bench bench(10);
  bench.scratch.write("corpus/raw/own.csv", one_run);
  bench.stage_all();
  bench.segment_all();
  const Journal journal = Journal::read(bench.scratch.path() + "/out/IV").value();
  std::string own;
  for (const Record& record : journal.sorted()) {
    for (const std::string& note : record.notes) {
      if (note == "column_replaced:segment_id") own = record.path;
    }
  }
  REQUIRE(!own.empty());
  Table table;
  REQUIRE(read_parquet(bench.scratch.read("out/IV/" + own + "/segment=0/part-000.parquet"), table)
              .ok());
  for (const std::string_view name : segment_columns(Rule::zigzag)) {
    std::size_t named = 0;
    for (std::size_t k = 0; k < table.size(); ++k) named += table[k].name == name ? 1 : 0;
    CHECK(named == 1);
  }
  CHECK(table.find("segment_id")->integer(0) == 0);
  CHECK(table.find("flags")->text(0) == "missing_return_positive");
}

TEST_CASE("pipeline: places that are not there are told") {
  Scratch scratch;
  auto runtime = start(1);
  StageConfig config;
  config.raw_root = scratch.path() + "/none";
  config.stage_root = scratch.path() + "/stage";
  config.zone = &santiago();
  CHECK(stage(*runtime, config, {}).error().code == "not_found");
  scratch.write("file", "x");
  config.raw_root = scratch.path() + "/file";
  CHECK(stage(*runtime, config, {}).error().code == "not_a_directory");
  SegmentConfig file_as_root;
  file_as_root.stage_root = scratch.path() + "/file";
  file_as_root.output_root = scratch.path() + "/out";
  CHECK(preprocess(*runtime, file_as_root, {}).error().code == "not_a_directory");
  SegmentConfig segments;
  segments.stage_root = scratch.path() + "/none";
  segments.output_root = scratch.path() + "/out";
  CHECK(preprocess(*runtime, segments, {}).error().code == "not_found");
}

TEST_CASE("pipeline: where nothing is found no root is left, and one that was there stays") {
  Scratch scratch;
  auto runtime = start(1);
  REQUIRE(weir::make_directories(scratch.path() + "/raw").ok());
  StageConfig first;
  first.raw_root = scratch.path() + "/raw";
  first.zone = &santiago();
  SegmentConfig second;
  const auto there = [&](const std::string& name) {
    return weir::stat_file(scratch.path() + "/" + name).ok();
  };
  for (const Layout layout : {Layout::run, Layout::partition}) {
    first.layout = second.layout = layout;
    first.stage_root = scratch.path() + "/a/stage";
    REQUIRE(stage(*runtime, first, {}).ok());
    CHECK(!there("a"));
    second.stage_root = first.raw_root;
    second.output_root = scratch.path() + "/a/b/iv_segments/";
    REQUIRE(preprocess(*runtime, second, {}).ok());
    CHECK(!there("a"));
    second.stage_root = first.stage_root;
    REQUIRE(pipeline(*runtime, first, second, {}).ok());
    CHECK(!there("a"));
    REQUIRE(weir::make_directories(scratch.path() + "/here").ok());
    second.stage_root = first.raw_root;
    second.output_root = scratch.path() + "/here/iv_segments";
    REQUIRE(preprocess(*runtime, second, {}).ok());
    CHECK(there("here"));
    CHECK(!there("here/iv_segments"));
    second.output_root = first.stage_root = scratch.path() + "/here";
    REQUIRE(stage(*runtime, first, {}).ok());
    REQUIRE(preprocess(*runtime, second, {}).ok());
    CHECK(there("here/_manifest/journal.jsonl"));  // a root that is asked for
    std::filesystem::remove_all(scratch.path() + "/here");
  }
}

TEST_CASE(
    "pipeline: an output folder that cannot be written ends the stage, and the former outputs "
    "stay") {
  Bench bench(20);
  bench.scratch.write("out/stage/proc=IVg", "a file where a folder must be");
  StageConfig config;
  config.raw_root = bench.scratch.path() + "/corpus/raw";
  config.stage_root = bench.scratch.path() + "/out/stage";
  config.zone = &santiago();
  const auto report = stage(*bench.runtime, config, {});
  REQUIRE(!report.ok());
  CHECK(!report.error().what.empty());
  CHECK(bench.scratch.read("out/stage/proc=IVg") == "a file where a folder must be");
}
