// soak.hpp: what the soak's rounds are made of: patterns that check themselves, and trouble beside
// them.
#pragma once

#include <atomic>
#include <cstdint>
#include <span>
#include <string>
#include <support/tier.hpp>
#include <weir/runtime.hpp>

namespace weir::test {

/// Finds a fault and describes it, or answers "". Any number at a time on one runtime.
struct Pattern {
  const char* name;
  std::string (*run)(Runtime& runtime, std::uint64_t seed);
};
/// All of them; see patterns.cpp and graph_patterns.cpp.
std::span<const Pattern> patterns() noexcept;

// Those of graph_patterns.cpp.
std::string random_graph(Runtime& runtime, std::uint64_t seed);
std::string request_loop(Runtime& runtime, std::uint64_t seed);
std::string task_graph(Runtime& runtime, std::uint64_t seed);

/// What Trouble has done.
struct TroubleCounts {
  std::uint64_t held = 0, interrupted = 0, moved = 0, looked = 0, forked = 0, lulls = 0;
  TroubleCounts& operator+=(const TroubleCounts& o) noexcept {
    held += o.held, interrupted += o.interrupted, moved += o.moved, looked += o.looked;
    forked += o.forked, lulls += o.lulls;
    return *this;
  }
};

/// Disturbs the runtime until `over`: holds workers in bodies, stops threads in the middle of
/// anything by a signal, moves them to other CPUs, reads all counters and traces, forks. Returns
/// what is wrong with a forked child, or "".
std::string make_trouble(Runtime& runtime, std::uint64_t seed, const std::atomic<bool>& over,
                         TroubleCounts& counts);

inline std::string differs(const char* what, std::uint64_t got, std::uint64_t wanted) {
  return std::string(what) + " is " + std::to_string(got) + ", not " + std::to_string(wanted);
}

}  // namespace weir::test
