// watchdog.hpp: aborts a test that does not end, after it has printed what the runtime is doing.
//
// Not an assertion about time: the bound is far above anything a loaded machine needs. note()
// starts it anew.
#pragma once

#include <chrono>
#include <condition_variable>
#include <cstdio>
#include <cstdlib>
#include <mutex>
#include <string>
#include <support/tier.hpp>
#include <thread>
#include <utility>
#include <weir/runtime.hpp>

namespace weir::test {

class Watchdog {
 public:
  /// `runtime` may be null; it must outlive the watchdog.
  explicit Watchdog(std::string what, const Runtime* runtime = nullptr, unsigned seconds = 120)
      : what_(std::move(what)),
        runtime_(runtime),
        seconds_(seconds * (sanitized ? 4 : 1) * (full() ? 5 : 1)),
        thread_([this] { watch(); }) {}
  Watchdog(const Watchdog&) = delete;
  Watchdog& operator=(const Watchdog&) = delete;
  ~Watchdog() {
    {
      const std::lock_guard lock(mutex_);
      over_ = true;
    }
    changed_.notify_one();
    thread_.join();
  }

  /// The next step begins: its name, and a whole new span.
  void note(std::string what) {
    const std::lock_guard lock(mutex_);
    what_ = std::move(what);
    ++steps_;
  }

 private:
  void watch() {
    std::unique_lock lock(mutex_);
    for (;;) {
      const std::uint64_t before = steps_;
      changed_.wait_for(lock, std::chrono::seconds(seconds_), [&] { return over_; });
      if (over_) return;
      if (steps_ == before) break;
    }
    std::fprintf(stderr, "\nWATCHDOG: %s has not ended within %u s\n", what_.c_str(), seconds_);
    if (runtime_ != nullptr) runtime_->dump(stderr);
    std::fflush(stderr);
    std::abort();
  }

  std::mutex mutex_;
  std::condition_variable changed_;
  std::string what_;
  const Runtime* runtime_;
  unsigned seconds_;
  std::uint64_t steps_ = 0;
  bool over_ = false;
  std::thread thread_;
};

}  // namespace weir::test
