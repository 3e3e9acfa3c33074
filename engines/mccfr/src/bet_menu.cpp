#include <algorithm>
#include <cmath>
#include <weir/mccfr/bet_menu.hpp>

namespace weir::mccfr {
namespace {

constexpr int menu_sizes_max = actions_max - 2;

/// What sizes are measured by at one node.
struct BetMeasure {
  Chips called = 0;     // the player's total once he has called
  Chips ante = 0;       // his own
  double pot = 0;       // once he has called
  Chips least = 0;      // totals
  Chips most = 0;       // that anybody can call
  Chips put = 0;        // so far
  Chips round_bet = 0;  // the bet of this round
};

BetMeasure measure(const BettingState& state, const LegalActions& legal) noexcept {
  const BettingRules& rules = state.rules();
  const int who = state.player();
  BetMeasure m;
  m.put = state.put(who);
  m.ante = m.put - state.bet(who);
  m.called = state.level() + m.ante;
  m.pot = static_cast<double>(state.pot()) + legal.call;
  m.least = legal.raise_min;
  m.round_bet = state.level() - state.round_level();
  Chips callable = 0;
  for (int p = 0; p < rules.players; ++p) {
    if (p == who || state.folded(p)) continue;
    callable = std::max(callable, state.bet(p) + state.behind(p));
  }
  m.most = std::max(std::min(legal.raise_max, callable + m.ante), m.least);
  return m;
}

/// The total of a size, unrounded; 0: it means nothing here.
double total_of(const BetSize& size, const BetMeasure& m, int rounds_left) noexcept {
  switch (size.kind) {
    case BetSize::Kind::pot:
      return m.called + size.amount * m.pot;
    case BetSize::Kind::last:
      return m.round_bet == 0 ? 0 : m.called + (size.amount - 1) * m.round_bet;
    case BetSize::Kind::chips:
      return m.called + size.amount;
    case BetSize::Kind::geometric: {
      const double bets = size.amount > 0 ? size.amount : rounds_left;
      const double grown = (m.pot + 2.0 * (m.most - m.called)) / m.pot;
      const double part = (std::pow(grown, 1 / bets) - 1) / 2;
      return m.called + (size.cap > 0 ? std::min(part, size.cap) : part) * m.pot;
    }
    case BetSize::Kind::all_in:
      return m.most;
    case BetSize::Kind::minimum:
      break;
  }
  return m.least;
}

const BetSizes* sizes_here(const BettingState& state, const BetMenu& menu) noexcept {
  const auto round = static_cast<std::size_t>(state.round());
  const auto raises = static_cast<std::size_t>(state.raises());
  if (menu.raises_max[round] > 0 && state.raises() >= menu.raises_max[round]) return nullptr;
  if (raises == 0 && state.initiative() > state.player() && menu.donks[round]) {
    return &*menu.donks[round];
  }
  const auto& lists = menu.sizes[round][static_cast<std::size_t>(state.player())];
  return lists.empty() ? nullptr : &lists[std::min(raises, lists.size() - 1)];
}

/// Keeps the larger of sizes that lie close together; returns how many are left.
int merge_close(std::array<Chips, actions_max>& totals, int count, const BetMeasure& m,
                double merge) noexcept {
  if (merge <= 0 || count == 0) return count;
  const auto grown = [&](Chips total) { return 1 + (total - m.called) / m.pot; };
  int kept = count - 1;  // from the largest down
  for (int i = count - 2; i >= 0; --i) {
    const Chips total = totals[static_cast<std::size_t>(i)];
    const Chips above = totals[static_cast<std::size_t>(kept)];
    if (grown(above) < (1 + merge) * grown(total)) continue;
    totals[static_cast<std::size_t>(--kept)] = total;
  }
  std::move(totals.begin() + kept, totals.begin() + count, totals.begin());
  return count - kept;
}

/// The totals of a menu's bets at one node, ascending.
int menu_totals(const BettingState& state, const BetMenu& menu, const LegalActions& legal,
                std::array<Chips, actions_max>& totals) noexcept {
  const BetSizes* sizes = sizes_here(state, menu);
  if (sizes == nullptr) return 0;
  const BetMeasure m = measure(state, legal);
  int count = 0;
  for (const BetSize& size : *sizes) {
    if (count == menu_sizes_max) break;
    const double exact = total_of(size, m, state.rules().rounds - state.round());
    if (exact <= 0) continue;
    const double bounded =
        std::clamp(exact, static_cast<double>(m.least), static_cast<double>(m.most));
    auto total = static_cast<Chips>(std::floor(bounded + 0.5));
    if (total - m.put >= menu.all_in_from * (m.most - m.put)) total = m.most;
    totals[static_cast<std::size_t>(count++)] = total;
  }
  std::sort(totals.begin(), totals.begin() + count);
  count = static_cast<int>(std::unique(totals.begin(), totals.begin() + count) - totals.begin());
  return merge_close(totals, count, m, menu.merge);
}

BetSizes percents(std::initializer_list<int> sizes) {
  BetSizes list;
  for (const int percent : sizes) list.push_back({BetSize::Kind::pot, percent / 100.0, 0});
  list.push_back({BetSize::Kind::all_in, 0, 0});
  return list;
}

}  // namespace

void BetMenu::set_all(const std::vector<BetSizes>& lists) {
  for (auto& round : sizes) round.fill(lists);
}

Result<Done> validate(const BetMenu& menu, const BettingRules& rules) {
  const auto refuse = [](std::string where, std::string what) {
    return Error{"bad_menu", std::move(what), std::move(where)};
  };
  if (!(menu.all_in_from > 0 && menu.all_in_from <= 1)) {
    return refuse("all_in_from", "is a part of the stack: more than 0, at most 1");
  }
  if (!(menu.merge >= 0 && menu.merge <= 1)) return refuse("merge", "0 to 1");
  for (int r = 0; r < rules.rounds; ++r) {
    const auto round = static_cast<std::size_t>(r);
    const std::string of_round = "[" + std::to_string(r) + "]";
    if (menu.raises_max[round] < 0) return refuse("raises_max" + of_round, "0 (no limit) or more");
    if (menu.donks[round] && menu.donks[round]->size() > menu_sizes_max) {
      return refuse("donks" + of_round, "at most " + std::to_string(menu_sizes_max) + " sizes");
    }
    for (int p = 0; p < rules.players; ++p) {
      for (const BetSizes& list : menu.sizes[round][static_cast<std::size_t>(p)]) {
        if (list.size() <= menu_sizes_max) continue;
        return refuse("sizes" + of_round + "[" + std::to_string(p) + "]",
                      "at most " + std::to_string(menu_sizes_max) + " sizes");
      }
    }
  }
  return Done{};
}

BetMenu pot_menu() {
  BetMenu menu;
  menu.set_all({percents({100})});
  return menu;
}

BetMenu rich_menu(const BettingRules& rules) {
  BetMenu menu;
  menu.sizes[0].fill({percents({33, 50, 66, 75, 100, 150, 200, 250})});
  menu.sizes[1].fill({percents({33, 75, 100})});
  menu.sizes[2].fill({percents({66, 100, 150})});
  menu.sizes[3].fill({percents({75, 100, 150})});
  const auto button = static_cast<std::size_t>(rules.players - 1);
  menu.sizes[0][button] = {percents({25, 33, 50, 66, 75, 100, 150, 200, 250, 300})};
  menu.sizes[1][button] = {percents({33, 75, 100, 150})};
  return menu;
}

int menu_actions(const BettingState& state, const BetMenu& menu,
                 std::array<BetAction, actions_max>& actions) noexcept {
  const LegalActions legal = state.legal();
  std::size_t count = 0;
  if (legal.fold) actions[count++] = {'f', 0};
  actions[count++] = {'c', 0};
  if (!legal.raise) return static_cast<int>(count);
  if (state.rules().betting == Betting::fixed) {
    actions[count++] = {'r', legal.raise_max};
    return static_cast<int>(count);
  }
  std::array<Chips, actions_max> totals{};
  const int bets = menu_totals(state, menu, legal, totals);
  for (int i = 0; i < bets; ++i) actions[count++] = {'r', totals[static_cast<std::size_t>(i)]};
  return static_cast<int>(count);
}

double pseudo_harmonic(double smaller, double larger, double bet) noexcept {
  if (bet <= smaller) return 1;
  if (bet >= larger) return 0;
  return (larger - bet) * (1 + smaller) / ((larger - smaller) * (1 + bet));
}

Translation translate(const BettingState& state, std::span<const BetAction> actions,
                      Chips total) noexcept {
  Translation result;
  std::size_t first = 0;
  while (first < actions.size() && actions[first].letter != 'r') ++first;
  if (first == actions.size()) {
    result.lower = actions.empty() ? 0 : actions.size() - 1;
    result.upper = result.lower;
    return result;
  }
  std::size_t upper = first;
  while (upper + 1 < actions.size() && actions[upper].total < total) ++upper;
  const bool inside = upper > first && actions[upper].total > total;
  result.upper = upper;
  result.lower = inside ? upper - 1 : upper;
  if (!inside) return result;
  const BetMeasure m = measure(state, state.legal());
  const auto in_pots = [&](Chips to) { return (to - m.called) / m.pot; };
  result.p_lower = pseudo_harmonic(in_pots(actions[result.lower].total),
                                   in_pots(actions[upper].total), in_pots(total));
  return result;
}

}  // namespace weir::mccfr
