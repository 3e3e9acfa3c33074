// Levels (P10): jobs of other levels than the default lie in lists of their own, shared by all workers. A
// program that uses the default alone pays one load a search.
#include "core.hpp"

namespace weir::detail {

namespace {

constexpr std::uint8_t urgent_level = 0, patient_level = 2;

}  // namespace

/// Into the list of its level.
void Core::publish(Job& job) noexcept {
  if (job.level == limits::level_default) return push_overflow(job, job);
  // relaxed: who misses it finds the job by its re-check before it sleeps, and this with it
  if (levels_used.load(relaxed) == 0) levels_used.store(1, relaxed);
  level_list(job.level).push(job, job);
}

bool Core::level_waits(const Worker& w, std::uint8_t level) const noexcept {
  const ContextState& own = state[static_cast<std::size_t>(w.index())];
  // relaxed: a hint
  return (level == urgent_level ? urgent : patient).filled() || own.mail[level] != nullptr ||
         own.mailbox[level].load(relaxed) != nullptr;
}

/// The oldest job of a level that is not the default one: affine ones first.
Job* Core::take_level(Worker& w, std::uint8_t level) noexcept {
  if (Job* const job = take_mail(w, level)) return job;
  JobList& list = level_list(level);
  Job* const first = list.take();
  if (first == nullptr) return nullptr;
  if (first->next != nullptr) {
    list.put_back(*first->next);
    notify();
  }
  if (return_credit(*first)) inbox->credits.give(1);
  return first;
}

/// Counts that level 2 was passed over, if it waits.
Job* Core::passing_over(Worker& w, Job* job) noexcept {
  if (job != nullptr && level_waits(w, patient_level)) ++w.passed_patient_;
  return job;
}

Job* Core::find_by_level(Worker& w) noexcept {
  if (w.passed_patient_ >= limits::passed_over_max) {
    w.passed_patient_ = 0;
    if (Job* const job = take_level(w, patient_level)) {
      share_next(w);
      return job;
    }
  }
  if (w.passed_default_ < limits::passed_over_max) {
    if (Job* const job = take_level(w, urgent_level)) {
      ++w.passed_default_;
      share_next(w);
      return passing_over(w, job);
    }
  }
  w.passed_default_ = 0;
  if (Job* const job = find_default(w)) return passing_over(w, job);
  return take_level(w, urgent_level);
}

/// What a thread does that has nothing to do: its own and shared work, the neighbours', and what is
/// least urgent.
Job* Core::find_anywhere(Worker& w) noexcept {
  if (Job* const job = find(w)) return job;
  if (Job* const job = steal(w)) return passing_over(w, job);
  if (levels_used.load(relaxed) == 0) return nullptr;  // relaxed: as in publish
  w.passed_patient_ = 0;
  return take_level(w, patient_level);
}

}  // namespace weir::detail
