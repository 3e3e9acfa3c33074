// What solved requests teach: which are near, what is tried first, what a judgement stops, what a version is.
#include <doctest/doctest.h>

#include <algorithm>
#include <array>
#include <weir/search/engine.hpp>
#include <weir/search/list_kernel.hpp>
#include <weir/search/list_tasks.hpp>
#include <weir/search/text.hpp>

#include "engine_fixture.hpp"
#include "list_recipe.hpp"
#include "sygus_files.hpp"
#include "sygus_parts.hpp"
#include "text_recipe.hpp"

namespace weir::search::experience_test {
namespace {

Request request_of(const Task& task) {
  Request request;
  request.what = task;
  request.simulations = 4000;
  request.top = 2;
  request.languages = {Language::python};
  return request;
}

Task text_task(const std::vector<std::pair<std::string, std::string>>& rows) {
  Task task;
  for (const auto& [in, out] : rows) task.examples.push_back({{in}, Value(out), 0});
  return task;
}

const Task initials = text_task({{"Ada Lovelace", "A.L."}, {"Alan Turing", "A.T."}});
const Task other_initials = text_task({{"Grace Hopper", "G.H."}, {"Edsger Dijkstra", "E.D."}});
const Task years = text_task({{"2024-05-06", "2024"}, {"1999-12-31", "1999"}});

struct Solved {
  std::uint64_t first = 0, all = 0;  // programs looked at: until one fits, and to the end
  Answer answer;
};

Solved solve(Kernel& kernel) {
  Solved solved;
  bool more = true;
  for (int turns = 0; turns < 4000 && more; ++turns) {
    more = !kernel.turn(1).ended && kernel.found() != Found::smallest;
    if (solved.first == 0 && kernel.found() >= Found::full) solved.first = kernel.nodes();
  }
  solved.all = kernel.nodes();
  const Language languages[] = {Language::python, Language::sygus};
  solved.answer = kernel.best(2, languages);
  return solved;
}

Solved solve(const Task& task, const Hints* hints = nullptr) {
  KernelConfig config;
  config.hints = hints;
  auto kernel = task.domain == Domain::list ? lists::make_kernel(task, config)
                                            : text::make_kernel(task, config);
  REQUIRE(kernel.ok());
  return solve(*kernel.value());
}

Solved solve_file(const std::string& text, const Hints* hints) {
  KernelConfig config;
  config.hints = hints;
  const auto kernel = sygus::make_kernel(sygus::read_problem(text).value(), config);
  return solve(*kernel.value());
}

std::string recipe_of(const Task& task) { return solve(task).answer.programs.at(0).recipe; }

/// The same program on inputs that were not learnt from.
Task on_fresh(const lists::DrawnTask& drawn) {
  Task task = drawn.task;
  task.examples.assign(drawn.fresh.begin(), drawn.fresh.begin() + lists::drawn_examples);
  return task;
}

}  // namespace

TEST_CASE("experience_index: the nearest is nearest, and other kinds of requests are not near") {
  ExperienceRecorder recorder;
  CHECK(recorder.solved(1, request_of(years), "years"));
  CHECK(recorder.solved(2, request_of(initials), "initials"));
  Task numbers;
  numbers.examples = {{{std::int64_t{3}}, Value(std::string("A.L.")), 0}};
  CHECK(recorder.solved(3, request_of(numbers), "numbers"));
  CHECK_FALSE(recorder.solved(4, request_of(initials), ""));
  const auto index = recorder.snapshot();
  const auto near = index->nearest(*profile_of(request_of(other_initials)), 8);
  REQUIRE(near.size() == 2);
  CHECK(near[0]->number == 2);
  CHECK(near[1]->number == 1);
  CHECK(index->nearest(*profile_of(request_of(years)), 1).at(0)->number == 1);
  CHECK(index->hints(request_of(other_initials)).recipes ==
        std::vector<std::string>{"initials", "years"});
}

TEST_CASE(
    "experience_index: a scan finds what comparing all finds, and equals go by weight and age") {
  ExperienceRecorder recorder;
  lists::TaskSource source(2, 5);
  std::vector<Profile> profiles;
  for (std::uint64_t n = 1; n <= 200; ++n) {
    const Task task = source.next()->task;
    profiles.push_back(*profile_of(request_of(task)));
    recorder.solved(n, request_of(task), "recipe " + std::to_string(n));
  }
  const auto index = recorder.snapshot();
  const Profile asked = *profile_of(request_of(source.next()->task));
  std::vector<std::pair<std::uint32_t, std::uint64_t>> all;
  for (std::size_t i = 0; i < profiles.size(); ++i) {
    if (profiles[i].key == asked.key)
      all.emplace_back(distance(profiles[i], asked), 1000 - (i + 1));
  }
  std::sort(all.begin(), all.end());
  const auto near = index->nearest(asked, 8);
  REQUIRE(near.size() == 8);
  for (std::size_t i = 0; i < near.size(); ++i) CHECK(near[i]->number == 1000 - all[i].second);
}

TEST_CASE("experience_index: a list task solved before takes fewer programs the second time") {
  lists::TaskSource source(4, 11);
  for (int tasks = 0; tasks < 5; ++tasks) {
    const lists::DrawnTask drawn = source.next().value();
    ExperienceRecorder recorder;
    REQUIRE(recorder.solved(1, request_of(drawn.task), lists::recipe_of(drawn.program)));
    const auto index = recorder.snapshot();
    const Hints hints = index->hints(request_of(on_fresh(drawn)));
    REQUIRE(hints.recipes.size() == 1);
    const Solved before = solve(on_fresh(drawn)), again = solve(on_fresh(drawn), &hints);
    CHECK(again.first < before.first);
    CHECK(again.all < before.all);
    CHECK(again.first <= 600);
    REQUIRE(again.answer.found == Found::smallest);
    CHECK(again.answer.programs[0].size > 0);
    CHECK(again.answer.examples_passed == again.answer.examples_total);
  }
}

TEST_CASE("experience_index: a text program is read again as it was") {
  const std::string recipe = recipe_of(initials);
  REQUIRE_FALSE(recipe.empty());
  const Hints hints{{recipe}, {}};
  const Solved before = solve(other_initials), again = solve(other_initials, &hints);
  CHECK(again.first == 1);
  CHECK(again.first < before.first);
  CHECK(again.answer.programs.at(0).text == before.answer.programs.at(0).text);
  CHECK(again.answer.programs[0].recipe == recipe);
}

TEST_CASE("experience_index: a past term of the same grammar is tried first") {
  const auto file = [](const std::vector<std::string>& rows) {
    return sygus_test::string_file("(s String)", "s", "\" \"", rows);
  };
  const std::string first =
      file({"\"ab cd\") \"ab\"", "\"x yz w\") \"x\"", "\"long er\") \"long\""});
  const std::string second =
      file({"\"one two\") \"one\"", "\"q r\") \"q\"", "\"tall er s\") \"tall\""});
  const std::string recipe = solve_file(first, nullptr).answer.programs.at(0).recipe;
  REQUIRE_FALSE(recipe.empty());
  ExperienceRecorder recorder;
  Request request;
  request.what = SygusText{first};
  REQUIRE(recorder.solved(1, request, recipe));
  request.what = SygusText{second};
  const Hints hints = recorder.snapshot()->hints(request);
  REQUIRE(hints.recipes == std::vector<std::string>{recipe});
  const Solved before = solve_file(second, nullptr), again = solve_file(second, &hints);
  CHECK(again.first < before.first);
  CHECK(again.answer.programs.at(0).size == before.answer.programs.at(0).size);
}

namespace {

/// The relatives have constants of their own, so that no answer is a term of another's grammar.
std::string relative(const std::string& constants, const std::vector<std::string>& rows) {
  return sygus_test::string_file("(s String)", "s", "\"-\" \"\" " + constants, rows, false);
}

Request sygus_request(const std::string& text) {
  Request request;
  request.what = SygusText{text};
  return request;
}

/// Without its four dashes, then a mark of its own: too deep for a bank that has no parts.
const std::vector<std::pair<std::string, std::string>> dashed = {
    {"ab-cde-f-gh-i", "abcdefghi"}, {"x-yz-uv-w-q", "xyzuvwq"}, {"long-er-w-or-ds", "longerwords"}};

std::string marked(const std::string& mark, const std::string& before = "") {
  std::vector<std::string> rows;
  for (const auto& [in, out] : dashed)
    rows.push_back('"' + in + "\") \"" + before + out + mark + '"');
  return relative('"' + mark + "\" \"" + before + '"', rows);
}
const std::string next_relative = marked("%", "Q");

std::uint64_t teach(ExperienceRecorder& recorder) {
  std::uint64_t number = 0;
  for (const std::string mark : {"!", "?", "#"}) {
    std::string term = "s";
    for (int i = 0; i < 4; ++i) term = "(str.replace " + term + " \"-\" \"\")";
    REQUIRE(recorder.solved(
        ++number, sygus_request(marked(mark)),
        "(define-fun f ((s String)) String (str.++ " + term + " \"" + mark + "\"))"));
  }
  return number;
}

/// Candidates until one is right, and the answer then.
Solved first_of(const std::string& text, const Hints* hints) {
  KernelConfig config;
  config.hints = hints;
  const auto kernel = sygus::make_kernel(sygus::read_problem(text).value(), config);
  for (int turns = 0; turns < 4000 && kernel.value()->found() < Found::full; ++turns)
    (void)kernel.value()->turn(1);
  const Language languages[] = {Language::sygus};
  return {kernel.value()->nodes(), kernel.value()->nodes(), kernel.value()->best(2, languages)};
}

/// The place of the second dash.
std::string second_dash(int row) {
  const std::string word(static_cast<std::size_t>(row) + 1, 'w');
  std::string file =
      "(set-logic SLIA)(synth-fun f ((s String)) Int ((I Int (0 1 2 (+ I I) (- I I) (str.len S) "
      "(str.to.int S) (str.indexof S S I))) (S String (s \"-\" \",\" (str.++ S S) (str.at S I) "
      "(str.substr S I I)))))";
  const std::vector<std::pair<std::string, int>> rows = {
      {"a-b" + word + "-d", 4 + row}, {"xy-zzz-w", 6},         {"q-,-", 3},
      {"abcdefgh-i-j", 10},           {"lm,opq-rstuv-w-", 12}, {"-x--", 2}};
  for (const auto& [in, out] : rows)
    file += "(constraint (= (f \"" + in + "\") " + std::to_string(out) + "))";
  return file + "(check-synth)";
}

}  // namespace

TEST_CASE("experience_index: parts of a family's answers make the next relative cheaper") {
  ExperienceRecorder recorder;
  teach(recorder);
  const Hints hints = recorder.snapshot()->hints(sygus_request(next_relative));
  CHECK(hints.recipes.empty());  // of another grammar
  REQUIRE_FALSE(hints.parts.empty());
  const Solved before = first_of(next_relative, nullptr), again = first_of(next_relative, &hints);
  MESSAGE("candidates to the first answer: " << before.first << ", with parts " << again.first);
  REQUIRE(before.answer.found >= Found::full);
  REQUIRE(again.answer.found >= Found::full);
  CHECK(again.first * 10 < before.first);
  CHECK(again.answer.programs.at(0).size < before.answer.programs.at(0).size);
  CHECK(again.answer.examples_passed == again.answer.examples_total);
  const Solved twice = first_of(next_relative, &hints);
  CHECK(twice.first == again.first);
  CHECK(twice.answer.programs.at(0).text == again.answer.programs.at(0).text);
}

TEST_CASE("experience_index: parts are of several answers, without what belongs to one task") {
  ExperienceRecorder recorder;
  teach(recorder);
  const std::vector<std::string> parts =
      recorder.snapshot()->hints(sygus_request(next_relative)).parts;
  REQUIRE(parts.size() == 4);
  CHECK(parts[0] == "(define-fun p ((a0 String)) Any (str.replace a0 \"-\" \"\"))");
  for (const std::string& part : parts) {
    for (const char mark : {'!', '?', '#'}) CHECK(part.find(mark) == std::string::npos);
  }
  ExperienceRecorder worded;
  for (std::uint64_t n = 1; n <= 2; ++n)
    worded.solved(n, sygus_request(second_dash(static_cast<int>(n))),
                  "(define-fun f ((s String)) Int (str.indexof s \"km2\" 0))");
  CHECK(worded.snapshot()->hints(sygus_request(next_relative)).parts.empty());
  // What people call bad teaches nothing, and one answer alone no part.
  CHECK(recorder.judged(2, false));
  CHECK(recorder.snapshot()->hints(sygus_request(next_relative)).parts.size() == 4);
  CHECK(recorder.judged(3, false));
  CHECK(recorder.snapshot()->hints(sygus_request(next_relative)).parts.empty());
}

TEST_CASE(
    "experience_index: parts that a grammar does not have are left out, and planted ones harm no "
    "answer") {
  const std::string other =
      "(set-logic SLIA)(synth-fun f ((n Int)) Int ((I Int (n 1 (+ I I)))))"
      "(constraint (= (f 3) 7))(constraint (= (f 5) 11))(check-synth)";
  Hints hints;
  hints.parts = {"(define-fun p ((a0 String)) Any (str.substr a0 0 1))",
                 "(define-fun p",
                 "",
                 "(",
                 "(define-fun p () Any a0)",
                 "(define-fun p ((a0 Int)) Any (+ a0 (- 1)))",
                 "(define-fun p ((a0 Int)) Any (+ a0 a0))"};
  const Solved alone = solve_file(other, nullptr), hinted = solve_file(other, &hints);
  CHECK(hinted.answer.programs.at(0).size == alone.answer.programs.at(0).size);
  CHECK(hinted.answer.found == Found::smallest);
  const Hints none;
  CHECK(solve_file(other, &none).all == solve_file(other, nullptr).all);
}

TEST_CASE(
    "experience_index: costs of operators are learnt from many answers, and change the order "
    "alone") {
  ExperienceRecorder recorder;
  const std::string recipe =
      "(define-fun f ((s String)) Int (str.indexof s \"-\" (+ 1 (str.indexof s \"-\" 0))))";
  const auto learnt = [&] { return recorder.snapshot()->hints(sygus_request(second_dash(100))); };
  for (std::uint64_t n = 1; n <= 31; ++n)
    recorder.solved(n, sygus_request(second_dash(static_cast<int>(n))), recipe);
  CHECK(learnt().operators.empty());
  recorder.solved(32, sygus_request(second_dash(32)), recipe);
  Hints costs;
  costs.operators = learnt().operators;
  REQUIRE(costs.operators.size() == sygus::operators);
  const auto share = [&](sygus::Op op) { return costs.operators[static_cast<std::size_t>(op)]; };
  CHECK(share(sygus::Op::index_of) > 0.8F);
  CHECK(share(sygus::Op::substr) < 0.05F);
  const Solved alone = first_of(second_dash(0), nullptr), guided = first_of(second_dash(0), &costs);
  MESSAGE("candidates to the first answer: " << alone.first << ", with costs " << guided.first);
  CHECK(guided.first < alone.first);
  CHECK(guided.answer.found >= Found::full);
  CHECK(guided.answer.programs.at(0).size <= alone.answer.programs.at(0).size);
}

TEST_CASE("experience_index: what people call bad is not tried, and good comes before unjudged") {
  ExperienceRecorder recorder;
  recorder.solved(1, request_of(initials), "one");
  recorder.solved(2, request_of(initials), "two");
  const auto hints = [&] { return recorder.snapshot()->hints(request_of(initials)).recipes; };
  CHECK(hints() == std::vector<std::string>{"two", "one"});
  CHECK(recorder.judged(1, true));
  CHECK(hints() == std::vector<std::string>{"one", "two"});
  CHECK(recorder.judged(2, false));
  CHECK(hints() == std::vector<std::string>{"one"});
  // Elsewhere it was good: on the request that it was bad for it stays away.
  recorder.solved(3, request_of(other_initials), "two");
  CHECK(hints() == std::vector<std::string>{"one"});
  CHECK(recorder.snapshot()->hints(request_of(other_initials)).recipes.at(0) == "two");
  recorder.judged(1, false);
  recorder.judged(1, true);
  CHECK(hints() == std::vector<std::string>{"one"});
  CHECK_FALSE(recorder.judged(99, false));
}

TEST_CASE("experience_index: planted seeds that are wrong or no programs change no answer") {
  lists::TaskSource source(3, 21);
  const Task list = source.next()->task;
  const std::string wrong_list = recipe_of(source.next()->task), wrong_text = recipe_of(years);
  Hints hints{{wrong_list, wrong_text, "", "list", "list 0:0", "list 99:0:0", "list 0:9:9", "text ",
               "text 1,9,", "(define-fun", "(define-fun f () String x)",
               "text 99999999999999999999,", std::string(3000, '(')},
              {}};
  for (std::size_t cut = 0; cut < wrong_text.size(); cut += 3) {
    hints.recipes.push_back(wrong_text.substr(0, cut));
    hints.recipes.push_back(wrong_text.substr(0, cut) + "7" + wrong_text.substr(cut));
  }
  for (const Task& task : {list, initials}) {
    const Solved alone = solve(task), seeded = solve(task, &hints);
    CHECK(seeded.answer.programs.at(0).text == alone.answer.programs.at(0).text);
    CHECK(seeded.answer.examples_passed == alone.answer.examples_passed);
  }
}

TEST_CASE("experience_index: a planted recipe that says it is free outranks nothing") {
  text::Program longer = text::read_recipe(recipe_of(initials), 1)->program;
  text::Branch dead;
  dead.when.kind = text::Condition::Kind::has;
  dead.when.text = U"zz";
  text::Piece constant;
  constant.text = U"x";
  dead.pieces.push_back(constant);
  longer.branches.insert(longer.branches.begin(), dead);
  const std::string free = text::recipe_of(longer, 0);
  CHECK(text::read_recipe(free, 1)->cost > text::read_recipe(recipe_of(initials), 1)->cost);
  const Hints hints{{free}, {}};
  Task unlabelled = initials;
  unlabelled.examples.push_back({{std::string("Frizz Buzz")}, std::nullopt, 0});
  for (const Task& task : {initials, unlabelled}) {
    const Solved alone = solve(task), seeded = solve(task, &hints);
    CHECK(seeded.answer.found == alone.answer.found);
    CHECK(seeded.answer.programs.at(0).text == alone.answer.programs.at(0).text);
    CHECK(seeded.answer.programs[0].size == alone.answer.programs[0].size);
  }
}

TEST_CASE("experience_index: costs that are learnt change the order, never what is right") {
  ExperienceRecorder recorder;
  lists::TaskSource source(4, 31);
  for (std::uint64_t n = 1; n <= 40; ++n) {
    const Task task = source.next()->task;
    recorder.solved(n, request_of(task), recipe_of(task));
  }
  const Task task = source.next()->task;
  const Hints all = recorder.snapshot()->hints(request_of(task));
  REQUIRE(all.usage.size() == lists::functions);
  for (const float share : all.usage) CHECK((share > 0 && share < 1));
  const Hints costs{{}, all.usage};
  const Solved alone = solve(task), guided = solve(task, &costs);
  CHECK(guided.all != alone.all);
  CHECK(guided.answer.found == Found::smallest);
  CHECK(guided.answer.programs.at(0).size > 0);
  CHECK(guided.answer.examples_passed == guided.answer.examples_total);
}

TEST_CASE("experience_index: a version names what was taken, and nothing else") {
  ExperienceRecorder one, other;
  one.solved(1, request_of(initials), "a");
  other.solved(1, request_of(initials), "a");
  CHECK(one.snapshot()->version() == other.snapshot()->version());
  one.judged(1, true);
  CHECK(one.snapshot()->version() != other.snapshot()->version());
  other.judged(1, true);
  CHECK(one.snapshot()->version() == other.snapshot()->version());
  other.solved(2, request_of(years), "b");
  CHECK(one.snapshot()->version() != other.snapshot()->version());
}

TEST_CASE(
    "experience_index: versions of the same hints give one answer, alone, among others, while "
    "others "
    "are set") {
  ExperienceRecorder recorder;
  recorder.solved(1, request_of(initials), recipe_of(initials));
  ExperienceVersions versions;
  REQUIRE(versions.set(recorder.snapshot()));
  Config runtime_config;
  runtime_config.workers = 2;
  runtime_config.pin = Pin::none;
  const auto runtime = std::move(Runtime::start(runtime_config)).value();
  EngineConfig config;
  config.experience = &versions;
  const auto engine = std::move(Engine::start(*runtime, config)).value();
  const ClientId client = engine->add_client().value();
  const auto submit = [&] {
    SearchReply rejection;
    return engine->submit(client, request_of(other_initials), rejection);
  };
  SearchReply alone;
  Handle handle = submit();
  REQUIRE(handle.wait_until(after_ms(60'000), alone) == Status::accepted);
  CHECK(alone.status == ReplyStatus::solved);
  CHECK(alone.experience == recorder.snapshot()->version());
  std::vector<Handle> handles;
  for (std::uint64_t n = 0; n < 60; ++n) {
    handles.push_back(submit());
    // Of another key: hints are the same, the version is not.
    lists::TaskSource source(2, n + 1);
    if (n % 4 != 3) continue;
    recorder.solved(n + 2, request_of(source.next()->task), "list 0:0:0");
    (void)versions.set(recorder.snapshot());
  }
  for (Handle& one : handles) {
    SearchReply reply;
    REQUIRE(one.wait_until(after_ms(60'000), reply) == Status::accepted);
    CHECK(reply.status == alone.status);
    CHECK(reply.nodes == alone.nodes);
    CHECK(reply.simulations == alone.simulations);
    CHECK(reply.answer.programs.at(0).text == alone.answer.programs.at(0).text);
  }
  while (!versions.set(recorder.snapshot())) {
  }
  SearchReply last;
  handle = submit();
  REQUIRE(handle.wait_until(after_ms(60'000), last) == Status::accepted);
  CHECK(last.experience == recorder.snapshot()->version());
}

TEST_CASE(
    "experience_index: a request holds its version while others are set, until none has room" *
    planted::needs_room) {
  constexpr std::uint64_t endless = 1'000'000'000;
  std::array<std::atomic<int>, ExperienceVersions::versions_max> inside{};
  ExperienceRecorder recorder;
  ExperienceVersions versions;
  const auto set_next = [&](std::uint64_t number) {
    recorder.solved(number, request_of(initials), "recipe " + std::to_string(number));
    return versions.set(recorder.snapshot());
  };
  std::vector<std::string> names;
  std::vector<Handle> handles;
  planted::Fixture fixture({.experience = &versions});
  for (std::atomic<int>& one : inside) {
    CHECK(versions.has_room());
    CHECK(set_next(names.size() + 1));
    names.push_back(recorder.snapshot()->version());
    handles.push_back(
        fixture.submit(planted::request({.spin_ns = 20'000, .inside = &one}, endless)));
    while (one == 0) std::this_thread::yield();  // it has begun
  }
  CHECK_FALSE(versions.has_room());
  CHECK_FALSE(set_next(100));
  CHECK(versions.pin().get()->version() == names.back());
  const auto cancelled = [&](std::size_t i) {
    SearchReply reply;
    handles[i].cancel();
    CHECK(handles[i].wait_until(after_ms(60'000), reply) == Status::accepted);
    CHECK(reply.status == ReplyStatus::cancelled);
    return reply.experience;
  };
  CHECK(cancelled(2) == names[2]);
  while (!versions.has_room()) std::this_thread::yield();  // its turn lets go after the reply
  CHECK(set_next(101));
  CHECK(fixture.ask(planted::request({.smallest_after = 1})).experience ==
        recorder.snapshot()->version());
  for (std::size_t i = 0; i < handles.size(); ++i) {
    if (i != 2) CHECK(cancelled(i) == names[i]);
  }
}

}  // namespace weir::search::experience_test
