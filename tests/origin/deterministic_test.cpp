// deterministic_test.cpp: the three origins over seeds of the deterministic scheduler: the setting
// (workers, capacity, mode, trouble) is drawn from the seed, and so is the schedule. 1,000 seeds a
// shape in the full tier. A seed that fails prints the command that repeats it.
#include <doctest/doctest.h>

#include <atomic>
#include <memory>
#include <optional>
#include <origin/matrix.hpp>
#include <stdexcept>
#include <support/at_rest.hpp>
#include <support/reproduce.hpp>
#include <support/watchdog.hpp>
#include <utility>
#include <vector>
#include <weir/stream_graph.hpp>

using namespace weir;
using namespace weir::test;

namespace {

std::uint64_t seeds() { return amount(10, 150, 1000); }

Setting drawn_setting(std::uint64_t seed, bool ordered) {
  Random random(seed);
  Setting setting;
  setting.workers = random.pick({1, 2, 4, 8});
  setting.capacity = smallest() ? 1 : random.pick<std::uint32_t>({1, 2, 10});
  setting.mode =
      random.pick({Mode::serial, Mode::parallel, ordered ? Mode::ordered : Mode::serial});
  setting.trouble = troubles[random.below(5)];
  return setting;
}

/// One seed's runtime and its trouble. One thread does everything, so that the seed says it all.
class Trial {
 public:
  Trial(const Schedule& schedule, const Setting& s, std::uint64_t seed)
      : setting(s), seed_(seed) {
    Config config;
    config.workers = setting.workers;
    config.task_slots = 64;
    config.schedule = schedule;
    runtime = Runtime::start(config).value();
    // A flood: tasks that are always there, each the last act of another.
    if (setting.trouble == Trouble::flood) {
      producer_.emplace(runtime->producer("flood").value());
      const std::size_t floods = smallest() ? 1 : 3;
      for (std::size_t i = 0; i < floods; ++i)
        well = well && producer_->submit(Flood{&over_}).status == Status::accepted;
    }
  }
  /// Whether the body throws for this token; held: it makes others run before it goes on.
  void at(std::uint64_t token) {
    if (throws(token)) throw std::runtime_error("chosen to fail");
    if (setting.trouble == Trouble::held) {
      for (int i = 0; i < 3; ++i) fork_join([] {}, [] {});  // others may run in between
    }
  }
  bool throws(std::uint64_t token) const noexcept {
    return setting.trouble == Trouble::throws && mix(token ^ seed_) % 13 == 0;
  }
  void check(bool good) { well = well && good; }
  /// The end of every trial: what is left ends, and nothing was stalled or lost.
  bool end() {
    over_ = true;
    producer_.reset();
    check(runtime->drain_until(never) == Status::accepted);
    check(runtime->barrier().status == Status::accepted);
    const Metrics metrics = runtime->metrics();
    check(metrics.stalls == 0 && metrics.submitted == metrics.retired);
    CHECK_MESSAGE(well, setting.text());
    return well;
  }
  void over() { over_ = true; }

  Setting setting;
  std::unique_ptr<Runtime> runtime;
  bool well = true;

