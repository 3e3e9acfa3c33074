// list_language.hpp: the DeepCoder list language: its calls, programs of them, and what a program makes of inputs.
//
//   t1 = MAP(*2) xs        a line is a call on inputs or earlier lines
//   t2 = ZIPWITH(+) t1 ys
//   t3 = SUM t2            the value of the last line is the program's
//
// Shape:  integers in -255..255 and lists of them, at most 128 long. A slot is an input, or behind them a line.
//         34 functions: 15 that are called and 19 lambdas; 38 calls, each a function with its lambda.
// Roles:  pure, any thread.
// Errors: a value that is undefined or outside -255..255 is none, and so is all that is made of it.
// Source: Balog et al., DeepCoder: learning to write programs, ICLR 2017.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>
#include <weir/search/task.hpp>

namespace weir::search::lists {

inline constexpr std::int64_t number_max = 255;
inline constexpr std::size_t length_max = 128;  // a sum of 128 numbers fits 16 bits
inline constexpr std::size_t inputs_max = 8;
inline constexpr std::size_t lines_max = 14;

enum class Kind : std::uint8_t { integer, list };

enum class Function : std::uint8_t {
  head,
  last,
  take,
  drop,
  access,
  minimum,
  maximum,
  reverse,
  sort,
  sum,
  map,
  filter,
  count,
  zipwith,
  scanl1,
};
inline constexpr std::size_t called_functions = 15;

enum class Lambda : std::uint8_t {
  plus_1,
  minus_1,
  times_2,
  over_2,
  negated,
  squared,
  times_3,
  over_3,
  times_4,
  over_4,
  positive,
  negative,
  even,
  odd,
  add,
  subtract,
  multiply,
  min,
  max,
  none,
};
/// What guidance speaks of: a Function is its own number, a Lambda stands behind the called ones.
inline constexpr std::size_t functions = called_functions + static_cast<std::size_t>(Lambda::none);
std::string_view function_name(std::size_t function) noexcept;

/// What a call takes: one list, an integer and a list, two lists.
enum class Takes : std::uint8_t { list, integer_list, list_list };

struct Call {
  Function function = Function::head;
  Lambda lambda = Lambda::none;
  Takes takes = Takes::list;
  Kind gives = Kind::integer;
};
inline constexpr std::size_t calls = 38;
/// Those that make an integer of a list, a list of a list, then those on an integer and a list, and on two lists.
extern const std::array<Call, calls> call_table;
inline constexpr std::uint8_t first_list_call = 9, first_integer_list_call = 30,
                              first_zip_call = 33;

struct Line {
  std::uint8_t call = 0;  // into call_table
  std::uint8_t a = 0;     // the slot of its first argument
  std::uint8_t b = 0;     // of its second; a where there is none
  friend bool operator==(const Line&, const Line&) = default;
};

struct ListProgram {
  std::vector<Kind> inputs;
  std::vector<Line> lines;
  std::uint8_t result = 0;  // a slot: the last line's, or with no line an input's
  friend bool operator==(const ListProgram&, const ListProgram&) = default;
};

/// One call. Arguments are of the kinds that it takes.
std::optional<Value> evaluate(const Call& call, const Value& a, const Value& b);
/// The values of all slots, inputs first. None when one is none, or an input is outside the language.
std::optional<std::vector<Value>> evaluate_lines(const ListProgram& program,
                                                 std::span<const Value> inputs);
/// The program's value.
std::optional<Value> evaluate(const ListProgram& program, std::span<const Value> inputs);

/// Kind, range and length; none where a value is outside the language.
std::optional<Kind> kind_of(const Value& value);
bool well_formed(const ListProgram& program);
/// Slots that the result is made of, itself too, as bits.
std::uint32_t used_slots(const ListProgram& program);
/// The same program without lines that the result is not made of.
ListProgram without_unused(const ListProgram& program);
/// Which of the 34 functions occur, as bits: what guidance is trained to say.
std::uint64_t occurring(const ListProgram& program);

/// One function named `name` that takes the inputs as positional arguments; empty for Language::sygus. A name that is
/// no identifier is written as f. Null is None, std::nullopt, null.
std::string program_text(const ListProgram& program, Language language, std::string_view name);
/// "MAP(*2) xs" a line: for people and logs.
std::string program_text(const ListProgram& program);

}  // namespace weir::search::lists
