// turnstile_model.cpp: P1, one evaluation of a node at a time: Turnstile, BodyCount and reserve_or_wait with
// real edges: no notification is lost, never two evaluators, each token once, and evaluations end.
#include "explore.hpp"

#include <weir/detail/stream/turnstile.hpp>
#include <weir/edge.hpp>

#include <doctest/doctest.h>

#include <algorithm>
#include <memory>

using model::check;
using model::expect;
using model::Options;
using model::Payload;
using model::Strategy;
using namespace weir;
using namespace weir::detail;

namespace {

enum class Way {
  shipped,
  forget_again,    // an evaluator that was knocked for meanwhile goes away
  two_evaluators,  // whoever notifies queues the node, evaluated or not
  silent_return,   // a body's unused unit is given back without a look at the flag
  knock_first,     // a producer knocks before it pushes
  silent_end,      // the end of a body at the bound tells nobody
  no_second_look,  // a refused node sets the flag and goes
};

struct Setup {
  int tokens;           // there at the start
  int pushes;           // more that a producer pushes, one after the other
  bool parallel;
  std::uint32_t drops;  // bit t: the body of token t makes nothing
  std::uint32_t most = 0;    // bodies at a time; 0: no bound
  bool second = false;  // a second out-edge, full for ever: nothing can fire, and everybody must rest
  int workers = 1;
  bool held = false;    // at the start a body is under way, holds the out-edge's only unit and makes nothing
  bool filled = false;  // at the start the out-edge is full
  Way way = Way::shipped;
};

/// Workers; then a consumer; then a producer where there are pushes, or the body that is under way. One node,
/// whose in-edge is a counter; the glue is that of NodeBase::evaluate and InputNode::step.
class Evaluating final : public model::Program {
 public:
  explicit Evaluating(const Setup& setup)
      : setup_(setup), in_(static_cast<std::uint32_t>(setup.tokens)), out_(1), full_(1) {
    if (setup.held || setup.filled) expect(out_.reserve(1), "set-up");
    if (setup.filled) out_.push(Payload(9));
    if (setup.second) expect(full_.reserve(1), "set-up");
    made_.store(setup.filled ? 1 : 0, relaxed);
    if (setup.held && setup.most != 0) bodies_.begins();
    if (setup.tokens != 0 && turn_.knock()) jobs_.store(two() ? 2 : 1, relaxed);
  }
  int threads() const override { return setup_.workers + 1 + (setup_.pushes != 0 || setup_.held ? 1 : 0); }
  int group(int thread) const override { return thread < setup_.workers ? 0 : thread; }
  bool at_rest() override {
    if (jobs_.load(relaxed) != 0 || (!two() && !turn_.idle())) return false;
    if (setup_.most != 0 && bodies_.full(1)) return false;
    if (setup_.second) return readable();
    return !readable() && taken_ == wanted();
  }

  void run(int thread) override {
    if (thread < setup_.workers) {
      for (;;) {
        take_job();
        evaluate();
      }
    } else if (thread == setup_.workers) {
      consume();
    } else if (setup_.held) {
      end_body(true);
    } else {
      for (int i = 0; i < setup_.pushes; ++i) {
        if (setup_.way == Way::knock_first) notify();
        in_.fetch_add(1, seq_cst);
        if (setup_.way != Way::knock_first) notify();
      }
    }
  }

 private:
  enum class Step { nothing, fired, released };
  bool readable() const { return in_.load(seq_cst) != 0; }
  int wanted() const {
    int n = setup_.filled ? 1 : 0;
    for (int t = 0; t < setup_.tokens + setup_.pushes; ++t) n += (setup_.drops >> t & 1) != 0 ? 0 : 1;
    return n;
  }

  bool two() const { return setup_.way == Way::two_evaluators; }
  void notify() {
    if (two() || turn_.knock()) enqueue();
  }
  void enqueue() {
    const std::uint32_t before = jobs_.fetch_add(1, release);
    expect(before == 0 || two(), "a node is queued twice");
    model::wake(jobs_);
  }
  void take_job() {
    for (;;) {
      std::uint32_t n = jobs_.load(acquire);
      if (n == 0) {
        model::wait(jobs_, 0);
      } else if (jobs_.compare_exchange_strong(n, n - 1, acquire, relaxed)) {
        return;
      }
    }
  }

