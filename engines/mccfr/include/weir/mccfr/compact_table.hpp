// compact_table.hpp: regrets and sums of a large game in 32, 16 or 8 bits an entry, chosen for each round.
//
// Four neighbouring entries of a short round are one word: four whole numbers and an exponent that they share, so that
// they change together by one compare-and-swap. No change is lost, and no neighbour is touched by half.
//
//   16 bits   64-bit word:  m3 m2 m1 m0 (15 bits each)  exponent (4)     value of entry k = m_k * 2^(exponent + shift)
//    8 bits   32-bit word:  m3 m2 m1 m0 ( 7 bits each)  exponent (4)
//
// A change is rounded to a whole number of steps at random, so that its mean is what it was. When an entry would come
// to its end, or a change is no longer small beside what there is room for, the four are halved, the exponent grows.
// At its largest the four are halved and it does not grow, as sums of 32 bits are: proportions alone matter. A regret
// that falls below the least number stays there: a floor, as the largest regrets of its word are deep. Nothing wraps.
//
// Shape:  16-bit regrets reach 2^29 units in steps of 1 and more, 8-bit ones 2^25 in steps of 16 and more.
// Roles:  any number of threads at once by CompactUpdates and views; everything else while nobody trains.
// Memory: exactly 4, 2 or 1 bytes an entry and array.
// Source: blocks of numbers with one exponent: Wilkinson, "Rounding errors in algebraic processes", 1963; steps rounded
//         at random: Gupta et al., "Deep learning with limited numerical precision", ICML 2015; a floor below regrets:
//         Brown, Sandholm, "Superhuman AI for multiplayer poker", Science 365 (2019).
#pragma once

#include <algorithm>
#include <array>
#include <cstdint>
#include <weir/mccfr/random.hpp>
#include <weir/mccfr/strategy.hpp>
#include <weir/mccfr/table.hpp>

namespace weir::mccfr {

/// Bits of an entry by round: 32, 16 or 8.
using TableBits = std::array<std::uint8_t, rounds_max>;
inline constexpr TableBits full_bits = {32, 32, 32, 32};

inline constexpr std::uint32_t group_entries = 4;  // that share a word

/// One word of four entries. `least` to `most`: what a number may be; `room`: a change takes at most 1 / room of that.
template <class WordType, int width, bool negative_too, int shift, int room>
struct Group {
  using Word = WordType;
  static constexpr int exponent_bits = 4;
  static constexpr int exponent_max = (1 << exponent_bits) - 1;
  static constexpr Word mask = (Word{1} << width) - 1;
  static constexpr std::int64_t most =
      negative_too ? (std::int64_t{1} << (width - 1)) - 1 : (std::int64_t{1} << width) - 1;
  static constexpr std::int64_t least = negative_too ? -most : 0;
  static_assert(4 * width + exponent_bits <= static_cast<int>(8 * sizeof(Word)));

  struct Parts {
    int exponent = 0;
    std::array<std::int64_t, group_entries> numbers{};
  };

  static int exponent(Word word) noexcept {
    return static_cast<int>(word & static_cast<Word>(exponent_max));
  }
  static std::int64_t number(Word word, std::uint32_t k) noexcept {
    const auto field = static_cast<std::int64_t>((word >> place(k)) & mask);
    return negative_too && field > most ? field - static_cast<std::int64_t>(mask) - 1 : field;
  }
  /// Units of entry k.
  static std::int64_t value(Word word, std::uint32_t k) noexcept {
    return number(word, k) * step(exponent(word));
  }
  static std::int64_t step(int exponent) noexcept { return std::int64_t{1} << (exponent + shift); }

