#include "sygus_strings.hpp"

#include <algorithm>
#include <cstring>

#include "sygus_meaning.hpp"

namespace weir::search::sygus {
namespace {

constexpr std::size_t units_block = std::size_t{1} << 15U;

std::uint64_t hash_of(std::string_view text) noexcept {
  std::uint64_t hash = 0x9e3779b97f4a7c15U ^ text.size();
  while (text.size() >= 8) {
    std::uint64_t word = 0;
    std::memcpy(&word, text.data(), 8);
    hash = (hash ^ word) * 0xff51afd7ed558ccdU;
    hash ^= hash >> 32U;
    text.remove_prefix(8);
  }
  std::uint64_t rest = 0;
  std::memcpy(&rest, text.data(), text.size());
  hash = (hash ^ rest) * 0xff51afd7ed558ccdU;
  hash ^= hash >> 32U;
  return hash * 0x9e3779b97f4a7c15U;
}

}  // namespace

bool Alphabet::learn(const Problem& problem) {
  const auto add = [this](const Value& value) {
    const std::string* const text = std::get_if<std::string>(&value);
    if (text == nullptr) return;
    for (const char32_t point : code_points(*text)) {
      if (point >= 128 && beyond_.find(point) == std::u32string::npos &&
          beyond_.size() <= beyond_max) {
        beyond_ += point;
      }
    }
  };
  for (const Value& value : problem.constants) add(value);
  for (const Example& example : problem.examples) {
    for (const Value& value : example.in) add(value);
    add(*example.out);
  }
  std::sort(beyond_.begin(), beyond_.end());
  return beyond_.size() <= beyond_max;
}

std::string Alphabet::units_of(std::string_view utf8) const {
  std::string units;
  for (const char32_t point : code_points(utf8)) {
    const std::optional<unsigned char> unit = unit_of(static_cast<std::int64_t>(point));
    units += static_cast<char>(unit.value_or('?'));  // learnt: there is one
  }
  return units;
}

std::string Alphabet::text_of(std::string_view units) const {
  std::u32string points;
  for (const char unit : units) {
    points += static_cast<char32_t>(code_of(static_cast<unsigned char>(unit)));
  }
  return utf8_of(points);
}

std::int32_t Alphabet::code_of(unsigned char unit) const noexcept {
  return unit < 128 ? unit : static_cast<std::int32_t>(beyond_[unit - 128U]);
}

std::optional<unsigned char> Alphabet::unit_of(std::int64_t code) const noexcept {
  if (code < 128) return static_cast<unsigned char>(code);
  const auto found = std::lower_bound(beyond_.begin(), beyond_.end(), static_cast<char32_t>(code));
  if (found == beyond_.end() || static_cast<std::int64_t>(*found) != code) return std::nullopt;
  return static_cast<unsigned char>(128 + (found - beyond_.begin()));
}

Strings::Strings() { id(""); }

std::int32_t Strings::narrow_number(std::string_view text) noexcept {
  if (text.empty()) return -1;
  std::int64_t value = 0;
  for (const char c : text) {
    if (c < '0' || c > '9') return -1;
    value = std::min<std::int64_t>(value * 10 + (c - '0'), std::int64_t{1} << 40U);
  }
  return value > 0x7fffffff ? wide : static_cast<std::int32_t>(value);
}

std::int64_t Strings::wide_number(std::string_view digits) noexcept {
  std::int64_t value = 0;
  for (const char c : digits) {
    if (__builtin_mul_overflow(value, 10, &value) || __builtin_add_overflow(value, c - '0', &value))
      return too_large;
  }
  return value;
}

TextId Strings::id(std::string_view text) {
  const std::uint64_t hash = hash_of(text);
  const TextId known = index_.find(hash, [&](TextId other) {
    const Span& span = *spans_[other];
    return span.size == text.size() && std::memcmp(span.begin, text.data(), text.size()) == 0;
  });
  if (known != HashIndex::none || frozen_) return known;
  const auto fresh = static_cast<TextId>(spans_.size());
  const char* const begin = keep(text);
  *spans_.push() = {begin, static_cast<std::uint32_t>(text.size()), narrow_number(text)};
  index_.insert(hash, fresh);
  return fresh;
}

const char* Strings::keep(std::string_view text) {
  if (blocks_.empty() || text.size() > block_left_) {
    block_left_ = std::max(units_block, text.size());
    block_bytes_ += block_left_;
    blocks_.push_back(std::make_unique_for_overwrite<char[]>(block_left_));
    block_end_ = blocks_.back().get() + block_left_;
  }
  char* const begin = block_end_ - block_left_;
  std::memcpy(begin, text.data(), text.size());
  block_left_ -= text.size();
  return begin;
}

std::size_t Strings::bytes() const noexcept {
  return block_bytes_ + spans_.bytes() + index_.bytes();
}

}  // namespace weir::search::sygus
