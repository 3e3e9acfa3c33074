// detail/stream/body_nodes.hpp: nodes with one input and a user's body: map, sink, batch, expand,
// split.
#pragma once

#include <optional>
#include <span>
#include <type_traits>
#include <utility>
#include <weir/detail/stream/links.hpp>
#include <weir/detail/stream/requests_base.hpp>
#include <weir/detail/worker.hpp>

namespace weir::detail {

/// A node with one input. step() takes a batch, lets the next evaluation in when the node is
/// parallel, and fires.
template <class T>
class InputNode : public NodeBase {
 public:
  InputNode(GraphCore& g, Kind k, const NodeConfig& c, Output<T>& from) : NodeBase(g, k, c) {
    in_.attach(*this, from, c.capacity, c.mode == Mode::ordered);
    in_stream_ = from.stream;
    stream = from.stream;
    batch_max = batch_of<T>;
  }
  bool has_input() noexcept override { return in_.readable(); }
  std::uint64_t waiting_tokens() const noexcept override { return in_.waiting(); }
  void prepare() override {
    if (in_stream_ != nullptr)
      in_.prepare(graph.slab(), in_stream_->window == 0 ? 1 : in_stream_->window);
  }

 protected:
  /// Room for up to `most` firings; 0 when blocked.
  virtual std::uint32_t reserve(std::uint32_t most) noexcept = 0;
  virtual void roll_back(std::uint32_t count) noexcept = 0;
  /// Fires `n` tokens, whose room is reserved; destroys them. Sets frame.epoch to a token's before
  /// its body runs: what the body spawns descends from that token.
  virtual void fire(Context& context, TaskFrame& frame, Token<T>* tokens,
                    std::uint32_t n) noexcept = 0;

  Step step(Context& context) override {
    if (!in_.readable() || at_concurrency_max()) return Step::nothing;
    const std::uint32_t room = reserve(wanted(context));
    if (room == 0) return Step::nothing;
    unblock();
    TokenBuffer<T, batch_of<T>> tokens;
    const std::uint32_t n = in_.pop(context, tokens.data(), room);
    if (n < room) roll_back(room - n);
    if (n == 0) return Step::nothing;
    const bool parallel = runs_parallel();
    if (parallel) {
      body_begins();
      release_evaluation(context);
    }
    const std::uint64_t begin = static_cast<Worker&>(context).flight.begin(trace);
    judge(tokens.data(), n);
    {
      TaskFrame frame{nullptr, context.root_epoch()};
      const FrameScope scope(context, frame);
      fire(context, frame, tokens.data(), n);
    }
    measured(context, begin, n);
    if (!parallel) return Step::fired;
    body_ends(context);
    return Step::released;
  }

  /// Cancel and expiry act here, when a node takes a token (P9).
  void judge(Token<T>* tokens, std::uint32_t n) noexcept {
    std::uint64_t live = 0;
    for (std::uint32_t i = 0; i < n; ++i) live += tokens[i].live() ? 1 : 0;
    LedgerCounters::add(ledger.in, live);
    RequestsBase* requests = in_stream_->requests;
    const bool all = graph.cancelled();
    if (!all && requests == nullptr) return;
    for (std::uint32_t i = 0; i < n; ++i) {
      if (!tokens[i].live()) continue;
      const Fate fate = all ? Fate::cancelled : requests->fate(tokens[i].head.request);
      if (fate != Fate::live) bury(tokens[i], fate);
    }
  }
  void bury(Token<T>& token, Fate fate) noexcept {
    token.bury(fate);
    ledger.bury(fate, 1);
    flow.bury(fate, 1);
  }
  /// A body threw: keeps the error, buries nothing (the value is the body's by now). Call inside
  /// the catch block.
  BodyError failed(std::uint64_t sequence, std::uint32_t request, std::uint64_t n) noexcept {
    BodyError error;
    capture_exception(error);
    error.node = index, error.sequence = sequence;
    graph.record_error(*this, sequence, error);
    if (in_stream_->requests != nullptr && request != no_request)
      in_stream_->requests->note(request, error);
    ledger.bury(Fate::failed, n);
    flow.bury(Fate::failed, n);
    if (config.on_error == OnError::cancel) graph.cancel();
    return error;
  }
  Intake<T> in_;
  Stream* in_stream_ = nullptr;
};

template <class R>
struct Unwrapped {
  using type = R;
  static constexpr bool maybe = false;
};
template <class U>
struct Unwrapped<std::optional<U>> {
  using type = U;
  static constexpr bool maybe = true;
};

/// 1:1; a body that answers an empty Maybe drops its token.
template <class T, class U, class F>
class MapNode final : public InputNode<T> {
  using Base = InputNode<T>;

