// The rules zigzag and pelt: where turns are found, and what holds for any signal whatsoever.
#include <doctest/doctest.h>

#include <algorithm>
#include <cmath>
#include <limits>
#include <map>
#include <weir/segmentation/detector.hpp>

using namespace weir::segmentation;

namespace {

constexpr double no_voltage = std::numeric_limits<double>::quiet_NaN();
constexpr double huge = std::numeric_limits<double>::max();
constexpr double infinite = std::numeric_limits<double>::infinity();

using Signal = std::vector<double>;

std::vector<Segment> found(const Signal& v, Rule rule = Rule::zigzag, std::size_t points = 5,
                           const CommandedSweep& commanded = {}) {
  DetectorConfig config;
  config.rule = rule;
  config.min_segment_points = points;
  std::vector<Segment> segments;
  detect(v, config, segments, commanded);
  return segments;
}

/// Appends steps of `step` up to `rows` rows.
void walk(Signal& v, int rows, double step) {
  for (int k = 0; k < rows; ++k) v.push_back((v.empty() ? 0 : v.back()) + step);
}

/// 0 -> -V -> +V -> 0, V of that many steps.
Signal sweep(int steps, double step = 0.01) {
  Signal v;
  for (int k = 0; k <= 4 * steps; ++k) {
    const int at = k <= steps ? -k : k <= 3 * steps ? k - 2 * steps : 4 * steps - k;
    v.push_back(at * step);
  }
  return v;
}

std::string labels(const std::vector<Segment>& segments) {
  std::string out;
  for (const Segment& s : segments) {
    if (!out.empty()) out += ' ';
    out += std::string(to_string(s.type)) + ':' + std::to_string(s.first) + '-' +
           std::to_string(s.last);
  }
  return out;
}

class Draw {
 public:
  explicit Draw(std::uint64_t seed) : state_(seed * 0x9e3779b97f4a7c15u + 1) {}
  std::uint64_t below(std::uint64_t n) {
    state_ = state_ * 6364136223846793005u + 1442695040888963407u;
    return (state_ >> 33) % n;
  }
  double unit() { return static_cast<double>(below(1u << 30)) / (1u << 30); }
  double noise() {
    double sum = -6;
    for (int k = 0; k < 12; ++k) sum += unit();
    return sum;
  }

 private:
  std::uint64_t state_;
};

/// What holds whatever the signal: every row is in one segment, and each segment is in itself
/// right.
void check_partition(const Signal& v, const std::vector<Segment>& segments, std::size_t points) {
  if (v.empty()) {
    CHECK(segments.empty());
    return;
  }
  REQUIRE(!segments.empty());
  CHECK(segments.front().first == 0);
  CHECK(segments.back().last == v.size() - 1);
  std::map<std::uint32_t, unsigned> types;
  for (std::size_t k = 0; k < segments.size(); ++k) {
    const Segment& s = segments[k];
    REQUIRE(s.last >= s.first);
    if (k > 0) CHECK(s.first == segments[k - 1].last + 1);
    const bool brief = s.points() < points;
    CHECK(brief == has(s.flags, Flag::brief));
    CHECK((!brief || segments.size() == 1));
    CHECK((s.flags & run_flags) == (segments[0].flags & run_flags));
    bool without = false;
    bool with = false;
    for (std::size_t row = s.first; row <= s.last; ++row)
      (std::isfinite(v[row]) ? with : without) = true;
    CHECK(without == has(s.flags, Flag::nan));
    CHECK(with == std::isfinite(s.v_start));
    CHECK(with == std::isfinite(s.v_end));
    const unsigned bit = 1u << static_cast<unsigned>(s.type);
    CHECK((types[s.cycle] & bit) == 0);
    types[s.cycle] |= bit;
    if (k > 0) {
      const bool next = s.cycle == segments[k - 1].cycle + 1;
      CHECK(s.leg == (next ? 0 : segments[k - 1].leg + 1));
      CHECK((next || s.cycle == segments[k - 1].cycle));
    }
  }
  CHECK(segments[0].cycle == 0);
  CHECK(segments[0].leg == 0);
}

}  // namespace

