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
// Desks, so that none waits for a worker that is busy elsewhere.
constexpr std::uint32_t own_in_a_row = 16;

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

// A batch begins when there are questions at a desk, and no resumed request is about to ask its next one there or there
// are rows enough: so requests that take turns with the evaluator come together in one batch, and none waits for a
// clock; where they fill several, others search while one is computed. What is waited for is the end of one call of a
// kernel. Who puts a question, and who is the last that was waited for, look whether that makes it worth a batch.
bool Engine::Impl::worth_a_batch(const Desk& desk) noexcept {
  // (7) seq_cst pairs with (8) of turns.cpp: this sees that nobody is waited for, or who is looks later
  return !desk.questions.empty() && (desk.owing.load(seq_cst) <= 0 ||
                                     // relaxed: who asked looks afterwards
                                     desk.rows.load(relaxed) >= rows_enough);
}

Give Engine::Impl::call_evaluator(Emit<std::uint8_t>& out) {
  for (const std::unique_ptr<Desk>& desk : desks) {
    // (16) acq_rel pairs with (17), (17b): who claims the desk later sees what was asked before
    if (worth_a_batch(*desk) && desk->called.exchange(1, acq_rel) == 0) {
      out(0);
      return Give::more;
    }
  }
  return closing.load(acquire) != 0 ? Give::end
                                    : Give::idle;  // (6b) acquire pairs with (5) of engine.cpp
}

/// One of the first `desks_tried` desks, to which the evaluator was called: the worker's own where it is one; none:
/// others are at them.
std::uint32_t Engine::Impl::claim_desk(std::uint32_t desks_tried) noexcept {
  // relaxed: an approximate count
  const std::uint32_t turn = calls.fetch_add(1, relaxed);
  std::uint32_t at = here() + (turn % own_in_a_row == 0 ? 1 : 0);
  for (std::uint32_t i = 0; i < desks_tried; ++i, ++at) {
    const std::uint32_t place = at % desks_tried;
    Desk& desk = *desks[place];
    if (desk.called.load(relaxed) == 0) continue;  // relaxed: a guess
    if (place == last_desk()) {
      // (18) acquire pairs with (19): what the worker before left in its batch
      if (desk.claimed.exchange(1, acquire) == 0) return place;
      continue;
    }
    // (17) acq_rel pairs with (16): the questions
    if (desk.called.exchange(0, acq_rel) == 1) return place;
  }
  return none;
}

/// From the claim on others who were called to it went away, so that this looks for what came meanwhile.
void Engine::Impl::release_last_desk() {
  Desk& desk = *desks[last_desk()];
  desk.claimed.store(0, release);  // (19) release pairs with (18): the batch
  // (17b) acq_rel pairs with (16): the questions that came meanwhile
  desk.called.exchange(0, acq_rel);
  if (worth_a_batch(desk)) graph.notify(question_port);
}

/// As many come as desks are called, each for one of them. The last desk may be claimed once more than it is called,
/// just before it is called no longer: so who was there goes to another one too, for which it may have come.
void Engine::Impl::evaluate_called() {
  std::uint32_t desk = claim_desk(workers + 1);
  if (desk == last_desk()) {
    evaluate_at(desk);
    release_last_desk();
    desk = claim_desk(workers);
  }
  if (desk != none) evaluate_at(desk);
}

void Engine::Impl::evaluate_at(std::uint32_t place) {
  Desk& desk = *desks[place];
  if (!worth_a_batch(desk)) return;  // what makes it so calls again
  std::array<std::uint32_t, evaluation_batch_max> taken;
  std::size_t count = 0, rows = 0;
  while (count < evaluation_batch_max && desk.questions.pop(taken[count]) == Status::accepted) {
    rows += at(taken[count]).hashes.size();
    ++count;
  }
  desk.rows.fetch_sub(rows, relaxed);  // relaxed: as above
  // Others may take what is left, but for the last desk, which is released later.
  if (place != last_desk() && worth_a_batch(desk)) graph.notify(question_port);
  const std::size_t context = static_cast<std::size_t>(std::max(0, worker_index()));
  Batch& batch = place == last_desk() ? *gathered.back() : *gathered[context];
  const std::span<const std::uint32_t> all(taken.data(), count);
  evaluate(batch, all);
  bool some = false;
  for (const std::uint32_t index : all) some = answered(index) || some;
  if (some) graph.notify(dispatch_port);
}

