// stream_report.cpp: what a graph tells: ledger, edges, nodes, live pictures, tokens that wait.
#include <algorithm>
#include <weir/clock.hpp>
#include <weir/detail/stream/graph_core.hpp>

#include "json_text.hpp"

namespace weir::detail {

namespace {

void append_member(std::string& text, const char* key, std::uint64_t value) {
  text += ", \"";
  text += key;
  text += "\": " + std::to_string(value);
}

std::uint64_t ns_of(std::uint64_t tick_count) {
  return static_cast<std::uint64_t>(static_cast<double>(tick_count) / ticks_per_us() * 1000.0);
}

void append_ledger(std::string& text, const Ledger& l) {
  text += "{\"in\": " + std::to_string(l.in);
  append_member(text, "out", l.out);
  append_member(text, "dropped", l.dropped);
  append_member(text, "failed", l.failed);
  append_member(text, "cancelled", l.cancelled);
  append_member(text, "expired", l.expired);
  text += "}";
}

}  // namespace

Ledger GraphCore::ledger() const noexcept {
  Ledger sum;
  for (const NodeBase* node : nodes_) sum += node->flow.read();
  return sum;
}

/// What was taken until now. Nodes and links have rings and stores of their own from build() on.
void GraphCore::tell_bytes() noexcept {
  std::size_t sum = sizeof(GraphCore) + slab_.bytes();
  if (built_) {
    for (const LinkBase* link : links_) sum += link->bytes();
    for (const NodeBase* node : nodes_) sum += node->bytes();
  }
  sum += nodes_.capacity() * sizeof(NodeBase*) + links_.capacity() * sizeof(LinkBase*) +
         streams_.capacity() * sizeof(Stream*) + outputs_.capacity() * sizeof(OutputBase*) +
         loops_.capacity() * sizeof(Loop) + open_loops_.capacity() * sizeof(std::uint16_t);
  bytes_.store(sum, relaxed);  // relaxed: as bytes()
}

std::vector<EdgeMetrics> GraphCore::edges() const {
  std::vector<EdgeMetrics> all;
  if (!built_) return all;
  for (const LinkBase* link : links_) {
    const std::uint64_t popped = link->popped();  // first: what is popped has been pushed
    // relaxed: statistics
    all.push_back({link->feedback && link->from == link->to ? "producers" : link->from->name,
                   link->to->name, link->capacity, std::max(link->pushed(), popped), popped,
                   link->would_block.load(relaxed), link->blocked_ns.load(relaxed),
                   link->culprit.load(relaxed)});
  }
  return all;
}

std::vector<NodeMetrics> GraphCore::node_metrics() const {
  std::vector<NodeMetrics> all;
  for (const NodeBase* node : nodes_) {
    // relaxed: statistics
    all.push_back({node->name, to_string(node->kind), node->ledger.read(),
                   node->firings.load(relaxed), ns_of(node->busy_ticks.load(relaxed))});
  }
  return all;
}

std::string GraphCore::dot() const {
  std::string text = "digraph ";
  append_quoted(text, name_);
  text += " {\n  rankdir=LR; node [shape=box, fontname=monospace];\n";
  for (std::size_t l = 0; l < loops_.size(); ++l) {
    text += "  subgraph cluster_" + std::to_string(l) + " { label=";
    append_quoted(
        text, (std::string(loops_[l].name) + ": " + std::to_string(loops_[l].tickets) + " tickets")
                  .c_str());
    text += ";";
    for (const NodeBase* node : nodes_) {
      if (node->loop == l) text += " n" + std::to_string(node->index) + ";";
    }
    text += " }\n";
  }
  for (const NodeBase* node : nodes_) {
    const Ledger l = node->ledger.read();
    text += "  n" + std::to_string(node->index) + " [label=";
    append_quoted(text, (std::string(node->name) + " | " + to_string(node->kind) + " | in " +
                         std::to_string(l.in) + " out " + std::to_string(l.out))
                            .c_str());
    text += "];\n";
  }
  for (const LinkBase* link : links_) {
    const std::uint64_t fill = built_ ? link->fill() : 0;
    text += "  n" + std::to_string(link->from->index) + " -> n" + std::to_string(link->to->index) +
            " [label=\"" + std::to_string(fill) + "/" + std::to_string(link->capacity) +
            (link->store ? " window" : "") + "\"];\n";
  }
  return text + "}\n";
}

std::string GraphCore::json() const {
  std::string text = "{\"graph\": ";
  append_quoted(text, name_);
  append_member(text, "bytes", bytes());
  text += ", \"ledger\": ";
  append_ledger(text, ledger());
  text += ", \"nodes\": [";
  for (const NodeBase* node : nodes_) {
    text += node->index == 0 ? "{\"name\": " : ", {\"name\": ";
    append_quoted(text, node->name);
    text += ", \"kind\": ";
    append_quoted(text, to_string(node->kind));
    append_member(text, "firings", node->firings.load(relaxed));            // relaxed: statistics
    append_member(text, "busy_ns", ns_of(node->busy_ticks.load(relaxed)));  // relaxed: statistics
    text += ", \"ledger\": ";
    append_ledger(text, node->ledger.read());
    text += "}";
  }
  text += "], \"edges\": [";
  bool first = true;
  for (const EdgeMetrics& edge : edges()) {
    text += first ? "{\"from\": " : ", {\"from\": ";
    first = false;
    append_quoted(text, edge.from);
    text += ", \"to\": ";
    append_quoted(text, edge.to);
    append_member(text, "capacity", edge.capacity);
    append_member(text, "fill", std::min<std::uint64_t>(edge.pushed - edge.popped, edge.capacity));
    append_member(text, "pushed", edge.pushed);
    append_member(text, "popped", edge.popped);
    append_member(text, "would_block", edge.would_block);
    append_member(text, "blocked_ns", edge.blocked_ns);
    text += ", \"culprit\": ";
    if (edge.culprit == no_node) {
      text += "null}";
    } else {
      append_quoted(text, nodes_[edge.culprit]->name);
      text += "}";
    }
  }
  return text + "]}";
}

bool GraphCore::blocked() const noexcept {
  // (2) acquire pairs with (6) of stream_graph.cpp, (11) of stream_graph.cpp: the tables; what
  // finished it
  if (started_.load(acquire) == 0 || finished_.load(acquire) != 0) return false;
  for (const NodeBase* node : nodes_) {
    if (node->blocked() && node->idle()) return true;
  }
  return false;
}

void GraphCore::waiting(void (*sink)(void*, const StallLine&), void* argument) const noexcept {
  // (1) acquire pairs with (6) of stream_graph.cpp: the tables. Nothing before it: build() may be
  // under way
  if (started_.load(acquire) == 0) return;
  const std::uint64_t now = ticks();
  for (NodeBase* node : nodes_) {
    if (node->waiting_tokens() == 0 && !node->blocked()) continue;
    const bool matches = node->kind == Kind::join || node->kind == Kind::select ||
                         node->config.mode == Mode::ordered;
    const LinkBase* link = node->blocked_on();
    const std::uint64_t since = node->last_active_ticks();
    StallLine line{};
    line.graph = name_, line.node = node->name;
    line.edge = link != nullptr                 ? link->wanted()
                : node->waits_for_window()      ? "its stream's window or a ticket"
                : !matches || node->has_input() ? "a wake-up"
                : node->kind == Kind::join      ? "the other ports' tokens"
                : node->kind == Kind::select    ? "the other branches' tokens"
                                                : "an earlier number";
    line.consumer = link != nullptr ? link->to->name : "";
    line.age_ns = since == 0 ? 0 : ns_of(now - since);
    line.waits_for_input = false;
    sink(argument, line);
  }
}

}  // namespace weir::detail
