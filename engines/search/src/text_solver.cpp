#include "text_solver.hpp"

#include <algorithm>

namespace weir::search::text {

namespace {

constexpr std::size_t found_max = 200;
constexpr std::size_t contexts_max = 300;
constexpr std::size_t pairs_of = 6;             // moments that may be the two ends of a range
constexpr std::uint64_t row_candidates = 1536;  // of a step, each on one row

}  // namespace

std::uint64_t candidates_of_step(const Sheet& sheet) noexcept {
  return std::max<std::uint64_t>(row_candidates / weight_of(sheet), 1);
}

Solver::Solver(Sheet sheet, bool thorough, std::size_t bytes_max)
    : sheet_(std::move(sheet)),
      thorough_(thorough),
      base_(sheet_, bytes_max / 2),
      numbers_(sheet_, bytes_max / 4),
      nothing_(sheet_, 0),
      budget_(candidates_of_step(sheet_) * candidate_units) {
  for (std::size_t i = 0; i < sheet_.inputs(); ++i)
    finders_.emplace_back(sheet_, static_cast<int>(i));
}

bool Solver::readable() const {
  for (std::size_t e = 0; e < sheet_.shown(); ++e) {
    for (const Str& text : sheet_.rows[e]) {
      if (std::any_of(text.begin(), text.end(), is_digit) || moment_of(View(text), DateOrder::ymd))
        return true;
    }
  }
  return false;
}

Steps Solver::slices() {
  SliceFinder& finder = finders_[part_ / 4];
  switch (part_ % 4) {
    case 0:
      co_await finder.positions(budget_);
      break;
    case 1:
      co_await finder.pairs(budget_, base_);
      break;
    case 2:
      co_await finder.relatives(budget_, base_);
      break;
    default:
      co_await finder.edits(budget_, base_);
      break;
  }
  if (++part_ == finders_.size() * 4) stage_ = Stage::base;
}

Steps Solver::find_paths(Pool& base, Pool* extra, double extra_cost) {
  std::vector<Path> paths;
  co_await cheapest_paths(budget_, sheet_, base, extra, paths);
  for (Path& p : paths) {
    p.cost += extra_cost;
    if (found_.size() < found_max) found_.push_back(std::move(p));
  }
}

Steps Solver::find_contexts(std::size_t source) {
  Contexts& more = more_;
  if (source < moments_.size()) {
    contexts_.push_back(fields_of(sheet_, moments_[source]));
    std::vector<CostedMoment> dates;
    for (const CostedMoment& m : moments_) {
      const auto first = moment_of(m.source, sheet_.rows[0]);
      if (dates.size() < 3 && first && first->day != absent) dates.push_back(m);
    }
    if (thorough_) co_await date_shifts(budget_, sheet_, moments_[source], more);
    if (thorough_) co_await time_roundings(budget_, sheet_, moments_[source], dates, more);
    for (std::size_t other = source + 1; thorough_ && other < std::min(moments_.size(), pairs_of);
         ++other) {
      if (budget_.spend(2 * fields * candidate_units)) co_await budget_.pause();
      contexts_.push_back(fields_of(sheet_, moments_[source], moments_[other]));
    }
  } else if (thorough_) {
    const std::size_t i = source - moments_.size();
    const bool joined = i >= number_sources_.size();
    const CostedNumber& number = joined ? joined_[i - number_sources_.size()] : number_sources_[i];
    if (!joined) co_await number_ranges(budget_, sheet_, number, more);
    if (!joined) co_await power_parts(budget_, sheet_, number, more);
    co_await unit_parts(budget_, sheet_, number, more);
  }
  for (Context& c : more.all) {
    if (contexts_.size() < contexts_max) contexts_.push_back(std::move(c));
  }
  more.all.clear();
}

bool Solver::step() {
  if (stage_ == Stage::ended) return false;
  if (!work_) work_.emplace(work());
  if (!budget_.run_one(*work_)) work_.reset();
  return true;
}

/// The next piece of the search.
Steps Solver::work() {
  switch (stage_) {
    case Stage::slices:
      if (finders_.empty()) {
        stage_ = Stage::base;
      } else {
        co_await slices();
      }
      break;
    case Stage::base:
      co_await find_paths(base_, nullptr, 0);
      only_slices_ = !readable();
      stage_ = only_slices_ ? Stage::ended : Stage::moments;
      break;
    case Stage::moments:
      co_await moments_in(budget_, sheet_, moments_);
      co_await numbers_in(budget_, sheet_, moments_, number_sources_);
      if (thorough_) co_await joined_numbers(budget_, sheet_, moments_, number_sources_, joined_);
      part_ = 0;
      stage_ = Stage::numbers;
      break;
    case Stage::numbers:
      if (part_ < number_sources_.size()) {
        co_await offer_formats(budget_, sheet_, numbers_, number_sources_[part_], looked_at_);
        if (thorough_)
          co_await offer_computed(budget_, sheet_, numbers_, number_sources_[part_], looked_at_);
        ++part_;
        break;
      }
      if (part_ < number_sources_.size() + joined_.size()) {
        const CostedNumber& number = joined_[part_ - number_sources_.size()];
        co_await offer_computed(budget_, sheet_, numbers_, number, looked_at_);
        ++part_;
        break;
      }
      if (numbers_.size() > 0) co_await find_paths(base_, &numbers_, 0);
      part_ = 0;
      stage_ = Stage::contexts;
      break;
    case Stage::contexts:
      if (part_ < moments_.size() + number_sources_.size() + joined_.size()) {
        co_await find_contexts(part_);
        ++part_;
      } else if (!contexts_.empty()) {
        Context& context = contexts_.front();
        const std::size_t before = found_.size();
        if (context.alone) co_await find_paths(nothing_, &context.pool, context.cost);
        if (found_.size() == before) co_await find_paths(base_, &context.pool, context.cost);
        contexts_.pop_front();
      } else {
        stage_ = Stage::ended;
      }
      break;
    case Stage::ended:
      break;
  }
}

std::size_t Solver::memory() const noexcept {
  std::size_t n =
      sizeof(*this) + base_.memory() + numbers_.memory() + found_.size() * 2 * sizeof(Piece);
  for (const Context& c : contexts_) n += c.pool.memory();
  return n;
}

}  // namespace weir::search::text