TEST_CASE("turns: a full sweep has four legs, the turn in the one before, zero in the one after") {
  for (const Rule rule : {Rule::zigzag, Rule::pelt}) {
    CHECK(labels(found(sweep(10), rule)) ==
          "forward_negative:0-10 return_negative:11-19 forward_positive:20-30 "
          "return_positive:31-40");
    CHECK(found(sweep(10), rule)[1].direction == Direction::increasing);
  }
}

TEST_CASE("turns: steps below a millivolt are steps") {
  CHECK(found(sweep(10, 1e-6)).size() == 4);
  CHECK(found(sweep(10, 1e-12)).size() == 4);
}

TEST_CASE("turns: a plateau belongs to the leg before it") {
  Signal v = sweep(10);
  v.insert(v.begin() + 10, 7, -0.1);  // at the turn
  v.insert(v.begin() + 5, 4, -0.05);  // and on the way there
  for (const Rule rule : {Rule::zigzag, Rule::pelt}) {
    CHECK(labels(found(v, rule)) ==
          "forward_negative:0-21 return_negative:22-30 forward_positive:31-41 "
          "return_positive:42-51");
  }
}

TEST_CASE("turns: rows that are measured twice stay together") {
  Signal v;
  for (const double x : sweep(10)) v.insert(v.end(), 2, x);
  CHECK(labels(found(v)) ==
        "forward_negative:0-21 return_negative:22-39 forward_positive:40-61 "
        "return_positive:62-81");
}

TEST_CASE("turns: fragments join their leg") {
  Signal v = sweep(10);
  v.push_back(-0.01);  // one point past zero, as real runs have it
  CHECK(labels(found(v)) ==
        "forward_negative:0-10 return_negative:11-19 forward_positive:20-30 "
        "return_positive:31-41");
  v.insert(v.begin(), {0.02, 0.01});  // begins beside zero
  CHECK(found(v).size() == 4);
  CHECK(found(v)[0].last == 12);
  CHECK(found(sweep(10), Rule::zigzag, 50).size() == 1);
}

TEST_CASE("turns: a sweep that stays on one side is not split") {
  Signal v;
  for (const double x : sweep(20)) v.push_back(x + 0.5);
  const auto segments = found(v);
  REQUIRE(segments.size() == 3);
  CHECK(segments[0].type == SegmentType::return_positive);
  CHECK(segments[1].type == SegmentType::forward_positive);
  CHECK(segments[2].type == SegmentType::return_positive);
  CHECK(segments[2].cycle == 1);
}

TEST_CASE("turns: a sweep that crosses zero elsewhere than in its middle is split there") {
  Signal v;
  for (const double x : sweep(20)) v.push_back(x + 0.1);
  CHECK(labels(found(v)) ==
        "return_positive:0-9 forward_negative:10-20 return_negative:21-29 forward_positive:30-60 "
        "return_positive:61-80");
}

TEST_CASE("turns: a spike is no turn") {
  for (const double spike : {0.03, 0.5, -0.5, 100.0, 1e300, huge, -huge}) {
    for (const std::size_t row : {7u, 15u, 33u}) {
      Signal v = sweep(20);
      v[row] += spike;
      CAPTURE(spike);
      CAPTURE(row);
      CHECK(labels(found(v)) ==
            "forward_negative:0-20 return_negative:21-39 forward_positive:40-60 "
            "return_positive:61-80");
    }
  }
}

TEST_CASE("turns: a row without a voltage belongs to the row before it") {
  Signal v = sweep(10);
  v[0] = v[11] = no_voltage;  // the first of all, and the first after a turn
  v[20] = infinite;           // and the one at zero
  for (const Rule rule : {Rule::zigzag, Rule::pelt}) {
    const auto segments = found(v, rule);
    CHECK(labels(segments) ==
          "forward_negative:0-11 return_negative:12-20 forward_positive:21-30 "
          "return_positive:31-40");
    CHECK(segments[0].v_start == v[1]);
    CHECK(segments[0].v_end == v[10]);
    CHECK(has(segments[0].flags, Flag::nan));
    CHECK(!has(segments[2].flags, Flag::nan));
  }
}

