// graph_run.hpp: what both stages share: the pool of tokens, the loop that waits and draws, side
// files; private.
#pragma once

#include <exception>
#include <memory>
#include <string>
#include <string_view>
#include <weir/atomic.hpp>
#include <weir/file.hpp>
#include <weir/ring.hpp>
#include <weir/segmentation/pipeline.hpp>
#include <weir/stream_graph.hpp>

namespace weir::segmentation {

/// Tokens that wait to be used again. take() allocates while there are fewer than the graph holds;
/// give() keeps as many. Roles: any thread. Progress: lock-free.
template <class T>
class Pool {
 public:
  explicit Pool(std::size_t size) : ring_(size) {}

  template <class Make>
  std::unique_ptr<T> take(Make&& make) {
    std::unique_ptr<T> item;
    if (ring_.pop(item) == Status::accepted) return item;
    return make();
  }
  void give(std::unique_ptr<T> item) noexcept {
    if (ring_.push(std::move(item)) != Status::accepted) item.reset();
  }

 private:
  Ring<std::unique_ptr<T>> ring_;
};

/// The first error of an output, from any worker: it ends the stage.
class Fatal {
 public:
  void set(const Error& error) {
    std::uint32_t free = 0;
    // relaxed: one writer wins, and the loser reads nothing; the text is published by (1)
    if (!state_.compare_exchange_strong(free, 1, relaxed, relaxed)) return;
    error_ = error;
    state_.store(2, release);  // (1) release pairs with (2): the error's text
  }
  bool is_set() const noexcept {
    return state_.load(relaxed) != 0;  // relaxed: only asks whether to go on
  }
  /// The error, once the graph has ended; null when there was none.
  const Error* get() const noexcept {
    return state_.load(acquire) == 2 ? &error_
                                     : nullptr;  // (2) acquire pairs with (1): the error's text
  }

 private:
  atomic<std::uint32_t> state_{0};
  Error error_;
};

/// Builds, starts and waits for `graph`, drawing progress; fills `report`. Errors: what build or
/// the run refused.
Result<Done> run_graph(StreamGraph& graph, std::string_view name, const Watch& watch,
                       GraphReport& report);

/// A parallel node of that name, as the configuration (with `capacity` and `concurrency`) has it.
template <class Config>
NodeConfig parallel_node(const Config& config, std::string_view name) {
  std::string key(name);
  for (char& c : key) c = c == ' ' ? '-' : c;
  const auto limit = config.concurrency.find(key);
  NodeConfig node{.capacity = config.capacity};
  if (limit != config.concurrency.end()) node.concurrency_max = limit->second;
  return node;
}

/// Opens the journal of `root`, the outputs of a stage that reads `input`, and removes what a killed process left half
/// written. Errors: not_a_directory, in_use, other_layout, unreadable, unwritable.
Result<Journal> open_output(const std::string& input, const std::string& root, SyncPolicy sync,
                            Layout layout, StageReport& report);

/// Refuses to replace a file that is no manifest, such as a measurement. Errors: usage, unreadable.
Result<Done> check_manifest(const std::string& path);
/// Removes what a killed process left half written beside the side files and at `manifest` (empty: it is in the
/// root). Errors: unreadable.
Result<Done> clean_side_files(const SideFiles& side, const std::string& manifest = {});

/// A root of outputs that may turn out to have none.
class NewRoot {
 public:
  /// Before the root is opened.
  explicit NewRoot(const std::string& root);
  /// Removes the empty journal, and the folders that were made for it. False: the root was there before, and stays.
  bool take_back() const;

 private:
  std::string root_;
  std::string first_;  // folder of its path that was not there; empty: all were
};

/// True when a signal asked for the end.
inline bool stop_requested(const Watch& watch) noexcept {
  return watch.stop != nullptr && watch.stop->stop_requested();
}

inline Sync file_sync(SyncPolicy policy) noexcept {
  return policy == SyncPolicy::file ? Sync::file : Sync::none;
}
inline Sync end_sync(SyncPolicy policy) noexcept {
  return policy == SyncPolicy::none ? Sync::none : Sync::file;
}

/// Writes the side files of one record. `output`: the path of the staged file, or of the run's
/// segments.
Result<Done> write_stage_event(const SideFiles& side, const Record& record,
                               const std::string& output);
Result<Done> write_segment_event(const SideFiles& side, const Record& record,
                                 const std::string& output_root);

/// Removes a file, and then the folders above it that are empty, up to `root`. Gone already is as
/// good as removed. Errors: unwritable; no record may then say that it is gone.
Result<Done> remove_output(const std::string& root, const std::string& directory,
                           const std::string& name);
/// Removes the folders segment=N of a run with N >= `keep`; returns how many there were. The same
/// errors.
Result<std::size_t> remove_segments(const std::string& run_directory, std::size_t keep);

/// A 64-bit word as 16 hex digits.
std::string hex_word(std::uint64_t word);
/// FNV-1a of a text.
std::uint64_t hash_text(std::string_view text) noexcept;

}  // namespace weir::segmentation
