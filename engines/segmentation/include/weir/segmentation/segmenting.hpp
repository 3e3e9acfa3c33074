// segmenting.hpp: a staged run's table to the Parquet bytes of its segments.
//
// Shape: each segment keeps all staged columns of its rows and six more: segment_id, segment_type,
// segment_v_start, segment_v_end, segment_direction, point_in_segment. Roles: one thread at a time.
// Errors: a SegmentError, in words.
#pragma once

#include <array>
#include <optional>
#include <string>
#include <string_view>
#include <vector>
#include <weir/segmentation/detector.hpp>
#include <weir/segmentation/parquet.hpp>
#include <weir/segmentation/table.hpp>

namespace weir::segmentation {

struct SegmentError {
  std::string reason;  // no_voltage_column, null_voltage, too_few_points, no_segments, unreadable
  std::string what;
};

/// The voltage column of a procedure: "Vsd (V)" for IV, else "Vg (V)".
std::string_view voltage_column(std::string_view procedure) noexcept;
/// The folder of a procedure's segments: "iv_segments", "ivg_segments", "ivgt_segments"; empty for
/// another procedure.
std::string_view segment_folder(std::string_view procedure) noexcept;

/// The columns that a segment's file has besides the staged ones, which must not have their names.
inline constexpr std::array<std::string_view, 6> segment_columns = {
    "segment_id",    "segment_type",      "segment_v_start",
    "segment_v_end", "segment_direction", "point_in_segment"};

/// Finds the segments of a staged table.
std::optional<SegmentError> find_segments(const Table& table, std::string_view voltage,
                                          const DetectorConfig& config,
                                          std::vector<Segment>& segments);
/// The bytes of one segment's file, until the next use of `writer`. `extra` is scratch.
std::string_view encode_segment(const Table& table, const Segment& segment, std::size_t id,
                                ParquetWriter& writer, Table& extra);

}  // namespace weir::segmentation
