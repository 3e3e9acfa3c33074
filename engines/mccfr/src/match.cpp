#include <algorithm>
#include <cmath>
#include <limits>
#include <vector>
#include <weir/mccfr/hand_rank.hpp>
#include <weir/mccfr/match.hpp>
#include <weir/task.hpp>

#include "hand_means.hpp"
#include "table_cards.hpp"

namespace weir::mccfr {
namespace {

constexpr std::uint64_t block_deals = 32;  // at least
/// What `seat` wins; nothing when an agent does what is not legal.
bool play_hand(const BettingRules& rules, const std::array<Agent*, 2>& seats,
               const TableCards& cards, std::size_t seat, Random& random, double& won) {
  BettingState state(rules);
  for (const int s : {0, 1})
    seats[static_cast<std::size_t>(s)]->begin(s, cards.hands[static_cast<std::size_t>(s)]);
  while (!state.over()) {
    const std::size_t shown = cards_shown(state.round());
    const BetAction action = seats[static_cast<std::size_t>(state.player())]->act(
        state, std::span(cards.board).first(shown), random);
    if (state.refusal(action) != nullptr) return false;
    for (Agent* const agent : seats) agent->saw(state, action, random);
    state.apply(action);
  }
  won = state.settle(cards.ranks).net[seat];
  return true;
}

struct alignas(contended_bytes) BlockSums {
  double sum = 0, squares = 0;
  std::uint64_t deals = 0;
  bool legal = true;
};

}  // namespace

TableCards deal_cards(std::uint64_t seed, std::uint64_t number) {
  Random random = Random::keyed(seed, number, table_deal_purpose);
  std::array<Card, card_count> deck;
  for (Card card = 0; card < card_count; ++card) deck[card] = card;
  constexpr std::size_t dealt = 9;
  for (std::size_t k = 0; k < dealt; ++k)
    std::swap(deck[k], deck[k + random.below(static_cast<std::uint32_t>(card_count - k))]);
  TableCards cards;
  cards.hands = {hand_of(deck[0], deck[1]), hand_of(deck[2], deck[3])};
  std::copy(deck.begin() + 4, deck.begin() + dealt, cards.board.begin());
  for (std::size_t p = 0; p < 2; ++p)
    cards.ranks[p] = hand_ranks()(PartialHand(cards.board) + PartialHand(cards.hands[p]));
  return cards;
}

Result<MatchResult> play_match(Runtime& runtime, const BettingRules& rules, const MakeAgent& first,
                               const MakeAgent& second, const MatchConfig& config,
                               const std::function<bool()>& goes_on) {
  const std::uint64_t each = config.duplicate ? 2 : 1;
  const std::uint64_t deals = (config.hands + each - 1) / each;
  const std::uint64_t size = match_block_deals(deals, block_deals);
  std::vector<BlockSums> blocks((deals + size - 1) / size);
  const auto play_block = [&](std::size_t b) {
    std::unique_ptr<Agent> one, two;
    BlockSums& sums = blocks[b];
    for (std::uint64_t d = b * size; d < std::min(deals, (b + 1) * size); ++d) {
      if (goes_on && !goes_on()) return;
      if (one == nullptr) one = first(), two = second();  // blocks that nobody plays need none
      const TableCards cards = deal_cards(config.seed, d);
      Random random = Random::keyed(config.seed, d, table_play_purpose);
      double total = 0;
      for (std::uint64_t k = 0; k < each; ++k) {
        // Without duplicates the agents take turns on the button.
        const bool changed = config.duplicate ? k == 1 : d % 2 == 1;
        double won = 0;
        sums.legal = sums.legal && play_hand(rules,
                                             changed ? std::array{two.get(), one.get()}
                                                     : std::array{one.get(), two.get()},
                                             cards, changed ? 1 : 0, random, won);
        total += won;  // with rake not what the other loses
      }
      const double mean = total / static_cast<double>(each);
      sums.sum += mean;
      sums.squares += mean * mean;
      ++sums.deals;
    }
  };
  const Status status = runtime.run([&] { parallel_for(0, blocks.size(), 1, play_block); });
  if (status != Status::accepted) {
    return Error{status == Status::stalled ? "stalled" : "failed",
                 "the match ended: " + std::string(to_string(status)), "match"};
  }
  BlockSums all;
  for (const BlockSums& block : blocks) {
    all.sum += block.sum;
    all.squares += block.squares;
    all.deals += block.deals;
    all.legal = all.legal && block.legal;
  }
  if (!all.legal)
    return Error{"illegal_action", "an agent did what the rules do not allow", "match"};
  MatchResult result;
  if (all.deals == 0) return result;
  const auto n = static_cast<double>(all.deals);
  result.hands = all.deals * each;
  result.chips_per_hand = all.sum / n;
  const double variance =
      std::max(0.0, all.squares / n - result.chips_per_hand * result.chips_per_hand);
  result.ci95 = n < 2 ? std::numeric_limits<double>::infinity() : 1.96 * std::sqrt(variance / n);
  return result;
}

}  // namespace weir::mccfr
