// slot_stack_test.cpp: SlotStack of <weir/detail/slot_stack.hpp>.
#include <doctest/doctest.h>

#include <thread>
#include <vector>
#include <weir/detail/slot_stack.hpp>

using weir::atomic;
using weir::detail::SlotStack;

namespace {

class Pool {
  auto below() {
    return [this](std::uint32_t i) -> atomic<std::uint32_t>& { return below_[i]; };
  }

 public:
  explicit Pool(std::uint32_t slots) : owner(slots, -1), below_(slots) {}
  std::uint32_t take() { return stack_.take(below()); }
  void push(std::uint32_t slot) { stack_.push(slot, below()); }

  std::vector<int> owner;  // plain: ThreadSanitizer sees a slot that is had by two

 private:
  SlotStack stack_;
  std::vector<atomic<std::uint32_t>> below_;
};

}  // namespace

TEST_CASE("slot_stack: the last pushed comes first, and an empty one gives none") {
  Pool pool(3);
  CHECK(pool.take() == SlotStack::none);
  for (const std::uint32_t slot : {2U, 0U, 1U}) pool.push(slot);
  CHECK(pool.take() == 1);
  pool.push(1);
  CHECK(pool.take() == 1);
  CHECK(pool.take() == 0);
  CHECK(pool.take() == 2);
  CHECK(pool.take() == SlotStack::none);
}

TEST_CASE("slot_stack: under contention no slot is had by two and none is lost") {
  constexpr std::uint32_t slots = 5;
  constexpr int threads = 4, rounds = 5000;
  Pool pool(slots);
  for (std::uint32_t slot = 0; slot < slots; ++slot) pool.push(slot);
  std::vector<int> faults(threads);
  std::vector<std::thread> users;
  for (int me = 0; me < threads; ++me) {
    users.emplace_back([&pool, &faults, me] {
      for (int round = 0; round < rounds; ++round) {
        std::uint32_t mine[2];
        for (std::uint32_t& slot : mine) {
          slot = pool.take();
          if (slot == SlotStack::none) continue;
          faults[static_cast<std::size_t>(me)] += pool.owner[slot] != -1 ? 1 : 0;
          pool.owner[slot] = me;
        }
        for (const std::uint32_t slot : mine) {  // the first taken goes back first
          if (slot == SlotStack::none) continue;
          faults[static_cast<std::size_t>(me)] += pool.owner[slot] != me ? 1 : 0;
          pool.owner[slot] = -1;
          pool.push(slot);
        }
      }
    });
  }
  for (std::thread& user : users) user.join();
  for (const int count : faults) CHECK(count == 0);
  std::uint32_t found = 0;
  while (pool.take() != SlotStack::none) ++found;
  CHECK(found == slots);
}
