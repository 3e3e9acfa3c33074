// tree_root.hpp: what happens at the root alone: noise on priors, and Gumbel's sampling with sequential halving.
//
// Halving: of the moves with the highest gumbel + log prior, `considered` many, all get the same number of
//          simulations; the better half of them gets as many again in the next round, until the budget ends. Which are
//          better is told by gumbel + log prior + a weight times value, which grows with the visits. Values are
//          stretched so that those of the root's moves fill 0 .. 1.
// Shape:   at most 64 moves; spans are indexed by action; `open` has a bit a move that is neither illegal nor proven.
// Roles:   one thread at a time.
// Memory:  in place.
// Source:  Danihelka, Guez, Schrittwieser, Silver, "Policy improvement by planning with Gumbel", ICLR 2022.
#pragma once

#include <array>
#include <cstdint>
#include <span>
#include <weir/search/tree_random.hpp>

namespace weir::search::games {

class RootPolicy {
 public:
  static constexpr std::size_t actions_limit = 64;

  RootPolicy(std::uint64_t seed, double noise_fraction, double noise_alpha) noexcept
      : random_(seed), noise_fraction_(noise_fraction), noise_alpha_(noise_alpha) {}

  /// A new root: draws its noise, forgets the last halving.
  void begin_root(std::uint64_t legal);
  bool has_noise() const noexcept { return noise_fraction_ > 0.0; }
  float with_noise(std::uint32_t action, float prior) const noexcept;

  /// Samples `considered` moves and plans `simulations` for them.
  void begin_halving(std::uint32_t considered, double gumbel_scale, std::uint32_t simulations,
                     std::uint64_t open, std::span<const std::uint32_t> visits,
                     std::span<const float> priors);
  /// A halving was begun at this root.
  bool halving() const noexcept { return considered_ != 0; }
  /// The move of the next simulation. `open` is not 0.
  std::uint32_t next(std::uint64_t open, std::span<const std::uint32_t> visits,
                     std::span<const std::uint64_t> values);
  /// The move to play.
  std::uint32_t choose(std::uint64_t open, std::span<const std::uint32_t> visits,
                       std::span<const std::uint64_t> values) const;

 private:
  std::uint32_t best_of(std::uint64_t among, std::span<const std::uint32_t> visits,
                        std::span<const std::uint64_t> values) const;
  void next_round() noexcept;

  Xorshift random_;
  double noise_fraction_;
  double noise_alpha_;
  std::array<double, actions_limit> noise_{};
  std::array<double, actions_limit> appeal_{};         // gumbel + log prior
  std::array<std::uint32_t, actions_limit> before_{};  // visits before the halving
  std::uint32_t considered_ = 0;
  std::uint32_t phases_ = 1;       // halvings from `considered` down to one move
  std::uint32_t simulations_ = 0;  // of the whole plan
  std::uint32_t active_ = 0;       // moves that are still considered
  std::uint32_t level_ = 0;        // visits that the move of the next simulation has had
  std::uint32_t at_level_ = 0;     // simulations left until each active move has one more
  std::uint32_t levels_left_ = 0;  // levels left until moves are halved
};

}  // namespace weir::search::games
