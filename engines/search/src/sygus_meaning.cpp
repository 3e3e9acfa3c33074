#include "sygus_meaning.hpp"

#include <algorithm>
#include <limits>

#include "sygus_ops.hpp"

namespace weir::search::sygus {
namespace {

constexpr std::uint32_t steps_max = 1U << 20U;
constexpr std::size_t text_max = std::size_t{1} << 20U;
constexpr std::uint32_t nesting_max = 2000;
constexpr std::int64_t code_points_end = 0x30000;  // of str.from_code and str.to_code

using Meant = std::optional<Meaning>;

Meant number(std::int64_t value) { return Meaning{Sort::integer, value, {}}; }
Meant truth(bool value) { return Meaning{Sort::boolean, value ? 1 : 0, {}}; }
Meant text(std::u32string_view value) { return Meaning{Sort::text, 0, std::u32string(value)}; }

bool digit(char32_t c) noexcept { return c >= U'0' && c <= U'9'; }

Meant to_number(std::u32string_view digits) {
  if (digits.empty() || !std::all_of(digits.begin(), digits.end(), digit)) return number(-1);
  std::int64_t value = 0;
  for (const char32_t c : digits) {
    if (__builtin_mul_overflow(value, 10, &value) ||
        __builtin_add_overflow(value, static_cast<std::int64_t>(c - U'0'), &value)) {
      return std::nullopt;
    }
  }
  return number(value);
}

Meant replaced(const std::u32string& in, const std::u32string& what, const std::u32string& by,
               bool all) {
  if (what.empty()) return text(all ? in : by + in);
  std::u32string out;
  std::size_t at = 0;
  for (std::size_t found = 0; (found = in.find(what, at)) != std::u32string::npos;) {
    out.append(in, at, found - at).append(by);
    at = found + what.size();
    if (!all || out.size() > text_max) break;
  }
  return text(out.append(in, at));
}

Meant cut(const std::u32string& in, std::int64_t from, std::int64_t count) {
  const auto size = static_cast<std::int64_t>(in.size());
  if (from < 0 || from >= size || count <= 0) return text(U"");
  return text(std::u32string_view(in).substr(static_cast<std::size_t>(from),
                                             static_cast<std::size_t>(count)));
}

Meant found_at(const std::u32string& in, const std::u32string& what, std::int64_t from) {
  if (from < 0 || from > static_cast<std::int64_t>(in.size())) return number(-1);
  const std::size_t found = in.find(what, static_cast<std::size_t>(from));
  return number(found == std::u32string::npos ? -1 : static_cast<std::int64_t>(found));
}

Meant sum(Op op, std::span<const Meaning> arguments) {
  std::int64_t value = arguments[0].number;
  for (const Meaning& next : arguments.subspan(1)) {
    const bool overflow = op == Op::add        ? __builtin_add_overflow(value, next.number, &value)
                          : op == Op::subtract ? __builtin_sub_overflow(value, next.number, &value)
                                               : __builtin_mul_overflow(value, next.number, &value);
    if (overflow) return std::nullopt;
  }
  return number(value);
}

/// Euclid's, as SMT-LIB has it: the remainder is never negative. Division by 0 is left open there, and here.
Meant divided(Op op, std::int64_t a, std::int64_t b) {
  if (b == 0 || (a == std::numeric_limits<std::int64_t>::min() && b == -1)) return std::nullopt;
  std::int64_t quotient = a / b;
  std::int64_t rest = a % b;
  if (rest < 0) {
    quotient += b > 0 ? -1 : 1;
    rest += b > 0 ? b : -b;
  }
  return number(op == Op::divide ? quotient : rest);
}

Meant of_text(Op op, std::span<const Meaning> a) {
  const std::u32string& s = a[0].text;
  switch (op) {
    case Op::concat: {
      std::u32string all;
      for (const Meaning& piece : a) all += piece.text;
      return all.size() > text_max ? std::nullopt : text(all);
    }
    case Op::replace:
      return replaced(s, a[1].text, a[2].text, false);
    case Op::replace_all:
      return replaced(s, a[1].text, a[2].text, true);
    case Op::at:
      return cut(s, a[1].number, 1);
    case Op::substr:
      return cut(s, a[1].number, a[2].number);
    case Op::to_int:
      return to_number(s);
    case Op::length:
      return number(static_cast<std::int64_t>(s.size()));
    case Op::index_of:
      return found_at(s, a[1].text, a[2].number);
    case Op::prefix_of:
      return truth(a[1].text.starts_with(s));
    case Op::suffix_of:
      return truth(a[1].text.ends_with(s));
    case Op::contains:
      return truth(s.find(a[1].text) != std::u32string::npos);
    case Op::text_less:
      return truth(s < a[1].text);
    case Op::text_less_equal:
      return truth(s <= a[1].text);
    case Op::to_code:
      return number(s.size() == 1 ? static_cast<std::int64_t>(s[0]) : -1);
    case Op::is_digit:
      return truth(s.size() == 1 && digit(s[0]));
    default:
      return std::nullopt;
  }
}

Meant of_number(Op op, std::span<const Meaning> a) {
  const std::int64_t n = a[0].number;
  switch (op) {
    case Op::from_int:
      return n < 0 ? text(U"") : text(code_points(std::to_string(n)));
    case Op::from_code: {
      if (n >= 0xd800 && n < 0xe000) return std::nullopt;  // no UTF-8 has these
      return n < 0 || n >= code_points_end ? text(U"")
                                           : text(std::u32string(1, static_cast<char32_t>(n)));
    }
    case Op::add:
    case Op::subtract:
    case Op::multiply:
      return sum(op, a);
    case Op::negate:
    case Op::absolute: {
      if (n == std::numeric_limits<std::int64_t>::min()) return std::nullopt;
      return number(op == Op::negate || n < 0 ? -n : n);
    }
    case Op::divide:
    case Op::modulo:
      return divided(op, n, a[1].number);
    case Op::less:
      return truth(n < a[1].number);
    case Op::less_equal:
      return truth(n <= a[1].number);
    case Op::greater:
      return truth(n > a[1].number);
    case Op::greater_equal:
      return truth(n >= a[1].number);
    default:
      return std::nullopt;
  }
}

Meant of_truth(Op op, std::span<const Meaning> a) {
  const auto holds = [](const Meaning& meaning) { return meaning.number != 0; };
  switch (op) {
    case Op::equal:
      return truth(a[0] == a[1]);
    case Op::distinct:
      return truth(a[0] != a[1]);
    case Op::both:
      return truth(std::all_of(a.begin(), a.end(), holds));
    case Op::either:
      return truth(std::any_of(a.begin(), a.end(), holds));
    case Op::exclusive:
      return truth(holds(a[0]) != holds(a[1]));
    case Op::implies:
      return truth(!holds(a[0]) || holds(a[1]));
    case Op::opposite:
      return truth(!holds(a[0]));
    default:
      return std::nullopt;
  }
}

class Evaluation {
 public:
  explicit Evaluation(std::span<const Function> functions) : functions_(functions) {}

