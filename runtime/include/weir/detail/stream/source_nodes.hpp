// detail/stream/source_nodes.hpp: where streams start: source, zip, ingress.
#pragma once

#include <array>
#include <cstddef>
#include <optional>
#include <tuple>
#include <utility>
#include <weir/detail/stream/links.hpp>
#include <weir/detail/worker.hpp>

namespace weir::detail {

/// A body that makes tokens, one firing at a time. A throwing body sends a tombstone for its number
/// and ends, or goes on, as OnError says.
template <class T, class F>
class SourceNode final : public NodeBase {
 public:
  SourceNode(GraphCore& g, const NodeConfig& c, F&& f)
      : NodeBase(g, Kind::source, c), body_(std::forward<F>(f)) {
    config.mode = Mode::serial;
    stream = &g.add_stream(*this, c.window);
    out.node = this;
    out.stream = stream;
    g.add_output(out);
    batch_max = batch_of<T>;
  }
  Output<T> out;

  bool has_input() noexcept override { return !ended_ && !idle_; }
  void close(Context* context) noexcept override { notify(context, false); }

 protected:
  Step step(Context& context) override {
    idle_ = false;
    if (ended_) return Step::nothing;
    if (graph.closing() || graph.cancelled()) {
      end(context);
      return Step::nothing;
    }
    const std::uint32_t room = out.reserve_numbered(*this, wanted(context));
    if (room == 0) return Step::nothing;
    unblock();
    const std::uint64_t begin = static_cast<Worker&>(context).flight.begin(trace);
    const std::uint32_t epoch = context.root_epoch();
    TokenBuffer<T, batch_of<T>> made;
    std::uint32_t n = 0;
    {
      const TaskFrame frame{nullptr, epoch};
      const FrameScope scope(context, frame);
      n = make(made, room, epoch);
    }
    publish(context, made.data(), n, room, epoch);
    measured(context, begin, n == 0 ? 1 : n);
    if (ended_) end(context);
    return ended_ || idle_ ? Step::nothing : Step::fired;
  }

 private:
  std::uint32_t make(TokenBuffer<T, batch_of<T>>& made, std::uint32_t room,
                     std::uint32_t epoch) noexcept {
    std::uint32_t n = 0;
    Head head;
    head.epoch = epoch;
    for (std::uint32_t calls = 0; calls < room; ++calls) {
      alignas(T) std::byte raw[sizeof(T)];
      Emit<T> emit(std::launder(reinterpret_cast<T*>(raw)), 1);
      Give give = Give::end;
      try {
        give = body_(emit);
      } catch (...) {
        BodyError error;
        capture_exception(error);
        graph.record_error(*this, stream->gate.drawn() + n, error);
        ledger.in.fetch_add(1, relaxed), flow.in.fetch_add(1, relaxed);  // relaxed: statistics
        ledger.bury(Fate::failed, 1), flow.bury(Fate::failed, 1);
        head.fate = Fate::failed;
        ::new (static_cast<void*>(&made[n++])) Token<T>(head);
        head.fate = Fate::live;
        if (config.on_error == OnError::go_on) continue;
        ended_ = true;
        if (config.on_error == OnError::cancel) graph.cancel();
        break;
      }
      if (emit.count() != 0)
        ::new (static_cast<void*>(&made[n++])) Token<T>(head, std::move(*emit.begin()));
      if (give == Give::more) continue;
      ended_ = give == Give::end;
      idle_ = give == Give::idle;
      break;
    }
    return n;
  }

  void publish(Context& context, Token<T>* made, std::uint32_t n, std::uint32_t room,
               std::uint32_t epoch) noexcept {
    if (n != 0) {
      std::uint64_t live = 0;
      const std::uint64_t first = stream->gate.draw(n);
      for (std::uint32_t i = 0; i < n; ++i) {
        made[i].head.sequence = first + i;
        live += made[i].live() ? 1 : 0;
      }
      LedgerCounters::add(ledger.in, live), LedgerCounters::add(ledger.out, live);
      LedgerCounters::add(flow.in, live);
      context.participant().add_submitted(epoch, n);
      out.push(context, made, n);
    }
    // The only reserver of these edges is this node, whose evaluation goes on: nobody to notify.
    out.roll_back(room - n);
    if (stream->window != 0 && n < room) stream->gate.give_back(room - n);
  }

