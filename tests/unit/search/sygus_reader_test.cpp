// SyGuS files: both dialects, what is merged, and what is refused with its place.
#include <doctest/doctest.h>

#include <random>

#include "sygus_files.hpp"

using namespace sygus_test;
using weir::search::sygus::Op;
using weir::search::sygus::read_problem;
using weir::search::sygus::Sort;

namespace {

const std::string head =
    "(synth-fun f ((s String) (n Int)) String ((A String (s \"x\" (str.++ A A) (str.at s N))) (N "
    "Int (n 0 -1))))";

weir::Error refusal(const std::string& file) {
  const auto problem = read_problem(file);
  REQUIRE_FALSE(problem.ok());
  return problem.error();
}

}  // namespace

TEST_CASE("sygus_reader: a file of version 1 has its function, grammar and examples") {
  const auto problem =
      problem_of(head + "\n(constraint (= (f \"a\"\"b\" 1) \"c;(\"))\n(check-synth)");
  CHECK(problem.name == "f");
  CHECK(problem.version == 1);
  REQUIRE(problem.arguments.size() == 2);
  CHECK(problem.arguments[1].sort == Sort::integer);
  REQUIRE(problem.nonterminals.size() == 3);  // s as an argument of str.at is one of its own
  CHECK(problem.nonterminals[0].productions.size() == 4);
  CHECK(problem.nonterminals[2].name.empty());
  REQUIRE(problem.examples.size() == 1);
  CHECK(problem.examples[0].in == std::vector<Value>{std::string("a\"b"), std::int64_t{1}});
  CHECK(problem.examples[0].out == Value(std::string("c;(")));
  CHECK(problem.examples[0].line == 2);
}

TEST_CASE("sygus_reader: version 2 declares its nonterminals, and has new names") {
  const auto problem = problem_of(
      "(set-logic SLIA)(set-feature :grammars true)(declare-var v Int)\n"
      "(define-fun twice ((x Int)) Int (* 2 x))\n"
      "(synth-fun g ((n Int)) Int ((I Int) (S String)) ((I Int (n (Constant Int) (twice I) "
      "(str.to_int S) (- 3)))\n"
      " (S String ((str.from_int I) (Variable String) (str.replace_all S S S)))))\n"
      "(constraint (= (- 4) (g (twice 1))))\n(constraint (and (= (g 0) 0) (= (g 3) "
      "1)))(check-synth)");
  CHECK(problem.version == 2);
  CHECK(problem.functions.size() == 1);
  REQUIRE(problem.examples.size() == 3);
  CHECK(problem.examples[0].in[0] == Value(std::int64_t{2}));
  CHECK(problem.examples[0].out == Value(std::int64_t{-4}));
  const auto& productions = problem.nonterminals[0].productions;
  REQUIRE(productions.size() == 5);
  CHECK(productions[1].op == Op::any_constant);
  CHECK(productions[2].op == Op::call);
  CHECK(productions[4].symbol == "(- 3)");
  CHECK(problem.nonterminals[1].productions.size() == 2);  // there is no variable of sort String
}

TEST_CASE(
    "sygus_reader: repeated examples are one, contradicting ones are infeasible by their lines") {
  const std::string one = "\n(constraint (= (f \"a\" 1) \"b\"))";
  const auto problem = problem_of(head + one + one);
  CHECK(problem.examples.size() == 1);
  CHECK(problem.constraints == 2);
  const auto error = refusal(head + one + "\n(constraint (= (f \"a\" 1) \"c\"))");
  CHECK(error.code == "infeasible");
  CHECK(error.what.find("lines 2 and 3") != std::string::npos);
}

TEST_CASE("sygus_reader: a Boolean function's examples may stand by themselves") {
  const auto problem = problem_of(
      "(synth-fun p ((s String)) Bool ((B Bool ((str.prefixof s s))))) (constraint (p \"a\")) "
      "(constraint (not (p \"b\")))");
  REQUIRE(problem.examples.size() == 2);
  CHECK(problem.examples[0].out == Value(true));
  CHECK(problem.examples[1].out == Value(false));
}

