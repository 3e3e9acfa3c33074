#include <doctest/doctest.h>
#include <unistd.h>

#include <algorithm>
#include <cmath>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <weir/search/net_trainer.hpp>
#include <weir/search/weights.hpp>

namespace nets = weir::search::nets;
using nets::BlockKind;
using nets::HeadKind;

namespace {

const nets::Architecture kept_shape = {9,
                                       {{BlockKind::dense, 12}, {BlockKind::residual, 5}},
                                       {{HeadKind::value, 1}, {HeadKind::logits, 7}}};

std::string temporary_path(const char* name) {
  return (std::filesystem::temp_directory_path() /
          ("weir-" + std::to_string(getpid()) + "-" + name))
      .string();
}

}  // namespace

TEST_CASE("net weights: float32 comes back bit for bit, int8 within half a step") {
  const nets::Weights weights = nets::initial_weights(kept_shape, 3);
  auto whole = nets::decode_weights(nets::encode_weights(weights), "memory");
  REQUIRE(whole.ok());
  CHECK(whole.value().architecture == kept_shape);
  CHECK(whole.value().parameters == weights.parameters);
  CHECK(nets::version_of(whole.value()) == nets::version_of(weights));
  const std::string small = nets::encode_weights(weights, nets::Precision::int8);
  CHECK(small.size() < nets::encode_weights(weights).size() / 2);
  auto rough = nets::decode_weights(small, "memory");
  REQUIRE(rough.ok());
  float largest = 0;
  for (const float weight : weights.parameters) largest = std::max(largest, std::abs(weight));
  for (std::size_t i = 0; i < weights.parameters.size(); ++i)
    CHECK(std::abs(rough.value().parameters[i] - weights.parameters[i]) <= largest / 253);
  CHECK(nets::version_of(rough.value()) != nets::version_of(weights));
  CHECK(nets::encode_weights(rough.value(), nets::Precision::int8) == small);
}

TEST_CASE("net weights: every cut is truncated, every changed byte is refused, with the place") {
  for (const nets::Precision precision : {nets::Precision::float32, nets::Precision::int8}) {
    const std::string bytes = nets::encode_weights(nets::initial_weights(kept_shape, 3), precision);
    for (std::size_t size = 0; size < bytes.size(); ++size) {
      auto read = nets::decode_weights(bytes.substr(0, size), "cut");
      REQUIRE_FALSE(read.ok());
      CHECK(read.error().code == "truncated");
    }
    for (std::size_t at = 0; at < bytes.size(); ++at) {
      std::string changed = bytes;
      changed[at] = static_cast<char>(changed[at] ^ 0x10);
      auto read = nets::decode_weights(changed, "changed");
      REQUIRE_FALSE(read.ok());
      const std::string& code = read.error().code;
      if (at < 8 || at >= 20) CHECK(code == "corrupt");
      if (at >= 8 && at < 12) CHECK(code == "version");
      CHECK(read.error().where.starts_with("changed, byte "));
    }
    CHECK(nets::decode_weights(bytes + "x", "long").error().code == "corrupt");
  }
}

TEST_CASE("net weights: files") {
  const std::string path = temporary_path("weights");
  const nets::Weights weights = nets::initial_weights(kept_shape, 4);
  REQUIRE(nets::write_weights(path, weights).ok());
  CHECK(nets::read_weights(path).value().parameters == weights.parameters);
  auto network = nets::read_network(path, 9, 8);
  REQUIRE(network.ok());
  CHECK(network.value()->version() == nets::version_of(weights));
  CHECK(network.value()->version().size() == 12);
  CHECK(nets::read_network(path, 9, 9).error().code == "architecture");
  CHECK(nets::read_network(path, 10, 8).error().where == path);
  std::filesystem::remove(path);
  CHECK(nets::read_weights(path).error().code == "not_found");
  CHECK_FALSE(nets::write_weights("/nowhere/at/all", weights).ok());
  CHECK(nets::version_of(nets::initial_weights(kept_shape, 5)) != nets::version_of(weights));
}

TEST_CASE("net weights: the state of a training run comes back, and not from another file") {
  const std::string path = temporary_path("state");
  nets::TrainConfig config;
  config.seed = 77;
  auto state = nets::begin_training(kept_shape, config).value();
  state.step = 12;
  state.means[3] = 0.25F;
  state.squares[5] = 0.5F;
  REQUIRE(nets::write_state(path, state).ok());
  auto read = nets::read_state(path);
  REQUIRE(read.ok());
  CHECK(read.value().weights.parameters == state.weights.parameters);
  CHECK(read.value().means == state.means);
  CHECK(read.value().squares == state.squares);
  CHECK(read.value().step == 12);
  CHECK(read.value().seed == 77);
  CHECK(nets::read_weights(path).error().code == "corrupt");
  std::filesystem::resize_file(path, std::filesystem::file_size(path) - 1);
  CHECK(nets::read_state(path).error().code == "truncated");
  REQUIRE(nets::write_weights(path, state.weights).ok());
  CHECK(nets::read_state(path).error().code == "corrupt");
  std::filesystem::remove(path);
}
