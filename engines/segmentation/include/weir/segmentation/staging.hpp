// staging.hpp: one raw CSV's bytes to a staged run: header, start, id, typed table, constant
// columns.
//
// Shape: what the original's constant columns are, in its order: run_id, proc, start_dt,
// source_file, with_light, chip_group, chip_number, sample, procedure_version, then those of the
// procedure's parameters (vds_v ...), always wavelength_nm and laser_voltage_V. One type a column
// for ever. Roles: a StagedRun by one thread at a time. Errors: a Reject; nothing throws. Memory: a
// reused StagedRun keeps its storage.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>
#include <weir/segmentation/csv.hpp>
#include <weir/segmentation/instant.hpp>
#include <weir/segmentation/procedures.hpp>

namespace weir::segmentation {

struct StagingConfig {
  const ProcedureTable* procedures = nullptr;  // null: the built-in ones
  const TimeZone* zone = nullptr;              // of the partition date; never null
  bool only_spec_columns = false;              // --only-yaml-data
};

struct StagedRun {
  Header header;
  Start start;
  std::string id;         // 16 hex digits
  std::string procedure;  // as it stands in the path: "/" and other odd characters become "_"
  Table table;
  std::vector<std::string>
      notes;  // what was odd and mended: bom, latin1, escapes, unit:..., cut_last_line ...

  /// "proc=P/date=YYYY-MM-DD/run_id=ID"
  std::string directory() const;
};

/// Whether a column of that name is one of those that staging adds.
bool is_constant_column(std::string_view name) noexcept;

/// Stages `bytes`, the content of the file at `path` (as given to the program, already clean_path).
/// Empty: `run` holds it.
std::optional<Reject> stage_bytes(std::string_view bytes, const std::string& path,
                                  std::int64_t mtime_ns, const StagingConfig& config,
                                  StagedRun& run);

}  // namespace weir::segmentation