TEST_CASE("sygus_reader: what is not understood is refused by name and place") {
  const struct {
    std::string file, what, where;
  } cases[] = {
      {"(synth-fun f () String ((A String ((str.rev A)))))", "str.rev", "1:36"},
      {"(synth-fun f () String ((A String (B))))", "unknown name B", "1:36"},
      {"(synth-fun f () Int ((A Int (99999999999999999999))))",
       "number 99999999999999999999 is too", "1:30"},
      {head + "\n(constraint (= (f \"\" (- 9223372036854775809)) \"\"))", "is too large", "2:25"},
      {head + "\n(constraint (= (f \"\" -9223372036854775809) \"\"))", "is too large", "2:22"},
      {"(synth-fun f () Int ((A String (\"\"))))", "another sort", "1:22"},
      {"(synth-fun f () String ((A String (1))))", "sort Int", "1:36"},
      {"(synth-fun f () String ((A String ((str.at A A)))))", "str.at does not take", "1:36"},
      {"(synth-fun f () String)", "without a grammar", "1:1"},
      {"(oracle-fun x)", "oracle-fun is not supported", "1:1"},
      {"(check-synth)", "no synth-fun", "1:1"},
      {head + "\n(constraint (>= (f \"\" 1) 1))", "no example", "2:13"},
      {head + "\n(constraint (= (f \"\") \"\"))", "takes 2 arguments", "2:16"},
      {head + "\n(constraint (= (f \"\" \"\") \"\"))", "sort String where Int", "2:22"},
      {head + "\n(constraint (= (f \"\" 1)", "not closed", "2:13"},
      {"(a \"b", "ends inside", "1:6"},
      {"(a \xff)", "not UTF-8", "1:4"},
      {std::string(100'000, '('), "too deeply", "1:601"},
  };
  for (const auto& one : cases) {
    const auto error = refusal(one.file);
    CAPTURE(one.file.substr(0, 200));
    CAPTURE(error.text());
    CHECK(error.code == "bad_sygus");
    CHECK(error.what.find(one.what) != std::string::npos);
    CHECK(error.where == one.where);
  }
}

TEST_CASE(
    "sygus_reader: what a let binds stands where its names do, in definitions and constraints") {
  const auto problem = problem_of(
      "\xef\xbb\xbf(define-fun four ((x String)) String (let ((y (str.++ x x))) (let ((x y) (z x)) "
      "(str.++ x y))))\r\n" +
      head +
      "(constraint (let ((y \"ab\") (n 1)) (and (= (f y n) (four y)) (= (f \"c\" n) "
      "y))))(check-synth)");
  REQUIRE(problem.examples.size() == 2);
  CHECK(problem.examples[0].in == std::vector<Value>{std::string("ab"), std::int64_t{1}});
  CHECK(problem.examples[0].out == Value(std::string("abababab")));
  CHECK(problem.examples[1].out == Value(std::string("ab")));
  std::string doubled = "x0";
  for (int i = 1; i <= 40; ++i) {
    const std::string x = "x" + std::to_string(i - 1), y = "x" + std::to_string(i);
    doubled = "(let ((" + x + " (str.++ " + y + " " + y + "))) " + doubled + ")";
  }
  const auto large = refusal("(define-fun g ((x40 String)) String " + doubled + ")" + head);
  CHECK(large.what == "a term that is too large without its lets");
  std::string deep = "x0";
  for (int i = 1; i <= 30; ++i) {
    std::string value = "x" + std::to_string(i);
    for (int k = 0; k < 30; ++k) value = "(str.++ " + value + " \"\")";
    deep = "(let ((x" + std::to_string(i - 1) + " " + value + ")) " + deep + ")";
  }
  const auto nested = refusal("(define-fun g ((x30 String)) String " + deep + ")" + head);
  CHECK(nested.what == "nested too deeply without its lets");
  CHECK(refusal(head + "\n(constraint (let (y 1) (= (f y 1) y)))").where == "2:19");
  CHECK(refusal("(synth-fun f ((x Int)) Int ((I Int (x (let ((y Int x)) y)))))").what ==
        "let in a grammar is not supported");
}

TEST_CASE("sygus_reader: sorts that are not there are refused by name") {
  const std::string told = "the sort (_ BitVec 8) is not supported";
  const auto first = refusal("(set-logic BV)\n(synth-fun f ((x (_ BitVec 8))) (_ BitVec 8))");
  CHECK(first.what.starts_with(told));
  CHECK(first.where == "2:18");
  CHECK(refusal("(synth-fun f ((x Int)) Int ((I (_ BitVec 8) (x))))").what.starts_with(told));
  CHECK(refusal("(declare-var x Real)").what.starts_with("the sort Real is not supported"));
}

TEST_CASE("sygus_reader: what is refused is told in whole characters, however long it is") {
  for (std::size_t before = 0; before < 3; ++before) {
    std::string sort = "(Seq " + std::string(before, 'x');
    for (int i = 0; i < 40; ++i) sort += "\u20ac";
    const std::string told = refusal("(synth-fun f ((s " + sort + "))) String)").what;
    CAPTURE(told);
    const std::size_t cut = told.find("..");
    REQUIRE(cut != std::string::npos);
    CHECK(told.substr(cut - 3, 3) == "\u20ac");
  }
}

TEST_CASE("sygus_reader: functions that call each other too often are refused, not waited for") {
  std::string file = "(define-fun g0 ((x Int)) Int (+ x x))";
  for (int i = 1; i < 60; ++i) {
    const std::string before = "(g" + std::to_string(i - 1) + " x)";
    file += "(define-fun g" + std::to_string(i) + " ((x Int)) Int (+ " + before + " (- 0 " +
            before + ")))";
  }
  const auto error = refusal(file + head + "(constraint (= (f \"\" (g59 1)) \"\"))");
  CHECK(error.what.find("beyond") != std::string::npos);
}

TEST_CASE("sygus_reader: no damaged file does more than be refused") {
  const std::string file =
      string_file("(s String)", "s", "\" \" \"\"", {"\"a b\") \"a\"", "\"c d\") \"c\""});
  std::mt19937 random(7);
  for (int i = 0; i < 3000; ++i) {
    std::string damaged = file;
    for (int k = 0; k < 3; ++k) {
      const std::size_t at = random() % damaged.size();
      if (random() % 3 == 0)
        damaged.erase(at, 1 + random() % 9);
      else if (random() % 2 == 0)
        damaged.insert(at, file.substr(random() % file.size(), random() % 20));
      else
        damaged[at] = static_cast<char>(random() % 256);
    }
    const auto problem = read_problem(damaged);
    if (!problem.ok()) CHECK_FALSE(problem.error().where.empty());
  }
}
