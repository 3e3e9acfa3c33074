// window_model.cpp: P2, Stream, Gate and StreamEnd: a number is handed out only when the number a window
// before it has retired at every end, and what was done with it is seen; no wake-up of a waiting origin is
// lost; an end is finished once, when all numbers have retired there. Beside it the bits that are set and
// cleared.
#include "explore.hpp"

#include <weir/detail/stream/flow.hpp>

#include <doctest/doctest.h>

using model::check;
using model::expect;
using model::Options;
using model::Strategy;
using namespace weir;
using namespace weir::detail;

namespace {

enum class Way {
  shipped,
  set_then_done,  // bits are set and cleared, cleared after `done` has moved
  clear_first,    // the same, cleared before
  no_laps,        // a set bit counts as retired in any lap
  read_first,     // `done` and the next bit are read before the own bit is flipped
  no_recheck,     // the origin sets its flag and sleeps
  look_first,     // its second look is made before the flag
  stale_limit,    // its second look asks the cached limit
  look_early,     // who retires looks at the flag first
  first_end,      // the window asks one end only
  silent_return,  // unused numbers are given back without a look at the flag
};

constexpr int numbers_max = 68, later_max = 8, ends_max = 2, retirers_max = 3, list_max = 4;

struct Retirer {
  int end;
  int list[list_max];  // the numbers it retires, in this order; -1: no more
};

struct Setup {
  std::uint32_t window;
  int numbers;            // that the origin draws
  std::uint32_t batch;    // so many at a time where there is room
  int retirers;
  Retirer retirer[retirers_max];
  int producers = 0;      // besides the origin: threads that try twice to draw a number
  std::uint32_t burst = 0;  // a body that holds so many units draws one and returns the rest
  int before = 0;         // so many numbers were drawn and retired before
  int there = 0;          // so many were drawn then, and are alive
  bool ends = false;      // origin and producers close the stream at last, and its ends are finished
  bool all = false;       // the origin reserves the whole burst or nothing
  Way way = Way::shipped;
};

/// The mutants' end: its bits, and how far it is.
struct SetAndClear {
  atomic<std::uint64_t> bits{0}, done{0};

  void retire(std::uint64_t number, std::uint64_t window, Way way) {
    const auto bit = [&](std::uint64_t s) { return std::uint64_t{1} << (s % window); };
    bits.fetch_or(bit(number), seq_cst);
    std::uint64_t d = done.load(seq_cst);
    while ((bits.load(seq_cst) & bit(d)) != 0) {
      if (way == Way::clear_first) bits.fetch_and(~bit(d), seq_cst);
      const std::uint64_t was = d;
      if (done.compare_exchange_strong(d, d + 1, seq_cst)) ++d;
      if (way == Way::set_then_done && d == was + 1) bits.fetch_and(~bit(was), seq_cst);
    }
  }
};

/// Thread 0 is the origin; then those that retire; then producers, or a body that holds a burst.
class Window final : public model::Program {
 public:
  explicit Window(const Setup& setup) : setup_(setup) {
    stream_.window = setup.window;
    stream_.ends = table_;
    for (int i = 0; i < setup.retirers; ++i) {
      if (setup.retirer[i].end >= static_cast<int>(stream_.end_count)) ++stream_.end_count;
    }
    for (std::uint32_t e = 0; e < stream_.end_count; ++e) {
      table_[e] = &end_[e];
      end_[e].stream = &stream_;
      end_[e].words = words_[e];
    }
    base_ = setup.before;
    for (int i = 0; i < setup.before; ++i) {
      expect(stream_.reserve(1) == 1, "set-up");
      const std::uint64_t number = stream_.gate.draw(1);
      for (std::uint32_t e = 0; e < stream_.end_count; ++e) end_[e].retire(number);
    }
    for (int i = 0; i < setup.there; ++i) {
      expect(stream_.reserve(1) == 1, "set-up");
      make(stream_.gate.draw(1));
    }
    if (setup.burst != 0) expect(stream_.try_reserve_all(setup.burst), "set-up");
  }
  int threads() const override { return 1 + setup_.retirers + helpers(); }
  int group(int thread) const override { return thread > setup_.retirers ? setup_.retirers + 1 : thread; }
  /// Producers may be refused: then nobody makes the numbers that some wait for.
  bool at_rest() override {
    if (setup_.producers != 0 && setup_.ends) finish();
    return setup_.producers != 0;
  }

