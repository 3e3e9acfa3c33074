#include <algorithm>
#include <limits>
#include <weir/segmentation/table.hpp>

namespace weir::segmentation {

std::string_view to_string(ColumnType type) noexcept {
  constexpr std::string_view names[] = {"float64", "int64", "int32",
                                        "boolean", "text",  "timestamp_us"};
  return names[static_cast<std::uint8_t>(type)];
}

std::size_t Column::entries() const noexcept {
  switch (type) {
    case ColumnType::float64:
      return floats.size();
    case ColumnType::text:
      return ends.size();
    default:
      return integers.size();
  }
}

double Column::number(std::size_t row) const noexcept {
  const std::size_t at = constant ? 0 : row;
  if (type == ColumnType::float64) return floats[at];
  if (type == ColumnType::text) return std::numeric_limits<double>::quiet_NaN();
  return static_cast<double>(integers[at]);
}

std::string_view Column::text(std::size_t row) const noexcept {
  const std::size_t at = constant ? 0 : row;
  const std::size_t begin = at == 0 ? 0 : ends[at - 1];
  return std::string_view(bytes).substr(begin, ends[at] - begin);
}

void Column::add(std::int64_t value) {
  mark_valid();
  integers.push_back(value);
}

void Column::add(std::string_view value) {
  mark_valid();
  bytes += value;
  ends.push_back(static_cast<std::uint32_t>(bytes.size()));
}

void Column::add_null() {
  if (valid.empty()) valid.assign(entries(), 1);
  valid.push_back(0);
  switch (type) {
    case ColumnType::float64:
      floats.push_back(std::numeric_limits<double>::quiet_NaN());
      break;
    case ColumnType::text:
      ends.push_back(static_cast<std::uint32_t>(bytes.size()));
      break;
    default:
      integers.push_back(0);
  }
}

void Column::clear(std::string_view new_name, ColumnType new_type, bool is_constant) {
  name = new_name;
  type = new_type;
  constant = is_constant;
  floats.clear();
  integers.clear();
  ends.clear();
  bytes.clear();
  valid.clear();
}

Column& Table::add(std::string_view name, ColumnType type, bool constant) {
  if (used_ == columns_.size()) columns_.push_back(std::make_unique<Column>());
  Column& column = *columns_[used_++];
  column.clear(name, type, constant);
  return column;
}

const Column* Table::find(std::string_view name) const noexcept {
  for (std::size_t at = 0; at < used_; ++at) {
    if (columns_[at]->name == name) return columns_[at].get();
  }
  return nullptr;
}

bool Table::remove(std::string_view name) noexcept {
  for (std::size_t at = 0; at < used_; ++at) {
    if (columns_[at]->name != name) continue;
    const auto first = columns_.begin() + static_cast<std::ptrdiff_t>(at);
    std::rotate(first, first + 1, columns_.begin() + static_cast<std::ptrdiff_t>(used_));
    --used_;
    return true;
  }
  return false;
}

}  // namespace weir::segmentation
