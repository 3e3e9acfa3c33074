#include <doctest/doctest.h>
#include <unistd.h>

#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <string>
#include <weir/search/list_language.hpp>
#include <weir/search/list_tasks.hpp>

namespace weir::search::lists {
namespace {

Value run(Function function, Lambda lambda, const Value& a, const Value& b) {
  for (const Call& call : call_table) {
    if (call.function == function && call.lambda == lambda)
      return evaluate(call, a, b).value_or(Value{"null"});
  }
  return Value{"no such call"};
}
Value run(Function function, const Value& a) { return run(function, Lambda::none, a, a); }
Value run(Function function, Lambda lambda, const Value& a) { return run(function, lambda, a, a); }

const Value null{std::string("null")};
Value number(std::int64_t x) { return x; }
Value list(List x) { return x; }

}  // namespace

TEST_CASE("list language: calls without a lambda") {
  const Value xs = list({3, -1, 2}), empty = list({});
  CHECK(run(Function::head, xs) == number(3));
  CHECK(run(Function::last, xs) == number(2));
  CHECK(run(Function::minimum, xs) == number(-1));
  CHECK(run(Function::maximum, xs) == number(3));
  CHECK(run(Function::sum, xs) == number(4));
  CHECK(run(Function::sum, empty) == number(0));
  CHECK(run(Function::reverse, xs) == list({2, -1, 3}));
  CHECK(run(Function::sort, xs) == list({-1, 2, 3}));
  for (const Function function :
       {Function::head, Function::last, Function::minimum, Function::maximum})
    CHECK(run(function, empty) == null);
  CHECK(run(Function::sum, list({200, 100})) == null);
}

TEST_CASE("list language: TAKE and DROP clamp, ACCESS does not") {
  const Value xs = list({3, -1, 2});
  CHECK(run(Function::take, Lambda::none, number(2), xs) == list({3, -1}));
  CHECK(run(Function::take, Lambda::none, number(-2), xs) == list({}));
  CHECK(run(Function::take, Lambda::none, number(9), xs) == xs);
  CHECK(run(Function::drop, Lambda::none, number(2), xs) == list({2}));
  CHECK(run(Function::drop, Lambda::none, number(-2), xs) == xs);
  CHECK(run(Function::drop, Lambda::none, number(9), xs) == list({}));
  CHECK(run(Function::access, Lambda::none, number(1), xs) == number(-1));
  CHECK(run(Function::access, Lambda::none, number(3), xs) == null);
  CHECK(run(Function::access, Lambda::none, number(-1), xs) == null);
}

TEST_CASE("list language: lambdas, division floors, numbers outside -255..255 are null") {
  const Value xs = list({7, -7, 0});
  CHECK(run(Function::map, Lambda::over_2, xs) == list({3, -4, 0}));
  CHECK(run(Function::map, Lambda::over_3, xs) == list({2, -3, 0}));
  CHECK(run(Function::map, Lambda::over_4, xs) == list({1, -2, 0}));
  CHECK(run(Function::map, Lambda::negated, xs) == list({-7, 7, 0}));
  CHECK(run(Function::map, Lambda::squared, xs) == list({49, 49, 0}));
  CHECK(run(Function::map, Lambda::squared, list({16})) == null);
  CHECK(run(Function::map, Lambda::plus_1, list({255})) == null);
  CHECK(run(Function::filter, Lambda::odd, list({-3, -2, 5})) == list({-3, 5}));
  CHECK(run(Function::filter, Lambda::even, list({-3, -2, 5})) == list({-2}));
  CHECK(run(Function::count, Lambda::negative, xs) == number(1));
  CHECK(run(Function::scanl1, Lambda::subtract, list({1, 2, 3})) == list({1, -1, -4}));
  CHECK(run(Function::scanl1, Lambda::multiply, list({100, 3, 0})) == null);
  CHECK(run(Function::zipwith, Lambda::min, list({1, 5, 9}), list({4, 2})) == list({1, 2}));
}

TEST_CASE(
    "list language: a program's value is its last line's, and null is all that is made of null") {
  const ListProgram program{
      {Kind::list}, {{4, 0, 0}, {31, 1, 0}}, 2};  // t1 = SUM xs; t2 = DROP t1 xs
  REQUIRE(well_formed(program));
  CHECK(*evaluate(program, std::vector<Value>{List{1, -3, 5, -1}}) == Value{List{5, -1}});
  CHECK(!evaluate(program, std::vector<Value>{List{200, 200}}));
  CHECK(!evaluate(program, std::vector<Value>{Value{std::int64_t{3}}}));
  CHECK(!evaluate(program, std::vector<Value>{List{256}}));
  CHECK(program_text(program) == "t1 = SUM xs\nt2 = DROP t1 xs\n");
}

TEST_CASE("list language: lines that the result is not made of are left out") {
  const ListProgram program{{Kind::list, Kind::list}, {{9, 0, 0}, {10, 1, 1}, {33, 3, 1}}, 4};
  CHECK(used_slots(program) == 0b11010U);
  const ListProgram less = without_unused(program);
  CHECK(less.lines == std::vector<Line>{{10, 1, 1}, {33, 2, 1}});
  CHECK(less.result == 3);
  CHECK(well_formed(less));
}

TEST_CASE("list language: what is not well formed is told from what is") {
  CHECK(!well_formed({{Kind::list}, {{38, 0, 0}}, 1}));
  CHECK(!well_formed({{Kind::list}, {{9, 1, 1}}, 1}));
  CHECK(!well_formed({{Kind::integer}, {{9, 0, 0}}, 1}));
  CHECK(!well_formed({{Kind::list}, {{30, 0, 0}}, 1}));
  CHECK(!well_formed({{Kind::list}, {{9, 0, 0}}, 0}));
  CHECK(well_formed({{Kind::integer, Kind::list}, {{30, 0, 1}}, 2}));
  CHECK(well_formed({{Kind::integer}, {}, 0}));
}

TEST_CASE("list language: text is a function of the task's name, f where that is none") {
  const ListProgram program{{Kind::integer, Kind::list}, {{13, 1, 1}, {30, 0, 2}}, 3};
  CHECK(program_text(program, Language::python, "first_doubled")
            .find("def first_doubled(n, xs):\n") == 0);
  const std::string python = program_text(program, Language::python, "no name");
  CHECK(python.find("def f(n, xs):\n    t1 = [v * 2 for v in xs]\n    t2 = t1[:max(n, 0)]\n") == 0);
  CHECK(program_text(program, Language::js, "g").find("function g(n, xs) {\n") == 0);
  CHECK(program_text(program, Language::cpp, "g").find("g(int n, const std::vector<int>& xs) {") !=
        std::string::npos);
  CHECK(program_text(program, Language::sygus, "g").empty());
}

TEST_CASE("list language: Python agrees with the evaluator") {
  if (std::system("python3 -c pass > /dev/null 2>&1") != 0) {
    MESSAGE("SKIP: python3 is not there");
    return;
  }
  std::string text = "def check(a, b):\n    assert a == b and type(a) == type(b), (a, b)\n";
  const auto python = [](const std::optional<Value>& value) {
    if (!value) return std::string("None");
    if (const auto* x = std::get_if<std::int64_t>(&*value)) return std::to_string(*x);
    std::string out = "[";
    for (const std::int64_t x : std::get<List>(*value)) out += std::to_string(x) + ", ";
    return out + "]";
  };
  for (std::size_t n = 1; n <= 4; ++n) {
    TaskSource source(n, 5);
    for (int i = 0; i < 10; ++i) {
      const DrawnTask task = *source.next();
      text += program_text(task.program, Language::python, "f");
      std::vector<std::vector<Value>> rows;
      for (const Example& row : task.fresh) rows.push_back(row.in);
      for (std::vector<Value>& in : rows) {
        const auto ask = [&] {
          std::string arguments;
          for (const Value& value : in) arguments += python(value) + ", ";
          text += "check(f(" + arguments + "), " + python(evaluate(task.program, in)) + ")\n";
        };
        ask();
        for (Value& value : in) {
          if (auto* numbers = std::get_if<List>(&value)) numbers->resize(1);
        }
        ask();
        for (Value& value : in) {
          if (std::holds_alternative<List>(value)) value = List{};
        }
        ask();
      }
    }
  }
  const std::filesystem::path folder = std::filesystem::temp_directory_path();
  const std::string path =
      (folder / ("weir_list_language_" + std::to_string(getpid()) + ".py")).string();
  std::ofstream(path) << text;
  CHECK(std::system(("python3 " + path).c_str()) == 0);
  std::remove(path.c_str());
}

}  // namespace weir::search::lists
