// bare.cpp: weir-bench-segmentation: what the engine's speed is held against, and its two kernels alone.
//
//   read RAW             opens, reads and closes every CSV below RAW
//   copy RAW LIKE OUT    the same, and for every Parquet file below LIKE creates one as long below OUT, under a
//                        temporary name, in the same folders, and renames it: what staging asks of the file system
//   parse RAW            stages every CSV from memory: header, types, constant columns; no file is read or written
//   detect RAW           finds the segments of the voltages of those files, by the default rule
//
// Shape: `read` and `copy` on --threads threads that take the next file from a counter; `parse` and `detect` on one,
//        after the files were loaded.
// Output: one JSON object: seconds (of the work alone), cpu_seconds (of the first thread in it), files, bytes, points.
#include <fcntl.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <stdexcept>
#include <string>
#include <string_view>
#include <thread>
#include <vector>
#include <weir/clock.hpp>
#include <weir/file.hpp>
#include <weir/segmentation/detector.hpp>
#include <weir/segmentation/instant.hpp>
#include <weir/segmentation/staging.hpp>

namespace {

namespace fs = std::filesystem;

struct Work {
  std::uint64_t files = 0;
  std::uint64_t bytes = 0;
  std::uint64_t points = 0;
};

struct Output {
  std::string path;  // below the root
  std::uintmax_t size = 0;
};

[[noreturn]] void give_up(const std::string& what) { throw std::runtime_error(what); }

std::vector<std::string> paths_below(const std::string& root, std::string_view ending) {
  std::vector<std::string> paths;
  for (const fs::directory_entry& entry : fs::recursive_directory_iterator(root)) {
    if (entry.is_regular_file() && entry.path().native().ends_with(ending))
      paths.push_back(entry.path().native());
  }
  return paths;
}

std::size_t read_whole(const std::string& path, std::vector<char>& bytes) {
  const int file = open(path.c_str(), O_RDONLY | O_CLOEXEC);
  if (file < 0) give_up(path + ": cannot be opened");
  struct stat about {};
  if (fstat(file, &about) != 0) give_up(path + ": no stat");
  const auto size = static_cast<std::size_t>(about.st_size);
  if (bytes.size() < size + 1) bytes.resize(size + 1);
  std::size_t had = 0;
  while (true) {
    const ssize_t got = read(file, bytes.data() + had, bytes.size() - had);
    if (got < 0) give_up(path + ": cannot be read");
    if (got == 0) break;
    had += static_cast<std::size_t>(got);
    if (had == bytes.size()) bytes.resize(2 * had);
  }
  close(file);
  return had;
}

void write_and_rename(const std::string& path, const char* bytes, std::size_t size) {
  const std::string temporary = path + ".tmp";
  const int file = open(temporary.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0666);
  if (file < 0) give_up(temporary + ": cannot be created");
  for (std::size_t done = 0; done < size;) {
    const ssize_t wrote = write(file, bytes + done, size - done);
    if (wrote < 0) give_up(temporary + ": cannot be written");
    done += static_cast<std::size_t>(wrote);
  }
  close(file);
  if (rename(temporary.c_str(), path.c_str()) != 0) give_up(path + ": cannot be named");
}

/// Reads `inputs` and writes `outputs`, item i of each by the same thread.
Work read_and_write(const std::vector<std::string>& inputs, const std::string& out,
                    const std::vector<Output>& outputs, unsigned threads) {
  std::atomic<std::size_t> next{0};
  std::atomic<std::uint64_t> bytes{0};
  const std::size_t items = std::max(inputs.size(), outputs.size());
  const auto run = [&] {
    std::vector<char> buffer;
    std::uint64_t read_bytes = 0;
    while (true) {
      const std::size_t item =
          next.fetch_add(1, std::memory_order_relaxed);  // relaxed: the count alone matters
      if (item >= items) break;
      if (item < inputs.size()) read_bytes += read_whole(inputs[item], buffer);
      if (item >= outputs.size()) continue;
      const std::string path = out + "/" + outputs[item].path;
      fs::create_directories(fs::path(path).parent_path());
      if (buffer.size() < outputs[item].size) buffer.resize(outputs[item].size);
      write_and_rename(path, buffer.data(), outputs[item].size);
    }
    bytes.fetch_add(read_bytes, std::memory_order_relaxed);  // relaxed: read after join
  };
  std::vector<std::jthread> helpers;
  for (unsigned k = 1; k < threads; ++k) helpers.emplace_back(run);
  run();
  helpers.clear();
  return {inputs.size(), bytes.load(std::memory_order_relaxed), 0};
}

struct Loaded {
  std::string path;
  std::string bytes;
};

std::vector<Loaded> load(const std::string& root) {
  std::vector<Loaded> files;
  std::vector<char> buffer;
  for (const std::string& path : paths_below(root, ".csv")) {
    const std::size_t size = read_whole(path, buffer);
    files.push_back({path, std::string(buffer.data(), size)});
  }
  return files;
}

/// Calls `each` with every run that can be staged.
template <class Each>
Work stage_all(const std::vector<Loaded>& files, Each each) {
  const auto zone = weir::segmentation::TimeZone::load("UTC");
  if (!zone) give_up("no time zone UTC");
  weir::segmentation::StagingConfig config;
  config.zone = &zone.value();
  weir::segmentation::StagedRun run;
  Work work;
  for (const Loaded& file : files) {
    ++work.files;
    work.bytes += file.bytes.size();
    if (!weir::segmentation::stage_bytes(file.bytes, file.path, 0, config, run)) each(run);
  }
  return work;
}

std::uint64_t thread_cpu_ns() {
  timespec at{};
  clock_gettime(CLOCK_THREAD_CPUTIME_ID, &at);
  return static_cast<std::uint64_t>(at.tv_sec) * 1'000'000'000 +
         static_cast<std::uint64_t>(at.tv_nsec);
}

int usage() {
  std::fputs(
      "usage: weir-bench-segmentation read RAW [--threads N]\n"
      "       weir-bench-segmentation copy RAW LIKE OUT [--threads N]\n"
      "       weir-bench-segmentation parse|detect RAW\n",
      stderr);
  return 2;
}

int run(const std::vector<std::string>& words, unsigned threads) {
  const std::string& command = words[0];
  Work work;
  std::uint64_t from_ns = 0, from_cpu_ns = 0;
  const auto begin = [&] {
    from_ns = weir::now_ns();
    from_cpu_ns = thread_cpu_ns();
  };
  if (command == "read" && words.size() == 2) {
    begin();
    work = read_and_write(paths_below(words[1], ".csv"), {}, {}, threads);
  } else if (command == "copy" && words.size() == 4) {
    std::vector<Output> outputs;
    for (const std::string& path : paths_below(words[2], ".parquet"))
      outputs.push_back({path.substr(words[2].size() + 1), fs::file_size(path)});
    begin();
    work = read_and_write(paths_below(words[1], ".csv"), words[3], outputs, threads);
  } else if (command == "parse" && words.size() == 2) {
    const std::vector<Loaded> files = load(words[1]);
    begin();
    std::uint64_t rows = 0;
    work = stage_all(
        files, [&](const weir::segmentation::StagedRun& staged) { rows += staged.table.rows; });
    work.points = rows;
  } else if (command == "detect" && words.size() == 2) {
    std::vector<std::vector<double>> sweeps;
    stage_all(load(words[1]), [&](const weir::segmentation::StagedRun& staged) {
      const weir::segmentation::Column* voltage = staged.table.find("Vsd (V)");
      if (staged.procedure == "IV" && voltage != nullptr && !voltage->constant)
        sweeps.push_back(voltage->floats);
    });
    std::vector<weir::segmentation::Segment> segments;
    std::uint64_t found = 0;
    begin();
    for (const std::vector<double>& sweep : sweeps) {
      weir::segmentation::detect(sweep, {}, segments);
      work.points += sweep.size();
      found += segments.size();
    }
    work.files = sweeps.size();
    if (found == 0) give_up(words[1] + ": no sweep in it");
  } else {
    return usage();
  }
  const double seconds = static_cast<double>(weir::now_ns() - from_ns) / 1e9;
  const double cpu_seconds = static_cast<double>(thread_cpu_ns() - from_cpu_ns) / 1e9;
  std::printf(
      "{\"command\": \"%s\", \"seconds\": %.6f, \"cpu_seconds\": %.6f, \"files\": %llu, \"bytes\": "
      "%llu, \"points\": "
      "%llu}\n",
      command.c_str(), seconds, cpu_seconds, static_cast<unsigned long long>(work.files),
      static_cast<unsigned long long>(work.bytes), static_cast<unsigned long long>(work.points));
  return 0;
}

}  // namespace

int main(int argc, char** argv) {
  std::vector<std::string> words;
  unsigned threads = 2;
  for (int k = 1; k < argc; ++k) {
    const std::string_view word = argv[k];
    if (word != "--threads") {
      words.emplace_back(word);
      continue;
    }
    char* end = nullptr;
    const long count = k + 1 < argc ? std::strtol(argv[++k], &end, 10) : 0;
    if (end == nullptr || *end != '\0' || count < 1 || count > 256) {
      std::fputs("weir-bench-segmentation: --threads: not a number from 1 to 256\n", stderr);
      return 2;
    }
    threads = static_cast<unsigned>(count);
  }
  if (words.empty()) return usage();
  try {
    return run(words, threads);
  } catch (const std::exception& error) {
    std::fprintf(stderr, "weir-bench-segmentation: %s\n", error.what());
    return 1;
  }
}
