// solved_spots.hpp: SolvedSpots, the last spots that were solved, by betting and board; private.
//
// Roles:  one thread at a time.
// Memory: program heap: 5,304 bytes for each range kept, and as many spots without one at most.
#pragma once

#include <algorithm>
#include <deque>
#include <map>
#include <memory>
#include <string>

#include "spot_search.hpp"

namespace weir::mccfr {

class SolvedSpots {
 public:
  using Solved = std::shared_ptr<const SolvedSpot>;

  /// Keeps at most so many ranges, and always the last spot.
  explicit SolvedSpots(std::size_t ranges_max) : ranges_max_(ranges_max) {}

  /// Null where it is none of those kept.
  Solved find(const std::string& key) const {
    const auto place = spots_.find(key);
    return place == spots_.end() ? nullptr : place->second;
  }

  /// A spot that is not kept yet.
  Solved keep(const std::string& key, SolvedSpot&& solved) {
    Solved kept = std::make_shared<const SolvedSpot>(std::move(solved));
    spots_.emplace(key, kept);
    order_.push_back(key);
    ranges_ += ranges_of(*kept);
    while (ranges_ > ranges_max_ && order_.size() > 1) {
      const auto first = spots_.find(order_.front());
      ranges_ -= ranges_of(*first->second);
      spots_.erase(first);
      order_.pop_front();
    }
    return kept;
  }

 private:
  /// A spot without a solution counts as one, so that those end too.
  static std::size_t ranges_of(const SolvedSpot& spot) {
    return std::max<std::size_t>(1, spot.probabilities.size());
  }

  const std::size_t ranges_max_;
  std::size_t ranges_ = 0;
  std::map<std::string, Solved> spots_;
  std::deque<std::string> order_;  // as they came
};

}  // namespace weir::mccfr
