// thread.cpp: pthreads; the name is set by the new thread itself, the CPU by its attributes before
// it first runs.
#include <weir/limits.hpp>
#include <weir/thread.hpp>

#include <cerrno>
#include <cstdlib>
#include <cstring>
#include <new>

#include <dirent.h>
#include <pthread.h>
#include <sched.h>
#include <unistd.h>

namespace weir {

struct Thread::Start {
  pthread_t handle{};
  void (*body)(void*) = nullptr;
  void* argument = nullptr;
  char name[limits::thread_name_bytes] = {};

  static void* run(void* self) noexcept {
    const Start& start = *static_cast<const Start*>(self);
    ::pthread_setname_np(::pthread_self(), start.name);
    start.body(start.argument);
    return nullptr;
  }
};

namespace {

/// A set of CPUs as large as its highest number needs (cpu_set_t ends at 1024).
class CpuSet {
 public:
  CpuSet(const int* cpus, std::size_t count) noexcept {
    int highest = 0;
    for (std::size_t i = 0; i < count; ++i) highest = cpus[i] > highest ? cpus[i] : highest;
    bytes_ = CPU_ALLOC_SIZE(static_cast<std::size_t>(highest) + 1);
    set_ = static_cast<cpu_set_t*>(std::calloc(1, bytes_));
    if (set_ == nullptr) return;
    for (std::size_t i = 0; i < count; ++i) {
      if (cpus[i] >= 0) CPU_SET_S(static_cast<std::size_t>(cpus[i]), bytes_, set_);
    }
  }
  CpuSet(const CpuSet&) = delete;
  CpuSet& operator=(const CpuSet&) = delete;
  ~CpuSet() { std::free(set_); }

  const cpu_set_t* set() const noexcept { return set_; }
  std::size_t bytes() const noexcept { return bytes_; }

 private:
  cpu_set_t* set_ = nullptr;
  std::size_t bytes_ = 0;
};

Error refused(int code, const ThreadConfig& config) {
  const std::string name = std::string("thread ") + config.name;
  if (code == EINVAL && config.cpu >= 0) {
    return {"bad_cpu", "cannot be pinned to CPU " + std::to_string(config.cpu), name};
  }
  return {"thread_refused", std::string("cannot be started: ") + std::strerror(code), name};
}

}  // namespace

Thread& Thread::operator=(Thread&& other) noexcept {
  if (this != &other) {
    WEIR_CHECK(!joinable(), "a thread is joined before its object is used again");
    start_ = other.start_;
    other.start_ = nullptr;
  }
  return *this;
}

Thread::~Thread() { WEIR_CHECK(!joinable(), "a thread is joined before its object is destroyed"); }

Result<Thread> Thread::start(const ThreadConfig& config, void (*body)(void*), void* argument) {
  Thread thread;
  Start* const start = new (std::nothrow) Start;
  if (start == nullptr) return refused(ENOMEM, config);
  start->body = body;
  start->argument = argument;
  std::strncpy(start->name, config.name, sizeof(start->name) - 1);

  pthread_attr_t attributes;
  int code = ::pthread_attr_init(&attributes);
  if (code == 0) {
    if (config.stack_bytes != 0)
      code = ::pthread_attr_setstacksize(&attributes, config.stack_bytes);
    if (code == 0 && config.cpu >= 0) {
      const CpuSet cpus(&config.cpu, 1);
      code = cpus.set() == nullptr
                 ? ENOMEM
                 : ::pthread_attr_setaffinity_np(&attributes, cpus.bytes(), cpus.set());
    }
    if (code == 0) code = ::pthread_create(&start->handle, &attributes, &Start::run, start);
    ::pthread_attr_destroy(&attributes);
  }
  if (code != 0) {
    delete start;
    return refused(code, config);
  }
  thread.start_ = start;
  return thread;
}

void Thread::join() noexcept {
  WEIR_CHECK(joinable(), "join() of a thread that was never started, or twice");
  const int code = ::pthread_join(start_->handle, nullptr);
  WEIR_CHECK(code == 0, "a thread cannot join itself");
  delete start_;
  start_ = nullptr;
}

bool set_affinity(const int* cpus, std::size_t count) noexcept {
  const CpuSet wanted(cpus, count);
  return wanted.set() != nullptr && ::sched_setaffinity(0, wanted.bytes(), wanted.set()) == 0;
}

int current_cpu() noexcept { return ::sched_getcpu(); }

int thread_id() noexcept { return ::gettid(); }

std::size_t thread_count() noexcept {
  DIR* const tasks = ::opendir("/proc/self/task");
  if (tasks == nullptr) return 0;
  std::size_t count = 0;
  while (const dirent* entry = ::readdir(tasks)) count += entry->d_name[0] != '.' ? 1 : 0;
  ::closedir(tasks);
  return count;
}

}  // namespace weir
