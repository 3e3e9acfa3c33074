#include <algorithm>
#include <cmath>
#include <weir/search/engine.hpp>

#include "engine_impl.hpp"

namespace weir::search {

namespace {

constexpr std::uint64_t sweep_interval_ms = 3;  // a sweep of 33,000 slots takes about one
constexpr std::uint32_t active_min = 16, active_per_worker = 4;
std::size_t desk_slots() noexcept { return detail::smallest_bounds() ? 1 : 64; }
constexpr std::size_t answers_kept = 1024, answers_kept_min = 64;  // by all workers' desks, by one
constexpr int tries_at_lists = 64;  // while another is at them, for microseconds

/// Of requests that are settled, beside those that the bounds count: tokens in the loop and behind it, questions that
/// the evaluator is at and as many that wait for it, and what the lists may keep.
std::uint32_t lingering_of(std::uint32_t active) noexcept {
  return 3 * active + static_cast<std::uint32_t>(evaluation_batch_max) +
         static_cast<std::uint32_t>(Dispatcher::settled_few);
}

Result<Done> check_share(double share) {
  if (share > 0 && std::isfinite(share)) return Done{};
  return Error{"bad_config", "a share is a number above 0", "share"};
}

std::uint32_t active_of(const EngineConfig& config, const Runtime& runtime) noexcept {
  if (config.active != 0) return config.active;
  return std::max(active_min, active_per_worker * static_cast<std::uint32_t>(runtime.workers()));
}

}  // namespace

// relaxed: an approximate figure
static std::uint64_t read(const atomic<std::uint64_t>& counter) noexcept {
  return counter.load(relaxed);
}

Engine::Impl::Impl(Runtime& its_runtime, const EngineConfig& its_config)
    : runtime(its_runtime),
      config(its_config),
      slot_count(config.queue + (config.replies == 0 ? config.queue : config.replies) +
                 active_of(config, its_runtime) + lingering_of(active_of(config, its_runtime))),
      slots(std::make_unique<RequestSlot[]>(slot_count)),
      workers(static_cast<std::uint32_t>(std::max(1, its_runtime.workers()))),
      submissions(slot_count + 1),
      ready(workers, slot_count + 1),
      dispatcher(slots.get(), config.clients_max),
      graph(its_runtime, "search"),
      clients(std::make_unique<atomic<std::uint32_t>[]>(config.clients_max)) {
  config.active = active_of(config, its_runtime);
  for (std::uint32_t i = slot_count; i-- > 0;) free.push(i, below());
  for (std::uint32_t i = 0; i < workers; ++i) desks.push_back(std::make_unique<Desk>(desk_slots()));
  desks.push_back(std::make_unique<Desk>(slot_count + 1));
  const std::size_t contexts = its_runtime.metrics().contexts.size();
  const std::size_t kept = std::max<std::size_t>(answers_kept_min, answers_kept / workers);
  for (std::size_t i = 0; i < contexts; ++i) gathered.push_back(std::make_unique<Batch>(kept));
  gathered.push_back(std::make_unique<Batch>(answers_kept));
}

Result<bool> Engine::Impl::begin() {
  dispatch_port = graph.source<std::uint32_t>(
      "dispatch", {}, [this](Emit<std::uint32_t>& out) { return dispatch(out); });
  auto ended = graph.loop("turns", dispatch_port, config.active, [this](Port<std::uint32_t> in) {
    return graph.map("turn", in, {.capacity = config.active},
                     [this](std::uint32_t&& slot) { return turn(slot); });
  });
  graph.sink("end", ended, {.capacity = config.active}, [this](std::uint32_t&& slot) {
    if (slot != none) drop_hold(slot, slot_word::token_hold);
  });
  question_port = graph.source<std::uint8_t>(
      "questions", {}, [this](Emit<std::uint8_t>& out) { return call_evaluator(out); });
  graph.sink("evaluate", question_port, {.capacity = workers + 1},
             [this](std::uint8_t&&) { evaluate_called(); });
  if (auto built = graph.build(); !built) return built.error();
  if (graph.start() != Status::accepted)
    return Error{"closed", "the runtime is stopping", "search"};
  started = true;
  threadless = runtime.run_until_idle() != 0;  // with threads it runs nothing here
  auto thread = Thread::start({.name = "weir-deadlines"}, &Impl::watch_clock, this);
  if (!thread) return thread.error();
  clock = std::move(thread).value();
  return true;
}

void Engine::Impl::end() {
  draining.store(1, seq_cst);  // (1) seq_cst pairs with (2): a submit that comes later is rejected
  for (std::uint32_t i = 0; i < slot_count; ++i) cancel(i);
  for (;;) {
    const std::uint32_t left =
        live.load(acquire);  // (3) acquire pairs with (4): what the settlers did
    if (left == 0) break;
    (void)wait_while(live, left, after_ms(sweep_interval_ms));
    for (std::uint32_t i = 0; i < slot_count; ++i) cancel(i);
  }
  closing.store(1, release);  // (5) release pairs with (6) of turns.cpp, (7): nothing is live
  futex_wake_all(closing);
  next_deadline.wake();
  futex_wake_all(next_deadline.changes());
  if (clock.joinable()) clock.join();
  if (!started) return;
  graph.notify(dispatch_port);
  graph.notify(question_port);
  (void)graph.wait_until(never);
}

void Engine::Impl::watch_clock(void* self) { static_cast<Impl*>(self)->watch(); }

void Engine::Impl::watch() noexcept {
  while (closing.load(acquire) == 0) {  // (7) acquire pairs with (5)
    const NextDeadline::Look next = next_deadline.look();
    if (now_ns() < next.until) {
      futex_wait(next_deadline.changes(), next.changes, next.until);
      continue;
    }
    next_deadline.forget();
    sweep(now_ns());
    futex_wait(closing, 0, after_ms(sweep_interval_ms));
  }
}

void Engine::Impl::bring_forward(Deadline deadline) noexcept {
  if (next_deadline.bring_forward(deadline)) futex_wake_all(next_deadline.changes());
}

void Engine::Impl::sweep(Deadline now) {
  Deadline next = never;
  for (std::uint32_t i = 0; i < slot_count; ++i) {
    RequestSlot& slot = slots[i];
    const auto waits = slot.waits();
    if (!waits) continue;
    const Deadline at = due(waits->deadline);
    if (at > now) {
      next = std::min(next, at);
    } else if (slot.take_seen(waits->seen)) {
      settle_found(slot);
      drop_hold(i, slot_word::settler_hold);
    }
  }
  bring_forward(next);
}

Handle Engine::Impl::submit(Engine& engine, ClientId client, Request&& request,
                            SearchReply& rejection, Listener* listener, std::uint64_t tag) {
  live.fetch_add(
      1,
      seq_cst);  // (2) seq_cst pairs with (1): draining waits for this one, or it sees that we drain
  const bool open = draining.load(seq_cst) == 0;  // (2b) seq_cst pairs with (1): as (2)
  // relaxed: bounds, exact because they are counted up first
  const std::uint32_t ahead = open ? waiting.fetch_add(1, relaxed) : config.queue;
  const bool room = ahead < config.queue;
  if (open) queue_depth.add(ahead);
  const bool fits =
      room &&
      waiting_bytes.fetch_add(request.bytes, relaxed) + request.bytes <= config.queue_bytes_max &&
      request.bytes <= request_bytes_max;
  const std::uint32_t index = fits ? free_slot() : none;
  if (index == none) {
    if (room) waiting_bytes.fetch_sub(request.bytes, relaxed);  // relaxed: as above
    if (open) waiting.fetch_sub(1, relaxed);                    // relaxed: as above
    leave_live();
    reject(rejection);
    return {};
  }
  RequestSlot& slot = slots[index];
  slot.request = std::move(request);
  slot.submitted = now_ns();
  slot.client = client, slot.level = slot.request.level;
  slot.listener = listener, slot.tag = tag;
  const bool bounded = slot.request.simulations != 0 || slot.request.deadline == never;
  slot.budget =
      !bounded ? ~std::uint64_t{0}
               : (slot.request.simulations != 0 ? slot.request.simulations : simulations_default);
  const Deadline deadline = slot.request.deadline;
  slot.begin_waiting(deadline);
  push_surely(submissions, index);
  graph.notify(dispatch_port);
  bring_forward(due(deadline));
  return Handle(&engine, index);
}

/// A free slot. Where there is none, what was cancelled may lie in the lists, with nobody to take it out: the workers
/// are inside their turns. Then it is done here.
std::uint32_t Engine::Impl::free_slot() noexcept {
  std::uint32_t index = free.take(below());
  for (int i = 0; index == none && i < tries_at_lists; ++i) {
    // relaxed: whether there is anything to take out; who has settled one sees that
    if (settled_waiting.load(relaxed) > 0 && take_lists()) {
      std::uint32_t slot = none;
      while (submissions.pop(slot) == Status::accepted) dispatcher.add(slot);
      purge_lists();
      leave_lists();
      graph.notify(dispatch_port);  // it may have found the lists taken
      return free.take(below());
    }
    index = free.take(below());
  }
  return index;
}

/// False: another is at the lists. Who has them takes microseconds, and waits for nobody.
bool Engine::Impl::take_lists() noexcept {
  // (12) acquire pairs with (13): the lists
  return at_lists.exchange(1, acquire) == 0;
}

void Engine::Impl::leave_lists() noexcept {
  at_lists.store(0, release);  // (13) release pairs with (12): the lists
}

void Engine::Impl::purge_lists() noexcept {
  dispatcher.purge([this](std::uint32_t slot) { forget(slot); });
}

/// Sleeps while the word is `seen`; a runtime without threads runs here. False: the deadline has passed.
bool Engine::Impl::wait_while(const atomic<std::uint32_t>& word, std::uint32_t seen,
                              Deadline deadline) {
  if (runtime.run_until_idle() != 0) return true;
  if (!threadless) return futex_wait(word, seen, deadline);
  futex_wait(word, seen, std::min(deadline, after_ms(1)));
  return now_ns() < deadline;
}

void Engine::Impl::leave_live() noexcept {
  if (live.fetch_sub(1, acq_rel) == 1) futex_wake_all(live);  // (4) acq_rel pairs with (3), (3b)
}

void Engine::Impl::reject(SearchReply& rejection) noexcept {
  rejection = {};
  rejection.status = ReplyStatus::rejected;
  const double queued = waiting.load(relaxed);  // relaxed: an estimate
  const double each = std::max(1.0, service.quantile_ms(0.5));
  const double wait = std::min(60'000.0, std::max(10.0, each * queued / config.active));
  rejection.retry_after_ms = static_cast<std::uint32_t>(wait);
  rejection.weights = "default";
  replies[static_cast<std::size_t>(ReplyStatus::rejected)].fetch_add(1,
                                                                     relaxed);  // relaxed: a count
}

void Engine::Impl::cancel(std::uint32_t index) noexcept {
  RequestSlot& slot = slots[index];
  if (!slot.take()) return;
  settle(slot, ReplyStatus::cancelled);
  drop_hold(index, slot_word::settler_hold);
}

void Engine::Impl::drop(std::uint32_t index) noexcept {
  cancel(index);
  drop_hold(index, slot_word::reader_hold);
}

bool Engine::Impl::collect(std::uint32_t index, SearchReply& reply) {
  RequestSlot& slot = slots[index];
  if (!slot.is_done()) return false;
  reply = std::move(slot.reply);
  drop_hold(index, slot_word::reader_hold);
  return true;
}

EngineStats Engine::Impl::stats() const {
  EngineStats stats;
  stats.running = active.load(relaxed);   // relaxed: figures of no one instant, all of these
  stats.waiting = waiting.load(relaxed);  // relaxed: as above
  for (std::size_t i = 0; i < reply_statuses; ++i) stats.requests[i] = read(replies[i]);
  stats.p50_ms = latency.quantile_ms(0.5);
  stats.p99_ms = latency.quantile_ms(0.99);
  stats.timed = latency.count(), stats.timed_s = latency.sum_s();
  stats.evaluations = read(evaluations), stats.batches = read(batches);
  stats.batch_rows = batch_rows.read(), stats.queue_depth = queue_depth.read();
  stats.batch_mean = stats.batches == 0 ? 0
                                        : static_cast<double>(stats.evaluations) /
                                              static_cast<double>(stats.batches);
  stats.arena_bytes = read(arena_bytes);
  stats.simulations = read(simulations), stats.nodes = read(nodes);
  return stats;
}

Handle& Handle::operator=(Handle&& other) noexcept {
  if (this != &other) {
    if (engine_ != nullptr) engine_->impl_->drop(slot_);
    engine_ = std::exchange(other.engine_, nullptr);
    slot_ = other.slot_;
  }
  return *this;
}

Handle::~Handle() {
  if (engine_ != nullptr) engine_->impl_->drop(slot_);
}

Status Handle::poll(SearchReply& reply) {
  if (engine_ == nullptr) return Status::closed;
  if (!engine_->impl_->collect(slot_, reply)) return Status::would_block;
  engine_ = nullptr;
  return Status::accepted;
}

Status Handle::wait_until(Deadline deadline, SearchReply& reply) {
  if (engine_ == nullptr) return Status::closed;
  const atomic<std::uint32_t>& word = engine_->impl_->at(slot_).word;
  for (;;) {
    const std::uint32_t seen = word.load(relaxed);  // relaxed: poll decides
    if (const Status status = poll(reply); status != Status::would_block) return status;
    if (!engine_->impl_->wait_while(word, seen, deadline)) {
      const Status last = poll(reply);
      return last == Status::would_block ? Status::timed_out : last;
    }
  }
}

void Handle::cancel() noexcept {
  if (engine_ != nullptr) engine_->impl_->cancel(slot_);
}

Engine::Engine(std::unique_ptr<Impl> impl) noexcept : impl_(std::move(impl)) {}

Engine::~Engine() { impl_->end(); }

Result<std::unique_ptr<Engine>> Engine::start(Runtime& runtime, const EngineConfig& config) {
  if (config.queue == 0 || config.clients_max == 0)
    return Error{"bad_config", "queue and clients_max must be at least 1", "EngineConfig"};
  std::unique_ptr<Engine> engine(new Engine(std::make_unique<Impl>(runtime, config)));
  if (auto begun = engine->impl_->begin(); !begun) return begun.error();
  return engine;
}

Result<ClientId> Engine::add_client(double share) {
  if (auto good = check_share(share); !good) return good.error();
  for (ClientId client = 0; client < impl_->config.clients_max; ++client) {
    std::uint32_t taken = impl_->clients[client].load(relaxed);  // relaxed: an id, and no more
    // relaxed: as above
    if (taken != 0 || !impl_->clients[client].compare_exchange_strong(taken, 1, relaxed, relaxed))
      continue;
    impl_->dispatcher.set_share(client, share);
    return client;
  }
  return Error{"clients", "as many clients as clients_max are there", "EngineConfig"};
}

void Engine::remove_client(ClientId client) noexcept {
  impl_->clients[client].store(0, relaxed);  // relaxed: as above
}

Handle Engine::submit(ClientId client, Request&& request, SearchReply& rejection,
                      Listener* listener, std::uint64_t tag) {
  return impl_->submit(*this, client, std::move(request), rejection, listener, tag);
}

Result<Done> Engine::set_share(ClientId client, double share) {
  if (auto good = check_share(share); !good) return good.error();
  impl_->dispatcher.set_share(client, share);
  return Done{};
}

EngineStats Engine::stats() const { return impl_->stats(); }

void Engine::end_by(Deadline until) noexcept {
  Deadline before = impl_->until.load(relaxed);  // relaxed: the exchange decides
  // (15) seq_cst pairs with (14)
  while (until < before && !impl_->until.compare_exchange_weak(before, until, seq_cst, relaxed)) {
  }
  impl_->bring_forward(until);
}

Status Engine::drain_until(Deadline deadline) {
  impl_->draining.store(1, seq_cst);  // (1b) seq_cst pairs with (2): as (1)
  for (;;) {
    const std::uint32_t left = impl_->live.load(acquire);  // (3b) acquire pairs with (4)
    if (left == 0) return Status::accepted;
    if (!impl_->wait_while(impl_->live, left, deadline)) return Status::timed_out;
  }
}

std::string Engine::graph_dot() const { return impl_->graph.dot(); }
std::string Engine::graph_json() const { return impl_->graph.json(); }

Ledger Engine::ledger() const { return impl_->graph.ledger(); }

std::vector<std::pair<std::string, std::uint64_t>> Engine::would_block() const {
  std::vector<std::pair<std::string, std::uint64_t>> counts;
  for (const EdgeMetrics& edge : impl_->graph.edges())
    counts.emplace_back(std::string(edge.from) + "->" + edge.to, edge.would_block);
  return counts;
}

std::size_t Engine::memory() const noexcept {
  constexpr std::size_t place = 2 * sizeof(std::uint64_t);  // in a ring
  std::size_t answers = 0;
  for (const auto& batch : impl_->gathered) answers += batch->known.memory();
  return answers + impl_->slot_count * (sizeof(RequestSlot) + 3 * place) +
         impl_->workers * (WorkerBins::bytes_each() + sizeof(Desk) + desk_slots() * place) +
         impl_->graph.memory() + read(impl_->arena_bytes);
}

}  // namespace weir::search
