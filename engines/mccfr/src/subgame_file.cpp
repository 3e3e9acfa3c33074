// A subgame as JSON: every key is known, every value checked, and what is wrong is named by its place.
#include <algorithm>
#include <cmath>
#include <filesystem>
#include <nlohmann/json.hpp>
#include <optional>
#include <weir/file.hpp>
#include <weir/mccfr/subgame.hpp>
#include <weir/terminal.hpp>

namespace weir::mccfr {
namespace subgame {
namespace {

using Json = nlohmann::ordered_json;

constexpr std::size_t file_bytes_max = 16U << 20;
constexpr double percent_max = 1e6;
constexpr int raises_most = 100;
constexpr std::size_t sizes_most = actions_max - 3;  // beside f, c and all-in
constexpr std::array<const char*, 3> street_names{"flop", "turn", "river"};
constexpr std::array<const char*, 2> player_names{"oop", "ip"};

/// Sizes by street, from the root's on, and player; empty: nothing was said.
using SizeTable = std::array<std::array<std::optional<BetSizes>, 2>, 3>;

class SubgameReader {
 public:
  SubgameReader(std::string path, std::string folder)
      : path_(std::move(path)), folder_(std::move(folder)) {}

  Result<Subgame> read(std::string_view text) {
    Json root;
    try {
      root = Json::parse(text);
    } catch (const Json::parse_error& bad) {
      return Error{"bad_config", "is no JSON", place(text, bad.byte)};
    } catch (const Json::exception& bad) {
      return Error{"bad_config", bad.what(), path_};
    }
    if (!root.is_object()) return error("", "must be an object with board, pot, stack and ranges");
    for (const auto step :
         {&SubgameReader::check_keys, &SubgameReader::take_board, &SubgameReader::take_chips,
          &SubgameReader::take_ranges, &SubgameReader::take_menu, &SubgameReader::take_rake,
          &SubgameReader::take_locks}) {
      if (auto taken = (this->*step)(root); !taken) return taken.error();
    }
    if (auto valid = validate(game_, path_); !valid) {
      const Error& bad = valid.error();
      return bad.code == "bad_config" ? bad : error(bad.where, bad.what);
    }
    return game_;
  }

 private:
  Error error(const std::string& key, std::string what) const {
    return {"bad_config", std::move(what), key.empty() ? path_ : path_ + ": " + key};
  }

  std::string place(std::string_view text, std::size_t byte) const {
    const std::string_view before = text.substr(0, std::min(byte, text.size()));
    const auto line = std::count(before.begin(), before.end(), '\n') + 1;
    return path_ + ":" + std::to_string(line) + ", byte " + std::to_string(byte);
  }

  Result<Done> only(const Json& object, const std::string& where,
                    const std::vector<std::string>& known) const {
    for (const auto& [key, value] : object.items()) {
      if (std::find(known.begin(), known.end(), key) != known.end()) continue;
      return error(where.empty() ? key : where + "." + key,
                   "unknown key \"" + key + "\"; the nearest is " + nearest_word(key, known));
    }
    return Done{};
  }

  Result<Done> check_keys(const Json& root) {
    auto known = only(root, "",
                      {"board", "pot", "stack", "ranges", "reaches", "bets", "raises", "donks",
                       "allin", "allin_from", "raises_max", "min_bet", "rake", "lock"});
    if (!known) return known;
    for (const char* key : {"board", "pot", "stack"})
      if (!root.contains(key)) return error(key, "is missing");
    return Done{};
  }

  Result<Done> take_board(const Json& root) {
    const Json& board = root["board"];
    std::string text;
    if (board.is_string()) text = board.get<std::string>();
    for (std::size_t i = 0; board.is_array() && i < board.size(); ++i) {
      if (!board[i].is_string()) return error("board[" + std::to_string(i) + "]", "is no card");
      text += board[i].get<std::string>();
    }
    if (!board.is_string() && !board.is_array()) return error("board", "is text: \"Qs Jh 2h\"");
    auto cards = parse_cards(text);
    if (!cards) return error("board, " + cards.error().where, cards.error().what);
    if (cards.value().size() < 3 || cards.value().size() > 5)
      return error("board", "a subgame has 3 to 5 cards on its board, these are " +
                                std::to_string(cards.value().size()));
    game_.board = std::move(cards).value();
    return Done{};
  }

