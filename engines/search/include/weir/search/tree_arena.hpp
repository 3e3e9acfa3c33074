// tree_arena.hpp: the nodes of a tree: a fixed number of them, recycled when they are used up.
//
// Shape:    a node has the statistics of the moves that leave it, in arrays, three cache lines for up to eight moves.
//           Links to children are numbers, 0 none, and hold only while the node there has the child's key: nobody has
//           to know who links to a node that is taken away.
// Roles:    key, lanes and links: any thread inside the tree. take: any thread. recycle, reset: one thread alone.
// Progress: take is lock-free and answers 0 when no node is free.
// Order:    a node's key is stored last and read first: who sees the key that he expects sees the lanes.
// Memory:   nodes and the list of free ones (and the index of positions), taken by the constructor and touched then;
//           on the heap, of one worker, nodes are touched when they are first taken.
// Source:   Powley, Cowling, Whitehouse, "Memory bounded Monte Carlo tree search", AIIDE 2017 (what was not used for
//           longest is recycled); Corbató's clock, 1968.
#pragma once

#include <algorithm>
#include <bit>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <new>
#include <weir/atomic.hpp>
#include <weir/check.hpp>
#include <weir/search/tree_block.hpp>
#include <weir/search/tree_pick.hpp>

namespace weir::search::games {

enum class Proof : std::uint8_t { none, loss, draw, win };  // for the player to move

/// No position has this key.
inline constexpr std::uint64_t tree_dead_key = std::numeric_limits<std::uint64_t>::max();

template <std::uint32_t actions_max>
struct alignas(64) TreeNode {
  static constexpr std::uint32_t lane_count = padded_lanes(actions_max);

  struct Statistics {
    alignas(32) atomic<
        std::uint32_t> visits[lane_count]{};  // simulations that went there, those under way too
    alignas(32) atomic<float> priors[lane_count]{};  // -infinity: not a move, or proven lost
    alignas(32) atomic<std::uint32_t> links[lane_count]{};
    alignas(32) atomic<
        std::uint64_t> values[lane_count]{};  // for the player to move; those under way count 0
  };

  atomic<std::uint64_t> key{tree_dead_key};
  atomic<std::uint64_t> open{0};   // moves whose outcome is not proven
  atomic<std::uint64_t> drawn{0};  // moves that are proven to draw
  atomic<std::uint32_t> total{0};  // visits of all moves; kept where one worker is inside
  atomic<std::uint16_t> generation{
      0};  // how often the node was given back: a ticket is not out for 65,536 times
  atomic<std::uint8_t> proof{0};  // a Proof, and above it the move that wins
  atomic<std::uint8_t> touched{0};
  Statistics lanes;
};

static_assert(sizeof(TreeNode<8>) == 3 * 64);

template <std::uint32_t actions_max>
class TreeArena {
  static_assert(actions_max >= 1 && actions_max <= 64, "a move is one of 64 bits");

 public:
  using Node = TreeNode<actions_max>;
  static constexpr std::uint32_t none = 0;
  static constexpr std::uint32_t nodes_min = 1024;
  static constexpr std::uint32_t nodes_limit = 1U << 31;
  /// Nodes that one call of recycle frees at most.
  static constexpr std::uint32_t batch_max = 1024;

  /// As many nodes as `bytes` hold, at least nodes_min. `indexed`: positions are found by their key.
  /// `heap`: as TreeBlock. `one_worker`: take<true> is not called.
  TreeArena(std::size_t bytes, bool indexed, bool heap, bool one_worker)
      : one_worker_(one_worker),
        capacity_(fitting(bytes, indexed)),
        index_slots_(indexed ? std::bit_floor(capacity_) * 2 : 0),
        block_(node_bytes() + free_bytes() + index_bytes() + 3 * TreeBlock::line, heap) {
    nodes_ = static_cast<Node*>(block_.take(node_bytes()));
    free_ = static_cast<std::uint32_t*>(block_.take(free_bytes()));
    index_ = static_cast<atomic<std::uint32_t>*>(block_.take(index_bytes()));
    made_ = heap && one_worker ? 0 : capacity_;
    for (std::size_t i = 0; i <= made_; ++i) make(i);
    for (std::size_t i = 0; i < index_slots_; ++i)
      ::new (static_cast<void*>(index_ + i)) atomic<std::uint32_t>(none);
    if (!one_worker) fill_free();
    all_free();
  }
  TreeArena(const TreeArena&) = delete;
  TreeArena& operator=(const TreeArena&) = delete;

