#include <algorithm>
#include <cmath>
#include <weir/check.hpp>
#include <weir/segmentation/exact_moments.hpp>
#include <weir/segmentation/least_squares.hpp>
#include <weir/segmentation/measured_sweep.hpp>

#include "numbers.hpp"

namespace weir::segmentation {
namespace {

constexpr double same_voltage = 1e-6;  // V: below it |V| neither rises nor falls

const Column* numbers(const Table& table, std::string_view name) noexcept {
  const Column* column = table.find(name);
  return column == nullptr || column->type == ColumnType::text ? nullptr : column;
}

/// A column's entry as text; empty when there is none.
std::string text_at(const Table& table, std::string_view name, std::size_t row) {
  const Column* column = table.find(name);
  if (column == nullptr || row >= table.rows || column->is_null(row)) return {};
  if (column->type == ColumnType::text) return std::string(column->text(row));
  if (column->type == ColumnType::float64) {
    const double value = column->number(row);
    return value == std::floor(value) && std::abs(value) < 1e15
               ? std::to_string(static_cast<std::int64_t>(value))
               : std::to_string(value);
  }
  return std::to_string(column->integer(row));
}

/// Takes over a number of the run where none is known yet.
void take_number(const Table& table, std::string_view name, std::size_t row,
                 std::optional<double>& value) {
  const Column* column = numbers(table, name);
  if (value || column == nullptr || row >= table.rows || column->is_null(row)) return;
  if (std::isfinite(column->number(row))) value = column->number(row);
}

void take_flags(std::string_view flags, std::vector<std::string>& known) {
  while (!flags.empty()) {
    const std::string_view flag = flags.substr(0, flags.find(','));
    if (!flag.empty() && std::find(known.begin(), known.end(), flag) == known.end())
      known.emplace_back(flag);
    flags.remove_prefix(std::min(flags.size(), flag.size() + 1));
  }
}

using Members = std::vector<const MeasuredSegment*>;

/// Segments that are fitted together.
struct Combination {
  std::string key;
  std::string type;
  Members members;
};

double growth(const MeasuredSegment& segment) noexcept {
  return std::abs(segment.v.back()) - std::abs(segment.v.front());
}

double mean_voltage(const MeasuredSegment& segment) noexcept {
  double sum = 0;
  for (const double v : segment.v) sum += v;
  return sum / static_cast<double>(segment.v.size());
}

bool belongs(const MeasuredSegment& segment, std::string_view strategy) noexcept {
  if (strategy == "near_zero") return growth(segment) < -same_voltage;
  if (strategy == "forward") return growth(segment) > same_voltage;
  if (strategy == "negative") return mean_voltage(segment) < 0;
  if (strategy == "positive") return mean_voltage(segment) > 0;
  return true;
}

/// The combinations of a strategy: one, none where no segment belongs to it, or a segment each.
std::vector<Combination> combinations_of(const MeasuredSweep& sweep, std::string_view strategy) {
  std::vector<Combination> out;
  Members members;
  for (const MeasuredSegment& segment : sweep.segments) {
    if (segment.v.empty() || !belongs(segment, strategy)) continue;
    if (strategy == "individual") {
      out.push_back({"segment_" + std::to_string(segment.id), segment.type, {&segment}});
    } else {
      members.push_back(&segment);
    }
  }
  if (members.empty()) return out;
  const bool plain = strategy == "near_zero" || strategy == "forward";
  out.push_back({std::string(strategy) + (plain ? "" : "_segments"), "combined", members});
  return out;
}

std::string ids_text(const Members& members) {
  std::string text = "[";
  for (const MeasuredSegment* segment : members)
    text += (text.size() > 1 ? ", " : "") + std::to_string(segment->id);
  return text + "]";
}

void add_columns(std::string_view run_id, std::string_view procedure, std::string_view date,
                 std::span<const int> orders, SweepFits& out) {
  out.fits.clear();
  out.curves.clear();
  out.groups.clear();
  Table& fits = out.fits;
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
  for (int power = 1; power <= orders.back(); power += 2)
    fits.add("a" + std::to_string(power), ColumnType::float64);
  fits.add("status", ColumnType::text);
  fits.add("rank", ColumnType::int64);
  fits.add("condition", ColumnType::float64);
  out.curves.add("V", ColumnType::float64);
  for (const int order : orders)
    out.curves.add("I_order_" + std::to_string(order), ColumnType::float64);
  out.curves.add("combination_key", ColumnType::text);
}

void add_number(Column& column, double value) {
  std::isfinite(value) ? column.add(value) : column.add_null();
}

/// What is fitted: the points of a combination.
struct Points {
  std::vector<double> v, i;
  double v_min = 0, v_max = 0, i_min = 0, i_max = 0;

