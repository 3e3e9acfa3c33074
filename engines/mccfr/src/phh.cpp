#include <algorithm>
#include <charconv>
#include <optional>
#include <weir/mccfr/phh.hpp>

#include "card_text.hpp"
#include "phh_toml.hpp"

namespace weir::mccfr {
namespace {

constexpr int phh_decimals_max = 4;

Error phh_error(std::string what, int line) {
  return {"bad_phh", std::move(what), "line " + std::to_string(line)};
}

std::string_view next_word(std::string_view& text) {
  const std::size_t begin = text.find_first_not_of(" \t");
  if (begin == std::string_view::npos) return text = {};
  const std::size_t end = std::min(text.find_first_of(" \t", begin), text.size());
  const std::string_view word = text.substr(begin, end - begin);
  text.remove_prefix(end);
  return word;
}

/// Decimals of an amount as it is written; -1: it is none.
int decimals_of(std::string_view text) {
  const std::size_t point = text.find('.');
  const std::string_view whole = text.substr(0, point);
  const auto digits = [](std::string_view part) {
    return !part.empty() && part.find_first_not_of("0123456789_") == std::string_view::npos &&
           part.front() != '_' && part.back() != '_';
  };
  if (!digits(whole)) return -1;
  if (point == std::string_view::npos) return 0;
  std::string_view fraction = text.substr(point + 1);
  if (!digits(fraction)) return -1;
  while (fraction.ends_with('0')) fraction.remove_suffix(1);
  return static_cast<int>(fraction.size());
}

/// An amount in chips of 10^-decimals; none when it is no number or too large.
std::optional<Chips> chips_of(std::string_view text, int decimals) {
  if (text.starts_with('+')) text.remove_prefix(1);
  const int own = decimals_of(text);
  if (own < 0 || own > decimals) return std::nullopt;
  const std::size_t point = std::min(text.find('.'), text.size());
  std::string digits;
  for (const char c : text.substr(0, point)) digits += c == '_' ? "" : std::string(1, c);
  const std::string_view fraction = text.substr(std::min(point + 1, text.size()));
  for (int i = 0; i < decimals; ++i) {
    const auto place = static_cast<std::size_t>(i);
    digits += place < fraction.size() ? fraction[place] : '0';
  }
  Chips chips = 0;
  const auto [stop, error] = std::from_chars(digits.data(), digits.data() + digits.size(), chips);
  if (error != std::errc{} || stop != digits.data() + digits.size() || chips > stack_max) {
    return std::nullopt;
  }
  return chips;
}

std::string amount_text(Chips chips, int decimals) {
  Chips unit = 1;
  for (int i = 0; i < decimals; ++i) unit *= 10;
  std::string text = std::to_string(chips / unit);
  if (chips % unit == 0) return text;
  std::string fraction = std::to_string(unit + chips % unit).substr(1);
  while (fraction.back() == '0') fraction.pop_back();
  return text + "." + fraction;
}

/// The fields of a file by name.
class PhhFields {
 public:
  explicit PhhFields(std::vector<TomlField> fields) : fields_(std::move(fields)) {}

  /// Takes a field out, so that what remains are the others.
  std::optional<TomlValue> take(std::string_view key) {
    const auto found = std::find_if(fields_.begin(), fields_.end(),
                                    [&](const TomlField& field) { return field.key == key; });
    if (found == fields_.end()) return std::nullopt;
    TomlValue value = std::move(found->value);
    fields_.erase(found);
    return value;
  }
  const std::vector<TomlField>& rest() const { return fields_; }

 private:
  std::vector<TomlField> fields_;
};

/// Reads a hand's fields into its rules.
class PhhRulesReader {
 public:
  PhhRulesReader(PhhFields& fields, PhhHand& hand, int line)
      : fields_(fields), hand_(hand), line_(line) {}

  Result<Done> read() {
    const std::optional<TomlValue> variant = fields_.take("variant");
    if (!variant) return phh_error("variant is missing", line_);
    if (variant->text != "NT" && variant->text != "FT") {
      return Error{"unsupported", "the variant is neither NT nor FT",
                   "line " + std::to_string(variant->line)};
    }
    hand_.rules = BettingRules{};
    hand_.rules.betting = variant->text == "FT" ? Betting::fixed : Betting::no_limit;
    hand_.rules.hole_cards = {2, 0, 0, 0};
    hand_.rules.board_cards = {0, 3, 1, 1};
    for (const auto step :
         {&PhhRulesReader::amounts, &PhhRulesReader::seats, &PhhRulesReader::bets}) {
      const Result<Done> done = (this->*step)();
      if (!done) return done;
    }
    const Result<Done> valid = validate(hand_.rules);
    if (!valid) return phh_error(valid.error().where + ": " + valid.error().what, variant->line);
    return Done{};
  }
  /// Once read() was done.
  const std::vector<TomlValue>& actions() const { return actions_->items; }

