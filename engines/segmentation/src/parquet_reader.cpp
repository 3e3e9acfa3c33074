#include <algorithm>
#include <cstring>
#include <limits>
#include <optional>
#include <utility>
#include <weir/check.hpp>
#include <weir/segmentation/parquet.hpp>

#include "parquet_codecs.hpp"
#include "parquet_encodings.hpp"
#include "parquet_footer.hpp"
#include "parquet_info.hpp"
#include "parquet_types.hpp"

namespace weir::segmentation {
namespace {

using format::bad;
using format::ChunkMeta;
using format::Fault;
using format::Leaf;
using format::PageHeader;
using format::unsupported;

constexpr std::uint64_t text_bytes_max = std::numeric_limits<std::uint32_t>::max();  // Column::ends
constexpr std::uint64_t value_bytes = 9;  // what a value and its validity take at most, text apart

/// What one read may still take.
class Budget {
 public:
  explicit Budget(std::uint64_t bytes) : left_(bytes) {}
  std::uint64_t left() const noexcept { return left_; }
  bool take(std::uint64_t bytes) noexcept {
    if (bytes > left_) return false;
    left_ -= bytes;
    return true;
  }

 private:
  std::uint64_t left_;
};

/// Reads the pages of one column chunk into a column.
class ChunkReader {
 public:
  ChunkReader(std::string_view file, const Leaf& leaf, const ChunkMeta& meta,
              const ParquetLimits& limits, Budget& budget, Column& column)
      : file_(file), leaf_(leaf), meta_(meta), limits_(limits), budget_(budget), column_(column) {}

  /// `sole`: the chunk is the column's only one, so that it may become a constant.
  std::optional<Error> read(bool sole);

 private:
  std::optional<Error> read_page(const PageHeader& head, std::string_view stored);
  std::optional<Error> read_data_v1(const PageHeader& head, std::string_view stored);
  std::optional<Error> read_data_v2(const PageHeader& head, std::string_view stored);
  std::optional<Error> read_dictionary(const PageHeader& head, std::string_view stored);
  std::optional<Error> unpack(std::string_view stored, std::size_t size);
  std::optional<Error> read_values(std::string_view body, std::int64_t encoding,
                                   std::string_view levels, std::size_t count);
  std::optional<Error> decode(std::string_view body, std::int64_t encoding, std::size_t count,
                              Column& to);
  Fault decode_physical(std::string_view body, std::int64_t encoding, std::size_t count,
                        Column& to);
  std::optional<Error> convert(const Column& from, Column& to);
  Fault read_levels(std::string_view levels, std::size_t count, std::size_t& nulls);
  bool is_constant(std::string_view indices, std::size_t count) const;
  void scatter(const Column& from);
  Error here(std::string_view what) const {
    return bad("column " + leaf_.name + ": " + std::string(what), at_);
  }
  Error refused(const std::string& what) const {
    return unsupported("column " + leaf_.name + ": " + what + " is not read", at_);
  }

