#include <doctest/doctest.h>

#include <cstdlib>
#include <limits>
#include <thread>

#include "engine_fixture.hpp"

namespace weir::search::engine_test {

using planted::Counter;
using planted::Fixture;
using planted::Plan;
using planted::PlantedNetwork;
using planted::reply_of;
using planted::request;
using planted::text_of;

TEST_CASE("engine: a request spends what it was given and answers with the best") {
  Fixture fixture;
  const SearchReply reply = fixture.ask(request({.full_after = 10}, 100));
  CHECK(reply.status == ReplyStatus::solved);
  CHECK(reply.simulations == 100);
  CHECK(text_of(reply) == "100");
  CHECK(reply.weights == "default");
  CHECK(reply.first_answer_ms > 0);
}

TEST_CASE("engine: without a bound a request has 2,000 simulations; with a deadline it has none") {
  Fixture fixture;
  CHECK(fixture.ask(request({})).simulations == simulations_default);
  Request bounded = request({.full_after = 1, .spin_ns = 1000});
  bounded.deadline = after_ms(30);
  const SearchReply reply = fixture.ask(std::move(bounded));
  CHECK(reply.status == ReplyStatus::solved);
  CHECK(reply.simulations > simulations_default);
}

TEST_CASE(
    "engine: the smallest program ends a request at once, the first one where that is asked") {
  Fixture fixture;
  const SearchReply smallest =
      fixture.ask(request({.full_after = 5, .smallest_after = 7}, 1'000'000));
  CHECK(smallest.simulations == 7);
  CHECK(smallest.smallest);
  Request first = request({.full_after = 5, .smallest_after = 7}, 1'000'000);
  first.first_only = true;
  const SearchReply reply = fixture.ask(std::move(first));
  CHECK(reply.simulations == 5);
  CHECK_FALSE(reply.smallest);
}

TEST_CASE("engine: nothing found is unsolved after the simulations, expired after the deadline") {
  Fixture fixture;
  CHECK(fixture.ask(request({}, 50)).status == ReplyStatus::unsolved);
  Request late = request({.spin_ns = 1000});
  late.deadline = after_ms(5);
  CHECK(fixture.ask(std::move(late)).status == ReplyStatus::expired);
}

TEST_CASE("engine: a request that waits expires at its deadline") {
  Fixture fixture({.active = 1});
  Handle busy = fixture.submit(request({.spin_ns = 10'000}, ~std::uint64_t{0} >> 1));
  Request waits = request({.full_after = 1}, 10);
  waits.deadline = after_ms(20);
  CHECK(fixture.ask(std::move(waits)).status == ReplyStatus::expired);
  busy.cancel();
  const SearchReply reply = reply_of(busy);
  CHECK(reply.status == ReplyStatus::cancelled);
}

TEST_CASE("engine: a request that comes when its deadline has passed is not begun") {
  Fixture fixture;
  Request late = request({.smallest_after = 1});
  late.deadline = now_ns();
  const SearchReply reply = fixture.ask(std::move(late));
  CHECK(reply.status == ReplyStatus::expired);
  CHECK(reply.simulations == 0);
}

TEST_CASE("engine: a request beyond the queue is rejected with a time to come back") {
  Fixture fixture({.queue = 2, .active = 1});
  std::vector<Handle> handles;
  SearchReply rejection;
  std::uint32_t rejected = 0;
  for (int i = 0; i < 20; ++i) {
    Handle handle = fixture.engine->submit(
        fixture.client, request({.spin_ns = 10'000}, ~std::uint64_t{0} >> 1), rejection);
    if (handle.valid()) {
      handles.push_back(std::move(handle));
    } else {
      ++rejected;
      CHECK(rejection.status == ReplyStatus::rejected);
      CHECK(rejection.retry_after_ms > 0);
    }
  }
  CHECK(handles.size() >= 2);
  CHECK(handles.size() <= 4);
  CHECK(handles.size() + rejected == 20);
  CHECK(fixture.engine->stats().requests[static_cast<std::size_t>(ReplyStatus::rejected)] ==
        rejected);
}

TEST_CASE("engine: texts that wait are bounded in bytes, and so is one request") {
  Fixture fixture({.active = 1, .queue_bytes_max = 1000});
  Handle busy = fixture.submit(request({.spin_ns = 10'000}, ~std::uint64_t{0} >> 1));
  while (fixture.engine->stats().running == 0 || fixture.engine->stats().waiting != 0)
    std::this_thread::yield();
  Request large = request({}, 1);
  large.bytes = 600;
  Handle waits = fixture.submit(std::move(large));
  large = request({}, 1);
  large.bytes = 600;
  SearchReply rejection;
  CHECK_FALSE(fixture.engine->submit(fixture.client, std::move(large), rejection).valid());
  CHECK(rejection.status == ReplyStatus::rejected);
}

TEST_CASE("engine: a cancelled request is answered whether it waits or runs") {
  Fixture fixture({.active = 1});
  Handle runs =
      fixture.submit(request({.full_after = 1, .spin_ns = 10'000}, ~std::uint64_t{0} >> 1));
  while (fixture.engine->stats().running == 0) std::this_thread::yield();
  Handle waits = fixture.submit(request({.full_after = 1}, 10));
  SearchReply reply;
  CHECK(waits.poll(reply) == Status::would_block);
  waits.cancel();
  CHECK(waits.poll(reply) == Status::accepted);
  CHECK(reply.status == ReplyStatus::cancelled);
  runs.cancel();
  CHECK(runs.wait_until(after_ms(10'000), reply) == Status::accepted);
  CHECK(reply.status == ReplyStatus::cancelled);
  CHECK(reply.answer.programs.empty());
}

TEST_CASE("engine: a dropped handle cancels its request and frees its slot") {
  std::atomic<int> alive{0};
  Fixture fixture({.queue = 4, .replies = 4, .active = 1});
  for (int i = 0; i < 200; ++i) {
    Handle handle;
    while (!handle.valid())
      handle = fixture.engine->submit(fixture.client,
                                      request({.spin_ns = 1000, .alive = &alive}, 1'000'000),
                                      fixture.rejection);
    if (i % 3 == 0) std::this_thread::yield();
  }
  CHECK(fixture.engine->drain_until(after_ms(10'000)) == Status::accepted);
  CHECK(alive == 0);
  CHECK(fixture.engine->stats().arena_bytes == 0);
}

TEST_CASE("engine: clients share the turns however much one of them asks") {
  Fixture fixture({.active = 1}, 1);
  const ClientId other = fixture.engine->add_client().value();
  std::vector<Handle> flood;
  Handle busy =
      fixture.submit(request({.spin_ns = 100'000}, 1'000'000));  // until all others have come
  for (int i = 0; i < 200; ++i) flood.push_back(fixture.submit(request({.spin_ns = 10'000}, 2000)));
  SearchReply reply;
  Handle one = fixture.engine->submit(other, request({.spin_ns = 100}, 2000), fixture.rejection);
  busy.cancel();
  CHECK(one.wait_until(after_ms(60'000), reply) == Status::accepted);
  std::size_t ahead = 0;
  for (Handle& handle : flood) ahead += handle.poll(reply) == Status::accepted ? 1 : 0;
  CHECK(ahead < 20);
}

/// How many of tag 0 were answered before the hundredth of tag 1. One request searches at a time.
class Order final : public Listener {
 public:
  void replied(std::uint64_t tag) noexcept override {
    if (tag == 0) ++first_;
    if (tag == 1 && ++second_ == 100) ahead_ = first_.load();
  }
  int ahead() const { return ahead_; }

 private:
  std::atomic<int> first_{0}, second_{0}, ahead_{0};
};

TEST_CASE("engine: a client with three times the share has three times the turns") {
  Order order;
  Fixture fixture({.active = 1}, 1);
  const ClientId threefold = fixture.engine->add_client(3).value();
  const ClientId other = fixture.engine->add_client().value();
  Handle busy =
      fixture.submit(request({.spin_ns = 100'000}, 1'000'000));  // until all others have come
  std::vector<Handle> more, less;
  for (int i = 0; i < 400; ++i) {
    more.push_back(fixture.engine->submit(threefold, request({.spin_ns = 1'000}, 2000),
                                          fixture.rejection, &order, 0));
    less.push_back(fixture.engine->submit(other, request({.spin_ns = 1'000}, 2000),
                                          fixture.rejection, &order, 1));
  }
  SUBCASE("from its beginning") {}
  SUBCASE("when it asks for more") {
    CHECK(fixture.engine->set_share(other, 3));
    CHECK(fixture.engine->set_share(threefold, 9));
    CHECK(!fixture.engine->set_share(other, -1));  // and nothing has changed
    CHECK(!fixture.engine->set_share(other, std::numeric_limits<double>::infinity()));
  }
  busy.cancel();
  for (Handle& handle : less) (void)reply_of(handle);
  CHECK(order.ahead() >= 285);
  CHECK(order.ahead() <= 320);
  CHECK(fixture.engine->drain_until(after_ms(60'000)) == Status::accepted);
}

TEST_CASE("engine: all requests end by the end that is set, with what they have found") {
  Fixture fixture({.active = 2}, 2);
  std::vector<Handle> handles;
  for (int i = 0; i < 8; ++i)
    handles.push_back(
        fixture.submit(request({.full_after = 1, .spin_ns = 100'000}, 1'000'000'000)));
  SearchReply reply;
  CHECK(handles[0].wait_until(after_ms(30), reply) == Status::timed_out);
  fixture.engine->end_by(after_ms(20));
  fixture.engine->end_by(after_ms(1'000'000));  // no later again
  handles.push_back(fixture.submit(request({.full_after = 1, .spin_ns = 100'000}, 1'000'000'000)));
  std::size_t solved = 0, expired = 0;
  for (Handle& handle : handles) {
    REQUIRE(handle.wait_until(after_ms(60'000), reply) == Status::accepted);
    solved += reply.status == ReplyStatus::solved ? 1 : 0;
    expired += reply.status == ReplyStatus::expired ? 1 : 0;
  }
  CHECK(solved >= 1);  // those that searched
  CHECK(solved + expired == handles.size());
}

TEST_CASE("engine: a more urgent level begins first") {
  Fixture fixture({.active = 1}, 1);
  Handle busy =
      fixture.submit(request({.spin_ns = 100'000}, 1'000'000));  // until all others have come
  std::vector<Handle> later;
  for (int i = 0; i < 20; ++i) {
    Request low = request({.spin_ns = 100'000}, 10'000);
    low.level = 2;
    later.push_back(fixture.submit(std::move(low)));
  }
  Request high = request({}, 10);
  high.level = 0;
  Handle urgent = fixture.submit(std::move(high));
  busy.cancel();
  SearchReply reply = reply_of(urgent);
  std::size_t ahead = 0;
  for (Handle& handle : later) ahead += handle.poll(reply) == Status::accepted ? 1 : 0;
  CHECK(ahead <= 1);
  CHECK(busy.wait_until(after_ms(60'000), reply) == Status::accepted);
}

TEST_CASE("engine: a prior is applied at one count of simulations, however late it comes") {
  for (const std::uint64_t stall_ms : {0U, 30U}) {
    Guidance guidance;
    auto network = std::make_unique<PlantedNetwork>("v1");
    network->stall_ms = stall_ms;
    CHECK(guidance.of(NetworkKind::lists).set(std::move(network)));
    Fixture fixture({.guidance = &guidance, .guide_after = 3});
    const SearchReply reply = fixture.ask(request({.full_after = 1, .features = {1, 2}}, 50));
    CHECK(text_of(reply) == "50 3.000000@3");
    CHECK(reply.weights == "v1");
    CHECK(reply.evaluations == 1);
  }
}

TEST_CASE("engine: leaves of many requests are evaluated together, and each gets its own answer") {
  Guidance guidance;
  auto network = std::make_unique<PlantedNetwork>("v1");
  network->stall_ms = 1;
  const PlantedNetwork* const seen = network.get();
  CHECK(guidance.of(NetworkKind::lists).set(std::move(network)));
  Fixture fixture({.active = 16, .guidance = &guidance, .guide_after = 1});
  std::vector<Handle> handles;
  for (int i = 0; i < 16; ++i)
    handles.push_back(fixture.submit(
        request({.full_after = 1, .leaf_every = 2, .features = {static_cast<float>(i), 0}}, 4)));
  for (int i = 0; i < 16; ++i) {
    SearchReply reply;
    CHECK(handles[static_cast<std::size_t>(i)].wait_until(after_ms(60'000), reply) ==
          Status::accepted);
    const std::string x = std::to_string(static_cast<float>(i));
    CHECK(text_of(reply) == "4 " + x + "@1 " + x + "@2");
  }
  if (std::getenv("WEIR_SMALLEST") == nullptr)
    CHECK(seen->largest > 1);  // there batches are of one
}

TEST_CASE("engine: a request keeps the weights that it began with") {
  Guidance guidance;
  CHECK(guidance.of(NetworkKind::lists).set(std::make_unique<PlantedNetwork>("old", 0.F)));
  Fixture fixture({.guidance = &guidance, .guide_after = 1});
  Handle begun = fixture.submit(
      request({.full_after = 1, .spin_ns = 1'000'000, .leaf_every = 10, .features = {1, 1}}, 40));
  while (fixture.engine->stats().evaluations == 0) std::this_thread::yield();
  CHECK(guidance.of(NetworkKind::lists).set(std::make_unique<PlantedNetwork>("new", 100.F)));
  const SearchReply later = fixture.ask(request({.full_after = 1, .features = {1, 1}}, 5));
  CHECK(later.weights == "new");
  CHECK(text_of(later) == "5 102.000000@1");
  const SearchReply reply = reply_of(begun);
  CHECK(reply.weights == "old");
  CHECK(text_of(reply) == "40 2.000000@1 2.000000@10 2.000000@20 2.000000@30");
}

TEST_CASE("engine: what a version has answered is not computed again, what another is asked is") {
  Guidance guidance;
  CHECK(guidance.of(NetworkKind::lists).set(std::make_unique<PlantedNetwork>("old", 0.F)));
  Fixture fixture({.guidance = &guidance, .guide_after = 1});
  const auto ask = [&](float x) {
    return text_of(fixture.ask(request({.full_after = 1, .features = {x, 1}}, 5)));
  };
  for (int i = 0; i < 5; ++i) CHECK(ask(1) == "5 2.000000@1");
  CHECK(fixture.engine->stats().evaluations == 1);
  const bool rested = fixture.comes_to_rest();
  const std::size_t with_one = fixture.engine->memory();
  CHECK(ask(2) == "5 3.000000@1");
  CHECK(fixture.engine->stats().evaluations == 2);
  CHECK((rested && fixture.comes_to_rest()));
  CHECK(fixture.engine->memory() > with_one);  // an answer more is kept
  CHECK(guidance.of(NetworkKind::lists).set(std::make_unique<PlantedNetwork>("new", 100.F)));
  CHECK(ask(1) == "5 102.000000@1");
  CHECK(fixture.engine->stats().evaluations == 3);
}

TEST_CASE("engine: leaves without a network are left to the kernel's default") {
  Guidance empty;
  for (Guidance* const guidance : {static_cast<Guidance*>(nullptr), &empty}) {
    Fixture fixture({.guidance = guidance});
    const SearchReply reply =
        fixture.ask(request({.full_after = 1, .leaf_every = 2, .features = {1, 1}}, 4));
    CHECK(text_of(reply) == "4 none@2 none@4");
    CHECK(reply.weights == "default");
    CHECK(reply.evaluations == 0);
  }
}

TEST_CASE("engine: a rejection's time to come back follows how long requests take") {
  const auto retry_of = [](std::uint64_t spin_ns) {
    Fixture fixture({.queue = 2, .active = 1}, 1);
    for (int i = 0; i < 5; ++i) (void)fixture.ask(request({.spin_ns = spin_ns}, 10));
    std::vector<Handle> handles;
    SearchReply rejection;
    for (;;) {
      handles.push_back(fixture.engine->submit(
          fixture.client, request({.spin_ns = 1'000'000}, 1'000'000), rejection));
      if (!handles.back().valid()) return rejection.retry_after_ms;
    }
  };
  CHECK(retry_of(20'000'000) >= 200);  // two wait, each of them for the 200 ms that the others took
  CHECK(retry_of(1'000) < 100);
}

TEST_CASE("engine: versions in use are never replaced") {
  Versions versions;
  CHECK(versions.pin().get() == nullptr);
  std::vector<Versions::Pin> pins;
  for (std::uint32_t i = 0; i < Versions::versions_max; ++i) {
    CHECK(versions.set(std::make_unique<PlantedNetwork>(std::to_string(i))));
    pins.push_back(versions.pin());
  }
  CHECK_FALSE(versions.set(std::make_unique<PlantedNetwork>("more")));
  for (std::uint32_t i = 0; i < Versions::versions_max; ++i)
    CHECK(pins[i].get()->version() == std::to_string(i));
  pins[3].reset();
  CHECK(versions.set(std::make_unique<PlantedNetwork>("more")));
  CHECK(versions.pin().get()->version() == "more");
}

TEST_CASE("engine: an answer is the same alone and among ten thousand") {
  Guidance guidance;
  CHECK(guidance.of(NetworkKind::lists).set(std::make_unique<PlantedNetwork>("v1")));
  Fixture fixture({.guidance = &guidance, .guide_after = 4}, 3);
  const auto make = [](int i) {
    return request({.full_after = 1,
                    .leaf_every = static_cast<std::uint32_t>(i % 5),
                    .features = {static_cast<float>(i), 1}},
                   static_cast<std::uint64_t>(20 + i % 7));
  };
  std::vector<Handle> handles;
  constexpr int requests = test::sanitized ? 1'000 : 10'000;
  for (int i = 0; i < requests; ++i) handles.push_back(fixture.submit(make(i)));
  std::vector<std::string> among;
  for (Handle& handle : handles) {
    const SearchReply reply = reply_of(handle);
    among.push_back(text_of(reply));
  }
  for (int i = 0; i < requests; i += 37)
    CHECK(text_of(fixture.ask(make(i))) == among[static_cast<std::size_t>(i)]);
}

TEST_CASE("engine: exactly one reply, with cancels and deadlines racing the answer") {
  std::atomic<int> alive{0};
  Guidance guidance;
  CHECK(guidance.of(NetworkKind::lists).set(std::make_unique<PlantedNetwork>("v1")));
  Fixture fixture({.queue = 64, .replies = 64, .active = 4, .guidance = &guidance}, 3);
  for (int round = 0; round < 40; ++round) {
    Counter counter(256);
    std::atomic<int> inside[256]{};
    std::vector<Handle> handles(256);
    for (std::uint32_t i = 0; i < 256; ++i) {
      Plan plan{.full_after = 1, .spin_ns = 500, .alive = &alive};
      plan.inside = &inside[i];
      if (i % 2 == 0) plan.features = {1, 2}, plan.leaf_every = 3;
      Request made = request(plan, 1 + i % 16);
      if (i % 5 == 0) made.deadline = now_ns() + 50'000 * (i % 11);
      while (!handles[i].valid()) {
        Request again = request(plan, 1 + i % 16);
        again.deadline = made.deadline;
        handles[i] = fixture.engine->submit(fixture.client, std::move(again), fixture.rejection,
                                            &counter, i);
        if (!handles[i].valid()) {
          for (std::uint32_t k = 0; k < i; ++k) {
            SearchReply reply;
            if (handles[k].valid() && handles[k].poll(reply) == Status::accepted)
              CHECK(text_of(reply)[0] != 't');
          }
          std::this_thread::yield();
        }
      }
      if (i % 3 == 0) handles[i / 2].cancel();
    }
    for (Handle& handle : handles) {
      SearchReply reply;
      if (handle.valid()) CHECK(handle.wait_until(after_ms(60'000), reply) == Status::accepted);
    }
    CHECK(counter.once());
  }
  CHECK(fixture.engine->drain_until(after_ms(60'000)) == Status::accepted);
  CHECK(alive == 0);
  const EngineStats stats = fixture.engine->stats();
  CHECK(stats.running == 0);
  CHECK(stats.waiting == 0);
  CHECK(stats.arena_bytes == 0);
}

TEST_CASE("engine: without threads whoever waits drives it") {
  Guidance guidance;
  CHECK(guidance.of(NetworkKind::lists).set(std::make_unique<PlantedNetwork>("v1")));
  Fixture fixture({.guidance = &guidance, .guide_after = 2}, 0);
  CHECK(text_of(fixture.ask(request({.full_after = 1, .features = {1, 1}}, 5))) == "5 2.000000@2");
  Handle waits = fixture.submit(request({}, 5));
  waits.cancel();
  const SearchReply reply = reply_of(waits);
  CHECK(reply.status == ReplyStatus::cancelled);
}

TEST_CASE("engine: a reply that nobody reads does not hold the others up") {
  Fixture fixture({.queue = 8, .replies = 8, .active = 2});
  std::vector<Handle> unread;
  for (int i = 0; i < 8; ++i) unread.push_back(fixture.submit(request({.full_after = 1}, 2)));
  while (fixture.engine->stats().waiting != 0) std::this_thread::yield();
  CHECK(fixture.ask(request({.full_after = 1}, 2)).status == ReplyStatus::solved);
}

TEST_CASE(
    "engine: it stops under load, with an evaluator that stalls and replies that nobody has read") {
  for (int round = 0; round < 5; ++round) {
    std::atomic<int> alive{0};
    std::vector<Handle> handles;
    Guidance guidance;
    auto network = std::make_unique<PlantedNetwork>("v1");
    network->stall_ms = 40;
    CHECK(guidance.of(NetworkKind::lists).set(std::move(network)));
    {
      Fixture fixture({.guidance = &guidance});
      for (int i = 0; i < 1000; ++i)
        handles.push_back(fixture.submit(request({.full_after = 1,
                                                  .spin_ns = 1000,
                                                  .leaf_every = 5,
                                                  .features = {1, 1},
                                                  .alive = &alive},
                                                 5000)));
      for (int i = 0; i < round; ++i) std::this_thread::yield();
      handles.clear();
    }
    CHECK(alive == 0);
  }
}

}  // namespace weir::search::engine_test
