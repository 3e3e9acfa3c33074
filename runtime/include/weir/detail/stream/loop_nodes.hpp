// detail/stream/loop_nodes.hpp: the two ends of a loop's body (P3).
//
// At most `tickets` tokens are inside. The entry takes a ticket with the entry reservation; the
// deciding node sends a token round again or out, and frees its ticket when it leaves. Every ring
// inside holds as many tokens as there are tickets, so no ring inside refuses; the deciding node
// may wait for the exit edge only, which drains downstream.
#pragma once

#include <weir/detail/stream/body_nodes.hpp>
#include <weir/ring.hpp>

namespace weir::detail {

/// The tickets of one loop, and what a token inside left behind: the ticket of the loop around it.
class Tickets {
 public:
  void prepare(Slab& slab, std::uint32_t count) {
    // Twice the tickets: a thread stopped while it gives one back never makes another's give-back
    // fail.
    free_ = slab.make<Ring<std::uint32_t>>(std::size_t{count} * 2);
    outer_ = slab.make_array<std::uint32_t>(count);
    for (std::uint32_t i = 0; i < count; ++i) {
      const Status pushed = free_->push(std::uint32_t{i});
      WEIR_CHECK(pushed == Status::accepted, "a ticket did not fit its ring");
    }
  }
  bool take(std::uint32_t& ticket) noexcept { return free_->pop(ticket) == Status::accepted; }
  void give(std::uint32_t ticket) noexcept {
    const Status pushed = free_->push(std::uint32_t{ticket});
    WEIR_CHECK(pushed == Status::accepted, "a loop got more tickets back than it has");
  }
  std::uint32_t& outer(std::uint32_t ticket) noexcept { return outer_[ticket]; }
  std::size_t bytes() const noexcept { return free_ != nullptr ? free_->bytes() : 0; }

  atomic<std::uint32_t> waiting{0};  // the entry waits for a ticket

 private:
  Ring<std::uint32_t>* free_ = nullptr;
  std::uint32_t* outer_ = nullptr;
};

template <class T>
class LoopEntry final : public NodeBase {
 public:
  LoopEntry(GraphCore& g, Output<T>& from, std::uint32_t capacity, std::uint32_t ticket_count)
      : NodeBase(g, Kind::loop_entry, NodeConfig{}), count_(ticket_count) {
    config.mode = Mode::serial;
    outside_.attach(*this, from, capacity, false);
    stream = from.stream;
    out.node = this;
    out.inherit(from);
    g.add_output(out);
    batch_max = 1;
    link_ = &g.add_link<Link<T>>();
    link_->to = this;
    link_->capacity = ticket_count;
    link_->feedback = true;
  }
  Output<T> out;
  Tickets tickets;

  Link<T>& feedback() noexcept { return *link_; }
  bool has_input() noexcept override { return link_->ring->readable() || outside_.readable(); }
  std::uint64_t waiting_tokens() const noexcept override {
    return outside_.waiting() + link_->fill();
  }
  std::size_t bytes() const noexcept override { return tickets.bytes(); }
  void prepare() override { tickets.prepare(graph.slab(), count_); }

 protected:
  Step step(Context& context) override {
    const bool again = link_->ring->readable();
    if (!again && !outside_.readable()) return Step::nothing;
    if (out.reserve(*this, 1, 1) == 0) return Step::nothing;
    TokenBuffer<T, 1> token;
    if (again) {
      // Loop edges go before injection.
      if (link_->ring->pop_n_exclusive_raw(token.data(), 1) == 0) {
        out.roll_back(1);
        return Step::nothing;
      }
      if (link_->ring->take_waiting()) link_->from->notify(&context, false);
    } else {
      std::uint32_t ticket = 0;
      if (!take(ticket)) {
        out.roll_back(1);
        return Step::nothing;
      }
      if (outside_.pop(context, token.data(), 1) == 0) {
        tickets.give(ticket);
        out.roll_back(1);
        return Step::nothing;
      }
      tickets.outer(ticket) = token[0].head.ticket;
      token[0].head.ticket = ticket;
      if (token[0].live()) LedgerCounters::add(ledger.in, 1), LedgerCounters::add(ledger.out, 1);
    }
    unblock();
    firings.fetch_add(1, relaxed);  // relaxed: a statistic
    out.push(context, token.data(), 1);
    return Step::fired;
  }

