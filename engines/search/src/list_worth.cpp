#include <algorithm>
#include <bit>
#include <cstdlib>
#include <list_worth.hpp>
#include <weir/check.hpp>

namespace weir::search::lists {
namespace {

constexpr std::size_t rows_looked = 16;  // of a list, where every row is held against every other
constexpr int no_number = 0x4000;

Lanes size_of(Lanes a) { return most(a, minus(zeros(), a)); }
Lanes at_least(Lanes a, Lanes b) { return either(above(a, b), equal(a, b)); }
Lanes is_even(Lanes a) { return equal(both(a, each(1)), zeros()); }
Lanes is_digit(Lanes a) { return both(at_least(a, zeros()), at_least(each(10), a)); }
Lanes counted(Lanes count, Lanes mask) { return minus(count, mask); }  // masks are -1
Lanes as_first(Lanes a) { return _mm_set1_epi16(static_cast<short>(_mm_extract_epi16(a, 0))); }

int magnitude_of(const Packed& value) { return std::max<int>(-value.least, value.most); }

/// log2(1 + m), piecewise linear: the same on every machine.
float bits_of(int m) {
  const unsigned x = static_cast<unsigned>(m) + 1;
  const unsigned whole = static_cast<unsigned>(std::bit_width(x)) - 1;
  return static_cast<float>(whole) +
         static_cast<float>(x - (1U << whole)) / static_cast<float>(1U << whole);
}

float ratio(int part, int of, float none) {
  return of > 0 ? static_cast<float>(part) / static_cast<float>(of) : none;
}

/// Extremes, last numbers and counts of lists.
struct Scan {
  Lanes low = each(number_max + 1), high = each(-number_max - 1), last = zeros(), sum = zeros();
  Lanes zeros_in = zeros(), evens = zeros(), negatives = zeros(), positives = zeros(),
        descents = zeros();
};
Scan scan_of(const Row* rows, std::size_t count, Lanes lengths) {
  Scan s;
  Lanes before = zeros();
  for (std::size_t i = 0; i < count; ++i) {
    const Lanes x = load(rows[i]), there = reaches(lengths, i);
    s.low = choose(there, least(s.low, x), s.low);
    s.high = choose(there, most(s.high, x), s.high);
    s.last = choose(there, x, s.last);
    s.sum = plus(s.sum, x);
    s.zeros_in = counted(s.zeros_in, both(there, equal(x, zeros())));
    s.evens = counted(s.evens, both(there, is_even(x)));
    s.negatives = counted(s.negatives, both(there, above(zeros(), x)));
    s.positives = counted(s.positives, above(x, zeros()));
    if (i > 0) s.descents = counted(s.descents, both(there, above(before, x)));
    before = x;
  }
  return s;
}

}  // namespace

struct WorthGoal::Put {
  explicit Put(WorthFeatures& features) : at(features.number.data()) {}
  void operator()(float x) { *at++ = x; }
  void operator()(bool x) { *at++ = x ? 1.0F : 0.0F; }
  float* at;
};

int WorthGoal::count(Lanes mask) const noexcept { return -sum(mask); }

int WorthGoal::sum(Lanes numbers) const noexcept {
  const Lanes pairs = _mm_madd_epi16(both(numbers, load(valid_)), each(1));
  const Lanes two = _mm_add_epi32(pairs, _mm_srli_si128(pairs, 8));
  return _mm_cvtsi128_si32(_mm_add_epi32(two, _mm_srli_si128(two, 4)));
}

WorthGoal::WorthGoal(const Packed& output, const Shape& shape)
    : shape_(shape),
      output_(output),
      examples_(static_cast<int>(std::min(shape.examples, lanes))),
      per_example_(1.0F / static_cast<float>(examples_)) {
  for (int lane = 0; lane < examples_; ++lane) valid_.lane[lane] = -1;
  const Lanes lengths = output.lengths(0, shape);
  const Scan s = scan_of(output.first(0, shape), output.rows, lengths);
  store(low_, s.low);
  store(high_, s.high);
  store(last_, s.last);
  total_ = output.kind == Kind::list ? sum(lengths) : 0;
  evens_ = ratio(sum(s.evens), total_, 0.5F);
  negatives_ = ratio(sum(s.negatives), total_, 0.5F);
  ascending_ = share(equal(s.descents, zeros()));
}

void WorthGoal::row_by_row(const Packed& value, Put& put) const noexcept {
  const Row *const z = value.first(0, shape_), *const g = output_.first(0, shape_);
  const Lanes nz = load(z[-1]), ng = load(g[-1]);
  Lanes pairs = zeros(), alike = zeros(), at_least_it = zeros(), signs = zeros(),
        parities = zeros(), sizes = zeros(), larger = zeros();
  Lanes steps = zeros(), steps_alike = zeros(), orders = zeros(), summed = zeros();
  Lanes x_before = zeros(), y_before = zeros();
  for (std::size_t i = 0; i < std::min(value.rows, output_.rows); ++i) {
    const Lanes x = load(z[i]), y = load(g[i]);
    const Lanes there = both(reaches(nz, i), reaches(ng, i));
    const Lanes size_x = size_of(x), size_y = size_of(y);
    pairs = counted(pairs, there);
    alike = counted(alike, both(there, equal(x, y)));
    at_least_it = counted(at_least_it, both(there, at_least(x, y)));
    signs = counted(signs, both(there, equal(above(zeros(), x), above(zeros(), y))));
    parities = counted(parities, both(there, equal(is_even(x), is_even(y))));
    sizes = counted(sizes, both(there, equal(size_x, size_y)));
    larger = counted(larger, both(there, at_least(size_y, size_x)));
    if (i > 0) {
      const Lanes dx = minus(x, x_before), dy = minus(y, y_before);
      steps = counted(steps, there);
      steps_alike = counted(steps_alike, both(there, equal(dx, dy)));
      orders = counted(orders, both(there, equal(above(dx, zeros()), above(dy, zeros()))));
      summed = counted(summed, both(there, equal(dy, x)));
    }
    x_before = x;
    y_before = y;
  }
  const int rows = sum(pairs), stepped = sum(steps), greater = sum(at_least_it);
  put(ratio(sum(alike), rows, 0));
  put(ratio(greater, rows, 0.5F));
  put(rows > 0 && greater == rows);
  put(rows > 0 && greater == 0);
  put(ratio(sum(signs), rows, 0.5F));
  const float parity = ratio(sum(parities), rows, 0.5F);
  put(parity);
  put(parity > 0.5F ? 2 * parity - 1 : 1 - 2 * parity);
  put(ratio(sum(sizes), rows, 0.3F));
  put(ratio(sum(larger), rows, 0.3F));
  put(ratio(sum(steps_alike), stepped, 0));
  put(ratio(sum(orders), stepped, 0.5F));
  put(ratio(sum(summed), stepped, 0.3F));
}

/// Which numbers stand in the other list, at whatever place.
void WorthGoal::wherever(const Packed& value, Put& put) const noexcept {
  const Row *const z = value.first(0, shape_), *const g = output_.first(0, shape_);
  const Lanes nz = load(z[-1]), ng = load(g[-1]);
  const std::size_t zs = std::min<std::size_t>(value.rows, rows_looked);
  const std::size_t gs = std::min<std::size_t>(output_.rows, rows_looked);
  Row met[rows_looked] = {};
  Lanes of_z = zeros(), of_g = zeros(), numbers_z = zeros(), numbers_g = zeros();
  for (std::size_t i = 0; i < zs; ++i) {
    const Lanes there = reaches(nz, i), x = choose(there, load(z[i]), each(no_number));
    Lanes found = zeros();
    for (std::size_t j = 0; j < gs; ++j) {
      const Lanes same = equal(x, load(g[j]));
      found = either(found, both(same, reaches(ng, j)));
      store(met[j], either(load(met[j]), same));
    }
    numbers_z = counted(numbers_z, there);
    of_z = counted(of_z, found);
  }
  for (std::size_t j = 0; j < gs; ++j) {
    const Lanes there = reaches(ng, j);
    numbers_g = counted(numbers_g, there);
    of_g = counted(of_g, both(there, load(met[j])));
  }
  put(ratio(sum(of_z), sum(numbers_z), 0.5F));
  put(ratio(sum(of_g), sum(numbers_g), 0.5F));
}

void WorthGoal::list_to_list(const Packed& value, Put& put) const noexcept {
  const Row *const z = value.first(0, shape_), *const g = output_.first(0, shape_);
  const Lanes nz = load(z[-1]), ng = load(g[-1]);
  const int total = sum(nz), as_long = count(equal(nz, ng)), enough = count(at_least(nz, ng));
  put(static_cast<float>(as_long) * per_example_);
  put(static_cast<float>(enough) * per_example_);
  put(as_long == examples_);
  put(enough == examples_);
  put(enough == 0);
  put(static_cast<float>(total) * per_example_ * 0.1F);
  put(static_cast<float>(total - total_) * per_example_ * 0.1F);
  row_by_row(value, put);
  wherever(value, put);
  const Scan s = scan_of(z, value.rows, nz);
  const Lanes neither = both(equal(nz, zeros()), equal(ng, zeros()));
  const Lanes some = both(above(nz, zeros()), above(ng, zeros()));
  const auto where_some = [&](Lanes mask) { return share(either(neither, both(some, mask))); };
  const Lanes first = value.rows > 0 ? load(z[0]) : zeros();
  const Lanes first_of_output = output_.rows > 0 ? load(g[0]) : zeros();
  put(where_some(equal(s.high, load(high_))));
  put(where_some(equal(s.low, load(low_))));
  put(where_some(equal(first, first_of_output)));
  put(where_some(equal(s.last, load(last_))));
  put(where_some(equal(s.last, first_of_output)));
  put(share(equal(s.descents, zeros())));
  put(ascending_);
  put(share(equal(nz, zeros())));
  put(ratio(sum(s.zeros_in), total, 0));
  put(ratio(sum(s.evens), total, 0.5F));
  put(evens_);
  put(ratio(sum(s.negatives), total, 0.5F));
  put(negatives_);
}

void WorthGoal::list_to_number(const Packed& value, Put& put) const noexcept {
  const Row* const z = value.first(0, shape_);
  const Lanes nz = load(z[-1]), g = load(output_.first(0, shape_)[0]);
  const Scan s = scan_of(z, value.rows, nz);
  const Lanes some = above(nz, zeros());
  const int total = sum(nz);
  Lanes holds = zeros();
  for (std::size_t i = 0; i < value.rows; ++i)
    holds = either(holds, both(reaches(nz, i), equal(load(z[i]), g)));
  const int held = count(holds);
  put(static_cast<float>(held) * per_example_);
  put(held == examples_);
  put(share(equal(s.sum, g)));
  put(share(both(some, equal(s.high, g))));
  put(share(both(some, equal(s.low, g))));
  put(share(both(some, equal(value.rows > 0 ? load(z[0]) : zeros(), g))));
  put(share(both(some, equal(s.last, g))));
  put(share(equal(nz, g)));
  put(share(both(at_least(nz, g), at_least(g, zeros()))));
  put(share(both(some, at_least(s.high, g))));
  put(share(both(some, at_least(g, s.low))));
  put(static_cast<float>(total) * per_example_ * 0.1F);
  put(share(equal(nz, zeros())));
  const int mean = std::abs(sum(s.sum)) / examples_;
  put((bits_of(mean) - bits_of(magnitude_of(output_))) * 0.125F);
  put(share(equal(s.positives, g)));
  put(share(equal(s.negatives, g)));
  put(share(equal(s.evens, g)));
  put(share(equal(minus(nz, s.evens), g)));
  put(ratio(sum(s.negatives), total, 0.5F));
  put(ratio(sum(s.zeros_in), total, 0));
  put(ratio(sum(s.evens), total, 0.5F));
  put(share(equal(s.descents, zeros())));
  put(share(is_even(g)));
  put(share(is_digit(g)));
}

void WorthGoal::number_to_list(const Packed& value, Put& put) const noexcept {
  const Row* const g = output_.first(0, shape_);
  const Lanes z = load(value.first(0, shape_)[0]), ng = load(g[-1]);
  const Lanes some = above(ng, zeros());
  Lanes holds = zeros();
  for (std::size_t i = 0; i < output_.rows; ++i)
    holds = either(holds, both(reaches(ng, i), equal(load(g[i]), z)));
  put(share(equal(z, ng)));
  put(share(at_least(z, zeros())));
  put(share(is_digit(z)));
  put(share(at_least(z, ng)));
  put(share(holds));
  put(share(both(some, equal(output_.rows > 0 ? load(g[0]) : zeros(), z))));
  put(share(both(some, equal(load(last_), z))));
}

void WorthGoal::number_to_number(const Packed& value, Put& put) const noexcept {
  const Lanes z = load(value.first(0, shape_)[0]), g = load(output_.first(0, shape_)[0]);
  put(share(equal(z, g)));
  put(share(at_least(z, g)));
  put(share(at_least(z, zeros())));
  put(share(is_digit(z)));
  put(share(equal(minus(z, g), as_first(minus(z, g)))));
}

/// The examples agree on its beginning, and on its length.
bool WorthGoal::constant(const Packed& value) const noexcept {
  const Row* const rows = value.first(0, shape_);
  const auto agree = [](Lanes x) { return all(equal(x, as_first(x))); };
  return agree(load(rows[-1])) && (value.rows == 0 || agree(load(rows[0])));
}

void WorthGoal::common(const Packed& value, Put& put) const noexcept {
  const float size = bits_of(magnitude_of(value));
  const float more = size - bits_of(magnitude_of(output_));
  const bool negative = output_.least < 0;
  put(size * 0.125F);
  put(more * 0.125F);
  put(more > 0 ? more * 0.25F : 0);
  put(more < 0 ? -more * 0.25F : 0);
  put(value.least < 0);
  put(value.least < 0 && !negative);
  put(value.least >= 0 && negative);
  put(constant(value));
}

WorthFeatures WorthGoal::features(const Packed& value) const noexcept {
  WorthFeatures out;
  const bool list = value.kind == Kind::list, to_list = output_.kind == Kind::list;
  out.pair = static_cast<std::uint8_t>((list ? 2 : 0) + (to_list ? 1 : 0));
  Put put(out);
  common(value, put);
  if (list && to_list) {
    list_to_list(value, put);
  } else if (list) {
    list_to_number(value, put);
  } else if (to_list) {
    number_to_list(value, put);
  } else {
    number_to_number(value, put);
  }
  out.used = static_cast<std::uint8_t>(put.at - out.number.data());
  return out;
}

nets::Architecture worth_architecture() {
  return {static_cast<std::uint32_t>(worth_inputs),
          {{nets::BlockKind::dense, static_cast<std::uint32_t>(worth_hidden)}},
          {{nets::HeadKind::linear, 1}}};
}

Worth::Worth(const nets::Weights& weights) : parameters_(weights.parameters) {
  WEIR_CHECK(weights.architecture == worth_architecture(), "the weights are of another network");
}

float Worth::of(const WorthFeatures& features, std::uint8_t call) const noexcept {
  constexpr std::size_t wide = 4,
                        together = 4;  // numbers of a register; registers summed side by side
  const float* const rows = parameters_.data() + worth_input(features.pair) * worth_hidden;
  const float* const of_call = rows + (worth_features + call) * worth_hidden;
  const float* const biases = parameters_.data() + worth_inputs * worth_hidden;
  const float* const out = biases + worth_hidden;
  __m128 odds = _mm_setzero_ps();
  for (std::size_t at = 0; at < worth_hidden; at += wide * together) {
    __m128 hidden[together];
    for (std::size_t k = 0; k < together; ++k)
      hidden[k] =
          _mm_add_ps(_mm_loadu_ps(biases + at + wide * k), _mm_loadu_ps(of_call + at + wide * k));
    for (std::size_t i = 0; i < features.used; ++i) {
      const __m128 x = _mm_set1_ps(features.number[i]);
      const float* const row = rows + i * worth_hidden + at;
      for (std::size_t k = 0; k < together; ++k)
        hidden[k] = _mm_add_ps(hidden[k], _mm_mul_ps(x, _mm_loadu_ps(row + wide * k)));
    }
    for (std::size_t k = 0; k < together; ++k)
      odds = _mm_add_ps(odds, _mm_mul_ps(_mm_max_ps(hidden[k], _mm_setzero_ps()),
                                         _mm_loadu_ps(out + at + wide * k)));
  }
  odds = _mm_add_ps(odds, _mm_movehl_ps(odds, odds));
  odds = _mm_add_ss(odds, _mm_shuffle_ps(odds, odds, 1));
  return _mm_cvtss_f32(odds);
}

}  // namespace weir::search::lists
