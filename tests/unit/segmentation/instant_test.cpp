#include <doctest/doctest.h>

#include <weir/segmentation/instant.hpp>

using namespace weir::segmentation;

namespace {

TimeZone zone(const char* name) {
  auto loaded = TimeZone::load(name);
  REQUIRE_MESSAGE(loaded.ok(), loaded.error().text());
  return std::move(loaded).value();
}

constexpr std::int64_t second = 1'000'000;

}  // namespace

TEST_CASE("instant: dates and days are each other's inverse") {
  for (std::int64_t day = -800000; day < 800000; day += 37) {
    const Date date = date_from_days(day);
    CHECK(is_valid(date) == (date.year >= 1 && date.year <= 9999));
    CHECK(days_from_date(date) == day);
  }
  CHECK(days_from_date({1970, 1, 1}) == 0);
  CHECK(days_from_date({2000, 2, 29}) == 11016);
  CHECK(!is_valid({2025, 2, 29}));
  CHECK(!is_valid({2025, 13, 1}));
}

TEST_CASE("instant: seconds are rounded half to even as Python's datetime does") {
  CHECK(parse_instant_us("1757018821.6358175").value() == 1757018821635818);
  CHECK(parse_instant_us("1758824862.1369112").value() == 1758824862136911);
  CHECK(parse_instant_us("0.0000005").value() == 0);
  CHECK(parse_instant_us("0.0000015").value() == 2);
  CHECK(parse_instant_us("0.9999999").value() == second);
  CHECK(parse_instant_us("-0.25").value() == -250000);
  CHECK(!parse_instant_us("nan"));
  CHECK(!parse_instant_us("1e300"));
  CHECK(!parse_instant_us("-62135596801"));  // before year 1
}

TEST_CASE("instant: ISO 8601 with and without zone") {
  CHECK(parse_instant_us("2025-09-04").value() == 1756944000 * second);
  CHECK(parse_instant_us("2025-09-04T20:47:01").value() == 1757018821 * second);
  CHECK(parse_instant_us("2025-09-04 20:47:01.5").value() == 1757018821 * second + 500000);
  CHECK(parse_instant_us("2025-09-04T16:47:01-04:00").value() == 1757018821 * second);
  CHECK(parse_instant_us("2025-09-04T20:47:01Z").value() == 1757018821 * second);
  for (const char* text :
       {"2025-13-04", "2025-09-04T25:00", "2025-09-04T20:47:01 x", "04.09.2025", ""}) {
    CAPTURE(text);
    CHECK(!parse_instant_us(text));
  }
}

TEST_CASE("instant: a date in a path stands between word boundaries") {
  CHECK(date_in_path("data/2025-10-14/IV.csv").value() == Date{2025, 10, 14});
  CHECK(date_in_path("data/2025_10_14/IV.csv").value() == Date{2025, 10, 14});
  CHECK(date_in_path("data/20251014/IV.csv").value() == Date{2025, 10, 14});
  CHECK(date_in_path("20240101/2025-10-14/x").value() ==
        Date{2025, 10, 14});  // the separated form first
  CHECK(!date_in_path("data/It2025-09-25_10.csv"));
  CHECK(!date_in_path("data/2025-09-25_10.csv"));
  CHECK(!date_in_path("data/2025-02-30/x.csv"));
  CHECK(date_in_path("data/2025-02-30/2025-03-01/x.csv").value() == Date{2025, 3, 1});
}

