// parquet_codecs.hpp: takes a page's bytes apart; private to the reader.
//
// Read: UNCOMPRESSED, SNAPPY, GZIP (members one behind the other), ZSTD, LZ4_RAW.
// Roles: pure functions.
// Errors: a sentence.
// Memory: what a page says of its size is held against what its codec can make of the stored bytes
// before it is taken.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

namespace weir::segmentation::format {

/// What is wrong, a sentence about the page; empty: nothing.
using Fault = std::string_view;

bool is_read(std::int64_t codec) noexcept;

/// Makes `out` the `size` bytes that `stored` stands for. Call only for a codec that is_read().
Fault decompress(std::int64_t codec, std::string_view stored, std::size_t size, std::string& out);

}  // namespace weir::segmentation::format
