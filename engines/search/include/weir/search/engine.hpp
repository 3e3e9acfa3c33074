// engine.hpp: Engine, which serves many requests at once on one runtime.
//
// Shape:    at most `active` requests search at a time, each in an arena of its own; up to `queue` more wait. A token
//           of the graph is one turn of a request, so that turns of all active requests alternate on all workers.
// Roles:    submit, poll, wait_until, cancel, stats: any thread; a Handle: one thread at a time.
// Progress: submit never waits: beyond the bounds the answer is a rejection with a time to come back. Each request gets
//           exactly one reply. A cancelled one is answered within one call of its kernel, waiting or not, and takes no
//           room from then on. While a thread is stopped just as it takes such requests out of the lists, none
//           begins; while it is, or while the evaluator has some hundred questions of them, others may be rejected. A
//           deadline is kept while a request waits, in the queue or for a network's answer: that reply is written by
//           the engine's own thread, which calls the kernel's best(), ends the kernel and tells the listener.
// Order:    clients share by deficit round robin, counted in simulations; within a client by level, then arrival.
// Memory:   slots are taken at the start; texts that wait have queue_bytes_max together; an arena has arena_bytes_max.
// Errors:   a request that cannot be read is a reply with status `error`.
// Source:   M. Shreedhar, G. Varghese, "Efficient fair queueing using deficit round robin", SIGCOMM 1995.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <utility>
#include <vector>
#include <weir/result.hpp>
#include <weir/runtime.hpp>
#include <weir/search/experience_index.hpp>
#include <weir/search/network.hpp>
#include <weir/search/request.hpp>
#include <weir/stream_config.hpp>

namespace weir::search {

struct EngineConfig {
  std::uint32_t queue = 16'384;  // requests that wait at most, >= 1
  std::uint32_t replies =
      0;  // requests that are answered and not yet read at most, beside those; 0: as `queue`
  std::uint32_t active = 0;  // requests that search at a time; 0: max(16, 4 x workers)
  std::size_t queue_bytes_max = std::size_t{64} << 20;
  std::size_t arena_bytes_max = std::size_t{192} << 20;
  std::uint32_t clients_max = 256;
  Guidance* guidance =
      nullptr;  // networks by kind; it outlives the engine. null: default guidance only
  ExperienceVersions* experience =
      nullptr;  // what was solved before; it outlives the engine. null: nothing
  std::uint32_t guide_after =
      1;  // simulations after which a request waits for the network's answer
};

/// Told when a request's reply can be collected, by whoever settled it; must neither wait nor throw, and outlives the
/// call, which may come after the reply was read.
class Listener {
 public:
  virtual ~Listener() = default;
  virtual void replied(std::uint64_t tag) noexcept = 0;
};

/// How many there were of what was counted, by size: 0, 1, 2, 3 to 4, 5 to 8 and so on; the last class has all beyond.
struct Counts {
  static constexpr std::size_t classes = 19;
  std::array<std::uint64_t, classes> of{};
  std::uint64_t sum = 0;  // of the sizes
  /// The largest size of a class that is not the last.
  static constexpr std::uint64_t most(std::size_t at) noexcept {
    return at == 0 ? 0 : std::uint64_t{1} << (at - 1);
  }
};

struct EngineStats {
  std::uint32_t running = 0, waiting = 0;
  std::array<std::uint64_t, reply_statuses> requests{};  // by status
  double p50_ms = 0, p99_ms = 0;  // from submit to reply, of those that searched
  std::uint64_t timed = 0;        // those
  double timed_s = 0;             // and the sum of their times
  double batch_mean = 0;
  std::uint64_t evaluations = 0, batches = 0;
  Counts batch_rows;   // of each batch
  Counts queue_depth;  // of requests that waited when another one came
  std::size_t arena_bytes = 0;
  std::uint64_t simulations = 0, nodes = 0;
};

class Engine;

/// A request under way. Destroyed before its reply was read, it cancels the request and drops the reply.
class Handle {
 public:
  Handle() noexcept = default;
  Handle(Handle&& other) noexcept : engine_(other.engine_), slot_(other.slot_) {
    other.engine_ = nullptr;
  }
  Handle& operator=(Handle&& other) noexcept;
  ~Handle();

  bool valid() const noexcept { return engine_ != nullptr; }
  /// accepted: the reply is in `reply`, and the handle empty; would_block: not yet.
  Status poll(SearchReply& reply);
  /// The same, waiting; timed_out: not by then, and the request goes on.
  Status wait_until(Deadline deadline, SearchReply& reply);
  /// The reply will be `cancelled`, unless it is settled already. Never waits.
  void cancel() noexcept;

 private:
  friend class Engine;
  Handle(Engine* engine, std::uint32_t slot) noexcept : engine_(engine), slot_(slot) {}
  Engine* engine_ = nullptr;
  std::uint32_t slot_ = 0;
};

using ClientId = std::uint32_t;

class Engine {
 public:
  /// The engine goes before its runtime. Errors: "bad_config", and those of a graph's build().
  static Result<std::unique_ptr<Engine>> start(Runtime& runtime, const EngineConfig& config = {});
  /// Cancels what is live; every reply that is still to be read is dropped.
  ~Engine();
  Engine(const Engine&) = delete;
  Engine& operator=(const Engine&) = delete;

  /// A client with a share of the turns (1 as any other); none free: "clients"; a share that is no number above 0:
  /// "bad_config".
  Result<ClientId> add_client(double share = 1);
  /// Its requests should have ended.
  void remove_client(ClientId client) noexcept;

  /// A handle; none when there is no room, and `rejection` is the reply then. `listener`, where there is one, is told
  /// with `tag` once the reply is there, perhaps before this returns.
  Handle submit(ClientId client, Request&& request, SearchReply& rejection,
                Listener* listener = nullptr, std::uint64_t tag = 0);

  /// The client's share of the turns from now on; "bad_config" as above. Any thread.
  Result<Done> set_share(ClientId client, double share);
  EngineStats stats() const;
  /// As if no request had a later deadline than this, those that come later included: what has an answer by then is
  /// answered with it. Can be brought forward only. Any thread.
  void end_by(Deadline until) noexcept;
  /// Submit answers `rejected` from now on; waits until all live requests are settled.
  Status drain_until(Deadline deadline = never);
  std::string graph_dot() const;
  std::string graph_json() const;
  /// Of the graph's tokens, which are turns and questions; and refusals by edge.
  Ledger ledger() const;
  std::vector<std::pair<std::string, std::uint64_t>> would_block() const;
  /// Bytes of slots, rings, graph, live arenas and networks' answers that are kept; texts that wait are not among them.
  std::size_t memory() const noexcept;

 private:
  friend class Handle;
  struct Impl;
  explicit Engine(std::unique_ptr<Impl> impl) noexcept;
  std::unique_ptr<Impl> impl_;
};

}  // namespace weir::search
