// The kernel on small requests: what it answers, when it ends, what it refuses and what it asks.
#include <doctest/doctest.h>

#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <limits>
#include <weir/search/text.hpp>

#include "kernel_factory.hpp"
#include "text_recipe.hpp"

namespace weir::search::text {

namespace {

using Pairs = std::vector<std::pair<std::string, std::string>>;

Task task_of(const Pairs& shown, const std::vector<std::string>& unlabelled = {}) {
  Task task;
  for (const auto& [in, out] : shown) task.examples.push_back({{in}, Value(out), 0});
  for (const std::string& in : unlabelled) task.examples.push_back({{in}, std::nullopt, 0});
  return task;
}

std::unique_ptr<Kernel> ended(const Task& task) {
  auto kernel = make_kernel(task, {});
  REQUIRE(kernel);
  for (int i = 0; i < 20'000 && !kernel.value()->turn(1).ended; ++i) {
  }
  REQUIRE(kernel.value()->turn(1).ended);
  return std::move(kernel).value();
}

std::vector<std::string> answers(const Task& task) {
  const Language python[] = {Language::python};
  std::vector<std::string> all;
  for (const search::Program& p : ended(task)->best(8, python).programs)
    all.push_back(p.text.at(0).second);
  return all;
}

}  // namespace

TEST_CASE("text kernel: a short slice ends early, as smallest") {
  const Task task = task_of({{"abcdef", "ab"}, {"xyz", "xy"}, {"hello", "he"}});
  auto made = make_kernel(task, {});
  REQUIRE(made);
  Kernel& kernel = *made.value();
  CHECK(kernel.found() == Found::nothing);
  const Turn turn = kernel.turn(20);
  CHECK(turn.ended);
  CHECK(turn.simulations < 20);
  CHECK(kernel.found() == Found::smallest);
  CHECK(kernel.nodes() > 0);
  CHECK(kernel.turn(5).simulations == 0);
  const Language python[] = {Language::python};
  const Answer answer = kernel.best(1, python);
  REQUIRE(answer.programs.size() == 1);
  CHECK(answer.examples_passed == 3);
  CHECK(answer.examples_total == 3);
  CHECK(answer.programs[0].text.at(0).second.find("x[:2]") != std::string::npos);
}

TEST_CASE("text kernel: contradictory examples are refused, and both named") {
  Task task = task_of({{"a", "1"}, {"b", "2"}, {"a", "3"}});
  auto refused = make_kernel(task, {});
  REQUIRE(!refused);
  CHECK(refused.error().code == "infeasible");
  CHECK(refused.error().what == "examples 1 and 3 have the same input and different outputs");
  CHECK(refused.error().where == "example 3");
  task.examples[0].line = 4;
  task.examples[2].line = 17;
  refused = make_kernel(task, {});
  CHECK(refused.error().what ==
        "the examples of lines 4 and 17 have the same input and different outputs");
  CHECK(refused.error().where == "17");
  task.examples[2].column = 5;  // of a request, with all examples perhaps in one line
  refused = make_kernel(task, {});
  CHECK(refused.error().what ==
        "examples 1 and 3 (4 and 17:5) have the same input and different outputs");
  CHECK(refused.error().where == "17:5");
  task.examples[2].out = Value(std::string("1"));
  CHECK(make_kernel(task, {}).ok());
}

TEST_CASE("text kernel: what is no task of text is refused") {
  CHECK(!make_kernel(Task{}, {}));
  CHECK(!make_kernel(task_of({}, {"a", "b"}), {}));
  Task lists;
  lists.examples.push_back({{List{1, 2}}, Value(std::int64_t{1}), 0});
  CHECK(make_kernel(lists, {}).error().code == "bad_task");
}

TEST_CASE("text kernel: the question is an unlabelled row that tells answers apart") {
  const Task task = task_of({{"5/5/2011", "May 5"}, {"7/7/2012", "Jul 7"}},
                            {"7/7/2015", "9/10/2014", "1/1/2001"});
  const auto kernel = ended(task);
  const Language python[] = {Language::python};
  const Answer answer = kernel->best(5, python);
  REQUIRE(answer.question);
  CHECK(answer.question->in.at(0) == Value(std::string("9/10/2014")));
  CHECK(answer.question->out.size() >= 2);
  double sum = 0;
  for (std::size_t i = 0; i < answer.programs.size(); ++i) {
    sum += answer.programs[i].confidence;
    if (i > 0) CHECK(answer.programs[i].confidence <= answer.programs[i - 1].confidence);
  }
  CHECK(sum <= 1.000001);
}

TEST_CASE("text kernel: the same turns give the same answer, however they are cut") {
  const Task task = task_of({{"11:12:29", "10:00AM-11:50AM"},
                             {"08:29:52", "8:00AM-9:50AM"},
                             {"12:41:14", "12:00PM-1:50PM"}},
                            {"04:22:15", "04:54:07"});
  const Language python[] = {Language::python};
  auto one = make_kernel(task, {}), many = make_kernel(task, {});
  REQUIRE(one);
  REQUIRE(many);
  std::uint32_t steps = 0;
  while (true) {
    const Turn t = one.value()->turn(1);
    steps += t.simulations;
    if (t.ended) break;
  }
  CHECK(many.value()->turn(steps + 10).simulations == steps);
  const Answer a = one.value()->best(3, python), b = many.value()->best(3, python);
  REQUIRE(a.programs.size() == b.programs.size());
  for (std::size_t i = 0; i < a.programs.size(); ++i)
    CHECK(a.programs[i].text == b.programs[i].text);
}

TEST_CASE("text kernel: rows that need different programs get a condition, others a table") {
  const auto split =
      answers(task_of({{"Mr. John", "Male"}, {"Mrs. Ann", "Female"}, {"Mr. Bob", "Male"}}));
  REQUIRE(!split.empty());
  CHECK(split[0].find("if ") != std::string::npos);
  const auto table = ended(task_of({{"q", "Zx"}, {"w", "Yo"}}));
  CHECK(table->found() >= Found::full);
}

TEST_CASE("text kernel: empty rows give nothing where that is shown") {
  const auto programs =
      answers(task_of({{"san fran", "San Francisco"}, {"SF.", "San Francisco"}, {"", ""}}, {"sf"}));
  REQUIRE(!programs.empty());
  CHECK(programs[0].find("strip(spaces) == \"\"") != std::string::npos);
}

TEST_CASE("text kernel: many examples are searched by few, and all are right") {
  Pairs shown;
  for (int i = 1; i <= 300; ++i) {
    const std::string n = std::to_string(i * 37);
    shown.emplace_back("item " + n + " of " + std::to_string(i), n + "/" + std::to_string(i));
  }
  const auto kernel = ended(task_of(shown));
  const Language python[] = {Language::python};
  const Answer answer = kernel->best(1, python);
  CHECK(answer.found >= Found::full);
  CHECK(answer.examples_passed == 300);
}

TEST_CASE("text kernel: memory stays near its limit") {
  Pairs shown;
  for (int i = 0; i < 3; ++i) {
    std::string long_text;
    for (int k = 0; k < 60; ++k)
      long_text += "w" + std::to_string(k * (i + 3)) + (k % 7 == 0 ? "; " : " ");
    shown.emplace_back(long_text, long_text.substr(3, 120));
  }
  KernelConfig small;
  small.memory_bytes_max = std::size_t{1} << 20;
  auto kernel = make_kernel(task_of(shown), small);
  REQUIRE(kernel);
  while (!kernel.value()->turn(1).ended) {
    CHECK(kernel.value()->memory() < std::size_t{4} << 20);
  }
}

TEST_CASE("text kernel: of very long texts at least the ends are tried within a small budget") {
  const std::string a(1'040'000, 'x');
  const auto tried = [](const Pairs& shown) {
    auto kernel = make_kernel(task_of(shown), {});
    REQUIRE(kernel);
    for (int i = 0; i < 200; ++i) (void)kernel.value()->turn(1);
    CHECK(kernel.value()->nodes() > 0);
    const Language python[] = {Language::python};
    const Answer answer = kernel.value()->best(1, python);
    CHECK(answer.found >= Found::full);
    return answer.programs.empty() ? std::string() : answer.programs[0].text.at(0).second;
  };
  CHECK(!tried({{a, "x"}}).empty());
  CHECK(tried({{"ab" + a, "ab"}, {"cd" + a, "cd"}}).find("x[:2]") != std::string::npos);
  CHECK(tried({{a + "ab", "ab"}, {a + "cd", "cd"}}).find("x[-2:]") != std::string::npos);
  CHECK(!tried({{a + " one", "one"}, {a + " three", "three"}}).empty());
  CHECK(!tried({{a, "long"}, {a + "y", "long"}}).empty());
}

TEST_CASE("text kernel: integers and booleans are values of the written function too") {
  Task task;
  for (const auto& [in, out] :
       std::vector<std::pair<std::int64_t, std::int64_t>>{{12, 10}, {47, 40}, {139, 130}}) {
    task.examples.push_back({{Value(in)}, Value(out), 0});
  }
  const auto programs = answers(task);
  REQUIRE(!programs.empty());
  CHECK(programs[0].find("str(x)") != std::string::npos);
  CHECK(programs[0].find("int(s)") != std::string::npos);
}

TEST_CASE(
    "text kernel: an empty row that gives nothing gives nothing in every program that is offered") {
  const Task task =
      task_of({{"san fraccisno", "San Francisco"}, {"SF.", "San Francisco"}, {"", ""}},
              {"S F", "SAN FRANCIS", "SCN FRANCISAO"});
  const Language python[] = {Language::python};
  const auto programs = ended(task)->best(8, python).programs;
  REQUIRE(programs.size() > 1);
  for (const search::Program& p : programs) {
    const auto recipe = read_recipe(p.recipe, 1);
    REQUIRE(recipe);
    CHECK(run(recipe->program, {Str()}).empty());
  }
}

TEST_CASE("text kernel: integers of outputs have 64 bits in every language") {
  constexpr std::int64_t most = std::numeric_limits<std::int64_t>::max();
  for (const std::int64_t wide : {most, -most - 1, (std::int64_t{1} << 53), std::int64_t{5}}) {
    Task task;
    task.examples = {{{std::int64_t{7}}, Value(std::int64_t{7}), 0}, {{wide}, Value(wide), 0}};
    const Language all[] = {Language::python, Language::cpp, Language::js};
    const Answer answer = ended(task)->best(1, all);
    REQUIRE(answer.programs.size() == 1);
    CHECK(answer.examples_passed == 2);
    CHECK(answer.programs[0].text.size() == 3);
    if (std::system("command -v node > /dev/null 2>&1") != 0) continue;
    const std::string shown =
        answer.programs[0].text[2].second + "console.log(String(f(" + std::to_string(wide) + "n)))";
    FILE* const node = popen(("node -e '" + shown + "'").c_str(), "r");
    REQUIRE(node != nullptr);
    char line[64] = {};
    CHECK(std::fgets(line, sizeof line, node) != nullptr);
    CHECK(pclose(node) == 0);
    CHECK(line == std::to_string(wide) + "\n");
  }
}

TEST_CASE("text kernel: of wide integers each answer's own output is asked about") {
  Task task;
  task.examples.push_back(
      {{std::string("id 9007199254740993")}, Value(std::int64_t{9007199254740993}), 0});
  task.examples.push_back({{std::string("12 4611686018427387905")}, std::nullopt, 0});
  const Answer answer = ended(task)->best(4, {});
  REQUIRE(answer.question);
  const auto& outs = answer.question->out;
  CHECK(std::count(outs.begin(), outs.end(), Value(std::int64_t{4611686018427387905})) == 1);
}

}  // namespace weir::search::text
