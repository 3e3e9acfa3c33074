// rings_tbb.cpp: oneTBB's bounded queue, in its form that does not wait.
#include "ring_patterns.hpp"

#if defined(WEIR_BENCH_HAS_TBB)
#include <tbb/concurrent_queue.h>

namespace weir::bench {
namespace {

template <class T>
struct Bounded {
  explicit Bounded(std::size_t capacity) {
    queue.set_capacity(static_cast<std::ptrdiff_t>(capacity));
  }
  using Producer = Handle<Bounded>;
  using Consumer = Handle<Bounded>;
  bool push(T item) { return queue.try_push(item); }
  bool pop(T& item) { return queue.try_pop(item); }
  tbb::concurrent_bounded_queue<T> queue;
};

const AddAll all([] {
  add_ring<Bounded<Element>>("tbb");
  Add("inbox_1p1c", "tbb", inbox_1p1c<Bounded<InboxItem>>);
});

}  // namespace
}  // namespace weir::bench
#else
namespace weir::bench {
namespace {
const LeaveOut without("tbb");
}
}  // namespace weir::bench
#endif
