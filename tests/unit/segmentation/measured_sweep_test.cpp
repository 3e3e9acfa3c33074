#include <doctest/doctest.h>

#include <cmath>
#include <limits>
#include <nlohmann/json.hpp>
#include <string>
#include <weir/segmentation/measured_sweep.hpp>

using namespace weir::segmentation;

namespace {

/// A segment's file from `from` to `to` in `points` points, with I = 2e-6 V + 1e-8 V^3.
Table segment_table(const std::string& type, double from, double to, int points) {
  Table table;
  Column& v = table.add("Vsd (V)", ColumnType::float64);
  Column& i = table.add("I (A)", ColumnType::float64);
  for (int k = 0; k < points; ++k) {
    const double volts = from + (to - from) * k / (points - 1);
    v.add(volts);
    i.add(2e-6 * volts + 1e-8 * volts * volts * volts);
  }
  table.rows = static_cast<std::size_t>(points);
  table.add("segment_type", ColumnType::text, true).add(std::string_view(type));
  table.add("chip_number", ColumnType::int32, true).add(std::int64_t{67});
  table.add("laser_voltage_V", ColumnType::float64, true).add(0.5);
  return table;
}

MeasuredSweep four_legs() {
  MeasuredSweep sweep;
  sweep.run_id = "0123456789abcdef";
  CHECK(!add_segment(segment_table("forward_negative", -0.1, -8, 40), "Vsd (V)", 0, sweep));
  CHECK(!add_segment(segment_table("return_negative", -7.9, -0.1, 40), "Vsd (V)", 1, sweep));
  CHECK(!add_segment(segment_table("forward_positive", 0.1, 8, 40), "Vsd (V)", 2, sweep));
  CHECK(!add_segment(segment_table("return_positive", 7.9, 0.1, 40), "Vsd (V)", 3, sweep));
  return sweep;
}

std::string cell(const Table& table, std::size_t row, const char* name) {
  const Column* column = table.find(name);
  REQUIRE(column != nullptr);
  return column->is_null(row) ? "null" : std::string(column->text(row));
}

/// All strategies, the orders of the original.
SweepFits fits_of(const MeasuredSweep& sweep) {
  SweepFits fits;
  fit_sweep(sweep, "IV", "2025-09-04", default_orders, fit_strategies, fits);
  return fits;
}

double number(const Table& table, std::size_t row, const char* name) {
  const Column* column = table.find(name);
  REQUIRE(column != nullptr);
  return column->is_null(row) ? std::numeric_limits<double>::quiet_NaN() : column->number(row);
}

}  // namespace

TEST_CASE("measured_sweep: what a segment's file says is taken over") {
  const MeasuredSweep sweep = four_legs();
  CHECK(sweep.segments.size() == 4);
  CHECK(sweep.points() == 160);
  CHECK(sweep.v_max() == 8);
  CHECK(sweep.chip_number == "67");
  CHECK(*sweep.laser_voltage == 0.5);
  CHECK(sweep.segments[0].is_forward());
  CHECK(sweep.segments[3].is_return());
}

TEST_CASE("measured_sweep: points that are null or not finite are left out and counted") {
  Table table = segment_table("forward_positive", 0, 1, 5);
  table[0].add_null();
  table[1].add(1.0);
  table[0].add(std::numeric_limits<double>::infinity());
  table[1].add(1.0);
  table[0].add(9.0);
  table[1].add(std::nan(""));
  table.rows = 8;
  MeasuredSweep sweep;
  CHECK(!add_segment(table, "Vsd (V)", 0, sweep));
  CHECK(sweep.points() == 5);
  CHECK(sweep.left_out == 3);
  CHECK(sweep.v_max() == 1);
  sweep.clear();
  CHECK(sweep.points() == 0);
  CHECK(std::isnan(sweep.v_max()));
  CHECK(!sweep.laser_voltage.has_value());
}

