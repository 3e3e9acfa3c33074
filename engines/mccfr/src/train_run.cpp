#include "train_run.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <filesystem>
#include <nlohmann/json.hpp>
#include <weir/mccfr/checkpoint.hpp>

#include "memory_allowed.hpp"
#include "multiway_training.hpp"
#include "output_place.hpp"
#include "rules_text.hpp"
#include "snapshots.hpp"

namespace weir::mccfr {
namespace {

constexpr std::uint64_t iterations_default = 1'000'000;
constexpr std::uint64_t first_measure = 1'000;
constexpr std::size_t checkpoints_kept = 2;
constexpr double saving_share_max = 0.05;  // of the time
constexpr char snapshots_below[] = "/snapshots";

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
  if (o.raises_max.size() == 1)
    json["raises_max"] = std::vector(rounds_max, o.raises_max[0]);
  else if (!o.raises_max.empty())
    json["raises_max"] = o.raises_max;
  if (o.merge > 0) json["merge"] = o.merge;
  if (o.all_in_from > 0) json["all_in_from"] = o.all_in_from;
  if (o.short_all_ins == "acpc") json["short_all_ins"] = o.short_all_ins;
  if (!o.buckets.empty()) json["buckets"] = o.buckets;
  if (!o.measure.empty()) json["measure"] = o.measure;
  if (!o.buckets_file.empty()) json["buckets_file"] = o.buckets_file;
  return json.dump();
}

/// The options, those of a file of settings by their lines in it.
std::string given_at(const Options& o, std::initializer_list<const char*> options) {
  std::string places;
  for (const char* const option : options) {
    const auto place = o.config_places.find(option);
    places += places.empty() ? "" : ", ";
    places += place == o.config_places.end() ? option : place->second;
  }
  return places;
}

/// Bets and rules that are none come from options here.
Error of_options(const Options& o, Error error) {
  if (error.code == "bad_bet" || error.code == "bad_menu")
    return {"usage", std::move(error.what), given_at(o, {"--bets"}) + ", " + error.where};
  if (error.code == "bad_rules") {
    return {"usage", std::move(error.what),
            given_at(o, {"--stack", "--blinds", "--ante"}) + ": " + error.where};
  }
  return error;
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
  rules_.average_rounds = options_.average_rounds;
  if (options_.table_memory_mib != 0)
    rules_.lazy = lazy_sizes_within(options_.table_memory_mib << 20, rules_);
  if (rules_.average_rounds < rounds_max && rules_.algorithm >= Algorithm::cfr) {
    fail(findings_, {"usage",
                     std::string(to_string(rules_.algorithm)) +
                         " sums the averages of all rounds; fewer are for es, os, cs",
                     "--average-rounds"});
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
  for (const std::string* const path : {&options_.metrics, &options_.plot}) {
    if (path->empty()) continue;
    if (auto place = check_output_place(*path); !place) {
      fail(findings_, place.error());
      return false;
    }
  }
  for (const std::string& word : options_.original.passed_over)
    session_.say(word + " is accepted, and has no effect");
  auto game =
      make_game(game_json(options_), {memory_most(), rules_.table_bits, rules_.average_rounds});
  if (!game) {
    fail(findings_, of_options(options_, game.error()));
    return false;
  }
  game_ = std::move(game).value();
  tell_averages();
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
    for (const std::string& folder : {options_.out, options_.out + snapshots_below}) {
      if (auto cleaned = clean(folder); !cleaned) {
        fail(findings_, cleaned.error());
        return false;
      }
    }
  }
  std::error_code unknown;
  if (lock_ && !options_.resume && options_.resume_from.empty() &&
      std::filesystem::exists(options_.out + "/latest", unknown))
    session_.say(
        fmt::format("{} has checkpoints of a run before, which go as this one's come; "
                    "--resume goes on with it",
                    options_.out));
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

void TrainRun::tell_averages() {
  const int rounds = rules_.average_rounds;
  if (rounds >= rounds_max) return;
  const int all = game_->tree().rounds;
  if (rounds >= all) {
    session_.say(fmt::format("--average-rounds {} has no effect: {} has {}", rounds, game_->name(),
                             all == 1 ? "one round" : fmt::format("{} rounds", all)));
    rules_.average_rounds = rounds_max;
    return;
  }
  session_.say(fmt::format(
      "{} of {} rounds sum their averages; the others are measured and played by their current "
      "strategy{}",
      rounds, all,
      options_.snapshot_interval_s > 0
          ? ", of which average makes one of DIR/snapshots"
          : ": without --snapshot-interval nothing is kept that an average can be made of"));
}

std::uint64_t TrainRun::memory_most() const {
  return options_.memory_limit_mib != 0 ? options_.memory_limit_mib << 20 : memory_allowed();
}

bool TrainRun::announce() {
  auto found = train_memory(*game_, rules_, session_.runtime(), options_.response_deals != 0);
  if (!found) {
    fail(findings_, found.error());
    return false;
  }
  memory_ = found.value();
  const std::string size = format_bytes(static_cast<double>(memory_.tables));
  const std::string all = format_bytes(static_cast<double>(memory_.peak()));
  const bool visited = game_->multiway() != nullptr;
  const std::uint64_t most = memory_most();
  if (memory_.peak() > most) {
    fail(findings_,
         {"too_large",
          fmt::format("would take {} ({} of tables), of {} that there are for it; take less of {}",
                      all, size, format_bytes(static_cast<double>(most)),
                      memory_.less_of(rules_, visited)),
          "train"});
    return false;
  }
  session_.say(visited
                   ? fmt::format("{} for {}: {} of tables, for rows as they are visited; {} in all",
                                 game_->name(), game_->multiway()->rules().players, size, all)
                   : fmt::format("{}: {} states of betting, {} of tables; {} in all", game_->name(),
                                 format_count(game_->tree().nodes.size()), size, all));
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
  const std::string folder = std::filesystem::path(path).parent_path().string();
  before_ = read_curve((folder.empty() ? "." : folder) + "/curve.json", h.state.iterations);
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

bool TrainRun::save() {
  if (!lock_ || saved_ == trainer_->state().iterations) return true;
  const Deadline begin = now_ns();
  const std::string name = checkpoint_name(trainer_->state().iterations);
  auto written = write_checkpoint(options_.out + "/" + name, game_->json(), rules_, *trainer_);
  if (written) written = publish(options_.out, name, "checkpoint-", checkpoints_kept);
  if (!written) {
    fail(findings_, written.error());
    return false;
  }
  if (!save_curve()) return false;
  saved_ = trainer_->state().iterations;
  save_last_ = now_ns();
  const double took = seconds_since(begin);
  saving_s_ += took;
  aside_s_ += took;
  return true;
}

bool TrainRun::save_curve() {
  auto written = write_curve(options_.out + "/curve.json", whole_curve());
  if (!written) fail(findings_, written.error());
  return static_cast<bool>(written);
}

bool TrainRun::save_due() const noexcept {
  return options_.checkpoint_interval_s > 0 && lock_ &&
         seconds_since(save_last_) >= options_.checkpoint_interval_s &&
         saving_s_ <= saving_share_max * seconds_since(started_);
}

bool TrainRun::save_due_after(std::uint64_t iterations) const noexcept {
  const std::uint64_t before = saved_ == ~std::uint64_t{0} ? began_ : saved_;
  return options_.checkpoint_interval != 0 && iterations - before >= options_.checkpoint_interval &&
         saving_s_ <= saving_share_max * seconds_since(started_);
}

bool TrainRun::snapshot_due() const noexcept {
  const double elapsed = seconds_since(started_);
  return options_.snapshot_interval_s > 0 && lock_ &&
         seconds_since(snapshot_last_) >= options_.snapshot_interval_s &&
         snapshot_s_ <= saving_share_max * elapsed;
}

void TrainRun::snapshot() {
  const Deadline begin = now_ns();
  const std::string folder = options_.out + snapshots_below;
  const std::string name =
      snapshot_name(trainer_->state().iterations, before_.seconds + train_seconds());
  auto written = make_directories(folder);
  if (written)
    written =
        write_checkpoint(folder + "/" + name, game_->json(), rules_, *trainer_, Kept::averages);
  if (written) written = publish(folder, name, "snapshot_iter", options_.snapshots_kept);
  if (written) {
    ++snapshots_;
  } else {
    ++snapshots_failed_;
    session_.say("no snapshot: " + written.error().text());
  }
  snapshot_last_ = now_ns();
  const double took = seconds_since(begin);
  snapshot_s_ += took;
  aside_s_ += took;
}

bool TrainRun::train() {
  const auto call = [](void* run) { static_cast<TrainRun*>(run)->look(); };
  while (trainer_->state().iterations < goal_ && !budget_spent_ && !signals_.stop_requested()) {
    const std::uint64_t busy_before = process_cpu_ns();
    const Status status = trainer_->advance(next_event(), call, this);
    busy_s_ += static_cast<double>(process_cpu_ns() - busy_before) / 1e9;
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
    if (done >= goal_) break;
    if (snapshot_due()) snapshot();
    if ((save_due() || save_due_after(done)) && !save()) return false;
  }
  return true;
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
  // Counts and what is left are of this process: those before it say nothing of its rate.
  progress_.start("train", began_ == 0 ? "iterations" : "iterations more",
                  options_.iterations - std::min(began_, options_.iterations));
  started_ = snapshot_last_ = save_last_ = now_ns();
  next_measure_ = trainer_->resting_place(next_round_number(began_));
  if (train()) {
    const bool saved = save();  // what was learnt is safe before it is measured, which takes longer
    measure(true);
    draw_curve();
    if (saved && lock_) save_curve();
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
