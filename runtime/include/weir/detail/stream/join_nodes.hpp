// detail/stream/join_nodes.hpp: nodes with several inputs: join (AND by number), select (branches
// of a split), merge.
#pragma once

#include <tuple>
#include <utility>
#include <weir/detail/stream/body_nodes.hpp>
#include <weir/ring.hpp>

namespace weir::detail {

/// The matching store of a join: one row a live number (inside a loop: a ticket), one cell a port.
/// The delivery that completes a row makes it ready. Roles: deliver from any worker; pop_ready by
/// the node's evaluator.
class MatchRows {
 public:
  void prepare(Slab& slab, std::uint32_t rows, std::uint32_t ports) {
    rows_ = rows, ports_ = ports;
    arrived_ = slab.make_array<Row>(rows);
    // At most `rows` are ready at a time, the one being popped included; twice that leaves a
    // stopped popper its slot.
    ready_ = slab.make<Ring<std::uint32_t>>(std::size_t{rows} * 2);
  }
  std::uint32_t row_of(const Head& head, bool by_ticket) const noexcept {
    return by_ticket ? head.ticket : static_cast<std::uint32_t>(head.sequence % rows_);
  }
  /// One port of the row has its token; true when that was the last one.
  bool arrived(std::uint32_t row) noexcept {
    // (1) acq_rel pairs with (1): the last to arrive sees the other ports' tokens and hands them on
    if (arrived_[row].count.fetch_add(1, acq_rel) + 1 != ports_) return false;
    arrived_[row].count.store(
        0, relaxed);  // relaxed: the row's next tokens come through window or ticket
    const Status pushed = ready_->push(std::uint32_t{row});
    WEIR_CHECK(pushed == Status::accepted, "more rows of a join are ready than its window holds");
    return true;
  }
  bool readable() const noexcept { return !ready_->empty(); }
  std::uint32_t pop_ready(std::uint32_t* rows, std::uint32_t max) noexcept {
    return static_cast<std::uint32_t>(ready_->pop_n(rows, max));
  }
  std::uint32_t rows() const noexcept { return rows_; }
  /// Rows that have some but not all of their tokens.
  std::uint64_t waiting() const noexcept {
    std::uint64_t n = 0;
    for (std::uint32_t i = 0; i < rows_; ++i)
      n += arrived_[i].count.load(relaxed) != 0 ? 1 : 0;  // relaxed: a report
    return n + ready_->size();
  }
  std::size_t bytes() const noexcept { return ready_ != nullptr ? ready_->bytes() : 0; }

 private:
  struct Row {
    atomic<std::uint32_t> count{0};
  };
  Row* arrived_ = nullptr;
  Ring<std::uint32_t>* ready_ = nullptr;
  std::uint32_t rows_ = 1, ports_ = 1;
};

/// One input of a join: a cell a row.
template <class T>
class MatchPort final : public StoreInput<T> {
 public:
  Link<T>* link = nullptr;

  void attach(NodeBase& self, Output<T>& from, MatchRows& rows) {
    rows_ = &rows;
    by_ticket_ = self.loop != no_loop;
    if (&from.node->graph != &self.graph) {
      self.graph.refuse("foreign_port", "the port belongs to another graph", self.name);
      return;
    }
    link = &self.graph.add_link<Link<T>>();
    link->from = from.node, link->to = &self;
    link->burst = from.node->burst;
    link->from_loop = from.loop;
    link->store = true;
    link->input = this;
    if (from.users == Output<T>::links_max) {
      self.graph.refuse("fan_out", "a port is used more than 16 times", from.node->name);
      return;
    }
    from.links[from.users++] = link;
  }
  void prepare(Slab& slab, std::uint32_t rows) {
    link->capacity = rows;
    cells_ = slab.make_array<Cell>(rows);
  }
  bool deliver(Token<T>&& token) noexcept override {
    const std::uint32_t row = rows_->row_of(token.head, by_ticket_);
    ::new (static_cast<void*>(cells_[row].raw)) Token<T>(std::move(token));
    return rows_->arrived(row);
  }
  Token<T>& at(std::uint32_t row) noexcept { return *cells_[row].token(); }
  void clear(std::uint32_t row) noexcept {
    cells_[row].token()->~Token<T>();
    link->taken.fetch_add(1, relaxed);  // relaxed: a statistic
  }

