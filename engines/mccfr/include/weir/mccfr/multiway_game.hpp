// multiway_game.hpp: Kuhn, Leduc and hold'em for two to six players, without a tree: rules, a menu of bets, and deals.
//
// With n players Kuhn has n + 1 cards of one suit, and Leduc n + 1 ranks of two suits: for three players J Q K A.
//
// Roles:  a game is const, any thread; copies share the buckets of hold'em.
// Errors: those of rules, menus and buckets.
#pragma once

#include <array>
#include <optional>
#include <span>
#include <string>
#include <vector>
#include <weir/mccfr/holdem_game.hpp>
#include <weir/mccfr/one_card_solver.hpp>

namespace weir::mccfr {

class LazyTable;

/// What the players see of a deal, and what their hands are worth. In hold'em it is looked up when it is first asked
/// for: most hands end before the flop, and a walk follows one player, or some. One thread at a time; the game whose
/// deal it is, with its cards made, outlives it.
class MultiwayDeal {
 public:
  /// round 0 to 3 (of one card: 0, 1), player below the game's: who was dealt a hand.
  Bucket bucket(int round, int player) noexcept {
    const auto r = static_cast<std::size_t>(round), p = static_cast<std::size_t>(player);
    if ((seen_ >> (r * players_max + p) & 1) == 0) see(r, p);
    return buckets_[r][p];
  }
  /// [player]: higher is better. Not of a deal to one player alone.
  const std::array<std::uint32_t, players_max>& ranks() noexcept {
    if (!ranked_) rank();
    return ranks_;
  }
  /// Hold'em: what was dealt, from the first player on or to one alone.
  Hand hand(int player) const noexcept { return hands_[static_cast<std::size_t>(player)]; }
  std::span<const Card, 5> board() const noexcept { return board_; }

 private:
  friend class MultiwayGame;
  void see(std::size_t round, std::size_t player) noexcept;
  void rank() noexcept;

  const CardBuckets* cards_ = nullptr;
  std::uint32_t seen_ = 0;    // a bit for each of buckets_
  std::uint8_t players_ = 0;  // whose hands are dealt, from the first one on
  bool ranked_ = false;
  std::array<std::array<Bucket, players_max>, rounds_max> buckets_{};  // [round][player]
  std::array<std::uint32_t, players_max> ranks_{};
  std::array<Hand, players_max> hands_{};
  std::array<Card, 5> board_{};
};

/// Deeper in a hand nobody bets or raises: bounds the stack that walks take.
inline constexpr int multiway_depth_max = 200;

class MultiwayGame {
 public:
  static Result<MultiwayGame> kuhn(int players, const Rake& rake = {});
  static Result<MultiwayGame> leduc(int players, const Rake& rake = {});
  static Result<MultiwayGame> holdem(const HoldemConfig& config);
  /// As HoldemGame's.
  Result<Done> make_cards();

  const BettingRules& rules() const noexcept { return rules_; }
  const HoldemGame* cards() const noexcept { return holdem_ ? &*holdem_ : nullptr; }
  /// The actions of a node, so many actions after the root.
  int actions(const BettingState& state, int depth,
              std::array<BetAction, actions_max>& list) const noexcept;
  void deal(Random& random, MultiwayDeal& deal) const noexcept;
  /// Of one player alone, whose buckets may be asked for, and no ranks.
  void deal_to(int player, Random& random, MultiwayDeal& deal) const noexcept;
  std::array<std::uint32_t, rounds_max> buckets() const noexcept;
  /// "b17:flop:", "K:Q:": what a row's name begins with.
  std::string private_key(int round, std::uint32_t bucket) const;

  /// All deals of one card each: buckets, ranks, and how likely. Empty in hold'em.
  struct WeightedDeal {
    MultiwayDeal deal;
    double weight = 0;
  };
  std::vector<WeightedDeal> all_deals() const;

 private:
  explicit MultiwayGame(BettingRules rules) : rules_(std::move(rules)) {}
  void see_one_card(const std::array<int, players_max + 1>& cards,
                    MultiwayDeal& deal) const noexcept;
  void deal_one_card(Random& random, MultiwayDeal& deal) const noexcept;
  void deal_hands(std::size_t first, std::size_t end, Random& random,
                  MultiwayDeal& deal) const noexcept;

  BettingRules rules_;
  BetMenu menu_;
  std::optional<HoldemGame> holdem_;
};

/// "cr300c/cc/": the betting, as BettingTree::betting() writes it.
class BettingText {
 public:
  explicit BettingText(const BettingRules& rules) : rules_(&rules) {}
  static std::string letter(const BettingRules& rules, const BetAction& action);
  /// `after`: the state that the action leads to from one in `round`.
  void add(const BetAction& action, int round, const BettingState& after);
  const std::string& text() const noexcept { return text_; }

 private:
  const BettingRules* rules_;
  std::string text_;
};

/// The average strategies, measured exactly by all deals of a one-card game: a best response of each player against all
/// others' averages, as a task graph over players and their first actions; the same bits for any number of workers.
/// Errors: too_large (hold'em, and more than 200 M states of betting x deals); stalled, failed (what the runtime
/// refuses). Cost: states of betting x deals x players.
Result<Exploitability> measure(Runtime& runtime, const MultiwayGame& game, const LazyTable& table);

}  // namespace weir::mccfr
