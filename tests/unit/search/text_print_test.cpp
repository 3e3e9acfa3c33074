// What is written in Python, JavaScript and C++ computes what the evaluator computes: random programs on odd rows.
#include "text_print.hpp"

#include <doctest/doctest.h>

#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <random>
#include <sstream>

#include "text_helpers.hpp"

namespace weir::search::text {

namespace {

const std::vector<std::string> odd_texts = {
    "",
    " ",
    "Hone  Albert",
    "aysu o'neil-polat",
    "ÅSA Žižek ßtraße",
    "SF.",
    "$1,234.50",
    "-$5",
    "(12)",
    "3,63,45,645.125",
    "1.234,5",
    ".5 and -.75",
    "123456789012345678",
    "-9223372036854775808",
    "9223372036854775807 1",
    "-9,223,372,036,854,775,807",
    "922337203685477580.7",
    "(9007199254740993) 2",
    "9.2e18 9.3e18 -1e18",
    "0.00000000000001",
    "007",
    "31-Jan-2031 05:54:18",
    "Mar 30 2002",
    "01311846",
    "061299",
    "2004-10-02T06:25:57Z",
    "6:25PM",
    "12:00 a.m.",
    "25:00",
    "99:59:59.5",
    "30/2/2001",
    "29/02/2000",
    "3/4",
    "7/2019",
    "sept 5",
    "5 June",
    "11 PM",
    "0:61",
    "13 pm",
    "(525) 949 2246",
    "a@b.co, x/y; [z] \"q\" \\ |",
    "type size =  206: Iste",
    "Ünïcode 😀 тест Ёлка ΣΟΦΙΑ",
    "-12.345",
    "999999999999.99",
    "4,5,6",
    "1,000,00",
    "2021-W01 1",
    "December 31, 1999 11:59:59 pm",
    "x-5 -6 \xe2\x88\x92"
    "7",
    "2005-01-01",
    "00:00:00",
    "1e5",
    "a,b,,c",
    "2h 15m 3S",
    "5'11\" 6 Ft",
    "1.5e3 7E-2 1e16",
    "-2 x 10^-4; 3X10^5; 1e12a; 12e0123",
    "$1.2M 500k 3",
    "1 KB,2 tb 9000000 tb",
    "camelCaseTEXT3D ÀeÉ",
    "2020-02-29 1:30",
    "0001-01-03 9999-12-31",
    "9999-12-31",
    "Jan 0 0:00",
};

class RandomProgram {
 public:
  explicit RandomProgram(std::uint32_t seed) : random_(seed) {}

  Program make() {
    Program p;
    const int n = 1 + below(2);
    for (int i = 0; i < n; ++i) {
      Branch b;
      if (i + 1 < n) b.when = condition();
      const int pieces = 1 + below(3);
      for (int k = 0; k < pieces; ++k) b.pieces.push_back(piece());
      p.branches.push_back(std::move(b));
    }
    return p;
  }

  int below(int n) { return static_cast<int>(random_() % static_cast<std::uint32_t>(n)); }

 private:
  Str literal() {
    static const std::vector<Str> all = {U" ", U",",    U", ", U"-",  U":",  U"/", U".",
                                         U"a", U"size", U"(",  U"\"", U"\\", U"😀", U"|"};
    return all[static_cast<std::size_t>(below(static_cast<int>(all.size())))];
  }
  int index() { return below(2) == 0 ? 1 + below(3) : -1 - below(3); }
  char32_t mark() { return literal()[0]; }

  Position position() {
    Position p;
    p.kind = static_cast<Position::Kind>(below(3));
    p.token = static_cast<Class>(below(classes));
    p.k = p.kind == Position::Kind::offset ? below(12) - 6 : index();
    p.end = p.kind != Position::Kind::offset && below(2) == 0;
    p.lenient = p.kind != Position::Kind::offset && below(4) == 0;
    if (p.kind == Position::Kind::literal) p.literal = literal();
    return p;
  }

