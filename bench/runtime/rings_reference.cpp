// rings_reference.cpp: `bare`, `spsc` and `mutex`: the references that a goal names, and the ring
// that everybody knows.
#include "reference_rings.hpp"
#include "ring_patterns.hpp"

namespace weir::bench {
namespace {

template <class R>
struct Contender : R {
  using R::R;
  using Producer = Handle<Contender>;
  using Consumer = Handle<Contender>;
};

struct PlainEdge {
  explicit PlainEdge(std::size_t capacity) : edge(capacity) {}
  using Producer = Handle<PlainEdge>;
  using Consumer = Handle<PlainEdge>;
  bool push(Element item) {
    if (!edge.reserve()) return false;
    edge.push(item);
    return true;
  }
  bool pop(Element& item) { return edge.pop(item); }
  BareEdge<Element> edge;
};

using Bare = Contender<BareRing<Element>>;
using Mutex = Contender<MutexRing<Element>>;

const AddAll all([] {
  add_ring<Bare>("bare");
  add_ring<Mutex>("mutex");
  Add("ring_batch32", "bare", ring_batch32<Bare>);
  Add("ring_batch32", "mutex", ring_batch32<Mutex>);
  Add("edge_1t", "bare", ring_1t<Bare>);
  Add("edge_1t", "bare_edge", ring_1t<PlainEdge>);
  Add("edge_1t", "mutex", ring_1t<Mutex>);
  Add("lane_1p1c", "spsc", ring_1p1c<Contender<BareLane<Element>>>);
  Add("lane_1p1c", "mutex", ring_1p1c<Mutex>);
  Add("inbox_1p1c", "bare", inbox_1p1c<Contender<BareRing<InboxItem>>>);
  Add("inbox_1p1c", "mutex", inbox_1p1c<Contender<MutexRing<InboxItem>>>);
});

}  // namespace
}  // namespace weir::bench
