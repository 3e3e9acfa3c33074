#include <algorithm>
#include <cmath>
#include <memory>
#include <weir/search/net_trainer.hpp>
#include <weir/task.hpp>

#include "net_gradient.hpp"
#include "net_order.hpp"

namespace weir::search::nets {
namespace {

constexpr std::uint32_t batch_max = 1U << 16, shards_max = 1024;
constexpr std::size_t update_grain = 1U << 14;               // parameters a piece of the update
constexpr std::size_t gradients_max = std::size_t{1} << 31;  // floats: 8 GiB

std::size_t shards_of(const TrainConfig& config) {
  return (std::size_t{config.batch} + config.shard_rows - 1) / config.shard_rows;
}

Result<Done> check_config(const TrainConfig& config, const Architecture& architecture) {
  const auto wrong = [](const char* what) { return Error{"bad_config", what, "training"}; };
  if (config.batch < 1 || config.batch > batch_max) return wrong("batch: 1 to 65536 rows can be");
  if (config.shard_rows < 1) return wrong("shard_rows: at least 1");
  if (shards_of(config) > shards_max) return wrong("a batch has more than 1024 shards");
  if (!(config.rate > 0) || !(config.rate_last >= 0) || !(config.decay >= 0))
    return wrong("rates and decay: numbers above 0");
  if (!(config.beta_1 >= 0 && config.beta_1 < 1) || !(config.beta_2 >= 0 && config.beta_2 < 1) ||
      !(config.epsilon > 0))
    return wrong("beta_1, beta_2: 0 to below 1; epsilon: above 0");
  if (!config.head_weights.empty() && config.head_weights.size() != architecture.heads.size())
    return wrong("head_weights: one a head");
  if (auto checked = check(architecture); !checked) return checked.error();
  if (shards_of(config) * parameter_count(architecture) > gradients_max)
    return wrong("the shards' gradients are larger than 8 GiB: larger shards or smaller batches");
  return Done{};
}

Result<Done> check_data(const Dataset& data, const Architecture& architecture) {
  if (data.inputs() != architecture.inputs || data.outputs() != architecture.outputs())
    return Error{"architecture",
                 "the samples have " + std::to_string(data.inputs()) + " inputs and " +
                     std::to_string(data.outputs()) + " outputs, the network is " +
                     architecture.text(),
                 "training"};
  if (data.samples() == 0) return Error{"bad_config", "there are no samples", "training"};
  return Done{};
}

Result<Done> check_size(const Weights& weights) {
  if (weights.parameters.size() == parameter_count(weights.architecture)) return Done{};
  return Error{"architecture", "there are not as many numbers as the network has parameters",
               "training"};
}

class Training {
 public:
  Training(const TrainConfig& config, const Dataset& data, TrainState& state)
      : config_(config), data_(data), state_(state), losses_(shards_of(config)) {
    const std::size_t rows = std::min(config.shard_rows, config.batch);
    for (std::size_t s = 0; s < losses_.size(); ++s)
      shards_.push_back(std::make_unique<Shard>(state.weights.architecture, rows));
  }

  /// The mean loss of the step's batch; what is learnt is in the shards.
  double learn() {
    parallel_for(0, shards_.size(), 1, [this](std::size_t s) { learn_shard(s); });
    double sum = 0;
    for (const double loss : losses_) sum += loss;
    return sum / static_cast<double>(config_.batch);
  }

  /// Makes the step that the shards have learnt.
  void update() {
    const std::size_t count = state_.weights.parameters.size();
    const double t = static_cast<double>(state_.step + 1);
    bias_1_ = 1 / static_cast<float>(1 - power(static_cast<double>(config_.beta_1), t));
    bias_2_ = 1 / static_cast<float>(1 - power(static_cast<double>(config_.beta_2), t));
    rate_ = rate();
    parallel_for(0, (count + update_grain - 1) / update_grain, 1, [&](std::size_t piece) {
      update_range(piece * update_grain, std::min(count, (piece + 1) * update_grain));
    });
    ++state_.step;
  }

 private:
  static double power(double base, double exponent) {
    return base > 0 ? exponential(exponent * logarithm(base)) : 0;
  }

  /// Half a cosine, as a polynomial that has its ends, middle and flat ends: the same bits everywhere.
  float rate() const {
    const double done =
        std::min(1.0, static_cast<double>(state_.step) /
                          static_cast<double>(std::max<std::uint64_t>(config_.steps, 1)));
    const double share = 1 - done * done * (3 - 2 * done);
    return static_cast<float>(
        static_cast<double>(config_.rate_last) +
        share * (static_cast<double>(config_.rate) - static_cast<double>(config_.rate_last)));
  }

  void learn_shard(std::size_t s) {
    Shard& shard = *shards_[s];
    const std::size_t first = s * config_.shard_rows;
    const std::size_t rows = std::min<std::size_t>(config_.shard_rows, config_.batch - first);
    for (std::size_t r = 0; r < rows; ++r) {
      const std::uint64_t position = state_.step * config_.batch + first + r;
      data_.sample(config_.seed,
                   sample_at(config_.seed, position,
                             data_.samples() == Dataset::endless ? 0 : data_.samples()),
                   shard.features(r), shard.targets(r));
    }
    losses_[s] = shard.learn(state_.weights.parameters, config_.head_weights, rows,
                             1.0F / static_cast<float>(config_.batch));
  }

