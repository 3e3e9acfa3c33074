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

bool Core::any_blocked() const noexcept {
  const std::lock_guard<std::mutex> registry(watched_lock);
  for (const Watched* w : watched) {
    if (w->blocked()) return true;
  }
  return false;
}

StallSums Core::total_sums() const noexcept {
  return stall_sums(participants.size(),
                    [this](std::size_t i) -> Participant& { return participants[i]; });
}

bool Core::nobody_inside() const noexcept {
  std::uint64_t fold = 0;
  return all_outside(participants.size(),
                     [this](std::size_t i) -> Participant& { return participants[i]; }, fold);
}

/// A virtual worker has a job where only it looks: its driver has gone.
bool Core::holds_privately(std::size_t i) const noexcept {
  bool mail = false;
  for (const Job* job : state[i].mail) mail = mail || job != nullptr;
  return mail || worker[i].next != nullptr;
}

/// No job lies anywhere, and all workers sleep.
bool Core::nothing_runnable() const noexcept {
  // relaxed: foreign calls that are not participants' (a cancel) are looked for, not proved absent
  if (injecting.load(relaxed) != 0) return false;
  if (overflow.visible() || urgent.visible() || patient.visible()) return false;
  if (inbox->used() != 0) return false;
  for (std::size_t i = 0; i < worker.size(); ++i) {
    if (!worker[i].deque.looks_empty()) return false;
    for (const auto& box : state[i].mailbox) {
      if (box.load(seq_cst) != nullptr) return false;  // (5) seq_cst pairs with (5) of worker.cpp: the jobs
    }
    if (order != nullptr && holds_privately(i)) return false;  // with the turn: nobody drives
  }
  // Else one has been woken and is on its way.
  return sleepers->sleeping() == sleepers->workers();
}

bool Core::check_stall(bool thorough) noexcept {
  std::unique_lock<std::mutex> lock(oracle.lock, std::defer_lock);
  Lines lines;
  const auto look = [&](const StallSums& taken) {
    const bool nothing = taken.retired == taken.submitted;
    if (nothing && !thorough) return false;
    if (!nothing_runnable() || (nothing && !any_blocked()) || !lock.try_lock()) return false;
    const std::lock_guard<std::mutex> registry(watched_lock);
    for (const Watched* w : watched) w->waiting(&Lines::add, &lines);
    return true;
  };
  StallSums sums;
  const auto at = [this](std::size_t i) -> Participant& { return participants[i]; };
  if (!at_rest_while(participants.size(), at, sums, look)) return false;
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
