#include "staged_part.hpp"

#include <algorithm>
#include <weir/segmentation/instant.hpp>

namespace weir::segmentation {
namespace {

constexpr std::size_t part_file_bytes_max = 1u << 30;

const ColumnInfo* find_column(const FileInfo& info, std::string_view name) {
  const auto at = std::find_if(info.columns.begin(), info.columns.end(),
                               [&](const ColumnInfo& column) { return column.name == name; });
  return at == info.columns.end() ? nullptr : &*at;
}

}  // namespace

Result<std::shared_ptr<const StagedPart>> StagedPart::open(const std::string& path) {
  auto part = std::make_shared<StagedPart>();
  if (const auto size = read_file(path, part->bytes, part_file_bytes_max); !size)
    return size.error();
  auto reader = ParquetReader::open(part->bytes.view());
  if (!reader) return Error{reader.error().code, reader.error().what, path};
  part->reader = std::make_unique<ParquetReader>(std::move(reader).value());
  const FileInfo& info = part->reader->info();
  const ColumnInfo* id = find_column(info, "run_id");
  const ColumnInfo* start = find_column(info, "start_dt");
  for (std::size_t g = 0; g < part->reader->row_groups(); ++g) {
    const bool one = id != nullptr && !id->chunks[g].min.empty() &&
                     id->chunks[g].min == id->chunks[g].max && start != nullptr;
    const auto us = one ? parse_instant_us(start->chunks[g].min) : std::nullopt;
    if (!us) {
      return Error{"not_a_part", "row group " + std::to_string(g) + " does not say whose run it is",
                   path};
    }
    part->run_ids.push_back(id->chunks[g].min);
    part->start_us.push_back(*us);
  }
  return std::shared_ptr<const StagedPart>(std::move(part));
}

}  // namespace weir::segmentation
