// reserved_words.hpp: names that a written program cannot have: words of Python, C++ and JavaScript, and what the
// printers themselves call.
#pragma once

#include <algorithm>
#include <string_view>

namespace weir::search {

inline constexpr std::string_view reserved_words[] = {
    "abs",         "accumulate", "alignas",      "alignof",      "all",        "and",
    "and_eq",      "any",        "arguments",    "Array",        "as",         "asm",
    "assert",      "async",      "auto",         "await",        "bitand",     "bitor",
    "bool",        "break",      "calendar",     "case",         "catch",      "char",
    "char16_t",    "char32_t",   "char8_t",      "chr",          "class",      "co_await",
    "co_return",   "co_yield",   "compl",        "concept",      "const",      "const_cast",
    "consteval",   "constexpr",  "constinit",    "continue",     "datetime",   "debugger",
    "decltype",    "def",        "default",      "del",          "delete",     "dict",
    "do",          "divmod",     "double",       "dynamic_cast", "elif",       "else",
    "enum",        "enumerate",  "EOF",          "errno",        "eval",       "except",
    "explicit",    "export",     "extends",      "extern",       "False",      "false",
    "filter",      "finally",    "float",        "for",          "friend",     "from",
    "function",    "global",     "goto",         "if",           "implements", "import",
    "in",          "Infinity",   "inline",       "instanceof",   "int",        "interface",
    "is",          "isinstance", "lambda",       "len",          "let",        "linux",
    "list",        "long",       "LookupError",  "main",         "map",        "Math",
    "math",        "max",        "min",          "mutable",      "namespace",  "NaN",
    "new",         "noexcept",   "None",         "nonlocal",     "not",        "not_eq",
    "NULL",        "null",       "nullptr",      "Number",       "Object",     "offsetof",
    "operator",    "optional",   "or",           "or_eq",        "ord",        "package",
    "pass",        "print",      "private",      "protected",    "public",     "raise",
    "range",       "RangeError", "re",           "RegExp",       "register",   "reinterpret_cast",
    "requires",    "return",     "reversed",     "round",        "set",        "setjmp",
    "short",       "signed",     "sizeof",       "sorted",       "static",     "static_assert",
    "static_cast", "std",        "stderr",       "stdin",        "stdout",     "str",
    "String",      "string",     "struct",       "sum",          "super",      "switch",
    "template",    "this",       "thread_local", "throw",        "True",       "true",
    "try",         "tuple",      "type",         "typedef",      "typeid",     "typename",
    "typeof",      "undefined",  "unicodedata",  "union",        "unix",       "unsigned",
    "using",       "var",        "vector",       "virtual",      "void",       "volatile",
    "wchar_t",     "while",      "with",         "xor",          "xor_eq",     "yield",
    "zip",
};

inline bool is_reserved(std::string_view word) noexcept {
  return std::find(std::begin(reserved_words), std::end(reserved_words), word) !=
         std::end(reserved_words);
}

}  // namespace weir::search
