// The program weir-mccfr as people and scripts meet it: exit codes, messages, JSON, configuration.
#include <doctest/doctest.h>

#include <fstream>
#include <iterator>
#include <nlohmann/json.hpp>
#include <string>
#include <support/program.hpp>
#include <unit/platform/temporary_directory.hpp>

namespace {

using nlohmann::json;
using weir::test::Answer;
using weir::test::says;
using weir::test::TemporaryDirectory;

std::string mccfr_path() { return weir::test::program_path("weir-mccfr"); }

Answer run_mccfr(const TemporaryDirectory& folder, const std::string& arguments,
                 bool with_stderr = true) {
  return weir::test::run_line(folder.path(), "'" + mccfr_path() + "' " + arguments, with_stderr);
}

json train_json(const TemporaryDirectory& folder, const std::string& arguments) {
  const Answer answer = run_mccfr(folder, "train --json --workers 2 " + arguments, false);
  CAPTURE(arguments);
  CAPTURE(answer.out);
  CHECK(answer.exit == 0);
  return json::parse(answer.out);
}

}  // namespace

TEST_CASE("weir-mccfr: mistakes on the command line are exit 2 and name the nearest word") {
  if (mccfr_path().empty()) return;
  const TemporaryDirectory folder;
  const auto refused = [&](const std::string& arguments, const std::string& words) {
    CAPTURE(arguments);
    const Answer answer = run_mccfr(folder, arguments);
    CHECK(answer.exit == 2);
    CAPTURE(answer.out);
    CHECK(says(answer, words));
  };
  refused("trian", "the nearest is train");
  refused("train --itres 5", "the nearest is --iters");
  refused("train --game ludec", "--game");
  refused("train --discount dcfr:1,2", "dcfr:A,B,G");
  refused("train --discount static:2,1", "static:A,B");
  refused("train --iters 0", "whole number");
  refused("train --workers 257", "0 to 256");
  refused("train --game nolimit --blinds 5,2", "5 is more than 2");
  refused("train --epsilon 1.5", "no number from");
  refused("train --resume", "--resume needs --out");
  refused("export x", "--out");
  refused("query x", "KEY");
  refused("", "a command is missing");
  folder.put("bad.yaml", "mccfr:\n  num_iterations: 10\n  discont_interval: 5\n");
  refused("train --config bad.yaml", "bad.yaml:3");
  refused("train --config bad.yaml", "the nearest is discount-interval");
  folder.put("null.yaml", "iters: 100\ntime_budget_seconds: null\nseed: ~\n");
  CHECK(run_mccfr(folder, "train --game kuhn --config null.yaml").exit == 0);
  folder.put("unknown.yaml", "discont_interval: null\n");
  refused("train --config unknown.yaml", "unknown.yaml:1");
  folder.put("worse.yaml", "a: [1\n");
  refused("train --config worse.yaml", "worse.yaml:");
  folder.put("twice.yaml", "iters: 5\niters: 6\n");
  refused("train --game kuhn --config twice.yaml", "twice.yaml:2");
  folder.put("two.yaml", "iters: 5\n---\niters: 6\n");
  refused("train --game kuhn --config two.yaml", "two.yaml:3");
  folder.put("open.yaml",
             "\"q\"---\n? ");  // read whole, yaml-cpp finds documents in it without an end
  refused("train --game kuhn --config open.yaml", "open.yaml:");
  folder.put("rake.yaml", "iters: 5\nrake: 5\n");
  refused("train --game kuhn --config rake.yaml", "percent and cap");
  folder.put("bets.yaml", "game: nolimit\nbets: 50%,7q\n");
  refused("train --config bets.yaml", "bets.yaml:2, ");
  refused("train --config bets.yaml --bets 7q", "--bets, ");
  folder.put("names.yaml", "iters: 5\nmccfr:\n  num_iterations: 6\n");
  refused("train --game kuhn --config names.yaml", "names.yaml:3");
  folder.put("help.yaml", "help: 5\n");
  refused("train --game kuhn --config help.yaml", "unknown key");
  refused("train --game nolimit --bets 50%,,a", "--bets");
  refused("train --game nolimit --bets 'a;flap:50%'", "--bets, column 3");
  refused("train --game nolimit --raises-max 1,2", "four numbers, one a street");
  folder.put("bets.yaml", "game: nolimit\nbets:\n  flop: [50%, [a]]\n");
  refused("train --config bets.yaml", "bets.yaml:3");
  refused("train --game nolimit --stack 1 --blinds 1,2", "--stack");
  const Answer answer = run_mccfr(folder, "train --json --itres 5", false);
  CHECK(json::parse(answer.out)["error"]["code"] == "usage");
}

