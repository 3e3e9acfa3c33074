#include "partition_plan.hpp"

#include <algorithm>
#include <tuple>
#include <weir/segmentation/text.hpp>

namespace weir::segmentation {
namespace {

ColumnType common_type(ColumnType a, ColumnType b) noexcept {
  if (a == b) return a;
  return a == ColumnType::text || b == ColumnType::text ? ColumnType::text : ColumnType::float64;
}

void merge(Shape& into, const Shape& more) {
  auto place = into.begin();  // where the next column that is new goes
  for (const ShapeField& field : more) {
    const auto at = std::find_if(into.begin(), into.end(),
                                 [&](const ShapeField& known) { return known.name == field.name; });
    if (at == into.end()) {
      place = into.insert(place, field) + 1;
    } else {
      at->type = common_type(at->type, field.type);
      place = at + 1;
    }
  }
}

std::string text_of(const Column& column, std::size_t row) {
  return column.type == ColumnType::float64 ? python_repr(column.floats[column.constant ? 0 : row])
                                            : std::to_string(column.integer(row));
}

void convert(const Column& from, std::size_t rows, Column& to) {
  for (std::size_t row = 0; row < (from.constant ? 1 : rows); ++row) {
    if (from.is_null(row)) {
      to.add_null();
    } else if (to.type == ColumnType::text) {
      to.add(std::string_view(text_of(from, row)));
    } else {
      to.add(from.number(row));
    }
  }
}

}  // namespace

std::uint32_t Shapes::intern(Shape shape) {
  std::string key;
  for (const ShapeField& field : shape) {
    key += std::to_string(field.name.size());
    key += static_cast<char>('A' + static_cast<int>(field.type));
    key += field.name;
  }
  const auto [at, fresh] = index_.try_emplace(key, static_cast<std::uint32_t>(shapes_.size()));
  if (fresh) shapes_.push_back(std::make_unique<Shape>(std::move(shape)));
  return at->second;
}

std::string procedure_of(std::string_view partition) {
  return std::string(partition.substr(0, partition.find('/')));
}

void settle(Partition& partition, const Shapes& shapes, const std::set<std::string>& texts) {
  std::sort(
      partition.members.begin(), partition.members.end(), [](const Member& a, const Member& b) {
        return std::tie(a.start_us, a.run_id, a.path) < std::tie(b.start_us, b.run_id, b.path);
      });
  partition.shape.clear();
  std::set<std::uint32_t> merged;
  for (const Member& member : partition.members) {
    if (member.shape != no_shape && merged.insert(member.shape).second)
      merge(partition.shape, shapes[member.shape]);
  }
  for (ShapeField& field : partition.shape) {
    if (texts.contains(field.name)) field.type = ColumnType::text;
  }
}

void conform(std::span<const Column* const> columns, std::size_t rows, const Shape& shape,
             Table& scratch, std::vector<const Column*>& out) {
  scratch.clear();
  out.clear();
  for (const ShapeField& field : shape) {
    const auto at = std::find_if(columns.begin(), columns.end(),
                                 [&](const Column* column) { return column->name == field.name; });
    if (at != columns.end() && (*at)->type == field.type) {
      out.push_back(*at);
      continue;
    }
    const bool missing = at == columns.end();
    Column& made = scratch.add(field.name, field.type, missing || (*at)->constant);
    if (missing) {
      made.add_null();
    } else {
      convert(**at, rows, made);
    }
    out.push_back(&made);
  }
}

}  // namespace weir::segmentation
