// file_graph.hpp: the shape of both stages: the files of a tree, one token each, through three parallel steps to a
// serial one that keeps the books; private.
//
// Roles     next, finish (and so wants, begin, record): one thread at a time each; read, digest and write: any worker.
// Errors    a step refuses its token, or ends the stage by fatal_.
// Memory    tokens with small buffers are used again.
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

/// Work is what a token carries. It has decided(), after which no step touches it, refuse(what), release(), which lets
/// go of what others share, and kept_bytes(), about what it keeps for its next use.
template <class Work>
class FileGraph {
 public:
  using Token = std::unique_ptr<Work>;

  FileGraph(const FileGraph&) = delete;
  FileGraph& operator=(const FileGraph&) = delete;
  virtual ~FileGraph() = default;

  /// The whole graph over the files below `root`; `config` has `capacity` and `concurrency`.
  template <class Config>
  Result<Done> run_over(const std::string& root, Runtime& runtime, const GraphNames& names,
                        const Config& config) {
    if (auto opened = open(root, names); !opened) return opened;
    StreamGraph graph(runtime, names.graph);
    auto found = graph.source<Token>("discover", {}, [this](Emit<Token>& out) {
      Token work = next();
      if (work == nullptr) return Give::end;
      out(std::move(work));
      return Give::more;
    });
    const auto step = [this](void (FileGraph::*body)(Work&)) {
      return [this, body](Token&& work) {
        (this->*body)(*work);
        return std::move(work);
      };
    };
    auto bytes = graph.map("read", found, parallel_node(config, "read"), step(&FileGraph::do_read));
    auto digested = graph.map(names.middle, bytes, parallel_node(config, names.middle),
                              step(&FileGraph::do_digest));
    auto written =
        graph.map("write", digested, parallel_node(config, "write"), step(&FileGraph::do_write));
    graph.sink("record", written, {.mode = Mode::serial, .capacity = config.capacity},
               [this](Token&& work) { finish(std::move(work)); });
    return outcome(run_graph(graph, names.graph, watch_, report_.graph));
  }

  // The pieces, for a graph that has more to it.

  /// Begins to walk `root`, and tells the progress line how many files there are.
  Result<Done> open(const std::string& root, const GraphNames& names) {
    auto walk = FileWalk::open(root);
    if (!walk) return walk.error();
    walk_ = std::move(walk).value();
    if (watch_.progress == nullptr) return Done{};
    std::uint64_t total = 0;
    const auto counted = walk_files(
        root, [&](const std::string& path) { total += wants(path) ? tokens_of(path) : 0; },
        [&](const Error& error) { total += wants(error.where) ? 1 : 0; });
    if (counted) watch_.progress->start(names.graph, names.unit, total);
    return Done{};
  }

  /// The token of the next file; null: there is none, or a signal or an error ends the stage.
  Token next() {
    if (ended()) return nullptr;
    std::string path;
    Error error;
    for (;;) {
      if (Token work = another()) return work;
      const FileWalk::Step found = walk_->next(path, error);
      if (found == FileWalk::Step::end) return nullptr;
      if (found == FileWalk::Step::error) {
        path = error.where;
        if (!wants(path)) {
          overlook(error);
          continue;
        }  // else a broken link or a FIFO in the place of a file: to read it fails, and is a record
      }
      if (!wants(path) || opens(path)) continue;
      Token work = take();
      begin(*work, path);
      return work;
    }
  }
  void do_read(Work& work) {
    guarded([this](Work& w) { read(w); }, work);
  }
  void do_digest(Work& work) {
    guarded([this](Work& w) { digest(w); }, work);
  }
  void do_write(Work& work) {
    guarded([this](Work& w) { write(w); }, work);
  }
  /// `counted`: on the progress line.
  void finish(Token work, bool counted = true) {
    if (!fatal_.is_set()) {
      record(*work);
      if (counted && watch_.progress != nullptr) watch_.progress->add();
    }
    give(std::move(work));
  }
  /// Whether an output could not be written.
  bool failed() const noexcept { return fatal_.is_set(); }
  /// How the stage ended, where its graph ended so.
  Result<Done> outcome(Result<Done> ran) const {
    if (const Error* error = fatal_.get()) return *error;
    return ran;
  }

 protected:
  FileGraph(const Watch& watch, StageReport& report)
      : watch_(watch), report_(report), pool_(tokens_kept) {}

  virtual bool wants(const std::string& path) const = 0;
  /// A file of several tokens is opened, and they come from another(); false: it is one token's.
  virtual bool opens(const std::string& /*path*/) { return false; }
  virtual Token another() { return nullptr; }
  /// About how many tokens a file makes.
  virtual std::uint64_t tokens_of(const std::string& /*path*/) const { return 1; }
  virtual Token make() const = 0;
  virtual void begin(Work& work, const std::string& path) = 0;
  virtual void read(Work& work) = 0;
  virtual void digest(Work& work) = 0;
  virtual void write(Work& work) = 0;
  virtual void record(Work& work) = 0;

  /// A token, new or used before.
  Token take() {
    return pool_.take([this] { return make(); });
  }
  /// Keeps a token for its next use.
  void give(Token work) {
    work->release();
    if (work->kept_bytes() <= kept_bytes_max) pool_.give(std::move(work));
  }
  /// Runs a step: no exception leaves it, and nothing is done to a token that is decided.
  template <class Body>
  void guarded(Body&& body, Work& work) {
    if (work.decided() || fatal_.is_set()) return;
    try {
      body(work);
    } catch (const std::exception& error) {
      work.refuse(error.what());
    }
  }
  /// True when a source has no more to give: after a signal, which is noted, or an error.
  bool ended() {
    if (stop_requested(watch_)) report_.interrupted = true;
    return report_.interrupted || fatal_.is_set();
  }
  /// Whether every directory could be looked into, once the graph has ended without a signal.
  bool saw_all() const noexcept { return saw_all_; }
  /// Tells of a file or folder that cannot be looked into.
  void overlook(const Error& error) {
    if (error.code == "not_a_file") return;
    if (error.code != "broken_link" && report_.unread.code.empty()) report_.unread = error;
    report_.warnings.push_back(error.text());
    saw_all_ = false;
  }

  const Watch& watch_;
  StageReport& report_;
  Fatal fatal_;

 private:
  static constexpr std::size_t tokens_kept = 64;
  static constexpr std::size_t kept_bytes_max = 1u << 20;  // a token that keeps more is freed

  Pool<Work> pool_;
  std::optional<FileWalk> walk_;
  bool saw_all_ = true;
};

}  // namespace weir::segmentation
