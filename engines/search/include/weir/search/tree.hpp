// tree.hpp: Tree<Game>, a search for the best move by simulations (PUCT) in fixed memory, for one worker or several.
//
// Shape     run() does whole simulations. select() and finish() are its halves, for evaluations that take their time:
//             Ticket<Game> ticket;
//             if (tree.select(ticket) == Selected::evaluate) tree.finish(ticket, value_of(ticket.state), priors);
//           Any number of tickets may be out. A leaf that a second simulation reaches before the first is finished gets
//           even priors and is searched on; the first one's priors are put in place when they come.
// Roles     select, finish, abandon, late_priors, run: with workers = 1 one thread at a time; else each worker has
//           its number, and all may be inside. All else: one thread alone, no call under way.
// Progress  lock-free; with several workers, `busy` while nodes are recycled (less than 0.1 ms). A full arena never
//           stops a search: what was not visited for longest makes room, and if nothing does, the tree grows no deeper.
// Order     with one worker and one ticket out at a time, a result depends on options, state and evaluations alone.
// Memory    all of it taken by the constructor; no simulation allocates.
// Errors    none; priors that are no numbers count 0.
// Source    Silver et al., Nature 550, 2017 (PUCT); Winands, Björnsson, Saito, "Monte-Carlo tree search solver", 2008;
//           Danihelka et al., "Policy improvement by planning with Gumbel", ICLR 2022.
//
// A simulation counts as a visit of each move on its path on the way down, and adds its value on the way up. Under way
// it is a visit that is lost ("virtual loss"): nothing has to be taken back, each move costs one addition each way, and
// other workers turn to other moves even where all are bad; a neutral virtual visit would draw them on in a lost
// position.
//
// Game: State; actions_max (at most 64); plies_max; two_players; legal(state), a bit an action; play(state, action);
// key(state), different for different positions; known(state), the value in 0 .. 1 of a state that is over (or whose
// end is plain from the rules), else negative. Values are those for the player to move, who wants 1.
#pragma once

#include <cstddef>
#include <cstdint>
#include <limits>
#include <span>
#include <weir/clock.hpp>
#include <weir/search/tree_arena.hpp>
#include <weir/search/tree_pick.hpp>
#include <weir/search/tree_root.hpp>

namespace weir::search::games {

struct TreeOptions {
  float exploration = 1.0F;
  float first_play_reduction = 0.0F;  // a move without visits is worth what its node is, less this
  std::size_t memory_bytes_max = std::size_t{64} << 20;
  std::uint32_t workers = 1;
  bool heap =
      false;  // its memory is the program's heap: what a worker makes while the runtime runs
  bool transpositions = false;  // positions reached in several ways share a node
  std::uint32_t gumbel_actions =
      0;  // above 0: the root halves that many sampled moves; one worker, known budget
  double gumbel_scale = 0.0;  // of the sampling; 0: the best priors, for play; 1: as when it learns
  double noise_fraction = 0.0;  // of the root's priors, from a Dirichlet distribution
  double noise_alpha = 0.3;
  std::uint64_t seed = 1;
};

struct Budget {
  std::uint32_t simulations = std::numeric_limits<std::uint32_t>::max();
  Deadline deadline = never;
  const atomic<std::uint32_t>* stop = nullptr;  // the search ends once it is not 0
  bool early_stop =
      false;  // when no other move can come to have more visits (it may yet be proven lost)
};

enum class [[nodiscard]] Selected : std::uint8_t{
    evaluate,  // the ticket's state waits for its value
    done,      // the outcome was known, and is in the tree
    busy,      // nodes are being recycled; try again
};

/// A node as it was; worth nothing once it is recycled.
struct NodeRef {
  std::uint32_t node = 0;
  std::uint32_t generation = 0;
};

/// A simulation under way.
template <class Game>
struct Ticket {
  struct Step {
    NodeRef at;
    std::uint32_t lane;
  };
  typename Game::State state;  // that of the leaf
  std::uint32_t base = 0;  // steps that other simulations share, and which are backed up with them
  std::uint32_t depth = 0;
  std::uint64_t value =
      0;            // of an outcome that was known, for who moves at the base, in 1/value_unit
  NodeRef created;  // the node that select() made with even priors, if any: late_priors() is for it
  Step path[Game::plies_max];
};

struct RootMove {
  std::uint32_t action = 0;
  std::uint32_t visits = 0;
  double value = 0.0;  // for the player to move
  float prior = 0.0F;
  Proof proof = Proof::none;
};

template <class Game>
class Tree {
 public:
  using State = typename Game::State;
  static constexpr std::uint32_t actions_max = Game::actions_max;

  Tree(const State& state, const TreeOptions& options);
  Tree(const Tree&) = delete;
  Tree& operator=(const Tree&) = delete;

  Selected select(Ticket<Game>& ticket, std::uint32_t worker = 0) noexcept;
  /// `value` is the leaf's, for the player to move there. `priors`, one an action, make a node of it; without them a
  /// leaf becomes one at its second visit.
  void finish(Ticket<Game>& ticket, float value, std::span<const float> priors = {},
              std::uint32_t worker = 0) noexcept;
  /// Takes the ticket's visits back.
  void abandon(Ticket<Game>& ticket, std::uint32_t worker = 0) noexcept;
  /// Priors for a node that has even ones; false: it is no longer there.
  bool late_priors(NodeRef ref, std::span<const float> priors, std::uint32_t worker = 0) noexcept;

  /// With gumbel_actions: the root halves its moves over the next `simulations`. run() does this itself.
  void plan(std::uint32_t simulations) noexcept;
  /// Simulations, each of which asks `evaluate(state)` for the value of its leaf; how many.
  template <class Evaluate>
  std::uint32_t run(const Budget& budget, Evaluate&& evaluate, std::uint32_t worker = 0);

