// net_speed.cpp: weir-bench-search networks: microseconds a batch, and what a sample costs to learn from; one thread.
//
//   --rounds N   each batch is evaluated, of which the fastest counts and the median is told (300)
//
// Output: one JSON object: of 512-1024-1024-64 and of the list network, microseconds of batches of 1, 2, 5, 8, 16, 64;
//         processor microseconds to make the network and to learn from a sample of it.
#include <time.h>

#include <algorithm>
#include <cmath>
#include <cstdio>
#include <cstdlib>
#include <nlohmann/json.hpp>
#include <string>
#include <suites.hpp>
#include <vector>
#include <weir/clock.hpp>
#include <weir/search/list_guidance.hpp>
#include <weir/search/weights.hpp>

namespace weir::bench {
namespace {

namespace nets = search::nets;
constexpr std::size_t batches[] = {1, 2, 5, 8, 16, 64};

double thread_us() {
  timespec time{};
  clock_gettime(CLOCK_THREAD_CPUTIME_ID, &time);
  return 1e6 * static_cast<double>(time.tv_sec) + 1e-3 * static_cast<double>(time.tv_nsec);
}

/// Rows that cost nothing to draw.
class Waves final : public nets::Dataset {
 public:
  explicit Waves(const nets::Architecture& architecture)
      : inputs_(architecture.inputs), outputs_(architecture.outputs()) {}
  std::size_t inputs() const override { return inputs_; }
  std::size_t outputs() const override { return outputs_; }
  std::uint64_t samples() const override { return endless; }
  void sample(std::uint64_t, std::uint64_t i, float* features, float* targets) const override {
    for (std::size_t k = 0; k < inputs_; ++k)
      features[k] = static_cast<float>((i * 37 + k * 11) % 101) / 101;
    for (std::size_t k = 0; k < outputs_; ++k) targets[k] = static_cast<float>((i + k) & 1U);
  }

 private:
  std::size_t inputs_, outputs_;
};

nlohmann::ordered_json speed_of(const nets::Architecture& architecture, std::size_t rounds) {
  const nets::Weights weights = nets::initial_weights(architecture, 1);
  const double began = thread_us();
  const auto network = nets::make_network(weights).value();
  nlohmann::ordered_json out = {{"network", architecture.text()},
                                {"make_us", std::round(thread_us() - began)}};
  std::vector<float> in(64 * network->inputs()), answers(64 * network->outputs());
  for (std::size_t i = 0; i < in.size(); ++i) in[i] = static_cast<float>(i % 97) / 97;
  for (const std::size_t rows : batches) {
    std::vector<double> times;
    for (std::size_t round = 0; round < rounds; ++round) {
      const Deadline before = now_ns();
      network->evaluate(in.data(), rows, answers.data());
      times.push_back(1e-3 * static_cast<double>(now_ns() - before));
    }
    std::sort(times.begin(), times.end());
    out["us"][std::to_string(rows)] = {{"best", std::round(10 * times.front()) / 10},
                                       {"median", std::round(10 * times[rounds / 2]) / 10}};
  }
  nets::TrainConfig config;
  config.steps = 10;
  config.shard_rows = 64;
  auto state = nets::begin_training(architecture, config).value();
  const double training = thread_us();
  if (!nets::train(config, Waves(architecture), state)) return out;
  out["learn_us_a_sample"] =
      std::round(10 * (thread_us() - training) / static_cast<double>(config.steps * config.batch)) /
      10;
  return out;
}

}  // namespace

int net_speed(const std::vector<std::string>& arguments) {
  std::size_t rounds = 300;
  const bool given = arguments.size() == 2 && arguments[0] == "--rounds";
  if (given) rounds = std::strtoull(arguments[1].c_str(), nullptr, 10);
  if ((!given && !arguments.empty()) || rounds == 0) {
    std::fputs("usage: weir-bench-search networks [--rounds N]\n", stderr);
    return 2;
  }
  using nets::BlockKind;
  const nets::Architecture wide = {
      512, {{BlockKind::dense, 1024}, {BlockKind::dense, 1024}}, {{nets::HeadKind::linear, 64}}};
  nlohmann::ordered_json out;
  out.push_back(speed_of(wide, rounds));
  out.push_back(speed_of(
      nets::list_architecture({{BlockKind::dense, 256}, {BlockKind::dense, 128}}), rounds));
  std::printf("%s\n", out.dump(2).c_str());
  return 0;
}

}  // namespace weir::bench
