#include <optional>

#include "core_fixture.hpp"
#include "core.hpp"

using namespace weir;
using namespace weir::test;

namespace {

/// Something that says it holds work which waits; its tokens are counted by a producer that submits
/// and never retires.
class Holder final : public detail::Watched {
 public:
  Holder(Runtime& runtime, bool for_input)
      : core_(detail::core_of(runtime)), for_input_(for_input) {
    detail::register_watched(core_, *this);
  }
  ~Holder() { detail::unregister_watched(core_, *this); }
  void hold(Producer& producer) {
    const detail::ProducerCall call(producer);
    REQUIRE(call.status() == Status::accepted);
    call.participant().add_submitted(call.epoch(), 1);
    epoch_ = call.epoch();
    held_ = true;
  }
  void release(Producer& producer) {
    const detail::ProducerCall call(producer);
    call.participant().add_retired(epoch_, 1);
    held_ = false;
  }

  void waiting(void (*sink)(void*, const detail::StallLine&),
               void* argument) const noexcept override {
    if (held_ || blocked_)
      sink(argument, {"graph", "node", "edge 3", "consumer", 5'000'000, for_input_});
  }
  bool blocked() const noexcept override { return blocked_; }
  void block(bool on) { blocked_ = on; }
  void close_ingress() noexcept override {}
  std::size_t bytes() const noexcept override { return 0; }
  std::uint64_t tombstones() const noexcept override { return 0; }
  const char* name() const noexcept override { return "holder"; }

 private:
  detail::Core& core_;
  bool for_input_;
  std::atomic<bool> held_{false}, blocked_{false};
  std::uint32_t epoch_ = 0;
};

std::string reported;  // written by the oracle while the test waits in a barrier
void keep_report(const StallReport& report) { reported += report.text; }

std::unique_ptr<Runtime> watched_runtime(int workers) {
  Config config;
  config.workers = workers;
  config.task_slots = 64;
  config.schedule = Schedule::stealing();
  config.on_stall = keep_report;
  reported.clear();
  return Runtime::start(config).value();
}

}  // namespace

TEST_CASE(
    "oracle: a token that waits for what cannot come is found, named once, and the barrier returns "
    "stalled") {
  for (const int workers : worker_counts()) {
    CAPTURE(workers);
    auto runtime = watched_runtime(workers);
    const Watchdog dog(*runtime, 60);
    Producer producer = runtime->producer("test").value();
    Holder holder(*runtime, false);
    holder.hold(producer);
    CHECK(runtime->barrier().status == Status::stalled);
    CHECK(runtime->barrier_until(after_ms(60'000)).status == Status::stalled);
    CHECK(runtime->metrics().stalls == 1);
    CHECK(reported.find("graph graph: node node waits for edge 3 (consumer), since 5 ms") !=
          std::string::npos);
    holder.release(producer);
    CHECK(runtime->barrier().status == Status::accepted);
  }
}

TEST_CASE("oracle: a node that is blocked while nothing is under way has missed its wake-up") {
  for (const int workers : worker_counts()) {
    CAPTURE(workers);
    auto runtime = watched_runtime(workers);
    const Watchdog dog(*runtime, 60);
    Holder holder(*runtime, false);
    atomic<std::uint32_t> word{0};
    detail::Core& core = detail::core_of(*runtime);
    CHECK(detail::wait_while(core, word, 0, after_ms(20)) == Status::timed_out);
    CHECK(runtime->metrics().stalls == 0);
    holder.block(true);
    CHECK(detail::wait_while(core, word, 0, never) == Status::stalled);
    CHECK(runtime->metrics().stalls == 1);
    CHECK(reported.find("nothing is under way, and something is blocked") != std::string::npos);
    holder.block(false);
    CHECK(detail::wait_while(core, word, 0, after_ms(20)) == Status::timed_out);
    CHECK(runtime->metrics().stalls == 1);
  }
}

TEST_CASE("oracle: a token that waits for input is no fault") {
  for (const int workers : {0, 1, 2}) {
    CAPTURE(workers);
    auto runtime = watched_runtime(workers);
    Producer producer = runtime->producer("test").value();
    Holder holder(*runtime, true);
    holder.hold(producer);
    CHECK(runtime->barrier_until(after_ms(20)).status == Status::timed_out);
    CHECK(runtime->metrics().stalls == 0);
    holder.release(producer);
    CHECK(runtime->barrier().status == Status::accepted);
  }
}

TEST_CASE("oracle: one that waits for input hides no other that is stalled") {
  auto runtime = watched_runtime(2);
  Producer producer = runtime->producer("test").value();
  Holder input(*runtime, true);
  Holder stuck(*runtime, false);
  input.hold(producer);
  stuck.hold(producer);
  CHECK(runtime->barrier().status == Status::stalled);
  CHECK(reported.find("waits for edge 3") != std::string::npos);
  input.release(producer);
  stuck.release(producer);
}

TEST_CASE("oracle: stop returns stalled and still joins the workers") {
  auto runtime = watched_runtime(2);
  {
    Producer producer = runtime->producer("test").value();
    Holder holder(*runtime, false);
    holder.hold(producer);
    CHECK(runtime->stop_until() == Status::stalled);
    CHECK(runtime->stop_until() == Status::accepted);
    CHECK(runtime->barrier().status == Status::closed);
  }
}

TEST_CASE("oracle: a running task, however long, is no stall") {
  auto runtime = watched_runtime(2);
  Producer producer = runtime->producer("test").value();
  Gate gate;
  REQUIRE(producer.submit([&gate] { gate.pass(); }).status == Status::accepted);
  gate.await(1);
  CHECK(runtime->barrier_until(after_ms(20)).status == Status::timed_out);
  CHECK(runtime->metrics().stalls == 0);
  gate.open();
  CHECK(runtime->barrier().status == Status::accepted);
}

TEST_CASE("oracle: a job that a driver has left where only it looks is no stall") {
  for (const Schedule& schedule : {Schedule::stealing(), Schedule::deterministic(1)}) {
    Config config;
    config.workers = 0;
    config.schedule = schedule;
    config.on_stall = keep_report;
    reported.clear();
    auto runtime = Runtime::start(config).value();
    detail::Core& core = detail::core_of(*runtime);
    Producer producer = runtime->producer("holder").value();
    Holder holder(*runtime, false);
    holder.hold(producer);
    bool ran = false;
    struct Ran final : detail::Job {
      explicit Ran(bool& flag) : Job(&run_it), ran(flag) {}
      static void run_it(Job& job, detail::Context&) noexcept { static_cast<Ran&>(job).ran = true; }
      bool& ran;
    } job{ran};
    const auto checked = [&core] {
      std::optional<detail::Order::Turn> turn;
      if (core.order != nullptr) turn.emplace(*core.order);
      return core.check_stall();
    };
    REQUIRE(core.try_drive());
    core.worker[0].next = &job;
    core.end_drive();
    CHECK_FALSE(checked());
    CHECK(reported.empty());
    CHECK(runtime->run_until_idle() == 1);
    CHECK(ran);
    CHECK(checked());
    CHECK_FALSE(reported.empty());
    holder.release(producer);
  }
}
