#include <algorithm>
#include <cmath>
#include <numeric>

#include "text_written.hpp"

namespace weir::search::text {

namespace {

constexpr std::size_t operands_max = 8, moments_max = 10;
constexpr std::int64_t ratio_max = 1'000'000, unit_max = std::int64_t{1} << 40;

/// What people convert by without showing all of it: lengths, weights and volumes of the two systems.
constexpr Number conversions[] = {{1'609'344, 6}, {621'371, 6}, {254, 2},     {393'701, 6},
                                  {3'048, 4},     {328'084, 5}, {9'144, 4},   {109'361, 5},
                                  {453'592, 6},   {220'462, 5}, {283'495, 4}, {378'541, 5},
                                  {264'172, 6},   {454'609, 5}};

struct Operand {
  CostedNumber number;
  std::vector<std::optional<Number>> shown;
};

std::vector<std::optional<Number>> shown_values(const Sheet& sheet, const NumberSource& source) {
  std::vector<std::optional<Number>> values;
  for (std::size_t e = 0; e < sheet.shown(); ++e)
    values.push_back(number_of(source, sheet.rows[e]));
  return values;
}

bool complete(const std::vector<std::optional<Number>>& values) {
  return std::all_of(values.begin(), values.end(), [](const auto& v) { return v.has_value(); });
}

bool same(const std::vector<std::optional<Number>>& a,
          const std::vector<std::optional<Number>>& b) {
  return std::equal(a.begin(), a.end(), b.begin(),
                    [](const auto& x, const auto& y) { return equal(*x, *y); });
}

double join_cost(Join join) noexcept {
  constexpr double costs[] = {0, 2.5, 2.5, 3, 3.5, 3.5, 3.5, 4, 4, 2.8};
  return costs[static_cast<std::size_t>(join)];
}

/// A percentage is below 100, a share below 1; nothing becomes more or less by 0 in all rows.
bool may_join(Join kind, const Operand& other) {
  const int most = kind == Join::less_percent || kind == Join::more_percent ? 100
                   : kind == Join::less_share || kind == Join::more_share   ? 1
                                                                            : 0;
  if (most == 0) return true;
  bool some = false;
  for (const auto& y : other.shown) {
    some = some || y->mantissa != 0;
    if (y->mantissa < 0 || y->mantissa > most * power_of_ten(y->decimals)) return false;
  }
  return some;
}

/// Each with each of its kind, in both orders where that makes a difference.
void join(const std::vector<Operand>& operands, std::initializer_list<Join> joins, int places,
          std::vector<CostedNumber>& out) {
  for (std::size_t i = 0; i < operands.size(); ++i) {
    for (std::size_t j = 0; j < operands.size(); ++j) {
      if (i == j || same(operands[i].shown, operands[j].shown)) continue;
      for (const Join kind : joins) {
        if (i > j && (kind == Join::plus || kind == Join::times)) continue;
        if (!may_join(kind, operands[j])) continue;
        CostedNumber number = operands[i].number;
        number.source.join = kind;
        number.source.other = std::make_shared<NumberSource>(operands[j].number.source);
        number.source.places = kind == Join::over ? places : 0;
        number.cost += operands[j].number.cost + join_cost(kind);
        out.push_back(std::move(number));
      }
    }
  }
}

/// The numbers that stand at one place in all shown outputs.
std::vector<std::vector<Number>> columns_of(const Sheet& sheet) {
  std::vector<std::vector<Number>> columns;
  for (std::size_t e = 0; e < sheet.shown(); ++e) {
    const auto found = numbers_of(sheet.outs[e], false);
    if (e == 0) columns.resize(std::min<std::size_t>(found.size(), 3));
    if (found.size() < columns.size()) columns.resize(found.size());
    for (std::size_t k = 0; k < columns.size(); ++k) columns[k].push_back(found[k]);
  }
  std::erase_if(columns, [](const auto& column) {
    return std::any_of(column.begin(), column.end(),
                       [](const Number& x) { return x.decimals < 0; });
  });
  return columns;
}

struct Ratio {
  std::int64_t over = 0, under = 1;  // in lowest terms, under > 0
};

std::optional<Ratio> ratio_of(Number y, Number x) {
  const auto a = scaled({y.mantissa, 0}, x.decimals), b = scaled({x.mantissa, 0}, y.decimals);
  if (!a || !b || b->mantissa == 0) return std::nullopt;
  const std::int64_t common = std::gcd(a->mantissa, b->mantissa) * (b->mantissa < 0 ? -1 : 1);
  const Ratio r{a->mantissa / common, b->mantissa / common};
  if (r.over == 0 || std::abs(r.over) > ratio_max) return std::nullopt;
  if (r.under > (r.over == 1 ? unit_max : ratio_max)) return std::nullopt;
  return r;
}

double digits_cost(std::int64_t n) noexcept {
  double cost = 0;
  for (n = std::abs(n); n > 0; n /= 10) cost += n % 10 != 0 || cost > 0 ? 0.5 : 0.1;
  return cost;
}

/// (x * ratio.over + shift) / ratio.under
CostedSteps linear(Ratio ratio, Number shift, int places) {
  CostedSteps s;
  s.steps.shift = shift;
  s.cost = 1 + digits_cost(ratio.over) + digits_cost(ratio.under) + digits_cost(shift.mantissa);
  for (int power = 0; power <= 6 && shift.mantissa == 0; ++power) {
    if (power_of_ten(power) % ratio.under != 0) continue;
    s.steps.times = {ratio.over * (power_of_ten(power) / ratio.under), power};
    return s;
  }
  s.steps.times = {ratio.over, 0};
  s.steps.over = ratio.under;
  s.steps.places = places;
  return s;
}

class LinearSearch {
 public:
  LinearSearch(const OutputLooks& looks, std::vector<Number> values, bool joined)
      : looks_(looks), values_(std::move(values)), joined_(joined) {
    for (std::size_t e = 0; e < values_.size(); ++e) {
      const auto known = [&](std::size_t i) { return equal(values_[i], values_[e]); };
      bool fresh = true;
      for (const std::size_t d : distinct_) fresh = fresh && !known(d);
      if (fresh) distinct_.push_back(e);
    }
  }

