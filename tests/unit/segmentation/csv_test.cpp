#include <doctest/doctest.h>

#include <array>
#include <bit>
#include <charconv>
#include <cmath>
#include <random>
#include <set>
#include <weir/segmentation/csv.hpp>
#include <weir/segmentation/text.hpp>

using namespace weir::segmentation;

namespace {

ProcedureSpec spec_of(std::vector<TypedKey> data) {
  ProcedureSpec spec;
  spec.name = "Test";
  spec.data = std::move(data);
  return spec;
}

const ProcedureSpec volts = spec_of({{"V (V)", ValueType::float_unit}, {"n", ValueType::integer}});

std::optional<Reject> read(const std::string& text, Table& table, const ProcedureSpec& spec = volts,
                           bool only = false) {
  CsvNotes notes;
  return parse_csv(text, 0, 1, spec, only, table, notes);
}

}  // namespace

TEST_CASE("csv: typed columns, CRLF and LF, comments, blank lines, quotes") {
  Table table;
  REQUIRE(
      !read("V (V),n,more\r\n0.5,3,1\r\n# remark\r\n\r\n\"1.5\", 4 ,2\n+2.5,5.0,nan\r\n", table));
  REQUIRE(table.rows == 3);
  CHECK(table[0].floats == std::vector<double>{0.5, 1.5, 2.5});
  CHECK(table[1].integers == std::vector<std::int64_t>{3, 4, 5});
  CHECK(table[2].type == ColumnType::float64);
  CHECK(std::isnan(table[2].floats[2]));
}

TEST_CASE("csv: every number is the double nearest to its text, ties to even") {
  // Ties of 54 and 55 bits, those a hair beside them, the ends of what one operation can do, and made-up ones.
  std::vector<std::string> texts = {"0",
                                    "-0",
                                    "-0.0",
                                    ".5",
                                    "5.",
                                    "1e22",
                                    "1e23",
                                    "1e-22",
                                    "1e-23",
                                    "9007199254740992",
                                    "9007199254740993",
                                    "9007199254740993.0",
                                    "9007199254740993.001",
                                    "9007199254740995",
                                    "900719925474099.3",
                                    "18014398509481990",
                                    "18014398509481989",
                                    "18014398509481987e-3",
                                    "9223372036854775807",
                                    "9999999999999999999",
                                    "18446744073709551615",
                                    "18446744073709551616",
                                    "0.30000000000000004",
                                    "-0.07050000000000001",
                                    "1757018821.6358175",
                                    "2.2250738585072014e-308",
                                    "5e-324",
                                    "1.7976931348623157e308",
                                    "00000000000000000000001.5",
                                    "0.0000000000000000000015",
                                    "1E+05",
                                    "1e-007"};
  std::mt19937_64 chance(1);
  const auto digits = [&](std::size_t n) {
    std::string out;
    for (std::size_t k = 0; k < n; ++k) out += static_cast<char>('0' + chance() % 10);
    return out;
  };
  for (int k = 0; k < 60'000; ++k) {
    std::string text = chance() % 2 == 0 ? "-" : "";
    const std::size_t whole = chance() % 12;
    text += digits(whole);
    if (whole == 0 || chance() % 4 != 0) text += "." + digits((whole == 0 ? 1 : 0) + chance() % 12);
    if (chance() % 3 == 0) {
      constexpr std::string_view marks[] = {"e", "E", "e-", "e+"};
      text += marks[chance() % 4];
      text += std::to_string(chance() % 40);
    }
    texts.push_back(text);
    std::array<char, 40> shortest{};
    const double value =
        std::ldexp(static_cast<double>(chance()), static_cast<int>(chance() % 120) - 120);
    texts.emplace_back(
        shortest.data(),
        std::to_chars(shortest.data(), shortest.data() + shortest.size(), value).ptr);
  }
  std::string table_text = "V (V),n\n";
  for (const std::string& text : texts) table_text += text + ",1\n";
  Table table;
  REQUIRE(!read(table_text, table));
  REQUIRE(table.rows == texts.size());
  std::size_t wrong = 0;
  for (std::size_t row = 0; row < texts.size(); ++row) {
    double expected = 0;
    std::from_chars(texts[row].data(), texts[row].data() + texts[row].size(), expected);
    const bool right = std::bit_cast<std::uint64_t>(table[0].floats[row]) ==
                       std::bit_cast<std::uint64_t>(expected);
    if (!right && ++wrong <= 3) {
      CAPTURE(texts[row]);
      CHECK(table[0].floats[row] == expected);
    }
  }
  CHECK(wrong == 0);
}

