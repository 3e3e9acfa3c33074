#include <algorithm>
#include <array>
#include <cmath>
#include <functional>
#include <limits>
#include <map>
#include <numeric>
#include <set>

#include "cpp_code_points.hpp"
#include "reserved_words.hpp"
#include "sygus_meaning.hpp"
#include "sygus_print.hpp"

namespace weir::search::sygus {
namespace {

/// How an operator is written: #0, #1, #2 are its arguments; `more` joins all of them instead. Text of C++ is UTF-8 as
/// it comes where no operator counts its characters, else code points: all `std::string` are then `std::u32string`.
struct Writing {
  Op op;
  std::string_view python, cpp, js, more = {};
};

constexpr std::array writings{
    Writing{Op::concat, {}, {}, {}, " + "},
    Writing{Op::replace, "replace(#0, #1, #2)", "replace(#0, #1, #2)", "replace(#0, #1, #2)"},
    Writing{Op::replace_all, "replace_all(#0, #1, #2)", "replace_all(#0, #1, #2)",
            "replace_all(#0, #1, #2)"},
    Writing{Op::at, "substr(#0, #1, 1)", "substr(#0, #1, 1)", "substr(#0, #1, 1)"},
    Writing{Op::substr, "substr(#0, #1, #2)", "substr(#0, #1, #2)", "substr(#0, #1, #2)"},
    Writing{Op::from_int, "from_int(#0)", "from_int(#0)", "from_int(#0)"},
    Writing{Op::to_int, "to_int(#0)", "to_int(#0)", "to_int(#0)"},
    Writing{Op::length, "len(#0)", "static_cast<std::int64_t>((#0).size())",
            "Array.from(#0).length"},
    Writing{Op::index_of, "index_of(#0, #1, #2)", "index_of(#0, #1, #2)", "index_of(#0, #1, #2)"},
    Writing{Op::prefix_of, "(#1).startswith(#0)", "((#1).rfind(#0, 0) == 0)",
            "(#1).startsWith(#0)"},
    Writing{Op::suffix_of, "(#1).endswith(#0)", "suffix_of(#0, #1)", "(#1).endsWith(#0)"},
    Writing{Op::contains, "(#1 in #0)", "((#0).find(#1) != std::string::npos)",
            "(#0).includes(#1)"},
    Writing{Op::text_less, "(#0 < #1)", "(#0 < #1)", "before(#0, #1)"},
    Writing{Op::text_less_equal, "(#0 <= #1)", "(#0 <= #1)", "(!before(#1, #0))"},
    Writing{Op::from_code, "from_code(#0)", "from_code(#0)", "from_code(#0)"},
    Writing{Op::to_code, "to_code(#0)", "to_code(#0)", "to_code(#0)"},
    Writing{Op::is_digit, "is_digit(#0)", "is_digit(#0)", "is_digit(#0)"},
    Writing{Op::add, {}, {}, {}, " + "},
    Writing{Op::subtract, {}, {}, {}, " - "},
    Writing{Op::multiply, {}, {}, {}, " * "},
    Writing{Op::negate, "(-#0)", "(-#0)", "(0 - #0)"},  // there is a -0 in JavaScript
    Writing{Op::divide, "div(#0, #1)", "div(#0, #1)", "div(#0, #1)"},
    Writing{Op::modulo, "mod(#0, #1)", "mod(#0, #1)", "mod(#0, #1)"},
    Writing{Op::absolute, "abs(#0)", "(#0 < 0 ? -(#0) : (#0))", "Math.abs(#0)"},
    Writing{Op::less, "(#0 < #1)", "(#0 < #1)", "(#0 < #1)"},
    Writing{Op::less_equal, "(#0 <= #1)", "(#0 <= #1)", "(#0 <= #1)"},
    Writing{Op::greater, "(#0 > #1)", "(#0 > #1)", "(#0 > #1)"},
    Writing{Op::greater_equal, "(#0 >= #1)", "(#0 >= #1)", "(#0 >= #1)"},
    Writing{Op::equal, "(#0 == #1)", "(#0 == #1)", "(#0 === #1)"},
    Writing{Op::distinct, "(#0 != #1)", "(#0 != #1)", "(#0 !== #1)"},
    Writing{Op::exclusive, "(#0 != #1)", "(#0 != #1)", "(#0 !== #1)"},
    Writing{Op::ite, "(#1 if #0 else #2)", "(#0 ? #1 : #2)", "(#0 ? #1 : #2)"},
    Writing{Op::implies, "(not #0 or #1)", "(!(#0) || #1)", "(!(#0) || #1)"},
    Writing{Op::opposite, "(not #0)", "(!(#0))", "(!(#0))"},
    Writing{Op::both, {}, {}, {}, " and "},
    Writing{Op::either, {}, {}, {}, " or "},
};

/// What stands inside of the function, where its name is used; `big`: of JavaScript where integers are BigInt, if that
/// is another text.
struct Helper {
  std::string_view name, python, cpp, js, big = {};
};

constexpr std::array helpers{
    Helper{"replace", "def replace(s, t, u): return s.replace(t, u, 1) if t else u + s",
           "const auto replace = [](std::string s, const std::string& t, const std::string& u) {\n"
           "    const std::size_t at = s.find(t);\n"
           "    return at == std::string::npos ? s : s.replace(at, t.size(), u);\n  };",
           "const replace = (s, t, u) => {\n    const at = s.indexOf(t);\n"
           "    return at < 0 ? s : s.slice(0, at) + u + s.slice(at + t.length);\n  };"},
    Helper{
        "replace_all", "def replace_all(s, t, u): return s.replace(t, u) if t else s",
        "const auto replace_all = [](std::string s, const std::string& t, const std::string& u) {\n"
        "    for (std::size_t at = 0; !t.empty() && (at = s.find(t, at)) != std::string::npos; at "
        "+= u.size()) {\n"
        "      s.replace(at, t.size(), u);\n    }\n    return s;\n  };",
        "const replace_all = (s, t, u) => t === \"\" ? s : s.split(t).join(u);"},
    Helper{"substr",
           "def substr(s, i, n): return s[i:i + n] if 0 <= i < len(s) and n > 0 else \"\"",
           "const auto substr = [](const std::string& s, std::int64_t i, std::int64_t n) {\n"
           "    const bool some = i >= 0 && i < static_cast<std::int64_t>(s.size()) && n > 0;\n"
           "    return some ? s.substr(static_cast<std::size_t>(i), static_cast<std::size_t>(n)) : "
           "std::string();\n"
           "  };",
           "const substr = (s, i, n) => i >= 0 && n > 0 ? Array.from(s).slice(i, i + n).join(\"\") "
           ": \"\";"},
    Helper{"from_int", "def from_int(n): return str(n) if n >= 0 else \"\"",
           "const auto from_int = [](std::int64_t n) {\n"
           "    const auto digits = std::to_string(n);\n"
           "    return n < 0 ? std::string() : std::string(digits.begin(), digits.end());\n  };",
           "const from_int = (n) => n < 0 ? \"\" : String(n);"},
    Helper{"to_int",
           "def to_int(s): return int(s) if s and all(c in \"0123456789\" for c in s) else -1",
           "const auto to_int = [](const std::string& s) -> std::int64_t {\n"
           "    std::int64_t n = 0;\n    bool large = false;\n    for (const auto c : s) {\n"
           "      if (c < '0' || c > '9') return -1;\n"
           "      const auto digit = static_cast<std::int64_t>(c - '0');\n"
           "      large = large || n > (INT64_MAX - digit) / 10;\n"
           "      n = large ? 0 : n * 10 + digit;\n    }\n"
           "    if (large) throw std::overflow_error(\"an integer beyond 64 bits\");\n"
           "    return s.empty() ? -1 : n;\n  };",
           "const to_int = (s) => /^[0-9]+$/.test(s) ? Number(s) : -1;",
           "const to_int = (s) => /^[0-9]+$/.test(s) ? BigInt(s) : -1n;"},
    Helper{"index_of", "def index_of(s, t, i): return s.find(t, i) if 0 <= i <= len(s) else -1",
           "const auto index_of = [](const std::string& s, const std::string& t, std::int64_t i) "
           "-> std::int64_t {\n"
           "    if (i < 0 || i > static_cast<std::int64_t>(s.size())) return -1;\n"
           "    const std::size_t at = s.find(t, static_cast<std::size_t>(i));\n"
           "    return at == std::string::npos ? -1 : static_cast<std::int64_t>(at);\n  };",
           "const index_of = (s, t, i) => {\n    const points = Array.from(s);\n"
           "    if (i < 0 || i > points.length) return -1;\n"
           "    const at = s.indexOf(t, points.slice(0, i).join(\"\").length);\n"
           "    return at < 0 ? -1 : Array.from(s.slice(0, at)).length;\n  };"},
    Helper{"before",
           {},
           {},
           "const before = (s, t) => {\n"
           "    const a = Array.from(s), b = Array.from(t);\n    let i = 0;\n"
           "    while (i < a.length && a[i] === b[i]) ++i;\n"
           "    return i < b.length && (i === a.length || a[i].codePointAt(0) < "
           "b[i].codePointAt(0));\n  };"},
    Helper{"suffix_of",
           {},
           "const auto suffix_of = [](const std::string& s, const std::string& t) {\n"
           "    return s.size() <= t.size() && t.compare(t.size() - s.size(), s.size(), s) == 0;\n "
           " };",
           {}},
    Helper{"from_code", "def from_code(n): return chr(n) if 0 <= n < 0x30000 else \"\"",
           "const auto from_code = [](std::int64_t n) {\n"
           "    return n < 0 || n >= 0x30000 ? std::string() : std::string(1, "
           "static_cast<char32_t>(n));\n  };",
           "const from_code = (n) => n >= 0 && n < 0x30000 ? String.fromCodePoint(n) : \"\";"},
    Helper{"to_code", "def to_code(s): return ord(s) if len(s) == 1 else -1",
           "const auto to_code = [](const std::string& s) -> std::int64_t {\n"
           "    return s.size() == 1 ? static_cast<std::int64_t>(s[0]) : -1;\n  };",
           "const to_code = (s) => Array.from(s).length === 1 ? s.codePointAt(0) : -1;"},
    Helper{"add",
           {},
           "const auto add = [](std::int64_t a, std::int64_t b) {\n"
           "    if (b < 0 ? a < INT64_MIN - b : a > INT64_MAX - b)\n"
           "      throw std::overflow_error(\"an integer beyond 64 bits\");\n"
           "    return a + b;\n  };",
           {}},
    Helper{"subtract",
           {},
           "const auto subtract = [](std::int64_t a, std::int64_t b) {\n"
           "    if (b < 0 ? a > INT64_MAX + b : a < INT64_MIN + b)\n"
           "      throw std::overflow_error(\"an integer beyond 64 bits\");\n"
           "    return a - b;\n  };",
           {}},
    Helper{
        "multiply",
        {},
        "const auto multiply = [](std::int64_t a, std::int64_t b) {\n"
        "    const auto size = [](std::int64_t x) {\n"
        "      return x < 0 ? 0 - static_cast<std::uint64_t>(x) : static_cast<std::uint64_t>(x);\n"
        "    };\n"
        "    const std::uint64_t most = (a < 0) == (b < 0) ? INT64_MAX : std::uint64_t{1} << 63;\n"
        "    if (a != 0 && size(b) > most / size(a))\n"
        "      throw std::overflow_error(\"an integer beyond 64 bits\");\n"
        "    return a * b;\n  };",
        {}},
    Helper{"is_digit", "def is_digit(s): return len(s) == 1 and s in \"0123456789\"",
           "const auto is_digit = [](const std::string& s) { return s.size() == 1 && s[0] >= '0' "
           "&& s[0] <= '9'; };",
           "const is_digit = (s) => /^[0-9]$/.test(s);"},
    Helper{"div", "def div(a, b): return a // b if b > 0 else -(a // -b)",
           "const auto div = [](std::int64_t a, std::int64_t b) -> std::int64_t {\n"
           "    if (b == -1 && a == INT64_MIN)\n"
           "      throw std::overflow_error(\"an integer beyond 64 bits\");\n"
           "    return a / b - (a % b < 0 ? (b > 0 ? 1 : -1) : 0);\n  };",
           "const div = (a, b) => b > 0 ? Math.floor(a / b) : 0 - Math.floor(a / -b);",
           "const div = (a, b) => {\n    const r = a % b;\n"
           "    return (a - (r < 0n ? (b < 0n ? r - b : r + b) : r)) / b;\n  };"},
    Helper{"mod", "def mod(a, b): return a % abs(b)",
           "const auto mod = [](std::int64_t a, std::int64_t b) -> std::int64_t {\n"
           "    if (b == -1) return 0;\n"
           "    return a % b < 0 ? (b < 0 ? a % b - b : a % b + b) : a % b;\n  };",
           "const mod = (a, b) => ((a % b) + Math.abs(b)) % Math.abs(b);",
           "const mod = (a, b) => a % b < 0n ? (b < 0n ? a % b - b : a % b + b) : a % b;"},
    Helper{"absolute", {}, {}, "const absolute = (a) => a < 0n ? -a : a;"},
    Helper{"as_number",
           {},
           {},
           "const as_number = (a) => Number.isSafeInteger(Number(a)) ? Number(a) : a;"},
};

/// Characters are counted, or made of numbers: bytes of UTF-8 are not enough.
bool counts_characters(Op op) noexcept {
  switch (op) {
    case Op::at:
    case Op::substr:
    case Op::length:
    case Op::index_of:
    case Op::from_code:
    case Op::to_code:
      return true;
    default:
      return false;
  }
}

/// Integers become larger than those that a number of JavaScript tells apart.
bool makes_large_integers(Op op) noexcept { return op == Op::to_int || op == Op::multiply; }

/// From half of what an integer may be: doubles are not exact there, and what is checked in vain costs little.
constexpr double checked_from = 0x1p62;

class CodeWriter {
 public:
  CodeWriter(const Problem& problem, Language language) : problem_(problem), language_(language) {
    for (const Helper& helper : helpers) names_.insert(std::string(helper.name));
    names_.insert({"decode", "encode", "BigInt"});
    for (const std::string_view word : reserved_words) names_.insert(std::string(word));
    name_ = fresh(problem.name);
    for (const Argument& argument : problem.arguments) arguments_.push_back(fresh(argument.name));
    for (const Function& function : problem.functions) functions_.push_back(fresh(function.name));
  }

