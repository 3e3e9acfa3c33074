// request_cycle_test.cpp: a search that asks for guidance and searches on, through buffers that are
// all at their smallest.
//
// The original's search and its guidance blocked on each other's full queues. Here the cycle admits
// no more tokens than its rings hold, and each request has had the slot of its reply since it was
// accepted.
#include <doctest/doctest.h>

#include <memory>
#include <origin/disturbance.hpp>
#include <support/at_rest.hpp>
#include <support/watchdog.hpp>
#include <weir/stream_graph.hpp>

using namespace weir;
using namespace weir::test;

namespace {

constexpr std::uint64_t salt = 0xc1c;

/// A simulation: searched and evaluated `rounds` times before it answers.
struct Simulation {
  std::uint64_t token;
  std::uint64_t value;
  std::uint32_t rounds;
};

Simulation simulation(std::uint64_t token) {
  return {token, mix(token), 1 + static_cast<std::uint32_t>(token % 4)};
}
std::uint64_t searched(std::uint64_t value) { return mix(value ^ 0x5ea); }
std::uint64_t evaluated(std::uint64_t value) { return mix(value + 0xe7a1); }
std::uint64_t answer_of(std::uint64_t token) {
  Simulation s = simulation(token);
  for (; s.rounds != 0; --s.rounds) s.value = evaluated(searched(s.value));
  return s.value;
}

struct Cycle {
  Cycle(Runtime& runtime, const Setting& s, std::uint32_t slots, std::uint64_t count)
      : setting(s), trouble(runtime, s, count / 2, salt), graph(runtime, "cycle") {
    const NodeConfig config{.mode = s.mode, .capacity = s.capacity};
    questions = graph.requests<Simulation, std::uint64_t>("questions", slots);
    auto out = graph.loop("simulate", questions.in(), s.capacity, [&](Port<Simulation> in) {
      auto asked = graph.map("search", in, config, [this](Simulation&& it) {
        if (it.rounds == 1 + it.token % 4) trouble.at(it.token);
        return Simulation{it.token, searched(it.value), it.rounds};
      });
      return graph.map("evaluate", asked, config, [](Simulation&& it) -> Turn<Simulation> {
        it.value = evaluated(it.value);
        if (--it.rounds == 0) return Leave{std::move(it)};
        return Again{std::move(it)};
      });
    });
    questions.answer(graph.map("value", out, config, [](Simulation&& it) { return it.value; }),
                     {.capacity = s.capacity});
  }

