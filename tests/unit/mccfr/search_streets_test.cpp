// Search over all streets: every answer is the solution for the ranges that the hand has left, whoever acts first.
#include <doctest/doctest.h>

#include <algorithm>
#include <cmath>
#include <vector>
#include <weir/mccfr/search_player.hpp>

#include "short_game.hpp"
#include "spot_search.hpp"

using namespace weir;
using namespace weir::mccfr;
using weir::test::search_too_slow_here;
using weir::test::ShortGame;

namespace {

constexpr SearchSettings streets_settings{.iterations = 6};

/// What a player was asked and answered from the flop on.
struct StreetsLine {
  std::vector<std::vector<KnownChoice>> answers;
  std::vector<SolvedSpot> solved;  // of the same spots, by ranges that are kept beside the player
  Range weights{};
};

/// Plays a hand that is called and checked but for a bet on the turn by the other, of a size that no tree has; the
/// player calls it. With `solve` each spot is solved beside.
class StreetsHand {
 public:
  StreetsHand(KnownPlayer& player, int seat, std::string_view board, Chips bet)
      : player_(player),
        seat_(seat),
        board_(parse_cards(board).value()),
        bet_(bet),
        state_(ShortGame::get().rules()),
        own_(ShortGame::get().known(1e-3)),
        other_(ShortGame::get().known(1e-3)) {}

  StreetsLine play(bool solve) {
    StreetsLine line;
    player_.begin(seat_);
    own_->begin(seat_);
    other_->begin(1 - seat_);
    int round = 0;
    while (!state_.over()) {
      if (state_.round() != round) {
        round = state_.round();
        deal(static_cast<std::size_t>(round) + 2);
      }
      if (state_.player() == seat_)
        answer(line, solve);
      else
        follow();
    }
    player_.weights(line.weights);
    return line;
  }

 private:
  void deal(std::size_t cards) {
    shown_ = std::span(board_).first(cards);
    for (KnownPlayer* const who : {&player_, own_.get(), other_.get()}) who->deal(shown_);
    put_ = {state_.put(0), state_.put(1)};
    done_.clear();
  }
  void answer(StreetsLine& line, bool solve) {
    const BetAction call{'c', 0};
    if (state_.round() >= 1) {
      player_.choices(state_, line.answers.emplace_back());
      if (solve) line.solved.push_back(solve_spot(spot(), streets_settings));
    }
    player_.did(state_, call);
    own_->did(state_, call);
    other_->saw(state_, call);
    take(call);
  }
  void follow() {
    BetAction action{'c', 0};
    if (state_.round() == 2 && bet_ > 0 && state_.to_call() == 0)
      action = {'r', state_.put(1 - seat_) + bet_};
    player_.saw(state_, action);
    own_->saw(state_, action);
    other_->did(state_, action);
    take(action);
  }
  void take(const BetAction& action) {
    REQUIRE(state_.refusal(action) == nullptr);
    done_.push_back(action);
    state_.apply(action);
  }
  SearchSpot spot() const {
    SearchSpot made;
    made.menu = &ShortGame::get().holdem().config().menu;
    made.rules = &ShortGame::get().rules();
    made.round = state_.round();
    made.board.assign(shown_.begin(), shown_.end());
    made.put = put_;
    made.done = done_;
    const auto seat = static_cast<std::size_t>(seat_);
    player_.weights(made.ranges[seat]);
    other_->weights(made.ranges[1 - seat]);
    made.state = &state_;
    made.blueprints[seat] = own_.get();
    made.blueprints[1 - seat] = other_.get();
    const ShortGame& game = ShortGame::get();
    made.blueprint = {&game.holdem(), &game.shape(), game.sums()};
    return made;
  }