TEST_CASE("measured_sweep: missing columns are errors with the segment's number") {
  MeasuredSweep sweep;
  Table table = segment_table("forward_positive", 0, 1, 5);
  CHECK(add_segment(table, "Vg (V)", 3, sweep)->reason == "no_voltage_column");
  CHECK(add_segment(table, "Vg (V)", 3, sweep)->what.find("segment 3") == 0);
  CHECK(add_segment(table, "segment_type", 0, sweep)->reason == "no_voltage_column");
  table.remove("segment_type");
  CHECK(add_segment(table, "Vsd (V)", 0, sweep)->reason == "no_segment_type");
  table.remove("I (A)");
  CHECK(add_segment(table, "Vsd (V)", 0, sweep)->reason == "no_current_column");
  CHECK(sweep.segments.empty());
}

TEST_CASE("measured_sweep: odd polynomials of each segment and each combination") {
  const SweepFits all = fits_of(four_legs());
  const Table& fits = all.fits;
  const std::size_t orders = default_orders.size();
  REQUIRE(fits.rows == 9 * orders);
  const char* keys[] = {"segment_0", "segment_1",         "segment_2",
                        "segment_3", "all_segments",      "near_zero",
                        "forward",   "negative_segments", "positive_segments"};
  const char* ids[] = {"[0]",    "[1]",    "[2]",    "[3]",   "[0, 1, 2, 3]",
                       "[1, 3]", "[0, 2]", "[0, 1]", "[2, 3]"};
  for (std::size_t k = 0; k < 9; ++k) {
    CAPTURE(keys[k]);
    CHECK(cell(fits, k * orders, "combination_key") == keys[k]);
    CHECK(cell(fits, k * orders, "segment_ids") == ids[k]);
    CHECK(number(fits, k * orders, "n_segments") == (k < 4 ? 1 : k == 4 ? 4 : 2));
    CHECK(cell(fits, k * orders, "segment_type") == (k == 0   ? "forward_negative"
                                                     : k == 1 ? "return_negative"
                                                     : k == 2 ? "forward_positive"
                                                     : k == 3 ? "return_positive"
                                                              : "combined"));
    for (std::size_t order = 1; order < orders; ++order) {  // 3, 5, 7: exact
      const std::size_t row = k * orders + order;
      CHECK(number(fits, row, "order") == default_orders[order]);
      CHECK(number(fits, row, "a1") == doctest::Approx(2e-6).epsilon(1e-8));
      CHECK(number(fits, row, "a3") == doctest::Approx(1e-8).epsilon(1e-6));
      CHECK(number(fits, row, "r_squared") == doctest::Approx(1));
      CHECK(cell(fits, row, "status") == "ok");
    }
    CHECK(std::isnan(number(fits, k * orders, "a3")));
  }
  CHECK(number(fits, 0, "v_min") == -8);
  CHECK(number(fits, 0, "v_max") == -0.1);
  CHECK(number(fits, 4 * orders, "n_points") == 160);
  CHECK(cell(fits, 5, "run_id") == "0123456789abcdef");
}

TEST_CASE("measured_sweep: short segments have rows that say why there are no coefficients") {
  MeasuredSweep sweep;
  REQUIRE(!add_segment(segment_table("forward_positive", 0.1, 0.3, 3), "Vsd (V)", 7, sweep));
  const SweepFits all = fits_of(sweep);
  const Table& fits = all.fits;
  REQUIRE(fits.rows == 4 * default_orders.size());  // itself, all, forward, positive
  CHECK(cell(fits, 3, "combination_key") == "segment_7");
  CHECK(cell(fits, 3, "status") == "too_few_points");  // order 7: four unknowns
  CHECK(std::isnan(number(fits, 3, "a1")));
  CHECK(std::isnan(number(fits, 3, "r_squared")));
  CHECK(cell(fits, 2, "status") == "ok");  // order 5: three
  CHECK(fits_of(MeasuredSweep{}).fits.rows == 0);
  CHECK(fits_of(MeasuredSweep{}).groups.empty());
}

