// net_trainer.hpp: teaching a network from samples, by Adam on mini-batches.
//
// Shape:  a batch is cut into shards of shard_rows rows; each shard's gradient is summed in the order of its rows,
//         the shards' in theirs. Losses are as HeadKind says, the heads' added up, a mean over rows.
// Roles:  train() is called by one thread; inside a task it computes on all workers, outside on the caller's thread.
// Order:  the same config, data and state give the same bits for any number of workers, on every machine; a run that
//         was stopped and goes on from its state ends with those of one that was not.
// Errors: bad_config, architecture, diverged (the loss is no number: the state is that of the step before), other_run
//         (the state is of another seed or other batches), and those of weights.hpp for files.
// Memory: parameters x 4 bytes x (shards + 4).
// Cost:   a sample of a network of 160,000 weights: 15 us on one core of a 2.6 GHz server (AVX-512).
// Source: Kingma, Ba, "Adam", ICLR 2015; Loshchilov, Hutter, "Decoupled weight decay regularization", ICLR 2019.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>
#include <weir/result.hpp>
#include <weir/search/mlp.hpp>

namespace weir::search::nets {

/// Where samples come from. sample() is a pure function of its arguments, called by several threads at once.
class Dataset {
 public:
  virtual ~Dataset() = default;
  static constexpr std::uint64_t endless = ~std::uint64_t{0};
  /// Of one sample; those of the network that is taught.
  virtual std::size_t inputs() const = 0;
  virtual std::size_t outputs() const = 0;
  /// How many there are, each seen once before any is seen again; endless: none is seen twice. None are refused.
  virtual std::uint64_t samples() const = 0;
  /// Sample number i: all of the network's inputs, and a target for each output.
  virtual void sample(std::uint64_t seed, std::uint64_t i, float* features,
                      float* targets) const = 0;
};

struct TrainConfig {
  std::uint64_t seed = 1;
  std::uint64_t steps = 1000;  // in all, those that the state has behind it too
  std::uint32_t batch = 256, shard_rows = 32;
  float rate = 1e-3F, rate_last = 1e-4F;  // from the first step to the last, along a cosine
  float decay = 0;                        // of weights, a step, times the rate
  float beta_1 = 0.9F, beta_2 = 0.999F, epsilon = 1e-8F;
  std::vector<float> head_weights;  // of the heads' losses; none: 1 each
  std::string state_path;           // where the state is kept; empty: nowhere
  std::uint64_t state_every = 1000,
                report_every = 100;  // steps; 0: the state at the end only, no reports
};

struct TrainState {
  Weights weights;
  std::vector<float> means, squares;  // moments of the gradient
  std::uint64_t step = 0, seed = 0;
  std::uint32_t batch = 0, shard_rows = 0;
  std::uint64_t tasks = 0;  // that it is taught; kept for who begins it, 0 where that says nothing
};

struct TrainReport {
  std::uint64_t step = 0;
  double loss = 0;  // mean over the steps since the report before
  bool stopped = false;
};

/// Told of the progress, in the thread that trains.
class TrainListener {
 public:
  virtual ~TrainListener() = default;
  /// Every report_every steps.
  virtual void report(const TrainReport& report) = 0;
  /// Asked before each step; true: the training stops here.
  virtual bool stop() { return false; }
};

/// The state before the first step.
Result<TrainState> begin_training(const Architecture& architecture, const TrainConfig& config);
/// Steps until there are config.steps.
Result<TrainReport> train(const TrainConfig& config, const Dataset& data, TrainState& state,
                          TrainListener* listener = nullptr);

/// Mean loss of samples first .. last - 1, nothing learnt.
Result<double> mean_loss(const TrainConfig& config, const Dataset& data, const Weights& weights,
                         std::uint64_t first, std::uint64_t last);

inline constexpr std::uint32_t state_version = 2;
Result<Done> write_state(const std::string& path, const TrainState& state);
Result<TrainState> read_state(const std::string& path);

}  // namespace weir::search::nets
