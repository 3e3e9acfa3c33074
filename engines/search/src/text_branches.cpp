#include "text_branches.hpp"

#include <algorithm>
#include <set>
#include <span>

#include "stable_order.hpp"

namespace weir::search::text {

namespace {

constexpr std::size_t parted_max = 5;
constexpr std::size_t clusters_max = 4;
constexpr std::size_t gathered_max = 16;
constexpr std::size_t paths_kept = 3;
constexpr std::size_t labels_max = 6;
constexpr std::size_t labelled_max = 64;  // rows, for a step is to stay short
constexpr double branch_cost = 4;
constexpr double lone_default = 3;  // that one shown row stands for all that is like none

/// At least: what it is about may cost more.
constexpr double condition_cost(Condition::Kind kind) noexcept {
  constexpr double costs[] = {0, 0.5, 3.5, 0.4, 0.8, 1, 1.2, 1.8, 2.5, 2, 3, 3.2, 3.8};
  return costs[static_cast<std::size_t>(kind)];
}

/// A word, or the letter that a code begins with.
bool names_class(const Condition& c) {
  return c.text.size() > (c.kind == Condition::Kind::starts ? 0 : 1) &&
         std::all_of(c.text.begin(), c.text.end(), is_letter);
}

/// Of the rows that are not shown, how many it holds for.
std::size_t recurrences(const Sheet& sheet, Condition c) {
  c.negated = false;
  return static_cast<std::size_t>(
      std::count_if(sheet.rows.begin() + static_cast<std::ptrdiff_t>(sheet.shown()),
                    sheet.rows.end(), [&c](const Row& row) { return holds(c, row); }));
}

void offer_condition(const Sheet& sheet, const std::vector<std::size_t>& yes,
                     const std::vector<std::size_t>& no, Condition c, double cost,
                     std::vector<CostedCondition>& all) {
  const auto fits = [&](bool negated) {
    c.negated = negated;
    return std::all_of(yes.begin(), yes.end(),
                       [&](std::size_t r) { return holds(c, sheet.rows[r]); }) &&
           std::none_of(no.begin(), no.end(),
                        [&](std::size_t r) { return holds(c, sheet.rows[r]); });
  };
  if (!fits(false) && !fits(true)) return;
  // What one row alone has says little of those that are not shown, unless it comes again there.
  const auto& has = c.negated ? no : yes;
  const auto& lacks = c.negated ? yes : no;
  const bool about_one = !c.text.empty() && has.size() == 1 && lacks.size() > 1;
  const std::size_t there = c.text.empty() ? 0 : recurrences(sheet, c);
  const std::size_t others = sheet.rows.size() - sheet.shown();
  const bool again = names_class(c) && there > 0 && there < others;
  if (!c.text.empty() && there == 0 && others > 3) cost += 1;
  all.push_back(
      {c, (again ? condition_cost(c.kind) : cost + (about_one ? 0.8 : 0)) + (c.negated ? 0.5 : 0)});
}

/// Marks and words of a text.
void collect_parts(View text, std::set<Str>& parts) {
  for (std::size_t i = 0; i < text.size() && parts.size() < 200;) {
    std::size_t j = i;
    const bool word = is_alnum(text[i]);
    while (j < text.size() && is_alnum(text[j]) == word) ++j;
    if (j - i <= 20) parts.emplace(text.substr(i, j - i));
    for (std::size_t k = i, end = i; word && k < j; k = end) {
      while (end < j && is_letter(text[end]) == is_letter(text[k])) ++end;
      if (is_letter(text[k]) && end - k <= 20) parts.emplace(text.substr(k, end - k));
    }
    if (!word) {
      for (std::size_t k = i; k < j; ++k) parts.emplace(1, text[k]);
    }
    i = j;
  }
}

/// The roundest number above `low`, up to `high`: 1, 5, 2 and the other figures times the largest power of ten that has
/// one there; nothing where they are not apart by more than their last decimal.
std::optional<Number> roundest(Number low, Number high) {
  constexpr std::int64_t figures[] = {1, 5, 2, 3, 4, 6, 7, 8, 9};
  const int decimals = std::max(low.decimals, high.decimals);
  const auto a = scaled({low.mantissa, 0}, decimals - low.decimals);
  const auto b = scaled({high.mantissa, 0}, decimals - high.decimals);
  if (!a || !b) return std::nullopt;
  const std::int64_t from = a->mantissa, to = b->mantissa;
  if (from < 0 && to >= 0) return Number{};
  for (int power = power_max; power >= 0; --power) {
    const std::int64_t unit = power_of_ten(power);
    const std::int64_t first = (from >= 0 ? from / unit : (from + 1) / unit - 1) + 1;
    const std::int64_t last = to >= 0 ? to / unit : (to + 1) / unit - 1;
    if (first > last) continue;
    for (const std::int64_t figure : figures) {
      for (std::int64_t on = 0; on <= std::min<std::int64_t>(last - first, 9); ++on) {
        if (std::abs(first + on) == figure) return Number{(first + on) * unit, decimals};
      }
    }
    return Number{first * unit, decimals};
  }
  return std::nullopt;
}

bool has_time(View text) {
  const auto m = moment_of(text, DateOrder::ymd);
  return m && m->second >= 0;
}

/// Thresholds on the first number: what is round between the two sides is what people mean, then where the upper side
/// begins, then just above the lower one.
void offer_numbers(const Sheet& sheet, const std::vector<std::size_t>& yes,
                   const std::vector<std::size_t>& no, Condition c,
                   std::vector<CostedCondition>& all) {
  c.kind = Condition::Kind::at_least;
  const auto less = [](Number a, Number b) {
    const auto difference = sum(b, {-a.mantissa, a.decimals});
    return difference && difference->mantissa > 0;
  };
  std::optional<std::pair<Number, Number>> ends[2];  // least and most of each side
  for (const bool of_yes : {true, false}) {
    for (const std::size_t r : of_yes ? yes : no) {
      const auto found = numbers_of(sheet.rows[r][static_cast<std::size_t>(c.input)], false);
      if (found.empty() || found[0].decimals < 0) continue;
      auto& e = ends[of_yes ? 1 : 0];
      if (!e) e.emplace(found[0], found[0]);
      if (less(found[0], e->first)) e->first = found[0];
      if (less(e->second, found[0])) e->second = found[0];
    }
  }
  if (!ends[0] && !ends[1]) return;
  const bool one_side = !ends[0] || !ends[1];
  const auto offer = [&](Number n, double more) {
    c.number = n;
    offer_condition(sheet, yes, no, c, condition_cost(c.kind) + more, all);
  };
  if (one_side) return offer((ends[1] ? ends[1] : ends[0])->first, 0);
  const bool yes_above = less(ends[0]->second, ends[1]->first);
  const Number low = ends[yes_above ? 0 : 1]->second, high = ends[yes_above ? 1 : 0]->first;
  if (!less(low, high)) return;
  const bool hours = std::all_of(yes.begin(), yes.end(), [&](std::size_t r) {
    return has_time(sheet.rows[r][static_cast<std::size_t>(c.input)]);
  });
  if (hours) return offer(high, 1);  // its hour has limits of its own
  const auto round = roundest(low, high);
  if (round) offer(*round, 0);
  if (!round || !equal(*round, high)) offer(high, round ? 1 : 0);
  const auto above = sum(low, {1, std::max(low.decimals, high.decimals)});
  if (above && !equal(*above, high) && !(round && equal(*above, *round))) offer(*above, 1.5);
}

/// One case may show what all numbers are to look like: their marks of thousands. False: nothing changes.
bool write_like(std::vector<Piece>& pieces, const std::vector<Piece>& like) {
  const auto is_number = [](const Piece& p) { return p.kind == Piece::Kind::number; };
  const auto model = std::find_if(like.begin(), like.end(), is_number);
  bool changed = false;
  for (Piece& p : pieces) {
    if (!is_number(p) || model == like.end()) continue;
    NumberFormat format = model->format;
    format.plus = p.format.plus;
    format.absolute = p.format.absolute;
    changed = changed || !(format == p.format);
    p.format = format;
  }
  return changed;
}

/// What people part days and hours by: weekends, noon, the half of a year.
int usual_limit(Field field, int low, int high) noexcept {
  constexpr int hours[] = {12, 18, 6, 17, 9}, months[] = {7, 4, 10}, weekdays[] = {6};
  const std::span<const int> usual = field == Field::hour    ? std::span<const int>(hours)
                                     : field == Field::month ? std::span<const int>(months)
                                                             : std::span<const int>(weekdays);
  for (const int limit : usual) {
    if (low < limit && limit <= high) return limit;
  }
  return high;
}

void offer_moments(const Sheet& sheet, const std::vector<std::size_t>& yes,
                   const std::vector<std::size_t>& no, Condition c,
                   std::vector<CostedCondition>& all) {
  c.kind = Condition::Kind::moment_at_least;
  for (const Field field : {Field::iso_weekday, Field::hour, Field::month}) {
    for (int o = 0; o < 3; ++o) {  // ymd, mdy, dmy
      if (o > 0 && field == Field::hour) break;
      c.field = field;
      c.order = static_cast<DateOrder>(o);
      std::vector<int> values[2];
      for (const bool of_yes : {true, false}) {
        for (const std::size_t r : of_yes ? yes : no) {
          const auto m = moment_of(View(sheet.rows[r][static_cast<std::size_t>(c.input)]), c.order);
          const auto value = m ? number_of(*m, field) : std::nullopt;
          if (!value) break;
          values[of_yes ? 1 : 0].push_back(static_cast<int>(*value));
        }
      }
      if (values[1].size() < yes.size() || values[0].size() < no.size()) continue;
      const auto yes_ends = std::ranges::minmax(values[1]),
                 no_ends = std::ranges::minmax(values[0]);
      const bool yes_above = no_ends.max < yes_ends.min;
      const int low = yes_above ? no_ends.max : yes_ends.max;
      const int high = yes_above ? yes_ends.min : no_ends.min;
      if (low >= high) continue;
      c.count = usual_limit(field, low, high);
      offer_condition(sheet, yes, no, c, condition_cost(c.kind) + 0.1 * o, all);
    }
  }
}

}  // namespace

Steps find_conditions(Budget& budget, const Sheet& sheet, std::vector<std::size_t> yes,
                      std::vector<std::size_t> no, std::vector<CostedCondition>& all) {
  const std::uint64_t units = candidate_units * (1 + (yes.size() + no.size()) / 8);
  for (std::size_t input = 0; input < sheet.inputs(); ++input) {
    Condition c;
    c.input = static_cast<int>(input);
    std::set<Str> parts;
    for (const auto* rows : {&yes, &no}) {
      for (const std::size_t r : *rows) collect_parts(sheet.rows[r][input], parts);
    }
    const auto offer = [&](Condition::Kind kind, double more = 0) {
      c.kind = kind;
      offer_condition(sheet, yes, no, c, condition_cost(kind) + more, all);
    };
    offer(Condition::Kind::empty);
    for (int k = 0; k < classes; ++k) {
      c.token = static_cast<Class>(k);
      offer(Condition::Kind::has_token);
      offer(Condition::Kind::starts_token);
      for (int n = 1; n <= 6; ++n) {
        c.count = n;
        offer(Condition::Kind::tokens, 0.2 * n);
      }
      if (budget.spend(8 * units)) co_await budget.pause();
    }
    for (const Str& s : parts) {
      c.text = s;
      const double cost = !is_alnum(s[0]) ? 0.5 : std::any_of(s.begin(), s.end(), is_digit) ? 3 : 2;
      offer(Condition::Kind::has, cost);
      offer(Condition::Kind::starts, cost);
      offer(Condition::Kind::ends, cost);
      if (budget.spend(3 * units)) co_await budget.pause();
    }
    for (const std::size_t r : yes) {
      c.text = sheet.rows[r][input];
      offer(Condition::Kind::equals);
      c.count = static_cast<int>(c.text.size());
      offer(Condition::Kind::length);
      if (budget.spend(2 * units)) co_await budget.pause();
    }
    c.text.clear();
    for (const int n : {2, 5, 10, 3}) {
      c.count = n;
      offer(Condition::Kind::multiple, n == 2 ? 0 : 1);
    }
    offer_numbers(sheet, yes, no, c, all);
    offer_moments(sheet, yes, no, c, all);
    if (budget.spend(9 * units)) co_await budget.pause();
  }
  sort_stable(all.begin(), all.end(), [](const auto& a, const auto& b) { return a.cost < b.cost; });
}

double least_cost(const Program& program) {
  double cost = 0;
  for (const Branch& branch : program.branches) {
    const Condition& when = branch.when;
    const bool of_empty = when.kind == Condition::Kind::empty && !when.negated;
    if (&branch == &program.branches.front() && of_empty && branch.pieces.empty()) continue;
    cost += least_cost(branch.pieces);
    if (when.kind != Condition::Kind::always) cost += condition_cost(when.kind) + branch_cost;
  }
  return cost;
}

BranchSearch::BranchSearch(const Sheet& sheet, Ranking& ranking, std::size_t bytes_max)
    : sheet_(sheet),
      ranking_(ranking),
      bytes_max_(bytes_max),
      budget_(candidates_of_step(sheet) * candidate_units) {
  const std::size_t n = sheet.shown();
  if (n < 2) return;
  if (n > parted_max) {
    gathering_ = true;
    for (std::size_t r = 0; r < std::min(n, gathered_max); ++r) waiting_.push_back(r);
    return;
  }
  for (std::size_t mask = 1; mask < (std::size_t{1} << n) - 1; mask += 2) {
    Rows yes, no;
    for (std::size_t r = 0; r < n; ++r) ((mask >> r & 1U) != 0 ? yes : no).push_back(r);
    parts_.emplace_back(std::move(yes), std::move(no));
  }
}

void BranchSearch::start(const Rows& rows) {
  Sheet part;
  for (const std::size_t r : rows) {
    part.rows.push_back(sheet_.rows[r]);
    part.outs.push_back(sheet_.outs[r]);
  }
  solving_ = rows;
  solver_ = std::make_unique<Solver>(std::move(part), false, bytes_max_);
}

void BranchSearch::finish() {
  std::vector<Path> found = solver_->found();
  looked_at_ += solver_->looked_at();
  sort_stable(found.begin(), found.end(),
              [](const Path& a, const Path& b) { return a.cost < b.cost; });
  if (found.size() > paths_kept) found.erase(found.begin() + paths_kept, found.end());
  solved_[solving_] = std::move(found);
  solver_.reset();
}

/// One constant for each group of rows that are shown the same output.
Steps BranchSearch::combine_labels() {
  if (sheet_.shown() > labelled_max) co_return;
  using Kind = Condition::Kind;
  constexpr Kind kinds[] = {Kind::at_least, Kind::moment_at_least, Kind::starts, Kind::has,
                            Kind::ends,     Kind::equals,          Kind::always};
  std::map<Str, Rows> groups;
  for (std::size_t r = 0; r < sheet_.shown(); ++r) groups[sheet_.outs[r]].push_back(r);
  if (groups.size() < 3 || groups.size() > labels_max) co_return;
  std::vector<Rows> labels;
  for (const auto& [out, rows] : groups) labels.push_back(rows);
  Tests tests;
  for (const Kind kind : kinds) {
    for (std::size_t last = 0; last < labels.size(); ++last) {
      std::rotate(labels.begin(), labels.begin() + 1, labels.end());
      co_await label(labels, kind, false, tests);
    }
    const bool texts =
        kind != Kind::at_least && kind != Kind::moment_at_least && kind != Kind::always;
    if (texts) co_await label(labels, kind, true, tests);
  }
}

/// The last label is for all that is left, or `told`, too: what is like none of them has no answer then. `kind`: of
/// the conditions; always: any.
Steps BranchSearch::label(std::vector<Rows> left, Condition::Kind kind, bool told, Tests& tests) {
  const std::vector<Rows> all = left;
  const std::size_t untold = told ? 0 : 1;
  const bool limits = kind == Condition::Kind::at_least || kind == Condition::Kind::moment_at_least;
  Program program;
  double cost = 0;
  while (!left.empty()) {
    std::size_t chosen = 0;
    const CostedCondition* best = nullptr;
    for (std::size_t i = 0; i + untold < left.size(); ++i) {
      Rows others;
      for (const Rows& rows : told ? all : left) {
        if (rows != left[i]) others.insert(others.end(), rows.begin(), rows.end());
      }
      const auto [at, fresh] = tests.try_emplace({left[i], others});
      auto& found = at->second;
      if (fresh) co_await find_conditions(budget_, sheet_, left[i], others, found);
      const auto first = std::find_if(found.begin(), found.end(), [kind](const auto& t) {
        return kind == Condition::Kind::always ||
               (t.condition.kind == kind && !t.condition.negated);
      });
      if (first == found.end() || (best != nullptr && best->cost <= first->cost)) continue;
      best = &*first;
      chosen = i;
    }
    if (best == nullptr && left.size() > untold) co_return;
    Branch branch;
    branch.pieces.emplace_back();
    branch.pieces[0].text = sheet_.outs[left[chosen][0]];
    cost += text::least_cost(branch.pieces);
    if (best != nullptr) {
      branch.when = best->condition;
      cost += best->cost + branch_cost;
    }
    program.branches.push_back(std::move(branch));
    left.erase(left.begin() + static_cast<std::ptrdiff_t>(chosen));
  }
  if (!told && all.back().size() == 1 && !limits) cost += lone_default;
  co_await judge(program, cost);
}

/// After the last part or cluster.
bool BranchSearch::start_labels() {
  if (labels_done_) return false;
  labels_done_ = true;
  work_.emplace(combine_labels());
  return true;
}

bool BranchSearch::step() {
  if (work_) {
    if (!budget_.run_one(*work_)) work_.reset();
    return true;
  }
  if (solver_) {
    if (!solver_->step()) finish();
    return true;
  }
  if (gathering_) {
    if (waiting_.empty() && left_.empty() && solving_.empty()) return start_labels();
    gather();
    return true;
  }
  if (part_ >= parts_.size()) return start_labels();
  const auto& [yes, no] = parts_[part_];
  for (const Rows* rows : {&yes, &no}) {
    if (!solved_.contains(*rows)) {
      start(*rows);
      return true;
    }
  }
  work_.emplace(combine_part(part_++));
  return true;
}

Steps BranchSearch::combine_part(std::size_t part) {
  const auto& [yes, no] = parts_[part];
  co_await combine(yes, no);
  co_await combine(no, yes);
}

void BranchSearch::gather() {
  if (!solving_.empty() && solved_.contains(solving_)) {  // the cluster with one more row was tried
    if (!solved_[solving_].empty()) {
      clusters_.back() = solving_;
    } else {
      left_.push_back(solving_.back());
    }
    solving_.clear();
  }
  if (waiting_.empty()) {
    waiting_ = std::move(left_);
    left_.clear();
    if (waiting_.empty() || clusters_.size() >= clusters_max) {
      if (waiting_.empty()) work_.emplace(combine_clusters());
      waiting_.clear();
      return;
    }
    clusters_.emplace_back();
  }
  if (clusters_.empty()) clusters_.emplace_back();
  Rows next = clusters_.back();
  next.push_back(waiting_.front());
  waiting_.erase(waiting_.begin());
  start(next);
}

/// On so many rows a piece is at once what a candidate is on the shown ones of a step.
Steps BranchSearch::judge(Program program, double cost) {
  constexpr std::size_t rows_at_once = 16;
  Judgement judgement(sheet_, std::move(program), cost);
  for (bool more = true; more;) {
    more = judgement.go_on(rows_at_once);
    if (budget_.spend(rows_at_once * candidate_units)) co_await budget_.pause();
  }
  ranking_.add(judgement.take());
}

Steps BranchSearch::combine(Rows yes, Rows no) {
  const auto& first = solved_[yes];
  const auto& second = solved_[no];
  if (first.empty() || second.empty()) co_return;
  std::vector<CostedCondition> tests;
  co_await find_conditions(budget_, sheet_, yes, no, tests);
  for (std::size_t t = 0; t < std::min<std::size_t>(tests.size(), 6); ++t) {
    for (std::size_t i = 0; i < first.size() * second.size(); ++i) {
      const Path& a = first[i % first.size()];
      const Path& b = second[i / first.size()];
      const double cost = a.cost + b.cost + tests[t].cost + branch_cost;
      Program p = program_of(tests[t].condition, a.pieces, b.pieces);
      co_await judge(p, cost);
      if (write_like(p.branches[0].pieces, b.pieces)) co_await judge(p, cost);
      p.branches[0].pieces = a.pieces;
      if (write_like(p.branches[1].pieces, a.pieces)) co_await judge(p, cost);
    }
  }
}

Steps BranchSearch::combine_clusters() {
  sort_stable(clusters_.begin(), clusters_.end(),
              [](const Rows& a, const Rows& b) { return a.size() < b.size(); });
  Program program;
  double cost = 0;
  for (std::size_t i = 0; i < clusters_.size(); ++i) {
    Branch branch;
    branch.pieces = solved_[clusters_[i]][0].pieces;
    cost += solved_[clusters_[i]][0].cost;
    if (i + 1 < clusters_.size()) {
      Rows later;
      for (std::size_t j = i + 1; j < clusters_.size(); ++j) {
        later.insert(later.end(), clusters_[j].begin(), clusters_[j].end());
      }
      std::vector<CostedCondition> tests;
      co_await find_conditions(budget_, sheet_, clusters_[i], later, tests);
      if (tests.empty()) co_return;
      branch.when = tests[0].condition;
      cost += tests[0].cost + branch_cost;
    }
    program.branches.push_back(std::move(branch));
  }
  if (!program.branches.empty()) co_await judge(program, cost);
}

}  // namespace weir::search::text
