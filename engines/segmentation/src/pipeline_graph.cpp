// Both stages in one graph: a run is segmented as soon as it is staged, from the table that is in memory.
//
// What is written, and what the journals say, is what the two stages write one after the other: runs whose raw files
// are gone are segmented afterwards, by the second stage itself.
#include <weir/clock.hpp>

#include "segmenter.hpp"
#include "stager.hpp"

namespace weir::segmentation {
namespace {

struct Pair {
  std::unique_ptr<StageWork> file;
  std::unique_ptr<SegmentWork> run;  // null: there is nothing to segment
};

double seconds_since(Deadline begin) { return static_cast<double>(now_ns() - begin) / 1e9; }

Result<Done> run_both(Runtime& runtime, Stager& stager, Segmenter& segmenter, const Watch& watch,
                      const StageConfig& config, GraphReport& report) {
  StreamGraph graph(runtime, "pipeline");
  const auto middle = [&config](const char* name) { return parallel_node(config, name); };
  auto found = graph.source<Pair>("discover", {}, [&](Emit<Pair>& out) {
    auto file = segmenter.failed() ? nullptr : stager.next();
    if (file == nullptr) return Give::end;
    out(Pair{std::move(file), nullptr});
    return Give::more;
  });
  auto bytes = graph.map("read", found, middle("read"), [&](Pair&& pair) {
    stager.do_read(*pair.file);
    return std::move(pair);
  });
  auto parsed = graph.map("parse", bytes, middle("parse"), [&](Pair&& pair) {
    stager.do_digest(*pair.file);
    return std::move(pair);
  });
  auto staged = graph.map("write", parsed, middle("write"), [&](Pair&& pair) {
    stager.do_write(*pair.file);
    return std::move(pair);
  });
  auto detected = graph.map("detect", staged, middle("detect"), [&](Pair&& pair) {
    StagedInput input;
    if (stager.hand_over(*pair.file, input)) pair.run = segmenter.adopt(input);
    if (pair.run != nullptr) {
      segmenter.do_read(*pair.run);
      segmenter.do_digest(*pair.run);
    }
    return std::move(pair);
  });
  auto segmented =
      graph.map("write segments", detected, middle("write segments"), [&](Pair&& pair) {
        if (pair.run != nullptr) segmenter.do_write(*pair.run);
        return std::move(pair);
      });
  graph.sink("record", segmented, {.mode = Mode::serial, .capacity = config.capacity},
             [&](Pair&& pair) {
               stager.finish(std::move(pair.file));
               if (pair.run != nullptr) segmenter.finish(std::move(pair.run), false);
             });
  return stager.outcome(segmenter.outcome(run_graph(graph, "pipeline", watch, report)));
}

/// A partition's segments need all of its runs: the second stage begins when the first has ended.
Result<PipelineReport> one_after_the_other(Runtime& runtime, const StageConfig& first,
                                           const SegmentConfig& second, const Watch& watch) {
  PipelineReport report;
  auto staged = stage(runtime, first, watch);
  if (!staged) return staged.error();
  report.stage = std::move(staged).value();
  report.preprocess.interrupted = report.stage.interrupted;
  const bool nothing = report.stage.files == 0 && !stat_file(second.stage_root).ok();
  if (report.stage.interrupted || nothing) return report;
  auto segmented = preprocess(runtime, second, watch);
  if (!segmented) return segmented.error();
  report.preprocess = std::move(segmented).value();
  report.preprocess.elapsed_s += report.stage.elapsed_s;
  return report;
}

}  // namespace

Result<PipelineReport> pipeline(Runtime& runtime, const StageConfig& first,
                                const SegmentConfig& second, const Watch& watch) {
  const Deadline begin = now_ns();
  if (first.layout == Layout::partition || second.layout == Layout::partition)
    return one_after_the_other(runtime, first, second, watch);
  PipelineReport report;
  const NewRoot fresh_stage(clean_path(first.stage_root));
  const NewRoot fresh(clean_path(second.output_root));
  if (auto checked = check_manifest(first.manifest); !checked) return checked.error();
  auto staged = open_output(first.raw_root, clean_path(first.stage_root), first.sync, first.layout,
                            report.stage);
  if (!staged) return staged.error();
  auto segmented = open_output(second.stage_root, clean_path(second.output_root), second.sync,
                               second.layout, report.preprocess);
  if (!segmented) return segmented.error();
  auto cleaned = clean_side_files(first.side, first.manifest);
  if (cleaned) cleaned = clean_side_files(second.side);
  if (!cleaned) return cleaned.error();
  Stager stager(first, staged.value(), report.stage, watch);
  Segmenter segmenter(second, segmented.value(), report.preprocess, watch);
  Result<Done> ran = stager.open(stager.root(), {"pipeline", "files", "parse"});
  if (ran) ran = run_both(runtime, stager, segmenter, watch, first, report.stage.graph);
  report.preprocess.interrupted = report.stage.interrupted;
  const bool nothing = ran && report.stage.files == 0 && fresh_stage.take_back();
  const auto kept = nothing ? ran : close_stage(staged.value(), first, ran);
  report.stage.elapsed_s = seconds_since(begin);
  ran = kept;
  if (ran && !report.stage.interrupted) {
    segmented.value().settle();
    segmenter.knows(staged.value());
    ran = segmenter.run(runtime);
    segmented.value().settle();
    if (ran) ran = segmenter.remove_orphans();
  }
  const bool none = ran && report.preprocess.files == 0 && fresh.take_back();
  if (auto done = none ? ran : close_segments(segmented.value(), second, ran); !done)
    return done.error();
  report.preprocess.elapsed_s = seconds_since(begin);
  return report;
}

}  // namespace weir::segmentation
