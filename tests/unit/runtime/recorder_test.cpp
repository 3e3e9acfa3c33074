// The flight recorder: what it keeps, what it leaves out, and what it is written as.
#include "core_fixture.hpp"

#include <fcntl.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmath>
#include <filesystem>
#include <map>
#include <set>
#include <weir/detail/flight.hpp>
#include <weir/file.hpp>
#include <weir/stream_graph.hpp>

#include "core.hpp"
#include "unit/platform/child.hpp"
#include "unit/platform/temporary_directory.hpp"

using namespace weir;
using namespace weir::test;
using detail::Flight;
using detail::FlightCell;
using detail::FlightEvent;
using detail::FlightRing;
using detail::FlightWords;
using detail::Note;

namespace {

/// A file name that goes with the test.
class TraceFile {
 public:
  TraceFile() {
    static std::atomic<int> number{0};
    path_ = (std::filesystem::temp_directory_path() /
             ("weir-trace-" + std::to_string(::getpid()) + "-" + std::to_string(++number)))
                .string();
  }
  TraceFile(const TraceFile&) = delete;
  TraceFile& operator=(const TraceFile&) = delete;
  ~TraceFile() {
    std::error_code ignored;
    std::filesystem::remove(path_, ignored);
  }
  const std::string& path() const { return path_; }
  bool there() const { return stat_file(path_).ok(); }
  std::string text() const {
    Buffer buffer;
    return read_file(path_, buffer).ok() ? std::string(buffer.view()) : std::string();
  }

 private:
  std::string path_;
};

/// How often `word` stands in `text`.
std::size_t count_of(const std::string& text, const std::string& word) {
  std::size_t n = 0;
  for (std::size_t at = text.find(word); at != std::string::npos; at = text.find(word, at + 1)) ++n;
  return n;
}

/// One line of a trace that is an event, by its members; the writer puts one event a line.
struct Line {
  std::string ph, name, args;
  int tid = -1;
  double ts = -1, dur = -1;
};

std::string member(const std::string& line, const std::string& key) {
  const std::string head = "\"" + key + "\":";
  std::size_t at = line.find(head);
  if (at == std::string::npos) return {};
  at += head.size();
  if (line[at] == '"') {
    std::size_t end = at + 1;
    while (line[end] != '"' || line[end - 1] == '\\') ++end;
    return line.substr(at + 1, end - at - 1);
  }
  if (line[at] == '{') return line.substr(at, line.rfind('}') - at);
  return line.substr(at, line.find_first_of(",}", at) - at);
}

/// Checks the whole text's shape, and returns its events.
std::vector<Line> events_of(const std::string& text) {
  std::vector<Line> events;
  std::map<int, double> last;
  std::set<int> named;
  REQUIRE(text.starts_with("{\"displayTimeUnit\":\"ns\""));
  REQUIRE(text.ends_with("\n]}\n"));
  std::size_t at = text.find("\"traceEvents\":[\n");
  REQUIRE(at != std::string::npos);
  at += 16;
  while (text[at] == '{') {
    const std::size_t end = text.find('\n', at);
    const std::string line = text.substr(at, end - at);
    at = end + 1;
    Line event;
    event.ph = member(line, "ph");
    event.name = member(line, "name");
    event.args = member(line, "args");
    event.tid = std::stoi(member(line, "tid"));
    if (event.ph == "M") {
      named.insert(event.tid);
      continue;
    }
    REQUIRE((event.ph == "X" || event.ph == "i"));
    REQUIRE(named.count(event.tid) == 1);
    event.ts = std::stod(member(line, "ts"));
    CHECK(event.ts >= last[event.tid]);
    last[event.tid] = event.ts;
    if (event.ph == "X") {
      event.dur = std::stod(member(line, "dur"));
      CHECK(event.dur >= 0);
    }
    CHECK_FALSE(event.name.empty());
    events.push_back(event);
  }
  return events;
}

std::size_t named(const std::vector<Line>& events, const std::string& name) {
  return static_cast<std::size_t>(std::count_if(
      events.begin(), events.end(), [&](const Line& event) { return event.name == name; }));
}

Config small_config(int workers, std::uint32_t trace_events = limits::trace_events_default) {
  Config config;
  config.workers = workers;
  config.task_slots = 64;
  config.trace_events = trace_events;
  config.schedule = Schedule::stealing();
  return config;
}

std::vector<Line> trace_of(const Runtime& runtime) {
  const TraceFile file;
  const auto written = runtime.write_trace(file.path());
  REQUIRE_MESSAGE(written.ok(), (written.ok() ? "" : written.error().text()));
  return events_of(file.text());
}

/// Counts to `tokens` through two nodes.
void run_stream(Runtime& runtime, const std::string& name, int tokens) {
  StreamGraph graph(runtime, name);
  auto numbers = graph.source<int>("numbers", {}, [tokens, i = 0](Emit<int>& out) mutable {
    out(int{i});
    return ++i < tokens ? Give::more : Give::end;
  });
  auto doubled = graph.map("double", numbers, {.capacity = 2}, [](int&& x) { return 2 * x; });
  int sum = 0;
  graph.sink("sum", doubled, {.mode = Mode::serial}, [&sum](int&& x) { sum += x; });
  REQUIRE(graph.build().ok());
  REQUIRE(graph.start() == Status::accepted);
  REQUIRE(graph.wait_until(never) == Status::accepted);
  CHECK(sum == tokens * (tokens - 1));
}

}  // namespace

