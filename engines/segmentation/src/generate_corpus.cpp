// Writing a corpus: files in parallel on the runtime, then the truth in order.
#include <weir/clock.hpp>
#include <weir/task.hpp>

#include "graph_run.hpp"

namespace weir::segmentation {
namespace {

constexpr std::size_t grain_files = 16;

}  // namespace

Result<GenerateReport> generate(Runtime& runtime, const CorpusConfig& config,
                                const std::string& out, const Watch& watch) {
  const Deadline begin = now_ns();
  GenerateReport report;
  const Generator generator(config);
  for (const std::string& folder : generator.folders()) {
    if (auto made = make_directories(out + "/" + folder); !made) return made.error();
  }
  if (watch.progress != nullptr) watch.progress->start("generate", "files", config.files);
  std::vector<std::string> truth(config.files);
  atomic<std::uint64_t> bytes{0};
  Fatal fatal;
  Error thrown;
  const Status status = runtime.run(
      [&] {
        parallel_for(0, config.files, grain_files, [&](std::size_t index) {
          if (fatal.is_set() || stop_requested(watch)) return;
          GeneratedFile file;
          generator.make_file(index, file);
          const auto written = write_file_atomically(out + "/" + file.path, file.bytes);
          if (!written) fatal.set(written.error());
          truth[index] = file.truth();
          bytes.fetch_add(file.bytes.size(), relaxed);  // relaxed: a sum, read after the run
          if (watch.progress != nullptr) {
            watch.progress->add();
            if (index % 64 == 0 && worker_index() <= 0) watch.progress->draw();
          }
        });
      },
      &thrown);
  if (watch.progress != nullptr) watch.progress->finish();
  if (const Error* error = fatal.get()) return *error;
  if (status != Status::accepted)
    return Error{"failed", thrown.what, std::string(to_string(status))};
  report.interrupted = stop_requested(watch);
  std::string text = Generator::truth_header();
  for (const std::string& line : truth) {
    report.files += line.empty() ? 0 : 1;
    text += line;
  }
  if (auto written = write_file_atomically(out + "/truth.tsv", text); !written)
    return written.error();
  report.bytes = bytes.load(relaxed);  // relaxed: run() has ended
  report.elapsed_s = static_cast<double>(now_ns() - begin) / 1e9;
  return report;
}

}  // namespace weir::segmentation
