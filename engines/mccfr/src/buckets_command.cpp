// buckets: buckets of cards street by street, each kept as soon as it is there.
#include <fmt/format.h>

#include <cmath>
#include <filesystem>
#include <nlohmann/json.hpp>
#include <weir/clock.hpp>
#include <weir/mccfr/bucket_file.hpp>
#include <weir/mccfr/holdem_game.hpp>
#include <weir/task_graph.hpp>
#include <weir/terminal.hpp>

#include "output_place.hpp"
#include "session.hpp"

namespace weir::mccfr::abstraction {
namespace {

constexpr int look_ms = 100;

constexpr std::array<std::array<int, 4>, 3> preset_counts{
    {{24, 80, 80, 64}, {48, 160, 160, 128}, {12, 40, 40, 32}}};

Error plan_error(std::string what, std::string where) {
  return {"bad_config", std::move(what), std::move(where)};
}

Result<BucketPlan> plan_of(const Options& o) {
  BucketPlan plan;
  const BucketOptions& b = o.bucket;
  if (!b.preset.empty() && !o.buckets.empty())
    return plan_error("a preset has its own numbers of buckets", "--buckets");
  if (!o.buckets.empty() && o.buckets.size() != 4)
    return plan_error("four numbers, one a street", "--buckets");
  for (std::size_t r = 0; r < 4; ++r) {
    StreetPlan& street = plan.streets[r];
    if (!b.preset.empty())
      street.count = preset_counts[static_cast<std::size_t>(b.preset[0] - 'A')][r];
    if (!o.buckets.empty()) street.count = static_cast<int>(o.buckets[r]);
    if (b.counts[r] != 0) street.count = static_cast<int>(b.counts[r]);
    if (r == 0 && street.count != kind_count) street.method = BucketMethod::emd;
    if (b.methods[r].empty()) continue;
    const auto method = bucket_method_of(b.methods[r]);
    if (!method) {
      return plan_error("there is no method \"" + b.methods[r] + "\"",
                        std::string(round_name(static_cast<int>(r))));
    }
    street.method = *method;
  }
  if (o.measure == "e_hs") plan.measure = StrengthMeasure::mean;
  if (b.samples != 0) plan.samples = static_cast<int>(b.samples);
  if (b.restarts != 0) plan.restarts = static_cast<int>(b.restarts);
  if (b.iterations != 0) plan.iterations = static_cast<int>(b.iterations);
  if (b.players != 0) plan.players = static_cast<int>(b.players);
  plan.seed = o.seed;
  if (auto good = check(plan); !good) return good.error();
  return plan;
}

class BucketRun {
 public:
  BucketRun(const Options& options, const StopSignals& signals, Findings& findings)
      : options_(options),
        signals_(signals),
        findings_(findings),
        session_(options, findings),
        progress_({.label = "buckets", .unit = "steps", .total = 0, .quiet = options.quiet}) {}

  void run() {
    auto plan = plan_of(options_);
    if (!plan) return fail(findings_, plan.error());
    plan_ = plan.value();
    if (auto place = check_output_place(options_.output); !place)
      return fail(findings_, place.error());
    if (!session_.start()) return;
    announce();
    if (take_what_is_done()) compute();
    progress_.finish();
    if (findings_.error.code.empty() && !signals_.stop_requested()) report();
    session_.finish({});
    if (!signals_.stop_requested()) return;
    findings_.exit = 128 + signals_.signal_number();
    session_.say("stopped; the same command goes on with the streets that are done");
  }

 private:
  void announce() {
    announced_ = bytes_of(plan_, session_.runtime().workers());
    session_.say(fmt::format("buckets: {}, {}, {}, {}; at most {} of memory",
                             plan_.streets[0].count, plan_.streets[1].count, plan_.streets[2].count,
                             plan_.streets[3].count,
                             format_bytes(static_cast<double>(announced_))));
  }

  /// Streets of the file that the plan would make again just so. False: something else is there, and stays.
  bool take_what_is_done() {
    if (const auto place = place_of(options_.output)) {
      const auto folder = std::filesystem::path(place.value()).parent_path().string();
      static_cast<void>(remove_temporaries_beside(folder.empty() ? "." : folder));
    }
    auto file = BucketFile::read(options_.output);
    if (!file) {
      if (file.error().code == "not_found") return true;
      Error error = file.error();
      error.what += "; it stays as it is: name another file, or remove it";
      fail(findings_, error);
      return false;
    }
    int others = 0;
    for (std::size_t r = 0; r < 4; ++r) {
      const int round = static_cast<int>(r);
      if (!file.value()->has(round)) continue;
      if (file.value()->plan(round) != street_text(plan_, round)) {
        ++others;
        continue;
      }
      streets_[r] = file.value()->street(round);
      done_[r] = kept_[r] = true;
      session_.say(fmt::format("{}: done already", round_name(round)));
    }
    if (others > 0) {
      session_.say(fmt::format("{} holds {} streets of another plan: they are made anew",
                               options_.output, others));
    }
    stale_ = others > 0;
    return true;
  }

