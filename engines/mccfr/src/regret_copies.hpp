// regret_copies.hpp: RegretCopies, the regrets of each player a moment ago, for the walks of the other; private.
//
// Walks for a player read the other's rows three times as often as others write to them. Where two cores do both, each
// line changes hands all the time; a copy that is renewed as a whole is read where it lies. What is lost: the other's
// strategy is some iterations old, few by how often a row is visited at all.
//
// Roles:  before() and readers at once: entries are relaxed atomics, as the table's; the rest while nobody walks.
// Memory: platform allocation, announced() bytes: as many regrets as the table has, where a copy is worth it.
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <type_traits>
#include <weir/mccfr/compact_table.hpp>
#include <weir/mccfr/trainer.hpp>

#include "walk_lanes.hpp"

namespace weir::mccfr {

template <class Entries>
class RegretCopies {
 public:
  using Regret = typename Entries::Regret;

  static std::size_t announced(const TableShape& shape, std::size_t lanes) noexcept {
    return worth_it(shape, lanes) ? CountedArray<Regret>::bytes(shape.entries) : 0;
  }
  /// None where they are not worth it. Errors: no_memory.
  static Result<RegretCopies> make(const TableShape& shape, std::size_t lanes) {
    RegretCopies made;
    if (!worth_it(shape, lanes)) return made;
    auto copy = CountedArray<Regret>::zeros(shape.entries);
    if (!copy) return copy.error();
    made.copy_ = std::move(copy).value();
    made.steps_ = static_cast<std::uint32_t>(steps_of(shape));
    return made;
  }

  /// Iterations after which they are renewed, 0 where there are none, for a table that has lanes.
  static std::uint64_t renewed_after(const TableShape& shape) noexcept {
    return worth_it(shape, 2) ? steps_of(shape) * WalkLanes::step_iterations : 0;
  }

  bool there() const noexcept { return steps_ != 0; }
  const Regret* data() const noexcept { return copy_.data(); }

  // While nobody walks:
  /// Both players'.
  void renew(const Regret* regrets) noexcept { renew_part(regrets, 0, 1); }
  /// One of so many parts of them.
  void renew_part(const Regret* regrets, std::uint64_t part, std::uint64_t parts) noexcept {
    const std::uint64_t first = copy_.size() * part / parts;
    const std::uint64_t end = copy_.size() * (part + 1) / parts;
    std::copy(regrets + first, regrets + end, copy_.data() + first);
  }
  /// One player's.
  void renew_player(const TableShape& shape, const Regret* regrets, std::size_t player) noexcept {
    each_region(shape, player, [&](std::uint64_t first, std::uint64_t end) {
      std::copy(regrets + first, regrets + end, copy_.data() + first);
    });
  }

  /// Before a step of walks for the other, while anybody walks: renews the player's where that is due.
  void before(std::uint32_t step, const TableShape& shape, const Regret* regrets,
              std::size_t player) noexcept {
    if (!there() || step % steps_ != 0) return;
    each_region(shape, player, [&](std::uint64_t first, std::uint64_t end) {
      for (std::uint64_t e = first; e < end; ++e)
        store_entry(copy_.data()[e], load_entry(regrets[e]));
    });
  }

 private:
  static constexpr std::uint64_t rows_least = 1 << 16, rows_an_iteration = 64;
  static constexpr std::uint64_t bytes_max = std::uint64_t{32} << 20;

  /// Small tables are learnt too fast for copies; of large ones a core's caches keep too little to quarrel about.
  static bool worth_it(const TableShape& shape, std::size_t lanes) noexcept {
    return lanes > 1 && shape.rows >= rows_least && shape.entries * sizeof(Regret) <= bytes_max;
  }
  static std::uint64_t steps_of(const TableShape& shape) noexcept {
    return std::clamp<std::uint64_t>(shape.rows / rows_an_iteration / WalkLanes::step_iterations, 1,
                                     WalkLanes::steps_max);
  }
  template <class Copy>
  static void each_region(const TableShape& shape, std::size_t player, const Copy& copy) noexcept {
    for (std::size_t r = 0; r < static_cast<std::size_t>(shape.rounds); ++r) {
      const std::uint64_t first = shape.base[r][player];
      copy(first, first + std::uint64_t{shape.buckets[r]} * shape.width[r][player]);
    }
  }

  CountedArray<Regret> copy_;  // as the table
  std::uint32_t steps_ = 0;    // after which a player's part is renewed
};

/// Of tables with short entries, which have none.
struct NoCopies {
  static Result<NoCopies> make(const TableShape&, std::size_t) { return NoCopies{}; }
};

}  // namespace weir::mccfr
