// scaling.cpp: --scaling: the same work on 1, 2, 4, ... and all CPUs: weir, the reference pool or
// ring, oneTBB; rates, speed-up over one thread, efficiency.
//
// Shape: `threads` workers do the work. weir's caller sleeps meanwhile, oneTBB's caller is one of
// the threads, the reference pool's caller polls. Each cell is a child process that repeats the
// work until its time is over (three times at least); the figure is the median.
#include <algorithm>
#include <cstdio>
#include <functional>
#include <map>
#include <optional>
#include <weir/ring.hpp>
#include <weir/stream_graph.hpp>

#include "measure.hpp"
#include "pool_patterns.hpp"
#include "pools.hpp"
#include "results.hpp"
#include "suite.hpp"

#if defined(WEIR_BENCH_HAS_TBB)
#include <tbb/concurrent_queue.h>
#include <tbb/flow_graph.h>
#endif

namespace weir::bench {
namespace {

constexpr std::size_t work_tasks = 10'000;  // of 5 us each

/// Repeats `once` (untimed `prepare` before each) and reports items a second.
void repeat(const Setting& setting, Report& report, double items, const std::function<bool()>& once,
            const std::function<void()>& prepare = {}) {
  std::vector<double> rates;
  bool right = true;
  if (prepare) prepare();
  right &= once();  // warm
  const std::uint64_t end_ns = now_ns() + static_cast<std::uint64_t>(setting.seconds * 1e9);
  while (rates.size() < 3 || (now_ns() < end_ns && rates.size() < 1000)) {
    if (prepare) prepare();
    const std::uint64_t from_ns = now_ns();
    right &= once();
    rates.push_back(items * 1e9 / static_cast<double>(now_ns() - from_ns));
  }
  std::sort(rates.begin(), rates.end());
  report.set("items_per_s", rates[rates.size() / 2]);
  report.set("least", rates.front());
  report.set("most", rates.back());
  if (!right) report.wrong("the result is not right");
}

template <class P>
void wait_for(P& pool) {
  if constexpr (requires { pool.wait_asleep(); }) {
    pool.wait_asleep();
  } else {
    pool.wait();
  }
}
template <class P, class F>
void give(P& pool, F f) {
  while (!pool.submit(f)) relax_cpu();
}

std::uint64_t fib_weir(int n) {
  if (n < 2) return static_cast<std::uint64_t>(n);
  std::uint64_t a = 0, b = 0;
  weir::fork_join([&] { a = fib_weir(n - 1); }, [&] { b = fib_weir(n - 2); });
  return a + b;
}
std::uint64_t fib_bare(int n) {
  if (n < 2) return static_cast<std::uint64_t>(n);
  std::uint64_t a = 0, b = 0;
  BarePool::fork_join([&] { a = fib_bare(n - 1); }, [&] { b = fib_bare(n - 2); });
  return a + b;
}
template <class P, std::uint64_t (*fib)(int)>
void fib32(const Setting& setting, Report& report) {
  P pool(setting.threads);
  std::uint64_t result = 0;
  repeat(setting, report, fib_calls, [&] {
    std::uint64_t* const into = &result;
    give(pool, [into] { *into = fib(fib_argument); });
    wait_for(pool);
    return result == fib_value;
  });
}

template <class P>
void task_external(const Setting& setting, Report& report) {
  P pool(setting.threads);
  std::vector<std::uint32_t> cells(external_tasks);
  std::int64_t round = 0;
  repeat(setting, report, external_tasks, [&] {
    for (std::uint32_t& cell : cells) give(pool, CountCell{&cell});
    wait_for(pool);
    return all_are(cells, ++round);
  });
}

template <class P>
void wide_100k(const Setting& setting, Report& report) {
  P pool(setting.threads);
  std::vector<std::uint32_t> cells(wide_tasks);
  std::int64_t round = 0;
  repeat(setting, report, wide_tasks, [&] {
    give(pool, WideRoot<P>{&pool, &cells});
    wait_for(pool);
    return all_are(cells, ++round);
  });
}

struct Working {
  std::uint32_t* cell;
  std::uint64_t span_ticks;
  void operator()() const {
    const std::uint64_t from = ticks();
    while (ticks() - from < span_ticks) relax_cpu();
    ++*cell;
  }
};
template <class P>
struct WorkingRoot {
  P* pool;
  std::vector<std::uint32_t>* cells;
  std::uint64_t span_ticks;
  void operator()() const {
    for (std::uint32_t& cell : *cells) pool->spawn(Working{&cell, span_ticks});
  }
};
template <class P>
void wide_5us(const Setting& setting, Report& report) {
  P pool(setting.threads);
  std::vector<std::uint32_t> cells(work_tasks);
  const auto span = static_cast<std::uint64_t>(5 * ticks_per_us());
  std::int64_t round = 0;
  repeat(setting, report, work_tasks, [&] {
    give(pool, WorkingRoot<P>{&pool, &cells, span});
    wait_for(pool);
    return all_are(cells, ++round);
  });
}

struct WeirStream {
  explicit WeirStream(Runtime& runtime) : graph(runtime, "stream") {
    constexpr NodeConfig serial{.mode = Mode::serial, .capacity = stream_buffer};
    auto numbers = graph.source<std::uint64_t>("numbers", serial, [this](Emit<std::uint64_t>& out) {
      out(next++);
      return next < stream_tokens ? Give::more : Give::end;
    });
    auto first =
        graph.map("first", numbers, serial, [](std::uint64_t&& x) { return stream_step_1(x); });
    auto second =
        graph.map("second", first, serial, [](std::uint64_t&& x) { return stream_step_2(x); });
    graph.sink("sum", second, serial, [this](std::uint64_t&& x) { sum += x; });
    built = graph.build().ok();
  }
  StreamGraph graph;
  std::uint64_t next = 0, sum = 0;
  bool built = false;
};
void stream_weir(const Setting& setting, Report& report) {
  WeirRuntime pool(setting.threads);
  const std::uint64_t expected = stream_sum();
  std::optional<WeirStream> stream;
  repeat(
      setting, report, stream_tokens,
      [&] {
        return stream->built && stream->graph.start() == Status::accepted &&
               stream->graph.wait_until(after_ms(600'000)) == Status::accepted &&
               stream->sum == expected;
      },
      [&] { stream.emplace(pool.runtime()); });
}
void stream_bare(const Setting& setting, Report& report) {
  BarePool pool(setting.threads);
  TaskStream<BarePool> stream(pool);
  const std::uint64_t expected = stream_sum();
  repeat(setting, report, stream_tokens, [&] { return stream.run() == expected; });
}

/// `threads` producers and as many consumers.
template <class Q>
void ring_npnc(const Setting& setting, Report& report) {
  constexpr std::uint64_t items = 200'000;
  const auto pairs = static_cast<std::uint64_t>(setting.threads);
  const auto queue = std::make_unique<Q>(ring_capacity);
  Team team(2 * setting.threads);
  std::atomic<std::uint64_t> sum{0};
  const std::uint64_t each = items / pairs;
  const std::function<void(int)> work = [&](int index) {
    Patience patience;
    std::uint64_t mine = 0;
    for (std::uint64_t i = 0; i < each; ++i) {
      std::uint64_t item = i;
      if (index % 2 == 0) {
        while (!queue->push(item)) patience.wait();
      } else {
        while (!queue->pop(item)) patience.wait();
        mine += item;
      }
      patience.reset();
    }
    sum.fetch_add(mine, std::memory_order_relaxed);
  };
  repeat(setting, report, static_cast<double>(each * pairs), [&] {
    sum.store(0);
    team.run(work);
    return sum.load() == each * (each - 1) / 2 * pairs;
  });
}
struct WeirRing {
  explicit WeirRing(std::size_t capacity) : ring(capacity) {}
  bool push(std::uint64_t item) { return ring.push(std::move(item)) == Status::accepted; }
  bool pop(std::uint64_t& item) { return ring.pop(item) == Status::accepted; }
  Ring<std::uint64_t, release> ring;
};

#if defined(WEIR_BENCH_HAS_TBB)
/// The caller is one of the `threads`.
class CallingGroup {
 public:
  explicit CallingGroup(int threads)
      : threads_(tbb::global_control::max_allowed_parallelism, static_cast<std::size_t>(threads)) {}
  ~CallingGroup() { group_.wait(); }
  template <class F>
  bool submit(F f) {
    group_.run(f);
    return true;
  }
  template <class F>
  void spawn(F f) {
    group_.run(f);
  }
  void wait() { group_.wait(); }

 private:
  tbb::global_control threads_;
  tbb::task_group group_;
};
std::uint64_t fib_tbb(int n) {
  if (n < 2) return static_cast<std::uint64_t>(n);
  std::uint64_t a = 0, b = 0;
  tbb::task_group group;
  group.run([&b, n] { b = fib_tbb(n - 2); });
  a = fib_tbb(n - 1);
  group.wait();
  return a + b;
}
void stream_tbb(const Setting& setting, Report& report) {
  namespace flow = tbb::flow;
  const tbb::global_control threads(tbb::global_control::max_allowed_parallelism,
                                    static_cast<std::size_t>(setting.threads));
  const std::uint64_t expected = stream_sum();
  flow::graph graph;
  std::uint64_t next = 0, sum = 0;
  flow::input_node<std::uint64_t> numbers(graph, [&](tbb::flow_control& control) {
    if (next == stream_tokens) control.stop();
    return next == stream_tokens ? next : next++;
  });
  flow::limiter_node<std::uint64_t> limiter(graph, 3 * stream_buffer);
  flow::function_node<std::uint64_t, std::uint64_t> first(graph, flow::serial, stream_step_1);
  flow::function_node<std::uint64_t, std::uint64_t> second(graph, flow::serial, stream_step_2);
  flow::function_node<std::uint64_t, flow::continue_msg> last(graph, flow::serial,
                                                              [&](std::uint64_t x) {
                                                                sum += x;
                                                                return flow::continue_msg();
                                                              });
  flow::make_edge(numbers, limiter);
  flow::make_edge(limiter, first);
  flow::make_edge(first, second);
  flow::make_edge(second, last);
  flow::make_edge(last, limiter.decrementer());
  repeat(
      setting, report, stream_tokens,
      [&] {
        numbers.activate();
        graph.wait_for_all();
        return sum == expected;
      },
      [&] {
        graph.reset();
        next = sum = 0;
      });
}
struct TbbRing {
  explicit TbbRing(std::size_t capacity) {
    queue.set_capacity(static_cast<std::ptrdiff_t>(capacity));
  }
  bool push(std::uint64_t item) { return queue.try_push(item); }
  bool pop(std::uint64_t& item) { return queue.try_pop(item); }
  tbb::concurrent_bounded_queue<std::uint64_t> queue;
};
#endif

/// One pattern and its contenders; pairs: `threads` is of each side.
struct Pattern {
  const char* name;
  bool pairs;
  std::vector<std::pair<const char*, Measure>> contenders;
};
std::vector<Pattern> patterns() {
  using Bare = Unbounded<BarePool>;
  std::vector<Pattern> all = {
      {"fib32", false, {{"weir", fib32<WeirRuntime, fib_weir>}, {"bare", fib32<Bare, fib_bare>}}},
      {"task_external",
       false,
       {{"weir", task_external<WeirRuntime>}, {"bare", task_external<Bare>}}},
      {"wide_100k", false, {{"weir", wide_100k<WeirRuntime>}, {"bare", wide_100k<Bare>}}},
      {"wide_10k_5us", false, {{"weir", wide_5us<WeirRuntime>}, {"bare", wide_5us<Bare>}}},
      {"stream_4x64", false, {{"weir", stream_weir}, {"bare", stream_bare}}},
      {"ring_npnc",
       true,
       {{"weir", ring_npnc<WeirRing>}, {"bare", ring_npnc<BareRing<std::uint64_t>>}}}};
#if defined(WEIR_BENCH_HAS_TBB)
  all[0].contenders.emplace_back("tbb", fib32<CallingGroup, fib_tbb>);
  all[1].contenders.emplace_back("tbb", task_external<CallingGroup>);
  all[2].contenders.emplace_back("tbb", wide_100k<CallingGroup>);
  all[3].contenders.emplace_back("tbb", wide_5us<CallingGroup>);
  all[4].contenders.emplace_back("tbb", stream_tbb);
  all[5].contenders.emplace_back("tbb", ring_npnc<TbbRing>);
#endif
  return all;
}

/// 1, 2, 4, ... and the last.
std::vector<int> steps(int last) {
  std::vector<int> found;
  for (int i = 1; i < last; i *= 2) found.push_back(i);
  found.push_back(last);
  return found;
}

const std::vector<Key> keys = {{"items_per_s", "M/s", "items/s", "higher", 1e-6},
                               {"least", "least", "items/s", "none", 1e-6},
                               {"most", "most", "items/s", "none", 1e-6},
                               {"speed_up", "speed-up", "ratio", "none", 1},
                               {"efficiency", "efficiency", "ratio", "none", 1}};

void print(const Pattern& pattern, const std::vector<int>& counts,
           const std::map<std::pair<std::string, int>, Report>& reports) {
  std::printf("%-14s", pattern.name);
  for (const int count : counts) {
    char head[40];
    if (pattern.pairs) {
      std::snprintf(head, sizeof(head), "%dp%dc", count, count);
    } else {
      std::snprintf(head, sizeof(head), "%d thread%s", count, count > 1 ? "s" : "");
    }
    std::printf("  %22s", head);
  }
  std::printf("\n");
  for (const auto& [contender, measure] : pattern.contenders) {
    std::printf("%-14s", contender);
    for (const int count : counts) {
      const Report& report = reports.at({contender, count});
      const double *rate = report.find("items_per_s"), *up = report.find("speed_up");
      char cell[80];
      if (report.status != "ok" || rate == nullptr) {
        std::snprintf(cell, sizeof(cell), "%.22s", report.status.c_str());
      } else if (up == nullptr) {
        std::snprintf(cell, sizeof(cell), "%.3g M/s", *rate * 1e-6);
      } else {
        std::snprintf(cell, sizeof(cell), "%.3g M/s %5.2fx %3.0f%%", *rate * 1e-6, *up,
                      100 * *up / count);
      }
      std::printf("  %22s", cell);
    }
    std::printf("\n");
  }
  std::printf("\n");
}

}  // namespace

int run_scaling(int argc, char** argv) {
  Options options;
  options.setting.seconds = 0.5;
  if (!read_options(argc, argv, options)) return 2;
  const StopSignals signals;
  const int cpus = static_cast<int>(cpus_now().size());
  std::vector<Row> rows;
  bool failed = false;
  for (const Pattern& pattern : patterns()) {
    if (std::string(pattern.name).rfind(options.only, 0) != 0) continue;
    const std::vector<int> counts = steps(pattern.pairs ? std::max(2, cpus / 2) : cpus);
    std::map<std::pair<std::string, int>, Report> reports;
    for (const int count : counts) {
      for (const auto& [contender, measure] : pattern.contenders) {
        std::fprintf(stderr, "%s/%s on %d ...\n", pattern.name, contender, count);
        Setting setting = options.setting;
        setting.threads = count;
        Row row = run_case({std::string(pattern.name) + ".t" + std::to_string(count), contender,
                            measure, Around::nothing, 60},
                           setting, signals);
        if (signals.stop_requested()) return stopped_by(signals);
        const double* rate = row.report.find("items_per_s");
        const auto alone = reports.find({contender, 1});
        const double* base = count == 1               ? rate
                             : alone == reports.end() ? nullptr
                                                      : alone->second.find("items_per_s");
        if (rate != nullptr && base != nullptr) {
          row.report.set("speed_up", *rate / *base);
          row.report.set("efficiency", *rate / *base / count);
        }
        failed = failed || (row.report.status != "ok" && std::string(contender) == "weir");
        reports[{contender, count}] = row.report;
        rows.push_back(row);
      }
    }
    print(pattern, counts, reports);
  }
  if (rows.empty()) {
    std::fprintf(stderr, "no pattern begins with %s\n", options.only.c_str());
    return 2;
  }
  print_context(stdout);
  if (!options.json.empty() && !write_json(options.json, "weir.scaling/1", rows, keys, {}))
    return 1;
  return failed ? 1 : 0;
}

}  // namespace weir::bench
