// Building, starting, draining, stopping and destroying a runtime's engine room.
#include "core.hpp"

#include <algorithm>
#include <bit>
#include <cstdlib>
#include <cstring>
#include <optional>
#include <weir/detail/fork.hpp>
#include <weir/futex.hpp>
#include <weir/thread.hpp>

namespace weir {

Schedule Schedule::from_env() {
  const char* text = std::getenv("WEIR_SCHED");
  const char* record = std::getenv("WEIR_SCHED_RECORD");
  const bool recorded = record != nullptr && record[0] != 0;
  Schedule made;
  made.counted = true;
  if ((text == nullptr || text[0] == 0) && !recorded) return made;
  made.kind = Kind::invalid;
  if (text == nullptr) return made;
  if (std::strncmp(text, "det:", 4) == 0 && text[4] >= '0' && text[4] <= '9') {
    char* end = nullptr;
    made.seed = std::strtoull(text + 4, &end, 10);
    if (*end != 0) return made;
    made.kind = Kind::deterministic;
    if (recorded) made.file = record;
  } else if (std::strncmp(text, "replay:", 7) == 0 && text[7] != 0 && !recorded) {
    made.kind = Kind::replay;
    made.file = text + 7;
  }
  return made;
}

namespace detail {

bool smallest_bounds() noexcept {
  static const bool smallest = [] {
    const char* text = std::getenv("WEIR_SMALLEST");
    return text != nullptr && text[0] != 0 && std::strcmp(text, "0") != 0;
  }();
  return smallest;
}

namespace {

Error bad_config(const char* member, std::uint64_t value, std::uint64_t least, std::uint64_t most) {
  return {
      "bad_config",
      std::to_string(value) + " is not in " + std::to_string(least) + " .. " + std::to_string(most),
      std::string("Config::") + member};
}

Result<Done> check_config(const Config& c) {
  if (c.schedule.kind == Schedule::Kind::invalid) {
    return Error{"bad_config",
                 "expected det:SEED with a decimal seed (WEIR_SCHED_RECORD=FILE only beside it), or "
                 "replay:FILE",
                 "WEIR_SCHED"};
  }
  if (c.workers < -1 || c.workers > limits::workers_max) {
    return Error{
        "bad_config",
        std::to_string(c.workers) + " is not in -1 .. " + std::to_string(limits::workers_max),
        "Config::workers"};
  }
  if (c.task_slots < 1 || c.task_slots > limits::task_slots_max) {
    return bad_config("task_slots", c.task_slots, 1, limits::task_slots_max);
  }
  if (c.inbox_slots < 1 || c.inbox_slots > limits::inbox_slots_max) {
    return bad_config("inbox_slots", c.inbox_slots, 1, limits::inbox_slots_max);
  }
  if (c.producers_max < 1 || c.producers_max > static_cast<std::uint32_t>(limits::producers_max)) {
    return bad_config("producers_max", c.producers_max, 1, limits::producers_max);
  }
  if (c.guests_max < 1 || c.guests_max > static_cast<std::uint32_t>(limits::guests_max)) {
    return bad_config("guests_max", c.guests_max, 1, limits::guests_max);
  }
  if (c.trace_events > limits::trace_events_max)
    return bad_config("trace_events", c.trace_events, 0, limits::trace_events_max);
  if (c.spin_us > limits::spin_us_max)
    return bad_config("spin_us", c.spin_us, 0, limits::spin_us_max);
  return Done{};
}

const Error out_of_memory{"out_of_memory", "no memory for the runtime", "Runtime::start"};

}  // namespace

bool Core::is_forked() const noexcept { return fork_generation() != generation; }

Result<Core*> Core::create(const Config& config) {
  if (const Result<Done> valid = check_config(config); !valid) return valid.error();
  void* place = allocate_bytes(sizeof(Core), alignof(Core));
  if (place == nullptr) return out_of_memory;
  Core* const core = ::new (place) Core;
  Result<Done> done = core->build(config);
  if (done) done = core->start_threads();
  if (!done) {
    destroy(core);
    return done.error();
  }
  core->phase.start_running();
  return core;
}

void Core::destroy(Core* core) noexcept {
  core->~Core();
  release_bytes(core, sizeof(Core), alignof(Core));
}

Core::~Core() {
  Inbox::destroy(inbox);
  if (sleepers != nullptr) {
    sleepers->~Sleepers();
    release_bytes(sleepers, sizeof *sleepers, alignof(Sleepers));
  }
}

/// Who is there: threads or virtual workers, guests, producers, and where the threads go.
void Core::choose_shape() {
  generation = fork_generation();
  if (smallest_bounds()) config.task_slots = config.inbox_slots = 1;
  if (config.trace_events != 0) {
    config.trace_events = smallest_bounds() ? 2 : std::bit_ceil(std::max(2U, config.trace_events));
  }
  batch = smallest_bounds() ? 1 : limits::batch_max;
  if (config.schedule.kind == Schedule::Kind::deterministic ||
      config.schedule.kind == Schedule::Kind::replay) {
    virtual_workers = workers = config.workers < 0 ? 2 : std::max(1, config.workers);
  } else if (config.workers == 0) {
    virtual_workers = 1;
  } else {
    std::optional<Topology> own;
    const Topology& topology = topology_at_start(config, own);
    // A given topology says where: its first cores.
    const int home = config.topology == nullptr ? current_cpu() : -1;
    placement = place_workers(topology, config.workers, config.pin == Pin::cores, home);
    workers = placement.workers();
    house.begin(config, topology, placement);
  }
  first_guest = driven() ? virtual_workers : workers;
  contexts = first_guest + static_cast<int>(config.guests_max);
  producers = config.producers_max;
}

/// For each context the others, nearest first: workers by the machine's order, guests last.
bool Core::build_near_rows() noexcept {
  const auto count = static_cast<std::size_t>(contexts);
  if (!near_rows.reserve(count * (count - 1))) return false;
  for (int i = 0; i < contexts; ++i) {
    const std::size_t begin = near_rows.size();
    if (i < placement.workers()) {
      for (const std::uint16_t other : placement.near(i)) near_rows.emplace(other);
    } else {
      for (int j = 0; j < first_guest; ++j) {
        if (const int other = (i + j) % first_guest; other != i)
          near_rows.emplace(static_cast<std::uint16_t>(other));
      }
    }
    for (int j = first_guest; j < contexts; ++j) {
      if (j != i) near_rows.emplace(static_cast<std::uint16_t>(j));
    }
    ContextState& own = state[static_cast<std::size_t>(i)];
    own.near = near_rows.data() + begin;
    own.near_count = static_cast<std::uint32_t>(near_rows.size() - begin);
  }
  return true;
}

Result<Done> Core::build(const Config& wanted) {
  config = wanted;
  choose_shape();
  if (Result<Done> ordered = make_order(); !ordered) return ordered.error();
  const auto count = static_cast<std::size_t>(contexts);
  const std::size_t everybody = count + producers;
  void* place = allocate_bytes(sizeof(Sleepers), alignof(Sleepers));
  if (place == nullptr) return out_of_memory;
  sleepers = ::new (place) Sleepers(driven() ? 0 : workers);
  if (!participants.reserve(everybody) || !snapshot.reserve(everybody) ||
      !passed.reserve(everybody) || !state.reserve(count) || !worker.reserve(count) ||
      !producer.reserve(producers) || !slots.reserve(config.task_slots) ||
      !slot_next.reserve(config.task_slots) ||
      !threads.reserve(std::max<std::size_t>(1, static_cast<std::size_t>(workers))) ||
      !orphans.reserve() ||
      !recorder.reserve(static_cast<std::uint32_t>(count) + 1, config.trace_events,
                        policy.deterministic() ? &steps : nullptr)) {
    return out_of_memory;
  }
  for (std::size_t i = 0; i < everybody; ++i) {
    participants.emplace();
    snapshot.emplace(std::uint64_t{0});
    passed.emplace(false);
  }
  // A quarter of the slots at most lies in caches, where others cannot see it.
  const auto share = static_cast<std::uint32_t>(config.task_slots / (4 * everybody));
  const std::uint32_t cache = share < 2 ? 0 : std::min(share, limits::batch_max);
  const std::uint32_t deque_slots = smallest_bounds() ? 1 : limits::deque_slots;
  for (int i = 0; i < contexts; ++i) {
    if (!state.emplace().retired.reserve()) return out_of_memory;
    Worker& w =
        worker.emplace(*this, i, participants[static_cast<std::size_t>(i)], deque_slots, cache);
    w.policy_forks_ = policy.deterministic();
    recorder.attach(w.flight);
    w.walks.attach(w.flight, policy.deterministic());
  }
  for (std::uint32_t i = 0; i < producers; ++i) {
    ProducerState& own = producer.emplace();
    own.participant = &participants[count + i];
    own.slot_cache_max = cache;
  }
  if (!build_near_rows()) return out_of_memory;
  inbox = Inbox::make(config.inbox_slots, producers, static_cast<std::uint32_t>(contexts));
  if (inbox == nullptr) return out_of_memory;
  watched.reserve(64);
  return Done{};
}

Result<Done> Core::start_threads() {
  if (driven()) return Done{};
  for (int i = 0; i < workers; ++i) {
    const std::string name = "weir-" + std::to_string(i);
    ThreadConfig thread;
    thread.name = name.c_str();
    thread.cpu = placement.pinned ? placement.cpus[static_cast<std::size_t>(i)] : -1;
    Worker& w = worker[static_cast<std::size_t>(i)];
    Result<Thread> started = Thread::start(
        thread,
        [](void* argument) {
          auto& self = *static_cast<Worker*>(argument);
          self.core().run_worker(self.index());
        },
        &w);
    if (!started) {
      join_threads();
      return started.error();
    }
    threads.emplace(std::move(started).value());
  }
  return Done{};
}

void Core::join_threads() noexcept {
  stopping.store(1, seq_cst);  // (1) seq_cst pairs with (11) of worker.cpp, and its re-check: what
                               // was drained before
  for (int i = 0; i < workers && !driven(); ++i) wake_worker(i);
  for (std::size_t i = 0; i < threads.size(); ++i) threads[i].join();
  joined.store(1, release);  // (3) release pairs with (4) of wait.cpp: nobody is left to wait for
  signal_event();
}

Status Core::drain_until(Deadline deadline) noexcept {
  if (is_forked()) return Status::forked;
  if (this_worker != nullptr) return Status::would_deadlock;
  {
    const OutsideCall call(*this, CallKind::drain);
    // (2) seq_cst pairs with (1) of producer.cpp: a call that missed it is waited for
    if (closed.exchange(1, seq_cst) == 0) note(Note::closed, 0, 0);
    const std::lock_guard<std::mutex> lock(watched_lock);
    for (Watched* w : watched) w->close_ingress();
  }
  return barrier_until(deadline).status;
}

Status Core::stop_until(Deadline deadline) noexcept {
  if (is_forked()) return Status::forked;
  if (this_worker != nullptr) return Status::would_deadlock;
  Status status = Status::accepted;
  if (joined.load(acquire) == 0) {  // (5) acquire pairs with (3)
    status = drain_until(deadline);
    if (status == Status::timed_out) return status;
    if (status == Status::closed) status = Status::accepted;  // another stop was faster
    // Runtime::run calls that came in before ingress was closed hold jobs on their own stacks.
    while (outside_runs.load(acquire) != 0) {  // (6) acquire pairs with (1) of runtime.cpp
      if (now_ns() >= deadline) return Status::timed_out;
      static_cast<void>(futex_wait(event, event.load(relaxed),
                                   after_us(limits::guest_wait_us_last)));  // relaxed: any
    }
  }
  std::optional<Order::Turn> turn;  // before the lock, as calls from outside take it
  if (order != nullptr) turn.emplace(*order);
  const std::lock_guard<std::mutex> lock(setup_lock);
  if (joined.load(relaxed) == 0) {  // relaxed: written under this lock
    join_threads();
    phase.start_teardown();
    free_all_retired();
    if (order != nullptr) order->save(Recording::End::stopped, policy.trace_hash());
  }
  return status;
}

void Core::note_failure(const BodyError& error, std::uint32_t in_epoch) noexcept {
  failed_in_epoch[epoch_slot(in_epoch)].fetch_add(
      1, relaxed);  // relaxed: published by the retirement that follows
  if (error_claimed.exchange(1, relaxed) != 0) return;  // relaxed: only the first writes
  first_error = error;
  error_set.store(1, release);  // (7) release pairs with (8) of runtime.cpp: first_error
}

std::size_t Core::memory() {
  std::size_t bytes = sizeof(Core) + sizeof(Sleepers) + sleepers->bytes() + participants.bytes() +
                      snapshot.bytes() + passed.bytes() + state.bytes() + worker.bytes() +
                      producer.bytes() + slots.bytes() + slot_next.bytes() + threads.bytes() +
                      near_rows.bytes() + inbox->bytes() + recorder.bytes();
  for (std::size_t i = 0; i < worker.size(); ++i)
    bytes += worker[i].deque.bytes() + state[i].retired.bytes();
  {
    const std::lock_guard<std::mutex> lock(orphan_lock);
    bytes += orphans.bytes();
  }
  const std::lock_guard<std::mutex> lock(watched_lock);
  bytes += watched.capacity() * sizeof(Watched*);
  for (const Watched* w : watched) bytes += w->bytes();
  return bytes;
}

// Interface of the graphs
// -------------------------------------------------------------------------------------------

int context_count(const Core& core) noexcept { return core.contexts; }
int worker_count(const Core& core) noexcept { return core.workers; }
std::uint16_t trace_name(Core& core, const char* graph, const char* part) noexcept {
  return core.recorder.name(graph, part);
}
void trace_mark(Core& core, Note what, std::uint16_t id, std::uint32_t number) noexcept {
  core.note(what, id, number);
}
bool forked(const Core& core) noexcept { return core.is_forked(); }

void register_watched(Core& core, Watched& watched) {
  const std::lock_guard<std::mutex> lock(core.watched_lock);
  const PhaseScope exempt(nullptr);
  core.watched.push_back(&watched);
  // (4) seq_cst pairs with (2): who closes ingress sets it before it goes through the registry
  if (core.closed.load(seq_cst) != 0) watched.close_ingress();
}

void unregister_watched(Core& core, Watched& watched) noexcept {
  if (core.is_forked()) return;
  const std::lock_guard<std::mutex> lock(core.watched_lock);
  core.tombstones_gone += watched.tombstones();
  std::erase(core.watched, &watched);
}

}  // namespace detail
}  // namespace weir
