// list_guidance.hpp: what the list kernel is guided by: a network from features to how likely each function occurs, the
// samples that teach it, and the one that ships with the program.
//
// What is taught is which functions occur before the last two lines: these the kernel derives from the examples, and
// only the lines before them it goes through in the order of the network's answer.
//
// Roles:  drawing inside a task takes all workers, outside the caller's thread; samples are pure, any thread.
// Order:  the same tasks and samples for the same seed, on any machine and any number of workers.
// Memory: about 1 KiB a task that is drawn.
// Cost:   drawing tasks of 2, 3, 4, 5 calls: 0.04, 0.1, 0.4, 5 ms each; a sample 10 us; default_list_network some
//         hundredths of a second.
// Source: Balog et al., DeepCoder: learning to write programs, ICLR 2017 (one question a task, all functions at once).
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <vector>
#include <weir/result.hpp>
#include <weir/search/list_features.hpp>
#include <weir/search/list_tasks.hpp>
#include <weir/search/net_trainer.hpp>

namespace weir::search::nets {

/// list_features() in, a probability for each function of the language out.
Architecture list_architecture(std::vector<Block> blocks);

/// Drawn list tasks as samples: each with its own five examples, with five others, and with one to ten.
class ListTasks final : public Dataset {
 public:
  static constexpr std::uint64_t variants = 8;  // samples of one task

  /// counts[n] tasks of n calls.
  static ListTasks draw(std::span<const std::size_t> counts, std::uint64_t seed);

  void add(const lists::DrawnTask& task);
  std::size_t tasks() const noexcept { return starts_.size(); }
  std::size_t memory() const noexcept { return numbers_.capacity() * sizeof(std::int16_t); }

  std::size_t inputs() const override { return lists::list_features_length; }
  std::size_t outputs() const override { return lists::functions; }
  std::uint64_t samples() const override { return tasks() * variants; }
  /// Sample i is of task i mod tasks().
  void sample(std::uint64_t seed, std::uint64_t i, float* features, float* targets) const override;

 private:
  void put(const Value& value);
  Value get(std::size_t& at, lists::Kind kind) const;

  std::vector<std::int16_t> numbers_;  // of a task: kinds, then the values of each example
  std::vector<std::size_t> starts_;
  std::vector<std::uint64_t> labels_;  // functions before the last two lines, as bits
};

/// The network that ships with the program. `weir-bench-search guidance --make FILE` makes its weights again.
Result<std::unique_ptr<Network>> default_list_network();

}  // namespace weir::search::nets
