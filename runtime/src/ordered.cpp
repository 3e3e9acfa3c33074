// Deterministic mode: calls, waits and steps in one order (order.hpp).
#include <algorithm>
#include <cerrno>
#include <weir/futex.hpp>
#include <weir/version.hpp>

#include "core.hpp"

namespace weir {

namespace detail {

namespace {

constexpr std::uint64_t ms_ns = 1'000'000;
/// One step of virtual time.
constexpr std::uint64_t step_ns = 1000;
/// So many steps a waiter may run although its deadline has passed: who polls with deadlines in the
/// past drives as well.
constexpr std::uint64_t steps_min = 64;

/// Of a process's runtimes the first uses `file` itself.
std::string counted_name(const std::string& file, atomic<std::uint32_t>& count) {
  const std::uint32_t n = count.fetch_add(1, relaxed);  // relaxed: only makes names
  return n == 0 ? file : file + "." + std::to_string(n);
}

/// Whole ms from now to `deadline`; 0: it has passed.
std::uint32_t ms_until(Deadline deadline) noexcept {
  const Deadline now = now_ns();
  if (now >= deadline) return 0;
  return static_cast<std::uint32_t>(
      std::min<std::uint64_t>((deadline - now - 1) / ms_ns + 1, 0x7fffffff));
}

}  // namespace

/// The order of a deterministic runtime, whose shape has been chosen.
Result<Done> Core::make_order() {
  static atomic<std::uint32_t> recordings{0}, replays{0};
  const Schedule& schedule = config.schedule;
  if (schedule.kind != Schedule::Kind::deterministic && schedule.kind != Schedule::Kind::replay)
    return Done{};
  const bool replayed = schedule.kind == Schedule::Kind::replay;
  std::string file = schedule.file;
  if (schedule.counted && !file.empty()) file = counted_name(file, replayed ? replays : recordings);
  Recording shape;
  shape.version = version();
  shape.commit = commit();
  shape.program = program_invocation_short_name;
  shape.seed = schedule.seed;
  shape.workers = static_cast<std::uint32_t>(virtual_workers);
  shape.task_slots = config.task_slots;
  shape.inbox_slots = config.inbox_slots;
  shape.producers = config.producers_max;
  shape.guests = config.guests_max;
  shape.smallest = smallest_bounds();
  auto made = Order::make(std::move(shape), replayed ? std::string() : file,
                          replayed ? file : std::string());
  if (!made) return made.error();
  order = std::move(made).value();
  policy.configure(order.get());
  return Done{};
}

bool is_ordered(const Core& core) noexcept { return core.order != nullptr; }

Deadline time_of(const Core& core) noexcept {
  return core.order == nullptr ? now_ns() : core.order->steps() * step_ns;
}

Deadline deadline_in(Core& core, Deadline deadline) noexcept {
  if (deadline == never || core.order == nullptr) return deadline;
  const std::uint32_t ms = core.order->choice(Choice::timer, ~std::uint32_t{0}, ms_until(deadline));
  return ms == 0 ? 0 : time_of(core) + ms * ms_ns;
}

// Calls
// ----------------------------------------------------------------------------------------------------------

bool Core::begin_ordered_call(CallKind kind, std::uint32_t who) noexcept {
  if (!order->begin_call(kind, who)) return false;
  settle();
  const std::uint32_t counted = (who >> 31) == 0 ? who + 1 : 0;  // names do not count
  policy.note(std::uint64_t{1} << 56 | static_cast<std::uint64_t>(kind) << 32 | counted);
  return true;
}

OutsideCall::OutsideCall(Core& core, CallKind kind) noexcept : core_(nullptr) {
  if (core.order == nullptr || core.is_forked()) return;
  if (core.begin_call(kind, core.order->caller())) core_ = &core;
}
OutsideCall::OutsideCall(Core& core, CallKind kind, std::string_view name) noexcept
    : core_(nullptr) {
  if (core.order == nullptr || core.is_forked()) return;
  if (core.begin_call(kind, Order::number_of(name))) core_ = &core;
}
OutsideCall::~OutsideCall() {
  if (core_ != nullptr) core_->order->end_call(answer_);
}

/// Moves the barrier's machine as far as it goes here, so that where it stands depends on the order
/// alone. Nobody is in a step: all virtual workers are at a quiescent point.
void Core::settle() noexcept {
  while (barrier_open.load(relaxed) != 0) {  // relaxed: written with the turn, as all below
    const auto step = barrier.step;
    const std::uint64_t completed = barrier.completed.load(relaxed);  // relaxed: as above
    for (int i = 0; i < virtual_workers; ++i) observe(worker[static_cast<std::size_t>(i)]);
    advance();
    // relaxed: as above
    if (barrier.step == step && barrier.completed.load(relaxed) == completed) return;
  }
}

// Waits
// ----------------------------------------------------------------------------------------------------------

/// Looks, with the turn, whether the wait is over; else runs a step, where one is to be run here.
Core::Look Core::look(const Wait& what, Waiter& waiter) noexcept {
  settle();
  const bool done = what.done(what.argument);
  if (order->replaying()) {
    if (const std::optional<Status> end = order->end_is_next(waiter.who)) {
      if (*end == Status::accepted && !done) return Look::nothing;
      if (*end == Status::stalled) return Look::nothing;  // give_up reports it, when nobody drives
      return end_wait(waiter, *end);
    }
    if (!waiter.drives || !order->step_is_next()) return Look::nothing;
    return drive_step() ? Look::stepped : Look::nothing;
  }
  if (done) return end_wait(waiter, Status::accepted);
  if (order->steps() >= waiter.last_step) return end_wait(waiter, Status::timed_out);
  return waiter.drives && drive_step() ? Look::stepped : Look::nothing;
}

/// Nothing runs here, with the turn: whether the wait ends without what it is for.
Core::Look Core::give_up(const Wait& what, Waiter& waiter) noexcept {
  if (order->replaying()) {
    if (order->end_is_next(waiter.who) != Status::stalled) return Look::nothing;
    static_cast<void>(check_stall());
    return end_wait(waiter, Status::stalled);
  }
  settle();
  if (what.done(what.argument)) return end_wait(waiter, Status::accepted);
  if (joined.load(acquire) != 0 && nobody_inside())  // (1) acquire pairs with (3) of core.cpp
    return end_wait(waiter, Status::closed);
  if (now_ns() >= what.deadline) return end_wait(waiter, Status::timed_out);
  if (!check_stall()) return Look::nothing;
  order->save(Recording::End::stalled, policy.trace_hash());
  return end_wait(waiter, Status::stalled);
}

Core::Look Core::end_wait(Waiter& waiter, Status status) noexcept {
  waiter.status = status;
  order->returned(waiter.who, status);
  return Look::ended;
}

Status Core::wait_ordered(const Wait& what) noexcept {
  Waiter waiter;
  waiter.who = order->caller();
  if (what.deadline != never) {
    const Order::Turn turn(*order);
    const std::uint64_t left = std::uint64_t{ms_until(what.deadline)} * ms_ns / step_ns;
    waiter.last_step = order->steps() + std::max(left, steps_min);
  }
  std::uint32_t backoff_us = limits::guest_wait_us_first;
  for (;;) {
    watchers.fetch_add(1, seq_cst);  // (2) seq_cst pairs with (15) of worker.cpp: told of changes
    // (3) seq_cst pairs with (1) of worker.cpp: what changes after this look ends the sleep
    const std::uint32_t before = event.load(seq_cst);
    Look seen = Look::nothing;
    bool progress = false;
    {
      const Order::Turn turn(*order);
      waiter.drives = try_drive();
    }
    do {
      const Order::Turn turn(*order);
      seen = look(what, waiter);
      progress = progress || seen == Look::stepped;
    } while (seen == Look::stepped);
    if (waiter.drives) {
      const Order::Turn turn(*order);
      end_drive();
    }
    if (seen == Look::nothing) {
      const Order::Turn turn(*order);
      seen = give_up(what, waiter);
    }
    backoff_us = progress ? limits::guest_wait_us_first
                          : std::min(backoff_us * 2, limits::guest_wait_us_last);
    if (seen != Look::ended && !order->pause(waiter.who)) {
      static_cast<void>(futex_wait(event, before, std::min(what.deadline, after_us(backoff_us))));
    }
    watchers.fetch_sub(1, relaxed);  // relaxed: one wake-up too many at worst
    if (seen == Look::ended) return waiter.status;
  }
}

/// Runtime::run_until_idle.
std::size_t Core::run_ordered() noexcept {
  const std::uint32_t who = order->caller();
  std::size_t jobs = 0;
  for (bool over = false;;) {
    bool drives = false;
    {
      const Order::Turn turn(*order);
      drives = try_drive();
    }
    for (bool stepped = true; stepped;) {
      const Order::Turn turn(*order);
      settle();
      const bool replayed = order->replaying();
      over = replayed && order->end_is_next(who).has_value();
      stepped = !over && drives && (!replayed || order->step_is_next()) && drive_step();
      jobs += stepped ? 1 : 0;
      over = over || (!replayed && !stepped);
      if (over) order->returned(who, Status::accepted);
    }
    if (drives) {
      const Order::Turn turn(*order);
      end_drive();
    }
    if (over) return jobs;
    static_cast<void>(order->pause(who));
  }
}

// Interface of the graphs
// -------------------------------------------------------------------------------------------

Status wait_until_done(Core& core, bool (*done)(void*), void* argument) noexcept {
  return core.wait(Core::Wait{argument, done, nullptr, 0, never, true});
}

}  // namespace detail
}  // namespace weir
