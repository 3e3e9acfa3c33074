// solve: one subgame, from its file to strategies.
#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <memory>
#include <weir/clock.hpp>
#include <weir/mccfr/discount.hpp>
#include <weir/mccfr/subgame_solver.hpp>
#include <weir/terminal.hpp>

#include "commands.hpp"
#include "memory_allowed.hpp"
#include "session.hpp"
#include "subgame_report.hpp"

namespace weir::mccfr {
namespace subgame {
namespace {

constexpr std::uint64_t iterations_most =
    100'000;  // where neither --iters nor --deadline bounds them
constexpr std::uint64_t first_check = 10, check_step = 5;

double seconds_since(Deadline begin) noexcept {
  return static_cast<double>(now_ns() - begin) / 1e9;
}

class SolveRun {
 public:
  SolveRun(const Options& options, const StopSignals& signals, Findings& findings)
      : options_(options), signals_(signals), findings_(findings), session_(options, findings) {}

  void run() {
    begun_ = now_ns();
    if (options_.target == 0 && options_.iterations == 0 && options_.deadline_ms == 0)
      return fail(findings_, {"usage", "without a target it needs --iters or --deadline", "solve"});
    auto game = read_subgame(options_.path);
    if (!game) return fail(findings_, game.error());
    pot_ = game.value().pot;
    if (!session_.start()) return;
    if (make(game.value())) {
      solve();
      report();
      write();
    }
    session_.finish({});
    if (signals_.stop_requested()) findings_.exit = 128 + signals_.signal_number();
  }

 private:
  bool make(const Subgame& game) {
    SubgameSettings settings;
    settings.method = options_.algorithm == "cfr+" ? SubgameSettings::Method::cfr_plus
                                                   : SubgameSettings::Method::dcfr;
    if (options_.discount != "none") {
      const Result<Discount> discount = Discount::parse(options_.discount);
      if (!discount || discount.value().kind != Discount::Kind::dcfr) {
        fail(findings_, {"usage", "--discount is dcfr:A,B,G", "solve"});
        return false;
      }
      settings.alpha = discount.value().a;
      settings.beta = discount.value().b;
      settings.gamma = discount.value().g;
    }
    settings.rename_suits = !options_.all_suits;
    settings.workers = session_.runtime().workers();
    settings.bytes_max =
        options_.memory_max_mib != 0 ? options_.memory_max_mib << 20 : memory_allowed();
    auto made = SubgameSolver::make(game, settings);
    if (!made) {
      Error error = made.error();
      if (error.code == "bad_config" || error.code == "too_large") {
        const bool placed = error.where.starts_with(options_.path);
        error.where = placed ? error.where : options_.path + ": " + error.where;
      }
      fail(findings_, error);
      return false;
    }
    solver_ = std::make_unique<SubgameSolver>(std::move(made).value());
    session_.say(fmt::format("{} decisions on {} boards, {} of memory",
                             format_count(solver_->decisions()), format_count(solver_->boards()),
                             format_bytes(static_cast<double>(solver_->bytes()))));
    build_s_ = seconds_since(begun_);
    if (deadline_s() > 0 && build_s_ > deadline_s()) {
      session_.say(fmt::format(
          "its tables alone took {}: longer than the deadline, which one iteration follows",
          format_duration(build_s_)));
    }
    return true;
  }

  double deadline_s() const noexcept { return static_cast<double>(options_.deadline_ms) / 1e3; }

  void solve() {
    ProgressConfig config;
    config.label = "solve";
    config.unit = "iterations";
    config.total = options_.iterations;
    config.quiet = options_.quiet;
    Progress progress(config);
    const Deadline started = now_ns();
    Error error;
    const Status status = session_.runtime().run([&] { iterate(progress, started); }, &error);
    solve_s_ = seconds_since(started);
    progress.finish();
    if (status != Status::accepted)
      fail(findings_,
           {"failed", error.what.empty() ? "the runtime refused the work" : error.what, "solve"});
  }