void Engine::Impl::evaluate(Batch& batch, std::span<const std::uint32_t> all) {
  auto& rows = batch.open_rows;
  rows.clear();
  for (const std::uint32_t index : all) take_rows(batch, index);
  // Requests that pinned the same version stand together; the order does not change what a row's answer is.
  std::sort(rows.begin(), rows.end(), [](const Batch::OpenRow& a, const Batch::OpenRow& b) {
    return a.network != b.network ? std::less<const Network*>()(a.network, b.network)
                                  : a.hash < b.hash;
  });
  for (std::size_t first = 0; first < rows.size();) {
    std::size_t last = first;
    while (last < rows.size() && rows[last].network == rows[first].network) ++last;
    evaluate_rows(batch, {rows.data() + first, last - first}, all.size());
    first = last;
  }
}

/// Room for a request's answers; its rows that nobody has asked about lately are open.
void Engine::Impl::take_rows(Batch& batch, std::uint32_t index) {
  RequestSlot& slot = at(index);
  const Network* const network = slot.network.get();
  const std::size_t inputs = network->inputs(), outputs = network->outputs();
  const std::size_t rows = slot.question.size() / inputs;
  slot.prior.resize(rows * outputs);
  for (std::size_t row = 0; row < rows; ++row) {
    const std::span<const float> question(slot.question.data() + row * inputs, inputs);
    float* const to = slot.prior.data() + row * outputs;
    const std::uint64_t hash = slot.hashes[row];
    const std::vector<float>* const answer = batch.known.find(hash, network->version(), question);
    if (answer != nullptr) {
      std::copy(answer->begin(), answer->end(), to);
    } else {
      batch.open_rows.push_back({network, hash, question, to});
    }
  }
}

/// Rows of one network, equal ones beside each other but where two hashes collide: those are computed once.
void Engine::Impl::evaluate_rows(Batch& batch, std::span<const Batch::OpenRow> rows,
                                 std::size_t requests) {
  const Network* const network = rows[0].network;
  const std::size_t outputs = network->outputs();
  const auto is_new = [&](std::size_t i) {
    return i == 0 || rows[i].hash != rows[i - 1].hash ||
           !same_bits(rows[i].question, rows[i - 1].question);
  };
  batch.in.clear();
  std::size_t count = 0;
  for (std::size_t i = 0; i < rows.size(); ++i) {
    if (!is_new(i)) continue;
    batch.in.insert(batch.in.end(), rows[i].question.begin(), rows[i].question.end());
    ++count;
  }
  batch.out.resize(count * outputs);
  // Workers that no other request keeps busy may help. More parts than those: who becomes free on
  // the way still finds one.
  const std::size_t part = network->part_rows();
  const std::size_t searching = active.load(relaxed);  // relaxed: an estimate
  const std::size_t others = searching > requests ? searching - requests : 0;
  const std::size_t helpers = workers - 1 - std::min<std::size_t>(others, workers - 1);
  const std::size_t parts =
      part == 0 || helpers == 0 ? 1 : std::min(count / part, parts_per_worker * (helpers + 1));
  evaluate_in_parts(*network, batch.in.data(), count, batch.out.data(), parts);
  std::size_t done = 0;
  for (std::size_t i = 0; i < rows.size(); ++i) {
    done += is_new(i) ? 1 : 0;
    const std::span<const float> answer(batch.out.data() + (done - 1) * outputs, outputs);
    std::copy(answer.begin(), answer.end(), rows[i].answer);
    if (is_new(i)) batch.known.put(rows[i].hash, network->version(), rows[i].question, answer);
  }
  evaluations.fetch_add(count, relaxed);  // relaxed: counts
  batches.fetch_add(1, relaxed);          // relaxed: as above
  batch_rows.add(count);
}

/// True: it goes on, and a token for it is due.
bool Engine::Impl::answered(std::uint32_t index) {
  RequestSlot& slot = at(index);
  // The turn may ask again, at another desk, as soon as it sees the answer.
  Desk& desk = *desks[slot.desk];
  switch (slot.answer()) {
    case RequestSlot::Answered::resume:
      // relaxed: its own turn takes it back, after the push below
      desk.owing.fetch_add(1, relaxed);
      ready.push(next_worker_of(slot), index);
      resumed.fetch_add(1, release);  // (15) release pairs with (14) of turns.cpp: it lies ready
      return true;
    case RequestSlot::Answered::last:
      recycle(index);
      return false;
    case RequestSlot::Answered::nothing:
      return false;
  }
  return false;
}

/// Its own, or one that has at least two requests less.
std::uint32_t Engine::Impl::next_worker_of(RequestSlot& slot) noexcept {
  std::uint32_t own = slot.home.load(relaxed);  // relaxed: an estimate's
  if (own == none) return here();               // settled meanwhile
  const std::uint32_t other = (own + 1 + calls.load(relaxed) % workers) % workers;  // relaxed: any
  if (ready.count(own) < ready.count(other) + 2) return own;
  // relaxed: an estimate's
  if (!slot.home.compare_exchange_strong(own, other, relaxed, relaxed)) return here();
  ready.remove(own);
  ready.add(other);
  return other;
}

}  // namespace weir::search
