// engine_fixture.hpp: an engine with a client on a runtime of its own, watched while it lives, and a listener that
// counts.
#pragma once

#include <doctest/doctest.h>

#include <algorithm>
#include <support/tier.hpp>
#include <support/watchdog.hpp>
#include <thread>

#include "planted_kernel.hpp"

namespace weir::search::planted {

/// For cases in which several endless requests are active: one ticket is one of them, under WEIR_SMALLEST=1.
inline const doctest::skip needs_room(test::smallest());

inline std::unique_ptr<Runtime> runtime_of(int workers, bool smallest = false) {
  Config config;
  if (smallest) config.task_slots = 16, config.inbox_slots = 1;
  config.workers = workers;
  config.pin = Pin::none;
  return std::move(Runtime::start(config)).value();
}

inline SearchReply reply_of(Handle& handle) {
  SearchReply reply;
  CHECK(handle.wait_until(after_ms(60'000), reply) == Status::accepted);
  return reply;
}

struct Fixture {
  explicit Fixture(EngineConfig config = {}, int workers = 2, bool smallest = false)
      : runtime(runtime_of(workers, smallest)),
        engine(std::move(Engine::start(*runtime, config)).value()),
        client(engine->add_client().value()) {}
  Handle submit(Request&& what) {
    Handle handle = engine->submit(client, std::move(what), rejection);
    CHECK(handle.valid());
    return handle;
  }
  SearchReply ask(Request&& what) {
    Handle handle = submit(std::move(what));
    return reply_of(handle);
  }
  /// Nothing is live, and nothing is kept for what was.
  bool at_rest() const {
    const EngineStats stats = engine->stats();
    return stats.running == 0 && stats.waiting == 0 && stats.arena_bytes == 0;
  }
  /// Waits for it: the token of a request that another has settled is counted down by its turn, after the drain.
  bool comes_to_rest() const {
    while (!at_rest()) std::this_thread::yield();
    return true;
  }
  std::unique_ptr<Runtime> runtime;
  const test::Watchdog dog{"a test with an engine", runtime.get(), 240};
  std::unique_ptr<Engine> engine;
  ClientId client = 0;
  SearchReply rejection;
};

/// How often each tag was told.
class Counter final : public Listener {
 public:
  explicit Counter(std::size_t tags) : replies_(tags) {}
  void replied(std::uint64_t tag) noexcept override { ++replies_[tag]; }
  int of(std::size_t tag) const { return replies_[tag]; }
  /// All of them, each once: the listener is told after the reply can be read, so that this waits.
  bool once() const {
    for (const auto& replies : replies_) {
      while (replies == 0) std::this_thread::yield();
    }
    return std::all_of(replies_.begin(), replies_.end(), [](const auto& n) { return n == 1; });
  }

 private:
  std::vector<std::atomic<int>> replies_;
};

}  // namespace weir::search::planted
