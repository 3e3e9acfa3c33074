// stream_graph.cpp: the life of a streaming graph: define, start, cancel, wait, free.
#include <cstring>
#include <new>
#include <weir/clock.hpp>
#include <weir/detail/flight.hpp>
#include <weir/stream_graph.hpp>

namespace weir::detail {

GraphCore* GraphCore::create(Core& core, const std::string& name, const StreamConfig& config) {
  void* block = allocate_bytes(sizeof(GraphCore), alignof(GraphCore));
  WEIR_CHECK(block != nullptr, "out of memory");
  return ::new (block) GraphCore(core, name, config);
}

GraphCore::GraphCore(Core& c, const std::string& graph_name, const StreamConfig& config)
    : core(c), config_(config), smallest_(smallest_bounds()) {
  name_ = keep(graph_name);
  tell_bytes();
  register_watched(core, *this);
}

GraphCore::~GraphCore() { unregister_watched(core, *this); }

const char* GraphCore::keep(const std::string& text) {
  char* copy = static_cast<char*>(slab_.take(text.size() + 1, 1));
  WEIR_CHECK(copy != nullptr, "out of memory");
  std::memcpy(copy, text.c_str(), text.size() + 1);
  return copy;
}

void GraphCore::adopt(NodeBase& node) {
  if (nodes_.size() == no_node - 1)
    refuse("capacity", "a graph has at most 65534 nodes", node.name);
  nodes_.push_back(&node);
  tell_bytes();
}

Stream& GraphCore::add_stream(NodeBase& origin, std::uint32_t window_asked) {
  Stream* stream = slab_.make<Stream>();
  stream->origin = &origin;
  stream->window_asked = window_asked;
  streams_.push_back(stream);
  tell_bytes();
  return *stream;
}

void GraphCore::add_end(NodeBase& node, Stream& stream) {
  StreamEnd* end = slab_.make<StreamEnd>();
  end->stream = &stream, end->node = &node;
  const auto grown = [this](StreamEnd** old, std::uint32_t count, StreamEnd* added) {
    StreamEnd** table = slab_.make_array<StreamEnd*>(count + 1);
    for (std::uint32_t i = 0; i < count; ++i) table[i] = old[i];
    table[count] = added;
    return table;
  };
  node.in_ends = grown(node.in_ends, node.in_end_count++, end);
  node.ends_open.store(node.in_end_count, relaxed);  // relaxed: before start()
  stream.ends = grown(stream.ends, stream.end_count++, end);
  tell_bytes();
}

void GraphCore::refuse(const char* code, const std::string& what, const std::string& where) {
  if (refused_) return;
  refused_ = true;
  refusal_ =
      Error{code, what, where.empty() ? std::string(name_) : std::string(name_) + "." + where};
}

std::uint16_t GraphCore::begin_loop(const std::string& loop_name, std::uint32_t tickets) {
  loops_.push_back(Loop{keep(loop_name), tickets, current_loop()});
  open_loops_.push_back(static_cast<std::uint16_t>(loops_.size() - 1));
  tell_bytes();
  return open_loops_.back();
}

Status GraphCore::start() {
  if (forked(core)) return Status::forked;
  const OutsideCall call(core, CallKind::start);
  if (!built_ || closing()) return Status::closed;
  // (6) seq_cst pairs with (9), (12), (26), (27): the built tables, once; and either this call sees
  // that the graph is cancelled or closing, or who said so sees that it runs
  if (started_.exchange(1, seq_cst) != 0) return Status::closed;
  trace_mark(core, Note::run_started, trace_);
  Context* const context = context_in(core);
  for (NodeBase* node : nodes_) {
    if (node->kind == Kind::source || node->kind == Kind::zip) node->notify(context, false);
  }
  // (28) seq_cst pairs with (7), (8): as (6)
  if (cancelled_.load(seq_cst) != 0 || closing_.load(seq_cst) != 0) close_nodes();
  return Status::accepted;
}

/// Sources look again, and what comes from outside is refused from now on. More than once does no
/// harm.
void GraphCore::close_nodes() noexcept {
  Context* const context = context_in(core);
  for (NodeBase* node : nodes_) node->close(context);
}

bool GraphCore::can_be_notified() noexcept {
  // (26) acq_rel pairs with (6): before the start, what the caller wrote, to the sources' first look
  return started() || started_.fetch_add(0, acq_rel) != 0;
}

void GraphCore::cancel() noexcept {
  const OutsideCall call(core, CallKind::cancel);
  // (7) seq_cst pairs with (1) of graph_core.hpp and (28): before the notifications that make idle
  // sources look
  if (cancelled_.exchange(1, seq_cst) != 0) return;
  trace_mark(core, Note::cancelled, trace_);
  if (started_.load(seq_cst) != 0) close_nodes();  // (27) seq_cst pairs with (6): as there
}

void GraphCore::close_ingress() noexcept {
  if (closing_.exchange(1, seq_cst) != 0)
    return;  // (8) seq_cst pairs with (2) of graph_core.hpp and (28): as (7)
  if (started_.load(seq_cst) != 0) close_nodes();  // (9) seq_cst pairs with (6): as there
}

void GraphCore::end_finished() noexcept {
  // (10) acq_rel pairs with (10): the last end sees what the others did
  if (ends_open_.fetch_sub(1, acq_rel) != 1) return;
  trace_mark(core, Note::run_ended, trace_);
  // (11) seq_cst pairs with (13), (18): everything, to who waits; before the look at orphan_
  finished_.store(1, seq_cst);
  wake_waiters(finished_);
  // (19) seq_cst pairs with (13): one of the two sees the other; acq_rel: once
  if (orphan_.load(seq_cst) != 0 && retired_.exchange(1, acq_rel) == 0)
    retire_raw(core, this, &destroy_orphan);
}

Status GraphCore::wait_until(Deadline deadline) noexcept {
  if (started_.load(acquire) == 0)
    return Status::closed;  // (12) acquire pairs with (6): the tables
  const Status waited = wait_while(core, finished_, 0, deadline);
  if (waited != Status::accepted) return waited;
  if (failed_.load(acquire) != 0)
    return Status::failed;  // (20) acquire pairs with (21): the flag alone
  return cancelled() ? Status::cancelled : Status::accepted;
}

void GraphCore::record_error(const NodeBase& node, std::uint64_t sequence,
                             const BodyError& error) noexcept {
  std::uint32_t none = 0;
  // (22) acq_rel pairs with (22): one writer; relaxed: a loser reads nothing
  if (error_state_.compare_exchange_strong(none, 1, acq_rel, relaxed)) {
    error_ = error;
    error_.node = node.index, error_.sequence = sequence;
    error_state_.store(2, release);  // (14) release pairs with (15): the error
  }
  // (21) release pairs with (20): the flag alone
  if (node.config.on_error == OnError::cancel) failed_.store(1, release);
}

Error GraphCore::first_error() const {
  if (error_state_.load(acquire) != 2) return {};  // (15) acquire pairs with (14): the error
  return Error{"body_failed", error_.text,
               std::string(name_) + "." + nodes_[error_.node]->name + ", token " +
                   std::to_string(error_.sequence)};
}

std::uint64_t GraphCore::entered() const noexcept {
  std::uint64_t sum = 0;
  // (5) acquire pairs with (3) of graph_core.hpp: who went in
  for (int i = 0; i < inside_count_; ++i) sum += insides_[i].entered.load(acquire);
  return sum;
}

bool GraphCore::quiet() const noexcept {
  // All who had gone in by the first look are out, and what they did is seen: a job that they left
  // behind shows as a node that is queued, or, when somebody ran it meanwhile, as one more who has
  // gone in by the last look. Jobs are only made by those inside, so when neither shows, none is
  // left and none will come.
  std::uint64_t left = 0;
  // (17) acquire pairs with (4) of graph_core.hpp: what those inside did
  for (int i = 0; i < inside_count_; ++i) left += insides_[i].left.load(acquire);
  if (left != entered()) return false;
  for (const NodeBase* node : nodes_) {
    if (!node->idle()) return false;
  }
  return left == entered();
}

void GraphCore::end_and_wait() noexcept {
  if (started_.load(acquire) == 0 || forked(core))
    return;  // (23) acquire pairs with (6): the tables
  bool finished = false;
  {
    OutsideCall call(core, CallKind::end);
    finished = finished_.load(acquire) != 0;  // (18) acquire pairs with (11): everything
    if (!finished) cancel();
    call.answers(finished ? 1 : 0);
  }
  if (!finished) {
    const Status ended = wait_while(core, finished_, 0, never);
    // Stalled or stopped: no worker will touch the graph again.
    if (ended != Status::accepted) return;
  }
  if (is_ordered(core)) {
    static_cast<void>(wait_until_done(
        core, [](void* graph) { return static_cast<GraphCore*>(graph)->quiet(); }, this));
    return;
  }
  atomic<std::uint32_t> nothing{0};
  while (!quiet()) {
    const Status waited = wait_while(core, nothing, 0, after_us(20));
    if (waited != Status::timed_out && waited != Status::accepted) return;
  }
}

void GraphCore::destroy_orphan(void* object) noexcept {
  GraphCore* graph = static_cast<GraphCore*>(object);
  if (!graph->quiet()) {
    retire_raw(graph->core, graph, &destroy_orphan);
    return;
  }
  graph->~GraphCore();
  release_bytes(graph, sizeof(GraphCore), alignof(GraphCore));
}

void GraphCore::destroy(GraphCore* graph) noexcept {
  const bool idle = graph->started_.load(acquire) == 0;  // (24) acquire pairs with (6): the tables
  if (!idle && this_worker != nullptr && !forked(graph->core)) {
    graph->cancel();
    graph->orphan_.store(
        1, seq_cst);  // (13) seq_cst pairs with (11), (19): before the look at finished_
    // (25) seq_cst pairs with (11): one of the two sees the other; acq_rel: once
    if (graph->finished_.load(seq_cst) != 0 && graph->retired_.exchange(1, acq_rel) == 0) {
      retire_raw(graph->core, graph, &destroy_orphan);
    }
    return;
  }
  graph->end_and_wait();
  graph->~GraphCore();
  release_bytes(graph, sizeof(GraphCore), alignof(GraphCore));
}

}  // namespace weir::detail

namespace weir {

StreamGraph::StreamGraph(Runtime& runtime, const std::string& name, StreamConfig config)
    : core_(detail::GraphCore::create(detail::core_of(runtime), name, config)) {}

StreamGraph::~StreamGraph() { detail::GraphCore::destroy(core_); }

Result<Certificate> StreamGraph::build() { return core_->build(); }
Status StreamGraph::start() { return core_->start(); }
void StreamGraph::cancel() noexcept { core_->cancel(); }
Status StreamGraph::wait_until(Deadline deadline) { return core_->wait_until(deadline); }
Ledger StreamGraph::ledger() const noexcept { return core_->ledger(); }
std::vector<EdgeMetrics> StreamGraph::edges() const { return core_->edges(); }
std::vector<NodeMetrics> StreamGraph::nodes() const { return core_->node_metrics(); }
Error StreamGraph::first_error() const { return core_->first_error(); }
std::size_t StreamGraph::memory() const noexcept { return core_->bytes(); }
std::string StreamGraph::dot() const { return core_->dot(); }
std::string StreamGraph::json() const { return core_->json(); }

}  // namespace weir
