// disturbance.hpp: carries out the trouble of a setting: throws, holds a worker, floods. Cancelling
// is the test's own.
#pragma once

#include <atomic>
#include <origin/matrix.hpp>
#include <stdexcept>
#include <thread>
#include <vector>
#include <weir/runtime.hpp>

namespace weir::test {

/// Opens when what it waits for has been counted; whoever waits yields, it never sleeps.
class Gate {
 public:
  void open(std::uint64_t n = 1) noexcept { passed_.fetch_add(n, std::memory_order_release); }
  std::uint64_t passed() const noexcept { return passed_.load(std::memory_order_acquire); }
  void wait(std::uint64_t n = 1) const noexcept {
    while (passed() < n) std::this_thread::yield();
  }

 private:
  std::atomic<std::uint64_t> passed_{0};
};

class Disturbance {
 public:
  /// `held_token`: the number of the token at which trouble `held` stops a worker.
  Disturbance(Runtime& runtime, const Setting& setting, std::uint64_t held_token,
              std::uint64_t salt)
      : runtime_(runtime), setting_(setting), held_token_(held_token), salt_(salt) {
    if (setting.trouble == Trouble::held) threads_.emplace_back([this] { make_events(); });
    if (setting.trouble == Trouble::flood) {
      for (int i = 0; i < 2; ++i) threads_.emplace_back([this] { flood(); });
    }
  }
  Disturbance(const Disturbance&) = delete;
  Disturbance& operator=(const Disturbance&) = delete;
  ~Disturbance() { finish(); }

  /// Whether the body throws for this token.
  bool throws(std::uint64_t token) const noexcept {
    return setting_.trouble == Trouble::throws && mix(token ^ salt_) % 61 == 0;
  }
  /// To be called by the body for each token that it is given.
  void at(std::uint64_t token) {
    if (throws(token))
      throw std::runtime_error("token " + std::to_string(token) + " was chosen to fail");
    if (setting_.trouble == Trouble::held && token == held_token_) {
      held_.open();
      events_.wait(events_needed);
    }
  }
  /// Joins the helpers; true when every task of theirs that was accepted has run once.
  bool finish() {
    over_.open();
    for (std::thread& thread : threads_) thread.join();
    if (threads_.empty()) return true;
    threads_.clear();
    const Receipt receipt = runtime_.barrier();
    return receipt.status == Status::accepted && run_.passed() == accepted_.passed();
  }

 private:
  static constexpr std::uint64_t events_needed = 100;

  bool over() const noexcept { return over_.passed() != 0; }

  /// Tasks that the other workers run while one is held. A single worker is held with nobody beside
  /// it: then the events are this thread's own.
  void make_events() {
    while (held_.passed() == 0 && !over()) std::this_thread::yield();
    if (setting_.workers == 1) {
      events_.open(events_needed);
      return;
    }
    Producer producer = runtime_.producer("events").value();
    while (events_.passed() < events_needed && !over()) {
      submit(producer, true);
      std::this_thread::yield();
    }
  }
  void flood() {
    Producer producer = runtime_.producer("flood").value();
    while (!over()) {
      if (!submit(producer, false)) std::this_thread::yield();
    }
  }
  bool submit(Producer& producer, bool event) {
    const Outcome outcome = producer.submit([this, event]() noexcept {
      if (event) events_.open();
      run_.open();
    });
    if (outcome.status != Status::accepted) return false;
    accepted_.open();
    return true;
  }

  Runtime& runtime_;
  Setting setting_;
  std::uint64_t held_token_, salt_;
  Gate held_, events_, over_, accepted_, run_;
  std::vector<std::thread> threads_;
};

/// Which tokens came out, each counted.
class Tally {
 public:
  explicit Tally(std::uint64_t count) : seen_(count) {}
  void note(std::uint64_t token) noexcept {
    if (token >= seen_.size()) {
      strangers_.open();
      return;
    }
    if (seen_[token].fetch_add(1, std::memory_order_relaxed) != 0) twice_.open();
    total_.open();
  }
  std::uint64_t total() const noexcept { return total_.passed(); }
  bool once(std::uint64_t token) const noexcept {
    return seen_[token].load(std::memory_order_relaxed) == 1;
  }
  /// Nothing came twice, nothing came that was never sent.
  bool sound() const noexcept { return twice_.passed() == 0 && strangers_.passed() == 0; }

 private:
  std::vector<std::atomic<std::uint8_t>> seen_;
  Gate total_, twice_, strangers_;
};

/// A runtime of so many workers that share the CPUs with whatever else runs here.
inline std::unique_ptr<Runtime> start(int workers) {
  Config config;
  config.workers = workers;
  config.pin = Pin::none;
  config.schedule = Schedule::stealing();  // these tests are about real threads
  config.task_slots = 4096;
  config.inbox_slots = 256;
  return Runtime::start(config).value();
}

}  // namespace weir::test