  explicit Points(const Members& members) {
    for (const MeasuredSegment* segment : members) {
      v.insert(v.end(), segment->v.begin(), segment->v.end());
      i.insert(i.end(), segment->i.begin(), segment->i.end());
    }
    const auto volts = std::minmax_element(v.begin(), v.end());
    const auto amperes = std::minmax_element(i.begin(), i.end());
    v_min = *volts.first;
    v_max = *volts.second;
    i_min = *amperes.first;
    i_max = *amperes.second;
  }
};

void add_fit(const Combination& combination, std::string_view strategy, int order, int order_max,
             const PolynomialFit& fit, const Points& points, Table& fits) {
  std::size_t at = 3;  // behind the constant columns
  const auto text = [&](std::string_view value) { fits[at++].add(value); };
  const auto count = [&](std::size_t value) { fits[at++].add(static_cast<std::int64_t>(value)); };
  const auto number = [&](double value) { add_number(fits[at++], value); };
  text(combination.key);
  text(strategy);
  text(ids_text(combination.members));
  count(combination.members.size());
  text(combination.type);
  count(static_cast<std::size_t>(order));
  number(fit.r_squared);
  number(fit.rmse);
  number(fit.mae);
  count(points.v.size());
  for (const double value : {points.v_min, points.v_max, points.i_min, points.i_max}) number(value);
  for (int power = 1; power <= order_max; power += 2) {
    const auto term = static_cast<std::size_t>(power);
    number(term < fit.coefficients.size() ? fit.coefficients[term] : quiet_nan);
  }
  text(to_string(fit.status));
  count(fit.rank);
  number(fit.condition);
  ++fits.rows;
}

/// The fitted curves from the lowest voltage to the highest.
void add_curves(const Combination& combination, std::span<const PolynomialFit> fits,
                const Points& points, Table& curves) {
  const std::size_t n = points.v_min == points.v_max ? 1 : curve_points;
  for (std::size_t k = 0; k < n; ++k) {
    const double share = n == 1 ? 0 : static_cast<double>(k) / static_cast<double>(n - 1);
    const double v = k + 1 == n ? points.v_max : std::lerp(points.v_min, points.v_max, share);
    std::size_t at = 0;
    curves[at++].add(v);
    for (const PolynomialFit& fit : fits) add_number(curves[at++], fit.evaluate(v));
    curves[at].add(std::string_view(combination.key));
    ++curves.rows;
  }
}

}  // namespace

void MeasuredSweep::clear() {
  run_id.clear();
  segments.clear();
  laser_voltage.reset();
  wavelength_nm.reset();
  chip_number.clear();
  flags.clear();
  left_out = 0;
}

std::size_t MeasuredSweep::points() const noexcept {
  std::size_t sum = 0;
  for (const MeasuredSegment& segment : segments) sum += segment.v.size();
  return sum;
}

double MeasuredSweep::v_max() const noexcept {
  double largest = quiet_nan;
  for (const MeasuredSegment& segment : segments) {
    if (!segment.is_forward()) continue;
    for (const double v : segment.v)
      largest = std::isnan(largest) ? std::abs(v) : std::max(largest, std::abs(v));
  }
  return largest;
}

std::optional<SegmentError> add_segment(const Table& table, std::string_view voltage,
                                        std::size_t id, MeasuredSweep& sweep, RowRange rows) {
  const std::string place = "segment " + std::to_string(id) + " has no ";
  const Column* v = numbers(table, voltage);
  if (v == nullptr)
    return SegmentError{"no_voltage_column",
                        place + "column \"" + std::string(voltage) + "\" of numbers"};
  const Column* i = numbers(table, current_column);
  if (i == nullptr)
    return SegmentError{"no_current_column",
                        place + "column \"" + std::string(current_column) + "\" of numbers"};
  const std::string type = text_at(table, "segment_type", rows.first);
  if (type.empty()) return SegmentError{"no_segment_type", place + "segment_type"};
  if (sweep.segments.empty() || sweep.segments.back().id != id)
    sweep.segments.push_back({id, type, {}, {}});
  MeasuredSegment& segment = sweep.segments.back();
  const std::size_t end = rows.first + std::min(rows.count, table.rows - rows.first);
  for (std::size_t row = rows.first; row < end; ++row) {
    const double volts = v->is_null(row) ? quiet_nan : v->number(row);
    const double amperes = i->is_null(row) ? quiet_nan : i->number(row);
    if (!std::isfinite(volts) || !ExactMoments::fits(amperes)) {
      ++sweep.left_out;
      continue;
    }
    segment.v.push_back(volts);
    segment.i.push_back(amperes);
  }
  take_number(table, "laser_voltage_V", rows.first, sweep.laser_voltage);
  take_number(table, "wavelength_nm", rows.first, sweep.wavelength_nm);
  take_flags(text_at(table, "flags", rows.first), sweep.flags);
  if (sweep.chip_number.empty()) sweep.chip_number = text_at(table, "chip_number", rows.first);
  return std::nullopt;
}

void fit_sweep(const MeasuredSweep& sweep, std::string_view procedure, std::string_view date,
               std::span<const int> orders, std::span<const std::string_view> strategies,
               SweepFits& out) {
  WEIR_CHECK(!orders.empty(), "at least one order");
  add_columns(sweep.run_id, procedure, date, orders, out);
  for (const std::string_view strategy : strategies) {
    FitGroup group{strategy, {out.fits.rows, 0}, {out.curves.rows, 0}};
    for (const Combination& combination : combinations_of(sweep, strategy)) {
      const Points points(combination.members);
      std::vector<PolynomialFit> fits;
      for (const int order : orders) {
        fits.push_back(fit_polynomial(points.v, points.i, order, Powers::odd));
        add_fit(combination, strategy, order, orders.back(), fits.back(), points, out.fits);
      }
      add_curves(combination, fits, points, out.curves);
    }
    group.fits.count = out.fits.rows - group.fits.first;
    group.curves.count = out.curves.rows - group.curves.first;
    if (group.fits.count != 0) out.groups.push_back(group);
  }
}

}  // namespace weir::segmentation
