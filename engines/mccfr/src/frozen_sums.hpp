// frozen_sums.hpp: a hold'em trainer's sums as those who play a frozen strategy read them; private.
#pragma once

#include <weir/mccfr/counted_vector.hpp>
#include <weir/mccfr/trainer.hpp>

namespace weir::mccfr {

/// The trainer's own sums where they are whole numbers of 32 bits; a copy of them where they are short, and one of the
/// same proportions to 1 in 2^24 where they are floats. Of rounds that have none the current strategy in their place.
/// Valid while the trainer does not train. Memory: of a copy 4 bytes an entry.
class FrozenSums {
 public:
  using Sum = NarrowEntries::Sum;
  explicit FrozenSums(Trainer& trainer);
  /// Of a trainer for these rules: bytes of the copy, 0 without one.
  static std::uint64_t bytes_of(const TableShape& shape, const TrainRules& rules) noexcept;
  const Sum* data() const noexcept { return data_; }

 private:
  void copy_short(const Trainer& trainer, const TableBytes& table);
  void copy_current(Trainer& trainer, int first_round);

  CountedVector<Sum> copy_;
  const Sum* data_ = nullptr;
};

}  // namespace weir::mccfr
