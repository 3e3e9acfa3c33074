// The program weir-mccfr with short entries and baselines: what it refuses, what it takes up again.
#include <doctest/doctest.h>

#include <nlohmann/json.hpp>
#include <string>
#include <support/program.hpp>
#include <unit/platform/temporary_directory.hpp>

namespace {

weir::test::Answer run_compact(const weir::test::TemporaryDirectory& folder,
                               const std::string& arguments, bool with_stderr = true) {
  return weir::test::run_line(folder.path(),
                              "'" + weir::test::program_path("weir-mccfr") + "' train " + arguments,
                              with_stderr);
}

}  // namespace

TEST_CASE("weir-mccfr: bits and baselines that cannot be are exit 2, by name") {
  if (weir::test::program_path("weir-mccfr").empty()) return;
  const weir::test::TemporaryDirectory folder;
  const auto refused = [&](const std::string& arguments, const std::string& words) {
    CAPTURE(arguments);
    const auto answer = run_compact(folder, arguments + " --iters 10 --workers 1");
    CHECK(answer.exit == 2);
    CAPTURE(answer.out);
    CHECK(weir::test::says(answer, words));
  };
  refused("--table-bits 12", "12 are no bits");
  refused("--table-bits 16,16", "one a street");
  refused("--table-bits x", "whole number");
  refused("--algorithm cfr --table-bits 16", "--table-bits");
  refused("--algorithm cs --baselines", "cs draws no actions");
  refused("--algorithm cfr+ --baselines", "cfr+ draws no actions");
  refused("--players 3 --table-bits 8", "--table-bits");
  refused("--players 3 --baselines", "--baselines");
}

TEST_CASE("weir-mccfr: a run with short entries and baselines goes on with the same alone") {
  if (weir::test::program_path("weir-mccfr").empty()) return;
  const weir::test::TemporaryDirectory folder;
  const std::string common =
      "--game leduc --algorithm os --mode deterministic --workers 2 --seed 5 --json --quiet ";
  const std::string both = common + "--table-bits 16 --baselines ";
  const auto whole = run_compact(folder, both + "--iters 3000", false);
  REQUIRE(whole.exit == 0);
  REQUIRE(run_compact(folder, both + "--iters 1300 --out run", false).exit == 0);
  const std::string on = "--iters 3000 --out run --resume";
  CHECK(run_compact(folder, common + "--baselines " + on).exit == 2);
  CHECK(run_compact(folder, common + "--table-bits 8 --baselines " + on).exit == 2);
  CHECK(run_compact(folder, common + "--table-bits 16 " + on).exit == 2);
  const auto further = run_compact(folder, both + on, false);
  REQUIRE(further.exit == 0);
  CHECK(nlohmann::json::parse(further.out)["table_sha256"] ==
        nlohmann::json::parse(whole.out)["table_sha256"]);
}
