// kept_rows.hpp: single rows of a checkpoint, read from where they lie; private.
//
// Roles:  one thread. The file's size and header are checked; of files of at most 64 MiB the checksum of the whole too,
//         which of larger ones takes too long for one answer.
// Errors: those of the header; corrupt, where a row is not what the header says; unreadable.
// Memory: a piece of 1 MiB at most, whatever the file's size.
// Cost:   the checksum, some milliseconds; one read in a table of all rows; of rows by visits 3 bytes a state of
//         betting, and at most 16,384 rows.
#pragma once

#include <cstdio>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <vector>
#include <weir/mccfr/compact_table.hpp>

#include "checkpoint_layout.hpp"

namespace weir::mccfr {

class KeptRows {
 public:
  static Result<KeptRows> open(const std::string& path);

  const CheckpointLayout& layout() const noexcept { return layout_; }
  /// Entries are of a kind that is known here; else the whole has to be loaded.
  bool readable() const noexcept;
  /// The average strategy of the row that begins at `entry` of a table of all rows, the current one in rounds without
  /// sums. `shape`: of the header's game.
  Result<std::vector<double>> average(const TableShape& shape, std::uint32_t entry, int actions);
  /// Of rows by visits: the node after these actions, by their places among their nodes' actions; nothing: nobody came
  /// there.
  Result<std::optional<std::uint32_t>> rank_of(std::span<const std::uint8_t> path);
  /// The strategy of such a node's row; nothing: there is none.
  Result<std::optional<std::vector<double>>> strategy(std::uint32_t rank, std::uint32_t bucket);

 private:
  struct Close {
    void operator()(std::FILE* file) const noexcept { std::fclose(file); }
  };
  KeptRows(CheckpointLayout layout, std::string path, std::FILE* file)
      : layout_(std::move(layout)), path_(std::move(path)), file_(file) {}
  Result<Done> read(std::uint64_t at, void* bytes, std::size_t size);
  Error broken(std::uint64_t at, std::string what) const;
  /// The same of short entries, and the file's size, which the header alone does not say of them.
  Result<std::vector<double>> short_average(const CompactLayout& table, std::uint32_t entry,
                                            int actions);
  Result<Done> check_size(const CompactLayout& table) const;
  Result<Done> check_whole();
  /// The words of a row, without its name, as probabilities.
  std::vector<double> strategy_of(const std::uint32_t* words, const LazyHead& head) const;

  CheckpointLayout layout_;
  std::string path_;
  std::unique_ptr<std::FILE, Close> file_;
  bool checked_ = false;  // the checksum of the whole
};

}  // namespace weir::mccfr
