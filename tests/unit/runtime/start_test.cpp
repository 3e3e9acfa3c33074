// Runtime::start at its edges: a thread that cannot be had, and more workers than a word has bits.
#include <dlfcn.h>
#include <pthread.h>
#include <unistd.h>

#include <cerrno>
#include <weir/thread.hpp>

#include "core_fixture.hpp"

using namespace weir;
using namespace weir::test;

#ifndef WEIR_SANITIZED

// The sanitizers have a pthread_create of their own, which must not be gone round.

namespace {

std::atomic<int> threads_allowed{-1};  // further threads that can be had; -1: any number

}  // namespace

extern "C" int pthread_create(pthread_t* thread, const pthread_attr_t* attributes,
                              void* (*body)(void*), void* argument) {
  using Create = int (*)(pthread_t*, const pthread_attr_t*, void* (*)(void*), void*);
  static const auto create = reinterpret_cast<Create>(::dlsym(RTLD_NEXT, "pthread_create"));
  if (threads_allowed.load() == 0) return EAGAIN;
  if (threads_allowed.load() > 0) --threads_allowed;
  return create(thread, attributes, body, argument);
}

TEST_CASE("start: a thread that is refused ends the start, and those before it, cleanly") {
  const std::size_t bytes = allocated_bytes();
  const std::size_t threads = thread_count();
  for (int allowed = 0; allowed < 8; ++allowed) {
    CAPTURE(allowed);
    Config config;
    config.workers = 8;
    config.task_slots = 1024;
    config.schedule = Schedule::stealing();
    threads_allowed = allowed;
    const Result<std::unique_ptr<Runtime>> started = Runtime::start(config);
    const int left = threads_allowed.exchange(-1);
    REQUIRE(!started);
    CHECK(std::string(started.error().code) == "thread_refused");
    CHECK(left == 0);
    CHECK(allocated_bytes() == bytes);
    // The kernel lists a thread that has been joined for a moment longer.
    for (int looks = 0; looks < 10'000 && thread_count() != threads; ++looks) ::usleep(1'000);
    CHECK(thread_count() == threads);
  }
  auto runtime = start_with(8);  // and the next one is had
  CHECK(runtime->run([] {}) == Status::accepted);
}

#endif

TEST_CASE("start: more workers than a word has bits run, sleep, wake and stop" * needs_room) {
  constexpr int workers = 100;
  auto runtime = start_with(workers, 8192, 1024);
  const Watchdog dog(*runtime, 120);
  Producer producer = runtime->producer("test").value();
  std::atomic<int> count{0};
  for (int round = 0; round < 5; ++round) {
    for (int i = 0; i < 500; ++i) {
      submit_all(*runtime, producer, [&count] {
        for (int child = 0; child < 4; ++child)
          static_cast<void>(spawn_or_run([&count] { ++count; }));
      });
    }
    const Receipt receipt = runtime->barrier();
    CHECK(receipt.status == Status::accepted);
    CHECK(receipt.tasks == 500 * 5);
    CHECK(count == (round + 1) * 2000);
  }
  SUBCASE("each of them is had at the same time") {
    Gate gate;
    for (int i = 0; i < workers; ++i) submit_all(*runtime, producer, [&gate] { gate.pass(); });
    gate.await(workers);
    gate.open();
    CHECK(runtime->barrier().status == Status::accepted);
  }
  CHECK(runtime->stop_until() == Status::accepted);
  const Metrics metrics = runtime->metrics();
  CHECK(metrics.submitted == metrics.retired);
  CHECK(metrics.total.lost_wakeups == 0);
  CHECK(metrics.stalls == 0);
}
