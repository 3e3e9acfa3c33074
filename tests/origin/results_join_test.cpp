// results_join_test.cpp: a caller that waits for its workers before it drains their results must
// not hang them.
//
// The original joined its worker processes first and read their results afterwards, while they
// waited in put() on the full queue. Here the results are a thousand times what the rings hold, and
// everybody waits first.
#include <doctest/doctest.h>

#include <memory>
#include <origin/disturbance.hpp>
#include <support/at_rest.hpp>
#include <support/watchdog.hpp>
#include <weir/stream_graph.hpp>

using namespace weir;
using namespace weir::test;

namespace {

constexpr std::uint64_t salt = 0xa11;

struct Item {
  std::uint64_t token;
  std::uint64_t check;
};

Item job(std::uint64_t token) { return {token, mix(token)}; }
Item result(const Item& item) { return {item.token, ~item.check}; }
bool right(const Item& item) { return item.check == ~mix(item.token); }

/// A thousand times what `rings` rings of this capacity hold; at capacity 1000 fewer outside of the
/// full tier where foreign threads push every token (`all` false), and under sanitizers.
std::uint64_t thousandfold(const Setting& setting, std::uint64_t rings, bool all = true) {
  const bool short_of_all = sanitized ? !all || !full() : !all && !full();
  const bool fewer = setting.capacity > 10 && short_of_all;
  const std::uint64_t times = !fewer ? 1000 : full() ? 100 : 10;
  return times * rings * setting.capacity;
}

/// What came out is what went in: each token once, but for those that threw; in a cancelled graph
/// at most once.
void check_results(const Setting& setting, const StreamGraph& graph, const Disturbance& trouble,
                   const Tally& tally, std::uint64_t count) {
  CHECK(tally.sound());
  check_ledgers(graph);
  const Ledger ledger = graph.ledger();
  CHECK(ledger.out == tally.total());
  CHECK(ledger.dropped == 0);
  CHECK(ledger.expired == 0);
  std::uint64_t missing = 0, threw = 0;
  for (std::uint64_t token = 0; token < count; ++token) {
    threw += trouble.throws(token) ? 1 : 0;
    missing += trouble.throws(token) == tally.once(token) ? 1 : 0;
  }
  if (setting.trouble == Trouble::cancel) {
    CHECK(ledger.failed == 0);
  } else {
    CHECK(missing == 0);
    CHECK(ledger.failed == threw);
    CHECK(ledger.cancelled == 0);
    CHECK(ledger.in == count);
  }
}

/// jobs -> work -> results, and the calls that every variant has.
struct Pipeline {
  Pipeline(Runtime& runtime, const Setting& s, std::uint64_t n)
      : setting(s),
        count(n),
        tally(n),
        trouble(runtime, s, n / 2, salt),
        graph(runtime, "results") {}

  void finish(Port<Item> jobs, const Gate* consumer_starts) {
    const NodeConfig config{.mode = setting.mode, .capacity = setting.capacity};
    auto worked = graph.map("work", jobs, config, [this](Item&& item) {
      trouble.at(item.token);
      return result(item);
    });
    graph.sink("results", worked, config, [this, consumer_starts](Item&& item) {
      if (consumer_starts != nullptr) consumer_starts->wait();
      if (!right(item)) wrong.open();
      // One source numbers its tokens; several producers are numbered in the order of their pushes.
      if (setting.mode == Mode::ordered && consumer_starts == nullptr) {
        if (item.token < next_) wrong.open();
        next_ = item.token + 1;
      }
      tally.note(item.token);
    });
    graph.build().value();
    REQUIRE(graph.start() == Status::accepted);
  }
  void cancel_in_the_middle() {
    if (setting.trouble != Trouble::cancel) return;
    while (tally.total() < count / 3) std::this_thread::yield();
    graph.cancel();
  }
  void check_end() {
    CHECK(graph.wait_until(never) ==
          (setting.trouble == Trouble::cancel ? Status::cancelled : Status::accepted));
    CHECK(trouble.finish());
    CHECK(wrong.passed() == 0);
    check_results(setting, graph, trouble, tally, count);
  }

