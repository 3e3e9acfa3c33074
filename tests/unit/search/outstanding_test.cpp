// The scenario that the engine exists for: many requests at once, small buffers, an evaluator that stalls.
#include <doctest/doctest.h>

#include <support/tier.hpp>

#include "engine_fixture.hpp"

namespace weir::search::outstanding_test {

using planted::Counter;
using planted::Fixture;
using planted::PlantedNetwork;
using planted::request;
using planted::text_of;

constexpr std::uint32_t sizes[] = {1, 5, 12, 24, 1000, 10'000};

EngineConfig config_of(bool smallest, Guidance& guidance) {
  EngineConfig config;
  config.guidance = &guidance;
  if (smallest) config.queue = config.replies = config.active = 1;
  return config;
}

Request simple(std::uint32_t i) {
  return request({.full_after = 3, .leaf_every = 2, .features = {static_cast<float>(i), 0}}, 4);
}

struct Outcome {
  std::uint32_t answered = 0, rejected = 0, wrong = 0;
  bool once = true;  // whoever was taken in was told of once, who was not was not
};

/// Submits all, then reads: what a client does that waits for the end of its own loop first.
Outcome ask_all(Engine& engine, std::uint32_t count) {
  const ClientId client = engine.add_client().value();
  Counter counter(count);
  std::vector<std::pair<Handle, std::uint32_t>> handles;
  Outcome outcome;
  for (std::uint32_t i = 0; i < count; ++i) {
    SearchReply rejection;
    Handle handle = engine.submit(client, simple(i), rejection, &counter, i);
    if (handle.valid()) {
      handles.emplace_back(std::move(handle), i);
    } else {
      outcome.rejected += rejection.status == ReplyStatus::rejected ? 1 : 0;
    }
  }
  int told = 0;
  for (auto& [handle, i] : handles) {
    SearchReply reply;
    if (handle.wait_until(after_ms(120'000), reply) != Status::accepted) continue;
    ++outcome.answered;
    if (reply.status != ReplyStatus::solved || text_of(reply).substr(0, 2) != "4 ") ++outcome.wrong;
    while (counter.of(i) == 0) std::this_thread::yield();
  }
  for (std::uint32_t i = 0; i < count; ++i) told += counter.of(i);
  outcome.once = static_cast<std::uint32_t>(told) == outcome.answered;
  engine.remove_client(client);
  return outcome;
}

TEST_CASE(
    "outstanding: 1 to 10,000 requests, smallest and usual buffers, each answered once or rejected "
    "at once") {
  for (const bool smallest : {true, false}) {
    for (const std::uint32_t count : sizes) {
      CAPTURE(smallest);
      CAPTURE(count);
      Guidance guidance;
      CHECK(guidance.of(NetworkKind::lists).set(std::make_unique<PlantedNetwork>("v1")));
      Fixture fixture(config_of(smallest, guidance), 2, smallest);
      const Outcome outcome = ask_all(*fixture.engine, count);
      CHECK(outcome.answered + outcome.rejected == count);
      CHECK(outcome.wrong == 0);
      CHECK(outcome.once);
      CHECK(outcome.answered >= 1);
      if (!smallest) CHECK(outcome.rejected == 0);
      CHECK(fixture.engine->drain_until(after_ms(60'000)) == Status::accepted);
      CHECK(fixture.comes_to_rest());
    }
  }
}

TEST_CASE("outstanding: behind an evaluator that stalls for 2 s, 1 to 10,000 requests") {
  if (!test::full()) {
    MESSAGE("SKIP: half a minute, in the long tier");
    return;
  }
  for (const bool smallest : {true, false}) {
    for (const std::uint32_t count : sizes) {
      CAPTURE(smallest);
      CAPTURE(count);
      Guidance guidance;
      auto network = std::make_unique<PlantedNetwork>("v1");
      network->stall_ms = 2000;
      network->stalls = 1;
      CHECK(guidance.of(NetworkKind::lists).set(std::move(network)));
      Fixture fixture(config_of(smallest, guidance), 2, smallest);
      const Outcome outcome = ask_all(*fixture.engine, count);
      CHECK(outcome.answered + outcome.rejected == count);
      CHECK(outcome.wrong == 0);
      CHECK(outcome.once);
      CHECK(fixture.engine->drain_until(after_ms(60'000)) == Status::accepted);
      CHECK(fixture.comes_to_rest());
    }
  }
}

TEST_CASE("outstanding: shut down under load, behind an evaluator that stalls") {
  for (const bool smallest : {true, false}) {
    for (const std::uint32_t count : sizes) {
      if (count > 1000 && !test::full()) continue;
      CAPTURE(smallest);
      CAPTURE(count);
      Guidance guidance;
      auto network = std::make_unique<PlantedNetwork>("v1");
      network->stall_ms = test::full() ? 2000 : 50;
      network->stalls = 1;
      CHECK(guidance.of(NetworkKind::lists).set(std::move(network)));
      Fixture fixture(config_of(smallest, guidance), 2, smallest);
      Counter counter(count);
      std::vector<Handle> handles(count);
      std::uint32_t accepted = 0;
      for (std::uint32_t i = 0; i < count; ++i) {
        handles[i] =
            fixture.engine->submit(fixture.client, simple(i), fixture.rejection, &counter, i);
        accepted += handles[i].valid() ? 1 : 0;
      }
      (void)fixture.engine->drain_until(after_ms(5));
      CHECK_FALSE(fixture.engine->submit(fixture.client, simple(0), fixture.rejection).valid());
      for (std::uint32_t i = 0; i < count; i += 2) handles[i].cancel();
      for (std::uint32_t i = 1; i < count; i += 4) handles[i] = Handle();
      CHECK(fixture.engine->drain_until(after_ms(60'000)) == Status::accepted);
      std::uint32_t told = 0;
      for (std::uint32_t i = 0; i < count; ++i) {
        CHECK(counter.of(i) <= 1);
        told += static_cast<std::uint32_t>(counter.of(i));
      }
      CHECK(told == accepted);
      CHECK(fixture.comes_to_rest());
    }
  }
}

TEST_CASE("outstanding: an evaluator that stalls for 2 s delays answers and loses none") {
  Guidance guidance;
  auto network = std::make_unique<PlantedNetwork>("v1");
  network->stall_ms = 2000;
  network->stalls = 1;
  CHECK(guidance.of(NetworkKind::lists).set(std::move(network)));
  Fixture fixture({.guidance = &guidance});
  SearchReply reply;
  Handle stalled =
      fixture.submit(request({.full_after = 1, .leaf_every = 1, .features = {1, 1}}, 3));
  // Requests that need no network go on meanwhile.
  std::uint32_t meanwhile = 0;
  while (stalled.poll(reply) == Status::would_block) {
    meanwhile += fixture.ask(request({.full_after = 1}, 10)).status == ReplyStatus::solved ? 1 : 0;
  }
  CHECK(reply.status == ReplyStatus::solved);
  CHECK(text_of(reply).substr(0, 2) == "3 ");
  CHECK(meanwhile > 10);
  const Outcome outcome = ask_all(*fixture.engine, 100);
  CHECK(outcome.answered == 100);
  CHECK(outcome.wrong == 0);
}

}  // namespace weir::search::outstanding_test
