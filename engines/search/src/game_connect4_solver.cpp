#include <algorithm>
#include <array>
#include <cstddef>
#include <vector>
#include <weir/check.hpp>
#include <weir/search/connect4_solver.hpp>

namespace weir::search::games {

namespace {

constexpr int score_max = board_cells / 2;
constexpr std::uint64_t listener_nodes = 16'384;  // between two calls of a listener
/// Columns from the middle outwards.
constexpr std::array<int, board_columns> centre_first = {3, 2, 4, 1, 5, 0, 6};
constexpr Cells even_rows = bottom_row | bottom_row << 2 | bottom_row << 4;
constexpr Cells odd_rows = even_rows << 1;

/// Bounds of scores by position, two words a bucket: the first keeps what was dearer to find, the second what was last.
///
/// A key has 49 bits; multiplied by an odd number it is still a different one for each position, and its upper bits
/// choose the bucket, so the lower ones say for certain whose word it is.
class BoundTable {
 public:
  explicit BoundTable(int bits) : index_bits_(bits - 1), words_(std::size_t{1} << bits) {}

  struct Place {
    std::size_t bucket;
    std::uint64_t tag;
  };
  Place place(std::uint64_t key) const noexcept {
    const std::uint64_t mixed = (key * 0x1a2b9c64e8f35ULL) & key_mask;
    const int shift = key_bits - index_bits_;
    return {static_cast<std::size_t>(mixed >> shift) * 2,
            mixed & ((std::uint64_t{1} << shift) - 1)};
  }
  void prefetch(std::uint64_t key) const noexcept {
    __builtin_prefetch(&words_[place(key).bucket]);
  }

  ScoreBounds find(const Place& place) const noexcept {
    for (const std::uint64_t word : {words_[place.bucket], words_[place.bucket + 1]}) {
      if (word != 0 && word >> tag_shift == place.tag) return unpack(word);
    }
    return {};
  }
  void put(const Place& place, const ScoreBounds& bounds, std::uint64_t work) noexcept {
    const auto effort = static_cast<std::uint64_t>(std::bit_width(work));
    const std::uint64_t word = place.tag << tag_shift | effort << effort_shift |
                               static_cast<std::uint64_t>(bounds.upper + score_max) << score_bits |
                               static_cast<std::uint64_t>(bounds.lower + score_max);
    std::uint64_t& dear = words_[place.bucket];
    std::uint64_t& last = words_[place.bucket + 1];
    const bool same = dear != 0 && dear >> tag_shift == place.tag;
    if (same || ((dear >> effort_shift) & effort_mask) <= effort) {
      if (!same) last = dear;
      dear = word;
    } else {
      last = word;
    }
  }
  std::size_t bytes() const noexcept { return words_.size() * sizeof(std::uint64_t); }

 private:
  static constexpr int key_bits = 49;
  static constexpr std::uint64_t key_mask = (std::uint64_t{1} << key_bits) - 1;
  static constexpr int score_bits = 6;
  static constexpr int effort_shift = 2 * score_bits;
  static constexpr std::uint64_t effort_mask = 63;
  static constexpr int tag_shift = effort_shift + 6;

  static ScoreBounds unpack(std::uint64_t word) noexcept {
    constexpr std::uint64_t mask = (1U << score_bits) - 1;
    return {static_cast<int>(word & mask) - score_max,
            static_cast<int>((word >> score_bits) & mask) - score_max};
  }

  int index_bits_;
  std::vector<std::uint64_t> words_;
};

/// What the mover can hope for when whoever is to move second answers in the same column: the mover has the even rows
/// alone. Holds when every column has an even number of empty cells.
int follow_up_bound(Cells mine, Cells all) noexcept {
  const Cells empty = all_cells & ~all;
  if (((all + bottom_row) & odd_rows) != 0) return score_max;
  if (has_four(mine | (empty & even_rows))) return score_max;
  return has_four((mine ^ all) | (empty & odd_rows)) ? -1 : 0;
}

}  // namespace

struct Solver::Search {
  explicit Search(int table_bits) : table(table_bits) {}

  BoundTable table;
  std::uint64_t nodes = 0;
  SolveListener* listener = nullptr;
  ScoreBounds found;     // of the position that is asked for
  bool stopped = false;  // values are worth nothing any more, on the whole path

  struct Move {
    Cells cell;
    int threats;
  };

  /// `moves` in the order of search: most threats first, then nearer to the middle.
  static int order(Cells mine, Cells all, Cells moves,
                   std::array<Move, board_columns>& ordered) noexcept {
    int count = 0;
    for (const int column : centre_first) {
      const Cells cell = moves & column_cells(column);
      if (cell == 0) continue;
      const int threats = count_cells(four_completions(mine | cell) & ~all);
      int at = count++;
      for (; at > 0 && ordered[static_cast<std::size_t>(at - 1)].threats < threats; --at) {
        ordered[static_cast<std::size_t>(at)] = ordered[static_cast<std::size_t>(at - 1)];
      }
      ordered[static_cast<std::size_t>(at)] = {cell, threats};
    }
    return count;
  }

