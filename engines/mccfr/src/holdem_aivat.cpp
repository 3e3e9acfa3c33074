#include <array>
#include <map>
#include <string>
#include <vector>
#include <weir/mccfr/aivat.hpp>
#include <weir/mccfr/hand_index.hpp>

#include "block_runs.hpp"
#include "hand_means.hpp"
#include "range_pairs.hpp"
#include "table_cards.hpp"

namespace weir::mccfr {
namespace {

constexpr std::uint64_t aivat_block_deals = 8;

std::span<const Card> cards_from(SuitSet set, std::array<Card, 5>& cards) noexcept {
  std::size_t n = 0;
  for (; set != 0; set &= set - 1) {
    const int bit = std::countr_zero(set);
    cards[n++] = make_card(bit & 15, bit >> 4);
  }
  return std::span(cards).first(n);
}

/// What flops are worth before they come, by seats and the betting until then: the ranges follow from that.
using FlopValues = std::map<std::string, double>;

/// Two who play, and the estimate; for one thread.
class AivatTable {
 public:
  enum class Ending : std::uint8_t { played, unknown, illegal };
  /// `values` outlives it, and is this thread's own.
  AivatTable(const BettingRules& rules, const KnownOpponent& first, const KnownOpponent& second,
             const HandStrengths& strengths, FlopValues& values)
      : rules_(rules), strengths_(strengths), flops_(values) {
    agents_ = {first.agent(), second.agent()};
    known_ = {first.known(), second.known()};
  }

  /// What the first wins, seats exchanged or not: the estimate, and what was dealt.
  Ending play(const TableCards& cards, bool changed, Random& random, double& estimate,
              double& dealt) {
    begin(cards, changed);
    BettingState state(rules_);
    while (!state.over()) {
      while (shown_ < cards_shown(state.round())) deal(state);
      const Ending ending = act(state, random);
      if (ending != Ending::played) return ending;
    }
    double end = state.kind() == NodeKind::fold ? state.settle({}).net[0] : 0;
    if (state.kind() == NodeKind::showdown) {
      while (shown_ < cards_.board.size()) deal(state);
      const double least = settled(state, 0), most = settled(state, 1);
      end = least + pairs_on_river(ranges(), ranks_).share() * (most - least);
    }
    estimate = (changed ? -1 : 1) * sum_.estimate(end);
    dealt = (changed ? -1 : 1) * state.settle(cards.ranks).net[0];
    return Ending::played;
  }

 private:
  std::size_t who(int seat) const noexcept {
    return static_cast<std::size_t>(changed_ ? 1 - seat : seat);
  }
  TwoRanges ranges() const noexcept { return {&ranges_[0], &ranges_[1]}; }
  std::span<const Card> board() const noexcept { return std::span(cards_.board).first(shown_); }

  void begin(const TableCards& cards, bool changed) {
    cards_ = cards;
    changed_ = changed;
    sum_ = {};
    shown_ = 0;
    betting_ = changed ? "1" : "0";
    for (int seat = 0; seat < 2; ++seat) {
      const auto s = static_cast<std::size_t>(seat);
      agents_[who(seat)]->begin(seat, cards.hands[s]);
      known_[who(seat)]->begin(seat);
      known_[who(seat)]->weights(ranges_[s]);
    }
    strengths_.row({}, strength_);
  }

  /// What seat 0 wins in a showdown that it loses (0) or wins (1).
  static double settled(const BettingState& state, std::uint32_t wins) noexcept {
    const std::array<std::uint32_t, 2> ranks{wins, 1 - wins};
    return state.settle(ranks).net[0];
  }

  PairSums pairs(const TwoRanges& ranges) const noexcept {
    return shown_ == 5 ? pairs_on_river(ranges, ranks_)
                       : pairs_by_strength(ranges, strength_, set_of(board()));
  }
  /// What seat 0 wins when the bet is called and both check to the end.
  static double check_down(const BettingState& state, double share) noexcept {
    std::array<double, 2> put{static_cast<double>(state.put(0)), static_cast<double>(state.put(1))};
    if (!state.over()) put[static_cast<std::size_t>(state.player())] += state.to_call();
    return std::min(put[0], put[1]) * (2 * share - 1);
  }

