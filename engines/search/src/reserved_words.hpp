// reserved_words.hpp: names that a written program cannot have: words of Python, C++ and JavaScript, and what the
// printers themselves call.
#pragma once

#include <algorithm>
#include <string_view>

namespace weir::search {

inline constexpr std::string_view reserved_words[] = {
    "abs",         "accumulate", "all",       "and",      "any",        "arguments", "Array",
    "as",          "assert",     "async",     "auto",     "await",      "bitand",    "bitor",
    "bool",        "break",      "calendar",  "case",     "catch",      "char",      "chr",
    "class",       "co_await",   "co_return", "co_yield", "compl",      "concept",   "const",
    "constexpr",   "continue",   "datetime",  "debugger", "decltype",   "def",       "default",
    "del",         "delete",     "dict",      "do",       "double",     "elif",      "else",
    "enum",        "enumerate",  "eval",      "except",   "explicit",   "export",    "extends",
    "extern",      "False",      "false",     "filter",   "finally",    "float",     "for",
    "friend",      "from",       "function",  "global",   "goto",       "if",        "implements",
    "import",      "in",         "Infinity",  "inline",   "instanceof", "int",       "interface",
    "is",          "isinstance", "lambda",    "len",      "let",        "list",      "long",
    "main",        "map",        "Math",      "math",     "max",        "min",       "mutable",
    "namespace",   "NaN",        "new",       "noexcept", "None",       "nonlocal",  "not",
    "null",        "nullptr",    "Number",    "Object",   "operator",   "optional",  "or",
    "ord",         "package",    "pass",      "print",    "private",    "protected", "public",
    "raise",       "range",      "re",        "RegExp",   "register",   "requires",  "return",
    "reversed",    "round",      "set",       "short",    "signed",     "sizeof",    "sorted",
    "static",      "std",        "str",       "String",   "string",     "struct",    "sum",
    "super",       "switch",     "template",  "this",     "throw",      "True",      "true",
    "try",         "tuple",      "type",      "typedef",  "typename",   "typeof",    "undefined",
    "unicodedata", "union",      "unsigned",  "using",    "var",        "vector",    "virtual",
    "void",        "volatile",   "while",     "with",     "xor",        "yield",     "zip",
};

inline bool is_reserved(std::string_view word) noexcept {
  return std::find(std::begin(reserved_words), std::end(reserved_words), word) !=
         std::end(reserved_words);
}

}  // namespace weir::search
