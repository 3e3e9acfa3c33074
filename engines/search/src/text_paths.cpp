#include "text_paths.hpp"

#include <algorithm>
#include <unordered_map>

namespace weir::search::text {

namespace {

constexpr double adjacent_constants = 12;
constexpr double piece_cost = 1;

struct PathEdge {
  std::uint32_t from = 0, to = 0;
  std::uint32_t group = 0;     // of its pool
  std::uint16_t constant = 0;  // its length, 0: none
  bool extra = false;
};

/// One of the cheapest ways to a state.
struct Way {
  double cost = 0;
  std::int64_t edge = -1;
  std::uint32_t before = 0;  // which way of the edge's origin
  std::uint32_t atom = 0;
  bool constant = false, extra = false;
};

class PathGraph {
 public:
  PathGraph(Budget& budget, const Sheet& sheet, Pool& base, Pool* extra)
      : budget_(budget), sheet_(sheet), base_(base), extra_(extra) {}

  Steps run(std::vector<Path>& out) {
    const std::size_t n = sheet_.shown();
    Str goal;
    for (std::size_t e = 0; e < n; ++e) goal += static_cast<char32_t>(sheet_.outs[e].size());
    state(Str(n, 0));
    // A step makes no output shorter and one longer: order by the sum is an order of time.
    for (std::size_t sum = 0; sum < by_sum_.size(); ++sum) {
      for (std::size_t i = 0; i < by_sum_[sum].size(); ++i) {
        if (budget_.spend(expand(by_sum_[sum][i]))) co_await budget_.pause();
      }
    }
    const auto end = index_.find(goal);
    if (end == index_.end()) co_return;
    keep_what_leads_to(end->second);
    for (const PathEdge& e : edges_) {
      if (e.constant != 0) continue;
      const std::size_t looked = (e.extra ? *extra_ : base_).prepare(e.group);
      if (budget_.spend(looked * candidate_units)) co_await budget_.pause();
    }
    co_await find_ways();
    const bool want_special = extra_ != nullptr;
    for (const Way& w : (want_special ? special_ : plain_)[end->second]) out.push_back(path_of(w));
  }

 private:
  std::uint32_t state(const Str& at) {
    const auto [place, fresh] = index_.try_emplace(at, static_cast<std::uint32_t>(states_.size()));
    if (fresh) {
      states_.push_back(at);
      std::size_t sum = 0;
      for (const char32_t c : at) sum += c;
      if (by_sum_.size() <= sum) by_sum_.resize(sum + 1);
      by_sum_[sum].push_back(place->second);
    }
    return place->second;
  }

  void link(std::uint32_t from, const Str& to, PathEdge edge) {
    if (edges_.size() >= edges_max || (states_.size() >= states_max && !index_.contains(to)))
      return;
    edge.from = from;
    edge.to = state(to);
    edges_.push_back(edge);
  }

  void try_groups(std::uint32_t from, const std::vector<std::uint32_t>& groups, bool extra) {
    const Str at = states_[from];
    for (const std::uint32_t g : groups) {
      const auto& shown = (extra ? *extra_ : base_)[g].shown;
      bool fits = true;
      for (std::size_t e = 0; fits && e < at.size(); ++e)
        fits = View(sheet_.outs[e]).substr(at[e]).starts_with(shown[e]);
      if (!fits) continue;
      Str to = at;
      for (std::size_t e = 0; e < at.size(); ++e) to[e] += static_cast<char32_t>(shown[e].size());
      link(from, to, {0, 0, g, 0, extra});
    }
  }

  /// The units that it took.
  std::uint64_t expand(std::uint32_t from) {
    const std::size_t edges_before = edges_.size();
    std::uint64_t tried = 1;
    const Str at = states_[from];
    const char32_t next = at[0] < sheet_.outs[0].size() ? sheet_.outs[0][at[0]] : 0;
    for (const bool extra : {false, true}) {
      if (extra && extra_ == nullptr) continue;
      const Pool& pool = extra ? *extra_ : base_;
      if (next != 0) try_groups(from, pool.starting(next), extra);
      try_groups(from, pool.starting(0), extra);
      tried += (next != 0 ? pool.starting(next).size() : 0) + pool.starting(0).size();
    }
    std::size_t common = std::min<std::size_t>(sheet_.outs[0].size() - at[0], 60);
    const View first = View(sheet_.outs[0]).substr(at[0]);
    for (std::size_t e = 1; e < at.size(); ++e) {
      const View other = View(sheet_.outs[e]).substr(at[e]);
      std::size_t n = 0;
      while (n < common && n < other.size() && other[n] == first[n]) ++n;
      common = n;
    }
    Str to = at;
    for (std::size_t n = 1; n <= common; ++n) {
      for (char32_t& c : to) ++c;
      link(from, to, {0, 0, 0, static_cast<std::uint16_t>(n), false});
    }
    return tried / 2 + (edges_.size() - edges_before) * 4 + common * 2;
  }