  Setting setting;
  std::uint64_t count;
  Tally tally;
  Gate wrong;
  Disturbance trouble;
  StreamGraph graph;

 private:
  std::uint64_t next_ = 0;  // of an ordered sink
};

void results_while_the_caller_waits(Runtime& runtime, const Setting& setting) {
  const std::uint64_t count = thousandfold(setting, 2);
  Pipeline pipeline(runtime, setting, count);
  auto jobs = pipeline.graph.source<Item>(
      "jobs", {}, [count, next = std::uint64_t{0}](Emit<Item>& out) mutable {
        out(job(next++));
        return next < count ? Give::more : Give::end;
      });
  pipeline.finish(jobs, nullptr);
  pipeline.cancel_in_the_middle();
  CHECK(runtime.barrier().status ==
        Status::accepted);  // the source has not ended: the barrier does not wait for it
  pipeline.check_end();
}

/// Pushes tokens `next` .. last-1 until the first refusal, and answers it; accepted: all are
/// inside.
Status push_until_refused(Producer& producer, const Ingress<Item>& door, std::uint64_t& next,
                          std::uint64_t last, Gate& wrong) {
  for (; next < last; ++next) {
    Item item = job(next);
    const Outcome outcome = door.push(producer, std::move(item));
    if (outcome.status == Status::accepted) continue;
    if (outcome.status != Status::would_block && outcome.status != Status::cancelled) wrong.open();
    return outcome.status;
  }
  return Status::accepted;
}

void consumer_starts_after_the_producers(Runtime& runtime, const Setting& setting) {
  const std::uint64_t count = thousandfold(setting, 3, false);
  Gate consumer_starts;
  Pipeline pipeline(runtime, setting, count);
  auto door = pipeline.graph.ingress<Item>("door", setting.capacity);
  pipeline.finish(door.port(), &consumer_starts);
  std::uint64_t next[2] = {0, count / 2};
  const std::uint64_t last[2] = {count / 2, count};
  std::vector<std::thread> producers;
  for (int p = 0; p < 2; ++p) {
    producers.emplace_back([&, p] {
      Producer producer = runtime.producer("producer").value();
      static_cast<void>(push_until_refused(producer, door, next[p], last[p], pipeline.wrong));
    });
  }
  for (std::thread& thread : producers) thread.join();  // they end although nobody consumes
  CHECK(pipeline.tally.total() == 0);
  consumer_starts.open();
  Producer producer = runtime.producer("late").value();
  Status status = Status::would_block;
  for (int p = 0; p < 2 && status != Status::cancelled; ++p) {
    for (;;) {
      status = push_until_refused(producer, door, next[p], last[p], pipeline.wrong);
      if (status != Status::would_block) break;
      if (setting.trouble == Trouble::cancel && pipeline.tally.total() > count / 3)
        pipeline.graph.cancel();
      std::this_thread::yield();
    }
  }
  pipeline.cancel_in_the_middle();
  door.close();
  pipeline.check_end();
}

/// Requests whose replies nobody reads before a barrier: each reply has had its slot since it was
/// asked for.
void replies_after_a_barrier(Runtime& runtime, const Setting& setting) {
  const std::uint64_t count = thousandfold(setting, 1, false);
  Tally tally(count);
  Disturbance trouble(runtime, setting, count / 2, salt);
  StreamGraph graph(runtime, "replies");
  auto requests = graph.requests<Item, Item>("questions", setting.capacity);
  auto worked = graph.map("work", requests.in(),
                          {.mode = setting.mode, .capacity = setting.capacity}, [&](Item&& item) {
                            trouble.at(item.token);
                            return result(item);
                          });
  requests.answer(worked, {.capacity = setting.capacity});
  graph.build().value();
  REQUIRE(graph.start() == Status::accepted);
  Producer producer = runtime.producer("client").value();
  std::vector<Reply<Item>> replies(setting.capacity);
  std::uint64_t wrong = 0, answered = 0, failed = 0, cancelled = 0;
  for (std::uint64_t next = 0; next < count && cancelled == 0;) {
    std::size_t open = 0;
    for (; open < replies.size() && next < count; ++open, ++next) {
      if (requests.submit(producer, job(next), replies[open]).status != Status::accepted) break;
    }
    if (setting.trouble == Trouble::cancel && next > count / 2) graph.cancel();
    if (open == 0 && setting.trouble == Trouble::cancel) break;
    CHECK(open != 0);
    if (open == replies.size()) {
      Reply<Item> surplus;
      const Status full_or_over = requests.submit(producer, job(next), surplus).status;
      wrong += full_or_over == Status::would_block || full_or_over == Status::cancelled ? 0 : 1;
    }
    wrong += runtime.barrier().status == Status::accepted ? 0 : 1;
    for (std::size_t i = 0; i < open; ++i) {
      Item item{};
      const Status status =
          replies[i].poll(item);  // would_block would be a barrier that came back early
      answered += status == Status::accepted ? 1 : 0;
      failed += status == Status::failed ? 1 : 0;
      cancelled += status == Status::cancelled ? 1 : 0;
      wrong +=
          status == Status::would_block || (status == Status::accepted && !right(item)) ? 1 : 0;
      if (status == Status::accepted) tally.note(item.token);
    }
  }
  requests.close();
  CHECK(graph.wait_until(never) ==
        (setting.trouble == Trouble::cancel ? Status::cancelled : Status::accepted));
  CHECK(trouble.finish());
  CHECK(wrong == 0);
  CHECK(graph.ledger().failed == failed);
  CHECK(graph.ledger().cancelled == cancelled);
  CHECK(answered == tally.total());
  check_results(setting, graph, trouble, tally, count);
}

void over_the_matrix(const char* name, Trouble trouble, int workers,
                     void (*variant)(Runtime&, const Setting&)) {
  auto runtime = start(workers);
  Watchdog dog(name, runtime.get());
  for (const Setting& setting : settings(workers, trouble)) {
    INFO(setting.text());
    dog.note(std::string(name) + ": " + setting.text());
    variant(*runtime, setting);
  }
  check_runtime(*runtime);
}

}  // namespace

