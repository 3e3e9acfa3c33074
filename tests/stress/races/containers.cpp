// containers.cpp: the shipped containers, handing plain cells from thread to thread, under a race detector.
//
// usage: containers NAME [--forget]: ring lane edge deque stack gate. 1: a cell came twice or not at all.
// --forget keeps the releases from the detector (model_atomic.hpp): it must then report every hand-over.
#include <cstdio>
#include <cstring>
#include <functional>
#include <thread>
#include <vector>
#include <weir/detail/deque.hpp>
#include <weir/detail/inbox_gate.hpp>
#include <weir/detail/slot_stack.hpp>
#include <weir/edge.hpp>
#include <weir/lane.hpp>
#include <weir/ring.hpp>

namespace {

using namespace weir;

constexpr int cells_each = 600;

/// Plain memory: whoever has the cell writes it.
struct Cell {
  int writes = 0;
};

struct Cells {
  explicit Cells(int n) : all(static_cast<std::size_t>(n)) {}
  /// What a producer does before, and a consumer after the hand-over.
  static void touch(Cell* cell) { ++cell->writes; }
  bool each(int writes) const {
    bool right = true;
    for (const Cell& cell : all) right &= cell.writes == writes;
    return right;
  }
  Cell* at(int i) { return &all[static_cast<std::size_t>(i)]; }
  std::vector<Cell> all;
};

/// All begin together: a thread that ends before the next is made would order it (the C library's locks).
void run(const std::vector<std::function<void()>>& bodies) {
  std::vector<std::thread> threads;
  atomic<std::size_t> there{0};
  for (const auto& body : bodies) {
    threads.emplace_back([&] {
      there.fetch_add(1, relaxed);
      while (there.load(relaxed) != bodies.size()) std::this_thread::yield();
      body();
    });
  }
  for (std::thread& thread : threads) thread.join();
}

/// Two producers of `cells_each` cells and two consumers; push(cells, n) and pop(cells, n) say how many.
template <class Push, class Pop>
bool hand_over(Push push, Pop pop, int producers = 2, int consumers = 2) {
  Cells cells(producers * cells_each);
  atomic<int> left(producers * cells_each);
  std::vector<std::function<void()>> bodies;
  for (int p = 0; p < producers; ++p) {
    bodies.emplace_back([&, p] {
      Cell* batch[3];
      for (int i = 0; i < cells_each; i += 3) {
        for (int j = 0; j < 3; ++j) Cells::touch(batch[j] = cells.at(p * cells_each + i + j));
        for (std::size_t done = 0; done < 3;) {
          const std::size_t n = push(batch + done, 3 - done);
          done += n;
          if (n == 0) std::this_thread::yield();
        }
      }
    });
  }
  for (int c = 0; c < consumers; ++c) {
    bodies.emplace_back([&] {
      Cell* batch[2];
      while (left.load(relaxed) != 0) {
        const std::size_t n = pop(batch, 2);
        for (std::size_t i = 0; i < n; ++i) Cells::touch(batch[i]);
        if (n != 0) left.fetch_sub(static_cast<int>(n), relaxed);
        if (n == 0) std::this_thread::yield();
      }
    });
  }
  run(bodies);
  return cells.each(2);
}

template <std::memory_order publish>
bool ring() {
  Ring<Cell*, publish> queue(4);
  return hand_over([&](Cell** cells, std::size_t n) { return queue.push_n(cells, n); },
                   [&](Cell** cells, std::size_t n) { return queue.pop_n(cells, n); });
}

bool lane() {
  Lane<Cell*, release> queue(4);
  return hand_over([&](Cell** cells, std::size_t n) { return queue.push_n(cells, n); },
                   [&](Cell** cells, std::size_t n) { return queue.pop_n(cells, n); }, 1, 1);
}

bool edge() {
  Edge<Cell*> queue(4);
  const auto push = [&](Cell** cells, std::size_t n) {
    std::uint32_t units = queue.reserve_up_to(static_cast<std::uint32_t>(n) + 1);
    if (units > n) {
      queue.give_back(1);
      --units;
    }
    if (units != 0) queue.push_n(cells, units);
    return std::size_t{units};
  };
  return hand_over(push, [&](Cell** cells, std::size_t n) {
    return std::size_t{queue.pop_n(cells, static_cast<std::uint32_t>(n))};
  });
}

bool deque() {
  detail::Deque<Cell, 2> jobs(8);
  Cells cells(3 * cells_each);
  atomic<int> left(3 * cells_each);
  const auto take = [&](Cell* cell) {
    if (cell == nullptr) return false;
    Cells::touch(cell);
    left.fetch_sub(1, relaxed);
    return true;
  };
  const auto thief = [&] {
    while (left.load(relaxed) != 0) {
      if (!take(jobs.steal())) std::this_thread::yield();
    }
  };
  run({[&] {
         for (int i = 0; i < 3 * cells_each; ++i) {
           Cells::touch(cells.at(i));
           while (i % 3 == 0 ? !jobs.push(cells.at(i))
                             : jobs.push_private(cells.at(i)) == detail::Pushed::refused)
             take(jobs.pop());
           if (i % 5 == 0) take(jobs.pop());
           if (i % 7 == 0) take(jobs.pop_oldest());
           if (i % 16 == 0) std::this_thread::yield();
         }
         while (!jobs.empty()) take(jobs.pop());
       },
       thief, thief});
  return cells.each(2);
}

bool stack() {
  constexpr int n = 4;
  Cells cells(n);
  detail::SlotStack free;
  std::vector<atomic<std::uint32_t>> words(n);
  const auto below = [&](std::uint32_t i) -> atomic<std::uint32_t>& { return words[i]; };
  for (std::uint32_t i = 0; i < n; ++i) free.push(i, below);
  const auto body = [&] {
    for (int i = 0; i < cells_each; ++i) {
      const std::uint32_t slot = free.take(below);
      if (slot == detail::SlotStack::none) continue;
      Cells::touch(cells.at(static_cast<int>(slot)));
      if (i % 4 == 0) std::this_thread::yield();
      free.push(slot, below);
      if (i % 3 == 0) std::this_thread::yield();  // else each takes back what it has just given
    }
  };
  run({body, body, body});
  int sum = 0;
  for (const Cell& cell : cells.all) sum += cell.writes;
  return sum == 3 * cells_each;  // four slots for three threads: a take always finds one
}

bool gate() {
  detail::InboxGate<Cell*, detail::RingQueue<Cell*>> inbox(4, 4);
  const auto push = [&](Cell** cells, std::size_t n) {
    detail::RingQueue<Cell*>::Producer self;
    return inbox.push_n(self, cells, n);
  };
  return hand_over(push, [&](Cell** cells, std::size_t n) {
    detail::RingQueue<Cell*>::Consumer self;
    return inbox.pop_n(self, cells, n);
  });
}

}  // namespace

int main(int argc, char** argv) {
  struct Case {
    const char* name;
    bool (*run)();
  };
  constexpr Case cases[] = {{"ring", [] { return ring<seq_cst>() && ring<release>(); }},
                            {"lane", lane},
                            {"edge", edge},
                            {"deque", deque},
                            {"stack", stack},
                            {"gate", gate}};
  weir::forget_releases = argc == 3 && std::strcmp(argv[2], "--forget") == 0;
  for (const Case& one : cases) {
    if (argc > 1 && std::strcmp(argv[1], one.name) == 0) return one.run() ? 0 : 1;
  }
  std::fprintf(stderr, "usage: containers ring|lane|edge|deque|stack|gate [--forget]\n");
  return 2;
}
