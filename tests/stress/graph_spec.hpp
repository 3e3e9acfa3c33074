// graph_spec.hpp: a random graph as plain data: what the generator makes, the builder builds, the
// reference interprets.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <support/tier.hpp>
#include <vector>
#include <weir/stream_config.hpp>

namespace weir::test {

/// What travels. `id` rises with a source's number and stays with a token; `hash` is what the
/// bodies compute.
struct Value {
  std::uint64_t id = 0, hash = 0;
};

enum class Op : std::uint8_t {
  source,
  zip,
  ingress,
  map,
  filter,
  batch,
  join,
  split,
  select,
  expand,
  merge,
  loop,
  turn,
  sink
};

struct Step {
  Op op = Op::map;
  std::uint32_t number = 0;       // among all steps; names the node: "n<number>"
  std::uint32_t stream = 0;       // of the inputs; of the outputs where there are none
  std::uint32_t stream_out = 0;   // of the outputs
  std::vector<std::uint32_t> in;  // ports
  std::vector<std::uint32_t> out;
  NodeConfig config;
  std::uint64_t salt = 0;
  std::vector<std::uint32_t> counts;  // source, zip, ingress: tokens of each output
  std::uint32_t size = 0;             // expand: burst; batch: max; loop: tickets
  std::uint32_t fail_in =
      0;                  // the body throws once in so many; 0: never. A source: at its n-th call
  bool drops = false;     // split: one branch more, that does not exist
  bool ids_rise = false;  // an ordered node must see rising ids
  std::uint32_t inside = 0;  // loop: the port inside
  std::vector<Step> body;    // loop: ends with a turn

  std::string name() const { return "n" + std::to_string(number); }
};

struct Spec {
  std::uint64_t seed = 0;
  std::uint32_t window = 0;  // the graph's
  std::vector<Step> steps;
  std::uint32_t ports = 0, streams = 0, numbers = 0;
  bool cancelled = false;                // to be cancelled after its start
  std::vector<std::uint32_t> users;      // of each port
  std::vector<std::uint32_t> stream_of;  // of each port

  std::string text() const;
  std::string details() const;
};

/// One stream of sources, maps, filters, joins and broadcasts.
Spec random_dag(std::uint64_t seed);
/// All node kinds, several streams, loops in loops, bodies that throw.
Spec random_structured(std::uint64_t seed);

// The bodies, shared by the graph and the reference.
inline bool fails(const Step& step, const Value& v) noexcept {
  return step.fail_in != 0 && mix(v.hash ^ step.salt ^ 0xfa11) % step.fail_in == 0;
}
inline bool kept(const Step& step, const Value& v) noexcept {
  return mix(v.hash + step.salt) % 4 != 0;
}
inline Value mapped(const Step& step, const Value& v) noexcept {
  return {v.id, mix(v.hash ^ step.salt)};
}
inline Value joined(const Step& step, const Value& a, const Value& b) noexcept {
  return {a.id, mix(a.hash * 3 + b.hash + step.salt)};
}
inline std::size_t branch_of(const Step& step, const Value& v) noexcept {
  return mix(v.hash ^ step.salt) % (step.out.size() + (step.drops ? 1 : 0));
}
inline std::uint32_t children_of(const Step& step, const Value& v) noexcept {
  return static_cast<std::uint32_t>(mix(v.hash ^ step.salt) % (step.size + 1));
}
inline Value child_of(const Step& step, const Value& v, std::uint32_t k) noexcept {
  return {v.id * 8 + k, mix(v.hash + k + step.salt)};
}
inline bool again(const Step& step, const Value& v) noexcept {
  return mix(v.hash ^ step.salt) % 3 == 0;
}
inline Value made(const Step& step, std::uint32_t output, std::uint64_t number) noexcept {
  return {number, mix(number ^ step.salt) + output};
}
/// How many tokens the outputs of a source, zip or ingress have each, before a throw that ends
/// them.
std::uint64_t tokens_of(const Step& step) noexcept;
/// The call at which a source throws; ~0: never.
std::uint64_t throws_at(const Step& step) noexcept;

/// What a sink has seen, whatever the order.
struct Seen {
  std::uint64_t count = 0, sum = 0;
  bool operator==(const Seen&) const = default;
};

struct Expected {
  Ledger ledger;
  std::map<std::uint32_t, Seen> sinks;  // by the sink's number
};
/// Runs the graph token by token in one thread.
Expected interpret(const Spec& spec);

}  // namespace weir::test
