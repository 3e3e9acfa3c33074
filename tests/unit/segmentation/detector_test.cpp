// The rule compat: the original's, exactly.
#include <doctest/doctest.h>

#include <limits>
#include <weir/segmentation/detector.hpp>

using namespace weir::segmentation;

namespace {

constexpr DetectorConfig compat{Rule::compat, 0.001, 5};

std::vector<Segment> found(const std::vector<double>& v, DetectorConfig config = compat) {
  std::vector<Segment> segments;
  detect(v, config, segments);
  return segments;
}

std::vector<double> ramp(double from, double to, int steps) {
  std::vector<double> v;
  for (int k = 0; k <= steps; ++k) v.push_back(from + (to - from) * k / steps);
  return v;
}

std::vector<double> joined(std::vector<double> a, const std::vector<double>& b) {
  a.insert(a.end(), b.begin(), b.end());
  return a;
}

/// The type as it is written down: by the lower and the higher end, and the way between them.
SegmentType type_of(double start, double end) {
  const double low = end < start ? end : start;
  const double high = end < start ? start : end;
  if (high <= 0) return end < start ? SegmentType::forward_negative : SegmentType::return_negative;
  if (low >= 0) return end > start ? SegmentType::forward_positive : SegmentType::return_positive;
  return end < start ? SegmentType::forward_negative : SegmentType::forward_positive;
}

/// The rule once more, word for word as it is written down, to compare with.
std::vector<Segment> restated(const std::vector<double>& v, const DetectorConfig& c) {
  std::vector<Segment> out;
  if (v.size() < c.min_segment_points) return out;
  std::size_t start = 0;
  int dir = 0;
  double prev = v[0];
  const auto emit = [&](std::size_t end) {
    if (end - start + 1 < c.min_segment_points) return;
    const Direction d = dir > 0   ? Direction::increasing
                        : dir < 0 ? Direction::decreasing
                                  : Direction::unknown;
    out.push_back({start, end, type_of(v[start], v[end]), d, v[start], v[end]});
  };
  for (std::size_t i = 1; i < v.size(); ++i) {
    const double dv = v[i] - prev;
    bool end = false;
    const bool big = (dv < 0 ? -dv : dv) >= c.dv_threshold;
    const int sign = dv > 0 ? 1 : dv < 0 ? -1 : 0;
    if (big && dir == 0) {
      dir = sign;
    } else if (big && sign != dir) {
      end = true;
    }
    if ((prev < 0 && v[i] >= 0) || (prev > 0 && v[i] <= 0)) end = true;
    if (end) {
      emit(i - 1);
      start = i;
      if (big) dir = sign;
    }
    prev = v[i];
  }
  emit(v.size() - 1);
  return out;
}

}  // namespace

TEST_CASE("detector: a full sweep has its four legs, the turning point in the forward one") {
  const auto v = joined(joined(ramp(0, -10, 10), ramp(-9, 9, 18)), ramp(10, 0, 10));
  const auto segments = found(v);
  REQUIRE(segments.size() == 4);
  CHECK(segments[0].first == 0);
  CHECK(segments[0].type == SegmentType::forward_negative);
  CHECK(segments[0].last == 10);
  CHECK(segments[1].type == SegmentType::return_negative);
  CHECK(segments[2].type == SegmentType::forward_positive);
  CHECK(segments[2].v_start == 0.0);  // an exact zero begins the next leg
  CHECK(segments[3].type == SegmentType::return_positive);
}

TEST_CASE("detector: the type comes from the end points") {
  CHECK(classify(0, -1) == SegmentType::forward_negative);
  CHECK(classify(-1, 0) == SegmentType::return_negative);
  CHECK(classify(0, 1) == SegmentType::forward_positive);
  CHECK(classify(1, 0) == SegmentType::return_positive);
  CHECK(classify(1, -1) == SegmentType::forward_negative);
  CHECK(classify(-1, 1) == SegmentType::forward_positive);
  CHECK(classify(1, 1) == SegmentType::return_positive);  // there and back
  CHECK(classify(-1, -1) == SegmentType::return_negative);
  CHECK(classify(0, 0) == SegmentType::return_negative);
}

TEST_CASE("detector: steps below the threshold have no direction") {
  const auto v = joined(ramp(1, 1.004, 8), ramp(1.0035, 1, 7));
  const auto segments = found(v);
  REQUIRE(segments.size() == 1);
  CHECK(segments[0].direction == Direction::unknown);
  CHECK(segments[0].type == SegmentType::return_positive);
  CHECK(found(v, {Rule::compat, 0.0001, 5}).size() == 2);
}

TEST_CASE("detector: short segments are left out, few points give none") {
  CHECK(found({1, 2, 3, 4}).empty());
  CHECK(found({}).empty());
  CHECK(found({}, {Rule::compat, 0.001, 0}).empty());
  CHECK(found({1, 2, 3, 4, 5, 4, 3}).size() == 1);
  CHECK(found({1, 2, 3, 4, 5, 4, 3}, {Rule::compat, 0.001, 2}).size() == 2);
}

TEST_CASE("detector: a NaN neither turns nor crosses") {
  auto v = ramp(0.1, 1, 20);
  v[7] = std::numeric_limits<double>::quiet_NaN();
  CHECK(found(v).size() == 1);
}

TEST_CASE("detector: equal to the rule restated on 20,000 made-up sequences") {
  std::uint64_t state = 7;
  const auto draw = [&](std::uint64_t n) {
    state = state * 6364136223846793005u + 1442695040888963407u;
    return (state >> 33) % n;
  };
  for (int round = 0; round < 20000; ++round) {
    std::vector<double> v;
    double at = static_cast<double>(draw(9)) * 0.25 - 1;
    double step = draw(2) == 0 ? 0.05 : -0.05;
    for (std::uint64_t k = draw(60); k > 0; --k) {
      if (draw(8) == 0) step = -step;
      if (draw(10) == 0) step = static_cast<double>(draw(5)) * 0.0005 - 0.001;
      if (draw(12) == 0) at = 0;
      v.push_back(at += step);
    }
    const DetectorConfig config{Rule::compat, static_cast<double>(draw(3)) * 0.0005, draw(7) + 1};
    const auto ours = found(v, config);
    const auto theirs = restated(v, config);
    REQUIRE(ours.size() == theirs.size());
    for (std::size_t k = 0; k < ours.size(); ++k) {
      CHECK(ours[k].first == theirs[k].first);
      CHECK(ours[k].last == theirs[k].last);
      CHECK(ours[k].type == theirs[k].type);
      CHECK(ours[k].direction == theirs[k].direction);
    }
  }
}