  /// The value function after `choice` in `state`, with the ranges after it.
  AivatOutcome outcome(const BettingState& state, const KnownChoice& choice) {
    TwoRanges after = ranges();
    after[static_cast<std::size_t>(state.player())] = &choice.weights;
    const PairSums all = pairs(after);
    BettingState next = state;
    next.apply(choice.action);
    if (next.kind() == NodeKind::fold) return {all.mass, next.settle({}).net[0]};
    if (next.over() || next.to_call() == 0) return {all.mass, check_down(next, all.share())};
    // Somebody faces a bet: as often as he folds it is over.
    const auto them = known_[who(next.player())]->guess();
    them->saw(state, choice.action);
    them->choices(next, answers_);
    const auto seat = static_cast<std::size_t>(next.player());
    double folds = 0;
    Range rest{};
    for (const KnownChoice& answer : answers_) {
      if (answer.action.letter == 'f') {
        after[seat] = &answer.weights;
        folds = all.mass > 0 ? pairs(after).mass / all.mass : 0;
      } else {
        for (std::size_t hand = 0; hand < hand_count; ++hand) rest[hand] += answer.weights[hand];
      }
    }
    after[seat] = &rest;
    BettingState folded = next;
    folded.apply({'f', 0});
    return {all.mass, folds * folded.settle({}).net[0] +
                          (1 - folds) * check_down(next, pairs(after).share())};
  }

  Ending act(BettingState& state, Random& random) {
    const int seat = state.player();
    const BetAction action = agents_[who(seat)]->act(state, board(), random);
    if (state.refusal(action) != nullptr) return Ending::illegal;
    known_[who(seat)]->choices(state, choices_);
    outcomes_.clear();
    std::size_t taken = choices_.size();
    for (std::size_t c = 0; c < choices_.size(); ++c) {
      outcomes_.push_back(outcome(state, choices_[c]));
      if (choices_[c].action == action) taken = c;
    }
    if (taken == choices_.size() || !(outcomes_[taken].mass > 0)) return Ending::unknown;
    sum_.add(expected_value(outcomes_), outcomes_[taken].value);
    ranges_[static_cast<std::size_t>(seat)] = choices_[taken].weights;
    known_[who(seat)]->did(state, action);
    known_[who(1 - seat)]->saw(state, action);
    for (const auto& agent : agents_) agent->saw(state, action, random);
    if (state.round() == 0) betting_ += action.letter + std::to_string(action.total);
    state.apply(action);
    return Ending::played;
  }

  /// The next street, of a state that has done with the one before.
  void deal(const BettingState& state) {
    const double expected = shown_ == 0 ? expected_flop(state) : expected_card(state);
    shown_ = shown_ == 0 ? 3 : shown_ + 1;
    for (int seat = 0; seat < 2; ++seat) {
      Range& range = ranges_[static_cast<std::size_t>(seat)];
      known_[who(seat)]->deal(board());
      known_[who(seat)]->weights(range);
    }
    if (shown_ == 5) {
      ranks_.set(cards_.board);
    } else {
      strengths_.row(board(), strength_);
    }
    sum_.add(expected, check_down(state, pairs(ranges()).share()));
  }

  // Ranges before the flop know kinds of hands alone: flops that only the names of suits tell apart are worth the same.
  double expected_flop(const BettingState& state) {
    const auto [place, fresh] = flops_.try_emplace(betting_, 0.0);
    if (!fresh) return place->second;
    outcomes_.clear();
    const HandIndex& index = board_index(3);
    Range strength;
    for (std::uint32_t flop = 0; flop < index.size(); ++flop) {
      std::array<Card, 5> cards{};
      const auto three = cards_from(index.unindex(flop).board, cards);
      strengths_.row(three, strength);
      const PairSums sums = pairs_by_strength(ranges(), strength, set_of(three));
      outcomes_.push_back({sums.mass * index.weight(flop), check_down(state, sums.share())});
    }
    return place->second = expected_value(outcomes_);
  }

