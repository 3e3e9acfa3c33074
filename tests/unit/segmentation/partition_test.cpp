// Layout partition: what is in the files, what is written again, what is refused.
#include <doctest/doctest.h>

#include <algorithm>
#include <filesystem>
#include <set>
#include <support/tier.hpp>
#include <tuple>
#include <weir/segmentation/pipeline.hpp>
#include <weir/segmentation/segmenting.hpp>
#include <weir/segmentation/text.hpp>

#include "partition_writer.hpp"
#include "reports.hpp"
#include "scratch.hpp"

using namespace weir::segmentation;
using weir::test::sanitized;
namespace fs = std::filesystem;

namespace {

using Tree = std::map<std::string, std::string>;

const TimeZone& utc() {
  static const TimeZone zone = TimeZone::load("UTC").value();
  return zone;
}

constexpr double day_s = 86400;
constexpr double first_day_s = 1757030400;  // 2025-09-05T00:00 UTC

/// A sweep of 12 rows in `columns`, of the voltage and what `more` makes of a row.
std::string sweep(double start_s, const std::string& columns = "Vsd (V),I (A)",
                  const std::string& more = ",1e-9", const std::string& proc = "IV") {
  std::string text = "#Procedure: <a." + proc +
                     ">\n#Metadata:\n#\tStart time: " + python_repr(start_s) + "\n#Data:\n" +
                     columns + "\n";
  for (const char* v :
       {"0.0", "-0.1", "-0.2", "-0.3", "-0.2", "-0.1", "0.1", "0.2", "0.3", "0.2", "0.1", "0.05"})
    text += v + more + "\n";
  return text;
}

struct PartitionBench {
  explicit PartitionBench(int workers = 2) : runtime(start(workers)) {}

  void generate_corpus(std::size_t files, CorpusKind kind) const {
    REQUIRE(generate(*runtime, {files, kind, 1}, scratch.path() + "/corpus", {}).ok());
    fs::rename(scratch.path() + "/corpus/raw", scratch.path() + "/raw");
  }
  void put(const std::string& name, const std::string& text) const {
    scratch.write("raw/" + name, text);
  }
  void remove(const std::string& name) const { fs::remove(scratch.path() + "/raw/" + name); }

  StageConfig stage_config(const std::string& out, Layout layout) const {
    StageConfig config;
    config.raw_root = scratch.path() + "/raw";
    config.stage_root = scratch.path() + "/" + out;
    config.zone = &utc();
    config.sync = SyncPolicy::none;
    config.layout = layout;
    config.capacity = capacity;
    config.compression = compression;
    config.kept_bytes_max = kept_bytes_max;
    return config;
  }
  StageReport stage_all(const std::string& out, Layout layout = Layout::partition) const {
    auto report = stage(*runtime, stage_config(out, layout), {});
    REQUIRE_MESSAGE(report.ok(), report.error().text());
    return std::move(report).value();
  }
  SegmentConfig segment_config(const std::string& staged, const std::string& out, Layout layout,
                               Rule rule = Rule::zigzag) const {
    SegmentConfig config;
    config.stage_root = scratch.path() + "/" + staged;
    config.output_root = scratch.path() + "/" + out;
    config.sync = SyncPolicy::none;
    config.layout = layout;
    config.capacity = capacity;
    config.detector.rule = rule;
    return config;
  }
  StageReport segment_all(const std::string& staged, const std::string& out,
                          Layout layout = Layout::partition, Rule rule = Rule::zigzag) const {
    auto report = preprocess(*runtime, segment_config(staged, out, layout, rule), {});
    REQUIRE_MESSAGE(report.ok(), report.error().text());
    return std::move(report).value();
  }
  /// The files below a root, named from there.
  Tree tree(const std::string& root) const {
    Tree named;
    if (!fs::exists(scratch.path() + "/" + root)) return named;
    for (auto& [name, bytes] : scratch.tree(root)) named[name.substr(root.size() + 1)] = bytes;
    return named;
  }
  /// Whether a root holds what staging everything into a fresh one would.
  void check_as_fresh(const std::string& root) const {
    fs::remove_all(scratch.path() + "/fresh");
    stage_all("fresh");
    CHECK(tree(root) == tree("fresh"));
  }

