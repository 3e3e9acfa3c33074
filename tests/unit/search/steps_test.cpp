// A simulation looks at a bounded number of candidates, whatever the task: what takes longer goes on in the next one.
#include <doctest/doctest.h>

#include <steps.hpp>
#include <string>
#include <support/tier.hpp>
#include <text_solver.hpp>
#include <vector>
#include <weir/search/list_kernel.hpp>
#include <weir/search/list_tasks.hpp>
#include <weir/search/text.hpp>

#include "sygus_files.hpp"

namespace weir::search {

namespace {

/// The most programs looked at in one simulation, of so many.
std::uint64_t most_of_a_step(Kernel& kernel, std::uint32_t simulations) {
  std::uint64_t most = 0;
  for (std::uint32_t i = 0; i < simulations; ++i) {
    const std::uint64_t before = kernel.nodes();
    const bool ended = kernel.turn(1).ended;
    most = std::max(most, kernel.nodes() - before);
    if (ended) break;
  }
  return most;
}

using TextRows = std::vector<std::vector<std::string>>;  // inputs, and the output

Task text_task(const TextRows& shown, const TextRows& others) {
  Task task;
  task.name = "f";
  for (const auto* rows : {&shown, &others}) {
    for (const auto& row : *rows) {
      Example example;
      const std::size_t inputs = shown[0].size() - 1;
      for (std::size_t i = 0; i < inputs; ++i) example.in.emplace_back(row[i]);
      if (rows == &shown) example.out = Value(row[inputs]);
      task.examples.push_back(std::move(example));
    }
  }
  return task;
}

/// Dates, times, numbers, names and marks beside each other, twice.
TextRows many_columns(std::size_t rows, const std::string& between) {
  TextRows all;
  for (std::size_t i = 0; i < rows; ++i) {
    const std::string n = std::to_string(i + 1), two = i + 1 < 10 ? "0" + n : n;
    const std::string cell = "Ada " + n + between + "Lovelace, " + two + "/1" + n + "/20" + two +
                             " 1" + n.substr(0, 1) + ":4" + n.substr(0, 1) + " (" + n + "5.25%) " +
                             n + "00-" + n + "50";
    all.push_back({cell, cell + " again", "L-" + two + " 1" + n + ":00 " + n + "5.3"});
  }
  return all;
}

std::uint64_t most_of_text(const TextRows& rows, std::size_t shown) {
  const auto begin = rows.begin();
  const auto at = static_cast<std::ptrdiff_t>(shown);
  auto made = text::make_kernel(text_task({begin, begin + at}, {begin + at, rows.end()}), {});
  REQUIRE(made);
  return most_of_a_step(*made.value(), 3000);
}

Steps count_to(Budget& budget, int end, int& at) {
  for (at = 0; at < end; ++at)
    if (budget.spend(1)) co_await budget.pause();
}

}  // namespace

TEST_CASE("steps: simulations that are cut otherwise do the same work, none more than its share") {
  int at = 0;
  Budget one(10), many(10);
  Steps steps = count_to(one, 100, at);
  for (int i = 1; i <= 9; ++i) {
    CHECK(one.run(steps, 1));
    CHECK(at == 10 * i - 1);  // the one that it pauses behind
  }
  Steps again = count_to(many, 100, at);
  CHECK(many.run(again, 9));
  CHECK(at == 89);
  CHECK_FALSE(many.run(again, 2));
}

TEST_CASE("steps: one at a time, what the last one spent beyond is not the next one's") {
  int at = 0;
  Budget budget(10);
  Steps first = count_to(budget, 5, at);
  CHECK_FALSE(budget.run_one(first));
  CHECK(at == 5);
  Steps second = count_to(budget, 25, at);
  CHECK(budget.run_one(second));
  CHECK(at == 9);
  CHECK(budget.run_one(second));
  CHECK(at == 19);
  CHECK_FALSE(budget.run_one(second));
  CHECK(at == 25);
}

TEST_CASE(
    "steps: a step of people's data has fewer candidates where there are more or longer rows") {
  text::Sheet sheet;
  const auto of = [&](std::size_t rows, std::size_t units) {
    sheet.rows.assign(rows, text::Row(1, text::Str(units, U'x')));
    sheet.outs.assign(rows, text::Str(U"y"));
    return text::candidates_of_step(sheet);
  };
  const std::uint64_t three = of(3, 10);
  CHECK(of(9, 10) <= three / 2);
  CHECK(of(3, 10'000) <= three / 50);
  CHECK(of(3, 10'000'000) == 1);
}

TEST_CASE("steps: a simulation of people's data looks at some hundred candidates at most") {
  // Of a branch with one row, as a row counts; what a candidate is part of may go beyond by its cases and fields.
  constexpr std::uint64_t most = 1536 / 2, beyond = 256;
  CHECK(most_of_text(many_columns(3, " "), 3) <= most + beyond);
  if (!test::sanitized || test::full()) {  // half a minute there
    CHECK(most_of_text(many_columns(70, " "), 3) <= most + beyond);
    CHECK(most_of_text(many_columns(70, " "), 70) <= most + beyond);
  }
  CHECK(most_of_text(many_columns(4, std::string(500, '.')), 3) <= beyond);
}

TEST_CASE("steps: a simulation of strings looks at some thousand terms at most") {
  using sygus_test::string_file;
  const auto problem = sygus_test::problem_of(
      string_file("(name String)", "name", "\" \" \".\" \"-\" \"(\" \")\"",
                  {"\"Ada Lovelace\") \"A.(L)ovelace-12\"", "\"Alan Turing\") \"A.(T)uring-11\"",
                   "\"Grace Hopper\") \"G.(H)opper-12\""}));
  const auto kernel = sygus_test::kernel_of(problem);
  // 8,192 units, five of which are a term on three examples; and what is looked at between two pauses.
  CHECK(most_of_a_step(*kernel, 300) <= 8192 / 2 + 128);
}

TEST_CASE("steps: a simulation of lists looks at a bounded number of programs") {
  lists::TaskSource source(5, 3);
  for (int i = 0; i < 3; ++i) {
    const auto drawn = source.next();
    REQUIRE(drawn);
    auto made = lists::make_kernel(drawn->task, {});
    REQUIRE(made);
    CHECK(most_of_a_step(*made.value(), 200) <= 100'000);
  }
}

}  // namespace weir::search
