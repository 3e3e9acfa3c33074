#include <algorithm>
#include <bare_lists.hpp>
#include <cstring>

namespace weir::bench {

using search::lists::Call;
using search::lists::call_table;
using search::lists::Function;
using search::lists::Kind;
using search::lists::Lambda;
using search::lists::Takes;

namespace {

constexpr int out_of_range = 1000;

int mapped(Lambda lambda, int x) {
  switch (lambda) {
    case Lambda::plus_1:
      return x + 1;
    case Lambda::minus_1:
      return x - 1;
    case Lambda::times_2:
      return x * 2;
    case Lambda::over_2:
      return x >> 1;
    case Lambda::negated:
      return -x;
    case Lambda::squared:
      return std::abs(x) > 15 ? out_of_range : x * x;
    case Lambda::times_3:
      return x * 3;
    case Lambda::over_3:
      return (x + 768) / 3 - 256;
    case Lambda::times_4:
      return x * 4;
    default:
      return x >> 2;
  }
}

bool holds(Lambda lambda, int x) {
  switch (lambda) {
    case Lambda::positive:
      return x > 0;
    case Lambda::negative:
      return x < 0;
    case Lambda::even:
      return (x & 1) == 0;
    default:
      return (x & 1) != 0;
  }
}

int combined(Lambda lambda, int x, int y) {
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

bool fits(int x) { return x >= -255 && x <= 255; }

int number_of(const Call& call, const std::int16_t* x, int length) {
  int value = 0;
  if (call.function == Function::sum) {
    for (int i = 0; i < length; ++i) value += x[i];
    return value;
  }
  if (call.function == Function::count) {
    for (int i = 0; i < length; ++i) value += holds(call.lambda, x[i]) ? 1 : 0;
    return value;
  }
  if (length == 0) return out_of_range;
  if (call.function == Function::head) return x[0];
  if (call.function == Function::last) return x[length - 1];
  return call.function == Function::minimum ? *std::min_element(x, x + length)
                                            : *std::max_element(x, x + length);
}

/// One example's list; the new length, or -1.
int list_of(const Call& call, const std::int16_t* x, int length, const std::int16_t* y,
            int length_y, std::int16_t* out) {
  int made = length;
  bool good = true;
  const auto put = [&](int i, int value) {
    good = good && fits(value);
    out[i] = static_cast<std::int16_t>(value);
  };
  switch (call.function) {
    case Function::reverse:
      std::reverse_copy(x, x + length, out);
      break;
    case Function::sort:
      std::copy(x, x + length, out);
      std::sort(out, out + length);
      break;
    case Function::map:
      for (int i = 0; i < length; ++i) put(i, mapped(call.lambda, x[i]));
      break;
    case Function::filter:
      made = 0;
      for (int i = 0; i < length; ++i) {
        if (holds(call.lambda, x[i])) out[made++] = x[i];
      }
      break;
    case Function::scanl1:
      for (int i = 0; i < length && good; ++i)
        put(i, i == 0 ? x[0] : combined(call.lambda, out[i - 1], x[i]));
      break;
    case Function::take:
      made = std::clamp<int>(x[0], 0, length_y);
      std::copy(y, y + made, out);
      break;
    case Function::drop:
      made = length_y - std::clamp<int>(x[0], 0, length_y);
      std::copy(y + length_y - made, y + length_y, out);
      break;
    default:
      made = std::min(length, length_y);
      for (int i = 0; i < made; ++i) put(i, combined(call.lambda, x[i], y[i]));
      break;
  }
  return good ? made : -1;
}

}  // namespace

BareLists::BareLists(const search::Task& task) {
  for (std::size_t e = 0; e < examples; ++e) pack(*task.examples[e].out, e, goal_);
  goal_.hash = hash_of(goal_);
  inputs_ = task.examples.front().in.size();
  for (std::size_t i = 0; i < inputs_; ++i) {
    Value value;
    for (std::size_t e = 0; e < examples; ++e) pack(task.examples[e].in[i], e, value);
    value.hash = hash_of(value);
    slots_.push_back(value);
  }
}

void BareLists::pack(const search::Value& value, std::size_t example, Value& out) {
  if (const auto* number = std::get_if<std::int64_t>(&value)) {
    out.integer = true;
    out.number[example * width] = static_cast<std::int16_t>(*number);
    return;
  }
  const auto& list = std::get<search::List>(value);
  out.length[example] = static_cast<std::uint8_t>(list.size());
  for (std::size_t i = 0; i < list.size(); ++i)
    out.number[example * width + i] = static_cast<std::int16_t>(list[i]);
}

std::uint64_t BareLists::hash_of(const Value& value) {
  std::uint64_t hash = value.integer ? 1 : 2;
  const auto add = [&](std::uint64_t word) {
    hash = (hash ^ word) * 0x9e3779b97f4a7c15u ^ hash >> 31;
  };
  std::uint64_t lengths = 0;
  std::memcpy(&lengths, value.length.data(), sizeof lengths);
  add(lengths);
  for (std::size_t e = 0; e < examples; ++e) {
    const std::size_t length = value.integer ? 1 : value.length[e];
    for (std::size_t i = 0; i < length; i += 4) {
      std::uint64_t word = 0;
      std::memcpy(&word, &value.number[e * width + i], sizeof word);
      add(word);
    }
  }
  return hash;
}

bool BareLists::evaluate(const Call& call, const Value& a, const Value& b, Value& out) {
  out.integer = call.gives == Kind::integer;
  for (std::size_t e = 0; e < examples; ++e) {
    const std::int16_t* x = &a.number[e * width];
    const std::int16_t* y = &b.number[e * width];
    std::int16_t* to = &out.number[e * width];
    std::memset(to, 0, width * sizeof *to);
    const int length = a.length[e], length_y = b.length[e];
    out.length[e] = 0;
    if (call.gives == Kind::integer) {
      int value = out_of_range;
      if (call.function != Function::access) {
        value = number_of(call, x, length);
      } else if (x[0] >= 0 && x[0] < length_y) {
        value = y[x[0]];
      }
      if (!fits(value)) return false;
      to[0] = static_cast<std::int16_t>(value);
    } else {
      const int made = list_of(call, x, length, y, length_y, to);
      if (made < 0) return false;
      out.length[e] = static_cast<std::uint8_t>(made);
    }
  }
  return true;
}

std::size_t BareLists::search(std::size_t calls_max, std::uint64_t nodes_max) {
  nodes_max_ = nodes_max;
  for (std::size_t calls_wanted = 1; calls_wanted <= calls_max && nodes_ < nodes_max_;
       ++calls_wanted) {
    candidates_.clear();
    for (std::size_t slot = 0; slot < inputs_; ++slot) make_all(slot, calls_wanted == 1, 0);
    if (calls_wanted > 1) descend(calls_wanted - 1, 0, 0);
    if (found_) return calls_wanted;
  }
  return 0;
}

/// Each candidate as a line, and what that makes possible; `lines_left` counts it and not the last line.
bool BareLists::descend(std::size_t lines_left, std::size_t from, std::uint32_t unused) {
  const std::size_t end = candidates_.size();
  for (std::size_t at = from; at < end && !found_ && nodes_ < nodes_max_; ++at) {
    const std::size_t slot = slots_.size();
    const std::uint32_t others = unused & ~candidates_[at].arguments;
    if (static_cast<std::size_t>(__builtin_popcount(others)) > lines_left) continue;
    slots_.push_back(candidates_[at]);
    make_all(slot, lines_left == 1, others);
    if (lines_left > 1) descend(lines_left - 1, at + 1, others | 1U << slot);
    candidates_.resize(end);
    slots_.pop_back();
  }
  return found_;
}

void BareLists::make_all(std::size_t newest, bool last, std::uint32_t unused) {
  for (const Call& call : call_table) {
    if (call.takes == Takes::list) {
      if (!slots_[newest].integer) make(call, newest, newest, last, unused);
      continue;
    }
    const bool first_integer = call.takes == Takes::integer_list;
    for (std::size_t slot = 0; slot <= newest; ++slot) {
      if (slots_[newest].integer == first_integer && !slots_[slot].integer)
        make(call, newest, slot, last, unused);
      const bool commutes = !first_integer && call.lambda != Lambda::subtract;
      if (slot != newest && !commutes && slots_[slot].integer == first_integer &&
          !slots_[newest].integer)
        make(call, slot, newest, last, unused);
    }
  }
}

void BareLists::make(const Call& call, std::size_t a, std::size_t b, bool last,
                     std::uint32_t unused) {
  const std::uint32_t arguments = (1U << a | 1U << b) & ~((1U << inputs_) - 1);
  if (last && (unused & ~arguments) != 0) return;
  ++nodes_;
  Value value;
  if (!evaluate(call, slots_[a], slots_[b], value)) return;
  if (last) {
    found_ = found_ || (value.integer == goal_.integer && value.length == goal_.length &&
                        value.number == goal_.number);
    return;
  }
  value.arguments = arguments;
  value.hash = hash_of(value);
  const auto same = [&](const Value& other) { return other.hash == value.hash; };
  if (std::any_of(slots_.begin(), slots_.end(), same)) return;
  if (std::any_of(candidates_.begin(), candidates_.end(), same)) return;
  candidates_.push_back(value);
}

}  // namespace weir::bench