  std::string write(const Body& body) {
    wide_ = language_ == Language::cpp && has(body, counts_characters);
    big_ = language_ == Language::js && (has(body, makes_large_integers) || has_large(body));
    std::vector<std::string> names = arguments_;
    for (std::size_t i = 0; big_ && i < names.size(); ++i) {
      if (problem_.arguments[i].sort == Sort::integer) names[i] = "BigInt(" + names[i] + ")";
    }
    std::string decoded;
    for (const Body::Node& node : body.nodes) {
      if (node.op != Op::variable || !used_.insert(arguments_[node.index]).second) continue;
      if (!wide_ || problem_.arguments[node.index].sort != Sort::text) continue;
      names[node.index] = fresh(arguments_[node.index]);
      decoded += "  const std::u32string " + names[node.index] + " = decode(" +
                 arguments_[node.index] + ");\n";
    }
    std::string result = expression(body, static_cast<std::uint32_t>(body.nodes.size() - 1), names);
    if (big_ && problem_.sort == Sort::integer) result = "as_number(" + result + ")";
    std::string inner;
    for (std::size_t i = 0; i < called_; ++i) inner += inner_function(i);
    std::string used;
    for (const Helper& helper : helpers) {
      if (uses(result, helper.name) || uses(inner, helper.name))
        used += indented(unshadowing(big_ && !helper.big.empty() ? std::string(helper.big)
                                                                 : pick(helper))) +
                "\n";
    }
    throws_ = used.find("throw ") != std::string::npos;
    if (!decoded.empty()) decoded = unshadowing(std::string(cpp_decode)) + decoded;
    if (wide_ && problem_.sort == Sort::text) {
      decoded += unshadowing(std::string(cpp_encode));
      result = "encode(" + result + ")";
    }
    return head(name_, problem_.arguments, arguments_, problem_.sort) + decoded + used + inner +
           "  " + indent() + "return " + result + (python() ? "" : ";\n}");
  }

