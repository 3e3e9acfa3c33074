#include <algorithm>
#include <utility>
#include <weir/mccfr/agent.hpp>
#include <weir/mccfr/board_ranks.hpp>
#include <weir/mccfr/known_player.hpp>
#include <weir/mccfr/strategy.hpp>

#include "play_choices.hpp"
#include "table_cards.hpp"

namespace weir::mccfr {
namespace {

/// The list's choice of that action, a new one without weights where it has none.
KnownChoice& choice_of(std::vector<KnownChoice>& list, const BetAction& action) {
  for (KnownChoice& choice : list)
    if (choice.action == action) return choice;
  return list.emplace_back(KnownChoice{action, {}});
}

void drop_blocked(std::span<const Card> board, Range& weights) noexcept {
  for (const Card card : board)
    for (Card other = 0; other < card_count; ++other)
      if (other != card) weights[hand_of(card, other)] = 0;
}

class KnownBaseline final : public KnownPlayer {
 public:
  KnownBaseline(std::string_view name, const HandStrengths& strengths)
      : name_(name), strengths_(&strengths), looks_(name == "tight") {}

  std::unique_ptr<KnownPlayer> copy() const override {
    return std::make_unique<KnownBaseline>(*this);
  }
  void begin(int) override {
    weights_.fill(1);
    if (!looks_) return;
    for (Hand hand = 0; hand < hand_count; ++hand)
      good_[hand] = strengths_->preflop_rank(hand) >= good_before_flop;
  }
  void deal(std::span<const Card> board) override {
    drop_blocked(board, weights_);
    if (!looks_) return;
    if (board.size() == 5) {
      BoardRanks ranks;
      StrengthRow row;
      ranks.set(std::span<const Card, 5>(board.data(), 5));
      strengths(ranks, row);
      for (std::size_t hand = 0; hand < hand_count; ++hand)
        good_[hand] = static_cast<float>(row[hand]) / strength_max >= good_after_flop;
      return;
    }
    const CardSet shown = set_of(board);
    for (Hand hand = 0; hand < hand_count; ++hand)
      good_[hand] =
          (cards_of(hand).set() & shown) == 0 && strengths_->of(hand, board) >= good_after_flop;
  }
  void saw(const BettingState&, const BetAction&) override {}
  void choices(const BettingState& state, std::vector<KnownChoice>& list) override {
    list.clear();
    for (const bool good : {false, true}) {
      if (good && !looks_) break;
      const PlayChoices here = baseline_choices(name_, state, good);
      for (std::size_t a = 0; a < here.count; ++a) {
        Range& weights = choice_of(list, here.actions[a]).weights;
        for (std::size_t hand = 0; hand < hand_count; ++hand)
          if (!looks_ || good_[hand] == good)
            weights[hand] += weights_[hand] * here.probabilities[a];
      }
    }
  }
  void did(const BettingState& state, const BetAction& action) override {
    std::vector<KnownChoice> list;
    choices(state, list);
    weights_ = choice_of(list, action).weights;
  }
  void weights(Range& sum) const override { sum = weights_; }

 private:
  std::string_view name_;
  const HandStrengths* strengths_;
  bool looks_;  // at its hand
  Range weights_{};
  std::array<bool, hand_count> good_{};
};

class KnownBlueprint final : public KnownPlayer {
 public:
  KnownBlueprint(const HoldemGame& game, const TableShape& shape, const NarrowEntries::Sum* sums,
                 double tremble)
      : game_(&game), shape_(&shape), sums_(sums), tremble_(static_cast<float>(tremble)) {}

