#include <weir/mccfr/bucket_file.hpp>
#include <weir/mccfr/holdem_game.hpp>
#include <weir/mccfr/tree_builder.hpp>

#include "draw_cards.hpp"

namespace weir::mccfr {
std::string_view round_name(int round) noexcept {
  constexpr std::string_view names[] = {"preflop", "flop", "turn", "river"};
  return names[round];
}

Result<HoldemGame> HoldemGame::make(const HoldemConfig& config) {
  if (config.rules.players != 2)
    return Error{"players", "trains two players, not " + std::to_string(config.rules.players),
                 "players"};
  auto tree = build_tree(config.rules, config.menu);
  if (!tree) return tree.error();
  auto game = without_tree(config);
  if (game) game.value().setup_->tree = std::move(tree).value();
  return game;
}

Result<HoldemGame> HoldemGame::without_tree(const HoldemConfig& config) {
  if (auto valid = validate(config.rules); !valid) return valid.error();
  if (auto valid = validate(config.menu, config.rules); !valid) return valid.error();
  auto setup = std::make_shared<Setup>();
  setup->config = config;
  for (std::size_t r = 0; r < rounds_max; ++r)
    setup->counts[r] = static_cast<std::uint32_t>(config.buckets.buckets[r]);
  return HoldemGame(std::move(setup));
}

Result<Done> HoldemGame::make_cards() {
  if (setup_->cards) return Done{};
  const HoldemConfig& config = setup_->config;
  if (!config.buckets_file.empty()) {
    auto file = abstraction::BucketFile::read_whole(config.buckets_file);
    if (!file) {
      Error error = file.error();
      if (error.code == "not_found") error.what += "; --buckets-file says where the buckets are";
      return error;
    }
    if (file.value()->abstraction() != config.abstraction) {
      return Error{"abstraction",
                   "has buckets " + file.value()->abstraction().substr(0, 16) +
                       "..., the strategy needs " + config.abstraction.substr(0, 16) + "...",
                   config.buckets_file};
    }
    setup_->cards = CardBuckets::of(std::move(file).value());
    return Done{};
  }
  auto cards = CardBuckets::make(setup_->config.buckets);
  if (!cards) return cards.error();
  setup_->cards = std::move(cards).value();
  return Done{};
}

void HoldemGame::deal(const TableShape& shape, Random& random, Deal& deal) const noexcept {
  Drawn drawn;
  draw(random, drawn);
  this->deal(shape, drawn, deal);
}

void HoldemGame::draw(Random& random, Drawn& drawn) const noexcept {
  const auto cards = draw_cards<9>(random);
  setup_->cards->seek({hand_of(cards[0], cards[1]), hand_of(cards[2], cards[3])},
                      std::span<const Card, 5>(cards.data() + 4, 5), drawn);
}

void HoldemGame::place(const TableShape& shape, const std::array<Hand, 2>& hands,
                       std::span<const Card, 5> board, Deal& deal) const noexcept {
  Drawn drawn;
  setup_->cards->seek(hands, board, drawn);
  this->deal(shape, drawn, deal);
}

void HoldemGame::deal(const TableShape& shape, const Drawn& drawn, Deal& deal) const noexcept {
  SeenDeal seen;
  setup_->cards->take(drawn, seen);
  for (std::size_t r = 0; r < rounds_max; ++r) {
    for (std::size_t p = 0; p < 2; ++p)
      deal.region[r][p] =
          shape.region(static_cast<int>(r), static_cast<int>(p), seen.buckets[p][r]);
  }
  deal.outcome = seen.ranks[0] < seen.ranks[1] ? 0 : seen.ranks[0] == seen.ranks[1] ? 1 : 2;
}

std::string HoldemGame::key(std::uint32_t node, std::uint32_t bucket) const {
  const int round = setup_->tree.nodes[node].round;
  return "b" + std::to_string(bucket) + ":" + std::string(round_name(round)) + ":" +
         setup_->tree.betting(node);
}

}  // namespace weir::mccfr
