// graph_run.cpp: the bodies and the comparison of a random graph.
#include <stdexcept>
#include <stress/graph_run.hpp>
#include <thread>
#include <utility>

namespace weir::test {

namespace {

/// A body's entry: counts who is inside, checks the order, throws where the spec says so, and
/// yields now and then.
class Inside {
 public:
  Inside(Witness& witness, const Step& step, const Value& value) : witness_(witness) {
    const std::uint32_t others = witness.inside.fetch_add(1, std::memory_order_relaxed);
    const std::uint32_t most = step.config.mode != Mode::parallel ? 1 : step.config.concurrency_max;
    if (most != 0 && others >= most) witness.broken.fetch_add(1, std::memory_order_relaxed);
    if (step.ids_rise) {
      if (value.id < witness.next_id) witness.broken.fetch_add(1, std::memory_order_relaxed);
      witness.next_id = value.id + 1;
    }
    if (mix(value.hash ^ 0x1e1d) % 64 == 0) std::this_thread::yield();
  }
  Inside(const Inside&) = delete;
  Inside& operator=(const Inside&) = delete;
  ~Inside() { witness_.inside.fetch_sub(1, std::memory_order_relaxed); }

  static void may_throw(const Step& step, const Value& value) {
    if (fails(step, value))
      throw std::runtime_error(step.name() + " fails for " + std::to_string(value.id));
  }

