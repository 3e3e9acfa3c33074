#include "acpc_client.hpp"

#include <algorithm>
#include <cmath>
#include <limits>
#include <weir/mccfr/hand_rank.hpp>

#include "table_cards.hpp"

namespace weir::mccfr {
namespace {

Error client_error(const char* code, std::string what, const MatchState& match) {
  return {code, std::move(what), "hand " + std::to_string(match.hand)};
}

Result<std::vector<Card>> board_of(const MatchState& match) {
  std::string text;
  for (const std::string& round : match.board) text += round;
  return parse_cards(text);
}

}  // namespace

double AcpcScore::mean() const noexcept {
  return hands == 0 ? 0 : sum / static_cast<double>(hands);
}

double AcpcScore::ci95() const noexcept {
  if (hands < 2) return std::numeric_limits<double>::infinity();
  const auto n = static_cast<double>(hands);
  return 1.96 * std::sqrt(std::max(0.0, squares / n - mean() * mean()) / n);
}

AcpcClient::AcpcClient(const BettingRules& rules, std::unique_ptr<Agent> agent, std::uint64_t seed)
    : rules_(rules),
      agent_(std::move(agent)),
      seed_(seed),
      random_(Random::keyed(seed, 0, table_play_purpose)) {
  rules_.reopen = Reopen::acpc;
  rules_.rake = {};  // dealers take none
}

Result<std::string> AcpcClient::answer(std::string_view line) {
  if (line.empty() || line[0] == '#' || line[0] == ';') return std::string();
  auto parsed = parse_match_state(rules_, line);
  if (!parsed) return parsed.error();
  const MatchState& match = parsed.value();
  if (!last_ || *last_ != match.hand) {
    if (auto begun = begin(match); !begun) return begun.error();
  }
  auto followed = follow(match);
  if (!followed) return followed.error();
  const BettingState& state = followed.value();
  if (state.over()) {
    if (auto settled = settle(match, state); !settled) return settled.error();
    return std::string();
  }
  if (state.player() != position_) return std::string();
  auto board = board_of(match);
  if (!board) return board.error();
  const BetAction action = agent_->act(state, board.value(), random_);
  if (const char* reason = state.refusal(action))
    return client_error("illegal_action", reason, match);
  ++score_.actions;
  return match_reply(rules_, line, action);
}

Result<Done> AcpcClient::begin(const MatchState& match) {
  const std::string& hole = match.holes[static_cast<std::size_t>(match.position)];
  if (hole.empty())
    return client_error("bad_cards", "the cards of the own position are missing", match);
  auto hand = parse_hand(hole);
  if (!hand) return client_error("bad_cards", hand.error().what, match);
  if (in_hand_) ++score_.unfinished;
  in_hand_ = true;
  last_ = hand_ = match.hand;
  position_ = match.position;
  hole_ = hole;
  seen_.clear();
  random_ = Random::keyed(seed_, match.hand, table_play_purpose);
  agent_->begin(position_, hand.value());
  return Done{};
}

Result<BettingState> AcpcClient::follow(const MatchState& match) {
  if (match.position != position_ || match.holes[static_cast<std::size_t>(position_)] != hole_)
    return client_error("bad_line", "position or cards are not those the hand began with", match);
  if (match.actions.size() < seen_.size() ||
      !std::equal(seen_.begin(), seen_.end(), match.actions.begin()))
    return client_error("bad_betting", "does not go on from the betting of the line before", match);
  BettingState state(rules_);
  for (std::size_t k = 0; k < match.actions.size(); ++k) {
    if (k >= seen_.size()) agent_->saw(state, match.actions[k], random_);
    state.apply(match.actions[k]);
  }
  seen_ = match.actions;
  return state;
}

Result<Done> AcpcClient::settle(const MatchState& match, const BettingState& state) {
  if (!in_hand_) return Done{};  // the same line again
  in_hand_ = false;
  std::array<std::uint32_t, 2> ranks{};
  if (state.kind() == NodeKind::showdown) {
    auto board = board_of(match);
    if (!board) return board.error();
    for (std::size_t p = 0; p < 2; ++p) {
      if (match.holes[p].empty()) {
        ++score_.unfinished;
        return Done{};
      }
      auto hand = parse_hand(match.holes[p]);
      if (!hand) return client_error("bad_cards", hand.error().what, match);
      ranks[p] = hand_ranks()(PartialHand(board.value()) + PartialHand(hand.value()));
    }
  }
  const double net = state.settle(ranks).net[static_cast<std::size_t>(position_)];
  ++score_.hands;
  score_.sum += net;
  score_.squares += net * net;
  return Done{};
}

}  // namespace weir::mccfr