  std::string_view file_;
  const Leaf& leaf_;
  const ChunkMeta& meta_;
  const ParquetLimits& limits_;
  Budget& budget_;
  Column& column_;
  Column dictionary_;  // as the table has the values
  Column physical_;
  Column values_;
  std::vector<std::uint8_t> defined_;
  std::string body_;
  std::size_t at_ = 0;
  std::size_t read_ = 0;
  bool has_dictionary_ = false;
  bool sole_ = false;
};

/// Makes body_ the page's bytes.
std::optional<Error> ChunkReader::unpack(std::string_view stored, std::size_t size) {
  if (size > limits_.page_bytes_max || !budget_.take(size))
    return here("a page is larger than the limit");
  const Fault fault = format::decompress(meta_.codec, stored, size, body_);
  if (!fault.empty()) return here(fault);
  return std::nullopt;
}

Fault ChunkReader::decode_physical(std::string_view body, std::int64_t encoding, std::size_t count,
                                   Column& to) {
  // Text of other encodings is not longer than the page, which the budget has paid for.
  const bool grows = encoding == format::delta_byte_array;
  const std::size_t before = to.bytes.size();
  const std::uint64_t text_max =
      grows ? std::min(text_bytes_max, before + budget_.left()) : text_bytes_max;
  const format::Values values{leaf_.type, static_cast<std::size_t>(leaf_.length), count, text_max,
                              to};
  Fault fault;
  switch (encoding) {
    case format::plain:
      fault = format::decode_plain(body, values);
      break;
    case format::rle:
      fault = format::decode_rle(body, values);
      break;
    case format::delta_binary_packed:
      fault = format::decode_delta(body, values);
      break;
    case format::delta_length_byte_array:
      fault = format::decode_delta_lengths(body, values);
      break;
    case format::delta_byte_array:
      fault = format::decode_delta_strings(body, values);
      break;
    default:
      fault = format::decode_stream_split(body, values);
  }
  if (grows && fault.empty() && !budget_.take(to.bytes.size() - before))
    fault = "more text than the limit";
  return fault;
}

std::optional<Error> ChunkReader::convert(const Column& from, Column& to) {
  const std::uint64_t text = std::uint64_t{from.entries()} * format::converted_text_max(leaf_);
  if (text > text_bytes_max - to.bytes.size() || !budget_.take(text))
    return here("more text than the limit");
  const Fault fault = format::convert(leaf_, from, to);
  if (!fault.empty()) return here(fault);
  return std::nullopt;
}

/// Appends the `count` values of a page to `to`, which is of the column's type.
std::optional<Error> ChunkReader::decode(std::string_view body, std::int64_t encoding,
                                         std::size_t count, Column& to) {
  switch (encoding) {
    case format::rle_dictionary:
    case format::plain_dictionary: {
      if (count != 0 && !has_dictionary_) return here("there is no dictionary");
      const std::size_t before = to.bytes.size();
      const std::uint64_t text_max = std::min(text_bytes_max, before + budget_.left());
      const Fault fault =
          format::decode_indices(body, {leaf_.type, 0, count, text_max, to}, dictionary_);
      if (!fault.empty()) return here(fault);
      budget_.take(to.bytes.size() - before);
      return std::nullopt;
    }
    case format::plain:
    case format::rle:
    case format::delta_binary_packed:
    case format::delta_length_byte_array:
    case format::delta_byte_array:
    case format::byte_stream_split:
      break;
    default:
      return refused("encoding " + format::name_of(format::encoding_names, encoding));
  }
  const bool converted = format::is_converted(leaf_);
  if (converted) physical_.clear({}, format::physical_type(leaf_));
  const Fault fault = decode_physical(body, encoding, count, converted ? physical_ : to);
  if (!fault.empty()) return here(fault);
  return converted ? convert(physical_, to) : std::nullopt;
}

std::optional<Error> ChunkReader::read_dictionary(const PageHeader& head, std::string_view stored) {
  if (leaf_.type == format::boolean) return here("booleans have no dictionary");
  if (has_dictionary_ || read_ != 0) return here("a dictionary stands behind other pages");
  if (head.values < 0) return here("a dictionary page without a count");
  if (head.encoding != format::plain && head.encoding != format::plain_dictionary)
    return refused("a dictionary of " + format::name_of(format::encoding_names, head.encoding));
  if (auto error = unpack(stored, static_cast<std::size_t>(head.uncompressed))) return error;
  const auto count = static_cast<std::uint64_t>(head.values);
  if (count > body_.size()) return here("the dictionary says more entries than it has bytes");
  if (!budget_.take(count * value_bytes)) return here("more values than the limit");
  has_dictionary_ = true;
  dictionary_.clear({}, column_.type);
  return decode(body_, format::plain, static_cast<std::size_t>(count), dictionary_);
}

/// Fills defined_ where there are nulls.
Fault ChunkReader::read_levels(std::string_view levels, std::size_t count, std::size_t& nulls) {
  nulls = 0;
  defined_.clear();
  format::HybridReader runs(levels, 1);
  for (std::size_t k = 0; k < count;) {
    std::size_t length = 0;
    std::uint32_t level = 0;
    if (!runs.next(length, level)) return "the definition levels are cut";
    length = std::min(length, count - k);
    if (level == 0) nulls += length;
    defined_.insert(defined_.end(), length, static_cast<std::uint8_t>(level));
    k += length;
  }
  return {};
}

/// The whole column is the dictionary's one entry.
bool ChunkReader::is_constant(std::string_view indices, std::size_t count) const {
  if (!sole_ || dictionary_.entries() != 1 || count != static_cast<std::size_t>(meta_.values) ||
      indices.empty()) {
    return false;
  }
  const unsigned width = static_cast<unsigned char>(indices.front());
  if (width > 32) return false;
  format::HybridReader runs(indices.substr(1), width);
  std::size_t length = 0;
  std::uint32_t index = 0;
  for (std::size_t seen = 0; seen < count; seen += length) {
    if (!runs.next(length, index) || index != 0) return false;
  }
  return true;
}

/// Appends the values, and nulls where defined_ has none.
void ChunkReader::scatter(const Column& from) {
  std::size_t next = 0;
  for (const std::uint8_t is_defined : defined_) {
    if (is_defined == 0) {
      column_.add_null();
      continue;
    }
    switch (column_.type) {
      case ColumnType::float64:
        column_.add(from.floats[next]);
        break;
      case ColumnType::text:
        column_.add(from.text(next));
        break;
      default:
        column_.add(from.integers[next]);
    }
    ++next;
  }
}

std::optional<Error> ChunkReader::read_values(std::string_view body, std::int64_t encoding,
                                              std::string_view levels, std::size_t count) {
  if (!budget_.take(std::uint64_t{count} * value_bytes)) return here("more values than the limit");
  std::size_t nulls = 0;
  if (leaf_.repetition == 1) {
    const Fault fault = read_levels(levels, count, nulls);
    if (!fault.empty()) return here(fault);
  }
  if (nulls == 0) {
    const bool indexed = encoding == format::rle_dictionary || encoding == format::plain_dictionary;
    if (indexed && count != 0 && is_constant(body, count)) {
      column_.constant = true;
      const format::Values one{leaf_.type, 0, 1, text_bytes_max, column_};
      const Fault fault = format::decode_indices(body, one, dictionary_);
      if (!fault.empty()) return here(fault);
      return std::nullopt;
    }
    auto error = decode(body, encoding, count, column_);
    if (!column_.valid.empty()) column_.valid.resize(column_.entries(), 1);
    return error;
  }
  values_.clear({}, column_.type);
  if (auto error = decode(body, encoding, count - nulls, values_)) return error;
  if (values_.bytes.size() > text_bytes_max - column_.bytes.size())
    return here("more text than the limit");
  scatter(values_);
  return std::nullopt;
}

std::optional<Error> ChunkReader::read_data_v1(const PageHeader& head, std::string_view stored) {
  if (auto error = unpack(stored, static_cast<std::size_t>(head.uncompressed))) return error;
  std::string_view body = body_;
  std::string_view levels;
  if (leaf_.repetition == 1) {
    if (head.level_encoding != format::rle)
      return refused("levels of " + format::name_of(format::encoding_names, head.level_encoding));
    std::uint32_t size = 0;
    if (body.size() < 4) return here("the definition levels are cut");
    std::memcpy(&size, body.data(), 4);
    if (size > body.size() - 4) return here("the definition levels are cut");
    levels = body.substr(4, size);
    body.remove_prefix(4 + std::size_t{size});
  }
  return read_values(body, head.encoding, levels, static_cast<std::size_t>(head.values));
}

/// In a v2 page the levels stand before the values, and are never compressed.
std::optional<Error> ChunkReader::read_data_v2(const PageHeader& head, std::string_view stored) {
  if (head.repetition_bytes != 0 || head.definition_bytes < 0 ||
      static_cast<std::uint64_t>(head.definition_bytes) > stored.size() ||
      head.definition_bytes > head.uncompressed) {
    return here("the level sizes of a v2 page are wrong");
  }
  const std::string_view levels = stored.substr(0, static_cast<std::size_t>(head.definition_bytes));
  const std::string_view rest = stored.substr(levels.size());
  const auto size = static_cast<std::size_t>(head.uncompressed - head.definition_bytes);
  const auto count = static_cast<std::size_t>(head.values);
  if (!head.is_compressed) {
    if (size != rest.size()) return here("an uncompressed page has two sizes");
    if (!budget_.take(size)) return here("a page is larger than the limit");
    return read_values(rest, head.encoding, levels, count);
  }
  if (auto error = unpack(rest, size)) return error;
  return read_values(body_, head.encoding, levels, count);
}

std::optional<Error> ChunkReader::read_page(const PageHeader& head, std::string_view stored) {
  if (head.has_crc && format::crc32(stored) != static_cast<std::uint32_t>(head.crc))
    return here("wrong page CRC");
  switch (head.type) {
    case format::index_page:
      return std::nullopt;
    case format::dictionary_page:
      return read_dictionary(head, stored);
    case format::data_page:
    case format::data_page_v2:
      break;
    default:
      return here("an unknown kind of page");
  }
  if (head.values < 0 ||
      static_cast<std::uint64_t>(head.values) > static_cast<std::uint64_t>(meta_.values) - read_) {
    return here("a page has more values than the column");
  }
  read_ += static_cast<std::size_t>(head.values);
  return head.type == format::data_page ? read_data_v1(head, stored) : read_data_v2(head, stored);
}

std::optional<Error> ChunkReader::read(bool sole) {
  sole_ = sole;
  if (meta_.values == 0) return std::nullopt;  // offsets mean nothing there
  at_ = static_cast<std::size_t>(meta_.begin());
  const std::size_t end = at_ + static_cast<std::size_t>(meta_.compressed);
  while (read_ < static_cast<std::size_t>(meta_.values)) {
    if (at_ >= end) return here("the pages end before the values");
    PageHeader head;
    if (!format::parse_page_header(file_.substr(at_, end - at_), head))
      return here("a page header cannot be read");
    const std::size_t body = at_ + head.bytes;
    if (static_cast<std::uint64_t>(head.compressed) > end - body) return here("a page is cut");
    const auto size = static_cast<std::size_t>(head.compressed);
    if (auto error = read_page(head, file_.substr(body, size))) return error;
    at_ = body + size;
  }
  return std::nullopt;
}

}  // namespace

struct ParquetReader::State {
  std::string_view bytes;
  ParquetLimits limits;
  format::Footer footer;
  FileInfo info;

