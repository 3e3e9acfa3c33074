#include "text_recipe.hpp"

#include <algorithm>
#include <charconv>
#include <cmath>
#include <type_traits>

#include "text_branches.hpp"

namespace weir::search::text {

namespace recipes {

constexpr std::string_view word = "text2 ";
constexpr std::int64_t place_max = 10'000, width_max = 256, seconds_max = 10'000'000;
constexpr std::int64_t character_max = 0x10ffff, branches_max = 16, pieces_max = 64;
constexpr std::int64_t cost_unit = 16, cost_max = 1000 * cost_unit;

class Writer {
 public:
  template <class T>
  void number(T value, std::int64_t, std::int64_t) {
    text_ += std::to_string(static_cast<std::int64_t>(value)) + ",";
  }
  void text(const Str& value) {
    const std::string bytes = encode(value);
    text_ += std::to_string(bytes.size()) + ":" + bytes;
  }
  template <class Vector>
  void size(const Vector& all, std::int64_t most) {
    number(all.size(), 0, most);
  }
  template <class T>
  bool has(const std::optional<T>& value) {
    number(value.has_value(), 0, 1);
    return value.has_value();
  }
  std::string take() { return std::move(text_); }

 private:
  std::string text_;
};

/// Once something is wrong, all that is read is 0.
class Reader {
 public:
  explicit Reader(std::string_view text) : text_(text) {}

  template <class T>
  void number(T& value, std::int64_t least, std::int64_t most) {
    const std::int64_t read = take(',');
    if (read < least || read > most) bad_ = true;
    value = static_cast<T>(bad_ ? std::clamp<std::int64_t>(0, least, most) : read);
  }
  void text(Str& value) {
    const std::int64_t bytes = take(':');
    if (bad_ || bytes < 0 || static_cast<std::size_t>(bytes) > text_.size()) {
      bad_ = true;
      return;
    }
    value = decode(text_.substr(0, static_cast<std::size_t>(bytes)));
    text_.remove_prefix(static_cast<std::size_t>(bytes));
  }
  template <class Vector>
  void size(Vector& all, std::int64_t most) {
    std::size_t count = 0;
    number(count, 0, most);
    all.resize(count);
  }
  template <class T>
  bool has(std::optional<T>& value) {
    bool there = false;
    number(there, 0, 1);
    if (there) value.emplace();
    return there;
  }
  bool read_all() const noexcept { return !bad_ && text_.empty(); }

 private:
  std::int64_t take(char behind) {
    std::int64_t value = 0;
    const auto parsed = std::from_chars(text_.data(), text_.data() + text_.size(), value);
    const auto length = static_cast<std::size_t>(parsed.ptr - text_.data());
    if (bad_ || parsed.ec != std::errc{} || length >= text_.size() || text_[length] != behind) {
      bad_ = true;
      return 0;
    }
    text_.remove_prefix(length + 1);
    return value;
  }

  std::string_view text_;
  bool bad_ = false;
};

/// Visits all fields of a program in one order, to write them or to read them.
template <class Archive>
class Walk {
 public:
  Walk(Archive& archive, std::size_t inputs)
      : archive_(archive), input_max_(static_cast<std::int64_t>(inputs) - 1) {}

  template <class P>
  void program(P& program) {
    archive_.size(program.branches, branches_max);
    for (auto& branch : program.branches) {
      condition(branch.when);
      archive_.size(branch.pieces, pieces_max);
      for (auto& one : branch.pieces) piece(one);
    }
  }

