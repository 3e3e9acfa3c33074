// Rounds of games and lessons, and their state in a file.
#include <algorithm>
#include <weir/atomic.hpp>
#include <weir/file.hpp>
#include <weir/search/weights.hpp>
#include <weir/task.hpp>

#include "game_self_play.hpp"
#include "net_bytes.hpp"
#include "net_layers.hpp"
#include "net_state.hpp"

namespace weir::search::games {
namespace {

constexpr std::string_view self_play_magic = "weirc4st";
constexpr std::uint32_t self_play_version = 2;
constexpr std::uint32_t games_together = 16;
constexpr std::uint32_t window_limit = 20'000'000, simulations_limit = 1U << 20;
constexpr std::size_t file_bytes_max = std::size_t{2} << 30;
constexpr std::uint64_t lesson_purpose = 12;

/// The window as samples: any of them, each as likely.
class WindowLessons final : public nets::Dataset {
 public:
  explicit WindowLessons(const std::vector<Lesson>& window) : window_(window) {}
  std::size_t inputs() const override { return connect4_features; }
  std::size_t outputs() const override { return connect4_answers; }
  std::uint64_t samples() const override { return window_.empty() ? 0 : endless; }
  void sample(std::uint64_t seed, std::uint64_t i, float* features, float* targets) const override {
    const Lesson& lesson = window_[nets::keyed(seed, lesson_purpose, i) % window_.size()];
    const Position position{lesson.mine, lesson.all};
    write_features(position, features);
    const auto policy = as_asked(position, lesson.policy);
    std::copy(policy.begin(), policy.end(), targets);
    targets[board_columns] = lesson.value;
  }

