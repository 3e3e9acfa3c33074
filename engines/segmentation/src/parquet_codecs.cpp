#include "parquet_codecs.hpp"

#include <lz4.h>
#include <snappy.h>
#include <zlib.h>
#include <zstd.h>

#include <limits>

#include "parquet_format.hpp"

namespace weir::segmentation::format {
namespace {

/// The most bytes that a stored byte can stand for: a snappy copy makes 64 of 3, an LZ4 length 255
/// of 1, deflate 258 of 2 bits, a zstd block 128 KiB of 4.
std::size_t ratio_max(std::int64_t codec) noexcept {
  switch (codec) {
    case snappy:
      return 22;
    case lz4_raw:
      return 255;
    case gzip:
      return 1032;
    default:
      return 32768;
  }
}

Fault unpack_snappy(std::string_view stored, std::string& out) {
  std::size_t length = 0;
  if (!::snappy::GetUncompressedLength(stored.data(), stored.size(), &length) ||
      length != out.size())
    return "a snappy page has a wrong length";
  return ::snappy::RawUncompress(stored.data(), stored.size(), out.data())
             ? Fault()
             : "a snappy page is corrupt";
}

Fault unpack_zstd(std::string_view stored, std::string& out) {
  const std::size_t got = ZSTD_decompress(out.data(), out.size(), stored.data(), stored.size());
  return ZSTD_isError(got) == 0 && got == out.size() ? Fault() : "a zstd page is corrupt";
}

Fault unpack_lz4(std::string_view stored, std::string& out) {
  constexpr std::size_t most = std::numeric_limits<int>::max();
  if (stored.size() > most || out.size() > most) return "an LZ4_RAW page is too large";
  const int got = LZ4_decompress_safe(stored.data(), out.data(), static_cast<int>(stored.size()),
                                      static_cast<int>(out.size()));
  return got >= 0 && static_cast<std::size_t>(got) == out.size() ? Fault()
                                                                 : "an LZ4_RAW page is corrupt";
}

class Inflater {
 public:
  Inflater() { ready_ = inflateInit2(&z, 15 + 32) == Z_OK; }  // gzip or zlib, by its head
  ~Inflater() {
    if (ready_) inflateEnd(&z);
  }
  Inflater(const Inflater&) = delete;
  Inflater& operator=(const Inflater&) = delete;
  bool ready() const noexcept { return ready_; }

  z_stream z{};

 private:
  bool ready_ = false;
};

Fault unpack_gzip(std::string_view stored, std::string& out) {
  constexpr std::size_t most = std::numeric_limits<uInt>::max();
  if (stored.size() > most || out.size() > most) return "a gzip page is too large";
  Inflater in;
  if (!in.ready()) return "zlib has no memory";
  // zlib takes a pointer to what it does not change.
  in.z.next_in = reinterpret_cast<Bytef*>(const_cast<char*>(stored.data()));
  in.z.avail_in = static_cast<uInt>(stored.size());
  in.z.next_out = reinterpret_cast<Bytef*>(out.data());
  in.z.avail_out = static_cast<uInt>(out.size());
  while (inflate(&in.z, Z_FINISH) == Z_STREAM_END) {
    if (in.z.avail_in == 0) return in.z.avail_out == 0 ? Fault() : "a gzip page is cut";
    if (inflateReset(&in.z) != Z_OK) break;
  }
  return "a gzip page is corrupt";
}

}  // namespace

bool is_read(std::int64_t codec) noexcept {
  return codec == uncompressed || codec == snappy || codec == gzip || codec == zstd ||
         codec == lz4_raw;
}

Fault decompress(std::int64_t codec, std::string_view stored, std::size_t size, std::string& out) {
  if (codec == uncompressed) {
    if (stored.size() != size) return "an uncompressed page has two sizes";
    out.assign(stored);
    return {};
  }
  out.clear();
  if (size == 0 && stored.empty()) return {};
  if (size / ratio_max(codec) > stored.size()) return "a page says that it is too large";
  out.resize(size);
  switch (codec) {
    case snappy:
      return unpack_snappy(stored, out);
    case gzip:
      return unpack_gzip(stored, out);
    case lz4_raw:
      return unpack_lz4(stored, out);
    default:
      return unpack_zstd(stored, out);
  }
}

}  // namespace weir::segmentation::format
