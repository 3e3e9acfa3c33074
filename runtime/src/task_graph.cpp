// Building a TaskGraph: what it refuses, and how it lies in memory.
#include "task_graph.hpp"

#include <algorithm>

namespace weir {

using detail::TaskGraphCore;

TaskGraph::TaskGraph(Runtime& runtime, std::string name) {
  void* place = allocate_bytes(sizeof(TaskGraphCore), alignof(TaskGraphCore));
  WEIR_CHECK(place != nullptr, "out of memory for a task graph");
  core_ = ::new (place) TaskGraphCore(detail::core_of(runtime), std::move(name));
}

TaskGraph::~TaskGraph() {
  TaskGraphCore& graph = *core_;
  if (graph.core.is_forked()) return;
  if (detail::this_worker == nullptr) {
    graph.cancel();
    Status status = Status::accepted;
    do {
      status = graph.wait_until(never);
    } while (status == Status::stalled);
    TaskGraphCore::destroy(&graph);
    return;
  }
  graph.cancel();
  std::uint32_t now = graph.state.load(relaxed);  // relaxed: the exchange decides
  while ((now & TaskGraphCore::running) != 0) {
    // (1) release pairs with (2) of task_graph_run.cpp: the run that ends frees the graph
    if (graph.state.compare_exchange_weak(now, now | TaskGraphCore::orphaned, release, relaxed))
      return;
  }
  detail::retire_raw(graph.core, &graph, &TaskGraphCore::destroy);
}

Slab& TaskGraph::slab() noexcept {
  WEIR_CHECK(!core_->built, "a task is added to a TaskGraph that has been built");
  return core_->slab;
}

Task TaskGraph::add(std::string name, const detail::GraphBody& body, int (*call)(void*),
                    bool condition) {
  core_->tell_bytes();
  core_->described.push_back({std::move(name), body, call, condition});
  return {static_cast<std::uint32_t>(core_->described.size() - 1)};
}

void TaskGraph::precede(Task before, Task after) {
  WEIR_CHECK(!core_->built, "a dependency is added to a TaskGraph that has been built");
  const std::size_t count = core_->described.size();
  if (before.index >= count || after.index >= count) {
    core_->unknown_task = true;
  } else {
    core_->edges.emplace_back(before.index, after.index);
  }
}

Result<Certificate> TaskGraph::build() {
  if (!core_->built) {
    if (const Result<Done> valid = core_->check(); !valid) return valid.error();
    core_->lay_out();
    core_->built = true;
  }
  return core_->certificate;
}

Outcome TaskGraph::run(Producer& producer, Submit options) noexcept {
  return core_->run(producer, options);
}
void TaskGraph::cancel() noexcept { core_->cancel(); }
Status TaskGraph::wait_until(Deadline deadline) { return core_->wait_until(deadline); }
Error TaskGraph::first_error() const { return core_->first_error(); }

namespace detail {

TaskGraphCore::TaskGraphCore(Core& engine, std::string name) : core(engine) {
  certificate.graph = std::move(name);
  tell_bytes();
  register_watched(core, *this);
}

TaskGraphCore::~TaskGraphCore() { unregister_watched(core, *this); }

void TaskGraphCore::destroy(void* graph) noexcept {
  static_cast<TaskGraphCore*>(graph)->~TaskGraphCore();
  release_bytes(graph, sizeof(TaskGraphCore), alignof(TaskGraphCore));
}

Result<Done> TaskGraphCore::check() const {
  const std::string& where = certificate.graph;
  const std::size_t count = described.size();
  if (count == 0) return Error{"empty_graph", "the graph has no tasks", where};
  if (count > graph_tasks_max)
    return Error{"too_many_tasks", "a graph has at most 2^24 tasks", where};
  if (unknown_task)
    return Error{"unknown_task", "precede() was given a task of another graph", where};
  auto sorted = edges;
  std::sort(sorted.begin(), sorted.end());
  if (const auto twice = std::adjacent_find(sorted.begin(), sorted.end()); twice != sorted.end()) {
    return Error{"duplicate_edge",
                 "'" + described[twice->first].name + "' precedes '" +
                     described[twice->second].name + "' twice",
                 where};
  }
  std::vector<std::uint32_t> plain(count), conditional(count);
  for (const auto& [before, after] : edges)
    ++(described[before].condition ? conditional : plain)[after];
  bool start = false;
  for (std::size_t i = 0; i < count; ++i) {
    if (plain[i] != 0 && conditional[i] != 0) {
      return Error{"mixed_predecessors",
                   "task '" + described[i].name + "' has a condition and a plain task before it",
                   where};
    }
    start = start || (plain[i] == 0 && conditional[i] == 0);
  }
  if (!start) return Error{"no_start_task", "every task has a predecessor: none can begin", where};
  // Kahn's algorithm over the plain edges: what remains lies on a cycle, or behind one.
  std::vector<std::vector<std::uint32_t>> next(count);
  for (const auto& [before, after] : edges) {
    if (!described[before].condition) next[before].push_back(after);
  }
  std::vector<std::uint32_t> ready;
  for (std::uint32_t i = 0; i < count; ++i) {
    if (plain[i] == 0) ready.push_back(i);
  }
  for (std::size_t i = 0; i < ready.size(); ++i) {
    for (const std::uint32_t after : next[ready[i]]) {
      if (--plain[after] == 0) ready.push_back(after);
    }
  }
  if (ready.size() == count) return Done{};
  // Walk backwards inside what remains until a task repeats: that is a cycle.
  std::vector<std::uint32_t> before_of(count, ~0U);
  for (std::uint32_t i = 0; i < count; ++i) {
    for (const std::uint32_t after : next[i]) {
      if (plain[i] != 0 && plain[after] != 0) before_of[after] = i;
    }
  }
  std::uint32_t at = 0;
  while (plain[at] == 0) ++at;
  for (std::size_t i = 0; i < count; ++i) at = before_of[at];
  std::string cycle = "'" + described[at].name + "'";
  for (std::uint32_t i = before_of[at]; i != at; i = before_of[i])
    cycle = "'" + described[i].name + "' -> " + cycle;
  return Error{"cycle", "a cycle without a condition: '" + described[at].name + "' -> " + cycle,
               where};
}

void TaskGraphCore::make_fan(Fan& fan, std::uint32_t count) {
  if (count == 0) return;
  fan.list = slab.make_array<std::uint32_t>(count);
  fan.count = 0;
  if (count <= fan_chunk) return;
  const std::uint32_t chunks = (count + fan_chunk - 1) / fan_chunk;
  fan.jobs = slab.make_array<FanJob>(chunks);
  for (std::uint32_t i = 0; i < chunks; ++i) {
    fan.jobs[i].run = &run_fan;
    fan.jobs[i].graph = this;
    fan.jobs[i].fan = &fan;
    fan.jobs[i].first = i;
  }
}

void TaskGraphCore::lay_out() {
  task_count_ = static_cast<std::uint32_t>(described.size());
  tasks_ = slab.make_array<GraphTask>(task_count_);
  jobs_ = slab.make_array<TaskJob>(task_count_);
  indegree_ = slab.make_array<std::uint8_t>(task_count_);
  pending_ = slab.make_array<atomic<std::uint8_t>>(task_count_);
  std::vector<std::uint32_t> out(task_count_), in(task_count_);
  bool conditions = false;
  for (const auto& [before, after] : edges) {
    ++out[before];
    ++in[after];
  }
  for (std::uint32_t i = 0; i < task_count_; ++i) {
    jobs_[i].run = &run_task_job;
    jobs_[i].graph = this;
    tasks_[i].call = described[i].call;
    tasks_[i].body = described[i].body;
    const bool condition = described[i].condition;
    conditions = conditions || condition;
    certificate.nodes.push_back({described[i].name, condition ? "condition" : "task", "serial", 0});
  }
  if (conditions) activations_ = slab.make_array<atomic<std::uint32_t>>(task_count_);
  lay_out_edges(out);
  lay_out_many();
  const auto starts = static_cast<std::uint32_t>(std::count(in.begin(), in.end(), 0U));
  make_fan(start_, starts);
  for (std::uint32_t i = 0; i < task_count_; ++i) {
    if (in[i] == 0) start_.list[start_.count++] = i;
  }
  name_for_recorder();
  arm();
  slab.seal();
  tell_bytes();
  certificate.bytes = bytes();
}

/// `out`: the number of successors of each task.
void TaskGraphCore::lay_out_edges(const std::vector<std::uint32_t>& out) {
  fans_ = slab.make_array<Fan>(static_cast<std::size_t>(
      std::count_if(out.begin(), out.end(), [](std::uint32_t n) { return n > 2; })));
  std::vector<After> kinds(task_count_);
  std::uint32_t fans = 0;
  for (std::uint32_t i = 0; i < task_count_; ++i) {
    constexpr After few[] = {After::none, After::one, After::two};
    kinds[i] = out[i] <= 2 ? few[out[i]] : After::fan;
    if (out[i] <= 2) continue;
    make_fan(fans_[fans], out[i]);
    tasks_[i].next[0] = fans++;
  }
  std::vector<std::uint32_t> filled(task_count_);
  for (const auto& [before, after] : edges) {
    const bool chosen = described[before].condition;
    if (kinds[before] == After::fan) {
      Fan& fan = fans_[tasks_[before].next[0]];
      fan.list[fan.count++] = after;
    } else {
      tasks_[before].next[filled[before]++] = after;
    }
    if (!chosen && indegree_[after] != indegree_many) ++indegree_[after];
    certificate.edges.push_back({before, after, 1, 1, chosen ? "a choice" : "no plain cycle"});
  }
  for (std::uint32_t i = 0; i < task_count_; ++i) {
    GraphTask& task = tasks_[i];
    if (kinds[i] == After::one && activations_ == nullptr && indegree_[task.next[0]] == 1)
      kinds[i] = After::only;
    task.next[0] |= static_cast<std::uint32_t>(kinds[i]) << GraphTask::index_bits;
    task.next[1] |= (described[i].condition ? 1U : 0U) << GraphTask::index_bits;
  }
}

/// Counts the predecessors of those tasks that have too many for a byte.
void TaskGraphCore::lay_out_many() {
  const auto count =
      static_cast<std::size_t>(std::count(indegree_, indegree_ + task_count_, indegree_many));
  if (count == 0) return;
  many_ = slab.make_array<ManyPending>(count);
  std::uint32_t made = 0;
  for (std::uint32_t i = 0; i < task_count_; ++i) {
    if (indegree_[i] == indegree_many) jobs_[i].many = made++;
  }
  for (const auto& [before, after] : edges) {
    if (indegree_[after] == indegree_many && !described[before].condition)
      ++many_[jobs_[after].many].indegree;
  }
}

/// Tasks have names of their own in the flight recorder where that leaves room for other graphs.
void TaskGraphCore::name_for_recorder() {
  trace_ = trace_name(core, name(), nullptr);
  if (task_count_ > limits::trace_names_max / 4) return;
  traces_ = slab.make_array<std::uint16_t>(task_count_);
  for (std::uint32_t i = 0; i < task_count_; ++i)
    traces_[i] = trace_name(core, name(), described[i].name.c_str());
}

void TaskGraphCore::arm() noexcept {
  for (std::uint32_t i = 0; i < task_count_; ++i) {
    pending_[i].store(indegree_[i], relaxed);  // relaxed: the run is published by its start
    if (indegree_[i] != indegree_many) continue;
    ManyPending& one = many_[jobs_[i].many];
    one.pending.store(one.indegree, relaxed);  // relaxed: as above
  }
}

}  // namespace detail
}  // namespace weir
