// engine_impl.hpp: what stands behind Engine: slots, the graph of turns, the evaluator, the clock; private to it.
//
// Graph:  dispatch (source) -> loop of turns -> end (sink), with as many tickets as requests may be active;
//         questions (source) -> evaluate (sink), which takes what waits at a desk. A parked request is in neither:
//         whoever comes second, its turn or the evaluator's answer, brings it back. A token in the loop says that some
//         request goes on, and the worker that has it takes the next of its own: a search stays in the cache of one
//         core, and is asked and answered there, as long as others have enough to do.
// Slots:  of requests that wait, search, or are answered and not read; and of those that are settled while their token
//         is on its way (in the loop, behind it, in a client's list) or the evaluator is at their question. What lies
//         in the lists goes when it is more than half of them, or when a submit finds no free slot.
// Bound:  a slot's index is in `submissions` and the lists once, in `ready` or the loop once (its token), at a desk
//         once (the evaluator's hold): rings as large as the number of slots never refuse.
#pragma once

#include <algorithm>
#include <memory>
#include <span>
#include <vector>
#include <weir/futex.hpp>
#include <weir/ring.hpp>
#include <weir/stream_graph.hpp>
#include <weir/task.hpp>
#include <weir/thread.hpp>

#include "count_histogram.hpp"
#include "desk.hpp"
#include "dispatcher.hpp"
#include "latency_histogram.hpp"
#include "next_deadline.hpp"
#include "request_slot.hpp"
#include "worker_bins.hpp"

namespace weir::search {

/// Questions of a batch.
inline constexpr std::size_t evaluation_batch_max = 64;
/// Rows for which nobody is waited for: a network takes no less time a row in larger batches.
inline constexpr std::uint64_t rows_enough = 48;

struct Engine::Impl {
  static constexpr std::uint32_t none = ~0U;
  static constexpr std::uint32_t any = none - 1;  // a token for whichever request is ready

  Impl(Runtime& its_runtime, const EngineConfig& its_config);

  Result<bool> begin();
  void end();

  // engine.cpp: from outside
  Handle submit(Engine& engine, ClientId client, Request&& request, SearchReply& rejection,
                Listener* listener, std::uint64_t tag);
  void cancel(std::uint32_t slot) noexcept;
  void drop(std::uint32_t slot) noexcept;
  bool collect(std::uint32_t slot, SearchReply& reply);
  void reject(SearchReply& rejection) noexcept;
  std::uint32_t free_slot() noexcept;
  bool take_lists() noexcept;
  void leave_lists() noexcept;
  void purge_lists() noexcept;
  EngineStats stats() const;

  // turns.cpp: inside the graph
  Give dispatch(Emit<std::uint32_t>& out);
  Give dispatch_next(Emit<std::uint32_t>& out);
  weir::Turn<std::uint32_t> turn(std::uint32_t slot);
  void begin_request(RequestSlot& slot);
  bool run(RequestSlot& slot);
  bool over(RequestSlot& slot, const Turn& last) const noexcept;
  bool apply_answer(RequestSlot& slot);
  void ask_leaf(RequestSlot& slot);
  void pin_network(RequestSlot& slot, NetworkKind kind);
  void ask(std::uint32_t index);
  void settle(RequestSlot& slot, ReplyStatus status);
  void settle_found(RequestSlot& slot);
  void stop_waiting_for(std::uint32_t desk);
  void end_call(RequestSlot& slot, std::uint32_t desk);
  void come_to(RequestSlot& slot, std::uint32_t worker) noexcept;
  void finish(RequestSlot& slot);
  void forget(std::uint32_t index) noexcept;
  void drop_hold(std::uint32_t index, std::uint32_t hold) noexcept;
  void recycle(std::uint32_t index) noexcept;

