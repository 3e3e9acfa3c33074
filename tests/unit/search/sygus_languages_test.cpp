// SyGuS programs in Python, JavaScript and C++ yield the same on texts beyond ASCII: each operator as the one of a
// grammar that has no other term.
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <fstream>

#include "sygus_files.hpp"

using namespace sygus_test;

namespace {

struct Only {
  std::string sort, term,
      out;  // the grammar's one term, and what it yields from "a\u00e9\U0001f600b", "b"
};

const std::vector<Only> only_terms = {
    {"String", "(str.at S (str.len T))", "\"\xc3\xa9\""},
    {"String", "(str.substr S (str.indexof S T 0) (str.len S))", "\"b\""},
    {"Int", "(str.indexof S T (str.len T))", "3"},
    {"Int", "(str.len S)", "4"},
    {"Int", "(str.to_code (str.at S (+ (str.len T) (str.len T))))", "128512"},
    {"String", "(str.from_code (str.to_code (str.at S (str.len T))))", "\"\xc3\xa9\""},
    {"String", "(str.++ (str.replace S T \"\xe2\x82\xac\") (str.from_int (str.len S)))",
     "\"a\xc3\xa9\xf0\x9f\x98\x80\xe2\x82\xac"
     "4\""},
    {"String", "(str.replace_all S T \"\xf0\x9f\x98\x80\"\"\")",
     "\"a\xc3\xa9\xf0\x9f\x98\x80\xf0\x9f\x98\x80\"\"\""},
    {"Bool", "(str.< S T)", "true"},
    {"Bool", "(str.<= (str.at S (str.len T)) T)", "false"},
    {"Bool", "(str.prefixof T S)", "false"},
    {"Bool", "(str.suffixof T (str.at S (str.len T)))", "false"},
    {"Bool", "(str.contains S T)", "true"},
    {"Int", "(str.to_int (str.at S (str.len T)))", "(- 1)"},
    {"Bool", "(str.is_digit (str.at S (str.len T)))", "false"},
    {"String", "(str.from_int (+ (str.to_int S) (str.len T)))", "\"0\""},
    {"Int", "(* (str.to_int S) (str.len S))", "(- 4)"},
    {"Int", "(div (abs (str.to_int S)) (- (str.len T) 4))", "0"},
    {"Int", "(mod (- (str.to_int S)) (+ (str.len T) 9))", "1"},
    {"String", "(str.substr S (- (str.indexof S T 0) (str.to_int T)) (str.len S))", "\"\""},
    {"Int", "(size S)", "4"},
    {"String", "(ite (= S T) S (tail S))", "\"\xc3\xa9\xf0\x9f\x98\x80\x62\""},
    {"Int", "(div (- (- (str.to_int S)) (str.len T)) (- (str.len T) 2))", "0"},
    {"Int", "(mod (- (- (str.to_int S)) (str.len T)) (- (str.len T) 2))", "0"},
};

const std::vector<std::pair<std::string, std::string>> texts = {
    {"a\xc3\xa9\xf0\x9f\x98\x80\x62", "b"},
    {"", ""},
    {"\xc3\xa9", "\xc3\xa9"},
    {"x\xf0\x9f\x98\x80y\xf0\x9f\x98\x80z", "\xf0\x9f\x98\x80"},
    {"\xef\xbf\xbd", "\xf0\x9f\x98\x80"},
    {"\xf0\x9f\x98\x80", "\xef\xbf\xbd"},
    {"7\xd9\xa3", "\xd9\xa3"},
    {"plain text", "n t"},
    {"90071992547409931", "9"},  // more than a number of JavaScript holds
    {"1000000", "0"},
};

/// Only in C++: terms, and digits on which some of them are beyond its integers.
const std::vector<std::pair<std::size_t, std::string>> beyond_64_bits = {
    {15, "9223372036854775806"}, {15, "9223372036854775807"}, {16, "512409557603043100"},
    {16, "512409557603043101"},  {17, "9223372036854775807"}, {17, "9223372036854775808"},
    {22, "9223372036854775806"}, {22, "9223372036854775807"}, {23, "9223372036854775807"}};
constexpr const char* of_those =
    "9223372036854775807\nrefused\n9223372036854775800\nrefused\n-"
    "3074457345618258602\nrefused\n9223372036854775807\nrefused\n0\n";

/// Names that helpers have inside, as locals or as members: no printed program may confuse or shadow them.
const std::vector<std::pair<std::string, std::string>> argument_names = {
    {"s", "t"},    {"at", "n"},     {"some", "i"},       {"digits", "u"},   {"c", "k"},
    {"a", "byte"}, {"lead", "put"}, {"out", "index_of"}, {"find", "string"}};

/// Texts and sizes of a nested production are nonterminals of their own, so that the file's grammar has one term.
sygus::Problem problem_with(const Only& only, const std::string& a, const std::string& b) {
  return problem_of(
      "(set-logic SLIA)(define-fun size ((x String)) Int (str.len x))"
      "(define-fun tail ((x String)) String (str.substr x 1 (str.len x)))"
      "(synth-fun f ((" +
      a + " String) (" + b + " String)) " + only.sort + " ((Start " + only.sort + " (" + only.term +
      ")) (S String (" + a + ")) (T String (" + b +
      "))))(constraint (= (f \"a\xc3\xa9\xf0\x9f\x98\x80\x62\" "
      "\"b\") " +
      only.out + "))(check-synth)");
}

std::string written(std::size_t i, Language language) {
  const auto& [first, second] = argument_names[i % argument_names.size()];
  const auto problem = problem_with(only_terms[i], first, second);
  const auto kernel = kernel_of(problem);
  run(*kernel, 2000);
  CAPTURE(only_terms[i].term);
  REQUIRE(kernel->found() >= Found::full);
  std::string text = best_text(*kernel, language);
  const std::string head = language == Language::python ? "def f("
                           : language == Language::js   ? "function f("
                                                        : " f(";
  const std::size_t at = text.find(head);
  REQUIRE(at != std::string::npos);
  text.insert(at + head.size() - 1, std::to_string(i));
  return text + "\n";
}

/// A literal in escapes that all three languages read: of bytes for C++, else of code points by UTF-8's own reading.
std::string literal_of(const std::string& text, Language language) {
  std::string out = "\"";
  for (std::size_t i = 0; i < text.size();) {
    char escape[16];
    const auto lead = static_cast<unsigned char>(text[i]);
    const std::size_t bytes = language == Language::cpp || lead < 0x80 ? 1
                              : lead < 0xe0                            ? 2
                              : lead < 0xf0                            ? 3
                                                                       : 4;
    unsigned point = bytes == 1 ? lead : lead & (0x7fU >> bytes);
    for (std::size_t k = 1; k < bytes; ++k)
      point = point << 6 | (static_cast<unsigned char>(text[i + k]) & 0x3fU);
    std::snprintf(escape, sizeof(escape),
                  language == Language::cpp      ? "\\%03o"
                  : language == Language::python ? "\\U%08x"
                                                 : "\\u{%x}",
                  point);
    out += escape;
    i += bytes;
  }
  return out + "\"";
}

class Scripts {
 public:
  Scripts() {
    std::string name = (std::filesystem::temp_directory_path() / "weir-sygus-XXXXXX").string();
    REQUIRE(mkdtemp(name.data()) != nullptr);
    folder_ = name;
  }
  ~Scripts() { std::filesystem::remove_all(folder_); }