  /// The word after `change` units are added to entry k; the same word where that rounds to nothing.
  static Word add(Word word, std::uint32_t k, std::int64_t change, Random& random) noexcept {
    const int e = exponent(word);
    const std::int64_t old = number(word, k);
    if (!fits(old, change, e)) {
      std::array<std::int64_t, group_entries> changes{};
      changes[k] = change;
      return add(word, changes, random);
    }
    const std::int64_t now = std::max(least, old + rounded(change, e, random));
    return (word & ~(mask << place(k))) | ((static_cast<Word>(now) & mask) << place(k));
  }
  static Word add(Word word, const std::array<std::int64_t, group_entries>& changes,
                  Random& random) noexcept {
    Parts parts = unpacked(word);
    while (parts.exponent < exponent_max && !fit(parts, changes)) {
      halve(parts, random);
      ++parts.exponent;
    }
    const std::int64_t change_max = most / 2 * step(parts.exponent);
    std::array<std::int64_t, group_entries> added{};
    for (std::size_t k = 0; k < group_entries; ++k)
      added[k] = rounded(std::clamp(changes[k], -change_max, change_max), parts.exponent, random);
    const auto beyond = [&] {
      for (std::size_t k = 0; k < group_entries; ++k)
        if (parts.numbers[k] + added[k] > most) return true;
      return false;
    };
    while (beyond()) halve(parts, random);
    for (std::size_t k = 0; k < group_entries; ++k)
      parts.numbers[k] = std::max(least, parts.numbers[k] + added[k]);
    return packed(parts);
  }
  /// Every entry times a factor of at most 1; the exponent shrinks where there is room.
  static Word scaled(Word word, double positive, double negative, Random& random) noexcept {
    Parts parts = unpacked(word);
    std::array<double, group_entries> exact{};
    double largest = 0;
    for (std::size_t k = 0; k < group_entries; ++k) {
      const auto old = static_cast<double>(parts.numbers[k]);
      exact[k] = old * (old > 0 ? positive : negative);
      largest = std::max(largest, std::abs(exact[k]));
    }
    for (; parts.exponent > 0 && largest * 4 <= static_cast<double>(most); largest *= 2) {
      --parts.exponent;
      for (double& number : exact) number *= 2;
    }
    Fractions<double> fractions(random);
    for (std::size_t k = 0; k < group_entries; ++k) {
      const auto whole = round_unbiased<std::int64_t>(exact[k], fractions.next());
      parts.numbers[k] = std::clamp(whole, least, most);
    }
    return packed(parts);
  }
  static Parts unpacked(Word word) noexcept {
    Parts parts;
    parts.exponent = exponent(word);
    for (std::uint32_t k = 0; k < group_entries; ++k) parts.numbers[k] = number(word, k);
    return parts;
  }
  static Word packed(const Parts& parts) noexcept {
    auto word = static_cast<Word>(parts.exponent);
    for (std::uint32_t k = 0; k < group_entries; ++k)
      word |= (static_cast<Word>(parts.numbers[k]) & mask) << place(k);
    return word;
  }

 private:
  static int place(std::uint32_t k) noexcept { return exponent_bits + width * static_cast<int>(k); }
  static bool fits(std::int64_t old, std::int64_t change, int exponent) noexcept {
    const std::int64_t steps = change >> (exponent + shift);
    return steps >= -most / room && steps < most / room && old + steps < most;
  }
  static bool fit(const Parts& parts,
                  const std::array<std::int64_t, group_entries>& changes) noexcept {
    for (std::size_t k = 0; k < group_entries; ++k)
      if (changes[k] != 0 && !fits(parts.numbers[k], changes[k], parts.exponent)) return false;
    return true;
  }
  static std::int64_t rounded(std::int64_t change, int exponent, Random& random) noexcept {
    const auto fraction = static_cast<std::int64_t>(random.next() >> 32) & (step(exponent) - 1);
    return (change + fraction) >> (exponent + shift);
  }
  static void halve(Parts& parts, Random& random) noexcept {
    std::uint64_t bits = random.next() >> 32;
    for (std::int64_t& number : parts.numbers) {
      number = (number + static_cast<std::int64_t>(bits & 1)) >> 1;
      bits >>= 1;
    }
  }
};

/// A single change of a 16-bit regret takes at most 1 / 128 of what there is room for, of an 8-bit one 1 / 8:
/// the floor is so many of the largest changes deep.
using Regrets16 = Group<std::uint64_t, 15, true, 0, 128>;
using Sums16 = Group<std::uint64_t, 15, false, 0, 1>;
using Regrets8 = Group<std::uint32_t, 7, true, 4, 8>;
using Sums8 = Group<std::uint32_t, 7, false, 2, 1>;

/// Tables of large games with short entries: changes come in the units of NarrowEntries.
struct CompactEntries {
  using Regret = std::int32_t;
  using Sum = std::uint32_t;
  using Real = float;
  static constexpr Real units = NarrowEntries::units;
  static constexpr Real sum_units = NarrowEntries::sum_units;
  static constexpr Regret regret_max = NarrowEntries::regret_max;
};

/// Where the entries of each round lie.
struct CompactLayout {
  std::array<std::uint64_t, rounds_max> first{};  // entry; of rounds that are not there, none is
  std::array<std::int64_t, rounds_max> bias{};    // entry e lies at bias + e * bits / 8
  TableBits bits = full_bits;
  std::uint64_t entries = 0;
  std::uint64_t bytes = 0;  // of regrets
  std::uint64_t summed = 0,
                sum_bytes = 0;  // entries of the first rounds, which have sums; bytes of these