TEST_CASE("csv: an empty field is a null, a word in a text column is itself") {
  Table table;
  REQUIRE(!read("V (V),n,note,,V (V)\n1,,x,7,8\n,2,,9,10\n", table));
  CHECK(table[0].is_null(1));
  CHECK(table[1].is_null(0));
  CHECK(table[2].text(0) == "x");
  CHECK(table[2].is_null(1));
  CHECK(table[3].name == "column_4");
  CHECK(table[4].name == "V (V)_duplicated_0");
}

TEST_CASE("csv: quotes enclose a whole field, double themselves, or belong to it") {
  Table table;
  REQUIRE(!read("V (V),note\n\"1.5\" ,\"say \"\"a, b\"\"\"\n2,\"x\" y\n3,\"open\n", table));
  CHECK(table[0].floats == std::vector<double>{1.5, 2, 3});
  CHECK(table[1].text(0) == "say \"a, b\"");
  CHECK(table[1].text(1) == "\"x\" y");
  CHECK(table[1].text(2) == "\"open");
  for (const char* cell : {"\"1\"7", "\"1", "\"1\"\"\"", "nan(1)", "\"1,5\""}) {
    CAPTURE(cell);
    const auto reject = read(std::string("V (V),n\n") + cell + ",2\n", table);
    REQUIRE(reject.has_value());
    CHECK(reject->reason == Reason::text_in_data);
  }
}

TEST_CASE("csv: no two columns have one name, whatever the file calls them") {
  Table table;
  REQUIRE(!read("V (V),,n,column_2,V (V)_duplicated_0,V (V),\n1,2,3,4,5,6,7\n", table));
  std::set<std::string> names;
  for (std::size_t k = 0; k < table.size(); ++k) names.insert(table[k].name);
  CHECK(names.size() == 7);
  CHECK(table[5].name == "V (V)_duplicated_1");
}

TEST_CASE("csv: a name that comes again is told, once") {
  Table table;
  CsvNotes notes;
  const ProcedureSpec& iv = ProcedureTable::built_in().spec("IV");
  REQUIRE(
      !parse_csv("Vsd (V),I (A),vds,x,x,I (A),x\n1,2,3,4,5,6,7\n", 0, 1, iv, false, table, notes));
  CHECK(notes.repeated == std::vector<std::string>{"x", "I (A)"});
  CHECK(table.find("Vsd (V)")->number(0) == 1);
  REQUIRE(!parse_csv("Vsd (V),I (A)\n1,2\n", 0, 1, iv, false, table, notes));
  CHECK(notes.repeated.empty());
}

TEST_CASE("csv: an end of line may have more than one CR") {
  Table table;
  REQUIRE(!read("V (V),word\r\r\n1,a\r\r\n2,b\r\n3,c\n", table));
  CHECK(table[0].floats == std::vector<double>{1, 2, 3});
  CHECK(table[1].name == "word");
  CHECK(table[1].text(0) == "a");
  CHECK(table[1].text(1) == "b");
}

TEST_CASE("csv: a column outside of the specification takes its type from its first value") {
  Table table;
  REQUIRE(!read("V (V),a,b\n1,,2\n1,x,3\n", table));
  CHECK(table[1].type == ColumnType::text);
  CHECK(table[1].is_null(0));
  CHECK(table[1].text(1) == "x");
  CHECK(table[2].type == ColumnType::float64);
  const auto reject = read("V (V),b\n1,2\n1,x\n", table);
  REQUIRE(reject.has_value());
  CHECK(reject->reason == Reason::text_in_data);
  CHECK(reject->line == 3);
}

