// detail/stream/port.hpp: a node's output while a graph is being defined.
#pragma once

#include <weir/detail/stream/links.hpp>

namespace weir {

/// What a node gives. A handle, copied freely; used by more than one node it is a broadcast (every
/// user gets a copy). Roles: the thread that defines the graph. Must not outlive the graph.
template <class T>
class Port {
 public:
  using value_type = T;
  Port() noexcept = default;
  explicit Port(detail::Output<T>& output) noexcept : output_(&output) {}
  detail::Output<T>& output() const noexcept {
    WEIR_CHECK(output_ != nullptr, "an empty port was used");
    return *output_;
  }

 private:
  detail::Output<T>* output_ = nullptr;
};

}  // namespace weir
