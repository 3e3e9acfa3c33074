// journal.hpp: what was done to which input, one line a record, and the manifest folded from it.
//
// Shape: ROOT/_manifest/journal.jsonl, one JSON object a line, the last record of a path counts;
// compact() leaves one record a path, sorted, without clocks, so that equal work gives equal bytes.
// Records are held back until their outputs are as safe as the sync policy says: a record that can
// be read never speaks of an output that is not there. Roles: one thread at a time; one process a
// root, or the last to end would keep its own records alone. Errors: a line that cannot be read, or whose checksum is
// of another text, is left out, counted and told with its place; a torn tail is no error. An earlier record that
// such a line or tail may have stood in for (journal_doubt.hpp) loses its configuration, so that it is done again.
// Memory: record_store.hpp's; open() and read() have the whole file besides, for as long as they take.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>
#include <weir/file.hpp>
#include <weir/result.hpp>
#include <weir/segmentation/record_store.hpp>

namespace weir::segmentation {

class JournalDoubt;

/// What fsync is done before a record: none; commit: of all outputs of a batch together; file: each
/// one by its writer, and of their folders together.
enum class SyncPolicy : std::uint8_t { none, commit, file };

/// A line of a journal that is no record.
struct UnreadableLine {
  std::uint64_t line = 0, byte = 0;  // where it begins in the file, from 1 and from 0
  std::string what;
};

class Journal {
 public:
  /// Reads ROOT/_manifest/journal.jsonl when it is there, and opens it for appending. Errors:
  /// unwritable, unreadable, in_use when another process has it open.
  static Result<Journal> open(const std::string& root, SyncPolicy policy);

  /// Reads it without opening it for appending; a root without a journal gives an empty one.
  /// append() is a WEIR_CHECK.
  static Result<Journal> read(const std::string& root);

  /// The last record of that path as of open() or settle(). Any number of threads may ask while one appends.
  std::optional<Record> find(std::string_view path) const { return store_.find(path); }
  /// Takes a record; it is written with its batch, after 2,048 records or a second, and found after
  /// settle().
  Result<Done> append(const Record& record);
  /// Makes find() and sorted() know what was appended. Alone.
  void settle();
  /// Writes what is held back.
  Result<Done> flush();
  /// Forgets a path whose outputs were removed; written by compact().
  void forget(std::string_view path) { store_.forget(path); }
  /// Settles and rewrites the file: one record a path, by path.
  Result<Done> compact();
  /// All records that count, sorted by path. Valid until the next change.
  SortedRecords sorted() const { return store_.sorted(); }
  std::size_t unreadable_lines() const noexcept { return unreadable_lines_; }
  /// The first few of them.
  const std::vector<UnreadableLine>& unreadable_examples() const noexcept { return unreadable_; }
  /// The same as sentences for a person, and how many more there are.
  std::vector<std::string> unreadable_texts() const;
  const std::string& root() const noexcept { return root_; }

 private:
  Journal(std::string root, SyncPolicy policy) : root_(std::move(root)), policy_(policy) {}
  Result<Done> load();
  void load_doubted(std::string_view text, const JournalDoubt& doubt);
  Result<Done> sync_outputs();

  std::string root_;
  SyncPolicy policy_;
  std::optional<DirectoryLock> lock_;
  std::optional<AppendFile> file_;  // empty: read() made this one
  RecordStore store_;
  std::vector<PackedRecord> fresh_;  // appended, not settled
  std::string held_;                 // lines not yet written, each with its end
  std::size_t held_records_ = 0;
  std::uint64_t held_since_ns_ = 0;  // when the first of them came
  // A sync that failed is told once: the next one would say that what was lost is durable.
  std::optional<Error> sync_failed_;
  std::size_t unreadable_lines_ = 0;
  std::vector<UnreadableLine> unreadable_;
  bool torn_tail_ = false;
};

/// The manifest of staged files: one row a record, sorted by path.
Result<Done> write_stage_manifest(const Journal& journal, const std::string& path, Sync sync);
/// The manifest of segmented runs.
Result<Done> write_segment_manifest(const Journal& journal, const std::string& path, Sync sync);

}  // namespace weir::segmentation