 private:
  bool take(std::uint32_t& ticket) noexcept {
    if (tickets.take(ticket)) return true;
    block_on(nullptr, true);
    tickets.waiting.store(1, seq_cst);  // (1) seq_cst pairs with (2): before the second look
    return tickets.take(ticket);
  }

  Intake<T> outside_;
  Link<T>* link_;
  std::uint32_t count_;
};

/// Takes the body's last token: round again, or out. A tombstone goes out.
template <class T>
class LoopDecide final : public InputNode<Turn<T>> {
  using Base = InputNode<Turn<T>>;

 public:
  LoopDecide(GraphCore& g, Output<Turn<T>>& from, LoopEntry<T>& entry, std::uint32_t ticket_count)
      : Base(g, Kind::loop_decide, config_for(ticket_count), from), entry_(entry) {
    out.node = this;
    out.inherit(from);
    g.add_output(out);
    entry.feedback().from = this;
    this->batch_max = 1;
  }
  Output<T> out;

 protected:
  std::uint32_t reserve(std::uint32_t) noexcept override {
    if (out.reserve(*this, 1, 1) == 0) return 0;
    auto* back = entry_.feedback().ring;
    while (!back->reserve(1)) {
      this->block_on(&entry_.feedback(), false);
      back->set_waiting();
      if (back->writable(1)) continue;
      out.roll_back(1);
      return 0;
    }
    return 1;
  }
  void roll_back(std::uint32_t count) noexcept override {
    if (count == 0) return;
    out.roll_back(count);
    entry_.feedback().give_back(count);
  }
  void fire(Context& context, TaskFrame&, Token<Turn<T>>* tokens, std::uint32_t) noexcept override {
    Token<Turn<T>>& token = tokens[0];
    Head head = token.head;
    TokenBuffer<T, 1> made;
    if (token.live() && token.value().again) {
      ::new (static_cast<void*>(made.data())) Token<T>(head, std::move(token.value().value));
      token.~Token<Turn<T>>();
      LedgerCounters::add(this->ledger.out, 1);
      entry_.feedback().ring->push(std::move(made[0]));
      made[0].~Token<T>();
      entry_.notify(&context);
      out.roll_back(1);
      return;
    }
    const std::uint32_t ticket = head.ticket;
    head.ticket = entry_.tickets.outer(ticket);
    if (token.live()) {
      ::new (static_cast<void*>(made.data())) Token<T>(head, std::move(token.value().value));
      LedgerCounters::add(this->ledger.out, 1);
    } else {
      ::new (static_cast<void*>(made.data())) Token<T>(head);
    }
    token.~Token<Turn<T>>();
    entry_.feedback().give_back(1);
    out.push(context, made.data(), 1);
    leave(context, ticket);
  }

 private:
  static NodeConfig config_for(std::uint32_t capacity) noexcept {
    NodeConfig c;
    c.mode = Mode::serial;
    c.capacity = capacity;
    return c;
  }
  void leave(Context& context, std::uint32_t ticket) noexcept {
    entry_.tickets.give(ticket);
    // (2) seq_cst pairs with (1): after the ticket's seq_cst publication: the entry's second look
    // sees the ticket, or this sees the flag
    if (entry_.tickets.waiting.load(seq_cst) != 0 &&
        entry_.tickets.waiting.exchange(0, seq_cst) != 0) {
      entry_.notify(&context, false);
    }
  }

  LoopEntry<T>& entry_;
};

}  // namespace weir::detail
