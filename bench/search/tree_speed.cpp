// weir-bench-search tree [--quick]: simulations per second of the tree on Connect Four, from the empty board.
//
// Rows: WHAT SIZE VALUE UNIT. Times are of the thread; two workers on one tree are held against one worker alone, in
// turns, by the clock and by the thread. Each row is the best of its repetitions.
#include <immintrin.h>
#include <time.h>

#include <algorithm>
#include <cstdint>
#include <cstdio>
#include <string_view>
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

struct Shared {
  double wall = 1e300;
  double busy = 1e300;  // of all threads together
};

/// `threads` threads share `count` simulations of one tree, which is made for `workers`.
void share(Shared& best, std::uint32_t workers, std::uint32_t threads, std::uint32_t count) {
  GameTree tree(Position{}, {.memory_bytes_max = std::size_t{256} << 20, .workers = workers});
  std::vector<double> busy(threads, 0.0);
  const weir::Deadline start = weir::now_ns();
  std::vector<std::thread> started;
  for (std::uint32_t worker = 0; worker < threads; ++worker) {
    started.emplace_back([&tree, &busy, threads, count, worker] {
      const double before = thread_seconds();
      tree.run({.simulations = count / threads}, Rollouts<ConnectFour>(worker + 1), worker);
      busy[worker] = thread_seconds() - before;
    });
  }
  for (std::thread& thread : started) thread.join();
  best.wall = std::min(best.wall, static_cast<double>(weir::now_ns() - start) * 1e-9);
  double sum = 0.0;
  for (const double one : busy) sum += one;
  best.busy = std::min(best.busy, sum);
}

/// On an idle machine both rows agree; on a loaded one the second tells what sharing costs the threads.
void two_workers(std::uint32_t count, int repetitions) {
  Shared alone;
  Shared ready;  // a tree for two workers, one of them at work
  Shared both;
  for (int i = 0; i < repetitions; ++i) {
    share(alone, 1, 1, count);
    share(ready, 2, 1, count);
    share(both, 2, 2, count);
  }
  const auto row = [&](const char* what, double one, double one_of_two, double two) {
    std::printf("%-28s %8u  %8.3f of linear (one alone %.3f, one of two %.3f, two %.3f M/s)\n",
                what, count, one / two / 2.0, count / one / 1e6, count / one_of_two / 1e6,
                count / two / 1e6);
  };
  row("two workers, wall time", alone.wall, ready.wall, both.wall);
  row("two workers, thread time", alone.busy, ready.busy, both.busy / 2.0);
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
  alignas(32) float tops[8];
  alignas(32) std::uint32_t numbers[8];
  _mm256_store_ps(tops, best);
  _mm256_store_si256(reinterpret_cast<__m256i*>(numbers), at);
  std::uint32_t first = 0;
  for (std::uint32_t i = 1; i < 8; ++i) {
    if (tops[i] > tops[first] || (tops[i] == tops[first] && numbers[i] < numbers[first])) first = i;
  }
  return numbers[first];
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
  const auto measure = [&](auto pick) {
    // Written within the measured time, so that the compiler cannot move the work out of it.
    volatile std::uint32_t last = 0;
    const double seconds = best_seconds(repetitions, [&] {
      const double start = thread_seconds();
      std::uint32_t at = last;
      for (std::uint32_t i = 0; i < count; ++i) at = (at + pick(at) + 1) & 63;
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
  const bool avx2 = best_pick_lane() == pick_lane_avx2;
  const double bare = !avx2 ? 0.0 : measure([&](std::uint32_t b) {
    return bare_scan(blocks[b].sums, blocks[b].priors, blocks[b].counts, padded, 2.0F);
  });
  std::printf("%-28s %8u  %8.1f ns     SSE2 alone %.1f, bare AVX2 scan %.1f (0: none here)\n",
              "pick", lanes, with(best_pick_lane()), with(pick_lane_sse2), bare);
}

}  // namespace

int tree_speed(int count, char** words) {
  const bool quick = count > 0 && std::string_view(words[0]) == "--quick";
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
