// stream_build.cpp: build(): what the certificate knows, and what it refuses by name (P2, P3, G1).
#include <algorithm>
#include <cstring>
#include <weir/detail/stream/graph_core.hpp>
#include <weir/detail/stream/requests_base.hpp>

namespace weir::detail {

namespace {

bool starts_stream(Kind kind) noexcept {
  return kind == Kind::source || kind == Kind::zip || kind == Kind::ingress ||
         kind == Kind::requests || kind == Kind::expand || kind == Kind::merge;
}

/// Kinds that may not stand in a loop's body: they start or end streams, or open the body to the
/// outside.
bool outside_loops_only(Kind kind) noexcept {
  return starts_stream(kind) || kind == Kind::sink || kind == Kind::answer;
}

const char* mode_name(Mode mode) noexcept {
  return mode == Mode::parallel ? "parallel" : mode == Mode::serial ? "serial" : "ordered";
}

std::string link_name(const LinkBase& link) {
  return std::string(link.from->name) + " -> " + link.to->name;
}

}  // namespace

bool GraphCore::check_nodes() {
  if (nodes_.empty()) refuse("empty", "the graph has no nodes", "");
  std::vector<const NodeBase*> by_name(nodes_.begin(), nodes_.end());
  std::sort(by_name.begin(), by_name.end(),
            [](const NodeBase* a, const NodeBase* b) { return std::strcmp(a->name, b->name) < 0; });
  for (std::size_t i = 1; i < by_name.size(); ++i) {
    if (std::strcmp(by_name[i - 1]->name, by_name[i]->name) == 0) {
      refuse("duplicate_name", "two nodes have this name", by_name[i]->name);
    }
  }
  const int workers = worker_count(core);
  for (const NodeBase* node : nodes_) {
    if (node->config.worker >= 0 && node->config.worker >= std::max(workers, 1)) {
      refuse("worker", "the runtime has no worker " + std::to_string(node->config.worker),
             node->name);
    }
    if (node->loop == no_loop) continue;
    const std::string loop = loops_[node->loop].name;
    if (outside_loops_only(node->kind)) {
      refuse("loop_body",
             std::string("a node of kind ") + to_string(node->kind) +
                 " may not stand in the body of loop " + loop,
             node->name);
    }
    if (node->config.mode == Mode::ordered) {
      refuse("loop_body",
             "an ordered node may not stand in the body of loop " + loop +
                 ": a later token would hold the ticket that an earlier one waits for outside",
             node->name);
    }
  }
  return !refused_;
}

bool GraphCore::check_links() {
  for (const OutputBase* output : outputs_) {
    const std::string where = output->node->name;
    if (output->users == 0) refuse("unused_port", "a port of this node is used by nobody", where);
    if (output->users > 1 && !output->copyable) {
      refuse("broadcast_copy", "its port is used more than once, but its values cannot be copied",
             where);
    }
  }
  for (const LinkBase* link : links_) {
    if (link->feedback) continue;
    if (link->from_loop != link->to->loop) {
      const std::uint16_t loop = link->to->loop == no_loop ? link->from_loop : link->to->loop;
      refuse("loop_body",
             std::string("an edge crosses the border of loop ") + loops_[loop].name +
                 " beside its two ports",
             link_name(*link));
    }
    if (link->store) continue;
    if (link->capacity == 0)
      refuse("capacity", "an edge needs at least one slot", link_name(*link));
    if (link->burst == 0 || link->burst > link->capacity) {
      refuse("burst",
             "a burst of " + std::to_string(link->burst) + " does not fit an edge of " +
                 std::to_string(link->capacity),
             link_name(*link));
    }
  }
  return !refused_;
}

bool GraphCore::check_loops() {
  for (const LinkBase* link : links_) {
    if (link->store || link->feedback || link->to->loop == no_loop) continue;
    const Loop& loop = loops_[link->to->loop];
    if (loop.tickets > link->capacity) {
      refuse("loop_capacity",
             "loop " + std::string(loop.name) + " has " + std::to_string(loop.tickets) +
                 " tickets, but an edge of its body holds " + std::to_string(link->capacity),
             link_name(*link));
    }
  }
  return !refused_;
}

bool GraphCore::check_answers() {
  for (const Stream* stream : streams_) {
    if (stream->requests == nullptr) continue;
    // What goes on beside the answer would still write the request's error when its slot is
    // another one's already.
    const std::uint32_t answers = stream->requests->answers;
    if (answers != 1 || stream->end_count != 1) {
      refuse(answers == 0 ? "unanswered" : "answer_stream",
             "requests end at exactly one node, which answers them", stream->origin->name);
    }
  }
  return !refused_;
}

void GraphCore::decide_windows() {
  for (LinkBase* link : links_) {
    if (link->store && link->to->loop == no_loop && link->to->stream != nullptr) {
      // A node's input stream: the producer's outputs carry it.
      link->from->stream->stores = true;
    }
  }
  const auto usual = static_cast<std::uint32_t>(std::max(4 * worker_count(core), 4));
  for (Stream* stream : streams_) {
    if (!stream->stores) continue;
    std::uint32_t window = stream->window_asked != 0 ? stream->window_asked
                           : config_.window != 0     ? config_.window
                                                     : usual;
    const std::uint32_t burst = stream->origin->burst;
    if (smallest_) window = std::max(burst, std::uint32_t{1});
    if (burst > window) {
      refuse("burst",
             "a burst of " + std::to_string(burst) + " is above its stream's window of " +
                 std::to_string(window),
             stream->origin->name);
    }
    stream->window = window;
    const std::size_t words = (window + 63) / 64;
    for (std::uint32_t i = 0; i < stream->end_count; ++i) {
      stream->ends[i]->words = slab_.make_array<atomic<std::uint64_t>>(words);
    }
    // relaxed: before start()
    stream->limit_cached.store(window, relaxed);
  }
}

Result<Certificate> GraphCore::build() {
  if (built_) return Error{"built", "the graph is already built", name_};
  if (refused_ || !check_nodes() || !check_links() || !check_loops() || !check_answers())
    return refusal_;
  decide_windows();
  tell_bytes();
  if (refused_) return refusal_;
  inside_count_ = context_count(core);
  insides_ = slab_.make_array<Inside>(static_cast<std::size_t>(inside_count_));
  for (LinkBase* link : links_) link->prepare();
  for (NodeBase* node : nodes_) node->prepare();
  std::uint32_t ends = 0;
  for (NodeBase* node : nodes_) {
    if (node->kind == Kind::sink || node->kind == Kind::answer) ++ends;
  }
  ends_open_.store(ends, relaxed);  // relaxed: before start()
  trace_ = trace_name(core, name_, nullptr);
  for (NodeBase* node : nodes_) node->trace = trace_name(core, name_, node->name);
  slab_.seal();
  built_ = true;
  tell_bytes();
  return certify();
}

Certificate GraphCore::certify() const {
  Certificate proof;
  proof.graph = name_;
  std::vector<const Stream*> order(streams_.begin(), streams_.end());
  const auto stream_index = [&](const Stream* stream) {
    return static_cast<std::uint32_t>(std::find(order.begin(), order.end(), stream) -
                                      order.begin());
  };
  for (const NodeBase* node : nodes_) {
    proof.nodes.push_back({node->name, to_string(node->kind), mode_name(node->config.mode),
                           stream_index(node->stream)});
  }
  for (std::uint32_t i = 0; i < links_.size(); ++i) {
    LinkBase* link = links_[i];
    link->index = i;
    std::string reason;
    if (link->store) {
      reason = link->to->loop != no_loop
                   ? "store of one row a ticket: delivery needs no reservation"
                   : "store of the window's numbers: delivery needs no reservation";
    } else if (link->feedback && link->from == link->to) {
      reason = "door: a producer that is refused keeps its value";
    } else if (link->feedback || link->to->loop != no_loop) {
      reason = "never full: at most as many tokens inside as the loop has tickets";
    } else {
      reason = "reserved before the firing; the consumer is later in the order and empties it";
    }
    proof.edges.push_back(
        {link->from->index, link->to->index, link->capacity, link->burst, std::move(reason)});
  }
  for (std::uint16_t l = 0; l < loops_.size(); ++l) {
    Certificate::Loop loop{loops_[l].name, {}, loops_[l].tickets};
    for (const NodeBase* node : nodes_) {
      if (node->loop == l) loop.nodes.push_back(node->index);
    }
    proof.loops.push_back(std::move(loop));
  }
  for (const Stream* stream : streams_)
    proof.streams.push_back({stream->origin->index, stream->window});
  proof.bytes = bytes();
  return proof;
}

}  // namespace weir::detail
