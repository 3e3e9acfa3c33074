// loaded.hpp: a checkpoint, ready to be asked; private to the program.
#pragma once

#include <memory>
#include <string>
#include <weir/mccfr/checkpoint.hpp>
#include <weir/mccfr/training_game.hpp>

namespace weir::mccfr {

/// A checkpoint with its game.
struct Loaded {
  std::unique_ptr<Runtime> runtime;
  std::unique_ptr<TrainingGame> game;
  std::unique_ptr<Trainer> trainer;
};

/// The game that a checkpoint's header names. `buckets_file` as below. Errors: corrupt; abstraction, where its table
/// would have more entries than the file's, before it is made.
Result<std::unique_ptr<TrainingGame>> game_of(const CheckpointHeader& header,
                                              const std::string& path,
                                              const std::string& buckets_file);

/// Reads a checkpoint; `workers` of a runtime of its own (0: none, whoever asks does the work).
/// `buckets_file`: where the file of its buckets is now; empty: where it was.
Result<Loaded> load_checkpoint(const std::string& path, int workers = 0,
                               const std::string& buckets_file = {});

/// The hold'em game of a checkpoint. Errors: usage, where it is another game or has rows as they were visited.
Result<const HoldemGame*> holdem_of(const Loaded& loaded, const std::string& path);
/// The same, its cards made (program heap; takes seconds). Errors: those of prepare() too.
Result<const HoldemGame*> prepared_holdem(const Loaded& loaded, const std::string& path);

}  // namespace weir::mccfr
