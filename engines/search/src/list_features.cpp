#include <algorithm>
#include <cmath>
#include <weir/check.hpp>
#include <weir/search/list_features.hpp>

namespace weir::search::lists {
namespace {

class Describer {
 public:
  void add(double number) {
    WEIR_CHECK(count_ < example_features, "more features than are counted");
    numbers_[count_++] = static_cast<float>(std::clamp(number, -1.0, 1.0));
  }
  void add_flag(bool flag) { add(flag ? 1 : 0); }
  void add_value(std::int64_t value) { add(static_cast<double>(value) / 64); }
  void skip(std::size_t count) {
    for (std::size_t i = 0; i < count; ++i) add(0);
  }
  std::size_t count() const noexcept { return count_; }
  const std::array<float, example_features>& numbers() const noexcept { return numbers_; }

 private:
  std::array<float, example_features> numbers_{};
  std::size_t count_ = 0;
};

constexpr std::size_t a_list_counts = 20, beside_list_counts = 40, beside_both_counts = 10,
                      beside_integer_counts = 6;

template <class Test>
double share(const List& list, Test test) {
  if (list.empty()) return 0;
  return static_cast<double>(std::count_if(list.begin(), list.end(), test)) /
         static_cast<double>(list.size());
}

bool contains(const List& list, std::int64_t value) {
  return std::find(list.begin(), list.end(), value) != list.end();
}

bool is_square(std::int64_t x) {
  std::int64_t root = 0;
  while (root * root < x) ++root;
  return root * root == x;
}

double scaled(std::int64_t x) {  // log scale, signed
  const double size = std::log2(1.0 + static_cast<double>(std::abs(x))) / 8;
  return x < 0 ? -size : size;
}

void describe_list(const List& list, Describer& out) {
  out.add(static_cast<double>(list.size()) / 10);
  std::int64_t sum = 0;
  for (const std::int64_t x : list) sum += x;
  const auto [low, high] = std::minmax_element(list.begin(), list.end());
  const bool any = !list.empty();
  out.add(any ? scaled(*low) : 0);
  out.add(any ? scaled(*high) : 0);
  out.add(scaled(sum));
  out.add(any ? static_cast<double>(sum) / static_cast<double>(list.size()) / number_max : 0);
  out.add(any ? scaled(list.front()) : 0);
  out.add(any ? scaled(list.back()) : 0);
  out.add(any ? static_cast<double>(*high - *low) / (2 * number_max) : 0);
  out.add(share(list, [](auto x) { return x > 0; }));
  out.add(share(list, [](auto x) { return x < 0; }));
  out.add(share(list, [](auto x) { return x == 0; }));
  out.add(share(list, [](auto x) { return x % 2 == 0; }));
  out.add(share(list, [](auto x) { return x % 3 == 0; }));
  out.add(share(list, [](auto x) { return x % 4 == 0; }));
  out.add(share(list, is_square));
  out.add_flag(std::is_sorted(list.begin(), list.end()));
  out.add_flag(std::is_sorted(list.rbegin(), list.rend()));
  List sorted = list;
  std::sort(sorted.begin(), sorted.end());
  const auto distinct = std::unique(sorted.begin(), sorted.end()) - sorted.begin();
  out.add(any ? static_cast<double>(distinct) / static_cast<double>(list.size()) : 0);
  out.add_flag(any && std::all_of(list.begin(), list.end(), [](auto x) { return x >= 0; }));
  out.add_flag(!any);
}

/// Share of places where both have a number and the same one.
double agreement(const List& a, const List& b) {
  const std::size_t size = std::min(a.size(), b.size());
  std::size_t same = 0;
  for (std::size_t i = 0; i < size; ++i) same += a[i] == b[i] ? 1 : 0;
  return size == 0 ? 0 : static_cast<double>(same) / static_cast<double>(size);
}

/// 1 where they are equal, less where they agree in places.
double likeness(const List& a, const std::optional<Value>& b) {
  if (!b) return 0;
  const List& other = std::get<List>(*b);
  return a == other ? 1 : agreement(a, other) / 2;
}

bool ends_in(const List& whole, const List& part) {
  return part.size() <= whole.size() && std::equal(part.rbegin(), part.rend(), whole.rbegin());
}

bool begins_with(const List& whole, const List& part) {
  return part.size() <= whole.size() && std::equal(part.begin(), part.end(), whole.begin());
}

bool is_subsequence(const List& part, const List& whole) {
  std::size_t at = 0;
  for (const std::int64_t x : whole) at += at < part.size() && part[at] == x ? 1 : 0;
  return at == part.size();
}

/// The 21 calls that make lists of one list, then how the lists lie to each other.
void describe_lists(const List& output, const List& list, Describer& out) {
  for (std::uint8_t call = first_list_call; call < first_integer_list_call; ++call)
    out.add(likeness(output, evaluate(call_table[call], list, list)));
  out.add_flag(output.size() == list.size());
  out.add(list.empty() ? 0 : static_cast<double>(output.size()) / static_cast<double>(list.size()));
  out.add(share(output, [&](auto x) { return contains(list, x); }));
  out.add(share(list, [&](auto x) { return contains(output, x); }));
  out.add(share(output, [&](auto x) { return contains(list, -x); }));
  out.add_flag(std::is_permutation(output.begin(), output.end(), list.begin(), list.end()));
  out.add_flag(begins_with(list, output));
  out.add_flag(ends_in(list, output));
  out.add_flag(is_subsequence(output, list));
  const bool any = !output.empty() && !list.empty();
  out.add_flag(any && output.front() == list.front());
  out.add_flag(any && output.back() == list.back());
  out.add_flag(any && output.front() == list.back());
  out.add_flag(any && output.back() == list.front());
  const std::size_t size = std::min(output.size(), list.size());
  double above = 0, below = 0, parity = 0, sign = 0, difference = 0, rising = 0;
  for (std::size_t i = 0; i < size; ++i) {
    above += output[i] > list[i] ? 1 : 0;
    below += output[i] < list[i] ? 1 : 0;
    parity += (output[i] - list[i]) % 2 == 0 ? 1 : 0;
    sign += (output[i] < 0) == (list[i] < 0) ? 1 : 0;
    difference += static_cast<double>(output[i] - list[i]) / number_max;
    rising += i > 0 && (output[i] > output[i - 1]) == (list[i] > list[i - 1]) ? 1 : 0;
  }
  for (const double total : {above, below, parity, sign, difference, rising})
    out.add(size == 0 ? 0 : total / static_cast<double>(size));
}

/// The 9 calls that make integers of a list: whether they make this one, and how far they are from it.
void describe_number(std::int64_t output, const List& list, Describer& out) {
  for (std::uint8_t call = 0; call < first_list_call; ++call) {
    const std::optional<Value> value = evaluate(call_table[call], list, list);
    out.add_flag(value && std::get<std::int64_t>(*value) == output);
    out.add(value ? scaled(output - std::get<std::int64_t>(*value)) : 0);
  }
  out.add_flag(contains(list, output));
  out.add_flag(contains(list, -output));
  out.add_flag(output >= 0 && output <= static_cast<std::int64_t>(list.size()));
  out.add(share(list, [&](auto x) { return x < output; }));
  out.add(share(list, [&](auto x) { return x != 0 && output % x == 0; }));
  out.add(share(list, [&](auto x) { return (x - output) % 2 == 0; }));
}

void describe_both(const List& output, const List& a, const List& b, Describer& out) {
  for (std::uint8_t call = first_zip_call; call < calls; ++call)
    out.add(likeness(output, evaluate(call_table[call], a, b)));
  out.add(likeness(output, evaluate(call_table[first_zip_call + 1], b, a)));
  out.add_flag(output.size() == std::min(a.size(), b.size()));
  out.add_flag(output.size() > std::min(a.size(), b.size()));
  out.add(share(output, [&](auto x) { return contains(a, x) != contains(b, x); }));
  out.add(share(output, [&](auto x) { return !contains(a, x) && !contains(b, x); }));
}

void describe_integer(const Value& output, std::int64_t n, const List* list, Describer& out) {
  const auto* number = std::get_if<std::int64_t>(&output);
  const auto* made = std::get_if<List>(&output);
  out.add(static_cast<double>(n) / 10);
  out.add_flag(number != nullptr && *number == n);
  out.add_flag(made != nullptr && static_cast<std::int64_t>(made->size()) == n);
  const auto length = list == nullptr ? 0 : static_cast<std::int64_t>(list->size());
  out.add_flag(made != nullptr &&
               static_cast<std::int64_t>(made->size()) == std::clamp<std::int64_t>(n, 0, length));
  out.add_flag(made != nullptr &&
               static_cast<std::int64_t>(made->size()) == std::max<std::int64_t>(length - n, 0));
  out.add_flag(number != nullptr && n >= 0 && n < length &&
               (*list)[static_cast<std::size_t>(n)] == *number);
}

struct Inputs {
  const List* lists[2] = {nullptr, nullptr};
  const std::int64_t* integer = nullptr;
};

Inputs inputs_of(const Example& example) {
  Inputs inputs;
  std::size_t lists = 0;
  for (const Value& value : example.in) {
    if (const auto* list = std::get_if<List>(&value); list != nullptr && lists < 2)
      inputs.lists[lists++] = list;
    if (const auto* number = std::get_if<std::int64_t>(&value);
        number != nullptr && inputs.integer == nullptr)
      inputs.integer = number;
  }
  return inputs;
}

Describer describe(const Example& example) {
  Describer out;
  const Inputs inputs = inputs_of(example);
  const auto* made = std::get_if<List>(&*example.out);
  describe_list(made != nullptr ? *made : List{std::get<std::int64_t>(*example.out)}, out);
  for (const List* list : inputs.lists) {
    const std::size_t end = out.count() + a_list_counts + beside_list_counts;
    if (list != nullptr) {
      describe_list(*list, out);
      made != nullptr ? describe_lists(*made, *list, out)
                      : describe_number(std::get<std::int64_t>(*example.out), *list, out);
    }
    out.skip(end - out.count());
  }
  const bool both = made != nullptr && inputs.lists[1] != nullptr;
  if (both) describe_both(*made, *inputs.lists[0], *inputs.lists[1], out);
  if (!both) out.skip(beside_both_counts);
  if (inputs.integer != nullptr)
    describe_integer(*example.out, *inputs.integer, inputs.lists[0], out);
  if (inputs.integer == nullptr) out.skip(beside_integer_counts);
  WEIR_CHECK(out.count() == example_features, "as many features as are counted");
  return out;
}

}  // namespace

std::vector<float> list_features(const Task& task) {
  std::vector<float> features(list_features_length, 0.0F);
  float* mean = features.data();
  float* least = mean + example_features;
  float* most = least + example_features;
  std::size_t count = 0;
  const Example* any = nullptr;
  for (const Example& example : task.examples) {
    if (!example.out) continue;
    const Describer described = describe(example);
    for (std::size_t i = 0; i < example_features; ++i) {
      const float number = described.numbers()[i];
      mean[i] += number;
      least[i] = count == 0 ? number : std::min(least[i], number);
      most[i] = count == 0 ? number : std::max(most[i], number);
    }
    ++count;
    any = &example;
  }
  if (any == nullptr) return features;
  for (std::size_t i = 0; i < example_features; ++i) mean[i] /= static_cast<float>(count);
  float* signature = most + example_features;
  const Inputs inputs = inputs_of(*any);
  signature[0] = std::holds_alternative<List>(*any->out) ? 1.0F : 0.0F;
  signature[1] = inputs.lists[0] != nullptr ? 1.0F : 0.0F;
  signature[2] = inputs.lists[1] != nullptr ? 1.0F : 0.0F;
  signature[3] = inputs.integer != nullptr ? 1.0F : 0.0F;
  signature[4] = std::min(1.0F, static_cast<float>(count) / 10);
  return features;
}

std::array<float, functions> list_labels(const ListProgram& program) {
  std::array<float, functions> labels{};
  const std::uint64_t bits = occurring(program);
  for (std::size_t function = 0; function < functions; ++function)
    labels[function] = (bits >> function & 1U) != 0 ? 1.0F : 0.0F;
  return labels;
}

}  // namespace weir::search::lists
