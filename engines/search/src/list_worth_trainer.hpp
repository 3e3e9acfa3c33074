// list_worth_trainer.hpp: teaching list_worth.hpp's network from random programs.
//
// Where a program is half made, its search could go on with any line; the lines that the program has are right. The
// network is taught to tell them from the others: -log of the share that the right ones have of all, by the
// exponentials of the network's number plus what guidance says of the call.
//
// Roles:  pure; any thread.
// Order:  the same for the same seed, on any machine.
// Memory: 13 KiB a choice.
// Cost:   40,000 choices and five passes over them: two processor minutes.
// Source: Kingma, Ba, "Adam", ICLR 2015.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>
#include <weir/search/list_tasks.hpp>
#include <weir/search/mlp.hpp>

#include "list_costs.hpp"
#include "list_worth.hpp"

namespace weir::search::lists {

/// What could come next where a program is half made.
struct WorthChoice {
  struct Option {
    WorthFeatures features;
    std::uint8_t call = 0;
    bool right = false;
    float prior = 0;  // natural logarithm of its probability by its call alone, up to a constant
  };
  std::vector<Option> options;
};

/// Those before each line but the last two, which the search asks the examples for. `costs`: of the task's guidance.
std::vector<WorthChoice> worth_choices(const DrawnTask& task, const Costs& costs);

/// Mean loss in bits, of one choice or more. To `gradient`, of as many numbers as the weights, that of the same mean in
/// nats is added; null: none.
double worth_loss(const nets::Weights& weights, std::span<const WorthChoice* const> choices,
                  float* gradient);

struct WorthTraining {
  std::uint64_t seed = 1;
  std::size_t passes = 5, batch = 32;     // over all choices; choices of a step
  float rate = 3e-3F, rate_last = 2e-5F;  // from the first step to the last
  float decay = 2e-3F;                    // of weights, a step, times the rate
};
/// Without a choice: the weights that training begins with.
nets::Weights teach_worth(std::span<const WorthChoice> choices, const WorthTraining& training);

}  // namespace weir::search::lists
