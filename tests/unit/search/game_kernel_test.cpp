#include <doctest/doctest.h>

#include <array>
#include <weir/memory.hpp>
#include <weir/search/connect4_network.hpp>
#include <weir/version.hpp>

#include "engine_fixture.hpp"

namespace weir::search::game_kernel_test {

using games::MoveTask;
using games::parse_moves;
using planted::reply_of;

/// A network of random weights: any opinion will do, as long as it is the same one.
std::unique_ptr<Network> random_network(std::uint64_t seed) {
  const auto architecture = games::connect4_architecture({{nets::BlockKind::dense, 16}});
  return nets::make_network(nets::initial_weights(architecture, seed)).value();
}

/// Lets so many batches pass, and holds the next one back until it is open.
struct Gate {
  explicit Gate(int passes) : passes_left(passes) {}
  ~Gate() { open(); }
  void pass() {
    if (passes_left.fetch_sub(1) > 0) return;
    held.store(1);
    while (shut.load(acquire) != 0)  // acquire pairs with open()
      futex_wait(shut, 1, after_ms(1));
  }
  void open() { shut.store(0, release); }  // release pairs with pass()
  void wait_until_held() const {
    while (held == 0) std::this_thread::yield();
  }
  std::atomic<int> passes_left, held{0};
  atomic<std::uint32_t> shut{1};
};

/// Passes on to a network, through the gate.
class GatedNetwork final : public Network {
 public:
  explicit GatedNetwork(Gate& gate) : gate_(gate) {}
  std::size_t inputs() const noexcept override { return inner_->inputs(); }
  std::size_t outputs() const noexcept override { return inner_->outputs(); }
  void evaluate(const float* in, std::size_t rows, float* out) const override {
    gate_.pass();
    inner_->evaluate(in, rows, out);
  }
  const std::string& version() const noexcept override { return inner_->version(); }