TEST_CASE("measured_sweep: rows of a table, an overflow, flags and light are taken as they are") {
  Table table = segment_table("forward_positive", 0, 1, 10);
  Column& flags = table.add("flags", ColumnType::text, true);
  flags.add(std::string_view("cut,nan"));
  table.add("wavelength_nm", ColumnType::float64, true).add(455.0);
  table[1].floats[3] = 9.9e37;
  MeasuredSweep sweep;
  REQUIRE(!add_segment(table, "Vsd (V)", 4, sweep, {2, 3}));
  REQUIRE(!add_segment(table, "Vsd (V)", 4, sweep, {5, 2}));  // goes on
  REQUIRE(!add_segment(table, "Vsd (V)", 5, sweep, {7, 100}));
  REQUIRE(sweep.segments.size() == 2);
  CHECK(sweep.segments[0].v == std::vector<double>{2.0 / 9, 4.0 / 9, 5.0 / 9, 6.0 / 9});
  CHECK(sweep.segments[1].v.size() == 3);
  CHECK(sweep.left_out == 1);
  CHECK(sweep.flags == std::vector<std::string>{"cut", "nan"});
  CHECK(*sweep.wavelength_nm == 455);
}

TEST_CASE("measured_sweep: fitted curves go from the lowest voltage to the highest") {
  const SweepFits all = fits_of(four_legs());
  REQUIRE(all.groups.size() == 6);
  REQUIRE(all.curves.rows == 9 * curve_points);
  CHECK(all.groups[0].strategy == "individual");
  CHECK(all.groups[0].curves.count == 4 * curve_points);
  CHECK(all.groups[0].fits.count == 16);
  CHECK(all.groups[5].strategy == "positive");
  CHECK(all.groups[5].fits.first == 32);
  for (const std::size_t row : {std::size_t{0}, std::size_t{77}, 5 * curve_points - 1}) {
    const double v = number(all.curves, row, "V");
    CHECK(number(all.curves, row, "I_order_3") ==
          doctest::Approx(2e-6 * v + 1e-8 * v * v * v).epsilon(1e-9));
  }
  CHECK(number(all.curves, 0, "V") == -8);
  CHECK(number(all.curves, 199, "V") == -0.1);
  CHECK(number(all.curves, 5 * curve_points - 1, "V") == 8);
  CHECK(cell(all.curves, 4 * curve_points, "combination_key") == "all_segments");
  SweepFits few;
  constexpr std::array orders = {1, 5};
  constexpr std::array<std::string_view, 1> all_together = {"all"};
  fit_sweep(four_legs(), "IV", "2025-09-04", orders, all_together, few);
  CHECK(few.fits.rows == 2);
  CHECK(number(few.fits, 1, "a3") == doctest::Approx(1e-8).epsilon(1e-6));
  CHECK(few.fits.find("a7") == nullptr);
}

TEST_CASE("measured_sweep: the results of a run are JSON with each combination and order") {
  std::string text;
  append_fit_results(four_legs(), fits_of(four_legs()), "root/run_id=0123456789abcdef", text);
  const auto json = nlohmann::json::parse(text);
  CHECK(json.at("run_id") == "0123456789abcdef");
  CHECK(json.at("date") == "2025-09-04");
  CHECK(json.at("segment_ids") == std::vector<int>{0, 1, 2, 3});
  CHECK(json.at("return_to_zero_segment_ids") == std::vector<int>{1, 3});
  CHECK(json.at("forward_segment_ids") == std::vector<int>{0, 2});
  REQUIRE(json.at("combinations").size() == 9);
  const auto& near_zero = json.at("combinations").at("near_zero");
  CHECK(near_zero.at("segment_ids") == std::vector<int>{1, 3});
  CHECK(near_zero.at("voltage_range").at("max") == 7.9);
  REQUIRE(near_zero.at("fits").size() == 4);
  CHECK(near_zero.at("fits").at("order_3").at("coefficients").at("a3").get<double>() ==
        doctest::Approx(1e-8).epsilon(1e-6));
  CHECK(near_zero.at("fits").at("order_1").at("coefficients").size() == 1);
}
