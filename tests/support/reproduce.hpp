// reproduce.hpp: the seeds of a deterministic test, and the command line that repeats one of them.
#pragma once

#include <doctest/doctest.h>

#include <cstdint>
#include <filesystem>
#include <string>
#include <support/tier.hpp>
#include <system_error>
#include <weir/runtime.hpp>

namespace weir::test {

/// The command line of the running case alone, with `settings` of the environment before it.
inline std::string command_with(const std::string& settings) {
  std::error_code error;
  const std::string program = std::filesystem::read_symlink("/proc/self/exe", error).string();
  std::string name = doctest::getContextOptions()->currentTest->m_name;
  for (char& c : name) {
    if (c == ',' || c == '\'') c = '?';  // in a filter , separates, and ? stands for any one
  }
  return settings + " " + program + " --test-case='" + name + "'";
}

/// What repeats the running case with this seed alone. With WEIR_SCHED_RECORD=FILE before it, it
/// leaves a recording.
inline std::string command_for(std::uint64_t seed) {
  return command_with("WEIR_SCHED=det:" + std::to_string(seed));
}

/// Calls f(schedule, seed) for seeds 1 .. count, or for that of WEIR_SCHED=det:SEED alone, whose
/// recording WEIR_SCHED_RECORD asks for, or replays one: WEIR_SCHED=replay:FILE WEIR_SEED=SEED. f
/// answers whether all was well; the first seed for which
/// it was not ends the case, with its command.
template <class F>
void over_seeds(std::uint64_t count, F f) {
  const Schedule asked = Schedule::from_env();
  const bool replayed = asked.kind == Schedule::Kind::replay;  // with its WEIR_SEED beside it
  const bool one = replayed || asked.kind == Schedule::Kind::deterministic;
  for (std::uint64_t i = 1; i <= (one ? 1 : count); ++i) {
    const std::uint64_t seed = one ? test::seed(asked.seed) : i;
    INFO("to repeat it: " << command_for(seed));
    const bool well = f(one ? asked : Schedule::deterministic(seed), seed);
    REQUIRE(well);
  }
}

}  // namespace weir::test
