// bucket_lloyd.hpp: k-means over any kind of point; private.
//
// A Space has points, centres and distances between them:
//   size(), weight(i)             points
//   place(centre, i)              puts a centre where a point is
//   distance(i, centre, bound)    bound or more: at least bound
//   find(i, hint)                 the nearest centre; `hint` is where it was
//   update(lists)                 moves each centre to the middle of its points; one without points stays
//   centres(), set_centres(c)     a copy of all, and back
// All sums are of integers, in blocks of one size: no result depends on who computed which part.
#pragma once

#include <algorithm>
#include <weir/mccfr/bucket_clustering.hpp>
#include <weir/mccfr/random.hpp>

namespace weir::mccfr::abstraction {

/// The points of each cluster: those of c are points[first[c] .. first[c + 1]).
struct ClusterLists {
  std::vector<std::uint32_t> first, points;
  std::span<const std::uint32_t> of(std::size_t cluster) const noexcept {
    return std::span(points).subspan(first[cluster], first[cluster + 1] - first[cluster]);
  }
};

template <class Space>
class Lloyd {
 public:
  Lloyd(Space& space, const ClusterRules& rules, Watch& watch)
      : space_(space),
        rules_(rules),
        watch_(watch),
        clusters_(static_cast<std::size_t>(rules.clusters)),
        nearest_(space.size()),
        sums_((space.size() + block - 1) / block) {}

  /// Leaves the best centres in the space.
  void run() {
    for (int restart = 0; restart < rules_.restarts && !watch_.stopped(); ++restart) {
      Random random = Random::keyed(rules_.seed, static_cast<std::uint64_t>(restart), 0x6b6d);
      seed(random);
      descend();
    }
    if (!watch_.stopped()) space_.set_centres(best_centres_);
  }
  Fit take_fit() { return std::move(best_); }

 private:
  static constexpr std::size_t block = 2048;

  std::uint64_t total() const noexcept {
    std::uint64_t sum = 0;
    for (const std::uint64_t part : sums_) sum += part;
    return sum;
  }

  void seed(Random& random) {
    for (Nearest& each : nearest_) each = {0, ~std::uint32_t{0}};
    std::uint64_t all = 0;
    for (std::size_t i = 0; i < space_.size(); ++i) all += space_.weight(i);
    std::size_t next = point_at(random, all, [&](std::size_t i) { return space_.weight(i); });
    for (std::size_t c = 0; c < clusters_ && !watch_.stopped(); ++c) {
      space_.place(c, next);
      in_blocks(watch_, space_.size(), block, [&](std::size_t b, std::size_t i, std::size_t last) {
        std::uint64_t sum = 0;
        for (; i < last; ++i) {
          Nearest& n = nearest_[i];
          const std::uint32_t distance = space_.distance(i, c, n.distance);
          if (distance < n.distance) n = {static_cast<std::uint16_t>(c), distance};
          sum += std::uint64_t{n.distance} * space_.weight(i);
        }
        sums_[b] = sum;
      });
      next = seed_point(random);
    }
    watch_.add(1);
  }

  /// A point drawn by how far it is from its centre; where none is, any.
  std::size_t seed_point(Random& random) {
    std::uint64_t left = drawn(random, total());
    for (std::size_t b = 0; b < sums_.size(); ++b) {
      if (left >= sums_[b]) {
        left -= sums_[b];
        continue;
      }
      for (std::size_t i = b * block; i < space_.size(); ++i) {
        const std::uint64_t share = std::uint64_t{nearest_[i].distance} * space_.weight(i);
        if (left < share) return i;
        left -= share;
      }
    }
    return random.below(static_cast<std::uint32_t>(space_.size()));
  }
  template <class Share>
  std::size_t point_at(Random& random, std::uint64_t all, Share&& share) {
    std::uint64_t left = drawn(random, all);
    for (std::size_t i = 0; i < space_.size(); ++i) {
      if (left < share(i)) return i;
      left -= share(i);
    }
    return 0;
  }
  /// Below `n`, or 0 when that is 0.
  static std::uint64_t drawn(Random& random, std::uint64_t n) noexcept {
    return n == 0 ? 0 : random.next() % n;
  }

