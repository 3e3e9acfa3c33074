// lazy_average.hpp: the average of snapshots whose rows came with the first visit; private.
//
// States of betting lie depth first in all files, and rows in the order of states and buckets: the files are merged by
// one walk over all of them. Rows are told apart by the actions since the root and by their bucket.
//
// The first rounds come from the newest file's sums. In every row of the others each file that has it counts the same,
// as in tables of all rows: what is played where no row is yet is nothing that was learnt.
//
// Roles:  one thread.
// Errors: corrupt, truncated, unreadable: of the files; stopped.
// Memory: the average; of each file 3 bytes a state of betting, and what stdio buffers.
#pragma once

#include <array>
#include <functional>
#include <nlohmann/json.hpp>
#include <string>
#include <vector>
#include <weir/mccfr/multiway_game.hpp>

#include "checkpoint_layout.hpp"

namespace weir::mccfr {

/// A file that was read up to its tables.
struct OpenedFile {
  std::string path;
  CheckpointReader reader;
  CheckpointLayout layout;
};

/// Goes through the states and rows of one file, in their order.
class LazyFile {
 public:
  explicit LazyFile(OpenedFile file) : file_(std::move(file)) {}
  /// The states of betting, and the first row.
  Result<Done> begin();

  bool states_left() const noexcept { return at_ < states_; }
  std::size_t depth() const noexcept {
    return nodes_[3 * at_] | std::size_t{nodes_[3 * at_ + 1]} << 8;
  }
  std::uint32_t action() const noexcept { return nodes_[3 * at_ + 2]; }  // of the parent's
  /// The next state. Errors: corrupt, where rows of this one are left.
  Result<Done> step();

  /// A row of the state is left: the next one's name.
  bool row_left() const noexcept { return rows_left_ > 0 && rank_ == at_; }
  const LazyHead& head() const noexcept { return head_; }
  /// Whether it is one of a state with so many actions, in a round with or without sums.
  bool fits(int actions, bool summed) const noexcept;
  /// What a snapshot has of it: its sums, or its current strategy where there are none.
  void sums(std::uint32_t* parts) const noexcept;
  /// Of a row without sums.
  void current(double* strategy) const noexcept;
  Result<Done> next_row();

  /// After the last row: what is left, and the checksum.
  Result<Done> finish();
  Error corrupt(std::string what) const { return file_.reader.error("corrupt", std::move(what)); }

 private:
  Result<Done> read_row();
  bool all() const noexcept { return file_.layout.header.kept == Kept::all; }

  OpenedFile file_;
  std::vector<std::uint8_t> nodes_;  // as in the file
  std::uint64_t states_ = 0, at_ = 0;
  std::uint64_t rows_left_ = 0;
  std::uint32_t rank_ = 0;  // of the row's state
  LazyHead head_;
  std::array<std::uint32_t, 2 * actions_max> words_{};
};

class LazyAverage {
 public:
  /// `files`: of one run of this game, the newest last. `first_round`: that has no sums. `look` says whether to go on.
  LazyAverage(std::vector<OpenedFile> files, const MultiwayGame& game, int first_round,
              const std::function<bool()>& look);
  Result<Done> make();
  /// A snapshot with this header, whose rows make() has made.
  void put(nlohmann::json header, CheckpointWriter& writer) const;

 private:
  struct Step {
    BettingState state;
    int actions;
    std::uint32_t action;  // that leads here
  };
  Result<Done> add_state(const LazyFile& of);
  Result<Done> add_rows();
  Result<Done> add_row(std::uint32_t bucket);

  std::vector<LazyFile> files_;
  std::vector<LazyFile*> here_;  // that have the state
  const MultiwayGame& game_;
  int first_round_;
  const std::function<bool()>& look_;
  std::vector<Step> path_;
  LazyCounts counts_;
  nlohmann::json marks_ = nlohmann::json::array();
  std::vector<std::uint8_t> nodes_;
  std::vector<std::uint32_t> words_;
};

}  // namespace weir::mccfr