  std::string path(const std::string& name) const { return (folder_ / name).string(); }

  /// What `command` writes with a file of this content; its own messages where it fails.
  std::string output(const std::string& command, const std::string& name,
                     const std::string& content) const {
    std::ofstream(path(name), std::ios::binary) << content;
    FILE* const pipe = popen((command + " 2>&1").c_str(), "r");
    REQUIRE(pipe != nullptr);
    std::string out;
    char buffer[4096];
    for (std::size_t n = 0; (n = fread(buffer, 1, sizeof buffer, pipe)) > 0;) out.append(buffer, n);
    const int status = pclose(pipe);
    REQUIRE_MESSAGE(status == 0, out.substr(0, 2000));
    return out;
  }

 private:
  std::filesystem::path folder_;
};

std::string script_in(Language language) {
  std::string script;
  for (std::size_t i = 0; i < only_terms.size(); ++i) script += written(i, language);
  script += language == Language::python
                ? "import sys\nsys.stdout.reconfigure(encoding='utf-8')\n"
                  "def show(x): print(str(x).lower() if isinstance(x, bool) else x)\n"
            : language == Language::js ? "const show = (x) => console.log(String(x));\n"
                                       : "#include <iostream>\n"
                                         "int main() {\n  std::cout << std::boolalpha;\n";
  for (std::size_t i = 0; i < only_terms.size(); ++i) {
    for (const auto& [s, t] : texts) {
      const std::string call = "f" + std::to_string(i) + "(" + literal_of(s, language) + ", " +
                               literal_of(t, language) + ")";
      script += language == Language::cpp ? "  std::cout << " + call + " << '\\n';\n"
                                          : "show(" + call + ")\n";
    }
  }
  if (language != Language::cpp) return script;
  for (const auto& [i, s] : beyond_64_bits) {
    script += "  try {\n    std::cout << f" + std::to_string(i) + "(\"" + s +
              "\", \"9\") << '\\n';\n  } catch (const std::overflow_error&) {\n"
              "    std::cout << \"refused\\n\";\n  }\n";
  }
  return script + "}\n";
}

bool is_there(const std::string& program) {
  return std::system(("command -v " + program + " > /dev/null 2>&1").c_str()) == 0;
}

}  // namespace

