#include "findings.hpp"

#include <weir/memory.hpp>
#include <weir/terminal.hpp>
#include <weir/topology.hpp>
#include <weir/version.hpp>

namespace weir::mccfr {

using Json = nlohmann::ordered_json;

std::string render_text(const Options& options, const Findings& f) {
  if (!f.text.empty()) return f.text;
  if (f.rows.empty()) return {};
  weir::Table table({options.command_name, ""});
  for (const auto& [name, value] : f.rows) table.add({name, value});
  table.add({"peak RSS", format_bytes(static_cast<double>(peak_rss_bytes()))});
  table.add({"total", format_duration(f.elapsed_s)});
  return table.text();
}

std::string render_json(const Options& options, const Findings& f) {
  Json json;
  json["schema"] = "weir.mccfr." +
                   (options.command_name.empty() ? std::string("usage") : options.command_name) +
                   "/1";
  json["version"] = version();
  json["commit"] = commit();
  json["ok"] = f.exit == 0;
  json["exit"] = f.exit;
  json["error"] = nullptr;
  if (!f.error.code.empty())
    json["error"] = {{"code", f.error.code}, {"what", f.error.what}, {"where", f.error.where}};
  json["elapsed_s"] = f.elapsed_s;
  json["config"] = {{"workers", f.workers}, {"pinned", f.pinned}, {"seed", options.seed}};
  json["machine"] = {{"cpu", machine_topology().model},
                     {"cpus", machine_topology().allowed_cpus()},
                     {"compiler", compiler()},
                     {"build", build_type()}};
  json["peak_rss_bytes"] = peak_rss_bytes();
  json["memory_bytes"] = f.memory_bytes;
  const Ledger& ledger = f.graph.ledger;
  json["ledger"] = {{"in", ledger.in},
                    {"out", ledger.out},
                    {"dropped", ledger.dropped},
                    {"failed", ledger.failed},
                    {"cancelled", ledger.cancelled},
                    {"expired", ledger.expired}};
  Json blocked = Json::object();
  for (const auto& [edge, n] : f.graph.would_block) blocked[edge] = n;
  Json barriers = Json::array();
  for (const auto& [name, us] : f.barriers_us) barriers.push_back({{"name", name}, {"us", us}});
  json["runtime"] = {{"tasks", f.metrics.retired},
                     {"steals", f.metrics.total.steals},
                     {"parks", f.metrics.total.parks},
                     {"lost_wakeups", f.metrics.total.lost_wakeups},
                     {"stalls", f.metrics.stalls},
                     {"steady_state_allocations", f.metrics.steady_state_allocations},
                     {"barriers", barriers},
                     {"would_block", blocked}};
  for (const auto& [key, value] : f.members.items()) json[key] = value;
  return json.dump(-1, ' ', false, Json::error_handler_t::replace) + "\n";
}

}  // namespace weir::mccfr
