// People's data: of the tasks in text_by_example, three rows shown, how many first answers are right on every row.
#include <doctest/doctest.h>

#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <nlohmann/json.hpp>
#include <weir/search/text.hpp>

namespace weir::search::text {

namespace {

constexpr std::size_t labelled_rows = 3, unlabelled_rows = 60;

// Judges f0, f1, ... on every row of every task; last line: how many are right, and how many on the shown rows.
constexpr const char* judge = R"py(
import json, sys
right = shown = total = 0
for i, line in enumerate(open(sys.argv[1], encoding="utf-8")):
    task, f = json.loads(line), globals().get("f%d" % i)
    total += 1
    same = [f is not None and f(*e["in"]) == e["out"] for e in task["examples"]]
    shown += all(same[:3])
    right += all(same)
    if not all(same):
        print(task["id"], same.count(False), "of", len(same), "rows wrong")
print(right, shown, total)
)py";

Task task_of(const nlohmann::json& line, std::size_t number) {
  Task task;
  task.name = "f" + std::to_string(number);
  for (const auto& e : line["examples"]) {
    if (task.examples.size() == labelled_rows + unlabelled_rows) break;
    Example example;
    for (const auto& in : e["in"]) example.in.emplace_back(in.get<std::string>());
    if (task.examples.size() < labelled_rows) example.out = Value(e["out"].get<std::string>());
    task.examples.push_back(std::move(example));
  }
  return task;
}

}  // namespace

TEST_CASE("text data: most first answers are right on every row, and all on the shown ones") {
  const char* data = std::getenv("WEIR_TEST_DATA");
  const auto path =
      std::filesystem::path(data != nullptr ? data : "") / "text_by_example/tasks.jsonl";
  std::ifstream file(path);
  if (data == nullptr || !file) {
    MESSAGE("SKIP: no tasks at " << path.string() << "; set WEIR_TEST_DATA");
    return;
  }
  std::string script, line;
  std::size_t n = 0;
  for (; std::getline(file, line); ++n) {
    auto kernel = make_kernel(task_of(nlohmann::json::parse(line), n), {});
    REQUIRE(kernel);
    while (!kernel.value()->turn(64).ended) {
    }
    const Language python[] = {Language::python};
    const Answer answer = kernel.value()->best(1, python);
    CHECK(answer.found >= Found::full);
    if (answer.question) CHECK(answer.question->out.size() > 1);  // they differ there
    if (!answer.programs.empty()) script += answer.programs[0].text.at(0).second;
  }
  std::string name = (std::filesystem::temp_directory_path() / "weir-data-XXXXXX").string();
  REQUIRE(mkdtemp(name.data()) != nullptr);
  std::ofstream(name + "/all.py", std::ios::binary) << script << judge;
  FILE* pipe = popen(("python3 " + name + "/all.py " + path.string() + " 2>&1").c_str(), "r");
  REQUIRE(pipe != nullptr);
  std::string out;
  char buffer[4096];
  for (std::size_t got = 0; (got = fread(buffer, 1, sizeof buffer, pipe)) > 0;)
    out.append(buffer, got);
  pclose(pipe);
  std::filesystem::remove_all(name);
  MESSAGE(out);
  int right = 0, shown = 0, total = 0;
  const std::size_t last = out.rfind('\n', out.size() - 2);
  REQUIRE(std::sscanf(out.c_str() + (last == std::string::npos ? 0 : last + 1), "%d %d %d", &right,
                      &shown, &total) == 3);
  CHECK(total == static_cast<int>(n));
  CHECK(shown == total);
  CHECK(right * 100 >= total * 80);
}

}  // namespace weir::search::text
