// The program weir-mccfr with averages made of snapshots: what it says, what it refuses, what comes of it.
#include <doctest/doctest.h>

#include <nlohmann/json.hpp>
#include <string>
#include <support/program.hpp>
#include <unit/platform/temporary_directory.hpp>

namespace {

weir::test::Answer run_average(const weir::test::TemporaryDirectory& folder,
                               const std::string& arguments, bool with_stderr = false) {
  return weir::test::run_line(
      folder.path(), "'" + weir::test::program_path("weir-mccfr") + "' " + arguments, with_stderr);
}

}  // namespace

TEST_CASE("weir-mccfr: averages that no snapshot can give are refused, by name") {
  if (weir::test::program_path("weir-mccfr").empty()) return;
  const weir::test::TemporaryDirectory folder;
  const auto says = [&](int exit, const std::string& arguments, const std::string& words) {
    CAPTURE(arguments);
    const auto answer = run_average(folder, arguments, true);
    CAPTURE(answer.out);
    CHECK(answer.exit == exit);
    CHECK(weir::test::says(answer, words));
  };
  says(2, "train --iters 10 --average-rounds 5", "whole number from 0 to 4");
  says(2, "train --iters 10 --average-rounds 1 --algorithm cfr+", "cfr+ sums the averages");
  says(0, "train --iters 10 --average-rounds 1 --players 3", "1 of 2 rounds sum their averages");
  says(0, "train --iters 10 --average-rounds 2", "has no effect: leduc has 2 rounds");
  says(2, "average . --out x", "has no snapshots");
}

TEST_CASE("weir-mccfr: an average of checkpoints stands wherever a checkpoint does") {
  if (weir::test::program_path("weir-mccfr").empty()) return;
  const weir::test::TemporaryDirectory folder;
  const auto told = [&](const std::string& arguments) {
    const auto answer = run_average(folder, arguments + " --json --quiet");
    CAPTURE(arguments);
    CAPTURE(answer.out);
    CHECK(answer.exit == 0);
    return nlohmann::json::parse(answer.out);
  };
  const std::string common =
      "train --game leduc --mode deterministic --seed 5 --average-rounds 1 --out run ";
  const auto first = told(common + "--workers 1 --iters 5120 --checkpoint-interval 2560");
  CHECK(first["average_rounds"] == 1);
  const auto made = told("average run/checkpoint-* --out all.weir");
  CHECK(made["snapshots"] == 2);
  CHECK(made["iterations"] == 5120);
  const auto other = run_average(folder, "train --iters 6000 --out run --resume", true);
  CHECK(other.exit == 2);
  CHECK(weir::test::says(other, "its average_rounds is 1, this run's 4"));
  CHECK(told("exploit all.weir")["exploitability"] != first["exploitability"]);
  // One row as it is exported: of a checkpoint's sums, of its current strategy, of an average.
  for (const char* const file : {"run/latest", "all.weir"}) {
    told(std::string("export ") + file + " --out strategy.json");
    const auto all =
        nlohmann::json::parse(weir::test::run_line(folder.path(), "cat strategy.json", false).out);
    for (const char* const key : {"K::", "K:Q:crc/r"}) {
      const auto row = told(std::string("query ") + file + " " + key)["strategy"];
      CAPTURE(key);
      for (const auto& [action, probability] : row.items())
        CHECK(all["infosets"][key][action].get<double>() ==
              doctest::Approx(probability.get<double>()));
    }
  }
}
