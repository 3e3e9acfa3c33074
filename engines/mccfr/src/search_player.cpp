#include <algorithm>
#include <mutex>
#include <string>
#include <weir/mccfr/search_player.hpp>
#include <weir/task.hpp>

#include "solved_spots.hpp"
#include "table_cards.hpp"

namespace weir::mccfr {

/// What was solved, by betting and board; for any number of threads.
struct Searcher::State {
  State(Runtime& on, const HoldemGame& of, const TableShape& with, const NarrowEntries::Sum* learnt,
        const SearchSettings& by)
      : runtime(on), game(of), shape(with), sums(learnt), settings(by) {}

  using Solved = SolvedSpots::Solved;

  Solved find(const std::string& key) {
    const std::lock_guard hold(mutex);
    return spots.find(key);
  }

  /// Who comes first is believed by all.
  Solved keep(const std::string& key, SolvedSpot&& solved) {
    const std::lock_guard hold(mutex);
    if (Solved there = spots.find(key)) return there;
    Solved kept = spots.keep(key, std::move(solved));
    const SolvedSpot& spot = *kept;
    ++(spot.actions.empty() ? figures.fallbacks : figures.searches);
    figures.iterations += spot.iterations;
    figures.ms += spot.ms;
    figures.ms_max = std::max(figures.ms_max, spot.ms);
    return kept;
  }

  SolvedSpot solve(const SearchSpot& spot) {
    if (worker_index() >= 0) return solve_spot(spot, settings);
    SolvedSpot solved;
    const Status status = runtime.run([&] { solved = solve_spot(spot, settings); });
    return status == Status::accepted ? std::move(solved) : SolvedSpot{};
  }

  std::unique_ptr<KnownPlayer> blueprint() const {
    constexpr double tremble = 1e-3;
    return make_known_blueprint(game, shape, sums, tremble);
  }

  static constexpr std::size_t ranges_max = 12'288;  // 62 MiB
  Runtime& runtime;
  const HoldemGame& game;
  const TableShape& shape;
  const NarrowEntries::Sum* const sums;
  const SearchSettings settings;
  std::mutex mutex;
  SolvedSpots spots{ranges_max};
  SearchFigures figures;
};

namespace {

KnownChoice& searched_choice(std::vector<KnownChoice>& list, const BetAction& action) {
  for (KnownChoice& choice : list)
    if (choice.action == action) return choice;
  return list.emplace_back(KnownChoice{action, {}});
}

class SearchingPlayer final : public KnownPlayer {
 public:
  explicit SearchingPlayer(Searcher::State* shared)
      : shared_(shared), own_(shared->blueprint()), other_(shared->blueprint()) {}
  SearchingPlayer(const SearchingPlayer& from)
      : KnownPlayer(from),
        shared_(from.shared_),
        thinks_(from.thinks_),
        own_(from.own_->copy()),
        other_(from.other_->copy()),
        seat_(from.seat_),
        weights_(from.weights_),
        board_(from.board_),
        betting_(from.betting_),
        street_(from.street_) {}

  std::unique_ptr<KnownPlayer> copy() const override {
    return std::make_unique<SearchingPlayer>(*this);
  }
  /// As the blueprint would.
  std::unique_ptr<KnownPlayer> guess() const override {
    auto made = std::make_unique<SearchingPlayer>(*this);
    made->thinks_ = false;
    return made;
  }
  void begin(int seat) override {
    seat_ = seat;
    own_->begin(seat);
    other_->begin(1 - seat);
    weights_.fill(1);
    board_.clear();
    betting_ = seat == 0 ? "0:" : "1:";
    street_ = {};
  }
  void deal(std::span<const Card> board) override {
    own_->deal(board);
    other_->deal(board);
    board_.assign(board.begin(), board.end());
    weights_ = without(weights_, set_of(board));
  }
  void saw(const BettingState& state, const BetAction& action) override {
    note(state, action);
    own_->saw(state, action);
    other_->did(state, action);
  }
  void choices(const BettingState& state, std::vector<KnownChoice>& list) override {
    list.clear();
    const std::shared_ptr<const SolvedSpot> solved =
        thinks_ && state.round() >= shared_->settings.first_round ? ask(state) : nullptr;
    Range left = weights_;  // of hands without a solution
    if (solved != nullptr && !solved->actions.empty()) from_solution(*solved, left, list);
    if (weight_of(left) > 0) from_blueprint(state, left, list);
  }
  void did(const BettingState& state, const BetAction& action) override {
    std::vector<KnownChoice> list;
    choices(state, list);
    weights_ = searched_choice(list, action).weights;
    note(state, action);
    own_->did(state, action);
    other_->saw(state, action);
  }
  void weights(Range& sum) const override { sum = weights_; }

