// stream_graph.hpp: streaming graphs: typed nodes and edges, checked by build(), run by the runtime's workers.
//
// Shape     define nodes, build(), start(), wait_until(). Bodies are called with values; order, joins and
//           backpressure are the graph's. Node kinds are those of PROTOCOLS P3; build() refuses anything else
//           by name.
// Roles     one thread defines, builds and starts; cancel, ledger, reports and wait from any thread.
// Progress  no body ever waits for room (P1); a certified graph cannot deadlock (certificate.hpp).
// Errors    a throwing body makes a tombstone of its token (or cancels the graph, NodeConfig::on_error);
//           first_error() keeps the first one. Definition errors are kept and told by build().
// Memory    all taken by build(); running allocates nothing (the values' own memory is the user's).
// Lifetime  the graph must go before its Runtime. Destroyed while running it is cancelled and drained first;
//           destroyed from one of its own bodies it is cancelled and freed later by a worker.
#pragma once

#include <array>
#include <span>
#include <string>
#include <tuple>
#include <type_traits>
#include <utility>
#include <vector>
#include <weir/certificate.hpp>
#include <weir/detail/stream/loop_nodes.hpp>
#include <weir/detail/stream/port.hpp>
#include <weir/requests.hpp>
#include <weir/runtime.hpp>
#include <weir/stream_config.hpp>

namespace weir {

namespace detail {

/// The type behind `Emit<U>&` or `std::span<Maybe<U>>` as a body's second parameter. Bodies of
/// expand and batch are plain (not generic) callables, so that it can be read off their signature.
template <class M>
struct SecondParameter;
template <class C, class R, class A, class B>
struct SecondParameter<R (C::*)(A, B)> {
  using type = B;
};
template <class C, class R, class A, class B>
struct SecondParameter<R (C::*)(A, B) const> : SecondParameter<R (C::*)(A, B)> {};
template <class C, class R, class A, class B>
struct SecondParameter<R (C::*)(A, B) noexcept> : SecondParameter<R (C::*)(A, B)> {};
template <class C, class R, class A, class B>
struct SecondParameter<R (C::*)(A, B) const noexcept> : SecondParameter<R (C::*)(A, B)> {};

template <class P>
struct MadeBy;
template <class U>
struct MadeBy<Emit<U>&> {
  using type = U;
};
template <class U>
struct MadeBy<std::span<std::optional<U>>> {
  using type = U;
};
template <class F>
using made_by =
    typename MadeBy<typename SecondParameter<decltype(&std::decay_t<F>::operator())>::type>::type;

}  // namespace detail

/// A stream's door for foreign threads. A handle, copied freely; push from any thread through its
/// own Producer.
template <class T>
class Ingress {
 public:
  Ingress() = default;
  Port<T> port() const noexcept { return Port<T>(node_->out); }
  /// would_block: no room; `edge` is the door's edge, `culprit` the node at the end of the chain
  /// that holds it up, and `value` stays with the caller. closed: before start(), after close() or
  /// drain; cancelled: the graph is; forked. Never waits, never allocates.
  Outcome push(Producer& producer, T&& value) const noexcept {
    detail::ProducerCall call(producer);
    return node_->push(call, std::move(value));
  }
  /// No more values: the stream ends when those inside are through. Idempotent.
  void close() const noexcept {
    const detail::OutsideCall call(node_->graph.core, detail::CallKind::close);
    node_->close(nullptr);
  }

 private:
  friend class StreamGraph;
  explicit Ingress(detail::IngressNode<T>& node) noexcept : node_(&node) {}
  detail::IngressNode<T>* node_ = nullptr;
};

class StreamGraph {
 public:
  /// A graph called `name`; it takes no memory from the platform before its first node.
  StreamGraph(Runtime& runtime, const std::string& name, StreamConfig config = {});
  ~StreamGraph();
  StreamGraph(const StreamGraph&) = delete;
  StreamGraph& operator=(const StreamGraph&) = delete;

  // ---- nodes; names are unique in a graph ----

