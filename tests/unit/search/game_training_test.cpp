#include <doctest/doctest.h>

#include <fstream>
#include <weir/runtime.hpp>
#include <weir/search/connect4_check.hpp>
#include <weir/search/connect4_training.hpp>
#include <weir/search/weights.hpp>

#include "../platform/temporary_directory.hpp"

namespace weir::search::game_training_test {

using games::SelfPlayConfig;
using games::SelfPlayState;

SelfPlayConfig small_config() {
  SelfPlayConfig config;
  config.games = 96;
  config.games_each = 24, config.steps_each = 12, config.batch = 64;
  config.simulations = 16;
  config.window = 700;
  config.blocks = {{nets::BlockKind::dense, 24}};
  return config;
}

struct Stop final : games::SelfPlayListener {
  void report(const games::SelfPlayReport& report, const nets::Weights&) override {
    games = report.games;
  }
  bool stop() override { return games >= 48; }
  std::uint64_t games = 0;
};

/// Played by so many workers; 0: by the caller alone.
SelfPlayState played(const SelfPlayConfig& config, int workers, SelfPlayState state,
                     games::SelfPlayListener* listener = nullptr) {
  if (workers == 0) {
    CHECK(games::self_play(config, state, listener));
    return state;
  }
  Config runtime_config;
  runtime_config.workers = workers;
  runtime_config.pin = Pin::none;
  auto runtime = std::move(Runtime::start(runtime_config)).value();
  (void)runtime->run([&] { CHECK(games::self_play(config, state, listener)); });
  return state;
}

SelfPlayState fresh(const SelfPlayConfig& config) { return games::begin_self_play(config).value(); }

TEST_CASE("game_training: the same bits for any number of workers") {
  const SelfPlayConfig config = small_config();
  const SelfPlayState alone = played(config, 0, fresh(config));
  const SelfPlayState together = played(config, 3, fresh(config));
  CHECK(alone.games == 96);
  CHECK(alone.net.step == 48);
  CHECK(alone.window.size() == 700);
  CHECK(nets::version_of(alone.net.weights) == nets::version_of(together.net.weights));
}

TEST_CASE("game_training: a run that was stopped goes on with the same bits") {
  SelfPlayConfig config = small_config();
  const SelfPlayState whole = played(config, 0, fresh(config));
  const test::TemporaryDirectory folder;
  config.state_path = folder / "c4.state";
  Stop stop;
  (void)played(config, 2, fresh(config), &stop);
  auto half = games::read_self_play(config.state_path);
  REQUIRE(half);
  CHECK(half.value().games == 48);
  const SelfPlayState done = played(config, 0, std::move(half.value()));
  CHECK(nets::version_of(done.net.weights) == nets::version_of(whole.net.weights));
}

TEST_CASE("game_training: a state that is cut, changed, or of another run is refused") {
  const SelfPlayConfig config = small_config();
  const SelfPlayState state = played(config, 0, fresh(config));
  const test::TemporaryDirectory folder;
  const std::string path = folder / "c4.state";
  REQUIRE(games::write_self_play(path, state));
  std::ifstream in(path, std::ios::binary);
  const std::string bytes((std::istreambuf_iterator<char>(in)), {});
  const auto code_of = [&](const std::string& changed) {
    std::ofstream(path, std::ios::binary) << changed;
    auto read = games::read_self_play(path);
    return read ? std::string("none") : read.error().code;
  };
  CHECK(code_of(bytes) == "none");
  for (std::size_t at = 0; at < bytes.size(); at += 997) {
    std::string changed = bytes;
    changed[at] = static_cast<char>(changed[at] ^ 0x10);
    CHECK(code_of(changed) != "none");
    CHECK(code_of(bytes.substr(0, at)) != "none");
  }
  SelfPlayConfig other = config;
  other.seed = 2;
  SelfPlayState copy = state;
  const auto refused = games::self_play(other, copy);
  REQUIRE_FALSE(refused);
  CHECK(refused.error().code == "other_run");
}

TEST_CASE("game_training: plans that cannot be are refused") {
  SelfPlayConfig config = small_config();
  config.simulations = 1;
  CHECK(games::begin_self_play(config).error().code == "bad_config");
  config = small_config();
  config.window = 0;
  CHECK(games::begin_self_play(config).error().code == "bad_config");
}

TEST_CASE("game_training: what is taught comes to agree with the solver") {
  SelfPlayConfig config = small_config();
  config.games = 1536, config.games_each = 128, config.steps_each = 150, config.window = 30'000;
  config.simulations = 32, config.batch = 128;
  config.blocks = {{nets::BlockKind::dense, 48}};
  config.rate = 4e-3F;
  const auto positions = games::draw_solved(400, 22, 32, 99);
  const auto known_by = [&](const SelfPlayState& state) {
    const auto network = nets::make_network(state.net.weights).value();
    return games::agreement(*network, positions);
  };
  const games::Agreement before = known_by(fresh(config));
  const games::Agreement after = known_by(played(config, 2, fresh(config)));
  MESSAGE("policy " << before.policy << " to " << after.policy << ", value " << before.value
                    << " to " << after.value);
  CHECK(after.policy > before.policy + 0.05);
  CHECK(after.value > before.value + 0.05);
}

TEST_CASE("game_training: a position and its mirror image are one question") {
  const games::Position position = games::parse_moves("44532").value();
  const games::Position image = games::parse_moves("44356").value();
  std::vector<float> here(games::connect4_features), there(games::connect4_features);
  games::write_features(position, here.data());
  games::write_features(image, there.data());
  CHECK(here == there);
  const std::vector<float> answers = {1, 2, 3, 4, 5, 6, 7, 0.5F};
  const auto a = games::read_opinion(position, answers.data());
  const auto b = games::read_opinion(image, answers.data());
  CHECK(a.value == doctest::Approx(0.75));
  for (std::size_t i = 0; i < 7; ++i) CHECK(a.priors[i] == b.priors[6 - i]);
  CHECK(games::as_asked(position, a.priors)[0] == answers[0]);
  CHECK(games::as_asked(image, b.priors)[0] == answers[0]);
}

TEST_CASE("game_training: the network that ships is whole, and judges better than chance") {
  const auto network = games::default_connect4_network();
  REQUIRE(network);
  const auto positions = games::draw_solved(300, 22, 32, 4);
  const games::Agreement known = games::agreement(*network.value(), positions);
  MESSAGE("policy " << known.policy << ", value " << known.value);
  CHECK(known.policy > 0.6);
  CHECK(known.value > 0.5);
}

}  // namespace weir::search::game_training_test