 private:
  struct Cell {
    alignas(Token<T>) std::byte raw[sizeof(Token<T>)];
    Token<T>* token() noexcept { return std::launder(reinterpret_cast<Token<T>*>(raw)); }
  };
  Cell* cells_ = nullptr;
  MatchRows* rows_ = nullptr;
  bool by_ticket_ = false;
};

/// What join and select share: rows, and the firing that turns a complete row into one token.
template <class U>
class MatchNode : public NodeBase {
 public:
  using NodeBase::NodeBase;
  Output<U> out;

  bool has_input() noexcept override { return rows_.readable(); }
  std::uint64_t waiting_tokens() const noexcept override { return rows_.waiting(); }
  std::size_t bytes() const noexcept override { return rows_.bytes(); }

 protected:
  /// Builds the token of a complete row in place and empties the row's cells.
  virtual void combine(Context& context, std::uint32_t row, Token<U>* made) noexcept = 0;
  virtual std::uint32_t ports() const noexcept = 0;

  void prepare_rows() {
    const std::uint32_t window = stream->window == 0 ? 1 : stream->window;
    rows_.prepare(graph.slab(), loop != no_loop ? graph.tickets_of(loop) : window, ports());
  }

  Step step(Context& context) override {
    if (!rows_.readable()) return Step::nothing;
    std::uint32_t room = out.reserve(*this, 1, wanted(context));
    if (room == 0) return Step::nothing;
    unblock();
    std::uint32_t ready[batch_of<U>];
    const std::uint32_t n = rows_.pop_ready(ready, room);
    out.roll_back(room - n);
    if (n == 0) return Step::nothing;
    firings.fetch_add(1, relaxed);  // relaxed: a statistic
    TokenBuffer<U, batch_of<U>> made;
    std::uint64_t live = 0;
    for (std::uint32_t i = 0; i < n; ++i) {
      combine(context, ready[i], made.data() + i);
      live += made[i].live() ? 1 : 0;
    }
    LedgerCounters::add(ledger.out, live);
    out.push(context, made.data(), n);
    return Step::fired;
  }

  /// The inputs' epochs but the oldest one retire here: only a join mixes, and takes the oldest.
  static std::uint32_t merge_epochs(Context& context, const Head* heads, std::uint32_t n) noexcept {
    std::uint32_t oldest = 0;
    for (std::uint32_t i = 1; i < n; ++i) {
      if (static_cast<std::int32_t>(heads[i].epoch - heads[oldest].epoch) < 0) oldest = i;
    }
    for (std::uint32_t i = 0; i < n; ++i) {
      if (i != oldest) context.participant().add_retired(heads[i].epoch, 1);
    }
    return heads[oldest].epoch;
  }

  MatchRows rows_;
};

template <class... T>
class JoinNode final : public MatchNode<std::tuple<T...>> {
  using U = std::tuple<T...>;
  using Base = MatchNode<U>;
  static constexpr std::uint32_t count = sizeof...(T);

 public:
  JoinNode(GraphCore& g, Output<T>&... from) : Base(g, Kind::join, NodeConfig{}), from_(&from...) {
    this->config.mode = Mode::serial;
    this->batch_max = batch_of<U>;
    const auto& first = *std::get<0>(from_);
    this->stream = first.stream;
    this->out.node = this;
    this->out.inherit(first);
    g.add_output(this->out);
  }
  /// Second half of construction, once the node has its name and loop.
  void attach() { attach(std::index_sequence_for<T...>{}); }
  void prepare() override {
    this->prepare_rows();
    std::apply([&](auto&... port) { (port.prepare(this->graph.slab(), this->rows_.rows()), ...); },
               ports_);
  }

 protected:
  std::uint32_t ports() const noexcept override { return count; }
  void combine(Context& context, std::uint32_t row, Token<U>* made) noexcept override {
    combine(context, row, made, std::index_sequence_for<T...>{});
  }

