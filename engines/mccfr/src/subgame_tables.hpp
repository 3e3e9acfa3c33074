// subgame_tables.hpp: what a subgame's solver keeps: regrets, sums of strategies, strategies that are given; private.
#pragma once

#include <algorithm>
#include <array>
#include <cstdint>
#include <cstdlib>
#include <memory>
#include <vector>

#include "subgame_boards.hpp"
#include "subgame_streets.hpp"

namespace weir::mccfr::subgame {

/// Floats, 0 at first, that begin a cache line. Pages are taken when they are written to.
class FloatBlock {
 public:
  FloatBlock() noexcept = default;
  explicit FloatBlock(std::size_t count);  // std::bad_alloc
  float* data() noexcept { return data_; }
  const float* data() const noexcept { return data_; }
  void clear() noexcept { std::fill_n(data_, count_, 0.0F); }

 private:
  struct Free {
    void operator()(void* block) const noexcept { std::free(block); }
  };
  std::unique_ptr<void, Free> block_;
  float* data_ = nullptr;
  std::size_t count_ = 0;
};

/// A given strategy of one node, on the boards that have these cards.
struct NodeLock {
  std::uint32_t node = 0;
  std::array<Card, 2> dealt{Place::no_card, Place::no_card};
  FloatBlock free, fixed;
};

class Tables {
 public:
  /// Bytes that make() will take.
  static std::uint64_t bytes(const Streets& streets, const Boards& boards) noexcept;
  /// The same, of one street.
  static std::uint64_t bytes_of(const Streets& streets, const Boards& boards,
                                std::size_t street) noexcept;
  /// Errors: no_memory; bad_config.
  static Result<Tables> make(const Subgame& subgame, const Streets& streets, const Boards& boards);

  float* regrets(std::size_t street, std::uint32_t board, const StreetNode& node) noexcept {
    return regrets_[street][node.player].data() + place(street, board, node);
  }
  float* sums(std::size_t street, std::uint32_t board, const StreetNode& node) noexcept {
    return sums_[street][node.player].data() + place(street, board, node);
  }
  LockRows lock(std::size_t street, const Board& board, std::uint32_t node) const noexcept;

 private:
  std::size_t place(std::size_t street, std::uint32_t board,
                    const StreetNode& node) const noexcept {
    return (board * rows_[street][node.player] + node.row) * stride_[node.player];
  }
  void take(const Streets& streets, const Boards& boards);
  Result<Done> add_lock(const SubgameLock& lock, const Subgame& subgame, const Streets& streets,
                        const Boards& boards);
  NodeLock& lock_at(const Place& place, std::size_t actions, std::size_t stride);

  std::array<std::array<FloatBlock, 2>, streets_max> regrets_, sums_;
  std::array<std::array<std::size_t, 2>, streets_max> rows_{};
  std::array<std::size_t, 2> stride_{};
  std::array<std::vector<NodeLock>, streets_max> locks_;
};

/// Suits may have other names where no lock tells hands or cards apart.
bool locks_allow_renaming(const Subgame& subgame) noexcept;

}  // namespace weir::mccfr::subgame
