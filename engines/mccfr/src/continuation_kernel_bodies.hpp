// continuation_kernel_bodies.hpp: the kernels of boards that are played on, included after subgame_kernel_bodies.hpp,
// as that is; private. Ways are those of continuations.hpp: as the strategy, then folds, calls, raises more likely.

/// One over what each way's probabilities add up to: 1 for the strategy's own.
struct WayScales {
  Vector of[ways];
};

[[gnu::always_inline]] inline void scales_of(WayScales& scales, const Vector& fold,
                                             const Vector& call) noexcept {
  const Vector one = Vector{} + 1.0F;
  constexpr float more = way_factor - 1;
  const Vector folds = one + more * fold;
  const Vector calls = one + more * call;
  const Vector raises = one + more * (one - fold - call);
  // One division for the three.
  const Vector all = one / (folds * calls * raises);
  scales.of[0] = one;
  scales.of[1] = all * (calls * raises);
  scales.of[2] = all * (folds * raises);
  scales.of[3] = all * (folds * calls);
}

[[gnu::always_inline]] inline void reach_child(const Vector* reach, const Vector& chance,
                                               const std::size_t own, float* child) noexcept {
  for (std::size_t w = 0; w < ways; ++w)
    at(child + w * play_lanes) = reach[w] * (w == own ? chance * way_factor : chance);
}

inline void play_down(const PlayDown& job) noexcept {
  const PlayChoice& choice = job.choice;
  const std::size_t calls = choice.folds ? 1 : 0;
  for (std::size_t lane = 0; lane < play_lanes; lane += lanes) {
    const float* const strategy = choice.strategy + lane;
    float* const children = job.children + lane;
    const Vector fold = choice.folds ? at(strategy) : Vector{};
    const Vector call = at(strategy + calls * play_lanes);
    WayScales scales;
    scales_of(scales, fold, call);
    Vector reach[ways];
    for (std::size_t w = 0; w < ways; ++w)
      reach[w] = at(job.reach + w * play_lanes + lane) * scales.of[w];
    if (choice.folds) reach_child(reach, fold, 1, children);
    reach_child(reach, call, 2, children + calls * ways * play_lanes);
    for (std::size_t a = calls + 1; a < choice.actions; ++a)
      reach_child(reach, at(strategy + a * play_lanes), 3, children + a * ways * play_lanes);
  }
}

[[gnu::always_inline]] inline void add_child(Vector* value, const Vector& chance,
                                             const std::size_t own, const float* child,
                                             bool flat) noexcept {
  const std::size_t step = flat ? 0 : play_lanes;
  for (std::size_t w = 0; w < ways; ++w)
    value[w] += (w == own ? chance * way_factor : chance) * at(child + w * step);
}

inline void play_up(const PlayUp& job) noexcept {
  const PlayChoice& choice = job.choice;
  const std::size_t calls = choice.folds ? 1 : 0;
  for (std::size_t lane = 0; lane < play_lanes; lane += lanes) {
    const float* const strategy = choice.strategy + lane;
    const float* const children = job.values + lane;
    const Vector fold = choice.folds ? at(strategy) : Vector{};
    const Vector call = at(strategy + calls * play_lanes);
    WayScales scales;
    scales_of(scales, fold, call);
    Vector value[ways] = {};
    if (choice.folds) add_child(value, fold, 1, children, true);
    add_child(value, call, 2, children + calls * ways * play_lanes, (job.flat >> calls & 1u) != 0);
    for (std::size_t a = calls + 1; a < choice.actions; ++a)
      add_child(value, at(strategy + a * play_lanes), 3, children + a * ways * play_lanes,
                (job.flat >> a & 1u) != 0);
    for (std::size_t w = 0; w < ways; ++w)
      at(job.value + w * play_lanes + lane) = value[w] * scales.of[w];
  }
}