 private:
  bool python() const noexcept { return language_ == Language::python; }
  std::string indent() const { return python() ? "  " : ""; }

  /// Of a term and of the functions that are written for it.
  bool has(const Body& body, bool (*kind)(Op)) const noexcept {
    std::size_t called = 0;
    for (const Body::Node& node : body.nodes) {
      if (node.op == Op::call) called = std::max<std::size_t>(called, node.index + 1U);
    }
    const auto end = problem_.functions.begin() + static_cast<std::ptrdiff_t>(called);
    const auto has_kind = [kind](const Body& in) {
      return std::any_of(in.nodes.begin(), in.nodes.end(),
                         [kind](const Body::Node& node) { return kind(node.op); });
    };
    return has_kind(body) ||
           std::any_of(problem_.functions.begin(), end,
                       [&](const Function& function) { return has_kind(function.body); });
  }

  /// A constant or an example is so large that a sum of as many as the term has nodes may not be exact in a double.
  bool has_large(const Body& body) const noexcept {
    const auto most = (std::int64_t{1} << 53U) / static_cast<std::int64_t>(body.nodes.size());
    const auto large = [most](const Value& value) {
      const auto* const n = std::get_if<std::int64_t>(&value);
      return n != nullptr && (*n > most || *n < -most);
    };
    const auto has_constant = [&](const Body& in) {
      return std::any_of(in.nodes.begin(), in.nodes.end(), [&](const Body::Node& node) {
        return node.op == Op::constant && large(in.constants[node.index]);
      });
    };
    return has_constant(body) ||
           std::any_of(problem_.functions.begin(), problem_.functions.end(),
                       [&](const Function& function) { return has_constant(function.body); }) ||
           std::any_of(problem_.examples.begin(), problem_.examples.end(), [&](const Example& one) {
             return large(*one.out) || std::any_of(one.in.begin(), one.in.end(), large);
           });
  }

