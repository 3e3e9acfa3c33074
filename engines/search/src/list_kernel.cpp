#include <algorithm>
#include <cmath>
#include <list_random.hpp>
#include <list_search.hpp>
#include <utility>
#include <weir/search/list_features.hpp>
#include <weir/search/list_kernel.hpp>
#include <weir/search/list_language.hpp>

#include "list_recipe.hpp"
#include "stable_order.hpp"

namespace weir::search::lists {
namespace {

constexpr std::uint64_t block_programs = 12000;  // and what the node at its end takes more
constexpr std::size_t alternatives_asked = 8, generated_inputs = 64;

Error bad_task(const Task& task, std::size_t row, const std::string& what) {
  return {"bad_task", name_of_example(task.examples, row) + ": " + what,
          place_of_example(task.examples, row)};
}

constexpr std::string_view allowed = "an integer in -255..255 or a list of at most 128 of them";

/// Every row's inputs are of the first one's kinds, outputs of one kind.
Result<Done> check(const Task& task) {
  if (task.domain != Domain::list) return Error{"bad_task", "is no list task", {}};
  std::optional<Kind> output;
  for (std::size_t row = 0; row < task.examples.size(); ++row) {
    const Example& example = task.examples[row];
    if (example.in.empty() || example.in.size() > inputs_max)
      return bad_task(
          task, row,
          "has " + std::to_string(example.in.size()) + " inputs, 1 to 8 are searched with");
    if (example.in.size() != task.examples.front().in.size())
      return bad_task(task, row, "has another number of inputs than the first row");
    for (std::size_t i = 0; i < example.in.size(); ++i) {
      const std::optional<Kind> kind = kind_of(example.in[i]);
      if (!kind)
        return bad_task(task, row,
                        "input " + std::to_string(i + 1) + " is not " + std::string(allowed));
      if (kind != kind_of(task.examples.front().in[i]))
        return bad_task(
            task, row,
            "input " + std::to_string(i + 1) + " is of another kind than in the first row");
    }
    if (!example.out) continue;
    const std::optional<Kind> kind = kind_of(*example.out);
    if (!kind) return bad_task(task, row, "the output is not " + std::string(allowed));
    if (output && kind != output)
      return bad_task(task, row, "the output is of another kind than before");
    output = kind;
  }
  if (!output) return Error{"bad_task", "has no row with an output", {}};
  return Done{};
}

/// The labelled rows, each once.
Result<Examples> labelled(const Task& task) {
  std::vector<std::size_t> rows;
  for (std::size_t row = 0; row < task.examples.size(); ++row) {
    if (task.examples[row].out) rows.push_back(row);
  }
  sort_stable(rows.begin(), rows.end(), [&](std::size_t a, std::size_t b) {
    return task.examples[a].in < task.examples[b].in;
  });
  std::vector<std::size_t> kept;
  for (const std::size_t row : rows) {
    if (!kept.empty() && task.examples[kept.back()].in == task.examples[row].in) {
      if (task.examples[kept.back()].out == task.examples[row].out) continue;
      return Error{"infeasible",
                   names_of_examples(task.examples, kept.back(), row) +
                       " have the same inputs and other outputs",
                   place_of_example(task.examples, row)};
    }
    kept.push_back(row);
  }
  std::sort(kept.begin(), kept.end());
  Examples examples;
  for (const std::size_t row : kept) examples.push_back(task.examples[row]);
  return examples;
}

std::uint32_t size_of(const ListProgram& program) {
  std::uint32_t size = program.lines.empty() ? 1 : 0;
  for (const Line& line : program.lines) {
    const Call& call = call_table[line.call];
    size += call.lambda == Lambda::none ? 1 : 2;
    size += line.a < program.inputs.size() ? 1 : 0;
    size += call.takes != Takes::list && line.b < program.inputs.size() ? 1 : 0;
  }
  return size;
}

class ListKernel final : public Kernel {
 public:
  ListKernel(const Task& task, Examples examples, const KernelConfig& config)
      : task_(task),
        config_(config),
        features_(list_features(task)),
        distinct_(examples.size()),
        search_(std::move(examples), config.memory_bytes_max) {
    std::size_t rows = 1;
    for (const Example& example : task.examples) {
      for (const Value& value : example.in) {
        if (const auto* list = std::get_if<List>(&value)) rows = std::max(rows, list->size());
      }
    }
    const std::size_t groups = std::min<std::size_t>((distinct_ + lanes - 1) / lanes, 4);
    block_ = block_programs / (groups * (1 + rows / 16));
    if (config.taught) {
      search_.set_orders({by_values(0), plainly(plain_joins)});
      guided_ = true;
    }
    if (config.hints != nullptr) take_hints(*config.hints);
    config_.hints = nullptr;  // it is read here alone
  }

