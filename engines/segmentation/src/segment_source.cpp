#include "segment_source.hpp"

#include <algorithm>
#include <charconv>
#include <filesystem>

namespace weir::segmentation {
namespace {

constexpr std::size_t partition_bytes_max = 1u << 31;
constexpr std::string_view segment_file = "part-000.parquet";
constexpr std::string_view run_prefix = "run_id=";
constexpr std::string_view segment_prefix = "segment=";

/// "run_id=ID/segment=N/part-000.parquet" taken apart.
struct SegmentPath {
  std::string_view run_id;
  std::size_t segment = 0;
};
std::optional<SegmentPath> parse_segment_path(std::string_view path) {
  const std::size_t first = path.find('/');
  const std::size_t second = path.find('/', first + 1);
  if (first == path.npos || second == path.npos || path.substr(second + 1) != segment_file)
    return std::nullopt;
  const std::string_view run = path.substr(0, first);
  const std::string_view segment = path.substr(first + 1, second - first - 1);
  if (!run.starts_with(run_prefix) || run.size() == run_prefix.size() ||
      !segment.starts_with(segment_prefix))
    return std::nullopt;
  SegmentPath out{run.substr(run_prefix.size()), 0};
  const char* const end = segment.data() + segment.size();
  const auto parsed = std::from_chars(segment.data() + segment_prefix.size(), end, out.segment);
  if (parsed.ec != std::errc{} || parsed.ptr != end) return std::nullopt;
  return out;
}

/// "part-NNN.parquet" right in the date's folder.
bool is_partition(std::string_view name) noexcept {
  return name.starts_with("part-") && name.ends_with(".parquet") &&
         name.find('/') == std::string_view::npos;
}

}  // namespace

std::size_t StoredRun::segments() const noexcept {
  std::size_t n = 0;
  for (std::size_t k = 0; k < parts.size(); ++k)
    n += k == 0 || parts[k].id != parts[k - 1].id ? 1 : 0;
  return n;
}

Result<std::vector<std::string>> folders_with(const std::string& root, std::string_view prefix) {
  std::vector<std::string> names;
  std::error_code error;
  for (std::filesystem::directory_iterator it(root, error), end; !error && it != end;
       it.increment(error)) {
    const std::string name = it->path().filename().string();
    if (name.starts_with(prefix)) names.push_back(name.substr(prefix.size()));
  }
  if (error && error != std::errc::no_such_file_or_directory)
    return Error{"unreadable", error.message(), root};
  std::sort(names.begin(), names.end());
  return names;
}

Result<SegmentSource> SegmentSource::open(const std::string& root) {
  auto walk = FileWalk::open(root);
  if (!walk) return walk.error();
  SegmentSource source(root, std::move(walk).value());
  const auto runs = folders_with(root, run_prefix);
  if (!runs) return runs.error();
  source.folders_ = runs.value().size();
  return source;
}

bool SegmentSource::next(StoredRun& run) {
  std::string path;
  Error error;
  while (ready_.empty()) {
    if (reader_) {
      read_row_group();
      continue;
    }
    if (at_end_) return false;
    const FileWalk::Step found = walk_.next(path, error);
    at_end_ = found == FileWalk::Step::end;
    if (at_end_) {
      end_run();
      continue;
    }
    if (found == FileWalk::Step::error) path = error.where;
    const std::string_view name =
        path.size() > root_.size() ? std::string_view(path).substr(root_.size() + 1) : "";
    if (const auto part = parse_segment_path(name)) {
      // A broken link in the place of a file: to read it fails, and is an error of its run.
      add_part(part->run_id, {part->segment, path, nullptr, 0, 0});
    } else if (is_partition(name)) {
      open_partition(path);
    } else if (found == FileWalk::Step::error && error.code != "not_a_file") {
      if (error.code != "broken_link" && unread_.code.empty()) unread_ = error;
      warnings_.push_back(error.text());
      saw_all_ = false;
    }
  }
  run = std::move(ready_.front());
  ready_.pop_front();
  return true;
}

void SegmentSource::open_partition(const std::string& path) {
  path_ = path;
  row_group_ = 0;
  bytes_ = std::make_unique<Buffer>();
  const auto size = read_file(path, *bytes_, partition_bytes_max);
  if (!size) return refuse("unreadable", size.error().text());
  auto reader = ParquetReader::open(bytes_->view());
  if (!reader) return refuse("unreadable", path + ": " + reader.error().text());
  reader_ = std::move(reader).value();
}

void SegmentSource::read_row_group() {
  if (row_group_ == reader_->row_groups()) {
    reader_.reset();
    bytes_.reset();
    return;
  }
  const auto table = std::make_shared<Table>();
  if (const auto read = reader_->read_row_group(row_group_++, *table); !read) {
    const std::string what = path_ + ": " + read.error().text();
    reader_.reset();
    return refuse("unreadable", what);
  }
  split_rows(table);
}

void SegmentSource::split_rows(const std::shared_ptr<const Table>& table) {
  const Column* run = table->find("run_id");
  const Column* segment = table->find("segment_id");
  const bool named = run != nullptr && run->type == ColumnType::text;
  const bool numbered = segment != nullptr &&
                        (segment->type == ColumnType::int64 || segment->type == ColumnType::int32);
  if (!named || !numbered) {
    reader_.reset();
    return refuse(named ? "no_segment_id" : "no_run_id",
                  path_ + " has no column " + (named ? "segment_id" : "run_id"));
  }
  const auto id_at = [&](std::size_t row) {
    return run->is_null(row) ? std::string_view() : run->text(row);
  };
  const auto segment_at = [&](std::size_t row) {
    return segment->is_null(row) ? 0 : static_cast<std::size_t>(segment->integer(row));
  };
  for (std::size_t first = 0; first < table->rows;) {
    const std::string_view id = id_at(first);
    const std::size_t number = segment_at(first);
    std::size_t end = first + 1;
    while (end < table->rows && segment_at(end) == number && id_at(end) == id) ++end;
    add_part(id, {number, path_, table, first, end - first});
    first = end;
  }
}

void SegmentSource::add_part(std::string_view run_id, SegmentPart part) {
  if (pending_ && pending_->run_id != run_id) end_run();
  if (!pending_) {
    pending_.emplace();
    pending_->run_id = run_id;
    if (!seen_.emplace(run_id).second) {
      pending_->error = SegmentError{
          "scattered", part.path + ": rows of the run stand in a second place; it has been read"};
    }
  }
  std::vector<SegmentPart>& parts = pending_->parts;  // by id; of one id in their order
  const auto place =
      std::upper_bound(parts.begin(), parts.end(), part.id,
                       [](std::size_t id, const SegmentPart& other) { return id < other.id; });
  parts.insert(place, std::move(part));
}

/// What a partition could not give; the run is not known.
void SegmentSource::refuse(const std::string& reason, const std::string& what) {
  if (pending_ && !pending_->error)
    pending_->error = SegmentError{"incomplete", "what may be its further rows: " + what};
  end_run();
  saw_all_ = false;
  StoredRun run;
  run.error = SegmentError{reason, what};
  ready_.push_back(std::move(run));
}

void SegmentSource::end_run() {
  if (!pending_) return;
  ready_.push_back(std::move(*pending_));
  pending_.reset();
}

}  // namespace weir::segmentation
