// The scenario that the engine exists for: many requests at once, small buffers, an evaluator that stalls.
#include <doctest/doctest.h>

#include <thread>

#include "planted_kernel.hpp"

namespace weir::search::outstanding_test {

using planted::PlantedNetwork;
using planted::request;
using planted::text_of;

struct Outcome {
  std::uint32_t answered = 0, rejected = 0, wrong = 0;
};

/// Submits all, then reads: what a client does that waits for the end of its own loop first.
Outcome ask_all(Engine& engine, std::uint32_t count) {
  const ClientId client = engine.add_client().value();
  std::vector<Handle> handles;
  Outcome outcome;
  for (std::uint32_t i = 0; i < count; ++i) {
    SearchReply rejection;
    Handle handle = engine.submit(
        client,
        request({.full_after = 3, .leaf_every = 2, .features = {static_cast<float>(i), 0}}, 4),
        rejection);
    if (handle.valid()) {
      handles.push_back(std::move(handle));
    } else {
      outcome.rejected += rejection.status == ReplyStatus::rejected ? 1 : 0;
    }
  }
  for (Handle& handle : handles) {
    SearchReply reply;
    if (handle.wait_until(after_ms(120'000), reply) != Status::accepted) continue;
    ++outcome.answered;
    if (reply.status != ReplyStatus::solved || text_of(reply).substr(0, 2) != "4 ") ++outcome.wrong;
  }
  engine.remove_client(client);
  return outcome;
}

TEST_CASE(
    "outstanding: 1 to 10,000 requests, smallest and usual buffers, each answered once or rejected "
    "at once") {
  for (const bool smallest : {true, false}) {
    for (const std::uint32_t count : {1U, 5U, 12U, 24U, 1000U, 10'000U}) {
      CAPTURE(smallest);
      CAPTURE(count);
      Config config;
      config.workers = 2;
      config.pin = Pin::none;
      if (smallest) config.task_slots = 16, config.inbox_slots = 1;
      auto runtime = std::move(Runtime::start(config)).value();
      Guidance guidance;
      CHECK(guidance.of(NetworkKind::lists).set(std::make_unique<PlantedNetwork>("v1")));
      EngineConfig engine_config;
      engine_config.guidance = &guidance;
      if (smallest) engine_config.queue = engine_config.replies = engine_config.active = 1;
      auto engine = std::move(Engine::start(*runtime, engine_config)).value();
      const Outcome outcome = ask_all(*engine, count);
      CHECK(outcome.answered + outcome.rejected == count);
      CHECK(outcome.wrong == 0);
      CHECK(outcome.answered >= 1);
      if (!smallest) CHECK(outcome.rejected == 0);
    }
  }
}

TEST_CASE("outstanding: an evaluator that stalls for 2 s delays answers and loses none") {
  Config config;
  config.workers = 2;
  config.pin = Pin::none;
  auto runtime = std::move(Runtime::start(config)).value();
  Guidance guidance;
  auto network = std::make_unique<PlantedNetwork>("v1");
  network->stall_ms = 2000;
  network->stalls = 1;
  CHECK(guidance.of(NetworkKind::lists).set(std::move(network)));
  EngineConfig engine_config;
  engine_config.guidance = &guidance;
  auto engine = std::move(Engine::start(*runtime, engine_config)).value();
  const ClientId client = engine->add_client().value();
  SearchReply reply;
  Handle stalled = engine->submit(
      client, request({.full_after = 1, .leaf_every = 1, .features = {1, 1}}, 3), reply);
  CHECK(stalled.valid());
  // Requests that need no network go on meanwhile.
  std::uint32_t meanwhile = 0;
  while (stalled.poll(reply) == Status::would_block) {
    Handle free = engine->submit(client, request({.full_after = 1}, 10), reply);
    if (free.valid() && free.wait_until(after_ms(60'000), reply) == Status::accepted)
      meanwhile += reply.status == ReplyStatus::solved ? 1 : 0;
  }
  CHECK(reply.status == ReplyStatus::solved);
  CHECK(text_of(reply).substr(0, 2) == "3 ");
  CHECK(meanwhile > 10);
  const Outcome outcome = ask_all(*engine, 100);
  CHECK(outcome.answered == 100);
  CHECK(outcome.wrong == 0);
}

}  // namespace weir::search::outstanding_test
