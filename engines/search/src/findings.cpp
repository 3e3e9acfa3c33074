#include "findings.hpp"

#include <weir/memory.hpp>
#include <weir/topology.hpp>
#include <weir/version.hpp>

namespace weir::search::program {

void fail(Findings& findings, const Error& error) {
  if (!findings.error.code.empty()) return;
  findings.error = error;
  findings.exit =
      error.code == "stalled" ? 3 : (error.code == "usage" || error.code == "bad_config" ? 2 : 1);
}

std::string render_json(const Options& options, const Findings& f) {
  Json json = {
      {"schema",
       "weir.search." + (options.command_name.empty() ? "usage" : options.command_name) + "/1"},
      {"version", version()},
      {"commit", commit()},
      {"ok", f.exit == 0},
      {"exit", f.exit}};
  json["error"] = nullptr;
  if (!f.error.code.empty())
    json["error"] = {{"code", f.error.code}, {"what", f.error.what}, {"where", f.error.where}};
  json["elapsed_s"] = f.elapsed_s;
  json["config"] = {{"workers", f.workers}, {"pinned", f.pinned}, {"seed", options.seed}};
  const Topology& machine = machine_topology();
  json["machine"] = {{"cpu", machine.model},
                     {"cpus", machine.allowed_cpus()},
                     {"compiler", compiler()},
                     {"build", build_type()}};
  json["peak_rss_bytes"] = peak_rss_bytes();
  json["memory_bytes"] = f.memory_bytes;
  json["ledger"] = {{"in", f.ledger.in},
                    {"out", f.ledger.out},
                    {"dropped", f.ledger.dropped},
                    {"failed", f.ledger.failed},
                    {"cancelled", f.ledger.cancelled},
                    {"expired", f.ledger.expired}};
  Json blocked = Json::object();
  for (const auto& [edge, count] : f.would_block) blocked[edge] = count;
  json["runtime"] = {{"tasks", f.metrics.retired},
                     {"steals", f.metrics.total.steals},
                     {"parks", f.metrics.total.parks},
                     {"lost_wakeups", f.metrics.total.lost_wakeups},
                     {"stalls", f.metrics.stalls},
                     {"steady_state_allocations", f.metrics.steady_state_allocations},
                     {"barriers", Json::array()},
                     {"would_block", std::move(blocked)}};
  for (const auto& [key, value] : f.members.items()) json[key] = value;
  const std::string text = json.dump(-1, ' ', false, Json::error_handler_t::replace) + "\n";
  return f.begun ? "], " + text.substr(1) : text;
}

}  // namespace weir::search::program
