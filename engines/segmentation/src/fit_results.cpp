// A run's fits as the original's fit_results.json has them.
#include <cmath>
#include <weir/segmentation/measured_sweep.hpp>

#include "json_writer.hpp"

namespace weir::segmentation {
namespace {

constexpr double same_voltage = 1e-6;  // V, as in the original

/// The ids of segments whose |V| falls (-1) or rises (1).
void add_ids(JsonWriter& json, const MeasuredSweep& sweep, std::string_view name, int direction) {
  json.key(name).begin_array();
  for (const MeasuredSegment& segment : sweep.segments) {
    if (segment.v.empty()) continue;
    const double growth = std::abs(segment.v.back()) - std::abs(segment.v.front());
    if (direction == 0 || direction * growth > same_voltage) json.value(segment.id);
  }
  json.end_array();
}

/// The ids of a list as its text has them, "[0, 2]".
void add_listed(JsonWriter& json, std::string_view list) {
  json.key("segment_ids").begin_array();
  for (list.remove_prefix(1); list.size() > 1;) {
    const std::string_view id = list.substr(0, list.find_first_of(",]"));
    if (const auto value = parse_integer(id)) json.value(*value);
    list.remove_prefix(id.size() + 1);
  }
  json.end_array();
}

double number(const Table& table, std::string_view name, std::size_t row) {
  const Column* column = table.find(name);
  return column->is_null(row) ? std::nan("") : column->number(row);
}

void add_range(JsonWriter& json, const Table& fits, std::size_t row, const std::string& quantity) {
  json.key(quantity == "v" ? "voltage_range" : "current_range").begin_object();
  json.member("min", number(fits, quantity + "_min", row));
  json.member("max", number(fits, quantity + "_max", row));
  json.end_object();
}

void add_fit(JsonWriter& json, const Table& fits, std::size_t row) {
  const std::int64_t order = fits.find("order")->integer(row);
  json.key("order_" + std::to_string(order)).begin_object();
  json.member("order", order);
  for (const char* name : {"r_squared", "rmse", "mae"}) json.member(name, number(fits, name, row));
  json.member("n_points", fits.find("n_points")->integer(row));
  json.key("coefficients").begin_object();
  for (std::int64_t power = 1; power <= order; power += 2) {
    const std::string name = "a" + std::to_string(power);
    json.member(name, number(fits, name, row));
  }
  json.end_object();
  json.member("status", fits.find("status")->text(row));
  json.end_object();
}

/// The rows from `row` on that are of one combination; returns the first one behind them.
std::size_t add_combination(JsonWriter& json, const Table& fits, std::size_t row) {
  const std::string key(fits.find("combination_key")->text(row));
  json.key(key).begin_object();
  json.member("strategy", fits.find("strategy")->text(row));
  add_listed(json, fits.find("segment_ids")->text(row));
  json.member("segment_type", fits.find("segment_type")->text(row));
  json.member("n_points", fits.find("n_points")->integer(row));
  add_range(json, fits, row, "v");
  add_range(json, fits, row, "i");
  json.key("fits").begin_object();
  for (; row < fits.rows && fits.find("combination_key")->text(row) == key; ++row)
    add_fit(json, fits, row);
  json.end_object();
  json.end_object();
  return row;
}

}  // namespace

void append_fit_results(const MeasuredSweep& sweep, const SweepFits& fits, std::string_view path,
                        std::string& out) {
  JsonWriter json;
  json.member("run_id", sweep.run_id);
  for (const char* name : {"date", "proc"})
    json.member(name, fits.fits.rows == 0 ? std::string_view() : fits.fits.find(name)->text(0));
  json.member("run_path", path);
  json.member("n_segments", sweep.segments.size());
  add_ids(json, sweep, "segment_ids", 0);
  add_ids(json, sweep, "return_to_zero_segment_ids", -1);
  add_ids(json, sweep, "forward_segment_ids", 1);
  json.key("combinations").begin_object();
  for (std::size_t row = 0; row < fits.fits.rows;) row = add_combination(json, fits.fits, row);
  json.end_object();
  std::string text = json.finish();
  text.pop_back();  // the line's end
  out += text;
}

}  // namespace weir::segmentation
