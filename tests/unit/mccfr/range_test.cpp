// Ranges from text and back, and files of reach probabilities.
#include <doctest/doctest.h>

#include <algorithm>
#include <cstdlib>
#include <weir/file.hpp>
#include <weir/mccfr/range.hpp>

#include "support/tier.hpp"

using namespace weir::mccfr;

namespace {

/// Hands with a weight, and their sum.
std::pair<int, double> size_of(std::string_view text) {
  const auto range = parse_range(text);
  REQUIRE_MESSAGE(range.ok(), std::string(text));
  int hands = 0;
  for (const float weight : range.value()) hands += weight != 0 ? 1 : 0;
  return {hands, weight_of(range.value())};
}

int hands_in(std::string_view text) { return size_of(text).first; }

float weight_in(std::string_view text, std::string_view hand) {
  return parse_range(text).value()[parse_hand(hand).value()];
}

std::string refusal(std::string_view text) {
  const auto range = parse_range(text);
  REQUIRE_FALSE(range.ok());
  CHECK(range.error().code == "bad_range");
  return range.error().where;
}

}  // namespace

TEST_CASE("range: each kind of item has its hands") {
  CHECK(hands_in("AA") == 6);
  CHECK(hands_in("AK") == 16);
  CHECK(hands_in("AKs") == 4);
  CHECK(hands_in("AKo") == 12);
  CHECK(hands_in("AsKd") == 1);
  CHECK(hands_in("TT+") == 5 * 6);
  CHECK(hands_in("22+") == 13 * 6);
  CHECK(hands_in("AA+") == 6);
  CHECK(hands_in("ATs+") == 4 * 4);
  CHECK(hands_in("AT+") == 4 * 16);
  CHECK(hands_in("32o+") == 12);
  CHECK(hands_in("QQ-88") == 5 * 6);
  CHECK(hands_in("88-QQ") == 5 * 6);
  CHECK(hands_in("A9s-A6s") == 4 * 4);
  CHECK(hands_in("98o-65o") == 4 * 12);
  CHECK(hands_in("T8-64") == 5 * 16);
  CHECK(hands_in("AA-AA") == 6);
  CHECK(weight_in("98o-65o", "7d6c") == 1);
  CHECK(weight_in("98o-65o", "7d6d") == 0);
  CHECK(weight_in("KA", "AsKd") == 1);
}

TEST_CASE("range: weights, and later items override") {
  CHECK(size_of("AA:0.5,KK:0.25") == std::pair{12, 4.5});
  CHECK(weight_in("AA,AsAh:0.25", "AhAs") == 0.25F);
  CHECK(weight_in("AA,AsAh:0.25", "AdAs") == 1);
  CHECK(weight_in("AsAh:0.25,AA", "AhAs") == 1);
  CHECK(hands_in("22+,TT-77:0") == 9 * 6);
  CHECK(size_of(" AA : 0.5 ,\n KQs ") == std::pair{10, 7.0});
  CHECK(hands_in("AA:1e-60") == 0);
}

TEST_CASE("range: the published subgame's ranges are read") {
  const std::string_view oop =
      "AA,KK,QQ,JJ,TT,99:0.75,88:0.75,77:0.5,66:0.25,55:0.25,AK,AQs,AQo:0.75,AJs,AJo:0.5,ATs:0.75";
  CHECK(size_of(oop) ==
        std::pair{10 * 6 + 16 + 4 + 12 + 4 + 12 + 4, 30 + 6 * 2.5 + 16 + 4 + 9 + 4 + 6 + 3.0});
}

TEST_CASE("range: what is none is told with its column") {
  CHECK(refusal("") == "column 1");
  CHECK(refusal("AA,") == "column 4");
  CHECK(refusal("AA,,KK") == "column 4");
  CHECK(refusal("AA,KX") == "column 4");
  CHECK(refusal("AA, AKx") == "column 5");
  CHECK(refusal("AAs") == "column 1");
  CHECK(refusal("AKs-AK") == "column 1");
  CHECK(refusal("AKs-QTs") == "column 1");
  CHECK(refusal("AA-K9") == "column 1");
  CHECK(refusal("AsAs") == "column 1");
  CHECK(refusal("AsK") == "column 1");
  CHECK(refusal("AA:1.5") == "column 4");
  CHECK(refusal("AA:-0.5") == "column 4");
  CHECK(refusal("AA:nan") == "column 4");
  CHECK(refusal("KK,AA:") == "column 7");
  CHECK(refusal("AA:0.5:0.5") == "column 4");
  CHECK(refusal("AA:1e99") == "column 4");
  CHECK(refusal("AA++") == "column 1");
  CHECK(refusal("+") == "column 1");
  CHECK(refusal("-") == "column 1");
}

