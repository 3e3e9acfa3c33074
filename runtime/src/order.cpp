#include "order.hpp"

#include <pthread.h>

#include <algorithm>
#include <array>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <utility>
#include <weir/check.hpp>
#include <weir/file.hpp>

namespace weir::detail {

namespace {

/// A replay looks at the clock so often while it waits for others.
constexpr std::chrono::milliseconds look_ms{50};

/// Whose turn this thread holds.
constinit thread_local const Order* holds = nullptr;

/// The producer that this thread used last, of the order with that number.
struct Caller {
  std::uint64_t order = 0;
  std::uint32_t producer = 0;
};
constinit thread_local Caller last_caller;

/// Those that are being recorded: a failing WEIR_CHECK writes them.
struct Recorded {
  std::mutex lock;
  std::array<Order*, 16> orders = {};
};
Recorded& recorded() {
  static Recorded all;
  return all;
}

std::uint64_t next_number() noexcept {
  static atomic<std::uint64_t> count{0};
  return count.fetch_add(1, relaxed) + 1;  // relaxed: only makes numbers
}

}  // namespace

Result<std::unique_ptr<Order>> Order::make(Recording shape, std::string record_to,
                                           std::string replay_from) {
  std::unique_ptr<Order> order(new Order);
  order->number_ = next_number();
  if (!replay_from.empty()) {
    Result<Recording> read = Recording::read(replay_from);
    if (!read) return read.error();
    Recording& from = read.value();
    if (const Result<Done> same = from.matches(shape, replay_from); !same) return same.error();
    shape.seed = from.seed;
    order->log_ = std::move(from.entries);
    order->replay_end_ = from.end;
    order->replay_hash_ = from.trace_hash;
    order->replay_path_ = std::move(replay_from);
    order->reading_ = true;
  }
  order->run_ = std::move(shape);
  order->path_ = std::move(record_to);
  if (!order->path_.empty()) {
    Recorded& all = recorded();
    const std::lock_guard<std::mutex> lock(all.lock);
    const auto place = std::find(all.orders.begin(), all.orders.end(), nullptr);
    if (place != all.orders.end()) *place = order.get();
    set_check_hook(&save_all);
  }
  return order;
}

Order::~Order() {
  if (path_.empty()) return;
  Recorded& all = recorded();
  const std::lock_guard<std::mutex> lock(all.lock);
  const auto place = std::find(all.orders.begin(), all.orders.end(), this);
  if (place != all.orders.end()) *place = nullptr;
}

bool Order::inside() const noexcept { return holds == this; }

// The turn
// ---------------------------------------------------------------------------------------------------------

Order::Turn::Turn(Order& order) noexcept
    : order_(order.inside() ? nullptr : &order), outer_(holds) {
  if (order_ == nullptr) return;
  // relaxed: who arrives later goes behind this step
  const std::uint64_t before = order.arrived_.load(relaxed);
  std::unique_lock<std::mutex> lock(order.lock_);
  ++order.waiting_;
  while (order.entered_ < before) order.changed_.wait(lock);
  --order.waiting_;
  lock.release();
  holds = &order;
}

Order::Turn::~Turn() {
  if (order_ != nullptr) order_->give_turn(outer_);
}

void Order::give_turn(const Order* outer) noexcept {
  holds = outer;
  const bool somebody = waiting_ != 0;
  lock_.unlock();
  if (somebody) changed_.notify_all();
}

bool Order::begin_call(CallKind kind, std::uint32_t who) noexcept {
  if (inside()) return false;
  arrived_.fetch_add(1, relaxed);  // relaxed: the lock orders; a step that misses it goes first
  std::unique_lock<std::mutex> lock(lock_);
  ++entered_;
  if (waiting_ != 0) changed_.notify_all();
  while (peek() && (next_.kind != Entry::Kind::call ||
                    next_.what != static_cast<std::uint8_t>(kind) || next_.a != who)) {
    wait_for_others(lock, Entry{Entry::Kind::call, static_cast<std::uint8_t>(kind), who}.text());
  }
  lock.release();
  outer_ = holds;
  holds = this;
  call_kind_ = kind;
  call_who_ = who;
  call_at_ = log_.size();
  call_replayed_ = reading_;
  if (reading_) {
    if (!peek()) diverged(Entry{Entry::Kind::call, static_cast<std::uint8_t>(kind), who}.text());
    call_expected_ = next_.b;
    take();
  }
  return true;
}

void Order::end_call(std::uint32_t came_of_it) noexcept {
  if (call_replayed_ && call_expected_ != came_of_it) {
    diverged(std::string(to_string(call_kind_)) + " answered " + std::to_string(came_of_it) +
             " where it had answered " + std::to_string(call_expected_));
  }
  if (!call_replayed_) note_call(came_of_it);
  give_turn(outer_);
}

/// The call's entry, before what was noted inside of it; a repetition is only counted.
void Order::note_call(std::uint32_t came_of_it) {
  if (path_.empty() || full_) return;
  Entry entry{Entry::Kind::call, static_cast<std::uint8_t>(call_kind_), call_who_, came_of_it};
  const std::string inner = log_.substr(call_at_);
  std::size_t at = call_at_;
  if (inner.empty() && last_call_end_ == call_at_ && call_at_ != 0) {
    Entry again = last_call_;
    again.times = 1;
    if (again == entry) {
      entry.times = last_call_.times + 1;
      at = last_call_at_;
    }
  }
  log_.resize(at);
  append_entry(log_, entry);
  last_call_ = entry;
  last_call_at_ = at;
  last_call_end_ = inner.empty() ? log_.size() : 0;
  log_ += inner;
  full_ = log_.size() > recording_bytes_max;
}

void Order::note(const Entry& entry) {
  if (path_.empty() || full_) return;
  append_entry(log_, entry);
  full_ = log_.size() > recording_bytes_max;
}

std::uint32_t Order::choice(Choice what, std::uint32_t n, std::uint32_t drawn) noexcept {
  const auto kind = static_cast<std::uint8_t>(what);
  if (!replaying()) {
    note({Entry::Kind::choice, kind, n, drawn});
    return drawn;
  }
  if (!peek() || next_.kind != Entry::Kind::choice || next_.what != kind || next_.a != n)
    diverged(Entry{Entry::Kind::choice, kind, n}.text());
  const std::uint32_t recorded_one = next_.b;
  take();
  return recorded_one;
}

std::optional<Status> Order::end_is_next(std::uint32_t who) noexcept {
  if (!peek() || next_.kind != Entry::Kind::returned || next_.a != who) return std::nullopt;
  return static_cast<Status>(next_.what);
}

void Order::returned(std::uint32_t who, Status status) noexcept {
  if (replaying()) return take();
  note({Entry::Kind::returned, static_cast<std::uint8_t>(status), who});
}

// Replay
// ---------------------------------------------------------------------------------------------------------

/// Decodes the next entry; false: nothing is replayed, or not any more.
bool Order::peek() noexcept {
  if (!reading_) return false;
  if (decoded_) return true;
  if (at_ == log_.size()) {
    if (replay_end_ == Recording::End::stopped) return false;
    reading_ = false;  // the run was cut there: this one goes on by the seed
    log_.clear();
    return false;
  }
  behind_ = at_;
  WEIR_CHECK(read_entry(log_, behind_, next_), "a recording changed in memory");
  decoded_ = true;
  return true;
}

void Order::take() noexcept {
  if (!peek()) diverged("something more");
  ++taken_;
  if (--next_.times != 0 && next_.kind == Entry::Kind::call) return;
  at_ = behind_;
  decoded_ = false;
}

void Order::wait_for_others(std::unique_lock<std::mutex>& lock,
                            const std::string& wanted) noexcept {
  check_patience(wanted);
  ++waiting_;
  changed_.wait_for(lock, look_ms);
  --waiting_;
}

bool Order::pause(std::uint32_t who) noexcept {
  std::unique_lock<std::mutex> lock(lock_);
  if (!replaying()) return false;
  if (!peek()) diverged("a wait");
  // Somebody else runs the next step; or the last effects of what this wait is for are to come.
  const bool soon = next_.kind == Entry::Kind::choice || end_is_next(who);
  check_patience(soon ? "a wait that does not end" : "a wait");
  ++waiting_;
  changed_.wait_for(lock, soon ? std::chrono::milliseconds(1) : look_ms);
  --waiting_;
  return true;
}

void Order::check_patience(const std::string& wanted) noexcept {
  const Deadline now = now_ns();
  if (seen_ != taken_ + run_.steps || seen_ns_ == 0) {
    seen_ = taken_ + run_.steps;
    seen_ns_ = now;
  } else if (now - seen_ns_ > patience_ms_ * 1'000'000) {
    diverged(wanted + ", and nothing else for " + std::to_string(patience_ms_) + " ms");
  }
}

void Order::diverged(const std::string& found) noexcept {
  const std::string expected = peek() ? next_.text() : "the end of the run";
  std::fprintf(stderr, "weir: the replay of %s left its recording at step %llu, entry %llu: %s\n",
               replay_path_.c_str(), static_cast<unsigned long long>(run_.steps),
               static_cast<unsigned long long>(taken_),
               ("recorded is " + expected + "; found: " + found).c_str());
  std::fflush(stderr);
  std::abort();
}

// Who, and the file
// ---------------------------------------------------------------------------------------------------------

std::uint32_t Order::caller() const noexcept {
  if (last_caller.order == number_) return last_caller.producer;
  char name[64] = {};
  static_cast<void>(pthread_getname_np(pthread_self(), name, sizeof name));
  return number_of(name);
}

/// Above all indices of producers.
std::uint32_t Order::number_of(std::string_view name) noexcept {
  std::uint32_t sum = 0x811c9dc5;  // FNV-1a
  for (const char c : name) sum = (sum ^ static_cast<unsigned char>(c)) * 0x01000193;
  return sum | 0x80000000;
}

void Order::calls_as(std::uint32_t producer) noexcept { last_caller = {number_, producer}; }

void Order::save(Recording::End end, std::uint64_t trace_hash) noexcept {
  if (path_.empty()) return;
  run_.end = full_ ? Recording::End::full : end;
  run_.trace_hash = trace_hash;
  run_.entries = log_;
  const Result<Done> written = write_file_atomically(path_, run_.text());
  run_.entries.clear();
  if (!written && !std::exchange(lost_, true))
    std::fprintf(stderr, "weir: the recording is lost: %s\n", written.error().text().c_str());
}

void Order::finish(std::uint64_t trace_hash) noexcept {
  if (reading_ && peek()) diverged("the end of the run");
  if (reading_ && trace_hash != replay_hash_) diverged("another trace hash");
  save(Recording::End::stopped, trace_hash);
}

/// A WEIR_CHECK has failed: what there is of each recording goes to its file.
void Order::save_all() noexcept {
  Recorded& all = recorded();
  const std::unique_lock<std::mutex> lock(all.lock, std::try_to_lock);
  if (!lock.owns_lock()) return;
  for (Order* order : all.orders) {
    if (order == nullptr) continue;
    // Another thread may be in the middle of a step that does not end: then only it could write.
    const bool mine = order->inside();
    if (!mine && !order->lock_.try_lock()) continue;
    order->save(Recording::End::failed, 0);
    if (!mine) order->lock_.unlock();
  }
}

}  // namespace weir::detail