  Meant of(const Body& body, std::uint32_t node, std::span<const Meaning> arguments,
           std::uint32_t depth) {
    if (++steps_ > steps_max || depth > nesting_max) return std::nullopt;
    const Body::Node& at = body.nodes[node];
    if (at.op == Op::constant) return meaning_of(body.constants[at.index]);
    if (at.op == Op::variable) return arguments[at.index];
    if (at.op == Op::ite) {
      const Meant which = of(body, at.children[0], arguments, depth + 1);
      if (!which) return std::nullopt;
      return of(body, at.children[which->number != 0 ? 1 : 2], arguments, depth + 1);
    }
    std::vector<Meaning> given;
    given.reserve(at.children.size());
    for (const std::uint32_t child : at.children) {
      Meant meant = of(body, child, arguments, depth + 1);
      if (!meant) return std::nullopt;
      given.push_back(std::move(*meant));
    }
    if (at.op != Op::call) return count(meaning_of(at.op, given));
    const Body& called = functions_[at.index].body;
    return of(called, static_cast<std::uint32_t>(called.nodes.size() - 1), given, depth + 1);
  }

 private:
  /// Long texts are work too.
  Meant count(Meant meant) {
    if (meant) steps_ += static_cast<std::uint32_t>(meant->text.size() / 64);
    return meant;
  }

  std::span<const Function> functions_;
  std::uint32_t steps_ = 0;
};

class BodyReader {
 public:
  BodyReader(std::span<const Argument> arguments, std::span<const Function> functions)
      : arguments_(arguments), functions_(functions) {}

  Result<Body> read(const Sexp& term, Sort expected) {
    const std::optional<Sort> sort = add(term);
    if (!sort) return error_;
    if (*sort != expected) {
      const std::string what = "a term of sort " + std::string(to_string(*sort)) + " where ";
      return Error{"bad_sygus", what + std::string(to_string(expected)) + " is wanted",
                   term.where()};
    }
    return std::move(body_);
  }

 private:
  std::nullopt_t fail(const Sexp& at, std::string what) {
    error_ = Error{"bad_sygus", std::move(what), at.where()};
    return std::nullopt;
  }

  Sort put(Op op, std::size_t index, std::vector<std::uint32_t> children, Sort sort) {
    body_.nodes.push_back({op, static_cast<std::uint32_t>(index), std::move(children)});
    return sort;
  }

