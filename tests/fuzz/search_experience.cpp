// search_experience.cpp: fuzzes logs of experience: any text is refused with its line, or is records that count from 1,
// of which every one has a status and a request that is JSON. What a crash has cut off takes nothing else with it.
#include <nlohmann/json.hpp>
#include <weir/search/experience.hpp>

#include "fuzz.hpp"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using fuzz::require;
  const std::string_view text = fuzz::text_of(data, size);
  const auto read = weir::search::parse_experience(text, "log");
  if (!read) {
    fuzz::require_reason(read.error());
    require(read.error().code == "bad_log" && read.error().where.starts_with("log:"),
            "a refusal names the line");
    return 0;
  }
  std::uint64_t number = 0;
  for (const weir::search::Experience& experience : read.value()) {
    require(experience.number == ++number, "numbers count from 1");
    require(!experience.status.empty(), "there is a status");
    require(nlohmann::json::accept(experience.request), "a request is JSON");
    require(experience.programs.empty() || nlohmann::json::accept(experience.programs),
            "programs are JSON");
  }
  const auto torn = weir::search::parse_experience(std::string(text) + "\n{\"n\": 1, \"ti", "torn");
  require(torn.ok() && torn.value().size() == read.value().size(), "half a line changes nothing");
  return 0;
}