 private:
  template <std::size_t... I>
  void attach(std::index_sequence<I...>) {
    bool same = true;
    ((same = same && std::get<I>(from_)->stream == this->stream), ...);
    if (!same) this->graph.refuse("join_streams", "a join takes ports of one stream", this->name);
    (std::get<I>(ports_).attach(*this, *std::get<I>(from_), this->rows_), ...);
  }
  template <std::size_t... I>
  void combine(Context& context, std::uint32_t row, Token<U>* made,
               std::index_sequence<I...>) noexcept {
    const Head heads[] = {std::get<I>(ports_).at(row).head...};
    Head head = heads[0];
    std::uint64_t live = 0;
    for (const Head& h : heads) {
      live += h.fate == Fate::live ? 1 : 0;
      if (h.fate != Fate::live) head.fate = h.fate;
    }
    head.epoch = Base::merge_epochs(context, heads, count);
    LedgerCounters::add(this->ledger.in, live);
    if (live == count) {
      ::new (static_cast<void*>(made))
          Token<U>(head, U(std::move(std::get<I>(ports_).at(row).value())...));
      // All but one of the tokens end in the tuple.
      LedgerCounters::add(this->ledger.out, count - 1);
      LedgerCounters::add(this->flow.out, count - 1);
    } else {
      ::new (static_cast<void*>(made)) Token<U>(head);
      this->ledger.bury(Fate::dropped, live);
      this->flow.bury(Fate::dropped, live);
    }
    (std::get<I>(ports_).clear(row), ...);
  }

  std::tuple<Output<T>*...> from_;
  std::tuple<MatchPort<T>...> ports_;
};

/// Joins the branches of one split again: passes the one token that is alive.
template <class T>
class SelectNode final : public MatchNode<T> {
  using Base = MatchNode<T>;

 public:
  static constexpr std::uint32_t ports_max = 16;

  SelectNode(GraphCore& g, Output<T>* const* from, std::uint32_t count)
      : Base(g, Kind::select, NodeConfig{}), count_(count) {
    this->config.mode = Mode::serial;
    this->batch_max = batch_of<T>;
    for (std::uint32_t i = 0; i < count; ++i) from_[i] = from[i];
    this->stream = from[0]->stream;
    this->out.node = this;
    this->out.inherit(*from[0]);
    if (this->out.guard_count != 0) --this->out.guard_count;
    g.add_output(this->out);
  }
  void attach() {
    bool fits = from_[0]->guard_count != 0;
    for (std::uint32_t i = 0; i < count_; ++i) fits = fits && is_branch(i);
    if (!fits)
      this->graph.refuse("select_branches", "select joins different branches of one split",
                         this->name);
    for (std::uint32_t i = 0; i < count_; ++i) ports_[i].attach(*this, *from_[i], this->rows_);
  }
  void prepare() override {
    this->prepare_rows();
    for (std::uint32_t i = 0; i < count_; ++i)
      ports_[i].prepare(this->graph.slab(), this->rows_.rows());
  }

 protected:
  std::uint32_t ports() const noexcept override { return count_; }
  void combine(Context& context, std::uint32_t row, Token<T>* made) noexcept override {
    Head heads[ports_max];
    std::uint32_t live = count_;
    for (std::uint32_t i = 0; i < count_; ++i) {
      heads[i] = ports_[i].at(row).head;
      if (heads[i].fate == Fate::live) live = i;
    }
    Head head = heads[0];
    for (std::uint32_t i = 0; i < count_; ++i) {
      if (heads[i].fate != Fate::elsewhere) head.fate = heads[i].fate;
    }
    head.epoch = Base::merge_epochs(context, heads, count_);
    if (live < count_) {
      head.fate = Fate::live;
      LedgerCounters::add(this->ledger.in, 1);
      ::new (static_cast<void*>(made)) Token<T>(head, std::move(ports_[live].at(row).value()));
    } else {
      ::new (static_cast<void*>(made)) Token<T>(head);
    }
    for (std::uint32_t i = 0; i < count_; ++i) ports_[i].clear(row);
  }

 private:
  bool is_branch(std::uint32_t i) const noexcept {
    const Output<T>& a = *from_[0];
    const Output<T>& b = *from_[i];
    if (b.stream != a.stream || b.guard_count != a.guard_count) return false;
    for (std::uint32_t g = 0; g + 1 < a.guard_count; ++g) {
      if (!(a.guards[g] == b.guards[g])) return false;
    }
    if (a.guards[a.guard_count - 1].split != b.guards[b.guard_count - 1].split) return false;
    for (std::uint32_t j = 0; j < i; ++j) {
      if (from_[j]->guards[b.guard_count - 1].branch == b.guards[b.guard_count - 1].branch)
        return false;
    }
    return true;
  }

