// request_slot.hpp: one request's place in the engine: slot_word.hpp says who may touch it.
#pragma once

#include <cstdint>
#include <memory>
#include <vector>
#include <weir/search/engine.hpp>

#include "slot_word.hpp"

namespace weir::search {

struct alignas(contended_bytes) RequestSlot : SlotWord {
  atomic<std::uint32_t> below{0};  // the free slots' stack's
  std::uint32_t next = 0;          // in a client's list; the dispatcher's

  Request request;
  SearchReply reply;
  std::unique_ptr<Kernel> kernel;
  Versions::Pin network;
  ExperienceVersions::Pin experience;
  // The evaluator's while it has the question (asked, not answered); of the question each row's
  // AnswerCache hash, of question and version.
  std::vector<float> question, prior;
  std::vector<std::uint64_t> hashes;
  Deadline submitted = 0, started = 0;  // when it was asked, when its first turn began
  ClientId client = 0;
  std::uint8_t level = 1;  // with client and budget the dispatcher's, settled or not
  Listener* listener = nullptr;
  std::uint64_t tag = 0;
  std::uint64_t budget = 0;  // simulations; ~0: no bound
  std::size_t arena_bytes = 0;
  bool begun = false;        // counts among the active ones
  bool asked = false;        // the request's one question, or a leaf's, is with the evaluator
  bool leaf = false;         // no turn before its answer
  bool owed = false;         // a leaf's question waits for the answer to the one before
  bool owes = false;         // an answer was applied, and no call of the kernel has ended since
  bool pinned = false;       // it has its version for good, or none
  std::uint32_t stride = 1;  // simulations of a call of the kernel
  std::uint32_t desk = 0;    // where its last question was put
  atomic<std::uint32_t> home{~0U};  // the worker of its last turn, or one it was moved to; ~0: none
};

static_assert(sizeof(RequestSlot) <= 4'096, "what a waiting request takes beside its text");

}  // namespace weir::search
