// staging.cpp: fuzzes the way of a raw file: any bytes are a reject with a reason, or a run whose Parquet file reads
// back with the same rows and columns.
#include <weir/segmentation/parquet.hpp>
#include <weir/segmentation/staging.hpp>

#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <string_view>

namespace {

using namespace weir::segmentation;

void require(bool holds, const char* what) {
  if (holds) return;
  std::fprintf(stderr, "does not hold: %s\n", what);
  std::abort();
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  static const TimeZone zone = TimeZone::load("UTC").value();
  static StagedRun run;
  static ParquetWriter writer(Compression::snappy);
  const std::string_view bytes(reinterpret_cast<const char*>(data), size);
  const auto reject = stage_bytes(bytes, "raw/file.csv", 0, {nullptr, &zone, false}, run);
  if (reject.has_value()) {
    require(!reject->what.empty(), "a reject has a sentence");
    require(reject->byte <= size, "a reject's offset lies in the file");
    return 0;
  }
  require(run.id.size() == 16 && run.table.rows > 0, "a staged run has an id and rows");
  Table back;
  const auto read = read_parquet(writer.encode(run.table, 0, run.table.rows), back);
  require(read.ok(), "what was written reads back");
  require(back.rows == run.table.rows && back.size() == run.table.size(), "with its rows and columns");
  for (std::size_t i = 0; i < back.size(); ++i) require(back[i].name == run.table[i].name, "with its names");
  return 0;
}
