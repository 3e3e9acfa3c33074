#include <algorithm>
#include <cstring>
#include <weir/check.hpp>
#include <weir/mccfr/bucket_build.hpp>
#include <weir/mccfr/random.hpp>

#include "bucket_features.hpp"

namespace weir::mccfr::abstraction {
namespace {

constexpr double histogram_scale = 1.0 / (255 * (histogram_width + 1));
constexpr std::array<std::size_t, 4> boards_a_block{1, 1, 8, 64};

double scale_of(BucketMethod method, const StreetBuckets* next) noexcept {
  switch (method) {
    case BucketMethod::emd:
      return histogram_scale;
    case BucketMethod::strength:
      return 1.0 / strength_max;
    case BucketMethod::ochs:
      return 1.0 / (255 * opponent_clusters);
    default:
      return next->scale;
  }
}

/// Buckets in a row, all as far from each other.
Ground line_ground(int count) {
  std::vector<std::uint8_t> rows(static_cast<std::size_t>(count) * 8);
  for (int bucket = 0; bucket < count; ++bucket) {
    put_on_line(static_cast<std::uint32_t>((2 * bucket + 1) * 1020 / count),
                rows.data() + bucket * 8);
  }
  return ground_of_rows(8, std::move(rows));
}

SuitSet suit_set(Hand hand) noexcept {
  return suit_set_of(cards_of(hand).low) | suit_set_of(cards_of(hand).high);
}

/// One card for each bit of a SuitSet.
std::vector<Card> cards_in(SuitSet set) {
  std::vector<Card> cards;
  for (Card card = 0; card < card_count; ++card)
    if ((set & suit_set_of(card)) != 0) cards.push_back(card);
  return cards;
}

int count_used(const StreetBuckets& made, std::size_t classes) {
  constexpr std::size_t block = 1 << 20;
  const BucketTable table = made.view();
  std::vector<std::array<bool, 1024>> seen((classes + block - 1) / block);
  parallel_for(0, seen.size(), 1, [&](std::size_t b) {
    seen[b].fill(false);
    const std::size_t last = std::min(classes, (b + 1) * block);
    for (std::size_t i = b * block; i < last; ++i) seen[b][table[i] & 1023] = true;
  });
  int used = 0;
  for (std::size_t bucket = 0; bucket < 1024; ++bucket) {
    used +=
        std::any_of(seen.begin(), seen.end(), [&](const auto& row) { return row[bucket]; }) ? 1 : 0;
  }
  return used;
}

}  // namespace

/// Hands drawn one by one: each is in or not by its own number.
struct BucketBuilder::Sample {
  std::vector<std::uint8_t> rows;
  std::vector<std::uint32_t> weights;

