// desk.hpp: where questions wait for the evaluator, and what it computes them in; private to the engine.
//
// Shape:    a desk a worker, for what its requests ask; and one for networks that one worker at a time is given to,
//           which also takes what does not fit elsewhere.
// Roles:    any thread. A called desk is claimed by one worker; the last one is its until it is released.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>
#include <weir/atomic.hpp>
#include <weir/ring.hpp>
#include <weir/search/network.hpp>

#include "answer_cache.hpp"

namespace weir::search {

struct alignas(contended_bytes) Desk {
  explicit Desk(std::size_t slots) : questions(slots) {}

  Ring<std::uint32_t> questions;
  // Requests that were resumed, and whose next call of the kernel has not ended: below 0 for a moment when one is
  // settled between its answer and its being counted.
  alignas(contended_bytes) atomic<std::int32_t> owing{0};
  atomic<std::uint64_t> rows{0};  // of the questions that wait here
  atomic<std::uint32_t> called{0}, claimed{0};
};

/// What the rows of a batch are gathered in; one worker at a time.
struct Batch {
  explicit Batch(std::size_t answers_kept) : known(answers_kept) {}

  struct OpenRow {
    const Network* network;
    std::uint64_t hash;  // AnswerCache's, of question and version
    std::span<const float> question;
    float* answer;
  };
  std::vector<OpenRow> open_rows;
  std::vector<float> in, out;
  AnswerCache known;
};

}  // namespace weir::search
