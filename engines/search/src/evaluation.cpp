// The evaluator: takes the questions that are there, across requests, and answers them in one batch a network.
#include <algorithm>
#include <array>
#include <cstring>
#include <functional>
#include <span>
#include <weir/task.hpp>

#include "engine_impl.hpp"

namespace weir::search {

namespace {

constexpr std::size_t parts_per_worker = 2;

bool same_bits(std::span<const float> a, std::span<const float> b) noexcept {
  return std::memcmp(a.data(), b.data(), a.size_bytes()) == 0;
}

/// The rows in `parts` parts, for workers that have nothing else to do: a row's answer is the same bits
/// whatever shares its batch.
void evaluate_in_parts(const Network& network, const float* in, std::size_t rows, float* out,
                       std::size_t parts) {
  if (parts < 2) return network.evaluate(in, rows, out);
  const std::size_t left = parts / 2, first = rows * left / parts;
  fork_join([&] { evaluate_in_parts(network, in, first, out, left); },
            [&] {
              evaluate_in_parts(network, in + first * network.inputs(), rows - first,
                                out + first * network.outputs(), parts - left);
            });
}

}  // namespace

// A batch begins when there are questions, and no resumed request is about to ask its next one or there are rows
// enough: so requests that take turns with the evaluator come together in one batch, and none waits for a clock; where
// they fill several, others search while one is computed. What is waited for is the end of one call of a kernel.
bool Engine::Impl::worth_a_batch() const noexcept {
  // (7) seq_cst pairs with (8) of turns.cpp: this sees that nobody is waited for, or a notification
  // comes later
  return !questions.empty() && (owing.load(seq_cst) <= 0 ||
                                // relaxed: who asked notifies afterwards
                                rows_waiting.load(relaxed) >= rows_enough);
}

Give Engine::Impl::call_evaluator(Emit<std::uint8_t>& out) {
  if (worth_a_batch()) {
    out(0);
    return Give::more;
  }
  return closing.load(acquire) != 0 ? Give::end
                                    : Give::idle;  // (6b) acquire pairs with (5) of engine.cpp
}

void Engine::Impl::evaluate_waiting() {
  if (!worth_a_batch()) return;  // what makes it so calls again
  std::array<std::uint32_t, evaluation_batch_max> taken;
  std::size_t count = 0, rows = 0;
  while (count < evaluation_batch_max && questions.pop(taken[count]) == Status::accepted) {
    rows += at(taken[count]).hashes.size();
    ++count;
  }
  rows_waiting.fetch_sub(rows, relaxed);  // relaxed: as above
  const std::span<std::uint32_t> batch(taken.data(), count);
  evaluate(batch);
  for (const std::uint32_t index : batch) answered(index);
}

void Engine::Impl::evaluate(std::span<std::uint32_t> all) {
  open_rows.clear();
  for (const std::uint32_t index : all) take_rows(index);
  // Requests that pinned the same version stand together; the order does not change what a row's answer is.
  std::sort(open_rows.begin(), open_rows.end(), [](const OpenRow& a, const OpenRow& b) {
    return a.network != b.network ? std::less<const Network*>()(a.network, b.network)
                                  : a.hash < b.hash;
  });
  for (std::size_t first = 0; first < open_rows.size();) {
    std::size_t last = first;
    while (last < open_rows.size() && open_rows[last].network == open_rows[first].network) ++last;
    evaluate_rows({open_rows.data() + first, last - first});
    first = last;
  }
}

/// Room for a request's answers; its rows that nobody has asked about lately are open.
void Engine::Impl::take_rows(std::uint32_t index) {
  RequestSlot& slot = at(index);
  const Network* const network = slot.network.get();
  const std::size_t inputs = network->inputs(), outputs = network->outputs();
  const std::size_t rows = slot.question.size() / inputs;
  slot.prior.resize(rows * outputs);
  for (std::size_t row = 0; row < rows; ++row) {
    const std::span<const float> question(slot.question.data() + row * inputs, inputs);
    float* const to = slot.prior.data() + row * outputs;
    const std::uint64_t hash = slot.hashes[row];
    const std::vector<float>* const answer = known.find(hash, network->version(), question);
    if (answer != nullptr) {
      std::copy(answer->begin(), answer->end(), to);
    } else {
      open_rows.push_back({network, hash, question, to});
    }
  }
}

/// Rows of one network, equal ones beside each other but where two hashes collide: those are computed once.
void Engine::Impl::evaluate_rows(std::span<const OpenRow> rows) {
  const Network* const network = rows[0].network;
  const std::size_t outputs = network->outputs();
  const auto is_new = [&](std::size_t i) {
    return i == 0 || rows[i].hash != rows[i - 1].hash ||
           !same_bits(rows[i].question, rows[i - 1].question);
  };
  batch_in.clear();
  std::size_t count = 0;
  for (std::size_t i = 0; i < rows.size(); ++i) {
    if (!is_new(i)) continue;
    batch_in.insert(batch_in.end(), rows[i].question.begin(), rows[i].question.end());
    ++count;
  }
  batch_out.resize(count * outputs);
  // More parts than workers: who becomes free on the way still finds one.
  const std::size_t part = network->part_rows();
  const std::size_t parts =
      part == 0
          ? 1
          : std::min(count / part, parts_per_worker * static_cast<std::size_t>(runtime.workers()));
  evaluate_in_parts(*network, batch_in.data(), count, batch_out.data(), parts);
  std::size_t done = 0;
  for (std::size_t i = 0; i < rows.size(); ++i) {
    done += is_new(i) ? 1 : 0;
    const std::span<const float> answer(batch_out.data() + (done - 1) * outputs, outputs);
    std::copy(answer.begin(), answer.end(), rows[i].answer);
    if (is_new(i)) known.put(rows[i].hash, network->version(), rows[i].question, answer);
  }
  evaluations.fetch_add(count, relaxed);  // relaxed: counts
  batches.fetch_add(1, relaxed);          // relaxed: as above
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
