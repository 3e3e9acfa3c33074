// stream_fixture.hpp: what the tests of streaming graphs share.
#pragma once

#include <doctest/doctest.h>

#include <initializer_list>
#include <memory>
#include <string>
#include <weir/stream_graph.hpp>

namespace weir::test {

inline std::unique_ptr<Runtime> runtime_of(int workers) {
  Config config;
  config.workers = workers;
  return Runtime::start(config).value();
}

/// A source of 0 .. n-1.
inline auto counting(int n) {
  return [n, i = 0](Emit<int>& out) mutable {
    if (i == n) return Give::end;
    out(int{i});
    return ++i < n ? Give::more : Give::end;
  };
}

inline void build_and_run(StreamGraph& graph) {
  auto built = graph.build();
  REQUIRE_MESSAGE(built.ok(), (built.ok() ? std::string() : built.error().text()));
  REQUIRE(graph.start() == Status::accepted);
  CHECK(graph.wait_until(never) == Status::accepted);
}

inline void check_balanced(const Ledger& l) { CHECK(l.in == l.accounted()); }

/// Refused by build() with this code, and the node or edge named.
inline void check_refused(StreamGraph& graph, const std::string& code, const std::string& named) {
  auto built = graph.build();
  REQUIRE_FALSE(built.ok());
  CHECK(built.error().code == code);
  CHECK_MESSAGE(built.error().text().find(named) != std::string::npos, built.error().text());
}

}  // namespace weir::test