TEST_CASE("csv: only the specified columns when asked") {
  Table table;
  REQUIRE(!read("V (V),a,n\n1,x,2\n", table, volts, true));
  REQUIRE(table.size() == 2);
  CHECK(table[1].name == "n");
  CHECK(table[1].integer(0) == 2);
}

TEST_CASE("csv: rows of another length are refused with line and byte") {
  Table table;
  const std::string text = "V (V),n\n1,2\n3\n";
  const auto reject = read(text, table);
  REQUIRE(reject.has_value());
  CHECK(reject->reason == Reason::ragged_columns);
  CHECK(reject->line == 3);
  CHECK(reject->byte == text.find("3\n"));
  CHECK(read("V (V),n\n1,2,3\n", table)->reason == Reason::ragged_columns);
  CHECK(!read("V (V),n\n1,\n", table));  // a trailing comma is an empty field
}

TEST_CASE("csv: a last line without its end is read, or left out when it cannot be") {
  Table table;
  CsvNotes notes;
  REQUIRE(!parse_csv("V (V),n\n1,2\n3,4", 0, 1, volts, false, table, notes));
  CHECK(notes.no_final_newline);
  CHECK(table.rows == 2);
  REQUIRE(!parse_csv("V (V),n\n1,2\n3.5,x", 0, 1, volts, false, table, notes));
  CHECK(notes.cut_last_line);
  CHECK(table.rows == 1);
  CHECK(table[0].entries() == 1);
  CHECK(table[1].entries() == 1);
  CHECK(parse_csv("V (V),n\n3.5", 0, 1, volts, false, table, notes)->reason == Reason::empty_table);
}

TEST_CASE("csv: a row that is left out leaves no type behind") {
  Table table;
  REQUIRE(!read("V (V),n,u,w\n1,2,,\n2,3,,7\nx,y,word,z", table));
  REQUIRE(table.rows == 2);
  CHECK(table[2].type == ColumnType::float64);
  CHECK(table[2].entries() == 2);
  CHECK(table[2].is_null(0));
  CHECK(table[2].is_null(1));
  CHECK(table[3].type == ColumnType::float64);
  CHECK(table[3].floats[1] == 7);
}

TEST_CASE("csv: what a file lacks as a whole has no line") {
  Table table;
  for (const char* text : {"", "# remark\n", "V (V),n\n", "V (V),n\n\n\n", "V (V),n\n3.5"}) {
    CAPTURE(text);
    const auto reject = read(text, table);
    REQUIRE(reject.has_value());
    CHECK(reject->line == 0);
    CHECK(reject->byte == 0);
  }
}

TEST_CASE("csv: a message cuts no character of the text that it shows") {
  Table table;
  std::string wide;
  for (int k = 0; k < 30; ++k) wide += "\xc2\xb0";
  for (const std::string& word : {wide, "a" + wide}) {
    const auto reject = read("V (V),n\n" + word + ",1\n", table);
    REQUIRE(reject.has_value());
    CHECK(is_utf8(reject->what));
    CHECK(reject->what.find("...") != std::string::npos);
  }
}

TEST_CASE("csv: four thousand columns of one name get names of their own, at once") {
  std::string head = "V (V)";
  std::string row = "1";
  for (int k = 1; k < 4096; ++k) {
    head += ",a";
    row += ",2";
  }
  Table table;
  REQUIRE(!read(head + "\n" + row + "\n", table));
  REQUIRE(table.size() == 4096);
  CHECK(table[4095].name == "a_duplicated_4093");
}

TEST_CASE("csv: reasons have words and back") {
  for (std::size_t k = 0; k < reason_count; ++k) {
    const auto reason = static_cast<Reason>(k);
    CHECK(reason_from(to_string(reason)).value() == reason);
  }
  CHECK(!reason_from("tired"));
}