 private:
  struct Flood {
    const bool* over;
    void operator()() const {
      if (!*over) spawn_last(Flood{over});
    }
  };
  std::uint64_t seed_;
  bool over_ = false;
  std::optional<Producer> producer_;
};

/// in = out + dropped + failed + cancelled + expired, for the graph and all of its nodes.
bool balanced(const StreamGraph& graph) {
  const Ledger all = graph.ledger();
  bool good = all.in == all.accounted();
  for (const NodeMetrics& node : graph.nodes())
    good = good && node.ledger.in == node.ledger.accounted();
  return good;
}

/// jobs -> work -> results; the caller takes a barrier first and reads afterwards.
bool results_join(const Schedule& schedule, std::uint64_t seed) {
  Trial trial(schedule, drawn_setting(seed, true), seed);
  const Setting& setting = trial.setting;
  const std::uint64_t count = 40 * setting.capacity + 20;
  const NodeConfig config{.mode = setting.mode, .capacity = setting.capacity};
  {
    std::vector<std::uint32_t> seen(count, 0);
    std::uint64_t out = 0, next = 0;
    bool in_order = true;
    StreamGraph graph(*trial.runtime, "results");
    auto jobs = graph.source<std::uint64_t>(
        "jobs", {}, [count, n = std::uint64_t{0}](Emit<std::uint64_t>& emit) mutable {
          emit(n++);
          return n < count ? Give::more : Give::end;
        });
    auto worked = graph.map("work", jobs, config, [&](std::uint64_t&& token) {
      trial.at(token);
      return token;
    });
    graph.sink("results", worked, config, [&](std::uint64_t&& token) {
      ++seen[token];
      in_order = in_order && token >= next;
      next = token + 1;
      if (++out == count / 3 && setting.trouble == Trouble::cancel) graph.cancel();
    });
    graph.build().value();
    trial.check(graph.start() == Status::accepted);
    trial.check(trial.setting.trouble == Trouble::flood ||
                trial.runtime->barrier().status == Status::accepted);
    trial.check(graph.wait_until(never) ==
                (setting.trouble == Trouble::cancel ? Status::cancelled : Status::accepted));
    trial.over();
    trial.check(trial.runtime->barrier().status == Status::accepted);
    trial.check(balanced(graph) && (in_order || setting.mode != Mode::ordered));
    for (std::uint64_t token = 0; token < count; ++token) {
      const bool maybe = setting.trouble == Trouble::cancel;
      const std::uint32_t due = trial.throws(token) ? 0 : 1;
      trial.check(maybe ? seen[token] <= 1 : seen[token] == due);
    }
  }
  return trial.end();
}

/// One stage after the other, then a graph that is torn down while its rings are full, and one that
/// never ends by itself.
bool back_to_back(const Schedule& schedule, std::uint64_t seed) {
  Trial trial(schedule, drawn_setting(seed, true), seed);
  const Setting& setting = trial.setting;
  const NodeConfig config{.mode = setting.mode, .capacity = setting.capacity};
  for (int stage = 0; stage < 3; ++stage) {
    std::uint64_t sum = 0, expected = 0;
    constexpr std::uint64_t count = 12;
    StreamGraph graph(*trial.runtime, "stage");
    auto numbers = graph.source<std::uint64_t>(
        "numbers", {}, [n = std::uint64_t{0}](Emit<std::uint64_t>& emit) mutable {
          emit(n++);
          return n < count ? Give::more : Give::end;
        });
    auto worked = graph.map("work", numbers, config, [&](std::uint64_t&& token) {
      trial.at(token);
      return token;
    });
    graph.sink("sum", worked, config, [&](std::uint64_t&& token) { sum += token; });
    graph.build().value();
    trial.check(graph.start() == Status::accepted);
    if (setting.trouble == Trouble::cancel && stage == 1) graph.cancel();
    const Status due =
        setting.trouble == Trouble::cancel && stage == 1 ? Status::cancelled : Status::accepted;
    trial.check(graph.wait_until(never) == due);
    if (setting.trouble != Trouble::flood)
      trial.check(trial.runtime->barrier().status == Status::accepted);
    for (std::uint64_t token = 0; token < count; ++token)
      expected += trial.throws(token) ? 0 : token;
    trial.check(balanced(graph) && (due == Status::cancelled || sum == expected));
  }
  {
    std::uint64_t accepted = 0;
    StreamGraph full(*trial.runtime, "full");
    auto door = full.ingress<std::shared_ptr<int>>("door", setting.capacity);
    auto worked = full.map("work", door.port(), config,
                           [](std::shared_ptr<int>&& value) { return std::move(value); });
    full.sink("sink", worked, config, [](std::shared_ptr<int>&&) {});
    full.build().value();
    trial.check(full.start() == Status::accepted);
    Producer producer = trial.runtime->producer("filler").value();
    const auto value = std::make_shared<int>(7);
    while (door.push(producer, std::shared_ptr<int>(value)).status == Status::accepted) ++accepted;
    trial.check(accepted >= 1 && value.use_count() == static_cast<long>(accepted) + 1);
  }
  {
    std::uint64_t taken = 0;
    StreamGraph endless(*trial.runtime, "endless");
    auto numbers = endless.source<std::uint64_t>(
        "numbers", {}, [n = std::uint64_t{0}](Emit<std::uint64_t>& emit) mutable {
          emit(n++);
          return Give::more;
        });
    endless.sink("count", numbers, config, [&](std::uint64_t&&) { ++taken; });
    endless.build().value();
    trial.check(endless.start() == Status::accepted);
    trial.check(endless.wait_until(after_us(1)) == Status::timed_out);
  }
  trial.over();
  return trial.end();
}

/// A search that asks for guidance through a cycle of smallest buffers.
bool request_cycle(const Schedule& schedule, std::uint64_t seed) {
  Trial trial(schedule, drawn_setting(seed, false), seed);
  const Setting& setting = trial.setting;
  const NodeConfig config{.mode = setting.mode, .capacity = setting.capacity};
  const std::uint64_t count = 60;
  const std::uint32_t slots = smallest() ? 1 : 1 + static_cast<std::uint32_t>(mix(seed) % 8);
  struct Question {
    std::uint64_t token;
    std::uint32_t rounds;
  };
  {
    StreamGraph graph(*trial.runtime, "cycle");
    auto questions = graph.requests<Question, std::uint64_t>("questions", slots);
    auto out = graph.loop("simulate", questions.in(), setting.capacity, [&](Port<Question> in) {
      auto asked = graph.map("search", in, config, [&](Question&& q) {
        trial.at(q.token);
        return q;
      });
      return graph.map("evaluate", asked, config, [](Question&& q) -> Turn<Question> {
        if (q.rounds == 0) return Leave{std::move(q)};
        return Again{Question{q.token, q.rounds - 1}};
      });
    });
    questions.answer(graph.map("value", out, config, [](Question&& q) { return mix(q.token); }),
                     {.capacity = setting.capacity});
    graph.build().value();
    trial.check(graph.start() == Status::accepted);
    Producer producer = trial.runtime->producer("client").value();
    std::vector<Reply<std::uint64_t>> replies(slots);
    std::uint64_t cancelled = 0, failed = 0, answered = 0;
    for (std::uint64_t next = 0; next < count;) {
      std::uint64_t open = 0;
      for (; open < slots && next + open < count; ++open) {
        const std::uint64_t token = next + open;
        const auto rounds = static_cast<std::uint32_t>(token % 4);
        if (questions.submit(producer, Question{token, rounds}, replies[open]).status !=
            Status::accepted)
          break;
      }
      if (setting.trouble == Trouble::cancel && next > count / 2) graph.cancel();
      if (open == 0) break;  // cancelled
      for (std::uint64_t i = 0; i < open; ++i) {
        std::uint64_t value = 0;
        const Status status = replies[i].wait_until(never, value);
        const bool threw = trial.throws(next + i);
        answered += status == Status::accepted ? 1 : 0;
        failed += status == Status::failed ? 1 : 0;
        cancelled += status == Status::cancelled ? 1 : 0;
        trial.check(status != Status::accepted || (value == mix(next + i) && !threw));
        trial.check(status != Status::failed || threw);
        trial.check(status != Status::cancelled || setting.trouble == Trouble::cancel);
      }
      next += open;
    }
    questions.close();
    trial.check(graph.wait_until(never) ==
                (setting.trouble == Trouble::cancel ? Status::cancelled : Status::accepted));
    const Ledger ledger = graph.ledger();
    trial.check(balanced(graph) && ledger.out == answered && ledger.failed == failed &&
                ledger.cancelled == cancelled);
    trial.check(setting.trouble == Trouble::cancel || answered + failed == count);
  }
  return trial.end();
}

/// All seeds of one shape.
void over_the_matrix(const char* name, bool (*shape)(const Schedule&, std::uint64_t)) {
  Watchdog dog(name);
  over_seeds(seeds(), [&](const Schedule& schedule, std::uint64_t seed) {
    dog.note(std::string(name) + ", seed " + std::to_string(seed));
    return shape(schedule, seed);
  });
}

}  // namespace

TEST_CASE("deterministic: results_join over seeds") {
  over_the_matrix("results_join", results_join);
}
TEST_CASE("deterministic: back_to_back over seeds") {
  over_the_matrix("back_to_back", back_to_back);
}
TEST_CASE("deterministic: request_cycle over seeds") {
  over_the_matrix("request_cycle", request_cycle);
}
