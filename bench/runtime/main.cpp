// main.cpp: weir-bench-runtime: gives the lines to Google Benchmark, in the order of the patterns,
// with a context that says what was measured where. Takes Google Benchmark's options; without
// --benchmark_min_time it takes 0.05 s a line. --robustness and --scaling are suites of their own.
#include <cstdio>
#include <mutex>
#include <string>
#include <weir/version.hpp>

#include "harness.hpp"
#include "results.hpp"
#include "suite.hpp"

namespace weir::bench {
namespace {

constexpr const char* patterns[] = {
    "ring_1t",           "ring_burst",      "ring_1p1c",          "ring_2p2c",  "ring_batch32",
    "round_trip",        "edge_1t",         "lane_1p1c",          "inbox_1p1c", "task_external",
    "task_external_n64", "fib32",           "chain_1m",           "wide_100k",  "wavefront_512",
    "stream_4x64",       "barrier_hot",     "barrier_parked",     "start_stop", "aa",
    "chain_1m_spawn",    "wide_100k_spawn", "wavefront_512_spawn"};

void add_context() {
  for (const auto& [name, value] : weir_context()) benchmark::AddCustomContext(name, value);
}

}  // namespace
}  // namespace weir::bench

int main(int argc, char** argv) {
  using namespace weir::bench;
  const std::string first = argc > 1 ? argv[1] : "";
  if (first == "--robustness") return run_robustness(argc, argv);
  if (first == "--scaling") return run_scaling(argc, argv);
  if (first == "--version") return std::puts(weir::version_line()) < 0 ? 1 : 0;
  char shorter[] = "--benchmark_min_time=0.05";  // before the user's: the last one counts
  std::vector<char*> arguments{argv[0], shorter};
  arguments.insert(arguments.end(), argv + 1, argv + argc);
  int count = static_cast<int>(arguments.size());
  benchmark::Initialize(&count, arguments.data());
  if (benchmark::ReportUnrecognizedArguments(count, arguments.data())) return 2;
  for (const char* pattern : patterns) {
    for (const Line& line : lines()) {
      if (line.pattern != pattern) continue;
      benchmark::RegisterBenchmark((line.pattern + "/impl:" + line.contender).c_str(), line.body)
          ->UseRealTime();
    }
  }
  // From one thread to two the C library takes other paths (a mutex without locked instructions):
  // no line is alone.
  std::mutex held;
  std::unique_lock hold(held);
  std::thread company([&held] { const std::lock_guard wait(held); });
  for (const std::string& peer : left_out())
    std::fprintf(stderr, "without %s: not installed here\n", peer.c_str());
  add_context();
  benchmark::RunSpecifiedBenchmarks();
  benchmark::Shutdown();
  hold.unlock();
  company.join();
  return 0;
}
