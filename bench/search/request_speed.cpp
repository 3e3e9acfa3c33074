// request_speed.cpp: weir-bench-search requests: what serving many requests costs beside the network's bare batches.
//
//   one, five        requests of leaves that are all evaluated, one in flight each, beside each other and alone
//   sixteen          16 requests of 2,000 leaves, beside bare batches of 16
//   outstanding      requests a second with 5, 100, 1,000 and 10,000 of them submitted at once
//   search itself    five requests that ask no network, beside one, on the runtime's workers
//
// Output: one JSON object, medians of 9 runs that alternate, minimum and maximum beside them.
#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <memory>
#include <nlohmann/json.hpp>
#include <string>
#include <suites.hpp>
#include <vector>
#include <weir/runtime.hpp>
#include <weir/search/engine.hpp>
#include <weir/search/mlp.hpp>
#include <weir/version.hpp>

namespace weir::bench {
namespace {

using namespace weir::search;
using Json = nlohmann::ordered_json;

constexpr std::size_t inputs = 512, runs = 9;

/// A search of nothing but leaves: each simulation is a question that was not asked before, or so much work.
class LeafKernel final : public Kernel {
 public:
  LeafKernel(std::uint64_t seed, std::uint64_t work_ns)
      : state_(seed * 2 + 1), work_ns_(work_ns), features_(inputs) {}

  search::Turn turn(std::uint32_t most) override {
    search::Turn turn;
    if (work_ns_ == 0) {
      state_ = state_ * 6364136223846793005U + 1442695040888963407U;
      asks_ = true;  // about leaves alone, not about the request as a whole
      features_[(state_ >> 33) % inputs] = static_cast<float>(state_ >> 40) * 0x1p-24F;
      turn.simulations = 1;
      turn.parked = true;
      return turn;
    }
    for (; turn.simulations < most; ++turn.simulations) {
      const Deadline until = now_ns() + work_ns_;
      while (now_ns() < until) {
      }
    }
    return turn;
  }
  Found found() const noexcept override { return Found::full; }
  Answer best(std::size_t, std::span<const Language>) const override { return {}; }
  std::uint64_t nodes() const noexcept override { return 0; }
  std::size_t memory() const noexcept override { return inputs * sizeof(float); }
  std::span<const float> features() const noexcept override {
    return asks_ ? std::span<const float>(features_) : std::span<const float>();
  }
  void apply(std::span<const float>) override {}

 private:
  std::uint64_t state_, work_ns_;
  bool asks_ = false;
  std::vector<float> features_;
};

struct Setup {
  Setup() {
    runtime = std::move(Runtime::start()).value();
    auto network = make();
    WEIR_CHECK(guidance.of(NetworkKind::lists).set(std::move(network)), "a first version has room");
    EngineConfig config;
    config.guidance = &guidance;
    engine = std::move(Engine::start(*runtime, config)).value();
    client = engine->add_client().value();
  }
  static std::unique_ptr<Network> make() {
    nets::Architecture architecture;
    architecture.inputs = inputs;
    architecture.blocks = {{nets::BlockKind::dense, 1024}, {nets::BlockKind::dense, 1024}};
    architecture.heads = {{nets::HeadKind::linear, 64}};
    return std::move(nets::make_network(nets::initial_weights(architecture, 1))).value();
  }
  Guidance guidance;
  std::unique_ptr<Runtime> runtime;
  std::unique_ptr<Engine> engine;
  ClientId client = 0;
  std::uint64_t seed = 0;
};

/// Seconds until `count` requests of so many simulations are answered, all submitted before the first is waited for.
double serve(Setup& setup, std::size_t count, std::uint64_t simulations, std::uint64_t work_ns) {
  std::vector<Handle> handles;
  handles.reserve(count);
  const Deadline begin = now_ns();
  for (std::size_t i = 0; i < count; ++i) {
    Request request;
    request.what = std::make_unique<LeafKernel>(++setup.seed, work_ns);
    request.simulations = simulations;
    SearchReply rejection;
    handles.push_back(setup.engine->submit(setup.client, std::move(request), rejection));
    WEIR_CHECK(handles.back().valid(), "the queue holds all of them");
  }
  SearchReply reply;
  for (Handle& handle : handles)
    WEIR_CHECK(handle.wait_until(never, reply) == Status::accepted, "an answer");
  return static_cast<double>(now_ns() - begin) / 1e9;
}

/// Seconds of `batches` bare batches of so many rows.
double bare(const Network& network, std::size_t rows, std::size_t batches) {
  std::vector<float> in(rows * inputs, 0.5F), out(rows * network.outputs());
  const Deadline begin = now_ns();
  for (std::size_t i = 0; i < batches; ++i) {
    in[i % in.size()] += 1.0F;
    network.evaluate(in.data(), rows, out.data());
  }
  return static_cast<double>(now_ns() - begin) / 1e9;
}

Json summary(std::vector<double> values) {
  std::sort(values.begin(), values.end());
  return {{"median", values[values.size() / 2]},
          {"min", values.front()},
          {"max", values.back()},
          {"rounds", values.size()}};
}

}  // namespace

int request_speed(const std::vector<std::string>& arguments) {
  if (!arguments.empty()) return 2;
  Setup setup;
  const auto network = Setup::make();
  constexpr std::uint64_t leaves = 500, many = 2000;
  (void)serve(setup, 16, 100, 0);
  (void)bare(*network, 16, 100);
  std::vector<double> five, five_bare, sixteen, work;
  std::vector<std::vector<double>> rates(4);
  const std::size_t outstanding[] = {5, 100, 1000, 10'000};
  for (std::size_t run = 0; run < runs; ++run) {
    const double one = serve(setup, 1, leaves, 0);
    five.push_back(serve(setup, 5, leaves, 0) / one);
    five_bare.push_back(one / bare(*network, 1, leaves));
    sixteen.push_back(bare(*network, 16, many) / serve(setup, 16, many, 0));
    const double alone = serve(setup, 1, 400, 100'000);
    work.push_back(serve(setup, 5, 400, 100'000) / alone);
    for (std::size_t i = 0; i < rates.size(); ++i) {
      const std::size_t rounds = outstanding[i] < 1000 ? 1000 / outstanding[i] : 1;
      double seconds = 0;
      for (std::size_t k = 0; k < rounds; ++k) seconds += serve(setup, outstanding[i], 4, 20'000);
      rates[i].push_back(static_cast<double>(outstanding[i] * rounds) / seconds);
    }
  }
  Json told = {{"version", version_line()},
               {"workers", setup.runtime->workers()},
               {"five_over_one", summary(five)},
               {"one_over_bare_batches_of_one", summary(five_bare)},
               {"sixteen_rate_over_bare_batches_of_sixteen", summary(sixteen)},
               {"five_over_one_without_network", summary(work)}};
  for (std::size_t i = 0; i < rates.size(); ++i)
    told["requests_per_s_of_" + std::to_string(outstanding[i])] = summary(rates[i]);
  std::printf("%s\n", told.dump(2).c_str());
  return 0;
}

}  // namespace weir::bench
