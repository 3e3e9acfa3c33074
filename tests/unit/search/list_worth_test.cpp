#include <doctest/doctest.h>

#include <algorithm>
#include <cmath>
#include <list_random.hpp>
#include <list_search.hpp>
#include <list_worth_trainer.hpp>
#include <numeric>
#include <string>
#include <weir/search/list_tasks.hpp>

namespace weir::search::lists {
namespace {

using Lists = std::vector<std::vector<int>>;  // a value: of each example a list, or one number

struct Blocks {
  explicit Blocks(std::size_t examples) {
    shape.examples = examples;
    shape.rows = 12;
  }
  Packed pack_of(const Lists& lists, bool number) {
    std::vector<Value> values;
    for (const std::vector<int>& list : lists) {
      if (number) {
        values.emplace_back(std::int64_t{list.front()});
      } else {
        values.emplace_back(List(list.begin(), list.end()));
      }
    }
    std::vector<const Value*> at;
    for (const Value& value : values) at.push_back(&value);
    kept.emplace_back(shape.block_rows());
    return pack(at, shape, kept.back().data());
  }
  Shape shape;
  std::vector<std::vector<Row>> kept;
};

std::vector<float> features_of(const Lists& value, bool number, const Lists& output,
                               bool to_number) {
  Blocks blocks(value.size());
  const Packed out = blocks.pack_of(output, to_number);
  const WorthGoal goal(out, blocks.shape);
  const WorthFeatures f = goal.features(blocks.pack_of(value, number));
  CHECK(f.pair == (number ? 0 : 2) + (to_number ? 0 : 1));
  for (std::size_t i = f.used; i < worth_features; ++i) CHECK(f.number[i] == 0);
  return {f.number.begin(), f.number.begin() + f.used};
}

Lists drawn(std::size_t examples, bool number, Random& random) {
  const std::int64_t range = random.below(2) == 0 ? 4 : 90;
  Lists lists(examples);
  for (std::vector<int>& list : lists) {
    list.resize(number ? 1 : static_cast<std::size_t>(random.below(11)));
    for (int& x : list) x = static_cast<int>(random.between(-range, range));
  }
  return lists;
}

/// What the places of a list that both lists have say, by plain definitions: alike, not less, all, none, signs, parity,
/// how far from chance that is, sizes, larger, steps, orders, sums.
std::vector<double> row_by_row(const Lists& z, const Lists& g) {
  double pairs = 0, alike = 0, least = 0, signs = 0, parity = 0, sizes = 0, larger = 0;
  double steps = 0, steps_alike = 0, orders = 0, sums = 0;
  for (std::size_t e = 0; e < z.size(); ++e) {
    for (std::size_t i = 0; i < std::min(z[e].size(), g[e].size()); ++i) {
      const int x = z[e][i], y = g[e][i];
      pairs += 1;
      alike += x == y;
      least += x >= y;
      signs += (x < 0) == (y < 0);
      parity += (x % 2 == 0) == (y % 2 == 0);
      sizes += std::abs(x) == std::abs(y);
      larger += std::abs(y) >= std::abs(x);
      if (i == 0) continue;
      const int dx = x - z[e][i - 1], dy = y - g[e][i - 1];
      steps += 1;
      steps_alike += dx == dy;
      orders += (dx > 0) == (dy > 0);
      sums += dy == x;
    }
  }
  const auto of = [](double part, double all, double none) { return all > 0 ? part / all : none; };
  const double even = of(parity, pairs, 0.5);
  return {of(alike, pairs, 0),
          of(least, pairs, 0.5),
          pairs > 0 && least == pairs ? 1.0 : 0.0,
          pairs > 0 && least == 0 ? 1.0 : 0.0,
          of(signs, pairs, 0.5),
          even,
          std::abs(2 * even - 1),
          of(sizes, pairs, 0.3),
          of(larger, pairs, 0.3),
          of(steps_alike, steps, 0),
          of(orders, steps, 0.5),
          of(sums, steps, 0.3)};
}

std::vector<WorthChoice> choices_of(std::size_t calls, std::uint64_t seed, std::size_t tasks) {
  Costs costs;
  costs.fill(uniform_cost);
  TaskSource source(calls, seed);
  std::vector<WorthChoice> all;
  for (std::size_t i = 0; i < tasks; ++i) {
    for (WorthChoice& choice : worth_choices(*source.next(), costs))
      all.push_back(std::move(choice));
  }
  return all;
}

std::vector<const WorthChoice*> pointers(const std::vector<WorthChoice>& choices) {
  std::vector<const WorthChoice*> out;
  for (const WorthChoice& choice : choices) out.push_back(&choice);
  return out;
}

/// Bits that the right lines lack to the whole, by what ships.
double loss_by_default(const std::vector<WorthChoice>& choices) {
  double loss = 0;
  for (const WorthChoice& choice : choices) {
    double all = 0, right = 0;
    for (const WorthChoice::Option& option : choice.options) {
      const double odds =
          std::exp(static_cast<double>(default_worth().of(option.features, option.call)));
      all += odds;
      right += option.right ? odds : 0;
    }
    loss += std::log2(all / right);
  }
  return loss / static_cast<double>(choices.size());
}

}  // namespace

TEST_CASE("list worth: features are what plain definitions say") {
  constexpr std::size_t rows_at = 15;  // behind the common ones and lengths
  Random random(5);
  for (int round = 0; round < 200; ++round) {
    const std::size_t examples = 1 + random.below(8);
    const Lists z = drawn(examples, false, random), g = drawn(examples, false, random);
    const std::vector<float> found = features_of(z, false, g, false);
    REQUIRE(found.size() > rows_at + 12);
    const std::vector<double> expected = row_by_row(z, g);
    for (std::size_t i = 0; i < expected.size(); ++i)
      CHECK(static_cast<double>(found[rows_at + i]) == doctest::Approx(expected[i]).epsilon(1e-5));
    double in_output = 0, numbers = 0;
    for (std::size_t e = 0; e < examples; ++e) {
      for (const int x : z[e]) in_output += std::count(g[e].begin(), g[e].end(), x) > 0;
      numbers += static_cast<double>(z[e].size());
    }
    CHECK(static_cast<double>(found[rows_at + 12]) ==
          doctest::Approx(numbers > 0 ? in_output / numbers : 0.5).epsilon(1e-5));
  }
}

TEST_CASE("list worth: lanes without an example say nothing") {
  Random random(6);
  for (int round = 0; round < 200; ++round) {
    const bool number = random.below(2) == 0, to_number = random.below(2) == 0;
    const std::size_t examples = 1 + random.below(4);
    const Lists z = drawn(examples, number, random), g = drawn(examples, to_number, random);
    const std::vector<float> once = features_of(z, number, g, to_number);
    const auto doubled = [](const Lists& lists) {
      Lists all = lists;
      for (const std::vector<int>& list : lists) all.push_back(list);
      return all;
    };
    const std::vector<float> twice = features_of(doubled(z), number, doubled(g), to_number);
    REQUIRE(once.size() == twice.size());
    for (std::size_t i = 0; i < once.size(); ++i)
      CHECK(once[i] == doctest::Approx(twice[i]).epsilon(1e-5));
  }
}

TEST_CASE("list worth: the gradient is that of the loss") {
  const std::vector<WorthChoice> choices = choices_of(4, 3, 6);
  const std::vector<const WorthChoice*> some = pointers(choices);
  nets::Weights weights = nets::initial_weights(worth_architecture(), 4);
  std::vector<float> gradient(weights.parameters.size());
  worth_loss(weights, some, gradient.data());
  std::vector<std::size_t> largest(gradient.size());
  std::iota(largest.begin(), largest.end(), std::size_t{0});
  std::sort(largest.begin(), largest.end(), [&](std::size_t a, std::size_t b) {
    return std::abs(gradient[a]) > std::abs(gradient[b]);
  });
  for (std::size_t k = 0; k < 300; k += 7) {
    const std::size_t at = largest[k];
    constexpr float step = 1e-3F;
    const float kept = weights.parameters[at];
    weights.parameters[at] = kept + step;
    const double above = worth_loss(weights, some, nullptr);
    weights.parameters[at] = kept - step;
    const double below = worth_loss(weights, some, nullptr);
    weights.parameters[at] = kept;
    const double slope = (above - below) / (2 * static_cast<double>(step)) * std::log(2.0);
    CHECK(slope == doctest::Approx(static_cast<double>(gradient[at])).epsilon(0.02).scale(0.05));
  }
}

TEST_CASE("list worth: teaching helps with programs that were not taught, alike each time") {
  const std::vector<WorthChoice> taught = choices_of(4, 11, 150), others = choices_of(4, 12, 40);
  const nets::Weights weights = teach_worth(taught, {.passes = 3, .batch = 16});
  CHECK(teach_worth(taught, {.passes = 3, .batch = 16}).parameters == weights.parameters);
  const nets::Weights nothing{weights.architecture, std::vector<float>(weights.parameters.size())};
  const double before = worth_loss(nothing, pointers(others), nullptr);
  const double after = worth_loss(weights, pointers(others), nullptr);
  MESSAGE("bits a choice: " << before << ", taught " << after);
  CHECK(after < before - 0.5);
}

TEST_CASE("list worth: what ships knows programs that it was not taught with") {
  const std::vector<WorthChoice> choices = choices_of(5, 13, 20);
  const nets::Weights nothing{worth_architecture(),
                              std::vector<float>(nets::parameter_count(worth_architecture()))};
  const double before = worth_loss(nothing, pointers(choices), nullptr);
  const double after = loss_by_default(choices);
  MESSAGE("bits a choice: " << before << ", judged " << after);
  CHECK(after < before - 0.8);
}

TEST_CASE("list worth: a judged search leaves nothing out") {
  Costs costs;
  costs.fill(uniform_cost);
  const auto sorted = [](const Search& search) {
    std::vector<std::string> texts;
    for (const ListProgram& program : search.solutions()) texts.push_back(program_text(program));
    std::sort(texts.begin(), texts.end());
    return texts;
  };
  for (const std::size_t calls_max :
       {std::size_t{3}, std::size_t{4}}) {  // of 4: nodes are expanded
    for (std::uint64_t seed = 1; seed <= 6; ++seed) {
      const DrawnTask task = *draw_task(calls_max, seed);
      Search plain(task.task.examples, std::size_t{8} << 20);
      Search judged(task.task.examples, std::size_t{8} << 20);
      Search in_turns(task.task.examples, std::size_t{8} << 20);
      judged.set_costs(costs, Judged::yes);
      in_turns.set_orders({{costs, Judged::yes, 0}, by_values(0), plainly(0)});
      for (Search* const search : {&plain, &judged, &in_turns}) {
        search->set_calls_max(calls_max);
        while (!search->ended()) search->run(search->nodes() + 5000);
        CHECK(search->exact());
        CHECK(search->calls_done() == calls_max);
        REQUIRE(!search->solutions().empty());
        CHECK(search->solutions().front().lines.size() == calls_max);
      }
      // A value's first maker can be another one in longer programs.
      if (calls_max == 3 && plain.solutions().size() < 64) CHECK(sorted(plain) == sorted(judged));
    }
  }
}

}  // namespace weir::search::lists
