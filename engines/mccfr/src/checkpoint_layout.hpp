// checkpoint_layout.hpp: where in a checkpoint what is, for those who read a row of it and no more; private.
#pragma once

#include <optional>
#include <vector>
#include <weir/mccfr/checkpoint.hpp>

#include "checkpoint_stream.hpp"
#include "lazy_checkpoint.hpp"

namespace weir::mccfr {

struct CheckpointLayout {
  CheckpointHeader header;
  std::optional<LazyCounts> lazy;
  std::vector<LazyMark> marks;   // of lazy rows, in their order
  std::uint64_t tables_at = 0;   // byte where tables, or nodes, begin
  std::uint64_t file_bytes = 0;  // of the file as it is
};

/// The header, checked by its own checksum, and the file's size by what the header says: corrupt, truncated.
Result<CheckpointLayout> read_checkpoint_layout(const std::string& path);

/// What a file begins with, and how a file begins: the tables come next.
Result<CheckpointLayout> get_header(CheckpointReader& reader);
void put_header(CheckpointWriter& writer, nlohmann::json header, std::uint32_t version);

}  // namespace weir::mccfr
