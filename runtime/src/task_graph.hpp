// task_graph.hpp: the inside of TaskGraph.
//
// Counting a run: `live` is the number of tasks that are ready or running. A task that ends passes
// its unit on to the first successor that becomes ready, so that a chain touches no shared word;
// each further one needs a unit before it is queued. A walk (what one job does: tasks one after the
// other on one worker) keeps the units of paths that ended, for those that begin, and gives the
// rest back when it ends. Who gives the last unit back ends the run. A task with several
// predecessors counts them down in `pending_`, and the one that brings it to zero arms it again for
// the next run. With conditions a task can be reached again before it has ended: `activations` then
// makes its runs follow each other.
#pragma once

#include <string>
#include <utility>
#include <vector>
#include <weir/detail/core.hpp>
#include <weir/detail/worker.hpp>
#include <weir/task_graph.hpp>

#include "core.hpp"

namespace weir::detail {

class TaskGraphCore;

/// How many successors are looked at in one go; more are halved into jobs of their own.
inline constexpr std::uint32_t fan_chunk = 16;
/// Tasks of one graph.
inline constexpr std::size_t graph_tasks_max = std::size_t{1} << 24;
/// Tasks of a chain that run before the worker looks around.
inline constexpr std::uint64_t chain_max = 64;

struct FanJob;

/// A list of successors and, when it is long, the jobs that spread it: job i handles chunks i ..
/// last-1.
struct Fan {
  std::uint32_t* list = nullptr;
  std::uint32_t count = 0;
  FanJob* jobs = nullptr;
  std::uint32_t chunks() const noexcept { return (count + fan_chunk - 1) / fan_chunk; }
};

struct FanJob : Job {
  TaskGraphCore* graph = nullptr;
  const Fan* fan = nullptr;
  std::uint32_t first = 0, last = 0;
};

/// What follows a task: nothing, one that waits for nobody else, one, two, or a list.
enum class After : std::uint8_t { none, only, one, two, fan };

/// What a walk reads of a task. A graph that does not fit into caches is as fast as this is small:
/// two to a cache line. Never written once the graph is laid out, but by its body.
struct alignas(32) GraphTask {
  int (*call)(void*) = nullptr;
  // Tasks, or first a fan; above index_bits the After, and whether it is a condition.
  std::uint32_t next[2] = {};
  GraphBody body{};

  static constexpr std::uint32_t index_bits = 24, index_mask = (1U << index_bits) - 1;
  After after() const noexcept { return static_cast<After>(next[0] >> index_bits); }
  bool condition() const noexcept { return next[1] >> index_bits != 0; }
  std::uint32_t first() const noexcept { return next[0] & index_mask; }
  std::uint32_t second() const noexcept { return next[1] & index_mask; }
};
static_assert(sizeof(GraphTask) == 32);
static_assert(graph_tasks_max == GraphTask::index_mask + std::size_t{1});

/// A task in the scheduler's queues.
struct TaskJob : Job {
  std::uint32_t many = 0;  // its ManyPending, where it has many predecessors
  TaskGraphCore* graph = nullptr;
};

/// The counters of a task with many predecessors; the others have a byte each
/// (TaskGraphCore::pending_).
struct ManyPending {
  atomic<std::uint32_t> pending{0};
  std::uint32_t indegree = 0;
};
/// In place of an indegree that is at least as large: the task has a ManyPending.
inline constexpr std::uint8_t indegree_many = 255;

class TaskGraphCore final : public Watched {
 public:
  TaskGraphCore(Core& core, std::string name);
  ~TaskGraphCore();
  TaskGraphCore(const TaskGraphCore&) = delete;
  TaskGraphCore& operator=(const TaskGraphCore&) = delete;
  static void destroy(void* graph) noexcept;

  // Building.
  struct Described {
    std::string name;
    GraphBody body;
    int (*call)(void*);
    bool condition;
  };
  std::vector<Described> described;
  std::vector<std::pair<std::uint32_t, std::uint32_t>> edges;
  Slab slab{4096};
  Certificate certificate;
  bool built = false;
  bool unknown_task = false;

  Result<Done> check() const;
  void lay_out();

  // Running.
  // settled: result and error of the run that ends are there, and stay until the next one starts.
  static constexpr std::uint32_t running = 1, orphaned = 2, watched_bit = 4, settled = 8;
  Core& core;
  atomic<std::uint32_t> state{0};

