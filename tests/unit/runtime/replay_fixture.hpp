// replay_fixture.hpp: what the tests of recordings share.
#pragma once

#include <sys/wait.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>
#include <iterator>

#include "core_fixture.hpp"

namespace weir::test {

/// A directory that goes with its object.
class Scratch {
 public:
  Scratch() {
    std::string pattern = (std::filesystem::temp_directory_path() / "weir-replay-XXXXXX").string();
    REQUIRE(::mkdtemp(pattern.data()) != nullptr);
    path_ = pattern;
  }
  Scratch(const Scratch&) = delete;
  Scratch& operator=(const Scratch&) = delete;
  ~Scratch() { std::filesystem::remove_all(path_); }
  std::string file(const std::string& name) const { return (path_ / name).string(); }

 private:
  std::filesystem::path path_;
};

inline std::string read_all(const std::string& path) {
  std::ifstream file(path, std::ios::binary);
  REQUIRE(file.good());
  return {std::istreambuf_iterator<char>(file), std::istreambuf_iterator<char>()};
}
inline void write_all(const std::string& path, const std::string& bytes) {
  std::ofstream(path, std::ios::binary) << bytes;
}

inline Config ordered_config(const Schedule& schedule, int workers = 3) {
  Config config;
  config.workers = workers;
  config.task_slots = 256;
  config.inbox_slots = 8;
  config.schedule = schedule;
  return config;
}
inline std::unique_ptr<Runtime> ordered_runtime(const Schedule& schedule, int workers = 3) {
  return Runtime::start(ordered_config(schedule, workers)).value();
}

/// Runs `f` in a child process, which it should abort; what the child wrote on stderr, followed by
/// how it ended.
template <class F>
std::string stderr_of_child(F&& f) {
  int ends[2];
  REQUIRE(::pipe(ends) == 0);
  std::fflush(nullptr);
  const pid_t child = ::fork();
  REQUIRE(child >= 0);
  if (child == 0) {
    ::dup2(ends[1], STDERR_FILENO);
    std::signal(SIGABRT, SIG_DFL);  // doctest's handler would write a report of its own
    f();
    ::_exit(0);
  }
  ::close(ends[1]);
  std::string text;
  char part[512];
  for (ssize_t n = 0; (n = ::read(ends[0], part, sizeof part)) > 0;)
    text.append(part, static_cast<std::size_t>(n));
  ::close(ends[0]);
  int status = 0;
  REQUIRE(::waitpid(child, &status, 0) == child);
  return text + (WIFSIGNALED(status) ? "\nsignal " + std::to_string(WTERMSIG(status))
                                     : "\nexit " + std::to_string(WEXITSTATUS(status)));
}
inline const std::string aborted = "\nsignal 6";

}  // namespace weir::test