  template <class Written>
  std::string pick(const Written& written) const {
    if (python()) return std::string(written.python);
    if (language_ == Language::js) return std::string(written.js);
    std::string text(written.cpp);
    constexpr std::string_view bytes = "std::string", points = "std::u32string";
    for (std::size_t at = 0; wide_ && (at = text.find(bytes, at)) != std::string::npos;
         at += points.size())
      text.replace(at, bytes.size(), points);
    return text;
  }

  /// What a helper of C++ names inside has other names where arguments have those.
  std::string unshadowing(std::string text) {
    if (language_ != Language::cpp) return text;
    const auto in_word = [](char c) {
      return c == '_' || std::isalnum(static_cast<unsigned char>(c)) != 0;
    };
    for (const std::string& name : arguments_) {
      for (std::size_t at = text.find(name); at != std::string::npos; at = text.find(name, at)) {
        const std::size_t end = at + name.size();
        const char before = at == 0 ? ' ' : text[at - 1], behind = text[end];
        // Members and names of std are no locals.
        if (in_word(before) || before == '.' || before == ':' || in_word(behind) || behind == ':') {
          at = end;
          continue;
        }
        auto& other = renamed_[name];
        if (other.empty()) other = fresh(name);
        text.replace(at, name.size(), other);
        at += other.size();
      }
    }
    return text;
  }