  std::optional<Sort> add(const Sexp& term) {
    if (term.kind == Sexp::Kind::atom) {
      for (std::size_t i = 0; i < arguments_.size(); ++i) {
        if (term.is(arguments_[i].name)) return put(Op::variable, i, {}, arguments_[i].sort);
      }
    }
    if (std::optional<Value> value = find_literal(term)) {
      body_.constants.push_back(std::move(*value));
      return put(Op::constant, body_.constants.size() - 1, {}, sort_of(body_.constants.back()));
    }
    if (!term.list()) return fail(term, no_atom(term));
    if (term.head().empty()) return fail(term, "a term begins with an operator");
    return add_application(term);
  }

  std::optional<Sort> add_application(const Sexp& term) {
    std::vector<std::uint32_t> children;
    std::vector<Sort> sorts;
    for (std::size_t i = 1; i < term.items.size(); ++i) {
      const std::optional<Sort> sort = add(term.items[i]);
      if (!sort) return std::nullopt;
      sorts.push_back(*sort);
      children.push_back(static_cast<std::uint32_t>(body_.nodes.size() - 1));
    }
    const std::string name(term.head());
    for (std::size_t i = 0; i < functions_.size(); ++i) {
      if (functions_[i].name != name) continue;
      const std::vector<Argument>& wanted = functions_[i].arguments;
      const bool fits =
          std::equal(wanted.begin(), wanted.end(), sorts.begin(), sorts.end(),
                     [](const Argument& argument, Sort sort) { return argument.sort == sort; });
      if (!fits) return fail(term, "arguments that " + name + " does not take");
      return put(Op::call, i, std::move(children), functions_[i].sort);
    }
    const std::optional<Op> op = find_op(name, children.size());
    if (!op)
      return fail(term, "unknown operator " + name + " of " + std::to_string(children.size()) +
                            " arguments");
    const std::optional<Sort> sort = result_sort(*op, sorts);
    if (!sort) return fail(term, "arguments of sorts that " + name + " does not take");
    return put(*op, 0, std::move(children), *sort);
  }

  std::span<const Argument> arguments_;
  std::span<const Function> functions_;
  Body body_;
  Error error_;
};

}  // namespace

std::u32string code_points(std::string_view utf8) {
  std::u32string text;
  text.reserve(utf8.size());
  for (std::size_t i = 0; i < utf8.size();) {
    const auto first = static_cast<unsigned char>(utf8[i]);
    const std::size_t bytes = first < 0x80 ? 1 : first < 0xe0 ? 2 : first < 0xf0 ? 3 : 4;
    auto point = static_cast<char32_t>(bytes == 1 ? first : first & (0x7fU >> bytes));
    for (std::size_t k = 1; k < bytes && i + k < utf8.size(); ++k) {
      point = (point << 6U) | (static_cast<unsigned char>(utf8[i + k]) & 0x3fU);
    }
    text += point;
    i += bytes;
  }
  return text;
}

std::string utf8_of(std::u32string_view text) {
  std::string utf8;
  const auto put = [&utf8](char32_t byte) {
    utf8 += static_cast<char>(static_cast<unsigned char>(byte));
  };
  for (const char32_t point : text) {
    if (point < 0x80) {
      put(point);
    } else if (point < 0x800) {
      put(0xc0 | (point >> 6U));
      put(0x80 | (point & 0x3f));
    } else {
      if (point >= 0x10000) put(0xf0 | (point >> 18U));
      put((point >= 0x10000 ? 0x80U : 0xe0U) |
          ((point >> 12U) & (point >= 0x10000 ? 0x3fU : 0xfU)));
      put(0x80 | ((point >> 6U) & 0x3f));
      put(0x80 | (point & 0x3f));
    }
  }
  return utf8;
}

Meaning meaning_of(const Value& value) {
  if (const auto* const number = std::get_if<std::int64_t>(&value))
    return {Sort::integer, *number, {}};
  if (const auto* const truth = std::get_if<bool>(&value))
    return {Sort::boolean, *truth ? 1 : 0, {}};
  const auto* const text = std::get_if<std::string>(&value);
  return {Sort::text, 0, text == nullptr ? std::u32string() : code_points(*text)};
}

Value value_of(const Meaning& meaning) {
  if (meaning.sort == Sort::integer) return meaning.number;
  if (meaning.sort == Sort::boolean) return meaning.number != 0;
  return utf8_of(meaning.text);
}

std::optional<Meaning> meaning_of(Op op, std::span<const Meaning> arguments) {
  if (op >= Op::equal) return of_truth(op, arguments);
  return arguments[0].sort == Sort::text ? of_text(op, arguments) : of_number(op, arguments);
}

std::optional<Meaning> meaning_of(const Body& body, std::span<const Meaning> arguments,
                                  std::span<const Function> functions) {
  return Evaluation(functions).of(body, static_cast<std::uint32_t>(body.nodes.size() - 1),
                                  arguments, 0);
}

Result<Body> read_body(const Sexp& term, std::span<const Argument> arguments,
                       std::span<const Function> functions, Sort expected) {
  return BodyReader(arguments, functions).read(term, expected);
}

}  // namespace weir::search::sygus
