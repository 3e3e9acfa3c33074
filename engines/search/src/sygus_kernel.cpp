#include <algorithm>
#include <set>
#include <utility>
#include <weir/search/sygus_kernel.hpp>

#include "sygus_meaning.hpp"
#include "sygus_print.hpp"
#include "sygus_question.hpp"
#include "sygus_search.hpp"

namespace weir::search::sygus {
namespace {

/// What a problem has that the search cannot hold, and where.
Error unsupported(const Problem& problem) {
  std::set<char32_t> beyond;
  const auto learn = [&beyond](const Value& value) {
    const auto* const text = std::get_if<std::string>(&value);
    for (const char32_t point : code_points(text == nullptr ? std::string_view() : *text)) {
      if (point >= 128) beyond.insert(point);
    }
  };
  for (const Value& value : problem.constants) learn(value);
  constexpr const char* many = "more than 128 different characters beyond ASCII";
  if (beyond.size() > Alphabet::beyond_max)
    return {"unsupported", std::string(many) + " in the grammar", problem.name};
  for (std::size_t i = 0; i < problem.examples.size(); ++i) {
    const Example& example = problem.examples[i];
    std::vector<Value> values = example.in;
    values.push_back(*example.out);
    for (const Value& value : values) learn(value);
    if (beyond.size() > Alphabet::beyond_max)
      return {"unsupported", std::string(many) + " by here", place_of_example(problem.examples, i)};
  }
  return {"unsupported", many, problem.name};
}

class SygusKernel final : public Kernel {
 public:
  SygusKernel(const Problem& problem, const KernelConfig& config)
      : problem_(std::make_unique<Problem>(problem)), config_(config) {}

  bool begin() {
    std::unique_ptr<Machine> machine = Machine::make(*problem_);
    if (!machine) return false;
    search_ = std::make_unique<SygusSearch>(*problem_, std::move(machine), config_);
    config_.hints = nullptr;  // it is read there alone
    return true;
  }

  Turn turn(std::uint32_t simulations_max) override {
    if (ended_) return {0, true};
    std::uint32_t spent = std::max(simulations_max, 1U);
    ended_ = !search_->run(spent);
    // However turns are cut, an end comes in the same simulation.
    if (ended_) spent = static_cast<std::uint32_t>(search_->simulations() - simulations_);
    simulations_ += spent;
    return {spent, ended_};
  }

  Found found() const noexcept override {
    const Offers& offers = search_->offers();
    // With another constant that the grammar has, and the search has not, a term may be smaller yet.
    const bool all_terms =
        !search_->machine().rules().sampled() || (offers.found() && offers.kept()[0].size == 1);
    if (search_->smallest() && all_terms) return Found::smallest;
    if (offers.found()) return Found::full;
    return offers.partial() ? Found::partial : Found::nothing;
  }

  Answer best(std::size_t top, std::span<const Language> in) const override {
    Answer answer;
    answer.found = found();
    answer.examples_total = static_cast<std::uint32_t>(problem_->examples.size());
    const Offers& offers = search_->offers();
    if (offers.found()) {
      answer.examples_passed = answer.examples_total;
      double weight = 0.5;
      for (const Kept& kept : offers.kept()) {
        if (answer.programs.size() >= top) break;
        answer.programs.push_back(program(kept, in, weight));
        weight /= 2;
      }
      if (offers.kept().size() > 1 && top > 0) {
        const Rules& rules = search_->machine().rules();
        answer.question =
            find_question(*problem_, rules, offers.kept()[0].term, offers.kept()[1].term);
      }
    } else if (offers.partial() && top > 0) {
      answer.examples_passed = offers.partial()->passed;
      const double share =
          static_cast<double>(answer.examples_passed) / static_cast<double>(answer.examples_total);
      answer.programs.push_back(program(*offers.partial(), in, share / 2));
    }
    return answer;
  }

  std::uint64_t nodes() const noexcept override { return search_->candidates(); }
  std::size_t memory() const noexcept override { return search_->bytes(); }

 private:
  Program program(const Kept& kept, std::span<const Language> in, double confidence) const {
    Program program;
    program.size = kept.size;
    program.confidence = confidence;
    if (kept.passed == problem_->examples.size()) program.recipe = kept.text;
    for (const Language language : in) {
      std::string text =
          language == Language::sygus
              ? kept.text
              : program_text(*problem_, search_->machine().rules(), kept.term, language);
      if (!text.empty()) program.text.emplace_back(language, std::move(text));
    }
    return program;
  }

  std::unique_ptr<Problem> problem_;
  KernelConfig config_;
  std::unique_ptr<SygusSearch> search_;
  std::uint64_t simulations_ = 0;  // that turns were counted as
  bool ended_ = false;
};

}  // namespace

Result<std::unique_ptr<Kernel>> make_kernel(const Problem& problem, const KernelConfig& config) {
  auto kernel = std::make_unique<SygusKernel>(problem, config);
  if (!kernel->begin()) return unsupported(problem);
  return std::unique_ptr<Kernel>(std::move(kernel));
}

}  // namespace weir::search::sygus