  Slice slice() {
    Slice s;
    s.input = below(3) - 1;
    if (below(4) == 0) return s;
    s.order = static_cast<Slice::Order>(below(3));
    s.trim = below(4) == 0;
    s.from = position();
    s.to = position();
    if (below(3) == 0) {  // a token
      s.order = Slice::Order::apart;
      s.from.kind = s.to.kind = Position::Kind::token;
      s.from.literal.clear();
      s.from.end = s.from.lenient = s.to.lenient = false;
      s.from.k = index();
      s.to = s.from;
      s.to.end = true;
    }
    return s;
  }

  MomentSource moment() {
    MomentSource m;
    m.where = below(3) == 0 ? slice() : Slice{};
    m.order = static_cast<DateOrder>(below(date_orders));
    if (below(4) == 0) m.days = below(1500) - 750;
    if (below(3) == 0) m.begin = static_cast<Begin>(below(6));
    if (below(4) == 0) m.months = below(60) - 30;
    if (below(2) == 0) return m;
    constexpr int units[] = {60, 300, 900, 1800, 3600, 7200, 5400};
    m.unit = units[below(7)];
    m.offset = below(2) * 300;
    m.mode = static_cast<Rounding>(below(3));
    m.add = below(3) * 1500;
    m.wrap = below(2) == 0;
    return m;
  }

  NumberFormat format() {
    NumberFormat f;
    f.decimals_max = below(5);
    f.decimals_min = below(f.decimals_max + 1);
    f.width = below(3) * 3;
    f.pad = below(2) == 0 ? U'0' : U' ';
    f.tail = below(3) == 0 ? U' ' : U'0';
    f.grouping = static_cast<Grouping>(below(3));
    f.mark = below(4) == 0 ? U',' : U'.';
    f.group = below(4) == 0 ? U' ' : U',';
    f.plus = below(4) == 0;
    f.naked = below(4) == 0;
    f.absolute = below(4) == 0;
    return f;
  }

  Condition condition() {
    Condition c;
    c.kind = static_cast<Condition::Kind>(below(13));
    c.input = below(2);
    c.negated = c.kind != Condition::Kind::always && below(2) == 0;
    c.token = static_cast<Class>(below(classes));
    c.count = below(6);
    c.text = literal();
    c.number = {below(2000) - 500, below(3)};
    constexpr Field all[] = {Field::iso_weekday, Field::hour, Field::month};
    c.field = all[below(3)];
    c.order = static_cast<DateOrder>(below(date_orders));
    return c;
  }

  Piece piece() {
    Piece p;
    p.kind = static_cast<Piece::Kind>(below(10) == 0 ? 4 : 1 + below(3));
    if (below(8) == 0) p.kind = Piece::Kind::constant;
    p.text = literal();
    p.slice = slice();
    p.number.input = below(2);
    p.number.k = index();
    p.number.comma = below(4) == 0;
    if (below(4) == 0) {
      constexpr Field all[] = {Field::hour,          Field::minute,        Field::second,
                               Field::year,          Field::month,         Field::day,
                               Field::total_minutes, Field::total_seconds, Field::quarter,
                               Field::total_days,    Field::months_days};
      p.number.field = all[below(11)];
      p.number.moment = moment();
    }
    if (below(4) == 0) p.number.k = 0;
    if (below(2) == 0) p.number.units = static_cast<Units>(below(unit_kinds));
    if (below(8) == 0) p.number.input = Slice::all_inputs;
    if (below(3) == 0) {
      NumberSource other = p.number;
      other.input = below(2);
      other.k = index();
      if (other.field && below(2) == 0) other.moment = moment();
      p.number.join = static_cast<Join>(1 + below(9));
      p.number.places = below(8);
      p.number.other = std::make_shared<NumberSource>(other);
    }
    if (below(4) == 0) p.steps.times = {below(2000) - 500, below(4)};
    if (below(4) == 0) p.steps.shift = {below(2000) - 500, below(3)};
    if (below(4) == 0) p.steps.over = 2 + below(59);
    p.steps.places = below(6);
    if (below(4) == 0) p.steps.modulo = 1 + below(100);
    p.steps.scale = below(3) == 0 ? below(12) - 6 : 0;
    if (below(2) == 0) p.steps.unit = Number{below(2) == 0 ? 25 : 1 + below(9), below(3)};
    if (below(4) == 0) p.steps.figures = 1 + below(5);
    if (below(4) == 0) p.steps.part = static_cast<Part>(below(3));
    p.steps.mode = static_cast<Rounding>(below(5));
    if (below(3) == 0) p.steps.add = {below(50) + 1, below(2)};
    p.format = format();
    p.moment = moment();
    p.field = static_cast<Field>(below(fields));
    if (p.kind == Piece::Kind::table)
      p.table = {{{U"SF.", U"007"}, U"San \"F\""}, {{U"", U" "}, U"\\n"}};
    if (below(3) == 0) {
      p.edit = {static_cast<Edit::Kind>(below(23)), mark(), mark(), below(9), literal(), literal()};
      p.edit.count = below(9);
      if (p.edit.kind == Edit::Kind::digits && below(2) == 0) p.edit.width = -p.edit.width;
      if (p.edit.kind == Edit::Kind::count && below(2) == 0) p.edit.what.clear();
    }
    if (p.edit.kind == Edit::Kind::initials && below(2) == 0) p.edit.a = 0;
    if (below(3) == 0) p.letters = static_cast<Letters>(below(6));
    return p;
  }

