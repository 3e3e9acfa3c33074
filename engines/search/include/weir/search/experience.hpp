// experience.hpp: what was asked, what was answered, and what people said of it: a log that grows.
//
// Shape:  JSON lines, each written whole by one append: {"n", "time", "id", "request", "status", "programs", "size",
//         "recipe"} of a request that was answered, {"of": n, "good", "time"} of a judgement. Numbers count from 1.
// Roles:  one thread at a time a log; any number of processes write and read. A writer first counts what others have
//         added, under a lock of the file, so that numbers are unique.
// Errors: those of file.hpp (in_use: another process keeps the lock); "bad_log" with FILE:LINE where a line is JSON and
//         no record. What is no JSON is half a line that a crash has left, and is skipped.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>
#include <weir/result.hpp>

namespace weir::search {

struct Experience {
  std::uint64_t number = 0;
  double time = 0;           // seconds since the Unix epoch
  std::string id, request;   // JSON texts: the request's id; its examples, domain and file
  std::string status;        // a word, never empty
  std::string programs;      // JSON text, as the reply had them
  std::string recipe;        // of the best program: as kernels read it again; empty: none
  std::uint32_t size = 0;    // of the best program; 0: none
  std::optional<bool> good;  // the last judgement
};

class ExperienceLog {
 public:
  /// Goes on with a log, or begins one. `held`: takes what the log holds; null: nobody asks.
  static Result<std::unique_ptr<ExperienceLog>> open(const std::string& path,
                                                     std::vector<Experience>* held = nullptr);
  ~ExperienceLog();
  ExperienceLog(const ExperienceLog&) = delete;
  ExperienceLog& operator=(const ExperienceLog&) = delete;

  /// Gives it a number, which is returned, and the time.
  Result<std::uint64_t> add(const Experience& experience);
  /// "unknown" where no record has that number.
  Result<Done> judge(std::uint64_t number, bool good);
  /// Waits until what was added survives the machine.
  Result<Done> sync();

 private:
  struct Impl;
  class Turn;
  explicit ExperienceLog(std::unique_ptr<Impl> impl) noexcept;
  std::unique_ptr<Impl> impl_;
};

/// All of a log's text, in its order, each with its last judgement; `where` names it in errors.
Result<std::vector<Experience>> parse_experience(std::string_view text, const std::string& where);
/// The same of a file.
Result<std::vector<Experience>> read_experience(const std::string& path);

}  // namespace weir::search
