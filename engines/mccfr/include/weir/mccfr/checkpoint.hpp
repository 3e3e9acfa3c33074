// checkpoint.hpp: a training run in one file: read again it goes on where it ended.
//
//   "weirmccf"  version  bytes of the header  header (JSON)  regrets  sums  baselines  undo list  XXH3-64
//                                                            states  rows   undo list      where rows come with a visit
//
// A snapshot is the same without regrets, baselines and undo list: what a strategy is asked for, and nothing to go on
// from. Rounds without sums (TrainRules::average_rounds) have their current strategy there, in parts of 2^24, rows that
// nobody came to 0: snapshot_average.hpp makes averages of these.
//
// Shape:  version 1, 2 where entries are short or there are baselines, 3 where some rounds have no sums; numbers
//         little-endian, tables as in memory. The undo list leads back to the beginning of the batch in which a
//         deterministic run ended; exports read the table as it is.
// Errors: corrupt, truncated, version, abstraction, players, no_memory and those of file.hpp; where: the file, and
//         the byte where there is one.
//         table_full: the table has less room than the rows need.
// Memory: pieces of 1 MiB beside the table itself; of rows that come with a visit, about 20 bytes each.
#pragma once

#include <cstdint>
#include <nlohmann/json_fwd.hpp>
#include <string>
#include <vector>
#include <weir/mccfr/trainer.hpp>

namespace weir::mccfr {

inline constexpr std::uint32_t checkpoint_version = 3;  // the newest

enum class Kept : std::uint8_t {
  all,       // a checkpoint
  averages,  // a snapshot: the sums of the average strategy alone, not flushed to the disk
};

/// What a file says about itself before its tables.
struct CheckpointHeader {
  std::string game;  // JSON: what make_game() takes
  TrainRules rules;
  TrainState state;   // at the end
  TrainState undone;  // where the undo list leads to
  std::uint64_t entries = 0;
  std::uint32_t regret_bytes = 0, sum_bytes = 0;
  std::uint64_t sum_entries =
      0;  // the first ones; fewer than `entries` where not all rounds have sums
  std::uint64_t undo_entries = 0;
  std::uint64_t baseline_bytes = 0;  // 0: none
  Kept kept = Kept::all;
  LazySizes lazy;  // room for all its rows and no more, where rows come with a visit; else zeros
};

/// Writes `path` whole or not at all. `game`: JSON of the game. Averages: between two batches, without an undo list.
Result<Done> write_checkpoint(const std::string& path, const std::string& game,
                              const TrainRules& rules, Trainer& trainer, Kept kept = Kept::all);
/// The header alone, with its own checksum where it has one; the rest is not looked at.
Result<CheckpointHeader> read_checkpoint_header(const std::string& path);

enum class Resume : std::uint8_t {
  no,   // the table as it was at the end: for exports and measuring
  yes,  // as it was at the beginning of the last batch that was not whole: training goes on
};
/// Fills the table and the state of `trainer`, which must be of the same game; a lazy table must be new. Errors: usage,
/// where training is to go on from a snapshot.
Result<Done> read_checkpoint(const std::string& path, Trainer& trainer, Resume resume);

/// SHA-256 of the regrets, then of the sums, in the order of rounds, players, buckets and nodes, little-endian; of
/// short entries the words as they lie. Where rows come with a visit: of the states of betting, then of the rows that
/// are not all zeros, as checkpoints have them.
std::string table_sha256(Trainer& trainer);

}  // namespace weir::mccfr
