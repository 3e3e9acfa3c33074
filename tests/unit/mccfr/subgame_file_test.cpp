#include <doctest/doctest.h>

#include <nlohmann/json.hpp>
#include <string>
#include <support/program.hpp>
#include <unit/platform/temporary_directory.hpp>
#include <weir/mccfr/subgame.hpp>

namespace {

using nlohmann::json;
using namespace weir::mccfr;
using weir::test::Answer;
using weir::test::says;
using weir::test::TemporaryDirectory;

const char* const small =
    R"({"board": "KsKh7d7c2s", "pot": 10, "stack": 10, "ranges": {"oop": "KdKc,4c3c", "ip": "AdAc"}, "bets": [100]})";

/// The small one with one key changed; a null takes it away.
std::string changed(const std::string& key, const std::string& value) {
  json game = json::parse(small);
  game[key] = json::parse(value);
  if (game[key].is_null()) game.erase(key);
  return game.dump();
}

void refused(const std::string& text, const std::string& where, const std::string& what) {
  CAPTURE(text);
  const auto game = parse_subgame(text, "f.json");
  REQUIRE(!game);
  CAPTURE(game.error().text());
  CHECK(game.error().code == "bad_config");
  CHECK(game.error().where.find(where) != std::string::npos);
  CHECK(game.error().what.find(what) != std::string::npos);
}

Subgame taken(const std::string& text) {
  auto game = parse_subgame(text, "f.json");
  if (!game) FAIL(game.error().text());
  return game.value();
}

std::string sizes(const Subgame& game, std::size_t street, std::size_t player, std::size_t raises) {
  return to_string(game.menu.sizes[street][player][raises]);
}

}  // namespace