  Turn turn(std::uint32_t simulations_max) override {
    Turn turn;
    while (turn.simulations < simulations_max && !ended()) {
      if (seeds_tried_ < seeds_.size()) {
        for (ListProgram& program : neighbours_of(seeds_[seeds_tried_++]))
          search_.propose(std::move(program));
      } else {
        search_.run(search_.nodes() + block_);
      }
      ++turn.simulations;
      if (!search_.solutions().empty()) exclude_shorter();
    }
    turn.ended = ended();
    return turn;
  }

  Found found() const noexcept override {
    if (search_.solutions().empty())
      return search_.nearest_examples() > 0 ? Found::partial : Found::nothing;
    const std::size_t least = search_.solutions().front().lines.size();
    return search_.exact() && search_.calls_done() + 1 >= least ? Found::smallest : Found::full;
  }

  Answer best(std::size_t top, std::span<const Language> in) const override {
    Answer answer;
    answer.found = found();
    answer.examples_total = static_cast<std::uint32_t>(std::count_if(
        task_.examples.begin(), task_.examples.end(), [](const Example& row) { return row.out; }));
    if (answer.found == Found::nothing) return answer;
    const std::vector<ListProgram>& solutions = search_.solutions();
    const ListProgram& first = solutions.empty() ? search_.nearest() : solutions.front();
    answer.examples_passed = passed(first);
    double weights = 0;
    const auto weight = [&](const ListProgram& program) {
      return std::ldexp(1.0, -4 * static_cast<int>(program.lines.size() - first.lines.size()));
    };
    for (const ListProgram& program : solutions) weights += weight(program);
    const auto examples = static_cast<double>(distinct_);
    for (std::size_t i = 0; i < std::min(top, std::max<std::size_t>(solutions.size(), 1)); ++i) {
      const ListProgram& program = solutions.empty() ? first : solutions[i];
      Program written{{}, size_of(program), 0, {}};
      written.confidence = solutions.empty()
                               ? answer.examples_passed / (4.0 * answer.examples_total)
                               : weight(program) / weights * examples / (examples + 1);
      for (const Language language : in) {
        std::string text = program_text(program, language, task_.name);
        if (!text.empty()) written.text.emplace_back(language, std::move(text));
      }
      if (!solutions.empty()) written.recipe = recipe_of(program);
      answer.programs.push_back(std::move(written));
    }
    answer.question = question();
    return answer;
  }

  std::uint64_t nodes() const noexcept override { return search_.nodes(); }
  std::size_t memory() const noexcept override { return sizeof *this + search_.memory(); }
  std::span<const float> features() const noexcept override { return features_; }

  void apply(std::span<const float> prior) override {
    if (prior.size() != functions || ended() || !search_.solutions().empty()) return;
    set_order(costs_of(prior));
  }

 private:
  /// Past programs first, then the order of what was used before; a network's answer takes that order's place.
  void take_hints(const Hints& hints) {
    std::vector<Kind> kinds;
    for (const Value& value : task_.examples.front().in) kinds.push_back(*kind_of(value));
    for (const std::string& recipe : hints.recipes) {
      if (std::optional<ListProgram> program = read_recipe(recipe, kinds))
        seeds_.push_back(std::move(*program));
    }
    if (hints.usage.size() != functions) return;
    set_order(costs_of(hints.usage));
  }

