// detail/stream/node.hpp: what all nodes of a streaming graph share: evaluation, links, counters.
//
// Why a certified graph cannot deadlock (P1 to P3). A node fires only when its inputs are there and
// its largest burst is reserved on every out-ring; a push that holds a reservation is never
// refused; a refused node gives everything back, sets the waiting flag of the one edge that refused
// it, looks again and goes to sleep. So a running body never waits, and a node that cannot fire
// holds nothing. Order and matching use stores of `window` slots, which never refuse inside the
// window. Among the streams with live tokens take the last (they form a DAG), in it the
// topologically last node with a token in an in-ring: its out-rings are empty, so it fires. If all
// tokens are in stores, the least live number is in all stores of the first node that has not fired
// it, and its out-rings are empty: it fires. Inside a loop at most `tickets` tokens live, and every
// ring there holds as many, so no ring inside refuses.
//
// Evaluation. One evaluator a node at a time (turnstile.hpp). A parallel node is queued again once
// its reservation is complete, before its body runs. Who publishes (push, pop, give-back) does so by
// a seq_cst operation and then loads the state or flag; who goes idle does so by a seq_cst operation
// and looks again: one of the two sees the other.
#pragma once

#include <cstdint>
#include <weir/atomic.hpp>
#include <weir/detail/core.hpp>
#include <weir/detail/stream/flow.hpp>
#include <weir/detail/stream/token.hpp>
#include <weir/detail/stream/turnstile.hpp>
#include <weir/stream_config.hpp>

namespace weir::detail {

class GraphCore;
class NodeBase;

enum class Kind : std::uint8_t {
  source,
  zip,
  ingress,
  requests,
  map,
  batch,
  split,
  select,
  join,
  expand,
  merge,
  loop_entry,
  loop_decide,
  sink,
  answer,
};
const char* to_string(Kind kind) noexcept;

inline constexpr std::uint16_t no_loop = 0xffff;

/// One producing, one consuming node: a ring, or a store at the consumer that needs no reservation.
class LinkBase {
 public:
  NodeBase* from = nullptr;
  NodeBase* to = nullptr;
  std::uint32_t index = 0;
  std::uint32_t capacity = 0;  // slots; of a store: set to the window at build
  std::uint32_t burst = 1;
  bool store = false;
  bool feedback =
      false;  // a loop's own back edge, an ingress's door: not between two nodes of the definition
  std::uint16_t from_loop = no_loop;  // the loop to which the producing port belongs

  atomic<std::uint64_t> would_block{0};
  atomic<std::uint64_t> blocked_ns{0};
  atomic<std::uint16_t> culprit{no_node};  // end of the chain behind the last refusal

  virtual void prepare() = 0;  // takes the ring's memory; at build
  virtual std::uint64_t pushed() const noexcept = 0;
  virtual std::uint64_t popped() const noexcept = 0;
  /// Tokens in it, 0 .. capacity; advisory.
  std::uint64_t fill() const noexcept {
    const std::uint64_t out = popped();  // first: a later look at the other cannot be far behind it
    const std::uint64_t in = pushed();
    const std::uint64_t held = in > out ? in - out : 0;
    return held < capacity ? held : capacity;
  }
  virtual std::uint64_t reserved() const noexcept = 0;  // pushed, and units held
  virtual std::size_t bytes() const noexcept = 0;

  /// Notes a refusal: the counter, and the culprit (the consumer, or what the consumer itself waits
  /// for).
  void refused() noexcept;
  /// What a node that is blocked on this link waits for, in words.
  const char* wanted() const noexcept;

 protected:
  ~LinkBase() = default;
};

/// What became of tokens at one node. Relaxed counters: they publish nothing.
struct LedgerCounters {
  atomic<std::uint64_t> in{0}, out{0}, dropped{0}, failed{0}, cancelled{0}, expired{0};

  static void add(atomic<std::uint64_t>& counter, std::uint64_t n) noexcept {
    if (n != 0) counter.fetch_add(n, relaxed);  // relaxed: a statistic
  }
  void bury(Fate fate, std::uint64_t n) noexcept;
  Ledger read() const noexcept;
};

/// The port of a node, seen without its type.
class OutputBase {
 public:
  NodeBase* node = nullptr;
  Stream* stream = nullptr;
  std::uint16_t loop = no_loop;
  std::uint32_t users = 0;
  /// Branches of splits on which this port's tokens travel, outermost first: {split node, branch}.
  struct Guard {
    std::uint16_t split, branch;
    bool operator==(const Guard&) const = default;
  };
  static constexpr std::uint32_t guards_max = 16;
  Guard guards[guards_max] = {};
  std::uint32_t guard_count = 0;
  bool copyable = true;

