// segmenting.hpp: a staged run's table to the Parquet bytes of its segments.
//
// Shape: each segment keeps all staged columns of its rows and has segment_columns besides, the
//        last three by zigzag and pelt alone.
// Roles: one thread at a time.
// Errors: a SegmentError, in words.
#pragma once

#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>
#include <weir/segmentation/detector.hpp>
#include <weir/segmentation/parquet.hpp>
#include <weir/segmentation/table.hpp>

namespace weir::segmentation {

struct SegmentError {
  // no_voltage_column, too_few_points, unreadable; by compat also null_voltage, no_segments
  std::string reason;
  std::string what;
};

/// The voltage column of a procedure: "Vsd (V)" for IV, else "Vg (V)".
std::string_view voltage_column(std::string_view procedure) noexcept;
/// The folder of a procedure's segments: "iv_segments", "ivg_segments", "ivgt_segments"; empty for
/// another procedure.
std::string_view segment_folder(std::string_view procedure) noexcept;

/// The columns that a segment's file has besides the staged ones, which must not have their names:
/// six by compat, and cycle, leg and flags (names with commas between) by the other rules.
std::span<const std::string_view> segment_columns(Rule rule) noexcept;

/// The sweep that the parameters of a staged run ask for on its voltage column: vsd_start_v and so
/// on. A staged NaN or no such column is not known.
CommandedSweep commanded_sweep(const Table& table, std::string_view voltage);
/// Finds the segments of a staged table. By zigzag and pelt a null voltage is like a NaN.
std::optional<SegmentError> find_segments(const Table& table, std::string_view voltage,
                                          const DetectorConfig& config,
                                          std::vector<Segment>& segments);
/// The rows of all segments, one behind the other, with the segments' columns behind the staged ones: `columns` has
/// them all, in `table`, `kept` (where rows belong to no segment) and `extra`. Returns the number of rows.
std::size_t segment_rows(const Table& table, std::span<const Segment> segments, Rule rule,
                         Table& kept, Table& extra, std::vector<const Column*>& columns);

/// The bytes of one segment's file, until the next use of `writer`. `extra` is scratch.
std::string_view encode_segment(const Table& table, const Segment& segment, std::size_t id,
                                Rule rule, ParquetWriter& writer, Table& extra);

}  // namespace weir::segmentation
