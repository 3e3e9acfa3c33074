// faults_test.cpp: a runtime that loses one unit of room, or one wake-up, at a place drawn from the
// seed: the stall oracle finds it every time, and names the place. One that holds workers stalls
// never.
//
// The graphs are such that each unit and each wake-up is needed: rings of one slot, bursts that
// fill their ring, tokens to come.
#include <doctest/doctest.h>
#include <unistd.h>

#include <filesystem>
#include <memory>
#include <string>
#include <support/at_rest.hpp>
#include <support/tier.hpp>
#include <vector>
#include <weir/detail/faults.hpp>
#include <weir/stream_graph.hpp>

#include "core.hpp"

using namespace weir;
using namespace weir::test;

namespace {

constexpr int tokens = 400;

struct Line {
  std::string node, edge, consumer;
};
std::vector<Line> lines;  // of the last report
void keep(const StallReport& report) {
  lines.clear();
  for (std::size_t i = 0; i < report.line_count; ++i)
    lines.push_back({report.lines[i].node, report.lines[i].edge, report.lines[i].consumer});
}

std::string recorded_to, replayed_from;  // where not empty

std::unique_ptr<Runtime> start(std::uint64_t seed) {
  Config config;
  config.workers = 1 + static_cast<int>(seed % 4);
  config.task_slots = 64;
  config.schedule = !replayed_from.empty() ? Schedule::replay(replayed_from)
                                           : Schedule::recorded(seed, recorded_to);
  config.on_stall = keep;
  lines.clear();
  return Runtime::start(config).value();
}

auto numbers() {
  return [n = 0](Emit<int>& out) mutable {
    out(int{n});
    return ++n < tokens ? Give::more : Give::end;
  };
}

/// source -> three nodes -> sink, all rings of one slot.
void chain(StreamGraph& graph, Mode mode) {
  const NodeConfig config{.mode = mode, .capacity = 1};
  auto first = graph.source<int>("source", {}, numbers());
  auto second = graph.map("first", first, config, [](int&& x) { return x + 1; });
  auto third = graph.map("second", second, config, [](int&& x) { return 2 * x; });
  graph.sink("sink", third, {.mode = Mode::serial, .capacity = 1}, [](int&&) {});
}

/// Bursts of which not all is used fill the ring before the sink.
void bursts(StreamGraph& graph, Mode mode) {
  const NodeConfig config{.mode = mode, .capacity = 4};
  auto first = graph.source<int>("source", {}, numbers());
  auto many = graph.expand("expand", first, config, 4, [](int&& x, Emit<int>& out) {
    for (int i = 0; i < x % 4; ++i) out(int{i});
  });
  graph.sink("sink", many, {.mode = Mode::serial, .capacity = 4}, [](int&&) {});
}

/// A loop of one ticket: each turn reserves the way out, and the last one the way back.
void loop(StreamGraph& graph, Mode mode) {
  const NodeConfig config{.mode = mode, .capacity = 1};
  auto first = graph.source<int>("source", {}, numbers());
  auto out = graph.loop("loop", first, 1, [&](Port<int> in) {
    return graph.map("turn", in, config, [](int&& x) -> Turn<int> {
      if (x % 3 != 0) return Again{x - 1};
      return Leave{std::move(x)};
    });
  });
  graph.sink("sink", out, {.mode = Mode::serial, .capacity = 1}, [](int&&) {});
}

/// A number's two halves are matched before the next number may start.
void matched(StreamGraph& graph, Mode mode) {
  const NodeConfig config{.mode = mode, .capacity = 1};
  auto first = graph.source<int>("source", {}, numbers());
  auto left = graph.map("left", first, config, [](int&& x) { return x + 1; });
  auto right = graph.map("right", first, config, [](int&& x) { return 2 * x; });
  auto both = graph.join("join", left, right);
  graph.sink("sink", both, {.mode = Mode::ordered}, [](std::tuple<int, int>&&) {});
}

using Shape = void (*)(StreamGraph&, Mode);

/// Runs the shape with a fault planned; what wait_until answered.
Status run(Shape shape, Mode mode, std::uint64_t seed, std::uint32_t hold_one_in = 0) {
  auto runtime = start(seed);
  detail::core_of(*runtime).holds = {hold_one_in, 20};
  StreamGraph graph(*runtime, "faulty", {.window = 1});
  shape(graph, mode);
  graph.build().value();
  REQUIRE(graph.start() == Status::accepted);
  const Status end = graph.wait_until(never);
  if (end == Status::accepted) check_ledgers(graph);
  CHECK(runtime->metrics().stalls == (end == Status::stalled ? 1 : 0));
  detail::plan_fault(detail::Fault::none);  // the graph's end is not the test
  return end;
}

bool named(const char* node, const char* edge, const char* consumer) {
  for (const Line& line : lines) {
    if (line.node == node && line.edge.find(edge) == 0 && line.consumer == consumer) return true;
  }
  return false;
}

std::string report() {
  std::string text;
  for (const Line& l : lines) text += l.node + " waits for " + l.edge + " (" + l.consumer + ")\n";
  return text;
}

std::uint64_t seeds() { return amount(40, 200, 2000); }

/// The fault strikes in each run, before the tokens have run out, and is found and named.
template <class Named>
void check_found(Shape shape, detail::Fault fault, std::uint32_t one_in, Named is_named) {
  for (const Mode mode : {Mode::serial, Mode::parallel}) {
    for (std::uint64_t seed = 1; seed <= seeds(); ++seed) {
      CAPTURE(seed);
      detail::plan_fault(fault, one_in);
      const Status end = run(shape, mode, seed);
      REQUIRE(detail::struck().yet);
      CAPTURE(detail::struck().from);
      CAPTURE(detail::struck().to);
      REQUIRE(end == Status::stalled);
      CHECK_MESSAGE(is_named(), report());
    }
  }
}

bool unit_is_named() {
  const detail::Struck& place = detail::struck();
  return named(place.from, "room on its out-edge that is reserved and not used", place.to);
}

/// The node itself waits, with tokens before it or with room behind it that it has not been told
/// of; and all that wait otherwise wait for room before it.
bool node_is_named() {
  const std::string node = detail::struck().from;
  bool found = false;
  for (const Line& line : lines) {
    const bool window = line.edge == "its stream's window or a ticket";
    if (line.node == node) {
      found = found || line.edge.find("a wake-up") == 0 || window;
    } else if (line.edge.find("a wake-up") == 0) {
      return false;
    }
  }
  return found;
}

}  // namespace