  std::mt19937 random_;
};

struct Case {
  Program program;
  std::vector<Row> rows;
};

std::vector<Case> cases(std::uint32_t seed, int n) {
  RandomProgram random(seed);
  std::vector<Case> all;
  const auto any = [&] {
    return decode(
        odd_texts[static_cast<std::size_t>(random.below(static_cast<int>(odd_texts.size())))]);
  };
  for (int i = 0; i < n; ++i) {
    Case c{random.make(), {}};
    for (std::size_t r = 0; r < odd_texts.size(); ++r)
      c.rows.push_back({decode(odd_texts[r]), any()});
    all.push_back(std::move(c));
  }
  return all;
}

std::string hex(View text) {
  std::ostringstream out;
  for (const char32_t c : text) out << std::hex << static_cast<std::uint32_t>(c) << ' ';
  return out.str();
}

std::string expected(const std::vector<Case>& all) {
  std::string out;
  for (const Case& c : all) {
    for (const Row& row : c.rows) out += hex(run(c.program, row)) + "\n";
  }
  return out;
}

Signature signature(std::size_t i) {
  return {"f" + std::to_string(i), {Kind::text, Kind::text}, Kind::text};
}

/// What a command writes; `ok` is false where it fails.
std::string output_of(const std::string& command, bool& ok) {
  std::string out;
  FILE* pipe = popen(command.c_str(), "r");
  REQUIRE(pipe != nullptr);
  char buffer[4096];
  for (std::size_t n = 0; (n = fread(buffer, 1, sizeof buffer, pipe)) > 0;) out.append(buffer, n);
  ok = pclose(pipe) == 0;
  return out;
}

bool there(const std::string& program) {
  bool ok = false;
  output_of("command -v " + program + " 2>/dev/null", ok);
  return ok;
}

class Folder {
 public:
  Folder() {
    std::string name = (std::filesystem::temp_directory_path() / "weir-text-XXXXXX").string();
    REQUIRE(mkdtemp(name.data()) != nullptr);
    path_ = name;
  }
  ~Folder() { std::filesystem::remove_all(path_); }
  std::string write(const std::string& name, const std::string& content) const {
    std::ofstream(path_ / name, std::ios::binary) << content;
    return (path_ / name).string();
  }
  std::string path(const std::string& name) const { return (path_ / name).string(); }

