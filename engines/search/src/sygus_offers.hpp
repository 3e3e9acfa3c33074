// sygus_offers.hpp: what a search has found: each program checked against the file before it counts.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "sygus_terms.hpp"

namespace weir::search::sygus {

struct Kept {
  std::vector<SygusTerm> term;
  std::string text;  // SyGuS
  std::uint32_t size = 0, passed = 0;
};

class Offers {
 public:
  static constexpr std::size_t kept_max = 12;

  explicit Offers(const Problem& problem) : problem_(problem) {}

  /// True: it is right on every example, and smaller than what was best.
  bool offer(Machine& machine, const Sample& sample, TermId term);
  /// A term that is right on some examples only.
  void offer_partial(Machine& machine, TermId term);

  bool found() const noexcept { return !kept_.empty(); }
  /// What is smaller than that is wanted.
  std::uint32_t size_below() const noexcept { return found() ? kept_[0].size : 0xffff; }
  /// Smallest first; all different.
  const std::vector<Kept>& kept() const noexcept { return kept_; }
  const std::optional<Kept>& partial() const noexcept { return partial_; }
  /// An example on which a term failed that is right on the whole sample.
  std::optional<std::uint32_t> counterexample() const noexcept { return counterexample_; }
  void clear_counterexample() noexcept { counterexample_.reset(); }
  /// The number of offers that were right.
  std::uint64_t accepted() const noexcept { return accepted_; }
  std::size_t bytes() const noexcept;

 private:
  void keep_partial(Machine& machine, TermId term, std::uint32_t passed);

  const Problem& problem_;
  std::vector<Kept> kept_;
  std::optional<Kept> partial_;
  std::optional<std::uint32_t> counterexample_;
  std::uint64_t accepted_ = 0;
};

}  // namespace weir::search::sygus
