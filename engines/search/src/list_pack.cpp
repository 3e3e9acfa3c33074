#include <algorithm>
#include <cstring>
#include <list_pack.hpp>

namespace weir::search::lists {
namespace {

/// What a call wrote into one group: its extremes, and whether a lane has no value.
struct Made {
  Lanes low = zeros(), high = zeros();
  Lanes lengths = zeros();  // the longest so far
  Lanes failed = zeros();

  void number(Row& to, Lanes value) {
    store(to, value);
    low = least(low, value);
    high = most(high, value);
  }
  void length(Row& to, Lanes value) {
    store(to, value);
    lengths = most(lengths, value);
  }
};

template <class Function>
void map_rows(const Row* in, std::size_t rows, Row* out, Made& made, Function function) {
  const Lanes lengths = load(in[0]);
  made.length(out[0], lengths);
  for (std::size_t i = 0; i < rows; ++i)
    made.number(out[1 + i], both(function(load(in[1 + i])), reaches(lengths, i)));
}

void map_call(Lambda lambda, const Row* in, std::size_t rows, Row* out, Made& made) {
  switch (lambda) {
    case Lambda::plus_1:
      return map_rows(in, rows, out, made, [](Lanes x) { return plus(x, each(1)); });
    case Lambda::minus_1:
      return map_rows(in, rows, out, made, [](Lanes x) { return minus(x, each(1)); });
    case Lambda::times_2:
      return map_rows(in, rows, out, made, [](Lanes x) { return plus(x, x); });
    case Lambda::over_2:
      return map_rows(in, rows, out, made, half);
    case Lambda::negated:
      return map_rows(in, rows, out, made, [](Lanes x) { return minus(zeros(), x); });
    case Lambda::squared:
      return map_rows(in, rows, out, made, [](Lanes x) { return times(x, x); });
    case Lambda::times_3:
      return map_rows(in, rows, out, made, [](Lanes x) { return times(x, each(3)); });
    case Lambda::over_3:
      return map_rows(in, rows, out, made, third);
    case Lambda::times_4:
      return map_rows(in, rows, out, made, [](Lanes x) { return times(x, each(4)); });
    default:
      return map_rows(in, rows, out, made, quarter);
  }
}

Lanes where(Lambda lambda, Lanes x) {
  switch (lambda) {
    case Lambda::positive:
      return above(x, zeros());
    case Lambda::negative:
      return above(zeros(), x);
    case Lambda::even:
      return equal(both(x, each(1)), zeros());
    default:
      return is_odd(x);
  }
}

void number_call(const Call& call, const Row* in, std::size_t rows, Row* out, Made& made) {
  const Lanes lengths = load(in[0]);
  Lanes value = zeros();
  const auto over = [&](auto step) {
    for (std::size_t i = 0; i < rows; ++i) value = step(load(in[1 + i]), reaches(lengths, i));
  };
  switch (call.function) {
    case Function::head:
      value = load(in[1]);
      break;
    case Function::last:
      over([&](Lanes x, Lanes there) { return choose(there, x, value); });
      break;
    case Function::minimum:
      value = each(number_max);
      over([&](Lanes x, Lanes there) { return least(value, choose(there, x, each(number_max))); });
      break;
    case Function::maximum:
      value = each(-number_max);
      over([&](Lanes x, Lanes there) { return most(value, choose(there, x, each(-number_max))); });
      break;
    case Function::sum:
      over([&](Lanes x, Lanes) { return plus(value, x); });
      break;
    default:
      over([&](Lanes x, Lanes there) { return minus(value, both(there, where(call.lambda, x))); });
      break;
  }
  if (call.function != Function::sum && call.function != Function::count)
    made.failed = either(made.failed, equal(lengths, zeros()));
  store(out[0], zeros());
  made.number(out[1], value);
}

template <class Step>
void scan_rows(const Row* in, std::size_t rows, Row* out, Made& made, Step step) {
  const Lanes lengths = load(in[0]);
  made.length(out[0], lengths);
  Lanes value = rows > 0 ? load(in[1]) : zeros();
  for (std::size_t i = 0; i < rows; ++i) {
    const Lanes there = reaches(lengths, i);
    if (i > 0) value = step(value, load(in[1 + i]), there);
    made.number(out[1 + i], both(value, there));
  }
}

void scan_call(Lambda lambda, const Row* in, std::size_t rows, Row* out, Made& made) {
  switch (lambda) {
    case Lambda::add:
      return scan_rows(in, rows, out, made,
                       [](Lanes t, Lanes x, Lanes) { return _mm_adds_epi16(t, x); });
    case Lambda::subtract:
      return scan_rows(in, rows, out, made,
                       [](Lanes t, Lanes x, Lanes) { return _mm_subs_epi16(t, x); });
    case Lambda::multiply:
      return scan_rows(in, rows, out, made, [&](Lanes t, Lanes x, Lanes there) {
        const Lanes product = times(t, x);
        made.failed = either(made.failed, both(there, product_fails(t, x, product)));
        return product;
      });
    case Lambda::min:
      return scan_rows(in, rows, out, made, [](Lanes t, Lanes x, Lanes) { return least(t, x); });
    default:
      return scan_rows(in, rows, out, made, [](Lanes t, Lanes x, Lanes) { return most(t, x); });
  }
}

void reverse_call(const Row* in, std::size_t rows, Row* out, Made& made) {
  made.length(out[0], load(in[0]));
  for (std::size_t i = 0; i < rows; ++i) {
    for (std::size_t lane = 0; lane < lanes; ++lane) {
      const auto length = static_cast<std::size_t>(in[0].lane[lane]);
      out[1 + i].lane[lane] = i < length ? in[length - i].lane[lane] : std::int16_t{0};
    }
    made.number(out[1 + i], load(out[1 + i]));
  }
}

/// Batcher's merge exchange on rows: Knuth, The Art of Computer Programming 3, 5.2.2, algorithm M.
void sort_rows(Row* row, std::size_t count) {
  std::size_t top = 1;
  while (top * 2 < count) top *= 2;
  for (std::size_t p = top; p > 0; p /= 2) {
    std::size_t q = top, r = 0, d = p;
    while (true) {
      for (std::size_t i = 0; i + d < count; ++i) {
        if ((i & p) != r) continue;
        const Lanes a = load(row[i]), b = load(row[i + d]);
        store(row[i], least(a, b));
        store(row[i + d], most(a, b));
      }
      if (q == p) break;
      d = q - p;
      q /= 2;
      r = p;
    }
  }
}

void sort_call(const Row* in, std::size_t rows, Row* out, Made& made) {
  const Lanes lengths = load(in[0]);
  made.length(out[0], lengths);
  for (std::size_t i = 0; i < rows; ++i)
    store(out[1 + i], choose(reaches(lengths, i), load(in[1 + i]), each(number_max + 1)));
  if (rows > 1) sort_rows(out + 1, rows);
  for (std::size_t i = 0; i < rows; ++i)
    made.number(out[1 + i], both(load(out[1 + i]), reaches(lengths, i)));
}

void filter_call(Lambda lambda, const Row* in, std::size_t rows, Row* out, Made& made) {
  Row kept{};
  for (std::size_t i = 0; i < rows; ++i) store(out[1 + i], zeros());
  for (std::size_t i = 0; i < rows; ++i) {
    Row holds;
    store(holds, both(where(lambda, load(in[1 + i])), reaches(load(in[0]), i)));
    for (std::size_t lane = 0; lane < lanes; ++lane) {
      const auto at = static_cast<std::size_t>(kept.lane[lane]);
      const auto keep = static_cast<std::int16_t>(-holds.lane[lane]);  // 1 or 0
      out[1 + at].lane[lane] = static_cast<std::int16_t>(in[1 + i].lane[lane] & holds.lane[lane]);
      kept.lane[lane] = static_cast<std::int16_t>(kept.lane[lane] + keep);
    }
  }
  made.length(out[0], load(kept));
  for (std::size_t i = 0; i < rows; ++i) made.number(out[1 + i], load(out[1 + i]));
}

void cut_call(Function function, const Row* number, const Row* in, std::size_t rows, Row* out,
              Made& made) {
  const Lanes lengths = load(in[0]);
  const Lanes cut = least(most(load(number[1]), zeros()), lengths);
  if (function == Function::take) {
    made.length(out[0], cut);
    for (std::size_t i = 0; i < rows; ++i)
      made.number(out[1 + i], both(load(in[1 + i]), reaches(cut, i)));
    return;
  }
  Row from;
  store(from, cut);
  made.length(out[0], minus(lengths, cut));
  for (std::size_t i = 0; i < rows; ++i) {
    for (std::size_t lane = 0; lane < lanes; ++lane) {
      const std::size_t at = i + static_cast<std::size_t>(from.lane[lane]);
      out[1 + i].lane[lane] = at < rows ? in[1 + at].lane[lane] : std::int16_t{0};
    }
    made.number(out[1 + i], load(out[1 + i]));
  }
}

void access_call(const Row* number, const Row* in, Row* out, Made& made) {
  const Lanes at = load(number[1]);
  const Lanes outside = either(above(zeros(), at), equal(load(in[0]), least(load(in[0]), at)));
  made.failed = either(made.failed, outside);
  Row value{};
  if (none(outside)) {
    for (std::size_t lane = 0; lane < lanes; ++lane)
      value.lane[lane] = in[1 + static_cast<std::size_t>(number[1].lane[lane])].lane[lane];
  }
  store(out[0], zeros());
  made.number(out[1], load(value));
}

template <class Step>
void zip_rows(const Row* a, const Row* b, std::size_t rows, Row* out, Made& made, Step step) {
  const Lanes lengths = least(load(a[0]), load(b[0]));
  made.length(out[0], lengths);
  for (std::size_t i = 0; i < rows; ++i) {
    const Lanes there = reaches(lengths, i);
    made.number(out[1 + i], both(step(load(a[1 + i]), load(b[1 + i]), there), there));
  }
}

void zip_call(Lambda lambda, const Row* a, const Row* b, std::size_t rows, Row* out, Made& made) {
  switch (lambda) {
    case Lambda::add:
      return zip_rows(a, b, rows, out, made, [](Lanes x, Lanes y, Lanes) { return plus(x, y); });
    case Lambda::subtract:
      return zip_rows(a, b, rows, out, made, [](Lanes x, Lanes y, Lanes) { return minus(x, y); });
    case Lambda::multiply:
      return zip_rows(a, b, rows, out, made, [&](Lanes x, Lanes y, Lanes there) {
        const Lanes product = times(x, y);
        made.failed = either(made.failed, both(there, product_fails(x, y, product)));
        return product;
      });
    case Lambda::min:
      return zip_rows(a, b, rows, out, made, [](Lanes x, Lanes y, Lanes) { return least(x, y); });
    default:
      return zip_rows(a, b, rows, out, made, [](Lanes x, Lanes y, Lanes) { return most(x, y); });
  }
}

/// `rows`: how many of the arguments are meant.
void call_group(const Call& call, const Row* a, const Row* b, std::size_t rows, Row* out,
                Made& made) {
  switch (call.function) {
    case Function::map:
      return map_call(call.lambda, a, rows, out, made);
    case Function::filter:
      return filter_call(call.lambda, a, rows, out, made);
    case Function::scanl1:
      return scan_call(call.lambda, a, rows, out, made);
    case Function::zipwith:
      return zip_call(call.lambda, a, b, rows, out, made);
    case Function::reverse:
      return reverse_call(a, rows, out, made);
    case Function::sort:
      return sort_call(a, rows, out, made);
    case Function::take:
    case Function::drop:
      return cut_call(call.function, a, b, rows, out, made);
    case Function::access:
      return access_call(a, b, out, made);
    default:
      return number_call(call, a, rows, out, made);
  }
}

}  // namespace

bool map_fits(Lambda lambda, const Packed& a) {
  const auto within = [&](int limit) { return a.least >= -limit && a.most <= limit; };
  switch (lambda) {
    case Lambda::plus_1:
      return a.most < number_max;
    case Lambda::minus_1:
      return a.least > -number_max;
    case Lambda::times_2:
      return within(127);
    case Lambda::squared:
      return within(15);
    case Lambda::times_3:
      return within(85);
    case Lambda::times_4:
      return within(63);
    default:
      return true;
  }
}

Packed pack(std::span<const Value* const> values, const Shape& shape, Row* block) {
  Packed out;
  out.block = block;
  std::fill(block, block + shape.block_rows(), Row{});
  const auto put = [&](Row& row, std::size_t lane, std::int64_t number) {
    row.lane[lane] = static_cast<std::int16_t>(number);
    out.least = std::min(out.least, row.lane[lane]);
    out.most = std::max(out.most, row.lane[lane]);
  };
  for (std::size_t at = 0; at < shape.groups * lanes; ++at) {
    const Value& value = *values[at < values.size() ? at : 0];
    Row* group = block + at / lanes * shape.group_stride();
    if (const auto* number = std::get_if<std::int64_t>(&value)) {
      out.kind = Kind::integer;
      out.rows = 1;
      put(group[1], at % lanes, *number);
    } else {
      const List& list = std::get<List>(value);
      group[0].lane[at % lanes] = static_cast<std::int16_t>(list.size());
      out.rows = std::max(out.rows, static_cast<std::uint16_t>(list.size()));
      for (std::size_t i = 0; i < list.size(); ++i) put(group[1 + i], at % lanes, list[i]);
    }
  }
  return out;
}

bool apply(const Call& call, const Packed& a, const Packed& b, const Shape& shape, Row* block,
           Packed& out) {
  if (call.function == Function::map && !map_fits(call.lambda, a)) return false;
  if (call.takes == Takes::list && call.gives == Kind::integer && a.rows == 0 &&
      call.function <= Function::maximum)
    return false;
  const std::size_t rows = call.takes == Takes::list_list ? std::min(a.rows, b.rows) : b.rows;
  Made made;
  for (std::size_t group = 0; group < shape.groups; ++group) {
    const std::size_t at = group * shape.group_stride();
    call_group(call, a.block + at, b.block + at, rows, block + at, made);
    if (!none(made.failed)) return false;
  }
  const int low = lowest(made.low), high = highest(made.high);
  if (low < -number_max || high > number_max) return false;
  out = {block, call.gives, 1, static_cast<std::int16_t>(low), static_cast<std::int16_t>(high)};
  if (call.gives == Kind::list) out.rows = static_cast<std::uint16_t>(highest(made.lengths));
  return true;
}

bool same(const Packed& a, const Packed& b, const Shape& shape) {
  if (a.kind != b.kind || a.rows != b.rows) return false;
  const std::size_t bytes = (std::size_t{1} + a.rows) * sizeof(Row);
  for (std::size_t group = 0; group < shape.groups; ++group) {
    const std::size_t at = group * shape.group_stride();
    if (std::memcmp(a.block + at, b.block + at, bytes) != 0) return false;
  }
  return true;
}

std::uint64_t hash_of(const Packed& value, const Shape& shape) {
  std::uint64_t low = value.kind == Kind::list ? 1 : 2, high = value.rows;
  for (std::size_t group = 0; group < shape.groups; ++group) {
    const Row* row = value.block + group * shape.group_stride();
    for (std::size_t i = 0; i <= value.rows; ++i) {
      std::uint64_t word[2];
      std::memcpy(word, &row[i], sizeof word);
      low = (low ^ word[0]) * 0x9e3779b97f4a7c15u;
      high = (high ^ word[1]) * 0xc2b2ae3d27d4eb4fu;
      low ^= low >> 29;
      high ^= high >> 31;
    }
  }
  return low ^ (high << 17 | high >> 47);
}

}  // namespace weir::search::lists
