// The way in for foreign threads (P6): credit, slot, closure, count, queue, publish; and a
// producer's bare call.
#include <algorithm>
#include <cstring>
#include <weir/futex.hpp>

#include "core.hpp"

namespace weir {

using detail::Core;

namespace {
/// A submit that was refused has come to this plus its status, another to how many it gave.
constexpr std::uint32_t refused_call = 0x100;
static_assert(refused_call > limits::batch_max);
}  // namespace

Producer& Producer::operator=(Producer&& other) noexcept {
  if (this != &other) {
    this->~Producer();
    ::new (static_cast<void*>(this)) Producer(std::move(other));
  }
  return *this;
}

Producer::~Producer() {
  if (core_ == nullptr || core_->is_forked()) return;
  const detail::OutsideCall call(*core_, detail::CallKind::producer_ends);
  detail::ProducerState& own = core_->producer[index_];
  core_->give_slots(own.slot_cache, own.slot_count);
  own.slot_count = 0;
  const std::lock_guard<std::mutex> lock(core_->setup_lock);
  own.in_use = false;
  --core_->producers_live;
}

Runtime& Producer::runtime() const noexcept { return *core_->runtime; }

Result<Producer> Runtime::producer(std::string_view name) {
  if (core_->is_forked())
    return Error{"forked", "this process is a fork's child", "Runtime::producer"};
  const detail::OutsideCall call(*core_, detail::CallKind::producer_begins, name);
  const std::lock_guard<std::mutex> lock(core_->setup_lock);
  if (core_->closed.load(relaxed) != 0) {  // relaxed: submit looks again
    return Error{"closed", "the runtime is drained or stopped", "Runtime::producer"};
  }
  for (std::uint32_t i = 0; i < core_->producers; ++i) {
    detail::ProducerState& own = core_->producer[i];
    if (own.in_use) continue;
    own.in_use = true;
    ++core_->producers_live;
    std::memset(own.name, 0, sizeof own.name);
    name.copy(own.name, sizeof own.name - 1);
    if (core_->order != nullptr && detail::this_worker == nullptr) core_->order->calls_as(i);
    return Producer(*core_, i);
  }
  return Error{"too_many_producers",
               "all " + std::to_string(core_->producers) + " producers are registered",
               "Config::producers_max"};
}

std::uint32_t Producer::begin(std::uint32_t n, detail::TaskSlot** slots, const Submit& options,
                              Outcome& outcome) noexcept {
  WEIR_CHECK(core_ != nullptr, "submit on a Producer that was moved from");
  Core& core = *core_;
  if (core.is_forked()) {
    outcome.status = Status::forked;
    return 0;
  }
  detail::ProducerState& own = core.producer[index_];
  detail::Participant& self = *own.participant;
  own.ordered = core.begin_call(detail::CallKind::submit, index_);
  if (own.ordered) core.order->calls_as(index_);
  detail::enter_call(self);
  outcome.status = Status::accepted;
  if (core.closed.load(seq_cst) !=
      0) {  // (1) seq_cst pairs with (2) of core.cpp: the drain's barrier waits for us
    outcome.status = Status::closed;
  } else if (options.scope != nullptr && options.scope->cancelled()) {
    outcome.status = Status::cancelled;
  }
  std::size_t count = 0;
  if (outcome.status == Status::accepted) {
    // (2) seq_cst pairs with (2) of barrier.cpp: the epoch is read after going online
    own.epoch = static_cast<std::uint32_t>(core.epoch.load(seq_cst));
    count = core.inbox->credits.take(n);
    if (own.slot_count < count && own.slot_count < n) {
      std::uint32_t* const room = own.slot_cache + own.slot_count;
      const std::size_t wanted =
          std::max<std::size_t>(count - own.slot_count, own.slot_cache_max / 2);
      own.slot_count += static_cast<std::uint32_t>(
          core.take_slots(room, std::min<std::size_t>(wanted, limits::batch_max - own.slot_count)));
    }
    const std::size_t with_slot = std::min<std::size_t>(count, own.slot_count);
    if (with_slot < count) core.inbox->credits.give(count - with_slot);
    count = with_slot;
    if (count == 0) {
      outcome.status = Status::would_block;
      own.would_block.add(1);
    }
  }
  if (count == 0) {
    detail::leave_call(self);
    if (own.ordered)
      core.order->end_call(refused_call + static_cast<std::uint32_t>(outcome.status));
    return 0;
  }
  // Workers had these slots last: their lines are under way while the first ones are filled.
  const auto ahead = std::min<std::uint32_t>(own.slot_count, static_cast<std::uint32_t>(count) + 1);
  for (std::uint32_t i = 1; i <= ahead; ++i) {
    prefetch_to_write(core.slots.data() + own.slot_cache[own.slot_count - i]);
  }
  const Deadline deadline =
      options.deadline == never ? never : detail::deadline_in(core, options.deadline);
  for (std::size_t i = 0; i < count; ++i) {
    detail::TaskSlot& slot = core.slots[own.slot_cache[--own.slot_count]];
    slot.frame = {options.scope, own.epoch};
    slot.expires = deadline != never;
    if (slot.expires) slot.deadline = deadline;
    slot.level = detail::level_in_range(options.level);
    slots[i] = &slot;
  }
  if (options.scope != nullptr) options.scope->enter(core, static_cast<std::uint32_t>(count));
  return static_cast<std::uint32_t>(count);
}

void Producer::finish(detail::TaskSlot** slots, std::uint32_t n) noexcept {
  Core& core = *core_;
  detail::ProducerState& own = core.producer[index_];
  own.participant->add_submitted(own.epoch, n);
  std::uint32_t indices[limits::batch_max];
  const bool ordinary = slots[0]->level == limits::level_default;  // one level a call
  for (std::uint32_t i = 0; i < n && ordinary; ++i) indices[i] = slots[i]->index;
  for (std::size_t done = ordinary ? core.inbox->push(index_, indices, n) : 0; done < n; ++done) {
    // The queue knows no levels, and may refuse for its own reasons. Lists never do, and the credit
    // bounds them.
    detail::TaskSlot& slot = *slots[done];
    slot.holds_credit = true;
    core.publish(slot);
  }
  core.sleepers->bump();
  core.notify();
  if (core.driven()) core.signal_event();
  detail::leave_call(*own.participant);
  if (own.ordered) core.order->end_call(n);
}

namespace detail {

ProducerCall::ProducerCall(Producer& producer) noexcept {
  WEIR_CHECK(producer.core_ != nullptr, "a call on a Producer that was moved from");
  Core& core = *producer.core_;
  if (core.is_forked()) {
    status_ = Status::forked;
    return;
  }
  Participant& self = *core.producer[producer.index_].participant;
  if (core.begin_call(CallKind::producer_call, producer.index_)) {
    ordered_ = &core;
    core.order->calls_as(producer.index_);
  }
  enter_call(self);
  if (core.closed.load(seq_cst) != 0) {  // (3) as (1), pairs with (2) of core.cpp
    leave_call(self);
    status_ = Status::closed;
    return;
  }
  participant_ = &self;
  epoch_ = static_cast<std::uint32_t>(
      core.epoch.load(seq_cst));  // (4) as (2), pairs with (2) of barrier.cpp
}

ProducerCall::~ProducerCall() {
  if (participant_ != nullptr) leave_call(*participant_);
  if (ordered_ != nullptr) ordered_->order->end_call(0);
}

}  // namespace detail
}  // namespace weir
