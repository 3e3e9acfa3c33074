// The checker: SMT-LIB's meaning of each operator, membership in a grammar, the first constraint that fails.
#include <doctest/doctest.h>

#include "sygus_files.hpp"
#include "sygus_meaning.hpp"

using namespace sygus_test;
using weir::search::sygus::check;
using weir::search::sygus::Meaning;
using weir::search::sygus::meaning_of;
using weir::search::sygus::Sort;

namespace {

/// The value of a closed term, as a literal.
std::string value_of_term(const std::string& term, Sort sort) {
  const std::string name(weir::search::sygus::to_string(sort));
  const auto problem =
      weir::search::sygus::read_problem("(synth-fun f ((v " + name + ")) " + name + " ((A " + name +
                                        " (v)))) (constraint (= (f " + term + ") " + term + "))");
  if (!problem.ok()) return problem.error().what;
  return weir::search::sygus::literal(*problem.value().examples[0].out);
}

std::string text_value(const std::string& term) { return value_of_term(term, Sort::text); }
std::string number(const std::string& term) { return value_of_term(term, Sort::integer); }
std::string truth(const std::string& term) { return value_of_term(term, Sort::boolean); }

}  // namespace

TEST_CASE("sygus_check: operators mean what SMT-LIB says, at their edges too") {
  CHECK(text_value("(str.replace \"abab\" \"b\" \"c\")") == "\"acab\"");
  CHECK(text_value("(str.replace \"ab\" \"\" \"x\")") == "\"xab\"");
  CHECK(text_value("(str.replace_all \"abab\" \"b\" \"\")") == "\"aa\"");
  CHECK(text_value("(str.at \"abc\" 3)") == "\"\"");
  CHECK(text_value("(str.at \"abc\" (- 1))") == "\"\"");
  CHECK(text_value("(str.substr \"abc\" 1 99)") == "\"bc\"");
  CHECK(text_value("(str.substr \"abc\" 1 0)") == "\"\"");
  CHECK(text_value("(str.substr \"abc\" (- 1) 2)") == "\"\"");
  CHECK(text_value("(str.from_int (- 3))") == "\"\"");
  CHECK(text_value("(int.to.str 30)") == "\"30\"");
  CHECK(text_value("(str.substr \"\xc3\xa4\xf0\x9f\x98\x80z\" 1 1)") == "\"\xf0\x9f\x98\x80\"");
  CHECK(number("(str.to_int \"007\")") == "7");
  CHECK(number("(str.to_int \"\")") == "-1");
  CHECK(number("(str.to.int \"-7\")") == "-1");
  CHECK(number("(str.indexof \"abc\" \"\" 3)") == "3");
  CHECK(number("(str.indexof \"abc\" \"\" 4)") == "-1");
  CHECK(number("(str.indexof \"abcb\" \"b\" 2)") == "3");
  CHECK(number("(str.len \"\xc3\xa4/n\")") == "3");
  CHECK(number("(div (- 7) 2)") == "-4");
  CHECK(number("(mod (- 7) (- 2))") == "1");
  CHECK(number("(- 1 2 3)") == "-4");
  CHECK(truth("(str.prefixof \"a\" \"ab\")") == "true");
  CHECK(truth("(str.suffixof \"ab\" \"b\")") == "false");
  CHECK(truth("(str.contains \"ab\" \"b\")") == "true");
  CHECK(truth("(and (=> false false) (xor true false) (distinct 1 2))") == "true");
  CHECK(number("(+ 9223372036854775807 1)").find("beyond") != std::string::npos);
}

TEST_CASE("sygus_check: a right answer is right, with its size") {
  const auto problem =
      problem_of(string_file("(s String)", "s", "\" \"", {"\"a b\") \"a\"", "\"cc d\") \"cc\""}));
  const auto result =
      check(problem,
            "((define-fun f ((x String)) String (str.substr x 0 (str.indexof x \" \" 0))))")
          .value();
  CHECK(result.right);
  CHECK(result.size == 7);
  CHECK(result.passed == 2);
}

