// header.hpp: the header of a PyMeasure CSV: procedure, parameters, metadata, and where the data
// begins.
//
// Shape: lines that begin with '#', up to `#Data:`; `#Procedure: <a.b.Name>`, then blocks
// `#Parameters:` and
// `#Metadata:` of `#<TAB>key: value`. Roles: pure, any thread; text() views point into the bytes
// that were parsed. Errors: none here; what is missing stays empty, the stager decides. Cost: one
// pass over the header lines.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

namespace weir::segmentation {

struct HeaderEntry {
  std::string key;
  std::string value;
};

inline constexpr std::size_t header_entries_max = 4096;  // real files have about 30

class Header {
 public:
  std::string procedure;  // last dotted part of the class name; empty: no Procedure line
  bool bracketed = true;  // false: `# Procedure: IV`, accepted and named
  bool has_data_marker = false;
  std::size_t data_offset = 0;          // byte behind the line of the marker
  std::size_t data_line = 0;            // 1-based number of the line behind the marker
  bool escaped = false;                 // a value held \xNN escapes, decoded
  bool too_many = false;                // more than header_entries_max: the rest was not looked at
  std::vector<HeaderEntry> parameters;  // in file order; of equal keys the last stays
  std::vector<HeaderEntry> metadata;

  /// Value of a key among the parameters or the metadata; null when absent.
  const std::string* parameter(std::string_view key) const noexcept;
  const std::string* metadatum(std::string_view key) const noexcept;
  void clear();
};

/// Reads the header of `text` (UTF-8, any line ends) into `header`, which is cleared first.
void parse_header(std::string_view text, Header& header);

/// Takes the next line of `text` from `offset` on, without its end ("\n", and all "\r" before it), and moves
/// `offset` behind it.
std::string_view next_line(std::string_view text, std::size_t& offset) noexcept;

}  // namespace weir::segmentation
