#include "sygus_question.hpp"

#include <algorithm>

#include "sygus_meaning.hpp"
#include "sygus_print.hpp"

namespace weir::search::sygus {
namespace {

constexpr std::size_t asked_max = 400;

/// Texts and numbers near a value: those that look most like it first.
std::vector<Meaning> near(const Meaning& value) {
  std::vector<Meaning> all;
  const auto put_text = [&all](std::u32string text) {
    all.push_back({Sort::text, 0, std::move(text)});
  };
  if (value.sort == Sort::boolean) all.push_back({Sort::boolean, 1 - value.number, {}});
  if (value.sort == Sort::integer) {
    for (const std::int64_t step : {1, -1, 10}) {
      std::int64_t moved = 0;
      if (!__builtin_add_overflow(value.number, step, &moved))
        all.push_back({Sort::integer, moved, {}});
    }
  }
  if (value.sort != Sort::text) return all;
  const std::u32string& text = value.text;
  const std::size_t space = text.find(U' ');
  if (space != std::u32string::npos) {
    put_text(text + text.substr(space));  // the last words once more
    put_text(text.substr(space + 1));
    put_text(text.substr(0, space));
  }
  if (!text.empty()) {
    put_text(text.substr(1));
    put_text(text.substr(0, text.size() - 1));
    put_text(std::u32string(1, text[0]) + text);
    put_text(text + text.back());
    put_text(text.substr(text.size() / 2) + text.substr(0, text.size() / 2));
  }
  put_text(text + text);
  put_text(U"");
  return all;
}

class Inquiry {
 public:
  Inquiry(const Problem& problem, Body first, Body second)
      : problem_(problem), first_(std::move(first)), second_(std::move(second)) {}

  bool differs(const std::vector<Meaning>& in) {
    if (++asked_ > asked_max) return false;
    const std::optional<Meaning> one = meaning_of(first_, in, problem_.functions);
    const std::optional<Meaning> other = meaning_of(second_, in, problem_.functions);
    if (!one || !other || *one == *other) return false;
    Question question;
    for (const Meaning& value : in) question.in.push_back(value_of(value));
    question.out = {value_of(*one), value_of(*other)};
    found_ = std::move(question);
    return true;
  }

  std::optional<Question> run() {
    std::vector<std::vector<Meaning>> rows;
    for (std::size_t i = 0; i < std::min<std::size_t>(problem_.examples.size(), 24); ++i) {
      rows.emplace_back();
      for (const Value& value : problem_.examples[i].in) rows.back().push_back(meaning_of(value));
    }
    for (std::size_t width = 0; width < problem_.arguments.size() && !found_; ++width) {
      for (std::size_t i = 0; i < rows.size() && !found_; ++i) {
        std::vector<Meaning> mixed = rows[i];  // an argument of another example
        mixed[width] = rows[(i + 1) % rows.size()][width];
        if (problem_.arguments.size() > 1 && differs(mixed)) break;
        for (const Meaning& value : near(rows[i][width])) {
          mixed = rows[i];
          mixed[width] = value;
          if (differs(mixed)) break;
        }
      }
    }
    return std::move(found_);
  }

 private:
  const Problem& problem_;
  Body first_, second_;
  std::optional<Question> found_;
  std::size_t asked_ = 0;
};

}  // namespace

std::optional<Question> find_question(const Problem& problem, const Rules& rules,
                                      std::span<const SygusTerm> first,
                                      std::span<const SygusTerm> second) {
  return Inquiry(problem, body_of(rules, first), body_of(rules, second)).run();
}

}  // namespace weir::search::sygus
