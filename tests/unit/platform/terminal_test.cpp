#include <doctest/doctest.h>
#include <fcntl.h>
#include <unistd.h>

#include <algorithm>
#include <cstdlib>
#include <string>
#include <weir/terminal.hpp>
#include <weir/thread.hpp>

using weir::Progress;

namespace {

/// A stream whose content can be read back.
class Captured {
 public:
  Captured() : file_(std::tmpfile()) {}
  Captured(const Captured&) = delete;
  Captured& operator=(const Captured&) = delete;
  ~Captured() { std::fclose(file_); }
  std::FILE* stream() const { return file_; }
  std::string text() const {
    std::fflush(file_);
    std::string all;
    char part[256];
    std::rewind(file_);
    for (std::size_t n = 0; (n = std::fread(part, 1, sizeof(part), file_)) > 0;)
      all.append(part, n);
    return all;
  }

 private:
  std::FILE* file_;
};

std::ptrdiff_t lines(const Captured& out) {
  const std::string text = out.text();
  return std::count(text.begin(), text.end(), '\n');
}

/// Sets an environment variable for a while; null removes it.
class Environment {
 public:
  Environment(const char* name, const char* value) : name_(name) {
    const char* const former = std::getenv(name);
    had_ = former != nullptr;
    if (had_) former_ = former;
    value == nullptr ? ::unsetenv(name) : ::setenv(name, value, 1);
  }
  Environment(const Environment&) = delete;
  Environment& operator=(const Environment&) = delete;
  ~Environment() { had_ ? ::setenv(name_, former_.c_str(), 1) : ::unsetenv(name_); }

 private:
  const char* name_;
  bool had_;
  std::string former_;
};

/// The slave of a pseudo terminal.
class PseudoTerminal {
 public:
  PseudoTerminal() : master_(::posix_openpt(O_RDWR | O_NOCTTY)) {
    char name[128];
    if (master_ >= 0 && ::grantpt(master_) == 0 && ::unlockpt(master_) == 0 &&
        ::ptsname_r(master_, name, sizeof(name)) == 0) {
      slave_ = std::fopen(name, "r+");
    }
  }
  PseudoTerminal(const PseudoTerminal&) = delete;
  PseudoTerminal& operator=(const PseudoTerminal&) = delete;
  ~PseudoTerminal() {
    if (slave_ != nullptr) std::fclose(slave_);
    if (master_ >= 0) ::close(master_);
  }
  std::FILE* stream() const { return slave_; }

 private:
  int master_;
  std::FILE* slave_ = nullptr;
};

constexpr weir::Deadline second = 1'000'000'000;
constexpr weir::Deadline start = 1000 * second;  // of the tests' own clock

}  // namespace

TEST_CASE("terminal: a file is none, and has the width of COLUMNS or 80") {
  const Captured out;
  CHECK_FALSE(weir::is_terminal(out.stream()));
  CHECK_FALSE(weir::colour_allowed(out.stream()));
  {
    const Environment columns("COLUMNS", "132");
    CHECK(weir::terminal_width(out.stream()) == 132);
  }
  for (const char* nonsense : {"", "many", "-3", "0", "99999999"}) {
    const Environment columns("COLUMNS", nonsense);
    CHECK(weir::terminal_width(out.stream()) == 80);
  }
}

TEST_CASE("terminal: colour on a terminal only, NO_COLOR and TERM=dumb respected") {
  const PseudoTerminal terminal;
  if (terminal.stream() == nullptr) {
    MESSAGE("SKIP: no pseudo terminals here");
    return;
  }
  const Environment kind("TERM", "xterm");
  const Environment none("NO_COLOR", nullptr);
  CHECK(weir::is_terminal(terminal.stream()));
  CHECK(weir::colour_allowed(terminal.stream()));
  {
    const Environment refused("NO_COLOR", "1");
    CHECK_FALSE(weir::colour_allowed(terminal.stream()));
  }
  {
    const Environment empty("NO_COLOR", "");
    CHECK(weir::colour_allowed(terminal.stream()));
  }
  {
    const Environment dumb("TERM", "dumb");
    CHECK_FALSE(weir::colour_allowed(terminal.stream()));
  }
}

