// query: what a checkpoint's strategy does in one information set, read from where it lies in the file.
#include <fmt/format.h>

#include <algorithm>
#include <limits>
#include <nlohmann/json.hpp>
#include <weir/terminal.hpp>

#include "commands.hpp"
#include "example_hands.hpp"
#include "kept_rows.hpp"
#include "loaded.hpp"
#include "query_place.hpp"

namespace weir::mccfr {
namespace {

constexpr std::uint32_t neighbours_max = 16;  // buckets beside one that has no row

class Query {
 public:
  Query(const Options& options, Findings& findings, KeptRows rows,
        std::unique_ptr<TrainingGame> game)
      : options_(options), findings_(findings), rows_(std::move(rows)), game_(std::move(game)) {}

  Result<Done> run() {
    const std::string betting = options_.key.substr(options_.key.rfind(':') + 1);
    auto place = find_place(*game_, betting);
    if (!place) {
      const QueryPlace near = nearest_place(*game_, betting);
      return unknown("nobody acts after the betting \"" + betting + "\"; the nearest is " +
                     nearest_key(near));
    }
    std::string key = options_.key;
    if (!options_.query_hand.empty()) {
      auto part = private_part(*game_, place->round, options_.query_hand, options_.board);
      if (!part) return part.error();
      key = part.value() + betting;
    }
    std::uint32_t bucket = 0;
    const std::uint32_t buckets = game_->buckets()[static_cast<std::size_t>(place->round)];
    while (bucket < buckets && key_at(*game_, *place, bucket) != key) ++bucket;
    if (bucket == buckets)
      return unknown("there is no information set \"" + key + "\"; the nearest is " +
                     nearest_key(*place));
    auto strategy = asked(*place, bucket, key);
    if (!strategy) return strategy.error();
    tell(*place, key, strategy.value());
    return options_.query_cards && options_.query_hand.empty() ? show_cards(*place, bucket)
                                                               : Result<Done>(Done{});
  }

 private:
  Error unknown(std::string what) const { return {"usage", std::move(what), options_.key}; }

  std::string nearest_key(const QueryPlace& place) const {
    std::string nearest;
    std::size_t least = std::numeric_limits<std::size_t>::max();
    for (std::uint32_t b = 0; b < game_->buckets()[static_cast<std::size_t>(place.round)]; ++b) {
      const std::string key = key_at(*game_, place, b);
      const std::size_t distance = edit_distance(key, options_.key);
      if (distance >= least) continue;
      least = distance;
      nearest = key;
    }
    return nearest;
  }

  Result<std::vector<double>> asked(const QueryPlace& place, std::uint32_t bucket,
                                    const std::string& key) {
    if (game_->multiway() != nullptr) return asked_by_visits(place, bucket, key);
    auto shape = TableShape::of(game_->tree(), game_->buckets());
    if (!shape) return shape.error();
    if (rows_.layout().lazy || rows_.layout().header.entries != shape.value().entries)
      return Error{"abstraction", "its table is not this game's", options_.path};
    const BettingNode& node = game_->tree().nodes[place.node];
    const std::uint32_t entry = shape.value().region(node.round, node.player, bucket) + node.row;
    if (rows_.readable()) return rows_.average(shape.value(), entry, node.actions);
    auto loaded = load_checkpoint(options_.path);
    if (!loaded) return loaded.error();
    std::vector<double> strategy(node.actions);
    loaded.value().trainer->average(entry, node.actions, strategy.data());
    return strategy;
  }

  Result<std::vector<double>> asked_by_visits(const QueryPlace& place, std::uint32_t bucket,
                                              const std::string& key) {
    if (!rows_.layout().lazy)
      return Error{"abstraction", "its table is not this game's", options_.path};
    auto rank = rows_.rank_of(place.path);
    if (!rank) return rank.error();
    if (!rank.value())
      return Error{"not_found", "nobody came to this betting while it was learnt", key};
    std::string known;
    const std::uint32_t buckets = game_->buckets()[static_cast<std::size_t>(place.round)];
    for (std::uint32_t away = 0; away <= neighbours_max; ++away) {
      for (const std::uint32_t b : {bucket - away, bucket + away}) {
        if (b >= buckets) continue;
        auto found = rows_.strategy(*rank.value(), b);
        if (!found) return found.error();
        if (!found.value()) continue;
        if (found.value()->size() != place.letters.size())
          return Error{"corrupt", "a row has other actions than its game", options_.path};
        if (away == 0) return *found.value();
        if (known.empty()) known = key_at(*game_, place, b);
      }
      if (!known.empty()) break;
    }
    return Error{"not_found",
                 "nobody came there while it was learnt" +
                     (known.empty() ? std::string() : "; the nearest that is known is " + known),
                 key};
  }

  void tell(const QueryPlace& place, const std::string& key, const std::vector<double>& strategy) {
    auto& m = findings_.members;
    m["game"] = game_->name();
    m["iterations"] = rows_.layout().header.state.iterations;
    m["key"] = key;
    m["strategy"] = nlohmann::ordered_json::object();
    if (key != options_.key) findings_.rows.emplace_back("key", key);
    for (std::size_t a = 0; a < strategy.size(); ++a) {
      m["strategy"][place.letters[a]] = strategy[a];
      findings_.rows.emplace_back(place.letters[a], fmt::format("{:.4f}", strategy[a]));
    }
  }

  Result<Done> show_cards(const QueryPlace& place, std::uint32_t bucket) {
    std::optional<ExampleHand> example;
    const MultiwayGame* const multiway = game_->multiway();
    if (game_->holdem() != nullptr || (multiway != nullptr && multiway->cards() != nullptr)) {
      auto found = example_hand(*game_, place.round, static_cast<Bucket>(bucket));
      if (!found) return found.error();
      example = found.value();
    } else {
      const std::string& key = options_.key;  // its ranks are the cards
      const std::size_t first = key.find(':'), second = key.rfind(':');
      example = ExampleHand{key.substr(0, first), key.substr(first + 1, second - first - 1)};
    }
    findings_.members["cards"] = nullptr;
    if (!example) return Done{};
    findings_.members["cards"] = {{"hand", example->hand}, {"board", example->board}};
    findings_.rows.emplace_back("for example", example->hand);
    if (!example->board.empty()) findings_.rows.emplace_back("  on", example->board);
    return Done{};
  }

  const Options& options_;
  Findings& findings_;
  KeptRows rows_;
  std::unique_ptr<TrainingGame> game_;
};

}  // namespace

void query_command(const Options& options, Findings& findings) {
  if (options.key.empty() && options.query_hand.empty())
    return fail(findings, {"usage", "KEY is missing, or --cards with a hand", "query"});
  auto rows = KeptRows::open(options.path);
  if (!rows) return fail(findings, rows.error());
  auto game = game_of(rows.value().layout().header, options.path, options.buckets_file);
  if (!game) return fail(findings, game.error());
  Query query(options, findings, std::move(rows).value(), std::move(game).value());
  if (auto asked = query.run(); !asked) fail(findings, asked.error());
}

}  // namespace weir::mccfr
