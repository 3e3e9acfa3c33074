#include <doctest/doctest.h>
#include <unistd.h>

#include <algorithm>
#include <cmath>
#include <cstring>
#include <filesystem>
#include <limits>
#include <memory>
#include <net_gradient.hpp>
#include <net_order.hpp>
#include <set>
#include <weir/runtime.hpp>
#include <weir/search/net_trainer.hpp>

namespace nets = weir::search::nets;
using nets::BlockKind;
using nets::HeadKind;

namespace {

const nets::Architecture taught_shape = {10,
                                         {{BlockKind::dense, 24}, {BlockKind::residual, 12}},
                                         {{HeadKind::value, 1},
                                          {HeadKind::policy, 3},
                                          {HeadKind::probabilities, 2},
                                          {HeadKind::linear, 1}}};

/// Features at random; targets that a small network can learn from them.
class Rules final : public nets::Dataset {
 public:
  explicit Rules(std::uint64_t count) : count_(count) {}
  std::size_t inputs() const override { return 10; }
  std::size_t outputs() const override { return 7; }
  std::uint64_t samples() const override { return count_; }
  void sample(std::uint64_t seed, std::uint64_t i, float* x, float* t) const override {
    for (std::uint64_t k = 0; k < 10; ++k)
      x[k] = static_cast<float>(nets::keyed(seed, 20 + k, i) >> 40) * 0x1p-23F - 1;
    t[0] = x[0] > x[1] ? 0.8F : -0.8F;
    const std::size_t best = x[2] > x[3] ? (x[2] > x[4] ? 0 : 2) : (x[3] > x[4] ? 1 : 2);
    for (std::size_t k = 0; k < 3; ++k) t[1 + k] = k == best ? 0.9F : 0.05F;
    t[4] = x[5] + x[6] > 0 ? 1.0F : 0.0F;
    t[5] = x[7] > 0 ? 1.0F : 0.0F;
    t[6] = x[8] * 0.5F - x[9];
  }

 private:
  std::uint64_t count_;
};

/// The losses of HeadKind, in double and by its text.
double plain_loss(const nets::Architecture& a, const std::vector<double>& parameters,
                  const std::vector<float>& x, const std::vector<float>& t, std::size_t rows) {
  double total = 0;
  for (std::size_t r = 0; r < rows; ++r) {
    std::vector<double> now, before;
    for (std::size_t i = 0; i < a.inputs; ++i)
      now.push_back(static_cast<double>(x[r * a.inputs + i]));
    for (const nets::DenseLayer& layer : nets::layers_of(a)) {
      std::vector<double> y(layer.out);
      for (std::size_t j = 0; j < layer.out; ++j) {
        y[j] = parameters[layer.biases + j];
        for (std::size_t i = 0; i < layer.in; ++i)
          y[j] += now[i] * parameters[layer.weights + i * layer.out + j];
        if (layer.skip) y[j] += before[j];
        if (layer.relu) y[j] = std::max(y[j], 0.0);
      }
      before = now;
      now = y;
    }
    std::size_t at = 0;
    for (const nets::Head& head : a.heads) {
      double sum = 0;
      for (std::size_t i = 0; i < head.width; ++i) sum += std::exp(now[at + i]);
      for (std::size_t i = 0; i < head.width; ++i) {
        const double z = now[at + i], target = static_cast<double>(t[r * a.outputs() + at + i]);
        const double s = 1 / (1 + std::exp(-z));
        if (head.kind == HeadKind::linear) total += (z - target) * (z - target);
        if (head.kind == HeadKind::value) total += std::pow(std::tanh(z) - target, 2);
        if (head.kind == HeadKind::probabilities)
          total -= target * std::log(s) + (1 - target) * std::log(1 - s);
        if (head.kind == HeadKind::policy || head.kind == HeadKind::logits)
          total -= target * (z - std::log(sum));
      }
      at += head.width;
    }
  }
  return total;
}

nets::TrainConfig short_run() {
  nets::TrainConfig config;
  config.seed = 4;
  config.steps = 60;
  config.batch = 96;
  config.shard_rows = 20;  // the last shard is smaller
  config.rate = 5e-3F;
  config.decay = 1e-3F;
  return config;
}

class StopAt final : public nets::TrainListener {
 public:
  explicit StopAt(int asked) : asked_(asked) {}
  void report(const nets::TrainReport&) override { ++reports; }
  bool stop() override { return asked_-- == 0; }
  int reports = 0;

 private:
  int asked_;
};

}  // namespace

