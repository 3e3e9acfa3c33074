// sygus_terms.hpp: terms as nodes of 24 bytes, and what they yield on many examples at once.
//
// Shape:  a value is 32 bits: a TextId, an integer (sygus_integers.hpp), or 0 and 1. A term's values are one for
//         each example of a Sample.
// Errors: a term has no values where an integer is beyond 64 bits or a text longer than the limit.
#pragma once

#include <memory>
#include <span>
#include <vector>

#include "sygus_integers.hpp"
#include "sygus_rules.hpp"
#include "sygus_strings.hpp"

namespace weir::search::sygus {

using TermId = std::uint32_t;
using Values = std::vector<std::uint32_t>;

/// A hash of values, one after the other.
constexpr std::uint64_t fold(std::uint64_t hash, std::uint32_t value) noexcept {
  hash = (hash ^ value) * 0x9e3779b97f4a7c15U;
  return hash ^ hash >> 32U;
}

inline constexpr TermId no_term = 0xffffffff;

struct SygusTerm {
  RuleId rule = no_rule;
  std::uint16_t size = 0;
  std::array<TermId, arity_max> arguments{};
};

/// Examples as columns of values: one a argument, and the outputs.
struct Sample {
  std::size_t count = 0;
  std::vector<Values> inputs;
  Values goal;
};

/// What terms are made of and run on: shared by all parts of one search.

class Machine {
 public:
  /// Of a problem that outlives it. Nothing: it has too large an alphabet.
  static std::unique_ptr<Machine> make(const Problem& problem);

  const Problem& problem() const noexcept { return problem_; }
  const Rules& rules() const noexcept { return rules_; }
  const Alphabet& alphabet() const noexcept { return alphabet_; }
  Strings& strings() noexcept { return strings_; }
  const Strings& strings() const noexcept { return strings_; }
  Integers& integers() noexcept { return integers_; }
  std::int64_t integer(std::uint32_t value) const noexcept { return integers_.number(value); }
  /// The value of a + b, or of a - b; Integers::absent where no value known yet is that.
  std::uint32_t sum(std::uint32_t a, std::uint32_t b) const noexcept;
  std::uint32_t difference(std::uint32_t a, std::uint32_t b) const noexcept;
  /// While frozen, an operator that makes a text or an integer that has no value yet has none either.
  void freeze(bool frozen) noexcept;

  /// One operator on `count` examples; false: no values. Not while a pointer into texts is held.
  bool apply(const Rule& rule, const std::uint32_t* const* arguments, const Sample& sample,
             std::uint32_t* out, std::size_t count);
  /// Texts that are longer are not made.
  void limit_text(std::size_t units) noexcept { text_max_ = units; }

  TermId add(RuleId rule, std::span<const TermId> arguments);
  const SygusTerm& term(TermId id) const noexcept { return *terms_[id]; }
  const Rule& rule_of(TermId id) const noexcept { return rules_[terms_[id]->rule]; }
  std::uint32_t size_of(TermId id) const noexcept { return terms_[id]->size; }
  /// Whole terms out and in; a copy is not bound to this machine.
  std::vector<SygusTerm> copy(TermId id) const;
  TermId paste(std::span<const SygusTerm> nodes);
  /// All values of a term; false: none.
  bool evaluate(TermId id, const Sample& sample, Values& out);

  /// The examples with these numbers.
  Sample sample(std::span<const std::uint32_t> examples) const;
  const Sample& everything() const noexcept { return everything_; }
  std::optional<std::uint32_t> encode(const Value& value);
  Value decode(Sort sort, std::uint32_t value) const;

  /// Of texts and integers alone, and with the terms.
  std::size_t value_bytes() const noexcept { return strings_.bytes() + integers_.bytes(); }
  std::size_t bytes() const noexcept { return value_bytes() + terms_.bytes(); }

 private:
  explicit Machine(const Problem& problem) : problem_(problem), rules_(problem) {}
  bool encode_all();
  bool apply_text(const Rule& rule, const std::uint32_t* const* a, std::uint32_t* out,
                  std::size_t count);
  bool apply_search(const Rule& rule, const std::uint32_t* const* a, std::uint32_t* out,
                    std::size_t count);
  bool apply_number(const Rule& rule, const std::uint32_t* const* a, std::uint32_t* out,
                    std::size_t count);
  bool apply_truth(const Rule& rule, const std::uint32_t* const* a, std::uint32_t* out,
                   std::size_t count);
  bool apply_slowly(const Rule& rule, const std::uint32_t* const* a, std::uint32_t* out,
                    std::size_t count);
  TextId cut(TextId text, std::int64_t from, std::int64_t units);
  template <class Of>
  bool each_integer(std::uint32_t* out, std::size_t count, Of overflows);
  bool join(const Rule& rule, const std::uint32_t* const* a, std::uint32_t* out, std::size_t count);
  bool replace(const std::uint32_t* const* a, std::uint32_t* out, std::size_t count);

  const Problem& problem_;
  Rules rules_;
  Alphabet alphabet_;
  Strings strings_;
  Integers integers_;
  std::vector<std::uint32_t> constants_;
  Rows<SygusTerm> terms_;
  Sample everything_;
  static constexpr std::size_t whole_text_max = 1U << 16U;
  std::size_t text_max_ = whole_text_max;
  std::string scratch_;
};

}  // namespace weir::search::sygus