  /// Until the target, the deadline, the number of iterations or a signal.
  void iterate(Progress& progress, Deadline started) {
    const std::uint64_t most = options_.iterations != 0    ? options_.iterations
                               : options_.deadline_ms != 0 ? ~std::uint64_t{0}
                                                           : iterations_most;
    std::uint64_t check = first_check;
    double check_s = 0;
    double slowest_s = 0;
    for (std::uint64_t done = 0; stopped_.empty();) {
      const Deadline begin = now_ns();
      solver_->iterate();
      ++done;
      slowest_s = std::max(slowest_s, seconds_since(begin));
      progress.add();
      if (done >= check && options_.target > 0 && done < most) {
        const Deadline measured = now_ns();
        const double pct = solver_->exploitability_pct();
        check_s = seconds_since(measured);
        curve_.push_back({done, seconds_since(started), pct});
        progress.set_note(fmt::format("exploitability {:.3f} %", pct));
        if (pct <= options_.target) stopped_ = "target";
        check = next_check(done, pct);
      }
      progress.draw();
      if (done >= most) stopped_ = "iterations";
      // The last measure takes as long as a check and two walks, about an iteration.
      const double left_s = deadline_s() - seconds_since(begun_);
      if (options_.deadline_ms != 0 && left_s < 2 * slowest_s + std::max(check_s, slowest_s))
        stopped_ = stopped_.empty() ? "deadline" : stopped_;
      if (signals_.stop_requested()) stopped_ = "signal";
    }
    value_ = solver_->measure();
    if (curve_.empty() || curve_.back().iteration != solver_->iterations())
      curve_.push_back({solver_->iterations(), seconds_since(started), value_.exploitability_pct});
    if (value_.exploitability_pct <= options_.target) stopped_ = "target";
  }

  /// Exploitability falls at least with the square of iterations where it falls well; half-way is soon enough.
  std::uint64_t next_check(std::uint64_t done, double pct) const {
    const double factor = std::clamp(std::cbrt(pct / options_.target), 1.0, 1.5);
    const auto ahead = static_cast<std::uint64_t>(static_cast<double>(done) * (factor - 1));
    return done + std::max(ahead, check_step);
  }

  void report() {
    auto root = solver_->decision("");
    if (!root) return fail(findings_, root.error());
    const double late_s =
        deadline_s() > 0 ? std::max(0.0, seconds_since(begun_) - deadline_s()) : 0;
    auto& m = findings_.members;
    m["exploitability_pct"] = value_.exploitability_pct;
    m["ev"] = value_.value;
    m["ev_net"] = {value_.value[0] - pot_ / 2.0, value_.value[1] - pot_ / 2.0};
    m["best_response"] = value_.best_response;
    m["iterations"] = solver_->iterations();
    m["solve_s"] = solve_s_;
    m["build_s"] = build_s_;
    m["late_s"] = late_s;
    m["stopped"] = stopped_;
    m["algorithm"] = options_.algorithm == "cfr+" ? "cfr+" : "dcfr";
    m["decisions"] = solver_->decisions();
    m["solver_bytes"] = solver_->bytes();
    m["curve"] = nlohmann::ordered_json::array();
    for (const Point& point : curve_)
      m["curve"].push_back({point.iteration, point.seconds, point.pct});
    m["root"] = decision_json(root.value());
    findings_.memory_bytes += solver_->bytes();
    weir::Table table({"solve", ""});
    table.add({"exploitability", fmt::format("{:.4f} % of the pot", value_.exploitability_pct)});
    table.add({"value, out of position", fmt::format("{:.4f} chips", value_.value[0])});
    table.add({"value, in position", fmt::format("{:.4f} chips", value_.value[1])});
    table.add({"iterations", format_count(solver_->iterations())});
    table.add({"solved in", format_duration(solve_s_)});
    table.add({"stopped by", late_s > 0
                                 ? fmt::format("{}, {} late", stopped_, format_duration(late_s))
                                 : stopped_});
    table.add({"memory", format_bytes(static_cast<double>(solver_->bytes()))});
    findings_.text = table.text() + "\n" +
                     (root.value().player == 0 ? "Out of position" : "In position") +
                     ", first decision\n" + decision_text(root.value());
  }

  void write() {
    if (options_.output.empty() || !findings_.error.code.empty()) return;
    session_.say(fmt::format("writing {} decisions to {}",
                             format_count(solver_->decisions_in_all()), options_.output));
    auto written = write_decisions(*solver_, options_.output);
    if (!written) return fail(findings_, written.error());
    findings_.members["out"] = options_.output;
    findings_.members["written"] = written.value();
  }

  struct Point {
    std::uint64_t iteration;
    double seconds, pct;
  };

  const Options& options_;
  const StopSignals& signals_;
  Findings& findings_;
  Session session_;
  std::unique_ptr<SubgameSolver> solver_;
  SubgameValue value_;
  std::vector<Point> curve_;
  std::string stopped_;
  Deadline begun_ = 0;
  double build_s_ = 0, solve_s_ = 0;
  double pot_ = 0;
};

}  // namespace
}  // namespace subgame

void solve_command(const Options& options, const StopSignals& signals, Findings& findings) {
  subgame::SolveRun(options, signals, findings).run();
}

}  // namespace weir::mccfr
