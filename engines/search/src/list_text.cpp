// Programs of the list language as text. Each call is a statement; a program whose numbers may leave -255..255, or
// that takes an element of an empty list, answers null there, as the language does.
#include <array>
#include <cctype>
#include <string>
#include <vector>
#include <weir/search/list_language.hpp>

namespace weir::search::lists {
namespace {

bool is_identifier(std::string_view name) {
  const auto letter = [](char c) {
    return std::isalpha(static_cast<unsigned char>(c)) != 0 || c == '_';
  };
  if (name.empty() || !letter(name.front())) return false;
  for (const char c : name) {
    if (!letter(c) && std::isdigit(static_cast<unsigned char>(c)) == 0) return false;
  }
  return true;
}

std::vector<std::string> slot_names(const ListProgram& program) {
  std::vector<std::string> names;
  std::size_t lists = 0, integers = 0;
  for (const Kind kind : program.inputs) {
    constexpr std::array<std::string_view, 3> few = {"xs", "ys", "zs"};
    if (kind == Kind::integer) {
      names.push_back(integers == 0 ? "n" : "n" + std::to_string(integers + 1));
      ++integers;
    } else {
      names.push_back(lists < few.size() ? std::string(few[lists])
                                         : "xs" + std::to_string(lists + 1));
      ++lists;
    }
  }
  for (std::size_t i = 0; i < program.lines.size(); ++i)
    names.push_back("t" + std::to_string(i + 1));
  return names;
}

/// A call can leave -255..255.
bool may_overflow(const Call& call) {
  switch (call.lambda) {
    case Lambda::plus_1:
    case Lambda::minus_1:
    case Lambda::times_2:
    case Lambda::squared:
    case Lambda::times_3:
    case Lambda::times_4:
    case Lambda::add:
    case Lambda::subtract:
    case Lambda::multiply:
      return true;
    default:
      return call.function == Function::sum;
  }
}

bool needs_element(const Call& call) {
  return call.function == Function::head || call.function == Function::last ||
         call.function == Function::minimum || call.function == Function::maximum;
}

/// The lambda of `call` on v, or on x and y.
std::string lambda_text(const Call& call, Language language) {
  const bool python = language == Language::python, js = language == Language::js;
  switch (call.lambda) {
    case Lambda::plus_1:
      return "v + 1";
    case Lambda::minus_1:
      return "v - 1";
    case Lambda::times_2:
      return "v * 2";
    case Lambda::over_2:
      return python ? "v // 2" : "v >> 1";
    case Lambda::negated:
      return js ? "0 - v" : "-v";  // in JavaScript -v of 0 is not 0
    case Lambda::squared:
      return "v * v";
    case Lambda::times_3:
      return "v * 3";
    case Lambda::over_3:
      return python ? "v // 3" : js ? "Math.floor(v / 3)" : "(v - (v % 3 + 3) % 3) / 3";
    case Lambda::times_4:
      return "v * 4";
    case Lambda::over_4:
      return python ? "v // 4" : "v >> 2";
    case Lambda::positive:
      return "v > 0";
    case Lambda::negative:
      return "v < 0";
    case Lambda::even:
      return js ? "v % 2 === 0" : "v % 2 == 0";
    case Lambda::odd:
      return js ? "v % 2 !== 0" : "v % 2 != 0";
    case Lambda::add:
      return "x + y";
    case Lambda::subtract:
      return "x - y";
    case Lambda::multiply:
      return js ? "x * y + 0" : "x * y";
    case Lambda::min:
      return python ? "min(x, y)" : js ? "Math.min(x, y)" : "std::min(x, y)";
    case Lambda::max:
      return python ? "max(x, y)" : js ? "Math.max(x, y)" : "std::max(x, y)";
    default:
      return {};
  }
}

struct Names {
  std::string to, a, b;
};

std::string python_value(const Call& call, const Names& s) {
  const std::string lambda = lambda_text(call, Language::python);
  switch (call.function) {
    case Function::head:
      return s.a + "[0]";
    case Function::last:
      return s.a + "[-1]";
    case Function::take:
      return s.b + "[:max(" + s.a + ", 0)]";
    case Function::drop:
      return s.b + "[max(" + s.a + ", 0):]";
    case Function::access:
      return s.b + "[" + s.a + "]";
    case Function::minimum:
      return "min(" + s.a + ")";
    case Function::maximum:
      return "max(" + s.a + ")";
    case Function::reverse:
      return s.a + "[::-1]";
    case Function::sort:
      return "sorted(" + s.a + ")";
    case Function::sum:
      return "sum(" + s.a + ")";
    case Function::map:
      return "[" + lambda + " for v in " + s.a + "]";
    case Function::filter:
      return "[v for v in " + s.a + " if " + lambda + "]";
    case Function::count:
      return "sum(1 for v in " + s.a + " if " + lambda + ")";
    case Function::zipwith:
      return "[" + lambda + " for x, y in zip(" + s.a + ", " + s.b + ")]";
    default:
      return "list(accumulate(" + s.a + ", lambda x, y: " + lambda + "))";
  }
}

std::string js_value(const Call& call, const Names& s) {
  const std::string lambda = lambda_text(call, Language::js);
  switch (call.function) {
    case Function::head:
      return s.a + "[0]";
    case Function::last:
      return s.a + "[" + s.a + ".length - 1]";
    case Function::take:
      return s.b + ".slice(0, Math.max(" + s.a + ", 0))";
    case Function::drop:
      return s.b + ".slice(Math.max(" + s.a + ", 0))";
    case Function::access:
      return s.b + "[" + s.a + "]";
    case Function::minimum:
      return "Math.min(..." + s.a + ")";
    case Function::maximum:
      return "Math.max(..." + s.a + ")";
    case Function::reverse:
      return s.a + ".slice().reverse()";
    case Function::sort:
      return s.a + ".slice().sort((x, y) => x - y)";
    case Function::sum:
      return s.a + ".reduce((x, y) => x + y, 0)";
    case Function::map:
      return s.a + ".map(v => " + lambda + ")";
    case Function::filter:
      return s.a + ".filter(v => " + lambda + ")";
    case Function::count:
      return s.a + ".filter(v => " + lambda + ").length";
    case Function::zipwith:
      return s.a + ".slice(0, " + s.b + ".length).map((x, i) => { const y = " + s.b +
             "[i]; return " + lambda + "; })";
    default:
      return s.a + ".reduce((t, y) => { const x = t[t.length - 1]; return [...t, t.length ? " +
             lambda + " : y]; }, [])";
  }
}

/// Statements, each line with its indent.
std::string cpp_statements(const Call& call, const Names& s) {
  const std::string lambda = lambda_text(call, Language::cpp);
  const std::string vector = "  std::vector<int> " + s.to, copied = vector + " = " + s.a + ";\n";
  const std::string all = "(" + s.a + ".begin(), " + s.a + ".end()",
                    number = "  int " + s.to + " = ";
  const std::string of_v = ", [](int v) { return " + lambda + "; })";
  // What leaves the range stays outside it, and does not grow.
  const bool grows = call.function == Function::scanl1 && call.lambda == Lambda::multiply;
  const std::string of_two = "[](int x, int y) { return " +
                             (grows ? "std::clamp(" + lambda + ", -256, 256)" : lambda) + "; })";
  const std::string cut =
      s.b + ".begin() + std::clamp(" + s.a + ", 0, static_cast<int>(" + s.b + ".size()))";
  switch (call.function) {
    case Function::head:
      return number + s.a + ".front();\n";
    case Function::last:
      return number + s.a + ".back();\n";
    case Function::take:
      return vector + "(" + s.b + ".begin(), " + cut + ");\n";
    case Function::drop:
      return vector + "(" + cut + ", " + s.b + ".end());\n";
    case Function::access:
      return number + s.b + "[static_cast<std::size_t>(" + s.a + ")];\n";
    case Function::minimum:
      return number + "*std::min_element" + all + ");\n";
    case Function::maximum:
      return number + "*std::max_element" + all + ");\n";
    case Function::reverse:
      return vector + "(" + s.a + ".rbegin(), " + s.a + ".rend());\n";
    case Function::sort:
      return copied + "  std::sort(" + s.to + ".begin(), " + s.to + ".end());\n";
    case Function::sum:
      return number + "std::accumulate" + all + ", 0);\n";
    case Function::map:
      return copied + "  for (int& v : " + s.to + ") v = " + lambda + ";\n";
    case Function::filter:
      return vector + ";\n  std::copy_if" + all + ", std::back_inserter(" + s.to + ")" + of_v +
             ";\n";
    case Function::count:
      return number + "static_cast<int>(std::count_if" + all + of_v + ");\n";
    case Function::zipwith:
      return vector + "(std::min(" + s.a + ".size(), " + s.b + ".size()));\n  std::transform(" +
             s.a + ".begin(), " + s.a + ".begin() + " + s.to + ".size(), " + s.b + ".begin(), " +
             s.to + ".begin(), " + of_two + ";\n";
    default:
      return vector + "(" + s.a + ".size());\n  std::partial_sum" + all + ", " + s.to +
             ".begin(), " + of_two + ";\n";
  }
}

Names names_of(const ListProgram& program, const std::vector<std::string>& names,
               std::size_t line) {
  return {names[program.inputs.size() + line], names[program.lines[line].a],
          names[program.lines[line].b]};
}

std::string parameters(const ListProgram& program, const std::vector<std::string>& names,
                       bool typed) {
  std::string text;
  for (std::size_t i = 0; i < program.inputs.size(); ++i) {
    if (i > 0) text += ", ";
    if (typed) text += program.inputs[i] == Kind::integer ? "int " : "const std::vector<int>& ";
    text += names[i];
  }
  return text;
}

Kind kind_of_slot(const ListProgram& program, std::size_t slot) {
  return slot < program.inputs.size()
             ? program.inputs[slot]
             : call_table[program.lines[slot - program.inputs.size()].call].gives;
}

/// "..t1, t2": what may have left the range, spread for a list in brackets; empty: nothing may have.
std::string to_check(const ListProgram& program, const std::vector<std::string>& names,
                     std::string_view spread) {
  std::string text;
  for (std::size_t i = 0; i < program.lines.size(); ++i) {
    const Call& call = call_table[program.lines[i].call];
    if (!may_overflow(call)) continue;
    if (!text.empty()) text += ", ";
    if (call.gives == Kind::list) text += spread;
    text += names[program.inputs.size() + i];
  }
  return text;
}

std::string python_text(const ListProgram& program, const std::vector<std::string>& names,
                        std::string_view name) {
  std::string text = "def " + std::string(name) + "(" + parameters(program, names, false) + "):\n";
  for (const Line& line : program.lines) {
    if (call_table[line.call].function != Function::scanl1) continue;
    text += "    from itertools import accumulate\n";
    break;
  }
  for (std::size_t i = 0; i < program.lines.size(); ++i) {
    const Call& call = call_table[program.lines[i].call];
    const Names s = names_of(program, names, i);
    if (needs_element(call)) text += "    if not " + s.a + ":\n        return None\n";
    if (call.function == Function::access)
      text += "    if not 0 <= " + s.a + " < len(" + s.b + "):\n        return None\n";
    text += "    " + s.to + " = " + python_value(call, s) + "\n";
  }
  const std::string check = to_check(program, names, "*");
  if (!check.empty())
    text += "    if any(abs(v) > 255 for v in [" + check + "]):\n        return None\n";
  return text + "    return " + names[program.result] + "\n";
}

std::string js_text(const ListProgram& program, const std::vector<std::string>& names,
                    std::string_view name) {
  std::string text =
      "function " + std::string(name) + "(" + parameters(program, names, false) + ") {\n";
  for (std::size_t i = 0; i < program.lines.size(); ++i) {
    const Call& call = call_table[program.lines[i].call];
    const Names s = names_of(program, names, i);
    if (needs_element(call)) text += "  if (" + s.a + ".length === 0) return null;\n";
    if (call.function == Function::access)
      text += "  if (" + s.a + " < 0 || " + s.a + " >= " + s.b + ".length) return null;\n";
    text += "  const " + s.to + " = " + js_value(call, s) + ";\n";
    if (!may_overflow(call)) continue;  // at once: bits are shifted in 32
    text += call.gives == Kind::list
                ? "  if (" + s.to + ".some(v => !(Math.abs(v) <= 255))) return null;\n"
                : "  if (!(Math.abs(" + s.to + ") <= 255)) return null;\n";
  }
  return text + "  return " + names[program.result] + ";\n}\n";
}

std::string cpp_text(const ListProgram& program, const std::vector<std::string>& names,
                     std::string_view name) {
  std::string text =
      "#include <algorithm>\n#include <cstdlib>\n#include <iterator>\n#include <numeric>\n#include "
      "<optional>\n"
      "#include <vector>\n\n";
  const bool list = kind_of_slot(program, program.result) == Kind::list;
  text += list ? "std::optional<std::vector<int>> " : "std::optional<int> ";
  text += std::string(name) + "(" + parameters(program, names, true) + ") {\n";
  const std::string null = " return std::nullopt;\n";
  for (std::size_t i = 0; i < program.lines.size(); ++i) {
    const Call& call = call_table[program.lines[i].call];
    const Names s = names_of(program, names, i);
    if (needs_element(call)) text += "  if (" + s.a + ".empty())" + null;
    if (call.function == Function::access)
      text +=
          "  if (" + s.a + " < 0 || " + s.a + " >= static_cast<int>(" + s.b + ".size()))" + null;
    text += cpp_statements(call, s);
    if (!may_overflow(call)) continue;
    text += call.gives == Kind::list
                ? "  if (std::any_of(" + s.to + ".begin(), " + s.to +
                      ".end(), [](int v) { return std::abs(v) > 255; }))" + null
                : "  if (std::abs(" + s.to + ") > 255)" + null;
  }
  return text + "  return " + names[program.result] + ";\n}\n";
}

}  // namespace

std::string program_text(const ListProgram& program, Language language, std::string_view name) {
  const std::vector<std::string> names = slot_names(program);
  const std::string_view called = is_identifier(name) ? name : "f";
  switch (language) {
    case Language::python:
      return python_text(program, names, called);
    case Language::js:
      return js_text(program, names, called);
    case Language::cpp:
      return cpp_text(program, names, called);
    default:
      return {};
  }
}

std::string program_text(const ListProgram& program) {
  const std::vector<std::string> names = slot_names(program);
  std::string text;
  for (std::size_t i = 0; i < program.lines.size(); ++i) {
    const Call& call = call_table[program.lines[i].call];
    const Names s = names_of(program, names, i);
    text += s.to + " = " + std::string(function_name(static_cast<std::size_t>(call.function)));
    if (call.lambda != Lambda::none)
      text += "(" +
              std::string(function_name(called_functions + static_cast<std::size_t>(call.lambda))) +
              ")";
    text += " " + s.a;
    if (call.takes != Takes::list) text += " " + s.b;
    text += "\n";
  }
  if (program.lines.empty()) text = names[program.result] + "\n";
  return text;
}

}  // namespace weir::search::lists
