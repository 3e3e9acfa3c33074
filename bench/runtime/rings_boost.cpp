// rings_boost.cpp: Boost.Lockfree's bounded queue, and its queue for one producer and one consumer
// as a lane.
#include "ring_patterns.hpp"

#if defined(WEIR_BENCH_HAS_BOOST)
#include <boost/lockfree/queue.hpp>
#include <boost/lockfree/spsc_queue.hpp>

namespace weir::bench {
namespace {

template <class Q>
struct Lockfree {
  explicit Lockfree(std::size_t) {}
  using Producer = Handle<Lockfree>;
  using Consumer = Handle<Lockfree>;
  bool push(Element item) { return queue.push(item); }
  bool pop(Element& item) { return queue.pop(item); }
  Q queue;
};
using Capacity = boost::lockfree::capacity<ring_capacity>;

const AddAll all([] {
  add_ring<Lockfree<boost::lockfree::queue<Element, Capacity>>>("boost");
  Add("lane_1p1c", "boost", ring_1p1c<Lockfree<boost::lockfree::spsc_queue<Element, Capacity>>>);
});

}  // namespace
}  // namespace weir::bench
#else
namespace weir::bench {
namespace {
const LeaveOut without("boost");
}
}  // namespace weir::bench
#endif
