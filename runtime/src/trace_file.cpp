// The flight recorder as a file: on request, and from signal handlers.
#include <fcntl.h>
#include <unistd.h>

#include <cerrno>
#include <csignal>
#include <cstdio>
#include <ctime>
#include <weir/file.hpp>
#include <weir/signals.hpp>

#include "core.hpp"
#include "trace.hpp"

namespace weir {

using detail::TraceRoom;
using detail::TraceSink;

namespace {

Error not_recorded(const std::string& path) {
  return {"not_recorded", "the flight recorder is off (Config::trace_events is 0)", path};
}

}  // namespace

Result<Done> Runtime::write_trace(const std::string& path) const {
  if (core_->is_forked()) return Error{"forked", "a fork's child has no recorder", path};
  if (!core_->recorder.on()) return not_recorded(path);
  auto file = AtomicFile::create(path);
  if (!file) return file.error();
  TraceRoom room(core_->recorder.events());
  struct Target {
    AtomicFile& file;
    Result<Done> result{Done{}};
  } target{file.value()};
  const TraceSink sink{[](void* self, const char* text, std::size_t size) noexcept {
                         auto& to = *static_cast<Target*>(self);
                         to.result = to.file.write({text, size});
                         return to.result.ok();
                       },
                       &target};
  if (!detail::write_trace(*core_, room, sink)) return target.result;
  return file.value().commit(Sync::none);
}

/// All that the handlers use, made beforehand.
struct TraceSignals::State {
  State(detail::Core& c, const std::string& p)
      : core(c), room(c.recorder.events()), path(p), temporary(p) {
    // A name that remove_temporaries knows, and that AtomicFile does not make.
    const std::size_t slash = p.rfind('/');
    const std::size_t first = slash == std::string::npos ? 0 : slash + 1;
    temporary = p.substr(0, first) + "." + p.substr(first, 200) + "." +
                std::to_string(::getpid()) + "-trace.weir-tmp";
  }

  /// Writes the file. Calls open, write, rename, unlink, close and nanosleep.
  void write() noexcept;

  detail::Core& core;
  TraceRoom room;
  std::string path, temporary;
  atomic<std::uint32_t> writing{0};
  std::unique_ptr<ReportSignals> signals;

  static atomic<State*> current;
  static atomic<std::uint32_t> inside;  // handlers that may use `current`
  static void report(int number) noexcept;
};

atomic<TraceSignals::State*> TraceSignals::State::current{nullptr};
atomic<std::uint32_t> TraceSignals::State::inside{0};

void TraceSignals::State::write() noexcept {
  const int file = ::open(temporary.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0666);
  if (file < 0) return;
  const TraceSink sink{[](void* self, const char* text, std::size_t size) noexcept {
                         while (size > 0) {
                           const ssize_t n = ::write(*static_cast<int*>(self), text, size);
                           if (n < 0 && errno == EINTR) continue;
                           if (n <= 0) return false;
                           text += n;
                           size -= static_cast<std::size_t>(n);
                         }
                         return true;
                       },
                       const_cast<int*>(&file)};
  const bool whole = detail::write_trace(core, room, sink);
  ::close(file);
  if (!whole || ::rename(temporary.c_str(), path.c_str()) != 0) ::unlink(temporary.c_str());
}

void TraceSignals::State::report(int number) noexcept {
  struct Inside {
    Inside() noexcept { inside.fetch_add(1, seq_cst); }  // (1) seq_cst pairs with (6): or no state
    ~Inside() { inside.fetch_sub(1, release); }          // (7) release pairs with (6): its use
  } scope;
  State* const state = current.load(seq_cst);  // (2) seq_cst pairs with (5): the state, or none
  if (state == nullptr || state->core.is_forked()) return;
  // A request that meets another writer is answered by that one's file; a crash waits for it, and
  // goes on without its end when that does not come (the writer itself was hit).
  constexpr int looks_max = 1000;
  const timespec pause{0, 1'000'000};
  // (3) acquire pairs with (4): the room
  for (int i = 0; state->writing.exchange(1, acquire) != 0 && i < looks_max; ++i) {
    if (number == SIGUSR1) return;
    ::nanosleep(&pause, nullptr);
  }
  state->write();
  state->writing.store(0, release);  // (4) release pairs with (3)
}

Result<std::unique_ptr<TraceSignals>> TraceSignals::install(Runtime& runtime,
                                                            const std::string& path) {
  detail::Core& core = *runtime.core_;
  if (!core.recorder.on()) return not_recorded(path);
  // Found out now, not in a crash: whether a file can be made there.
  if (const auto probe = AtomicFile::create(path); !probe) return probe.error();
  return std::unique_ptr<TraceSignals>(
      new TraceSignals(std::make_unique<State>(core, path)));
}

TraceSignals::TraceSignals(std::unique_ptr<State> state) noexcept : state_(std::move(state)) {
  State::current.store(state_.get(), seq_cst);  // (5) seq_cst pairs with (2): the state
  state_->signals = std::make_unique<ReportSignals>(&State::report);
}

TraceSignals::~TraceSignals() {
  state_->signals.reset();
  State::current.store(nullptr, seq_cst);  // (8) seq_cst pairs with (2): before the look at (6)
  // A handler that runs on another thread may still use the state.
  while (State::inside.load(seq_cst) != 0) ::usleep(100);  // (6) seq_cst pairs with (1), (7)
}

}  // namespace weir
