// list_worth.hpp: what a value is worth on the way to the outputs: a small network over what the two have in common and
// over the call that made it.
//
//   what value and output have in common ┐
//                                        ├──> 32 numbers, cut off below 0 ──> one: the logarithm of odds
//   the call that made the value         ┘
//
// Shape:  worth_inputs inputs, of which a value has those of its pair of kinds (value, output): worth_features numbers
//         of group 0, and a 1 for its call.
// Roles:  const once made, any thread.
// Order:  the same bits on every machine.
// Cost:   0.15 to 0.3 us a value of up to ten rows.
// Source: Odena et al., "BUSTLE: bottom-up program synthesis through learning-guided exploration", ICLR 2021: values
//         are judged by what they share with the output.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <list_pack.hpp>
#include <vector>
#include <weir/search/mlp.hpp>

namespace weir::search::lists {

inline constexpr std::size_t worth_pairs = 4, worth_features = 44, worth_hidden = 32;
inline constexpr std::size_t worth_inputs = worth_pairs * (worth_features + calls);

/// What a value and the outputs have in common.
struct WorthFeatures {
  std::array<float, worth_features> number{};
  std::uint8_t used = 0;  // the first of them
  std::uint8_t pair = 0;  // 2 x (the value is a list) + (the output is a list)
};

/// The outputs as features need them.
class WorthGoal {
 public:
  /// The block of `output` outlives it.
  WorthGoal(const Packed& output, const Shape& shape);
  WorthFeatures features(const Packed& value) const noexcept;

 private:
  struct Put;
  void common(const Packed& value, Put& put) const noexcept;
  void list_to_list(const Packed& value, Put& put) const noexcept;
  void row_by_row(const Packed& value, Put& put) const noexcept;
  void wherever(const Packed& value, Put& put) const noexcept;
  void list_to_number(const Packed& value, Put& put) const noexcept;
  void number_to_list(const Packed& value, Put& put) const noexcept;
  void number_to_number(const Packed& value, Put& put) const noexcept;
  bool constant(const Packed& value) const noexcept;
  int sum(Lanes numbers) const noexcept;
  int count(Lanes mask) const noexcept;
  float share(Lanes mask) const noexcept { return static_cast<float>(count(mask)) * per_example_; }

  Shape shape_;
  Packed output_;
  Row valid_{};  // lanes of an example
  int examples_ = 1;
  float per_example_ = 1;
  Row low_{}, high_{}, last_{};  // of the output's lists
  int total_ = 0;                // numbers in all of them
  float evens_ = 0, negatives_ = 0, ascending_ = 0;
};

/// The network. Its weights are those of worth_architecture().
class Worth {
 public:
  explicit Worth(const nets::Weights& weights);
  /// Logarithm of odds, up to a constant of the place in the search.
  float of(const WorthFeatures& features, std::uint8_t call) const noexcept;

 private:
  std::vector<float> parameters_;
};

nets::Architecture worth_architecture();
/// Where the inputs of a pair of kinds begin: features, then calls.
constexpr std::size_t worth_input(std::size_t pair) noexcept {
  return pair * (worth_features + calls);
}

/// What ships with the program. `weir-bench-search guidance --make-worth FILE` makes its weights again.
const Worth& default_worth();

}  // namespace weir::search::lists