  Output<T>* from_[ports_max] = {};
  MatchPort<T> ports_[ports_max];
  std::uint32_t count_;
};

/// Any of several, in arrival order: the input streams end here and a new one starts.
template <class T>
class MergeNode final : public NodeBase {
 public:
  static constexpr std::uint32_t ports_max = 16;

  MergeNode(GraphCore& g, const NodeConfig& c, Output<T>* const* from, std::uint32_t count)
      : NodeBase(g, Kind::merge, c), count_(count) {
    config.mode = Mode::serial;
    for (std::uint32_t i = 0; i < count; ++i) {
      ins_[i].attach(*this, *from[i], c.capacity, false);
      if (from[i]->stream != nullptr) g.add_end(*this, *from[i]->stream);
    }
    stream = &g.add_stream(*this, c.window);
    out.node = this;
    out.stream = stream;
    out.loop = from[0]->loop;
    g.add_output(out);
    batch_max = batch_of<T>;
  }
  Output<T> out;

  bool has_input() noexcept override {
    for (std::uint32_t i = 0; i < count_; ++i) {
      if (ins_[i].readable()) return true;
    }
    return false;
  }
  std::uint64_t waiting_tokens() const noexcept override {
    std::uint64_t n = 0;
    for (std::uint32_t i = 0; i < count_; ++i) n += ins_[i].waiting();
    return n;
  }
  void inputs_finished(Context* context) noexcept override {
    stream->publish_total(stream->gate.close(), context);
  }

 protected:
  Step step(Context& context) override {
    if (!has_input()) return Step::nothing;
    const std::uint32_t room = out.reserve_numbered(*this, wanted(context));
    if (room == 0) return Step::nothing;
    unblock();
    // Round robin: the next port that has something.
    for (std::uint32_t i = 0; i < count_; ++i) {
      const std::uint32_t port = (next_ + i) % count_;
      if (!ins_[port].readable()) continue;
      next_ = (port + 1) % count_;
      pass(context, port, room);
      return Step::fired;
    }
    give_back(room);
    return Step::nothing;
  }

 private:
  /// The only reserver of these edges is this node, whose evaluation goes on: nobody to notify.
  void give_back(std::uint32_t units) noexcept {
    if (units == 0) return;
    out.roll_back(units);
    if (stream->window != 0) stream->gate.give_back(units);
  }
  void pass(Context& context, std::uint32_t port, std::uint32_t room) noexcept {
    TokenBuffer<T, batch_of<T>> tokens;
    const std::uint32_t n = ins_[port].pop(context, tokens.data(), room);
    Head heads[batch_of<T>];
    TokenBuffer<T, batch_of<T>> made;
    std::uint32_t live = 0;
    const bool cancel = graph.cancelled();
    for (std::uint32_t i = 0; i < n; ++i) {
      Token<T>& token = tokens[i];
      if (token.live()) LedgerCounters::add(ledger.in, 1);
      if (token.live() && cancel) {
        token.bury(Fate::cancelled);
        ledger.bury(Fate::cancelled, 1), flow.bury(Fate::cancelled, 1);
      }
      heads[i] = token.head;
      if (token.live()) {
        Head head;
        head.epoch = token.head.epoch;
        ::new (static_cast<void*>(&made[live++])) Token<T>(head, std::move(token.value()));
        context.participant().add_submitted(head.epoch, 1);
      }
      token.~Token<T>();
    }
    if (live != 0) {
      std::uint64_t number = stream->gate.draw(live);
      for (std::uint32_t i = 0; i < live; ++i) made[i].head.sequence = number++;
      LedgerCounters::add(ledger.out, live);
      out.push(context, made.data(), live);
    }
    give_back(room - live);
    retire(context, *in_ends[port], heads, n);
  }

  Intake<T> ins_[ports_max];
  std::uint32_t count_;
  std::uint32_t next_ = 0;  // the evaluator only
};

}  // namespace weir::detail