 private:
  /// Takes the amounts of the rules, and the actions, and finds out how fine chips have to be.
  Result<Done> amounts() {
    const bool fixed = hand_.rules.betting == Betting::fixed;
    for (const char* key : {"antes", "blinds_or_straddles", "starting_stacks"}) {
      std::optional<TomlValue> value = fields_.take(key);
      if (!value || value->kind != TomlValue::Kind::array) {
        return phh_error(std::string(key) + " is missing, or no array",
                         value ? value->line : line_);
      }
      for (const TomlValue& item : value->items) see(item.text);
      arrays_.push_back(std::move(*value));
    }
    for (const char* key : fixed ? std::vector<const char*>{"small_bet", "big_bet"}
                                 : std::vector<const char*>{"min_bet"}) {
      std::optional<TomlValue> value = fields_.take(key);
      if (!value) return phh_error(std::string(key) + " is missing", line_);
      see(value->text);
      bets_.push_back(std::move(*value));
    }
    actions_ = fields_.take("actions");
    if (!actions_ || actions_->kind != TomlValue::Kind::array) {
      return phh_error("actions is missing, or no array", actions_ ? actions_->line : line_);
    }
    for (const TomlValue& item : actions_->items) {
      std::string_view words = item.text;
      while (!words.empty()) see(next_word(words));
    }
    if (hand_.decimals > phh_decimals_max) {
      return phh_error("amounts have more than " + std::to_string(phh_decimals_max) + " decimals",
                       1);
    }
    return Done{};
  }

  void see(std::string_view amount) {
    hand_.decimals = std::max(hand_.decimals, decimals_of(amount));
  }

  Result<Done> seats() {
    BettingRules& rules = hand_.rules;
    const std::size_t players = arrays_[2].items.size();
    if (players < 2 || players > static_cast<std::size_t>(players_max)) {
      return Error{"unsupported",
                   "2 to " + std::to_string(players_max) + " players can be replayed",
                   "line " + std::to_string(arrays_[2].line)};
    }
    rules.players = static_cast<int>(players);
    std::array<Chips, players_max>* const targets[] = {&rules.antes, &rules.blinds, &rules.stacks};
    for (std::size_t a = 0; a < arrays_.size(); ++a) {
      if (arrays_[a].items.size() != players) {
        return phh_error("not one amount for each player", arrays_[a].line);
      }
      for (std::size_t p = 0; p < players; ++p) {
        const TomlValue& item = arrays_[a].items[p];
        const bool endless = a == 2 && (item.text == "inf" || item.text == "+inf");
        const std::optional<Chips> chips =
            endless ? std::optional(stack_max) : chips_of(item.text, hand_.decimals);
        if (!chips) return phh_error(item.raw + " is no amount that can be played", item.line);
        // Heads-up the file names the small blind first, though the second player posts it.
        (*targets[a])[a < 2 && players == 2 ? 1 - p : p] = *chips;
      }
    }
    const auto blinds = rules.blinds.begin();
    const auto last_largest = std::find(std::make_reverse_iterator(blinds + rules.players),
                                        std::make_reverse_iterator(blinds), rules.largest_blind());
    const auto seat = static_cast<int>(last_largest.base() - blinds) - 1;
    rules.first = {rules.largest_blind() > 0 ? (seat + 1) % rules.players : 0, 0, 0, 0};
    return Done{};
  }

  Result<Done> bets() {
    std::array<Chips, 2> amounts{};
    for (std::size_t i = 0; i < bets_.size(); ++i) {
      const std::optional<Chips> chips = chips_of(bets_[i].text, hand_.decimals);
      if (!chips || *chips == 0) {
        return phh_error(bets_[i].raw + " is no amount that can be bet", bets_[i].line);
      }
      amounts[i] = *chips;
    }
    if (hand_.rules.betting == Betting::fixed) {
      hand_.rules.bets = {amounts[0], amounts[0], amounts[1], amounts[1]};
      hand_.rules.raises_max = {4, 4, 4, 4};  // houses differ before the flop: 3 or 4
    } else {
      hand_.rules.min_bet = amounts[0];
    }
    return Done{};
  }

