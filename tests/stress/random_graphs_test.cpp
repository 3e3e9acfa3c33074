// random_graphs_test.cpp: thousands of generated graphs, each run to its end on 1, 2 and 4 workers
// and compared with a sequential interpreter: sinks' counts and sums, the graph's ledger, every
// node's ledger, modes and orders.
//
// WEIR_SEED=n runs the graph of that seed alone, a thousand times.
#include <doctest/doctest.h>

#include <memory>
#include <stress/graph_run.hpp>
#include <support/at_rest.hpp>
#include <support/reproduce.hpp>
#include <support/watchdog.hpp>

using namespace weir;
using namespace weir::test;

namespace {

std::unique_ptr<Runtime> start(int workers) {
  Config config;
  config.workers = workers;
  config.pin = Pin::none;
  config.schedule = Schedule::stealing();  // these tests are about real threads
  config.task_slots = 256;
  return Runtime::start(config).value();
}

void run_all(const char* name, std::uint64_t graphs, Spec (*generate)(std::uint64_t)) {
  const std::uint64_t only = seed(0);
  std::uint64_t wrong = 0, tokens = 0, cancelled = 0;
  for (const int workers : {1, 2, 4}) {
    auto runtime = start(workers);
    Watchdog dog(name, runtime.get());
    for (std::uint64_t i = 0; i < (only != 0 ? 1000 : graphs); ++i) {
      const Spec spec = generate(only != 0 ? only : i + 1);
      dog.note(std::string(name) + " on " + std::to_string(workers) + " workers, " + spec.text());
      Trial trial(*runtime, spec);
      const std::string fault = trial.run();
      tokens += trial.graph().ledger().in;
      cancelled += trial.graph().ledger().cancelled;
      if (fault.empty()) continue;
      MESSAGE(std::string(name)
              << " on " << workers << " workers: " << fault << "; " << spec.details()
              << "; to try it again: "
              << command_with("WEIR_SEED=" + std::to_string(only != 0 ? only : i + 1)));
      ++wrong;
      break;  // what is left behind would spoil the next ones
    }
    CHECK(runtime->barrier().status == Status::accepted);
    check_runtime(*runtime);
  }
  CHECK(wrong == 0);
  MESSAGE(std::string(name) << ": " << graphs << " graphs on 1, 2 and 4 workers, " << tokens
                            << " tokens, " << cancelled << " of them cancelled");
}

}  // namespace

TEST_CASE("random graphs: generated DAGs give what the interpreter gives") {
  run_all("DAG", amount(400, 5000, 20'000) * soak_times(), random_dag);
}

TEST_CASE("random graphs: generated structured graphs give what the interpreter gives") {
  run_all("structured", amount(400, 2000, 5000) * soak_times(), random_structured);
}

TEST_CASE("random graphs: under the deterministic policy, from many seeds") {
  std::uint64_t wrong = 0;
  Watchdog dog("deterministic");
  for (std::uint64_t i = 0; i < amount(100, 500, 5000) * soak_times() && wrong < 5; ++i) {
    const std::uint64_t number = seed(i + 1);
    Config config;
    config.workers = 3;
    config.task_slots = 64;
    config.schedule = Schedule::deterministic(number * 7919);
    auto runtime = Runtime::start(config).value();
    const Spec spec = i % 2 == 0 ? random_structured(number) : random_dag(number);
    dog.note("deterministic: " + spec.text());
    Trial trial(*runtime, spec);
    const std::string fault = trial.run();
    if (fault.empty()) continue;
    MESSAGE("deterministic: " << fault << "; " << spec.details() << "; to repeat it: "
                              << command_with("WEIR_SEED=" + std::to_string(number)));
    ++wrong;
  }
  CHECK(wrong == 0);
}