 public:
  MapNode(GraphCore& g, const NodeConfig& c, Output<T>& from, F&& f)
      : Base(g, Kind::map, c, from), body_(std::forward<F>(f)) {
    out.node = this;
    out.inherit(from);
    g.add_output(out);
    this->batch_max = batch_of<T> < batch_of<U> ? batch_of<T> : batch_of<U>;
  }
  Output<U> out;

 protected:
  std::uint32_t reserve(std::uint32_t most) noexcept override {
    return out.reserve(*this, 1, most);
  }
  void roll_back(std::uint32_t count) noexcept override { out.roll_back(count); }
  void fire(Context& context, TaskFrame& frame, Token<T>* tokens,
            std::uint32_t n) noexcept override {
    TokenBuffer<U, batch_of<U>> made;
    std::uint64_t live = 0;
    for (std::uint32_t i = 0; i < n; ++i) {
      frame.epoch = tokens[i].head.epoch;
      one(tokens[i], made.data() + i);
      live += made[i].live() ? 1 : 0;
    }
    LedgerCounters::add(this->ledger.out, live);
    out.push(context, made.data(), n);
  }

 private:
  void one(Token<T>& token, Token<U>* made) noexcept {
    Head head = token.head;
    if (token.live()) {
      try {
        if constexpr (Unwrapped<std::invoke_result_t<F&, T&&>>::maybe) {
          auto answer = body_(std::move(token.value()));
          token.~Token<T>();
          if (answer.has_value()) {
            ::new (static_cast<void*>(made)) Token<U>(head, std::move(*answer));
            return;
          }
          head.fate = Fate::dropped;
          this->ledger.bury(Fate::dropped, 1);
          this->flow.bury(Fate::dropped, 1);
        } else {
          U answer = body_(std::move(token.value()));
          token.~Token<T>();
          ::new (static_cast<void*>(made)) Token<U>(head, std::move(answer));
          return;
        }
      } catch (...) {
        this->failed(head.sequence, head.request, 1);
        token.~Token<T>();
        head.fate = Fate::failed;
      }
    } else {
      token.~Token<T>();
    }
    ::new (static_cast<void*>(made)) Token<U>(head);
  }

  std::decay_t<F> body_;
};

template <class T, class F>
class SinkNode final : public InputNode<T> {
  using Base = InputNode<T>;

 public:
  SinkNode(GraphCore& g, const NodeConfig& c, Output<T>& from, F&& f)
      : Base(g, Kind::sink, c, from), body_(std::forward<F>(f)) {
    if (from.stream != nullptr) g.add_end(*this, *from.stream);
  }

 protected:
  std::uint32_t reserve(std::uint32_t most) noexcept override { return most; }
  void roll_back(std::uint32_t) noexcept override {}
  void fire(Context& context, TaskFrame& frame, Token<T>* tokens,
            std::uint32_t n) noexcept override {
    Head heads[batch_of<T>];
    std::uint64_t live = 0;
    for (std::uint32_t i = 0; i < n; ++i) {
      heads[i] = tokens[i].head;
      frame.epoch = heads[i].epoch;
      if (tokens[i].live()) {
        try {
          body_(std::move(tokens[i].value()));
          ++live;
        } catch (...) {
          this->failed(heads[i].sequence, heads[i].request, 1);
          heads[i].fate = Fate::failed;
        }
      }
      tokens[i].~Token<T>();
    }
    LedgerCounters::add(this->ledger.out, live);
    LedgerCounters::add(this->flow.out, live);
    this->retire(context, *this->in_ends[0], heads, n);
  }

 private:
  std::decay_t<F> body_;
};

/// 1:1 over what is there: output i descends from input i alone.
template <class T, class U, class F>
class BatchNode final : public InputNode<T> {
  using Base = InputNode<T>;
  static constexpr std::uint32_t most = batch_of<T> < batch_of<U> ? batch_of<T> : batch_of<U>;

 public:
  BatchNode(GraphCore& g, const NodeConfig& c, std::uint32_t max, Output<T>& from, F&& f)
      : Base(g, Kind::batch, c, from), body_(std::forward<F>(f)), max_(max < most ? max : most) {
    out.node = this;
    out.inherit(from);
    g.add_output(out);
    this->batch_max = max_;
  }
  Output<U> out;

