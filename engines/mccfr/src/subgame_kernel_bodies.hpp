// subgame_kernel_bodies.hpp: the kernels themselves, included once for each set of instructions, inside its namespace,
// where row_bytes says how much a register holds; private. No templates: g++ gives them the instructions of the place
// where they are needed, not of where they are.

typedef float Row __attribute__((vector_size(row_bytes), may_alias));  // some hands
typedef float Vector __attribute__((vector_size(32), may_alias));      // one hand, eight ends
constexpr std::size_t row_lanes = row_bytes / sizeof(float);
static_assert(sizeof(Vector) == lanes * sizeof(float) && lanes % row_lanes == 0);

// By reference: not all of these have a calling convention.
inline const Row& row(const float* place) noexcept { return *reinterpret_cast<const Row*>(place); }
inline Row& row(float* place) noexcept { return *reinterpret_cast<Row*>(place); }
inline const Vector& at(const float* place) noexcept {
  return *reinterpret_cast<const Vector*>(place);
}
inline Vector& at(float* place) noexcept { return *reinterpret_cast<Vector*>(place); }

constexpr float no_weight = 1e-30F;  // sums of weights up to here are none

/// The strategy of some hands from their weights, which are kept in `raw`.
[[gnu::always_inline]] inline void choose(const Choice& choice, const std::size_t actions,
                                          std::size_t hand, Row* raw, Row* share) noexcept {
  const Row zero = {};
  Row sum = {};
  for (std::size_t a = 0; a < actions; ++a) {
    raw[a] = row(choice.weights + a * choice.stride + hand);
    share[a] = raw[a] > zero ? raw[a] : zero;
    sum += share[a];
  }
  const Row least = zero + no_weight;
  const Row even = zero + 1.0F / static_cast<float>(actions);
  const Row scale = sum > least ? 1.0F / sum : zero;
  const Row rest = sum > least ? zero : even;
  for (std::size_t a = 0; a < actions; ++a) share[a] = share[a] * scale + rest;
  if (choice.lock.free == nullptr) return;
  const Row free = row(choice.lock.free + hand);
  for (std::size_t a = 0; a < actions; ++a)
    share[a] = share[a] * free + row(choice.lock.fixed + a * choice.stride + hand);
}

[[gnu::always_inline]] inline void spread_of(const Spread& job,
                                             const std::size_t actions) noexcept {
  const std::size_t stride = job.choice.stride;
  Row raw[actions_max];
  Row share[actions_max];
  for (std::size_t hand = 0; hand < stride; hand += row_lanes) {
    choose(job.choice, actions, hand, raw, share);
    const Row reach = row(job.reach + hand);
    for (std::size_t a = 0; a < actions; ++a) {
      const Row child = reach * share[a];
      row(job.children + a * stride + hand) = child;
      if (job.sums == nullptr) continue;
      Row& sum = row(job.sums + a * stride + hand);
      sum = sum * job.keep + child;
    }
  }
}

inline void spread(const Spread& job) noexcept {
  switch (job.choice.actions) {
    case 2:
      return spread_of(job, 2);
    case 3:
      return spread_of(job, 3);
    case 4:
      return spread_of(job, 4);
    default:
      return spread_of(job, job.choice.actions);
  }
}

[[gnu::always_inline]] inline void gather_of(const Gather& job,
                                             const std::size_t actions) noexcept {
  const std::size_t stride = job.choice.stride;
  const Row zero = {};
  const Row least = zero + job.least;
  Row raw[actions_max];
  Row share[actions_max];
  for (std::size_t hand = 0; hand < stride; hand += row_lanes) {
    choose(job.choice, actions, hand, raw, share);
    Row value = {};
    for (std::size_t a = 0; a < actions; ++a)
      value += share[a] * row(job.values + a * stride + hand);
    row(job.value + hand) = value;
    if (job.regrets == nullptr) continue;
    for (std::size_t a = 0; a < actions; ++a) {
      Row regret = raw[a] * (raw[a] > zero ? zero + job.positive : zero + job.negative);
      regret += row(job.values + a * stride + hand) - value;
      row(job.regrets + a * stride + hand) = regret > least ? regret : least;
    }
  }
}

inline void gather(const Gather& job) noexcept {
  switch (job.choice.actions) {
    case 2:
      return gather_of(job, 2);
    case 3:
      return gather_of(job, 3);
    case 4:
      return gather_of(job, 4);
    default:
      return gather_of(job, job.choice.actions);
  }
}

inline void respond(const Respond& job) noexcept {
  const std::size_t stride = job.choice.stride;
  const LockRows& lock = job.choice.lock;
  for (std::size_t hand = 0; hand < stride; hand += row_lanes) {
    Row best = row(job.values + hand);
    for (std::size_t a = 1; a < job.choice.actions; ++a) {
      const Row value = row(job.values + a * stride + hand);
      best = value > best ? value : best;
    }
    if (lock.free != nullptr) {
      best *= row(lock.free + hand);
      for (std::size_t a = 0; a < job.choice.actions; ++a)
        best += row(lock.fixed + a * stride + hand) * row(job.values + a * stride + hand);
    }
    row(job.value + hand) = best;
  }
}

inline void add_rows(const float* rows, std::size_t count, std::size_t stride,
                     float* value) noexcept {
  for (std::size_t hand = 0; hand < stride; hand += row_lanes) {
    Row sum = row(rows + hand);
    for (std::size_t i = 1; i < count; ++i) sum += row(rows + i * stride + hand);
    row(value + hand) = sum;
  }
}

