// weir-search train --domain connect4: a network for Connect Four, taught by games against itself.
#include <algorithm>
#include <cstdio>
#include <weir/runtime.hpp>
#include <weir/search/connect4_check.hpp>
#include <weir/search/connect4_training.hpp>
#include <weir/search/weights.hpp>
#include <weir/terminal.hpp>

#include "commands.hpp"

namespace weir::search::program {

namespace {

// What is told of the course of a run: these positions are never taught, and only measured.
constexpr std::size_t checked_positions = 400;
constexpr int checked_stones_min = 18, checked_stones_max = 30;
constexpr std::uint64_t checked_seed = 0x5eed;
constexpr std::uint64_t check_every_games = 2048;

class SelfPlayProgress final : public games::SelfPlayListener {
 public:
  SelfPlayProgress(const Options& options, const StopSignals& signals, std::uint64_t before)
      : signals_(signals),
        solved_(games::draw_solved(checked_positions, checked_stones_min, checked_stones_max,
                                   checked_seed)),
        progress_(
            {.label = "train", .unit = "games", .total = options.games, .quiet = options.quiet}) {
    progress_.add(before);
  }
  void report(const games::SelfPlayReport& report, const nets::Weights& weights) override {
    progress_.add(report.games - progress_.done());
    char note[48];
    std::snprintf(note, sizeof(note), "loss %.4f", report.loss);
    progress_.set_note(note);
    progress_.draw();
    if (report.games >= next_check_) {
      next_check_ = report.games + check_every_games;
      check(report, weights);
    }
  }
  bool stop() override { return signals_.stop_requested(); }
  void finish() { progress_.finish(); }

  void check(const games::SelfPlayReport& report, const nets::Weights& weights) {
    if (!curve_.empty() && checked_games_ == report.games) return;
    checked_games_ = report.games;
    const auto network = nets::make_network(weights);
    if (!network) return;
    const games::Agreement found = games::agreement(*network.value(), solved_);
    last_ = found;
    Json point = Json::object();
    point["games"] = report.games;
    if (report.rounds != 0) point["loss"] = report.loss;
    point["policy"] = found.policy;
    point["value"] = found.value;
    curve_.push_back(std::move(point));
  }
  Json take_curve() { return std::move(curve_); }
  const games::Agreement& last() const noexcept { return last_; }

 private:
  const StopSignals& signals_;
  const std::vector<games::SolvedPosition> solved_;
  Progress progress_;
  std::uint64_t next_check_ = 0, checked_games_ = 0;
  games::Agreement last_;
  Json curve_ = Json::array();
};

games::SelfPlayConfig config_of(const Options& options) {
  games::SelfPlayConfig config;
  config.seed = options.seed;
  config.games = options.games;
  if (options.simulations != 0)
    config.simulations =
        static_cast<std::uint32_t>(std::min<std::uint64_t>(options.simulations, ~std::uint32_t{0}));
  config.state_path = options.output + ".state";
  return config;
}

void tell(const games::SelfPlayReport& report, const nets::Weights& weights,
          SelfPlayProgress& progress, Findings& findings) {
  const std::string version = nets::version_of(weights);
  progress.check(report, weights);
  findings.members["games"] = report.games;
  findings.members["positions"] = report.lessons;
  findings.members["steps"] = report.steps;
  if (report.rounds != 0) findings.members["loss"] = report.loss;
  findings.members["policy_agreement"] = progress.last().policy;
  findings.members["value_agreement"] = progress.last().value;
  findings.members["curve"] = progress.take_curve();
  findings.members["weights"] = version;
  weir::Table table({"train", ""});
  table.add({"games", format_count(report.games)});
  table.add({"positions", format_count(report.lessons)});
  table.add({"steps", format_count(report.steps)});
  if (report.rounds != 0) table.add({"loss", format_number(report.loss)});
  table.add({"policy as the solver", format_number(progress.last().policy)});
  table.add({"value as the solver", format_number(progress.last().value)});
  table.add({"weights", version});
  findings.text = table.text();
}

}  // namespace

void train_games(Runtime& runtime, const Options& options, const StopSignals& signals,
                 Findings& findings) {
  const games::SelfPlayConfig config = config_of(options);
  auto state =
      options.resume ? games::read_self_play(config.state_path) : games::begin_self_play(config);
  if (!state) return fail(findings, state.error());
  SelfPlayProgress progress(options, signals, state.value().games);
  Result<games::SelfPlayReport> report = Error{"closed", "the runtime did not run it", "train"};
  (void)runtime.run([&] { report = games::self_play(config, state.value(), &progress); });
  progress.finish();
  if (!report) return fail(findings, report.error());
  const nets::Weights& weights = state.value().net.weights;
  if (auto written = nets::write_weights(options.output, weights); !written)
    return fail(findings, written.error());
  tell(report.value(), weights, progress, findings);
  if (signals.stop_requested()) findings.exit = 128 + signals.signal_number();
}

}  // namespace weir::search::program
