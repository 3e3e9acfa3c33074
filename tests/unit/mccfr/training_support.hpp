// training_support.hpp: what tests of training share.
#pragma once

#include <memory>
#include <weir/mccfr/trainer.hpp>
#include <weir/runtime.hpp>

namespace weir::test {

inline void look_nowhere(void*) {}

inline std::unique_ptr<Runtime> runtime_of(int workers = 2) {
  Config config;
  config.workers = workers;
  return Runtime::start(config).value();
}

inline mccfr::TrainRules deterministic_rules(
    mccfr::Algorithm algorithm = mccfr::Algorithm::external) {
  mccfr::TrainRules rules;
  rules.algorithm = algorithm;
  rules.mode = mccfr::UpdateMode::deterministic;
  rules.discount.kind = mccfr::Discount::Kind::linear;
  rules.discount_interval = 3'000;
  rules.seed = 11;
  return rules;
}

}  // namespace weir::test
