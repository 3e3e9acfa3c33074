// detail/stream/links.hpp: typed edges: rings with reservation, ordered stores, and a node's output
// side.
#pragma once

#include <cstdint>
#include <cstring>
#include <type_traits>
#include <weir/detail/faults.hpp>
#include <weir/detail/stream/graph_core.hpp>
#include <weir/detail/stream/ordered_cells.hpp>
#include <weir/edge.hpp>

namespace weir::detail {

/// The consumer's side of a link that keeps its tokens by number instead of in a ring. Delivery
/// inside the window needs no reservation. Roles: deliver from any worker, one token a number and
/// port.
template <class T>
class StoreInput {
 public:
  /// Takes the token over; true when the consumer should look.
  virtual bool deliver(Token<T>&& token) noexcept = 0;

 protected:
  ~StoreInput() = default;
};

template <class T>
class Link final : public LinkBase {
 public:
  using Ring = Edge<Token<T>>;
  StoreInput<T>* input = nullptr;  // when `store`
  Ring* ring = nullptr;

  ~Link() {
    if (ring != nullptr) ring->~Ring();
  }
  void prepare() override {
    if (!store) ring = ::new (static_cast<void*>(raw_)) Ring(capacity);
  }
  std::uint64_t pushed() const noexcept override {
    return store ? delivered.load(relaxed) : ring->pushed();  // relaxed: a statistic
  }
  std::uint64_t popped() const noexcept override {
    return store ? taken.load(relaxed) : ring->popped();  // relaxed: a statistic
  }
  std::uint64_t reserved() const noexcept override { return store ? pushed() : ring->reserved(); }
  std::size_t bytes() const noexcept override { return ring != nullptr ? ring->bytes() : 0; }
  /// Gives back `units` of the ring's room that were reserved.
  void give_back(std::uint32_t units) noexcept {
    if (strikes(Fault::lost_unit, from->name, to->name)) --units;
    ring->give_back(units);
  }

  atomic<std::uint64_t> delivered{0}, taken{0};  // of a store

 private:
  alignas(Ring) std::byte raw_[sizeof(Ring)];
};

/// The call on NodeBase that outputs need.
class OutputOps {
 public:
  static void block_on(NodeBase& node, LinkBase* link, bool window) noexcept {
    node.block_on(link, window);
  }
};

/// A node's port with all its links; used more than once it is a broadcast, reserved on all links
/// at once.
template <class T>
class Output final : public OutputBase {
 public:
  static constexpr std::uint32_t links_max = 16;
  Link<T>* links[links_max] = {};

  Output() noexcept { copyable = std::is_copy_constructible_v<T>; }

  /// Reserves `unit` slots for each of up to `most` firings on every ring, in index order; how many
  /// firings. On 0 the node waits on the edge that refused, after looking again. Only the node's
  /// one evaluator calls this, so what is rolled back needs no notification.
  std::uint32_t reserve(NodeBase& self, std::uint32_t unit, std::uint32_t most) noexcept;
  /// The same for a node that starts a stream, one slot and one number of its window each.
  std::uint32_t reserve_numbered(NodeBase& self, std::uint32_t most) noexcept {
    const std::uint32_t room = reserve(self, 1, most);
    if (room == 0 || stream->window == 0) return room;
    const std::uint32_t numbers = stream->reserve(room);
    roll_back(room - numbers);
    if (numbers == 0) OutputOps::block_on(self, nullptr, true);
    return numbers;
  }
  /// Rolls back `units` before a body ran.
  void roll_back(std::uint32_t units) noexcept {
    if (units == 0) return;
    for (std::uint32_t i = 0; i < users; ++i) {
      if (links[i]->ring != nullptr) links[i]->give_back(units);
    }
  }
  /// Gives back `units` that a body did not use; may let the next evaluation of `node` through.
  void give_back(Context& context, std::uint32_t units) noexcept;
  /// Hands `n` tokens over, for which units are held, and destroys them. Copies for all links but
  /// the last.
  void push(Context& context, Token<T>* tokens, std::uint32_t n) noexcept;

