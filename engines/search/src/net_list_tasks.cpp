#include <algorithm>
#include <array>
#include <weir/search/list_features.hpp>
#include <weir/search/list_guidance.hpp>
#include <weir/task.hpp>

#include "net_layers.hpp"

namespace weir::search::nets {
namespace {

constexpr std::size_t examples_kept = lists::drawn_examples + lists::fresh_examples;
constexpr std::size_t streams =
    64;  // sources of tasks of one length that are drawn from side by side
constexpr std::uint64_t stream_purpose = 3, subset_purpose = 4;
constexpr std::size_t lines_asked_for = 2;
constexpr std::size_t examples_most = 10;  // in one sample

/// The first `count` of all examples in an order of this key.
std::array<bool, examples_kept> drawn_subset(std::uint64_t seed, std::uint64_t i,
                                             std::size_t count) {
  std::array<std::size_t, examples_kept> order;
  for (std::size_t k = 0; k < order.size(); ++k) order[k] = k;
  std::array<bool, examples_kept> taken{};
  for (std::size_t k = 0; k < count; ++k) {
    const std::uint64_t drawn = keyed(seed, subset_purpose, i * 16 + k) >> 32;
    std::swap(order[k], order[k + ((drawn * (examples_kept - k)) >> 32)]);
    taken[order[k]] = true;
  }
  return taken;
}

/// Without the last two lines, which the kernel asks the examples for: it goes through all that stands before them.
lists::ListProgram enumerated(lists::ListProgram program) {
  program.lines.resize(program.lines.size() - std::min(program.lines.size(), lines_asked_for));
  return program;
}

}  // namespace

Architecture list_architecture(std::vector<Block> blocks) {
  return {static_cast<std::uint32_t>(lists::list_features_length),
          std::move(blocks),
          {{HeadKind::probabilities, static_cast<std::uint32_t>(lists::functions)}}};
}

ListTasks ListTasks::draw(std::span<const std::size_t> counts, std::uint64_t seed) {
  std::vector<std::vector<lists::DrawnTask>> drawn(counts.size() * streams);
  parallel_for(0, drawn.size(), 1, [&](std::size_t which) {
    const std::size_t calls = which / streams, stream = which % streams;
    const std::size_t wanted = counts[calls] / streams + (stream < counts[calls] % streams ? 1 : 0);
    if (calls == 0 || wanted == 0) return;
    lists::TaskSource source(calls, keyed(seed, stream_purpose, which));
    while (drawn[which].size() < wanted) {
      auto task = source.next();
      if (!task) break;
      drawn[which].push_back(std::move(*task));
    }
  });
  ListTasks tasks;
  for (auto& some : drawn) {
    for (const lists::DrawnTask& task : some) tasks.add(task);
    std::vector<lists::DrawnTask>().swap(some);
  }
  return tasks;
}

void ListTasks::put(const Value& value) {
  if (const auto* const number = std::get_if<std::int64_t>(&value)) {
    numbers_.push_back(static_cast<std::int16_t>(*number));
    return;
  }
  const List& list = std::get<List>(value);
  numbers_.push_back(static_cast<std::int16_t>(list.size()));
  for (const std::int64_t number : list) numbers_.push_back(static_cast<std::int16_t>(number));
}

Value ListTasks::get(std::size_t& at, lists::Kind kind) const {
  const std::int16_t first = numbers_[at++];
  if (kind == lists::Kind::integer) return std::int64_t{first};
  List list(static_cast<std::size_t>(first));
  for (std::int64_t& number : list) number = numbers_[at++];
  return list;
}

void ListTasks::add(const lists::DrawnTask& task) {
  starts_.push_back(numbers_.size());
  labels_.push_back(lists::occurring(enumerated(task.program)));
  const std::vector<lists::Kind>& kinds = task.program.inputs;
  numbers_.push_back(static_cast<std::int16_t>(kinds.size()));
  for (const lists::Kind kind : kinds) numbers_.push_back(static_cast<std::int16_t>(kind));
  numbers_.push_back(static_cast<std::int16_t>(*lists::kind_of(*task.task.examples[0].out)));
  for (const auto* const examples : {&task.task.examples, &task.fresh}) {
    for (const Example& example : *examples) {
      for (const Value& value : example.in) put(value);
      put(*example.out);
    }
  }
}

void ListTasks::sample(std::uint64_t seed, std::uint64_t i, float* features, float* targets) const {
  const std::size_t which = i % tasks(), variant = i / tasks() % variants;
  std::array<bool, examples_kept> taken{};
  if (variant < 2) {
    std::fill_n(taken.begin(), lists::drawn_examples, true);
  } else {
    const std::uint64_t drawn = keyed(seed, subset_purpose, i * 16 + 15) % examples_most;
    taken = drawn_subset(seed, i, variant < 4 ? lists::drawn_examples : 1 + drawn);
  }
  std::size_t at = starts_[which];
  std::vector<lists::Kind> kinds(static_cast<std::size_t>(numbers_[at++]) + 1);
  for (lists::Kind& kind : kinds) kind = static_cast<lists::Kind>(numbers_[at++]);
  Task task;
  task.domain = Domain::list;
  for (const bool take : taken) {
    Example example;
    for (std::size_t k = 0; k + 1 < kinds.size(); ++k) example.in.push_back(get(at, kinds[k]));
    example.out = get(at, kinds.back());
    if (take) task.examples.push_back(std::move(example));
  }
  const std::vector<float> described = lists::list_features(task);
  std::copy(described.begin(), described.end(), features);
  for (std::size_t k = 0; k < lists::functions; ++k)
    targets[k] = static_cast<float>(labels_[which] >> k & 1U);
}

}  // namespace weir::search::nets
