// Architectures: their limits, their layers, the weights that training begins with.
#include <cmath>
#include <weir/search/mlp.hpp>

#include "net_layers.hpp"

namespace weir::search::nets {
namespace {

constexpr std::uint64_t weight_purpose = 1;
constexpr double residual_share = 0.1;  // of the usual spread: a residual block begins near y = x

bool width_fits(std::uint32_t width) { return width >= 1 && width <= width_max; }

Error shape_error(std::string what) {
  return Error{"architecture", std::move(what), "architecture"};
}

}  // namespace

std::size_t Architecture::outputs() const noexcept {
  std::size_t sum = 0;
  for (const Head& head : heads) sum += head.width;
  return sum;
}

std::string Architecture::text() const {
  constexpr char letters[] = "lvpsg";
  std::string line = std::to_string(inputs);
  for (const Block& block : blocks) {
    line += block.kind == BlockKind::residual ? '+' : '-';
    line += std::to_string(block.width);
  }
  for (const Head& head : heads) {
    line += '-' + std::to_string(head.width);
    line += letters[static_cast<std::size_t>(head.kind)];
  }
  return line;
}

Result<Done> check(const Architecture& architecture) {
  if (!width_fits(architecture.inputs))
    return shape_error("inputs: " + std::to_string(architecture.inputs) + ", 1 to " +
                       std::to_string(width_max) + " can be");
  if (architecture.blocks.size() > blocks_max)
    return shape_error("more than " + std::to_string(blocks_max) + " blocks");
  if (architecture.heads.empty() || architecture.heads.size() > heads_max)
    return shape_error("1 to " + std::to_string(heads_max) + " heads can be");
  for (const Block& block : architecture.blocks) {
    if (block.kind > BlockKind::residual) return shape_error("a block of a kind that is not there");
    if (!width_fits(block.width))
      return shape_error("a block of width " + std::to_string(block.width));
  }
  for (const Head& head : architecture.heads) {
    if (head.kind > HeadKind::logits) return shape_error("a head of a kind that is not there");
    if (!width_fits(head.width))
      return shape_error("a head of width " + std::to_string(head.width));
  }
  if (parameter_count(architecture) > parameters_max)
    return shape_error("more than " + std::to_string(parameters_max) + " parameters");
  return Done{};
}

std::vector<DenseLayer> layers_of(const Architecture& architecture) {
  std::vector<DenseLayer> layers;
  std::size_t width = architecture.inputs, at = 0;
  const auto add = [&](std::size_t out, bool skip, bool relu) {
    layers.push_back({width, out, skip, relu, at, at + width * out});
    at += (width + 1) * out;
    width = out;
  };
  for (const Block& block : architecture.blocks) {
    const std::size_t before = width;
    add(block.width, false, true);
    if (block.kind == BlockKind::residual) add(before, true, true);
  }
  add(architecture.outputs(), false, false);
  return layers;
}

std::size_t parameter_count(const Architecture& architecture) {
  const DenseLayer last = layers_of(architecture).back();
  return last.biases + last.out;
}

Weights initial_weights(const Architecture& architecture, std::uint64_t seed) {
  Weights weights{architecture, std::vector<float>(parameter_count(architecture), 0.0F)};
  for (const DenseLayer& layer : layers_of(architecture)) {
    const double spread = std::sqrt((layer.relu ? 6.0 : 3.0) / static_cast<double>(layer.in)) *
                          (layer.skip ? residual_share : 1.0);
    for (std::size_t i = layer.weights; i < layer.biases; ++i) {
      const double unit = static_cast<double>(keyed(seed, weight_purpose, i) >> 11) * 0x1p-53;
      weights.parameters[i] = static_cast<float>((2 * unit - 1) * spread);
    }
  }
  return weights;
}

}  // namespace weir::search::nets
