// planted_kernel.hpp: kernels and a network whose course a test sets.
#pragma once

#include <algorithm>
#include <atomic>
#include <memory>
#include <string>
#include <vector>
#include <weir/clock.hpp>
#include <weir/futex.hpp>
#include <weir/search/engine.hpp>

namespace weir::search::planted {

struct Plan {
  std::uint64_t full_after = ~std::uint64_t{0};  // simulations after which there is an answer
  std::uint64_t smallest_after =
      ~std::uint64_t{0};         // and after which it is known to be the smallest
  std::uint64_t spin_ns = 0;     // work of a simulation
  std::uint32_t leaf_every = 0;  // a question after so many simulations; 0: never
  std::vector<float> features = {};
  std::atomic<int>* inside = nullptr;  // threads inside this kernel: never two
  std::atomic<int>* alive = nullptr;   // kernels that exist
};

/// Its "program" tells what it lived through: how many simulations, and what was applied when.
class PlantedKernel final : public Kernel {
 public:
  explicit PlantedKernel(Plan plan) : plan_(std::move(plan)) {
    if (plan_.alive != nullptr) ++*plan_.alive;
  }
  ~PlantedKernel() override {
    if (plan_.alive != nullptr) --*plan_.alive;
  }

  Turn turn(std::uint32_t most) override {
    if (plan_.inside != nullptr && plan_.inside->fetch_add(1) != 0) torn_ = true;
    Turn turn;
    while (turn.simulations < most && found() != Found::smallest) {
      if (plan_.spin_ns != 0) {
        const Deadline until = now_ns() + plan_.spin_ns;
        while (now_ns() < until) {
        }
      }
      ++turn.simulations, ++done_;
      if (plan_.leaf_every != 0 && done_ % plan_.leaf_every == 0) {
        turn.parked = true;
        break;
      }
    }
    turn.ended = found() == Found::smallest;
    if (plan_.inside != nullptr) plan_.inside->fetch_sub(1);
    return turn;
  }
  Found found() const noexcept override {
    if (done_ >= plan_.smallest_after) return Found::smallest;
    return done_ >= plan_.full_after ? Found::full : Found::nothing;
  }
  Answer best(std::size_t, std::span<const Language>) const override {
    Answer answer;
    answer.found = found();
    Program program;
    program.text.emplace_back(Language::python,
                              (torn_ ? "torn " : "") + std::to_string(done_) + log_);
    if (answer.found != Found::nothing) answer.programs.push_back(program);
    return answer;
  }
  std::uint64_t nodes() const noexcept override { return done_; }
  std::size_t memory() const noexcept override { return sizeof(*this); }
  std::span<const float> features() const noexcept override { return plan_.features; }
  void apply(std::span<const float> prior) override {
    log_ += " " + (prior.empty() ? "none" : std::to_string(prior[0])) + "@" + std::to_string(done_);
  }

 private:
  Plan plan_;
  std::uint64_t done_ = 0;
  bool torn_ = false;
  std::string log_;
};

/// Answers the sum of the features; stalls for as long as it is told to.
class PlantedNetwork final : public Network {
 public:
  explicit PlantedNetwork(std::string version, float plus = 0)
      : version_(std::move(version)), plus_(plus) {}
  std::size_t inputs() const noexcept override { return 2; }
  std::size_t outputs() const noexcept override { return 1; }
  void evaluate(const float* in, std::size_t rows, float* out) const override {
    while (gate != nullptr && gate->load(acquire) != 0)  // acquire pairs with the test's release
      futex_wait(*gate, 1, after_ms(1));
    if (stall_ms != 0 && stalls.fetch_sub(1) > 0) {
      const atomic<std::uint32_t> word{0};
      futex_wait(word, 0, after_ms(stall_ms));
    }
    for (std::size_t i = 0; i < rows; ++i) out[i] = in[2 * i] + in[2 * i + 1] + plus_;
    largest = std::max<std::size_t>(largest, rows);
  }
  const std::string& version() const noexcept override { return version_; }

  const atomic<std::uint32_t>* gate = nullptr;  // nothing is answered while it is 1
  std::uint64_t stall_ms = 0;
  mutable std::atomic<int> stalls{1'000'000};  // evaluations that stall, from the first on
  mutable std::size_t largest = 0;             // batch; the evaluator is one at a time

 private:
  std::string version_;
  float plus_;
};

inline Request request(Plan plan, std::uint64_t simulations = 0) {
  Request made;
  made.what = std::make_unique<PlantedKernel>(std::move(plan));
  made.simulations = simulations;
  made.languages = {Language::python};
  return made;
}

inline std::string text_of(const SearchReply& reply) {
  return reply.answer.programs.empty() ? "" : reply.answer.programs[0].text[0].second;
}

}  // namespace weir::search::planted