 private:
  /// The betting of a round as far as it has come.
  struct Street {
    int round = -1;
    std::array<Chips, 2> put{};  // before it
    std::vector<BetAction> done;
  };

  void enter(const BettingState& state) {
    if (street_.round == state.round()) return;
    street_ = {state.round(), {state.put(0), state.put(1)}, {}};
  }
  void note(const BettingState& state, const BetAction& action) {
    enter(state);
    street_.done.push_back(action);
    betting_ += action.letter;
    if (action.letter == 'r') betting_ += std::to_string(action.total);
  }

  std::shared_ptr<const SolvedSpot> ask(const BettingState& state) {
    enter(state);
    const std::string key = betting_ + "/" + cards_text(board_);
    if (auto found = shared_->find(key)) return found;
    SearchSpot spot;
    spot.menu = &shared_->game.config().menu;
    spot.rules = &state.rules();
    spot.round = state.round();
    spot.board = board_;
    spot.put = street_.put;
    spot.done = street_.done;
    const auto seat = static_cast<std::size_t>(seat_);
    spot.ranges[seat] = weights_;
    other_->weights(spot.ranges[1 - seat]);
    spot.state = &state;
    spot.blueprints[seat] = own_.get();
    spot.blueprints[1 - seat] = other_.get();
    spot.blueprint = {&shared_->game, &shared_->shape, shared_->sums};
    SolvedSpot solved = shared_->solve(spot);
    for (const BetAction& action : solved.actions)
      if (state.refusal(action) != nullptr) {
        solved.actions.clear();
        solved.iterations = 0;
        break;
      }
    return shared_->keep(key, std::move(solved));
  }

  static void from_solution(const SolvedSpot& solved, Range& left, std::vector<KnownChoice>& list) {
    Range all{};
    for (const Range& row : solved.probabilities)
      for (std::size_t hand = 0; hand < hand_count; ++hand) all[hand] += row[hand];
    for (std::size_t a = 0; a < solved.actions.size(); ++a) {
      Range& weights = list.emplace_back(KnownChoice{solved.actions[a], {}}).weights;
      for (std::size_t hand = 0; hand < hand_count; ++hand)
        if (all[hand] > 0) weights[hand] = left[hand] * solved.probabilities[a][hand] / all[hand];
    }
    for (std::size_t hand = 0; hand < hand_count; ++hand)
      if (all[hand] > 0) left[hand] = 0;
  }

  void from_blueprint(const BettingState& state, const Range& left,
                      std::vector<KnownChoice>& list) {
    std::vector<KnownChoice> learnt;
    own_->choices(state, learnt);
    Range all{};
    for (const KnownChoice& choice : learnt)
      for (std::size_t hand = 0; hand < hand_count; ++hand) all[hand] += choice.weights[hand];
    for (const KnownChoice& choice : learnt) {
      Range& weights = searched_choice(list, choice.action).weights;
      for (std::size_t hand = 0; hand < hand_count; ++hand)
        if (all[hand] > 0) weights[hand] += left[hand] * choice.weights[hand] / all[hand];
    }
    Range& calls = searched_choice(list, {'c', 0}).weights;  // of hands too unlikely for floats
    for (std::size_t hand = 0; hand < hand_count; ++hand)
      if (!(all[hand] > 0)) calls[hand] += left[hand];
  }

  Searcher::State* shared_;
  bool thinks_ = true;
  std::unique_ptr<KnownPlayer> own_, other_;  // as the blueprint plays
  int seat_ = 0;
  Range weights_{};
  std::vector<Card> board_;
  std::string betting_;  // of the hand, after the seat
  Street street_;
};

}  // namespace

Searcher::Searcher(Runtime& runtime, const HoldemGame& game, const TableShape& shape,
                   const NarrowEntries::Sum* sums, const SearchSettings& settings)
    : state_(std::make_unique<State>(runtime, game, shape, sums, settings)) {}
Searcher::~Searcher() = default;

std::unique_ptr<KnownPlayer> Searcher::known() const {
  return std::make_unique<SearchingPlayer>(state_.get());
}

std::unique_ptr<Agent> Searcher::agent() const { return make_known_agent(known()); }

SearchFigures Searcher::figures() const {
  const std::lock_guard hold(state_->mutex);
  return state_->figures;
}

}  // namespace weir::mccfr
