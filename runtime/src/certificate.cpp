// certificate.cpp: the certificate as text.
#include <weir/certificate.hpp>

#include "json_text.hpp"

namespace weir {

using detail::quoted;

std::string Certificate::json() const {
  std::string text =
      "{\"graph\": " + quoted(graph) + ", \"bytes\": " + std::to_string(bytes) + ", \"nodes\": [";
  for (std::size_t i = 0; i < nodes.size(); ++i) {
    text += (i == 0 ? "" : ", ") + std::string("{\"name\": ") + quoted(nodes[i].name) +
            ", \"kind\": " + quoted(nodes[i].kind) + ", \"mode\": " + quoted(nodes[i].mode) +
            ", \"stream\": " + std::to_string(nodes[i].stream) + "}";
  }
  text += "], \"edges\": [";
  for (std::size_t i = 0; i < edges.size(); ++i) {
    const Edge& e = edges[i];
    text += (i == 0 ? "" : ", ") + std::string("{\"from\": ") + quoted(nodes[e.from].name) +
            ", \"to\": " + quoted(nodes[e.to].name) +
            ", \"capacity\": " + std::to_string(e.capacity) +
            ", \"burst\": " + std::to_string(e.burst) + ", \"reason\": " + quoted(e.reason) + "}";
  }
  text += "], \"loops\": [";
  for (std::size_t i = 0; i < loops.size(); ++i) {
    text += (i == 0 ? "" : ", ") + std::string("{\"name\": ") + quoted(loops[i].name) +
            ", \"tickets\": " + std::to_string(loops[i].tickets) + ", \"nodes\": [";
    for (std::size_t j = 0; j < loops[i].nodes.size(); ++j) {
      text += (j == 0 ? "" : ", ") + quoted(nodes[loops[i].nodes[j]].name);
    }
    text += "]}";
  }
  text += "], \"streams\": [";
  for (std::size_t i = 0; i < streams.size(); ++i) {
    text += (i == 0 ? "" : ", ") + std::string("{\"source\": ") +
            quoted(nodes[streams[i].source].name) +
            ", \"window\": " + std::to_string(streams[i].window) + "}";
  }
  return text + "]}";
}

std::string Certificate::dot() const {
  std::string text =
      "digraph " + quoted(graph) + " {\n  rankdir=LR; node [shape=box, fontname=monospace];\n";
  for (std::size_t i = 0; i < nodes.size(); ++i) {
    text += "  n" + std::to_string(i) + " [label=" + quoted(nodes[i].name + " | " + nodes[i].kind) +
            "];\n";
  }
  for (const Edge& e : edges) {
    text += "  n" + std::to_string(e.from) + " -> n" + std::to_string(e.to) + " [label=\"" +
            std::to_string(e.capacity) + (e.burst > 1 ? " burst " + std::to_string(e.burst) : "") +
            "\", tooltip=" + quoted(e.reason) + "];\n";
  }
  for (std::size_t i = 0; i < loops.size(); ++i) {
    text += "  subgraph cluster_" + std::to_string(i) + " { label=" +
            quoted(loops[i].name + ": " + std::to_string(loops[i].tickets) + " tickets") + ";";
    for (const std::uint32_t n : loops[i].nodes) text += " n" + std::to_string(n) + ";";
    text += " }\n";
  }
  return text + "}\n";
}

}  // namespace weir
