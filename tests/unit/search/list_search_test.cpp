#include <doctest/doctest.h>

#include <algorithm>
#include <list_pack.hpp>
#include <list_random.hpp>
#include <list_search.hpp>
#include <weir/search/list_tasks.hpp>

namespace weir::search::lists {
namespace {

/// Calls of the shortest program by plain evaluation of every sequence; `calls_max + 1`: none that short.
struct Plain {
  const std::vector<Example>& examples;
  std::vector<std::vector<Value>> slots;

  explicit Plain(const std::vector<Example>& all) : examples(all) {
    for (std::size_t i = 0; i < all.front().in.size(); ++i) {
      slots.emplace_back();
      for (const Example& example : all) slots.back().push_back(example.in[i]);
    }
  }

  bool is_output(const std::vector<Value>& values) const {
    for (std::size_t e = 0; e < examples.size(); ++e) {
      if (values[e] != *examples[e].out) return false;
    }
    return true;
  }

  bool reaches(std::size_t calls_left) {
    if (calls_left == 0) return is_output(slots.back());
    const auto is_list = [&](std::size_t slot) {
      return std::holds_alternative<List>(slots[slot].front());
    };
    const std::size_t count = slots.size();
    for (const Call& call : call_table) {
      for (std::size_t a = 0; a < count; ++a) {
        if (is_list(a) == (call.takes == Takes::integer_list)) continue;
        for (std::size_t b = 0; b < count; ++b) {
          if (!is_list(b) || (call.takes == Takes::list && a != b)) continue;
          std::vector<Value> made;
          for (std::size_t e = 0; e < examples.size(); ++e) {
            std::optional<Value> value = evaluate(call, slots[a][e], slots[b][e]);
            if (!value) break;
            made.push_back(std::move(*value));
          }
          if (made.size() < examples.size()) continue;
          slots.push_back(std::move(made));
          const bool found = reaches(calls_left - 1);
          slots.pop_back();
          if (found) return true;
        }
      }
    }
    return false;
  }

