// The flight recorder as a file: on request, and from signal handlers.
#include <fcntl.h>
#include <poll.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <climits>
#include <csignal>
#include <cstdio>
#include <ctime>
#include <optional>
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

namespace {

constexpr int reader_ms_max = 1000;  // without a byte taken: a crash must not wait for ever

/// Writes for a signal handler; true: all of it. A piece of a trace is no larger than what a pipe
/// that is ready takes at once, so that it is the poll that waits. A pipe without a reader is not
/// ready: to write to it would raise SIGPIPE.
bool write_piece(int file, const char* text, std::size_t size) noexcept {
  static_assert(sizeof(TraceRoom::text) <= PIPE_BUF);
  while (size > 0) {
    pollfd ready{file, POLLOUT, 0};
    const int count = ::poll(&ready, 1, reader_ms_max);
    if (count < 0 && errno == EINTR) continue;
    if (count <= 0 || ready.revents != POLLOUT) return false;
    const ssize_t n = ::write(file, text, size);
    if (n < 0 && (errno == EINTR || errno == EAGAIN)) continue;
    if (n <= 0) return false;
    text += n;
    size -= static_cast<std::size_t>(n);
  }
  return true;
}

/// A name beside `path` that remove_temporaries knows, and that AtomicFile does not make.
std::string trace_temporary(const std::string& path) {
  const std::size_t first = path.rfind('/') + 1;  // 0 without a slash
  return path.substr(0, first) + "." + path.substr(first, 200) + "." + std::to_string(::getpid()) +
         "-trace.weir-tmp";
}

}  // namespace

/// All that the handlers use, made beforehand.
struct TraceSignals::State {
  State(detail::Core& c, AtomicFile probe)
      : core(c), room(c.recorder.events()), path(probe.path()), temporary(trace_temporary(path)) {
    if (probe.temporary().empty()) held.emplace(std::move(probe));
  }

  /// Writes the file, by calls alone that a handler may make: open, poll, write, stat, fchmod,
  /// rename, unlink, close.
  void write() noexcept;
  bool write_to(int file) noexcept;

  detail::Core& core;
  TraceRoom room;
  std::string path, temporary;     // behind the links of what was asked for, and beside that
  std::optional<AtomicFile> held;  // a device, a pipe, a descriptor: open all along, never renamed
  atomic<std::uint32_t> writing{0};
  std::unique_ptr<ReportSignals> signals;

  static atomic<State*> current;
  static atomic<std::uint32_t> inside;  // handlers that may use `current`
  static void report(int number) noexcept;
};

atomic<TraceSignals::State*> TraceSignals::State::current{nullptr};
atomic<std::uint32_t> TraceSignals::State::inside{0};

bool TraceSignals::State::write_to(int file) noexcept {
  const TraceSink sink{[](void* self, const char* text, std::size_t size) noexcept {
                         return write_piece(*static_cast<int*>(self), text, size);
                       },
                       &file};
  return detail::write_trace(core, room, sink);
}

void TraceSignals::State::write() noexcept {
  if (held) {
    write_to(held->descriptor());
    return;
  }
  struct stat former {};
  const bool replaces = ::stat(path.c_str(), &former) == 0 && S_ISREG(former.st_mode);
  // Nobody else's to read before it has the permissions of what it replaces.
  const int file = ::open(temporary.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC,
                          replaces ? S_IRUSR | S_IWUSR : 0666);
  if (file < 0) return;
  const bool alike = !replaces || ::fchmod(file, former.st_mode & ACCESSPERMS) == 0;
  const bool whole = alike && write_to(file);
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
  auto probe = AtomicFile::create(path);
  if (!probe) return probe.error();
  return std::unique_ptr<TraceSignals>(
      new TraceSignals(std::make_unique<State>(core, std::move(probe).value())));
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
