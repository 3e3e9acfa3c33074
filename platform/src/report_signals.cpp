// report_signals.cpp: the handlers call the report, sigaction(2) and raise(3), and wait in
// nanosleep(2).
#include <weir/check.hpp>
#include <weir/signals.hpp>

#include <cerrno>
#include <csignal>
#include <cstddef>
#include <ctime>

namespace weir {
namespace {

constexpr int reported[] = {SIGUSR1, SIGSEGV, SIGBUS, SIGFPE, SIGILL, SIGABRT};
constexpr std::size_t reported_count = sizeof reported / sizeof reported[0];

atomic<ReportSignals::Report> the_report{nullptr};
static_assert(atomic<ReportSignals::Report>::is_always_lock_free, "the handler must not take a lock");
atomic<std::uint32_t> crashes{0};   // threads that have crashed
atomic<std::uint32_t> crash_told{0};

struct sigaction former[reported_count];  // of the one ReportSignals that lives

void on_request(int number) {
  const int saved = errno;
  // (1) acquire pairs with (2): what the report needs
  if (const ReportSignals::Report report = the_report.load(acquire)) report(number);
  errno = saved;
}

void on_crash(int number) {
  // (3) acq_rel pairs with (3): one of several is the first
  if (crashes.fetch_add(1, acq_rel) == 0) {
    on_request(number);
    crash_told.store(1, release);  // (4) release pairs with (5): nothing but the end of the wait
  } else {
    // A crash inside the report is not waited for: its signal is blocked here, which ends the process.
    constexpr int looks_max = 5000;
    const timespec pause{0, 1'000'000};
    // (5) acquire pairs with (4): as there
    for (int i = 0; i < looks_max && crash_told.load(acquire) == 0; ++i) ::nanosleep(&pause, nullptr);
  }
  for (std::size_t i = 0; i < reported_count; ++i) {
    if (reported[i] == number) ::sigaction(number, &former[i], nullptr);
  }
  ::raise(number);  // delivered when this handler returns
}

}  // namespace

ReportSignals::ReportSignals(Report report) noexcept {
  Report none = nullptr;
  // (2) release pairs with (1): what the report needs; relaxed: a refusal reads nothing
  const bool only = the_report.compare_exchange_strong(none, report, release, relaxed);
  WEIR_CHECK(only, "two ReportSignals at the same time");
  for (std::size_t i = 0; i < reported_count; ++i) {
    struct sigaction action {};
    action.sa_handler = reported[i] == SIGUSR1 ? &on_request : &on_crash;
    action.sa_flags = SA_RESTART | SA_ONSTACK;  // files are read on
    ::sigemptyset(&action.sa_mask);
    ::sigaction(reported[i], &action, &former[i]);
  }
}

ReportSignals::~ReportSignals() {
  for (std::size_t i = 0; i < reported_count; ++i) ::sigaction(reported[i], &former[i], nullptr);
  the_report.store(nullptr, release);  // (6) release pairs with (1): no report
}

}  // namespace weir
