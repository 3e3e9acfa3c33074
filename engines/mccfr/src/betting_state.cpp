#include <algorithm>
#include <bit>
#include <weir/check.hpp>
#include <weir/mccfr/betting_state.hpp>

namespace weir::mccfr {
namespace {

std::uint8_t seat_bit(int player) { return static_cast<std::uint8_t>(1u << player); }

bool only_one(std::uint8_t seats) { return std::has_single_bit(seats); }

}  // namespace

BettingState::BettingState(const BettingRules& rules) noexcept : rules_(&rules) {
  for (int p = 0; p < rules.players; ++p) {
    const std::size_t seat = at(p);
    ante_[seat] = std::min(rules.antes[seat], rules.stacks[seat]);
    put_[seat] = std::min(rules.antes[seat] + rules.blinds[seat], rules.stacks[seat]);
  }
  // A blind that its player cannot post in full is still what others have to call.
  level_ = rules.largest_blind();
  begin_round(0);
}

std::uint8_t BettingState::playing() const noexcept {
  return static_cast<std::uint8_t>(((1u << rules_->players) - 1) & ~std::uint32_t{folded_});
}

std::uint8_t BettingState::able() const noexcept {
  std::uint8_t seats = 0;
  for (int p = 0; p < rules_->players; ++p) {
    if (!folded(p) && behind(p) > 0) seats = static_cast<std::uint8_t>(seats | seat_bit(p));
  }
  return seats;
}

Chips BettingState::pot() const noexcept {
  Chips sum = 0;
  for (int p = 0; p < rules_->players; ++p) sum += put_[at(p)];
  return sum;
}

Chips BettingState::to_call() const noexcept {
  return std::min(std::max(level_ - bet(player_), 0), behind(player_));
}

bool BettingState::may_raise() const noexcept {
  if (behind(player_) <= level_ - bet(player_)) return false;
  if ((able() & ~seat_bit(player_)) == 0) return false;  // nobody could call it
  if (rules_->betting == Betting::fixed && raises_ >= rules_->raises_max[at(round_)]) return false;
  if (rules_->reopen == Reopen::acpc || (acted_ & seat_bit(player_)) == 0) return true;
  const Chips since = level_ - faced_[at(player_)];
  return rules_->betting == Betting::fixed ? 2 * since >= last_raise_ : since >= last_raise_;
}

LegalActions BettingState::legal() const noexcept {
  LegalActions legal;
  if (over()) return legal;
  legal.call = to_call();
  legal.fold = legal.call > 0;
  legal.raise = may_raise();
  if (!legal.raise) return legal;
  const Chips ante = ante_[at(player_)];
  const Chips all_in = rules_->stacks[at(player_)];
  if (rules_->betting == Betting::fixed) {
    legal.raise_max = std::min(full_level_ + last_raise_ + ante, all_in);
    legal.raise_min = legal.raise_max;
    return legal;
  }
  const Chips least = rules_->reopen == Reopen::acpc ? least_total_ : level_ + last_raise_;
  legal.raise_max = all_in;
  legal.raise_min = std::min(least + ante, all_in);
  return legal;
}

const char* BettingState::refusal(const BetAction& action) const noexcept {
  if (over()) return "the hand is over";
  const LegalActions now = legal();
  switch (action.letter) {
    case 'f':
      return now.fold ? nullptr : "nobody folds without a bet to call";
    case 'c':
      return nullptr;
    case 'r':
      if (!now.raise) return "this player may not raise now";
      if (rules_->betting == Betting::fixed && action.total == 0) return nullptr;
      if (action.total < now.raise_min) return "the raise is smaller than the least one";
      return action.total <= now.raise_max ? nullptr : "the raise is more than may be put in";
    default:
      return "is none of f, c and r";
  }
}

void BettingState::apply(const BetAction& action) noexcept {
  WEIR_ASSERT(refusal(action) == nullptr, "BettingState::apply takes legal actions");
  const int who = player_;
  pending_ = static_cast<std::uint8_t>(pending_ & ~seat_bit(who));
  if (action.letter == 'f') {
    folded_ = static_cast<std::uint8_t>(folded_ | seat_bit(who));
  } else if (action.letter == 'c') {
    put_[at(who)] += to_call();
  } else {
    raise_to(rules_->betting == Betting::fixed ? legal().raise_max : action.total);
  }
  acted_ = static_cast<std::uint8_t>(acted_ | seat_bit(who));
  faced_[at(who)] = level_;
  move_on(who);
}

void BettingState::raise_to(Chips total) noexcept {
  const Chips level = total - ante_[at(player_)];
  const Chips size = level - level_;
  least_total_ = std::max(least_total_, level + size);
  if (rules_->betting == Betting::fixed) {
    // An all-in of at least half a bet stands for a whole one, a smaller one may be completed.
    if (2 * (level - full_level_) >= last_raise_) {
      full_level_ += last_raise_;
      count_raise();
    }
  } else {
    if (size >= last_raise_) last_raise_ = size;
    count_raise();
  }
  level_ = level;
  put_[at(player_)] = total;
  raiser_ = player_;
  pending_ = static_cast<std::uint8_t>(able() & ~seat_bit(player_));
}

void BettingState::count_raise() noexcept {
  if (raises_ < 255) ++raises_;
}

void BettingState::begin_round(int round) noexcept {
  round_ = static_cast<std::uint8_t>(round);
  round_level_ = round == 0 ? 0 : level_;
  full_level_ = level_;
  last_raise_ = rules_->betting == Betting::fixed ? rules_->bets[at(round)]
                : round == 0 ? std::max(rules_->min_bet, rules_->largest_blind())
                             : rules_->min_bet;
  least_total_ = level_ + last_raise_;
  raises_ = 0;
  initiative_ = raiser_;
  raiser_ = -1;
  acted_ = 0;
  faced_ = {};
  pending_ = able();
  move_on((rules_->first[at(round)] + rules_->players - 1) % rules_->players);
}

void BettingState::move_on(int from) noexcept {
  const std::uint8_t left = playing();
  if (only_one(left)) {
    kind_ = NodeKind::fold;
    return;
  }
  const std::uint8_t seats = able();
  pending_ = static_cast<std::uint8_t>(pending_ & seats);
  if (only_one(seats) && pending_ == seats) {
    // All others are all-in: who has matched them has nothing to decide, whatever the blind was.
    const int last = std::countr_zero(seats);
    Chips most = 0;
    for (int p = 0; p < rules_->players; ++p) {
      if (p != last && !folded(p)) most = std::max(most, bet(p));
    }
    if (bet(last) >= std::min(most, level_)) pending_ = 0;
  }
  if (pending_ != 0) {
    int next = from;
    do next = (next + 1) % rules_->players;
    while ((pending_ & seat_bit(next)) == 0);
    player_ = static_cast<std::int8_t>(next);
    return;
  }
  if (round_ + 1 >= rules_->rounds || std::popcount(seats) < 2) {
    kind_ = NodeKind::showdown;
    return;
  }
  begin_round(round_ + 1);
}

}  // namespace weir::mccfr
