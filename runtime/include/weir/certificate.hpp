// certificate.hpp: what build() proved about a graph: why it cannot deadlock (promise G1).
//
// Shape     plain tables; an index into `nodes` is a node's number in Outcome::culprit, an index into `edges`
//           an edge's number in Outcome::edge.
// Roles     immutable after build(); any thread.
// Source    the proof is PROTOCOLS P1 to P3, in words at the top of detail/stream/node.hpp.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

namespace weir {

struct Certificate {
  struct Node {
    std::string name;
    std::string
        kind;  // source, zip, ingress, map, split, select, join, batch, expand, merge, loop, ...
    std::string mode;          // parallel, serial, ordered
    std::uint32_t stream = 0;  // index into streams; task graphs have none
  };
  struct Edge {
    std::uint32_t from = 0, to = 0;  // indices into nodes
    std::uint32_t capacity = 0;      // slots
    std::uint32_t burst = 0;         // most units that one firing of `from` reserves
    std::string reason;              // why `from` cannot be stuck on it for ever
  };
  struct Loop {
    std::string name;
    std::vector<std::uint32_t> nodes;
    std::uint32_t tickets = 0;  // tokens admitted at most
  };
  struct Stream {
    std::uint32_t source = 0;  // the node that starts it
    std::uint32_t window = 0;  // live sequence numbers at most; 0: the stream needs no window
  };

  std::string graph;
  std::vector<Node> nodes;
  std::vector<Edge> edges;
  std::vector<Loop> loops;
  std::vector<Stream> streams;
  std::size_t bytes = 0;  // platform memory of the built graph

  /// One JSON object with the members above.
  std::string json() const;
  /// Graphviz text; edges carry their capacity, ordered and joined inputs their window.
  std::string dot() const;
};

}  // namespace weir
