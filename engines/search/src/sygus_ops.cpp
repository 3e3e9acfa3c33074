#include "sygus_ops.hpp"

#include <algorithm>
#include <array>
#include <charconv>

namespace weir::search::sygus {
namespace {

struct Signature {
  std::string_view name;
  Op op;
  std::string_view arguments;  // s, i, b; a: any sort, the same for all of them
  char result;
  bool more = false;  // takes more arguments of its last sort
};

constexpr std::array signatures{
    Signature{"str.++", Op::concat, "ss", 's', true},
    Signature{"str.replace", Op::replace, "sss", 's'},
    Signature{"str.replace_all", Op::replace_all, "sss", 's'},
    Signature{"str.at", Op::at, "si", 's'},
    Signature{"str.substr", Op::substr, "sii", 's'},
    Signature{"str.from_int", Op::from_int, "i", 's'},
    Signature{"int.to.str", Op::from_int, "i", 's'},
    Signature{"str.to_int", Op::to_int, "s", 'i'},
    Signature{"str.to.int", Op::to_int, "s", 'i'},
    Signature{"str.len", Op::length, "s", 'i'},
    Signature{"str.indexof", Op::index_of, "ssi", 'i'},
    Signature{"str.prefixof", Op::prefix_of, "ss", 'b'},
    Signature{"str.suffixof", Op::suffix_of, "ss", 'b'},
    Signature{"str.contains", Op::contains, "ss", 'b'},
    Signature{"str.<", Op::text_less, "ss", 'b'},
    Signature{"str.<=", Op::text_less_equal, "ss", 'b'},
    Signature{"str.from_code", Op::from_code, "i", 's'},
    Signature{"str.to_code", Op::to_code, "s", 'i'},
    Signature{"str.is_digit", Op::is_digit, "s", 'b'},
    Signature{"+", Op::add, "ii", 'i', true},
    Signature{"-", Op::subtract, "ii", 'i', true},
    Signature{"-", Op::negate, "i", 'i'},
    Signature{"*", Op::multiply, "ii", 'i', true},
    Signature{"div", Op::divide, "ii", 'i'},
    Signature{"mod", Op::modulo, "ii", 'i'},
    Signature{"abs", Op::absolute, "i", 'i'},
    Signature{"<", Op::less, "ii", 'b'},
    Signature{"<=", Op::less_equal, "ii", 'b'},
    Signature{">", Op::greater, "ii", 'b'},
    Signature{">=", Op::greater_equal, "ii", 'b'},
    Signature{"=", Op::equal, "aa", 'b'},
    Signature{"distinct", Op::distinct, "aa", 'b'},
    Signature{"ite", Op::ite, "baa", 'a'},
    Signature{"and", Op::both, "bb", 'b', true},
    Signature{"or", Op::either, "bb", 'b', true},
    Signature{"xor", Op::exclusive, "bb", 'b'},
    Signature{"=>", Op::implies, "bb", 'b'},
    Signature{"not", Op::opposite, "b", 'b'},
};

constexpr char letter(Sort sort) noexcept {
  return sort == Sort::text ? 's' : sort == Sort::integer ? 'i' : 'b';
}

constexpr Sort sort_named(char name) noexcept {
  return name == 's' ? Sort::text : name == 'i' ? Sort::integer : Sort::boolean;
}

bool takes(const Signature& signature, std::size_t count) noexcept {
  return count == signature.arguments.size() ||
         (signature.more && count > signature.arguments.size());
}

std::optional<std::int64_t> integer_of(std::string_view digits) noexcept {
  std::int64_t number = 0;
  const auto [end, failed] = std::from_chars(digits.data(), digits.data() + digits.size(), number);
  if (failed != std::errc() || end != digits.data() + digits.size()) return std::nullopt;
  return number;
}

}  // namespace

std::optional<Op> find_op(std::string_view name, std::size_t arguments) noexcept {
  for (const Signature& signature : signatures) {
    if (signature.name == name && takes(signature, arguments)) return signature.op;
  }
  return std::nullopt;
}

std::optional<Sort> result_sort(Op op, std::span<const Sort> arguments) noexcept {
  const auto* const found =
      std::find_if(signatures.begin(), signatures.end(),
                   [op](const Signature& signature) { return signature.op == op; });
  if (found == signatures.end() || !takes(*found, arguments.size())) return std::nullopt;
  char any = 0;
  for (std::size_t i = 0; i < arguments.size(); ++i) {
    const char wanted = found->arguments[std::min(i, found->arguments.size() - 1)];
    const char given = letter(arguments[i]);
    if (wanted == 'a' && any == 0) any = given;
    if (given != (wanted == 'a' ? any : wanted)) return std::nullopt;
  }
  return sort_named(found->result == 'a' ? any : found->result);
}

bool commutes(Op op) noexcept {
  switch (op) {
    case Op::add:
    case Op::multiply:
    case Op::equal:
    case Op::distinct:
    case Op::both:
    case Op::either:
    case Op::exclusive:
      return true;
    default:
      return false;
  }
}

std::optional<Sort> find_sort(const Sexp& name) noexcept {
  for (const Sort sort : {Sort::boolean, Sort::integer, Sort::text}) {
    if (name.is(to_string(sort))) return sort;
  }
  return std::nullopt;
}

std::string no_sort(const Sexp& sort) {
  return "the sort " + spelled(sort) + " is not supported: it is none of Bool, Int, String";
}

std::optional<Value> find_literal(const Sexp& node) {
  std::optional<Value> value;
  if (node.kind == Sexp::Kind::text) {
    value.emplace(std::in_place_type<std::string>, unquoted(node.atom));
  } else if (node.is("true") || node.is("false")) {
    value.emplace(std::in_place_type<bool>, node.is("true"));
  } else if (node.kind == Sexp::Kind::atom) {
    if (const auto number = integer_of(node.atom))
      value.emplace(std::in_place_type<std::int64_t>, *number);
  } else if (node.head() == "-" && node.items.size() == 2 &&
             node.items[1].kind == Sexp::Kind::atom && !node.items[1].atom.starts_with('-')) {
    if (const auto number = integer_of("-" + std::string(node.items[1].atom)))
      value.emplace(std::in_place_type<std::int64_t>, *number);
  }
  return value;
}

std::string no_atom(const Sexp& atom) {
  std::string_view digits = atom.atom;
  if (digits.starts_with('-')) digits.remove_prefix(1);
  const bool number = !digits.empty() && digits.find_first_not_of("0123456789") == digits.npos;
  return number ? "the number " + spelled(atom) + " is too large: integers have 64 bits"
                : "unknown name " + std::string(atom.atom);
}

std::string literal(const Value& value) {
  if (const auto* const number = std::get_if<std::int64_t>(&value)) return std::to_string(*number);
  if (const auto* const truth = std::get_if<bool>(&value)) return *truth ? "true" : "false";
  const auto* const text = std::get_if<std::string>(&value);
  std::string quoted = "\"";
  for (const char c : text == nullptr ? std::string_view() : std::string_view(*text)) {
    quoted += c;
    if (c == '"') quoted += c;
  }
  return quoted + "\"";
}

}  // namespace weir::search::sygus
