// job_list.hpp: JobList, the jobs that lie in no deque: what overflowed, what came from outside, and
// those of other levels than the default one.
//
// Roles: any thread, each call. Progress: push and put_back lose a round only to another's success;
// nobody waits. Order: oldest first, up to lists that are put back while others push.
#pragma once

#include <weir/atomic.hpp>
#include <weir/detail/core.hpp>

namespace weir::detail {

/// Turns a list that was pushed newest first into one that is oldest first.
inline Job* oldest_first(Job* newest) noexcept {
  Job* list = nullptr;
  while (newest != nullptr) {
    Job* const rest = newest->next;
    newest->next = list;
    list = newest;
    newest = rest;
  }
  return list;
}

class JobList {
 public:
  /// `first` .. `last`: linked, newest first.
  void push(Job& first, Job& last) noexcept {
    Job* head = newest_.load(relaxed);  // relaxed: the exchange decides
    do {
      last.next = head;
      // (1) seq_cst pairs with (2), (3): the jobs; in one order with the sleepers' flags
    } while (!newest_.compare_exchange_weak(head, &first, seq_cst, relaxed));
  }

  /// The whole of it, oldest first; null: nothing. Each job is turned round once in its life: what
  /// its taker has no room for is put back in order.
  Job* take() noexcept {
    if (oldest_.load(relaxed) != nullptr) {  // relaxed: a hint, the exchange decides
      // (4) acquire pairs with (5): the jobs
      if (Job* const list = oldest_.exchange(nullptr, acquire)) return list;
    }
    if (newest_.load(relaxed) == nullptr) return nullptr;     // relaxed: as above
    return oldest_first(newest_.exchange(nullptr, acquire));  // (2) acquire pairs with (1): the jobs
  }

  /// Puts back what take gave and nobody has run. Somebody may have found the list empty meanwhile:
  /// the caller notifies.
  void put_back(Job& list) noexcept {
    Job* none = nullptr;
    // (5) seq_cst pairs with (4), (6): the jobs; in one order with the sleepers' flags
    if (oldest_.compare_exchange_strong(none, &list, seq_cst, relaxed)) return;
    Job* last = &list;  // another has put a list back meanwhile: rare, so the walk may be long
    while (last->next != nullptr) last = last->next;
    push(list, *last);
  }

  /// A hint.
  bool filled() const noexcept {
    return oldest_.load(relaxed) != nullptr || newest_.load(relaxed) != nullptr;  // relaxed: a hint
  }
  /// The re-check of who goes to sleep.
  bool visible() const noexcept {
    if (newest_.load(seq_cst) != nullptr) return true;  // (3) seq_cst pairs with (1): the jobs
    return oldest_.load(seq_cst) != nullptr;            // (6) seq_cst pairs with (5): the jobs
  }

 private:
  atomic<Job*> newest_{nullptr};  // newest first
  atomic<Job*> oldest_{nullptr};  // oldest first: taken, and put back
};

}  // namespace weir::detail