  std::size_t shortest(std::size_t calls_max) {
    for (const std::vector<Value>& slot : slots) {
      if (is_output(slot)) return 0;
    }
    for (std::size_t calls_wanted = 1; calls_wanted <= calls_max; ++calls_wanted) {
      if (reaches(calls_wanted)) return calls_wanted;
    }
    return calls_max + 1;
  }
};

Examples first_of(const DrawnTask& task, std::size_t count) {
  Examples examples = task.task.examples;
  examples.resize(count);
  return examples;
}

std::size_t found_by_search(const Examples& examples) {
  Search search(examples, std::size_t{8} << 20);
  while (search.solutions().empty() && !search.ended()) search.run(search.nodes() + 1000);
  return search.solutions().empty() ? lines_max + 1 : search.solutions().front().lines.size();
}

Value random_list(Random& random, std::size_t length_most) {
  List list(random.below(length_most + 1));
  const std::int64_t range = std::int64_t{3} << (2 * random.below(4));  // 3, 12, 48, 192
  for (std::int64_t& number : list) number = random.between(-range, range);
  return list;
}

}  // namespace

TEST_CASE("list pack: packed calls agree with the evaluator") {
  Random random(11);
  for (int round = 0; round < 400; ++round) {
    const std::size_t examples = 1 + random.below(round % 10 == 0 ? 20 : 6);
    const std::size_t longest = round % 25 == 0 ? 128 : 10;
    Shape shape{examples, (examples + lanes - 1) / lanes, longest};
    std::vector<Value> lists, others, numbers;
    for (std::size_t e = 0; e < examples; ++e) {
      lists.push_back(random_list(random, longest));
      others.push_back(random_list(random, longest));
      numbers.push_back(random.between(-1, 11));
    }
    const auto packed = [&](const std::vector<Value>& values, std::vector<Row>& block) {
      std::vector<const Value*> pointers;
      for (const Value& value : values) pointers.push_back(&value);
      block.resize(shape.block_rows());
      return pack(pointers, shape, block.data());
    };
    std::vector<Row> blocks[4], made(shape.block_rows());
    const Packed list = packed(lists, blocks[0]), other = packed(others, blocks[1]),
                 number = packed(numbers, blocks[2]);
    for (const Call& call : call_table) {
      CAPTURE(static_cast<int>(call.function));
      CAPTURE(static_cast<int>(call.lambda));
      const bool two = call.takes == Takes::list_list,
                 with_number = call.takes == Takes::integer_list;
      std::vector<Value> expected;
      for (std::size_t e = 0; e < examples; ++e) {
        const std::optional<Value> value =
            evaluate(call, with_number ? numbers[e] : lists[e], two ? others[e] : lists[e]);
        if (value) expected.push_back(*value);
      }
      Packed out;
      const bool good =
          apply(call, with_number ? number : list, two ? other : list, shape, made.data(), out);
      REQUIRE(good == (expected.size() == examples));
      if (good) REQUIRE(same(out, packed(expected, blocks[3]), shape));
    }
  }
}

TEST_CASE("list search: finds the fewest calls, as plain evaluation does") {
  Random random(77);
  std::size_t lengths[5] = {};
  for (const std::size_t examples : {1U, 2U, 5U}) {
    for (std::size_t n = 2; n <= 4; ++n) {
      for (int i = 0; i < 4; ++i) {
        const DrawnTask task = *draw_task(n, random.next());
        const Examples some = first_of(task, examples);
        const std::size_t found = found_by_search(some), shortest = Plain(some).shortest(2);
        CAPTURE(program_text(task.program));
        if (shortest <= 2) {
          CHECK(found == shortest);
        } else {
          CHECK(found >= 3);
          CHECK(found <= n);
        }
        ++lengths[std::min<std::size_t>(found, 4)];
      }
    }
  }
  CHECK(lengths[2] > 3);
  CHECK(lengths[3] > 3);
}

TEST_CASE("list search: three calls, as plain evaluation does") {
  Random random(5);
  for (int i = 0; i < 5; ++i) {
    const DrawnTask task = *draw_task(4, random.next());
    const Examples some = first_of(task, 2);
    const std::size_t found = found_by_search(some), shortest = Plain(some).shortest(3);
    CAPTURE(program_text(task.program));
    CHECK(std::min<std::size_t>(found, 4) == shortest);
  }
}

TEST_CASE("list search: the same programs and counts in blocks of any size") {
  const DrawnTask task = *draw_task(4, 3);
  Search whole(task.task.examples, std::size_t{8} << 20),
      parts(task.task.examples, std::size_t{8} << 20);
  whole.run(60000);
  CHECK(!whole.solutions().empty());
  CHECK(whole.nodes() < 60000);  // the first that is right is told at once
  whole.run(60000);
  while (parts.nodes() < 60000 && !parts.ended())
    parts.run(std::min<std::uint64_t>(parts.nodes() + 7, 60000));
  CHECK(whole.nodes() == parts.nodes());
  CHECK(whole.solutions() == parts.solutions());
}

TEST_CASE("list search: more examples than lanes, all of them count") {
  TaskSource source(3, 21);
  for (int i = 0; i < 5; ++i) {
    const DrawnTask task = *source.next();
    Examples examples = task.task.examples;
    for (const Example& row : task.fresh) examples.push_back(row);
    Search search(examples, std::size_t{8} << 20);
    while (search.solutions().empty() && !search.ended()) search.run(search.nodes() + 10000);
    REQUIRE(!search.solutions().empty());
    CHECK(search.exact());
    CHECK(search.solutions().front().lines.size() == 3);
    CHECK(right_on_fresh(task, search.solutions().front()) == 1);
  }
}

TEST_CASE("list search: what does not fit into memory is not kept, and is said") {
  const DrawnTask task = *draw_task(5, 4);
  Search search(task.task.examples, 1);
  search.run(400000);
  CHECK(search.memory() < std::size_t{1} << 18);
  CHECK(!search.exact());
}

TEST_CASE("list search: costs change the order, not what is found in the end") {
  const DrawnTask task = *draw_task(4, 8);
  Costs costs;
  costs.fill(40);
  for (const Line& line : task.program.lines) costs[line.call] = 8;
  Search plain(task.task.examples, std::size_t{8} << 20),
      guided(task.task.examples, std::size_t{8} << 20);
  guided.set_costs(costs, Judged::no);
  while (plain.solutions().empty()) plain.run(plain.nodes() + 100);
  while (guided.solutions().empty()) guided.run(guided.nodes() + 100);
  CHECK(plain.solutions().front().lines.size() == 4);
  CHECK(guided.solutions().front().lines.size() == 4);
  CHECK(guided.nodes() < plain.nodes());
}

TEST_CASE("list search: a wrong order costs little where a right one takes turns with it") {
  const DrawnTask task = *draw_task(4, 8);
  Costs wrong;
  wrong.fill(8);
  for (const Line& line : task.program.lines) wrong[line.call] = 60;
  const auto nodes_of = [&](std::initializer_list<Order> orders) {
    Search search(task.task.examples, std::size_t{8} << 20);
    search.set_orders(orders);
    while (search.solutions().empty()) search.run(search.nodes() + 100);
    return search.nodes();
  };
  const std::uint64_t plain = nodes_of({plainly(0)});
  const std::uint64_t misled = nodes_of({{wrong, Judged::no, 0}});
  const std::uint64_t in_turns = nodes_of({{wrong, Judged::no, 0}, plainly(1000)});
  const std::uint64_t later = nodes_of({{wrong, Judged::no, 0}, plainly(misled)});
  MESSAGE("nodes: plain " << plain << ", misled " << misled << ", in turns " << in_turns);
  CHECK(misled > 20 * plain);
  CHECK(in_turns < 4 * plain);
  CHECK(later == misled);
}

TEST_CASE("list search: an output that nothing makes ends the search") {
  const Examples examples = {{{List{}}, Value{std::int64_t{9}}, 1}};
  Search search(examples, std::size_t{8} << 20);
  search.run(10000000);
  CHECK(search.ended());
  CHECK(search.solutions().empty());
}

}  // namespace weir::search::lists
