// reference_pool.hpp: BarePool, a plain work-stealing pool without weir's promises, and MutexPool,
// one queue behind a lock.
//
// Shape: closures of at most 48 trivially copyable bytes; submit, submit_n and wait from one thread
// outside, spawn, spawn_last and fork_join inside. Progress: submit waits while the inbox is full;
// a joiner runs whatever it finds, so stacks have no bound. No epochs, scopes, priorities, errors
// or exact wake-ups: a parked worker looks up every 1 ms.
// Source: D. Chase, Y. Lev, "Dynamic circular work-stealing deque", SPAA 2005 (fixed size; seq_cst
// where they fence).
#pragma once

#include <condition_variable>
#include <cstdlib>
#include <cstring>
#include <new>
#include <type_traits>

#include "harness.hpp"
#include "reference_rings.hpp"

namespace weir::bench {

struct BareTask {
  void (*run)(BareTask&) = nullptr;
  alignas(16) std::byte closure[48] = {};
};

class BareDeque {
 public:
  void push(BareTask* task) noexcept {
    const std::int64_t bottom = bottom_.load(std::memory_order_relaxed);
    if (bottom - top_.load(std::memory_order_relaxed) > mask_) std::abort();
    tasks_[static_cast<std::size_t>(bottom & mask_)].store(task, std::memory_order_relaxed);
    bottom_.store(bottom + 1, std::memory_order_release);
  }
  BareTask* pop() noexcept {
    const std::int64_t bottom = bottom_.load(std::memory_order_relaxed) - 1;
    bottom_.store(bottom, std::memory_order_seq_cst);
    std::int64_t top = top_.load(std::memory_order_seq_cst);
    if (top < bottom)
      return tasks_[static_cast<std::size_t>(bottom & mask_)].load(std::memory_order_relaxed);
    BareTask* task = nullptr;
    if (top == bottom && top_.compare_exchange_strong(top, top + 1, std::memory_order_seq_cst)) {
      task = tasks_[static_cast<std::size_t>(bottom & mask_)].load(std::memory_order_relaxed);
    }
    bottom_.store(bottom + 1, std::memory_order_relaxed);
    return task;
  }
  BareTask* steal() noexcept {
    std::int64_t top = top_.load(std::memory_order_seq_cst);
    if (top >= bottom_.load(std::memory_order_seq_cst)) return nullptr;
    BareTask* const task =
        tasks_[static_cast<std::size_t>(top & mask_)].load(std::memory_order_relaxed);
    return top_.compare_exchange_strong(top, top + 1, std::memory_order_seq_cst) ? task : nullptr;
  }

 private:
  static constexpr std::int64_t mask_ = (1 << 17) - 1;
  alignas(128) std::atomic<std::int64_t> bottom_{0};
  alignas(128) std::atomic<std::int64_t> top_{0};
  std::unique_ptr<std::atomic<BareTask*>[]> tasks_ =
      std::make_unique<std::atomic<BareTask*>[]>(mask_ + 1);
};

class BarePool {
 public:
  explicit BarePool(int threads = worker_count);
  BarePool(const BarePool&) = delete;
  BarePool& operator=(const BarePool&) = delete;
  ~BarePool();

  template <class F>
  void submit(F f) {
    submit_n(&f, 1);
  }
  template <class F>
  void submit_n(F* f, std::size_t n) {
    BareTask tasks[64];
    for (std::size_t done = 0; done < n;) {
      const std::size_t count = n - done < 64 ? n - done : 64;
      for (std::size_t i = 0; i < count; ++i) put(tasks[i], f[done + i], &run_copy<F>);
      give(tasks, count);
      done += count;
    }
  }
  /// Returns when all that was submitted, and all that it spawned, has ended.
  void wait() noexcept;