  Setting setting;
  Disturbance trouble;
  StreamGraph graph;
  Requests<Simulation, std::uint64_t> questions;
};

/// What a client's replies said.
struct Answers {
  std::uint64_t accepted = 0, failed = 0, cancelled = 0, expired = 0, wrong = 0;
  std::uint64_t all() const noexcept { return accepted + failed + cancelled + expired; }
  Answers& operator+=(const Answers& o) noexcept {
    accepted += o.accepted, failed += o.failed, cancelled += o.cancelled, expired += o.expired,
        wrong += o.wrong;
    return *this;
  }
};

void count_answer(const Cycle& cycle, Status status, std::uint64_t token, std::uint64_t value,
                  Answers& answers) {
  switch (status) {
    case Status::accepted:
      ++answers.accepted;
      answers.wrong += value == answer_of(token) && !cycle.trouble.throws(token) ? 0 : 1;
      break;
    case Status::failed:
      ++answers.failed;
      answers.wrong += cycle.trouble.throws(token) ? 0 : 1;
      break;
    case Status::cancelled:
      ++answers.cancelled;
      break;
    case Status::expired:
      ++answers.expired;
      break;
    default:
      ++answers.wrong;
  }
}

/// Asks for `count` tokens, as many at a time as there are slots, and reads no reply before the
/// slots are used up.
Answers client(Runtime& runtime, Cycle& cycle, std::uint64_t first, std::uint64_t count,
               std::size_t outstanding) {
  Producer producer = runtime.producer("client").value();
  Answers answers;
  std::vector<Reply<std::uint64_t>> replies(outstanding);
  for (std::uint64_t next = first; next < first + count;) {
    const std::uint64_t from = next;
    Status refusal = Status::accepted;
    while (next < first + count && next - from < outstanding && refusal == Status::accepted) {
      refusal = cycle.questions.submit(producer, simulation(next), replies[next - from]).status;
      if (refusal == Status::accepted) ++next;
    }
    if (refusal == Status::cancelled) {
      answers.cancelled += first + count - next;  // never taken in: its answer was given at once
      count = next - first;
    }
    if (cycle.setting.trouble == Trouble::cancel && next - first >= count / 2) cycle.graph.cancel();
    for (std::uint64_t token = from; token < next; ++token) {
      std::uint64_t value = 0;
      const Status status = replies[token - from].wait_until(never, value);
      count_answer(cycle, status, token, value, answers);
    }
    if (next == from) std::this_thread::yield();  // other clients have the slots
  }
  return answers;
}

/// `clients` foreign threads with `outstanding` requests in all.
void cycle_of(Runtime& runtime, const Setting& setting, std::uint32_t outstanding,
              std::uint64_t count, int clients) {
  Cycle cycle(runtime, setting, outstanding, count);
  cycle.graph.build().value();
  REQUIRE(cycle.graph.start() == Status::accepted);
  std::vector<Answers> each(static_cast<std::size_t>(clients));
  std::vector<std::thread> threads;
  const std::uint64_t share = count / static_cast<std::uint64_t>(clients);
  for (std::size_t c = 0; c < each.size(); ++c) {
    threads.emplace_back(
        [&, c] { each[c] = client(runtime, cycle, c * share, share, outstanding); });
  }
  for (std::thread& thread : threads) thread.join();
  Answers answers;
  for (const Answers& a : each) answers += a;
  cycle.questions.close();
  const Status end = cycle.graph.wait_until(never);
  CHECK(end == (setting.trouble == Trouble::cancel ? Status::cancelled : Status::accepted));
  CHECK(cycle.trouble.finish());
  CHECK(answers.wrong == 0);
  CHECK(answers.all() == share * each.size());
  check_ledgers(cycle.graph);
  const Ledger ledger = cycle.graph.ledger();
  CHECK(ledger.out == answers.accepted);
  CHECK(ledger.failed == answers.failed);
  if (setting.trouble == Trouble::cancel) return;
  std::uint64_t throwing = 0;
  for (std::uint64_t token = 0; token < share * each.size(); ++token)
    throwing += cycle.trouble.throws(token) ? 1 : 0;
  CHECK(ledger.in == share * each.size());
  CHECK(ledger.failed == throwing);
  CHECK(ledger.cancelled == 0);
}

/// How many requests a run of so many outstanding ones makes.
std::uint64_t requests_for(std::uint32_t outstanding) {
  return outstanding >= 1000 ? 2 * std::uint64_t{outstanding} : amount(200, 1000, 5000);
}

void over_the_matrix(Trouble trouble) {
  constexpr std::uint32_t outstanding[] = {1, 10, 100, 1000, 10'000};
  std::size_t turn = static_cast<std::size_t>(trouble);
  for (const int workers : worker_counts) {
    auto runtime = start(workers);
    Watchdog dog("request_cycle", runtime.get());
    for (Setting setting : settings(workers, trouble)) {
      if (setting.mode == Mode::ordered) {  // refused by name, below
        if (full()) continue;
        setting.mode = turn % 2 == 0 ? Mode::serial : Mode::parallel;
      }
      for (std::size_t o = 0; o < std::size(outstanding); ++o) {
        if (!full() && o != turn % std::size(outstanding) &&
            o != (turn + 2) % std::size(outstanding))
          continue;
        const int clients = outstanding[o] >= 10 && (turn + o) % 2 == 0 ? 3 : 1;
        const std::string text = setting.text() + ", " + std::to_string(outstanding[o]) +
                                 " outstanding of " + std::to_string(clients) + " clients";
        INFO(text);
        dog.note("request_cycle: " + text);
        cycle_of(*runtime, setting, outstanding[o], requests_for(outstanding[o]), clients);
      }
      ++turn;
    }
    check_runtime(*runtime);
  }
}

}  // namespace

TEST_CASE("request_cycle: 1 to 10,000 outstanding through smallest buffers: none") {
  over_the_matrix(Trouble::none);
}
TEST_CASE("request_cycle: 1 to 10,000 outstanding through smallest buffers: throws") {
  over_the_matrix(Trouble::throws);
}
TEST_CASE("request_cycle: 1 to 10,000 outstanding through smallest buffers: held") {
  over_the_matrix(Trouble::held);
}
TEST_CASE("request_cycle: 1 to 10,000 outstanding through smallest buffers: flood") {
  over_the_matrix(Trouble::flood);
}
TEST_CASE("request_cycle: 1 to 10,000 outstanding through smallest buffers: cancel") {
  over_the_matrix(Trouble::cancel);
}

TEST_CASE("request_cycle: an ordered node in the cycle is refused by name") {
  auto runtime = start(2);
  for (const std::uint32_t capacity : {1U, 2U, 10U, 1000U}) {
    Cycle cycle(*runtime, {2, capacity, Mode::ordered, Trouble::none}, capacity, 1);
    const Result<Certificate> refused = cycle.graph.build();
    REQUIRE(!refused.ok());
    CHECK(refused.error().code == "loop_body");
    CHECK(refused.error().where == "cycle.search");
    CHECK(refused.error().what.find("ordered") != std::string::npos);
    CHECK(cycle.graph.start() == Status::closed);
  }
}

TEST_CASE(
    "request_cycle: each request ends once: answered, failed, cancelled, expired or abandoned") {
  for (const int workers : worker_counts) {
    auto runtime = start(workers);
    Watchdog dog("request_cycle: ends", runtime.get());
    const std::uint64_t count = amount(300, 3000, 30'000);
    for (const Mode mode : {Mode::serial, Mode::parallel}) {
      const Setting setting{workers, 1, mode, Trouble::throws};
      Cycle cycle(*runtime, setting, 16, count);
      cycle.graph.build().value();
      REQUIRE(cycle.graph.start() == Status::accepted);
      Producer producer = runtime->producer("client").value();
      Answers answers;
      std::uint64_t abandoned = 0;
      for (std::uint64_t token = 0; token < count;) {
        Reply<std::uint64_t> reply;
        const Submit submit{.deadline = token % 5 == 1 ? Deadline{1} : never};
        const Status asked =
            cycle.questions.submit(producer, simulation(token), reply, submit).status;
        if (asked ==
            Status::would_block) {  // abandoned ones keep their slots until their tombstones come
          std::this_thread::yield();
          continue;
        }
        REQUIRE(asked == Status::accepted);
        if (token % 5 == 2) reply.cancel();
        if (token % 5 == 3) {
          reply.reset();
          ++abandoned;
        } else {
          std::uint64_t value = 0;
          const Status status = reply.wait_until(never, value);
          if (token % 5 == 1) CHECK((status == Status::expired));
          if (token % 5 != 2) CHECK((status != Status::cancelled));
          count_answer(cycle, status, token, value, answers);
          CHECK(reply.empty());
        }
        ++token;
      }
      cycle.questions.close();
      CHECK(cycle.graph.wait_until(never) == Status::accepted);
      CHECK(answers.wrong == 0);
      CHECK(answers.all() + abandoned == count);
      CHECK(answers.expired == (count + 3) / 5);
      check_ledgers(cycle.graph);
      CHECK(cycle.graph.ledger().in == count);
      CHECK(cycle.graph.ledger().expired == answers.expired);
    }
    check_runtime(*runtime);
  }
}
