// Integers of SyGuS have 64 bits: those that are kept, those that a search goes through, those that it refuses.
#include "sygus_integers.hpp"

#include <algorithm>
#include <array>
#include <limits>

#include "sygus_files.hpp"

using namespace sygus_test;

namespace {

constexpr std::int64_t least = std::numeric_limits<std::int64_t>::min();
constexpr std::int64_t most = std::numeric_limits<std::int64_t>::max();

/// Of one Int argument or two.
sygus::Problem integer_problem(const std::string& arguments, const std::string& sort,
                               const std::string& grammar,
                               const std::vector<std::string>& examples) {
  std::string file =
      "(set-logic SLIA)(synth-fun f (" + arguments + ") " + sort + " (" + grammar + "))";
  for (const std::string& example : examples) file += "(constraint (= (f " + example + "))\n";
  return problem_of(file + "(check-synth)");
}

std::string solved(const sygus::Problem& problem) {
  const auto kernel = kernel_of(problem);
  run(*kernel, 200);
  return kernel->found() == Found::smallest ? best_text(*kernel) : "";
}

}  // namespace

TEST_CASE("sygus_integers: each integer of 64 bits has one value, and is read back from it") {
  sygus::Integers integers;
  constexpr std::int64_t edge = sygus::Integers::narrow_min;
  constexpr std::array numbers{least,
                               least + 1,
                               edge - 1,
                               edge,
                               edge + 1,
                               std::int64_t{-1},
                               std::int64_t{0},
                               std::int64_t{0x7fffffff},
                               std::int64_t{0x80000000},
                               most - 1,
                               most};
  std::vector<std::uint32_t> values;
  for (const std::int64_t number : numbers) values.push_back(integers.id(number));
  for (std::size_t i = 0; i < numbers.size(); ++i) {
    CAPTURE(numbers[i]);
    CHECK(integers.number(values[i]) == numbers[i]);
    CHECK(integers.id(numbers[i]) == values[i]);
    CHECK(integers.find(numbers[i]) == values[i]);
    CHECK(values[i] != sygus::Integers::absent);
    CHECK(std::count(values.begin(), values.end(), values[i]) == 1);
  }
}

TEST_CASE("sygus_integers: while frozen, what is wide and not kept yet has no value") {
  sygus::Integers integers;
  const std::uint32_t kept = integers.id(most);
  integers.freeze(true);
  CHECK(integers.id(most) == kept);
  CHECK(integers.id(most - 1) == sygus::Integers::absent);
  CHECK(integers.id(7) == 7);
  integers.freeze(false);
  CHECK(integers.id(most - 1) != sygus::Integers::absent);
}

TEST_CASE("sygus_integers: sums, differences and products up to the last integer are found") {
  const auto grammar = [](const std::string& term) { return "(Start Int (x y " + term + "))"; };
  const std::string two = "(x Int) (y Int)";
  CHECK(solved(integer_problem(two, "Int", grammar("(+ Start Start)"),
                               {"9223372036854775806 1) 9223372036854775807",
                                "(- 9223372036854775807) (- 1)) (- 9223372036854775808)",
                                "2147483647 1) 2147483648"})) ==
        "(define-fun f ((x Int) (y Int)) Int (+ x y))");
  CHECK(solved(integer_problem(
            two, "Int", grammar("(- Start Start)"),
            {"(- 1) 9223372036854775807) (- 9223372036854775808)", "3000000000 1) 2999999999"})) ==
        "(define-fun f ((x Int) (y Int)) Int (- x y))");
  CHECK(
      solved(integer_problem(two, "Int", grammar("(* Start Start)"),
                             {"3037000499 3037000499) 9223372030926249001", "2 (- 5)) (- 10)"})) ==
      "(define-fun f ((x Int) (y Int)) Int (* x y))");
}

TEST_CASE("sygus_integers: a candidate that overflows is refused, not wrapped") {
  const auto found = [](const std::string& term, const std::string& x, const std::string& out) {
    const auto problem =
        integer_problem("(x Int)", "Int", "(Start Int (x " + term + "))", {x + ") " + out, "0) 0"});
    const auto kernel = kernel_of(problem);
    run(*kernel, 20);
    return kernel->found();
  };
  CHECK(found("(+ Start Start)", "4611686018427387903", "9223372036854775806") >= Found::full);
  CHECK(found("(+ Start Start)", "9223372036854775807", "(- 2)") < Found::full);
  CHECK(found("(* Start Start)", "4294967296", "0") < Found::full);
  CHECK(found("(- Start)", "(- 9223372036854775807)", "9223372036854775807") >= Found::full);
  CHECK(found("(- (- Start) Start)", "4611686018427387904", "(- 9223372036854775808)") >=
        Found::full);
  CHECK(found("(- (- Start) Start)", "4611686018427387905", "9223372036854775806") < Found::full);
}

TEST_CASE("sygus_integers: digits of up to 63 bits are numbers, and numbers digits") {
  const std::string grammar =
      "(Start String (s (str.from_int I))) (I Int ((str.to_int Start) 1 (+ I I)))";
  CHECK(solved(integer_problem("(s String)", "String", grammar,
                               {"\"9223372036854775806\") \"9223372036854775807\"",
                                "\"4294967295\") \"4294967296\""})) ==
        "(define-fun f ((s String)) String (str.from_int (+ 1 (str.to_int s))))");
  const auto beyond =
      integer_problem("(s String)", "String", grammar,
                      {"\"9223372036854775808\") \"9223372036854775809\"", "\"7\") \"8\""});
  const auto kernel = kernel_of(beyond);
  run(*kernel, 20);
  CHECK(kernel->found() < Found::full);
}

TEST_CASE("sygus_integers: a wide length takes all of a text, a wide place none of it") {
  const auto text = [](const std::string& term, const std::string& out) {
    return solved(integer_problem("(s String)", "String",
                                  "(Start String ((str.substr S I L))) (S String (s))" + term,
                                  {"\"abcdef\") " + out}));
  };
  CHECK(text("(I Int (2)) (L Int (9223372036854775807))", "\"cdef\"") ==
        "(define-fun f ((s String)) String (str.substr s 2 9223372036854775807))");
  CHECK(text("(I Int (9223372036854775807)) (L Int (2))", "\"\"") ==
        "(define-fun f ((s String)) String (str.substr s 9223372036854775807 2))");
}

TEST_CASE("sygus_integers: any constant of a grammar that has all is taken from the outputs") {
  const auto problem = integer_problem("(x Int)", "Int", "(Start Int ((Constant Int) (- Start x)))",
                                       {"0) 5000000000", "1) 4999999999"});
  const auto kernel = kernel_of(problem);
  run(*kernel, 50);
  CHECK(kernel->found() >= Found::full);
}
