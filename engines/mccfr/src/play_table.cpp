#include "play_table.hpp"

#include <fmt/format.h>

#include <utility>
#include <weir/mccfr/strategy.hpp>

namespace weir::mccfr {
namespace {

BettingRules rules_of_game(const TrainingGame& game) {
  if (const HoldemGame* const holdem = game.holdem()) return holdem->config().rules;
  return game.one_card()->rules();
}

char rank_letter(const OneCardGame& game, int card) { return "JQK"[card * 3 / game.cards()]; }

}  // namespace

PlayTable::PlayTable(const Loaded& loaded, std::uint64_t seed, std::unique_ptr<Agent> agent)
    : loaded_(loaded),
      rules_(rules_of_game(*loaded.game)),
      seed_(seed),
      state_(rules_),
      place_(loaded.game->tree(), rules_),
      random_(Random::keyed(seed, 0, table_play_purpose)),
      agent_(std::move(agent)) {}

void PlayTable::deal(std::uint64_t number) {
  const OneCardGame* const game = loaded_.game->one_card();
  if (game == nullptr) {
    cards_ = deal_cards(seed_, number);
    return;
  }
  Random random = Random::keyed(seed_, number, table_deal_purpose);
  std::vector<int> deck;
  for (int card = 0; card < game->cards(); ++card) deck.push_back(card);
  for (std::size_t k = 0; k < 3; ++k)
    std::swap(deck[k], deck[k + random.below(static_cast<std::uint32_t>(deck.size() - k))]);
  holes_ = {deck[0], deck[1]};
  board_ = deck[2];
}

void PlayTable::begin(std::uint64_t number, int seat) {
  deal(number);
  seat_ = seat;
  state_ = BettingState(rules_);
  place_ = TreePosition(loaded_.game->tree(), rules_);
  random_ = Random::keyed(seed_, number, table_play_purpose);
  if (agent_ != nullptr) agent_->begin(1 - seat, cards_.hands[static_cast<std::size_t>(1 - seat)]);
}

std::uint32_t PlayTable::bucket() const {
  const auto player = static_cast<std::size_t>(state_.player());
  if (const OneCardGame* const game = loaded_.game->one_card())
    return game->bucket(state_.round(), holes_[player], board_);
  const std::span<const Card> board(cards_.board);
  return loaded_.game->holdem()->cards()->bucket(cards_.hands[player],
                                                 board.first(cards_shown(state_.round())));
}

std::vector<WeighedAction> PlayTable::choices() const {
  std::vector<WeighedAction> found;
  TreePosition here = place_;
  here.check_turn(state_, state_.player());
  if (!here.inside()) return found;
  const BettingNode& node = here.node();
  double strategy[actions_max];
  const TableShape& shape = loaded_.trainer->shape();
  loaded_.trainer->average(shape.region(node.round, node.player, bucket()) + node.row, node.actions,
                           strategy);
  for (std::size_t a = 0; a < node.actions; ++a)
    found.push_back({here.real(state_, a), strategy[a]});
  return found;
}

void PlayTable::take(const BetAction& action, std::size_t index) {
  if (place_.inside()) place_.enter(index);
  if (agent_ != nullptr) agent_->saw(state_, action, random_);
  state_.apply(action);
}

void PlayTable::act(const BetAction& action) {
  place_.check_turn(state_, state_.player());
  take(action, read(action));
}

/// What a bet is in the tree, by chance where it lies between two.
std::size_t PlayTable::read(const BetAction& action) {
  if (!place_.inside()) return 0;
  const Translation read = place_.read(state_, action);
  const bool lower = read.lower == read.upper || random_.unit() < static_cast<float>(read.p_lower);
  return lower ? read.lower : read.upper;
}

BetAction PlayTable::answer() {
  place_.check_turn(state_, state_.player());
  if (agent_ != nullptr) {
    const std::span<const Card> board(cards_.board);
    const BetAction thought =
        agent_->act(state_, board.first(cards_shown(state_.round())), random_);
    take(thought, read(thought));
    return thought;
  }
  const std::vector<WeighedAction> weighed = choices();
  std::size_t index = 0;
  BetAction action{'c', 0};
  if (!weighed.empty()) {
    double strategy[actions_max];
    for (std::size_t a = 0; a < weighed.size(); ++a) strategy[a] = weighed[a].probability;
    index = static_cast<std::size_t>(
        draw_action(strategy, static_cast<int>(weighed.size()), random_.unit()));
    action = weighed[index].action;
  }
  take(action, index);
  return action;
}

double PlayTable::won() const noexcept {
  std::array<std::uint32_t, 2> ranks = cards_.ranks;
  if (const OneCardGame* const game = loaded_.game->one_card()) {
    const std::uint32_t outcome = game->outcome(holes_[0], holes_[1], board_);
    ranks = {outcome, 1};  // 0 worse, 1 tie, 2 better
  }
  return state_.settle(ranks).net[static_cast<std::size_t>(seat_)];
}

std::string PlayTable::hole_text(int seat) const {
  const auto s = static_cast<std::size_t>(seat);
  if (const OneCardGame* const game = loaded_.game->one_card())
    return {rank_letter(*game, holes_[s])};
  return hand_text(cards_.hands[s]);
}

std::string PlayTable::board_text() const {
  const int round = state_.kind() == NodeKind::showdown ? rules_.rounds - 1 : state_.round();
  if (const OneCardGame* const game = loaded_.game->one_card())
    return round == 0 ? std::string() : std::string(1, rank_letter(*game, board_));
  return cards_text(std::span<const Card>(cards_.board).first(cards_shown(round)));
}

}  // namespace weir::mccfr