 private:
  std::filesystem::path path_;
};

/// The first line that differs, with the program that made it.
void compare(const std::vector<Case>& all, const std::string& got,
             std::string (*print)(const Program&, const Signature&)) {
  std::istringstream want(expected(all)), have(got);
  for (std::size_t i = 0; i < all.size(); ++i) {
    for (const Row& row : all[i].rows) {
      std::string a, b;
      std::getline(want, a);
      std::getline(have, b);
      if (a == b) continue;
      const std::string text = print(all[i].program, signature(i));
      FAIL_CHECK("on " << quoted(row[0], false) << ", " << quoted(row[1], false) << ": evaluator "
                       << a << ", program " << b << " ... "
                       << text.substr(text.size() - std::min<std::size_t>(text.size(), 900)));
      return;
    }
  }
}

std::string rows_in(const std::vector<Case>& all, bool braces) {
  std::string out;
  for (std::size_t i = 0; i < all.size(); ++i) {
    for (const Row& row : all[i].rows) {
      out += "show(f" + std::to_string(i) + "(" + quoted(row[0], braces) + ", " +
             quoted(row[1], braces) + "))\n";
    }
  }
  return out;
}

}  // namespace

TEST_CASE("text print: Python computes what the evaluator computes") {
  for (const std::uint32_t seed : {1U, 2U}) {
    const auto all = cases(seed, 300);
    std::string script = "def show(s):\n    print(''.join('%x ' % ord(c) for c in s))\n";
    for (std::size_t i = 0; i < all.size(); ++i) script += python(all[i].program, signature(i));
    const Folder folder;
    bool ok = false;
    const std::string got =
        output_of("python3 " + folder.write("all.py", script + rows_in(all, false)) + " 2>&1", ok);
    CHECK_MESSAGE(ok, got.substr(got.size() - std::min<std::size_t>(got.size(), 400)));
    compare(all, got, python);
  }
}

TEST_CASE("text print: JavaScript computes what the evaluator computes") {
  if (!there("node")) {
    MESSAGE("SKIP: no node on PATH");
    return;
  }
  const auto all = cases(3, 300);
  std::string script =
      "const show = (s) => console.log(Array.from(s).map((c) => c.codePointAt(0).toString(16) + ' "
      "').join(''));\n";
  for (std::size_t i = 0; i < all.size(); ++i) script += javascript(all[i].program, signature(i));
  const Folder folder;
  bool ok = false;
  const std::string got =
      output_of("node " + folder.write("all.js", script + rows_in(all, true)) + " 2>&1", ok);
  CHECK_MESSAGE(ok, got.substr(0, 400));
  compare(all, got, javascript);
}

TEST_CASE("text print: C++ computes what the evaluator computes") {
  const auto all = cases(4, 24);
  std::string code = "#include <cstdio>\n";
  for (std::size_t i = 0; i < all.size(); ++i) code += cplusplus(all[i].program, signature(i));
  code += "int main() {\n";
  const Folder folder;
  for (std::size_t i = 0; i < all.size(); ++i) {
    for (const Row& row : all[i].rows) {
      code += "  std::puts(f" + std::to_string(i) + "(" + quoted(row[0], false) + ", " +
              quoted(row[1], false) + ").c_str());\n";
    }
  }
  code += "}\n";
  bool ok = false;
  const std::string source = folder.write("all.cpp", code);
  const std::string built = output_of("g++ -std=c++20 -O0 -Wall -Wextra -Wshadow -Werror " +
                                          source + " -o " + folder.path("all") + " 2>&1",
                                      ok);
  REQUIRE_MESSAGE(ok, built.substr(0, 1500));
  std::istringstream lines(output_of(folder.path("all"), ok));
  std::string got;
  for (std::string line; std::getline(lines, line);) got += hex(decode(line)) + "\n";
  CHECK(ok);
  compare(all, got, cplusplus);
}

TEST_CASE("text print: letter case is the host language's own") {
  std::string script = "def f(c):\n    return c\nwant = {}\n", rows;
  Program up{{{{}, {Piece{}}}}}, down = up;
  for (Program* p : {&up, &down}) {
    p->branches[0].pieces[0].kind = Piece::Kind::slice;
    p->branches[0].pieces[0].letters = p == &up ? Letters::upper : Letters::lower;
  }
  script = python(up, {"up", {Kind::text}, Kind::text}) +
           python(down, {"down", {Kind::text}, Kind::text});
  script +=
      "for c in list(range(32, 0xd800)) + [0x1f600]:\n    print('%x %x ' % (ord(up(chr(c))), "
      "ord(down(chr(c)))))\n";
  const Folder folder;
  bool ok = false;
  std::istringstream got(output_of("python3 " + folder.write("case.py", script) + " 2>&1", ok));
  CHECK(ok);
  for (char32_t c = 32; c < 0xd800; ++c) {
    std::string line;
    std::getline(got, line);
    if (line == hex(Str{to_upper(c), to_lower(c)})) continue;
    FAIL_CHECK("code point " << static_cast<std::uint32_t>(c) << ": " << line);
    return;
  }
}

}  // namespace weir::search::text
