// sygus_strings.hpp: texts as numbers: each that a search meets is kept once.
//
// Shape:  a unit is a byte. ASCII stands for itself; other code points of a problem are numbered from 128, in order.
// Memory: 28 bytes a text, and its units.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>
#include <weir/search/sygus_problem.hpp>

namespace weir::search::sygus {

/// The units of a problem's texts.
class Alphabet {
 public:
  /// False: more code points beyond ASCII than there are units.
  bool learn(const Problem& problem);
  std::string units_of(std::string_view utf8) const;
  std::string text_of(std::string_view units) const;
  std::int32_t code_of(unsigned char unit) const noexcept;
  std::optional<unsigned char> unit_of(std::int64_t code) const noexcept;

 private:
  std::u32string beyond_;  // sorted
};

using TextId = std::uint32_t;

class Strings {
 public:
  static constexpr TextId absent = 0xffffffff;
  static constexpr std::int64_t too_large = -2;

  Strings();

  /// Its number; while frozen, absent where it has none yet.
  TextId id(std::string_view text);
  std::string_view view(TextId id) const noexcept { return {units_.data() + spans_[id].begin, spans_[id].size}; }
  std::uint32_t size(TextId id) const noexcept { return spans_[id].size; }
  /// str.to_int: -1 where it has another character than digits; too_large beyond 31 bits.
  std::int32_t number(TextId id) const noexcept { return spans_[id].number; }

  void freeze(bool frozen) noexcept { frozen_ = frozen; }
  std::uint32_t count() const noexcept { return static_cast<std::uint32_t>(spans_.size()); }
  std::size_t bytes() const noexcept;

 private:
  struct Span {
    std::uint32_t begin, size, hash;
    std::int32_t number;
  };

  void rehash();

  std::vector<char> units_;
  std::vector<Span> spans_;
  std::vector<std::uint32_t> slots_;  // id + 1; 0: free
  bool frozen_ = false;
};

}  // namespace weir::search::sygus