TEST_CASE("subgame file: what is wrong is named by its key") {
  refused("", "f.json:1", "no JSON");
  refused("{\n\"board\": }", "f.json:2", "no JSON");
  refused(std::string(100'000, '['), "f.json", "");
  refused("[1]", "f.json", "an object");
  refused(changed("bord", "1"), "bord", "the nearest is board");
  refused(changed("board", "null"), "board", "missing");
  refused(changed("board", "5"), "board", "text");
  refused(changed("board", R"("KsKh")"), "board", "3 to 5 cards");
  refused(changed("board", R"("KsKsKh")"), "board, column", "");
  refused(changed("board", R"("KsKx2h")"), "board, column", "");
  refused(changed("pot", "0"), "pot", "whole number of chips");
  refused(changed("pot", "2.5"), "pot", "cents");
  refused(changed("stack", "1e300"), "stack", "whole number of chips");
  refused(changed("stack", R"("10")"), "stack", "whole number");
  refused(changed("ranges", "null"), "ranges", "reaches");
  refused(changed("ranges", R"({"oop": "AA"})"), "ranges.ip", "missing");
  refused(changed("ranges", R"({"oop": "AA", "pi": "AA"})"), "ranges.pi", "the nearest is ip");
  refused(changed("ranges", R"({"oop": "AA", "ip": "AA,XX"})"), "ranges.ip, column 4", "XX");
  refused(changed("ranges", R"({"oop": "2s2c", "ip": "AA"})"), "ranges.oop", "no hand");
  refused(changed("reaches", R"("nowhere")"), "ranges", "either");
  refused(changed("bets", "[0]"), "bets[0]", "above 0");
  refused(changed("bets", R"([50, "50"])"), "bets[1]", "");
  refused(changed("bets", R"("50%,7")"), "bets, column 6", "");
  refused(changed("bets", R"({"rivr": [50]})"), "bets.rivr", "the nearest is river");
  refused(changed("bets", R"({"river": {"turn": [50]}})"), "bets.river.turn", "unknown");
  refused(changed("bets", R"({"river": {"oop": {"ip": 5}}})"), "bets.river.oop", "is a list");
  refused(changed("bets", "[[50], [50]]"), "bets[1]", "no such street");
  refused(changed("bets", "[1,2,3,4,5,6,7,8,9,10,11,12,13,14,15]"), "bets", "at most 13");
  refused(changed("allin", "1"), "allin", "true or false");
  refused(changed("allin_from", "0"), "allin_from", "percentage");
  refused(changed("raises_max", "0"), "raises_max", "whole number");
  refused(changed("raises_max", R"({"river": 2.5})"), "raises_max.river", "whole number");
  // Of streets before the root as well.
  refused(changed("raises_max", R"({"flop": 0, "river": 2})"), "raises_max.flop", "whole number");
  refused(changed("bets", R"({"flop": "rubbish", "river": [50]})"), "bets.flop", "above 0");
  refused(changed("donks", R"({"turn": {"nobody": 5}})"), "donks.turn", "nobody");
  refused(changed("rake", "5"), "rake", "percent");
  refused(changed("rake", R"({"percent": 101})"), "rake.percent", "0 to 100");
  refused(changed("rake", R"({"percent": 5, "cap": -1})"), "rake.cap", "or more");
  refused(changed("rake", R"({"percent": 5, "capp": 1})"), "rake.capp", "the nearest is cap");
  refused(changed("lock", "{}"), "lock", "a list");
  refused(changed("lock", R"([{"strategy": {"c": 1}}])"), "lock[0].history", "text");
  refused(changed("lock", R"([{"history": "", "strategy": {}}])"), "lock[0].strategy", "");
  refused(changed("lock", R"([{"history": "", "strategy": {"c": 2}}])"), "lock[0].strategy.c",
          "probability");
  refused(changed("lock", R"([{"history": "", "strategy": {"ZZ": {"c": 1}}}])"),
          "lock[0].strategy.ZZ", "");
}

TEST_CASE("subgame file: bets by street and by player, as numbers and as text") {
  const Subgame all = taken(
      R"({"board": ["Ts", "9s", "3s"], "pot": 10, "stack": 95.0, "ranges": {"oop": "AA", "ip": "KK"},
    "bets": [50, "2e"], "raises": {"flop": "2.5x", "oop": [100], "river": {"ip": 75}},
    "donks": {"turn": [33], "river": []},
    "raises_max": {"turn": 2}, "allin_from": 90})");
  CHECK(all.streets() == 3);
  CHECK(all.stack == 95);
  CHECK(sizes(all, 0, 0, 0) == "50%,2e,a");
  CHECK(sizes(all, 0, 1, 1) == "2.5x,a");
  CHECK(sizes(all, 1, 0, 1) == "100%,a");
  CHECK(sizes(all, 1, 1, 1) == "a");
  CHECK(sizes(all, 2, 1, 1) == "75%,a");
  CHECK(!all.menu.donks[0]);
  CHECK(to_string(*all.menu.donks[1]) == "33%,a");
  CHECK(all.menu.donks[2]->empty());
  CHECK(all.menu.raises_max[1] == 2);
  CHECK(all.menu.all_in_from == doctest::Approx(0.9));
  // From the turn on the street of round 0 is the turn.
  const Subgame turn =
      taken(R"({"board": "Ts9s3s2d", "pot": 10, "stack": 95, "ranges": {"oop": "AA", "ip": "KK"},
    "bets": {"flop": [10], "turn": [20], "river": [30]}, "raises": [[40], [60]], "allin": false})");
  CHECK(sizes(turn, 0, 0, 0) == "20%");
  CHECK(sizes(turn, 1, 1, 0) == "30%");
  CHECK(sizes(turn, 0, 1, 1) == "40%");
  CHECK(sizes(turn, 1, 0, 1) == "60%");
}

TEST_CASE("subgame file: the program solves it, and says what it found") {
  const std::string program = weir::test::program_path("weir-mccfr");
  if (program.empty()) return;
  const TemporaryDirectory folder;
  const auto run = [&](const std::string& arguments, bool with_stderr) {
    return weir::test::run_line(folder.path(), "'" + program + "' solve --workers 2 " + arguments,
                                with_stderr);
  };
  folder.put("small.json", small);
  const json solved = json::parse(run("small.json --target 0.2 --out s.json --json", false).out);
  CHECK(solved["schema"] == "weir.mccfr.solve/1");
  CHECK(solved["ok"] == true);
  CHECK(solved["stopped"] == "target");
  CHECK(solved["exploitability_pct"].get<double>() <= 0.2);
  CHECK(solved["ev"][0].get<double>() + solved["ev"][1].get<double>() == doctest::Approx(10));
  CHECK(solved["iterations"].get<int>() > 0);
  CHECK(solved["solve_s"].get<double>() > 0);
  CHECK(solved["memory_bytes"].get<std::uint64_t>() > solved["solver_bytes"].get<std::uint64_t>());
  CHECK(solved["root"]["KdKc"]["r10"].get<double>() > 0.9);
  const json written = json::parse(weir::test::run_line(folder.path(), "cat s.json", false).out);
  CHECK(written.size() == 4);
  CHECK(written[""]["4c3c"]["r10"].get<double>() ==
        doctest::Approx(solved["root"]["4c3c"]["r10"].get<double>()).epsilon(1e-4));
  for (const auto& [history, hands] : written.items())
    for (const auto& [hand, actions] : hands.items()) {
      double sum = 0;
      for (const auto& [action, p] : actions.items()) sum += p.get<double>();
      CHECK(sum == doctest::Approx(1).epsilon(1e-4));
    }
  CHECK(says(run("small.json --quiet", true), "KK"));
  const json late = json::parse(run("small.json --target 0 --deadline 200 --json", false).out);
  CHECK(late["stopped"] == "deadline");
  CHECK(late["late_s"].get<double>() >= 0);
  // Tables take longer than a millisecond; one iteration is made all the same.
  const json later = json::parse(run("small.json --target 0 --deadline 1 --json", false).out);
  CHECK(later["iterations"] == 1);
  CHECK(later["late_s"].get<double>() > 0);
  CHECK(solved["late_s"] == 0);
  CHECK(json::parse(run("small.json --target 0 --iters 7 --json", false).out)["iterations"] == 7);
}

TEST_CASE("subgame file: what cannot be solved is refused with its exit code") {
  const std::string program = weir::test::program_path("weir-mccfr");
  if (program.empty()) return;
  const TemporaryDirectory folder;
  const auto refused_with = [&](int exit, const std::string& arguments, const std::string& words) {
    const Answer answer = weir::test::run_line(
        folder.path(), "'" + program + "' solve --workers 1 " + arguments, true);
    CAPTURE(arguments);
    CAPTURE(answer.out);
    CHECK(answer.exit == exit);
    CHECK(says(answer, words));
  };
  folder.put("small.json", small);
  folder.put("key.json", changed("bord", "1"));
  folder.put("lock.json", changed("lock", R"([{"history": "r9", "strategy": {"c": 1}}])"));
  folder.put("reaches.json",
             R"({"board": "KsKh7d7c2s", "pot": 10, "stack": 10, "reaches": "short"})");
  folder.put("short", "1 2 x");
  refused_with(2, "key.json",
               "key.json: bord: unknown key \"bord\"; the nearest is board [bad_config]");
  refused_with(2, "lock.json", "lock.json: lock[0]");
  refused_with(2, "reaches.json", "short: number 3");
  refused_with(1, "nowhere.json", "nowhere.json");
  refused_with(2, "small.json --target 0", "--deadline");
  refused_with(2, "small.json --target 101", "--target");
  refused_with(2, "small.json --targt 1", "the nearest is --target");
  refused_with(1, "small.json --out no/such/folder.json", "no/such/folder.json");
  folder.put("large.json",
             R"({"board": "Qs8s4d", "pot": 10, "stack": 90, "bets": [50, 100], "raises": [100],
    "ranges": {"oop": "22+,A2+,K2+", "ip": "22+,A2+,K2+"}})");
  refused_with(1, "large.json --memory-max 1", "take sizes from its bets");
}
