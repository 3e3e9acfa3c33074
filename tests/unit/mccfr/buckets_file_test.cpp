// Files of buckets: written, read, refused; made street by street; and trained with.
#include <doctest/doctest.h>
#include <xxhash.h>

#include <cstring>
#include <memory>
#include <nlohmann/json.hpp>
#include <support/program.hpp>
#include <unit/platform/temporary_directory.hpp>
#include <weir/mccfr/bucket_file.hpp>
#include <weir/mccfr/bucketing.hpp>
#include <weir/runtime.hpp>

#include "support/tier.hpp"

namespace weir::mccfr::abstraction::file_test {

using nlohmann::json;
using weir::test::Answer;
using weir::test::content_of;
using weir::test::says;
using weir::test::TemporaryDirectory;

namespace {

/// A street with buckets by a formula: quick to make, and easy to tell.
StreetBuckets formula_street(const BucketPlan& plan, int round, std::size_t factor) {
  StreetBuckets made;
  made.plan = street_text(plan, round);
  made.count = plan.streets[static_cast<std::size_t>(round)].count;
  const std::size_t classes = hand_index(round).size();
  made.table.resize(classes * bucket_bytes(made.count));
  const BucketTableWriter table(made.table.data(), made.count);
  for (std::size_t i = 0; i < classes; ++i)
    table.set(i, static_cast<std::uint16_t>(i * factor % static_cast<std::size_t>(made.count)));
  std::vector<std::uint8_t> rows(static_cast<std::size_t>(made.count) * 8);
  for (std::size_t k = 0; k < rows.size(); ++k) rows[k] = static_cast<std::uint8_t>(k * 31);
  made.ground = ground_of_rows(8, std::move(rows));
  made.scale = 0.001;
  made.distortion = 0.125;
  made.used = made.count;
  return made;
}

/// With that checksum a changed file is believed as far as it can be.
std::string with_sum(std::string bytes) {
  const std::size_t end = bytes.size() - 8;
  const std::uint64_t sum = XXH3_64bits(bytes.data(), end);
  std::memcpy(bytes.data() + end, &sum, 8);
  return bytes;
}

std::string replaced(std::string text, const std::string& from, const std::string& to) {
  const std::size_t at = text.find(from);
  REQUIRE(at != std::string::npos);
  return text.replace(at, from.size(), to);
}

Answer run_mccfr(const TemporaryDirectory& folder, const std::string& arguments,
                 bool with_stderr = true) {
  return weir::test::run_line(
      folder.path(), "'" + weir::test::program_path("weir-mccfr") + "' " + arguments, with_stderr);
}

std::string code_of(const Answer& answer) {
  const json document = json::parse(answer.out, nullptr, false);
  if (!document.is_object() || !document.contains("error") || !document["error"].is_object())
    return answer.out;
  return document["error"]["code"].get<std::string>();
}

BucketPlan small_plan() {
  BucketPlan plan;
  plan.streets = {StreetPlan{BucketMethod::emd, 12},
                  {BucketMethod::potential, 40},
                  {BucketMethod::emd, 40},
                  {BucketMethod::ochs, 32}};
  plan.samples = 2000;
  plan.restarts = 1;
  plan.iterations = 5;
  return plan;
}
constexpr const char* small_options =
    "buckets --json --quiet --preset C --samples 2000 --restarts 1 --iterations 5 --workers 2 ";

/// A file with all streets; `factor` makes another.
void put_whole(const std::string& path, std::size_t factor) {
  const BucketPlan plan = small_plan();
  std::array<StreetBuckets, 4> streets;
  std::array<const StreetBuckets*, 4> all{};
  for (std::size_t r = 0; r < 4; ++r) {
    streets[r] = formula_street(plan, static_cast<int>(r), factor);
    all[r] = &streets[r];
  }
  REQUIRE(write_bucket_file(path, all).ok());
}

}  // namespace

TEST_CASE("buckets: a file gives back what was written, in one byte a class or in two") {
  const TemporaryDirectory folder;
  const std::string path = folder / "cards.buckets";
  BucketPlan plan;
  for (const int flop : {256, 257, 1000}) {
    plan.streets[1].count = flop;
    const StreetBuckets preflop = formula_street(plan, 0, 5), made = formula_street(plan, 1, 7);
    REQUIRE(write_bucket_file(path, {&preflop, &made, nullptr, nullptr}).ok());
    const auto read = BucketFile::read(path);
    REQUIRE(read.ok());
    const BucketFile& file = *read.value();
    CHECK(file.has(0));
    CHECK(file.has(1));
    CHECK(!file.has(2));
    CHECK(file.abstraction().empty());
    CHECK(file.count(1) == flop);
    const StreetBuckets back = file.street(1);
    CHECK(back.plan == made.plan);
    CHECK(back.table == made.table);
    CHECK(back.ground.rows == made.ground.rows);
    CHECK(back.ground.distances == made.ground.distances);
    CHECK(back.distortion == made.distortion);
    CHECK(file.table(1)[1'286'791] == 1'286'791ULL * 7 % static_cast<unsigned>(flop));
    const std::string bytes = content_of(path);
    REQUIRE(write_bucket_file(path, {&preflop, &made, nullptr, nullptr}).ok());
    CHECK(content_of(path) == bytes);
    CHECK(BucketFile::read_whole(path).error().code == "truncated");
  }
}

TEST_CASE("buckets: files that are damaged are refused, each with its code and place") {
  const TemporaryDirectory folder;
  const std::string path = folder / "cards.buckets";
  const StreetBuckets preflop = formula_street(small_plan(), 0, 5);
  REQUIRE(write_bucket_file(path, {&preflop, nullptr, nullptr, nullptr}).ok());
  const std::string good = content_of(path);
  const auto refusal = [&](const std::string& bytes) {
    const auto read = BucketFile::read(folder.put("bad", bytes));
    if (read.ok()) return std::string("taken");
    CHECK(read.error().where.find("/bad, byte ") != std::string::npos);
    return read.error().code;
  };
  CHECK(refusal(good) == "taken");
  CHECK(BucketFile::read(folder / "nothing").error().code == "not_found");
  for (std::size_t n = 0; n < good.size(); n += n < 24 ? 1 : 13)
    CHECK(refusal(good.substr(0, n)) == "truncated");
  CHECK(refusal(good + "x") == "corrupt");
  CHECK(refusal("not a bucket file at all") == "corrupt");
  std::string other = good;
  other[8] = 2;
  CHECK(refusal(with_sum(other)) == "version");
  for (std::size_t at = 16; at < good.size(); at += 97) {
    other = good;
    other[at] = static_cast<char>(other[at] ^ 4);
    CHECK(refusal(other) != "taken");
  }
  // With a sum that is right again, what is said must still be possible.
  CHECK(refusal(with_sum(replaced(good, "\"width\":8", "\"width\":9"))) == "corrupt");
  CHECK(refusal(with_sum(replaced(good, "\"count\":12,\"distortion\"",
                                  "\"count\":-2,\"distortion\""))) == "corrupt");
  CHECK(refusal(with_sum(replaced(good, "\"used\":12", "\"used\":{}"))) == "corrupt");
  CHECK(refusal(with_sum(replaced(good, "\"streets\"", "\"strxxts\""))) == "corrupt");
  const std::size_t table =
      (16 + static_cast<unsigned char>(good[12]) +
       256 * static_cast<std::size_t>(static_cast<unsigned char>(good[13])) + 63) /
      64 * 64;
  other = good;
  other[table + 100] = 12;  // there are 0 to 11
  CHECK(refusal(with_sum(other)) == "corrupt");
  other[table + 100] = 11;
  CHECK(refusal(with_sum(other)) == "taken");
}

TEST_CASE("buckets: dealt hands have the buckets of their classes") {
  const TemporaryDirectory folder;
  put_whole(folder / "cards.buckets", 7);
  const auto file = BucketFile::read_whole(folder / "cards.buckets");
  REQUIRE(file.ok());
  CHECK(file.value()->abstraction().size() == 64);
  const CardBuckets buckets = CardBuckets::of(file.value());
  weir::test::Random random(weir::test::seed(71));
  for (int i = 0; i < 3000; ++i) {
    std::array<Card, 9> cards{};
    CardSet taken = 0;
    for (Card& card : cards) {
      do card = static_cast<Card>(random.below(card_count));
      while (has(taken, card));
      taken |= set_of(card);
    }
    const std::array<Hand, 2> hands{hand_of(cards[0], cards[1]), hand_of(cards[2], cards[3])};
    const auto board = std::span<const Card>(cards).subspan(4).first<5>();
    SeenDeal deal;
    buckets.see(hands, board, deal);
    for (std::size_t player = 0; player < 2; ++player) {
      for (std::size_t round = 0; round < 4; ++round) {
        const auto seen = board.first(round == 0 ? 0 : round + 2);
        const SuitSet hole = suit_set_of(cards[2 * player]) | suit_set_of(cards[2 * player + 1]);
        const std::uint32_t at = hand_index(static_cast<int>(round)).index(hole, suit_set_of(seen));
        REQUIRE(deal.buckets[player][round] ==
                std::uint64_t{at} * 7 %
                    static_cast<unsigned>(buckets.count(static_cast<int>(round))));
        REQUIRE(buckets.bucket(hands[player], seen) == deal.buckets[player][round]);
      }
    }
    const auto rank = [&](Hand hand) {
      return hand_ranks()(PartialHand(std::span<const Card>(board)) + PartialHand(hand));
    };
    REQUIRE(deal.ranks[0] == rank(hands[0]));
    REQUIRE(deal.ranks[1] == rank(hands[1]));
  }
}

TEST_CASE("buckets: a strategy is trained, measured and gone on with by its own file alone") {
  if (!weir::test::full()) {
    MESSAGE("SKIP: takes a minute; in the long tier");
    return;
  }
  if (weir::test::program_path("weir-mccfr").empty()) return;
  const TemporaryDirectory folder;
  put_whole(folder / "one.buckets", 7);
  put_whole(folder / "two.buckets", 11);
  const std::string train =
      "train --json --quiet --game nolimit --workers 1 --seed 3 "
      "--response-deals 0 --out run ";
  const json first =
      json::parse(run_mccfr(folder, train + "--iters 2000 --buckets-file one.buckets", false).out);
  CHECK(first["error"] == nullptr);
  CHECK(first["iterations"] == 2000);
  const auto again = [&](const std::string& more) {
    return run_mccfr(folder, train + "--iters 4000 --resume " + more, false);
  };
  CHECK(code_of(again("--buckets-file two.buckets")) == "abstraction");
  CHECK(code_of(again("")) == "abstraction");
  CHECK(code_of(again("--buckets-file one.buckets --buckets 12,40,40,31")) == "abstraction");
  std::filesystem::rename(folder / "one.buckets", folder / "moved.buckets");
  CHECK(code_of(again("--buckets-file one.buckets")) == "not_found");
  const std::string exploit = "exploit run/latest --json --quiet --response-deals 2000 ";
  const Answer moved = run_mccfr(folder, exploit, false);
  CHECK(code_of(moved) == "not_found");
  CHECK(says(moved, "--buckets-file"));
  // Whoever is at the dealer's place is asked before cards are made.
  CHECK(code_of(run_mccfr(folder, "acpc run/latest --host 127.0.0.1 --port 1 --json", false)) ==
        "unreachable");
  CHECK(code_of(run_mccfr(folder, exploit + "--buckets-file two.buckets", false)) == "abstraction");
  const json rest = json::parse(again("--buckets-file moved.buckets").out);
  CHECK(rest["iterations"] == 4000);
  const json measured =
      json::parse(run_mccfr(folder, exploit + "--buckets-file moved.buckets", false).out);
  CHECK(measured["method"] == "lower_bound");
  const Answer whole =
      run_mccfr(folder,
                "train --json --quiet --game nolimit --workers 1 --seed 3 --response-deals 0 "
                "--iters 4000 --buckets-file moved.buckets",
                false);
  CHECK(json::parse(whole.out)["table_sha256"] == rest["table_sha256"]);
  CHECK(run_mccfr(folder, "export run/latest --out s.json").exit == 0);  // needs no cards
}

TEST_CASE("buckets: streets that are done are kept, and the rest is made") {
  if (!weir::test::full()) {
    MESSAGE("SKIP: takes a minute; in the long tier");
    return;
  }
  if (weir::test::program_path("weir-mccfr").empty()) return;
  const TemporaryDirectory folder;
  const std::string path = folder / "cards.buckets";
  const BucketPlan plan = small_plan();
  std::array<StreetBuckets, 4> streets;
  std::array<const StreetBuckets*, 4> done{};
  for (std::size_t r = 1; r < 4; ++r) {
    streets[r] = formula_street(plan, static_cast<int>(r), 7);
    done[r] = &streets[r];
  }
  REQUIRE(write_bucket_file(path, done).ok());
  const std::string command = small_options + std::string("--out cards.buckets ");
  const json made = json::parse(run_mccfr(folder, command, false).out);
  REQUIRE(made["error"] == nullptr);
  const auto file = BucketFile::read_whole(path);
  REQUIRE(file.ok());
  CHECK(made["abstraction"] == file.value()->abstraction());
  for (std::size_t r = 0; r < 4; ++r) {
    CHECK(made["streets"][r]["resumed"] == (r > 0));
    CHECK(made["streets"][r]["count"] == plan.streets[r].count);
    if (r > 0) CHECK(file.value()->street(static_cast<int>(r)).table == streets[r].table);
  }
  CHECK(made["streets"][0]["distortion"].get<double>() > 0);
  CHECK(made["streets"][0]["used"] == 12);
  const auto preflop = [&](std::string_view text) {
    const HandCards cards = cards_of(parse_hand(text).value());
    return file.value()->table(
        0)[hand_index(0).index(suit_set_of(cards.low) | suit_set_of(cards.high), 0)];
  };
  CHECK(preflop("AsAh") == 11);
  CHECK(preflop("3s2h") < 2);
  CHECK(preflop("8s2h") < preflop("JsTs"));
  // Nothing to do: nothing is changed. Another plan: its street is made anew, and all that hang on it.
  const std::string bytes = content_of(path);
  CHECK(run_mccfr(folder, command).exit == 0);
  CHECK(content_of(path) == bytes);
  const json other = json::parse(run_mccfr(folder, command + "--k-preflop 13", false).out);
  CHECK(other["streets"][0]["resumed"] == false);
  CHECK(other["streets"][1]["resumed"] == true);
  CHECK(other["abstraction"] != made["abstraction"]);
}

TEST_CASE("buckets: mistakes in what is asked for are exit 2") {
  if (weir::test::program_path("weir-mccfr").empty()) return;
  const TemporaryDirectory folder;
  const auto refused = [&](const std::string& arguments, const std::string& words) {
    CAPTURE(arguments);
    const Answer answer = run_mccfr(folder, "buckets " + arguments);
    CAPTURE(answer.out);
    CHECK(answer.exit == 2);
    CHECK(says(answer, words));
  };
  refused("", "--out");
  refused("--out x --preset D", "--preset");
  refused("--out x --buckets 169,200", "four numbers");
  refused("--out x --buckets 170,200,200,200", "preflop");
  refused("--out x --turn ochs", "turn");
  refused("--out x --river wonder", "there is no method");
  refused("--out x --samples 5", "--samples");
  folder.put("original.yaml",
             "bucket:\n  num_players: 9\n  k_preflop: 24\nmccfr:\n  num_iterations: 5000000\n");
  refused("--out x --config original.yaml", "original.yaml:2");
  folder.put("bad.yaml", "bucket:\n  k_flip: 24\n");
  refused("--out x --config bad.yaml", "the nearest is k-flop");
}

TEST_CASE("buckets: an interrupted run goes on to the same bytes, for any number of workers") {
  if (weir::test::program_path("weir-mccfr").empty()) return;
  if (!weir::test::full() || weir::test::sanitized) {
    MESSAGE("SKIP: a flop takes some seconds, several times: WEIR_FULL=1");
    return;
  }
  const TemporaryDirectory folder;
  const BucketPlan plan = small_plan();
  const StreetBuckets turn = formula_street(plan, 2, 7), river = formula_street(plan, 3, 7);
  const auto begin = [&](const char* name) {
    REQUIRE(write_bucket_file(folder / name, {nullptr, nullptr, &turn, &river}).ok());
  };
  begin("whole.buckets");
  const json whole =
      json::parse(run_mccfr(folder, small_options + std::string("--out whole.buckets"), false).out);
  REQUIRE(whole["error"] == nullptr);
  begin("parts.buckets");
  const std::string command =
      "buckets --json --quiet --preset C --samples 2000 --restarts 1 --iterations 5 "
      "--out parts.buckets --workers ";
  const std::string before = content_of(folder / "parts.buckets");
  const auto interrupted = [&](const char* workers, const char* seconds) {
    static_cast<void>(weir::test::run_line(folder.path(),
                                           "(timeout --foreground -s INT " + std::string(seconds) +
                                               " '" + weir::test::program_path("weir-mccfr") +
                                               "' " + command + workers + " >part.json; true)",
                                           false));
    return json::parse(content_of(folder / "part.json"));
  };
  CHECK(interrupted("1", "1")["exit"] == 130);
  CHECK(content_of(folder / "parts.buckets") == before);
  static_cast<void>(interrupted("4", "8"));
  CHECK(run_mccfr(folder, command + "3").exit == 0);
  CHECK(content_of(folder / "parts.buckets") == content_of(folder / "whole.buckets"));
}

TEST_CASE("buckets: on every street strong hands are told from weak ones") {
  if (weir::test::program_path("weir-mccfr").empty()) return;
  if (!weir::test::full() || weir::test::sanitized) {
    MESSAGE("SKIP: all streets take a minute: WEIR_FULL=1");
    return;
  }
  const TemporaryDirectory folder;
  const json made =
      json::parse(run_mccfr(folder, small_options + std::string("--out all.buckets"), false).out);
  REQUIRE(made["error"] == nullptr);
  const auto file = BucketFile::read_whole(folder / "all.buckets");
  REQUIRE(file.ok());
  const CardBuckets buckets = CardBuckets::of(file.value());
  const auto bucket = [&](std::string_view hand, std::string_view board) {
    return static_cast<int>(buckets.bucket(parse_hand(hand).value(), parse_cards(board).value()));
  };
  CHECK(bucket("AsAh", "") > bucket("7h2c", ""));
  CHECK(bucket("AsAh", "Ac9d4h") > 30);
  CHECK(bucket("7h2c", "AcKdQh") < 8);
  CHECK(bucket("AsAh", "Ac9d4h2s") > 30);
  CHECK(bucket("7h3c", "AcKdQh9s") < 8);
  CHECK(bucket("AsKs", "QsJsTs3d2c") == 31);
  CHECK(bucket("5h3c", "QsJsTh8d7c") < 4);
}

}  // namespace weir::mccfr::abstraction::file_test
