#include "sygus_terms.hpp"

#include <algorithm>

#include "sygus_meaning.hpp"

namespace weir::search::sygus {
namespace {

template <class Of>
bool each(std::uint32_t* out, std::size_t count, Of of) {
  for (std::size_t i = 0; i < count; ++i) out[i] = static_cast<std::uint32_t>(of(i));
  return true;
}

}  // namespace

std::unique_ptr<Machine> Machine::make(const Problem& problem) {
  std::unique_ptr<Machine> machine(new Machine(problem));
  if (!machine->alphabet_.learn(machine->problem_) || !machine->encode_all()) return nullptr;
  return machine;
}

bool Machine::encode_all() {
  for (const Value& value : rules_.constants()) {
    const std::optional<std::uint32_t> encoded = encode(value);
    if (!encoded) return false;
    constants_.push_back(*encoded);
  }
  everything_.count = problem_.examples.size();
  everything_.inputs.resize(problem_.arguments.size());
  for (const Example& example : problem_.examples) {
    for (std::size_t i = 0; i < example.in.size(); ++i) {
      const std::optional<std::uint32_t> encoded = encode(example.in[i]);
      if (!encoded) return false;
      everything_.inputs[i].push_back(*encoded);
    }
    const std::optional<std::uint32_t> encoded = encode(*example.out);
    if (!encoded) return false;
    everything_.goal.push_back(*encoded);
  }
  return true;
}

std::optional<std::uint32_t> Machine::encode(const Value& value) {
  if (const auto* const truth = std::get_if<bool>(&value)) return *truth ? 1U : 0U;
  if (const auto* const text = std::get_if<std::string>(&value))
    return strings_.id(alphabet_.units_of(*text));
  const auto* const number = std::get_if<std::int64_t>(&value);
  const std::uint32_t out = number == nullptr ? Integers::absent : integers_.id(*number);
  if (out == Integers::absent) return std::nullopt;
  return out;
}

Value Machine::decode(Sort sort, std::uint32_t value) const {
  if (sort == Sort::boolean) return value != 0;
  if (sort == Sort::integer) return integer(value);
  return alphabet_.text_of(strings_.view(value));
}

Sample Machine::sample(std::span<const std::uint32_t> examples) const {
  Sample some;
  some.count = examples.size();
  some.inputs.resize(everything_.inputs.size());
  for (const std::uint32_t example : examples) {
    for (std::size_t i = 0; i < some.inputs.size(); ++i)
      some.inputs[i].push_back(everything_.inputs[i][example]);
    some.goal.push_back(everything_.goal[example]);
  }
  return some;
}

TermId Machine::add(RuleId rule, std::span<const TermId> arguments) {
  SygusTerm term;
  std::size_t size = 1;
  term.rule = rule;
  for (std::size_t i = 0; i < arguments.size(); ++i) {
    term.arguments[i] = arguments[i];
    size += terms_[arguments[i]]->size;
  }
  term.size = static_cast<std::uint16_t>(std::min<std::size_t>(size, 0xffff));
  *terms_.push() = term;
  return static_cast<TermId>(terms_.size() - 1);
}

std::vector<SygusTerm> Machine::copy(TermId id) const {
  std::vector<SygusTerm> nodes{*terms_[id]};
  for (std::size_t i = 0; i < nodes.size(); ++i) {
    for (std::size_t k = 0; k < rules_[nodes[i].rule].arity; ++k) {
      const TermId argument = nodes[i].arguments[k];
      nodes[i].arguments[k] = static_cast<TermId>(nodes.size());
      nodes.push_back(*terms_[argument]);
    }
  }
  return nodes;
}

TermId Machine::paste(std::span<const SygusTerm> nodes) {
  std::vector<TermId> pasted(nodes.size(), no_term);
  for (std::size_t i = nodes.size(); i-- > 0;) {
    std::array<TermId, arity_max> arguments{};
    const std::uint8_t arity = rules_[nodes[i].rule].arity;
    for (std::size_t k = 0; k < arity; ++k) arguments[k] = pasted[nodes[i].arguments[k]];
    pasted[i] = add(nodes[i].rule, std::span(arguments.data(), arity));
  }
  return pasted[0];
}

bool Machine::evaluate(TermId id, const Sample& sample, Values& out) {
  const SygusTerm& term = *terms_[id];
  const Rule& rule = rules_[term.rule];
  std::array<Values, arity_max> given;
  std::array<const std::uint32_t*, arity_max> pointers{};
  for (std::size_t i = 0; i < rule.arity; ++i) {
    if (!evaluate(term.arguments[i], sample, given[i])) return false;
    pointers[i] = given[i].data();
  }
  out.resize(sample.count);
  text_max_ = whole_text_max;
  return apply(rule, pointers.data(), sample, out.data(), sample.count);
}

bool Machine::apply(const Rule& rule, const std::uint32_t* const* a, const Sample& sample,
                    std::uint32_t* out, std::size_t count) {
  switch (rule.op) {
    case Op::constant:
      return each(out, count, [&](std::size_t) { return constants_[rule.index]; });
    case Op::variable:
      return each(out, count, [&](std::size_t i) { return sample.inputs[rule.index][i]; });
    case Op::ite:
      return each(out, count, [&](std::size_t i) { return a[0][i] != 0 ? a[1][i] : a[2][i]; });
    case Op::concat:
      return join(rule, a, out, count);
    case Op::replace:
      return replace(a, out, count);
    case Op::at:
    case Op::substr:
    case Op::from_int:
      return apply_text(rule, a, out, count);
    case Op::to_int:
    case Op::length:
    case Op::index_of:
    case Op::prefix_of:
    case Op::suffix_of:
    case Op::contains:
      return apply_search(rule, a, out, count);
    case Op::add:
    case Op::subtract:
    case Op::negate:
    case Op::multiply:
    case Op::less:
    case Op::less_equal:
    case Op::greater:
    case Op::greater_equal:
      return apply_number(rule, a, out, count);
    case Op::equal:
    case Op::distinct:
    case Op::both:
    case Op::either:
    case Op::exclusive:
    case Op::implies:
    case Op::opposite:
      return apply_truth(rule, a, out, count);
    default:
      return apply_slowly(rule, a, out, count);
  }
}

std::uint32_t Machine::sum(std::uint32_t a, std::uint32_t b) const noexcept {
  std::int64_t total = 0;
  const bool overflow = __builtin_add_overflow(integer(a), integer(b), &total);
  return overflow ? Integers::absent : integers_.find(total);
}

std::uint32_t Machine::difference(std::uint32_t a, std::uint32_t b) const noexcept {
  std::int64_t left = 0;
  const bool overflow = __builtin_sub_overflow(integer(a), integer(b), &left);
  return overflow ? Integers::absent : integers_.find(left);
}

void Machine::freeze(bool frozen) noexcept {
  strings_.freeze(frozen);
  integers_.freeze(frozen);
}

TextId Machine::cut(TextId text, std::int64_t from, std::int64_t units) {
  const auto size = static_cast<std::int64_t>(strings_.size(text));
  if (from < 0 || from >= size || units <= 0) return 0;
  if (from == 0 && units >= size) return text;
  return strings_.id(
      strings_.view(text).substr(static_cast<std::size_t>(from), static_cast<std::size_t>(units)));
}

bool Machine::join(const Rule& rule, const std::uint32_t* const* a, std::uint32_t* out,
                   std::size_t count) {
  for (std::size_t i = 0; i < count; ++i) {
    scratch_.clear();
    for (std::size_t k = 0; k < rule.arity; ++k) scratch_ += strings_.view(a[k][i]);
    if (scratch_.size() > text_max_) return false;
    out[i] = strings_.id(scratch_);
  }
  return true;
}

bool Machine::replace(const std::uint32_t* const* a, std::uint32_t* out, std::size_t count) {
  for (std::size_t i = 0; i < count; ++i) {
    const std::string_view in = strings_.view(a[0][i]);
    const std::string_view what = strings_.view(a[1][i]);
    const std::size_t found = in.find(what);
    if (found == std::string_view::npos) {
      out[i] = a[0][i];
      continue;
    }
    const std::string_view by = strings_.view(a[2][i]);
    scratch_.assign(in.substr(0, found)).append(by).append(in.substr(found + what.size()));
    if (scratch_.size() > text_max_) return false;
    out[i] = strings_.id(scratch_);
  }
  return true;
}

bool Machine::apply_text(const Rule& rule, const std::uint32_t* const* a, std::uint32_t* out,
                         std::size_t count) {
  if (rule.op == Op::at) {
    return each(out, count, [&](std::size_t i) { return cut(a[0][i], integer(a[1][i]), 1); });
  }
  if (rule.op == Op::substr) {
    return each(out, count,
                [&](std::size_t i) { return cut(a[0][i], integer(a[1][i]), integer(a[2][i])); });
  }
  return each(out, count, [&](std::size_t i) {
    const std::int64_t number = integer(a[0][i]);
    return number < 0 ? TextId{0} : strings_.id(std::to_string(number));
  });
}

bool Machine::apply_search(const Rule& rule, const std::uint32_t* const* a, std::uint32_t* out,
                           std::size_t count) {
  const auto view = [&](std::size_t k, std::size_t i) { return strings_.view(a[k][i]); };
  switch (rule.op) {
    case Op::to_int:
      for (std::size_t i = 0; i < count; ++i) {
        const std::int64_t number = strings_.number(a[0][i]);
        out[i] = number == Strings::too_large ? Integers::absent : integers_.id(number);
        if (out[i] == Integers::absent) return false;
      }
      return true;
    case Op::length:
      return each(out, count, [&](std::size_t i) { return strings_.size(a[0][i]); });
    case Op::prefix_of:
      return each(out, count, [&](std::size_t i) { return view(1, i).starts_with(view(0, i)); });
    case Op::suffix_of:
      return each(out, count, [&](std::size_t i) { return view(1, i).ends_with(view(0, i)); });
    case Op::contains:
      return each(out, count, [&](std::size_t i) {
        return view(0, i).find(view(1, i)) != std::string_view::npos;
      });
    default:
      return each(out, count, [&](std::size_t i) {
        const std::string_view in = view(0, i);
        const std::int64_t from = integer(a[2][i]);
        if (from < 0 || static_cast<std::size_t>(from) > in.size()) return -1;
        const std::size_t found = in.find(view(1, i), static_cast<std::size_t>(from));
        return found == std::string_view::npos ? -1 : static_cast<std::int32_t>(found);
      });
  }
}

/// `overflows` puts the integer of an example and says whether it is beyond 64 bits.
template <class Of>
bool Machine::each_integer(std::uint32_t* out, std::size_t count, Of overflows) {
  for (std::size_t i = 0; i < count; ++i) {
    std::int64_t number = 0;
    if (overflows(i, &number)) return false;
    out[i] = integers_.id(number);
    if (out[i] == Integers::absent) return false;
  }
  return true;
}

bool Machine::apply_number(const Rule& rule, const std::uint32_t* const* a, std::uint32_t* out,
                           std::size_t count) {
  const auto of = [&](std::size_t k, std::size_t i) { return integer(a[k][i]); };
  if (rule.arity > 2) return apply_slowly(rule, a, out, count);
  switch (rule.op) {
    case Op::add:
      return each_integer(out, count, [&](std::size_t i, std::int64_t* to) {
        return __builtin_add_overflow(of(0, i), of(1, i), to);
      });
    case Op::subtract:
      return each_integer(out, count, [&](std::size_t i, std::int64_t* to) {
        return __builtin_sub_overflow(of(0, i), of(1, i), to);
      });
    case Op::negate:
      return each_integer(out, count, [&](std::size_t i, std::int64_t* to) {
        return __builtin_sub_overflow(std::int64_t{0}, of(0, i), to);
      });
    case Op::multiply:
      return each_integer(out, count, [&](std::size_t i, std::int64_t* to) {
        return __builtin_mul_overflow(of(0, i), of(1, i), to);
      });
    case Op::less:
      return each(out, count, [&](std::size_t i) { return of(0, i) < of(1, i); });
    case Op::less_equal:
      return each(out, count, [&](std::size_t i) { return of(0, i) <= of(1, i); });
    case Op::greater:
      return each(out, count, [&](std::size_t i) { return of(0, i) > of(1, i); });
    default:
      return each(out, count, [&](std::size_t i) { return of(0, i) >= of(1, i); });
  }
}

bool Machine::apply_truth(const Rule& rule, const std::uint32_t* const* a, std::uint32_t* out,
                          std::size_t count) {
  if (rule.arity > 2) return apply_slowly(rule, a, out, count);
  switch (rule.op) {
    case Op::equal:
      return each(out, count, [&](std::size_t i) { return a[0][i] == a[1][i]; });
    case Op::distinct:
    case Op::exclusive:
      return each(out, count, [&](std::size_t i) { return a[0][i] != a[1][i]; });
    case Op::both:
      return each(out, count, [&](std::size_t i) { return a[0][i] & a[1][i]; });
    case Op::either:
      return each(out, count, [&](std::size_t i) { return a[0][i] | a[1][i]; });
    case Op::implies:
      return each(out, count, [&](std::size_t i) { return (a[0][i] ^ 1U) | a[1][i]; });
    default:
      return each(out, count, [&](std::size_t i) { return a[0][i] ^ 1U; });
  }
}

/// What is rare, by the meaning itself.
bool Machine::apply_slowly(const Rule& rule, const std::uint32_t* const* a, std::uint32_t* out,
                           std::size_t count) {
  std::vector<Meaning> given(rule.arity);
  for (std::size_t i = 0; i < count; ++i) {
    for (std::size_t k = 0; k < rule.arity; ++k) {
      given[k] = meaning_of(decode(rules_.symbols()[rule.arguments[k]].sort, a[k][i]));
    }
    const std::optional<Meaning> meant =
        rule.op == Op::call
            ? meaning_of(problem_.functions[rule.index].body, given, problem_.functions)
            : meaning_of(rule.op, given);
    if (!meant || meant->text.size() > text_max_) return false;
    for (const char32_t point : meant->text) {
      if (!alphabet_.unit_of(static_cast<std::int64_t>(point))) return false;
    }
    const std::optional<std::uint32_t> value = encode(value_of(*meant));
    if (!value) return false;
    out[i] = *value;
  }
  return true;
}

}  // namespace weir::search::sygus
