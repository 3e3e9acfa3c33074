// train_memory.hpp: what a run of training will take, said before it is taken; private to the program.
//
// Shape:  bytes. Of platform allocation, to within 1 MiB of its counter's peak: runtime, tables, batches, response,
//         frozen, cards, cards_making. On the program's heap: tree, cards_file, copies, and logs, an estimate on
//         the safe side. Cards are made before tables are taken.
// Roles:  pure; any thread.
#pragma once

#include <cstdint>
#include <nlohmann/json_fwd.hpp>
#include <string>
#include <weir/mccfr/training_game.hpp>

namespace weir::mccfr {

struct TrainMemory {
  std::uint64_t runtime = 0;   // taken already
  std::uint64_t tables = 0;    // and, for whole trees of hold'em, what the boards of a batch bring
  std::uint64_t batches = 0;   // deals, changes to small tables, copies that threads read
  std::uint64_t response = 0;  // regrets of a response that is learnt
  std::uint64_t logs =
      0;  // changes of a batch to large tables, and the way back from one that was cut short
  std::uint64_t cards = 0;           // buckets of all hands
  std::uint64_t cards_making = 0;    // besides them, while they are made
  std::uint64_t cards_returned = 0;  // given back by then, and perhaps not to the machine
  std::uint64_t cards_file = 0;      // instead, where they are read from one
  std::uint64_t tree = 0;            // all betting, and what hands come to
  std::uint64_t frozen = 0;          // sums of hold'em as a response and a litmus test read them
  std::uint64_t copies =
      0;  // of averages, where they are measured; of rows by visits, in a file's order

  /// The most at a time, of platform allocation and in all.
  std::uint64_t platform_peak() const noexcept;
  std::uint64_t peak() const noexcept;
  /// What to take less of, where it is too much.
  std::string less_of(const TrainRules& rules, bool visited) const;
  nlohmann::ordered_json json() const;
};

/// On this runtime. `response`: one will be learnt. Errors: too_large.
Result<TrainMemory> train_memory(const TrainingGame& game, const TrainRules& rules,
                                 const Runtime& runtime, bool response);

}  // namespace weir::mccfr
