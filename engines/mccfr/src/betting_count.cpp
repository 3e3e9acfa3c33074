#include <algorithm>
#include <vector>
#include <weir/mccfr/betting_count.hpp>
#include <weir/mccfr/tree_builder.hpp>

namespace weir::mccfr {
namespace {

constexpr Chips counted_stack_max = 50'000;  // the time grows with its square

Error count_error(const char* code, const char* what, const char* where) {
  return {code, what, where};
}

__extension__ using Wide = unsigned __int128;

/// The number of ways to draw `cards` of `deck`, times `count`.
void times_draws(BigCount& count, int deck, int cards) {
  // Small enough for 64 bits: a hand or a board is at most a handful of 52 cards.
  std::uint64_t ways = 1;
  for (int i = 0; i < cards; ++i) {
    const auto next = Wide{ways} * static_cast<unsigned>(deck - i) / static_cast<unsigned>(i + 1);
    ways = static_cast<std::uint64_t>(next);
  }
  count *= ways;
}

/// Sums up decisions times deals seen by `viewers` players: 1 counts information sets, all states.
BigCount times_deals(const BettingRules& rules, const std::array<BigCount, rounds_max>& decisions,
                     int viewers) {
  BigCount sum;
  for (int last = 0; last < rules.rounds; ++last) {
    BigCount deals = decisions[static_cast<std::size_t>(last)];
    int deck = rules.deck();
    for (int r = 0; r <= last; ++r) {
      const auto round = static_cast<std::size_t>(r);
      for (int p = 0; p < viewers; ++p) {
        times_draws(deals, deck, rules.hole_cards[round]);
        deck -= rules.hole_cards[round];
      }
      times_draws(deals, deck, rules.board_cards[round]);
      deck -= rules.board_cards[round];
    }
    sum += deals;
  }
  return sum;
}

/// One round of no-limit betting between two equal stacks. `begun[L]`: ways to begin it with L chips
/// put in by each; becomes the ways to begin the next. Returns the decisions.
///
/// Two players may open at L, the first and, after a check, the second. raised[L] is the ways to face
/// a bet that came to L by a last raise of at most d; going through d upwards, a raise of d to L
/// comes from L - d, where the last raise was at most d. All decisions below the stack have one
/// all-in each, and each all-in is one decision more.
BigCount play_round(std::vector<BigCount>& begun, std::size_t least) {
  const std::size_t stack = begun.size();
  std::vector<BigCount> raised(stack);
  for (std::size_t size = least; size < stack; ++size) {
    for (std::size_t level = size; level < stack; ++level) {
      const BigCount& opened = begun[level - size];
      BigCount ways = raised[level - size];
      ways += opened;
      ways += opened;
      raised[level] += ways;
    }
  }
  BigCount decisions;
  for (std::size_t level = 0; level < stack; ++level) {
    decisions += begun[level];
    decisions += begun[level];
    decisions += raised[level];
    begun[level] += raised[level];
  }
  decisions *= 2;
  return decisions;
}

Result<Done> check_countable(const BettingRules& rules) {
  if (rules.players != 2) return count_error("unsupported", "two players are counted", "players");
  if (rules.stacks[0] != rules.stacks[1]) {
    return count_error("unsupported", "stacks are equal where they are counted", "stacks");
  }
  if (!rules.equal_antes()) {
    return count_error("unsupported", "antes are equal where they are counted", "antes");
  }
  if (rules.largest_blind() + rules.antes[0] >= rules.stacks[0]) {
    return count_error("bad_rules", "blinds and antes take a whole stack", "stacks");
  }
  if (rules.stacks[0] > counted_stack_max) {
    return count_error("too_large", "a stack of that many chips takes too long", "stacks");
  }
  return Done{};
}

Result<std::array<BigCount, rounds_max>> count_no_limit(const BettingRules& rules) {
  const Result<Done> countable = check_countable(rules);
  if (!countable) return countable.error();
  std::array<BigCount, rounds_max> decisions{};
  std::vector<BigCount> begun(static_cast<std::size_t>(rules.stacks[0] - rules.antes[0]));
  begun[static_cast<std::size_t>(rules.largest_blind())] = BigCount(1);
  for (int r = 0; r < rules.rounds; ++r) {
    const Chips least = r == 0 ? std::max(rules.min_bet, rules.largest_blind()) : rules.min_bet;
    decisions[static_cast<std::size_t>(r)] = play_round(begun, static_cast<std::size_t>(least));
  }
  return decisions;
}

Result<std::array<BigCount, rounds_max>> count_fixed(const BettingRules& rules) {
  const Result<TreeCounts> counts = count_tree(rules, {});
  if (!counts) return counts.error();
  std::array<BigCount, rounds_max> decisions{};
  for (std::size_t r = 0; r < rounds_max; ++r) {
    for (const std::uint64_t nodes : counts.value().decisions[r]) decisions[r] += BigCount(nodes);
  }
  return decisions;
}

}  // namespace

BigCount& BigCount::operator+=(const BigCount& other) noexcept {
  std::uint64_t carry = 0;
  for (std::size_t i = 0; i < limbs_.size(); ++i) {
    const Wide sum = Wide{limbs_[i]} + other.limbs_[i] + carry;
    limbs_[i] = static_cast<std::uint64_t>(sum);
    carry = static_cast<std::uint64_t>(sum >> 64);
  }
  overflowed_ = overflowed_ || other.overflowed_ || carry != 0;
  return *this;
}

BigCount& BigCount::operator*=(std::uint64_t factor) noexcept {
  std::uint64_t carry = 0;
  for (std::uint64_t& limb : limbs_) {
    const Wide product = Wide{limb} * factor + carry;
    limb = static_cast<std::uint64_t>(product);
    carry = static_cast<std::uint64_t>(product >> 64);
  }
  overflowed_ = overflowed_ || carry != 0;
  return *this;
}

std::string BigCount::text() const {
  constexpr std::uint64_t chunk = 1'000'000'000'000'000'000;  // 18 digits at once
  std::array<std::uint64_t, 16> rest = limbs_;
  std::string text;  // the last digit first
  do {
    std::uint64_t digits = 0;
    for (std::size_t i = rest.size(); i-- > 0;) {
      const Wide value = (Wide{digits} << 64) | rest[i];
      rest[i] = static_cast<std::uint64_t>(value / chunk);
      digits = static_cast<std::uint64_t>(value % chunk);
    }
    for (int i = 0; i < 18; ++i, digits /= 10) text += static_cast<char>('0' + digits % 10);
  } while (std::any_of(rest.begin(), rest.end(), [](std::uint64_t limb) { return limb != 0; }));
  while (text.size() > 1 && text.back() == '0') text.pop_back();
  std::reverse(text.begin(), text.end());
  return text;
}

Result<BettingCounts> count_betting(const BettingRules& rules) {
  const Result<Done> valid = validate(rules);
  if (!valid) return valid.error();
  const auto decisions =
      rules.betting == Betting::fixed ? count_fixed(rules) : count_no_limit(rules);
  if (!decisions) return decisions.error();
  BettingCounts counts;
  counts.decisions = decisions.value();
  counts.information_sets = times_deals(rules, counts.decisions, 1);
  counts.states = times_deals(rules, counts.decisions, rules.players);
  if (counts.states.overflowed() || counts.information_sets.overflowed()) {
    return count_error("too_large", "the numbers have more than 1024 bits", "stacks");
  }
  return counts;
}

}  // namespace weir::mccfr
