// What a run of training measures along the way, and tells at its end.
#include <fmt/format.h>

#include <algorithm>
#include <nlohmann/json.hpp>
#include <weir/detail/memory_peak.hpp>
#include <weir/mccfr/checkpoint.hpp>

#include "litmus_report.hpp"
#include "train_run.hpp"
#include "visited_rows.hpp"

namespace weir::mccfr {
namespace {

constexpr double counting_share_max = 0.05;  // of the time of training
// A response that learns from fewer deals than the strategy did finds less of what it could win.
constexpr std::uint64_t response_deals_min = 100'000, response_deals_max = 1'000'000;

}  // namespace

void TrainRun::look() {
  const std::uint64_t done =
      trainer_->iterations_now() - std::min(trainer_->iterations_now(), began_);
  progress_.add(done - std::min(done, progress_.done()));
  const double seconds = train_seconds();
  progress_.set_note(note());
  progress_.draw();
  if (options_.time_budget_s > 0 && seconds >= options_.time_budget_s) budget_spent_ = true;
  if (budget_spent_ || signals_.stop_requested() || snapshot_due() || save_due())
    trainer_->request_stop();
}

std::string TrainRun::note() const {
  const double seconds = train_seconds();
  std::string note = fmt::format(
      "{} nodes/s", format_number(static_cast<double>(trainer_->nodes_now() - nodes_began_) /
                                  std::max(seconds, 1e-3)));
  if (visited_ != 0)
    note += fmt::format(", {} infosets, mean regret {:.3g} chips", format_count(visited_),
                        mean_regret_);
  if (!curve_.empty())
    note += fmt::format(", exploitability {} {}", format_number(curve_.back().exploitability),
                        game_->unit());
  if (options_.time_budget_s > seconds)
    note += fmt::format(", {} left", format_duration(options_.time_budget_s - seconds));
  return note;
}

KeptCurve TrainRun::whole_curve() const {
  KeptCurve curve = before_;
  curve.iteration = trainer_->state().iterations;
  curve.seconds = before_.seconds + train_seconds();
  for (const CurvePoint& point : curve_) {
    while (!curve.points.empty() && curve.points.back().iteration >= point.iteration)
      curve.points.pop_back();
    curve.points.push_back(point);
    curve.points.back().seconds += before_.seconds;
  }
  return curve;
}

void TrainRun::draw_curve() {
  if (options_.plot.empty()) return;
  const std::string title =
      fmt::format("{}, {}: exploitability", game_->name(), to_string(rules_.algorithm));
  const std::string svg = curve_svg(whole_curve().points, title, game_->unit());
  if (auto written = write_file_atomically(options_.plot, svg); !written)
    fail(findings_, written.error());
}

std::optional<CurvePoint> TrainRun::measured(double seconds, bool last) {
  const std::uint64_t done = trainer_->state().iterations;
  const double scale = game_->unit_scale();
  if (const auto exact = game_->exact(session_.runtime(), *trainer_)) {
    value_ = exact.value().value[0];
    return CurvePoint{done, seconds, exact.value().exploitability() * scale, 0};
  } else if (exact.error().code != "too_large") {
    fail(findings_, exact.error());
    return std::nullopt;
  }
  if (game_->multiway() != nullptr) return std::nullopt;
  // A response costs as much as some training: at the end, and where that was asked for. Who stops a run waits for
  // none.
  if (signals_.stop_requested()) return std::nullopt;
  if (options_.response_deals == 0 || (!last && !options_.measure_often)) return std::nullopt;
  ResponseBudget budget;
  budget.learning = options_.response_deals != response_deals_by_game ? options_.response_deals
                    : rules_.algorithm >= Algorithm::cfr
                        ? response_deals_max  // an iteration sees all hands of some boards
                        : std::clamp(done, response_deals_min, response_deals_max);
  budget.valuing = std::max<std::uint64_t>(budget.learning / 5, 1);
  budget.stop = &signals_.word();
  auto bound = game_->lower_bound(session_.runtime(), *trainer_, budget);
  if (!bound) {
    if (bound.error().code != "cancelled") fail(findings_, bound.error());
    return std::nullopt;
  }
  value_ = bound.value().value[0];
  return CurvePoint{done, seconds, bound.value().exploitability() * scale,
                    bound.value().ci95() * scale};
}

void TrainRun::measure(bool last) {
  const Deadline begin = now_ns();
  const double seconds = train_seconds();
  const std::uint64_t done = trainer_->state().iterations;
  // Of a large table counts take longer than the training between two of the first measures, and tell people alone.
  if (last || !options_.metrics.empty() || counting_s_ <= counting_share_max * seconds) {
    visited_ = visited_rows(*trainer_);
    mean_regret_ = trainer_->mean_regret();
    counting_s_ += static_cast<double>(now_ns() - begin) / 1e9;
  }
  if (curve_.empty() || curve_.back().iteration != done) {
    if (const auto point = measured(seconds, last)) {
      curve_.push_back(*point);
      draw_curve();
    }
  }
  if (!options_.metrics.empty()) note_metrics(seconds);
  aside_s_ += static_cast<double>(now_ns() - begin) / 1e9;
}

void TrainRun::note_metrics(double seconds) {
  const TrainState& state = trainer_->state();
  const double trained = std::max(seconds, 1e-9);
  const double rate = static_cast<double>(state.iterations - began_) / trained;
  nlohmann::ordered_json line = {
      {"iteration", state.iterations},
      {"seconds", seconds},
      {"nodes", state.nodes},
      {"iterations_per_s", rate},
      {"nodes_per_s",
       static_cast<double>(state.nodes - std::min(state.nodes, nodes_began_)) / trained},
      {"infosets", trainer_->shape().rows},
      {"infosets_visited", visited_},
      {"mean_regret", mean_regret_}};
  if (options_.time_budget_s > 0)
    line["eta_s"] = std::max(0.0, options_.time_budget_s - seconds);
  else if (rate > 0)
    line["eta_s"] = static_cast<double>(goal_ - state.iterations) / rate;
  if (!curve_.empty() && curve_.back().iteration == state.iterations) {
    line["exploitability"] = curve_.back().exploitability;
    line["ci95"] = curve_.back().ci95;
  }
  if (const auto found = litmus_json(*game_, *trainer_); !found.is_null()) line["litmus"] = found;
  auto file = AppendFile::open(options_.metrics);
  auto appended = file ? file.value().append(line.dump() + "\n") : Result<Done>(file.error());
  if (!appended) fail(findings_, appended.error());
}

void TrainRun::report() {
  const TrainState& state = trainer_->state();
  const double seconds = std::max(train_seconds(), 1e-9);
  const double iterations_per_s = static_cast<double>(state.iterations - began_) / seconds;
  const double nodes_per_s =
      static_cast<double>(state.nodes - std::min(state.nodes, nodes_began_)) / seconds;
  const std::string sha = table_sha256(*trainer_);
  auto& m = findings_.members;
  m["game"] = game_->name();
  m["algorithm"] = to_string(rules_.algorithm);
  m["mode"] = options_.mode;
  m["iterations"] = state.iterations;
  m["nodes"] = state.nodes;
  m["iterations_per_s"] = iterations_per_s;
  m["nodes_per_s"] = nodes_per_s;
  m["train_s"] = seconds;
  m["cpus_busy"] = busy_s_ / seconds;
  m["infosets"] = trainer_->shape().rows;
  m["table_bytes"] = trainer_->table_bytes();
  m["infosets_visited"] = visited_;
  m["announced_bytes"] = memory_.peak();
  m["announced_platform_bytes"] = memory_.platform_peak();
  m["announced"] = memory_.json();
  m["platform_peak_bytes"] = weir::detail::allocated_bytes_peak();
  if (LazyTable* const lazy = trainer_->lazy()) {
    m["players"] = trainer_->shape().players;
    m["betting_states"] = lazy->states_used();
    m["rows_refused"] = lazy->refused();
  }
  if (rules_.average_rounds < rounds_max) m["average_rounds"] = rules_.average_rounds;
  m["mean_regret"] = mean_regret_;
  m["value"] = value_
                   ? *value_
                   : state.value_sum / std::max<double>(1, static_cast<double>(state.traversals));
  m["exploitability"] = nullptr;
  m["unit"] = game_->unit();
  m["ci95"] = nullptr;
  const bool known = !curve_.empty() && curve_.back().iteration == state.iterations;
  if (known) {
    m["exploitability"] = curve_.back().exploitability;
    m["ci95"] = curve_.back().ci95;
  }
  const KeptCurve curve = whole_curve();
  m["curve"] = nlohmann::json::array();
  m["curve_ci95"] = nlohmann::json::array();
  for (const CurvePoint& point : curve.points) {
    m["curve"].push_back({point.iteration, point.seconds, point.exploitability});
    m["curve_ci95"].push_back(point.ci95);
  }
  if (options_.snapshot_interval_s > 0) {
    m["snapshots"] = snapshots_;
    m["snapshots_failed"] = snapshots_failed_;
    m["snapshot_s"] = snapshot_s_;
  }
  m["table_sha256"] = sha;
  m["litmus"] = litmus_json(*game_, *trainer_);
  report_rows(known, sha);
  findings_.memory_bytes += trainer_->table_bytes();
}

void TrainRun::report_rows(bool known, const std::string& sha) {
  const auto& m = findings_.members;
  auto& rows = findings_.rows;
  rows = {{"game", game_->name() + ", " + std::string(to_string(rules_.algorithm))},
          {"iterations", format_count(trainer_->state().iterations)},
          {"  a second", format_number(m.at("iterations_per_s").get<double>())},
          {"nodes/s", format_number(m.at("nodes_per_s").get<double>())},
          {"information sets", format_count(trainer_->shape().rows)},
          {"tables", format_bytes(static_cast<double>(trainer_->table_bytes()))},
          {"training", format_duration(m.at("train_s").get<double>())},
          {"CPUs busy", fmt::format("{:.2f}", m.at("cpus_busy").get<double>())}};
  if (LazyTable* const lazy = trainer_->lazy(); lazy != nullptr && lazy->refused() != 0)
    rows.emplace_back("visits without room", format_count(lazy->refused()));
  if (value_) rows.emplace_back("value", fmt::format("{:.6f} chips", *value_));
  if (known) {
    const CurvePoint& point = curve_.back();
    rows.emplace_back(
        point.ci95 > 0 ? "exploitability, at least" : "exploitability",
        point.ci95 > 0
            ? fmt::format("{:.1f} +- {:.1f} {}", point.exploitability, point.ci95, game_->unit())
            : fmt::format("{:.6f} {}", point.exploitability, game_->unit()));
  }
  if (!m.at("litmus").is_null()) rows.emplace_back("litmus, broken", litmus_text(m.at("litmus")));
  rows.emplace_back("table SHA-256", sha.substr(0, 16) + "...");
  if (lock_ && saved_ == trainer_->state().iterations)
    rows.emplace_back("checkpoint", options_.out + "/latest");
}

}  // namespace weir::mccfr
