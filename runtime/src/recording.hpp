// recording.hpp: the file in which a deterministic run is kept (P8): what was decided, and when who called
// from outside.
//
// Shape     a header of text lines (`head -n 15 FILE` shows it), an empty line, then entries.
// Errors    read(): "bad_recording" with what is wrong with the file. The checksum covers all of it.
// Memory    the whole in memory, at most recording_bytes_max; what comes later is not kept.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <weir/detail/core.hpp>
#include <weir/result.hpp>

namespace weir::detail {

/// Some 50 million decisions. Reason: a prefix of a run is of use, and memory is finite.
inline constexpr std::size_t recording_bytes_max = std::size_t{256} << 20;

/// What is being chosen; part of the trace hash and of recordings.
enum class Choice : std::uint8_t { worker, source, victim, fork, batch, fault, hold, timer };

const char* to_string(Choice what) noexcept;
const char* to_string(CallKind kind) noexcept;

/// One entry, decoded.
struct Entry {
  enum class Kind : std::uint8_t {
    choice,    // a: of how many, b: which one
    call,      // a: who, b: what came of it, `times` in a row
    returned,  // a: who; `what` is the Status with which the wait ended
  };
  Kind kind = Kind::choice;
  std::uint8_t what = 0;  // Choice, CallKind or Status
  std::uint32_t a = 0, b = 0, times = 1;

  std::string text() const;
  bool operator==(const Entry&) const = default;
};

/// Appends an entry to `bytes`.
void append_entry(std::string& bytes, const Entry& entry);
/// Reads the entry at `at` and moves behind it; false: no entry begins there.
bool read_entry(std::string_view bytes, std::size_t& at, Entry& entry) noexcept;

struct Recording {
  /// How it came to its end. After anything but `stopped` a replay goes on by the seed.
  enum class End : std::uint8_t { stopped, stalled, failed, full };

  std::string version, commit, program;  // of weir; of the executable
  std::uint64_t seed = 0;
  std::uint32_t workers = 0, task_slots = 0, inbox_slots = 0, producers = 0, guests = 0;
  bool smallest = false;
  End end = End::stopped;
  std::uint64_t steps = 0, trace_hash = 0;
  std::string entries;

  /// The file's text.
  std::string text() const;
  static Result<Recording> read(const std::string& path);
  /// Whether this one, read from `path`, is of the same build, program and shape as `run`; else
  /// "bad_recording" and what differs.
  Result<Done> matches(const Recording& run, const std::string& path) const;
};

}  // namespace weir::detail
