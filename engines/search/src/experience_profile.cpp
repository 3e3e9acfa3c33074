#include "experience_profile.hpp"

#include <algorithm>
#include <cmath>
#include <numeric>
#include <weir/search/sygus_problem.hpp>

namespace weir::search {

namespace profile {

constexpr std::size_t examples_max = 16, text_max = 256;

using Sums = std::array<double, experience_features>;

double part(std::size_t some, std::size_t all) {
  return all == 0 ? 0 : static_cast<double>(some) / static_cast<double>(all);
}

/// 0 for nothing, about 1 for 100.
double scaled(double size) { return std::min(1.0, std::log2(1 + std::abs(size)) / 7); }

struct Classes {
  std::array<double, 5> share{};  // digits, capitals, letters, spaces, the rest
  std::uint64_t look = hash_start;
};

std::size_t class_of(char c) noexcept {
  if (c >= '0' && c <= '9') return 0;
  if (c >= 'A' && c <= 'Z') return 1;
  if ((c >= 'a' && c <= 'z') || static_cast<unsigned char>(c) >= 0x80) return 2;
  return c == ' ' ? 3 : 4;
}

Classes classes_of(std::string_view text) {
  Classes classes;
  std::size_t before = classes.share.size();
  for (const char c : text) {
    const std::size_t now = class_of(c);
    classes.share[now] += 1.0 / static_cast<double>(text.size());
    if (now == before && now < 4) continue;
    before = now;
    classes.look = hash_on(classes.look, now < 4 ? now : static_cast<unsigned char>(c));
  }
  return classes;
}

char lower(char c) noexcept { return c >= 'A' && c <= 'Z' ? static_cast<char>(c + 32) : c; }

std::string lower(std::string text) {
  for (char& c : text) c = lower(c);
  return text;
}

/// Bytes of `text` that are among those of `of`, each as often as it stands there.
template <class Range>
double shared_part(Range text, Range of) {
  std::sort(text.begin(), text.end());
  std::sort(of.begin(), of.end());
  std::size_t shared = 0;
  for (std::size_t i = 0, j = 0; i < text.size() && j < of.size();) {
    if (text[i] == of[j]) {
      ++shared, ++i, ++j;
    } else if (text[i] < of[j]) {
      ++i;
    } else {
      ++j;
    }
  }
  return part(shared, text.size());
}

std::string shown(const Value& value) {
  if (const auto* text = std::get_if<std::string>(&value)) return text->substr(0, text_max);
  if (const auto* number = std::get_if<std::int64_t>(&value)) return std::to_string(*number);
  if (const auto* truth = std::get_if<bool>(&value)) return *truth ? "true" : "false";
  return {};
}

void add_text(const Example& example, Sums& sums) {
  std::string in;
  bool whole = false, any_case = false, front = false, back = false;
  const std::string out = shown(*example.out);
  for (const Value& value : example.in) {
    const std::string text = shown(value);
    whole = whole || text.find(out) != std::string::npos;
    any_case = any_case || lower(text).find(lower(out)) != std::string::npos;
    front = front || text.starts_with(out);
    back = back || text.ends_with(out);
    in += (in.empty() ? "" : "\n") + text;
  }
  const Classes of_in = classes_of(in), of_out = classes_of(out);
  std::size_t at = 0;
  for (const double share : of_in.share) sums[at++] += share;
  for (const double share : of_out.share) sums[at++] += share;
  sums[at++] += scaled(static_cast<double>(in.size()));
  sums[at++] += scaled(static_cast<double>(out.size()));
  sums[at++] += std::min(1.0, part(out.size(), 2 * in.size()));
  for (const bool holds : {whole, any_case, front, back}) sums[at++] += holds ? 1 : 0;
  sums[at++] += shared_part(out, in);
  sums[at++] += shared_part(in, out);
  sums[at++] += shared_part(lower(out), lower(in));
  sums[at++] += scaled(static_cast<double>(std::count(in.begin(), in.end(), ' ')));
  sums[at++] += scaled(static_cast<double>(std::count(out.begin(), out.end(), ' ')));
  sums[at++] += out.empty() ? 1 : 0;
  // Looks that are the same add nothing to a distance, others about a quarter of a whole feature.
  for (const std::uint64_t look : {of_in.look, of_out.look})
    sums[at++] += static_cast<double>(look % 128) / 255;
}

List list_of(const Value& value) {
  if (const auto* list = std::get_if<List>(&value)) return *list;
  if (const auto* number = std::get_if<std::int64_t>(&value)) return {*number};
  return {};
}

double share_of(const List& list, bool (*holds)(std::int64_t)) {
  return part(static_cast<std::size_t>(std::count_if(list.begin(), list.end(), holds)),
              list.size());
}

/// Differences of outputs and inputs, place by place.
void add_relations(const List& in, const List& out, Sums& sums, std::size_t& at) {
  const std::size_t both = std::min(in.size(), out.size());
  std::size_t same = 0, above = 0, same_back = 0;
  for (std::size_t i = 0; i < both; ++i) {
    same += in[i] == out[i] ? 1 : 0;
    above += out[i] > in[i] ? 1 : 0;
    same_back += in[in.size() - 1 - i] == out[out.size() - 1 - i] ? 1 : 0;
  }
  sums[at++] += part(same, both);
  sums[at++] += part(above, both);
  sums[at++] += part(same_back, both);
  sums[at++] += shared_part(out, in);
  sums[at++] += shared_part(in, out);
  sums[at++] += in.size() == out.size() ? 1 : 0;
}

void add_list(const Example& example, Sums& sums) {
  List in;
  for (const Value& value : example.in) {
    const List list = list_of(value);
    if (std::holds_alternative<List>(value) && in.empty()) in = list;
  }
  const List out = list_of(*example.out);
  std::size_t at = 0;
  for (const List* list : {static_cast<const List*>(&in), &out}) {
    sums[at++] += scaled(static_cast<double>(list->size()));
    sums[at++] += share_of(*list, [](std::int64_t x) { return x < 0; });
    sums[at++] += share_of(*list, [](std::int64_t x) { return x == 0; });
    sums[at++] += share_of(*list, [](std::int64_t x) { return x % 2 == 0; });
    sums[at++] += share_of(*list, [](std::int64_t x) { return x % 3 == 0; });
    sums[at++] += share_of(*list, [](std::int64_t x) { return x % 4 == 0; });
    double size = 0;
    for (const std::int64_t x : *list) size = std::max(size, std::abs(static_cast<double>(x)));
    sums[at++] += scaled(size);
    sums[at++] += std::is_sorted(list->begin(), list->end()) ? 1 : 0;
    sums[at++] += std::is_sorted(list->rbegin(), list->rend()) ? 1 : 0;
  }
  add_relations(in, out, sums, at);
  List sorted = in;
  std::sort(sorted.begin(), sorted.end());
  add_relations(sorted, out, sums, at);
}

std::uint64_t hash_of(std::uint64_t hash, const Value& value) {
  hash = hash_on(hash, value.index());
  if (const auto* list = std::get_if<List>(&value)) {
    for (const std::int64_t x : *list) hash = hash_on(hash, static_cast<std::uint64_t>(x));
    return hash_on(hash, list->size());
  }
  if (const auto* text = std::get_if<std::string>(&value))
    return hash_on(hash_on(hash, *text), text->size());
  return hash_on(hash, shown(value));
}

/// What a term may be made of.
std::uint64_t key_of(const sygus::Problem& problem) {
  std::uint64_t key = hash_on(hash_start, "sygus");
  for (const sygus::Argument& argument : problem.arguments)
    key = hash_on(hash_on(key, argument.name), static_cast<std::uint64_t>(argument.sort));
  for (const Value& constant : problem.constants) key = hash_of(key, constant);
  for (const sygus::Function& function : problem.functions) key = hash_on(key, function.text);
  for (const sygus::Nonterminal& symbol : problem.nonterminals) {
    key = hash_on(hash_on(key, static_cast<std::uint64_t>(symbol.sort)), symbol.productions.size());
    for (const sygus::Production& production : symbol.productions) {
      key = hash_on(hash_on(key, static_cast<std::uint64_t>(production.op)), production.index);
      for (const std::uint16_t argument : production.arguments) key = hash_on(key, argument);
    }
  }
  return key;
}

std::uint64_t key_of(const Task& task) {
  std::uint64_t key = hash_on(hash_start, task.domain == Domain::list ? "list" : "text");
  if (task.examples.empty()) return key;
  for (const Value& value : task.examples.front().in) key = hash_on(key, value.index());
  return key;
}

}  // namespace profile

std::optional<Profile> profile_of_examples(std::span<const Example> examples, std::uint64_t key) {
  Profile profile{key, key, {}};
  profile::Sums sums{};
  std::size_t labelled = 0, output = 0;
  for (const Example& example : examples) {
    // Which of the values is an output is part of what was asked.
    profile.hash = hash_on(profile.hash, 2 * example.in.size() + (example.out ? 1 : 0));
    for (const Value& value : example.in) profile.hash = profile::hash_of(profile.hash, value);
    if (!example.out) continue;
    profile.hash = profile::hash_of(profile.hash, *example.out);
    output = example.out->index();
    if (++labelled > profile::examples_max) continue;
    if (std::holds_alternative<std::string>(*example.out) || example.in.empty() ||
        std::holds_alternative<std::string>(example.in.front())) {
      profile::add_text(example, sums);
    } else {
      profile::add_list(example, sums);
    }
  }
  if (labelled == 0) return std::nullopt;
  profile.key = hash_on(profile.key, output);
  const auto counted = static_cast<double>(std::min(labelled, profile::examples_max));
  for (std::size_t i = 0; i < experience_features; ++i)
    profile.features[i] =
        static_cast<std::uint8_t>(std::clamp(std::round(255 * sums[i] / counted), 0.0, 255.0));
  return profile;
}

std::optional<Profile> profile_of(const Request& request) {
  if (const auto* const task = std::get_if<Task>(&request.what))
    return profile_of_examples(task->examples, profile::key_of(*task));
  const auto* const text = std::get_if<SygusText>(&request.what);
  if (text == nullptr) return std::nullopt;
  const auto problem = sygus::read_problem(text->text);
  if (!problem) return std::nullopt;
  return profile_of_examples(problem.value().examples, profile::key_of(problem.value()));
}

std::uint32_t distance(const Profile& a, const Profile& b) noexcept {
  std::uint32_t sum = 0;
  for (std::size_t i = 0; i < experience_features; ++i)
    sum += static_cast<std::uint32_t>(std::abs(a.features[i] - b.features[i]));
  return sum;
}

}  // namespace weir::search
