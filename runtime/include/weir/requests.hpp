// requests.hpp: questions to a graph and their answers: a reply's slot is reserved with its request.
//
// Shape     `slots` requests at most are unanswered or unread at a time; beyond that submit() answers
//           would_block, so an answer never waits for its reader. A request gets exactly one of accepted
//           (answered), failed, cancelled, expired.
// Roles     submit: any thread through its Producer; a Reply: one thread at a time.
// Memory    slots are taken at build(); submit and answer allocate nothing.
#pragma once

#include <string_view>
#include <weir/detail/slot_stack.hpp>
#include <weir/detail/stream/join_nodes.hpp>
#include <weir/detail/stream/port.hpp>
#include <weir/detail/stream/source_nodes.hpp>
#include <weir/futex.hpp>
#include <weir/task.hpp>

namespace weir {

template <class A>
class Reply;

namespace detail {

template <class A>
class ReplySlots {
 public:
  // State in the low byte; flags above it.
  static constexpr std::uint32_t state_mask = 0xff, pending = 0x40;
  static constexpr std::uint32_t abandoned_flag = 0x100, cancel_flag = 0x200;

  struct alignas(64) Slot {
    atomic<std::uint32_t> word{0};   // pending, or the final Status; a futex word
    atomic<std::uint32_t> below{0};  // the free slots' stack's
    Deadline deadline = never;       // written by submit before the request is pushed
    atomic<std::uint32_t> noted{0};  // a body has thrown for it: the first one's error is kept
    BodyError error;                 // written by that body, before the answer
    alignas(A) std::byte raw[sizeof(A)];
    A* value() noexcept { return std::launder(reinterpret_cast<A*>(raw)); }
  };

  void prepare(Slab& slab, std::uint32_t count) {
    slots_ = slab.make_array<Slot>(count);
    for (std::uint32_t i = count; i-- > 0;) give(i);
  }
  bool take(std::uint32_t& index, Deadline deadline) noexcept {
    index = free_.take(below());
    if (index == SlotStack::none) return false;
    Slot& slot = slots_[index];
    slot.deadline = deadline;
    slot.error = BodyError{};
    slot.noted.store(0, relaxed);       // relaxed: as below
    slot.word.store(pending, relaxed);  // relaxed: the request's push publishes it
    return true;
  }
  void give(std::uint32_t index) noexcept { free_.push(index, below()); }
  /// The request's one answer: a value, or the status that stands for it. Any worker.
  void answer(std::uint32_t index, Status status, A* value) noexcept {
    Slot& slot = slots_[index];
    if (value != nullptr) ::new (static_cast<void*>(slot.raw)) A(std::move(*value));
    // (1) acq_rel pairs with (2), (3): the value; and what the client wrote before it abandoned
    const std::uint32_t before = slot.word.exchange(static_cast<std::uint32_t>(status), acq_rel);
    if ((before & abandoned_flag) != 0) {
      if (value != nullptr) slot.value()->~A();
      give(index);
      return;
    }
    wake_waiters(slot.word);
  }
  /// The client reads a final word: moves the value out, or why there is none, and frees the slot.
  Status collect(std::uint32_t index, A& into, BodyError& error) noexcept {
    Slot& slot = slots_[index];
    const std::uint32_t word = slot.word.load(acquire);  // (2) acquire pairs with (1): the value
    if ((word & pending) != 0) return Status::would_block;
    const auto status = static_cast<Status>(word & state_mask);
    if (status == Status::accepted) {
      into = std::move(*slot.value());
      slot.value()->~A();
    } else if (status == Status::failed) {
      error = slot.error;
    }
    give(index);
    return status;
  }
  /// Why the request failed, once it has; empty before.
  std::string_view error_text(std::uint32_t index) const noexcept {
    const Slot& slot = slots_[index];
    if ((slot.word.load(acquire) & pending) != 0)
      return {};  // (5) acquire pairs with (1): the error
    return slot.error.text;
  }
  void cancel(std::uint32_t index) noexcept {
    std::uint32_t word = slots_[index].word.load(relaxed);  // relaxed: only the flag matters
    while ((word & pending) != 0 &&
           // relaxed: the flag alone is read
           !slots_[index].word.compare_exchange_weak(word, word | cancel_flag, relaxed, relaxed)) {
    }
  }
  void abandon(std::uint32_t index) noexcept {
    Slot& slot = slots_[index];
    // (3) acq_rel pairs with (1): whoever comes second frees the slot
    const std::uint32_t before = slot.word.fetch_or(abandoned_flag | cancel_flag, acq_rel);
    if ((before & pending) != 0) return;
    if (static_cast<Status>(before & state_mask) == Status::accepted) slot.value()->~A();
    give(index);
  }
  Slot& slot(std::uint32_t index) noexcept { return slots_[index]; }

