// graph_patterns.cpp: streaming graphs, requests through a loop, and task graphs, of random shape
// and capacity.
#include <soak/soak.hpp>
#include <stdexcept>
#include <stress/graph_run.hpp>
#include <thread>
#include <vector>
#include <weir/stream_graph.hpp>
#include <weir/task_graph.hpp>

namespace weir::test {
namespace {

struct Question {
  std::uint64_t token, value;
  std::uint32_t turns;
};
Question question(std::uint64_t token) {
  return {token, mix(token), 1 + static_cast<std::uint32_t>(token % 3)};
}
std::uint64_t answer_to(std::uint64_t token) {
  Question q = question(token);
  while (q.turns-- != 0) q.value = mix(q.value + 1);
  return q.value;
}
bool ill(std::uint64_t token) { return mix(token ^ 0x111) % 37 == 0; }

/// Random layers: a task reads what its predecessors have written in this run.
struct Layers {
  Layers(Random& random, std::uint32_t tasks) : value(tasks, 0), before(tasks) {
    for (std::uint32_t t = 1; t < tasks; ++t) {
      for (std::uint32_t n = random.below(4); n != 0; --n) {
        const std::uint32_t from = random.below(t);
        bool there = false;
        for (const std::uint32_t b : before[t]) there = there || b == from;
        if (!there) before[t].push_back(from);
      }
    }
  }
  void work(std::uint32_t t) {
    std::uint64_t sum = mix(t);
    for (const std::uint32_t b : before[t]) sum += value[b];
    value[t] += mix(sum);
  }
  std::vector<std::uint64_t> value;
  std::vector<std::vector<std::uint32_t>> before;
};

}  // namespace

std::string random_graph(Runtime& runtime, std::uint64_t seed) {
  const Spec spec = seed % 2 == 0 ? random_dag(seed) : random_structured(seed);
  Trial trial(runtime, spec);
  const std::string fault = trial.run();
  return fault.empty() ? fault : fault + "; " + spec.details();
}

/// Requests that are answered, fail, expire, are cancelled or abandoned: each of them once.
std::string request_loop(Runtime& runtime, std::uint64_t seed) {
  Random random(seed);
  const std::uint32_t tickets = smallest() ? 1 : 1 + random.below(4);
  const auto config = [&random, tickets] {
    return NodeConfig{.mode = random.once_in(2) ? Mode::serial : Mode::parallel,
                      .capacity = smallest() ? 1 : tickets + random.below(8)};
  };
  StreamGraph graph(runtime, "requests", {.window = 1 + random.below(8)});
  auto requests = graph.requests<Question, std::uint64_t>("questions", 1 + random.below(40));
  auto out = graph.loop("turns", requests.in(), tickets, [&](Port<Question> in) {
    auto asked = graph.map("ask", in, config(), [](Question&& q) {
      if (ill(q.token)) throw std::runtime_error("ill");
      return q;
    });
    return graph.map("turn", asked, config(), [](Question&& q) -> Turn<Question> {
      q.value = mix(q.value + 1);
      if (--q.turns == 0) return Leave{std::move(q)};
      return Again{std::move(q)};
    });
  });
  requests.answer(graph.map("value", out, config(), [](Question&& q) { return q.value; }));
  if (const auto built = graph.build(); !built.ok()) return "refused: " + built.error().text();
  if (graph.start() != Status::accepted) return "not started";

  Producer producer = runtime.producer("asks").value();
  const std::uint64_t count = 50 + random.below(500);
  const bool cancelled = random.once_in(8);
  std::uint64_t ended[5] = {};  // answered, failed, cancelled, expired, abandoned
  std::vector<Reply<std::uint64_t>> replies(1 + random.below(30));
  std::vector<std::uint64_t> token_of(replies.size());
  std::string fault;
  const auto collect = [&](std::size_t i) {
    std::uint64_t value = 0;
    const Status status = replies[i].wait_until(never, value);
    const std::uint64_t token = token_of[i];
    if (status == Status::accepted && (value != answer_to(token) || ill(token)))
      fault = "a wrong answer";
    if (status == Status::failed && !ill(token)) fault = "a request failed that must not";
    switch (status) {
      case Status::accepted:
        ++ended[0];
        break;
      case Status::failed:
        ++ended[1];
        break;
      case Status::cancelled:
        ++ended[2];
        break;
      case Status::expired:
        ++ended[3];
        break;
      default:
        fault = "a reply answered " + std::string(to_string(status));
    }
  };
  std::uint64_t taken = 0;
  for (std::uint64_t token = 0; token < count && fault.empty();) {
    const std::size_t i = random.below(static_cast<std::uint32_t>(replies.size()));
    if (!replies[i].empty()) collect(i);
    const bool late = random.once_in(10);
    const Status status =
        requests
            .submit(producer, question(token), replies[i], {.deadline = late ? Deadline{1} : never})
            .status;
    if (status == Status::cancelled) break;
    if (status == Status::accepted) {
      token_of[i] = token++;
      ++taken;
      if (random.once_in(10)) replies[i].cancel();
      if (random.once_in(10)) {
        replies[i].reset();
        ++ended[4];
      }
    } else {  // slots are held by replies that nobody has read
      for (std::size_t r = 0; r < replies.size(); ++r) {
        if (!replies[r].empty()) collect(r);
      }
      std::this_thread::yield();
    }
    if (cancelled && token == count / 2) graph.cancel();
  }
  for (std::size_t r = 0; r < replies.size(); ++r) {
    if (!replies[r].empty()) collect(r);
  }
  requests.close();
  const Status end = graph.wait_until(never);
  if (!fault.empty()) return fault;
  if (end != (cancelled ? Status::cancelled : Status::accepted))
    return "it ended as " + std::string(to_string(end));
  const std::uint64_t all = ended[0] + ended[1] + ended[2] + ended[3] + ended[4];
  if (all != taken) return differs("replies", all, taken);
  const Ledger ledger = graph.ledger();
  if (ledger.in != ledger.accounted()) return differs("accounted()", ledger.accounted(), ledger.in);
  return ledger.in == taken ? "" : differs("in", ledger.in, taken);
}

/// A graph of tasks run several times; in some of them a condition repeats a part of it, or a task
/// throws.
std::string task_graph(Runtime& runtime, std::uint64_t seed) {
  Random random(seed);
  const std::uint32_t tasks = 1 + random.below(300), runs = 1 + random.below(6);
  Layers parallel(random, tasks);
  Layers sequential = parallel;
  const bool throwing = random.once_in(4), repeats = random.once_in(2),
             cancelled = random.once_in(6);
  const std::uint32_t bad = random.below(tasks), rounds = random.below(5);
  std::uint32_t turn = 0;
  std::uint64_t turns = 0;
  bool armed = false;

  TaskGraph graph(runtime, "layers");
  std::vector<Task> made;
  for (std::uint32_t t = 0; t < tasks; ++t) {
    made.push_back(graph.task("t" + std::to_string(t), [&parallel, &armed, t, bad] {
      if (armed && t == bad) throw std::runtime_error("task of ill luck");
      parallel.work(t);
    }));
    for (const std::uint32_t b : parallel.before[t]) graph.precede(made[b], made[t]);
  }
  if (repeats) {
    const Task first = graph.task("first", [&turn] { turn = 0; });
    const Task start = graph.condition("start", [] { return 0; });
    const Task body = graph.task("body", [&turns] { ++turns; });
    const Task decide =
        graph.condition("decide", [&turn, rounds] { return turn++ < rounds ? 0 : 1; });
    graph.precede(first, start), graph.precede(start, body), graph.precede(body, decide);
    graph.precede(decide, body);
  }
  if (const auto built = graph.build(); !built.ok()) return "refused: " + built.error().text();

  Producer producer = runtime.producer("layers").value();
  for (std::uint32_t r = 0; r < runs; ++r) {
    armed = throwing && r + 1 == runs;
    while (graph.run(producer).status == Status::would_block) std::this_thread::yield();
    if (cancelled && r + 1 == runs) graph.cancel();
    const Status end = graph.wait_until(never);
    if (armed || (cancelled && r + 1 == runs)) {
      // A run that is cancelled may have thrown, or ended, before.
      const bool well =
          cancelled ? end != Status::stalled && end != Status::timed_out : end == Status::failed;
      return well ? "" : "the last run ended as " + std::string(to_string(end));
    }
    if (end != Status::accepted) return "a run ended as " + std::string(to_string(end));
    for (std::uint32_t t = 0; t < tasks; ++t) sequential.work(t);
    if (parallel.value != sequential.value) return "a task ran before its predecessors";
    if (repeats && turns != std::uint64_t{r + 1} * (rounds + 1))
      return differs("turns", turns, (r + 1) * (rounds + 1));
  }
  return "";
}

}  // namespace weir::test
