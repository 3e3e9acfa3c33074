// weir-mccfr lbr and eval --aivat as people and scripts meet them.
#include <doctest/doctest.h>

#include <nlohmann/json.hpp>
#include <string>
#include <support/program.hpp>
#include <unit/platform/temporary_directory.hpp>

#include "support/tier.hpp"

TEST_CASE(
    "weir-mccfr: lbr, eval --aivat and litmus, their keys, their refusals, an end by a signal") {
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
  CHECK(run("lbr x --bets fcp").exit == 2);
  CHECK(run("lbr x --rounds 2-4").exit == 2);
  CHECK(run("lbr x --hands 0").exit == 2);
  CHECK(run("lbr nowhere").exit == 1);
  told("train --game kuhn --iters 100 --out kuhn");
  CHECK(run("lbr kuhn/latest").exit == 2);
  if (weir::test::sanitized && !weir::test::full()) {
    MESSAGE("SKIP: all boards are too many for a sanitizer outside the long tier");
    return;
  }
  const auto trained = told(
      "train --game nolimit --stack 40 --buckets 169,8,8,8 --iters 400000 --workers 2 --out run "
      "--response-deals 0");
  CHECK(trained["litmus"]["aces_rows"].get<int>() > 0);
  CHECK(trained["litmus"]["symmetry_violations"] == 0);
  const auto lbr = told("lbr run/latest --hands 16 --bets fc");
  CHECK(lbr["schema"] == "weir.mccfr.lbr/1");
  CHECK(lbr["hands"] == 16);
  CHECK(lbr["ci95"].get<double>() > 0);
  const auto eval = told("eval run/latest --against call --hands 40 --duplicate --aivat");
  CHECK(eval["hands"] == 40);
  CHECK(eval["opponents"][0]["against"] == "call");
  CHECK(eval["opponents"][0]["dealt_ci95"] > eval["ci95"]);
  CHECK(eval["ci95"] == eval["opponents"][0]["ci95"]);
  const weir::test::Answer ended =
      weir::test::run_line(folder.path(),
                           "timeout --foreground -s INT 3 '" + program +
                               "' lbr run/latest --hands 1000000000000 --rounds 3-4 --json --quiet "
                               ">out.json; cat out.json",
                           false);
  const auto document = nlohmann::json::parse(ended.out);
  CHECK(document["exit"] == 130);
  CHECK(document["hands"].get<std::uint64_t>() > 0);
}