  /// Give(Emit<T>&), called by one worker at a time, at most one value a call. `idle` rests it
  /// until notify().
  template <class T, class F>
  Port<T> source(const std::string& name, NodeConfig config, F&& body) {
    auto& node = core_->add<detail::SourceNode<T, std::decay_t<F>>>(
        name, config, std::decay_t<F>(std::forward<F>(body)));
    return Port<T>(node.out);
  }
  /// Sources that will be joined: one sequence space. Each body as in source(); the first to end
  /// ends all.
  template <class... T, class... F>
  requires(sizeof...(T) == sizeof...(F) &&
           sizeof...(T) > 0) std::tuple<Port<T>...> zip(const std::string& name, F&&... bodies) {
    return zip<T...>(name, NodeConfig{}, std::forward<F>(bodies)...);
  }
  template <class... T, class... F>
  requires(sizeof...(T) == sizeof...(F) &&
           sizeof...(T) > 0) std::tuple<Port<T>...> zip(const std::string& name, NodeConfig config,
                                                        F&&... bodies) {
    using Node = detail::ZipNode<std::tuple<T...>, std::tuple<std::decay_t<F>...>>;
    auto& node = core_->add<Node>(name, config, std::decay_t<F>(std::forward<F>(bodies))...);
    return std::apply([](auto&... out) { return std::tuple<Port<T>...>(Port<T>(out)...); },
                      node.outs);
  }
  /// A door for foreign threads with room for `slots` values.
  template <class T>
  Ingress<T> ingress(const std::string& name, std::uint32_t slots, NodeConfig config = {}) {
    return Ingress<T>(core_->add<detail::IngressNode<T>>(name, config, slots));
  }
  /// U(T&&), or Maybe<U>(T&&) where empty drops the token.
  template <class T, class F>
  auto map(const std::string& name, Port<T> from, NodeConfig config, F&& body) {
    using U = typename detail::Unwrapped<std::invoke_result_t<std::decay_t<F>&, T&&>>::type;
    auto& node = core_->add<detail::MapNode<T, U, std::decay_t<F>>>(
        name, config, from.output(), std::decay_t<F>(std::forward<F>(body)));
    return Port<U>(node.out);
  }
  /// void(T&&, Emit<U>&): up to `burst_max` values each; starts a new stream.
  template <class T, class F>
  auto expand(const std::string& name, Port<T> from, NodeConfig config, std::uint32_t burst_max,
              F&& body) {
    using U = detail::made_by<F>;
    auto& node = core_->add<detail::ExpandNode<T, U, std::decay_t<F>>>(
        name, config, burst_max, from.output(), std::decay_t<F>(std::forward<F>(body)));
    return Port<U>(node.out);
  }
  /// void(std::span<T> in, std::span<Maybe<U>> out): out[i] descends from in[i]; left empty it is a
  /// drop.
  template <class T, class F>
  auto batch(const std::string& name, Port<T> from, BatchConfig config, F&& body) {
    using U = detail::made_by<F>;
    NodeConfig node_config;
    node_config.mode = config.mode, node_config.concurrency_max = config.concurrency_max;
    node_config.capacity = config.capacity, node_config.level = config.level;
    node_config.on_error = config.on_error, node_config.worker = config.worker;
    if (config.max == 0 || config.max > 64)
      core_->refuse("batch_max", "a batch takes 1 to 64 tokens", name);
    auto& node = core_->add<detail::BatchNode<T, U, std::decay_t<F>>>(
        name, node_config, core_->smallest(config.max == 0 ? 1 : config.max), from.output(),
        std::decay_t<F>(std::forward<F>(body)));
    return Port<U>(node.out);
  }
  /// Matches by number; all ports of one stream. A tombstone on any port makes a tombstone.
  template <class... T>
  Port<std::tuple<T...>> join(const std::string& name, Port<T>... ports) {
    auto& node = core_->add<detail::JoinNode<T...>>(name, ports.output()...);
    node.attach();
    return Port<std::tuple<T...>>(node.out);
  }
  /// size_t(const T&): the branch, 0 .. N-1; any other number drops the token.
  template <std::size_t N, class T, class F>
  std::array<Port<T>, N> split(const std::string& name, Port<T> from, F&& body,
                               NodeConfig config = {}) {
    static_assert(N >= 1 && N <= 16, "a split has 1 to 16 branches");
    auto& node = core_->add<detail::SplitNode<T, N, std::decay_t<F>>>(
        name, config, from.output(), std::decay_t<F>(std::forward<F>(body)));
    std::array<Port<T>, N> ports;
    for (std::size_t i = 0; i < N; ++i) ports[i] = Port<T>(node.outs[i]);
    return ports;
  }
  /// Different branches of one split become one port again.
  template <class T>
  Port<T> select(const std::string& name, std::span<Port<T>> ports) {
    detail::Output<T>* from[16] = {};
    if (!collect(name, "select", ports, from))
      return Port<T>(ports.empty() ? empty_output<T>() : ports[0].output());
    auto& node =
        core_->add<detail::SelectNode<T>>(name, from, static_cast<std::uint32_t>(ports.size()));
    node.attach();
    return Port<T>(node.out);
  }
  template <class T, std::size_t N>
  Port<T> select(const std::string& name, std::array<Port<T>, N> ports) {
    return select(name, std::span<Port<T>>(ports));
  }
  /// Any of several, in the order of arrival; starts a new stream. Always serial.
  template <class T>
  Port<T> merge(const std::string& name, NodeConfig config, std::span<Port<T>> ports) {
    detail::Output<T>* from[16] = {};
    if (!collect(name, "merge", ports, from))
      return Port<T>(ports.empty() ? empty_output<T>() : ports[0].output());
    return Port<T>(core_
                       ->add<detail::MergeNode<T>>(name, config, from,
                                                   static_cast<std::uint32_t>(ports.size()))
                       .out);
  }
  template <class T, std::size_t N>
  Port<T> merge(const std::string& name, NodeConfig config, std::array<Port<T>, N> ports) {
    return merge(name, config, std::span<Port<T>>(ports));
  }
  /// `body(Port<T>)` defines the loop's nodes and returns the port of its last one, whose values
  /// are Turn<T> (made from Again<T> or Leave<T>). At most `tickets` tokens are inside; every ring
  /// of the body must hold as many.
  template <class T, class B>
  Port<T> loop(const std::string& name, Port<T> from, std::uint32_t tickets, B&& body) {
    if (tickets == 0) {
      core_->refuse("loop_tickets", "a loop needs at least one ticket", name);
      tickets = 1;
    }
    tickets = core_->smallest(tickets);
    auto& entry = core_->add<detail::LoopEntry<T>>(
        name, from.output(), core_->door_capacity(tickets, from.output().node->burst), tickets);
    entry.out.loop = core_->begin_loop(name, tickets);
    Port<Turn<T>> last = body(Port<T>(entry.out));
    auto& decide =
        core_->add<detail::LoopDecide<T>>(name + ".decide", last.output(), entry, tickets);
    core_->end_loop();
    decide.out.loop = core_->current_loop();
    return Port<T>(decide.out);
  }
  /// void(T&&)
  template <class T, class F>
  void sink(const std::string& name, Port<T> from, NodeConfig config, F&& body) {
    core_->add<detail::SinkNode<T, std::decay_t<F>>>(name, config, from.output(),
                                                     std::decay_t<F>(std::forward<F>(body)));
  }
  /// Requests with room for `slots` unanswered or unread ones.
  template <class Q, class A>
  Requests<Q, A> requests(const std::string& name, std::uint32_t slots, NodeConfig config = {}) {
    if (slots == 0) core_->refuse("capacity", "requests need at least one slot", name);
    return Requests<Q, A>(core_->add<detail::RequestsNode<Q, A>>(
        name, config, core_->smallest(slots == 0 ? 1 : slots)));
  }