  Result<Done> read(std::size_t first, std::size_t count, Table& table) const;
};

Result<Done> ParquetReader::State::read(std::size_t first, std::size_t count, Table& table) const {
  table.clear();
  std::size_t rows = 0;
  for (std::size_t g = first; g < first + count; ++g)
    rows += static_cast<std::size_t>(footer.groups[g].rows);
  Budget budget(limits.total_bytes_max);
  for (std::size_t k = 0; k < footer.leaves.size(); ++k) {
    const Leaf& leaf = footer.leaves[k];
    Column& column = table.add(leaf.name, format::column_type(leaf));
    for (std::size_t g = first; g < first + count; ++g) {
      const ChunkMeta& chunk = footer.groups[g].chunks[k];
      auto error = ChunkReader(bytes, leaf, chunk, limits, budget, column).read(count == 1);
      if (error) return *error;
    }
  }
  table.rows = rows;
  return Done{};
}

ParquetReader::ParquetReader(std::unique_ptr<State> state) : state_(std::move(state)) {}
ParquetReader::~ParquetReader() = default;
ParquetReader::ParquetReader(ParquetReader&&) noexcept = default;
ParquetReader& ParquetReader::operator=(ParquetReader&&) noexcept = default;

Result<ParquetReader> ParquetReader::open(std::string_view bytes, const ParquetLimits& limits) {
  const auto place = format::find_footer(bytes);
  if (!place) return place.error();
  auto footer = format::parse_footer(place.value().bytes, place.value().base, limits);
  if (!footer) return footer.error();
  auto state = std::make_unique<State>(State{bytes, limits, std::move(footer).value(), {}});
  state->info = format::describe(state->footer);
  return ParquetReader(std::move(state));
}

const FileInfo& ParquetReader::info() const noexcept { return state_->info; }

void ParquetReader::read_schema(Table& table) const {
  table.clear();
  for (const Leaf& leaf : state_->footer.leaves) table.add(leaf.name, format::column_type(leaf));
}

Result<std::vector<PageCount>> ParquetReader::count_pages(std::size_t column) const {
  WEIR_CHECK(column < info().columns.size(), "the file has no such column");
  std::vector<PageCount> counts;
  for (const format::RowGroup& group : state_->footer.groups) {
    const ChunkMeta& chunk = group.chunks[column];
    if (chunk.values == 0) continue;  // offsets mean nothing there
    auto at = static_cast<std::size_t>(chunk.begin());
    for (const std::size_t end = at + static_cast<std::size_t>(chunk.compressed); at < end;) {
      PageHeader head;
      if (!format::parse_page_header(state_->bytes.substr(at, end - at), head) ||
          static_cast<std::uint64_t>(head.compressed) > end - at - head.bytes)
        return bad("column " + info().columns[column].name + ": a page header cannot be read", at);
      format::count_page(head, counts);
      at += head.bytes + static_cast<std::size_t>(head.compressed);
    }
  }
  return counts;
}

Result<Done> ParquetReader::read(Table& table) const {
  return state_->read(0, state_->footer.groups.size(), table);
}

Result<Done> ParquetReader::read_row_group(std::size_t index, Table& table) const {
  WEIR_CHECK(index < row_groups(), "the file has no such row group");
  return state_->read(index, 1, table);
}

Result<Done> read_parquet(std::string_view bytes, Table& table, FileInfo* info,
                          const ParquetLimits& limits) {
  table.clear();
  auto reader = ParquetReader::open(bytes, limits);
  if (!reader) return reader.error();
  if (info != nullptr) *info = reader.value().info();
  return reader.value().read(table);
}

}  // namespace weir::segmentation
