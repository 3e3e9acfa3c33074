#include "net_gradient.hpp"

#include <algorithm>

namespace weir::search::nets {

Shard::Shard(const Architecture& architecture, std::size_t rows_max)
    : heads_(architecture.heads),
      layers_(layers_of(architecture)),
      targets_(rows_max * architecture.outputs()),
      gradient_(parameter_count(architecture)),
      outputs_(architecture.outputs()) {
  for (const DenseLayer& layer : layers_) {
    values_.emplace_back(rows_max * layer.in);
    slopes_.emplace_back(rows_max * layer.out);
  }
  values_.emplace_back(rows_max * outputs_);
}

float* Shard::features(std::size_t row) noexcept { return values_[0].data() + row * layers_[0].in; }
float* Shard::targets(std::size_t row) noexcept { return targets_.data() + row * outputs_; }

void Shard::forward(std::span<const float> parameters, std::size_t rows) {
  for (std::size_t l = 0; l < layers_.size(); ++l) {
    const DenseLayer& layer = layers_[l];
    float* const to = values_[l + 1].data();
    for (std::size_t r = 0; r < rows; ++r)
      std::copy_n(parameters.data() + layer.biases, layer.out, to + r * layer.out);
    multiply({values_[l].data(), layer.in, 1}, {parameters.data() + layer.weights, layer.out, 1},
             to, rows, layer.in, layer.out, Into::add, panel_);
    const std::size_t count = rows * layer.out;
    if (layer.skip) {
      const float* const before = values_[l - 1].data();
      for (std::size_t i = 0; i < count; ++i) to[i] += before[i];
    }
    if (layer.relu)
      for (std::size_t i = 0; i < count; ++i) to[i] = std::max(to[i], 0.0F);
  }
}

double Shard::loss(std::span<const float> parameters, std::span<const float> head_weights,
                   std::size_t rows) {
  forward(parameters, rows);
  double sum = 0;
  for (std::size_t r = 0; r < rows; ++r)
    sum += loss_row(heads_, head_weights, values_.back().data() + r * outputs_, targets(r),
                    slopes_.back().data() + r * outputs_);
  return sum;
}

double Shard::learn(std::span<const float> parameters, std::span<const float> head_weights,
                    std::size_t rows, float share) {
  const double sum = loss(parameters, head_weights, rows);
  std::vector<float>& slopes = slopes_.back();
  for (std::size_t i = 0; i < rows * outputs_; ++i) slopes[i] *= share;
  backward(parameters, rows);
  return sum;
}

void Shard::backward(std::span<const float> parameters, std::size_t rows) {
  for (std::size_t l = layers_.size(); l-- > 0;) {
    const DenseLayer& layer = layers_[l];
    const float* const slopes = slopes_[l].data();
    multiply({values_[l].data(), 1, layer.in}, {slopes, layer.out, 1},
             gradient_.data() + layer.weights, layer.in, rows, layer.out, Into::replace, panel_);
    float* const biases = gradient_.data() + layer.biases;
    std::fill_n(biases, layer.out, 0.0F);
    for (std::size_t r = 0; r < rows; ++r)
      for (std::size_t i = 0; i < layer.out; ++i) biases[i] += slopes[r * layer.out + i];
    if (l == 0) break;
    float* const to = slopes_[l - 1].data();
    multiply({slopes, layer.out, 1}, {parameters.data() + layer.weights, 1, layer.out}, to, rows,
             layer.out, layer.in, Into::replace, panel_);
    const std::size_t count = rows * layer.in;
    if (l + 1 < layers_.size() && layers_[l + 1].skip) {
      const float* const behind = slopes_[l + 1].data();
      for (std::size_t i = 0; i < count; ++i) to[i] += behind[i];
    }
    const float* const values = values_[l].data();  // of layer l - 1, which has a relu
    for (std::size_t i = 0; i < count; ++i) to[i] = values[i] > 0 ? to[i] : 0.0F;
  }
}

}  // namespace weir::search::nets
