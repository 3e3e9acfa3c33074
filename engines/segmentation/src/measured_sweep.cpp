#include <algorithm>
#include <cmath>
#include <limits>
#include <weir/segmentation/least_squares.hpp>
#include <weir/segmentation/measured_sweep.hpp>

namespace weir::segmentation {
namespace {

constexpr double same_voltage = 1e-6;  // V: below it |V| neither rises nor falls
constexpr double nan = std::numeric_limits<double>::quiet_NaN();

const Column* numbers(const Table& table, std::string_view name) noexcept {
  const Column* column = table.find(name);
  return column == nullptr || column->type == ColumnType::text ? nullptr : column;
}

/// The first entry of a column as text; empty when there is none.
std::string first_text(const Table& table, std::string_view name) {
  const Column* column = table.find(name);
  if (column == nullptr || table.rows == 0 || column->is_null(0)) return {};
  if (column->type == ColumnType::text) return std::string(column->text(0));
  if (column->type == ColumnType::float64) {
    const double value = column->number(0);
    return value == std::floor(value) && std::abs(value) < 1e15
               ? std::to_string(static_cast<std::int64_t>(value))
               : std::to_string(value);
  }
  return std::to_string(column->integer(0));
}

using Members = std::vector<const MeasuredSegment*>;

/// Segments that are fitted together.
struct Combination {
  std::string key;
  std::string_view strategy;
  std::string type;
  Members members;
};

template <class Test>
void add_combination(const MeasuredSweep& sweep, std::string_view key, std::string_view strategy,
                     Test&& test, std::vector<Combination>& out) {
  Members members;
  for (const MeasuredSegment& segment : sweep.segments) {
    if (!segment.v.empty() && test(segment)) members.push_back(&segment);
  }
  if (!members.empty()) out.push_back({std::string(key), strategy, "combined", members});
}

std::vector<Combination> combinations_of(const MeasuredSweep& sweep) {
  std::vector<Combination> out;
  for (const MeasuredSegment& segment : sweep.segments) {
    if (segment.v.empty()) continue;
    out.push_back(
        {"segment_" + std::to_string(segment.id), "individual", segment.type, {&segment}});
  }
  const auto growth = [](const MeasuredSegment& segment) {
    return std::abs(segment.v.back()) - std::abs(segment.v.front());
  };
  const auto mean = [](const MeasuredSegment& segment) {
    double sum = 0;
    for (const double v : segment.v) sum += v;
    return sum / static_cast<double>(segment.v.size());
  };
  const auto add = [&](std::string_view key, std::string_view strategy, auto test) {
    add_combination(sweep, key, strategy, test, out);
  };
  add("all_segments", "all", [](const MeasuredSegment&) { return true; });
  add("near_zero", "near_zero",
      [&](const MeasuredSegment& segment) { return growth(segment) < -same_voltage; });
  add("forward", "forward",
      [&](const MeasuredSegment& segment) { return growth(segment) > same_voltage; });
  add("negative_segments", "negative",
      [&](const MeasuredSegment& segment) { return mean(segment) < 0; });
  add("positive_segments", "positive",
      [&](const MeasuredSegment& segment) { return mean(segment) > 0; });
  return out;
}

std::string ids_text(const Members& members) {
  std::string text = "[";
  for (const MeasuredSegment* segment : members)
    text += (text.size() > 1 ? ", " : "") + std::to_string(segment->id);
  return text + "]";
}

void add_columns(std::string_view run_id, std::string_view procedure, std::string_view date,
                 Table& fits) {
  fits.clear();
  fits.add("run_id", ColumnType::text, true).add(run_id);
  fits.add("proc", ColumnType::text, true).add(procedure);
  fits.add("date", ColumnType::text, true).add(date);
  for (const char* name : {"combination_key", "strategy", "segment_ids"})
    fits.add(name, ColumnType::text);
  fits.add("n_segments", ColumnType::int64);
  fits.add("segment_type", ColumnType::text);
  fits.add("order", ColumnType::int64);
  for (const char* name : {"r_squared", "rmse", "mae"}) fits.add(name, ColumnType::float64);
  fits.add("n_points", ColumnType::int64);
  for (const char* name : {"v_min", "v_max", "i_min", "i_max"}) fits.add(name, ColumnType::float64);
  for (const int order : fit_orders) fits.add("a" + std::to_string(order), ColumnType::float64);
  fits.add("status", ColumnType::text);
  fits.add("rank", ColumnType::int64);
  fits.add("condition", ColumnType::float64);
}

void add_row(const Combination& combination, int order, const PolynomialFit& fit,
             const std::vector<double>& v, const std::vector<double>& i, Table& fits) {
  std::size_t at = 3;  // behind the constant columns
  const auto text = [&](std::string_view value) { fits[at++].add(value); };
  const auto count = [&](std::size_t value) { fits[at++].add(static_cast<std::int64_t>(value)); };
  const auto number = [&](double value) {
    std::isfinite(value) ? fits[at++].add(value) : fits[at++].add_null();
  };
  text(combination.key);
  text(combination.strategy);
  text(ids_text(combination.members));
  count(combination.members.size());
  text(combination.type);
  count(static_cast<std::size_t>(order));
  number(fit.r_squared);
  number(fit.rmse);
  number(fit.mae);
  count(v.size());
  for (const auto* values : {&v, &i}) {
    const auto [low, high] = std::minmax_element(values->begin(), values->end());
    number(*low);
    number(*high);
  }
  for (const int power : fit_orders) {
    const auto term = static_cast<std::size_t>(power);
    number(term < fit.coefficients.size() ? fit.coefficients[term] : nan);
  }
  text(to_string(fit.status));
  count(fit.rank);
  number(fit.condition);
  ++fits.rows;
}

}  // namespace

void MeasuredSweep::clear() {
  run_id.clear();
  segments.clear();
  laser_voltage.reset();
  chip_number.clear();
  left_out = 0;
}

std::size_t MeasuredSweep::points() const noexcept {
  std::size_t sum = 0;
  for (const MeasuredSegment& segment : segments) sum += segment.v.size();
  return sum;
}

double MeasuredSweep::v_max() const noexcept {
  double largest = nan;
  for (const MeasuredSegment& segment : segments) {
    if (!segment.is_forward()) continue;
    for (const double v : segment.v)
      largest = std::isnan(largest) ? std::abs(v) : std::max(largest, std::abs(v));
  }
  return largest;
}

std::optional<SegmentError> add_segment(const Table& table, std::string_view voltage,
                                        std::size_t id, MeasuredSweep& sweep) {
  const std::string place = "segment " + std::to_string(id) + " has no ";
  const Column* v = numbers(table, voltage);
  if (v == nullptr)
    return SegmentError{"no_voltage_column",
                        place + "column \"" + std::string(voltage) + "\" of numbers"};
  const Column* i = numbers(table, current_column);
  if (i == nullptr)
    return SegmentError{"no_current_column",
                        place + "column \"" + std::string(current_column) + "\" of numbers"};
  MeasuredSegment segment;
  segment.id = id;
  segment.type = first_text(table, "segment_type");
  if (segment.type.empty()) return SegmentError{"no_segment_type", place + "segment_type"};
  for (std::size_t row = 0; row < table.rows; ++row) {
    const double volts = v->is_null(row) ? nan : v->number(row);
    const double amperes = i->is_null(row) ? nan : i->number(row);
    if (!std::isfinite(volts) || !std::isfinite(amperes)) {
      ++sweep.left_out;
      continue;
    }
    segment.v.push_back(volts);
    segment.i.push_back(amperes);
  }
  const Column* laser = numbers(table, "laser_voltage_V");
  if (!sweep.laser_voltage && laser != nullptr && table.rows != 0 && !laser->is_null(0))
    sweep.laser_voltage = laser->number(0);
  if (sweep.chip_number.empty()) sweep.chip_number = first_text(table, "chip_number");
  sweep.segments.push_back(std::move(segment));
  return std::nullopt;
}

void fit_sweep(const MeasuredSweep& sweep, std::string_view procedure, std::string_view date,
               Table& fits) {
  add_columns(sweep.run_id, procedure, date, fits);
  std::vector<double> v, i;
  for (const Combination& combination : combinations_of(sweep)) {
    v.clear();
    i.clear();
    for (const MeasuredSegment* segment : combination.members) {
      v.insert(v.end(), segment->v.begin(), segment->v.end());
      i.insert(i.end(), segment->i.begin(), segment->i.end());
    }
    for (const int order : fit_orders)
      add_row(combination, order, fit_polynomial(v, i, order, Powers::odd), v, i, fits);
  }
}

}  // namespace weir::segmentation
