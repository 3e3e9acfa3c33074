// parquet.cpp: fuzzes the Parquet reader: any bytes are read, or refused with a code and a sentence, within the limits.
#include <weir/segmentation/parquet.hpp>

#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string_view>

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace weir::segmentation;
  static Table table;
  constexpr ParquetLimits limits = {1u << 16, 256, 1u << 20, 1u << 24};
  FileInfo info;
  const auto read = read_parquet({reinterpret_cast<const char*>(data), size}, table, &info, limits);
  if (!read.ok()) {
    if (read.error().code.empty() || read.error().what.empty()) std::abort();
    return 0;
  }
  if (table.rows > limits.rows_max || table.size() > limits.columns_max) std::abort();
  for (std::size_t i = 0; i < table.size(); ++i) {
    if (!table[i].constant && table[i].entries() != table.rows) std::abort();
  }
  return 0;
}
