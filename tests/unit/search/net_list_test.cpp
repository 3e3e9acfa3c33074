#include <doctest/doctest.h>

#include <algorithm>
#include <weir/runtime.hpp>
#include <weir/search/list_features.hpp>
#include <weir/search/list_guidance.hpp>
#include <weir/search/list_kernel.hpp>

namespace nets = weir::search::nets;
namespace lists = weir::search::lists;

namespace {

struct ListSample {
  std::vector<float> features = std::vector<float>(lists::list_features_length);
  std::vector<float> targets = std::vector<float>(lists::functions);
  friend bool operator==(const ListSample&, const ListSample&) = default;
};

ListSample sample_of(const nets::ListTasks& tasks, std::uint64_t seed, std::uint64_t i) {
  ListSample sample;
  tasks.sample(seed, i, sample.features.data(), sample.targets.data());
  return sample;
}

/// Programs looked at until one fits, guided by the network or by nothing.
std::uint64_t nodes_until_solved(const lists::DrawnTask& task, bool taught,
                                 const weir::search::Network* network) {
  weir::search::KernelConfig config;
  config.taught = taught;
  const auto kernel = lists::make_kernel(task.task, config).value();
  if (network != nullptr) {
    std::vector<float> prior(network->outputs());
    network->evaluate(kernel->features().data(), 1, prior.data());
    kernel->apply(prior);
  }
  bool ended = false;
  while (!ended && kernel->found() < weir::search::Found::full) ended = kernel->turn(1).ended;
  return kernel->nodes();
}

}  // namespace

TEST_CASE(
    "net lists: samples are the features of what was drawn, and the functions before the last two "
    "lines") {
  nets::ListTasks tasks;
  std::vector<lists::DrawnTask> drawn;
  for (std::uint64_t seed = 1; seed <= 12; ++seed) {
    drawn.push_back(lists::draw_task(1 + seed % 4, seed).value());
    tasks.add(drawn.back());
  }
  REQUIRE(tasks.samples() == drawn.size() * nets::ListTasks::variants);
  std::size_t changed = 0;
  for (std::uint64_t i = 0; i < tasks.samples(); ++i) {
    const lists::DrawnTask& task = drawn[i % drawn.size()];
    const ListSample sample = sample_of(tasks, 3, i);
    lists::ListProgram before = task.program;
    before.lines.resize(before.lines.size() - std::min<std::size_t>(before.lines.size(), 2));
    const auto labels = lists::list_labels(before);
    CHECK(std::equal(labels.begin(), labels.end(), sample.targets.begin()));
    const auto own = lists::list_features(task.task);
    if (i < 2 * drawn.size()) CHECK(sample.features == own);
    changed += sample.features != own ? 1 : 0;
    CHECK(sample == sample_of(tasks, 3, i));
  }
  CHECK(changed > tasks.samples() / 2);  // other examples of the same programs
}

TEST_CASE("net lists: the same tasks are drawn by any number of workers") {
  const std::size_t counts[] = {0, 70, 100, 20};
  const auto alone = nets::ListTasks::draw(counts, 5);
  CHECK(alone.tasks() == 190);
  weir::Config machine;
  machine.workers = 2;
  auto runtime = weir::Runtime::start(machine).value();
  nets::ListTasks shared;
  CHECK(runtime->run([&] { shared = nets::ListTasks::draw(counts, 5); }) == weir::Status::accepted);
  REQUIRE(shared.tasks() == alone.tasks());
  const auto other = nets::ListTasks::draw(counts, 6);
  std::size_t differ = 0;
  for (std::uint64_t i = 0; i < alone.tasks(); ++i) {
    CHECK(sample_of(alone, 1, i) == sample_of(shared, 1, i));
    differ += sample_of(alone, 1, i) != sample_of(other, 1, i) ? 1 : 0;
  }
  CHECK(differ > alone.tasks() / 2);
}

TEST_CASE("net lists: what ships guides searches that it was not taught with") {
  auto network = nets::default_list_network();
  REQUIRE(network.ok());
  CHECK(network.value()->inputs() == lists::list_features_length);
  REQUIRE(network.value()->outputs() == lists::functions);
  lists::TaskSource source(5, 31);
  std::vector<std::uint64_t> plain, judged, guided;
  for (int i = 0; i < 21; ++i) {
    const auto task = source.next();
    REQUIRE(task.has_value());
    plain.push_back(nodes_until_solved(*task, false, nullptr));
    judged.push_back(nodes_until_solved(*task, true, nullptr));
    guided.push_back(nodes_until_solved(*task, true, network.value().get()));
  }
  for (auto* const nodes : {&plain, &judged, &guided}) std::sort(nodes->begin(), nodes->end());
  MESSAGE("median nodes " << plain[10] << ", judged " << judged[10] << ", guided " << guided[10]);
  CHECK(judged[10] * 4 < plain[10]);
  CHECK(guided[10] * 10 < plain[10]);
}
