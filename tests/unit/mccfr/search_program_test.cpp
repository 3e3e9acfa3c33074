// --search of eval, play and acpc as people and scripts meet it.
#include "told_program.hpp"

TEST_CASE(
    "weir-mccfr: a checkpoint that searches plays by iterations, by a deadline, or says why not") {
  const weir::test::ToldProgram program;
  if (!program.there()) return;
  for (const char* const command : {"eval", "play", "acpc --port 1"}) {
    CAPTURE(command);
    CHECK(program.run(std::string(command) + " x --search soon").exit == 2);
    CHECK(program.run(std::string(command) + " x --search unsafe,maxmargin").exit == 2);
    CHECK(program.run(std::string(command) + " x --search-iterations 0").exit == 2);
    CHECK(program.run(std::string(command) + " x --search --search-from preflop").exit == 2);
    CHECK(program.run(std::string(command) + " x --search --search-depth flop").exit == 2);
    for (const char* const alone :
         {" x --json --search-from turn", " x --json --search-depth street"}) {
      const weir::test::Answer answer = program.run(std::string(command) + alone);
      CHECK(answer.exit == 2);
      CHECK(answer.out.find("--search is missing") != std::string::npos);
    }
  }
  program.told("train --game leduc --iters 100 --out leduc");
  CHECK(program.run("play leduc/latest --search --hands 1").exit == 2);
  program.told(
      "train --game nolimit --stack 40 --buckets 169,8,8,8 --iters 100000 --workers 2 --out run "
      "--response-deals 0");
  const auto eval = program.told(
      "eval run/latest --against run/latest --hands 16 --duplicate --aivat --search maxmargin "
      "--search-iterations 4");
  CHECK(eval["hands"] == 16);
  CHECK(eval["ci95"].get<double>() > 0);
  CHECK(eval["search"]["method"] == "maxmargin");
  CHECK(eval["search"]["deadline_ms"].is_null());
  CHECK(eval["search"]["searches"].get<int>() > 0);
  CHECK(eval["search"]["fallbacks"] == 0);
  CHECK(eval["search"]["iterations_mean"] == 4.0);
  CHECK(eval["search"]["from"] == "flop");
  CHECK(eval["search"]["depth"] == "end");
  const auto later = program.told(
      "eval run/latest --against run/latest --hands 16 --duplicate --aivat --search-from turn "
      "--search-depth street --search-iterations 4");
  CHECK(later["search"]["from"] == "turn");
  CHECK(later["search"]["depth"] == "street");
  CHECK(later["search"]["fallbacks"] == 0);
  CHECK(later["search"]["searches"].get<int>() < eval["search"]["searches"].get<int>());
  const auto late = program.told("eval run/latest --against call --hands 16 --search 0");
  CHECK(late["search"]["searches"] == 0);
  CHECK(late["search"]["fallbacks"].get<int>() > 0);
  CHECK(late["search"]["deadline_ms"] == 0);
  const weir::test::Answer played =
      program.run("play run/latest --hands 5 --search-iterations 4 --json --quiet",
                  "yes c | head -40 | ", " 2>/dev/null");
  CHECK(played.exit == 0);
  const auto document = nlohmann::json::parse(played.out);
  CHECK(document["hands"] == 5);
  CHECK(document["search"]["searches"].get<int>() + document["search"]["fallbacks"].get<int>() > 0);
}