  Result<Chips> chips(const Json& root, const char* key, Chips missing) const {
    if (!root.contains(key)) return missing;
    const Json& value = root[key];
    const double number = value.is_number() ? value.get<double>() : 0;
    if (!(number >= 1 && number <= stack_max) || number != std::floor(number))
      return error(key, "is a whole number of chips, 1 to " + std::to_string(stack_max) +
                            "; count in cents where there are finer ones");
    return static_cast<Chips>(number);
  }

  Result<Done> take_chips(const Json& root) {
    for (const auto& [key, to] : {std::pair<const char*, Chips*>{"pot", &game_.pot},
                                  {"stack", &game_.stack},
                                  {"min_bet", &game_.min_bet}}) {
      auto value = chips(root, key, *to);
      if (!value) return value.error();
      *to = value.value();
    }
    return Done{};
  }

  Result<Done> take_ranges(const Json& root) {
    if (root.contains("ranges") == root.contains("reaches"))
      return error("ranges",
                   "either \"ranges\" {\"oop\", \"ip\"} or \"reaches\", a file's name, is needed");
    if (root.contains("reaches")) return take_reaches(root["reaches"]);
    const Json& ranges = root["ranges"];
    if (!ranges.is_object()) return error("ranges", "is {\"oop\": TEXT, \"ip\": TEXT}");
    if (auto known = only(ranges, "ranges", {"oop", "ip"}); !known) return known;
    for (std::size_t p = 0; p < 2; ++p) {
      const std::string key = std::string("ranges.") + player_names[p];
      if (!ranges.contains(player_names[p])) return error(key, "is missing");
      const Json& text = ranges[player_names[p]];
      if (!text.is_string()) return error(key, "is text: \"AA,AKs:0.5,TT+\"");
      auto range = parse_range(text.get<std::string>());
      if (!range) return error(key + ", " + range.error().where, range.error().what);
      game_.ranges[p] = range.value();
    }
    return Done{};
  }

  /// A relative name is looked for beside the subgame's file, then where the program runs.
  Result<Done> take_reaches(const Json& name) {
    if (!name.is_string()) return error("reaches", "is the name of a file of 2 x 1,326 numbers");
    const std::string given = name.get<std::string>();
    std::string file = given;
    const std::string beside = folder_.empty() ? given : folder_ + "/" + given;
    if (!given.starts_with("/") && stat_file(beside)) file = beside;
    auto reaches = read_reaches(file);
    if (!reaches) {
      const Error& bad = reaches.error();
      return bad.code == "bad_reaches" ? error("reaches, " + bad.where, bad.what) : bad;
    }
    game_.ranges = reaches.value();
    return Done{};
  }

  Result<BetSizes> sizes(const Json& value, const std::string& where) const {
    BetSizes found;
    if (value.is_string()) {
      auto text = parse_bet_sizes(value.get<std::string>());
      if (!text) return error(where + ", " + text.error().where, text.error().what);
      if (text.value().size() > sizes_most)
        return error(where, "at most " + std::to_string(sizes_most) + " sizes");
      return text.value();
    }
    const std::size_t count = value.is_array() ? value.size() : 1;
    if (count > sizes_most)
      return error(
          where, "has " + std::to_string(count) + " sizes, at most " + std::to_string(sizes_most));
    for (std::size_t i = 0; i < count; ++i) {
      const Json& each = value.is_array() ? value[i] : value;
      const std::string here = value.is_array() ? where + "[" + std::to_string(i) + "]" : where;
      if (each.is_string()) {
        auto size = parse_bet_size(each.get<std::string>());
        if (!size) return error(here, size.error().what);
        found.push_back(size.value());
        continue;
      }
      const double percent = each.is_number() ? each.get<double>() : 0;
      if (!(percent > 0 && percent <= percent_max))
        return error(here, "is a percentage of the pot above 0, or text: \"50%\", \"2.5x\", \"e\"");
      found.push_back({BetSize::Kind::pot, percent / 100, 0});
    }
    return found;
  }

  /// Streets and players from `first` up to `last`, exclusive.
  struct Span {
    std::size_t first_street = 0, last_street = 3;
    std::size_t first_player = 0, last_player = 2;
  };

  Result<Done> fill(const Json& value, const std::string& where, const Span& span,
                    SizeTable& table) const {
    if (value.is_object()) return fill_named(value, where, span, table);
    const bool nested = value.is_array() && !value.empty() && value[0].is_array();
    if (nested && span.last_street - span.first_street == 1)
      return error(where, "is one list: [50, 100]");
    if (nested) {
      for (std::size_t i = 0; i < value.size(); ++i) {
        Span one = span;
        one.first_street = i;
        one.last_street = i + 1;
        const std::string here = where + "[" + std::to_string(i) + "]";
        if (i >= static_cast<std::size_t>(game_.streets()))
          return error(here, "there is no such street");
        if (auto filled = fill(value[i], here, one, table); !filled) return filled;
      }
      return Done{};
    }
    auto read = sizes(value, where);
    if (!read) return read.error();
    for (std::size_t s = span.first_street; s < span.last_street; ++s)
      for (std::size_t p = span.first_player; p < span.last_player; ++p) table[s][p] = read.value();
    return Done{};
  }

