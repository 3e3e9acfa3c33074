#include <weir/limits.hpp>
#include <weir/result.hpp>

#include <doctest/doctest.h>

// The ties between bounds are static_asserts of the header; these are the values that the protocols
// name.
TEST_CASE("limits: the protocols' numbers stand") {
  namespace limits = weir::limits;
  CHECK(limits::workers_max == 256);
  CHECK(limits::contexts_max == limits::workers_max + limits::guests_max);
  CHECK(limits::closure_bytes == 48);
  CHECK(limits::inline_depth_max == 64);
  CHECK(limits::oldest_interval == 64);
  CHECK(limits::oldest_interval_barrier == 8);
  CHECK(limits::passed_over_max == 16);
  CHECK(limits::error_text_bytes == 120);
  CHECK(limits::nodes_max == weir::no_node);
}
