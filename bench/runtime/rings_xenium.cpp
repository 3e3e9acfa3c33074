// rings_xenium.cpp: xenium's Vyukov queue, with the same weak semantics as weir's Ring.
#include "ring_patterns.hpp"

#if defined(WEIR_BENCH_HAS_XENIUM)
#include <xenium/vyukov_bounded_queue.hpp>

namespace weir::bench {
namespace {

struct Vyukov {
  explicit Vyukov(std::size_t capacity) : queue(capacity) {}
  using Producer = Handle<Vyukov>;
  using Consumer = Handle<Vyukov>;
  bool push(Element item) { return queue.try_push_weak(item); }
  bool pop(Element& item) { return queue.try_pop_weak(item); }
  xenium::vyukov_bounded_queue<Element> queue;
};

const AddAll all([] { add_ring<Vyukov>("xenium"); });

}  // namespace
}  // namespace weir::bench
#else
namespace weir::bench {
namespace {
const LeaveOut without("xenium");
}
}  // namespace weir::bench
#endif