 private:
  template <class C>
  void condition(C& of) {
    archive_.number(of.kind, 0, static_cast<int>(Condition::Kind::multiple));
    archive_.number(of.input, 0, input_max_);
    archive_.number(of.negated, 0, 1);
    archive_.number(of.token, 0, classes - 1);
    archive_.number(of.count, 0, place_max);
    archive_.text(of.text);
    figure(of.number);
    archive_.number(of.field, 0, fields - 1);
    archive_.number(of.order, 0, date_orders - 1);
  }
  template <class N>
  void figure(N& of) {
    archive_.number(of.mantissa, -mantissa_max, mantissa_max);
    archive_.number(of.decimals, 0, weir::search::text::decimals_max);
  }
  template <class P>
  void position(P& of) {
    archive_.number(of.kind, 0, static_cast<int>(Position::Kind::literal));
    archive_.number(of.token, 0, classes - 1);
    archive_.number(of.end, 0, 1);
    archive_.number(of.lenient, 0, 1);
    archive_.number(of.k, -place_max, place_max);
    archive_.text(of.literal);
  }
  template <class S>
  void slice(S& of) {
    archive_.number(of.input, Slice::all_inputs, input_max_);
    archive_.number(of.order, 0, static_cast<int>(Slice::Order::to_first));
    archive_.number(of.trim, 0, 1);
    position(of.from);
    position(of.to);
  }
  template <class M>
  void moment(M& of) {
    slice(of.where);
    archive_.number(of.order, 0, date_orders - 1);
    archive_.number(of.mode, 0, static_cast<int>(Rounding::half_even));
    archive_.number(of.unit, 0, seconds_max);
    archive_.number(of.offset, -seconds_max, seconds_max);
    archive_.number(of.add, -seconds_max, seconds_max);
    archive_.number(of.wrap, 0, 1);
    archive_.number(of.begin, 0, static_cast<int>(Begin::sunday_week));
    archive_.number(of.months, -place_max, place_max);
    archive_.number(of.days, -place_max, place_max);
  }
  template <class N>
  void number(N& of) {
    operand(of);
    archive_.number(of.join, 0, static_cast<int>(Join::clock));
    archive_.number(of.places, 0, decimals_max);
    if (of.join == Join::none) return;
    if constexpr (std::is_const_v<N>) {
      operand(*of.other);
    } else {
      const auto other = std::make_shared<NumberSource>();
      operand(*other);
      of.other = other;
    }
  }
  template <class N>
  void operand(N& of) {
    archive_.number(of.input, Slice::all_inputs, input_max_);
    archive_.number(of.k, -place_max, place_max);
    archive_.number(of.comma, 0, 1);
    archive_.number(of.units, 0, unit_kinds - 1);
    if (archive_.has(of.field)) archive_.number(*of.field, 0, fields - 1);
    moment(of.moment);
  }
  template <class S>
  void steps(S& of) {
    archive_.number(of.scale, -decimals_max, decimals_max);
    figure(of.times);
    figure(of.shift);
    archive_.number(of.over, 1, mantissa_max);
    archive_.number(of.places, 0, decimals_max);
    archive_.number(of.modulo, 0, mantissa_max);
    if (archive_.has(of.unit)) {
      archive_.number(of.unit->mantissa, 1, mantissa_max);
      archive_.number(of.unit->decimals, 0, weir::search::text::decimals_max);
    }
    archive_.number(of.mode, 0, static_cast<int>(Rounding::half_even));
    archive_.number(of.figures, 0, 15);
    archive_.number(of.part, 0, static_cast<int>(Part::power));
    figure(of.add);
  }
  template <class F>
  void format(F& of) {
    archive_.number(of.decimals_min, 0, weir::search::text::decimals_max);
    archive_.number(of.decimals_max, 0, weir::search::text::decimals_max);
    archive_.number(of.width, 0, width_max);
    archive_.number(of.pad, 0, character_max);
    archive_.number(of.tail, 0, character_max);
    archive_.number(of.grouping, 0, static_cast<int>(Grouping::indian));
    archive_.number(of.mark, 0, character_max);
    archive_.number(of.group, 0, character_max);
    archive_.number(of.plus, 0, 1);
    archive_.number(of.naked, 0, 1);
    archive_.number(of.absolute, 0, 1);
  }
  template <class P>
  void piece(P& of) {
    archive_.number(of.kind, 0, static_cast<int>(Piece::Kind::moment));
    switch (of.kind) {
      case Piece::Kind::slice:
        slice(of.slice);
        break;
      case Piece::Kind::number:
        number(of.number);
        steps(of.steps);
        format(of.format);
        break;
      case Piece::Kind::moment:
        moment(of.moment);
        archive_.number(of.field, 0, fields - 1);
        break;
      case Piece::Kind::constant:
      case Piece::Kind::table:
        archive_.text(of.text);
        break;
    }
    archive_.number(of.edit.kind, 0, static_cast<int>(Edit::Kind::spread));
    archive_.number(of.edit.a, 0, character_max);
    archive_.number(of.edit.b, 0, character_max);
    archive_.number(of.edit.width, -width_max, width_max);
    archive_.number(of.edit.count, 0, width_max);
    archive_.text(of.edit.what);
    archive_.text(of.edit.by);
    archive_.number(of.letters, 0, static_cast<int>(Letters::first_upper));
  }

  Archive& archive_;
  std::int64_t input_max_;
};

bool has_table(const Program& program) {
  for (const Branch& branch : program.branches) {
    for (const Piece& piece : branch.pieces) {
      if (piece.kind == Piece::Kind::table) return true;
    }
  }
  return false;
}

}  // namespace recipes

std::string recipe_of(const Program& program, double cost) {
  if (recipes::has_table(program) || !(cost >= 0)) return {};
  recipes::Writer writer;
  const auto bits = static_cast<std::int64_t>(
      std::min(std::round(cost * recipes::cost_unit), double{recipes::cost_max}));
  writer.number(bits, 0, recipes::cost_max);
  recipes::Walk<recipes::Writer>(writer, 0).program(program);
  return std::string(recipes::word) + writer.take();
}

std::optional<Recipe> read_recipe(std::string_view text, std::size_t inputs) {
  if (!text.starts_with(recipes::word) || inputs == 0) return std::nullopt;
  recipes::Reader reader(text.substr(recipes::word.size()));
  Recipe recipe;
  std::int64_t bits = 0;
  reader.number(bits, 0, recipes::cost_max);
  recipe.cost = static_cast<double>(bits) / recipes::cost_unit;
  recipes::Walk<recipes::Reader>(reader, inputs).program(recipe.program);
  if (!reader.read_all() || recipe.program.branches.empty()) return std::nullopt;
  recipe.cost = std::max(recipe.cost, least_cost(recipe.program));
  return recipe;
}

}  // namespace weir::search::text
