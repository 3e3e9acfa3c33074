// Hands as `query` asks for them: the bucket of one, and one of a bucket, without the buckets of all boards.
#include "example_hands.hpp"

#include <doctest/doctest.h>

using namespace weir;
using namespace weir::mccfr;

TEST_CASE("example hands: one of a bucket is in it, and no other board is made for that") {
  auto game = make_game(R"({"name":"nolimit","stack":20,"buckets":[169,20,20,20]})");
  REQUIRE(game.ok());
  constexpr std::string_view streets[] = {"preflop", "flop", "turn", "river"};
  for (int round = 0; round < 4; ++round) {
    for (const Bucket bucket : {Bucket{0}, Bucket{7}, Bucket{19}}) {
      const auto example = example_hand(*game.value(), round, bucket);
      REQUIRE(example.ok());
      REQUIRE(example.value().has_value());
      const auto part =
          private_part(*game.value(), round, example.value()->hand, example.value()->board);
      REQUIRE(part.ok());
      CHECK(part.value() == "b" + std::to_string(bucket) + ":" + std::string(streets[round]) + ":");
    }
  }
  CHECK(card_buckets(*game.value()) == nullptr);
}
