#include <doctest/doctest.h>

#include <algorithm>
#include <cmath>
#include <limits>
#include <weir/search/list_features.hpp>
#include <weir/search/list_kernel.hpp>
#include <weir/search/list_tasks.hpp>

namespace weir::search::lists {
namespace {

constexpr Language all_languages[] = {Language::sygus, Language::cpp, Language::python,
                                      Language::js};

Task task_of(std::vector<Example> examples) {
  Task task;
  task.domain = Domain::list;
  task.examples = std::move(examples);
  return task;
}

Example row(std::vector<Value> in, std::optional<Value> out, std::uint32_t line = 0) {
  return {std::move(in), std::move(out), line};
}

Error refused(const Task& task) {
  const auto kernel = make_kernel(task, {});
  REQUIRE(!kernel.ok());
  return kernel.error();
}

void run_to_end(Kernel& kernel, std::uint32_t simulations_max = 2000) {
  std::uint32_t spent = 0;
  while (spent < simulations_max) {
    const Turn turn = kernel.turn(10);
    spent += turn.simulations;
    if (turn.ended) return;
  }
}

}  // namespace

TEST_CASE("list kernel: rows that it cannot read are refused with their place") {
  const Value xs = List{1, 2}, n = std::int64_t{3};
  CHECK(refused(task_of({})).code == "bad_task");
  CHECK(refused(task_of({row({xs}, std::nullopt)})).code == "bad_task");
  CHECK(refused(task_of({row({}, n, 4)})).where == "4");
  CHECK(refused(task_of({row({xs}, n, 4), row({Value{List{256}}}, n, 5)})).where == "5");
  CHECK(refused(task_of({row({xs}, n), row({n}, n)})).where == "example 2");
  CHECK(refused(task_of({row({xs}, n), row({xs, n}, n)})).where == "example 2");
  CHECK(refused(task_of({row({xs}, n), row({Value{List{2}}}, xs)})).code == "bad_task");
  CHECK(refused(task_of({row({xs}, Value{true})})).code == "bad_task");
  CHECK(refused(task_of({row({Value{std::string("x")}}, n)})).code == "bad_task");
  CHECK(refused(task_of({row({Value{List(129, 1)}}, n)})).code == "bad_task");
  CHECK(refused(task_of({row({Value{std::numeric_limits<std::int64_t>::min()}}, n)})).code ==
        "bad_task");
  CHECK(refused(task_of({row(std::vector<Value>(9, xs), n)})).code == "bad_task");
  Task text = task_of({row({xs}, n)});
  text.domain = Domain::text;
  CHECK(refused(text).code == "bad_task");
}

TEST_CASE("list kernel: two rows that contradict each other are named") {
  const Error error = refused(
      task_of({row({List{1}}, Value{std::int64_t{1}}, 3), row({List{2}}, Value{std::int64_t{1}}, 4),
               row({List{1}}, Value{std::int64_t{2}}, 9)}));
  CHECK(error.code == "infeasible");
  CHECK(error.what.find("lines 3 and 9") != std::string::npos);
}

TEST_CASE("list kernel: finds the smallest and ends, with text in each language") {
  const Task task = task_of({row({List{3, 1, 2}}, Value{List{6, 4, 2}}, 1),
                             row({List{5, -4}}, Value{List{10, -8}}, 2),
                             row({List{1, 9, 7, 7}}, Value{List{18, 14, 14, 2}}, 3)});
  auto kernel = make_kernel(task, {}).value();
  CHECK(kernel->found() == Found::nothing);
  run_to_end(*kernel);
  CHECK(kernel->found() == Found::smallest);
  CHECK(kernel->turn(1).ended);
  CHECK(kernel->turn(1).simulations == 0);
  CHECK(kernel->nodes() > 0);
  CHECK(kernel->memory() > 0);
  const Answer answer = kernel->best(3, all_languages);
  CHECK(answer.examples_passed == 3);
  CHECK(answer.examples_total == 3);
  REQUIRE(!answer.programs.empty());
  REQUIRE(answer.programs.front().text.size() == 3);
  CHECK(answer.programs.front().text[1].first == Language::python);
  double confidence = 0;
  for (const Program& program : answer.programs) confidence += program.confidence;
  CHECK(confidence > 0);
  CHECK(confidence <= 1);
}

TEST_CASE("list kernel: an output that is an input needs no call") {
  auto kernel = make_kernel(task_of({row({List{1}, List{2}}, Value{List{2}}),
                                     row({List{4}, List{3}}, Value{List{3}})}),
                            {})
                    .value();
  run_to_end(*kernel);
  CHECK(kernel->found() == Found::smallest);
  const Language python[] = {Language::python};
  CHECK(kernel->best(1, python).programs.front().text.front().second ==
        "def f(xs, ys):\n    return ys\n");
}

TEST_CASE("list kernel: asks of a row without an output where two programs differ") {
  const std::vector<Value> open = {List{4, 9, 1}};
  auto kernel =
      make_kernel(task_of({row({List{1, 2, 3}}, Value{std::int64_t{3}}), row(open, std::nullopt)}),
                  {})
          .value();
  run_to_end(*kernel);
  const Answer answer = kernel->best(4, {});
  REQUIRE(answer.programs.size() > 1);
  REQUIRE(answer.question);
  CHECK(answer.question->in == open);
  REQUIRE(answer.question->out.size() == 2);
  CHECK(answer.question->out[0] != answer.question->out[1]);
}

TEST_CASE("list kernel: a question is made where no row is open") {
  auto kernel = make_kernel(task_of({row({List{1, 2, 3}}, Value{std::int64_t{3}})}), {}).value();
  run_to_end(*kernel);
  const Answer answer = kernel->best(2, {});
  REQUIRE(answer.question);
  CHECK(answer.question->out[0] != answer.question->out[1]);
}

TEST_CASE(
    "list kernel: every program that it answers is right on all rows, as seen through its size and "
    "order") {
  TaskSource source(3, 9);
  for (int i = 0; i < 10; ++i) {
    const DrawnTask drawn = *source.next();
    auto kernel = make_kernel(drawn.task, {}).value();
    run_to_end(*kernel);
    CHECK(kernel->found() == Found::smallest);
    const Answer answer = kernel->best(5, all_languages);
    CHECK(answer.examples_passed == 5);
    for (std::size_t a = 0; a < answer.programs.size(); ++a) {
      for (std::size_t b = 0; b < a; ++b) CHECK(answer.programs[a].text != answer.programs[b].text);
    }
  }
}

TEST_CASE("list kernel: a prior that is right is faster than none, and the answer is as short") {
  TaskSource source(5, 2);
  std::uint64_t guided_nodes = 0, plain_nodes = 0;
  for (int i = 0; i < 6; ++i) {
    const DrawnTask drawn = *source.next();
    auto plain = make_kernel(drawn.task, {}).value(), guided = make_kernel(drawn.task, {}).value();
    std::vector<float> prior(functions);
    const auto labels = list_labels(drawn.program);
    for (std::size_t f = 0; f < functions; ++f) prior[f] = labels[f] > 0 ? 0.8F : 0.05F;
    guided->turn(1);
    guided->apply(prior);
    while (plain->found() < Found::full) plain->turn(1);
    while (guided->found() < Found::full) guided->turn(1);
    plain_nodes += plain->nodes();
    guided_nodes += guided->nodes();
    run_to_end(*guided, 100000);
    CHECK(guided->found() == Found::smallest);
  }
  CHECK(guided_nodes * 2 < plain_nodes);
}

TEST_CASE("list kernel: a prior of another length or without numbers does no harm") {
  const DrawnTask drawn = *draw_task(3, 6);
  auto kernel = make_kernel(drawn.task, {}).value();
  kernel->apply(std::vector<float>(3, 0.5F));
  kernel->apply(std::vector<float>(functions, std::numeric_limits<float>::quiet_NaN()));
  run_to_end(*kernel);
  CHECK(kernel->found() == Found::smallest);
}

TEST_CASE(
    "list kernel: what it finds depends on simulations and the prior's moment, not on turns") {
  const DrawnTask drawn = *draw_task(5, 12);
  std::vector<float> prior(functions, 0.3F);
  prior[7] = 0.9F;
  auto one = make_kernel(drawn.task, {}).value(), other = make_kernel(drawn.task, {}).value();
  one->turn(2);
  other->turn(1);
  other->turn(1);
  one->apply(prior);
  other->apply(prior);
  one->turn(20);
  for (int i = 0; i < 20; ++i) other->turn(1);
  CHECK(one->nodes() == other->nodes());
  CHECK(one->found() == other->found());
}

TEST_CASE(
    "list kernel: features are of one length, do not mind the examples' order and are numbers") {
  TaskSource source(4, 1);
  for (int i = 0; i < 30; ++i) {
    DrawnTask drawn = *source.next();
    const std::vector<float> features = list_features(drawn.task);
    REQUIRE(features.size() == list_features_length);
    for (const float number : features) REQUIRE(std::abs(number) <= 1);
    std::reverse(drawn.task.examples.begin(), drawn.task.examples.end());
    const std::vector<float> reversed = list_features(drawn.task);
    for (std::size_t f = 0; f < features.size(); ++f)
      REQUIRE(std::abs(features[f] - reversed[f]) < 1e-5F);
    auto kernel = make_kernel(drawn.task, {}).value();
    CHECK(kernel->features().size() == list_features_length);
  }
}

TEST_CASE("list kernel: labels say which functions occur") {
  const ListProgram program{{Kind::list}, {{13, 0, 0}, {4, 1, 1}}, 2};  // MAP(*2), SUM
  const auto labels = list_labels(program);
  CHECK(std::count(labels.begin(), labels.end(), 1.0F) == 3);
  CHECK(labels[static_cast<std::size_t>(Function::map)] == 1);
  CHECK(labels[static_cast<std::size_t>(Function::sum)] == 1);
  CHECK(labels[called_functions + static_cast<std::size_t>(Lambda::times_2)] == 1);
}

TEST_CASE("list tasks: drawn as they say, the same for the same seed") {
  for (std::size_t n = 1; n <= 4; ++n) {
    TaskSource source(n, 40), again(n, 40);
    for (int i = 0; i < 20; ++i) {
      const DrawnTask drawn = *source.next(), same = *again.next();
      CHECK(drawn.program == same.program);
      CHECK(drawn.task.examples.front().in == same.task.examples.front().in);
      REQUIRE(well_formed(drawn.program));
      REQUIRE(drawn.program.lines.size() == n);
      CHECK(used_slots(drawn.program) + 1U == 1U << (drawn.program.inputs.size() + n));
      REQUIRE(drawn.task.examples.size() == drawn_examples);
      REQUIRE(drawn.fresh.size() == fresh_examples);
      for (const Example& example : drawn.task.examples) {
        CHECK(evaluate(drawn.program, example.in) == example.out);
        for (const Value& value : example.in) {
          if (const auto* list = std::get_if<List>(&value)) {
            CHECK(list->size() >= 3);
            CHECK(list->size() <= 10);
          }
        }
      }
      CHECK(right_on_fresh(drawn, drawn.program) == 1);
    }
  }
}

}  // namespace weir::search::lists