TEST_CASE("recorder: a ring keeps the newest events, and says how many there are") {
  FlightCell cells[8];
  FlightRing ring;
  ring.attach(cells, 8, true);
  FlightWords words[8];
  CHECK(ring.read(words, 8) == 0);
  for (std::uint64_t i = 1; i <= 3; ++i) ring.add(i, 100 + i);
  REQUIRE(ring.read(words, 8) == 3);
  CHECK(words[0].when == 1);
  CHECK(words[2].what == 103);
  for (std::uint64_t i = 4; i <= 100; ++i) ring.add(i, 100 + i);
  REQUIRE(ring.read(words, 8) == 7);
  CHECK(words[0].when == 94);
  CHECK(words[6].what == 200);
  REQUIRE(ring.read(words, 2) == 2);
  CHECK(words[0].when == 99);
}

TEST_CASE("recorder: a reader beside the writer gets whole events, in order, without a gap") {
  constexpr std::uint64_t slots = 64, events = 200'000;
  FlightCell cells[slots];
  FlightRing ring;
  ring.attach(cells, slots, true);
  std::atomic<bool> ended{false};
  std::thread writer([&] {
    for (std::uint64_t i = 1; i <= events; ++i) ring.add(i, i * 0x9e3779b97f4a7c15ULL);
    ended = true;
  });
  FlightWords words[slots];
  std::uint64_t newest = 0, faults = 0;
  for (bool last = false; !last;) {
    last = ended;
    const std::size_t n = ring.read(words, slots);
    for (std::size_t i = 0; i < n; ++i) {
      if (words[i].what != words[i].when * 0x9e3779b97f4a7c15ULL) ++faults;
      if (words[i].when != words[0].when + i) ++faults;
    }
    if (n == 0) continue;
    if (words[n - 1].when < newest) ++faults;
    newest = words[n - 1].when;
  }
  writer.join();
  CHECK(faults == 0);
  CHECK(newest == events);
  CHECK(ring.read(words, slots) == slots - 1);
}

