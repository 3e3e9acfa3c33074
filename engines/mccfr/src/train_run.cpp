#include "train_run.hpp"

#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>
#include <cstdio>
#include <filesystem>
#include <nlohmann/json.hpp>
#include <weir/mccfr/checkpoint.hpp>
#include <weir/memory.hpp>

#include "litmus_report.hpp"
#include "memory_allowed.hpp"
#include "rules_text.hpp"

namespace weir::mccfr {
namespace {

constexpr std::uint64_t iterations_default = 1'000'000;
constexpr std::uint64_t first_measure = 1'000;
constexpr std::size_t checkpoints_kept = 2;
// A response that learns from fewer deals than the strategy did finds less of what it could win.
constexpr std::uint64_t response_deals_min = 100'000, response_deals_max = 1'000'000;

double seconds_since(Deadline begin) noexcept {
  return static_cast<double>(now_ns() - begin) / 1e9;
}

/// 1, 2, 5, 10, 20, 50 ... times 1,000: the next above `at`.
std::uint64_t next_round_number(std::uint64_t at) noexcept {
  std::uint64_t decade = first_measure;
  while (decade <= at / 10) decade *= 10;
  for (const std::uint64_t factor : {1U, 2U, 5U, 10U})
    if (decade * factor > at) return decade * factor;
  return decade * 20;
}

std::string checkpoint_name(std::uint64_t iterations) {
  return fmt::format("checkpoint-{:015}.weir", iterations);
}

/// What the options say of the game.
std::string game_json(const Options& o) {
  nlohmann::json json = {{"name", o.game}};
  if (o.players != 2) json["players"] = o.players;
  if (o.rake_percent > 0) json["rake"] = {{"percent", o.rake_percent}, {"cap", o.rake_cap}};
  if (!o.rows.empty() && (o.rows == "visited") != (o.players > 2)) json["rows"] = o.rows;
  if (o.game == "kuhn" || o.game == "leduc") return json.dump();
  if (o.stack != 0) json["stack"] = o.stack;
  if (!o.blinds.empty()) json["blinds"] = o.blinds;
  if (o.ante != 0) json["ante"] = o.ante;
  if (!o.bets.empty()) json["bets"] = o.bets;
  if (!o.buckets.empty()) json["buckets"] = o.buckets;
  if (!o.measure.empty()) json["measure"] = o.measure;
  if (!o.buckets_file.empty()) json["buckets_file"] = o.buckets_file;
  return json.dump();
}

/// Points `latest` at the newest checkpoint, and removes those before the last few.
Result<Done> publish(const std::string& folder, const std::string& name) {
  std::error_code error;
  const std::string temporary = folder + "/.latest." + std::to_string(::getpid()) + ".weir-tmp";
  std::filesystem::remove(temporary, error);
  std::filesystem::create_symlink(name, temporary, error);
  if (!error) std::filesystem::rename(temporary, folder + "/latest", error);
  if (error) return Error{"unwritable", error.message(), folder + "/latest"};
  std::vector<std::string> names;
  for (const auto& entry : std::filesystem::directory_iterator(folder, error)) {
    const std::string each = entry.path().filename().string();
    if (each.starts_with("checkpoint-") && each.ends_with(".weir")) names.push_back(each);
  }
  std::sort(names.begin(), names.end());
  for (std::size_t k = 0; k + checkpoints_kept < names.size(); ++k)
    if (names[k] != name) std::filesystem::remove(folder + "/" + names[k], error);
  return Done{};
}

}  // namespace

double TrainRun::train_seconds() const noexcept { return seconds_since(started_) - aside_s_; }

bool TrainRun::make_rules() {
  auto algorithm = algorithm_of(options_.algorithm);
  auto discount = Discount::parse(options_.discount);
  if (!algorithm || !discount) {
    fail(findings_, algorithm ? discount.error() : algorithm.error());
    return false;
  }
  rules_.algorithm = algorithm.value();
  rules_.mode = options_.mode == "fast" ? UpdateMode::fast : UpdateMode::deterministic;
  rules_.sampling.exploration = options_.exploration;
  rules_.sampling.pruning = options_.pruning;
  rules_.sampling.prune_below = options_.prune_below;
  rules_.sampling.prune_probability = options_.prune_probability;
  rules_.discount = discount.value();
  rules_.discount_interval = options_.discount_interval;
  rules_.batch = options_.batch;
  rules_.seed = options_.seed;
  return make_entries();
}

bool TrainRun::make_entries() {
  if (options_.table_memory_mib != 0)
    rules_.lazy = LazySizes::within(options_.table_memory_mib << 20);
  auto bits = table_bits_of(options_.table_bits);
  if (!bits) {
    fail(findings_, bits.error());
    return false;
  }
  rules_.table_bits = bits.value();
  rules_.baselines = options_.baselines;
  if (rules_.baselines && rules_.algorithm >= Algorithm::chance) {
    fail(findings_, {"usage",
                     std::string(to_string(rules_.algorithm)) +
                         " draws no actions, so that baselines have nothing to do; take es or os",
                     "--baselines"});
    return false;
  }
  if (compact_bits(rules_.table_bits) && rules_.algorithm >= Algorithm::cfr) {
    fail(findings_,
         {"usage", "cfr and cfr+ have tables of their own; short entries are for es, os, cs",
          "--table-bits"});
    return false;
  }
  return true;
}

bool TrainRun::prepare() {
  if (!make_rules()) return false;
  auto game = make_game(game_json(options_));
  if (!game) {
    fail(findings_, game.error());
    return false;
  }
  game_ = std::move(game).value();
  if (!options_.out.empty()) {
    if (auto made = make_directories(options_.out); !made) {
      fail(findings_, made.error());
      return false;
    }
    auto lock = DirectoryLock::take(options_.out);
    if (!lock) {
      fail(findings_, lock.error());
      return false;
    }
    lock_.emplace(std::move(lock).value());
    if (auto cleaned = remove_temporaries_beside(options_.out); !cleaned) {
      fail(findings_, cleaned.error());
      return false;
    }
  }
  if (!session_.start()) return false;
  if (!announce()) return false;
  Result<Done> prepared = Done{};
  const Status status = session_.runtime().run([&] { prepared = game_->prepare(); });
  if (status != Status::accepted) prepared = Error{"failed", "no memory for buckets", "train"};
  if (!prepared) {
    fail(findings_, prepared.error());
    return false;
  }
  auto trainer = game_->make_trainer(session_.runtime(), rules_);
  if (!trainer) {
    fail(findings_, trainer.error());
    return false;
  }
  trainer_ = std::move(trainer).value();
  const std::string from = !options_.resume_from.empty() ? options_.resume_from
                           : options_.resume             ? options_.out + "/latest"
                                                         : std::string();
  if (options_.resume && options_.out.empty()) {
    fail(findings_, {"usage", "--resume needs --out, the folder to go on in", "train"});
    return false;
  }
  // A run that was killed before its first checkpoint is gone on with by the same command as any other.
  std::error_code none;
  if (options_.resume_from.empty() && options_.resume &&
      std::filesystem::symlink_status(from, none).type() == std::filesystem::file_type::not_found) {
    session_.say(fmt::format("no checkpoint in {} yet: begins anew", options_.out));
    return true;
  }
  return from.empty() || load(from);
}

bool TrainRun::announce() {
  auto bytes = game_->announce(rules_);
  if (!bytes) {
    fail(findings_, bytes.error());
    return false;
  }
  announced_ = bytes.value();
  const std::string size = format_bytes(static_cast<double>(announced_));
  const bool visited = game_->multiway() != nullptr;
  if (const std::uint64_t most = memory_allowed(); announced_ > most) {
    const char* const less = visited ? "--table-memory"
                             : rules_.algorithm >= Algorithm::cfr
                                 ? "--batch-size, --buckets or --bets"
                                 : "--buckets or --bets";
    fail(findings_,
         {"too_large",
          fmt::format("its tables would take {}, of {} that there are for them; take less of {}",
                      size, format_bytes(static_cast<double>(most)), less),
          "train"});
    return false;
  }
  session_.say(visited ? fmt::format("{} for {}: {} of tables, for rows as they are visited",
                                     game_->name(), game_->multiway()->rules().players, size)
                       : fmt::format("{}: {} states of betting, {} of tables", game_->name(),
                                     format_count(game_->tree().nodes.size()), size));
  return true;
}

bool TrainRun::load(const std::string& path) {
  auto header = read_checkpoint_header(path);
  if (!header) {
    fail(findings_, header.error());
    return false;
  }
  const CheckpointHeader& h = header.value();
  const auto differs = [&](const std::string& what, const std::string& theirs,
                           const std::string& ours) {
    fail(findings_, {"other_run", "its " + what + " is " + theirs + ", this run's " + ours, path});
    return false;
  };
  // Buckets are told apart by their hash, wherever their file is.
  auto their_game = nlohmann::json::parse(h.game), our_game = nlohmann::json::parse(game_->json());
  if (!their_game.is_object()) return differs("game", h.game, game_->json());
  const auto part = [](const nlohmann::json& game, const char* key) {
    return game.contains(key) ? game.at(key).dump() : std::string("no file");
  };
  if (part(their_game, "abstraction") != part(our_game, "abstraction")) {
    fail(findings_, {"abstraction",
                     "its buckets are those of " + part(their_game, "buckets_file") +
                         ", this run's those of " + part(our_game, "buckets_file"),
                     path});
    return false;
  }
  their_game.erase("buckets_file");
  our_game.erase("buckets_file");
  if (their_game != our_game) return differs("game", h.game, game_->json());
  const auto theirs = to_json(h.rules), ours = to_json(rules_);
  for (const auto& [key, value] : ours.items())
    if (theirs.at(key) != value) return differs(key, theirs.at(key).dump(), value.dump());
  if (auto read = read_checkpoint(path, *trainer_, Resume::yes); !read) {
    fail(findings_, read.error());
    return false;
  }
  session_.say(
      fmt::format("goes on from {} after {} iterations", path, format_count(h.state.iterations)));
  return true;
}

std::uint64_t TrainRun::next_event() const noexcept {
  std::uint64_t at = std::min(goal_, next_measure_);
  if (options_.checkpoint_interval != 0 && lock_) {
    const std::uint64_t done = trainer_->state().iterations;
    const std::uint64_t next =
        (done / options_.checkpoint_interval + 1) * options_.checkpoint_interval;
    at = std::min(at, std::max(trainer_->resting_place(next), done + 1));
  }
  return at;
}

void TrainRun::look() {
  progress_.add(trainer_->iterations_now() -
                std::min(trainer_->iterations_now(), progress_.done()));
  const double seconds = train_seconds();
  std::string note = fmt::format(
      "{} nodes/s", format_number(static_cast<double>(trainer_->nodes_now() - nodes_began_) /
                                  std::max(seconds, 1e-3)));
  if (!curve_.empty())
    note += fmt::format(", exploitability {} {}", format_number(curve_.back().exploitability),
                        game_->unit());
  progress_.set_note(std::move(note));
  progress_.draw();
  if (options_.time_budget_s > 0 && seconds >= options_.time_budget_s) budget_spent_ = true;
  if (budget_spent_ || signals_.stop_requested()) trainer_->request_stop();
}

std::optional<CurvePoint> TrainRun::measured(double seconds, bool last) {
  const std::uint64_t done = trainer_->state().iterations;
  const double scale = game_->unit_scale();
  if (const auto exact = game_->exact(*trainer_)) {
    value_ = exact->value[0];
    return CurvePoint{done, seconds, exact->exploitability() * scale, 0};
  }
  if (game_->multiway() != nullptr) return std::nullopt;
  // A response costs as much as some training: at the end, and where that was asked for.
  if (options_.response_deals == 0 || (!last && !options_.measure_often)) return std::nullopt;
  ResponseBudget budget;
  budget.learning = options_.response_deals != response_deals_by_game ? options_.response_deals
                    : rules_.algorithm >= Algorithm::cfr
                        ? response_deals_max  // an iteration sees all hands of some boards
                        : std::clamp(done, response_deals_min, response_deals_max);
  budget.valuing = std::max<std::uint64_t>(budget.learning / 5, 1);
  auto bound = game_->lower_bound(session_.runtime(), *trainer_, budget);
  if (!bound) {
    fail(findings_, bound.error());
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
  if (curve_.empty() || curve_.back().iteration != done) {
    if (const auto point = measured(seconds, last)) curve_.push_back(*point);
  }
  if (!options_.metrics.empty()) {
    nlohmann::ordered_json line = {{"iteration", done},
                                   {"seconds", seconds},
                                   {"nodes", trainer_->state().nodes},
                                   {"infosets", trainer_->shape().rows},
                                   {"mean_regret", trainer_->mean_regret()}};
    if (!curve_.empty() && curve_.back().iteration == done) {
      line["exploitability"] = curve_.back().exploitability;
      line["ci95"] = curve_.back().ci95;
    }
    if (const auto found = litmus_json(*game_, *trainer_); !found.is_null()) line["litmus"] = found;
    auto file = AppendFile::open(options_.metrics);
    if (!file) {
      fail(findings_, file.error());
    } else if (auto appended = file.value().append(line.dump() + "\n"); !appended) {
      fail(findings_, appended.error());
    }
  }
  aside_s_ += seconds_since(begin);
}

bool TrainRun::save() {
  if (!lock_ || saved_ == trainer_->state().iterations) return true;
  const Deadline begin = now_ns();
  const std::string name = checkpoint_name(trainer_->state().iterations);
  auto written = write_checkpoint(options_.out + "/" + name, game_->json(), rules_, *trainer_);
  if (written) written = publish(options_.out, name);
  if (!written) {
    fail(findings_, written.error());
    return false;
  }
  saved_ = trainer_->state().iterations;
  const double took = seconds_since(begin);
  saving_s_ += took;
  aside_s_ += took;
  return true;
}

bool TrainRun::train() {
  const auto call = [](void* run) { static_cast<TrainRun*>(run)->look(); };
  constexpr double saving_share_max = 0.05;  // of the time
  while (trainer_->state().iterations < goal_ && !budget_spent_ && !signals_.stop_requested()) {
    const Status status = trainer_->advance(next_event(), call, this);
    if (status != Status::accepted) {
      const Error why = trainer_->failure();
      fail(findings_, !why.code.empty()
                          ? why
                          : Error{status == Status::stalled ? "stalled" : "failed",
                                  "training ended: " + std::string(to_string(status)), "train"});
      return false;
    }
    if (trainer_->full()) {
      fail(findings_, {"table_full",
                       "the table has no room for more rows; take fewer --bets or --buckets, or a "
                       "larger --table-memory; the batches before are kept",
                       "train"});
      return true;
    }
    look();
    const std::uint64_t done = trainer_->state().iterations;
    if (done >= next_measure_) {
      measure(false);
      next_measure_ = trainer_->resting_place(next_round_number(done));
    }
    const bool due = options_.checkpoint_interval != 0 && done < goal_ &&
                     (saved_ == ~std::uint64_t{0} ? done - began_ : done - saved_) >=
                         options_.checkpoint_interval;
    if (due && saving_s_ <= saving_share_max * seconds_since(started_) && !save()) return false;
  }
  return true;
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
  m["infosets"] = trainer_->shape().rows;
  m["table_bytes"] = trainer_->table_bytes();
  m["announced_bytes"] = announced_;
  if (LazyTable* const lazy = trainer_->lazy()) {
    m["players"] = trainer_->shape().players;
    m["betting_states"] = lazy->states_used();
    m["rows_refused"] = lazy->refused();
  }
  m["mean_regret"] = trainer_->mean_regret();
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
  m["curve"] = nlohmann::json::array();
  for (const CurvePoint& point : curve_)
    m["curve"].push_back({point.iteration, point.seconds, point.exploitability});
  m["curve_ci95"] = nlohmann::json::array();
  for (const CurvePoint& point : curve_) m["curve_ci95"].push_back(point.ci95);
  m["table_sha256"] = sha;
  m["litmus"] = litmus_json(*game_, *trainer_);
  auto& rows = findings_.rows;
  rows = {{"game", game_->name() + ", " + std::string(to_string(rules_.algorithm))},
          {"iterations", format_count(state.iterations)},
          {"  a second", format_number(iterations_per_s)},
          {"nodes/s", format_number(nodes_per_s)},
          {"information sets", format_count(trainer_->shape().rows)},
          {"tables", format_bytes(static_cast<double>(trainer_->table_bytes()))},
          {"training", format_duration(seconds)}};
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
  if (!m["litmus"].is_null()) rows.emplace_back("litmus, broken", litmus_text(m["litmus"]));
  rows.emplace_back("table SHA-256", sha.substr(0, 16) + "...");
  if (lock_) rows.emplace_back("checkpoint", options_.out + "/latest");
  findings_.memory_bytes += trainer_->table_bytes();
}

void TrainRun::run() {
  if (!prepare()) return;
  goal_ = options_.iterations != 0     ? options_.iterations
          : options_.time_budget_s > 0 ? ~std::uint64_t{0} >> 1
                                       : iterations_default;
  began_ = trainer_->state().iterations;
  nodes_began_ = trainer_->state().nodes;
  if (began_ > goal_) {
    fail(findings_,
         {"usage",
          fmt::format("{} iterations are done already, more than --iters {}", began_, goal_),
          "train"});
    return;
  }
  if (!lock_) session_.say("without --out nothing is kept");
  progress_.start("train", "iterations", options_.iterations);
  progress_.add(began_);
  started_ = now_ns();
  next_measure_ = trainer_->resting_place(next_round_number(began_));
  if (train()) {
    measure(true);
    save();
    report();
  }
  progress_.finish();
  session_.finish(trainer_->graph());
  if (signals_.stop_requested()) findings_.exit = 128 + signals_.signal_number();
}

void train_command(const Options& options, const StopSignals& signals, Findings& findings) {
  TrainRun(options, signals, findings).run();
}

}  // namespace weir::mccfr
