// Tasks of people's data written for the purpose: three rows shown, the others unlabelled, all of them judged.
#include <doctest/doctest.h>

#include <weir/search/text.hpp>

#include "text_recipe.hpp"

namespace weir::search::text {

namespace {

struct Written {
  std::vector<std::string> in;
  std::string out;
};
using Rows = std::vector<Written>;

constexpr std::size_t shown_rows = 3;

Answer answer_of(const Rows& rows, std::size_t answered = shown_rows) {
  Task task;
  for (std::size_t r = 0; r < rows.size(); ++r) {
    Example example;
    for (const std::string& in : rows[r].in) example.in.emplace_back(in);
    if (r < shown_rows || r == answered) example.out = Value(rows[r].out);
    task.examples.push_back(std::move(example));
  }
  auto kernel = make_kernel(task, {});
  REQUIRE(kernel);
  for (int i = 0; i < 20'000 && !kernel.value()->turn(1).ended; ++i) {
  }
  return kernel.value()->best(1, {});
}

Answer first_answer(const Rows& rows) { return answer_of(rows, rows.size()); }

/// Rows on which the answer is wrong; all, where there is none.
std::size_t wrong(const Answer& answer, const Rows& rows) {
  if (answer.programs.empty()) return rows.size();
  const auto recipe = read_recipe(answer.programs[0].recipe, rows[0].in.size());
  if (!recipe) return rows.size();
  std::size_t n = 0;
  for (const Written& row : rows) {
    Row in;
    for (const std::string& text : row.in) in.push_back(decode(text));
    const std::string got = encode(run(recipe->program, in));
    if (got != row.out) MESSAGE(row.in[0] << ": " << got << " is not " << row.out);
    n += got == row.out ? 0 : 1;
  }
  return n;
}

}  // namespace

TEST_CASE("text rows: slices end where words end, in rows that are not shown too") {
  const Rows last = {{{"red, green, blue"}, "blue"}, {{"one, two"}, "two"},
                     {{"a, b, c, d, e"}, "e"},       {{"solo"}, "solo"},
                     {{"x1, y22, z333"}, "z333"},    {{"north, south, east"}, "east"}};
  CHECK(wrong(first_answer(last), last) == 0);
  const Rows first = {{{"red, green, blue"}, "red"}, {{"one, two"}, "one"},
                      {{"a, b, c, d, e"}, "a"},      {{"solo"}, "solo"},
                      {{"x1, y22, z333"}, "x1"},     {{"north, south, east"}, "north"}};
  CHECK(wrong(first_answer(first), first) == 0);
  const Rows names = {{{"anna.kern@acme.com"}, "Anna Kern"},
                      {{"bob.hill@acme.com"}, "Bob Hill"},
                      {{"carla.moss@test.org"}, "Carla Moss"},
                      {{"eve.stone@acme.com"}, "Eve Stone"},
                      {{"frank.van-dam@x.org"}, "Frank Van-Dam"}};
  CHECK(wrong(first_answer(names), names) == 0);
}

TEST_CASE("text rows: every separator is replaced, however many there are, and they are counted") {
  const Rows joined = {{{"red, green, blue"}, "red;green;blue"},
                       {{"one, two"}, "one;two"},
                       {{"a, b, c, d, e"}, "a;b;c;d;e"},
                       {{"solo"}, "solo"},
                       {{"x1, y22, z333"}, "x1;y22;z333"}};
  CHECK(wrong(first_answer(joined), joined) == 0);
  const Rows counted = {{{"red, green, blue"}, "3"}, {{"one, two"}, "2"},
                        {{"a, b, c, d, e"}, "5"},    {{"solo"}, "1"},
                        {{"x1, y22"}, "2"},          {{"p, q, r, s"}, "4"}};
  CHECK(wrong(first_answer(counted), counted) == 0);
}

TEST_CASE("text rows: numbers get their ordinal ending") {
  const Rows rows = {{{"1"}, "1st"},   {{"2"}, "2nd"},   {{"3"}, "3rd"},     {{"4"}, "4th"},
                     {{"11"}, "11th"}, {{"22"}, "22nd"}, {{"113"}, "113th"}, {{"101"}, "101st"}};
  CHECK(wrong(first_answer(rows), rows) == 0);
}

TEST_CASE("text rows: digits around a decimal point are not joined unless that is shown") {
  const Rows rows = {
      {{"18"}, "18"}, {{"27"}, "27"}, {{"6"}, "6"}, {{"5.2"}, "5"}, {{"19.5"}, "19"}};
  CHECK(wrong(first_answer(rows), rows) == 0);
  const Rows shown = {{{"1.8 a"}, "18"}, {{"2.7 b"}, "27"}, {{"6.1 c"}, "61"}, {{"5.2 d"}, "52"}};
  CHECK(wrong(first_answer(shown), shown) == 0);
}

TEST_CASE("text rows: what some rows are left as leads to a case once a question is answered") {
  const Rows rows = {{{"www.example.com"}, "example.com"},
                     {{"example.org"}, "example.org"},
                     {{"www.news.net"}, "news.net"},
                     {{"shop.site.io"}, "shop.site.io"},
                     {{"www.a.co"}, "a.co"},
                     {{"mail.b.de"}, "mail.b.de"}};
  const Answer first = first_answer(rows);
  REQUIRE(first.question);
  CHECK(wrong(answer_of(rows, 3), rows) == 0);
}

TEST_CASE("text rows: where the best program has no answer, that is what is asked") {
  const Rows rows = {{{"USD 12.50"}, "$12.50"},
                     {{"EUR 7.00"},
                      "\xe2\x82\xac"
                      "7.00"},
                     {{"GBP 103.25"},
                      "\xc2\xa3"
                      "103.25"},
                     {{"CHF 1.00"}, "Fr1.00"}};
  const Answer answer = first_answer(rows);
  REQUIRE(answer.question);
  CHECK(answer.question->in.at(0) == Value(std::string("CHF 1.00")));
}

TEST_CASE("text rows: numbers of several columns, or of one text, are put together") {
  const Rows sums = {{{"3", "4"}, "7"},
                     {{"10", "25"}, "35"},
                     {{"8", "9"}, "17"},
                     {{"120", "45"}, "165"},
                     {{"99", "1"}, "100"}};
  CHECK(wrong(first_answer(sums), sums) == 0);
  const Rows below = {{{"30", "4"}, "26"},
                      {{"25", "10"}, "15"},
                      {{"70", "8"}, "62"},
                      {{"5", "9"}, "-4"},
                      {{"15", "15"}, "0"}};
  CHECK(wrong(first_answer(below), below) == 0);
  const Rows totals = {{{"2", "3.50"}, "$7.00"},
                       {{"10", "1.25"}, "$12.50"},
                       {{"3", "19.99"}, "$59.97"},
                       {{"12", "0.75"}, "$9.00"},
                       {{"4", "2.10"}, "$8.40"}};
  CHECK(wrong(first_answer(totals), totals) == 0);
  const Rows pages = {{{"pp. 12-25"}, "14"},
                      {{"pp. 100-150"}, "51"},
                      {{"pp. 7-9"}, "3"},
                      {{"pp. 33-66"}, "34"},
                      {{"pp. 201-230"}, "30"}};
  CHECK(wrong(first_answer(pages), pages) == 0);
}

TEST_CASE("text rows: the time between two dates or times of one text, or of two columns") {
  const Rows minutes = {{{"09:15-10:45"}, "90"},
                        {{"11:05-11:50"}, "45"},
                        {{"08:20-13:00"}, "280"},
                        {{"10:10-12:15"}, "125"},
                        {{"07:55-09:00"}, "65"}};
  CHECK(wrong(first_answer(minutes), minutes) == 0);
  const Rows clock = {{{"09:20-12:45"}, "3:25"},
                      {{"11:30-16:05"}, "4:35"},
                      {{"09:25-12:15"}, "2:50"},
                      {{"07:55-08:55"}, "1:00"},
                      {{"09:20-11:25"}, "2:05"}};
  CHECK(wrong(first_answer(clock), clock) == 0);
  const Rows days = {{{"2023-01-05", "2023-02-01"}, "27"},
                     {{"2023-05-15", "2023-05-17"}, "2"},
                     {{"2023-11-20", "2024-02-03"}, "75"},
                     {{"2024-02-01", "2024-03-01"}, "29"}};
  CHECK(wrong(first_answer(days), days) == 0);
}

TEST_CASE("text rows: both ends of a range are written anew") {
  const Rows times = {{{"09:15-13:45"}, "9:15 AM - 1:45 PM"},
                      {{"12:10-14:25"}, "12:10 PM - 2:25 PM"},
                      {{"08:20-11:50"}, "8:20 AM - 11:50 AM"},
                      {{"11:05-13:00"}, "11:05 AM - 1:00 PM"}};
  CHECK(wrong(first_answer(times), times) == 0);
  const Rows dates = {{{"2023-01-22/2023-04-10"}, "22 Jan to 10 Apr"},
                      {{"2023-07-25/2023-09-19"}, "25 Jul to 19 Sep"},
                      {{"2023-03-02/2023-06-11"}, "02 Mar to 11 Jun"},
                      {{"2023-05-31/2024-08-04"}, "31 May to 04 Aug"}};
  CHECK(wrong(first_answer(dates), dates) == 0);
}

TEST_CASE("text rows: units are converted by a factor that the shown rows tell") {
  const Rows seconds = {{{"3 min"}, "180 s"},
                        {{"10 min"}, "600 s"},
                        {{"7 min"}, "420 s"},
                        {{"1 min"}, "60 s"},
                        {{"25 min"}, "1500 s"}};
  CHECK(wrong(first_answer(seconds), seconds) == 0);
  const Rows kilometres = {
      {{"10"}, "16.1"}, {{"26.2"}, "42.2"}, {{"5"}, "8.0"}, {{"100"}, "160.9"}, {{"3.1"}, "5.0"}};
  CHECK(wrong(first_answer(kilometres), kilometres) == 0);
  const Rows celsius = {{{"32 F"}, "0 C"},
                        {{"212 F"}, "100 C"},
                        {{"50 F"}, "10 C"},
                        {{"68 F"}, "20 C"},
                        {{"104 F"}, "40 C"}};
  CHECK(wrong(first_answer(celsius), celsius) == 0);
}

TEST_CASE("text rows: several classes of rows get a constant each, by a round limit or by a part") {
  const Rows sizes = {{{"5"}, "small"},   {{"120"}, "large"}, {{"48"}, "medium"}, {{"9"}, "small"},
                      {{"300"}, "large"}, {{"10"}, "medium"}, {{"100"}, "large"}, {{"1"}, "small"}};
  CHECK(wrong(first_answer(sizes), sizes) == 0);
  const Rows sides = {{{"N-12"}, "North"},  {{"S-7"}, "South"}, {{"E-450"}, "East"},
                      {{"S-301"}, "South"}, {{"E-11"}, "East"}, {{"N-700"}, "North"}};
  CHECK(wrong(first_answer(sides), sides) == 0);
  const Rows passed = {{{"72"}, "pass"}, {{"31"}, "fail"}, {{"64"}, "pass"}, {{"48"}, "fail"},
                       {{"50"}, "pass"}, {{"93"}, "pass"}, {{"7"}, "fail"}};
  CHECK(wrong(first_answer(passed), passed) == 0);
}

TEST_CASE("text rows: a word that comes again, or the day of the week, tells two cases apart") {
  const Rows urgent = {{{"URGENT: server down"}, "high"}, {{"Weekly report"}, "normal"},
                       {{"Lunch on Friday"}, "normal"},   {{"please read - URGENT"}, "high"},
                       {{"Invoice 77"}, "normal"},        {{"Re: URGENT order"}, "high"}};
  CHECK(wrong(first_answer(urgent), urgent) == 0);
  const Rows days = {{{"2021-03-12"}, "Weekday"}, {{"2021-03-27"}, "Weekend"},
                     {{"2021-03-24"}, "Weekday"}, {{"2021-03-18"}, "Weekday"},
                     {{"2021-04-11"}, "Weekend"}, {{"2021-04-17"}, "Weekend"},
                     {{"2021-04-23"}, "Weekday"}};
  CHECK(wrong(first_answer(days), days) == 0);
}

TEST_CASE("text rows: numbers of all cases are written alike") {
  const Rows rows = {{{"1234.5"}, "$1,234.50"},         {{"-99"}, "($99.00)"},
                     {{"25000.75"}, "$25,000.75"},      {{"-7.5"}, "($7.50)"},
                     {{"-1000000"}, "($1,000,000.00)"}, {{"312.4"}, "$312.40"}};
  CHECK(wrong(first_answer(rows), rows) == 0);
}

TEST_CASE("text rows: dates some days later, written as they were") {
  const Rows rows = {{{"1980-05-04"}, "1980-06-03"}, {{"2000-08-05"}, "2000-09-04"},
                     {{"1961-02-01"}, "1961-03-03"}, {{"2001-09-10"}, "2001-10-10"},
                     {{"1999-12-15"}, "2000-01-14"}, {{"2000-01-31"}, "2000-03-01"}};
  CHECK(wrong(first_answer(rows), rows) == 0);
  const Rows before = {{{"3/1/2020"}, "Due 2/29/2020"},
                       {{"12/25/2021"}, "Due 12/24/2021"},
                       {{"7/14/2020"}, "Due 7/13/2020"},
                       {{"1/1/2022"}, "Due 12/31/2021"}};
  CHECK(wrong(first_answer(before), before) == 0);
}

TEST_CASE("text rows: parts of slices are edited, words joined, groups of digits taken") {
  const Rows slugs = {{{"Hello World, Again!"}, "hello-world-again"},
                      {{"Ten Tips: How to Cook"}, "ten-tips-how-to-cook"},
                      {{"Summer Sale (2021)"}, "summer-sale-2021"},
                      {{"What is New?"}, "what-is-new"},
                      {{"A Day in Rome"}, "a-day-in-rome"}};
  CHECK(wrong(first_answer(slugs), slugs) == 0);
  const Rows folders = {{{"a/old_red_car.txt"}, "old red car"},
                        {{"bb/x/tea_pot.md"}, "tea pot"},
                        {{"c/one.txt"}, "one"},
                        {{"dd/e/f/a_b_c_d.doc"}, "a b c d"}};
  CHECK(wrong(first_answer(folders), folders) == 0);
  const Rows phones = {{{"(837) 461-5874"}, "461.5874"},
                       {{"907-957-8684"}, "957.8684"},
                       {{"2296764080"}, "676.4080"},
                       {{"864 253 2569"}, "253.2569"},
                       {{"315.580.7685"}, "580.7685"}};
  CHECK(wrong(first_answer(phones), phones) == 0);
}

TEST_CASE("text rows: a value is found by its key, wherever that stands") {
  const Rows rows = {{{"/item?id=123&lang=en"}, "123"},
                     {{"/item?lang=de&n=4&id=77"}, "77"},
                     {{"/list?x=3&id=9041&page=2"}, "9041"},
                     {{"/item?id=5"}, "5"},
                     {{"/y?id=300&page=4"}, "300"}};
  CHECK(wrong(first_answer(rows), rows) == 0);
}

TEST_CASE("text rows: noon and six o'clock part the day, and even numbers from odd ones") {
  const Rows parts = {{{"09:15"}, "morning"}, {{"14:20"}, "afternoon"}, {{"20:05"}, "evening"},
                      {{"11:59"}, "morning"}, {{"12:00"}, "afternoon"}, {{"17:59"}, "afternoon"},
                      {{"18:00"}, "evening"}};
  CHECK(wrong(first_answer(parts), parts) == 0);
  const Rows parity = {{{"12"}, "a"}, {{"33"}, "b"}, {{"48"}, "a"}, {{"91"}, "b"},
                       {{"70"}, "a"}, {{"7"}, "b"},  {{"100"}, "a"}};
  CHECK(wrong(answer_of(parity, 3), parity) == 0);
}

TEST_CASE("text rows: characters are masked and counted, numbers become Roman") {
  const Rows cards = {{{"4929123456789012"}, "4929********9012"},
                      {{"5500005555555559"}, "5500********5559"},
                      {{"340000000000009"}, "3400*******0009"},
                      {{"30569309025904"}, "3056******5904"}};
  CHECK(wrong(first_answer(cards), cards) == 0);
  const Rows phones = {{{"555-123-4567"}, "***-***-4567"},
                       {{"201-998-1100"}, "***-***-1100"},
                       {{"1-777-345-0001"}, "*-***-***-0001"},
                       {{"44-20-1234"}, "**-**-1234"}};
  CHECK(wrong(first_answer(phones), phones) == 0);
  const Rows letters = {{{"AB-123"}, "2"}, {{"X-9"}, "1"},  {{"QRS-4567"}, "3"},
                        {{"LM-80"}, "2"},  {{"Z9-1"}, "1"}, {{"ABCD-0"}, "4"}};
  CHECK(wrong(first_answer(letters), letters) == 0);
  const Rows lengths = {
      {{"apple"}, "5"}, {{"fig"}, "3"}, {{"banana"}, "6"}, {{"kiwi"}, "4"}, {{"watermelon"}, "10"}};
  CHECK(wrong(first_answer(lengths), lengths) == 0);
  const Rows roman = {{{"1"}, "I"},    {{"4"}, "IV"},  {{"9"}, "IX"},           {{"3"}, "III"},
                      {{"14"}, "XIV"}, {{"40"}, "XL"}, {{"1987"}, "MCMLXXXVII"}};
  CHECK(wrong(first_answer(roman), roman) == 0);
}

TEST_CASE("text rows: dates move to the ends of months, weeks and quarters, and by months") {
  const Rows month_ends = {{{"2021-03-12"}, "2021-03-31"}, {{"2020-02-05"}, "2020-02-29"},
                           {{"1999-07-14"}, "1999-07-31"}, {{"2022-11-30"}, "2022-11-30"},
                           {{"2019-02-10"}, "2019-02-28"}, {{"2000-12-02"}, "2000-12-31"}};
  CHECK(wrong(first_answer(month_ends), month_ends) == 0);
  const Rows mondays = {{{"03/12/2021"}, "Week of 03/08/2021"},
                        {{"02/05/2020"}, "Week of 02/03/2020"},
                        {{"07/14/1999"}, "Week of 07/12/1999"},
                        {{"12/02/2000"}, "Week of 11/27/2000"},
                        {{"01/01/2023"}, "Week of 12/26/2022"}};
  CHECK(wrong(first_answer(mondays), mondays) == 0);
  const Rows lengths = {{{"2021-03-12"}, "31"}, {{"2020-02-05"}, "29"}, {{"1999-04-14"}, "30"},
                        {{"2022-11-30"}, "30"}, {{"2019-02-10"}, "28"}, {{"2000-12-02"}, "31"}};
  CHECK(wrong(first_answer(lengths), lengths) == 0);
  const Rows quarters = {{{"2021-03-12"}, "2021-06-12"},
                         {{"2020-11-05"}, "2021-02-05"},
                         {{"1999-07-14"}, "1999-10-14"},
                         {{"2022-11-30"}, "2023-02-28"}};
  CHECK(wrong(first_answer(quarters), quarters) == 0);
  const Rows years = {{{"2021-03-12"}, "FY2021"},
                      {{"2020-11-05"}, "FY2021"},
                      {{"1999-07-14"}, "FY1999"},
                      {{"2022-10-30"}, "FY2023"},
                      {{"2018-09-30"}, "FY2018"}};
  CHECK(wrong(first_answer(years), years) == 0);
}

TEST_CASE("text rows: what a number counts is said by the unit behind it, shown or not") {
  const Rows minutes = {{{"2h"}, "120"},    {{"45min"}, "45"},  {{"3h"}, "180"},
                        {{"90 min"}, "90"}, {{"1 hour"}, "60"}, {{"2 days"}, "2880"}};
  CHECK(wrong(first_answer(minutes), minutes) == 0);
  const Rows both = {{{"1h 30m"}, "1.50"},
                     {{"2h 15m"}, "2.25"},
                     {{"45m"}, "0.75"},
                     {{"3h"}, "3.00"},
                     {{"10h 20m"}, "10.33"}};
  CHECK(wrong(first_answer(both), both) == 0);
  const Rows grams = {{{"3 kg"}, "3000 g"},
                      {{"250 g"}, "250 g"},
                      {{"1.5 kg"}, "1500 g"},
                      {{"0.2 KG"}, "200 g"},
                      {{"40 mg"}, "0.04 g"}};
  CHECK(wrong(first_answer(grams), grams) == 0);
  const Rows feet = {{{"5'11\""}, "71"}, {{"6'2\""}, "74"}, {{"4'10\""}, "58"}, {{"6'0\""}, "72"}};
  CHECK(wrong(first_answer(feet), feet) == 0);
  const Rows money = {{{"$1.2M"}, "1,200,000"},
                      {{"$500K"}, "500,000"},
                      {{"$3B"}, "3,000,000,000"},
                      {{"$750K"}, "750,000"},
                      {{"$10M"}, "10,000,000"}};
  CHECK(wrong(first_answer(money), money) == 0);
}

TEST_CASE("text rows: numbers with a power of ten are read and written") {
  const Rows read = {{{"1.5e3"}, "1500"},
                     {{"2.25E+4"}, "22500"},
                     {{"7e-2"}, "0.07"},
                     {{"9.9E2"}, "990"},
                     {{"6.02e-3"}, "0.00602"}};
  CHECK(wrong(first_answer(read), read) == 0);
  const Rows written = {{{"12300"}, "1.23E+04"},
                        {{"0.00045"}, "4.50E-04"},
                        {{"7800000"}, "7.80E+06"},
                        {{"65000"}, "6.50E+04"},
                        {{"0.091"}, "9.10E-02"}};
  CHECK(wrong(first_answer(written), written) == 0);
  const Rows figures = {
      {{"12345"}, "12300"}, {{"98765"}, "98800"}, {{"1234567"}, "1230000"}, {{"998877"}, "999000"}};
  CHECK(wrong(first_answer(figures), figures) == 0);
}

TEST_CASE(
    "text rows: numbers that are computed with have 63 bits, and what is beyond has no value") {
  const Rows sums = {{{"9007199254740993", "10"}, "9007199254741003"},
                     {{"1234567890123456789", "11"}, "1234567890123456800"},
                     {{"41", "99"}, "140"},
                     {{"9223372036854775806", "1"}, "9223372036854775807"},
                     {{"9223372036854775807", "1"}, ""}};
  CHECK(wrong(first_answer(sums), sums) == 0);
  const Rows cents = {{{"123456789012345678"}, "$1,234,567,890,123,456.78"},
                      {{"250"}, "$2.50"},
                      {{"99999"}, "$999.99"},
                      {{"9223372036854775807"}, "$92,233,720,368,547,758.07"}};
  CHECK(wrong(first_answer(cents), cents) == 0);
}

TEST_CASE(
    "text rows: more and less by a percentage, whole years between dates, times over midnight") {
  const Rows less = {{{"100", "10%"}, "90.00"},
                     {{"80", "25%"}, "60.00"},
                     {{"250", "20%"}, "200.00"},
                     {{"60", "50%"}, "30.00"},
                     {{"40", "5%"}, "38.00"}};
  CHECK(wrong(first_answer(less), less) == 0);
  const Rows more = {{{"50.00", "0.2"}, "60.00"},
                     {{"80.00", "0.15"}, "92.00"},
                     {{"12.50", "0.18"}, "14.75"},
                     {{"100.00", "0.1"}, "110.00"}};
  CHECK(wrong(first_answer(more), more) == 0);
  const Rows ages = {{{"1990-05-20", "2020-06-01"}, "30"},
                     {{"1985-12-24", "2020-06-01"}, "34"},
                     {{"2001-07-15", "2021-03-03"}, "19"},
                     {{"1999-09-09", "2022-09-09"}, "23"}};
  CHECK(wrong(first_answer(ages), ages) == 0);
  const Rows shifts = {{{"9:00", "17:30"}, "8:30"},
                       {{"8:15", "12:00"}, "3:45"},
                       {{"22:00", "6:00"}, "8:00"},
                       {{"23:30", "7:00"}, "7:30"}};
  CHECK(wrong(first_answer(shifts), shifts) == 0);
}

TEST_CASE("text rows: words of a name in one are parted, and marks become longer ones") {
  const Rows parted = {{{"firstName"}, "first name"},
                       {{"dateOfBirth"}, "date of birth"},
                       {{"email"}, "email"},
                       {{"orderTotalAmount"}, "order total amount"}};
  CHECK(wrong(first_answer(parted), parted) == 0);
  const Rows marks = {
      {{"a;b;c"}, "a, b, c"}, {{"d;e"}, "d, e"}, {{"f;g;h;i"}, "f, g, h, i"}, {{"j"}, "j"}};
  CHECK(wrong(first_answer(marks), marks) == 0);
}

TEST_CASE("text rows: whatever fills outputs up to a width fills the others too") {
  const Rows stars = {{{"ab"}, "ab****"},
                      {{"abc"}, "abc***"},
                      {{"a"}, "a*****"},
                      {{"abcde"}, "abcde*"},
                      {{"abcdef"}, "abcdef"}};
  CHECK(wrong(first_answer(stars), stars) == 0);
  for (const char fill : {'.', '_', '#', '*', '-', '~'}) {
    const auto filled = [fill](std::size_t n) { return std::string(n, fill); };
    const Rows before = {{{"Jo"}, filled(4) + "Jo"},
                         {{"Anna"}, filled(2) + "Anna"},
                         {{"Sue"}, filled(3) + "Sue"},
                         {{"Max"}, filled(3) + "Max"},
                         {{"Walter"}, "Walter"}};
    CHECK(wrong(first_answer(before), before) == 0);
    const Rows between = {{{"Tea 12"}, "Tea" + filled(6) + "12"},
                          {{"Coffee 7"}, "Coffee" + filled(3) + "7"},
                          {{"Milk 3"}, "Milk" + filled(5) + "3"},
                          {{"Honey 45"}, "Honey" + filled(4) + "45"},
                          {{"Rye 100"}, "Rye" + filled(6) + "100"}};
    CHECK(wrong(first_answer(between), between) == 0);
  }
  const Rows parts = {{{"Mary Ann;7"}, "[Mary Ann__] #..7"},
                      {{"Jo;12"}, "[Jo________] #.12"},
                      {{"Sue;104"}, "[Sue_______] #104"},
                      {{"Bob Lee;9"}, "[Bob Lee___] #..9"},
                      {{"Al;33"}, "[Al________] #.33"}};
  CHECK(wrong(first_answer(parts), parts) == 0);
  const Rows wide = {{{"Jo", "1"}, "Jo" + std::string(38, '.') + "1"},
                     {{"Anna", "22"}, "Anna" + std::string(36, '.') + "22"},
                     {{"Sue", "3"}, "Sue" + std::string(37, '.') + "3"},
                     {{"Walter", "4"}, "Walter" + std::string(34, '.') + "4"}};
  CHECK(wrong(first_answer(wide), wide) == 0);
  const Rows longer = {{{"7"}, "007"}, {{"1234"}, "1234"}, {{"12"}, "012"}, {{"99999"}, "99999"}};
  CHECK(wrong(first_answer(longer), longer) == 0);
  const Rows same = {{{"Bob"}, "__Bob"}, {{"Max"}, "__Max"}, {{"Sue"}, "__Sue"}, {{"Al"}, "__Al"}};
  CHECK(wrong(first_answer(same), same) == 0);  // nothing is shown of a width
}

TEST_CASE("text rows: what fills stands between the ends of a width") {
  const Rows one = {{{"Tea 12"}, "Tea.....12"},
                    {{"Coffee 7"}, "Coffee...7"},
                    {{"Green Te 3"}, "Green Te.3"},
                    {{"Honey 45"}, "Honey...45"},
                    {{"Rye 100"}, "Rye....100"}};
  CHECK(wrong(first_answer(one), one) == 0);
  const Rows two = {{{"Jo", "12"}, "|Jo____12|"},
                    {{"Anna", "7"}, "|Anna___7|"},
                    {{"Sue", "103"}, "|Sue__103|"},
                    {{"Walt", "45"}, "|Walt__45|"},
                    {{"Al", "1000"}, "|Al__1000|"}};
  CHECK(wrong(first_answer(two), two) == 0);
}

TEST_CASE("text rows: integers of any length are grouped and padded") {
  const Rows grouped = {{{"9223372036854775807"}, "9,223,372,036,854,775,807"},
                        {{"-1234567890123456789"}, "-1,234,567,890,123,456,789"},
                        {{"12345"}, "12,345"},
                        {{"999"}, "999"},
                        {{"1000000000000000"}, "1,000,000,000,000,000"},
                        {{"123456789012345678901234"}, "123,456,789,012,345,678,901,234"}};
  CHECK(wrong(first_answer(grouped), grouped) == 0);
  const Rows later = {{{"1234567"}, "1 234 567"},
                      {{"89"}, "89"},
                      {{"45678"}, "45 678"},
                      {{"9223372036854775807"}, "9 223 372 036 854 775 807"},
                      {{"1000"}, "1 000"}};
  CHECK(wrong(first_answer(later), later) == 0);
  const Rows padded = {{{"9223372036854775807"}, "09223372036854775807"},
                       {{"1000000000000000"}, "00001000000000000000"},
                       {{"42"}, "00000000000000000042"},
                       {{"123456789012345678"}, "00123456789012345678"}};
  CHECK(wrong(first_answer(padded), padded) == 0);
}

}  // namespace weir::search::text
