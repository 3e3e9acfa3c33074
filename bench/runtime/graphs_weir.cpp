// graphs_weir.cpp: weir's TaskGraph in chain_1m, wide_100k and wavefront_512, its StreamGraph in
// stream_4x64. Graphs are built before the clock runs; a stream is built for each iteration (it
// runs once), also outside of the clock.
#include <optional>
#include <weir/stream_graph.hpp>
#include <weir/task_graph.hpp>

#include "pool_patterns.hpp"

namespace weir::bench {
namespace {

/// With the flight recorder as everybody has it, or without.
std::unique_ptr<Runtime> start_runtime(bool recorded = true) {
  Config config;
  if (!recorded) config.trace_events = 0;
  config.workers = worker_count;
  config.schedule = Schedule::stealing();
  return Runtime::start(config).value();
}

bool run_graph(TaskGraph& graph, Producer& producer) {
  return graph.run(producer).status == Status::accepted &&
         graph.wait_until(never) == Status::accepted;
}

template <bool recorded>
void chain_1m(benchmark::State& state) {
  const auto runtime = start_runtime(recorded);
  Producer producer = runtime->producer("bench").value();
  TaskGraph graph(*runtime, "chain");
  std::int64_t count = 0;
  Task last = graph.task("first", [&count] { ++count; });
  for (std::int64_t i = 1; i < chain_tasks; ++i) {
    const Task next = graph.task("next", [&count] { ++count; });
    graph.precede(last, next);
    last = next;
  }
  bool right = graph.build().ok();
  for (auto _ : state) right &= run_graph(graph, producer);
  finish(state, chain_tasks,
         right && count == chain_tasks * static_cast<std::int64_t>(state.iterations()));
}

void wide_100k(benchmark::State& state) {
  const auto runtime = start_runtime();
  Producer producer = runtime->producer("bench").value();
  TaskGraph graph(*runtime, "wide");
  std::vector<std::uint32_t> cells(wide_tasks);
  std::int64_t round = 0;
  bool right = true;
  const Task first = graph.task("first", [&round] { ++round; });
  const Task last = graph.task("last", [&] { right &= all_are(cells, round); });
  for (std::uint32_t& cell : cells) {
    const Task middle = graph.task("middle", CountCell{&cell});
    graph.precede(first, middle);
    graph.precede(middle, last);
  }
  right &= graph.build().ok();
  for (auto _ : state) right &= run_graph(graph, producer);
  finish(state, wide_tasks, right && round == static_cast<std::int64_t>(state.iterations()));
}

void wavefront_512(benchmark::State& state) {
  const auto runtime = start_runtime();
  Producer producer = runtime->producer("bench").value();
  TaskGraph graph(*runtime, "wavefront");
  Wave wave;
  std::vector<Task> cells(wave_cells);
  for (std::size_t i = 0; i < wave_cells; ++i) {
    cells[i] = graph.task("cell", [&wave, i] { wave.compute(i); });
    if (i % wave_side != 0) graph.precede(cells[i - 1], cells[i]);
    if (i >= wave_side) graph.precede(cells[i - wave_side], cells[i]);
  }
  bool right = graph.build().ok();
  for (auto _ : state) right &= run_graph(graph, producer);
  finish(state, wave_cells, right && wave.right());
}

/// One run of the stream.
struct Stream {
  explicit Stream(Runtime& runtime) : graph(runtime, "stream") {
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

template <bool recorded>
void stream_4x64(benchmark::State& state) {
  const auto runtime = start_runtime(recorded);
  const std::uint64_t expected = stream_sum();
  bool right = true;
  std::optional<Stream> stream;
  for (auto _ : state) {
    state.PauseTiming();
    stream.emplace(*runtime);
    state.ResumeTiming();
    right &= stream->built && stream->graph.start() == Status::accepted;
    right &= stream->graph.wait_until(never) == Status::accepted && stream->sum == expected;
  }
  finish(state, stream_tokens, right);
}

const AddAll all([] {
  Add("chain_1m", "weir", chain_1m<true>);
  Add("chain_1m", "weir_unrecorded", chain_1m<false>);
  Add("wide_100k", "weir", wide_100k);
  Add("wavefront_512", "weir", wavefront_512);
  Add("stream_4x64", "weir", stream_4x64<true>);
  Add("stream_4x64", "weir_unrecorded", stream_4x64<false>);
});

}  // namespace
}  // namespace weir::bench