  static Sample draw(const BucketPlan& plan, int round, const BoardFeatures& features,
                     const HandMaps& maps, Watch& watch) {
    const std::size_t boards = board_index(round + 2).size();
    const double share = static_cast<double>(plan.samples) / hand_index(round).size();
    const auto chosen = [&](std::size_t board, Hand hand) {
      Random random = Random::keyed(plan.seed, board * hand_count + hand,
                                    0x7361 + static_cast<std::uint64_t>(round));
      return static_cast<double>(random.next() >> 11) * 0x1p-53 < share;
    };
    watch.begin(round, Stage::sample, 2 * boards);
    const std::size_t block = boards_a_block[static_cast<std::size_t>(round)];
    std::vector<std::uint32_t> first(boards + 1);
    const auto visit = [&](auto&& take) {
      in_blocks(watch, boards, block, [&](std::size_t, std::size_t board, std::size_t last) {
        BoardHands hands(round + 2, maps);
        std::vector<std::size_t> in;
        for (; board < last; ++board) {
          hands.set(static_cast<std::uint32_t>(board));
          in.clear();
          for (std::size_t i = 0; i < hands.size(); ++i)
            if (chosen(board, hands.hand(i))) in.push_back(i);
          take(board, hands, in);
          watch.add(1);
        }
      });
    };
    visit([&](std::size_t board, const BoardHands&, const std::vector<std::size_t>& in) {
      first[board + 1] = static_cast<std::uint32_t>(in.size());
    });
    for (std::size_t board = 0; board < boards; ++board) first[board + 1] += first[board];
    Sample sample;
    sample.weights.resize(first[boards]);
    sample.rows.resize(first[boards] * features.row_bytes());
    visit([&](std::size_t board, const BoardHands& hands, const std::vector<std::size_t>& in) {
      if (in.empty()) return;
      std::vector<Hand> wanted;
      for (std::size_t k = 0; k < in.size(); ++k) {
        wanted.push_back(hands.hand(in[k]));
        sample.weights[first[board] + k] = hands.weight(in[k]);
      }
      features.rows(hands.board_cards(), wanted,
                    sample.rows.data() + first[board] * features.row_bytes());
    });
    return sample;
  }
};

namespace {

/// Gives every class of hands the bucket that find(row) says, and sums up the distances.
template <class Find>
void assign_all(int round, const BoardFeatures& features, const HandMaps& maps, Find&& find,
                StreetBuckets& made, Watch& watch) {
  const std::size_t boards = board_index(round + 2).size();
  const std::size_t block = boards_a_block[static_cast<std::size_t>(round)];
  const HandIndex& index = hand_index(round);
  const BucketTableWriter table(made.table.data(), made.count);
  struct Sum {
    std::uint64_t distance = 0, deals = 0;
  };
  std::vector<Sum> sums((boards + block - 1) / block);
  watch.begin(round, Stage::assign, boards);
  in_blocks(watch, boards, block, [&](std::size_t b, std::size_t board, std::size_t last) {
    BoardHands hands(round + 2, maps);
    std::vector<std::uint8_t> rows(hand_count * features.row_bytes());
    for (; board < last; ++board) {
      hands.set(static_cast<std::uint32_t>(board));
      features.rows(hands.board_cards(), hands.hands(), rows.data());
      for (std::size_t i = 0; i < hands.size(); ++i) {
        const Nearest nearest = find(rows.data() + i * features.row_bytes());
        table.set(index.index(suit_set(hands.hand(i)), hands.board()), nearest.cluster);
        sums[b].distance += std::uint64_t{nearest.distance} * hands.weight(i);
        sums[b].deals += hands.weight(i);
      }
      watch.add(1);
    }
  });
  Sum all;
  for (const Sum& sum : sums) all = {all.distance + sum.distance, all.deals + sum.deals};
  if (all.deals == 0) return;
  made.distortion = static_cast<double>(all.distance) / static_cast<double>(all.deals) * made.scale;
}

}  // namespace

BucketBuilder::BucketBuilder(const BucketPlan& plan)
    : plan_(plan), maps_(std::make_unique<HandMaps>()) {}
BucketBuilder::~BucketBuilder() = default;

StreetBuckets BucketBuilder::build(int round, const StreetBuckets* next, Watch& watch) {
  const StreetPlan& street = plan_.streets[static_cast<std::size_t>(round)];
  StreetBuckets made;
  made.plan = street_text(plan_, round);
  made.count = street.count;
  made.table.resize(hand_index(round).size() * bucket_bytes(street.count));
  if (street.method == BucketMethod::lossless) {
    lossless(made);
  } else if (street.method == BucketMethod::percentile) {
    percentile(round, made, watch);
  } else if (round == 0) {
    preflop_histograms(made, watch);
  } else {
    clustered(round, next, made, watch);
  }
  if (!watch.stopped()) made.used = count_used(made, hand_index(round).size());
  return made;
}

void BucketBuilder::lossless(StreetBuckets& made) const {
  const BucketTableWriter table(made.table.data(), made.count);
  for (Hand hand = 0; hand < hand_count; ++hand)
    table.set(hand_index(0).index(suit_set(hand), 0), static_cast<std::uint16_t>(kind_of(hand)));
}

void BucketBuilder::percentile(int round, StreetBuckets& made, Watch& watch) {
  constexpr std::size_t block = 4096;
  const std::size_t classes = hand_index(round).size();
  watch.begin(round, Stage::assign, classes);
  if (!percentiles_) {
    BucketConfig config;
    config.measure = plan_.measure;
    for (std::size_t r = 0; r < 4; ++r) config.buckets[r] = plan_.streets[r].count;
    percentiles_ = CardBuckets::make(config).value();
  }
  const BucketTableWriter table(made.table.data(), made.count);
  in_blocks(watch, classes, block, [&](std::size_t, std::size_t i, std::size_t last) {
    const std::size_t n = last - i;
    for (; i < last; ++i) {
      const SuitedDeal deal = hand_index(round).unindex(static_cast<std::uint32_t>(i));
      const std::vector<Card> hole = cards_in(deal.hole), board = cards_in(deal.board);
      table.set(i, percentiles_->bucket(hand_of(hole[0], hole[1]), board));
    }
    watch.add(n);
  });
  if (round == 0) return;
  made.ground = line_ground(made.count);
  made.scale = 1.0 / 2040;
}

const std::vector<std::uint8_t>& BucketBuilder::kinds(int round, Watch& watch) {
  if (kinds_.empty()) {
    watch.begin(round, Stage::sample, board_index(5).size());
    kinds_ = kind_histograms(plan_.players, *maps_, watch);
  }
  return kinds_;
}

void BucketBuilder::preflop_histograms(StreetBuckets& made, Watch& watch) {
  Points points{histogram_width, kinds(0, watch), std::vector<std::uint32_t>(kind_count)};
  if (watch.stopped()) return;
  for (Hand hand = 0; hand < hand_count; ++hand)
    ++points.weights[static_cast<std::size_t>(kind_of(hand))];
  const ClusterRules rules{made.count, 10 * plan_.restarts, plan_.iterations, plan_.seed};
  watch.begin(0, Stage::cluster, cluster_steps(rules));
  const Clusters clusters = cluster_rows(points, rules, watch);
  if (watch.stopped()) return;
  made.scale = histogram_scale;
  made.distortion = static_cast<double>(clusters.fit.cost) / hand_count * made.scale;
  const BucketTableWriter table(made.table.data(), made.count);
  for (Hand hand = 0; hand < hand_count; ++hand) {
    table.set(hand_index(0).index(suit_set(hand), 0),
              clusters.fit.nearest[static_cast<std::size_t>(kind_of(hand))]);
  }
}

/// The clusters of opponents' hands that ochs looks at: by their histograms before the flop.
std::array<std::uint8_t, hand_count> BucketBuilder::opponents(Watch& watch) {
  std::array<std::uint8_t, hand_count> clusters{};
  Points points{histogram_width, kinds(3, watch), std::vector<std::uint32_t>(kind_count)};
  if (watch.stopped()) return clusters;
  for (Hand hand = 0; hand < hand_count; ++hand)
    ++points.weights[static_cast<std::size_t>(kind_of(hand))];
  const ClusterRules rules{static_cast<int>(opponent_clusters), 20, 100, plan_.seed};
  const Clusters made = cluster_rows(points, rules, watch);
  if (watch.stopped()) return clusters;
  for (Hand hand = 0; hand < hand_count; ++hand) {
    clusters[hand] =
        static_cast<std::uint8_t>(made.fit.nearest[static_cast<std::size_t>(kind_of(hand))]);
  }
  return clusters;
}

void BucketBuilder::clustered(int round, const StreetBuckets* next, StreetBuckets& made,
                              Watch& watch) {
  const BucketMethod method = plan_.streets[static_cast<std::size_t>(round)].method;
  made.scale = scale_of(method, next);
  const auto features = method == BucketMethod::emd        ? histogram_features(plan_.players)
                        : method == BucketMethod::strength ? strength_features(plan_.players)
                        : method == BucketMethod::ochs
                            ? opponent_features(plan_.players, opponents(watch))
                            : next_features(round, next->view());
  if (watch.stopped()) return;
  Sample sample = Sample::draw(plan_, round, *features, *maps_, watch);
  if (watch.stopped()) return;
  const ClusterRules rules{made.count, plan_.restarts, plan_.iterations, plan_.seed};
  watch.begin(round, Stage::cluster, cluster_steps(rules));
  if (method == BucketMethod::potential) {
    CellPoints points{features->row_bytes() / 2, {}, std::move(sample.weights)};
    points.rows.resize(sample.rows.size() / 2);
    std::memcpy(points.rows.data(), sample.rows.data(), sample.rows.size());
    sample.rows = {};
    const TransportClusters clusters = TransportClusters::make(next->ground, points, rules, watch);
    if (watch.stopped()) return;
    made.ground = clusters.ground();
    const auto find = [&](const std::uint8_t* row) {
      std::array<std::uint16_t, card_count> cells;
      std::memcpy(cells.data(), row, features->row_bytes());
      return clusters.find(cells.data());
    };
    return assign_all(round, *features, *maps_, find, made, watch);
  }
  const Points points{features->row_bytes(), std::move(sample.rows), std::move(sample.weights)};
  const Clusters clusters = cluster_rows(points, rules, watch);
  if (watch.stopped()) return;
  made.ground = ground_of_rows(clusters.width, clusters.rows);
  assign_all(
      round, *features, *maps_, [&](const std::uint8_t* row) { return clusters.find(row); }, made,
      watch);
}

}  // namespace weir::mccfr::abstraction