  void end(Context& context) noexcept {
    ended_ = true;
    unblock();
    stream->publish_total(stream->gate.close(), &context);
  }

  std::decay_t<F> body_;
  bool ended_ = false;  // these two: the evaluator only
  bool idle_ = false;
};

/// Sources that will be joined: one number, one value of each. The first to end ends all; values
/// that the others had ready then are dropped before they became tokens. A body that throws gives
/// a tombstone for its value; then all end with this number, or go on, as OnError says.
template <class Types, class Bodies>
class ZipNode;

template <class... T, class... F>
class ZipNode<std::tuple<T...>, std::tuple<F...>> final : public NodeBase {
  static constexpr std::size_t count = sizeof...(T);

 public:
  ZipNode(GraphCore& g, const NodeConfig& c, F... f)
      : NodeBase(g, Kind::zip, c), bodies_(std::move(f)...) {
    config.mode = Mode::serial;
    stream = &g.add_stream(*this, c.window);
    std::apply([&](auto&... o) { ((o.node = this, o.stream = stream, g.add_output(o)), ...); },
               outs);
    batch_max = 1;
  }
  std::tuple<Output<T>...> outs;

  bool has_input() noexcept override { return !ended_ && !idle_; }
  void close(Context* context) noexcept override { notify(context, false); }

 protected:
  Step step(Context& context) override {
    idle_ = false;
    if (ended_) return Step::nothing;
    if (graph.closing() || graph.cancelled()) return end(context);
    const TaskFrame frame{nullptr, context.root_epoch()};
    const FrameScope scope(context, frame);
    if (!gather(std::index_sequence_for<T...>{})) {
      if (ended_) return end(context);
      return idle_ ? Step::nothing : Step::fired;  // `more` without a value: asked again
    }
    if (!reserve(std::index_sequence_for<T...>{})) return Step::nothing;
    if (stream->window != 0 && stream->reserve(1) == 0) {
      std::apply([](auto&... o) { (o.roll_back(1), ...); }, outs);
      block_on(nullptr, true);
      return Step::nothing;
    }
    unblock();
    Head head;
    head.epoch = context.root_epoch();
    head.sequence = stream->gate.draw(1);
    context.participant().add_submitted(head.epoch, count);
    firings.fetch_add(1, relaxed);  // relaxed: a statistic
    push(context, head, std::index_sequence_for<T...>{});
    return Step::fired;
  }

 private:
  template <std::size_t... I>
  bool gather(std::index_sequence<I...>) noexcept {
    bool all = true;
    ((all = all && !ended_ && gather_one<I>()), ...);
    return all;
  }
  template <std::size_t I>
  bool gather_one() noexcept {
    using U = std::tuple_element_t<I, std::tuple<T...>>;
    std::optional<U>& held = std::get<I>(held_);
    if (held.has_value() || failed_[I]) return true;
    if (last_[I]) {
      ended_ = true;
      return false;
    }
    alignas(U) std::byte raw[sizeof(U)];
    Emit<U> emit(std::launder(reinterpret_cast<U*>(raw)), 1);
    Give give = Give::end;
    try {
      give = std::get<I>(bodies_)(emit);
    } catch (...) {
      BodyError error;
      capture_exception(error);
      graph.record_error(*this, stream->gate.drawn(), error);
      failed_[I] = true;
      last_[I] = config.on_error != OnError::go_on;
      if (config.on_error == OnError::cancel) graph.cancel();
      return true;
    }
    last_[I] = give == Give::end;
    if (emit.count() != 0) {
      held.emplace(std::move(*emit.begin()));
      return true;
    }
    ended_ = give == Give::end;
    idle_ = give == Give::idle;
    return false;
  }
  template <std::size_t... I>
  bool reserve(std::index_sequence<I...>) noexcept {
    std::size_t done = 0;
    const bool all = ((std::get<I>(outs).reserve(*this, 1, 1) == 1 && (++done, true)) && ...);
    if (!all) ((I < done ? std::get<I>(outs).roll_back(1) : void()), ...);
    return all;
  }
  template <std::size_t... I>
  void push(Context& context, const Head& head, std::index_sequence<I...>) noexcept {
    (push_one<I>(context, head), ...);
  }
  template <std::size_t I>
  void push_one(Context& context, const Head& head) noexcept {
    using U = std::tuple_element_t<I, std::tuple<T...>>;
    std::optional<U>& held = std::get<I>(held_);
    TokenBuffer<U, 1> made;
    LedgerCounters::add(ledger.in, 1), LedgerCounters::add(flow.in, 1);
    if (std::exchange(failed_[I], false)) {
      Head tombstone = head;
      tombstone.fate = Fate::failed;
      ::new (static_cast<void*>(made.data())) Token<U>(tombstone);
      ledger.bury(Fate::failed, 1), flow.bury(Fate::failed, 1);
    } else {
      ::new (static_cast<void*>(made.data())) Token<U>(head, std::move(*held));
      held.reset();
      LedgerCounters::add(ledger.out, 1);
    }
    std::get<I>(outs).push(context, made.data(), 1);
  }
  Step end(Context& context) noexcept {
    ended_ = true;
    unblock();
    std::apply([](auto&... h) { (h.reset(), ...); }, held_);
    stream->publish_total(stream->gate.close(), &context);
    return Step::nothing;
  }