 private:
  auto below() noexcept {
    return [this](std::uint32_t i) -> atomic<std::uint32_t>& { return slots_[i].below; };
  }

  Slot* slots_ = nullptr;
  SlotStack free_;  // not a ring: one refuses a give-back while a thread is stopped inside a take
};

template <class Q, class A>
class RequestsNode final : public IngressNode<Q>, public RequestsBase {
 public:
  RequestsNode(GraphCore& g, const NodeConfig& c, std::uint32_t slots)
      : IngressNode<Q>(g, c, slots), count_(slots) {
    this->stream->requests = this;
  }
  void prepare() override { replies.prepare(this->graph.slab(), count_); }
  Fate fate(std::uint32_t request) noexcept override {
    if (request == no_request) return Fate::live;
    auto& slot = replies.slot(request);
    // relaxed: the flag publishes nothing; a cancel that is seen late acts at the next node
    if ((slot.word.load(relaxed) & ReplySlots<A>::cancel_flag) != 0) return Fate::cancelled;
    if (slot.deadline == never) return Fate::live;
    return time_of(this->graph.core) >= slot.deadline ? Fate::expired : Fate::live;
  }
  void note(std::uint32_t request, const BodyError& error) noexcept override {
    auto& slot = replies.slot(request);
    // relaxed: says who writes; the token's way to the answer publishes the error
    if (slot.noted.exchange(1, relaxed) == 0) slot.error = error;
  }

  ReplySlots<A> replies;

 private:
  std::uint32_t count_;
};

template <class Q, class A>
class AnswerNode final : public InputNode<A> {
  using Base = InputNode<A>;

 public:
  AnswerNode(GraphCore& g, const NodeConfig& c, Output<A>& from, RequestsNode<Q, A>& requests)
      : Base(g, Kind::answer, c, from), requests_(requests) {
    if (from.stream != nullptr) g.add_end(*this, *from.stream);
  }
  bool fits() const noexcept { return this->in_stream_ == requests_.stream; }

 protected:
  std::uint32_t reserve(std::uint32_t most) noexcept override { return most; }
  void roll_back(std::uint32_t) noexcept override {}
  void fire(Context& context, TaskFrame&, Token<A>* tokens, std::uint32_t n) noexcept override {
    Head heads[batch_of<A>];
    std::uint64_t live = 0;
    for (std::uint32_t i = 0; i < n; ++i) {
      heads[i] = tokens[i].head;
      const bool good = tokens[i].live();
      live += good ? 1 : 0;
      if (heads[i].request != no_request) {
        requests_.replies.answer(heads[i].request, status_of(heads[i].fate),
                                 good ? &tokens[i].value() : nullptr);
      }
      tokens[i].~Token<A>();
    }
    LedgerCounters::add(this->ledger.out, live);
    LedgerCounters::add(this->flow.out, live);
    this->retire(context, *this->in_ends[0], heads, n);
  }

 private:
  static Status status_of(Fate fate) noexcept {
    switch (fate) {
      case Fate::live:
        return Status::accepted;
      case Fate::cancelled:
        return Status::cancelled;
      case Fate::expired:
        return Status::expired;
      default:
        return Status::failed;
    }
  }
  RequestsNode<Q, A>& requests_;
};

}  // namespace detail

/// Where the answer to one request will be. Empty, pending, or ready to be collected once. Must not
/// outlive its graph.
template <class A>
class Reply {
 public:
  Reply() noexcept = default;
  Reply(Reply&& other) noexcept
      : slots_(std::exchange(other.slots_, nullptr)),
        core_(other.core_),
        index_(other.index_),
        error_(other.error_) {}
  Reply& operator=(Reply&& other) noexcept {
    if (this != &other) {
      reset();
      slots_ = std::exchange(other.slots_, nullptr), core_ = other.core_, index_ = other.index_;
      error_ = other.error_;
    }
    return *this;
  }
  Reply(const Reply&) = delete;
  Reply& operator=(const Reply&) = delete;
  ~Reply() { reset(); }

