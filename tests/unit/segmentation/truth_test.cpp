// The detectors against the generator's truth: every file is staged from its bytes, as the program
// does it.
#include <doctest/doctest.h>

#include <array>
#include <cstdlib>
#include <map>
#include <weir/segmentation/generator.hpp>
#include <weir/segmentation/segmenting.hpp>
#include <weir/segmentation/staging.hpp>

using namespace weir::segmentation;

namespace {

constexpr std::size_t files_per_kind = 1000;
constexpr std::size_t near_rows = 2;

struct Truth {
  std::string type;
  std::size_t first = 0, last = 0;
};

/// "type:first-last;..." of truth.tsv.
std::vector<Truth> parse(const std::string& text) {
  std::vector<Truth> out;
  for (std::size_t at = 0; at < text.size();) {
    const std::size_t colon = text.find(':', at);
    const std::size_t dash = text.find('-', colon);
    const std::size_t end = std::min(text.find(';', dash), text.size());
    out.push_back({text.substr(at, colon - at), std::stoul(text.substr(colon + 1)),
                   std::stoul(text.substr(dash + 1))});
    at = end + 1;
  }
  return out;
}

struct Score {
  std::size_t runs = 0, labels = 0, borders = 0, exact = 0, lost = 0;
  void operator+=(const Score& other) {
    runs += other.runs;
    labels += other.labels;
    borders += other.borders;
    exact += other.exact;
    lost += other.lost;
  }
  double share(std::size_t n) const {
    return runs == 0 ? 0 : 100.0 * static_cast<double>(n) / static_cast<double>(runs);
  }
};

Score score(const std::vector<Truth>& truth, const std::vector<Segment>& segments,
            std::size_t rows) {
  Score score;
  score.runs = 1;
  std::size_t next = 0;
  for (const Segment& segment : segments) {
    if (segment.first != next || segment.last < segment.first) score.lost = 1;
    next = segment.last + 1;
  }
  if (next != rows) score.lost = 1;
  if (truth.size() != segments.size()) return score;
  std::size_t most = 0;
  for (std::size_t k = 0; k < truth.size(); ++k) {
    if (truth[k].type != to_string(segments[k].type)) return score;
    const std::size_t a = truth[k].last;
    const std::size_t b = segments[k].last;
    most = std::max(most, a > b ? a - b : b - a);
  }
  score.labels = 1;
  score.borders = most <= near_rows ? 1 : 0;
  score.exact = most == 0 ? 1 : 0;
  return score;
}

/// The sweeps of all corpora by their kind; those of the clean one are "clean".
std::map<std::string, Score> scores(Rule rule, std::uint64_t seed) {
  const TimeZone zone = TimeZone::load("America/Santiago").value();
  DetectorConfig config;
  config.rule = rule;
  std::map<std::string, Score> out;
  GeneratedFile file;
  StagedRun run;
  std::vector<Segment> segments;
  for (std::size_t kind = 0; kind < corpus_kind_names.size(); ++kind) {
    const Generator generator({files_per_kind, static_cast<CorpusKind>(kind), seed});
    for (std::size_t k = 0; k < files_per_kind; ++k) {
      generator.make_file(k, file);
      if (file.segments.empty()) continue;
      if (stage_bytes(file.bytes, file.path, 0, {nullptr, &zone, false}, run)) continue;
      const std::string_view voltage = voltage_column(file.proc);
      CAPTURE(file.segments);
      REQUIRE(!find_segments(run.table, voltage, config, segments));
      const bool clean = kind == 0 || file.kind.starts_with("plain");
      const std::string name = clean ? "clean" : file.kind.substr(0, file.kind.find('+'));
      out[name] += score(parse(file.segments), segments, run.table.rows);
    }
  }
  return out;
}

Score show(Rule rule, const std::map<std::string, Score>& by_kind) {
  Score all;
  const auto line = [&](const std::string& name, const Score& s) {
    MESSAGE(to_string(rule) << " " << name << ": " << s.runs << " runs, labels "
                            << s.share(s.labels) << " %, borders within " << near_rows << " rows "
                            << s.share(s.borders) << " %, exact " << s.share(s.exact)
                            << " %, with lost rows " << s.lost);
  };
  for (const auto& [name, s] : by_kind) {
    line(name, s);
    all += s;
  }
  line("all", all);
  return all;
}

}  // namespace

TEST_CASE("truth: the default rule finds what the generator made") {
  const auto by_kind = scores(DetectorConfig{}.rule, 11);
  const Score all = show(DetectorConfig{}.rule, by_kind);
  CHECK(by_kind.size() == 11);
  CHECK(all.lost == 0);
  CHECK(all.share(all.labels) >= 99.7);
  CHECK(all.share(all.borders) >= 91);
  CHECK(by_kind.at("clean").exact == by_kind.at("clean").runs);
  for (const char* kind : {"plateaued", "noisy-plateaued"}) {
    const Score& plateaus = by_kind.at(kind);
    CHECK(plateaus.share(plateaus.borders) >= 85);
  }
}

TEST_CASE("truth: change points find the same legs") {
  const auto by_kind = scores(Rule::pelt, 12);
  const Score all = show(Rule::pelt, by_kind);
  CHECK(all.lost == 0);
  CHECK(all.share(all.labels) >= 99);
  CHECK(all.share(all.borders) >= 91);
  CHECK(by_kind.at("clean").labels == by_kind.at("clean").runs);
}

TEST_CASE("truth: what is missing, and only that, is flagged") {
  const TimeZone zone = TimeZone::load("America/Santiago").value();
  GeneratedFile file;
  StagedRun run;
  std::vector<Segment> segments;
  std::map<std::string, std::map<std::string, std::size_t>> flags;  // by kind
  std::map<std::string, std::size_t> runs;
  for (const CorpusKind kind : {CorpusKind::clean, CorpusKind::dirty}) {
    const Generator generator({files_per_kind, kind, 13});
    for (std::size_t k = 0; k < files_per_kind; ++k) {
      generator.make_file(k, file);
      if (file.proc != "IV" || file.segments.empty()) continue;
      if (stage_bytes(file.bytes, file.path, 0, {nullptr, &zone, false}, run)) continue;
      REQUIRE(!find_segments(run.table, voltage_column(file.proc), {}, segments));
      const std::string name = file.kind.substr(0, file.kind.find('+'));
      ++runs[name];
      ++flags[name][to_string(static_cast<Flags>(segments[0].flags & run_flags))];
    }
  }
  for (const char* whole : {"plain", "noisy", "plateaued", "noisy-plateaued", "multi-cycle",
                            "positive_first", "nan_rows"}) {
    CAPTURE(whole);
    CHECK(flags[whole][""] == runs[whole]);
  }
  CHECK(flags["no_return"]["missing_return_positive"] == runs["no_return"]);
  CHECK(flags["no_negative"]["missing_forward_negative,missing_return_negative,range"] ==
        runs["no_negative"]);
  // A run that was cut where a whole one may end only misses what comes then.
  CHECK(flags["cut"][""] == 0);
}
