#include <doctest/doctest.h>

#include <cmath>
#include <weir/segmentation/segmenting.hpp>

using namespace weir::segmentation;

namespace {

constexpr DetectorConfig compat{Rule::compat, 0.001, 5};

Table sweep(int points) {
  Table table;
  Column& v = table.add("Vsd (V)", ColumnType::float64);
  Column& i = table.add("I (A)", ColumnType::float64);
  for (int k = 0; k < points; ++k) {
    v.add(0.1 * k);
    i.add(1e-9 * k);
  }
  table.rows = static_cast<std::size_t>(points);
  table.add("run_id", ColumnType::text, true).add(std::string_view("0123456789abcdef"));
  return table;
}

}  // namespace

TEST_CASE("segmenting: columns and folders by procedure") {
  CHECK(voltage_column("IV") == "Vsd (V)");
  CHECK(voltage_column("IVg") == "Vg (V)");
  CHECK(segment_folder("IVgT") == "ivgt_segments");
  CHECK(segment_folder("It").empty());
}

TEST_CASE("segmenting: a run without voltages is an error in words") {
  std::vector<Segment> segments;
  Table table = sweep(20);
  CHECK(find_segments(table, "Vg (V)", {}, segments)->reason == "no_voltage_column");
  CHECK(find_segments(table, "run_id", {}, segments)->reason == "no_voltage_column");
  CHECK(find_segments(sweep(4), "Vsd (V)", compat, segments)->reason == "too_few_points");
  table[0].clear("Vsd (V)", ColumnType::float64);
  for (int k = 0; k < 19; ++k) table[0].add(0.1 * k);
  table[0].add_null();
  CHECK(find_segments(table, "Vsd (V)", compat, segments)->reason == "null_voltage");
  REQUIRE(!find_segments(table, "Vsd (V)", {}, segments));  // the default rule loses no row
  REQUIRE(segments.size() == 1);
  CHECK(segments[0].last == 19);
  CHECK(has(segments[0].flags, Flag::nan));
}

TEST_CASE("segmenting: what a run was told to do is in its parameters") {
  Table table = sweep(20);
  CHECK(std::isnan(commanded_sweep(table, "Vsd (V)").start));
  table.add("vsd_start_v", ColumnType::float64, true).add(-0.5);
  table.add("vsd_end_v", ColumnType::float64, true).add(1.9);
  table.add("vsd_step_v", ColumnType::float64, true).add_null();
  const CommandedSweep commanded = commanded_sweep(table, "Vsd (V)");
  CHECK(commanded.start == -0.5);
  CHECK(commanded.end == 1.9);
  CHECK(std::isnan(commanded.step));
  CHECK(std::isnan(commanded_sweep(table, "Vg (V)").start));
  CHECK(std::isnan(commanded_sweep(table, "vsd").start));
  std::vector<Segment> segments;
  REQUIRE(!find_segments(table, "Vsd (V)", {}, segments));
  CHECK(to_string(segments[0].flags) ==
        "missing_forward_negative,missing_return_negative,missing_return_positive,range");
}

TEST_CASE("segmenting: a segment's file has all columns of its rows, and six or nine more") {
  std::vector<Segment> segments;
  const Table table = sweep(20);
  REQUIRE(!find_segments(table, "Vsd (V)", {}, segments));
  REQUIRE(segments.size() == 1);
  const Segment part = {3, 9, SegmentType::forward_positive, Direction::increasing, 0.3, 0.9, 2,
                        1, 24};
  ParquetWriter writer(Compression::zstd);
  Table extra;
  Table back;
  REQUIRE(read_parquet(encode_segment(table, part, 2, Rule::zigzag, writer, extra), back).ok());
  REQUIRE(back.rows == 7);
  REQUIRE(back.size() == 12);
  const char* names[] = {"segment_id",
                         "segment_type",
                         "segment_v_start",
                         "segment_v_end",
                         "segment_direction",
                         "point_in_segment",
                         "cycle",
                         "leg",
                         "flags"};
  for (std::size_t k = 0; k < 9; ++k) CHECK(back[3 + k].name == names[k]);
  CHECK(back[0].number(0) == table[0].number(3));
  CHECK(back[3].integer(6) == 2);
  CHECK(back[4].text(0) == "forward_positive");
  CHECK(back[7].text(0) == "increasing");
  CHECK(back[8].integer(6) == 6);
  CHECK(back[9].integer(6) == 2);
  CHECK(back[10].integer(6) == 1);
  CHECK(back[11].text(6) == "missing_return_positive,cut");
  REQUIRE(read_parquet(encode_segment(table, part, 2, Rule::compat, writer, extra), back).ok());
  REQUIRE(back.size() == 9);
  CHECK(back[8].name == "point_in_segment");
}
