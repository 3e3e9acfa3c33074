#include "loaded.hpp"

#include <algorithm>
#include <nlohmann/json.hpp>
#include <weir/file.hpp>

namespace weir::mccfr {

Result<std::unique_ptr<TrainingGame>> game_of(const CheckpointHeader& header,
                                              const std::string& path,
                                              const std::string& buckets_file) {
  auto json = nlohmann::json::parse(header.game, nullptr, false);
  if (!buckets_file.empty() && json.is_object() && json.contains("abstraction"))
    json["buckets_file"] = buckets_file;
  const auto stat = stat_file(path);
  if (!stat) return stat.error();
  // An entry has a byte at least: a game that needs more of them is not the file's, and may be too large to be made.
  constexpr std::uint64_t bytes_in_table = 8;
  TableRoom room;
  if (header.entries != 0)
    room.bytes_max = std::min(header.entries, stat.value().size) * bytes_in_table;
  auto game = make_game(json.dump(), room);
  if (!game && game.error().code == "too_large")
    return Error{"abstraction", "its game has more entries than its table", path};
  if (!game) return Error{"corrupt", game.error().what, path};
  return game;
}

Result<Loaded> load_checkpoint(const std::string& path, int workers,
                               const std::string& buckets_file) {
  auto header = read_checkpoint_header(path);
  if (!header) return header.error();
  Loaded loaded;
  auto game = game_of(header.value(), path, buckets_file);
  if (!game) return game.error();
  loaded.game = std::move(game).value();
  Config config;
  config.workers = workers;
  auto runtime = Runtime::start(config);
  if (!runtime) return runtime.error();
  loaded.runtime = std::move(runtime).value();
  TrainRules rules = header.value().rules;
  rules.mode = UpdateMode::fast;  // nothing is trained: no batches are needed
  rules.lazy = header.value().lazy;
  // A snapshot has something in the place of all sums.
  if (header.value().kept == Kept::averages) rules.average_rounds = rounds_max;
  auto trainer = loaded.game->make_trainer(*loaded.runtime, rules);
  if (!trainer) return trainer.error();
  loaded.trainer = std::move(trainer).value();
  if (auto read = read_checkpoint(path, *loaded.trainer, Resume::no); !read) return read.error();
  return loaded;
}

Result<const HoldemGame*> holdem_of(const Loaded& loaded, const std::string& path) {
  if (loaded.game->multiway() != nullptr)
    return Error{"usage",
                 "has rows as they were visited; this is for two players and a table of all rows",
                 path};
  const HoldemGame* const game = loaded.game->holdem();
  if (game == nullptr)
    return Error{"usage", "plays no hold'em; exploit has an exact measure for it", path};
  return game;
}

Result<const HoldemGame*> prepared_holdem(const Loaded& loaded, const std::string& path) {
  auto game = holdem_of(loaded, path);
  if (!game) return game;
  if (auto prepared = loaded.game->prepare(); !prepared) return prepared.error();
  return game;
}

}  // namespace weir::mccfr
