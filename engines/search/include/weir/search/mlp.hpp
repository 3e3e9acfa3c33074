// mlp.hpp: dense and residual networks: what they are made of, their weights, and the Network that computes them.
//
//   inputs -> block -> block -> ... -> one dense layer of all heads' widths -> heads
//
//   dense block of width w       y = relu(x W + b)
//   residual block of width w    y = relu(x + relu(x V + c) W + b)    w numbers inside, as many out as in
//
// Shape:  parameters layer after layer, of each the weights (input after input, its outputs side by side), then biases.
// Roles:  a Network is const; any number of threads evaluate it.
// Order:  a row's outputs have the same bits whatever its batch: the sizes of batches that are used are compared with
//         each other when the network is made, and rows are computed singly where they differ.
// Errors: architecture (limits, widths that do not fit, a wrong number of parameters), corrupt (a weight that is no
//         number), evaluator (oneDNN refuses).
// Memory: the weights about twice (in the layouts that the batch sizes prefer), and three buffers of at most 96 rows a
//         thread.
// Cost:   512-1024-1024-64, one thread: see bench/search/net_speed.cpp.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <vector>
#include <weir/result.hpp>
#include <weir/search/network.hpp>

namespace weir::search::nets {

enum class BlockKind : std::uint8_t { dense, residual };

struct Block {
  BlockKind kind = BlockKind::dense;
  std::uint32_t width = 0;
  friend bool operator==(const Block&, const Block&) = default;
};

/// What a head makes of its numbers, and with that how it is taught (net_trainer.hpp).
enum class HeadKind : std::uint8_t {
  linear,         // the numbers themselves: mean squared error
  value,          // tanh: mean squared error
  probabilities,  // sigmoid, each for itself: cross-entropy
  policy,         // softmax, summing to 1: cross-entropy with soft targets
  logits,         // as they are; taught as `policy`
};

struct Head {
  HeadKind kind = HeadKind::linear;
  std::uint32_t width = 0;
  friend bool operator==(const Head&, const Head&) = default;
};

inline constexpr std::uint32_t width_max = 1U << 14;
inline constexpr std::size_t blocks_max = 64, heads_max = 8;
inline constexpr std::size_t parameters_max = std::size_t{1} << 26;  // 256 MiB

struct Architecture {
  std::uint32_t inputs = 0;
  std::vector<Block> blocks;
  std::vector<Head> heads;  // their outputs stand side by side, in this order

  std::size_t outputs() const noexcept;
  /// "512-1024-1024+256-34p": + a residual block; heads l, v, p (probabilities), s (policy), g (logits).
  std::string text() const;
  friend bool operator==(const Architecture&, const Architecture&) = default;
};

/// Within the limits, and every width fits.
Result<Done> check(const Architecture& architecture);
/// Of a checked architecture.
std::size_t parameter_count(const Architecture& architecture);

struct Weights {
  Architecture architecture;
  std::vector<float> parameters;
};

/// Parameters to begin training with, the same on every machine; of a checked architecture.
/// Source: He et al., "Delving deep into rectifiers", ICCV 2015; the second layer of a residual block begins small.
Weights initial_weights(const Architecture& architecture, std::uint64_t seed);

/// The network of these weights; its version() is version_of(weights) of weights.hpp.
Result<std::unique_ptr<Network>> make_network(const Weights& weights);

}  // namespace weir::search::nets
