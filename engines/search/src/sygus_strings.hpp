// sygus_strings.hpp: texts as numbers: each that a search meets is kept once.
//
// Shape:  a unit is a byte. ASCII stands for itself; other code points of a problem are numbered from 128, in order.
// Memory: about 32 bytes a text, and its units.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>
#include <weir/search/sygus_problem.hpp>

#include "sygus_store.hpp"

namespace weir::search::sygus {

/// The units of a problem's texts.
class Alphabet {
 public:
  static constexpr std::size_t beyond_max = 128;  // code points beyond ASCII

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
  static constexpr TextId absent = HashIndex::none;
  static constexpr std::int64_t too_large = -2;

  Strings();

  /// Its number; while frozen, absent where it has none yet.
  TextId id(std::string_view text);
  std::string_view view(TextId id) const noexcept { return {spans_[id]->begin, spans_[id]->size}; }
  std::uint32_t size(TextId id) const noexcept { return spans_[id]->size; }
  /// str.to_int: -1 where it has another character than digits; too_large beyond 63 bits.
  std::int64_t number(TextId id) const noexcept {
    const std::int32_t number = spans_[id]->number;
    return number == wide ? wide_number(view(id)) : number;
  }

  void freeze(bool frozen) noexcept { frozen_ = frozen; }
  std::uint32_t count() const noexcept { return static_cast<std::uint32_t>(spans_.size()); }
  std::size_t bytes() const noexcept;

 private:
  static constexpr std::int32_t wide = -2;  // digits of a number beyond 31 bits

  struct Span {
    const char* begin;
    std::uint32_t size;
    std::int32_t number;  // or wide
  };

  static std::int32_t narrow_number(std::string_view text) noexcept;
  static std::int64_t wide_number(std::string_view digits) noexcept;

  const char* keep(std::string_view text);

  std::vector<std::unique_ptr<char[]>> blocks_;
  char* block_end_ = nullptr;
  std::size_t block_left_ = 0, block_bytes_ = 0;
  Rows<Span> spans_;
  HashIndex index_;
  bool frozen_ = false;
};

}  // namespace weir::search::sygus