  // ---- life ----

  /// Proves that the graph cannot deadlock, and takes all its memory; or says why not. Nodes are
  /// added before it (WEIR_CHECK). Error codes:
  /// unused_port, foreign_port, loop_body, loop_tickets, loop_capacity, join_streams,
  /// select_branches, burst, capacity, fan_out, broadcast_copy, duplicate_name, answer_stream,
  /// unanswered, worker, batch_max, empty, built.
  Result<Certificate> build();
  /// accepted; closed: not built, started before, or the runtime is stopping; forked.
  Status start();
  /// Every token becomes a tombstone when a node takes it; sources end. Idempotent, never waits.
  void cancel() noexcept;
  /// Wakes a source that is idle. Any thread; a wake-up that comes while the body runs is not lost.
  /// Before the start there is nobody to wake: start() makes every source look.
  template <class T>
  void notify(Port<T> source) noexcept {
    const detail::OutsideCall call(core_->core, detail::CallKind::notify);
    if (!core_->can_be_notified()) return;
    source.output().node->notify(detail::context_in(core_->core), false);
  }
  /// Waits for the end of all streams. accepted: everything is through; failed: an error cancelled
  /// the graph; cancelled; timed_out; closed: it was never started; stalled, would_deadlock,
  /// forked.
  Status wait_until(Deadline deadline);

  // ---- reports; any thread ----
  Ledger ledger() const noexcept;
  std::vector<EdgeMetrics> edges() const;
  std::vector<NodeMetrics> nodes() const;
  /// The first error of a body; empty code when there is none.
  Error first_error() const;
  std::size_t memory() const noexcept;
  /// Graphviz and JSON text of the graph with its live fill.
  std::string dot() const;
  std::string json() const;

 private:
  template <class T>
  bool collect(const std::string& name, const char* what, std::span<Port<T>> ports,
               detail::Output<T>** from) {
    if (ports.empty() || ports.size() > 16) {
      core_->refuse("fan_out", std::string(what) + " takes 1 to 16 ports", name);
      return false;
    }
    for (std::size_t i = 0; i < ports.size(); ++i) from[i] = &ports[i].output();
    return true;
  }
  template <class T>
  detail::Output<T>& empty_output() {
    auto nothing = [](Emit<T>&) { return Give::end; };
    using Node = detail::SourceNode<T, decltype(nothing)>;
    return core_->add<Node>("", NodeConfig{}, std::move(nothing)).out;
  }

  detail::GraphCore* core_;
};

template <class Q, class A>
void Requests<Q, A>::answer(Port<A> port, NodeConfig config) const {
  detail::GraphCore& graph = node_->graph;
  const std::string name = std::string(node_->name) + ".answer";
  auto& node = graph.template add<detail::AnswerNode<Q, A>>(name, config, port.output(), *node_);
  if (!node.fits())
    graph.refuse("answer_stream", "the answer's port is not of the requests' own stream", name);
  ++node_->answers;
}

}  // namespace weir