  std::string indented(const std::string& text) const {
    return text.empty() ? "" : "  " + indent() + text;
  }

  static bool uses(const std::string& text, std::string_view name) {
    const std::string call = std::string(name) + "(";
    for (std::size_t at = text.find(call); at != std::string::npos; at = text.find(call, at + 1)) {
      const char before = at == 0 ? ' ' : text[at - 1];
      if (before != '_' && before != '.' && std::isalnum(static_cast<unsigned char>(before)) == 0)
        return true;
    }
    return false;
  }

  /// A name that no language refuses, and that is not taken.
  std::string fresh(std::string_view name) {
    std::string plain;
    for (const char c : name) {
      const bool letter =
          (c >= '0' && c <= '9') || ((c | 32) >= 'a' && (c | 32) <= 'z') || c == '_';
      plain += letter ? c : '_';
    }
    if (plain.empty() || (plain[0] >= '0' && plain[0] <= '9')) plain = "f_" + plain;
    while (!names_.insert(plain).second) plain += plain.back() == '_' ? '1' : '_';
    return plain;
  }

  static std::string_view type(Sort sort, bool wide) noexcept {
    if (sort == Sort::text) return wide ? "std::u32string" : "std::string";
    return sort == Sort::integer ? "std::int64_t" : "bool";
  }

