// --search of eval, play and acpc as people and scripts meet it.
#include <doctest/doctest.h>

#include <nlohmann/json.hpp>
#include <string>
#include <support/program.hpp>
#include <unit/platform/temporary_directory.hpp>

#include "support/tier.hpp"

TEST_CASE(
    "weir-mccfr: a checkpoint that searches plays by iterations, by a deadline, or says why not") {
  const std::string program = weir::test::program_path("weir-mccfr");
  if (program.empty()) return;
  if (weir::test::sanitized && !weir::test::full()) {
    MESSAGE("SKIP: all boards are too many for a sanitizer outside the long tier");
    return;
  }
  const weir::test::TemporaryDirectory folder;
  const auto run = [&](const std::string& arguments) {
    return weir::test::run_line(folder.path(), "'" + program + "' " + arguments, false);
  };
  const auto told = [&](const std::string& arguments) {
    const weir::test::Answer answer = run(arguments + " --json --quiet");
    CAPTURE(arguments);
    CAPTURE(answer.out);
    CHECK(answer.exit == 0);
    return nlohmann::json::parse(answer.out);
  };
  for (const char* const command : {"eval", "play", "acpc --port 1"}) {
    CAPTURE(command);
    CHECK(run(std::string(command) + " x --search soon").exit == 2);
    CHECK(run(std::string(command) + " x --search unsafe,maxmargin").exit == 2);
    CHECK(run(std::string(command) + " x --search-iterations 0").exit == 2);
  }
  told("train --game leduc --iters 100 --out leduc");
  CHECK(run("play leduc/latest --search --hands 1").exit == 2);
  told(
      "train --game nolimit --stack 40 --buckets 169,8,8,8 --iters 100000 --workers 2 --out run "
      "--response-deals 0");
  const auto eval = told(
      "eval run/latest --against run/latest --hands 40 --duplicate --aivat --search maxmargin "
      "--search-iterations 4");
  CHECK(eval["hands"] == 40);
  CHECK(eval["ci95"].get<double>() > 0);
  CHECK(eval["search"]["method"] == "maxmargin");
  CHECK(eval["search"]["deadline_ms"].is_null());
  CHECK(eval["search"]["searches"].get<int>() > 0);
  CHECK(eval["search"]["fallbacks"] == 0);
  CHECK(eval["search"]["iterations_mean"] == 4.0);
  const auto late = told("eval run/latest --against call --hands 40 --search 0");
  CHECK(late["search"]["searches"] == 0);
  CHECK(late["search"]["fallbacks"].get<int>() > 0);
  CHECK(late["search"]["deadline_ms"] == 0);
  const weir::test::Answer played = weir::test::run_line(
      folder.path(),
      "yes c | head -40 | '" + program +
          "' play run/latest --hands 5 --search-iterations 4 --json --quiet 2>/dev/null",
      false);
  CHECK(played.exit == 0);
  const auto document = nlohmann::json::parse(played.out);
  CHECK(document["hands"] == 5);
  CHECK(document["search"]["searches"].get<int>() + document["search"]["fallbacks"].get<int>() > 0);
}
