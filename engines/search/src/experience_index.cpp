#include <algorithm>
#include <cstdio>
#include <unordered_set>
#include <weir/search/experience_index.hpp>
#include <weir/search/list_language.hpp>

#include "experience_profile.hpp"
#include "list_recipe.hpp"
#include "sygus_parts.hpp"

namespace weir::search {

namespace lessons {

constexpr std::uint32_t good_weight = 3;                 // more than having been solved
constexpr double usage_base = 0.15;                      // of a function of which nothing is known
constexpr double usage_smoothing = 8, usage_least = 32;  // programs
constexpr std::uint32_t parts_least = 2;                 // answers that have it

struct Near {
  std::uint32_t distance = 0;
  const Lesson* lesson = nullptr;
};

bool closer(const Near& a, const Near& b) noexcept {
  if (a.distance != b.distance) return a.distance < b.distance;
  if (a.lesson->weight() != b.lesson->weight()) return a.lesson->weight() > b.lesson->weight();
  return a.lesson->number > b.lesson->number;
}

/// How likely what was used in so many of the programs is.
float share(double count, double programs) noexcept {
  return static_cast<float>((count + usage_smoothing * usage_base) / (programs + usage_smoothing));
}

std::uint64_t key_of(const sygus::Parts::Term& part) noexcept {
  return hash_on(hash_start, part.text) << 8U | part.nodes;
}

/// Null where the recipe is no answer of SyGuS.
std::shared_ptr<const LessonParts> parts_of(std::string_view recipe) {
  const std::optional<sygus::Parts> parts = sygus::parts_of(recipe);
  if (!parts) return nullptr;
  LessonParts kept{parts->used, {}};
  for (const sygus::Parts::Term& part : parts->terms) kept.terms.push_back(key_of(part));
  return std::make_shared<const LessonParts>(std::move(kept));
}

/// Answers that have a part, and one of them.
struct Shared {
  std::uint32_t answers = 0;
  const Lesson* one = nullptr;
};

/// The part of a lesson that has this key.
std::string text_of(std::uint64_t key, const Lesson& lesson) {
  const std::optional<sygus::Parts> parts = sygus::parts_of(*lesson.recipe);
  if (!parts) return {};
  const auto found =
      std::find_if(parts->terms.begin(), parts->terms.end(),
                   [key](const sygus::Parts::Term& part) { return key_of(part) == key; });
  return found == parts->terms.end() ? std::string() : found->text;
}

/// Keeps the closest, each recipe once.
void offer(std::vector<Near>& kept, const Near& near, std::size_t count) {
  if (kept.size() == count && !closer(near, kept.back())) return;
  const auto twin = std::find_if(kept.begin(), kept.end(), [&](const Near& other) {
    return other.lesson->recipe_hash == near.lesson->recipe_hash;
  });
  if (twin != kept.end()) {
    if (!closer(near, *twin)) return;
    kept.erase(twin);
  } else if (kept.size() == count) {
    kept.pop_back();
  }
  kept.insert(std::upper_bound(kept.begin(), kept.end(), near, closer), near);
}

/// Each recipe once, its newest lesson, by what its lessons weigh together: the heaviest first, then the newer.
std::vector<const Lesson*> heaviest(const std::vector<const Lesson*>& all, std::size_t count) {
  struct Same {
    std::uint64_t weight = 0;
    const Lesson* newest = nullptr;
  };
  std::unordered_map<std::uint64_t, Same> recipes;
  for (const Lesson* lesson : all) {
    Same& same = recipes[lesson->recipe_hash];
    same.weight += lesson->weight();
    if (same.newest == nullptr || lesson->number > same.newest->number) same.newest = lesson;
  }
  std::vector<Same> known;
  for (const auto& [hash, same] : recipes) {
    if (same.weight >= 2) known.push_back(same);  // solved once: nothing says that it comes again
  }
  const std::size_t kept = std::min(count, known.size());
  std::partial_sort(known.begin(), known.begin() + static_cast<std::ptrdiff_t>(kept), known.end(),
                    [](const Same& a, const Same& b) {
                      return a.weight != b.weight ? a.weight > b.weight
                                                  : a.newest->number > b.newest->number;
                    });
  std::vector<const Lesson*> most;
  for (std::size_t i = 0; i < kept; ++i) most.push_back(known[i].newest);
  return most;
}

}  // namespace lessons

std::uint32_t Lesson::weight() const noexcept {
  if (!good) return times;
  return *good ? times + lessons::good_weight : 0;
}

std::vector<const Lesson*> ExperienceIndex::nearest(const Profile& profile,
                                                    std::size_t count) const {
  std::vector<lessons::Near> kept;
  if (count == 0) return {};
  for (const Lesson& lesson : lessons_) {
    if (lesson.profile.key != profile.key || lesson.weight() == 0) continue;
    lessons::offer(kept, {distance(lesson.profile, profile), &lesson}, count);
  }
  std::vector<const Lesson*> found;
  for (const lessons::Near& near : kept) found.push_back(near.lesson);
  return found;
}

Hints ExperienceIndex::hints(const Request& request) const {
  Hints hints;
  if (lessons_.empty()) return hints;
  const auto* const task = std::get_if<Task>(&request.what);
  if (task != nullptr && task->domain == Domain::list) hints.usage = list_usage_;
  if (std::holds_alternative<SygusText>(request.what)) {
    hints.parts = parts_;
    hints.operators = operator_usage_;
  }
  const std::optional<Profile> profile = profile_of(request);
  if (!profile) return hints;
  std::unordered_set<std::uint64_t> left_out;
  for (const Lesson& lesson : lessons_) {
    if (lesson.profile.hash == profile->hash && lesson.weight() == 0)
      left_out.insert(lesson.recipe_hash);
  }
  const auto take = [&](const std::vector<const Lesson*>& from) {
    for (const Lesson* lesson : from) {
      if (left_out.insert(lesson->recipe_hash).second) hints.recipes.push_back(*lesson->recipe);
    }
  };
  take(nearest(*profile, nearest_max));
  if (const auto most = most_used_.find(profile->key); most != most_used_.end()) take(most->second);
  return hints;
}

std::size_t ExperienceIndex::memory() const noexcept {
  std::size_t bytes = sizeof(*this) + lessons_.capacity() * sizeof(Lesson);
  for (const Lesson& lesson : lessons_) {
    bytes += sizeof(std::string) + lesson.recipe->capacity();
    if (lesson.parts == nullptr) continue;
    bytes += sizeof(LessonParts) + lesson.parts->terms.capacity() * sizeof(std::uint64_t);
  }
  for (const std::string& part : parts_) bytes += sizeof part + part.capacity();
  return bytes + most_used_.size() * (4 + most_used_max) * sizeof(void*);
}

/// What hints need of all lessons together, and their name.
void ExperienceIndex::learn() {
  std::unordered_map<std::uint64_t, std::vector<const Lesson*>> by_key;
  std::array<double, lists::functions> counts{};
  double programs = 0;
  std::uint64_t digest = hash_start;
  for (const Lesson& lesson : lessons_) {
    for (const std::uint64_t part :
         {lesson.profile.hash, lesson.recipe_hash, lesson.number, std::uint64_t{lesson.weight()}})
      digest = hash_on(digest, part);
    if (lesson.weight() == 0) continue;
    by_key[lesson.profile.key].push_back(&lesson);
    const std::optional<std::uint64_t> used = lists::functions_searched(*lesson.recipe);
    if (!used) continue;
    programs += lesson.weight();
    for (std::size_t function = 0; function < lists::functions; ++function)
      counts[function] += (*used >> function & 1U) != 0 ? lesson.weight() : 0;
  }
  for (const auto& [key, all] : by_key) {
    if (auto most = lessons::heaviest(all, most_used_max); !most.empty())
      most_used_.emplace(key, std::move(most));
  }
  if (programs >= lessons::usage_least) {
    for (const double count : counts) list_usage_.push_back(lessons::share(count, programs));
  }
  learn_parts();
  std::array<char, 48> name{};
  std::snprintf(name.data(), name.size(), "%zu-%08x", lessons_.size(),
                static_cast<unsigned>(digest ^ digest >> 32));
  version_ = name.data();
}

/// What SyGuS answers have in common, whatever their grammars: parts that several have, most used and then smallest
/// first, and how often each operator is used.
void ExperienceIndex::learn_parts() {
  std::unordered_map<std::uint64_t, lessons::Shared> answers;  // that have the part
  std::array<double, sygus::operators> counts{};
  double programs = 0;
  for (const Lesson& lesson : lessons_) {
    if (lesson.weight() == 0 || lesson.parts == nullptr) continue;
    programs += 1;
    for (const std::uint64_t part : lesson.parts->terms) {
      lessons::Shared& shared = answers[part];
      shared.answers += 1;
      shared.one = &lesson;
    }
    for (std::size_t op = 0; op < sygus::operators; ++op)
      counts[op] += (lesson.parts->used >> op & 1U) != 0 ? 1 : 0;
  }
  std::vector<std::pair<std::uint64_t, lessons::Shared>> shared;
  for (const auto& one : answers) {
    if (one.second.answers >= lessons::parts_least) shared.push_back(one);
  }
  std::sort(shared.begin(), shared.end(), [](const auto& a, const auto& b) {
    if (a.second.answers != b.second.answers) return a.second.answers > b.second.answers;
    const std::uint64_t nodes = a.first & 0xff, others = b.first & 0xff;
    return nodes != others ? nodes < others : a.first < b.first;
  });
  if (shared.size() > parts_max) shared.resize(parts_max);
  for (const auto& [part, of] : shared) parts_.push_back(lessons::text_of(part, *of.one));
  if (programs < lessons::usage_least) return;
  for (const double count : counts) operator_usage_.push_back(lessons::share(count, programs));
}

bool ExperienceRecorder::solved(std::uint64_t number, const Request& request,
                                std::string_view recipe) {
  if (recipe.empty() || recipe.size() > recipe_bytes_max) return false;
  const std::optional<Profile> profile = profile_of(request);
  if (!profile) return false;
  const std::uint64_t recipe_hash = hash_on(hash_start, recipe);
  const auto [at, fresh] =
      places_.try_emplace(hash_on(profile->hash, recipe_hash), first_ + lessons_.size());
  if (fresh) {
    Lesson lesson;
    lesson.profile = *profile;
    lesson.recipe_hash = recipe_hash;
    lesson.recipe = std::make_shared<const std::string>(recipe);
    if (std::holds_alternative<SygusText>(request.what)) lesson.parts = lessons::parts_of(recipe);
    lessons_.push_back(std::move(lesson));
  }
  Lesson& lesson = lessons_[at->second - first_];
  lesson.number = number;
  lesson.times = std::min(lesson.times + 1, 1'000'000U);
  numbers_.push_back({number, at->second});
  if (numbers_.size() > 4 * lessons_max) numbers_.pop_front();
  if (lessons_.size() > lessons_max) {
    places_.erase(hash_on(lessons_.front().profile.hash, lessons_.front().recipe_hash));
    lessons_.pop_front();
    ++first_;
  }
  return true;
}

bool ExperienceRecorder::judged(std::uint64_t number, bool good) {
  const auto at =
      std::lower_bound(numbers_.begin(), numbers_.end(), number,
                       [](const Place& place, std::uint64_t of) { return place.number < of; });
  if (at == numbers_.end() || at->number != number || at->place < first_) return false;
  Lesson& lesson = lessons_[at->place - first_];
  if (number < lesson.judged_number) return true;  // a later record of the same has its own
  lesson.judged_number = number;
  lesson.good = good;
  return true;
}

std::unique_ptr<const ExperienceIndex> ExperienceRecorder::snapshot() const {
  auto index = std::make_unique<ExperienceIndex>();
  index->lessons_.assign(lessons_.begin(), lessons_.end());
  index->learn();
  return index;
}

}  // namespace weir::search