TEST_CASE("recorder: slices keep their length, marks their number, and what goes on is told") {
  FlightCell cells[16];
  Flight flight;
  FlightWords words[16];
  FlightEvent events[16];
  const std::uint64_t base = ticks();
  flight.attach(cells, 16, base, nullptr);
  flight.slice(Note::firing, 7, 64, base + 100, base + 350);
  flight.slice(Note::task, 8, 70'000, base + 1'000, base + (std::uint64_t{1} << 40));
  flight.mark_at(base + 17, Note::stolen, 0, 3, 0);
  REQUIRE(flight.read(words, events, 16) == 3);
  CHECK(events[0].begin == 100);
  CHECK(events[0].end == 350);
  CHECK(events[0].id == 7);
  CHECK(events[0].arg == 64);
  CHECK(events[1].arg == 0xffff);
  const double length = static_cast<double>(events[1].end - events[1].begin);
  CHECK(std::abs(length / static_cast<double>(std::uint64_t{1} << 40) - 1) < 1e-4);
  CHECK(events[2].note == Note::stolen);
  CHECK(events[2].arg == 3);
  CHECK(events[2].begin == events[2].end);

  Flight other;
  other.attach(cells, 16, ticks(), nullptr);
  const std::uint64_t begin = other.begin(9);
  REQUIRE(other.read(words, events, 16) == 1);
  CHECK(events[0].open);
  CHECK(events[0].id == 9);
  CHECK(events[0].end >= events[0].begin);
  other.slice(Note::firing, 9, 1, begin, ticks());
  REQUIRE(other.read(words, events, 16) == 1);
  CHECK_FALSE(events[0].open);
}

TEST_CASE("recorder: a stream's firings, parks and ends are in the trace" * needs_room) {
  auto runtime = Runtime::start(small_config(2)).value();
  const Watchdog dog(*runtime, 60);
  run_stream(*runtime, "doubling", 500);
  CHECK(runtime->barrier().status == Status::accepted);
  CHECK(runtime->stop_until() == Status::accepted);
  const auto events = trace_of(*runtime);
  CHECK(named(events, "worker started") == 2);
  CHECK(named(events, "worker stopped") == 2);
  CHECK(named(events, "doubling.numbers") != 0);
  CHECK(named(events, "doubling.sum") != 0);
  CHECK(named(events, "blocked") != 0);  // 500 tokens through a ring of 2
  CHECK(named(events, "graph started") == 1);
  CHECK(named(events, "graph ended") == 1);
  CHECK(named(events, "graph cancelled") == 0);
  CHECK(named(events, "epoch requested") >= 1);
  CHECK(named(events, "grace period began") >= 2);
  CHECK(named(events, "epoch completed") >= 1);
  CHECK(named(events, "guest entered") >= 1);
  CHECK(named(events, "guest entered") == named(events, "guest left"));
  CHECK(named(events, "ingress closed") == 1);
  std::size_t tokens = 0;
  for (const Line& event : events) {
    if (event.name != "doubling.sum") continue;
    CHECK(event.ph == "X");
    tokens += std::stoul(member(event.args, "tokens"));
  }
  CHECK(tokens == 500);
}

TEST_CASE("recorder: parks say why they ended, steals from whom") {
  auto runtime = Runtime::start(small_config(2)).value();
  const Watchdog dog(*runtime, 60);
  Producer producer = runtime->producer("test").value();
  // Both workers are inside at the same time: the second got its task by stealing or from outside.
  for (int round = 0; round < 50; ++round) {
    Gate gate;
    submit_all(*runtime, producer, [&gate] {
      fork_join([&gate] { gate.pass(); }, [&gate] { gate.pass(); });
    });
    gate.await(detail::smallest_bounds() ? 1 : 2);
    gate.open();
    CHECK(runtime->barrier().status == Status::accepted);
  }
  const auto events = trace_of(*runtime);
  const auto steals = runtime->metrics().total.steals;
  if (!detail::smallest_bounds()) {
    CHECK(steals != 0);
    CHECK(named(events, "stolen") == steals);
  }
  for (const Line& event : events) {
    if (event.name != "parked") continue;
    CHECK(event.ph == "X");
    CHECK((event.args == "{\"woken\":true}" || event.args == "{\"woken\":false}" ||
           event.args == "{\"goes on\":true}"));
  }
}

