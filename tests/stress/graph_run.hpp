// graph_run.hpp: builds a random graph over the public API, runs it and compares it with the
// reference.
#pragma once

#include <atomic>
#include <deque>
#include <stress/graph_spec.hpp>
#include <string>
#include <weir/stream_graph.hpp>

namespace weir::test {

/// What the bodies of one step have seen.
struct Witness {
  std::atomic<std::uint64_t> count{0}, sum{0};
  std::atomic<std::uint32_t> inside{0};
  std::atomic<std::uint32_t> broken{0};  // more at a time than allowed, or out of order
  std::uint64_t next_id = 0;             // of an ordered node
};

/// One graph of a spec. Define it, then build() and run().
class Trial {
 public:
  Trial(Runtime& runtime, const Spec& spec);

  StreamGraph& graph() noexcept { return graph_; }
  /// A port of the spec, for further nodes.
  Port<Value> port(std::uint32_t index) const { return ports_[index]; }

  /// Starts, feeds, waits and compares. Empty, or what is wrong.
  std::string run();

 private:
  void define(const Step& step);
  void define_source(const Step& step);
  void define_zip(const Step& step);
  void define_join(const Step& step);
  void define_split(const Step& step);
  void define_batch(const Step& step);
  void define_loop(const Step& step);
  Port<Turn<Value>> define_turn(const Step& step);
  void feed();
  std::string compare() const;
  std::vector<Port<Value>> ports_of(const std::vector<std::uint32_t>& numbers) const;

  const Spec& spec_;
  Runtime& runtime_;
  std::deque<Witness> witnesses_;
  std::vector<Port<Value>> ports_;
  struct Door {
    const Step* step;
    Ingress<Value> ingress;
    std::uint64_t next;
  };
  std::vector<Door> doors_;
  StreamGraph graph_;
};

}  // namespace weir::test
