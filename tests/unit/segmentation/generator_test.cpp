#include <doctest/doctest.h>

#include <map>
#include <set>
#include <weir/segmentation/detector.hpp>
#include <weir/segmentation/generator.hpp>
#include <weir/segmentation/segmenting.hpp>
#include <weir/segmentation/staging.hpp>

using namespace weir::segmentation;

namespace {

const TimeZone& santiago() {
  static const TimeZone zone = TimeZone::load("America/Santiago").value();
  return zone;
}

}  // namespace

TEST_CASE("generator: a file is a function of kind, count, seed and index") {
  const Generator one({50, CorpusKind::dirty, 3});
  const Generator two({50, CorpusKind::dirty, 3});
  const Generator other({50, CorpusKind::dirty, 4});
  GeneratedFile a, b, c;
  std::set<std::string> paths;
  std::size_t differ = 0;
  for (std::size_t k = 50; k-- > 0;) {
    one.make_file(k, a);
    two.make_file(k, b);
    other.make_file(k, c);
    CHECK(a.bytes == b.bytes);
    CHECK(a.truth() == b.truth());
    differ += a.bytes != c.bytes ? 1 : 0;
    paths.insert(a.path);
  }
  CHECK(differ > 40);
  CHECK(paths.size() == 50);
}

TEST_CASE(
    "generator: a clean corpus has the real one's proportions, and staging agrees with its truth") {
  const Generator generator({2000, CorpusKind::clean, 1});
  GeneratedFile file;
  StagedRun run;
  std::vector<Segment> segments;
  std::map<std::string, std::size_t> rejected;
  std::size_t sweeps = 0;
  std::size_t found = 0;
  for (std::size_t k = 0; k < 2000; ++k) {
    generator.make_file(k, file);
    CAPTURE(file.path);
    CAPTURE(file.kind);
    const auto reject = stage_bytes(file.bytes, file.path, 0, {nullptr, &santiago(), false}, run);
    REQUIRE(reject.has_value() == (file.expect == "reject"));
    if (reject) {
      ++rejected[std::string(to_string(reject->reason))];
      continue;
    }
    CHECK(run.table.rows == file.rows);
    CHECK(run.procedure == file.proc);
    CHECK(file.path.find(run.start.date.text()) != std::string::npos);
    CHECK(run.notes.empty());
    if (file.proc != "IV") continue;
    ++sweeps;
    REQUIRE(!find_segments(run.table, "Vsd (V)", {}, segments));
    found += segments.size();
  }
  CHECK(sweeps == 480);
  CHECK(found == 4 * sweeps);
  std::size_t all = 0;
  for (const auto& [reason, n] : rejected) all += n;
  CHECK(all == 82);
  CHECK(rejected.size() == 9);  // ten kinds; binary and UTF-16 share a reason
}

TEST_CASE("generator: the set-points are those of a real sweep") {
  const Generator generator({400, CorpusKind::clean, 1});
  GeneratedFile file;
  for (std::size_t k = 0; k < 400; ++k) {
    generator.make_file(k, file);
    if (file.kind != "plain" || file.bytes.find("VSD end: 0.1 V") == std::string::npos) continue;
    CHECK(file.rows == 44);
    for (const char* text : {"\r\n-0.07050000000000001,", "\r\n-0.060000000000000026,",
                             "\r\n-0.01000000000000005,", "\r\n0.0005,", "\r\n-0.0095,"}) {
      CHECK(file.bytes.find(text) != std::string::npos);
    }
    CHECK(
        file.segments ==
        "forward_negative:0-11;return_negative:12-21;forward_positive:22-32;return_positive:33-43");
    return;
  }
  FAIL("no such sweep among 400 files");
}

TEST_CASE(
    "generator: a corpus of one kind has good sweeps of it alone, of which no row is nobody's") {
  for (const CorpusKind kind : {CorpusKind::noisy, CorpusKind::plateaued, CorpusKind::multi_cycle,
                                CorpusKind::cut, CorpusKind::offset}) {
    const Generator generator({60, kind, 2});
    GeneratedFile file;
    StagedRun run;
    std::set<std::string> segments;
    for (std::size_t k = 0; k < 60; ++k) {
      generator.make_file(k, file);
      CHECK(file.kind.ends_with(to_string(kind)));
      CHECK(file.proc == "IV");
      CHECK(file.expect == "ok");
      REQUIRE(!stage_bytes(file.bytes, file.path, 0, {nullptr, &santiago(), false}, run));
      CHECK(run.table.rows == file.rows);
      CHECK(file.segments.find(":0-") != std::string::npos);
      CHECK(file.segments.ends_with("-" + std::to_string(file.rows - 1)));
      segments.insert(file.segments);
    }
    CHECK(segments.size() > 20);
  }
}

TEST_CASE("generator: a dirty corpus keeps its promises about what is readable") {
  const Generator generator({600, CorpusKind::dirty, 7});
  GeneratedFile file;
  StagedRun run;
  std::set<std::string> kinds;
  for (std::size_t k = 0; k < 600; ++k) {
    generator.make_file(k, file);
    CAPTURE(file.kind);
    kinds.insert(file.kind);
    const auto reject = stage_bytes(file.bytes, file.path, 0, {nullptr, &santiago(), false}, run);
    if (file.expect == "ok") REQUIRE(!reject.has_value());
    if (file.expect == "reject") CHECK(reject.has_value());
    if (!reject) CHECK(run.table.rows == file.rows);
  }
  for (const char* kind : {"noisy", "plateaued", "multi-cycle", "offset", "cut", "nan_rows",
                           "utf16", "plain+cut_last_line"}) {
    CAPTURE(kind);
    bool there = false;
    for (const std::string& name : kinds)
      there = there || name.starts_with(std::string(kind).substr(0, 5));
    CHECK(there);
  }
}
