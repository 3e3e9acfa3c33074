// reference_pool.cpp: the threads of BarePool and MutexPool.
#include "reference_pool.hpp"

#include <chrono>

namespace weir::bench {

BarePool::BarePool(int threads) {
  for (int i = 0; i < threads; ++i) {
    workers_.push_back(std::make_unique<Worker>());
    workers_.back()->pool = this;
    workers_.back()->index = static_cast<std::size_t>(i);
  }
  const std::vector<int>& cpus = allowed_cpus();
  for (const auto& worker : workers_) {
    threads_.emplace_back([&cpus, w = worker.get()] {
      if (!cpus.empty()) pin_caller({cpus[w->index % cpus.size()]});
      w->work();
    });
  }
}

BarePool::~BarePool() {
  wait();
  {
    const std::lock_guard lock(mutex_);
    over_.store(true, std::memory_order_relaxed);  // relaxed: the mutex orders it
  }
  work_came_.notify_all();
  for (std::thread& thread : threads_) thread.join();
}

void BarePool::give(const BareTask* tasks, std::size_t n) {
  submitted_.store(submitted_.load(std::memory_order_relaxed) + n, std::memory_order_release);
  Patience patience;
  while (n > 0) {
    const std::size_t count = inbox_.push_n(tasks, n);
    if (count == 0) {
      patience.wait();
      continue;
    }
    patience.reset();
    tasks += count;
    n -= count;
    wake_one();
  }
}

void BarePool::wait() noexcept {
  // Ended is read before started: equal sums were equal at a moment in between.
  Patience patience;
  for (;;) {
    std::uint64_t ended = 0, started = 0;
    for (const auto& worker : workers_) ended += worker->ended.load(std::memory_order_acquire);
    for (const auto& worker : workers_) started += worker->started.load(std::memory_order_acquire);
    started += submitted_.load(std::memory_order_relaxed);  // relaxed: written by this thread
    if (ended == started) return;
    patience.wait();
  }
}

void BarePool::wake() noexcept {
  const std::lock_guard lock(mutex_);
  work_came_.notify_one();
}

void BarePool::park() {
  std::unique_lock lock(mutex_);
  if (over_.load(std::memory_order_relaxed)) return;  // relaxed: under the mutex
  sleepers_.fetch_add(
      1, std::memory_order_relaxed);  // relaxed: who misses it is made up for by the time limit
  work_came_.wait_for(lock, std::chrono::milliseconds(1));
  sleepers_.fetch_sub(1, std::memory_order_relaxed);  // relaxed: as above
}

BareTask* BarePool::Worker::take() {
  if (unused.empty()) {
    constexpr std::size_t block = 1024;
    blocks.push_back(std::make_unique<BareTask[]>(block));
    for (std::size_t i = 0; i < block; ++i) unused.push_back(&blocks.back()[i]);
  }
  BareTask* const task = unused.back();
  unused.pop_back();
  return task;
}

bool BarePool::Worker::find_and_run() {
  if (BareTask* const task = deque.pop()) {
    run(*task);
    return true;
  }
  BareTask came[16];
  if (const std::size_t count = pool->inbox_.pop_n(came, 16); count > 0) {
    for (std::size_t i = 0; i < count; ++i) run(came[i]);
    return true;
  }
  const std::size_t others = pool->workers_.size();
  for (std::size_t i = 1; i < others; ++i) {
    if (BareTask* const task = pool->workers_[(index + i) % others]->deque.steal()) {
      run(*task);
      return true;
    }
  }
  return false;
}

void BarePool::Worker::work() {
  self = this;
  using Clock = std::chrono::steady_clock;
  auto idle_since = Clock::now();
  while (!pool->over_.load(std::memory_order_relaxed)) {  // relaxed: the join orders the rest
    bool ran = false;
    for (int i = 0; i < 16 && !ran; ++i) {
      ran = find_and_run();
      if (!ran) relax_cpu();
    }
    if (ran) {
      while (find_and_run()) {
      }
      idle_since = Clock::now();
    } else if (Clock::now() - idle_since > std::chrono::microseconds(10)) {
      pool->park();
    }
  }
}

MutexPool::MutexPool(int threads) {
  for (int i = 0; i < threads; ++i) threads_.emplace_back([this] { work(); });
}

MutexPool::~MutexPool() {
  {
    const std::lock_guard lock(mutex_);
    over_ = true;
  }
  work_came_.notify_all();
  for (std::thread& thread : threads_) thread.join();
}

void MutexPool::work() {
  std::unique_lock lock(mutex_);
  for (;;) {
    work_came_.wait(lock, [&] { return over_ || !tasks_.empty(); });
    if (tasks_.empty()) return;
    const std::function<void()> task = std::move(tasks_.front());
    tasks_.pop_front();
    lock.unlock();
    task();
    lock.lock();
    if (--live_ == 0) all_ended_.notify_all();
  }
}

}  // namespace weir::bench
