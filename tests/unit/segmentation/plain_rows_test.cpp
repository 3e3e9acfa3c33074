// Rows of numbers that are read in one go, held against those that are read field by field.
#include "plain_rows.hpp"

#include <doctest/doctest.h>

#include <array>
#include <bit>
#include <charconv>
#include <cmath>
#include <cstring>
#include <limits>
#include <random>
#include <string>
#include <vector>
#include <weir/segmentation/csv.hpp>

using namespace weir::segmentation;

namespace {

/// Columns of numbers; with `note` one of text behind them, so that rows are read field by field.
std::optional<Reject> read_table(const std::string& text, bool note, Table& table) {
  ProcedureSpec spec;
  spec.name = "Test";
  spec.data = {{"V (V)", ValueType::float_unit}, {"I (A)", ValueType::float_unit}};
  if (note) spec.data.push_back({"note", ValueType::text});
  CsvNotes notes;
  return parse_csv(text, 0, 1, spec, false, table, notes);
}

std::string digits_of(std::mt19937_64& chance, int count) {
  std::string out;
  for (int k = 0; k < count; ++k) out += static_cast<char>('0' + chance() % 10);
  return out;
}

/// A number of up to 22 digits before the point and behind it, or a word that is no plain number and one all the same.
std::string number_of(std::mt19937_64& chance) {
  constexpr std::array<const char*, 12> odd = {
      "", "nan", " 1.5 ", "\"2.5\"", "+4", "1E5", "1e308", "1e999", "-1e-999", "inf", "-inf", ".5"};
  if (chance() % 40 == 0) return odd[chance() % odd.size()];
  if (chance() % 6 == 0) return "nan";
  std::string out = chance() % 2 == 0 ? "-" : "";
  out += digits_of(chance, 1 + static_cast<int>(chance() % (chance() % 8 == 0 ? 22 : 3)));
  if (chance() % 4 != 0)
    out += '.' + digits_of(chance, static_cast<int>(chance() % (chance() % 8 == 0 ? 22 : 10)));
  if (chance() % 3 == 0) out += (chance() % 2 == 0 ? "e-" : "e+") + digits_of(chance, 2);
  return out;
}

}  // namespace

TEST_CASE("plain_rows: tables are what they are field by field") {
  std::mt19937_64 chance(7);
  for (int turn = 0; turn < 60; ++turn) {
    std::string plain = "V (V),I (A)\n";
    std::string noted = "V (V),I (A),note\n";
    for (int row = 0; row < 400; ++row) {
      const std::string numbers = number_of(chance) + ',' + number_of(chance);
      const std::string end = turn % 3 == 0 ? "\r\n" : "\n";
      plain += numbers + end;
      noted += numbers + ",a" + end;
      const std::string between = chance() % 30 == 0   ? "# remark\n"
                                  : chance() % 30 == 0 ? "\n"
                                                       : "";
      plain += between;
      noted += between;
    }
    Table a, b;
    REQUIRE(!read_table(plain, false, a));
    REQUIRE(!read_table(noted, true, b));
    REQUIRE(a.rows == b.rows);
    for (std::size_t k = 0; k < 2; ++k) {
      REQUIRE(a[k].floats.size() == b[k].floats.size());
      for (std::size_t row = 0; row < a.rows; ++row) {
        REQUIRE(a[k].is_null(row) == b[k].is_null(row));
        const double x = a[k].floats[row];
        const double y = b[k].floats[row];
        const bool same = std::isnan(x)
                              ? std::isnan(y)
                              : std::bit_cast<std::uint64_t>(x) == std::bit_cast<std::uint64_t>(y);
        REQUIRE(same);
      }
    }
  }
}

TEST_CASE(
    "plain_rows: numbers are those of std::from_chars, and reading ends in front of what is none") {
  std::mt19937_64 chance(11);
  std::vector<double> first(1), second(1);
  const std::array<double*, 2> columns = {first.data(), second.data()};
  const std::string behind(2 * plain_slack, '0');
  std::size_t read_rows = 0;
  for (int turn = 0; turn < 40'000; ++turn) {
    const std::string a = number_of(chance);
    const std::string b = number_of(chance);
    const std::string row = a + ',' + b + '\n';
    const std::string text = row + behind;
    const PlainRows done = read_plain_rows(text.data(), text.data() + text.size(), columns, 1);
    if (done.rows == 0) {
      REQUIRE(done.stop == text.data());
      continue;
    }
    ++read_rows;
    REQUIRE(done.stop == text.data() + row.size());
    for (const auto& [word, value] : {std::pair(a, first[0]), std::pair(b, second[0])}) {
      if (word == "nan") {
        REQUIRE(std::isnan(value));
        continue;
      }
      double expected = 0;
      const auto result = std::from_chars(word.data(), word.data() + word.size(), expected);
      REQUIRE(result.ptr == word.data() + word.size());
      CAPTURE(word);
      REQUIRE(std::bit_cast<std::uint64_t>(value) == std::bit_cast<std::uint64_t>(expected));
    }
  }
  CHECK(read_rows > 10'000);
  for (const char* text :
       {"1,2,3\n", "1\n", "1,2x\n", "1,2 \n", "1,\n", "1;2\n", "1,2\r3\n", "1,1e\n", "-,1\n",
        "1,1e123\n", "1,nano\n", "#1,2\n", "\n1,2\n", "1e+,2\n", "1..2,3\n"}) {
    CAPTURE(text);
    const std::string whole = text + behind;
    CHECK(read_plain_rows(whole.data(), whole.data() + whole.size(), columns, 1).rows == 0);
  }
}

TEST_CASE("plain_rows: no byte behind the text is looked at") {
  double value = 0;
  const std::array<double*, 1> columns = {&value};
  for (std::size_t size = 0; size <= 2 * plain_slack; ++size) {
    std::vector<char> exact(size, '1');  // what watches over memory sees a byte beyond
    for (std::size_t k = 1; k < size; k += 2) exact[k] = '\n';
    const PlainRows done = read_plain_rows(exact.data(), exact.data() + size, columns, 1);
    CHECK(done.rows == (size >= plain_slack ? 1 : 0));
  }
}

TEST_CASE(
    "plain_rows: a refusal names line and byte behind many rows, and types that wait for a value "
    "are found") {
  std::string text = "V (V),I (A)\n";
  for (int row = 0; row < 1'000; ++row) text += "0.5,-1.25e-9\n";
  const std::size_t bad = text.size();
  Table table;
  const auto reject = read_table(text + "1,two\n" + text, false, table);
  REQUIRE(reject.has_value());
  CHECK(reject->reason == Reason::text_in_data);
  CHECK(reject->line == 1'002);
  CHECK(reject->byte == bad + 2);
  text = "V (V),seen\n";
  for (int row = 0; row < 300; ++row) text += row < 200 ? "1,\n" : "1,2\n";
  REQUIRE(!read_table(text, false, table));
  REQUIRE(table.rows == 300);
  CHECK(table[1].type == ColumnType::float64);
  CHECK(table[1].is_null(199));
  CHECK(!table[1].is_null(200));
  CHECK(table[1].floats[299] == 2.0);
}
