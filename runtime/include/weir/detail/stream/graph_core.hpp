// detail/stream/graph_core.hpp: the graph behind StreamGraph: its nodes, links, streams, and their
// life.
//
// Life: defining -> built -> running -> finished. The object may outlive its StreamGraph: destroyed
// from one of its own bodies it is cancelled, and freed by a worker after its grace period (P7).
#pragma once

#include <string>
#include <vector>
#include <weir/certificate.hpp>
#include <weir/detail/stream/node.hpp>
#include <weir/memory.hpp>

namespace weir::detail {

class GraphCore final : public Watched {
 public:
  static GraphCore* create(Core& core, const std::string& name, const StreamConfig& config);
  /// Ends the graph and frees it: at once from a foreign thread, after its grace period from inside
  /// a task.
  static void destroy(GraphCore* graph) noexcept;

  GraphCore(const GraphCore&) = delete;
  GraphCore& operator=(const GraphCore&) = delete;

  Core& core;
  const char* name() const noexcept override { return name_; }

  // ---- defining (one thread) ----
  template <class N, class... A>
  N& add(const std::string& node_name, A&&... arguments) {
    WEIR_CHECK(!built_, "a node is added to a graph that has been built");
    next_name_ = keep(node_name);
    N* node = slab_.make<N>(*this, std::forward<A>(arguments)...);
    adopt(*node);
    return *node;
  }
  template <class L>
  L& add_link() {
    L* link = slab_.make<L>();
    links_.push_back(link);
    tell_bytes();
    return *link;
  }
  Stream& add_stream(NodeBase& origin, std::uint32_t window_asked);
  void add_output(OutputBase& output) {
    outputs_.push_back(&output);
    tell_bytes();
  }
  /// `node` consumes `stream` for good.
  void add_end(NodeBase& node, Stream& stream);
  /// A graph that build() will refuse, and why. The first one is kept.
  void refuse(const char* code, const std::string& what, const std::string& where);
  std::uint16_t begin_loop(const std::string& loop_name, std::uint32_t tickets);
  void end_loop() noexcept { open_loops_.pop_back(); }
  std::uint16_t current_loop() const noexcept {
    return open_loops_.empty() ? no_loop : open_loops_.back();
  }
  std::uint32_t tickets_of(std::uint16_t loop) const noexcept { return loops_[loop].tickets; }
  std::uint32_t smallest(std::uint32_t bound) const noexcept {
    return smallest_ && bound > 1 ? 1 : bound;
  }
  /// A ring holds its producer's burst even in the smallest-bounds mode.
  std::uint32_t ring_capacity(std::uint32_t asked, std::uint32_t burst) const noexcept {
    return smallest_ && asked > burst ? burst : asked;
  }
  /// Slots before a loop's entry: as many as the loop around it has tickets, and as its producer's
  /// burst.
  std::uint32_t door_capacity(std::uint32_t tickets, std::uint32_t burst) const noexcept {
    const std::uint32_t around = open_loops_.empty() ? 0 : loops_[open_loops_.back()].tickets;
    const std::uint32_t inside = around > tickets ? around : tickets;
    return inside > burst ? inside : burst;
  }
  const char* next_name() const noexcept { return next_name_; }
  Slab& slab() noexcept { return slab_; }
  bool defining() const noexcept { return !built_; }

  Result<Certificate> build();
  Status start();
  /// False before the start, which then sees what the caller has written.
  bool can_be_notified() noexcept;
  void cancel() noexcept;
  Status wait_until(Deadline deadline) noexcept;

  // ---- running ----
  bool started() const noexcept {
    return started_.load(acquire) !=
           0;  // (16) acquire pairs with (6) of stream_graph.cpp: the built tables
  }
  bool cancelled() const noexcept {
    return cancelled_.load(acquire) !=
           0;  // (1) acquire pairs with (7) of stream_graph.cpp: only the flag is used
  }
  bool closing() const noexcept {
    return closing_.load(acquire) !=
           0;  // (2) acquire pairs with (8) of stream_graph.cpp: only the flag is used
  }
  void record_error(const NodeBase& node, std::uint64_t sequence, const BodyError& error) noexcept;
  Error first_error() const;
  /// An end of the last stream of a path has everything.
  void end_finished() noexcept;
  void count_tombstones(std::uint64_t n) noexcept {
    tombstones_.fetch_add(n, relaxed);  // relaxed: a statistic
  }