  std::uint64_t assign() {
    in_blocks(watch_, space_.size(), block, [&](std::size_t b, std::size_t i, std::size_t last) {
      std::uint64_t sum = 0;
      for (; i < last; ++i) {
        nearest_[i] = space_.find(i, nearest_[i].cluster);
        sum += std::uint64_t{nearest_[i].distance} * space_.weight(i);
      }
      sums_[b] = sum;
    });
    return total();
  }

  void descend() {
    std::vector<std::uint64_t> costs;
    int steps = 0;
    std::uint64_t before = ~std::uint64_t{0};
    for (; steps < rules_.iterations && !watch_.stopped(); ++steps) {
      const std::uint64_t cost = assign();
      costs.push_back(cost);
      keep(cost, costs);
      watch_.add(1);
      // A step that gains less than a part in 2,000 is the last.
      if (cost == 0 || (before != ~std::uint64_t{0} && cost >= before - before / 2000)) break;
      before = cost;
      const ClusterLists lists = list();
      space_.update(lists);
      reseed(lists);
    }
    watch_.add(static_cast<std::uint64_t>(std::max(0, rules_.iterations - steps - 1)));
  }

  void keep(std::uint64_t cost, const std::vector<std::uint64_t>& costs) {
    if (watch_.stopped() || (!best_.costs.empty() && cost >= best_.cost)) return;
    best_.cost = cost;
    best_.costs = costs;
    best_centres_ = space_.centres();
    best_.nearest.resize(nearest_.size());
    for (std::size_t i = 0; i < nearest_.size(); ++i) best_.nearest[i] = nearest_[i].cluster;
  }

  ClusterLists list() const {
    ClusterLists lists;
    lists.first.resize(clusters_ + 1);
    lists.points.resize(nearest_.size());
    for (const Nearest& n : nearest_) ++lists.first[n.cluster + std::size_t{1}];
    for (std::size_t c = 0; c < clusters_; ++c) lists.first[c + 1] += lists.first[c];
    std::vector<std::uint32_t> at(lists.first.begin(), lists.first.end() - 1);
    for (std::uint32_t i = 0; i < nearest_.size(); ++i) lists.points[at[nearest_[i].cluster]++] = i;
    return lists;
  }

  /// Each empty cluster begins anew at one of the points that are worst off.
  void reseed(const ClusterLists& lists) {
    std::vector<std::size_t> empty;
    for (std::size_t c = 0; c < clusters_; ++c)
      if (lists.first[c] == lists.first[c + 1]) empty.push_back(c);
    if (empty.empty()) return;
    std::vector<std::uint32_t> worst(nearest_.size());
    for (std::uint32_t i = 0; i < worst.size(); ++i) worst[i] = i;
    const std::size_t n = std::min(empty.size(), worst.size());
    const auto share = [this](std::uint32_t i) {
      return std::uint64_t{nearest_[i].distance} * space_.weight(i);
    };
    std::partial_sort(worst.begin(), worst.begin() + static_cast<std::ptrdiff_t>(n), worst.end(),
                      [&](std::uint32_t a, std::uint32_t b) {
                        return share(a) != share(b) ? share(a) > share(b) : a < b;
                      });
    for (std::size_t k = 0; k < n; ++k)
      if (share(worst[k]) > 0) space_.place(empty[k], worst[k]);
  }

  Space& space_;
  const ClusterRules& rules_;
  Watch& watch_;
  std::size_t clusters_;
  std::vector<Nearest> nearest_;
  std::vector<std::uint64_t> sums_;  // of each block
  typename Space::Centres best_centres_{};
  Fit best_;
};

/// Numbers of the clusters in ascending order of `keys`, those of one key as they were: [old] = new.
inline std::vector<std::uint16_t> ranks_of(const std::vector<std::uint64_t>& keys) {
  std::vector<std::uint16_t> order(keys.size()), ranks(keys.size());
  for (std::size_t c = 0; c < keys.size(); ++c) order[c] = static_cast<std::uint16_t>(c);
  std::sort(order.begin(), order.end(), [&](std::uint16_t a, std::uint16_t b) {
    return keys[a] != keys[b] ? keys[a] < keys[b] : a < b;
  });
  for (std::size_t r = 0; r < order.size(); ++r) ranks[order[r]] = static_cast<std::uint16_t>(r);
  return ranks;
}

}  // namespace weir::mccfr::abstraction
