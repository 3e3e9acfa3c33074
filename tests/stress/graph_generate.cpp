// graph_generate.cpp: random graphs that build() must accept.
#include <algorithm>
#include <stress/graph_spec.hpp>

namespace weir::test {

namespace {

struct Guard {
  std::uint32_t split, branch;
  bool operator==(const Guard&) const = default;
};

struct PortInfo {
  std::uint32_t stream = 0;
  std::vector<Guard> guards;  // branches of splits on which its tokens travel
  std::uint32_t burst = 1;
  bool rises = true;  // its stream's numbers rise with the ids
};

class Generator {
 public:
  Generator(std::uint64_t seed, bool structured) : random_(seed), structured_(structured) {
    spec_.seed = seed;
  }

  Spec run() {
    spec_.window = 1 + random_.below(8);
    spec_.cancelled = structured_ && random_.once_in(16);
    const std::uint32_t origins = structured_ ? 1 + random_.below(2) : 1;
    for (std::uint32_t i = 0; i < origins; ++i) origin();
    const std::uint32_t wanted = 2 + random_.below(structured_ ? 9 : 12);
    for (std::uint32_t i = 0; i < wanted; ++i) one(spec_.steps, pool_, 0);
    for (const std::uint32_t port : std::vector<std::uint32_t>(pool_)) {
      if (users(port) == 0 || random_.once_in(12)) sink(port);
    }
    for (const PortInfo& port : ports_) spec_.stream_of.push_back(port.stream);
    spec_.ports = static_cast<std::uint32_t>(ports_.size());
    return spec_;
  }

 private:
  using Steps = std::vector<Step>;
  using Pool = std::vector<std::uint32_t>;

  std::uint32_t& users(std::uint32_t port) { return spec_.users[port]; }

  std::uint32_t add_port(PortInfo info) {
    ports_.push_back(std::move(info));
    spec_.users.push_back(0);
    return static_cast<std::uint32_t>(ports_.size() - 1);
  }

  std::uint32_t pick(const Pool& pool) {
    for (int tries = 0; tries < 4; ++tries) {
      const std::uint32_t port = pool[random_.below(static_cast<std::uint32_t>(pool.size()))];
      if (users(port) == 0 || (users(port) < 4 && random_.once_in(2))) return port;
    }
    return *std::min_element(pool.begin(), pool.end(),
                             [this](auto a, auto b) { return users(a) < users(b); });
  }

  /// A step with its number, salt and inputs; `tickets`: of the loop around, 0 outside.
  Step step(Op op, const Pool& in, std::uint32_t tickets) {
    Step s;
    s.op = op, s.number = spec_.numbers++, s.salt = random_.next(), s.in = in;
    std::uint32_t burst = 1;
    bool rises = true;
    for (const std::uint32_t port : in) {
      ++users(port);
      burst = std::max(burst, ports_[port].burst);
      rises = rises && ports_[port].rises;
    }
    if (!in.empty()) s.stream = s.stream_out = ports_[in[0]].stream;
    s.config.capacity =
        std::max({1 + random_.below(3), burst, tickets == 0 ? 1 : tickets + random_.below(2)});
    s.config.mode = random_.pick({Mode::parallel, Mode::parallel, Mode::serial, Mode::ordered});
    if (s.config.mode == Mode::ordered && tickets != 0) s.config.mode = Mode::serial;
    if (s.config.mode == Mode::parallel && random_.once_in(4)) {
      s.config.concurrency_max = static_cast<std::uint16_t>(1 + random_.below(3));
    }
    s.config.level = static_cast<std::uint8_t>(random_.below(3));
    s.ids_rise = rises && s.config.mode == Mode::ordered;
    if (structured_ && random_.once_in(4)) s.fail_in = 2 + random_.below(12);
    return s;
  }

  /// The usual output: what descends 1:1 from the first input.
  std::uint32_t descend(Step& s) {
    PortInfo info = ports_[s.in[0]];
    info.burst = 1;
    s.out.push_back(add_port(std::move(info)));
    return s.out.back();
  }

  void origin() {
    Step s =
        step(structured_ ? random_.pick({Op::source, Op::source, Op::zip, Op::ingress}) : Op::zip,
             {}, 0);
    if (!structured_ && random_.once_in(3)) s.op = Op::source;
    s.stream = s.stream_out = spec_.streams++;
    s.config.window = random_.below(9);
    const std::uint32_t outputs = s.op == Op::zip ? 1 + random_.below(3) : 1;
    for (std::uint32_t i = 0; i < outputs; ++i) {
      s.counts.push_back(random_.once_in(20) ? 0 : 5 + random_.below(36));
      s.out.push_back(add_port({s.stream, {}, 1, true}));
      pool_.push_back(s.out.back());
    }
    if (s.op == Op::ingress || !random_.once_in(6)) s.fail_in = 0;
    if (s.fail_in != 0) s.fail_in = 40;
    if ((s.salt & 1) != 0) s.config.on_error = OnError::go_on;
    s.size = 1 + random_.below(3);  // an ingress's slots
    spec_.steps.push_back(std::move(s));
  }

