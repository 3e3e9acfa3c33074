// What a subgame's solver has learnt, decision by decision, with the cards as they are dealt.
#include <algorithm>

#include "subgame_state.hpp"

namespace weir::mccfr {
namespace {

using subgame::Step;

SuitMap inverse(const SuitMap& map) noexcept {
  SuitMap back{};
  for (std::uint8_t suit = 0; suit < suit_count; ++suit) back[map[suit]] = suit;
  return back;
}

/// First `first`, then `second`.
SuitMap composed(const SuitMap& first, const SuitMap& second) noexcept {
  SuitMap map{};
  for (std::size_t suit = 0; suit < map.size(); ++suit) map[suit] = second[first[suit]];
  return map;
}

std::uint64_t decisions_of(const subgame::Street& street) noexcept {
  return static_cast<std::uint64_t>(
      std::count_if(street.nodes.begin(), street.nodes.end(),
                    [](const auto& node) { return node.step == Step::decision; }));
}

}  // namespace

void SubgameSolver::State::list_boards() {
  dealt[0].emplace_back();
  for (int s = 0; s + 1 < boards.streets(); ++s) {
    const auto street = static_cast<std::size_t>(s);
    for (const Dealt& before : dealt[street]) {
      const SuitMap back = inverse(before.stand_in);
      for (const subgame::Deal& deal : boards.deals(s, boards.of_street(s)[before.board])) {
        for (const subgame::Image& image : boards.images(deal)) {
          Dealt next = before;
          next.cards[street] = mapped(image.card, back);
          next.board = deal.board;
          next.stand_in = composed(before.stand_in, inverse(boards.map(image.map)));
          dealt[street + 1].push_back(next);
        }
      }
    }
  }
}

SubgameDecision SubgameSolver::State::decision(std::size_t street, const Dealt& on,
                                               std::uint32_t n) {
  const subgame::StreetNode& node = streets.streets[street].nodes[n];
  const subgame::PlayerHands& player = boards.player(node.player);
  const subgame::Board& board = boards.of_street(static_cast<int>(street))[on.board];
  SubgameDecision found;
  found.history = subgame::history_text(streets, subgame, node.source, on.cards);
  found.player = node.player;
  for (std::size_t a = 0; a < node.actions; ++a)
    found.actions.push_back(subgame::action_text(streets, subgame, node, a));
  const float* const sums = tables.sums(street, on.board, node);
  const subgame::LockRows lock = tables.lock(street, board, n);
  for (const Hand hand : player.hands) {
    const Hand stand_in = mapped(hand, on.stand_in);
    if ((cards_of(stand_in).set() & board.cards) != 0) continue;
    const std::size_t h = player.find(stand_in);
    found.hands.push_back(hand);
    found.weights.push_back(player.weights[h]);
    float sum = 0;
    for (std::size_t a = 0; a < node.actions; ++a) sum += sums[a * player.stride + h];
    for (std::size_t a = 0; a < node.actions; ++a) {
      const std::size_t place = a * player.stride + h;
      const float learnt = sum > 0 ? sums[place] / sum : 1.0F / static_cast<float>(node.actions);
      const bool free = lock.free == nullptr || lock.free[h] != 0;
      found.probabilities.push_back(free ? learnt : lock.fixed[place]);
    }
  }
  return found;
}

std::uint64_t SubgameSolver::boards() const noexcept {
  std::uint64_t sum = 0;
  for (int s = 0; s < state_->boards.streets(); ++s) sum += state_->boards.of_street(s).size();
  return sum;
}

std::uint64_t SubgameSolver::decisions() const noexcept {
  std::uint64_t sum = 0;
  for (std::size_t s = 0; s < state_->streets.streets.size(); ++s)
    sum += decisions_of(state_->streets.streets[s]) *
           state_->boards.of_street(static_cast<int>(s)).size();
  return sum;
}

std::uint64_t SubgameSolver::decisions_in_all() const noexcept {
  std::uint64_t sum = 0;
  for (std::size_t s = 0; s < state_->streets.streets.size(); ++s)
    sum += decisions_of(state_->streets.streets[s]) * state_->dealt[s].size();
  return sum;
}

bool SubgameSolver::next(SubgameDecision& decision) {
  State& state = *state_;
  for (; state.next_street < state.streets.streets.size();
       ++state.next_street, state.next_board = 0) {
    const subgame::Street& street = state.streets.streets[state.next_street];
    const auto& boards = state.dealt[state.next_street];
    for (; state.next_board < boards.size(); ++state.next_board, state.next_node = 0) {
      while (state.next_node < street.nodes.size()) {
        const std::uint32_t node = state.next_node++;
        if (street.nodes[node].step != Step::decision) continue;
        decision = state.decision(state.next_street, boards[state.next_board], node);
        return true;
      }
    }
  }
  state.next_street = 0;
  return false;
}

Result<SubgameSolver::State::Found> SubgameSolver::State::find(const std::string& history) const {
  const auto place = subgame::find_history(streets, subgame, history);
  if (!place) return Error{"bad_config", place.error().what, "history, " + place.error().where};
  const auto& boards_there = dealt[place.value().street];
  const auto found = std::find_if(boards_there.begin(), boards_there.end(), [&](const Dealt& each) {
    for (std::size_t card = 0; card < place.value().street; ++card)
      if (each.cards[card] != place.value().dealt[card]) return false;
    return true;
  });
  if (found == boards_there.end())
    return Error{"bad_config", "every card has to be named", "history"};
  return Found{place.value().street, place.value().node, *found};
}

Result<SubgameDecision> SubgameSolver::decision(const std::string& history) const {
  const auto found = state_->find(history);
  if (!found) return found.error();
  return state_->decision(found.value().street, found.value().dealt, found.value().node);
}

Result<Done> SubgameSolver::set_average(const SubgameDecision& decision) {
  const auto found = state_->find(decision.history);
  if (!found) return found.error();
  const State::Found& at = found.value();
  const subgame::StreetNode& node = state_->streets.streets[at.street].nodes[at.node];
  const subgame::PlayerHands& player = state_->boards.player(node.player);
  float* const sums = state_->tables.sums(at.street, at.dealt.board, node);
  for (std::size_t i = 0; i < decision.hands.size(); ++i) {
    const std::size_t h = player.find(mapped(decision.hands[i], at.dealt.stand_in));
    for (std::size_t a = 0; a < node.actions; ++a)
      sums[a * player.stride + h] = decision.probabilities[i * node.actions + a];
  }
  return Done{};
}

}  // namespace weir::mccfr