 private:
  Witness& witness_;
};

auto source_body(const Step& step, std::uint32_t output, bool throwing) {
  return
      [&step, output, throwing, next = std::uint64_t{0}, rested = false](Emit<Value>& out) mutable {
        const std::uint64_t count = step.counts[output];
        if (throwing && next == throws_at(step) && next < tokens_of(step)) {
          if (step.config.on_error == OnError::go_on) ++next;
          throw std::runtime_error("a source fails");
        }
        if (next == count) return Give::end;
        if (step.salt % 3 == 0 && next % 4 == 3 && !std::exchange(rested, true))
          return Give::more;  // a call without a value
        rested = false;
        out(made(step, output, next++));
        return next == count && step.salt % 5 < 2 ? Give::end : Give::more;
      };
}

}  // namespace

Trial::Trial(Runtime& runtime, const Spec& spec)
    : spec_(spec),
      runtime_(runtime),
      witnesses_(spec.numbers),
      ports_(spec.ports),
      graph_(runtime, "random", {.window = spec.window}) {
  for (const Step& step : spec.steps) define(step);
}

std::vector<Port<Value>> Trial::ports_of(const std::vector<std::uint32_t>& numbers) const {
  std::vector<Port<Value>> ports;
  for (const std::uint32_t number : numbers) ports.push_back(ports_[number]);
  return ports;
}

void Trial::define(const Step& step) {
  Witness& witness = witnesses_[step.number];
  switch (step.op) {
    case Op::source:
      return define_source(step);
    case Op::zip:
      return define_zip(step);
    case Op::ingress: {
      const auto door = graph_.ingress<Value>(step.name(), step.size, step.config);
      ports_[step.out[0]] = door.port();
      doors_.push_back({&step, door, 0});
      return;
    }
    case Op::map:
      ports_[step.out[0]] =
          graph_.map(step.name(), ports_[step.in[0]], step.config, [&](Value&& v) {
            const Inside inside(witness, step, v);
            Inside::may_throw(step, v);
            return mapped(step, v);
          });
      return;
    case Op::filter:
      ports_[step.out[0]] =
          graph_.map(step.name(), ports_[step.in[0]], step.config, [&](Value&& v) {
            const Inside inside(witness, step, v);
            Inside::may_throw(step, v);
            return kept(step, v) ? Maybe<Value>(mapped(step, v)) : Maybe<Value>();
          });
      return;
    case Op::batch:
      return define_batch(step);
    case Op::join:
      return define_join(step);
    case Op::split:
      return define_split(step);
    case Op::select: {
      auto ports = ports_of(step.in);
      ports_[step.out[0]] = graph_.select(step.name(), std::span<Port<Value>>(ports));
      return;
    }
    case Op::expand:
      ports_[step.out[0]] = graph_.expand(step.name(), ports_[step.in[0]], step.config, step.size,
                                          [&](Value&& v, Emit<Value>& out) {
                                            const Inside inside(witness, step, v);
                                            Inside::may_throw(step, v);
                                            const std::uint32_t children = children_of(step, v);
                                            for (std::uint32_t k = 0; k < children; ++k)
                                              out(child_of(step, v, k));
                                          });
      return;
    case Op::merge: {
      auto ports = ports_of(step.in);
      ports_[step.out[0]] = graph_.merge(step.name(), step.config, std::span<Port<Value>>(ports));
      return;
    }
    case Op::loop:
      return define_loop(step);
    case Op::turn:
      return;  // the loop's own
    case Op::sink:
      graph_.sink(step.name(), ports_[step.in[0]], step.config, [&](Value&& v) {
        const Inside inside(witness, step, v);
        Inside::may_throw(step, v);
        witness.count.fetch_add(1, std::memory_order_relaxed);
        witness.sum.fetch_add(mix(v.hash ^ step.salt), std::memory_order_relaxed);
      });
      return;
  }
}

void Trial::define_source(const Step& step) {
  ports_[step.out[0]] = graph_.source<Value>(step.name(), step.config, source_body(step, 0, true));
}

void Trial::define_zip(const Step& step) {
  const auto set = [&](auto ports) {
    std::apply(
        [&](auto... port) {
          std::size_t i = 0;
          ((ports_[step.out[i++]] = port), ...);
        },
        ports);
  };
  if (step.out.size() == 1)
    return set(graph_.zip<Value>(step.name(), step.config, source_body(step, 0, true)));
  if (step.out.size() == 2) {
    return set(graph_.zip<Value, Value>(step.name(), step.config, source_body(step, 0, true),
                                        source_body(step, 1, false)));
  }
  set(graph_.zip<Value, Value, Value>(step.name(), step.config, source_body(step, 0, true),
                                      source_body(step, 1, false), source_body(step, 2, false)));
}

void Trial::define_join(const Step& step) {
  Witness& witness = witnesses_[step.number];
  const auto in = ports_of(step.in);
  const std::string name = step.name() + ".join";
  if (in.size() == 2) {
    ports_[step.out[0]] = graph_.map(step.name(), graph_.join(name, in[0], in[1]), step.config,
                                     [&](std::tuple<Value, Value>&& v) {
                                       const Inside inside(witness, step, std::get<0>(v));
                                       return joined(step, std::get<0>(v), std::get<1>(v));
                                     });
    return;
  }
  ports_[step.out[0]] = graph_.map(step.name(), graph_.join(name, in[0], in[1], in[2]), step.config,
                                   [&](std::tuple<Value, Value, Value>&& v) {
                                     const Inside inside(witness, step, std::get<0>(v));
                                     const auto& [a, b, c] = v;
                                     return joined(step, joined(step, a, b), c);
                                   });
}

void Trial::define_split(const Step& step) {
  Witness& witness = witnesses_[step.number];
  auto body = [&](const Value& v) {
    const Inside inside(witness, step, v);
    Inside::may_throw(step, v);
    return branch_of(step, v);
  };
  const auto set = [&](const auto& ports) {
    for (std::size_t i = 0; i < ports.size(); ++i) ports_[step.out[i]] = ports[i];
  };
  if (step.out.size() == 2)
    return set(graph_.split<2>(step.name(), ports_[step.in[0]], std::move(body), step.config));
  set(graph_.split<3>(step.name(), ports_[step.in[0]], std::move(body), step.config));
}

void Trial::define_batch(const Step& step) {
  Witness& witness = witnesses_[step.number];
  const BatchConfig config{.mode = step.config.mode,
                           .concurrency_max = step.config.concurrency_max,
                           .capacity = step.config.capacity,
                           .level = step.config.level,
                           .max = step.size};
  ports_[step.out[0]] = graph_.batch(step.name(), ports_[step.in[0]], config,
                                     [&](std::span<Value> in, std::span<Maybe<Value>> out) {
                                       const Inside inside(witness, step, in[0]);
                                       if (in.size() > step.size)
                                         witness.broken.fetch_add(1, std::memory_order_relaxed);
                                       Inside::may_throw(step, in[0]);
                                       for (std::size_t i = 0; i < in.size(); ++i) {
                                         if (kept(step, in[i])) out[i] = mapped(step, in[i]);
                                       }
                                     });
}

void Trial::define_loop(const Step& step) {
  ports_[step.out[0]] =
      graph_.loop(step.name(), ports_[step.in[0]], step.size, [&](Port<Value> inside) {
        ports_[step.inside] = inside;
        for (const Step& inner : step.body) define(inner);
        return define_turn(step.body.back());
      });
}

Port<Turn<Value>> Trial::define_turn(const Step& step) {
  Witness& witness = witnesses_[step.number];
  return graph_.map(step.name(), ports_[step.in[0]], step.config, [&](Value&& v) -> Turn<Value> {
    const Inside inside(witness, step, v);
    Inside::may_throw(step, v);
    const Value value = mapped(step, v);
    if (again(step, value)) return Again<Value>{value};
    return Leave<Value>{value};
  });
}

void Trial::feed() {
  Producer producer = runtime_.producer("feeder").value();
  for (std::size_t open = doors_.size(); open != 0;) {
    bool moved = false;
    for (Door& door : doors_) {
      if (door.next > door.step->counts[0]) continue;
      const bool end = door.next == door.step->counts[0];
      const Status status =
          end ? Status::accepted
              : door.ingress.push(producer, made(*door.step, 0, door.next)).status;
      if (end || status == Status::cancelled) {
        door.ingress.close();
        door.next = ~std::uint64_t{0};
        --open;
      } else if (status == Status::accepted) {
        ++door.next;
        moved = true;
      }
    }
    if (!moved && runtime_.run_until_idle() == 0) std::this_thread::yield();
  }
}

std::string Trial::run() {
  const auto built = graph_.build();
  if (!built.ok()) return "refused: " + built.error().text();
  if (graph_.start() != Status::accepted) return "not started";
  if (spec_.cancelled && spec_.seed % 2 == 0) graph_.cancel();
  feed();
  if (spec_.cancelled) graph_.cancel();
  const Status end = graph_.wait_until(never);
  if (end != Status::accepted && !(spec_.cancelled && end == Status::cancelled)) {
    return "it ended as " + std::string(to_string(end));
  }
  return compare();
}

std::string Trial::compare() const {
  const auto differ = [](const std::string& what, std::uint64_t got, std::uint64_t wanted) {
    return what + " is " + std::to_string(got) + ", not " + std::to_string(wanted);
  };
  const Ledger ledger = graph_.ledger();
  if (ledger.in != ledger.accounted()) return differ("accounted()", ledger.accounted(), ledger.in);
  for (const NodeMetrics& node : graph_.nodes()) {
    if (node.ledger.in != node.ledger.accounted()) {
      return differ(std::string(node.name) + ".accounted()", node.ledger.accounted(),
                    node.ledger.in);
    }
  }
  for (const EdgeMetrics& edge : graph_.edges()) {
    if (edge.pushed != edge.popped)
      return differ(std::string(edge.from) + " -> " + edge.to, edge.popped, edge.pushed);
  }
  for (std::size_t i = 0; i < witnesses_.size(); ++i) {
    if (witnesses_[i].broken.load() != 0)
      return "n" + std::to_string(i) + " broke its mode or order";
    if (witnesses_[i].inside.load() != 0) return "n" + std::to_string(i) + " is not at rest";
  }
  if (spec_.cancelled) return "";
  const Expected expected = interpret(spec_);
  for (const auto& [number, seen] : expected.sinks) {
    const Witness& witness = witnesses_[number];
    const std::string sink = "n" + std::to_string(number);
    if (witness.count.load() != seen.count)
      return differ(sink + ".count", witness.count.load(), seen.count);
    if (witness.sum.load() != seen.sum) return differ(sink + ".sum", witness.sum.load(), seen.sum);
  }
  if (ledger.failed != expected.ledger.failed)
    return differ("failed", ledger.failed, expected.ledger.failed);
  if (ledger.dropped != expected.ledger.dropped)
    return differ("dropped", ledger.dropped, expected.ledger.dropped);
  if (ledger.in != expected.ledger.in) return differ("in", ledger.in, expected.ledger.in);
  if (ledger.out != expected.ledger.out) return differ("out", ledger.out, expected.ledger.out);
  if (ledger.cancelled != 0 || ledger.expired != 0) return "tokens were cancelled or expired";
  return "";
}

}  // namespace weir::test
