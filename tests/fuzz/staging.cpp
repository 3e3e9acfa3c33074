// staging.cpp: fuzzes the way of a raw file: any bytes are a reject with a reason, or a run whose Parquet file reads
// back with the same cells, the same with any end of lines.
#include <string>
#include <weir/segmentation/parquet.hpp>
#include <weir/segmentation/staging.hpp>
#include <weir/segmentation/text.hpp>

#include "fuzz.hpp"

namespace {

using namespace weir::segmentation;
using fuzz::require;

constexpr const char* path = "raw/2025-09-04/file.csv";

std::string with_crlf(std::string_view text) {
  std::string out;
  for (std::size_t at = 0; at < text.size(); ++at) {
    if (text[at] == '\n' && (at == 0 || text[at - 1] != '\r')) out += '\r';
    out += text[at];
  }
  return out;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  static const TimeZone zone = TimeZone::load("UTC").value();
  static StagedRun run;
  static StagedRun again;
  static ParquetWriter writer(Compression::snappy);
  const std::string_view bytes = fuzz::text_of(data, size);
  const StagingConfig config{nullptr, &zone, false};
  const auto reject = stage_bytes(bytes, path, 0, config, run);
  if (reject.has_value()) {
    require(!reject->what.empty(), "a reject has a sentence");
    require(is_utf8(reject->what), "that can be written down");
    require(reject->byte <= size, "a reject's offset lies in the file");
    return 0;
  }
  require(run.id.size() == 16 && run.table.rows > 0, "a staged run has an id and rows");
  require(run.procedure.find('/') == std::string::npos && !run.procedure.empty(),
          "its procedure names a folder");
  for (const std::string& note : run.notes) require(is_utf8(note), "a note can be written down");
  Table back;
  const auto read = read_parquet(writer.encode(run.table, 0, run.table.rows), back);
  require(read.ok(), "what was written reads back");
  fuzz::require_same(run.table, back);
  for (const char* name : {"run_id", "proc", "start_dt", "source_file", "with_light",
                           "wavelength_nm", "laser_voltage_V"})
    require(run.table.find(name) != nullptr && run.table.find(name)->constant,
            "a run has its constant columns");
  const auto refused = stage_bytes(with_crlf(bytes), path, 0, config, again);
  require(!refused, "the end of a line plays no part");
  fuzz::require_same(run.table, again.table);
  return 0;
}
