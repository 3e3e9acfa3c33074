// weir-bench-search tree [--quick]: simulations per second of the tree on Connect Four, from the empty board.
//
// Rows: WHAT SIZE VALUE UNIT. Times are of the thread, each row the best of its repetitions; but two workers on one
// tree are held against one alone, in turns, by medians of the stretches in which nothing else ran on their cores.
#include <immintrin.h>
#include <time.h>

#include <algorithm>
#include <array>
#include <atomic>
#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <suites.hpp>
#include <thread>
#include <vector>
#include <weir/clock.hpp>
#include <weir/memory.hpp>
#include <weir/search/connect4.hpp>
#include <weir/search/tree.hpp>
#include <weir/search/tree_rollout.hpp>
#include <weir/version.hpp>

namespace {

using namespace weir::search::games;
using GameTree = Tree<ConnectFour>;

double thread_seconds() {
  timespec now{};
  clock_gettime(CLOCK_THREAD_CPUTIME_ID, &now);
  return static_cast<double>(now.tv_sec) + 1e-9 * static_cast<double>(now.tv_nsec);
}

template <class Body>
double best_seconds(int repetitions, Body body) {
  double best = 1e300;
  for (int i = 0; i < repetitions; ++i) best = std::min(best, body());
  return best;
}

template <class Evaluate>
void simulations(const char* what, std::uint32_t count, std::size_t bytes, int repetitions,
                 Evaluate evaluate) {
  GameTree tree(Position{}, {.memory_bytes_max = bytes});
  std::uint64_t allocations = 0;
  const double seconds = best_seconds(repetitions, [&] {
    tree.reset(Position{});
    const std::uint64_t before = weir::allocation_count();
    const double start = thread_seconds();
    tree.run({.simulations = count}, evaluate);
    const double spent = thread_seconds() - start;
    allocations += weir::allocation_count() - before;
    return spent;
  });
  std::printf("%-28s %8u  %8.3f M/s    nodes %u of %u, recycled %llu, allocations %llu\n", what,
              count, static_cast<double>(count) / seconds / 1e6, tree.nodes(), tree.nodes_max(),
              static_cast<unsigned long long>(tree.recycled()),
              static_cast<unsigned long long>(allocations));
}

// ---- two workers on one tree

constexpr std::size_t parts = 8;  // of a search: its speed falls as the tree grows
constexpr std::uint32_t stretch_simulations = 1024;

/// Simulations by the clock and by the thread's own time, which agree where nothing else ran on its core.
struct Stretch {
  weir::Deadline begin = 0, end = 0;
  double busy = 0.0;

  double wall() const { return static_cast<double>(end - begin) * 1e-9; }
  bool undisturbed() const { return wall() < 1.01 * busy + 2e-6; }
};
using Stretches = std::vector<Stretch>;

/// What the other thread did for all of `stretch` was undisturbed too.
bool met(const Stretch& stretch, const Stretches& other) {
  auto at = std::partition_point(other.begin(), other.end(),
                                 [&](const Stretch& o) { return o.end <= stretch.begin; });
  weir::Deadline covered = stretch.begin;
  constexpr weir::Deadline gap_ns = 5000;  // between two stretches: the clocks are read
  for (; at != other.end() && covered < stretch.end; ++at) {
    if (at->begin > covered + gap_ns || !at->undisturbed()) return false;
    covered = at->end;
  }
  return covered >= stretch.end;
}

/// Seconds a simulation and thread, by part of the search.
struct Pace {
  std::array<std::vector<double>, parts> of;