TEST_CASE("net trainer: gradients are the differences of the loss") {
  const Rules rules(nets::Dataset::endless);
  for (const nets::Architecture& a :
       {taught_shape, nets::Architecture{10, {}, {{HeadKind::logits, 7}}},
        nets::Architecture{
            10, {{BlockKind::residual, 6}, {BlockKind::residual, 5}}, {{HeadKind::value, 7}}}}) {
    nets::Weights weights = nets::initial_weights(a, 2);
    // Biases of 0 leave sums at 0, where a relu has no slope.
    for (std::size_t i = 0; i < weights.parameters.size(); ++i)
      if (weights.parameters[i] == 0)
        weights.parameters[i] = static_cast<float>(nets::keyed(2, 9, i) >> 40) * 0x1p-25F - 0.25F;
    const std::size_t rows = 7;
    nets::Shard shard(a, rows);
    std::vector<float> x(rows * a.inputs), t(rows * a.outputs());
    for (std::size_t r = 0; r < rows; ++r) {
      rules.sample(1, r, x.data() + r * a.inputs, t.data() + r * a.outputs());
      std::copy_n(x.data() + r * a.inputs, a.inputs, shard.features(r));
      std::copy_n(t.data() + r * a.outputs(), a.outputs(), shard.targets(r));
    }
    const double loss = shard.learn(weights.parameters, {}, rows, 0.5F);
    std::vector<double> parameters(weights.parameters.begin(), weights.parameters.end());
    CHECK(loss == doctest::Approx(plain_loss(a, parameters, x, t, rows)).epsilon(1e-5));
    double wrong = 0, size = 0;
    for (std::size_t i = 0; i < parameters.size(); ++i) {
      const double kept = parameters[i], h = 1e-6;
      parameters[i] = kept + h;
      const double above = plain_loss(a, parameters, x, t, rows);
      parameters[i] = kept - h;
      const double below = plain_loss(a, parameters, x, t, rows);
      parameters[i] = kept;
      const double slope = 0.5 * (above - below) / (2 * h);
      wrong = std::max(wrong, std::abs(slope - static_cast<double>(shard.gradient()[i])));
      size = std::max(size, std::abs(slope));
    }
    CHECK(size > 0.1);
    CHECK(wrong < 1e-4 * size);
  }
}

TEST_CASE("net trainer: heads weigh as they are told") {
  const Rules rules(nets::Dataset::endless);
  nets::TrainConfig config;
  const nets::Weights weights = nets::initial_weights(taught_shape, 2);
  const double all = nets::mean_loss(config, rules, weights, 0, 100).value();
  double sum = 0;
  for (std::size_t h = 0; h < 4; ++h) {
    config.head_weights.assign(4, 0.0F);
    config.head_weights[h] = 2;
    sum += nets::mean_loss(config, rules, weights, 0, 100).value() / 2;
  }
  CHECK(sum == doctest::Approx(all));
}

TEST_CASE("net trainer: it learns") {
  const Rules rules(4000);
  nets::TrainConfig config = short_run();
  config.steps = 600;
  auto state = nets::begin_training(taught_shape, config).value();
  const double before = nets::mean_loss(config, rules, state.weights, 1'000'000, 1'001'000).value();
  REQUIRE(nets::train(config, rules, state).ok());
  // Samples that it has not seen.
  const double after = nets::mean_loss(config, rules, state.weights, 1'000'000, 1'001'000).value();
  CHECK(before > 3.5);
  CHECK(after < 1.6);
}

TEST_CASE("net trainer: the same weights for any number of workers") {
  const Rules rules(500);
  const nets::TrainConfig config = short_run();
  auto alone = nets::begin_training(taught_shape, config).value();
  REQUIRE(nets::train(config, rules, alone).ok());
  for (const int workers : {1, 2, 3}) {
    weir::Config machine;
    machine.workers = workers;
    auto runtime = weir::Runtime::start(machine).value();
    auto state = nets::begin_training(taught_shape, config).value();
    bool trained = false;
    CHECK(runtime->run([&] { trained = nets::train(config, rules, state).ok(); }) ==
          weir::Status::accepted);
    CHECK(trained);
    CHECK(state.weights.parameters == alone.weights.parameters);
  }
  nets::TrainConfig other = config;
  other.seed = 5;
  auto state = nets::begin_training(taught_shape, other).value();
  REQUIRE(nets::train(other, rules, state).ok());
  CHECK(state.weights.parameters != alone.weights.parameters);
}

TEST_CASE("net trainer: stopped, kept in a file and gone on with, it ends as one that was not") {
  const std::string path =
      (std::filesystem::temp_directory_path() / ("weir-" + std::to_string(getpid()) + "-training"))
          .string();
  const Rules rules(500);
  nets::TrainConfig config = short_run();
  auto straight = nets::begin_training(taught_shape, config).value();
  REQUIRE(nets::train(config, rules, straight).ok());
  config.state_path = path;
  config.report_every = 5;
  auto state = nets::begin_training(taught_shape, config).value();
  StopAt listener(23);
  auto report = nets::train(config, rules, state, &listener);
  REQUIRE(report.ok());
  CHECK(report.value().stopped);
  CHECK(report.value().step == 23);
  CHECK(listener.reports == 4);
  auto read = nets::read_state(path);
  REQUIRE(read.ok());
  CHECK(read.value().step == 23);
  report = nets::train(config, rules, read.value());
  REQUIRE(report.ok());
  CHECK_FALSE(report.value().stopped);
  CHECK(report.value().step == config.steps);
  CHECK(read.value().weights.parameters == straight.weights.parameters);
  CHECK(nets::read_state(path).value().weights.parameters == straight.weights.parameters);
  config.batch = 50;
  CHECK(nets::train(config, rules, read.value()).error().code == "other_run");
  std::filesystem::remove(path);
}

