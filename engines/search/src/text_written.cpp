#include "text_written.hpp"

#include <algorithm>

namespace weir::search::text {

namespace {

constexpr double exact_decimals = 2;

/// Of an output: every number that stands in it, in either style.
std::vector<Number> numerals(View out) {
  auto all = numbers_of(out, false);
  for (const Number& x : numbers_of(out, true)) all.push_back(x);
  std::erase_if(all, [](const Number& x) { return x.decimals < 0; });
  return all;
}

}  // namespace

Number positive(Number x) noexcept {
  return {x.mantissa < 0 ? -x.mantissa : x.mantissa, x.decimals};
}

bool has(const std::vector<Number>& all, Number x) {
  return std::any_of(all.begin(), all.end(),
                     [x](Number n) { return equal(positive(n), positive(x)); });
}

OutputLooks::OutputLooks(const Sheet& sheet) {
  for (const Str& out : sheet.outs) {
    numerals.push_back(text::numerals(out));
    for (const Number& x : numerals.back())
      decimals_max = std::max(decimals_max, std::min(x.decimals, 8));
    comma = comma || out.find(U',') != Str::npos;
    plus = plus || out.find(U'+') != Str::npos;
    space = space || out.find(U' ') != Str::npos;
    for (const Span s : matches(out, Class::digits)) {
      const auto at = static_cast<std::size_t>(s.begin);
      zeros = zeros || (out[at] == U'0' && s.end - s.begin > 1);
      naked = naked || (at > 0 && out[at - 1] == U'.' && (at < 2 || !is_digit(out[at - 2])));
      longest_head = std::max(longest_head, s.end - s.begin);
    }
    space = space && longest_head > 0;
  }
  seen_decimals = decimals_max;
  if (decimals_max > 0)
    decimals_max = std::min(decimals_max + 1, 8);  // a shown row may lack the last one
}

std::vector<CostedFormat> formats(const OutputLooks& looks, bool negative) {
  std::vector<CostedFormat> decimals, all;
  for (int most = 0; most <= looks.decimals_max; ++most) {
    for (int least = 0; least <= most; ++least) {
      NumberFormat f;
      f.decimals_min = least;
      f.decimals_max = most;
      const double cost = least == most ? 0.4 + 0.1 * most
                          : least == 0  ? 0.8 + 0.1 * most
                                        : 1.6 + 0.1 * most;
      if (most > looks.seen_decimals) {
        if (least == 0) decimals.push_back({f, cost + 1.2});
        continue;
      }
      decimals.push_back({f, cost});
      if (looks.space && least > 0) {
        f.tail = U' ';
        decimals.push_back({f, cost + 2});
      }
    }
  }
  for (const CostedFormat& d : decimals) {
    all.push_back(d);
    const auto also = [&all, &d](double cost, auto change) {
      CostedFormat f{d.format, d.cost + cost};
      change(f.format);
      all.push_back(f);
    };
    if (looks.comma) {
      also(0.6, [](NumberFormat& f) { f.grouping = Grouping::thousands; });
      also(1.2, [](NumberFormat& f) { f.grouping = Grouping::indian; });
      also(1.5, [](NumberFormat& f) { f.mark = U','; });
      also(1.8, [](NumberFormat& f) {
        f.grouping = Grouping::thousands;
        f.mark = U',';
        f.group = U'.';
      });
    }
    if (looks.space)
      also(2, [](NumberFormat& f) { f.grouping = Grouping::thousands, f.group = U' '; });
    if (looks.plus) also(1, [](NumberFormat& f) { f.plus = true; });
    if (looks.naked) also(1, [](NumberFormat& f) { f.naked = true; });
    if (negative) also(3, [](NumberFormat& f) { f.absolute = true; });
    for (int width = 2; width <= std::min(looks.longest_head + (looks.space ? 3 : 0), 12);
         ++width) {
      if (looks.zeros) also(1.2 + 0.05 * width, [width](NumberFormat& f) { f.width = width; });
      if (looks.zeros && looks.plus)
        also(2.2 + 0.05 * width, [width](NumberFormat& f) { f.width = width, f.plus = true; });
      if (looks.space)
        also(2 + 0.05 * width, [width](NumberFormat& f) { f.width = width, f.pad = U' '; });
    }
  }
  return all;
}

bool stands(const OutputLooks& looks, const std::vector<Number>& values, int decimals) {
  for (std::size_t e = 0; e < values.size(); ++e) {
    const auto x = round_to_decimals(values[e], Rounding::half_up, decimals);
    if (!x || !has(looks.numerals[e], *x)) return false;
  }
  return true;
}

std::vector<std::optional<Number>> values_of(const Sheet& sheet, const NumberSource& source) {
  std::vector<std::optional<Number>> values;
  for (const Row& row : sheet.rows) values.push_back(number_of(source, row));
  return values;
}

std::optional<std::vector<Number>> after(const std::vector<std::optional<Number>>& values,
                                         std::size_t shown, const NumberSteps& steps) {
  std::vector<Number> result;
  for (std::size_t e = 0; e < shown; ++e) {
    const auto y = stepped(*values[e], steps);
    if (!y) return std::nullopt;
    result.push_back(*y);
  }
  return result;
}

Steps offer_written(Budget& budget, Pool& pool, const CostedNumber& number,
                    const CostedSteps& steps, const std::vector<CostedFormat>& all,
                    const std::vector<bool>& decimals_ok, std::uint64_t& looked_at) {
  for (const CostedFormat& f : all) {
    if (!decimals_ok[static_cast<std::size_t>(f.format.decimals_max)]) continue;
    Piece p;
    p.kind = Piece::Kind::number;
    p.number = number.source;
    p.steps = steps.steps;
    p.format = f.format;
    double cost = number.cost + steps.cost + f.cost;
    const bool longest = f.format.decimals_max + 1 == static_cast<int>(decimals_ok.size());
    if (number.source.units != Units::none && longest && f.format.decimals_min == 0) {
      p.format.decimals_max = decimals_max;  // smaller units have more decimals than those shown
      cost -= exact_decimals;
    }
    pool.offer(std::move(p), cost, copied_number);
    ++looked_at;
    if (budget.spend(candidate_units)) co_await budget.pause();
  }
}

}  // namespace weir::search::text