TEST_CASE("weir-mccfr: menus of bets by street, seat and raises, of options and of a file") {
  if (mccfr_path().empty()) return;
  const TemporaryDirectory folder;
  // Refused for want of memory before cards are made, with what the menu comes to.
  const auto counted = [&](const std::string& arguments, const std::string& states) {
    CAPTURE(arguments);
    const Answer answer = run_mccfr(folder, "train --game nolimit --memory-limit 1 " + arguments);
    CAPTURE(answer.out);
    CHECK(answer.exit == 1);
    CHECK(says(answer, "the tables of " + states + " states of betting"));
  };
  counted("", "3,362");
  counted("--bets '100%,a;preflop:a'", "1,186");
  counted("--bets 50%,55%,a", "356,530");
  counted("--bets 50%,55%,a --merge 0.1", "19,074");
  counted("--bets 50%,55%,a --raises-max 1 --buckets 169,500,500,500", "866");
  counted("--all-in-from 0.3", "1,538");
  counted("--bets '100%,a;preflop:2.5x,a/a;flop:50%,a;river@button:100%,a;turn-donk:33%'", "5,116");
  folder.put("menu.yaml",
             "bets: {preflop: [[2.5x, a], [a]], flop: [50%, a], river@button: [100%, a], "
             "turn-donk: 33%}\n");
  counted("--config menu.yaml", "5,116");
}

TEST_CASE("weir-mccfr: train, measure, export, query, go on") {
  if (mccfr_path().empty()) return;
  const TemporaryDirectory folder;
  const json first = train_json(
      folder,
      "--game leduc --mode deterministic --iters 5000 --seed 3 --out run --metrics m.jsonl");
  CHECK(first["schema"] == "weir.mccfr.train/1");
  CHECK(first["iterations"] == 5000);
  CHECK(first["infosets"] == 288);
  CHECK(first["exploitability"].get<double>() < 1);
  CHECK(first["curve"].back()[0] == 5000);
  CHECK(first["runtime"]["lost_wakeups"] == 0);
  const Answer exploited = run_mccfr(folder, "exploit run/latest --json", false);
  const json exploit = json::parse(exploited.out);
  CHECK(exploit["method"] == "exact");
  CHECK(exploit["exploitability"].get<double>() ==
        doctest::Approx(first["exploitability"].get<double>()));
  CHECK(exploit["nash_conv"].get<double>() ==
        doctest::Approx(2 * exploit["exploitability"].get<double>()));
  CHECK(run_mccfr(folder, "export run/latest --out s.json").exit == 0);
  const Answer strategy = weir::test::run_line(folder.path(), "cat s.json", false);
  const json exported = json::parse(strategy.out);
  CHECK(exported["infosets"].size() == 288);
  for (const auto& [key, actions] : exported["infosets"].items()) {
    double total = 0;
    for (const auto& [action, p] : actions.items()) total += p.get<double>();
    CHECK(total == doctest::Approx(1));
  }
  const json asked = json::parse(run_mccfr(folder, "query run/latest K:Q:crc/ --json", false).out);
  CHECK(asked["strategy"] == exported["infosets"]["K:Q:crc/"]);
  CHECK(run_mccfr(folder, "query run/latest K:Q:zzz").exit == 2);
  // A bit that another row has lost: the checksum is that of the whole file.
  CHECK(weir::test::run_line(folder.path(),
                             "cp run/latest bad && printf '\\377' | dd of=bad bs=1 conv=notrunc "
                             "seek=$(($(stat -Lc %s bad) - 100))",
                             false)
            .exit == 0);
  const Answer bad = run_mccfr(folder, "query bad K:Q:crc/");
  CHECK(bad.exit == 1);
  CHECK(says(bad, "checksum"));

  const json whole = train_json(folder, "--game leduc --mode deterministic --iters 9000 --seed 3");
  const json rest = train_json(
      folder, "--game leduc --mode deterministic --iters 9000 --seed 3 --out run --resume");
  CHECK(rest["table_sha256"] == whole["table_sha256"]);
  const std::string again =
      "train --game leduc --mode deterministic --iters 9999 --out run --resume ";
  for (const char* other : {"--seed 4", "--seed 3 --algorithm os", "--seed 3 --discount linear"}) {
    const Answer answer = run_mccfr(folder, again + other);
    CAPTURE(answer.out);
    CHECK(answer.exit == 2);
    CHECK(says(answer, "this run's"));
  }
  const Answer other_game = run_mccfr(
      folder, "train --game kuhn --mode deterministic --iters 9999 --out run --resume --seed 3");
  CHECK(other_game.exit == 2);
  CHECK(says(other_game, "game"));
}