  std::tuple<F...> bodies_;
  std::tuple<std::optional<T>...> held_;
  std::array<bool, count> last_ = {};    // has nothing after this number
  std::array<bool, count> failed_ = {};  // threw for this number
  bool ended_ = false, idle_ = false;
};

/// A stream's door for foreign threads: an edge open to producers (P6), and a node that passes its
/// tokens on.
template <class T>
class IngressNode : public NodeBase {
 public:
  IngressNode(GraphCore& g, const NodeConfig& c, std::uint32_t slots)
      : NodeBase(g, Kind::ingress, c), slots_(slots) {
    config.mode = Mode::serial;
    stream = &g.add_stream(*this, c.window);
    out.node = this;
    out.stream = stream;
    g.add_output(out);
    link_ = &g.add_link<Link<T>>();
    link_->from = this, link_->to = this;
    link_->capacity = g.smallest(slots);
    link_->feedback = true;
    batch_max = batch_of<T>;
  }
  Output<T> out;

  bool has_input() noexcept override { return link_->ring->readable(); }
  std::uint64_t waiting_tokens() const noexcept override { return link_->fill(); }
  void close(Context* context) noexcept override {
    stream->publish_total(stream->gate.close(), context);
  }

  /// From outside: reserve (window included), draw the number, push, which cannot be refused.
  Outcome push(ProducerCall& call, T&& value, std::uint32_t request = no_request) noexcept {
    if (call.status() != Status::accepted) return {call.status()};
    if (!graph.started()) return {Status::closed};
    if (graph.cancelled()) return {Status::cancelled};
    if (stream->gate.closed()) return {Status::closed};
    if (!link_->ring->reserve(1)) return refused();
    if (stream->window != 0 && stream->try_reserve(1) == 0) {
      link_->ring->give_back(1);
      return refused();
    }
    Head head;
    head.sequence = stream->gate.draw(1);
    if (head.sequence == Gate::refused) {
      link_->ring->give_back(1);
      return {Status::closed};
    }
    head.epoch = call.epoch();
    head.request = request;
    call.participant().add_submitted(head.epoch, 1);
    LedgerCounters::add(ledger.in, 1), LedgerCounters::add(flow.in, 1);
    Token<T> token(head, std::move(value));
    link_->ring->push(std::move(token));
    notify(nullptr);
    return {};
  }

 protected:
  Step step(Context& context) override {
    if (!link_->ring->readable()) return Step::nothing;
    const std::uint32_t room = out.reserve(*this, 1, wanted(context));
    if (room == 0) return Step::nothing;
    unblock();
    TokenBuffer<T, batch_of<T>> tokens;
    const std::uint32_t n = link_->ring->pop_n_exclusive_raw(tokens.data(), room);
    out.roll_back(room - n);
    if (n == 0) return Step::nothing;
    LedgerCounters::add(ledger.out, n);
    firings.fetch_add(1, relaxed);  // relaxed: a statistic
    out.push(context, tokens.data(), n);
    return Step::fired;
  }

 private:
  Outcome refused() noexcept {
    link_->refused();
    // The slowest consumer behind the door, else the door itself.
    const LinkBase* behind = blocked_on();
    const std::uint16_t culprit =
        behind != nullptr ? behind->culprit.load(relaxed) : index;  // relaxed: a report
    return {Status::would_block, culprit == no_node ? index : culprit, link_->index};
  }

  std::uint32_t slots_;
  Link<T>* link_;
};

}  // namespace weir::detail
