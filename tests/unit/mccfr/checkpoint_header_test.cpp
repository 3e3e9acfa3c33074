// Headers of checkpoints that say what no run says: each is refused with a reason before anything is made by it.
#include <doctest/doctest.h>

#include <cstdint>
#include <fstream>
#include <nlohmann/json.hpp>
#include <string>
#include <unit/platform/temporary_directory.hpp>
#include <weir/mccfr/checkpoint.hpp>
#include <weir/mccfr/training_game.hpp>

#include "loaded.hpp"

namespace weir::mccfr::checkpoint_header_test {

using nlohmann::json;

/// As a run of Kuhn writes it.
json good_header() {
  return json::parse(
      R"({"entries":96,"game":{"name":"kuhn"},"regret_bytes":8,"sum_bytes":8,"undo_entries":0,
    "rules":{"algorithm":"es","batch":0,"discount":"linear","discount_interval":1000,"exploration":0.6,"mode":"fast",
             "prune_below":-3e8,"prune_probability":0.95,"pruning":false,"seed":3},
    "state":{"discounts":5,"iterations":5000,"nodes":10110,"traversals":5000,"value_sum":-59.5},
    "undone":{"discounts":5,"iterations":5000,"nodes":10110,"traversals":5000,"value_sum":-59.5}})");
}

void write(const std::string& path, const json& header) {
  const std::string text = header.dump();
  const auto size = static_cast<std::uint32_t>(text.size());
  std::ofstream out(path, std::ios::binary);
  out << "weirmccf";
  out.write(reinterpret_cast<const char*>(&checkpoint_version), sizeof checkpoint_version);
  out.write(reinterpret_cast<const char*>(&size), sizeof size);
  out << text << std::string(4096, '\0');
}

Result<CheckpointHeader> read(const json& header) {
  const test::TemporaryDirectory folder;
  const std::string path = folder.path() + "/kept";
  write(path, header);
  return read_checkpoint_header(path);
}

TEST_CASE("checkpoint header: numbers that no run has are refused") {
  REQUIRE(read(good_header()));
  const auto refused = [](const char* pointer, const json& value, const char* code = "corrupt") {
    json header = good_header();
    header[json::json_pointer(pointer)] = value;
    INFO(pointer << " " << value.dump());
    const auto got = read(header);
    REQUIRE(!got);
    CHECK(got.error().code == code);
    CHECK(got.error().where.find("kept, byte") != std::string::npos);
  };
  for (const char* number : {"/entries", "/regret_bytes", "/undo_entries", "/rules/seed",
                             "/rules/batch", "/state/iterations", "/undone/nodes"}) {
    for (const json& value : {json(1e57), json(0.5), json(-1), json("7"), json()})
      refused(number, value);
  }
  refused("/sum_entries", 97);
  refused("/sum_entries", -1);
  refused("/rules/average_rounds", 0.5);
  refused("/rules", 7);
  refused("/state", json::array());
  refused("/rules/batch", batch_max + 1);
  refused("/rules/discount_interval", 0);
  refused("/rules/exploration", 0);
  refused("/rules/exploration", 1.5);
  refused("/rules/prune_probability", -0.1);
  // The next discount must lie ahead.
  refused("/state/discounts", 6);
  refused("/state/discounts", 3);
  refused("/undone/discounts", 0);
  // Rows that the file cannot hold.
  const json lazy = {{"nodes", 4}, {"children", 8}, {"rows", 4}, {"words", 64}};
  json header = good_header();
  header["lazy"] = lazy;
  CHECK(read(header));
  for (const auto& [key, most] : {std::pair{"nodes", 4096 / 3},
                                  {"rows", 4096 / 8},
                                  {"words", 1024},
                                  {"children", 4 * actions_max}}) {
    json more = lazy;
    more[key] = most;
    header["lazy"] = more;
    INFO(key);
    CHECK(read(header));
    for (const std::uint64_t beyond :
         {static_cast<std::uint64_t>(most) + 1, std::uint64_t{1} << 63}) {
      more[key] = beyond;
      refused("/lazy", more, "truncated");
    }
  }
}

TEST_CASE("checkpoint header: games that cannot be are refused") {
  for (const char* game :
       {R"({})", R"([])", R"({"name":7})", R"({"name":"kuhn","players":1e9})",
        R"({"name":"kuhn","players":-3})", R"({"name":"kuhn","players":2.5})",
        R"({"name":"kuhn","rake":{"percent":5,"cap":2000000000}})",
        R"({"name":"kuhn","rake":{"percent":5,"cap":1e57}})",
        R"({"name":"kuhn","rake":{"percent":101}})", R"({"name":"nolimit","stack":1e57})",
        R"({"name":"nolimit","stack":-4})", R"({"name":"nolimit","blinds":[1,1e30]})",
        R"({"name":"nolimit","buckets":[169,8,8,4294967297]})",
        R"({"name":"nolimit","ante":0.5})"}) {
    INFO(game);
    const auto made = make_game(game);
    REQUIRE(!made);
    CHECK(!made.error().what.empty());
  }
}

TEST_CASE("checkpoint header: a game larger than its table is refused before it is made") {
  const test::TemporaryDirectory folder;
  const std::string path = folder.path() + "/kept";
  json header = good_header();
  // Some millions of states.
  header["game"] = json::parse(R"({"name":"nolimit","stack":4000,"bets":"50%,100%,200%,a"})");
  for (const std::uint64_t entries : {96ULL, 1ULL << 40}) {
    header["entries"] = entries;
    write(path, header);
    const auto loaded = load_checkpoint(path);
    REQUIRE(!loaded);
    CHECK(loaded.error().code == "abstraction");
    CHECK(loaded.error().where == path);
    CHECK(loaded.error().what == "its game has more entries than its table");
  }
}

}  // namespace weir::mccfr::checkpoint_header_test