TEST_CASE("weir-mccfr: a signal ends training with its work saved") {
  if (mccfr_path().empty()) return;
  const TemporaryDirectory folder;
  const Answer answer = weir::test::run_line(
      folder.path(),
      "(timeout --foreground -s INT 1 '" + mccfr_path() +
          "' train --time-budget 100 --out run --json --quiet >out.json; echo exit $?)",
      false);
  CHECK(says(answer, "exit 124"));  // of timeout: the program ended by its signal
  const Answer kept = weir::test::run_line(folder.path(), "cat out.json", false);
  const json document = json::parse(kept.out);
  CHECK(document["exit"] == 130);
  CHECK(document["iterations"].get<std::uint64_t>() > 0);
  const json exploit = json::parse(run_mccfr(folder, "exploit run/latest --json", false).out);
  CHECK(exploit["iterations"] == document["iterations"]);
}

TEST_CASE("weir-mccfr: three players train, go on, are measured, exported and asked") {
  if (mccfr_path().empty()) return;
  const TemporaryDirectory folder;
  folder.put("three.yaml", "game: kuhn\nplayers: 3\nrake: {percent: 10, cap: 1}\n");
  const std::string common = "--config three.yaml --mode deterministic --seed 3 ";
  const json whole = train_json(folder, common + "--iters 3000 --out whole");
  CHECK(whole["players"] == 3);
  CHECK(whole["infosets"] > 40);  // of 48; nobody comes where nobody goes
  CHECK(whole["infosets"] <= 48);
  CHECK(whole["announced_bytes"] >= whole["table_bytes"]);
  CHECK(whole["rows_refused"] == 0);
  train_json(folder, common + "--iters 1000 --out part");
  const json further = train_json(folder, common + "--iters 3000 --out part --resume");
  CHECK(further["table_sha256"] == whole["table_sha256"]);
  const json other =
      json::parse(run_mccfr(folder,
                            "train --json --game kuhn --players 3 --mode deterministic --seed 3 "
                            "--iters 4000 --out part --resume",
                            false)
                      .out);
  CHECK(other["exit"] == 2);
  const json measured = json::parse(run_mccfr(folder, "exploit whole/latest --json", false).out);
  CHECK(measured["method"] == "exact");
  REQUIRE(measured["value"].size() == 3);
  const double sum = measured["value"][0].get<double>() + measured["value"][1].get<double>() +
                     measured["value"][2].get<double>();
  CHECK(sum < -0.3);
  CHECK(sum > -0.5);
  CHECK(run_mccfr(folder, "export whole/latest --out all.json").exit == 0);
  std::ifstream exported(folder.path() + "/all.json");
  const json all = json::parse(exported);
  CHECK(all["infosets"].size() > 40);
  const json asked = json::parse(run_mccfr(folder, "query whole/latest A::rf --json", false).out);
  CHECK(asked["strategy"] == all["infosets"]["A::rf"]);
  CHECK(run_mccfr(folder, "query whole/latest A::rx").exit == 2);
  CHECK(run_mccfr(folder, "eval whole/latest").exit == 2);
  for (const char* const refused :
       {"--game kuhn --players 7", "--game limit --players 3",
        "--game kuhn --players 3 --algorithm cfr", "--game kuhn --players 3 --rows all",
        "--game kuhn --rake-percent 101"}) {
    CAPTURE(refused);
    CHECK(run_mccfr(folder, std::string("train --iters 10 ") + refused).exit == 2);
  }
  const json full = json::parse(
      run_mccfr(folder,
                "train --json --game leduc --players 6 --mode deterministic --iters 100000 "
                "--table-memory 1 --batch-size 1 --workers 2 --out full",
                false)
          .out);
  CHECK(full["error"]["code"] == "table_full");
  CHECK(full["iterations"] > 0);
}

