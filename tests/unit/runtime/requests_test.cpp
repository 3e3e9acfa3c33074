#include <stdexcept>
#include <string>
#include <thread>
#include <tuple>
#include <vector>

#include "stream_fixture.hpp"

using namespace weir;
using namespace weir::test;

namespace {

/// requests -> a loop that counts down -> answer.
struct Countdown {
  explicit Countdown(Runtime& runtime, std::uint32_t slots, std::uint32_t tickets)
      : graph(runtime, "countdown") {
    requests = graph.requests<int, int>("ask", slots);
    auto start =
        graph.map("start", requests.in(), {}, [](int&& n) { return std::pair<int, int>(n, 0); });
    auto done = graph.loop("search", start, tickets, [&](Port<std::pair<int, int>> in) {
      return graph.map("evaluate", in, {.capacity = tickets},
                       [](std::pair<int, int>&& p) -> Turn<std::pair<int, int>> {
                         if (p.first < 0) throw std::runtime_error("negative");
                         if (p.second == p.first) return Leave{p};
                         return Again{std::pair<int, int>(p.first, p.second + 1)};
                       });
    });
    requests.answer(
        graph.map("end", done, {}, [](std::pair<int, int>&& p) { return p.second * 2; }));
    REQUIRE(graph.build().ok());
    REQUIRE(graph.start() == Status::accepted);
  }
  StreamGraph graph;
  Requests<int, int> requests;
};

}  // namespace

TEST_CASE("requests: each is answered once, through a loop of one ticket") {
  for (const int workers : {0, 1, 2, 4}) {
    auto runtime = runtime_of(workers);
    auto producer = runtime->producer("client").value();
    Countdown search(*runtime, 8, 1);
    for (int i = 0; i < 200; ++i) {
      Reply<int> reply;
      REQUIRE(search.requests.submit(producer, i % 9, reply).status == Status::accepted);
      int answer = -1;
      CHECK(reply.wait_until(never, answer) == Status::accepted);
      CHECK(answer == (i % 9) * 2);
      CHECK(reply.empty());
    }
    search.requests.close();
    CHECK(search.graph.wait_until(never) == Status::accepted);
    check_balanced(search.graph.ledger());
  }
}

TEST_CASE("requests: unread replies hold their slots, and submit answers would_block") {
  if (detail::smallest_bounds()) return;  // three slots become one
  auto runtime = runtime_of(2);
  auto producer = runtime->producer("client").value();
  Countdown search(*runtime, 3, 1);
  Reply<int> replies[3];
  for (auto& reply : replies)
    REQUIRE(search.requests.submit(producer, 5, reply).status == Status::accepted);
  CHECK(runtime->barrier().status == Status::accepted);
  Reply<int> fourth;
  const Outcome refused = search.requests.submit(producer, 5, fourth);
  CHECK(refused.status == Status::would_block);
  CHECK(refused.culprit != no_node);
  int answer = 0;
  CHECK(replies[1].poll(answer) == Status::accepted);
  CHECK(answer == 10);
  CHECK(search.requests.submit(producer, 6, fourth).status == Status::accepted);
  CHECK(fourth.wait_until(never, answer) == Status::accepted);
  CHECK(answer == 12);
}

