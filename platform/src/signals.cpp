// signals.cpp: the handler does nothing but atomics, futex(2) and _exit(2).
#include <unistd.h>

#include <cerrno>
#include <csignal>
#include <weir/check.hpp>
#include <weir/futex.hpp>
#include <weir/signals.hpp>

namespace weir {
namespace {

atomic<std::uint32_t> first_signal{0};
atomic<std::uint32_t> signals_seen{0}, last_signal{2};
atomic<bool> installed{false};
static_assert(atomic<std::uint32_t>::is_always_lock_free, "the handler must not take a lock");

struct sigaction former_interrupt;  // of the one StopSignals that lives
struct sigaction former_terminate;

void on_signal(int number) {
  const int saved = errno;
  // relaxed: a count, and what was chosen before the handler was there
  if (signals_seen.fetch_add(1, relaxed) + 1 >= last_signal.load(relaxed)) ::_exit(128 + number);
  std::uint32_t none = 0;
  // (1) release pairs with (2): whoever sees the number sees what this thread did before the signal;
  // relaxed: a later signal reads nothing
  if (first_signal.compare_exchange_strong(none, static_cast<std::uint32_t>(number), release,
                                           relaxed)) {
    futex_wake_all(first_signal);
  }
  errno = saved;
}

}  // namespace

StopSignals::StopSignals(std::uint32_t last) noexcept {
  // relaxed: the main thread alone builds and destroys
  WEIR_CHECK(!installed.exchange(true, relaxed), "two StopSignals at the same time");
  first_signal.store(0, relaxed);                   // relaxed: no handler is installed yet
  signals_seen.store(0, relaxed);                   // relaxed: as above
  last_signal.store(last < 2 ? 2 : last, relaxed);  // relaxed: as above
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

std::uint32_t StopSignals::count() const noexcept {
  return signals_seen.load(relaxed);  // relaxed: a count
}

const atomic<std::uint32_t>& StopSignals::word() const noexcept { return first_signal; }

bool StopSignals::wait_until(Deadline deadline) const noexcept {
  while (!stop_requested()) {
    if (!futex_wait(first_signal, 0, deadline)) return stop_requested();
  }
  return true;
}

}  // namespace weir