  Result<Done> fill_named(const Json& value, const std::string& where, const Span& span,
                          SizeTable& table) const {
    std::vector<std::string> known;
    const bool streets = span.last_street - span.first_street == 3;
    const bool players = span.last_player - span.first_player == 2;
    if (streets) known.insert(known.end(), street_names.begin(), street_names.end());
    if (players) known.insert(known.end(), player_names.begin(), player_names.end());
    if (known.empty()) return error(where, "is a list: [50, 100]");
    if (auto checked = only(value, where, known); !checked) return checked;
    const auto passed = static_cast<std::size_t>(3 - game_.streets());  // streets before the root
    for (const auto& [key, inner] : value.items()) {
      Span part = span;
      SizeTable unused;  // of a street before the root, whose sizes are checked all the same
      SizeTable* into = &table;
      const auto player = std::find(player_names.begin(), player_names.end(), key);
      if (player != player_names.end()) {
        part.first_player = static_cast<std::size_t>(player - player_names.begin());
        part.last_player = part.first_player + 1;
      } else {
        const auto street = static_cast<std::size_t>(
            std::find(street_names.begin(), street_names.end(), key) - street_names.begin());
        if (street < passed) into = &unused;
        part.first_street = street < passed ? 0 : street - passed;
        part.last_street = part.first_street + 1;
      }
      if (auto filled = fill(inner, where + "." + key, part, *into); !filled) return filled;
    }
    return Done{};
  }

  Result<Done> take_menu(const Json& root) {
    std::array<SizeTable, 3> tables;
    constexpr std::array<const char*, 3> keys{"bets", "raises", "donks"};
    for (std::size_t k = 0; k < keys.size(); ++k) {
      if (!root.contains(keys[k])) continue;
      if (auto filled = fill(root[keys[k]], keys[k], {}, tables[k]); !filled) return filled;
    }
    bool all_in = true;
    if (root.contains("allin")) {
      if (!root["allin"].is_boolean()) return error("allin", "is true or false");
      all_in = root["allin"].get<bool>();
    }
    if (root.contains("allin_from")) {
      const double percent = root["allin_from"].is_number() ? root["allin_from"].get<double>() : 0;
      if (!(percent > 0 && percent <= 100))
        return error("allin_from", "is a percentage of the stack, up to 100");
      game_.menu.all_in_from = percent / 100;
    }
    const auto with_all_in = [&](const std::optional<BetSizes>& sizes_of) {
      BetSizes list = sizes_of.value_or(BetSizes{});
      if (all_in) list.push_back({BetSize::Kind::all_in, 0, 0});
      return list;
    };
    for (std::size_t s = 0; s < 3; ++s) {
      for (std::size_t p = 0; p < 2; ++p)
        game_.menu.sizes[s][p] = {with_all_in(tables[0][s][p]), with_all_in(tables[1][s][p])};
      const std::optional<BetSizes>& donks = tables[2][s][0];
      if (donks) game_.menu.donks[s] = donks->empty() ? *donks : with_all_in(donks);
    }
    return take_raises_max(root);
  }

  Result<Done> take_raises_max(const Json& root) {
    if (!root.contains("raises_max")) return Done{};
    const Json& value = root["raises_max"];
    const auto take = [&](const Json& number, const std::string& where, std::size_t first,
                          std::size_t last) -> Result<Done> {
      const double most = number.is_number_integer() ? number.get<double>() : -1;
      if (!(most >= 1 && most <= raises_most))
        return error(where, "is a whole number, 1 to " + std::to_string(raises_most));
      for (std::size_t s = first; s < last; ++s) game_.menu.raises_max[s] = static_cast<int>(most);
      return Done{};
    };
    if (!value.is_object()) return take(value, "raises_max", 0, 3);
    if (auto known = only(value, "raises_max", {"flop", "turn", "river"}); !known) return known;
    const auto passed = static_cast<std::size_t>(3 - game_.streets());
    for (std::size_t s = 0; s < street_names.size(); ++s) {
      if (!value.contains(street_names[s])) continue;
      const std::string where = std::string("raises_max.") + street_names[s];
      const std::size_t first = s < passed ? 0 : s - passed, last = s < passed ? 0 : first + 1;
      if (auto taken = take(value[street_names[s]], where, first, last); !taken) return taken;
    }
    return Done{};
  }

