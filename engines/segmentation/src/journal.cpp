#include <utility>
#include <weir/check.hpp>
#include <weir/clock.hpp>
#include <weir/segmentation/journal.hpp>

#include "journal_doubt.hpp"

namespace weir::segmentation {
namespace {

constexpr std::size_t batch_records = 2048;  // one sync of the file system serves so many runs
constexpr std::uint64_t batch_ns = 1'000'000'000;    // and at most so much work is lost by a kill
constexpr std::size_t journal_bytes_max = 1u << 30;  // two million records
constexpr std::size_t write_bytes = 1u << 20;        // of compact(), at a time
constexpr std::size_t append_bytes = 1u << 16;       // of flush(), at a time
constexpr std::size_t examples_max = 5;              // lines that are told with their place

struct JournalLine {
  std::uint64_t number = 1, byte = 0;  // from 1 and from 0
  std::string_view text;
  bool ends = true;  // false: a writer died within its last write; the next record starts a line
};

template <class F>
void each_journal_line(std::string_view text, F&& take) {
  for (JournalLine line; !text.empty(); ++line.number) {
    const std::size_t end = text.find('\n');
    line.ends = end != std::string_view::npos;
    line.text = text.substr(0, end);
    take(std::as_const(line));
    if (!line.ends) return;
    line.byte += end + 1;
    text.remove_prefix(end + 1);
  }
}

/// As many of the lines as `bytes_max` has room for, one at least. Each has its end.
std::string_view whole_lines(std::string_view lines, std::size_t bytes_max) noexcept {
  if (lines.size() <= bytes_max) return lines;
  const std::size_t last = lines.rfind('\n', bytes_max - 1);
  return lines.substr(0, (last != std::string_view::npos ? last : lines.find('\n')) + 1);
}

std::string journal_path(const std::string& root) { return root + "/_manifest/journal.jsonl"; }

}  // namespace

Result<Done> Journal::load() {
  Buffer buffer;
  const auto size = read_file(journal_path(root_), buffer, journal_bytes_max);
  if (!size && size.error().code != "not_found") return size.error();
  const std::string_view text = size ? buffer.view() : std::string_view{};
  JournalDoubt doubt;
  each_journal_line(text, [&](const JournalLine& line) {
    if (line.ends) {
      const auto record = from_json_line(line.text);
      if (record) {
        store_.put(store_.pack(record.value()));
        doubt.readable(record.value());
        return;
      }
      if (++unreadable_lines_ <= examples_max)
        unreadable_.push_back({line.number, line.byte, record.error().what});
    } else {
      torn_tail_ = true;
    }
    std::string path = path_in_json_line(line.text);
    if (!store_.find(path)) path.clear();
    doubt.unreadable(line.number, path);
  });
  doubt.end();
  if (doubt.any()) load_doubted(text, doubt);
  return Done{};
}

/// Loads it again. A record in doubt still says which outputs are to be replaced, but not what made
/// them.
void Journal::load_doubted(std::string_view text, const JournalDoubt& doubt) {
  store_ = RecordStore{};
  each_journal_line(text, [&](const JournalLine& line) {
    auto record = line.ends ? from_json_line(line.text) : Error{};
    if (!record) return;
    if (doubt.covers(line.number, record.value())) record.value().input.config.clear();
    store_.put(store_.pack(record.value()));
  });
}

std::vector<std::string> Journal::unreadable_texts() const {
  std::vector<std::string> texts;
  for (const UnreadableLine& bad : unreadable_) {
    texts.push_back(journal_path(root_) + ":" + std::to_string(bad.line) + " (byte " +
                    std::to_string(bad.byte) + "): the record is left out: " + bad.what);
  }
  if (unreadable_lines_ > unreadable_.size()) {
    texts.push_back(std::to_string(unreadable_lines_ - unreadable_.size()) +
                    " more lines of the journal could not be read");
  }
  return texts;
}

Result<Journal> Journal::read(const std::string& root) {
  Journal journal(root, SyncPolicy::none);
  if (auto loaded = journal.load(); !loaded) return loaded.error();
  return journal;
}

Result<Journal> Journal::open(const std::string& root, SyncPolicy policy) {
  if (auto made = make_directories(root + "/_manifest"); !made) return made.error();
  Journal journal(root, policy);
  auto lock = DirectoryLock::take(root + "/_manifest");
  if (!lock) return lock.error();
  journal.lock_.emplace(std::move(lock).value());
  if (auto loaded = journal.load(); !loaded) return loaded.error();
  auto file = AppendFile::open(journal_path(root));
  if (!file) return file.error();
  journal.file_.emplace(std::move(file).value());
  return journal;
}

Result<Done> Journal::append(const Record& record) {
  WEIR_CHECK(file_.has_value(), "a journal that was only read takes no records");
  const std::uint64_t now = now_ns();
  if (held_records_ == 0) held_since_ns_ = now;
  held_ += to_json_line(record);
  fresh_.push_back(store_.pack(record));
  if (++held_records_ < batch_records && now - held_since_ns_ < batch_ns) return Done{};
  return flush();
}

/// Under `file` it is for the folders above the outputs, which no writer synced.
Result<Done> Journal::sync_outputs() {
  if (sync_failed_) return *sync_failed_;
  if (policy_ == SyncPolicy::none) return Done{};
  const auto synced = lock_->sync_file_system();
  if (!synced) sync_failed_ = synced.error();
  return synced;
}

Result<Done> Journal::flush() {
  if (held_.empty()) return sync_failed_ ? Result<Done>(*sync_failed_) : Result<Done>(Done{});
  if (auto synced = sync_outputs(); !synced) return synced;
  if (torn_tail_) {
    if (auto done = file_->append("\n"); !done) return done;
    torn_tail_ = false;
  }
  for (std::string_view lines = held_; !lines.empty();) {
    const std::string_view whole = whole_lines(lines, append_bytes);
    if (auto done = file_->append(whole); !done) return done;
    lines.remove_prefix(whole.size());
  }
  held_.clear();
  held_records_ = 0;
  return policy_ == SyncPolicy::none ? Result<Done>(Done{}) : file_->sync();
}

void Journal::settle() {
  for (const PackedRecord record : fresh_) store_.put(record);
  fresh_.clear();
}

Result<Done> Journal::compact() {
  if (auto flushed = flush(); !flushed) return flushed;
  // The records of earlier runs as well: their policy may have been another one.
  if (auto synced = sync_outputs(); !synced) return synced;
  settle();
  const std::string path = journal_path(root_);
  auto fresh = AtomicFile::create(path);
  if (!fresh) return fresh.error();
  std::string text;
  const auto write = [&] {
    auto written = fresh.value().write(text);
    text.clear();
    return written;
  };
  for (const Record& record : sorted()) {
    text += to_json_line(record);
    if (text.size() < write_bytes) continue;
    if (auto written = write(); !written) return written;
  }
  if (auto written = write(); !written) return written;
  const auto sync = policy_ == SyncPolicy::none ? Sync::none : Sync::file;
  if (auto placed = fresh.value().commit(sync); !placed) return placed;
  auto file = AppendFile::open(path);  // the old descriptor belongs to the file that was replaced
  if (!file) return file.error();
  file_.emplace(std::move(file).value());
  torn_tail_ = false;
  return Done{};
}

}  // namespace weir::segmentation
