// The last two lines of a node: z, which takes the newest slot or stands among the candidates, and the output.
#include <algorithm>
#include <list_search.hpp>

namespace weir::search::lists {
namespace {

std::uint32_t arguments_of(const Line& line) { return 1U << line.a | 1U << line.b; }
bool more_than_one(std::uint32_t bits) { return (bits & (bits - 1)) != 0; }

constexpr std::uint8_t reverse_call_at = 9, sort_call_at = 10, first_map_call = 11,
                       first_filter_call = 21, first_scan_call = 25;
constexpr std::uint8_t take_call = 30, drop_call = 31;
constexpr std::uint8_t add_call = 33, subtract_call = 34, multiply_call = 35, min_call = 36,
                       max_call = 37;
constexpr std::size_t maps = 10, filters = 4, scans = 5;

Lanes mapped_lanes(std::size_t lambda, Lanes x) {
  switch (lambda) {
    case 0:
      return plus(x, each(1));
    case 1:
      return minus(x, each(1));
    case 2:
      return plus(x, x);
    case 3:
      return half(x);
    case 4:
      return minus(zeros(), x);
    case 5:
      return times(x, x);
    case 6:
      return times(x, each(3));
    case 7:
      return third(x);
    case 8:
      return times(x, each(4));
    default:
      return quarter(x);
  }
}

bool asks_for(const Needs& needs, std::uint32_t tag) {
  const Lanes there = _mm_load_si128(reinterpret_cast<const __m128i*>(needs.tag));
  return !none(_mm_cmpeq_epi32(there, _mm_set1_epi32(static_cast<int>(tag))));
}

/// The output stands at that place of z in all of group 0.
bool accesses(const Row& places, const Row* group, const Row& output) {
  for (std::size_t lane = 0; lane < lanes; ++lane) {
    const std::int16_t at = places.lane[lane];
    if (at < 0 || at >= group[-1].lane[lane]) return false;
    if (group[at].lane[lane] != output.lane[lane]) return false;
  }
  return true;
}

}  // namespace

/// Programs of one line: those of its slots are the inputs.
void Search::one_call() {
  for (std::uint8_t slot = 0; slot < roots_; ++slot) {
    each_line(slot, [&](const Line& line) {
      Packed value;
      ++nodes_;
      if (make(line, scratch_.data(), value) && same(value, goal_.value(), shape_))
        keep(program_of({&line, 1}));
    });
  }
}

void Search::ask(const Leaf& leaf) {
  const Slot& newest = slots_[leaf.newest];
  if (goal_.kind() == Kind::integer) {
    each_line(leaf.newest, [&](const Line& line) {
      if (call_table[line.call].gives == Kind::list) ask_number_line(leaf, line);
    });
  } else if (newest.value.kind == Kind::integer) {
    for (std::uint8_t slot = 0; slot < leaf.newest; ++slot) {
      if (slots_[slot].needs.long_enough) ask_cuts(leaf, leaf.newest, slot);
    }
  } else if (newest.needs.long_enough) {
    if (!more_than_one(leaf.others)) {
      ask_unary(leaf);
      ask_filters(leaf);
    }
    ask_partners(leaf);
  }
  ask_integer_lines(leaf);
  if (leaf.inherited_from < leaf.inherited_to) ask_inherited(leaf);
}

/// A z of that row 0. `exact`: it is as long as the output; `always`: some last call takes it whatever its row 0.
void Search::probe(const Leaf& leaf, const Line& line, Lanes row, bool exact, bool always) {
  ++nodes_;
  const std::uint32_t rest = leaf.others & ~arguments_of(line);
  const std::uint32_t tag = goal_.tag(row);
  const auto could = [&](const Slot& slot) {
    if (asks_for(slot.needs, tag)) return true;
    return slot.needs.any_weak() &&
           goal_.weak_could(slot.needs, load(slot.value.first(0, shape_)[0]), row);
  };
  if (!always && rest == 0) {
    always = goal_.unary_could(row, tag, exact);
    for (std::uint8_t slot = 0; slot < slots_used_ && !always; ++slot) always = could(slots_[slot]);
  } else if (!always && !more_than_one(rest)) {
    always = could(slots_[static_cast<std::size_t>(__builtin_ctz(rest))]);
  }
  if (always) finish(line, leaf.others);
}

/// DROP by an integer at hand would make a list of those lengths as long as the output.
bool Search::drop_could(Lanes lengths) const {
  for (std::uint8_t slot = 0; slot < slots_used_; ++slot) {
    if (slots_[slot].value.kind != Kind::integer) continue;
    const Lanes cut = most(load(slots_[slot].value.first(0, shape_)[0]), zeros());
    if (all(equal(most(minus(lengths, cut), zeros()), goal_.lengths()))) return true;
  }
  return false;
}

/// z = MAP, REVERSE, SORT, SCANL1 of the newest: all as long as it is.
void Search::ask_unary(const Leaf& leaf) {
  const std::uint8_t at = leaf.newest;
  const Packed& value = slots_[at].value;
  const Row* rows = value.first(0, shape_);
  const bool exact = slots_[at].needs.exact;
  const Lanes lengths = value.lengths(0, shape_), first = first_row(value);
  const bool drops = drop_could(lengths);
  Lanes last = zeros(), low = each(number_max);
  for (std::size_t i = 0; i < value.rows; ++i) {
    const Lanes x = load(rows[i]), there = reaches(lengths, i);
    last = choose(there, x, last);
    low = least(low, choose(there, x, each(number_max)));
  }
  for (std::size_t lambda = 0; lambda < maps; ++lambda) {
    const auto call = static_cast<std::uint8_t>(first_map_call + lambda);
    if (!map_fits(call_table[call].lambda, value)) continue;
    const Lanes end = both(mapped_lanes(lambda, last), goal_.present());
    probe(leaf, {call, at, at}, mapped_lanes(lambda, first), exact,
          drops && all(equal(end, goal_.last())));
  }
  probe(leaf, {reverse_call_at, at, at}, last, exact, drops);
  probe(leaf, {sort_call_at, at, at}, low, exact, drops);
  for (std::size_t lambda = 0; lambda < scans; ++lambda)
    probe(leaf, {static_cast<std::uint8_t>(first_scan_call + lambda), at, at}, first, exact, drops);
}

void Search::ask_filters(const Leaf& leaf) {
  const std::uint8_t at = leaf.newest;
  const Packed& value = slots_[at].value;
  const Row* rows = value.first(0, shape_);
  const Lanes lengths = value.lengths(0, shape_);
  Lanes count[filters] = {zeros(), zeros(), zeros(), zeros()},
        first[filters] = {zeros(), zeros(), zeros(), zeros()};
  for (std::size_t i = value.rows; i-- > 0;) {
    const Lanes x = load(rows[i]), there = reaches(lengths, i), odd = is_odd(x);
    const Lanes holds[filters] = {above(x, zeros()), both(there, above(zeros(), x)),
                                  but_not(there, odd), odd};
    for (std::size_t p = 0; p < filters; ++p) {
      count[p] = minus(count[p], holds[p]);
      first[p] = choose(holds[p], x, first[p]);
    }
  }
  for (std::size_t p = 0; p < filters; ++p) {
    if (!goal_.long_enough(count[p]) || (shape_.groups == 1 && all(equal(count[p], lengths))))
      continue;
    const bool exact = all(equal(count[p], goal_.lengths()));
    probe(leaf, {static_cast<std::uint8_t>(first_filter_call + p), at, at}, first[p], exact,
          drop_could(count[p]));
  }
}

/// z = TAKE, DROP of a list that is long enough; both slots are at hand.
void Search::ask_cuts(const Leaf& leaf, std::uint8_t number, std::uint8_t list) {
  if (more_than_one(leaf.others & ~(1U << number | 1U << list))) return;
  const Packed& value = slots_[list].value;
  const Row* rows = value.first(0, shape_);
  const Lanes lengths = value.lengths(0, shape_);
  const Lanes cut = least(most(load(slots_[number].value.first(0, shape_)[0]), zeros()), lengths);
  const bool alone = shape_.groups == 1;  // else what changes nothing here may in another group
  if (goal_.long_enough(cut) && !(alone && all(equal(cut, lengths))))
    probe(leaf, {take_call, number, list}, first_row(value), all(equal(cut, goal_.lengths())),
          drop_could(cut));
  const Lanes left = minus(lengths, cut);
  if (!goal_.long_enough(left) || (alone && all(equal(cut, zeros())))) return;
  Row from, first{};
  store(from, cut);
  for (std::size_t lane = 0; lane < lanes; ++lane) {
    const auto at = static_cast<std::size_t>(from.lane[lane]);
    if (at < value.rows) first.lane[lane] = rows[at].lane[lane];
  }
  probe(leaf, {drop_call, number, list}, load(first), all(equal(left, goal_.lengths())),
        drop_could(left));
}

/// z of the newest, a list, and a slot before it.
void Search::ask_partners(const Leaf& leaf) {
  const std::uint8_t at = leaf.newest;
  const Lanes x = first_row(slots_[at].value);
  for (std::uint8_t slot = 0; slot <= at; ++slot) {
    const Slot& partner = slots_[slot];
    if (more_than_one(leaf.others & ~(1U << slot))) continue;
    if (partner.value.kind == Kind::integer) {
      ask_cuts(leaf, slot, at);
      continue;
    }
    if (!partner.needs.long_enough) continue;
    const Lanes y = first_row(partner.value);
    const Lanes lengths =
        least(slots_[at].value.lengths(0, shape_), partner.value.lengths(0, shape_));
    const bool exact = all(equal(lengths, goal_.lengths())), drops = drop_could(lengths);
    probe(leaf, {subtract_call, at, slot}, minus(x, y), exact, drops);
    if (slot == at) continue;
    probe(leaf, {subtract_call, slot, at}, minus(y, x), exact, drops);
    probe(leaf, {add_call, at, slot}, plus(x, y), exact, drops);
    probe(leaf, {multiply_call, at, slot}, times(x, y), exact, drops);
    probe(leaf, {min_call, at, slot}, least(x, y), exact, drops);
    probe(leaf, {max_call, at, slot}, most(x, y), exact, drops);
  }
}

/// z, a list, of which the last call makes an integer.
void Search::ask_number_line(const Leaf& leaf, const Line& line) {
  const std::uint32_t rest = leaf.others & ~arguments_of(line);
  if (more_than_one(rest)) return;
  if (rest != 0 && slots_[static_cast<std::size_t>(__builtin_ctz(rest))].value.kind == Kind::list)
    return;
  ++nodes_;
  Packed z;
  if (!make(line, scratch_.data(), z)) return;
  const Row* group = z.first(0, shape_);
  bool could = rest == 0 && goal_.number_could(group, z.rows);
  for (std::uint8_t slot = 0; slot < slots_used_ && !could; ++slot) {
    if (slots_[slot].value.kind != Kind::integer || (rest & ~(1U << slot)) != 0) continue;
    could =
        accesses(slots_[slot].value.first(0, shape_)[0], group, *goal_.value().first(0, shape_));
  }
  if (could) finish(line, leaf.others);
}

/// z, an integer, that cuts a list at hand to the output, or finds it there.
void Search::ask_integer_lines(const Leaf& leaf) {
  const auto asks = [&](std::uint8_t slot) {
    const Needs& needs = slots_[slot].needs;
    return needs.prefix || needs.suffix || needs.holds;
  };
  bool any = false;
  for (std::uint8_t slot = 0; slot < slots_used_; ++slot) any = any || asks(slot);
  if (!any) return;
  each_line(leaf.newest, [&](const Line& line) {
    if (call_table[line.call].gives != Kind::integer) return;
    const std::uint32_t rest = leaf.others & ~arguments_of(line);
    if (more_than_one(rest)) return;
    ++nodes_;
    Packed z;
    if (!make(line, scratch_.data(), z)) return;
    for (std::uint8_t slot = 0; slot < slots_used_; ++slot) {
      if (asks(slot) && (rest & ~(1U << slot)) == 0) finish_pair(z, line, slot);
    }
  });
}

/// z among the candidates, which does not take the newest: so the last call does.
void Search::ask_inherited(const Leaf& leaf) {
  const Slot& newest = slots_[leaf.newest];
  const Needs& needs = newest.needs;
  nodes_ += leaf.inherited_to - leaf.inherited_from;
  const auto with = [&](std::uint32_t at) {
    const Candidate& candidate = store_[at];
    if ((leaf.others & ~candidate.arguments) == 0)
      finish_pair(candidate.value, candidate.line, leaf.newest);
  };
  if (newest.value.kind == Kind::list && needs.long_enough && !needs.any_weak()) {
    const std::uint32_t* tags = store_.tags();
    for (std::uint32_t at = leaf.inherited_from; at < leaf.inherited_to; ++at) {
      if (tags[at] == needs.tag[0] || tags[at] == needs.tag[1] || tags[at] == needs.tag[2])
        with(at);
    }
  } else if (newest.value.kind == Kind::list && needs.long_enough) {
    const Lanes y = first_row(newest.value);
    for (std::uint32_t at = leaf.inherited_from; at < leaf.inherited_to; ++at) {
      const std::uint32_t tag = store_.tags()[at];
      if (tag == 0) continue;
      const Packed& z = store_[at].value;
      if (asks_for(needs, tag) ||
          goal_.weak_could(needs, y, z.rows > 0 ? load(z.first(0, shape_)[0]) : zeros()))
        with(at);
    }
  }
  const bool takes_integers = needs.prefix || needs.suffix || needs.holds;
  if (newest.value.kind == Kind::list && !takes_integers) return;
  for (std::uint32_t at = leaf.inherited_from; at < leaf.inherited_to; ++at) {
    const Packed& z = store_[at].value;
    if (z.kind == newest.value.kind) continue;
    if (newest.value.kind == Kind::integer && !integer_could(newest.value, z)) continue;
    with(at);
  }
}

/// TAKE, DROP or ACCESS of that integer and list could make the output, as far as lengths and group 0 tell.
bool Search::integer_could(const Packed& number, const Packed& list) const {
  const Row* group = list.first(0, shape_);
  const Row& places = number.first(0, shape_)[0];
  if (goal_.kind() == Kind::integer)
    return accesses(places, group, *goal_.value().first(0, shape_));
  const Lanes cut = most(load(places), zeros()), lengths = list.lengths(0, shape_);
  return all(equal(least(cut, lengths), goal_.lengths())) ||
         all(equal(most(minus(lengths, cut), zeros()), goal_.lengths()));
}

/// Every last call on that z, which with it takes all of `others`.
void Search::finish(const Line& line, std::uint32_t others) {
  Packed z;
  if (!make(line, scratch_.data(), z)) return;
  const std::uint32_t rest = others & ~arguments_of(line);
  if (rest == 0 && z.kind == Kind::list) {
    const bool number = goal_.kind() == Kind::integer;
    const std::uint8_t from = number ? 0 : first_list_call,
                       to = number ? first_list_call : first_integer_list_call;
    for (std::uint8_t call = from; call < to; ++call)
      try_last({call, slots_used_, slots_used_}, z, z, line);
    if (!number) try_last({subtract_call, slots_used_, slots_used_}, z, z, line);
  }
  for (std::uint8_t slot = 0; slot < slots_used_; ++slot) {
    if ((rest & ~(1U << slot)) == 0) finish_pair(z, line, slot);
  }
}

/// Every last call on that z and the slot.
void Search::finish_pair(const Packed& z, const Line& line, std::uint8_t slot) {
  const Packed& y = slots_[slot].value;
  const std::uint8_t made = slots_used_;
  if (z.kind == Kind::list && y.kind == Kind::list) {
    if (goal_.kind() != Kind::list) return;
    for (std::uint8_t call = first_zip_call; call < calls; ++call)
      try_last({call, made, slot}, z, y, line);
    try_last({subtract_call, slot, made}, y, z, line);
    return;
  }
  if (z.kind == y.kind) return;
  const bool first = z.kind == Kind::integer;
  const std::uint8_t number = first ? made : slot, list = first ? slot : made;
  for (std::uint8_t call = first_integer_list_call; call < first_zip_call; ++call)
    try_last({call, number, list}, first ? z : y, first ? y : z, line);
}

void Search::try_last(const Line& last, const Packed& a, const Packed& b, const Line& line) {
  const Call& call = call_table[last.call];
  Packed value;
  if (call.gives != goal_.kind()) return;
  ++nodes_;
  if (!apply(call, a, b, shape_, scratch_.data() + shape_.block_rows(), value)) return;
  if (!same(value, goal_.value(), shape_)) return;
  const Line both_lines[] = {line, last};
  keep(program_of(both_lines));
}

}  // namespace weir::search::lists
