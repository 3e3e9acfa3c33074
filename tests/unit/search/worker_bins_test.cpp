#include <doctest/doctest.h>

#include <worker_bins.hpp>

namespace weir::search::worker_bins_test {

TEST_CASE("worker_bins: a worker takes its own first, in order, then what is left, then others'") {
  WorkerBins bins(3, 1000);
  for (std::uint32_t i = 0; i < 100; ++i) bins.push(1, i);  // more than a bin holds
  bins.push(0, 500);
  bins.push(2, 600);
  CHECK(bins.take(2) == 600);
  CHECK(bins.take(1) == 0);
  CHECK(bins.take(1) == 1);
  CHECK(bins.take(0) == 500);
  CHECK(bins.take(0) == 2);  // another's
  std::uint32_t taken = 0;
  while (bins.take(2) != WorkerBins::none) ++taken;
  CHECK(taken == 97);
  for (const std::uint32_t worker : {0U, 1U, 2U}) CHECK(bins.take(worker) == WorkerBins::none);
}

TEST_CASE("worker_bins: nothing waits for good behind a worker that takes nothing") {
  WorkerBins bins(2, 1000);
  bins.push(1, 77);
  bool found = false;
  for (int i = 0; i < 100 && !found; ++i) {
    bins.push(0, 1);
    found = bins.take(0) == 77;
  }
  CHECK(found);
}

}  // namespace weir::search::worker_bins_test