TEST_CASE("range: text back is the same range") {
  CHECK(range_text(parse_range("KK,AKo:0.5,AKs:0.5,QJs").value()) == "AK:0.5,KK,QJs");
  CHECK(range_text(parse_range("AA,AsAh:0").value()) == "AsAd,AsAc,AhAd,AhAc,AdAc");
  CHECK(range_text(Range{}).empty());
  weir::test::Random random(weir::test::seed(31));
  for (int i = 0; i < 200; ++i) {
    Range range{};
    for (Hand hand = 0; hand < hand_count; ++hand) {
      // Few kinds are mixed, so that all ways of writing are met.
      const auto kind = static_cast<std::uint64_t>(kind_of(hand));
      const std::uint64_t value = weir::test::mix(kind * 1000 + static_cast<std::uint64_t>(i));
      range[hand] = value % 4 == 0 ? static_cast<float>(random.below(1000)) / 999
                                   : static_cast<float>(value % 5) / 4;
    }
    if (weight_of(range) == 0) continue;
    REQUIRE(parse_range(range_text(range)).value() == range);
  }
}

TEST_CASE("range: cards of the board leave it") {
  const Range range = parse_range("AA,KK").value();
  const Range left = without(range, set_of(parse_cards("AsKd").value()));
  CHECK(weight_of(left) == 6);
  CHECK(left[parse_hand("AsAd").value()] == 0);
}

TEST_CASE("range: reaches are read in their order, and refused with their number") {
  std::string text;
  for (int i = 0; i < 2652; ++i) text += std::to_string(i) + (i % 7 == 0 ? "\n" : " ");
  const auto ranges = parse_reaches(text, "file").value();
  CHECK(ranges[0][parse_hand("2s2h").value()] == 0);
  CHECK(ranges[0][parse_hand("2s2d").value()] == 1);
  CHECK(ranges[0][parse_hand("2s2c").value()] == 2);
  CHECK(ranges[0][parse_hand("2s3s").value()] == 3);
  CHECK(ranges[0][parse_hand("2h2d").value()] == 51);
  CHECK(ranges[0][parse_hand("AdAc").value()] == 1325);
  CHECK(ranges[1][parse_hand("2s2h").value()] == 1326);
  CHECK(parse_reaches(text + " 1", "f").error().where == "f: number 2653");
  CHECK(parse_reaches("0 1 x", "f").error().where == "f: number 3");
  CHECK(parse_reaches("0 -1", "f").error().where == "f: number 2");
  CHECK(parse_reaches("0 inf", "f").error().where == "f: number 2");
  CHECK(parse_reaches("0 1", "f").error().where == "f: number 3");
  CHECK(parse_reaches("", "f").error().code == "bad_reaches");
  CHECK(read_reaches("/nowhere/at/all").error().code == "not_found");
}

TEST_CASE("range: the reaches of published endgames leave out the board's cards") {
  const char* given = std::getenv("WEIR_TEST_DATA");
  const std::string folder =
      std::string(given != nullptr ? given : "../shared/data") + "/endgames/";
  for (const auto& [file, board] :
       {std::pair{"river_3.reaches", "4s8hTc9h2s"}, std::pair{"river_4.reaches", "JsKs5cQs7d"}}) {
    if (!weir::stat_file(folder + file).ok()) {
      MESSAGE("SKIP: no " << folder << std::string(file) << "; set WEIR_TEST_DATA");
      return;
    }
    const auto ranges = read_reaches(folder + file);
    REQUIRE(ranges.ok());
    const CardSet blocked = set_of(parse_cards(board).value());
    for (const Range& range : ranges.value()) {
      CHECK(weight_of(range) > 1);
      CHECK(without(range, blocked) == range);
    }
  }
}