 protected:
  std::uint32_t reserve(std::uint32_t) noexcept override { return out.reserve(*this, 1, max_); }
  void roll_back(std::uint32_t count) noexcept override { out.roll_back(count); }
  void fire(Context& context, TaskFrame& frame, Token<T>* tokens,
            std::uint32_t n) noexcept override {
    Head heads[most];
    alignas(T) std::byte raw[sizeof(T) * most];
    T* values = std::launder(reinterpret_cast<T*>(raw));
    std::uint32_t live = 0;
    for (std::uint32_t i = 0; i < n; ++i) {
      heads[i] = tokens[i].head;
      if (tokens[i].live())
        ::new (static_cast<void*>(values + live++)) T(std::move(tokens[i].value()));
      tokens[i].~Token<T>();
    }
    // One body for many tokens: what it spawns belongs to the oldest of their epochs.
    frame.epoch = heads[0].epoch;
    for (std::uint32_t i = 1; i < n; ++i) {
      if (static_cast<std::int32_t>(heads[i].epoch - frame.epoch) < 0) frame.epoch = heads[i].epoch;
    }
    Maybe<U> answers[most];
    bool threw = false;
    if (live != 0) {
      try {
        body_(std::span<T>(values, live), std::span<Maybe<U>>(answers, live));
      } catch (...) {
        threw = true;
        const BodyError error = this->failed(heads[0].sequence, no_request, live);
        for (std::uint32_t i = 0; i < n && this->in_stream_->requests != nullptr; ++i) {
          if (heads[i].fate == Fate::live)
            this->in_stream_->requests->note(heads[i].request, error);
        }
      }
    }
    for (std::uint32_t i = 0; i < live; ++i) values[i].~T();
    TokenBuffer<U, most> made;
    std::uint32_t taken = 0;
    std::uint64_t dropped = 0, passed = 0;
    for (std::uint32_t i = 0; i < n; ++i) {
      if (heads[i].fate == Fate::live) {
        Maybe<U>& answer = answers[taken++];
        if (!threw && answer.has_value()) {
          ::new (static_cast<void*>(&made[i])) Token<U>(heads[i], std::move(*answer));
          ++passed;
          continue;
        }
        heads[i].fate = threw ? Fate::failed : Fate::dropped;
        dropped += threw ? 0 : 1;
      }
      ::new (static_cast<void*>(&made[i])) Token<U>(heads[i]);
    }
    this->ledger.bury(Fate::dropped, dropped);
    this->flow.bury(Fate::dropped, dropped);
    LedgerCounters::add(this->ledger.out, passed);
    out.push(context, made.data(), n);
  }

 private:
  std::decay_t<F> body_;
  std::uint32_t max_;
};

/// 1 : 0..burst; its input stream ends here and a new one starts.
template <class T, class U, class F>
class ExpandNode final : public InputNode<T> {
  using Base = InputNode<T>;

 public:
  ExpandNode(GraphCore& g, const NodeConfig& c, std::uint32_t burst_max, Output<T>& from, F&& f)
      : Base(g, Kind::expand, c, from), body_(std::forward<F>(f)) {
    this->burst = burst_max;
    if (from.stream != nullptr) g.add_end(*this, *from.stream);
    this->stream = &g.add_stream(*this, c.window);
    out.node = this;
    out.stream = this->stream;
    out.loop = from.loop;
    g.add_output(out);
    this->batch_max = 1;
  }
  Output<U> out;

  void prepare() override {
    Base::prepare();
    // One scratch area a context: a burst of any size stays off the stack.
    const auto count = static_cast<std::size_t>(context_count(this->graph.core));
    const std::size_t bytes = this->burst * (sizeof(U) + sizeof(Token<U>));
    scratch_stride_ = (bytes + contended_bytes - 1) / contended_bytes * contended_bytes;
    scratch_ =
        static_cast<std::byte*>(this->graph.slab().take(scratch_stride_ * count, contended_bytes));
    WEIR_CHECK(scratch_ != nullptr, "out of memory");
  }
  void inputs_finished(Context* context) noexcept override {
    this->stream->publish_total(this->stream->gate.close(), context);
  }