  Scratch scratch;
  std::unique_ptr<weir::Runtime> runtime;
  std::uint32_t capacity = 4;
  Compression compression = Compression::zstd;
  std::size_t kept_bytes_max = StageConfig().kept_bytes_max;
};

bool is_data(const std::string& name) { return name.starts_with("proc="); }

/// A value as text; null apart from all others.
std::string value(const Column& column, std::size_t row) {
  if (column.is_null(row)) return "(null)";
  if (column.type == ColumnType::text) return std::string(column.text(row));
  if (column.type == ColumnType::float64)
    return python_repr(column.floats[column.constant ? 0 : row]);
  return std::to_string(column.integer(row));
}

struct Run {
  std::string id;
  std::int64_t start_us = 0;
  Table table;
};

/// The runs of a partition in the order of its parts and row groups; what every part must be is checked.
std::vector<std::unique_ptr<Run>> runs_of(const Tree& tree, const std::string& partition) {
  std::vector<std::unique_ptr<Run>> runs;
  for (int part = 0;; ++part) {
    const auto at = tree.find(partition + "/" + part_name(part));
    if (at == tree.end()) break;
    CHECK(at->second.size() <= part_bytes_max + (1u << 22));
    auto reader = ParquetReader::open(at->second);
    REQUIRE_MESSAGE(reader.ok(), at->first);
    CHECK(reader.value().row_groups() <= part_runs_max);
    const FileInfo& info = reader.value().info();
    for (std::size_t g = 0; g < reader.value().row_groups(); ++g) {
      auto run = std::make_unique<Run>();
      REQUIRE(reader.value().read_row_group(g, run->table).ok());
      const auto id = std::find_if(info.columns.begin(), info.columns.end(),
                                   [](const ColumnInfo& c) { return c.name == "run_id"; });
      REQUIRE(id != info.columns.end());
      CHECK(id->encodings.find("RLE_DICTIONARY") != std::string::npos);
      CHECK(id->chunks[g].min == id->chunks[g].max);  // a reader skips to a run
      run->id = run->table.find("run_id")->text(0);
      CHECK(id->chunks[g].min == run->id);
      run->start_us = run->table.find("start_dt")->integer(0);
      runs.push_back(std::move(run));
    }
  }
  for (std::size_t k = 1; k < runs.size(); ++k)
    CHECK(std::tie(runs[k - 1]->start_us, runs[k - 1]->id) <
          std::tie(runs[k]->start_us, runs[k]->id));
  return runs;
}

std::set<std::string> partitions_of(const Tree& tree) {
  std::set<std::string> partitions;
  for (const auto& [name, bytes] : tree) {
    if (is_data(name)) partitions.insert(name.substr(0, name.find('/', name.find('/') + 1)));
  }
  return partitions;
}

/// Rows `from`.. of `many` against all rows of `one`: what `one` has is there, the rest is null.
void check_rows(const Table& many, std::size_t from, const Table& one) {
  for (std::size_t k = 0; k < one.size(); ++k) {
    const Column* there = many.find(one[k].name);
    REQUIRE_MESSAGE(there != nullptr, one[k].name);
    std::size_t wrong = 0;
    for (std::size_t row = 0; row < one.rows; ++row)
      wrong += value(one[k], row) == value(*there, from + row) ? 0 : 1;
    CHECK_MESSAGE(wrong == 0, one[k].name);
  }
  for (std::size_t k = 0; k < many.size(); ++k) {
    if (one.find(many[k].name) != nullptr) continue;
    for (std::size_t row = 0; row < one.rows; ++row) CHECK(many[k].is_null(from + row));
  }
}

/// Every run of a root of layout run is in the partition it belongs to, and no other; returns how many.
std::size_t check_staged(const Tree& parts, const Tree& runs) {
  std::size_t found = 0;
  for (const std::string& partition : partitions_of(parts)) {
    for (const auto& run : runs_of(parts, partition)) {
      const auto one = runs.find(partition + "/run_id=" + run->id + "/part-000.parquet");
      REQUIRE(one != runs.end());
      Table table;
      REQUIRE(read_parquet(one->second, table).ok());
      REQUIRE(table.rows == run->table.rows);
      check_rows(run->table, 0, table);
      ++found;
    }
  }
  std::size_t all = 0;
  for (const auto& [name, bytes] : runs) all += is_data(name) ? 1 : 0;
  CHECK(found == all);
  return found;
}

/// The same of segments: a run's rows are those of its segments, one behind the other.
void check_segmented(const Tree& parts, const Tree& runs) {
  std::size_t found = 0;
  for (const std::string& partition : partitions_of(parts)) {
    for (const auto& run : runs_of(parts, partition)) {
      std::size_t from = 0;
      for (int id = 0;; ++id) {
        const auto one = runs.find(partition + "/run_id=" + run->id +
                                   "/segment=" + std::to_string(id) + "/part-000.parquet");
        if (one == runs.end()) break;
        Table table;
        REQUIRE(read_parquet(one->second, table).ok());
        REQUIRE(from + table.rows <= run->table.rows);
        check_rows(run->table, from, table);
        from += table.rows;
        ++found;
      }
      CHECK(from == run->table.rows);
    }
  }
  std::size_t all = 0;
  for (const auto& [name, bytes] : runs) all += is_data(name) ? 1 : 0;
  CHECK(found == all);
  CHECK(found > 0);
}

/// Names of files whose bytes differ, journal and manifest apart.
std::set<std::string> changed(const Tree& before, const Tree& after) {
  std::set<std::string> names;
  for (const auto& [name, bytes] : before) {
    if (is_data(name) && (!after.contains(name) || after.at(name) != bytes)) names.insert(name);
  }
  for (const auto& [name, bytes] : after) {
    if (is_data(name) && !before.contains(name)) names.insert(name);
  }
  return names;
}

void put_three_days(const PartitionBench& bench) {
  for (int day = 0; day < 3; ++day) {
    for (int k = 0; k < 4; ++k) {
      const std::string name = std::to_string(k) + "/d" + std::to_string(day) + ".csv";
      bench.put(name, sweep(first_day_s + day * day_s + 100.0 * (7 * k % 4)));
    }
  }
}

constexpr const char* day_files[] = {"proc=IV/date=2025-09-05/part-000.parquet",
                                     "proc=IV/date=2025-09-06/part-000.parquet",
                                     "proc=IV/date=2025-09-07/part-000.parquet"};

}  // namespace