  void sink(std::uint32_t port) { spec_.steps.push_back(step(Op::sink, {port}, 0)); }

  void one(Steps& steps, Pool& pool, std::uint32_t tickets) {
    const std::uint32_t kind = random_.below(structured_ ? 20 : 12);
    if (kind < 4) return unary(Op::map, steps, pool, tickets);
    if (kind < 6) return unary(Op::filter, steps, pool, tickets);
    if (kind < 10) return join(steps, pool, tickets);
    if (kind < 12) return unary(Op::map, steps, pool, tickets);
    if (kind < 13) return unary(Op::batch, steps, pool, tickets);
    if (kind < 15) return split(steps, pool, tickets);
    if (kind < 16) return select(steps, pool, tickets);
    if (kind < 17 && tickets == 0) return expand(steps, pool);
    if (kind < 18 && tickets == 0) return merge(steps, pool);
    loop(steps, pool, tickets);
  }

  void unary(Op op, Steps& steps, Pool& pool, std::uint32_t tickets) {
    Step s = step(op, {pick(pool)}, tickets);
    if (op == Op::batch) {
      s.size = s.fail_in != 0 ? 1 : 1 + random_.below(6);  // a throw fails the whole batch
    }
    pool.push_back(descend(s));
    steps.push_back(std::move(s));
  }

  void join(Steps& steps, Pool& pool, std::uint32_t tickets) {
    Pool in = {pick(pool)};
    const std::uint32_t wanted = 2 + random_.below(2);
    for (int tries = 0; tries < 8 && in.size() < wanted; ++tries) {
      const std::uint32_t other = pick(pool);
      if (ports_[other].stream == ports_[in[0]].stream && (other != in[0] || random_.once_in(3)))
        in.push_back(other);
    }
    if (in.size() == 1) in.push_back(in[0]);
    Step s = step(Op::join, in, tickets);
    s.fail_in = 0;
    pool.push_back(descend(s));
    steps.push_back(std::move(s));
  }

  void split(Steps& steps, Pool& pool, std::uint32_t tickets) {
    Step s = step(Op::split, {pick(pool)}, tickets);
    s.drops = random_.once_in(3);
    const std::uint32_t branches = 2 + random_.below(2);
    for (std::uint32_t i = 0; i < branches; ++i) {
      const std::uint32_t port = descend(s);
      ports_[port].guards.push_back({s.number, i});
      pool.push_back(port);
    }
    const Pool outs = s.out;
    steps.push_back(std::move(s));
    // Often a diamond: the branches come together again at once, or behind a node of their own.
    if (!random_.once_in(3)) {
      Pool in;
      for (const std::uint32_t port : outs) {
        in.push_back(port);
        if (!random_.once_in(3)) continue;
        Step m = step(Op::map, {port}, tickets);
        in.back() = descend(m);
        pool.push_back(in.back());
        steps.push_back(std::move(m));
      }
      select_of(in, steps, pool, tickets);
    }
  }

  void select(Steps& steps, Pool& pool, std::uint32_t tickets) {
    const std::uint32_t first = pick(pool);
    const PortInfo& a = ports_[first];
    if (a.guards.empty()) return unary(Op::map, steps, pool, tickets);
    Pool in = {first};
    for (const std::uint32_t port : pool) {
      const PortInfo& b = ports_[port];
      if (b.stream != a.stream || b.guards.size() != a.guards.size() || users(port) >= 4) continue;
      if (!std::equal(a.guards.begin(), a.guards.end() - 1, b.guards.begin())) continue;
      if (a.guards.back().split != b.guards.back().split) continue;
      const bool taken = std::any_of(in.begin(), in.end(), [&](std::uint32_t other) {
        return ports_[other].guards.back().branch == b.guards.back().branch;
      });
      if (!taken) in.push_back(port);
    }
    select_of(in, steps, pool, tickets);
  }

  void select_of(const Pool& in, Steps& steps, Pool& pool, std::uint32_t tickets) {
    Step s = step(Op::select, in, tickets);
    s.fail_in = 0, s.ids_rise = false;
    const std::uint32_t port = descend(s);
    ports_[port].guards.pop_back();
    pool.push_back(port);
    steps.push_back(std::move(s));
  }

