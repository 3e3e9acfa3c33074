#include "core_fixture.hpp"

using namespace weir;
using namespace weir::test;

TEST_CASE(
    "barrier: effects of what was submitted before are visible, whoever calls, many at once") {
  for (const int workers : worker_counts()) {
    CAPTURE(workers);
    auto runtime = start_with(workers);
    const Watchdog dog(*runtime, 120);
    std::atomic<int> wrong{0};
    std::vector<std::thread> callers;
    for (int t = 0; t < 4; ++t) {
      callers.emplace_back([&] {
        Producer producer = runtime->producer("caller").value();
        for (int round = 0; round < 100; ++round) {
          int effects[8] = {};  // plain: the barrier orders them
          for (int& effect : effects) {
            while (producer
                       .submit([&effect] {
                         if (spawn([&effect] { effect = 1; }).status != Status::accepted)
                           effect = 1;
                       })
                       .status != Status::accepted) {
              if (runtime->run_until_idle() == 0) std::this_thread::yield();
            }
          }
          const Receipt receipt = runtime->barrier();
          if (receipt.status != Status::accepted || receipt.bytes_live != 0) ++wrong;
          for (const int effect : effects) wrong += effect != 1;
        }
      });
    }
    for (std::thread& caller : callers) caller.join();
    CHECK(wrong == 0);
    CHECK(runtime->metrics().total.lost_wakeups == 0);
  }
}

TEST_CASE("barrier: work that goes on for ever does not hold it") {
  for (const int workers : {1, 2, 4}) {
    CAPTURE(workers);
    auto runtime = start_with(workers);
    const Watchdog dog(*runtime, 60);
    std::atomic<bool> stop{false};
    std::thread flood([&] {
      Producer producer = runtime->producer("flood").value();
      while (!stop) {
        if (producer.submit([] {}).status != Status::accepted) std::this_thread::yield();
      }
    });
    for (int i = 0; i < 100; ++i) CHECK(runtime->barrier().status == Status::accepted);
    stop = true;
    flood.join();
  }
}

TEST_CASE(
    "barrier: with a deadline it returns timed_out, and the next one waits for the same task") {
  auto runtime = start_with(2);
  Producer producer = runtime->producer("test").value();
  Gate gate;
  std::atomic<int> ended{0};
  REQUIRE(producer
              .submit([&] {
                gate.pass();
                ended = 1;
              })
              .status == Status::accepted);
  gate.await(1);
  CHECK(runtime->barrier_until(1).status == Status::timed_out);
  CHECK(runtime->barrier_until(after_ms(5)).status == Status::timed_out);
  CHECK(ended == 0);
  gate.open();
  CHECK(runtime->barrier().status == Status::accepted);
  CHECK(ended == 1);
}

TEST_CASE("barrier: begin and poll complete without a waiting thread" * needs_room) {
  for (const int workers : {0, 2}) {
    CAPTURE(workers);
    auto runtime = start_with(workers);
    Producer producer = runtime->producer("test").value();
    std::atomic<int> count{0};
    for (int i = 0; i < 10; ++i)
      REQUIRE(producer.submit([&count] { ++count; }).status == Status::accepted);
    BarrierTicket ticket = runtime->barrier_begin();
    Receipt receipt;
    while (!runtime->poll(ticket, receipt)) {
      if (runtime->run_until_idle() == 0) std::this_thread::yield();
    }
    CHECK(receipt.status == Status::accepted);
    CHECK(receipt.epoch == ticket.epoch);
    CHECK(receipt.tasks == 10);
    CHECK(count == 10);
  }
}

TEST_CASE("barrier: many tickets coalesce and all complete, in order" * needs_room) {
  auto runtime = start_with(2);
  Producer producer = runtime->producer("test").value();
  Gate gate;
  REQUIRE(producer.submit([&gate] { gate.pass(); }).status == Status::accepted);
  gate.await(1);
  std::vector<BarrierTicket> tickets;
  for (int i = 0; i < 20; ++i) {
    REQUIRE(producer.submit([] {}).status == Status::accepted);
    tickets.push_back(runtime->barrier_begin());
  }
  Receipt receipt;
  for (BarrierTicket& ticket : tickets) CHECK_FALSE(runtime->poll(ticket, receipt));
  CHECK(tickets.back().epoch <= limits::epochs_open_max);
  gate.open();
  CHECK(runtime->barrier().status == Status::accepted);
  for (BarrierTicket& ticket : tickets) CHECK(runtime->poll(ticket, receipt));
}

TEST_CASE(
    "barrier: retired objects are freed on the worker that retired them, after the grace period") {
  for (const int workers : {0, 1, 2}) {
    CAPTURE(workers);
    auto runtime = start_with(workers);
    static std::atomic<int> freed{0};
    static std::atomic<int> elsewhere{0};
    freed = 0;
    elsewhere = 0;
    struct Object {
      std::thread::id owner = std::this_thread::get_id();
      ~Object() {
        ++freed;
        if (owner != std::this_thread::get_id()) ++elsewhere;
      }
    };
    Producer producer = runtime->producer("test").value();
    for (int i = 0; i < 500; ++i)
      submit_all(*runtime, producer, [&runtime] { runtime->retire(new Object); });
    CHECK(runtime->barrier_until(after_ms(60'000)).status ==
          Status::accepted);  // no guest: workers own all
    CHECK(freed == 500);
    CHECK(elsewhere == 0);
    runtime->retire(new Object);  // a foreign thread's
    CHECK(runtime->barrier().status == Status::accepted);
    CHECK(freed == 501);
    runtime->retire(new Object);
    CHECK(runtime->stop_until() == Status::accepted);
    CHECK(freed == 502);
  }
}

TEST_CASE("barrier: an object that a running task can see is not freed under it" * needs_room) {
  auto runtime = start_with(2);
  const Watchdog dog(*runtime, 60);
  Producer producer = runtime->producer("test").value();
  static std::atomic<int> freed{0};
  freed = 0;
  struct Object {
    ~Object() { ++freed; }
  };
  Gate gate;
  REQUIRE(producer.submit([&gate] { gate.pass(); }).status == Status::accepted);
  gate.await(1);
  REQUIRE(producer.submit([&runtime] { runtime->retire(new Object); }).status == Status::accepted);
  for (int i = 0; i < 20; ++i) {
    CHECK(runtime->barrier_until(after_ms(1)).status == Status::timed_out);
  }
  CHECK(freed == 0);
  gate.open();
  CHECK(runtime->barrier().status == Status::accepted);
  CHECK(runtime->stop_until() == Status::accepted);
  CHECK(freed == 1);
}

TEST_CASE("barrier: a producer stopped between two calls delays nothing") {
  auto runtime = start_with(2);
  const Producer idle = runtime->producer("idle").value();
  for (int i = 0; i < 100; ++i) CHECK(runtime->barrier().status == Status::accepted);
  CHECK(runtime->metrics().barriers == 100);
}