  Outcome run(Producer& producer, const Submit& options) noexcept;
  Status wait_until(Deadline deadline) noexcept;
  void cancel() noexcept;
  Error first_error() const;

  // Watched.
  void waiting(void (*sink)(void*, const StallLine&), void* argument) const noexcept override;
  void close_ingress() noexcept override {}
  std::size_t bytes() const noexcept override {
    return bytes_.load(relaxed);  // relaxed: a number, for any thread while another one defines
  }
  void tell_bytes() noexcept {
    bytes_.store(sizeof(TaskGraphCore) + slab.bytes(), relaxed);  // relaxed: as bytes()
  }
  std::uint64_t tombstones() const noexcept override { return 0; }
  const char* name() const noexcept override { return certificate.graph.c_str(); }

 private:
  /// What one job does: up to chain_max tasks.
  struct Walk {
    Worker& worker;
    std::uint64_t units = 0;  // held beside that of the task under way
  };
  static void run_start(Job& job, Context& context) noexcept;
  static void run_fan(Job& job, Context& context) noexcept;
  static void run_task_job(Job& job, Context& context) noexcept;
  void walk(GraphTask* task, Walk& walk) noexcept;
  GraphTask* take_own(Walk& walk) noexcept;
  int call_body(GraphTask& task) noexcept;
  int recorded_body(GraphTask& task, Worker& worker) noexcept;
  GraphTask* follow(const GraphTask& task, int choice, Walk& walk) noexcept;
  bool choose(const GraphTask& task, std::uint32_t choice, std::uint32_t& next) const noexcept;
  GraphTask* both(std::uint32_t first, std::uint32_t second, Walk& walk) noexcept;
  GraphTask* spread(const Fan& fan, std::uint32_t first, std::uint32_t last, Walk& walk) noexcept;
  GraphTask* dispatch(const Fan& fan, std::uint32_t chunk, Walk& walk) noexcept;
  void take_units(std::uint64_t n, Walk& walk) noexcept;
  bool arrived(std::uint32_t task) noexcept;
  bool arrived_at_many(std::uint32_t task) noexcept;
  bool waits(std::uint32_t task) const noexcept;
  GraphTask* activate(std::uint32_t task) noexcept;
  void queue(std::uint32_t task, Walk& walk) noexcept;
  void finish(Context& context) noexcept;
  bool skipping() const noexcept;
  void make_fan(Fan& fan, std::uint32_t count);
  void lay_out_many();
  void lay_out_edges(const std::vector<std::uint32_t>& out);
  void arm() noexcept;
  void name_for_recorder();

  std::uint32_t number_of(const GraphTask& task) const noexcept {
    return static_cast<std::uint32_t>(&task - tasks_);
  }

  GraphTask* tasks_ = nullptr;
  TaskJob* jobs_ = nullptr;                       // of the tasks
  atomic<std::uint32_t>* activations_ = nullptr;  // of the tasks, where there are conditions
  // Of the tasks: their plain predecessors, and how many of those have not ended in this run,
  // counted down. 64 to a cache line, as lines that predecessors on several workers write go to and
  // fro.
  std::uint8_t* indegree_ = nullptr;
  atomic<std::uint8_t>* pending_ = nullptr;
  ManyPending* many_ = nullptr;
  Fan* fans_ = nullptr;
  std::uint32_t task_count_ = 0;
  std::uint16_t trace_ = 0;          // its name in the flight recorder
  std::uint16_t* traces_ = nullptr;  // of small graphs: its tasks' names there
  Fan start_;
  struct StartJob : Job {
    explicit StartJob(TaskGraphCore& owner) noexcept : Job(&run_start), graph(owner) {}
    TaskGraphCore& graph;
  };
  StartJob start_job_{*this};
  TaskFrame frame_;
  Deadline deadline_ = never;
  atomic<std::uint64_t> begun_ns_{0};  // for reports
  BodyError error_;
  std::uint32_t failed_task_ = 0;
  static constexpr std::uint32_t expired_skip = 2;
  atomic<std::uint32_t> skip_{0};  // not 0: the rest of the run is not to be run
  atomic<std::uint32_t> failed_{0};
  atomic<Status> result_{Status::accepted};
  atomic<std::size_t> bytes_{0};
  alignas(contended_bytes) atomic<std::uint64_t> live_{0};
};

}  // namespace weir::detail
