// engine.hpp: one controlled execution of a small program over modelled memory.
//
// Threads   fibers; each atomic operation is a scheduling point, and one choice picks the next thread and,
//           where its operation reads, the store it reads.
// Memory    a location keeps all its stores, in the order of execution (its modification order). A thread's
//           view holds the oldest store of each location that it may still read (coherence); a release
//           stores the view, an acquire joins it; read-modify-writes read the newest store and continue
//           release sequences. The total order of seq_cst operations is the order of execution: a seq_cst
//           load reads nothing older than what a seq_cst operation has read or written there.
// Left out  stores that enter the modification order before older ones (needed by 2+2W shapes only), reads
// of stores
//           that come later in the execution (load buffering, out-of-thin-air), spurious failures of the
//           weak exchange.
// Races     Payload and Cell are plain memory with vector clocks: two accesses, one a write, must be
//           ordered.
// Blocked   wait/wake model a futex; all threads blocked is a failure unless the program says it is at
//           rest.
// State     a thread's state is a function of the sequence of stores it read and wrote, so the threads'
//           hashes of these sequences name a state of the whole; explore.hpp drops an execution that
//           reaches a known one.
#pragma once

#include <weir/atomic.hpp>

#include <cstddef>
#include <cstdint>
#include <new>
#include <string>
#include <utility>
#include <vector>

namespace model {

inline constexpr int threads_max = 6;
inline constexpr std::size_t locations_max = 64;

/// The program under test. It lives in the arena, is built and finished outside of the threads, and owns no
/// heap memory (an execution may be dropped half-way, then no destructor runs).
class Program {
 public:
  virtual int threads() const = 0;
  virtual void run(int thread) = 0;
  /// After all threads have ended: expect() what must be true.
  virtual void finish() {}
  /// Threads of one group run the same code on shared objects only: states that differ by a permutation are
  /// one.
  virtual int group(int thread) const { return thread; }
  /// All threads that have not ended are blocked: true when that is as it should be.
  virtual bool at_rest() { return false; }

 protected:
  ~Program() = default;
};

/// What may happen next: thread `thread` performs its operation, reading the store `back` stores before the
/// newest.
struct Alternative {
  std::uint8_t thread;
  std::uint16_t back;
};

/// Decides. `current`: the thread that ran last, -1 at the start; `hash` names the state.
class Chooser {
 public:
  /// An index into `options` (never empty), or -1: drop this execution.
  virtual int choose(const std::vector<Alternative>& options, int current, std::uint64_t hash) = 0;

 protected:
  ~Chooser() = default;
};

/// A fault put into one operation of the shipped code: at file:line:column, its order becomes `order`, or,
/// with `split`, a read-modify-write becomes a load and a store.
struct Mutation {
  Where where{};
  Kind kind = Kind::load;
  Order from = std::memory_order_relaxed;
  Order order = std::memory_order_relaxed;
  bool split = false;
};

struct Execution {
  bool dropped = false;
  bool failed = false;
  std::string message;  // of the failure
  int steps = 0;
};

/// Runs one execution. `build` constructs the program in the arena (new_program).
Execution execute(Program* (*build)(const void*), const void* argument, Chooser& chooser);

/// Room in the arena of the execution; aborts the test program when it is full.
void* arena(std::size_t bytes, std::size_t alignment) noexcept;
template <class P, class... A>
Program* new_program(A&&... a) {
  return ::new (arena(sizeof(P), alignof(P))) P(std::forward<A>(a)...);
}

/// Ends the execution as failed. From a thread it does not return.
void fail(const char* message) noexcept;
inline void expect(bool condition, const char* message) noexcept {
  if (!condition) fail(message);
}

/// Plain memory accesses, checked for races; addresses outside of the arena are private to their thread.
void plain_read(const void* address) noexcept;
void plain_write(const void* address) noexcept;
/// A Payload is constructed or destroyed there: never over a living one, never twice.
void payload_begins(const void* address) noexcept;
void payload_ends(const void* address) noexcept;

/// Blocks as futex_wait does; wakes all.
inline void wait(const weir::atomic<std::uint32_t>& word, std::uint32_t expected,
                 const Where& where = Where::current()) {
  do_wait(word.model_location(), expected, where);
}
inline void wake(const weir::atomic<std::uint32_t>& word, const Where& where = Where::current()) {
  do_wake(word.model_location(), where);
}

/// The mutation in force for the following executions; null: none.
void set_mutation(const Mutation* mutation) noexcept;
/// While on, each operation that runs is added to sites() once.
void collect_sites(bool on);
std::vector<Mutation>& sites();

/// While on, each step is written to trace(), a line each.
void set_trace(bool on);
std::string& trace();

/// A movable item whose moves and end are plain accesses.
class Payload {
 public:
  explicit Payload(int value = -1) noexcept : value_(value) {
    payload_begins(this);
    plain_write(this);
  }
  Payload(Payload&& other) noexcept {
    payload_begins(this);
    take(other);
  }
  Payload& operator=(Payload&& other) noexcept {
    take(other);
    return *this;
  }
  ~Payload() {
    payload_ends(this);
    plain_write(this);
  }
  int value() const noexcept {
    plain_read(this);
    return value_;
  }

 private:
  void take(Payload& other) noexcept {
    plain_write(&other);
    plain_write(this);
    value_ = std::exchange(other.value_, -1);
  }
  alignas(8) int value_ = -1;  // a shadow cell of its own
};

/// A plain variable.
class Cell {
 public:
  int get() const noexcept {
    plain_read(this);
    return value_;
  }
  void set(int value) noexcept {
    plain_write(this);
    value_ = value;
  }

 private:
  alignas(8) int value_ = 0;
};

}  // namespace model
