// engine.cpp: see engine.hpp.
#include "engine.hpp"

#include <weir/check.hpp>
#include <weir/memory.hpp>

#include <array>
#include <cstdio>
#include <cstdlib>
#include <memory>

#if !defined(__x86_64__)
#error "the fibers of the model checker are written for x86-64"
#endif

// Saves the callee-saved registers on this stack and its pointer in *save, then goes on where `load` was
// saved.
extern "C" void weir_model_switch(void** save, void* load);
asm(R"(
.text
.globl weir_model_switch
.type weir_model_switch,@function
weir_model_switch:
  pushq %rbp
  pushq %rbx
  pushq %r12
  pushq %r13
  pushq %r14
  pushq %r15
  movq %rsp, (%rdi)
  movq %rsi, %rsp
  popq %r15
  popq %r14
  popq %r13
  popq %r12
  popq %rbx
  popq %rbp
  ret
.size weir_model_switch,.-weir_model_switch
)");

namespace model {
namespace {

constexpr std::size_t stack_bytes = 128 * 1024;
constexpr std::size_t arena_bytes = 64 * 1024;
constexpr int steps_max =
    20'000;  // reason: far above any program here; reached only by a loop that does not end

using View =
    std::array<std::uint16_t, locations_max>;  // by location: index of the oldest store still readable
using Clock = std::array<std::uint16_t, threads_max>;

struct Store {
  std::uint64_t value = 0;
  View view{};    // what an acquiring reader gets to know
  Clock clock{};  // the same for plain memory
};

struct Location {
  std::vector<Store> stores;
  std::size_t count = 0;            // stores in use: storage is kept between executions
  std::uint16_t seq_cst_floor = 0;  // newest store that a seq_cst operation has read or written

