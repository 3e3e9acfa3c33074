// clock_test.cpp: no test asserts how long something took, only what can never be.
#include <doctest/doctest.h>

#include <thread>
#include <weir/clock.hpp>

TEST_CASE("clock: now never goes back") {
  weir::Deadline last = weir::now_ns();
  for (int i = 0; i < 10'000; ++i) {
    const weir::Deadline now = weir::now_ns();
    REQUIRE(now >= last);
    last = now;
  }
}

TEST_CASE("clock: a deadline lies as far ahead as asked") {
  const weir::Deadline before = weir::now_ns();
  const weir::Deadline ms = weir::after_ms(5);
  const weir::Deadline us = weir::after_us(7);
  CHECK(ms >= before + 5'000'000);
  CHECK(us >= before + 7'000);
  CHECK(ms <= weir::now_ns() + 5'000'000);
  CHECK(us <= weir::now_ns() + 7'000);
}

TEST_CASE("clock: what would overflow is never") {
  CHECK(weir::after_ms(weir::never) == weir::never);
  CHECK(weir::after_us(weir::never) == weir::never);
  CHECK(weir::after_ms(weir::never / 1'000'000) == weir::never);
  CHECK(weir::after_ms(1000) != weir::never);
}

TEST_CASE("clock: ticks have a positive, constant rate") {
  const double rate = weir::ticks_per_us();
  CHECK(rate > 1.0);
  CHECK(weir::ticks_per_us() == rate);
  const std::uint64_t first = weir::ticks();
  const weir::Deadline first_ns = weir::now_ns();
  while (weir::now_ns() < first_ns + 1'000'000) {
  }
  const double us = static_cast<double>(weir::ticks() - first) / rate;
  CHECK(us >= 900.0);  // the loop lasted at least 1000
}

TEST_CASE("clock: processor time grows with work, and that of other threads counts") {
  const std::uint64_t before = weir::process_cpu_ns();
  std::thread other([before] {
    while (weir::process_cpu_ns() < before + 2'000'000) {
    }
  });
  other.join();
  const std::uint64_t worked = weir::process_cpu_ns();
  CHECK(worked >= before + 2'000'000);
  CHECK(weir::process_cpu_ns() >= worked);
}

TEST_CASE("clock: wall time is in this century") {
  CHECK(weir::wall_seconds() > 1.6e9);
  CHECK(weir::wall_seconds() < 4.2e9);
}