  Result<Done> take_rake(const Json& root) {
    if (!root.contains("rake")) return Done{};
    const Json& rake = root["rake"];
    if (!rake.is_object()) return error("rake", "is {\"percent\": 5, \"cap\": 3}");
    if (auto known = only(rake, "rake", {"percent", "cap"}); !known) return known;
    if (!rake.contains("percent")) return error("rake.percent", "is missing");
    const auto number = [&](const char* key) {
      return rake[key].is_number() ? rake[key].get<double>() : -1.0;
    };
    game_.rake_percent = number("percent");
    if (!(game_.rake_percent >= 0 && game_.rake_percent <= 100))
      return error("rake.percent", "is a percentage of the pot, 0 to 100");
    if (!rake.contains("cap")) return Done{};
    game_.rake_cap = number("cap");
    if (!(game_.rake_cap >= 0 && game_.rake_cap <= stack_max))
      return error("rake.cap", "is a number of chips, 0 (none) or more");
    return Done{};
  }

  Result<Done> take_locks(const Json& root) {
    if (!root.contains("lock")) return Done{};
    const Json& locks = root["lock"];
    if (!locks.is_array()) return error("lock", "is a list of {\"history\", \"strategy\"}");
    for (std::size_t i = 0; i < locks.size(); ++i) {
      const std::string where = "lock[" + std::to_string(i) + "]";
      const Json& each = locks[i];
      if (!each.is_object())
        return error(where, "is {\"history\": \"c\", \"strategy\": {\"c\": 1}}");
      if (auto known = only(each, where, {"history", "strategy"}); !known) return known;
      if (!each.contains("history") || !each["history"].is_string())
        return error(where + ".history", "is text: \"cr30\", and \"\" at the root");
      if (!each.contains("strategy") || !each["strategy"].is_object() || each["strategy"].empty())
        return error(where + ".strategy",
                     "is {\"c\": 0.4, \"r30\": 0.6}, or by range {\"AA,KK\": {\"c\": 1}}");
      SubgameLock lock;
      lock.history = each["history"].get<std::string>();
      lock.where = error(where, "").where;
      if (auto taken = take_parts(each["strategy"], where + ".strategy", lock); !taken)
        return taken;
      game_.locks.push_back(std::move(lock));
    }
    return Done{};
  }

  Result<Done> take_parts(const Json& strategy, const std::string& where, SubgameLock& lock) const {
    const bool whole = strategy.begin()->is_number();
    if (whole) {
      SubgameLock::Part all;
      all.hands.fill(1);
      if (auto taken = take_actions(strategy, where, all); !taken) return taken;
      lock.parts.push_back(std::move(all));
      return Done{};
    }
    for (const auto& [items, actions] : strategy.items()) {
      const std::string here = where + "." + items;
      if (!actions.is_object()) return error(here, "is {\"c\": 0.4, \"r30\": 0.6}");
      auto hands = parse_range(items);
      if (!hands) return error(here + ", " + hands.error().where, hands.error().what);
      SubgameLock::Part part;
      part.hands = hands.value();
      if (auto taken = take_actions(actions, here, part); !taken) return taken;
      lock.parts.push_back(std::move(part));
    }
    return Done{};
  }

  Result<Done> take_actions(const Json& actions, const std::string& where,
                            SubgameLock::Part& part) const {
    for (const auto& [action, probability] : actions.items()) {
      const double p = probability.is_number() ? probability.get<double>() : -1;
      if (!(p >= 0 && p <= 1)) return error(where + "." + action, "is a probability, 0 to 1");
      part.actions.emplace_back(action, p);
    }
    return Done{};
  }

  std::string path_;
  std::string folder_;
  Subgame game_;
};

}  // namespace
}  // namespace subgame

Result<Subgame> parse_subgame(std::string_view text, const std::string& path,
                              const std::string& folder) {
  return subgame::SubgameReader(path, folder).read(text);
}

Result<Subgame> read_subgame(const std::string& path) {
  Buffer buffer;
  if (auto read = read_file(path, buffer, subgame::file_bytes_max); !read) return read.error();
  return parse_subgame(buffer.view(), path, std::filesystem::path(path).parent_path().string());
}

}  // namespace weir::mccfr
