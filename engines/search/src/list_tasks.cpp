#include <algorithm>
#include <list_random.hpp>
#include <list_search.hpp>
#include <utility>
#include <weir/search/list_tasks.hpp>

namespace weir::search::lists {
namespace {

constexpr std::uint64_t refusals_max = 100000;
constexpr std::size_t search_bytes = std::size_t{64} << 20;

Value draw_input(Kind kind, std::int64_t range, Random& random) {
  if (kind == Kind::integer) return random.between(0, 9);
  List list(static_cast<std::size_t>(random.between(3, 10)));
  for (std::int64_t& number : list) number = random.between(-range, range);
  return list;
}

std::vector<Value> draw_inputs(const std::vector<Kind>& kinds, std::int64_t range, Random& random) {
  std::vector<Value> inputs;
  for (const Kind kind : kinds) inputs.push_back(draw_input(kind, range, random));
  return inputs;
}

/// Every call on slots that types.
std::vector<Line> lines_of(const std::vector<Kind>& slots) {
  std::vector<Line> lines;
  for (std::uint8_t call = 0; call < calls; ++call) {
    const Takes takes = call_table[call].takes;
    for (std::uint8_t a = 0; a < slots.size(); ++a) {
      if (slots[a] != (takes == Takes::integer_list ? Kind::integer : Kind::list)) continue;
      if (takes == Takes::list) {
        lines.push_back({call, a, a});
        continue;
      }
      for (std::uint8_t b = 0; b < slots.size(); ++b) {
        if (slots[b] == Kind::list) lines.push_back({call, a, b});
      }
    }
  }
  return lines;
}

ListProgram draw_program(std::size_t n, const std::vector<Kind>& inputs, Random& random) {
  ListProgram program{inputs, {}, 0};
  std::vector<Kind> slots = inputs;
  for (std::size_t i = 0; i < n; ++i) {
    const std::vector<Line> lines = lines_of(slots);
    program.lines.push_back(lines[random.below(lines.size())]);
    program.result = static_cast<std::uint8_t>(slots.size());
    slots.push_back(call_table[program.lines.back().call].gives);
  }
  return program;
}

/// Labels the examples; false: a value is none, or a line repeats a value at hand.
bool label(const ListProgram& program, std::vector<Example>& examples) {
  std::vector<std::vector<Value>> slots(program.inputs.size() + program.lines.size());
  for (Example& example : examples) {
    std::optional<std::vector<Value>> values = evaluate_lines(program, example.in);
    if (!values) return false;
    example.out = (*values)[program.result];
    for (std::size_t slot = 0; slot < slots.size(); ++slot)
      slots[slot].push_back(std::move((*values)[slot]));
  }
  for (std::size_t slot = program.inputs.size(); slot < slots.size(); ++slot) {
    if (std::find(slots.begin(), slots.begin() + static_cast<std::ptrdiff_t>(slot), slots[slot]) !=
        slots.begin() + static_cast<std::ptrdiff_t>(slot))
      return false;
  }
  return true;
}

std::size_t distinct_outputs(const std::vector<Example>& examples) {
  std::vector<Value> outputs;
  for (const Example& example : examples) outputs.push_back(*example.out);
  std::sort(outputs.begin(), outputs.end());
  return static_cast<std::size_t>(std::unique(outputs.begin(), outputs.end()) - outputs.begin());
}

std::uint64_t hash_outputs(const std::vector<Example>& examples) {
  std::uint64_t hash = 0;
  const auto add = [&](std::int64_t number) {
    hash = Random(hash ^ static_cast<std::uint64_t>(number)).next();
  };
  for (const Example& example : examples) {
    if (const auto* number = std::get_if<std::int64_t>(&*example.out)) {
      add(*number);
      continue;
    }
    const List& list = std::get<List>(*example.out);
    add(1000 + static_cast<std::int64_t>(list.size()));
    for (const std::int64_t number : list) add(number);
  }
  return hash;
}

bool has_shorter(const std::vector<Example>& examples, std::size_t n) {
  Search search(examples, search_bytes);
  search.set_calls_max(n - 1);
  while (!search.ended() || search.nodes() == 0) {
    search.run(search.nodes() + 1000);
    if (!search.solutions().empty()) return search.solutions().front().lines.size() < n;
  }
  return false;
}

bool draw_fresh(const ListProgram& program, std::int64_t range, Random& random,
                std::vector<Example>& fresh) {
  for (std::size_t tries = 0; fresh.size() < fresh_examples && tries < 1000; ++tries) {
    Example example{draw_inputs(program.inputs, range, random), std::nullopt, 0};
    example.out = evaluate(program, example.in);
    if (example.out) fresh.push_back(std::move(example));
  }
  return fresh.size() == fresh_examples;
}

}  // namespace

TaskSource::TaskSource(std::size_t n, std::uint64_t seed)
    : n_(std::clamp<std::size_t>(n, 1, lines_max)), state_(Random(seed ^ n << 56).next()) {}

std::optional<DrawnTask> TaskSource::next() {
  constexpr std::int64_t ranges[] = {10, 50, 255};
  const std::vector<Kind> signatures[] = {
      {Kind::list}, {Kind::list, Kind::list}, {Kind::integer, Kind::list}};
  for (std::uint64_t refused = 0; refused < refusals_max; ++refused) {
    Random random(state_++ * 0x9e3779b97f4a7c15u);
    ++drawn_;
    const std::vector<Kind>& kinds = signatures[random.below(3)];
    const std::int64_t range = ranges[random.below(3)];
    DrawnTask drawn;
    for (std::uint32_t i = 0; i < drawn_examples; ++i)
      drawn.task.examples.push_back({draw_inputs(kinds, range, random), std::nullopt, i + 1});
    drawn.program = draw_program(n_, kinds, random);
    if (used_slots(drawn.program) + 1U != 1U << (kinds.size() + n_)) continue;
    if (!label(drawn.program, drawn.task.examples) || distinct_outputs(drawn.task.examples) < 3)
      continue;
    const std::uint64_t hash = hash_outputs(drawn.task.examples);
    if (outputs_.contains(hash)) continue;
    if (has_shorter(drawn.task.examples, n_)) {
      ++shorter_;
      continue;
    }
    if (!draw_fresh(drawn.program, range, random, drawn.fresh)) continue;
    outputs_.insert(hash);
    drawn.task.domain = Domain::list;
    return drawn;
  }
  return std::nullopt;
}

std::optional<DrawnTask> draw_task(std::size_t n, std::uint64_t seed) {
  return TaskSource(n, seed).next();
}

double right_on_fresh(const DrawnTask& task, const ListProgram& program) {
  const auto right = std::count_if(task.fresh.begin(), task.fresh.end(), [&](const Example& row) {
    return evaluate(program, row.in) == row.out;
  });
  return static_cast<double>(right) / static_cast<double>(task.fresh.size());
}

}  // namespace weir::search::lists
