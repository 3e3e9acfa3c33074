// fork.cpp: one pthread_atfork handler that counts in the child. It does no more, so it is
// async-signal-safe.
#include <weir/atomic.hpp>
#include <weir/check.hpp>
#include <weir/detail/fork.hpp>

#include <pthread.h>

namespace weir {
namespace {

atomic<std::uint32_t> generation{0};

void in_child() {
  generation.fetch_add(1, relaxed);  // relaxed: the child has one thread
}

bool register_handler() noexcept {
  WEIR_CHECK(::pthread_atfork(nullptr, nullptr, &in_child) == 0, "no memory for the fork handler");
  return true;
}

}  // namespace

std::uint32_t fork_generation() noexcept {
  [[maybe_unused]] static const bool registered = register_handler();
  return generation.load(relaxed);  // relaxed: changes only where there is a single thread
}

}  // namespace weir
