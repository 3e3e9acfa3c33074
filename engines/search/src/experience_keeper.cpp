#include "experience_keeper.hpp"

#include <algorithm>
#include <utility>
#include <weir/file.hpp>

#include "json_reply.hpp"

namespace weir::search::program {

namespace {

/// A log of before recipes has the programs alone, and of these the SyGuS ones can be read.
std::string recipe_in(const Experience& experience) {
  if (!experience.recipe.empty()) return experience.recipe;
  const Json programs = Json::parse(experience.programs, nullptr, false);
  if (!programs.is_array() || programs.empty() || !programs[0].is_object()) return {};
  const auto text = programs[0].find("text");
  if (text == programs[0].end() || !text->is_object()) return {};
  const auto sygus = text->find("sygus");
  return sygus != text->end() && sygus->is_string() ? sygus->get<std::string>() : std::string();
}

}  // namespace

Json asked_json(const Request& request) {
  if (const auto* const sygus = std::get_if<SygusText>(&request.what))
    return {{"sygus", sygus->text}};
  const auto* const task = std::get_if<Task>(&request.what);
  if (task == nullptr) return nullptr;
  Json examples = Json::array();
  for (const Example& example : task->examples) {
    Json in = Json::array();
    for (const Value& value : example.in) in.push_back(json_of(value));
    Json row = {{"in", std::move(in)}};
    if (example.out) row["out"] = json_of(*example.out);
    examples.push_back(std::move(row));
  }
  return {{"domain", task->domain == Domain::list ? "list" : "string"},
          {"examples", std::move(examples)}};
}

Result<std::unique_ptr<ExperienceKeeper>> ExperienceKeeper::open(const std::string& path,
                                                                 ExperienceVersions& versions) {
  std::vector<Experience> all;
  auto log = ExperienceLog::open(path, &all);
  if (!log) return log.error();
  std::unique_ptr<ExperienceKeeper> keeper(new ExperienceKeeper(std::move(log).value(), versions));
  for (const Experience& experience : all) {
    keeper->learn(experience);
    if (experience.good) (void)keeper->recorder_.judged(experience.number, *experience.good);
  }
  keeper->make_current();
  return keeper;
}

void ExperienceKeeper::learn(const Experience& experience) {
  if (experience.status != to_string(ReplyStatus::solved)) return;
  const std::string recipe = recipe_in(experience);
  if (recipe.empty()) return;
  const Line line = read_request_file(experience.request, 0);
  if (line.kind == Line::Kind::request && recorder_.solved(experience.number, line.request, recipe))
    ++solved_;
}

Result<std::uint64_t> ExperienceKeeper::keep(const std::string& id, const std::string& request,
                                             const SearchReply& reply) {
  if (reply.status > ReplyStatus::infeasible) return std::uint64_t{0};
  Experience experience;
  experience.id = id;
  experience.request = request;
  experience.status = to_string(reply.status);
  experience.programs = programs_json(reply.answer).dump();
  if (!reply.answer.programs.empty()) {
    experience.size = reply.answer.programs[0].size;
    experience.recipe = reply.answer.programs[0].recipe;
  }
  auto number = log_->add(experience);
  if (!number) return number;
  experience.number = number.value();
  learn(experience);
  return number;
}

std::string asked_text(const Request& request) {
  return asked_json(request).dump(-1, ' ', false, Json::error_handler_t::replace);
}

Result<Done> ExperienceKeeper::judge(std::uint64_t number, bool good) {
  auto judged = log_->judge(number, good);
  if (judged && recorder_.judged(number, good)) judged_ = true;
  return judged;
}

void ExperienceKeeper::publish() {
  if (judged_ || solved_ >= std::max(publish_min, recorder_.size() / 32)) make_current();
}

void ExperienceKeeper::make_current() {
  // Where requests still hold all places the next call tries again.
  if (!versions_.has_room() || !versions_.set(recorder_.snapshot())) return;
  solved_ = 0;
  judged_ = false;
}

}  // namespace weir::search::program
