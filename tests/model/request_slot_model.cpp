// request_slot_model.cpp: SlotWord and NextDeadline of the search engine: each request is settled exactly once, whoever
// races; its slot is free when the last of its holders has left, and not before; nobody touches what is another's; a
// request that waits for its turn or for the evaluator is expired when it is due.
#include <doctest/doctest.h>

#include <next_deadline.hpp>
#include <optional>
#include <slot_word.hpp>
#include <string>
#include <weir/detail/slot_stack.hpp>

#include "explore.hpp"

using model::Cell;
using model::check;
using model::expect;
using model::Options;
using model::Strategy;
using namespace weir;
using namespace weir::search;

namespace {

enum class Way {
  shipped,
  settles_inside,    // a settler from outside does not mind the turn that is inside
  enters_settled,    // a turn begins whatever the phase is
  deaf_leave,        // a turn ends without a look at the cancel flag
  deaf_park,         // so does one that waits for the evaluator
  blind_park,        // it does not look whether the answer has come
  no_reader,         // the reader has no hold
  no_settler,        // nor has a settler from outside
  no_evaluator,      // nor has the evaluator
  answer_in_two,     // the answer first, then the evaluator's hold
  resumes_settled,   // who was settled while it was parked is resumed
  forgets_owing,     // who is settled before its call ends is waited for
  expires_anything,  // the clock takes what is there, not what it has seen
  one_generation,    // a slot's next request has the word of the one before
  sees_no_parked,    // the clock looks at the queue alone
  silent_deadline,   // who submits does not tell the clock
  silent_park,       // nor does a turn that parks
  late_forget,       // the clock forgets after its look
};

struct Setup {
  int requests =
      1;  // one after the other, while the slot is free; the first has a deadline, which has passed
  bool cancels = false;  // the client cancels each after it was submitted
  bool drops = false;    // and drops the handle instead of reading
  int workers = 1;
  int questions = 0;   // for the evaluator, each at the end of a turn
  int more_turns = 0;  // turns that end without a question
  int clock = 0;       // 0: none; 1: it looks once, deadline or not; 2: it sleeps until it is told
  bool ends = false;   // the service ends meanwhile
  bool mute = false;   // the evaluator answers nothing
  Way way = Way::shipped;
};

enum Status : int { none_yet, solved, cancelled, expired };
constexpr Deadline due = 1;

/// Thread 0 is the client; then the workers, the evaluator, the clock, and who ends the service, as there are. The
/// queue of tokens publishes, as a ring does.
class Serving final : public model::Program {
 public:
  explicit Serving(const Setup& setup) : setup_(setup) {
    free_.push(0, [this](std::uint32_t) -> atomic<std::uint32_t>& { return below_; });
  }
  int threads() const override {
    return 1 + setup_.workers + (setup_.questions != 0) + (setup_.clock != 0) + setup_.ends;
  }
  int group(int thread) const override {
    return 1 <= thread && thread <= setup_.workers ? 1 : 10 + thread;
  }
  bool at_rest() override {
    if (!client_ended_ || live_ != 0 || owing_ != 0) return false;
    if (setup_.workers == 0) return true;  // the token of what has expired is still there
    if (setup_.mute) return true;          // and the evaluator's hold
    return tokens_.load(relaxed) == 0 && frees_ == accepted_ &&
           slot_word::phase_of(slot_.word.load(relaxed)) == slot_word::idle;
  }
  void run(int thread) override {
    if (thread == 0) return client();
    if (thread <= setup_.workers) return worker();
    thread -= 1 + setup_.workers;
    if (setup_.questions != 0 && thread-- == 0) return evaluator();
    if (setup_.clock != 0 && thread-- == 0) return clock();
    cancel();
  }

 private:
  static constexpr std::uint32_t none = detail::SlotStack::none;
  auto below() {
    return [this](std::uint32_t) -> atomic<std::uint32_t>& { return below_; };
  }
  bool is(Way way) const { return setup_.way == way; }