  void update_range(std::size_t first, std::size_t last) {
    float* const parameters = state_.weights.parameters.data();
    float* const means = state_.means.data();
    float* const squares = state_.squares.data();
    for (std::size_t i = first; i < last; ++i) {
      float g = shards_[0]->gradient()[i];
      for (std::size_t s = 1; s < shards_.size(); ++s) g += shards_[s]->gradient()[i];
      means[i] = config_.beta_1 * means[i] + (1 - config_.beta_1) * g;
      squares[i] = config_.beta_2 * squares[i] + (1 - config_.beta_2) * g * g;
      const float step = means[i] * bias_1_ / (std::sqrt(squares[i] * bias_2_) + config_.epsilon);
      parameters[i] -= rate_ * (step + config_.decay * parameters[i]);
    }
  }

  const TrainConfig& config_;
  const Dataset& data_;
  TrainState& state_;
  std::vector<std::unique_ptr<Shard>> shards_;
  std::vector<double> losses_;
  float bias_1_ = 1, bias_2_ = 1, rate_ = 0;
};

Result<Done> check_state(const TrainConfig& config, const TrainState& state) {
  if (auto checked = check_config(config, state.weights.architecture); !checked)
    return checked.error();
  if (auto sized = check_size(state.weights); !sized) return sized.error();
  const std::size_t count = state.weights.parameters.size();
  if (state.means.size() != count || state.squares.size() != count)
    return Error{"architecture", "the state has not as many numbers as its network has parameters",
                 "training"};
  if (state.seed != config.seed || state.batch != config.batch ||
      state.shard_rows != config.shard_rows)
    return Error{"other_run",
                 "the state is of seed " + std::to_string(state.seed) + ", batches of " +
                     std::to_string(state.batch) + " in shards of " +
                     std::to_string(state.shard_rows),
                 "training"};
  return Done{};
}

bool due(std::uint64_t step, std::uint64_t every) { return every != 0 && step % every == 0; }

}  // namespace

Result<TrainState> begin_training(const Architecture& architecture, const TrainConfig& config) {
  if (auto checked = check_config(config, architecture); !checked) return checked.error();
  TrainState state{initial_weights(architecture, config.seed),
                   {},
                   {},
                   0,
                   config.seed,
                   config.batch,
                   config.shard_rows};
  state.means.assign(state.weights.parameters.size(), 0.0F);
  state.squares.assign(state.weights.parameters.size(), 0.0F);
  return state;
}

Result<TrainReport> train(const TrainConfig& config, const Dataset& data, TrainState& state,
                          TrainListener* listener) {
  if (auto checked = check_state(config, state); !checked) return checked.error();
  if (auto checked = check_data(data, state.weights.architecture); !checked) return checked.error();
  Training training(config, data, state);
  TrainReport report;
  double losses = 0;
  std::uint64_t since = 0;
  while (state.step < config.steps) {
    report.stopped = listener != nullptr && listener->stop();
    if (report.stopped) break;
    const double loss = training.learn();
    if (!std::isfinite(loss))
      return Error{"diverged", "the loss is no number", "step " + std::to_string(state.step)};
    training.update();
    losses += loss;
    ++since;
    report.step = state.step;
    report.loss = losses / static_cast<double>(since);
    if (listener != nullptr && due(state.step, config.report_every)) {
      listener->report(report);
      losses = 0;
      since = 0;
    }
    if (!config.state_path.empty() && due(state.step, config.state_every))
      if (auto written = write_state(config.state_path, state); !written) return written.error();
  }
  report.step = state.step;
  if (!config.state_path.empty() && !due(state.step, config.state_every))
    if (auto written = write_state(config.state_path, state); !written) return written.error();
  return report;
}

Result<double> mean_loss(const TrainConfig& config, const Dataset& data, const Weights& weights,
                         std::uint64_t first, std::uint64_t last) {
  if (auto checked = check_config(config, weights.architecture); !checked) return checked.error();
  if (auto sized = check_size(weights); !sized) return sized.error();
  if (auto checked = check_data(data, weights.architecture); !checked) return checked.error();
  if (last <= first) return Error{"bad_config", "no sample", "training"};
  constexpr std::size_t rows_at_once = 64;
  std::vector<double> losses((last - first + rows_at_once - 1) / rows_at_once);
  parallel_for(0, losses.size(), 1, [&](std::size_t s) {
    Shard shard(weights.architecture, rows_at_once);
    const std::uint64_t begin = first + s * rows_at_once;
    const auto rows = static_cast<std::size_t>(std::min<std::uint64_t>(rows_at_once, last - begin));
    for (std::size_t r = 0; r < rows; ++r)
      data.sample(config.seed, begin + r, shard.features(r), shard.targets(r));
    losses[s] = shard.loss(weights.parameters, config.head_weights, rows);
  });
  double sum = 0;
  for (const double loss : losses) sum += loss;
  return sum / static_cast<double>(last - first);
}

}  // namespace weir::search::nets
