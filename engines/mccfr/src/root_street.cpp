#include "root_street.hpp"

#include <algorithm>

namespace weir::mccfr::subgame {

std::uint64_t RootStreet::floats() const noexcept {
  std::uint64_t count = 0;
  for (std::size_t p = 0; p < 2; ++p) count += (2 * street_.rows[p] + 1) * stride(p);
  return count + (street_.nodes_max + street_.reach_rows_max + 2 * lanes + 4) * wide();
}

void RootStreet::take() {
  for (std::size_t p = 0; p < 2; ++p) {
    initial_[p] = FloatBlock(stride(p));
    for (std::size_t h = 0; h < stride(p); ++h)
      initial_[p].data()[h] = static_cast<float>(
          static_cast<double>(boards_.player(static_cast<int>(p)).weights[h]) / boards_.pairs());
    regrets_[p] = FloatBlock(street_.rows[p] * stride(p));
    sums_[p] = FloatBlock(street_.rows[p] * stride(p));
  }
  reach_ = FloatBlock(street_.reach_rows_max * wide());
  values_ = FloatBlock(street_.nodes_max * wide());
  turned_in_ = FloatBlock((wide() + 1) * lanes);
  turned_out_ = FloatBlock(wide() * lanes);
  spare_ = FloatBlock(2 * wide());
}

void RootStreet::begin(std::size_t walker, Purpose purpose, const Update& update) noexcept {
  walker_ = walker;
  purpose_ = purpose;
  update_ = update;
  std::copy_n(initial_[other()].data(), stride(other()), reach_of(street_.nodes[0]));
}

void RootStreet::go_down() noexcept {
  for (const StreetNode& node : street_.nodes) {
    if (node.step != Step::decision || node.player == walker_) continue;
    Spread job;
    job.choice = {regrets_of(node), node.actions, stride(node.player), {}};
    job.reach = reach_of(node);
    job.children = reach_of(street_.nodes[node.first]);
    if (purpose_ == Purpose::learn)
      job.sums = sums_[node.player].data() + node.row * stride(node.player);
    job.keep = update_.keep;
    kernels_.spread(job);
  }
}

void RootStreet::value_folds() noexcept {
  const PlayerHands& own = boards_.player(static_cast<int>(walker_));
  const PlayerHands& theirs = boards_.player(static_cast<int>(other()));
  const EndHands hands{own.stride,          theirs.stride,   own.cards.data(),  theirs.cards.data(),
                       theirs.hands.size(), own.same.data(), turned_in_.data(), turned_out_.data()};
  const std::vector<std::uint32_t>& folds = street_.batches[0].folds;
  float* const nobody = spare_.data();
  std::fill_n(nobody, theirs.stride, 0.0F);
  for (std::size_t first = 0; first < folds.size(); first += lanes) {
    Folds job;
    for (std::size_t i = 0; i < lanes; ++i) {
      const bool there = first + i < folds.size();
      const std::uint32_t n = there ? folds[first + i] : 0;
      const StreetNode& node = street_.nodes[n];
      job.reach[i] = there ? reach_of(node) : nobody;
      job.value[i] = there ? value_of(n) : spare_.data() + wide();
      job.gain[i] = there ? street_.ends[node.first].of[walker_][0] : 0;
    }
    kernels_.folds(job, hands);
  }
}

void RootStreet::go_up() noexcept {
  for (auto n = static_cast<std::uint32_t>(street_.nodes.size()); n-- > 0;) {
    const StreetNode& node = street_.nodes[n];
    if (node.step != Step::decision) continue;
    const float* const children = value_of(node.first);
    if (node.player != walker_) {
      kernels_.add_rows(children, node.actions, stride(walker_), value_of(n));
      continue;
    }
    learn(regrets_of(node), node.actions, stride(walker_), children, value_of(n));
  }
}

void RootStreet::learn(float* regrets, std::size_t actions, std::size_t width, const float* values,
                       float* value) const noexcept {
  if (purpose_ == Purpose::respond) {
    kernels_.respond({{nullptr, actions, width, {}}, values, value});
    return;
  }
  Gather job;
  job.regrets = regrets;
  job.choice = {regrets, actions, width, {}};
  job.values = values;
  job.value = value;
  job.positive = update_.positive;
  job.negative = update_.negative;
  job.least = update_.least;
  kernels_.gather(job);
}

float RootStreet::meet(const float* from, float* part) const noexcept {
  const PlayerHands& own = boards_.player(static_cast<int>(walker_));
  const PlayerHands& theirs = boards_.player(static_cast<int>(other()));
  std::array<float, card_count> with{};
  float all = 0;
  for (std::size_t h = 0; h < theirs.hands.size(); ++h) {
    all += from[h];
    with[theirs.cards[h].low] += from[h];
    with[theirs.cards[h].high] += from[h];
  }
  for (std::size_t h = 0; h < own.hands.size(); ++h) {
    const SortedHand& cards = own.cards[h];
    const float same = own.same[h] < theirs.stride ? from[own.same[h]] : 0.0F;
    const float left = all - with[cards.low] - with[cards.high] + same;
    part[h] = left > 0 ? left / all : 0.0F;
  }
  return all;
}

SubgameDecision RootStreet::decision(const Streets& streets, const Subgame& subgame) const {
  const StreetNode& node = street_.nodes[0];
  const PlayerHands& player = boards_.player(node.player);
  SubgameDecision found;
  found.player = node.player;
  for (std::size_t a = 0; a < node.actions; ++a)
    found.actions.push_back(action_text(streets, subgame, node, a));
  found.hands = player.hands;
  const float* const sums = sums_[node.player].data() + node.row * player.stride;
  for (std::size_t h = 0; h < player.hands.size(); ++h) {
    found.weights.push_back(player.weights[h]);
    float sum = 0;
    for (std::size_t a = 0; a < node.actions; ++a) sum += sums[a * player.stride + h];
    for (std::size_t a = 0; a < node.actions; ++a)
      found.probabilities.push_back(sum > 0 ? sums[a * player.stride + h] / sum
                                            : 1.0F / static_cast<float>(node.actions));
  }
  return found;
}

}  // namespace weir::mccfr::subgame