TEST_CASE("format: counts, bytes, durations, numbers") {
  CHECK(weir::format_count(0) == "0");
  CHECK(weir::format_count(999) == "999");
  CHECK(weir::format_count(1'000) == "1,000");
  CHECK(weir::format_count(1'234'567) == "1,234,567");
  CHECK(weir::format_bytes(0) == "0 B");
  CHECK(weir::format_bytes(1023) == "1023 B");
  CHECK(weir::format_bytes(1536) == "1.5 KiB");
  CHECK(weir::format_bytes(200.0 * 1024 * 1024) == "200 MiB");
  CHECK(weir::format_bytes(1023.9 * 1024) == "1.0 MiB");
  CHECK(weir::format_duration(0) == "0 ns");
  CHECK(weir::format_duration(850e-9) == "850 ns");
  CHECK(weir::format_duration(12.5e-6) == "12.5 us");
  CHECK(weir::format_duration(3.2e-3) == "3.20 ms");
  CHECK(weir::format_duration(0.9999) == "1.0 s");
  CHECK(weir::format_duration(59.96) == "1 min 00 s");
  CHECK(weir::format_duration(125) == "2 min 05 s");
  CHECK(weir::format_duration(3 * 3600 + 7 * 60 + 5) == "3 h 07 min");
  CHECK(weir::format_duration(-1) == "?");
  CHECK(weir::format_number(0.123) == "0.12");
  CHECK(weir::format_number(9.999) == "10.0");
  CHECK(weir::format_number(98.76) == "98.8");
  CHECK(weir::format_number(999.4) == "999");
  CHECK(weir::format_number(12'345.6) == "12,346");
  CHECK(weir::format_number(-5) == "-5.00");
}

TEST_CASE("progress: a plain line every 10 s where there is no terminal") {
  const Captured out;
  Progress progress({.label = "stage", .unit = "files", .total = 200, .out = out.stream()}, start);
  progress.add(50);
  for (int tenth = 0; tenth < 95; ++tenth)
    progress.draw(start + static_cast<weir::Deadline>(tenth) * second / 10);
  CHECK(out.text().empty());
  progress.draw(start + 11 * second);
  CHECK(out.text().rfind("stage: 50/200 files, 25 %, 4.55/s, ETA 33.0 s", 0) == 0);
  CHECK(out.text().back() == '\n');
  CHECK(out.text().find('\r') == std::string::npos);
  progress.draw(start + 12 * second);
  CHECK(lines(out) == 1);
  progress.draw(start + 22 * second);
  CHECK(lines(out) == 2);
}

TEST_CASE("progress: redrawn in place on a terminal, at most 10 times a second") {
  const Captured out;
  {
    Progress progress(
        {.label = "stage", .unit = "files", .total = 0, .out = out.stream(), .on_terminal = 1},
        start);
    for (int ms = 0; ms < 1000; ++ms) {
      progress.add();
      progress.draw(start + static_cast<weir::Deadline>(ms) * 1'000'000);
    }
    const std::string text = out.text();
    const auto redraws = std::count(text.begin(), text.end(), '\r');
    CHECK(redraws == 9);  // at 100, 200, ... 900 ms
    CHECK(text.find('\n') == std::string::npos);
    CHECK(text.find('%') == std::string::npos);  // no total, no percent
  }
  CHECK(out.text().back() == '\n');  // the destructor ends the line
}

TEST_CASE(
    "progress: a shorter line covers the longer one before, none is wider than the terminal") {
  const Captured out;
  const Environment columns("COLUMNS", "40");
  Progress progress({.label = std::string(100, 'l'), .out = out.stream(), .on_terminal = 1}, start);
  progress.draw(start + second);
  CHECK(out.text() == "\r" + std::string(39, 'l'));
  progress.start("s", "files", 0, start + second);
  progress.draw(start + 2 * second);
  CHECK(out.text().rfind("\r" + std::string(39, 'l') + "\n\rs: 0 files", 0) == 0);
}

TEST_CASE("progress: what stands still says so, and why") {
  const Captured out;
  Progress progress(
      {.label = "stage", .unit = "files", .total = 10, .out = out.stream(), .on_terminal = 1},
      start);
  progress.add(4);
  progress.draw(start + second);
  CHECK(progress.line(start + 3 * second).find("nothing has moved") == std::string::npos);
  progress.set_note("edge parse -> write is full");
  CHECK(progress.line(start + 3 * second).ends_with("/s, ETA 4.5 s, edge parse -> write is full"));
  CHECK(progress.line(start + 6 * second)
            .find(", nothing has moved for 5.0 s: edge parse -> write is full") !=
        std::string::npos);
  progress.add(1);
  progress.draw(start + 7 * second);
  CHECK(progress.line(start + 8 * second).find("nothing has moved") == std::string::npos);
  progress.add(5);  // all done: nothing has to move
  progress.draw(start + 9 * second);
  CHECK(progress.line(start + 60 * second).find("nothing has moved") == std::string::npos);
}

TEST_CASE("progress: the end is always written, quiet writes nothing") {
  const Captured out;
  {
    Progress progress({.label = "stage", .unit = "files", .out = out.stream()}, start);
    progress.add(1234);
    progress.finish(start + 2 * second);
    CHECK(out.text() == "stage: 1,234 files in 2.0 s, 617/s\n");
  }
  const Captured nothing;
  {
    Progress progress({.quiet = true, .out = nothing.stream(), .on_terminal = 1}, start);
    progress.add();
    progress.draw(start + 100 * second);
    progress.finish(start + 200 * second);
  }
  CHECK(nothing.text().empty());
}

TEST_CASE("progress: any thread counts") {
  const Captured out;
  Progress progress({.out = out.stream()}, start);
  weir::Thread threads[4];
  for (weir::Thread& thread : threads) {
    thread = weir::Thread::start(
                 {},
                 [](void* argument) {
                   for (int i = 0; i < 10'000; ++i) static_cast<Progress*>(argument)->add();
                 },
                 &progress)
                 .value();
  }
  for (weir::Thread& thread : threads) thread.join();
  CHECK(progress.done() == 40'000);
}

TEST_CASE("table: columns are aligned, numbers to the right") {
  weir::Table table({"edge", "would_block", "note"});
  table.add({"read -> parse", "1,234"});
  table.add({"\u00e4", "7", "x"});
  CHECK(table.text() ==
        "edge           would_block  note\n"
        "-------------  -----------  ----\n"
        "read -> parse        1,234\n"
        "\u00e4                        7  x\n");
}

TEST_CASE("terminal: the nearest word is the one with the fewest edits") {
  CHECK(weir::edit_distance("kitten", "sitting") == 3);
  CHECK(weir::nearest_word("--stage-rot", {"--raw-root", "--stage-root", "--force"}) ==
        "--stage-root");
  CHECK(weir::nearest_word("x", {}).empty());
}
