// child.hpp: runs a piece of a test in a fork's child and reports how it ended and what it wrote on
// stderr.
#pragma once

#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <csignal>
#include <cstdio>
#include <string>
#include <type_traits>
#include <utility>

namespace weir::test {

struct Child {
  int code = -1;   // exit code, when it exited
  int signal = 0;  // the signal that ended it, when one did
  std::string err;
};

/// A child that exits with 0 when `body` returns (bool false: 1).
template <class F>
Child in_child(F&& body) {
  int ends[2];
  Child result;
  if (::pipe(ends) != 0) return result;
  std::fflush(nullptr);  // else the child may write the parent's buffered text again
  const pid_t child = ::fork();
  if (child < 0) return result;
  if (child == 0) {
    ::signal(SIGABRT, SIG_DFL);  // the test framework's handler would report the parent's case
    ::dup2(ends[1], STDERR_FILENO);
    ::close(ends[0]);
    ::close(ends[1]);
    if constexpr (std::is_same_v<decltype(body()), bool>) {
      ::_exit(std::forward<F>(body)() ? 0 : 1);
    } else {
      std::forward<F>(body)();
      ::_exit(0);
    }
  }
  ::close(ends[1]);
  char text[4096];
  for (;;) {
    const ssize_t n = ::read(ends[0], text, sizeof(text));
    if (n > 0) result.err.append(text, static_cast<std::size_t>(n));
    if (n == 0 || (n < 0 && errno != EINTR)) break;
  }
  ::close(ends[0]);
  int status = 0;
  while (::waitpid(child, &status, 0) < 0 && errno == EINTR) {
  }
  if (WIFEXITED(status)) result.code = WEXITSTATUS(status);
  if (WIFSIGNALED(status)) result.signal = WTERMSIG(status);
  return result;
}

}  // namespace weir::test