TEST_CASE("partition: the rows of each run are those of layout run, by start") {
  for (const CorpusKind kind : {CorpusKind::clean, CorpusKind::dirty}) {
    PartitionBench bench;
    bench.generate_corpus(sanitized ? 60 : 150, kind);
    const StageReport one = bench.stage_all("runs", Layout::run);
    const StageReport many = bench.stage_all("parts");
    CHECK(many.files == one.files);
    CHECK(many.done == one.done);
    CHECK(many.rejects == one.rejects);
    CHECK(many.rows == one.rows);
    CHECK(many.survey.ledger.in == one.files);
    CHECK(many.graph.ledger.in == many.graph.ledger.out);
    CHECK(check_staged(bench.tree("parts"), bench.tree("runs")) == one.done);
    for (const Rule rule : {Rule::zigzag, Rule::compat}) {
      const std::string name(to_string(rule));
      const StageReport cut = bench.segment_all("runs", "runs-" + name, Layout::run, rule);
      bench.segment_all("runs", "parts-" + name, Layout::partition, rule);
      check_segmented(bench.tree("parts-" + name), bench.tree("runs-" + name));
      // From staged partitions the same comes, in either layout.
      bench.segment_all("parts", "runs2-" + name, Layout::run, rule);
      const StageReport again =
          bench.segment_all("parts", "parts2-" + name, Layout::partition, rule);
      CHECK(again.segments == cut.segments);
      CHECK(again.files == cut.files);
      CHECK(changed(bench.tree("runs-" + name), bench.tree("runs2-" + name)).empty());
      CHECK(changed(bench.tree("parts-" + name), bench.tree("parts2-" + name)).empty());
    }
  }
}

TEST_CASE("partition: a column has one type in all partitions of a procedure") {
  PartitionBench bench;
  bench.put("a.csv", sweep(first_day_s, "Vsd (V),gain,I (A)", ",5,1e-9"));
  bench.put("b.csv", sweep(first_day_s + 1, "note,Vsd (V)", ",0.5"));  // columns change places
  bench.put("c.csv", sweep(first_day_s + day_s, "Vsd (V),gain", ",7"));
  bench.put("d.csv", sweep(first_day_s + day_s, "Vg (V),gain", ",7", "IVg"));
  bench.put("e.csv", sweep(first_day_s + day_s + 2, "Vsd (V),I (A)", ",1e-9"));
  const auto type_of = [&bench](const char* file, const std::string& column) {
    Table table;
    REQUIRE(read_parquet(bench.scratch.read(std::string("s/") + file), table).ok());
    const Column* found = table.find(column);
    return found == nullptr ? std::string("none") : std::string(to_string(found->type));
  };
  bench.stage_all("s");
  CHECK(type_of(day_files[0], "gain") == "float64");
  CHECK(type_of(day_files[0], "note") == "float64");
  CHECK(type_of(day_files[1], "note") == "none");
  // Text in one day: a number's text in the others of the procedure, and numbers again without it.
  bench.put("f.csv", sweep(first_day_s + 2 * day_s, "Vsd (V),gain", ",high"));
  CHECK(bench.stage_all("s").done == 1);
  for (const char* file : day_files) CHECK(type_of(file, "gain") == "text");
  Table table;
  REQUIRE(read_parquet(bench.scratch.read(std::string("s/") + day_files[1]), table).ok());
  CHECK(table.find("gain")->text(0) == "7.0");
  CHECK(table.find("gain")->is_null(12));  // the run that has no such column
  CHECK(type_of("proc=IVg/date=2025-09-06/part-000.parquet", "gain") == "float64");
  bench.check_as_fresh("s");
  bench.remove("f.csv");
  bench.stage_all("s");
  CHECK(type_of(day_files[0], "gain") == "float64");
  bench.check_as_fresh("s");
}