  double expected_card(const BettingState& state) {
    outcomes_.clear();
    std::array<Card, 5> cards = cards_.board;
    const CardSet taken = set_of(board());
    BoardRanks ranks;
    Range strength;
    for (Card card = 0; card < card_count; ++card) {
      if (has(taken, card)) continue;
      cards[shown_] = card;
      PairSums sums;
      if (shown_ == 4) {
        ranks.set(cards);
        sums = pairs_on_river(ranges(), ranks);
      } else {
        strengths_.row(std::span(cards).first(4), strength);
        sums = pairs_by_strength(ranges(), strength, taken | set_of(card));
      }
      outcomes_.push_back({sums.mass, check_down(state, sums.share())});
    }
    return expected_value(outcomes_);
  }

  const BettingRules& rules_;
  const HandStrengths& strengths_;
  FlopValues& flops_;
  std::array<std::unique_ptr<Agent>, 2> agents_;       // the first, the second
  std::array<std::unique_ptr<KnownPlayer>, 2> known_;  // the same
  TableCards cards_;
  bool changed_ = false;  // the first has seat 1
  std::size_t shown_ = 0;
  std::string betting_;
  AivatSum sum_;
  std::array<Range, 2> ranges_{};  // by seat
  Range strength_{};               // before the river
  BoardRanks ranks_{};             // on it
  std::vector<KnownChoice> choices_, answers_;
  std::vector<AivatOutcome> outcomes_;
};

struct alignas(contended_bytes) AivatBlock {
  HandSums estimate, dealt;
  AivatTable::Ending ending = AivatTable::Ending::played;
  void add(const AivatBlock& other) noexcept {
    estimate.add(other.estimate);
    dealt.add(other.dealt);
    ending = std::max(ending, other.ending);
  }
};

AivatTable::Ending play_deals(AivatTable& table, const MatchConfig& config, std::uint64_t first,
                              std::uint64_t end, AivatBlock& block) {
  const int each = config.duplicate ? 2 : 1;
  for (std::uint64_t d = first; d < end; ++d) {
    const TableCards cards = deal_cards(config.seed, d);
    Random random = Random::keyed(config.seed, d, table_play_purpose);
    double estimates = 0, dealt = 0;
    for (int k = 0; k < each; ++k) {
      double estimate = 0, won = 0;
      const bool changed = config.duplicate ? k == 1 : d % 2 == 1;
      const auto ending = table.play(cards, changed, random, estimate, won);
      if (ending != AivatTable::Ending::played) return ending;
      estimates += estimate / each;
      dealt += won / each;
    }
    block.estimate.add(estimates);
    block.dealt.add(dealt);
  }
  return AivatTable::Ending::played;
}

}  // namespace

Result<AivatResult> play_aivat(Runtime& runtime, const BettingRules& rules,
                               const KnownOpponent& first, const KnownOpponent& second,
                               const HandStrengths& strengths, const MatchConfig& config,
                               const WatchHands& watch) {
  const std::uint64_t each = config.duplicate ? 2 : 1;
  const std::uint64_t deals = (config.hands + each - 1) / each;
  // By worker, guests too; the last for who is none.
  std::vector<FlopValues> flop_values(
      static_cast<std::size_t>(runtime.workers() + limits::guests_max) + 1);
  const auto play_block = [&](std::uint64_t b, AivatBlock& block) {
    const int worker = worker_index();
    AivatTable table(
        rules, first, second, strengths,
        worker < 0 ? flop_values.back() : flop_values[static_cast<std::size_t>(worker)]);
    const std::uint64_t end = std::min(deals, (b + 1) * aivat_block_deals);
    block.ending = play_deals(table, config, b * aivat_block_deals, end, block);
  };
  const auto all = run_blocks<AivatBlock>(
      runtime, (deals + aivat_block_deals - 1) / aivat_block_deals, play_block,
      [&](std::uint64_t n) { return watch(std::min(n * aivat_block_deals, deals) * each); },
      "match");
  if (!all) return all.error();
  const AivatBlock& found = all.value();
  if (found.ending == AivatTable::Ending::illegal)
    return Error{"illegal_action", "an agent did what the rules do not allow", "match"};
  if (found.ending == AivatTable::Ending::unknown)
    return Error{"unknown_play", "an agent did what its strategy never does", "match"};
  return AivatResult{static_cast<std::uint64_t>(found.dealt.n) * each,
                     {found.estimate.mean(), found.estimate.ci95()},
                     {found.dealt.mean(), found.dealt.ci95()},
                     found.estimate.sd(),
                     found.dealt.sd()};
}

}  // namespace weir::mccfr
