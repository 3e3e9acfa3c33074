#include "graph_run.hpp"

#include <algorithm>
#include <array>
#include <charconv>
#include <cstdio>
#include <ctime>
#include <filesystem>
#include <fstream>
#include <system_error>
#include <weir/clock.hpp>
#include <weir/segmentation/instant.hpp>
#include <weir/segmentation/text.hpp>

#include "parquet_format.hpp"

namespace weir::segmentation {
namespace {

constexpr std::uint64_t draw_ms = 100;

std::string now_text() {
  const double seconds = wall_seconds();
  const auto whole = static_cast<std::time_t>(seconds);
  std::tm utc{};
  gmtime_r(&whole, &utc);
  std::array<char, 64> buffer{};
  const std::size_t size =
      std::strftime(buffer.data(), buffer.size(), "%Y-%m-%dT%H:%M:%S+00:00", &utc);
  return {buffer.data(), size};
}

void member(std::string& out, std::string_view name, std::string_view value) {
  out += out.size() > 1 ? "," : "";
  append_json(out, name);
  out += ':';
  append_json(out, value);
}

void raw_member(std::string& out, std::string_view name, std::string_view value) {
  out += out.size() > 1 ? "," : "";
  append_json(out, name);
  out += ':';
  out += value;
}

Result<Done> write_json(const std::string& directory, const std::string& name, std::string text) {
  if (auto made = make_directories(directory); !made) return made;
  text += "}\n";
  return write_file_atomically(directory + "/" + name, text);
}

std::string_view stem(std::string_view path) noexcept {
  path = path.substr(path.rfind('/') + 1);
  return path.substr(0, path.rfind('.'));
}

Error cannot_remove(const std::string& path, const std::error_code& why) {
  return {"unwritable", "cannot remove what no longer holds: " + why.message(), path};
}

/// Three decimals with the arrow, "0.000->-5.000V".
std::string range_text(const Segment& segment) {
  std::array<char, 96> buffer{};
  const int size = std::snprintf(buffer.data(), buffer.size(), "%.3f\xe2\x86\x92%.3fV",
                                 segment.v_start, segment.v_end);
  return {buffer.data(), static_cast<std::size_t>(size)};
}

/// Names the edge that refused most since the last look: what holds the stage up.
class Narrows {
 public:
  std::string note(const StreamGraph& graph) {
    std::string text;
    std::uint64_t most = 0;
    const std::vector<EdgeMetrics> edges = graph.edges();
    before_.resize(edges.size());
    for (std::size_t k = 0; k < edges.size(); ++k) {
      const std::uint64_t refused = edges[k].would_block - before_[k];
      before_[k] = edges[k].would_block;
      if (refused <= most) continue;
      most = refused;
      text = std::string(edges[k].from) + " -> " + edges[k].to + " is full";
    }
    return text;
  }