TEST_CASE("partition: the bytes depend neither on workers nor on the size of the rings") {
  Tree want, want_segments;
  PartitionBench bench;
  bench.generate_corpus(60, CorpusKind::dirty);
  for (const int workers : {2, 0, 1, 4}) {
    if (sanitized && workers == 1) continue;
    bench.runtime.reset();
    bench.runtime = start(workers);
    bench.capacity = workers == 4 ? 1 : 16;
    fs::remove_all(bench.scratch.path() + "/s");
    fs::remove_all(bench.scratch.path() + "/g");
    bench.stage_all("s");
    bench.segment_all("s", "g");
    if (want.empty()) {
      want = bench.tree("s");
      want_segments = bench.tree("g");
    }
    CHECK(bench.tree("s") == want);
    CHECK(bench.tree("g") == want_segments);
  }
}

TEST_CASE("partition: what is kept between survey and writing changes no byte") {
  PartitionBench bench;
  bench.generate_corpus(60, CorpusKind::dirty);
  bench.put("x/a.csv", sweep(first_day_s, "Vsd (V),gain,I (A)", ",5,1e-9"));
  bench.put("x/b.csv", sweep(first_day_s + 1, "note,Vsd (V)", ",0.5"));  // columns change places
  bench.put("x/c.csv", sweep(first_day_s + 2));
  bench.put("x/d.csv", sweep(first_day_s + day_s, "Vsd (V),gain", ",high"));  // a.csv's is text too
  bench.put("x/e.csv", sweep(first_day_s + 3, "Vsd (V),level", ",1"));
  Tree want;
  std::uint64_t runs = 0;
  for (const std::size_t bytes_max : {bench.kept_bytes_max, std::size_t{50'000}, std::size_t{0}}) {
    bench.kept_bytes_max = bytes_max;
    fs::remove_all(bench.scratch.path() + "/s");
    const StageReport report = bench.stage_all("s");
    if (want.empty()) {
      want = bench.tree("s");
      runs = report.done;
      CHECK(report.read_once < runs);  // what becomes text is read again
      CHECK(report.read_once > runs / 2);
      Table table;
      REQUIRE(read_parquet(want.at(day_files[0]), table).ok());
      CHECK(table.find("gain")->type == ColumnType::text);
      continue;
    }
    CHECK(report.done == runs);
    CHECK((report.read_once == 0) == (bytes_max == 0));
    CHECK(report.read_once < runs / 2);
    CHECK(bench.tree("s") == want);
    // Neighbours of what is new are looked at, and kept, as well.
    const std::string extra = std::to_string(bytes_max) + ".csv";
    bench.put(extra, sweep(first_day_s + 4, "Vsd (V),more", ",1"));
    const StageReport again = bench.stage_all("s");
    CHECK(again.done == 1);
    CHECK((again.read_once == 0) == (bytes_max == 0));
    bench.check_as_fresh("s");
    bench.remove(extra);
  }
}

TEST_CASE("partition: a file that is refused leaves no column behind") {
  PartitionBench bench;
  bench.put("a.csv", sweep(first_day_s));
  bench.put("b.csv",
            sweep(first_day_s + 1, "Vsd (V),odd", ",1") + "0.1\n");  // its last row is short
  const StageReport report = bench.stage_all("s");
  CHECK(report.rejects == std::map<std::string, std::uint64_t>{{"ragged_columns", 1}});
  Table table;
  REQUIRE(read_parquet(bench.scratch.read(std::string("s/") + day_files[0]), table).ok());
  CHECK(table.rows == 12);
  CHECK(table.find("odd") == nullptr);
  bench.put("c.csv", sweep(first_day_s + 2));  // the partition is written again
  bench.stage_all("s");
  bench.check_as_fresh("s");
}

TEST_CASE("partition: a pipeline is its two stages, and a second one does nothing") {
  PartitionBench bench;
  bench.generate_corpus(80, CorpusKind::clean);
  const StageConfig first = bench.stage_config("s", Layout::partition);
  const SegmentConfig second = bench.segment_config("s", "g", Layout::partition);
  const auto both = pipeline(*bench.runtime, first, second, {});
  REQUIRE(both.ok());
  const Tree staged = bench.tree("s");
  const Tree segmented = bench.tree("g");
  fs::remove_all(bench.scratch.path() + "/s");
  fs::remove_all(bench.scratch.path() + "/g");
  CHECK(bench.stage_all("s").done == both.value().stage.done);
  CHECK(bench.segment_all("s", "g").segments == both.value().preprocess.segments);
  CHECK(bench.tree("s") == staged);
  CHECK(bench.tree("g") == segmented);
  const auto again = pipeline(*bench.runtime, first, second, {});
  REQUIRE(again.ok());
  CHECK(again.value().stage.done == 0);
  CHECK(again.value().stage.bytes_in == 0);
  CHECK(again.value().preprocess.done == 0);
  CHECK(again.value().preprocess.skipped == again.value().preprocess.files);
  CHECK(bench.tree("s") == staged);
  CHECK(bench.tree("g") == segmented);
}

TEST_CASE(
    "partition: a new, changed, moved or vanished input writes its partitions again, no other") {
  PartitionBench bench;
  put_three_days(bench);
  CHECK(bench.stage_all("s").done == 12);
  bench.segment_all("s", "g");
  Tree before = bench.tree("s");
  Tree segments = bench.tree("g");
  REQUIRE(partitions_of(before).size() == 3);
  const auto step = [&](std::uint64_t done, std::uint64_t removed, std::set<std::string> files) {
    const StageReport staged = bench.stage_all("s");
    CHECK(staged.done == done);
    CHECK(staged.removed == removed);
    CHECK(changed(before, bench.tree("s")) == files);
    before = bench.tree("s");
    bench.check_as_fresh("s");
    const StageReport cut = bench.segment_all("s", "g");
    CHECK(cut.files == staged.done + staged.skipped);
    CHECK(changed(segments, bench.tree("g")) == files);
    segments = bench.tree("g");
    fs::remove_all(bench.scratch.path() + "/g2");
    bench.segment_all("s", "g2");
    CHECK(segments == bench.tree("g2"));
  };
  step(0, 0, {});
  bench.put("2/d1.csv", sweep(first_day_s + day_s + 200, "Vsd (V),I (A)", ",2e-9"));  // changed
  step(1, 0, {day_files[1]});
  bench.put("new.csv", sweep(first_day_s + 50));
  step(1, 0, {day_files[0]});
  bench.put("new.csv", sweep(first_day_s + 2 * day_s + 50));  // moved
  step(1, 1, {day_files[0], day_files[2]});
  bench.remove("new.csv");
  step(0, 1, {day_files[2]});
  bench.put("0/d0.csv", "");  // no run any more
  step(0, 1, {day_files[0]});
  for (int k = 0; k < 4; ++k) bench.remove(std::to_string(k) + "/d2.csv");
  step(0, 4, {day_files[2]});
  CHECK(!fs::exists(bench.scratch.path() + "/s/proc=IV/date=2025-09-07"));
}

TEST_CASE("partition: what is missing, cut or unknown in a root is mended") {
  PartitionBench bench;
  put_three_days(bench);
  bench.stage_all("s");
  bench.segment_all("s", "g");
  const Tree staged = bench.tree("s");
  const Tree segments = bench.tree("g");
  for (const auto& [root, want] : {std::pair{"s", &staged}, std::pair{"g", &segments}}) {
    const std::string path = bench.scratch.path() + "/" + root + "/";
    fs::remove(path + day_files[0]);
    fs::resize_file(path + day_files[1], 100);
    bench.scratch.write(std::string(root) + "/proc=IV/date=2025-09-07/part-001.parquet", "stale");
    bench.scratch.write(std::string(root) + "/proc=IV/date=2001-01-01/part-000.parquet", "stale");
    bench.scratch.write(std::string(root) + "/_manifest/building/part-000.parquet", "half");
    bench.scratch.write(std::string(root) + "/proc=IV/date=2025-09-07/notes.txt", "mine");
    const StageReport report = root[0] == 's' ? bench.stage_all("s") : bench.segment_all("s", "g");
    CHECK(report.done == 8);
    CHECK(bench.scratch.read(std::string(root) + "/proc=IV/date=2025-09-07/notes.txt") == "mine");
    fs::remove(path + "proc=IV/date=2025-09-07/notes.txt");
    CHECK(bench.tree(root) == *want);
  }
}

TEST_CASE("partition: what cannot be removed is an error, and no record says that it is gone") {
  PartitionBench bench;
  bench.put("a.csv", sweep(first_day_s));
  bench.put("b.csv", sweep(first_day_s + day_s));
  bench.stage_all("s");
  const std::string day = bench.scratch.path() + "/s/proc=IV/date=2025-09-05";
  bench.remove("a.csv");
  // As root everything can be removed: a folder that is not empty stands where the part was.
  fs::rename(day + "/part-000.parquet", bench.scratch.path() + "/aside");
  bench.scratch.write("s/proc=IV/date=2025-09-05/part-000.parquet/x", "");
  const auto staged = stage(*bench.runtime, bench.stage_config("s", Layout::partition), {});
  REQUIRE(!staged.ok());
  CHECK(staged.error().code == "unwritable");
  CHECK(staged.error().where == day + "/part-000.parquet");
  CHECK(Journal::read(bench.scratch.path() + "/s").value().sorted().size() == 2);
  fs::remove_all(day + "/part-000.parquet");
  fs::rename(bench.scratch.path() + "/aside", day + "/part-000.parquet");
  CHECK(bench.stage_all("s").removed == 1);
  bench.check_as_fresh("s");
}

TEST_CASE("partition: many runs of a day are several parts, replaced together") {
  PartitionBench bench;
  const std::size_t runs = part_runs_max + 40;
  const auto name = [](std::size_t k) { return "r" + std::to_string(k) + ".csv"; };
  for (std::size_t k = 0; k < runs; ++k)
    bench.put(name(k), sweep(first_day_s + static_cast<double>(k * 37 % 5000)));
  bench.compression = Compression::none;
  CHECK(bench.stage_all("s").done == runs);
  const std::string day = "proc=IV/date=2025-09-05";
  CHECK(runs_of(bench.tree("s"), day).size() == runs);
  CHECK(fs::exists(bench.scratch.path() + "/s/" + day + "/part-001.parquet"));
  CHECK(!fs::exists(bench.scratch.path() + "/s/" + day + "/part-002.parquet"));
  CHECK(bench.segment_all("s", "g").done == runs);
  CHECK(runs_of(bench.tree("g"), day).size() == runs);
  CHECK(bench.segment_all("s", "g").skipped == runs);
  bench.scratch.write("s/" + day + "/notes.txt", "mine");
  bench.put("early.csv", sweep(first_day_s + 0.5));
  CHECK(bench.stage_all("s").done == 1);
  CHECK(runs_of(bench.tree("s"), day).size() == runs + 1);
  CHECK(bench.scratch.read("s/" + day + "/notes.txt") == "mine");
  fs::remove(bench.scratch.path() + "/s/" + day + "/notes.txt");
  bench.check_as_fresh("s");
  for (std::size_t k = 100; k < runs; ++k) bench.remove(name(k));  // one part again
  CHECK(bench.stage_all("s").removed == runs - 100);
  CHECK(runs_of(bench.tree("s"), day).size() == 101);
  CHECK(!fs::exists(bench.scratch.path() + "/s/" + day + "/part-001.parquet"));
  bench.check_as_fresh("s");
  CHECK(bench.segment_all("s", "g").removed == runs - 100);
  CHECK(runs_of(bench.tree("g"), day).size() == 101);
}

TEST_CASE("partition: files that cannot be seen keep their partition") {
  PartitionBench bench;
  put_three_days(bench);
  bench.stage_all("s");
  const Tree before = bench.tree("s");
  // As root everything can be read: a loop of links instead of a folder without permission.
  const std::string folder = bench.scratch.path() + "/raw/3";
  fs::rename(folder, bench.scratch.path() + "/aside");
  fs::create_symlink(folder, folder);
  bench.put("2/d1.csv", sweep(first_day_s + day_s + 200, "Vsd (V),I (A)", ",2e-9"));
  const StageReport staged = bench.stage_all("s");
  CHECK(staged.warnings.size() == 2);  // the folder, and the partition that waits for it
  CHECK(changed(before, bench.tree("s")).empty());
  fs::remove(folder);
  fs::rename(bench.scratch.path() + "/aside", folder);
  CHECK(bench.stage_all("s").done == 1);
  bench.check_as_fresh("s");
  fs::rename(bench.scratch.path() + "/raw", bench.scratch.path() + "/raw-not-mounted");
  fs::create_directory(bench.scratch.path() + "/raw");
  const Tree whole = bench.tree("s");
  CHECK(bench.stage_all("s").files == 0);
  CHECK(bench.tree("s") == whole);
}

TEST_CASE("partition: what was made of a file stays while the file cannot be read") {
  PartitionBench bench;
  put_three_days(bench);
  bench.put("1/gone.csv", sweep(first_day_s + 500));
  bench.put("1/refused.csv", sweep(first_day_s + 501));
  bench.put("1/moved.csv", sweep(first_day_s + 502));
  bench.put("1/away.csv", sweep(first_day_s + 503));
  bench.stage_all("s");
  bench.segment_all("s", "g");
  const Tree before = bench.tree("s");
  // As root everything can be read: a link that leads nowhere in its place.
  const std::string file = bench.scratch.path() + "/raw/1/away.csv";
  fs::rename(file, bench.scratch.path() + "/aside");
  fs::create_symlink(bench.scratch.path() + "/nowhere", file);
  bench.remove("1/gone.csv");
  bench.put("1/refused.csv", "nothing of use");
  bench.put("1/moved.csv", sweep(first_day_s + 2 * day_s + 500));  // two days later
  bench.put("2/new.csv", sweep(first_day_s + day_s + 500));
  for (int tries = 0; tries < 2; ++tries) {
    const StageReport staged = bench.stage_all("s");
    CHECK(staged.rejects ==
          std::map<std::string, std::uint64_t>{{"unreadable", 1}, {"no_procedure", 1}});
    CHECK(staged.done == (tries == 0 ? 1 : 0));  // the second day's
    CHECK(staged.removed == 0);
    CHECK(staged.warnings.size() == 1);
    const Tree now = bench.tree("s");
    CHECK(now.at(day_files[0]) == before.at(day_files[0]));
    CHECK(now.at(day_files[2]) == before.at(day_files[2]));  // it cannot be in two partitions
  }
  CHECK(bench.segment_all("s", "g").removed == 0);
  fs::remove(file);
  fs::rename(bench.scratch.path() + "/aside", file);
  CHECK(bench.stage_all("s").removed == 3);
  bench.check_as_fresh("s");
  CHECK(bench.segment_all("s", "g").removed == 3);
  bench.segment_all("s", "h");
  CHECK(bench.tree("g") == bench.tree("h"));
}

TEST_CASE("partition: segments of a staged run stay while its rows cannot be read") {
  PartitionBench bench;
  put_three_days(bench);
  bench.compression = Compression::none;
  bench.stage_all("s");
  bench.segment_all("s", "g");
  const Tree before = bench.tree("g");
  const std::string part = std::string("s/") + day_files[0];
  const std::string bytes = bench.scratch.read(part);
  const std::string id = runs_of(bench.tree("s"), "proc=IV/date=2025-09-05").at(2)->id;
  std::string damaged = bytes;
  damaged[damaged.find(id)] = 'x';  // in a page; its CRC tells
  SegmentConfig config = bench.segment_config("s", "g", Layout::partition);
  config.force = true;
  for (const std::size_t bytes_max : {kept_bytes_default, std::size_t{0}}) {
    config.kept_bytes_max = bytes_max;  // 0: it is seen when two runs of its partition are written
    bench.scratch.write(part, damaged);
    auto again = preprocess(*bench.runtime, config, {});
    REQUIRE(again.ok());
    CHECK(again.value().rejects == std::map<std::string, std::uint64_t>{{"unreadable", 1}});
    CHECK(again.value().warnings.size() == 1);
    CHECK(again.value().files == 9);  // the two other days
    CHECK(again.value().done == 8);
    CHECK(again.value().segments == 8 * 2);
    CHECK(again.value().rows == 8 * 12);
    CHECK(bench.tree("g") == before);
    bench.scratch.write(part, bytes);
    again = preprocess(*bench.runtime, config, {});
    REQUIRE(again.ok());
    CHECK(again.value().rejected == 0);
    CHECK(again.value().done == 12);
    CHECK(bench.tree("g") == before);
  }
}

TEST_CASE("partition: segments that are kept between survey and writing change no byte") {
  PartitionBench bench;
  bench.generate_corpus(80, CorpusKind::dirty);
  bench.put("x/a.csv", sweep(first_day_s, "Vsd (V),gain,I (A)", ",5,1e-9"));
  bench.put("x/b.csv",
            sweep(first_day_s + day_s, "Vsd (V),gain", ",high"));  // text where a.csv has numbers
  bench.put("x/c.csv", "#Procedure: <a.IV>\n#Data:\nVsd (V),I (A)\n0.1,1\n");  // an error by compat
  for (const Layout staged : {Layout::run, Layout::partition}) {
    bench.stage_all("s", staged);
    for (const Rule rule : {Rule::zigzag, Rule::compat}) {
      Tree want;
      StageReport first;
      for (const std::size_t bytes_max :
           {kept_bytes_default, std::size_t{20'000}, std::size_t{0}}) {
        fs::remove_all(bench.scratch.path() + "/g");
        SegmentConfig config = bench.segment_config("s", "g", Layout::partition, rule);
        config.kept_bytes_max = bytes_max;
        auto ran = preprocess(*bench.runtime, config, {});
        REQUIRE(ran.ok());
        const StageReport& report = ran.value();
        CHECK((report.read_once == 0) == (bytes_max == 0));
        if (want.empty()) {
          want = bench.tree("g");
          first = report;
          CHECK(report.read_once > report.done * 3 / 4);
          CHECK((report.rejected > 0) == (rule == Rule::compat));
          continue;
        }
        CHECK(bench.tree("g") == want);
        check_alike(report, first);
      }
    }
    fs::remove_all(bench.scratch.path() + "/s");
  }
}

TEST_CASE("partition: segments go with the last staged run of their procedure") {
  for (const Layout staged : {Layout::run, Layout::partition}) {
    for (const Layout layout : {Layout::run, Layout::partition}) {
      PartitionBench bench;
      bench.put("a.csv", sweep(first_day_s));
      bench.put("b.csv", sweep(first_day_s + 1, "Vg (V),I (A)", ",1e-9", "IVg"));
      bench.stage_all("s", staged);
      CHECK(bench.segment_all("s", "g", layout).done == 1);
      const Tree before = bench.tree("g");
      fs::rename(bench.scratch.path() + "/s/proc=IV", bench.scratch.path() + "/aside");
      CHECK(bench.segment_all("s", "g", layout).files ==
            0);  // the journal knows it: it is not gone
      CHECK(bench.tree("g") == before);
      fs::rename(bench.scratch.path() + "/aside", bench.scratch.path() + "/s/proc=IV");
      bench.put("a.csv", sweep(first_day_s + 2, "Vg (V),I (A)", ",1e-9", "IVg"));
      bench.stage_all("s", staged);
      const StageReport cut = bench.segment_all("s", "g", layout);
      CHECK(cut.files == 0);
      CHECK(cut.removed > 0);
      for (const auto& [name, bytes] : bench.tree("g")) CHECK(!is_data(name));
      CHECK(Journal::read(bench.scratch.path() + "/g").value().sorted().empty());
    }
  }
}

TEST_CASE("partition: a root has one layout and one source") {
  PartitionBench bench;
  put_three_days(bench);
  bench.stage_all("parts");
  bench.stage_all("runs", Layout::run);
  bench.segment_all("parts", "gparts");
  bench.segment_all("runs", "gruns", Layout::run);
  const auto code = [](const auto& result) {
    REQUIRE(!result.ok());
    return result.error().code;
  };
  const Tree before = bench.tree("parts");
  weir::Runtime& runtime = *bench.runtime;
  CHECK(code(stage(runtime, bench.stage_config("parts", Layout::run), {})) == "other_layout");
  CHECK(code(stage(runtime, bench.stage_config("runs", Layout::partition), {})) == "other_layout");
  CHECK(code(preprocess(runtime, bench.segment_config("parts", "gparts", Layout::run), {})) ==
        "other_layout");
  CHECK(code(preprocess(runtime, bench.segment_config("parts", "gruns", Layout::partition), {})) ==
        "other_layout");
  CHECK(code(pipeline(runtime, bench.stage_config("runs", Layout::partition),
                      bench.segment_config("runs", "gruns", Layout::partition), {})) ==
        "other_layout");
  StageConfig other = bench.stage_config("parts", Layout::partition);
  other.raw_root = bench.scratch.path() + "/raw/1";
  CHECK(code(stage(runtime, other, {})) == "other_root");
  CHECK(code(preprocess(runtime, bench.segment_config("runs", "gparts", Layout::partition), {})) ==
        "other_root");
  CHECK(bench.tree("parts") == before);
}

TEST_CASE("partition: folders change places in one step, and in two where that cannot be") {
  for (const bool exchange : {true, false}) {
    const Scratch scratch;
    scratch.write("fresh/part-000.parquet", "new");
    scratch.write("place/part-000.parquet", "old");
    scratch.write("aside/part-000.parquet", "left by a killed process");
    const std::string root = scratch.path();
    REQUIRE(swap_folders(root + "/fresh", root + "/place", root + "/aside", exchange).ok());
    CHECK(scratch.read("place/part-000.parquet") == "new");
    CHECK(scratch.read("fresh/part-000.parquet") == "old");
    CHECK(!swap_folders(root + "/none", root + "/place", root + "/aside", exchange).ok());
    CHECK(scratch.read("place/part-000.parquet") == "new");
  }
  CHECK(part_number("part-000.parquet") == 0);
  CHECK(part_number("part-1234.parquet") == 1234);
  for (const char* name : {"part-00.parquet", "part-0000.parquet", "part-.parquet", "part-000",
                           "part--01.parquet", "part-000.parquet.weir-tmp", "part-parquet"})
    CHECK(part_number(name) == -1);
}
