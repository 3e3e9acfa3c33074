// bucket_file.hpp: buckets of cards in one file, looked up by the number of a hand's class.
//
//   "weirbuck"  version  bytes of the header  header (JSON)  for each street that is done, preflop first:
//   table  rows of the centres  distances between the centres  then XXH3-64 of all before
//
// Shape:  numbers little-endian; each part begins at a multiple of 64 bytes, zeros before it. A file holds the streets
//         that are done; only one with all four can be used, and has the SHA-256 of their counts and tables.
// Roles:  const, any thread.
// Errors: corrupt, truncated, version, no_memory and those of file.hpp; where: the file, and the byte where there is
//         one.
// Memory: the file's bytes: 139 MB with up to 256 buckets a street.
// Cost:   reading 0.1 to 0.3 s; a bucket one cache miss beside the number of the class.
#pragma once

#include <array>
#include <cstdint>
#include <memory>
#include <string>
#include <weir/file.hpp>
#include <weir/mccfr/bucket_build.hpp>
#include <weir/mccfr/bucket_table.hpp>

namespace weir::mccfr::abstraction {

inline constexpr std::uint32_t bucket_file_version = 1;

/// Streets that are not done yet are null. Writes `path` whole or not at all.
Result<Done> write_bucket_file(const std::string& path,
                               const std::array<const StreetBuckets*, 4>& streets);

class BucketFile {
 public:
  /// Reads and checks all of it.
  static Result<std::shared_ptr<const BucketFile>> read(const std::string& path);
  /// The same; a file that lacks a street is refused: truncated.
  static Result<std::shared_ptr<const BucketFile>> read_whole(const std::string& path);

  bool has(int round) const noexcept { return streets_[static_cast<std::size_t>(round)].count > 0; }
  int count(int round) const noexcept { return streets_[static_cast<std::size_t>(round)].count; }
  BucketTable table(int round) const noexcept;
  /// street_text() of what it was made from.
  const std::string& plan(int round) const noexcept {
    return streets_[static_cast<std::size_t>(round)].plan;
  }
  /// A copy of all that is known of a street.
  StreetBuckets street(int round) const;
  /// SHA-256 of the abstraction in hexadecimal digits; empty while a street is missing.
  const std::string& abstraction() const noexcept { return abstraction_; }
  std::size_t bytes() const noexcept { return buffer_.size(); }

 private:
  struct Street {
    std::string plan;
    int count = 0, used = 0;
    std::size_t width = 0;
    double scale = 0, distortion = 0;
    std::size_t table = 0, rows = 0, distances = 0;  // bytes from the beginning
  };
  BucketFile() = default;
  friend class BucketReader;

  Buffer buffer_;
  std::array<Street, 4> streets_;
  std::string abstraction_;
};

}  // namespace weir::mccfr::abstraction
