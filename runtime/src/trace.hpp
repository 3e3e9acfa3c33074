// trace.hpp: the flight recorder as text: Perfetto's JSON, and a few lines for people.
//
// Format   Chrome's trace event format: {"traceEvents": [...]} with M (names), X (slices) and i (marks)
//          events, times in us since the runtime's start (in deterministic mode: in steps), sorted by
//          their beginning in each track. Source: "Trace Event Format", docs.perfetto.dev.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>
#include <weir/detail/flight.hpp>

namespace weir::detail {

class Core;

/// The room that writing needs, taken beforehand. One writer at a time.
struct TraceRoom {
  explicit TraceRoom(std::size_t events);
  std::vector<FlightWords> words;
  std::vector<FlightEvent> events;
  char text[4096] = {};
};

/// Takes the next piece of the text; false: it cannot, and no more is wanted.
struct TraceSink {
  bool (*write)(void* self, const char* text, std::size_t size) noexcept;
  void* self;
};

/// Writes everything that is recorded now; false when the sink refused. Calls nothing that a signal
/// handler may not call, as long as the sink does not.
bool write_trace(const Core& core, TraceRoom& room, const TraceSink& sink) noexcept;

/// The last events of each context, for people: a line a context.
std::string trace_tail(const Core& core);

}  // namespace weir::detail