TEST_CASE("sygus_check: a negative number counts as it is derived, as where it is searched for") {
  const std::string answer = "(define-fun f ((s String)) Int (- 3))";
  const auto size = [&](const std::string& productions) {
    const auto problem = problem_of("(synth-fun f ((s String)) Int ((I Int (" + productions +
                                    "))))(constraint (= (f \"a\") (- 3)))");
    const auto kernel = kernel_of(problem);
    run(*kernel, 2000);
    REQUIRE(kernel->found() >= Found::full);
    const auto result = check(problem, answer).value();
    CHECK(result.right);
    CHECK(result.size == kernel->best(1, {}).programs.at(0).size);
    return result.size;
  };
  CHECK(size("3 (- I)") == 2);
  CHECK(size("(- 3)") == 1);
  CHECK(size("3 (- I) (- 3)") == 1);
}

TEST_CASE("sygus_check: the first constraint that fails is named with inputs, expected and got") {
  const auto problem =
      problem_of(string_file("(s String)", "s", "\" \"", {"\"a\") \"a\"", "\"b c\") \"b\""}));
  const auto result = check(problem, "(define-fun f ((s String)) String s)").value();
  CHECK_FALSE(result.right);
  CHECK(result.passed == 1);
  CHECK(result.line == 13);
  CHECK(result.why == "line 13: (f \"b c\") should be \"b\", is \"b c\"");
}

TEST_CASE("sygus_check: what is not of the grammar is not right, whatever it yields") {
  const auto problem = problem_of(string_file("(s String)", "s", "\" \"", {"\"a\") \"a\""}));
  for (const std::string term :
       {"\"a\"", "(str.++ s \"\")", "(str.replace_all s s s)", "(str.substr s 0 5)"}) {
    CAPTURE(term);
    const auto result = check(problem, "(define-fun f ((s String)) String " + term + ")").value();
    CHECK_FALSE(result.right);
    CHECK(result.why.find("grammar") != std::string::npos);
  }
  const auto sorts = check(problem, "(define-fun f ((s String)) String (str.++ s 1))").value();
  CHECK(sorts.why.find("does not take") != std::string::npos);
  CHECK(sorts.place == "1:35");
}

TEST_CASE("sygus_check: the part that the grammar lacks is named, and where the answer has it") {
  const auto problem = problem_of(string_file("(s String)", "s", "\" \"", {"\"a\") \"a\""}));
  const auto gap = [&](const std::string& term) {
    const auto result = check(problem, "(define-fun f ((s String)) String\n " + term + ")").value();
    CHECK_FALSE(result.right);
    return result.place + " " + result.why.substr(result.why.rfind(": ") + 2);
  };
  CHECK(gap("(str.++ s (str.++ \" \" \"b\"))") == "2:24 ntString gives no \"b\"");
  CHECK(gap("(str.substr s 0 (+ 1 7))") == "2:23 ntInt gives no 7");
  CHECK(gap("(ite (= s s) s s)") == "2:7 ntBool gives no (= s s)");
  CHECK(gap("(str.replace_all s s s)") == "2:2 Start gives no (str.replace_all s s s)");
}

TEST_CASE("sygus_check: chains that go in circles derive what each of them derives") {
  const auto problem = problem_of(
      "(synth-fun f ((s String)) String ((A String (B \"a\")) (B String (A (str.++ B \"b\" A)))))"
      "(constraint (= (f \"\") \"aba\"))");
  CHECK(check(problem, "(define-fun f ((s String)) String (str.++ \"a\" \"b\" \"a\"))")
            .value()
            .right);
}

TEST_CASE("sygus_check: an answer of another shape is refused") {
  const auto problem = problem_of(string_file("(s String)", "s", "\" \"", {"\"a\") \"a\""}));
  for (const std::string answer :
       {"", "s", "(define-fun g ((s String)) String s)", "(define-fun f () String \" \")",
        "(define-fun f ((s Int)) String \" \")", "(define-fun f ((s String)) Int 0)", "((("}) {
    CAPTURE(answer);
    const auto result = check(problem, answer);
    REQUIRE_FALSE(result.ok());
    CHECK(result.error().code == "bad_answer");
  }
}
