// Writing the flight recorder. All of write_trace may run in a signal handler: it allocates nothing,
// takes no lock and formats its own numbers.
#include "trace.hpp"

#include <algorithm>
#include <cstring>
#include <string_view>
#include <weir/clock.hpp>
#include <weir/version.hpp>

#include "core.hpp"

namespace weir::detail {

namespace {

/// How an event is shown.
struct Shown {
  const char* name;    // null: that of `id`
  const char* argument;  // of `arg` or `number`, null: none
  bool from_arg;       // else from `number`
  bool names_id;       // args also name `id` as "of"
};

constexpr Shown shown_as(Note note) noexcept {
  switch (note) {
    case Note::firing:
      return {nullptr, "tokens", true, false};
    case Note::task:
      return {nullptr, nullptr, false, false};
    case Note::walk:
      return {nullptr, "tasks", true, false};
    case Note::parked:
      return {"parked", nullptr, false, false};
    case Note::worker_started:
      return {"worker started", nullptr, false, false};
    case Note::worker_stopped:
      return {"worker stopped", nullptr, false, false};
    case Note::stolen:
      return {"stolen", "from", true, false};
    case Note::blocked:
      return {"blocked", nullptr, false, true};
    case Note::spilled:
      return {"spilled to the overflow list", nullptr, false, false};
    case Note::guest_entered:
      return {"guest entered", nullptr, false, false};
    case Note::guest_left:
      return {"guest left", nullptr, false, false};
    case Note::epoch_requested:
      return {"epoch requested", "epoch", false, false};
    case Note::grace_began:
      return {"grace period began", "number", false, false};
    case Note::epoch_completed:
      return {"epoch completed", "epoch", false, false};
    case Note::run_started:
      return {"graph started", nullptr, false, true};
    case Note::run_ended:
      return {"graph ended", nullptr, false, true};
    case Note::cancelled:
      return {"graph cancelled", nullptr, false, true};
    case Note::closed:
      return {"ingress closed", nullptr, false, false};
    case Note::stalled:
      return {"stalled", nullptr, false, false};
  }
  return {"unknown", nullptr, false, false};
}

/// Text in a fixed buffer that empties itself into a sink.
class Writer {
 public:
  Writer(TraceRoom& room, const TraceSink& sink) noexcept : room_(room), sink_(sink) {}

  Writer& operator<<(std::string_view text) noexcept {
    while (!text.empty()) {
      if (size_ == sizeof room_.text) flush();
      const std::size_t n = std::min(text.size(), sizeof room_.text - size_);
      std::memcpy(room_.text + size_, text.data(), n);
      size_ += n;
      text.remove_prefix(n);
    }
    return *this;
  }
  Writer& operator<<(std::uint64_t value) noexcept {
    char digits[20];
    std::size_t first = sizeof digits;
    do {
      digits[--first] = static_cast<char>('0' + value % 10);
      value /= 10;
    } while (value != 0);
    return *this << std::string_view(digits + first, sizeof digits - first);
  }
  /// Nanoseconds as microseconds with three decimals.
  Writer& us(std::uint64_t ns) noexcept {
    *this << ns / 1000 << ".";
    const std::uint64_t rest = ns % 1000;
    const char decimals[3] = {static_cast<char>('0' + rest / 100),
                              static_cast<char>('0' + rest / 10 % 10),
                              static_cast<char>('0' + rest % 10)};
    return *this << std::string_view(decimals, sizeof decimals);
  }
  /// A name of the recorder, which holds no control characters, as a JSON string.
  Writer& quoted(const char* name) noexcept {
    *this << "\"";
    for (; *name != 0; ++name) {
      if (*name == '"' || *name == '\\') *this << "\\";
      *this << std::string_view(name, 1);
    }
    return *this << "\"";
  }
  bool end() noexcept {
    flush();
    return good_;
  }

 private:
  void flush() noexcept {
    if (good_ && size_ != 0) good_ = sink_.write(sink_.self, room_.text, size_);
    size_ = 0;
  }

