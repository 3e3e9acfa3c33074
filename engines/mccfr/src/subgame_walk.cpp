#include "subgame_walk.hpp"

#include <algorithm>
#include <weir/task.hpp>

namespace weir::mccfr::subgame {
namespace {

// By street: how many pieces its boards to come are cut into. Enough for sixteen workers.
constexpr std::array<std::size_t, streets_max> pieces_of_street{16, 4, 1};

std::size_t wider_stride(const Boards& boards) noexcept {
  return std::max(boards.player(0).stride, boards.player(1).stride);
}

}  // namespace

Walker::Walker(const Streets& streets, const Boards& boards, Tables& tables, const Kernels& kernels)
    : streets_(streets),
      boards_(boards),
      tables_(tables),
      kernels_(kernels),
      strides_{boards.player(0).stride, boards.player(1).stride},
      root_values_(wider_stride(boards)) {
  for (std::size_t p = 0; p < 2; ++p) {
    const std::vector<float>& weights = boards.player(static_cast<int>(p)).weights;
    initial_[p] = FloatBlock(strides_[p]);
    for (std::size_t h = 0; h < strides_[p]; ++h)
      initial_[p].data()[h] = static_cast<float>(static_cast<double>(weights[h]) / boards.pairs());
  }
  std::size_t boards_at_once = 1;
  for (std::size_t s = 0; s + 1 < streets.streets.size(); ++s) {
    const std::size_t roots = streets.streets[s + 1].roots.size();
    for (std::size_t i = 0; i < boards_at_once; ++i) {
      Waiting each;
      each.scratch = make_scratch(s);
      each.sums = FloatBlock(pieces_of_street[s] * roots * wider_stride(boards));
      each.reach.resize(roots);
      waiting_[s].push_back(std::move(each));
    }
    boards_at_once *= pieces_of_street[s];
  }
}

std::uint64_t Walker::bytes(const Streets& streets, const Boards& boards, int workers) noexcept {
  std::uint64_t rows = 0;
  std::uint64_t boards_at_once = 1;
  for (std::size_t s = 0; s < streets.streets.size(); ++s) {
    const Street& street = streets.streets[s];
    const bool last = s + 1 == streets.streets.size();
    const std::uint64_t own = street.nodes_max + street.reach_rows_max + 2 * lanes + 4;
    const std::uint64_t sums = last ? 0 : pieces_of_street[s] * streets.streets[s + 1].roots.size();
    rows += (own + sums) * (last ? static_cast<std::uint64_t>(workers) + 1 : boards_at_once);
    boards_at_once *= pieces_of_street[s];
  }
  return rows * wider_stride(boards) * sizeof(float);
}

std::size_t Walker::pieces(std::size_t street, std::size_t deals) noexcept {
  return std::min(pieces_of_street[street], deals);
}

Walker::Scratch Walker::make_scratch(std::size_t street) const {
  const Street& of = streets_.streets[street];
  const std::size_t wide = wider_stride(boards_);
  Scratch made;
  made.reach = FloatBlock(of.reach_rows_max * wide);
  made.values = FloatBlock(of.nodes_max * wide);
  made.turned_in = FloatBlock((wide + 1) * lanes);
  made.turned_out = FloatBlock(wide * lanes);
  made.spare = FloatBlock(2 * wide);
  made.nobody = made.spare.data();
  made.nowhere = made.spare.data() + wide;
  return made;
}

Walker::Scratch& Walker::own_scratch() {
  auto& mine = by_worker_[static_cast<std::size_t>(worker_index() + 1)];
  if (mine == nullptr) mine = std::make_unique<Scratch>(make_scratch(streets_.streets.size() - 1));
  return *mine;
}

const float* Walker::walk(int walker, Purpose purpose, const Update& update) {
  walker_ = static_cast<std::size_t>(walker);
  purpose_ = purpose;
  update_ = update;
  std::fill_n(root_values_.data(), stride(walker_), 0.0F);
  const float* const reach = initial_[other()].data();
  walk_board(0, 0, {&reach, nullptr}, 0, root_values_.data());
  return root_values_.data();
}

/// Adds the values of the street's roots on this board to `sums`. `waiting`: whose place this board may take.
void Walker::walk_board(std::size_t street, std::uint32_t board, const Arrival& arrival,
                        std::size_t waiting, float* sums) {
  const FlushTiny flush;
  const Street& of = streets_.streets[street];
  if (street + 1 == streets_.streets.size()) {
    Scratch& scratch = own_scratch();
    for (const Batch& batch : of.batches)
      walk_batch({street, board, batch, scratch}, arrival, sums);
    return;
  }
  Waiting& place = waiting_[street][waiting];
  const Visit visit{street, board, of.batches[0], place.scratch};
  enter(visit, arrival);
  go_down(visit);
  value_folds(visit);
  deal(visit, place, waiting * pieces_of_street[street]);
  go_up(visit);
  leave(visit, arrival, sums);
}

void Walker::walk_batch(const Visit& visit, const Arrival& arrival, float* sums) {
  enter(visit, arrival);
  go_down(visit);
  value_folds(visit);
  value_showdowns(visit);
  go_up(visit);
  leave(visit, arrival, sums);
}

/// What reaches the roots: hands that hold the card are gone, the others weigh by the card's chance.
void Walker::enter(const Visit& visit, const Arrival& arrival) {
  const Street& street = streets_.streets[visit.street];
  const float chance =
      arrival.deal == nullptr ? 1.0F : boards_.card_chance(static_cast<int>(visit.street) - 1);
  const PlayerHands& hands = boards_.player(static_cast<int>(other()));
  for (std::uint32_t root = visit.batch.first_root; root < visit.batch.last_root; ++root) {
    float* const to = reach_row(visit, street.nodes[street.roots[root]]);
    const float* const from = arrival.reach[root];
    for (std::size_t h = 0; h < hands.stride; ++h) to[h] = from[h] * chance;
    if (arrival.deal == nullptr) continue;
    for (const std::uint16_t h : hands.with[arrival.deal->card]) to[h] = 0;
  }
}

Choice Walker::choice(const Visit& visit, std::uint32_t n) {
  const StreetNode& node = streets_.streets[visit.street].nodes[n];
  const float* const weights = purpose_ == Purpose::learn
                                   ? tables_.regrets(visit.street, visit.board, node)
                                   : tables_.sums(visit.street, visit.board, node);
  const Board& board = boards_.of_street(static_cast<int>(visit.street))[visit.board];
  return {weights, node.actions, stride(node.player), tables_.lock(visit.street, board, n)};
}

void Walker::go_down(const Visit& visit) {
  const Street& street = streets_.streets[visit.street];
  for (std::uint32_t n = visit.batch.first_node; n < visit.batch.last_node; ++n) {
    const StreetNode& node = street.nodes[n];
    if (node.step != Step::decision || node.player == walker_) continue;
    Spread job;
    job.choice = choice(visit, n);
    job.reach = reach_row(visit, node);
    job.children = reach_row(visit, street.nodes[node.first]);
    if (purpose_ == Purpose::learn) job.sums = tables_.sums(visit.street, visit.board, node);
    job.keep = update_.keep;
    kernels_.spread(job);
  }
}

EndHands Walker::end_hands(Scratch& scratch) const noexcept {
  const PlayerHands& own = boards_.player(static_cast<int>(walker_));
  const PlayerHands& theirs = boards_.player(static_cast<int>(other()));
  return {
      own.stride,          theirs.stride,   own.cards.data(),         theirs.cards.data(),
      theirs.hands.size(), own.same.data(), scratch.turned_in.data(), scratch.turned_out.data()};
}

void Walker::value_folds(const Visit& visit) {
  const Street& street = streets_.streets[visit.street];
  const EndHands hands = end_hands(visit.scratch);
  const std::vector<std::uint32_t>& folds = visit.batch.folds;
  for (std::size_t first = 0; first < folds.size(); first += lanes) {
    Folds job;
    for (std::size_t i = 0; i < lanes; ++i) {
      const bool there = first + i < folds.size();
      const StreetNode* const node = there ? &street.nodes[folds[first + i]] : nullptr;
      job.reach[i] = there ? reach_row(visit, *node) : visit.scratch.nobody;
      job.value[i] = there ? value_row(visit, folds[first + i]) : visit.scratch.nowhere;
      job.gain[i] = there ? street.ends[node->first].of[walker_][0] : 0;
    }
    kernels_.folds(job, hands);
  }
}

void Walker::value_showdowns(const Visit& visit) {
  const Street& street = streets_.streets[visit.street];
  const EndHands hands = end_hands(visit.scratch);
  const BoardOrder order = boards_.order(visit.board, static_cast<int>(walker_));
  const std::vector<std::uint32_t>& showdowns = visit.batch.showdowns;
  for (std::size_t first = 0; first < showdowns.size(); first += lanes) {
    Showdowns job;
    for (std::size_t i = 0; i < lanes; ++i) {
      const bool there = first + i < showdowns.size();
      const StreetNode* const node = there ? &street.nodes[showdowns[first + i]] : nullptr;
      const std::array<float, 3> ends =
          there ? street.ends[node->first].of[walker_] : std::array<float, 3>{};
      job.reach[i] = there ? reach_row(visit, *node) : visit.scratch.nobody;
      job.value[i] = there ? value_row(visit, showdowns[first + i]) : visit.scratch.nowhere;
      job.below[i] = ends[2] - ends[1];
      job.up_to[i] = ends[1] - ends[0];
      job.all[i] = ends[0];
      job.tie[i] = ends[1];
    }
    kernels_.showdowns(job, hands, order);
  }
}

/// Walks the next street's boards, and gives the nodes that lead there the sum of what they are worth.
void Walker::deal(const Visit& visit, Waiting& waiting, std::size_t first_waiting) {
  const Street& street = streets_.streets[visit.street];
  for (std::uint32_t n = visit.batch.first_node; n < visit.batch.last_node; ++n)
    if (street.nodes[n].step == Step::deal)
      waiting.reach[street.nodes[n].first] = reach_row(visit, street.nodes[n]);
  const Board& board = boards_.of_street(static_cast<int>(visit.street))[visit.board];
  const std::span<const Deal> deals = boards_.deals(static_cast<int>(visit.street), board);
  const std::size_t count = pieces(visit.street, deals.size());
  const std::size_t width = stride(walker_);
  const std::size_t piece_floats = waiting.reach.size() * width;
  parallel_for(0, count, 1, [&](std::size_t piece) {
    float* const sums = waiting.sums.data() + piece * piece_floats;
    std::fill_n(sums, piece_floats, 0.0F);
    for (std::size_t d = piece * deals.size() / count; d < (piece + 1) * deals.size() / count; ++d)
      walk_board(visit.street + 1, deals[d].board, {waiting.reach.data(), &deals[d]},
                 first_waiting + piece, sums);
  });
  for (std::uint32_t n = visit.batch.first_node; n < visit.batch.last_node; ++n) {
    const StreetNode& node = street.nodes[n];
    if (node.step != Step::deal) continue;
    float* const value = value_row(visit, n);
    std::fill_n(value, width, 0.0F);
    for (std::size_t piece = 0; piece < count; ++piece) {
      const float* const sum = waiting.sums.data() + piece * piece_floats + node.first * width;
      for (std::size_t h = 0; h < width; ++h) value[h] += sum[h];
    }
  }
}

void Walker::go_up(const Visit& visit) {
  const Street& street = streets_.streets[visit.street];
  for (std::uint32_t n = visit.batch.last_node; n-- > visit.batch.first_node;) {
    const StreetNode& node = street.nodes[n];
    if (node.step != Step::decision) continue;
    const float* const values = value_row(visit, node.first);
    float* const value = value_row(visit, n);
    if (node.player != walker_) {
      kernels_.add_rows(values, node.actions, stride(walker_), value);
    } else if (purpose_ == Purpose::respond) {
      kernels_.respond({choice(visit, n), values, value});
    } else {
      Gather job;
      job.choice = choice(visit, n);
      job.values = values;
      job.value = value;
      if (purpose_ == Purpose::learn)
        job.regrets = tables_.regrets(visit.street, visit.board, node);
      job.positive = update_.positive;
      job.negative = update_.negative;
      job.least = update_.least;
      kernels_.gather(job);
    }
  }
}

/// Adds the roots' values, once for each card that this one stands for.
void Walker::leave(const Visit& visit, const Arrival& arrival, float* sums) {
  const Street& street = streets_.streets[visit.street];
  const PlayerHands& hands = boards_.player(static_cast<int>(walker_));
  for (std::uint32_t root = visit.batch.first_root; root < visit.batch.last_root; ++root) {
    float* const value = value_row(visit, street.roots[root]);
    float* const sum = sums + root * hands.stride;
    if (arrival.deal != nullptr)
      for (const std::uint16_t h : hands.with[arrival.deal->card]) value[h] = 0;
    for (std::size_t h = 0; h < hands.stride; ++h) sum[h] += value[h];
    if (arrival.deal == nullptr) continue;
    for (const Image& image : boards_.images(*arrival.deal).subspan(1)) {
      const std::vector<std::uint16_t>& source =
          boards_.source(image.map, static_cast<int>(walker_));
      for (std::size_t h = 0; h < hands.stride; ++h) sum[h] += value[source[h]];
    }
  }
}

}  // namespace weir::mccfr::subgame
