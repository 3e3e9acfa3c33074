// sygus_integers.hpp: integers of 64 bits as values of 32: most stand for themselves, each other one is kept once.
//
// Shape:  from narrow_min up a value is the integer itself; one below names the place where a wide integer is kept.
// Memory: 8 bytes a wide integer and 12 or so to find it; at most wide_max.
#pragma once

#include <cstdint>
#include <limits>

#include "sygus_store.hpp"

namespace weir::search::sygus {

class Integers {
 public:
  static constexpr std::uint32_t wide_max = (1U << 24U) - 1;
  static constexpr std::uint32_t wide_begin = 0x80000000;
  static constexpr std::int64_t narrow_min =
      std::int64_t{std::numeric_limits<std::int32_t>::min()} + wide_max + 1;
  static constexpr std::uint32_t absent = wide_begin + wide_max;

  /// Its value; absent: it has none, as no more are kept (while frozen, or beyond wide_max).
  std::uint32_t id(std::int64_t number) {
    const std::uint32_t known = find(number);
    if (known != absent || frozen_ || numbers_.size() == wide_max) return known;
    const auto place = static_cast<std::uint32_t>(numbers_.size());
    *numbers_.push() = number;
    index_.insert(hash_of(number), place);
    return wide_begin + place;
  }

  /// Its value; absent: it has none yet.
  std::uint32_t find(std::int64_t number) const noexcept {
    if (number >= narrow_min && number <= std::numeric_limits<std::int32_t>::max())
      return static_cast<std::uint32_t>(static_cast<std::int32_t>(number));
    const std::uint32_t place = index_.find(
        hash_of(number), [&](std::uint32_t other) { return *numbers_[other] == number; });
    return place == HashIndex::none ? absent : wide_begin + place;
  }

  /// The integer of a value that is not absent.
  std::int64_t number(std::uint32_t value) const noexcept {
    const std::uint32_t place = value - wide_begin;
    return place < wide_max ? *numbers_[place] : static_cast<std::int32_t>(value);
  }

  void freeze(bool frozen) noexcept { frozen_ = frozen; }
  std::size_t bytes() const noexcept { return numbers_.bytes() + index_.bytes(); }

 private:
  static std::uint64_t hash_of(std::int64_t number) noexcept {
    std::uint64_t hash = static_cast<std::uint64_t>(number) * 0x9e3779b97f4a7c15U;
    hash ^= hash >> 32U;
    return hash * 0xff51afd7ed558ccdU;
  }

  Rows<std::int64_t> numbers_;
  HashIndex index_;
  bool frozen_ = false;
};

}  // namespace weir::search::sygus