  std::unique_ptr<KnownPlayer> copy() const override {
    return std::make_unique<KnownBlueprint>(*this);
  }
  void begin(int seat) override {
    seat_ = seat;
    places_.assign(1, Place{TreePosition(*game_), {}});
    places_[0].weights.fill(1);
    for (Hand hand = 0; hand < hand_count; ++hand)
      buckets_[hand] = game_->cards()->bucket(hand, {});
  }
  void deal(std::span<const Card> board) override {
    game_->cards()->row(board, buckets_);
    for (Place& place : places_) drop_blocked(board, place.weights);
  }
  void saw(const BettingState& state, const BetAction& action) override {
    std::vector<Place> next;
    for (const Place& place : places_) {
      if (!place.position.inside()) {
        add(next, place.position, place.weights);
        continue;
      }
      const Translation read = place.position.read(state, action);
      const auto lower = read.lower == read.upper ? 1.0F : static_cast<float>(read.p_lower);
      for (const auto& [index, p] :
           {std::pair(read.lower, lower), std::pair(read.upper, 1 - lower)}) {
        if (!(p > 0)) continue;
        TreePosition position = place.position;
        position.enter(index);
        Range weights = place.weights;
        for (float& weight : weights) weight *= p;
        add(next, position, weights);
      }
    }
    places_ = std::move(next);
  }
  void choices(const BettingState& state, std::vector<KnownChoice>& list) override {
    list.clear();
    each_choice(state,
                [&](const Place&, std::size_t, const BetAction& action, const Range& weights) {
                  Range& sum = choice_of(list, action).weights;
                  for (std::size_t hand = 0; hand < hand_count; ++hand) sum[hand] += weights[hand];
                });
  }
  void did(const BettingState& state, const BetAction& action) override {
    std::vector<Place> next;
    if (tremble_ > 0) {
      for (Place& place : places_) follow(place, state, action, next);
      places_ = std::move(next);
      return;
    }
    each_choice(state, [&](const Place& place, std::size_t index, const BetAction& taken,
                           const Range& weights) {
      if (taken != action) return;
      TreePosition position = place.position;
      if (position.inside()) position.enter(index);
      add(next, position, weights);
    });
    places_ = std::move(next);
  }
  void weights(Range& sum) const override {
    sum.fill(0);
    for (const Place& place : places_)
      for (std::size_t hand = 0; hand < hand_count; ++hand) sum[hand] += place.weights[hand];
  }
  const TreePosition* place() const override {
    const Place* likeliest = nullptr;
    double most = -1;
    for (const Place& each : places_) {
      const double weight = weight_of(each.weights);
      if (weight <= most) continue;
      most = weight;
      likeliest = &each;
    }
    return likeliest == nullptr ? nullptr : &likeliest->position;
  }

 private:
  struct Place {
    TreePosition position;
    Range weights{};
  };

  static void add(std::vector<Place>& places, const TreePosition& position, const Range& weights) {
    for (Place& place : places) {
      const bool met = position.inside()
                           ? place.position.inside() && place.position.at() == position.at()
                           : !place.position.inside();
      if (!met) continue;
      for (std::size_t hand = 0; hand < hand_count; ++hand) place.weights[hand] += weights[hand];
      return;
    }
    places.push_back({position, weights});
  }

  /// Fills strategies_; how many buckets there are.
  std::size_t take_strategies(const BettingNode& node) {
    const auto actions = static_cast<std::size_t>(node.actions);
    const auto buckets = static_cast<std::size_t>(game_->cards()->count(node.round));
    strategies_.resize(buckets * actions);
    for (std::size_t b = 0; b < buckets; ++b) {
      double strategy[actions_max];
      average_strategy(
          sums_ + shape_->region(node.round, node.player, static_cast<std::uint32_t>(b)) + node.row,
          node.actions, strategy);
      for (std::size_t a = 0; a < actions; ++a)
        strategies_[a * buckets + b] = static_cast<float>(strategy[a]);
    }
    return buckets;
  }

  /// An action of its own that may be none of its tree's, by a hand that trembles.
  void follow(Place& place, const BettingState& state, const BetAction& action,
              std::vector<Place>& next) {
    place.position.check_turn(state, seat_);
    if (!place.position.inside()) return add(next, place.position, place.weights);
    const BettingNode& node = place.position.node();
    const std::size_t buckets = take_strategies(node);
    std::array<float, actions_max> read{};  // how far each action of the node stands for it
    bool own = false;
    for (std::size_t a = 0; a < node.actions; ++a) {
      if (place.position.real(state, a) != action) continue;
      read[a] = 1;
      own = true;
    }
    if (!own) {
      const Translation as = place.position.read(state, action);
      const auto lower = as.lower == as.upper ? 1.0F : static_cast<float>(as.p_lower);
      read[as.upper] = 1 - lower;
      read[as.lower] = lower;
    }
    const float least = tremble_ / static_cast<float>(node.actions);
    for (std::size_t a = 0; a < node.actions; ++a) {
      if (!(read[a] > 0)) continue;
      const float* const row = strategies_.data() + a * buckets;
      Range weights;
      for (std::size_t hand = 0; hand < hand_count; ++hand)
        weights[hand] =
            place.weights[hand] * read[a] * ((1 - tremble_) * row[buckets_[hand]] + least);
      TreePosition position = place.position;
      position.enter(a);
      add(next, position, weights);
    }
  }