TEST_CASE("instant: zones have their offsets, by table and by rule") {
  const TimeZone santiago = zone("America/Santiago");
  CHECK(santiago.offset_at(1757018821) == -4 * 3600);  // before the change of 2025-09-07
  CHECK(santiago.offset_at(1758633737) == -3 * 3600);
  CHECK(santiago.local_date(1757018821 * second) == Date{2025, 9, 4});
  CHECK(santiago.local_date(1757041200 * second) ==
        Date{2025, 9, 4});                             // 03:00 UTC is 23:00 the day before
  CHECK(santiago.offset_at(4102444800) == -3 * 3600);  // 2100-01-01: the footer's rule, summer
  CHECK(santiago.offset_at(4118083200) == -4 * 3600);  // 2100-07-01
  const TimeZone berlin = zone("Europe/Berlin");
  CHECK(berlin.offset_at(1751328000) == 7200);
  CHECK(berlin.offset_at(1735689600) == 3600);
  CHECK(berlin.offset_at(4118083200) == 7200);
  CHECK(zone("Asia/Kathmandu").offset_at(1751328000) == 20700);
  CHECK(zone("UTC").offset_at(0) == 0);
}

TEST_CASE("instant: midnight in a gap and in an overlap") {
  const TimeZone santiago = zone("America/Santiago");
  CHECK(santiago.midnight({2025, 10, 14}) == 1760410800);  // 03:00 UTC
  // 2025-09-07 began at 01:00: the earlier offset gives 04:00 UTC.
  CHECK(santiago.midnight({2025, 9, 7}) == 1757217600);
  CHECK(santiago.local_date(1757217600 * second) == Date{2025, 9, 7});
  CHECK(zone("Europe/Berlin").midnight({2025, 7, 1}) == 1751320800);
}

TEST_CASE("instant: names and files that are no zone are refused") {
  for (const char* name : {"", "Mars/Olympus", "../etc/passwd", "/etc/passwd", "America"}) {
    const auto loaded = TimeZone::load(name);
    REQUIRE(!loaded.ok());
    CHECK(loaded.error().code == "bad_time_zone");
  }
  CHECK(!TimeZone::parse("TZif", "x").ok());
  CHECK(!TimeZone::parse(std::string(44, '\0'), "x").ok());
  std::string huge = "TZif2" + std::string(39, '\xff');
  CHECK(!TimeZone::parse(huge, "x").ok());
}

TEST_CASE("instant: the start comes from the header, the path, the file") {
  const TimeZone santiago = zone("America/Santiago");
  const std::string header = "1757018821.6358175";
  const Start meta = resolve_start(&header, "2020-01-01/x.csv", 0, santiago);
  CHECK(meta.origin == DateOrigin::meta);
  CHECK(meta.date == Date{2025, 9, 4});
  const Start path = resolve_start(nullptr, "a/2025-10-14/x.csv", 0, santiago);
  CHECK(path.origin == DateOrigin::path);
  CHECK(path.us == 1760410800 * second);
  CHECK(path.date == Date{2025, 10, 14});
  // No start: no time at all, and dates outside of the years 1 to 9999 where it is local.
  for (const std::string bad : {"yesterday", "-62135596800", "1757018821635"}) {
    CAPTURE(bad);
    const Start mtime = resolve_start(&bad, "a/x.csv", 1757018821635818123, santiago);
    CHECK(mtime.origin == DateOrigin::mtime);
    CHECK(mtime.us == 1757018821635818);
  }
  const std::string last = "253402300799";
  CHECK(resolve_start(&last, "a/x.csv", 0, santiago).origin == DateOrigin::meta);
  CHECK(resolve_start(&last, "a/x.csv", 0, zone("Asia/Kathmandu")).origin == DateOrigin::mtime);
}

TEST_CASE("instant: paths are cleaned as Python's Path does, ids follow") {
  CHECK(clean_path("./a//b/./c/") == "a/b/c");
  CHECK(clean_path("a/../b") == "a/../b");
  CHECK(clean_path("/a//b") == "/a/b");
  CHECK(clean_path("") == ".");
  CHECK(clean_path(".") == ".");
  CHECK(clean_path("/") == "/");
  CHECK(run_id("data/01_raw/Alisson_04_sept/IV2025-09-04_1.csv", 1757018821635818) ==
        "115aea5e88194a7f");
  CHECK(sha1_hex("abc") == "a9993e364706816aba3e25717850c26c9cd0d89d");
}