  PhhFields& fields_;
  PhhHand& hand_;
  int line_;                       // the file's first, for what is missing
  std::vector<TomlValue> arrays_;  // antes, blinds, stacks
  std::vector<TomlValue> bets_;
  std::optional<TomlValue> actions_;
};

/// `p3` of a game, as a seat; -1: it is none.
int seat_of(std::string_view word, int players) {
  if (word.size() != 2 || word[0] != 'p' || word[1] < '1' || word[1] > '0' + players) return -1;
  return word[1] - '1';
}

/// One action of the file; null, or what is wrong with it.
const char* parse_phh_action(std::string_view text, const PhhHand& hand, PhhAction& action) {
  const std::size_t hash = text.find('#');
  if (hash != std::string_view::npos) {
    std::string_view remark = text.substr(hash + 1);
    while (remark.starts_with(' ')) remark.remove_prefix(1);
    action.remark = remark;
    text = text.substr(0, hash);
  }
  const std::string_view actor = next_word(text);
  if (actor.empty()) return nullptr;
  const std::string_view verb = next_word(text);
  std::string_view word = next_word(text);
  using Kind = PhhAction::Kind;
  if (actor == "d" && verb == "db") {
    action.kind = Kind::board;
  } else if (actor == "d" && verb == "dh") {
    action.kind = Kind::hole;
    action.player = seat_of(word, hand.rules.players);
    word = next_word(text);
  } else if (actor == "d") {
    return "the dealer deals with dh or db";
  } else {
    action.player = seat_of(actor, hand.rules.players);
    action.kind = verb == "f" ? Kind::fold : verb == "cc" ? Kind::call : Kind::bet;
    if (verb == "sm") action.kind = Kind::show;
    if (action.kind == Kind::bet && verb != "cbr") return "a player acts with f, cc, cbr or sm";
  }
  if (action.player < 0) return "there is no such player";
  if (action.kind == Kind::bet) {
    const std::optional<Chips> chips = chips_of(word, hand.decimals);
    if (!chips) return "the amount is no number that can be bet";
    action.amount = *chips;
  } else if (action.kind != Kind::fold && action.kind != Kind::call) {
    action.cards = word;
    if (word.empty() && action.kind != Kind::show) return "the cards are missing";
  } else if (!word.empty()) {
    return "nothing belongs behind this action";
  }
  return next_word(text).empty() ? nullptr : "nothing belongs behind this action";
}

std::string phh_action_text(const PhhAction& action, int decimals) {
  using Kind = PhhAction::Kind;
  const std::string player = "p" + std::to_string(action.player + 1);
  std::string text;
  switch (action.kind) {
    case Kind::hole:
      text = "d dh " + player + " " + action.cards;
      break;
    case Kind::board:
      text = "d db " + action.cards;
      break;
    case Kind::fold:
      text = player + " f";
      break;
    case Kind::call:
      text = player + " cc";
      break;
    case Kind::bet:
      text = player + " cbr " + amount_text(action.amount, decimals);
      break;
    case Kind::show:
      text = player + " sm" + (action.cards.empty() ? "" : " " + action.cards);
      break;
    case Kind::note:
      break;
  }
  if (!action.remark.empty()) text += (text.empty() ? "# " : " # ") + action.remark;
  return text;
}

std::string amounts_text(const PhhHand& hand, const std::array<Chips, players_max>& amounts,
                         bool turned, bool endless) {
  std::string text = "[";
  for (int p = 0; p < hand.rules.players; ++p) {
    const int seat = turned && hand.rules.players == 2 ? 1 - p : p;
    const Chips chips = amounts[static_cast<std::size_t>(seat)];
    text += p == 0 ? "" : ", ";
    text += endless && chips == stack_max ? "inf" : amount_text(chips, hand.decimals);
  }
  return text + "]";
}

}  // namespace

Result<PhhHand> parse_phh(std::string_view text, int line) {
  if (text.size() > phh_bytes_max) return Error{"too_large", "a hand is a few KiB of text", ""};
  Result<std::vector<TomlField>> parsed = parse_toml(text, line);
  if (!parsed) return parsed.error();
  PhhFields fields(std::move(parsed).value());
  PhhHand hand;
  PhhRulesReader reader(fields, hand, line);
  const Result<Done> done = reader.read();
  if (!done) return done.error();
  for (const TomlValue& item : reader.actions()) {
    PhhAction action;
    if (item.kind != TomlValue::Kind::string) return phh_error("an action is a string", item.line);
    if (const char* wrong = parse_phh_action(item.text, hand, action)) {
      return phh_error(std::string(wrong) + ": " + item.text, item.line);
    }
    hand.actions.push_back(std::move(action));
  }
  for (const TomlField& field : fields.rest()) hand.others.emplace_back(field.key, field.value.raw);
  return hand;
}

std::string phh_text(const PhhHand& hand) {
  const BettingRules& rules = hand.rules;
  const bool fixed = rules.betting == Betting::fixed;
  std::string text = fixed ? "variant = \"FT\"\n" : "variant = \"NT\"\n";
  text += "antes = " + amounts_text(hand, rules.antes, true, false) + "\n";
  text += "blinds_or_straddles = " + amounts_text(hand, rules.blinds, true, false) + "\n";
  if (fixed) {
    text += "small_bet = " + amount_text(rules.bets[0], hand.decimals) + "\n";
    text += "big_bet = " + amount_text(rules.bets[2], hand.decimals) + "\n";
  } else {
    text += "min_bet = " + amount_text(rules.min_bet, hand.decimals) + "\n";
  }
  text += "starting_stacks = " + amounts_text(hand, rules.stacks, false, true) + "\n";
  text += "actions = [";
  for (const PhhAction& action : hand.actions) {
    text += "\n  " + toml_quoted(phh_action_text(action, hand.decimals)) + ",";
  }
  text += hand.actions.empty() ? "]\n" : "\n]\n";
  for (const auto& [key, raw] : hand.others) {
    text += key;
    text += " = ";
    text += raw;
    text += '\n';
  }
  return text;
}

}  // namespace weir::mccfr