  bool empty() const noexcept { return slots_ == nullptr; }
  /// accepted: `answer` was assigned, the reply is empty again; would_block: not yet; failed,
  /// cancelled, expired: there is no answer, the reply is empty again; closed: the reply was empty.
  Status poll(A& answer) noexcept {
    if (empty()) return Status::closed;
    detail::OutsideCall call(*core_, detail::CallKind::reply_poll);
    const Status status = slots_->collect(index_, answer, error_);
    call.answers(static_cast<std::uint32_t>(status));
    if (status != Status::would_block) slots_ = nullptr;
    return status;
  }
  /// Waits for it. timed_out: the deadline passed; the request has been cancelled, and the slot
  /// stays taken until its tombstone comes (poll tells). stalled, would_deadlock, forked: as other
  /// waits.
  Status wait_until(Deadline deadline, A& answer) noexcept {
    if (empty()) return Status::closed;
    for (;;) {
      const Status status = poll(answer);
      if (status != Status::would_block) return status;
      auto& word = slots_->slot(index_).word;
      constexpr std::uint32_t pending = detail::ReplySlots<A>::pending;
      // (4) acquire pairs with (1): as (2). With the bit that it may have lost: then no wait is long
      const std::uint32_t now = word.load(acquire) | pending;
      const Status waited = detail::wait_while(*core_, word, now, deadline, pending);
      if (waited == Status::timed_out) cancel();
      if (waited != Status::accepted) return poll_or(waited, answer);
    }
  }
  /// Asks for the end of the request; it acts when a node takes its token.
  void cancel() noexcept {
    if (empty()) return;
    const detail::OutsideCall call(*core_, detail::CallKind::reply_cancel);
    slots_->cancel(index_);
  }
  /// Why the request failed: from its end on, until this reply is used again. Empty otherwise.
  std::string_view error_text() const noexcept {
    return empty() ? std::string_view(error_.text) : slots_->error_text(index_);
  }
  /// Abandons the request: it is cancelled, and its slot is freed by its tombstone or answer.
  void reset() noexcept {
    if (slots_ == nullptr) return;
    const detail::OutsideCall call(*core_, detail::CallKind::reply_cancel);
    std::exchange(slots_, nullptr)->abandon(index_);
  }

 private:
  template <class Q, class B>
  friend class Requests;
  Status poll_or(Status waited, A& answer) noexcept {
    const Status status = poll(answer);
    return status == Status::would_block ? waited : status;
  }
  detail::ReplySlots<A>* slots_ = nullptr;
  detail::Core* core_ = nullptr;
  std::uint32_t index_ = 0;
  detail::BodyError error_;  // of the request that it was last
};

/// The two ends of a request stream. Made by StreamGraph::requests; a handle, copied freely.
template <class Q, class A>
class Requests {
 public:
  Requests() = default;

  /// Where requests come out, to be fed through nodes to answer().
  Port<Q> in() const noexcept { return Port<Q>(node_->out); }
  /// Ends the requests' stream: each token here answers the request that it descends from. It is the
  /// stream's only end: build() refuses another one beside it, "answer_stream".
  void answer(Port<A> port, NodeConfig config = {}) const;
  /// would_block: no reply slot is free (unread replies hold theirs) or the door is full;
  /// `question` stays with the caller. closed, cancelled, forked: as Ingress::push. `reply` must be
  /// empty or it is abandoned. deadline: acts when a node takes the token.
  Outcome submit(Producer& producer, Q&& question, Reply<A>& reply,
                 Submit submit = {}) const noexcept {
    detail::ProducerCall call(producer);
    if (call.status() != Status::accepted) return {call.status()};
    if (!node_->graph.started()) return {Status::closed};
    std::uint32_t index = 0;
    if (!node_->replies.take(index, detail::deadline_in(node_->graph.core, submit.deadline))) {
      return {Status::would_block, node_->index, no_edge};
    }
    const Outcome outcome = node_->push(call, std::move(question), index);
    if (outcome.status != Status::accepted) {
      node_->replies.give(index);
      return outcome;
    }
    reply.reset();
    reply.slots_ = &node_->replies;
    reply.core_ = &node_->graph.core;
    reply.index_ = index;
    reply.error_ = {};
    return outcome;
  }
  /// No further requests; those inside are answered.
  void close() const noexcept {
    const detail::OutsideCall call(node_->graph.core, detail::CallKind::close);
    node_->close(nullptr);
  }

 private:
  friend class StreamGraph;
  explicit Requests(detail::RequestsNode<Q, A>& node) noexcept : node_(&node) {}
  detail::RequestsNode<Q, A>* node_ = nullptr;
};

}  // namespace weir
