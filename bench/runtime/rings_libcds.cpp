// rings_libcds.cpp: libcds' Vyukov queue.
#include "ring_patterns.hpp"

#if defined(WEIR_BENCH_HAS_LIBCDS)
#include <cds/container/vyukov_mpmc_cycle_queue.h>

namespace weir::bench {
namespace {

struct Cycle {
  explicit Cycle(std::size_t capacity) : queue(capacity) {}
  using Producer = Handle<Cycle>;
  using Consumer = Handle<Cycle>;
  bool push(Element item) { return queue.enqueue(item); }
  bool pop(Element& item) { return queue.dequeue(item); }
  cds::container::VyukovMPMCCycleQueue<Element> queue;
};

const AddAll all([] { add_ring<Cycle>("libcds"); });

}  // namespace
}  // namespace weir::bench
#else
namespace weir::bench {
namespace {
const LeaveOut without("libcds");
}
}  // namespace weir::bench
#endif
