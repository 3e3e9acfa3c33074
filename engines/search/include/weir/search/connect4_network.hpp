// connect4_network.hpp: what a network sees of a Connect Four position, and what its answer says of it.
//
// Shape:  169 features: the cells of who is to move, of the other, where each of them would have four, and who began;
//         8 answers: a probability a column, and a value in -1 .. 1 for who is to move. A position and its mirror image
//         are one question.
// Roles:  pure, any thread.
// Cost:   features 0.2 us; 169-128-128-8 some microseconds a position alone, less in batches (bench/search).
// Source: Silver et al., "A general reinforcement learning algorithm that masters chess, shogi and Go", Science 2018.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <vector>
#include <weir/result.hpp>
#include <weir/search/connect4.hpp>
#include <weir/search/mlp.hpp>

namespace weir::search::games {

inline constexpr std::size_t connect4_features = 4 * board_cells + 1;
inline constexpr std::size_t connect4_answers = board_columns + 1;

/// What evaluates a leaf of the tree.
struct Opinion {
  float value = 0.5F;  // 0 .. 1, for who is to move
  std::array<float, board_columns> priors{};
};

/// connect4_features floats.
void write_features(const Position& position, float* to) noexcept;
/// Of connect4_answers floats that a network answered for this position.
Opinion read_opinion(const Position& position, const float* answers) noexcept;
/// `policy` by column to the order in which the network is asked for them.
std::array<float, board_columns> as_asked(const Position& position,
                                          const std::array<float, board_columns>& policy) noexcept;

nets::Architecture connect4_architecture(std::vector<nets::Block> blocks);

/// The network that ships with the program: 169-128-128, taught by `weir-search train --domain connect4`.
Result<std::unique_ptr<Network>> default_connect4_network();

}  // namespace weir::search::games
