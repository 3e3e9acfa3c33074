// A request is rejected where there is no room, and only there: what was cancelled takes none.
#include <dispatcher.hpp>
#include <thread>

#include "engine_fixture.hpp"

namespace weir::search {

namespace {

using namespace planted;

/// Its first turn goes on until it is let go, and keeps its worker.
class HeldKernel final : public Kernel {
 public:
  HeldKernel(std::atomic<int>& inside, std::atomic<bool>& go) : inside_(inside), go_(go) {}
  Turn turn(std::uint32_t) override {
    ++inside_;
    while (!go_) std::this_thread::yield();
    return {1, true, false};
  }
  Found found() const noexcept override { return Found::full; }
  Answer best(std::size_t, std::span<const Language>) const override { return {}; }
  std::uint64_t nodes() const noexcept override { return 0; }
  std::size_t memory() const noexcept override { return 0; }

 private:
  std::atomic<int>& inside_;
  std::atomic<bool>& go_;
};

/// Slots of a dispatcher, and which of them it gave back.
struct Lists {
  explicit Lists(std::uint32_t count, std::uint32_t clients = 2)
      : slots(std::make_unique<RequestSlot[]>(count)), dispatcher(slots.get(), clients) {}
  void add(std::uint32_t slot, ClientId client = 0, std::uint8_t level = 1) {
    slots[slot].client = client, slots[slot].level = level, slots[slot].budget = 1;
    slots[slot].begin_waiting(never);
    dispatcher.add(slot);
  }
  void settle(std::uint32_t slot) {
    CHECK(slots[slot].take());
    CHECK_FALSE(slots[slot].publish());
  }
  std::vector<std::uint32_t> purge() {
    std::vector<std::uint32_t> gone;
    dispatcher.purge([&gone](std::uint32_t slot) { gone.push_back(slot); });
    return gone;
  }
  std::vector<std::uint32_t> take_all() {
    std::vector<std::uint32_t> taken;
    for (std::uint32_t slot = dispatcher.take(); slot != Dispatcher::none; slot = dispatcher.take())
      taken.push_back(slot);
    return taken;
  }
  std::unique_ptr<RequestSlot[]> slots;
  Dispatcher dispatcher;
};

using Slots = std::vector<std::uint32_t>;

}  // namespace

TEST_CASE("dispatcher: a purge takes out what is settled, and leaves the others in their order") {
  Lists lists(12);
  for (std::uint32_t i = 0; i < 10; ++i) lists.add(i);
  for (const std::uint32_t i : {0U, 1U, 4U, 9U}) lists.settle(i);
  CHECK(lists.purge() == Slots{0, 1, 4, 9});
  CHECK(lists.purge().empty());
  lists.add(10);  // behind the last that was left
  CHECK(lists.take_all() == Slots{2, 3, 5, 6, 7, 8, 10});
  lists.add(11);
  lists.settle(11);
  CHECK(lists.purge() == Slots{11});  // a list that it empties takes the next one
  lists.slots[11].clear();
  lists.add(11);
  CHECK(lists.take_all() == Slots{11});
}

TEST_CASE("dispatcher: a purge goes through all clients and levels") {
  Lists lists(6);
  for (std::uint32_t i = 0; i < 6; ++i) lists.add(i, i % 2, static_cast<std::uint8_t>(i / 2));
  for (const std::uint32_t i : {0U, 3U, 4U}) lists.settle(i);
  CHECK(lists.purge() == Slots{0, 4, 3});
  CHECK(lists.take_all() == Slots{1, 2, 5});  // by level
}

TEST_CASE("dispatcher: it walks when more than half is settled, and not for a few") {
  constexpr std::uint32_t count = 100;
  Lists lists(count);
  for (std::uint32_t i = 0; i < count; ++i) lists.add(i);
  CHECK_FALSE(lists.dispatcher.worth_purging(50));
  CHECK(lists.dispatcher.worth_purging(51));
  CHECK(lists.take_all().size() == count);
  CHECK_FALSE(lists.dispatcher.worth_purging(Dispatcher::settled_few - 1));
  CHECK(lists.dispatcher.worth_purging(Dispatcher::settled_few));
}

TEST_CASE("dispatcher: what was taken, and is settled before it begins, costs its client nothing") {
  Lists lists(6);
  for (std::uint32_t i = 0; i < 6; ++i) {
    lists.add(i, i / 3);
    lists.slots[i].budget = simulations_default;
  }
  CHECK(lists.dispatcher.take() == 0);
  lists.dispatcher.give_back(0);
  CHECK(lists.take_all() == Slots{3, 1, 2, 4, 5});
}

TEST_CASE("rejection: what is cancelled behind a long turn makes room at once, without a worker") {
  std::atomic<int> inside{0};
  std::atomic<bool> go{false};
  Fixture fixture({.queue = 1, .replies = 1, .active = 1}, 1);
  Request held;
  held.what = std::make_unique<HeldKernel>(inside, go);
  Handle busy = fixture.submit(std::move(held));
  while (inside == 0) std::this_thread::yield();
  SearchReply reply;
  for (int i = 0; i < 2000; ++i) {
    Handle handle = fixture.submit(request({.full_after = 1}, 2));
    CHECK_FALSE(fixture.engine->submit(fixture.client, request({}, 1), reply).valid());
    CHECK(reply.status == ReplyStatus::rejected);
    if (i % 2 == 0) {
      handle.cancel();
      CHECK(handle.poll(reply) == Status::accepted);
      CHECK(reply.status == ReplyStatus::cancelled);
    }
  }
  Handle last = fixture.submit(request({.full_after = 1}, 2));
  go = true;
  CHECK(reply_of(busy).status == ReplyStatus::solved);
  CHECK(reply_of(last).status == ReplyStatus::solved);
  CHECK(fixture.engine->drain_until(after_ms(60'000)) == Status::accepted);
  CHECK(fixture.comes_to_rest());
}

TEST_CASE(
    "rejection: requests that wait stay in their order while others are cancelled around them") {
  std::atomic<int> inside{0};
  std::atomic<bool> go{false};
  constexpr std::uint32_t waiting = 8;
  Fixture fixture({.queue = waiting, .replies = waiting, .active = 1}, 1);
  Request held;
  held.what = std::make_unique<HeldKernel>(inside, go);
  Handle busy = fixture.submit(std::move(held));
  while (inside == 0) std::this_thread::yield();
  std::vector<Handle> kept;
  for (std::uint32_t i = 0; i < waiting; ++i) {
    for (int k = 0; k < 100; ++k) (void)fixture.submit(request({.full_after = 1}, 2));
    kept.push_back(fixture.submit(request({.full_after = 1}, 2 + i)));
  }
  go = true;
  for (std::uint32_t i = 0; i < waiting; ++i)
    CHECK(text_of(reply_of(kept[i])) == std::to_string(2 + i));
  CHECK(reply_of(busy).status == ReplyStatus::solved);
  CHECK(fixture.engine->drain_until(after_ms(60'000)) == Status::accepted);
  CHECK(fixture.comes_to_rest());
}

TEST_CASE("rejection: threads cancel and submit at once, and there is room when they are done") {
  constexpr std::uint32_t threads = 3, rounds = 300;
  Fixture fixture({.queue = threads, .replies = threads, .active = 1});
  Handle busy = fixture.submit(request({.spin_ns = 10'000}, ~std::uint64_t{0} >> 1));
  while (fixture.engine->stats().running == 0) std::this_thread::yield();
  std::atomic<std::uint32_t> cancelled{0}, rejected{0};
  std::vector<std::thread> clients;
  for (std::uint32_t thread = 0; thread < threads; ++thread) {
    clients.emplace_back([&] {
      SearchReply reply;
      for (std::uint32_t i = 0; i < rounds; ++i) {
        Handle handle =
            fixture.engine->submit(fixture.client, request({.full_after = 1}, 2), reply);
        ++(handle.valid() ? cancelled : rejected);
      }
    });
  }
  for (std::thread& client : clients) client.join();
  Handle after;
  while (!after.valid())
    after =
        fixture.engine->submit(fixture.client, request({.full_after = 1}, 2), fixture.rejection);
  busy.cancel();
  CHECK(reply_of(busy).status == ReplyStatus::cancelled);
  CHECK(reply_of(after).status == ReplyStatus::solved);
  CHECK(cancelled + rejected == threads * rounds);
  CHECK(fixture.engine->drain_until(after_ms(60'000)) == Status::accepted);
  CHECK(fixture.comes_to_rest());
}

}  // namespace weir::search