// A case for each number of workers: in full amounts those that flood take minutes.
#define WEIR_RESULTS_JOIN(TROUBLE, WORKERS)                                                 \
  TEST_CASE("results_join: a thousand times the capacity while the caller waits: " #TROUBLE \
            ", " #WORKERS " workers") {                                                     \
    over_the_matrix("results", Trouble::TROUBLE, WORKERS, results_while_the_caller_waits);  \
  }                                                                                         \
  TEST_CASE("results_join: a consumer that starts when the producers have ended: " #TROUBLE \
            ", " #WORKERS " workers") {                                                     \
    over_the_matrix("late consumer", Trouble::TROUBLE, WORKERS,                             \
                    consumer_starts_after_the_producers);                                   \
  }                                                                                         \
  TEST_CASE("results_join: a barrier before the replies are read: " #TROUBLE ", " #WORKERS  \
            " workers") {                                                                   \
    over_the_matrix("replies", Trouble::TROUBLE, WORKERS, replies_after_a_barrier);         \
  }
#define WEIR_RESULTS_JOIN_ALL(TROUBLE) \
  WEIR_RESULTS_JOIN(TROUBLE, 1)        \
  WEIR_RESULTS_JOIN(TROUBLE, 2)        \
  WEIR_RESULTS_JOIN(TROUBLE, 4)        \
  WEIR_RESULTS_JOIN(TROUBLE, 8)

WEIR_RESULTS_JOIN_ALL(none)
WEIR_RESULTS_JOIN_ALL(throws)
WEIR_RESULTS_JOIN_ALL(held)
WEIR_RESULTS_JOIN_ALL(flood)
WEIR_RESULTS_JOIN_ALL(cancel)