  void client() {
    for (int i = 1; i <= setup_.requests; ++i) {
      if (setup_.requests > 1 && free_.take(below()) == none) break;  // it would be rejected
      ++accepted_;
      ++live_;
      request_.set(i);
      questions_.set(setup_.questions);
      turns_.set(setup_.more_turns);
      const Deadline deadline = i == 1 && setup_.clock != 0 ? due : never;
      slot_.begin_waiting(deadline);
      if (is(Way::no_reader)) slot_.word.fetch_and(~slot_word::reader_hold, relaxed);
      push_token();
      if (setup_.clock == 2 && !is(Way::silent_deadline)) bring_forward(deadline);
      if (setup_.cancels) cancel();
      if (!setup_.drops) read(i);
      drop(slot_word::reader_hold);
    }
    client_ended_ = true;
  }
  void read(int request) {
    for (;;) {
      const std::uint32_t seen = slot_.word.load(relaxed);
      if (slot_.is_done()) break;
      model::wait(slot_.word, seen);
    }
    const int status = reply_.get();
    expect(status != none_yet && reply_of_.get() == request, "not the reply of this request");
    expect(status != cancelled || setup_.cancels || setup_.ends,
           "cancelled, and nobody has asked for it");
    expect(status != expired || (request == 1 && setup_.clock != 0), "expired before its time");
  }

  void push_token() {
    expect(tokens_.exchange(1, acq_rel) == 0, "two tokens of one request");
    model::wake(tokens_);
  }
  void worker() {
    for (;;) {
      do {
        model::wait(tokens_, 0);
      } while (tokens_.exchange(0, acq_rel) == 0);
      turn();
    }
  }
  bool enter() {
    if (!is(Way::enters_settled)) return slot_.enter();
    std::uint32_t now = slot_.word.load(relaxed);
    while (!slot_.word.compare_exchange_weak(now, slot_word::with_phase(now, slot_word::inside),
                                             acq_rel, relaxed)) {
    }
    return true;
  }
  void turn() {
    if (!enter()) return drop(slot_word::token_hold);
    expect(told_ != request_.get(), "a turn begins after the one before was told to cancel");
    for (;;) {
      if (!run_kernel()) return drop(slot_word::token_hold);
      if (leaf_.get() == 0) {
        if (leave()) return push_token();
        settle(cancelled);
        return drop(slot_word::token_hold);
      }
      switch (park()) {
        case SlotWord::Parked::yes:
          return;
        case SlotWord::Parked::cancelled:
          settle(cancelled);
          return drop(slot_word::token_hold);
        case SlotWord::Parked::answered:
          break;
      }
    }
  }
  /// False: it is settled.
  bool run_kernel() {
    if (leaf_.get() != 0) {
      if (!slot_.answered()) return true;
      expect(answer_.get() == 10 * request_.get() + questions_.get(),
             "the answer to another question");
      slot_.clear_answer();
      leaf_.set(0);
      owes_.set(1);
    }
    const int questions = questions_.get(), turns = turns_.get();
    if (questions != 0) {
      questions_.set(questions - 1);
      ask(10 * request_.get() + questions - 1);
    } else if (turns != 0) {
      turns_.set(turns - 1);
    }
    if (owes_.get() != 0) {
      owes_.set(0);
      if (slot_.has_asked()) --owing_;
    }
    if (questions + turns != 0) return true;
    settle(solved);
    return false;
  }
  void ask(int question) {
    question_.set(question);
    leaf_.set(1);
    if (!is(Way::no_evaluator)) slot_.hold(slot_word::evaluator_hold);
    asked_.exchange(1, acq_rel);
    model::wake(asked_);
  }
  bool leave() {
    if (!is(Way::deaf_leave)) return slot_.leave();
    std::uint32_t now = slot_.word.load(relaxed);
    while (!slot_.word.compare_exchange_weak(now, slot_word::with_phase(now, slot_word::ready),
                                             acq_rel, relaxed)) {
    }
    return true;
  }
  SlotWord::Parked park() {
    const Deadline deadline = request_.get() == 1 ? due : never;
    SlotWord::Parked parked = SlotWord::Parked::yes;
    if (is(Way::deaf_park) || is(Way::blind_park)) {
      parked = broken_park();
    } else {
      parked = slot_.park();
    }
    if (parked == SlotWord::Parked::yes && setup_.clock == 2 && !is(Way::silent_park))
      bring_forward(deadline);
    return parked;
  }
  SlotWord::Parked broken_park() {
    using namespace slot_word;
    std::uint32_t now = slot_.word.load(acquire);
    for (;;) {
      if (!is(Way::deaf_park) && (now & cancel_flag) != 0) return SlotWord::Parked::cancelled;
      if (!is(Way::blind_park) && (now & answered_flag) != 0) return SlotWord::Parked::answered;
      if (slot_.word.compare_exchange_weak(
              now, (with_phase(now, ready) | parked_flag) & ~token_hold, seq_cst, acquire))
        break;
    }
    return SlotWord::Parked::yes;
  }

