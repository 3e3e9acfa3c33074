#include <algorithm>
#include <optional>
#include <vector>
#include <weir/mccfr/hand_rank.hpp>
#include <weir/mccfr/table_match.hpp>
#include <weir/task.hpp>

#include "hand_means.hpp"
#include "table_cards.hpp"

namespace weir::mccfr {
namespace {

constexpr std::uint64_t table_block_deals = 32;  // at least

struct ManyCards {
  std::array<Hand, players_max> hands{};
  std::array<Card, 5> board{};
  std::array<std::uint32_t, players_max> ranks{};
};

ManyCards deal_table(std::uint64_t seed, std::uint64_t number, int players) {
  Random random = Random::keyed(seed, number, table_deal_purpose);
  std::array<Card, card_count> deck;
  for (Card card = 0; card < card_count; ++card) deck[card] = card;
  const std::size_t seats = static_cast<std::size_t>(players), dealt = 2 * seats + 5;
  for (std::size_t k = 0; k < dealt; ++k)
    std::swap(deck[k], deck[k + random.below(static_cast<std::uint32_t>(card_count - k))]);
  ManyCards cards;
  std::copy_n(deck.begin() + static_cast<std::ptrdiff_t>(2 * seats), 5, cards.board.begin());
  for (std::size_t p = 0; p < seats; ++p) {
    cards.hands[p] = hand_of(deck[2 * p], deck[2 * p + 1]);
    cards.ranks[p] = hand_ranks()(PartialHand(cards.board) + PartialHand(cards.hands[p]));
  }
  return cards;
}

MatchResult result_of(const HandSums& hands) noexcept {
  MatchResult result;
  result.hands = static_cast<std::uint64_t>(hands.n);
  result.chips_per_hand = hands.mean();
  result.ci95 = hands.ci95();
  return result;
}

struct alignas(contended_bytes) TableBlock {
  HandSums deals;
  std::array<HandSums, players_max> seats;
  bool legal = true;
  void add(const TableBlock& other) noexcept {
    deals.add(other.deals);
    for (std::size_t s = 0; s < seats.size(); ++s) seats[s].add(other.seats[s]);
    legal = legal && other.legal;
  }
};

/// Agents at a table, and hands between them.
class TableOfAgents {
 public:
  TableOfAgents(const BettingRules& rules, const MakeAgent& first, const MakeAgent& others)
      : rules_(rules), first_(first()) {
    for (int p = 1; p < rules.players; ++p) others_.push_back(others());
  }

  /// What the first agent wins in `seat`; nothing when an agent does what is not legal.
  bool play(int seat, const ManyCards& cards, Random& random, double& won) {
    std::array<Agent*, players_max> seats{};
    std::size_t next = 0;
    for (int p = 0; p < rules_.players; ++p) {
      Agent* const agent = p == seat ? first_.get() : others_[next++].get();
      seats[static_cast<std::size_t>(p)] = agent;
      agent->begin(p, cards.hands[static_cast<std::size_t>(p)]);
    }
    BettingState state(rules_);
    while (!state.over()) {
      const std::span<const Card> board = std::span(cards.board).first(cards_shown(state.round()));
      const BetAction action =
          seats[static_cast<std::size_t>(state.player())]->act(state, board, random);
      if (state.refusal(action) != nullptr) return false;
      for (int p = 0; p < rules_.players; ++p)
        seats[static_cast<std::size_t>(p)]->saw(state, action, random);
      state.apply(action);
    }
    won = state.settle(cards.ranks).net[static_cast<std::size_t>(seat)];
    return true;
  }

 private:
  const BettingRules& rules_;
  std::unique_ptr<Agent> first_;
  std::vector<std::unique_ptr<Agent>> others_;
};

}  // namespace

Result<TableResult> play_table(Runtime& runtime, const BettingRules& rules, const MakeAgent& first,
                               const MakeAgent& others, const MatchConfig& config,
                               const std::function<bool()>& goes_on) {
  const auto players = static_cast<std::uint64_t>(rules.players);
  const std::uint64_t each = config.duplicate ? players : 1;
  const std::uint64_t deals = (config.hands + each - 1) / each;
  const std::uint64_t size = match_block_deals(deals, table_block_deals);
  std::vector<TableBlock> blocks(static_cast<std::size_t>((deals + size - 1) / size));
  const auto play_block = [&](std::size_t b) {
    std::optional<TableOfAgents> table;
    TableBlock& block = blocks[b];
    for (std::uint64_t d = b * size; d < std::min(deals, (b + 1) * size) && block.legal; ++d) {
      if (goes_on && !goes_on()) return;
      if (!table) table.emplace(rules, first, others);  // blocks that nobody plays need none
      const ManyCards cards = deal_table(config.seed, d, rules.players);
      Random random = Random::keyed(config.seed, d, table_play_purpose);
      double total = 0;
      for (std::uint64_t k = 0; k < each; ++k) {
        const auto seat = static_cast<int>(config.duplicate ? k : d % players);
        double won = 0;
        block.legal = block.legal && table->play(seat, cards, random, won);
        block.seats[static_cast<std::size_t>(seat)].add(won);
        total += won;
      }
      block.deals.add(total / static_cast<double>(each));
    }
  };
  const Status status = runtime.run([&] { parallel_for(0, blocks.size(), 1, play_block); });
  if (status != Status::accepted) {
    return Error{status == Status::stalled ? "stalled" : "failed",
                 "the match ended: " + std::string(to_string(status)), "match"};
  }
  TableBlock all;
  for (const TableBlock& block : blocks) all.add(block);
  if (!all.legal)
    return Error{"illegal_action", "an agent did what the rules do not allow", "match"};
  TableResult result;
  result.all = result_of(all.deals);
  result.all.hands *= each;
  for (std::size_t s = 0; s < players; ++s) result.seats[s] = result_of(all.seats[s]);
  return result;
}

}  // namespace weir::mccfr
