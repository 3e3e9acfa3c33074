// suite_test.cpp: the robustness suite with planted contenders: that hang, die, are wrong, break a
// promise, or interrupt the run.
#include "suite.hpp"

#include <doctest/doctest.h>
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <cstdlib>
#include <filesystem>
#include <initializer_list>
#include <unit/platform/temporary_directory.hpp>

using namespace weir::bench;
using weir::test::content_of;
namespace fs = std::filesystem;

namespace {

void answers(const Setting& setting, Report& report) {
  report.set("forked", 4);
  report.set("cpus", setting.cpus);
  report.note("a note");
}
void breaks_its_promise(const Setting&, Report& report) { report.set("forked", 3); }
void is_slow(const Setting&, Report& report) { report.set("items_per_s", 1); }
void is_wrong(const Setting&, Report& report) {
  report.set("forked", 4);
  report.wrong("3 in, 2 out");
  report.set("items_per_s", 1e9);
}
void is_skipped(const Setting&, Report& report) { report.skip("not on this machine"); }
void hangs(const Setting&, Report& report) {
  report.set("forked", 4);
  for (;;) pause();
}
void aborts(const Setting&, Report&) {
  signal(SIGABRT, SIG_DFL);  // doctest would report it
  std::abort();
}
void leaves(const Setting&, Report&) { _exit(7); }
void interrupts(const Setting&, Report&) {
  kill(getppid(), SIGINT);
  for (;;) pause();
}

/// A row of its own: no suite around it.
Report measured(Measure measure, Around around = Around::nothing) {
  const weir::StopSignals signals;
  return run_case({"fork", "weir", measure, around, 0.2}, {.seconds = 0.05}, signals).report;
}

bool holds(const std::string& text, const std::string& part) {
  return text.find(part) != std::string::npos;
}

/// The exit status of --robustness with these cases and no others.
int run(const std::vector<Case>& planted, std::initializer_list<const char*> options) {
  cases() = planted;
  std::vector<std::string> words{"weir-bench-runtime", "--robustness", "--seconds", "0.05"};
  words.insert(words.end(), options.begin(), options.end());
  std::vector<char*> arguments;
  for (std::string& word : words) arguments.push_back(word.data());
  return run_robustness(static_cast<int>(arguments.size()), arguments.data());
}
Case planted(const char* scenario, const char* contender, Measure measure) {
  return {scenario, contender, measure, Around::nothing, 0.2};
}

}  // namespace

TEST_CASE("suite: a child's values and note arrive") {
  const Report report = measured(answers);
  CHECK(report.status == "ok");
  CHECK(report.notes == "a note");
  REQUIRE(report.find("forked") != nullptr);
  CHECK(*report.find("forked") == 4);
}

TEST_CASE("suite: a contender that hangs is killed and its row says so") {
  const Report report = measured(hangs);
  CHECK(report.status.rfind("hung: killed", 0) == 0);
  CHECK(report.values.empty());
}

TEST_CASE("suite: a contender that dies says how") {
  CHECK(measured(aborts).status == "died: Aborted");
  CHECK(measured(leaves).status == "died: exit 7");
}

TEST_CASE("suite: a wrong result is a status and no number") {
  const Report report = measured(is_wrong);
  CHECK(report.status == "wrong: 3 in, 2 out");
  CHECK(report.values.empty());
}

TEST_CASE("suite: one_cpu leaves a child one CPU, neighbours end with it") {
  const Report report = measured(answers, Around::one_cpu);
  REQUIRE(report.find("cpus") != nullptr);
  CHECK(*report.find("cpus") == 1);
  CHECK(measured(answers, Around::neighbours).status == "ok");
  CHECK(waitpid(-1, nullptr, WNOHANG) == -1);
  CHECK(errno == ECHILD);
}

TEST_CASE("suite: the exit status is 1 when weir is wrong, hangs, dies or breaks a promise") {
  for (const Measure bad : {is_wrong, hangs, aborts, leaves, breaks_its_promise})
    CHECK(run({planted("fork", "weir", bad)}, {}) == 1);
  CHECK(run({planted("burst", "weir_polling", aborts)}, {}) == 1);
}

TEST_CASE("suite: peers, skipped rows and a missed speed do not fail a run") {
  CHECK(run({planted("fork", "weir", answers), planted("fork", "tbb", aborts),
             planted("fork", "bare", is_wrong), planted("thread_refused", "weir", is_skipped),
             planted("busy_neighbour", "weir", is_slow)},
            {}) == 0);
}

TEST_CASE("suite: the file has a row a contender, and the broken promise") {
  const weir::test::TemporaryDirectory folder;
  const std::string path = folder / "result.json";
  const int status = run({planted("fork", "weir", breaks_its_promise),
                          planted("fork", "say \"x\"", hangs), planted("burst", "weir", aborts)},
                         {"--only", "fork", "--json", path.c_str()});
  CHECK(status == 1);
  const std::string text = content_of(path);
  CHECK(holds(text, R"("scenario": "fork", "contender": "weir", "status": "ok")"));
  CHECK(holds(text, R"("name": "fork.forked/impl:weir", "value": 3)"));
  CHECK(holds(text, R"("contender": "say \"x\"", "status": "hung: killed)"));
  CHECK(holds(text, R"("goal": "4 calls get `forked`", "value": 3, "met": false)"));
  CHECK_FALSE(holds(text, "burst"));
  CHECK(std::distance(fs::directory_iterator(folder.path()), fs::directory_iterator()) == 1);
}

TEST_CASE("suite: what cannot be written is refused before anything is measured") {
  const weir::test::TemporaryDirectory folder;
  const std::string link = folder / "link";
  fs::create_symlink("nowhere", link);
  // The planted contender would interrupt the run: 130.
  const std::vector<Case> never{planted("fork", "weir", interrupts)};
  CHECK(run(never, {"--json", (folder / "none/result.json").c_str()}) == 2);
  CHECK(run(never, {"--json", folder.path().c_str()}) == 2);
  CHECK(run(never, {"--json", link.c_str()}) == 2);
  CHECK(run(never, {"--only", "nonsense"}) == 2);
  CHECK(run(never, {"--seconds", "0"}) == 2);
  CHECK(run(never, {"--json"}) == 2);
  CHECK(run(never, {}) == 130);
}

TEST_CASE("suite: a signal ends it, and an earlier file stays whole") {
  const weir::test::TemporaryDirectory folder;
  const std::string path = folder / "result.json";
  std::ofstream(path) << "earlier";
  CHECK(run({planted("fork", "weir", answers), planted("fork", "bare", interrupts)},
            {"--json", path.c_str()}) == 130);
  CHECK(content_of(path) == "earlier");
  CHECK(std::distance(fs::directory_iterator(folder.path()), fs::directory_iterator()) == 1);
}