  TraceRoom& room_;
  const TraceSink& sink_;
  std::size_t size_ = 0;
  bool good_ = true;
};

/// By the beginning; of two that begin together the longer first, as a slice stands before what is
/// in it. std::sort is not stable, so the rest of the event decides: the same events, the same text.
bool earlier(const FlightEvent& a, const FlightEvent& b) noexcept {
  if (a.begin != b.begin) return a.begin < b.begin;
  if (a.end != b.end) return a.end > b.end;
  if (a.note != b.note) return a.note < b.note;
  if (a.id != b.id) return a.id < b.id;
  if (a.arg != b.arg) return a.arg < b.arg;
  return a.number < b.number;
}

struct Track {
  const Flight* flight;
  const char* kind;
  int index;  // -1: there is one of this kind
};

Track track_of(const Core& core, std::size_t i) noexcept {
  if (i == core.worker.size()) return {&core.recorder.outside_flight(), "runtime", -1};
  const int index = static_cast<int>(i);
  const bool guest = index >= core.first_guest;
  return {&core.worker[i].flight, guest ? "guest" : "worker",
          guest ? index - core.first_guest : index};
}

void write_args(Writer& out, const Core& core, const FlightEvent& event, const Shown& shown) {
  const Recorder& names = core.recorder;
  out << ",\"args\":{";
  const char* between = "";
  if (shown.names_id) {
    out << "\"of\":";
    out.quoted(names.name_of(event.id));
    between = ",";
  }
  if (event.note == Note::blocked) {
    out << between << "\"on\":";
    out.quoted(event.number == 0 ? "its window or a ticket"
                                 : names.name_of(static_cast<std::uint16_t>(event.number)));
    between = ",";
  }
  if (event.note == Note::parked && !event.open) {
    out << between << "\"woken\":" << (event.arg != 0 ? "true" : "false");
    between = ",";
  }
  if (event.open) {
    out << between << "\"goes on\":true";
  } else if (shown.argument != nullptr) {
    out << between << "\"" << shown.argument << "\":"
        << (shown.from_arg ? std::uint64_t{event.arg} : std::uint64_t{event.number});
  }
  out << "}";
}

void write_event(Writer& out, const Core& core, std::uint64_t tid, const FlightEvent& event,
                 double ns) {
  const Shown shown = shown_as(event.note);
  const auto begin_ns = static_cast<std::uint64_t>(static_cast<double>(event.begin) * ns);
  out << ",\n{\"ph\":\"" << (event.slice() ? "X" : "i") << "\",\"pid\":1,\"tid\":" << tid
      << ",\"ts\":";
  out.us(begin_ns);
  if (event.slice()) {
    const auto end_ns = static_cast<std::uint64_t>(static_cast<double>(event.end) * ns);
    out << ",\"dur\":";
    out.us(end_ns - begin_ns);
  } else {
    out << ",\"s\":\"t\"";
  }
  out << ",\"name\":";
  out.quoted(shown.name != nullptr ? shown.name : core.recorder.name_of(event.id));
  write_args(out, core, event, shown);
  out << "}";
}

void write_track_name(Writer& out, std::uint64_t tid, const Track& track) {
  out << ",\n{\"ph\":\"M\",\"pid\":1,\"tid\":" << tid << ",\"name\":\"thread_name\",\"args\":{\"name\":\""
      << track.kind;
  if (track.index >= 0) out << " " << static_cast<std::uint64_t>(track.index);
  out << "\"}},\n{\"ph\":\"M\",\"pid\":1,\"tid\":" << tid
      << ",\"name\":\"thread_sort_index\",\"args\":{\"sort_index\":" << tid << "}}";
}

}  // namespace

TraceRoom::TraceRoom(std::size_t count) : words(count), events(count) {}

bool write_trace(const Core& core, TraceRoom& room, const TraceSink& sink) noexcept {
  Writer out(room, sink);
  const double ns = core.recorder.ns_per_tick();
  out << "{\"displayTimeUnit\":\"ns\",\"otherData\":{\"version\":\"" << version() << "\",\"clock\":\""
      << (core.recorder.stepped() ? "steps" : "us since the runtime's start")
      << "\"},\"traceEvents\":[\n{\"ph\":\"M\",\"pid\":1,\"tid\":0,\"name\":\"process_name\",\"args\":"
         "{\"name\":\"weir\"}}";
  for (std::size_t i = 0; i <= core.worker.size(); ++i) {
    const Track track = track_of(core, i);
    const std::size_t count =
        track.flight->read(room.words.data(), room.events.data(), room.events.size());
    if (count == 0 && track.index >= 0 && static_cast<int>(i) >= core.first_guest) continue;
    write_track_name(out, i + 1, track);
    std::sort(room.events.data(), room.events.data() + count, earlier);
    for (std::size_t k = 0; k < count; ++k) write_event(out, core, i + 1, room.events[k], ns);
  }
  out << "\n]}\n";
  return out.end();
}

std::string trace_tail(const Core& core) {
  constexpr std::size_t shown_last = 4;
  std::string text;
  if (!core.recorder.on()) return text;
  const double ns = core.recorder.ns_per_tick();
  FlightWords words[shown_last];
  FlightEvent events[shown_last];
  for (std::size_t i = 0; i <= core.worker.size(); ++i) {
    const Track track = track_of(core, i);
    const std::size_t count = track.flight->read(words, events, shown_last);
    if (count == 0) continue;
    const std::uint64_t now = std::max(track.flight->now(), events[count - 1].end);
    text += text.empty() ? "  last events, us ago:\n    " : "    ";
    text += track.kind;
    if (track.index >= 0) text += " " + std::to_string(track.index);
    for (std::size_t k = 0; k < count; ++k) {
      const FlightEvent& event = events[k];
      const Shown shown = shown_as(event.note);
      const auto us = [ns](std::uint64_t length) {
        return std::to_string(static_cast<std::uint64_t>(static_cast<double>(length) * ns / 1000));
      };
      text += (k == 0 ? ": " : "; ") + us(now - event.begin) + " ";
      text += shown.name != nullptr ? shown.name : core.recorder.name_of(event.id);
      if (shown.names_id) text += std::string(" ") + core.recorder.name_of(event.id);
      if (event.note == Note::blocked) {
        text += std::string(" on ") +
                (event.number == 0 ? "its window or a ticket"
                                   : core.recorder.name_of(static_cast<std::uint16_t>(event.number)));
      }
      if (event.open) {
        text += ", goes on";
      } else if (event.slice()) {
        text += " for " + us(event.end - event.begin);
      }
    }
    text += "\n";
  }
  return text;
}

}  // namespace weir::detail