TEST_CASE("requests: failed, cancelled and expired each come as what they are") {
  auto runtime = runtime_of(2);
  auto producer = runtime->producer("client").value();
  Countdown search(*runtime, 4, 2);
  int answer = 0;
  Reply<int> reply;
  REQUIRE(search.requests.submit(producer, -1, reply).status == Status::accepted);
  CHECK(runtime->barrier().status == Status::accepted);
  CHECK(reply.error_text() == "negative");
  CHECK(reply.wait_until(never, answer) == Status::failed);
  CHECK(reply.error_text() == "negative");
  Reply<int> moved = std::move(reply);
  CHECK(moved.error_text() == "negative");
  while (search.requests.submit(producer, -1, moved).status != Status::accepted) {
  }
  while (moved.error_text().empty()) std::this_thread::yield();  // as it fails, not before
  CHECK(moved.wait_until(never, answer) == Status::failed);

  REQUIRE(search.requests.submit(producer, 2'000'000'000, reply).status == Status::accepted);
  reply.cancel();
  CHECK(reply.wait_until(never, answer) == Status::cancelled);

  REQUIRE(
      search.requests.submit(producer, 2'000'000'000, reply, {.deadline = after_ms(5)}).status ==
      Status::accepted);
  CHECK(reply.wait_until(never, answer) == Status::expired);

  REQUIRE(search.requests.submit(producer, 2'000'000'000, reply).status == Status::accepted);
  CHECK(reply.wait_until(after_ms(5), answer) == Status::timed_out);
  CHECK(reply.wait_until(never, answer) == Status::cancelled);

  REQUIRE(search.requests.submit(producer, 2'000'000'000, reply).status == Status::accepted);
  reply.reset();  // abandoned
  search.requests.close();
  CHECK(search.graph.wait_until(never) == Status::accepted);
  const Ledger l = search.graph.ledger();
  check_balanced(l);
  CHECK(l.failed == 2);
  CHECK(l.expired == 1);
  CHECK(l.cancelled == 3);
}

TEST_CASE("requests: of two branches that throw for one request, one's error is told whole") {
  auto runtime = runtime_of(2);
  auto producer = runtime->producer("client").value();
  StreamGraph graph(*runtime, "branches");
  auto requests = graph.requests<int, int>("ask", 4);
  const auto throws = [](char letter) {
    return [letter](int&&) -> int { throw std::runtime_error(std::string(100, letter)); };
  };
  auto left = graph.map("left", requests.in(), {}, throws('l'));
  auto right = graph.map("right", requests.in(), {}, throws('r'));
  requests.answer(graph.map("end", graph.join("both", left, right), {},
                            [](std::tuple<int, int>&& both) { return std::get<0>(both); }));
  REQUIRE(graph.build().ok());
  REQUIRE(graph.start() == Status::accepted);
  for (int i = 0; i < 500; ++i) {
    Reply<int> reply;
    // The last one's token may still be on its way out.
    while (requests.submit(producer, 1, reply).status != Status::accepted) {
    }
    int answer = 0;
    REQUIRE(reply.wait_until(never, answer) == Status::failed);
    const std::string text(reply.error_text());
    REQUIRE(!text.empty());
    CHECK(text == std::string(100, text[0]));
  }
  requests.close();
  CHECK(graph.wait_until(never) == Status::accepted);
}

TEST_CASE("requests: several clients at once") {
  auto runtime = runtime_of(2);
  Countdown search(*runtime, 4, 2);
  std::vector<std::thread> clients;
  std::atomic<int> wrong{0};
  for (int c = 0; c < 3; ++c) {
    clients.emplace_back([&, c] {
      auto producer = runtime->producer("client").value();
      for (int i = 0; i < 300; ++i) {
        Reply<int> reply;
        while (search.requests.submit(producer, (i + c) % 5, reply).status == Status::would_block)
          std::this_thread::yield();
        int answer = -1;
        if (reply.wait_until(never, answer) != Status::accepted || answer != (i + c) % 5 * 2)
          ++wrong;
      }
    });
  }
  for (auto& client : clients) client.join();
  CHECK(wrong == 0);
  search.requests.close();
  CHECK(search.graph.wait_until(never) == Status::accepted);
  check_balanced(search.graph.ledger());
  CHECK(search.graph.ledger().out == 900);
}

TEST_CASE("requests: a thread stopped while it takes a reply slot refuses nobody's give-back") {
  Slab slab;
  detail::ReplySlots<int> slots;
  slots.prepare(slab, 2);
  std::vector<std::thread> threads;
  std::atomic<int> taken{0}, shared{0};
  std::atomic<int> owners[2] = {};
  for (int t = 0; t < 8; ++t) {
    threads.emplace_back([&] {
      for (int i = 0; i < 200'000; ++i) {
        std::uint32_t index = 0;
        if (!slots.take(index, never)) continue;
        if (owners[index].fetch_add(1) != 0) shared.fetch_add(1);
        owners[index].fetch_sub(1);
        taken.fetch_add(1);
        slots.give(index);
      }
    });
  }
  for (std::thread& thread : threads) thread.join();
  CHECK(taken.load() > 0);
  CHECK(shared.load() == 0);
  std::uint32_t index = 0;
  CHECK(slots.take(index, never));
  CHECK(slots.take(index, never));
  CHECK_FALSE(slots.take(index, never));
}
