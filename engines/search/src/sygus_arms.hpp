// sygus_arms.hpp: which strategy has its turn: by what is expected of it, and by what it last achieved.
//
// Order:  prior times 1 and what its last turn saved for each simulation that it took (nodes of the answer; the first
//         answer counts as first_answer). Priors are far apart: what is achieved is worth some places, not all.
// Turns:  an arm has its next one when the bank has grown by its factor since the last; by twice that after in_vain_max
//         turns that made a known answer no smaller. So none starves while the bank grows, and a first answer waits for
//         none.
// Roles:  one search. Counts decide alone, never the clock.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <vector>

namespace weir::search::sygus {

enum class Arm : std::uint8_t {
  concat,       // of what the bank has
  substring,    // by deduction; of integers, sums
  landmarks,    // cuts between them
  split,        // by cases
  pieces,       // concatenations of cuts that the bank has not
  case_pieces,  // concatenations of cases
  goals,        // a concatenation for each of several sets of examples, split by cases
  inverses,     // sums of three, replacements
  shrink,       // the best by its parts
};
inline constexpr std::size_t arm_count = 9;

class Arms {
 public:
  static constexpr std::uint32_t first_answer = 8;
  static constexpr std::uint32_t in_vain_max = 3;
  static constexpr double gain_max = 7;

  /// All arms, best first.
  std::array<Arm, arm_count> ordered() const;
  /// Its turn has come, with so many terms in the bank.
  bool is_due(Arm arm, std::size_t terms) const noexcept;
  /// It had a turn of so many simulations, by which so many nodes were saved. `answered`: there is an answer.
  void ran(Arm arm, std::size_t terms, double simulations, std::uint32_t saved,
           bool answered) noexcept;
  /// The bank is built anew.
  void begin_bank() noexcept;

 private:
  struct State {
    std::size_t terms = 0;  // in the bank at its last turn
    double gain = 0;        // of that turn
    std::uint32_t in_vain = 0;
  };

  double worth(Arm arm) const noexcept;

  std::array<State, arm_count> states_{};
};

}  // namespace weir::search::sygus
