// record.hpp: what was done to one input; and as a line of JSON.
//
// Roles: plain values and pure functions, any thread.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>
#include <weir/result.hpp>
#include <weir/segmentation/detector.hpp>

namespace weir::segmentation {

/// The identity of an input: when it and the configuration are equal, so is the output.
struct InputIdentity {
  std::uint64_t size = 0;     // bytes
  std::int64_t mtime_ns = 0;  // since the Unix epoch
  std::string config;         // fingerprint of everything else that shapes the output
  std::string hash;  // of the content: XXH3, 64 bits, 16 hex digits; empty: it was not read
  bool operator==(const InputIdentity&) const = default;
};

struct Record {
  std::string path;  // the input: a CSV's path as given, or a staged run's directory
  InputIdentity input;
  std::string status;  // "ok", "reject", "error"
  std::string run_id, proc;
  std::string date;  // local, YYYY-MM-DD
  std::string
      origin;  // of a staged run: where its start was found; of a segmented one: the stage root
  std::int64_t start_us = 0;  // since the Unix epoch
  std::uint64_t rows = 0;
  std::uint64_t bytes = 0;           // written
  std::string reason, what;          // of a reject or an error
  std::uint64_t line = 0, byte = 0;  // where, from 1 and from 0; line 0: of the whole file
  int part = -1;  // of its partition, where it lies with other runs; -1: it has its own folder
  std::uint64_t part_bytes = 0;  // the length of that part
  std::vector<std::string> notes;
  std::vector<Segment> segments;

  bool ok() const noexcept { return status == "ok"; }
  /// "proc=P/date=D"; empty for what was refused.
  std::string partition() const;
  /// Its file below the root: "proc=P/date=D/run_id=ID/part-000.parquet", or "proc=P/date=D/part-NNN.parquet".
  std::string file() const;
  /// "proc=P/date=D/run_id=ID"; empty for what was refused.
  std::string directory() const;
};

/// "part-007.parquet"
std::string part_name(int part);

/// A record as its line of JSON, with the line's end. Its last member is the CRC-32 (that of gzip, 8 lower-case hex
/// digits) of the text before it. Of a segment the line has what the manifest tells: not its cycle, leg and flags.
std::string to_json_line(const Record& record);
/// And back, without the line's end; one of version 1 has no checksum. Errors: not_json, checksum, version,
/// not_a_record.
Result<Record> from_json_line(std::string_view line);
/// The path that a line names, whatever the rest of it is; empty: none.
std::string path_in_json_line(std::string_view line);

}  // namespace weir::segmentation