  /// A context is inside one of the graph's jobs between enter and leave; destroy waits for all of
  /// them.
  void enter(Context& context) noexcept {
    Inside& inside = insides_[context.index()];
    // (3) release pairs with (5) of stream_graph.cpp: who sees what this job did to a node's state
    // sees that it entered
    inside.entered.store(inside.entered.load(relaxed) + 1, release);  // relaxed load: single writer
  }
  void leave(Context& context) noexcept {
    Inside& inside = insides_[context.index()];
    // (4) release pairs with (17) of stream_graph.cpp: all that the job did to the graph
    inside.left.store(inside.left.load(relaxed) + 1, release);  // relaxed load: single writer
  }

  // ---- reports ----
  Ledger ledger() const noexcept;
  std::size_t bytes() const noexcept override {
    return bytes_.load(relaxed);  // relaxed: a number, for any thread while another one defines
  }
  std::string dot() const;
  std::string json() const;
  std::vector<EdgeMetrics> edges() const;
  std::vector<NodeMetrics> node_metrics() const;
  const NodeBase& node(std::uint32_t index) const noexcept { return *nodes_[index]; }
  std::uint32_t node_count() const noexcept { return static_cast<std::uint32_t>(nodes_.size()); }

  void waiting(void (*sink)(void*, const StallLine&), void* argument) const noexcept override;
  void close_ingress() noexcept override;
  bool blocked() const noexcept override;
  std::uint64_t tombstones() const noexcept override {
    return tombstones_.load(relaxed);  // relaxed: a statistic
  }

 private:
  void close_nodes() noexcept;
  template <class T>
  using List = std::vector<T, PlatformAllocator<T>>;
  struct alignas(contended_bytes) Inside {
    atomic<std::uint64_t> entered{0}, left{0};
  };
  struct Loop {
    const char* name;
    std::uint32_t tickets;
    std::uint16_t parent;
  };

  GraphCore(Core& c, const std::string& graph_name, const StreamConfig& config);
  ~GraphCore();
  void adopt(NodeBase& node);
  void tell_bytes() noexcept;
  const char* keep(const std::string& text);
  bool quiet() const noexcept;
  std::uint64_t entered() const noexcept;
  void end_and_wait() noexcept;
  static void destroy_orphan(void* graph) noexcept;

  // build(), in src/stream_build.cpp
  bool check_nodes();
  bool check_links();
  bool check_loops();
  bool check_answers();
  void decide_windows();
  Certificate certify() const;

  const char* name_ = "";
  std::uint16_t trace_ = 0;     // its name in the flight recorder
  const char* next_name_ = "";  // of the node being made
  StreamConfig config_;
  bool smallest_ = false;
  Slab slab_;
  List<NodeBase*> nodes_;
  List<LinkBase*> links_;
  List<Stream*> streams_;
  List<OutputBase*> outputs_;
  List<Loop> loops_;
  List<std::uint16_t> open_loops_;
  Inside* insides_ = nullptr;
  int inside_count_ = 0;
  Error refusal_;
  bool refused_ = false;
  bool built_ = false;

  atomic<std::uint32_t> started_{0};
  atomic<std::uint32_t> cancelled_{0};
  atomic<std::uint32_t> closing_{0};
  atomic<std::uint32_t> finished_{0};  // futex word
  atomic<std::uint32_t> ends_open_{0};
  atomic<std::uint32_t> orphan_{0};
  atomic<std::uint32_t> retired_{0};  // handed to the core for freeing
  atomic<std::uint32_t> failed_{0};   // an error cancelled the graph
  atomic<std::uint64_t> tombstones_{0};
  atomic<std::size_t> bytes_{0};
  atomic<std::uint32_t> error_state_{0};  // 0 none, 1 being written, 2 there
  BodyError error_;
};

}  // namespace weir::detail
