// rings_atomic_queue.cpp: max0x7ba/atomic_queue, in its form that does not wait.
#include "ring_patterns.hpp"

#if defined(WEIR_BENCH_HAS_ATOMIC_QUEUE)
#include <atomic_queue/atomic_queue.h>

namespace weir::bench {
namespace {

struct Queue2 {
  explicit Queue2(std::size_t) {}
  using Producer = Handle<Queue2>;
  using Consumer = Handle<Queue2>;
  bool push(Element item) { return queue.try_push(item); }
  bool pop(Element& item) { return queue.try_pop(item); }
  atomic_queue::AtomicQueue2<Element, ring_capacity> queue;
};

const AddAll all([] { add_ring<Queue2>("atomic_queue"); });

}  // namespace
}  // namespace weir::bench
#else
namespace weir::bench {
namespace {
const LeaveOut without("atomic_queue");
}
}  // namespace weir::bench
#endif
