#include <algorithm>
#include <utility>
#include <weir/check.hpp>
#include <weir/search/list_language.hpp>

namespace weir::search::lists {

const std::array<Call, calls> call_table = [] {
  std::array<Call, calls> table{};
  std::size_t at = 0;
  const auto put = [&](Function function, Takes takes, Kind gives, Lambda lambda = Lambda::none) {
    table[at++] = {function, lambda, takes, gives};
  };
  const auto put_each = [&](Function function, Takes takes, Kind gives, Lambda first, Lambda last) {
    for (auto lambda = static_cast<int>(first); lambda <= static_cast<int>(last); ++lambda)
      put(function, takes, gives, static_cast<Lambda>(lambda));
  };
  for (const Function function :
       {Function::head, Function::last, Function::minimum, Function::maximum, Function::sum})
    put(function, Takes::list, Kind::integer);
  put_each(Function::count, Takes::list, Kind::integer, Lambda::positive, Lambda::odd);
  put(Function::reverse, Takes::list, Kind::list);
  put(Function::sort, Takes::list, Kind::list);
  put_each(Function::map, Takes::list, Kind::list, Lambda::plus_1, Lambda::over_4);
  put_each(Function::filter, Takes::list, Kind::list, Lambda::positive, Lambda::odd);
  put_each(Function::scanl1, Takes::list, Kind::list, Lambda::add, Lambda::max);
  put(Function::take, Takes::integer_list, Kind::list);
  put(Function::drop, Takes::integer_list, Kind::list);
  put(Function::access, Takes::integer_list, Kind::integer);
  put_each(Function::zipwith, Takes::list_list, Kind::list, Lambda::add, Lambda::max);
  return table;
}();

std::string_view function_name(std::size_t function) noexcept {
  constexpr std::array<std::string_view, functions> names = {
      "HEAD", "LAST",  "TAKE",   "DROP",  "ACCESS",  "MINIMUM", "MAXIMUM", "REVERSE", "SORT",
      "SUM",  "MAP",   "FILTER", "COUNT", "ZIPWITH", "SCANL1",  "+1",      "-1",      "*2",
      "/2",   "*(-1)", "**2",    "*3",    "/3",      "*4",      "/4",      ">0",      "<0",
      "even", "odd",   "+",      "-",     "*",       "MIN",     "MAX"};
  return function < functions ? names[function] : std::string_view{};
}

namespace {

bool in_range(std::int64_t number) { return number >= -number_max && number <= number_max; }

std::int64_t floor_over(std::int64_t number, std::int64_t by) {
  const std::int64_t quotient = number / by;
  return number % by < 0 ? quotient - 1 : quotient;
}

std::int64_t mapped(Lambda lambda, std::int64_t x) {
  switch (lambda) {
    case Lambda::plus_1:
      return x + 1;
    case Lambda::minus_1:
      return x - 1;
    case Lambda::times_2:
      return x * 2;
    case Lambda::over_2:
      return floor_over(x, 2);
    case Lambda::negated:
      return -x;
    case Lambda::squared:
      return x * x;
    case Lambda::times_3:
      return x * 3;
    case Lambda::over_3:
      return floor_over(x, 3);
    case Lambda::times_4:
      return x * 4;
    default:
      return floor_over(x, 4);
  }
}

bool holds(Lambda lambda, std::int64_t x) {
  switch (lambda) {
    case Lambda::positive:
      return x > 0;
    case Lambda::negative:
      return x < 0;
    case Lambda::even:
      return x % 2 == 0;
    default:
      return x % 2 != 0;
  }
}

std::int64_t combined(Lambda lambda, std::int64_t x, std::int64_t y) {
  switch (lambda) {
    case Lambda::add:
      return x + y;
    case Lambda::subtract:
      return x - y;
    case Lambda::multiply:
      return x * y;
    case Lambda::min:
      return std::min(x, y);
    default:
      return std::max(x, y);
  }
}

std::optional<Value> checked(std::int64_t number) {
  if (!in_range(number)) return std::nullopt;
  return Value{number};
}

std::optional<Value> checked(List list) {
  if (!std::all_of(list.begin(), list.end(), in_range)) return std::nullopt;
  return Value{std::move(list)};
}

std::optional<Value> scanned(Lambda lambda, const List& list) {
  List out;
  for (const std::int64_t number : list) {
    out.push_back(out.empty() ? number : combined(lambda, out.back(), number));
    if (!in_range(out.back())) return std::nullopt;
  }
  return Value{std::move(out)};
}

std::optional<Value> of_list(const Call& call, const List& list) {
  const auto count = [&] {
    return std::count_if(list.begin(), list.end(),
                         [&](std::int64_t x) { return holds(call.lambda, x); });
  };
  List out = list;
  switch (call.function) {
    case Function::reverse:
      std::reverse(out.begin(), out.end());
      return checked(std::move(out));
    case Function::sort:
      std::sort(out.begin(), out.end());
      return checked(std::move(out));
    case Function::map:
      for (std::int64_t& number : out) number = mapped(call.lambda, number);
      return checked(std::move(out));
    case Function::filter:
      std::erase_if(out, [&](std::int64_t x) { return !holds(call.lambda, x); });
      return checked(std::move(out));
    case Function::scanl1:
      return scanned(call.lambda, list);
    case Function::count:
      return checked(std::int64_t{count()});
    case Function::sum: {
      std::int64_t sum = 0;
      for (const std::int64_t number : list) sum += number;
      return checked(sum);
    }
    default:
      break;
  }
  if (list.empty()) return std::nullopt;
  switch (call.function) {
    case Function::head:
      return checked(list.front());
    case Function::last:
      return checked(list.back());
    case Function::minimum:
      return checked(*std::min_element(list.begin(), list.end()));
    default:
      return checked(*std::max_element(list.begin(), list.end()));
  }
}

std::optional<Value> of_integer_list(const Call& call, std::int64_t number, const List& list) {
  const auto size = static_cast<std::int64_t>(list.size());
  if (call.function == Function::access) {
    if (number < 0 || number >= size) return std::nullopt;
    return checked(list[static_cast<std::size_t>(number)]);
  }
  const auto cut = list.begin() + std::clamp<std::int64_t>(number, 0, size);
  return checked(call.function == Function::take ? List(list.begin(), cut) : List(cut, list.end()));
}

std::optional<Value> of_lists(const Call& call, const List& a, const List& b) {
  List out(std::min(a.size(), b.size()));
  for (std::size_t i = 0; i < out.size(); ++i) out[i] = combined(call.lambda, a[i], b[i]);
  return checked(std::move(out));
}

}  // namespace

std::optional<Kind> kind_of(const Value& value) {
  if (const auto* number = std::get_if<std::int64_t>(&value);
      number != nullptr && in_range(*number))
    return Kind::integer;
  const auto* list = std::get_if<List>(&value);
  if (list != nullptr && list->size() <= length_max &&
      std::all_of(list->begin(), list->end(), in_range))
    return Kind::list;
  return std::nullopt;
}

std::optional<Value> evaluate(const Call& call, const Value& a, const Value& b) {
  switch (call.takes) {
    case Takes::list:
      return of_list(call, std::get<List>(a));
    case Takes::integer_list:
      return of_integer_list(call, std::get<std::int64_t>(a), std::get<List>(b));
    default:
      return of_lists(call, std::get<List>(a), std::get<List>(b));
  }
}

std::optional<std::vector<Value>> evaluate_lines(const ListProgram& program,
                                                 std::span<const Value> inputs) {
  if (inputs.size() != program.inputs.size()) return std::nullopt;
  std::vector<Value> values;
  values.reserve(inputs.size() + program.lines.size());
  for (std::size_t i = 0; i < inputs.size(); ++i) {
    if (kind_of(inputs[i]) != program.inputs[i]) return std::nullopt;
    values.push_back(inputs[i]);
  }
  for (const Line& line : program.lines) {
    std::optional<Value> value = evaluate(call_table[line.call], values[line.a], values[line.b]);
    if (!value) return std::nullopt;
    values.push_back(std::move(*value));
  }
  return values;
}

std::optional<Value> evaluate(const ListProgram& program, std::span<const Value> inputs) {
  std::optional<std::vector<Value>> values = evaluate_lines(program, inputs);
  if (!values) return std::nullopt;
  return std::move((*values)[program.result]);
}

bool well_formed(const ListProgram& program) {
  if (program.inputs.size() > inputs_max || program.lines.size() > lines_max) return false;
  std::vector<Kind> kinds = program.inputs;
  for (const Line& line : program.lines) {
    if (line.call >= calls || line.a >= kinds.size() || line.b >= kinds.size()) return false;
    const Call& call = call_table[line.call];
    const Kind first = call.takes == Takes::integer_list ? Kind::integer : Kind::list;
    if (kinds[line.a] != first || kinds[line.b] != Kind::list) return false;
    if (call.takes == Takes::list && line.b != line.a) return false;
    kinds.push_back(call.gives);
  }
  return program.lines.empty() ? program.result < kinds.size()
                               : program.result + 1U == kinds.size();
}

std::uint32_t used_slots(const ListProgram& program) {
  std::uint32_t used = 1U << program.result;
  for (std::size_t i = program.lines.size(); i-- > 0;) {
    if ((used >> (program.inputs.size() + i) & 1U) == 0) continue;
    used |= 1U << program.lines[i].a | 1U << program.lines[i].b;
  }
  return used;
}

ListProgram without_unused(const ListProgram& program) {
  const std::uint32_t used = used_slots(program);
  const std::size_t inputs = program.inputs.size();
  ListProgram out{program.inputs, {}, program.result};
  std::vector<std::uint8_t> moved(inputs + program.lines.size());
  for (std::size_t i = 0; i < inputs; ++i) moved[i] = static_cast<std::uint8_t>(i);
  for (std::size_t i = 0; i < program.lines.size(); ++i) {
    if ((used >> (inputs + i) & 1U) == 0) continue;
    const Line& line = program.lines[i];
    moved[inputs + i] = static_cast<std::uint8_t>(inputs + out.lines.size());
    out.lines.push_back({line.call, moved[line.a], moved[line.b]});
  }
  out.result = moved[program.result];
  return out;
}

std::uint64_t occurring(const ListProgram& program) {
  std::uint64_t bits = 0;
  for (const Line& line : program.lines) {
    const Call& call = call_table[line.call];
    bits |= std::uint64_t{1} << static_cast<unsigned>(call.function);
    if (call.lambda != Lambda::none)
      bits |= std::uint64_t{1} << (called_functions + static_cast<std::size_t>(call.lambda));
  }
  return bits;
}

}  // namespace weir::search::lists
