// bucket_build.hpp: buckets of cards by how they are likely to end, street by street: a plan, and what comes of it.
//
//   lossless    preflop                the 169 kinds
//   percentile  all                    equal parts of each board's hands by strength, as bucketing.hpp makes them
//   strength    river                  clusters of strengths, over all boards
//   emd         preflop, flop, turn    clusters of histograms of the strengths to come, by earth mover's distance
//   potential   flop, turn             clusters of histograms of the next street's buckets, which lie as far apart as
//                                      their centres do
//   ochs        river                  clusters of the strengths against eight clusters of opponents' hands
// Centres are found from a sample of hands, weighted by the deals they stand for; then every hand is given the nearest.
// But for `lossless`, bucket 0 is the weakest.
//
// Roles:  one thread, or a task whose workers all help; a plan has one result for any number of workers.
// Errors: Error{code "bad_config", what, where = the street or the member}.
// Memory: bytes_of().
// Cost:   see bench/README.md; the four default streets take 2 to 3 minutes of one core.
// Source: Johanson, Burch, Valenzano, Bowling, "Evaluating state-space abstractions in extensive-form games" (2013);
//         Ganzfried, Sandholm, "Potential-aware imperfect-recall abstraction with earth mover's distance" (2014).
#pragma once

#include <array>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>
#include <weir/mccfr/bucket_clustering.hpp>
#include <weir/mccfr/bucket_table.hpp>
#include <weir/mccfr/bucketing.hpp>

namespace weir::mccfr {
class HandMaps;
}

namespace weir::mccfr::abstraction {

enum class BucketMethod : std::uint8_t { lossless, percentile, strength, emd, potential, ochs };
std::string_view to_string(BucketMethod method) noexcept;
std::optional<BucketMethod> bucket_method_of(std::string_view name) noexcept;

struct StreetPlan {
  BucketMethod method = BucketMethod::emd;
  int count = 200;  // preflop 1 to 169, then 1 to 1,000
};

struct BucketPlan {
  std::array<StreetPlan, 4> streets{
      StreetPlan{BucketMethod::lossless, kind_count}, StreetPlan{BucketMethod::potential, 200},
      StreetPlan{BucketMethod::emd, 200}, StreetPlan{BucketMethod::ochs, 200}};
  StrengthMeasure measure = StrengthMeasure::mean_of_squares;  // of percentile
  int players = 2;        // 2 to 6: a strength is against as many opponents, all drawn alike
  int samples = 500'000;  // hands that centres are found from, about; 100 to 10,000,000
  int restarts = 2;       // 1 to 100; the best is kept
  int iterations = 30;    // 1 to 1,000 of each restart
  std::uint64_t seed = 1;
};

Result<Done> check(const BucketPlan& plan);
/// All that the buckets of a street depend on, as JSON: streets with the same text are the same.
std::string street_text(const BucketPlan& plan, int round);
/// Bytes that computing, and going on with a file, take at most with so many workers: all tables among them.
std::size_t bytes_of(const BucketPlan& plan, int workers) noexcept;

/// What came of a street.
struct StreetBuckets {
  std::string plan;  // street_text()
  int count = 0;
  std::vector<std::uint8_t> table;  // see bucket_table.hpp
  Ground ground;                    // the buckets as cells of the street before; empty for preflop
  double scale = 0;                 // distances times this are shares of the pot
  double distortion = 0;  // the mean distance to the centre over all deals, as a share of the pot
  int used = 0;           // buckets that a hand has

  BucketTable view() const noexcept { return {table.data(), count}; }
};

class BucketBuilder {
 public:
  /// `plan` is one that check() takes.
  explicit BucketBuilder(const BucketPlan& plan);
  ~BucketBuilder();
  BucketBuilder(const BucketBuilder&) = delete;
  BucketBuilder& operator=(const BucketBuilder&) = delete;

  /// `next`: the street after, for `potential`. After watch.stop() the answer is of no use.
  StreetBuckets build(int round, const StreetBuckets* next, Watch& watch);

 private:
  struct Sample;
  void lossless(StreetBuckets& made) const;
  void percentile(int round, StreetBuckets& made, Watch& watch);
  void preflop_histograms(StreetBuckets& made, Watch& watch);
  void clustered(int round, const StreetBuckets* next, StreetBuckets& made, Watch& watch);
  const std::vector<std::uint8_t>& kinds(int round, Watch& watch);
  std::array<std::uint8_t, hand_count> opponents(Watch& watch);

  BucketPlan plan_;
  std::unique_ptr<HandMaps> maps_;
  std::optional<CardBuckets> percentiles_;
  std::vector<std::uint8_t> kinds_;
};

}  // namespace weir::mccfr::abstraction
