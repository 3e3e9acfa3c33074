// queues.cpp: the scenarios of a queue between threads, for all contenders.
#include "peer_queues.hpp"
#include "queue_load.hpp"
#include "stopped_queue.hpp"
#include "waiting_queues.hpp"

namespace weir::bench {
namespace {

template <template <class> class Q>
void add(const char* contender) {
  add_queue_scenarios<Q<std::uint64_t>>(contender);
  add_stop_scenarios<Q<StopItem>>(contender);
}

const bool all = [] {
  add<WeirQueue>("weir");
  add<WeirPollingQueue>("weir_polling");
  add<BareQueue>("bare");
  add<MutexCondvarQueue>("mutex_condvar");
  add<MoodycamelQueue>("moodycamel");
  add<MoodycamelCreditsQueue>("moodycamel_credits");
#if defined(WEIR_BENCH_HAS_TBB)
  add<TbbQueue>("tbb");
#endif
  return true;
}();

}  // namespace
}  // namespace weir::bench
