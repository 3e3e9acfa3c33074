#include <algorithm>
#include <numeric>
#include <weir/mccfr/multiway_game.hpp>

namespace weir::mccfr {
namespace {

constexpr std::string_view high_ranks = "23456789TJQKA";

Result<BettingRules> one_card_rules(BettingRules rules, int players, const Rake& rake) {
  if (players < 2 || players > players_max)
    return Error{"players", "2 to " + std::to_string(players_max) + " can play", "players"};
  rules.players = players;
  rules.ranks = players + 1;
  for (std::size_t p = 0; p < static_cast<std::size_t>(players); ++p) {
    rules.stacks[p] = rules.stacks[0];
    rules.antes[p] = rules.antes[0];
  }
  rules.rake = rake;
  rules.whole_chips = false;
  if (auto valid = validate(rules); !valid) return valid.error();
  return rules;
}

}  // namespace

Result<MultiwayGame> MultiwayGame::kuhn(int players, const Rake& rake) {
  auto rules = one_card_rules(kuhn_rules(), players, rake);
  if (!rules) return rules.error();
  return MultiwayGame(rules.value());
}

Result<MultiwayGame> MultiwayGame::leduc(int players, const Rake& rake) {
  auto rules = one_card_rules(leduc_rules(), players, rake);
  if (!rules) return rules.error();
  return MultiwayGame(rules.value());
}

Result<MultiwayGame> MultiwayGame::holdem(const HoldemConfig& config) {
  auto cards = HoldemGame::without_tree(config);
  if (!cards) return cards.error();
  MultiwayGame game(config.rules);
  game.menu_ = config.menu;
  game.holdem_ = std::move(cards).value();
  return game;
}

Result<Done> MultiwayGame::make_cards() {
  return holdem_ ? holdem_->make_cards() : Result<Done>(Done{});
}

int MultiwayGame::actions(const BettingState& state, int depth,
                          std::array<BetAction, actions_max>& list) const noexcept {
  const int count = menu_actions(state, menu_, list);
  if (depth < multiway_depth_max) return count;
  return static_cast<int>(std::find_if(list.begin(), list.begin() + count,
                                       [](const BetAction& a) { return a.letter == 'r'; }) -
                          list.begin());
}

std::array<std::uint32_t, rounds_max> MultiwayGame::buckets() const noexcept {
  if (holdem_) return holdem_->buckets();
  const auto ranks = static_cast<std::uint32_t>(rules_.ranks);
  return {ranks, rules_.rounds > 1 ? ranks * ranks : 0U, 0, 0};
}

void MultiwayDeal::see(std::size_t round, std::size_t player) noexcept {
  seen_ |= 1U << (round * players_max + player);
  buckets_[round][player] = cards_->bucket(
      hands_[player], std::span<const Card>(board_.data(), round == 0 ? 0 : round + 2));
}

void MultiwayDeal::rank() noexcept {
  ranked_ = true;
  const PartialHand shown{std::span<const Card>(board_)};
  for (std::size_t p = 0; p < players_; ++p)
    ranks_[p] = hand_ranks()(shown + PartialHand(hands_[p]));
}

void MultiwayGame::see_one_card(const std::array<int, players_max + 1>& cards,
                                MultiwayDeal& deal) const noexcept {
  const int board =
      rules_.rounds > 1 ? cards[static_cast<std::size_t>(rules_.players)] / rules_.suits : -1;
  deal.seen_ = ~std::uint32_t{0};
  deal.ranked_ = true;
  for (std::size_t p = 0; p < players_max; ++p) {
    const int own = cards[p] / rules_.suits;
    deal.buckets_[0][p] = static_cast<Bucket>(own);
    if (board >= 0) deal.buckets_[1][p] = static_cast<Bucket>(own * rules_.ranks + board);
    deal.ranks_[p] = static_cast<std::uint32_t>(own == board ? rules_.ranks : own);
  }
}

namespace {

/// Calls take(k, card) with `count` different cards of a deck.
template <class Take>
void draw(Random& random, int deck, std::size_t count, Take&& take) noexcept {
  std::uint64_t taken = 0;
  for (std::size_t k = 0; k < count; ++k) {
    std::uint32_t card = 0;
    do card = random.below(static_cast<std::uint32_t>(deck));
    while ((taken >> card & 1) != 0);
    taken |= std::uint64_t{1} << card;
    take(k, card);
  }
}

}  // namespace

void MultiwayGame::deal_one_card(Random& random, MultiwayDeal& deal) const noexcept {
  std::array<int, players_max + 1> cards{};
  draw(random, rules_.deck(),
       static_cast<std::size_t>(rules_.players) + (rules_.rounds > 1 ? 1 : 0),
       [&](std::size_t k, std::uint32_t card) { cards[k] = static_cast<int>(card); });
  see_one_card(cards, deal);
}

/// Hands of the players [first, end), and the board.
void MultiwayGame::deal_hands(std::size_t first, std::size_t end, Random& random,
                              MultiwayDeal& deal) const noexcept {
  std::array<Card, 2 * players_max + 5> cards{};
  draw(random, card_count, 2 * (end - first) + 5,
       [&](std::size_t k, std::uint32_t card) { cards[k] = static_cast<Card>(card); });
  deal.cards_ = holdem_->cards();
  deal.seen_ = 0;
  deal.ranked_ = false;
  deal.players_ = static_cast<std::uint8_t>(end);
  for (std::size_t p = first; p < end; ++p)
    deal.hands_[p] = hand_of(cards[2 * (p - first)], cards[2 * (p - first) + 1]);
  std::copy_n(cards.data() + 2 * (end - first), 5, deal.board_.data());
}

void MultiwayGame::deal(Random& random, MultiwayDeal& deal) const noexcept {
  if (!holdem_) return deal_one_card(random, deal);
  deal_hands(0, static_cast<std::size_t>(rules_.players), random, deal);
}

void MultiwayGame::deal_to(int player, Random& random, MultiwayDeal& deal) const noexcept {
  if (!holdem_) return deal_one_card(random, deal);
  deal_hands(static_cast<std::size_t>(player), static_cast<std::size_t>(player) + 1, random, deal);
}

std::string MultiwayGame::private_key(int round, std::uint32_t bucket) const {
  if (holdem_) return "b" + std::to_string(bucket) + ":" + std::string(round_name(round)) + ":";
  const auto ranks = static_cast<std::uint32_t>(rules_.ranks);
  const std::string_view letters =
      rules_.players == 2 ? "JQK" : high_ranks.substr(high_ranks.size() - ranks);
  std::string text(1, letters[round > 0 ? bucket / ranks : bucket]);
  text += ':';
  if (round > 0) text += letters[bucket % ranks];
  return text + ':';
}

std::vector<MultiwayGame::WeightedDeal> MultiwayGame::all_deals() const {
  std::vector<WeightedDeal> deals;
  if (holdem_) return deals;
  const auto dealt = static_cast<std::size_t>(rules_.players + (rules_.rounds > 1 ? 1 : 0));
  std::array<int, players_max + 1> cards{};
  std::uint32_t taken = 0;
  // All ways to deal, one digit a card; suits play no part, so that equal ranks are added up.
  const auto next = [&](auto&& self, std::size_t k, double weight) -> void {
    if (k == dealt) {
      WeightedDeal here;
      here.weight = weight;
      see_one_card(cards, here.deal);
      deals.push_back(here);
      return;
    }
    const int left = rules_.deck() - static_cast<int>(k);
    for (int rank = 0; rank < rules_.ranks; ++rank) {
      int free = 0, card = 0;
      for (int c = rank * rules_.suits; c < (rank + 1) * rules_.suits; ++c)
        if ((taken >> c & 1) == 0) ++free, card = c;
      if (free == 0) continue;
      taken |= 1U << card;
      cards[k] = card;
      self(self, k + 1, weight * free / left);
      taken &= ~(1U << card);
    }
  };
  next(next, 0, 1);
  return deals;
}

std::string BettingText::letter(const BettingRules& rules, const BetAction& action) {
  if (action.letter == 'r' && rules.betting == Betting::no_limit)
    return "r" + std::to_string(action.total);
  return std::string(1, action.letter);
}

void BettingText::add(const BetAction& action, int round, const BettingState& after) {
  text_ += letter(*rules_, action);
  if (!after.over() && after.round() != round) text_ += '/';
}

}  // namespace weir::mccfr
