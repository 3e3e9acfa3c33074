// text_program.hpp: the language of people's data, and what its programs compute.
//
//   program   branch, branch, ...: the first whose condition holds and whose pieces all have a value; else ""
//   branch    condition, and pieces whose texts are put one after the other
//   piece     constant | slice of an input | number of an input, written anew | field of a date or time, written anew |
//             table; then an edit, then letter case
//
// Shape:  positions count code points. A row is the texts of all inputs. Errors: a piece without value makes its branch
//         fail. Cost: microseconds a row.
#pragma once

#include <memory>
#include <optional>
#include <span>
#include <utility>
#include <vector>

#include "text_match.hpp"
#include "text_moment.hpp"
#include "text_number.hpp"

namespace weir::search::text {

using Row = std::vector<Str>;

struct Position {
  enum class Kind : std::uint8_t { offset, token, literal };
  Kind kind = Kind::offset;
  Class token = Class::digits;
  bool end = false;      // the end of the match rather than its begin
  bool lenient = false;  // without that match: the text's begin (of `from`), its end (of `to`)
  int k =
      0;  // offset: from the begin, below 0 from the end (-1 is the end); match: 1 the first, -1 the last
  Str literal;

  friend bool operator==(const Position&, const Position&) = default;
};

/// -1: there is no such position. Offsets stop at the ends.
int locate(const Position& p, View text, bool is_from);

struct Slice {
  enum class Order : std::uint8_t {
    apart,       // both positions in the whole text
    from_first,  // `to` in what is behind `from`
    to_first,    // `from` in what is before `to`
  };
  static constexpr int all_inputs = -1;  // joined by spaces
  int input = 0;
  Order order = Order::apart;
  bool trim = false;
  Position from{}, to{Position::Kind::offset, Class::digits, false, false, -1, {}};

  bool whole() const noexcept;
  friend bool operator==(const Slice&, const Slice&) = default;
};

std::optional<Span> span_of(const Slice& s, View text);
std::optional<Str> value_of(const Slice& s, const Row& row);

struct Edit {
  enum class Kind : std::uint8_t {
    none,
    keep_digits,
    keep_letters,
    keep_alnum,
    keep_uppers,
    drop,
    swap,
    squeeze,
    initials,
    pad_left,
    pad_right,
    strip_zeros,
    replace,  // every `what` by `by`
    count,    // how often `what` stands in it (empty: how many visible runs), and `width` more
    ordinal,  // 1st, 2nd, 11th, where it is digits
    join,     // its runs of letters and digits, with a between them
    digits,  // of its digits those from the `width`-th on (0 the first, -1 the last), `count` places
    mask,    // every letter and digit is a
    length,     // how many characters it has, or (`count` is 1 or 2) letters or digits
    roman,      // I to MMMCMXCIX, where it is digits
    part_case,  // a before each upper-case letter behind a lower-case one or a digit
    grouped,    // a between threes of its digits, where it is an integer
    spread,     // its last run of spaces is so many a that it is `width` long
  };
  Kind kind = Kind::none;
  char32_t a = 0,
           b = 0;  // drop a; swap a for b; initials with a behind each (0: nothing); pad with a
  int width = 0;
  Str what, by;
  int count = 0;

  friend bool operator==(const Edit&, const Edit&) = default;
};
enum class Letters : std::uint8_t { as_is, lower, upper, title, capital, first_upper };

Str edited(View text, const Edit& edit);
Str cased(View text, Letters letters);

/// The day that a date's month, and so on, begins with.
enum class Begin : std::uint8_t { none, month, quarter, year, week, sunday_week };

struct MomentSource {
  Slice where;
  DateOrder order = DateOrder::ymd;
  Rounding mode = Rounding::floor;
  int unit = 0;  // seconds that the time is rounded to, from `offset` on; 0: not rounded
  int offset = 0;
  int add = 0;       // seconds, after rounding
  bool wrap = true;  // at 24 h, where the time was below that
  Begin begin = Begin::none;
  int months = 0;  // the date is so many later, on the last day where a month has no such day; then
  int days = 0;    // so many later