  void evaluator() {
    while (!setup_.mute) {
      model::wait(asked_, 0);
      if (asked_.exchange(0, acq_rel) == 0) continue;
      answer_.set(question_.get());
      switch (answer()) {
        case SlotWord::Answered::resume:
          ++owing_;
          push_token();
          break;
        case SlotWord::Answered::last:
          recycle();
          break;
        case SlotWord::Answered::nothing:
          break;
      }
    }
  }
  SlotWord::Answered answer() {
    using namespace slot_word;
    if (!is(Way::answer_in_two) && !is(Way::resumes_settled)) return slot_.answer();
    std::uint32_t now = slot_.word.load(relaxed);
    for (;;) {
      const bool resumes = is(Way::resumes_settled)
                               ? (now & evaluator_hold) != 0 && phase_of(now) != inside
                               : is_parked(now);
      std::uint32_t then = now | answered_flag;
      if (is(Way::resumes_settled)) then &= ~evaluator_hold;
      if (resumes) then = (then & ~parked_flag) | token_hold | owing_flag;
      if (!slot_.word.compare_exchange_weak(now, then, acq_rel, relaxed)) continue;
      const bool last = is(Way::answer_in_two) && slot_.give_back(evaluator_hold);
      if (resumes) return SlotWord::Answered::resume;
      return last || (then & holds_mask) == 0 ? SlotWord::Answered::last
                                              : SlotWord::Answered::nothing;
    }
  }

  void clock() {
    if (setup_.clock == 1) return look_around();
    for (bool first = true;;
         first = false) {  // the first look is for some other request's deadline
      const NextDeadline::Look next = deadlines_.look();
      if (next.until == never && !first) {
        model::wait(deadlines_.changes(), next.changes);
        continue;
      }
      if (!is(Way::late_forget)) deadlines_.forget();
      look_around();
      if (is(Way::late_forget)) deadlines_.forget();
    }
  }
  void look_around() {
    const auto waits = slot_.waits();
    if (!waits || waits->deadline != due) return;
    if (is(Way::sees_no_parked) && slot_word::is_parked(waits->seen)) return;
    if (!(is(Way::expires_anything) ? slot_.take() : slot_.take_seen(waits->seen))) return;
    settle(expired);
    drop(slot_word::settler_hold);
  }
  void bring_forward(Deadline deadline) {
    if (deadlines_.bring_forward(deadline)) model::wake(deadlines_.changes());
  }

  void cancel() {
    if (is(Way::settles_inside)) {
      using namespace slot_word;
      std::uint32_t now = slot_.word.load(relaxed);
      do {
        const Phase phase = phase_of(now);
        if (phase != waiting && phase != ready && phase != inside) return;
      } while (!slot_.word.compare_exchange_weak(now, with_phase(now, settled) | settler_hold,
                                                 acq_rel, relaxed));
    } else if (!slot_.take()) {
      if ((slot_.word.load(relaxed) & slot_word::cancel_flag) != 0) told_ = accepted_;
      return;
    }
    if (is(Way::no_settler)) slot_.word.fetch_and(~slot_word::settler_hold, relaxed);
    settle(cancelled);
    if (!is(Way::no_settler)) drop(slot_word::settler_hold);
  }

  void settle(Status status) {
    expect(reply_.get() == none_yet, "settled twice");
    reply_.set(status);
    reply_of_.set(request_.get());
    request_.set(0);
    if (is(Way::forgets_owing)) {
      slot_.word.fetch_and(~slot_word::owing_flag, relaxed);
      slot_.publish();
    } else if (slot_.publish()) {
      --owing_;
    }
    model::wake(slot_.word);
    --live_;
  }
  void drop(std::uint32_t hold) {
    if (slot_.give_back(hold)) recycle();
  }
  void recycle() {
    reply_.set(none_yet);
    reply_of_.set(0);
    question_.set(0);
    answer_.set(0);
    leaf_.set(0);
    owes_.set(0);
    ++frees_;
    if (is(Way::one_generation)) {
      slot_.word.store(slot_word::idle, relaxed);
    } else {
      slot_.clear();
    }
    if (setup_.requests > 1) free_.push(0, below());
  }

