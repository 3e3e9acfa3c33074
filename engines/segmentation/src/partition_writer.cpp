#include "partition_writer.hpp"

#include <fcntl.h>
#include <unistd.h>

#include <cerrno>
#include <charconv>
#include <cstdio>
#include <cstring>
#include <filesystem>
#include <system_error>
#include <weir/check.hpp>

namespace weir::segmentation {
namespace {

namespace fs = std::filesystem;

constexpr std::size_t write_bytes = 256u << 10;  // at a time: a run alone is a few pages

Error unwritable(int code, const std::string& path) {
  return {code == ENOSPC || code == EDQUOT ? "no_space" : "unwritable", std::strerror(code), path};
}

Result<Done> rename_path(const std::string& from, const std::string& to) {
  if (::rename(from.c_str(), to.c_str()) != 0) return unwritable(errno, to);
  return Done{};
}

/// Removes a folder that is empty; another one stays.
Result<Done> remove_empty(const std::string& folder) {
  std::error_code error;
  fs::remove(folder, error);
  if (!error || error == std::errc::directory_not_empty || error == std::errc::file_exists)
    return Done{};
  return unwritable(error.value(), folder);
}

Result<Done> sync_folder(const std::string& path) {
  const int folder = ::open(path.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  if (folder < 0) return unwritable(errno, path);
  const int failed = ::fsync(folder) != 0 ? errno : 0;
  ::close(folder);
  if (failed != 0) return unwritable(failed, path);
  return Done{};
}

Result<std::vector<fs::directory_entry>> entries_of(const std::string& folder) {
  std::vector<fs::directory_entry> entries;
  std::error_code error;
  for (fs::directory_iterator it(folder, error), end; !error && it != end; it.increment(error))
    entries.push_back(*it);
  if (error && error != std::errc::no_such_file_or_directory)
    return Error{"unreadable", error.message(), folder};
  return entries;
}

bool is_folder(const fs::directory_entry& entry) {
  std::error_code ignored;  // what cannot be looked at is said when it is to be read
  return entry.is_directory(ignored);
}

int part_number(const fs::directory_entry& entry) {
  return segmentation::part_number(entry.path().filename().string());
}

/// The parts in a folder and their bytes; none where there is no folder.
Result<std::map<int, std::uint64_t>> parts_in(const std::string& folder) {
  const auto entries = entries_of(folder);
  if (!entries) return entries.error();
  std::map<int, std::uint64_t> parts;
  for (const fs::directory_entry& entry : entries.value()) {
    const int number = part_number(entry);
    const auto stat = number < 0 ? Result<FileStat>(FileStat{}) : stat_file(entry.path().string());
    if (!stat) return stat.error();
    if (number >= 0 && stat.value().kind == FileKind::file) parts[number] = stat.value().size;
  }
  return parts;
}

/// Removes the parts in a folder, and the folder when nothing else is in it.
Result<Done> remove_parts(const std::string& folder) {
  const auto entries = entries_of(folder);
  if (!entries) return entries.error();
  std::error_code error;
  for (const fs::directory_entry& entry : entries.value()) {
    if (part_number(entry) < 0) continue;
    fs::remove(entry.path(), error);
    if (error) return unwritable(error.value(), entry.path().string());
  }
  return remove_empty(folder);
}

/// Puts what is not ours back into the folder that took the place of `old`.
Result<Done> keep_others(const std::string& old, const std::string& place) {
  const auto entries = entries_of(old);
  if (!entries) return entries.error();
  for (const fs::directory_entry& entry : entries.value()) {
    if (part_number(entry) >= 0) continue;
    const std::string name = entry.path().filename().string();
    if (auto moved = rename_path(entry.path().string(), place + "/" + name); !moved) return moved;
  }
  return Done{};
}

}  // namespace

int part_number(std::string_view name) noexcept {
  constexpr std::string_view head = "part-";
  constexpr std::string_view tail = ".parquet";
  if (!name.starts_with(head) || !name.ends_with(tail)) return -1;
  name = name.substr(head.size(), name.size() - std::min(name.size(), head.size() + tail.size()));
  int number = -1;
  const auto read = std::from_chars(name.data(), name.data() + name.size(), number);
  const bool whole = read.ec == std::errc{} && read.ptr == name.data() + name.size();
  return whole && number >= 0 && part_name(number) == std::string(head).append(name).append(tail)
             ? number
             : -1;
}

Result<Parts> find_parts(const std::string& root) {
  Parts found;
  const auto procedures = entries_of(root);
  if (!procedures) return procedures.error();
  for (const fs::directory_entry& proc : procedures.value()) {
    const std::string procedure = proc.path().filename().string();
    if (!procedure.starts_with("proc=") || !is_folder(proc)) continue;
    const auto dates = entries_of(proc.path().string());
    if (!dates) return dates.error();
    for (const fs::directory_entry& date : dates.value()) {
      const std::string day = date.path().filename().string();
      if (!day.starts_with("date=") || !is_folder(date)) continue;
      auto parts = parts_in(date.path().string());
      if (!parts) return parts.error();
      if (!parts.value().empty()) found[procedure + "/" + day] = std::move(parts).value();
    }
  }
  return found;
}

Result<Done> swap_folders(const std::string& fresh, const std::string& place,
                          const std::string& aside, bool exchange) {
  if (exchange) {
    if (::renameat2(AT_FDCWD, fresh.c_str(), AT_FDCWD, place.c_str(), RENAME_EXCHANGE) == 0)
      return Done{};
    if (errno != EINVAL && errno != ENOSYS) return unwritable(errno, place);
  }
  std::error_code ignored;
  fs::remove_all(aside, ignored);
  if (auto moved = rename_path(place, aside); !moved) return moved;
  if (auto moved = rename_path(fresh, place); !moved) {
    if (auto back = rename_path(aside, place); !back) return back;
    return moved;
  }
  return rename_path(aside, fresh);
}

PartitionWriter::PartitionWriter(std::string root, Compression compression, SyncPolicy sync)
    : root_(std::move(root)),
      building_(root_ + "/_manifest/building"),
      sync_(sync),
      writer_(compression) {}

PartitionWriter::~PartitionWriter() {
  abandon();
  std::error_code ignored;
  if (kept_) fs::remove(building_, ignored);
}

Result<Done> PartitionWriter::begin(const std::string& partition) {
  abandon();
  std::error_code error;
  if (!kept_) fs::remove_all(building_, error);
  if (error) return unwritable(error.value(), building_);
  partition_ = partition;
  replaces_ = stat_file(root_ + "/" + partition).ok();
  return Done{};
}

Result<Done> PartitionWriter::write(std::string_view bytes) {
  bytes_.back() += bytes.size();
  held_ += bytes;
  return held_.size() < write_bytes ? Result<Done>(Done{}) : flush();
}

Result<Done> PartitionWriter::flush() {
  auto written = file_->append(held_);
  held_.clear();
  return written;
}

Result<Done> PartitionWriter::finish_part() {
  if (!file_) return Done{};
  runs_ = 0;
  if (auto written = write(writer_.finish()); !written) return written;
  if (auto written = flush(); !written) return written;
  // What replaces a whole partition must not be less whole after a power cut.
  if (sync_ == SyncPolicy::file || (sync_ == SyncPolicy::commit && replaces_)) {
    if (auto synced = file_->sync(); !synced) return synced;
  }
  file_.reset();
  return Done{};
}

Result<int> PartitionWriter::add(const RowGroup& group) {
  const bool full = file_ && (runs_ == part_runs_max ||
                              (runs_ != 0 && bytes_.back() + group.bytes() > part_bytes_max));
  if (full) {
    if (auto finished = finish_part(); !finished) return finished.error();
  }
  if (!file_) {
    if (!kept_) {
      if (auto made = make_directories(building_); !made) return made.error();
    }
    kept_ = false;
    auto file = AppendFile::open(building_ + "/" + part_name(static_cast<int>(bytes_.size())));
    if (!file) return file.error();
    file_.emplace(std::move(file).value());
    bytes_.push_back(0);
  }
  auto bytes = writer_.add_row_group(group);
  if (!bytes) return bytes.error();
  if (auto written = write(bytes.value()); !written) return written.error();
  ++runs_;
  return static_cast<int>(bytes_.size()) - 1;
}

Result<Done> PartitionWriter::put_in_place(const std::string& place, bool alone) {
  if (alone) {
    if (auto made = make_directories(place); !made) return made;
    auto moved = rename_path(building_ + "/" + part_name(0), place + "/" + part_name(0));
    if (!moved) return moved;
    kept_ = true;
    return Done{};
  }
  if (auto made = make_directories(place.substr(0, place.rfind('/'))); !made) return made;
  if (const auto there = stat_file(place); !there && there.error().code == "not_found")
    return rename_path(building_, place);
  auto swapped = swap_folders(building_, place, root_ + "/_manifest/replaced");
  if (!swapped) return swapped;
  if (auto kept = keep_others(building_, place); !kept) return kept;
  return remove_parts(building_);
}

Result<std::vector<std::uint64_t>> PartitionWriter::commit() {
  WEIR_CHECK(!partition_.empty(), "a partition is committed once");
  if (auto finished = finish_part(); !finished) return finished.error();
  const std::string place = root_ + "/" + partition_;
  const auto found = parts_in(place);
  if (!found) return found.error();
  const std::map<int, std::uint64_t>& old = found.value();
  if (bytes_.empty()) {
    // A record may not say that it is gone before it is.
    if (auto removed = remove_parts(place); !removed) return removed.error();
    if (auto removed = remove_empty(place.substr(0, place.rfind('/'))); !removed)
      return removed.error();
    partition_.clear();
    return std::vector<std::uint64_t>{};
  }
  const bool alone = bytes_.size() == 1 && (old.empty() || old.rbegin()->first == 0);
  if (auto done = put_in_place(place, alone); !done) return done.error();
  if (sync_ == SyncPolicy::file) {
    if (auto synced = sync_folder(place); !synced) return synced.error();
  }
  partition_.clear();
  return std::exchange(bytes_, {});
}

void PartitionWriter::abandon() noexcept {
  if (partition_.empty()) return;
  if (runs_ != 0) writer_.finish();  // the next row group begins another file
  runs_ = 0;
  file_.reset();
  held_.clear();
  bytes_.clear();
  partition_.clear();
  kept_ = false;
  std::error_code ignored;
  fs::remove_all(building_, ignored);
}

}  // namespace weir::segmentation
