#include <doctest/doctest.h>

#include <cmath>
#include <weir/segmentation/table.hpp>

using namespace weir::segmentation;

TEST_CASE("table: a column knows its entries, its nulls and its constants") {
  Table table;
  Column& numbers = table.add("x", ColumnType::float64);
  numbers.add(1.5);
  CHECK(!numbers.is_null(0));
  numbers.add_null();
  numbers.add(2.5);
  CHECK(numbers.entries() == 3);
  CHECK(!numbers.is_null(0));
  CHECK(numbers.is_null(1));
  CHECK(!numbers.is_null(2));
  Column& words = table.add("w", ColumnType::text, true);
  words.add(std::string_view("one for all"));
  CHECK(words.text(0) == "one for all");
  CHECK(words.text(77) == "one for all");
  CHECK(std::isnan(words.number(0)));
}

TEST_CASE("table: removing and clearing keep the others") {
  Table table;
  table.add("a", ColumnType::int64).add(std::int64_t{1});
  table.add("b", ColumnType::int64).add(std::int64_t{2});
  table.add("c", ColumnType::int64).add(std::int64_t{3});
  CHECK(table.remove("a"));
  CHECK(!table.remove("a"));
  REQUIRE(table.size() == 2);
  CHECK(table[0].name == "b");
  CHECK(table[1].integer(0) == 3);
  CHECK(table.find("a") == nullptr);
  table.clear();
  CHECK(table.size() == 0);
  Column& again = table.add("d", ColumnType::text);
  CHECK(again.entries() == 0);
  CHECK(again.valid.empty());
}