  void run(int thread) override {
    if (thread == 0) {
      draw_all();
      if (setup_.ends) finish_stream();
    } else if (thread <= setup_.retirers) {
      const Retirer& self = setup_.retirer[thread - 1];
      for (int i = 0; i < list_max && self.list[i] >= 0; ++i) retire(self.end, self.list[i]);
    } else if (setup_.burst != 0) {
      make(stream_.gate.draw(1));
      stream_.gate.give_back(setup_.burst - 1);
      if (setup_.way != Way::silent_return) look();
    } else {
      for (int i = 0; i < 2; ++i) {
        if (stream_.try_reserve(1) == 0) continue;
        const std::uint64_t number = stream_.gate.draw(1);
        if (number == Gate::refused && setup_.ends) break;
        make(number);
      }
      if (setup_.ends) finish_stream();
    }
  }

  void finish() override {
    const auto count = [this](const bool* which) {
      std::uint64_t n = static_cast<std::uint64_t>(base_);
      for (int s = 0; s < numbers_max && which[s]; ++s) ++n;
      return n;
    };
    if (mutant()) return expect(own_.done.load(relaxed) == count(retired_[0]), "a retirement was lost");
    const std::uint64_t drawn = count(drawn_);
    std::uint64_t least = ~std::uint64_t{0};
    for (std::uint32_t e = 0; e < stream_.end_count; ++e) {
      const std::uint64_t done = count(retired_[e]);
      least = done < least ? done : least;
      expect(end_[e].done() == done, "an end has not seen all that retired");
      if (setup_.ends) expect(end_[e].finished() && finished_[e] == 1, "an end was not finished once");
    }
    if (setup_.ends) return;
    const auto room = static_cast<std::uint32_t>(least + setup_.window - drawn);
    expect(stream_.try_reserve(room + 1) == room, "idle: not exactly a window fits");
  }

 private:
  bool mutant() const { return setup_.way == Way::set_then_done || setup_.way == Way::clear_first; }
  int helpers() const { return setup_.producers + (setup_.burst != 0 ? 1 : 0); }

  // The origin.
  std::uint64_t limit(bool fresh) {
    if (mutant()) return own_.done.load(seq_cst) + setup_.window;
    if (setup_.way != Way::first_end) return stream_.limit(fresh);
    return end_[0].done() + setup_.window;
  }
  std::uint32_t reserve(std::uint32_t max) {
    if (setup_.way == Way::shipped && !setup_.all) return stream_.reserve(max);
    if (setup_.all) {
      if (stream_.try_reserve_all(max)) return max;
      stream_.set_waiting();
      return stream_.try_reserve_all(max) ? max : 0;
    }
    if (const std::uint32_t n = stream_.gate.reserve_up_to(max, limit(true)); n != 0) return n;
    const std::uint64_t before = setup_.way == Way::look_first ? limit(true) : 0;
    stream_.set_waiting();
    if (setup_.way == Way::no_recheck) return 0;
    return stream_.gate.reserve_up_to(max, setup_.way == Way::look_first    ? before
                                           : setup_.way == Way::stale_limit ? limit(false)
                                                                            : limit(true));
  }
  void draw_all() {
    int left = setup_.numbers;
    while (left > 0) {
      const std::uint32_t wanted = setup_.all ? setup_.burst : setup_.batch;
      const std::uint32_t n = reserve(wanted);
      if (n == 0) {
        while (woken_.load(acquire) == 0) model::wait(woken_, 0);
        woken_.store(0, relaxed);
        continue;
      }
      const std::uint32_t used = static_cast<int>(n) < left ? n : static_cast<std::uint32_t>(left);
      const std::uint64_t first = stream_.gate.draw(used);
      for (std::uint32_t i = 0; i < used; ++i) make(first + i);
      if (used < n) stream_.gate.give_back(n - used);
      left -= static_cast<int>(used);
    }
  }
  void finish_stream() {
    if (!stream_.set_total(stream_.gate.close())) return;
    for (std::uint32_t e = 0; e < stream_.end_count; ++e) {
      ask(static_cast<int>(e));
      if (!end_[e].finished()) continue;
      for (const model::Cell& cell : cell_[e])
        expect(cell.get() == 0, "an end is finished and holds a number");
    }
  }
  /// A number was drawn: its cell must be free at every end, and those who freed it must have happened
  /// before.
  void make(std::uint64_t number) {
    expect(number != Gate::refused, "a draw that holds a unit is refused");
    const int s = static_cast<int>(number) - base_;
    expect(s >= 0 && s < numbers_max && !drawn_[s], "a number was drawn twice");
    drawn_[s] = true;
    for (std::uint32_t e = 0; e < stream_.end_count; ++e) {
      model::Cell& cell = cell_[e][static_cast<std::uint32_t>(s) % setup_.window % numbers_max];
      expect(cell.get() == 0, "a number left the window");
      cell.set(1 + s);
    }
    if (s < setup_.there) return;
    made_[s - setup_.there].store(1, release);
    model::wake(made_[s - setup_.there]);
  }