TEST_CASE("sygus_print: all languages count code points") {
  const Scripts scripts;
  const std::string python =
      scripts.output("python3 " + scripts.path("all.py"), "all.py", script_in(Language::python));
  // What the file says of its one example, as the first line of each term's.
  CHECK(python.starts_with("\xc3\xa9\n"));
  if (is_there("node")) {
    CHECK(python ==
          scripts.output("node " + scripts.path("all.js"), "all.js", script_in(Language::js)));
  } else {
    MESSAGE("SKIP: no node on PATH");
  }
  const std::string build = "g++ -std=c++20 -O0 -Wall -Wextra -Wconversion -Wshadow -Werror " +
                            scripts.path("all.cpp") + " -o " + scripts.path("all") + " && ";
  CHECK(python + of_those ==
        scripts.output(build + scripts.path("all"), "all.cpp", script_in(Language::cpp)));
}

TEST_CASE("sygus_print: integers at the ends of 64 bits are the same in all languages") {
  struct Wide {
    std::string sort, grammar, example;
  };
  const std::vector<Wide> wide = {
      {"Int",
       "(Start Int ((ite B K x))) (B Bool ((= x Z))) (Z Int (0)) (K Int (-9223372036854775808))",
       "0) (- 9223372036854775808)"},
      {"Int",
       "(Start Int ((ite B K x))) (B Bool ((= x Z))) (Z Int (0)) (K Int (9223372036854775807))",
       "0) 9223372036854775807"},
      {"Int", "(Start Int ((+ x K))) (K Int (9007199254740993))", "0) 9007199254740993"},
      {"String", "(Start String ((str.from_int (+ I I)))) (I Int (x))",
       "4611686018427387903) \"9223372036854775806\""},
      {"Bool", "(Start Bool ((= x K))) (K Int (9007199254740993))", "9007199254740993) true"},
  };
  const auto script = [&](Language language) {
    std::string text = language == Language::cpp ? "#include <iostream>\n" : "";
    std::string calls;
    for (std::size_t i = 0; i < wide.size(); ++i) {
      const auto problem =
          problem_of("(set-logic SLIA)(synth-fun g" + std::to_string(i) + " ((x Int)) " +
                     wide[i].sort + " (" + wide[i].grammar + "))(constraint (= (g" +
                     std::to_string(i) + " " + wide[i].example + "))(check-synth)");
      const auto kernel = kernel_of(problem);
      run(*kernel, 100);
      REQUIRE(kernel->found() >= Found::full);
      text += best_text(*kernel, language) + "\n";
      for (const std::string x :
           {"-1", "0", "9007199254740992", "9007199254740993", "4611686018427387903"}) {
        const std::string call = "g" + std::to_string(i) + "(" + x;
        calls += language == Language::cpp      ? "  std::cout << " + call + ") << '\\n';\n"
                 : language == Language::python ? "show(" + call + "))\n"
                                                : "show(" + call + "n))\n";
      }
    }
    if (language == Language::cpp)
      return text + "int main() {\n  std::cout << std::boolalpha;\n" + calls + "}\n";
    return text +
           (language == Language::python
                ? "def show(x): print(str(x).lower() if isinstance(x, bool) else x)\n"
                : "const show = (x) => console.log(String(x));\n") +
           calls;
  };
  const Scripts scripts;
  const std::string python =
      scripts.output("python3 " + scripts.path("wide.py"), "wide.py", script(Language::python));
  CHECK(python.find("\n-9223372036854775808\n") != std::string::npos);
  CHECK(python.find("\n9223372036854775807\n") != std::string::npos);
  CHECK(python.find("\n9007199254740993\n") != std::string::npos);
  CHECK(python.find("\n9223372036854775806\n") != std::string::npos);
  if (is_there("node")) {
    CHECK(python ==
          scripts.output("node " + scripts.path("wide.js"), "wide.js", script(Language::js)));
  } else {
    MESSAGE("SKIP: no node on PATH");
  }
  const std::string build = "g++ -std=c++20 -O0 -Wall -Wextra -Wconversion -Wshadow -Werror " +
                            scripts.path("wide.cpp") + " -o " + scripts.path("wide") + " && ";
  CHECK(python == scripts.output(build + scripts.path("wide"), "wide.cpp", script(Language::cpp)));
}

TEST_CASE("sygus_print: C++ that counts no characters works on the bytes as they come") {
  const std::string bytes = written(7, Language::cpp);
  CHECK(bytes.find("u32string") == std::string::npos);
  CHECK(bytes.find("std::string(\"\\360\\237\\230\\200\\\"\")") != std::string::npos);
  CHECK(written(3, Language::cpp).find("encode") == std::string::npos);
}
