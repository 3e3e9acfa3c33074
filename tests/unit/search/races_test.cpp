// The races of the service, one by one; the list is in engines/search/README.md.
#include "engine_fixture.hpp"

namespace weir::search::races_test {

using planted::Counter;
using planted::Fixture;
using planted::PlantedNetwork;
using planted::reply_of;
using planted::request;
using planted::text_of;

constexpr std::uint64_t endless = ~std::uint64_t{0} >> 1;

/// A network that answers nothing until the gate opens.
struct Gated {
  Gated() {
    auto network = std::make_unique<PlantedNetwork>("v1");
    network->gate = &gate;
    CHECK(guidance.of(NetworkKind::lists).set(std::move(network)));
  }
  ~Gated() { open(); }
  void open() { gate.store(0, release); }  // release pairs with the network's acquire
  atomic<std::uint32_t> gate{1};
  Guidance guidance;
};

TEST_CASE("races: a cancel and the pop from the queue") {
  std::atomic<int> alive{0};
  Fixture fixture({.queue = 64, .replies = 64, .active = 1});
  for (int round = 0; round < 200; ++round) {
    Counter counter(8);
    std::vector<Handle> handles;
    for (std::uint64_t i = 0; i < 8; ++i) {
      Handle handle;
      while (!handle.valid())  // what was cancelled holds its slot until it is popped
        handle = fixture.engine->submit(fixture.client,
                                        request({.full_after = 1, .alive = &alive}, 1 + i),
                                        fixture.rejection, &counter, i);
      handles.push_back(std::move(handle));
    }
    while (fixture.engine->stats().waiting > static_cast<std::uint32_t>(round % 9))
      std::this_thread::yield();
    // The queue is emptied from its front while it is cancelled from its back.
    for (std::size_t i = 8; i-- > 0;) handles[i].cancel();
    for (Handle& handle : handles) {
      const SearchReply reply = reply_of(handle);
      CHECK((reply.status == ReplyStatus::cancelled || reply.status == ReplyStatus::solved));
    }
    CHECK(counter.once());
  }
  CHECK(fixture.engine->drain_until(after_ms(60'000)) == Status::accepted);
  CHECK(alive == 0);
  CHECK(fixture.comes_to_rest());
}

TEST_CASE("races: two workers solve at once, and each request has the answer that is its own") {
  Fixture fixture({.active = 2});
  for (std::uint64_t round = 0; round < 500; ++round) {
    Counter counter(2);
    std::vector<Handle> handles;
    std::atomic<int> inside[2] = {0, 0};
    for (std::uint64_t i = 0; i < 2; ++i) {
      const std::uint64_t steps = 3 + 2 * i;
      handles.push_back(fixture.engine->submit(
          fixture.client,
          // As much work for each: who began together ends together.
          request({.smallest_after = steps, .spin_ns = 60'000 / steps, .inside = &inside[i]}, 100),
          fixture.rejection, &counter, i));
      REQUIRE(handles.back().valid());
    }
    for (std::uint64_t i = 0; i < 2; ++i) {
      const SearchReply reply = reply_of(handles[i]);
      CHECK(reply.status == ReplyStatus::solved);
      CHECK(text_of(reply) == std::to_string(3 + 2 * i));
    }
    CHECK(counter.once());
  }
  CHECK(fixture.engine->stats().requests[static_cast<std::size_t>(ReplyStatus::solved)] == 1'000);
  CHECK(fixture.comes_to_rest());
}

TEST_CASE("races: a rejection and a slot that has just become free") {
  Fixture fixture({.queue = 1, .replies = 1, .active = 1});
  std::atomic<std::uint64_t> answered{0}, rejected{0};
  std::vector<std::thread> clients;
  for (int thread = 0; thread < 3; ++thread) {
    clients.emplace_back([&] {
      for (int i = 0; i < 500; ++i) {
        SearchReply reply;
        Handle handle =
            fixture.engine->submit(fixture.client, request({.full_after = 1}, 2), reply);
        if (!handle.valid()) {
          rejected += reply.status == ReplyStatus::rejected ? 1 : 0;
        } else if (handle.wait_until(after_ms(60'000), reply) == Status::accepted) {
          answered += reply.status == ReplyStatus::solved && text_of(reply) == "2" ? 1 : 0;
        }
      }
    });
  }
  for (std::thread& client : clients) client.join();
  CHECK(answered + rejected == 1500);
  CHECK(answered >= 1);
  SearchReply last;
  for (;;) {  // a slot is free only when its token has left the loop, a moment after its reply
    Handle handle = fixture.engine->submit(fixture.client, request({.full_after = 1}, 2), last);
    if (handle.valid()) {
      last = reply_of(handle);
      break;
    }
    CHECK(last.status == ReplyStatus::rejected);
    ++rejected;
    std::this_thread::yield();
  }
  CHECK(last.status == ReplyStatus::solved);
  const EngineStats stats = fixture.engine->stats();
  CHECK(stats.requests[static_cast<std::size_t>(ReplyStatus::rejected)] == rejected);
  CHECK(fixture.engine->drain_until(after_ms(60'000)) == Status::accepted);
  CHECK(fixture.comes_to_rest());
}

TEST_CASE("races: submissions while the engine drains are answered or rejected") {
  for (int round = 0; round < 20; ++round) {
    Fixture fixture({.queue = 256, .active = 4});
    Counter counter(256);
    std::atomic<std::uint32_t> accepted{0}, rejected{0}, wrong{0};
    std::vector<std::thread> clients;
    for (std::uint64_t thread = 0; thread < 2; ++thread) {
      clients.emplace_back([&, thread] {
        for (std::uint64_t i = 0; i < 128; ++i) {
          SearchReply reply;
          const std::uint64_t tag = 128 * thread + i;
          Handle handle = fixture.engine->submit(fixture.client, request({.full_after = 1}, 3),
                                                 reply, &counter, tag);
          if (!handle.valid()) {
            ++rejected;
            wrong += reply.status != ReplyStatus::rejected || counter.of(tag) != 0 ? 1 : 0;
            continue;
          }
          ++accepted;
          const bool read = handle.wait_until(after_ms(60'000), reply) == Status::accepted;
          while (read && counter.of(tag) == 0) std::this_thread::yield();
          wrong += !read || reply.status != ReplyStatus::solved || counter.of(tag) != 1 ? 1 : 0;
        }
      });
    }
    while (accepted < static_cast<std::uint32_t>(round)) std::this_thread::yield();
    CHECK(fixture.engine->drain_until(after_ms(60'000)) == Status::accepted);
    CHECK(fixture.comes_to_rest());
    for (std::thread& client : clients) client.join();
    CHECK(accepted + rejected == 256);
    CHECK(wrong == 0);
    CHECK_FALSE(fixture.engine->submit(fixture.client, request({}, 1), fixture.rejection).valid());
  }
}

TEST_CASE("races: a deadline while the leaf is in a batch is kept, whatever the network does") {
  Gated gated;
  std::atomic<int> alive{0};
  Fixture fixture({.guidance = &gated.guidance, .guide_after = 1});
  for (const std::uint64_t full_after : {std::uint64_t{1}, endless}) {
    Request late = request(
        {.full_after = full_after, .leaf_every = 1, .features = {1, 1}, .alive = &alive}, 1000);
    late.deadline = after_ms(500);  // begun by then, on any machine
    const SearchReply reply = fixture.ask(std::move(late));
    CHECK(reply.status == (full_after == 1 ? ReplyStatus::solved : ReplyStatus::expired));
    CHECK(reply.simulations == 1);
    CHECK(reply.evaluations == 0);
  }
  CHECK(alive == 0);
  CHECK(fixture.comes_to_rest());
  gated.open();
  CHECK(text_of(fixture.ask(request({.full_after = 1, .features = {2, 1}}, 2))) == "2 3.000000@1");
}

TEST_CASE("races: a late reply of the network, its request gone, its slot wanted again") {
  std::atomic<int> alive{0};
  for (int round = 0; round < 30; ++round) {
    Gated gated;
    Fixture fixture({.queue = 2, .replies = 2, .active = 2, .guidance = &gated.guidance});
    const auto leaf = [&](float x) {
      return request({.full_after = 1, .leaf_every = 1, .features = {x, 0}, .alive = &alive}, 2);
    };
    std::vector<Handle> gone;
    for (int i = 0; i < 2; ++i) gone.push_back(fixture.submit(leaf(1)));
    while (fixture.engine->stats().waiting != 0) std::this_thread::yield();
    for (int i = 0; i < round; ++i) std::this_thread::yield();
    gone.clear();
    while (alive != 0) std::this_thread::yield();  // their arenas are free, their leaves in flight
    gated.open();
  }
  for (int round = 0; round < 100; ++round) {
    Guidance guidance;
    CHECK(guidance.of(NetworkKind::lists).set(std::make_unique<PlantedNetwork>("v1")));
    Fixture fixture({.queue = 1, .replies = 1, .active = 1, .guidance = &guidance});
    for (int i = 0; i < 20; ++i) {
      const auto x = static_cast<float>(i);
      Handle handle = fixture.engine->submit(
          fixture.client,
          request({.full_after = 1, .leaf_every = 1, .features = {x, 0}, .alive = &alive}, 2),
          fixture.rejection);
      if (!handle.valid() || i % 3 == 0) continue;  // dropped, at whatever it is
      const SearchReply reply = reply_of(handle);
      const std::string own = std::to_string(x);
      CHECK(text_of(reply) == "2 " + own + "@1 " + own + "@1");
    }
    CHECK(fixture.engine->drain_until(after_ms(60'000)) == Status::accepted);
    CHECK(fixture.comes_to_rest());
  }
  CHECK(alive == 0);
}

TEST_CASE("races: a wait that ends, then a cancel, then the answer") {
  Fixture fixture({.active = 2}, 3);
  for (std::uint64_t i = 0; i < 300; ++i) {
    Handle handle = fixture.submit(request({.full_after = 1, .spin_ns = 1000}, 1 + i % 40));
    SearchReply reply;
    const Status waited = handle.wait_until(now_ns() + 1000 * (i % 50), reply);
    CHECK((waited == Status::accepted || waited == Status::timed_out));
    if (waited == Status::timed_out) {
      handle.cancel();
      handle.cancel();
      reply = reply_of(handle);
    }
    CHECK((reply.status == ReplyStatus::solved || reply.status == ReplyStatus::cancelled));
    CHECK(handle.poll(reply) == Status::closed);  // there is no second one
  }
  CHECK(fixture.engine->drain_until(after_ms(60'000)) == Status::accepted);
  CHECK(fixture.comes_to_rest());
}

TEST_CASE("races: weights are swapped while requests that pinned the old ones ask") {
  Guidance guidance;
  Versions& versions = guidance.of(NetworkKind::lists);
  CHECK(versions.set(std::make_unique<PlantedNetwork>("0", 0.F)));
  Fixture fixture({.guidance = &guidance}, 3);
  for (int round = 1; round <= 60; ++round) {
    std::vector<Handle> handles;
    for (int i = 0; i < 8; ++i) {
      const auto x = static_cast<float>(100 * i);
      handles.push_back(
          fixture.submit(request({.full_after = 1, .leaf_every = 1, .features = {x, 0}}, 3)));
    }
    (void)versions.set(
        std::make_unique<PlantedNetwork>(std::to_string(round), static_cast<float>(round)));
    for (int i = 0; i < 8; ++i) {
      const SearchReply reply = reply_of(handles[static_cast<std::size_t>(i)]);
      const std::string own =
          std::to_string(static_cast<float>(100 * i) + std::stof(reply.weights));
      CHECK(text_of(reply) == "3 " + own + "@1 " + own + "@1 " + own + "@2");
    }
  }
}

}  // namespace weir::search::races_test