  Node& operator[](std::uint32_t node) noexcept { return nodes_[node]; }
  const Node& operator[](std::uint32_t node) const noexcept { return nodes_[node]; }
  std::uint32_t capacity() const noexcept { return capacity_; }
  /// Advisory while others take.
  std::uint32_t used() const noexcept {
    return capacity_ - free_count_.load(relaxed);
  }  // relaxed: a figure
  std::uint64_t recycled() const noexcept { return recycled_; }
  std::size_t memory() const noexcept { return block_.bytes(); }

  /// Takes at most `wanted` free nodes; how many. They are to be prepared.
  template <bool shared>
  std::uint32_t take(std::uint32_t* taken, std::uint32_t wanted) noexcept {
    std::uint32_t count =
        free_count_.load(relaxed);  // relaxed: the list below it was written by who was alone
    std::uint32_t some = std::min(count, wanted), done = 0;
    if constexpr (shared) {
      // relaxed: only the number moves; entries change while one thread is alone in the tree
      while (some != 0 &&
             !free_count_.compare_exchange_weak(count, count - some, relaxed, relaxed)) {
        some = std::min(count, wanted);
      }
    } else {
      free_count_.store(count - some, relaxed);  // relaxed: one thread
      for (; fresh_ < capacity_ && done < some; ++done) {
        taken[done] = ++fresh_;
        if (fresh_ > made_) make(made_ = fresh_);
      }
    }
    for (; done < some; ++done) taken[done] = free_[--count];
    return some;
  }

  /// Makes the lanes of a taken node zero; nobody looks for its key.
  void prepare(std::uint32_t at) noexcept {
    Node& node = nodes_[at];
    ::new (static_cast<void*>(&node.lanes)) typename Node::Statistics();
    node.drawn.store(0, relaxed);    // relaxed: published by the key
    node.total.store(0, relaxed);    // relaxed: as above
    node.proof.store(0, relaxed);    // relaxed: as above
    node.touched.store(1, relaxed);  // relaxed: a hint
  }

  /// From now on the node is found by its key.
  void publish(std::uint32_t at, std::uint64_t key) noexcept {
    nodes_[at].key.store(key, release);  // (1) release pairs with (2): the lanes of the node
    if (index_slots_ != 0)
      slot(key).store(at, relaxed);  // relaxed: whoever follows it looks at the key
  }
  bool holds(std::uint32_t at, std::uint64_t key) const noexcept {
    return nodes_[at].key.load(acquire) == key;  // (2) acquire pairs with (1): its lanes
  }
  /// The node of a position, if the index still knows it.
  std::uint32_t find(std::uint64_t key) const noexcept {
    if (index_slots_ == 0) return none;
    const std::uint32_t at = slot(key).load(relaxed);  // relaxed: holds() decides
    return at != none && holds(at, key) ? at : none;
  }
  /// Where others write too, lines that a simulation is sure to write come owned: else each is sent for twice.
  template <bool shared>
  void prefetch(std::uint32_t at) const noexcept {
    constexpr std::size_t ahead_max = 256;
    constexpr std::size_t priors =
        offsetof(Node, lanes) + offsetof(typename Node::Statistics, priors);
    constexpr std::size_t values =
        offsetof(Node, lanes) + offsetof(typename Node::Statistics, values);
    const auto* node = reinterpret_cast<const char*>(nodes_ + at);
    for (std::size_t line = 0; line < std::min(sizeof(Node), ahead_max); line += 64) {
      const bool written = Node::lane_count == lane_block && (line < priors || line >= values);
      if (shared && written) {
        prefetch_to_write(node + line);
      } else {
        prefetch_to_read(node + line);
      }
    }
  }

