#include <weir/futex.hpp>
#include <weir/thread.hpp>

#include <doctest/doctest.h>

namespace {

struct Meeting {
  weir::atomic<std::uint32_t> word{0};
  weir::atomic<std::uint32_t> answer{0};
};

void sleeper(void* argument) {
  Meeting& meeting = *static_cast<Meeting*>(argument);
  while (meeting.word.load(weir::seq_cst) == 0) weir::futex_wait(meeting.word, 0);
  meeting.answer.fetch_add(1, weir::seq_cst);
}

}  // namespace

TEST_CASE("futex: a deadline in the past returns false at once") {
  const weir::atomic<std::uint32_t> word{7};
  CHECK_FALSE(weir::futex_wait(word, 7, 1));
  CHECK_FALSE(weir::futex_wait(word, 7, weir::now_ns() - 1));
}

TEST_CASE("futex: a deadline ahead returns false once it has passed") {
  const weir::atomic<std::uint32_t> word{7};
  const weir::Deadline deadline = weir::after_ms(2);
  while (weir::futex_wait(word, 7, deadline)) {
  }
  CHECK(weir::now_ns() >= deadline);
}

TEST_CASE("futex: another value returns true without sleeping, deadline or not") {
  const weir::atomic<std::uint32_t> word{7};
  CHECK(weir::futex_wait(word, 8));
  CHECK(weir::futex_wait(word, 8, weir::after_ms(1'000'000)));
}

TEST_CASE("futex: wake_all wakes every sleeper") {
  Meeting meeting;
  weir::Thread threads[4];
  for (weir::Thread& thread : threads)
    thread = weir::Thread::start({.name = "sleeper"}, &sleeper, &meeting).value();
  meeting.word.store(1, weir::seq_cst);
  weir::futex_wake_all(meeting.word);
  for (weir::Thread& thread : threads) thread.join();
  CHECK(meeting.answer.load(weir::seq_cst) == 4);
}

TEST_CASE("futex: wake without a sleeper is harmless") {
  weir::atomic<std::uint32_t> word{0};
  weir::futex_wake(word);
  weir::futex_wake(word, 5);
  weir::futex_wake_all(word);
  CHECK(word.load(weir::relaxed) == 0);
}