  Setup setup_;
  SlotWord slot_;
  detail::SlotStack free_;
  NextDeadline deadlines_;
  atomic<std::uint32_t> below_, tokens_{0}, asked_{0};
  Cell request_, questions_, turns_, leaf_, owes_;  // the turn's, as the plain members of a slot
  Cell reply_, reply_of_, question_, answer_;
  int accepted_ = 0, frees_ = 0, live_ = 0, owing_ = 0;
  int told_ = 0;  // the request whose turn was told to cancel it
  bool client_ended_ = false;
};

const Setup canceled{.cancels = true, .more_turns = 1};
const Setup reused{.requests = 2, .cancels = true};
const Setup due_or_done{.requests = 2, .clock = 1};
const Setup ended{.cancels = true, .ends = true};
const Setup two_workers{.workers = 2, .more_turns = 2};
const Setup dropped{.cancels = true, .drops = true, .questions = 1};
const Setup late_reply{.requests = 2, .cancels = true, .drops = true, .questions = 1};
const Setup asked_twice{.questions = 2};
const Setup parked_cancel{.cancels = true, .questions = 1};
const Setup parked_due{.questions = 1, .clock = 1};
const Setup unanswered{.questions = 1, .clock = 2, .mute = true};
const Setup dropped_at_end{.cancels = true, .drops = true, .ends = true};
const Setup asked_and_cancelled{.cancels = true, .questions = 2};
const Setup queued_due{.workers = 0, .clock = 2};

Setup with(Setup setup, Way way) {
  setup.way = way;
  return setup;
}

}  // namespace

TEST_CASE(
    "request_slot: exhaustively, cancel and answer, end of the service, a deadline in the queue") {
  for (const Setup& setup : {canceled, ended, queued_due}) {
    const auto report =
        check<Serving>({.name = "request_slot", .schedules_max = 10'000'000}, setup);
    CHECK_MESSAGE(!report.failed, report.message, "\n", report.schedule, "\n", report.trace);
    CHECK(report.exhausted);
  }
}

TEST_CASE(
    "request_slot: with bounded preemptions, reuse, parked requests, questions, two workers") {
  struct Bounded {
    Setup setup;
    int preemptions_max = 3;  // in the long mode
  };
  // With three, those that have two do not end within memory or the budget.
  for (const auto& [setup, most] :
       {Bounded{reused}, Bounded{due_or_done}, Bounded{two_workers}, Bounded{dropped},
        Bounded{late_reply, 2}, Bounded{asked_twice, 2}, Bounded{parked_cancel},
        Bounded{dropped_at_end}, Bounded{unanswered}, Bounded{parked_due, 2}}) {
    const auto report = check<Serving>({.name = "request_slot_bounded",
                                        .schedules_max = 100'000'000,
                                        .preemptions_max = model::long_mode() ? most : 1},
                                       setup);
    CHECK_MESSAGE(!report.failed, report.message, "\n", report.schedule, "\n", report.trace);
    CHECK(report.exhausted);
  }
}

