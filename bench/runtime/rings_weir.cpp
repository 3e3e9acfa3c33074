// rings_weir.cpp: weir's Ring, Edge and Lane. Who polls, as here, may publish with release;
// `weir_sleepable` is the default, whose consumer may go to sleep.
#include <weir/edge.hpp>
#include <weir/lane.hpp>
#include <weir/ring.hpp>

#include "ring_patterns.hpp"

namespace weir::bench {
namespace {

template <class R>
struct Plain {
  explicit Plain(std::size_t capacity) : ring(capacity) {}
  using Producer = Handle<Plain>;
  using Consumer = Handle<Plain>;
  template <class T>
  bool push(T item) {
    return ring.push(std::move(item)) == Status::accepted;
  }
  template <class T>
  bool pop(T& item) {
    return ring.pop(item) == Status::accepted;
  }
  template <class T>
  std::size_t push_n(T* items, std::size_t n) {
    return ring.push_n(items, n);
  }
  template <class T>
  std::size_t pop_n(T* items, std::size_t n) {
    return ring.pop_n(items, n);
  }
  R ring;
};
using Polled = Plain<Ring<Element, release>>;

/// `exclusive`: as the edges of graphs are used, one thread at a time at each end; else any number.
template <bool exclusive>
struct ReservedEdge {
  explicit ReservedEdge(std::size_t capacity) : edge(capacity) {}
  using Producer = Handle<ReservedEdge>;
  using Consumer = Handle<ReservedEdge>;
  bool push(Element item) {
    if (exclusive ? edge.reserve_exclusive_up_to(1) == 0 : !edge.reserve(1)) return false;
    edge.push(std::move(item));
    return true;
  }
  bool pop(Element& item) {
    if (exclusive ? edge.pop_n_exclusive_raw(&item, 1) == 0 : !edge.pop(item)) return false;
    if (edge.take_waiting()) std::abort();  // nobody waits here; a user pays for the look
    return true;
  }
  Edge<Element> edge;
};

const AddAll all([] {
  add_ring<Polled>("weir");
  Add("ring_1t", "weir_sleepable", ring_1t<Plain<Ring<Element>>>);
  Add("ring_batch32", "weir", ring_batch32<Polled>);
  Add("edge_1t", "weir", ring_1t<ReservedEdge<true>>);
  Add("edge_1t", "weir_shared", ring_1t<ReservedEdge<false>>);
  Add("lane_1p1c", "weir", ring_1p1c<Plain<Lane<Element, release>>>);
  Add("aa", "weir", ring_1t<Polled>);
  Add("aa", "weir_again", ring_1t<Polled>);
});

}  // namespace
}  // namespace weir::bench
