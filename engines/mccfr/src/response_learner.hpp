// response_learner.hpp: how the response of response.hpp is learnt and valued; private.
#pragma once

#include <algorithm>
#include <cmath>
#include <limits>
#include <vector>
#include <weir/mccfr/deal.hpp>
#include <weir/mccfr/response.hpp>
#include <weir/mccfr/strategy.hpp>
#include <weir/runtime.hpp>
#include <weir/task.hpp>

namespace weir::mccfr {

template <class G, class Sum>
requires Game<G>
class ResponseLearner {
 public:
  /// `sums`: of the frozen strategy.
  ResponseLearner(Runtime& runtime, const G& game, const TableShape& shape, const Sum* sums,
                  CountedArray<std::int32_t> regrets)
      : runtime_(runtime),
        game_(game),
        shape_(shape),
        nodes_(game.tree().nodes.data()),
        ends_(game.tree().ends.data()),
        sums_(sums),
        regrets_(std::move(regrets)) {}

  /// Learns for both players, then values. Errors: what the runtime refuses; cancelled: it was stopped.
  Status run(const ResponseBudget& budget, ResponseBound& bound) {
    stop_ = budget.stop;
    Status status = over(budget.learning, [&](std::uint64_t i, Moments&) {
      for (int player = 0; player < 2; ++player) {
        Deal deal;
        Random random = Random::keyed(budget.seed, i, player == 0 ? learn_0 : learn_1);
        game_.deal(shape_, random, deal);
        learn(0, deal, player, random);
      }
    });
    if (status != Status::accepted) return status;
    if (stopped()) return Status::cancelled;
    status = over(budget.valuing, [&](std::uint64_t i, Moments& moments) {
      Deal deal;
      Random random = Random::keyed(budget.seed, i, value_both);
      game_.deal(shape_, random, deal);
      const auto own = play(deal, random);
      const std::array<float, 2> best = {value(0, deal, 0), value(0, deal, 1)};
      moments.add(own, best);
    });
    if (stopped()) return Status::cancelled;
    finish(budget.valuing, bound);
    return status;
  }

 private:
  enum : std::uint64_t { learn_0 = 16, learn_1 = 17, value_both = 18 };
  static constexpr std::uint64_t block = 256;  // deals

  struct alignas(contended_bytes) Moments {
    std::array<double, 2> own{}, best{};
    double conv = 0, conv_squares = 0;
    void add(const std::array<float, 2>& value, const std::array<float, 2>& response) noexcept {
      for (std::size_t p = 0; p < 2; ++p) {
        own[p] += static_cast<double>(value[p]);
        best[p] += static_cast<double>(response[p]);
      }
      const double gain = static_cast<double>(response[0]) + static_cast<double>(response[1]) -
                          static_cast<double>(value[0]) - static_cast<double>(value[1]);
      conv += gain;
      conv_squares += gain * gain;
    }
  };

  bool stopped() const noexcept {
    return stop_ != nullptr && stop_->load(relaxed) != 0;  // relaxed: only asks for an early end
  }
  /// f(deal, moments of the block) for each of `deals`, on all workers. Blocks are added up in order.
  template <class F>
  Status over(std::uint64_t deals, F&& f) {
    moments_.assign((deals + block - 1) / block, Moments{});
    return runtime_.run([&] {
      parallel_for(0, moments_.size(), 1, [&](std::size_t b) {
        if (stopped()) return;
        const std::uint64_t first = b * block, end = std::min(deals, first + block);
        for (std::uint64_t i = first; i < end; ++i) f(i, moments_[b]);
      });
    });
  }

  void finish(std::uint64_t deals, ResponseBound& bound) const noexcept {
    Moments all;
    for (const Moments& m : moments_) {
      for (std::size_t p = 0; p < 2; ++p) all.own[p] += m.own[p], all.best[p] += m.best[p];
      all.conv += m.conv;
      all.conv_squares += m.conv_squares;
    }
    const auto n = static_cast<double>(deals);
    for (std::size_t p = 0; p < 2; ++p) {
      bound.value[p] = all.own[p] / n;
      bound.best_response[p] = all.best[p] / n;
    }
    bound.nash_conv = all.conv / n;
    const double variance = std::max(0.0, all.conv_squares / n - bound.nash_conv * bound.nash_conv);
    bound.nash_conv_ci95 =
        deals < 2 ? std::numeric_limits<double>::infinity() : 1.96 * std::sqrt(variance / n);
  }