  void evaluate() {
    expect(++evaluations_ <= (setup_.second ? 8 : 40), "the evaluations do not end");
    if (two()) return (void)step();
    turn_.enter();
    for (;;) {
      const Step done = step();
      if (done == Step::released) return;
      if (done == Step::fired && readable()) {
        turn_.queue();
        enqueue();
        return;
      }
      if (turn_.leave() || setup_.way == Way::forget_again) return;
    }
  }
  void release_evaluation() {
    if (two()) return readable() ? enqueue() : void();
    if (readable()) {
      turn_.queue();
    } else if (!turn_.leave_or_queue()) {
      return;
    }
    enqueue();
  }

  bool reserve(Edge<Payload>& edge) {
    if (setup_.way != Way::no_second_look) return reserve_or_wait(edge, 1, 1, [] {}) == 1;
    if (edge.reserve_up_to(1) == 1) return true;
    edge.set_waiting();
    return false;
  }
  Step step() {
    if (!two() || !setup_.second) plain_.set(plain_.get() + 1);
    if (!readable() || (setup_.most != 0 && bodies_.full(setup_.most))) return Step::nothing;
    if (!reserve(out_)) return Step::nothing;
    if (setup_.second && !reserve(full_)) {
      out_.give_back(1);
      if (two()) look();  // with two evaluators a roll-back must notify
      return Step::nothing;
    }
    if (setup_.most != 0) bodies_.begins();
    in_.fetch_sub(1, relaxed);
    const int t = begun_++;
    if (setup_.parallel) release_evaluation();
    expect(t < 4, "a token came twice");
    const bool drops = (setup_.drops >> t & 1) != 0;
    if (!drops) {
      out_.push(Payload(t));
      made_.fetch_add(1, release);
      model::wake(made_);
    }
    end_body(drops);
    return setup_.parallel ? Step::released : Step::fired;
  }
  void end_body(bool drops) {
    if (drops) {
      out_.give_back(1);
      if (setup_.way != Way::silent_return) look();
    }
    if (setup_.most != 0 && bodies_.ends() && setup_.way != Way::silent_end) notify();
  }
  void look() {
    if (out_.take_waiting()) notify();
  }

  void consume() {
    for (std::uint32_t seen = 0;; ++seen) {
      while (made_.load(acquire) <= seen) model::wait(made_, seen);
      alignas(Payload) std::byte raw[sizeof(Payload)];
      auto* token = reinterpret_cast<Payload*>(raw);
      expect(out_.pop_n_exclusive_raw(token, 1) == 1, "a token is not there");
      std::destroy_at(token);
      ++taken_;
      look();
    }
  }

  Setup setup_;
  atomic<std::uint32_t> in_;  // tokens that nobody has taken
  Edge<Payload> out_, full_;
  Turnstile turn_;
  BodyCount bodies_;
  atomic<std::uint32_t> jobs_{0}, made_{0};
  model::Cell plain_;
  int evaluations_ = 0, taken_ = 0;
  int begun_ = 0;  // the evaluator only
};

// {tokens, pushes, parallel, drops, most, second, workers, held, filled}
const Setup refused{1, 0, false, 0, 0, false, 1, false, true};
const Setup dropping{1, 0, true, 1, 0, false, 1, true};
const Setup pushed{0, 2, false, 3, 0, false, 1};
const Setup bounded{1, 0, true, 1, 1, false, 1, true};
const Setup two_bodies{1, 0, true, 1, 2, false, 1, true};
const Setup passed_on{0, 2, false, 3, 0, false, 2};
const Setup pair{2, 0, true, 3, 0, false, 2};
const Setup full{1, 0, true, 0, 0, true, 2};

Setup with(Setup setup, Way way) {
  setup.way = way;
  return setup;
}

}  // namespace

