// Programs as text, in each language.
#include <doctest/doctest.h>

#include "sygus_files.hpp"

using namespace sygus_test;

namespace {

std::string written(const sygus::Problem& problem, Language language) {
  const auto kernel = kernel_of(problem);
  run(*kernel, 2000);
  REQUIRE(kernel->found() >= Found::full);
  return best_text(*kernel, language);
}

const std::vector<std::string> words = {"\"ab cd\") \"ab\"", "\"x yz w\") \"x\"",
                                        "\"long er\") \"long\""};

}  // namespace

TEST_CASE("sygus_print: SyGuS is one line in the file's own spelling") {
  const auto problem = problem_of(string_file("(s String)", "s", "\" \"", words));
  CHECK(written(problem, Language::sygus) ==
        "(define-fun f ((s String)) String (str.substr s 0 (str.indexof s \" \" 0)))");
}

TEST_CASE("sygus_print: Python and the others hold what they need inside of one function") {
  const auto problem = problem_of(string_file("(s String)", "s", "\" \"", words));
  CHECK(written(problem, Language::python) ==
        "def f(s):\n"
        "    def substr(s, i, n): return s[i:i + n] if 0 <= i < len(s) and n > 0 else \"\"\n"
        "    def index_of(s, t, i): return s.find(t, i) if 0 <= i <= len(s) else -1\n"
        "    return substr(s, 0, index_of(s, \" \", 0))");
  const std::string js = written(problem, Language::js);
  CHECK(js.starts_with("function f(s) {\n"));
  CHECK(js.find("return substr(s, 0, index_of(s, \" \", 0));\n}") != std::string::npos);
  const std::string cpp = written(problem, Language::cpp);
  CHECK(cpp.find("std::string f(const std::string& s) {") != std::string::npos);
  CHECK(cpp.find("#include <string>") != std::string::npos);
}

TEST_CASE("sygus_print: no word of the languages, and no macro of C++, is a name") {
  for (const std::string word : {"typeid", "and_eq", "thread_local", "errno", "wchar_t", "linux"}) {
    const auto problem =
        problem_of("(synth-fun " + word + " ((s String)) String ((A String (s))))(constraint (= (" +
                   word + " \"a\") \"a\"))");
    CHECK(written(problem, Language::cpp).find(" " + word + "_(") != std::string::npos);
  }
}

TEST_CASE("sygus_print: names that a language has taken, and letters beyond ASCII") {
  const auto problem = problem_of(
      "(synth-fun def ((substr String) (|a b| String)) String ((A String (substr |a b| \"\\\"\"\" "
      "(str.++ A A)))))"
      "(constraint (= (def \"x\" \"y\") \"yx\\\"\"\"))(constraint (= (def \"1\" \"2\") "
      "\"21\\\"\"\"))");
  const std::string python = written(problem, Language::python);
  CHECK(python.starts_with("def def_(substr_, a_b):\n"));
  CHECK(python.find("\"\\\\\\\"\"") != std::string::npos);
  CHECK(written(problem, Language::sygus).find("(|a b| String)") != std::string::npos);
  const auto wide = problem_of(
      "(synth-fun f ((s String)) String ((A String (s \"\xc3\xa4\" (str.++ A A)))))"
      "(constraint (= (f \"a\") \"a\xc3\xa4\"))(constraint (= (f \"b\") \"b\xc3\xa4\"))");
  CHECK(written(wide, Language::cpp).find("std::string(\"\\303\\244\")") != std::string::npos);
  CHECK(written(wide, Language::python).find("\"\\U000000e4\"") != std::string::npos);
}
