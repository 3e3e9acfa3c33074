#include "menu_text.hpp"

#include <charconv>
#include <cstdint>
#include <string>

namespace weir::mccfr {
namespace {

constexpr std::array<std::string_view, rounds_max> street_names = {"preflop", "flop", "turn",
                                                                   "river"};
constexpr std::string_view donk = "-donk";

Error menu_error(std::size_t offset, std::string what) {
  return {"bad_bet", std::move(what), "column " + std::to_string(offset + 1)};
}

/// A piece of the whole text; blanks around it do not count.
struct Piece {
  std::string_view text;
  std::size_t offset = 0;
};

Piece trimmed(Piece piece) {
  while (piece.text.starts_with(' ')) {
    piece.text.remove_prefix(1);
    ++piece.offset;
  }
  while (piece.text.ends_with(' ')) piece.text.remove_suffix(1);
  return piece;
}

std::vector<Piece> split(const Piece& whole, char between) {
  std::vector<Piece> pieces;
  for (std::size_t begin = 0; begin <= whole.text.size();) {
    const std::size_t end = std::min(whole.text.find(between, begin), whole.text.size());
    pieces.push_back(trimmed({whole.text.substr(begin, end - begin), whole.offset + begin}));
    begin = end + 1;
  }
  return pieces;
}

/// The places that a part speaks of: bits of rounds and of seats.
struct Places {
  std::uint32_t rounds = 0, donks = 0, seats = 0;
};

class MenuReader {
 public:
  explicit MenuReader(const BettingRules& rules) : rules_(rules), menu_(pot_menu()) {}

  Result<BetMenu> read(std::string_view text) {
    for (const Piece& part : split({text, 0}, ';'))
      if (auto taken = take(part); !taken) return taken.error();
    return std::move(menu_);
  }

 private:
  Result<Done> take(const Piece& part) {
    if (part.text.empty()) return menu_error(part.offset, "there are no bets here");
    if (part.text == "pot" || part.text == "rich") {
      menu_ = part.text == "pot" ? pot_menu() : rich_menu(rules_);
      return Done{};
    }
    const std::size_t colon = part.text.find(':');
    if (colon == std::string_view::npos) {
      auto lists = lists_of(part);
      if (lists) menu_.set_all(lists.value());
      return lists ? Result<Done>(Done{}) : lists.error();
    }
    auto places = places_of(trimmed({part.text.substr(0, colon), part.offset}));
    if (!places) return places.error();
    const Piece sizes = {part.text.substr(colon + 1), part.offset + colon + 1};
    auto lists = lists_of(sizes);
    if (!lists) return lists.error();
    if (places.value().donks != 0 && lists.value().size() > 1)
      return menu_error(sizes.offset, "before a first bet nobody has raised: one list of sizes");
    set(places.value(), lists.value());
    return Done{};
  }

  void set(const Places& places, const std::vector<BetSizes>& lists) {
    for (std::size_t round = 0; round < rounds_max; ++round) {
      if ((places.donks >> round & 1) != 0) menu_.donks[round] = lists[0];
      if ((places.rounds >> round & 1) == 0) continue;
      for (std::size_t seat = 0; seat < players_max; ++seat)
        if ((places.seats >> seat & 1) != 0) menu_.sizes[round][seat] = lists;
    }
  }

  Result<std::vector<BetSizes>> lists_of(const Piece& part) const {
    std::vector<BetSizes> lists;
    for (const Piece& piece : split(part, '/')) {
      // Blanks in front, so that a column is one of the whole text.
      auto sizes = parse_bet_sizes(std::string(piece.offset, ' ').append(piece.text));
      if (!sizes) return sizes.error();
      lists.push_back(std::move(sizes).value());
    }
    return lists;
  }

  Result<Places> places_of(const Piece& head) const {
    const std::vector<Piece> sides = split(head, '@');
    if (sides.size() > 2) return menu_error(sides[2].offset, "a second @: several seats are 0+1");
    Places places;
    for (const Piece& name : split(sides[0], '+')) {
      const bool is_donk = name.text.ends_with(donk);
      const std::string_view street =
          is_donk ? name.text.substr(0, name.text.size() - donk.size()) : name.text;
      std::size_t round = 0;
      while (round < rounds_max && street_names[round] != street) ++round;
      if (round == rounds_max || (is_donk && round == 0)) {
        return menu_error(name.offset, "\"" + std::string(name.text) +
                                           "\" is no street: preflop, flop, turn, river, or "
                                           "flop-donk, turn-donk, river-donk");
      }
      (is_donk ? places.donks : places.rounds) |= 1U << round;
    }
    if (sides.size() == 1) {
      places.seats = (1U << players_max) - 1;
      return places;
    }
    if (places.donks != 0) return menu_error(sides[1].offset, "donk bets are those of all seats");
    for (const Piece& name : split(sides[1], '+')) {
      auto seat = seat_of(name);
      if (!seat) return seat.error();
      places.seats |= 1U << seat.value();
    }
    return places;
  }

  Result<int> seat_of(const Piece& name) const {
    if (name.text == "button") return rules_.players - 1;
    int seat = -1;
    const char* const end = name.text.data() + name.text.size();
    const auto [last, error] = std::from_chars(name.text.data(), end, seat);
    if (error == std::errc{} && last == end && seat >= 0 && seat < rules_.players) return seat;
    return menu_error(name.offset, "\"" + std::string(name.text) + "\" is no seat: 0 to " +
                                       std::to_string(rules_.players - 1) + " or button");
  }

  const BettingRules& rules_;
  BetMenu menu_;
};

}  // namespace

Result<BetMenu> parse_menu(std::string_view text, const BettingRules& rules) {
  return MenuReader(rules).read(text);
}

}  // namespace weir::mccfr
