#include "sweeps.hpp"

#include <algorithm>
#include <array>
#include <cmath>
#include <weir/segmentation/text.hpp>

namespace weir::segmentation {
namespace {

constexpr std::size_t leg_rows_min = 5;

/// numpy.arange(start, stop, step) with its float drift, without `stop`.
void arange(std::vector<double>& out, double start, double stop, double step) {
  const double delta = (start + step) - start;
  const auto n = static_cast<std::size_t>(std::max(0.0, std::ceil((stop - start) / step - 1e-9)));
  for (std::size_t k = 0; k < n; ++k) out.push_back(start + static_cast<double>(k) * delta);
}

void add_texts(Sweep& sweep) {
  sweep.texts.clear();
  for (const double v : sweep.set_points) sweep.texts.push_back(python_repr(v));
}

/// The one point past zero at the end of a sweep and the like join the leg before them, or the one
/// after where there is none: no row is nobody's.
void merge_fragments(std::vector<Leg>& legs) {
  const auto rows = [&](std::size_t k) { return legs[k].last - legs[k].first + 1; };
  for (std::size_t k = 1; k < legs.size();) {
    if (rows(k) >= leg_rows_min) {
      ++k;
      continue;
    }
    legs[k - 1].last = legs[k].last;
    legs.erase(legs.begin() + static_cast<std::ptrdiff_t>(k));
  }
  if (legs.size() < 2 || rows(0) >= leg_rows_min) return;
  legs[1].first = 0;
  legs.erase(legs.begin());
}

/// Splits the set-points into legs: turns and changes of sign; rows that stand still stay in the
/// leg before.
void add_legs(Sweep& sweep) {
  const std::vector<double>& v = sweep.set_points;
  sweep.legs.clear();
  if (v.empty()) return;
  Leg leg;
  int direction = 0;
  double extent = v[0];
  const auto close = [&](std::size_t last) {
    leg.last = last;
    leg.increasing = direction > 0;
    leg.positive = extent > 0;
    sweep.legs.push_back(leg);
    leg.first = last + 1;
  };
  for (std::size_t k = 1; k < v.size(); ++k) {
    const int step = v[k] > v[k - 1] ? 1 : v[k] < v[k - 1] ? -1 : 0;
    const bool turns = step != 0 && direction != 0 && step != direction;
    const bool crosses = (v[k - 1] < 0 && v[k] >= 0) || (v[k - 1] > 0 && v[k] <= 0);
    if (turns || crosses) {
      close(k - 1);
      extent = v[k];
    }
    if (step != 0) direction = step;
    if (std::fabs(v[k]) > std::fabs(extent)) extent = v[k];
  }
  close(v.size() - 1);
  merge_fragments(sweep.legs);
}

Sweep make_plain_iv(double v_max, double step) {
  Sweep sweep;
  sweep.v_start = -v_max;
  sweep.v_end = v_max;
  sweep.step = step;
  const double near_zero = 0.0005;
  std::vector<double>& v = sweep.set_points;
  v.push_back(0.0);
  arange(v, -near_zero, -v_max, -step);
  arange(v, -v_max, -near_zero, step);
  v.push_back(-near_zero);
  arange(v, near_zero, v_max, step);
  arange(v, v_max, near_zero, -step);
  v.push_back(near_zero);
  v.push_back(near_zero - step);
  add_texts(sweep);
  add_legs(sweep);
  return sweep;
}

/// Adds `points` multiples of `step` from `from` (left out) to `to`.
void walk(std::vector<double>& v, int from, int to, double step) {
  const int sign = to > from ? 1 : -1;
  for (int k = from + sign; k != to + sign; k += sign) v.push_back(static_cast<double>(k) * step);
}

Sweep make_gate_sweep(int points, double step) {
  Sweep sweep;
  sweep.v_end = static_cast<double>(points) * step;
  sweep.v_start = -sweep.v_end;
  sweep.step = step;
  sweep.set_points.push_back(0.0);
  walk(sweep.set_points, 0, -points, step);
  walk(sweep.set_points, -points, points, step);
  walk(sweep.set_points, points, -points, step);
  walk(sweep.set_points, -points, 0, step);
  add_texts(sweep);
  add_legs(sweep);
  return sweep;
}

void hold(std::vector<double>& v, std::size_t at, std::size_t rows) {
  v.insert(v.begin() + static_cast<std::ptrdiff_t>(at), rows, v[at]);
}

void add_plateaus(std::vector<double>& v, int points, Random& random) {
  const auto n = static_cast<std::size_t>(points);
  hold(v, 3 * n, 4 + random.below(8));                            // at the positive turn
  hold(v, n, 4 + random.below(8));                                // at the negative one
  if (random.below(2) == 0) hold(v, n / 2, 3 + random.below(5));  // on the way
}

std::string_view type_of(const Leg& leg) {
  if (leg.positive) return leg.increasing ? "forward_positive" : "return_positive";
  return leg.increasing ? "return_negative" : "forward_negative";
}

}  // namespace

std::string_view to_string(DirtyKind kind) noexcept {
  constexpr std::array<std::string_view, dirty_kind_count> names = {
      "plain",     "noisy",       "plateaued",      "noisy-plateaued",
      "no_return", "no_negative", "positive_first", "multi-cycle",
      "offset",    "cut",         "nan_rows"};
  return names[static_cast<std::size_t>(kind)];
}

std::string Sweep::truth(std::size_t rows) const {
  std::vector<Leg> there;
  for (const Leg& leg : legs) {
    if (leg.first >= rows) break;
    there.push_back(leg);
    there.back().last = std::min(leg.last, rows - 1);
  }
  merge_fragments(there);
  std::string out;
  for (const Leg& leg : there) {
    if (!out.empty()) out += ';';
    out += type_of(leg);
    out += ':' + std::to_string(leg.first) + '-' + std::to_string(leg.last);
  }
  return out;
}

const Sweep& plain_iv(std::size_t which) {
  static const std::array<Sweep, plain_iv_count> sweeps = {
      make_plain_iv(0.1, 0.01),  make_plain_iv(0.25, 0.01), make_plain_iv(0.5, 0.01),
      make_plain_iv(0.75, 0.01), make_plain_iv(1.0, 0.01),  make_plain_iv(2.0, 0.02)};
  return sweeps[which];
}

const Sweep& gate_sweep(std::size_t which) {
  static const std::array<Sweep, gate_sweep_count> sweeps = {
      make_gate_sweep(25, 0.2), make_gate_sweep(100, 0.05), make_gate_sweep(100, 0.1),
      make_gate_sweep(50, 0.1)};
  return sweeps[which];
}

Sweep dirty_iv(DirtyKind kind, Random& random) {
  Sweep sweep;
  const int points = 20 + static_cast<int>(random.below(80));
  sweep.step = 0.01;
  std::vector<double>& v = sweep.set_points;
  const double step = sweep.step;
  int rest = 0, low = -points;
  const int high = points;
  double shift = 0;
  if (kind == DirtyKind::offset) {
    const std::size_t how = random.below(3);
    if (how == 0) {
      low = -points / 2;
    } else if (how == 1) {  // all of it is positive
      rest = points / 2;
      low = points / 5;
    } else {  // the source is off by up to three steps
      shift = (6 * random.unit() - 3) * step;
    }
  }
  sweep.v_start = static_cast<double>(low) * step;
  sweep.v_end = static_cast<double>(high) * step;
  if (kind == DirtyKind::no_negative) low = 0;  // but the header asks for it
  v.push_back(static_cast<double>(rest) * step);
  const std::size_t cycles = kind == DirtyKind::multi_cycle ? 2 + random.below(3) : 1;
  for (std::size_t cycle = 0; cycle < cycles; ++cycle) {
    if (kind == DirtyKind::positive_first) {
      walk(v, rest, high, step);
      walk(v, high, low, step);
      walk(v, low, rest, step);
      continue;
    }
    if (low < rest) walk(v, rest, low, step);
    walk(v, low, high, step);
    if (kind != DirtyKind::no_return) walk(v, high, rest, step);
  }
  for (double& x : v) x += shift;
  if (kind == DirtyKind::plateaued || kind == DirtyKind::noisy_plateaued)
    add_plateaus(v, points, random);
  if (kind == DirtyKind::cut) v.resize(v.size() / 4 + random.below(v.size() / 2));
  add_legs(sweep);
  add_texts(sweep);
  if (kind == DirtyKind::noisy || kind == DirtyKind::noisy_plateaued) {
    const double sigma = (0.1 + 0.5 * random.unit()) * step;
    for (std::size_t k = 0; k < v.size(); ++k)
      sweep.texts[k] = python_repr(v[k] + sigma * random.normal());
  }
  if (kind == DirtyKind::nan_rows) {
    for (int k = 0; k < 4; ++k) sweep.texts[1 + random.below(v.size() - 2)] = "nan";
  }
  return sweep;
}

}  // namespace weir::segmentation
