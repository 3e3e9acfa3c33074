#include "sygus_goals.hpp"

#include <algorithm>
#include <bit>

namespace weir::search::sygus {

ExampleSet Goals::covered() const noexcept {
  ExampleSet covered = 0;
  for (const Closed& one : closed_) covered |= one.right;
  return covered;
}

const Goals::Closed* Goals::by_one(ExampleSet examples) const noexcept {
  for (const Closed& one : closed_) {
    if ((examples & ~one.right) == 0) return &one;
  }
  return nullptr;
}

TermId Goals::most_covering() const noexcept {
  const Closed* best = nullptr;
  for (const Closed& one : closed_) {
    if (best == nullptr || std::popcount(one.right) > std::popcount(best->right)) best = &one;
  }
  return best == nullptr ? no_term : best->term;
}

void Goals::close(TermId term, std::uint32_t size, ExampleSet right) {
  for (const Closed& one : closed_) {
    if ((right & ~one.right) == 0 && one.size <= size) return;
  }
  std::erase_if(closed_,
                [&](const Closed& one) { return (one.right & ~right) == 0 && one.size >= size; });
  const auto place = std::find_if(closed_.begin(), closed_.end(),
                                  [size](const Closed& one) { return one.size > size; });
  closed_.insert(place, {right, term, size});
  if (closed_.size() <= closed_max) return;
  closed_.erase(
      std::min_element(closed_.begin(), closed_.end(), [](const Closed& a, const Closed& b) {
        return std::popcount(a.right) < std::popcount(b.right);
      }));
}

std::vector<ExampleSet> Goals::open(const std::vector<ExampleSet>& splits, std::size_t count,
                                    std::size_t terms) const {
  std::vector<ExampleSet> found;
  for (const ExampleSet split : splits) {
    for (const ExampleSet side : {split, all_ & ~split}) {
      if (side == 0 || by_one(side) != nullptr || by_one(all_ & ~side) == nullptr) continue;
      const auto before = tried_.find(side);
      if (before != tried_.end() && before->second * 2 > terms) continue;
      if (std::find(found.begin(), found.end(), side) == found.end()) found.push_back(side);
    }
  }
  std::sort(found.begin(), found.end(), [](ExampleSet a, ExampleSet b) {
    const int more = std::popcount(a), less = std::popcount(b);
    return more != less ? more > less : a < b;
  });
  if (found.size() > count) found.resize(count);
  return found;
}

}  // namespace weir::search::sygus
