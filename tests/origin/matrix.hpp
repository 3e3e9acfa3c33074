// matrix.hpp: the settings that each of the three origin suites runs over.
#pragma once

#include <cstdint>
#include <string>
#include <support/tier.hpp>
#include <vector>
#include <weir/stream_config.hpp>

namespace weir::test {

enum class Trouble : std::uint8_t {
  none,
  throws,  // a node throws at random, by the token's number
  held,    // a worker is held inside a body until the others have passed so many events
  flood,   // foreign threads flood the runtime with tasks
  cancel,  // the graph is cancelled in the middle
};
inline constexpr Trouble troubles[] = {Trouble::none, Trouble::throws, Trouble::held,
                                       Trouble::flood, Trouble::cancel};

inline const char* to_string(Trouble trouble) noexcept {
  constexpr const char* names[] = {"none", "throws", "held", "flood", "cancel"};
  return names[static_cast<int>(trouble)];
}

struct Setting {
  int workers = 1;
  std::uint32_t capacity = 1;
  Mode mode = Mode::serial;
  Trouble trouble = Trouble::none;

  std::string text() const {
    constexpr const char* modes[] = {"parallel", "serial", "ordered"};
    return std::to_string(workers) + " workers, capacity " + std::to_string(capacity) + ", " +
           modes[static_cast<int>(mode)] + " nodes, trouble: " + to_string(trouble);
  }
};

inline constexpr int worker_counts[] = {1, 2, 4, 8};

/// The settings of one worker count and one trouble: all 12 in the full tier; else four in which
/// every pair of worker count and capacity, and of either and mode, occurs; under a sanitizer one
/// of these four.
inline std::vector<Setting> settings(int workers, Trouble trouble) {
  constexpr std::uint32_t capacities[] = {1, 2, 10, 1000};
  constexpr Mode modes[] = {Mode::serial, Mode::ordered, Mode::parallel};
  std::uint32_t row = 0;
  while (worker_counts[row] != workers) ++row;
  std::vector<Setting> all;
  const std::uint32_t different = smallest() ? 1 : 4;  // with smallest bounds all capacities are 1
  for (std::uint32_t c = 0; c < different; ++c) {
    for (std::uint32_t m = 0; m < 3; ++m) {
      const bool covering = (row + c + static_cast<std::uint32_t>(trouble)) % 3 == m;
      const bool one = (row + c) % 4 == static_cast<std::uint32_t>(trouble) % 4;
      if (full() || (covering && (!sanitized || one || smallest())))
        all.push_back({workers, capacities[c], modes[m], trouble});
    }
  }
  return all;
}

}  // namespace weir::test
