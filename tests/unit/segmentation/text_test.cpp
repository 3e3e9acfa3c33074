#include <doctest/doctest.h>

#include <cmath>
#include <limits>
#include <weir/segmentation/text.hpp>

using namespace weir::segmentation;

TEST_CASE("text: bytes that are no UTF-8 are made readable, each in its own way") {
  CHECK(readable("a/\xc2\xb5.csv") == "a/\xc2\xb5.csv");
  CHECK(readable("a\xff\xc2.csv") == "a\\xff\\xc2.csv");
}

TEST_CASE("text: floats print as Python's repr") {
  CHECK(python_repr(0.0) == "0.0");
  CHECK(python_repr(-0.0) == "-0.0");
  CHECK(python_repr(123.0) == "123.0");
  CHECK(python_repr(0.1 + 0.2) == "0.30000000000000004");
  CHECK(python_repr(-0.07050000000000001) == "-0.07050000000000001");
  CHECK(python_repr(1757018821.635818) == "1757018821.635818");
  CHECK(python_repr(1e15) == "1000000000000000.0");
  CHECK(python_repr(1e16) == "1e+16");
  CHECK(python_repr(1.5e300) == "1.5e+300");
  CHECK(python_repr(0.0001) == "0.0001");
  CHECK(python_repr(0.00001) == "1e-05");
  CHECK(python_repr(-2.794773e-10) == "-2.794773e-10");
  CHECK(python_repr(5e-324) == "5e-324");
  CHECK(python_repr(std::numeric_limits<double>::quiet_NaN()) == "nan");
  CHECK(python_repr(-std::numeric_limits<double>::infinity()) == "-inf");
}

TEST_CASE("text: float parsing takes what Python takes and nothing behind it") {
  CHECK(parse_float("+1.5").value() == 1.5);
  CHECK(parse_float(" -2e-3 ").value() == -2e-3);
  CHECK(std::isnan(parse_float("NaN").value()));
  CHECK(std::isinf(parse_float("inf").value()));
  CHECK(std::isinf(parse_float("1e999").value()));
  CHECK(parse_float("1e-999").value() == 0.0);
  for (const char* text : {"", " ", "1.5x", "+-1", "--1", "0x10", "nan(1)", "1,5", "e5"}) {
    CAPTURE(text);
    CHECK(!parse_float(text));
  }
}

TEST_CASE("text: integers are whole texts that fit") {
  CHECK(parse_integer("+42").value() == 42);
  CHECK(parse_integer("-9223372036854775808").value() == std::numeric_limits<std::int64_t>::min());
  CHECK(!parse_integer("9223372036854775808"));
  CHECK(!parse_integer("1.0"));
  CHECK(!parse_integer("+-1"));
}

TEST_CASE("text: UTF-8 is checked strictly, Latin-1 and escapes are converted") {
  CHECK(is_utf8("plain ascii, longer than eight"));
  CHECK(
      is_utf8("12345678\xc2\xb5"
              "12345678"));
  CHECK(!is_utf8("1234567\xb5 1234567"));
  CHECK(!is_utf8("\xc0\x80"));          // overlong
  CHECK(!is_utf8("\xed\xa0\x80"));      // a surrogate
  CHECK(!is_utf8("\xf4\x90\x80\x80"));  // beyond the last character
  CHECK(!is_utf8("\xe2\x82"));          // cut
  CHECK(latin1_to_utf8("\xb5m") == "\xc2\xb5m");
  bool found = false;
  CHECK(unescape("a\\n\\x41", found) == "a\\n\\x41");
  CHECK(!found);
  CHECK(unescape("\\xb5m \\u03bc \\xb", found) == "\xc2\xb5m \xce\xbc \\xb");
  CHECK(found);
}

TEST_CASE("text: the start of a text cuts no character") {
  CHECK(start_of("abc", 3) == "abc");
  CHECK(start_of("abc", 2) == "ab");
  CHECK(start_of("a\xc2\xb5", 2) == "a");
  CHECK(start_of("a\xe2\x82\xac"
                 "b",
                 3) == "a");
  CHECK(start_of("a\xe2\x82\xac"
                 "b",
                 4) == "a\xe2\x82\xac");
  CHECK(start_of("\xc2\xb5", 1).empty());
  CHECK(start_of("", 0).empty());
}

TEST_CASE("text: JSON strings hold controls, quotes and bad bytes") {
  std::string out;
  append_json(out, "a\"\\\n\t\x01\xb5 \xc2\xb5");
  CHECK(out == "\"a\\\"\\\\\\n\\t\\u0001\xef\xbf\xbd \xc2\xb5\"");
}