  KnownPlayer& player_;
  int seat_;
  std::vector<Card> board_;
  Chips bet_;
  BettingState state_;
  std::unique_ptr<KnownPlayer> own_, other_;
  std::span<const Card> shown_;
  std::array<Chips, 2> put_{};
  std::vector<BetAction> done_;
};

/// How far the weights of two ranges are apart, of 1.
double streets_apart(const Range& a, const Range& b) {
  double sum = 0;
  for (std::size_t h = 0; h < hand_count; ++h) sum += std::abs(static_cast<double>(a[h] - b[h]));
  return sum / weight_of(a);
}

bool same_choices(const std::vector<KnownChoice>& a, const std::vector<KnownChoice>& b) {
  return std::equal(a.begin(), a.end(), b.begin(), b.end(), [](const auto& x, const auto& y) {
    return x.action == y.action && x.weights == y.weights;
  });
}

std::unique_ptr<Searcher> streets_searcher(Runtime& runtime) {
  const ShortGame& game = ShortGame::get();
  return std::make_unique<Searcher>(runtime, game.holdem(), game.shape(), game.sums(),
                                    streets_settings);
}

constexpr const char* streets_board = "Td7d2cJh9s";
constexpr Chips odd_bet = 3;  // into a pot of 4

}  // namespace

TEST_CASE("search streets: each answer is the solution for the ranges that are left") {
  if (search_too_slow_here()) return;
  const auto runtime = weir::test::runtime_of(0);
  for (const int seat : {0, 1}) {
    CAPTURE(seat);
    const auto searcher = streets_searcher(*runtime);
    const auto player = searcher->known();
    const StreetsLine line = StreetsHand(*player, seat, streets_board, odd_bet).play(true);
    REQUIRE(line.answers.size() == line.solved.size());
    CHECK(line.answers.size() >= 3);
    for (std::size_t n = 0; n < line.answers.size(); ++n) {
      CAPTURE(n);
      REQUIRE(line.solved[n].iterations == 6);
      Range before{}, all{};
      for (const KnownChoice& choice : line.answers[n])
        for (std::size_t h = 0; h < hand_count; ++h) before[h] += choice.weights[h];
      for (const Range& row : line.solved[n].probabilities)
        for (std::size_t h = 0; h < hand_count; ++h) all[h] += row[h];
      for (std::size_t a = 0; a < line.solved[n].actions.size(); ++a) {
        const KnownChoice& choice = line.answers[n].at(a);
        CHECK(choice.action == line.solved[n].actions[a]);
        double off = 0;
        for (std::size_t h = 0; h < hand_count; ++h)
          if (all[h] > 0)
            off += std::abs(static_cast<double>(
                choice.weights[h] - before[h] * line.solved[n].probabilities[a][h] / all[h]));
        CHECK(off / weight_of(before) < 1e-5);
      }
    }
    CHECK(searcher->figures().searches == line.answers.size());
    CHECK(searcher->figures().fallbacks == 0);
  }
}

TEST_CASE("search streets: a player that has played another hand answers as a fresh one") {
  if (search_too_slow_here()) return;
  const auto runtime = weir::test::runtime_of(0);
  for (const int seat : {0, 1}) {
    CAPTURE(seat);
    const auto one = streets_searcher(*runtime), two = streets_searcher(*runtime);
    const auto fresh = one->known(), used = two->known(), guess = one->known()->guess();
    StreetsHand(*used, 1 - seat, "AsKh8c8d3s", 0).play(false);
    const std::uint64_t before = two->figures().searches;
    const StreetsLine first = StreetsHand(*fresh, seat, streets_board, odd_bet).play(false);
    const StreetsLine again = StreetsHand(*used, seat, streets_board, odd_bet).play(false);
    REQUIRE(first.answers.size() == again.answers.size());
    for (std::size_t n = 0; n < first.answers.size(); ++n)
      CHECK(same_choices(first.answers[n], again.answers[n]));
    CHECK(first.weights == again.weights);
    CHECK(two->figures().searches - before == first.answers.size());
    for (const auto* const searcher : {one.get(), two.get()})
      CHECK(searcher->figures().fallbacks == 0);
    const StreetsLine blueprint = StreetsHand(*guess, seat, streets_board, odd_bet).play(false);
    CHECK(blueprint.answers.size() == first.answers.size());
    CHECK(streets_apart(first.weights, blueprint.weights) > 0.05);
  }
}
