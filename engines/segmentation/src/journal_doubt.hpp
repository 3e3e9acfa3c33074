// journal_doubt.hpp: which records of a journal a line that cannot be read may have stood in for.
//
// Shape: the lines are told in their order, each by its number. A record is in doubt when a later
// line that cannot be read names its path, or when its configuration is another than that of the
// records on both sides of such a line: the run that wrote the line may have made its outputs anew,
// and their lengths alone do not tell. Lines of one configuration, as a run that has ended leaves
// them, cast no doubt on each other. Roles: one thread. Memory: the paths that are named, and a few
// configurations.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <unordered_map>
#include <weir/segmentation/record.hpp>

namespace weir::segmentation {

class JournalDoubt {
 public:
  /// The next line is a record.
  void readable(const Record& record) {
    if (open_line_ != 0) close(record.input.config);
    config_ = record.input.config;
  }
  /// The next line is none. `path`: of a record before it; empty: it names none of them.
  void unreadable(std::uint64_t line, const std::string& path) {
    open_line_ = line;
    if (!path.empty()) named_[path] = line;
  }
  /// There are no more lines.
  void end() {
    if (open_line_ != 0) close(config_);
  }

  bool any() const noexcept { return last_.line != 0; }
  /// After end(): whether the record of that line is in doubt.
  bool covers(std::uint64_t line, const Record& record) const {
    const auto named = named_.find(record.path);
    if (named != named_.end() && line < named->second) return true;
    return line < (last_.spared == record.input.config ? other_.line : last_.line);
  }

 private:
  /// Casts doubt on all records before `line` but those of the configuration that it spares.
  struct Cast {
    std::uint64_t line = 0;
    std::optional<std::string> spared;
  };

  void close(const std::string& next) {
    Cast cast{open_line_, config_ == next ? std::optional(next) : std::nullopt};
    if (cast.spared != last_.spared) other_ = std::move(last_);
    last_ = std::move(cast);
    open_line_ = 0;
  }

  Cast last_, other_;  // the last one, and the last that spares another configuration than that
  std::uint64_t open_line_ = 0;  // the last line that could not be read, until the next record
  std::string config_;           // of the last record
  std::unordered_map<std::string, std::uint64_t> named_;
};

}  // namespace weir::segmentation