TEST_CASE("turnstile: exhaustively, two workers, serial and parallel, dropping, bounded, refused for ever") {
  for (const Setup& setup : {refused, dropping, pushed, bounded, two_bodies, full}) {
    const auto report = check<Evaluating>({.name = "turnstile", .schedules_max = 500'000}, setup);
    CHECK_MESSAGE(!report.failed, report.schedule, "\n", report.trace);
    CHECK(report.exhausted);
  }
}

TEST_CASE("turnstile: all schedules with few preemptions, two workers") {
  const Options o{.name = "turnstile_bounded",
                  .schedules_max = 60'000'000,
                  .preemptions_max = model::long_mode() ? 4 : 1};
  for (const Setup& setup : {passed_on, pair}) {
    const auto report = check<Evaluating>(o, setup);
    CHECK_MESSAGE(!report.failed, report.schedule, "\n", report.trace);
    CHECK(report.exhausted);
  }
  if (!model::long_mode()) return;
  const auto report = check<Evaluating>({.name = "turnstile_long", .schedules_max = 60'000'000}, pair);
  CHECK_MESSAGE(!report.failed, report.schedule, "\n", report.trace);
  CHECK(report.exhausted);
}

TEST_CASE("turnstile: larger programs at random and by PCT") {
  const Setup setups[] = {
      {2, 2, true, 5, 0, false, 2},
      {2, 1, false, 0, 0, false, 2, false, true},
      {2, 1, true, 0, 1, false, 2},
      {0, 2, true, 3, 0, false, 2},
  };
  for (const Strategy strategy : {Strategy::random, Strategy::pct}) {
    for (const Setup& setup : setups) {
      const Options o{
          .name = "turnstile_drawn", .strategy = strategy, .schedules_max = model::drawn(12'000, 8)};
      const auto report = check<Evaluating>(o, setup);
      CHECK_MESSAGE(!report.failed, report.schedule, "\n", report.trace);
    }
  }
}

TEST_CASE("turnstile mutant: a knock that met an evaluation is forgotten") {
  CHECK(check<Evaluating>({.name = "turnstile_forget"}, with(pushed, Way::forget_again)).failed);
}

TEST_CASE("turnstile mutants: two evaluators share the node's state, and wake each other for ever") {
  const Options o{.name = "turnstile_two", .strategy = Strategy::random};
  CHECK(check<Evaluating>(o, with(pair, Way::two_evaluators)).failed);
  CHECK(check<Evaluating>(o, with(full, Way::two_evaluators)).message == "the evaluations do not end");
}

TEST_CASE("turnstile mutant: a body's unused unit is given back silently") {
  CHECK(check<Evaluating>({.name = "turnstile_silent"}, with(dropping, Way::silent_return)).failed);
}

TEST_CASE("turnstile mutant: the knock comes before the push") {
  CHECK(check<Evaluating>({.name = "turnstile_knock_first"}, with(pushed, Way::knock_first)).failed);
}

TEST_CASE("turnstile mutant: the end of a body at the bound tells nobody") {
  CHECK(check<Evaluating>({.name = "turnstile_silent_end"}, with(bounded, Way::silent_end)).failed);
}

TEST_CASE("turnstile mutant: a refused node does not look again") {
  CHECK(check<Evaluating>({.name = "turnstile_no_look"}, with(refused, Way::no_second_look)).failed);
}

TEST_CASE("turnstile mutants: every order weakened and every read-modify-write split, but those explained") {
  const Options o{.name = "turnstile", .schedules_max = 30'000};
  std::vector<model::Fault> faults;
  for (const Setup& setup : {refused, bounded, two_bodies, dropping, pushed})
    model::sweep<Evaluating>(faults, o, "turnstile.hpp", setup);
  const Options few{.name = "turnstile", .schedules_max = 20'000, .preemptions_max = 1};
  model::sweep<Evaluating>(faults, few, "turnstile.hpp", passed_on);
  CHECK(faults.size() >= 15);
  // ends, exchange: it picks one, and a second notification does no harm. full: the first look is a hint, the
  // second decides. enter and leave, exchange split: nobody else writes in these states. knock, leave, orders:
  // they keep the knocker's publication before its knock in one order with the evaluator's looks; this engine
  // runs a thread in its order. queue: the queue of jobs hands the state on as well.
  CHECK(survivors(faults) ==
        "ends exchange seq_cst#1 split\n"
        "ends exchange seq_cst#1->acq_rel\n"
        "ends exchange seq_cst#1->relaxed\n"
        "enter exchange seq_cst#1 split\n"
        "full load seq_cst#1->acquire\n"
        "full load seq_cst#1->relaxed\n"
        "knock compare_exchange seq_cst#1->acq_rel\n"
        "knock compare_exchange seq_cst#1->relaxed\n"
        "leave exchange seq_cst#1 split\n"
        "leave exchange seq_cst#1->acq_rel\n"
        "leave exchange seq_cst#1->relaxed\n"
        "leave_quietly compare_exchange seq_cst#1->acq_rel\n"
        "queue store release#1->relaxed\n");
}
