// journal.hpp: what was done to which input, one line a record, and the manifest folded from it.
//
// Shape: ROOT/_manifest/journal.jsonl, one JSON object a line, the last record of a path counts;
// compact() leaves one record a path, sorted, without clocks, so that equal work gives equal bytes.
// Records are held back until their outputs are as safe as the sync policy says: a record that can
// be read never speaks of an output that is not there. Roles: one thread at a time; one process a
// root, or the last to end would keep its own records alone. Errors: a line
// that cannot be read is left out and counted; a torn tail is no error. Memory: about 600 bytes a
// record.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>
#include <weir/file.hpp>
#include <weir/result.hpp>
#include <weir/segmentation/detector.hpp>

namespace weir::segmentation {

/// What fsync is done before a record: none; commit: of all outputs of a batch together; file: each
/// one by its writer, and of their folders together.
enum class SyncPolicy : std::uint8_t { none, commit, file };

/// The identity of an input: when it and the configuration are equal, so is the output.
struct InputIdentity {
  std::uint64_t size = 0;  // bytes
  std::int64_t mtime_ns = 0;
  std::string config;  // fingerprint of everything else that shapes the output
  std::string hash;    // of the content: XXH3, 64 bits, 16 hex digits; empty: it was not read
  bool operator==(const InputIdentity&) const = default;
};

struct Record {
  std::string path;  // the input: a CSV's path as given, or a staged run's directory
  InputIdentity input;
  std::string status;  // "ok", "reject", "error"
  std::string run_id, proc, date, origin;
  std::int64_t start_us = 0;
  std::uint64_t rows = 0;
  std::uint64_t bytes = 0;   // written
  std::string reason, what;  // of a reject or an error
  std::uint64_t line = 0, byte = 0;
  int part = -1;  // of its partition, where it lies with other runs; -1: it has its own folder
  std::uint64_t part_bytes = 0;  // the length of that part
  std::vector<std::string> notes;
  std::vector<Segment> segments;

  bool ok() const noexcept { return status == "ok"; }
  /// "proc=P/date=D"; empty for what was refused.
  std::string partition() const;
  /// Its file below the root: "proc=P/date=D/run_id=ID/part-000.parquet", or "proc=P/date=D/part-NNN.parquet".
  std::string file() const;
  /// "proc=P/date=D/run_id=ID"; empty for what was refused.
  std::string directory() const;
};

/// "part-007.parquet"
std::string part_name(int part);

/// A record as its line of JSON, with the line's end; and back (empty: not a record).
std::string to_json_line(const Record& record);
std::optional<Record> from_json_line(std::string_view line);

class Journal {
 public:
  /// Reads ROOT/_manifest/journal.jsonl when it is there, and opens it for appending. Errors:
  /// unwritable, unreadable, in_use when another process has it open.
  static Result<Journal> open(const std::string& root, SyncPolicy policy);

  /// Reads it without opening it for appending; a root without a journal gives an empty one.
  /// append() is a WEIR_CHECK.
  static Result<Journal> read(const std::string& root);

  /// The last record of that path as of open() or settle(); null when there is none. Any number of
  /// threads may ask while one appends; valid until the next settle() or forget().
  const Record* find(std::string_view path) const;
  /// Takes a record; it is written with its batch, after 2,048 records or a second, and found after
  /// settle().
  Result<Done> append(Record record);
  /// Makes find() and sorted() know what was appended. Alone.
  void settle();
  /// Writes what is held back.
  Result<Done> flush();
  /// Forgets a path whose outputs were removed; written by compact().
  void forget(std::string_view path);
  /// Settles and rewrites the file: one record a path, by path.
  Result<Done> compact();
  /// All records that count, sorted by path. Valid until the next change.
  std::vector<const Record*> sorted() const;
  std::size_t unreadable_lines() const noexcept { return unreadable_lines_; }
  const std::string& root() const noexcept { return root_; }

 private:
  Journal(std::string root, SyncPolicy policy) : root_(std::move(root)), policy_(policy) {}
  Result<Done> load();
  void put(Record record);
  Result<Done> sync_outputs();

  std::string root_;
  SyncPolicy policy_;
  std::optional<DirectoryLock> lock_;
  std::optional<AppendFile> file_;  // empty: read() made this one
  std::vector<Record> records_;
  std::vector<Record> fresh_;  // appended, not settled
  std::unordered_map<std::string, std::size_t> index_;
  std::string held_;  // lines not yet written, each with its end
  std::size_t held_records_ = 0;
  std::uint64_t held_since_ns_ = 0;  // when the first of them came
  // A sync that failed is told once: the next one would say that what was lost is durable.
  std::optional<Error> sync_failed_;
  std::size_t unreadable_lines_ = 0;
  bool torn_tail_ = false;
};

/// The manifest of staged files: one row a record, sorted by path.
Result<Done> write_stage_manifest(const Journal& journal, const std::string& path, Sync sync);
/// The manifest of segmented runs.
Result<Done> write_segment_manifest(const Journal& journal, const std::string& path, Sync sync);

}  // namespace weir::segmentation