TEST_CASE("faults: a lost unit of room is found every time, and its edge named: bursts") {
  check_found(bursts, detail::Fault::lost_unit, 25, unit_is_named);
}
TEST_CASE("faults: a lost unit of room is found every time, and its edge named: a loop") {
  check_found(loop, detail::Fault::lost_unit, 25, unit_is_named);
}
TEST_CASE("faults: a lost wake-up is found every time, and its node named: a chain") {
  check_found(chain, detail::Fault::lost_wake_up, 25, node_is_named);
}
TEST_CASE("faults: a lost wake-up is found every time, and its node named: a join") {
  check_found(matched, detail::Fault::lost_wake_up, 25, node_is_named);
}

TEST_CASE("faults: none planned, none found, with workers held for a while or not") {
  for (const Shape shape : {chain, bursts, loop, matched}) {
    detail::plan_fault(detail::Fault::lost_unit);  // forgets where the last one struck
    detail::plan_fault(detail::Fault::none);
    for (std::uint64_t seed = 1; seed <= seeds(); ++seed) {
      CAPTURE(seed);
      REQUIRE(run(shape, seed % 2 == 0 ? Mode::serial : Mode::parallel, seed,
                  seed % 3 == 0 ? 0 : 5) == Status::accepted);
      CHECK(!detail::struck().yet);
    }
  }
}

TEST_CASE("faults: a stalled run has its recording, and its replay stalls in the same place") {
  const std::filesystem::path file =
      std::filesystem::temp_directory_path() / ("weir-faults-" + std::to_string(::getpid()));
  for (std::uint64_t seed = 1; seed <= 20; ++seed) {
    CAPTURE(seed);
    recorded_to = file.string();
    detail::plan_fault(detail::Fault::lost_wake_up, 50);
    REQUIRE(run(matched, Mode::parallel, seed) == Status::stalled);
    const std::string recorded = report();
    const std::string place = detail::struck().from;
    recorded_to.clear();
    replayed_from = file.string();
    detail::plan_fault(detail::Fault::lost_wake_up, 50);
    CHECK(run(matched, Mode::parallel, seed) == Status::stalled);
    CHECK(report() == recorded);
    CHECK(detail::struck().from == place);
    replayed_from.clear();
  }
  std::filesystem::remove(file);
}
