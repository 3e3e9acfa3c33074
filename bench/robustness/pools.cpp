// pools.cpp: the scenarios of a pool of workers, for all contenders.
#include "pools.hpp"

#include "pool_load.hpp"

namespace weir::bench {
namespace {

#if defined(WEIR_BENCH_HAS_OMP)
/// OpenMP tasks: a region is held open by one thread, which makes tasks of what it is given by the
/// measuring thread; OpenMP has no other way in from outside.
class OmpTasks {
 public:
  explicit OmpTasks(int workers) {
    region_ = std::thread([this, workers] { hold(workers); });
  }
  OmpTasks(const OmpTasks&) = delete;
  OmpTasks& operator=(const OmpTasks&) = delete;
  ~OmpTasks() {
    over_.store(true, std::memory_order_release);
    if (region_.joinable()) region_.join();
  }
  template <class F>
  bool submit(F f) {
    BareTask task;
    std::memcpy(task.closure, static_cast<const void*>(&f), sizeof(F));
    task.run = [](BareTask& mine) { (*std::launder(reinterpret_cast<F*>(mine.closure)))(); };
    if (!given_.push(task)) return false;
    ++taken_;
    return true;
  }
  void wait() {
    while (ended_.load(std::memory_order_acquire) != taken_) usleep(50);
  }
  template <class F>
  void spawn(F f) {
#pragma omp task firstprivate(f)
    f();
  }

 private:
  void hold(int workers) {
#pragma omp parallel num_threads(workers + 1)
#pragma omp single
    {
      Patience patience;
      while (!over_.load(std::memory_order_acquire)) {
        BareTask task;
        if (!given_.pop(task)) {
          patience.wait();
          continue;
        }
        patience.reset();
        std::atomic<std::uint64_t>* const ended = &ended_;
#pragma omp task firstprivate(task, ended)
        {
          task.run(task);
          ended->fetch_add(1, std::memory_order_release);
        }
      }
    }
  }
  BareRing<BareTask> given_{ring_capacity};
  std::uint64_t taken_ = 0;
  std::atomic<std::uint64_t> ended_{0};
  std::atomic<bool> over_{false};
  std::thread region_;
};
#endif

const bool all = [] {
  add_pool_scenarios<WeirRuntime>("weir");
  // Not OpenMP: the thread that holds its region open cannot be told from its workers.
  constexpr double limit_s = 25;
  AddCase("worker_signalled", "weir", worker_signalled<WeirRuntime>, Around::nothing, limit_s);
  AddCase("worker_signalled", "bare", worker_signalled<Unbounded<BarePool>>, Around::nothing,
          limit_s);
  AddCase("worker_signalled", "mutex_condvar", worker_signalled<Unbounded<MutexPool>>,
          Around::nothing, limit_s);
  add_pool_scenarios<Unbounded<BarePool>>("bare");
  add_pool_scenarios<Unbounded<MutexPool>>("mutex_condvar");
#if defined(WEIR_BENCH_HAS_TBB)
  add_pool_scenarios<TaskGroup>("tbb_task_group");
  add_pool_scenarios<ArenaEnqueue>("tbb_arena");
  AddCase("worker_signalled", "tbb_task_group", worker_signalled<TaskGroup>, Around::nothing,
          limit_s);
  AddCase("worker_signalled", "tbb_arena", worker_signalled<ArenaEnqueue>, Around::nothing,
          limit_s);
#endif
#if defined(WEIR_BENCH_HAS_OMP)
  add_pool_scenarios<OmpTasks>("omp");
#endif
  return true;
}();

}  // namespace
}  // namespace weir::bench
