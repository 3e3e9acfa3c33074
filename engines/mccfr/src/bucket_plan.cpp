#include <algorithm>
#include <nlohmann/json.hpp>
#include <weir/mccfr/bucket_build.hpp>
#include <weir/mccfr/holdem_game.hpp>

namespace weir::mccfr::abstraction {
namespace {

constexpr std::array<std::string_view, 6> method_names{"lossless", "percentile", "strength",
                                                       "emd",      "potential",  "ochs"};

bool serves(BucketMethod method, int round) noexcept {
  switch (method) {
    case BucketMethod::lossless:
      return round == 0;
    case BucketMethod::percentile:
      return true;
    case BucketMethod::strength:
    case BucketMethod::ochs:
      return round == 3;
    case BucketMethod::emd:
      return round < 3;
    default:
      return round == 1 || round == 2;
  }
}

Result<Done> check_street(const StreetPlan& street, int round) {
  const std::string name(round_name(round));
  const int most = round == 0 ? kind_count : 1000;
  if (street.count < 1 || street.count > most)
    return Error{"bad_config", "1 to " + std::to_string(most) + " buckets", name};
  if (!serves(street.method, round)) {
    return Error{"bad_config", "has no method \"" + std::string(to_string(street.method)) + "\"",
                 name};
  }
  if (street.method == BucketMethod::lossless && street.count != kind_count)
    return Error{"bad_config", "without loss there are 169 buckets", name};
  return Done{};
}

nlohmann::json street_json(const BucketPlan& plan, int round) {
  const StreetPlan& street = plan.streets[static_cast<std::size_t>(round)];
  nlohmann::json told = {{"method", to_string(street.method)}, {"count", street.count}};
  if (street.method == BucketMethod::lossless) return told;
  if (street.method == BucketMethod::percentile) {
    told["measure"] = plan.measure == StrengthMeasure::mean ? "e_hs" : "e_hs2";
    return told;
  }
  told["players"] = plan.players;
  told["restarts"] = plan.restarts;
  told["iterations"] = plan.iterations;
  told["seed"] = plan.seed;
  if (round > 0) told["samples"] = plan.samples;
  if (street.method == BucketMethod::potential) told["next"] = street_json(plan, round + 1);
  return told;
}

}  // namespace

std::string_view to_string(BucketMethod method) noexcept {
  return method_names[static_cast<std::size_t>(method)];
}

std::optional<BucketMethod> bucket_method_of(std::string_view name) noexcept {
  const auto at = std::find(method_names.begin(), method_names.end(), name);
  if (at == method_names.end()) return std::nullopt;
  return static_cast<BucketMethod>(at - method_names.begin());
}

Result<Done> check(const BucketPlan& plan) {
  for (int round = 0; round < 4; ++round) {
    if (auto good = check_street(plan.streets[static_cast<std::size_t>(round)], round); !good)
      return good;
  }
  const auto within = [](int value, int least, int most) {
    return value >= least && value <= most;
  };
  if (!within(plan.players, 2, 6)) return Error{"bad_config", "2 to 6 players", "players"};
  if (!within(plan.samples, 100, 10'000'000))
    return Error{"bad_config", "100 to 10,000,000 samples", "samples"};
  if (!within(plan.restarts, 1, 100)) return Error{"bad_config", "1 to 100 restarts", "restarts"};
  if (!within(plan.iterations, 1, 1000))
    return Error{"bad_config", "1 to 1,000 iterations", "iterations"};
  return Done{};
}

std::string street_text(const BucketPlan& plan, int round) {
  return street_json(plan, round).dump();
}

std::size_t bytes_of(const BucketPlan& plan, int workers) noexcept {
  constexpr std::size_t row_bytes_max = 94, point_bytes = 64 + 24, worker_bytes = 1 << 20;
  constexpr std::size_t percentile_bytes = 180'000'000, cut_bytes = 269'000;
  std::size_t bytes = static_cast<std::size_t>(std::max(workers, 1)) * worker_bytes;
  bool sampled = false, percentile = false;
  for (int round = 0; round < 4; ++round) {
    const StreetPlan& street = plan.streets[static_cast<std::size_t>(round)];
    const auto count = static_cast<std::size_t>(street.count);
    // Twice: while a file is read whose streets are done already.
    bytes += 2 * (hand_index(round).size() * bucket_bytes(street.count) + count * count * 6);
    sampled = sampled || (round > 0 && street.method >= BucketMethod::strength);
    percentile = percentile || street.method == BucketMethod::percentile;
  }
  if (sampled) bytes += static_cast<std::size_t>(plan.samples) * (row_bytes_max + point_bytes);
  if (percentile)
    bytes += percentile_bytes + static_cast<std::size_t>(plan.streets[3].count) * cut_bytes;
  return bytes;
}

}  // namespace weir::mccfr::abstraction
