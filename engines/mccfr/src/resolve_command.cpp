// resolve: a Leduc checkpoint with its second rounds solved anew, and what each way is worth.
#include <fmt/format.h>

#include <functional>
#include <weir/mccfr/one_card_solver.hpp>
#include <weir/mccfr/resolve.hpp>

#include "commands.hpp"
#include "loaded.hpp"

namespace weir::mccfr {
namespace resolving {
namespace {

struct ResolvedWays {
  double blueprint = 0, unsafe = 0, maxmargin = 0, depth_limited = 0;  // exploitability, chips
};

Result<ResolvedWays> resolve_ways(const OneCardGame& game, const TableShape& shape,
                                  std::span<const double> strategy, int iterations,
                                  const std::function<bool()>& go_on) {
  const auto worth = [&](std::span<const double> of) {
    return measure(game, shape, of).exploitability();
  };
  const ResolveOptions safe{ResolveOptions::Method::maxmargin, iterations, {}, go_on};
  const ResolveOptions unsafe{ResolveOptions::Method::unsafe, iterations, {}, go_on};
  auto safely = resolve_second_round(game, shape, strategy, safe);
  if (!safely) return safely.error();
  auto unsafely = resolve_second_round(game, shape, strategy, unsafe);
  if (!unsafely) return unsafely.error();
  auto first = resolve_first_round(game, shape, strategy, iterations);
  if (!first) return first.error();
  auto limited = resolve_second_round(game, shape, first.value(), unsafe);
  if (!limited) return limited.error();
  return ResolvedWays{worth(strategy), worth(unsafely.value()), worth(safely.value()),
                      worth(limited.value())};
}

}  // namespace
}  // namespace resolving

void resolve_command(const Options& options, const StopSignals& signals, Findings& findings) {
  auto loaded = load_checkpoint(options.path);
  if (!loaded) return fail(findings, loaded.error());
  const Loaded& l = loaded.value();
  const OneCardGame* const leduc = l.game->one_card();
  if (leduc == nullptr || !leduc->has_board()) {
    return fail(findings, {"usage", "resolves second rounds of leduc for two players, all rows",
                           options.path});
  }
  const OneCardGame& game = *leduc;
  const auto iterations = static_cast<int>(options.resolve_iterations);
  auto ways = resolving::resolve_ways(game, l.trainer->shape(), average_strategies(*l.trainer),
                                      iterations, [&] { return !signals.stop_requested(); });
  if (signals.stop_requested()) {
    findings.exit = 128 + signals.signal_number();
    if (!ways) return;
  }
  if (!ways) return fail(findings, ways.error());
  auto& m = findings.members;
  m["game"] = l.game->name();
  m["iterations"] = iterations;
  m["unit"] = "chips";
  findings.rows = {{"game", l.game->name()}};
  const auto tell = [&](const char* key, const char* text, double exploitability) {
    m[key] = exploitability;
    findings.rows.emplace_back(text, fmt::format("{:.6f} chips", exploitability));
  };
  tell("blueprint", "exploitability, blueprint", ways.value().blueprint);
  tell("unsafe", "unsafe", ways.value().unsafe);
  tell("maxmargin", "maxmargin", ways.value().maxmargin);
  tell("depth_limited", "depth-limited", ways.value().depth_limited);
}

}  // namespace weir::mccfr