  std::size_t fewest() const {
    std::size_t least = of[0].size();
    for (const auto& part : of) least = std::min(least, part.size());
    return least;
  }
  /// The mean of the parts' medians.
  double seconds() {
    double sum = 0.0;
    for (auto& part : of) {
      std::nth_element(part.begin(), part.begin() + static_cast<std::ptrdiff_t>(part.size() / 2),
                       part.end());
      sum += part[part.size() / 2];
    }
    return sum / static_cast<double>(parts);
  }
};

/// `threads` threads share `count` simulations of one tree.
void share(Pace& pace, GameTree& tree, std::uint32_t threads, std::uint32_t count) {
  tree.reset(Position{});
  std::vector<Stretches> done(threads);
  std::atomic<std::uint32_t> ready{0};
  std::vector<std::thread> started;
  for (std::uint32_t worker = 0; worker < threads; ++worker) {
    started.emplace_back([&, worker] {
      Stretches& mine = done[worker];
      mine.resize(count / threads / stretch_simulations);
      Rollouts<ConnectFour> playouts(worker + 1);
      ready.fetch_add(1);
      while (ready.load() != threads) std::this_thread::yield();
      for (Stretch& stretch : mine) {
        const double busy = thread_seconds();
        stretch.begin = weir::now_ns();
        tree.run({.simulations = stretch_simulations}, playouts, worker);
        stretch.end = weir::now_ns();
        stretch.busy = thread_seconds() - busy;
      }
    });
  }
  for (std::thread& thread : started) thread.join();
  for (std::uint32_t worker = 0; worker < threads; ++worker) {
    const Stretches& mine = done[worker];
    for (std::size_t i = 0; i < mine.size(); ++i) {
      if (!mine[i].undisturbed() || (threads > 1 && !met(mine[i], done[1 - worker]))) continue;
      pace.of[i * parts / mine.size()].push_back(mine[i].wall() / stretch_simulations);
    }
  }
}

/// One way of a cache line between the threads' cores: what sharing costs follows from it. At best; 0: never met.
double line_ns() {
  alignas(weir::contended_bytes) std::atomic<std::uint32_t> word{0};
  std::atomic<bool> stop{false};
  std::thread other([&] {
    while (!stop.load()) {
      if ((word.load() & 1) != 0) word.fetch_add(1);
    }
  });
  constexpr int turns = 100;
  double best = 0.0;
  const weir::Deadline end = weir::now_ns() + 50'000'000;
  for (weir::Deadline begin = weir::now_ns(); begin < end; begin = weir::now_ns()) {
    int done = 0;
    while (done < turns && weir::now_ns() < end) {
      if ((word.load() & 1) != 0) continue;
      word.fetch_add(1);
      ++done;
    }
    const double each = static_cast<double>(weir::now_ns() - begin) / (2 * turns);
    if (done == turns && (best == 0.0 || each < best)) best = each;
  }
  stop.store(true);
  other.join();
  return best;
}

/// Only stretches in which all threads ran count: on a loaded machine two threads seldom meet, and then share nothing.
void two_workers(std::uint32_t count, int repetitions) {
  constexpr std::size_t bytes = std::size_t{256} << 20;
  constexpr std::size_t enough = 9;
  GameTree single(Position{}, {.memory_bytes_max = bytes});
  GameTree tree(Position{}, {.memory_bytes_max = bytes, .workers = 2});
  Pace alone, ready, both;
  double nearest = 1e9, farthest = 0.0;
  for (int i = 0; i < repetitions || (both.fewest() < enough && i < 20 * repetitions); ++i) {
    share(alone, single, 1, count);
    share(ready, tree, 1, count);
    share(both, tree, 2, count);
    const double line = line_ns();
    if (line == 0.0) continue;
    nearest = std::min(nearest, line);
    farthest = std::max(farthest, line);
  }
  if (std::min({alone.fewest(), ready.fewest(), both.fewest()}) == 0) {
    std::printf("%-28s %8u  the threads were never undisturbed\n", "two workers", count);
    return;
  }
  const double one = alone.seconds(), two = both.seconds();
  std::printf(
      "%-28s %8u  %8.3f of linear (one alone %.3f, one of two %.3f, two %.3f M/s; a line "
      "between the cores %.0f to %.0f ns; least %zu stretches)\n",
      "two workers, undisturbed", count, one / two, 1e-6 / one, 1e-6 / ready.seconds(), 2e-6 / two,
      nearest, farthest, both.fewest());
}

struct alignas(64) LaneBlock {
  static constexpr std::uint32_t limit = 64;
  std::uint32_t visits[limit];
  float priors[limit];
  float sums[limit];
  float counts[limit];
  std::uint64_t values[limit];
};

/// The least that a choice can be: visits, sums of values and priors as floats, the score as it is written down, the
/// first of the best; no move is closed or fresh.
__attribute__((target("avx2"), noinline)) std::uint32_t bare_scan(
    const float* sums, const float* priors, const float* visits, std::uint32_t lanes, float scale) {
  const __m256 factor = _mm256_set1_ps(scale);
  __m256 best = _mm256_set1_ps(closed_prior);
  __m256i at = _mm256_setzero_si256();
  __m256i index = _mm256_setr_epi32(0, 1, 2, 3, 4, 5, 6, 7);
  for (std::uint32_t i = 0; i < lanes; i += 8) {
    const __m256 n = _mm256_load_ps(visits + i);
    const __m256 more = _mm256_add_ps(n, _mm256_set1_ps(1.0F));
    const __m256 bonus = _mm256_div_ps(_mm256_mul_ps(_mm256_load_ps(priors + i), factor), more);
    const __m256 scores = _mm256_add_ps(_mm256_div_ps(_mm256_load_ps(sums + i), n), bonus);
    at =
        _mm256_blendv_epi8(at, index, _mm256_castps_si256(_mm256_cmp_ps(scores, best, _CMP_GT_OQ)));
    best = _mm256_max_ps(best, scores);
    index = _mm256_add_epi32(index, _mm256_set1_epi32(8));
  }
  // Without branches, which a short run of blocks would teach the processor.
  __m256 top = _mm256_max_ps(best, _mm256_permute2f128_ps(best, best, 1));
  top = _mm256_max_ps(top, _mm256_shuffle_ps(top, top, 0x4e));
  top = _mm256_max_ps(top, _mm256_shuffle_ps(top, top, 0xb1));
  const __m256i lower = _mm256_castps_si256(_mm256_cmp_ps(best, top, _CMP_NEQ_UQ));
  const __m256i numbers = _mm256_or_si256(at, lower);
  __m128i least =
      _mm_min_epu32(_mm256_castsi256_si128(numbers), _mm256_extracti128_si256(numbers, 1));
  least = _mm_min_epu32(least, _mm_shuffle_epi32(least, 0x4e));
  least = _mm_min_epu32(least, _mm_shuffle_epi32(least, 0xb1));
  return static_cast<std::uint32_t>(_mm_cvtsi128_si32(least));
}

/// Picks that wait for each other, as on the way down a tree.
void picks(std::uint32_t lanes, std::uint32_t count, int repetitions) {
  std::vector<LaneBlock> blocks(64);
  Xorshift random(1);
  const std::uint32_t padded = padded_lanes(lanes);
  std::vector<std::uint32_t> totals;
  for (std::size_t b = 0; b < blocks.size(); ++b) {
    std::uint32_t total = 0;
    for (std::uint32_t i = 0; i < padded; ++i) {
      blocks[b].visits[i] = i < lanes ? 1 + random.below(1000) : 0;
      blocks[b].values[i] =
          static_cast<std::uint64_t>(blocks[b].visits[i] * random.unit() * value_unit);
      blocks[b].priors[i] = i < lanes ? 1.0F / static_cast<float>(lanes) : closed_prior;
      blocks[b].counts[i] = static_cast<float>(blocks[b].visits[i]);
      blocks[b].sums[i] = static_cast<float>(static_cast<double>(blocks[b].values[i]) / value_unit);
      total += blocks[b].visits[i];
    }
    totals.push_back(total);
  }
  // Which block follows depends on the pick and on what no branch predictor learns.
  const auto measure = [&](auto pick) {
    // Written within the measured time, so that the compiler cannot move the work out of it.
    volatile std::uint32_t last = 0;
    const double seconds = best_seconds(repetitions, [&] {
      const double start = thread_seconds();
      std::uint32_t at = last;
      for (std::uint32_t i = 0; i < count; ++i) at = (pick(at) + random.below(64)) & 63;
      last = at;
      return thread_seconds() - start;
    });
    return seconds / count * 1e9;
  };
  const auto with = [&](PickLane pick) {
    return measure([&](std::uint32_t b) {
      const LaneBlock& block = blocks[b];
      return pick({block.visits, block.values, block.priors, padded, totals[b]}, 1.0F, 0.5F);
    });
  };
  const double bare = !has_avx2() ? 0.0 : measure([&](std::uint32_t b) {
    return bare_scan(blocks[b].sums, blocks[b].priors, blocks[b].counts, padded, 2.0F);
  });
  std::printf("%-28s %8u  %8.1f ns     AVX2 %.1f, SSE2 %.1f, bare AVX2 scan %.1f (0: none here)\n",
              "pick", lanes, with(best_pick_lane()), has_avx2() ? with(pick_lane_avx2) : 0.0,
              with(pick_lane_sse2), bare);
}

}  // namespace

int weir::bench::tree_speed(const std::vector<std::string>& arguments) {
  const bool quick = !arguments.empty() && arguments[0] == "--quick";
  const int repetitions = quick ? 3 : 20;
  const int long_repetitions = quick ? 1 : 5;
  constexpr std::size_t mib = std::size_t{1} << 20;
  std::printf("%s\n", weir::version_line());
  simulations("random playouts", 10'000, 4 * mib, repetitions, Rollouts<ConnectFour>(1));
  simulations("alert playouts", 10'000, 4 * mib, repetitions, AlertRollouts<ConnectFour>(1));
  simulations("constant", 10'000, 4 * mib, repetitions, Constant{});
  simulations("random playouts", 1'000'000, 256 * mib, long_repetitions, Rollouts<ConnectFour>(1));
  simulations("constant", 1'000'000, 256 * mib, long_repetitions, Constant{});
  simulations("constant, full arena", 1'000'000, 8 * mib, long_repetitions, Constant{});
  two_workers(1'000'000, long_repetitions);
  picks(7, 1'000'000, repetitions);
  picks(50, 1'000'000, repetitions);
  return 0;
}
