// What a person types at the table, and what is told of actions.
#include <fmt/format.h>

#include <charconv>

#include "play_table.hpp"

namespace weir::mccfr {
namespace {

/// Lower case, blanks taken out at both ends.
std::string plain_word(std::string_view text) {
  std::string word;
  for (const char c : text) word += c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
  constexpr std::string_view blanks = " \t\r\n";
  const std::size_t begin = word.find_first_not_of(blanks);
  if (begin == std::string::npos) return {};
  return word.substr(begin, word.find_last_not_of(blanks) - begin + 1);
}

bool one_of(std::string_view word, std::initializer_list<std::string_view> words) {
  for (const std::string_view each : words)
    if (word == each) return true;
  return false;
}

TypedLine wrong(const BettingState& state, const std::string& why) {
  return {Typed::wrong, {}, why + "; you may " + legal_text(state)};
}

TypedLine checked(const BettingState& state, const BetAction& action) {
  if (const char* const reason = state.refusal(action)) return wrong(state, reason);
  return {Typed::action, action, {}};
}

TypedLine read_amount(const BettingState& state, std::string_view text) {
  const LegalActions legal = state.legal();
  if (!legal.raise) return wrong(state, "nobody may bet or raise now");
  const bool above = text.starts_with('+');
  if (above) text.remove_prefix(1);
  Chips amount = 0;
  const char* const end = text.data() + text.size();
  const auto read = std::from_chars(text.data(), end, amount);
  if (text.empty() || read.ec != std::errc{} || read.ptr != end || amount < 0)
    return wrong(state, fmt::format("\"{}\" is no number of chips", text.substr(0, 40)));
  if (above && amount > stack_max) return wrong(state, "that is more than there is");
  if (above) amount += state.put(state.player()) + legal.call;
  return checked(state, {'r', amount});
}

}  // namespace

TypedLine read_typed(const BettingState& state, std::string_view text) {
  const std::string word = plain_word(text);
  if (word.empty()) return wrong(state, "nothing was typed");
  if (one_of(word, {"h", "hint"})) return {Typed::hint, {}, {}};
  if (one_of(word, {"?", "help"})) return {Typed::help, {}, {}};
  if (one_of(word, {"q", "quit", "exit"})) return {Typed::quit, {}, {}};
  const LegalActions legal = state.legal();
  if (one_of(word, {"f", "fold"})) return checked(state, {'f', 0});
  if (one_of(word, {"k", "check"}) && legal.call != 0)
    return wrong(state, fmt::format("{} are to call: no check", legal.call));
  if (one_of(word, {"c", "k", "check", "call"})) return checked(state, {'c', 0});
  if (one_of(word, {"a", "all-in", "allin", "all in"}) && state.rules().betting != Betting::fixed) {
    if (legal.raise) return {Typed::action, {'r', legal.raise_max}, {}};
    if (legal.call != 0 && legal.call == state.behind(state.player())) return checked(state, {});
    return wrong(state, "nobody may bet or raise now");
  }
  const std::size_t letters = word.find_first_of("+0123456789");
  const std::string verb = plain_word(word.substr(0, letters));
  const bool raise = verb.empty() || one_of(verb, {"r", "raise", "raise to", "b", "bet"});
  if (!raise) return wrong(state, fmt::format("\"{}\" is no action", word.substr(0, 40)));
  if (state.rules().betting == Betting::fixed) {
    if (letters != std::string::npos) return wrong(state, "bets have one size here: r alone");
    if (!legal.raise) return wrong(state, "nobody may bet or raise now");
    return checked(state, {'r', legal.raise_max});
  }
  if (letters == std::string::npos)
    return wrong(state, "a bet or raise needs its total, for example r" +
                            std::to_string(legal.raise ? legal.raise_min : 0));
  return read_amount(state, std::string_view(word).substr(letters));
}

std::string legal_text(const BettingState& state) {
  const LegalActions legal = state.legal();
  std::string text = legal.fold ? "fold (f), " : "";
  text += legal.call == 0 ? "check (c)" : fmt::format("call {} (c)", legal.call);
  if (!legal.raise) return text;
  const char* const verb =
      legal.call == 0 && state.level() == state.round_level() ? "bet" : "raise";
  if (state.rules().betting == Betting::fixed)
    return text + fmt::format(", {} to {} (r)", verb, legal.raise_max);
  return text +
         fmt::format(", {} to {} .. {} (r N; all-in: a)", verb, legal.raise_min, legal.raise_max);
}

std::string action_text(const BettingState& state, const BetAction& action) {
  const LegalActions legal = state.legal();
  if (action.letter == 'f') return "fold";
  if (action.letter == 'c') return legal.call == 0 ? "check" : fmt::format("call {}", legal.call);
  const char* const verb =
      legal.call == 0 && state.level() == state.round_level() ? "bet" : "raise";
  return fmt::format(
      "{} to {}{}", verb, action.total == 0 ? legal.raise_max : action.total,
      action.total == legal.raise_max && state.rules().betting != Betting::fixed ? ", all-in" : "");
}

}  // namespace weir::mccfr
