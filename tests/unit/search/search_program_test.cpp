// The program weir-search as people and scripts meet it: exit codes, messages, files in, programs out.
#include <doctest/doctest.h>

#include <algorithm>
#include <nlohmann/json.hpp>
#include <string>
#include <support/program.hpp>
#include <unit/platform/temporary_directory.hpp>

namespace weir::search::program_test {

using nlohmann::json;
using weir::test::Answer;
using weir::test::says;
using weir::test::TemporaryDirectory;

std::string search_path() { return weir::test::program_path("weir-search"); }

Answer run_search(const TemporaryDirectory& folder, const std::string& arguments,
                  bool with_stderr = true) {
  return weir::test::run_line(folder.path(), "'" + search_path() + "' " + arguments, with_stderr);
}

constexpr const char* names_sl =
    "(set-logic SLIA)\n"
    "(synth-fun f ((name String)) String\n"
    "  ((Start String (S)) (S String (name \" \" \".\" (str.++ S S) (str.at S I) (str.substr S I "
    "I)))\n"
    "   (I Int (0 1 2 (+ I I) (str.len S) (str.indexof S S I)))))\n"
    "(declare-var name String)\n"
    "(constraint (= (f \"Ada Lovelace\") \"Ada\"))\n"
    "(constraint (= (f \"Alan Turing\") \"Alan\"))\n"
    "(check-synth)\n";

TEST_CASE("weir-search: mistakes on the command line are exit 2 and name the nearest word") {
  if (search_path().empty()) return;
  const TemporaryDirectory folder;
  const auto refused = [&](const std::string& arguments, const std::string& words) {
    CAPTURE(arguments);
    const Answer answer = run_search(folder, arguments);
    CHECK(answer.exit == 2);
    CAPTURE(answer.out);
    CHECK(says(answer, words));
  };
  refused("genrate x.sl", "the nearest is generate");
  refused("generate x.sl --time-limt 1", "the nearest is --time-limit");
  refused("generate x.sl --lang perl", "--lang");
  refused("generate x.sl --simulations 0", "whole number");
  refused("generate", "FILE is missing");
  refused("serve --queue 0", "whole number");
  refused("connect4", "a command is missing");
  refused("connect4 slove x", "the nearest is solve");
  refused("", "a command is missing");
  const Answer answer = run_search(folder, "generate --json --frist x", false);
  const json told = json::parse(answer.out);
  CHECK(told["ok"] == false);
  CHECK(told["exit"] == 2);
  CHECK(told["error"]["code"] == "usage");
}

TEST_CASE(
    "weir-search: a file of settings gives what the command line leaves open, and is checked") {
  if (search_path().empty()) return;
  const TemporaryDirectory folder;
  folder.put("names.csv", "name,first\nAda Lovelace,Ada\nAlan Turing,Alan\n");
  folder.put("good.yaml", "lang: js\nnum_workers: 1\nqueue: 7\nfirst: true\n");
  CHECK(says(run_search(folder, "generate names.csv --config good.yaml"), "function f("));
  CHECK(says(run_search(folder, "generate names.csv -c good.yaml --lang cpp"), "std::string f("));
  const auto refused = [&](const std::string& settings, const std::string& words) {
    CAPTURE(settings);
    folder.put("bad.yaml", settings);
    const Answer answer = run_search(folder, "generate names.csv --config bad.yaml");
    CHECK(answer.exit == 2);
    CAPTURE(answer.out);
    CHECK(says(answer, words));
  };
  refused("{\"first\": 1}", "bad.yaml:1: \"first\" is true or false");
  refused("top: 2\nlangg: js", "bad.yaml:2: unknown key \"langg\"; the nearest is lang");
  refused("top: 1.5", "whole number");
  refused("top: 1\ntop: 2", "says again what");
  refused("- top", "must be a map");
  refused("top: [1", "bad.yaml:");
  refused("config: more.yaml", "unknown key");
  CHECK(run_search(folder, "generate names.csv --config none.yaml").exit == 1);
  CHECK(says(run_search(folder, "train"), "--out is required"));
}

TEST_CASE("weir-search: files that cannot be read are exit 1 and say where") {
  if (search_path().empty()) return;
  const TemporaryDirectory folder;
  const auto refused = [&](const std::string& name, const std::string& text,
                           const std::string& words) {
    CAPTURE(name);
    folder.put(name, text);
    const Answer answer = run_search(folder, "generate " + name);
    CHECK(answer.exit == 1);
    CAPTURE(answer.out);
    CHECK(says(answer, words));
  };
  refused("a.csv", "in,out\n\"x,y\n", "a.csv:");
  refused("b.csv", "in,out\nx,y,z\n", "b.csv:2:1");
  refused("c.csv", "in\nx\n", "at least two columns");
  refused("c1.csv", "", "c1.csv:1:1: the file is empty");
  refused("c2.csv", "\xef\xbb\xbf\n", "the file is empty");
  refused("d.csv", "in,out\nx,\n", "no row has an output");
  refused("e.csv", "in,out\n\xff,y\n", "e.csv:2:1");
  refused("f.sl", "(set-logic SLIA)\n(synth-fun f", "f.sl:");
  refused("g.json", "{\"examples\": [{\"in\": [1.5], \"out\": 2}]}", "input 1");
  refused("h.csv", "in,out\nx,y\nx,z\n", "2 and 3");
  refused(
      "i.json",
      "{\"examples\": [{\"in\": [\"x\"], \"out\": \"y\"},\n {\"in\": [\"x\"], \"out\": \"z\"}]}",
      "examples 1 and 2 (1:15 and 2:2)");
  CHECK(says(run_search(folder, "generate absent.sl"), "absent.sl"));
}

TEST_CASE("weir-search: generate writes a program that check calls right") {
  if (search_path().empty()) return;
  const TemporaryDirectory folder;
  folder.put("names.sl", names_sl);
  const Answer answer = run_search(folder, "generate names.sl --time-limit 5", false);
  CHECK(answer.exit == 0);
  CHECK(answer.out.rfind("(define-fun f ((name String)) String ", 0) == 0);
  folder.put("answer", answer.out);
  CHECK(run_search(folder, "check names.sl answer").exit == 0);
  folder.put("wrong", "(define-fun f ((name String)) String (str.at name 0))");
  const Answer wrong = run_search(folder, "check names.sl wrong");
  CHECK(wrong.exit == 1);
  CHECK(says(wrong, "names.sl:6"));
  folder.put("foreign", "(define-fun f ((name String)) String \"Ada\")");
  const Answer foreign = run_search(folder, "check names.sl foreign");
  CHECK(foreign.exit == 1);
  CAPTURE(foreign.out);
  CHECK(says(foreign, "foreign:1:38: the term is not of the grammar"));
  CHECK(says(foreign, "gives no \"Ada\""));
  folder.put("sorts", "(define-fun f ((name String)) String\n (str.at name name))");
  CHECK(says(run_search(folder, "check names.sl sorts"), "sorts:2:2: arguments of sorts"));
  const json told = json::parse(run_search(folder, "generate names.sl --json --first", false).out);
  CHECK(told["status"] == "solved");
  CHECK(told["examples_passed"] == 2);
  CHECK(told["programs"][0]["text"]["sygus"].get<std::string>().find("define-fun") !=
        std::string::npos);
}

TEST_CASE("weir-search: CSV and JSON in, Python, C++ and JavaScript out") {
  if (search_path().empty()) return;
  const TemporaryDirectory folder;
  folder.put("people.csv", "name,out\nAda Lovelace,Lovelace\nAlan Turing,Turing\nGrace Hopper,\n");
  const Answer python = run_search(folder, "generate people.csv", false);
  CHECK(python.exit == 0);
  CHECK(python.out.find("def f(") != std::string::npos);
  CHECK(run_search(folder, "generate people.csv --lang cpp", false).out.find("std::string") !=
        std::string::npos);
  CHECK(run_search(folder, "generate people.csv --lang js", false).out.find("function") !=
        std::string::npos);
  folder.put("list.json",
             "{\"domain\": \"list\",\n \"examples\": [{\"in\": [[3, 1, 2]], \"out\": [6, 2, 4]},\n"
             "  {\"in\": [[5, -4]], \"out\": [10, -8]}]}\n");
  const json told = json::parse(run_search(folder, "generate list.json --json --top 2", false).out);
  CHECK(told["status"] == "solved");
  CHECK(told["programs"][0]["text"]["python"].get<std::string>().find("def f(") !=
        std::string::npos);
  const json unguided =
      json::parse(run_search(folder, "generate list.json --json --guidance none", false).out);
  CHECK(unguided["status"] == "solved");
  CHECK(unguided["weights"] == "default");
}

TEST_CASE("weir-search: what is not solved within the limits is exit 1 and nothing on stdout") {
  if (search_path().empty()) return;
  const TemporaryDirectory folder;
  std::string text = names_sl;
  text.replace(text.find("\"Alan\""), 6, "\"Zoe!\"");
  folder.put("hard.sl", text);
  const Answer answer = run_search(folder, "generate hard.sl --time-limit 0.3", false);
  CHECK(answer.exit == 1);
  CHECK(answer.out.empty());
}

TEST_CASE("weir-search: connect4 scores and moves, a line for a line") {
  if (search_path().empty()) return;
  const TemporaryDirectory folder;
  folder.put("lines", "1212121 18\n2252576253462244111563365343671351441 -1\n1213141\n");
  const Answer scores = run_search(folder, "connect4 solve lines", false);
  CHECK(scores.exit == 0);
  CHECK(scores.out.rfind("1212121 -18\n2252576253462244111563365343671351441 -1\n1213141 ", 0) ==
        0);
  folder.put("winning", "112233\n");
  CHECK(run_search(folder, "connect4 move winning --simulations 2000", false).out == "112233 4\n");
  CHECK(run_search(folder, "connect4 move winning --simulations 56 --root gumbel", false).out ==
        "112233 4\n");
  CHECK(run_search(folder, "connect4 move winning --root best").exit == 2);
  // The lines of a game share a tree, whichever worker has it.
  folder.put("game", "4\n44\n4433\n44332\n112233\n");
  const std::string one = run_search(folder, "connect4 move game --workers 1", false).out;
  CHECK(std::count(one.begin(), one.end(), '\n') == 5);
  CHECK(run_search(folder, "connect4 move game --workers 2", false).out == one);
  folder.put("bad", "1111111\n");
  const Answer bad = run_search(folder, "connect4 solve bad");
  CHECK(bad.exit == 1);
  CHECK(says(bad, "bad:1"));
}

TEST_CASE("weir-search: connect4 tells a line without an answer by number, and goes on") {
  if (search_path().empty()) return;
  const TemporaryDirectory folder;
  folder.put("lines", "112233\n1212121\n18\n112233\n");
  const std::string move = "connect4 move lines --simulations 200";
  CHECK(run_search(folder, move, false).out == "112233 4\n112233 4\n");
  const Answer moved = run_search(folder, move);
  CHECK(moved.exit == 0);
  CHECK(says(moved, "lines:2: column 8: the game is over"));
  CHECK(says(moved, "lines:3: column 2: a move is one of 1 to 7"));
  CHECK(run_search(folder, "connect4 solve lines", false).out ==
        "112233 18\n1212121 -18\n112233 18\n");
  const json told = json::parse(run_search(folder, move + " --json", false).out);
  CHECK(told["moves"] == json({4, nullptr, nullptr, 4}));
  CHECK(told["errors"][0]["line"] == 2);
  CHECK(told["errors"][0]["code"] == "game_over");
  folder.put("over", "1212121\n");
  const Answer over = run_search(folder, "connect4 move over");
  CHECK(over.exit == 1);
  CHECK(says(over, "over:1: column 8"));
}

TEST_CASE("weir-search: connect4 ends at its time limit, and a hard line holds no other up") {
  if (search_path().empty()) return;
  const TemporaryDirectory folder;
  folder.put("lines", "1212121\n\n112233\n");  // the whole game takes minutes
  const Answer solved = run_search(folder, "connect4 solve lines --time-limit 3 --json", false);
  const json told = json::parse(solved.out);
  CHECK(solved.exit == 0);
  CHECK(told["scores"][0] == -18);
  CHECK(told["scores"][1] == nullptr);
  CHECK(told["scores"][2] == 18);
  CHECK(told["bounds"][1][0] <= 1);  // whoever begins wins
  CHECK(told["bounds"][1][1] >= 1);
  CHECK(told["not_reached"] == 0);
  folder.put("empty", "\n");
  const Answer none = run_search(folder, "connect4 solve empty --time-limit 0.1");
  CHECK(none.exit == 1);
  CHECK(says(none, "empty:1: the run ended"));
}

TEST_CASE("weir-search: train writes weights that guide, and goes on with --resume") {
  if (search_path().empty()) return;
  const TemporaryDirectory folder;
  const std::string train = "train --tasks 200 --seed 5 --quiet ";
  CHECK(run_search(folder, train + "--steps 4 --out whole").exit == 0);
  CHECK(run_search(folder, train + "--steps 4 --out again --workers 1").exit == 0);
  CHECK(weir::test::run_line(folder.path(), "cmp whole again", true).exit == 0);
  CHECK(run_search(folder, train + "--steps 6 --out whole --resume").exit == 0);
  CHECK(run_search(folder, "train --tasks 200 --seed 6 --quiet --steps 8 --out whole --resume")
            .exit == 2);
  const auto other =
      run_search(folder, "train --tasks 300 --seed 5 --quiet --steps 8 --out whole --resume");
  CHECK(other.exit == 2);
  CHECK(says(other, "it was begun with --tasks 200"));
  const auto nothing = run_search(folder, train + "--steps 2 --out whole --resume --json");
  CHECK(nothing.exit == 0);
  CHECK(nothing.out.find("\"loss\":null") != std::string::npos);
  folder.put("list.json",
             "{\"domain\": \"list\", \"examples\": [{\"in\": [[3, 1]], \"out\": [1, 3]}]}");
  CHECK(run_search(folder, "generate list.json --guidance whole").exit == 0);
  CHECK(says(run_search(folder, "generate list.json --guidance list.json"), "list.json"));
}

TEST_CASE("weir-search: train plays Connect Four, and moves are guided by what it has learnt") {
  if (search_path().empty()) return;
  const TemporaryDirectory folder;
  const std::string train = "train --domain connect4 --simulations 4 --seed 5 --quiet ";
  CHECK(run_search(folder, train + "--games 256 --out whole").exit == 0);
  CHECK(run_search(folder, train + "--games 256 --out again --workers 1").exit == 0);
  CHECK(weir::test::run_line(folder.path(), "cmp whole again", true).exit == 0);
  CHECK(run_search(folder, train + "--games 256 --out again --resume").exit == 0);
  CHECK(weir::test::run_line(folder.path(), "cmp whole again", true).exit == 0);
  CHECK(run_search(folder, "train --domain connect4 --quiet --out whole --resume").exit != 0);
  CHECK(says(run_search(folder,
                        "train --domain connect4 --simulations 8 --seed 5 --quiet --games 512 "
                        "--out whole --resume"),
             "4 simulations a move"));
  CHECK(run_search(folder, "train --domain chess --out whole").exit == 2);
  folder.put("winning", "112233\n");
  for (const char* const guidance : {"none", "default", "whole"}) {
    const std::string move = "connect4 move winning --simulations 100 --guidance ";
    CHECK(run_search(folder, move + guidance, false).out == "112233 4\n");
  }
  CHECK(says(run_search(folder, "connect4 move winning --guidance winning"), "winning"));
}

}  // namespace weir::search::program_test
