#include <doctest/doctest.h>
#include <unistd.h>

#include <csignal>
#include <cstdint>
#include <weir/signals.hpp>
#include <weir/thread.hpp>

#include "child.hpp"

namespace {

volatile std::sig_atomic_t former_calls = 0;
void former_handler(int) { former_calls = former_calls + 1; }

}  // namespace

TEST_CASE("signals: none asked for at first") {
  const weir::StopSignals signals;
  CHECK_FALSE(signals.stop_requested());
  CHECK(signals.signal_number() == 0);
  CHECK_FALSE(signals.wait_until(1));
}

TEST_CASE("signals: the first one sets the flag and says which, the former handler comes back") {
  using Handler = void (*)(int);
  const Handler before = std::signal(SIGTERM, &former_handler);
  {
    const weir::StopSignals signals;
    std::raise(SIGTERM);
    CHECK(signals.stop_requested());
    CHECK(signals.signal_number() == SIGTERM);
    CHECK(signals.word().load(weir::seq_cst) == SIGTERM);
    CHECK(signals.wait_until(weir::never));
  }
  CHECK(former_calls == 0);
  std::raise(SIGTERM);
  CHECK(former_calls == 1);
  std::signal(SIGTERM, before);
}

TEST_CASE("signals: a sleeper wakes") {
  const weir::StopSignals signals;
  weir::Thread sleeper =
      weir::Thread::start(
          {.name = "sleeper"},
          [](void* argument) {
            static_cast<void>(
                static_cast<const weir::StopSignals*>(argument)->wait_until(weir::never));
          },
          const_cast<weir::StopSignals*>(&signals))
          .value();
  std::raise(SIGINT);
  sleeper.join();
  CHECK(signals.signal_number() == SIGINT);
}

TEST_CASE("signals: the second one ends the program with 128 and its number") {
  for (const int second : {SIGINT, SIGTERM}) {
    const weir::test::Child child = weir::test::in_child([second] {
      const weir::StopSignals signals;
      std::raise(SIGINT);
      std::raise(second);
    });
    CHECK(child.signal == 0);
    CHECK(child.code == 128 + second);
  }
}

TEST_CASE("signals: those before the one that was chosen are counted, and end nothing") {
  const weir::test::Child child = weir::test::in_child([] {
    const weir::StopSignals signals(4);
    for (std::uint32_t count = 1; count < 4; ++count) {
      std::raise(count == 2 ? SIGINT : SIGTERM);
      if (signals.count() != count || signals.signal_number() != SIGTERM) ::_exit(1);
    }
    std::raise(SIGINT);
    ::_exit(2);
  });
  CHECK(child.signal == 0);
  CHECK(child.code == 128 + SIGINT);
}

TEST_CASE("signals: two at the same time are a broken contract") {
  const weir::test::Child child = weir::test::in_child([] {
    const weir::StopSignals first;
    const weir::StopSignals second;
  });
  CHECK(child.signal == SIGABRT);
}
