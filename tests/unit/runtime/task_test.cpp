#include <sys/wait.h>
#include <unistd.h>

#include "core_fixture.hpp"

using namespace weir;
using namespace weir::test;

TEST_CASE("task: spawned descendants end before the barrier returns") {
  for (const int workers : worker_counts()) {
    CAPTURE(workers);
    auto runtime = start_with(workers);
    std::atomic<int> count{0};
    struct Tree {
      std::atomic<int>* count;
      int depth;
      void operator()() const {
        ++*count;
        if (depth == 0) return;
        for (int i = 0; i < 2; ++i) {
          Tree child{count, depth - 1};
          if (spawn(child).status != Status::accepted) child();
        }
      }
    };
    Producer producer = runtime->producer("test").value();
    REQUIRE(producer.submit(Tree{&count, 9}).status == Status::accepted);
    CHECK(runtime->barrier().status == Status::accepted);
    CHECK(count == (1 << 10) - 1);
  }
}

TEST_CASE("task: spawn with no slot returns would_block and leaves the closure") {
  auto runtime = start_with(1, 1, 1);
  Producer producer = runtime->producer("test").value();
  Status seen = Status::accepted;
  bool kept = false;
  REQUIRE(producer
              .submit([&] {
                auto held = std::make_unique<int>(7);
                auto body = [held = std::move(held)]() mutable { *held = 0; };
                seen = spawn(std::move(body)).status;
                kept = seen == Status::would_block;
              })
              .status == Status::accepted);
  CHECK(runtime->barrier().status == Status::accepted);
  CHECK(seen == Status::would_block);
  CHECK(kept);
}

TEST_CASE("task: spawn_or_run runs inline without a slot, up to 64 deep") {
  auto runtime = start_with(1, 1, 1);
  Producer producer = runtime->producer("test").value();
  int deepest = 0;
  Status last = Status::accepted;
  struct Dive {
    int* deepest;
    Status* last;
    int depth;
    void operator()() const {
      *deepest = depth;
      const Status status = spawn_or_run(Dive{deepest, last, depth + 1}).status;
      if (status != Status::accepted) *last = status;
    }
  };
  REQUIRE(producer.submit(Dive{&deepest, &last, 0}).status == Status::accepted);
  CHECK(runtime->barrier().status == Status::accepted);
  CHECK(deepest == limits::inline_depth_max);
  CHECK(last == Status::would_block);
  CHECK(runtime->metrics().total.inline_runs == 64);
}