inline void play_sum(const PlaySum& job) noexcept {
  for (std::size_t lane = 0; lane < play_lanes; lane += lanes) {
    Vector value[ways] = {};
    for (std::size_t a = 0; a < job.actions; ++a) {
      const std::size_t step = (job.flat >> a & 1u) != 0 ? 0 : play_lanes;
      const float* const child = job.values + a * ways * play_lanes + lane;
      for (std::size_t w = 0; w < ways; ++w) value[w] += at(child + w * step);
    }
    for (std::size_t w = 0; w < ways; ++w) at(job.value + w * play_lanes + lane) = value[w];
  }
}

/// The reach of all ways together. Returns its sum.
[[gnu::always_inline]] inline float all_ways(const float* reach, Vector* sums) noexcept {
  Vector all = {};
  for (std::size_t k = 0; k < play_lanes / lanes; ++k) {
    const float* const from = reach + k * lanes;
    sums[k] = (at(from) + at(from + play_lanes)) +
              (at(from + 2 * play_lanes) + at(from + 3 * play_lanes));
    all += sums[k];
  }
  float total = 0;
  for (std::size_t i = 0; i < lanes; ++i) total += all[i];
  return total;
}

inline void play_fold(const PlayEnd& job) noexcept {
  Vector sums[play_lanes / lanes];
  const Vector value = Vector{} + job.values[0] * all_ways(job.reach, sums);
  for (std::size_t lane = 0; lane < play_lanes; lane += lanes) at(job.value + lane) = value;
}

/// Two lanes side by side are as strong.
inline void play_showdown(const PlayEnd& job) noexcept {
  Vector sums[play_lanes / lanes];
  const float total = all_ways(job.reach, sums);
  const Vector lost = Vector{} + job.values[0] * total;
  const float equal = job.values[1] - job.values[0];
  const float better = job.values[2] - job.values[0];
  const Vector zero = {};
  float below = 0;
  for (std::size_t k = 0; k < play_lanes / lanes; ++k) {
    const Vector pair = sums[k] + __builtin_shufflevector(sums[k], sums[k], 1, 0, 3, 2, 5, 4, 7, 6);
    Vector up_to = pair + __builtin_shufflevector(zero, pair, 0, 1, 8, 9, 10, 11, 12, 13);
    up_to += __builtin_shufflevector(zero, up_to, 0, 1, 2, 3, 8, 9, 10, 11);
    at(job.value + k * lanes) = lost + equal * pair + better * (up_to - pair + below);
    below += up_to[lanes - 1];
  }
}

inline void all_ins(const AllIns& job) noexcept {
  for (std::size_t column = 0; column < job.width; column += lanes) {
    Vector all = {};
    for (std::size_t g = 0; g < job.groups; ++g) all += at(job.reach + g * job.width + column);
    const Vector lost = at(job.values[0] + column);
    const Vector equal = at(job.values[1] + column) - lost;
    const Vector better = at(job.values[2] + column) - lost;
    Vector below = {};
    for (std::size_t g = 0; g < job.groups; ++g) {
      const Vector here = at(job.reach + g * job.width + column);
      at(job.value + g * job.width + column) = lost * all + equal * here + better * below;
      below += here;
    }
  }
}

inline void into_groups(const GroupRows& job) noexcept {
  for (std::size_t h = 0; h < job.hands; ++h) {
    const float* const from = job.of_hands + h * job.width;
    float* const to = job.of_groups + job.group[h] * job.width;
    for (std::size_t k = 0; k < job.width; k += lanes) at(to + k) += at(from + k);
  }
}

inline void out_of_groups(const GroupRows& job) noexcept {
  for (std::size_t h = 0; h < job.hands; ++h) {
    const float* const from = job.of_groups + job.group[h] * job.width;
    float* const to = job.of_hands + h * job.width;
    for (std::size_t k = 0; k < job.width; k += lanes) at(to + k) += at(from + k);
  }
}

constexpr Kernels all_kernels{&spread,        &gather,    &respond,     &add_rows,     &showdowns,
                              &folds,         &play_down, &play_up,     &play_sum,     &play_fold,
                              &play_showdown, &all_ins,   &into_groups, &out_of_groups};
