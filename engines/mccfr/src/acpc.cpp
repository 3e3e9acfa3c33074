#include <charconv>
#include <cmath>
#include <numeric>
#include <weir/mccfr/acpc.hpp>

#include "card_text.hpp"

namespace weir::mccfr {
namespace {

std::string column(std::size_t offset) { return "column " + std::to_string(offset + 1); }

Error acpc_error(const char* code, std::size_t offset, std::string what) {
  return {code, std::move(what), column(offset)};
}

bool acpc_digit(char c) { return c >= '0' && c <= '9'; }

/// A field of a line and where it begins.
struct Field {
  std::string_view text;
  std::size_t offset = 0;
};

std::vector<Field> split_fields(Field whole, char separator) {
  std::vector<Field> fields;
  std::size_t begin = 0;
  for (std::size_t at = 0; at <= whole.text.size(); ++at) {
    if (at < whole.text.size() && whole.text[at] != separator) continue;
    fields.push_back({whole.text.substr(begin, at - begin), whole.offset + begin});
    begin = at + 1;
  }
  return fields;
}

template <class T>
Result<T> parse_whole(const Field& field, const char* what) {
  T value{};
  const char* end = field.text.data() + field.text.size();
  const auto [stop, error] = std::from_chars(field.text.data(), end, value);
  if (field.text.empty() || error != std::errc{} || stop != end) {
    return acpc_error("bad_line", field.offset, what);
  }
  return value;
}

/// One action at `at`, which moves behind it.
Result<BetAction> parse_action(const BettingRules& rules, std::string_view text, std::size_t& at) {
  BetAction action{text[at], 0};
  const std::size_t begin = at++;
  std::size_t end = at;
  while (end < text.size() && acpc_digit(text[end])) ++end;
  if (action.letter != 'r' || rules.betting == Betting::fixed) {
    if (end != at) return acpc_error("bad_betting", at, "no number belongs here");
    return action;
  }
  if (end == at) return acpc_error("bad_betting", begin, "a raise needs its total");
  if (text[at] == '0') return acpc_error("bad_betting", at, "a total does not begin with 0");
  const auto [stop, error] = std::from_chars(text.data() + at, text.data() + end, action.total);
  if (error != std::errc{}) return acpc_error("bad_betting", at, "the total is too large");
  at = static_cast<std::size_t>(stop - text.data());
  return action;
}

Result<std::vector<BetAction>> parse_betting_at(const BettingRules& rules, const Field& field) {
  const std::string_view text = field.text;
  BettingState state(rules);
  std::vector<BetAction> actions;
  std::size_t at = 0;
  const auto refuse = [&](std::size_t place, const char* what) {
    return acpc_error("bad_betting", field.offset + place, what);
  };
  while (at < text.size() && !state.over()) {
    const std::size_t begin = at;
    const int round = state.round();
    Result<BetAction> action = parse_action(rules, text, at);
    if (!action) {
      return acpc_error("bad_betting", field.offset + begin, action.error().what);
    }
    if (const char* reason = state.refusal(action.value())) return refuse(begin, reason);
    if (rules.betting == Betting::fixed && action.value().letter == 'r') {
      action.value().total = state.legal().raise_max;
    }
    state.apply(action.value());
    actions.push_back(action.value());
    if (!state.over() && state.round() != round) {
      if (at == text.size() || text[at] != '/')
        return refuse(at, "the round is over: '/' is missing");
      ++at;
    }
  }
  if (state.kind() == NodeKind::showdown && at < text.size()) {
    const auto rounds_left = static_cast<std::size_t>(rules.rounds - 1 - state.round());
    if (text.substr(at) != std::string(rounds_left, '/')) return refuse(at, "the hand is over");
    at = text.size();
  }
  if (at < text.size()) return refuse(at, "the hand is over");
  return actions;
}

/// `holes|holes/flop/turn`: as many cards as the state has seen dealt.
Result<Done> parse_card_field(const BettingState& state, const Field& field,
                              std::vector<std::string>& holes, std::vector<std::string>& board) {
  const BettingRules& rules = state.rules();
  const int rounds = state.kind() == NodeKind::showdown ? rules.rounds : state.round() + 1;
  const std::vector<Field> by_round = split_fields(field, '/');
  if (by_round.size() > static_cast<std::size_t>(rounds)) {
    return acpc_error("bad_cards", by_round[static_cast<std::size_t>(rounds)].offset,
                      "no cards are dealt for this round yet");
  }
  if (by_round.size() < static_cast<std::size_t>(rounds)) {
    return acpc_error("bad_cards", field.offset + field.text.size(), "board cards are missing");
  }
  const std::vector<Field> seats = split_fields(by_round[0], '|');
  if (seats.size() != static_cast<std::size_t>(rules.players)) {
    return acpc_error("bad_cards", by_round[0].offset, "not one set of cards for each player");
  }
  const int dealt = std::accumulate(rules.hole_cards.begin(), rules.hole_cards.begin() + rounds, 0);
  SeenCards seen;
  for (const Field& seat : seats) {
    if (!seat.text.empty() && seat.text.size() != 2 * static_cast<std::size_t>(dealt)) {
      return acpc_error("bad_cards", seat.offset, "not the cards that a player has");
    }
    if (const char* wrong = seen.add(seat.text, false)) {
      return acpc_error("bad_cards", seat.offset, wrong);
    }
    holes.emplace_back(seat.text);
  }
  board.emplace_back();
  for (std::size_t r = 1; r < by_round.size(); ++r) {
    if (by_round[r].text.size() != 2 * static_cast<std::size_t>(rules.board_cards[r])) {
      return acpc_error("bad_cards", by_round[r].offset, "not the cards that this round deals");
    }
    if (const char* wrong = seen.add(by_round[r].text, false)) {
      return acpc_error("bad_cards", by_round[r].offset, wrong);
    }
    board.emplace_back(by_round[r].text);
  }
  return Done{};
}

std::string cards_text(const std::vector<std::string>& holes,
                       const std::vector<std::string>& board) {
  std::string text;
  for (std::size_t p = 0; p < holes.size(); ++p) text += (p == 0 ? "" : "|") + holes[p];
  for (std::size_t r = 1; r < board.size(); ++r) text += "/" + board[r];
  return text;
}

std::string_view without_end(std::string_view line) {
  if (line.ends_with('\n')) line.remove_suffix(1);
  if (line.ends_with('\r')) line.remove_suffix(1);
  return line;
}

/// The fields after the word that a line begins with.
Result<std::vector<Field>> line_fields(std::string_view line, std::string_view word,
                                       std::size_t least, std::size_t most) {
  std::vector<Field> fields = split_fields({without_end(line), 0}, ':');
  if (fields[0].text != word) {
    return acpc_error("bad_line", 0, "does not begin with " + std::string(word));
  }
  if (fields.size() < least || fields.size() > most) {
    return acpc_error("bad_line", fields.back().offset, "not the fields of such a line");
  }
  return fields;
}

/// A number as the dealer writes it: without decimals when it has none.
std::string payoff_text(double value) {
  char text[64];
  const auto end = value == std::floor(value) && std::abs(value) < 1e15
                       ? std::to_chars(text, text + sizeof text, static_cast<long long>(value))
                       : std::to_chars(text, text + sizeof text, value);
  return {text, end.ptr};
}

}  // namespace

Result<std::vector<BetAction>> parse_betting(const BettingRules& rules, std::string_view text) {
  return parse_betting_at(rules, {text, 0});
}

BettingState replay(const BettingRules& rules, std::span<const BetAction> actions) noexcept {
  BettingState state(rules);
  for (const BetAction& action : actions) state.apply(action);
  return state;
}

std::string betting_text(const BettingRules& rules, std::span<const BetAction> actions,
                         bool every_round) {
  BettingState state(rules);
  std::string text;
  for (const BetAction& action : actions) {
    const int round = state.round();
    state.apply(action);
    text += action.letter;
    if (action.letter == 'r' && rules.betting != Betting::fixed)
      text += std::to_string(action.total);
    if (!state.over() && state.round() != round) text += '/';
  }
  if (every_round && state.kind() == NodeKind::showdown) {
    text.append(static_cast<std::size_t>(rules.rounds - 1 - state.round()), '/');
  }
  return text;
}

Result<MatchState> parse_match_state(const BettingRules& rules, std::string_view line) {
  const Result<std::vector<Field>> fields = line_fields(line, "MATCHSTATE", 5, 5);
  if (!fields) return fields.error();
  const std::vector<Field>& field = fields.value();
  MatchState state;
  const Result<int> position = parse_whole<int>(field[1], "the position is no number");
  if (!position) return position.error();
  if (position.value() < 0 || position.value() >= rules.players) {
    return acpc_error("bad_line", field[1].offset, "the position is no seat of this game");
  }
  state.position = position.value();
  const Result<std::uint32_t> hand = parse_whole<std::uint32_t>(field[2], "the hand is no number");
  if (!hand) return hand.error();
  state.hand = hand.value();
  Result<std::vector<BetAction>> actions = parse_betting_at(rules, field[3]);
  if (!actions) return actions.error();
  state.actions = std::move(actions).value();
  const Result<Done> cards =
      parse_card_field(replay(rules, state.actions), field[4], state.holes, state.board);
  if (!cards) return cards.error();
  return state;
}

std::string match_state_text(const BettingRules& rules, const MatchState& state) {
  return "MATCHSTATE:" + std::to_string(state.position) + ":" + std::to_string(state.hand) + ":" +
         betting_text(rules, state.actions, true) + ":" + cards_text(state.holes, state.board);
}

std::string match_reply(const BettingRules& rules, std::string_view line, const BetAction& action) {
  std::string text(without_end(line));
  text += ':';
  text += action.letter;
  if (action.letter == 'r' && rules.betting != Betting::fixed) text += std::to_string(action.total);
  return text + "\r\n";
}

Result<LoggedHand> parse_logged_hand(const BettingRules& rules, std::string_view line) {
  const Result<std::vector<Field>> fields = line_fields(line, "STATE", 4, 6);
  if (!fields) return fields.error();
  const std::vector<Field>& field = fields.value();
  LoggedHand logged;
  const Result<std::uint32_t> hand = parse_whole<std::uint32_t>(field[1], "the hand is no number");
  if (!hand) return hand.error();
  logged.hand = hand.value();
  Result<std::vector<BetAction>> actions = parse_betting_at(rules, field[2]);
  if (!actions) return actions.error();
  logged.actions = std::move(actions).value();
  const Result<Done> cards =
      parse_card_field(replay(rules, logged.actions), field[3], logged.holes, logged.board);
  if (!cards) return cards.error();
  const auto seats = static_cast<std::size_t>(rules.players);
  if (field.size() > 4) {
    for (const Field& payoff : split_fields(field[4], '|')) {
      const Result<double> value = parse_whole<double>(payoff, "a payoff is a number of chips");
      if (!value) return value.error();
      if (!std::isfinite(value.value())) {
        return acpc_error("bad_line", payoff.offset, "a payoff is a number of chips");
      }
      logged.payoffs.push_back(value.value());
    }
    if (logged.payoffs.size() != seats) {
      return acpc_error("bad_line", field[4].offset, "not one payoff for each player");
    }
  }
  if (field.size() > 5) {
    for (const Field& name : split_fields(field[5], '|')) logged.names.emplace_back(name.text);
    if (logged.names.size() != seats) {
      return acpc_error("bad_line", field[5].offset, "not one name for each player");
    }
  }
  return logged;
}

std::string logged_hand_text(const BettingRules& rules, const LoggedHand& hand) {
  std::string text = "STATE:" + std::to_string(hand.hand) + ":" +
                     betting_text(rules, hand.actions, true) + ":" +
                     cards_text(hand.holes, hand.board);
  for (std::size_t p = 0; p < hand.payoffs.size(); ++p) {
    text += (p == 0 ? ":" : "|") + payoff_text(hand.payoffs[p]);
  }
  for (std::size_t p = 0; p < hand.names.size(); ++p) text += (p == 0 ? ":" : "|") + hand.names[p];
  return text;
}

}  // namespace weir::mccfr
