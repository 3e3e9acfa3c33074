// experience_keeper.hpp: the program's side of experience: keeps the log, and makes what it teaches current while
// requests run; private to the program.
//
// Roles: one thread, beside the workers: they pin what is current, and never wait.
// Cost:  a new version every publish_min solved requests or 1/32 of what is kept, and after a judgement: a copy of it.
#pragma once

#include <memory>
#include <string>
#include <weir/search/experience.hpp>
#include <weir/search/experience_index.hpp>

#include "json_request.hpp"

namespace weir::search::program {

/// A request as JSON, as the log keeps it.
Json asked_json(const Request& request);
/// Its text; what is no UTF-8 in it is replaced.
std::string asked_text(const Request& request);

class ExperienceKeeper {
 public:
  /// Goes on with a log, or begins one; what it holds is current in `versions`, which outlives the keeper.
  static Result<std::unique_ptr<ExperienceKeeper>> open(const std::string& path,
                                                        ExperienceVersions& versions);

  /// `request`: as JSON. Requests that were not searched are not kept: 0.
  Result<std::uint64_t> keep(const std::string& id, const std::string& request,
                             const SearchReply& reply);
  Result<Done> judge(std::uint64_t number, bool good);
  /// Makes what has come since the last version current, if it is worth it.
  void publish();
  Result<Done> sync() { return log_->sync(); }

 private:
  static constexpr std::size_t publish_min = 16;

  ExperienceKeeper(std::unique_ptr<ExperienceLog> log, ExperienceVersions& versions)
      : log_(std::move(log)), versions_(versions) {}
  void learn(const Experience& experience);
  void make_current();

  std::unique_ptr<ExperienceLog> log_;
  ExperienceVersions& versions_;
  ExperienceRecorder recorder_;
  std::size_t solved_ = 0;  // since the last version
  bool judged_ = false;
};

}  // namespace weir::search::program
