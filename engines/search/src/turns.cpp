// What happens to a request inside the graph: it is dispatched, has its turns, and is settled.
#include <algorithm>

#include "engine_impl.hpp"
#include "kernel_factory.hpp"

namespace weir::search {

namespace {

// A round over all active requests is meant to take so long: a cancelled request is seen within it.
constexpr std::uint64_t round_ns = 8'000'000, turn_ns_min = 250'000, turn_ns_max = 2'000'000;
// A call of the kernel is made so long by the number of its simulations, which changes nothing it finds.
constexpr std::uint64_t call_ns_min = 20'000, call_ns_max = 200'000;
constexpr std::uint32_t stride_max = 4096;

double ms_between(Deadline from, Deadline to) noexcept {
  return static_cast<double>(to - from) / 1e6;
}

}  // namespace

Give Engine::Impl::dispatch(Emit<std::uint32_t>& out) {
  // (14) acquire pairs with (15) of evaluation.cpp: what lies ready. It needs no lists
  if (resumed.load(acquire) != 0) {
    resumed.fetch_sub(1, relaxed);  // relaxed: this source alone counts down
    out(any);
    return Give::more;
  }
  if (!take_lists()) return Give::idle;  // a submit is at them, and notifies when it has left
  const Give give = dispatch_next(out);
  leave_lists();
  return give;
}

Give Engine::Impl::dispatch_next(Emit<std::uint32_t>& out) {
  std::uint32_t slot = none;
  while (submissions.pop(slot) == Status::accepted) dispatcher.add(slot);
  // relaxed: when to walk, no more
  if (dispatcher.worth_purging(settled_waiting.load(relaxed))) purge_lists();
  // relaxed: this source alone counts up, and who counts down notifies it afterwards
  while (active.load(relaxed) < config.active) {
    slot = dispatcher.take();
    if (slot == Dispatcher::none) break;
    if (at(slot).is_done()) {
      dispatcher.give_back(slot);
      forget(slot);
      continue;
    }
    active.fetch_add(1, relaxed);  // relaxed: as above
    out(slot);
    return Give::more;
  }
  return closing.load(acquire) != 0 ? Give::end
                                    : Give::idle;  // (6) acquire pairs with (5) of engine.cpp
}

weir::Turn<std::uint32_t> Engine::Impl::turn(std::uint32_t index) {
  if (index == any) {
    index = ready.take(here());
    if (index == WorkerBins::none) return Again{any};  // there is one, and others are at its bin
  }
  RequestSlot& slot = at(index);
  if (!slot.enter()) {
    // Settled by another: one that had not begun still counts as active.
    if (!slot.begun) {
      settled_waiting.fetch_sub(1, relaxed);  // relaxed: a count
      dispatcher.give_back(index);
      active.fetch_sub(1, relaxed);  // relaxed: the notification publishes it
      graph.notify(dispatch_port);
    }
    return Leave{index};
  }
  come_to(slot, here());
  if (!slot.begun) begin_request(slot);
  if (slot.kernel == nullptr) return Leave{index};  // it could not be made, and is settled
  for (;;) {
    if (!run(slot)) return Leave{index};
    if (!slot.asked || !slot.leaf) {
      if (slot.leave()) {
        ready.push(here(), index);
        return Again{any};
      }
      settle(slot, ReplyStatus::cancelled);
      return Leave{index};
    }
    const Deadline deadline = slot.request.deadline;
    switch (slot.park()) {
      case RequestSlot::Parked::yes:
        bring_forward(due(deadline));
        return Leave{none};
      case RequestSlot::Parked::cancelled:
        settle(slot, ReplyStatus::cancelled);
        return Leave{index};
      case RequestSlot::Parked::answered:
        break;
    }
  }
}

/// The request is that worker's from now on. A settler may be at it at the same time.
void Engine::Impl::come_to(RequestSlot& slot, std::uint32_t worker) noexcept {
  const std::uint32_t before = slot.home.exchange(worker, relaxed);  // relaxed: an estimate's
  if (before == worker) return;
  if (before != none) ready.remove(before);
  if (worker != none) ready.add(worker);
}

void Engine::Impl::begin_request(RequestSlot& slot) {
  slot.begun = true;
  slot.started = now_ns();
  waiting.fetch_sub(1, relaxed);                         // relaxed: bounds
  waiting_bytes.fetch_sub(slot.request.bytes, relaxed);  // relaxed: as above
  slot.reply = {};
  // What makes a kernel of a long text may take longer than is left; where nothing is left it is not begun.
  if (slot.started >= due(slot.request.deadline)) return settle(slot, ReplyStatus::expired);
  KernelConfig kernel_config;
  kernel_config.seed = slot.request.seed;
  kernel_config.memory_bytes_max = config.arena_bytes_max;
  Hints hints;
  if (config.experience != nullptr) slot.experience = config.experience->pin();
  if (slot.experience.get() != nullptr) {
    hints = slot.experience.get()->hints(slot.request);
    kernel_config.hints = &hints;
  }
  // Lists ask as they begin: with a network comes what is taught beside it, before its answer.
  const Task* const task = std::get_if<Task>(&slot.request.what);
  if (task != nullptr && task->domain == Domain::list) pin_network(slot, NetworkKind::lists);
  kernel_config.taught = slot.network.get() != nullptr;
  kernel_config.simulations = slot.budget == ~std::uint64_t{0} ? 0 : slot.budget;
  auto made = make_kernel(slot.request, kernel_config);
  if (!made) {
    slot.reply.error = made.error();
    settle(slot, made.error().code == "infeasible" ? ReplyStatus::infeasible : ReplyStatus::error);
    return;
  }
  slot.kernel = std::move(made).value();
  if (slot.kernel->features().empty()) return;
  pin_network(slot, slot.kernel->guided_by());
  if (slot.network.get() != nullptr) ask(index_of(slot));
}

/// The evaluator need not wait any longer for one of those that were resumed.
void Engine::Impl::stop_waiting_for(std::uint32_t desk) {
  // (8) seq_cst pairs with (7) of evaluation.cpp: what was asked before is in the ring
  if (desks[desk]->owing.fetch_sub(1, seq_cst) == 1 && worth_a_batch(*desks[desk]))
    graph.notify(question_port);
}

/// A request has done what its answer, to what it asked at `desk`, let it do, and asked again if it will.
void Engine::Impl::end_call(RequestSlot& slot, std::uint32_t desk) {
  if (std::exchange(slot.owes, false) && slot.has_asked()) stop_waiting_for(desk);
}

/// A turn has ended at a leaf: its question is asked, once the evaluator has answered the one before.
void Engine::Impl::ask_leaf(RequestSlot& slot) {
  pin_network(slot, slot.kernel->guided_by());
  if (slot.network.get() == nullptr) return slot.kernel->apply({});
  slot.leaf = true;
  if (slot.asked) {
    slot.owed = true;
  } else {
    ask(index_of(slot));
  }
}

void Engine::Impl::pin_network(RequestSlot& slot, NetworkKind kind) {
  if (slot.pinned || config.guidance == nullptr) return;
  slot.pinned = true;  // also when there is none: what comes later is for later requests
  slot.network = config.guidance->of(kind).pin();
}

/// Gives a question to the evaluator; the request searches on.
void Engine::Impl::ask(std::uint32_t index) {
  RequestSlot& slot = at(index);
  const auto features = slot.kernel->features();
  WEIR_CHECK(!features.empty() && features.size() % slot.network.get()->inputs() == 0,
             "features are of the network's kind");
  slot.question.assign(features.begin(), features.end());
  slot.hashes.clear();
  const std::size_t inputs = slot.network.get()->inputs();
  const std::uint64_t version = AnswerCache::hash_of(slot.network.get()->version());
  for (std::size_t i = 0; i < features.size(); i += inputs)
    slot.hashes.push_back(AnswerCache::hash_of(features.subspan(i, inputs)) ^ version);
  slot.asked = true;
  slot.hold(slot_word::evaluator_hold);
  const std::uint64_t rows = slot.hashes.size();
  const auto put = [&](std::uint32_t desk) {
    slot.desk = desk;
    desks[desk]->rows.fetch_add(rows, relaxed);  // relaxed: the push publishes it
    if (desks[desk]->questions.push(std::uint32_t{index}) == Status::accepted) return true;
    desks[desk]->rows.fetch_sub(rows, relaxed);  // relaxed: as above
    return false;
  };
  std::uint32_t desk = slot.network.get()->part_rows() == 0 ? last_desk() : here();
  while (!put(desk)) desk = last_desk();  // which is large enough: a refusal there is a lost race
  if (worth_a_batch(*desks[desk])) graph.notify(question_port);
}

/// Once the evaluator has answered: the kernel gets it, at the count of simulations that was set for it.
bool Engine::Impl::apply_answer(RequestSlot& slot) {
  if (!slot.answered()) return false;
  slot.kernel->apply(slot.prior);
  slot.clear_answer();
  slot.asked = slot.leaf = false;
  slot.owes = true;
  slot.reply.evaluations += slot.question.size() / slot.network.get()->inputs();
  return true;
}

bool Engine::Impl::over(RequestSlot& slot, const Turn& last) const noexcept {
  const Found found = slot.kernel->found();
  if (last.ended || found == Found::smallest) return true;
  if (slot.request.first_only && found >= Found::full) return true;
  return slot.reply.simulations >= slot.budget;
}

/// How many simulations the next call may make: none beyond a place where the request has to look around.
std::uint32_t Engine::Impl::stride_of(const RequestSlot& slot) const noexcept {
  if (slot.request.first_only) return 1;
  std::uint64_t most = slot.budget - slot.reply.simulations;
  if (slot.asked && !slot.leaf)
    most = std::min<std::uint64_t>(most, config.guide_after - slot.reply.simulations);
  return static_cast<std::uint32_t>(std::min<std::uint64_t>(slot.stride, most));
}

/// Some turns of the kernel, for a share of the round. False: the request is settled.
bool Engine::Impl::run(RequestSlot& slot) {
  const std::uint32_t sharing = std::max(1U, active.load(relaxed));  // relaxed: an estimate
  const std::uint64_t share = std::clamp(round_ns * workers / sharing, turn_ns_min, turn_ns_max);
  const Deadline begin = now_ns();
  Deadline now = begin;
  Turn last;
  do {
    const std::uint32_t desk = slot.desk;  // of the question before the one that may come
    if (slot.leaf || (slot.asked && slot.reply.simulations >= config.guide_after)) {
      slot.leaf = true;
      if (!apply_answer(slot)) break;
      if (std::exchange(slot.owed, false)) {
        ask(index_of(slot));
        slot.leaf = true;
        end_call(slot, desk);
        break;
      }
    }
    last = slot.kernel->turn(stride_of(slot));
    slot.reply.simulations += last.simulations;
    const Deadline before = std::exchange(now, now_ns());
    if (now - before < call_ns_min && slot.stride < stride_max) slot.stride *= 2;
    if (now - before > call_ns_max && slot.stride > 1) slot.stride /= 2;
    if (slot.reply.first_answer_ms == 0 && slot.kernel->found() >= Found::full)
      slot.reply.first_answer_ms = ms_between(slot.submitted, now);
    if (last.parked && !last.ended) ask_leaf(slot);
    end_call(slot, desk);
    if (over(slot, last) || now >= due(slot.request.deadline)) {
      settle_found(slot);
      return false;
    }
  } while (now - begin < share && !slot.is_to_be_cancelled());
  if (now >= due(slot.request.deadline)) {
    settle_found(slot);
    return false;
  }
  const std::size_t bytes = slot.kernel->memory();
  arena_bytes.fetch_add(bytes - slot.arena_bytes,
                        relaxed);  // relaxed: a figure; the difference wraps
  slot.arena_bytes = bytes;
  return true;
}

/// As what was found says; nothing was where the request has not begun.
void Engine::Impl::settle_found(RequestSlot& slot) {
  const Found found = slot.kernel != nullptr ? slot.kernel->found() : Found::nothing;
  ReplyStatus status = ReplyStatus::unsolved;
  if (found >= Found::full) status = ReplyStatus::solved;
  if (found == Found::partial) status = ReplyStatus::partial;
  if (found == Found::nothing && now_ns() >= due(slot.request.deadline))
    status = ReplyStatus::expired;
  settle(slot, status);
}

/// Writes the reply, publishes it, and frees what the search held. The caller owns the phase (inside or settled).
void Engine::Impl::settle(RequestSlot& slot, ReplyStatus status) {
  const bool begun = slot.begun;
  SearchReply& reply = slot.reply;
  if (!begun) {
    reply = {};
    settled_waiting.fetch_add(1, relaxed);                 // relaxed: a count
    waiting.fetch_sub(1, relaxed);                         // relaxed: bounds
    waiting_bytes.fetch_sub(slot.request.bytes, relaxed);  // relaxed: as above
  }
  reply.status = status;
  if (slot.kernel != nullptr) {
    if (status != ReplyStatus::cancelled)
      reply.answer = slot.kernel->best(slot.request.top, slot.request.languages);
    reply.smallest = slot.kernel->found() == Found::smallest;
    reply.nodes = slot.kernel->nodes();
  }
  reply.seed = slot.request.seed;
  reply.weights = slot.network.get() != nullptr ? slot.network.get()->version() : "default";
  if (slot.experience.get() != nullptr) reply.experience = slot.experience.get()->version();
  const Deadline now = now_ns();
  reply.ms = ms_between(slot.submitted, now);
  replies[static_cast<std::size_t>(status)].fetch_add(1, relaxed);  // relaxed: counts, all of these
  simulations.fetch_add(reply.simulations, relaxed);                // relaxed: as above
  nodes.fetch_add(reply.nodes, relaxed);                            // relaxed: as above
  if (begun) {
    latency.add(now - slot.submitted);
    service.add(now - slot.started);
  }
  finish(slot);
}

void Engine::Impl::finish(RequestSlot& slot) {
  const bool begun = slot.begun;
  if (begun) {
    const std::uint64_t cost = std::min(slot.budget, simulations_default);
    dispatcher.credit(slot.client,
                      static_cast<std::int64_t>(cost) -
                          static_cast<std::int64_t>(std::min(slot.reply.simulations, 64 * cost)));
  }
  arena_bytes.fetch_sub(slot.arena_bytes, relaxed);  // relaxed: a figure
  slot.kernel.reset();
  slot.experience.reset();
  slot.request = {};
  Listener* const listener = slot.listener;
  const std::uint64_t tag = slot.tag;
  const std::uint32_t desk = slot.desk;
  come_to(slot, none);
  if (slot.publish()) stop_waiting_for(desk);  // from here on the slot is the reader's
  futex_wake_all(slot.word);
  if (listener != nullptr) listener->replied(tag);
  if (begun) {
    active.fetch_sub(1, relaxed);  // relaxed: the notification publishes it
    graph.notify(dispatch_port);
  }
  leave_live();
}

/// One that was settled while it waited is out of the lists.
void Engine::Impl::forget(std::uint32_t index) noexcept {
  settled_waiting.fetch_sub(1, relaxed);  // relaxed: a count
  drop_hold(index, slot_word::token_hold);
}

void Engine::Impl::drop_hold(std::uint32_t index, std::uint32_t hold) noexcept {
  if (at(index).give_back(hold)) recycle(index);
}

void Engine::Impl::recycle(std::uint32_t index) noexcept {
  RequestSlot& slot = at(index);
  slot.reply = {};
  slot.network.reset();  // not earlier: the evaluator may have been at it
  slot.question.clear(), slot.prior.clear(), slot.hashes.clear();
  slot.arena_bytes = 0;
  slot.stride = 1;
  slot.begun = slot.asked = slot.leaf = slot.owed = slot.owes = slot.pinned = false;
  slot.clear();
  free.push(index, below());
}

}  // namespace weir::search