 private:
  void push_to(Context& context, Link<T>& link, Token<T>* tokens, std::uint32_t n) noexcept;
  void push_copies(Context& context, Link<T>& link, Token<T>* tokens, std::uint32_t n) noexcept;
};

template <class T>
std::uint32_t Output<T>::reserve(NodeBase& self, std::uint32_t unit, std::uint32_t most) noexcept {
  std::uint32_t firings = most;
  for (std::uint32_t i = 0; i < users; ++i) {
    Edge<Token<T>>* ring = links[i]->ring;
    if (ring == nullptr) continue;
    const std::uint32_t got = reserve_or_wait(*ring, unit, firings, [&] {
      links[i]->refused();
      OutputOps::block_on(self, links[i], false);
    });
    if (got < firings) {
      for (std::uint32_t j = 0; j < i; ++j) {
        if (links[j]->ring != nullptr) links[j]->give_back((firings - got) * unit);
      }
      firings = got;
    }
    if (firings == 0) return 0;
  }
  return firings;
}

template <class T>
void Output<T>::give_back(Context& context, std::uint32_t units) noexcept {
  if (units == 0) return;
  for (std::uint32_t i = 0; i < users; ++i) {
    Edge<Token<T>>* ring = links[i]->ring;
    if (ring == nullptr) continue;
    links[i]->give_back(units);
    if (ring->take_waiting()) node->notify(&context, false);
  }
}

template <class T>
void Output<T>::push_to(Context& context, Link<T>& link, Token<T>* tokens,
                        std::uint32_t n) noexcept {
  if (link.ring != nullptr) {
    link.ring->push_n(tokens, n);
    for (std::uint32_t i = 0; i < n; ++i) tokens[i].~Token<T>();
    link.to->notify(&context);
    return;
  }
  link.delivered.fetch_add(n, relaxed);  // relaxed: a statistic
  bool look = false;
  for (std::uint32_t i = 0; i < n; ++i) {
    look |= link.input->deliver(std::move(tokens[i]));
    tokens[i].~Token<T>();
  }
  if (look) link.to->notify(&context);
}

template <class T>
void Output<T>::push_copies(Context& context, Link<T>& link, Token<T>* tokens,
                            std::uint32_t n) noexcept {
  if constexpr (std::is_copy_constructible_v<T>) {
    TokenBuffer<T, batch_of<T>> copies;
    for (std::uint32_t begin = 0; begin < n; begin += batch_of<T>) {
      const std::uint32_t count = n - begin < batch_of<T> ? n - begin : batch_of<T>;
      std::uint64_t live = 0, failed = 0;
      for (std::uint32_t i = 0; i < count; ++i) {
        Token<T>& original = tokens[begin + i];
        Head head = original.head;
        if (!original.live()) {
          ::new (static_cast<void*>(&copies[i])) Token<T>(head);
          continue;
        }
        ++live;
        try {
          ::new (static_cast<void*>(&copies[i])) Token<T>(head, T(original.value()));
        } catch (...) {
          BodyError error;
          capture_exception(error);
          node->graph.record_error(*node, head.sequence, error);
          ++failed;
          head.fate = Fate::failed;
          ::new (static_cast<void*>(&copies[i])) Token<T>(head);
        }
      }
      LedgerCounters::add(node->flow.in, live);
      LedgerCounters::add(node->flow.failed, failed);
      push_to(context, link, copies.data(), count);
    }
  } else {
    static_cast<void>(context), static_cast<void>(link), static_cast<void>(tokens),
        static_cast<void>(n);
    WEIR_CHECK(false, "build() lets no value that cannot be copied into a broadcast");
  }
}

template <class T>
void Output<T>::push(Context& context, Token<T>* tokens, std::uint32_t n) noexcept {
  if (n == 0) return;
  if (users > 1) {
    // Copies are children of the same epoch: counted before any of them can retire.
    for (std::uint32_t i = 0; i < n; ++i) {
      context.participant().add_submitted(tokens[i].head.epoch, users - 1);
    }
    for (std::uint32_t i = 0; i + 1 < users; ++i) push_copies(context, *links[i], tokens, n);
  }
  push_to(context, *links[users - 1], tokens, n);
}

/// Tokens in the order of their numbers, for an ordered node. Single consumer (the node's
/// evaluator).
template <class T>
class OrderedStore final : public StoreInput<T> {
 public:
  Link<T>* link = nullptr;

  void prepare(Slab& slab, std::uint32_t window) {
    cells_.use(slab.make_array<typename Cells::Cell>(window), window);
  }
  bool deliver(Token<T>&& token) noexcept override {
    const std::uint64_t s = token.head.sequence;
    return cells_.put(s, std::move(token));
  }
  bool readable() const noexcept { return cells_.readable(); }
  std::uint32_t pop(Token<T>* raw, std::uint32_t max) noexcept {
    const std::uint32_t n = cells_.pop(raw, max);
    link->taken.fetch_add(n, relaxed);  // relaxed: a statistic
    return n;
  }

 private:
  using Cells = OrderedCells<Token<T>>;
  Cells cells_;
};

/// The one input of a node: a ring, or an ordered store.
template <class T>
class Intake {
 public:
  Link<T>* link = nullptr;
  OrderedStore<T> ordered;

  void attach(NodeBase& self, Output<T>& from, std::uint32_t capacity, bool in_order) {
    GraphCore& graph = self.graph;
    link = &graph.add_link<Link<T>>();
    link->from = from.node, link->to = &self;
    link->burst = from.node->burst;
    link->capacity = graph.ring_capacity(capacity, link->burst);
    link->from_loop = from.loop;
    if (in_order) {
      link->store = true;
      link->input = &ordered;
      ordered.link = link;
    }
    if (from.users == Output<T>::links_max) {
      graph.refuse("fan_out", "a port is used more than 16 times", from.node->name);
      return;
    }
    if (&from.node->graph != &graph) {
      graph.refuse("foreign_port", "the port belongs to another graph", self.name);
      return;
    }
    from.links[from.users++] = link;
  }
  void prepare(Slab& slab, std::uint32_t window) {
    if (link->store) {
      link->capacity = window;
      ordered.prepare(slab, window);
    }
  }
  bool readable() noexcept { return link->store ? ordered.readable() : link->ring->readable(); }
  /// Takes up to `max` tokens into raw storage and lets a producer that waits for room go on.
  std::uint32_t pop(Context& context, Token<T>* raw, std::uint32_t max) noexcept {
    if (link->store) return ordered.pop(raw, max);
    const std::uint32_t n = link->ring->pop_n_exclusive_raw(raw, max);
    if (n != 0 && link->ring->take_waiting()) link->from->notify(&context, false);
    return n;
  }
  std::uint64_t waiting() const noexcept { return link->fill(); }
};

}  // namespace weir::detail
