// weir-search experience: the log of what was asked, answered and judged.
#include <weir/file.hpp>
#include <weir/search/experience.hpp>
#include <weir/terminal.hpp>

#include "commands.hpp"

namespace weir::search::program {

namespace {

std::string judgement_of(const Experience& experience) {
  if (!experience.good) return "-";
  return *experience.good ? "good" : "bad";
}

Json record_of(const Experience& experience) {
  Json record = {{"n", experience.number},
                 {"time", experience.time},
                 {"id", Json::parse(experience.id, nullptr, false)}};
  record["request"] = Json::parse(experience.request, nullptr, false);
  record["status"] = experience.status;
  record["programs"] = Json::parse(experience.programs, nullptr, false);
  record["size"] = experience.size;
  record["good"] = experience.good ? Json(*experience.good) : Json(nullptr);
  return record;
}

void list_experience(const std::vector<Experience>& all, Findings& findings) {
  weir::Table table({"n", "id", "status", "size", "judged"});
  Json records = Json::array();
  for (const Experience& each : all) {
    table.add({std::to_string(each.number), each.id, each.status, std::to_string(each.size),
               judgement_of(each)});
    records.push_back(record_of(each));
  }
  findings.text = table.text();
  findings.members["experience"] = std::move(records);
}

void export_experience(const Options& options, const std::vector<Experience>& all,
                       Findings& findings) {
  std::string text;
  std::size_t count = 0;
  for (const Experience& each : all) {
    if (each.good == false) continue;
    text += record_of(each).dump(-1, ' ', false, Json::error_handler_t::replace) + "\n";
    ++count;
  }
  findings.members["exported"] = count;
  if (options.output.empty()) {
    findings.text = std::move(text);
  } else if (auto written = write_file_atomically(options.output, text); !written) {
    fail(findings, written.error());
  } else {
    findings.text = std::to_string(count) + " written\n";
  }
}

void judge_experience(const Options& options, Findings& findings) {
  auto log = ExperienceLog::open(options.experience);
  if (!log) return fail(findings, log.error());
  if (auto judged = log.value()->judge(options.number, options.judgement == "good"); !judged)
    return fail(findings, judged.error());
  if (auto synced = log.value()->sync(); !synced) return fail(findings, synced.error());
  findings.text = std::to_string(options.number) + " " + options.judgement + "\n";
}

}  // namespace

void experience_command(const Options& options, Findings& findings) {
  auto all = read_experience(options.experience);
  if (!all) return fail(findings, all.error());
  if (options.command == Command::experience_list) return list_experience(all.value(), findings);
  if (options.command == Command::experience_export)
    return export_experience(options, all.value(), findings);
  judge_experience(options, findings);
}

}  // namespace weir::search::program