TEST_CASE("recorder: short tasks of a TaskGraph are told by walks, long ones each" * needs_room) {
  auto runtime = Runtime::start(small_config(1)).value();
  const Watchdog dog(*runtime, 60);
  Producer producer = runtime->producer("test").value();
  const auto chain = [&](const std::string& name, int length, std::uint64_t ns) {
    TaskGraph graph(*runtime, name);
    const auto body = [ns] {
      for (const Deadline end = now_ns() + ns; now_ns() < end;) {
      }
    };
    Task last = graph.task("first", body);
    for (int i = 1; i < length; ++i) {
      const Task next = graph.task("next", body);
      graph.precede(last, next);
      last = next;
    }
    REQUIRE(graph.build().ok());
    REQUIRE(graph.run(producer).status == Status::accepted);
    REQUIRE(graph.wait_until(never) == Status::accepted);
  };
  chain("long", 200, 100'000);
  const auto events = trace_of(*runtime);
  CHECK(named(events, "long") >= 1);        // the first walk is measured whole
  CHECK(named(events, "long.next") >= 100);  // the others task by task
  CHECK(named(events, "graph started") == 1);
  CHECK(named(events, "graph ended") == 1);
}

TEST_CASE("recorder: it is off with 0 events, and writing says so") {
  const TraceFile file;
  auto runtime = Runtime::start(small_config(1, 0)).value();
  run_stream(*runtime, "off", 10);
  const auto written = runtime->write_trace(file.path());
  REQUIRE_FALSE(written.ok());
  CHECK(written.error().code == "not_recorded");
  CHECK_FALSE(file.there());
  CHECK(TraceSignals::install(*runtime, file.path()).error().code == "not_recorded");
  Config wrong = small_config(1, limits::trace_events_max + 1);
  CHECK(Runtime::start(wrong).error().where == "Config::trace_events");
}

TEST_CASE("recorder: memory() counts it, and the size is rounded up to a power of two" * needs_room) {
  const std::size_t without = Runtime::start(small_config(1, 0)).value()->memory();
  const std::size_t before = allocated_bytes();
  auto runtime = Runtime::start(small_config(1, 1000)).value();
  CHECK(allocated_bytes() - before == runtime->memory());
  const std::size_t rings = 1 + limits::guests_default + 1;
  const std::size_t names =
      limits::trace_names_max * limits::trace_name_bytes + 2 * (limits::trace_names_max + 1) * 2;
  CHECK(runtime->memory() - without == rings * 1024 * 16 + names);
  CHECK(runtime->write_trace("/no/such/folder/trace.json").error().code == "not_found");
}

TEST_CASE("recorder: names are the same for the same text, clean, and at most so many") {
  auto runtime = Runtime::start(small_config(0)).value();
  detail::Recorder& recorder = detail::core_of(*runtime).recorder;
  const std::uint16_t one = recorder.name("graph", "node");
  CHECK(one != 0);
  CHECK(recorder.name("graph", "node") == one);
  CHECK(recorder.name("graph", "other") != one);
  CHECK(std::string(recorder.name_of(one)) == "graph.node");
  CHECK(std::string(recorder.name_of(0)) == "(unnamed)");
  CHECK(std::string(recorder.name_of(recorder.name("a\n\x80\xff", "\xc3\xa9\xe2\x82")))
        == "a???.\xc3\xa9??");
  const std::string cut = recorder.name_of(recorder.name("g", std::string(100, 'x').c_str()));
  CHECK(cut == "g." + std::string(limits::trace_name_bytes - 3, 'x'));
  for (int i = 0; i < 2000; ++i) static_cast<void>(recorder.name("many", std::to_string(i).c_str()));
  CHECK(recorder.name("many", "2001") == 0);
  CHECK(recorder.name("graph", "node") == one);
}

TEST_CASE("recorder: the same seed gives the same bytes, another seed others" * needs_room) {
  const auto trace = [](std::uint64_t seed) {
    Config config = small_config(3);
    config.schedule = Schedule::deterministic(seed);
    auto runtime = Runtime::start(config).value();
    run_stream(*runtime, "drawn", 100);
    CHECK(runtime->run([] {
      fork_join([] {}, [] {}, [] {});
    }) == Status::accepted);
    CHECK(runtime->barrier().status == Status::accepted);
    const TraceFile file;
    REQUIRE(runtime->write_trace(file.path()).ok());
    return file.text();
  };
  const std::string first = trace(5);
  CHECK(first == trace(5));
  CHECK(first != trace(6));
  CHECK(first.find("\"clock\":\"steps\"") != std::string::npos);
  const auto events = events_of(first);
  CHECK(named(events, "drawn.sum") != 0);
  for (const Line& event : events) CHECK(event.ts == std::floor(event.ts));  // whole steps
}

TEST_CASE("recorder: a stall's report ends with the last events, and the dump too" * needs_room) {
  // An edge that a test holds full: its source is blocked with nothing under way.
  static std::string stall_report;
  stall_report.clear();
  for (const int workers : {0, 2}) {
    CAPTURE(workers);
    Config config = small_config(workers);
    config.on_stall = [](const StallReport& report) { stall_report = report.text; };
    auto runtime = Runtime::start(config).value();
    const Watchdog dog(*runtime, 60);
    run_stream(*runtime, "before", 20);
    class Stuck final : public detail::Watched {
     public:
      explicit Stuck(Runtime& r) : core_(detail::core_of(r)) { register_watched(core_, *this); }
      ~Stuck() { unregister_watched(core_, *this); }
      void waiting(void (*sink)(void*, const detail::StallLine&), void* to) const noexcept override {
        sink(to, {"stuck", "node", "room", "nobody", 0, false});
      }
      bool blocked() const noexcept override { return true; }
      void close_ingress() noexcept override {}
      std::size_t bytes() const noexcept override { return 0; }
      std::uint64_t tombstones() const noexcept override { return 0; }
      const char* name() const noexcept override { return "stuck"; }

     private:
      detail::Core& core_;
    };
    {
      const Stuck stuck(*runtime);
      atomic<std::uint32_t> word{0};
      CHECK(detail::wait_while(detail::core_of(*runtime), word, 0, never) == Status::stalled);
    }
    CHECK(count_of(stall_report, "graph stuck: node node waits for room (nobody)") == 1);
    CHECK(count_of(stall_report, "last events, us ago") == 1);
    CHECK(count_of(stall_report, "    worker 0: ") == 1);
    CHECK(count_of(stall_report, "stalled") >= 2);  // the head of the report, and the event
    if (workers != 0) CHECK(count_of(stall_report, "parked, goes on") == 2);
    CHECK(named(trace_of(*runtime), "stalled") == 1);
    std::FILE* const file = std::tmpfile();
    REQUIRE(file != nullptr);
    runtime->dump(file);
    std::rewind(file);
    std::string dumped(1 << 16, 0);
    dumped.resize(std::fread(dumped.data(), 1, dumped.size(), file));
    std::fclose(file);
    CHECK(count_of(dumped, "last events, us ago") == 1);
  }
}

TEST_CASE("recorder: traces are written while the workers run") {
  auto runtime = Runtime::start(small_config(2, 64)).value();
  const Watchdog dog(*runtime, 120);
  std::atomic<bool> ended{false};
  std::thread reader([&] {
    const TraceFile file;
    do {
      if (!runtime->write_trace(file.path()).ok()) std::abort();
    } while (!ended);
    static_cast<void>(events_of(file.text()));
  });
  for (int i = 0; i < 5; ++i) run_stream(*runtime, "busy", 2000);
  ended = true;
  reader.join();
}

TEST_CASE("recorder: SIGUSR1 writes the file at once, and the program goes on") {
  const TraceFile file;
  auto runtime = Runtime::start(small_config(2)).value();
  {
    auto signals = TraceSignals::install(*runtime, file.path()).value();
    run_stream(*runtime, "first", 50);
    std::raise(SIGUSR1);
    REQUIRE(file.there());
    auto events = events_of(file.text());
    // A ring of two events may have gone on past the end of the graph.
    if (!detail::smallest_bounds()) CHECK(named(events, "graph ended") == 1);
    run_stream(*runtime, "second", 50);
    std::raise(SIGUSR1);
    events = events_of(file.text());
    if (!detail::smallest_bounds()) CHECK(named(events, "graph ended") == 2);
    CHECK(!events.empty());
    CHECK(TraceSignals::install(*runtime, "/no/such/folder/t").error().code == "not_found");
  }
  CHECK(runtime->write_trace(file.path()).ok());
}

TEST_CASE("recorder: on request what a link leads to is written, and the link stays") {
  const TemporaryDirectory folder;
  REQUIRE(weir::make_directories(folder / "far").ok());
  const std::string target = folder.put("far/trace", "old"), link = folder / "link";
  REQUIRE(::chmod(target.c_str(), 0600) == 0);
  REQUIRE(::symlink("far/trace", link.c_str()) == 0);
  REQUIRE(::symlink("/dev/null", (folder / "nothing").c_str()) == 0);
  auto runtime = Runtime::start(small_config(2)).value();
  for (const std::string& name : {link, folder / "nothing"}) {
    const auto signals = TraceSignals::install(*runtime, name).value();
    std::raise(SIGUSR1);
    CHECK(std::filesystem::is_symlink(name));
  }
  events_of(content_of(target));
  CHECK(std::filesystem::status(target).permissions() ==
        (std::filesystem::perms::owner_read | std::filesystem::perms::owner_write));
  CHECK(entries_in(folder / "far") == 1);
  CHECK(entries_in(folder.path()) == 3);
}

TEST_CASE("recorder: on request a pipe's reader gets one trace after another, and no end before") {
  const TemporaryDirectory folder;
  const std::string path = folder / "pipe";
  REQUIRE(::mkfifo(path.c_str(), 0600) == 0);
  auto runtime = Runtime::start(small_config(2, 64)).value();
  CHECK(TraceSignals::install(*runtime, path).error().code == "unwritable");
  const int reader = ::open(path.c_str(), O_RDONLY | O_NONBLOCK | O_CLOEXEC);
  REQUIRE(reader >= 0);
  char piece[4096];
  {
    const auto signals = TraceSignals::install(*runtime, path).value();
    for (int request = 0; request < 2; ++request) {
      CHECK(::read(reader, piece, sizeof piece) < 0);  // would wait; 0 would be the end
      run_stream(*runtime, request == 0 ? "first" : "second", 50);
      std::raise(SIGUSR1);
      std::string text;
      for (ssize_t n = 0; (n = ::read(reader, piece, sizeof piece)) > 0;)
        text.append(piece, static_cast<std::size_t>(n));
      events_of(text);
    }
  }
  CHECK(::read(reader, piece, sizeof piece) == 0);
  CHECK(entries_in(folder.path()) == 1);
  {
    auto kept = TraceSignals::install(*runtime, path);
    REQUIRE(kept.ok());
    ::close(reader);
    std::raise(SIGUSR1);  // nobody reads: nothing is written, and no SIGPIPE comes
  }
  CHECK(std::filesystem::is_fifo(path));
}

TEST_CASE("recorder: a crash leaves a whole file behind, and dies by its own signal") {
  for (const int number : {SIGABRT, SIGSEGV, SIGBUS, SIGFPE, SIGILL}) {
    CAPTURE(number);
    const TraceFile file;
    const Child child = in_child([&] {
      for (const int other : {SIGSEGV, SIGBUS, SIGFPE, SIGILL}) std::signal(other, SIG_DFL);
      auto runtime = Runtime::start(small_config(2)).value();
      auto signals = TraceSignals::install(*runtime, file.path()).value();
      run_stream(*runtime, "before", 100);
      StreamGraph graph(*runtime, "fatal");
      auto numbers = graph.source<int>("numbers", {}, [](Emit<int>& out) {
        out(1);
        return Give::more;
      });
      graph.sink("crash", numbers, {.mode = Mode::serial}, [number, n = 0](int&&) mutable {
        if (++n < 100) return;
        if (number == SIGABRT) std::abort();
        std::raise(number);
      });
      if (!graph.build().ok() || graph.start() != Status::accepted) return;
      static_cast<void>(graph.wait_until(never));
    });
    CHECK(child.signal == number);
    REQUIRE(file.there());
    const auto events = events_of(file.text());
    // The body that crashed is the one that goes on.
    std::size_t open = 0;
    for (const Line& event : events) {
      if (event.name == "fatal.crash" && event.args.find("goes on") != std::string::npos) ++open;
    }
    CHECK(open == 1);
  }
}
