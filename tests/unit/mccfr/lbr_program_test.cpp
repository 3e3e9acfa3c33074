// weir-mccfr lbr and eval --aivat as people and scripts meet them.
#include "told_program.hpp"

TEST_CASE(
    "weir-mccfr: lbr, eval --aivat and litmus, their keys, their refusals, an end by a signal") {
  const weir::test::ToldProgram program;
  if (!program.there()) return;
  CHECK(program.run("lbr x --bets fcp").exit == 2);
  CHECK(program.run("lbr x --rounds 2-4").exit == 2);
  CHECK(program.run("lbr x --hands 0").exit == 2);
  CHECK(program.run("lbr nowhere").exit == 1);
  program.told("train --game kuhn --iters 100 --out kuhn");
  CHECK(program.run("lbr kuhn/latest").exit == 2);
  const auto trained = program.told(
      "train --game nolimit --stack 40 --buckets 169,8,8,8 --iters 400000 --workers 2 --out run "
      "--response-deals 0");
  CHECK(trained["litmus"]["aces_rows"].get<int>() > 0);
  CHECK(trained["litmus"]["symmetry_violations"] == 0);
  const auto lbr = program.told("lbr run/latest --hands 16 --bets fc");
  CHECK(lbr["schema"] == "weir.mccfr.lbr/1");
  CHECK(lbr["hands"] == 16);
  CHECK(lbr["ci95"].get<double>() > 0);
  const auto eval = program.told("eval run/latest --against call --hands 40 --duplicate --aivat");
  CHECK(eval["hands"] == 40);
  CHECK(eval["hands_asked"] == 40);
  CHECK(eval["hands_played"] == 40);
  CHECK(eval["opponents"][0]["against"] == "call");
  CHECK(eval["opponents"][0]["dealt_ci95"] > eval["ci95"]);
  CHECK(eval["ci95"] == eval["opponents"][0]["ci95"]);
  const weir::test::Answer ended =
      program.run("lbr run/latest --hands 1000000000000 --rounds 3-4 --json --quiet",
                  "timeout --foreground -s INT 3 ", " >out.json; cat out.json");
  const auto document = nlohmann::json::parse(ended.out);
  CHECK(document["exit"] == 130);
  CHECK(document["hands"].get<std::uint64_t>() > 0);
  CHECK(document["hands_asked"] == 1'000'000'000'000);
}
