#include <doctest/doctest.h>

#include <algorithm>
#include <cmath>
#include <cstring>
#include <filesystem>
#include <net_layers.hpp>
#include <thread>
#include <weir/search/weights.hpp>

namespace nets = weir::search::nets;
using nets::BlockKind;
using nets::HeadKind;

namespace {

const nets::Architecture small_shape = {
    37,
    {{BlockKind::dense, 50}, {BlockKind::residual, 24}, {BlockKind::dense, 31}},
    {{HeadKind::value, 1}, {HeadKind::policy, 7}, {HeadKind::probabilities, 3}}};

nets::Weights drawn_weights(const nets::Architecture& architecture, std::uint64_t seed) {
  nets::Weights weights = nets::initial_weights(architecture, seed);
  for (std::size_t i = 0; i < weights.parameters.size(); ++i)  // biases too
    if (weights.parameters[i] == 0)
      weights.parameters[i] = static_cast<float>(nets::keyed(seed, 9, i) >> 40) * 0x1p-24F - 0.5F;
  return weights;
}

std::vector<float> drawn_rows(std::size_t count, std::uint64_t seed) {
  std::vector<float> rows(count);
  for (std::size_t i = 0; i < count; ++i)
    rows[i] = static_cast<float>(nets::keyed(seed, 8, i) >> 40) * 0x1p-23F - 1;
  return rows;
}

/// The definition of mlp.hpp, in double.
std::vector<double> plain_row(const nets::Weights& weights, const float* in) {
  std::vector<double> now(in, in + weights.architecture.inputs), before;
  const float* at = weights.parameters.data();
  const auto dense = [&](const std::vector<double>& x, std::size_t out) {
    std::vector<double> y(out);
    for (std::size_t j = 0; j < out; ++j) {
      y[j] = static_cast<double>(at[x.size() * out + j]);
      for (std::size_t i = 0; i < x.size(); ++i)
        y[j] += x[i] * static_cast<double>(at[i * out + j]);
    }
    at += (x.size() + 1) * out;
    return y;
  };
  for (const nets::Block& block : weights.architecture.blocks) {
    before = now;
    now = dense(now, block.width);
    for (double& x : now) x = std::max(x, 0.0);
    if (block.kind == BlockKind::dense) continue;
    now = dense(now, before.size());
    for (std::size_t i = 0; i < now.size(); ++i) now[i] = std::max(now[i] + before[i], 0.0);
  }
  now = dense(now, weights.architecture.outputs());
  std::size_t first = 0;
  for (const nets::Head& head : weights.architecture.heads) {
    double sum = 0;
    for (std::size_t i = 0; i < head.width; ++i) {
      double& x = now[first + i];
      if (head.kind == HeadKind::value) x = std::tanh(x);
      if (head.kind == HeadKind::probabilities) x = 1 / (1 + std::exp(-x));
      if (head.kind == HeadKind::policy) sum += x = std::exp(x);
    }
    for (std::size_t i = 0; i < head.width && head.kind == HeadKind::policy; ++i)
      now[first + i] /= sum;
    first += head.width;
  }
  return now;
}

std::size_t threads_now() {
  std::size_t count = 0;
  for (const auto& entry : std::filesystem::directory_iterator("/proc/self/task"))
    count += entry.exists() ? 1 : 0;
  return count;
}

}  // namespace

TEST_CASE("net network: computes what its definition says") {
  for (const nets::Architecture& architecture :
       {small_shape, nets::Architecture{3, {}, {{HeadKind::linear, 2}}},
        nets::Architecture{64, {{BlockKind::residual, 16}}, {{HeadKind::logits, 40}}}}) {
    const nets::Weights weights = drawn_weights(architecture, 5);
    auto network = nets::make_network(weights);
    REQUIRE(network.ok());
    CHECK(network.value()->inputs() == architecture.inputs);
    REQUIRE(network.value()->outputs() == architecture.outputs());
    const std::size_t rows = 11;
    const auto in = drawn_rows(rows * architecture.inputs, 1);
    std::vector<float> out(rows * architecture.outputs());
    network.value()->evaluate(in.data(), rows, out.data());
    for (std::size_t r = 0; r < rows; ++r) {
      const auto plain = plain_row(weights, in.data() + r * architecture.inputs);
      for (std::size_t j = 0; j < plain.size(); ++j)
        CHECK(static_cast<double>(out[r * plain.size() + j]) ==
              doctest::Approx(plain[j]).epsilon(1e-4));
    }
  }
}

