// kernel.hpp: what one request searches with. The engine owns budgets, fairness and replies; a kernel owns the search.
//
// Roles:    one thread at a time is inside a kernel, not always the same one; different kernels share nothing mutable.
// Progress: a simulation takes at most about 1 ms, and is counted in candidates, never by the clock: what a kernel has
//           found after n simulations depends on its task, its config, the prior and when that was applied alone. What
//           is longer goes on in the next one. A candidate is whole: texts of 100,000 characters take longer.
// Memory:   at most KernelConfig::memory_bytes_max; what would go beyond is not kept, and the search goes on.
// Errors:   nothing throws but std::bad_alloc; a task that cannot be searched is refused where the kernel is made.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <utility>
#include <vector>
#include <weir/search/task.hpp>

namespace weir::search {

/// Networks know one kind of features each.
enum class NetworkKind : std::uint8_t { lists, connect4 };
inline constexpr std::size_t network_kinds = 2;

/// What experience says of a request before it is searched. Recipes are tried first, each judged by the kernel itself
/// on every example; what is none, or is wrong, costs no more than the try.
struct Hints {
  std::vector<std::string> recipes;  // Program::recipe of past answers, nearest first
  std::vector<float> usage;  // lists: how likely each of the 34 functions occurs; empty: unknown
  std::vector<std::string> parts{};  // SyGuS: terms that several answers have within them
  std::vector<float>
      operators{};  // SyGuS: how likely each operator (sygus::Op) occurs; empty: unknown
};

struct KernelConfig {
  std::uint64_t seed = 1;
  std::size_t memory_bytes_max = std::size_t{192} << 20;
  const Hints* hints = nullptr;   // read while the kernel is made; null: none
  std::uint64_t simulations = 0;  // that it will be given at most; 0: nobody knows
  bool taught =
      true;  // false: in plain order until apply() or by hints: by nothing that was taught
};

/// How good the best program is.
enum class Found : std::uint8_t {
  nothing,
  partial,   // right on some labelled examples
  full,      // right on all of them
  smallest,  // right on all, and nothing that the kernel ranks higher exists in its language
};

struct Turn {
  std::uint32_t simulations = 0;  // spent; 0 only with `ended` or `parked`
  bool ended = false;             // no further turn will find anything better
  bool parked = false;  // features() is a new question, and no turn may follow before apply()
};

struct Program {
  std::vector<std::pair<Language, std::string>> text;  // as asked for, in that order
  std::uint32_t size = 0;                              // operators, constants and inputs
  double confidence = 0;  // in 0..1; of one answer's programs, the sum is at most 1
  std::string recipe{};   // as a kernel of its domain reads it again; empty: it cannot
};

/// Inputs on which the two best programs differ, and what they make of them.
struct Question {
  std::vector<Value> in;
  std::vector<Value> out;
};

/// A move of a game. `value` in 0 .. 1 for who makes it; where it is proven it is the outcome.
struct RankedMove {
  std::uint32_t move = 0;
  std::uint32_t visits = 0;
  double value = 0;
  bool proven = false;
};

struct Answer {
  Found found = Found::nothing;
  std::vector<Program> programs;  // best first
  std::vector<RankedMove> moves;  // of a game, best first
  std::uint32_t examples_passed = 0, examples_total = 0;
  std::optional<Question> question;
};

class Kernel {
 public:
  virtual ~Kernel() = default;

  /// At most that many simulations (1 or more).
  virtual Turn turn(std::uint32_t simulations_max) = 0;
  virtual Found found() const noexcept = 0;
  /// At most `top` programs that differ, each in the languages asked for; those a kernel cannot write are left out.
  virtual Answer best(std::size_t top, std::span<const Language> in) const = 0;
  /// Programs looked at.
  virtual std::uint64_t nodes() const noexcept = 0;
  virtual std::size_t memory() const noexcept = 0;

  /// What the network is to be asked, one row of its inputs after the other; empty: nothing. Asked once about the
  /// request as a whole, while the search goes on; and after each turn that ends `parked`.
  virtual std::span<const float> features() const noexcept { return {}; }
  virtual NetworkKind guided_by() const noexcept { return NetworkKind::lists; }
  /// The network's answer, as many rows, between turns; later turns are guided by it. Empty after a turn that ended
  /// `parked`: there is no network, and the kernel goes on with its default.
  virtual void apply(std::span<const float>) {}
};

}  // namespace weir::search
