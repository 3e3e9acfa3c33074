#include <algorithm>
#include <set>

#include "text_written.hpp"

namespace weir::search::text {

namespace {

constexpr int number_index_max = 6;

double mode_cost(Rounding mode) noexcept {
  constexpr double costs[] = {0, 1, 1.6, 2.2, 4};
  return costs[static_cast<std::size_t>(mode)];
}

double unit_cost(Units kind) noexcept {
  return kind == Units::powers ? 1.4 : kind == Units::decimal_bytes ? 2.1 : 1.8;
}

CostedSteps rounding_to(int scale, std::optional<Number> unit, Rounding mode, double cost) {
  CostedSteps s;
  s.steps.scale = scale;
  s.steps.unit = unit;
  s.steps.mode = mode;
  s.cost = cost;
  return s;
}

/// 1, 2, 2.5, 5 times powers of ten, in every mode; the first is no rounding at all.
std::vector<CostedSteps> all_steps(int scale, bool sixty) {
  std::vector<CostedSteps> all;
  const double base = scale == 0 ? 0 : 2;
  all.push_back(rounding_to(scale, std::nullopt, Rounding::half_up, base));
  struct Unit {
    std::int64_t mantissa;
    int decimals;
    double cost;
  };
  constexpr Unit units[] = {{1, 0, 1}, {5, 0, 1.4}, {2, 0, 2.2}, {25, 1, 2.6}};
  for (int power = -4; power <= 5; ++power) {
    for (const Unit& u : units) {
      Number unit{u.mantissa, u.decimals};
      if (power < 0) unit.decimals -= power;
      if (power > 0) unit = *scaled(unit, power);
      for (const Rounding mode :
           {Rounding::half_up, Rounding::floor, Rounding::ceil, Rounding::truncate}) {
        all.push_back(rounding_to(scale, unit, mode,
                                  base + u.cost + mode_cost(mode) + 0.15 * std::abs(power)));
      }
    }
  }
  for (int figures = 1; figures <= 5 && scale == 0; ++figures) {
    CostedSteps s;
    s.steps.figures = figures;
    s.cost = 3 + 0.1 * figures;
    all.push_back(s);
  }
  for (const std::int64_t part : {15, 30, 12, 6, 3, 4}) {  // of hours, minutes, months
    for (const Rounding mode : {Rounding::half_up, Rounding::floor, Rounding::ceil}) {
      const double rare = sixty ? 1 : 3.5;
      all.push_back(rounding_to(scale, Number{part, 0}, mode,
                                base + rare + mode_cost(mode) + (part < 15 ? 1 : 0)));
    }
  }
  return all;
}

bool all_there(const Sheet& sheet, const std::vector<std::optional<Number>>& values) {
  return std::all_of(values.begin(), values.begin() + static_cast<std::ptrdiff_t>(sheet.shown()),
                     [](const auto& v) { return v.has_value(); });
}

int unit_decimals(const NumberSteps& steps) noexcept {
  if (!steps.unit) return 0;
  Number u = *steps.unit;
  while (u.decimals > 0 && u.mantissa % 10 == 0) u = {u.mantissa / 10, u.decimals - 1};
  return u.decimals;
}

/// Widths that turn the lower end into another number of the output, in all rows.
std::vector<Number> widths(const OutputLooks& looks, const std::vector<Number>& low) {
  std::vector<Number> all;
  for (const Number& other : looks.numerals[0]) {
    const auto width = sum(positive(other), {-low[0].mantissa, low[0].decimals});
    if (!width || width->mantissa == 0) continue;
    bool fits = true;
    for (std::size_t e = 1; fits && e < low.size(); ++e) {
      const auto high = sum(low[e], *width);
      fits = high && has(looks.numerals[e], *high);
    }
    const bool known =
        std::any_of(all.begin(), all.end(), [&](Number n) { return equal(n, *width); });
    if (fits && !known) all.push_back(*width);
  }
  return all;
}

double width_cost(Number width, Number unit) {
  if (equal(width, unit)) return 0.3;
  const auto plus_one = sum(width, {1, std::max(width.decimals, unit.decimals)});
  if (plus_one && equal(*plus_one, unit)) return 0.5;
  const auto plus = sum(width, {1, 0});
  if (plus && equal(*plus, unit)) return 0.5;
  return 3;
}

std::vector<int> scales_for(const OutputLooks& looks) {
  return looks.decimals_max >= 0 ? std::vector<int>{0, 2, -2, -3, 3, -6, 6, -9, 1, -1}
                                 : std::vector<int>{0};
}

/// Figures of a value, and the power of ten that stands behind them.
void offer_parts(std::vector<CostedSteps>& parts, int figures) {
  for (const Part part : {Part::significand, Part::power}) {
    CostedSteps s;
    s.steps.figures = figures;
    s.steps.part = part;
    parts.push_back(s);
  }
}

}  // namespace

Steps numbers_in(Budget& budget, const Sheet& sheet, const std::vector<CostedMoment>& moments,
                 std::vector<CostedNumber>& out) {
  const std::uint64_t units = units_of_all_rows(sheet);
  std::vector<std::vector<std::optional<Number>>> known;
  const auto add = [&](const NumberSource& source, double cost) {
    auto values = values_of(sheet, source);
    if (!all_there(sheet, values)) return;
    const auto same = [](const std::optional<Number>& a, const std::optional<Number>& b) {
      return a.has_value() == b.has_value() &&
             (!a || (a->mantissa == b->mantissa && a->decimals == b->decimals));
    };
    for (const auto& k : known) {
      if (std::equal(k.begin(), k.end(), values.begin(), same)) return;
    }
    known.push_back(std::move(values));
    out.push_back({source, cost});
  };
  for (int input = 0; input < static_cast<int>(sheet.inputs()); ++input) {
    for (const bool comma : {false, true}) {
      for (int k = 1; k <= number_index_max; ++k) {
        for (const int index : {k, -k}) {
          NumberSource source;
          source.input = input;
          source.k = index;
          source.comma = comma;
          add(source, 1 + 0.6 * (k - 1) + (index < 0 ? 0.2 : 0) + (comma ? 1.5 : 0));
          if (budget.spend(units)) co_await budget.pause();
        }
      }
    }
  }
  for (int input = 0; input < static_cast<int>(sheet.inputs()); ++input) {
    for (int kind = 1; kind < unit_kinds; ++kind) {
      for (const bool comma : {false, true}) {
        for (const int k : {1, 0, 2}) {
          NumberSource source;
          source.input = input;
          source.k = k;
          source.comma = comma;
          source.units = static_cast<Units>(kind);
          if (k == 0 && source.units == Units::powers) continue;
          add(source, unit_cost(source.units) + (k == 1 ? 0 : 0.6) + (comma ? 1.5 : 0));
          if (budget.spend(units)) co_await budget.pause();
        }
      }
    }
  }
  for (const CostedMoment& m : moments) {
    for (const Field field : {Field::hour, Field::minute, Field::second, Field::year, Field::month,
                              Field::day, Field::total_minutes, Field::total_seconds}) {
      NumberSource source;
      source.field = field;
      source.moment = m.source;
      add(source, m.cost + 1.2 + (field >= Field::total_minutes ? 1 : 0));
      if (budget.spend(units)) co_await budget.pause();
    }
  }
}

Steps offer_formats(Budget& budget, const Sheet& sheet, Pool& pool, CostedNumber number,
                    std::uint64_t& looked_at) {
  const OutputLooks looks(sheet);
  const auto values = values_of(sheet, number.source);
  const bool negative =
      std::any_of(values.begin(), values.end(), [](const auto& v) { return v && v->mantissa < 0; });
  const auto all = formats(looks, negative);
  for (const int scale : scales_for(looks)) {
    if (number.source.field && scale != 0) continue;
    const std::vector<CostedSteps> steps = all_steps(scale, number.source.field.has_value());
    for (const CostedSteps& s : steps) {
      if (budget.spend(candidate_units)) co_await budget.pause();
      if (s.steps.mode == Rounding::truncate && !negative) continue;
      const auto rounded = after(values, sheet.shown(), s.steps);
      if (!rounded) continue;
      std::vector<bool> ok;
      bool any = false;
      for (int d = 0; d <= looks.decimals_max; ++d) {
        ok.push_back(d >= unit_decimals(s.steps) && stands(looks, *rounded, d));
        any = any || ok.back();
      }
      if (any) co_await offer_written(budget, pool, number, s, all, ok, looked_at);
    }
  }
}

Steps number_ranges(Budget& budget, const Sheet& sheet, CostedNumber number, Contexts& out) {
  const CostedNumber free{number.source, 0};
  const OutputLooks looks(sheet);
  if (std::any_of(looks.numerals.begin(), looks.numerals.end(),
                  [](const auto& n) { return n.size() < 2; }))
    co_return;
  const auto values = values_of(sheet, number.source);
  const auto all = formats(looks, false);
  for (const int scale : {0, 2}) {
    const std::vector<CostedSteps> steps = all_steps(scale, number.source.field.has_value());
    for (const CostedSteps& s : steps) {
      ++out.looked_at;
      if (budget.spend(candidate_units)) co_await budget.pause();
      const auto low = after(values, sheet.shown(), s.steps);
      if (!low || !s.steps.unit) continue;
      bool there = true;
      for (std::size_t e = 0; there && e < low->size(); ++e)
        there = has(looks.numerals[e], (*low)[e]);
      if (!there) continue;
      const std::vector<bool> ok(static_cast<std::size_t>(looks.decimals_max) + 1, true);
      const std::vector<Number> all_widths = widths(looks, *low);
      for (const Number& width : all_widths) {
        Pool pool(sheet);
        CostedSteps lower = s, upper = s;
        // The lower end of a range is the floor: here that is what to expect.
        lower.cost += s.steps.mode == Rounding::floor ? -mode_cost(Rounding::floor) : 0.7;
        upper.steps.add = width;
        const double cost = number.cost + lower.cost + width_cost(width, *s.steps.unit);
        lower.cost = upper.cost = 0;
        co_await offer_written(budget, pool, free, lower, all, ok, out.looked_at);
        const std::size_t lows = pool.size();
        co_await offer_written(budget, pool, free, upper, all, ok, out.looked_at);
        if (lows > 0 && pool.size() > lows) out.all.push_back({std::move(pool), cost, false});
      }
    }
  }
}

Steps power_parts(Budget& budget, const Sheet& sheet, CostedNumber number, Contexts& out) {
  const OutputLooks looks(sheet);
  const auto values = values_of(sheet, number.source);
  const CostedNumber free{number.source, 0};
  const std::vector<CostedFormat> all = formats(looks, false);
  for (const int figures : {0, looks.seen_decimals + 1}) {
    ++out.looked_at;
    if (budget.spend(candidate_units)) co_await budget.pause();
    std::vector<CostedSteps> parts;
    offer_parts(parts, figures);
    const bool there = std::all_of(parts.begin(), parts.end(), [&](const CostedSteps& s) {
      const auto result = after(values, sheet.shown(), s.steps);
      return result &&
             stands(looks, *result, s.steps.part == Part::power ? 0 : looks.seen_decimals);
    });
    if (!there) continue;
    const std::vector<bool> ok(static_cast<std::size_t>(looks.decimals_max) + 1, true);
    Pool pool(sheet);
    for (const CostedSteps& s : parts)
      co_await offer_written(budget, pool, free, s, all, ok, out.looked_at);
    if (pool.size() > 1) out.all.push_back({std::move(pool), number.cost + 2, false});
  }
}

}  // namespace weir::search::text