 private:
  std::vector<std::uint64_t> before_;
};

}  // namespace

std::uint32_t buffer_slots(int workers) noexcept {
  return static_cast<std::uint32_t>(std::clamp(2 * workers, 4, 64));
}

Result<Done> run_graph(StreamGraph& graph, std::string_view name, const Watch& watch,
                       GraphReport& report) {
  report.name = name;
  auto certificate = graph.build();
  if (!certificate) return certificate.error();
  const Status started = graph.start();
  if (started != Status::accepted) {
    return Error{"closed", "the graph could not be started: " + std::string(to_string(started)),
                 std::string(name)};
  }
  Status status = Status::timed_out;
  if (watch.progress == nullptr) {
    status = graph.wait_until(never);
  } else {
    Narrows narrows;
    while ((status = graph.wait_until(after_ms(draw_ms))) == Status::timed_out) {
      watch.progress->set_note(narrows.note(graph));
      watch.progress->draw();
    }
    watch.progress->finish();
  }
  report.ledger = graph.ledger();
  report.memory_bytes = graph.memory();
  report.dot = graph.dot();
  report.json = graph.json();
  for (const EdgeMetrics& edge : graph.edges()) {
    report.would_block.emplace_back(std::string(edge.from) + " -> " + edge.to, edge.would_block);
  }
  if (status == Status::stalled)
    return Error{"stalled", "the graph can make no progress", std::string(name)};
  const Error first =
      graph.first_error();  // bodies turn what they can into records: this is a source or the sink
  if (status != Status::accepted || !first.code.empty()) {
    return Error{"failed", first.what.empty() ? std::string(to_string(status)) : first.what,
                 std::string(name)};
  }
  return Done{};
}

Result<Journal> open_output(const std::string& input, const std::string& root, SyncPolicy sync,
                            Layout layout, StageReport& report) {
  const auto there = stat_file(input);
  if (!there) return there.error();
  if (there.value().kind != FileKind::directory)
    return Error{"not_a_directory", "must be a directory", input};
  if (auto removed = remove_temporaries(root); !removed) return removed.error();
  auto journal = Journal::open(root, sync);
  if (journal) {
    for (const Record& record : journal.value().sorted()) {
      if (!record.ok() || (record.part >= 0) == (layout == Layout::partition)) continue;
      return Error{"other_layout",
                   std::string("what is there has --layout ") +
                       (record.part >= 0 ? "partition" : "run") +
                       ", and a root has one; give that, or another folder",
                   root};
    }
  }
  if (journal) {
    for (std::string& text : journal.value().unreadable_texts())
      report.warnings.push_back(std::move(text) + "; what it spoke of is done again");
  }
  return journal;
}

NewRoot::NewRoot(const std::string& root) : root_(root) {
  for (std::size_t end = 0; end < root.size() && first_.empty();) {
    end = std::min(root.find('/', end + 1), root.size());
    const auto there = stat_file(root.substr(0, end));
    if (!there && there.error().code == "not_found") first_ = root.substr(0, end);
  }
}

bool NewRoot::take_back() const {
  if (first_.empty()) return false;
  std::error_code ignored;  // what is not empty stays, and so do the folders above it
  std::string folder = root_ + "/_manifest";
  std::filesystem::remove(folder + "/journal.jsonl", ignored);
  while (std::filesystem::remove(folder, ignored) && folder != first_)
    folder.erase(folder.rfind('/'));
  return true;
}

Result<Done> check_manifest(const std::string& path) {
  const auto there = stat_file(path);
  if (!there || there.value().kind != FileKind::file || there.value().size == 0) return Done{};
  std::ifstream file(path, std::ios::binary);
  if (!file) return Error{"unreadable", "cannot be looked into", path};
  std::array<char, format::magic.size()> begin{};
  file.read(begin.data(), begin.size());
  if (std::string_view(begin.data(), begin.size()) == format::magic) return Done{};
  return Error{"usage", "holds something else than a manifest; give another path", path};
}

Result<Done> clean_side_files(const SideFiles& side, const std::string& manifest) {
  const auto place = place_of(manifest);
  if (!place) return place.error();
  const std::size_t slash = place.value().rfind('/');
  const std::string beside = slash == std::string::npos ? "." : place.value().substr(0, slash + 1);
  for (const std::string& directory :
       {side.events_dir, side.rejects_dir, manifest.empty() ? std::string() : beside}) {
    if (directory.empty()) continue;
    if (auto removed = remove_temporaries_beside(directory); !removed) return removed.error();
  }
  return Done{};
}

Result<Done> write_stage_event(const SideFiles& side, const Record& record,
                               const std::string& output) {
  std::string text = "{";
  member(text, "ts", now_text());
  if (!record.ok()) {
    if (side.rejects_dir.empty()) return Done{};
    member(text, "source_file", record.path);
    member(text, "error", record.reason + ": " + record.what);
    raw_member(text, "line", std::to_string(record.line));
    raw_member(text, "byte", std::to_string(record.byte));
    const std::string name =
        std::string(stem(record.path)) + "-" + sha1_hex(record.path).substr(0, 12) + ".reject.json";
    return write_json(side.rejects_dir, name, std::move(text));
  }
  if (!side.events) return Done{};
  member(text, "status", record.status);
  member(text, "run_id", record.run_id);
  member(text, "proc", record.proc);
  raw_member(text, "rows", std::to_string(record.rows));
  member(text, "path", output);
  member(text, "source_file", record.path);
  member(text, "date_origin", record.origin);
  return write_json(side.events_dir, "event-" + record.run_id + ".json", std::move(text));
}

Result<Done> write_segment_event(const SideFiles& side, const Record& record,
                                 const std::string& output_root) {
  if (!side.events) return Done{};
  std::string text = "{";
  member(text, "ts", now_text());
  member(text, "status", record.status);
  if (!record.ok()) {
    member(text, "source_path", record.path);
    member(text, "error", record.reason + ": " + record.what);
    const std::string name = "segment-error-" + sha1_hex(record.path).substr(0, 12) + ".json";
    return write_json(side.events_dir, name, std::move(text));
  }
  member(text, "run_id", record.run_id);
  member(text, "source_path", record.part < 0 ? record.path + "/part-000.parquet" : record.path);
  raw_member(text, "segments_detected", std::to_string(record.segments.size()));
  raw_member(text, "segments_written", std::to_string(record.segments.size()));
  std::string paths = "[";
  std::string details = "[";
  for (std::size_t k = 0; k < record.segments.size(); ++k) {
    const Segment& segment = record.segments[k];
    const std::string id = std::to_string(k);
    if (record.part < 0) {
      paths += k == 0 ? "" : ",";
      append_json(paths,
                  output_root + "/" + record.directory() + "/segment=" + id + "/part-000.parquet");
    }
    std::string one = "{";
    raw_member(one, "segment_id", id);
    member(one, "type", to_string(segment.type));
    member(one, "v_range", range_text(segment));
    raw_member(one, "points", std::to_string(segment.points()));
    details += (k == 0 ? "" : ",") + one + "}";
  }
  if (record.part >= 0) append_json(paths, output_root + "/" + record.file());
  raw_member(text, "output_paths", paths + "]");
  raw_member(text, "segment_details", details + "]");
  return write_json(side.events_dir, "segment-" + record.run_id + ".json", std::move(text));
}

Result<Done> remove_output(const std::string& root, const std::string& directory,
                           const std::string& name) {
  std::error_code error;  // none for what is gone already
  const std::string file = root + "/" + directory + "/" + name;
  std::filesystem::remove(file, error);
  if (error) return cannot_remove(file, error);
  for (std::string part = directory; !part.empty();) {
    const std::string folder = root + "/" + part;
    std::filesystem::remove(folder, error);
    if (error == std::errc::directory_not_empty || error == std::errc::file_exists) break;
    if (error) return cannot_remove(folder, error);
    const std::size_t slash = part.rfind('/');
    part = slash == std::string::npos ? std::string() : part.substr(0, slash);
  }
  return Done{};
}

Result<std::size_t> remove_segments(const std::string& run_directory, std::size_t keep) {
  std::error_code error;
  std::vector<std::filesystem::path> stale;
  for (std::filesystem::directory_iterator it(run_directory, error), end; !error && it != end;
       it.increment(error)) {
    const std::string name = it->path().filename().string();
    constexpr std::string_view prefix = "segment=";
    if (!name.starts_with(prefix)) continue;
    std::size_t id = 0;
    const char* last = name.data() + name.size();
    const auto parsed = std::from_chars(name.data() + prefix.size(), last, id);
    if (parsed.ptr == last && parsed.ec == std::errc{} && id >= keep) stale.push_back(it->path());
  }
  if (error && error != std::errc::no_such_file_or_directory)
    return cannot_remove(run_directory, error);
  for (const auto& path : stale) {
    std::filesystem::remove_all(path, error);
    if (error) return cannot_remove(path, error);
  }
  return stale.size();
}

std::string hex_word(std::uint64_t word) {
  std::array<char, 24> buffer{};
  const int size =
      std::snprintf(buffer.data(), buffer.size(), "%016llx", static_cast<unsigned long long>(word));
  return {buffer.data(), static_cast<std::size_t>(size)};
}

std::uint64_t hash_text(std::string_view text) noexcept {
  std::uint64_t hash = 1469598103934665603u;
  for (const char c : text) hash = (hash ^ static_cast<unsigned char>(c)) * 1099511628211u;
  return hash;
}

}  // namespace weir::segmentation