TEST_CASE("request_slot: larger programs at random and by PCT") {
  const Setup setups[] = {
      {.requests = 3, .cancels = true, .workers = 2, .questions = 2, .more_turns = 1, .clock = 1},
      {.requests = 2, .workers = 2, .questions = 1, .more_turns = 1, .clock = 2, .ends = true},
      {.requests = 3, .cancels = true, .drops = true, .questions = 2, .clock = 2, .ends = true},
  };
  for (const Setup& setup : setups) {
    for (const Strategy strategy : {Strategy::random, Strategy::pct}) {
      const Options o{.name = "request_slot_drawn",
                      .strategy = strategy,
                      .schedules_max = model::drawn(10'000, 6)};
      const auto report = check<Serving>(o, setup);
      CHECK_MESSAGE(!report.failed, report.message, "\n", report.schedule, "\n", report.trace);
    }
  }
}

TEST_CASE("request_slot mutants: each rule that is broken is caught") {
  struct Broken {
    const char* rule;
    Way way;
    Setup setup;
  };
  const Broken all[] = {
      {"a settler from outside takes no phase from a turn", Way::settles_inside, canceled},
      {"a turn begins where nobody has settled", Way::enters_settled, canceled},
      {"a turn that goes on looks at the cancel flag", Way::deaf_leave, canceled},
      {"one that waits for the evaluator as well", Way::deaf_park, parked_cancel},
      {"and whether the answer has come", Way::blind_park, asked_twice},
      {"the reader holds the slot", Way::no_reader, canceled},
      {"so does a settler from outside", Way::no_settler, dropped_at_end},
      {"and the evaluator", Way::no_evaluator, parked_cancel},
      {"the answer and the evaluator's hold are one step", Way::answer_in_two, asked_and_cancelled},
      {"who is settled is not resumed", Way::resumes_settled, parked_cancel},
      {"who is settled is not waited for", Way::forgets_owing, parked_cancel},
      {"the clock takes what it has seen", Way::expires_anything, due_or_done},
      {"each request of a slot has its generation", Way::one_generation, due_or_done},
      {"who waits for the evaluator expires too", Way::sees_no_parked, unanswered},
      {"the clock is told of a deadline", Way::silent_deadline, queued_due},
      {"also when a turn parks, as its look may have met the turn", Way::silent_park, unanswered},
      {"it forgets before it looks", Way::late_forget, queued_due},
  };
  for (const Broken& broken : all) {
    const Setup setup = with(broken.setup, broken.way);
    auto report = check<Serving>(
        {.name = "request_slot_mutant", .schedules_max = 150'000, .preemptions_max = 3}, setup);
    if (!report.failed) {
      report = check<Serving>({.name = "request_slot_mutant_drawn", .strategy = Strategy::random},
                              setup);
    }
    CHECK_MESSAGE(report.failed, broken.rule);
    MESSAGE(std::string(broken.rule) << ": " << report.message);
  }
}

TEST_CASE(
    "request_slot mutants: every order weakened and every read-modify-write split, but those "
    "explained") {
  const Options few{.name = "request_slot", .schedules_max = 10'000, .preemptions_max = 1};
  const Options more{.name = "request_slot", .schedules_max = 30'000, .preemptions_max = 2};
  std::vector<model::Fault> faults;
  for (const Options& o : {few, more}) {
    for (const Setup& setup :
         {canceled, reused, due_or_done, ended, two_workers, dropped, asked_twice, parked_cancel,
          dropped_at_end, unanswered, queued_due, parked_due}) {
      model::sweep<Serving>(faults, o, "slot_word.hpp", setup);
      model::sweep<Serving>(faults, o, "next_deadline.hpp", setup);
    }
  }
  CHECK(faults.size() >= 20);
  // answered and park, load: each stands in for the other. begin_waiting, bring_forward: they are for a deadline behind
  // another one's; with one alone the exchange of the clock decides. forget and wake, split: the clock is alone at one,
  // and one request wakes it here. enter, leave: the queue of tokens publishes as well. take, take_seen, publish: who
  // settles does not write into the slot again once it has told the reader, whose hold orders the rest.
  CHECK(survivors(faults) ==
        "answered load acquire#1->relaxed\n"
        "begin_waiting store seq_cst#1->release\n"
        "bring_forward compare_exchange seq_cst#1 split\n"
        "bring_forward compare_exchange seq_cst#1->acq_rel\n"
        "bring_forward compare_exchange seq_cst#1->relaxed\n"
        "enter compare_exchange acq_rel#1->acquire\n"
        "enter compare_exchange acq_rel#1->release\n"
        "forget exchange seq_cst#1 split\n"
        "leave compare_exchange acq_rel#1->release\n"
        "park load acquire#1->relaxed\n"
        "publish compare_exchange acq_rel#1->release\n"
        "take compare_exchange acq_rel#1->acquire\n"
        "take_seen compare_exchange acq_rel#1->acquire\n"
        "take_seen compare_exchange acq_rel#1->release\n"
        "wake fetch_add release#1 split\n");
}