  // The ends.
  void retire(int e, int s) {
    if (s >= setup_.there) {
      do {
        model::wait(made_[s - setup_.there], 0);
      } while (made_[s - setup_.there].load(acquire) == 0);
    }
    const auto number = static_cast<std::uint64_t>(base_ + s);
    model::Cell& cell = cell_[e][static_cast<std::uint32_t>(s) % setup_.window % numbers_max];
    expect(cell.get() == 1 + s, "another number stands in its place");
    cell.set(0);
    if (setup_.way == Way::look_early) look();
    flip(e, number);
    retired_[e][s] = true;
    if (setup_.way != Way::look_early) look();
    ask(e);
  }
  void flip(int e, std::uint64_t number) {
    if (mutant()) {
      own_.retire(number, setup_.window, setup_.way);
    } else if (setup_.way == Way::no_laps || setup_.way == Way::read_first) {
      flip_wrongly(number);
    } else {
      end_[e].retire(number);
    }
  }
  /// A window of one word, its done kept in `own_`.
  void flip_wrongly(std::uint64_t number) {
    const auto retired = [this](std::uint64_t s, std::uint64_t bits) {
      const bool set = (bits >> (s % setup_.window) & 1) != 0;
      return setup_.way == Way::no_laps ? set : set == ((s / setup_.window) % 2 == 0);
    };
    const std::uint64_t own = std::uint64_t{1} << (number % setup_.window);
    std::uint64_t d = own_.done.load(seq_cst);
    std::uint64_t bits = own_.bits.load(seq_cst);
    bits = setup_.way == Way::read_first ? bits ^ own : 0;
    own_.bits.fetch_xor(own, seq_cst);
    if (setup_.way == Way::no_laps) bits = own_.bits.load(seq_cst);
    while (retired(d, bits)) {
      if (own_.done.compare_exchange_strong(d, d + 1, seq_cst)) ++d;
      bits = setup_.way == Way::read_first ? bits : own_.bits.load(seq_cst);
    }
  }
  void look() {
    if (!stream_.take_waiting()) return;
    woken_.store(1, release);
    model::wake(woken_);
  }
  void ask(int e) {
    if (setup_.ends && end_[e].take_finished()) ++finished_[e];
  }