TEST_CASE("turns: cycles and their legs are numbered") {
  Signal v = sweep(10);
  for (int cycle = 0; cycle < 2; ++cycle) {
    const Signal again = sweep(10);
    v.insert(v.end(), again.begin() + 1, again.end());
  }
  const auto segments = found(v);
  REQUIRE(segments.size() == 12);
  for (std::size_t k = 0; k < 12; ++k) {
    CHECK(segments[k].cycle == k / 4);
    CHECK(segments[k].leg == k % 4);
  }
}

TEST_CASE("turns: what the header promised and the run does not have is flagged") {
  const CommandedSweep asked{-0.1, 0.1, 0.01};
  const auto flags = [&](const Signal& v, const CommandedSweep& commanded) {
    return to_string(found(v, Rule::zigzag, 5, commanded).at(0).flags);
  };
  Signal v = sweep(10);
  CHECK(flags(v, asked).empty());
  CHECK(flags(v, {}).empty());
  CHECK(flags(v, {-0.2, 0.1, 0.01}) == "range");
  CHECK(flags(v, {-0.1, 0.1, 0.05}) == "step");
  v.resize(36);  // stopped on its way back
  CHECK(flags(v, asked) == "cut");
  CHECK(flags(v, {}) == "cut");
  v.resize(31);  // never came back
  CHECK(flags(v, asked) == "missing_return_positive");
  v.resize(26);
  CHECK(flags(v, asked) == "missing_return_positive,cut,range");
  v.resize(8);
  CHECK(flags(v, asked) ==
        "missing_return_negative,missing_forward_positive,missing_return_positive,cut,range");
  CHECK(flags(v, {}) == "missing_return_negative");
  CHECK(flags({0.1, 0.2}, {}) == "missing_return_positive,brief");
}

// The generator's sweeps have one step, Gaussian noise and short plateaus; these do not.
TEST_CASE("turns: legs of different steps, heavy tails, long plateaus, spikes and gaps") {
  constexpr int runs = 1000;
  Draw draw(21);
  int same = 0;
  int near = 0;
  for (int run = 0; run < runs; ++run) {
    Signal v{10};
    std::vector<std::size_t> turns;
    double sign = draw.below(2) == 0 ? 1 : -1;
    for (std::uint64_t leg = 2 + draw.below(5); leg > 0; --leg, sign = -sign) {
      walk(v, 20 + static_cast<int>(draw.below(80)), sign * 0.01 * (0.5 + 1.5 * draw.unit()));
      if (draw.below(2) == 0) walk(v, static_cast<int>(draw.below(150)), 0);
      turns.push_back(v.size() - 1);
    }
    const double sigma = 0.003 * draw.unit();
    for (double& x : v) {
      const double tail = -std::log(1 - draw.unit());  // Laplace: a way or the other
      x += sigma * std::sqrt(0.5) * (draw.below(2) == 0 ? tail : -tail);
    }
    v[1 + draw.below(v.size() - 2)] += draw.noise();
    v[1 + draw.below(v.size() - 2)] = no_voltage;
    const auto segments = found(v);
    if (segments.size() != turns.size()) continue;
    ++same;
    bool all = true;
    for (std::size_t k = 0; k < turns.size(); ++k) {
      const std::size_t a = segments[k].last;
      all = all && std::max(a, turns[k]) - std::min(a, turns[k]) <= 2;
    }
    near += all ? 1 : 0;
  }
  MESSAGE("of " << runs << " runs " << same << " with all legs, " << near
                << " with all borders within 2 rows");
  CHECK(same >= 990);
  CHECK(near >= 950);
}

