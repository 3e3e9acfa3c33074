// holdem_game.hpp: limit and no-limit hold'em for two as a trainer plays them: a tree of bets, buckets of cards.
//
// Roles:  const, any thread; copies share tree and buckets.
// Errors: those of rules, menus, trees and buckets.
// Memory: tree and buckets, once for all copies.
#pragma once

#include <array>
#include <memory>
#include <optional>
#include <string>
#include <weir/mccfr/bet_menu.hpp>
#include <weir/mccfr/betting_rules.hpp>
#include <weir/mccfr/bucketing.hpp>
#include <weir/mccfr/deal.hpp>

namespace weir::mccfr {

struct HoldemConfig {
  BettingRules rules = no_limit_holdem_rules(2, 400, 1, 2);
  BetMenu menu = pot_menu();
  BucketConfig buckets = {};
  /// Buckets of a file instead, which has as many: where it is, and the hash that it must have. Empty: none.
  std::string buckets_file, abstraction;
};

class HoldemGame {
 public:
  /// The tree of bets alone: enough to read what was learnt. Cost: ms for small trees.
  static Result<HoldemGame> make(const HoldemConfig& config);
  /// Cards alone, for any number of players: tree() is empty, and nothing is dealt.
  static Result<HoldemGame> without_tree(const HoldemConfig& config);
  /// The buckets of all cards: before anything is dealt. Not while a copy is in use; inside of a task all workers
  /// help. Errors: of the file, and abstraction where it is another. Cost: seconds.
  Result<Done> make_cards();

  const HoldemConfig& config() const noexcept { return setup_->config; }
  const CardBuckets* cards() const noexcept { return setup_->cards ? &*setup_->cards : nullptr; }
  const BettingTree& tree() const noexcept { return setup_->tree; }
  std::array<std::uint32_t, rounds_max> buckets() const noexcept { return setup_->counts; }

  void deal(const TableShape& shape, Random& random, Deal& deal) const noexcept;
  using Drawn = CardBuckets::Sought;
  void draw(Random& random, Drawn& drawn) const noexcept;
  void deal(const TableShape& shape, const Drawn& drawn, Deal& deal) const noexcept;
  /// Of given cards: two hands of different cards and the whole board.
  void place(const TableShape& shape, const std::array<Hand, 2>& hands,
             std::span<const Card, 5> board, Deal& deal) const noexcept;

  /// "b17:flop:crr/": what a row of that bucket at that node is called.
  std::string key(std::uint32_t node, std::uint32_t bucket) const;

 private:
  struct Setup {
    HoldemConfig config;
    BettingTree tree;
    std::optional<CardBuckets> cards;
    std::array<std::uint32_t, rounds_max> counts{};
  };
  explicit HoldemGame(std::shared_ptr<Setup> setup) noexcept : setup_(std::move(setup)) {}

  std::shared_ptr<Setup> setup_;
};

/// "preflop", "flop", "turn", "river".
std::string_view round_name(int round) noexcept;

}  // namespace weir::mccfr
