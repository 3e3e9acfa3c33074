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

Error unwritable(int code, const std::string& path) {
  return {code == ENOSPC || code == EDQUOT ? "no_space" : "unwritable", std::strerror(code), path};
}

Result<Done> rename_path(const std::string& from, const std::string& to) {
  if (::rename(from.c_str(), to.c_str()) != 0) return unwritable(errno, to);
  return Done{};
}

Result<Done> sync_folder(const std::string& path) {
  const int folder = ::open(path.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  if (folder < 0) return unwritable(errno, path);
  const int failed = ::fsync(folder) != 0 ? errno : 0;
  ::close(folder);
  if (failed != 0) return unwritable(failed, path);
  return Done{};
}

/// Removes the parts in a folder, and the folder when nothing else is in it.
void remove_parts(const std::string& folder) noexcept {
  std::error_code error;
  std::vector<fs::path> parts;
  for (fs::directory_iterator it(folder, error), end; !error && it != end; it.increment(error)) {
    if (part_number(it->path().filename().string()) >= 0) parts.push_back(it->path());
  }
  for (const fs::path& part : parts) fs::remove(part, error);
  fs::remove(folder, error);
}

std::map<int, std::uint64_t> parts_in(const fs::path& folder, std::error_code& error) {
  std::map<int, std::uint64_t> parts;
  for (fs::directory_iterator it(folder, error), end; !error && it != end; it.increment(error)) {
    const int number = part_number(it->path().filename().string());
    if (number < 0 || !it->is_regular_file(error)) continue;
    parts[number] = it->file_size(error);
  }
  return parts;
}

/// Puts what is not ours back into the folder that took the place of `old`.
void keep_others(const std::string& old, const std::string& place) noexcept {
  std::error_code error;
  std::vector<fs::path> others;
  for (fs::directory_iterator it(old, error), end; !error && it != end; it.increment(error)) {
    if (part_number(it->path().filename().string()) < 0) others.push_back(it->path());
  }
  for (const fs::path& other : others) fs::rename(other, place / other.filename(), error);
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
  std::error_code error;
  const auto folders = [&error](const fs::path& folder, std::string_view prefix) {
    std::vector<fs::path> out;
    for (fs::directory_iterator it(folder, error), end; !error && it != end; it.increment(error)) {
      if (it->path().filename().string().starts_with(prefix) && it->is_directory(error))
        out.push_back(it->path());
    }
    return out;
  };
  for (const fs::path& proc : folders(root, "proc=")) {
    for (const fs::path& date : folders(proc, "date=")) {
      auto parts = parts_in(date, error);
      if (!parts.empty())
        found[proc.filename().string() + "/" + date.filename().string()] = std::move(parts);
    }
  }
  if (error) return Error{"unreadable", error.message(), root};
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

Result<Done> PartitionWriter::begin(const std::string& partition) {
  abandon();
  std::error_code error;
  fs::remove_all(building_, error);
  if (error) return unwritable(error.value(), building_);
  partition_ = partition;
  replaces_ = stat_file(root_ + "/" + partition).ok();
  return Done{};
}

Result<Done> PartitionWriter::write(std::string_view bytes) {
  auto written = file_->append(bytes);
  if (written) bytes_.back() += bytes.size();
  return written;
}

Result<Done> PartitionWriter::finish_part() {
  if (!file_) return Done{};
  runs_ = 0;
  if (auto written = write(writer_.finish()); !written) return written;
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
    if (auto made = make_directories(building_); !made) return made.error();
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
    std::error_code ignored;
    fs::remove(building_, ignored);
    return Done{};
  }
  if (auto made = make_directories(place.substr(0, place.rfind('/'))); !made) return made;
  if (const auto there = stat_file(place); !there && there.error().code == "not_found")
    return rename_path(building_, place);
  auto swapped = swap_folders(building_, place, root_ + "/_manifest/replaced");
  if (!swapped) return swapped;
  keep_others(building_, place);
  remove_parts(building_);
  return Done{};
}

Result<std::vector<std::uint64_t>> PartitionWriter::commit() {
  WEIR_CHECK(!partition_.empty(), "a partition is committed once");
  if (auto finished = finish_part(); !finished) return finished.error();
  const std::string place = root_ + "/" + partition_;
  std::error_code error;
  const auto old = parts_in(place, error);
  if (bytes_.empty()) {
    remove_parts(place);
    fs::remove(place.substr(0, place.rfind('/')), error);  // where no other date is in it
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
  bytes_.clear();
  partition_.clear();
  std::error_code ignored;
  fs::remove_all(building_, ignored);
}

}  // namespace weir::segmentation
