// weir-search train: a network for lists, taught with random tasks.
#include <algorithm>
#include <array>
#include <cstdio>
#include <weir/file.hpp>
#include <weir/runtime.hpp>
#include <weir/search/list_guidance.hpp>
#include <weir/search/weights.hpp>
#include <weir/terminal.hpp>

#include "commands.hpp"

namespace weir::search::program {

namespace {

// Of every hundred tasks, by calls: those of four and five are what guidance is for.
constexpr std::array<std::size_t, 6> shares = {0, 0, 6, 30, 46, 18};
constexpr std::uint64_t held_out_part = 50;  // one task in so many is not taught, and measured
constexpr std::uint64_t report_every = 100, state_every = 500;
constexpr float rate_first = 2e-3F, rate_last = 2e-5F;

std::array<std::size_t, 6> counts_of(std::uint64_t tasks) {
  std::array<std::size_t, 6> counts{};
  for (std::size_t calls = 0; calls < counts.size(); ++calls)
    counts[calls] = static_cast<std::size_t>(tasks) * shares[calls] / 100;
  return counts;
}

class TrainProgress final : public nets::TrainListener {
 public:
  TrainProgress(const Options& options, const StopSignals& signals, std::uint64_t before)
      : signals_(signals),
        progress_(
            {.label = "train", .unit = "steps", .total = options.steps, .quiet = options.quiet}) {
    progress_.add(before);
  }
  void report(const nets::TrainReport& report) override {
    progress_.add(report.step - progress_.done());
    char note[48];
    std::snprintf(note, sizeof(note), "loss %.4f", report.loss);
    progress_.set_note(note);
    progress_.draw();
  }
  bool stop() override { return signals_.stop_requested(); }
  void finish() { progress_.finish(); }

 private:
  const StopSignals& signals_;
  Progress progress_;
};

Result<nets::TrainState> first_state(const Options& options, const nets::TrainConfig& config) {
  if (options.resume) {
    auto state = nets::read_state(config.state_path);
    if (!state) return state;
    if (state.value().seed != config.seed)
      return Error{"bad_config", "it was begun with seed " + std::to_string(state.value().seed),
                   config.state_path};
    if (state.value().tasks != options.tasks)
      return Error{"bad_config", "it was begun with --tasks " + std::to_string(state.value().tasks),
                   config.state_path};
    return state;
  }
  auto state = nets::begin_training(
      nets::list_architecture({{nets::BlockKind::dense, 256}, {nets::BlockKind::dense, 128}}),
      config);
  if (state) state.value().tasks = options.tasks;
  return state;
}

void train_on(Runtime& runtime, const Options& options, const StopSignals& signals,
              Findings& findings) {
  nets::TrainConfig config;
  config.seed = options.seed;
  config.steps = options.steps;
  config.shard_rows = 64;
  config.rate = rate_first, config.rate_last = rate_last;
  config.state_path = options.output + ".state";
  config.state_every = state_every, config.report_every = report_every;
  auto state = first_state(options, config);
  if (!state) return fail(findings, state.error());
  nets::ListTasks tasks, others;
  (void)runtime.run([&] {
    tasks = nets::ListTasks::draw(counts_of(options.tasks), options.seed);
    others = nets::ListTasks::draw(
        counts_of(std::max<std::uint64_t>(options.tasks / held_out_part, 100)), options.seed + 1);
  });
  const std::uint64_t before = state.value().step;
  TrainProgress progress(options, signals, before);
  Result<nets::TrainReport> report = Error{"closed", "the runtime did not run it", "train"};
  (void)runtime.run([&] { report = nets::train(config, tasks, state.value(), &progress); });
  progress.finish();
  if (!report) return fail(findings, report.error());
  Result<double> loss = 0.0;
  (void)runtime.run(
      [&] { loss = nets::mean_loss(config, others, state.value().weights, 0, others.tasks()); });
  if (!loss) return fail(findings, loss.error());
  if (auto written = nets::write_weights(options.output, state.value().weights); !written)
    return fail(findings, written.error());
  const std::string version = nets::version_of(state.value().weights);
  findings.members["steps"] = state.value().step;
  findings.members["tasks"] = tasks.tasks();
  const bool went_on = state.value().step > before;  // else no step has a loss
  findings.members["loss"] = went_on ? Json(report.value().loss) : Json(nullptr);
  findings.members["held_out_loss"] = loss.value();
  findings.members["weights"] = version;
  weir::Table table({"train", ""});
  table.add({"steps", format_count(state.value().step)});
  table.add({"tasks", format_count(tasks.tasks())});
  table.add({"loss", went_on ? format_number(report.value().loss) : "no step was left to do"});
  table.add({"loss, held out", format_number(loss.value())});
  table.add({"weights", version});
  findings.text = table.text();
  if (signals.stop_requested()) findings.exit = 128 + signals.signal_number();
}

}  // namespace

void train_command(const Options& options, const StopSignals& signals, Findings& findings) {
  Config config;
  config.workers = options.workers;
  auto runtime = Runtime::start(config);
  if (!runtime) return fail(findings, runtime.error());
  findings.workers = runtime.value()->workers();
  findings.memory_bytes = runtime.value()->memory();
  if (options.games_domain) {
    train_games(*runtime.value(), options, signals, findings);
  } else {
    train_on(*runtime.value(), options, signals, findings);
  }
  findings.metrics = runtime.value()->metrics();
}

}  // namespace weir::search::program
