#include <algorithm>
#include <set>

#include "text_rounding.hpp"

namespace weir::search::text {

namespace {

Slice whole_input(int input) {
  Slice s;
  s.input = input;
  return s;
}

std::vector<std::pair<Slice, double>> moment_slices(const Sheet& sheet) {
  std::vector<std::pair<Slice, double>> all;
  const int inputs = static_cast<int>(sheet.inputs());
  for (int input = 0; input < inputs; ++input) all.emplace_back(whole_input(input), 0);
  if (inputs > 1) all.emplace_back(whole_input(Slice::all_inputs), 0.5);
  for (int input = 0; input < inputs; ++input) {
    for (const char32_t mark : {U',', U';', U'|', U'\t', U'(', U' ', U'_', U'-', U'/', U'\u2013'}) {
      const auto count =
          matches(sheet.rows[0][static_cast<std::size_t>(input)], View(&mark, 1)).size();
      if (count == 0 || (mark == U'/' && count > 1)) continue;  // more are within dates
      const auto at = [mark](int k, bool end) {
        return Position{Position::Kind::literal, Class::digits, end, false, k, Str(1, mark)};
      };
      for (int k = 0; k <= static_cast<int>(std::min<std::size_t>(count, 6)); ++k) {
        Slice s = whole_input(input);
        if (k > 0) s.from = at(k, true);
        if (k < static_cast<int>(count)) s.to = at(k + 1, false);
        all.emplace_back(s, 1.5 + 0.4 * k);
      }
      Slice rest = whole_input(input);
      rest.from = at(1, true);
      all.emplace_back(rest, 2);
      Slice head = whole_input(input);
      head.to = at(-1, false);
      all.emplace_back(head, 2);
    }
  }
  return all;
}

double order_cost(DateOrder order) noexcept {
  constexpr double costs[] = {0, 0.1, 0.2, 2.5, 1.6, 1.7};
  return costs[static_cast<std::size_t>(order)];
}

double field_cost(Field f) noexcept {
  switch (f) {
    case Field::year:
    case Field::month:
    case Field::day:
    case Field::month2:
    case Field::day2:
    case Field::month3:
    case Field::month_name:
    case Field::hour:
    case Field::hour2:
    case Field::minute2:
    case Field::second2:
    case Field::hour12:
    case Field::am_pm:
      return 0.3;
    case Field::weekday_name:
    case Field::weekday3:
    case Field::year2:
    case Field::hour12_2:
      return 0.6;
    case Field::minute:
    case Field::second:
    case Field::quarter:
      return 1;
    default:
      return 1.8;
  }
}

bool has_names(Field f) noexcept {
  return f == Field::month3 || f == Field::month_name || f == Field::weekday3 ||
         f == Field::weekday_name || f == Field::am_pm || f == Field::am_pm1 ||
         f == Field::day_ordinal;
}

bool pads(Field f) noexcept {
  return f == Field::month2 || f == Field::day2 || f == Field::hour2 || f == Field::hour12_2;
}

void offer_field(Pool& pool, const MomentSource& source, Field field, double cost) {
  if (pads(field) && pool.bare_input()) cost += 0.5;
  Piece p;
  p.kind = Piece::Kind::moment;
  p.moment = source;
  p.field = field;
  if (pool.offer(p, cost + field_cost(field)) || !has_names(field)) return;
  for (const Letters letters : {Letters::upper, Letters::lower}) {
    p.letters = letters;
    pool.offer(p, cost + field_cost(field) + 0.5);
  }
}

/// Times as "10:00AM", "9:30", "6 PM" in an output, in seconds of the day.
std::vector<int> times_in(View out) {
  std::vector<int> all;
  const auto digits = matches(out, Class::digits);
  for (std::size_t i = 0; i < digits.size(); ++i) {
    std::size_t end = static_cast<std::size_t>(digits[i].end);
    const std::size_t begin = static_cast<std::size_t>(digits[i].begin);
    while (i + 1 < digits.size() && end < out.size() && out[end] == U':' &&
           digits[i + 1].begin == static_cast<int>(end) + 1) {
      end = static_cast<std::size_t>(digits[++i].end);
    }
    std::size_t word = end;
    if (word < out.size() && out[word] == U' ') ++word;
    if (word + 1 < out.size() && to_lower(out[word + 1]) == U'm' &&
        (to_lower(out[word]) == U'a' || to_lower(out[word]) == U'p')) {
      end = word + 2;
    }
    const auto m = moment_of(out.substr(begin, end - begin), DateOrder::ymd);
    if (m && m->second >= 0) all.push_back(m->second);
  }
  return all;
}

bool has_half(const Sheet& sheet) {
  return std::all_of(sheet.outs.begin(), sheet.outs.end(), [](const Str& out) {
    const Str lower = cased(out, Letters::lower);
    return lower.find(U"am") != Str::npos || lower.find(U"pm") != Str::npos;
  });
}

/// Seconds between the two times of each output, where all have two and the same distance.
std::vector<int> widths_between(const Sheet& sheet) {
  std::set<int> common;
  for (std::size_t e = 0; e < sheet.shown(); ++e) {
    const auto times = times_in(sheet.outs[e]);
    if (times.size() != 2) return {};
    const int forward = times[1] - times[0];
    std::set<int> here = {forward, ((forward % 86400) + 86400) % 86400,
                          ((forward % 43200) + 43200) % 43200};
    if (e == 0) common = here;
    std::erase_if(common, [&here](int w) { return !here.contains(w); });
  }
  common.erase(0);
  std::erase_if(common, [](int w) { return w < 0; });
  return {common.begin(), common.end()};
}

constexpr std::int64_t shift_max = 3660;  // ten years

struct TimeRounding {
  Rounding mode;
  int unit, offset;
  double cost;
};

std::vector<TimeRounding> time_grid() {
  std::vector<TimeRounding> all;
  constexpr int minutes[] = {60,  30, 15, 10, 5, 1, 20, 120, 45, 90, 180, 240, 360, 480,
                             720, 40, 50, 12, 6, 2, 3,  4,   25, 75, 150, 100, 80,  70};
  for (std::size_t i = 0; i < std::size(minutes); ++i) {
    const int unit = minutes[i] * 60;
    for (const Rounding mode : {Rounding::floor, Rounding::half_up, Rounding::ceil}) {
      const double mode_cost = mode == Rounding::floor ? 0 : mode == Rounding::half_up ? 0.6 : 1.6;
      const double unit_cost = 1 + 0.2 * static_cast<double>(i);
      all.push_back({mode, unit, 0, unit_cost + mode_cost});
      if (mode != Rounding::floor || minutes[i] < 10) continue;
      for (const int part : {2, 3, 4, 6}) {
        if (unit % (part * 300) != 0) continue;
        all.push_back({mode, unit, unit / part, unit_cost + mode_cost + 2 + 0.3 * part});
        if (part > 2)
          all.push_back({mode, unit, unit - unit / part, unit_cost + mode_cost + 2.2 + 0.3 * part});
      }
    }
  }
  return all;
}

/// Ranges side by side are what people mean: from one step to the next, or to the last moment before it.
double width_cost(int width, int unit) noexcept {
  const int gap = unit - width;
  if (gap == 0 || gap == 60) return 0.2;
  return gap == 1 || gap == 300 || gap == 600 || gap == 900 || gap == 1800 ? 0.8 : 3.2;
}

/// The lower end may be written: its minutes, or its hours where those are what rounding changes.
bool may_be_written(const Sheet& sheet, const MomentSource& source,
                    const std::vector<Moment>& moments) {
  const auto stands = [&](std::initializer_list<Field> any) {
    for (std::size_t e = 0; e < sheet.shown(); ++e) {
      Moment m = moments[e];
      if (!round_time(source, m)) return false;
      const bool found = std::any_of(any.begin(), any.end(), [&](Field f) {
        const auto w = written(m, f);
        return w && sheet.outs[e].find(*w) != Str::npos;
      });
      if (!found) return false;
    }
    return true;
  };
  return stands({Field::hour, Field::hour12, Field::total_minutes}) &&
         (source.unit % 3600 == 0 || stands({Field::minute, Field::total_minutes}));
}

constexpr Field clock_fields[] = {
    Field::hour,   Field::hour2,   Field::hour12, Field::hour12_2, Field::minute2,
    Field::minute, Field::second2, Field::am_pm,  Field::am_pm1,   Field::total_minutes};

constexpr Field date_fields[] = {
    Field::year, Field::month, Field::month2,      Field::month3,   Field::month_name,
    Field::day,  Field::day2,  Field::day_ordinal, Field::weekday3, Field::weekday_name};

/// Every row is a date, and they are written in several ways: that is what it is about.
bool dates_of_many_looks(const Sheet& sheet, const Slice& slice,
                         const std::vector<std::optional<Moment>>& moments) {
  if (!slice.whole() || slice.input == Slice::all_inputs) return false;
  std::set<Str> looks;
  for (std::size_t r = 0; r < moments.size(); ++r) {
    if (!moments[r] || moments[r]->year == absent || moments[r]->month == absent) return false;
    looks.insert(look_of(sheet.rows[r][static_cast<std::size_t>(slice.input)]));
  }
  return looks.size() > 1;
}

struct DateShift {
  Begin begin = Begin::none;
  int months = 0, days = 0;
  double cost = 0;
  bool shown = false;  // by the dates of the outputs
};

/// Ends of months and weeks, the next month, and years that begin with another month, for outputs that are no dates.
std::vector<DateShift> counted_shifts() {
  std::vector<DateShift> all = {
      {Begin::month, 1, -1, 3.5},  {Begin::week, 0, 0, 3.5},      {Begin::month, 1, 0, 4},
      {Begin::week, 0, 6, 4},      {Begin::sunday_week, 0, 0, 4}, {Begin::week, 0, 4, 4.5},
      {Begin::quarter, 0, 0, 4.5}, {Begin::quarter, 3, -1, 4.5},
  };
  for (const int months : {3, 6, 9, -3, -6, -9, 1, 2, 4, 5, 7, 8, 10, 11})
    all.push_back(
        {Begin::none, months, 0, 4 + (months % 3 == 0 ? 0 : 2.0) + (months < 0 ? 0.5 : 0)});
  return all;
}

/// From the first to the last day of the week or month of a date.
std::vector<std::pair<DateShift, DateShift>> spans_around() {
  return {{{Begin::week, 0, 0, 2}, {Begin::week, 0, 6, 2}},
          {{Begin::week, 0, 0, 2}, {Begin::week, 0, 4, 2.5}},
          {{Begin::sunday_week, 0, 0, 2.5}, {Begin::sunday_week, 0, 6, 2.5}},
          {{Begin::month, 0, 0, 2}, {Begin::month, 1, -1, 2}}};
}

/// Days and months from where `begin` says to the shown date, where they are the same in all rows.
void shown_shifts(const std::vector<Moment>& from, const std::vector<Moment>& to, Begin begin,
                  std::vector<DateShift>& all) {
  const bool week = begin >= Begin::week;
  const auto month_of = [](const Moment& m) { return m.year * 12 + m.month; };
  MomentSource first;
  first.begin = begin;
  std::vector<int> months = {0};
  for (const int more : {0, 1}) {
    Moment m = from[0];
    if (!week && move_date(first, m) && m.year != absent && m.month != absent)
      months.push_back(month_of(to[0]) - month_of(m) + more);
  }
  for (const int n : months) {
    DateShift shift{begin, n, 0, 1.5, true};
    for (std::size_t e = 0; e < from.size(); ++e) {
      MomentSource source = first;
      source.months = n;
      Moment m = from[e];
      const auto start = move_date(source, m) ? number_of(m, Field::total_days) : std::nullopt;
      const auto end = number_of(to[e], Field::total_days);
      if (!start || !end) return;
      const auto days = static_cast<int>(*end - *start);
      shift.shown = shift.shown && (e == 0 || days == shift.days);
      shift.days = days;
    }
    const bool same = begin == Begin::none && n == 0;
    const bool near = same ? shift.days != 0 && std::abs(shift.days) <= shift_max
                      : week
                          ? shift.days >= -7 && shift.days <= 13
                          : shift.days == 0 || (begin != Begin::none && std::abs(shift.days) < 31);
    if (!shift.shown || !near) continue;
    if (begin == Begin::none && n != 0) shift.cost -= 0.6;  // the same day is no chance
    if (!same) shift.cost += week ? 1 : (n != 0 ? 0.3 : 0) + (begin > Begin::month ? 1 : 0);
    if (!same && shift.days != 0 && shift.days != -1 &&
        !(week && (shift.days == 6 || shift.days == 7)))
      shift.cost += 1.5;
    all.push_back(shift);
  }
}

constexpr Field calendar_fields[] = {Field::year, Field::year2,       Field::month,  Field::month3,
                                     Field::day,  Field::day_ordinal, Field::quarter};

/// A field that differs from that of the date itself in some shown row is in the outputs of all.
bool changes_what_stands(const Sheet& sheet, const MomentSource& of, const MomentSource& later) {
  for (const Field f : calendar_fields) {
    bool stands = true, changes = false;
    for (std::size_t e = 0; stands && e < sheet.shown(); ++e) {
      const auto m = moment_of(of, sheet.rows[e]), n = moment_of(later, sheet.rows[e]);
      const auto before = m ? written(*m, f) : std::nullopt,
                 after = n ? written(*n, f) : std::nullopt;
      stands = after && sheet.outs[e].find(*after) != Str::npos;
      changes = changes || before != after;
    }
    if (stands && changes) return true;
  }
  return false;
}

}  // namespace

Steps moments_in(Budget& budget, const Sheet& sheet, std::vector<CostedMoment>& out) {
  const std::uint64_t units = units_of_all_rows(sheet);
  std::vector<std::vector<std::optional<Moment>>> known;
  const auto parsed = [&sheet](const MomentSource& source,
                               std::vector<std::optional<Moment>>& moments) {
    for (std::size_t r = 0; r < sheet.rows.size(); ++r) {
      moments.push_back(moment_of(source, sheet.rows[r]));
      if (r < sheet.shown() && !moments.back()) return false;
    }
    return true;
  };
  const std::vector<std::pair<Slice, double>> slices = moment_slices(sheet);
  for (const auto& [slice, cost] : slices) {
    for (int o = 0; o < date_orders; ++o) {
      MomentSource source;
      source.where = slice;
      source.order = static_cast<DateOrder>(o);
      std::vector<std::optional<Moment>> moments;
      if (budget.spend(units)) co_await budget.pause();
      if (!parsed(source, moments) || std::find(known.begin(), known.end(), moments) != known.end())
        continue;
      const double many_looks = dates_of_many_looks(sheet, slice, moments) ? -2 : 0;
      known.push_back(std::move(moments));
      out.push_back({source, 1 + cost + order_cost(source.order) + many_looks});
      if (out.size() >= 24) co_return;
    }
  }
}

Context fields_of(const Sheet& sheet, const CostedMoment& moment) {
  Context context{Pool(sheet), moment.cost, false};
  offer_fields(context.pool, moment.source);
  return context;
}

void offer_fields(Pool& pool, const MomentSource& source) {
  for (int f = 0; f < fields; ++f) {
    const auto field = static_cast<Field>(f);
    if (field != Field::months_days) offer_field(pool, source, field, 0);
  }
}

Steps date_shifts(Budget& budget, const Sheet& sheet, CostedMoment moment, Contexts& out) {
  std::vector<DateShift> shifts;
  for (int o = 0; o < 4; ++o) {
    std::vector<Moment> from, to;
    for (std::size_t e = 0; e < sheet.shown(); ++e) {
      if (budget.spend(2 * candidate_units)) co_await budget.pause();
      const auto in = moment_of(moment.source, sheet.rows[e]);
      const auto written = moment_of(View(sheet.outs[e]), static_cast<DateOrder>(o));
      if (!in || !written || written->day == absent || written->year == absent) break;
      from.push_back(*in);
      to.push_back(*written);
    }
    if (from.size() < sheet.shown()) continue;
    for (int b = 0; b <= static_cast<int>(Begin::sunday_week); ++b) {
      if (budget.spend(2 * from.size() * candidate_units)) co_await budget.pause();
      shown_shifts(from, to, static_cast<Begin>(b), shifts);
    }
  }
  const std::vector<DateShift> counted = counted_shifts();
  shifts.insert(shifts.end(), counted.begin(), counted.end());
  std::vector<MomentSource> tried;
  for (const DateShift& shift : shifts) {
    CostedMoment later = moment;
    later.source.begin = shift.begin;
    later.source.months = shift.months;
    later.source.days = shift.days;
    if (std::find(tried.begin(), tried.end(), later.source) != tried.end()) continue;
    later.cost += shift.cost + (shift.shown && sheet.shown() == 1 ? 2.5 : 0);
    ++out.looked_at;
    if (budget.spend(2 * sheet.shown() * candidate_units)) co_await budget.pause();
    if (!shift.shown && !changes_what_stands(sheet, moment.source, later.source)) continue;
    tried.push_back(later.source);
    out.all.push_back(fields_of(sheet, later));
    out.all.back().alone = true;
  }
  for (const auto& [first, last] : spans_around()) {
    CostedMoment low = moment, high = moment;
    low.source.begin = first.begin;
    high.source.begin = last.begin;
    high.source.months = last.months;
    high.source.days = last.days;
    low.cost += first.cost;
    high.cost = last.cost;
    if (budget.spend(4 * sheet.shown() * candidate_units)) co_await budget.pause();
    if (changes_what_stands(sheet, moment.source, low.source) &&
        changes_what_stands(sheet, moment.source, high.source))
      out.all.push_back(fields_of(sheet, low, high));
  }
}

Steps time_roundings(Budget& budget, const Sheet& sheet, CostedMoment moment,
                     std::vector<CostedMoment> dates, Contexts& out) {
  std::vector<Moment> moments;
  bool durations = false;
  for (std::size_t r = 0; r < sheet.rows.size(); ++r) {
    const auto m = moment_of(moment.source, sheet.rows[r]);
    if (r < sheet.shown() && (!m || m->second < 0)) co_return;
    if (r < sheet.shown()) moments.push_back(*m);
    durations = durations || (m && m->second >= 86400);
  }
  const bool half = has_half(sheet);
  const auto between = widths_between(sheet);
  const std::vector<TimeRounding> grid = time_grid();
  for (const TimeRounding& t : grid) {
    if (budget.spend(candidate_units)) co_await budget.pause();
    CostedMoment low = moment;
    low.source.mode = t.mode;
    low.source.unit = t.unit;
    low.source.offset = t.offset;
    low.source.wrap = !durations;
    ++out.looked_at;
    if (!may_be_written(sheet, low.source, moments)) continue;
    std::vector<int> widths = between;
    if (widths.empty()) widths = {0, t.unit, t.unit - 60};
    for (const int width : widths) {
      for (const bool wrap : {true, false}) {
        if (wrap == durations || (!wrap && half)) continue;
        Pool pool(sheet);
        low.source.wrap = wrap;
        double cost = moment.cost + t.cost + (wrap || durations ? 0 : 1);
        for (const Field f : clock_fields) offer_field(pool, low.source, f, 0);
        if (width > 0) {
          CostedMoment high = low;
          high.source.add = width;
          cost += width_cost(width, t.unit);
          for (const Field f : clock_fields) offer_field(pool, high.source, f, 0);
        }
        if (budget.spend(2 * std::size(clock_fields) * candidate_units)) co_await budget.pause();
        if (pool.size() == 0) {
          out.looked_at += pool.looked_at();
          continue;
        }
        for (const CostedMoment& date : dates) {
          for (const Field f : date_fields)
            offer_field(pool, date.source, f, 0.3 + 0.5 * date.cost);
          if (budget.spend(std::size(date_fields) * candidate_units)) co_await budget.pause();
        }
        out.looked_at += pool.looked_at();
        out.all.push_back({std::move(pool), cost, false});
      }
    }
  }
}

}  // namespace weir::search::text
