// generator.hpp: made-up measurement files of the shape of real ones, and the truth about each.
//
// Shape: file i of a corpus is a pure function of (kind, files, seed, i). `clean`: 24 % IV sweeps
//        (four segments each by the compat rule), 72 % other procedures, 4 % malformed of ten kinds.
//        `dirty`: 60 % IV with noise, plateaus, cuts and the like, 12 % malformed, odd encodings.
//        The others: IV sweeps of that one kind, well formed. Steps of 10 mV, legs of 4 to 200
//        rows; `noisy` has Gaussian read-back noise of 0.1 to 0.6 steps, `plateaued` waits 4 to 11
//        rows at the turns, with such noise in every second file.
// Roles: make_file by any thread; a Generator is immutable.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace weir::segmentation {

enum class CorpusKind : std::uint8_t { clean, dirty, noisy, plateaued, multi_cycle, cut, offset };
inline constexpr std::array<std::string_view, 7> corpus_kind_names = {
    "clean", "dirty", "noisy", "plateaued", "multi-cycle", "cut", "offset"};
std::string_view to_string(CorpusKind kind) noexcept;

struct CorpusConfig {
  std::size_t files = 1000;
  CorpusKind kind = CorpusKind::clean;
  std::uint64_t seed = 1;
};

struct GeneratedFile {
  std::string path;  // below the corpus, "raw/2025-01-02/IV2025-01-02_3.csv"
  std::string bytes;
  std::string expect;    // "ok", "reject", "ok_or_reject"
  std::string proc;      // "IV"; "-" where there is none to be read
  std::string kind;      // "plain", "noisy", "utf16" ...
  std::size_t rows = 0;  // rows that are staged when it is
  std::string segments;  // "forward_negative:0-11;return_negative:12-21", rows 0-based and
                         // inclusive; empty: no sweep

  void clear();
  /// The line of truth.tsv, with its end.
  std::string truth() const;
};

class Generator {
 public:
  explicit Generator(CorpusConfig config);

  /// Makes file `index` (below config().files) into `file`, whose storage is used again.
  void make_file(std::size_t index, GeneratedFile& file) const;
  const CorpusConfig& config() const noexcept { return config_; }
  /// The header of truth.tsv.
  static std::string truth_header();
  /// The folders below the corpus that its files need.
  std::vector<std::string> folders() const;

 private:
  CorpusConfig config_;
  std::size_t sweeps_;  // files that are IV
  std::size_t malformed_;
  std::size_t stride_;  // coprime to files: spreads the roles over the folders
};

}  // namespace weir::segmentation
