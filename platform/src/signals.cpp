// signals.cpp: the handler does nothing but atomics, futex(2) and _exit(2).
#include <weir/check.hpp>
#include <weir/futex.hpp>
#include <weir/signals.hpp>

#include <cerrno>
#include <csignal>

#include <unistd.h>

namespace weir {
namespace {

atomic<std::uint32_t> first_signal{0};
atomic<bool> installed{false};
static_assert(atomic<std::uint32_t>::is_always_lock_free, "the handler must not take a lock");

struct sigaction former_interrupt;  // of the one StopSignals that lives
struct sigaction former_terminate;

void on_signal(int number) {
  const int saved = errno;
  std::uint32_t none = 0;
  // (1) release pairs with (2): whoever sees the number sees what this thread did before the signal;
  // relaxed: a second signal reads nothing
  if (!first_signal.compare_exchange_strong(none, static_cast<std::uint32_t>(number), release,
                                            relaxed)) {
    ::_exit(128 + number);
  }
  futex_wake_all(first_signal);
  errno = saved;
}

}  // namespace

StopSignals::StopSignals() noexcept {
  // relaxed: the main thread alone builds and destroys
  WEIR_CHECK(!installed.exchange(true, relaxed), "two StopSignals at the same time");
  first_signal.store(0, relaxed);  // relaxed: no handler is installed yet
  struct sigaction action {};
  action.sa_handler = &on_signal;
  action.sa_flags = SA_RESTART;  // files and terminals are read on
  ::sigemptyset(&action.sa_mask);
  ::sigaddset(&action.sa_mask, SIGINT);
  ::sigaddset(&action.sa_mask, SIGTERM);
  ::sigaction(SIGINT, &action, &former_interrupt);
  ::sigaction(SIGTERM, &action, &former_terminate);
}

StopSignals::~StopSignals() {
  ::sigaction(SIGINT, &former_interrupt, nullptr);
  ::sigaction(SIGTERM, &former_terminate, nullptr);
  installed.store(false, relaxed);  // relaxed: see the constructor
}

int StopSignals::signal_number() const noexcept {
  return static_cast<int>(first_signal.load(acquire));  // (2) acquire pairs with (1): see there
}

const atomic<std::uint32_t>& StopSignals::word() const noexcept { return first_signal; }

bool StopSignals::wait_until(Deadline deadline) const noexcept {
  while (!stop_requested()) {
    if (!futex_wait(first_signal, 0, deadline)) return stop_requested();
  }
  return true;
}

}  // namespace weir