TEST_CASE("weir-mccfr: tables that are too large are refused before any is made") {
  if (mccfr_path().empty()) return;
  const TemporaryDirectory folder;
  const Answer answer = run_mccfr(
      folder, "train --json --quiet --game nolimit --algorithm cfr --batch-size 16777216", false);
  CHECK(answer.exit == 1);
  const json document = json::parse(answer.out);
  CHECK(document["exit"] == 1);
  CHECK(document["error"]["code"] == "too_large");
  CHECK(says(answer, "take less of --batch-size, --buckets or --bets"));
}

TEST_CASE("weir-mccfr: resolve takes Leduc for two without rake and a table of all rows alone") {
  if (mccfr_path().empty()) return;
  const TemporaryDirectory folder;
  const std::string common = "--game leduc --iters 2000 --mode deterministic ";
  train_json(folder, common + "--out plain");
  train_json(folder, common + "--rake-percent 5 --out raked");
  train_json(folder, common + "--rows visited --out visited");
  train_json(folder, "--game kuhn --iters 100 --out kuhn");
  const Answer resolved = run_mccfr(folder, "resolve plain/latest --iters 200 --json", false);
  CHECK(resolved.exit == 0);
  const json ways = json::parse(resolved.out);
  CHECK(ways["maxmargin"].get<double>() <= ways["blueprint"].get<double>() + 0.02);
  for (const char* const other : {"raked", "visited", "kuhn"}) {
    CAPTURE(other);
    const Answer refused =
        run_mccfr(folder, std::string("resolve ") + other + "/latest --iters 200");
    CAPTURE(refused.out);
    CHECK(refused.exit == 2);
    CHECK(says(refused, other == std::string("raked") ? "rake" : "leduc for two players"));
  }
}

TEST_CASE("weir-mccfr: play through a pipe deals the hands asked for and adds up their chips") {
  if (mccfr_path().empty()) return;
  const TemporaryDirectory folder;
  const auto play = [&](const std::string& run, const std::string& typed, const std::string& more) {
    return weir::test::run_line(folder.path(),
                                "(printf '" + typed + "' | '" + mccfr_path() + "' play " + run +
                                    "/latest --json --seed 7 " + more + " 2>talk.txt)",
                                false);
  };
  const auto talk = [&] {
    std::ifstream in(folder.path() + "/talk.txt");
    return std::string(std::istreambuf_iterator<char>(in), {});
  };
  for (const char* const game : {"kuhn", "leduc"}) {
    CAPTURE(game);
    train_json(folder,
               std::string("--game ") + game + " --iters 1000 --mode deterministic --out " + game);
    std::string calls;
    for (int k = 0; k < 100; ++k) calls += "c\\n";
    const Answer first = play(game, calls, "--hands 12");
    REQUIRE(first.exit == 0);
    const json document = json::parse(first.out);
    CHECK(document["hands"] == 12);
    CHECK(document["game"] == game);
    // What each hand is said to have brought is what all of them are.
    const std::string said = talk();
    double sum = 0;
    int hands = 0;
    for (std::size_t at = said.find(" chips; in all"); at != std::string::npos;
         at = said.find(" chips; in all", at + 1)) {
      const double won = std::stod(said.substr(said.rfind(": ", at) + 2));
      CHECK((won != 0 || game == std::string("leduc")));  // Kuhn has no ties
      sum += won;
      ++hands;
    }
    CHECK(hands == 12);
    CHECK(document["chips"].get<double>() == doctest::Approx(sum));
    CHECK(play(game, calls, "--hands 12").out.find("\"hands\":12") != std::string::npos);
    CHECK(talk() == said);
    // The input ends in a hand: that one does not count.
    CHECK(json::parse(play(game, "", "--hands 3 --seat 0").out)["hands"] == 0);
  }
  const Answer mistaken = play("kuhn", "zz\\nr 7\\nq\\n", "--hands 1 --seat 0");
  CHECK(mistaken.exit == 0);
  CHECK(json::parse(mistaken.out)["hands"] == 0);
  CHECK(talk().find("\"zz\" is no action; you may check (c), bet to 2 (r)") != std::string::npos);
  CHECK(talk().find("bets have one size here: r alone; you may check (c)") != std::string::npos);
  train_json(folder, "--game kuhn --players 3 --iters 100 --out three");
  const Answer three = run_mccfr(folder, "play three/latest --hands 1 </dev/null");
  CHECK(three.exit == 2);
  CHECK(says(three, "a person plays against two-player tables of all rows alone"));
}