  void expand(Steps& steps, Pool& pool) {
    Step s = step(Op::expand, {pick(pool)}, 0);
    s.size = 1 + random_.below(3);
    s.stream_out = spec_.streams++;
    s.config.window = std::max(s.size, 1 + random_.below(8));
    s.out.push_back(add_port({s.stream_out, {}, s.size, s.ids_rise}));
    pool.push_back(s.out[0]);
    steps.push_back(std::move(s));
  }

  void merge(Steps& steps, Pool& pool) {
    Pool in = {pick(pool)};
    for (std::uint32_t i = random_.below(3); i != 0; --i) in.push_back(pick(pool));
    Step s = step(Op::merge, in, 0);
    s.fail_in = 0, s.ids_rise = false;
    s.stream_out = spec_.streams++;
    s.config.window = random_.below(9);
    s.out.push_back(add_port({s.stream_out, {}, 1, false}));
    pool.push_back(s.out[0]);
    steps.push_back(std::move(s));
  }

  void loop(Steps& steps, Pool& pool, std::uint32_t around) {
    Step s = step(Op::loop, {pick(pool)}, around);
    s.fail_in = 0, s.ids_rise = false;
    s.size = std::max(1 + random_.below(4),
                      ports_[s.in[0]].burst);  // the loop's door holds as many as it has tickets
    PortInfo info = ports_[s.in[0]];
    info.burst = 1;
    s.inside = add_port(info);
    Pool body = {s.inside};
    ++depth_;
    const std::uint32_t wanted = random_.below(4);
    for (std::uint32_t i = 0; i < wanted; ++i) one_inside(s.body, body, s.size);
    --depth_;
    std::uint32_t last = close_body(s.body, body, s.size);
    Step turn = step(Op::turn, {last}, s.size);
    last = descend(turn);
    users(last) = 1;
    s.body.push_back(std::move(turn));
    info.guards = ports_[last].guards;
    s.out.push_back(add_port(info));
    pool.push_back(s.out[0]);
    steps.push_back(std::move(s));
  }

  void one_inside(Steps& steps, Pool& pool, std::uint32_t tickets) {
    if (depth_ < 3) return one(steps, pool, tickets);
    unary(Op::map, steps, pool, tickets);
  }

  /// All ports inside that nobody uses become one.
  std::uint32_t close_body(Steps& steps, Pool& pool, std::uint32_t tickets) {
    for (;;) {
      Pool open;
      for (const std::uint32_t port : pool) {
        if (users(port) == 0) open.push_back(port);
      }
      if (open.size() == 1) return open[0];
      if (open.empty()) return pool[0];
      Step s = step(Op::join, {open[0], open[1]}, tickets);
      s.fail_in = 0, s.ids_rise = false;
      pool.push_back(descend(s));
      steps.push_back(std::move(s));
    }
  }

  Spec spec_;
  Random random_;
  bool structured_;
  std::vector<PortInfo> ports_;
  Pool pool_;
  std::uint32_t depth_ = 0;
};

}  // namespace

Spec random_dag(std::uint64_t seed) { return Generator(seed, false).run(); }
Spec random_structured(std::uint64_t seed) { return Generator(seed, true).run(); }

std::string Spec::text() const {
  return "seed " + std::to_string(seed) + ": " + std::to_string(numbers) + " steps, " +
         std::to_string(streams) + " streams, window " + std::to_string(window) +
         (cancelled ? ", cancelled" : "");
}

namespace {

void describe(const std::vector<Step>& steps, const std::string& indent, std::string& text) {
  constexpr const char* names[] = {"source", "zip",  "ingress", "map",    "filter",
                                   "batch",  "join", "split",   "select", "expand",
                                   "merge",  "loop", "turn",    "sink"};
  constexpr const char* modes[] = {"parallel", "serial", "ordered"};
  for (const Step& step : steps) {
    text += "\n" + indent + step.name() + " " + names[static_cast<int>(step.op)];
    for (const std::uint32_t port : step.in) text += " p" + std::to_string(port);
    text += " ->";
    for (const std::uint32_t port : step.out) text += " p" + std::to_string(port);
    text += std::string(" ") + modes[static_cast<int>(step.config.mode)] + " capacity " +
            std::to_string(step.config.capacity) + " window " + std::to_string(step.config.window);
    if (step.config.mode == Mode::parallel)
      text += " at most " + std::to_string(step.config.concurrency_max);
    for (const std::uint32_t count : step.counts) text += " tokens " + std::to_string(count);
  if (step.config.on_error == OnError::go_on) text += " goes on";
    if (step.size != 0) text += " size " + std::to_string(step.size);
    if (step.fail_in != 0) text += " fails 1/" + std::to_string(step.fail_in);
    describe(step.body, indent + "  ", text);
  }
}

}  // namespace

std::string Spec::details() const {
  std::string all = text();
  describe(steps, "  ", all);
  return all;
}

}  // namespace weir::test
