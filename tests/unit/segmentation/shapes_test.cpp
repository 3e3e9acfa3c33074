// The detectors on shapes that the generator does not make: other noise, plateaus of any length, many cycles, sweeps
// that are lopsided, off zero, or of hardly any rows. Truth is known from the set-points.
#include <doctest/doctest.h>

#include <algorithm>
#include <cmath>
#include <string>
#include <utility>
#include <vector>
#include <weir/segmentation/detector.hpp>

#include "sweeps.hpp"

namespace shapes {

using namespace weir::segmentation;

struct Range {
  double from = 0, to = 0;
  double draw(Random& random) const { return from + (to - from) * random.unit(); }
  int whole(Random& random) const {
    return static_cast<int>(from) +
           static_cast<int>(random.below(static_cast<std::size_t>(to - from) + 1));
  }
};

struct Shape {
  const char* name;
  Range noise;      // steps
  Range plateau;    // rows; {0, 0}: none
  Range low, high;  // steps
  Range cycles = {1, 1};
  int rest = 0;      // steps, where a cycle begins and ends
  double shift = 0;  // of the source, up to so many steps
  double step = 0.01;
  double borders = 99;  // percent of runs that have all borders within two rows
};

constexpr Range usual_low = {-100, -20}, usual_high = {20, 100};
constexpr std::size_t leg_rows_min =
    8;  // of a run that counts: at 5 the rule of short legs decides, not the detector

struct Drawn {
  std::vector<double> v;
  std::vector<Leg> legs;
};

void walk(std::vector<double>& v, int from, int to, double step) {
  const int sign = to > from ? 1 : -1;
  for (int k = from; k != to; k += sign) v.push_back(static_cast<double>(k + sign) * step);
}

/// Legs of set-points: turns and changes of sign; what stands still stays with what was before.
std::vector<Leg> legs_of(const std::vector<double>& v) {
  std::vector<Leg> legs(1);
  double extent = v[0];
  int direction = 0;
  for (std::size_t k = 1; k < v.size(); ++k) {
    const int way = v[k] > v[k - 1] ? 1 : v[k] < v[k - 1] ? -1 : 0;
    const bool crosses = (v[k - 1] < 0 && v[k] >= 0) || (v[k - 1] > 0 && v[k] <= 0);
    if (crosses || (way != 0 && direction != 0 && way != direction)) {
      legs.push_back({k, k});
      extent = v[k];
    }
    if (way != 0) direction = way;
    if (std::fabs(v[k]) > std::fabs(extent)) extent = v[k];
    legs.back() = {legs.back().first, k, direction > 0, extent > 0};
  }
  if (legs.size() > 1 &&
      legs.back().first == legs.back().last) {  // the way back to zero ends at it
    legs.pop_back();
    legs.back().last = v.size() - 1;
  }
  return legs;
}

Drawn draw(const Shape& shape, Random& random) {
  Drawn run;
  std::vector<double>& v = run.v;
  const int low = shape.low.whole(random), high = shape.high.whole(random);
  const bool up_first = random.below(4) == 0;
  const int first = up_first ? high : low, second = up_first ? low : high;
  v.push_back(shape.rest * shape.step);
  std::vector<std::size_t> turns;
  for (int left = shape.cycles.whole(random); left > 0; --left) {
    for (const auto& [from, to] :
         {std::pair(shape.rest, first), std::pair(first, second), std::pair(second, shape.rest)}) {
      walk(v, from, to, shape.step);
      turns.push_back(v.size() - 1);
    }
  }
  turns.pop_back();
  const double shift = (2 * random.unit() - 1) * shape.shift * shape.step;
  for (double& x : v) x += shift;
  for (std::size_t k = turns.size(); k-- > 0 && shape.plateau.to > 0;) {
    if (random.below(4) == 0) continue;
    const auto at = static_cast<std::ptrdiff_t>(turns[k]);
    v.insert(v.begin() + at, static_cast<std::size_t>(shape.plateau.whole(random)), v[turns[k]]);
  }
  run.legs = legs_of(v);
  const double sigma = shape.noise.draw(random) * shape.step;
  for (double& x : v) x += sigma * random.normal();
  return run;
}

std::string_view type_of(const Leg& leg) {
  if (leg.positive) return leg.increasing ? "forward_positive" : "return_positive";
  return leg.increasing ? "return_negative" : "forward_negative";
}

struct Score {
  int runs = 0, labels = 0, borders = 0;
};

void judge(const Drawn& run, Rule rule, Score& score) {
  for (const Leg& leg : run.legs) {
    if (leg.last - leg.first + 1 < leg_rows_min) return;
  }
  ++score.runs;
  std::vector<Segment> found;
  DetectorConfig config;
  config.rule = rule;
  detect(run.v, config, found);
  if (found.size() != run.legs.size()) return;
  std::size_t most = 0;
  for (std::size_t k = 0; k < found.size(); ++k) {
    if (to_string(found[k].type) != type_of(run.legs[k])) return;
    const std::size_t a = found[k].last, b = run.legs[k].last;
    most = std::max(most, a > b ? a - b : b - a);
  }
  ++score.labels;
  score.borders += most <= 2 ? 1 : 0;
}

constexpr Shape all[] = {
    {"noise to 0.1 steps", {0.02, 0.1}, {}, usual_low, usual_high},
    {"noise to 0.3", {0.1, 0.3}, {}, usual_low, usual_high},
    {"noise to 0.6", {0.3, 0.6}, {}, usual_low, usual_high},
    {"noise to 1", {0.6, 1}, {}, usual_low, usual_high, {1, 1}, 0, 0, 0.01, 96},
    {"noise to 2", {1, 2}, {}, {-100, -40}, {40, 100}, {1, 1}, 0, 0, 0.01, 85},
    {"plateaus to 3 rows", {}, {1, 3}, usual_low, usual_high},
    {"plateaus to 200 rows", {}, {30, 200}, usual_low, usual_high},
    {"noisy plateaus to 3 rows", {0.1, 0.6}, {1, 3}, usual_low, usual_high, {1, 1}, 0, 0, 0.01, 85},
    {"noisy plateaus to 12 rows",
     {0.1, 0.6},
     {4, 12},
     usual_low,
     usual_high,
     {1, 1},
     0,
     0,
     0.01,
     85},
    {"noisy plateaus to 200 rows",
     {0.1, 0.3},
     {12, 200},
     usual_low,
     usual_high,
     {1, 1},
     0,
     0,
     0.01,
     85},
    {"5 to 20 cycles", {}, {}, usual_low, usual_high, {5, 20}},
    {"5 to 20 noisy cycles", {0.1, 0.6}, {}, usual_low, usual_high, {5, 20}},
    {"one side 20 times the other", {}, {}, {-16, -9}, {150, 300}},
    {"the same, noisy", {0.1, 0.3}, {}, {-16, -10}, {150, 300}},
    {"off zero by up to 10 steps", {}, {}, usual_low, usual_high, {1, 1}, 0, 10},
    {"on one side of zero", {}, {}, {5, 16}, {34, 100}, {1, 1}, 25},
    {"on one side, noisy", {0.1, 0.5}, {}, {5, 14}, {36, 100}, {1, 1}, 25},
    {"legs of 9 to 12 rows", {0.02, 0.1}, {}, {-12, -9}, {9, 12}},
    {"microvolts", {0.1, 0.3}, {}, usual_low, usual_high, {1, 1}, 0, 0, 2e-6},
    {"thousands of rows", {0.1, 0.6}, {}, {-1500, -500}, {500, 1500}, {1, 1}, 0, 0, 0.001},
};

}  // namespace shapes

TEST_CASE(
    "shapes: sweeps of other kinds than the generator's have their legs, and borders within two "
    "rows") {
  for (const shapes::Shape& shape : shapes::all) {
    CAPTURE(std::string(shape.name));
    shapes::Score score;
    const int runs = shape.low.to < -400 ? 100 : 500;
    for (int k = 0; k < runs; ++k) {
      weir::segmentation::Random random(4242,
                                        static_cast<std::uint64_t>(&shape - shapes::all) * 10'000 +
                                            static_cast<std::uint64_t>(k));
      shapes::judge(shapes::draw(shape, random), weir::segmentation::Rule::zigzag, score);
    }
    const auto share = [&](int n) { return 100.0 * n / score.runs; };
    MESSAGE(std::string(shape.name)
            << ": " << score.runs << " runs, labels " << share(score.labels)
            << " %, borders within 2 rows " << share(score.borders) << " %");
    REQUIRE(score.runs >= runs / 5);
    CHECK(share(score.labels) >= 99.7);
    CHECK(share(score.borders) >= shape.borders);
  }
}
