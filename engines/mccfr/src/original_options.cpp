#include "original_options.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <initializer_list>
#include <weir/mccfr/discount.hpp>

namespace weir::mccfr {
namespace {

constexpr const char* of_no_effect = "Accepted, and of no effect here";
constexpr std::uint32_t buckets_max = 1'000;
constexpr std::array<std::uint32_t, 4> bucket_counts = {169, 200, 200, 200};

constexpr std::array idle_numbers = {
    "--tensorboard-log-interval",
    "--num-instances",
    "--chunk-iterations,--chunk-size-iterations",
    "--chunk-minutes,--chunk-size-minutes",
    "--chunk-restart-delay,--chunk-restart-delay-seconds",
    "--preflop-equity-samples",
};
constexpr std::array idle_flags = {
    "--tensorboard,!--no-tensorboard",
    "--chunked,--enable-chunked-training",
    "--dcfr-reset-negative-regrets",
    "--include-action-history-in-infoset",
};

/// A count, or what can only be a file's name.
std::string bucket_word(std::string& word) {
  std::uint32_t count = 0;
  const char* const end = word.data() + word.size();
  const auto read = std::from_chars(word.data(), end, count);
  const bool number = read.ec == std::errc{} && read.ptr == end;
  if (number && count >= 1 && count <= buckets_max) return {};
  const bool name = !number && word.find_first_of("./") != std::string::npos &&
                    word.find_first_not_of("0123456789.-+") != std::string::npos;
  if (name) return {};
  return "\"" + word + "\" is no whole number from 1 to " + std::to_string(buckets_max) +
         ", and no file of buckets";
}

Result<Done> apply_buckets(Options& o) {
  OriginalOptions& given = o.original;
  const bool file = std::any_of(given.buckets.begin(), given.buckets.end(), [](const auto& word) {
    return word.find_first_of("./") != std::string::npos;
  });
  if (file) {
    if (given.buckets.size() != 1)
      return Error{"usage", "four counts, or one file of buckets", "--buckets"};
    if (o.buckets_file.empty()) o.buckets_file = given.buckets.front();
    return Done{};
  }
  for (const std::string& word : given.buckets) {
    std::uint32_t count = 0;
    std::from_chars(word.data(), word.data() + word.size(), count);
    o.buckets.push_back(count);
  }
  const auto& each = given.bucket_counts;
  const bool some = std::any_of(each.begin(), each.end(), [](auto count) { return count != 0; });
  if (!some || !o.buckets.empty() || !o.buckets_file.empty()) return Done{};
  for (std::size_t r = 0; r < each.size(); ++r)
    o.buckets.push_back(each[r] != 0 ? each[r] : bucket_counts[r]);
  return Done{};
}

Result<Done> apply_discount(const CLI::App& train, Options& o) {
  const OriginalOptions& given = o.original;
  if (o.discount == "static")
    o.discount = fmt::format("static:{},{}", given.regret_alpha, given.strategy_beta);
  if (train.get_option("--discount")->count() == 0) {
    if (given.discount_factor < 1)
      o.discount = fmt::format("static:{0},{0}", given.discount_factor);
    else if (given.linear)
      o.discount = "linear";
  }
  auto discount = Discount::parse(o.discount);
  return discount ? Result<Done>(Done{}) : Result<Done>(discount.error());
}

/// "0:0.6,100000:0.4": the first epsilon.
Result<Done> apply_schedule(const CLI::App& train, Options& o) {
  const std::string& text = o.original.epsilon_schedule;
  if (text.empty()) return Done{};
  if (train.get_option("--epsilon")->count() != 0) {
    o.original.passed_over.emplace_back("epsilon-schedule beside --epsilon");
    return Done{};
  }
  const std::size_t from = text.find(':') + 1;
  const std::size_t end = std::min(text.find(',', from), text.size());
  double epsilon = 0;
  const auto read = std::from_chars(text.data() + from, text.data() + end, epsilon);
  if (from == 0 || read.ec != std::errc{} || read.ptr != text.data() + end ||
      !(epsilon >= 0.001 && epsilon <= 1))
    return Error{"usage", "\"" + text + "\" is no list of iterations and epsilons: 0:0.6,1000:0.4",
                 "--epsilon-schedule"};
  o.exploration = epsilon;
  if (text.find(':', from) != std::string::npos)
    o.original.passed_over.push_back("epsilon-schedule after its first epsilon");
  return Done{};
}

/// "chunked" of "--chunked,--enable-chunked-training".
std::string name_of(std::string_view names) {
  return std::string(names.substr(2, names.find(',') - 2));
}

/// What the game has not is told, and no part of what a checkpoint says of the game.
void pass_over_unplayed(const CLI::App& train, Options& o) {
  if (o.game == "nolimit") return;
  const auto tell = [&](std::initializer_list<const char*> names) {
    for (const char* const name : names)
      if (train.get_option(name)->count() != 0)
        o.original.passed_over.push_back(fmt::format("{} for {}", name_of(name), o.game));
  };
  tell({"--stack", "--blinds", "--ante", "--bets", "--raises-max", "--merge", "--all-in-from",
        "--short-all-ins"});
  o.stack = o.ante = 0;
  o.blinds.clear();
  o.bets.clear();
  o.raises_max.clear();
  o.merge = o.all_in_from = 0;
  o.short_all_ins.clear();
  if (o.game == "limit") return;
  tell({"--measure", "--buckets-file", "--buckets", "--k-preflop", "--k-flop", "--k-turn",
        "--k-river"});
  o.measure.clear();
  o.buckets_file.clear();
  o.buckets.clear();
}

}  // namespace

void add_original_options(CLI::App& train, Options& o) {
  OriginalOptions& given = o.original;
  train
      .add_option("--buckets", given.buckets,
                  "Card buckets preflop, flop, turn, river; default: 169,200,200,200; or a file")
      ->delimiter(',')
      ->transform(CLI::Validator(bucket_word, "", "buckets"));
  constexpr std::array streets = {"preflop", "flop", "turn", "river"};
  for (std::size_t r = 0; r < streets.size(); ++r)
    train
        .add_option(std::string("--k-") + streets[r], given.bucket_counts[r],
                    std::string("Card buckets of the ") + streets[r] + " alone")
        ->check(CLI::Range(1U, buckets_max));
  train.add_option("--regret-discount-alpha", given.regret_alpha, "A of --discount static")
      ->check(CLI::Range(1e-9, 1.0));
  train.add_option("--strategy-discount-beta", given.strategy_beta, "B of --discount static")
      ->check(CLI::Range(1e-9, 1.0));
  train
      .add_option("--discount-factor", given.discount_factor,
                  "Below 1: static:F,F where --discount is not given")
      ->check(CLI::Range(1e-9, 1.0));
  train.add_flag("--use-linear-weighting", given.linear, "Linear where --discount is not given");
  train.add_option("--epsilon-schedule", given.epsilon_schedule,
                   "0:0.6,100000:0.4: the first epsilon counts, for the whole run");
  train.add_option("--storage-mode", given.storage_mode, of_no_effect)
      ->check(CLI::IsMember({"dense", "compact"}));
  for (std::size_t k = 0; k < idle_numbers.size(); ++k)
    train.add_option(idle_numbers[k], given.idle_numbers[k], of_no_effect)
        ->check(CLI::NonNegativeNumber);
  for (std::size_t k = 0; k < idle_flags.size(); ++k)
    train.add_flag(idle_flags[k], given.idle_flags[k], of_no_effect);
}

bool passed_over_key(std::string_view key) noexcept { return key.starts_with("adaptive-"); }

Result<Done> apply_original(const CLI::App& train, Options& o) {
  for (const auto& apply : {apply_discount, apply_schedule})
    if (auto applied = apply(train, o); !applied) return applied;
  if (auto applied = apply_buckets(o); !applied) return applied;
  pass_over_unplayed(train, o);
  OriginalOptions& given = o.original;
  for (std::size_t k = 0; k < idle_numbers.size(); ++k)
    if (!given.idle_numbers[k].empty()) given.passed_over.push_back(name_of(idle_numbers[k]));
  for (std::size_t k = 0; k < idle_flags.size(); ++k)
    if (given.idle_flags[k]) given.passed_over.push_back(name_of(idle_flags[k]));
  if (!given.storage_mode.empty()) given.passed_over.emplace_back("storage-mode");
  return Done{};
}

}  // namespace weir::mccfr