  /// Once.
  std::vector<CostedSteps> of(const std::vector<std::vector<Number>>& columns) {
    if (distinct_.size() > 1) {
      for (const auto& column : columns) {
        exact(column);
        rounded(column);
        if (!joined_) shifted(column);
      }
    }
    return std::move(found_);
  }

 private:
  void offer(const CostedSteps& s, const std::vector<Number>& column) {
    for (std::size_t e = 0; e < values_.size(); ++e) {
      const auto y = stepped(values_[e], s.steps);
      const auto r =
          y ? round_to_decimals(*y, Rounding::half_up, looks_.seen_decimals) : std::nullopt;
      if (!r || !equal(*r, column[e])) return;
    }
    found_.push_back(s);
  }

  void exact(const std::vector<Number>& column) {
    for (const std::size_t e : distinct_) {
      const auto r = ratio_of(column[e], values_[e]);
      if (!r) continue;
      const bool power = r->under == 1 && r->over == 1;
      if (!power) offer(linear(*r, {}, looks_.seen_decimals), column);
      if (!found_.empty()) return;
    }
  }

  /// Outputs are rounded: what is known, or the shortest factor, that explains all of them.
  void rounded(const std::vector<Number>& column) {
    if (!found_.empty() || looks_.seen_decimals == 0) return;
    const auto real = [](Number x) {
      return static_cast<double>(x.mantissa) * std::pow(10, -x.decimals);
    };
    const double half = 0.5 * std::pow(10, -looks_.seen_decimals);
    double low = 0, high = 1e9;
    for (std::size_t e = 0; e < values_.size(); ++e) {
      const double x = real(values_[e]), y = real(column[e]);
      if (x <= 0 || y <= 0) return;
      low = std::max(low, (y - half) / x);
      high = std::min(high, (y + half) / x);
    }
    if (low >= high || high > low * 1.05) return;
    for (const Number& known : conversions) {
      CostedSteps s;
      s.steps.times = known;
      s.cost = 2;
      if (real(known) >= low && real(known) <= high) offer(s, column);
    }
    for (int decimals = 0; decimals <= 4; ++decimals) {
      const double up = std::pow(10, decimals), first = std::ceil(low * up);
      if (first > high * up) continue;
      CostedSteps s;
      s.steps.times = {static_cast<std::int64_t>(first), decimals};
      s.cost = 1.5 + digits_cost(s.steps.times.mantissa);
      return offer(s, column);
    }
  }