 private:
  const std::vector<Lesson>& window_;
};

nets::TrainConfig trainer_of(const SelfPlayConfig& config, std::uint64_t games) {
  const double done =
      std::min(1.0, static_cast<double>(games) /
                        static_cast<double>(std::max<std::uint64_t>(config.games, 1)));
  const double share = 1 - done * done * (3 - 2 * done);
  const auto first = static_cast<double>(config.rate), last = static_cast<double>(config.rate_last);
  nets::TrainConfig trainer;
  trainer.seed = config.seed;
  trainer.batch = config.batch;
  trainer.rate = trainer.rate_last = static_cast<float>(last + share * (first - last));
  trainer.decay = 1e-4F;
  trainer.report_every = 0;
  return trainer;
}

Result<Done> check_plan(const SelfPlayConfig& config) {
  const auto wrong = [](const char* what) { return Error{"bad_config", what, "self-play"}; };
  if (config.games_each < 1 || config.games_each > 1U << 20)
    return wrong("games_each: 1 to 1048576");
  if (config.steps_each < 1) return wrong("steps_each: at least 1");
  if (config.simulations < 2 || config.simulations > simulations_limit)
    return wrong("simulations: 2 to 1048576");
  if (config.window < 1 || config.window > window_limit) return wrong("window: 1 to 20000000");
  if (config.random_plies > board_cells) return wrong("random_plies: at most 42");
  if (!(config.noise_fraction >= 0 && config.noise_fraction <= 1) || !(config.noise_alpha > 0))
    return wrong("noise: a fraction of 0 to 1, an alpha above 0");
  return Done{};
}

Result<Done> check_state(const SelfPlayConfig& config, const SelfPlayState& state) {
  const bool same = state.net.seed == config.seed && state.window_max == config.window &&
                    state.games_each == config.games_each &&
                    state.simulations == config.simulations &&
                    state.net.weights.architecture == connect4_architecture(config.blocks);
  if (same) return Done{};
  return Error{"other_run",
               "the state is of seed " + std::to_string(state.net.seed) + ", network " +
                   state.net.weights.architecture.text() + ", a window of " +
                   std::to_string(state.window_max) + ", rounds of " +
                   std::to_string(state.games_each) + " games, " +
                   std::to_string(state.simulations) + " simulations a move",
               "self-play"};
}

/// The lessons of a round; none: it was stopped.
std::vector<Lesson> play_round(const SelfPlayConfig& config, const Network& network,
                               std::uint64_t first_game, SelfPlayListener* listener) {
  const std::size_t groups = (config.games_each + games_together - 1) / games_together;
  std::vector<std::vector<Lesson>> lessons(groups);
  atomic<std::uint32_t> stopped{0};
  parallel_for(0, groups, 1, [&](std::size_t group) {
    const auto from = static_cast<std::uint32_t>(group) * games_together;
    GamesTogether games(config, network, first_game + from,
                        std::min(games_together, config.games_each - from));
    while (stopped.load(relaxed) == 0 && games.step()) {                       // relaxed: a hint
      if (listener != nullptr && listener->stop()) stopped.store(1, relaxed);  // relaxed: as above
    }
    lessons[group] = games.take_lessons();
  });
  std::vector<Lesson> all;
  if (stopped.load(relaxed) != 0) return all;  // relaxed: the end of parallel_for publishes it
  for (const auto& some : lessons) all.insert(all.end(), some.begin(), some.end());
  return all;
}

void keep(SelfPlayState& state, const std::vector<Lesson>& lessons) {
  for (const Lesson& lesson : lessons) {
    if (state.window.size() < state.window_max) {
      state.window.push_back(lesson);
    } else {
      state.window[state.lessons % state.window_max] = lesson;
    }
    ++state.lessons;
  }
}

bool whole(const Lesson& lesson) {
  return (lesson.mine & ~lesson.all) == 0 && stands(lesson.all) && lesson.value >= -1 &&
         lesson.value <= 1 &&
         std::all_of(lesson.policy.begin(), lesson.policy.end(),
                     [](float share) { return share >= 0 && share <= 1; });
}

Result<Done> read_window(nets::ByteReader& in, SelfPlayState& state) {
  auto count = in.number<std::uint64_t>();
  if (!count) return count.error();
  if (state.window_max < 1 || state.window_max > window_limit || state.games_each < 1 ||
      count.value() != std::min<std::uint64_t>(state.lessons, state.window_max) ||
      count.value() > in.left() / sizeof(Lesson))
    return in.error("corrupt", "has another number of positions than its games made");
  state.window.resize(count.value());
  if (auto got = in.get(state.window.data(), state.window.size() * sizeof(Lesson)); !got)
    return got.error();
  if (!std::all_of(state.window.begin(), state.window.end(), whole))
    return in.error("corrupt", "a position that is none");
  return Done{};
}

}  // namespace

static_assert(sizeof(Lesson) == 2 * 8 + 8 * 4, "lessons are written as they lie");

Result<SelfPlayState> begin_self_play(const SelfPlayConfig& config) {
  if (auto checked = check_plan(config); !checked) return checked.error();
  auto net = nets::begin_training(connect4_architecture(config.blocks), trainer_of(config, 0));
  if (!net) return net.error();
  SelfPlayState state;
  state.net = std::move(net.value());
  state.window_max = config.window;
  state.games_each = config.games_each;
  state.simulations = config.simulations;
  return state;
}

Result<SelfPlayReport> self_play(const SelfPlayConfig& config, SelfPlayState& state,
                                 SelfPlayListener* listener) {
  if (auto checked = check_plan(config); !checked) return checked.error();
  if (auto checked = check_state(config, state); !checked) return checked.error();
  SelfPlayReport report{state.games, state.lessons, state.net.step, 0, false, 0};
  std::uint64_t rounds = 0;
  while (state.games < config.games && !report.stopped) {
    auto network = nets::make_network(state.net.weights);
    if (!network) return network.error();
    const auto lessons = play_round(config, *network.value(), state.games, listener);
    report.stopped = lessons.empty();
    if (report.stopped) break;
    keep(state, lessons);
    state.games += config.games_each;
    nets::TrainConfig trainer = trainer_of(config, state.games);
    trainer.steps = state.net.step + config.steps_each;
    auto learnt = nets::train(trainer, WindowLessons(state.window), state.net);
    if (!learnt) return learnt.error();
    report = {state.games, state.lessons, state.net.step, learnt.value().loss, false, ++rounds};
    if (listener != nullptr) listener->report(report, state.net.weights);
    if (!config.state_path.empty() && rounds % std::max(1U, config.state_every) == 0)
      if (auto written = write_self_play(config.state_path, state); !written)
        return written.error();
  }
  if (!config.state_path.empty())
    if (auto written = write_self_play(config.state_path, state); !written) return written.error();
  return report;
}

Result<Done> write_self_play(const std::string& path, const SelfPlayState& state) {
  nets::ByteWriter out(self_play_magic, self_play_version);
  out.number(state.games);
  out.number(state.lessons);
  out.number(state.simulations);
  out.number(state.window_max);
  out.number(state.games_each);
  nets::put_state(out, state.net);
  out.number(static_cast<std::uint64_t>(state.window.size()));
  out.put(state.window.data(), state.window.size() * sizeof(Lesson));
  return write_file_atomically(path, std::move(out).finish(), Sync::file);
}

Result<SelfPlayState> read_self_play(const std::string& path) {
  Buffer buffer;
  if (auto read = read_file(path, buffer, file_bytes_max); !read) return read.error();
  nets::ByteReader in(buffer.view(), path);
  if (auto opened = in.open(self_play_magic, self_play_version, "a run of self-play"); !opened)
    return opened.error();
  struct {
    std::uint64_t games, lessons, simulations;
    std::uint32_t window_max, games_each;
  } head{};
  if (auto got = in.get(&head, sizeof(head)); !got) return got.error();
  SelfPlayState state;
  state.games = head.games, state.lessons = head.lessons;
  state.simulations = head.simulations;
  state.window_max = head.window_max, state.games_each = head.games_each;
  if (auto net = nets::get_state(in, state.net); !net) return net.error();
  if (auto window = read_window(in, state); !window) return window.error();
  if (auto finished = in.finish(); !finished) return finished.error();
  return state;
}

}  // namespace weir::search::games