  friend bool operator==(const MomentSource&, const MomentSource&) = default;
};

std::optional<Moment> moment_of(const MomentSource& s, const Row& row);
/// The date of a moment as s says; false: there is none, or none that can be.
bool move_date(const MomentSource& s, Moment& m);
/// Rounds and adds as `s` says; false: there is no time, or none that can be.
bool round_time(const MomentSource& s, Moment& m);

/// What two numbers become: the second is taken from the first, or the first is divided by it; or the first becomes
/// less or more by the second, which is a percentage or a share; or the time from the second to the first, over
/// midnight.
enum class Join : std::uint8_t {
  none,
  plus,
  minus,
  times,
  over,
  less_percent,
  more_percent,
  less_share,
  more_share,
  clock,
};

struct NumberSource {
  int input = 0;       // or Slice::all_inputs
  int k = 1;           // 1 the first number of the input, -1 the last, 0 the sum of all
  bool comma = false;  // decimal comma
  Units units = Units::none;
  std::optional<Field> field;  // then of the moment instead
  MomentSource moment;
  Join join = Join::none;
  std::shared_ptr<const NumberSource> other;  // joins nothing itself
  int places = 0;                             // decimals of a quotient, rounded half up

  friend bool operator==(const NumberSource&, const NumberSource&) = default;
};

/// Of a number as it is written with a power of ten.
enum class Part : std::uint8_t { all, significand, power };

struct NumberSteps {
  int scale = 0;          // times 10^scale
  Number times{1, 0};     // then times this
  Number shift;           // and this more
  std::int64_t over = 1;  // divided by it, rounded to `places` as `mode` says
  int places = 0;
  std::int64_t modulo = 0;  // what is left behind whole ones; 0: all
  std::optional<Number> unit;
  Rounding mode = Rounding::half_up;
  int figures = 0;  // then rounded to so many significant ones
  Part part = Part::all;
  Number add;  // after rounding
};

/// How many of the unit that the source counts times in are a day.
std::int64_t units_of_day(const NumberSource& s) noexcept;
std::optional<Number> number_of(const NumberSource& s, const Row& row);
std::optional<Number> stepped(Number x, const NumberSteps& steps);

struct Piece {
  enum class Kind : std::uint8_t { constant, slice, number, moment, table };
  Kind kind = Kind::constant;
  Str text;  // of a constant
  Slice slice;
  NumberSource number;
  NumberSteps steps;
  NumberFormat format;
  MomentSource moment;
  Field field = Field::year;
  std::vector<std::pair<Row, Str>> table;
  Edit edit;
  Letters letters = Letters::as_is;
};

std::optional<Str> value_of(const Piece& p, const Row& row);

struct Condition {
  enum class Kind : std::uint8_t {
    always,
    empty,
    equals,
    has,
    starts,
    ends,
    has_token,
    starts_token,
    length,
    tokens,
    at_least,
    moment_at_least,
    multiple,  // the first number, of `count`
  };
  Kind kind = Kind::always;
  int input = 0;
  bool negated = false;
  Class token = Class::digits;
  int count = 0;                     // of `length`, `tokens` and the last two
  Str text;                          // of equals, has, starts, ends
  Number number;                     // at_least: of the first number
  Field field = Field::iso_weekday;  // moment_at_least: this is `count` or more
  DateOrder order = DateOrder::ymd;
};

bool holds(const Condition& c, const Row& row);

struct Branch {
  Condition when;
  std::vector<Piece> pieces;
};

struct Program {
  std::vector<Branch> branches;

  std::uint32_t size() const noexcept;
};

/// Not as lists of initialisers: g++ 12 takes their temporaries for uninitialised.
Program program_of(std::vector<Piece> pieces);
Program program_of(const Condition& when, const std::vector<Piece>& then,
                   const std::vector<Piece>& otherwise);

std::optional<Str> value_of(const std::vector<Piece>& pieces, const Row& row);
/// `failed` is set where no branch had a value.
Str run(const Program& program, const Row& row, bool* failed = nullptr);

}  // namespace weir::search::text
