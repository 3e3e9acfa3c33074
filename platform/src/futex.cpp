// futex.cpp: the two system calls behind parking.
#include <weir/futex.hpp>

#include <cerrno>
#include <climits>
#include <ctime>

#include <linux/futex.h>
#include <sys/syscall.h>
#include <unistd.h>

namespace weir {
namespace {

static_assert(sizeof(atomic<std::uint32_t>) == 4 && atomic<std::uint32_t>::is_always_lock_free,
              "the kernel compares the four bytes of the word itself");

long futex(const atomic<std::uint32_t>& word, int operation, std::uint32_t value,
           const timespec* deadline) noexcept {
  return ::syscall(SYS_futex, &word, operation | FUTEX_PRIVATE_FLAG, value, deadline, nullptr,
                   FUTEX_BITSET_MATCH_ANY);
}

}  // namespace

bool futex_wait(const atomic<std::uint32_t>& word, std::uint32_t expected,
                Deadline deadline) noexcept {
  timespec until{};
  if (deadline != never) {
    until.tv_sec = static_cast<time_t>(deadline / 1'000'000'000);
    until.tv_nsec = static_cast<long>(deadline % 1'000'000'000);
  }
  const long answer =
      futex(word, FUTEX_WAIT_BITSET, expected, deadline == never ? nullptr : &until);
  return answer == 0 || errno != ETIMEDOUT;  // EAGAIN: the word has changed; EINTR: a signal
}

void futex_wake(const atomic<std::uint32_t>& word, int count) noexcept {
  futex(word, FUTEX_WAKE, static_cast<std::uint32_t>(count), nullptr);
}

void futex_wake_all(const atomic<std::uint32_t>& word) noexcept { futex_wake(word, INT_MAX); }

}  // namespace weir
