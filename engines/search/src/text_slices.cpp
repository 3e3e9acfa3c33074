#include "text_slices.hpp"

#include <algorithm>
#include <map>
#include <set>

#include "stable_order.hpp"

namespace weir::search::text {

using namespace std::string_view_literals;

namespace {

constexpr int matches_max = 6;  // counted from either end
constexpr int offsets_max = 16;
constexpr std::size_t places_max = 160;
constexpr std::size_t relatives_max = 48;
constexpr double second_position = 1.2;
constexpr std::size_t edited_from = 40, edited_max = 16;  // slices that edits are made of
constexpr int digits_most = 12;
constexpr std::size_t pad_marks_max = 3;
constexpr std::size_t pad_width_usual = 20, pad_width_max = 80;

constexpr double class_costs[classes] = {0.0, 0.3, 0.4, 0.9, 1.1, 0.6, 0.1, 0.4, 0.2, 1.0};

double class_cost(Class c) noexcept { return class_costs[static_cast<std::size_t>(c)]; }

double index_cost(int k) noexcept { return 0.6 * (std::abs(k) - 1) + (k < 0 ? 0.15 : 0); }

double literal_cost(View literal) noexcept {
  const bool letters = std::any_of(literal.begin(), literal.end(), is_alnum);
  return (literal.size() == 1 ? 0.6 : 0.8) + (letters ? 0.9 : 0);
}

double offset_cost(int k) noexcept { return k == 0 || k == -1 ? 0.4 : 2.4 + 0.25 * std::abs(k); }

Position token_at(Class c, int k, bool end) {
  return {Position::Kind::token, c, end, false, k, {}};
}
Position literal_at(const Str& text, int k, bool end, bool lenient = false) {
  return {Position::Kind::literal, Class::digits, end, lenient, k, text};
}
Position offset_at(int k) { return {Position::Kind::offset, Class::digits, false, false, k, {}}; }

Str lowered(View text) { return cased(text, Letters::lower); }

bool brackets(View a, View b) noexcept {
  constexpr View open = U"([{<\"'", close = U")]}>\"'";
  return a.size() == 1 && b.size() == 1 && open.find(a[0]) != View::npos &&
         close[open.find(a[0])] == b[0];
}

/// Two positions that belong together: the ends of one match, or what stands between two neighbours.
double pair_cost(const Position& a, double cost_a, const Position& b, double cost_b) noexcept {
  if (a.kind == Position::Kind::token && b.kind == Position::Kind::token && a.token == b.token &&
      a.k == b.k && !a.end && b.end) {
    return cost_a + 0.3;
  }
  const bool whole_begin = a.kind == Position::Kind::offset && a.k == 0;
  const bool whole_end = b.kind == Position::Kind::offset && b.k == -1;
  if (whole_begin && whole_end) return 0.5;
  if (a.kind == Position::Kind::literal && b.kind == Position::Kind::literal &&
      a.literal == b.literal && a.end && !b.end && b.k == a.k + 1 && a.k != -1) {
    return cost_a + 0.5;
  }
  if (whole_begin && b.kind == Position::Kind::literal && !b.end && b.k == 1) return cost_b + 0.5;
  if (whole_end && a.kind == Position::Kind::literal && a.end && a.k == -1) return cost_a + 0.5;
  const bool between =
      a.kind == Position::Kind::literal && b.kind == Position::Kind::literal && a.end && !b.end;
  if (between && a.k == b.k && brackets(a.literal, b.literal)) return cost_a + 0.3;
  return cost_a + cost_b + (between ? 0.7 : second_position);
}

}  // namespace

void SliceFinder::find_literals() {
  std::map<Str, std::size_t> in_rows;  // single marks, runs of marks, words
  const std::size_t rows = sheet_.rows.size();
  for (std::size_t r = 0; r < rows; ++r) {
    std::set<Str> here;
    const View t = text(r);
    for (std::size_t i = 0; i < t.size() && here.size() < 60;) {
      std::size_t j = i;
      const bool word = is_alnum(t[i]);
      while (j < t.size() && is_alnum(t[j]) == word) ++j;
      if (j - i <= 12) here.emplace(t.substr(i, j - i));
      for (std::size_t k = i, to = i; word && r < sheet_.shown() && k < j; k = to) {  // "chr17"
        for (to = k + 1; to < j && is_digit(t[to]) == is_digit(t[k]);) ++to;
        if (to - k <= 12 && !is_digit(t[k])) here.emplace(t.substr(k, to - k));
      }
      if (word && j < t.size() && View(U"=:#").find(t[j]) != View::npos && j - i < 12)
        here.emplace(t.substr(i, j - i + 1));  // "id="
      if (!word) {
        for (std::size_t k = i; k < j; ++k) here.emplace(1, t[k]);
        for (std::size_t k = i; k + 1 < j && k < i + 4; ++k) here.emplace(t.substr(k, 2));
      }
      i = j;
    }
    for (const Str& s : here) ++in_rows[s];
  }
  std::vector<std::pair<std::size_t, Str>> ranked;
  for (const auto& [s, n] : in_rows) {
    std::size_t shown = 0;
    for (std::size_t r = 0; r < sheet_.shown(); ++r) shown += text(r).find(s) != View::npos ? 1 : 0;
    const bool word = is_alnum(s[0]);
    const auto everywhere = [&] {  // also as a part of longer words
      for (std::size_t r = 0; r < rows; ++r) {
        if (text(r).find(s) == View::npos) return false;
      }
      return s.size() > 1;
    };
    if (word ? (rows > 1 && !is_digit(s[0]) && (n == rows || everywhere())) : shown > 0)
      ranked.emplace_back(word ? 1 : rows - n, s);
  }
  sort_stable(ranked.begin(), ranked.end(),
              [](const auto& a, const auto& b) { return a.first < b.first; });
  for (auto& [n, s] : ranked) {
    if (literals_.size() < 14) literals_.push_back(std::move(s));
  }
}

/// From the end on, a character of the input at a time: what goes on alike behind it is known.
Steps SliceFinder::find_reach(Budget& budget) {
  const std::uint64_t weight = weight_of(sheet_);  // as candidates, of which long texts allow few
  std::uint64_t work = 0;
  for (std::size_t e = 0; e < sheet_.shown(); ++e) {
    const Str in = lowered(text(e)), out = lowered(sheet_.outs[e]);
    std::vector<int> reach(in.size() + 1, 0), alike(out.size() + 1, 0);  // [place in the output]
    for (std::size_t i = in.size(); i-- > 0;) {
      for (std::size_t j = 0; j < out.size(); ++j) {
        alike[j] = in[i] == out[j] ? alike[j + 1] + 1 : 0;
        reach[i] = std::max(reach[i], alike[j]);
      }
      work += 1 + out.size() / 32;
      if (work < weight) continue;
      if (budget.spend(work / weight)) co_await budget.pause();
      work %= weight;
    }
    reach_.push_back(std::move(reach));
  }
}

void SliceFinder::offer_position(Position p, double cost, std::vector<int> at) {
  for (std::size_t e = 0; e < sheet_.shown(); ++e) {
    if (at[e] < 0) return;
  }
  for (const bool is_from : {true, false}) {
    if (p.lenient) {
      for (std::size_t r = 0; r < at.size(); ++r) at[r] = locate(p, text(r), is_from);
    }
    auto& all = is_from ? from_ : to_;
    const auto same =
        std::find_if(all.begin(), all.end(), [&at](const Place& x) { return x.at == at; });
    if (same == all.end()) {
      all.push_back({p, cost, at});
    } else if (same->cost > cost) {
      *same = {p, cost, at};
    }
  }
}

Steps SliceFinder::offer_matches(Budget& budget, Position p, double cost,
                                 const std::vector<std::vector<Span>>& found) {
  for (int k = -matches_max; k <= matches_max; ++k) {
    if (k == 0) continue;
    for (const bool end : {false, true}) {
      std::vector<int> at(found.size(), -1);
      for (std::size_t r = 0; r < found.size(); ++r) {
        const int n = static_cast<int>(found[r].size()), i = k > 0 ? k - 1 : n + k;
        if (i < 0 || i >= n) continue;
        const Span s = found[r][static_cast<std::size_t>(i)];
        at[r] = end ? s.end : s.begin;
      }
      p.k = k;
      p.end = end;
      offer_position(p, cost + index_cost(k), std::move(at));
      if (budget.spend(1 + found.size() / 4)) co_await budget.pause();
    }
  }
}

Steps SliceFinder::positions(Budget& budget) {
  find_literals();
  co_await find_reach(budget);
  const std::size_t rows = sheet_.rows.size();
  bool same_length = true;  // then offsets are what people count in
  for (std::size_t r = 1; r < rows; ++r)
    same_length = same_length && text(r).size() == text(0).size();
  const auto offer_offset = [&](int k) {
    std::vector<int> at(rows);
    for (std::size_t r = 0; r < rows; ++r) at[r] = locate(offset_at(k), text(r), true);
    const bool inner = k != 0 && k != -1;
    const double cost = same_length && inner && rows > 3 ? 1 + 0.1 * std::abs(k) : offset_cost(k);
    offer_position(offset_at(k), cost, std::move(at));
  };
  offer_offset(0);
  offer_offset(-1);
  std::vector<std::vector<Span>> found(rows);
  for (int c = 0; c < classes; ++c) {
    const auto what = static_cast<Class>(c);
    for (std::size_t r = 0; r < rows; ++r) found[r] = matches(text(r), what);
    const Position token = token_at(what, 1, false);
    co_await offer_matches(budget, token, 1 + class_cost(what), found);
  }
  for (const Str& literal : literals_) {
    for (std::size_t r = 0; r < rows; ++r) found[r] = matches(text(r), literal);
    const Position mark = literal_at(literal, 1, false);
    co_await offer_matches(budget, mark, literal_cost(literal), found);
    for (const int k : {1, -1}) {
      for (const bool end : {false, true}) {
        offer_position(literal_at(literal, k, end, true), literal_cost(literal) + 0.9,
                       std::vector<int>(rows, 0));
        if (budget.spend(1 + rows / 4)) co_await budget.pause();
      }
    }
  }
  for (int k = 1; k <= offsets_max; ++k) {
    offer_offset(k);
    offer_offset(-1 - k);
    if (budget.spend(1 + rows / 2)) co_await budget.pause();
  }
  for (auto* all : {&from_, &to_}) {
    sort_stable(all->begin(), all->end(),
                [](const Place& a, const Place& b) { return a.cost < b.cost; });
    if (all->size() > places_max) all->erase(all->begin() + places_max, all->end());
  }
}

bool SliceFinder::reachable(std::size_t row, int from, int to) const noexcept {
  return from >= 0 && from <= to && to - from <= reach_[row][static_cast<std::size_t>(from)];
}

void SliceFinder::offer_slice(Pool& pool, const Slice& slice, double cost) const {
  Piece p;
  p.kind = Piece::Kind::slice;
  p.slice = slice;
  if (pool.offer(p, cost)) return;
  for (const Letters letters :
       {Letters::lower, Letters::upper, Letters::title, Letters::capital, Letters::first_upper}) {
    p.letters = letters;
    pool.offer(p, cost + (letters <= Letters::title ? 1 : letters == Letters::capital ? 1.3 : 2));
  }
}

void SliceFinder::offer_pair(Pool& pool, const Place& a, const Place& b) const {
  const std::size_t shown = sheet_.shown();
  bool fits = true, fits_trimmed = true, ragged = false;
  for (std::size_t e = 0; (fits || fits_trimmed) && e < sheet_.rows.size(); ++e) {
    int from = a.at[e], to = b.at[e];
    if (e >= shown && (from < 0 || to < from)) continue;
    if (from < 0 || to < from) return;
    if (e < shown) fits = fits && reachable(e, from, to);
    const View t = text(e);
    const int begin = from, end = to;
    while (from < to && is_space(t[static_cast<std::size_t>(from)])) ++from;
    while (from < to && is_space(t[static_cast<std::size_t>(to - 1)])) --to;
    ragged = ragged || begin != from || end != to;
    if (e < shown) fits_trimmed = fits_trimmed && reachable(e, from, to);
  }
  if (!fits && !(fits_trimmed && ragged)) return;
  Slice s{input_, Slice::Order::apart, false, a.position, b.position};
  const double cost = pair_cost(a.position, a.cost, b.position, b.cost);
  if (fits) offer_slice(pool, s, cost);
  if (fits_trimmed && ragged) {
    s.trim = true;
    offer_slice(pool, s, cost + 0.2);
  }
}

/// Whole matches of a class; a cheaper name of one of their ends must not hide what they are.
Steps SliceFinder::tokens(Budget& budget, Pool& pool) {
  const std::size_t rows = sheet_.rows.size();
  std::vector<std::vector<Span>> found(rows);
  for (int c = 0; c < classes; ++c) {
    const auto what = static_cast<Class>(c);
    for (std::size_t r = 0; r < rows; ++r) found[r] = matches(text(r), what);
    for (int k = -matches_max; k <= matches_max; ++k) {
      if (k == 0) continue;
      const double cost = 1 + class_cost(what) + index_cost(k);
      Place begin{token_at(what, k, false), cost, std::vector<int>(rows, -1)};
      Place end{token_at(what, k, true), cost, std::vector<int>(rows, -1)};
      for (std::size_t r = 0; r < rows; ++r) {
        const int n = static_cast<int>(found[r].size()), i = k > 0 ? k - 1 : n + k;
        if (i < 0 || i >= n) continue;
        begin.at[r] = found[r][static_cast<std::size_t>(i)].begin;
        end.at[r] = found[r][static_cast<std::size_t>(i)].end;
      }
      const std::uint64_t before = pool.looked_at();
      offer_pair(pool, begin, end);
      if (budget.spend(1 + rows / 4 + (pool.looked_at() - before) * candidate_units))
        co_await budget.pause();
    }
  }
}

Steps SliceFinder::pairs(Budget& budget, Pool& pool) {
  co_await tokens(budget, pool);
  for (const Place& a : from_) {
    for (const Place& b : to_) {
      const std::uint64_t before = pool.looked_at();
      offer_pair(pool, a, b);
      if (budget.spend(1 + (pool.looked_at() - before) * candidate_units)) co_await budget.pause();
    }
  }
}

Steps SliceFinder::relatives(Budget& budget, Pool& pool) {
  std::vector<std::pair<Position, double>> after, before;
  for (const Str& literal : literals_) {
    const double cost = literal_cost(literal);
    after.emplace_back(literal_at(literal, 1, false), cost);
    after.emplace_back(literal_at(literal, 1, false, true), cost + 0.7);
    before.emplace_back(literal_at(literal, -1, true), cost);
    before.emplace_back(literal_at(literal, -1, true, true), cost + 0.7);
  }
  for (int c = 0; c < classes; ++c) {
    const auto what = static_cast<Class>(c);
    if (what == Class::spaces) continue;
    after.emplace_back(token_at(what, 1, true), 0.8 + class_cost(what));
    before.emplace_back(token_at(what, -1, false), 0.8 + class_cost(what));
    after.emplace_back(token_at(what, 2, true), 2 + class_cost(what));
  }
  for (int k = 1; k <= 12; ++k) {
    after.emplace_back(offset_at(k), 1.2 + 0.25 * k);
    before.emplace_back(offset_at(-1 - k), 1.3 + 0.25 * k);
  }
  for (std::size_t i = 0; i < std::min(std::max(from_.size(), to_.size()), relatives_max); ++i) {
    for (const bool forward : {true, false}) {
      const auto& places = forward ? from_ : to_;
      if (i >= places.size()) continue;
      for (const auto& [other, cost] : forward ? after : before) {
        Slice s{input_, forward ? Slice::Order::from_first : Slice::Order::to_first, false, {}, {}};
        s.from = forward ? places[i].position : other;
        s.to = forward ? other : places[i].position;
        bool fits = true;
        for (std::size_t e = 0; fits && e < sheet_.shown(); ++e) {
          const auto span = span_of(s, text(e));
          fits = span && reachable(e, span->begin, span->end);
        }
        const std::uint64_t before_it = pool.looked_at();
        if (fits) offer_slice(pool, s, places[i].cost + cost + second_position);
        if (budget.spend((1 + pool.looked_at() - before_it) * candidate_units))
          co_await budget.pause();
      }
    }
  }
}

/// What stands in an output for each `what` of its input, where nothing else differs; empty: nothing does.
Str SliceFinder::put_for(View what) const {
  for (std::size_t e = 0; e < sheet_.shown(); ++e) {
    const auto found = matches(text(e), what);
    if (found.empty()) continue;
    const std::size_t left = text(e).size() - found.size() * what.size();
    const std::size_t made = sheet_.outs[e].size();
    if (made <= left || (made - left) % found.size() != 0) return {};
    const auto begin = static_cast<std::size_t>(found[0].begin);
    return sheet_.outs[e].substr(std::min(begin, made), (made - left) / found.size());
  }
  return {};
}

Steps SliceFinder::offer_edits(Budget& budget, Pool& pool, Slice slice, double cost) const {
  std::set<char32_t> marks, made;
  std::size_t words = 0;
  for (std::size_t e = 0; e < sheet_.shown(); ++e) {
    words = std::max(words, matches(text(e), Class::visible).size());
    for (const char32_t c : text(e)) {
      if (!is_alnum(c)) marks.insert(c);
    }
    for (const char32_t c : sheet_.outs[e]) {
      if (!is_alnum(c)) made.insert(c);
    }
  }
  std::vector<std::pair<Edit, double>> edits;
  const auto edit = [&edits](Edit::Kind kind, double c, char32_t a = 0, char32_t b = 0,
                             int width = 0) {
    edits.push_back({{kind, a, b, width, {}, {}}, c});
  };
  edit(Edit::Kind::keep_digits, 1.5);
  edit(Edit::Kind::keep_letters, 1.5);
  edit(Edit::Kind::keep_alnum, 1.7);
  edit(Edit::Kind::keep_uppers, 1.4);
  edit(Edit::Kind::squeeze, 1);
  edit(Edit::Kind::roman, 2);
  for (const char32_t b : made) edit(Edit::Kind::part_case, 2, b);
  for (const char32_t a : mask_marks()) edit(Edit::Kind::mask, 2, a);
  for (const char32_t b : made) edit(Edit::Kind::join, 2.4, b);
  edit(Edit::Kind::initials, 1.5);
  if (words > 1) edit(Edit::Kind::initials, 2, U'.');
  for (const char32_t a : marks) {
    if (edits.size() > 60) break;
    edit(Edit::Kind::drop, 1.6, a);
    for (const char32_t b : made) {
      if (a != b) edit(Edit::Kind::swap, 2, a, b);
    }
  }
  const auto longer = [&edits](Edit::Kind kind, double c, Str what, Str by = {}, int more = 0) {
    edits.push_back({{kind, 0, 0, more, std::move(what), std::move(by)}, c});
  };
  const bool counts = std::all_of(sheet_.outs.begin(), sheet_.outs.end(), [](const Str& out) {
    return std::any_of(out.begin(), out.end(), is_digit);
  });
  if (counts) {
    edit(Edit::Kind::ordinal, 2.5);
    for (int what = 0; slice.whole() && what < 3; ++what)
      edits.push_back({{Edit::Kind::length, 0, 0, 0, {}, {}, what}, 5.0 + 0.2 * what});
    longer(Edit::Kind::count, 5, {});
  }
  for (const Str& literal : literals_) {
    if (counts) {
      longer(Edit::Kind::count, 5 + literal_cost(literal), literal);
      longer(Edit::Kind::count, 5.2 + literal_cost(literal), literal, {}, 1);
    }
    if (literal.size() < 2 || edits.size() > 120) continue;
    longer(Edit::Kind::replace, 1.8 + literal_cost(literal), literal);
    for (const char32_t b : made)
      longer(Edit::Kind::replace, 2.2 + literal_cost(literal), literal, Str(1, b));
  }
  if (slice.whole()) {
    std::vector<Str> all = literals_;
    for (const char32_t a : marks) all.emplace_back(1, a);
    for (const Str& what : all) {
      const Str by = put_for(what);
      if (by.size() > 1)
        longer(Edit::Kind::replace, 2.2 + literal_cost(what) + 0.2 * static_cast<double>(by.size()),
               what, by);
    }
  }
  for (const auto& [e, c] : edits) {
    Piece p;
    p.kind = Piece::Kind::slice;
    p.slice = slice;
    p.edit = e;
    for (const Letters letters : {Letters::as_is, Letters::lower, Letters::upper, Letters::title}) {
      p.letters = letters;
      if (pool.offer(p, cost + c + (letters == Letters::as_is ? 0 : 1)) &&
          letters == Letters::as_is && e.kind != Edit::Kind::initials)
        break;
    }
    if (budget.spend(4 * candidate_units)) co_await budget.pause();
  }
}

Steps SliceFinder::edits(Budget& budget, Pool& pool) {
  const Slice whole{input_, Slice::Order::apart, false, offset_at(0), offset_at(-1)};
  co_await offer_edits(budget, pool, whole, 0.8);
  // Pads and leading zeros: of the whole, and of tokens.
  std::vector<std::pair<Slice, double>> slices = {{whole, 0.5}};
  for (const Class c : {Class::digits, Class::alnum}) {
    for (int k = 1; k <= 6; ++k) {
      slices.push_back(
          {{input_, Slice::Order::apart, false, token_at(c, k, false), token_at(c, k, true)},
           1.3 + class_cost(c) + index_cost(k)});
      slices.push_back(
          {{input_, Slice::Order::apart, false, token_at(c, -k, false), token_at(c, -k, true)},
           1.3 + class_cost(c) + index_cost(-k)});
    }
  }
  const std::vector<PadMark> marks = pad_marks();
  if (!marks.empty()) {
    for (auto& [slice, cost] : parts(true)) slices.emplace_back(std::move(slice), cost);
    if (budget.spend(edited_from * edited_from)) co_await budget.pause();
  }
  for (const auto& [slice, cost] : slices) co_await offer_pads(budget, pool, slice, cost, marks);
  co_await offer_spreads(budget, pool, marks);
  co_await offer_groups(budget, pool, whole);
  co_await offer_digits(budget, pool, whole);
  co_await offer_masks(budget, pool);
  const std::vector<std::pair<Slice, double>> changed = parts(false);
  if (budget.spend(edited_from * edited_from)) co_await budget.pause();
  for (const auto& [slice, cost] : changed) co_await offer_edits(budget, pool, slice, cost + 0.5);
}

/// What stands twice or more side by side in every shown output: stars, or X.
std::vector<char32_t> SliceFinder::mask_marks() const {
  std::vector<char32_t> all;
  for (const char32_t c : U"*xX#_."sv) {
    const Str twice(2, c);
    if (std::all_of(sheet_.outs.begin(), sheet_.outs.end(),
                    [&twice](const Str& out) { return out.find(twice) != Str::npos; }))
      all.push_back(c);
  }
  return all;
}

/// What is masked between ends that are counted off.
Steps SliceFinder::offer_masks(Budget& budget, Pool& pool) const {
  Piece p;
  p.kind = Piece::Kind::slice;
  p.slice.input = input_;
  const std::vector<char32_t> marks = mask_marks();
  for (const char32_t mark : marks) {
    p.edit = {Edit::Kind::mask, mark, 0, 0, {}, {}};
    for (int from = 0; from <= 8; ++from) {
      for (int to = 0; to <= 8; ++to) {
        p.slice.from = offset_at(from);
        p.slice.to = offset_at(-1 - to);
        pool.offer(p, 3 + 0.1 * (from + to));
        if (budget.spend(candidate_units)) co_await budget.pause();
      }
    }
  }
}

/// The cheapest slices that are in all outputs as they are, or not in all.
std::vector<std::pair<Slice, double>> SliceFinder::parts(bool copied) const {
  std::vector<std::pair<Slice, double>> all;
  for (std::size_t i = 0; i < std::min(from_.size(), edited_from); ++i) {
    for (std::size_t j = 0; j < std::min(to_.size(), edited_from); ++j) {
      const Place &a = from_[i], &b = to_[j];
      bool there = true, same = true;
      for (std::size_t e = 0; there && e < sheet_.shown(); ++e) {
        there = a.at[e] >= 0 && a.at[e] < b.at[e];
        same = same && there && reachable(e, a.at[e], b.at[e]);
      }
      if (!there || same != copied) continue;
      Slice slice{input_, Slice::Order::apart, false, a.position, b.position};
      if (slice.whole()) continue;
      all.emplace_back(std::move(slice), pair_cost(a.position, a.cost, b.position, b.cost));
    }
  }
  sort_stable(all.begin(), all.end(),
              [](const auto& a, const auto& b) { return a.second < b.second; });
  if (all.size() > edited_max) all.erase(all.begin() + edited_max, all.end());
  return all;
}

/// Groups of digits, whatever stands between them: "(555) 123 4567" and "555-123-4567" in one column.
Steps SliceFinder::offer_digits(Budget& budget, Pool& pool, Slice slice) const {
  std::set<Str> looks;
  for (std::size_t r = 0; r < sheet_.rows.size(); ++r) looks.insert(look_of(text(r)));
  if (looks.size() < 2) co_return;
  Piece p;
  p.kind = Piece::Kind::slice;
  p.slice = std::move(slice);
  for (int from = -digits_most; from < digits_most; ++from) {
    for (int count = 1; count <= (from < 0 ? -from : digits_most - from); ++count) {
      p.edit = {Edit::Kind::digits, 0, 0, from, {}, {}, count};
      const int place = from < 0 ? -from : from;
      pool.offer(
          p, 2.4 + 0.1 * place + (count > 4 ? 0.2 : 0) + (from < 0 && count == place ? 0 : 0.3));
      if (budget.spend(candidate_units)) co_await budget.pause();
    }
  }
}

/// What fills gaps: it stands in an output longer side by side than in what is given, and more than once or not always.
std::vector<PadMark> SliceFinder::pad_marks() const {
  const auto longest = [](View t, char32_t c) {
    std::size_t most = 0, n = 0;
    for (const char32_t x : t) most = std::max(most, n = x == c ? n + 1 : 0);
    return most;
  };
  std::set<char32_t> made;
  for (const Str& out : sheet_.outs) {
    for (const char32_t c : out) {
      if (!is_alnum(c) || c == U'0') made.insert(c);
    }
  }
  std::vector<PadMark> all;
  for (const char32_t c : made) {
    std::vector<std::size_t> runs;
    for (const Str& out : sheet_.outs) runs.push_back(longest(out, c));
    const auto [least, most] = std::minmax_element(runs.begin(), runs.end());
    if (*most < 2 && *least == *most) continue;
    bool own = false;
    for (std::size_t e = 0; e < sheet_.shown() && !own; ++e) {
      own = std::all_of(sheet_.rows[e].begin(), sheet_.rows[e].end(),
                        [&](const Str& in) { return longest(in, c) < runs[e]; });
    }
    if (own && all.size() < pad_marks_max) all.push_back({c, *most});
  }
  return all;
}

/// Two parts at the ends of a width, one text or two inputs: "Tea.....12".
Steps SliceFinder::offer_spreads(Budget& budget, Pool& pool,
                                 const std::vector<PadMark>& marks) const {
  std::size_t room = pad_width_max;
  for (const Str& out : sheet_.outs) room = std::min(room, out.size());
  Piece p;
  p.kind = Piece::Kind::slice;
  p.slice.input = input_;
  for (const bool joined : {false, true}) {
    if (joined && (input_ > 0 || sheet_.inputs() < 2)) continue;
    if (joined) p.slice.input = Slice::all_inputs;
    for (const PadMark& mark : marks) {
      for (std::size_t width = 3; width <= room; ++width) {
        p.edit = {Edit::Kind::spread, mark.fill, 0, static_cast<int>(width), {}, {}};
        pool.offer(p, 3 + 0.1 * static_cast<double>(std::min(width, pad_width_usual)), 2);
        if (budget.spend(candidate_units)) co_await budget.pause();
      }
    }
  }
}

/// Of integers as text, where some are longer than those that people compute with.
Steps SliceFinder::offer_groups(Budget& budget, Pool& pool, const Slice& whole) const {
  constexpr std::int64_t usual = power_of_ten(15);
  const auto beyond = [](const Number& x) {
    return x.decimals < 0 || x.mantissa >= usual || x.mantissa <= -usual;
  };
  bool some = false;
  for (std::size_t r = 0; r < sheet_.rows.size() && !some; ++r) {
    const auto found = numbers_of(text(r), false);
    some = std::any_of(found.begin(), found.end(), beyond);
  }
  if (budget.spend(units_of_all_rows(sheet_))) co_await budget.pause();
  if (!some) co_return;
  Piece p;
  p.kind = Piece::Kind::slice;
  p.slice = whole;
  for (const char32_t mark : U",. '_"sv) {
    p.edit = {Edit::Kind::grouped, mark, 0, 0, {}, {}};
    pool.offer(p, 2.5, 2);
    if (budget.spend(candidate_units)) co_await budget.pause();
  }
}

/// The padded text stands in each shown output, and no more of what fills it beside it.
bool SliceFinder::fills_all(const Slice& slice, char32_t fill, std::size_t width, bool left) const {
  for (std::size_t e = 0; e < sheet_.shown(); ++e) {
    const View in = text(e), out = sheet_.outs[e];
    const Span span = *span_of(slice, in);
    const auto size = static_cast<std::size_t>(span.end - span.begin);
    Str padded(in.substr(static_cast<std::size_t>(span.begin), size));
    if (size < width) padded.insert(left ? 0 : size, width - size, fill);
    std::size_t at = out.find(padded);
    const auto goes_on = [&] {
      return left ? at > 0 && out[at - 1] == fill
                  : at + padded.size() < out.size() && out[at + padded.size()] == fill;
    };
    while (at != View::npos && goes_on()) at = out.find(padded, at + 1);
    if (at == View::npos) return false;
  }
  return true;
}

Steps SliceFinder::offer_pads(Budget& budget, Pool& pool, Slice slice, double cost,
                              const std::vector<PadMark>& marks) const {
  std::size_t room = pad_width_max, longest = 0, shortest = pad_width_max;
  for (const Str& out : sheet_.outs) room = std::min(room, out.size());
  for (std::size_t e = 0; e < sheet_.shown(); ++e) {
    const auto span = span_of(slice, text(e));
    if (!span) co_return;
    const auto size = static_cast<std::size_t>(span->end - span->begin);
    longest = std::max(longest, size);
    shortest = std::min(shortest, size);
  }
  Piece p;
  p.kind = Piece::Kind::slice;
  p.slice = slice;
  p.edit.kind = Edit::Kind::strip_zeros;
  pool.offer(p, cost + 1, 1);
  const std::size_t least = marks.empty() ? longest : std::min(longest, shortest + 1);
  for (std::size_t width = std::max<std::size_t>(least, 2); width <= room; ++width) {
    const bool usual = width >= longest && width <= pad_width_usual;
    const double pad =
        0.1 * static_cast<double>(std::min(width, pad_width_usual)) + (width > longest ? 0.5 : 0);
    std::uint64_t offered = 0;
    const auto offer = [&](Edit::Kind kind, char32_t fill) {
      p.edit = {kind, fill, 0, static_cast<int>(width), {}, {}};
      pool.offer(p, cost + (kind == Edit::Kind::pad_left ? 1 : 1.2) + pad, 2);
      ++offered;
    };
    for (const char32_t fill : {U' ', U'0'}) {
      if (usual) offer(Edit::Kind::pad_left, fill);
      if (usual && slice.whole()) offer(Edit::Kind::pad_right, fill);
    }
    for (const PadMark& mark : marks) {
      if (width > longest + mark.most) continue;
      const bool offered_above = usual && (mark.fill == U' ' || mark.fill == U'0');
      if (!offered_above && fills_all(slice, mark.fill, width, true))
        offer(Edit::Kind::pad_left, mark.fill);
      if (mark.fill != U'0' && !(offered_above && slice.whole()) &&
          fills_all(slice, mark.fill, width, false))
        offer(Edit::Kind::pad_right, mark.fill);
    }
    if (budget.spend(offered * candidate_units)) co_await budget.pause();
  }
}

}  // namespace weir::search::text
