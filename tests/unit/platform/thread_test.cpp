#include "child.hpp"

#include <weir/limits.hpp>
#include <weir/thread.hpp>
#include <weir/topology.hpp>

#include <doctest/doctest.h>

#include <csignal>
#include <string>

#include <pthread.h>
#include <sched.h>

namespace {

struct Seen {
  char name[64] = {};
  int cpu = -1;
  int cpus = 0;
  int id = 0;
  std::size_t threads = 0;
};

void look(void* argument) {
  Seen& seen = *static_cast<Seen*>(argument);
  ::pthread_getname_np(::pthread_self(), seen.name, sizeof(seen.name));
  cpu_set_t mask;
  ::sched_getaffinity(0, sizeof(mask), &mask);
  seen.cpus = CPU_COUNT(&mask);
  seen.cpu = weir::current_cpu();
  seen.id = weir::thread_id();
  seen.threads = weir::thread_count();
}

int some_allowed_cpu() {
  int last = -1;
  for (const weir::Cpu& cpu : weir::machine_topology().cpus) last = cpu.allowed ? cpu.os : last;
  return last;
}

}  // namespace

TEST_CASE("thread: has its name, at most 15 characters of it") {
  Seen seen;
  weir::Thread::start({.name = "weir-worker-12345"}, &look, &seen).value().join();
  CHECK(std::string(seen.name) == "weir-worker-123");
  CHECK(std::string(seen.name).size() + 1 == weir::limits::thread_name_bytes);
  CHECK(seen.id > 0);
  CHECK(seen.id != weir::thread_id());
}

TEST_CASE("thread: is pinned before it runs") {
  const int cpu = some_allowed_cpu();
  Seen seen;
  weir::Thread::start({.name = "pinned", .cpu = cpu}, &look, &seen).value().join();
  CHECK(seen.cpus == 1);
  CHECK(seen.cpu == cpu);
}

TEST_CASE("thread: a CPU that does not exist is an error, not a thread") {
  Seen seen;
  const auto refused = weir::Thread::start({.name = "nowhere", .cpu = 100'000}, &look, &seen);
  REQUIRE_FALSE(refused.ok());
  CHECK(refused.error().code == "bad_cpu");
  CHECK(refused.error().text() == "thread nowhere: cannot be pinned to CPU 100000 [bad_cpu]");
  CHECK(seen.id == 0);
}

TEST_CASE("thread: a refused clone is an error") {
  Seen seen;
  const auto refused =
      weir::Thread::start({.name = "huge", .stack_bytes = std::size_t{1} << 46}, &look, &seen);
  REQUIRE_FALSE(refused.ok());
  CHECK(refused.error().code == "thread_refused");
  CHECK(seen.id == 0);
}

TEST_CASE("thread: threads are counted while they live") {
  const std::size_t before = weir::thread_count();
  Seen seen;
  weir::Thread::start({}, &look, &seen).value().join();
  CHECK(seen.threads >= before + 1);
  CHECK(before >= 1);
}

TEST_CASE("thread: moves, and is joined once") {
  Seen seen;
  weir::Thread first = weir::Thread::start({}, &look, &seen).value();
  weir::Thread second = std::move(first);
  CHECK_FALSE(first.joinable());
  CHECK(second.joinable());
  first = std::move(second);
  first.join();
  CHECK_FALSE(first.joinable());
  CHECK(seen.id != 0);
}

TEST_CASE("thread: destroying one that was not joined is a broken contract") {
  const weir::test::Child child = weir::test::in_child([] {
    Seen seen;
    const auto thread = weir::Thread::start({}, &look, &seen);
    static_cast<void>(thread);
  });
  CHECK(child.signal == SIGABRT);
  CHECK(child.err.find("joined") != std::string::npos);
}

TEST_CASE("thread: affinity can be narrowed, not to nothing") {
  const weir::test::Child child = weir::test::in_child([] {
    const int cpu = some_allowed_cpu();
    const int nowhere = 100'000;
    return weir::set_affinity(&cpu, 1) && weir::current_cpu() == cpu &&
           !weir::set_affinity(&nowhere, 1) && !weir::set_affinity(nullptr, 0);
  });
  CHECK(child.code == 0);
}