  std::size_t newest() const { return count - 1; }
};

/// The operation that a thread is about to perform.
struct Pending {
  Kind kind = Kind::load;
  std::uint32_t location = 0;
  Order order = std::memory_order_relaxed;
  std::uint64_t expected = 0;
};

struct Thread {
  void* stack_pointer = nullptr;
  std::unique_ptr<std::byte[]> stack;
  View view{};
  Clock clock{};
  std::uint64_t hash = 0;
  Pending pending;
  bool done = false;
  bool blocked = false;
};

struct Shadow {
  std::uint16_t write_at = 0;
  std::uint8_t writer = 0;
  bool used = false;
  bool alive = false;  // a Payload is there
  Clock reads{};
};

struct Engine {
  std::array<Location, locations_max> locations;
  std::size_t location_count = 0;
  std::array<Thread, threads_max> threads;
  int thread_count = 0;
  int current = -1;       // -1: outside of the threads
  bool starting = false;  // threads run to their first operation, in turn
  void* outside = nullptr;
  Program* program = nullptr;
  Chooser* chooser = nullptr;
  std::vector<Alternative> options;
  std::uint16_t back = 0;  // the chosen store of the operation that runs next
  Execution result;
  alignas(128) std::array<std::byte, arena_bytes> memory;
  std::size_t memory_used = 0;
  std::array<Shadow, arena_bytes / 8> shadow;
  std::vector<std::size_t> shadow_used;
  const Mutation* mutation = nullptr;
  bool collecting = false;
  std::vector<Mutation> sites;
  bool tracing = false;
  std::string trace;
};

Engine& engine() {
  static auto* instance = new Engine;
  return *instance;
}

std::uint64_t mix(std::uint64_t a, std::uint64_t b) {
  std::uint64_t x = a * 0x9e3779b97f4a7c15ULL + b + 0x7f4a7c15ULL;
  x = (x ^ (x >> 32)) * 0xd6e8feb86659fd93ULL;
  x = (x ^ (x >> 32)) * 0xd6e8feb86659fd93ULL;
  return x ^ (x >> 32);
}

bool acquires(Order order) {
  return order == std::memory_order_acquire || order == std::memory_order_acq_rel ||
         order == std::memory_order_seq_cst;
}
bool releases(Order order) {
  return order == std::memory_order_release || order == std::memory_order_acq_rel ||
         order == std::memory_order_seq_cst;
}

Order without_release(Order order) {
  if (order == std::memory_order_acq_rel) return std::memory_order_acquire;
  return order == std::memory_order_release ? std::memory_order_relaxed : order;
}

void join(View& into, const View& other) {
  for (std::size_t i = 0; i < into.size(); ++i) into[i] = into[i] < other[i] ? other[i] : into[i];
}
void join(Clock& into, const Clock& other) {
  for (std::size_t i = 0; i < into.size(); ++i) into[i] = into[i] < other[i] ? other[i] : into[i];
}

/// The oldest store that the thread may read by an operation of this order.
std::size_t floor_of(const Engine& e, const Thread& thread, std::uint32_t location, Order order) {
  std::size_t floor = thread.view[location];
  const std::size_t total = e.locations[location].seq_cst_floor;
  return order == std::memory_order_seq_cst && total > floor ? total : floor;
}

void add_options(Engine& e, int index) {
  const Thread& thread = e.threads[static_cast<std::size_t>(index)];
  if (thread.done || thread.blocked) return;
  const auto id = static_cast<std::uint8_t>(index);
  e.options.push_back({id, 0});
  const Kind kind = thread.pending.kind;
  if (kind != Kind::load && kind != Kind::compare_exchange) return;
  const Location& location = e.locations[thread.pending.location];
  const std::size_t newest = location.newest();
  const std::size_t floor = floor_of(e, thread, thread.pending.location, thread.pending.order);
  for (std::size_t at = newest; at-- > floor;) {
    // An exchange that reads an older store can only fail.
    if (kind == Kind::compare_exchange && location.stores[at].value == thread.pending.expected) continue;
    e.options.push_back({id, static_cast<std::uint16_t>(newest - at)});
  }
}

std::uint64_t state_hash(const Engine& e) {
  std::uint64_t sum = 0;
  for (int i = 0; i < e.thread_count; ++i) {
    const Thread& thread = e.threads[static_cast<std::size_t>(i)];
    const auto group = static_cast<std::uint64_t>(e.program->group(i));
    sum += mix(thread.hash, group * 4 + (thread.blocked ? 1U : 0U) + (thread.done ? 2U : 0U));
  }
  return sum;
}

void switch_to(void** save, void* load) { weir_model_switch(save, load); }

/// Picks who goes on, from inside thread `self` (or from outside, with *save the outside's).
void go_on(void** save, int self) {
  Engine& e = engine();
  e.options.clear();
  const int first = e.current < 0 ? 0 : e.current;
  for (int i = 0; i < e.thread_count; ++i) add_options(e, (first + i) % e.thread_count);
  if (e.options.empty()) {
    bool all_done = true;
    for (int i = 0; i < e.thread_count; ++i)
      all_done = all_done && e.threads[static_cast<std::size_t>(i)].done;
    const int last = std::exchange(e.current, -1);  // at_rest looks from outside
    const bool at_rest = all_done || e.program->at_rest();
    e.current = last;
    if (!at_rest) {
      e.result.failed = true;
      e.result.message = "all threads are blocked";
    }
    if (self >= 0) switch_to(save, e.outside);
    return;
  }
  int choice = -1;
  if (++e.result.steps > steps_max) {
    e.result.failed = true;
    e.result.message = "the execution does not end";
  } else {
    choice = e.chooser->choose(e.options, e.current, state_hash(e));
  }
  if (choice < 0) {
    e.result.dropped = !e.result.failed;
    if (self >= 0) switch_to(save, e.outside);
    return;
  }
  const Alternative next = e.options[static_cast<std::size_t>(choice)];
  e.back = next.back;
  e.current = next.thread;
  if (next.thread != self) switch_to(save, e.threads[next.thread].stack_pointer);
}

/// The calling thread announces its operation and waits until it is chosen.
Thread& schedule(const Pending& pending) {
  Engine& e = engine();
  Thread& self = e.threads[static_cast<std::size_t>(e.current)];
  self.pending = pending;
  if (e.starting) {
    switch_to(&self.stack_pointer, e.outside);
  } else {
    go_on(&self.stack_pointer, e.current);
  }
  return self;
}

[[noreturn]] void thread_main() {
  Engine& e = engine();
  const int self = e.current;
  Thread& thread = e.threads[static_cast<std::size_t>(self)];
  e.program->run(self);
  thread.done = true;
  thread.hash = mix(thread.hash, 0xd07e);
  if (e.starting) switch_to(&thread.stack_pointer, e.outside);
  go_on(&thread.stack_pointer, self);
  std::abort();
}

void start_thread(int index) {
  Engine& e = engine();
  Thread& thread = e.threads[static_cast<std::size_t>(index)];
  if (thread.stack == nullptr) thread.stack = std::make_unique<std::byte[]>(stack_bytes);
  auto top = reinterpret_cast<std::uintptr_t>(thread.stack.get() + stack_bytes) & ~std::uintptr_t{15};
  auto* words = reinterpret_cast<void**>(top);
  *--words = nullptr;                                // where thread_main would return to
  *--words = reinterpret_cast<void*>(&thread_main);  // where the first switch returns to
  for (int i = 0; i < 6; ++i) *--words = nullptr;    // its callee-saved registers
  thread.stack_pointer = words;
  thread.clock = {};
  thread.hash = 0;
  thread.done = thread.blocked = false;
  thread.clock[static_cast<std::size_t>(index)] = 1;
  for (std::size_t i = 0; i < e.location_count; ++i) {
    thread.view[i] = static_cast<std::uint16_t>(e.locations[i].newest());
  }
}

/// Puts the mutation's fault into an operation that is at its place.
Order effective(const Where& where, Kind kind, Order order, bool& split) {
  Engine& e = engine();
  if (e.collecting) {
    bool known = false;
    for (const Mutation& site : e.sites) {
      known = known || (site.where.line() == where.line() && site.where.column() == where.column() &&
                        site.kind == kind && site.where.file_name() == where.file_name());
    }
    if (!known) e.sites.push_back({where, kind, order, order, false});
  }
  const Mutation* m = e.mutation;
  if (m == nullptr || m->where.line() != where.line() || m->where.column() != where.column() ||
      m->kind != kind)
    return order;
  if (std::string_view(m->where.file_name()) != where.file_name()) return order;
  split = m->split;
  return m->order;
}

const char* name_of(Kind kind) {
  constexpr const char* names[] = {"load",     "store",     "exchange",         "fetch_add", "fetch_sub",
                                   "fetch_or", "fetch_and", "fetch_xor", "compare_exchange", "wait", "wake"};
  return names[static_cast<int>(kind)];
}

void note(const Where& where, Kind kind, std::uint32_t location, std::uint64_t before, std::uint64_t after,
          unsigned back) {
  Engine& e = engine();
  if (!e.tracing) return;
  std::string_view file = where.file_name();
  file.remove_prefix(file.rfind('/') + 1);
  char line[240];
  std::snprintf(line, sizeof line, "  T%d %.*s:%u %s x%u: %llu", e.current, static_cast<int>(file.size()),
                file.data(), where.line(), name_of(kind), location, static_cast<unsigned long long>(before));
  e.trace += line;
  if (kind != Kind::load) e.trace += " -> " + std::to_string(after);
  if (back != 0) e.trace += " (" + std::to_string(back) + " stores old)";
  e.trace += '\n';
}

/// Reads store `at` and returns its value.
std::uint64_t read(Thread& self, std::uint32_t location, std::size_t at, Order order) {
  Engine& e = engine();
  Location& l = e.locations[location];
  const Store& store = l.stores[at];
  if (self.view[location] < at) self.view[location] = static_cast<std::uint16_t>(at);
  if (acquires(order)) {
    join(self.view, store.view);
    join(self.clock, store.clock);
  }
  if (order == std::memory_order_seq_cst && l.seq_cst_floor < at)
    l.seq_cst_floor = static_cast<std::uint16_t>(at);
  self.hash = mix(self.hash, (std::uint64_t{location} << 16 | at) << 1);
  return store.value;
}

/// Appends a store; `continues`: a read-modify-write, which goes on with the release sequence of the newest
/// store.
void write(Thread& self, std::uint32_t location, std::uint64_t value, Order order, bool continues) {
  Engine& e = engine();
  Location& l = e.locations[location];
  if (l.count == 60'000) fail("too many stores to one location");
  if (l.stores.size() <= l.count) l.stores.resize(l.count + 8);
  Store& store = l.stores[l.count];
  store.value = value;
  if (continues) {
    store.view = l.stores[l.count - 1].view;
    store.clock = l.stores[l.count - 1].clock;
  } else {
    store.view = {};
    store.clock = {};
  }
  const auto at = static_cast<std::uint16_t>(l.count);
  ++l.count;
  self.view[location] = at;
  store.view[location] = at;
  if (releases(order)) {
    join(store.view, self.view);
    join(store.clock, self.clock);
    ++self.clock[static_cast<std::size_t>(e.current)];
  }
  if (order == std::memory_order_seq_cst) l.seq_cst_floor = at;
  self.hash = mix(self.hash, (std::uint64_t{location} << 16 | at) << 1 | 1);
}

std::uint64_t combine(Kind kind, std::uint64_t old, std::uint64_t operand, unsigned bytes) {
  std::uint64_t value = operand;
  if (kind == Kind::add) value = old + operand;
  if (kind == Kind::sub) value = old - operand;
  if (kind == Kind::bit_or) value = old | operand;
  if (kind == Kind::bit_and) value = old & operand;
  if (kind == Kind::bit_xor) value = old ^ operand;
  return bytes == 8 ? value : value & ((std::uint64_t{1} << (8 * bytes)) - 1);
}

bool outside() { return engine().current < 0; }

Store& newest(std::uint32_t location) {
  Location& l = engine().locations[location];
  return l.stores[l.newest()];
}

}  // namespace

std::uint32_t new_location(std::uint64_t value) noexcept {
  Engine& e = engine();
  if (!outside() || e.location_count == locations_max) {
    std::fprintf(stderr, "model: atomics are made while the program is built, at most %zu\n", locations_max);
    std::abort();
  }
  Location& l = e.locations[e.location_count];
  if (l.stores.empty()) l.stores.resize(8);
  l.count = 1;
  l.seq_cst_floor = 0;
  l.stores[0] = {};
  l.stores[0].value = value;
  return static_cast<std::uint32_t>(e.location_count++);
}

std::uint64_t do_load(std::uint32_t location, Order order, const Where& where) noexcept {
  if (outside()) return newest(location).value;
  bool split = false;
  order = effective(where, Kind::load, order, split);
  Thread& self = schedule({Kind::load, location, order, 0});
  Engine& e = engine();
  const std::uint16_t back = e.back;
  const std::uint64_t value = read(self, location, e.locations[location].newest() - back, order);
  note(where, Kind::load, location, value, value, back);
  return value;
}

void do_store(std::uint32_t location, std::uint64_t value, Order order, const Where& where) noexcept {
  if (outside()) {
    newest(location).value = value;
    return;
  }
  bool split = false;
  order = effective(where, Kind::store, order, split);
  Thread& self = schedule({Kind::store, location, order, 0});
  note(where, Kind::store, location, newest(location).value, value, 0);
  write(self, location, value, order, false);
}

std::uint64_t do_update(std::uint32_t location, Kind kind, std::uint64_t operand, unsigned bytes, Order order,
                        const Where& where) noexcept {
  if (outside()) {
    const std::uint64_t old = newest(location).value;
    newest(location).value = combine(kind, old, operand, bytes);
    return old;
  }
  bool split = false;
  order = effective(where, kind, order, split);
  Thread& self = schedule({kind, location, order, 0});
  const std::uint64_t old = read(self, location, engine().locations[location].newest(), order);
  const std::uint64_t value = combine(kind, old, operand, bytes);
  if (split) schedule({Kind::store, location, order, 0});
  note(where, kind, location, old, value, 0);
  write(self, location, value, order, !split);
  return old;
}

bool do_compare_exchange(std::uint32_t location, std::uint64_t& expected, std::uint64_t desired,
                         Order success, Order failure, const Where& where, bool one_order) noexcept {
  if (outside()) {
    Store& store = newest(location);
    if (store.value != expected) {
      expected = store.value;
      return false;
    }
    store.value = desired;
    return true;
  }
  bool split = false;
  const Order order = effective(where, Kind::compare_exchange, success, split);
  if (one_order) failure = without_release(order);
  Thread& self = schedule({Kind::compare_exchange, location, failure, expected});
  Engine& e = engine();
  const std::uint16_t back = e.back;
  const std::size_t at = e.locations[location].newest() - back;
  if (e.locations[location].stores[at].value != expected) {
    expected = read(self, location, at, failure);
    note(where, Kind::compare_exchange, location, expected, expected, back);
    return false;
  }
  read(self, location, at, order);
  if (split) schedule({Kind::store, location, order, 0});
  note(where, Kind::compare_exchange, location, expected, desired, 0);
  write(self, location, desired, order, !split);
  return true;
}

void do_wait(std::uint32_t location, std::uint64_t expected, const Where& where) noexcept {
  Thread& self = schedule({Kind::wait, location, std::memory_order_seq_cst, expected});
  const std::size_t at = engine().locations[location].newest();
  // The kernel's own load: newest value, no order for the program.
  const std::uint64_t value = read(self, location, at, std::memory_order_relaxed);
  note(where, Kind::wait, location, value, expected, 0);
  if (value != expected) return;
  self.blocked = true;
  schedule({Kind::wait, location, std::memory_order_seq_cst, expected});
  self.hash = mix(self.hash, 0x3a11);
}

void do_wake(std::uint32_t location, const Where& where) noexcept {
  Thread& self = schedule({Kind::wake, location, std::memory_order_seq_cst, 0});
  self.hash = mix(self.hash, 0x3a12);
  note(where, Kind::wake, location, 0, 0, 0);
  Engine& e = engine();
  for (int i = 0; i < e.thread_count; ++i) {
    Thread& thread = e.threads[static_cast<std::size_t>(i)];
    if (thread.blocked && thread.pending.location == location) thread.blocked = false;
  }
}

void* arena(std::size_t bytes, std::size_t alignment) noexcept {
  Engine& e = engine();
  const std::size_t at = (e.memory_used + alignment - 1) / alignment * alignment;
  if (at + bytes > arena_bytes) {
    std::fprintf(stderr, "model: the arena is full\n");
    std::abort();
  }
  e.memory_used = at + bytes;
  return e.memory.data() + at;
}

void fail(const char* message) noexcept {
  Engine& e = engine();
  if (!e.result.failed) e.result.message = message;
  e.result.failed = true;
  if (outside()) return;
  void* abandoned = nullptr;
  switch_to(&abandoned, e.outside);
}

namespace {

Shadow* shadow_of(const void* address) {
  Engine& e = engine();
  const auto at =
      reinterpret_cast<std::uintptr_t>(address) - reinterpret_cast<std::uintptr_t>(e.memory.data());
  if (at >= arena_bytes) return nullptr;
  Shadow& shadow = e.shadow[at / 8];
  if (!shadow.used) {
    shadow = {};
    shadow.used = true;
    e.shadow_used.push_back(at / 8);
  }
  return &shadow;
}

}  // namespace

void plain_read(const void* address) noexcept {
  Shadow* shadow = outside() ? nullptr : shadow_of(address);
  if (shadow == nullptr) return;
  Engine& e = engine();
  const Thread& self = e.threads[static_cast<std::size_t>(e.current)];
  if (self.clock[shadow->writer] < shadow->write_at) fail("data race: a read beside a write");
  shadow->reads[static_cast<std::size_t>(e.current)] = self.clock[static_cast<std::size_t>(e.current)];
}

void plain_write(const void* address) noexcept {
  Shadow* shadow = outside() ? nullptr : shadow_of(address);
  if (shadow == nullptr) return;
  Engine& e = engine();
  const Thread& self = e.threads[static_cast<std::size_t>(e.current)];
  if (self.clock[shadow->writer] < shadow->write_at) fail("data race: a write beside a write");
  for (std::size_t i = 0; i < threads_max; ++i) {
    if (self.clock[i] < shadow->reads[i]) fail("data race: a write beside a read");
  }
  shadow->writer = static_cast<std::uint8_t>(e.current);
  shadow->write_at = self.clock[static_cast<std::size_t>(e.current)];
}

void payload_begins(const void* address) noexcept {
  Shadow* shadow = shadow_of(address);
  if (shadow == nullptr) return;
  if (shadow->alive) fail("an item is put into a slot that is not free");
  shadow->alive = true;
}

void payload_ends(const void* address) noexcept {
  Shadow* shadow = shadow_of(address);
  if (shadow == nullptr) return;
  if (!shadow->alive) fail("an item is taken from a slot that holds none");
  shadow->alive = false;
}

Execution execute(Program* (*build)(const void*), const void* argument, Chooser& chooser) {
  Engine& e = engine();
  e.current = -1;
  e.location_count = 0;
  e.memory_used = 0;
  for (const std::size_t at : e.shadow_used) e.shadow[at].used = false;
  e.shadow_used.clear();
  e.result = {};
  e.trace.clear();
  e.chooser = &chooser;
  e.program = build(argument);
  e.thread_count = e.program->threads();
  for (int i = 0; i < e.thread_count; ++i) start_thread(i);
  e.starting = true;
  for (int i = 0; i < e.thread_count && !e.result.failed; ++i) {
    e.current = i;
    switch_to(&e.outside, e.threads[static_cast<std::size_t>(i)].stack_pointer);
  }
  e.starting = false;
  e.current = -1;
  if (!e.result.failed) go_on(&e.outside, -1);
  e.current = -1;
  if (!e.result.failed && !e.result.dropped) e.program->finish();
  return e.result;
}

void set_mutation(const Mutation* mutation) noexcept { engine().mutation = mutation; }
void collect_sites(bool on) { engine().collecting = on; }
std::vector<Mutation>& sites() { return engine().sites; }
void set_trace(bool on) { engine().tracing = on; }
std::string& trace() { return engine().trace; }

}  // namespace model

namespace weir {

void* allocate_bytes(std::size_t bytes, std::size_t alignment) noexcept {
  return model::arena(bytes, alignment);
}

namespace detail {

void check_failed(const char* file, int line, const char* expression, const char* sentence) noexcept {
  if (model::outside()) {
    std::fprintf(stderr, "%s:%d: %s (%s)\n", file, line, sentence, expression);
    std::abort();
  }
  model::fail(sentence);
  std::abort();
}

}  // namespace detail
}  // namespace weir
