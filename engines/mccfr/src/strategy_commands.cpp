// exploit, export and query: what a checkpoint's average strategy is worth, and what it says.
#include <fmt/format.h>

#include <algorithm>
#include <cstdio>
#include <functional>
#include <nlohmann/json.hpp>
#include <weir/clock.hpp>
#include <weir/file.hpp>
#include <weir/mccfr/checkpoint.hpp>
#include <weir/mccfr/training_game.hpp>
#include <weir/terminal.hpp>

#include "commands.hpp"
#include "lazy_export.hpp"
#include "litmus_report.hpp"
#include "loaded.hpp"

namespace weir::mccfr {
namespace {

std::string distribution_text(const Loaded& loaded, std::uint32_t node, std::uint32_t bucket) {
  const BettingTree& tree = loaded.game->tree();
  const BettingNode& n = tree.nodes[node];
  double strategy[actions_max];
  loaded.trainer->average(loaded.trainer->shape().region(n.round, n.player, bucket) + n.row,
                          n.actions, strategy);
  std::string text;
  for (std::uint32_t a = 0; a < n.actions; ++a)
    text += fmt::format("{}\"{}\":{}", a == 0 ? "{" : ",", tree.letter(n.first + a), strategy[a]);
  return text + "}";
}

/// Calls f(node, bucket) for every row.
void for_each_row(const Loaded& loaded,
                  const std::function<void(std::uint32_t, std::uint32_t)>& f) {
  const BettingTree& tree = loaded.game->tree();
  for (std::uint32_t n = 0; n < tree.nodes.size(); ++n) {
    if (tree.nodes[n].kind != NodeKind::decision) continue;
    for (std::uint32_t b = 0; b < loaded.game->buckets()[tree.nodes[n].round]; ++b) f(n, b);
  }
}

Result<std::uint64_t> write_strategy(const Loaded& loaded, const std::string& path) {
  auto file = AtomicFile::create(path);
  if (!file) return file.error();
  constexpr std::size_t piece = 1 << 20;
  std::string text = fmt::format("{{\"game\":\"{}\",\"infosets\":{{", loaded.game->name());
  std::uint64_t rows = 0;
  Result<Done> written = Done{};
  const auto put = [&](const std::string& key, const std::string& distribution) {
    text += fmt::format("{}\"{}\":{}", rows++ == 0 ? "\n" : ",\n", key, distribution);
    if (text.size() < piece || !written) return;
    written = file.value().write(text);
    text.clear();
  };
  if (LazyTable* const lazy = loaded.trainer->lazy()) {
    for_each_lazy_row(*loaded.game->multiway(), *lazy, put);
  } else {
    for_each_row(loaded, [&](std::uint32_t node, std::uint32_t bucket) {
      put(loaded.game->key(node, bucket), distribution_text(loaded, node, bucket));
    });
  }
  text += "\n}}\n";
  if (written) written = file.value().write(text);
  if (written) written = file.value().commit(Sync::none);
  if (!written) return written.error();
  return rows;
}

}  // namespace

void exploit_command(const Options& options, Findings& findings) {
  auto loaded = load_checkpoint(options.path, options.workers, options.buckets_file);
  if (!loaded) return fail(findings, loaded.error());
  const Loaded& l = loaded.value();
  Exploitability found;
  double ci95 = 0;
  const auto exact = l.game->exact(*l.trainer);
  if (exact) {
    found = *exact;
  } else {
    ResponseBound bound;
    // Rows as they were visited have no such bound: that is said without their cards, which take long.
    if (l.game->multiway() == nullptr) {
      if (auto prepared = l.game->prepare(); !prepared) return fail(findings, prepared.error());
    }
    ResponseBudget budget;
    if (options.response_deals != response_deals_by_game) {
      budget.learning = options.response_deals;
      budget.valuing = std::max<std::uint64_t>(options.response_deals / 5, 1);
    }
    budget.seed = options.seed;
    auto learnt = l.game->lower_bound(*l.runtime, *l.trainer, budget);
    if (!learnt) return fail(findings, learnt.error());
    bound = learnt.value();
    std::copy(bound.value.begin(), bound.value.end(), found.value.begin());
    std::copy(bound.best_response.begin(), bound.best_response.end(), found.best_response.begin());
    ci95 = bound.ci95();
  }
  const double scale = l.game->unit_scale();
  auto& m = findings.members;
  m["game"] = l.game->name();
  m["iterations"] = l.trainer->state().iterations;
  m["method"] = exact ? "exact" : "lower_bound";
  m["value"] = m["best_response"] = nlohmann::ordered_json::array();
  for (std::size_t p = 0; p < static_cast<std::size_t>(found.players); ++p) {
    m["value"].push_back(found.value[p] * scale);
    m["best_response"].push_back(found.best_response[p] * scale);
  }
  m["nash_conv"] = found.nash_conv() * scale;
  m["exploitability"] = found.exploitability() * scale;
  m["unit"] = l.game->unit();
  m["ci95"] = ci95 * scale;
  m["litmus"] = litmus_json(*l.game, *l.trainer);
  findings.rows = {{"game", l.game->name()},
                   {"iterations", format_count(l.trainer->state().iterations)},
                   {"value", fmt::format("{:.6f} {}", found.value[0] * scale, l.game->unit())},
                   {exact ? "exploitability" : "exploitability, at least",
                    fmt::format("{:.6f} +- {:.6f} {}", found.exploitability() * scale, ci95 * scale,
                                l.game->unit())}};
  if (!m["litmus"].is_null())
    findings.rows.emplace_back("litmus, broken", litmus_text(m["litmus"]));
}

void export_command(const Options& options, Findings& findings) {
  if (options.output.empty())
    return fail(findings, {"usage", "--out FILE.json is missing", "export"});
  auto loaded = load_checkpoint(options.path);
  if (!loaded) return fail(findings, loaded.error());
  auto rows = write_strategy(loaded.value(), options.output);
  if (!rows) return fail(findings, rows.error());
  findings.members["game"] = loaded.value().game->name();
  findings.members["infosets"] = rows.value();
  findings.members["out"] = options.output;
  findings.rows = {{"information sets", format_count(rows.value())}, {"written", options.output}};
}

void query_command(const Options& options, Findings& findings) {
  auto loaded = load_checkpoint(options.path);
  if (!loaded) return fail(findings, loaded.error());
  const Loaded& l = loaded.value();
  const auto tell = [&](const std::string& text) {
    findings.members["key"] = options.key;
    findings.members["strategy"] = nlohmann::ordered_json::parse(text);
    for (const auto& [action, p] : findings.members["strategy"].items())
      findings.rows.emplace_back(action, fmt::format("{:.4f}", p.get<double>()));
  };
  if (LazyTable* const lazy = l.trainer->lazy()) {
    auto found = lazy_distribution(*l.game->multiway(), *lazy, options.key);
    return found ? tell(found.value()) : fail(findings, found.error());
  }
  const std::string betting = options.key.substr(options.key.rfind(':') + 1);
  const std::uint32_t node = l.game->tree().find(betting);
  if (node >= l.game->tree().nodes.size() || l.game->tree().nodes[node].kind != NodeKind::decision)
    return fail(findings,
                {"usage", "nobody acts after the betting \"" + betting + "\"", options.key});
  for (std::uint32_t bucket = 0; bucket < l.game->buckets()[l.game->tree().nodes[node].round];
       ++bucket) {
    if (l.game->key(node, bucket) != options.key) continue;
    return tell(distribution_text(l, node, bucket));
  }
  fail(findings, {"usage",
                  "there is no such information set; keys are PRIVATE:BOARD:BETTING, for example " +
                      l.game->key(node, 0),
                  options.key});
}

}  // namespace weir::mccfr
