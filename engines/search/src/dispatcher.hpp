// dispatcher.hpp: which waiting request begins next; private to the engine.
//
// Shape:  a list a client and level; deficit round robin over clients, counted in simulations. A request costs what it
//         may spend; what it did not spend comes back when it ends.
// Roles:  one thread at a time, who holds the engine's lists, except credit() and give_back(): any thread.
// Cost:   O(1) a request, while a client's quantum covers the usual cost of one. Those that were settled while they
//         waited are walked out of the lists when they are more than half of what is in them: each is paid for by
//         itself and one other; and a look at every client's lists.
// Source: M. Shreedhar, G. Varghese, "Efficient fair queueing using deficit round robin", SIGCOMM 1995.
#pragma once

#include <algorithm>
#include <array>
#include <cstdint>
#include <memory>
#include <weir/atomic.hpp>
#include <weir/limits.hpp>

#include "request_slot.hpp"

namespace weir::search {

class Dispatcher {
 public:
  static constexpr std::uint32_t none = ~0U;
  /// What a request without a bound of simulations is taken to cost.
  static constexpr std::int64_t cost_default = static_cast<std::int64_t>(simulations_default);
  /// So many settled ones may lie in the lists whatever else does.
  static constexpr std::int64_t settled_few = 16;

  Dispatcher(RequestSlot* slots, std::uint32_t clients_max)
      : slots_(slots), clients_(std::make_unique<Client[]>(clients_max)) {}

  void set_share(ClientId client, double share) noexcept {
    // relaxed: an approximate weight
    clients_[client].quantum.store(static_cast<std::int64_t>(share * cost_default) + 1, relaxed);
  }
  /// Unspent simulations of a request that has ended. Any thread.
  void credit(ClientId client, std::int64_t simulations) noexcept {
    clients_[client].refund.fetch_add(simulations,
                                      relaxed);  // relaxed: a count that is used later or sooner
  }

  /// One that was taken and has been settled before it began: what it was taken for comes back. Any thread, while the
  /// slot's token is held.
  void give_back(std::uint32_t slot) noexcept { credit(slots_[slot].client, cost_of(slot)); }

  void add(std::uint32_t slot) noexcept {
    const ClientId number = slots_[slot].client;
    clients_seen_ = std::max<std::uint32_t>(clients_seen_, number + 1);
    List& list = clients_[number].lists[level_of(slot)];
    slots_[slot].next = none;
    (list.last == none ? list.first : slots_[list.last].next) = slot;
    list.last = slot;
    ++waiting_[level_of(slot)];
  }
  /// As many in the lists were settled as make a walk worth its while.
  bool worth_purging(std::int64_t settled) const noexcept {
    std::uint64_t listed = 0;
    for (const std::uint64_t count : waiting_) listed += count;
    return settled >= settled_few && static_cast<std::uint64_t>(settled) * 2 > listed;
  }
  /// Takes out all that are settled, and gives each to `gone`; the order of the others stays.
  template <class Gone>
  void purge(Gone gone) noexcept {
    for (std::uint32_t client = 0; client < clients_seen_; ++client) {
      for (std::uint8_t level = 0; level < limits::levels; ++level)
        purge(clients_[client].lists[level], level, gone);
    }
  }
  /// The next one to begin; none: nobody waits.
  std::uint32_t take() noexcept {
    const std::uint8_t level = choose_level();
    if (level == limits::levels) return none;
    for (;;) {
      Client& client = clients_[turn_];
      List& list = client.lists[level];
      if (list.first == none) {
        if (empty(client)) client.deficit = 0;  // who has nothing to ask saves nothing up
        next_client();
        continue;
      }
      if (!visited_) {
        // relaxed: see credit and set_share
        client.deficit += client.quantum.load(relaxed) + client.refund.exchange(0, relaxed);
        visited_ = true;
      }
      const std::int64_t cost = cost_of(list.first);
      if (cost <= client.deficit) {
        client.deficit -= cost;
        return unlink(list, level);
      }
      next_client();
    }
  }

 private:
  struct List {
    std::uint32_t first = none, last = none;
  };
  struct Client {
    std::array<List, limits::levels> lists;
    std::int64_t deficit = 0;
    atomic<std::int64_t> quantum{cost_default};
    atomic<std::int64_t> refund{0};
  };

  std::uint8_t level_of(std::uint32_t slot) const noexcept {
    const std::uint8_t level = slots_[slot].level;
    return level < limits::levels ? level : limits::levels - 1;
  }
  /// Bounded, so that one request cannot hold its client's turn up for long.
  std::int64_t cost_of(std::uint32_t slot) const noexcept {
    const std::uint64_t budget = slots_[slot].budget;
    return budget < simulations_default ? static_cast<std::int64_t>(budget) : cost_default;
  }
  template <class Gone>
  void purge(List& list, std::uint8_t level, Gone gone) noexcept {
    std::uint32_t* link = &list.first;
    list.last = none;
    while (*link != none) {
      const std::uint32_t slot = *link;
      if (!slots_[slot].is_done()) {
        list.last = slot;
        link = &slots_[slot].next;
        continue;
      }
      *link = slots_[slot].next;
      --waiting_[level];
      gone(slot);  // from here on the slot may be another request's
    }
  }
  static bool empty(const Client& client) noexcept {
    for (const List& list : client.lists)
      if (list.first != none) return false;
    return true;
  }
  void next_client() noexcept {
    turn_ = turn_ + 1 == clients_seen_ ? 0 : turn_ + 1;
    visited_ = false;
  }
  std::uint32_t unlink(List& list, std::uint8_t level) noexcept {
    const std::uint32_t slot = list.first;
    list.first = slots_[slot].next;
    if (list.first == none) list.last = none;
    --waiting_[level];
    return slot;
  }
  /// The most urgent level that has requests, unless a later one was passed over too often.
  std::uint8_t choose_level() noexcept {
    std::uint8_t chosen = limits::levels;
    for (std::uint8_t level = 0; level < limits::levels; ++level) {
      if (waiting_[level] == 0) continue;
      if (chosen == limits::levels) {
        chosen = level;
      } else if (++passed_over_[level] > limits::passed_over_max) {
        chosen = level;
      }
    }
    if (chosen != limits::levels) passed_over_[chosen] = 0;
    return chosen;
  }

  RequestSlot* slots_;
  std::unique_ptr<Client[]> clients_;
  std::uint32_t clients_seen_ = 1;  // none beyond has ever asked: the rounds end there
  std::uint32_t turn_ = 0;
  bool visited_ = false;  // the client whose turn it is has had its quantum
  std::array<std::uint64_t, limits::levels> waiting_{};
  std::array<std::uint32_t, limits::levels> passed_over_{};
};

}  // namespace weir::search
