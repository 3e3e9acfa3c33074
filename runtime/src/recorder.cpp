// The flight recorder's memory, its names, and how its events are read.
#include "recorder.hpp"

#include <cstring>
#include <weir/clock.hpp>
#include <weir/memory.hpp>

namespace weir::detail {

namespace {

/// Length of the UTF-8 character at `text`; 0: none begins there. Overlong forms and surrogates are
/// left to whoever shows them.
std::size_t character(const char* text) noexcept {
  const auto byte = [text](std::size_t i) { return static_cast<unsigned char>(text[i]); };
  const unsigned char first = byte(0);
  if (first < 0x80) return first < 0x20 || first == 0x7f ? 0 : 1;
  const std::size_t length = first >= 0xf0 ? 4 : first >= 0xe0 ? 3 : 2;
  if (first < 0xc2 || first > 0xf4) return 0;
  for (std::size_t i = 1; i < length; ++i) {
    if ((byte(i) & 0xc0) != 0x80) return 0;
  }
  const unsigned char second = byte(1);
  if (first == 0xe0 && second < 0xa0) return 0;   // overlong
  if (first == 0xed && second >= 0xa0) return 0;  // a surrogate
  if (first == 0xf0 && second < 0x90) return 0;   // overlong
  if (first == 0xf4 && second >= 0x90) return 0;  // beyond U+10FFFF
  return length;
}

/// Appends what fits of `text` at `size`, so that the size is at most `most`; returns the new size.
std::size_t append(char* to, std::size_t size, const char* text,
                   std::size_t most = limits::trace_name_bytes - 1) noexcept {
  while (*text != 0) {
    const std::size_t length = character(text);
    const std::size_t taken = length == 0 ? 1 : length;
    if (size + taken > most) break;
    if (length == 0) {
      to[size] = '?';
    } else {
      std::memcpy(to + size, text, taken);
    }
    size += taken;
    text += taken;
  }
  to[size] = 0;
  return size;
}

}  // namespace

Recorder::~Recorder() {
  release_bytes(cells_, std::size_t{rings_} * events_ * sizeof(FlightCell), contended_bytes);
  release_bytes(names_, limits::trace_names_max * sizeof(Name), alignof(Name));
  release_bytes(bucket_, buckets * sizeof(std::uint16_t), alignof(std::uint16_t));
}

bool Recorder::reserve(std::uint32_t rings, std::uint32_t events,
                       const atomic<std::uint64_t>* steps) noexcept {
  if (events == 0) return true;
  steps_ = steps;
  base_ticks_ = ticks();
  base_ns_ = now_ns();
  cells_ = static_cast<FlightCell*>(
      allocate_bytes(std::size_t{rings} * events * sizeof(FlightCell), contended_bytes));
  names_ = static_cast<Name*>(allocate_bytes(limits::trace_names_max * sizeof(Name), alignof(Name)));
  bucket_ = static_cast<std::uint16_t*>(
      allocate_bytes(buckets * sizeof(std::uint16_t), alignof(std::uint16_t)));
  rings_ = rings;
  events_ = events;
  if (cells_ == nullptr || names_ == nullptr || bucket_ == nullptr) return false;
  std::memset(bucket_, 0, buckets * sizeof(std::uint16_t));
  attach(outside_);
  return true;
}

std::size_t Recorder::bytes() const noexcept {
  if (!on()) return 0;
  return std::size_t{rings_} * events_ * sizeof(FlightCell) +
         limits::trace_names_max * sizeof(Name) + buckets * sizeof(std::uint16_t);
}

void Recorder::attach(Flight& flight) noexcept {
  if (!on()) return;
  flight.attach(cells_ + std::size_t{attached_++} * events_, events_, base_ticks_, steps_);
}

void Recorder::outside(Note note, std::uint16_t id, std::uint32_t number) noexcept {
  if (!on()) return;
  // (1) acquire pairs with (2): the ring as its last writer left it
  if (outside_taken_.exchange(1, acquire) != 0) return;
  outside_.mark(note, id, 0, number);
  outside_taken_.store(0, release);  // (2) release pairs with (1)
}

std::uint16_t Recorder::name(const char* graph, const char* part) noexcept {
  if (!on()) return 0;
  Name made;
  std::size_t size = 0;
  if (part == nullptr) {
    size = append(made.text, 0, graph);
  } else {
    size = append(made.text, 0, graph, limits::trace_name_bytes / 2);
    size = append(made.text, append(made.text, size, "."), part);
  }
  std::uint32_t hash = 2166136261U;  // FNV-1a
  for (std::size_t i = 0; i < size; ++i)
    hash = (hash ^ static_cast<unsigned char>(made.text[i])) * 16777619U;
  const std::lock_guard<std::mutex> lock(names_lock_);
  std::uint32_t at = hash % buckets;
  for (; bucket_[at] != 0; at = (at + 1) % buckets) {
    if (std::strcmp(names_[bucket_[at] - 1].text, made.text) == 0) return bucket_[at];
  }
  const std::uint32_t count = names_count_.load(relaxed);  // relaxed: written under this lock
  if (count == limits::trace_names_max) return 0;
  names_[count] = made;
  bucket_[at] = static_cast<std::uint16_t>(count + 1);
  names_count_.store(count + 1, release);  // (3) release pairs with (4): the text
  return bucket_[at];
}

const char* Recorder::name_of(std::uint16_t id) const noexcept {
  // (4) acquire pairs with (3): the text
  if (id == 0 || id > names_count_.load(acquire)) return "(unnamed)";
  return names_[id - 1].text;
}

double Recorder::ns_per_tick() const noexcept {
  if (stepped()) return 1000.0;  // a step is shown as a microsecond
  // Two readings, some 50 ns apart each time: that much, at most, an event is off.
  const std::uint64_t passed = ticks() - base_ticks_;
  const std::uint64_t ns = now_ns() - base_ns_;
  return passed == 0 ? 1.0 : static_cast<double>(ns) / static_cast<double>(passed);
}

std::size_t Flight::read(FlightWords* words, FlightEvent* out, std::size_t most) const noexcept {
  if (!on()) return 0;
  const std::size_t count = ring_.read(words, most - 1);
  std::uint64_t last_begin = 0;
  bool any_slice = false;
  for (std::size_t i = 0; i < count; ++i) {
    FlightEvent& event = out[i];
    event = {};
    event.end = words[i].when >> 8;
    event.note = static_cast<Note>(words[i].when & 0xff);
    event.id = static_cast<std::uint16_t>(words[i].what >> 32);
    event.arg = static_cast<std::uint16_t>(words[i].what >> 48);
    event.number = static_cast<std::uint32_t>(words[i].what);
    event.begin = event.end;
    if (!event.slice()) continue;
    const std::uint64_t length =
        (event.number & coarse) == 0
            ? event.number
            : std::uint64_t{event.number & ~coarse} << coarse_shift;
    event.begin -= length < event.end ? length : event.end;
    last_begin = event.begin;
    any_slice = true;
  }
  const std::uint64_t open = open_.load(relaxed);  // relaxed: one word says all
  if (open == 0) return count;
  FlightEvent& event = out[count];
  event = {};
  event.id = static_cast<std::uint16_t>(open >> time_bits);
  event.note = event.id == parked_id ? Note::parked : Note::firing;
  event.end = now();
  event.begin = (event.end & ~time_mask) | (open & time_mask);
  if (event.begin > event.end) {
    // It began before the low bits went round, or on a CPU whose counter is a little ahead.
    const bool earlier = event.begin - event.end > time_mask / 2 && event.begin > time_mask;
    event.begin = earlier ? event.begin - time_mask - 1 : event.end;
  }
  event.open = true;
  // Its slice may have been written before the word was cleared.
  return any_slice && event.begin <= last_begin ? count : count + 1;
}

}  // namespace weir::detail
