#include "parquet_info.hpp"

#include <algorithm>
#include <array>
#include <cstring>

#include "parquet_types.hpp"

namespace weir::segmentation::format {
namespace {

/// Adds a word to a list with commas between, unless it is there.
void add_word(std::string& list, const std::string& word) {
  for (std::size_t at = 0; at < list.size();) {
    const std::size_t comma = std::min(list.find(',', at), list.size());
    if (list.compare(at, comma - at, word) == 0) return;
    at = comma + 1;
  }
  if (!list.empty()) list += ',';
  list += word;
}

ColumnInfo describe(const Leaf& leaf) {
  ColumnInfo info;
  info.name = leaf.name;
  info.physical = physical_names[static_cast<std::size_t>(leaf.type)];
  info.logical = logical_text(leaf);
  info.repetition = leaf.repetition == 1 ? "OPTIONAL" : "REQUIRED";
  info.temporal = temporal(leaf);
  info.utc = leaf.utc;
  return info;
}

ColumnInfo describe(const Footer& footer, std::size_t column) {
  const Leaf& leaf = footer.leaves[column];
  ColumnInfo info = describe(leaf);
  const ChunkMeta* least = nullptr;
  const ChunkMeta* most = nullptr;
  bool all_nulls = true;
  bool all_bounds = true;
  info.null_count = 0;
  for (const RowGroup& group : footer.groups) {
    const ChunkMeta& chunk = group.chunks[column];
    info.compressed_bytes +=
        static_cast<std::uint64_t>(std::max<std::int64_t>(0, chunk.compressed));
    info.uncompressed_bytes +=
        static_cast<std::uint64_t>(std::max<std::int64_t>(0, chunk.uncompressed));
    ChunkInfo& about = info.chunks.emplace_back();
    about.null_count = chunk.nulls;
    about.nan_count = chunk.nans;
    about.compressed_bytes =
        static_cast<std::uint64_t>(std::max<std::int64_t>(0, chunk.compressed));
    if (chunk.has_min) about.min = bound_text(leaf, chunk.min);
    if (chunk.has_max) about.max = bound_text(leaf, chunk.max);
    // Counts that lie would overflow the sum: they are no counts.
    all_nulls = all_nulls && chunk.nulls >= 0 && chunk.nulls <= group.rows;
    if (all_nulls) info.null_count += chunk.nulls;
    if (chunk.nulls == group.rows) continue;  // there is nothing to bound
    all_bounds = all_bounds && chunk.has_min && chunk.has_max;
    if (!all_bounds) continue;
    if (least == nullptr || bound_less(leaf, chunk.min, least->min)) least = &chunk;
    if (most == nullptr || bound_less(leaf, most->max, chunk.max)) most = &chunk;
  }
  if (!all_nulls || footer.groups.empty()) info.null_count = -1;
  if (all_bounds && least != nullptr) {
    info.min = bound_text(leaf, least->min);
    info.max = bound_text(leaf, most->max);
  }
  for (const RowGroup& group : footer.groups) {
    const ChunkMeta& chunk = group.chunks[column];
    add_word(info.codec, name_of(codec_names, chunk.codec));
    for (const std::int64_t encoding : chunk.encodings)
      add_word(info.encodings, name_of(encoding_names, encoding));
  }
  return info;
}

/// LIST and MAP, which only groups are.
std::string group_text(const Leaf& node) {
  if (node.logical == Logical::list || node.converted == converted_list) return "LIST";
  if (node.logical == Logical::map || node.converted == converted_map) return "MAP";
  return {};
}

std::string repetition_text(const Leaf& node) {
  constexpr std::array<std::string_view, 3> names = {"REQUIRED", "OPTIONAL", "REPEATED"};
  return name_of(names, node.repetition);
}

SchemaNode describe_node(const Leaf& node, std::size_t depth) {
  SchemaNode out;
  out.name = node.name;
  out.depth = depth;
  out.repetition = repetition_text(node);
  if (node.children > 0) {
    out.logical = group_text(node);
  } else {
    out.physical = name_of(physical_names, node.type);
    out.logical = logical_text(node);
  }
  return out;
}

}  // namespace

FileInfo describe(const Footer& footer) {
  FileInfo info;
  info.version = footer.version;
  info.rows = static_cast<std::uint64_t>(footer.rows);
  info.created_by = footer.created_by;
  info.key_values = footer.metadata;
  for (const auto& group : footer.groups)
    info.row_group_rows.push_back(static_cast<std::uint64_t>(group.rows));
  for (std::size_t k = 0; k < footer.leaves.size(); ++k)
    info.columns.push_back(describe(footer, k));
  return info;
}

void count_page(const PageHeader& head, std::vector<PageCount>& counts) {
  constexpr std::array<std::string_view, 4> kinds = {"data", "index", "dictionary", "data v2"};
  const std::string kind = name_of(kinds, head.type);
  const std::string encoding =
      head.type == index_page ? std::string() : name_of(encoding_names, head.encoding);
  auto found = std::find_if(counts.begin(), counts.end(), [&](const PageCount& count) {
    return count.kind == kind && count.encoding == encoding;
  });
  if (found == counts.end()) {
    counts.emplace_back();
    found = counts.end() - 1;
    found->kind = kind;
    found->encoding = encoding;
  }
  ++found->pages;
  found->values += static_cast<std::uint64_t>(std::max<std::int64_t>(0, head.values));
  found->compressed_bytes += static_cast<std::uint64_t>(head.compressed);
  found->uncompressed_bytes += static_cast<std::uint64_t>(head.uncompressed);
  found->checksums += head.has_crc ? 1 : 0;
}

Result<FooterPlace> find_footer(std::string_view file) {
  if (file.size() < 12 || !file.starts_with(magic)) {
    if (file.starts_with("PARE")) return unsupported("encrypted files are not read", 0);
    return bad("not a Parquet file", 0);
  }
  if (file.ends_with("PARE")) return unsupported("encrypted files are not read", file.size() - 4);
  if (!file.ends_with(magic)) return bad("the file is cut: it does not end in PAR1", file.size());
  std::uint32_t size = 0;
  std::memcpy(&size, file.data() + file.size() - 8, 4);
  if (size > file.size() - 12) return bad("the footer is larger than the file", file.size() - 8);
  const std::size_t base = file.size() - 8 - size;
  return FooterPlace{file.substr(base, size), base};
}

}  // namespace weir::segmentation::format

namespace weir::segmentation {

Result<SchemaInfo> read_parquet_schema(std::string_view bytes, const ParquetLimits& limits) {
  const auto place = format::find_footer(bytes);
  if (!place) return place.error();
  const auto footer = format::parse_metadata(place.value().bytes, place.value().base, limits);
  if (!footer) return footer.error();
  SchemaInfo info;
  info.version = footer.value().version;
  info.rows = footer.value().rows;
  info.created_by = footer.value().created_by;
  info.key_values = footer.value().metadata;
  // The nodes stand in the order of a walk, each before its children; counts that lie end the walk.
  std::vector<std::int64_t> left;  // children that are to come, of each open group
  for (std::size_t k = 0; k < footer.value().leaves.size(); ++k) {
    const format::Leaf& node = footer.value().leaves[k];
    if (k != 0) {
      while (!left.empty() && left.back() == 0) left.pop_back();
      if (left.empty()) return format::bad("the schema's count is wrong", place.value().base);
      --left.back();
      info.nodes.push_back(format::describe_node(node, left.size() - 1));
    }
    if (node.children > 0 || k == 0) left.push_back(node.children);
  }
  return info;
}

}  // namespace weir::segmentation
