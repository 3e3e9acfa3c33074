#include <algorithm>
#include <charconv>
#include <cmath>
#include <optional>
#include <weir/file.hpp>
#include <weir/mccfr/range.hpp>

namespace weir::mccfr {
namespace {

/// Hands of two ranks: a pair has no suffix, 's' suited, 'o' offsuit, 0 both.
struct RankPair {
  int high = 0;
  int low = 0;
  char suffix = 0;
};

struct RangeItem {
  std::string_view text;  // without spaces
  std::size_t column;     // offset in the whole
};

Error bad_range(const RangeItem& item, const std::string& what) {
  return {"bad_range", "`" + std::string(item.text) + "` " + what,
          "column " + std::to_string(item.column + 1)};
}

/// Without the spaces on both sides.
RangeItem trimmed(std::string_view whole, std::size_t first, std::size_t last) {
  const auto space = [](char c) { return c == ' ' || c == '\t' || c == '\n' || c == '\r'; };
  while (first < last && space(whole[first])) ++first;
  while (last > first && space(whole[last - 1])) --last;
  return {whole.substr(first, last - first), first};
}

void set_pair(Range& range, const RankPair& pair, float weight) {
  for (int a = 0; a < suit_count; ++a) {
    for (int b = 0; b < suit_count; ++b) {
      if (pair.high == pair.low && a <= b) continue;
      if (pair.suffix == 's' && a != b) continue;
      if (pair.suffix == 'o' && a == b) continue;
      range[hand_of(make_card(pair.high, a), make_card(pair.low, b))] = weight;
    }
  }
}

/// "AK", "AKs", "AKo", "AA".
std::optional<RankPair> rank_pair(std::string_view text) {
  if (text.size() != 2 && text.size() != 3) return std::nullopt;
  const int first = rank_from(text[0]);
  const int second = rank_from(text[1]);
  if (first < 0 || second < 0) return std::nullopt;
  RankPair pair{std::max(first, second), std::min(first, second), 0};
  if (text.size() == 3) {
    if ((text[2] != 's' && text[2] != 'o') || first == second) return std::nullopt;
    pair.suffix = text[2];
  }
  return pair;
}

/// From one pair of ranks to another, both included. False: no way leads there.
bool set_between(Range& range, RankPair from, RankPair to, float weight) {
  if (from.low > to.low) std::swap(from, to);
  const bool pairs = from.high == from.low;
  if (from.suffix != to.suffix || pairs != (to.high == to.low)) return false;
  const bool same_high = from.high == to.high && !pairs;
  if (!same_high && from.high - from.low != to.high - to.low) return false;
  for (RankPair pair = from; pair.low <= to.low; ++pair.low) {
    set_pair(range, pair, weight);
    if (!same_high) ++pair.high;
  }
  return true;
}

std::optional<Error> set_item(Range& range, const RangeItem& item, float weight) {
  const std::string_view text = item.text;
  if (text.size() == 4 && suit_from(text[1]) >= 0 && rank_from(text[1]) < 0) {
    const Result<Hand> hand = parse_hand(text);
    if (!hand) return bad_range(item, "is no hand: " + hand.error().what);
    range[hand.value()] = weight;
    return std::nullopt;
  }
  if (const std::size_t dash = text.find('-'); dash != std::string_view::npos) {
    const auto from = rank_pair(text.substr(0, dash));
    const auto to = rank_pair(text.substr(dash + 1));
    if (!from || !to || !set_between(range, *from, *to, weight)) {
      return bad_range(item, "goes from nowhere to nowhere (QQ-88, A9s-A6s and 98o-65o do)");
    }
    return std::nullopt;
  }
  const bool plus = text.ends_with('+');
  const auto pair = rank_pair(plus ? text.substr(0, text.size() - 1) : text);
  if (!pair) return bad_range(item, "is no hand (AA, AK, AKs, AKo, AsKd, TT+, ATs+, QQ-88)");
  if (!plus) {
    set_pair(range, *pair, weight);
  } else if (pair->high == pair->low) {
    set_between(range, *pair, {rank_count - 1, rank_count - 1, 0}, weight);
  } else {
    set_between(range, *pair, {pair->high, pair->high - 1, pair->suffix}, weight);
  }
  return std::nullopt;
}

/// Finite, the whole of the text.
std::optional<float> number_from(std::string_view text) {
  float value = 0;
  const char* end = text.data() + text.size();
  const auto read = std::from_chars(text.data(), end, value);
  // A number too small for a float is as good as none.
  if (read.ec == std::errc::result_out_of_range && read.ptr == end) {
    double wide = 0;
    if (std::from_chars(text.data(), end, wide).ec == std::errc() && std::abs(wide) < 1)
      return 0.0F;
    return std::nullopt;
  }
  if (read.ec != std::errc() || read.ptr != end || !std::isfinite(value)) return std::nullopt;
  return value;
}

void add_text(std::string& text, std::string_view item, float weight) {
  if (weight == 0) return;
  if (!text.empty()) text += ',';
  text += item;
  if (weight == 1) return;
  std::array<char, 32> digits{};
  const auto end = std::to_chars(digits.data(), digits.data() + digits.size(), weight).ptr;
  text.append(":").append(digits.data(), end);
}

/// The one weight of all hands of these ranks.
std::optional<float> common_weight(const Range& range, const RankPair& pair) {
  Range of_pair{};
  set_pair(of_pair, pair, 1);
  std::optional<float> weight;
  for (std::size_t hand = 0; hand < hand_count; ++hand) {
    if (of_pair[hand] == 0) continue;
    if (weight && *weight != range[hand]) return std::nullopt;
    weight = range[hand];
  }
  return weight;
}

void add_hands(std::string& text, const Range& range, const RankPair& pair) {
  Range of_pair{};
  set_pair(of_pair, pair, 1);
  for (std::size_t hand = hand_count; hand-- > 0;) {
    if (of_pair[hand] != 0) add_text(text, hand_text(static_cast<Hand>(hand)), range[hand]);
  }
}

}  // namespace

Result<Range> parse_range(std::string_view text) {
  Range range{};
  for (std::size_t first = 0; first <= text.size();) {
    const std::size_t last = std::min(text.find(',', first), text.size());
    const std::size_t colon = std::min(text.find(':', first), last);
    const RangeItem item = trimmed(text, first, colon);
    float weight = 1;
    if (colon < last) {
      const RangeItem number = trimmed(text, colon + 1, last);
      const std::optional<float> read = number_from(number.text);
      if (!read || *read < 0 || *read > 1) {
        return bad_range(number, "is no weight, a number from 0 to 1");
      }
      weight = *read;
    }
    if (auto error = set_item(range, item, weight)) return *error;
    first = last + 1;
  }
  return range;
}

std::string range_text(const Range& range) {
  std::string text;
  for (int high = rank_count - 1; high >= 0; --high) {
    for (int low = high; low >= 0; --low) {
      std::string name{rank_letters[static_cast<std::size_t>(high)],
                       rank_letters[static_cast<std::size_t>(low)]};
      if (const auto weight = common_weight(range, {high, low, 0})) {
        add_text(text, name, *weight);
        continue;
      }
      for (const char suffix : {'s', 'o'}) {
        const RankPair pair{high, low, high == low ? char{0} : suffix};
        const auto weight = common_weight(range, pair);
        if (weight) {
          add_text(text, name + suffix, *weight);
        } else {
          add_hands(text, range, pair);
        }
        if (high == low) break;
      }
    }
  }
  return text;
}

Range without(const Range& range, CardSet blocked) noexcept {
  Range left = range;
  for (Hand hand = 0; hand < hand_count; ++hand) {
    if ((cards_of(hand).set() & blocked) != 0) left[hand] = 0;
  }
  return left;
}

double weight_of(const Range& range) noexcept {
  double sum = 0;
  for (const float weight : range) sum += static_cast<double>(weight);
  return sum;
}

Result<std::array<Range, 2>> parse_reaches(std::string_view text, const std::string& path) {
  constexpr std::array<int, suit_count> suits{3, 2, 1, 0};
  const auto card = [&](std::size_t i) { return make_card(static_cast<int>(i / 4), suits[i % 4]); };
  std::array<Range, 2> ranges{};
  std::size_t number = 0;
  std::size_t at = 0;
  const auto next = [&] {
    constexpr std::string_view spaces = " \t\r\n";
    at = std::min(text.find_first_not_of(spaces, at), text.size());
    const std::size_t end = std::min(text.find_first_of(spaces, at), text.size());
    const std::string_view word = text.substr(at, end - at);
    at = end;
    return word;
  };
  const auto refused = [&](std::string what) {
    return Error{"bad_reaches", std::move(what), path + ": number " + std::to_string(number)};
  };
  for (Range& range : ranges) {
    for (std::size_t a = 0; a < card_count; ++a) {
      for (std::size_t b = a + 1; b < card_count; ++b) {
        ++number;
        const std::string_view word = next();
        if (word.empty()) return refused("the file ends, 2652 numbers are asked for");
        const std::optional<float> value = number_from(word);
        if (!value || *value < 0) {
          return refused("`" + std::string(word.substr(0, 40)) + "` is no weight");
        }
        range[hand_of(card(a), card(b))] = *value;
      }
    }
  }
  ++number;
  if (!next().empty()) return refused("more than 2652 numbers");
  return ranges;
}

Result<std::array<Range, 2>> read_reaches(const std::string& path) {
  constexpr std::size_t bytes_max = 1U << 20;  // 2,652 numbers of up to 400 bytes
  Buffer buffer;
  const auto size = read_file(path, buffer, bytes_max);
  if (!size) return size.error();
  return parse_reaches(buffer.view(), path);
}

}  // namespace weir::mccfr