  /// The score of a position whose mover has no win at once: exact within (alpha, beta), else a bound on that side.
  int search(Cells mine, Cells all, int stones, int alpha, int beta) noexcept {
    if (++nodes % listener_nodes == 0 && listener != nullptr && listener->stop(found))
      stopped = true;
    const Cells moves = safe_landings(mine, all);
    if (moves == 0) return -(board_cells - stones) / 2;
    if (stones >= board_cells - 2) return 0;
    alpha = std::max(alpha, -(board_cells - 2 - stones) / 2);
    int upper = (board_cells - 1 - stones) / 2;
    if (std::min(beta, upper) <= alpha) return std::min(alpha, upper);
    upper = std::min(upper, follow_up_bound(mine, all));
    beta = std::min(beta, upper);
    if (beta <= alpha) return beta;
    if ((moves & (moves - 1)) == 0)
      return -search(mine ^ all, all | moves, stones + 1, -beta, -alpha);
    return search_moves(mine, all, stones, alpha, beta, moves);
  }

  int search_moves(Cells mine, Cells all, int stones, int alpha, int beta, Cells moves) noexcept {
    const Position position{mine, all};
    const BoundTable::Place place = table.place(position.key());
    ScoreBounds known = table.find(place);
    alpha = std::max(alpha, known.lower);
    beta = std::min(beta, known.upper);
    if (alpha >= beta) return known.lower >= beta ? known.lower : beta;

    std::array<Move, board_columns> ordered;
    const int count = order(mine, all, moves, ordered);
    const std::uint64_t before = nodes;
    int best = -score_max;
    int floor = alpha;
    for (int i = 0; i < count && best < beta; ++i) {
      const Cells cell = ordered[static_cast<std::size_t>(i)].cell;
      const int score = -search(mine ^ all, all | cell, stones + 1, -beta, -floor);
      if (stopped) return alpha;
      best = std::max(best, score);
      floor = std::max(floor, best);
    }
    if (best > alpha) known.lower = std::max(known.lower, std::min(best, known.upper));
    if (best < beta) known.upper = std::min(known.upper, std::max(best, known.lower));
    table.put(place, known, nodes - before);
    return best;
  }
};

Solver::Solver(int table_bits) {
  WEIR_CHECK(table_bits >= 10 && table_bits <= 30, "a solver's table has 2^10 to 2^30 words");
  search_ = std::make_unique<Search>(table_bits);
}
Solver::Solver(Solver&&) noexcept = default;
Solver& Solver::operator=(Solver&&) noexcept = default;
Solver::~Solver() = default;

std::uint64_t Solver::nodes() const noexcept { return search_->nodes; }
std::size_t Solver::memory() const noexcept { return search_->table.bytes(); }

/// The score where it is `within` these bounds, else the nearer of them.
ScoreBounds Solver::between(const Position& position, ScoreBounds within, SolveListener* listener) {
  const int stones = position.stones();
  auto& [lower, upper] = within;
  if (position.over() || position.wins() != 0) {
    int score = 0;
    if (position.lost()) {
      score = -(board_cells + 2 - stones) / 2;
    } else if (!position.full()) {
      score = (board_cells + 1 - stones) / 2;
    }
    lower = upper = std::clamp(score, lower, upper);
    return within;
  }
  lower = std::max(lower, -(board_cells - stones) / 2);
  upper = std::min(upper, (board_cells + 1 - stones) / 2);
  search_->listener = listener;
  search_->stopped = false;
  while (lower < upper) {
    // Windows near 0 first: they are cheapest, and halve what is left.
    int middle = lower + (upper - lower) / 2;
    if (middle <= 0 && lower / 2 < middle) middle = lower / 2;
    if (middle >= 0 && upper / 2 > middle) middle = upper / 2;
    search_->found = within;
    const int score = search_->search(position.mine, position.all, stones, middle, middle + 1);
    if (search_->stopped) break;
    if (score <= middle) {
      upper = std::max(lower, score);
    } else {
      lower = std::min(upper, score);
    }
  }
  return within;
}

int Solver::solve(const Position& position) { return between(position, {}, nullptr).lower; }

ScoreBounds Solver::solve(const Position& position, SolveListener& listener, ScoreBounds known) {
  return between(position, known, &listener);
}

int Solver::outcome(const Position& position) { return between(position, {-1, 1}, nullptr).lower; }

Result<int> solve_line(Solver& solver, std::string_view line) {
  const Result<Position> position = parse_moves(line);
  if (!position) return position.error();
  return solver.solve(position.value());
}

}  // namespace weir::search::games