  Setup setup_;
  Stream stream_;
  StreamEnd end_[ends_max];
  StreamEnd* table_[ends_max] = {};
  atomic<std::uint64_t> words_[ends_max][2];
  SetAndClear own_;
  atomic<std::uint32_t> made_[later_max];  // beyond those that are there
  atomic<std::uint32_t> woken_{0};
  model::Cell cell_[ends_max][numbers_max];
  bool drawn_[numbers_max] = {}, retired_[ends_max][numbers_max] = {};
  int finished_[ends_max] = {};
  int base_ = 0;
};

// {window, numbers, batch, retirers, {{end, {numbers}}...}, producers, burst, before, there, ends, all}
const Setup one_two{1, 2, 1, 2, {{0, {0, 2, -1}}, {0, {1, -1}}}, 0, 0, 0, 1};
const Setup two_two{2, 1, 1, 2, {{0, {1, 2, -1}}, {0, {0, -1}}}, 0, 0, 0, 2};
const Setup two_ends{1, 1, 1, 2, {{0, {0, 1, -1}}, {1, {0, 1, -1}}}, 0, 0, 0, 1};
const Setup two_words{65, 1, 1, 2, {{0, {0, -1}}, {0, {1, -1}}}, 0, 0, 63, 2};
const Setup word_again{65, 1, 1, 3, {{0, {0, 1, -1}}, {0, {2, -1}}, {0, {65, -1}}}, 0, 0, 62, 65};
const Setup bursting{2, 1, 1, 1, {{0, {0, -1}}}, 0, 2, 0, 0, false, true};
const Setup returning{2, 1, 1, 1, {{0, {-1}}}, 0, 2};
const Setup doors{1, 0, 1, 1, {{0, {0, -1}}}, 2, 0, 0, 1};
const Setup two_drawers{2, 0, 1, 1, {{0, {0, -1}}}, 2};
const Setup ending{2, 0, 1, 2, {{0, {0, -1}}, {0, {1, -1}}}, 0, 0, 0, 2, true};
const Setup closing{2, 0, 1, 1, {{0, {0, 1, -1}}}, 1, 0, 0, 0, true};

Setup with(Setup setup, Way way) {
  setup.way = way;
  return setup;
}

}  // namespace

TEST_CASE("window: exhaustively, K = 1, 2, 3, two and three that retire, two ends, two words, doors") {
  const Setup setups[] = {
      one_two,
      {1, 1, 1, 2, {{0, {1, -1}}, {0, {0, -1}}}, 0, 0, 0, 1},
      two_two,
      {2, 0, 1, 3, {{0, {0, -1}}, {0, {1, -1}}, {1, {0, -1}}}, 0, 0, 0, 2},
      {3, 1, 1, 2, {{0, {1, -1}}, {0, {0, -1}}}, 0, 0, 0, 3},
      two_words,
      bursting,
      returning,
      doors,
      ending,
      closing,
  };
  for (const Setup& setup : setups) {
    const auto report = check<Window>({.name = "window"}, setup);
    CHECK_MESSAGE(!report.failed, report.schedule, "\n", report.trace);
    CHECK(report.exhausted);
  }
  if (!model::long_mode()) return;
  const Setup larger[] = {
      two_ends,
      two_drawers,
      {2, 0, 1, 1, {{0, {1, 0, -1}}}, 2, 0, 0, 1},
      {1, 2, 1, 3, {{0, {0, -1}}, {0, {1, -1}}, {0, {2, -1}}}, 0, 0, 0, 1},
      {2, 1, 1, 2, {{0, {1, -1}}, {0, {0, 2, -1}}}, 0, 0, 0, 2},
      {2, 2, 2, 2, {{0, {1, -1}}, {0, {0, -1}}}, 0, 0, 0, 2},
      {3, 0, 1, 3, {{0, {2, -1}}, {0, {1, -1}}, {0, {0, -1}}}, 0, 0, 0, 3},
      {3, 1, 1, 2, {{0, {2, 0, -1}}, {0, {1, -1}}}, 0, 0, 0, 3},
  };
  for (const Setup& setup : larger) {
    const auto report = check<Window>({.name = "window_long", .schedules_max = 60'000'000}, setup);
    CHECK_MESSAGE(!report.failed, report.schedule, "\n", report.trace);
    CHECK(report.exhausted);
  }
}