  /// Frees nodes that no simulation went through since the last round, but not `root`. It looks at no more than a
  /// quarter of the nodes, so what was touched since the call before last stays. Alone.
  void recycle(std::uint32_t root) noexcept {
    const std::uint32_t batch = std::clamp(capacity_ / 64, 16U, batch_max);
    std::uint32_t count = free_count_.load(relaxed);  // relaxed: alone
    const std::uint32_t goal = std::min(count + batch, capacity_);
    for (std::uint32_t looks = std::min(capacity_ / 4, batch * 16); looks > 0 && count < goal;
         --looks) {
      hand_ = hand_ == capacity_ ? 1 : hand_ + 1;
      Node& node = nodes_[hand_];
      if (hand_ == root || !live(node)) continue;
      if (node.touched.load(relaxed) != 0) {  // relaxed: alone
        node.touched.store(0, relaxed);       // relaxed: alone
        continue;
      }
      bury(node);
      free_[count++] = hand_;
      ++recycled_;
    }
    free_count_.store(count, relaxed);  // relaxed: alone; others come in through the gate
  }

  /// Frees all, in the order of the start. Alone. Cost: as many nodes as were used.
  void reset() noexcept {
    const std::uint32_t high = recycled_ == 0 ? used() : capacity_;
    for (std::uint32_t at = 1; at <= high; ++at) bury(nodes_[at]);
    for (std::size_t i = 0; i < index_slots_; ++i)
      index_[i].store(none, relaxed);  // relaxed: alone
    if (!one_worker_ && recycled_ != 0) fill_free();
    all_free();
    recycled_ = 0;
  }

 private:
  static std::uint32_t fitting(std::size_t bytes, bool indexed) noexcept {
    const std::size_t each = sizeof(Node) + sizeof(std::uint32_t) * (indexed ? 3 : 1);
    const std::size_t fit = bytes / each;
    return static_cast<std::uint32_t>(std::clamp<std::size_t>(fit, nodes_min, nodes_limit));
  }
  std::size_t node_bytes() const noexcept { return (std::size_t{capacity_} + 1) * sizeof(Node); }
  std::size_t free_bytes() const noexcept { return std::size_t{capacity_} * sizeof(std::uint32_t); }
  std::size_t index_bytes() const noexcept { return index_slots_ * sizeof(atomic<std::uint32_t>); }

  void make(std::size_t at) noexcept { ::new (static_cast<void*>(nodes_ + at)) Node(); }
  /// The lowest numbers are taken first, here and where nodes are fresh.
  void fill_free() noexcept {
    for (std::uint32_t i = 0; i < capacity_; ++i) free_[i] = capacity_ - i;
  }
  void all_free() noexcept {
    fresh_ = one_worker_ ? 0 : capacity_;
    hand_ = 0;
    free_count_.store(capacity_, relaxed);  // relaxed: alone
  }
  static bool live(const Node& node) noexcept {
    return node.key.load(relaxed) != tree_dead_key;
  }  // relaxed: alone
  /// Who holds a reference to it sees by the generation that it is gone, before anybody takes it again.
  static void bury(Node& node) noexcept {
    node.key.store(tree_dead_key, relaxed);                             // relaxed: alone
    node.generation.store(node.generation.load(relaxed) + 1, relaxed);  // relaxed: alone
  }

  atomic<std::uint32_t>& slot(std::uint64_t key) const noexcept {
    return index_[(key * 0x9e3779b97f4a7c15ULL) >> (64 - std::bit_width(index_slots_ - 1))];
  }

  bool one_worker_;
  std::uint32_t capacity_;
  std::uint32_t fresh_ = 0;  // one worker: nodes behind this one are free, and in no list
  std::uint32_t made_ = 0;   // nodes behind this one were never touched
  std::size_t index_slots_;
  TreeBlock block_;
  Node* nodes_ = nullptr;
  std::uint32_t* free_ = nullptr;
  atomic<std::uint32_t>* index_ = nullptr;
  atomic<std::uint32_t> free_count_{0};
  std::uint32_t hand_ = 0;
  std::uint64_t recycled_ = 0;
};

}  // namespace weir::search::games
