#include <array>
#include <limits>
#include <weir/segmentation/segmenting.hpp>

namespace weir::segmentation {

std::string_view voltage_column(std::string_view procedure) noexcept {
  return procedure == "IV" ? "Vsd (V)" : "Vg (V)";
}

std::string_view segment_folder(std::string_view procedure) noexcept {
  if (procedure == "IV") return "iv_segments";
  if (procedure == "IVg") return "ivg_segments";
  if (procedure == "IVgT") return "ivgt_segments";
  return {};
}

std::span<const std::string_view> segment_columns(Rule rule) noexcept {
  static constexpr std::array<std::string_view, 9> names = {"segment_id",
                                                            "segment_type",
                                                            "segment_v_start",
                                                            "segment_v_end",
                                                            "segment_direction",
                                                            "point_in_segment",
                                                            "cycle",
                                                            "leg",
                                                            "flags"};
  return std::span(names).first(rule == Rule::compat ? 6 : names.size());
}

CommandedSweep commanded_sweep(const Table& table, std::string_view voltage) {
  const std::string_view name = voltage == "Vsd (V)"  ? "vsd"
                                : voltage == "Vg (V)" ? "vg"
                                : voltage == "VL (V)" ? "laser_voltage"
                                                      : "";
  const auto value = [&](std::string_view what) {
    const Column* column = table.find(std::string(name) + std::string(what));
    const bool there = column != nullptr && table.rows > 0 && !column->is_null(0);
    return there ? column->number(0) : std::numeric_limits<double>::quiet_NaN();
  };
  CommandedSweep commanded;
  if (name.empty()) return commanded;
  commanded.start = value("_start_v");
  commanded.end = value("_end_v");
  commanded.step = value("_step_v");
  return commanded;
}

std::optional<SegmentError> find_segments(const Table& table, std::string_view voltage,
                                          const DetectorConfig& config,
                                          std::vector<Segment>& segments) {
  segments.clear();
  const Column* column = table.find(voltage);
  if (column == nullptr) {
    return SegmentError{"no_voltage_column", "there is no column \"" + std::string(voltage) + "\""};
  }
  if (column->type == ColumnType::text) {
    return SegmentError{"no_voltage_column",
                        "the column \"" + std::string(voltage) + "\" holds text"};
  }
  std::vector<double> copy;
  std::span<const double> values = column->floats;
  if (column->type != ColumnType::float64 || column->constant || !column->valid.empty()) {
    for (std::size_t row = 0; row < table.rows; ++row) {
      const bool null = column->is_null(row);
      if (null && config.rule == Rule::compat)
        return SegmentError{"null_voltage", "row " + std::to_string(row) + " has no voltage"};
      copy.push_back(null ? std::numeric_limits<double>::quiet_NaN() : column->number(row));
    }
    values = copy;
  }
  detect(values, config, segments, commanded_sweep(table, voltage));
  if (!segments.empty()) return std::nullopt;
  if (table.rows < config.min_segment_points) {
    return SegmentError{"too_few_points",
                        std::to_string(table.rows) + " rows, fewer than a segment needs"};
  }
  return SegmentError{"no_segments", "no stretch of the voltage is long enough for a segment"};
}

namespace {

/// The rows of the segments of one column.
void keep_rows(const Column& from, std::span<const Segment> segments, Column& to) {
  for (const Segment& segment : segments) {
    for (std::size_t row = segment.first; row <= segment.last; ++row) {
      if (from.is_null(row)) {
        to.add_null();
      } else if (from.type == ColumnType::float64) {
        to.add(from.floats[row]);
      } else if (from.type == ColumnType::text) {
        to.add(from.text(row));
      } else {
        to.add(from.integers[row]);
      }
    }
  }
}

}  // namespace

std::size_t segment_rows(const Table& table, std::span<const Segment> segments, Rule rule,
                         Table& kept, Table& extra, std::vector<const Column*>& columns) {
  columns.clear();
  kept.clear();
  extra.clear();
  std::size_t rows = 0;
  bool whole = true;  // each row in one segment, in order
  for (const Segment& segment : segments) {
    whole = whole && segment.first == rows;
    rows += segment.points();
  }
  whole = whole && rows == table.rows;
  for (std::size_t k = 0; k < table.size(); ++k) {
    const Column* column = &table[k];
    if (!whole && !column->constant) {
      Column& some = kept.add(column->name, column->type);
      keep_rows(*column, segments, some);
      column = &some;
    }
    columns.push_back(column);
  }
  const auto add = [&](std::string_view name, ColumnType type, auto value) {
    Column& column = extra.add(name, type);
    for (std::size_t id = 0; id < segments.size(); ++id) {
      for (std::size_t point = 0; point < segments[id].points(); ++point)
        column.add(value(segments[id], id, point));
    }
  };
  using S = const Segment&;
  add("segment_id", ColumnType::int64,
      [](S, std::size_t id, std::size_t) { return static_cast<std::int64_t>(id); });
  add("segment_type", ColumnType::text,
      [](S s, std::size_t, std::size_t) { return to_string(s.type); });
  add("segment_v_start", ColumnType::float64,
      [](S s, std::size_t, std::size_t) { return s.v_start; });
  add("segment_v_end", ColumnType::float64, [](S s, std::size_t, std::size_t) { return s.v_end; });
  add("segment_direction", ColumnType::text,
      [](S s, std::size_t, std::size_t) { return to_string(s.direction); });
  add("point_in_segment", ColumnType::int64,
      [](S, std::size_t, std::size_t point) { return static_cast<std::int64_t>(point); });
  if (rule != Rule::compat) {
    add("cycle", ColumnType::int64,
        [](S s, std::size_t, std::size_t) { return std::int64_t{s.cycle}; });
    add("leg", ColumnType::int64,
        [](S s, std::size_t, std::size_t) { return std::int64_t{s.leg}; });
    std::vector<std::string> flags;
    for (const Segment& segment : segments) flags.emplace_back(to_string(segment.flags));
    add("flags", ColumnType::text,
        [&](S, std::size_t id, std::size_t) { return std::string_view(flags[id]); });
  }
  for (std::size_t k = 0; k < extra.size(); ++k) columns.push_back(&extra[k]);
  return rows;
}

std::string_view encode_segment(const Table& table, const Segment& segment, std::size_t id,
                                Rule rule, ParquetWriter& writer, Table& extra) {
  extra.clear();
  extra.add("segment_id", ColumnType::int64, true).add(static_cast<std::int64_t>(id));
  extra.add("segment_type", ColumnType::text, true).add(to_string(segment.type));
  extra.add("segment_v_start", ColumnType::float64, true).add(segment.v_start);
  extra.add("segment_v_end", ColumnType::float64, true).add(segment.v_end);
  extra.add("segment_direction", ColumnType::text, true).add(to_string(segment.direction));
  Column& point = extra.add("point_in_segment", ColumnType::int64);
  for (std::size_t k = 0; k < segment.points(); ++k) point.add(static_cast<std::int64_t>(k));
  if (rule != Rule::compat) {
    extra.add("cycle", ColumnType::int64, true).add(std::int64_t{segment.cycle});
    extra.add("leg", ColumnType::int64, true).add(std::int64_t{segment.leg});
    extra.add("flags", ColumnType::text, true).add(std::string_view(to_string(segment.flags)));
  }
  extra.rows = segment.points();
  return writer.encode(table, segment.first, segment.points(), &extra);
}

}  // namespace weir::segmentation
