// consumer.cpp: a program of somebody else's: starts the runtime, runs tasks, stops.
#include <weir/weir.hpp>

#include <cstdio>

int main() {
  auto started = weir::Runtime::start();
  if (!started.ok()) return 1;
  auto runtime = std::move(started).value();
  int left = 0;
  int right = 0;
  const weir::Status status = runtime->run([&] { weir::fork_join([&] { left = 20; }, [&] { right = 22; }); });
  std::printf("%d\n", left + right);
  return status == weir::Status::accepted && left + right == 42 ? 0 : 1;
}