  void shifted(const std::vector<Number>& column) {
    const auto minus = [](Number a, Number b) { return sum(a, {-b.mantissa, b.decimals}); };
    const std::size_t a = distinct_[0], b = distinct_[1];
    const auto dy = minus(column[a], column[b]), dx = minus(values_[a], values_[b]);
    const auto r = dy && dx ? ratio_of(*dy, *dx) : std::nullopt;
    if (!r) return;
    const bool bare = r->under == 1 && std::abs(r->over) == 1;
    if (!bare && distinct_.size() < 3) return;
    const auto whole = product(column[a], {r->under, 0}), part = product(values_[a], {r->over, 0});
    const auto shift = whole && part ? minus(*whole, *part) : std::nullopt;
    if (!shift || shift->mantissa == 0) return;
    CostedSteps s = linear(*r, *shift, looks_.seen_decimals);
    s.cost += bare && r->over == 1 ? 1 : 2;
    offer(s, column);
  }

  const OutputLooks& looks_;
  std::vector<Number> values_;
  bool joined_;
  std::vector<std::size_t> distinct_;
  std::vector<CostedSteps> found_;
};

bool is_unit(Units kind, std::int64_t size) {
  const std::span<const Unit> units = units_of(kind);
  return size > 1 && std::any_of(units.begin(), units.end(),
                                 [size](const Unit& unit) { return unit.size == size; });
}

/// As minutes stand behind a colon, whether a shown row has a zero there or not.
std::vector<CostedFormat> two_digits(std::vector<CostedFormat> all) {
  for (CostedFormat& f : all) f.cost += f.format.width == 2 ? 0 : 3;
  NumberFormat two;
  two.width = 2;
  all.push_back({two, 0.4});
  return all;
}

std::vector<CostedSteps> plain_steps(const NumberSource& source) {
  std::vector<CostedSteps> all;
  const auto also = [&all](double cost, auto change) {
    CostedSteps s;
    s.cost = cost;
    change(s.steps);
    all.push_back(s);
  };
  if (source.join == Join::none && source.k != 0) return all;
  if (source.join == Join::minus && source.field == Field::months_days) {
    for (const std::int64_t unit : {1200, 100}) {
      also(unit == 1200 ? 0.5 : 1, [unit](NumberSteps& s) {
        s.over = unit;
        s.mode = Rounding::floor;
      });
    }
    return all;
  }
  also(0, [](NumberSteps&) {});
  if (source.join == Join::minus) {
    also(2, [](NumberSteps& s) { s.add = {1, 0}; });  // of both ends
  }
  if (source.join == Join::over) {
    also(0.5, [](NumberSteps& s) { s.scale = 2; });
    also(1.5, [](NumberSteps& s) { s.scale = 2, s.add = {-100, 0}; });  // so much more
  }
  return all;
}

}  // namespace

Steps joined_numbers(Budget& budget, const Sheet& sheet, const std::vector<CostedMoment>& moments,
                     const std::vector<CostedNumber>& numbers, std::vector<CostedNumber>& out) {
  const OutputLooks looks(sheet);
  if (std::any_of(looks.numerals.begin(), looks.numerals.end(),
                  [](const auto& n) { return n.empty(); }))
    co_return;
  std::vector<Operand> operands;
  const auto add = [&](const CostedNumber& number) {
    auto values = shown_values(sheet, number.source);
    if (!complete(values)) return;
    for (const Operand& o : operands) {
      if (same(o.shown, values)) return;
    }
    operands.push_back({number, std::move(values)});
  };
  for (const CostedNumber& number : numbers) {
    if (number.source.field || operands.size() >= operands_max) continue;
    add({number.source, 0.5 * number.cost});
    if (budget.spend(candidate_units)) co_await budget.pause();
  }
  const int places = looks.seen_decimals + 4;
  join(operands,
       {Join::minus, Join::plus, Join::times, Join::over, Join::less_percent, Join::more_percent,
        Join::less_share, Join::more_share},
       places, out);
  if (operands.size() > 2) {
    for (int input = Slice::all_inputs; input < static_cast<int>(sheet.inputs()); ++input) {
      CostedNumber total;
      total.source.input = input;
      total.source.k = 0;
      total.cost = 3;
      if (complete(shown_values(sheet, total.source))) out.push_back(total);
      if (budget.spend(candidate_units)) co_await budget.pause();
    }
  }
  for (const Field field :
       {Field::total_minutes, Field::total_days, Field::total_seconds, Field::months_days}) {
    operands.clear();
    for (std::size_t m = 0; m < std::min(moments.size(), moments_max); ++m) {
      CostedNumber number;
      number.source.field = field;
      number.source.moment = moments[m].source;
      number.cost = 0.5 * moments[m].cost + (field == Field::total_seconds ? 0.5 : 0);
      add(number);
      if (budget.spend(candidate_units)) co_await budget.pause();
    }
    join(operands, {Join::minus}, 0, out);
    const bool clock = field == Field::total_minutes || field == Field::total_seconds;
    if (clock) join(operands, {Join::clock}, 0, out);
  }
}

Steps offer_computed(Budget& budget, const Sheet& sheet, Pool& pool, CostedNumber number,
                     std::uint64_t& looked_at) {
  const auto values = shown_values(sheet, number.source);
  if (!complete(values)) co_return;
  const OutputLooks looks(sheet);
  std::vector<Number> there;
  for (const auto& v : values) there.push_back(*v);
  std::vector<CostedSteps> steps = plain_steps(number.source);
  const std::vector<std::vector<Number>> columns = columns_of(sheet);
  LinearSearch search(looks, there, number.source.join != Join::none || number.source.k == 0);
  if (number.source.field != Field::months_days) {
    for (CostedSteps& s : search.of(columns)) {
      if (is_unit(number.source.units, s.steps.over)) s.cost = 1;
      steps.push_back(s);
    }
  }
  if (budget.spend(2 * candidate_units)) co_await budget.pause();
  const bool negative =
      std::any_of(there.begin(), there.end(), [](const Number& v) { return v.mantissa < 0; });
  std::vector<CostedFormat> all;
  for (const CostedSteps& s : steps) {
    const auto result = after(values, sheet.shown(), s.steps);
    if (!result) continue;
    std::vector<bool> ok;
    for (int d = 0; d <= looks.decimals_max; ++d) ok.push_back(stands(looks, *result, d));
    if (std::find(ok.begin(), ok.end(), true) == ok.end()) continue;
    if (all.empty()) all = formats(looks, negative);
    co_await offer_written(budget, pool, number, s, all, ok, looked_at);
  }
}

Steps unit_parts(Budget& budget, const Sheet& sheet, CostedNumber number, Contexts& out) {
  const OutputLooks looks(sheet);
  const auto values = shown_values(sheet, number.source);
  if (!complete(values)) co_return;
  const std::vector<CostedFormat> all = formats(looks, false);
  const std::vector<bool> ok(static_cast<std::size_t>(looks.decimals_max) + 1, true);
  const bool clock = std::all_of(sheet.outs.begin(), sheet.outs.end(),
                                 [](const Str& s) { return s.find(U':') != Str::npos; });
  const std::vector<CostedFormat> sixtieths = two_digits(all);
  const CostedNumber free{number.source, 0};
  for (const std::int64_t unit : {60, 3600, 12, 24, 7, 16}) {
    ++out.looked_at;
    if (budget.spend(candidate_units)) co_await budget.pause();
    const auto part = [](std::int64_t over, std::int64_t modulo) {
      CostedSteps s;
      s.steps.over = over;
      s.steps.modulo = modulo;
      s.steps.mode = Rounding::floor;
      return s;
    };
    std::vector<CostedSteps> parts = {part(unit, 0), part(1, unit == 3600 ? 60 : unit)};
    if (unit == 3600) parts.push_back(part(60, 60));
    const bool there = std::all_of(parts.begin(), parts.end(), [&](const CostedSteps& s) {
      const auto result = after(values, sheet.shown(), s.steps);
      return result && stands(looks, *result, 0);
    });
    if (!there) continue;
    Pool pool(sheet);
    for (const CostedSteps& s : parts) {
      const bool behind_colon = clock && s.steps.modulo == 60;
      co_await offer_written(budget, pool, free, s, behind_colon ? sixtieths : all, ok,
                             out.looked_at);
    }
    if (pool.size() > 1)
      out.all.push_back({std::move(pool), number.cost + (unit % 60 == 0 ? 1.5 : 3), false});
  }
}

Context fields_of(const Sheet& sheet, const CostedMoment& first, const CostedMoment& second) {
  Context both = fields_of(sheet, first);
  offer_fields(both.pool, second.source);
  both.cost += second.cost;
  return both;
}

}  // namespace weir::search::text
