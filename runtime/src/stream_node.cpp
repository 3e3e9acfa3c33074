// stream_node.cpp: evaluation of nodes, and the windows of their streams.
#include <cstring>
#include <weir/detail/faults.hpp>
#include <weir/detail/stream/graph_core.hpp>
#include <weir/detail/worker.hpp>

namespace weir::detail {

namespace {
/// A firing should last about so long, us: long enough that scheduling costs little, short enough
/// that other workers find tokens of the same node.
constexpr double firing_us_aim = 2.0;
}  // namespace

const char* to_string(Kind kind) noexcept {
  constexpr const char* names[] = {"source", "zip",   "ingress",     "requests", "map",
                                   "batch",  "split", "select",      "join",     "expand",
                                   "merge",  "loop",  "loop.decide", "sink",     "answer"};
  return names[static_cast<std::uint8_t>(kind)];
}

void LedgerCounters::bury(Fate fate, std::uint64_t n) noexcept {
  switch (fate) {
    case Fate::dropped:
      return add(dropped, n);
    case Fate::failed:
      return add(failed, n);
    case Fate::cancelled:
      return add(cancelled, n);
    case Fate::expired:
      return add(expired, n);
    case Fate::live:
    case Fate::elsewhere:
      return;
  }
}

Ledger LedgerCounters::read() const noexcept {
  // relaxed: statistics
  return {in.load(relaxed),     out.load(relaxed),       dropped.load(relaxed),
          failed.load(relaxed), cancelled.load(relaxed), expired.load(relaxed)};
}

void LinkBase::refused() noexcept {
  would_block.fetch_add(1, relaxed);  // relaxed: a statistic
  // The consumer, or what the consumer itself waits for: the end of the chain, carried upstream one
  // edge a refusal.
  const LinkBase* behind = to->blocked_on();
  const std::uint16_t end =
      behind == nullptr ? no_node : behind->culprit.load(relaxed);  // relaxed: a report
  culprit.store(end == no_node ? to->index : end, relaxed);         // relaxed: a report
}

void OutputBase::inherit(const OutputBase& from) noexcept {
  stream = from.stream, loop = from.loop, guard_count = from.guard_count;
  for (std::uint32_t i = 0; i < guard_count; ++i) guards[i] = from.guards[i];
}

const char* LinkBase::wanted() const noexcept {
  // With everything parked nobody holds a unit. The producing node wants one burst.
  const std::uint64_t tail = pushed();
  if (reserved() > tail) return "room on its out-edge that is reserved and not used";
  if (capacity - (tail - popped()) >= burst) return "a wake-up, as its out-edge has room";
  return "room on its out-edge";
}

NodeBase::NodeBase(GraphCore& g, Kind k, const NodeConfig& c) noexcept
    : Job(&run_job),
      graph(g),
      kind(k),
      config(c),
      name(g.next_name()),
      index(static_cast<std::uint16_t>(g.node_count())),
      loop(g.current_loop()) {
  level = level_in_range(c.level);
  if (level != c.level)
    g.refuse("bad_config", "level " + std::to_string(c.level) + " is not in 0 .. 2", name);
}

void NodeBase::run_job(Job& job, Context& context) noexcept {
  NodeBase& node = static_cast<NodeBase&>(job);
  GraphCore& graph = node.graph;
  graph.enter(context);
  node.evaluate(context);
  graph.leave(context);
}

void NodeBase::evaluate(Context& context) noexcept {
  turnstile_.enter();
  for (;;) {
    const Step done = step(context);
    if (done == Step::released) return;
    if (done == Step::fired && has_input()) {
      turnstile_.queue();
      enqueue(&context, false);
      return;
    }
    if (turnstile_.leave()) return;
  }
}

void NodeBase::notify(Context* context, bool near) noexcept {
#ifdef WEIR_FAULTS
  if (turnstile_.idle() && strikes(Fault::lost_wake_up, name, name)) return;
#endif
  if (turnstile_.knock()) enqueue(context, near);
}

void NodeBase::enqueue(Context* context, bool near) noexcept {
  if (config.worker >= 0) {
    schedule_on(graph.core, config.worker, *this);
  } else if (context == nullptr) {
    inject(graph.core, *this);
  } else if (near) {
    context->schedule_next(*this);
  } else {
    context->schedule(*this);
  }
}

void NodeBase::release_evaluation(Context& context) noexcept {
  if (has_input()) {
    turnstile_.queue();
  } else if (!turnstile_.leave_or_queue()) {
    return;
  }
  enqueue(&context, false);
}

bool NodeBase::at_concurrency_max() noexcept {
  const std::uint32_t most = config.concurrency_max;
  return most != 0 && runs_parallel() && bodies_.full(most);
}

void NodeBase::body_begins() noexcept {
  if (config.concurrency_max != 0) bodies_.begins();
}

void NodeBase::body_ends(Context& context) noexcept {
  if (config.concurrency_max != 0 && bodies_.ends()) notify(&context, false);
}

std::uint32_t NodeBase::wanted(Context& context) noexcept {
  if (smallest_bounds()) return 1;
  if (!context.timed()) return 1 + context.choose(batch_max, 0);
  return batch_.load(relaxed);  // relaxed: a hint
}

void NodeBase::measured(Context& context, std::uint64_t begin, std::uint32_t taken) noexcept {
  const std::uint64_t end = ticks();
  const std::uint64_t cost = end - begin;
  firings.fetch_add(1, relaxed);        // relaxed: a statistic
  busy_ticks.fetch_add(cost, relaxed);  // relaxed: a statistic
  last_ticks_.store(end, relaxed);      // relaxed: a report's hint
  static_cast<Worker&>(context).flight.slice(Note::firing, trace, taken, begin, end);
  if (!context.timed()) return;
  const std::uint32_t batch = batch_.load(relaxed);  // relaxed: a hint
  const double us = static_cast<double>(cost) / ticks_per_us();
  if (us > firing_us_aim && batch > 1) {
    const double each = us / taken;
    const double fits = firing_us_aim / each;
    // relaxed: a hint
    batch_.store(fits < 1 ? 1 : fits < batch ? static_cast<std::uint32_t>(fits) : batch, relaxed);
  } else if (us < firing_us_aim / 2 && batch < batch_max && taken == batch) {
    // relaxed: a hint
    batch_.store(batch * 2 < batch_max ? batch * 2 : batch_max, relaxed);
  }
}

void NodeBase::block_on(LinkBase* link, bool window) noexcept {
  if (blocked_since_ == 0) {
    blocked_since_ = ticks();
    // Nodes are evaluated in jobs only: there is a context.
    this_worker->flight.mark_at(blocked_since_, Note::blocked, trace, 0,
                                link == nullptr ? 0 : link->to->trace);
  }
  window_blocked_.store(window, relaxed);  // relaxed: a report's hint
  blocked_on_.store(link, release);        // (3) release pairs with (2) of node.hpp: the link
}

void NodeBase::unblock() noexcept {
  if (blocked_since_ == 0) return;
  LinkBase* link = blocked_on_.load(relaxed);  // relaxed: the evaluator wrote it
  if (link != nullptr) {
    const double us = static_cast<double>(ticks() - blocked_since_) / ticks_per_us();
    link->blocked_ns.fetch_add(static_cast<std::uint64_t>(us * 1000),
                               relaxed);  // relaxed: a statistic
  }
  blocked_since_ = 0;
  window_blocked_.store(false, relaxed);  // relaxed: a report's hint
  blocked_on_.store(nullptr, release);    // (27) release pairs with (2) of node.hpp: no link
}

void NodeBase::retire(Context& context, StreamEnd& end, const Head* heads,
                      std::uint32_t n) noexcept {
  std::uint64_t dead = 0;
  for (std::uint32_t i = 0; i < n; ++i) dead += heads[i].fate == Fate::live ? 0 : 1;
  if (dead != 0) graph.count_tombstones(dead);
  if (end.words != nullptr) {
    for (std::uint32_t i = 0; i < n; ++i) end.retire(heads[i].sequence);
  } else {
    end.retire_count(n);
  }
  end.after_retire(&context);
  for (std::uint32_t i = 0; i < n; ++i) context.participant().add_retired(heads[i].epoch, 1);
}

void Stream::room_made(Context* context) noexcept {
  if (take_waiting()) origin->notify(context, false);
}

void Stream::publish_total(std::uint64_t n, Context* context) noexcept {
  if (!set_total(n)) return;
  for (std::uint32_t i = 0; i < end_count; ++i) ends[i]->check_finished(context);
}

void StreamEnd::after_retire(Context* context) noexcept {
  if (stream->window != 0) stream->room_made(context);
  check_finished(context);
}

void StreamEnd::check_finished(Context* context) noexcept {
  if (!take_finished()) return;
  // (24) acq_rel pairs with (24): the last in-stream sees the others
  if (node->ends_open.fetch_sub(1, acq_rel) != 1) return;
  if (node->kind == Kind::sink || node->kind == Kind::answer) {
    node->graph.end_finished();
  } else {
    node->inputs_finished(context);
  }
}

}  // namespace weir::detail
