// file_graph.hpp: the shape of both stages: the files of a tree, one token each, through three
// parallel steps to a serial one that keeps the books; private.
//
// Roles: wants and begin are called by the source, in the order of the tree; read, digest and write
// by any worker; record by one at a time. Errors: a step refuses its token, or ends the stage by
// fatal_. Memory: tokens with small buffers are used again.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "graph_run.hpp"

namespace weir::segmentation {

struct GraphNames {
  const char* graph;   // "stage"
  const char* unit;    // "files"
  const char* middle;  // "parse"
};

/// Work is what a token carries. It has `bytes` (a Buffer), decided(), after which no step touches
/// it, and refuse(what).
template <class Work>
class FileGraph {
 public:
  FileGraph(const FileGraph&) = delete;
  FileGraph& operator=(const FileGraph&) = delete;
  virtual ~FileGraph() = default;

 protected:
  using Token = std::unique_ptr<Work>;

  FileGraph(const Watch& watch, StageReport& report)
      : watch_(watch), report_(report), pool_(tokens_kept) {}

  virtual bool wants(const std::string& path) const = 0;
  virtual Token make() const = 0;
  virtual void begin(Work& work, const std::string& path) = 0;
  virtual void read(Work& work) = 0;
  virtual void digest(Work& work) = 0;
  virtual void write(Work& work) = 0;
  virtual void record(Work& work) = 0;

  Result<Done> run_over(const std::string& root, Runtime& runtime, const GraphNames& names,
                        std::uint32_t capacity) {
    auto walk = FileWalk::open(root);
    if (!walk) return walk.error();
    walk_ = std::move(walk).value();
    if (watch_.progress != nullptr) {
      std::uint64_t total = 0;
      const auto counted = walk_files(
          root, [&](const std::string& path) { total += wants(path) ? 1 : 0; },
          [&](const Error& error) { total += wants(error.where) ? 1 : 0; });
      if (counted) watch_.progress->start(names.graph, names.unit, total);
    }
    StreamGraph graph(runtime, names.graph);
    const NodeConfig middle{.capacity = capacity};
    auto found =
        graph.source<Token>("discover", {}, [this](Emit<Token>& out) { return discover(out); });
    auto bytes = graph.map("read", found, middle, step(&FileGraph::read));
    auto digested = graph.map(names.middle, bytes, middle, step(&FileGraph::digest));
    auto written = graph.map("write", digested, middle, step(&FileGraph::write));
    graph.sink("record", written, {.mode = Mode::serial, .capacity = capacity},
               [this](Token&& work) { sink(std::move(work)); });
    auto ran = run_graph(graph, names.graph, watch_, report_.graph);
    if (const Error* error = fatal_.get()) return *error;
    return ran;
  }

  /// Whether every directory could be looked into, once the graph has ended without a signal.
  bool saw_all() const noexcept { return saw_all_; }

  const Watch& watch_;
  StageReport& report_;
  Fatal fatal_;

 private:
  static constexpr std::size_t tokens_kept = 64;
  static constexpr std::size_t kept_bytes_max = 1u << 20;  // a token with a larger buffer is freed

  Give discover(Emit<Token>& out) {
    if (stop_requested(watch_)) {
      report_.interrupted = true;
      return Give::end;
    }
    if (fatal_.is_set()) return Give::end;
    std::string path;
    Error error;
    for (;;) {
      const FileWalk::Step found = walk_->next(path, error);
      if (found == FileWalk::Step::end) return Give::end;
      if (found == FileWalk::Step::error) {
        path = error.where;
        if (!wants(path)) {
          report_.warnings.push_back(error.text());
          saw_all_ = false;
          continue;
        }  // else a broken link in the place of a file: to read it fails, and is a record
      }
      if (!wants(path)) continue;
      Token work = pool_.take([this] { return make(); });
      begin(*work, path);
      out(std::move(work));
      return Give::more;
    }
  }

  /// Wraps a step: no exception leaves a body, and nothing is done to a token that is decided.
  auto step(void (FileGraph::*body)(Work&)) {
    return [this, body](Token&& work) {
      if (!work->decided() && !fatal_.is_set()) {
        try {
          (this->*body)(*work);
        } catch (const std::exception& error) {
          work->refuse(error.what());
        }
      }
      return std::move(work);
    };
  }

  void sink(Token work) {
    if (!fatal_.is_set()) {
      record(*work);
      if (watch_.progress != nullptr) watch_.progress->add();
    }
    if (work->bytes.capacity() <= kept_bytes_max) pool_.give(std::move(work));
  }

  Pool<Work> pool_;
  std::optional<FileWalk> walk_;
  bool saw_all_ = true;
};

}  // namespace weir::segmentation
