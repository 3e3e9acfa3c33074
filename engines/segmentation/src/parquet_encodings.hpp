// parquet_encodings.hpp: decodes the values of one page; private to the reader.
//
// Shape: decoders append exactly `count` physical values to a Column: integers for BOOLEAN, INT32
// and INT64, floats for FLOAT and DOUBLE, text for byte arrays of either kind; they leave `valid`
// alone.
// Errors: a sentence; what was appended until then stays.
// Memory: what `count` and the bytes allow; text grows to `text_max` bytes at most.
// Source: Encodings.md of apache/parquet-format.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string_view>
#include <weir/segmentation/table.hpp>

#include "parquet_codecs.hpp"

namespace weir::segmentation::format {

/// The `width` (at most 64) bits from bit `bit` on, low bits first; zeros behind the end.
std::uint64_t bits_at(std::string_view bytes, std::size_t bit, unsigned width) noexcept;

/// Decodes the RLE / bit-packed hybrid, at most 32 bits wide.
class HybridReader {
 public:
  HybridReader(std::string_view bytes, unsigned width) : bytes_(bytes), width_(width) {}

  /// The next run of equal values (never an empty one); bit-packed values come one by one. False at
  /// the end and at bad bytes.
  bool next(std::size_t& length, std::uint32_t& value) noexcept;

 private:
  std::string_view bytes_;
  unsigned width_;
  std::size_t at_ = 0;        // of the next run, or of the bit-packed one under way
  std::size_t bit_ = 0;       // of the next value in it
  std::uint64_t packed_ = 0;  // values left in it
};

struct Values {
  std::int64_t type = 0;  // format::Physical
  std::size_t width = 0;  // bytes of a FIXED_LEN_BYTE_ARRAY
  std::size_t count = 0;
  std::uint64_t text_max = 0;  // of to.bytes
  Column& to;
};

Fault decode_plain(std::string_view bytes, const Values& values);
/// RLE of booleans: a length, then the hybrid.
Fault decode_rle(std::string_view bytes, const Values& values);
Fault decode_delta(std::string_view bytes, const Values& values);
Fault decode_delta_lengths(std::string_view bytes, const Values& values);
Fault decode_delta_strings(std::string_view bytes, const Values& values);
Fault decode_stream_split(std::string_view bytes, const Values& values);
/// Indices into `dictionary`, whose type is that of the column: a width, then the hybrid.
Fault decode_indices(std::string_view bytes, const Values& values, const Column& dictionary);

}  // namespace weir::segmentation::format
