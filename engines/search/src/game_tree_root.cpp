#include <algorithm>
#include <bit>
#include <cmath>
#include <limits>
#include <weir/search/tree_pick.hpp>
#include <weir/search/tree_root.hpp>

namespace weir::search::games {

namespace {

/// Weights of values against gumbel + log prior, the paper's: (50 + most visits) * 0.1.
constexpr double visit_offset = 50.0;
constexpr double value_scale = 0.1;
constexpr double prior_least = 1e-9;
constexpr double spread_least = 1e-8;

template <class Visit>
void each_move(std::uint64_t moves, Visit visit) {
  for (; moves != 0; moves &= moves - 1) visit(static_cast<std::uint32_t>(std::countr_zero(moves)));
}

}  // namespace

void RootPolicy::begin_root(std::uint64_t legal) {
  considered_ = 0;
  if (!has_noise()) return;
  std::array<double, actions_limit> shares{};
  const auto count = static_cast<std::size_t>(std::popcount(legal));
  draw_dirichlet(random_, noise_alpha_, std::span(shares).first(count));
  std::size_t i = 0;
  each_move(legal, [&](std::uint32_t action) { noise_[action] = shares[i++]; });
}

float RootPolicy::with_noise(std::uint32_t action, float prior) const noexcept {
  return static_cast<float>((1.0 - noise_fraction_) * static_cast<double>(prior) +
                            noise_fraction_ * noise_[action]);
}

void RootPolicy::begin_halving(std::uint32_t considered, double gumbel_scale,
                               std::uint32_t simulations, std::uint64_t open,
                               std::span<const std::uint32_t> visits,
                               std::span<const float> priors) {
  std::array<std::uint32_t, actions_limit> order{};
  std::uint32_t count = 0;
  appeal_.fill(-std::numeric_limits<double>::infinity());
  each_move(open, [&](std::uint32_t action) {
    const double prior = std::max(static_cast<double>(priors[action]), prior_least);
    appeal_[action] = gumbel_scale * draw_gumbel(random_) + std::log(prior);
    before_[action] = visits[action];
    order[count++] = action;
  });
  const auto last = order.begin() + count;
  std::sort(order.begin(), last,
            [&](std::uint32_t a, std::uint32_t b) { return appeal_[a] > appeal_[b]; });
  considered_ = std::min(considered, count);
  for (auto at = order.begin() + considered_; at != last; ++at) {
    appeal_[*at] = -std::numeric_limits<double>::infinity();
  }
  phases_ = std::max(1U, static_cast<std::uint32_t>(std::bit_width(std::max(considered_, 1U) - 1)));
  simulations_ = simulations;
  active_ = considered_;
  level_ = 0;
  at_level_ = active_;
  levels_left_ = std::max(1U, simulations_ / (phases_ * std::max(active_, 1U)));
}

std::uint32_t RootPolicy::best_of(std::uint64_t among, std::span<const std::uint32_t> visits,
                                  std::span<const std::uint64_t> values) const {
  const auto mean = [&](std::uint32_t action) {
    return static_cast<double>(values[action]) / (value_unit * static_cast<double>(visits[action]));
  };
  std::uint32_t most = 0;
  double least = 1.0;
  double highest = 0.0;
  for (std::uint32_t action = 0; action < std::min<std::size_t>(visits.size(), actions_limit);
       ++action) {
    if (visits[action] == 0) continue;
    most = std::max(most, visits[action]);
    least = std::min(least, mean(action));
    highest = std::max(highest, mean(action));
  }
  const double weight = (visit_offset + static_cast<double>(most)) * value_scale /
                        std::max(highest - least, spread_least);
  auto best = static_cast<std::uint32_t>(std::countr_zero(among));
  double best_score = -std::numeric_limits<double>::infinity();
  each_move(among, [&](std::uint32_t action) {
    const double value = visits[action] == 0 ? 0.5 : mean(action);
    const double score = appeal_[action] + weight * (value - least);
    if (score > best_score) {
      best = action;
      best_score = score;
    }
  });
  return best;
}

void RootPolicy::next_round() noexcept {
  ++level_;
  if (--levels_left_ == 0) {
    active_ = std::max(std::min(active_, 2U), active_ / 2);
    levels_left_ = std::max(1U, simulations_ / (phases_ * std::max(active_, 1U)));
  }
  at_level_ = active_;
}

std::uint32_t RootPolicy::next(std::uint64_t open, std::span<const std::uint32_t> visits,
                               std::span<const std::uint64_t> values) {
  // A move that was proven meanwhile leaves its level short: then the next level begins.
  for (std::uint32_t tries = 0; tries <= actions_limit; ++tries) {
    std::uint64_t due = 0;
    each_move(open, [&](std::uint32_t action) {
      const bool sampled = std::isfinite(appeal_[action]);
      if (sampled && visits[action] - before_[action] == level_) due |= std::uint64_t{1} << action;
    });
    if (due != 0) {
      const std::uint32_t action = best_of(due, visits, values);
      if (--at_level_ == 0) next_round();
      return action;
    }
    next_round();
  }
  return best_of(open, visits, values);
}

std::uint32_t RootPolicy::choose(std::uint64_t open, std::span<const std::uint32_t> visits,
                                 std::span<const std::uint64_t> values) const {
  std::uint32_t most = 0;
  each_move(open, [&](std::uint32_t action) { most = std::max(most, visits[action]); });
  std::uint64_t finalists = 0;
  each_move(open, [&](std::uint32_t action) {
    if (visits[action] == most) finalists |= std::uint64_t{1} << action;
  });
  return best_of(finalists, visits, values);
}

}  // namespace weir::search::games