  std::string parameters(const std::vector<Argument>& arguments,
                         const std::vector<std::string>& names, bool wide) const {
    std::string list;
    for (std::size_t i = 0; i < names.size(); ++i) {
      list += i == 0 ? "" : ", ";
      if (language_ == Language::cpp) {
        list += used_.contains(names[i]) ? "" : "[[maybe_unused]] ";
        const std::string of(type(arguments[i].sort, wide));
        list += arguments[i].sort == Sort::text ? "const " + of + "& " : of + " ";
      }
      list += names[i];
    }
    return list;
  }

  std::string head(const std::string& name, const std::vector<Argument>& arguments,
                   const std::vector<std::string>& names, Sort sort) const {
    const std::string list = name + "(" + parameters(arguments, names, false) + ")";
    if (python()) return "def " + list + ":\n";
    if (language_ == Language::js) return "function " + list + " {\n";
    return "#include <cstdint>\n" + std::string(throws_ ? "#include <stdexcept>\n" : "") +
           "#include <string>\n\n" + std::string(type(sort, false)) + " " + list + " {\n";
  }

  std::string inner_function(std::size_t i) {
    const Function& function = problem_.functions[i];
    std::vector<std::string> names;
    for (std::size_t k = 0; k < function.arguments.size(); ++k)
      names.push_back("a" + std::to_string(k) + "_");
    const std::string list = parameters(function.arguments, names, wide_);
    const auto root = static_cast<std::uint32_t>(function.body.nodes.size() - 1);
    const std::string result = expression(function.body, root, names);
    if (python()) return "    def " + functions_[i] + "(" + list + "): return " + result + "\n";
    if (language_ == Language::js)
      return "  const " + functions_[i] + " = (" + list + ") => " + result + ";\n";
    return "  [[maybe_unused]] const auto " + functions_[i] + " = [&](" + list + ") -> " +
           std::string(type(function.sort, wide_)) + " { return " + result + "; };\n";
  }

  std::string constant(const Value& value) const {
    if (const auto* const truth = std::get_if<bool>(&value)) {
      return python() ? (*truth ? "True" : "False") : *truth ? "true" : "false";
    }
    if (const auto* const number = std::get_if<std::int64_t>(&value)) {
      const std::string digits = std::to_string(*number);
      // There is no literal of it: a minus is an operator there.
      const bool least = *number == std::numeric_limits<std::int64_t>::min();
      return language_ == Language::cpp ? least ? "INT64_MIN" : "std::int64_t{" + digits + "}"
             : *number < 0              ? "(" + digits + (big_ ? "n)" : ")")
                                        : digits + (big_ ? "n" : "");
    }
    const auto* const text = std::get_if<std::string>(&value);
    return text == nullptr ? std::string() : quoted(*text);
  }