  /// The move to play. The root must have one.
  std::uint32_t best() const noexcept;
  /// The root's moves, by action; at most actions_max.
  std::uint32_t moves(std::span<RootMove, actions_max> moves) const noexcept;
  Proof proof() const noexcept;
  /// Of the moves that are not lost, none can come to have more visits than the first with `left` more simulations.
  /// May be asked while others are inside: then it is what the visits of that moment say.
  bool decided(std::uint64_t left) const noexcept;
  /// Of the root, for the player to move; 0.5 before the first simulation.
  double value() const noexcept;
  std::uint64_t visits() const noexcept;
  NodeRef root() const noexcept;
  const State& state() const noexcept { return state_; }

  /// The root's child becomes the root; what is known below it stays.
  void advance(std::uint32_t action) noexcept;
  /// As a tree that was just made, from another state.
  void reset(const State& state) noexcept;

  /// Tickets that are out.
  std::uint32_t in_flight() const noexcept;
  std::uint32_t nodes() const noexcept { return arena_.used(); }
  std::uint32_t nodes_max() const noexcept { return arena_.capacity(); }
  std::uint64_t recycled() const noexcept { return arena_.recycled(); }
  std::size_t memory() const noexcept;

 private:
  using Arena = TreeArena<actions_max>;
  using Node = typename Arena::Node;
  static constexpr std::uint32_t lane_count = Node::lane_count;
  static constexpr std::uint64_t one = static_cast<std::uint64_t>(value_unit);
  static constexpr std::uint32_t check_interval =
      64;  // simulations between looks at clock, stop and root value

  /// Simulations go the same way as far as it makes no difference: a move is chosen for as many at once as are 1.6 % of
  /// the node's visits and 6 % of the move's. A choice serves all of them, and what workers contend for is written by
  /// one addition for all. Small searches go one by one. A deadline is passed by no more than that 1.6 %.
  static constexpr std::uint32_t together_max = 128;
  static constexpr std::uint32_t together_root_visits_min = 2048;
  static constexpr std::uint32_t together_node_part = 64;
  static constexpr std::uint32_t together_move_part = 16;
  static constexpr std::uint32_t stash_max = 16;

  /// What a worker says of itself, and nodes that it took ahead.
  struct alignas(contended_bytes) Worker {
    atomic<std::uint32_t> inside{0};
    atomic<std::uint32_t> out{0};  // tickets taken less tickets finished, here
    std::uint32_t stashed = 0;
    std::uint32_t stash[stash_max];
  };

  static std::uint64_t flipped(std::uint64_t value) noexcept {
    return Game::two_players ? one - value : value;
  }
  static Proof flipped(Proof proof) noexcept;
  static std::uint64_t exact(Proof proof) noexcept;
  static std::uint64_t fixed(float value) noexcept;

  template <bool shared, class T>
  static void add(atomic<T>& word, T amount) noexcept;
  static void even_priors(Node& node, std::uint64_t legal) noexcept;
  void write_priors(Node& node, std::span<const float> priors, bool at_root) noexcept;

  bool enter(std::uint32_t worker) noexcept;
  void leave(std::uint32_t worker) noexcept;
  bool alone(std::uint32_t worker) noexcept;
  template <bool shared>
  std::uint32_t take(std::uint32_t worker) noexcept;
  template <bool shared>
  std::uint32_t grow(const State& state, std::uint64_t key, std::uint32_t worker) noexcept;

  template <bool shared>
  std::uint32_t pick(const Node& node, float unvisited) const noexcept;
  static bool all_closed(const Node& node) noexcept;
  /// Where simulations that go together are: the path to it is walked, counted and backed up once for all of them.
  struct Base {
    State state;
    NodeRef at;
    float worth = 0.5F;        // of the node, for the player to move there
    std::uint32_t visits = 0;  // as they were on the way; an estimate
  };
  /// What simulations brought: for the player to move where they began.
  struct Sum {
    std::uint64_t value = 0;
    std::uint32_t done = 0;
  };

  static float worth_below(std::uint32_t visits, std::uint64_t value, float above) noexcept;
  Base at_root() const noexcept;
  template <bool shared>
  std::uint32_t approach(Base& base, Ticket<Game>& ticket, std::uint32_t wanted) noexcept;
  template <bool shared>
  Selected descend(const Base& base, Ticket<Game>& ticket, std::uint32_t worker) noexcept;
  template <bool shared, bool recheck>
  std::uint64_t back_up(const Ticket<Game>& ticket, std::uint64_t value) noexcept;
  template <bool shared>
  void back_up_together(const typename Ticket<Game>::Step& step, std::uint32_t sent,
                        const Sum& sum) noexcept;
  void prove(const Ticket<Game>& ticket, Proof proof) noexcept;
  template <bool shared, class Evaluate>
  Sum run_together(const Base& base, std::uint32_t count, Ticket<Game>& ticket, Evaluate& evaluate,
                   std::uint32_t worker);
  template <bool shared, class Evaluate>
  std::uint32_t run_as(const Budget& budget, Evaluate& evaluate, std::uint32_t worker);

  void make_root() noexcept;
  void refresh() noexcept;

  TreeOptions options_;
  Arena arena_;
  PickLane pick_;
  State state_;
  std::uint32_t root_ = 0;
  RootPolicy policy_;
  TreeBlock workers_block_;
  Worker* workers_ = nullptr;
  atomic<float> root_value_{0.5F};
  atomic<std::uint32_t> root_visits_{0};  // as root_value_ now and then
  alignas(contended_bytes) atomic<std::uint32_t> closing_{0};
};

}  // namespace weir::search::games

#include <weir/search/tree_body.hpp>
