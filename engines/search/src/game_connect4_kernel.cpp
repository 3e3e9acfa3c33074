#include <algorithm>
#include <array>
#include <utility>
#include <vector>
#include <weir/search/connect4_kernel.hpp>
#include <weir/search/connect4_network.hpp>
#include <weir/search/tree.hpp>
#include <weir/search/tree_rollout.hpp>

#include "game_root_rank.hpp"

namespace weir::search::games {
namespace {

constexpr std::size_t tree_bytes_max = std::size_t{64} << 20;
constexpr std::size_t remembered = 1024;  // opinions
constexpr std::uint32_t descents_a_leaf =
    4;  // of a batch, at most, beside those that need no network
constexpr std::uint64_t tree_simulations = 100'000;  // what a tree without a budget has room for

TreeOptions tree_options(const KernelConfig& config) {
  const std::uint64_t made = config.simulations == 0 ? tree_simulations : config.simulations;
  // Each simulation makes one node at most; the index has two words more a node.
  const std::size_t each = sizeof(TreeNode<ConnectFour::actions_max>) + 16;
  const std::size_t most = std::min(tree_bytes_max, config.memory_bytes_max);
  const std::size_t bytes = made < most / each ? (made + 2) * each : most;
  return {.memory_bytes_max = bytes, .heap = true, .transpositions = true, .seed = config.seed};
}

class MoveKernel final : public Kernel {
 public:
  MoveKernel(const MoveTask& task, const KernelConfig& config)
      : leaves_(task.leaves),
        early_stop_(task.early_stop && config.simulations != 0),
        budget_(config.simulations == 0 ? ~std::uint64_t{0} : config.simulations),
        rollouts_(config.seed),
        tree_(task.position, tree_options(config)),
        tickets_(task.leaves),
        known_(remembered) {}

  Turn turn(std::uint32_t simulations_max) override;
  Found found() const noexcept override {
    if (tree_.proof() != Proof::none && told_ == finished_) return Found::smallest;
    return finished_ == 0 ? Found::nothing : Found::full;
  }
  Answer best(std::size_t top, std::span<const Language> in) const override;
  std::uint64_t nodes() const noexcept override { return tree_.nodes(); }
  std::size_t memory() const noexcept override {
    return sizeof(*this) + tree_.memory() + known_.size() * sizeof(Remembered) +
           tickets_.size() * sizeof(Ticket<ConnectFour>) + questions_.capacity() * sizeof(float);
  }
  std::span<const float> features() const noexcept override { return questions_; }
  NetworkKind guided_by() const noexcept override { return NetworkKind::connect4; }
  void apply(std::span<const float> answers) override;

 private:
  struct Remembered {
    std::uint64_t key = 0;  // of no position
    Opinion opinion;
  };

  Remembered& place_of(const Position& position) noexcept {
    return known_[(position.key() * 0x9e3779b97f4a7c15ULL) >> 54];
  }
  bool over() const noexcept;
  void gather();
  void end_batch();
  void give_up_leaves();
  void descend();
  void ask(const Position& position);