  template <class F>
  void spawn(F f) {
    Worker& here = *self;
    BareTask* const task = here.take();
    put(*task, f, &run_taken<F>);
    add_one(here.started);
    here.deque.push(task);
    wake_one();
  }
  template <class F>
  void spawn_last(F f) {
    Worker& here = *self;
    put(here.next, f, &run_copy<F>);
    add_one(here.started);
  }
  template <class F, class G>
  static void fork_join(F&& f, G&& g) {
    struct Child : BareTask {
      std::remove_reference_t<G>* function;
      std::atomic<bool> done{false};
    } child;
    child.function = &g;
    child.run = [](BareTask& task) {
      auto& mine = static_cast<Child&>(task);
      (*mine.function)();
      mine.done.store(true, std::memory_order_release);
    };
    Worker& here = *self;
    here.deque.push(&child);
    here.pool->wake_one();
    f();
    BareTask* const popped = here.deque.pop();
    if (popped == &child) {
      g();
      return;
    }
    if (popped != nullptr) here.run(*popped);
    Patience patience;
    while (!child.done.load(std::memory_order_acquire))
      here.find_and_run() ? patience.reset() : patience.wait();
  }

 private:
  using Count = std::atomic<std::uint64_t>;
  static void add_one(Count& count) noexcept {
    count.store(count.load(std::memory_order_relaxed) + 1, std::memory_order_release);
  }
  template <class F>
  static void put(BareTask& task, const F& f, void (*run)(BareTask&)) noexcept {
    static_assert(std::is_trivially_copyable_v<F> && sizeof(F) <= sizeof(BareTask::closure));
    task.run = run;
    std::memcpy(task.closure, static_cast<const void*>(&f), sizeof(F));
  }
  template <class F>
  static void run_copy(BareTask& task) {
    F f = *std::launder(reinterpret_cast<F*>(task.closure));
    f();
    add_one(self->ended);
  }
  template <class F>
  static void run_taken(BareTask& task) {
    F f = *std::launder(reinterpret_cast<F*>(task.closure));
    self->give(&task);
    f();
    add_one(self->ended);
  }

  struct alignas(128) Worker {
    BareDeque deque;
    BarePool* pool = nullptr;
    std::size_t index = 0;
    BareTask next;  // spawn_last's; run == nullptr: none
    std::vector<BareTask*> unused;
    std::vector<std::unique_ptr<BareTask[]>> blocks;
    alignas(128) Count started{0};
    Count ended{0};

    BareTask* take();
    void give(BareTask* task) { unused.push_back(task); }
    void run(BareTask& task) {
      task.run(task);
      while (next.run != nullptr) {
        BareTask now = next;
        next.run = nullptr;
        now.run(now);
      }
    }
    bool find_and_run();
    void work();
  };

  void give(const BareTask* tasks, std::size_t n);
  void wake_one() noexcept {
    if (sleepers_.load(std::memory_order_relaxed) > 0) wake();
  }
  void wake() noexcept;
  void park();

  static inline thread_local Worker* self = nullptr;
  BareRing<BareTask> inbox_{ring_capacity};
  std::vector<std::unique_ptr<Worker>> workers_;
  std::vector<std::thread> threads_;
  alignas(128) Count submitted_{0};
  alignas(128) std::atomic<int> sleepers_{0};
  std::atomic<bool> over_{false};
  std::mutex mutex_;
  std::condition_variable work_came_;
};

/// One std::deque of std::function behind one mutex.
class MutexPool {
 public:
  explicit MutexPool(int threads = worker_count);
  MutexPool(const MutexPool&) = delete;
  MutexPool& operator=(const MutexPool&) = delete;
  ~MutexPool();

  template <class F>
  void submit(F f) {
    {
      const std::lock_guard lock(mutex_);
      tasks_.emplace_back(f);
      ++live_;
    }
    work_came_.notify_one();
  }
  template <class F>
  void submit_n(F* f, std::size_t n) {
    {
      const std::lock_guard lock(mutex_);
      for (std::size_t i = 0; i < n; ++i) tasks_.emplace_back(f[i]);
      live_ += n;
    }
    work_came_.notify_all();
  }
  void wait() {
    std::unique_lock lock(mutex_);
    all_ended_.wait(lock, [&] { return live_ == 0; });
  }
  template <class F>
  void spawn(F f) {
    submit(f);
  }
  template <class F>
  void spawn_last(F f) {
    submit(f);
  }

 private:
  void work();

  std::mutex mutex_;
  std::condition_variable work_came_, all_ended_;
  std::deque<std::function<void()>> tasks_;
  std::size_t live_ = 0;
  bool over_ = false;
  std::vector<std::thread> threads_;
};

}  // namespace weir::bench
