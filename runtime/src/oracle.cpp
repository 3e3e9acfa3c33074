// The stall oracle (P5): all workers parked, nobody inside a call, nothing changed between two
// looks, and still something that was submitted has not retired: then nothing can ever move it,
// unless its chain ends at an open ingress.
#include <cstdio>
#include <string>

#include "core.hpp"
#include "trace.hpp"

namespace weir::detail {

namespace {

constexpr std::size_t lines_max = 64;

struct Lines {
  StallLine line[lines_max];
  std::size_t count = 0;   // lines kept
  std::size_t faults = 0;  // tokens whose chain does not end at an input
  std::size_t inputs = 0;

  static void add(void* self, const StallLine& line) {
    auto& lines = *static_cast<Lines*>(self);
    ++(line.waits_for_input ? lines.inputs : lines.faults);
    if (!line.waits_for_input && lines.count < lines_max) lines.line[lines.count++] = line;
  }
};

std::string describe_stall(const Lines& lines, std::uint64_t submitted, std::uint64_t retired) {
  std::string text =
      submitted == retired
          ? std::string("weir: stalled: nothing is under way, and something is blocked\n")
          : "weir: stalled: " + std::to_string(submitted - retired) + " of " +
                std::to_string(submitted) + " tasks and tokens wait for what cannot come\n";
  for (std::size_t i = 0; i < lines.count; ++i) {
    const StallLine& l = lines.line[i];
    text += "  graph " + std::string(l.graph) + ": node " + l.node + " waits for " + l.edge;
    if (l.consumer != nullptr && l.consumer[0] != 0) text += std::string(" (") + l.consumer + ")";
    text += ", since " + std::to_string(l.age_ns / 1'000'000) + " ms\n";
  }
  if (lines.faults > lines.count)
    text += "  and " + std::to_string(lines.faults - lines.count) + " more\n";
  if (lines.faults == 0) text += "  no graph knows them: a task was lost\n";
  return text;
}

}  // namespace

/// Sums of one kind over all participants and epochs.
Core::Sums Core::total_sums() const noexcept {
  Sums sums;
  for (std::uint32_t e = 0; e < limits::epoch_slots; ++e) {
    // (1) acquire pairs with add_retired: as epoch_count.hpp, retired first
    for (std::size_t i = 0; i < participants.size(); ++i)
      sums.retired += participants[i].retired[e].load(acquire);
  }
  for (std::uint32_t e = 0; e < limits::epoch_slots; ++e) {
    // (2) acquire pairs with add_submitted
    for (std::size_t i = 0; i < participants.size(); ++i)
      sums.submitted += participants[i].submitted[e].load(acquire);
  }
  return sums;
}

/// The words of all participants, folded; false when somebody is inside.
bool Core::all_outside(std::uint64_t& fold) const noexcept {
  fold = 0;
  for (std::size_t i = 0; i < participants.size(); ++i) {
    const std::uint64_t word =
        participants[i].sequence.load(seq_cst);  // (3) pairs with (3) of epoch_count.hpp: a call
    if ((word & 1) != 0) return false;
    fold += word;  // each only grows: the sum is the same only if all are
  }
  return true;
}

bool Core::any_blocked() const noexcept {
  const std::lock_guard<std::mutex> registry(watched_lock);
  for (const Watched* w : watched) {
    if (w->blocked()) return true;
  }
  return false;
}

bool Core::check_stall(bool thorough) noexcept {
  std::uint64_t before = 0;
  std::uint64_t after = 0;
  if (!all_outside(before)) return false;
  const Sums sums = total_sums();
  const bool nothing = sums.retired == sums.submitted;
  if (nothing && !thorough) return false;
  // relaxed: foreign calls that are not participants' (a cancel) are looked for, not proved absent
  if (injecting.load(relaxed) != 0) return false;
  if (overflow.visible() || urgent.visible() || patient.visible()) return false;
  if (inbox->used() != 0) return false;
  for (std::size_t i = 0; i < worker.size(); ++i) {
    if (!worker[i].deque.looks_empty()) return false;
    for (const auto& box : state[i].mailbox) {
      if (box.load(seq_cst) != nullptr) return false;  // (5) seq_cst pairs with (5) of worker.cpp: the jobs
    }
  }
  if (sleepers->sleeping() != sleepers->workers())
    return false;  // one has been woken and is on its way
  if (nothing && !any_blocked()) return false;
  const std::unique_lock<std::mutex> lock(oracle.lock, std::try_to_lock);
  if (!lock.owns_lock()) return false;
  Lines lines;
  {
    const std::lock_guard<std::mutex> registry(watched_lock);
    for (const Watched* w : watched) w->waiting(&Lines::add, &lines);
  }
  if (!all_outside(after) || after != before) return false;
  if (lines.faults == 0 && lines.inputs != 0) return false;  // waiting for input: no fault
  if (oracle.submitted == sums.submitted && oracle.retired == sums.retired) return true;
  oracle.submitted = sums.submitted;
  oracle.retired = sums.retired;
  oracle.stalls.fetch_add(1, relaxed);  // relaxed: a statistic
  const PhaseScope exempt(nullptr);
  recorder.outside(Note::stalled, 0, 0);
  const std::string text =
      describe_stall(lines, sums.submitted, sums.retired) + trace_tail(*this);
  if (config.on_stall != nullptr) {
    config.on_stall(
        StallReport{text.c_str(), lines.line, lines.count, sums.submitted, sums.retired});
  } else {
    std::fputs(text.c_str(), stderr);
  }
  signal_event();
  return true;
}

}  // namespace weir::detail