  static CompactLayout of(const TableShape& shape, const TableBits& bits,
                          int average_rounds = rounds_max) noexcept;
  int round_of(std::uint64_t entry) const noexcept {
    return (entry >= first[1] ? 1 : 0) + (entry >= first[2] ? 1 : 0) + (entry >= first[3] ? 1 : 0);
  }
  /// Byte at which the entry lies, or its word, where it is short.
  std::size_t place(std::uint64_t entry, int round) const noexcept {
    const auto r = static_cast<std::size_t>(round);
    const std::uint64_t at = bits[r] == 32 ? entry : entry / group_entries * group_entries;
    return static_cast<std::size_t>(bias[r] + static_cast<std::int64_t>(at * (bits[r] / 8)));
  }
};

/// One array of a compact table, for those who read while others change it.
template <class Whole, class G16, class G8>
class CompactView {
 public:
  CompactView(const CompactLayout& layout, const std::byte* data) noexcept
      : layout_(&layout), data_(data) {}

  /// Units of an entry.
  std::int64_t value(std::uint32_t entry, int round) const noexcept {
    switch (layout_->bits[static_cast<std::size_t>(round)]) {
      case 16:
        return G16::value(word<typename G16::Word>(entry, round), entry % group_entries);
      case 8:
        return G8::value(word<typename G8::Word>(entry, round), entry % group_entries);
      default:
        return word<Whole>(entry, round);
    }
  }
  /// Units of a row's entries as they are, negative ones as 0; their sum.
  float positive(std::uint32_t row, int round, int actions, float* values) const noexcept {
    switch (layout_->bits[static_cast<std::size_t>(round)]) {
      case 16:
        return positive_of<G16>(row, round, actions, values);
      case 8:
        return positive_of<G8>(row, round, actions, values);
      default:
        break;
    }
    float total = 0;
    for (int a = 0; a < actions; ++a) {
      const auto value =
          static_cast<float>(word<Whole>(row + static_cast<std::uint32_t>(a), round));
      total += values[a] = std::max(0.0F, value);
    }
    return total;
  }
  void prefetch(std::uint32_t row, int round) const noexcept {
    prefetch_to_read(data_ + layout_->place(row, round));
  }

 private:
  template <class Word>
  Word word(std::uint32_t entry, int round) const noexcept {
    return load_entry(*reinterpret_cast<const Word*>(data_ + layout_->place(entry, round)));
  }
  template <class G>
  float positive_of(std::uint32_t row, int round, int actions, float* values) const noexcept {
    float total = 0;
    auto now = word<typename G::Word>(row, round);
    for (int a = 0; a < actions; ++a) {
      const std::uint32_t entry = row + static_cast<std::uint32_t>(a);
      const std::uint32_t k = entry % group_entries;
      if (k == 0 && a != 0) now = word<typename G::Word>(entry, round);
      const auto number = static_cast<float>(std::max<std::int64_t>(0, G::number(now, k)));
      total += values[a] = number * static_cast<float>(G::step(G::exponent(now)));
    }
    return total;
  }

  const CompactLayout* layout_;
  const std::byte* data_;
};

using CompactSums = CompactView<std::uint32_t, Sums16, Sums8>;
using CompactRegrets = CompactView<std::int32_t, Regrets16, Regrets8>;

template <>
class RegretView<CompactEntries> : public CompactRegrets {
 public:
  using CompactRegrets::CompactRegrets;
  float match(std::uint32_t row, int round, int actions, float* strategy) const noexcept {
    const float total = positive(row, round, actions, strategy);
    const float scale = total > 0 ? 1 / total : 1 / static_cast<float>(actions);
    for (int a = 0; a < actions; ++a) strategy[a] = total > 0 ? strategy[a] * scale : scale;
    return total;
  }
};

template <>
struct Table<CompactEntries> {
  CompactLayout layout;
  CountedArray<std::byte> regrets, sums;  // sums: of the first rounds alone, where layout says so

  /// Errors: no_memory.
  static Result<Table> zeros(const TableShape& shape, const TableBits& bits,
                             int average_rounds = rounds_max);
  static std::size_t announced(const TableShape& shape, const TableBits& bits,
                               int average_rounds = rounds_max) noexcept {
    const auto layout = CompactLayout::of(shape, bits, average_rounds);
    return CountedArray<std::byte>::bytes(layout.bytes) +
           CountedArray<std::byte>::bytes(layout.sum_bytes);
  }
  CompactSums sums_view() const noexcept { return {layout, sums.data()}; }
  template <class T>
  T& regret_at(std::uint64_t entry, int round) noexcept {
    return *reinterpret_cast<T*>(regrets.data() + layout.place(entry, round));
  }
  template <class T>
  T& sum_at(std::uint64_t entry, int round) noexcept {
    return *reinterpret_cast<T*>(sums.data() + layout.place(entry, round));
  }
};

}  // namespace weir::mccfr