 private:
  std::unique_ptr<Network> inner_ = random_network(7);
  Gate& gate_;
};

Request move_request(std::string_view moves, std::uint64_t simulations, MoveTask task = {}) {
  task.position = parse_moves(moves).value();
  Request request;
  request.what = task;
  request.simulations = simulations;
  request.top = 7;
  return request;
}

struct Judge {
  explicit Judge(std::unique_ptr<Network> network) {
    if (network != nullptr) CHECK(guidance.of(NetworkKind::connect4).set(std::move(network)));
  }
  Guidance guidance;
};

struct Fixture : Judge, planted::Fixture {
  explicit Fixture(std::unique_ptr<Network> network, int workers = 2)
      : Judge(std::move(network)), planted::Fixture({.guidance = &guidance}, workers) {}
};

std::string told(const SearchReply& reply) {
  std::string text = reply.weights + " " + std::to_string(reply.simulations);
  for (const RankedMove& move : reply.answer.moves)
    text += " " + std::to_string(move.move) + ":" + std::to_string(move.visits) + ":" +
            std::to_string(move.value);
  return text;
}

std::uint64_t visits_of(const SearchReply& reply) {
  std::uint64_t visits = 0;
  for (const RankedMove& move : reply.answer.moves) visits += move.visits;
  return visits;
}

TEST_CASE("game_kernel: descents are counted, guided or not, and none is left in flight") {
  for (const bool guided : {false, true}) {
    Fixture fixture(guided ? random_network(7) : nullptr);
    const SearchReply reply = fixture.ask(move_request("44444", 300));
    CHECK(reply.status == ReplyStatus::solved);
    CHECK(reply.simulations == 300);
    CHECK(visits_of(reply) == 300);
    CHECK((reply.weights == "default") == !guided);
    CHECK((reply.evaluations > 0) == guided);
    CHECK(fixture.engine->stats().evaluations <= reply.evaluations);
  }
}

TEST_CASE("game_kernel: leaves of one request are evaluated in batches") {
  Fixture fixture(random_network(7));
  MoveTask task;
  task.leaves = 16;
  (void)fixture.ask(move_request("", 1000, task));
  CHECK(fixture.engine->stats().batch_mean > 8);
}

TEST_CASE("game_kernel: a proven outcome ends the request, and is told") {
  Fixture fixture(random_network(7));
  const SearchReply wins = fixture.ask(move_request("112233", 5000));
  CHECK(wins.smallest);
  CHECK(wins.simulations < 5000);
  REQUIRE_FALSE(wins.answer.moves.empty());
  CHECK(wins.answer.moves[0].move == 3);
  CHECK(wins.answer.moves[0].proven);
  CHECK(wins.answer.moves[0].value == doctest::Approx(1.0));
}

TEST_CASE("game_kernel: early stop spends less and plays the same") {
  Fixture fixture(random_network(7));
  MoveTask early;
  early.early_stop = true;
  const SearchReply whole = fixture.ask(move_request("11223", 800));  // one move parries
  const SearchReply part = fixture.ask(move_request("11223", 800, early));
  CHECK(whole.simulations == 800);
  CHECK(part.simulations < 600);
  CHECK(part.answer.moves[0].move == whole.answer.moves[0].move);
}

TEST_CASE("game_kernel: the same answer alone and among a hundred") {
  std::string alone;
  {
    Fixture fixture(random_network(7), 1);
    alone = told(fixture.ask(move_request("4453", 200)));
  }
  Fixture fixture(random_network(7), 3);
  std::vector<Handle> handles;
  const char* const others[] = {"4453", "12", "71", "445", ""};
  for (int i = 0; i < 100; ++i) handles.push_back(fixture.submit(move_request(others[i % 5], 200)));
  for (std::size_t i = 0; i < handles.size(); ++i) {
    const SearchReply reply = reply_of(handles[i]);
    if (i % 5 == 0) CHECK(told(reply) == alone);
  }
}

TEST_CASE("game_kernel: cancelled while its leaves are with the evaluator") {
  Gate gate(3);
  Fixture fixture(std::make_unique<GatedNetwork>(gate));
  Handle handle = fixture.submit(move_request("44", 1'000'000));
  gate.wait_until_held();
  handle.cancel();
  const SearchReply reply = reply_of(handle);
  CHECK(reply.status == ReplyStatus::cancelled);
  CHECK(reply.answer.moves.empty());
  gate.open();
  CHECK(fixture.engine->drain_until(after_ms(60'000)) == Status::accepted);
  CHECK(fixture.comes_to_rest());
}

TEST_CASE("game_kernel: due while its leaves are with the evaluator, it answers what it has") {
  for (const int passes : {0, 1, 4}) {
    CAPTURE(passes);
    Gate gate(passes);
    Fixture fixture(std::make_unique<GatedNetwork>(gate));
    Request late = move_request("45", 0);
    late.deadline = after_ms(500);  // begun by then, on any machine
    const SearchReply reply = fixture.ask(std::move(late));
    // The first batch is the root's, whose answer is no simulation yet.
    CHECK(reply.status == (passes > 1 ? ReplyStatus::solved : ReplyStatus::expired));
    CHECK((reply.simulations > 0) == (passes > 1));
    CHECK(reply.simulations == visits_of(reply));
    CHECK(reply.answer.moves.empty() == (passes <= 1));
    gate.open();
    CHECK(fixture.engine->drain_until(after_ms(60'000)) == Status::accepted);
    CHECK(fixture.comes_to_rest());
  }
}

TEST_CASE("game_kernel: weights that are swapped leave a request its own") {
  std::string alone;
  {
    Fixture fixture(random_network(7));
    alone = told(fixture.ask(move_request("4453", 200)));
  }
  const std::string version = random_network(7)->version();
  Gate gate(1);
  Fixture fixture(std::make_unique<GatedNetwork>(gate));
  Handle before = fixture.submit(move_request("4453", 200));
  gate.wait_until_held();  // it has pinned its weights, and is to ask them again
  CHECK(fixture.guidance.of(NetworkKind::connect4).set(random_network(8)));
  gate.open();
  CHECK(told(reply_of(before)) == alone);
  CHECK(fixture.ask(move_request("4453", 200)).weights != version);
}

/// How many evaluate at once. Who comes first with many rows waits for company, for a while; fewer than
/// twice part_rows() come whole, to one alone.
class CompanyNetwork final : public Network {
 public:
  CompanyNetwork(bool computes, std::uint64_t patience_ms)
      : computes_(computes), patience_ms_(patience_ms) {}
  std::size_t inputs() const noexcept override { return inner_->inputs(); }
  std::size_t outputs() const noexcept override { return inner_->outputs(); }
  std::size_t part_rows() const noexcept override { return computes_ ? part : 0; }
  void evaluate(const float* in, std::size_t rows, float* out) const override {
    const int here = inside.fetch_add(1) + 1;
    for (int seen = most; here > seen && !most.compare_exchange_weak(seen, here);) {
    }
    const Deadline until = after_ms(patience_ms_);
    while (rows >= 2 * part && most < 2 && now_ns() < until) std::this_thread::yield();
    inner_->evaluate(in, rows, out);
    inside.fetch_sub(1);
  }
  const std::string& version() const noexcept override { return inner_->version(); }
  mutable std::atomic<int> inside{0}, most{0};

 private:
  static constexpr std::size_t part = 4;
  std::unique_ptr<Network> inner_ = random_network(7);
  bool computes_;
  std::uint64_t patience_ms_;
};

TEST_CASE("game_kernel: a batch is spread over workers where the network only computes") {
  Fixture plain(random_network(7));
  const SearchReply expected = plain.ask(move_request("4453", 128, {.position = {}, .leaves = 64}));
  for (const bool computes : {true, false}) {
    CAPTURE(computes);
    // A deque of one may hold another job: then the parts follow each other.
    const bool spread = computes && !weir::detail::smallest_bounds();
    auto network = std::make_unique<CompanyNetwork>(computes, spread ? 20'000 : 5);
    const CompanyNetwork& watched = *network;
    Fixture fixture(std::move(network));
    const SearchReply reply =
        fixture.ask(move_request("4453", 128, {.position = {}, .leaves = 64}));
    CHECK(told(reply) == told(expected));
    CHECK(watched.most <= (computes ? 2 : 1));
    if (spread) CHECK(watched.most == 2);
  }
}

/// How many evaluate at once; who comes alone waits a while for another, until there was one.
class MeetingNetwork final : public Network {
 public:
  explicit MeetingNetwork(bool computes) : computes_(computes) {}
  std::size_t inputs() const noexcept override { return inner_->inputs(); }
  std::size_t outputs() const noexcept override { return inner_->outputs(); }
  std::size_t part_rows() const noexcept override { return computes_ ? 1000 : 0; }
  void evaluate(const float* in, std::size_t rows, float* out) const override {
    if (inside.fetch_add(1) > 0) met = true;
    const bool waits = computes_ || waits_left.fetch_sub(1) > 0;
    const Deadline until = after_ms(waits ? 20 : 0);
    while (!met && now_ns() < until) std::this_thread::yield();
    inner_->evaluate(in, rows, out);
    inside.fetch_sub(1);
  }
  const std::string& version() const noexcept override { return inner_->version(); }
  mutable std::atomic<int> inside{0};
  mutable std::atomic<bool> met{false};
  mutable std::atomic<int> waits_left{3};  // of one that nobody should meet

 private:
  std::unique_ptr<Network> inner_ = random_network(7);
  bool computes_;
};

TEST_CASE("game_kernel: workers ask at once, each for its requests, where the network computes") {
  const std::array<const char*, 4> positions = {"4453", "12", "71", "445"};
  std::vector<std::string> expected;
  Fixture plain(random_network(7));
  for (const char* const moves : positions)
    expected.push_back(told(plain.ask(move_request(moves, 400))));
  for (const bool computes : {true, false}) {
    CAPTURE(computes);
    auto network = std::make_unique<MeetingNetwork>(computes);
    const MeetingNetwork& watched = *network;
    Fixture fixture(std::move(network));
    std::vector<Handle> handles;
    for (const char* const moves : positions)
      handles.push_back(fixture.submit(move_request(moves, 400)));
    for (std::size_t i = 0; i < handles.size(); ++i)
      CHECK(told(reply_of(handles[i])) == expected[i]);
    if (!weir::detail::smallest_bounds()) CHECK(watched.met == computes);
  }
}

TEST_CASE("game_kernel: a small arena recycles under leaves in flight, on the heap alone") {
  KernelConfig config;
  config.memory_bytes_max = 1;  // as few nodes as a tree can have
  config.simulations = 20'000;
  const auto network = random_network(7);
  const std::uint64_t allocations = allocation_count();
  auto kernel = games::make_kernel({.position = {}, .leaves = 32}, config).value();
  std::uint64_t simulations = 0;
  for (Turn turn; !turn.ended && simulations < config.simulations;) {
    turn = kernel->turn(100);
    simulations += turn.simulations;
    if (!turn.parked) continue;
    const auto questions = kernel->features();
    const std::size_t rows = questions.size() / games::connect4_features;
    std::vector<float> answers(rows * games::connect4_answers);
    network->evaluate(questions.data(), rows, answers.data());
    kernel->apply(answers);
  }
  CHECK(simulations == config.simulations);
  CHECK(allocation_count() == allocations);  // workers take no platform memory
  CHECK(kernel->nodes() <= 1024);
  CHECK(kernel->memory() < std::size_t{2} << 20);
  std::uint64_t visits = 0;
  for (const RankedMove& move : kernel->best(7, {}).moves) visits += move.visits;
  CHECK(visits == simulations);
}

TEST_CASE("game_kernel: a tree touches the memory that it uses") {
  const std::size_t before = rss_bytes();
  auto kernel = games::make_kernel({}, {}).value();  // without a budget there is room for many
  CHECK(kernel->memory() > std::size_t{16} << 20);
  (void)kernel->turn(1);
  kernel->apply({});  // no network
  while (kernel->nodes() < 100) (void)kernel->turn(100);
  if (uses_mimalloc) CHECK(rss_bytes() < before + (std::size_t{8} << 20));  // others have shadows
}

TEST_CASE("game_kernel: what no game comes to is refused") {
  const auto refused = [](const MoveTask& task) {
    return !games::make_kernel(task, {}) && games::make_kernel(task, {}).error().code == "bad_task";
  };
  CHECK(refused({.position = {1, 0}}));
  CHECK(refused({.position = {2, 2}}));
  CHECK(refused({.position = {3, 3}}));
  CHECK(refused({.position = {~games::Cells{0}, ~games::Cells{0}}}));
  CHECK(refused({.position = parse_moves("1122334").value()}));
  CHECK(refused({.position = {}, .leaves = 0}));
  CHECK(refused({.position = {}, .leaves = 65}));
  CHECK_FALSE(refused({}));
}

}  // namespace weir::search::game_kernel_test