  std::uint32_t leaves_;
  bool early_stop_;
  std::uint64_t budget_;
  AlertRollouts<ConnectFour> rollouts_;
  Tree<ConnectFour> tree_;
  std::vector<Ticket<ConnectFour>> tickets_;
  std::vector<Remembered> known_;
  std::vector<float> questions_;
  std::uint32_t out_ = 0;                              // leaves in the question
  std::uint32_t in_batch_ = 0;                         // descents since the last batch was finished
  std::uint64_t begun_ = 0, finished_ = 0, told_ = 0;  // descents; told: of those that are finished
  std::array<RootMove, ConnectFour::actions_max> listed_{};  // as the last batch left them
  std::uint32_t listed_count_ = 0;
  bool root_asked_ = false;
  bool unguided_ = false;
};

static_assert(remembered == 1U << (64 - 54));

/// Nothing more is to be begun.
bool MoveKernel::over() const noexcept {
  if (begun_ >= budget_ || tree_.proof() != Proof::none) return true;
  return early_stop_ && tree_.decided(budget_ - begun_);
}

void MoveKernel::ask(const Position& position) {
  questions_.resize((out_ + 1) * connect4_features);
  write_features(position, questions_.data() + out_ * connect4_features);
  ++out_;
}

void MoveKernel::descend() {
  Ticket<ConnectFour>& ticket = tickets_[out_];
  ++begun_, ++in_batch_;
  if (tree_.select(ticket) != Selected::evaluate) return;
  if (unguided_) return tree_.finish(ticket, rollouts_(ticket.state));
  const Remembered& place = place_of(ticket.state);
  if (place.key == ticket.state.key())
    return tree_.finish(ticket, place.opinion.value, place.opinion.priors);
  ask(ticket.state);
}

/// Nobody need judge leaves of a tree whose outcome is known.
void MoveKernel::give_up_leaves() {
  for (std::uint32_t i = 0; i < out_; ++i) tree_.abandon(tickets_[i]);
  begun_ -= out_;
  in_batch_ -= out_;
  out_ = 0;
  questions_.clear();
}

/// A batch: it ends with as many leaves as a question holds, or after some descents that met what is known.
void MoveKernel::gather() {
  questions_.clear();
  if (!root_asked_ && !unguided_) {
    root_asked_ = true;
    return ask(tree_.state());
  }
  while (out_ < leaves_ && in_batch_ < descents_a_leaf * leaves_ && !over()) descend();
  if (tree_.proof() != Proof::none) give_up_leaves();
  if (out_ == 0) end_batch();
}

Turn MoveKernel::turn(std::uint32_t simulations_max) {
  if (told_ == finished_) gather();
  Turn turn;
  if (out_ != 0) {
    turn.parked = true;
    return turn;
  }
  turn.simulations =
      static_cast<std::uint32_t>(std::min<std::uint64_t>(simulations_max, finished_ - told_));
  told_ += turn.simulations;
  turn.ended = told_ == finished_ && over();
  return turn;
}

void MoveKernel::apply(std::span<const float> answers) {
  const bool of_root = begun_ == 0;
  const std::uint32_t count = std::exchange(out_, 0);
  questions_.clear();
  if (answers.size() != count * connect4_answers) unguided_ = true;
  for (std::uint32_t i = 0; i < count; ++i) {
    if (unguided_) {
      if (!of_root) tree_.finish(tickets_[i], rollouts_(tickets_[i].state));
      continue;
    }
    const Position& position = of_root ? tree_.state() : tickets_[i].state;
    const Opinion opinion = read_opinion(position, answers.data() + i * connect4_answers);
    place_of(position) = {position.key(), opinion};
    if (of_root) {
      (void)tree_.late_priors(tree_.root(), opinion.priors);
    } else {
      tree_.finish(tickets_[i], opinion.value, opinion.priors);
    }
  }
  end_batch();
}

/// No leaf is in flight here: what the tree says now is what that many simulations found, however they are told.
void MoveKernel::end_batch() {
  finished_ += std::exchange(in_batch_, 0);
  listed_count_ = tree_.moves(listed_);
}

Answer MoveKernel::best(std::size_t top, std::span<const Language>) const {
  Answer answer;
  answer.found = found();
  std::vector<RootMove> moves(listed_.begin(), listed_.begin() + listed_count_);
  const auto rank = [this](const RootMove& move) { return rank_of(tree_.state(), move); };
  std::sort(moves.begin(), moves.end(), [&](const RootMove& a, const RootMove& b) {
    if (rank(a) != rank(b)) return rank(a) > rank(b);
    if (a.visits != b.visits) return a.visits > b.visits;
    return a.value != b.value ? a.value > b.value : a.action < b.action;
  });
  if (answer.found == Found::nothing) return answer;
  for (std::size_t i = 0; i < std::min(moves.size(), top); ++i) {
    const int of_rules = rank(moves[i]);
    const bool proven = moves[i].proof != Proof::none || of_rules >= 3 || of_rules == 0;
    double value = std::min(moves[i].value, 1.0);
    if (proven) value = of_rules >= 3 ? 1.0 : moves[i].proof == Proof::draw ? 0.5 : 0.0;
    answer.moves.push_back({moves[i].action, moves[i].visits, value, proven});
  }
  return answer;
}

bool can_be_played(const Position& position) noexcept {
  if ((position.mine & ~position.all) != 0 || !stands(position.all)) return false;
  const int behind = count_cells(position.theirs()) - count_cells(position.mine);
  return behind == 0 || behind == 1;
}

}  // namespace

Result<std::unique_ptr<Kernel>> make_kernel(const MoveTask& task, const KernelConfig& config) {
  if (!can_be_played(task.position) || has_four(task.position.mine))
    return Error{"bad_task", "no game comes to this position", "position"};
  if (task.position.over()) return Error{"bad_task", "the game is over", "position"};
  if (task.leaves < 1 || task.leaves > leaves_max)
    return Error{"bad_task", "1 to 64 leaves a question", "leaves"};
  return std::unique_ptr<Kernel>(std::make_unique<MoveKernel>(task, config));
}

}  // namespace weir::search::games