  void inherit(const OutputBase& from) noexcept;
};

class NodeBase : public Job {
 public:
  NodeBase(GraphCore& graph, Kind kind, const NodeConfig& config) noexcept;
  NodeBase(const NodeBase&) = delete;
  NodeBase& operator=(const NodeBase&) = delete;
  virtual ~NodeBase() = default;

  GraphCore& graph;
  const Kind kind;
  NodeConfig config;
  const char* name = "";
  std::uint16_t index = 0;
  std::uint16_t loop = no_loop;  // the loop in whose body it stands
  std::uint16_t trace = 0;       // its name in the flight recorder; set at build
  Stream* stream = nullptr;      // of its outputs, or of its input where it has none
  std::uint32_t batch_max = 64;  // of its token type
  std::uint32_t burst = 1;
  StreamEnd** in_ends = nullptr;  // merge, expand, sink, answer: the in-streams that end here
  std::uint32_t in_end_count = 0;
  atomic<std::uint32_t> ends_open{0};

  LedgerCounters ledger;  // of the node: in = tokens taken alive
  LedgerCounters flow;    // of the graph's tokens: in = made here, out = consumed for good here
  atomic<std::uint64_t> firings{0};
  atomic<std::uint64_t> busy_ticks{0};

  /// Something that the node waits for may have come. Any thread; `context` null outside of jobs.
  /// `near`: run it next on this worker when possible.
  void notify(Context* context, bool near = true) noexcept;
  bool idle() const noexcept { return turnstile_.idle(); }

  /// Takes what build() decided: windows are known, rings may be made.
  virtual void prepare() {}
  /// Bytes of rings and stores beside the object itself.
  virtual std::size_t bytes() const noexcept { return 0; }
  virtual bool has_input() noexcept = 0;
  /// Calls `sink` for what waits at this node; for the oracle, with everything parked.
  virtual std::uint64_t waiting_tokens() const noexcept { return 0; }
  /// All in-streams ended here.
  virtual void inputs_finished(Context*) noexcept {}
  /// Ingress closes (drain) or the graph is cancelled.
  virtual void close(Context*) noexcept {}

  const LinkBase* blocked_on() const noexcept {
    // (2) acquire pairs with (3) of stream_node.cpp: the link
    return blocked_on_.load(acquire);
  }
  bool waits_for_window() const noexcept {
    return window_blocked_.load(relaxed);  // relaxed: a report's hint
  }
  bool blocked() const noexcept { return blocked_on() != nullptr || waits_for_window(); }
  std::uint64_t last_active_ticks() const noexcept {
    return last_ticks_.load(relaxed);  // relaxed: a report's hint
  }

 protected:
  enum class Step : std::uint8_t { nothing, fired, released };
  /// One firing. nothing: starved or blocked with its flag set; fired: there may be more; released:
  /// the evaluation was handed on by release_evaluation() before the body ran.
  virtual Step step(Context& context) = 0;

  /// Lets the next evaluation begin (parallel nodes, before their body).
  void release_evaluation(Context& context) noexcept;
  /// True when a parallel node runs as many bodies as it may; then the end of one will notify.
  bool at_concurrency_max() noexcept;
  void body_begins() noexcept;
  void body_ends(Context& context) noexcept;
  bool runs_parallel() const noexcept { return config.mode == Mode::parallel; }

  /// How many tokens the next firing should take, 1 .. batch_max.
  std::uint32_t wanted(Context& context) noexcept;
  /// Tells the cost of a firing, so that batches of cheap bodies grow and those of dear ones
  /// shrink.
  void measured(Context& context, std::uint64_t begin, std::uint32_t taken) noexcept;
  void block_on(LinkBase* link, bool window) noexcept;
  void unblock() noexcept;
  /// The tokens' numbers retire at this end; they have been destroyed. Last act of a consuming
  /// firing.
  void retire(Context& context, StreamEnd& end, const Head* heads, std::uint32_t n) noexcept;

  friend class OutputOps;

 private:
  static void run_job(Job& job, Context& context) noexcept;
  void evaluate(Context& context) noexcept;
  void enqueue(Context* context, bool near) noexcept;

  alignas(contended_bytes) Turnstile turnstile_;
  atomic<std::uint32_t> batch_{1};
  atomic<LinkBase*> blocked_on_{nullptr};
  atomic<bool> window_blocked_{false};
  std::uint64_t blocked_since_ = 0;  // written by the evaluator only
  atomic<std::uint64_t> last_ticks_{0};
  alignas(contended_bytes) BodyCount bodies_;
};

}  // namespace weir::detail