TEST_CASE("turns: any signal is partitioned") {
  Draw draw(5);
  for (int round = 0; round < 6000; ++round) {
    Signal v;
    const std::uint64_t shape = draw.below(9);
    const std::uint64_t rows = draw.below(draw.below(10) == 0 ? 3000 : 120);
    const double scale = std::pow(10, static_cast<double>(draw.below(40)) - 20);
    double at = 0;
    for (std::uint64_t k = 0; k < rows; ++k) {
      switch (shape) {
        case 0:
          v.push_back(draw.noise());
          break;  // noise
        case 1:
          v.push_back(at += draw.noise());
          break;  // a random walk
        case 2:
          v.push_back(static_cast<double>(draw.below(3)) - 1);
          break;  // three levels
        case 3:
          v.push_back(at += draw.unit());
          break;  // monotone
        case 4:
          v.push_back(draw.below(30) == 0 ? 1e3 * draw.noise() : 1);
          break;  // spikes
        case 5:
          v.push_back(std::round(std::sin(0.05 * static_cast<double>(k)) * 8));
          break;
        case 6:
          v.push_back(draw.below(3) == 0 ? no_voltage : draw.noise());
          break;
        case 7:
          v.push_back(draw.below(2) == 0 ? huge : -huge);
          break;
        default:
          v.push_back(std::ldexp(draw.noise(), static_cast<int>(draw.below(2000)) - 1000));
      }
    }
    if (shape != 7) {
      for (double& x : v) x *= scale;
    }
    if (!v.empty() && draw.below(4) == 0)
      v[draw.below(v.size())] = draw.below(2) == 0 ? no_voltage : -infinite;
    const std::size_t points = draw.below(12) + 1;
    CAPTURE(round);
    CAPTURE(shape);
    for (const Rule rule : {Rule::zigzag, Rule::pelt})
      check_partition(v, found(v, rule, points), points);
  }
}

TEST_CASE("turns: hardly any rows, none with a voltage, none that moves") {
  for (const Rule rule : {Rule::zigzag, Rule::pelt}) {
    for (const std::size_t rows : {0u, 1u, 2u, 3u, 4u, 5u, 100u}) {
      for (const double value : {0.0, -1.5, 2.5, no_voltage, infinite, huge}) {
        const Signal v(rows, value);
        const auto segments = found(v, rule);
        check_partition(v, segments, 5);
        CHECK(segments.size() == (rows == 0 ? 0 : 1));
        if (rows > 0) CHECK(segments[0].direction == Direction::unknown);
      }
    }
    CHECK(found({1, 2}, rule).at(0).direction == Direction::increasing);
    CHECK(found({2, 1}, rule).at(0).direction == Direction::decreasing);
    CHECK(found({1, no_voltage, no_voltage, 2}, rule).size() == 1);
    CHECK(found({0, 1, 2, 3, 2, 1, 0}, rule, 2).size() == 2);
  }
}

TEST_CASE("turns: a monotone signal is one leg, split at zero alone") {
  Draw draw(9);
  for (int round = 0; round < 200; ++round) {
    Signal v;
    double at = 1;
    for (int k = 0; k < 300; ++k) v.push_back(at += 0.2 + draw.unit());
    const auto segments = found(v);
    REQUIRE(segments.size() == 1);
    CHECK(segments[0].type == SegmentType::forward_positive);
    for (double& x : v) x -= v[150];
    CHECK(found(v).size() == 2);
  }
}

TEST_CASE("turns: the unit of the voltage does not matter") {
  Draw draw(3);
  Signal v = sweep(40);
  for (double& x : v) x += 0.005 * draw.noise();
  const std::string want = labels(found(v));
  CHECK(found(v).size() == 4);
  for (const double unit : {1e-200, 1e-9, 1e3, 1e200}) {
    Signal scaled = v;
    for (double& x : scaled) x *= unit;
    CHECK(labels(found(scaled)) == want);
  }
}

TEST_CASE("turns: pelt is bounded where nothing changes, and finds a change all the same") {
  Signal v;
  Draw draw(1);
  walk(v, 20'000, 0.01);
  walk(v, 20'000, -0.01);
  for (double& x : v) x += 0.001 * draw.noise();
  const auto segments = found(v, Rule::pelt);
  REQUIRE(segments.size() == 2);
  CHECK(segments[0].last >= 19'998);
  CHECK(segments[0].last <= 20'002);
}
