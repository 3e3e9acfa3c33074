// epoch_count_test.cpp: the barrier's two questions, <weir/detail/epoch_count.hpp>.
#include <weir/detail/core.hpp>
#include <weir/detail/epoch_count.hpp>

#include <doctest/doctest.h>

using namespace weir::detail;

TEST_CASE("epoch count: sums are per epoch modulo four and over all participants") {
  Participant participants[3];
  const auto at = [&](std::size_t i) -> Participant& { return participants[i]; };
  CHECK(epoch_sums(3, 1, at).done());
  participants[0].add_submitted(1, 5);
  participants[1].add_submitted(2, 1);
  participants[2].add_retired(1, 4);
  CHECK_FALSE(epoch_sums(3, 1, at).done());
  CHECK(epoch_sums(3, 1, at).submitted == 5);
  CHECK(epoch_sums(3, 1, at).retired == 4);
  participants[1].add_retired(1, 1);
  CHECK(epoch_sums(3, 1, at).done());
  CHECK(epoch_sums(3, 5, at).submitted == 5);
  CHECK_FALSE(epoch_sums(3, 2, at).done());
}

TEST_CASE("epoch count: a call is over when its word has changed") {
  Participant producer;
  CHECK(call_over(producer, call_word(producer)));
  enter_call(producer);
  const std::uint64_t begun = call_word(producer);
  CHECK_FALSE(call_over(producer, begun));
  leave_call(producer);
  CHECK(call_over(producer, begun));
  enter_call(producer);
  CHECK(call_over(producer, begun));
  CHECK_FALSE(call_over(producer, call_word(producer)));
}

TEST_CASE("epoch count: a worker is past an epoch when offline or at a later quiescent point") {
  Participant worker;
  CHECK(passed_epoch(worker, 2));
  go_online(worker);
  CHECK_FALSE(passed_epoch(worker, 2));
  see_epoch(worker, 1);
  CHECK_FALSE(passed_epoch(worker, 2));
  see_epoch(worker, 2);
  CHECK(passed_epoch(worker, 2));
  CHECK_FALSE(passed_epoch(worker, 3));
  go_offline(worker);
  CHECK(passed_epoch(worker, 3));
}