/// Rows and columns of eight vectors change places.
[[gnu::always_inline]] inline void turn(Vector* v) noexcept {
  Vector pair[lanes];
  Vector four[lanes];
  for (std::size_t i = 0; i < lanes; i += 2) {
    pair[i] = __builtin_shufflevector(v[i], v[i + 1], 0, 8, 1, 9, 4, 12, 5, 13);
    pair[i + 1] = __builtin_shufflevector(v[i], v[i + 1], 2, 10, 3, 11, 6, 14, 7, 15);
  }
  for (std::size_t i = 0; i < lanes; i += 4) {
    four[i] = __builtin_shufflevector(pair[i], pair[i + 2], 0, 1, 8, 9, 4, 5, 12, 13);
    four[i + 1] = __builtin_shufflevector(pair[i], pair[i + 2], 2, 3, 10, 11, 6, 7, 14, 15);
    four[i + 2] = __builtin_shufflevector(pair[i + 1], pair[i + 3], 0, 1, 8, 9, 4, 5, 12, 13);
    four[i + 3] = __builtin_shufflevector(pair[i + 1], pair[i + 3], 2, 3, 10, 11, 6, 7, 14, 15);
  }
  for (std::size_t i = 0; i < lanes / 2; ++i) {
    v[i] = __builtin_shufflevector(four[i], four[i + 4], 0, 1, 2, 3, 8, 9, 10, 11);
    v[i + 4] = __builtin_shufflevector(four[i], four[i + 4], 4, 5, 6, 7, 12, 13, 14, 15);
  }
}

inline void turn_in(const float* const* rows, std::size_t stride, float* turned) noexcept {
  for (std::size_t hand = 0; hand < stride; hand += lanes) {
    Vector v[lanes];
    for (std::size_t i = 0; i < lanes; ++i) v[i] = at(rows[i] + hand);
    turn(v);
    for (std::size_t i = 0; i < lanes; ++i) at(turned + (hand + i) * lanes) = v[i];
  }
  at(turned + stride * lanes) = Vector{};
}

inline void turn_out(const float* turned, std::size_t stride, float* const* rows) noexcept {
  for (std::size_t hand = 0; hand < stride; hand += lanes) {
    Vector v[lanes];
    for (std::size_t i = 0; i < lanes; ++i) v[i] = at(turned + (hand + i) * lanes);
    turn(v);
    for (std::size_t i = 0; i < lanes; ++i) at(rows[i] + hand) = v[i];
  }
}

/// Reach by card, and in all: what shares no card with a hand is all, less its two cards', and itself where it was
/// taken off twice.
struct Met {
  Vector all;
  Vector card[card_count];
};

[[gnu::always_inline]] inline void meet(Met& met, const SortedHand& hand,
                                        const float* turned) noexcept {
  const Vector reach = at(turned + hand.hand * lanes);
  met.all += reach;
  met.card[hand.low] += reach;
  met.card[hand.high] += reach;
}

inline void showdowns(const Showdowns& job, const EndHands& hands,
                      const BoardOrder& order) noexcept {
  turn_in(job.reach, hands.other_stride, hands.turned_in);
  float* const out = hands.turned_out;
  Vector below, up_to, everybody, tie;
  bool ties = false;
  for (std::size_t i = 0; i < lanes; ++i) {
    below[i] = job.below[i];
    up_to[i] = job.up_to[i];
    everybody[i] = job.all[i];
    tie[i] = job.tie[i];
    ties = ties || job.tie[i] != 0;
  }
  Met met{};
  std::size_t own = 0;
  std::size_t other = 0;
  for (const RankGroup& group : order.groups) {
    for (std::size_t i = own; i < group.own; ++i) {
      const SortedHand& hand = order.own[i];
      at(out + hand.hand * lanes) = below * (met.all - met.card[hand.low] - met.card[hand.high]);
    }
    for (; other < group.other; ++other) meet(met, order.other[other], hands.turned_in);
    for (; own < group.own; ++own) {
      const SortedHand& hand = order.own[own];
      at(out + hand.hand * lanes) += up_to * (met.all - met.card[hand.low] - met.card[hand.high]);
    }
  }
  for (const SortedHand& hand : order.own) {
    Vector& value = at(out + hand.hand * lanes);
    value += everybody * (met.all - met.card[hand.low] - met.card[hand.high]);
    if (ties) value += tie * at(hands.turned_in + hands.same[hand.hand] * lanes);
  }
  for (const std::uint16_t hand : order.blocked) at(out + hand * lanes) = Vector{};
  turn_out(out, hands.own_stride, job.value);
}

inline void folds(const Folds& job, const EndHands& hands) noexcept {
  turn_in(job.reach, hands.other_stride, hands.turned_in);
  Vector gain;
  for (std::size_t i = 0; i < lanes; ++i) gain[i] = job.gain[i];
  Met met{};
  for (std::size_t i = 0; i < hands.other_count; ++i) meet(met, hands.other[i], hands.turned_in);
  for (std::size_t i = 0; i < hands.own_stride; ++i) {
    const SortedHand& hand = hands.own[i];
    const Vector same = at(hands.turned_in + hands.same[i] * lanes);
    at(hands.turned_out + i * lanes) =
        gain * (met.all - met.card[hand.low] - met.card[hand.high] + same);
  }
  turn_out(hands.turned_out, hands.own_stride, job.value);
}
