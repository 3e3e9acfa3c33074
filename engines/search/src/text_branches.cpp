#include "text_branches.hpp"

#include <algorithm>
#include <set>

#include "stable_order.hpp"

namespace weir::search::text {

namespace {

constexpr std::size_t parted_max = 5;
constexpr std::size_t clusters_max = 4;
constexpr std::size_t gathered_max = 16;
constexpr std::size_t paths_kept = 3;
constexpr double branch_cost = 4;

/// At least: what it is about may cost more.
constexpr double condition_cost(Condition::Kind kind) noexcept {
  constexpr double costs[] = {0, 0.5, 3.5, 1, 1.2, 1.4, 1.2, 1.8, 2.5, 2, 3};
  return costs[static_cast<std::size_t>(kind)];
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
  // What one row alone has says little of those that are not shown.
  const auto& has = c.negated ? no : yes;
  const auto& lacks = c.negated ? yes : no;
  const bool about_one = !c.text.empty() && has.size() == 1 && lacks.size() > 1;
  all.push_back({c, cost + (c.negated ? 0.5 : 0) + (about_one ? 0.8 : 0)});
}

/// Marks and words of a text.
void collect_parts(View text, std::set<Str>& parts) {
  for (std::size_t i = 0; i < text.size() && parts.size() < 200;) {
    std::size_t j = i;
    const bool word = is_alnum(text[i]);
    while (j < text.size() && is_alnum(text[j]) == word) ++j;
    if (j - i <= 20) parts.emplace(text.substr(i, j - i));
    if (!word) {
      for (std::size_t k = i; k < j; ++k) parts.emplace(1, text[k]);
    }
    i = j;
  }
}

void offer_numbers(const Sheet& sheet, const std::vector<std::size_t>& yes,
                   const std::vector<std::size_t>& no, Condition c,
                   std::vector<CostedCondition>& all) {
  c.kind = Condition::Kind::at_least;
  for (const auto* rows : {&yes, &no}) {
    for (const std::size_t r : *rows) {
      const auto found = numbers_of(sheet.rows[r][static_cast<std::size_t>(c.input)], false);
      if (found.empty() || found[0].decimals < 0) continue;
      c.number = found[0];
      offer_condition(sheet, yes, no, c, condition_cost(c.kind), all);
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
      const double cost = is_alnum(s[0]) ? 1.5 : 0;
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
    offer_numbers(sheet, yes, no, c, all);
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
    if (waiting_.empty() && left_.empty() && solving_.empty()) return false;
    gather();
    return true;
  }
  if (part_ >= parts_.size()) return false;
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
      Program p = program_of(tests[t].condition, a.pieces, b.pieces);
      co_await judge(p, a.cost + b.cost + tests[t].cost + branch_cost);
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