  /// f(place, action of its node, what that is in the hand, weights after it). Leaves the tree where it must.
  template <class F>
  void each_choice(const BettingState& state, F&& f) {
    for (Place& place : places_) {
      place.position.check_turn(state, seat_);
      if (!place.position.inside()) {
        f(place, 0, BetAction{'c', 0}, place.weights);
        continue;
      }
      const BettingNode& node = place.position.node();
      const auto actions = static_cast<std::size_t>(node.actions);
      const std::size_t buckets = take_strategies(node);
      for (std::size_t a = 0; a < actions; ++a) {
        const float* const row = strategies_.data() + a * buckets;
        Range weights;
        for (std::size_t hand = 0; hand < hand_count; ++hand)
          weights[hand] = place.weights[hand] * row[buckets_[hand]];
        f(place, a, place.position.real(state, a), weights);
      }
    }
  }

  const HoldemGame* game_;
  const TableShape* shape_;
  const NarrowEntries::Sum* sums_;
  float tremble_;
  int seat_ = 0;
  std::vector<Place> places_;
  std::array<Bucket, hand_count> buckets_{};
  std::vector<float> strategies_;  // [action * buckets + bucket], of the node at hand
};

/// Boards come with its own turns: what was seen before is shown to the player then, each with its own board.
class KnownAgent final : public Agent {
 public:
  explicit KnownAgent(std::unique_ptr<KnownPlayer> known) : known_(std::move(known)) {}

  void begin(int seat, Hand hand) override {
    seat_ = seat;
    hand_ = hand;
    shown_ = 0;
    seen_.clear();
    known_->begin(seat);
  }
  void saw(const BettingState& state, const BetAction& action, Random&) override {
    seen_.emplace_back(state, action);
  }
  BetAction act(const BettingState& state, std::span<const Card> board, Random& random) override {
    for (const auto& [then, action] : seen_) {
      show(board.first(std::min(board.size(), cards_shown(then.round()))));
      if (then.player() == seat_)
        known_->did(then, action);
      else
        known_->saw(then, action);
    }
    seen_.clear();
    show(board);
    known_->choices(state, choices_);
    std::vector<double> chances;
    double sum = 0;
    for (const KnownChoice& choice : choices_) {
      chances.push_back(static_cast<double>(choice.weights[hand_]));
      sum += chances.back();
    }
    if (!(sum > 0)) return {'c', 0};
    for (double& chance : chances) chance /= sum;
    const int drawn = draw_action(chances.data(), static_cast<int>(chances.size()), random.unit());
    return choices_[static_cast<std::size_t>(drawn)].action;
  }

 private:
  void show(std::span<const Card> board) {
    if (board.size() == shown_) return;
    shown_ = board.size();
    known_->deal(board);
  }

  std::unique_ptr<KnownPlayer> known_;
  int seat_ = 0;
  Hand hand_ = 0;
  std::size_t shown_ = 0;
  std::vector<std::pair<BettingState, BetAction>> seen_;
  std::vector<KnownChoice> choices_;
};

}  // namespace

std::unique_ptr<KnownPlayer> make_known_baseline(std::string_view name,
                                                 const HandStrengths& strengths) {
  const auto* const end = std::end(baseline_names);
  if (std::find(std::begin(baseline_names), end, name) == end) return nullptr;
  return std::make_unique<KnownBaseline>(name, strengths);
}

std::unique_ptr<KnownPlayer> make_known_blueprint(const HoldemGame& game, const TableShape& shape,
                                                  const NarrowEntries::Sum* sums, double tremble) {
  return std::make_unique<KnownBlueprint>(game, shape, sums, tremble);
}

std::unique_ptr<Agent> make_known_agent(std::unique_ptr<KnownPlayer> known) {
  return std::make_unique<KnownAgent>(std::move(known));
}

}  // namespace weir::mccfr