  // evaluation.cpp
  static bool worth_a_batch(const Desk& desk) noexcept;
  Give call_evaluator(Emit<std::uint8_t>& out);
  std::uint32_t claim_desk(std::uint32_t desks_tried) noexcept;
  void evaluate_called();
  void evaluate_at(std::uint32_t desk);
  void release_last_desk();
  void evaluate(Batch& batch, std::span<const std::uint32_t> all);
  void take_rows(Batch& batch, std::uint32_t index);
  void evaluate_rows(Batch& batch, std::span<const Batch::OpenRow> rows, std::size_t requests);
  bool answered(std::uint32_t index);
  std::uint32_t next_worker_of(RequestSlot& slot) noexcept;

  static void watch_clock(void* self);
  void watch() noexcept;
  void bring_forward(Deadline deadline) noexcept;
  /// When a request of that deadline ends.
  Deadline due(Deadline deadline) const noexcept {
    // (14) seq_cst pairs with (15): a request that does not see the end yet waits already where the clock, which is
    // told of the end after it, looks
    return std::min(deadline, until.load(seq_cst));
  }
  void sweep(Deadline now);
  void leave_live() noexcept;
  bool wait_while(const atomic<std::uint32_t>& word, std::uint32_t seen, Deadline deadline);
  std::uint32_t stride_of(const RequestSlot& slot) const noexcept;

  RequestSlot& at(std::uint32_t index) noexcept { return slots[index]; }
  std::uint32_t index_of(const RequestSlot& slot) const noexcept {
    return static_cast<std::uint32_t>(&slot - slots.get());
  }
  /// The worker that is the caller, or a guest's place among them.
  std::uint32_t here() const noexcept {
    return static_cast<std::uint32_t>(std::max(0, worker_index())) % workers;
  }
  std::uint32_t last_desk() const noexcept { return workers; }
  auto below() noexcept {
    return [this](std::uint32_t i) -> atomic<std::uint32_t>& { return slots[i].below; };
  }

  Runtime& runtime;
  EngineConfig config;
  std::uint32_t slot_count;
  std::unique_ptr<RequestSlot[]> slots;
  detail::SlotStack free;
  std::uint32_t workers;  // 1 where there are none
  Ring<std::uint32_t> submissions;
  WorkerBins ready;
  std::vector<std::unique_ptr<Desk>> desks;      // by worker; and the last one
  std::vector<std::unique_ptr<Batch>> gathered;  // by context of the runtime; and the last desk's
  Dispatcher dispatcher;
  StreamGraph graph;
  Port<std::uint32_t> dispatch_port;
  Port<std::uint8_t> question_port;

  alignas(contended_bytes) atomic<std::uint32_t> live{
      0};  // submitted and not settled; a futex word
  alignas(contended_bytes) atomic<std::uint32_t> waiting{0};
  atomic<std::uint64_t> waiting_bytes{0};
  alignas(contended_bytes) atomic<std::uint32_t> active{0};
  // Settled before they began, their tokens not yet taken out of the lists: below 0 for a moment when a token is gone
  // before its settler has counted it.
  alignas(contended_bytes) atomic<std::int64_t> settled_waiting{0};
  atomic<std::uint32_t> at_lists{0};  // 1: somebody is at the dispatcher's lists
  alignas(contended_bytes) atomic<std::uint64_t> arena_bytes{0};
  // Tokens that are due for requests in `ready`; calls of the evaluator.
  alignas(contended_bytes) atomic<std::uint32_t> resumed{0}, calls{0};
  atomic<std::uint32_t> draining{0}, closing{0};
  alignas(contended_bytes) NextDeadline next_deadline;
  alignas(contended_bytes) atomic<Deadline> until{never};  // of all requests; read by all
  Thread clock;
  bool started = false;
  bool threadless = false;  // whoever waits runs the runtime

  std::unique_ptr<atomic<std::uint32_t>[]> clients;  // 1: taken
  std::array<atomic<std::uint64_t>, reply_statuses> replies{};
  LatencyHistogram latency, service;  // from submit, from the first turn
  atomic<std::uint64_t> simulations{0}, nodes{0}, evaluations{0}, batches{0};
  CountHistogram batch_rows, queue_depth;
};

}  // namespace weir::search