  static std::string digits_of(char32_t number, unsigned bits_each, unsigned count) {
    std::string out;
    for (unsigned shift = bits_each * count; shift != 0;) {
      shift -= bits_each;
      out += "0123456789abcdef"[number >> shift & ((1U << bits_each) - 1)];
    }
    return out;
  }

  /// A character that is not plain ASCII. Half of a surrogate pair has no other name in C++ than its code in
  /// hexadecimal, which the next letter must not prolong.
  std::string escaped(char32_t point) const {
    if (python()) return "\\U" + digits_of(point, 4, 8);
    if (language_ == Language::js) return "\\u{" + digits_of(point, 4, 6) + "}";
    if (point < 0x100) return "\\" + digits_of(point, 3, 3);
    if (point >= 0xd800 && point < 0xe000) return "\\x" + digits_of(point, 4, 4) + "\" U\"";
    return "\\U" + digits_of(point, 4, 8);
  }

  std::string quoted(const std::string& text) const {
    const bool bytes = language_ == Language::cpp && !wide_;
    std::u32string units;
    if (bytes) {
      for (const char c : text) units += static_cast<unsigned char>(c);
    } else {
      units = code_points(text);
    }
    std::string out = "\"";
    for (const char32_t unit : units) {
      if (unit == U'"' || unit == U'\\') out += '\\';
      out += unit >= 32 && unit < 127 ? std::string(1, static_cast<char>(unit)) : escaped(unit);
    }
    out += '"';
    if (language_ != Language::cpp) return out;
    const std::string size =
        text.find('\0') == std::string::npos ? "" : ", " + std::to_string(units.size());
    return (bytes ? "std::string(" : "std::u32string(U") + out + size + ")";
  }

  std::string expression(const Body& body, std::uint32_t node,
                         const std::vector<std::string>& names) {
    const Body::Node& at = body.nodes[node];
    if (at.op == Op::constant) return constant(body.constants[at.index]);
    if (at.op == Op::variable) return names[at.index];
    std::vector<std::string> given;
    for (const std::uint32_t child : at.children) given.push_back(expression(body, child, names));
    if (at.op == Op::call) {
      called_ = std::max<std::size_t>(called_, at.index + 1U);
      return functions_[at.index] + "(" + joined(given, ", ") + ")";
    }
    if (big_) return applied_to_big(at.op, std::move(given));
    if (language_ == Language::cpp && size_of(body, node) > checked_from)
      return checked(at.op, given);
    return applied(at.op, given);
  }

  /// The greatest integer that a node of C++ may be, whatever the inputs: texts are not longer than 2^40.
  static double size_of(const Body& body, std::uint32_t node) {
    const Body::Node& at = body.nodes[node];
    std::vector<double> sizes;
    for (const std::uint32_t child : at.children) sizes.push_back(size_of(body, child));
    double size = 0x1p63;
    switch (at.op) {
      case Op::constant:
        if (const auto* const n = std::get_if<std::int64_t>(&body.constants[at.index]))
          size = std::abs(static_cast<double>(*n));
        return size;
      case Op::length:
      case Op::index_of:
      case Op::to_code:
        return 0x1p40;
      case Op::add:
      case Op::subtract:
        return std::accumulate(sizes.begin(), sizes.end(), 0.0);
      case Op::multiply:
        return std::accumulate(sizes.begin(), sizes.end(), 1.0, std::multiplies<>());
      case Op::negate:
      case Op::absolute:
      case Op::divide:
        return sizes[0];
      case Op::modulo:
        return sizes[1];
      case Op::ite:
        return std::max(sizes[1], sizes[2]);
      default:
        return size;
    }
  }

