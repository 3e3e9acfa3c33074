// drawn_game.hpp: bets of hold'em with buckets and outcomes that are drawn by themselves: no cards have to be made.
#pragma once

#include <array>
#include <cstdint>
#include <weir/mccfr/bet_menu.hpp>
#include <weir/mccfr/deal.hpp>
#include <weir/mccfr/table.hpp>
#include <weir/mccfr/tree_builder.hpp>

namespace weir::test {

class DrawnGame {
 public:
  struct Drawn {
    std::array<std::array<std::uint32_t, mccfr::rounds_max>, 2> buckets{};
    std::uint32_t outcome = 1;
  };

  /// With so many buckets in each round.
  explicit DrawnGame(std::uint32_t buckets = 20) : buckets_(buckets) {
    mccfr::BetMenu menu;
    menu.set_all({mccfr::parse_bet_sizes("50%,100%,200%,a").value()});
    tree_ = mccfr::build_tree(mccfr::no_limit_holdem_rules(2, 20, 1, 2), menu).value();
  }
  const mccfr::BettingTree& tree() const { return tree_; }
  std::array<std::uint32_t, mccfr::rounds_max> buckets() const {
    return {buckets_, buckets_, buckets_, buckets_};
  }
  void draw(mccfr::Random& random, Drawn& drawn) const noexcept {
    for (auto& player : drawn.buckets)
      for (std::uint32_t& bucket : player) bucket = random.below(buckets_);
    drawn.outcome = random.below(3);
  }
  void deal(const mccfr::TableShape& shape, const Drawn& drawn, mccfr::Deal& deal) const noexcept {
    for (std::size_t r = 0; r < mccfr::rounds_max; ++r)
      for (std::size_t p = 0; p < 2; ++p)
        deal.region[r][p] =
            shape.region(static_cast<int>(r), static_cast<int>(p), drawn.buckets[p][r]);
    deal.outcome = drawn.outcome;
  }
  void deal(const mccfr::TableShape& shape, mccfr::Random& random,
            mccfr::Deal& deal) const noexcept {
    Drawn drawn;
    draw(random, drawn);
    this->deal(shape, drawn, deal);
  }

 private:
  std::uint32_t buckets_;
  mccfr::BettingTree tree_;
};

}  // namespace weir::test
