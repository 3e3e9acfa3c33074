// at_rest.hpp: what must hold when a graph has ended: balanced ledgers, no lost wake-up, no stall.
#pragma once

#include <doctest/doctest.h>

#include <weir/stream_graph.hpp>

namespace weir::test {

/// in = out + dropped + failed + cancelled + expired, for the graph and for every node of it, and
/// rings that are empty.
inline void check_ledgers(const StreamGraph& graph) {
  const Ledger all = graph.ledger();
  CHECK_MESSAGE(all.in == all.accounted(), graph.json());
  for (const NodeMetrics& node : graph.nodes()) {
    CHECK_MESSAGE(node.ledger.in == node.ledger.accounted(), node.name << " in " << graph.json());
  }
  for (const EdgeMetrics& edge : graph.edges()) {
    CHECK_MESSAGE(edge.pushed == edge.popped,
                  edge.from << " -> " << edge.to << " in " << graph.json());
  }
}

inline void check_runtime(const Runtime& runtime) {
  const Metrics metrics = runtime.metrics();
  CHECK(metrics.total.lost_wakeups == 0);
  CHECK(metrics.stalls == 0);
}

}  // namespace weir::test
