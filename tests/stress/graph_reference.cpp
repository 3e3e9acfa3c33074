// graph_reference.cpp: the sequential interpreter of a graph: streams in their order, token by
// token, step by step.
#include <stress/graph_spec.hpp>

namespace weir::test {

std::uint64_t throws_at(const Step& step) noexcept {
  if (step.fail_in == 0 || step.op == Op::ingress) return ~std::uint64_t{0};
  return step.salt % step.fail_in;
}

std::uint64_t tokens_of(const Step& step) noexcept {
  std::uint64_t least = step.counts[0];
  for (const std::uint32_t count : step.counts) least = count < least ? count : least;
  return least;
}

namespace {

class Interpreter {
 public:
  explicit Interpreter(const Spec& spec)
      : spec_(spec), values_(spec.ports), streams_(spec.streams) {}

  Expected run() {
    for (const Step& step : spec_.steps) {
      if (step.op == Op::source || step.op == Op::zip || step.op == Op::ingress) start(step);
      if (step.op == Op::sink) expected_.sinks[step.number];
    }
    for (std::uint32_t stream = 0; stream < spec_.streams; ++stream) {
      for (const Row& row : streams_[stream]) {
        for (std::size_t i = 0; i < row.ports.size(); ++i) produce(row.ports[i], row.values[i]);
        for (const Step& step : spec_.steps) {
          if (step.op == Op::merge) {
            merge(step, stream);
          } else if (step.stream == stream && !step.in.empty()) {
            execute(step);
          }
        }
      }
    }
    return expected_;
  }

 private:
  /// The values with which one number of a stream starts.
  struct Row {
    std::vector<std::uint32_t> ports;
    std::vector<std::optional<Value>> values;
  };

  void produce(std::uint32_t port, const std::optional<Value>& value) {
    values_[port] = value;
    if (value.has_value())
      expected_.ledger.in += spec_.users[port] - 1;  // the copies of a broadcast
  }

  void start(const Step& step) {
    const std::uint64_t tokens = tokens_of(step), bad = throws_at(step);
    for (std::uint64_t number = 0; number < tokens; ++number) {
      Row row;
      for (std::uint32_t i = 0; i < step.out.size(); ++i) {
        row.ports.push_back(step.out[i]);
        row.values.push_back(made(step, i, number));
      }
      expected_.ledger.in += step.out.size();
      if (number == bad) {
        row.values[0] = std::nullopt;
        ++expected_.ledger.failed;
      }
      streams_[step.stream].push_back(row);
      if (number == bad && step.config.on_error != OnError::go_on) return;
    }
  }

  void execute(const Step& step) {
    const std::optional<Value> first = values_[step.in[0]];
    switch (step.op) {
      case Op::join:
        return join(step);
      case Op::select:
        return select(step);
      case Op::loop:
        return loop(step, first);
      default:
        break;
    }
    const bool failed = first.has_value() && fails(step, *first);
    if (failed) ++expected_.ledger.failed;
    const std::optional<Value> live = failed ? std::nullopt : first;
    switch (step.op) {
      case Op::map:
      case Op::turn:
        return produce(step.out[0], live ? std::optional(mapped(step, *live)) : std::nullopt);
      case Op::filter:
      case Op::batch:
        return filter(step, live);
      case Op::split:
        return split(step, live);
      case Op::expand:
        return expand(step, live);
      default:
        break;
    }
    if (live.has_value()) {  // a sink
      Seen& seen = expected_.sinks[step.number];
      ++seen.count, seen.sum += mix(live->hash ^ step.salt);
      ++expected_.ledger.out;
    }
  }

  void filter(const Step& step, const std::optional<Value>& live) {
    const bool drop = live.has_value() && !kept(step, *live);
    if (drop) ++expected_.ledger.dropped;
    produce(step.out[0], live && !drop ? std::optional(mapped(step, *live)) : std::nullopt);
  }

  void split(const Step& step, const std::optional<Value>& live) {
    const std::size_t taken = live ? branch_of(step, *live) : step.out.size();
    if (live && taken >= step.out.size()) ++expected_.ledger.dropped;
    for (std::size_t i = 0; i < step.out.size(); ++i)
      produce(step.out[i], i == taken ? live : std::nullopt);
  }

  void expand(const Step& step, const std::optional<Value>& live) {
    if (!live.has_value()) return;
    ++expected_.ledger.out;
    const std::uint32_t children = children_of(step, *live);
    expected_.ledger.in += children;
    for (std::uint32_t k = 0; k < children; ++k) {
      streams_[step.stream_out].push_back({step.out, {child_of(step, *live, k)}});
    }
  }

  void join(const Step& step) {
    std::uint64_t live = 0;
    for (const std::uint32_t port : step.in) live += values_[port].has_value() ? 1 : 0;
    if (live != step.in.size()) {
      expected_.ledger.dropped += live;
      produce(step.out[0], std::nullopt);
      return;
    }
    Value all = *values_[step.in[0]];
    for (std::size_t i = 1; i < step.in.size(); ++i) all = joined(step, all, *values_[step.in[i]]);
    expected_.ledger.out += live - 1;
    produce(step.out[0], all);
  }

  void select(const Step& step) {
    std::optional<Value> live;
    for (const std::uint32_t port : step.in) {
      if (values_[port].has_value()) live = values_[port];
    }
    produce(step.out[0], live);
  }

  void merge(const Step& step, std::uint32_t stream) {
    for (const std::uint32_t port : step.in) {
      if (spec_.stream_of[port] == stream && values_[port].has_value())
        streams_[step.stream_out].push_back({step.out, {values_[port]}});
    }
  }

  void loop(const Step& step, std::optional<Value> value) {
    const std::uint32_t last = step.body.back().out[0];
    for (;;) {
      produce(step.inside, value);
      for (const Step& inner : step.body) execute(inner);
      value = values_[last];
      if (!value.has_value() || !again(step.body.back(), *value)) break;
    }
    produce(step.out[0], value);
  }

  const Spec& spec_;
  std::vector<std::optional<Value>> values_;
  std::vector<std::vector<Row>> streams_;
  Expected expected_;
};

}  // namespace

Expected interpret(const Spec& spec) { return Interpreter(spec).run(); }

}  // namespace weir::test