  void compute() {
    TaskGraph graph(session_.runtime(), "buckets");
    Task before;
    bool any = false;
    for (int round = 3; round >= 0; --round) {
      if (done_[static_cast<std::size_t>(round)]) continue;
      const Task task =
          graph.task(std::string(round_name(round)), [this, round] { make_street(round); });
      if (any) graph.precede(before, task);
      before = task;
      any = true;
    }
    if (!any) {
      if (stale_) save();
      return;
    }
    auto built = graph.build();
    auto producer = session_.runtime().producer("buckets");
    if (!built || !producer) return fail(findings_, built ? producer.error() : built.error());
    const Outcome outcome = graph.run(producer.value());
    Status status = outcome.status;
    if (status == Status::accepted) status = wait(graph);
    if (signals_.stop_requested() || !findings_.error.code.empty()) return;
    if (status != Status::accepted) {
      fail(findings_, {status == Status::stalled ? "stalled" : "failed",
                       "buckets could not be made: " + std::string(to_string(status)) + " " +
                           graph.first_error().text(),
                       "buckets"});
    }
  }

  Status wait(TaskGraph& graph) {
    if (session_.runtime().workers() == 0) return graph.wait_until(never);
    Status status = Status::timed_out;
    std::uint32_t place = 0;
    while ((status = graph.wait_until(after_ms(look_ms))) == Status::timed_out) {
      if (signals_.stop_requested()) watch_.stop();
      if (watch_.stage() == Stage::idle) continue;
      if (watch_.place() != place) {
        place = watch_.place();
        progress_.start(stage_text(), "steps", watch_.total());
      }
      progress_.set_total(watch_.total());
      progress_.add(watch_.done() - std::min(watch_.done(), progress_.done()));
      progress_.draw();
    }
    return status;
  }

  std::string stage_text() const {
    constexpr std::array<std::string_view, 4> names{"", "1 of 3, sample", "2 of 3, cluster",
                                                    "3 of 3, assign"};
    return fmt::format("{} {}", round_name(watch_.round()),
                       names[static_cast<std::size_t>(watch_.stage())]);
  }

  /// In a task of the graph, one after the other.
  void make_street(int round) {
    const auto r = static_cast<std::size_t>(round);
    if (stopped()) return;
    if (!builder_) builder_.emplace(plan_);
    const Deadline begin = now_ns();
    streets_[r] = builder_->build(round, round < 3 ? &streets_[r + 1] : nullptr, watch_);
    if (stopped()) return;
    seconds_[r] = static_cast<double>(now_ns() - begin) / 1e9;
    done_[r] = true;
    save();
  }
  bool stopped() const noexcept { return watch_.stopped() || signals_.stop_requested(); }

  /// What is done up to now, in place of what was there.
  void save() {
    std::array<const StreetBuckets*, 4> streets{};
    for (std::size_t r = 0; r < 4; ++r) streets[r] = done_[r] ? &streets_[r] : nullptr;
    if (auto written = write_bucket_file(options_.output, streets); !written) {
      fail(findings_, written.error());
      watch_.stop();
    }
  }

  void report() {
    for (StreetBuckets& street : streets_) street.table = {};  // the file has them
    auto file = BucketFile::read_whole(options_.output);
    if (!file) return fail(findings_, file.error());
    auto list = nlohmann::ordered_json::array();
    for (std::size_t r = 0; r < 4; ++r) {
      const StreetBuckets& street = streets_[r];
      const std::string name(round_name(static_cast<int>(r)));
      const auto method = plan_.streets[r].method;
      const bool exact = method == BucketMethod::lossless || method == BucketMethod::percentile;
      list.push_back({{"street", name},
                      {"method", to_string(method)},
                      {"count", street.count},
                      {"used", street.used},
                      {"classes", hand_index(static_cast<int>(r)).size()},
                      {"seconds", seconds_[r]},
                      {"distortion", nullptr},
                      {"resumed", kept_[r]}});
      if (!exact) list.back()["distortion"] = street.distortion;
      findings_.rows.emplace_back(
          name, fmt::format("{} {}, {}{}", street.count, to_string(method),
                            kept_[r] ? "done before" : format_duration(seconds_[r]),
                            exact ? "" : fmt::format(", distortion {:.5f}", street.distortion)));
    }
    auto& m = findings_.members;
    m["streets"] = list;
    m["abstraction"] = file.value()->abstraction();
    m["out"] = options_.output;
    m["bytes"] = file.value()->bytes();
    m["announced_bytes"] = announced_;
    findings_.rows.emplace_back("abstraction", file.value()->abstraction().substr(0, 16) + "...");
    findings_.rows.emplace_back(
        "written",
        options_.output + ", " + format_bytes(static_cast<double>(file.value()->bytes())));
  }

  const Options& options_;
  const StopSignals& signals_;
  Findings& findings_;
  Session session_;
  Progress progress_;
  BucketPlan plan_;
  Watch watch_;
  std::optional<BucketBuilder> builder_;
  std::array<StreetBuckets, 4> streets_;
  std::array<bool, 4> done_{}, kept_{};  // there; there from the file
  std::array<double, 4> seconds_{};
  std::size_t announced_ = 0;
  bool stale_ = false;
};

}  // namespace
}  // namespace weir::mccfr::abstraction

namespace weir::mccfr {

void buckets_command(const Options& options, const StopSignals& signals, Findings& findings) {
  abstraction::BucketRun(options, signals, findings).run();
}

}  // namespace weir::mccfr