 protected:
  std::uint32_t reserve(std::uint32_t) noexcept override {
    if (out.reserve(*this, this->burst, 1) == 0) return 0;
    Stream& made = *this->stream;
    if (made.window == 0) return 1;
    if (made.try_reserve_all(this->burst)) return 1;
    this->block_on(nullptr, true);
    made.set_waiting();
    if (made.try_reserve_all(this->burst)) return 1;
    out.roll_back(this->burst);
    return 0;
  }
  void roll_back(std::uint32_t count) noexcept override {
    if (count == 0) return;
    out.roll_back(this->burst);
    if (this->stream->window != 0) this->stream->gate.give_back(this->burst);
  }
  void fire(Context& context, TaskFrame& frame, Token<T>* tokens, std::uint32_t) noexcept override {
    Head head = tokens[0].head;
    frame.epoch = head.epoch;
    std::byte* mine = scratch_ + scratch_stride_ * static_cast<std::size_t>(context.index());
    auto* made = reinterpret_cast<Token<U>*>(mine);
    auto* values = reinterpret_cast<U*>(mine + sizeof(Token<U>) * this->burst);
    std::uint32_t count = 0;
    {
      Emit<U> emit(values, this->burst);
      if (tokens[0].live()) {
        try {
          body_(std::move(tokens[0].value()), emit);
          count = emit.count();
          LedgerCounters::add(this->ledger.out, 1);
          LedgerCounters::add(this->flow.out, 1);
        } catch (...) {
          this->failed(head.sequence, head.request, 1);
          head.fate = Fate::failed;
        }
      }
      tokens[0].~Token<T>();
      if (count != 0) {
        Head child;
        child.sequence = this->stream->gate.draw(count);
        child.epoch = head.epoch;
        for (std::uint32_t i = 0; i < count; ++i, ++child.sequence) {
          ::new (static_cast<void*>(made + i)) Token<U>(child, std::move(emit.begin()[i]));
        }
      }
    }
    if (count != 0) {
      LedgerCounters::add(this->flow.in, count);
      context.participant().add_submitted(head.epoch, count);
      out.push(context, made, count);
    }
    out.give_back(context, this->burst - count);
    if (this->stream->window != 0 && count < this->burst) {
      this->stream->gate.give_back(this->burst - count);
      this->stream->room_made(&context);
    }
    this->retire(context, *this->in_ends[0], &head, 1);
  }

 private:
  std::decay_t<F> body_;
  std::byte* scratch_ = nullptr;
  std::size_t scratch_stride_ = 0;
};

/// The token on the branch its body names, the mark `elsewhere` on the others.
template <class T, std::size_t N, class F>
class SplitNode final : public InputNode<T> {
  using Base = InputNode<T>;

 public:
  SplitNode(GraphCore& g, const NodeConfig& c, Output<T>& from, F&& f)
      : Base(g, Kind::split, c, from), body_(std::forward<F>(f)) {
    for (std::size_t i = 0; i < N; ++i) {
      outs[i].node = this;
      outs[i].inherit(from);
      if (outs[i].guard_count == OutputBase::guards_max) {
        g.refuse("split_depth", "splits are nested more than 16 deep", "split");
      } else {
        outs[i].guards[outs[i].guard_count++] = {this->index, static_cast<std::uint16_t>(i)};
      }
      g.add_output(outs[i]);
    }
  }
  Output<T> outs[N];

 protected:
  std::uint32_t reserve(std::uint32_t most) noexcept override {
    std::uint32_t room = most;
    for (std::size_t i = 0; i < N; ++i) {
      const std::uint32_t got = outs[i].reserve(*this, 1, room);
      if (got < room) {
        for (std::size_t j = 0; j < i; ++j) outs[j].roll_back(room - got);
        room = got;
      }
      if (room == 0) return 0;
    }
    return room;
  }
  void roll_back(std::uint32_t count) noexcept override {
    for (auto& o : outs) o.roll_back(count);
  }
  void fire(Context& context, TaskFrame& frame, Token<T>* tokens,
            std::uint32_t n) noexcept override {
    std::size_t branch[batch_of<T>];
    std::uint64_t live = 0;
    for (std::uint32_t i = 0; i < n; ++i) {
      branch[i] = N;
      frame.epoch = tokens[i].head.epoch;
      if (!tokens[i].live()) continue;
      try {
        branch[i] = static_cast<std::size_t>(body_(static_cast<const T&>(tokens[i].value())));
        if (branch[i] < N) {
          ++live;
        } else {
          this->bury(tokens[i], Fate::dropped);
        }
      } catch (...) {
        this->failed(tokens[i].head.sequence, tokens[i].head.request, 1);
        tokens[i].bury(Fate::failed);
      }
    }
    LedgerCounters::add(this->ledger.out, live);
    for (std::uint32_t i = 0; i < n; ++i) {
      context.participant().add_submitted(tokens[i].head.epoch, N - 1);
    }
    for (std::size_t b = 0; b < N; ++b) {
      TokenBuffer<T, batch_of<T>> made;
      for (std::uint32_t i = 0; i < n; ++i) {
        if (branch[i] == b) {
          ::new (static_cast<void*>(&made[i])) Token<T>(std::move(tokens[i]));
          continue;
        }
        Head head = tokens[i].head;
        if (head.fate == Fate::live) head.fate = Fate::elsewhere;
        ::new (static_cast<void*>(&made[i])) Token<T>(head);
      }
      outs[b].push(context, made.data(), n);
    }
    for (std::uint32_t i = 0; i < n; ++i) tokens[i].~Token<T>();
  }

 private:
  std::decay_t<F> body_;
};

}  // namespace weir::detail
