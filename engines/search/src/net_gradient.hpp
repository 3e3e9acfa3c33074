// net_gradient.hpp: the loss of some rows, and by how much it grows with each parameter.
//
// Roles:  a Shard is one thread's at a time; nothing else is written.
// Memory: a float a parameter, and some a row and layer.
#pragma once

#include <cstddef>
#include <span>
#include <vector>

#include "net_heads.hpp"
#include "net_layers.hpp"
#include "net_matrix.hpp"

namespace weir::search::nets {

class Shard {
 public:
  /// Of a checked architecture.
  Shard(const Architecture& architecture, std::size_t rows_max);

  /// To be filled with rows before loss() and gradient().
  float* features(std::size_t row) noexcept;
  float* targets(std::size_t row) noexcept;

  /// The losses of the first `rows` rows, added up.
  double loss(std::span<const float> parameters, std::span<const float> head_weights,
              std::size_t rows);
  /// The same, and gradient() is that of `share` times this sum.
  double learn(std::span<const float> parameters, std::span<const float> head_weights,
               std::size_t rows, float share);
  const std::vector<float>& gradient() const noexcept { return gradient_; }

 private:
  void forward(std::span<const float> parameters, std::size_t rows);
  void backward(std::span<const float> parameters, std::size_t rows);

  std::vector<Head> heads_;
  std::vector<DenseLayer> layers_;
  std::vector<std::vector<float>> values_;  // before layer i; behind the last: its numbers
  std::vector<std::vector<float>> slopes_;  // of the loss, by what layer i gives before its relu
  std::vector<float> targets_, gradient_;
  std::size_t outputs_;
  Panel panel_;
};

}  // namespace weir::search::nets
