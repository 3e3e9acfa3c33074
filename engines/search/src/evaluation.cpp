// The evaluator: takes the questions that are there, across requests, and answers them in one batch a network.
#include <algorithm>
#include <array>
#include <functional>
#include <string_view>

#include "engine_impl.hpp"

namespace weir::search {

namespace {

constexpr std::size_t batch_max = 64;

std::string_view bytes_of(const std::vector<float>& numbers) noexcept {
  return {reinterpret_cast<const char*>(numbers.data()), numbers.size() * sizeof(float)};
}

}  // namespace

// A batch begins when there are questions and no resumed request is about to ask its next one: so requests that take
// turns with the evaluator come together in one batch, and none waits for a clock. What is waited for is the end of one
// call of a kernel.
Give Engine::Impl::call_evaluator(Emit<std::uint8_t>& out) {
  // (7) seq_cst pairs with (8) of turns.cpp: this sees that nobody is waited for, or a notification comes later
  if (!questions.empty() && owing.load(seq_cst) <= 0) {
    out(0);
    return Give::more;
  }
  return closing.load(acquire) != 0 ? Give::end
                                    : Give::idle;  // (6b) acquire pairs with (5) of engine.cpp
}

void Engine::Impl::evaluate_waiting() {
  if (owing.load(seq_cst) > 0)
    return;  // (7b) seq_cst pairs with (8) of turns.cpp, which calls again
  std::array<std::uint32_t, batch_max> taken;
  std::size_t count = 0;
  while (count < batch_max && questions.pop(taken[count]) == Status::accepted) ++count;
  const std::span<std::uint32_t> batch(taken.data(), count);
  evaluate(batch);
  for (const std::uint32_t index : batch) answered(index);
}

void Engine::Impl::evaluate(std::span<std::uint32_t> all) {
  const auto open = std::partition(all.begin(), all.end(), [this](std::uint32_t index) {
    RequestSlot& slot = at(index);
    const std::vector<float>* const answer =
        known.find(slot.network.get()->version(), slot.question);
    if (answer != nullptr) slot.prior = *answer;
    return answer == nullptr;
  });
  const std::span<std::uint32_t> in = all.first(static_cast<std::size_t>(open - all.begin()));
  // Requests that pinned the same version stand together; the order does not change what a row's answer is.
  std::sort(in.begin(), in.end(), [this](std::uint32_t a, std::uint32_t b) {
    const Network *const left = at(a).network.get(), *const right = at(b).network.get();
    return left != right ? std::less<const Network*>()(left, right)
                         : bytes_of(at(a).question) < bytes_of(at(b).question);
  });
  for (std::size_t first = 0; first < in.size();) {
    const Network* const network = at(in[first]).network.get();
    const std::size_t inputs = network->inputs(), outputs = network->outputs();
    batch_in.clear();
    std::size_t last = first, rows = 0;
    for (; last < in.size() && at(in[last]).network.get() == network; ++last) {
      const RequestSlot& slot = at(in[last]);
      if (last > first && bytes_of(slot.question) == bytes_of(at(in[last - 1]).question))
        continue;  // asked twice: one row
      batch_in.insert(batch_in.end(), slot.question.begin(), slot.question.end());
      batch_in.resize(++rows * inputs);
    }
    batch_out.resize(rows * outputs);
    network->evaluate(batch_in.data(), rows, batch_out.data());
    std::size_t row = 0;
    for (std::size_t i = first; i < last; ++i) {
      RequestSlot& slot = at(in[i]);
      if (i > first && bytes_of(slot.question) != bytes_of(at(in[i - 1]).question)) ++row;
      const float* const from = batch_out.data() + row * outputs;
      slot.prior.assign(from, from + outputs);
      known.put(network->version(), slot.question, slot.prior);
    }
    evaluations.fetch_add(rows, relaxed);  // relaxed: counts
    batches.fetch_add(1, relaxed);         // relaxed: as above
    first = last;
  }
}

void Engine::Impl::answered(std::uint32_t index) {
  switch (at(index).answer()) {
    case RequestSlot::Answered::resume:
      owing.fetch_add(1, relaxed);  // relaxed: its own turn takes it back, after the push below
      push_surely(resumed, index);
      graph.notify(dispatch_port);
      return;
    case RequestSlot::Answered::last:
      return recycle(index);
    case RequestSlot::Answered::nothing:
      return;
  }
}

}  // namespace weir::search
