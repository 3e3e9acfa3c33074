// inbox.hpp: the queue of tasks that foreign threads submit: an exact bound in front of
// moodycamel::ConcurrentQueue (P6).
//
// Shape     at most `slots` tasks, in flight included; entries are indices of task slots.
// Roles     push: the producer of that index; pop: the context of that index; take, give: any thread.
// Progress  no call waits or allocates; push may be refused for the queue's own reasons although a credit is
//           held.
// Memory    the queue's blocks and tokens, taken at start and counted by it.
#pragma once

#include <cstddef>
#include <cstdint>
#include <weir/detail/inbox_gate.hpp>

namespace weir::detail {

class Inbox {
 public:
  /// Null when there is no memory.
  static Inbox* make(std::uint32_t slots, std::uint32_t producers, std::uint32_t consumers);
  static void destroy(Inbox* inbox) noexcept;

  /// Credits: first taken, then pushed with; given back by pop's caller.
  CreditGate credits;

  /// Moves in the longest prefix that the queue accepts.
  std::size_t push(std::uint32_t producer, std::uint32_t* items, std::size_t n) noexcept;
  std::size_t pop(std::uint32_t consumer, std::uint32_t* items, std::size_t n) noexcept;

  std::uint32_t slots() const noexcept { return slots_; }
  /// Taken and not given back; advisory.
  std::uint64_t used() const noexcept { return slots_ - credits.free(); }
  std::size_t bytes() const noexcept;

 private:
  struct Queue;
  Inbox(std::uint32_t slots, Queue* queue) noexcept
      : credits(slots), slots_(slots), queue_(queue) {}

  std::uint32_t slots_;
  Queue* queue_;
};

}  // namespace weir::detail