  std::uint32_t row_of(const BettingNode& node, const Deal& deal) const noexcept {
    return deal.region[node.round][node.player] + node.row;
  }
  void frozen(std::uint32_t row, int actions, float* strategy) const noexcept {
    float total = 0;
    for (int a = 0; a < actions; ++a)
      total += strategy[a] = static_cast<float>(sums_[row + static_cast<std::uint32_t>(a)]);
    const float scale = total > 0 ? 1 / total : 0;
    for (int a = 0; a < actions; ++a)
      strategy[a] = total > 0 ? strategy[a] * scale : 1 / static_cast<float>(actions);
  }

  float learn(std::uint32_t at, const Deal& deal, int player, Random& random) noexcept {
    const BettingNode& node = nodes_[at];
    if (node.kind != NodeKind::decision)
      return ends_[node.first].value[static_cast<std::size_t>(player)][deal.outcome];
    const std::uint32_t row = row_of(node, deal);
    float strategy[actions_max];
    if (node.player != player) {
      frozen(row, node.actions, strategy);
      return learn(node.first + static_cast<std::uint32_t>(
                                    draw_action(strategy, node.actions, random.unit())),
                   deal, player, random);
    }
    match_regrets<NarrowEntries>(regrets_.data() + row, node.actions, strategy);
    float values[actions_max];
    float mean = 0;
    for (std::uint32_t a = 0; a < node.actions; ++a) {
      values[a] = learn(node.first + a, deal, player, random);
      mean += strategy[a] * values[a];
    }
    Fractions<float> fractions(random);
    for (std::uint32_t a = 0; a < node.actions; ++a) {
      std::int32_t& regret = regrets_.data()[row + a];
      const std::int32_t old = load_entry(regret);
      const auto change =
          round_unbiased<std::int32_t>((values[a] - mean) * NarrowEntries::units, fractions.next());
      if (change > 0 ? old < NarrowEntries::regret_max : old > -NarrowEntries::regret_max)
        add_entry(regret, change);
    }
    return mean;
  }

  /// One hand of the strategy against itself. Without rake the two values sum to zero in every hand, so that nash_conv
  /// has no noise of theirs.
  std::array<float, 2> play(const Deal& deal, Random& random) const noexcept {
    std::uint32_t at = 0;
    while (nodes_[at].kind == NodeKind::decision) {
      const BettingNode& node = nodes_[at];
      float strategy[actions_max];
      frozen(row_of(node, deal), node.actions, strategy);
      at = node.first +
           static_cast<std::uint32_t>(draw_action(strategy, node.actions, random.unit()));
    }
    const End& end = ends_[nodes_[at].first];
    return {end.value[0][deal.outcome], end.value[1][deal.outcome]};
  }

  /// What `responder` wins by its best actions, exactly for this deal.
  float value(std::uint32_t at, const Deal& deal, int responder) const noexcept {
    const BettingNode& node = nodes_[at];
    if (node.kind != NodeKind::decision)
      return ends_[node.first].value[static_cast<std::size_t>(responder)][deal.outcome];
    const std::uint32_t row = row_of(node, deal);
    if (node.player == responder) {
      const std::int32_t* const regrets = regrets_.data() + row;
      const auto best = std::max_element(regrets, regrets + node.actions) - regrets;
      return value(node.first + static_cast<std::uint32_t>(best), deal, responder);
    }
    float strategy[actions_max];
    frozen(row, node.actions, strategy);
    float total = 0;
    for (std::uint32_t a = 0; a < node.actions; ++a)
      if (strategy[a] > 0) total += strategy[a] * value(node.first + a, deal, responder);
    return total;
  }

  Runtime& runtime_;
  const G& game_;
  const TableShape& shape_;
  const BettingNode* nodes_;
  const End* ends_;
  const Sum* sums_;
  CountedArray<std::int32_t> regrets_;
  const atomic<std::uint32_t>* stop_ = nullptr;
  std::vector<Moments, PlatformAllocator<Moments>> moments_;
};

}  // namespace weir::mccfr
