// pipeline.hpp: the two stages as streaming graphs on one runtime, one after the other or as one.
//
//   stage:      discover -> read -> parse -> write -> record
//   preprocess: discover -> read -> detect -> write -> record
//   pipeline:   discover -> read -> parse -> write -> detect -> write segments -> record
//
// In layout partition a stage is two graphs, and pipeline() runs the two stages one after the other:
//
//   NAME survey:  discover -> read -> survey -> gather
//   NAME:         members -> read -> parse or detect -> encode -> write -> record
//
// Shape     discover walks a tree in order, the nodes in the middle are parallel, record is serial and owns journal
//           and counters.
// Roles     one stage at a time, called from outside of tasks.
// Errors    a file that cannot be used is a record; an output that cannot be written ends the stage, and is the Error.
// Memory    tokens and their buffers are used again; as many live as the rings hold, whatever the size of the corpus.
#pragma once

#include <array>
#include <cstdint>
#include <functional>
#include <map>
#include <string>
#include <utility>
#include <vector>
#include <weir/result.hpp>
#include <weir/runtime.hpp>
#include <weir/segmentation/csv.hpp>
#include <weir/segmentation/detector.hpp>
#include <weir/segmentation/generator.hpp>
#include <weir/segmentation/instant.hpp>
#include <weir/segmentation/journal.hpp>
#include <weir/segmentation/parquet.hpp>
#include <weir/signals.hpp>
#include <weir/stream_config.hpp>
#include <weir/terminal.hpp>

namespace weir::segmentation {

/// What a stage watches while it runs; both may be null.
struct Watch {
  const StopSignals* stop = nullptr;  // a signal ends the source; what is under way is finished
  Progress* progress = nullptr;
};

/// JSON files beside the journal, as the original wrote them.
struct SideFiles {
  bool events = false;  // --events files
  std::string events_dir;
  std::string rejects_dir;  // empty: none
};

/// How many firings of a node may be under way at a time, by its name; a node that is not there: as many as there are
/// workers. Names: the parallel nodes of the graphs above, "write-segments" for "write segments".
using Concurrency = std::map<std::string, std::uint16_t, std::less<>>;

/// Slots of each edge that suit so many workers: two a worker, and not under 4, so that no worker waits for a
/// neighbour's next firing; 64 at most, which bounds what is in memory.
std::uint32_t buffer_slots(int workers) noexcept;

/// How runs are laid out below a root. A root has one layout for ever: another one is refused (other_layout).
enum class Layout : std::uint8_t {
  run,        // proc=P/date=D/run_id=ID/part-000.parquet, segments in segment=N below it
  partition,  // proc=P/date=D/part-NNN.parquet: the runs of a day, by their start, a row group each
};

/// A part is full with so many runs or bytes (one run at least); then the next part of its partition begins.
inline constexpr std::size_t part_runs_max = 1024;        // the footer is then some 2 MiB
inline constexpr std::size_t part_bytes_max = 32u << 20;  // a reader may hold two parts whole

/// Of layout partition: encoded runs that wait in memory for their partition; those beyond it are read again.
inline constexpr std::size_t kept_bytes_default = 96u << 20;

struct StageConfig {
  std::string raw_root;
  std::string stage_root;
  const ProcedureTable* procedures = nullptr;  // null: built in
  const TimeZone* zone = nullptr;
  bool only_spec_columns = false;
  Compression compression = Compression::zstd;
  SyncPolicy sync = SyncPolicy::commit;
  bool force = false;
  SideFiles side;
  std::string manifest;  // empty: STAGE_ROOT/_manifest/manifest.parquet
  Layout layout = Layout::run;
  std::size_t kept_bytes_max = kept_bytes_default;
  std::uint32_t capacity = 4;  // slots of each edge, >= 1; see buffer_slots
  Concurrency concurrency;
};

struct SegmentConfig {
  std::string stage_root;
  std::string output_root;  // with its folder of the procedure
  std::string procedure = "IV";
  std::string voltage;  // empty: by procedure
  DetectorConfig detector;
  Compression compression = Compression::zstd;
  SyncPolicy sync = SyncPolicy::commit;
  bool force = false;
  SideFiles side;
  Layout layout = Layout::run;  // of the segments; runs are read from either
  std::size_t kept_bytes_max = kept_bytes_default;
  std::uint32_t capacity = 4;
  Concurrency concurrency;
};

/// What a graph showed of itself at its end.
struct GraphReport {
  std::string name;
  Ledger ledger;
  std::vector<std::pair<std::string, std::uint64_t>> would_block;  // "parse -> write", refusals
  std::string dot, json;
  std::size_t memory_bytes = 0;
};

/// Counters of one stage. `files` counts runs in the second one.
struct StageReport {
  std::uint64_t files = 0;
  std::uint64_t done = 0;                        // staged, or segmented, now
  std::uint64_t skipped = 0;                     // were done already
  std::uint64_t rejected = 0;                    // rejects, or errors
  std::map<std::string, std::uint64_t> rejects;  // by reason
  std::uint64_t rows = 0;                        // staged, or points read
  std::uint64_t segments = 0;                    // of the runs done now and those skipped
  std::uint64_t bytes_in = 0;
  std::uint64_t bytes_out = 0;
  std::uint64_t removed = 0;  // outputs of earlier runs that no longer hold
  std::uint64_t read_once =
      0;  // of layout partition: runs that were kept between survey and writing
  double elapsed_s = 0;
  bool interrupted = false;  // by a signal: the rest is for the next run
  bool stalled = false;
  std::vector<std::string> warnings;  // unreadable folders, damaged journal lines
  Error unread;        // of the first folder that could not be looked into; empty code: none
  GraphReport survey;  // of layout partition: what finds out which runs belong where
  GraphReport graph;
};

/// Stages all CSVs below raw_root. Errors: not_found, unreadable, unwritable, no_space, stalled,
/// failed.
Result<StageReport> stage(Runtime& runtime, const StageConfig& config, const Watch& watch);
/// Segments all staged runs of the procedure. The same errors.
Result<StageReport> preprocess(Runtime& runtime, const SegmentConfig& config, const Watch& watch);

struct PipelineReport {
  StageReport stage, preprocess;  // the graph's report is the stage's; both times begin together
};
/// Both in one graph: each run is segmented as it is staged. Files and journals are those of stage() and then
/// preprocess(). The same errors.
Result<PipelineReport> pipeline(Runtime& runtime, const StageConfig& first,
                                const SegmentConfig& second, const Watch& watch);

struct GenerateReport {
  std::uint64_t files = 0;
  std::uint64_t bytes = 0;
  double elapsed_s = 0;
  bool interrupted = false;
};
/// Writes OUT/raw/**.csv and OUT/truth.tsv.
Result<GenerateReport> generate(Runtime& runtime, const CorpusConfig& config,
                                const std::string& out, const Watch& watch);

}  // namespace weir::segmentation
