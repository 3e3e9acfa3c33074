// engine_fixture.hpp: an engine with a client on a runtime of its own, and a listener that counts.
#pragma once

#include <doctest/doctest.h>

#include <algorithm>
#include <thread>

#include "planted_kernel.hpp"

namespace weir::search::planted {

struct Fixture {
  explicit Fixture(EngineConfig config = {}, int workers = 2, bool smallest = false) {
    Config runtime_config;
    if (smallest) runtime_config.task_slots = 16, runtime_config.inbox_slots = 1;
    runtime_config.workers = workers;
    runtime_config.pin = Pin::none;
    runtime = std::move(Runtime::start(runtime_config)).value();
    engine = std::move(Engine::start(*runtime, config)).value();
    client = engine->add_client().value();
  }
  Handle submit(Request&& what) {
    Handle handle = engine->submit(client, std::move(what), rejection);
    CHECK(handle.valid());
    return handle;
  }
  SearchReply ask(Request&& what) {
    SearchReply reply;
    Handle handle = submit(std::move(what));
    CHECK(handle.wait_until(after_ms(60'000), reply) == Status::accepted);
    return reply;
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