  /// What may be beyond 64 bits is an exception there; Python and JavaScript have larger integers.
  std::string checked(Op op, const std::vector<std::string>& given) const {
    const std::string_view name = op == Op::add        ? "add"
                                  : op == Op::subtract ? "subtract"
                                  : op == Op::multiply ? "multiply"
                                                       : "";
    if (op == Op::negate) return "subtract(0, " + given[0] + ")";
    if (op == Op::absolute)
      return "(" + given[0] + " < 0 ? subtract(0, " + given[0] + ") : (" + given[0] + "))";
    if (name.empty()) return applied(op, given);
    std::string all = given[0];
    for (std::size_t i = 1; i < given.size(); ++i)
      all = std::string(name) + "(" + all + ", " + given[i] + ")";
    return all;
  }

  /// What counts characters takes and gives numbers; all other integers are BigInt.
  std::string applied_to_big(Op op, std::vector<std::string> given) const {
    const auto number = [&](std::size_t i) { given[i] = "Number(" + given[i] + ")"; };
    switch (op) {
      case Op::at:
      case Op::from_code:
        number(given.size() - 1);
        break;
      case Op::substr:
        number(1), number(2);
        break;
      case Op::index_of:
        number(2);
        [[fallthrough]];
      case Op::length:
      case Op::to_code:
        return "BigInt(" + applied(op, given) + ")";
      case Op::negate:
        return "(-" + given[0] + ")";
      case Op::absolute:
        return "absolute(" + given[0] + ")";
      default:
        break;
    }
    return applied(op, given);
  }

  std::string applied(Op op, const std::vector<std::string>& given) const {
    const auto* const writing = std::find_if(writings.begin(), writings.end(),
                                             [op](const Writing& one) { return one.op == op; });
    if (writing == writings.end()) return {};
    if (!writing->more.empty()) {
      const bool words = op == Op::both || op == Op::either;
      return "(" +
             joined(given, !words || python() ? writing->more
                           : op == Op::both   ? " && "
                                              : " || ") +
             ")";
    }
    std::string out;
    const std::string form = pick(*writing);
    for (std::size_t i = 0; i < form.size(); ++i) {
      if (form[i] == '#') {
        out += given[static_cast<std::size_t>(form[++i] - '0')];
      } else {
        out += form[i];
      }
    }
    return out;
  }

  static std::string joined(const std::vector<std::string>& parts, std::string_view by) {
    std::string out;
    for (const std::string& part : parts) out += (out.empty() ? "" : std::string(by)) + part;
    return out;
  }

  const Problem& problem_;
  Language language_;
  std::set<std::string> names_, used_;
  std::string name_;
  std::vector<std::string> arguments_, functions_;
  std::map<std::string, std::string> renamed_;  // locals of helpers
  std::size_t called_ = 0;                      // functions up to here are written
  bool wide_ = false;                           // C++ that works on code points
  bool throws_ = false;                         // C++ that refuses what is beyond 64 bits
  bool big_ = false;                            // JavaScript whose integers are BigInt
};

}  // namespace

Body body_of(const Rules& rules, std::span<const SygusTerm> term) {
  Body body;
  body.constants = rules.constants();
  body.nodes.resize(term.size());
  const std::size_t last = term.size() - 1;
  for (std::size_t i = 0; i < term.size(); ++i) {
    const Rule& rule = rules[term[i].rule];
    Body::Node& node = body.nodes[last - i];  // the root comes last there, and first here
    node.op = rule.op;
    node.index = rule.index;
    for (std::size_t k = 0; k < rule.arity; ++k) {
      node.children.push_back(static_cast<std::uint32_t>(last - term[i].arguments[k]));
    }
  }
  return body;
}

std::string program_text(const Problem& problem, const Rules& rules,
                         std::span<const SygusTerm> term, Language in) {
  if (in == Language::sygus) return define_fun(problem, rules, term);
  return CodeWriter(problem, in).write(body_of(rules, term));
}

}  // namespace weir::search::sygus
