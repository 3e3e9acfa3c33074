// sygus_meaning.hpp: what terms mean, written for clarity: the reader's constants and the checker go by it.
//
// Shape:  text in code points; integers of 64 bits.
// Errors: none where the meaning is beyond that, or where a term takes more than steps_max steps or nests too deeply.
// Source: SMT-LIB, theories Ints and Unicode Strings.
#pragma once

#include <optional>
#include <span>
#include <string>
#include <weir/search/sygus_problem.hpp>

#include "sygus_sexp.hpp"

namespace weir::search::sygus {

struct Meaning {
  Sort sort = Sort::text;
  std::int64_t number = 0;  // of a Boolean 0 or 1
  std::u32string text;

  friend bool operator==(const Meaning&, const Meaning&) = default;
};

Meaning meaning_of(const Value& value);
Value value_of(const Meaning& meaning);

std::u32string code_points(std::string_view utf8);
std::string utf8_of(std::u32string_view text);

/// One operator; not ite, call and what takes no arguments.
std::optional<Meaning> meaning_of(Op op, std::span<const Meaning> arguments);

std::optional<Meaning> meaning_of(const Body& body, std::span<const Meaning> arguments,
                                  std::span<const Function> functions);

/// The typed term of an S-expression: names of `arguments` and `functions`, literals, operators.
/// Errors: bad_sygus, what does not belong, or where sorts do not fit.
Result<Body> read_body(const Sexp& term, std::span<const Argument> arguments,
                       std::span<const Function> functions, Sort expected);

}  // namespace weir::search::sygus
