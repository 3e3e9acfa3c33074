#include <algorithm>
#include <list_goal.hpp>

namespace weir::search::lists {
namespace {

bool among_four(const std::uint32_t* four, std::uint32_t tag) {
  const Lanes there = _mm_load_si128(reinterpret_cast<const __m128i*>(four));
  return !none(_mm_cmpeq_epi32(there, _mm_set1_epi32(static_cast<int>(tag))));
}

Lanes magnitude(Lanes a) { return most(a, minus(zeros(), a)); }

Lanes satisfies(std::size_t predicate, Lanes x) {
  switch (predicate) {
    case 0:
      return above(x, zeros());
    case 1:
      return above(zeros(), x);
    case 2:
      return equal(both(x, each(1)), zeros());
    default:
      return is_odd(x);
  }
}

}  // namespace

Goal::Goal(std::span<const Value* const> outputs, const Shape& shape)
    : shape_(shape), block_(shape.block_rows()) {
  value_ = pack(outputs, shape, block_.data());
  if (kind() == Kind::integer) {
    store(present_, each(-1));
    may_count_ = none(above(zeros(), first()));
    return;
  }
  store(present_, above(lengths(), zeros()));
  Lanes end = zeros();
  for (std::size_t i = 0; i < value_.rows; ++i)
    end = choose(reaches(lengths(), i), load(block_[1 + i]), end);
  store(last_, end);
  ask_of_maps();
  ask_of_others();
}

void Goal::add_tag(Lanes row) { tags_[tag_count_++] = tag(row); }

void Goal::add_range(Lanes low, Lanes high) {
  Range range;
  store(range.low, choose(present(), low, each(-number_max)));
  store(range.high, choose(present(), high, each(number_max)));
  if (none(above(load(range.low), each(number_max)))) ranges_.push_back(range);
}

/// `test` holds of every row of the output, where it reaches.
template <class Test>
bool Goal::everywhere(Test test) const noexcept {
  for (std::size_t i = 0; i < value_.rows; ++i) {
    if (!none(but_not(reaches(lengths(), i), test(load(block_[1 + i]), i)))) return false;
  }
  return true;
}

void Goal::ask_of_maps() {
  const Lanes out = first();
  const auto multiple = [&](Lanes (*over)(Lanes), int by) {
    return everywhere([&](Lanes x, std::size_t) { return equal(times(over(x), each(by)), x); });
  };
  add_tag(minus(out, each(1)));
  add_tag(plus(out, each(1)));
  add_tag(minus(zeros(), out));
  if (multiple(half, 2)) add_tag(half(out));
  if (multiple(third, 3)) add_tag(third(out));
  if (multiple(quarter, 4)) add_tag(quarter(out));
  const auto divided = [&](int by) {
    const Lanes low = times(out, each(by)), high = plus(low, each(by - 1));
    add_range(most(low, each(-number_max)), high);
  };
  divided(2);
  divided(3);
  divided(4);
  Row root{};
  const auto squares = [&](Lanes x, std::size_t) {
    Row number, is_square{};
    store(number, x);
    for (std::size_t lane = 0; lane < lanes; ++lane) {
      std::int16_t r = 0;
      while (r * r < number.lane[lane]) ++r;
      is_square.lane[lane] = r * r == number.lane[lane] ? std::int16_t{-1} : std::int16_t{0};
      root.lane[lane] = r;
    }
    return load(is_square);
  };
  if (!everywhere(squares)) return;
  squares(out, 0);
  add_range(minus(zeros(), load(root)), load(root));
}

void Goal::ask_of_others() {
  add_tag(first());  // SCANL1, TAKE
  add_tag(last());   // REVERSE
  const auto ascends = [&](Lanes x, std::size_t i) {
    return i == 0 ? each(-1) : either(equal(load(block_[i]), x), above(x, load(block_[i])));
  };
  if (everywhere(ascends)) add_range(first(), last());
  if (everywhere([](Lanes x, std::size_t) { return equal(x, zeros()); }))
    add_range(each(-number_max), each(number_max));  // ZIPWITH(-) z z
  for (std::size_t predicate = 0; predicate < 4; ++predicate) {
    filters_[predicate] = everywhere([&](Lanes x, std::size_t) { return satisfies(predicate, x); });
    any_filter_ = any_filter_ || filters_[predicate];
  }
}

std::uint32_t Goal::tag_of_value(const Packed& value) const noexcept {
  if (kind() != Kind::list || value.kind != Kind::list || !long_enough(value.lengths(0, shape_)))
    return 0;
  return tag(value.rows > 0 ? load(value.first(0, shape_)[0]) : zeros());
}

bool Goal::at_end(const Packed& value, bool of_front) const noexcept {
  const Row* row = value.first(0, shape_);
  if (of_front) {
    return everywhere([&](Lanes x, std::size_t i) { return equal(x, load(row[i])); });
  }
  const Row& lengths_of_value = row[-1];
  for (std::size_t lane = 0; lane < lanes; ++lane) {
    const auto mine = static_cast<std::size_t>(block_[0].lane[lane]);
    const auto shift = static_cast<std::size_t>(lengths_of_value.lane[lane]) - mine;
    for (std::size_t i = mine; i-- > 0;) {
      if (row[shift + i].lane[lane] != block_[1 + i].lane[lane]) return false;
    }
  }
  return true;
}

Needs Goal::needs(const Packed& value) const noexcept {
  Needs out;
  const Row* row = value.first(0, shape_);
  if (kind() == Kind::integer) {
    if (value.kind != Kind::list) return out;
    Lanes found = zeros();
    for (std::size_t i = 0; i < value.rows; ++i)
      found =
          either(found, both(equal(load(row[i]), first()), reaches(value.lengths(0, shape_), i)));
    out.holds = all(found);
    return out;
  }
  if (value.kind == Kind::integer) {
    out.tag[0] = tag(first());
    return out;
  }
  const Lanes lengths_of_value = value.lengths(0, shape_);
  if (!long_enough(lengths_of_value)) return out;
  out.long_enough = true;
  out.exact = all(equal(lengths_of_value, lengths()));
  if (value_.rows == 0) {
    out.prefix = out.suffix = out.min = true;
    out.tag[0] = tag(zeros());
    return out;
  }
  const Lanes y = load(row[0]), o = first();
  out.tag[0] = tag(minus(o, y));
  out.tag[1] = tag(minus(y, o));
  out.tag[2] = tag(plus(o, y));
  const auto not_above = [](Lanes a, Lanes b) { return either(above(b, a), equal(a, b)); };
  const auto of_rows = [&](auto test) {
    return everywhere([&](Lanes x, std::size_t i) { return test(x, load(row[i])); });
  };
  out.min = of_rows([&](Lanes x, Lanes other) { return not_above(x, other); });
  out.max = of_rows([&](Lanes x, Lanes other) { return not_above(other, x); });
  out.product = of_rows([&](Lanes x, Lanes other) {
    const Lanes divides = but_not(not_above(magnitude(other), magnitude(x)), equal(other, zeros()));
    return either(equal(x, zeros()), divides);
  });
  out.prefix = at_end(value, true);
  out.suffix = at_end(value, false);
  return out;
}

bool Goal::unary_could(Lanes row, std::uint32_t tag, bool exact) const noexcept {
  if (exact) {
    if (among_four(tags_, tag) || among_four(tags_ + 4, tag)) return true;
    for (const Range& range : ranges_) {
      if (none(either(above(load(range.low), row), above(row, load(range.high))))) return true;
    }
  }
  return any_filter_ && filter_could(row);
}

bool Goal::filter_could(Lanes row) const noexcept {
  const Lanes differs = but_not(present(), equal(row, first()));
  for (std::size_t predicate = 0; predicate < 4; ++predicate) {
    if (filters_[predicate] && none(both(differs, satisfies(predicate, row)))) return true;
  }
  return false;
}

bool Goal::number_could(const Row* group, std::size_t rows) const noexcept {
  const Lanes lengths_of_z = load(group[-1]), out = first();
  Lanes low = each(number_max), high = each(-number_max), end = zeros(), sum = zeros();
  for (std::size_t i = 0; i < rows; ++i) {
    const Lanes x = load(group[i]), there = reaches(lengths_of_z, i);
    end = choose(there, x, end);
    low = least(low, either(both(there, x), but_not(each(number_max), there)));
    high = most(high, either(both(there, x), but_not(each(-number_max), there)));
    sum = plus(sum, x);
  }
  if (all(equal(sum, out))) return true;
  if (rows > 0 && none(equal(lengths_of_z, zeros()))) {
    if (all(equal(load(group[0]), out)) || all(equal(end, out))) return true;
    if (all(equal(low, out)) || all(equal(high, out))) return true;
  }
  if (!may_count_ || !none(above(out, lengths_of_z))) return false;
  Lanes positive = zeros(), negative = zeros(), odd = zeros();
  for (std::size_t i = 0; i < rows; ++i) {
    const Lanes x = load(group[i]);
    positive = minus(positive, above(x, zeros()));
    negative = minus(negative, above(zeros(), x));
    odd = plus(odd, both(x, each(1)));
  }
  return all(equal(positive, out)) || all(equal(negative, out)) || all(equal(odd, out)) ||
         all(equal(minus(lengths_of_z, odd), out));
}

bool Goal::weak_could(const Needs& needs, Lanes y, Lanes z) const noexcept {
  const auto makes = [&](Lanes value) { return none(but_not(present(), equal(value, first()))); };
  return (needs.min && makes(least(y, z))) || (needs.max && makes(most(y, z))) ||
         (needs.product && makes(times(y, z)));
}

std::uint32_t Goal::examples_equal(const Packed& value) const noexcept {
  if (value.kind != kind()) return 0;
  std::uint32_t count = 0;
  for (std::size_t group = 0; group < shape_.groups; ++group) {
    const Row* mine = value_.first(group, shape_);
    const Row* other = value.first(group, shape_);
    Lanes alike = equal(load(mine[-1]), load(other[-1]));
    for (std::size_t i = 0; i < std::min(value.rows, value_.rows); ++i)
      alike = both(alike, equal(load(mine[i]), load(other[i])));
    const auto bits = static_cast<unsigned>(_mm_movemask_epi8(alike));
    for (std::size_t lane = 0; lane < lanes && group * lanes + lane < shape_.examples; ++lane)
      count += bits >> (2 * lane) & 1U;
  }
  return count;
}

}  // namespace weir::search::lists