TEST_CASE("window: larger programs at random and by PCT") {
  const Setup setups[] = {
      {3, 6, 2, 3, {{0, {2, 0, -1}}, {0, {1, 5, 3, -1}}, {0, {4, -1}}}},
      {2, 4, 2, 3, {{0, {1, 2, -1}}, {0, {0, 3, -1}}, {1, {0, 2, 1, 3}}}},
  };
  for (const Strategy strategy : {Strategy::random, Strategy::pct}) {
    for (const Setup& setup : setups) {
      const Options o{.name = "window_drawn",
                      .strategy = strategy,
                      .schedules_max = model::drawn(20'000, 4)};
      const auto report = check<Window>(o, setup);
      CHECK_MESSAGE(!report.failed, report.schedule, "\n", report.trace);
    }
  }
}

TEST_CASE("window mutants: bits set and cleared fail in both orders, at K = 1, with two that retire") {
  const Setup late{1, 2, 1, 2, {{0, {0, -1}}, {0, {1, 2, -1}}}, 0, 0, 0, 1};
  const Options o{.name = "window_set_and_clear", .preemptions_max = 3};
  CHECK(check<Window>(o, with(late, Way::set_then_done)).failed);
  CHECK(check<Window>(o, with(late, Way::clear_first)).failed);
}

TEST_CASE("window mutant: a bit of the lap before counts") {
  CHECK(check<Window>({.name = "window_no_laps"}, with(one_two, Way::no_laps)).failed);
}

TEST_CASE("window mutant: the next bit is read before the own one is flipped") {
  CHECK(check<Window>({.name = "window_read_first"}, with(two_two, Way::read_first)).failed);
}

TEST_CASE("window mutants: an origin that does not look again, or too early, or at an old limit, sleeps on") {
  CHECK(check<Window>({.name = "window_no_recheck"}, with(one_two, Way::no_recheck)).failed);
  CHECK(check<Window>({.name = "window_look_first"}, with(one_two, Way::look_first)).failed);
  CHECK(check<Window>({.name = "window_stale_limit"}, with(one_two, Way::stale_limit)).failed);
}

TEST_CASE("window mutant: who retires looks at the flag first") {
  CHECK(check<Window>({.name = "window_look_early"}, with(one_two, Way::look_early)).failed);
}

TEST_CASE("window mutant: one of two ends is asked") {
  CHECK(check<Window>({.name = "window_first_end"}, with(two_ends, Way::first_end)).failed);
}

TEST_CASE("window mutant: unused numbers of a burst are given back silently") {
  CHECK(check<Window>({.name = "window_silent_return"}, with(bursting, Way::silent_return)).failed);
}

TEST_CASE("window mutants: every order weakened and every read-modify-write split, but those explained") {
  const Options o{.name = "window", .schedules_max = 100'000};
  std::vector<model::Fault> faults;
  for (const Setup& setup : {two_words, returning, ending, closing, doors, bursting})
    model::sweep<Window>(faults, o, "flow.hpp", setup);
  const Options few{.name = "window", .schedules_max = 60'000, .preemptions_max = 2};
  const Setup passed{2, 2, 2, 2, {{0, {0, -1}}, {0, {1, 2, 3, -1}}}, 0, 0, 0, 2};
  for (const Setup& setup : {passed, word_again, two_drawers, two_two})
    model::sweep<Window>(faults, few, "flow.hpp", setup);
  CHECK(faults.size() >= 30);
  // close: it hands on nothing but a number. reserve_up_to: whose limit is above r has itself seen all that
  // retired a window below, whoever raised `reserved`. set_total: the closer's own seq_cst load of it follows.
  // take_finished: it picks one; what retired was acquired with `done`. take_waiting: it picks one, and a
  // second wake-up does no harm.
  CHECK(survivors(faults) ==
        "close compare_exchange acq_rel#1->acquire\n"
        "close compare_exchange acq_rel#1->release\n"
        "close load acquire#1->relaxed\n"
        "reserve_up_to compare_exchange acq_rel#1->acquire\n"
        "reserve_up_to compare_exchange acq_rel#1->release\n"
        "set_total store seq_cst#1->relaxed\n"
        "set_total store seq_cst#1->release\n"
        "take_finished exchange acq_rel#1->release\n"
        "take_waiting exchange seq_cst#1 split\n"
        "take_waiting exchange seq_cst#1->acq_rel\n"
        "take_waiting exchange seq_cst#1->relaxed\n");
}