  void keep_what_leads_to(std::uint32_t goal) {
    std::vector<bool> alive(states_.size(), false);
    alive[goal] = true;
    // Edges were made in the order of their origins' sums: backwards, every target is settled before it is asked for.
    for (std::size_t i = edges_.size(); i-- > 0;) {
      if (alive[edges_[i].to]) alive[edges_[i].from] = true;
    }
    std::erase_if(edges_, [&alive](const PathEdge& e) { return !alive[e.to]; });
  }

  void offer(std::vector<Way>& ways, const Way& way) const {
    if (ways.size() >= paths_max && ways.back().cost <= way.cost) return;
    const auto place = std::upper_bound(ways.begin(), ways.end(), way.cost,
                                        [](double c, const Way& w) { return c < w.cost; });
    ways.insert(place, way);
    if (ways.size() > paths_max) ways.pop_back();
  }

  Steps find_ways() {
    plain_.resize(states_.size());
    special_.resize(states_.size());
    plain_[0].push_back({});
    for (std::size_t i = 0; i < edges_.size(); ++i) {
      if (budget_.spend(follow(i))) co_await budget_.pause();
    }
  }

  /// Adds the ways that go on along an edge; the units that it took.
  std::uint64_t follow(std::size_t edge) {
    const PathEdge& e = edges_[edge];
    std::uint64_t offered = 1;
    for (const bool from_special : {false, true}) {
      const auto& ways = (from_special ? special_ : plain_)[e.from];
      auto& to = (from_special || e.extra ? special_ : plain_)[e.to];
      for (std::uint32_t w = 0; w < ways.size(); ++w) {
        Way next{ways[w].cost + piece_cost,
                 static_cast<std::int64_t>(edge),
                 w,
                 0,
                 e.constant > 0,
                 from_special};
        if (e.constant > 0) {
          next.cost += constant_cost(constant_of(e)) + (ways[w].constant ? adjacent_constants : 0);
          offer(to, next);
          ++offered;
          continue;
        }
        const auto& atoms = (e.extra ? *extra_ : base_)[e.group].atoms;
        offered += atoms.size();
        for (std::uint32_t a = 0; a < atoms.size(); ++a) {
          Way one = next;
          one.cost += atoms[a].cost;
          one.atom = a;
          offer(to, one);
        }
      }
    }
    return offered;
  }

  View constant_of(const PathEdge& e) const noexcept {
    return View(sheet_.outs[0]).substr(states_[e.from][0], e.constant);
  }

  Path path_of(Way way) const {
    Path path;
    path.cost = way.cost;
    while (way.edge >= 0) {
      const PathEdge& e = edges_[static_cast<std::size_t>(way.edge)];
      if (e.constant > 0) {
        Piece p;
        p.text = Str(constant_of(e));
        path.pieces.push_back(std::move(p));
      } else {
        path.pieces.push_back((e.extra ? *extra_ : base_)[e.group].atoms[way.atom].piece);
      }
      way = (way.extra ? special_ : plain_)[e.from][way.before];
    }
    std::reverse(path.pieces.begin(), path.pieces.end());
    return path;
  }

  Budget& budget_;
  const Sheet& sheet_;
  Pool& base_;
  Pool* extra_;
  // Two lists a state: ways that use the extra pool, and ways that do not.
  std::vector<std::vector<Way>> special_, plain_;
  std::vector<Str> states_;
  std::unordered_map<Str, std::uint32_t> index_;
  std::vector<std::vector<std::uint32_t>> by_sum_;
  std::vector<PathEdge> edges_;
};

}  // namespace

double constant_cost(View text) {
  double cost = 0.3;
  int alnum = 0;
  for (const char32_t c : text) {
    if (is_alnum(c)) {
      cost += (is_digit(c) ? 2.2 : 1.5) * (alnum > 3 ? 0.5 : 1);
      ++alnum;
    } else {
      cost += 0.25;
    }
  }
  return alnum > 0 ? cost + 1 : cost;
}

double least_cost(const std::vector<Piece>& pieces) {
  constexpr double slice_least = 0.5, edit_least = 1, letters_least = 0.5;
  double cost = 0;
  bool behind_constant = false;
  for (const Piece& p : pieces) {
    const bool constant = p.kind == Piece::Kind::constant;
    cost += piece_cost;
    if (constant) cost += constant_cost(p.text) + (behind_constant ? adjacent_constants : 0);
    if (p.kind == Piece::Kind::slice) cost += slice_least;
    if (p.edit.kind != Edit::Kind::none) cost += edit_least;
    if (p.letters != Letters::as_is) cost += letters_least;
    behind_constant = constant;
  }
  return cost;
}

Steps cheapest_paths(Budget& budget, const Sheet& sheet, Pool& base, Pool* extra,
                     std::vector<Path>& out) {
  PathGraph graph(budget, sheet, base, extra);
  co_await graph.run(out);
}

}  // namespace weir::search::text
