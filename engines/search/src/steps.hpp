// steps.hpp: a search that stops wherever its work for a turn is done, and goes on from there in the next.
//
// Shape:  a coroutine that returns Steps; it awaits other Steps, and budget.pause() where budget.spend(n) says so. What
//         is given to Steps that are awaited has a name: g++ 12 destroys temporaries of such a call twice.
// Roles:  one thread at a time.
#pragma once

#include <coroutine>
#include <cstdint>
#include <utility>

namespace weir::search {

class Steps {
 public:
  struct promise_type {
    std::coroutine_handle<> awaits = std::noop_coroutine();

    Steps get_return_object() {
      return Steps(std::coroutine_handle<promise_type>::from_promise(*this));
    }
    std::suspend_always initial_suspend() noexcept { return {}; }
    auto final_suspend() noexcept {
      struct Back {
        bool await_ready() noexcept { return false; }
        std::coroutine_handle<> await_suspend(std::coroutine_handle<promise_type> ended) noexcept {
          return ended.promise().awaits;
        }
        void await_resume() noexcept {}
      };
      return Back{};
    }
    void return_void() {}
    void unhandled_exception() { throw; }  // std::bad_alloc, out of run()
  };

  explicit Steps(std::coroutine_handle<promise_type> handle) : handle_(handle) {}
  Steps(Steps&& other) noexcept : handle_(std::exchange(other.handle_, nullptr)) {}
  Steps& operator=(Steps&&) = delete;
  ~Steps() {
    if (handle_) handle_.destroy();
  }

  bool await_ready() const noexcept { return false; }
  std::coroutine_handle<> await_suspend(std::coroutine_handle<> parent) noexcept {
    handle_.promise().awaits = parent;
    return handle_;
  }
  void await_resume() const noexcept {}

  std::coroutine_handle<> handle() const noexcept { return handle_; }
  bool done() const noexcept { return handle_.done(); }

 private:
  std::coroutine_handle<promise_type> handle_;
};

/// Work, counted in units that the domain chooses.
class Budget {
 public:
  explicit Budget(std::uint64_t units_per_simulation)
      : units_per_simulation_(units_per_simulation) {}

  /// True: the turn's work is done, and the caller is to await pause().
  bool spend(std::uint64_t units) noexcept {
    spent_ += units;
    return spent_ >= until_;
  }
  std::uint64_t spent() const noexcept { return spent_; }

  auto pause() noexcept {
    struct Pause {
      Budget& budget;
      bool await_ready() noexcept { return false; }
      void await_suspend(std::coroutine_handle<> here) noexcept { budget.resume_ = here; }
      void await_resume() noexcept {}
    };
    return Pause{*this};
  }

  /// Lets `steps` go on for that many simulations; false: they have ended.
  bool run(Steps& steps, std::uint32_t simulations) {
    until_ +=
        simulations * units_per_simulation_;  // cumulative: how turns are cut makes no difference
    if (spent_ >= until_ && spent_ != 0) return !steps.done();
    return go_on(steps);
  }
  /// The same for one, whatever the ones before have spent: `steps` may be others each time, once the last have ended.
  bool run_one(Steps& steps) {
    until_ = spent_ + units_per_simulation_;
    return go_on(steps);
  }

 private:
  bool go_on(Steps& steps) {
    if (steps.done()) return false;
    const std::coroutine_handle<> next = resume_ ? std::exchange(resume_, nullptr) : steps.handle();
    next.resume();
    return !steps.done();
  }

  std::uint64_t units_per_simulation_, spent_ = 0, until_ = 0;
  std::coroutine_handle<> resume_;
};

}  // namespace weir::search