  /// By what was learnt, and, as that can be wrong of this task, by less of it after a while.
  void set_order(const Costs& costs) {
    if (config_.taught) {
      search_.set_orders({{costs, Judged::yes, 0}, by_values(values_join), plainly(plain_joins)});
    } else {
      search_.set_orders({{costs, Judged::no, 0}, plainly(plain_joins)});
    }
    guided_ = true;
  }

  bool ended() const noexcept { return search_.ended() || found() == Found::smallest; }

  /// A program is found: what is left are programs of fewer calls, all as likely.
  void exclude_shorter() {
    const std::size_t least = search_.solutions().front().lines.size();
    if (least == shortest_) return;
    shortest_ = least;
    if (guided_) {
      search_.set_orders({plainly(0)});
      guided_ = false;
    }
    search_.set_calls_max(least > 0 ? least - 1 : 0);
  }

  std::uint32_t passed(const ListProgram& program) const {
    return static_cast<std::uint32_t>(std::count_if(
        task_.examples.begin(), task_.examples.end(),
        [&](const Example& row) { return row.out && evaluate(program, row.in) == row.out; }));
  }

  static std::optional<Question> differ(const ListProgram& a, const ListProgram& b,
                                        std::span<const Value> in) {
    std::optional<Value> one = evaluate(a, in), other = evaluate(b, in);
    if (!one || !other || *one == *other) return std::nullopt;
    return Question{{in.begin(), in.end()}, {std::move(*one), std::move(*other)}};
  }

  /// Inputs like those of some row, drawn anew.
  std::vector<Value> inputs_like(const Example& row, Random& random) const {
    std::vector<Value> in = row.in;
    for (Value& value : in) {
      if (auto* number = std::get_if<std::int64_t>(&value)) {
        *number = random.between(0, std::max<std::int64_t>(9, std::abs(*number)));
        continue;
      }
      List& list = std::get<List>(value);
      std::int64_t range = 10;
      for (const std::int64_t number : list) range = std::max(range, std::abs(number));
      list.resize(
          static_cast<std::size_t>(random.between(0, static_cast<std::int64_t>(list.size()) + 1)) %
          length_max);
      for (std::int64_t& number : list) number = random.between(-range, range);
    }
    return in;
  }

  /// Of the best program and the next that is told from it.
  std::optional<Question> question() const {
    const std::vector<ListProgram>& solutions = search_.solutions();
    Random random(config_.seed);
    for (std::size_t i = 1; i < std::min(solutions.size(), alternatives_asked); ++i) {
      for (const Example& row : task_.examples) {
        if (row.out) continue;
        if (std::optional<Question> found = differ(solutions[0], solutions[i], row.in))
          return found;
      }
      for (std::size_t tries = 0; tries < generated_inputs; ++tries) {
        const std::vector<Value> in =
            inputs_like(task_.examples[random.below(task_.examples.size())], random);
        if (std::optional<Question> found = differ(solutions[0], solutions[i], in)) return found;
      }
    }
    return std::nullopt;
  }

  Task task_;
  KernelConfig config_;
  std::vector<float> features_;
  std::size_t distinct_;
  Search search_;
  std::vector<ListProgram> seeds_;
  std::size_t seeds_tried_ = 0;
  std::uint64_t block_ = block_programs;
  std::size_t shortest_ = lines_max + 1;
  bool guided_ = false;
};

}  // namespace

Result<std::unique_ptr<Kernel>> make_kernel(const Task& task, const KernelConfig& config) {
  if (const Result<Done> checked = check(task); !checked) return checked.error();
  Result<Examples> examples = labelled(task);
  if (!examples) return examples.error();
  return std::unique_ptr<Kernel>(
      std::make_unique<ListKernel>(task, std::move(examples).value(), config));
}

}  // namespace weir::search::lists
