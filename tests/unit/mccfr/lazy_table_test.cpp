// Rows and states of betting that come with the first visit: one a set whoever came first, refusals counted.
#include <doctest/doctest.h>

#include <array>
#include <thread>
#include <vector>
#include <weir/mccfr/lazy_table.hpp>

using namespace weir;
using namespace weir::mccfr;

namespace {

const std::array<BetAction, 3> lazy_menu = {BetAction{'f', 0}, {'c', 0}, {'r', 6}};

}  // namespace

TEST_CASE("lazy table: a row is found again, and an empty one says nothing") {
  LazyTable table = LazyTable::make(LazySizes::of(10, 10, 100), 1).value();
  CHECK(table.children(0) == 0);
  const std::uint32_t first = table.expand(0, lazy_menu, 0);
  REQUIRE(first != 0);
  CHECK(table.children(0) == first);
  CHECK(table.actions(first) == 3);
  CHECK(table.action(first + 2) == BetAction{'r', 6});
  CHECK(table.parent(first + 1) == 0);
  CHECK(table.find(0, 7) == 0);
  const std::uint32_t row = table.claim(0, 7, 3, 0);
  CHECK(table.claim(0, 7, 3, 0) == row);
  CHECK(table.find(0, 7) == row);
  CHECK(table.find(first, 7) == 0);
  CHECK(table.key(row).bucket == 7);
  CHECK(table.key(row).actions == 3);
  double strategy[actions_max];
  table.strategy(row, 3, strategy);
  CHECK(strategy[1] == doctest::Approx(1.0 / 3));
  CHECK(lazy_rows(table).rows.empty());
  table.regrets(row)[1] = 5;
  table.strategy(row, 3, strategy);  // the current one, as long as there is no average
  CHECK(strategy[1] == 1);
  table.sums(row, 3)[2] = 5;
  table.strategy(row, 3, strategy);
  CHECK(strategy[2] == 1);
  const LazyRows list = lazy_rows(table);
  REQUIRE(list.rows.size() == 1);
  CHECK(list.nodes.size() == 1);
  CHECK(list.rows[0].row == row);
}

TEST_CASE("lazy table: the order of rows is not that of visits") {
  const auto filled = [](const std::vector<int>& buckets, bool deep_first) {
    LazyTable table = LazyTable::make(LazySizes::of(20, 20, 200), 1).value();
    const std::uint32_t first = table.expand(0, lazy_menu, 0);
    for (const std::uint32_t child : {deep_first ? 2U : 1U, deep_first ? 1U : 2U}) {
      table.expand(first + child, lazy_menu, 0);
      for (const int b : buckets)
        table.regrets(table.claim(first + child, static_cast<std::uint32_t>(b), 3, 0))[0] = b;
    }
    std::vector<std::pair<std::uint32_t, std::uint32_t>> order;
    for (const LazyRow& row : lazy_rows(table).rows) {
      order.emplace_back(row.rank, row.bucket);
      CHECK(table.regrets(row.row)[0] == static_cast<int>(row.bucket));
    }
    return order;
  };
  const auto one = filled({1, 2, 3}, false);
  CHECK(one.size() == 6);
  CHECK(filled({3, 1, 2}, true) == one);
}

TEST_CASE("lazy table: what has no room is refused and counted, and what is there stays") {
  LazyTable table = LazyTable::make({4, 64, 20}, 1).value();
  REQUIRE(table.expand(0, lazy_menu, 0) != 0);
  CHECK(table.expand(1, lazy_menu, 0) == 0);
  const std::uint32_t row = table.claim(0, 1, 3, 0);
  REQUIRE(row != 0);
  REQUIRE(table.claim(0, 2, 3, 0) != 0);
  for (int k = 0; k < 100; ++k) CHECK(table.claim(0, 3, 3, 0) == 0);
  CHECK(table.refused() == 101);
  CHECK(table.rows_used() == 2);
  CHECK(table.find(0, 1) == row);
  CHECK(table.find(0, 3) == 0);
}

TEST_CASE("lazy table: threads that come at once lose no row and no update") {
  constexpr std::uint32_t threads = 4, buckets = 500, rounds = 20;
  LazyTable table = LazyTable::make(LazySizes::of(2'000, 2'000, 40'000), threads).value();
  const auto visit = [&](std::uint32_t thread) {
    for (std::uint32_t k = 0; k < rounds * buckets; ++k) {
      const std::uint32_t first = table.expand(0, lazy_menu, thread);
      const std::uint32_t row = table.claim(first + k % 3, k % buckets, 3, thread);
      if (row != 0) add_entry(table.regrets(row)[0], 1);
    }
  };
  std::vector<std::thread> all;
  for (std::uint32_t t = 0; t < threads; ++t) all.emplace_back(visit, t);
  for (std::thread& thread : all) thread.join();
  CHECK(table.refused() == 0);
  std::int64_t total = 0;
  std::uint64_t rows = 0;
  table.each_row(0, table.slots(), [&](std::uint32_t row) {
    total += table.regrets(row)[0];
    ++rows;
  });
  CHECK(total == std::int64_t{threads} * rounds * buckets);
  CHECK(rows == 3 * buckets);
}
