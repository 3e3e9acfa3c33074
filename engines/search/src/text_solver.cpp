#include "text_solver.hpp"

#include <algorithm>

namespace weir::search::text {

namespace {

constexpr std::size_t found_max = 200;
constexpr std::size_t contexts_max = 300;

}  // namespace

Solver::Solver(Sheet sheet, bool thorough, std::size_t bytes_max)
    : sheet_(std::move(sheet)),
      thorough_(thorough),
      base_(sheet_, bytes_max / 2),
      numbers_(sheet_, bytes_max / 4) {
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

void Solver::slices_step() {
  SliceFinder& finder = finders_[part_ / 4];
  switch (part_ % 4) {
    case 0:
      finder.positions();
      break;
    case 1:
      if (finder.pairs(base_)) return;
      break;
    case 2:
      if (finder.relatives(base_)) return;
      break;
    default:
      finder.edits(base_);
      break;
  }
  if (++part_ == finders_.size() * 4) stage_ = Stage::base;
}

void Solver::keep(std::vector<Path> paths, double extra_cost) {
  for (Path& p : paths) {
    p.cost += extra_cost;
    if (found_.size() < found_max) found_.push_back(std::move(p));
  }
}

void Solver::find_contexts(std::size_t source) {
  const auto take = [this](std::vector<Context> all) {
    for (Context& c : all) {
      looked_at_ += c.pool.looked_at();
      if (contexts_.size() < contexts_max) contexts_.push_back(std::move(c));
    }
  };
  if (source < moments_.size()) {
    contexts_.push_back(fields_of(sheet_, moments_[source]));
    std::vector<CostedMoment> dates;
    for (const CostedMoment& m : moments_) {
      const auto first = moment_of(m.source, sheet_.rows[0]);
      if (dates.size() < 3 && first && first->day != absent) dates.push_back(m);
    }
    if (thorough_) take(time_roundings(sheet_, moments_[source], dates, looked_at_));
  } else if (thorough_) {
    take(number_ranges(sheet_, number_sources_[source - moments_.size()], looked_at_));
  }
}

bool Solver::step() {
  switch (stage_) {
    case Stage::slices:
      if (finders_.empty()) {
        stage_ = Stage::base;
      } else {
        slices_step();
      }
      return true;
    case Stage::base:
      keep(cheapest_paths(sheet_, base_, nullptr), 0);
      only_slices_ = !readable();
      stage_ = only_slices_ ? Stage::ended : Stage::moments;
      return true;
    case Stage::moments:
      moments_ = moments_in(sheet_);
      number_sources_ = numbers_in(sheet_, moments_);
      part_ = 0;
      stage_ = Stage::numbers;
      return true;
    case Stage::numbers:
      if (part_ < number_sources_.size()) {
        offer_formats(sheet_, numbers_, number_sources_[part_++]);
        return true;
      }
      if (numbers_.size() > 0) keep(cheapest_paths(sheet_, base_, &numbers_), 0);
      part_ = 0;
      stage_ = Stage::contexts;
      return true;
    case Stage::contexts:
      if (part_ < moments_.size() + number_sources_.size()) {
        find_contexts(part_++);
        return true;
      }
      if (!contexts_.empty()) {
        keep(cheapest_paths(sheet_, base_, &contexts_.front().pool), contexts_.front().cost);
        contexts_.pop_front();
        return true;
      }
      stage_ = Stage::ended;
      return true;
    case Stage::ended:
      return false;
  }
  return false;
}

std::size_t Solver::memory() const noexcept {
  std::size_t n =
      sizeof(*this) + base_.memory() + numbers_.memory() + found_.size() * 2 * sizeof(Piece);
  for (const Context& c : contexts_) n += c.pool.memory();
  return n;
}

}  // namespace weir::search::text
