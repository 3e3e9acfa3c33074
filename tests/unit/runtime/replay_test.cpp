// replay_test.cpp: deterministic runs are recorded and replayed, foreign threads included; what
// cannot be replayed is refused or reported by name.
#include <weir/stream_graph.hpp>

#include "core.hpp"
#include "replay_fixture.hpp"

using namespace weir;
using namespace weir::test;

namespace {

/// What a run did: what its bodies wrote, and the hash of its choices.
struct Trace {
  std::string order;
  std::uint64_t hash = 0;
  bool operator==(const Trace&) const = default;
};

/// Threads whose end the caller waits for in the runtime, so that somebody drives.
class Threads {
 public:
  explicit Threads(Runtime& runtime) : runtime_(runtime) {}
  template <class F>
  void add(F f) {
    ++left_;
    threads_.emplace_back([this, f]() mutable {
      f();
      --left_;
    });
  }
  void join() {
    const Status end = detail::wait_until_done(
        detail::core_of(runtime_),
        [](void* left) { return static_cast<std::atomic<int>*>(left)->load() == 0; }, &left_);
    CHECK(end == Status::accepted);
    for (std::thread& thread : threads_) thread.join();
  }

 private:
  Runtime& runtime_;
  std::atomic<int> left_{0};
  std::vector<std::thread> threads_;
};

/// Three producers on threads of their own submit through a small inbox, again and again where they
/// are refused, while the caller waits in barriers.
Trace flooded(const Schedule& schedule) {
  constexpr int producers = 3, tasks = 60;
  auto runtime = ordered_runtime(schedule);
  Trace trace;
  Threads threads(*runtime);
  for (int p = 0; p < producers; ++p) {
    threads.add([&runtime, &trace, p] {
      Producer producer = runtime->producer("flood " + std::to_string(p)).value();
      const auto name = static_cast<char>('a' + p);
      for (int i = 0; i < tasks;) {
        const auto body = [&trace, name] {
          trace.order += name;
          fork_join([&] { trace.order += static_cast<char>(name - 'a' + 'A'); },
                    [&] { trace.order += static_cast<char>(name - 'a' + '0'); });
        };
        if (producer.submit(body).status == Status::accepted) {
          ++i;
        } else {
          std::this_thread::yield();
        }
      }
    });
  }
  for (int i = 0; i < 20; ++i) {
    CHECK(runtime->barrier().status == Status::accepted);
    CHECK(runtime->run([&trace] { trace.order += '.'; }) == Status::accepted);
    trace.order += std::to_string(runtime->run_until_idle());
  }
  threads.join();
  CHECK(runtime->barrier().status == Status::accepted);
  trace.hash = runtime->metrics().trace_hash;
  return trace;
}

/// A loop that two clients ask, a door that a third thread feeds, and a fourth that cancels the one
/// graph when it has seen an answer of the other.
Trace asked(const Schedule& schedule) {
  constexpr int questions = 40;
  auto runtime = ordered_runtime(schedule);
  Trace trace;
  {
    StreamGraph cycle(*runtime, "cycle");
    auto asked = cycle.requests<int, int>("questions", 2);
    auto out = cycle.loop("turns", asked.in(), 2, [&](Port<int> in) {
      return cycle.map("turn", in, {.capacity = 2}, [&trace](int&& x) -> Turn<int> {
        trace.order += static_cast<char>('a' + x % 10);
        if (x % 3 != 0) return Again{x - 1};
        return Leave{std::move(x)};
      });
    });
    asked.answer(out, {.capacity = 2});
    cycle.build().value();
    StreamGraph line(*runtime, "line", {.window = 3});
    auto door = line.ingress<int>("door", 2);
    auto doubled = line.map("double", door.port(), {.mode = Mode::parallel, .capacity = 2},
                            [](int&& x) { return 2 * x; });
    line.sink("keep", doubled, {.mode = Mode::ordered},
              [&trace](int&& x) { trace.order += std::to_string(x) + ","; });
    line.build().value();
    REQUIRE(cycle.start() == Status::accepted);
    REQUIRE(line.start() == Status::accepted);
    std::atomic<int> answered{0};
    std::string answers[2];
    Threads threads(*runtime);
    for (int c = 0; c < 2; ++c) {
      threads.add([&, c] {
        Producer producer = runtime->producer("client " + std::to_string(c)).value();
        for (int i = 0; i < questions; ++i) {
          Reply<int> reply;
          while (asked.submit(producer, 10 * i + c, reply).status != Status::accepted)
            std::this_thread::yield();
          int answer = -1;
          const Status status = reply.wait_until(i % 4 == 3 ? after_us(1) : never, answer);
          answers[c] +=
              std::to_string(static_cast<int>(status)) + ":" + std::to_string(answer) + " ";
          ++answered;
        }
      });
    }
    threads.add([&] {
      Producer producer = runtime->producer("feeder").value();
      for (int i = 0; i < 1000; ++i) {
        const Status status = door.push(producer, int{i}).status;
        if (status == Status::cancelled) break;
        if (status != Status::accepted) std::this_thread::yield();
      }
    });
    threads.add([&] {
      while (answered.load() < questions) std::this_thread::yield();
      line.cancel();
    });
    threads.join();
    asked.close();
    door.close();
    CHECK(cycle.wait_until(never) == Status::accepted);
    const Status end = line.wait_until(never);
    CHECK((end == Status::accepted || end == Status::cancelled));
    trace.order += answers[0] + answers[1] + std::to_string(line.ledger().out);
  }
  trace.hash = runtime->metrics().trace_hash;
  return trace;
}

/// A chain of tasks without an end, and waits with deadlines in front of it.
Trace timed(const Schedule& schedule) {
  auto runtime = ordered_runtime(schedule);
  Trace trace;
  Scope scope;
  Producer producer = runtime->producer("test").value();
  struct Chain {
    Scope* scope;
    std::string* order;
    void operator()() {
      if (order->size() < 100'000) *order += 'x';
      if (!scope->cancelled()) spawn_last(Chain{scope, order});
    }
  };
  CHECK(producer.submit(Chain{&scope, &trace.order}, {.scope = &scope}).status == Status::accepted);
  for (int i = 0; i < 10; ++i) {
    CHECK(runtime->barrier_until(after_ms(1)).status == Status::timed_out);
    trace.order += '|';
    CHECK(producer
              .submit(
                  [&trace] { trace.order += 'e'; },
                  {.deadline = after_us(static_cast<std::uint64_t>(i % 3) * 1500), .scope = &scope})
              .status == Status::accepted);
  }
  scope.cancel();
  CHECK(scope.wait_until(never) == Status::cancelled);
  trace.hash = runtime->metrics().trace_hash;
  return trace;
}

/// Records `program` once, and replays it `times` times; all traces are the same.
void check_replays(Trace (*program)(const Schedule&), std::uint64_t seed, int times) {
  CAPTURE(seed);
  const Scratch scratch;
  const std::string file = scratch.file("recording");
  const Trace recorded = program(Schedule::recorded(seed, file));
  for (int i = 0; i < times; ++i) {
    const Trace replayed = program(Schedule::replay(file));
    CHECK(replayed.hash == recorded.hash);
    REQUIRE(replayed.order == recorded.order);
  }
}

}  // namespace

TEST_CASE("replay: three foreign producers, refused now and then, come in at the recorded places" *
          needs_room) {
  for (std::uint64_t seed = 1; seed <= 4; ++seed) check_replays(flooded, seed, 4);
}

TEST_CASE("replay: clients, a door and a cancel from five threads" * needs_room) {
  for (std::uint64_t seed = 1; seed <= 10; ++seed) check_replays(asked, seed, 5);
}

TEST_CASE("replay: deadlines expire where they did" * needs_room) {
  for (std::uint64_t seed = 1; seed <= 5; ++seed) check_replays(timed, seed, 3);
}

// Files
// ---------------------------------------------------------------------------------------------------------

namespace {

/// A small program of one thread.
void small_program(const Schedule& schedule, int workers = 3, int tasks = 6) {
  auto runtime = ordered_runtime(schedule, workers);
  Producer producer = runtime->producer("test").value();
  int ran = 0;
  for (int i = 0; i < tasks; ++i) {
    REQUIRE(producer.submit([&ran] { fork_join([&ran] { ++ran; }, [&ran] { ++ran; }); }).status ==
            Status::accepted);
  }
  CHECK(runtime->barrier().status == Status::accepted);
  CHECK(ran == 2 * tasks);
}

/// start() refuses the recording, and says this of it.
void check_bad(const std::string& file, const std::string& what, int workers = 3) {
  const auto refused = Runtime::start(ordered_config(Schedule::replay(file), workers));
  REQUIRE(!refused.ok());
  CHECK(refused.error().code == "bad_recording");
  CHECK(refused.error().where == file);
  CHECK_MESSAGE(refused.error().what.find(what) != std::string::npos, refused.error().what);
}

/// The recording `bytes` with one line of its header changed, its checksum made right again.
std::string with_header(const std::string& file, void (*change)(detail::Recording&)) {
  detail::Recording recording = detail::Recording::read(file).value();
  change(recording);
  return recording.text();
}

}  // namespace

TEST_CASE("replay: a recording of another weir, program or shape is refused by name") {
  using detail::Recording;
  const Scratch scratch;
  const std::string file = scratch.file("recording");
  const std::string other = scratch.file("other");
  small_program(Schedule::recorded(7, file), 3, 1);
  small_program(Schedule::replay(file), 3, 1);
  check_bad(file, "was made with Config::workers 3, here it is 2", 2);
  const struct {
    void (*change)(Recording&);
    const char* what;
  } changes[] = {
      {[](Recording& r) { r.version = "0.0.7"; }, "was made with weir 0.0.7, here it is "},
      {[](Recording& r) { r.commit = "0123"; }, "was made with weir of commit 0123, here it is "},
      {[](Recording& r) { r.program = "other"; }, "was made with program other, here it is "},
      {[](Recording& r) { r.task_slots = 9; }, "Config::task_slots 9, here it is "},
      {[](Recording& r) { r.inbox_slots = 9; }, "Config::inbox_slots 9, here it is "},
      {[](Recording& r) { r.producers = 9; }, "Config::producers_max 9, here it is "},
      {[](Recording& r) { r.guests = 9; }, "Config::guests_max 9, here it is "},
      {[](Recording& r) { r.smallest = !r.smallest; }, "WEIR_SMALLEST "},
  };
  for (const auto& [change, what] : changes) {
    write_all(other, with_header(file, change));
    check_bad(other, what);
  }
  const std::string bytes = read_all(file);
  write_all(other, "weir recording 2" + bytes.substr(bytes.find('\n')));
  check_bad(other, "has format 2, this weir reads format 1");
}

TEST_CASE("replay: a file that is cut, damaged or none is refused by name") {
  const Scratch scratch;
  const std::string file = scratch.file("recording");
  const std::string other = scratch.file("other");
  small_program(Schedule::recorded(7, file), 3, 1);
  const std::string bytes = read_all(file);
  check_bad(scratch.file("absent"), "cannot be read");
  write_all(other, "date,temperature\n");
  check_bad(other, "is no recording of weir");
  for (std::size_t length = 0; length < bytes.size(); ++length) {
    write_all(other, bytes.substr(0, length));
    check_bad(other, length < 15 ? "is no recording" : length < 16 ? "has format" : "is cut off");
  }
  for (std::size_t at = 17; at < bytes.size(); ++at) {
    std::string damaged = bytes;
    damaged[at] = static_cast<char>(damaged[at] ^ 1);
    write_all(other, damaged);
    check_bad(other, "is ");  // cut off, or damaged
  }
  write_all(other, bytes + "x");
  check_bad(other, "is cut off: ");
}

TEST_CASE("replay: what is written cannot be written: the run goes on" * needs_room) {
  const std::string text =
      stderr_of_child([] { small_program(Schedule::recorded(7, "/nowhere/at/all/recording")); });
  const std::string lost = "weir: the recording is lost: /nowhere/at/all/recording";
  CHECK(text.find(lost) != std::string::npos);
  CHECK(text.find(lost) == text.rfind(lost));  // said once
  CHECK(text.find("\nexit 0") != std::string::npos);
}

TEST_CASE("replay: another program than the recorded one is stopped at the step where it differs" *
          needs_room) {
  const Scratch scratch;
  const std::string file = scratch.file("recording");
  small_program(Schedule::recorded(7, file), 3, 6);
  const auto check_stopped = [&](const char* recorded, const char* found, auto program) {
    const std::string text = stderr_of_child([&] { program(Schedule::replay(file)); });
    CHECK_MESSAGE(text.find("weir: the replay of " + file + " left its recording at step ") !=
                      std::string::npos,
                  text);
    CHECK_MESSAGE(text.find(std::string("recorded is ") + recorded) != std::string::npos, text);
    CHECK_MESSAGE(text.find(std::string("found: ") + found) != std::string::npos, text);
    CHECK_MESSAGE(text.find(aborted) != std::string::npos, text);
  };
  const auto short_patience = [](Runtime& runtime) {
    detail::core_of(runtime).order->set_patience(100);
  };
  // One task more, one less, bodies that fork less, a call that was not there.
  check_stopped("barrier by", "submit by producer 0", [&](const Schedule& schedule) {
    auto runtime = ordered_runtime(schedule);
    short_patience(*runtime);
    Producer producer = runtime->producer("test").value();
    for (int i = 0; i < 7; ++i) static_cast<void>(producer.submit([] {}));
  });
  check_stopped("submit by producer 0", "barrier by producer 0", [&](const Schedule& schedule) {
    auto runtime = ordered_runtime(schedule);
    short_patience(*runtime);
    Producer producer = runtime->producer("test").value();
    for (int i = 0; i < 5; ++i) static_cast<void>(producer.submit([] {}));
    static_cast<void>(runtime->barrier());
  });
  check_stopped("a choice of fork among 3", "a choice of worker among 3",
                [&](const Schedule& schedule) {
                  auto runtime = ordered_runtime(schedule);
                  Producer producer = runtime->producer("test").value();
                  for (int i = 0; i < 6; ++i) static_cast<void>(producer.submit([] {}));
                  static_cast<void>(runtime->barrier());
                });
  check_stopped("the end of a producer by producer 0", "submit by producer 0",
                [&](const Schedule& schedule) {
                  auto runtime = ordered_runtime(schedule);
                  short_patience(*runtime);
                  {
                    Producer producer = runtime->producer("test").value();
                    for (int i = 0; i < 6; ++i) {
                      static_cast<void>(producer.submit([] { fork_join([] {}, [] {}); }));
                    }
                    static_cast<void>(runtime->barrier());
                    Producer none = std::move(producer);
                    static_cast<void>(none.submit([] {}));
                  }
                });
}

TEST_CASE("replay: a producer that never comes is named" * needs_room) {
  const Scratch scratch;
  const std::string file = scratch.file("recording");
  const auto program = [](const Schedule& schedule, bool comes) {
    auto runtime = ordered_runtime(schedule);
    detail::core_of(*runtime).order->set_patience(100);
    Producer first = runtime->producer("first").value();
    Producer second = runtime->producer("second").value();
    REQUIRE(first.submit([] {}).status == Status::accepted);
    if (comes) REQUIRE(second.submit([] {}).status == Status::accepted);
    CHECK(runtime->barrier().status == Status::accepted);
  };
  program(Schedule::recorded(3, file), true);
  program(Schedule::replay(file), true);
  const std::string text = stderr_of_child([&] { program(Schedule::replay(file), false); });
  CHECK_MESSAGE(text.find("recorded is submit by producer 1; found: barrier") != std::string::npos,
                text);
  CHECK(text.find(aborted) != std::string::npos);
}

TEST_CASE("replay: a run that a failing check ended has its recording, and goes on after it" *
          needs_room) {
  const Scratch scratch;
  const std::string file = scratch.file("recording");
  const auto program = [](const Schedule& schedule, bool fails) {
    auto runtime = ordered_runtime(schedule);
    Producer producer = runtime->producer("test").value();
    std::string order;
    for (char name = 'a'; name < 'g'; ++name) {
      REQUIRE(producer
                  .submit([&order, name, fails] {
                    order += name;
                    WEIR_CHECK(!fails || order.size() != 4, "the fourth task fails");
                  })
                  .status == Status::accepted);
    }
    CHECK(runtime->barrier().status == Status::accepted);
    return order;
  };
  const std::string text =
      stderr_of_child([&] { static_cast<void>(program(Schedule::recorded(11, file), true)); });
  CHECK(text.find("the fourth task fails") != std::string::npos);
  CHECK(text.find(aborted) != std::string::npos);
  const detail::Recording recording = detail::Recording::read(file).value();
  CHECK(recording.end == detail::Recording::End::failed);
  CHECK(recording.steps == 4);
  CHECK(program(Schedule::replay(file), false) == program(Schedule::deterministic(11), false));
}

TEST_CASE("replay: the environment records and replays each runtime of a process" * needs_room) {
  const Scratch scratch;
  const std::string file = scratch.file("recording");
  const char* const before = std::getenv("WEIR_SCHED");
  const std::string kept = before == nullptr ? "" : before;
  setenv("WEIR_SCHED", "det:5", 1);
  setenv("WEIR_SCHED_RECORD", file.c_str(), 1);
  const std::string text = stderr_of_child([] {
    for (int tasks = 1; tasks < 4; ++tasks) small_program(Schedule::from_env(), 3, tasks);
  });
  CHECK_MESSAGE(text == "\nexit 0", text);
  unsetenv("WEIR_SCHED_RECORD");
  setenv("WEIR_SCHED", ("replay:" + file).c_str(), 1);
  const std::string again = stderr_of_child([] {
    for (int tasks = 1; tasks < 4; ++tasks) small_program(Schedule::from_env(), 3, tasks);
  });
  CHECK_MESSAGE(again == "\nexit 0", again);
  for (const char* number : {"", ".1", ".2"}) CHECK(std::filesystem::exists(file + number));
  setenv("WEIR_SCHED_RECORD", file.c_str(), 1);
  CHECK(Schedule::from_env().kind == Schedule::Kind::invalid);  // one of the two
  unsetenv("WEIR_SCHED");
  CHECK(Schedule::from_env().kind == Schedule::Kind::invalid);
  unsetenv("WEIR_SCHED_RECORD");
  CHECK(Schedule::from_env().kind == Schedule::Kind::stealing);
  if (before != nullptr) setenv("WEIR_SCHED", kept.c_str(), 1);
}
