// Lines out of pieces, a client of the ACPC's dealer, what a person types.
#include <doctest/doctest.h>

#include <acpc_client.hpp>
#include <line_reader.hpp>
#include <play_table.hpp>

namespace {

using namespace weir::mccfr;  // a test's own names

/// Checks and calls.
class Caller final : public Agent {
 public:
  void begin(int, Hand) override {}
  void saw(const BettingState&, const BetAction&, Random&) override {}
  BetAction act(const BettingState&, std::span<const Card>, Random&) override { return {'c', 0}; }
};

AcpcClient make_client() {
  return {no_limit_holdem_rules(2, 20'000, 50, 100), std::make_unique<Caller>(), 1};
}

}  // namespace

TEST_CASE("acpc_client: lines come whole out of pieces of any size") {
  const std::string text = "first\r\nsecond\n\nthird";
  for (std::size_t piece = 1; piece <= text.size(); ++piece) {
    LineReader reader;
    std::vector<std::string> lines;
    for (std::size_t at = 0; at < text.size(); at += piece) {
      reader.add(std::string_view(text).substr(at, piece));
      for (auto line = reader.next(); line.value(); line = reader.next())
        lines.push_back(*line.value());
    }
    CHECK(lines == std::vector<std::string>{"first", "second", ""});
    CHECK(reader.rest() == "third");
  }
  LineReader reader;
  reader.add(std::string(LineReader::longest + 1, 'x'));
  CHECK(reader.next().error().code == "bad_line");
}

TEST_CASE("acpc_client: answers when it is its turn and counts what hands came to") {
  AcpcClient client = make_client();
  const auto says = [&](const std::string& line) { return client.answer(line).value(); };
  CHECK(says("# a comment").empty());
  CHECK(says("MATCHSTATE:0:7::AsAh|").empty());
  CHECK(says("MATCHSTATE:0:7:r300:AsAh|") == "MATCHSTATE:0:7:r300:AsAh|:c\r\n");
  CHECK(says("MATCHSTATE:0:7:r300c/:AsAh|/2c7d9h") == "MATCHSTATE:0:7:r300c/:AsAh|/2c7d9h:c\r\n");
  CHECK(says("MATCHSTATE:0:7:r300c/c:AsAh|/2c7d9h").empty());
  CHECK(client.in_hand());
  CHECK(says("MATCHSTATE:0:7:r300c/cr20000c//:AsAh|KsKh/2c7d9h/3s/4s").empty());
  CHECK_FALSE(client.in_hand());
  CHECK(client.score().hands == 1);
  CHECK(client.score().sum == 20'000);
  CHECK(says("MATCHSTATE:1:8::|AsAh") == "MATCHSTATE:1:8::|AsAh:c\r\n");
  CHECK(says("MATCHSTATE:1:8:cr200:|AsAh") == "MATCHSTATE:1:8:cr200:|AsAh:c\r\n");
  CHECK(says("MATCHSTATE:1:8:cr200f:|AsAh").empty());
  CHECK(client.score().sum == 19'900);
}

TEST_CASE("acpc_client: lines that do not fit are refused with what and where") {
  const auto code = [](std::initializer_list<const char*> lines) {
    AcpcClient client = make_client();
    std::string last;
    for (const char* const line : lines) {
      const auto reply = client.answer(line);
      last = reply ? std::string() : reply.error().code;
    }
    return last;
  };
  CHECK(code({"HELLO"}) == "bad_line");
  CHECK(code({"MATCHSTATE:2:0::AsAh|"}) == "bad_line");
  CHECK(code({"MATCHSTATE:0:0:r99999999999:AsAh|"}) == "bad_betting");
  CHECK(code({"MATCHSTATE:0:0::|"}) == "bad_cards");
  CHECK(code({"MATCHSTATE:0:0:r300:AsAh|", "MATCHSTATE:0:0:r400:AsAh|"}) == "bad_betting");
  CHECK(code({"MATCHSTATE:0:0:r300:AsAh|", "MATCHSTATE:1:0:r300:|AsAh"}) == "bad_line");
}

TEST_CASE("play: words and amounts, and what is wrong with others") {
  const BettingRules rules = no_limit_holdem_rules(2, 400, 1, 2);
  const BettingState state(rules);  // the button, 1 to call
  const auto action = [&](const char* text) {
    const TypedLine typed = read_typed(state, text);
    CAPTURE(text);
    CHECK(typed.kind == Typed::action);
    return typed.action;
  };
  CHECK(action(" F ") == BetAction{'f', 0});
  CHECK(action("call") == BetAction{'c', 0});
  CHECK(action("r7") == BetAction{'r', 7});
  CHECK(action("raise to 7") == BetAction{'r', 7});
  CHECK(action("7") == BetAction{'r', 7});
  CHECK(action("+5") == BetAction{'r', 7});
  CHECK(action("a") == BetAction{'r', 400});
  CHECK(read_typed(state, "h").kind == Typed::hint);
  for (const char* const text :
       {"", "check", "r", "r3", "r401", "r99999999999", "+2147483647", "x"}) {
    CAPTURE(text);
    const TypedLine typed = read_typed(state, text);
    CHECK(typed.kind == Typed::wrong);
    CHECK(typed.reason.find("you may fold (f), call 1 (c), raise to 4 .. 400") !=
          std::string::npos);
  }
}
