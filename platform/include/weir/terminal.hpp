// terminal.hpp: what a person sees: numbers in human form, a progress line, a table.
//
// Roles:    free functions on any thread. Progress: counted by any thread (one relaxed addition, no
//           lock), drawn by one.
// Errors:   a stream that cannot be written to is ignored: it is only for reading along.
// Memory:   on the program's heap.
#pragma once

#include <cstdint>
#include <cstdio>
#include <string>
#include <string_view>
#include <vector>
#include <weir/atomic.hpp>
#include <weir/clock.hpp>

namespace weir {

bool is_terminal(std::FILE* stream) noexcept;
/// On a terminal that is not TERM=dumb, unless NO_COLOR is set and not empty (no-color.org).
bool colour_allowed(std::FILE* stream) noexcept;
/// Columns of the terminal behind `stream`, else of $COLUMNS, else 80.
int terminal_width(std::FILE* stream) noexcept;

/// "1,234,567"
std::string format_count(std::uint64_t count);
/// "512 B", "1.5 KiB", "200 MiB"
std::string format_bytes(double bytes);
/// "850 ns", "12.5 us", "3.20 ms", "4.2 s", "2 min 05 s", "3 h 07 min"
std::string format_duration(double seconds);
/// Three digits: "0.12", "9.87", "98.7", "987", "12,345"
std::string format_number(double value);

/// Number of edits (insert, delete, replace) between two words.
std::size_t edit_distance(std::string_view a, std::string_view b);
/// The word of `known` nearest to `word`; empty when `known` is.
std::string nearest_word(std::string_view word, const std::vector<std::string>& known);

/// First of all in a program: a standard stream that was closed would be the next file that is opened, and take our
/// messages. What stands in its place cannot be written to: a result that nobody gets is an error.
void hold_standard_streams() noexcept;
/// Writes a program's result to stdout, all of it. False: it could not be, and stderr says why after `program`.
bool print_result(const std::string& text, std::string_view program);

struct ProgressConfig {
  std::string label = "";      // "stage"
  std::string unit = "items";  // "files"
  std::uint64_t total = 0;     // 0: unknown, no percent and no ETA
  bool quiet = false;          // draws nothing at all
  std::FILE* out = nullptr;    // null: stderr
  int on_terminal = -1;        // 1, 0: as if it were one or not; -1: ask
};

/// One line about a long run: on a terminal redrawn at most 10 times a second, else a plain line
/// every 10 s. When nothing has moved for 3 s it says so, and why (set_note).
class Progress {
 public:
  /// `now` is a parameter, here and below, so that tests own the clock.
  explicit Progress(ProgressConfig config, Deadline now = now_ns());
  Progress(const Progress&) = delete;
  Progress& operator=(const Progress&) = delete;
  /// Ends a line that is being redrawn.
  ~Progress();

  /// Any thread, wait-free.
  void add(std::uint64_t n = 1) noexcept {
    done_.fetch_add(n, relaxed);  // relaxed: a count for people
  }
  void set_total(std::uint64_t total) noexcept {
    total_.store(total, relaxed);  // relaxed: as above
  }
  std::uint64_t done() const noexcept {
    return done_.load(relaxed);  // relaxed: as above
  }

  /// The drawing thread only, all of these. The note stands behind the counts: what holds the run up
  /// ("edge parse -> write is full"), or how it goes.
  void set_note(std::string note);
  /// Begins another stage: counts, clock and note start again; the former line stays.
  void start(std::string label, std::string unit, std::uint64_t total, Deadline now = now_ns());
  /// Draws when it is time; to be called some ten times a second.
  void draw(Deadline now = now_ns());
  /// Draws the last state, ends the line.
  void finish(Deadline now = now_ns());
  /// What draw() would write, without line ends.
  std::string line(Deadline now = now_ns()) const;

 private:
  void put(const std::string& text, bool last);

  alignas(contended_bytes) atomic<std::uint64_t> done_{0};
  alignas(contended_bytes) atomic<std::uint64_t> total_{0};
  ProgressConfig config_;
  std::FILE* out_;
  bool terminal_;
  std::string note_;
  std::size_t drawn_columns_ = 0;  // of the line that stands on the terminal, 0: none
  Deadline started_;
  Deadline drawn_;  // the last time
  Deadline moved_;  // the last time that done() had changed
  std::uint64_t moved_done_ = 0;
};

/// Rows under aligned columns: cells that look like numbers to the right, others to the left, two
/// blanks between.
class Table {
 public:
  explicit Table(std::vector<std::string> header) { add(std::move(header)); }
  /// Missing cells are empty, further ones make new columns.
  void add(std::vector<std::string> cells) { rows_.push_back(std::move(cells)); }
  /// The header, a rule, the rows; each line ends with a line end, none with a blank.
  std::string text() const;

 private:
  std::vector<std::vector<std::string>> rows_;
};

}  // namespace weir