TEST_CASE("net trainer: what cannot be trained is refused") {
  const auto code = [](auto change) {
    nets::TrainConfig config = short_run();
    change(config);
    auto begun = nets::begin_training(taught_shape, config);
    return begun.ok() ? std::string() : begun.error().code;
  };
  CHECK(code([](nets::TrainConfig&) {}).empty());
  CHECK(code([](nets::TrainConfig& c) { c.batch = 0; }) == "bad_config");
  CHECK(code([](nets::TrainConfig& c) { c.shard_rows = 0; }) == "bad_config");
  CHECK(code([](nets::TrainConfig& c) { c.batch = 65536, c.shard_rows = 1; }) == "bad_config");
  CHECK(code([](nets::TrainConfig& c) { c.rate = std::nanf(""); }) == "bad_config");
  CHECK(code([](nets::TrainConfig& c) {
          c.shard_rows = ~0U;
        }).empty());  // one shard, of the whole batch
  CHECK(code([](nets::TrainConfig& c) { c.head_weights = {1}; }) == "bad_config");
  const nets::TrainConfig config = short_run();
  CHECK(nets::begin_training({0, {}, {{HeadKind::linear, 1}}}, config).error().code ==
        "architecture");
  auto state = nets::begin_training(taught_shape, config).value();
  state.weights.parameters[0] = std::nanf("");
  CHECK(nets::train(config, Rules(10), state).error().code == "diverged");
  CHECK(nets::train(config, Rules(0), state).error().code == "bad_config");
  nets::Architecture other = taught_shape;
  ++other.inputs;  // as a state file of other features has it
  auto foreign = nets::begin_training(other, config).value();
  CHECK(nets::train(config, Rules(10), foreign).error().code == "architecture");
  CHECK(nets::mean_loss(config, Rules(10), foreign.weights, 0, 5).error().code == "architecture");
  state.weights.parameters.pop_back();
  CHECK(nets::mean_loss(config, Rules(10), state.weights, 0, 5).error().code == "architecture");
}

TEST_CASE("net trainer: every sample stands once in each epoch, in another order in the next") {
  for (const std::uint64_t count : {1ULL, 2ULL, 3ULL, 100ULL, 257ULL}) {
    std::vector<std::uint64_t> first, second;
    for (std::uint64_t i = 0; i < count; ++i) {
      first.push_back(nets::sample_at(7, i, count));
      second.push_back(nets::sample_at(7, count + i, count));
    }
    for (const auto& order : {first, second}) {
      const std::set<std::uint64_t> seen(order.begin(), order.end());
      CHECK(seen.size() == count);
      CHECK(*seen.rbegin() == count - 1);
    }
    if (count >= 100) CHECK(first != second);
  }
  CHECK(nets::sample_at(7, 12345, 0) == 12345);
}

TEST_CASE("net trainer: exponentials and logarithms") {
  for (double x = -30; x < 30; x += 0.37) {
    CHECK(nets::exponential(x) == doctest::Approx(std::exp(x)).epsilon(1e-14));
    CHECK(nets::logarithm(std::exp(x)) == doctest::Approx(x).epsilon(1e-13));
  }
  CHECK(nets::exponential(-1000) == 0);
  CHECK(std::isinf(nets::exponential(1000)));
  CHECK(std::isnan(nets::exponential(std::nan(""))));
}

TEST_CASE("net_trainer: many exponentials are the bits of each alone") {
  constexpr double most = std::numeric_limits<double>::infinity();
  std::vector<double> numbers = {0.0,    -0.0,   most,    -most,  std::nan(""), 700.0, -700.0,
                                 700.5,  -1e300, 1e300,   5e-324, -5e-324,      0.5,   -0.5,
                                 1e-320, 2.5,    -699.99, 699.99, 1.0,          -1.0};
  for (int i = -2000; i <= 2000; ++i) numbers.push_back(0.3466 * i);
  for (std::size_t count = 0; count < 10; ++count) {
    std::vector<double> some(numbers.begin() + 12, numbers.begin() + 12 + static_cast<int>(count));
    nets::exponentials(some);
    for (std::size_t i = 0; i < count; ++i) CHECK(some[i] == nets::exponential(numbers[12 + i]));
  }
  std::vector<double> all = numbers;
  nets::exponentials(all);
  std::size_t different = 0;
  for (std::size_t i = 0; i < all.size(); ++i) {
    const double alone = nets::exponential(numbers[i]);
    different += std::memcmp(&all[i], &alone, sizeof alone) == 0 ? 0 : 1;
  }
  CHECK(different == 0);
}