TEST_CASE("task: a chain of spawn_last of any length needs one slot and no stack") {
  for (const int workers : {0, 1, 2}) {
    CAPTURE(workers);
    auto runtime = start_with(workers, 1, 1);
    int count = 0;
    struct Link {
      int* count;
      void operator()() const {
        if (++*count < 100'000) spawn_last(Link{count});
      }
    };
    Producer producer = runtime->producer("test").value();
    REQUIRE(producer.submit(Link{&count}).status == Status::accepted);
    const Receipt receipt = runtime->barrier();
    CHECK(receipt.status == Status::accepted);
    CHECK(receipt.tasks == 100'000);
    CHECK(count == 100'000);
  }
}

TEST_CASE("task: a spawn_last chain does not starve the inbox of its only worker" * needs_room) {
  auto runtime = start_with(1);
  const Watchdog dog(*runtime, 60);
  Producer producer = runtime->producer("test").value();
  std::atomic<bool> stop{false};
  struct Forever {
    std::atomic<bool>* stop;
    void operator()() const {
      if (!stop->load()) spawn_last(Forever{stop});
    }
  };
  REQUIRE(producer.submit(Forever{&stop}).status == Status::accepted);
  REQUIRE(producer.submit([&stop] { stop = true; }).status == Status::accepted);
  CHECK(runtime->barrier().status == Status::accepted);
}

TEST_CASE("task: a scope waits for descendants and keeps the first error") {
  for (const int workers : worker_counts()) {
    CAPTURE(workers);
    auto runtime = start_with(workers);
    Producer producer = runtime->producer("test").value();
    Scope scope;
    CHECK(scope.wait_until(never) == Status::accepted);
    std::atomic<int> count{0};
    for (int i = 0; i < 20; ++i) {
      submit_all(*runtime, producer,
                 [&count] {
                   static_cast<void>(spawn_or_run([&count] { ++count; }));
                   ++count;
                 },
                 {.scope = &scope});
    }
    CHECK(scope.wait_until(never) == Status::accepted);
    CHECK(count == 40);
    CHECK(scope.live() == 0);
    submit_all(*runtime, producer, [] { throw std::runtime_error("of the scope"); },
               {.scope = &scope});
    CHECK(scope.wait_until(never) == Status::failed);
    CHECK(scope.first_error().what == "of the scope");
    CHECK(runtime->barrier().status == Status::accepted);  // the scope has it, the epoch has not
  }
}

TEST_CASE("task: a scope outlives its runtime, and keeps the error" * needs_room) {
  Scope scope;
  {
    auto runtime = Runtime::start({.workers = 1}).value();
    Producer producer = runtime->producer("test").value();
    REQUIRE(producer.submit([] { throw std::runtime_error("kept"); }, {.scope = &scope}).status ==
            Status::accepted);
    CHECK(scope.wait_until(never) == Status::failed);
  }
  CHECK(scope.first_error().what == "kept");
  CHECK(scope.live() == 0);
}  // the address sanitizer sees who asks the runtime here

TEST_CASE("task: a cancelled scope drops what has not begun, and running tasks see it" *
          needs_room) {
  auto runtime = start_with(1);
  Producer producer = runtime->producer("test").value();
  Scope scope;
  Gate gate;
  std::atomic<int> ran{0};
  std::atomic<bool> saw{false};
  REQUIRE(producer
              .submit(
                  [&] {
                    gate.pass();
                    saw = quiescent_point();
                  },
                  {.scope = &scope})
              .status == Status::accepted);
  gate.await(1);
  for (int i = 0; i < 10; ++i) {
    REQUIRE(producer.submit([&ran] { ++ran; }, {.scope = &scope}).status == Status::accepted);
  }
  CHECK(scope.wait_until(1) == Status::timed_out);
  scope.cancel();
  CHECK(producer.submit([] {}, {.scope = &scope}).status == Status::cancelled);
  gate.open();
  CHECK(scope.wait_until(never) == Status::cancelled);
  CHECK(saw);
  CHECK(ran == 0);
  CHECK(runtime->metrics().cancelled == 10);
}

TEST_CASE("task: a task whose deadline has passed is dropped and its closure destroyed") {
  auto runtime = start_with(0);
  Producer producer = runtime->producer("test").value();
  const auto held = std::make_shared<int>(0);
  REQUIRE(producer.submit([held] { ++*held; }, {.deadline = 1}).status == Status::accepted);
  CHECK(runtime->barrier().status == Status::accepted);
  CHECK(*held == 0);
  CHECK(held.use_count() == 1);
  CHECK(runtime->metrics().expired == 1);
}

TEST_CASE("task: worker_index names workers and guests, and -1 outside") {
  CHECK(worker_index() == -1);
  auto runtime = start_with(2);
  int index = -2;
  CHECK(runtime->run([&index] { index = worker_index(); }) == Status::accepted);
  CHECK(index >= 0);
  CHECK(index < 2 + limits::guests_default);
  CHECK_FALSE(quiescent_point());
}

TEST_CASE("task: bodies may return what the compiler does not let callers ignore") {
  auto runtime = start_with(2);
  int count = 0;
  CHECK(runtime->run([&count] {
    fork_join([&count] { return ++count, Status::closed; }, [] { return Status::closed; });
    parallel_for(0, 1, 1, [](std::size_t) { return Status::closed; });
    return spawn_or_run([] { return Status::closed; });
  }) == Status::accepted);
  CHECK(count == 1);
}

TEST_CASE("task: a fork inside a task makes its child's calls answer forked") {
  auto runtime = start_with(2);
  int code = -1;
  CHECK(runtime->run([&] {
    const pid_t child = fork();
    if (child == 0) {
      int bad = 0;
      if (spawn([] {}).status != Status::forked) bad |= 1;
      if (spawn_or_run([] {}).status != Status::forked) bad |= 2;
      if (runtime->barrier().status != Status::forked) bad |= 4;
      _exit(bad);
    }
    int status = 0;
    if (waitpid(child, &status, 0) == child && WIFEXITED(status)) code = WEXITSTATUS(status);
  }) == Status::accepted);
  CHECK(code == 0);
}

TEST_CASE("task: zero allocations between start and stop") {
  auto runtime = start_with(2);
  const Watchdog dog(*runtime, 60);
  Producer producer = runtime->producer("test").value();
  const std::uint64_t before = allocation_count();
  std::atomic<long> sum{0};
  for (int i = 0; i < 200; ++i) {
    submit_all(*runtime, producer, [&sum] {
      parallel_for(0, 64, 4, [&sum](std::size_t k) { sum += static_cast<long>(k); });
      static_cast<void>(spawn_or_run([&sum] { ++sum; }));
    });
  }
  CHECK(runtime->barrier().status == Status::accepted);
  CHECK(sum == 200L * (2016 + 1));
  CHECK(allocation_count() == before);
  CHECK(runtime->metrics().steady_state_allocations == 0);
}

TEST_CASE("task: a throw under a scope is counted like any other") {
  auto runtime = start_with(2, 64, 16);
  const Watchdog dog(*runtime, 60);
  Producer producer = runtime->producer("test").value();
  Scope scope;
  Submit under;
  under.scope = &scope;
  REQUIRE(producer.submit([] { throw std::runtime_error("scoped"); }, under).status ==
          Status::accepted);
  CHECK(scope.wait_until(never) == Status::failed);
  CHECK(runtime->barrier().status == Status::accepted);
  CHECK(runtime->metrics().failed == 1);
}
