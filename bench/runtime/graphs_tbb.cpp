// graphs_tbb.cpp: oneTBB's flow graph in chain_1m, wide_100k, wavefront_512 and stream_4x64, built
// before the clock runs.
#include "pool_patterns.hpp"

#if defined(WEIR_BENCH_HAS_TBB)
#include <tbb/flow_graph.h>
#include <tbb/global_control.h>

#include <deque>

namespace weir::bench {
namespace {

namespace flow = tbb::flow;
using Node = flow::continue_node<flow::continue_msg>;
using Message = const flow::continue_msg&;

struct Threads {
  tbb::global_control limit{tbb::global_control::max_allowed_parallelism, worker_count};
};

void chain_1m(benchmark::State& state) {
  const Threads threads;
  flow::graph graph;
  std::int64_t count = 0;
  std::deque<Node> nodes;
  for (std::int64_t i = 0; i < chain_tasks; ++i) {
    nodes.emplace_back(graph, [&count](Message) { ++count; });
    if (i > 0) flow::make_edge(nodes[nodes.size() - 2], nodes.back());
  }
  for (auto _ : state) {
    nodes.front().try_put(flow::continue_msg());
    graph.wait_for_all();
  }
  finish(state, chain_tasks, count == chain_tasks * static_cast<std::int64_t>(state.iterations()));
}

void wide_100k(benchmark::State& state) {
  const Threads threads;
  flow::graph graph;
  std::vector<std::uint32_t> cells(wide_tasks);
  std::int64_t round = 0;
  bool right = true;
  Node first(graph, [&](Message) { ++round; });
  Node last(graph, [&](Message) { right &= all_are(cells, round); });
  std::deque<Node> nodes;
  for (std::uint32_t& cell : cells) {
    nodes.emplace_back(graph, [&cell](Message) { ++cell; });
    flow::make_edge(first, nodes.back());
    flow::make_edge(nodes.back(), last);
  }
  for (auto _ : state) {
    first.try_put(flow::continue_msg());
    graph.wait_for_all();
  }
  finish(state, wide_tasks, right && round == static_cast<std::int64_t>(state.iterations()));
}

void wavefront_512(benchmark::State& state) {
  const Threads threads;
  flow::graph graph;
  Wave wave;
  std::deque<Node> nodes;
  for (std::size_t i = 0; i < wave_cells; ++i) {
    nodes.emplace_back(graph, [&wave, i](Message) { wave.compute(i); });
    if (i % wave_side != 0) flow::make_edge(nodes[i - 1], nodes[i]);
    if (i >= wave_side) flow::make_edge(nodes[i - wave_side], nodes[i]);
  }
  for (auto _ : state) {
    nodes.front().try_put(flow::continue_msg());
    graph.wait_for_all();
  }
  finish(state, wave_cells, wave.right());
}

/// Nodes buffer without bound; a limiter holds what is inside to the sum of the three buffers.
void stream_4x64(benchmark::State& state) {
  const Threads threads;
  const std::uint64_t expected = stream_sum();
  flow::graph graph;
  std::uint64_t next = 0, sum = 0;
  bool right = true;
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
  for (auto _ : state) {
    next = sum = 0;
    numbers.activate();
    graph.wait_for_all();
    right &= sum == expected;
    state.PauseTiming();
    graph.reset();
    state.ResumeTiming();
  }
  finish(state, stream_tokens, right);
}

const AddAll all([] {
  Add("chain_1m", "tbb", chain_1m);
  Add("wide_100k", "tbb", wide_100k);
  Add("wavefront_512", "tbb", wavefront_512);
  Add("stream_4x64", "tbb", stream_4x64);
});

}  // namespace
}  // namespace weir::bench
#endif