TEST_CASE("net network: a row's outputs have the same bits whatever its batch") {
  const nets::Architecture wide = {
      200, {{BlockKind::dense, 130}, {BlockKind::dense, 64}}, {{HeadKind::probabilities, 34}}};
  for (const nets::Architecture& architecture : {small_shape, wide}) {
    auto network = nets::make_network(drawn_weights(architecture, 3)).value();
    const std::size_t inputs = network->inputs(), outputs = network->outputs(), most = 230;
    const auto in = drawn_rows(most * inputs, 2);
    std::vector<float> alone(most * outputs), together(most * outputs);
    for (std::size_t r = 0; r < most; ++r)
      network->evaluate(in.data() + r * inputs, 1, alone.data() + r * outputs);
    std::size_t differ = 0;
    for (std::size_t rows = 1; rows <= most; rows += rows < 70 ? 1 : 7) {
      const std::size_t first = (most - rows) / 2;  // other rows at other places
      network->evaluate(in.data() + first * inputs, rows, together.data());
      differ += std::memcmp(together.data(), alone.data() + first * outputs,
                            rows * outputs * sizeof(float)) != 0
                    ? 1
                    : 0;
    }
    CHECK(differ == 0);
  }
}

TEST_CASE("net network: no row, and rows of zeros") {
  auto network = nets::make_network(drawn_weights(small_shape, 3)).value();
  network->evaluate(nullptr, 0, nullptr);
  const std::vector<float> in(network->inputs());
  std::vector<float> out(network->outputs());
  network->evaluate(in.data(), 1, out.data());
  for (const float number : out) CHECK(std::isfinite(number));
}

TEST_CASE("net network: many threads evaluate at once, and none is added") {
  auto network = nets::make_network(drawn_weights(small_shape, 3)).value();
  const std::size_t rows = 100;
  const auto in = drawn_rows(rows * network->inputs(), 2);
  std::vector<float> expected(rows * network->outputs());
  network->evaluate(in.data(), rows, expected.data());
  const std::size_t before = threads_now();
  std::vector<int> wrong(4);
  std::vector<std::size_t> seen(4);
  std::vector<std::thread> threads;
  for (std::size_t t = 0; t < wrong.size(); ++t) {
    threads.emplace_back([&, t] {
      std::vector<float> out(expected.size());
      for (std::size_t k = 0; k < 50; ++k) {
        const std::size_t count = 1 + (k * 13 + t * 7) % rows;
        network->evaluate(in.data(), count, out.data());
        if (std::memcmp(out.data(), expected.data(), count * network->outputs() * sizeof(float)) !=
            0)
          ++wrong[t];
        seen[t] = std::max(seen[t], threads_now());
      }
    });
  }
  for (std::thread& thread : threads) thread.join();
  CHECK(wrong == std::vector<int>(4));
  CHECK(*std::max_element(seen.begin(), seen.end()) <= before + wrong.size());
  CHECK(threads_now() == before);
}

TEST_CASE("net network: what cannot be computed is refused") {
  nets::Weights weights = drawn_weights(small_shape, 1);
  weights.parameters.pop_back();
  CHECK(nets::make_network(weights).error().code == "architecture");
  weights = drawn_weights(small_shape, 1);
  weights.parameters[4] = std::nanf("");
  CHECK(nets::make_network(weights).error().code == "corrupt");
  CHECK(nets::check({0, {}, {{HeadKind::linear, 1}}}).error().code == "architecture");
  CHECK(nets::check({1, {}, {}}).error().code == "architecture");
  CHECK(nets::check({1, {{BlockKind::dense, 0}}, {{HeadKind::linear, 1}}}).error().code ==
        "architecture");
  CHECK(nets::check({1,
                     {{BlockKind::dense, 1U << 14}, {BlockKind::dense, 1U << 14}},
                     {{HeadKind::linear, 1}}})
            .error()
            .code == "architecture");
  CHECK(small_shape.text() == "37-50+24-31-1v-7s-3p");
}
